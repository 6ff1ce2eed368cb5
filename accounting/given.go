package accounting

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lingtan/factor"
	"lingtan/method"
)

// fractions are the roles that are a share from 0 to 1: oxidation, purity, conversion,
// the share of a gas.
var fractions = []string{"of", "purity", "conversion", "share"}

// check refuses what no amount can be, and values for roles that no rule asks for: they
// would be passed over in silence.
func (a Activity) check(rules []method.Rule) error {
	total := a.Amount.Total()
	switch {
	case !finite(total):
		return fmt.Errorf("%w: %v %s", ErrAmount, total, a.Unit)
	case a.Record != "" && total < 0:
		return fmt.Errorf("%w: %v %s is below zero; what is taken off has an activity of its own", ErrAmount, total, a.Unit)
	case !(a.Uncertainty >= 0) || !finite(a.Uncertainty):
		return fmt.Errorf("%w: uncertainty %v; half the 95 %% interval, relative, from 0", ErrAmount, a.Uncertainty)
	}
	asked := map[string]bool{}
	for _, r := range rules {
		for role := range r.Factors {
			asked[role] = true
		}
	}
	known := strings.Join(slices.Sorted(maps.Keys(asked)), ", ")
	for _, role := range slices.Sorted(maps.Keys(a.Given)) {
		if !asked[role] {
			return fmt.Errorf("%w: no rule for %q takes %q; they take: %s", ErrGiven, a.Kind, role, known)
		}
		if _, both := a.Choose[role]; both {
			return fmt.Errorf("%w: %q is both given and chosen; keep one", ErrGiven, role)
		}
	}
	for _, role := range slices.Sorted(maps.Keys(a.Choose)) {
		if !asked[role] {
			return fmt.Errorf("%w: no rule for %q takes a choice of %q; they take: %s", ErrGiven, a.Kind, role, known)
		}
	}
	return nil
}

// given is a value that the declarer brings, in the unit in which it was brought.
func (a Accountant) given(act Activity, role string, use method.FactorUse, g Given) (Applied, error) {
	if err := g.check(); err != nil {
		return Applied{}, err
	}
	if use.Unit != "" {
		if _, err := convert(g.Value, g.Unit, use.Unit); err != nil {
			return Applied{}, fmt.Errorf("%w: %w", ErrGiven, err)
		}
	}
	if slices.Contains(fractions, role) {
		if share, err := convert(g.Value, g.Unit, "1"); err != nil || share > 1 {
			return Applied{}, fmt.Errorf("%w: %v %s; a share from 0 to 1, or in %%", ErrGiven, g.Value, g.Unit)
		}
	}
	return Applied{Role: role, Factor: "record:" + act.Record, Name: factor.Name{ZH: "申报方自有数值", EN: "the declarer's own value"},
		Value: g.Value, Unit: g.Unit, Grade: factor.GradeOwn, Source: g.Source, Uncertainty: g.Uncertainty}, nil
}

func (g Given) check() error {
	switch {
	case g.Source == "" || !finite(g.Value):
		return fmt.Errorf("%w: a value of one's own needs a number, a unit and its source", ErrGiven)
	case g.Value < 0:
		return fmt.Errorf("%w: %v %s is below zero", ErrGiven, g.Value, g.Unit)
	case !(g.Uncertainty >= 0) || !finite(g.Uncertainty):
		return fmt.Errorf("%w: uncertainty %v; half the 95 %% interval, relative, from 0", ErrGiven, g.Uncertainty)
	case g.Pressure != 0 || g.Temperature != 0:
		return fmt.Errorf("%w: a state of steam is a pressure above 0 MPa absolute, a temperature of at least 0 degC and no value", ErrGiven)
	}
	return nil
}

// steam is the enthalpy of steam in the state that the declarer brings, by the table of
// GB/T 32151.34-2024.
func (a Accountant) steam(role string, g Given) (Applied, error) {
	if role != "enthalpy" {
		return Applied{}, fmt.Errorf("%w: a state of steam stands for an enthalpy alone", ErrGiven)
	}
	if g.Value != 0 || g.Unit != "" || g.Source == "" || !finite(g.Pressure) || !(g.Temperature >= 0) || !finite(g.Temperature) {
		return Applied{}, fmt.Errorf("%w: a state of steam is a pressure in MPa absolute, a temperature in degC (0 = saturated) and its source, without a value", ErrGiven)
	}
	f, err := a.Factors.Lookup(factor.Query{Category: factor.Steam, Pressure: g.Pressure, Temperature: g.Temperature})
	x := applied(role, f)
	x.Source, x.Uncertainty = x.Source+"; "+g.Source, g.Uncertainty
	return x, err
}

// query is the question to the library that a role asks.
func (a Accountant) query(role string, u method.FactorUse) factor.Query {
	regions := make([]string, len(u.Regions))
	for i, r := range u.Regions {
		if regions[i] = r; r == "park" {
			regions[i] = a.Region
		}
	}
	q := factor.Query{Category: u.Category, Item: u.Item, Parameter: u.Parameter, Guideline: u.Guideline,
		Regions: regions, At: a.At, AsKnownAt: a.AsKnownAt, Policy: factor.Policy(u.Policy)}
	if role == "gwp" && a.GWP != "" && u.Given != "never" { // the set chosen, in place of the method's
		q.Category, q.Guideline = "", strings.ToLower(a.GWP)
	}
	return q
}
