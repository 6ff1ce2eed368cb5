package balance

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"lingtan/meter"
	"lingtan/park"
)

// plant is a boiler metered on both sides and a compressor whose air is estimated by its
// rated yield of 8 Nm3/kWh; every metered edge is read by a register of its name.
func plant(t testing.TB) *Network {
	t.Helper()
	edge := func(id, from, to string) park.Edge { return park.Edge{ID: id, From: from, To: to, Register: id} }
	w, err := NewNetwork(park.Network{
		Nodes: []park.Node{
			{ID: "main", Kind: Source, Carrier: "gas"}, {ID: "grid", Kind: Source, Carrier: "electricity"},
			{ID: "boiler", Kind: "conversion", Organization: "a", Conversion: &park.Conversion{Kind: "boiler", Per: "gas", Outputs: []park.Output{{Edge: "steam", Rated: &park.Measure{Value: 0.9, Unit: "1"}}}}},
			{ID: "compressor", Kind: "conversion", Organization: "b", Conversion: &park.Conversion{Kind: "compressor", Outputs: []park.Output{{Edge: "air", Rated: &park.Measure{Value: 8, Unit: "Nm3/kWh"}}}}},
			{ID: "header", Kind: Bus, Carrier: "steam"}, {ID: "pipe", Kind: Bus, Carrier: "air"},
			{ID: "dryer", Kind: Use, Carrier: "steam"}, {ID: "press", Kind: Use, Carrier: "air"},
		},
		Edges: []park.Edge{edge("gas", "main", "boiler"), edge("fan", "grid", "boiler"), edge("steam", "boiler", "header"), edge("dry", "header", "dryer"),
			edge("power", "grid", "compressor"), {ID: "air", From: "compressor", To: "pipe", Rated: true}, edge("blow", "pipe", "press")},
	}, park.Carrier{ID: "gas", Unit: "m3", EnergyContent: &park.Measure{Value: 36, Unit: "MJ/m3"}}, park.Carrier{ID: "electricity", Unit: "kWh"},
		park.Carrier{ID: "steam", Unit: "GJ"}, park.Carrier{ID: "air", Unit: "Nm3"})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestConversionsAreLaidOut(t *testing.T) {
	w := plant(t)
	var ids []string
	for _, n := range w.Nodes[8:] {
		ids = append(ids, n.ID+" "+n.Kind+" "+n.Carrier+" "+n.Organization)
	}
	if want := []string{"boiler.fan use electricity a", "boiler.steam source steam a", "compressor.air source air b"}; !slices.Equal(ids, want) {
		t.Errorf("laid out as %v, want %v", ids, want)
	}
	if n := w.Nodes[2]; n.ID != "boiler" || n.Kind != Use || n.Carrier != "gas" {
		t.Errorf("the boiler's first input is %+v", n)
	}
	for e := range w.Edges {
		if a, b := w.Nodes[w.From[e]].Carrier, w.Nodes[w.To[e]].Carrier; a != b {
			t.Errorf("edge %s joins %s and %s", w.Edges[e].ID, a, b)
		}
	}
}

// By hand: 100 m3 of gas is 3.6 GJ, and a fan of 10 kWh 0.036 GJ; 3.2 GJ of steam is 0.032 of
// the gas in settle units and 3.2/3.636 of all the energy. 50 kWh at 8 Nm3/kWh give 400 Nm3,
// of which 380 are used and 20 lost.
func TestConversionsInTheBalance(t *testing.T) {
	w, g := plant(t), shanghai(t, time.Hour)
	s := sheet(t, w, g, 17000, 17000, Whole)
	d, err := w.Close(17000, 24, even(24, map[string]float64{"gas": 100, "fan": 10, "steam": 3.2, "dry": 3.2, "power": 50, "blow": 380}))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Add(d), d.Check(w, 1e-12)); err != nil {
		t.Fatal(err)
	}
	if e := slices.IndexFunc(w.Edges, func(e park.Edge) bool { return e.ID == "air" }); d.Edge[e][3] != 400 || d.At(e, 3) != meter.Estimated || d.Sure(5, 3) {
		t.Errorf("air %v of quality %v", d.Edge[e][3], d.At(e, 3))
	}
	air := s.Totals("air")[0]
	if air.Made != 9600 || air.Used != 24*380 || air.Lost != 480 || air.Grades.Estimated == 0 || s.Totals("gas")[0].Converted != 2400 {
		t.Errorf("%+v", air)
	}
	table := s.Table(&park.Document{}, 0)
	steam := table.Places[9].Steps[0]
	if table.Places[9].Node != "boiler.steam" || steam.Yield == nil || math.Abs(*steam.Yield-0.032) > 1e-12 || math.Abs(*steam.Efficiency-3.2/3.636) > 1e-12 {
		t.Errorf("%+v", steam)
	}
	if f := table.Findings; len(f) != 1 || f[0].Code != "not_measured" || f[0].Node != "compressor" {
		t.Errorf("%+v", f)
	}
}

func TestBalanceFindings(t *testing.T) {
	g := shanghai(t, time.Hour)
	finds := func(code, node string, amounts map[string]float64) {
		t.Helper()
		w := plant(t)
		s := sheet(t, w, g, 17000, 17000, Whole)
		fill(t, s, w, 17000, even(24, amounts))
		for _, f := range s.Table(&park.Document{}, 0).Findings {
			if f.Code == code {
				if f.Node != node {
					t.Errorf("%s at %s, want %s", code, f.Node, node)
				}
				return
			}
		}
		if node != "" {
			t.Errorf("no %s: %+v", code, s.Table(&park.Document{}, 0).Findings)
		}
	}
	finds("yield", "boiler", map[string]float64{"gas": 100, "fan": 0, "steam": 4, "dry": 4, "power": 1, "blow": 8})
	finds("yield", "boiler", map[string]float64{"gas": 0, "fan": 0, "steam": 4, "dry": 4, "power": 1, "blow": 8})
	finds("yield", "", map[string]float64{"steam": 4, "dry": 4, "power": 1, "blow": 8}) // the gas is missing: nothing to say
	finds("islanded", "header", map[string]float64{"gas": 0, "fan": 0, "steam": 0, "dry": 4, "power": 1, "blow": 8})
	finds("islanded", "", map[string]float64{"gas": 0, "fan": 0, "dry": 4, "power": 1, "blow": 8})
}

// A missing input leaves the estimate missing, not zero.
func TestEstimateOfAMissingInput(t *testing.T) {
	w := plant(t)
	d, err := w.Close(17000, 24, even(24, map[string]float64{"gas": 100, "steam": 3}))
	if err != nil {
		t.Fatal(err)
	}
	if e := slices.IndexFunc(w.Edges, func(e park.Edge) bool { return e.ID == "air" }); d.At(e, 0).Base() != meter.Missing {
		t.Errorf("air is %v", d.At(e, 0))
	}
}

// A ring main of metered edges balances at each of its buses; doubt at one is doubt at all.
func TestRingMain(t *testing.T) {
	edge := func(id, from, to string) park.Edge { return park.Edge{ID: id, From: from, To: to, Register: id} }
	ring := park.Network{
		Nodes: []park.Node{{ID: "s", Kind: Source}, {ID: "a", Kind: Bus}, {ID: "b", Kind: Bus}, {ID: "c", Kind: Bus}, {ID: "u", Kind: Use}, {ID: "d", Kind: Bus}},
		Edges: []park.Edge{edge("in", "s", "a"), edge("ab", "a", "b"), edge("bc", "b", "c"), edge("ca", "c", "a"), edge("use", "b", "u"), edge("bd", "b", "d")},
	}
	w, err := NewNetwork(ring)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Rings) != 1 || !slices.Equal(w.Rings[0], []int{1, 2, 3}) {
		t.Errorf("rings %v", w.Rings)
	}
	settled := even(24, map[string]float64{"in": 10, "ab": 12, "bc": 2, "use": 9, "bd": 1})
	d, err := w.Close(17000, 24, settled)
	if err != nil {
		t.Fatal(err)
	}
	if d.Residual[2][0] != 0 || d.Sure(1, 0) || d.Sure(2, 0) || d.Sure(5, 0) {
		t.Errorf("residual %v; ca is missing, and the ring is sure of itself", d.Residual[2][0])
	}
	ring.Edges[3] = park.Edge{ID: "ca", From: "c", To: "a", Closing: true}
	if _, err := NewNetwork(ring); !errors.Is(err, ErrNetwork) {
		t.Errorf("an unmetered ring: %v", err)
	}
	plain := park.Network{Nodes: []park.Node{{ID: "s", Kind: Source, Carrier: "x"}, {ID: "v", Kind: "conversion", Conversion: &park.Conversion{Kind: "boiler"}}, {ID: "u", Kind: Use, Carrier: "y"}},
		Edges: []park.Edge{edge("i", "s", "v"), {ID: "o", From: "v", To: "u", Rated: true}}}
	if _, err := NewNetwork(plain); !errors.Is(err, ErrNetwork) {
		t.Errorf("a rated output without a yield: %v", err)
	}
}
