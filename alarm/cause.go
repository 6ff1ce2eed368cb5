package alarm

import "slices"

// explains are the kinds that a fault of a kind explains downstream where the rule does
// not say it itself: what has lost its gateway is silent, and stands still, jumps and
// does not balance when it comes back.
var explains = map[string][]string{
	"gateway_lost": {"stale", "flat_line", "spike", "imbalance"},
	"stale":        {"flat_line", "imbalance"},
}

// maxUpstream bounds the walk up the network from one object.
const maxUpstream = 1000

func (m *monitor) explains(kind string) bool {
	if len(m.rule.Explains) > 0 {
		return slices.Contains(m.rule.Explains, kind) || slices.Contains(m.rule.Explains, "all")
	}
	return slices.Contains(explains[m.rule.Kind], kind)
}

// explainer says whether the rule explains anything.
func (m *monitor) explainer() bool { return len(m.rule.Explains) > 0 || explains[m.rule.Kind] != nil }

// upstream are all objects above one, the nearest first, itself not among them.
func (e *Engine) upstream(id string) []string {
	if e.network == nil {
		return nil
	}
	if list, ok := e.above[id]; ok {
		return list
	}
	seen, list := map[string]bool{id: true}, []string{}
	for next := []string{id}; len(next) > 0 && len(list) < maxUpstream; {
		var further []string
		for _, x := range next {
			further = append(further, e.network.Upstream(x)...)
		}
		slices.Sort(further)
		next = nil
		for _, x := range slices.Compact(further) {
			if !seen[x] {
				seen[x] = true
				next = append(next, x)
			}
		}
		list = append(list, next...)
	}
	e.above[id] = list
	return list
}

// root is the occurrence that explains a monitor's alarm, the farthest upstream; empty
// when none does.
func (e *Engine) root(m *monitor) string {
	above := e.upstream(m.rule.Object)
	for i := len(above) - 1; i >= -1; i-- {
		object := m.rule.Object
		if i >= 0 {
			object = above[i]
		}
		for _, up := range e.objects[object] {
			// At one object, silence explains the rest, and never the other way.
			if i < 0 && (explains[up.rule.Kind] == nil || explains[m.rule.Kind] != nil) {
				continue
			}
			if id := up.explaining(m); id != "" {
				return id
			}
		}
	}
	return ""
}

// explaining is the occurrence by which an upstream alarm explains m: its own cause
// where it has one, or itself.
func (m *monitor) explaining(down *monitor) string {
	if m == down || !m.State.Active() || !m.explains(down.rule.Kind) || m.Now.Cause == down.Now.ID {
		return ""
	}
	if m.Now.Cause != "" {
		return m.Now.Cause
	}
	return m.Now.ID
}

// causes groups alarms under what explains them, and frees those whose cause is over.
func (e *Engine) causes(o *Outcome, t int64) {
	search, over := []*monitor{}, map[string]bool{}
	all := false
	for _, x := range o.Transitions {
		m := e.byRule[x.Rule]
		switch {
		case m == nil || x.Event == "comment" || x.From.Active() && x.To.Active():
		case x.To.Active():
			search = append(search, m)
			all = all || m.explainer()
		case x.From.Active() && m.explainer():
			over[x.Occurrence] = !m.State.Active()
		}
	}
	if !all && len(over) == 0 {
		e.assign(o, search, t)
		return
	}
	for _, m := range e.monitors {
		if over[m.Now.Cause] && m.State.Active() {
			e.free(o, m, t)
		}
	}
	e.assign(o, e.monitors, t)
}

func (e *Engine) assign(o *Outcome, list []*monitor, t int64) {
	for _, m := range list {
		if m.rule.Object == "" || !m.State.Active() || m.Now.Cause != "" {
			continue
		}
		if id := e.root(m); id != "" && id != m.Now.ID {
			m.Now.Cause = id
			m.write(&o.Transitions, "cause", m.State, t, Action{})
		}
	}
}

// free lets an alarm that outlives its cause stand on its own, and be told.
func (e *Engine) free(o *Outcome, m *monitor, t int64) {
	m.Now.Cause = ""
	m.write(&o.Transitions, "cause", m.State, t, Action{})
	if m.State == Unacknowledged && m.escalation != nil {
		m.Step, m.Notice = 0, t+m.escalation.Steps[0].After.Milliseconds()+m.hold
		m.rouse()
		e.clocks.set(m)
	}
}
