package alarm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"lingtan/period"
)

// Flood limits what people are told at once. A flood begins with ten alarms in ten
// minutes and ends below five (ANSI/ISA-18.2-2016, 16.5.4; EEMUA 191). In a flood, only
// critical alarms are told one by one; the others are told together when it is over.
// None is lost: all go through their life and the journal.
type Flood struct {
	Alarms     int           `json:"alarms,omitempty"`     // that begin a flood; 0 = 10
	Window     time.Duration `json:"window,omitempty"`     // 0 = 10 min
	End        int           `json:"end,omitempty"`        // below so many it is over; 0 = 5
	Escalation string        `json:"escalation,omitempty"` // whose first step is told of floods
}

// Calendar says who is on call.
type Calendar struct {
	ID     string  `json:"id"`
	Shifts []Shift `json:"shifts"`
}

// Shift is a time of the week with its people. To at or before From runs into the next
// day. Shifts that bear dates go before those without.
type Shift struct {
	Days   []string `json:"days,omitempty"`  // mon to sun, on which it begins; empty = every day
	From   string   `json:"from"`            // 08:00
	To     string   `json:"to"`              // 20:00; 24:00 is allowed
	First  string   `json:"first,omitempty"` // civil days on which it holds, both included; empty = open
	Last   string   `json:"last,omitempty"`
	People []string `json:"people"`
}

// Escalation says whom to tell, and whom when nobody acknowledges.
type Escalation struct {
	ID      string `json:"id"`
	Steps   []Step `json:"steps"`
	Returns bool   `json:"returns,omitempty"` // the first step is told as well when the alarm is over
}

// Step is told After the alarm was raised, when it is not acknowledged by then.
type Step struct {
	After    time.Duration `json:"after"`
	Calendar string        `json:"calendar,omitempty"` // who is on call then
	People   []string      `json:"people,omitempty"`   // and these
	Channels []string      `json:"channels"`           // by these ways
}

// Notice is something to be told to people. The same notice has the same ID, by which
// whoever delivers knows that it was delivered.
type Notice struct {
	ID         string    `json:"id"`
	Kind       string    `json:"kind"` // raised, escalated, returned, flood, flood_over
	Rule       string    `json:"rule,omitempty"`
	Occurrence string    `json:"occurrence,omitempty"`
	Step       int       `json:"step"`
	At         time.Time `json:"at"`
	Priority   string    `json:"priority,omitempty"`
	People     []string  `json:"people"`
	Channels   []string  `json:"channels"`
	Members    []string  `json:"members,omitempty"` // occurrences that were held back in a flood and still stand
}

// flood is the state of the rate of alarms.
type flood struct {
	Raised []int64  `json:",omitempty"` // when, within the window
	Since  int64    `json:",omitempty"` // of the flood; 0 = none
	Held   []string `json:",omitempty"` // rules whose first notice was held back
}

// Flooded tells since when there is a flood of alarms, and how many stood in the window.
func (e *Engine) Flooded() (since time.Time, alarms int) {
	return instant(e.flood.Since), len(e.flood.Raised)
}

func (s *Set) escalation(r *Rule) *Escalation {
	for i := range s.Escalations {
		if s.Escalations[i].ID == r.Escalation && r.Escalation != "" {
			return &s.Escalations[i]
		}
	}
	return nil
}

func (s *Set) floodLimits() (alarms, end int, window int64) {
	alarms, end, window = s.Flood.Alarms, s.Flood.End, s.Flood.Window.Milliseconds()
	return cmp.Or(alarms, 10), cmp.Or(end, 5), cmp.Or(window, 10*minute)
}

// notify makes notices of what was raised, what is due and what is over.
func (e *Engine) notify(o *Outcome, t int64) {
	for _, x := range o.Transitions {
		m := e.byRule[x.Rule]
		switch {
		case m == nil:
		case x.Event == "raise":
			e.count(o, x.At.UnixMilli())
		case x.Event == "return" && m.Told && m.escalation != nil && m.escalation.Returns:
			m.Told = false
			e.tell(o, m, 0, "returned", x.At.UnixMilli())
		}
	}
	slices.SortStableFunc(e.ripe, func(x, y due) int {
		return cmp.Or(cmp.Compare(x.at, y.at), x.m.order-y.m.order, x.step-y.step)
	})
	for _, d := range e.ripe {
		switch {
		case d.m.State != Unacknowledged || d.m.Now.Cause != "":
		case e.flood.Since > 0 && d.m.rule.Priority != "critical":
			e.hold(d.m.rule.ID)
		default:
			d.m.Told = true
			e.tell(o, d.m, d.step, map[bool]string{true: "raised", false: "escalated"}[d.step == 0], d.at)
		}
	}
	e.ripe = e.ripe[:0]
	e.calm(o, t)
}

// hold keeps a rule whose notice has to wait for the end of a flood.
func (e *Engine) hold(rule string) {
	if !slices.Contains(e.flood.Held, rule) {
		e.flood.Held = append(e.flood.Held, rule)
	}
}

// count adds a raised alarm to the rate, and begins a flood.
func (e *Engine) count(o *Outcome, at int64) {
	alarms, _, window := e.set.floodLimits()
	f := &e.flood
	f.Raised = slices.DeleteFunc(append(f.Raised, at), func(x int64) bool { return x <= at-window })
	if f.Since == 0 && len(f.Raised) >= alarms {
		f.Since = at
		e.tellFlood(o, "flood", at, nil)
	}
}

// calm ends a flood.
func (e *Engine) calm(o *Outcome, t int64) {
	_, end, window := e.set.floodLimits()
	f := &e.flood
	f.Raised = slices.DeleteFunc(f.Raised, func(x int64) bool { return x <= t-window })
	if f.Since == 0 || len(f.Raised) >= end {
		return
	}
	members := []string{}
	for _, rule := range f.Held {
		if m := e.byRule[rule]; m != nil && m.State == Unacknowledged {
			m.Told = true
			members = append(members, m.Now.ID)
		}
	}
	slices.Sort(members)
	e.tellFlood(o, "flood_over", t, slices.Compact(members))
	f.Since, f.Held = 0, nil
}

func (e *Engine) tellFlood(o *Outcome, kind string, at int64, members []string) {
	for i := range e.set.Escalations {
		x := &e.set.Escalations[i]
		if x.ID == e.set.Flood.Escalation {
			n := e.notice(x, 0, at)
			n.ID, n.Kind, n.Members = fmt.Sprintf("%s:%d", kind, e.flood.Since), kind, members
			o.Notices = append(o.Notices, n)
		}
	}
}

func (e *Engine) tell(o *Outcome, m *monitor, step int, kind string, at int64) {
	n := e.notice(m.escalation, step, at)
	n.ID = fmt.Sprintf("%s:%s:%d:%d", m.Now.ID, kind, m.Now.Count, step)
	n.Kind, n.Rule, n.Occurrence, n.Step, n.Priority = kind, m.rule.ID, m.Now.ID, step, m.rule.Priority
	o.Notices = append(o.Notices, n)
}

func (e *Engine) notice(x *Escalation, step int, at int64) Notice {
	s := x.Steps[step]
	people := slices.Clone(s.People)
	for _, c := range e.set.Calendars {
		if c.ID == s.Calendar && s.Calendar != "" {
			people = append(people, c.OnCall(calendarOf(e).at(at))...)
		}
	}
	slices.Sort(people)
	return Notice{At: instant(at), People: append([]string{}, slices.Compact(people)...), Channels: slices.Clone(s.Channels)}
}

// calendarOf is the calendar of the set.
func calendarOf(e *Engine) calendar { return e.monitors[0].place }

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// OnCall are the people on call at a moment, whose zone is that of the calendar: of the
// shifts with dates when one holds, otherwise of those without. Sorted, without doubles.
func (c *Calendar) OnCall(at time.Time) []string {
	for _, dated := range []bool{true, false} {
		var people []string
		for _, s := range c.Shifts {
			if (s.First+s.Last != "") == dated && s.holds(at) {
				people = append(people, s.People...)
			}
		}
		if people != nil {
			slices.Sort(people)
			return slices.Compact(people)
		}
	}
	return []string{}
}

func (s *Shift) holds(at time.Time) bool {
	now := at.Hour()*60 + at.Minute()
	from, _ := clockTime(s.From)
	to, _ := clockTime(s.To)
	if from < to {
		return s.begins(at) && now >= from && now < to
	}
	return s.begins(at) && now >= from || s.begins(at.AddDate(0, 0, -1)) && now < to
}

// begins says whether the shift begins on the day of a moment.
func (s *Shift) begins(at time.Time) bool {
	day := at.Format("2006-01-02")
	if s.First != "" && day < s.First || s.Last != "" && day > s.Last {
		return false
	}
	return len(s.Days) == 0 || slices.Contains(s.Days, weekdays[(at.Weekday()+6)%7])
}

// clockTime is the minutes of 08:00; 24:00 is 1440.
func clockTime(text string) (int, bool) {
	var h, m int
	if n, err := fmt.Sscanf(text, "%2d:%2d", &h, &m); n != 2 || err != nil || len(text) != 5 {
		return 0, false
	}
	t := h*60 + m
	return t, h >= 0 && m >= 0 && m < 60 && t <= 24*60
}

// people checks calendars, escalations and the limits of floods.
func (c *collector) people(s *Set) {
	calendars := map[string]bool{}
	for i, x := range s.Calendars {
		at := fmt.Sprintf("calendars[%d]", i)
		if !identifier.MatchString(x.ID) || calendars[x.ID] {
			c.fault(at+".id", "标识有误或重复", "not an identifier, or it stands twice")
		}
		calendars[x.ID] = true
		for j := range x.Shifts {
			c.shift(&x.Shifts[j], fmt.Sprintf("%s.shifts[%d]", at, j))
		}
		if len(x.Shifts) == 0 || len(x.Shifts) > 1000 {
			c.fault(at+".shifts", "应有 1 到 1000 个班次", "1 to 1000 shifts belong here")
		}
	}
	known := map[string]bool{"": true}
	for i := range s.Escalations {
		c.escalation(&s.Escalations[i], fmt.Sprintf("escalations[%d]", i), calendars, known)
	}
	for i, r := range s.Rules {
		if !known[r.Escalation] {
			c.fault(fmt.Sprintf("rules[%d].escalation", i), "没有此升级方案", "there is no such escalation")
		}
	}
	if !known[s.Flood.Escalation] {
		c.fault("flood.escalation", "没有此升级方案", "there is no such escalation")
	}
	alarms, end, window := s.floodLimits()
	if alarms < 1 || end < 1 || end > alarms || window < minute || window > 24*hour {
		c.fault("flood", "应为 1 ≤ end ≤ alarms，窗口 1 分钟到 24 小时", "1 ≤ end ≤ alarms and a window of 1 minute to 24 hours belong here")
	}
	if s.Hold < 0 || s.Hold > time.Hour {
		c.fault("hold", "应为 0 到 1 小时", "must be 0 to 1 h")
	}
}

func (c *collector) shift(s *Shift, at string) {
	from, ok := clockTime(s.From)
	to, fine := clockTime(s.To)
	if !ok || !fine || from == to || from == 24*60 {
		c.fault(at, "班次的 from、to 应写作 08:00 至 20:00", "from and to of a shift are written like 08:00 and 20:00")
	}
	for _, d := range s.Days {
		if !slices.Contains(weekdays, d) {
			c.fault(at+".days", "星期应为 "+strings.Join(weekdays, "、"), "days are "+strings.Join(weekdays, ", "))
		}
	}
	for _, d := range []string{s.First, s.Last} {
		if _, err := period.ParseDay(d); err != nil && d != "" {
			c.fault(at, "日期应写作 2026-03-05", "a day is written like 2026-03-05")
		}
	}
	if len(s.People) == 0 || len(s.People) > 100 {
		c.fault(at+".people", "应有 1 到 100 人", "1 to 100 people belong here")
	}
}

func (c *collector) escalation(x *Escalation, at string, calendars, known map[string]bool) {
	if !identifier.MatchString(x.ID) || known[x.ID] {
		c.fault(at+".id", "标识有误或重复", "not an identifier, or it stands twice")
	}
	known[x.ID] = true
	if len(x.Steps) == 0 || len(x.Steps) > 10 {
		c.fault(at+".steps", "应有 1 到 10 级", "1 to 10 steps belong here")
	}
	last := time.Duration(-1)
	for i, s := range x.Steps {
		here := fmt.Sprintf("%s.steps[%d]", at, i)
		if s.After <= last || s.After > maxDelay {
			c.fault(here+".after", "各级时间应逐级增大，最长 7 天", "the steps follow each other in time, within 7 days")
		}
		last = s.After
		if s.Calendar != "" && !calendars[s.Calendar] {
			c.fault(here+".calendar", "没有此值班表", "there is no such calendar")
		}
		if len(s.Channels) == 0 || len(s.Channels) > 20 || len(s.People) > 100 {
			c.fault(here+".channels", "应有 1 到 20 个通道，至多 100 人", "1 to 20 channels and at most 100 people belong here")
		}
	}
}
