package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lingtan/alarm"
	"lingtan/alarm/picture"
	"lingtan/alarm/proposal"
	"lingtan/alarm/rulefile"
	"lingtan/store/record"
)

// evidenceSpan is how far before an alarm's onset and after its end the evidence reaches.
const evidenceSpan = 2 * time.Hour

// Picture is a park's alarms as they stand; active ones alone, or those of all rules.
func (w *Alarms) Picture(ctx context.Context, park string, all bool) (*picture.Park, error) {
	p, err := w.of(ctx, park)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return w.picture(p, all), nil
}

func (w *Alarms) picture(p *watched, all bool) *picture.Park {
	out := &picture.Park{Park: p.id, Clock: w.clock(p), Replay: p.replay, Version: p.version.Number, Alarms: []picture.Alarm{}}
	if p.engine == nil {
		return out
	}
	out.Rules = len(p.rules)
	if since, n := p.engine.Flooded(); n > 0 && !since.IsZero() {
		out.Flood = &picture.Flood{Since: since, Alarms: n}
	}
	list := p.engine.Alarms(false)
	causes := map[string]string{}
	for _, a := range list {
		if a.Occurrence != "" {
			causes[a.Occurrence] = a.Rule
		}
	}
	shown := make([]picture.Alarm, 0, len(list))
	for _, a := range list {
		shown = append(shown, p.shown(a, causes))
	}
	out.Counts = picture.Count(shown)
	for _, a := range shown {
		if all || a.State != alarm.Normal || a.Blind {
			out.Alarms = append(out.Alarms, a)
		}
	}
	return out
}

// units are those of the kinds of rules.
var units = func() map[string]string {
	m := map[string]string{}
	for _, k := range alarm.Kinds() {
		m[k.Kind] = k.Unit
	}
	return m
}()

// shown gives an alarm its names.
func (p *watched) shown(a alarm.Alarm, causes map[string]string) picture.Alarm {
	r := p.rules[a.Rule]
	v := picture.Alarm{Alarm: a, Kind: r.Kind, Unit: units[r.Kind], Name: r.Name, Advice: r.Advice, Assignee: p.assigned[a.Rule], CauseRule: causes[a.Cause]}
	for _, signal := range r.Inputs {
		_, key, _ := strings.Cut(signal, ":")
		reg, ok := p.layout.Register(key)
		if !ok {
			continue
		}
		if point, ok := p.layout.PointOf(key); ok {
			v.Organization = point.Organization
		}
		if strings.HasPrefix(v.Unit, "as ") {
			v.Unit = reg.Unit
		} else if r.Kind == "hourly_use" && reg.SettleUnit != "" {
			v.Unit = reg.SettleUnit
		}
	}
	if i, ok := p.layout.Node(a.Object); ok {
		v.ObjectName, v.Organization = p.layout.Network.Nodes[i].Name, p.layout.Network.Nodes[i].Organization
	} else if point, ok := p.layout.Point(a.Object); ok {
		v.ObjectName, v.Organization = point.Name, point.Organization
	}
	return v
}

// Detail is one alarm with its journal, what it is grouped with, its evidence and what
// people were told. Errors wrap record.ErrNotFound.
func (w *Alarms) Detail(ctx context.Context, park, rule string) (*picture.Detail, error) {
	p, err := w.of(ctx, park)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r, all := p.rules[rule], w.picture(p, true)
	i := slices.IndexFunc(all.Alarms, func(a picture.Alarm) bool { return a.Rule == rule })
	if r == nil || i < 0 {
		return nil, fmt.Errorf("%w: alarm rule %.80q of park %s", record.ErrNotFound, rule, park)
	}
	d := &picture.Detail{Alarm: all.Alarms[i], Inputs: []picture.Input{}, Settings: r.Parameters, When: r.When, Formula: r.Expression, Version: p.version.Number,
		Changed: p.version.RecordedAt, Author: p.version.Author, Delays: map[string]float64{"on": r.OnDelay.Seconds(), "off": r.OffDelay.Seconds()}, Told: []picture.Told{}}
	if d.Settings == nil {
		d.Settings = map[string]float64{}
	}
	if d.Journal, err = w.node.Records.AlarmTransitions(ctx, record.AlarmQuery{Park: park, Rule: rule, Limit: 200}); err != nil {
		return nil, err
	}
	d.Related = related(d.Alarm, all.Alarms)
	if err := w.told(ctx, p, d); err != nil {
		return nil, err
	}
	d.Evidence, err = w.evidence(ctx, p, r, d)
	return d, err
}

// related are other alarms of the same cause, of the same object, or that began within
// two hours of this one.
func related(a picture.Alarm, all []picture.Alarm) []picture.Alarm {
	list := []picture.Alarm{}
	for _, b := range all {
		if b.Rule == a.Rule || b.State == alarm.Normal && !b.Blind || len(list) == 50 {
			continue
		}
		cause := a.Cause != "" && (b.Cause == a.Cause || b.Occurrence == a.Cause) || b.Cause != "" && b.Cause == a.Occurrence
		object := a.Object != "" && a.Object == b.Object
		near := !a.Onset.IsZero() && !b.Onset.IsZero() && b.Onset.Sub(a.Onset).Abs() <= evidenceSpan
		if cause || object || near {
			list = append(list, b)
		}
	}
	return list
}

// told are the attempts to deliver the occurrence's notices.
func (w *Alarms) told(ctx context.Context, p *watched, d *picture.Detail) error {
	if d.Occurrence == "" {
		return nil
	}
	for _, id := range p.sender.noticesOf(d.Occurrence) {
		list, err := w.node.Records.AlarmDeliveries(ctx, p.id, id)
		if err != nil {
			return err
		}
		for _, x := range list {
			d.Told = append(d.Told, picture.Told{Notice: x.Notice, Channel: x.Channel, Attempt: x.Attempt, At: x.At, Outcome: x.Outcome, Status: x.Status, Response: x.Response})
		}
	}
	return nil
}

// evidence is what the rule's signals did around the alarm.
func (w *Alarms) evidence(ctx context.Context, p *watched, r *alarm.Rule, d *picture.Detail) ([]picture.Series, error) {
	list := []picture.Series{}
	from, to := d.Onset, d.Onset
	if from.IsZero() {
		to = w.clock(p)
		from = to.Add(-evidenceSpan)
	} else {
		from = from.Add(-evidenceSpan)
		for _, x := range d.Journal { // the newest first: its end, where it is over
			if x.Occurrence == d.Occurrence && x.Event != "comment" && x.At.After(to) {
				to = x.At
			}
		}
		if d.State.Active() {
			to = w.clock(p)
		}
		to = to.Add(evidenceSpan)
	}
	if to.Sub(from) > 3*24*time.Hour {
		to = from.Add(3 * 24 * time.Hour)
	}
	for _, name := range sortedInputs(r) {
		signal := r.Inputs[name]
		in := picture.Input{Name: name, Signal: signal}
		kind, key, _ := strings.Cut(signal, ":")
		if _, ok := p.layout.Register(key); ok {
			in.Register = key
		}
		d.Inputs = append(d.Inputs, in)
		s := picture.Series{Signal: signal, Register: in.Register, At: []time.Time{}, Values: []*float64{}}
		var err error
		switch {
		case kind == "reading" && in.Register != "":
			err = w.readingEvidence(ctx, p, key, from, to, &s)
		case kind == "usage" && in.Register != "":
			err = w.usageEvidence(ctx, p, key, from, to, &s)
		case kind == "balance":
			err = w.balanceEvidence(ctx, p, key, from, to, &s)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func sortedInputs(r *alarm.Rule) []string {
	names := make([]string, 0, len(r.Inputs))
	for name := range r.Inputs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Act does what a person asks, stores it and tells of it. Errors wrap record.ErrNotFound
// (no such rule) or alarm.ErrAction.
func (w *Alarms) Act(ctx context.Context, act record.Act, park, rule string, a picture.Act) error {
	p, err := w.of(ctx, park)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.engine == nil || p.rules[rule] == nil {
		return fmt.Errorf("%w: alarm rule %.80q of park %s", record.ErrNotFound, rule, park)
	}
	who := act.Name
	if who == "" {
		who = act.Who
	}
	now := w.clock(p)
	x := alarm.Action{Rule: rule, Event: a.Event, Who: who, Note: a.Note}
	switch a.Event {
	case "assign":
		if a.Assignee == "" || strings.ContainsAny(a.Assignee, "\r\n") || len(a.Assignee) > 100 {
			return fmt.Errorf("%w: assign wants the person's name, one line of at most 100 bytes", alarm.ErrAction)
		}
		x.Event, x.Note = "comment", assignMark+a.Assignee
		if a.Note != "" {
			x.Note += "\n" + a.Note
		}
	case "comment":
		if strings.HasPrefix(a.Note, assignMark) {
			return fmt.Errorf("%w: a comment does not begin with %q; use assign", alarm.ErrAction, assignMark)
		}
	case "shelve":
		x.Until = now.Add(a.For)
	}
	o, failed := p.engine.Act(now, x)
	return errors.Join(failed, w.keep(ctx, p, act, o, len(o.Transitions) > 0))
}

// Rules is the park's newest rule file; its Number is 0 where there is none.
func (w *Alarms) Rules(ctx context.Context, park string) (record.AlarmRules, error) {
	if _, err := w.of(ctx, park); err != nil {
		return record.AlarmRules{}, err
	}
	return w.node.Records.AlarmRules(ctx, park)
}

// PutRules checks a rule file, records it as the park's next version after the one it
// was made from, and takes it into use. Errors wrap alarm.ErrRule (a rulefile.Faults) or
// those of record.SaveAlarmRules.
func (w *Alarms) PutRules(ctx context.Context, act record.Act, park string, yaml []byte, after int64) (record.AlarmRules, error) {
	set, err := rulefile.Parse(yaml)
	if err != nil {
		return record.AlarmRules{}, err
	}
	if _, err := alarm.New(set, nil); err != nil {
		return record.AlarmRules{}, err
	}
	p, err := w.of(ctx, park)
	if err != nil {
		return record.AlarmRules{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	v, err := w.node.Records.SaveAlarmRules(ctx, act, p.place, park, yaml, after)
	if err != nil || v.Number == p.version.Number && p.engine != nil {
		return v, err
	}
	if p.engine != nil { // what the old rules saw goes on under the new ones
		if err := w.keep(ctx, p, act, p.engine.Tick(w.clock(p)), true); err != nil {
			return v, err
		}
	}
	return v, w.load(ctx, p)
}

// UnknownSignals are the signals of a rule file that nothing in the park feeds.
func (w *Alarms) UnknownSignals(ctx context.Context, parkID string, set *alarm.Set) ([]string, error) {
	l, err := w.node.Layout(ctx, parkID)
	if err != nil {
		return nil, err
	}
	list := []string{}
	for _, r := range set.Rules {
		for _, name := range sortedInputs(&r) {
			signal := r.Inputs[name]
			kind, key, _ := strings.Cut(signal, ":")
			known := false
			switch kind {
			case "reading", "usage":
				_, known = l.Register(key)
			case "balance":
				node, _, _ := strings.Cut(key, "/")
				_, known = l.Node(node)
			case "gateway":
				known = true
			}
			if !known && !slices.Contains(list, signal) {
				list = append(list, signal)
			}
		}
	}
	slices.Sort(list)
	return list, nil
}

// Heartbeat tells that a device gave a sign of life.
func (w *Alarms) Heartbeat(park, device string, at time.Time) {
	w.mu.Lock()
	p := w.park[park]
	w.mu.Unlock()
	if p == nil {
		return
	}
	p.inbox.mu.Lock()
	defer p.inbox.mu.Unlock()
	if signal := "gateway:" + device; p.inbox.heard[signal] && len(p.inbox.waiting) < inboxMost {
		p.inbox.waiting = append(p.inbox.waiting, live{at.UnixMilli(), signal, 1})
	}
}

// Propose proposes a rule file out of the park's history.
func (w *Alarms) Propose(ctx context.Context, park string) (*proposal.Proposal, error) {
	return w.node.ProposeAlarms(ctx, park)
}
