package traced

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"lingtan/balance"
	"lingtan/flow"
	"lingtan/flow/carbon"
	"lingtan/park"
	"lingtan/usage"
)

// drawn is a random park: two buses of each of three carriers, sources of two of them,
// conversions between them, uses, an export, at times a heat store and a ring main. All is
// metered by registers of the edges' names, with amounts that heed no balance.
func drawn(r *rapid.T, storage, ring bool) (*balance.Network, map[string]float64) {
	var n park.Network
	carriers := []park.Carrier{{ID: "power", Unit: "kWh"}, {ID: "gas", Unit: "m3", EnergyContent: &park.Measure{Value: 36, Unit: "MJ/m3"}}, {ID: "heat", Unit: "GJ"}}
	amounts := map[string]float64{}
	node := func(id, kind, carrier string) {
		n.Nodes = append(n.Nodes, park.Node{ID: id, Kind: kind, Carrier: carrier, Organization: fmt.Sprint("o", len(n.Nodes)%3)})
	}
	edge := func(from, to string) string {
		id := from + "-" + to
		n.Edges = append(n.Edges, park.Edge{ID: id, From: from, To: to, Register: id})
		amounts[id] = rapid.Float64Range(0.1, 100).Draw(r, id)
		return id
	}
	for _, c := range []string{"power", "gas", "heat"} {
		node(c+"1", "bus", c)
		node(c+"2", "bus", c)
		if c != "heat" {
			node(c+"-in", "source", c)
			edge(c+"-in", c+"1")
		}
		edge(c+"1", c+"2")
		if ring {
			edge(c+"2", c+"1")
		}
		node(c+"-use", "use", c)
		edge(c+"2", c+"-use")
	}
	node("sold", "export", "heat")
	edge("heat1", "sold")
	if storage {
		node("tank", "storage", "heat")
		edge("heat1", "tank")
		edge("tank", rapid.SampledFrom([]string{"heat1", "heat2"}).Draw(r, "discharge"))
	}
	chance := []float64{0.3, 0.7}
	a, b, ambient, supply := 0.4, 0.9, 15.0, 90.0
	for i := range rapid.IntRange(1, 4).Draw(r, "conversions") {
		id := fmt.Sprint("c", i)
		v := &park.Conversion{Kind: "chp", Allocation: rapid.SampledFrom([]string{"energy", "exergy", "ratio", "efficiency"}).Draw(r, "allocation"), Ambient: &ambient}
		n.Nodes = append(n.Nodes, park.Node{ID: id, Kind: "conversion", Organization: fmt.Sprint("o", i%3), Conversion: v})
		bus := func(c string) string { return c + rapid.SampledFrom([]string{"1", "2"}).Draw(r, c) }
		edge(bus("gas"), id)
		switch rapid.IntRange(0, 2).Draw(r, "shape") {
		case 0:
			v.Allocation = ""
			edge(id, bus("heat"))
		case 1:
			edge(bus("power"), id)
			v.Allocation = ""
			edge(id, bus("heat"))
		default:
			v.Outputs = []park.Output{{Edge: edge(id, bus("power")), Share: &chance[0], Reference: &a}, {Edge: edge(id, bus("heat")), Share: &chance[1], Reference: &b, Supply: &supply}}
		}
	}
	w, err := balance.NewNetwork(n, carriers...)
	if err != nil {
		r.Fatal(err)
	}
	return w, amounts
}

// days balances days of two intervals, the amounts times a number of their own.
func days(r *rapid.T, w *balance.Network, amounts map[string]float64, count int, fn func(*balance.Day)) {
	for d := range count {
		settled := map[string]usage.Day{}
		for id, x := range amounts {
			settled[id] = usage.Day{Key: id, Amount: []float64{x * float64(d+1), x * rapid.SampledFrom([]float64{0.5, 1, 3}).Draw(r, "scale")}}
		}
		b, err := w.Close(1000, 2, settled)
		if err != nil {
			r.Fatal(err)
		}
		fn(b)
	}
}

// What sources bring in is what consumers take, what is lost, sent out and stored, to 1e-9,
// through conversions, storages and rings.
func TestCarbonIsConserved(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w, amounts := drawn(r, rapid.Bool().Draw(r, "storage"), rapid.Bool().Draw(r, "ring"))
		n := New(w, "location", "market")
		days(r, w, amounts, 2, n.Take)
		rate := [][]float64{{0.5, 0.25}, {2, 2}}
		if err := n.Open(rate); err != nil {
			r.Fatal(err)
		}
		tracer, err := carbon.NewTracer(n.Carbon)
		if err != nil {
			r.Fatal(err)
		}
		var sums carbon.Totals
		if err := tracer.Trace(n.Intervals(), 1, n.Reader(rate), func(x *carbon.Result) error { sums.Add(x); return nil }); err != nil {
			r.Fatal(err)
		}
		for k := range 2 {
			in, out, size := 0.0, 0.0, 0.0
			at := func(s carbon.Sum) float64 {
				if s.Carbon == nil {
					return 0
				}
				size += math.Abs(s.Carbon[k])
				return s.Carbon[k]
			}
			for _, o := range sums.Owners() {
				if o.Owner != "" {
					in += at(o.Sourced)
					out += at(o.Used) + at(o.Lost) + at(o.Exported) + at(o.Stored)
				}
			}
			if math.Abs(in-out) > 1e-9*size {
				r.Fatalf("footprint %d: %v in, %v out", k, in, out)
			}
		}
	})
}

// What went into conversions is what places took of their outputs; a place that takes at one
// conversion's outlet alone takes that one's.
func TestEmbodiedIsWhatWentIn(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w, amounts := drawn(r, false, rapid.Bool().Draw(r, "ring"))
		n := New(w)
		tracer := flow.NewTracer(w)
		converts := map[int]bool{}
		for _, v := range w.Conversions {
			for _, i := range v.Uses {
				converts[i] = true
			}
		}
		want, size := map[string]float64{}, 0.0
		days(r, w, amounts, 2, func(b *balance.Day) {
			n.Take(b)
			tracer.Day(b, func(s flow.Share) {
				if source := w.Nodes[tracer.Sources[s.Source]]; converts[s.Node] && source.Activity != "conversion" {
					want[source.ID] += s.Amount
				}
				size += math.Abs(s.Amount)
			})
		})
		got := map[string]float64{}
		if err := n.Embodied(1, func(p Passed) {
			if converts[p.Node] {
				return
			}
			for s, x := range p.Embodied {
				got[w.Nodes[n.Sources[s]].ID] += x
				size += math.Abs(x)
			}
		}); err != nil {
			r.Fatal(err)
		}
		for id, x := range want {
			if math.Abs(got[id]-x) > 1e-9*size {
				r.Fatalf("%s: %v went in, %v came out of %v", id, x, got[id], size)
			}
		}
	})
}

// By hand, EN 15316-4-5: heat from 90 to 60 °C has the mean temperature 30/ln(363.15/333.15) =
// 347.93 K; at 15 °C ambient its quality is 1 − 288.15/347.93 = 0.1718. 36 MJ of power and 44 MJ of
// heat then bear 36/(36 + 44·0.1718) = 82.65 % and 17.35 %.
func TestWeights(t *testing.T) {
	share := func(v park.Conversion, want float64) {
		t.Helper()
		c := balance.Conversion{Node: park.Node{Conversion: &v}, Outputs: []int{0, 1}, EnergyOut: []float64{0.0036, 1}}
		w := &balance.Network{Edges: []park.Edge{{ID: "power"}, {ID: "heat"}}}
		a, b := 10/weight(w, c, 0), 0.044/weight(w, c, 1) // 10 kWh and 44 MJ
		if got := a / (a + b); math.Abs(got-want) > 1e-4 {
			t.Errorf("%s: %v of the carbon at the power, want %v", v.Allocation, got, want)
		}
	}
	ambient, supply, back, power, heat := 15.0, 90.0, 60.0, 0.5, 0.9
	share(park.Conversion{Allocation: "energy"}, 36.0/80)
	share(park.Conversion{Allocation: "exergy", Ambient: &ambient, Outputs: []park.Output{{Edge: "heat", Supply: &supply, Return: &back}}}, 0.8265)
	share(park.Conversion{Allocation: "efficiency", Outputs: []park.Output{{Edge: "power", Reference: &power}, {Edge: "heat", Reference: &heat}}}, 72/(72+44/0.9))
}

// A heat store gives before it was charged, and again when it is empty: the carbon of what a use takes
// is that of the boiler's heat, as the amounts are, from the first interval on. Whatever the store
// does, a use's amounts by package flow times the one intensity are its carbon.
func TestStoreBeginsAsTheAmountsDo(t *testing.T) {
	network := park.Network{
		Nodes: []park.Node{{ID: "gas", Kind: "source", Carrier: "gas"}, {ID: "boiler", Kind: "conversion", Conversion: &park.Conversion{Kind: "boiler"}},
			{ID: "main", Kind: "bus", Carrier: "heat"}, {ID: "tank", Kind: "storage", Carrier: "heat"}, {ID: "use", Kind: "use", Carrier: "heat"}},
		Edges: []park.Edge{{ID: "in", From: "gas", To: "boiler", Register: "in"}, {ID: "out", From: "boiler", To: "main", Register: "out"},
			{ID: "charge", From: "main", To: "tank", Register: "charge"}, {ID: "give", From: "tank", To: "main", Register: "give"}, {ID: "take", From: "main", To: "use", Register: "take"}}}
	carriers := []park.Carrier{{ID: "gas", Unit: "GJ"}, {ID: "heat", Unit: "GJ"}}
	use := func(fatal func(...any), charge, give, take []float64) (carbon, amount float64) {
		w, err := balance.NewNetwork(network, carriers...)
		if err != nil {
			fatal(err)
		}
		slots := len(take)
		gas, heat := slices.Repeat([]float64{10}, slots), slices.Repeat([]float64{8}, slots) // 1.25 GJ of gas a GJ
		b, err := w.Close(1000, slots, map[string]usage.Day{"in": {Amount: gas}, "out": {Amount: heat}, "charge": {Amount: charge}, "give": {Amount: give}, "take": {Amount: take}})
		if err != nil {
			fatal(err)
		}
		n := New(w)
		n.Take(b)
		if err := n.Embodied(1, func(p Passed) {
			if w.Nodes[p.Node].ID == "use" {
				carbon += p.Embodied[0]
			}
		}); err != nil {
			fatal(err)
		}
		flow.NewTracer(w).Day(b, func(s flow.Share) {
			if w.Nodes[s.Node].ID == "use" {
				amount += s.Amount
			}
		})
		return carbon, amount
	}
	carbon, amount := use(t.Fatal, []float64{0, 4, 0, 0}, []float64{4, 0, 5, 2}, []float64{12, 4, 13, 10})
	if math.Abs(carbon-1.25*39) > 1e-7 || math.Abs(amount-39) > 1e-9 {
		t.Errorf("%v of gas in %v of heat, want 48.75 in 39", carbon, amount)
	}
	rapid.Check(t, func(r *rapid.T) {
		draw := func(name string) []float64 {
			return rapid.SliceOfN(rapid.SampledFrom([]float64{0, 1, 2.5, 7, 30}), 6, 6).Draw(r, name)
		}
		carbon, amount := use(r.Fatal, draw("charge"), draw("give"), draw("take"))
		if math.Abs(carbon-1.25*amount) > 1e-7*max(1, amount) {
			r.Fatalf("%v of gas in %v of heat, want %v", carbon, amount, 1.25*amount)
		}
	})
}
