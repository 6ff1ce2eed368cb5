package ingest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/connector"
	"lingtan/meter"
)

var (
	ctx   = context.Background()
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock = func() time.Time { return noon }
)

// memory is a store in memory, for tests of what goes on around it: every revision of
// every reading, by park, register and time.
type memory struct {
	mu      sync.Mutex
	gate    chan struct{} // when not nil, Append waits for a token of it
	refuse  func(b *meter.Batch) error
	entered chan struct{} // when not nil, told when an Append begins
	rows    map[string]map[string]map[int64][]float64
	marks   map[string][]byte
	appends int
}

func newMemory() *memory {
	return &memory{rows: map[string]map[string]map[int64][]float64{}, marks: map[string][]byte{}}
}

func (m *memory) Append(_ context.Context, park string, b *meter.Batch, marks ...meter.Mark) (meter.Admission, error) {
	if m.entered != nil {
		m.entered <- struct{}{}
	}
	if m.gate != nil {
		<-m.gate
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.appends++
	if m.refuse != nil {
		if err := m.refuse(b); err != nil {
			return meter.Admission{}, err
		}
	}
	var got meter.Admission
	for i, k := range b.Ref {
		got.Add(m.put(park, b.Keys[k], b.At[i], b.Value[i]))
	}
	for _, x := range marks {
		m.marks[x.Name] = x.Value
	}
	return got, nil
}

func (m *memory) put(park, key string, at int64, value float64) meter.Admission {
	if m.rows[park] == nil {
		m.rows[park] = map[string]map[int64][]float64{}
	}
	if m.rows[park][key] == nil {
		m.rows[park][key] = map[int64][]float64{}
	}
	known := m.rows[park][key][at]
	n := len(known)
	if n > 0 && known[n-1] == value {
		return meter.Admission{Duplicates: 1}
	}
	m.rows[park][key][at] = append(known, value)
	if n > 0 {
		return meter.Admission{Corrected: 1}
	}
	return meter.Admission{Stored: 1}
}

func (m *memory) Readings(_ context.Context, q meter.Query, fn func(meter.Track) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := q.Keys
	if len(keys) == 0 {
		for k := range m.rows[q.Park] {
			keys = append(keys, k)
		}
		slices.Sort(keys)
	}
	for _, k := range keys {
		t := meter.Track{Key: k}
		for at := range m.rows[q.Park][k] {
			if at >= q.From && at < q.To {
				t.At = append(t.At, at)
			}
		}
		slices.Sort(t.At)
		for _, at := range t.At {
			values := m.rows[q.Park][k][at]
			t.Span, t.Value = append(t.Span, 0), append(t.Value, values[len(values)-1])
		}
		if t.Len() == 0 && len(q.Keys) == 0 {
			continue
		}
		if err := fn(t); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Mark(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.marks[name], nil
}

// say is what a park's registers hold, revisions joined by "'".
func (m *memory) say(park string) string {
	var out []string
	_ = m.Readings(ctx, meter.Query{Park: park, From: 0, To: math.MaxInt64}, func(t meter.Track) error {
		line := t.Key
		for i := range t.At {
			line += fmt.Sprintf(" %d=%g", (t.At[i]-noon.UnixMilli())/1000, t.Value[i])
		}
		out = append(out, line)
		return nil
	})
	return strings.Join(out, "; ")
}

// registry is a registry of park p with registers a.x and b.x, and device d whose
// value v is a.x.
func registry() *Registry {
	r := NewRegistry()
	r.Set("p", List{Devices: []connector.Device{{ID: "a", Protocol: "http"}, {ID: "b", Protocol: "http"},
		{ID: "d", Protocol: "http", Map: map[string]string{"v": "a.x"}}}}, []string{"a.x", "b.x", "z.x"})
	return r
}

// sample is a value so many seconds after noon.
func sample(device, name string, second int, value float64) connector.Sample {
	return connector.Sample{Device: device, Name: name, At: noon.Add(time.Duration(second) * time.Second), Value: value}
}

func admit(t *testing.T, a *Admission, want connector.Receipt, samples ...connector.Sample) {
	t.Helper()
	got, err := a.Admit(ctx, "p", samples)
	if err != nil || got != want {
		t.Errorf("Admit = %+v, %v; want %+v", got, err, want)
	}
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestRouting(t *testing.T) {
	m := newMemory()
	a := New(m, registry(), Options{Now: clock})
	admit(t, a, connector.Receipt{Stored: 4, Unmapped: 4},
		sample("d", "v", 0, 1), // as mapped
		sample("b", "x", 0, 2), // device.name of a listed device
		sample("b", "x", 1, 3),
		sample("any", "b.x", 0, 2),  // a register's key is no right to it
		sample("z", "x", 0, 2),      // nor is the name of a device that nobody listed
		sample("d", "v", -5, 4),     // earlier, later
		sample("b", "y", 0, 5),      // unknown
		sample("m/1%", "k/W", 0, 6)) // unknown, with signs of the key
	expect(t, m.say("p"), "a.x -5=4 0=1; b.x 0=2 1=3")
	expect(t, m.say("p~unmapped"), "any/b.x 0=2; b/y 0=5; m%2F1%25/k/W 0=6; z/x 0=2")
	list, err := a.Unmapped(ctx, "p")
	if err != nil || len(list) != 4 || list[2] != (Unmapped{Device: "m/1%", Name: "k/W", First: noon, Last: noon, Value: 6, Count: 1, Kept: 1}) {
		t.Errorf("unmapped %+v, %v", list, err)
	}
	if _, err := a.Admit(ctx, "q", []connector.Sample{sample("d", "v", 0, 1)}); !errors.Is(err, connector.ErrRefused) {
		t.Errorf("a park that is not there: %v", err)
	}
}

func TestRefused(t *testing.T) {
	refused := func(reason string, change func(s *connector.Sample)) {
		t.Helper()
		m := newMemory()
		a := New(m, registry(), Options{Now: clock})
		s := sample("d", "v", 0, 1)
		change(&s)
		admit(t, a, connector.Receipt{Refused: 1, Stored: 1}, s, sample("d", "v", 1, 1))
		if got := a.Metrics(); got.Refused[reason] != 1 || len(got.Refused) != 1 || got.Samples != 2 || got.Queue != 0 {
			t.Errorf("%s: %+v", reason, got)
		}
		expect(t, m.say("p"), "a.x 1=1")
	}
	refused("not a number", func(s *connector.Sample) { s.Value = math.NaN() })
	refused("not a number", func(s *connector.Sample) { s.Value = math.Inf(-1) })
	refused("beyond ±1e15", func(s *connector.Sample) { s.Value = -1.01e15 })
	refused("before the year 2000", func(s *connector.Sample) { s.At = time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC) })
	refused("before the year 2000", func(s *connector.Sample) { s.At = time.Date(-200000, 1, 1, 0, 0, 0, 0, time.UTC) })
	refused("in the future", func(s *connector.Sample) { s.At = noon.Add(10*time.Minute + 1) })
	refused("in the future", func(s *connector.Sample) { s.At = time.Date(200000, 1, 1, 0, 0, 0, 0, time.UTC) })
	refused(reasonWords[badSpan], func(s *connector.Sample) { s.Span = -time.Second })
	refused(reasonWords[badSpan], func(s *connector.Sample) { s.Span = 1500 * time.Millisecond })
	refused(reasonWords[badSpan], func(s *connector.Sample) { s.Span = 367 * 24 * time.Hour })
	refused(reasonWords[badName], func(s *connector.Sample) { s.Name = "" })
	refused(reasonWords[badName], func(s *connector.Sample) { s.Name = "a\x00" })
	refused(reasonWords[badName], func(s *connector.Sample) { s.Device = "\xff" })
	refused(reasonWords[badName], func(s *connector.Sample) { s.Device = strings.Repeat("x", 121) })
}

func TestTakenAsItIs(t *testing.T) {
	m := newMemory()
	a := New(m, registry(), Options{Now: clock})
	at := func(s connector.Sample, change func(s *connector.Sample)) connector.Sample { change(&s); return s }
	admit(t, a, connector.Receipt{Stored: 4},
		at(sample("d", "v", 0, 1), func(s *connector.Sample) { s.At = time.Time{} }), // zero is now
		at(sample("d", "v", 0, 2), func(s *connector.Sample) { s.At = noon.Add(10 * time.Minute) }),
		at(sample("b", "x", 0, 1e15), func(s *connector.Sample) { s.Span = 366 * 24 * time.Hour }),
		at(sample("b", "x", 0, 3), func(s *connector.Sample) { s.At = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }))
	expect(t, m.say("p"), "a.x 0=1 600=2; b.x -825681600=3 0=1e+15")
}

func TestAgain(t *testing.T) {
	a := New(newMemory(), registry(), Options{Now: clock})
	one, two := sample("d", "v", 0, 1), sample("d", "v", 1, 2)
	admit(t, a, connector.Receipt{Stored: 2}, one, two)
	admit(t, a, connector.Receipt{Duplicates: 2}, one, two)
	admit(t, a, connector.Receipt{Duplicates: 1, Corrected: 1, Stored: 1}, one, sample("d", "v", 1, 3), sample("d", "v", 2, 3))
	if m := a.Metrics(); m.Stored != 3 || m.Duplicates != 3 || m.Corrected != 1 || m.Commits != 3 {
		t.Errorf("%+v", m)
	}
}

// A full queue makes callers wait and then gives ErrBusy; nothing of theirs is taken,
// and memory stays within the queue.
func TestBackPressure(t *testing.T) {
	m := newMemory()
	m.gate, m.entered = make(chan struct{}), make(chan struct{}, 100)
	a := New(m, registry(), Options{Now: clock, Queue: 100, Commit: 10})
	var first, others sync.WaitGroup
	first.Go(func() { admit(t, a, connector.Receipt{Stored: 1}, sample("d", "v", 0, 1)) })
	<-m.entered // the store stands still with the first
	var taken, busy int
	var mu sync.Mutex
	for i := range 200 {
		others.Go(func() {
			short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			got, err := a.Admit(short, "p", []connector.Sample{sample("b", "x", i, 1), sample("b", "x", 1000+i, 1)})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, connector.ErrBusy) && errors.Is(err, context.DeadlineExceeded) && got == (connector.Receipt{}):
				busy++
			case err == nil && got.Stored == 2:
				taken++
			default:
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	for a.Metrics().Queue < 99 {
		time.Sleep(time.Millisecond)
	}
	if q := a.Metrics().Queue; q > 100 {
		t.Errorf("%d samples in a queue of 100", q)
	}
	others.Wait()
	if busy != 200 || taken != 0 {
		t.Errorf("%d busy, %d taken while the store stood still", busy, taken)
	}
	close(m.gate)
	first.Wait()
	expect(t, m.say("p"), "a.x 0=1")
	if q := a.Metrics(); q.Queue != 0 || q.Busy != 200 {
		t.Errorf("afterwards %+v", q)
	}
	if _, err := a.Admit(ctx, "p", make([]connector.Sample, 101)); !errors.Is(err, connector.ErrRefused) {
		t.Errorf("a call larger than the queue: %v", err)
	}
	admit(t, a, connector.Receipt{Stored: 1}, sample("b", "x", 1, 1))
}

// A caller that gives up when its commit has begun gets the commit's outcome.
func TestCancelledInCommit(t *testing.T) {
	m := newMemory()
	m.gate, m.entered = make(chan struct{}), make(chan struct{}, 10)
	a := New(m, registry(), Options{Now: clock})
	short, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		got, err := a.Admit(short, "p", []connector.Sample{sample("d", "v", 0, 1)})
		if err != nil || got.Stored != 1 {
			t.Errorf("%+v, %v", got, err)
		}
	}()
	<-m.entered
	cancel()
	time.Sleep(5 * time.Millisecond)
	close(m.gate)
	<-done
	expect(t, m.say("p"), "a.x 0=1")
}

// What the store refuses of one caller does not fail the others of its commit.
func TestOneFaultAlone(t *testing.T) {
	m := newMemory()
	m.gate, m.entered = make(chan struct{}), make(chan struct{}, 100)
	broken := errors.New("no room on disk")
	m.refuse = func(b *meter.Batch) error {
		if slices.Contains(b.Value, 13) {
			return broken
		}
		return nil
	}
	a := New(m, registry(), Options{Now: clock})
	var all sync.WaitGroup
	all.Go(func() { admit(t, a, connector.Receipt{Stored: 1}, sample("d", "v", 0, 1)) })
	<-m.entered
	for i := range 20 {
		all.Go(func() {
			got, err := a.Admit(ctx, "p", []connector.Sample{sample("b", "x", i, float64(i))})
			if i == 13 && !errors.Is(err, broken) || i != 13 && (err != nil || got.Stored != 1) {
				t.Errorf("call %d: %+v, %v", i, got, err)
			}
		})
	}
	for a.Metrics().Queue < 21 {
		time.Sleep(time.Millisecond)
	}
	close(m.gate)
	all.Wait()
	if got := a.Metrics(); got.Stored != 20 || got.Failed != 1 {
		t.Errorf("%+v", got)
	}
}
