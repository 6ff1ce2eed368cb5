package inventory

import (
	"math"

	"lingtan/balance"
	"lingtan/flow"
	"lingtan/meter"
	"lingtan/period"
	"lingtan/quantity"
	"lingtan/usage"
)

// Part is what one day of a park adds to every inventory whose period holds it: what each place
// took of each source by quality, what each source gave, and each register's leaf of the
// evidence tree. It follows from the park's structure, the settled usage of the day and the state
// that the trace had when the day began, and from nothing else. It is not to be changed.
type Part struct {
	day     period.Day
	settled int       // usage days that it is made of
	before  []float64 // state of the trace when the day began
	carried []int     // places of before that the day rests on
	after   []float64 // state of the trace when it ended
	taken   []taken   // by place and source, see layout
	counts  []count   // node → intervals of its meters
	given   []float64 // source → amount given
	leaves  []leaf    // register, in the order of the evidence → its day
}

// keptParts keeps parts of days, so that an inventory made again gathers only days that changed.
type keptParts interface {
	// Part is the part kept of a day as its usage is known at the inventory's recorded time,
	// nil when none is.
	Part(day period.Day) *Part
	// Keep keeps a part; it may be forgotten at any time.
	Keep(p *Part)
}

// Day is the civil day that the part is of.
func (p *Part) Day() period.Day { return p.day }

// Size is about the memory that the part takes, bytes; before is the after of another.
func (p *Part) Size() int {
	return 8*(len(p.after)+len(p.carried)+len(p.given)) + 24*len(p.taken) + 16*len(p.counts) + 80*len(p.leaves) + 256
}

// follows says whether the day would add the same from another state of the trace.
func (p *Part) follows(state []float64) bool {
	if len(state) != len(p.before) {
		return false
	}
	for _, i := range p.carried {
		if math.Float64bits(p.before[i]) != math.Float64bits(state[i]) {
			return false
		}
	}
	return true
}

// taken is an amount by quality: measured, estimated, edited.
type taken [3]float64

// grade is where an amount of a quality stands in taken. A missing amount is 0.
func grade(q meter.Quality) int {
	switch q {
	case meter.Estimated:
		return 1
	case meter.Edited:
		return 2
	}
	return 0
}

// count counts intervals of a node's meters, and those that are missing.
type count struct{ intervals, missing int }

// leaf is a register's settled day in the evidence.
type leaf struct {
	hash     [32]byte
	totals   usage.Totals
	readings uint32
	settled  bool
}

// layout says where the amounts of a place stand in a part: node n has a row for each
// source that reaches it, from[n] on.
type layout struct {
	net    *balance.Network
	tracer *flow.Tracer
	from   []int
	rows   int
}

func newLayout(net *balance.Network, t *flow.Tracer) layout {
	l := layout{net: net, tracer: t, from: make([]int, len(net.Nodes))}
	for n, node := range net.Nodes {
		l.from[n] = l.rows
		if node.Kind == balance.Use || node.Kind == balance.Export || node.Kind == balance.Bus {
			l.rows += len(t.Reach[n])
		}
	}
	return l
}

func (l layout) empty(day period.Day, registers int) *Part {
	return &Part{day: day, taken: make([]taken, l.rows), counts: make([]count, len(l.net.Nodes)),
		given: make([]float64, len(l.tracer.Sources)), leaves: make([]leaf, registers)}
}

// sum adds a balanced day to a part, interval after interval.
func (l layout) sum(p *Part, b *balance.Day) {
	for n, node := range l.net.Nodes {
		switch node.Kind {
		case balance.Use:
			for _, e := range l.net.In[n] {
				p.count(n, b, e)
			}
		case balance.Bus:
			p.countBus(l.net, n, b)
		}
	}
	for s, n := range l.tracer.Sources {
		for _, e := range l.net.Out[n] {
			for _, x := range b.Edge[e] {
				p.given[s] += x
			}
		}
	}
	l.tracer.Trace(b, func(from, to int) {
		for n, node := range l.net.Nodes {
			switch node.Kind {
			case balance.Use, balance.Export:
				l.take(p, b, n, from, to)
			case balance.Bus:
				l.rest(p, b, n, from, to)
			}
		}
	})
}

// take adds what a use or export takes in the intervals [from, to).
func (l layout) take(p *Part, b *balance.Day, n, from, to int) {
	in := l.net.In[n]
	if len(in) == 1 && b.Edge[in[0]] != nil && b.Quality[in[0]] == nil && b.Unsure[l.net.From[in[0]]] == nil {
		l.takeMeasured(p, b, n, from, to)
		return
	}
	for slot := from; slot < to; slot++ {
		for _, e := range in {
			if b.Edge[e] != nil && b.Edge[e][slot] != 0 {
				l.takeBy(p, b, e, slot)
			}
		}
	}
}

// takeMeasured is take where all that node n takes by its one edge is measured.
func (l layout) takeMeasured(p *Part, b *balance.Day, n, from, to int) {
	e := l.net.In[n][0]
	edge, source, columns := b.Edge[e], l.net.From[e], l.tracer.Columns(e)
	for slot := from; slot < to; slot++ {
		for k, share := range l.tracer.Mixture(source, slot) {
			p.taken[l.from[n]+columns[k]][0] += float64(edge[slot] * share)
		}
	}
}

// takeBy adds what is taken by edge e in an interval.
func (l layout) takeBy(p *Part, b *balance.Day, e, slot int) {
	n, source, columns := l.net.To[e], l.net.From[e], l.tracer.Columns(e)
	for k, share := range l.tracer.Mixture(source, slot) {
		if share != 0 {
			q := quality(l.net, b, flow.Share{Node: n, Edge: e, Slot: slot, Mixed: share != 1})
			p.taken[l.from[n]+columns[k]][grade(q)] += float64(b.Edge[e][slot] * share)
		}
	}
}

// rest adds what a bus leaves over in the intervals [from, to).
func (l layout) rest(p *Part, b *balance.Day, n, from, to int) {
	for slot := from; slot < to; slot++ {
		r := b.Residual[n][slot]
		if r == 0 {
			continue
		}
		q := grade(quality(l.net, b, flow.Share{Node: n, Edge: -1, Slot: slot}))
		for k, share := range l.tracer.Mixture(n, slot) {
			p.taken[l.from[n]+k][q] += float64(r * share)
		}
	}
}

// count adds the intervals of edge e to its node n.
func (p *Part) count(n int, b *balance.Day, e int) {
	if b.Edge[e] == nil {
		return
	}
	p.counts[n].intervals += b.Slots
	for _, q := range b.Quality[e] {
		if q.Base() == meter.Missing {
			p.counts[n].missing++
		}
	}
}

// countBus counts the intervals of a bus whose balance is not closed: one in which
// any of its meters is missing leaves over an amount that is not known.
func (p *Part) countBus(net *balance.Network, n int, b *balance.Day) {
	missing := make([]bool, b.Slots)
	for _, edges := range [2][]int{net.In[n], net.Out[n]} {
		for _, e := range edges {
			if net.Edges[e].Closing && b.Edge[e] != nil {
				return
			}
			for t, q := range b.Quality[e] {
				missing[t] = missing[t] || q.Base() == meter.Missing
			}
		}
	}
	p.counts[n].intervals += b.Slots
	for _, m := range missing {
		if m {
			p.counts[n].missing++
		}
	}
}

// quality is a share's: that of the edge it is metered by, and Estimated where the
// edge is measured but the mixture that it takes of rests on an estimate; a bus's
// residual is measured when all edges at the bus are.
func quality(net *balance.Network, b *balance.Day, s flow.Share) meter.Quality {
	if s.Edge < 0 {
		if b.Sure(s.Node, s.Slot) {
			return meter.Measured
		}
		return meter.Estimated
	}
	q := b.At(s.Edge, s.Slot).Base()
	if q == meter.Measured && s.Mixed && !b.Sure(net.From[s.Edge], s.Slot) {
		return meter.Estimated
	}
	return q
}

// sums adds parts in the order of their days, with little rounding: the same parts
// give the same bits.
type sums struct {
	taken  [][3]quantity.Accumulator
	given  []quantity.Accumulator
	counts []count
}

func (l layout) newSums() *sums {
	return &sums{taken: make([][3]quantity.Accumulator, l.rows), given: make([]quantity.Accumulator, len(l.tracer.Sources)), counts: make([]count, len(l.net.Nodes))}
}

func (s *sums) add(p *Part) {
	for i := range p.taken {
		for q, x := range p.taken[i] {
			if x != 0 {
				s.taken[i][q].Add(x)
			}
		}
	}
	for i, x := range p.given {
		s.given[i].Add(x)
	}
	for n, c := range p.counts {
		s.counts[n].intervals += c.intervals
		s.counts[n].missing += c.missing
	}
}
