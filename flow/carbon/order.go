package carbon

// components finds the strongly connected components among the vertices list: those
// that energy circles through. feeders(v) are the arcs into v; from is the vertex an arc
// leaves, −1 to pass it over. Each component stands after all that feed it, since the
// search runs against the energy.
//
// Tarjan, Depth-first search and linear graph algorithms, SIAM J. Comput. 1 (1972); here
// without recursion.
type components struct {
	order []int32 // vertices, component after component
	start []int32 // where each component begins in order; one more at the end

	index, low []int32 // by vertex; index 0 is not yet seen
	stacked    []bool
	stack      []int32
	work       []visit
}

// visit is a vertex under search and the next of its feeders to look at.
type visit struct{ v, next int32 }

func newComponents(vertices int) *components {
	return &components{index: make([]int32, vertices), low: make([]int32, vertices), stacked: make([]bool, vertices)}
}

func (c *components) find(list []int32, feeders func(v int32) []int32, from func(arc int32) int32) {
	c.order, c.start, c.stack = c.order[:0], append(c.start[:0], 0), c.stack[:0]
	for _, v := range list {
		c.index[v] = 0
	}
	var count int32
	for _, root := range list {
		if c.index[root] == 0 {
			count = c.search(root, count, feeders, from)
		}
	}
}

func (c *components) search(root, count int32, feeders func(v int32) []int32, from func(arc int32) int32) int32 {
	enter := func(v int32) {
		count++
		c.index[v], c.low[v] = count, count
		c.stack, c.stacked[v] = append(c.stack, v), true
		c.work = append(c.work, visit{v: v})
	}
	enter(root)
	for len(c.work) > 0 {
		at := &c.work[len(c.work)-1]
		v, arcs := at.v, feeders(at.v)
		if int(at.next) < len(arcs) {
			u := from(arcs[at.next])
			at.next++
			switch {
			case u < 0:
			case c.index[u] == 0:
				enter(u)
			case c.stacked[u]:
				c.low[v] = min(c.low[v], c.index[u])
			}
			continue
		}
		c.work = c.work[:len(c.work)-1]
		if len(c.work) > 0 {
			up := c.work[len(c.work)-1].v
			c.low[up] = min(c.low[up], c.low[v])
		}
		if c.low[v] == c.index[v] {
			c.close(v)
		}
	}
	return count
}

// close takes the component of v off the stack.
func (c *components) close(v int32) {
	for {
		u := c.stack[len(c.stack)-1]
		c.stack, c.stacked[u] = c.stack[:len(c.stack)-1], false
		c.order = append(c.order, u)
		if u == v {
			c.start = append(c.start, int32(len(c.order)))
			return
		}
	}
}
