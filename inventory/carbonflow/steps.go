package carbonflow

import (
	"errors"
	"fmt"
	"time"

	"lingtan/flow/carbon"
	"lingtan/period"
)

// ErrStep says that a flow cannot be told by these steps.
var ErrStep = errors.New("carbonflow: steps")

// maxSteps bounds an answer: a year of hours.
const maxSteps = 8784

// stepOf tells the step of every interval, and the beginnings of the steps.
func (c *trace) stepOf(step string, zone *time.Location) (of []int, begins []time.Time, err error) {
	err = c.net.EachDay(func(day period.Day, slots int) error {
		start, next := day.Start(zone), (day + 1).Start(zone)
		wide := next.Sub(start) / time.Duration(slots)
		for slot := range slots {
			at := start.Add(time.Duration(slot) * wide)
			begin, err := stepBegin(step, day, at, zone)
			if err != nil {
				return err
			}
			if len(begins) == 0 || begin.After(begins[len(begins)-1]) {
				begins = append(begins, begin)
			}
			of = append(of, len(begins)-1)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if len(begins) > maxSteps {
		return nil, nil, fmt.Errorf("%w: %d of them; at most %d: ask for a shorter period or longer steps", ErrStep, len(begins), maxSteps)
	}
	return of, begins, nil
}

// stepBegin is when the step that holds an instant begins.
func stepBegin(step string, day period.Day, at time.Time, zone *time.Location) (time.Time, error) {
	switch step {
	case "hour":
		return at.UTC().Truncate(time.Hour), nil
	case "day":
		return day.Start(zone), nil
	case "month":
		civil := day.Civil()
		return period.Date(civil.Year(), civil.Month(), 1).Start(zone), nil
	}
	return time.Time{}, fmt.Errorf("%w: %q; hour, day or month", ErrStep, step)
}

// run traces what was taken and writes it into out, whose Step is set.
func (c *trace) run(out *Flow, zone *time.Location, workers int) error {
	of, begins, err := c.stepOf(out.Step, zone)
	if err != nil {
		return err
	}
	if err := c.net.Open(c.rate); err != nil {
		return err
	}
	tracer, err := carbon.NewTracer(c.net.Carbon)
	if err != nil {
		return err
	}
	foot := len(c.net.Carbon.Footprints)
	c.prepare(out, begins)
	mass := make([][]float64, len(c.net.Carbon.Nodes)*foot) // node, footprint → step: kgCO2
	for i := range mass {
		mass[i] = make([]float64, len(begins))
	}
	var sums carbon.Totals
	err = tracer.Trace(c.net.Intervals(), workers, c.net.Reader(c.rate), func(r *carbon.Result) error {
		at := of[r.Interval]
		for i := range c.net.Carbon.Nodes {
			if x, flows := r.Node(i); flows {
				out.Nodes[i].Through[at] += r.Through(i)
				for k := range foot {
					mass[i*foot+k][at] += x[k] * r.Through(i)
				}
			}
		}
		out.Gap = max(out.Gap, r.Gap())
		sums.Add(r)
		return nil
	})
	if err != nil {
		return err
	}
	out.Intervals, out.Findings = c.net.Intervals(), append([]carbon.Finding{}, tracer.Findings()...)
	intensities(out, mass, foot)
	c.sums(out, &sums, foot)
	return nil
}

// prepare makes the places of the answer.
func (c *trace) prepare(out *Flow, begins []time.Time) {
	out.Times, out.Footprints = begins, c.net.Carbon.Footprints
	for _, x := range c.net.Carbon.Nodes {
		n := c.names[x.ID]
		out.Nodes = append(out.Nodes, Place{Node: x.ID, Name: n.Name, Carrier: x.Carrier, Unit: c.units[x.Carrier], Organization: n.Organization,
			Through: make([]float64, len(begins))})
	}
	for s, i := range c.net.Sources {
		n := c.net.Balance.Nodes[i]
		out.Sources = append(out.Sources, Footprint{Node: n.ID, Name: n.Name, Unit: c.units[n.Carrier], Factor: c.rate[s]})
	}
}

// intensities divides the carbon that passed a node by the energy that did.
func intensities(out *Flow, mass [][]float64, foot int) {
	for i := range out.Nodes {
		n := &out.Nodes[i]
		for k := range foot {
			n.Intensity = append(n.Intensity, quotients(mass[i*foot+k], n.Through))
		}
	}
}

// quotients are carbon by energy; nil where nothing flowed.
func quotients(carbon, through []float64) []*float64 {
	row := make([]*float64, len(through))
	for t := range through {
		if through[t] > 0 {
			v := carbon[t] / through[t]
			row[t] = &v
		}
	}
	return row
}

// sums writes owners and transfers, in tonnes.
func (c *trace) sums(out *Flow, sums *carbon.Totals, foot int) {
	tonnes := func(s carbon.Sum) []float64 {
		list := make([]float64, foot)
		for k := range list {
			if k < len(s.Carbon) {
				list[k] = s.Carbon[k] / 1000
			}
		}
		return list
	}
	for _, o := range sums.Owners() {
		out.Owners = append(out.Owners, Member{Organization: o.Owner, Used: tonnes(o.Used), Lost: tonnes(o.Lost), Exported: tonnes(o.Exported),
			Stored: tonnes(o.Stored), Sourced: tonnes(o.Sourced)})
	}
	for _, x := range sums.Transfers() {
		out.Transfers = append(out.Transfers, Transfer{From: x.From, To: x.To, Carrier: x.Carrier, Amount: x.Amount, Carbon: tonnes(x.Sum)})
	}
}
