package node

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"lingtan/alarm"
	"lingtan/alarm/picture"
	"lingtan/alarm/proposal"
	"lingtan/alarm/rulefile"
	"lingtan/balance"
	"lingtan/inventory"
	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/record"
	"lingtan/usage"
)

const (
	proposedDays = 366 // of history that a proposal looks at
	gapDays      = 60  // of readings whose distances are taken
)

// ProposeAlarms proposes a rule file out of the last year that was settled. Errors wrap
// inventory.ErrUnsettled where nothing was.
func (n *Node) ProposeAlarms(ctx context.Context, parkID string) (*proposal.Proposal, error) {
	l, err := n.Layout(ctx, parkID)
	if err != nil {
		return nil, err
	}
	first, last, ok, err := n.Extent(ctx, parkID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: park %s; limits come from history", inventory.ErrUnsettled, parkID)
	}
	first = max(first, last-proposedDays+1)
	registers, err := n.histories(ctx, l, first, last)
	if err != nil {
		return nil, err
	}
	if err := n.gaps(ctx, l, last, registers); err != nil {
		return nil, err
	}
	buses, err := n.imbalances(ctx, l, first, last)
	if err != nil {
		return nil, err
	}
	list := make([]proposal.History, 0, len(registers))
	for _, r := range l.Registers() {
		if h := registers[r.Key]; h != nil {
			list = append(list, *h)
		}
	}
	return proposal.Propose(l.Document.Park.Zone, list, buses)
}

// histories are what the registers that meter the network did, and of every other point
// its first register, which tells whether the point is silent.
func (n *Node) histories(ctx context.Context, l *layout.Layout, first, last period.Day) (map[string]*proposal.History, error) {
	out, keys, pointSeen := map[string]*proposal.History{}, []string{}, map[string]bool{}
	factor := n.gridIntensity(ctx, l, first, last)
	for _, r := range l.Registers() {
		edge, metered := l.EdgeOf(r.Key)
		point, _ := l.PointOf(r.Key)
		if !metered && pointSeen[point.ID] {
			continue
		}
		pointSeen[point.ID] = true
		h := &proposal.History{Key: r.Key, Name: point.Name, Step: r.Step.Seconds(), Events: r.Events, First: first.String(), Last: last.String()}
		if metered {
			h.Unit, h.Object = r.SettleUnit, l.Network.Nodes[l.Network.Edges[edge].To].ID
			if l.Network.Nodes[l.Network.Edges[edge].To].Kind == balance.Bus {
				h.Object = l.Network.Nodes[l.Network.Edges[edge].From].ID
			} else if r.Carrier == "electricity" {
				h.Intensity, h.Source = factor.value, factor.source
			}
			keys = append(keys, r.Key)
		}
		out[r.Key] = h
	}
	if len(keys) == 0 {
		return out, nil
	}
	perHour := max(1, int(time.Hour/l.Grid.Step))
	before := map[string]usageDay{}
	err := n.Series.Usage(ctx, usage.Query{Park: l.Document.Park.ID, Keys: keys, First: first, Last: last}, func(d usage.Day) error {
		h := out[d.Key]
		total, whole := 0.0, true
		for i := 0; i+perHour <= len(d.Amount); i += perHour {
			sum, full := 0.0, true
			for j := i; j < i+perHour; j++ {
				sum += d.Amount[j]
				full = full && d.At(j).Base() == meter.Measured
			}
			if full {
				h.Hours = append(h.Hours, sum)
			}
			total, whole = total+sum, whole && full
		}
		if b, ok := before[d.Key]; ok && whole && b.day == d.Day-1 && b.total > 0 {
			h.Differences = append(h.Differences, math.Abs(total-b.total)/b.total)
		}
		delete(before, d.Key)
		if whole {
			before[d.Key] = usageDay{d.Day, total}
		}
		return nil
	})
	return out, err
}

type usageDay struct {
	day   period.Day
	total float64
}

type intensityOf struct {
	value  float64
	source string
}

// gridIntensity is the factor of purchased power in the park's accounts of the last
// settled month; zero where there is none: then no tonnes are told.
func (n *Node) gridIntensity(ctx context.Context, l *layout.Layout, first, last period.Day) intensityOf {
	text := max(first, last-30).String() + ".." + last.String()
	v, err := n.View(ctx, l.Document.Park.ID, text)
	if err != nil {
		return intensityOf{}
	}
	b := basis{entries: v.Entries, energy: v.Energy}
	for _, q := range b.quantities() {
		if q.ID == "grid_factor" && q.Value > 0 {
			return intensityOf{q.Value, fmt.Sprintf("kgCO2e/kWh, %v of purchased power", q.From)}
		}
	}
	return intensityOf{}
}

// gaps are the times between readings of the last days.
func (n *Node) gaps(ctx context.Context, l *layout.Layout, last period.Day, out map[string]*proposal.History) error {
	keys := []string{}
	for _, r := range l.Registers() {
		if out[r.Key] != nil {
			keys = append(keys, r.Key)
		}
	}
	to := (last + 1).Start(l.Zone)
	from := to.Add(-gapDays * 24 * time.Hour)
	return n.Series.Readings(ctx, meter.Query{Park: l.Document.Park.ID, Keys: keys, From: from.UnixMilli(), To: to.UnixMilli()}, func(t meter.Track) error {
		for i := 1; i < t.Len(); i++ {
			out[t.Key].Gaps = append(out[t.Key].Gaps, float64(t.At[i]-t.At[i-1])/1000)
		}
		return nil
	})
}

// imbalances are what buses that no closing edge balances left over.
func (n *Node) imbalances(ctx context.Context, l *layout.Layout, first, last period.Day) ([]proposal.Bus, error) {
	pass, err := inventory.NewPass(l.Document)
	if err != nil {
		return nil, err
	}
	net, buses, ins := pass.Network, map[int]*proposal.Bus{}, map[int][]float64{}
	for i, node := range net.Nodes {
		closing := func(e int) bool { return net.Edges[e].Closing }
		if node.Kind == balance.Bus && !slices.ContainsFunc(net.In[i], closing) && !slices.ContainsFunc(net.Out[i], closing) {
			buses[i] = &proposal.Bus{ID: node.ID, Name: node.Name, First: first.String(), Last: last.String()}
		}
	}
	if len(buses) == 0 {
		return nil, nil
	}
	_, err = pass.Run(ctx, n.Series, first, last, 0, func(d *balance.Day, _ map[string]usage.Day) error {
		for i, b := range buses {
			for t := range d.Slots {
				in, _, ok := through(net, d, i, t)
				if !ok || in <= 0 || d.Residual[i] == nil {
					continue
				}
				b.Shares, ins[i] = append(b.Shares, math.Abs(d.Residual[i][t])/in), append(ins[i], in)
			}
		}
		return nil
	})
	var list []proposal.Bus
	for i := range net.Nodes {
		if b := buses[i]; b != nil {
			if slices.Sort(ins[i]); len(ins[i]) > 0 {
				b.Floor = ins[i][len(ins[i])/2] / 10
			}
			list = append(list, *b)
		}
	}
	return list, err
}

// ReplayAlarms runs a park's rules over its stored readings and settled usage of the last
// days and keeps what they find, so that the alarms of a past stand as they would have
// stood. From then on the park's alarms go by the time of its newest reading. Where rules
// are missing it adopts those that are proposed. A park that has alarms already stays as it is.
func (n *Node) ReplayAlarms(ctx context.Context, act record.Act, parkID string, days int) (*picture.Replay, error) {
	w := &Alarms{node: n, park: map[string]*watched{}, wake: make(chan struct{}, 1)}
	p, err := w.of(ctx, parkID)
	if err != nil {
		return nil, err
	}
	if state, _, err := n.Records.AlarmState(ctx, parkID); err != nil || state != nil {
		return nil, err
	}
	first, last, ok, err := n.Extent(ctx, parkID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: park %s has nothing to replay", inventory.ErrUnsettled, parkID)
	}
	if p.version, err = n.Records.AlarmRules(ctx, parkID); err != nil {
		return nil, err
	}
	if p.version.Number == 0 {
		if p.version, err = n.adoptProposal(ctx, act, parkID, p); err != nil {
			return nil, err
		}
	}
	set, err := rulefile.Parse([]byte(p.version.YAML))
	if err != nil {
		return nil, err
	}
	engine, err := alarm.New(set, n.feeding(ctx, parkID, p.layout))
	if err != nil {
		return nil, err
	}
	p.take(set, engine)
	first = max(first, last-period.Day(days)+1)
	p.replay = &picture.Replay{From: first.Start(p.layout.Zone), To: (last + 1).Start(p.layout.Zone), At: act.At}
	o, err := w.replay(ctx, p, first, last)
	if err != nil {
		return nil, err
	}
	if err := n.Records.SetSetting(ctx, act, "alarm.replay/"+parkID, p.replay); err != nil {
		return nil, err
	}
	state, err := engine.Save()
	if err != nil {
		return nil, err
	}
	return p.replay, n.Records.SaveAlarms(ctx, act, record.AlarmTick{Park: parkID, Organization: p.place, Outcome: o, State: state})
}

func (n *Node) adoptProposal(ctx context.Context, act record.Act, parkID string, p *watched) (record.AlarmRules, error) {
	x, err := n.ProposeAlarms(ctx, parkID)
	if err != nil {
		return record.AlarmRules{}, err
	}
	return n.Records.SaveAlarmRules(ctx, act, p.place, parkID, []byte(x.YAML), 0)
}

// replay runs an engine over days, an hour a tick.
func (w *Alarms) replay(ctx context.Context, p *watched, first, last period.Day) (alarm.Outcome, error) {
	var all alarm.Outcome
	until := map[string]int64{}
	for _, r := range p.layout.Registers() {
		until[r.Key] = math.MaxInt64
	}
	signals := p.inbox.signals
	keys := make([]string, 0, len(signals))
	for key := range signals {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for day := first; day <= last; day++ {
		from, to := day.Start(p.layout.Zone).UnixMilli(), (day + 1).Start(p.layout.Zone).UnixMilli()
		came, err := w.settled(ctx, p, day, day, until)
		if err != nil {
			return all, err
		}
		if len(keys) > 0 {
			readings, err := w.readings(ctx, p, keys, signals, from+1, to+1)
			if err != nil {
				return all, err
			}
			came = append(came, readings...)
		}
		slices.SortStableFunc(came, func(a, b live) int { return int(a.at - b.at) })
		for i, t := 0, from; t < to; {
			t = min(t+3600_000, to)
			j := i
			for j < len(came) && came[j].at <= t {
				j++
			}
			now := time.UnixMilli(t).UTC()
			p.observe(now, came[i:j])
			o := p.engine.Tick(now)
			all.Transitions, all.Notices = append(all.Transitions, o.Transitions...), append(all.Notices, o.Notices...)
			i = j
		}
	}
	return all, nil
}
