package inventory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lingtan/balance"
	"lingtan/flow/carbon"
	"lingtan/inventory"
	"lingtan/inventory/traced"
	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/test/parktest"
	"lingtan/usage"
)

// told is all that is said of a park and a day: faults of the file, errors, notes, findings of the
// balance and of the carbon trace. It fails where a figure is no number.
func told(t *testing.T, p *parktest.Park) string {
	t.Helper()
	if _, err := layout.Compile(p.Document); err != nil {
		return err.Error()
	}
	var list []string
	v, err := compile(t, p, day)
	if err != nil {
		list = append(list, err.Error())
	} else {
		if _, err := json.Marshal(v); err != nil {
			t.Fatal(err) // encoding/json refuses NaN
		}
		for _, n := range v.Notes {
			list = append(list, n.EN)
		}
	}
	pass, err := inventory.NewPass(p.Document)
	if err != nil {
		return err.Error()
	}
	first, err := period.ParseDay(day)
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := balance.NewSheet(pass.Network, map[string]string{"electricity": "kWh", "natural_gas": "GJ"}, pass.Grid, first, first, balance.Whole)
	if err != nil {
		t.Fatal(err)
	}
	n := traced.New(pass.Network, "carbon")
	if _, err := pass.Run(context.Background(), p, first, first, 0, func(b *balance.Day, _ map[string]usage.Day) error {
		n.Take(b)
		return sheet.Add(b)
	}); err != nil {
		t.Fatal(err)
	}
	for _, f := range sheet.Table(p.Document, 0).Findings {
		list = append(list, fmt.Sprintf("%s %s", f.Code, f.Node))
	}
	return strings.Join(append(list, traceFindings(t, n)...), "\n")
}

// traceFindings are those of the carbon trace. It fails where an intensity is no number.
func traceFindings(t *testing.T, n *traced.Network) (list []string) {
	t.Helper()
	rate := make([][]float64, len(n.Sources))
	for i := range rate {
		rate[i] = []float64{0.5}
	}
	tracer, err := carbon.NewTracer(n.Carbon)
	if err != nil {
		t.Fatal(err)
	}
	if err := tracer.Trace(n.Intervals(), 1, n.Reader(rate), func(r *carbon.Result) error {
		for i := range n.Carbon.Nodes {
			if x, flows := r.Node(i); flows && math.IsNaN(x[0]) {
				t.Fatalf("node %s has no number", n.Carbon.Nodes[i].ID)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, f := range tracer.Findings() {
		list = append(list, f.String())
	}
	return list
}

// A broken park is an error or a finding that names the place, never a number that is none and
// never a silent zero.
func TestBrokenParksAreNamed(t *testing.T) {
	ring := func(x, supply float64) *parktest.Park {
		p := parktest.New().Ring("mill", "bakery").Settled("mill.kwh", day, x, meter.Measured).Settled("bakery.kwh", day, x, meter.Measured)
		for _, key := range []string{"ring-in.kwh", "ring-pv.kwh", "ring-ab.kwh", "ring-ba.kwh"} {
			p.Settled(key, day, supply, meter.Measured)
		}
		return p
	}
	cases := map[string]struct {
		park  func(x float64) *parktest.Park
		names []string
	}{
		"islanded load": {func(x float64) *parktest.Park { return ring(x, 0) }, []string{"islanded ring-b", "ring-a"}},
		"negative flow": {func(x float64) *parktest.Park {
			return parktest.New().Enterprise("mill").Settled("mill.kwh", day, -x, meter.Measured)
		}, []string{"to-mill", "negative"}},
		"a meter never read": {func(x float64) *parktest.Park {
			return parktest.New().Enterprise("mill").Enterprise("bakery").Settled("mill.kwh", day, x, meter.Measured)
		}, []string{"bakery"}},
		"factor of no region":  {func(x float64) *parktest.Park { p := ring(x, x); p.Document.Park.Region = "西藏"; return p }, []string{"西藏"}},
		"a unit of other kind": {gasByVolume, []string{"mill-gas", "Nm3"}},
		"an unmetered loop": {func(x float64) *parktest.Park {
			p := ring(x, x)
			for i := range p.Document.Network.Edges {
				if e := &p.Document.Network.Edges[i]; e.ID == "ring-ab" {
					e.Register, e.Closing = "", true
				}
			}
			return p
		}, []string{"LT-20", "network"}},
	}
	names := slices.Sorted(maps.Keys(cases))
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.SampledFrom(names).Draw(r, "case")
		said := told(t, cases[name].park(rapid.Float64Range(0.5, 500).Draw(r, "amount")))
		for _, want := range cases[name].names {
			if !strings.Contains(said, want) {
				r.Fatalf("nothing says %q:\n%s", want, said)
			}
		}
	})
}

// gasByVolume meters gas in Nm3, which the method's heat does not convert.
func gasByVolume(x float64) *parktest.Park {
	p := parktest.New().Enterprise("mill").Gas("mill").Settled("mill.kwh", day, x, meter.Measured).Settled("mill-gas.kwh", day, x, meter.Measured)
	for i := range p.Document.Carriers {
		if p.Document.Carriers[i].ID == "natural_gas" {
			p.Document.Carriers[i].Unit = "Nm3"
		}
	}
	for i := range p.Document.Points {
		if r := &p.Document.Points[i].Registers[0]; r.Carrier == "natural_gas" {
			r.Quantity, r.Unit = "volume", "Nm3"
		}
	}
	return p
}
