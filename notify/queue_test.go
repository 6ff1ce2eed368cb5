package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// book keeps attempts in memory, as the store does on disk.
type book struct {
	mu   sync.Mutex
	list []Attempt
}

func (b *book) Keep(_ context.Context, a Attempt) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, a)
	return nil
}

func (b *book) Attempts(_ context.Context, message string) ([]Attempt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []Attempt
	for _, a := range b.list {
		if a.Message == message {
			list = append(list, a)
		}
	}
	return list, nil
}

func (b *book) outcomes(channel string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []string
	for _, a := range b.list {
		if a.Channel == channel {
			list = append(list, fmt.Sprintf("%d:%s:%d", a.Number, a.Outcome, a.Status))
		}
	}
	return strings.Join(list, " ")
}

// fails answers 503 so many times, and then 200.
func fails(t *testing.T, times int) (string, *int) {
	t.Helper()
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n++; n <= times {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, &n
}

func hook(t *testing.T, url string) Channel {
	return open(t, Setting{Kind: "webhook", URL: url, Secret: secret})
}

// deliver runs a queue until nothing waits.
func deliver(t *testing.T, q *Queue, channels ...string) {
	t.Helper()
	if err := q.Deliver(context.Background(), message, channels); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	done := make(chan struct{})
	go func() { q.Run(ctx); close(done) }()
	for ctx.Err() == nil {
		left := 0
		for _, n := range q.Waiting() {
			left += n
		}
		if left == 0 {
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	stop()
	<-done
}

var quick = Retry{First: time.Millisecond, Most: 4 * time.Millisecond, Times: 4}

func TestQueue(t *testing.T) {
	good, times := fails(t, 2)
	dead, _ := fails(t, 1000)
	refused, _ := server(t, 403, "")
	b := &book{}
	channels := map[string]Channel{"good": hook(t, good), "dead": hook(t, dead), "refused": hook(t, refused)}
	q := NewQueue(channels, b)
	q.Retry = quick
	deliver(t, q, "good", "dead", "refused")
	want := func(channel, outcomes string) {
		t.Helper()
		if got := b.outcomes(channel); got != outcomes {
			t.Errorf("%s: %s, want %s", channel, got, outcomes)
		}
	}
	want("good", "1:retry:503 2:retry:503 3:delivered:200")
	want("dead", "1:retry:503 2:retry:503 3:retry:503 4:failed:503")
	want("refused", "1:failed:403")
	// After a restart nothing of it goes out again.
	again := NewQueue(channels, b)
	deliver(t, again, "good", "dead", "refused")
	if *times != 3 {
		t.Errorf("%d requests, want 3", *times)
	}
	if err := q.Deliver(context.Background(), message, []string{"nowhere"}); !errors.Is(err, ErrSetting) {
		t.Error(err)
	}
	if err := q.Deliver(context.Background(), Message{ID: "a b", Title: "x"}, nil); !errors.Is(err, ErrMessage) {
		t.Error(err)
	}
}

// TestGoesOnAfterRestart: tries are counted over a restart.
func TestGoesOnAfterRestart(t *testing.T) {
	dead, _ := fails(t, 1000)
	b := &book{}
	for i := 1; i <= 3; i++ {
		_ = b.Keep(context.Background(), Attempt{Message: message.ID, Channel: "dead", Number: i, Outcome: "retry"})
	}
	q := NewQueue(map[string]Channel{"dead": hook(t, dead)}, b)
	q.Retry = quick
	deliver(t, q, "dead")
	if got := b.outcomes("dead"); !strings.HasSuffix(got, "4:failed:503") {
		t.Error(got)
	}
}

func TestRetry(t *testing.T) {
	r, sum := Retry{}, time.Duration(0)
	var list []string
	for i := 1; ; i++ {
		d, more := r.after(i)
		if !more {
			break
		}
		sum += d
		list = append(list, d.String())
	}
	if got := strings.Join(list, " "); got != "5s 10s 20s 40s 1m20s 2m40s 5m20s 10m0s 10m0s 10m0s 10m0s 10m0s 10m0s 10m0s" || sum != 80*time.Minute+35*time.Second {
		t.Errorf("%s: %s", got, sum)
	}
}

func TestMQTT(t *testing.T) {
	s := broker.New(&broker.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)})
	if err := s.AddHook(new(auth.AllowHook), nil); err != nil {
		t.Fatal(err)
	}
	l := listeners.NewTCP(listeners.Config{ID: "t", Address: "127.0.0.1:0"})
	if err := s.AddListener(l); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	got := make(chan packets.Packet, 1)
	err := s.Subscribe("park/alarms", 1, func(_ *broker.Client, _ packets.Subscription, p packets.Packet) { got <- p })
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, Setting{Kind: "mqtt", URL: "mqtt://" + l.Address(), Topic: "park/alarms"})
	if a := send(t, c, "delivered"); a.Response != "acknowledged" {
		t.Errorf("%+v", a)
	}
	var m Message
	if p := <-got; json.Unmarshal(p.Payload, &m) != nil || m.ID != message.ID || m.Title != message.Title {
		t.Errorf("%s", p.Payload)
	}
	send(t, open(t, Setting{Kind: "mqtt", URL: "mqtt://127.0.0.1:1", Topic: "a"}), "again")
}
