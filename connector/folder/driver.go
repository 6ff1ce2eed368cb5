// Package folder is the door by which files of readings come: folders that are
// watched, whose files are read by a mapping, admitted, and put away with a receipt.
package folder

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"lingtan/connector"
)

// Options say where the door finds what devices name relatively.
type Options struct {
	Inbox    string // folder in which relative addresses lie; empty = addresses must be absolute
	Mappings string // folder in which relative mapping files lie; empty = they must be absolute or inline
}

// Driver watches folders.
type Driver struct {
	o      Options
	counts counts
}

// New makes a driver.
func New(o Options) *Driver { return &Driver{o: o} }

var (
	_ connector.Driver  = (*Driver)(nil)
	_ connector.Reader  = (*Driver)(nil)
	_ connector.Counter = (*Driver)(nil)
)

// Protocol is "file".
func (d *Driver) Protocol() string { return "file" }

// Counts are what was counted since the start: files (imported), repeated, failed,
// skipped (links, folders with a matching name, names too long), samples, and of them
// duplicates, corrected, unmapped, refused; rejects (cells and rows of files), busy.
func (d *Driver) Counts() map[string]int64 { return d.counts.all() }

// Run watches the folders of the list until ctx ends, each in a goroutine of its own.
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
			// One that was wrong may be right now, when another left its folder.
			if x, ok := wanted[key]; !ok || w.dir == "" || !reflect.DeepEqual(x, w.device) {
				stop(key)
			}
		}
		taken := map[string]string{}
		for key, w := range running {
			taken[w.dir] = key
		}
		for _, key := range slices.Sorted(maps.Keys(wanted)) {
			if running[key] == nil {
				running[key] = d.start(ctx, env, wanted[key], taken)
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

// worker watches the folder of one device.
type worker struct {
	device connector.Device
	dir    string // empty: it is configured wrongly and watches nothing
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func (d *Driver) start(ctx context.Context, env connector.Environment, x connector.Device, taken map[string]string) *worker {
	ctx, cancel := context.WithCancel(ctx)
	w := &worker{device: x, cancel: cancel}
	s, err := d.settings(x)
	if other := overlaps(s.dir, taken); err == nil && other != "" {
		err = s.fault("the folder %s, or the one that it lies in, is watched by %s; give each device its own", s.dir, other)
	}
	if err != nil {
		env.Report(connector.Status{Park: x.Park, Device: x.ID, At: env.Now(), Error: err.Error()})
		return w
	}
	w.dir, taken[s.dir] = s.dir, ownName(x)
	w.done.Go(func() {
		e, err := newWatch(s, env, &d.counts)
		for pause := time.Second; err != nil && sleep(ctx, pause); pause = min(2*pause, maxPause) {
			env.Report(connector.Status{Park: x.Park, Device: x.ID, At: env.Now(), Error: err.Error()})
			e, err = newWatch(s, env, &d.counts)
		}
		for err == nil && ctx.Err() == nil {
			e.look(ctx)
			sleep(ctx, s.interval)
		}
	})
	return w
}

// overlaps names the device that watches a folder, or one of which it is the done or failed.
func overlaps(dir string, taken map[string]string) string {
	if by := taken[dir]; by != "" {
		return by
	}
	for other, by := range taken {
		for _, part := range []string{doneFolder, failedFolder} {
			if dir == filepath.Join(other, part) || other == filepath.Join(dir, part) {
				return by
			}
		}
	}
	return ""
}

// readRows is how many values Read shows at most.
const readRows = 1000

// Read shows the first values of the first file that waits in the folder, whether it is
// at rest or not. It moves and stores nothing. connector.ErrUnreachable: no file waits.
func (d *Driver) Read(ctx context.Context, x connector.Device) ([]connector.Sample, error) {
	s, err := d.settings(x)
	if err != nil {
		return nil, err
	}
	spool, err := os.MkdirTemp("", "lingtan-read-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(spool)
	w := &watch{settings: s, spool: spool, now: time.Now, counts: &counts{}, log: slog.New(slog.DiscardHandler)}
	return w.show(ctx)
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

// fault is an error of the device's entry in the list.
func (s settings) fault(format string, args ...any) error {
	return fmt.Errorf("folder: device %s: %w: %s", s.device.ID, connector.ErrConfig, fmt.Sprintf(format, args...))
}
