package inventory_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/proof"
	"lingtan/test/parktest"
	"lingtan/usage"
)

// works is a method of a sector: purchased electricity, a fuel by measured or printed
// numbers, carbon in products taken off, steam by its state, a gas, biogenic carbon apart.
const works = `
format: lingtan.method/v1
id: works
version: "1"
name: {zh: 工厂, en: works}
citation: test
rules:
  - {id: power, activity: purchased_electricity, scope: 2, basis: both, formula: activity_factor, unit: MWh, category: purchased_power, clause: "1",
     factors: {ef: {category: grid_average, parameter: co2_per_kwh, regions: [CN], policy: latest_published}}}
  - {id: coal, activity: coal, scope: 1, basis: both, formula: fuel_combustion, unit: t, category: fuel, clause: "2",
     factors: {ncv: {parameter: ncv, value: 20, unit: GJ/t, source: table 1, grade: B, alternatives: {wet: {parameter: ncv, value: 18, unit: GJ/t, source: table 2, grade: A}}},
       cc: {parameter: cc, unit: tC/GJ, given: must}, of: {parameter: of, value: 98, unit: "%", source: table 1, grade: A, given: never}}}
  - {id: product, activity: product, scope: 1, basis: both, formula: carbon_content, unit: t, sign: -1, category: process, clause: "3",
     factors: {cc: {parameter: cc, value: 0.05, unit: tC/t, source: table 3, grade: A}}}
  - {id: steam, activity: steam, scope: 2, basis: both, formula: steam, unit: t, category: purchased_heat, clause: "4",
     factors: {enthalpy: {parameter: enthalpy, unit: kJ/kg, given: must}, ef: {parameter: ef, value: 0.11, unit: tCO2/GJ, source: table 4, grade: A}}}
  - {id: leak, activity: leak, scope: 1, basis: both, formula: gas_release, unit: kg, gas: SF6, category: process, clause: "5",
     factors: {gwp: {item: SF6, parameter: gwp100, guideline: ar5, policy: latest_published}}}
  - {id: wood, activity: wood, scope: 1, basis: both, formula: activity_factor, unit: t, apart: biogenic, clause: "6",
     factors: {ef: {parameter: ef, value: 1.8, unit: tCO2/t, source: table 5, grade: A}}}
`

func sector(t testing.TB) method.Pack {
	t.Helper()
	p, err := method.Parse([]byte(works))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func record(id, organization, kind, unit string, amount float64, first, last string) accounting.Declared {
	return accounting.Declared{Revision: 1, First: first, Last: last, Activity: accounting.Activity{Record: id, Organization: organization, Place: accounting.Consumed, Kind: kind, Unit: unit,
		Amount: usage.Totals{Measured: amount}, Registers: []string{}, Evidence: "invoice " + id}}
}

func giving(d accounting.Declared, role string, g accounting.Given) accounting.Declared {
	d.Activity.Given = map[string]accounting.Given{role: g}
	return d
}

// declarations are records of the mill in May 2023.
func declarations() []accounting.Declared {
	coal := giving(record("coal", "mill", "coal", "t", 31, "2023-05-01", "2023-05-31"), "cc", accounting.Given{Value: 0.026, Unit: "tC/GJ", Source: "laboratory 7"})
	steam := giving(record("steam", "mill", "steam", "t", 310, "2023-05-01", "2023-05-31"), "enthalpy", accounting.Given{Pressure: 1, Source: "gauge"})
	return []accounting.Declared{steam, coal, record("product", "mill", "product", "t", 62, "2023-05-01", "2023-05-31"),
		record("leak", "mill", "leak", "kg", 3.1, "2023-05-01", "2023-05-31"), record("wood", "mill", "wood", "t", 31, "2023-05-01", "2023-05-31")}
}

func enterprise(t testing.TB, p *parktest.Park, text, organization string, pack method.Pack, declared ...accounting.Declared) (*inventory.Inventory, error) {
	t.Helper()
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return inventory.Compile(context.Background(), inventory.Inputs{ID: "test", Structure: p.Check(t).Document, Method: pack, Factors: lib, Usage: p, Period: text, AsKnownAt: asKnownAt.UnixMilli(),
		Declared: declared, Organization: organization})
}

func entryOf(t testing.TB, v *inventory.Inventory, record string) accounting.Entry {
	t.Helper()
	for _, e := range v.Entries {
		if e.Activity.Record == record {
			return e
		}
	}
	t.Fatalf("no entry of record %s; notes %v", record, v.Notes)
	return accounting.Entry{}
}

func noted(v *inventory.Inventory, text string) bool {
	for _, n := range v.Notes {
		if strings.Contains(n.EN, text) {
			return true
		}
	}
	return false
}

func millAndBakery() *parktest.Park {
	return parktest.New().Enterprise("mill").Enterprise("bakery").Settled("mill.kwh", day, 30, meter.Measured).Settled("bakery.kwh", day, 10, meter.Measured)
}

// One day of 31: coal 1 t × 20 GJ/t × 0.026 tC/GJ × 98 % × 44/12; product 2 t × 0.05 × 44/12
// taken off; steam 10 t of saturated steam at 1 MPa (2777.0 kJ/kg by table C.4 of
// GB/T 32151.34-2024) × 0.11; SF6 0.1 kg × 23500 (AR5); wood apart.
func TestAnEnterpriseByItsSectorsMethod(t *testing.T) {
	v, err := enterprise(t, millAndBakery(), day, "mill", sector(t), append(declarations(), record("other", "bakery", "coal", "t", 5, day, day))...)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "coal", entryOf(t, v, "coal").Emissions, 20*0.026*0.98*44/12)
	near(t, "product", entryOf(t, v, "product").Emissions, -2*0.05*44/12)
	near(t, "steam", entryOf(t, v, "steam").Emissions, 10*2.777*0.11)
	near(t, "leak", entryOf(t, v, "leak").Emissions, 0.1*23500/1000)
	total := v.Total("")
	near(t, "scope 1", total.Scope1, 20*0.026*0.98*44/12-2*0.05*44/12+2.35)
	if wood := entryOf(t, v, "wood"); wood.Apart != "biogenic" || wood.Emissions != 1.8 {
		t.Errorf("%+v", wood)
	}
	var power float64
	for _, e := range v.Entries {
		if e.Activity.Organization != "mill" {
			t.Errorf("an entry of %s", e.Activity.Organization)
		}
		if e.Rule == "power" {
			power += e.Data
		}
	}
	near(t, "electricity that the mill took", power, 2.88)
	if v.Engine != inventory.Engine || v.Organization != "mill" || len(v.Declared) != 5 || v.Declared[0].Activity.Record != "coal" || len(v.Totals) != 2 {
		t.Errorf("engine %s of %s, %d records, totals %+v", v.Engine, v.Organization, len(v.Declared), v.Totals)
	}
	if !noted(v, "Record coal is of 2023-05-01 to 2023-05-31, 31 days, of which 1 lie in the period: 1/31 of its amount is counted") {
		t.Errorf("notes %v", v.Notes)
	}
	if _, err := enterprise(t, millAndBakery(), day, "nobody", sector(t)); !errors.Is(err, inventory.ErrNoEntry) {
		t.Errorf("an organization that is not there: %v", err)
	}
	alone := parktest.New().Enterprise("mill")
	v, err = enterprise(t, alone, "2023-05", "mill", sector(t), declarations()...)
	if err != nil || v.Total("").Missing == 0 {
		t.Errorf("an enterprise that is not metered yet: %v", err)
	}
	if _, err := enterprise(t, alone, "2023-05", "mill", sector(t)); !errors.Is(err, inventory.ErrUnsettled) {
		t.Errorf("neither metered nor declared: %v", err)
	}
}

// What a sector's method has no rule for is told, and is in no total.
func TestWhatASectorsMethodDoesNotKnow(t *testing.T) {
	p := millAndBakery().PV().Gas("mill").Settled("pv.kwh", day, 8, meter.Measured).Settled("mill-gas.kwh", day, 2, meter.Measured)
	must := record("bare", "mill", "coal", "t", 1, day, day) // the carbon content must be given
	v, err := enterprise(t, p, day, "mill", sector(t), must)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"mill-use from pv", "mill-gas-use from mill-gas-supply", "record bare", "electricity of mill is not in standard coal"} {
		if !noted(v, text) {
			t.Errorf("no note of %s: %v", text, v.Notes)
		}
	}
}

// The park accounts what members declare by the park's method; the rest is noted.
func TestDeclaredInThePark(t *testing.T) {
	p := millAndBakery().Check(t)
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	pack, err := method.Find(p.Document.Park.Method)
	if err != nil {
		t.Fatal(err)
	}
	in := inventory.Inputs{ID: "test", Structure: p.Document, Method: pack, Factors: lib, Usage: p, Period: day, AsKnownAt: asKnownAt.UnixMilli()}
	before, err := inventory.Compile(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	gas := record("gas", "bakery", "natural_gas", "GJ", 389.31, day, day)
	gas.Activity.Carrier = "natural_gas"
	in.Declared = []accounting.Declared{gas, record("coal", "mill", "coal", "t", 5, day, day), record("later", "mill", "coal", "t", 5, "2023-06-01", "2023-06-30"),
		record("twice", "mill", "purchased_electricity", "kWh", 1000, day, day)}
	in.Declared[3].Activity.Carrier = "electricity"
	v, err := inventory.Compile(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "bakery's gas", v.Total("bakery").Scope1, 389.31*0.0153*0.99*44/12)
	near(t, "the park's total", v.Total("").Scope1, before.Total("").Scope1+v.Total("bakery").Scope1)
	if !noted(v, "record coal") || noted(v, "later") || len(v.Declared) != 3 || !noted(v, "both are counted") {
		t.Errorf("%d records, notes %v", len(v.Declared), v.Notes)
	}
	d := inventory.Compare(before, v)
	if !slices.Equal(d.Records, []string{"coal", "gas", "twice"}) || len(d.Entries) != 3 {
		t.Errorf("%+v", d)
	}
	if before.Engine != inventory.Engine || before.Declared != nil {
		t.Errorf("without records it is made by engine %s, with %v", before.Engine, before.Declared)
	}
	text, err := proof.Canonical(before)
	if err != nil || bytes.Contains(text, []byte(`"declared"`)) || bytes.Contains(text, []byte(`"organization":"",`+`"period"`)) {
		t.Errorf("the document without records has changed: %v", err)
	}
	in.Declared = append(in.Declared, gas)
	if _, err := inventory.Compile(context.Background(), in); err == nil {
		t.Error("one record was taken twice")
	}
}

// Records that straddle the period add up over its parts.
func TestPartsOfARecordAddUp(t *testing.T) {
	whole := record("wood", "mill", "wood", "t", 100, "2023-04-17", "2023-06-11")
	var sum float64
	for _, text := range []string{"2023-04", "2023-05", "2023-06"} {
		v, err := enterprise(t, parktest.New().Enterprise("mill"), text, "mill", sector(t), whole)
		if err != nil {
			t.Fatal(err)
		}
		sum += entryOf(t, v, "wood").Data
	}
	near(t, "three months", sum, 100)
}

func exportedEnterprise(t testing.TB) *evidence.Export {
	t.Helper()
	p := millAndBakery()
	v, err := enterprise(t, p, day, "mill", sector(t), declarations()...)
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

// An export carries the records, and every change to them is found.
func TestVerifyDeclared(t *testing.T) {
	x := exportedEnterprise(t)
	if _, err := evidence.Verify(context.Background(), x); err != nil {
		t.Fatal(err)
	}
	changed := func(name string, packed bool, change func(*inventory.Inventory)) {
		t.Helper()
		x := exportedEnterprise(t)
		if !packed {
			x.Evidence = nil
		}
		change(x.Inventory)
		y, err := evidence.NewExport(x.Inventory)
		if err != nil {
			t.Fatal(err)
		}
		x.Hash = y.Hash
		if _, err := evidence.Verify(context.Background(), x); !errors.Is(err, evidence.ErrDifferent) {
			t.Errorf("%s (evidence %v): %v", name, packed, err)
		}
	}
	entry := func(v *inventory.Inventory, record string) *accounting.Entry {
		i := slices.IndexFunc(v.Entries, func(e accounting.Entry) bool { return e.Activity.Record == record })
		return &v.Entries[i]
	}
	again := func(e *accounting.Entry) {
		if err := e.Evaluate(); err != nil {
			t.Fatal(err)
		}
	}
	changed("amount of a record", true, func(v *inventory.Inventory) { v.Declared[0].Activity.Amount.Measured /= 2 })
	changed("record left out", true, func(v *inventory.Inventory) { v.Declared = v.Declared[1:] })
	changed("another organization", true, func(v *inventory.Inventory) { v.Organization = "bakery" })
	changed("given value", false, func(v *inventory.Inventory) {
		e := entry(v, "coal")
		e.Factors[0].Value /= 2
		again(e)
	})
	changed("printed value", false, func(v *inventory.Inventory) {
		e := entry(v, "wood")
		e.Factors[0].Value /= 2
		again(e)
	})
	changed("enthalpy", false, func(v *inventory.Inventory) {
		e := entry(v, "steam")
		i := slices.IndexFunc(e.Factors, func(f accounting.Applied) bool { return f.Role == "enthalpy" })
		e.Factors[i].Value /= 2
		again(e)
	})
}

func TestExplainDeclared(t *testing.T) {
	x := exportedEnterprise(t)
	tree, err := inventory.Explain(context.Background(), x.Inventory, entryOf(t, x.Inventory, "coal").ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	var walk func(inventory.Explanation)
	walk = func(n inventory.Explanation) {
		lines = append(lines, n.Kind+" "+n.Ref+" "+n.Detail)
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(tree)
	text := strings.Join(lines, "\n")
	for _, want := range []string{"record coal@1 2023-05-01 to 2023-05-31", "invoice coal", "given cc laboratory 7", "equal to the last bit"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
