// Package carbonflow traces the carbon of a park's energy through its network, interval by
// interval, and tells it by place, member and step, on both bases.
package carbonflow

import (
	"context"
	"time"

	"lingtan/balance"
	"lingtan/flow/carbon"
	"lingtan/inventory"
	"lingtan/inventory/traced"
	"lingtan/method"
	"lingtan/park"
	"lingtan/usage"
)

// Flow is the carbon that went with energy through a park's network over a period.
type Flow struct {
	Park       string           `json:"park"`
	First      string           `json:"first"` // day
	Last       string           `json:"last"`
	Step       string           `json:"step"`  // hour, day or month
	Times      []time.Time      `json:"times"` // beginnings of the steps
	Footprints []string         `json:"footprints"`
	Nodes      []Place          `json:"nodes"`
	Owners     []Member         `json:"owners"`
	Transfers  []Transfer       `json:"transfers"`
	Findings   []carbon.Finding `json:"findings"`
	Gap        float64          `json:"gap"`       // largest difference of carbon in and out of an interval, relative
	Intervals  int              `json:"intervals"` // settlement intervals traced
	Sources    []Footprint      `json:"sources"`
}

// Footprint is what a source brings in, on each basis, averaged over the period.
type Footprint struct {
	Node   string    `json:"node"`
	Name   park.Name `json:"name"`
	Unit   string    `json:"unit"`
	Factor []float64 `json:"factor"` // kgCO2 a unit, by footprint
}

// Place is a place where a carrier mixes, with its intensity by step.
type Place struct {
	Node         string       `json:"node"`
	Name         park.Name    `json:"name"`
	Carrier      string       `json:"carrier"`
	Unit         string       `json:"unit"`
	Organization string       `json:"organization"`
	Through      []float64    `json:"through"`   // amount by step
	Intensity    [][]*float64 `json:"intensity"` // footprint → step, kgCO2 a unit; null where nothing flowed
}

// Member is what an organization answers for, in tCO2 by footprint.
type Member struct {
	Organization string    `json:"organization"`
	Used         []float64 `json:"used"`
	Lost         []float64 `json:"lost"`
	Exported     []float64 `json:"exported"`
	Stored       []float64 `json:"stored"`
	Sourced      []float64 `json:"sourced"`
}

// Transfer is energy that one member handed to another, with its carbon in tCO2.
type Transfer struct {
	From    string    `json:"from"`
	To      string    `json:"to"`
	Carrier string    `json:"carrier"`
	Amount  float64   `json:"amount"`
	Carbon  []float64 `json:"carbon"`
}

// bases are the footprints that a park's flow carries side by side.
var bases = []method.Basis{method.Location, method.Market}

// Apart is Trace where carbon stays at who runs a conversion, as an inventory has it in scope 1:
// what a conversion gives out carries none.
func Apart(ctx context.Context, doc *park.Document, view *inventory.View, src inventory.UsageSource, step string, workers int) (*Flow, error) {
	return over(ctx, doc, view, src, step, workers, traced.Apart)
}

// Trace traces the carbon of the days of a view, with each source's footprint as the view
// accounts it, and tells it by steps of an hour, a day or a month. Errors: ErrStep; those of
// the balance and of the trace.
func Trace(ctx context.Context, doc *park.Document, view *inventory.View, src inventory.UsageSource, step string, workers int) (*Flow, error) {
	return over(ctx, doc, view, src, step, workers, traced.New)
}

// over traces over a network as lay lays it out.
func over(ctx context.Context, doc *park.Document, view *inventory.View, src inventory.UsageSource, step string, workers int,
	lay func(*balance.Network, ...string) *traced.Network) (*Flow, error) {
	pass, err := inventory.NewPass(doc)
	if err != nil {
		return nil, err
	}
	c := newTrace(pass.Network, view, doc, lay)
	if _, err := pass.Run(ctx, src, view.First, view.Last, 0, func(b *balance.Day, _ map[string]usage.Day) error {
		c.net.Take(b)
		return nil
	}); err != nil {
		return nil, err
	}
	out := &Flow{Park: doc.Park.ID, First: view.First.String(), Last: view.Last.String(), Step: step}
	return out, c.run(out, view.Profile.Zone, workers)
}

// trace is a park's network laid out for the trace, with what its sources bring in.
type trace struct {
	net   *traced.Network
	rate  [][]float64 // source of the trace → kgCO2 a unit by footprint
	names map[string]park.Node
	units map[string]string // carrier → settle unit
}

func newTrace(w *balance.Network, view *inventory.View, doc *park.Document, lay func(*balance.Network, ...string) *traced.Network) *trace {
	c := &trace{names: map[string]park.Node{}, units: map[string]string{}}
	for _, x := range doc.Carriers {
		c.units[x.ID] = x.Unit
	}
	for _, x := range w.Nodes {
		c.names[x.ID] = x
	}
	footprints := make([]string, len(bases))
	for k, b := range bases {
		footprints[k] = string(b)
	}
	c.net = lay(w, footprints...)
	c.rate = make([][]float64, len(c.net.Sources))
	for i, n := range c.net.Sources {
		for s, x := range view.Profile.Sources {
			if x.Node != w.Nodes[n].ID {
				continue
			}
			for _, b := range bases {
				c.rate[i] = append(c.rate[i], 1000*view.Rate[b][s])
			}
		}
	}
	return c
}
