package node

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"lingtan/alarm"
	"lingtan/balance"
	"lingtan/inventory"
	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/record"
	"lingtan/usage"
)

// feeds is what feeds the objects of a park: nodes by the edges that run into them,
// points by their parents and the devices that send their values.
type feeds map[string][]string

// Upstream are the direct feeders of an object.
func (f feeds) Upstream(id string) []string { return f[id] }

// feeding is the network of a park for the causes of its alarms.
func (n *Node) feeding(ctx context.Context, park string, l *layout.Layout) feeds {
	f := feeds{}
	add := func(id, up string) {
		if id != up && !slices.Contains(f[id], up) {
			f[id] = append(f[id], up)
		}
	}
	for _, e := range l.Network.Edges {
		from, to := l.Network.Nodes[e.From], l.Network.Nodes[e.To]
		add(to.ID, from.ID)
		if p, ok := l.PointOf(e.Register); ok { // a silent meter explains what its node seems to do
			add(to.ID, p.ID)
		}
	}
	for _, r := range l.Registers() {
		point, _, _ := strings.Cut(r.Key, ".")
		if r.Parent != "" {
			up, _, _ := strings.Cut(r.Parent, ".")
			add(point, up)
		}
	}
	if g := n.taking.Load(); g != nil {
		list := g.Registry.Of(park)
		for _, d := range list.Devices {
			for _, key := range d.Map {
				point, _, _ := strings.Cut(key, ".")
				add(point, d.ID)
			}
		}
		for _, m := range list.Mappings {
			point, _, _ := strings.Cut(m.Register, ".")
			add(point, m.Device)
		}
	}
	return f
}

// catchUp lets an engine see the readings that were recorded since its state was
// stored, in the order of time, and then ticks. The caller holds p.mu.
func (w *Alarms) catchUp(ctx context.Context, p *watched, at time.Time) error {
	now := w.node.Now()
	since := at.Add(-catchMargin)
	if at.IsZero() {
		since = now // rules that are new watch from now on
	}
	if p.replay == nil {
		if err := w.backlog(ctx, p, since.UnixMilli(), now); err != nil {
			return err
		}
		if err := w.feedSettled(ctx, p); err != nil {
			return err
		}
	}
	act := record.Act{Who: "system", Name: "alarms", At: now}
	if err := w.keep(ctx, p, act, p.engine.Tick(w.clock(p)), true); err != nil {
		return err
	}
	w.tellUndelivered(ctx, p)
	return nil
}

// backlog reads what was recorded after since, an hour of readings at a time.
func (w *Alarms) backlog(ctx context.Context, p *watched, since int64, now time.Time) error {
	p.inbox.mu.Lock()
	signals := p.inbox.signals
	p.inbox.mu.Unlock()
	if len(signals) == 0 {
		return nil
	}
	touched, err := w.node.Series.Touched(ctx, p.id, since)
	if err != nil {
		return err
	}
	keys := map[string]bool{}
	var from, to int64
	for _, t := range touched {
		if signals[t.Key] == "" {
			continue
		}
		if len(keys) == 0 || t.From < from {
			from = t.From
		}
		keys[t.Key] = true
		to = max(to, t.To)
	}
	if len(keys) == 0 {
		return nil
	}
	from = max(from, now.Add(-7*24*time.Hour).UnixMilli()) // no window of a rule but a month's budget is longer
	list := slices.Sorted(maps.Keys(keys))
	const slice = 6 * 3600_000
	for t := from; t < to; t += slice {
		came, err := w.readings(ctx, p, list, signals, t, min(to, t+slice))
		if err != nil {
			return err
		}
		p.observe(now, came)
	}
	return nil
}

// readings are the values of registers in a span, in the order of time.
func (w *Alarms) readings(ctx context.Context, p *watched, keys []string, signals map[string]string, from, to int64) ([]live, error) {
	var came []live
	err := w.node.Series.Readings(ctx, meter.Query{Park: p.id, Keys: keys, From: from, To: to}, func(t meter.Track) error {
		for i, at := range t.At {
			came = append(came, live{at, signals[t.Key], t.Value[i]})
		}
		return nil
	})
	slices.SortStableFunc(came, func(a, b live) int { return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.signal, b.signal)) })
	return came, err
}

// feedSettled lets the engine see usage and balances that were settled since it last
// looked. The caller holds p.mu.
func (w *Alarms) feedSettled(ctx context.Context, p *watched) error {
	mark, err := w.node.settledUpTo(ctx, p.id)
	if err != nil || mark.Version == "" || mark.Recorded == p.settled {
		return err
	}
	now := w.node.Now()
	last, err := w.node.Series.Last(ctx, p.id)
	if err != nil {
		return err
	}
	until := map[string]int64{}
	for _, r := range last {
		until[r.Key] = r.At
	}
	first := period.DayOf(now.Add(-26*time.Hour), p.layout.Zone)
	came, err := w.settled(ctx, p, max(first, mark.First), min(period.DayOf(now, p.layout.Zone), mark.Last), until)
	if err != nil {
		return err
	}
	p.observe(now, came)
	p.settled = mark.Recorded
	return nil
}

// settled are the amounts and balances of days that rules read, of measured and edited
// intervals up to each register's newest reading. What was estimated is a gap to rules:
// an estimate raises no alarm. Newer than what was handed out before, in the order of time.
func (w *Alarms) settled(ctx context.Context, p *watched, first, last period.Day, until map[string]int64) ([]live, error) {
	if last < first {
		return nil, nil
	}
	keys, nodes := p.settledSignals()
	var came []live
	if len(keys) > 0 {
		err := w.node.Series.Usage(ctx, usage.Query{Park: p.id, Keys: slices.Sorted(maps.Keys(keys)), First: first, Last: last}, func(d usage.Day) error {
			end := d.Day.Start(p.layout.Zone).UnixMilli()
			for i, x := range d.Amount {
				end += p.layout.Grid.Step.Milliseconds()
				q := d.At(i).Base()
				if end > until[d.Key] || end <= p.usageEnd[d.Key] || q != meter.Measured && q != meter.Edited {
					continue
				}
				came = append(came, live{end, keys[d.Key], x})
				p.usageEnd[d.Key] = end
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(nodes) > 0 {
		pass, err := inventory.NewPass(p.layout.Document)
		if err != nil {
			return nil, err
		}
		_, err = pass.Run(ctx, w.node.Series, first, last, 0, func(d *balance.Day, _ map[string]usage.Day) error {
			came = append(came, p.balances(pass.Network, d, nodes)...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(came, func(a, b live) int { return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.signal, b.signal)) })
	return came, nil
}

// settledSignals are the registers whose usage rules read, and the nodes whose balance.
func (p *watched) settledSignals() (keys map[string]string, nodes map[string]bool) {
	keys, nodes = map[string]string{}, map[string]bool{}
	for _, r := range p.rules {
		for _, signal := range r.Inputs {
			if key, ok := strings.CutPrefix(signal, "usage:"); ok {
				keys[key] = signal
			} else if id, ok := strings.CutPrefix(signal, "balance:"); ok {
				id, _, _ = strings.Cut(id, "/")
				nodes[id] = true
			}
		}
	}
	return keys, nodes
}

// balances are what nodes left over in intervals in which every meter at them measured.
func (p *watched) balances(net *balance.Network, d *balance.Day, nodes map[string]bool) []live {
	var came []live
	begin := d.Day.Start(p.layout.Zone).UnixMilli()
	for i, node := range net.Nodes {
		if !nodes[node.ID] || d.Residual[i] == nil {
			continue
		}
		for t := range d.Slots {
			in, _, ok := through(net, d, i, t)
			if !ok {
				continue
			}
			at := begin + int64(t+1)*p.layout.Grid.Step.Milliseconds()
			came = append(came, live{at, "balance:" + node.ID, d.Residual[i][t]}, live{at, "balance:" + node.ID + "/in", in})
		}
	}
	return came
}

// through is what came into a node and left it in an interval; ok is false where a meter at it did
// not measure.
func through(net *balance.Network, d *balance.Day, node, t int) (in, out float64, ok bool) {
	for k, list := range [2][]int{net.In[node], net.Out[node]} {
		for _, e := range list {
			if d.Edge[e] == nil {
				continue
			}
			if q := d.At(e, t).Base(); q != meter.Measured && q != meter.Edited {
				return 0, 0, false
			}
			if k == 0 {
				in += d.Edge[e][t]
			} else {
				out += d.Edge[e][t]
			}
		}
	}
	return in, out, true
}

// handedTo is who a line of the journal hands an alarm to.
func handedTo(x alarm.Transition) (who string, ok bool) {
	if x.Event != "comment" {
		return "", false
	}
	rest, ok := strings.CutPrefix(x.Note, assignMark)
	who, _, _ = strings.Cut(rest, "\n")
	return strings.TrimSpace(who), ok
}

// assignMark begins a comment that hands an alarm to somebody.
const assignMark = "→ "
