// Package iec104 reads substations, grid connection points and plant controls over
// IEC 60870-5-104 (DL/T 634.5104) as their controlling station: interrogations, values
// that the station sends by itself, and integrated totals.
//
// A controlled station keeps what it sent until the frames are acknowledged. Lingtan
// acknowledges a frame, by an S frame or with an interrogation of its own, only when
// the sink has taken the values of it and of all frames before it.
package iec104

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"time"

	"lingtan/connector"
)

// Protocol is the word of the device list.
const Protocol = "iec104"

const (
	longestWait = 5 * time.Minute // between two tries at a station that fails
	steady      = time.Minute     // a connection that held so long was good
)

// tally is what was left out or was remarkable since the driver was made.
type tally struct {
	Invalid     int64 // IV: not admitted
	Overflow    int64 // OV: beyond the range of its element; not admitted unless option accept says so
	Blocked     int64 // BL: the same
	Substituted int64 // SB: entered by hand or by a program; the same
	NotTopical  int64 // NT: not updated in time; the same
	NotNumber   int64 // a short float that is no number: not admitted
	Test        int64 // of data units sent for test: not admitted
	Unclear     int64 // values with an invalid time tag: admitted with the time they came
	Carried     int64 // CY of integrated totals: admitted
	Adjusted    int64 // CA of integrated totals: admitted
	Unknown     int64 // data units of a type that is not read
	Stray       int64 // data units of a common address that is not of the device
	Malformed   int64 // data units whose length does not fit their type
}

// Driver speaks IEC 60870-5-104 with all stations of the device lists, one connection
// a station. It is a connector.Driver and Reader. Make it with New.
type Driver struct {
	first time.Duration // to wait after the first failure

	mu     sync.Mutex
	counts tally
	live   map[string]*session // of Run, by address
}

// New is a driver without devices.
func New() *Driver { return &Driver{first: time.Second, live: make(map[string]*session)} }

// Protocol is "iec104".
func (d *Driver) Protocol() string { return Protocol }

// Counts is what was left out or was remarkable so far, over all stations: quality bits
// of values (invalid, overflow, blocked, substituted, not_topical, not_number, carried,
// adjusted, unclear for a time tag), and data units that were test, unknown (of a type
// that is not read), stray (of another common address) or malformed.
func (d *Driver) Counts() map[string]int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.counts
	return map[string]int64{
		"invalid": c.Invalid, "overflow": c.Overflow, "blocked": c.Blocked, "substituted": c.Substituted, "not_topical": c.NotTopical,
		"not_number": c.NotNumber, "test": c.Test, "unclear": c.Unclear, "carried": c.Carried, "adjusted": c.Adjusted,
		"unknown": c.Unknown, "stray": c.Stray, "malformed": c.Malformed,
	}
}

// Run serves the stations until ctx ends. It never fails: a station that is
// configured wrongly or does not answer is reported and does not hold up others.
func (d *Driver) Run(ctx context.Context, env connector.Environment) error {
	if env.Now == nil {
		env.Now = time.Now
	}
	r := &running{driver: d, env: env, stations: make(map[[2]string]*station)}
	defer r.stop()
	for {
		changed := env.Devices.Changed() // asked before the list, so that no change is missed
		r.follow(ctx, env.Devices.List(Protocol))
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}

// running is one Run: its stations by park and device.
type running struct {
	driver   *Driver
	env      connector.Environment
	stations map[[2]string]*station
	work     sync.WaitGroup
}

func (r *running) stop() {
	for _, st := range r.stations {
		st.end()
	}
	r.work.Wait()
}

// follow makes the stations fit the device list. One that did not change keeps its
// connection.
func (r *running) follow(ctx context.Context, list []connector.Device) {
	wanted, taken := make(map[[2]string]settings), make(map[string]string)
	for _, dev := range list {
		s, err := understand(dev)
		if other, twice := taken[s.address]; err == nil && twice {
			err = fmt.Errorf("%w: device %s: %s is the address of device %s; a station serves one connection: list its common addresses in option ca of one device", connector.ErrConfig, dev.ID, s.address, other)
		}
		if err != nil {
			r.env.Report(connector.Status{Park: dev.Park, Device: dev.ID, At: r.env.Now(), Error: err.Error()})
			continue
		}
		taken[s.address] = dev.ID
		wanted[[2]string{dev.Park, dev.ID}] = s
	}
	var leaving []*station
	for key, st := range r.stations {
		if s, ok := wanted[key]; !ok || !reflect.DeepEqual(s.device, st.device) {
			st.end()
			leaving = append(leaving, st)
			delete(r.stations, key)
		}
	}
	for _, st := range leaving {
		<-st.ended // before another takes over its address
	}
	for key, s := range wanted {
		if r.stations[key] == nil {
			r.stations[key] = r.start(ctx, s)
		}
	}
}

func (r *running) start(ctx context.Context, s settings) *station {
	ctx, end := context.WithCancel(ctx)
	st := &station{settings: s, driver: r.driver, env: r.env, end: end, ended: make(chan struct{})}
	r.work.Go(func() {
		defer close(st.ended)
		st.run(ctx)
	})
	return st
}

// Read interrogates a station once, counters too where option counters is set, and
// returns what it sent until it was done, or for twice t1 at most. A connection that
// Run holds is shared. Otherwise a connection is made for the purpose; it
// acknowledges the answers to the interrogation but never a spontaneous value, which
// the station therefore keeps. Errors wrap connector.ErrConfig, ErrUnreachable or
// ErrProtocol; what came before an error is returned too.
func (d *Driver) Read(ctx context.Context, dev connector.Device) ([]connector.Sample, error) {
	s, err := understand(dev)
	if err != nil {
		return nil, err
	}
	q := &question{done: make(chan struct{})}
	limit, cancel := context.WithTimeout(ctx, 2*s.t1)
	defer cancel()
	if held := d.held(s); held != nil {
		err = held.put(limit, q)
	} else {
		err = d.ask(limit, s, q)
	}
	samples := q.taken()
	if err == nil || ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) && len(samples) > 0 {
		return samples, nil // a station need not say when it is done with counters
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: no answer to the interrogation; check option ca: %w", connector.ErrUnreachable, err)
	}
	return samples, fmt.Errorf("device %s at %s: %w", dev.ID, s.address, err)
}

// ask makes a connection for one question.
func (d *Driver) ask(ctx context.Context, s settings, q *question) error {
	inner, end := context.WithCancel(ctx)
	defer end()
	st := &station{settings: s, driver: d, env: quiet}
	conn, err := st.dial(inner)
	if err != nil {
		return err
	}
	k := newSession(st, conn)
	k.peek, k.questions = true, []*question{q}
	result := make(chan error, 1)
	go func() { result <- k.run(inner) }()
	select {
	case <-q.done:
	case err = <-result:
		result <- err
	}
	end()
	err = <-result
	switch {
	case q.err == nil:
		return nil
	case err == nil:
		return ctx.Err()
	}
	return err
}

// held is the session of Run with the same station, if there is one.
func (d *Driver) held(s settings) *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := d.live[s.address]
	if k == nil || !reflect.DeepEqual(k.st.device.Options, s.device.Options) || k.st.device.ID != s.device.ID {
		return nil
	}
	return k
}

func (d *Driver) hold(k *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live[k.st.address] = k
}

func (d *Driver) release(k *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.live[k.st.address] == k {
		delete(d.live, k.st.address)
	}
}

// count changes the counts.
func (d *Driver) count(change func(*tally)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.counts)
}

// backoff is how long to wait after failures in a row: the first wait doubled each
// time, at most longestWait, give or take a fifth, so that what failed together is
// not tried again together.
func backoff(failures int, first time.Duration) time.Duration {
	d := min(first, longestWait)
	for n := 1; n < failures && d < longestWait; n++ {
		d = min(2*d, longestWait)
	}
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
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
