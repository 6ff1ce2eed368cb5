// Package ingest admits the samples of all doors: each is checked against its point,
// stored durably exactly once, and acknowledged only then.
//
// Admission is the one way in. It gathers what many senders bring while a commit is
// under way into the next commit, so that one sync to disk acknowledges them all.
// Registry holds the device lists of the parks and says which register a value is of.
// Values of no known register are kept in a list to be mapped (Unmapped, Adopt).
package ingest

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"lingtan/connector"
	"lingtan/meter"
)

// Store keeps readings. Append is one durable transaction; a repeat is a duplicate
// and changes nothing, another value for a known time is its next revision, and after
// an error nothing is stored. Readings calls fn with one track a register.
type Store interface {
	Append(ctx context.Context, park string, b *meter.Batch, marks ...meter.Mark) (meter.Admission, error)
	Readings(ctx context.Context, q meter.Query, fn func(meter.Track) error) error
	Mark(ctx context.Context, name string) ([]byte, error)
}

// Router says which parks there are, under which name a device goes that another one
// handed on, and which register a device's value is of.
type Router interface {
	Knows(park string) bool
	Sender(park, via, device string) string
	Route(park, device, name string) (register string, ok bool)
}

// Options tune an admission; the zero value is ready for use.
type Options struct {
	Queue  int              // samples waiting or being stored, each of up to 64 bytes of names; 0 = 1,048,576
	Commit int              // samples that one commit gathers at most; 0 = 262,144
	Ahead  time.Duration    // how far a sample may be ahead of our clock; 0 = 10 min
	Names  int              // unknown names kept a park; 0 = 10,000
	Kept   int              // samples kept of an unknown name; 0 = 100,000
	Now    func() time.Time // the clock; nil = time.Now

	// Committed is told what was stored, after its senders were answered. It must be
	// quick, for the next commit waits, and must not keep the batch.
	Committed func(park string, b *meter.Batch)
}

// Admission admits samples of all parks into a store. It is a connector.Sink and may
// be used from many goroutines. It runs only while there is something to store, and
// needs no closing: once the store is closed, callers get the store's error.
type Admission struct {
	store  Store
	router Router
	o      Options

	places  *semaphore.Weighted // free places of the queue, first come first served
	routing sync.RWMutex        // read-held from the routing of a call until it is queued
	queue   queue
	unknown unknowns
	counts  counts
	merge   merger    // of the one commit under way
	batches sync.Pool // *meter.Batch, of calls that are over
}

var _ connector.Sink = (*Admission)(nil)

// New makes an admission into store.
func New(store Store, router Router, o Options) *Admission {
	set := func(v *int, usual int) {
		if *v <= 0 {
			*v = usual
		}
	}
	set(&o.Queue, 1<<20)
	set(&o.Commit, 1<<18)
	set(&o.Names, 10_000)
	set(&o.Kept, 100_000)
	if o.Ahead <= 0 {
		o.Ahead = 10 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Admission{store: store, router: router, o: o, places: semaphore.NewWeighted(int64(o.Queue))}
	a.unknown = unknowns{store: store, names: o.Names, kept: int64(o.Kept), parks: map[string]*unknownPark{}}
	return a
}

// Admit stores the samples and returns when they are durable. While the queue is full
// it waits as long as ctx allows, then gives connector.ErrBusy and nothing of the call
// is taken. Once a commit has begun with the samples, its outcome is returned even
// when ctx ends. After any other error send all again: a repeat does no harm.
//
// The counts of a receipt add up to the samples. Where the samples of several calls
// were stored in one commit of which some were new, some not, the store cannot tell
// whose: those calls count as Stored all that was accepted; the exact sums are in
// Metrics. A caller that was alone in its commit always gets its exact counts.
func (a *Admission) Admit(ctx context.Context, park string, samples []connector.Sample) (connector.Receipt, error) {
	if !a.router.Knows(park) {
		return connector.Receipt{}, fmt.Errorf("%w: there is no park %.60q; import its park file first", connector.ErrRefused, park)
	}
	if len(samples) == 0 {
		return connector.Receipt{}, nil
	}
	places := weigh(samples)
	if places > int64(a.o.Queue) {
		return connector.Receipt{}, fmt.Errorf("%w: %d samples in one call take %d places of a queue of %d; send fewer at a time",
			connector.ErrRefused, len(samples), places, a.o.Queue)
	}
	if err := a.places.Acquire(ctx, places); err != nil {
		a.counts.busy.Add(1)
		return connector.Receipt{}, fmt.Errorf("%w: the queue of %d samples had no room (%w)", connector.ErrBusy, a.o.Queue, err)
	}
	defer a.places.Release(places)
	a.counts.waiting.Add(int64(len(samples)))
	defer a.counts.waiting.Add(-int64(len(samples)))

	c, err := a.accept(ctx, park, samples)
	if err != nil {
		return connector.Receipt{}, err
	}
	defer a.release(c)
	if !c.empty() && !a.wait(ctx, c) {
		a.counts.busy.Add(1)
		return connector.Receipt{}, fmt.Errorf("%w: no commit had room (%w)", connector.ErrBusy, ctx.Err())
	}
	if c.err != nil {
		return connector.Receipt{}, c.err
	}
	a.counts.samples.Add(int64(len(samples)))
	for r, n := range c.refused {
		a.counts.refused[r].Add(int64(n))
		c.receipt.Refused += int(n)
	}
	return c.receipt, nil
}

// weigh is the places that samples take in the queue: one each, and one more for
// every full 64 bytes of its names.
func weigh(samples []connector.Sample) int64 {
	places := int64(len(samples))
	for i := range samples {
		places += int64(len(samples[i].Device)+len(samples[i].Name)) / 64
	}
	return places
}

// accept checks and routes the samples of a call and puts it into the queue.
func (a *Admission) accept(ctx context.Context, park string, samples []connector.Sample) (*call, error) {
	c := &call{park: park, done: make(chan struct{})}
	if kept, ok := a.batches.Get().(*meter.Batch); ok {
		c.known = *kept
	}
	a.routing.RLock()
	defer a.routing.RUnlock()
	s := sorter{a: a, call: c, now: a.o.Now(), slots: make(map[source]*slot, min(len(samples), 64)), most: len(samples)}
	for i := range samples {
		if err := s.take(ctx, &samples[i]); err != nil {
			return nil, err
		}
	}
	if !c.empty() {
		a.enqueue(c)
	}
	return c, nil
}

// release keeps the memory of a call that is over for the next one. No commit holds it:
// it copied the rows, or the call was withdrawn before.
func (a *Admission) release(c *call) {
	if b := &c.known; cap(b.At) > 0 && cap(b.At) <= keptRows {
		clear(b.Keys) // names must not be kept alive
		b.Keys = b.Keys[:0]
		b.Reset()
		a.batches.Put(b)
	}
}

// wait waits for the call's commit; false when ctx ended before one began.
func (a *Admission) wait(ctx context.Context, c *call) bool {
	select {
	case <-c.done:
		return true
	case <-ctx.Done():
	}
	if a.queue.withdraw(c) {
		return false
	}
	<-c.done
	return true
}

// Drain returns when every sample whose Admit began before has been stored or
// refused. After a change of routing, what comes later follows the new one.
func (a *Admission) Drain(ctx context.Context) error {
	a.routing.Lock() // all calls routed by now are in the queue
	c := &call{done: make(chan struct{})}
	a.enqueue(c)
	a.routing.Unlock()
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// reason is why a sample is refused.
type reason int

const (
	noNumber reason = iota
	tooLarge
	tooOld
	tooNew
	badSpan
	badName
	tooManyNames
	reasons
)

var reasonWords = [reasons]string{"not a number", "beyond ±1e15", "before the year 2000", "in the future",
	"span not whole seconds of at most 366 days", "name empty, too long or not text", "too many unknown names"}

const (
	maxValue  = 1e15
	maxSpan   = 366 * 24 * time.Hour
	firstTime = 946684800000 // 2000-01-01T00:00:00Z
)

// check is why the sample is refused, and its time in Unix milliseconds.
func (a *Admission) check(s *connector.Sample, now time.Time) (at int64, why reason, ok bool) {
	switch {
	case math.IsNaN(s.Value) || math.IsInf(s.Value, 0):
		return 0, noNumber, false
	case math.Abs(s.Value) > maxValue:
		return 0, tooLarge, false
	case s.Span < 0 || s.Span > maxSpan || s.Span%time.Second != 0:
		return 0, badSpan, false
	case s.At.IsZero():
		return now.UnixMilli(), 0, true
	case s.At.After(now.Add(a.o.Ahead)):
		return 0, tooNew, false
	}
	if at = s.At.UnixMilli(); at < firstTime {
		return 0, tooOld, false
	}
	return at, 0, true
}

// source is where a sample comes from.
type source struct{ device, name string }

// slot is where the samples of a source go within a call.
type slot struct {
	from source       // with the name under which its device goes
	via  string       // as the samples came
	at   string       // the device, as the samples came
	into *meter.Batch // nil: refused
	ref  uint32
	why  reason
	next *slot // of the sample that came after one of this source the last time
}

// takes says whether the sample is of the slot's source.
func (t *slot) takes(x *connector.Sample) bool {
	return t.from.name == x.Name && t.at == x.Device && t.via == x.Via
}

// sorter puts the samples of a call into its two batches.
type sorter struct {
	a     *Admission
	call  *call
	now   time.Time
	slots map[source]*slot
	named map[handed]string
	last  *slot
	spare []slot // made beforehand, many at once
	most  int    // slots that the call can need
}

// handed is a device as the one that handed it on names it.
type handed struct{ via, device string }

// sender is the name under which the device of a sample goes.
func (s *sorter) sender(x *connector.Sample) string {
	if x.Via == "" || x.Via == x.Device {
		return x.Device
	}
	from := handed{x.Via, x.Device}
	name, known := s.named[from]
	if !known {
		if s.named == nil {
			s.named = map[handed]string{}
		}
		name = s.a.router.Sender(s.call.park, x.Via, x.Device)
		s.named[from] = name
	}
	return name
}

func (s *sorter) take(ctx context.Context, x *connector.Sample) error {
	at, why, ok := s.a.check(x, s.now)
	if !ok {
		s.call.refused[why]++
		return nil
	}
	to, err := s.slot(ctx, x)
	if err != nil {
		return err
	}
	if to.into == nil {
		s.call.refused[to.why]++
		return nil
	}
	to.into.Append(to.ref, at, int32(x.Span/time.Second), x.Value)
	return nil
}

// slot finds where a sample goes. A sender mostly sends its values in the same order
// again: the one that came next the last time is tried first.
func (s *sorter) slot(ctx context.Context, x *connector.Sample) (*slot, error) {
	before := s.last
	if before != nil && before.next != nil && before.next.takes(x) {
		s.last = before.next
		return s.last, nil
	}
	from := source{s.sender(x), x.Name}
	to := s.slots[from]
	if to == nil {
		routed, err := s.route(ctx, from)
		if err != nil {
			return nil, err
		}
		routed.from, routed.via, routed.at = from, x.Via, x.Device
		if len(s.spare) == 0 {
			s.spare = make([]slot, min(128, s.most))
		}
		to, s.spare = &s.spare[0], s.spare[1:]
		*to = routed
		s.slots[from] = to
	}
	if before != nil {
		before.next = to
	}
	s.last = to
	return to, nil
}

// route finds where the samples of a source go.
func (s *sorter) route(ctx context.Context, from source) (slot, error) {
	c := s.call
	if register, ok := s.a.router.Route(c.park, from.device, from.name); ok {
		return slot{into: &c.known, ref: addKey(&c.known, register)}, nil
	}
	if !isSender(from.device) || !isName(from.name) {
		return slot{why: badName}, nil
	}
	key := unknownKey(from)
	ok, err := s.a.unknown.room(ctx, c.park, key)
	if err != nil {
		return slot{}, fmt.Errorf("list of unmapped values of park %s: %w", c.park, err)
	}
	if !ok {
		return slot{why: tooManyNames}, nil
	}
	return slot{into: &c.unknown, ref: addKey(&c.unknown, key)}, nil
}

func addKey(b *meter.Batch, key string) uint32 {
	b.Keys = append(b.Keys, key)
	return uint32(len(b.Keys) - 1)
}

// counts are the metrics as they grow.
type counts struct {
	samples, stored, duplicates, corrected, unmapped atomic.Int64
	busy, failed, waiting, commits, nanoseconds      atomic.Int64
	refused                                          [reasons]atomic.Int64
}

// Metrics are sums since the start, but for Queue.
type Metrics struct {
	Samples       int64            `json:"samples"` // of calls that were answered with a receipt
	Stored        int64            `json:"stored"`
	Duplicates    int64            `json:"duplicates"`
	Corrected     int64            `json:"corrected"`
	Unmapped      int64            `json:"unmapped"`
	Refused       map[string]int64 `json:"refused"` // by reason
	Busy          int64            `json:"busy"`    // calls that ended with connector.ErrBusy
	Failed        int64            `json:"failed"`  // calls that the store failed
	Queue         int64            `json:"queue"`   // samples waiting or being stored now
	Commits       int64            `json:"commits"`
	CommitSeconds float64          `json:"commitSeconds"`
}

// Metrics is what was done so far.
func (a *Admission) Metrics() Metrics {
	c := &a.counts
	m := Metrics{Samples: c.samples.Load(), Stored: c.stored.Load(), Duplicates: c.duplicates.Load(), Corrected: c.corrected.Load(),
		Unmapped: c.unmapped.Load(), Busy: c.busy.Load(), Failed: c.failed.Load(), Queue: c.waiting.Load(), Commits: c.commits.Load(),
		CommitSeconds: time.Duration(c.nanoseconds.Load()).Seconds(), Refused: map[string]int64{}}
	for r := range c.refused {
		if n := c.refused[r].Load(); n > 0 {
			m.Refused[reasonWords[r]] = n
		}
	}
	return m
}
