package accounting

import (
	"cmp"
	"slices"

	"lingtan/method"
)

// Sum is the sum of the entries that agree in scope, basis, category and gas. What
// stands apart (biogenic, information) is summed by itself and is in no total.
type Sum struct {
	Scope     int          `json:"scope"`
	Basis     method.Basis `json:"basis"`
	Category  string       `json:"category,omitempty"`
	Gas       string       `json:"gas"` // CO2 where the rule names none
	Apart     string       `json:"apart,omitempty"`
	Entries   int          `json:"entries"`
	Emissions float64      `json:"emissions"` // in Unit; below zero where more was taken off
	Unit      string       `json:"unit"`      // tCO2, or tCO2e where the gas is another
}

// Totals are the emissions by scope, in tCO2e: a tonne of CO2 is a tonne of CO2e.
type Totals struct {
	Scope1         float64 `json:"scope1"`
	Scope2Location float64 `json:"scope2Location"`
	Scope2Market   float64 `json:"scope2Market"`
	Scope3         float64 `json:"scope3"`
}

// Sums adds up entries by scope, basis, category and gas, in that order; what stands
// apart comes last. Entries are added in the order given.
func Sums(entries []Entry) []Sum {
	at := map[Sum]int{}
	list := []Sum{}
	for _, e := range entries {
		key := Sum{Scope: e.Scope, Basis: e.Basis, Category: e.Category, Gas: cmp.Or(e.Gas, "CO2"), Apart: e.Apart, Unit: e.Unit}
		i, seen := at[key]
		if !seen {
			i = len(list)
			at[key], list = i, append(list, key)
		}
		list[i].Entries++
		list[i].Emissions += e.Emissions
	}
	slices.SortStableFunc(list, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(a.Apart, b.Apart), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Basis, b.Basis), cmp.Compare(a.Category, b.Category), cmp.Compare(a.Gas, b.Gas))
	})
	return list
}

// Total adds up entries by scope. An entry for the market basis alone counts in
// Scope2Market alone, one for the location basis alone not there; what stands apart
// counts nowhere.
func Total(entries []Entry) Totals {
	var t Totals
	for _, e := range entries {
		switch {
		case e.Apart != "":
		case e.Scope == 1:
			t.Scope1 += e.Emissions
		case e.Scope == 3:
			t.Scope3 += e.Emissions
		default:
			t.scope2(e)
		}
	}
	return t
}

func (t *Totals) scope2(e Entry) {
	if e.Basis != method.Market {
		t.Scope2Location += e.Emissions
	}
	if e.Basis != method.Location {
		t.Scope2Market += e.Emissions
	}
}
