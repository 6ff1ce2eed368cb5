package inventory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lingtan/balance"
	"lingtan/flow"
	"lingtan/meter"
	"lingtan/park"
	"lingtan/period"
	"lingtan/usage"
)

// Profile is the traced energy of a park over days, ready to be shown: hour by hour
// for each organization and source, day by day for each place and source. Amounts
// are in the carriers' settle units.
type Profile struct {
	Structure *park.Document
	Zone      *time.Location
	First     period.Day
	Last      period.Day
	From      time.Time // first instant; hour h begins h hours later
	Hours     int
	Sources   []Source
	Owners    []string    // organizations with a use or a bus
	Hourly    [][]float64 // owner × source (o·len(Sources)+s) → by hour; used and lost, not exported
	Doubt     []float64   // hour → share of the amounts (over all sources of electricity) not measured
	Gaps      []bool      // hour → a meter of the network was missing in it
	Places    []profilePlace
	Daily     [][]float64 // place × source (p·len(Sources)+s) → by day
	Quality   []Shares    // day → intervals by quality over the network's meters
	PlaceDays [][]Shares  // place → day → intervals by quality of the meters that feed it
	Edges     [][]float64 // edge of the structure's network → amount by day
	PeakPower []float64   // day → largest mean power drawn from the grid in a settlement interval, kW; 0 where electricity is not in kWh

	noDays []float64 // the row of Daily of a place that takes nothing of a source
	handed *handed   // through conversions; nil where there are none
}

// Source is a source node of the network.
type Source struct {
	Node     string
	Activity string
	Carrier  string
	Unit     string
	Name     park.Name
	Runner   string // of an output of a conversion: who runs it; empty elsewhere
}

// profilePlace is a use, a bus with what it leaves over, an export or a storage.
type profilePlace struct {
	Node         string
	Kind         string
	Organization string
	Carrier      string
	Unit         string
	Name         park.Name
}

// Shares counts settlement intervals by quality.
type Shares struct {
	Measured  int `json:"measured"`
	Estimated int `json:"estimated"`
	Edited    int `json:"edited"`
	Missing   int `json:"missing"`
	Suspect   int `json:"suspect"` // measured, yet a validation rule fired
}

// Add sums o into s.
func (s *Shares) Add(o Shares) {
	s.Measured += o.Measured
	s.Estimated += o.Estimated
	s.Edited += o.Edited
	s.Missing += o.Missing
	s.Suspect += o.Suspect
}

// All is the number of intervals.
func (s Shares) All() int { return s.Measured + s.Estimated + s.Edited + s.Missing }

// NewProfile traces the days [first, last] as known at a recorded time (0 = now).
func NewProfile(ctx context.Context, doc *park.Document, src UsageSource, first, last period.Day, asKnownAt int64) (*Profile, error) {
	pass, err := NewPass(doc)
	if err != nil {
		return nil, err
	}
	if last < first || last-first > 366*3 {
		return nil, fmt.Errorf("inventory: a profile of %s to %s; ask for one day to three years", first, last)
	}
	b := newProfiler(doc, pass, first, last)
	if _, err := pass.Run(ctx, src, first, last, asKnownAt, b.day); err != nil {
		return nil, err
	}
	if err := b.p.handed.follow(); err != nil {
		return nil, err
	}
	b.finish()
	return b.p, nil
}

// profiler fills a profile day by day.
type profiler struct {
	p       *Profile
	pass    *Pass
	tracer  *flow.Tracer
	owner   []int // node → owner, −1 where none
	sure    []float64
	unsure  []float64
	perSlot float64 // hours per settlement interval
	noHours []float64
	hours   []int // of the day at work: settlement interval → hour of the profile
}

func newProfiler(doc *park.Document, pass *Pass, first, last period.Day) *profiler {
	p := &Profile{Structure: doc, Zone: pass.Grid.Zone, First: first, Last: last, From: first.Start(pass.Grid.Zone)}
	p.Hours = int((last + 1).Start(pass.Grid.Zone).Sub(p.From) / time.Hour)
	p.handed = newHanded(pass.Network)
	b := &profiler{p: p, pass: pass, tracer: flow.NewTracer(pass.Network), perSlot: pass.Grid.Step.Hours()}
	unit := map[string]string{}
	for _, c := range doc.Carriers {
		unit[c.ID] = c.Unit
	}
	for _, n := range b.tracer.Sources {
		node := pass.Network.Nodes[n]
		src := Source{Node: node.ID, Activity: node.Activity, Carrier: node.Carrier, Unit: unit[node.Carrier], Name: node.Name}
		if p.handed != nil {
			src.Runner = p.handed.runner[node.ID]
		}
		p.Sources = append(p.Sources, src)
	}
	owners := map[string]int{}
	for _, node := range pass.Network.Nodes {
		p.Places = append(p.Places, profilePlace{Node: node.ID, Kind: node.Kind, Organization: node.Organization, Carrier: node.Carrier, Unit: unit[node.Carrier], Name: node.Name})
		b.owner = append(b.owner, -1)
		if node.Kind != balance.Use && node.Kind != balance.Bus {
			continue
		}
		o, ok := owners[node.Organization]
		if !ok {
			o = len(p.Owners)
			owners[node.Organization] = o
			p.Owners = append(p.Owners, node.Organization)
		}
		b.owner[len(b.owner)-1] = o
	}
	days, sources := int(last-first)+1, len(p.Sources)
	b.noHours, p.noDays = make([]float64, p.Hours), make([]float64, days)
	p.Hourly = slices.Repeat([][]float64{b.noHours}, len(p.Owners)*sources)
	p.Daily = slices.Repeat([][]float64{p.noDays}, len(p.Places)*sources)
	p.Edges = matrix(len(pass.Network.Edges), days)
	p.Doubt, p.Gaps, p.PeakPower = make([]float64, p.Hours), make([]bool, p.Hours), make([]float64, days)
	p.Quality, p.PlaceDays = make([]Shares, days), make([][]Shares, len(p.Places))
	for i := range p.PlaceDays {
		p.PlaceDays[i] = make([]Shares, days)
	}
	b.sure, b.unsure = make([]float64, p.Hours), make([]float64, p.Hours)
	return b
}

// row is row i of a matrix whose empty rows are all one, none: a place takes of few
// sources, and what it takes of the others is passed over in one step.
func row(m [][]float64, i int, none []float64) []float64 {
	if &m[i][0] == &none[0] {
		m[i] = make([]float64, len(none))
	}
	return m[i]
}

func matrix(rows, columns int) [][]float64 {
	all := make([]float64, rows*columns)
	m := make([][]float64, rows)
	for i := range m {
		m[i] = all[i*columns : (i+1)*columns : (i+1)*columns]
	}
	return m
}

func (b *profiler) day(d *balance.Day, _ map[string]usage.Day) error {
	if b.p.handed != nil {
		b.p.handed.network.Take(d)
	}
	k := int(d.Day - b.p.First)
	h0 := d.Day.Start(b.p.Zone).Sub(b.p.From).Hours()
	b.hours = b.hours[:0]
	for slot := range d.Slots {
		b.hours = append(b.hours, int(h0+float64(slot)*b.perSlot))
	}
	for e := range d.Edge {
		b.grade(d, e, k)
		for _, x := range d.Edge[e] {
			b.p.Edges[e][k] += x
		}
	}
	sources := len(b.p.Sources)
	b.tracer.Day(d, func(s flow.Share) {
		row(b.p.Daily, s.Node*sources+s.Source, b.p.noDays)[k] += s.Amount
		o := b.owner[s.Node]
		if o < 0 {
			return
		}
		h := b.hours[s.Slot]
		row(b.p.Hourly, o*sources+s.Source, b.noHours)[h] += s.Amount
		if quality(b.pass.Network, d, s) != meter.Measured {
			b.unsure[h] += s.Amount
		} else {
			b.sure[h] += s.Amount
		}
	})
	b.peak(d, k)
	return nil
}

// grade counts edge e's intervals by quality, for the day and for the place it feeds.
func (b *profiler) grade(d *balance.Day, e, k int) {
	if d.Edge[e] == nil || b.pass.Network.Edges[e].Closing {
		return
	}
	var s Shares
	if d.Quality[e] == nil {
		s.Measured = d.Slots
	}
	for t, q := range d.Quality[e] {
		switch q.Base() {
		case meter.Measured:
			s.Measured++
		case meter.Estimated:
			s.Estimated++
		case meter.Edited:
			s.Edited++
		default:
			s.Missing++
			b.p.Gaps[b.hours[t]] = true
		}
		if q&meter.Suspect != 0 {
			s.Suspect++
		}
	}
	b.p.Quality[k].Add(s)
	b.p.PlaceDays[b.pass.Network.To[e]][k].Add(s)
}

// peak is the day's largest draw from purchased sources of electricity.
func (b *profiler) peak(d *balance.Day, k int) {
	net := b.pass.Network
	for s, n := range b.tracer.Sources {
		if b.p.Sources[s].Unit != "kWh" || b.p.Sources[s].Activity != purchased {
			continue
		}
		for t := range d.Slots {
			b.p.PeakPower[k] = max(b.p.PeakPower[k], given(net, d, n, t)/b.perSlot)
		}
	}
}

// given is what leaves node n in interval t.
func given(net *balance.Network, d *balance.Day, n, t int) float64 {
	var sum float64
	for _, e := range net.Out[n] {
		if d.Edge[e] != nil {
			sum += d.Edge[e][t]
		}
	}
	return sum
}

// finish turns sums into shares.
func (b *profiler) finish() {
	for h := range b.p.Doubt {
		if all := b.sure[h] + b.unsure[h]; all != 0 {
			b.p.Doubt[h] = b.unsure[h] / all
		}
	}
}

// Sum is the amount that the places chosen took of source s over days [from, to]
// (indices of the profile).
func (p *Profile) Sum(place, source, from, to int) float64 {
	var sum float64
	days := p.Daily[place*len(p.Sources)+source]
	if &days[0] == &p.noDays[0] {
		return 0
	}
	for _, x := range days[from : to+1] {
		sum += x
	}
	return sum
}
