package alarm

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// stateFormat is the format of what Save writes.
const stateFormat = "lingtan.alarm-state/v1"

// stored is the engine's memory in writing.
type stored struct {
	Format string            `json:"format"`
	Tick   int64             `json:"tick"`
	Flood  flood             `json:"flood"`
	Rules  map[string]keeper `json:"rules"`
}

// keeper is a rule's memory with that of its watch.
type keeper struct {
	memory
	Priority string
	Watch    json.RawMessage
}

// Save writes all that the engine remembers, as JSON. The same state gives the same
// bytes. Written in one transaction with the transitions of a tick, it lets a restart go
// on after them: none is lost, and none is raised twice.
func (e *Engine) Save() ([]byte, error) {
	s := stored{Format: stateFormat, Tick: e.tick, Flood: e.flood, Rules: make(map[string]keeper, len(e.monitors))}
	for _, m := range e.monitors {
		text, err := json.Marshal(m.watch)
		if err != nil {
			return nil, fmt.Errorf("alarm: state of rule %s: %w", m.rule.ID, err)
		}
		s.Rules[m.rule.ID] = keeper{m.memory, m.rule.Priority, text}
	}
	return json.Marshal(s)
}

// Restore takes up a state that was saved, by an engine of these rules or of others, and
// is called before the first tick. The life of an alarm goes on by the rule's id; what
// was remembered of its inputs is dropped where it now watches something else. Alarms of
// rules that are gone are taken out of service with the next tick. Errors wrap ErrState
// and leave the engine as it was.
func (e *Engine) Restore(data []byte) error {
	var s stored
	if err := json.Unmarshal(data, &s); err != nil || s.Format != stateFormat {
		return fmt.Errorf("%w: format %.40q: %v; the engine starts anew without it", ErrState, s.Format, err)
	}
	for id, k := range s.Rules {
		if moves[k.State] == nil || k.Step < 0 {
			return fmt.Errorf("%w: rule %.80q is %.40q", ErrState, id, k.State)
		}
		m := e.byRule[id]
		if m == nil || m.Mark != k.Mark {
			continue
		}
		if len(k.Latest) != len(m.Latest) {
			return fmt.Errorf("%w: rule %.80q has %d inputs, stored are %d", ErrState, id, len(m.Latest), len(k.Latest))
		}
		if err := json.Unmarshal(k.Watch, m.watch); err != nil {
			return fmt.Errorf("%w: rule %.80q: %w", ErrState, id, err)
		}
	}
	e.tick, e.flood = s.Tick, s.Flood
	for _, id := range slices.Sorted(maps.Keys(s.Rules)) {
		e.takeUp(id, s.Rules[id])
	}
	return nil
}

// takeUp gives a rule its memory back.
func (e *Engine) takeUp(id string, k keeper) {
	m := e.byRule[id]
	if m == nil {
		e.bury(id, k)
		return
	}
	if m.Mark != k.Mark {
		k.Mark, k.Latest, k.Pending, k.Judged, k.Known = m.Mark, m.Latest, 0, 0, false
		k.Raw, k.Since = k.On, e.tick // the condition stands as it was until it is judged anew
	}
	m.memory = k.memory
	if m.escalation == nil || m.Step >= len(m.escalation.Steps) {
		m.Step, m.Notice = 0, 0
	}
	if m.Pending != 0 {
		m.dirty = true
		e.dirty = append(e.dirty, m)
	}
	m.rouse()
	e.clocks.set(m)
}

// bury ends the alarm of a rule that is gone.
func (e *Engine) bury(id string, k keeper) {
	if k.State == Normal || k.State == OutOfService {
		return
	}
	m := &monitor{rule: &Rule{ID: id, Priority: k.Priority}, memory: k.memory}
	m.fire(&e.out, "remove", e.tick, Action{Note: "the rule was removed"})
}
