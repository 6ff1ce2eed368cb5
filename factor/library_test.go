package factor

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lingtan/quantity"
)

func builtin(t testing.TB) *Library {
	t.Helper()
	l, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func day(s string) time.Time {
	t, err := parseDate(s, false)
	if err != nil {
		panic(err)
	}
	return t
}

// Every shipped row parses, its unit has the dimension of its parameter, and no two rows answer
// the same question.
func TestShippedTables(t *testing.T) {
	list := builtin(t).List(Query{})
	if len(list) != 1307 {
		t.Errorf("%d factors, want 1307", len(list))
	}
	seen := map[string]string{}
	for _, f := range list {
		key := fmt.Sprint(f.Category, f.Item, f.Parameter, f.Guideline, f.Region, f.ValidFrom, f.ValidTo)
		if other, twice := seen[key]; twice {
			t.Errorf("%s and %s answer the same question", other, f.ID)
		}
		seen[key] = f.ID
		if f.Grade != GradeA && f.Grade != GradeB {
			t.Errorf("%s has grade %q", f.ID, f.Grade)
		}
		if f.Name.ZH == "" || f.Name.EN == "" {
			t.Errorf("%s lacks a name", f.ID)
		}
	}
}

func TestNoUnsourcedRowIsShipped(t *testing.T) {
	entries, err := fs.Glob(files, "data/*.csv")
	if err != nil || len(entries) != 12 {
		t.Fatal(entries, err)
	}
	for _, name := range entries {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			if strings.Contains(line, "own knowledge)") && strings.Contains(line, "not seen") || strings.Contains(line, ",C,") {
				t.Errorf("%s line %d was not read in any source: %s", name, i+1, line)
			}
		}
	}
	for _, id := range []string{"fuel.mee_power.coal.ncv_default", "proc.al.c2f6", "sc.lng", "ipcc.trap.cpcd.briquette", "grid.cn.reporting.0.5839"} {
		if f, err := builtin(t).Get(id, ""); !errors.Is(err, ErrMissing) {
			t.Errorf("%s must not be shipped: %v", id, f)
		}
	}
}

func TestGuidelinesStayApart(t *testing.T) {
	l := builtin(t)
	is := func(guideline, item, parameter string, want float64) {
		t.Helper()
		f, err := l.Lookup(Query{Item: item, Parameter: parameter, Guideline: guideline, Regions: []string{"CN"}, Policy: LatestPublished})
		if err != nil || f.Value != want {
			t.Errorf("%s %s by %s = %v, %v; want %v", item, parameter, guideline, f.Value, err, want)
		}
	}
	is("gbt32151_34", "lng", "ncv", 51.498)
	is("gbt32151_34", "lng", "carbon_per_heat", 0.0153)
	is("ndrc_2013_app", "lng", "ncv", 41.868)
	is("ndrc_2013_app", "lng", "carbon_per_heat", 0.0172)
	is("ndrc_other", "lng", "ncv", 41.868)
	is("ndrc_other", "lng", "carbon_per_heat", 0.0153)
	is("cement_power_app", "lng", "ncv", 51.498)
	is("cement_power_app", "lng", "carbon_per_heat", 0.0172)
	is("gbt32151_34", "anthracite", "ncv", 26.7)
	is("ndrc_2013_app", "anthracite", "ncv", 20.304)
	is("ndrc_other", "anthracite", "ncv", 24.515)
	is("cement_power_app", "anthracite", "ncv", 22.867)
	is("gbt32151_34", "cog", "ncv", 179.81)
	is("gbt32151_34", "cog", "carbon_per_heat", 0.01358)
	is("ndrc_2013_app", "cog", "ncv", 173.54)
	is("cement_power_app", "cog", "ncv", 173.854)
	is("gbt2589_2020", "fresh_water", "to_kgce", 0.2571)
	is("gbt2589_2008", "fresh_water_2008", "to_kgce", 0.0857)
	is("ndrc_steel", "dolomite", "co2_factor", 0.471)
	is("gbt32151_34", "CaMg(CO3)2", "co2_factor", 0.477)
	is("ndrc_aluminium", "anode", "anode", 0.42)
	is("mee_aluminium", "anode", "anode", 0.411)
	is("ndrc_910_2025", "core.small", "at_most", 0.2)

	_, err := l.Lookup(Query{Item: "lng", Parameter: "ncv", At: day("2026-01-01")})
	if !errors.Is(err, ErrAmbiguous) || !strings.Contains(err.Error(), "ndrc_other") || !strings.Contains(err.Error(), "gbt32151_34") {
		t.Errorf("without a guideline: %v", err)
	}
}

// Every derived row is NCV × carbon per heat × oxidation × 44/12 of its own guideline, and the
// units of the chain come out as the row's.
func TestDerivedRowsFollowFromTheirInputs(t *testing.T) {
	l := builtin(t)
	derived := l.List(Query{Category: "derived"})
	if len(derived) != 112 {
		t.Fatalf("%d derived rows, want 112", len(derived))
	}
	ratio := quantity.MustParse("tCO2/tC")
	for _, d := range derived {
		value, unit := quantity.CarbonToCO2, ratio
		for _, parameter := range []string{"ncv", "carbon_per_heat", "oxidation_rate"} {
			f, err := l.Get(strings.TrimSuffix(d.ID, "co2_per_unit")+parameter, "")
			if err != nil {
				t.Error(err)
				continue
			}
			value, unit = value*f.Value, unit.Mul(f.Unit)
		}
		got, err := quantity.Convert(value, unit, d.Unit)
		if err != nil || math.Abs(got-d.Value) > 1e-6 {
			t.Errorf("%s = %v, its inputs give %v %v", d.ID, d.Value, got, err)
		}
	}
}

func TestGridFactors(t *testing.T) {
	l := builtin(t)
	is := func(category, region, at string, want float64) {
		t.Helper()
		f, err := l.Lookup(Query{Category: category, Regions: []string{region}, At: day(at)})
		if err != nil || f.Value != want || f.Unit.String() != "kgCO2/kWh" {
			t.Errorf("%s %s at %s = %v %s, %v; want %v", category, region, at, f.Value, f.Unit, err, want)
		}
	}
	is("grid_provincial", "江苏", "2021-06-01", 0.6451)
	is("grid_provincial", "江苏", "2022-06-01", 0.5978)
	is("grid_provincial", "江苏", "2023-12-31", 0.5827)
	is("grid_average", "CN", "2021-01-01", 0.5568)
	is("grid_average", "CN", "2022-01-01", 0.5366)
	is("grid_average", "CN", "2023-01-01", 0.5306)
	is("grid_excl_market_nonfossil", "CN", "2021-01-01", 0.5942)
	is("grid_excl_market_nonfossil", "CN", "2022-01-01", 0.5856)
	is("grid_excl_market_nonfossil", "CN", "2023-01-01", 0.6096)
	is("grid_fossil", "CN", "2022-01-01", 0.8325)
	is("grid_regional", "华东", "2022-01-01", 0.5617)
	f, err := l.Lookup(Query{Category: "grid_reporting_constant", At: day("2022-06-01")})
	if err != nil || f.Value != 0.5703 || f.Grade != GradeB || f.Grade.Confirmed() || f.Grade.Label().ZH != "待核实" {
		t.Errorf("0.5703 is the reporting constant of 2022, to be confirmed: %v %v", f, err)
	}
	if _, err := l.Lookup(Query{Category: "grid_provincial", Regions: []string{"江苏"}, At: day("2024-01-01")}); !errors.Is(err, ErrMissing) {
		t.Errorf("there is no factor of 2024: %v", err)
	}
}

func TestLatestPublishedFollowsTheAnnouncements(t *testing.T) {
	l := builtin(t)
	is := func(known string, want float64) {
		t.Helper()
		q := Query{Category: "grid_provincial", Regions: []string{"江苏"}, Policy: LatestPublished, AsKnownAt: day(known)}
		f, err := l.Lookup(q)
		if want == 0 {
			if !errors.Is(err, ErrMissing) {
				t.Errorf("known at %s: %v %v, want nothing", known, f.Value, err)
			}
			return
		}
		if err != nil || f.Value != want {
			t.Errorf("known at %s: %v %v, want %v", known, f.Value, err, want)
		}
	}
	is("2024-04-11", 0)
	is("2024-04-12", 0.6451)
	is("2024-12-19", 0.6451)
	is("2024-12-20", 0.5978)
	is("2025-12-30", 0.5978)
	is("2025-12-31", 0.5827)
	is("", 0.5827)
	f, err := l.Lookup(Query{Category: "electricity_lca", Item: "avg", Policy: LatestPublished})
	if err != nil || f.Value != 0.5777 || f.Unit.String() != "kgCO2e/kWh" {
		t.Errorf("electricity footprint: %v %v", f, err)
	}
}

func TestNearestYear(t *testing.T) {
	l := builtin(t)
	is := func(at, known, want string) {
		t.Helper()
		f, err := l.Lookup(Query{Category: "grid_provincial", Regions: []string{"江苏"}, Policy: NearestYear, At: day(at), AsKnownAt: day(known)})
		if err != nil || f.ID != want {
			t.Errorf("nearest to %s known at %q: %s %v, want %s", at, known, f.ID, err, want)
		}
	}
	is("2018-02-15", "", "grid.prov.32.2021")
	is("2022-02-15", "", "grid.prov.32.2022")
	is("2026-02-15", "", "grid.prov.32.2023")
	is("2026-02-15", "2025-01-01", "grid.prov.32.2022")
}

func TestRegionsInOrderOfPreference(t *testing.T) {
	l := builtin(t)
	chain, err := RegionChain("西藏")
	if err != nil {
		t.Fatal(err)
	}
	// Tibet has no factor; its regional grid has.
	f, err := l.Lookup(Query{Item: "electricity", Parameter: "co2_per_kwh", Guideline: "mee_nbs", Regions: chain, At: day("2023-05-01")})
	if err != nil || f.ID != "grid.region.southwest.2023" {
		t.Errorf("西藏: %s %v", f.ID, err)
	}
	is := func(place, want string) {
		t.Helper()
		got, err := RegionChain(place)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("RegionChain(%q) = %v, %v; want %s", place, got, err, want)
		}
	}
	is("江苏", "江苏 华东 CN")
	is("江苏省", "江苏 华东 CN")
	is("Jiangsu", "江苏 华东 CN")
	is("320500", "江苏 华东 CN")
	is("北京市", "北京 华北 CN")
	is("广西壮族自治区", "广西 南方 CN")
	is("山东", "山东 华北 CN")
	is("内蒙古", "内蒙古 CN")
	is("蒙东", "蒙东 内蒙古 东北 CN")
	is("华东", "华东 CN")
	is("CN", "CN")
	for _, bad := range []string{"", "火星", "99", "3", "32050000"} {
		if c, err := RegionChain(bad); !errors.Is(err, ErrMissing) {
			t.Errorf("RegionChain(%q) = %v, %v", bad, c, err)
		}
	}
	// Every region of the tables has a chain.
	for _, f := range l.List(Query{}) {
		if _, err := RegionChain(f.Region); err != nil {
			t.Errorf("%s: %v", f.ID, err)
		}
	}
}

func TestGWPSets(t *testing.T) {
	l := builtin(t)
	is := func(set, gas string, want float64, unit string) {
		t.Helper()
		f, err := l.GWP(set, gas)
		if err != nil || f.Value != want || f.Unit.String() != unit {
			t.Errorf("GWP %s %s = %v %s, %v; want %v %s", set, gas, f.Value, f.Unit, err, want, unit)
		}
	}
	is("SAR", "CH4", 21, "kgCO2e/kgCH4")
	is("AR4", "CH4", 25, "kgCO2e/kgCH4")
	is("AR5", "CH4", 28, "kgCO2e/kgCH4")
	is("ar6", "CH4", 27.9, "kgCO2e/kgCH4")
	is("AR5", "N2O", 265, "kgCO2e/kgN2O")
	is("AR6", "N2O", 273, "kgCO2e/kgN2O")
	is("AR5", "CO2", 1, "kgCO2e/kgCO2")
	is("AR4", "SF6", 22800, "kgCO2e/kg")
	is("AR6", "HFC-134a", 1530, "kgCO2e/kg")
	is("AR6", "HFC-152a", 164, "kgCO2e/kg") // open code has 64
	if _, err := l.GWP("SAR", "NF3"); !errors.Is(err, ErrMissing) {
		t.Errorf("SAR has no NF3: %v", err)
	}
	if _, err := l.GWP("AR7", "CH4"); !errors.Is(err, ErrMissing) {
		t.Errorf("AR7: %v", err)
	}
}

func TestStandardCoal(t *testing.T) {
	l := builtin(t)
	is := func(item string, want float64, unit string) {
		t.Helper()
		f, err := l.StandardCoal(item)
		if err != nil || f.Value != want || f.Unit.String() != unit {
			t.Errorf("%s = %v %s, %v; want %v %s", item, f.Value, f.Unit, err, want, unit)
		}
	}
	is("electricity.equivalent", 0.1229, "kgce/kWh")
	is("heat.equivalent", 0.03412, "kgce/MJ")
	is("natural_gas_single", 1.33, "kgce/m3")
	is("diesel", 1.4571, "kgce/kg")
	if _, err := l.StandardCoal("lng"); !errors.Is(err, ErrMissing) {
		t.Errorf("LNG has no sourced coefficient: %v", err)
	}
}

func TestMissingNamesWhatIsNear(t *testing.T) {
	_, err := builtin(t).Lookup(Query{Category: "grid_provincial", Regions: []string{"江苏"}, At: day("2018-06-01")})
	if !errors.Is(err, ErrMissing) {
		t.Fatal(err)
	}
	for _, want := range []string{"grid_provincial", "江苏", "2018-06-01", "near: grid.prov."} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %q", err, want)
		}
	}
	for _, bad := range []Query{{}, {Item: "lng"}, {Item: "lng", Policy: "newest"}, {Item: "lng", Policy: NearestYear}} {
		if _, err := builtin(t).Lookup(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%v: %v, want ErrInvalid", bad, err)
		}
	}
}

func TestDocumentedColumnsAndParameters(t *testing.T) {
	doc, err := os.ReadFile("../docs/formats/factors.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range dimensions {
		if !strings.Contains(string(doc), "`"+name+"`") {
			t.Errorf("docs/formats/factors.md does not list the parameter %s", name)
		}
	}
}

func TestBuiltinLoadsFast(t *testing.T) {
	l := builtin(t)
	if n := len(l.List(Query{Category: "lca_transport"})); n != 54 {
		t.Errorf("%d transport footprints, want 54", n)
	}
	ids := l.List(Query{Item: "natural_gas", Parameter: "ncv"})
	if !slices.IsSortedFunc(ids, func(a, b Factor) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("List must be ordered by id")
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		for _, name := range tables {
			r, err := files.Open("data/" + name + ".csv")
			if err != nil {
				b.Fatal(err)
			}
			if _, err := ReadCSV(r); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	l := builtin(b)
	q := Query{Category: "grid_provincial", Parameter: "co2_per_kwh", Regions: []string{"江苏"}, Policy: LatestPublished}
	for b.Loop() {
		if _, err := l.Lookup(q); err != nil {
			b.Fatal(err)
		}
	}
}
