package alarm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Alarm is a rule's alarm as it stands now.
type Alarm struct {
	Rule         string    `json:"rule"`
	State        State     `json:"state"`
	Occurrence   string    `json:"occurrence,omitempty"` // empty in normal that never was raised
	Onset        time.Time `json:"onset,omitzero"`       // when the condition began
	Raised       time.Time `json:"raised,omitzero"`      // when it had stood for the on-delay
	Count        int       `json:"count,omitempty"`      // how often it was raised before it was acknowledged
	Value        *float64  `json:"value,omitempty"`      // newest that is known
	Limit        *float64  `json:"limit,omitempty"`
	Peak         *float64  `json:"peak,omitempty"`     // farthest beyond the limit
	Energy       *float64  `json:"energy,omitempty"`   // kWh affected; nil where the rule states none
	Tonnes       *float64  `json:"tonnes,omitempty"`   // tCO2e of Energy; nil where no intensity is known
	Cause        string    `json:"cause,omitempty"`    // occurrence of the upstream alarm that explains it
	Until        time.Time `json:"until,omitzero"`     // end of shelving
	Blind        bool      `json:"blind,omitempty"`    // an input is missing or too old: nothing is judged
	BlindOf      string    `json:"blindOf,omitempty"`  // which input
	Transitions  int64     `json:"transitions"`        // number of the newest
	LastObserved time.Time `json:"observed,omitzero"`  // time of the newest input
	Priority     string    `json:"priority,omitempty"` // of the rule
	Object       string    `json:"object,omitempty"`   // of the rule
}

// Transition is one line of the journal of a rule's alarm. Rule and Number together are
// its key: the same readings give the same transitions, so that one that is stored twice
// is one.
type Transition struct {
	Rule       string    `json:"rule"`
	Number     int64     `json:"number"` // from 1, without gaps
	Occurrence string    `json:"occurrence,omitempty"`
	Event      string    `json:"event"`
	From       State     `json:"from"`
	To         State     `json:"to"`
	At         time.Time `json:"at"`            // by the time of readings, or of the person
	Who        string    `json:"who,omitempty"` // empty: the engine
	Note       string    `json:"note,omitempty"`
	Until      time.Time `json:"until,omitzero"`
	Value      *float64  `json:"value,omitempty"`
	Limit      *float64  `json:"limit,omitempty"`
	Energy     *float64  `json:"energy,omitempty"`
	Tonnes     *float64  `json:"tonnes,omitempty"`
	Cause      string    `json:"cause,omitempty"`
}

// Action is what a person does to an alarm.
type Action struct {
	Rule  string    `json:"rule"`
	Event string    `json:"event"` // acknowledge, shelve, unshelve, remove, restore, comment
	Who   string    `json:"who"`
	Note  string    `json:"note,omitempty"` // required to shelve, remove and comment
	Until time.Time `json:"until,omitzero"` // required to shelve: at most 30 days ahead
}

// memory is what the life of an alarm needs to go on after a restart.
type memory struct {
	Mark    string `json:"mark"` // fingerprint of what the rule watches
	Latest  []sample
	Pending int64 `json:",omitempty"` // moment that is not yet judged
	Judged  int64 `json:",omitempty"`
	Known   bool  `json:",omitempty"` // Value and Limit are
	Value   float64
	Limit   float64
	Raw, On bool  `json:",omitempty"` // the condition; the condition after its delays
	Since   int64 `json:",omitempty"` // when Raw changed
	Design  bool  `json:",omitempty"` // suppress_when is true
	State   State
	Number  int64      `json:",omitempty"`
	Until   int64      `json:",omitempty"`
	Now     occurrence // newest
	Step    int        `json:",omitempty"` // of the escalation, next
	Notice  int64      `json:",omitempty"` // when it is due
	Told    bool       `json:",omitempty"` // a notice of this occurrence went out
}

// occurrence is one time that an alarm is raised until it is normal again.
type occurrence struct {
	ID             string
	Onset, Raised  int64
	Count          int
	Peak           float64
	Energy, Tonnes float64
	Measured       bool // Energy is stated
	Weighed        bool // Tonnes is stated
	Cause          string
}

// occurrenceID is the same whenever the same rule meets the same onset: 32 hexadecimal
// characters.
func occurrenceID(rule string, onset int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "lingtan.alarm/v1\x00%s\x00%d", rule, onset))
	return hex.EncodeToString(sum[:16])
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func given(x float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &x
}

// view is the alarm as others see it.
func (m *monitor) view(now int64) Alarm {
	a := Alarm{Rule: m.rule.ID, State: m.State, Occurrence: m.Now.ID, Onset: instant(m.Now.Onset), Raised: instant(m.Now.Raised), Count: m.Now.Count,
		Value: given(m.Value, m.Known), Limit: given(m.Limit, m.Known), Peak: given(m.Now.Peak, m.Now.ID != ""),
		Energy: given(m.Now.Energy, m.Now.Measured), Tonnes: given(m.Now.Tonnes, m.Now.Weighed), Cause: m.Now.Cause,
		Until: instant(m.Until), Transitions: m.Number, Priority: m.rule.Priority, Object: m.rule.Object}
	var newest int64
	for _, s := range m.Latest {
		newest = max(newest, s.At)
	}
	a.LastObserved = instant(newest)
	a.BlindOf = m.blind(now)
	a.Blind = a.BlindOf != ""
	return a
}

// fire moves the alarm by an event, when its state knows it, and writes the journal.
func (m *monitor) fire(out *[]Transition, event string, at int64, a Action) bool {
	to, ok := moves[m.State][event]
	if !ok {
		return false
	}
	from := m.State
	m.State, m.Until = to, 0
	switch {
	case event == "raise" && from == Normal:
		m.begin(at)
	case event == "raise":
		m.Now.Raised, m.Now.Count = at, m.Now.Count+1
	case event == "shelve":
		m.Until = a.Until.UnixMilli()
	}
	m.plan(event)
	m.write(out, event, from, at, a)
	switch {
	case to == Normal && m.Design:
		m.fire(out, "suppress", at, Action{})
	case to == Normal && m.On:
		m.fire(out, "raise", at, Action{})
	}
	return true
}

// begin opens an occurrence. One that was set aside and comes back with the same onset
// goes on under its id.
func (m *monitor) begin(at int64) {
	id := occurrenceID(m.rule.ID, m.Now.Onset)
	if m.Now.ID == id {
		m.Now.Count++
		return
	}
	m.Now.ID, m.Now.Raised, m.Now.Count, m.Now.Cause = id, at, 1, ""
	m.Told = false
}

// plan sets when the next notice is due: the first step when it is raised, none once
// somebody has seen it or it is over.
func (m *monitor) plan(event string) {
	m.Step, m.Notice = 0, 0
	if m.State == Unacknowledged && event == "raise" && m.escalation != nil {
		m.Notice = m.Now.Raised + m.escalation.Steps[0].After.Milliseconds() + m.hold
	}
}

func (m *monitor) write(out *[]Transition, event string, from State, at int64, a Action) {
	m.Number++
	*out = append(*out, Transition{Rule: m.rule.ID, Number: m.Number, Occurrence: m.Now.ID, Event: event, From: from, To: m.State,
		At: instant(at), Who: a.Who, Note: a.Note, Until: instant(m.Until), Value: given(m.Value, m.Known), Limit: given(m.Limit, m.Known),
		Energy: given(m.Now.Energy, m.Now.Measured), Tonnes: given(m.Now.Tonnes, m.Now.Weighed), Cause: m.Now.Cause})
}
