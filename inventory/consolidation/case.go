// Package consolidation adds the inventories of enterprises up to parks, cities and
// provinces, takes off what is counted twice because one member supplied another, and
// holds each sum against its sources.
package consolidation

import (
	"errors"

	"lingtan/method"
	"lingtan/park"
)

// ErrCase marks a case that cannot be consolidated; the error tells the path of the fault.
var ErrCase = errors.New("consolidation")

// The formats of a case and of its result, docs/formats/consolidation.md.
const (
	Format       = "lingtan.consolidation/v1"
	ResultFormat = "lingtan.consolidation-result/v1"
)

// Treatment says what the supplier's inventory does with the carbon of energy that it
// handed on.
type Treatment string

// The treatments.
const (
	Kept     Treatment = "kept"     // its entries hold it: counted twice where the buyer counts it too
	Deducted Treatment = "deducted" // entries of its own take it off (net purchased energy)
	LeftOut  Treatment = "left_out" // its entries are of its own use alone; the buyer's figure is the buyer's own
	Traced   Treatment = "traced"   // both inventories follow the carbon flow: each tonne is at who used the energy
)

// Tonnes are emissions in tCO2 on both bases.
type Tonnes struct {
	Location float64 `json:"location"`
	Market   float64 `json:"market"`
}

// Case is what is consolidated: places in a tree by their paths, each with the entries of
// its own inventory; the sources of energy by who brought them in; and what places handed
// to one another.
type Case struct {
	Format    string     `json:"format"`
	Title     string     `json:"title,omitempty"`
	Period    string     `json:"period"`
	Places    []Place    `json:"places"`
	Sources   []Source   `json:"sources,omitempty"` // none: nothing to hold the sums against
	Transfers []Transfer `json:"transfers,omitempty"`
}

// Place is an enterprise, a park or a region. A place is part of the nearest place whose
// path begins its own.
type Place struct {
	Path    string    `json:"path"`  // /江苏/park/enterprise
	Level   string    `json:"level"` // one of Levels
	Name    park.Name `json:"name"`
	Sector  string    `json:"sector,omitempty"` // GB/T 4754
	Entries []Entry   `json:"entries,omitempty"`
}

// Levels are the levels of places, the highest first.
var Levels = []string{"country", "province", "city", "district", "park", "enterprise"}

// Entry is a line of a place's own inventory.
type Entry struct {
	ID        string       `json:"id"`    // in no other place's inventory
	Scope     int          `json:"scope"` // 1 or 2
	Basis     method.Basis `json:"basis"`
	Carrier   string       `json:"carrier,omitempty"`
	Emissions float64      `json:"emissions"` // tCO2 or tCO2e; below zero takes off
}

// on are the entry's emissions on the bases that it counts on.
func (e Entry) on() (t Tonnes) {
	if e.Basis != method.Market {
		t.Location = e.Emissions
	}
	if e.Basis != method.Location {
		t.Market = e.Emissions
	}
	return t
}

// Source is what a place brought in from outside of all places or emitted itself, less
// what it sent out of all places or keeps stored.
type Source struct {
	ID      string `json:"id"`
	Place   string `json:"place"`
	Carrier string `json:"carrier,omitempty"` // as it was handed on: steam for a boiler's gas
	Carbon  Tonnes `json:"carbon"`
}

// Transfer is energy that one place handed to another over the period, with its carbon.
type Transfer struct {
	ID        string    `json:"id"`
	From      string    `json:"from"`
	To        string    `json:"to"`
	Carrier   string    `json:"carrier"`
	Amount    float64   `json:"amount"` // in Unit, not below zero
	Unit      string    `json:"unit"`
	Carbon    Tonnes    `json:"carbon"` // that the energy brought along, by its sources
	Treatment Treatment `json:"treatment"`
	Supplier  []Part    `json:"supplier,omitempty"` // kept: the entries that hold it; deducted: those that take it off
	Buyer     []Part    `json:"buyer,omitempty"`    // the entries that count it
}

// Part is an entry, or the share of it that is of a transfer.
type Part struct {
	Entry string  `json:"entry"`
	Share float64 `json:"share,omitempty"` // (0, 1]; left out: all of it
}

func (p Part) share() float64 {
	if p.Share == 0 {
		return 1
	}
	return p.Share
}

func (t Tonnes) add(o Tonnes) Tonnes { return Tonnes{t.Location + o.Location, t.Market + o.Market} }
func (t Tonnes) sub(o Tonnes) Tonnes { return Tonnes{t.Location - o.Location, t.Market - o.Market} }
func (t Tonnes) times(o Tonnes) Tonnes {
	return Tonnes{t.Location * o.Location, t.Market * o.Market}
}
func (t Tonnes) scale(x float64) Tonnes { return Tonnes{t.Location * x, t.Market * x} }

// over is t / o, 0 where o is 0.
func (t Tonnes) over(o Tonnes) Tonnes {
	part := func(a, b float64) float64 {
		if b == 0 {
			return 0
		}
		return a / b
	}
	return Tonnes{part(t.Location, o.Location), part(t.Market, o.Market)}
}
