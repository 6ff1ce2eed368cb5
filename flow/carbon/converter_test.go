package carbon

import (
	"math"
	"testing"
)

// A CHP of 100 units of gas at 0.2 kg, 40 of electricity and 40 of heat: 20 kg. By energy
// half each. By exergy with heat of quality 0.25 (391.0 K over 293.15 K): 40 : 10, so 16
// and 4. By ratio 0.7 : 0.3, 14 and 6. By efficiencies 0.4 and 0.8: 100 : 50, 13⅓ and 6⅔.
func TestAllocation(t *testing.T) {
	electricity, heat := Port{Node: 1, Supply: math.NaN(), Return: math.NaN()}, Port{Node: 2, Supply: 293.15/0.75 - 273.15, Return: math.NaN()}
	gives := func(allocation string, we, wh, electric, heating float64) {
		t.Helper()
		electricity.Weight, heat.Weight = we, wh
		n := Network{Footprints: []string{"co2"}, Nodes: []Node{{ID: "gas", Carrier: "gas"}, {ID: "bus", Carrier: "electricity"}, {ID: "heat", Carrier: "heat"}},
			Sources: []Source{{ID: "gas", Node: 0}}, Uses: []Use{{ID: "e", Node: 1}, {ID: "h", Node: 2}},
			Converters: []Converter{{ID: "chp", Inputs: []Port{{Node: 0, Direct: []float64{0.15}}}, Outputs: []Port{electricity, heat}, Allocation: allocation, Ambient: 20}}}
		f := NewFlows(&n)
		f.Source[0], f.Factor[0][0] = 100, 0.05 // supplied with 0.05 kg upstream, 0.15 burnt here
		f.Use[0], f.Use[1] = 40, 40
		f.Input[0][0], f.Output[0][0], f.Output[0][1] = 100, 40, 40
		tr, _, nodes := traced(t, n, 1, f)
		near(t, allocation+" electricity", nodes[0][2]*40, electric)
		near(t, allocation+" heat", nodes[0][4]*40, heating)
		if len(tr.Findings()) > 0 {
			t.Error(tr.Findings())
		}
	}
	gives("", 0, 0, 10, 10)
	gives(AllocateEnergy, 0, 0, 10, 10)
	gives(AllocateExergy, 0, 0, 16, 4)
	gives(AllocateRatio, 0.7, 0.3, 14, 6)
	gives(AllocateEfficiency, 0.4, 0.8, 40.0/3, 20.0/3)
}

// An output that stands still takes no share: a CHP in condensing mode gives all its carbon
// to electricity, whatever the ratio.
func TestRatioAmongRunningOutputs(t *testing.T) {
	n := Network{Footprints: []string{"co2"}, Nodes: []Node{{ID: "gas", Carrier: "gas"}, {ID: "bus", Carrier: "electricity"}, {ID: "heat", Carrier: "heat"}},
		Sources: []Source{{ID: "gas", Node: 0}}, Uses: []Use{{ID: "e", Node: 1}},
		Converters: []Converter{{ID: "chp", Inputs: []Port{{Node: 0}}, Outputs: []Port{{Node: 1, Weight: 0.6}, {Node: 2, Weight: 0.4}}, Allocation: AllocateRatio}}}
	f := NewFlows(&n)
	f.Source[0], f.Factor[0][0], f.Use[0] = 100, 0.2, 40
	f.Input[0][0], f.Output[0][0] = 100, 40
	_, _, nodes := traced(t, n, 1, f)
	near(t, "electricity", nodes[0][2]*40, 20)
}

// Electricity → hydrogen → electricity is a circle: 10 from the grid at 1 kg, 4 come back.
// The bus has 14; 8 go to the electrolyser, 6 are used. All 10 kg end at the use:
// e · 6 = 10, and the electrolyser and the fuel cell pass on 8 · 10/6.
func TestCircleThroughCarriers(t *testing.T) {
	n := Network{Footprints: []string{"co2"}, Nodes: []Node{{ID: "bus", Carrier: "electricity"}, {ID: "h2", Carrier: "hydrogen"}},
		Sources: []Source{{ID: "grid", Node: 0}}, Uses: []Use{{ID: "u", Node: 0}}, Split: "co2",
		Converters: []Converter{{ID: "electrolyser", Inputs: []Port{{Node: 0}}, Outputs: []Port{{Node: 1}}}, {ID: "cell", Inputs: []Port{{Node: 1}}, Outputs: []Port{{Node: 0}}}}}
	f := NewFlows(&n)
	f.Source[0], f.Factor[0][0], f.Use[0] = 10, 1, 6
	f.Input[0][0], f.Output[0][0], f.Input[1][0], f.Output[1][0] = 8, 6, 6, 4
	tr, sums, nodes := traced(t, n, 1, f)
	near(t, "bus", nodes[0][0], 10.0/6)
	columns := tr.Columns()
	near(t, "hydrogen", nodes[0][len(columns)], 8*10.0/6/6)
	for _, l := range sums.Lines() {
		if l.Kind == "use" {
			near(t, "of the grid", l.Carbon[2], 10)
		}
	}
}
