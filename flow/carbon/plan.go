package carbon

import (
	"cmp"
	"fmt"
	"slices"
)

// arc carries carbon from a vertex to another. The vertices are the nodes, then the
// storages, then the converters.
type arc struct{ from, to int32 }

// plan is a network made ready: its arcs, and the components that energy might circle
// through, in an order in which each stands after all that feed it. It is made once and
// holds for all intervals.
type plan struct {
	net        *Network
	footprints int // columns 0 … footprints−1
	columns    int // footprints, the unexplained energy, origins
	split      int // footprint told by origin, −1 for none
	vertices   int
	arcs       []arc
	feed       [][]int32 // vertex → arcs into it
	order      []int32   // vertices, component after component
	start      []int32   // where each component begins
	block      []int32   // vertex → its component
	weights    [][]float64

	back, charge, discharge []int32 // edge or storage → arc; back is −1 for one-way edges
	input, output           []int32 // converter → arc of its first port; the others follow
}

// The order of the origin columns is sources, converters, storages.

func (p *plan) unexplained() int          { return p.footprints }
func (p *plan) originSource(i int) int    { return p.footprints + 1 + i }
func (p *plan) originConverter(i int) int { return p.originSource(len(p.net.Sources)) + i }
func (p *plan) originStorage(i int) int   { return p.originConverter(len(p.net.Converters)) + i }
func (p *plan) storage(i int) int32       { return int32(len(p.net.Nodes) + i) }
func (p *plan) converter(i int) int32     { return int32(len(p.net.Nodes) + len(p.net.Storages) + i) }
func (p *plan) isConverter(v int32) bool  { return v >= p.converter(0) }
func (p *plan) row(m []float64, v int32) []float64 {
	return m[int(v)*p.columns : (int(v)+1)*p.columns]
}

func newPlan(n Network) (*plan, error) {
	n.Loss, n.Deficit = cmp.Or(n.Loss, LossReceiver), cmp.Or(n.Deficit, DeficitMixture)
	p := &plan{net: &n, footprints: len(n.Footprints), columns: len(n.Footprints) + 1, split: -1}
	if err := n.check(); err != nil {
		return nil, err
	}
	if n.Split != "" {
		if p.split = slices.Index(n.Footprints, n.Split); p.split < 0 {
			return nil, fmt.Errorf("%w: split: %q is no footprint of %q", ErrNetwork, n.Split, n.Footprints)
		}
		p.columns += len(n.Sources) + len(n.Converters) + len(n.Storages)
	}
	if p.columns > maxColumns {
		return nil, fmt.Errorf("%w: %d footprints and origins, more than %d; trace without split", ErrNetwork, p.columns, maxColumns)
	}
	for _, c := range n.Converters {
		w, err := weights(c)
		if err != nil {
			return nil, err
		}
		p.weights = append(p.weights, w)
	}
	p.vertices = len(n.Nodes) + len(n.Storages) + len(n.Converters)
	if p.vertices > maxValues/p.columns {
		return nil, fmt.Errorf("%w: %d nodes, storages and converters with %d footprints and origins; trace without split", ErrNetwork, p.vertices, p.columns)
	}
	p.connect()
	c := newComponents(p.vertices)
	all := make([]int32, p.vertices)
	for v := range all {
		all[v] = int32(v)
	}
	c.find(all, func(v int32) []int32 { return p.feed[v] }, func(a int32) int32 { return p.arcs[a].from })
	p.order, p.start = c.order, c.start
	p.block = make([]int32, p.vertices)
	for b := range len(p.start) - 1 {
		for _, v := range p.order[p.start[b]:p.start[b+1]] {
			p.block[v] = int32(b)
		}
	}
	return p, nil
}

// connect lays the arcs: those of the edges first, so that edge e is arc e.
func (p *plan) connect() {
	n := p.net
	add := func(from, to int32) int32 {
		p.arcs = append(p.arcs, arc{from, to})
		return int32(len(p.arcs) - 1)
	}
	for _, e := range n.Edges {
		add(int32(e.From), int32(e.To))
	}
	for _, e := range n.Edges {
		back := int32(-1)
		if e.TwoWay {
			back = add(int32(e.To), int32(e.From))
		}
		p.back = append(p.back, back)
	}
	for i, s := range n.Storages {
		p.charge = append(p.charge, add(int32(s.Node), p.storage(i)))
		p.discharge = append(p.discharge, add(p.storage(i), int32(s.Node)))
	}
	for i, c := range n.Converters {
		p.input = append(p.input, int32(len(p.arcs)))
		for _, x := range c.Inputs {
			add(int32(x.Node), p.converter(i))
		}
		p.output = append(p.output, int32(len(p.arcs)))
		for _, x := range c.Outputs {
			add(p.converter(i), int32(x.Node))
		}
	}
	p.feed = make([][]int32, p.vertices)
	for a, x := range p.arcs {
		p.feed[x.to] = append(p.feed[x.to], int32(a))
	}
}
