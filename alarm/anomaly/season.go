package anomaly

import (
	"math"
	"slices"
	"time"
)

const (
	weeks      = 8           // of which a time of the week remembers its values
	neighbours = 1           // hours around, whose residuals give the scale
	patience   = 7 * 24      // hours of one-sided findings after which they are the new season
	recent     = 72          // hours of residuals that give the level
	residuals  = 28          // days of residuals that give the scale
	least      = 1.0 / 200.0 // of the median absolute value: the smallest scale
)

// season remembers what was usual at each time of the week.
type season struct {
	perDay int
	slots  [][]float64 // time of the week → newest clean values
	days   [2][][]float64
	level  []float64   // newest residuals against the slots alone
	hours  [][]float64 // hour of the day → newest clean residuals
	size   int
	floor  float64
	off    int     // values off their season in a row, that are not spikes
	held   []entry // and what they were: the new season, if it is one
}

type entry struct {
	slot, day, class int
	value, residual  float64
	hour             int
}

// season holds each value against the median of its time of the week and the level of
// the last days: a robust seasonal decomposition (after Cleveland et al. 1990, with
// medians in place of loess), causal.
func (r *Report) season(s Series, o Options) {
	m := newSeason(s, r.Step)
	for i, v := range s.Values {
		e := m.place(s.Times[i].In(s.Zone), r.Step)
		e.value = v
		base, ok := m.base(e)
		e.residual = v - base
		if ok {
			r.Points[i] = m.judge(e, base, o.Threshold)
		}
		m.learn(e, ok, r.Points[i].Kind != "")
	}
}

func newSeason(s Series, step time.Duration) *season {
	perDay := max(1, int(24*time.Hour/step))
	m := &season{perDay: perDay, slots: make([][]float64, 7*perDay), hours: make([][]float64, 24), size: max(1, perDay/24) * residuals}
	m.days[0], m.days[1] = make([][]float64, perDay), make([][]float64, perDay)
	return m
}

func (m *season) place(t time.Time, step time.Duration) entry {
	minutes := t.Hour()*60 + t.Minute()
	day := min(minutes*m.perDay/1440, m.perDay-1)
	weekday := int(t.Weekday()+6) % 7
	class := 0
	if weekday >= 5 {
		class = 1
	}
	return entry{slot: weekday*m.perDay + day, day: day, class: class, hour: t.Hour()}
}

// base is the median of the time of the week, or of the day while weeks are few.
func (m *season) base(e entry) (float64, bool) {
	if len(m.slots[e.slot]) >= 2 {
		return median(m.slots[e.slot]), true
	}
	if list := m.days[e.class][e.day]; len(list) >= 4 {
		return median(list), true
	}
	return 0, false
}

// judge adds the level of the last days and divides by the scale of the hour.
func (m *season) judge(e entry, base, threshold float64) Point {
	p := Point{Expected: base + median(m.level)}
	var around []float64
	for h := e.hour - neighbours; h <= e.hour+neighbours; h++ {
		around = append(around, m.hours[(h+24)%24]...)
	}
	if len(around) < 7*(2*neighbours+1) {
		return p
	}
	p.Known = true
	p.Scale = max(deviation(around), m.floor)
	switch d := e.value - p.Expected; {
	case d > threshold*p.Scale:
		p.Kind = High
	case d < -threshold*p.Scale:
		p.Kind = Low
	}
	return p
}

// learn takes a value into the season. Unusual ones wait: when they go on for a week,
// they are the new season.
func (m *season) learn(e entry, based, unusual bool) {
	if unusual {
		m.held = append(m.held, e)
		m.off++
		if m.off < patience*max(1, m.perDay/24) {
			return
		}
		for _, x := range m.held {
			m.take(x, true)
		}
		m.off, m.held = 0, nil
		return
	}
	if m.off--; m.off <= 0 {
		m.off, m.held = 0, nil
	}
	m.take(e, based)
}

func (m *season) take(e entry, based bool) {
	m.slots[e.slot] = push(m.slots[e.slot], e.value, weeks)
	m.days[e.class][e.day] = push(m.days[e.class][e.day], e.value, 10)
	if !based {
		return
	}
	perHour := max(1, m.perDay/24)
	centred := e.residual - median(m.level)
	m.level = push(m.level, e.residual, recent*perHour)
	m.hours[e.hour] = push(m.hours[e.hour], centred, m.size)
	m.floor = max(m.floor*0.999, least*math.Abs(e.value))
}

// push keeps the newest n values.
func push(list []float64, x float64, n int) []float64 {
	if len(list) >= n {
		copy(list, list[1:])
		list = list[:n-1]
	}
	return append(list, x)
}

// median of a list that stays as it is; 0 of an empty one.
func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	x := slices.Clone(list)
	slices.Sort(x)
	n := len(x)
	if n%2 == 1 {
		return x[n/2]
	}
	return x[n/2-1] + (x[n/2]-x[n/2-1])/2
}

// deviation is 1.4826 × the median absolute deviation, which is the standard deviation
// of normal values (Rousseeuw and Croux 1993).
func deviation(list []float64) float64 {
	m := median(list)
	x := make([]float64, len(list))
	for i, v := range list {
		x[i] = math.Abs(v - m)
	}
	return 1.4826 * median(x)
}
