package inventory

import (
	"math"
	"sort"

	"lingtan/accounting"
	"lingtan/usage"
)

// Difference is what parts two versions of an inventory.
type Difference struct {
	Before  string            `json:"before"` // inventory ids
	After   string            `json:"after"`
	Entries []EntryDifference `json:"entries"`
	Usage   []UsageDifference `json:"usage"`
	Totals  []TotalDifference `json:"totals"`
	Records []string          `json:"records,omitempty"` // declared records of which another revision counts, or only one side has any
}

// EntryDifference is an entry that appeared, went or changed; Why says by what.
type EntryDifference struct {
	ID           string  `json:"id"` // in the later version, or in the earlier where it went
	Organization string  `json:"organization"`
	Node         string  `json:"node"`
	Rule         string  `json:"rule"`
	Before       float64 `json:"before"` // tCO2
	After        float64 `json:"after"`
	Why          string  `json:"why"` // activity, factor, added, removed
}

// UsageDifference is a register whose settled usage differs.
type UsageDifference struct {
	Register string  `json:"register"`
	Unit     string  `json:"unit"`
	Before   float64 `json:"before"`
	After    float64 `json:"after"`
}

// TotalDifference is a total before and after.
type TotalDifference struct {
	Before Total `json:"before"`
	After  Total `json:"after"`
}

// Compare tells what changed from a to b and why.
func Compare(a, b *Inventory) Difference {
	d := Difference{Before: a.ID, After: b.ID, Entries: []EntryDifference{}, Usage: []UsageDifference{}, Totals: []TotalDifference{}}
	d.Entries = entryDifferences(a, b)
	d.Usage = usageDifferences(a, b)
	d.Records = recordDifferences(a, b)
	names := map[string]bool{}
	for _, t := range append(append([]Total{}, a.Totals...), b.Totals...) {
		if names[t.Organization] {
			continue
		}
		names[t.Organization] = true
		if x, y := a.Total(t.Organization), b.Total(t.Organization); !x.near(y, rounding(a, b)) {
			d.Totals = append(d.Totals, TotalDifference{Before: x, After: y})
		}
	}
	return d
}

// rounding is the largest relative difference between two figures that is none: engines
// that add in another order give other last bits of the same figure.
func rounding(a, b *Inventory) float64 {
	if (a.Engine == Engine) == (b.Engine == Engine) {
		return 0
	}
	return tolerance
}

func near(x, y, tolerance float64) bool {
	return x == y || math.Abs(x-y) <= tolerance*math.Max(math.Abs(x), math.Abs(y))
}

// near says whether two totals are the same but for rounding. A total of parts that take each other
// off may differ by more; it is then told, with its figures.
func (t Total) near(o Total, tolerance float64) bool {
	same := t.Organization == o.Organization && t.Missing == o.Missing && t.Intervals == o.Intervals
	for _, x := range [][2]float64{{t.Scope1, o.Scope1}, {t.Scope2Location, o.Scope2Location}, {t.Scope2Market, o.Scope2Market}, {t.Scope3, o.Scope3},
		{t.StandardCoal, o.StandardCoal}, {t.MeasuredShare, o.MeasuredShare}, {t.EstimatedShare, o.EstimatedShare}, {t.EditedShare, o.EditedShare}} {
		same = same && near(x[0], x[1], tolerance)
	}
	return same
}

func nearAmounts(x, y usage.Totals, tolerance float64) bool {
	return x.Intervals == y.Intervals && x.Missing == y.Missing && near(x.Measured, y.Measured, tolerance) && near(x.Estimated, y.Estimated, tolerance) && near(x.Edited, y.Edited, tolerance)
}

// lineKey is what an entry is about, the same in every version.
func lineKey(e accounting.Entry) string {
	a := e.Activity
	return a.Organization + "|" + a.Node + "|" + a.Source + "|" + a.Carrier + "|" + e.Rule + "|" + string(e.Basis) + "|" + e.Instrument + "|" + a.Record
}

func entryDifferences(a, b *Inventory) []EntryDifference {
	list, nothing := []EntryDifference{}, rounding(a, b)
	before := map[string]accounting.Entry{}
	for _, e := range a.Entries {
		before[lineKey(e)] = e
	}
	for _, e := range b.Entries {
		k := lineKey(e)
		old, was := before[k]
		delete(before, k)
		row := EntryDifference{ID: e.ID, Organization: e.Activity.Organization, Node: e.Activity.Node, Rule: e.Rule, Before: old.Emissions, After: e.Emissions}
		switch {
		case !was:
			row.Why = "added"
		case !near(old.Data, e.Data, nothing) || !nearAmounts(old.Activity.Amount, e.Activity.Amount, nothing):
			row.Why = "activity"
		case !near(old.Emissions, e.Emissions, nothing):
			row.Why = "factor"
		default:
			continue
		}
		list = append(list, row)
	}
	for _, e := range before {
		list = append(list, EntryDifference{ID: e.ID, Organization: e.Activity.Organization, Node: e.Activity.Node, Rule: e.Rule, Before: e.Emissions, Why: "removed"})
	}
	sort.Slice(list, func(i, j int) bool {
		return list[i].Organization < list[j].Organization || list[i].Organization == list[j].Organization && list[i].ID < list[j].ID
	})
	return list
}

// recordDifferences are the ids of declared records that are not the same on both sides.
func recordDifferences(a, b *Inventory) []string {
	revision := map[string]int64{}
	for _, d := range a.Declared {
		revision[d.Activity.Record] = d.Revision
	}
	var list []string
	for _, d := range b.Declared {
		if revision[d.Activity.Record] != d.Revision {
			list = append(list, d.Activity.Record)
		}
		delete(revision, d.Activity.Record)
	}
	for id := range revision {
		list = append(list, id)
	}
	sort.Strings(list)
	return list
}

func usageDifferences(a, b *Inventory) []UsageDifference {
	list := []UsageDifference{}
	before := map[string]RegisterRecord{}
	for _, r := range a.Registers {
		before[r.Register] = r
	}
	for _, r := range b.Registers {
		old := before[r.Register]
		delete(before, r.Register)
		if old.Root != r.Root {
			list = append(list, UsageDifference{Register: r.Register, Unit: r.Unit, Before: old.Totals.Total(), After: r.Totals.Total()})
		}
	}
	for _, r := range before {
		list = append(list, UsageDifference{Register: r.Register, Unit: r.Unit, Before: r.Totals.Total()})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Register < list[j].Register })
	return list
}
