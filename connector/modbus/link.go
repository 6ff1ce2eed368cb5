package modbus

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"lingtan/connector"
)

// link serves the devices of one address.
type link struct {
	driver *Driver
	env    connector.Environment
	log    *slog.Logger
	url    string
	end    context.CancelFunc
	news   chan struct{} // the stations changed
	polled chan batch

	mu       sync.Mutex
	stations []*station
}

// update takes over a changed device list.
func (k *link) update(all []settings) {
	k.mu.Lock()
	defer k.mu.Unlock()
	known := make(map[[2]string]*station, len(k.stations))
	for _, st := range k.stations {
		known[[2]string{st.device.Park, st.device.ID}] = st
	}
	now := k.env.Now()
	stations := make([]*station, len(all))
	for i, s := range all {
		st := known[[2]string{s.device.Park, s.device.ID}]
		if st == nil || !same(st.settings, s) {
			st = &station{settings: s}
			st.due = st.first(now)
		}
		stations[i] = st
	}
	k.stations = stations
	select {
	case k.news <- struct{}{}:
	default:
	}
}

// next is the station that is due first.
func (k *link) next() *station {
	k.mu.Lock()
	defer k.mu.Unlock()
	var first *station
	for _, st := range k.stations {
		if first == nil || st.due.Before(first.due) {
			first = st
		}
	}
	return first
}

// run polls the stations, each when it is due, until ctx ends.
func (k *link) run(ctx context.Context) {
	l := k.driver.join(k.url)
	defer k.driver.leave(l)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		st := k.next()
		timer.Reset(max(0, st.due.Sub(k.env.Now())))
		select {
		case <-ctx.Done():
			return
		case <-k.news:
			continue
		case <-timer.C:
		}
		if l.take(ctx) != nil {
			return
		}
		began := k.env.Now()
		result, err := k.driver.poll(ctx, l, st)
		next := l.next
		l.give()
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			k.failed(st, began, next, err)
			continue
		}
		k.hand(ctx, st, began, result)
	}
}

// failed reports a poll without values and puts the next one off. When the address
// itself does not answer, all its devices wait for it.
func (k *link) failed(st *station, began, next time.Time, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.env.Now()
	sick := []*station{st}
	if errors.Is(err, connector.ErrProtocol) {
		st.plan = nil // another device may stand there now: look again
	}
	if errors.Is(err, errNoLine) {
		sick = k.stations
	} else {
		next = now.Add(max(st.interval, backoff(st.failures+1, max(st.interval, time.Second))))
	}
	for _, one := range sick {
		one.failures++
		one.due = next
		k.env.Report(one.status(now, false, err.Error(), now.Sub(began)))
	}
}

// hand puts the values into the queue to the sink, where it waits when the sink is
// slow: what cannot be stored is not polled either.
func (k *link) hand(ctx context.Context, st *station, began time.Time, r reading) {
	now := k.env.Now()
	samples := st.samples(r.values, began)
	if len(samples) > 0 {
		select {
		case k.polled <- batch{st.device.Park, samples}:
		case <-ctx.Done():
			return
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	st.failures, st.good = 0, began
	st.count += int64(len(samples))
	st.due = st.after(k.env.Now())
	trouble := ""
	switch {
	case r.absent != "":
		trouble = "the device does not have all registers of its profile: " + r.absent
	case r.empty != "":
		trouble = "hold no number now and are left out: " + r.empty
	}
	k.env.Report(st.status(now, r.absent == "", trouble, now.Sub(began)))
}

func (st *station) status(now time.Time, ok bool, trouble string, latency time.Duration) connector.Status {
	s := connector.Status{Park: st.device.Park, Device: st.device.ID, At: now, OK: ok, Error: trouble, Latency: latency, Samples: st.count}
	if !st.good.IsZero() {
		s.Lag = now.Sub(st.good)
	}
	return s
}

// spread is a share of d, up to most, that differs from device to device, so that
// not all are asked at once.
func (st *station) spread(d, most time.Duration) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(st.device.Park + "/" + st.device.ID)) // never fails
	return time.Duration(float64(min(d, most)) * float64(h.Sum32()) / (1 << 32))
}

// first is when a station is polled for the first time.
func (st *station) first(now time.Time) time.Time {
	if st.align {
		return st.after(now)
	}
	return now.Add(st.spread(st.interval, 5*time.Second))
}

// after is when the station is polled next, after a poll that was good: an interval
// after it was due, or at once when that has passed, but in another millisecond, since a
// sample's time has no finer step and two values of one time contradict each other.
// Aligned polls follow the clock.
func (st *station) after(now time.Time) time.Time {
	if st.align {
		return now.Truncate(st.interval).Add(st.interval + st.spread(st.interval/10, 2*time.Second))
	}
	soonest := now.Truncate(time.Millisecond).Add(time.Millisecond)
	if due := st.due.Add(st.interval); due.After(soonest) {
		return due
	}
	return soonest
}
