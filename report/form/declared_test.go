package form

import (
	"context"
	"math"
	"strings"
	"testing"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/test/parktest"
	"lingtan/usage"
)

// declared is a record of the mill for a month.
func declared(id, kind, carrier, unit string, amount float64) accounting.Declared {
	return accounting.Declared{Revision: 1, First: "2023-05-01", Last: "2023-05-31", Activity: accounting.Activity{Record: id, Organization: "mill", Place: accounting.Consumed, Kind: kind, Carrier: carrier, Unit: unit,
		Amount: usage.Totals{Measured: amount}, Registers: []string{}, Evidence: "invoice " + id}}
}

// enterprise is the inventory of the mill alone, by a method, with declared records.
func enterprise(t *testing.T, ref string, records ...accounting.Declared) *evidence.Export {
	t.Helper()
	pack, err := method.Find(ref)
	if err != nil {
		t.Fatal(err)
	}
	library, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p := parktest.New().Enterprise("mill").Enterprise("bakery").Settled("mill.kwh", "2023-05-02", 30, meter.Measured).Settled("bakery.kwh", "2023-05-02", 10, meter.Measured).Check(t)
	v, err := inventory.Compile(context.Background(), inventory.Inputs{ID: "mill-2023-05", Structure: p.Document, Method: pack, Factors: library, Usage: p, Period: "2023-05", AsKnownAt: 1767225600000, Declared: records, Organization: "mill"})
	if err != nil {
		t.Fatal(err)
	}
	x, err := evidence.NewExport(v)
	if err != nil {
		t.Fatal(err)
	}
	if x.Evidence, err = evidence.Pack(context.Background(), v, p); err != nil {
		t.Fatal(err)
	}
	return x
}

// An enterprise that declares coal and wood: coal is in the totals of every form, wood in
// none and told apart; the forms verify, and the MRV table shows the values that the coal's
// formula took.
func TestDeclaredFuelsByForm(t *testing.T) {
	x := enterprise(t, "ghg-protocol-corporate", declared("coal", "fuel_combustion", "anthracite", "t", 31), declared("wood", "biomass_combustion", "wood", "GJ", 100))
	total := x.Inventory.Total("")
	if total.Scope1 <= 0 || len(x.Inventory.Entries) < 3 {
		t.Fatalf("%+v of %d entries; notes %v", total, len(x.Inventory.Entries), x.Inventory.Notes)
	}
	report := func(id string) *Report {
		t.Helper()
		r, err := Build(id, x, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(context.Background(), r, nil); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		return r
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	for _, id := range []string{"gbt32150", "iso14064-1", "ghg-protocol", "park-inventory"} {
		apart := report(id).table(t, "apart")
		if len(apart.Rows) != 1 || !strings.HasPrefix(apart.Rows[0].Cells[0].shown("en"), "biogenic") || *apart.Rows[0].Cells[3].Value <= 0 {
			t.Errorf("%s tells apart %+v", id, apart.Rows)
		}
	}
	near("gbt32150", report("gbt32150").table(t, "emissions").figure(t, "Total", "emissions"), total.Scope1+total.Scope2Location)
	near("iso14064-1", report("iso14064-1").table(t, "categories").figure(t, isoCategories[0].EN, "emissions"), total.Scope1)
	fuels := report("ets-mrv").table(t, "fuels")
	near("ets-mrv", fuels.figure(t, "Total", "emissions"), total.Scope1)
	near("coal", fuels.figure(t, "mill", "data"), 31)
	if e := fuels.Rows[0]; e.Cells[2].Code != "2023-05-01" || !strings.Contains(e.Cells[12].Code, "invoice coal") {
		t.Errorf("the coal's record: %+v", e)
	}
	near("coal's formula", fuels.figure(t, "mill", "data")*fuels.figure(t, "mill", "ncv")*fuels.figure(t, "mill", "cc")*fuels.figure(t, "mill", "of")/100*44/12, fuels.figure(t, "mill", "emissions"))
}

// The categories of the GHG Protocol's scope 3 go to the six of ISO 14064-1.
func TestISOCategories(t *testing.T) {
	is := func(scope int, category string, want int) {
		t.Helper()
		if got := isoOf(accounting.Entry{Scope: scope, Category: category}); got != want {
			t.Errorf("scope %d, %q is category %d, want %d", scope, category, got, want)
		}
	}
	is(1, "fuel", 1)
	is(2, "purchased_power", 2)
	is(3, "3.4", 3)
	is(3, "3.6", 3)
	is(3, "3.1", 4)
	is(3, "3.11", 5)
	is(3, "3.15", 5)
	is(3, "elsewhere", 6)
	is(3, "5", 5) // a method of the standard names its own
	is(1, "1", 1)
}
