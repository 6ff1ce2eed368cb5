package carbon

import (
	"slices"
	"strings"
)

// Sum is energy and its carbon, columns as in Result.Node.
type Sum struct {
	Amount float64
	Carbon []float64
}

func (s *Sum) add(amount float64, carbon []float64) {
	if s.Carbon == nil {
		s.Carbon = make([]float64, len(carbon))
	}
	s.Amount += amount
	for k, x := range carbon {
		s.Carbon[k] += x
	}
}

// Line is what was booked at one element over the intervals; kinds and places see Booking.
type Line struct {
	Kind, Place, ID, Owner, Carrier string
	Sum
}

// Incoming says whether the line brings carbon in.
func (l Line) Incoming() bool { return incoming(l.Kind) }

// OwnerTotal is what an owner answers for, with all that is below it in its path. The
// sum over owners at the top of used, lost, exported and stored is the sum of all
// sources, direct emissions and unexplained energy.
type OwnerTotal struct {
	Owner    string // "enterprise", "enterprise/workshop", …
	Used     Sum    // by its consumers: the scope 2 equivalent of what it was supplied with, and what it made itself
	Lost     Sum    // on its lines, in its storages and converters, and what its nodes leave over or strand
	Exported Sum
	Stored   Sum // held at the end less held at the beginning
	Sourced  Sum // brought in by its sources
	Direct   Sum // emitted at its converters: its scope 1
}

// Transfer is energy that one owner handed to another, with its carbon.
type Transfer struct {
	From, To, Carrier string
	Sum
}

// Totals add up the bookings of many intervals.
type Totals struct {
	lines     map[lineKey]*Line
	keys      []lineKey // in order of appearance
	transfers map[[3]string]*Transfer
}

type lineKey struct {
	kind, place string
	index       int
}

// Add adds an interval.
func (t *Totals) Add(r *Result) {
	first := t.lines == nil
	if first {
		t.lines, t.transfers = map[lineKey]*Line{}, map[[3]string]*Transfer{}
	}
	for _, k := range t.keys {
		if k.kind == bookHeld { // of the last interval alone
			clear(t.lines[k].Carbon)
			t.lines[k].Amount = 0
		}
	}
	r.Each(func(b Booking) {
		if b.Kind == bookOpening && !first {
			return
		}
		key := lineKey{b.Kind, b.Place, b.Index}
		l := t.lines[key]
		if l == nil {
			l = &Line{Kind: b.Kind, Place: b.Place, ID: b.ID, Owner: b.Owner, Carrier: r.carrier(b)}
			t.lines[key] = l
			t.keys = append(t.keys, key)
		}
		l.add(b.Amount, b.Carbon)
	})
	t.pass(r)
}

// carrier of a booking; that of a converter's is its first input's.
func (r *Result) carrier(b Booking) string {
	n := r.net
	node := b.Index
	switch b.Place {
	case "source":
		node = n.Sources[b.Index].Node
	case "use", "export":
		node = n.Uses[b.Index].Node
	case "edge":
		node = n.Edges[b.Index].From
	case "storage":
		node = n.Storages[b.Index].Node
	case "converter":
		node = n.Converters[b.Index].Inputs[0].Node
	}
	return n.Nodes[node].Carrier
}

// pass adds what crosses from one owner to another: along edges, and from a node to a use.
func (t *Totals) pass(r *Result) {
	n := r.net
	top := func(owner string) string { first, _, _ := strings.Cut(owner, "/"); return first }
	cross := func(from, to string, node int, amount float64) {
		if from, to = top(from), top(to); from == to || from == "" || to == "" || amount == 0 {
			return
		}
		key := [3]string{from, to, n.Nodes[node].Carrier}
		x := t.transfers[key]
		if x == nil {
			x = &Transfer{From: from, To: to, Carrier: key[2]}
			t.transfers[key] = x
		}
		x.add(amount, r.times(int32(node), amount))
	}
	for i := range n.Edges {
		a := r.arcs[r.via[i]]
		cross(n.Nodes[a.from].Owner, n.Nodes[a.to].Owner, int(a.from), r.sent[i])
	}
	for i, u := range n.Uses {
		if !u.Export {
			cross(n.Nodes[u.Node].Owner, u.Owner, u.Node, r.taken[i])
		}
	}
	for i, c := range n.Converters {
		for j, p := range c.Inputs {
			cross(n.Nodes[p.Node].Owner, c.Owner, p.Node, r.carry[r.input[i]+int32(j)])
		}
	}
}

// Lines are the totals by element, in the network's order within a kind and place.
func (t *Totals) Lines() []Line {
	keys := slices.Clone(t.keys)
	slices.SortFunc(keys, func(a, b lineKey) int {
		if a.kind != b.kind || a.place != b.place {
			return strings.Compare(a.kind+" "+a.place, b.kind+" "+b.place)
		}
		return a.index - b.index
	})
	out := make([]Line, len(keys))
	for i, k := range keys {
		out[i] = *t.lines[k]
	}
	return out
}

// Transfers are the totals that crossed from one owner to another, by name.
func (t *Totals) Transfers() []Transfer {
	var out []Transfer
	for _, x := range t.transfers {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b Transfer) int {
		return strings.Compare(a.From+"\x00"+a.To+"\x00"+a.Carrier, b.From+"\x00"+b.To+"\x00"+b.Carrier)
	})
	return out
}

// Owners are the totals by owner and by all that is above it in its path, by name.
func (t *Totals) Owners() []OwnerTotal {
	byName := map[string]*OwnerTotal{}
	for _, l := range t.Lines() {
		for end := range len(l.Owner) + 1 {
			if end < len(l.Owner) && l.Owner[end] != '/' {
				continue
			}
			name := l.Owner[:end]
			if byName[name] == nil {
				byName[name] = &OwnerTotal{Owner: name}
			}
			byName[name].book(l)
		}
	}
	var out []OwnerTotal
	for _, o := range byName {
		out = append(out, *o)
	}
	slices.SortFunc(out, func(a, b OwnerTotal) int { return strings.Compare(a.Owner, b.Owner) })
	return out
}

func (o *OwnerTotal) book(l Line) {
	switch l.Kind {
	case bookUse:
		o.Used.add(l.Amount, l.Carbon)
	case bookExport:
		o.Exported.add(l.Amount, l.Carbon)
	case bookLoss, bookRemainder, bookStranded:
		o.Lost.add(l.Amount, l.Carbon)
	case bookHeld:
		o.Stored.add(l.Amount, l.Carbon)
	case bookOpening:
		minus := slices.Clone(l.Carbon)
		for k := range minus {
			minus[k] = -minus[k]
		}
		o.Stored.add(-l.Amount, minus)
	case bookSource:
		o.Sourced.add(l.Amount, l.Carbon)
	case bookDirect:
		o.Direct.add(l.Amount, l.Carbon)
	}
}
