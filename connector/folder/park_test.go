package folder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/connector"
)

// park is what the driver runs in: a list of devices and a store that knows each value by
// device, name and time, as the real one does.
type park struct {
	mu       sync.Mutex
	devices  []connector.Device
	changed  chan struct{}
	values   map[string]float64
	order    []time.Time // times as they came
	statuses []connector.Status
	calls    int
	fail     func(call int) (take bool, err error)
}

func newPark(devices ...connector.Device) *park {
	return &park{devices: devices, changed: make(chan struct{}), values: map[string]float64{}}
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

func keyOf(s connector.Sample) string {
	return fmt.Sprintf("%s %s %s %s", s.Device, s.Name, s.At.UTC().Format(time.RFC3339), s.Span)
}

func (p *park) Admit(_ context.Context, _ string, list []connector.Sample) (r connector.Receipt, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if p.fail != nil {
		take := false
		if take, err = p.fail(p.calls); err != nil && !take {
			return r, err
		}
	}
	for _, s := range list {
		old, known := p.values[keyOf(s)]
		switch {
		case !known:
			r.Stored++
		case old == s.Value:
			r.Duplicates++
		default:
			r.Corrected++
		}
		p.values[keyOf(s)] = s.Value
		p.order = append(p.order, s.At)
	}
	return r, err
}

func (p *park) report(s connector.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.statuses = append(p.statuses, s)
}

func (p *park) last() connector.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.statuses) == 0 {
		return connector.Status{}
	}
	return p.statuses[len(p.statuses)-1]
}

func (p *park) stored() map[string]float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]float64{}
	for k, v := range p.values {
		out[k] = v
	}
	return out
}

func (p *park) env(dir string) connector.Environment {
	return connector.Environment{Devices: p, Sink: p, Report: p.report, Log: slog.New(slog.DiscardHandler), Now: time.Now, Dir: dir}
}

// run lets the driver work until the test ends.
func run(t *testing.T, d *Driver, p *park, dir string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, p.env(dir)) }()
	stop = sync.OnceFunc(func() {
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
	t.Cleanup(stop)
	return stop
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

const wide = `format: lingtan.mapping/v1
layout: wide
time: {column: time, layout: iso8601, zone: +08:00, label: end, step: 15m}
values:
  - {column: kwh, register: energy}
  - {column: pf, register: pf}
`

func device(dir string, options ...string) connector.Device {
	x := connector.Device{ID: "billing", Park: "p", Protocol: "file", Address: dir, Options: map[string]string{"mapping": wide, "complete": "rename"}}
	for i := 0; i < len(options); i += 2 {
		x.Options[options[i]] = options[i+1]
	}
	return x
}

// watchOf is a watch as Run would make it, to be driven by hand.
func watchOf(t testing.TB, p *park, x connector.Device, dir string) *watch {
	t.Helper()
	d := New(Options{})
	s, err := d.settings(x)
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWatch(s, p.env(dir), &d.counts)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func pass(t testing.TB, w *watch) []string {
	t.Helper()
	notes, err := w.pass(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return notes
}

func write(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func listing(t testing.TB, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func receiptAt(t testing.TB, dir, name string) receipt {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "done", name+receiptEnd))
	if err != nil {
		t.Fatal(err)
	}
	var r receipt
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}
