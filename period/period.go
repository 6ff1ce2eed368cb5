// Package period holds half-open time intervals, civil days and settlement grids
// in a park's time zone.
//
// Instants are UTC. A calendar question ("which day", "how many quarter hours has
// this day") is always asked of a zone, since a daylight-saving day has 92 or 100
// quarter hours.
package period

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Sentinels of this package; they are wrapped with what, where and what to do.
var (
	ErrSyntax = errors.New("period: not a period")
	ErrStep   = errors.New("period: step does not divide an hour")
)

// Interval is the half-open span [From, To) of instants in UTC.
type Interval struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Duration is To − From; zero or negative for an empty interval.
func (i Interval) Duration() time.Duration { return i.To.Sub(i.From) }

// Contains says whether t lies in [From, To).
func (i Interval) Contains(t time.Time) bool { return !t.Before(i.From) && t.Before(i.To) }

// Intersect is the common part of i and o; its Duration is ≤ 0 when there is none.
func (i Interval) Intersect(o Interval) Interval {
	if o.From.After(i.From) {
		i.From = o.From
	}
	if o.To.Before(i.To) {
		i.To = o.To
	}
	return i
}

// Day counts civil days from 1970-01-01; it names a date, not an instant.
type Day int32

// DayOf is the civil date of t in zone.
func DayOf(t time.Time, zone *time.Location) Day {
	y, m, d := t.In(zone).Date()
	return Date(y, m, d)
}

// Date is the Day of a civil date; months and days out of range normalise as in time.Date.
func Date(year int, month time.Month, day int) Day {
	return Day(floorDiv(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix(), 86400))
}

// ParseDay reads YYYY-MM-DD.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is not a date YYYY-MM-DD", ErrSyntax, s)
	}
	return Day(floorDiv(t.Unix(), 86400)), nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Civil is midnight UTC of the date: for formatting and weekday arithmetic only.
func (d Day) Civil() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String is YYYY-MM-DD.
func (d Day) String() string { return d.Civil().Format(time.DateOnly) }

// Weekday is the day of the week of the date.
func (d Day) Weekday() time.Weekday { return d.Civil().Weekday() }

// Start is the first instant of the date in zone. Where midnight does not exist (a
// zone whose clock changes then) it is the first instant that does; where it comes
// twice, the first.
func (d Day) Start(zone *time.Location) time.Time {
	y, m, day := d.Civil().Date()
	t := time.Date(y, m, day, 0, 0, 0, 0, zone)
	if DayOf(t, zone) < d { // time.Date gave the hour before the gap: the date begins after it
		_, t = t.ZoneBounds()
	}
	if since, _ := t.ZoneBounds(); !since.IsZero() {
		_, before := since.Add(-time.Second).In(zone).Zone()
		_, after := t.Zone()
		if first := t.Add(time.Duration(after-before) * time.Second); before > after && DayOf(first, zone) == d {
			return first.UTC()
		}
	}
	return t.UTC()
}

// Interval is the date's span in zone: 23, 24 or 25 hours.
func (d Day) Interval(zone *time.Location) Interval {
	return Interval{From: d.Start(zone), To: (d + 1).Start(zone)}
}

// Grid is a settlement grid: a step that divides the hour, in a zone.
type Grid struct {
	Step time.Duration
	Zone *time.Location
}

// NewGrid checks that step divides an hour and zone is set.
func NewGrid(step time.Duration, zone *time.Location) (Grid, error) {
	if step <= 0 || time.Hour%step != 0 {
		return Grid{}, fmt.Errorf("%w: %v; use 1m, 5m, 10m, 15m, 30m or 1h", ErrStep, step)
	}
	if zone == nil {
		return Grid{}, fmt.Errorf("%w: no time zone", ErrSyntax)
	}
	return Grid{Step: step, Zone: zone}, nil
}

// Slots is the number of settlement intervals of a day: 96 quarter hours, and
// 92 or 100 on the days on which the zone's clock changes by an hour.
func (g Grid) Slots(d Day) int { return int(d.Interval(g.Zone).Duration() / g.Step) }

// Days are the civil days that the interval touches, as [first, last].
func (g Grid) Days(i Interval) (first, last Day) {
	return DayOf(i.From, g.Zone), DayOf(i.To.Add(-1), g.Zone)
}

// Parse reads a period in a zone's calendar: "2018", "2018-03", "2018-03-05", or
// "2018-03-05..2018-03-12" (first and last day, both included).
func Parse(s string, zone *time.Location) (Interval, error) {
	if a, b, ok := strings.Cut(s, ".."); ok {
		from, err := Parse(a, zone)
		if err != nil {
			return Interval{}, err
		}
		to, err := Parse(b, zone)
		if err != nil {
			return Interval{}, err
		}
		if !from.From.Before(to.To) {
			return Interval{}, fmt.Errorf("%w: %q ends before it begins", ErrSyntax, s)
		}
		return Interval{From: from.From, To: to.To}, nil
	}
	for _, form := range []struct {
		layout  string
		y, m, d int
	}{{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {"2006-01-02", 0, 0, 1}} {
		t, err := time.ParseInLocation(form.layout, s, time.UTC)
		if err != nil {
			continue
		}
		first := Date(t.Year(), t.Month(), t.Day())
		next := t.AddDate(form.y, form.m, form.d)
		return Interval{From: first.Start(zone), To: Date(next.Year(), next.Month(), next.Day()).Start(zone)}, nil
	}
	return Interval{}, fmt.Errorf("%w: %q; write 2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-12", ErrSyntax, s)
}
