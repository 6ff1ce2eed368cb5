package inventory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"lingtan/accounting"
	"lingtan/balance"
	"lingtan/factor"
	"lingtan/flow"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/park"
	"lingtan/period"
	"lingtan/usage"
)

// Inputs are what an inventory is compiled from.
type Inputs struct {
	ID        string // of the inventory; its entries' ids follow from it
	Revision  int
	Structure *park.Document
	Method    method.Pack
	Factors   accounting.FactorSource
	Usage     UsageSource
	Period    string // "2018", "2018-03", …

	Declared     []accounting.Declared // what members declared for days that touch the period
	Organization string                // the inventory of this one and those below it; empty = the park
	AsKnownAt    int64                 // Unix milliseconds; never zero
}

// Compile assembles the inventory. The same inputs give the same bytes.
//
// With Organization it is the inventory of one organization by a method of its sector: what it
// took of each source by the trace over the whole park, and what it declared. What that
// method has no rule for is noted.
//
// Errors: ErrUnsettled when the period has no settled usage (and nothing declared for an
// organization, or in a park without meters), a missing factor or rule by name, ErrConservation when
// the consolidation does not close.
func Compile(ctx context.Context, in Inputs) (*Inventory, error) {
	pass, err := NewPass(in.Structure)
	if err != nil {
		return nil, err
	}
	span, err := period.Parse(in.Period, pass.Grid.Zone)
	if err != nil {
		return nil, err
	}
	first, last := pass.Grid.Days(span)
	c := newCompiler(in, pass, pass.inService(first, last))
	if c.own, err = members(in.Structure, in.Organization); err != nil {
		return nil, err
	}
	n, err := pass.Run(ctx, in.Usage, first, last, in.AsKnownAt, c.day)
	if err != nil {
		return nil, err
	}
	if unmetered := in.Organization != "" || len(pass.Keys) == 0; n == 0 && (len(in.Declared) == 0 || !unmetered) {
		return nil, fmt.Errorf("%w: park %s, %s to %s; import readings and settle them (lingtan settle --park %s)", ErrUnsettled, in.Structure.Park.ID, first, last, in.Structure.Park.ID)
	}
	v := &Inventory{Format: Format, ID: in.ID, Revision: in.Revision, AsKnownAt: in.AsKnownAt, Structure: in.Structure, Method: in.Method, Organization: in.Organization,
		Period: Period{Text: in.Period, First: first.String(), Last: last.String()}, Entries: []accounting.Entry{}, Notes: []park.Name{}}
	c.inv = v
	for _, step := range []func(time.Time) error{c.entries, c.declared, c.energy, c.consolidate, c.seal} {
		if err := step(span.From); err != nil {
			return nil, fmt.Errorf("inventory %s of %s: %w", in.Period, in.Structure.Park.ID, err)
		}
	}
	v.Engine = v.engine()
	c.totals()
	return v, nil
}

// compiler holds what one pass gathers.
type compiler struct {
	in      Inputs
	pass    *Pass
	tracer  *flow.Tracer
	record  *recorder
	inv     *Inventory
	amounts []usage.Totals // node × source → by quality
	counts  []usage.Totals // node → Intervals and Missing of its edges
	given   []float64      // source → amount given
	factors *recordedFactors
	own     map[string]bool // organizations that the inventory is of; nil = all
}

func newCompiler(in Inputs, pass *Pass, keys []string) *compiler {
	t := flow.NewTracer(pass.Network)
	n := len(pass.Network.Nodes)
	return &compiler{in: in, pass: pass, tracer: t, record: newRecorder(in.Structure, keys),
		amounts: make([]usage.Totals, n*len(t.Sources)), counts: make([]usage.Totals, n), given: make([]float64, len(t.Sources)),
		factors: &recordedFactors{from: in.Factors, at: map[string]int{}}}
}

// day takes one balanced day into the evidence and, beside it, into the sums.
func (c *compiler) day(b *balance.Day, settled map[string]usage.Day) error {
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		c.record.day(settled)
	}()
	c.sum(b)
	<-recorded
	return nil
}

// sum adds one balanced day to the sums.
func (c *compiler) sum(b *balance.Day) {
	net := c.pass.Network
	for n, node := range net.Nodes {
		switch node.Kind {
		case balance.Use:
			for _, e := range net.In[n] {
				c.count(n, b, e)
			}
		case balance.Bus:
			c.countBus(n, b)
		}
	}
	for s, n := range c.tracer.Sources {
		for _, e := range net.Out[n] {
			for _, x := range b.Edge[e] {
				c.given[s] += x
			}
		}
	}
	c.tracer.Day(b, func(s flow.Share) {
		t := &c.amounts[s.Node*len(c.tracer.Sources)+s.Source]
		switch quality(c.pass.Network, b, s) {
		case meter.Estimated:
			t.Estimated += s.Amount
		case meter.Edited:
			t.Edited += s.Amount
		default:
			t.Measured += s.Amount
		}
	})
}

// count adds the intervals of edge e to its node n.
func (c *compiler) count(n int, b *balance.Day, e int) {
	if b.Edge[e] == nil {
		return
	}
	c.counts[n].Intervals += b.Slots
	for _, q := range b.Quality[e] {
		if q.Base() == meter.Missing {
			c.counts[n].Missing++
		}
	}
}

// countBus counts the intervals of a bus whose balance is not closed: one in which
// any of its meters is missing leaves over an amount that is not known.
func (c *compiler) countBus(n int, b *balance.Day) {
	missing := make([]bool, b.Slots)
	for _, edges := range [2][]int{c.pass.Network.In[n], c.pass.Network.Out[n]} {
		for _, e := range edges {
			if c.pass.Network.Edges[e].Closing && b.Edge[e] != nil {
				return
			}
			for t, q := range b.Quality[e] {
				missing[t] = missing[t] || q.Base() == meter.Missing
			}
		}
	}
	c.counts[n].Intervals += b.Slots
	for _, m := range missing {
		if m {
			c.counts[n].Missing++
		}
	}
}

// quality is a share's: that of the edge it is metered by, and Estimated where the
// edge is measured but the mixture that it takes of rests on an estimate; a bus's
// residual is measured when all edges at the bus are.
func quality(net *balance.Network, b *balance.Day, s flow.Share) meter.Quality {
	if s.Edge < 0 {
		if b.Sure(s.Node, s.Slot) {
			return meter.Measured
		}
		return meter.Estimated
	}
	q := b.At(s.Edge, s.Slot).Base()
	if q == meter.Measured && s.Mixed && !b.Sure(net.From[s.Edge], s.Slot) {
		return meter.Estimated
	}
	return q
}

// activities are the traced amounts by place and source, in the order of the network.
func (c *compiler) activities() []accounting.Activity {
	var list []accounting.Activity
	net := c.pass.Network
	units := map[string]string{}
	for _, x := range c.in.Structure.Carriers {
		units[x.ID] = x.Unit
	}
	place := map[string]accounting.Place{balance.Use: accounting.Consumed, balance.Bus: accounting.Lost, balance.Export: accounting.Exported}
	for n, node := range net.Nodes {
		for s, src := range c.tracer.Sources {
			t := c.amounts[n*len(c.tracer.Sources)+s]
			if t.Measured == 0 && t.Estimated == 0 && t.Edited == 0 {
				continue
			}
			t.Intervals, t.Missing = c.counts[n].Intervals, c.counts[n].Missing
			list = append(list, accounting.Activity{Organization: node.Organization, Place: place[node.Kind], Node: node.ID, Source: net.Nodes[src].ID,
				Kind: net.Nodes[src].Activity, Carrier: node.Carrier, Unit: units[node.Carrier], Amount: t, Registers: c.registersAt(n)})
		}
	}
	return list
}

// registersAt are the registers that meter what enters node n.
func (c *compiler) registersAt(n int) []string {
	keys := []string{}
	for _, e := range c.pass.Network.In[n] {
		if k := c.pass.Network.Edges[e].Register; k != "" {
			keys = append(keys, k)
		}
	}
	return keys
}

// accountant applies the park's set of warming potentials; an organization's method brings its own.
func (c *compiler) accountant(at time.Time) accounting.Accountant {
	gwp := c.in.Structure.Park.GWP
	if c.in.Organization != "" {
		gwp = ""
	}
	return accounting.Accountant{Method: c.in.Method, GWP: gwp, Factors: c.factors, Region: c.in.Structure.Park.Region, At: at, AsKnownAt: time.UnixMilli(c.in.AsKnownAt).UTC()}
}

// entries accounts every activity and gives each entry its id.
func (c *compiler) entries(at time.Time) error {
	acts := c.ownActivities()
	covers, notes, err := instruments(c.in.Structure, c.inv.Period, acts)
	if err != nil {
		return err
	}
	c.inv.Notes = append(c.inv.Notes, notes...)
	accountant := c.accountant(at)
	for _, act := range acts {
		list, err := accountant.Account(act, covers[act.Organization])
		if c.in.Organization != "" && unknown(err) {
			c.unaccounted(act, err)
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range list {
			e.ID = entryID(c.in.ID, e)
			c.inv.Entries = append(c.inv.Entries, e)
		}
	}
	return nil
}

// entryID is "e" and 16 hexadecimal digits that follow from the inventory and what
// the entry is about, so that compiling again gives the same id.
func entryID(inventory string, e accounting.Entry) string {
	a := e.Activity
	about := fmt.Appendf(nil, "%s|%s|%s|%s|%s|%s|%s", inventory, a.Node, a.Source, a.Carrier, e.Rule, e.Basis, e.Instrument)
	if a.Record != "" {
		about = append(append(about, '|'), a.Record...)
	}
	sum := sha256.Sum256(about)
	return "e" + hex.EncodeToString(sum[:8])
}

// energy converts every organization's use to standard coal, by carrier.
func (c *compiler) energy(at time.Time) error {
	type key struct{ org, carrier, unit string }
	sums := map[key]*usage.Totals{}
	var keys []key
	for _, a := range c.ownActivities() {
		if a.Place == accounting.Exported {
			continue
		}
		k := key{a.Organization, a.Carrier, a.Unit}
		if sums[k] == nil {
			sums[k] = &usage.Totals{}
			keys = append(keys, k)
		}
		a.Amount.Intervals, a.Amount.Missing = 0, 0 // per node, not per source: counted in Totals
		sums[k].Add(a.Amount)
	}
	sort.SliceStable(keys, func(i, j int) bool {
		return keys[i].org < keys[j].org || keys[i].org == keys[j].org && keys[i].carrier < keys[j].carrier
	})
	accountant := c.accountant(at)
	for _, k := range keys {
		e, err := accountant.StandardCoal(k.org, k.carrier, k.unit, *sums[k])
		if c.in.Organization != "" && errors.Is(err, accounting.ErrNoRule) {
			c.note("折标准煤不含 %[2]s 的%[1]s：%[3]v。", "%[1]s of %[2]s is not in standard coal: %[3]v.", k.carrier, k.org, err)
			continue
		}
		if err != nil {
			return err
		}
		c.inv.Energy = append(c.inv.Energy, e)
	}
	return nil
}

// consolidate proves per source that what it gave is what became of it.
func (c *compiler) consolidate(time.Time) error {
	rows := make([]Consolidation, len(c.tracer.Sources))
	for s, n := range c.tracer.Sources {
		node := c.pass.Network.Nodes[n]
		rows[s] = Consolidation{Source: node.ID, Carrier: node.Carrier, Given: c.given[s]}
		for i, held := range c.pass.Network.Nodes {
			if held.Kind == balance.Storage {
				rows[s].Stored += c.tracer.Held(i)[s]
			}
		}
	}
	for _, a := range c.activities() {
		r := &rows[c.column(a.Source)]
		r.Unit = a.Unit
		switch a.Place {
		case accounting.Exported:
			r.Exported += a.Amount.Total()
		case accounting.Lost:
			r.Lost += a.Amount.Total()
		default:
			r.Used += a.Amount.Total()
		}
	}
	for i := range rows {
		r := &rows[i]
		r.Difference = r.Given - r.Used - r.Lost - r.Exported - r.Stored
		if !r.Closes() {
			return fmt.Errorf("%w: %s gave %g %s, %g are accounted for", ErrConservation, r.Source, r.Given, r.Unit, r.Given-r.Difference)
		}
	}
	c.inv.Consolidation = rows
	return nil
}

func (c *compiler) column(source string) int {
	for s, n := range c.tracer.Sources {
		if c.pass.Network.Nodes[n].ID == source {
			return s
		}
	}
	return -1
}

// seal records the factors and the root over the registers.
func (c *compiler) seal(time.Time) error {
	c.inv.Factors = c.factors.list()
	c.inv.Notes = append(c.inv.Notes, dataYears(c.inv)...)
	var err error
	c.inv.Registers, c.inv.Root, err = c.record.seal()
	return err
}

// recordedFactors remembers what was looked up, and answers again from memory.
type recordedFactors struct {
	from  accounting.FactorSource
	found []Snapshot
	at    map[string]int // query → found
}

// Lookup finds and remembers.
func (r *recordedFactors) Lookup(q factor.Query) (factor.Factor, error) {
	text := q.String()
	if i, ok := r.at[text]; ok {
		return r.found[i].Factor, nil
	}
	f, err := r.from.Lookup(q)
	if err == nil {
		r.at[text] = len(r.found)
		r.found = append(r.found, Snapshot{Query: text, Factor: f})
	}
	return f, err
}

func (r *recordedFactors) list() []Snapshot {
	list := slices.Clone(r.found)
	sort.Slice(list, func(i, j int) bool { return list[i].Query < list[j].Query })
	return list
}
