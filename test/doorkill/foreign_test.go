package doorkill

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

const (
	foreignTopic = "hall/v"
	fetcher      = "fetcher" // client id of the server there
)

// foreign is somebody else's MQTT broker, from which the server fetches with a session
// that is kept. A sample counts as acknowledged when the server's PUBACK for it has come
// to the broker, which then forgets it.
type foreign struct {
	*ledger
	broker *mochi.Server
}

// pubacks is a hook of the broker that notes which samples were acknowledged to it.
type pubacks struct {
	mochi.HookBase
	ledger *ledger

	mu   sync.Mutex
	open map[uint16]int // by packet id
}

// ID names the hook.
func (p *pubacks) ID() string { return "pubacks" }

// Provides says which events the hook takes.
func (p *pubacks) Provides(b byte) bool { return b == mochi.OnQosPublish || b == mochi.OnQosComplete }

// OnQosPublish notes which packet is which sample.
func (p *pubacks) OnQosPublish(c *mochi.Client, pk packets.Packet, _ int64, _ int) {
	var x struct{ V int }
	if err := json.Unmarshal(pk.Payload, &x); err != nil || c.ID != fetcher {
		p.ledger.note(fmt.Errorf("%w: %q to %s: %w", errRefused, pk.Payload, c.ID, err))
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[pk.PacketID] = x.V
}

// OnQosComplete notes an acknowledgement.
func (p *pubacks) OnQosComplete(_ *mochi.Client, pk packets.Packet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n, ok := p.open[pk.PacketID]; ok {
		p.ledger.ack(n)
		delete(p.open, pk.PacketID)
	}
}

func newForeign(t *testing.T, h *household) *foreign {
	t.Helper()
	f := &foreign{broker: mochi.New(&mochi.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)})}
	if err := f.broker.AddHook(new(auth.AllowHook), nil); err != nil {
		t.Fatal(err)
	}
	address := port(t)
	if err := f.broker.AddListener(listeners.NewTCP(listeners.Config{ID: "f", Address: address})); err != nil {
		t.Fatal(err)
	}
	if err := f.broker.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.broker.Close(); err != nil {
			t.Error(err)
		}
	})
	d := asked("mqtt", "other", "tcp://"+address, 0, "topics", foreignTopic, "form", "json", "value", "v=v", "time", "ts", "client_id", fetcher)
	f.ledger = newLedger("mqtt", "another broker, mochi", h.add(d, "v"), time.Millisecond)
	if err := f.broker.AddHook(&pubacks{ledger: f.ledger, open: map[uint16]int{}}, nil); err != nil {
		t.Fatal(err)
	}
	return f
}

// run publishes at the broker from when the server has its session there. Whether the
// broker keeps every message when the server takes its session over is the broker's
// affair: one that it lost is not acknowledged, and not stored.
func (f *foreign) run(ctx context.Context) {
	for n := 1; ctx.Err() == nil; rest(ctx, 5*time.Millisecond) {
		if len(f.broker.Topics.Subscribers(foreignTopic).Subscriptions) == 0 {
			continue
		}
		f.reach(n)
		payload := fmt.Sprintf(`{"ts":%d,"v":%v}`, f.millis(n), f.value(n))
		if err := f.broker.Publish(foreignTopic, []byte(payload), false, 1); err != nil {
			f.note(err)
			continue
		}
		n++
	}
}

// drain waits until the server has acknowledged everything to the broker.
func (f *foreign) drain(ctx context.Context) error {
	waiting := -1
	for ctx.Err() == nil {
		if c, ok := f.broker.Clients.Get(fetcher); ok {
			if waiting = c.State.Inflight.Len(); waiting == 0 {
				return nil
			}
		}
		rest(ctx, 50*time.Millisecond)
	}
	return fmt.Errorf("the other broker still has %d messages: %w", waiting, ctx.Err())
}
