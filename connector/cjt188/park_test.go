package cjt188

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"lingtan/connector"
)

// park is what the driver runs in.
type park struct {
	mu       sync.Mutex
	devices  []connector.Device
	changed  chan struct{}
	samples  []connector.Sample
	statuses []connector.Status
	busy     int // this many calls of Admit are refused
}

func (p *park) List(string) []connector.Device {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.devices)
}

func (p *park) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

func (p *park) set(devices ...connector.Device) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.devices = devices
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *park) Admit(_ context.Context, _ string, list []connector.Sample) (connector.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy > 0 {
		p.busy--
		return connector.Receipt{}, fmt.Errorf("full: %w", connector.ErrBusy)
	}
	p.samples = append(p.samples, list...)
	return connector.Receipt{Stored: len(list)}, nil
}

func (p *park) report(s connector.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.statuses = append(p.statuses, s)
}

func (p *park) of(device string) (list []connector.Sample) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.samples {
		if s.Device == device {
			list = append(list, s)
		}
	}
	return list
}

func (p *park) last(device string) (status connector.Status, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.statuses {
		if s.Device == device {
			status, n = s, n+1
		}
	}
	return status, n
}

// run lets a driver poll until the test ends.
func run(t *testing.T, d connector.Driver, devices ...connector.Device) *park {
	t.Helper()
	p := &park{devices: devices, changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- d.Run(ctx, connector.Environment{Devices: p, Sink: p, Report: p.report,
			Log: slog.New(slog.DiscardHandler), Now: time.Now})
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(3 * time.Second):
			t.Error("Run does not end")
		}
	})
	return p
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("not so after 5 s: %s", what)
}

// listen takes connections at a free port until the test ends.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	t.Cleanup(func() { l.Close(); work.Wait() })
	work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				stop := context.AfterFunc(t.Context(), func() { conn.Close() })
				defer stop()
				defer conn.Close()
				serve(conn)
			})
		}
	})
	return l.Addr().String()
}
