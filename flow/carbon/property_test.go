package carbon

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// drawNetwork draws a network of electricity, heat and gas nodes with circles, storages
// and converters between them.
func drawNetwork(r *rapid.T) Network {
	n := Network{Footprints: []string{"location", "market"}, Loss: rapid.SampledFrom([]string{LossReceiver, LossApart}).Draw(r, "loss"),
		Deficit: rapid.SampledFrom([]string{DeficitMixture, DeficitUnexplained}).Draw(r, "deficit")}
	if rapid.Bool().Draw(r, "split") {
		n.Split = "market"
	}
	carriers := []string{"electricity", "heat", "gas"}
	count := rapid.IntRange(1, 9).Draw(r, "nodes")
	for i := range count {
		n.Nodes = append(n.Nodes, Node{ID: fmt.Sprint("n", i), Carrier: carriers[i%3], Owner: fmt.Sprint("o", i%2)})
		n.Uses = append(n.Uses, Use{ID: fmt.Sprint("u", i), Node: i, Owner: fmt.Sprint("o", i%3), Export: i%4 == 3})
	}
	node := func(what string) int { return rapid.IntRange(0, count-1).Draw(r, what) }
	for i := range rapid.IntRange(0, 14).Draw(r, "edges") {
		from, to := node("from"), node("to")
		if from != to && n.Nodes[from].Carrier == n.Nodes[to].Carrier {
			n.Edges = append(n.Edges, Edge{ID: fmt.Sprint("e", i), From: from, To: to, TwoWay: rapid.Bool().Draw(r, "two way")})
		}
	}
	for i := range rapid.IntRange(0, 3).Draw(r, "sources") {
		n.Sources = append(n.Sources, Source{ID: fmt.Sprint("s", i), Node: node("at")})
	}
	for i := range rapid.IntRange(0, 2).Draw(r, "storages") {
		s := Storage{ID: fmt.Sprint("st", i), Node: node("at"), Held: rapid.SampledFrom([]float64{0, 50}).Draw(r, "held"),
			ChargeEfficiency: rapid.SampledFrom([]float64{0, 0.9}).Draw(r, "in"), DischargeEfficiency: rapid.SampledFrom([]float64{0, 0.8}).Draw(r, "out"),
			Standing: rapid.SampledFrom([]float64{0, 0.01}).Draw(r, "standing")}
		if rapid.Bool().Draw(r, "known") {
			s.Carbon = []float64{0.5, 0.25}
		}
		n.Storages = append(n.Storages, s)
	}
	for i := range rapid.IntRange(0, 3).Draw(r, "converters") {
		c := Converter{ID: fmt.Sprint("c", i), Allocation: rapid.SampledFrom([]string{AllocateEnergy, AllocateExergy, AllocateRatio, AllocateEfficiency}).Draw(r, "allocation"), Ambient: 20}
		c.Inputs = []Port{{Node: node("in"), Direct: rapid.SampledFrom([][]float64{nil, {0.2, 0.2}}).Draw(r, "direct")}}
		c.Outputs = []Port{{Node: node("out"), Weight: 0.4, Supply: math.NaN(), Return: math.NaN()}, {Node: node("out"), Weight: 0.6, Supply: 90, Return: 60}}
		n.Converters = append(n.Converters, c)
	}
	return n
}

// drawFlows draws amounts without heed of balance, with the odd broken one among them
// when broken is set.
func drawFlows(r *rapid.T, n Network, broken bool) *Flows {
	plain := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0.001, 100))
	odd := rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), -5, 1e-300, 1e300, -1e300, 1e15, 1e-29, math.Copysign(0, -1)})
	value := func() float64 {
		if broken && rapid.IntRange(0, 3).Draw(r, "odd") == 0 {
			return odd.Draw(r, "value")
		}
		return plain.Draw(r, "value")
	}
	f := NewFlows(&n)
	for i, e := range n.Edges {
		f.Sent[i] = value()
		f.Received[i] = f.Sent[i] * rapid.SampledFrom([]float64{1, 1, 0.95}).Draw(r, "line")
		if broken && rapid.Bool().Draw(r, "ends") {
			f.Received[i] = value()
		}
		if e.TwoWay && rapid.Bool().Draw(r, "back") {
			f.Sent[i], f.Received[i] = -f.Received[i], -f.Sent[i]
		}
	}
	for i := range n.Sources {
		f.Source[i] = value()
		f.Factor[i] = []float64{value() / 100, value() / 100}
	}
	for _, list := range [][]float64{f.Use, f.Charge, f.Discharge} {
		for i := range list {
			list[i] = value()
		}
	}
	for i := range f.Level {
		if rapid.Bool().Draw(r, "metered") {
			f.Level[i] = value()
		}
	}
	for i := range n.Converters {
		for j := range f.Input[i] {
			f.Input[i][j] = value()
		}
		for j := range f.Output[i] {
			f.Output[i][j] = value()
		}
	}
	return f
}

// run traces and checks: carbon in is carbon out at every interval (Trace itself
// returns ErrConservation otherwise), nothing is NaN or infinite or negative, and energy
// that is unexplained has a finding.
func run(r *rapid.T, n Network, flows []*Flows) (*Tracer, []float64, []bool) {
	tr, err := NewTracer(n)
	if err != nil {
		r.Fatal(err)
	}
	var nodes []float64
	var known []bool
	unexplained := 0.0
	err = tr.Trace(len(flows), 1, func(i int, f *Flows) error { *f = *flows[i]; return nil }, func(res *Result) error {
		for i := range n.Nodes {
			x, ok := res.Node(i)
			nodes, known = append(nodes, x...), append(known, ok)
			for _, y := range x {
				if math.IsNaN(y) || math.IsInf(y, 0) || y < 0 {
					r.Fatalf("interval %d node %d: %v", res.Interval, i, x)
				}
			}
		}
		res.Each(func(b Booking) {
			for _, y := range append(b.Carbon, b.Amount) {
				if math.IsNaN(y) || math.IsInf(y, 0) {
					r.Fatalf("interval %d: %+v", res.Interval, b)
				}
			}
			if b.Kind == bookUnexplained {
				unexplained += b.Carbon[len(n.Footprints)]
			}
		})
		return nil
	})
	if err != nil {
		r.Fatal(err)
	}
	broken := 0
	for _, f := range tr.Findings() {
		if f.Broken() {
			broken++
		}
	}
	if unexplained > 0 && broken == 0 {
		r.Fatalf("%v unexplained without a finding", unexplained)
	}
	return tr, nodes, known
}

func drawAll(r *rapid.T, broken bool) (Network, []*Flows) {
	n := drawNetwork(r)
	var flows []*Flows
	for range rapid.IntRange(1, 4).Draw(r, "intervals") {
		flows = append(flows, drawFlows(r, n, broken))
	}
	return n, flows
}

func TestCarbonIsConserved(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n, flows := drawAll(r, false)
		run(r, n, flows)
	})
}

func TestBrokenNetworksGiveFindingsAndNeverNaN(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n, flows := drawAll(r, true)
		run(r, n, flows)
	})
}

// Twice the energy everywhere has the same intensities.
func TestScaleDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n, flows := drawAll(r, false)
		_, a, _ := run(r, n, flows)
		for i := range n.Storages {
			n.Storages[i].Held *= 2
		}
		for _, f := range flows {
			for _, list := range append(append([][]float64{f.Sent, f.Received, f.Source, f.Use, f.Charge, f.Discharge, f.Level}, f.Input...), f.Output...) {
				for i := range list {
					list[i] *= 2
				}
			}
		}
		_, b, _ := run(r, n, flows)
		for i := range a {
			if math.Abs(a[i]-b[i]) > 1e-9*max(1, math.Abs(a[i])) {
				r.Fatalf("value %d: %v, doubled %v", i, a[i], b[i])
			}
		}
	})
}

// An edge on which nothing flows changes nothing, though it may close a circle in the
// topology.
func TestAnIdleEdgeChangesNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n, flows := drawAll(r, false)
		_, a, known := run(r, n, flows)
		from := rapid.IntRange(0, len(n.Nodes)-1).Draw(r, "from")
		to := from + 3
		if to >= len(n.Nodes) {
			return
		}
		n.Edges = append(n.Edges, Edge{ID: "idle", From: to, To: from}, Edge{ID: "idle too", From: from, To: to, TwoWay: true})
		for _, f := range flows {
			f.Sent, f.Received = append(f.Sent, 0, 0), append(f.Received, 0, 0)
		}
		_, b, known2 := run(r, n, flows)
		for i := range a {
			if a[i] != b[i] {
				r.Fatalf("value %d: %v without the edge, %v with it", i, a[i], b[i])
			}
		}
		for i := range known {
			if known[i] != known2[i] {
				r.Fatalf("node %d is known without the edge: %v, with it: %v", i, known[i], known2[i])
			}
		}
	})
}

// Where no energy appears from nowhere, an intensity lies within those of the sources.
func TestBusesMixWithinTheirSources(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := buses([2]int{0, 1}, [2]int{1, 2}, [2]int{2, 3}, [2]int{3, 1}, [2]int{2, 0})
		n.Sources = append(n.Sources, Source{ID: "pv", Node: 2})
		f := NewFlows(&n)
		some := rapid.Float64Range(0.1, 100)
		for i := range f.Sent {
			f.Sent[i] = some.Draw(r, "sent")
			f.Received[i] = f.Sent[i]
		}
		f.Source = []float64{some.Draw(r, "grid"), some.Draw(r, "pv")}
		f.Factor = [][]float64{{0.6}, {0.1}}
		_, nodes, _ := run(r, n, []*Flows{f})
		for i := 0; i < len(nodes); i += 2 {
			if nodes[i] < 0.1-1e-9 || nodes[i] > 0.6+1e-9 {
				r.Fatalf("intensities %v", nodes)
			}
		}
	})
}

// The number of workers and the size of batches change not a bit.
func TestWorkersDoNotMatter(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := drawNetwork(r)
		n.Storages = nil
		var flows []*Flows
		for range 40 {
			flows = append(flows, drawFlows(r, n, false))
		}
		_, _, a := traced(t, n, 1, flows...)
		_, _, b := traced(t, n, 3, flows...)
		for i := range a {
			for j := range a[i] {
				if a[i][j] != b[i][j] {
					r.Fatalf("interval %d value %d: %v and %v", i, j, a[i][j], b[i][j])
				}
			}
		}
	})
}
