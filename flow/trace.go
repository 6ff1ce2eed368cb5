// Package flow traces energy through a park's network from its sources to its
// consumers by proportional sharing, interval by interval, so that the carbon of
// every source is passed on once and only once.
//
// Proportional sharing (Bialek 1996, "Tracing the flow of electricity", IEE
// Proc. 143(4)): what leaves a node has the mixture of what enters it.
package flow

import (
	"slices"

	"lingtan/balance"
)

// Tracer follows every source of a network through its days, in time order; it
// remembers what each storage holds and what each bus was last fed with.
type Tracer struct {
	Network *balance.Network
	Sources []int   // source nodes, in the order of the network: column s of a mixture
	Reach   [][]int // node → the columns of the sources that can reach it, ascending

	into    [][]int     // edge → where the columns of its beginning stand among those of its end
	rows    [][]float64 // node → mixtures: of the interval before the block at work, then of each interval in it
	held    [][]float64 // storage node → energy held, by Reach
	block   int         // intervals of a block
	first   int         // interval of the block at work
	fed     []bool      // bus → it was fed on the day at work
	ring    [][]int     // node → the ring that it is part of; nil where none
	carried []bool      // bus → its mixture on the day at work began with that of the day before
}

// blockCells bounds the memory of a block: cells of 8 bytes over all nodes and intervals.
const blockCells = 1 << 21

// NewTracer prepares the trace of a network.
func NewTracer(n *balance.Network) *Tracer {
	t := &Tracer{Network: n}
	for i, node := range n.Nodes {
		if node.Kind == balance.Source {
			t.Sources = append(t.Sources, i)
		}
	}
	t.reach()
	t.place()
	nodes := len(n.Nodes)
	t.rows, t.held = make([][]float64, nodes), make([][]float64, nodes)
	t.fed, t.carried = make([]bool, nodes), make([]bool, nodes)
	t.ring = make([][]int, nodes)
	for _, ring := range n.Rings {
		for _, i := range ring {
			t.ring[i] = ring
		}
	}
	cells, stores := 1, false
	for i := range n.Nodes {
		cells += t.width(i)
		stores = stores || n.Nodes[i].Kind == balance.Storage
	}
	t.block = min(max(1, blockCells/cells), 96)
	if stores { // what a storage gives in an interval rests on the one before
		t.block = 1
	}
	for i, node := range n.Nodes {
		t.rows[i] = make([]float64, (t.block+1)*t.width(i))
		switch node.Kind {
		case balance.Source:
			for k := range t.rows[i] {
				t.rows[i][k] = 1
			}
		case balance.Storage:
			t.held[i] = make([]float64, t.width(i))
			t.before(i)
		}
	}
	return t
}

// width is the length of a node's mixture; uses and exports have none.
func (t *Tracer) width(n int) int {
	switch t.Network.Nodes[n].Kind {
	case balance.Source, balance.Bus, balance.Storage:
		return len(t.Reach[n])
	}
	return 0
}

// reach finds which sources can reach each node: those of the nodes that feed it, and
// for a storage the one that it is thought to hold when the trace begins.
func (t *Tracer) reach() {
	sets := make([]map[int]bool, len(t.Network.Nodes))
	for i := range sets {
		sets[i] = map[int]bool{}
		if t.Network.Nodes[i].Kind == balance.Storage {
			if s := t.assumed(t.Network.Nodes[i].Carrier); s >= 0 {
				sets[i][s] = true
			}
		}
	}
	for s, n := range t.Sources {
		sets[n][s] = true
	}
	for grown := true; grown; { // again only where a storage stands in a circle
		grown = false
		for _, n := range t.Network.Order {
			grown = t.spread(sets, n) || grown
		}
	}
	t.Reach = make([][]int, len(sets))
	for n, set := range sets {
		for s := range set {
			t.Reach[n] = append(t.Reach[n], s)
		}
		slices.Sort(t.Reach[n])
	}
}

// spread adds to node n what reaches the nodes that feed it.
func (t *Tracer) spread(sets []map[int]bool, n int) bool {
	before := len(sets[n])
	if t.Network.Nodes[n].Kind == balance.Source {
		return false
	}
	for _, e := range t.Network.In[n] {
		for s := range sets[t.Network.From[e]] {
			sets[n][s] = true
		}
	}
	return len(sets[n]) > before
}

// place finds for each edge where the columns of its beginning stand at its end.
func (t *Tracer) place() {
	t.into = make([][]int, len(t.Network.Edges))
	for e := range t.Network.Edges {
		to := t.Reach[t.Network.To[e]]
		if t.Network.Nodes[t.Network.To[e]].Kind == balance.Source {
			continue
		}
		for _, s := range t.Reach[t.Network.From[e]] {
			k, _ := slices.BinarySearch(to, s)
			t.into[e] = append(t.into[e], k)
		}
	}
}

// assumed is the source thought to be in a storage when the trace begins: the first
// of its carrier, the grid in most parks; −1 when there is none.
func (t *Tracer) assumed(carrier string) int {
	return slices.IndexFunc(t.Sources, func(n int) bool { return t.Network.Nodes[n].Carrier == carrier })
}

// before sets the mixture of a storage when the trace begins.
func (t *Tracer) before(n int) {
	s := t.assumed(t.Network.Nodes[n].Carrier)
	for row := range t.block + 1 {
		for k, column := range t.Reach[n] {
			if column == s {
				t.row(n, row)[k] = 1
			}
		}
	}
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
	t.Trace(b, func(from, to int) {
		for slot := from; slot < to; slot++ {
			for _, n := range t.Network.Order {
				t.shares(b, n, slot, fn)
			}
		}
	})
}

// Trace traces one balanced day in blocks of intervals and calls ready when the mixtures
// of the intervals [from, to) are known; Mixture tells them until ready returns. A day on which
// nothing flows is passed over without a call.
func (t *Tracer) Trace(b *balance.Day, ready func(from, to int)) {
	clear(t.fed)
	clear(t.carried)
	if still(b) { // the mixtures of one interval are those of all
		t.blend(b, 0, min(1, b.Slots))
		return
	}
	for from := 0; from < b.Slots; from += t.block {
		to := min(from+t.block, b.Slots)
		t.blend(b, from, to)
		ready(from, to)
		for n := range t.held { // a storage books the interval when all mixtures are known
			if t.held[n] != nil {
				t.store(b, n, from)
			}
		}
	}
}

// still says that nothing flows on a day.
func still(b *balance.Day) bool {
	for _, edge := range b.Edge {
		for _, x := range edge {
			if x != 0 {
				return false
			}
		}
	}
	return true
}

// Columns are where the columns of Reach of the node that edge e leaves stand in the Reach of
// the node that it enters.
func (t *Tracer) Columns(e int) []int { return t.into[e] }

// Mixture is the share of each source of Reach in what leaves node n, a source, bus or storage,
// in an interval of the block at work.
func (t *Tracer) Mixture(n, slot int) []float64 { return t.row(n, slot-t.first+1) }

// row is row r of a node's mixtures.
func (t *Tracer) row(n, r int) []float64 {
	w := t.width(n)
	return t.rows[n][r*w : (r+1)*w : (r+1)*w]
}

// blend sets the mixtures of all buses in a block of intervals.
func (t *Tracer) blend(b *balance.Day, from, to int) {
	t.first = from
	for _, n := range t.Network.Order {
		if t.Network.Nodes[n].Kind != balance.Bus {
			continue
		}
		ring := t.ring[n]
		for slot := from; slot < to; slot++ {
			switch {
			case ring == nil:
				t.blendBus(b, n, slot)
			case ring[len(ring)-1] == n: // the last of it in the order
				t.blendRing(b, ring, slot)
			}
		}
	}
	for _, n := range t.Network.Order { // the next block goes on from the last interval
		if t.Network.Nodes[n].Kind == balance.Bus {
			copy(t.row(n, 0), t.row(n, to-from))
		}
	}
}

// shares hands on what node n takes in an interval, or leaves over.
func (t *Tracer) shares(b *balance.Day, n, slot int, fn func(Share)) {
	switch t.Network.Nodes[n].Kind {
	case balance.Use, balance.Export:
		for _, e := range t.Network.In[n] {
			if b.Edge[e] != nil && b.Edge[e][slot] != 0 {
				t.split(t.Network.From[e], Share{Node: n, Edge: e, Slot: slot, Amount: b.Edge[e][slot]}, fn)
			}
		}
	case balance.Bus:
		if r := b.Residual[n][slot]; r != 0 {
			t.split(n, Share{Node: n, Edge: -1, Slot: slot, Amount: r}, fn)
		}
	}
}

// split hands on an amount that comes from a node, source by source.
func (t *Tracer) split(from int, x Share, fn func(Share)) {
	amount := x.Amount
	for k, share := range t.Mixture(from, x.Slot) {
		if share != 0 {
			x.Source, x.Amount, x.Mixed = t.Reach[from][k], amount*share, share != 1
			fn(x)
		}
	}
}

// blendBus sets the mixture of a bus from what enters it. Where nothing enters, the
// last mixture stays; before the first, that of the first edge in.
func (t *Tracer) blendBus(b *balance.Day, n, slot int) {
	r := slot - t.first + 1
	mix := t.row(n, r)
	clear(mix)
	var sum float64
	for _, e := range t.Network.In[n] {
		if b.Edge[e] == nil {
			continue
		}
		x := b.Edge[e][slot]
		sum += x
		for k, share := range t.row(t.Network.From[e], r) {
			mix[t.into[e][k]] += float64(x * share) // rounded by itself on every machine
		}
	}
	if sum > 0 {
		for k := range mix {
			mix[k] /= sum
		}
		t.fed[n] = true
		return
	}
	t.carried[n] = t.carried[n] || !t.fed[n]
	copy(mix, t.row(n, r-1))
	var known float64
	for _, share := range mix {
		known += share
	}
	if known != 0 || len(t.Network.In[n]) == 0 {
		return
	}
	clear(mix)
	e := t.Network.In[n][0]
	for k, share := range t.row(t.Network.From[e], r) {
		mix[t.into[e][k]] = share
	}
}

// store books what a storage took in the interval and what it gave. What it gives
// in the next interval has the mixture of what it then holds.
func (t *Tracer) store(b *balance.Day, n, slot int) {
	held, mix := t.held[n], t.row(n, 1)
	for _, e := range t.Network.Out[n] {
		if b.Edge[e] == nil {
			continue
		}
		for k, share := range mix {
			held[k] -= float64(b.Edge[e][slot] * share)
		}
	}
	for _, e := range t.Network.In[n] {
		if b.Edge[e] == nil {
			continue
		}
		for k, share := range t.row(t.Network.From[e], 1) {
			held[t.into[e][k]] += float64(b.Edge[e][slot] * share)
		}
	}
	var sum float64
	for _, h := range held {
		sum += max(h, 0)
	}
	if sum <= 0 {
		return
	}
	for k, h := range held {
		mix[k] = max(h, 0) / sum
	}
	copy(t.row(n, 0), mix)
}

// Held is what a storage node holds of each source now: what it took less what it
// gave, losses of the storage not yet written off. It is negative for what it gave
// from before the trace began.
func (t *Tracer) Held(node int) []float64 {
	all := make([]float64, len(t.Sources))
	for k, s := range t.Reach[node] {
		all[s] = t.held[node][k]
	}
	return all
}
