package carbon

import (
	"cmp"
	"fmt"
	"slices"
)

// Finding is something in the data that could not be taken as it stands. What it
// names was traced as its kind says; nothing is dropped without one.
type Finding struct {
	Kind     string  `json:"kind"`
	Place    string  `json:"place"`    // as "node steam-header"
	Interval int     `json:"interval"` // the first in which it was found
	Count    int     `json:"count"`    // in how many intervals
	Amount   float64 `json:"amount"`   // energy concerned, over all of them; 0 where there is none to tell
}

// Broken says whether the finding is of broken data; an idle place is only told.
func (f Finding) Broken() bool { return f.Kind != findingNames[idle] }

// kind of finding, in the order in which findings are listed.
type kind uint8

const (
	missing     kind = iota // an amount is missing, infinite or out of range: taken as no flow
	negative                // an amount is negative: taken as no flow
	contrary                // the two ends of an edge disagree on the direction: taken as no flow
	gain                    // an edge delivers more than it was sent: taken as sent in full
	factor                  // a source has no usable factor: its energy is unexplained
	deficit                 // more leaves than enters: see Network.Deficit
	island                  // energy leaves, none enters: it is unexplained
	overdrawn               // a storage gave more than it held: see Network.Deficit
	level                   // a storage holds more than it was charged with: see Network.Deficit
	sourceless              // energy circles without a source: it is unexplained
	noInput                 // a converter gives without taking: its outputs are unexplained
	noOutput                // a converter takes without giving: its carbon is a loss
	arrivedNone             // carbon was sent to a place where no energy arrived: booked as stranded there
	unsolved                // a circle that takes in and lets nothing out: the carbon is stranded, the energy unexplained
	idle                    // nothing flows: there is no intensity
	kinds
)

var findingNames = [kinds]string{"missing", "negative", "contrary", "gain", "factor", "deficit", "island", "overdrawn", "level",
	"sourceless_loop", "no_input", "no_output", "stranded", "unsolved_loop", "idle"}

// place is an element of a network.
type place struct {
	what  uint8
	index int32
}

const (
	atNode uint8 = iota
	atEdge
	atSource
	atUse
	atStorage
	atConverter
)

// name of a place, as "node steam-header".
func (p place) name(n *Network) string {
	switch p.what {
	case atNode:
		return "node " + n.Nodes[p.index].ID
	case atEdge:
		return "edge " + n.Edges[p.index].ID
	case atSource:
		return "source " + n.Sources[p.index].ID
	case atUse:
		if n.Uses[p.index].Export {
			return "export " + n.Uses[p.index].ID
		}
		return "use " + n.Uses[p.index].ID
	case atStorage:
		return "storage " + n.Storages[p.index].ID
	}
	return "converter " + n.Converters[p.index].ID
}

// vertexPlace is the element that a vertex stands for.
func (p *plan) vertexPlace(v int32) place {
	switch {
	case v >= p.converter(0):
		return place{atConverter, v - p.converter(0)}
	case v >= p.storage(0):
		return place{atStorage, v - p.storage(0)}
	}
	return place{atNode, v}
}

// found is a finding of one interval.
type found struct {
	kind   kind
	at     place
	amount float64
}

// findings gathers what was found over the intervals: one for each kind and place.
type findings map[found]*Finding

// add notes what interval i found; a kind counts once an interval at a place.
func (fs findings) add(n *Network, i int, list []found) {
	for _, f := range list {
		key := found{kind: f.kind, at: f.at}
		x := fs[key]
		if x == nil {
			x = &Finding{Kind: findingNames[f.kind], Place: f.at.name(n), Interval: i, Count: 1, Amount: f.amount}
			fs[key] = x
			continue
		}
		x.Amount += f.amount
		x.Count++
	}
}

// list sorts the findings: by kind, then in the order of the network.
func (fs findings) list() []Finding {
	keys := make([]found, 0, len(fs))
	for k := range fs {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.at.what, b.at.what), cmp.Compare(a.at.index, b.at.index))
	})
	out := make([]Finding, len(keys))
	for i, k := range keys {
		out[i] = *fs[k]
	}
	return out
}

// String is one line for a person.
func (f Finding) String() string {
	return fmt.Sprintf("%s at %s from interval %d, %d times, %g", f.Kind, f.Place, f.Interval, f.Count, f.Amount)
}
