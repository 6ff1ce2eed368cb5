// Package opcua reads control systems, substations and machines over OPC UA as their
// client: values that the server sends by subscription, or polls, and sets values.
//
// A server keeps a notification until it is acknowledged. Lingtan acknowledges one only
// when the sink has taken its values; while the sink does not, the server queues.
package opcua

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
const Protocol = "opcua"

const (
	longestWait = 5 * time.Minute // between two tries at a server that fails
	steady      = time.Minute     // a connection that held so long was good
	mostServers = 1000
)

// Driver speaks OPC UA with all servers of the device lists, one session a server and
// sign-in. It is a connector.Driver, Reader, Detector, Writer and Counter. Make it
// with New.
type Driver struct {
	first    time.Duration // to wait after the first failure
	lifetime time.Duration // of a key, as asked for
	trust    trust

	mu     sync.Mutex
	counts map[string]int64
	live   map[account]*link // of Run
}

// New is a driver without devices.
func New() *Driver {
	return &Driver{first: time.Second, lifetime: keyLifetime, trust: trust{servers: make(map[string][]byte)},
		counts: make(map[string]int64), live: make(map[account]*link)}
}

// Protocol is "opcua".
func (d *Driver) Protocol() string { return Protocol }

// Counts are what was done and left out so far, over all servers: samples,
// values_bad, values_uncertain, values_not_numeric, values_overflowed (times that a
// queue at the server was full), time_unclear, notifications_lost,
// notifications_repeated, connections, connections_lost, reads, writes.
func (d *Driver) Counts() map[string]int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make(map[string]int64, len(d.counts))
	for name, n := range d.counts {
		all[name] = n
	}
	return all
}

func (d *Driver) count(name string, n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[name] += n
}

// Run serves the servers until ctx ends. It never fails: a server that is configured
// wrongly or does not answer is reported and does not hold up others.
func (d *Driver) Run(ctx context.Context, env connector.Environment) error {
	if env.Now == nil {
		env.Now = time.Now
	}
	d.trust.settle(env.Dir)
	r := &running{driver: d, env: env, servers: make(map[account]*server)}
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

// running is one Run: its servers by sign-in.
type running struct {
	driver  *Driver
	env     connector.Environment
	servers map[account]*server
	work    sync.WaitGroup
}

func (r *running) stop() {
	for _, s := range r.servers {
		s.end()
	}
	r.work.Wait()
}

// follow makes the servers and their devices fit the device list. What did not change
// keeps its connection and its subscription.
func (r *running) follow(ctx context.Context, list []connector.Device) {
	wanted := make(map[account]map[[2]string]settings)
	for _, dev := range list {
		s, err := understand(dev)
		if err == nil && wanted[s.account] == nil && len(wanted) >= mostServers {
			err = fmt.Errorf("%w: device %s: more than %d servers", connector.ErrConfig, dev.ID, mostServers)
		}
		if err != nil {
			r.env.Report(connector.Status{Park: dev.Park, Device: dev.ID, At: r.env.Now(), Error: err.Error()})
			continue
		}
		if wanted[s.account] == nil {
			wanted[s.account] = make(map[[2]string]settings)
		}
		wanted[s.account][[2]string{dev.Park, dev.ID}] = s
	}
	for a, s := range r.servers {
		if wanted[a] == nil {
			s.end()
			delete(r.servers, a)
		}
	}
	for a, devices := range wanted {
		s := r.servers[a]
		if s == nil {
			s = &server{account: a, driver: r.driver, env: r.env, changed: make(chan struct{})}
			r.servers[a] = s
			var inner context.Context
			inner, s.end = context.WithCancel(ctx)
			s.want(devices)
			r.work.Go(func() { s.run(inner) })
			continue
		}
		s.want(devices)
	}
}

// server is an OPC UA server that is served with one sign-in, over all its
// connections.
type server struct {
	account account
	driver  *Driver
	env     connector.Environment
	end     context.CancelFunc

	mu      sync.Mutex
	devices map[[2]string]*device
	changed chan struct{}
}

// want sets the devices. One that did not change stays as it is.
func (s *server) want(list map[[2]string]settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	devices := make(map[[2]string]*device, len(list))
	for key, set := range list {
		if old := s.devices[key]; old != nil && reflect.DeepEqual(old.settings.device, set.device) {
			devices[key] = old
			continue
		}
		devices[key] = &device{settings: set, driver: s.driver, env: s.env, again: make(chan struct{}, 1), turn: make(chan struct{}, 1)}
	}
	s.devices = devices
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *server) list() (map[[2]string]*device, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.devices, s.changed
}

// run connects again and again until ctx ends.
func (s *server) run(ctx context.Context) {
	for failures := 1; ctx.Err() == nil; failures++ {
		began := time.Now()
		err := s.serve(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > steady {
			failures = 1
		}
		s.driver.count("connections_lost", 1)
		s.env.Log.Warn("server lost", "protocol", Protocol, "address", s.account.address, "error", err)
		devices, _ := s.list()
		for _, dev := range devices {
			dev.fail(err)
		}
		if !sleep(ctx, backoff(failures, s.driver.first)) {
			return
		}
	}
}

// serve is one connection, from dialling to its end.
func (s *server) serve(ctx context.Context) error {
	began := time.Now()
	l, err := enter(ctx, s.account, &s.driver.trust, s.driver.lifetime)
	if err != nil {
		return fmt.Errorf("%s: %w", s.account.address, err)
	}
	s.driver.count("connections", 1)
	s.driver.hold(s.account, l)
	defer s.driver.release(s.account, l)
	v := &visit{server: s, link: l, subs: make(map[uint32]*device), lost: make(chan error, 1)}
	v.latency.Store(int64(time.Since(began)))
	err = v.run(ctx)
	if ctx.Err() != nil {
		l.leave()
		return nil
	}
	l.hangUp()
	return fmt.Errorf("%s: %w", s.account.address, err)
}

func (d *Driver) hold(a account, l *link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live[a] = l
}

func (d *Driver) release(a account, l *link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.live[a] == l {
		delete(d.live, a)
	}
}

// borrow is a session with a server: the one that Run holds, or one made for the
// purpose. done must be called.
func (d *Driver) borrow(ctx context.Context, a account) (l *link, done func(), err error) {
	d.mu.Lock()
	l = d.live[a]
	d.mu.Unlock()
	if l != nil && l.channel.fault() == nil {
		return l, func() {}, nil
	}
	if l, err = enter(ctx, a, &d.trust, d.lifetime); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", a.address, err)
	}
	return l, l.leave, nil
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

// kind wraps what the library says, so that callers can tell errors apart.
func kind(err error) error {
	for _, known := range []error{nil, connector.ErrConfig, connector.ErrUnreachable, connector.ErrProtocol, connector.ErrRefused, connector.ErrBusy, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", connector.ErrRefused, err)
}
