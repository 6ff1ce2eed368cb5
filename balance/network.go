// Package balance draws the energy balance of a park's network: for every node
// and settlement interval what came in, what went out, and what is left over.
package balance

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"lingtan/park"
	"lingtan/period"
)

// ErrNetwork marks a network that cannot be balanced.
var ErrNetwork = errors.New("balance: network")

// The kinds of node.
const (
	Source  = "source"
	Bus     = "bus"
	Use     = "use"
	Storage = "storage"
	Export  = "export"
)

// Network is the energy network with its edges resolved to node indices. The nodes are
// those of the park in its order, then what conversions are laid out as: see Conversion.
type Network struct {
	Nodes       []park.Node
	Edges       []park.Edge
	From        []int   // edge → node it leaves
	To          []int   // edge → node it enters
	In          [][]int // node → edges that enter it
	Out         [][]int // node → edges that leave it
	Order       []int   // nodes see park.Network.Order
	Rings       [][]int // nodes of one carrier around which energy runs in a circle
	Conversions []Conversion

	rated map[int]rated // edge that no meter reads → its conversion's yield
}

// NewNetwork resolves a park's network. It refuses unknown nodes, rings with an edge that
// no meter reads, and names them. Carriers are needed where an output is rated, or the
// yields of conversions are told.
func NewNetwork(n park.Network, carriers ...park.Carrier) (*Network, error) {
	w := &Network{Edges: n.Edges, rated: map[int]rated{}}
	index := map[string]int{}
	for i, node := range n.Nodes {
		index[node.ID] = i
	}
	for _, edge := range n.Edges {
		from, ok := index[edge.From]
		to, ok2 := index[edge.To]
		if !ok || !ok2 {
			return nil, fmt.Errorf("%w: edge %s goes from %q to %q, and there is no such node", ErrNetwork, edge.ID, edge.From, edge.To)
		}
		w.From, w.To = append(w.From, from), append(w.To, to)
	}
	w.Nodes = append(w.Nodes, n.Nodes...)
	w.layOut(carriers)
	if err := w.rate(); err != nil {
		return nil, err
	}
	w.In, w.Out = make([][]int, len(w.Nodes)), make([][]int, len(w.Nodes))
	laid := park.Network{Nodes: w.Nodes}
	for e := range w.Edges {
		w.Out[w.From[e]] = append(w.Out[w.From[e]], e)
		w.In[w.To[e]] = append(w.In[w.To[e]], e)
		laid.Edges = append(laid.Edges, park.Edge{From: w.Nodes[w.From[e]].ID, To: w.Nodes[w.To[e]].ID})
	}
	w.Order, w.Rings = laid.Order()
	return w, w.metered()
}

// metered refuses a ring of which an edge is not metered: what goes round it is not known.
func (w *Network) metered() error {
	for _, ring := range w.Rings {
		var names []string
		for _, i := range ring {
			names = append(names, w.Nodes[i].ID)
		}
		for e, edge := range w.Edges {
			if edge.Register == "" && slices.Contains(ring, w.From[e]) && slices.Contains(ring, w.To[e]) {
				return fmt.Errorf("%w: energy runs in a circle through %s, and edge %s of it is not metered; give every edge of a ring a register", ErrNetwork, strings.Join(names, ", "), edge.ID)
			}
		}
	}
	return nil
}

// InService says whether edge e is in service on the day.
func (w *Network) InService(e int, d period.Day) bool { return w.Edges[e].Valid.Contains(d) }
