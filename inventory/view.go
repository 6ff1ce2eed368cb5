package inventory

import (
	"errors"
	"fmt"
	"time"

	"lingtan/accounting"
	"lingtan/balance"
	"lingtan/factor"
	"lingtan/method"
	"lingtan/period"
	"lingtan/quantity"
	"lingtan/usage"
)

// View is a part of a profile with its accounts: what a page shows of a period.
// Its figures are those that an inventory of the same period would have; they are
// not kept and have no entry ids.
type View struct {
	Profile *Profile
	First   period.Day
	Last    period.Day
	Entries []accounting.Entry
	Energy  []accounting.Energy
	Factors []factor.Factor
	// Rate is tCO2 a unit of each source on each basis, averaged over the period:
	// with it an hour's amounts become emissions. It is 0 of an output of a conversion, whose
	// carbon is that of what went in: see Embodied.
	Rate map[method.Basis][]float64

	embodied map[method.Basis]map[[2]int][]float64 // place, source → see Embodied
}

// View accounts the days [first, last] of a profile by a method, and what members
// declared for them; what the method cannot account of that is left to the notes of an
// inventory. Errors: days outside the profile; a missing factor or rule by name.
func (p *Profile) View(pack method.Pack, factors accounting.FactorSource, first, last period.Day, asKnownAt time.Time, declared ...accounting.Declared) (*View, error) {
	if first < p.First || last > p.Last || last < first {
		return nil, fmt.Errorf("inventory: the days %s to %s are not in the profile of %s to %s", first, last, p.First, p.Last)
	}
	v := &View{Profile: p, First: first, Last: last, Rate: map[method.Basis][]float64{}}
	found := &recordedFactors{from: factors, at: map[string]int{}}
	a := accounting.Accountant{Method: pack, GWP: p.Structure.Park.GWP, Factors: found, Region: p.Structure.Park.Region, At: first.Start(p.Zone), AsKnownAt: asKnownAt}
	acts := p.activities(int(first-p.First), int(last-p.First))
	covers, _, err := instruments(p.Structure, Period{First: first.String(), Last: last.String()}, acts)
	if err != nil {
		return nil, err
	}
	for _, act := range acts {
		if act.Kind == converted {
			continue
		}
		list, err := a.Account(act, covers[act.Organization])
		if err != nil {
			return nil, err
		}
		v.Entries = append(v.Entries, list...)
	}
	if err := v.energy(a, acts); err != nil {
		return nil, err
	}
	v.rates(acts)
	into := ratesOf(v.Entries, acts)
	v.embody(into)
	bought, err := p.handed.entries(acts, into, first, last, func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	v.Entries = append(v.Entries, bought...)
	if err := v.declare(a, declared); err != nil {
		return nil, err
	}
	for _, s := range found.list() {
		v.Factors = append(v.Factors, s.Factor)
	}
	return v, nil
}

// declare accounts what members declared for the days of the view.
func (v *View) declare(a accounting.Accountant, declared []accounting.Declared) error {
	for _, d := range declared {
		act, days, _, err := d.Within(v.First, v.Last)
		if err != nil {
			return err
		}
		if days == 0 {
			continue
		}
		list, err := a.Account(act, nil)
		if err != nil && !unknown(err) {
			return err
		}
		v.Entries = append(v.Entries, list...)
	}
	return nil
}

// activities are the profile's amounts over days [from, to] (indices) by
// organization, place, carrier and source, all as measured: a view tells quality by
// its own columns.
func (p *Profile) activities(from, to int) []accounting.Activity {
	place := map[string]accounting.Place{balance.Use: accounting.Consumed, balance.Bus: accounting.Lost, balance.Export: accounting.Exported}
	at := map[activityKey]int{}
	var acts []accounting.Activity
	for i, x := range p.Places {
		if place[x.Kind] == "" {
			continue
		}
		for s, src := range p.Sources {
			amount := p.Sum(i, s, from, to)
			if amount == 0 {
				continue
			}
			key := activityKey{x.Organization, place[x.Kind], src.Node, x.Carrier}
			k, seen := at[key]
			if !seen {
				k = len(acts)
				at[key] = k
				acts = append(acts, accounting.Activity{Organization: x.Organization, Place: place[x.Kind], Source: src.Node, Kind: src.Activity, Carrier: x.Carrier, Unit: x.Unit})
			}
			acts[k].Amount.Measured += amount
		}
	}
	return acts
}

// activityKey is what a view's activities are summed by.
type activityKey struct {
	organization    string
	place           accounting.Place
	source, carrier string
}

// energy converts each organization's use to standard coal.
func (v *View) energy(a accounting.Accountant, acts []accounting.Activity) error {
	type key struct{ org, carrier, unit string }
	sums := map[key]usage.Totals{}
	var keys []key
	for _, act := range v.Profile.handed.netEnergy(acts) {
		if act.Place == accounting.Exported {
			continue
		}
		k := key{act.Organization, act.Carrier, act.Unit}
		t, seen := sums[k]
		if !seen {
			keys = append(keys, k)
		}
		t.Add(act.Amount)
		sums[k] = t
	}
	for _, k := range keys {
		e, err := a.StandardCoal(k.org, k.carrier, k.unit, sums[k])
		if errors.Is(err, quantity.ErrDimension) || errors.Is(err, accounting.ErrNoRule) && v.Profile.handed.gives(k.carrier) {
			continue // an inventory notes it
		}
		if err != nil {
			return err
		}
		v.Energy = append(v.Energy, e)
	}
	return nil
}

// rates divides each source's emissions by what was taken of it.
func (v *View) rates(acts []accounting.Activity) {
	taken := map[string]float64{}
	for _, a := range acts {
		if a.Place != accounting.Exported {
			taken[a.Source] += a.Amount.Total()
		}
	}
	for _, basis := range []method.Basis{method.Location, method.Market} {
		sums := map[string]float64{}
		for _, e := range v.Entries {
			if e.Basis == basis || e.Basis == method.Both {
				sums[e.Activity.Source] += e.Emissions
			}
		}
		rate := make([]float64, len(v.Profile.Sources))
		for s, src := range v.Profile.Sources {
			if taken[src.Node] != 0 {
				rate[s] = sums[src.Node] / taken[src.Node]
			}
		}
		v.Rate[basis] = rate
	}
}

// Embodied is the carbon, in tCO2 by day of the view, of what a place took of an output of a
// conversion: that of what went into it, traced interval by interval. nil where it took
// none, and for other sources. The sum over the places of an organization is its entries of
// what it bought; who runs the conversion has counted its own part with the inputs.
func (v *View) Embodied(basis method.Basis, place, source int) []float64 {
	return v.embodied[basis][[2]int{place, source}]
}

// embody sums the carbon that conversions handed on by place, source and day.
func (v *View) embody(into rates) {
	h := v.Profile.handed
	if h == nil {
		return
	}
	source := map[string]int{}
	for s, x := range v.Profile.Sources {
		source[x.Node] = s
	}
	v.embodied = map[method.Basis]map[[2]int][]float64{}
	for basis, rate := range into {
		sums := map[[2]int][]float64{}
		for _, x := range h.list {
			if x.Day < v.First || x.Day > v.Last {
				continue
			}
			key := [2]int{x.Node, source[v.Profile.Places[x.Output].Node]}
			if sums[key] == nil {
				sums[key] = make([]float64, int(v.Last-v.First)+1)
			}
			sums[key][x.Day-v.First] += h.carbon(x.Embodied, rate)
		}
		v.embodied[basis] = sums
	}
}

// Emissions sums entries on a basis that keep accepts; scope 0 is every scope. What
// stands apart is in no sum.
func (v *View) Emissions(basis method.Basis, scope int, keep func(accounting.Entry) bool) float64 {
	var sum float64
	for _, e := range v.Entries {
		if (e.Basis == basis || e.Basis == method.Both) && (scope == 0 || e.Scope == scope) && e.Apart == "" && keep(e) {
			sum += e.Emissions
		}
	}
	return sum
}
