package iec104

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"lingtan/connector"
)

// quiet is where a question without Run happens.
var quiet = connector.Environment{Report: func(connector.Status) {}, Log: slog.New(slog.DiscardHandler), Now: time.Now}

// station is a controlled station that is served, over all its connections. Its
// fields belong to the goroutine of its session.
type station struct {
	settings
	driver *Driver
	env    connector.Environment
	end    context.CancelFunc
	ended  chan struct{}

	failures int
	samples  int64     // admitted
	newest   time.Time // of them
	latency  time.Duration
	trouble  string    // what is wrong though the connection stands
	reported time.Time // the last status
}

// run connects again and again until ctx ends.
func (st *station) run(ctx context.Context) {
	for ctx.Err() == nil {
		began := time.Now()
		err := st.serve(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > steady {
			st.failures = 0
		}
		st.failures++
		st.report(false, err.Error())
		st.env.Log.Warn("station lost", "protocol", Protocol, "device", st.device.ID, "address", st.address, "error", err)
		if !sleep(ctx, backoff(st.failures, st.driver.first)) {
			return
		}
	}
}

// serve is one connection, from dialling to its end.
func (st *station) serve(ctx context.Context) error {
	conn, err := st.dial(ctx)
	if err != nil {
		return err
	}
	st.trouble = ""
	k := newSession(st, conn)
	st.driver.hold(k)
	defer st.driver.release(k)
	return k.run(ctx)
}

func (st *station) dial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: st.t0}
	conn, err := dialer.DialContext(ctx, "tcp", st.address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; check address, port 2404 and that the station knows ours", connector.ErrUnreachable, err)
	}
	return conn, nil
}

func (st *station) report(ok bool, trouble string) {
	now := st.env.Now()
	s := connector.Status{Park: st.device.Park, Device: st.device.ID, At: now, OK: ok, Error: trouble, Latency: st.latency, Samples: st.samples}
	if !st.newest.IsZero() {
		s.Lag = max(0, now.Sub(st.newest))
	}
	st.reported = time.Now()
	st.env.Report(s)
}

// admitted takes note of samples that the sink took.
func (st *station) admitted(list []connector.Sample) {
	st.samples += int64(len(list))
	for i := range list {
		if list[i].At.After(st.newest) {
			st.newest = list[i].At
		}
	}
	if len(list) > 0 && time.Since(st.reported) > time.Second {
		st.report(true, st.trouble)
	}
}

// unit makes samples of a data unit; what is left out is counted and named in the
// station's status.
func (st *station) unit(u asdu, now time.Time) []connector.Sample {
	switch {
	case !u.known:
		st.driver.count(func(c *tally) { c.Unknown++ })
		st.complain(fmt.Sprintf("sends data units of type %d, which is not read", u.kind))
		return nil
	case !st.owns(u.common):
		st.driver.count(func(c *tally) { c.Stray++ })
		st.complain(fmt.Sprintf("sends values of common address %d, which option ca does not list", u.common))
		return nil
	case u.test:
		st.driver.count(func(c *tally) { c.Test++ })
		return nil
	}
	list := make([]connector.Sample, 0, len(u.objects))
	for i := range u.objects {
		o := &u.objects[i]
		if !st.fit(o) {
			st.complain(fmt.Sprintf("left out for its quality bits (%02X): %s and perhaps others", byte(o.quality), st.name(u.common, o.address)))
			continue
		}
		at := o.at
		if at.IsZero() {
			at = now
		}
		list = append(list, connector.Sample{Device: st.device.ID, Name: st.name(u.common, o.address), At: at, Value: o.value})
	}
	return list
}

func (st *station) owns(common uint16) bool {
	for _, one := range st.common {
		if one == common {
			return true
		}
	}
	return false
}

// name is that of an information object: the common address is said only where the
// device has more than one.
func (st *station) name(common uint16, object uint32) string {
	name := "ioa:" + strconv.FormatUint(uint64(object), 10)
	if len(st.common) > 1 {
		return "ca:" + strconv.Itoa(int(common)) + "/" + name
	}
	return name
}

// fit counts the quality bits of a value and says whether it is admitted.
func (st *station) fit(o *object) bool {
	if o.quality == 0 && !o.unclear {
		return true
	}
	st.driver.count(func(c *tally) {
		for _, one := range []struct {
			bit   quality
			count *int64
		}{
			{invalid, &c.Invalid}, {overflow, &c.Overflow}, {blocked, &c.Blocked}, {substituted, &c.Substituted},
			{notTopical, &c.NotTopical}, {notNumber, &c.NotNumber}, {carried, &c.Carried}, {adjusted, &c.Adjusted},
		} {
			if o.quality&one.bit != 0 {
				*one.count++
			}
		}
		if o.unclear {
			c.Unclear++
		}
	})
	return o.quality&^(st.accept|carried|adjusted) == 0
}

// complain puts a trouble into the status, the first time at once.
func (st *station) complain(trouble string) {
	if st.trouble == "" {
		st.env.Log.Warn("station "+trouble, "protocol", Protocol, "device", st.device.ID, "address", st.address)
		st.trouble = trouble
		st.report(true, trouble)
		return
	}
	st.trouble = trouble
}
