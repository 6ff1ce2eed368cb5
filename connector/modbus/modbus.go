// Package modbus reads meters and plant over Modbus TCP and Modbus RTU over TCP, many
// values in one request and thousands of devices in one process, and sets values.
//
// One goroutine serves one address: devices behind a gateway are asked one after the
// other, as their serial line is, and devices of different addresses do not wait for
// each other. A Modbus device keeps nothing and is acknowledged nothing: what can be
// lost is the polls of the time in which Lingtan did not run or the device did not
// answer. Counters carry the amount over such a gap.
package modbus

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"lingtan/connector"
	"lingtan/connector/profile"
)

// Protocol is the word of the device list.
const Protocol = "modbus"

// Driver speaks Modbus with all devices of the lists. It is a connector.Driver,
// Reader, Detector and Writer; reading and writing by hand take turns with the polls
// of the same address. Make it with New.
type Driver struct {
	profiles *profile.Library
	skipped  atomic.Int64
	log      atomic.Pointer[log.Logger] // of the Modbus library

	mu    sync.Mutex
	lines map[string]*line // by URL, as long as someone uses them
}

// New is a driver that looks profiles up in a library.
func New(profiles *profile.Library) *Driver {
	d := &Driver{profiles: profiles, lines: make(map[string]*line)}
	d.log.Store(log.New(io.Discard, "", 0))
	return d
}

// Protocol is "modbus".
func (d *Driver) Protocol() string { return Protocol }

// Counts are sums since the driver was made: not_available counts values that were
// read and held no number (not-a-number, or the profile's pattern for "not available").
// They are left out: a gap, never a zero.
func (d *Driver) Counts() map[string]int64 {
	return map[string]int64{"not_available": d.skipped.Load()}
}

// Run polls the devices until ctx ends. It never fails: a device that is configured
// wrongly or does not answer is reported and does not hold up others.
func (d *Driver) Run(ctx context.Context, env connector.Environment) error {
	if env.Now == nil {
		env.Now = time.Now
	}
	d.log.Store(slog.NewLogLogger(env.Log.Handler(), slog.LevelDebug))
	r := &running{driver: d, env: env, links: make(map[string]*link)}
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

// running is one Run: the links that serve the addresses of the device list.
type running struct {
	driver *Driver
	env    connector.Environment
	links  map[string]*link // by URL
	work   sync.WaitGroup
}

func (r *running) stop() {
	for _, k := range r.links {
		k.end()
	}
	r.work.Wait()
}

// follow makes the links fit the device list. A device that did not change keeps its
// schedule and what was learnt about it.
func (r *running) follow(ctx context.Context, list []connector.Device) {
	wanted := make(map[string][]settings)
	for _, dev := range list {
		s, err := r.driver.settings(dev)
		if err != nil {
			r.env.Report(connector.Status{Park: dev.Park, Device: dev.ID, At: r.env.Now(), Error: err.Error()})
			continue
		}
		wanted[s.url] = append(wanted[s.url], s)
	}
	for url, k := range r.links {
		if wanted[url] == nil {
			k.end()
			delete(r.links, url)
		}
	}
	for url, all := range wanted {
		if k := r.links[url]; k != nil {
			k.update(all)
			continue
		}
		r.links[url] = r.start(ctx, url, all)
	}
}

// start begins to serve an address.
func (r *running) start(ctx context.Context, url string, all []settings) *link {
	ctx, end := context.WithCancel(ctx)
	k := &link{
		driver: r.driver, env: r.env, url: url, end: end,
		log:    r.env.Log.With("protocol", Protocol, "address", url),
		news:   make(chan struct{}, 1),
		polled: make(chan batch, queued),
	}
	k.update(all)
	r.work.Go(func() { k.run(ctx) })
	r.work.Go(func() { k.deliver(ctx) })
	return k
}

// Read reads a device once. Values that hold no number now are left out. Errors wrap
// connector.ErrConfig, ErrUnreachable or ErrProtocol; with an error for some values
// the others are returned too.
func (d *Driver) Read(ctx context.Context, dev connector.Device) ([]connector.Sample, error) {
	s, err := d.settings(dev)
	if err != nil {
		return nil, err
	}
	l, free, err := d.hold(ctx, s.url)
	if err != nil {
		return nil, err
	}
	defer free()
	l.next = time.Time{} // a person asks: do not wait for the back-off
	now := time.Now()
	st := &station{settings: s}
	result, err := d.poll(ctx, l, st)
	if err != nil {
		return nil, fmt.Errorf("device %s at %s unit %d: %w", dev.ID, s.url, s.unit, err)
	}
	samples := st.samples(result.values, now)
	if result.absent != "" {
		return samples, fmt.Errorf("%w: device %s does not have all registers of profile %s: %s", connector.ErrProtocol, dev.ID, s.profile.ID, result.absent)
	}
	return samples, nil
}

// same says whether two settings lead to the same polls.
func same(a, b settings) bool {
	return a.profile == b.profile && reflect.DeepEqual(a.device, b.device)
}
