package node

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/method"
	"lingtan/period"
	"lingtan/quantity"
	"lingtan/store/record"
)

// boiler is gas of an unmetered boiler of the bakery in May 2023.
func boiler(amount string) record.Activity {
	return record.Activity{Park: "test", ID: "boiler", Member: "bakery", Kind: "natural_gas", Carrier: "natural_gas", First: "2023-05-01", Last: "2023-05-31",
		Amount: amount, Unit: "GJ", Evidence: "invoice 5", Uncertainty: "0.05"}
}

func declare(t *testing.T, n *Node, c *clock, x record.Activity, after int64) record.Activity {
	t.Helper()
	x.Revision = after
	x, err := n.Declare(context.Background(), act(c), x)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// A record declared, revised and withdrawn after closing restates the inventory each
// time; every closed one verifies offline, and what was known stays reproducible.
func TestDeclaredRestates(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	closed := func(revision int, gas float64) *inventory.Inventory {
		t.Helper()
		x := shut(t, n, c)
		if got := x.Inventory.Total("bakery").Scope1; x.Inventory.Revision != revision || math.Abs(got-gas*0.0153*0.99*44/12) > 1e-9 {
			t.Errorf("revision %d, %v tCO2 of gas; want revision %d of %v GJ", x.Inventory.Revision, got, revision, gas)
		}
		if err := n.Pack(ctx, x); err != nil {
			t.Fatal(err)
		}
		if _, err := evidence.Verify(ctx, x); err != nil {
			t.Errorf("revision %d: %v", revision, err)
		}
		return x.Inventory
	}
	closed(1, 0)
	declare(t, n, c, boiler("100"), 0)
	first := closed(2, 100)
	closed(2, 100) // nothing changed
	between := c.Now()
	declare(t, n, c, boiler("120.5"), 1)
	second := closed(3, 120.5)
	if d := inventory.Compare(first, second); len(d.Records) != 1 || len(d.Entries) != 1 || d.Entries[0].Why != "activity" {
		t.Errorf("%+v", d)
	}
	same := boiler("120.5")
	same.Evidence = "invoice 5, corrected"
	declare(t, n, c, same, 2)
	third := closed(4, 120.5) // the figures are the same, the evidence is not
	tree, err := n.Explain(ctx, third.Entries[len(third.Entries)-1].ID)
	if err != nil || !strings.Contains(tree.Children[len(tree.Children)-1].Children[0].Detail, "invoice 5, corrected") {
		t.Errorf("%v: %+v", err, tree)
	}
	view, err := n.View(ctx, "test", "2023-05")
	if err != nil || math.Abs(view.Emissions(method.Location, 0, func(accounting.Entry) bool { return true })-third.Total("").Scope1-third.Total("").Scope2Location) > 1e-9 {
		t.Errorf("the view and the inventory differ: %v", err)
	}
	if _, err := n.Withdraw(ctx, act(c), "test", "boiler", "metered now", 3); err != nil {
		t.Fatal(err)
	}
	closed(5, 0)
	v, err := n.Compile(ctx, "test", "2023-05", between)
	if err != nil || v.Total("bakery").Scope1 != first.Total("bakery").Scope1 {
		t.Errorf("as known before the revision: %v, %v", v, err)
	}
	if list, err := n.Activities(ctx, "test", "2023-05", between); err != nil || len(list) != 1 || list[0].Amount != "100" {
		t.Errorf("%v, %v", list, err)
	}
	if list, err := n.ActivityRevisions(ctx, "test", "boiler"); err != nil || len(list) != 4 || !list[0].Withdrawn {
		t.Errorf("%v, %v", list, err)
	}
}

func TestRecordsThatCannotBe(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	refused := func(name string, want error, change func(*record.Activity)) {
		t.Helper()
		x := boiler("100")
		change(&x)
		if _, err := n.Declare(ctx, act(c), x); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	is := accounting.ErrRecord
	refused("no id", is, func(x *record.Activity) { x.ID = "" })
	refused("a path as an id", is, func(x *record.Activity) { x.ID = "a/b" })
	refused("no such member", is, func(x *record.Activity) { x.Member = "stranger" })
	refused("no kind", is, func(x *record.Activity) { x.Kind = "" })
	refused("no day", is, func(x *record.Activity) { x.First = "2023-02-30" })
	refused("ends before it begins", is, func(x *record.Activity) { x.First = "2023-06-30" })
	refused("a century", is, func(x *record.Activity) { x.First = "1923-06-30" })
	for _, amount := range []string{"", "-1", "1e3", "1,000", "NaN", "0x10", "01", "1.", "1234567890123456"} {
		refused("amount "+amount, is, func(x *record.Activity) { x.Amount = amount })
	}
	refused("unit", is, func(x *record.Activity) { x.Unit = "furlong" })
	refused("uncertainty", is, func(x *record.Activity) { x.Uncertainty = "NaN" })
	refused("evidence", is, func(x *record.Activity) { x.Evidence = strings.Repeat("证", maxWords+1) })
	refused("given", is, func(x *record.Activity) { x.Given = "{" })
	refused("many given", is, func(x *record.Activity) {
		x.Given = `{"r0":{}` + strings.Repeat(`,"r":{}`, 3) + `,"a":{},"b":{},"c":{},"d":{},"e":{},"f":{},"g":{},"h":{},"i":{},"j":{},"k":{},"l":{},"m":{},"n":{},"o":{},"p":{}}`
	})
	refused("no rule", accounting.ErrNoRule, func(x *record.Activity) { x.Kind = "coal" })
	refused("no such role", accounting.ErrGiven, func(x *record.Activity) { x.Given = `{"ncv":{"value":1,"unit":"GJ/t","source":"a"}}` })
	refused("no source", accounting.ErrGiven, func(x *record.Activity) { x.Given = `{"cc":{"value":1,"unit":"tC/GJ"}}` })
	refused("other dimension", quantity.ErrDimension, func(x *record.Activity) { x.Unit = "t" })
	refused("no revision to change", record.ErrNotFound, func(x *record.Activity) { x.Revision = 1 })
	if list, err := n.DeclareAll(ctx, act(c), "test", []record.Activity{boiler("1"), {ID: "b"}}); err == nil || len(list) > 0 {
		t.Errorf("one of two is wrong, %v was recorded", list)
	}
	if list, err := n.Activities(ctx, "test", "", time.Time{}); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	declare(t, n, c, boiler("1"), 0)
	other := boiler("1")
	other.Member, other.Revision = "mill", 1
	if _, err := n.Declare(ctx, act(c), other); !errors.Is(err, is) {
		t.Errorf("handed to another member: %v", err)
	}
	if _, err := n.Withdraw(ctx, act(c), "test", "boiler", "", 1); !errors.Is(err, is) {
		t.Errorf("withdrawn without a reason: %v", err)
	}
	if _, err := n.Withdraw(ctx, act(c), "test", "boiler", "twice", 7); !errors.Is(err, record.ErrConflict) {
		t.Errorf("withdrawn from another revision: %v", err)
	}
	if _, err := n.Withdraw(ctx, act(c), "test", "boiler", "booked twice", 1); err != nil {
		t.Error(err)
	}
	if _, err := n.Withdraw(ctx, act(c), "test", "boiler", "again", 2); !errors.Is(err, record.ErrConflict) {
		t.Errorf("withdrawn twice: %v", err)
	}
	declare(t, n, c, boiler("2"), 2) // it may come back
}

// An enterprise reports by its sector's method, and declares what only that knows.
func TestEnterpriseByItsMethod(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	coal := record.Activity{Park: "test", ID: "coal", Member: "mill", Kind: "fuel_combustion", Carrier: "anthracite", First: "2023-05-01", Last: "2023-06-30", Amount: "61", Unit: "t"}
	if _, err := n.Declare(ctx, act(c), coal); !errors.Is(err, accounting.ErrNoRule) {
		t.Errorf("before the mill has a method: %v", err)
	}
	if _, err := n.CompileEnterprise(ctx, "test", "mill", "2023-05", "", time.Time{}); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("no method yet: %v", err)
	}
	set := func(member string, year int64, ref string) error {
		_, err := n.SetMethod(ctx, act(c), "test", member, year, ref)
		return err
	}
	if err := set("mill", 2023, "astrology"); !errors.Is(err, method.ErrUnknown) {
		t.Errorf("%v", err)
	}
	if err := errors.Join(set("nobody", 2023, "ndrc-general-2015"), set("mill", 23, "ndrc-general-2015")); !errors.Is(err, accounting.ErrRecord) {
		t.Errorf("%v", err)
	}
	if err := set("mill", 2023, "ndrc-general-2015"); err != nil {
		t.Fatal(err)
	}
	declare(t, n, c, coal, 0)
	v, err := n.CompileEnterprise(ctx, "test", "mill", "2023-05", "", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	anthracite := func(parameter string) float64 {
		f, err := n.Factors.Lookup(factor.Query{Item: "anthracite", Parameter: parameter, Guideline: "ndrc_other", Policy: factor.LatestPublished})
		if err != nil {
			t.Fatal(err)
		}
		return f.Value
	}
	// 31 of 61 days; the oxidation rate is in percent
	want := 31 * anthracite("ncv") * anthracite("carbon_per_heat") * anthracite("oxidation_rate") / 100 * 44 / 12
	if math.Abs(v.Total("").Scope1-want) > 1e-9 || v.Method.Ref() != "ndrc-general-2015@1" || v.Total("").EstimatedShare == 0 {
		t.Errorf("%+v, want scope 1 of %v", v.Total(""), want)
	}
	if v.Total("").Scope2Location == 0 || v.Total("bakery").Intervals != 0 {
		t.Errorf("the mill's electricity: %+v", v.Totals)
	}
	park, err := n.Compile(ctx, "test", "2023-05", time.Time{})
	if err != nil || park.Total("mill").Scope1 != 0 || len(park.Declared) != 1 {
		t.Errorf("the park's method knows no coal: %v, %+v", err, park.Total("mill"))
	}
	if list, err := n.Methods(ctx, "test", time.Time{}); err != nil || len(list) != 1 || list[0].Member != "mill" {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := n.CompileEnterprise(ctx, "test", "mill", "yesterday", "", time.Time{}); !errors.Is(err, period.ErrSyntax) {
		t.Errorf("%v", err)
	}
}
