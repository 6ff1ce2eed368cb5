package carbon

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
)

// traced runs the intervals and gives every result's bookings and the node intensities.
func traced(t testing.TB, n Network, workers int, flows ...*Flows) (*Tracer, *Totals, [][]float64) {
	t.Helper()
	tr, err := NewTracer(n)
	if err != nil {
		t.Fatal(err)
	}
	var sums Totals
	var nodes [][]float64
	err = tr.Trace(len(flows), workers, func(i int, f *Flows) error { *f = *flows[i]; return nil }, func(r *Result) error {
		sums.Add(r)
		var all []float64
		for i := range n.Nodes {
			x, ok := r.Node(i)
			if !ok {
				x = make([]float64, len(x))
				x[0] = -1
			}
			all = append(all, x...)
		}
		nodes = append(nodes, all)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tr, &sums, nodes
}

func near(t testing.TB, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9*max(1, math.Abs(want))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func kindsOf(fs []Finding) []string {
	var list []string
	for _, f := range fs {
		list = append(list, f.Kind+" "+f.Place)
	}
	return list
}

// bus is a network of electricity nodes with a source at the first and a use at each.
func buses(edges ...[2]int) Network {
	n := Network{Footprints: []string{"co2"}}
	most := 0
	for i, e := range edges {
		most = max(most, e[0], e[1])
		n.Edges = append(n.Edges, Edge{ID: fmt.Sprint("e", i), From: e[0], To: e[1]})
	}
	for i := range most + 1 {
		n.Nodes = append(n.Nodes, Node{ID: fmt.Sprint("n", i), Carrier: "electricity", Owner: "park"})
		n.Uses = append(n.Uses, Use{ID: fmt.Sprint("u", i), Node: i, Owner: fmt.Sprint("m", i)})
	}
	n.Sources = []Source{{ID: "grid", Node: 0, Owner: "grid"}}
	return n
}

func flow(n Network, source, factor float64, sent, use []float64) *Flows {
	f := NewFlows(&n)
	f.Source[0], f.Factor[0][0] = source, factor
	copy(f.Sent, sent)
	copy(f.Received, sent)
	copy(f.Use, use)
	return f
}

// A real circle, by hand: 0 → 1 → 2 → 1. In: 10 at 1 kg/kWh to node 0, 10 to node 1;
// node 1 sends 6 to node 2, which sends 2 back. All is the grid's mixture: 1.
// With a second source of 0 at node 2 of 4: e1 = (10 + 2·e2)/12, e2 = 6·e1/10:
// e1 = 10/(12 − 1.2) = 0.925925…, e2 = 0.5555….
func TestCircleByHand(t *testing.T) {
	n := buses([2]int{0, 1}, [2]int{1, 2}, [2]int{2, 1})
	n.Sources = append(n.Sources, Source{ID: "pv", Node: 2})
	f := flow(n, 10, 1, []float64{10, 6, 2}, []float64{0, 6, 8})
	f.Source[1] = 4
	tr, sums, nodes := traced(t, n, 1, f)
	near(t, "e1", nodes[0][2], 10/10.8)
	near(t, "e2", nodes[0][4], 6/10.8)
	if len(tr.Findings()) != 0 {
		t.Error(tr.Findings())
	}
	var used float64
	for _, l := range sums.Lines() {
		if l.Kind == bookUse {
			used += l.Carbon[0]
		}
	}
	near(t, "used", used, 10)
}

// Every way in which data are broken is a finding that names the place; the figures that
// come of it are finite and the energy without a source is told as unexplained.
func TestBrokenDataAreFindings(t *testing.T) {
	expect := func(n Network, f *Flows, want ...string) {
		t.Helper()
		tr, _, nodes := traced(t, n, 1, f)
		got := slices.DeleteFunc(kindsOf(tr.Findings()), func(s string) bool { return s[:4] == "idle" })
		if !slices.Equal(got, want) {
			t.Errorf("findings %q, want %q", got, want)
		}
		for _, x := range nodes[0] {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				t.Errorf("intensities %v", nodes)
			}
		}
	}
	line, loop := buses([2]int{0, 1}), buses([2]int{0, 1}, [2]int{1, 2}, [2]int{2, 1})
	expect(line, flow(line, 5, 1, []float64{3}, []float64{2, 3}))
	expect(line, flow(line, 5, 1, []float64{0}, []float64{5, 3}), "island node n1")
	expect(line, flow(line, 5, 1, []float64{-3}, []float64{5, 0}), "negative edge e0")
	expect(line, flow(line, math.NaN(), 1, []float64{0}, []float64{0, 0}), "missing source grid")
	expect(line, flow(line, math.Inf(1), 1, []float64{0}, []float64{0, 0}), "missing source grid")
	expect(line, flow(line, 5, math.NaN(), []float64{0}, []float64{5, 0}), "factor source grid")
	expect(line, flow(line, 5, -1, []float64{0}, []float64{5, 0}), "factor source grid")
	expect(line, flow(line, 5, 1, []float64{3}, []float64{4, 3}), "deficit node n0")
	expect(loop, flow(loop, 5, 1, []float64{0, 4, 4}, []float64{5, 0, 0}), "sourceless_loop node n1", "sourceless_loop node n2")
	f := flow(line, 5, 1, []float64{3}, []float64{2, 3})
	f.Received[0] = 3.5
	expect(line, f, "gain edge e0", "deficit node n0")
	f = flow(line, 5, 1, []float64{3}, []float64{2, 0})
	f.Received[0] = 0
	expect(line, f, "stranded node n1")
	two := buses([2]int{0, 1})
	two.Edges[0].TwoWay = true
	f = flow(two, 5, 1, []float64{3}, []float64{5, 0})
	f.Received[0] = -3
	expect(two, f, "contrary edge e0")
	// energy circles, is lost on the way, and nobody takes any
	f = flow(loop, 1, 1, []float64{1, 9, 8}, []float64{0, 0, 0})
	f.Received[1], f.Received[2] = 8, 8
	expect(loop, f, "unsolved_loop node n1", "unsolved_loop node n2")
}

// What nothing was seen to bring in is not zero: an islanded use takes unexplained energy.
func TestIslandIsNotZeroCarbon(t *testing.T) {
	n := buses([2]int{0, 1})
	_, sums, nodes := traced(t, n, 1, flow(n, 5, 1, []float64{0}, []float64{5, 3}))
	near(t, "unexplained share", nodes[0][3], 1)
	for _, l := range sums.Lines() {
		if l.ID == "u1" {
			near(t, "unexplained energy of u1", l.Carbon[1], 3)
		}
	}
}

// Under "unexplained" a deficit dilutes the mixture, under "mixture" it does not.
func TestDeficit(t *testing.T) {
	n := buses([2]int{0, 1})
	f := flow(n, 8, 1, []float64{5}, []float64{5, 5})
	_, _, nodes := traced(t, n, 1, f)
	near(t, "mixture", nodes[0][0], 1)
	n.Deficit = DeficitUnexplained
	_, _, nodes = traced(t, n, 1, f)
	near(t, "diluted", nodes[0][0], 0.8)
	near(t, "unexplained", nodes[0][1], 0.2)
}

// An edge whose amounts are negative runs the other way, with its loss.
func TestTwoWayEdge(t *testing.T) {
	n := buses([2]int{1, 0})
	n.Edges[0].TwoWay, n.Edges[0].Owner, n.Loss = true, "line", LossApart
	f := flow(n, 10, 2, []float64{-9}, []float64{0, 9})
	f.Received[0] = -10 // at the To end, which is node 0: ten leave there, nine arrive
	tr, sums, _ := traced(t, n, 1, f)
	if len(tr.Findings()) > 0 {
		t.Error(tr.Findings())
	}
	for _, o := range sums.Owners() {
		switch o.Owner {
		case "line":
			near(t, "lost", o.Lost.Carbon[0], 2)
		case "m1":
			near(t, "used", o.Used.Carbon[0], 18)
		}
	}
}

// A battery carries what it was charged with; its losses are its owner's. By hand:
// interval 0: 10 charged at 0.5 kg/kWh, 9 stored with 4.5 kg, 0.5 kg lost. Interval 1:
// 3.6 drawn for 3.24 delivered at 0.5; the grid is then at 1.0. 1.62 kg go to the bus,
// 0.18 are lost, 2.7 kg stay in 5.4 kWh.
func TestStorageByHand(t *testing.T) {
	n := buses()
	n.Nodes, n.Uses = []Node{{ID: "bus", Carrier: "electricity"}}, []Use{{ID: "u", Node: 0}}
	n.Storages = []Storage{{ID: "battery", Node: 0, Owner: "b", ChargeEfficiency: 0.9, DischargeEfficiency: 0.9}}
	f0, f1 := flow(n, 10, 0.5, nil, nil), flow(n, 6.76, 1, nil, []float64{10})
	f0.Charge[0], f1.Discharge[0] = 10, 3.24
	tr, sums, nodes := traced(t, n, 4, f0, f1)
	near(t, "bus", nodes[1][0], (6.76+1.62)/10)
	near(t, "held energy", tr.held[0], 5.4)
	near(t, "held carbon", tr.carbon[0], 2.7)
	for _, o := range sums.Owners() {
		if o.Owner == "b" {
			near(t, "lost", o.Lost.Carbon[0], 0.5+0.18)
			near(t, "stored", o.Stored.Carbon[0], 2.7)
		}
	}
}

func TestNetworkIsChecked(t *testing.T) {
	refused := func(change func(n *Network)) {
		t.Helper()
		n := buses([2]int{0, 1})
		change(&n)
		if _, err := NewTracer(n); !errors.Is(err, ErrNetwork) {
			t.Errorf("taken: %v", err)
		}
	}
	refused(func(n *Network) { n.Footprints = nil })
	refused(func(n *Network) { n.Nodes = nil })
	refused(func(n *Network) { n.Edges[0].To = 2 })
	refused(func(n *Network) { n.Edges[0].To = 0 })
	refused(func(n *Network) { n.Nodes[1].Carrier = "steam" })
	refused(func(n *Network) { n.Uses[0].Node = -1 })
	refused(func(n *Network) { n.Sources[0].Node = 7 })
	refused(func(n *Network) { n.Loss = "nobody" })
	refused(func(n *Network) { n.Deficit = "zero" })
	refused(func(n *Network) { n.Split = "ch4" })
	refused(func(n *Network) { n.Storages = []Storage{{Standing: 1}} })
	refused(func(n *Network) { n.Storages = []Storage{{Held: math.NaN()}} })
	refused(func(n *Network) { n.Storages = []Storage{{Carbon: []float64{1, 2}}} })
	refused(func(n *Network) { n.Converters = []Converter{{}} })
	port := []Port{{Node: 1, Supply: math.NaN()}}
	refused(func(n *Network) { n.Converters = []Converter{{Inputs: port, Outputs: port, Allocation: "luck"}} })
	refused(func(n *Network) { n.Converters = []Converter{{Inputs: port, Outputs: port, Allocation: AllocateRatio}} })
	refused(func(n *Network) {
		n.Converters = []Converter{{Inputs: port, Outputs: port, Allocation: AllocateEfficiency}}
	})
	refused(func(n *Network) {
		n.Converters = []Converter{{Inputs: port, Outputs: []Port{{Node: 9}}}}
	})
	refused(func(n *Network) {
		n.Converters = []Converter{{Inputs: port, Outputs: []Port{{Supply: -300, Return: -300}}, Allocation: AllocateExergy}}
	})
}

// Heat of 90/60 °C at 20 °C ambient: T = 30/ln(363.15/333.15) = 347.934 K, quality
// 1 − 293.15/347.934 = 0.15746. Cold of 7/12 °C at 30 °C: T = 282.643 K,
// |1 − 303.15/282.643| = 0.07256.
func TestQuality(t *testing.T) {
	is := func(supply, back, ambient, want float64) {
		t.Helper()
		got, err := quality(supply, back, ambient)
		if err != nil || math.Abs(got-want) > 5e-6 {
			t.Errorf("quality %v, %v, want %v", got, err, want)
		}
	}
	is(math.NaN(), math.NaN(), 20, 1)
	is(90, 60, 20, 0.157456)
	is(7, 12, 30, 0.072555)
	is(20, math.NaN(), 20, 0)
	is(150, math.NaN(), 20, 1-293.15/423.15)
}
