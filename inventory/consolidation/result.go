package consolidation

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"lingtan/park"
)

// tolerance is the largest difference of a consolidated total and its sources, relative to
// what was reported.
const tolerance = 1e-9

// Result is a case consolidated at every place.
type Result struct {
	Format    string     `json:"format"`
	Title     string     `json:"title,omitempty"`
	Period    string     `json:"period"`
	Views     []View     `json:"views"`     // each place with what is below it, in the order of paths
	Countings []Counting `json:"countings"` // how each transfer was counted
}

// Sum are emissions by scope.
type Sum struct {
	Scope1 Tonnes `json:"scope1"`
	Scope2 Tonnes `json:"scope2"`
	Total  Tonnes `json:"total"`
}

func (s *Sum) entry(e Entry, share float64) {
	t := e.on().scale(share)
	if e.Scope == 1 {
		s.Scope1 = s.Scope1.add(t)
	} else {
		s.Scope2 = s.Scope2.add(t)
	}
	s.Total = s.Total.add(t)
}

func (s Sum) add(o Sum) Sum {
	return Sum{s.Scope1.add(o.Scope1), s.Scope2.add(o.Scope2), s.Total.add(o.Total)}
}

func (s Sum) sub(o Sum) Sum {
	return Sum{s.Scope1.sub(o.Scope1), s.Scope2.sub(o.Scope2), s.Total.sub(o.Total)}
}

// View is a place with all that is below it: the sum of the inventories, what is taken off
// for transfers inside it, and the rest.
type View struct {
	Path         string    `json:"path"`
	Level        string    `json:"level"`
	Name         park.Name `json:"name"`
	Sector       string    `json:"sector,omitempty"`
	Members      int       `json:"members"`      // places with entries
	Reported     Sum       `json:"reported"`     // sum of the members' inventories
	Eliminated   Sum       `json:"eliminated"`   // counted twice (above zero) or by nobody (below)
	Consolidated Sum       `json:"consolidated"` // reported less eliminated
	Transfers    int       `json:"transfers"`    // between places inside it
	Sources      *Tonnes   `json:"sources,omitempty"`
	Residual     *Tonnes   `json:"residual,omitempty"` // consolidated less sources
	Closes       *bool     `json:"closes,omitempty"`   // the residual is within 1e-9 of what was reported
	Sectors      []Slice   `json:"sectors"`
	Below        []Slice   `json:"below"` // places one level down; their slices and own entries make the total
}

// Slice is a part of a view's consolidated total: of a sector, or of a place below.
type Slice struct {
	Key        string `json:"key"` // sector code or path
	Reported   Sum    `json:"reported"`
	Eliminated Sum    `json:"eliminated"` // at the buyers in it, and at suppliers that took it off
}

// Kind says how often the carbon of a transfer is counted by the members.
type Kind string

// The kinds.
const (
	Twice      Kind = "twice"      // by the supplier, or by who supplied it, and by the buyer
	Once       Kind = "once"       // passed on with its carbon
	Difference Kind = "difference" // passed on, at another figure by the buyer than by its sources or supplier
	Nobody     Kind = "nobody"     // taken off by the supplier and not taken up by the buyer
)

// Counting is how a transfer is counted, seen from the highest place that holds both ends.
type Counting struct {
	Transfer   string    `json:"transfer"`
	At         string    `json:"at,omitempty"` // the lowest place that holds both ends; empty = none does, so nothing is taken off
	Supplier   string    `json:"supplier"`
	Buyer      string    `json:"buyer"`
	Carrier    string    `json:"carrier"`
	Amount     float64   `json:"amount"`
	Unit       string    `json:"unit"`
	Carbon     Tonnes    `json:"carbon"`
	Treatment  Treatment `json:"treatment"`
	Kind       Kind      `json:"kind"`
	Given      Leg       `json:"given"` // in the supplier's inventory
	Taken      Leg       `json:"taken"` // in the buyer's inventory
	Eliminated Tonnes    `json:"eliminated"`
}

// Leg is where an inventory counts a transfer.
type Leg struct {
	Scopes  []int    `json:"scopes"`
	Entries []string `json:"entries"`
	Tonnes  Tonnes   `json:"tonnes"` // of the shares that are the transfer's
}

// Consolidate consolidates a case at every place. Errors wrap ErrCase: a case that Parse
// would refuse, or figures beyond what can be told.
func Consolidate(c *Case) (*Result, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	n := newNetwork(c)
	r := &Result{Format: ResultFormat, Title: c.Title, Period: c.Period, Countings: []Counting{}}
	below, inside, crossing := n.gather()
	off := make([]Tonnes, len(n.transfers))
	for p := range n.places {
		list := n.eliminate(inside[p])
		if n.parent[p] < 0 {
			for k, i := range inside[p] {
				off[i] = list[k].Total
			}
		}
		v := n.view(p, below[p], inside[p], list)
		if len(c.Sources) > 0 {
			v.hold(n.expected(p, below[p], inside[p], crossing[p]))
		}
		if !finiteOf(v) {
			return nil, fault("places", "%s: sources and transfers are too far apart in size to be told; check their carbon", v.Path)
		}
		r.Views = append(r.Views, v)
	}
	entries := map[string]Entry{}
	for _, p := range c.Places {
		for _, e := range p.Entries {
			entries[e.ID] = e
		}
	}
	for i := range n.transfers {
		r.Countings = append(r.Countings, n.counting(i, off[i], entries))
	}
	return r, nil
}

// finiteOf says whether a view's figures are numbers.
func finiteOf(v View) bool {
	sum := v.Consolidated.Total.Location + v.Consolidated.Total.Market
	if v.Sources != nil {
		sum += v.Sources.Location + v.Sources.Market
	}
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}

// gather lists for every place those at and below it, the transfers inside it and those
// that cross its bounds.
func (n *network) gather() (below, inside, crossing [][]int) {
	below, inside, crossing = make([][]int, len(n.places)), make([][]int, len(n.places)), make([][]int, len(n.places))
	for p := range n.places {
		for up := p; up >= 0; up = n.parent[up] {
			below[up] = append(below[up], p)
		}
	}
	for i := range n.transfers {
		both := n.meet(n.from[i], n.to[i])
		for up := both; up >= 0; up = n.parent[up] {
			inside[up] = append(inside[up], i)
		}
		for _, end := range []int{n.from[i], n.to[i]} {
			for up := end; up >= 0 && up != both; up = n.parent[up] {
				crossing[up] = append(crossing[up], i)
			}
		}
	}
	return below, inside, crossing
}

// view sums a place.
func (n *network) view(p int, below, inside []int, list []Sum) View {
	x := n.places[p]
	v := View{Path: x.Path, Level: x.Level, Name: x.Name, Sector: x.Sector, Transfers: len(inside), Sectors: []Slice{}, Below: []Slice{}}
	sectors, parts := map[string]*Slice{}, map[string]*Slice{}
	book := func(member int, reported, off Sum) {
		part := member
		for part != p && n.parent[part] != p {
			part = n.parent[part]
		}
		if part != p {
			slice(parts, n.places[part].Path).book(reported, off)
		}
		slice(sectors, n.places[member].Sector).book(reported, off)
		v.Reported, v.Eliminated = v.Reported.add(reported), v.Eliminated.add(off)
	}
	for _, m := range below {
		if len(n.places[m].Entries) > 0 {
			v.Members++
			book(m, n.own[m], Sum{})
		} else if m != p && n.parent[m] == p {
			slice(parts, n.places[m].Path)
		}
	}
	for k, i := range inside {
		back := Sum{}.sub(n.released[i])
		book(n.from[i], Sum{}, back)
		book(n.to[i], Sum{}, list[k].sub(back))
	}
	v.Consolidated = v.Reported.sub(v.Eliminated)
	v.Sectors, v.Below = sorted(sectors), sorted(parts)
	return v
}

// hold holds the view against its sources.
func (v *View) hold(sources Tonnes) {
	rest := v.Consolidated.Total.sub(sources)
	size := max(1, math.Abs(v.Reported.Total.Location), math.Abs(v.Reported.Total.Market))
	closes := math.Abs(rest.Location) <= tolerance*size && math.Abs(rest.Market) <= tolerance*size
	v.Sources, v.Residual, v.Closes = &sources, &rest, &closes
}

func (s *Slice) book(reported, off Sum) {
	s.Reported, s.Eliminated = s.Reported.add(reported), s.Eliminated.add(off)
}

func slice(m map[string]*Slice, key string) *Slice {
	if m[key] == nil {
		m[key] = &Slice{Key: key}
	}
	return m[key]
}

func sorted(m map[string]*Slice) []Slice {
	list := make([]Slice, 0, len(m))
	for _, s := range m {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Slice) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// counting tells how transfer i is counted; off is what is taken off for it.
func (n *network) counting(i int, off Tonnes, entries map[string]Entry) Counting {
	t := n.transfers[i]
	c := Counting{Transfer: t.ID, Supplier: t.From, Buyer: t.To, Carrier: t.Carrier, Amount: t.Amount, Unit: t.Unit, Carbon: t.Carbon, Treatment: t.Treatment,
		Given: leg(t.Supplier, entries), Taken: leg(t.Buyer, entries), Eliminated: off}
	if t.Treatment == Traced { // the entries hold more than this transfer
		c.Given.Tonnes, c.Taken.Tonnes = Tonnes{}, t.Carbon.times(n.retained[i])
	}
	if both := n.meet(n.from[i], n.to[i]); both >= 0 {
		c.At = n.places[both].Path
	}
	taken, size := c.Taken.Tonnes, max(c.Taken.Tonnes.Location, c.Taken.Tonnes.Market, t.Carbon.Location, t.Carbon.Market)
	zero := func(x Tonnes) bool { return max(math.Abs(x.Location), math.Abs(x.Market)) <= tolerance*size }
	switch {
	case zero(off):
		c.Kind = Once
	case zero(taken):
		c.Kind = Nobody
	case zero(off.sub(taken)) || t.Treatment == Kept:
		c.Kind = Twice
	case t.Treatment == Deducted || n.poolOf[i] >= 0 && zero(taken.sub(n.retained[i].times(t.Carbon)).sub(off)):
		c.Kind = Difference
	default: // a part of it is counted further up
		c.Kind = Twice
	}
	return c
}

func leg(parts []Part, entries map[string]Entry) Leg {
	l := Leg{Scopes: []int{}, Entries: []string{}}
	for _, p := range parts {
		e := entries[p.Entry]
		l.Tonnes = l.Tonnes.add(e.on().scale(p.share()))
		l.Entries = append(l.Entries, p.Entry)
		if !slices.Contains(l.Scopes, e.Scope) {
			l.Scopes = append(l.Scopes, e.Scope)
		}
	}
	slices.Sort(l.Scopes)
	slices.Sort(l.Entries)
	return l
}

// At is the view of a place. Errors: ErrCase where there is no such place.
func (r *Result) At(path string) (*View, error) {
	for i := range r.Views {
		if r.Views[i].Path == path {
			return &r.Views[i], nil
		}
	}
	return nil, fmt.Errorf("%w: no place %.80q; lingtan consolidate FILE lists them", ErrCase, path)
}
