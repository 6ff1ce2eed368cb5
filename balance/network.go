// Package balance draws the energy balance of a park's network: for every node
// and settlement interval what came in, what went out, and what is left over.
package balance

import (
	"errors"
	"fmt"
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

// Network is the energy network with its edges resolved to node indices.
type Network struct {
	Nodes []park.Node
	Edges []park.Edge
	From  []int   // edge → node it leaves
	To    []int   // edge → node it enters
	In    [][]int // node → edges that enter it
	Out   [][]int // node → edges that leave it
	Order []int   // nodes see park.Network.Order
}

// NewNetwork resolves a park's network. It refuses unknown nodes and cycles that no
// storage breaks, and names them.
func NewNetwork(n park.Network) (*Network, error) {
	w := &Network{Nodes: n.Nodes, Edges: n.Edges, In: make([][]int, len(n.Nodes)), Out: make([][]int, len(n.Nodes))}
	index := map[string]int{}
	for i, node := range n.Nodes {
		index[node.ID] = i
	}
	for e, edge := range n.Edges {
		from, ok := index[edge.From]
		to, ok2 := index[edge.To]
		if !ok || !ok2 {
			return nil, fmt.Errorf("%w: edge %s goes from %q to %q, and there is no such node", ErrNetwork, edge.ID, edge.From, edge.To)
		}
		w.From, w.To = append(w.From, from), append(w.To, to)
		w.Out[from] = append(w.Out[from], e)
		w.In[to] = append(w.In[to], e)
	}
	order, rings := n.Order()
	if len(rings) > 0 {
		var names []string
		for _, i := range rings[0] {
			names = append(names, n.Nodes[i].ID)
		}
		return nil, fmt.Errorf("%w: energy runs in a circle through %s; only a storage may stand in a circle", ErrNetwork, strings.Join(names, ", "))
	}
	w.Order = order
	return w, nil
}

// InService says whether edge e is in service on the day.
func (w *Network) InService(e int, d period.Day) bool { return w.Edges[e].Valid.Contains(d) }
