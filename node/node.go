// Package node is one running Lingtan: the stores of a data directory and what is
// done with them, from a park file and its readings to a closed inventory.
package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"lingtan/factor"
	"lingtan/inventory/evidence"
	"lingtan/park/layout"
	"lingtan/park/parkfile"
	"lingtan/store/record"
	"lingtan/store/series"
	"lingtan/store/stream"
)

// ErrNoPark says that a park is not in the data directory.
var ErrNoPark = errors.New("node: no such park")

// Options say where a node keeps its data and what it may use.
type Options struct {
	Dir      string           // data directory; made when absent
	Database string           // PostgreSQL URL of the records; empty = SQLite in Dir
	Cluster  *stream.Options  // the cluster that this node is one of; nil = one machine. It needs Database
	Memory   int64            // bytes that the series store may use; 0 = 1 GiB
	Workers  int              // settlements at the same time; 0 = one a processor
	Now      func() time.Time // the clock; nil = time.Now
}

// Node is one running Lingtan. Its methods may be called from many goroutines.
type Node struct {
	Series  Series
	Records *record.Store
	Factors *factor.Library
	Dir     string

	member  *member                // nil on one machine
	taking  atomic.Pointer[Ingest] // the way in for samples, once it is open
	workers int
	now     func() time.Time
	mu      sync.Mutex
	layouts map[string]cachedLayout
	traces  map[string]*cachedProfile
	closed  map[string]*evidence.Export
	stated  map[string]*statements // folder → its statements
	changes map[string]uint64      // park → how often anything that its pages show changed

	forecasts forecastModels // what was fitted, for questions and in files
	planning  planning       // of days, under way
	parts     dayParts       // what days add up to, for inventories made again
	keying    sync.Mutex     // one key for one installation
	settling  sync.Mutex     // one settlement at a time: two would give one day two next revisions

	watching atomic.Pointer[Alarms] // the watch over alarms, once it is open
}

type cachedLayout struct {
	number int64
	layout *layout.Layout
}

// Open opens the data directory and loads the factor library with the user's own
// factors. It must be closed.
func Open(ctx context.Context, o Options) (*Node, error) {
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Cluster != nil && o.Database == "" {
		return nil, fmt.Errorf("%w: the nodes share their records in PostgreSQL; give its URL with --database", ErrCluster)
	}
	store, err := series.Open(filepath.Join(o.Dir, "series"), series.Options{Memory: o.Memory, Threads: o.Workers, Now: o.Now})
	if err != nil {
		return nil, err
	}
	place := o.Database
	if place == "" {
		place = filepath.Join(o.Dir, "records.db")
	}
	records, err := record.Open(ctx, place)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	n := &Node{Series: store, Records: records, Dir: o.Dir, workers: max(1, o.Workers), now: o.Now,
		layouts: map[string]cachedLayout{}, traces: map[string]*cachedProfile{}, closed: map[string]*evidence.Export{}, changes: map[string]uint64{}}
	n.forecasts.dir = filepath.Join(o.Dir, "forecast")
	if o.Cluster != nil {
		if err := n.join(ctx, store, *o.Cluster); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	if err := n.loadFactors(ctx); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Node) loadFactors(ctx context.Context) error {
	lib, err := factor.Builtin()
	if err != nil {
		return err
	}
	n.Factors = lib
	return n.addUserFactors(ctx)
}

// Close closes the stores and leaves the cluster.
func (n *Node) Close() error {
	n.endPlanning()
	n.forecasts.close()
	err := n.Series.Close()
	if n.member != nil {
		n.member.cluster.Close()
	}
	return errors.Join(err, n.Records.Close())
}

// Now is the node's clock.
func (n *Node) Now() time.Time { return n.now().UTC() }

// Layout is the compiled newest version of a park.
func (n *Node) Layout(ctx context.Context, park string) (*layout.Layout, error) {
	return n.LayoutAsKnownAt(ctx, park, time.Time{})
}

// LayoutAsKnownAt is the compiled version of a park as known at a recorded time;
// the zero time is now.
func (n *Node) LayoutAsKnownAt(ctx context.Context, park string, at time.Time) (*layout.Layout, error) {
	if at.IsZero() {
		at = n.Now()
	}
	v, err := n.Records.ParkVersionAsKnownAt(ctx, park, at)
	if err != nil {
		return nil, fmt.Errorf("%w: %q (%w); import its park file with lingtan park import FILE", ErrNoPark, park, err)
	}
	n.mu.Lock()
	have, ok := n.layouts[park]
	n.mu.Unlock()
	if ok && have.number == v.Number {
		return have.layout, nil
	}
	doc, faults := parkfile.Parse([]byte(v.YAML))
	if err := faults.Err(); err != nil {
		return nil, fmt.Errorf("park %s version %d: %w", park, v.Number, err)
	}
	l, err := layout.Compile(doc)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if !ok || v.Number > have.number {
		n.layouts[park] = cachedLayout{number: v.Number, layout: l}
	}
	return l, nil
}
