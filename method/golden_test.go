package method_test

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lingtan/accounting"
	"lingtan/accounting/casefile"
	"lingtan/method"
)

// golden is a folder test/golden/method-*: a case that was calculated by hand, and what
// the methods make of it.
type golden struct {
	folder    string
	expected  expected
	published []published
	reports   []casefile.Report
}

// expected is expected.json of a golden folder.
type expected struct {
	Tolerance float64 `json:"tolerance"` // relative
	Methods   map[string]struct {
		Totals  map[string]float64 `json:"totals"`  // scope1, scope2Location, scope2Market, scope3, apart
		Entries map[string]float64 `json:"entries"` // "record/rule" → emissions in the entry's unit
	} `json:"methods"` // by id@version
}

// published is a figure of somebody else that the entries of records have to meet
// together: published.json beside expected.json.
type published struct {
	Records   []string `json:"records"`
	Per       float64  `json:"per"` // the amount that the sum is divided by
	Value     float64  `json:"value"`
	Unit      string   `json:"unit"`
	Tolerance float64  `json:"tolerance"` // relative: what the source rounds
	Source    string   `json:"source"`
}

// goldens reads and accounts every folder test/golden/method-*, by name.
func goldens(t *testing.T) []golden {
	t.Helper()
	folders, err := filepath.Glob("../test/golden/method-*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("%d golden folders: %v", len(folders), err)
	}
	slices.Sort(folders)
	packs := map[string]method.Pack{}
	for _, p := range shipped(t) {
		packs[p.Ref()] = p
	}
	lib := library(t)
	var list []golden
	for _, f := range folders {
		g := golden{folder: filepath.Base(f)}
		data := file(t, filepath.Join(f, "expected.json"))
		if err := json.Unmarshal(data, &g.expected); err != nil || g.expected.Tolerance <= 0 {
			t.Fatalf("%s: tolerance %v: %v", g.folder, g.expected.Tolerance, err)
		}
		file(t, filepath.Join(f, "README.md"))
		if data, err := os.ReadFile(filepath.Join(f, "published.json")); err == nil {
			if err := json.Unmarshal(data, &g.published); err != nil {
				t.Fatalf("%s: %v", g.folder, err)
			}
		}
		c, err := casefile.Parse(file(t, filepath.Join(f, "input.json")))
		if err != nil {
			t.Fatalf("%s: %v", g.folder, err)
		}
		var by []method.Pack
		for _, ref := range c.Methods {
			by = append(by, packs[ref])
		}
		res := c.Account(by, lib)
		if err := res.Err(); err != nil {
			t.Errorf("%s: %v", g.folder, err)
		}
		g.reports = res.Methods
		list = append(list, g)
	}
	return list
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*math.Max(math.Abs(want), 1e-6)
}

// What was calculated by hand, and what others published, is what the packs make.
func TestGolden(t *testing.T) {
	for _, g := range goldens(t) {
		if len(g.reports) != len(g.expected.Methods) {
			t.Errorf("%s: %d methods, expected %d", g.folder, len(g.reports), len(g.expected.Methods))
		}
		for _, r := range g.reports {
			entries(t, g, r)
			totals(t, g, r)
		}
		for _, p := range g.published {
			if got := p.computed(g); !near(got, p.Value, p.Tolerance) {
				t.Errorf("%s: %s makes %v %s, published %v (%s)", g.folder, p.Records, got, p.Unit, p.Value, p.Source)
			}
		}
	}
}

// computed is the sum of the records' entries in the published unit; not a number where
// there is none.
func (p published) computed(g golden) float64 {
	sum, found := 0.0, 0
	for _, r := range g.reports {
		for _, e := range r.Entries {
			if slices.Contains(p.Records, e.Activity.Record) {
				sum, found = sum+e.Emissions, found+1
			}
		}
	}
	if found < len(p.Records) || found == 0 {
		return math.NaN()
	}
	return sum / p.Per
}

func entries(t *testing.T, g golden, r casefile.Report) {
	t.Helper()
	made := map[string]accounting.Entry{}
	for _, e := range r.Entries {
		made[e.ID] = e
	}
	want := g.expected.Methods[r.Method].Entries
	if len(made) != len(want) || len(want) == 0 {
		t.Errorf("%s: %s makes %d entries, expected %d", g.folder, r.Method, len(made), len(want))
	}
	for id, v := range want {
		if e, ok := made[id]; !ok || !near(e.Emissions, v, g.expected.Tolerance) {
			t.Errorf("%s: %s makes %v %s of %s, expected %v (%s)", g.folder, r.Method, e.Emissions, e.Unit, id, v, e.Expression)
		}
	}
}

func totals(t *testing.T, g golden, r casefile.Report) {
	t.Helper()
	made := map[string]float64{"scope1": r.Totals.Scope1, "scope2Location": r.Totals.Scope2Location, "scope2Market": r.Totals.Scope2Market, "scope3": r.Totals.Scope3, "apart": 0}
	for _, e := range r.Entries {
		if e.Apart != "" {
			made["apart"] += e.Emissions
		}
	}
	want := g.expected.Methods[r.Method].Totals
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got, known := made[name]; !known || !near(got, want[name], g.expected.Tolerance) {
			t.Errorf("%s: %s: %s is %v, expected %v", g.folder, r.Method, name, got, want[name])
		}
	}
}

// Every shipped pack has a golden folder.
func TestEveryPackHasAGolden(t *testing.T) {
	have := map[string]bool{"park-energy-cn@1": true} // held by the demo park's inventory
	for _, g := range goldens(t) {
		for ref := range g.expected.Methods {
			have[ref] = true
		}
	}
	for _, p := range shipped(t) {
		if !have[p.Ref()] {
			t.Errorf("%s has no folder test/golden/method-%s", p.Ref(), p.ID)
		}
	}
}
