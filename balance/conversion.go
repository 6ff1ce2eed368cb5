package balance

import (
	"fmt"

	"lingtan/meter"
	"lingtan/park"
)

// Conversion is a node of the park at which carriers are turned into others. In the network
// it is laid out as a use for every input and a source for every output, of one carrier each,
// so that every carrier balances by itself; the first use keeps the node's place and
// identifier, the others are named node.edge.
type Conversion struct {
	park.Node           // as the park has it
	Inputs    []int     // edges
	Outputs   []int     // edges
	Uses      []int     // input → node that stands for it
	Sources   []int     // output → node that stands for it
	Rated     []float64 // output → rated yield: settle units by settle units of the inputs PerInput; 0 where none is known
	PerInput  []bool    // input → the yields are by it
	EnergyIn  []float64 // input → GJ in a settle unit; 0 where not known
	EnergyOut []float64 // output → GJ in a settle unit; 0 where not known
}

// rated is an edge whose amount is the conversion's input times a yield.
type rated struct {
	conversion int
	yield      float64
}

// layOut puts uses and sources in the place of conversions.
func (w *Network) layOut(carriers []park.Carrier) {
	for i := range len(w.Nodes) { // those of the park; more are added on the way
		if w.Nodes[i].Conversion == nil {
			continue
		}
		v := Conversion{Node: w.Nodes[i]}
		for e := range w.Edges {
			w.join(&v, i, e)
		}
		w.yields(&v, carriers)
		w.Conversions = append(w.Conversions, v)
	}
}

// join lets edge e, where it is of conversion v at node i, end at a node of its own.
func (w *Network) join(v *Conversion, i, e int) {
	switch {
	case w.To[e] == i && w.From[e] != i:
		n := i
		if len(v.Uses) > 0 {
			n = len(w.Nodes)
		}
		w.place(n, e, v.Node, Use, w.Nodes[w.From[e]])
		w.To[e] = n
		v.Inputs, v.Uses = append(v.Inputs, e), append(v.Uses, n)
	case w.From[e] == i:
		n := len(w.Nodes)
		w.place(n, e, v.Node, Source, w.Nodes[w.To[e]])
		w.From[e] = n
		v.Outputs, v.Sources = append(v.Outputs, e), append(v.Sources, n)
	}
}

// place sets node n, or a new one, to stand for edge e of a conversion; beyond is the node
// at the edge's other end.
func (w *Network) place(n, e int, of park.Node, kind string, beyond park.Node) {
	x := park.Node{ID: of.ID, Kind: kind, Carrier: beyond.Carrier, Organization: of.Organization, Name: of.Name, Equipment: of.Equipment}
	if n == len(w.Nodes) {
		x.ID = of.ID + "." + w.Edges[e].ID
		w.Nodes = append(w.Nodes, x)
	}
	if kind == Source {
		x.Activity = "conversion"
		x.Name = park.Name{ZH: of.Name.In("zh") + " → " + beyond.Name.In("zh"), EN: of.Name.In("en") + " → " + beyond.Name.In("en")}
	}
	w.Nodes[n] = x
}

// yields sets what is known of a conversion's energies and rated yields.
func (w *Network) yields(v *Conversion, carriers []park.Carrier) {
	known := map[string]park.Carrier{}
	for _, c := range carriers {
		known[c.ID] = c
	}
	var in park.Carrier
	for k := range v.Inputs {
		c := known[w.Nodes[v.Uses[k]].Carrier]
		per := v.Conversion.Per == "" || v.Conversion.Per == c.ID
		if per {
			in = c
		}
		energy, _ := c.Energy()
		v.PerInput, v.EnergyIn = append(v.PerInput, per), append(v.EnergyIn, energy)
	}
	for k, e := range v.Outputs {
		c := known[w.Nodes[v.Sources[k]].Carrier]
		yield := 0.0
		for _, o := range v.Conversion.Outputs {
			if o.Edge == w.Edges[e].ID && o.Rated != nil {
				yield, _ = o.Rated.Yield(in, c) // 0 where it is none
			}
		}
		energy, _ := c.Energy()
		v.Rated, v.EnergyOut = append(v.Rated, yield), append(v.EnergyOut, energy)
	}
}

// rate finds the yields of the edges that no meter reads.
func (w *Network) rate() error {
	for c, v := range w.Conversions {
		for k, e := range v.Outputs {
			if !w.Edges[e].Rated {
				continue
			}
			if v.Rated[k] == 0 {
				return fmt.Errorf("%w: output %s of conversion %s is not metered and has no rated yield that its carriers' units allow", ErrNetwork, w.Edges[e].ID, v.ID)
			}
			w.rated[e] = rated{c, v.Rated[k]}
		}
	}
	return nil
}

// estimate sets an edge that no meter reads from the inputs of its conversion: estimated
// where they are known, missing where one of them is.
func (b *Day) estimate(w *Network, e int) {
	r := w.rated[e]
	v := w.Conversions[r.conversion]
	b.Edge[e], b.Quality[e] = make([]float64, b.Slots), make([]meter.Quality, b.Slots)
	for t := range b.Slots {
		b.Quality[e][t] = meter.Estimated
	}
	for k, in := range v.Inputs {
		if !v.PerInput[k] || b.Edge[in] == nil {
			continue
		}
		for t, x := range b.Edge[in] {
			b.Edge[e][t] += r.yield * x
			if b.At(in, t).Base() == meter.Missing {
				b.Quality[e][t] = meter.Missing
			}
		}
	}
	for t, q := range b.Quality[e] {
		if q == meter.Missing {
			b.Edge[e][t] = 0
		}
	}
}
