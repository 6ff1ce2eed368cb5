// Package flow traces energy through a park's network from its sources to its
// consumers by proportional sharing, interval by interval, so that the carbon of
// every source is passed on once and only once.
//
// Proportional sharing (Bialek 1996, "Tracing the flow of electricity", IEE
// Proc. 143(4)): what leaves a node has the mixture of what enters it.
package flow

import (
	"lingtan/balance"
)

// Tracer follows every source of a network through its days, in time order; it
// remembers what each storage holds.
type Tracer struct {
	Network *balance.Network
	Sources []int // source nodes, in the order of the network: column s of a mixture

	source map[int]int // node → column
	mix    [][]float64 // node → share of each source in what leaves it, at the interval at work
	held   [][]float64 // storage node → energy held by source
	sub    []float64   // amount entering the node at work, by source
}

// NewTracer prepares the trace of a network.
func NewTracer(n *balance.Network) *Tracer {
	t := &Tracer{Network: n, source: map[int]int{}}
	for i, node := range n.Nodes {
		if node.Kind == balance.Source {
			t.source[i] = len(t.Sources)
			t.Sources = append(t.Sources, i)
		}
	}
	t.mix, t.held = make([][]float64, len(n.Nodes)), make([][]float64, len(n.Nodes))
	for i := range n.Nodes {
		t.mix[i] = make([]float64, len(t.Sources))
		if s, ok := t.source[i]; ok {
			t.mix[i][s] = 1
		}
		if n.Nodes[i].Kind == balance.Storage {
			t.held[i] = make([]float64, len(t.Sources))
			t.mix[i] = t.before(n.Nodes[i].Carrier)
		}
	}
	t.sub = make([]float64, len(t.Sources))
	return t
}

// before is the mixture assumed in a storage when the trace begins: the first
// source of its carrier, the grid in most parks.
func (t *Tracer) before(carrier string) []float64 {
	mix := make([]float64, len(t.Sources))
	for s, n := range t.Sources {
		if t.Network.Nodes[n].Carrier == carrier {
			mix[s] = 1
			break
		}
	}
	return mix
}

// Share is what one place takes of one source in one interval. Edge is the edge by
// which a use or an export takes it, −1 for what a bus leaves over (its residual).
type Share struct {
	Node, Edge, Source, Slot int
	Amount                   float64
	Mixed                    bool // the place takes of other sources too, so that its share is computed
}

// Day traces one balanced day and hands on every share: of each use and export by
// the edge that feeds it, and of each bus's residual, which is negative where more
// was metered out than in. Sum over shares, per source and carrier, equals what the
// source gave less what storages took in.
func (t *Tracer) Day(b *balance.Day, fn func(Share)) {
	for slot := range b.Slots {
		for _, n := range t.Network.Order {
			t.node(b, n, slot, fn)
		}
		for n := range t.held { // a storage books the interval when all mixtures are known
			if t.held[n] != nil {
				t.store(b, n, slot)
			}
		}
	}
}

func (t *Tracer) node(b *balance.Day, n, slot int, fn func(Share)) {
	switch t.Network.Nodes[n].Kind {
	case balance.Use, balance.Export:
		for _, e := range t.Network.In[n] {
			t.take(b, n, e, slot, fn)
		}
	case balance.Bus:
		t.blend(b, n, slot)
		t.rest(b, n, slot, fn)
	}
}

// rest hands on what a bus leaves over.
func (t *Tracer) rest(b *balance.Day, n, slot int, fn func(Share)) {
	r := b.Residual[n][slot]
	if r == 0 {
		return
	}
	for s, share := range t.mix[n] {
		if share != 0 {
			fn(Share{Node: n, Edge: -1, Source: s, Slot: slot, Amount: r * share, Mixed: share != 1})
		}
	}
}

// take hands on what a use or export takes by edge e.
func (t *Tracer) take(b *balance.Day, n, e, slot int, fn func(Share)) {
	if b.Edge[e] == nil || b.Edge[e][slot] == 0 {
		return
	}
	for s, share := range t.mix[t.Network.From[e]] {
		if share != 0 {
			fn(Share{Node: n, Edge: e, Source: s, Slot: slot, Amount: b.Edge[e][slot] * share, Mixed: share != 1})
		}
	}
}

// blend sets the mixture of a bus from what enters it. Where nothing enters, the
// last mixture stays; before the first, that of the first edge in.
func (t *Tracer) blend(b *balance.Day, n, slot int) {
	clear(t.sub)
	var sum float64
	for _, e := range t.Network.In[n] {
		if b.Edge[e] == nil {
			continue
		}
		x := b.Edge[e][slot]
		sum += x
		for s, share := range t.mix[t.Network.From[e]] {
			t.sub[s] += x * share
		}
	}
	if sum > 0 {
		for s := range t.sub {
			t.mix[n][s] = t.sub[s] / sum
		}
		return
	}
	var known float64
	for _, share := range t.mix[n] {
		known += share
	}
	if known == 0 && len(t.Network.In[n]) > 0 {
		copy(t.mix[n], t.mix[t.Network.From[t.Network.In[n][0]]])
	}
}

// store books what a storage took in the interval and what it gave. What it gives
// in the next interval has the mixture of what it then holds.
func (t *Tracer) store(b *balance.Day, n, slot int) {
	held := t.held[n]
	for _, e := range t.Network.Out[n] {
		if b.Edge[e] == nil {
			continue
		}
		for s, share := range t.mix[n] {
			held[s] -= b.Edge[e][slot] * share
		}
	}
	for _, e := range t.Network.In[n] {
		if b.Edge[e] == nil {
			continue
		}
		for s, share := range t.mix[t.Network.From[e]] {
			held[s] += b.Edge[e][slot] * share
		}
	}
	var sum float64
	for _, h := range held {
		sum += max(h, 0)
	}
	if sum <= 0 {
		return
	}
	for s, h := range held {
		t.mix[n][s] = max(h, 0) / sum
	}
}

// Held is what a storage node holds of each source now: what it took less what it
// gave, losses of the storage not yet written off. It is negative for what it gave
// from before the trace began.
func (t *Tracer) Held(node int) []float64 { return t.held[node] }
