package alarm

import (
	"cmp"
	"container/heap"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Network tells what feeds an object of the park: nodes and equipment on the way of
// energy, gateways on the way of data. Direct ones only; circles are allowed.
type Network interface {
	Upstream(id string) []string
}

// Engine watches the rules of a park. It is for one goroutine at a time.
//
// Its memory grows with the rules and their windows, not with time. A tick costs what
// changed: a rule is judged when one of its signals came in or a delay of it runs out.
type Engine struct {
	set      *Set
	network  Network
	monitors []*monitor
	byRule   map[string]*monitor
	places   map[string][]place // signal → who reads it
	objects  map[string][]*monitor
	above    map[string][]string // object → all objects upstream, the nearest first
	dirty    []*monitor
	clocks   clocks
	out      []Transition
	ripe     []due
	flood    flood
	tick     int64 // newest time that was told
	started  bool
	refused  int64 // samples that cannot be: not finite, too large, of the future
	late     int64 // samples that came after newer ones, or again
}

type place struct {
	m     *monitor
	input int
}

// Outcome is what a tick or an action came to. Store the transitions together with the
// state (Save), then deliver the notices.
type Outcome struct {
	Transitions []Transition `json:"transitions"`
	Notices     []Notice     `json:"notices"`
}

const (
	largest = 1e15            // of a value: sums and squares stay finite
	ahead   = 5 * time.Minute // by which a sample may be of the future
)

// New compiles a set of rules over a network, which may be nil. The error is a Problems.
// The set is not to be changed afterwards.
func New(set *Set, network Network) (*Engine, error) {
	c := newCompiler()
	if p := set.check(c); len(p) > 0 {
		return nil, p
	}
	zone, err := time.LoadLocation(set.Zone)
	if err != nil {
		return nil, fmt.Errorf("%w: zone %s: %w", ErrRule, set.Zone, err)
	}
	e := &Engine{set: set, network: network, byRule: map[string]*monitor{}, places: map[string][]place{},
		objects: map[string][]*monitor{}, above: map[string][]string{}}
	for i := range set.Rules {
		m := newMonitor(&set.Rules[i], calendar{zone}, c)
		m.order = i
		m.escalation = set.escalation(m.rule)
		if network != nil && m.rule.Object != "" && len(network.Upstream(m.rule.Object)) > 0 {
			m.hold = set.Hold.Milliseconds()
		}
		e.monitors = append(e.monitors, m)
		e.byRule[m.rule.ID] = m
		if m.rule.Object != "" {
			e.objects[m.rule.Object] = append(e.objects[m.rule.Object], m)
		}
		for name, input := range m.names {
			e.places[m.rule.Inputs[name]] = append(e.places[m.rule.Inputs[name]], place{m, input})
		}
	}
	for _, list := range e.places {
		slices.SortFunc(list, func(x, y place) int {
			return cmp.Or(x.m.order-y.m.order, x.input-y.input)
		})
	}
	return e, nil
}

func newMonitor(r *Rule, zone calendar, c *compiler) *monitor {
	k := kinds[r.Kind]
	m := &monitor{rule: r, kind: k, place: zone, names: map[string]int{}, intensity: -1}
	m.State = Normal
	all := append(slices.Clone(k.inputs), k.optional...)
	m.needed = len(k.inputs)
	for _, name := range slices.Sorted(maps.Keys(r.Inputs)) {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	if r.Kind == "expression" {
		m.needed = len(all)
	}
	for i, name := range all {
		if r.Inputs[name] != "" {
			m.names[name] = i
		}
	}
	if i, ok := m.names["intensity"]; ok {
		m.intensity = i
	}
	m.Latest = make([]sample, len(all))
	m.watch = k.make(k.numbers(r.Parameters), zone)
	if w, ok := m.watch.(*formula); ok {
		w.names, w.place = m.names, zone
		w.x, _ = c.compile(r.Expression, r.Inputs, true)
	}
	if r.When != "" {
		m.when, _ = c.compile(r.When, r.Inputs, false)
	}
	if r.SuppressWhen != "" {
		m.suppress, _ = c.compile(r.SuppressWhen, r.Inputs, false)
	}
	m.Mark = mark(r)
	return m
}

// mark is a fingerprint of what a rule watches: with another one, what was remembered of
// its inputs is of no use.
func mark(r *Rule) string {
	text, _ := json.Marshal([]any{r.Kind, r.Inputs, r.Parameters, r.Expression, r.When}) // cannot fail: finite numbers and texts
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Watches says whether any rule reads a signal, so that others need not be sent.
func (e *Engine) Watches(signal string) bool { return len(e.places[signal]) > 0 }

// Observe lets in a value of a signal. Samples of a rule are to come in the order of
// time; late ones and repeated ones are passed over and counted. It says whether any
// rule took it.
func (e *Engine) Observe(now time.Time, signal string, at time.Time, value float64) bool {
	if !finite(value) || math.Abs(value) > largest || at.After(now.Add(ahead)) || at.UnixMilli() <= 0 {
		e.refused++
		return false
	}
	taken, s := false, sample{at.UnixMilli(), value}
	for _, p := range e.places[signal] {
		if !p.m.take(&e.out, &e.ripe, p.input, s) {
			e.late++
			continue
		}
		taken = true
		if !p.m.dirty {
			p.m.dirty = true
			e.dirty = append(e.dirty, p.m)
		}
	}
	return taken
}

// Passed tells how many samples were refused (not finite, beyond ±1e15, more than five
// minutes ahead) and how many came late or twice.
func (e *Engine) Passed() (refused, late int64) { return e.refused, e.late }

// Tick judges what came in and lets the clock run up to now. Time does not run back.
func (e *Engine) Tick(now time.Time) Outcome {
	t := max(e.tick, now.UnixMilli())
	e.run(t)
	return e.flush(t)
}

// run brings every monitor up to a moment.
func (e *Engine) run(t int64) {
	if !e.started {
		e.start(t)
	}
	e.tick = t
	kept := e.dirty[:0]
	for _, m := range e.dirty {
		if m.Pending > t {
			kept = append(kept, m) // of the next minutes: judged when they come
			continue
		}
		m.dirty = false
		if m.Pending != 0 {
			m.judge(&e.out, m.Pending)
		}
		e.clocks.set(m)
	}
	e.dirty = kept
	for m := e.clocks.pop(t); m != nil; m = e.clocks.pop(t) {
		for m.wake != 0 && m.wake <= t {
			m.clock(&e.out, &e.ripe, m.wake)
		}
		e.clocks.set(m)
	}
}

// start lets the watches for silence begin to count.
func (e *Engine) start(t int64) {
	e.started = true
	for _, m := range e.monitors {
		if m.kind.ageless && m.Pending == 0 && m.Judged == 0 {
			m.judge(&e.out, t)
		}
		m.rouse()
		e.clocks.set(m)
	}
}

// flush sorts what happened and finds causes, floods and notices.
func (e *Engine) flush(t int64) Outcome {
	slices.SortStableFunc(e.out, func(x, y Transition) int {
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(e.rank(x.Rule), e.rank(y.Rule)), cmp.Compare(x.Number, y.Number))
	})
	o := Outcome{Transitions: e.out, Notices: []Notice{}}
	e.out = nil
	if o.Transitions == nil {
		o.Transitions = []Transition{}
	}
	e.causes(&o, t)
	e.notify(&o, t)
	return o
}

func (e *Engine) rank(rule string) int {
	if m := e.byRule[rule]; m != nil {
		return m.order
	}
	return -1
}

// Act does what a person asks. Errors wrap ErrAction and say why: the event is none of a
// person's, the alarm's state does not know it, who or a note is missing, or shelving
// has no end within 30 days.
func (e *Engine) Act(now time.Time, a Action) (Outcome, error) {
	m := e.byRule[a.Rule]
	switch {
	case m == nil:
		return Outcome{}, fmt.Errorf("%w: no rule %.80q", ErrAction, a.Rule)
	case !people[a.Event]:
		return Outcome{}, fmt.Errorf("%w: %.40q is nothing that a person does; acknowledge, shelve, unshelve, remove, restore or comment", ErrAction, a.Event)
	case a.Who == "" || len(a.Who) > maxName || len(a.Note) > maxText:
		return Outcome{}, fmt.Errorf("%w: %s of %s: who is missing, or a text is too long (note: %d bytes)", ErrAction, a.Event, a.Rule, maxText)
	case a.Note == "" && (a.Event == "shelve" || a.Event == "remove" || a.Event == "comment"):
		return Outcome{}, fmt.Errorf("%w: %s of %s wants a note that says why", ErrAction, a.Event, a.Rule)
	case a.Event == "shelve" && (!a.Until.After(now) || a.Until.Sub(now) > maxShelve):
		return Outcome{}, fmt.Errorf("%w: shelving of %s wants an end within %s", ErrAction, a.Rule, maxShelve)
	}
	t := max(e.tick, now.UnixMilli())
	e.run(t)
	if a.Event == "comment" {
		m.write(&e.out, "comment", m.State, t, a)
	} else if from := m.State; !m.fire(&e.out, a.Event, t, a) {
		o := e.flush(t) // what came due before is not lost
		return o, fmt.Errorf("%w: %s of %s, which is %s", ErrAction, a.Event, a.Rule, from)
	}
	m.rouse()
	e.clocks.set(m)
	return e.flush(t), nil
}

// Alarms are the alarms of all rules in the order of the set, as of the last tick; with
// active, those alone that a person has to look at: not normal, or blind.
func (e *Engine) Alarms(active bool) []Alarm {
	list := []Alarm{}
	for _, m := range e.monitors {
		if a := m.view(e.tick); !active || a.State != Normal || a.Blind {
			list = append(list, a)
		}
	}
	return list
}

// clocks is a heap of the times at which monitors want the clock to come by. An entry
// that is no longer its monitor's time is passed over.
type clocks []entry

type entry struct {
	at int64
	m  *monitor
}

func (c clocks) Len() int { return len(c) }
func (c clocks) Less(i, j int) bool {
	return c[i].at < c[j].at || c[i].at == c[j].at && c[i].m.order < c[j].m.order
}
func (c clocks) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *clocks) Push(x any)   { *c = append(*c, x.(entry)) }
func (c *clocks) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

// set puts in a monitor's next time. A time that was put off stays in the heap until it
// comes: a rule for silence would otherwise push with every sample.
func (c *clocks) set(m *monitor) {
	if m.wake == 0 || m.queued != 0 && m.queued <= m.wake {
		return
	}
	m.queued = m.wake
	heap.Push(c, entry{m.wake, m})
}

// pop is the next monitor whose time has come, or nil.
func (c *clocks) pop(t int64) *monitor {
	for len(*c) > 0 && (*c)[0].at <= t {
		x := heap.Pop(c).(entry)
		if x.at != x.m.queued {
			continue
		}
		x.m.queued = 0
		if x.m.wake != 0 && x.m.wake <= t {
			return x.m
		}
		c.set(x.m)
	}
	return nil
}
