package node

import (
	"context"
	"fmt"
	"time"

	"lingtan/access"
	"lingtan/health"
	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/record"
	"lingtan/usage"
)

// ownerOf is the organization that the first register's point belongs to, and its place.
func ownerOf(l *layout.Layout, registers []string) (member string, place access.Path, err error) {
	if len(registers) == 0 {
		return "", "", fmt.Errorf("%w: no register is named", record.ErrNotFound)
	}
	p, ok := l.PointOf(registers[0])
	if !ok {
		return "", "", fmt.Errorf("%w: register %q", record.ErrNotFound, registers[0])
	}
	tree, err := record.PlaceOrganizations(l.Document)
	return p.Organization, tree.Paths[p.Organization], err
}

// MachineHealth is the duty of the machine behind a register over a period, from settled
// usage: its mean power an interval is the input, and with output another register's
// the output. on is the power in kW above which it runs, rated in kW or 0. Errors wrap
// health.ErrCase, period.ErrSyntax or record.ErrNotFound.
func (n *Node) MachineHealth(ctx context.Context, parkID, input, output, text string, on, rated float64) (*health.MachineState, error) {
	l, err := n.Layout(ctx, parkID)
	if err != nil {
		return nil, err
	}
	when, err := period.Parse(text, l.Zone)
	if err != nil {
		return nil, err
	}
	first, last := l.Grid.Days(when)
	if last-first >= maxSavingDays {
		return nil, fmt.Errorf("%w: %s has %d days, at most %d", health.ErrCase, text, last-first+1, maxSavingDays)
	}
	m := health.Machine{ID: input, Kind: "other", On: on, RatedInput: rated, Track: health.Track{Start: first.Start(l.Zone), Step: int(l.Grid.Step / time.Second)}}
	if m.Input, m.InputUnit, err = n.rates(ctx, l, input, first, last); err != nil {
		return nil, err
	}
	if p, ok := l.PointOf(input); ok {
		m.Name = p.Name
		for _, e := range l.Document.Equipment {
			if e.ID == p.Equipment {
				m.Name, m.Kind = e.Name, e.Kind
			}
		}
	}
	if output != "" {
		if m.Output, m.OutputUnit, err = n.rates(ctx, l, output, first, last); err != nil {
			return nil, err
		}
	}
	return m.State()
}

// rates are a register's amounts an hour by settlement interval; null where missing or estimated. kWh
// an hour are kW.
func (n *Node) rates(ctx context.Context, l *layout.Layout, key string, first, last period.Day) ([]*float64, string, error) {
	r, ok := l.Register(key)
	if !ok || r.Kind == meter.State {
		return nil, "", fmt.Errorf("%w: %q is no register of amounts in park %s; write point.register", record.ErrNotFound, key, l.Document.Park.ID)
	}
	begin := first.Start(l.Zone)
	out := make([]*float64, int(last.Interval(l.Zone).To.Sub(begin)/l.Grid.Step))
	hours := l.Grid.Step.Hours()
	err := n.Series.Usage(ctx, usage.Query{Park: l.Document.Park.ID, Keys: []string{key}, First: first, Last: last}, func(d usage.Day) error {
		from := int(d.Day.Start(l.Zone).Sub(begin) / l.Grid.Step)
		for i, v := range d.Amount {
			if k := from + i; k >= 0 && k < len(out) && d.At(i) != meter.Missing && d.At(i) != meter.Estimated { // an estimate knows of no start
				rate := v / hours
				out[k] = &rate
			}
		}
		return nil
	})
	unit := r.SettleUnit + "/h"
	if r.SettleUnit == "kWh" {
		unit = "kW"
	}
	return out, unit, err
}
