package doorkill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// ledger is what a sender knows of its samples. Sample n, from 1, has the value n times
// scale and the time begin plus n steps, so that a sample that is lost, doubled or altered
// is told from its neighbours.
type ledger struct {
	door, client string
	key          string        // register that the samples go to
	step         time.Duration // between two samples: as fine as the times of the protocol
	begin        time.Time

	mu    sync.Mutex
	acked []bool // by n-1; as long as samples were made
	open  int    // all n up to it are acknowledged
	sent  int64  // samples on the way, with those sent again
	last  error  // why the last connection ended
	wrong []error
}

// errRefused marks an answer that says the sample was not taken and never will be: no
// kill may bring that about.
var errRefused = errors.New("refused")

func newLedger(door, client, key string, step time.Duration) *ledger {
	return &ledger{door: door, client: client, key: key, step: step, begin: time.Now().Add(-30 * 24 * time.Hour).Truncate(time.Second)}
}

func (l *ledger) at(n int) time.Time      { return l.begin.Add(time.Duration(n) * l.step) }
func (l *ledger) millis(n int) int64      { return l.at(n).UnixMilli() }
func (l *ledger) value(n int) float64     { return float64(n) }
func (l *ledger) number(ms int64) int     { return int(time.UnixMilli(ms).Sub(l.begin) / l.step) }
func (l *ledger) is(ms int64, n int) bool { return l.millis(n) == ms }

// take are the next samples to send: those that were sent and not acknowledged first,
// then new ones.
func (l *ledger) take(count int) []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open < len(l.acked) && l.acked[l.open] {
		l.open++
	}
	list := make([]int, 0, count)
	for n := l.open + 1; len(list) < count; n++ {
		if n > len(l.acked) {
			l.acked = append(l.acked, false)
		}
		if !l.acked[n-1] {
			list = append(list, n)
		}
	}
	l.sent += int64(count)
	return list
}

// reach makes the samples up to n.
func (l *ledger) reach(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.acked) < n {
		l.acked = append(l.acked, false)
		l.sent++
	}
}

// ack notes that samples were acknowledged to the sender.
func (l *ledger) ack(list ...int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range list {
		l.acked[n-1] = true
	}
}

// count is how many samples were made, acknowledged, and sent with repeats.
func (l *ledger) count() (made, acked int, sent int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.acked {
		if a {
			acked++
		}
	}
	return len(l.acked), acked, l.sent
}

// progress is how far a sender came, to be compared with an earlier figure.
func (l *ledger) progress() int64 {
	_, acked, _ := l.count()
	return int64(acked)
}

// note keeps why a connection ended.
func (l *ledger) note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = cmp.Or(err, l.last)
	if errors.Is(err, errRefused) && len(l.wrong) < 5 {
		l.wrong = append(l.wrong, err)
	}
}

// trouble is why the last connection ended.
func (l *ledger) trouble() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// session is one connection of a sender.
type session interface {
	// send sends samples and calls acked for each whose acknowledgement came. It ends with
	// the first failure.
	send(ctx context.Context, list []int, acked func(...int)) error
	close()
}

// sender sends the samples of its ledger over one connection after the other.
type sender struct {
	*ledger
	group   int           // samples under way at once
	pause   time.Duration // between two groups, at most
	connect func(ctx context.Context) (session, error)
}

// run sends until ctx ends.
func (s *sender) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.connection(ctx); err != nil && ctx.Err() == nil {
			s.note(err)
		}
		rest(ctx, 20*time.Millisecond)
	}
}

// connection sends over one connection until it fails.
func (s *sender) connection(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, 5*time.Second)
	c, err := s.connect(limited)
	cancel()
	if err != nil {
		return err
	}
	defer c.close()
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, 10*time.Second)
		err := c.send(limited, s.take(s.group), s.ack)
		cancel()
		if err != nil {
			return err
		}
		rest(ctx, rand.N(s.pause))
	}
	return nil
}

// rest waits, or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// track is what the store has of a register.
type track struct {
	at       []int64
	value    []float64
	revision []uint16
}

// outcome is what became of the samples of one sender or device.
type outcome struct {
	door, client string
	sent         int64
	made, acked  int
	stored       int
	lost, extra  int
	faults       []string
}

// fault notes what is wrong; the first ones are told.
func (o *outcome) fault(format string, args ...any) {
	if len(o.faults) < 10 {
		o.faults = append(o.faults, fmt.Sprintf(format, args...))
	}
}

// rising says what of a track is out of order or was stored as a correction.
func (o *outcome) rising(k track) {
	o.stored = len(k.at)
	for i := range k.at {
		if i > 0 && k.at[i] <= k.at[i-1] {
			o.extra++
			o.fault("two readings at %s, or out of order", time.UnixMilli(k.at[i]).UTC())
		}
		if k.revision != nil && k.revision[i] != 0 {
			o.extra++
			o.fault("revision %d at %s: another value came for a time that was known", k.revision[i], time.UnixMilli(k.at[i]).UTC())
		}
	}
}

// judge holds what the store has against what was acknowledged.
func (l *ledger) judge(k track) outcome {
	o := outcome{door: l.door, client: l.client}
	o.made, o.acked, o.sent = l.count()
	o.rising(k)
	there := make([]bool, o.made)
	for i, at := range k.at {
		n := l.number(at)
		if n < 1 || n > o.made || !l.is(at, n) || k.value[i] != l.value(n) {
			o.extra++
			o.fault("%v at %s is no sample that was sent", k.value[i], time.UnixMilli(at).UTC())
			continue
		}
		there[n-1] = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, acked := range l.acked {
		if acked && !there[i] {
			o.lost++
			o.fault("sample %d at %s was acknowledged and is not there", i+1, l.at(i+1).UTC())
		}
	}
	for _, err := range l.wrong {
		o.fault("%v", err)
	}
	return o
}

// counter is a device that is asked: each answer has the next number.
type counter struct {
	door, client string
	key          string
	scale        float64 // the device's digits after the point: 100 for two

	mu     sync.Mutex
	served int
}

// next is the number of the next answer.
func (c *counter) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.served++
	return c.served
}

func (c *counter) progress() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(c.served)
}

// judge holds what the store has against what was served: a part of it, each once, in
// order, and something of the time after the last kill.
func (c *counter) judge(k track, before int64, began time.Time) outcome {
	o := outcome{door: c.door, client: c.client, made: int(c.progress())}
	o.sent = int64(o.made)
	o.rising(k)
	last := 0.0
	for i, v := range k.value {
		n := math.Round(v * c.scale)
		if v != n/c.scale || n < 1 || n > float64(o.made) {
			o.extra++
			o.fault("%v was never served", v)
		}
		if v <= last {
			o.extra++
			o.fault("%v after %v", v, last)
		}
		if at := time.UnixMilli(k.at[i]); at.Before(began) || at.After(time.Now()) {
			o.fault("%v is of %s, not of the test's time", v, at.UTC())
		}
		last = v
	}
	if n := math.Round(last * c.scale); n <= float64(before) {
		o.fault("nothing was stored of what was served after the last kill: %v, %d were served before it", n, before)
	}
	return o
}
