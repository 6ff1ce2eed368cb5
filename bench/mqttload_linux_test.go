package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"lingtan/connector"
	"lingtan/connector/mqtt"
	"lingtan/node"
)

// tallySink counts samples, and those that are not as the load makes them.
type tallySink struct{ samples, wrong atomic.Int64 }

func (s *tallySink) Admit(_ context.Context, _ string, samples []connector.Sample) (connector.Receipt, error) {
	for _, x := range samples {
		if x.Name != "kw" || x.Value < 1000 || x.Value >= 10_000 || time.Since(x.At) > time.Minute {
			s.wrong.Add(1)
		}
	}
	s.samples.Add(int64(len(samples)))
	return connector.Receipt{Stored: len(samples)}, nil
}

// TestPushers lets the load of the stage mqtt run against the door itself: each message
// is acknowledged once and came as it was sent.
func TestPushers(t *testing.T) {
	const count, every = 40, 20 * time.Millisecond
	list := make(oneList, count)
	for i := range list {
		list[i] = connector.Device{ID: fmt.Sprint("d", i), Park: benchPark, Protocol: mqtt.Protocol, Token: fmt.Sprintf("%x", sha256.Sum256([]byte(pushToken(i))))}
	}
	address, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	sink, ended := &tallySink{}, make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- mqtt.New(mqtt.Options{Listen: address}).Run(ctx, connector.Environment{Devices: list, Sink: sink, Report: func(connector.Status) {},
			Log: slog.New(slog.DiscardHandler), Now: time.Now})
	}()
	if err := listening(address); err != nil {
		t.Fatal(err)
	}
	f, err := connectPushers(address, count, every, pushToken)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.run(300*time.Millisecond), f.run(700*time.Millisecond), f.drain()); err != nil {
		t.Fatal(err)
	}
	if want := int64(count * (time.Second / every)); f.sent > want+count || f.sent < want/4 { // a busy machine may lag
		t.Errorf("%d messages, want about %d", f.sent, want)
	}
	if f.acknowledged != f.sent || sink.samples.Load() != f.sent || sink.wrong.Load() != 0 || int64(len(f.waits)) >= f.sent {
		t.Errorf("%d sent, %d acknowledged, %d samples, %d wrong, %d waits", f.sent, f.acknowledged, sink.samples.Load(), sink.wrong.Load(), len(f.waits))
	}
	for _, w := range f.waits {
		if w > uint32(time.Minute.Microseconds()) {
			t.Fatalf("an acknowledgement after %d µs", w)
		}
	}
	if _, err := connectPushers(address, 1, every, func(int) string { return "not in the list" }); err == nil {
		t.Error("a device with a wrong token connected")
	}
	if err := f.close(); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestPushPark makes the park of the stage: every device has a register of its own.
func TestPushPark(t *testing.T) {
	dir := t.TempDir()
	if err := pushPark(t.Context(), options{Seed: 1}, dir, 60); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), node.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	in, err := n.OpenIngest(t.Context(), node.IngestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	registers := map[string]bool{}
	for i, d := range in.Registry.List(mqtt.Protocol) {
		register, ok := in.Registry.Route(benchPark, d.ID, "kw")
		if !ok {
			t.Errorf("device %d has no register", i)
		}
		registers[register] = true
	}
	if len(registers) != 60 {
		t.Errorf("%d registers", len(registers))
	}
}
