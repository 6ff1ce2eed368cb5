package factor

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Policy says which of several years' factors applies.
type Policy string

const (
	// Valid takes the factor that holds at Query.At.
	Valid Policy = "valid"
	// LatestPublished takes the newest data year that was published at or before Query.AsKnownAt:
	// the rule of GB/T 32150-2025, 7.5.6, and of the announcements of grid factors. Query.At plays
	// no part. A factor without a publication date counts as published when its span begins.
	LatestPublished Policy = "latest_published"
	// NearestYear takes the factor whose years lie nearest to the calendar year of Query.At, the
	// earlier of two equally near.
	NearestYear Policy = "nearest_year"
)

// Query asks for one factor. Empty texts match everything, so name as much as the rule names.
type Query struct {
	Category  string
	Item      string
	Parameter string
	Guideline string
	// Regions in order of preference; the first that has a factor answers. Empty: any region, which
	// must then be one. RegionChain gives a province's order.
	Regions []string
	// At is the moment of the activity, in valid time.
	At time.Time
	// AsKnownAt is the moment of knowledge; zero is now: all that the library holds.
	AsKnownAt time.Time
	// Policy is Valid when empty.
	Policy Policy
	// Pressure (MPa, absolute) and Temperature (degC) are the state of steam, where Category is
	// Steam: the enthalpy by GB/T 32151.34-2024. Temperature 0 is saturated steam.
	Pressure    float64
	Temperature float64
}

// Steam is the category of a query for the enthalpy of steam.
const Steam = "steam"

func (q Query) fits(f Factor) bool {
	return (q.Category == "" || q.Category == f.Category) && (q.Item == "" || q.Item == f.Item) &&
		(q.Parameter == "" || q.Parameter == f.Parameter) && (q.Guideline == "" || q.Guideline == f.Guideline)
}

// String names the query for messages.
func (q Query) String() string {
	var parts []string
	add := func(label, value string) {
		if value != "" {
			parts = append(parts, label+" "+value)
		}
	}
	add("category", q.Category)
	add("item", q.Item)
	add("parameter", q.Parameter)
	add("guideline", q.Guideline)
	add("region", strings.Join(q.Regions, " or "))
	if !q.At.IsZero() {
		add("at", q.At.In(china).Format(time.DateOnly))
	}
	if !q.AsKnownAt.IsZero() {
		add("known at", q.AsKnownAt.In(china).Format(time.DateOnly))
	}
	add("policy", string(q.Policy))
	if q.Category == Steam {
		add("MPa", strconv.FormatFloat(q.Pressure, 'g', -1, 64))
		add("degC", strconv.FormatFloat(q.Temperature, 'g', -1, 64))
	}
	return strings.Join(parts, ", ")
}

// Lookup returns the one factor that answers the query. Errors wrap ErrMissing (the text names what
// is near), ErrAmbiguous (the text names the candidates) or ErrInvalid; the factor is then empty
// and must not be used: there is no default.
func (l *Library) Lookup(q Query) (Factor, error) {
	if q.Category == Steam {
		if q.Temperature == 0 {
			return l.SaturatedSteam(q.Pressure)
		}
		return l.SuperheatedSteam(q.Pressure, q.Temperature)
	}
	if q.Policy == "" {
		q.Policy = Valid
	}
	if err := q.check(); err != nil {
		return Factor{}, err
	}
	known := l.known(q)
	regions := q.Regions
	if len(regions) == 0 {
		regions = []string{""}
	}
	for _, region := range regions {
		list := q.choose(slices.DeleteFunc(slices.Clone(known), func(f Factor) bool {
			return region != "" && f.Region != region
		}))
		switch len(list) {
		case 0:
			continue
		case 1:
			return list[0], nil
		default:
			return Factor{}, fmt.Errorf("%w %s: %s; name the guideline, category or region", ErrAmbiguous, q, names(list))
		}
	}
	return Factor{}, fmt.Errorf("%w for %s; near: %s", ErrMissing, q, l.near(q))
}

func (q Query) check() error {
	switch q.Policy {
	case Valid, NearestYear:
		if q.At.IsZero() {
			return fmt.Errorf("%w: the policy %s needs the moment of the activity (At)", ErrInvalid, q.Policy)
		}
	case LatestPublished:
	default:
		return fmt.Errorf("%w: policy %q is not valid, latest_published or nearest_year", ErrInvalid, q.Policy)
	}
	if q.Item == "" && q.Category == "" {
		return fmt.Errorf("%w: a query names an item or a category", ErrInvalid)
	}
	return nil
}

// choose applies the policy to the factors of one region.
func (q Query) choose(list []Factor) []Factor {
	switch q.Policy {
	case LatestPublished:
		list = slices.DeleteFunc(list, func(f Factor) bool {
			return f.PublishedAt.IsZero() && !q.AsKnownAt.IsZero() && f.ValidFrom.After(q.AsKnownAt)
		})
		return best(list, func(f Factor) int64 { return -f.ValidFrom.Unix() })
	case NearestYear:
		year := int64(q.At.In(china).Year())
		return best(list, func(f Factor) int64 { return yearsAway(f, year) })
	default:
		return slices.DeleteFunc(list, func(f Factor) bool { return !f.holdsAt(q.At) })
	}
}

// best keeps the factors with the least cost.
func best(list []Factor, cost func(Factor) int64) []Factor {
	if len(list) == 0 {
		return nil
	}
	least := cost(slices.MinFunc(list, func(a, b Factor) int { return cmp.Compare(cost(a), cost(b)) }))
	return slices.DeleteFunc(list, func(f Factor) bool { return cost(f) != least })
}

// yearsAway is twice the distance in years between a factor's span and a year, one more when the
// factor is the later, so that the earlier of two equally near is nearer.
func yearsAway(f Factor, year int64) int64 {
	if !f.ValidFrom.IsZero() {
		if first := int64(f.ValidFrom.In(china).Year()); first > year {
			return 2*(first-year) + 1
		}
	}
	if !f.ValidTo.IsZero() {
		if last := int64(f.ValidTo.Add(-time.Second).In(china).Year()); last < year {
			return 2 * (year - last)
		}
	}
	return 0
}

// near names up to six factors that miss the query by the least: another region, year or
// guideline of the same item, then other items of the same category and parameter.
func (l *Library) near(q Query) string {
	for _, loose := range []Query{
		{Category: q.Category, Item: q.Item, Parameter: q.Parameter, Guideline: q.Guideline},
		{Item: q.Item, Parameter: q.Parameter},
		{Item: q.Item},
		{Category: q.Category, Parameter: q.Parameter, Guideline: q.Guideline},
		{Category: q.Category},
	} {
		if loose.Item == "" && loose.Category == "" {
			continue
		}
		if list := l.List(loose); len(list) > 0 {
			return names(list)
		}
	}
	return "nothing with this item or category; list the library to see what there is"
}

// names spells up to six factors with what tells them apart.
func names(list []Factor) string {
	var parts []string
	for i, f := range list {
		if i == 6 {
			parts = append(parts, fmt.Sprintf("and %d more", len(list)-6))
			break
		}
		span := ""
		if !f.ValidFrom.IsZero() {
			span = " from " + f.ValidFrom.In(china).Format(time.DateOnly)
		}
		if !f.PublishedAt.IsZero() {
			span += " published " + f.PublishedAt.In(china).Format(time.DateOnly)
		}
		parts = append(parts, fmt.Sprintf("%s (%s, %s%s)", f.ID, f.Guideline, f.Region, span))
	}
	return strings.Join(parts, "; ")
}

// GWP returns the global warming potential over 100 years of a gas in an assessment set: SAR, AR4,
// AR5 or AR6 (letter case does not matter) and CO2, CH4, N2O, SF6, NF3, HFC-134a, CF4 and so on.
// Its unit is kgCO2e/kg of the gas.
func (l *Library) GWP(set, gas string) (Factor, error) {
	return l.Lookup(Query{Item: gas, Parameter: "gwp100", Guideline: strings.ToLower(set), Policy: LatestPublished})
}

// StandardCoal returns the coefficient of an energy carrier to standard coal by GB/T 2589-2020,
// such as 0.1229 kgce/kWh for electricity.equivalent or 0.03412 kgce/MJ for heat.equivalent.
func (l *Library) StandardCoal(item string) (Factor, error) {
	return l.Lookup(Query{Item: item, Parameter: "to_kgce", Guideline: "gbt2589_2020", Policy: LatestPublished})
}
