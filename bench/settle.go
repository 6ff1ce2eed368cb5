package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"

	"lingtan/inventory"
	"lingtan/meter"
	"lingtan/node"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/record"
)

const (
	benchPeriod = "2018"
	appendRows  = 1_000_000 // readings of one append
)

var firstDay = period.Date(2018, 1, 1)

func act() record.Act {
	return record.Act{Who: "system", Name: "bench", From: "bench", At: time.Now().UTC()}
}

// profiling writes a CPU profile until the function it returns is called.
func profiling(path string) (func() error, error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}, nil
}

// cpu is the processor time of this process so far, user and system.
func cpu() time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// openPark opens a node in dir with the synthetic park in it.
func openPark(ctx context.Context, o options, dir string) (*node.Node, []point, *layout.Layout, error) {
	n, err := node.Open(ctx, node.Options{Dir: dir, Workers: runtime.NumCPU()})
	if err != nil {
		return nil, nil, nil, err
	}
	points := layPoints(o.Points, o.Seed)
	_, err = n.ImportPark(ctx, act(), document(points).YAML())
	if err != nil {
		return nil, nil, nil, errors.Join(err, n.Close())
	}
	l, err := n.Layout(ctx, benchPark)
	if err != nil {
		return nil, nil, nil, errors.Join(err, n.Close())
	}
	return n, points, l, nil
}

// load makes the park, appends its readings in time order and compacts them.
func load(ctx context.Context, o options, r *result) error {
	if err := os.RemoveAll(o.data()); err != nil {
		return err
	}
	began := time.Now()
	n, points, l, err := openPark(ctx, o, o.data())
	if err != nil {
		return err
	}
	r.add("park of this size, imported from its park file", time.Since(began).Seconds(), "s")
	var took time.Duration
	rows := 0
	g := newGenerator(points, o.Seed, firstDay, l.Zone)
	b := &meter.Batch{Keys: keysOf(points)}
	for slot := range o.Days * daySlots {
		g.next(b)
		if b.Len() < appendRows && slot+1 < o.Days*daySlots {
			continue
		}
		began := time.Now()
		if _, err := n.Series.Append(ctx, benchPark, b); err != nil {
			return err
		}
		took += time.Since(began)
		rows += b.Len()
		b.Reset()
	}
	r.add("readings", float64(rows), "")
	r.add("append, batches of a million", float64(rows)/took.Seconds(), "readings/s")
	began = time.Now()
	if err := n.Series.CompactAll(ctx, nil); err != nil {
		return err
	}
	r.add("compaction into month files", float64(rows)/time.Since(began).Seconds(), "readings/s")
	stats, err := n.Series.Stats(ctx)
	if err != nil {
		return err
	}
	if stats.Hot != 0 {
		return fmt.Errorf("%d readings are still in the hot table", stats.Hot)
	}
	r.limit("month files after compaction", stats.BytesPerReading, "bytes/reading", 4, false)
	return n.Close()
}

// settle settles and accounts the year: from the month files to the closed inventory.
func settle(ctx context.Context, o options, r *result) error {
	n, err := node.Open(ctx, node.Options{Dir: o.data(), Workers: runtime.NumCPU()})
	if err != nil {
		return err
	}
	before, err := n.Series.Stats(ctx)
	if err != nil {
		return err
	}
	began, used := time.Now(), cpu()
	got, err := n.Settle(ctx, benchPark, node.SettleOptions{All: true})
	if err != nil {
		return err
	}
	settled, settledCPU := time.Since(began), cpu()-used
	x, err := n.Shut(ctx, act(), benchPark, benchPeriod)
	if err != nil {
		return err
	}
	all, allCPU := time.Since(began), cpu()-used
	readings := float64(before.Readings)
	r.limit("settle and account, store to closed inventory", readings/all.Seconds(), "readings/s", 2e6, true)
	r.add("of it settling", settled.Seconds(), "s")
	r.add("of it closing the inventory", (all - settled).Seconds(), "s")
	r.add("processor time of settling", settledCPU.Seconds(), "s")
	r.add("processor time of closing", (allCPU - settledCPU).Seconds(), "s")
	r.add("the same by processor time on two cores", 2*readings/allCPU.Seconds(), "readings/s")
	r.limit("largest resident memory of the process", residentPeak(), "MiB", 2048, false)
	r.add("days settled", float64(got.Days), "")
	r.add("findings", float64(got.Findings), "")
	r.add("entries", float64(len(x.Inventory.Entries)), "")
	r.add("measured share of the days' intervals", 100*measuredShare(x.Inventory.Registers), "%")
	if err := n.Close(); err != nil {
		return err
	}
	size, err := sizeOf(filepath.Join(o.data(), "series"))
	r.add("series store on disk with usage and findings", size/readings, "bytes/reading")
	return err
}

// residentPeak is the largest resident set of this process, MiB.
func residentPeak() float64 {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return float64(use.Maxrss) / 1024
}

func sizeOf(dir string) (float64, error) {
	var sum float64
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += float64(info.Size())
		}
		return err
	})
	return sum, err
}

// measuredShare is the share of the settled energy that was measured.
func measuredShare(rows []inventory.RegisterRecord) float64 {
	var measured, all float64
	for _, r := range rows {
		measured += r.Totals.Measured
		all += r.Totals.Total()
	}
	return measured / all
}
