package gateway

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// rig is a machine whose clock is off, and a server; the way to and fro takes time.
type rig struct {
	clock   *Clock
	elapsed time.Duration
	set     time.Duration // how far the machine's clock is ahead of the truth
}

func newRig(limit, ahead time.Duration) *rig {
	r := &rig{set: ahead}
	r.clock = newClock(limit, func() time.Time { return r.truth().Add(r.set) })
	r.clock.elapsed = func() time.Duration { return r.elapsed }
	return r
}

func (r *rig) truth() time.Time { return noon.Add(r.elapsed) }

// ask takes there to the server and back again.
func (r *rig) ask(t *testing.T, there, back time.Duration) {
	t.Helper()
	err := r.clock.ask(func(int64) (t2, t3 int64, err error) {
		r.elapsed += there
		t2 = r.truth().UnixNano()
		r.elapsed += time.Millisecond
		t3 = r.truth().UnixNano()
		r.elapsed += back
		return t2, t3, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The offset is wrong by half of the least round trip at most, whichever way was slow.
func TestOffset(t *testing.T) {
	check := func(ahead time.Duration) {
		t.Helper()
		r := newRig(time.Second, ahead)
		random := rand.New(rand.NewPCG(1, 1))
		least := time.Hour
		for range 20 {
			there, back := time.Duration(random.IntN(400))*time.Millisecond, time.Duration(random.IntN(400))*time.Millisecond
			r.ask(t, there, back)
			r.elapsed += 10 * time.Second
			least = min(least, there+back)
		}
		offset, trip, synced, corrected := r.clock.state()
		if !synced || trip < least || (offset+ahead).Abs() > trip/2 {
			t.Errorf("%s ahead: offset %s, round trip %s", ahead, offset, trip)
		}
		off := r.clock.Now().Sub(r.truth()).Abs()
		if want := ahead.Abs() > time.Second; corrected != want || want && off > trip/2 || !want && off != ahead.Abs() {
			t.Errorf("%s ahead: corrected %v, off by %s", ahead, corrected, off)
		}
	}
	check(0)
	check(300 * time.Millisecond)
	check(5 * time.Second)
	check(-5 * time.Second)
	check(365 * 24 * time.Hour)
	check(-365 * 24 * time.Hour)
}

// The exchange with the least round trip counts, not the newest.
func TestLeastRoundTrip(t *testing.T) {
	r := newRig(time.Second, -5*time.Second)
	r.ask(t, 2*time.Millisecond, 2*time.Millisecond)
	r.ask(t, 900*time.Millisecond, 0)
	if offset, trip, _, _ := r.clock.state(); offset != 5*time.Second || trip != 4*time.Millisecond {
		t.Error(offset, trip)
	}
}

// When somebody sets the machine's clock, what was measured before is forgotten, and the
// corrected time does not jump.
func TestClockIsSet(t *testing.T) {
	r := newRig(time.Second, time.Hour)
	r.ask(t, 0, 0)
	r.set = 0
	if off := r.clock.Now().Sub(r.truth()).Abs(); off > time.Millisecond {
		t.Errorf("the corrected time jumped by %s", off)
	}
	r.ask(t, 30*time.Millisecond, 0)
	if offset, _, _, corrected := r.clock.state(); corrected || offset.Abs() > 15*time.Millisecond {
		t.Error(offset, corrected)
	}
}

func TestNoMeasurement(t *testing.T) {
	r := newRig(time.Second, 0)
	fault := errors.New("no answer")
	if err := r.clock.ask(func(int64) (int64, int64, error) { return 0, 0, fault }); !errors.Is(err, fault) {
		t.Error(err)
	}
	if err := r.clock.ask(func(t1 int64) (int64, int64, error) { return t1 + 10, t1, nil }); err != nil {
		t.Error(err)
	}
	if _, _, synced, corrected := r.clock.state(); synced || corrected || !r.clock.Now().Equal(r.truth()) {
		t.Error("a clock that was never compared is not synced")
	}
}
