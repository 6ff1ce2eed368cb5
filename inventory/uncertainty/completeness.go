package uncertainty

import (
	"cmp"
	"fmt"
	"slices"

	"lingtan/inventory"
	"lingtan/method"
	"lingtan/park"
	"lingtan/period"
)

// Completeness sets what the method and the park let expect against what has data.
type Completeness struct {
	Categories   []Category `json:"categories"`
	Sources      []Source   `json:"sources"`
	Registers    []Gap      `json:"registers"`    // the most incomplete first
	MissingShare float64    `json:"missingShare"` // of all metered intervals of the period
}

// Category is a category of the method's report, or an activity where the method has none. One without entries is absent in the park or
// has no data; only a person can say which.
type Category struct {
	Scope     int     `json:"scope"`
	Category  string  `json:"category"`
	Rules     int     `json:"rules"`   // that the method has for it
	Entries   int     `json:"entries"` // that there are
	Emissions float64 `json:"emissions"`
}

// Source is a source of the park's network. One that the method has rules for and that gave
// nothing has no data; Entries 0 with an amount given is one that nothing accounts.
type Source struct {
	Source  string  `json:"source"`
	Carrier string  `json:"carrier"`
	Given   float64 `json:"given"` // in Unit
	Unit    string  `json:"unit"`
	Entries int     `json:"entries"`
}

// Gap is how much of a register's period is missing.
type Gap struct {
	Register       string  `json:"register"`
	Service        int     `json:"service"`        // days of the period that it was in service
	Days           int     `json:"days"`           // that were settled
	Expected       int     `json:"expected"`       // intervals of the days in service; 0 where no day was settled
	Missing        int     `json:"missing"`        // of them without an amount
	MissingShare   float64 `json:"missingShare"`   // 1 where no day was settled
	EstimatedShare float64 `json:"estimatedShare"` // of the known amount
	EditedShare    float64 `json:"editedShare"`    // of the known amount
}

// gapOf is what a register lacks of the days that it was in service. Days that were never settled
// lack all their intervals.
func gapOf(r inventory.RegisterRecord, key string, days int) Gap {
	g := Gap{Register: key, Service: days, Days: r.Days, MissingShare: 1}
	if days == 0 && r.Days == 0 {
		g.MissingShare = 0
	}
	if r.Days > 0 && r.Totals.Intervals > 0 {
		g.Expected = max(r.Totals.Intervals, r.Totals.Intervals*days/r.Days)
		g.Missing = r.Totals.Missing + g.Expected - r.Totals.Intervals
		g.MissingShare = float64(g.Missing) / float64(g.Expected)
	}
	if all := r.Totals.Total(); all != 0 {
		g.EstimatedShare, g.EditedShare = r.Totals.Estimated/all, r.Totals.Edited/all
	}
	return g
}

// completenessOf sets an inventory against its method and its park.
func completenessOf(v *inventory.Inventory) (*Completeness, error) {
	days, err := serviceDays(v)
	if err != nil {
		return nil, err
	}
	c := &Completeness{Categories: categories(v), Sources: []Source{}, Registers: []Gap{}}
	entries := map[string]int{}
	for _, e := range v.Entries {
		if e.Activity.Record == "" {
			entries[e.Activity.Source]++
		}
	}
	for _, x := range v.Consolidation {
		c.Sources = append(c.Sources, Source{x.Source, x.Carrier, x.Given, x.Unit, entries[x.Source]})
	}
	var missing float64
	for _, r := range v.Registers {
		g := gapOf(r, r.Register, days[r.Register])
		missing += g.MissingShare
		c.Registers = append(c.Registers, g)
	}
	if len(c.Registers) > 0 {
		c.MissingShare = missing / float64(len(c.Registers))
	}
	slices.SortStableFunc(c.Registers, func(a, b Gap) int {
		return cmp.Or(-cmp.Compare(a.MissingShare, b.MissingShare), cmp.Compare(a.Register, b.Register))
	})
	return c, nil
}

// serviceDays are the days of the period that each register was in service, by its valid span.
func serviceDays(v *inventory.Inventory) (map[string]int, error) {
	first, last, err := v.Period.Days()
	if err != nil {
		return nil, err
	}
	days := map[string]int{}
	for _, r := range v.Registers { // also one that the structure does not tell of
		days[r.Register] = int(last-first) + 1
	}
	for _, p := range v.Structure.Points {
		for _, r := range p.Registers {
			n, err := within(r.Valid, first, last)
			if err != nil {
				return nil, fmt.Errorf("register %s.%s: %w", p.ID, r.ID, err)
			}
			days[p.ID+"."+r.ID] = n
		}
	}
	return days, nil
}

// within is how many of the days [first, last] lie in a span.
func within(v park.Valid, first, last period.Day) (int, error) {
	if v.From != "" {
		from, err := period.ParseDay(v.From)
		if err != nil {
			return 0, err
		}
		first = max(first, from)
	}
	if v.To != "" {
		to, err := period.ParseDay(v.To)
		if err != nil {
			return 0, err
		}
		last = min(last, to-1)
	}
	return max(0, int(last-first)+1), nil
}

// categories are those of the method in the order of its rules, then those of entries alone.
func categories(v *inventory.Inventory) []Category {
	type key struct {
		scope    int
		category string
	}
	list := []Category{}
	at := map[key]int{}
	of := func(scope int, category string) *Category {
		k := key{scope, category}
		if _, ok := at[k]; !ok {
			at[k] = len(list)
			list = append(list, Category{Scope: scope, Category: category})
		}
		return &list[at[k]]
	}
	for _, r := range v.Method.Rules {
		if r.Apart == "" {
			of(r.Scope, cmp.Or(r.Category, r.Activity)).Rules++
		}
	}
	for _, e := range v.Entries {
		if e.Apart == "" {
			x := of(e.Scope, categoryOf(e))
			x.Entries++
			if e.Scope != 2 || e.Basis != method.Market {
				x.Emissions += e.Emissions
			}
		}
	}
	return list
}
