package node

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/series"
	"lingtan/tariff"
	"lingtan/usage"
)

// settledMark remembers up to where a park was settled.
type settledMark struct {
	Recorded int64      `json:"recorded"` // readings recorded by then are settled
	First    period.Day `json:"first"`
	Last     period.Day `json:"last"`
	Version  string     `json:"version"` // hash of the park document that it was settled by
}

// SettleOptions bound a settlement.
type SettleOptions struct {
	All      bool                  // settle every day again, not only what new readings touch
	Progress func(done, total int) // registers; may be nil
}

// Settle settles what new and corrected readings touch since the park was last
// settled, and everything after its structure changed.
func (n *Node) Settle(ctx context.Context, park string, o SettleOptions) (usage.Settled, error) {
	var sum usage.Settled
	n.settling.Lock()
	defer n.settling.Unlock()
	l, err := n.Layout(ctx, park)
	if err != nil {
		return sum, err
	}
	mark, err := n.settledUpTo(ctx, park)
	if err != nil {
		return sum, err
	}
	run, err := n.due(ctx, l, mark, o)
	if err != nil || run == nil {
		return sum, err
	}
	for _, part := range run.parts {
		part.Progress = o.Progress
		got, err := settleAll(ctx, part, run.until)
		if err != nil {
			return sum, err
		}
		sum.Add(got)
	}
	if len(run.parts) > 0 {
		if err := n.checkSums(ctx, l, run.first, run.last); err != nil {
			return sum, err
		}
	}
	if sum.Revised > 0 {
		n.forgetTraces(park)
	}
	text, err := json.Marshal(run.mark)
	if err != nil {
		return sum, err
	}
	defer n.changed(park)
	return sum, n.Series.PutUsage(ctx, park, nil, meter.Mark{Name: "settled/" + park, Value: text})
}

// settleRun is what a settlement has to do.
type settleRun struct {
	mark        settledMark
	parts       []usage.Settlement    // registers and days to settle
	until       map[string]period.Day // last day that is settled here, of registers that are stated since
	first, last period.Day            // of all parts
}

// add puts registers and days on the list; days outside the park's are left out.
func (r *settleRun) add(whole usage.Settlement, registers []meter.Register, first, last period.Day) {
	whole.Registers, whole.First, whole.Last = registers, max(whole.First, first), min(whole.Last, last)
	if len(registers) == 0 || whole.First > whole.Last {
		return
	}
	if len(r.parts) == 0 {
		r.first, r.last = whole.First, whole.Last
	}
	r.first, r.last = min(r.first, whole.First), max(r.last, whole.Last)
	r.parts = append(r.parts, whole)
}

// due is what has to be settled; nil when nothing has.
func (n *Node) due(ctx context.Context, l *layout.Layout, mark settledMark, o SettleOptions) (*settleRun, error) {
	park, version := l.Document.Park.ID, l.Document.Hash()
	full := o.All || mark.Version != version
	since := mark.Recorded
	if full {
		since = 0
	}
	run := &settleRun{mark: settledMark{Recorded: n.Series.Recorded(), Version: version}}
	touched, err := n.Series.Touched(ctx, park, since)
	if err != nil || full && len(touched) == 0 {
		return nil, err
	}
	run.mark.First, run.mark.Last = mark.First, mark.Last
	if first, last, any := span(l, touched); any && full {
		run.mark.First, run.mark.Last = first, last
	} else if any {
		run.mark.First, run.mark.Last = min(mark.First, first), max(mark.Last, last)
	}
	whole := n.settlement(l, run.mark.First, run.mark.Last)
	if whole.Registers, run.until, err = n.settledHere(ctx, l); err != nil {
		return nil, err
	}
	if full {
		run.add(whole, whole.Registers, whole.First, whole.Last)
		return run, nil
	}
	edited, err := n.edited(ctx, l, whole, since)
	if err != nil || len(touched)+len(edited) == 0 {
		return nil, err
	}
	reach := period.Day(whole.Settler.Policy.Margin() / (24 * time.Hour))
	if whole.First < mark.First { // the silence of every register before its first reading counts now
		run.add(whole, whole.Registers, whole.First, mark.First+reach)
	}
	if whole.Last > mark.Last {
		run.add(whole, whole.Registers, mark.Last-reach, whole.Last)
	}
	run.touched(whole, l, append(touched, edited...), reach)
	return run, nil
}

// touched puts the registers that readings touch on the list, each for the days that
// the readings are of and those whose estimates may draw on them; registers with the
// same days together.
func (r *settleRun) touched(whole usage.Settlement, l *layout.Layout, list []series.Touch, reach period.Day) {
	here := map[string]meter.Register{}
	for _, x := range whole.Registers {
		here[x.Key] = x
	}
	groups := map[[2]period.Day][]meter.Register{}
	for _, t := range list {
		reg, ok := here[t.Key]
		if !ok {
			continue // a register that the park no longer has, or that an enterprise states
		}
		days := [2]period.Day{period.DayOf(time.UnixMilli(t.From-1), l.Zone) - reach, period.DayOf(time.UnixMilli(t.To), l.Zone) + reach}
		if !slices.ContainsFunc(groups[days], func(x meter.Register) bool { return x.Key == reg.Key }) {
			groups[days] = append(groups[days], reg)
		}
	}
	order := slices.SortedFunc(maps.Keys(groups), func(a, b [2]period.Day) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	for _, days := range order {
		r.add(whole, groups[days], days[0], days[1])
	}
}

func (n *Node) settledUpTo(ctx context.Context, park string) (settledMark, error) {
	var mark settledMark
	text, err := n.Series.Mark(ctx, "settled/"+park)
	if err != nil || len(text) == 0 {
		return mark, err
	}
	if err := json.Unmarshal(text, &mark); err != nil {
		return mark, fmt.Errorf("settled mark of %s: %w", park, err)
	}
	return mark, nil
}

// span is the first and last day of readings.
func span(l *layout.Layout, touched []series.Touch) (first, last period.Day, any bool) {
	from, to := int64(math.MaxInt64), int64(math.MinInt64)
	for _, t := range touched {
		// An amount at midnight is of the day before; a count there begins its own day.
		begins := t.From
		if reg, ok := l.Register(t.Key); ok && (reg.Kind == meter.Amount || reg.Kind == meter.MeanPower) {
			begins--
		}
		from, to = min(from, begins), max(to, t.To-2) // To is one past the last reading, which closes the day before it
	}
	if len(touched) == 0 {
		return 0, 0, false
	}
	first = period.DayOf(time.UnixMilli(from), l.Zone)
	return first, max(first, period.DayOf(time.UnixMilli(to), l.Zone)), true
}

// settlement is the run over all registers and the days between the park's first
// and last reading.
func (n *Node) settlement(l *layout.Layout, first, last period.Day) usage.Settlement {
	expected := period.Interval{From: first.Start(l.Zone), To: (last + 1).Start(l.Zone)}
	settler := usage.Settler{Grid: l.Grid, Policy: usage.DefaultPolicy(), Calendar: calendarOf(l.Document.Park.Country), Expected: expected}
	return usage.Settlement{Park: l.Document.Park.ID, Settler: settler, Registers: l.Registers(), First: first, Last: last, Source: n.Series, Book: n.Series, Workers: n.workers}
}

// edited are the spans that people edited since a recorded time.
func (n *Node) edited(ctx context.Context, l *layout.Layout, s usage.Settlement, since int64) ([]series.Touch, error) {
	keys := make([]string, 0, len(l.Registers()))
	for _, r := range l.Registers() {
		keys = append(keys, r.Key)
	}
	edits, err := n.Series.Edits(ctx, s.Park, keys, s.First.Start(l.Zone).UnixMilli(), (s.Last + 1).Start(l.Zone).UnixMilli(), 0)
	var spans []series.Touch
	for _, e := range edits {
		if e.RecordedAt > since {
			spans = append(spans, series.Touch{Key: e.Key, From: e.From + 1, To: e.To})
		}
	}
	return spans, err
}

// calendarOf is the calendar by which days of a country are alike.
func calendarOf(country string) usage.Calendar {
	if country == "CN" {
		return holidays{}
	}
	return usage.Weekdays{}
}

// holidays are the days of China: statutory holidays are like Sundays, and
// a weekend day worked in exchange is a working day.
type holidays struct{}

// Class is the day's class.
func (holidays) Class(d period.Day) int {
	day, err := tariff.Calendar(d)
	switch {
	case err != nil: // beyond the years whose notice is known
		return usage.Weekdays{}.Class(d)
	case day.Kind == tariff.PublicHoliday:
		return 2 // a public holiday is like a Sunday, as in standard load profiles (VDEW)
	case day.Kind == tariff.MakeupDay:
		return 0
	}
	return usage.Weekdays{}.Class(d)
}

// checkSums holds every parent meter against the sum of its children, day by day.
func (n *Node) checkSums(ctx context.Context, l *layout.Layout, first, last period.Day) error {
	children := map[string][]string{}
	for _, r := range l.Registers() {
		if r.Parent != "" {
			children[r.Parent] = append(children[r.Parent], r.Key)
		}
	}
	park := l.Document.Park.ID
	stated, err := n.statedRegisters(ctx, park)
	if err != nil {
		return err
	}
	from, to := first.Start(l.Zone).UnixMilli(), (last + 1).Start(l.Zone).UnixMilli()
	for parent, keys := range children {
		sums := usage.SumCheck{Parent: parent, Zone: l.Zone}
		keys = append(keys, parent)
		seen := map[registerDay]bool{}
		err := n.Series.DayTotals(ctx, usage.Query{Park: park, Keys: keys, First: first, Last: last}, func(key string, day period.Day, t usage.Totals) error {
			seen[registerDay{key, day}] = len(stated) > 0
			return sums.Take(key, day, t)
		})
		if err == nil {
			err = takeUnstated(l, stated, keys, seen, first, last, sums.Take)
		}
		if err != nil {
			return err
		}
		found, err := n.Series.Findings(ctx, park, series.FindingFilter{Keys: []string{parent}, From: from, To: to})
		if err != nil {
			return err
		}
		var keep []usage.Finding
		for _, f := range found {
			if f.Rule != "sum" && f.From >= from && f.From < to {
				keep = append(keep, f)
			}
		}
		if err := n.Series.PutFindings(ctx, park, []string{parent}, from, to, append(keep, sums.Findings()...)); err != nil {
			return err
		}
	}
	return nil
}
