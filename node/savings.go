package node

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"lingtan/mandv"
	"lingtan/mandv/baselinefile"
	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/record"
	"lingtan/usage"
)

// maxSavingDays is the most days of a period of a project.
const maxSavingDays = 1830

// SavingDocument writes down the case that a question asks for, from settled usage as it is
// known now. Errors wrap mandv.ErrCase, period.ErrSyntax or record.ErrNotFound.
func (n *Node) SavingDocument(ctx context.Context, parkID string, q baselinefile.Question) (*baselinefile.Document, error) {
	l, err := n.Layout(ctx, parkID)
	if err != nil {
		return nil, err
	}
	d := &baselinefile.Document{Format: baselinefile.Format, Measure: q.Measure, Title: q.Title, Option: q.Option, Model: q.Model, Temperature: "°C",
		Zone: l.Zone.String(), Confidence: q.Confidence, Weekends: q.Weekends, Adjustments: q.Adjustments}
	if d.Option == "" {
		d.Option = "C"
		if len(q.Registers)+len(q.Minus) > 1 {
			d.Option = "B"
		}
	}
	for _, key := range slices.Concat(q.Registers, q.Minus, q.Drivers) {
		r, ok := l.Register(key)
		if !ok || r.Kind == meter.State {
			return nil, fmt.Errorf("%w: %q is no register of amounts in park %s; write point.register", record.ErrNotFound, key, parkID)
		}
		if d.Unit == "" {
			d.Unit, d.Carrier = r.SettleUnit, r.Carrier
		}
	}
	if d.Unit == "" {
		return nil, fmt.Errorf("%w: no register is named", mandv.ErrCase)
	}
	if q.Temperature != "" {
		if r, ok := l.Register(q.Temperature); !ok || r.Unit != "degC" && r.Unit != "℃" && r.Unit != "°C" {
			return nil, fmt.Errorf("%w: %q is no register of a temperature in °C in park %s", record.ErrNotFound, q.Temperature, parkID)
		}
	}
	x := savingSpan{node: n, layout: l, q: q}
	if d.Baseline, err = x.span(ctx, q.Baseline); err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	if q.Reporting != "" {
		s, err := x.span(ctx, q.Reporting)
		if err != nil {
			return nil, fmt.Errorf("reporting: %w", err)
		}
		d.Reporting = &s
	}
	return d, nil
}

// MeasureSaving measures a project from settled usage; errors as SavingDocument's.
func (n *Node) MeasureSaving(ctx context.Context, parkID string, q baselinefile.Question) (*mandv.Result, error) {
	d, err := n.SavingDocument(ctx, parkID, q)
	if err != nil {
		return nil, err
	}
	return measure(d)
}

func measure(d *baselinefile.Document) (*mandv.Result, error) {
	c, err := d.Case()
	if err != nil {
		return nil, err
	}
	return c.Evaluate()
}

// savingSpan reads spans of a project from the stores.
type savingSpan struct {
	node   *Node
	layout *layout.Layout
	q      baselinefile.Question
}

func (x savingSpan) hourly() bool { return x.q.Model == "hourly" }

func (x savingSpan) span(ctx context.Context, text string) (s baselinefile.Span, err error) {
	when, err := period.Parse(text, x.layout.Zone)
	if err != nil {
		return s, err
	}
	first, last := x.layout.Grid.Days(when)
	if last-first >= maxSavingDays {
		return s, fmt.Errorf("%w: %s has %d days, at most %d", mandv.ErrCase, text, last-first+1, maxSavingDays)
	}
	s.Start, s.Step = first.String(), "day"
	if x.hourly() {
		s.Step = "hour"
	}
	for i, key := range slices.Concat(x.q.Registers, x.q.Minus, x.q.Drivers) {
		v, err := x.amounts(ctx, key, first, last)
		if err != nil {
			return s, err
		}
		r, _ := x.layout.Register(key)
		switch energy := len(x.q.Registers) + len(x.q.Minus); {
		case i < len(x.q.Registers):
			s.Meters = append(s.Meters, baselinefile.Meter{ID: key, Unit: r.SettleUnit, Sign: 1, Values: v})
		case i < energy:
			s.Meters = append(s.Meters, baselinefile.Meter{ID: key, Unit: r.SettleUnit, Sign: -1, Values: v})
		default:
			s.Drivers = append(s.Drivers, baselinefile.Driver{Name: key, Unit: r.SettleUnit, Values: v})
		}
	}
	if x.q.Temperature != "" {
		s.Temperature, err = x.temperature(ctx, first, last)
	}
	return s, err
}

// slots are the steps of the days: one a day, or its hours.
func (x savingSpan) slots(first, last period.Day) int {
	if !x.hourly() {
		return int(last - first + 1)
	}
	return int(last.Interval(x.layout.Zone).To.Sub(first.Start(x.layout.Zone)) / time.Hour)
}

// amounts are a register's settled amounts by day or hour. A step with a missing interval is
// a hole, and so is one that is more than half estimated: an estimate is made of like
// days, and a baseline would agree with itself.
func (x savingSpan) amounts(ctx context.Context, key string, first, last period.Day) ([]*float64, error) {
	n := x.slots(first, last)
	sum, known, all := make([]float64, n), make([]int, n), make([]int, n)
	begin := first.Start(x.layout.Zone)
	holes := make([]bool, n)
	err := x.node.Series.Usage(ctx, usage.Query{Park: x.layout.Document.Park.ID, Keys: []string{key}, First: first, Last: last}, func(d usage.Day) error {
		at := d.Day.Start(x.layout.Zone)
		for i, v := range d.Amount {
			k := int(d.Day - first)
			if x.hourly() {
				k = int(at.Add(time.Duration(i)*x.layout.Grid.Step).Sub(begin) / time.Hour)
			}
			if k < 0 || k >= n {
				continue
			}
			all[k]++
			switch d.At(i) {
			case meter.Missing:
				holes[k] = true
			case meter.Estimated:
			default:
				known[k]++
			}
			sum[k] += v
		}
		return nil
	})
	out := make([]*float64, n)
	for k := range out {
		if all[k] > 0 && !holes[k] && 2*known[k] >= all[k] {
			out[k] = &sum[k]
		}
	}
	return out, err
}

// temperature is the mean of the readings of a step; a step with readings in under half of
// its hours is a hole (CalTRACK 2), of hourly steps one without any.
func (x savingSpan) temperature(ctx context.Context, first, last period.Day) ([]*float64, error) {
	zone := x.layout.Zone
	begin, end := first.Start(zone), last.Interval(zone).To
	n := int(end.Sub(begin) / time.Hour)
	sum, count := make([]float64, n), make([]float64, n)
	q := meter.Query{Park: x.layout.Document.Park.ID, Keys: []string{x.q.Temperature}, From: begin.UnixMilli(), To: end.UnixMilli() + 1}
	err := x.node.Series.Readings(ctx, q, func(t meter.Track) error {
		for i, v := range t.Value {
			at := time.UnixMilli(t.At[i] - int64(t.Span[i])*500) // the middle of a mean's interval
			if k := int(at.Sub(begin) / time.Hour); !at.Before(begin) && k < n && !math.IsNaN(v) {
				sum[k], count[k] = sum[k]+v, count[k]+1
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if x.hourly() {
		out := make([]*float64, n)
		for k := range out {
			if count[k] > 0 {
				mean := sum[k] / count[k]
				out[k] = &mean
			}
		}
		return out, nil
	}
	var out []*float64
	for d := first; d <= last; d++ {
		i := d.Interval(zone)
		from, to := int(i.From.Sub(begin)/time.Hour), int(i.To.Sub(begin)/time.Hour)
		total, hours := 0.0, 0
		for k := from; k < to; k++ {
			if count[k] > 0 {
				total, hours = total+sum[k]/count[k], hours+1
			}
		}
		var mean *float64
		if 2*hours >= to-from {
			v := total / float64(hours)
			mean = &v
		}
		out = append(out, mean)
	}
	return out, nil
}

// KeepSaving records a project with its baseline as it is known now: what is agreed stays,
// also when readings are corrected later. after is the revision that the change was made
// from, 0 for a new project. The result is of the kept baseline.
func (n *Node) KeepSaving(ctx context.Context, act record.Act, parkID, id string, q baselinefile.Question, after int64) (record.Saving, error) {
	l, err := n.Layout(ctx, parkID)
	if err != nil {
		return record.Saving{}, err
	}
	base := q
	base.Reporting, base.Adjustments = "", slices.DeleteFunc(slices.Clone(q.Adjustments), func(a baselinefile.Adjustment) bool { return a.Period == "reporting" })
	d, err := n.SavingDocument(ctx, parkID, base)
	if err != nil {
		return record.Saving{}, err
	}
	if _, err := measure(d); err != nil { // a baseline that no model fits is not agreed
		return record.Saving{}, err
	}
	x := record.Saving{Park: parkID, ID: id, Measure: q.Measure}
	if x.Member, x.Organization, err = ownerOf(l, q.Registers); err != nil {
		return x, err
	}
	text, err := json.Marshal(q)
	if err != nil {
		return x, err
	}
	x.Question = string(text)
	if x.Baseline, err = json.Marshal(d); err != nil {
		return x, err
	}
	return n.Records.SaveSaving(ctx, act, x, after)
}

// KeptSaving measures a kept project: its baseline as it was agreed, and the reporting
// period asked for (empty = the project's own) as it is known now.
func (n *Node) KeptSaving(ctx context.Context, parkID, id, reporting string) (*mandv.Result, error) {
	x, err := n.Records.Saving(ctx, parkID, id)
	if err != nil {
		return nil, err
	}
	d, err := baselinefile.Read(x.Baseline)
	if err != nil {
		return nil, err
	}
	var q baselinefile.Question
	if err := json.Unmarshal([]byte(x.Question), &q); err != nil {
		return nil, fmt.Errorf("project %s: %w", id, err)
	}
	d.ID = id
	if reporting == "" {
		reporting = q.Reporting
	}
	if reporting != "" {
		l, err := n.Layout(ctx, parkID)
		if err != nil {
			return nil, err
		}
		s, err := savingSpan{node: n, layout: l, q: q}.span(ctx, reporting)
		if err != nil {
			return nil, err
		}
		d.Reporting, d.Adjustments = &s, q.Adjustments
	}
	return measure(d)
}

// KeptSavings are a park's projects, of one measure when it is not empty.
func (n *Node) KeptSavings(ctx context.Context, parkID, measure string) ([]record.Saving, error) {
	return n.Records.Savings(ctx, parkID, measure)
}
