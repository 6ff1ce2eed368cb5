package node

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"lingtan/forecast"
	"lingtan/forecast/outlook"
	"lingtan/inventory"
	"lingtan/method"
	"lingtan/park"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/record"
	"lingtan/usage"
)

// forecastDays is the most of the past that a forecast reads, days: the window of training.
const forecastDays = 730

// forecastTarget is a series that is forecast, with what it was made of.
type forecastTarget struct {
	question  outlook.Question
	name      park.Name
	registers []string
	history   *outlook.History
	data      forecast.Data
	notes     []forecast.Note
}

// options are those that its models are fitted with.
func (t *forecastTarget) options() forecast.Options {
	return forecast.Options{Horizon: t.question.Fitted(), Window: forecastDays * 24 * time.Hour}
}

// meteredSum are the registers that add up to a series, each with its sign.
type meteredSum struct {
	signs    map[string]float64
	unit     string // of the settled amounts
	positive bool
	name     park.Name
}

// forecastTarget reads the series that a question asks for.
func (n *Node) forecastTarget(ctx context.Context, q outlook.Question) (*forecastTarget, error) {
	l, err := n.Layout(ctx, q.Park)
	if err != nil {
		return nil, err
	}
	if q, err = q.Filled(l.Grid.Step); err != nil {
		return nil, err
	}
	_, last, ok, err := n.Extent(ctx, q.Park)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: park %s", inventory.ErrUnsettled, q.Park)
	}
	if today := period.DayOf(n.Now(), l.Zone); last > today {
		last = today
	}
	t := &forecastTarget{question: q, notes: []forecast.Note{}}
	if q.Of == outlook.Carbon {
		err = n.intensityHistory(ctx, t, l, last)
	} else {
		err = n.meteredHistory(ctx, t, l, last)
	}
	if err != nil {
		return nil, err
	}
	if len(t.history.Series.Values) == 0 {
		return nil, fmt.Errorf("%w: %s of park %s: no interval is known in the last %d days", forecast.ErrHistory, q.Of, q.Park, forecastDays)
	}
	if note, ok := t.history.Note(); ok {
		t.notes = append(t.notes, note)
	}
	t.data = forecast.Data{Series: t.history.Series, Zone: l.Zone}
	if l.Document.Park.Country == "CN" {
		t.data.Calendar = forecast.China{}
	}
	return t, nil
}

// meteredHistory is the sum of the registers that a question asks for.
func (n *Node) meteredHistory(ctx context.Context, t *forecastTarget, l *layout.Layout, last period.Day) error {
	m, err := forecastRegisters(l, t.question)
	if err != nil {
		return err
	}
	t.registers, t.name = slices.Sorted(maps.Keys(m.signs)), m.name
	sum, err := n.metered(ctx, l, m, last-forecastDays+1, last)
	if err != nil {
		return err
	}
	unit := m.unit + "/h"
	if m.unit == "kWh" {
		unit = "kW"
	}
	t.history = sum.History(t.question.Of, unit, t.question.Step, m.positive)
	return nil
}

// metered adds up registers over days.
func (n *Node) metered(ctx context.Context, l *layout.Layout, m meteredSum, first, last period.Day) (*outlook.Sum, error) {
	until := map[string]time.Time{}
	for _, r := range l.Registers() {
		until[r.Key] = r.ValidTo
	}
	sum := outlook.NewSum(l.Zone, l.Grid.Step, first, last)
	keys := slices.Sorted(maps.Keys(m.signs))
	err := n.Series.Usage(ctx, usage.Query{Park: l.Document.Park.ID, Keys: keys, First: first, Last: last}, func(d usage.Day) error {
		sum.Add(d, m.signs[d.Key], until[d.Key])
		return nil
	})
	return sum, err
}

// forecastRegisters finds the registers of a question, and what a person calls them.
func forecastRegisters(l *layout.Layout, q outlook.Question) (meteredSum, error) {
	m := meteredSum{signs: map[string]float64{}, unit: "kWh", name: l.Document.Park.Name}
	own := []string(nil)
	if q.Organization != "" {
		o, ok := l.Organization(q.Organization)
		if !ok {
			return m, fmt.Errorf("%w: organization %q of park %s", record.ErrNotFound, q.Organization, q.Park)
		}
		own, m.name = l.OrganizationsOf(q.Organization), o.Name
	}
	if q.Point != "" {
		return pointRegister(l, q, own)
	}
	for _, e := range l.Network.Edges {
		from, to := l.Network.Nodes[e.From], l.Network.Nodes[e.To]
		node, sign := to, 1.0
		switch {
		case e.Register == "" || to.Carrier != "electricity" && from.Carrier != "electricity":
			continue
		case q.Of == outlook.PV && from.Kind == "source" && from.Activity == "own_pv":
			node = from
		case q.Of != outlook.PV && to.Kind == "use":
		case q.Of == outlook.Demand && q.Organization == "":
			sign = gateSign(from, to)
		default:
			continue
		}
		if r, ok := l.Register(e.Register); !ok || r.SettleUnit != "kWh" || sign == 0 || own != nil && !slices.Contains(own, node.Organization) {
			continue
		}
		m.signs[e.Register] += sign
	}
	m.positive = q.Of == outlook.Demand
	if len(m.signs) == 0 {
		return m, fmt.Errorf("%w: no electricity meter of park %s gives the %s asked for", record.ErrNotFound, q.Park, q.Of)
	}
	return m, nil
}

// gateSign is how a metered flow counts in what the park draws from the public grid: what is
// used and stored and given to others, less what is generated and taken from storage. The
// meters of the grid itself are not looked at, since a closing edge has none.
func gateSign(from, to layout.Node) float64 {
	switch {
	case from.Kind == "source" && from.Activity != "purchased_electricity" || from.Kind == "storage":
		return -1
	case to.Kind == "storage":
		return 1
	}
	return 0
}

// pointRegister is the register that a point is forecast by: the one named, else its first
// that is settled, electricity before others.
func pointRegister(l *layout.Layout, q outlook.Question, own []string) (meteredSum, error) {
	id, _, _ := strings.Cut(q.Point, ".")
	p, ok := l.Point(id)
	if !ok || own != nil && !slices.Contains(own, p.Organization) {
		return meteredSum{}, fmt.Errorf("%w: point %q of park %s", record.ErrNotFound, q.Point, q.Park)
	}
	best := ""
	for _, r := range p.Registers {
		key := p.ID + "." + r.ID
		x, ok := l.Register(key)
		if !ok || x.SettleUnit == "" || q.Point != id && q.Point != key {
			continue
		}
		if best == "" || r.Carrier == "electricity" && r.Quantity != "active_energy_export" {
			best = key
		}
		if r.Carrier == "electricity" {
			break
		}
	}
	if best == "" {
		return meteredSum{}, fmt.Errorf("%w: register %q of park %s, or it is not settled into amounts", record.ErrNotFound, q.Point, q.Park)
	}
	r, _ := l.Register(best)
	return meteredSum{signs: map[string]float64{best: 1}, unit: r.SettleUnit, name: p.Name}, nil
}

// intensityHistory is gCO2 a kWh of the electricity used in the park, by the hour.
func (n *Node) intensityHistory(ctx context.Context, t *forecastTarget, l *layout.Layout, last period.Day) error {
	first, _, _, err := n.Extent(ctx, t.question.Park)
	if err != nil {
		return err
	}
	v, err := n.View(ctx, t.question.Park, max(first, last-forecastDays+1).String()+".."+last.String())
	if err != nil {
		return err
	}
	t.name, t.registers = l.Document.Park.Name, []string{}
	from, to := v.First.Start(l.Zone), (v.Last + 1).Start(l.Zone)
	t.history = outlook.Trimmed(forecast.Series{Name: outlook.Carbon, Unit: "gCO2/kWh", Start: from, Step: time.Hour, Values: intensities(v, from, to)})
	return nil
}

// electricityOf is the electricity of an hour that all used, and its tonnes.
func electricityOf(p *inventory.Profile, rate []float64, hour int) (energy, emitted float64) {
	for o := range p.Owners {
		for s, src := range p.Sources {
			if row := p.Hourly[o*len(p.Sources)+s]; src.Carrier == "electricity" && hour < len(row) {
				energy, emitted = energy+row[hour], emitted+row[hour]*rate[s]
			}
		}
	}
	return energy, emitted
}

// intensities are gCO2 a kWh of each hour in [from, to); NaN where nothing was used or a
// meter of the network was missing.
func intensities(v *inventory.View, from, to time.Time) []float64 {
	p, rate := v.Profile, v.Rate[method.Location]
	a := int(from.Sub(p.From).Hours())
	values := make([]float64, int(to.Sub(from).Hours()))
	for i := range values {
		h := a + i
		energy, emitted := electricityOf(p, rate, h)
		values[i] = math.NaN()
		if energy > 0 && h < len(p.Gaps) && !p.Gaps[h] && p.Doubt[h] <= 0.1 {
			values[i] = 1e6 * emitted / energy
		}
	}
	return values
}
