package factor

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const ownHead = "id,name_en,category,item,parameter,guideline,value,unit,region,valid_from,valid_to,recorded_at,source\n"

func readOne(t testing.TB, line string) Factor {
	t.Helper()
	list, err := ReadCSV(strings.NewReader(ownHead + line))
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return list[0]
}

func TestReadRefuses(t *testing.T) {
	refuses := func(line, why string) {
		t.Helper()
		list, err := ReadCSV(strings.NewReader(ownHead + line))
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), why) || list != nil {
			t.Errorf("%q: %v %v, want ErrInvalid with %q", line, list, err, why)
		}
	}
	refuses("a,A,c,i,ncv,g,1,tC/GJ,CN,,,,s", "measured in GJ/t")
	refuses("a,A,c,i,ncv,g,1,GJ/furlong,CN,,,,s", "unknown unit")
	refuses("a,A,c,i,calorific,g,1,GJ/t,CN,,,,s", "parameter")
	refuses("a,A,c,i,co2_per_kwh,g,1,kgCO2e/kWh,CN,,,,s", "measured in kgCO2/kWh")
	refuses("a,A,c,i,ncv,g,,GJ/t,CN,,,,s", "decimal number")
	refuses("a,A,c,i,ncv,g,NaN,GJ/t,CN,,,,s", "decimal number")
	refuses("a,A,c,i,ncv,g,0x10p1,GJ/t,CN,,,,s", "decimal number")
	refuses("a,A,c,i,ncv,g,1e999,GJ/t,CN,,,,s", "decimal number")
	refuses("a,A,c,i,ncv,g,1,GJ/t,CN,2024,2023,,s", "before")
	refuses("a,A,c,i,ncv,g,1,GJ/t,CN,tomorrow,,,s", "not a date")
	refuses("a,A,c,i,ncv,g,1,GJ/t,CN,,,,", "source is empty")
	refuses("a@1,A,c,i,ncv,g,1,GJ/t,CN,,,,s", "neither spaces nor @")
	refuses("a,,c,i,ncv,g,1,GJ/t,CN,,,,s", "no name")
	refuses("a,A,c,i,ncv,g,1,GJ/t,CN,,,,s\nb,A,c,i,ncv,g,x,GJ/t,CN,,,,s", "line 3")
	for _, head := range []string{"", "id,colour\n", "id,id\n"} {
		if _, err := ReadCSV(strings.NewReader(head)); !errors.Is(err, ErrInvalid) {
			t.Errorf("header %q: %v", head, err)
		}
	}
	if _, err := ReadCSV(strings.NewReader("id,name_en,category,item,parameter,guideline,value,unit,region,source,grade\na,A,c,i,ncv,g,1,GJ/t,CN,s,C\n")); !errors.Is(err, ErrInvalid) {
		t.Errorf("grade C: %v", err)
	}
}

func TestYAMLAndCSVAgree(t *testing.T) {
	list, err := ReadYAML(strings.NewReader(`
factors:
  - id: own.steam
    name: {en: Steam}
    category: own_heat
    item: heat
    parameter: co2_per_gj
    guideline: supplier
    value: "0.0921"
    unit: tCO2/GJ
    region: 江苏
    valid_from: "2026"
    valid_to: "2026"
    source: report
`))
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	want := readOne(t, "own.steam,Steam,own_heat,heat,co2_per_gj,supplier,0.0921,tCO2/GJ,江苏,2026,2026,,report")
	if list[0] != want {
		t.Errorf("YAML gives %+v, CSV %+v", list[0], want)
	}
	if want.Grade != GradeOwn || !want.ValidTo.Equal(day("2027-01-01")) {
		t.Errorf("%+v", want)
	}
	if _, err := ReadYAML(strings.NewReader("factors:\n- {id: a, colour: red}\n")); !errors.Is(err, ErrInvalid) {
		t.Errorf("unknown field: %v", err)
	}
}

// A correction is a new version: what was known before is found as before.
func TestCorrectionKeepsTheOldVersion(t *testing.T) {
	l := builtin(t)
	old := readOne(t, "own.heat,Heat,own_heat,heat,co2_per_gj,supplier,0.09,tCO2/GJ,江苏,2026,2026,2027-02-10,report")
	fixed := readOne(t, "own.heat,Heat,own_heat,heat,co2_per_gj,supplier,0.095,tCO2/GJ,江苏,2026,2026,,corrected report")
	if err := l.Add(old); err != nil {
		t.Fatal(err)
	}
	if err := l.Add(fixed); !errors.Is(err, ErrConflict) {
		t.Errorf("a new version without a moment of recording: %v", err)
	}
	if err := l.Record(day("2027-06-01"), fixed); err != nil {
		t.Fatal(err)
	}
	if err := l.Record(day("2027-07-01"), fixed); err != nil {
		t.Errorf("the same content again is passed over: %v", err)
	}
	is := func(known string, want float64) {
		t.Helper()
		f, err := l.Lookup(Query{Category: "own_heat", At: day("2026-07-01"), AsKnownAt: day(known)})
		if want == 0 && errors.Is(err, ErrMissing) {
			return
		}
		if err != nil || f.Value != want {
			t.Errorf("known at %q: %v %v, want %v", known, f.Value, err, want)
		}
	}
	is("2027-02-09", 0)
	is("2027-02-10", 0.09)
	is("2027-05-31", 0.09)
	is("2027-06-01", 0.095)
	is("", 0.095)
	back, err := l.Get(old.ID, old.Version)
	if err != nil || back != old {
		t.Errorf("Get(%s) = %v, %v", old.Ref(), back, err)
	}
	if f, err := l.Get("own.heat", ""); err != nil || f.Value != 0.095 {
		t.Errorf("latest: %v %v", f, err)
	}
	if _, err := l.Get("own.heat", "2026-00000000"); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), old.Version) {
		t.Errorf("unknown version: %v", err)
	}
	other, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Get("own.heat", ""); !errors.Is(err, ErrMissing) {
		t.Errorf("libraries must not share what is added: %v", err)
	}
	if err := l.Add(Factor{ID: "forged", Version: "1"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a factor that was not read: %v", err)
	}
}

func TestVersionPinsTheContent(t *testing.T) {
	a := readOne(t, "x,A,c,i,ncv,g,1.5,GJ/t,CN,2024,,,s")
	if v := readOne(t, "x,B,c,i,ncv,g,1.50,GJ/t,CN,2024,,,better source").Version; v != a.Version {
		t.Errorf("a better name and source made version %s of %s", v, a.Version)
	}
	for _, line := range []string{
		"y,A,c,i,ncv,g,1.5,GJ/t,CN,2024,,,s", "x,A,c,i,ncv,g,1.51,GJ/t,CN,2024,,,s", "x,A,c,i,ncv,h,1.5,GJ/t,CN,2024,,,s",
		"x,A,c,i,ncv,g,1.5,MJ/kg,CN,2024,,,s", "x,A,c,i,ncv,g,1.5,GJ/t,江苏,2024,,,s", "x,A,c,i,ncv,g,1.5,GJ/t,CN,2024,2025,,s",
	} {
		if v := readOne(t, line).Version; v == a.Version {
			t.Errorf("%s has the version of other content", line)
		}
	}
}

// Whatever is added and asked, a found factor fits the question and was known.
func TestLookupProperties(t *testing.T) {
	shippedLibrary := builtin(t)
	rapid.Check(t, func(t *rapid.T) {
		q := Query{
			Category:  rapid.SampledFrom([]string{"grid_provincial", "grid_regional", "grid_average", "electricity_lca", "fuel_default"}).Draw(t, "category"),
			Item:      rapid.SampledFrom([]string{"", "electricity", "natural_gas", "avg"}).Draw(t, "item"),
			Parameter: rapid.SampledFrom([]string{"", "co2_per_kwh", "ncv"}).Draw(t, "parameter"),
			Regions:   rapid.SampledFrom([][]string{nil, {"江苏"}, {"西藏", "西南", "CN"}, {"CN"}}).Draw(t, "regions"),
			Policy:    rapid.SampledFrom([]Policy{Valid, LatestPublished, NearestYear}).Draw(t, "policy"),
			At:        time.Unix(rapid.Int64Range(1.2e9, 1.9e9).Draw(t, "at"), 0),
			AsKnownAt: time.Unix(rapid.Int64Range(1.2e9, 1.9e9).Draw(t, "known"), 0),
		}
		f, err := shippedLibrary.Lookup(q)
		if err != nil {
			if f != (Factor{}) || !errors.Is(err, ErrMissing) && !errors.Is(err, ErrAmbiguous) {
				t.Fatalf("%v with %v", err, f)
			}
			return
		}
		if !q.fits(f) || !f.knownAt(q.AsKnownAt) || q.Policy == Valid && !f.holdsAt(q.At) {
			t.Fatalf("%v answered by %v", q, f)
		}
		if q.Policy == LatestPublished {
			q.AsKnownAt = q.AsKnownAt.Add(time.Hour * 24 * 365)
			if later, err := shippedLibrary.Lookup(q); err == nil && later.Region == f.Region && later.ValidFrom.Before(f.ValidFrom) {
				t.Fatalf("knowing more gave an older year: %v then %v", f, later)
			}
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add(ownHead + "own.steam,Steam,own_heat,heat,co2_per_gj,supplier,0.0921,tCO2/GJ,江苏,2026,2026,,report\n")
	f.Add(ownHead + "a,A,c,i,ncv,g,-1e-300,TJ/Gg (= GJ/t),CN,2024-02-30,9999,0001-01-01T00:00:00Z,s\n")
	f.Add("\ufeffid\n\"")
	f.Fuzz(func(t *testing.T, s string) {
		checkRead(t, ReadCSV, s)
	})
}

func FuzzReadYAML(f *testing.F) {
	f.Add("factors:\n- {id: a, name: {zh: 甲}, category: c, item: i, parameter: ncv, guideline: g, value: \"1\", unit: GJ/t, region: CN, source: s}\n")
	f.Add("factors: [[")
	f.Add("a: &a [*a]")
	f.Fuzz(func(t *testing.T, s string) {
		checkRead(t, ReadYAML, s)
	})
}
