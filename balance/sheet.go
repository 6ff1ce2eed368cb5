package balance

import (
	"fmt"
	"math"
	"slices"
	"time"

	"lingtan/meter"
	"lingtan/park"
	"lingtan/period"
	"lingtan/usage"
)

// Step is how a sheet groups settlement intervals.
type Step string

// The steps of a sheet: civil hours, days and months in the park's zone, and all in one.
const (
	ByInterval Step = "interval"
	ByHour     Step = "hour"
	ByDay      Step = "day"
	ByMonth    Step = "month"
	Whole      Step = "period"
)

// MaxLines bounds a sheet: places × steps.
const MaxLines = 1_000_000

// Sheet is the energy balance of a park over a period: for every node of the network and
// every step what came in, went out, was converted, stored and lost, in the settle unit
// of its carrier. Amounts of different carriers are never added.
type Sheet struct {
	Step   Step
	Starts []time.Time // step → its beginning
	To     time.Time   // end of the last step
	Places []Place     // in the order of the network's nodes
	Lines  [][]Line    // place → step

	network *Network
	grid    period.Grid
	from    time.Time
	first   period.Day
	offset  []int // day → index of its first interval; ByInterval only
}

// Place is a node of a sheet.
type Place struct {
	park.Node
	Unit     string
	Converts bool // a use or source whose equipment turns one carrier into another
	Closing  bool // a closing edge takes what its balance leaves over: no loss can show here
}

// Line is the balance of a place in a step. In − Out = Stored at a storage, and
// Lost + Unjudged at a bus.
type Line struct {
	In        float64 // what came in
	Out       float64 // what went out
	Converted float64 // of it: turned into another carrier (a use) or made of one (a source)
	Stored    float64 // charged less discharged, losses of the storage in it
	Lost      float64 // bus: in − out over intervals in which every meter is known; below 0 more left than came
	Unjudged  float64 // bus: in − out over the other intervals
	Unmetered float64 // of In or Out: carried by closing edges, which no meter reads
	Judged    float64 // bus: what came in over the intervals of Lost; its base
	Islanded  float64 // bus: what was taken in intervals of Lost in which nothing came in
	Grades    Grades
}

// Grades counts the settlement intervals of meters by quality.
type Grades struct {
	Measured  int `json:"measured"`
	Estimated int `json:"estimated"`
	Edited    int `json:"edited"`
	Missing   int `json:"missing"`
	Suspect   int `json:"suspect"` // measured, yet a validation rule fired
}

// All is the number of intervals.
func (g Grades) All() int { return g.Measured + g.Estimated + g.Edited + g.Missing }

func (g *Grades) count(q meter.Quality) {
	switch q.Base() {
	case meter.Measured:
		g.Measured++
	case meter.Estimated:
		g.Estimated++
	case meter.Edited:
		g.Edited++
	default:
		g.Missing++
	}
	if q&meter.Suspect != 0 {
		g.Suspect++
	}
}

// NewSheet makes an empty sheet of the days [first, last]; units are those of the
// carriers. Add fills it.
func NewSheet(w *Network, units map[string]string, grid period.Grid, first, last period.Day, step Step) (*Sheet, error) {
	if last < first {
		return nil, fmt.Errorf("%w: a sheet from %s to %s ends before it begins", ErrNetwork, first, last)
	}
	s := &Sheet{Step: step, network: w, grid: grid, first: first, from: first.Start(grid.Zone), To: (last + 1).Start(grid.Zone)}
	if !slices.Contains([]Step{ByInterval, ByHour, ByDay, ByMonth, Whole}, step) {
		return nil, fmt.Errorf("%w: step %q of a sheet; interval, hour, day, month or period", ErrNetwork, step)
	}
	if days := int(last) - int(first) + 1; days > MaxLines {
		return nil, fmt.Errorf("%w: a sheet of %d days; at most %d", ErrNetwork, days, MaxLines)
	}
	s.begin(last)
	if n := len(s.Starts) * len(w.Nodes); n > MaxLines {
		return nil, fmt.Errorf("%w: a sheet of %d steps and %d nodes; at most %d lines: choose a longer step or a shorter period", ErrNetwork, len(s.Starts), len(w.Nodes), MaxLines)
	}
	for n, node := range w.Nodes {
		p := Place{Node: node, Unit: units[node.Carrier], Converts: w.converts(n)}
		for _, e := range slices.Concat(w.In[n], w.Out[n]) {
			p.Closing = p.Closing || w.Edges[e].Closing
		}
		s.Places = append(s.Places, p)
		s.Lines = append(s.Lines, make([]Line, len(s.Starts)))
	}
	return s, nil
}

// begin sets the beginnings of the steps.
func (s *Sheet) begin(last period.Day) {
	every := map[Step]time.Duration{ByInterval: s.grid.Step, ByHour: time.Hour}[s.Step]
	for d := s.first; d <= last; d++ {
		start := d.Start(s.grid.Zone)
		switch {
		case every > 0:
			s.offset = append(s.offset, len(s.Starts))
			for at := start; at.Before((d + 1).Start(s.grid.Zone)); at = at.Add(every) {
				s.Starts = append(s.Starts, at)
			}
		case s.Step == ByDay || d == s.first || s.Step == ByMonth && d.Civil().Day() == 1:
			s.Starts = append(s.Starts, start)
		}
		if len(s.Starts) > MaxLines {
			return
		}
	}
}

// step is the step that interval t of a day belongs to.
func (s *Sheet) step(d period.Day, t int) int {
	k := int(d - s.first)
	switch s.Step {
	case ByInterval:
		return s.offset[k] + t
	case ByHour:
		return s.offset[k] + int(time.Duration(t)*s.grid.Step/time.Hour)
	case ByDay:
		return k
	case ByMonth:
		a, b := s.first.Civil(), d.Civil()
		return 12*(b.Year()-a.Year()) + int(b.Month()) - int(a.Month())
	}
	return 0
}

// converts says whether node n stands for equipment that turns one carrier into another: it
// is laid out of a conversion, or its equipment is named by a use of one and by a source of
// the other.
func (w *Network) converts(n int) bool {
	for _, v := range w.Conversions {
		if slices.Contains(v.Uses, n) || slices.Contains(v.Sources, n) {
			return true
		}
	}
	a := w.Nodes[n]
	other := map[string]string{Use: Source, Source: Use}[a.Kind]
	return a.Equipment != "" && slices.ContainsFunc(w.Nodes, func(b park.Node) bool {
		return b.Kind == other && b.Equipment == a.Equipment && b.Carrier != a.Carrier
	})
}

// Add adds a balanced day of the sheet's network; days beyond its period are an error.
func (s *Sheet) Add(d *Day) error {
	if d.Day < s.first || !d.Day.Start(s.grid.Zone).Before(s.To) || d.Slots != s.grid.Slots(d.Day) {
		return fmt.Errorf("%w: %s with %d intervals is no day of the sheet", ErrNetwork, d.Day, d.Slots)
	}
	for n := range s.Places {
		for t := range d.Slots {
			s.add(d, n, t, &s.Lines[n][s.step(d.Day, t)])
		}
	}
	return nil
}

// add adds interval t of node n to its line.
func (s *Sheet) add(d *Day, n, t int, l *Line) {
	in, a, whole := s.side(d, s.network.In[n], t, l)
	out, b, known := s.side(d, s.network.Out[n], t, l)
	l.In += in
	l.Out += out
	l.Unmetered += a + b
	p := s.Places[n]
	if p.Converts {
		l.Converted += in + out // one of them is 0 at a use and at a source
	}
	switch {
	case p.Kind == Storage:
		l.Stored += in - out
	case p.Kind == Bus && whole && known:
		l.Lost += d.Residual[n][t]
		l.Judged += in
		if in == 0 && out > 0 {
			l.Islanded += out
		}
	case p.Kind == Bus:
		l.Unjudged += d.Residual[n][t]
	}
}

// side sums the edges of one side of a node: all of them, and those that no meter reads.
func (s *Sheet) side(d *Day, edges []int, t int, l *Line) (sum, unmetered float64, whole bool) {
	whole = true
	for _, e := range edges {
		if d.Edge[e] == nil { // not in service
			continue
		}
		sum += d.Edge[e][t]
		if s.network.Edges[e].Closing {
			unmetered += d.Edge[e][t]
			continue
		}
		q := d.At(e, t)
		l.Grades.count(q)
		whole = whole && q.Base() != meter.Missing
	}
	return sum, unmetered, whole
}

// Total is the balance of a carrier in a step:
// Supplied + Made = Used + Converted + Exported + Stored + Lost + Unjudged.
type Total struct {
	Supplied  float64 // by sources from outside the park or from nature
	Made      float64 // by conversion of other carriers
	Used      float64 // by uses that are no conversion
	Converted float64 // turned into other carriers
	Exported  float64
	Stored    float64
	Lost      float64
	Unjudged  float64
	Grades    Grades // of the meters at its nodes; one between two nodes counts at both
}

// Totals is a carrier's balance by step.
func (s *Sheet) Totals(carrier string) []Total {
	totals := make([]Total, len(s.Starts))
	for n, p := range s.Places {
		if p.Carrier != carrier {
			continue
		}
		for k, l := range s.Lines[n] {
			totals[k].take(p, l)
		}
	}
	return totals
}

func (t *Total) take(p Place, l Line) {
	switch p.Kind {
	case Source:
		t.Supplied += l.Out - l.Converted
		t.Made += l.Converted
	case Use:
		t.Used += l.In - l.Converted
		t.Converted += l.Converted
	case Export:
		t.Exported += l.In
	}
	t.Stored += l.Stored
	t.Lost += l.Lost
	t.Unjudged += l.Unjudged
	t.Grades.Measured += l.Grades.Measured
	t.Grades.Estimated += l.Grades.Estimated
	t.Grades.Edited += l.Grades.Edited
	t.Grades.Missing += l.Grades.Missing
	t.Grades.Suspect += l.Grades.Suspect
}

// Imbalance is what a bus leaves over in a step, as a share of what came in.
type Imbalance struct {
	Place  int // of Sheet.Places
	Step   int // of Sheet.Starts
	Amount float64
	Share  float64 // Amount / Line.Judged; ±1 where something left and nothing came
	Over   bool    // |Share| is above the limit, and |Amount| above usage.SumLeast
}

// Imbalances is the series of what every bus leaves over, for alarms. A limit of 0 is
// usage.SumShare, the limit of the check of meters against their parents. Steps of which
// no interval can be judged, and buses that a closing edge balances, are left out.
func (s *Sheet) Imbalances(limit float64) []Imbalance {
	if limit <= 0 {
		limit = usage.SumShare
	}
	var list []Imbalance
	for n, p := range s.Places {
		if p.Kind != Bus || p.Closing {
			continue
		}
		for k, l := range s.Lines[n] {
			if l.Judged == 0 && l.Lost == 0 {
				continue // nothing known, or nothing flowed
			}
			x := Imbalance{Place: n, Step: k, Amount: l.Lost, Share: math.Copysign(1, l.Lost)}
			if l.Judged > 0 {
				x.Share = l.Lost / l.Judged
			}
			x.Over = math.Abs(x.Share) > limit && math.Abs(x.Amount) > usage.SumLeast
			list = append(list, x)
		}
	}
	return list
}
