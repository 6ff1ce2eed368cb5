package evidence

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"sort"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/inventory"
	"lingtan/park"
	"lingtan/proof"
	"lingtan/usage"
)

// Check is one step of a verification and what came of it.
type Check struct {
	Name   park.Name `json:"name"`
	Equal  bool      `json:"equal"`
	Detail string    `json:"detail,omitempty"` // where it differs
}

// Verify recomputes an exported inventory from nothing but itself: its hash, the
// Merkle root over its evidence, every entry and total. It needs no server.
func Verify(ctx context.Context, x *Export) ([]Check, error) {
	checks := []Check{x.checkHash(), x.checkRoot(), x.checkFactors(), x.checkTotals()}
	if len(x.Evidence) == 0 {
		checks = append(checks, x.checkEntries())
		for _, s := range x.Stated {
			checks = append(checks, s.check(x.Inventory.Structure.Park.ID, nil))
		}
		return checks, result(checks)
	}
	src, c := x.unpack()
	checks = append(checks, c)
	for _, s := range x.Stated {
		if src != nil {
			checks = append(checks, s.check(x.Inventory.Structure.Park.ID, src.days))
		}
	}
	if src != nil {
		checks = append(checks, x.recompute(ctx, src))
	}
	return checks, result(checks)
}

func result(checks []Check) error {
	for _, c := range checks {
		if !c.Equal {
			return fmt.Errorf("%w: %s: %s", ErrDifferent, c.Name.EN, c.Detail)
		}
	}
	return nil
}

func check(zh, en string, err error) Check {
	c := Check{Name: park.Name{ZH: zh, EN: en}, Equal: err == nil}
	if err != nil {
		c.Detail = err.Error()
	}
	return c
}

func (x *Export) checkHash() Check {
	h, err := proof.Hash(x.Inventory)
	if err == nil && h != x.Hash {
		err = fmt.Errorf("the file says %s, its content gives %s", x.Hash, h)
	}
	return check("内容哈希", "content hash", err)
}

func (x *Export) checkRoot() Check {
	tree, err := x.Inventory.RecordTree()
	if err == nil && hex.EncodeToString(tree.Root()) != x.Inventory.Root {
		err = fmt.Errorf("the file says %s, its registers give %x", x.Inventory.Root, tree.Root())
	}
	return check("计量证据根", "Merkle root over registers", err)
}

// checkEntries evaluates each entry's formula again, where no usage came along.
func (x *Export) checkEntries() Check {
	for _, e := range x.Inventory.Entries {
		again := e
		if err := again.Evaluate(); err != nil {
			return check("条目重算", "entries recomputed", err)
		}
		if again.Emissions != e.Emissions {
			return check("条目重算", "entries recomputed", fmt.Errorf("entry %s: the file says %v %s, its formula gives %v", e.ID, e.Emissions, e.Unit, again.Emissions))
		}
	}
	return check("条目重算（不含用量证据）", "entries recomputed from their activity data (no usage evidence in the file)", nil)
}

// checkFactors holds every factor that an entry applied against the factors that
// the inventory carries, and those against the content hash in their version.
func (x *Export) checkFactors() Check {
	zh, en := "因子内容", "factors are what their versions say"
	carried := map[string]factor.Factor{}
	for _, s := range x.Inventory.Factors {
		if s.Factor.Category != factor.Steam && !s.Factor.Authentic() { // steam is held against its table below
			return check(zh, en, fmt.Errorf("factor %s: its content does not make its version", s.Factor.Ref()))
		}
		carried[s.Factor.Ref()] = s.Factor
	}
	for _, e := range x.Inventory.Entries {
		if e.Instrument != "" {
			continue
		}
		for _, a := range e.Factors {
			if err := x.checkApplied(e, a, carried); err != nil {
				return check(zh, en, fmt.Errorf("entry %s: %w", e.ID, err))
			}
		}
	}
	return check(zh, en, nil)
}

// checkApplied holds a factor as an entry applied it against its origin.
func (x *Export) checkApplied(e accounting.Entry, a accounting.Applied, carried map[string]factor.Factor) error {
	if own, err := x.notOfLibrary(e, a); own {
		return err
	}
	if f, ok := carried[a.Factor]; !ok || f.Value != a.Value || f.Unit.String() != a.Unit {
		return fmt.Errorf("it applies %s as %v %s, the inventory carries %v %s", a.Factor, a.Value, a.Unit, f.Value, f.Unit)
	}
	return nil
}

// checkTotals adds the entries and the energy up again and looks at the consolidation.
func (x *Export) checkTotals() Check {
	zh, en := "合计与合并", "totals and consolidation"
	for _, want := range x.Inventory.Totals {
		got := x.Inventory.SumOf(want.Organization)
		if got.Scope1 != want.Scope1 || got.Scope2Location != want.Scope2Location || got.Scope2Market != want.Scope2Market || got.Scope3 != want.Scope3 || got.StandardCoal != want.StandardCoal {
			return check(zh, en, fmt.Errorf("total of %q: the file says %+v, its entries give %+v", want.Organization, want, got))
		}
	}
	for _, r := range x.Inventory.Consolidation {
		if !r.Closes() {
			return check(zh, en, fmt.Errorf("source %s: %+v does not close", r.Source, r))
		}
	}
	return check(zh, en, nil)
}

// unpack reads the evidence and holds it against the registers' records.
func (x *Export) unpack() (*packed, Check) {
	src := &packed{}
	zh, en := "用量证据", "usage evidence"
	if len(x.Evidence) != len(x.Inventory.Registers) {
		return nil, check(zh, en, fmt.Errorf("%d registers in the inventory, evidence of %d", len(x.Inventory.Registers), len(x.Evidence)))
	}
	for i, ev := range x.Evidence {
		days, err := ev.Days()
		if err != nil {
			return nil, check(zh, en, err)
		}
		want := x.Inventory.Registers[i]
		got := inventory.RegisterRecord{Register: ev.Register, Unit: want.Unit}
		var tree proof.Tree
		for _, d := range days {
			tree.Add(usage.Block(nil, d))
			got.Totals.Add(d.Totals())
			got.Readings += int(d.Readings)
			got.Days++
		}
		got.Root = hex.EncodeToString(tree.Root())
		if got != want {
			return nil, check(zh, en, fmt.Errorf("register %s: the record says %+v, the evidence gives %+v", want.Register, want, got))
		}
		src.days = append(src.days, days...)
	}
	sort.SliceStable(src.days, func(i, j int) bool { return src.days[i].Day < src.days[j].Day })
	return src, check(zh, en, nil)
}

// recompute compiles the inventory again and compares it to the last bit.
func (x *Export) recompute(ctx context.Context, src *packed) Check {
	zh, en := "全部重算", "compiled again from the evidence"
	v := x.Inventory
	if !v.Recomputable() {
		return check(zh, en, fmt.Errorf("the inventory was made by engine %q, which this program has not (its own is %q): verify it with a release of that engine; the other checks hold all the same", v.Engine, inventory.Engine))
	}
	again, err := inventory.Compile(ctx, inventory.Inputs{ID: v.ID, Revision: v.Revision, Structure: v.Structure, Method: v.Method, Factors: v.Carried(),
		Usage: src, Period: v.Period.Text, AsKnownAt: v.AsKnownAt, Declared: v.Declared, Organization: v.Organization, Engine: v.Engine})
	if err != nil {
		return check(zh, en, err)
	}
	a, err := proof.Canonical(v)
	if err != nil {
		return check(zh, en, err)
	}
	b, err := proof.Canonical(again)
	if err != nil {
		return check(zh, en, err)
	}
	if bytes.Equal(a, b) {
		return check(zh, en, nil)
	}
	return check(zh, en, fmt.Errorf("%s", firstDifference(v, again)))
}

// firstDifference names where two inventories part.
func firstDifference(a, b *inventory.Inventory) string {
	d := inventory.Compare(a, b)
	for _, e := range d.Entries {
		return fmt.Sprintf("entry %s (%s, %s): the file says %v tCO2, recomputed %v", e.ID, e.Organization, e.Rule, e.Before, e.After)
	}
	for i := range min(len(a.Totals), len(b.Totals)) {
		if a.Totals[i] != b.Totals[i] {
			return fmt.Sprintf("total of %q: the file says %+v, recomputed %+v", a.Totals[i].Organization, a.Totals[i], b.Totals[i])
		}
	}
	return "the documents differ outside entries and totals (structure, method, factors or notes)"
}

// packed serves days from an export as a usage source.
type packed struct{ days []usage.Day }

// UsageByDay hands on the days asked for.
func (p *packed) UsageByDay(_ context.Context, q usage.Query, fn func(usage.Day) error) error {
	for _, d := range p.days {
		if d.Day < q.First || d.Day > q.Last {
			continue
		}
		if err := fn(d); err != nil {
			return err
		}
	}
	return nil
}
