package park

import "slices"

// Order sorts the nodes so that energy runs from earlier to later ones: a node
// stands after every node that feeds it. An edge into a storage does not count,
// since what a storage gives out was charged before: it stands before the nodes it
// discharges into. Nodes that could stand in either order keep that of the
// document. Edges to unknown nodes are passed over. Nodes among which energy runs in a
// circle stand next to each other; rings names them, each ring in the order of the document.
//
// Kahn, Topological sorting of large networks, Communications of the ACM 5 (1962), over the
// strongly connected components of Kosaraju and Sharir (1981).
func (n Network) Order() (order []int, rings [][]int) {
	at := make(map[string]int, len(n.Nodes))
	for i, node := range n.Nodes {
		at[node.ID] = i
	}
	out, in := make([][]int, len(n.Nodes)), make([][]int, len(n.Nodes))
	for _, e := range n.Edges {
		from, ok1 := at[e.From]
		to, ok2 := at[e.To]
		if ok1 && ok2 && from != to && n.Nodes[to].Kind != "storage" {
			out[from] = append(out[from], to)
			in[to] = append(in[to], from)
		}
	}
	groups, group := components(out, in)
	waits := make([]int, len(groups))
	each := func(g int, fn func(to int)) {
		for _, i := range groups[g] {
			for _, j := range out[i] {
				if group[j] != g {
					fn(group[j])
				}
			}
		}
	}
	var next []int
	for g := range groups {
		each(g, func(to int) { waits[to]++ })
	}
	for g, w := range waits {
		if w == 0 {
			next = append(next, g)
		}
	}
	order = make([]int, 0, len(n.Nodes))
	for k := 0; k < len(next); k++ {
		g := next[k]
		order = append(order, groups[g]...)
		if len(groups[g]) > 1 {
			rings = append(rings, groups[g])
		}
		each(g, func(to int) {
			if waits[to]--; waits[to] == 0 {
				next = append(next, to)
			}
		})
	}
	return order, rings
}

// components are the nodes by strongly connected component: those among which energy can
// run in a circle. Components stand in the order of their first nodes, as do the nodes in each;
// group is the component of every node.
func components(out, in [][]int) (groups [][]int, group []int) {
	finished := make([]int, 0, len(out))
	seen := make([]bool, len(out))
	for i := range out {
		walk(i, out, seen, func(j int) { finished = append(finished, j) })
	}
	clear(seen)
	for _, i := range slices.Backward(finished) {
		var one []int
		walk(i, in, seen, func(j int) { one = append(one, j) })
		if one != nil {
			slices.Sort(one)
			groups = append(groups, one)
		}
	}
	slices.SortFunc(groups, func(a, b []int) int { return a[0] - b[0] })
	group = make([]int, len(out))
	for g, list := range groups {
		for _, i := range list {
			group[i] = g
		}
	}
	return groups, group
}

// walk visits what can be reached from a node and was not seen, depth first, and calls done
// with each node when all beyond it are done. It needs no stack of calls: a network may be
// a chain of hundreds of thousands of nodes.
func walk(start int, to [][]int, seen []bool, done func(int)) {
	if seen[start] {
		return
	}
	seen[start] = true
	type visit struct{ node, next int }
	stack := []visit{{start, 0}}
	for len(stack) > 0 {
		v := &stack[len(stack)-1]
		if v.next == len(to[v.node]) {
			done(v.node)
			stack = stack[:len(stack)-1]
			continue
		}
		j := to[v.node][v.next]
		v.next++
		if !seen[j] {
			seen[j] = true
			stack = append(stack, visit{j, 0})
		}
	}
}
