package gateway

import (
	"sync"
	"time"
)

// exchange is one question for the server's time, with four times as in RFC 5905
// section 8: asked, received, answered, came back. t1 and t4 are of the machine's clock.
type exchange struct{ t1, t2, t3, t4 int64 } // Unix nanoseconds

// offset is how far the server's clock is ahead: θ = ((t2 − t1) + (t3 − t4)) / 2.
func (x exchange) offset() time.Duration {
	return time.Duration(((x.t2 - x.t1) + (x.t3 - x.t4)) / 2)
}

// roundTrip is δ = (t4 − t1) − (t3 − t2).
func (x exchange) roundTrip() time.Duration {
	return time.Duration((x.t4 - x.t1) - (x.t3 - x.t2))
}

const (
	keptExchanges = 8                      // of which the one with the least round trip counts (RFC 5905 section 10)
	stepped       = 250 * time.Millisecond // that the machine's clock leaves its own count when somebody set it
)

// Clock is the machine's clock, compared with the server's. It is corrected while the
// two differ by more than a limit. It may be used from many goroutines.
type Clock struct {
	limit   time.Duration
	wall    func() time.Time
	elapsed func() time.Duration // never goes back and is never set

	mu        sync.Mutex
	kept      []exchange
	corrected bool
	base      time.Duration // wall − elapsed, when the first exchange of kept was made
}

// newClock compares wall; nil is time.Now.
func newClock(limit time.Duration, wall func() time.Time) *Clock {
	begun := time.Now()
	if wall == nil {
		wall = time.Now
	}
	return &Clock{limit: limit, wall: wall, elapsed: func() time.Duration { return time.Since(begun) }}
}

// ask makes an exchange: question gets t1 and gives the server's t2 and t3.
func (c *Clock) ask(question func(t1 int64) (t2, t3 int64, err error)) error {
	t1, from := c.wall(), c.elapsed()
	t2, t3, err := question(t1.UnixNano())
	if err != nil {
		return err
	}
	took := c.elapsed() - from // not of the wall clock, which may be set meanwhile
	x := exchange{t1: t1.UnixNano(), t2: t2, t3: t3, t4: t1.Add(took).UnixNano()}
	if t3 < t2 || x.roundTrip() < 0 {
		return nil // the server's clock was set in between: no measurement
	}
	c.note(x, time.Duration(t1.UnixNano())-from)
	return nil
}

func (c *Clock) note(x exchange, base time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) > 0 && (base-c.base).Abs() > stepped { // somebody set the clock: old exchanges say nothing
		c.kept = nil
	}
	if len(c.kept) == keptExchanges {
		c.kept = c.kept[1:]
	}
	if c.kept = append(c.kept, x); len(c.kept) == 1 {
		c.base = base
	}
	off := c.best().offset().Abs()
	// half the limit to go back, so that a clock near the limit does not come and go
	c.corrected = off > c.limit || c.corrected && off > c.limit/2
}

// best is the exchange of the least round trip: of all it knows the offset best.
func (c *Clock) best() exchange {
	best := c.kept[0]
	for _, x := range c.kept[1:] {
		if x.roundTrip() <= best.roundTrip() {
			best = x
		}
	}
	return best
}

// state is the offset of the server's clock to ours, and whether Now is corrected by it.
func (c *Clock) state() (offset, roundTrip time.Duration, synced, corrected bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) == 0 {
		return 0, 0, false, false
	}
	x := c.best()
	return x.offset(), x.roundTrip(), true, c.corrected
}

// Now is the time: the machine's; or, while that is off by more than the limit, the
// server's, as time went by since it was asked.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.corrected {
		return c.wall()
	}
	return time.Unix(0, int64(c.base+c.elapsed()+c.best().offset()))
}

// trusted is the server's time where it was ever told.
func (c *Clock) trusted() (now time.Time, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) == 0 {
		return time.Time{}, false
	}
	return time.Unix(0, int64(c.base+c.elapsed()+c.best().offset())), true
}
