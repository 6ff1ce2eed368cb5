package consolidation

import (
	"cmp"
	"slices"
	"strings"
)

// network is a case ready to be eliminated: in the order of names, so that the order of a
// file changes no bit of a result.
type network struct {
	places    []Place
	index     map[string]int
	parent    []int // nearest place above; −1
	depth     []int
	own       []Sum    // what each place's entries say
	sourced   []Tonnes // what each place brought in
	transfers []Transfer
	from, to  []int
	taken     []Sum    // by transfer: what the buyer's entries hold for it
	released  []Sum    // by transfer: what the supplier's entries take off for it
	pools     []pool   // what transfers that are left out were drawn from
	poolOf    []int    // transfer → pool; −1 where the supplier's entries hold it
	retained  []Tonnes // by transfer: the share of it that the buyer did not hand on and leave out
}

// pool is what came to a place of a carrier: what it hands on has the pool's mixture.
type pool struct {
	total Tonnes
	in    []int // transfers
	out   Tonnes
}

func newNetwork(c *Case) *network {
	n := &network{places: slices.Clone(c.Places), index: map[string]int{}, transfers: slices.Clone(c.Transfers)}
	slices.SortFunc(n.places, func(a, b Place) int {
		return slices.Compare(strings.Split(a.Path, "/"), strings.Split(b.Path, "/"))
	})
	slices.SortFunc(n.transfers, func(a, b Transfer) int { return strings.Compare(a.ID, b.ID) })
	entries := map[string]Entry{}
	n.own, n.sourced = make([]Sum, len(n.places)), make([]Tonnes, len(n.places))
	for i, p := range n.places {
		n.index[p.Path] = i
		n.parent = append(n.parent, n.above(p.Path))
		n.depth = append(n.depth, 0)
		if n.parent[i] >= 0 {
			n.depth[i] = n.depth[n.parent[i]] + 1
		}
		list := slices.Clone(p.Entries)
		slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(a.ID, b.ID) })
		for _, e := range list {
			entries[e.ID] = e
			n.own[i].entry(e, 1)
		}
	}
	for _, t := range n.transfers {
		n.from, n.to = append(n.from, n.index[t.From]), append(n.to, n.index[t.To])
		var taken, released Sum
		for _, p := range t.Buyer {
			taken.entry(entries[p.Entry], p.share())
		}
		for _, p := range t.Supplier {
			if t.Treatment == Deducted {
				released.entry(entries[p.Entry], -p.share())
			}
		}
		n.taken, n.released = append(n.taken, taken), append(n.released, released)
	}
	n.draw(c.Sources)
	return n
}

// above is the nearest place over a path; the list is sorted, so that it is known.
func (n *network) above(path string) int {
	for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path[:i], '/') {
		if p, there := n.index[path[:i]]; there {
			return p
		}
	}
	return -1
}

// draw finds for every transfer that its supplier left out what it was drawn from: what
// came to the supplier of the same carrier, or of every carrier where none came of it (the
// supplier makes it); a mixture in proportion, as in package flow.
func (n *network) draw(sources []Source) {
	at := map[poolKey]int{}
	of := func(k poolKey) *pool {
		i, there := at[k]
		if !there {
			i = len(n.pools)
			at[k] = i
			n.pools = append(n.pools, pool{})
		}
		return &n.pools[i]
	}
	sources = slices.Clone(sources)
	slices.SortFunc(sources, func(a, b Source) int { return cmp.Compare(a.ID, b.ID) })
	for _, s := range sources {
		p := n.index[s.Place]
		n.sourced[p] = n.sourced[p].add(s.Carbon)
		for _, k := range keys(p, s.Carrier) {
			of(k).total = of(k).total.add(s.Carbon)
		}
	}
	for i, t := range n.transfers {
		for _, k := range keys(n.to[i], t.Carrier) {
			of(k).total = of(k).total.add(t.Carbon)
			of(k).in = append(of(k).in, i)
		}
	}
	for i, t := range n.transfers {
		n.poolOf = append(n.poolOf, -1)
		if t.Treatment == Kept || t.Treatment == Deducted {
			continue
		}
		k := poolKey{n.from[i], t.Carrier}
		if _, there := at[k]; !there {
			k.carrier = ""
		}
		of(k).out = of(k).out.add(t.Carbon)
		n.poolOf[i] = at[k]
	}
	for i, t := range n.transfers {
		left := Tonnes{1, 1}
		for _, k := range keys(n.to[i], t.Carrier) {
			left = left.sub(of(k).out.over(of(k).total))
		}
		n.retained = append(n.retained, left)
	}
}

// poolKey is a place and a carrier, "" for all carriers.
type poolKey struct {
	place   int
	carrier string
}

// keys are the pools that a carrier comes to.
func keys(place int, carrier string) []poolKey {
	if carrier == "" {
		return []poolKey{{place, ""}}
	}
	return []poolKey{{place, carrier}, {place, ""}}
}

// within says whether place p is place top or below it.
func (n *network) within(p, top int) bool {
	for n.depth[p] > n.depth[top] {
		p = n.parent[p]
	}
	return p == top
}

// meet is the lowest place that holds both; −1 where there is none.
func (n *network) meet(a, b int) int {
	for a >= 0 && !n.within(b, a) {
		a = n.parent[a]
	}
	return a
}
