package inventory

import (
	"context"
	"time"

	"lingtan/accounting"
	"lingtan/balance"
	"lingtan/flow"
	"lingtan/period"
	"lingtan/usage"
)

// gathering is the settled usage of a park over a period, traced and summed in one pass: the park's
// inventory and those of its organizations are assembled of it. It does not change, and may
// be used by several at once.
type gathering struct {
	in          Inputs
	pass        *Pass
	layout      layout
	first, last period.Day
	from        time.Time
	settled     int // usage days in the period
	counts      []count
	activities  []accounting.Activity // traced amounts by place and source, in the order of the network
	metered     map[string]bool       // organization|kind|carrier
	handed      *handed               // through conversions; nil where there are none
	rows        []Consolidation
	registers   []RegisterRecord
	root        string
}

// Gather goes through the settled usage of a period once, for any number of inventories. Of in it
// takes Structure, Usage, Period, AsKnownAt, Engine and Parts. Days whose part is kept are not
// read again.
//
// Errors: errEngine, a period that cannot be read, those of the usage and of its balance.
func Gather(ctx context.Context, in Inputs) (*gathering, error) {
	var err error
	if in.Engine, err = in.engine(); err != nil {
		return nil, err
	}
	g := &gathering{in: in}
	if g.pass, err = NewPass(in.Structure); err != nil {
		return nil, err
	}
	span, err := period.Parse(in.Period, g.pass.Grid.Zone)
	if err != nil {
		return nil, err
	}
	g.from = span.From
	g.first, g.last = g.pass.Grid.Days(span)
	g.layout = newLayout(g.pass.Network, flow.NewTracer(g.pass.Network))
	r := &gatherer{gathering: g, record: newRecorder(g.pass.Keys), sums: g.layout.newSums()}
	r.evidence = newRegisters(in.Structure, r.record.keys, g.pass.inService(g.first, g.last))
	if in.Engine == Engine {
		err = r.byParts(ctx)
	} else {
		err = r.whole(ctx)
	}
	if err != nil {
		return nil, err
	}
	r.finish()
	if g.handed, err = handedOver(ctx, g.pass, in.Usage, g.first, g.last, in.AsKnownAt); err != nil {
		return nil, err
	}
	g.registers, g.root, err = r.evidence.seal()
	return g, err
}

// gatherer is a gathering at work.
type gatherer struct {
	*gathering
	record   *recorder
	evidence *registers
	sums     *sums
}

// whole adds all intervals of the period one after the other.
func (r *gatherer) whole(ctx context.Context) error {
	all := r.layout.empty(r.first, 0)
	_, err := r.pass.Run(ctx, r.in.Usage, r.first, r.last, r.in.AsKnownAt, func(b *balance.Day, settled map[string]usage.Day) error {
		all.leaves = make([]leaf, len(r.record.keys))
		r.day(all, b, settled)
		r.evidence.add(all)
		r.settled += len(settled)
		return nil
	})
	r.sums.add(all)
	return err
}

// longestRun is the most days that are read at once to find where kept parts fit again.
const longestRun = 32

// byParts adds the parts of the days. After a day that is not kept, or that was traced from another
// state, the next is looked at again; as long as none fits, more and more are read at once.
func (r *gatherer) byParts(ctx context.Context) error {
	state := r.layout.tracer.State()
	run := period.Day(1)
	for d := r.first; d <= r.last; {
		if p := r.kept(d); p != nil && p.follows(state) {
			r.take(p)
			state, run, d = p.after, 1, d+1
			continue
		}
		to := d
		for to < r.last && (to-d+1 < run || r.kept(to+1) == nil) {
			to++
		}
		r.layout.tracer.Restore(state)
		var err error
		if state, err = r.trace(ctx, d, to, state); err != nil {
			return err
		}
		run, d = min(2*run, longestRun), to+1
	}
	r.layout.tracer.Restore(state) // what storages hold at the end
	return nil
}

func (r *gatherer) kept(d period.Day) *Part {
	if r.in.Parts == nil {
		return nil
	}
	p := r.in.Parts.Part(d)
	if p == nil || p.day != d || len(p.taken) != r.layout.rows || len(p.leaves) != len(r.record.keys) {
		return nil
	}
	return p
}

// trace makes the parts of the days [from, to] and tells the state of the trace after them.
func (r *gatherer) trace(ctx context.Context, from, to period.Day, state []float64) ([]float64, error) {
	t := r.layout.tracer
	_, err := r.pass.Run(ctx, r.in.Usage, from, to, r.in.AsKnownAt, func(b *balance.Day, settled map[string]usage.Day) error {
		p := r.layout.empty(b.Day, len(r.record.keys))
		p.settled, p.before = len(settled), state
		r.day(p, b, settled)
		p.carried, p.after = t.Carried(), t.State()
		state = p.after
		r.take(p)
		if r.in.Parts != nil {
			r.in.Parts.Keep(p)
		}
		return nil
	})
	return state, err
}

// take adds a part.
func (r *gatherer) take(p *Part) {
	r.settled += p.settled
	r.sums.add(p)
	r.evidence.add(p)
}

// day takes one balanced day into the evidence and, beside it, into the sums.
func (r *gatherer) day(p *Part, b *balance.Day, settled map[string]usage.Day) {
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		r.record.day(p.leaves, settled)
	}()
	r.layout.sum(p, b)
	<-recorded
}

// finish draws activities and the consolidation from the sums.
func (r *gatherer) finish() {
	r.counts = r.sums.counts
	net, t := r.pass.Network, r.layout.tracer
	units := map[string]string{}
	for _, x := range r.in.Structure.Carriers {
		units[x.ID] = x.Unit
	}
	r.rows = make([]Consolidation, len(t.Sources))
	for s, n := range t.Sources {
		node := net.Nodes[n]
		r.rows[s] = Consolidation{Source: node.ID, Carrier: node.Carrier, Given: r.sums.given[s].Value()}
	}
	for n, node := range net.Nodes {
		if node.Kind != balance.Storage {
			continue
		}
		for s, held := range t.Held(n) {
			r.rows[s].Stored += held
		}
	}
	r.metered = map[string]bool{}
	for n, node := range net.Nodes {
		if place[node.Kind] != "" {
			r.activitiesAt(n, units[node.Carrier])
		}
	}
	for i := range r.rows {
		x := &r.rows[i]
		x.Difference = x.Given - x.Used - x.Lost - x.Exported - x.Stored
	}
}

// place is what a kind of node does with what reaches it.
var place = map[string]accounting.Place{balance.Use: accounting.Consumed, balance.Bus: accounting.Lost, balance.Export: accounting.Exported}

// activitiesAt adds the activities of node n, and their amounts to the consolidation.
func (r *gatherer) activitiesAt(n int, unit string) {
	net, t := r.pass.Network, r.layout.tracer
	node := net.Nodes[n]
	for k, s := range t.Reach[n] {
		sum := &r.sums.taken[r.layout.from[n]+k]
		amount := usage.Totals{Measured: sum[0].Value(), Estimated: sum[1].Value(), Edited: sum[2].Value()}
		if amount.Measured == 0 && amount.Estimated == 0 && amount.Edited == 0 {
			continue
		}
		amount.Intervals, amount.Missing = r.counts[n].intervals, r.counts[n].missing
		source := net.Nodes[t.Sources[s]]
		act := accounting.Activity{Organization: node.Organization, Place: place[node.Kind], Node: node.ID, Source: source.ID,
			Kind: source.Activity, Carrier: node.Carrier, Unit: unit, Amount: amount, Registers: r.registersAt(n)}
		r.activities = append(r.activities, act)
		r.metered[act.Organization+"|"+act.Kind+"|"+act.Carrier] = true
		r.rows[s].book(act)
	}
}

// book adds an activity to the row of its source.
func (c *Consolidation) book(a accounting.Activity) {
	c.Unit = a.Unit
	switch a.Place {
	case accounting.Exported:
		c.Exported += a.Amount.Total()
	case accounting.Lost:
		c.Lost += a.Amount.Total()
	default:
		c.Used += a.Amount.Total()
	}
}

// registersAt are the registers that meter what enters node n.
func (r *gatherer) registersAt(n int) []string {
	keys := []string{}
	for _, e := range r.pass.Network.In[n] {
		if k := r.pass.Network.Edges[e].Register; k != "" {
			keys = append(keys, k)
		}
	}
	return keys
}
