package pull

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"time"

	"lingtan/connector"
)

// Pauses of a poll.
const (
	maxPause  = time.Hour        // between tries of a server that fails, unless the interval is longer
	tryAgain  = time.Minute      // after a first failure that may pass
	maxBusy   = 30 * time.Second // between tries of a sink that is busy
	ahead     = 10 * time.Minute // how far ahead of our clock the admission takes values
	admitRows = 5000             // values that go to the sink at once
)

// poll fetches for one device. It is used from one goroutine.
type poll struct {
	settings
	d        *Driver
	env      connector.Environment
	file     string // of the state; empty: nothing outlives the process
	state    state
	next     time.Time // of the next fetch
	failures int
	samples  int64
	newest   time.Time
	told     connector.Status
}

func (d *Driver) newPoll(s settings, env connector.Environment) (*poll, error) {
	p := &poll{settings: s, d: d, env: env}
	if env.Dir != "" {
		home := filepath.Join(env.Dir, "pull")
		if err := os.MkdirAll(home, 0o750); err != nil {
			return nil, fmt.Errorf("pull: what the door remembers has no place: %w", err)
		}
		p.file = filepath.Join(home, url.PathEscape(ownName(s.device))+".json")
	}
	var err error
	if p.state, err = loadState(p.file, s); err != nil {
		return nil, err
	}
	p.next = env.Now()
	if last := p.state.Fetched; !last.IsZero() && last.Before(p.next) {
		p.next = later(p.next, last.Add(s.interval)) // a restart is no reason to ask again
	}
	p.next = later(p.next, p.state.NotBefore)
	return p, nil
}

// turn does what is due and says how long to sleep.
func (p *poll) turn(ctx context.Context) time.Duration {
	now := p.env.Now()
	if !now.Before(p.next) {
		began := time.Now()
		note, err := p.fetch(ctx, now)
		if ctx.Err() != nil {
			return 0
		}
		p.plan(now, err)
		p.tell(note, err, time.Since(began))
	}
	if err := p.release(ctx); err != nil && ctx.Err() == nil {
		p.tell("", err, 0)
		return tryAgain
	}
	wait := p.next.Sub(p.env.Now())
	if len(p.state.Held) > 0 {
		wait = min(wait, time.UnixMilli(p.state.Held[0].At).Sub(p.env.Now()))
	}
	// The clock may be set: look at it again now and then.
	return max(10*time.Millisecond, min(wait, time.Minute))
}

// plan sets the time of the next fetch.
func (p *poll) plan(now time.Time, err error) {
	if err == nil {
		p.failures = 0
		if p.next = p.next.Add(p.interval); !p.next.After(now) {
			p.next = now.Add(p.interval)
		}
		return
	}
	p.d.counts.add("failures", 1)
	pause := p.interval
	if errors.Is(err, connector.ErrUnreachable) || errors.Is(err, errAdmit) {
		pause = min(p.interval, tryAgain)
	}
	most := max(maxPause, p.interval)
	for n := 0; n < p.failures && pause < most; n++ {
		pause *= 2
	}
	p.failures++
	pause = min(pause, most)
	pause += time.Duration(rand.Int64N(int64(pause)/4 + 1)) // so that many do not come back at once
	var r refusal
	if errors.As(err, &r) {
		if r.status == http.StatusTooManyRequests {
			p.d.counts.add("throttled", 1)
		}
		if r.after > 0 {
			p.state.NotBefore = now.Add(r.after)
			pause = max(pause, r.after)
			if err := p.state.save(p.file); err != nil {
				p.env.Log.Warn("pull: the time that a server asked for is not kept", "device", p.device.ID, "error", err.Error())
			}
		}
	}
	p.next = now.Add(pause)
}

// errAdmit says that the sink did not take the values.
var errAdmit = errors.New("pull: the values were not admitted")

// fetch asks once and admits what came. The tags of an answer are kept only after its
// values are admitted or held durably; until then the server sends it again.
func (p *poll) fetch(ctx context.Context, now time.Time) (note string, err error) {
	u, err := p.url(now)
	if err != nil {
		return "", err
	}
	id, known := digestOf(u.String()), tags{}
	if p.state.URL == id {
		known = p.state.Tags
	}
	a, err := p.d.get(ctx, p.settings, now, known)
	if err != nil {
		return "", err
	}
	next := p.state
	next.Fetched, next.NotBefore = now, time.Time{}
	if a.unchanged {
		p.d.counts.add("unchanged", 1)
		return "", p.keep(next)
	}
	p.d.counts.add("answers", 1)
	list, left, err := p.d.read(p.settings, a.body, now)
	if err != nil {
		return "", err
	}
	due, future := p.part(list, now)
	if err := p.admit(ctx, due); err != nil {
		return "", err
	}
	over := 0
	next.Held, over = merge(p.state.Held, due, future)
	p.d.counts.add("hold_full", int64(over))
	p.d.counts.add("held", int64(len(next.Held)-len(p.state.Held)))
	next.URL, next.Tags = id, a.tags
	if over > 0 || !p.hold && len(due) < len(list) {
		next.Tags = tags{} // what was left out must come again, though the answer be the same
	}
	switch {
	case left.first != nil:
		note = fmt.Sprintf("%d values left out, the first: %v", left.count, left.first)
	case len(list) == 0:
		note = "the answer holds no value where the options say; if it should, check rows, time and value.*"
	case over > 0:
		note = fmt.Sprintf("%d values too far ahead are not held: at most %d are", over, maxHeld)
	}
	return note, p.keep(next)
}

// part parts values into those that are due and those of the future. Without hold, those
// that the admission would refuse are left out: they come again when their time is near.
func (p *poll) part(list []connector.Sample, now time.Time) (due, future []connector.Sample) {
	until := now
	if !p.hold {
		until = now.Add(ahead)
	}
	n := sort.Search(len(list), func(i int) bool { return list[i].At.After(until) })
	if !p.hold {
		p.d.counts.add("future_skipped", int64(len(list)-n))
		return list[:n], nil
	}
	return list[:n], list[n:]
}

// keep remembers a state. What could not be written is remembered until a kill, and then
// fetched again.
func (p *poll) keep(next state) error {
	p.state = next
	if err := next.save(p.file); err != nil {
		return fmt.Errorf("pull: device %s: what is known cannot be kept in %s; is the disk full? %w", p.device.ID, p.file, err)
	}
	return nil
}

// release admits held values whose time has come.
func (p *poll) release(ctx context.Context) error {
	now := p.env.Now().UnixMilli()
	n := sort.Search(len(p.state.Held), func(i int) bool { return p.state.Held[i].At > now })
	if n == 0 {
		return nil
	}
	list := make([]connector.Sample, n)
	for i, h := range p.state.Held[:n] {
		list[i] = h.sample(p.device.ID)
	}
	if err := p.admit(ctx, list); err != nil {
		return err
	}
	next := p.state
	next.Held = append([]held(nil), p.state.Held[n:]...)
	p.d.counts.add("held", -int64(n))
	err := p.keep(next)
	if p.told.OK {
		p.tell(p.told.Error, err, p.told.Latency)
	}
	return err
}

// admit hands values on, those of the earliest times first. While the sink is busy it
// waits.
func (p *poll) admit(ctx context.Context, list []connector.Sample) error {
	for len(list) > 0 {
		n := min(len(list), admitRows)
		r, err := p.hand(ctx, list[:n])
		if err != nil {
			return fmt.Errorf("%w: %w", errAdmit, err)
		}
		p.samples += int64(n)
		p.newest = later(p.newest, list[n-1].At)
		c := &p.d.counts
		c.add("samples", int64(n))
		c.add("duplicates", int64(r.Duplicates))
		c.add("corrected", int64(r.Corrected))
		c.add("unmapped", int64(r.Unmapped))
		c.add("refused", int64(r.Refused))
		list = list[n:]
	}
	return nil
}

func (p *poll) hand(ctx context.Context, list []connector.Sample) (connector.Receipt, error) {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, maxBusy) {
		r, err := p.env.Sink.Admit(ctx, p.device.Park, list)
		if !errors.Is(err, connector.ErrBusy) {
			return r, err
		}
		p.d.counts.add("busy", 1)
		if !sleep(ctx, pause) {
			return r, err
		}
	}
}

func (p *poll) tell(note string, err error, took time.Duration) {
	s := connector.Status{Park: p.device.Park, Device: p.device.ID, At: p.env.Now(), OK: err == nil, Error: note, Latency: took, Samples: p.samples}
	if err != nil {
		s.Error = err.Error()
	}
	if !p.newest.IsZero() {
		s.Lag = max(0, s.At.Sub(p.newest))
	}
	p.told = s
	p.env.Report(s)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
