package pull

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
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

// site is a server whose answer a test sets.
type site struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
	asked  []*http.Request
}

func newSite(t testing.TB, answer http.HandlerFunc) *site {
	s := &site{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r)
		answer := s.answer
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) set(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *site) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
}

// feed is a device that fetches from a site; options are given in pairs.
func feed(address string, options ...string) connector.Device {
	x := connector.Device{ID: "spot", Park: "p", Protocol: "pull", Address: address, Interval: time.Hour, Options: map[string]string{"private": "allow"}}
	for i := 0; i < len(options); i += 2 {
		x.Options[options[i]] = options[i+1]
	}
	return x
}

// clock is the time of a test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func at(text string) *clock {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return &clock{now: t}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// pollOf is a poll as Run would make it, to be driven by hand.
func pollOf(t testing.TB, p *park, c *clock, x connector.Device, dir string) *poll {
	t.Helper()
	d := New(Options{})
	s, err := d.settings(x)
	if err != nil {
		t.Fatal(err)
	}
	env := p.env(dir)
	env.Now = c.Now
	q, err := d.newPoll(s, env)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func is(t testing.TB, p *park, want ...string) {
	t.Helper()
	var got []string
	for k, v := range p.stored() {
		got = append(got, fmt.Sprintf("%s = %g", k, v))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("stored\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func lines(list []connector.Sample) string {
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "%s = %g\n", keyOf(s), s.Value)
	}
	return b.String()
}
