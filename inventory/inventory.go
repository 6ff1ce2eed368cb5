// Package inventory assembles a park's greenhouse-gas inventory of a period out of
// settled usage, closes it under a hash and a Merkle root, restates and compares
// it, explains every entry and verifies an exported one from its own evidence.
package inventory

import (
	"errors"
	"fmt"
	"math"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/method"
	"lingtan/park"
	"lingtan/period"
	"lingtan/proof"
	"lingtan/usage"
)

// Sentinels of this package.
var (
	ErrUnsettled    = errors.New("inventory: no settled usage in the period")
	ErrConservation = errors.New("inventory: sources and consumers differ")
	ErrNoEntry      = errors.New("inventory: no such entry")
	errEngine       = errors.New("inventory: an engine that this program has not")
)

// Format is the format of an inventory document.
const Format = "lingtan.inventory/v1"

// tolerance is the largest difference, relative to what the sources gave, between
// the sum over consumers and the sum over sources of a consolidated inventory.
const tolerance = 1e-9

// Inventory is the inventory of a park and its members for a period, as known at a
// recorded time. It holds all that is needed to compute it again, but for the usage
// itself, which hangs under Root.
type Inventory struct {
	Format        string                `json:"format"`
	Engine        string                `json:"engine"`
	ID            string                `json:"id"`
	Revision      int                   `json:"revision"`
	Period        Period                `json:"period"`
	AsKnownAt     int64                 `json:"asKnownAt"` // Unix milliseconds
	Structure     *park.Document        `json:"structure"`
	Method        method.Pack           `json:"method"`
	Organization  string                `json:"organization,omitempty"` // of one organization and those below it; empty = the park
	Factors       []Snapshot            `json:"factors"`
	Declared      []accounting.Declared `json:"declared,omitempty"` // records that entries were made of, as known
	Entries       []accounting.Entry    `json:"entries"`
	Energy        []accounting.Energy   `json:"energy"`
	Totals        []Total               `json:"totals"` // the park first, then each organization
	Consolidation []Consolidation       `json:"consolidation"`
	Registers     []RegisterRecord      `json:"registers"`
	Root          string                `json:"root"`  // RFC 6962 root over the registers' records, hexadecimal
	Notes         []park.Name           `json:"notes"` // what a reader must know: data years of factors, unused instruments
}

// Period is the span of an inventory: civil days [First, Last] in the park's zone.
type Period struct {
	Text  string `json:"text"`
	First string `json:"first"`
	Last  string `json:"last"`
}

// Snapshot is a factor as it was found, with the query that found it.
type Snapshot struct {
	Query  string        `json:"query"`
	Factor factor.Factor `json:"factor"`
}

// Total are the sums of an organization, or of the park where Organization is empty.
type Total struct {
	Organization   string  `json:"organization"`
	Scope1         float64 `json:"scope1"`           // tCO2
	Scope2Location float64 `json:"scope2Location"`   // tCO2
	Scope2Market   float64 `json:"scope2Market"`     // tCO2
	Scope3         float64 `json:"scope3,omitempty"` // tCO2; where the method has rules of scope 3
	StandardCoal   float64 `json:"tce"`
	MeasuredShare  float64 `json:"measuredShare"`  // of location-based emissions, by activity data
	EstimatedShare float64 `json:"estimatedShare"` // of the same
	EditedShare    float64 `json:"editedShare"`
	Missing        int     `json:"missingIntervals"`
	Intervals      int     `json:"intervals"`
}

// Consolidation shows that nothing of a source is counted twice or lost: what it
// gave is what members used, lost, sent out and stored.
type Consolidation struct {
	Source     string  `json:"source"`
	Carrier    string  `json:"carrier"`
	Unit       string  `json:"unit"`
	Given      float64 `json:"given"`
	Used       float64 `json:"used"`
	Lost       float64 `json:"lost"`
	Exported   float64 `json:"exported"`
	Stored     float64 `json:"stored"`
	Difference float64 `json:"difference"`
}

// Closes says whether the row's own sums make its difference, and that is no larger
// than rounding: 1e-9 of what the source gave.
func (c Consolidation) Closes() bool {
	d := c.Given - c.Used - c.Lost - c.Exported - c.Stored
	return d == c.Difference && math.Abs(d) <= tolerance*math.Max(1, math.Abs(c.Given))
}

// RegisterRecord is a register's period in the inventory: its totals and the root
// of its settled days. Its canonical JSON is a leaf of the inventory's tree.
type RegisterRecord struct {
	Register string       `json:"register"`
	Unit     string       `json:"unit"`
	Totals   usage.Totals `json:"totals"`
	Readings int          `json:"readings"`
	Days     int          `json:"days"`
	Root     string       `json:"root"` // RFC 6962 root over the days' usage blocks, hexadecimal
}

// Entry is the entry with the id.
func (v *Inventory) Entry(id string) (accounting.Entry, error) {
	for _, e := range v.Entries {
		if e.ID == id {
			return e, nil
		}
	}
	return accounting.Entry{}, ErrNoEntry
}

// Total is the total of an organization, or of the park for "".
func (v *Inventory) Total(organization string) Total {
	for _, t := range v.Totals {
		if t.Organization == organization {
			return t
		}
	}
	return Total{Organization: organization}
}

// Days are the first and last day of the period.
func (p Period) Days() (first, last period.Day, err error) {
	if first, err = period.ParseDay(p.First); err != nil {
		return 0, 0, err
	}
	last, err = period.ParseDay(p.Last)
	return first, last, err
}

// RecordTree is the Merkle tree over the canonical JSON of the registers' records,
// in their order; its root is Root.
func (v *Inventory) RecordTree() (*proof.Tree, error) { return recordTree(v.Registers) }

// Carried is a factor source that answers from the factors that the inventory
// carries, and from nothing else.
func (v *Inventory) Carried() accounting.FactorSource { return snapshots(v.Factors) }

// SumOf is the total of an organization ("" is the park) added up again from the
// entries and the energy; it knows nothing of intervals.
func (v *Inventory) SumOf(organization string) Total {
	return (&compiler{inv: v}).sumOf(organization)
}

// snapshots answers queries from the factors that an inventory carries.
type snapshots []Snapshot

// Lookup finds the factor that answered the same query.
func (s snapshots) Lookup(q factor.Query) (factor.Factor, error) {
	for _, x := range s {
		if x.Query == q.String() {
			return x.Factor, nil
		}
	}
	return factor.Factor{}, fmt.Errorf("%w: the inventory carries no answer to %s", factor.ErrMissing, q)
}
