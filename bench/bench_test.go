package main

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"lingtan/meter"
	"lingtan/park/parkfile"
)

func TestParkIsSound(t *testing.T) {
	points := layPoints(1000, 1)
	doc, faults := parkfile.Parse(document(points).YAML())
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	kinds := map[meter.Kind]int{}
	for _, p := range points {
		kinds[p.kind]++
	}
	if len(doc.Points) != 1000 || kinds[meter.Amount] != 700 || kinds[meter.Counter] != 200 || kinds[meter.MeanPower] != 100 {
		t.Errorf("%d points, kinds %v", len(doc.Points), kinds)
	}
}

// days makes the readings of n points over some days.
func days(t *testing.T, n, count int, seed uint64) *meter.Batch {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	g := newGenerator(layPoints(n, seed), seed, firstDay, zone)
	b := &meter.Batch{}
	for range count * daySlots {
		g.next(b)
	}
	return b
}

func TestReadingsFollowFromTheSeed(t *testing.T) {
	a, b, other := days(t, 100, 30, 1), days(t, 100, 30, 1), days(t, 100, 30, 2)
	if a.Len() != b.Len() {
		t.Fatalf("%d and %d readings", a.Len(), b.Len())
	}
	differ := 0
	for i, v := range a.Value {
		if b.Value[i] != v || b.At[i] != a.At[i] || b.Ref[i] != a.Ref[i] {
			t.Fatalf("reading %d differs", i)
		}
		if i < other.Len() && other.Value[i] != v {
			differ++
		}
		if math.Abs(v*100-math.Round(v*100)) > 1e-4 || v < 0 {
			t.Fatalf("reading %d is %v", i, v)
		}
	}
	if differ < a.Len()/2 {
		t.Errorf("another seed changes %d of %d readings", differ, a.Len())
	}
	if gone := 1 - float64(a.Len())/(100*30*daySlots); gone < 0.001 || gone > 0.006 {
		t.Errorf("%.4f of the readings are missing", gone)
	}
}

func TestQuantiles(t *testing.T) {
	of := func(q, want float64) {
		t.Helper()
		all := make(times, 100)
		for i := range all {
			all[i] = float64(100 - i)
		}
		if got := all.at(q); got != want {
			t.Errorf("quantile %g: %g, want %g", q, got, want)
		}
	}
	of(0.5, 50)
	of(0.95, 95)
	of(0.99, 99)
	of(1, 100)
}

// The park of the dispatch is one that can be planned, of the size that is told.
func TestDispatchPark(t *testing.T) {
	p := dispatchPark(1)
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	assets := len(p.Supplies) + len(p.Renewables) + len(p.Units) + len(p.Storages) + len(p.Charging) + len(p.Loads)
	if committed := len(p.Units) * len(p.Hours); assets != 50 || committed != 2400 {
		t.Errorf("%d assets, %d yes-or-no decisions", assets, committed)
	}
}

// TestStages runs every stage that needs no program and follows the size, on a small park.
func TestStages(t *testing.T) {
	o := options{Points: 50, Days: 3, Rows: 2000, Calls: 10, Seed: 1, Dir: t.TempDir()}
	for _, s := range stages {
		if slices.Contains(withProgram, s.name) || slices.Contains(long, s.name) {
			continue
		}
		r := result{Stage: s.name}
		if err := s.run(context.Background(), o, &r); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		for _, f := range r.Figures {
			if math.IsNaN(f.Value) || f.Value < 0 {
				t.Errorf("%s: %s is %v", s.name, f.What, f.Value)
			}
		}
	}
}
