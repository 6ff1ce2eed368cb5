package carbon_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"lingtan/balance"
	"lingtan/flow"
	"lingtan/flow/carbon"
	"lingtan/park"
	"lingtan/usage"
)

// drawTree draws a park of one carrier: sources at some buses, buses fed by earlier ones, a
// use at each, an export.
func drawTree(r *rapid.T) park.Network {
	var n park.Network
	node := func(id, kind string) {
		n.Nodes = append(n.Nodes, park.Node{ID: id, Kind: kind, Carrier: "electricity", Organization: "o"})
	}
	edge := func(from, to string) {
		id := from + ">" + to
		n.Edges = append(n.Edges, park.Edge{ID: id, From: from, To: to, Register: id})
	}
	node("s0", "source")
	node("s1", "source")
	node("out", "export")
	buses := rapid.IntRange(1, 6).Draw(r, "buses")
	for i := range buses {
		bus, use := fmt.Sprint("b", i), fmt.Sprint("u", i)
		node(bus, "bus")
		node(use, "use")
		edge(bus, use)
		if i == 0 {
			edge("s0", bus)
			edge(bus, "out")
		} else {
			edge(fmt.Sprint("b", rapid.IntRange(0, i-1).Draw(r, "feeder")), bus)
		}
		if rapid.Bool().Draw(r, "roof") {
			edge("s1", bus)
		}
	}
	return n
}

// mapped is the carbon network of a balanced park without storages, with the edge behind
// each of its elements: buses are nodes, the edges of sources, uses and exports are
// sources and uses at the bus at their other end.
func mapped(w *balance.Network) (n carbon.Network, source, use, line []int) {
	n = carbon.Network{Footprints: []string{"energy"}, Split: "energy"}
	at := map[int]int{}
	for i, x := range w.Nodes {
		if x.Kind == balance.Bus {
			at[i] = len(n.Nodes)
			n.Nodes = append(n.Nodes, carbon.Node{ID: x.ID, Carrier: x.Carrier, Owner: x.Organization})
		}
	}
	for e := range w.Edges {
		from, to := w.Nodes[w.From[e]], w.Nodes[w.To[e]]
		switch {
		case from.Kind == balance.Source:
			n.Sources = append(n.Sources, carbon.Source{ID: w.Edges[e].ID, Node: at[w.To[e]], Owner: from.Organization})
			source = append(source, e)
		case to.Kind == balance.Use || to.Kind == balance.Export:
			n.Uses = append(n.Uses, carbon.Use{ID: to.ID, Node: at[w.From[e]], Owner: to.Organization, Export: to.Kind == balance.Export})
			use = append(use, e)
		default:
			n.Edges = append(n.Edges, carbon.Edge{ID: w.Edges[e].ID, From: at[w.From[e]], To: at[w.To[e]]})
			line = append(line, e)
		}
	}
	return n, source, use, line
}

// On a park without circles, storages and conversions this package and package flow give
// the same shares, also where more is metered out than in.
func TestAgreesWithTheTracerOfOneCarrier(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w, err := balance.NewNetwork(drawTree(r))
		if err != nil {
			r.Fatal(err)
		}
		settled := map[string]usage.Day{}
		for _, e := range w.Edges {
			settled[e.Register] = usage.Day{Key: e.Register, Amount: rapid.SliceOfN(rapid.Float64Range(1, 100), 4, 4).Draw(r, e.ID)}
		}
		day, err := w.Close(17532, 4, settled)
		if err != nil {
			r.Fatal(err)
		}
		n, source, use, line := mapped(w)
		want := map[string]float64{} // "element of source at slot"
		old := flow.NewTracer(w)
		old.Day(day, func(s flow.Share) {
			want[fmt.Sprint(w.Nodes[s.Node].ID, " ", w.Nodes[old.Sources[s.Source]].ID, " ", s.Slot)] += s.Amount
		})
		tr, err := carbon.NewTracer(n)
		if err != nil {
			r.Fatal(err)
		}
		got := map[string]float64{}
		err = tr.Trace(4, 2, func(slot int, f *carbon.Flows) error {
			for i, e := range source {
				f.Source[i], f.Factor[i][0] = day.Edge[e][slot], 1
			}
			for i, e := range use {
				f.Use[i] = day.Edge[e][slot]
			}
			for i, e := range line {
				f.Sent[i], f.Received[i] = day.Edge[e][slot], day.Edge[e][slot]
			}
			return nil
		}, func(x *carbon.Result) error {
			x.Each(func(b carbon.Booking) {
				if b.Incoming() {
					return
				}
				for i, e := range source {
					got[fmt.Sprint(b.ID, " ", w.Nodes[w.From[e]].ID, " ", x.Interval)] += b.Carbon[2+i]
				}
			})
			return nil
		})
		if err != nil {
			r.Fatal(err)
		}
		for k := range want {
			got[k] -= want[k]
		}
		for k, d := range got {
			if math.Abs(d) > 1e-9*max(1, math.Abs(want[k])) {
				r.Fatalf("%s: package flow has %v, here it is %v more", k, want[k], d)
			}
		}
	})
}
