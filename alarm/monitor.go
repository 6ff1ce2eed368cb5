package alarm

import "math"

// monitor is a rule at work.
type monitor struct {
	rule       *Rule
	kind       kind
	watch      watch
	place      calendar
	names      map[string]int // input → place in Latest
	needed     int            // inputs that must be there
	intensity  int            // place of the input intensity; −1 = none
	when       *expression
	suppress   *expression
	escalation *Escalation
	hold       int64 // ms that a first notice waits
	order      int
	wake       int64 // when the clock is to come by; 0 = not
	queued     int64 // when the heap has it
	dirty      bool
	memory
}

func (m *monitor) age() int64 {
	if m.rule.MaxAge > 0 {
		return m.rule.MaxAge.Milliseconds()
	}
	return hour
}

func (m *monitor) skew() int64 {
	if m.rule.Skew > 0 {
		return m.rule.Skew.Milliseconds()
	}
	return minute
}

// blind names an input that is missing or too old at a moment.
func (m *monitor) blind(at int64) string {
	if m.kind.ageless {
		return ""
	}
	for name, i := range m.names {
		required := i < m.needed
		if required && (m.Latest[i].At == 0 || at-m.Latest[i].At > m.age()) {
			return m.firstBlind(at, name)
		}
	}
	return ""
}

// firstBlind is the first by name, so that the answer is always the same.
func (m *monitor) firstBlind(at int64, found string) string {
	for name, i := range m.names {
		if name < found && i < m.needed && (m.Latest[i].At == 0 || at-m.Latest[i].At > m.age()) {
			found = name
		}
	}
	return found
}

// take lets in a sample. What is pending of an earlier moment is judged before.
func (m *monitor) take(out *[]Transition, ripe *[]due, input int, now sample) bool {
	before := m.Latest[input]
	if before.At >= now.At {
		return false // late, or the same again
	}
	if m.Pending != 0 && now.At > m.Pending {
		m.judge(out, m.Pending)
	}
	for m.wake != 0 && m.wake < now.At { // the clock passed here before the sample came
		m.clock(out, ripe, m.wake)
	}
	m.watch.see(input, before, now)
	m.Latest[input] = now
	m.Pending = max(m.Pending, now.At)
	return true
}

// judge holds the moment's value against the limit and lets the delays run.
func (m *monitor) judge(out *[]Transition, at int64) {
	m.Pending = 0
	if m.Judged > 0 && at-m.Judged > m.age() && !m.kind.ageless && m.Raw != m.On {
		m.Since = at // over a gap no delay runs
	}
	m.advance(out, at)
	defer m.rouse()
	if m.blind(at) != "" || m.kind.instant && m.apart(at) {
		return
	}
	v := m.watch.judge(at, m.Latest)
	watching, ok := m.asks(m.when, at, v.limit, true)
	if !v.known || !ok {
		m.account(v, m.Raw)
		return
	}
	m.Judged, m.Known, m.Value, m.Limit = at, true, v.value, v.limit
	over := v.value - v.limit
	if m.kind.below {
		over = -over
	}
	raw := watching && (over > 0 || m.Raw && over > -m.rule.Deadband)
	stood := m.Raw // up to now: what was affected since the last judgement belongs to it
	if raw != m.Raw {
		m.Raw, m.Since = raw, at
		m.fresh(v)
	}
	m.account(v, stood || raw)
	m.peak(over, v)
	m.advance(out, at)
	if design, ok := m.asks(m.suppress, at, v.limit, false); ok && design != m.Design {
		m.Design = design
		m.fire(out, map[bool]string{true: "suppress", false: "unsuppress"}[design], at, Action{})
	}
}

// fresh starts the accounts of a condition that begins while nothing is open.
func (m *monitor) fresh(v verdict) {
	if !m.Raw || m.On || m.State == Unacknowledged || m.State == Acknowledged || m.State == Returned {
		return
	}
	m.Now = occurrence{Peak: v.value}
}

// account adds what was affected while the condition stands.
func (m *monitor) account(v verdict, stood bool) {
	if !stood || !v.excessKnown {
		return
	}
	m.Now.Measured = true
	m.Now.Energy += v.excess
	intensity, known := m.rule.Intensity, m.rule.Intensity > 0
	if m.intensity >= 0 && m.Latest[m.intensity].At > 0 {
		intensity, known = m.Latest[m.intensity].V, true
	}
	if known {
		m.Now.Weighed = true
		m.Now.Tonnes += v.excess * intensity / 1000
	}
}

func (m *monitor) peak(over float64, v verdict) {
	past := m.Now.Peak - v.limit
	if m.kind.below {
		past = -past
	}
	if m.Raw && over > past {
		m.Now.Peak = v.value
	}
}

// apart says whether inputs that are judged together are of different times.
func (m *monitor) apart(at int64) bool {
	for _, s := range m.Latest[:m.needed] {
		if s.At < at-m.skew() {
			return true
		}
	}
	return false
}

// asks evaluates a condition of the rule; none is as absent says.
func (m *monitor) asks(x *expression, at int64, limit float64, absent bool) (truth, known bool) {
	if x == nil {
		return absent, true
	}
	n, known := x.number(&values{inputs: m.names, latest: m.Latest, limit: limit, at: m.place.at(at)})
	return n != 0, known
}

// advance lets the delays run out up to a moment.
func (m *monitor) advance(out *[]Transition, at int64) {
	on, off := m.rule.OnDelay.Milliseconds(), m.rule.OffDelay.Milliseconds()
	switch {
	case m.Raw && !m.On && at >= m.Since+on:
		m.On = true
		if m.State != Returned {
			m.Now.Onset = m.Since
		}
		m.fire(out, "raise", m.Since+on, Action{})
	case !m.Raw && m.On && at >= m.Since+off:
		m.On = false
		m.fire(out, "return", m.Since+off, Action{})
	}
}

// next is when something happens without a sample; 0 = never.
func (m *monitor) next() int64 {
	first := int64(math.MaxInt64)
	at := func(t int64) {
		if t > 0 {
			first = min(first, t)
		}
	}
	delay := m.rule.OffDelay
	if m.Raw {
		delay = m.rule.OnDelay
	}
	// A delay does not run out on inputs that are too old to know.
	if end := m.Since + delay.Milliseconds(); m.Raw != m.On && (m.kind.ageless || m.blind(end) == "") {
		at(end)
	}
	if t, ok := m.watch.(timed); ok && !m.Raw {
		at(t.due(m.Latest))
	}
	if m.State == Shelved {
		at(m.Until)
	}
	at(m.Notice)
	if first == math.MaxInt64 {
		return 0
	}
	return first
}

// rouse remembers when the clock is to come by.
func (m *monitor) rouse() { m.wake = m.next() }

// due is a notice that is due.
type due struct {
	at    int64
	m     *monitor
	step  int
	event string
}

// clock does what is due at a moment without a sample.
func (m *monitor) clock(out *[]Transition, ripe *[]due, at int64) {
	m.advance(out, at)
	if t, ok := m.watch.(timed); ok && !m.Raw && t.due(m.Latest) != 0 && t.due(m.Latest) <= at {
		m.judge(out, at)
	}
	if m.State == Shelved && m.Until <= at {
		m.fire(out, "unshelve", m.Until, Action{})
	}
	if m.Notice > 0 && m.Notice <= at {
		*ripe = append(*ripe, due{m.Notice, m, m.Step, "raise"})
		m.step()
	}
	m.rouse()
	if m.wake != 0 && m.wake <= at { // what stays due, such as silence while `when` is false, is asked again
		m.wake = at + minute
	}
}

// step plans the next step of the escalation.
func (m *monitor) step() {
	m.Step++
	m.Notice = 0
	if m.Step < len(m.escalation.Steps) {
		m.Notice = m.Now.Raised + m.escalation.Steps[m.Step].After.Milliseconds() + m.hold
	}
}
