// Package carbonflow traces the carbon of a park's energy through its network, interval by
// interval, and tells it by place, member and step, on both bases.
package carbonflow

import (
	"context"
	"math"
	"time"

	"lingtan/balance"
	"lingtan/flow/carbon"
	"lingtan/inventory"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/park"
	"lingtan/period"
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

// Trace traces the carbon of the days of a view, with each source's footprint as the view
// accounts it, and tells it by steps of an hour, a day or a month. Errors: ErrStep; those of
// the balance and of the trace.
func Trace(ctx context.Context, doc *park.Document, view *inventory.View, src inventory.UsageSource, step string, workers int) (*Flow, error) {
	pass, err := inventory.NewPass(doc)
	if err != nil {
		return nil, err
	}
	c := newTrace(pass.Network, view, doc)
	if _, err := pass.Run(ctx, src, view.First, view.Last, 0, func(b *balance.Day, _ map[string]usage.Day) error {
		c.take(b)
		return nil
	}); err != nil {
		return nil, err
	}
	out := &Flow{Park: doc.Park.ID, First: view.First.String(), Last: view.Last.String(), Step: step}
	return out, c.run(out, view.Profile.Zone, workers)
}

// trace maps a park's network onto what package carbon traces: sources and buses
// are places where a carrier mixes, uses and exports take there, storages stand there.
type trace struct {
	w       *balance.Network
	net     carbon.Network
	rate    [][]float64 // source node → kgCO2 a unit by footprint; nil elsewhere
	at      []int       // node of the park → node of the trace; −1 where none
	storage []int       // node of the park → storage of the trace; −1
	sources []int       // source of the trace → node of the park
	uses    []int       // use of the trace → edge of the park
	lines   []int       // edge of the trace → edge of the park
	names   map[string]park.Node
	units   map[string]string // carrier → settle unit
	days    []kept
	slots   int
}

// kept is the balance of a day, kept for the trace; NaN where a meter was missing.
type kept struct {
	day   period.Day
	slots int
	edge  [][]float64
}

func newTrace(w *balance.Network, view *inventory.View, doc *park.Document) *trace {
	c := &trace{w: w, rate: make([][]float64, len(w.Nodes)), at: make([]int, len(w.Nodes)), storage: make([]int, len(w.Nodes)),
		names: map[string]park.Node{}, units: map[string]string{}}
	for _, x := range doc.Carriers {
		c.units[x.ID] = x.Unit
	}
	for _, b := range bases {
		c.net.Footprints = append(c.net.Footprints, string(b))
	}
	for i, x := range w.Nodes {
		c.names[x.ID] = x
		c.at[i], c.storage[i] = -1, -1
		if x.Kind == balance.Source || x.Kind == balance.Bus {
			c.at[i] = len(c.net.Nodes)
			c.net.Nodes = append(c.net.Nodes, carbon.Node{ID: x.ID, Carrier: x.Carrier, Owner: x.Organization})
		}
		if x.Kind == balance.Source {
			c.net.Sources = append(c.net.Sources, carbon.Source{ID: x.ID, Node: c.at[i], Owner: x.Organization})
			c.sources = append(c.sources, i)
		}
	}
	for s, x := range view.Profile.Sources {
		for i := range w.Nodes {
			if w.Nodes[i].ID != x.Node {
				continue
			}
			for _, b := range bases {
				c.rate[i] = append(c.rate[i], 1000*view.Rate[b][s])
			}
		}
	}
	c.connect()
	return c
}

// connect makes lines, uses and storages out of the park's edges.
func (c *trace) connect() {
	for e := range c.w.Edges {
		from, to := c.w.From[e], c.w.To[e]
		switch kind := c.w.Nodes[to].Kind; {
		case kind == balance.Use || kind == balance.Export:
			x := c.w.Nodes[to]
			c.net.Uses = append(c.net.Uses, carbon.Use{ID: c.w.Edges[e].ID, Node: c.at[from], Owner: x.Organization, Export: kind == balance.Export})
			c.uses = append(c.uses, e)
		case kind == balance.Storage:
			if c.storage[to] < 0 {
				x := c.w.Nodes[to]
				c.storage[to] = len(c.net.Storages)
				c.net.Storages = append(c.net.Storages, carbon.Storage{ID: x.ID, Node: c.at[from], Owner: x.Organization})
			}
		case c.w.Nodes[from].Kind != balance.Storage:
			c.net.Edges = append(c.net.Edges, carbon.Edge{ID: c.w.Edges[e].ID, From: c.at[from], To: c.at[to], Owner: c.w.Nodes[to].Organization})
			c.lines = append(c.lines, e)
		}
	}
}

// take keeps a balanced day.
func (c *trace) take(b *balance.Day) {
	d := kept{day: b.Day, slots: b.Slots, edge: make([][]float64, len(b.Edge))}
	for e, amounts := range b.Edge {
		if amounts == nil {
			continue
		}
		d.edge[e] = append([]float64(nil), amounts...)
		for t := range d.edge[e] {
			if b.At(e, t).Base() == meter.Missing {
				d.edge[e][t] = math.NaN()
			}
		}
	}
	c.days = append(c.days, d)
	c.slots += b.Slots
}

// amount is what an edge carried in a slot of a day.
func (d *kept) amount(e, slot int) float64 {
	if d.edge[e] == nil {
		return 0
	}
	return d.edge[e][slot]
}

// fill writes the flows of an interval.
func (c *trace) fill(d *kept, slot int, f *carbon.Flows) {
	for i, node := range c.sources {
		f.Source[i] = 0
		for _, e := range c.w.Out[node] {
			f.Source[i] += d.amount(e, slot)
		}
		copy(f.Factor[i], c.rate[node])
	}
	for i, e := range c.lines {
		f.Sent[i] = d.amount(e, slot)
		f.Received[i] = f.Sent[i]
	}
	for i, e := range c.uses {
		f.Use[i] = d.amount(e, slot)
	}
	clear(f.Charge)
	clear(f.Discharge)
	for node, s := range c.storage {
		if s < 0 {
			continue
		}
		for _, e := range c.w.In[node] {
			f.Charge[s] += d.amount(e, slot)
		}
		for _, e := range c.w.Out[node] {
			f.Discharge[s] += d.amount(e, slot)
		}
	}
}
