package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"lingtan/connector"
	"lingtan/gateway/frame"
)

// Limits of what is taken in at once.
const (
	mostWaiting = 1 << 17 // samples of calls that wait
	mostCall    = 40_000  // samples of one call; with the windows that it ends, one block holds them
	mostCommit  = 8_192   // samples that a commit gathers, unless one call has more
	mostNames   = 6 << 20 // bytes of names of a parcel
	mostValue   = 1e15    // as the server's admission
	tickEvery   = time.Second
	tickGrace   = 30 * time.Second // that a window stays open after its end for samples on their way
)

// weigh is the bytes of the names of samples, at most.
func weigh(samples []connector.Sample) int {
	n := 0
	for i := range samples {
		n += len(samples[i].Device) + len(samples[i].Name) + len(samples[i].Via)
	}
	return n
}

// intake filters what the drivers bring and puts it into the spool. It is the one
// goroutine that appends.
type intake struct {
	spool  *spool
	filter *filter
	clock  *Clock
	linger time.Duration // to wait for more, so that one sync serves many
	thin   bool          // when full, thin out what is oldest
	run    uint32
	log    *slog.Logger

	places *semaphore.Weighted
	wake   chan struct{}
	mu     sync.Mutex
	calls  []*call

	tally
	newest atomic.Int64           // Unix milliseconds of the newest sample
	fault  atomic.Pointer[string] // what is wrong with the spool
	ticked int64                  // only of the goroutine
}

// tally counts samples.
type tally struct {
	taken, refused, forwarded, busy atomic.Int64
	late, held, unfiltered          atomic.Int64
}

// call is one Admit.
type call struct {
	samples []connector.Sample
	done    chan struct{}
	err     error
}

// openIntake opens the spool in a folder and restores the windows that were open.
func openIntake(dir string, c SpoolConfig, rules []Rule, clock *Clock, run uint32, log *slog.Logger) (*intake, error) {
	in := &intake{clock: clock, linger: c.Linger, thin: c.Full == FullThin, run: run, log: log,
		places: semaphore.NewWeighted(mostWaiting), wake: make(chan struct{}, 1), filter: newFilter(rules)}
	s, err := openSpool(dir, int64(c.Limit), func(e *entry) error {
		if e.flags&flagState == 0 {
			in.filter.again(e)
			return nil
		}
		f, err := restoreFilter(e.state)
		if err != nil {
			log.Error("gateway: windows that were open are lost", "error", err.Error())
			f = newFilter(rules)
		}
		in.filter = f
		return nil
	})
	if err != nil {
		return nil, err
	}
	in.spool = s
	if err := in.changeRules(rules); err != nil {
		return nil, fmt.Errorf("%w (%w)", err, s.close())
	}
	return in, nil
}

// changeRules ends the windows of other rules and begins with these.
func (in *intake) changeRules(rules []Rule) error {
	if reflect.DeepEqual(normal(in.filter.rules), normal(rules)) {
		return nil
	}
	if err := in.rotate(); err != nil {
		return err
	}
	e := &entry{tick: math.MaxInt64, forward: in.filter.flush(nil)}
	if err := in.put(e); err != nil {
		return err
	}
	in.filter = newFilter(rules)
	return in.rotate()
}

// normal is rules as JSON gives them back.
func normal(rules []Rule) []Rule {
	data, err := json.Marshal(rules)
	var out []Rule
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil || len(out) == 0 {
		return nil
	}
	return out
}

// admit is connector.Sink's Admit.
func (in *intake) admit(ctx context.Context, samples []connector.Sample) (connector.Receipt, error) {
	c := &call{samples: in.sound(samples), done: make(chan struct{})}
	receipt := connector.Receipt{Stored: len(c.samples), Refused: len(samples) - len(c.samples)}
	n := int64(len(c.samples))
	if n > mostCall {
		return connector.Receipt{}, fmt.Errorf("%w: %d samples in one call, at most %d; send fewer at a time", connector.ErrRefused, n, mostCall)
	}
	if n > 0 {
		if err := in.places.Acquire(ctx, n); err != nil {
			in.busy.Add(1)
			return connector.Receipt{}, fmt.Errorf("%w: the gateway's queue had no room (%w)", connector.ErrBusy, err)
		}
		defer in.places.Release(n)
		if err := in.wait(ctx, c); err != nil {
			return connector.Receipt{}, err
		}
	}
	in.taken.Add(n)
	in.refused.Add(int64(receipt.Refused))
	return receipt, nil
}

// sound are the samples that can be sent; those without a time get ours.
func (in *intake) sound(samples []connector.Sample) []connector.Sample {
	now := in.clock.Now()
	out := make([]connector.Sample, 0, len(samples))
	for _, x := range samples {
		if x.At.IsZero() {
			x.At = now
		}
		if x.At = x.At.Truncate(time.Millisecond).UTC(); math.Abs(x.Value) <= mostValue && frame.Check(&x) == nil {
			out = append(out, x)
		}
	}
	return out
}

// wait queues a call and waits until it is durable, or takes it back when ctx ends.
func (in *intake) wait(ctx context.Context, c *call) error {
	in.mu.Lock()
	in.calls = append(in.calls, c)
	in.mu.Unlock()
	select {
	case in.wake <- struct{}{}:
	default:
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
	}
	in.mu.Lock()
	i := slices.Index(in.calls, c)
	if i >= 0 {
		in.calls = slices.Delete(in.calls, i, i+1)
	}
	in.mu.Unlock()
	if i < 0 {
		<-c.done // it is being written: its outcome counts
		return c.err
	}
	in.busy.Add(1)
	return fmt.Errorf("%w: the spool is full or its disk is slow (%w)", connector.ErrBusy, ctx.Err())
}

// work commits what comes until ctx ends; then it ends all windows.
func (in *intake) work(ctx context.Context) {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
			in.commit(ctx, nil)
		case <-in.wake:
			sleep(ctx, in.linger)
			for in.room(ctx) && in.commit(ctx, in.next()) {
			}
		}
	}
	for in.commit(ctx, in.next()) {
	}
	if err := in.rotateWhenDue(); err != nil {
		in.failed(err)
		return
	}
	in.failed(in.put(&entry{tick: math.MaxInt64, forward: in.filter.flush(nil)}))
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// room waits until the spool may take more; false when ctx ended before.
func (in *intake) room(ctx context.Context) bool {
	for {
		full, changed := in.spool.full()
		if !full {
			return true
		}
		if in.thin {
			ok, err := in.spool.thin()
			in.failed(err)
			if ok {
				continue
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// next takes the calls that are waiting, up to a limit, at least one.
func (in *intake) next() []*call {
	in.mu.Lock()
	defer in.mu.Unlock()
	n, samples, names := 0, 0, 0
	for n < len(in.calls) {
		samples += len(in.calls[n].samples)
		names += weigh(in.calls[n].samples)
		if n > 0 && (samples > mostCommit || names > mostNames/2) {
			break
		}
		n++
	}
	taken := slices.Clone(in.calls[:n])
	in.calls = slices.Delete(in.calls, 0, n)
	return taken
}

// commit writes calls and the windows that are over as one record, and answers the
// calls. It is false when there was nothing to do.
func (in *intake) commit(ctx context.Context, calls []*call) bool {
	now := in.clock.Now().UnixMilli()
	tick := now - tickGrace.Milliseconds()
	due := (tick-in.ticked) >= tickEvery.Milliseconds() || tick < in.ticked
	if len(calls) == 0 && !due {
		return false
	}
	err := in.rotateWhenDue()
	if err == nil {
		e := &entry{at: now}
		in.filter.now = now
		for _, c := range calls {
			in.sieve(e, c.samples)
		}
		if due {
			before := len(e.forward)
			if e.forward = in.filter.tick(tick, e.forward); len(e.forward) > before {
				e.tick = tick
			}
			in.ticked = tick
		}
		err = in.put(e)
	}
	in.failed(err)
	for _, c := range calls {
		c.err = err
		close(c.done)
	}
	return len(calls) > 0
}

// sieve adds to an entry what goes on because of samples, and those that wait.
func (in *intake) sieve(e *entry, samples []connector.Sample) {
	for _, x := range samples {
		in.newest.Store(max(in.newest.Load(), x.At.UnixMilli()))
		var waits bool
		if e.forward, waits = in.filter.take(x, e.forward); waits {
			e.held = append(e.held, x)
		}
	}
}

// put writes an entry, and makes what the filter did count or not.
func (in *intake) put(e *entry) error {
	if len(e.forward) == 0 && len(e.held) == 0 {
		in.filter.commit()
		in.count()
		return nil
	}
	if e.run = in.run; e.at == 0 {
		e.at = in.clock.Now().UnixMilli()
	}
	if _, _, synced, _ := in.clock.state(); !synced {
		e.flags |= flagUnsure
	}
	if err := in.spool.append(e); err != nil {
		in.filter.rollBack()
		return err
	}
	in.filter.commit()
	in.forwarded.Add(int64(len(e.forward)))
	in.count()
	return nil
}

// count hands the filter's counts to who asks from other goroutines.
func (in *intake) count() {
	in.late.Store(in.filter.late)
	in.held.Store(in.filter.held)
	in.unfiltered.Store(in.filter.unfiltered)
}

func (in *intake) rotateWhenDue() error {
	if !in.spool.due() {
		return nil
	}
	return in.rotate()
}

func (in *intake) rotate() error {
	state, err := in.filter.save()
	if err != nil {
		return err
	}
	return in.spool.rotate(&entry{state: state, at: in.clock.Now().UnixMilli(), run: in.run})
}

// failed notes what is wrong with the spool, for the status; nil: nothing is.
func (in *intake) failed(err error) {
	if err == nil {
		in.fault.Store(nil)
		return
	}
	text := err.Error()
	if was := in.fault.Swap(&text); was == nil || *was != text {
		in.log.Error("gateway: the spool fails; the drivers wait", "error", text)
	}
}
