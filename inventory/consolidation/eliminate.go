package consolidation

import (
	"math"
	"slices"
)

// maxRounds bounds the search for what loops of transfers hand on; chains need as many
// rounds as they are long.
const maxRounds = 2_000

// eliminate finds what is taken off for each of the transfers inside a place:
//
//	E = T − D − (1 − u)·r·C
//
// T is what the buyer's entries hold for it, D what entries of the supplier take off, C its
// carbon. Where the supplier's entries hold it (kept, deducted) u is 1: both legs go, and the
// supplier's sources stand. Where they leave it out, u is the share of it that is counted
// further up the network, by who handed it to the supplier inside the place; the rest stays
// at the buyer, at the carbon of its sources and less the share 1 − r that the buyer handed
// on and left out in turn. What comes from outside the place is counted by nobody in it, so
// its u is 0.
//
// The sum over members less E is then the sum over sources: per member S + Σ(1−u)·r·C is
// what it answers for, and each term (1−u)·C that one leaves out another takes.
func (n *network) eliminate(inside []int) []Sum {
	upstream := n.upstream(inside)
	list := make([]Sum, len(inside))
	for k, i := range inside {
		stays := Tonnes{1, 1}.sub(upstream[k]).times(n.retained[i]).times(n.transfers[i].Carbon)
		taken := n.taken[i]
		if n.transfers[i].Treatment == Traced { // its entries are the trace's own
			taken = n.as(i, n.retained[i].times(n.transfers[i].Carbon))
		}
		list[k] = taken.sub(n.released[i]).sub(n.as(i, stays))
	}
	return list
}

// as puts tonnes on the scopes of the buyer's entries of a transfer, scope 2 where there
// are none.
func (n *network) as(i int, t Tonnes) Sum {
	if one := n.taken[i]; one.Scope1 != (Tonnes{}) && one.Scope2 == (Tonnes{}) {
		return Sum{Scope1: t, Total: t}
	}
	return Sum{Scope2: t, Total: t}
}

// upstream is u of each transfer inside a place, 0 to 1.
func (n *network) upstream(inside []int) []Tonnes {
	u := make([]Tonnes, len(inside))
	at := make(map[int]int, len(inside))
	var drawn []int // pools that transfers inside are left out of
	seen := map[int]bool{}
	for k, i := range inside {
		at[i] = k
		if n.poolOf[i] < 0 {
			u[k] = Tonnes{1, 1}
		} else if !seen[n.poolOf[i]] {
			seen[n.poolOf[i]] = true
			drawn = append(drawn, n.poolOf[i])
		}
	}
	counted := map[int]Tonnes{}
	for range maxRounds {
		moved := 0.0
		for _, p := range drawn {
			next := n.counted(p, at, u)
			moved = max(moved, math.Abs(next.Location-counted[p].Location), math.Abs(next.Market-counted[p].Market))
			counted[p] = next
		}
		if moved < 1e-15 {
			break
		}
		for k, i := range inside {
			if n.poolOf[i] >= 0 {
				u[k] = counted[n.poolOf[i]]
			}
		}
	}
	return u
}

// counted is the share of a pool that is counted further up; at tells which transfers are
// inside.
func (n *network) counted(p int, at map[int]int, u []Tonnes) Tonnes {
	var sum Tonnes
	for _, j := range n.pools[p].in {
		if m, there := at[j]; there {
			sum = sum.add(u[m].times(n.transfers[j].Carbon))
		}
	}
	share := sum.over(n.pools[p].total)
	return Tonnes{min(max(share.Location, 0), 1), min(max(share.Market, 0), 1)}
}

// expected is what a place's consolidated total must be by its sources: what it brought in
// and what it counts for energy from other places, less what it takes off or leaves out for
// them; of what it leaves out, the share u is counted by another member inside.
func (n *network) expected(p int, below, inside, crossing []int) Tonnes {
	var t Tonnes
	for _, m := range below {
		t = t.add(n.sourced[m])
	}
	list := slices.Clone(inside)
	for _, i := range crossing {
		if !n.within(n.to[i], p) {
			list = append(list, i)
			continue
		}
		x := n.transfers[i]
		if x.Treatment == Traced {
			t = t.add(x.Carbon)
		} else {
			t = t.add(n.taken[i].Total).add(Tonnes{1, 1}.sub(n.retained[i]).times(x.Carbon))
		}
	}
	u := n.upstream(list)
	for k := len(inside); k < len(list); k++ { // Kept and Deducted have u = 1
		t = t.sub(n.released[list[k]].Total).sub(Tonnes{1, 1}.sub(u[k]).times(n.transfers[list[k]].Carbon))
	}
	return t
}
