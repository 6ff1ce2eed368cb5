// Package pull is the door by which Lingtan fetches published figures on a schedule:
// prices, weather and the carbon intensity of a grid, as JSON or CSV by HTTP.
package pull

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"sync"
	"time"

	"lingtan/connector"
)

// Options say where the door finds what lists do not hold.
type Options struct {
	Secrets string // folder of the files that headers_file and secret_file name; empty = none may be named
}

// Driver fetches what devices name.
type Driver struct {
	secrets string
	public  *http.Client // refuses addresses that are not public
	private *http.Client
	counts  counts
	fetches chan struct{} // places for answers under way
	parsing sync.Mutex    // one answer at a time is taken apart, for the memory it takes
}

// New makes a driver.
func New(o Options) *Driver {
	return &Driver{secrets: o.Secrets, public: newClient(publicOnly), private: newClient(nil), fetches: make(chan struct{}, 8)}
}

var (
	_ connector.Driver  = (*Driver)(nil)
	_ connector.Reader  = (*Driver)(nil)
	_ connector.Counter = (*Driver)(nil)
)

// Protocol is "pull".
func (d *Driver) Protocol() string { return "pull" }

// Counts are what was counted since the start: answers, unchanged (304), failures,
// throttled (429), redirects; samples, and of them duplicates, corrected, unmapped,
// refused; values left out: gaps, no_number, no_time, twice, future_skipped, hold_full;
// held, busy.
func (d *Driver) Counts() map[string]int64 { return d.counts.all() }

// Run fetches for the devices of the list until ctx ends, each in a goroutine of its own.
func (d *Driver) Run(ctx context.Context, env connector.Environment) error {
	running := map[string]*worker{}
	stop := func(key string) {
		running[key].cancel()
		running[key].done.Wait()
		delete(running, key)
	}
	for {
		changed := env.Devices.Changed()
		wanted := map[string]connector.Device{}
		for _, x := range env.Devices.List(d.Protocol()) {
			wanted[ownName(x)] = x
		}
		for key, w := range running {
			if x, ok := wanted[key]; !ok || !reflect.DeepEqual(x, w.device) {
				stop(key)
			}
		}
		for key, x := range wanted {
			if running[key] == nil {
				running[key] = d.start(ctx, env, x)
			}
		}
		select {
		case <-ctx.Done():
			for key := range running {
				stop(key)
			}
			return nil
		case <-changed:
		}
	}
}

// worker fetches for one device.
type worker struct {
	device connector.Device
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func (d *Driver) start(ctx context.Context, env connector.Environment, x connector.Device) *worker {
	ctx, cancel := context.WithCancel(ctx)
	w := &worker{device: x, cancel: cancel}
	s, err := d.settings(x)
	if err != nil {
		env.Report(connector.Status{Park: x.Park, Device: x.ID, At: env.Now(), Error: err.Error()})
		return w
	}
	w.done.Go(func() {
		p, err := d.newPoll(s, env)
		for pause := time.Second; err != nil && sleep(ctx, pause); pause = min(2*pause, maxPause) {
			env.Report(connector.Status{Park: x.Park, Device: x.ID, At: env.Now(), Error: err.Error()})
			p, err = d.newPoll(s, env)
		}
		for err == nil && ctx.Err() == nil {
			sleep(ctx, p.turn(ctx))
		}
	})
	return w
}

// Read fetches once, without conditions, and gives all values of the answer, those of the
// future too. It stores nothing. Values that could be read are given also with an error.
func (d *Driver) Read(ctx context.Context, x connector.Device) ([]connector.Sample, error) {
	s, err := d.settings(x)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	a, err := d.get(ctx, s, now, tags{})
	if err != nil {
		return nil, err
	}
	list, left, err := d.read(s, a.body, now)
	if err == nil && left.first != nil {
		err = fmt.Errorf("pull: device %s: %d values left out, the first: %w", x.ID, left.count, left.first)
	}
	return list, err
}

// ownName is what the door keeps of a device goes by; no id has a "~".
func ownName(x connector.Device) string { return x.Park + "~" + x.ID }

// sleep waits and says whether ctx still runs.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return ctx.Err() == nil
	}
}

// counts are numbers by what is counted.
type counts struct {
	mu sync.Mutex
	n  map[string]int64
}

func (c *counts) add(what string, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int64{}
	}
	c.n[what] += n
}

func (c *counts) all() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.n)
}
