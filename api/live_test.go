package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lingtan/access"
)

func publish(t *testing.T, h *Hub, organization access.Path, n int) {
	t.Helper()
	ok(t, h.Publish("demo", Event{Kind: "reading", Organization: organization, Data: map[string]int{"value": n}}))
}

func TestHubResumes(t *testing.T) {
	h := NewHub()
	for n := range 5 {
		publish(t, h, "/a", n)
	}
	after := func(id string, wantEvents int, wantLost bool) {
		t.Helper()
		since, lost, reader, err := h.follow("demo", id)
		ok(t, err)
		defer h.leave("demo", reader)
		if len(since) != wantEvents || lost != wantLost {
			t.Errorf("after %q: %d events, lost %v", id, len(since), lost)
		}
	}
	after("", 0, false)
	after(h.epoch+"-3", 2, false)
	after(h.epoch+"-5", 0, false)
	after("another-3", 0, true)
	after(h.epoch+"-x", 0, true)
	for n := range 2 * liveKept {
		publish(t, h, "/a", n)
	}
	after(h.epoch+"-3", len(h.parks["demo"].kept), true)
	if kept := len(h.parks["demo"].kept); kept > liveKept {
		t.Errorf("keeps %d events", kept)
	}
	if h.readers != 0 {
		t.Errorf("%d readers left", h.readers)
	}
}

// A reader that does not read is dropped and holds up nobody.
func TestHubDropsTheSlow(t *testing.T) {
	h := NewHub()
	_, _, slow, err := h.follow("demo", "")
	ok(t, err)
	_, _, quick, err := h.follow("demo", "")
	ok(t, err)
	for n := range liveBuffer + 10 {
		publish(t, h, "/a", n)
		if e := <-quick; e.number != int64(n+1) {
			t.Fatalf("event %d, want %d", e.number, n+1)
		}
	}
	got := 0
	for range slow {
		got++
	}
	if got != liveBuffer || h.readers != 1 {
		t.Errorf("the slow reader got %d events, %d readers left", got, h.readers)
	}
	h.leave("demo", slow) // a second time does no harm
	h.Close()
	if _, open := <-quick; open {
		t.Error("a closed hub goes on")
	}
	if _, _, _, err := h.follow("demo", ""); !errors.Is(err, errBusy) {
		t.Errorf("a closed hub takes readers: %v", err)
	}
	if err := h.Publish("demo", Event{Data: func() {}}); err == nil {
		t.Error("published what is no JSON")
	}
}

// follower reads a live stream over a real connection.
type follower struct {
	t     *testing.T
	lines *bufio.Scanner
	stop  context.CancelFunc
}

func (w *world) follow(server *httptest.Server, c *client, lastID string) *follower {
	w.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/api/v1/parks/demo/live", nil)
	ok(w.t, err)
	r.Header.Set("Authorization", "Bearer "+c.token)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	response, err := server.Client().Do(r)
	ok(w.t, err)
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" {
		w.t.Fatalf("%d %v", response.StatusCode, response.Header)
	}
	w.t.Cleanup(func() { stop(); response.Body.Close() })
	f := &follower{t: w.t, lines: bufio.NewScanner(response.Body), stop: stop}
	f.next("retry: 3000")
	return f
}

// next reads on until a line starts with prefix.
func (f *follower) next(prefix string) string {
	f.t.Helper()
	for f.lines.Scan() {
		if strings.HasPrefix(f.lines.Text(), prefix) {
			return f.lines.Text()
		}
	}
	f.t.Fatalf("the stream ended before %q: %v", prefix, f.lines.Err())
	return ""
}

func TestLiveStream(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.Handler())
	t.Cleanup(server.Close) // after the followers have left
	manager := w.program("park_manager", "/江苏/demo")

	first := w.follow(server, manager, "")
	publish(t, w.Live, "/江苏/demo/works", 1)
	id := strings.TrimPrefix(first.next("id: "), "id: ")
	if first.next("event: ") != "event: reading" || first.next("data: ") != `data: {"value":1}` {
		t.Error("another event")
	}
	first.stop()

	// What came in between is sent when the caller comes back.
	publish(t, w.Live, "/江苏/demo/works", 2)
	publish(t, w.Live, "/江苏/demo", 3)
	second := w.follow(server, manager, id)
	second.next(`data: {"value":2}`)
	second.next(`data: {"value":3}`)
	publish(t, w.Live, "/江苏/demo", 4)
	second.next(`data: {"value":4}`)

	// After a restart of the server he is told that events are missing.
	w.follow(server, manager, "oldrun-7").next("event: missed")

	// An enterprise gets its own events only.
	works := w.follow(server, w.program("enterprise_manager", "/江苏/demo/works"), id)
	works.next(`data: {"value":2}`)
	publish(t, w.Live, "/江苏/demo/other-works", 5)
	publish(t, w.Live, "/江苏/demo/works", 6)
	if got := works.next("data: "); got != `data: {"value":6}` {
		t.Errorf("an enterprise got %s", got)
	}
}

func TestLiveEndsWithTheRight(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	wang := w.withPassword(w.person("wang", "park_manager", "/江苏/demo"))
	browser := w.signedIn(wang)
	request := browser.request("GET", "/api/v1/parks/demo/live", "")
	c := w.identify(httptest.NewRecorder(), request)
	ctx = context.WithValue(ctx, callerKey{}, c)
	still := func(want bool) {
		t.Helper()
		if got := w.still(ctx, request); got != want {
			t.Errorf("still = %v", got)
		}
	}
	still(true)
	w.now = w.now.Add(13 * time.Hour)
	still(false) // idle
	w.now = w.now.Add(-13*time.Hour + 11*time.Minute)
	still(true) // counts as use
	session, err := w.records.Session(ctx, c.session.Hash)
	ok(t, err)
	if !session.SeenAt.Equal(w.now) {
		t.Errorf("seen at %v", session.SeenAt)
	}
	grant, err := w.records.AddGrant(ctx, w.by("system"), wang.ID, access.Grant{Role: "verifier", Organization: "/浙江"})
	ok(t, err)
	still(false) // other grants
	ok(t, w.records.RevokeGrant(ctx, w.by("system"), grant.ID))
	still(true)
	browser.do("DELETE", sessionPath, "").is(204)
	still(false)

	program := w.program("verifier", "/江苏")
	request = program.request("GET", "/api/v1/parks/demo/live", "")
	ctx = context.WithValue(context.Background(), callerKey{}, w.identify(httptest.NewRecorder(), request))
	still(true)
	w.now = w.now.Add(2 * time.Hour)
	still(false)
}

func TestServeStops(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewUnstartedServer(nil)
	listener := server.Listener
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Serve(ctx, listener) }()
	url := fmt.Sprintf("http://%s", listener.Addr())
	response, err := http.Get(url + "/livez")
	ok(t, err)
	response.Body.Close()
	r, _ := http.NewRequest("GET", url+"/api/v1/parks/demo/live", nil)
	r.Header.Set("Authorization", "Bearer "+w.program("verifier", "/江苏").token)
	stream, err := http.DefaultClient.Do(r)
	ok(t, err)
	defer stream.Body.Close()
	stop()
	select {
	case err := <-done:
		ok(t, err)
	case <-time.After(9 * time.Second):
		t.Fatal("a live stream holds up the end of the server")
	}
}
