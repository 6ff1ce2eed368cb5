package flow

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"lingtan/balance"
	"lingtan/park"
	"lingtan/period"
	"lingtan/usage"
)

// wired is a network of nodes "id:kind" and edges "from>to" metered by a register of
// the edge's name, or "from>to*" for a closing edge.
func wired(t testing.TB, nodes [][2]string, edges ...string) *balance.Network {
	t.Helper()
	var n park.Network
	for _, x := range nodes {
		n.Nodes = append(n.Nodes, park.Node{ID: x[0], Kind: x[1], Carrier: "electricity"})
	}
	for _, e := range edges {
		closing := e[len(e)-1] == '*'
		if closing {
			e = e[:len(e)-1]
		}
		var from, to string
		for i := range e {
			if e[i] == '>' {
				from, to = e[:i], e[i+1:]
			}
		}
		n.Edges = append(n.Edges, park.Edge{ID: e, From: from, To: to, Register: e, Closing: closing})
	}
	w, err := balance.NewNetwork(n)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var twoLevels = [][2]string{{"grid", "source"}, {"pv", "source"}, {"bus", "bus"}, {"a", "bus"}, {"a1", "use"}, {"a2", "use"}, {"b", "use"}, {"out", "export"}}

func days(slots int, amounts map[string][]float64) map[string]usage.Day {
	m := map[string]usage.Day{}
	for k, v := range amounts {
		m[k] = usage.Day{Key: k, Amount: v[:slots]}
	}
	return m
}

// sums are the shares by "node/source".
func sums(t testing.TB, tr *Tracer, settled map[string]usage.Day, slots int) map[string]float64 {
	t.Helper()
	b, err := tr.Network.Close(period.Day(17532), slots, settled)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check(tr.Network, 1e-12); err != nil {
		t.Fatal(err)
	}
	m := map[string]float64{}
	tr.Day(b, func(s Share) {
		m[tr.Network.Nodes[s.Node].ID+"/"+tr.Network.Nodes[tr.Sources[s.Source]].ID] += s.Amount
	})
	return m
}

func want(t testing.TB, got map[string]float64, key string, value float64) {
	t.Helper()
	if math.Abs(got[key]-value) > 1e-9 {
		t.Errorf("%s: got %v, want %v (all: %v)", key, got[key], value, got)
	}
}

// Worked by hand: interval 0: load 6+2+8, a's own meter 10, so 2 are lost at a; PV 5;
// import 18−5 = 13. Interval 1: load 1+1+2, a's meter 2, PV 10: 6 go out, nothing comes in.
func TestTwoLevelNetworkByHand(t *testing.T) {
	tr := NewTracer(wired(t, twoLevels, "grid>bus*", "pv>bus", "bus>a", "a>a1", "a>a2", "bus>b", "bus>out*"))
	got := sums(t, tr, days(2, map[string][]float64{"pv>bus": {5, 10}, "bus>a": {10, 2}, "a>a1": {6, 1}, "a>a2": {2, 1}, "bus>b": {8, 2}}), 2)
	grid, pv := 13.0/18, 5.0/18
	want(t, got, "a1/grid", 6*grid)
	want(t, got, "a1/pv", 6*pv+1)
	want(t, got, "a2/grid", 2*grid)
	want(t, got, "a/grid", 2*grid) // the loss, its owner's
	want(t, got, "b/grid", 8*grid)
	want(t, got, "b/pv", 8*pv+2)
	want(t, got, "out/pv", 6)
	want(t, got, "out/grid", 0)
}

func TestMoreOutThanInIsANegativeRest(t *testing.T) {
	tr := NewTracer(wired(t, [][2]string{{"grid", "source"}, {"bus", "bus"}, {"u", "use"}}, "grid>bus", "bus>u"))
	got := sums(t, tr, days(1, map[string][]float64{"grid>bus": {10}, "bus>u": {12}}), 1)
	want(t, got, "u/grid", 12)
	want(t, got, "bus/grid", -2)
}

// A battery charged by PV at noon gives PV at night.
func TestStorageCarriesWhatItWasChargedWith(t *testing.T) {
	nodes := [][2]string{{"grid", "source"}, {"pv", "source"}, {"bus", "bus"}, {"battery", "storage"}, {"u", "use"}, {"out", "export"}}
	tr := NewTracer(wired(t, nodes, "grid>bus*", "pv>bus", "bus>battery", "battery>bus", "bus>u", "bus>out*"))
	got := sums(t, tr, days(2, map[string][]float64{"pv>bus": {4, 0}, "bus>battery": {3, 0}, "battery>bus": {0, 2}, "bus>u": {1, 6}}), 2)
	want(t, got, "u/pv", 1+2)
	want(t, got, "u/grid", 4)
	battery := 3
	want(t, map[string]float64{"held": tr.Held(battery)[1]}, "held", 1)
}

// Per source, the shares of uses, exports and residuals, with what storages hold,
// sum to what the source gave, to 1e-9, whatever the network and the readings.
func TestConservation(t *testing.T) {
	const slots = 8
	rapid.Check(t, func(r *rapid.T) {
		nodes := [][2]string{{"s0", "source"}, {"s1", "source"}, {"s2", "source"}}
		edges := []string{}
		buses := rapid.IntRange(1, 5).Draw(r, "buses")
		for i := range buses {
			nodes = append(nodes, [2]string{fmt.Sprint("b", i), "bus"})
			for s := range 3 {
				if rapid.Bool().Draw(r, "fed") {
					edges = append(edges, fmt.Sprintf("s%d>b%d", s, i))
				}
			}
			if i > 0 {
				edges = append(edges, fmt.Sprintf("b%d>b%d", rapid.IntRange(0, i-1).Draw(r, "up"), i))
			} else {
				edges = append(edges, "s0>b0")
			}
			nodes = append(nodes, [2]string{fmt.Sprint("u", i), "use"})
			edges = append(edges, fmt.Sprintf("b%d>u%d", i, i))
		}
		if rapid.Bool().Draw(r, "storage") {
			nodes = append(nodes, [2]string{"st", "storage"})
			edges = append(edges, "b0>st", "st>b0")
		}
		tr := NewTracer(wired(t, nodes, edges...))
		amounts := map[string][]float64{}
		for _, e := range tr.Network.Edges {
			amounts[e.Register] = rapid.SliceOfN(rapid.Float64Range(0, 1000), slots, slots).Draw(r, e.ID)
		}
		b, err := tr.Network.Close(17532, slots, days(slots, amounts))
		if err != nil {
			r.Fatal(err)
		}
		got := make([]float64, len(tr.Sources))
		tr.Day(b, func(s Share) { got[s.Source] += s.Amount })
		for i, n := range tr.Network.Nodes {
			if n.Kind == balance.Storage {
				for s, h := range tr.Held(i) {
					got[s] += h
				}
			}
		}
		var most float64
		gave := make([]float64, len(tr.Sources))
		for s, n := range tr.Sources {
			for _, e := range tr.Network.Out[n] {
				for _, x := range b.Edge[e] {
					gave[s] += x
				}
			}
			most = max(most, gave[s])
		}
		for s := range gave {
			if math.Abs(got[s]-gave[s]) > 1e-9*max(1, most) {
				r.Fatalf("source %d gave %v, %v are accounted for", s, gave[s], got[s])
			}
		}
	})
}

func TestCircleIsRefused(t *testing.T) {
	n := park.Network{Nodes: []park.Node{{ID: "g", Kind: "source"}, {ID: "a", Kind: "bus"}, {ID: "b", Kind: "bus"}},
		Edges: []park.Edge{{ID: "1", From: "g", To: "a"}, {ID: "2", From: "a", To: "b"}, {ID: "3", From: "b", To: "a"}}}
	if _, err := balance.NewNetwork(n); err == nil {
		t.Error("a circle was taken")
	}
}
