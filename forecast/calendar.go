package forecast

import (
	"time"

	"lingtan/period"
	"lingtan/tariff"
)

// Calendar tells which days are rested besides Saturday and Sunday, and which Saturdays and
// Sundays are worked.
type Calendar interface {
	// Rests says whether a civil day is a day off. known is false where the calendar does
	// not reach; the day then counts by its weekday.
	Rests(day period.Day) (rests, known bool)
}

// China is the calendar of the State Council's yearly notices (package tariff), 2002 to the
// last notice known.
type China struct{}

// Rests implements Calendar.
func (China) Rests(day period.Day) (rests, known bool) {
	c, err := tariff.Calendar(day)
	if err != nil {
		return false, false
	}
	return !c.Working(), true
}

// Listed is a calendar of listed days: true is a day off, false a worked Saturday or Sunday.
type Listed map[period.Day]bool

// Rests implements Calendar.
func (l Listed) Rests(day period.Day) (rests, known bool) {
	rests, known = l[day]
	return rests, known
}

// The types of a day. A holiday is used like a Sunday; a worked Saturday like a weekday.
const (
	working = iota
	saturday
	resting
	dayTypes
)

// dayType is how a day is used, and whether it differs from its weekday.
func dayType(c Calendar, day period.Day) (kind int, special bool) {
	usual := working
	switch day.Weekday() {
	case time.Saturday:
		usual = saturday
	case time.Sunday:
		usual = resting
	}
	if c == nil {
		return usual, false
	}
	rests, known := c.Rests(day)
	switch {
	case !known:
		return usual, false
	case !rests:
		return working, usual != working
	case usual == working:
		return resting, true
	}
	return usual, false
}

// grid lays steps on civil days: what day and which slot of it a step is.
type grid struct {
	step  time.Duration
	slots int   // of a day of 24 hours
	day   []int // civil day of a step, counted from the first one's
	slot  []int // time of day of a step's start, in steps
	first []int // the first step of a day
	kind  []int // type of a day, two days beyond the last included
	rare  []bool
	week  []int // weekday of a day, Sunday 0
	start period.Day
}

func newGrid(start time.Time, step time.Duration, steps int, zone *time.Location, cal Calendar) *grid {
	if zone == nil {
		zone = time.UTC
	}
	g := &grid{step: step, slots: int(24 * time.Hour / step), day: make([]int, steps), slot: make([]int, steps), start: period.DayOf(start, zone)}
	d := g.start
	from, next := d.Start(zone), (d + 1).Start(zone)
	for i := range steps {
		t := start.Add(time.Duration(i) * step)
		for !t.Before(next) {
			d++
			from, next = next, (d + 1).Start(zone)
		}
		since := t.Sub(from)
		if next.Sub(from) != 24*time.Hour { // the clock changes on this day: ask it
			l := t.In(zone)
			since = time.Duration(l.Hour())*time.Hour + time.Duration(l.Minute())*time.Minute + time.Duration(l.Second())*time.Second
		}
		k := int(d - g.start)
		for len(g.first) <= k {
			g.first = append(g.first, i)
		}
		g.day[i], g.slot[i] = k, min(int(since/step), g.slots-1)
	}
	for k := range len(g.first) + 2 {
		kind, rare := dayType(cal, g.start+period.Day(k))
		g.kind, g.rare, g.week = append(g.kind, kind), append(g.rare, rare), append(g.week, int((g.start+period.Day(k)).Weekday()))
	}
	return g
}

// at is the step of a slot on a day, -1 when it lies outside. Where the clock changes
// it is the nearest one.
func (g *grid) at(day, slot int) int {
	if day < 0 || day >= len(g.first) {
		return -1
	}
	i := g.first[day] + slot
	if day == 0 {
		i -= g.slot[0]
	}
	for range 2 {
		if i < 0 || i >= len(g.day) {
			return -1
		}
		if g.day[i] == day && g.slot[i] == slot {
			return i
		}
		if g.day[i] > day {
			i--
		} else {
			i += slot - g.slot[i]
		}
	}
	if i < 0 || i >= len(g.day) {
		return -1
	}
	return i
}
