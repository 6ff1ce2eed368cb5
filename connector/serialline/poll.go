// Package serialline asks meters behind TCP serial servers in turn, one question at a
// time on each line, for the protocols in which a meter speaks only when it is asked.
package serialline

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"sync"
	"time"

	"lingtan/connector"
)

// Pauses of polling.
const (
	minInterval = time.Second
	stdInterval = time.Minute
	maxPause    = 10 * time.Minute // between tries of a meter that does not answer
	maxBusy     = 30 * time.Second // between tries of a sink that is busy
)

// Meter is a device of the list, its options read.
type Meter interface {
	// Read asks the meter on its line once. Values that came are returned also with an
	// error. It says by count what went well or wrong, a word for each.
	Read(ctx context.Context, n *Line, now func() time.Time, count func(string)) ([]connector.Sample, error)
	// Lag is how far the meter's clock was behind ours when it was last read.
	Lag() time.Duration
}

// Poller asks the meters of one protocol. The zero value with its two fields set is
// ready for use.
type Poller struct {
	Word string                                // of the device list
	Open func(connector.Device) (Meter, error) // reads a device's options

	lines  lines
	counts counts
}

// Protocol is the word of the device list.
func (p *Poller) Protocol() string { return p.Word }

// Counts are what was counted since the start, by the words of the meters, and busy:
// how often the sink had no room.
func (p *Poller) Counts() map[string]int64 { return p.counts.all() }

// Count counts one more of a word.
func (p *Poller) Count(word string) { p.counts.add(word) }

// Read asks a meter once.
func (p *Poller) Read(ctx context.Context, x connector.Device) ([]connector.Sample, error) {
	m, err := p.Open(x)
	if err != nil {
		return nil, err
	}
	n := p.lines.use(x.Address)
	defer p.lines.leave(n)
	return m.Read(ctx, n, time.Now, p.counts.add)
}

// With lets fn speak on the line of an address.
func (p *Poller) With(address string, fn func(*Line) error) error {
	n := p.lines.use(address)
	defer p.lines.leave(n)
	return fn(n)
}

// Servers is how many serial servers are in use now.
func (p *Poller) Servers() int {
	p.lines.mu.Lock()
	defer p.lines.mu.Unlock()
	return len(p.lines.list)
}

// Run asks the meters of the list until ctx ends, those of one serial server one after
// the other. A meter that does not answer is asked less and less often, up to every ten
// minutes, so that it does not hold up the others on its line.
func (p *Poller) Run(ctx context.Context, env connector.Environment) error {
	running := map[string]*worker{}
	for {
		changed := env.Devices.Changed()
		wanted := map[string][]connector.Device{}
		for _, x := range env.Devices.List(p.Word) {
			wanted[x.Address] = append(wanted[x.Address], x)
		}
		for address, w := range running {
			if !reflect.DeepEqual(w.devices, wanted[address]) {
				w.stop()
				delete(running, address)
			}
		}
		for address, devices := range wanted {
			if running[address] == nil {
				running[address] = p.start(ctx, env, address, devices)
			}
		}
		select {
		case <-ctx.Done():
			for _, w := range running {
				w.stop()
			}
			return nil
		case <-changed:
		}
	}
}

// worker polls the meters of one line.
type worker struct {
	devices []connector.Device
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

func (w *worker) stop() {
	w.cancel()
	w.done.Wait()
}

func (p *Poller) start(ctx context.Context, env connector.Environment, address string, devices []connector.Device) *worker {
	ctx, cancel := context.WithCancel(ctx)
	w := &worker{devices: devices, cancel: cancel}
	var turns []*turn
	for _, x := range devices {
		m, err := p.Open(x)
		if err != nil {
			env.Report(connector.Status{Park: x.Park, Device: x.ID, At: env.Now(), Error: err.Error()})
			continue
		}
		turns = append(turns, &turn{device: x, meter: m, interval: interval(x), next: time.Now()})
	}
	w.done.Go(func() {
		n := p.lines.use(address)
		defer p.lines.leave(n)
		for ctx.Err() == nil && len(turns) > 0 {
			t := earliest(turns)
			if sleep(ctx, time.Until(t.next)) {
				p.poll(ctx, env, n, t)
			}
		}
	})
	return w
}

func interval(x connector.Device) time.Duration {
	if x.Interval == 0 {
		return stdInterval
	}
	return max(x.Interval, minInterval)
}

// turn is when a meter is asked next.
type turn struct {
	device   connector.Device
	meter    Meter
	interval time.Duration
	next     time.Time
	failures int
	samples  int64
}

func earliest(turns []*turn) *turn {
	first := turns[0]
	for _, t := range turns {
		if t.next.Before(first.next) {
			first = t
		}
	}
	return first
}

// after plans the next question, in step with the interval; a failure doubles the pause.
func (t *turn) after(now time.Time, ok bool) {
	if !ok {
		pause := t.interval
		for n := 0; n < t.failures && pause < maxPause; n++ {
			pause *= 2
		}
		t.failures++
		t.next = now.Add(min(maxPause, pause))
		return
	}
	t.failures = 0
	t.next = t.next.Add(t.interval)
	if t.next.Sub(now) < time.Millisecond { // samples' times have no finer step
		t.next = now.Add(t.interval)
	}
}

// poll reads a meter, hands its values on and reports how it does.
func (p *Poller) poll(ctx context.Context, env connector.Environment, n *Line, t *turn) {
	began := time.Now()
	list, err := t.meter.Read(ctx, n, env.Now, p.counts.add)
	if ctx.Err() != nil && len(list) == 0 {
		return
	}
	x := t.device
	status := connector.Status{Park: x.Park, Device: x.ID, OK: len(list) > 0, Latency: time.Since(began), Lag: t.meter.Lag()}
	if err != nil {
		status.Error = err.Error()
	}
	t.after(time.Now(), len(list) > 0)
	if len(list) > 0 {
		err := admit(ctx, env.Sink, x.Park, list, func() { p.counts.add("busy") })
		if err == nil {
			t.samples += int64(len(list))
		} else {
			status.OK, status.Error = false, err.Error()
		}
	}
	status.At, status.Samples = env.Now(), t.samples
	env.Report(status)
}

// admit hands samples on. While the sink is busy it keeps them and tries again.
func admit(ctx context.Context, sink connector.Sink, park string, list []connector.Sample, busy func()) error {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, maxBusy) {
		_, err := sink.Admit(ctx, park, list)
		if !errors.Is(err, connector.ErrBusy) {
			return err
		}
		busy()
		if !sleep(ctx, pause) {
			return err
		}
	}
}

// sleep waits and says whether ctx still runs.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return ctx.Err() == nil
	}
}

// counts are numbers by reason.
type counts struct {
	mu sync.Mutex
	n  map[string]int64
}

func (c *counts) add(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int64{}
	}
	c.n[reason]++
}

func (c *counts) all() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]int64, len(c.n))
	maps.Copy(all, c.n)
	return all
}
