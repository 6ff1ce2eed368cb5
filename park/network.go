package park

// Order sorts the nodes so that energy runs from earlier to later ones: a node
// stands after every node that feeds it. An edge into a storage does not count,
// since what a storage gives out was charged before: it stands before the nodes it
// discharges into. Nodes that could stand in either order keep that of the
// document. Edges to unknown nodes are passed over. When energy runs in a circle,
// order is nil and ring names the nodes of one circle in the way of the energy.
//
// Kahn, Topological sorting of large networks, Communications of the ACM 5 (1962).
func (n Network) Order() (order, ring []int) {
	at := make(map[string]int, len(n.Nodes))
	for i, node := range n.Nodes {
		at[node.ID] = i
	}
	out := make([][]int, len(n.Nodes))
	waits := make([]int, len(n.Nodes))
	for _, e := range n.Edges {
		from, ok1 := at[e.From]
		to, ok2 := at[e.To]
		if ok1 && ok2 && n.Nodes[to].Kind != "storage" {
			out[from] = append(out[from], to)
			waits[to]++
		}
	}
	order = make([]int, 0, len(n.Nodes))
	for i, w := range waits {
		if w == 0 {
			order = append(order, i)
		}
	}
	for k := 0; k < len(order); k++ {
		for _, j := range out[order[k]] {
			if waits[j]--; waits[j] == 0 {
				order = append(order, j)
			}
		}
	}
	if len(order) == len(n.Nodes) {
		return order, nil
	}
	return nil, ringOf(out, waits)
}

// ringOf walks against the energy among the nodes that still wait for a feeder:
// each has one that waits too, so the walk meets itself.
func ringOf(out [][]int, waits []int) []int {
	feeder := make([]int, len(out))
	for i := range feeder {
		feeder[i] = -1
	}
	start := -1
	for i, to := range out {
		if waits[i] == 0 {
			continue
		}
		for _, j := range to {
			if waits[j] > 0 {
				feeder[j] = i
				start = j
			}
		}
	}
	seen := make([]bool, len(out))
	i := start
	for ; !seen[i]; i = feeder[i] {
		seen[i] = true
	}
	ring := []int{i}
	for j := feeder[i]; j != i; j = feeder[j] {
		ring = append(ring, j)
	}
	for a, b := 0, len(ring)-1; a < b; a, b = a+1, b-1 {
		ring[a], ring[b] = ring[b], ring[a]
	}
	first := 0
	for k, node := range ring {
		if node < ring[first] {
			first = k
		}
	}
	return append(ring[first:], ring[:first]...)
}
