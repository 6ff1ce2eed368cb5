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
	"lingtan/factor"
	"lingtan/method"
	"lingtan/park"
	"lingtan/quantity"
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
	Engine       string                // that sums the usage; empty = Engine
	Parts        keptParts             // keeps what days add up to; nil = none are kept
}

// Compile assembles the inventory. The same inputs give the same bytes.
//
// With Organization it is the inventory of one organization by a method of its sector: what it
// took of each source by the trace over the whole park, and what it declared. What that
// method has no rule for is noted.
//
// Errors: ErrUnsettled when the period has no settled usage (and nothing declared for an
// organization, or in a park without meters), a missing factor or rule by name, ErrConservation when
// the consolidation does not close, errEngine for an engine that this program has not.
func Compile(ctx context.Context, in Inputs) (*Inventory, error) {
	g, err := Gather(ctx, in)
	if err != nil {
		return nil, err
	}
	return g.Compile(in)
}

// Compile assembles an inventory of the usage gathered: in differs from the inputs of Gather in
// ID, Revision, Method, Factors, Declared and Organization alone. Errors: see Compile.
func (g *gathering) Compile(in Inputs) (*Inventory, error) {
	own, err := members(g.in.Structure, in.Organization)
	if err != nil {
		return nil, err
	}
	id := g.in.Structure.Park.ID
	if unmetered := in.Organization != "" || len(g.pass.Keys) == 0; g.settled == 0 && (len(in.Declared) == 0 || !unmetered) {
		return nil, fmt.Errorf("%w: park %s, %s to %s; import readings and settle them (lingtan settle --park %s)", ErrUnsettled, id, g.first, g.last, id)
	}
	v := &Inventory{Format: Format, ID: in.ID, Revision: in.Revision, AsKnownAt: g.in.AsKnownAt, Structure: g.in.Structure, Method: in.Method, Organization: in.Organization,
		Period: Period{Text: g.in.Period, First: g.first.String(), Last: g.last.String()}, Entries: []accounting.Entry{}, Notes: []park.Name{}}
	c := &compiler{in: in, g: g, inv: v, own: own, factors: &recordedFactors{from: in.Factors, at: map[string]int{}}}
	for _, act := range g.activities {
		if c.owns(act.Organization) {
			c.activities = append(c.activities, act)
		}
	}
	for _, step := range []func(time.Time) error{c.entries, c.declared, c.energy, c.consolidate, c.seal} {
		if err := step(g.from); err != nil {
			return nil, fmt.Errorf("inventory %s of %s: %w", g.in.Period, id, err)
		}
	}
	v.Engine = v.engine(g.in.Engine)
	c.totals()
	return v, nil
}

// compiler makes one inventory of the usage gathered.
type compiler struct {
	in         Inputs
	g          *gathering
	inv        *Inventory
	activities []accounting.Activity // of those that the inventory is of
	factors    *recordedFactors
	own        map[string]bool // organizations that the inventory is of; nil = all
}

// accountant applies the park's set of warming potentials; an organization's method brings its own.
func (c *compiler) accountant(at time.Time) accounting.Accountant {
	gwp := c.g.in.Structure.Park.GWP
	if c.in.Organization != "" {
		gwp = ""
	}
	return accounting.Accountant{Method: c.in.Method, GWP: gwp, Factors: c.factors, Region: c.g.in.Structure.Park.Region, At: at, AsKnownAt: time.UnixMilli(c.g.in.AsKnownAt).UTC()}
}

// entries accounts every activity and gives each entry its id.
func (c *compiler) entries(at time.Time) error {
	acts := c.activities
	covers, notes, err := instruments(c.g.in.Structure, c.inv.Period, acts)
	if err != nil {
		return err
	}
	c.inv.Notes = append(c.inv.Notes, notes...)
	accountant := c.accountant(at)
	for _, act := range acts {
		if act.Kind == converted {
			continue // see bought
		}
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
	return c.bought(accountant)
}

// bought adds the entries of what was taken of conversions that another organization runs.
func (c *compiler) bought(a accounting.Accountant) error {
	if c.g.handed == nil {
		return nil
	}
	rated := c.inv.Entries
	for _, act := range c.g.activities { // what others brought in, for its carbon alone
		if act.Kind == converted || c.owns(act.Organization) {
			continue
		}
		list, err := a.Account(act, nil)
		if unknown(err) {
			c.note("方法没有 %[1]s（%[2]s）的规则：由其转换而来的能量的强度不含这部分：%[3]v。", "The method has no rule for %[1]s of %[2]s: what was made of it is counted without it: %[3]v.", act.Source, act.Organization, err)
			continue
		}
		if err != nil {
			return err
		}
		rated = append(rated[:len(rated):len(rated)], list...)
	}
	list, err := c.g.handed.entries(c.activities, ratesOf(rated, c.g.activities), c.g.first, c.g.last, c.owns)
	if err != nil {
		return err
	}
	for _, e := range list {
		e.ID = entryID(c.in.ID, e)
		c.inv.Entries = append(c.inv.Entries, e)
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
	for _, a := range c.g.handed.netEnergy(c.g.activities) {
		if a.Place == accounting.Exported || !c.owns(a.Organization) {
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
		if errors.Is(err, quantity.ErrDimension) || (c.in.Organization != "" || c.g.handed.gives(k.carrier)) && errors.Is(err, accounting.ErrNoRule) {
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
	for _, r := range c.g.rows {
		if !r.Closes() {
			return fmt.Errorf("%w: %s gave %g %s, %g are accounted for", ErrConservation, r.Source, r.Given, r.Unit, r.Given-r.Difference)
		}
	}
	c.inv.Consolidation = c.g.rows
	return nil
}

// seal records the factors and the root over the registers.
func (c *compiler) seal(time.Time) error {
	c.inv.Factors = c.factors.list()
	c.inv.Notes = append(c.inv.Notes, dataYears(c.inv)...)
	c.inv.Registers, c.inv.Root = c.g.registers, c.g.root
	return nil
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
