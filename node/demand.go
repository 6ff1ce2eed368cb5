package node

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"lingtan/forecast/outlook"
	"lingtan/park"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/tariff"
	"lingtan/tariff/bill"
)

// maxBilled is the most days of one bill, maxHourly the most that are told by the hour.
const (
	maxBilled = 366
	maxHourly = 31
)

// Tariff is the electricity bill of a park, by what it draws from the public grid, or of an
// organization, by what it uses, over a period of at most 366 days; with the demand and the
// hours where the period has at most 31. Errors wrap tariff.ErrBill and tariff.ErrMissing.
func (n *Node) Tariff(ctx context.Context, parkID, text, organization string, r bill.Rates) (*bill.Sheet, error) {
	l, err := n.Layout(ctx, parkID)
	if err != nil {
		return nil, err
	}
	span, err := period.Parse(text, l.Zone)
	if err != nil {
		return nil, err
	}
	first, last := l.Grid.Days(span)
	if last-first >= maxBilled {
		return nil, fmt.Errorf("%w: %s has %d days; at most %d at once", tariff.ErrBill, text, last-first+1, maxBilled)
	}
	m, err := forecastRegisters(l, outlook.Question{Park: parkID, Of: outlook.Demand, Organization: organization})
	if err != nil {
		return nil, err
	}
	t, err := tariffOf(l, organization, first)
	if err != nil {
		return nil, err
	}
	if r.Contract == 0 {
		r.Contract = t.ContractKW
	}
	sum, err := n.metered(ctx, l, m, first, last)
	if err != nil {
		return nil, err
	}
	in := bill.Input{Zone: l.Zone, Start: first.Start(l.Zone), Step: l.Grid.Step, KWh: sum.Amounts(true), Rates: r,
		Query: tariff.Query{Region: t.Pattern, Categories: []string{t.Category}, AnyYear: true}}
	if in.Book, err = tariff.Builtin(); err != nil {
		return nil, err
	}
	if in.Lagging, err = n.reactive(ctx, l, m, first, last); err != nil {
		return nil, err
	}
	b, err := bill.Compute(in)
	if err != nil {
		return nil, err
	}
	s := &bill.Sheet{Park: parkID, Organization: organization, Name: tariff.Name(m.name), Zone: l.Zone.String(), Tariff: t.ID, StepSeconds: int(l.Grid.Step.Seconds()),
		Bill: b, Demand: []*float64{}, Hours: []bill.Hour{}}
	if last-first < maxHourly {
		return s, n.hourly(ctx, s, in)
	}
	return s, nil
}

// tariffOf is the tariff for electricity of an organization, else that of all.
func tariffOf(l *layout.Layout, organization string, day period.Day) (park.Tariff, error) {
	var best *park.Tariff
	for i, t := range l.Document.Tariffs {
		if t.Carrier != "electricity" || t.Pattern == "" {
			continue
		}
		if own := slices.Contains(t.Organizations, organization); own || best == nil && len(t.Organizations) == 0 {
			best = &l.Document.Tariffs[i]
			if own {
				break
			}
		}
	}
	if best == nil {
		return park.Tariff{}, fmt.Errorf("%w: the park file of %s names no tariff of electricity for %q on %s; add one under tariffs", tariff.ErrMissing, l.Document.Park.ID, organization, day)
	}
	return *best, nil
}

// reactive is the reactive energy drawn, where each register has one of it on its point.
func (n *Node) reactive(ctx context.Context, l *layout.Layout, m meteredSum, first, last period.Day) ([]float64, error) {
	q := meteredSum{signs: map[string]float64{}}
	for _, key := range slices.Sorted(maps.Keys(m.signs)) {
		p, ok := l.PointOf(key)
		if !ok || m.signs[key] < 0 {
			return nil, nil
		}
		i := slices.IndexFunc(p.Registers, func(r park.Register) bool { return r.Quantity == "reactive_energy_lagging" })
		if i < 0 {
			return nil, nil
		}
		q.signs[p.ID+"."+p.Registers[i].ID] = 1
	}
	sum, err := n.metered(ctx, l, q, first, last)
	if err != nil || sum.Serving() < len(q.signs) {
		return nil, err
	}
	return sum.Amounts(true), nil
}

// hourly fills in the demand and the hours of a sheet.
func (n *Node) hourly(ctx context.Context, s *bill.Sheet, in bill.Input) error {
	for _, v := range in.KWh {
		var kw *float64
		if !math.IsNaN(v) {
			x := v / in.Step.Hours()
			kw = &x
		}
		s.Demand = append(s.Demand, kw)
	}
	classes, err := in.Classes(s.Bill)
	if err != nil {
		return err
	}
	from, to := s.Bill.From, s.Bill.To
	v, err := n.View(ctx, s.Park, period.DayOf(from, in.Zone).String()+".."+(period.DayOf(to, in.Zone)-1).String())
	if err != nil {
		return err
	}
	carbon := intensities(v, from, to)
	per := max(1, int(time.Hour/in.Step))
	for h := range carbon {
		x := bill.Hour{At: from.Add(time.Duration(h) * time.Hour)}
		class := classes[min(h*per, len(classes)-1)]
		x.Class, x.Price = string(rune(class)), in.Price(s.Bill, class, x.At)
		if !math.IsNaN(carbon[h]) {
			g := carbon[h]
			x.Intensity = &g
		}
		s.Hours = append(s.Hours, x)
	}
	return nil
}
