package node

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lingtan/meter"
	"lingtan/park"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/rating"
	"lingtan/rating/diagnosis"
	"lingtan/store/record"
	"lingtan/tariff"
	"lingtan/usage"
)

// Diagnosed is what a diagnosis of a park takes beside its meters.
type Diagnosed struct {
	Park         string
	Period       string
	Organization string  // with those below it; empty = the park
	Price        float64 // CNY/kWh of the part that floats with the tariff's class; 0 = not known
	Fixed        float64 // CNY/kWh of the rest
	Demand       float64 // CNY/(kW·month); 0 = not known
}

// maxDiagnosed is the most days that one diagnosis looks at.
const maxDiagnosed = 366

// Diagnose looks for waste in the electricity meters of a park's users over a period of
// at most 366 days, and at its products. Errors wrap rating.ErrCase for prices that
// cannot be or a longer period.
func (n *Node) Diagnose(ctx context.Context, in Diagnosed) (*diagnosis.Result, error) {
	if !(in.Price >= 0 && in.Price <= 100 && in.Fixed >= 0 && in.Fixed <= 100 && in.Demand >= 0 && in.Demand <= 10000) {
		return nil, fmt.Errorf("%w: a price of power is from 0 to 100 CNY/kWh, of demand from 0 to 10000 CNY/(kW·month)", rating.ErrCase)
	}
	l, err := n.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	s, err := period.Parse(in.Period, l.Zone)
	if err != nil {
		return nil, err
	}
	first, last := l.Grid.Days(s)
	if last-first >= maxDiagnosed {
		return nil, fmt.Errorf("%w: %s has %d days; diagnose at most %d at once", rating.ErrCase, in.Period, last-first+1, maxDiagnosed)
	}
	own := []string(nil)
	if in.Organization != "" {
		if _, ok := l.Organization(in.Organization); !ok {
			return nil, fmt.Errorf("%w: organization %q of park %s", record.ErrNotFound, in.Organization, in.Park)
		}
		own = l.OrganizationsOf(in.Organization)
	}
	x := diagnosis.Input{Zone: l.Zone, Step: time.Duration(24*time.Hour) / time.Duration(max(l.Grid.Slots(first), 1)), Limits: diagnosis.Standard(), Demand: in.Demand}
	if step, err := time.ParseDuration(l.Document.Park.Interval); err == nil {
		x.Step = step // a day of the change of clocks has other slots
	}
	if x.Series, err = n.series(ctx, l, first, last, basis{own: own}); err != nil {
		return nil, err
	}
	if err := n.worth(ctx, in, &x); err != nil {
		return nil, err
	}
	prices, err := n.price(l, in, first, &x)
	if err != nil {
		return nil, err
	}
	r := diagnosis.Diagnose(x)
	r.Notes = append(r.Notes, prices...)
	return &r, nil
}

// Diagnosis diagnoses a park by its prices: what floats and what is fixed in CNY/kWh, and
// demand in CNY/(kW·month); as Diagnose.
func (n *Node) Diagnosis(ctx context.Context, park, period, organization string, prices [3]float64) (*diagnosis.Result, error) {
	return n.Diagnose(ctx, Diagnosed{Park: park, Period: period, Organization: organization, Price: prices[0], Fixed: prices[1], Demand: prices[2]})
}

// worth fills in the factor and the products from the park's rating.
func (n *Node) worth(ctx context.Context, in Diagnosed, x *diagnosis.Input) error {
	c, err := n.RatingCase(ctx, Rated{Park: in.Park, Period: in.Period, Organization: in.Organization})
	if err != nil {
		return err
	}
	var energy, emissions float64
	for _, q := range c.Quantities {
		switch q.ID {
		case "grid_factor":
			x.Factor = q.Value
			if len(q.From) > 0 {
				x.From = q.From[0]
			}
		case "energy":
			energy = q.Value
		case "emissions":
			emissions = q.Value
		}
	}
	r, err := c.Evaluate(n.Factors)
	if err != nil {
		return err
	}
	for _, p := range r.Products {
		if p.Saving == nil {
			continue
		}
		y := diagnosis.Product{ID: p.Product.ID, Name: p.Product.Name, Saving: *p.Saving, Against: p.Levels[0].Factor}
		if energy > 0 && emissions > 0 {
			tonnes := *p.Saving * emissions / energy
			y.Tonnes = &tonnes
		}
		x.Products = append(x.Products, y)
	}
	return nil
}

// price fills in the tariff's classes and what each costs.
func (n *Node) price(l *layout.Layout, in Diagnosed, first period.Day, x *diagnosis.Input) ([]park.Name, error) {
	var t *park.Tariff
	for i := range l.Document.Tariffs {
		if y := &l.Document.Tariffs[i]; y.Carrier == "electricity" && y.Pattern != "" && len(y.Organizations) == 0 {
			t = y
			break
		}
	}
	if t == nil {
		return nil, nil
	}
	book, err := tariff.Builtin()
	if err != nil {
		return nil, err
	}
	// A year before the notice is a study by the tariff of today: the note says so.
	q := tariff.Query{Region: t.Pattern, Categories: []string{t.Category}, AnyYear: true}
	x.Classes = func(d period.Day) (tariff.Pattern, error) {
		q := q
		q.Day = d
		return book.Pattern(q)
	}
	q.Day = first
	var notes []park.Name
	if p, err := book.Pattern(q); err == nil {
		notes = append(notes, park.Name{ZH: "分时时段：" + p.Source + "（" + p.Grade + " 级，待核实）", EN: "Day pattern: " + p.Source + " (grade " + p.Grade + ", to be confirmed)"})
		if !p.InForce {
			notes = append(notes, park.Name{ZH: "该分时电价在评价期内尚未实施，仅作测算", EN: "That tariff was not yet in force in the period; taken for study"})
		}
	}
	if in.Price == 0 {
		return notes, nil
	}
	x.Price = map[tariff.Class]float64{}
	for _, c := range used(x) {
		if r, err := book.Ratio(q, c); err == nil {
			x.Price[c] = r.Price(in.Price, in.Fixed)
		} else {
			notes = append(notes, park.Name{ZH: c.Name().ZH + "时没有浮动比例，其金额不估算：" + err.Error(), EN: "No ratio of the class " + c.Name().EN + ", so no money of it is told: " + err.Error()})
		}
	}
	return notes, nil
}

// used are the tariff's classes that the days of a diagnosis have.
func used(x *diagnosis.Input) []tariff.Class {
	seen := map[tariff.Class]bool{}
	days := map[period.Day]bool{}
	for _, s := range x.Series {
		for _, d := range s.Days {
			if days[d.Day] {
				continue
			}
			days[d.Day] = true
			p, err := x.Classes(d.Day)
			if err != nil {
				continue // the diagnosis says so
			}
			for _, c := range p.Classes {
				seen[c] = true
			}
		}
	}
	return slices.DeleteFunc(tariff.Classes(), func(c tariff.Class) bool { return !seen[c] })
}

// series are the electricity meters that feed uses, with the reactive registers of their
// points.
func (n *Node) series(ctx context.Context, l *layout.Layout, first, last period.Day, b basis) ([]diagnosis.Series, error) {
	machines := map[string]bool{}
	for _, e := range l.Document.Equipment {
		machines[e.ID] = e.Kind == "machine" || e.Kind == "compressor"
	}
	nodes := map[string]park.Node{}
	for _, x := range l.Document.Network.Nodes {
		nodes[x.ID] = x
	}
	var list []diagnosis.Series
	at := map[string]int{}
	reactive := map[string]reactiveOf{}
	var keys []string
	for _, e := range l.Document.Network.Edges {
		to := nodes[e.To]
		p, ok := l.PointOf(e.Register)
		r, known := l.Register(e.Register)
		if !ok || !known || to.Kind != "use" || to.Carrier != "electricity" || r.SettleUnit != "kWh" || !b.owns(to.Organization) {
			continue
		}
		if _, twice := at[e.Register]; twice {
			continue
		}
		at[e.Register] = len(list)
		keys = append(keys, e.Register)
		list = append(list, diagnosis.Series{Register: e.Register, Node: to.ID, Organization: to.Organization, Name: p.Name, Machine: machines[p.Equipment] || machines[to.Equipment]})
		for _, y := range p.Registers {
			lagging := y.Quantity == "reactive_energy_lagging"
			if key := p.ID + "." + y.ID; lagging || y.Quantity == "reactive_energy_leading" {
				reactive[key] = reactiveOf{len(list) - 1, lagging}
				keys = append(keys, key)
			}
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	rest := []usage.Day{}
	err := n.Series.UsageByDay(ctx, usage.Query{Park: l.Document.Park.ID, Keys: keys, First: first, Last: last}, func(d usage.Day) error {
		if i, ok := at[d.Key]; ok {
			list[i].Days = append(list[i].Days, measuredDay(d, l.Zone))
		} else {
			d.Amount = append([]float64{}, d.Amount...) // what is handed on may be overwritten
			d.Quality = append([]meter.Quality(nil), d.Quality...)
			rest = append(rest, d)
		}
		return nil
	})
	for _, d := range rest {
		reactive[d.Key].put(list, d)
	}
	return list, err
}

// reactiveOf says which series a reactive register belongs to.
type reactiveOf struct {
	series  int
	lagging bool
}

// put lays a reactive day beside its active one; where an interval was not measured, the
// active one is not looked at either.
func (r reactiveOf) put(list []diagnosis.Series, d usage.Day) {
	days := list[r.series].Days
	for i := range days {
		if days[i].Day != d.Day || len(days[i].Amount) != len(d.Amount) {
			continue
		}
		if r.lagging {
			days[i].Lagging = d.Amount
		} else {
			days[i].Leading = d.Amount
		}
		for k := range d.Amount {
			days[i].Measured[k] = days[i].Measured[k] && d.At(k).Base() == meter.Measured
		}
	}
}

// measuredDay is a settled day as diagnosis looks at it.
func measuredDay(d usage.Day, zone *time.Location) diagnosis.Day {
	x := diagnosis.Day{Day: d.Day, Start: d.Day.Start(zone), Amount: append([]float64{}, d.Amount...), Measured: make([]bool, len(d.Amount))}
	for i := range x.Measured {
		x.Measured[i] = d.At(i).Base() == meter.Measured
	}
	return x
}
