package usage

import (
	"fmt"
	"math"
	"time"

	"lingtan/meter"
	"lingtan/period"
	"lingtan/quantity"
)

// Settler turns readings into settled days. It is pure: the same readings, edits
// and policy give the same days to the last bit.
type Settler struct {
	Grid     period.Grid
	Policy   Policy
	Calendar Calendar
	// Expected is the span in which the park's meters are expected to speak: from
	// its first reading to its last. A register's silence within it is a gap; what
	// lies outside is neither. Zero means without bounds.
	Expected period.Interval
}

// Settle settles the days [first, last] of a register from its readings t, which
// should reach Policy.Margin before and after (less, at the ends of what exists).
// Days on which the register is not in service are left out.
//
// The returned days have Revision and RecordedAt unset; the caller compares them
// with what is stored and makes a revision only of what differs.
func (s Settler) Settle(reg meter.Register, first, last period.Day, t meter.Track, edits []Edit) ([]Day, []Finding, error) {
	if err := reg.Check(); err != nil {
		return nil, nil, err
	}
	if reg.Kind == meter.State {
		return nil, nil, nil
	}
	scale, err := amountScale(reg)
	if err != nil {
		return nil, nil, err
	}
	w := s.window(reg, first, last)
	w.scale = scale
	if err := w.spread(t); err != nil {
		return nil, nil, err
	}
	w.fill()
	if err := w.edit(edits); err != nil {
		return nil, nil, err
	}
	return w.days(t), w.findings.within(first.Start(s.Grid.Zone).UnixMilli(), (last + 1).Start(s.Grid.Zone).UnixMilli()), nil
}

// amountScale is the factor from a value of the register to its settle unit: for
// rates, of one hour at that rate.
func amountScale(reg meter.Register) (float64, error) {
	unit, err := quantity.Parse(reg.Unit)
	if err != nil {
		return 0, fmt.Errorf("register %s: %w", reg.Key, err)
	}
	settle, err := quantity.Parse(reg.SettleUnit)
	if err != nil {
		return 0, fmt.Errorf("register %s: %w", reg.Key, err)
	}
	if reg.Kind == meter.MeanPower || reg.Kind == meter.Power {
		hour, err := quantity.Parse("h")
		if err != nil {
			return 0, err
		}
		unit = unit.Mul(hour)
	}
	f, err := quantity.Convert(reg.Multiplier, unit, settle)
	if err != nil {
		return 0, fmt.Errorf("register %s: %w", reg.Key, err)
	}
	return f, nil
}

// window is the working grid of one register: the days asked for and, around
// them, the days that similar-day profiles and gap lengths need.
type window struct {
	s        Settler
	reg      meter.Register
	scale    float64
	first    period.Day // first day asked for
	last     period.Day
	outer    []period.Day // days of the working grid
	starts   []int        // slot at which each of outer begins, and the end
	t0       int64        // Unix ms of slot 0
	step     int64        // ms
	amount   []float64
	covered  []int32 // ms of each slot covered by readings
	quality  []meter.Quality
	inFrom   int // slots [inFrom, inTo) are in service
	inTo     int
	low      float64 // rates in [low, high] break no bound of the register
	high     float64
	findings findings
	buf      []byte // of digest
}

func (s Settler) window(reg meter.Register, first, last period.Day) *window {
	margin := period.Day(s.Policy.Margin() / (24 * time.Hour))
	w := &window{s: s, reg: reg, first: first, last: last, step: s.Grid.Step.Milliseconds()}
	from, to := first-margin, last+margin
	if s.Expected.Duration() > 0 {
		a, b := s.Grid.Days(s.Expected)
		from, to = max(from, min(a, first)), min(to, max(b, last))
	}
	n := 0
	for d := from; d <= to; d++ {
		w.outer = append(w.outer, d)
		w.starts = append(w.starts, n)
		n += s.Grid.Slots(d)
	}
	w.starts = append(w.starts, n)
	w.t0 = from.Start(s.Grid.Zone).UnixMilli()
	w.amount = make([]float64, n)
	w.covered = make([]int32, n)
	w.quality = make([]meter.Quality, n)
	w.inFrom, w.inTo = 0, n
	if !reg.ValidFrom.IsZero() {
		w.inFrom = w.slot(reg.ValidFrom.UnixMilli())
	}
	if !reg.ValidTo.IsZero() {
		w.inTo = w.slot(reg.ValidTo.UnixMilli())
	}
	w.low, w.high = 0, math.Inf(1)
	if reg.Min != nil {
		w.low = *reg.Min
	}
	if reg.Max != nil {
		w.high = *reg.Max
	}
	w.findings.key = reg.Key
	return w
}

// slot is the settlement interval that holds the instant, clamped to the window.
func (w *window) slot(ms int64) int {
	i := (ms - w.t0) / w.step
	return int(min(max(i, 0), int64(len(w.amount))))
}

func (w *window) slotStart(i int) int64 { return w.t0 + int64(i)*w.step }

// put spreads an amount evenly over [from, to) milliseconds; measured says whether
// the span counts as covered by readings.
func (w *window) put(from, to int64, amount float64, q meter.Quality) {
	if to <= from {
		return
	}
	if i := (from - w.t0) / w.step; to-from == w.step && from-w.t0 == i*w.step { // one whole settlement interval
		if from < w.t0 || i >= int64(len(w.amount)) {
			return
		}
		w.amount[i] += amount
		w.covered[i] += int32(w.step)
		w.mark(int(i), q)
		return
	}
	end := w.t0 + int64(len(w.amount))*w.step
	rate := amount / float64(to-from)
	for a := max(from, w.t0); a < min(to, end); {
		i := (a - w.t0) / w.step
		b := min(w.t0+(i+1)*w.step, to, end)
		w.amount[i] += rate * float64(b-a)
		w.covered[i] += int32(min(b-a, w.step))
		w.mark(int(i), q)
		a = b
	}
}

// mark lowers a slot's quality to the worse of what it has and q, keeping flags.
func (w *window) mark(i int, q meter.Quality) {
	have := w.quality[i]
	flags := (have | q) & meter.Suspect
	base := q.Base()
	if have.Base() == meter.Estimated {
		base = meter.Estimated
	}
	w.quality[i] = base | flags
}

// spread lays every reading onto the grid by the register's kind.
func (w *window) spread(t meter.Track) error {
	if len(t.Span) != t.Len() || len(t.Value) != t.Len() {
		return fmt.Errorf("%w of %s: columns of %d, %d and %d rows", ErrReadings, w.reg.Key, t.Len(), len(t.Span), len(t.Value))
	}
	for i := 1; i < t.Len(); i++ {
		if t.At[i] <= t.At[i-1] {
			return fmt.Errorf("%w of %s: row %d is not after row %d; the series store hands them on in time order", ErrReadings, w.reg.Key, i, i-1)
		}
	}
	w.checkCadence(t)
	switch w.reg.Kind {
	case meter.Counter:
		w.spreadCounter(t)
	case meter.Power:
		w.spreadPower(t)
	default:
		w.spreadAmounts(t)
	}
	return nil
}

// days cuts the window into settled days and adds each one's digest.
func (w *window) days(t meter.Track) []Day {
	days := make([]Day, 0, int(w.last-w.first)+1)
	r := 0
	for k, d := range w.outer {
		a, b := w.starts[k], w.starts[k+1]
		if d < w.first || d > w.last || b <= w.inFrom || a >= w.inTo {
			continue
		}
		day := Day{Key: w.reg.Key, Day: d, Amount: w.amount[a:b:b]}
		day.Quality, day.Coverage = w.grades(a, b)
		start, end := w.slotStart(a), w.slotStart(b)
		for r < t.Len() && t.At[r] <= start {
			r++
		}
		e := r
		for e < t.Len() && t.At[e] <= end {
			e++
		}
		day.Readings = uint32(e - r)
		day.Digest = w.digest(t.Slice(r, e))
		r = e
		days = append(days, day)
	}
	return days
}

// grades are the quality and coverage columns of slots [a, b), nil where uniform.
func (w *window) grades(a, b int) ([]meter.Quality, []uint8) {
	uniform, full := true, true
	for i := a; i < b; i++ {
		uniform = uniform && w.quality[i] == meter.Measured
		full = full && int64(w.covered[i]) >= w.step
	}
	var q []meter.Quality
	var c []uint8
	if !uniform {
		q = w.quality[a:b:b]
	}
	if !full {
		c = make([]uint8, b-a)
		for i := range c {
			c[i] = uint8(math.Round(100 * math.Min(1, float64(w.covered[a+i])/float64(w.step))))
		}
	}
	return q, c
}

// edit applies a person's edits, the later recorded over the earlier.
func (w *window) edit(edits []Edit) error {
	for _, e := range edits {
		if e.Key != w.reg.Key {
			continue
		}
		switch {
		case e.Who == "" || e.Reason == "":
			return fmt.Errorf("%w of %s: it needs a name and a reason", ErrEdit, e.Key)
		case e.To <= e.From || (e.From-w.t0)%w.step != 0 || (e.To-w.t0)%w.step != 0:
			return fmt.Errorf("%w of %s by %s: %s to %s is not a span of whole settlement intervals", ErrEdit, e.Key, e.Who,
				time.UnixMilli(e.From).UTC().Format(time.RFC3339), time.UnixMilli(e.To).UTC().Format(time.RFC3339))
		case math.IsNaN(e.Amount) || math.IsInf(e.Amount, 0):
			return fmt.Errorf("%w of %s by %s: the amount is not a number", ErrEdit, e.Key, e.Who)
		}
		each := e.Amount / float64((e.To-e.From)/w.step)
		for at := e.From; at < e.To; at += w.step {
			if at < w.t0 || at >= w.slotStart(len(w.amount)) {
				continue
			}
			i := w.slot(at)
			w.amount[i] = each
			w.quality[i] = meter.Edited
		}
		w.findings.add(Finding{Rule: "edit", From: e.From, To: e.To, Count: int((e.To - e.From) / w.step), Value: e.Amount, Treatment: "edited", Detail: e.Who + ": " + e.Reason})
	}
	return nil
}
