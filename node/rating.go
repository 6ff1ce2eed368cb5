package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lingtan/accounting"
	"lingtan/inventory"
	"lingtan/method"
	"lingtan/park"
	"lingtan/park/layout"
	"lingtan/rating"
	"lingtan/store/record"
)

// zeroCarbonMethod is the method by which the national zero-carbon-park indicators count.
const zeroCarbonMethod = "zero-carbon-park-2025@1"

// quantities tells what no meter does of a park in a period: value added, waste, water.
type quantities interface {
	RatingQuantities(ctx context.Context, park, organization, period string) ([]rating.Quantity, error)
}

// Rated is what a rating of a park takes beside its meters.
type Rated struct {
	Park         string
	Period       string
	Organization string            // with those below it; empty = the park
	Declared     []rating.Quantity // go before what meters tell
	More         quantities        // may be nil
	Code         rating.CodeSettings
	Levers       rating.LeverSettings
}

// Rate rates a park or one of its organizations. Errors wrap rating.ErrCase when what was
// declared cannot be, and inventory's where nothing is settled.
func (n *Node) Rate(ctx context.Context, in Rated) (*rating.Result, error) {
	c, err := n.RatingCase(ctx, in)
	if err != nil {
		return nil, err
	}
	return c.Evaluate(n.Factors)
}

// Rating rates a park with quantities declared for this once; as Rate.
func (n *Node) Rating(ctx context.Context, park, period, organization string, declared []rating.Quantity) (*rating.Result, error) {
	return n.Rate(ctx, Rated{Park: park, Period: period, Organization: organization, Declared: declared})
}

// RatingCase is the case that Rate evaluates, in the format of lingtan rating evaluate.
func (n *Node) RatingCase(ctx context.Context, in Rated) (*rating.Case, error) {
	l, err := n.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	v, err := n.View(ctx, in.Park, in.Period)
	if err != nil {
		return nil, err
	}
	b := basis{entries: v.Entries, energy: v.Energy, days: int(v.Last - v.First + 1)}
	if in.Organization != "" {
		if _, ok := l.Organization(in.Organization); !ok {
			return nil, fmt.Errorf("%w: organization %q of park %s", record.ErrNotFound, in.Organization, in.Park)
		}
		b.own = l.OrganizationsOf(in.Organization)
	}
	if x, err := n.Closed(ctx, in.Park, in.Period); err != nil {
		return nil, err
	} else if x != nil { // the same figures, and entries that explain themselves
		b.entries, b.energy, b.kept = x.Inventory.Entries, x.Inventory.Energy, true
	}
	c := &rating.Case{Format: rating.Format, Title: l.Document.Park.Name.ZH + " " + l.Document.Park.Name.EN, Region: l.Document.Park.Region, Period: in.Period,
		Quantities: b.quantities(), Products: b.products(l, in.Period), Code: in.Code, Levers: in.Levers}
	if q, err := n.zeroCarbon(ctx, in, v, b); err != nil {
		return nil, err
	} else if q != nil {
		c.Quantities = append(c.Quantities, *q)
	}
	given := in.Declared
	if in.More != nil {
		more, err := in.More.RatingQuantities(ctx, in.Park, in.Organization, in.Period)
		if err != nil {
			return nil, err
		}
		given = append(slices.Clone(more), given...)
	}
	for _, q := range given {
		c.Quantities = slices.DeleteFunc(c.Quantities, func(x rating.Quantity) bool { return x.ID == q.ID })
		c.Quantities = append(c.Quantities, q)
	}
	return c, nil
}

// zeroCarbon is the park's emissions by the method of the zero-carbon parks; nil where
// that method knows no rule for what the park's meters tell: then the indicator says that
// it is missing. It is of what is known now, also where an inventory is closed.
func (n *Node) zeroCarbon(ctx context.Context, in Rated, v *inventory.View, b basis) (*rating.Quantity, error) {
	pack, err := method.Find(zeroCarbonMethod)
	if err != nil {
		return nil, err
	}
	now := n.Now()
	declared, err := n.declared(ctx, in.Park, in.Period, now)
	if err != nil {
		return nil, err
	}
	other, err := v.Profile.View(pack, n.Factors, v.First, v.Last, now, declared...)
	if errors.Is(err, accounting.ErrNoRule) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	z := basis{entries: other.Entries, own: b.own}
	return z.emissions("emissions_zero_carbon_park", pack.Ref()), nil
}

// basis is what quantities are summed from: entries and energy of a period.
type basis struct {
	entries []accounting.Entry
	energy  []accounting.Energy
	own     []string // organizations; nil = all
	days    int
	kept    bool // entries of a closed inventory, with ids
}

func (b basis) owns(organization string) bool {
	return b.own == nil || slices.Contains(b.own, organization)
}

// nonFossil are the activities of power that no fuel made.
var nonFossil = []string{"own_pv", "own_wind", "own_hydro", "green_direct_electricity"}

// located are the entries owned that count on the location basis.
func (b basis) located(keep func(accounting.Entry) bool) []accounting.Entry {
	var list []accounting.Entry
	for _, e := range b.entries {
		if b.owns(e.Activity.Organization) && e.Apart == "" && e.Basis != method.Market && e.Scope != 3 && keep(e) {
			list = append(list, e)
		}
	}
	return list
}

// sum adds up the entries' value into a quantity with what it came from.
func (b basis) sum(id, unit string, entries []accounting.Entry, value func(accounting.Entry) float64) *rating.Quantity {
	q := &rating.Quantity{ID: id, Unit: unit, From: []string{}}
	var measured float64
	for _, e := range entries {
		q.Value += value(e)
		measured += value(e) * e.MeasuredShare()
		from := e.ID
		if from == "" {
			from = strings.Join([]string{e.Rule, e.Activity.Source, e.Activity.Organization}, "/")
		}
		if len(q.From) < 1000 && !slices.Contains(q.From, from) {
			q.From = append(q.From, from)
		}
	}
	if b.kept && q.Value > 0 {
		share := min(max(measured/q.Value, 0), 1)
		q.Measured = &share
	}
	return q
}

// emissions sums scopes 1 and 2 on the location basis; nil where there is no entry.
func (b basis) emissions(id, by string) *rating.Quantity {
	list := b.located(func(accounting.Entry) bool { return true })
	if len(list) == 0 {
		return nil
	}
	q := b.sum(id, "tCO2", list, func(e accounting.Entry) float64 { return e.Emissions })
	if by != "" {
		q.From = append([]string{"method " + by}, q.From[:min(len(q.From), 999)]...)
	}
	return q
}

// quantities are what the meters tell.
func (b basis) quantities() []rating.Quantity {
	list := b.energies()
	add := func(q *rating.Quantity) {
		if q != nil && len(q.From) > 0 {
			list = append(list, *q)
		}
	}
	add(b.emissions("emissions", ""))
	kWh := func(e accounting.Entry) float64 { return e.Activity.Amount.Total() }
	used := func(kinds ...string) []accounting.Entry {
		seen := map[string]bool{} // an activity may have several entries: instruments, gases
		return b.located(func(e accounting.Entry) bool {
			key := strings.Join([]string{e.Activity.Organization, string(e.Activity.Place), e.Activity.Node, e.Activity.Source}, "/")
			if e.Activity.Unit != "kWh" || e.Activity.Place == accounting.Exported || !slices.Contains(kinds, e.Activity.Kind) || seen[key] {
				return false
			}
			seen[key] = true
			return true
		})
	}
	bought := used("purchased_electricity")
	purchased := b.sum("purchased_power", "kWh", bought, kWh)
	add(purchased)
	clean := b.sum("clean_power", "kWh", used(nonFossil...), kWh)
	b.instruments(clean)
	add(clean)
	for _, q := range list { // of what is metered, non-fossil power alone counts as clean
		if q.ID == "power_coefficient" && len(clean.From) > 0 {
			add(&rating.Quantity{ID: "clean_energy", Unit: "tce", Value: clean.Value * q.Value / 1000, From: append(slices.Clone(q.From), clean.From...), Measured: clean.Measured})
			break
		}
	}
	add(b.gridFactor(purchased.Value, bought))
	return list
}

// gridFactor is the mean factor of purchased power, nil where none was bought.
func (b basis) gridFactor(kWh float64, bought []accounting.Entry) *rating.Quantity {
	if kWh <= 0 {
		return nil
	}
	tonnes := b.sum("", "", b.located(func(e accounting.Entry) bool {
		return e.Activity.Kind == "purchased_electricity" && e.Activity.Place != accounting.Exported
	}), func(e accounting.Entry) float64 { return e.Emissions })
	f := &rating.Quantity{ID: "grid_factor", Unit: "kgCO2/kWh", Value: 1000 * tonnes.Value / kWh, From: []string{}}
	for _, e := range bought {
		for _, x := range e.Factors {
			if !slices.Contains(f.From, x.Factor) {
				f.From = append(f.From, x.Factor)
			}
		}
	}
	return f
}

// instruments adds the power that certificates and contracts of zero carbon cover.
func (b basis) instruments(q *rating.Quantity) {
	for _, e := range b.entries {
		if b.owns(e.Activity.Organization) && e.Basis == method.Market && e.Instrument != "" && e.Emissions == 0 && e.DataUnit == "kWh" {
			q.Value += e.Data
			if from := "instrument " + e.Instrument; !slices.Contains(q.From, from) {
				q.From = append(q.From, from)
			}
		}
	}
}

// energies are the quantities in standard coal and heat.
func (b basis) energies() []rating.Quantity {
	all := rating.Quantity{ID: "energy", Unit: "tce", From: []string{}}
	power := rating.Quantity{ID: "power", Unit: "kWh", From: []string{}}
	heat := rating.Quantity{ID: "fuel_heat", Unit: "GJ", From: []string{}}
	coal := rating.Quantity{ID: "power_coefficient", Unit: "kgce/kWh", From: []string{}}
	burnt := b.located(func(e accounting.Entry) bool { return e.Scope == 1 && e.Activity.Carrier != "" })
	var measured float64
	for _, e := range b.energy {
		if !b.owns(e.Organization) {
			continue
		}
		from := "energy/" + e.Organization + "/" + e.Carrier + " × " + e.Factor.Factor
		all.Value += e.StandardCoal
		all.From = append(all.From, from)
		if t := e.Amount.Total(); t > 0 {
			measured += e.StandardCoal * e.Amount.Measured / t
		}
		if e.Carrier == "electricity" && e.Unit == "kWh" {
			power.Value += e.Amount.Total()
			power.From = append(power.From, from)
			if t := e.Amount.Total(); t > 0 {
				coal.Value, coal.From = 1000*e.StandardCoal/t, []string{e.Factor.Factor}
			}
		}
		if slices.ContainsFunc(burnt, func(x accounting.Entry) bool { return x.Activity.Carrier == e.Carrier }) {
			heat.Value += e.StandardCoal * 29.307 // GJ a tce, GB/T 2589-2020
			heat.From = append(heat.From, from)
		}
	}
	if b.kept && all.Value > 0 {
		share := measured / all.Value
		all.Measured = &share
	}
	list := []rating.Quantity{all, power, coal, heat, *b.sum("fuel_emissions", "tCO2", burnt, func(e accounting.Entry) float64 { return e.Emissions })}
	if b.days >= 365 {
		year := all
		year.ID = "energy_annual"
		list = append(list, year)
	}
	return slices.DeleteFunc(list, func(q rating.Quantity) bool { return len(q.From) == 0 })
}

// products are those whose organization makes that one alone, in tonnes: its energy is
// then the product's. Which benchmark it has is for a case file to say.
func (b basis) products(l *layout.Layout, text string) []rating.Product {
	made := map[string][]park.Product{}
	for _, p := range l.Document.Products {
		made[p.Organization] = append(made[p.Organization], p)
	}
	var list []rating.Product
	for _, p := range l.Document.Products {
		if len(made[p.Organization]) != 1 || p.Unit != "t" || !b.owns(p.Organization) {
			continue
		}
		x := rating.Product{ID: p.ID, Name: p.Name, From: []string{"park file, output of " + text}}
		for _, o := range p.Output {
			if o.Period == text {
				x.Output += o.Amount
			}
		}
		for _, e := range b.energy {
			if e.Organization == p.Organization {
				x.Energy += e.StandardCoal
				x.From = append(x.From, "energy/"+e.Organization+"/"+e.Carrier)
			}
		}
		list = append(list, x)
	}
	return list
}
