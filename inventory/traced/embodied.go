package traced

import (
	"cmp"
	"slices"

	"lingtan/balance"
	"lingtan/flow/carbon"
	"lingtan/period"
)

// Passed is what a place took of an output of a conversion in a day, told by what had gone
// into the conversion and those before it.
type Passed struct {
	Day      period.Day
	Node     int       // of the park: a use, an export, or a bus with what it leaves over
	Output   int       // of the park: the source that stands for the conversion's output
	Embodied []float64 // by Network.Sources of the park: amount, in its carrier's settle unit
}

// Embodied follows, interval by interval, what the sources brought in through conversions to
// who took of their outputs, and hands on what each place took, day by day. In the first
// pass every source carries itself as a footprint of 1, so that the intensity of an output is
// what went into a unit of it; in the second the outputs are sources with these footprints,
// each in columns of its own, so that what one conversion gave is told from what another did.
// Sums over places and what storages hold equal what went in, to 1e-9. n was made by New
// without footprints.
func (n *Network) Embodied(workers int, fn func(Passed)) error {
	outputs := n.outputs()
	if len(outputs) == 0 || n.slots == 0 {
		return nil
	}
	into, err := n.intensities(outputs, workers)
	if err != nil {
		return err
	}
	p := layOut(n.Balance, make([]string, len(outputs)*len(n.Sources)), false)
	p.days, p.slots = n.days, n.slots
	if err := p.Open(n.atFirst(p, outputs, into)); err != nil {
		return err
	}
	tracer, err := carbon.NewTracer(p.Carbon)
	if err != nil {
		return err
	}
	g := gatherer{Network: p, outputs: outputs, sources: len(n.Sources), sums: map[[2]int][]float64{}, fn: fn}
	read := p.Reader(slices.Repeat([][]float64{make([]float64, len(p.Carbon.Footprints))}, len(p.Sources)))
	err = tracer.Trace(p.slots, workers, func(i int, f *carbon.Flows) error {
		err := read(i, f)
		for s, node := range p.Sources {
			if c := slices.Index(outputs, node); c >= 0 {
				copy(f.Factor[s][c*g.sources:(c+1)*g.sources], into[i*len(outputs)+c])
			}
		}
		return err
	}, g.take)
	g.flush()
	return err
}

// outputs are the nodes of the park that stand for outputs of conversions.
func (n *Network) outputs() []int {
	var list []int
	for _, v := range n.Balance.Conversions {
		list = append(list, v.Sources...)
	}
	return list
}

// atFirst is what a unit of each source of p carries when it first flows: of outputs what went
// into it, in columns of their own.
func (n *Network) atFirst(p *Network, outputs []int, into [][]float64) [][]float64 {
	rate := make([][]float64, len(p.Sources))
	for s, node := range p.Sources {
		rate[s] = make([]float64, len(p.Carbon.Footprints))
		c := slices.Index(outputs, node)
		for i := 0; c >= 0 && i < n.slots; i++ {
			row := into[i*len(outputs)+c]
			if slices.ContainsFunc(row, func(x float64) bool { return x != 0 }) {
				copy(rate[s][c*len(n.Sources):], row)
				break
			}
		}
	}
	return rate
}

// intensities are what went into a unit of every output, by interval and output.
func (n *Network) intensities(outputs []int, workers int) ([][]float64, error) {
	rate := make([][]float64, len(n.Sources))
	for s := range rate {
		rate[s] = make([]float64, len(n.Sources))
		rate[s][s] = 1
	}
	if err := n.Open(rate); err != nil {
		return nil, err
	}
	tracer, err := carbon.NewTracer(n.Carbon)
	if err != nil {
		return nil, err
	}
	into := make([][]float64, 0, n.slots*len(outputs))
	err = tracer.Trace(n.slots, workers, n.Reader(rate), func(r *carbon.Result) error {
		for _, node := range outputs {
			row := make([]float64, len(n.Sources))
			if x, flows := r.Node(n.at[node]); flows {
				copy(row, x)
			}
			into = append(into, row)
		}
		return nil
	})
	return into, err
}

// gatherer sums what places take, day by day.
type gatherer struct {
	*Network
	outputs   []int
	sources   int
	day, slot int
	sums      map[[2]int][]float64 // node, output → embodied
	fn        func(Passed)
}

func (g *gatherer) take(r *carbon.Result) error {
	for g.slot == g.days[g.day].slots {
		g.flush()
		g.day, g.slot = g.day+1, 0
	}
	g.slot++
	r.Each(func(b carbon.Booking) {
		node := g.taker(b)
		if node < 0 {
			return
		}
		for c := range g.outputs {
			part := b.Carbon[c*g.sources : (c+1)*g.sources]
			if !slices.ContainsFunc(part, func(x float64) bool { return x != 0 }) {
				continue
			}
			key := [2]int{node, c}
			if g.sums[key] == nil {
				g.sums[key] = make([]float64, g.sources)
			}
			for s, x := range part {
				g.sums[key][s] += x
			}
		}
	})
	return nil
}

// taker is the node of the park that a booking is of: what used, lost or sent out; −1 for
// others.
func (g *gatherer) taker(b carbon.Booking) int {
	switch b.Kind {
	case "use", "export":
		return g.Balance.To[g.uses[b.Index]]
	case "remainder":
		if b.Place != "node" { // of a storage
			return -1
		}
		if i := slices.Index(g.at, b.Index); g.Balance.Nodes[i].Kind == balance.Bus {
			return i
		}
	}
	return -1
}

// flush hands on the sums of the day.
func (g *gatherer) flush() {
	if g.day >= len(g.days) {
		return
	}
	keys := make([][2]int, 0, len(g.sums))
	for k := range g.sums {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) })
	for _, k := range keys {
		g.fn(Passed{Day: g.days[g.day].day, Node: k[0], Output: g.outputs[k[1]], Embodied: g.sums[k]})
	}
	clear(g.sums)
}
