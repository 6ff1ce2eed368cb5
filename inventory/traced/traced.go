// Package traced lays a park's balanced network out for the carbon trace, conversions and
// rings included, and follows what went into conversions to who took of their outputs.
package traced

import (
	"math"
	"slices"

	"lingtan/balance"
	"lingtan/flow/carbon"
	"lingtan/meter"
	"lingtan/period"
)

// Network is a park's network as package carbon traces it: sources, buses and the two sides
// of conversions are places where a carrier mixes, uses and exports take there, storages
// stand there, and each conversion is a converter. Amounts stay in the carriers' settle units.
type Network struct {
	Carbon  carbon.Network
	Balance *balance.Network
	Sources []int // source of the trace → node of the park

	at         []int // node of the park → node of the trace; −1 where none
	storage    []int // node of the park → storage of the trace; −1
	conversion []int // converter of the trace → conversion of the park
	uses       []int // use of the trace → edge of the park
	lines      []int // edge of the trace → edge of the park
	days       []kept
	slots      int
	level      []float64 // storage of the trace → what it is thought to hold when empty; see Open
}

// kept is the balance of a day, kept for the trace; NaN where a meter was missing.
type kept struct {
	day   period.Day
	slots int
	edge  [][]float64
}

// New lays a network out, to carry the footprints named through its conversions; where none is
// named, every source is a footprint of its own, see Embodied.
func New(w *balance.Network, footprints ...string) *Network {
	n := layOut(w, footprints, true)
	if len(footprints) == 0 {
		for _, i := range n.Sources {
			n.Carbon.Footprints = append(n.Carbon.Footprints, w.Nodes[i].ID)
		}
	}
	return n
}

// Apart lays a network out that ends at its conversions: what they take is used there, and what
// they give is brought in there. What is brought in without a footprint carries none.
func Apart(w *balance.Network, footprints ...string) *Network { return layOut(w, footprints, false) }

// layOut lays a network out; where it does not go through conversions, what they take is used
// there and what they give is brought in there.
func layOut(w *balance.Network, footprints []string, through bool) *Network {
	n := &Network{Balance: w, at: make([]int, len(w.Nodes)), storage: make([]int, len(w.Nodes))}
	n.Carbon.Footprints = footprints
	converts := make([]bool, len(w.Nodes))
	for _, v := range w.Conversions {
		for _, i := range slices.Concat(v.Uses, v.Sources) {
			converts[i] = through
		}
	}
	for i, x := range w.Nodes {
		n.at[i], n.storage[i] = -1, -1
		if x.Kind == balance.Source || x.Kind == balance.Bus || converts[i] || x.Kind == balance.Storage && passes(w, i) {
			n.at[i] = len(n.Carbon.Nodes)
			n.Carbon.Nodes = append(n.Carbon.Nodes, carbon.Node{ID: x.ID, Carrier: x.Carrier, Owner: x.Organization})
		}
		if x.Kind == balance.Source && !converts[i] {
			n.Carbon.Sources = append(n.Carbon.Sources, carbon.Source{ID: x.ID, Node: n.at[i], Owner: x.Organization})
			n.Sources = append(n.Sources, i)
		}
	}
	n.connect(converts)
	for k := range w.Conversions {
		if through {
			n.convert(k)
		}
	}
	return n
}

// passes says whether storage i gives to another node than the one that charges it. It then
// is a place of its own.
func passes(w *balance.Network, i int) bool {
	for _, in := range w.In[i] {
		for _, out := range w.Out[i] {
			if w.From[in] != w.To[out] {
				return true
			}
		}
	}
	return false
}

// connect makes lines, uses and storages out of the park's edges.
func (n *Network) connect(converts []bool) {
	w := n.Balance
	for e := range w.Edges {
		from, to := w.From[e], w.To[e]
		switch x := w.Nodes[to]; {
		case x.Kind == balance.Export || x.Kind == balance.Use && !converts[to]:
			n.Carbon.Uses = append(n.Carbon.Uses, carbon.Use{ID: w.Edges[e].ID, Node: n.at[from], Owner: x.Organization, Export: x.Kind == balance.Export})
			n.uses = append(n.uses, e)
		case x.Kind == balance.Storage && n.at[to] < 0:
			n.store(to, n.at[from])
		case w.Nodes[from].Kind != balance.Storage || n.at[from] >= 0:
			if x.Kind == balance.Storage {
				n.store(to, n.at[to])
			}
			n.Carbon.Edges = append(n.Carbon.Edges, carbon.Edge{ID: w.Edges[e].ID, From: n.at[from], To: n.at[to], Owner: x.Organization})
			n.lines = append(n.lines, e)
		}
	}
}

// store adds storage i of the park, once, at a node of the trace.
func (n *Network) store(i, node int) {
	if n.storage[i] < 0 {
		x := n.Balance.Nodes[i]
		n.storage[i] = len(n.Carbon.Storages)
		n.Carbon.Storages = append(n.Carbon.Storages, carbon.Storage{ID: x.ID, Node: node, Owner: x.Organization})
	}
}

// convert adds conversion k as a converter, unless nothing can be traced through it.
func (n *Network) convert(k int) {
	v := n.Balance.Conversions[k]
	if len(v.Inputs) == 0 || len(v.Outputs) == 0 {
		return
	}
	c := carbon.Converter{ID: v.ID, Kind: v.Conversion.Kind, Owner: v.Organization}
	for _, i := range v.Uses {
		c.Inputs = append(c.Inputs, carbon.Port{Node: n.at[i], Supply: math.NaN(), Return: math.NaN()})
	}
	c.Allocation = carbon.AllocateEfficiency
	if v.Conversion.Allocation == carbon.AllocateRatio {
		c.Allocation = carbon.AllocateRatio
	}
	for j, i := range v.Sources {
		c.Outputs = append(c.Outputs, carbon.Port{Node: n.at[i], Weight: weight(n.Balance, v, j), Supply: math.NaN(), Return: math.NaN()})
	}
	n.Carbon.Converters = append(n.Carbon.Converters, c)
	n.conversion = append(n.conversion, k)
}

// Take keeps a balanced day; days come in the order of time.
func (n *Network) Take(b *balance.Day) {
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
	n.days = append(n.days, d)
	n.slots += b.Slots
}

// Intervals is how many settlement intervals were taken.
func (n *Network) Intervals() int { return n.slots }

// EachDay hands on the days that were taken, with their intervals.
func (n *Network) EachDay(fn func(day period.Day, slots int) error) error {
	for _, d := range n.days {
		if err := fn(d.day, d.slots); err != nil {
			return err
		}
	}
	return nil
}

// Reader fills in the flows of the intervals taken, one after the other, with a footprint a
// unit for each of Sources: what carbon.Tracer.Trace wants.
func (n *Network) Reader(rate [][]float64) func(i int, f *carbon.Flows) error {
	day, slot := 0, 0
	level := append([]float64(nil), n.level...)
	return func(_ int, f *carbon.Flows) error {
		for slot == n.days[day].slots {
			day, slot = day+1, 0
		}
		n.fill(&n.days[day], slot, f)
		n.levels(&n.days[day], slot, level)
		copy(f.Level, level)
		for s := range n.Sources {
			copy(f.Factor[s], rate[s])
		}
		slot++
		return nil
	}
}

// levels books what storages were charged with and gave in a slot; none falls below its residue.
func (n *Network) levels(d *kept, slot int, level []float64) {
	if n.level == nil {
		return
	}
	for node, s := range n.storage {
		if s >= 0 {
			level[s] = max(level[s]+n.moved(d, n.Balance.In[node], slot)-n.moved(d, n.Balance.Out[node], slot), n.level[s])
		}
	}
}

// amount is what an edge carried in a slot of a day.
func (d *kept) amount(e, slot int) float64 {
	if d.edge[e] == nil {
		return 0
	}
	return d.edge[e][slot]
}

// fill writes the flows of an interval.
func (n *Network) fill(d *kept, slot int, f *carbon.Flows) {
	w := n.Balance
	for s, node := range n.Sources {
		f.Source[s] = 0
		for _, e := range w.Out[node] {
			f.Source[s] += d.amount(e, slot)
		}
	}
	for i, e := range n.lines {
		f.Sent[i] = d.amount(e, slot)
		f.Received[i] = f.Sent[i]
	}
	for i, e := range n.uses {
		f.Use[i] = d.amount(e, slot)
	}
	for i, k := range n.conversion {
		v := w.Conversions[k]
		for j, e := range v.Inputs {
			f.Input[i][j] = d.amount(e, slot)
		}
		for j, e := range v.Outputs {
			f.Output[i][j] = d.amount(e, slot)
		}
	}
	clear(f.Charge)
	clear(f.Discharge)
	for node, s := range n.storage {
		if s < 0 {
			continue
		}
		for _, e := range w.In[node] {
			f.Charge[s] += d.amount(e, slot)
		}
		for _, e := range w.Out[node] {
			f.Discharge[s] += d.amount(e, slot)
		}
	}
}
