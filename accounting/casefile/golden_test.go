package casefile

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lingtan/factor"
	"lingtan/method"
)

// golden is expected.json of a published case; docs/formats/account.md.
type golden struct {
	Tolerance float64                 `json:"tolerance"` // relative; 0 = to the last bit
	Methods   map[string]goldenMethod `json:"methods"`
}

type goldenMethod struct {
	Totals  map[string]float64 `json:"totals"`  // scope1, scope2Location, scope2Market, scope3, apart
	Entries map[string]float64 `json:"entries"` // record/rule → emissions
}

// TestGoldens holds every case of test/golden in the format lingtan.account/v1 against
// its expected.json. A README.md says where the figures are from.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("../../test/golden/*/input.json")
	if err != nil {
		t.Fatal(err)
	}
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(data, []byte(`"`+Format+`"`)) {
			continue // a case of another engine
		}
		t.Run(filepath.Base(filepath.Dir(f)), func(t *testing.T) { holdGolden(t, filepath.Dir(f), data, lib) })
	}
}

func holdGolden(t *testing.T, dir string, data []byte, lib *factor.Library) {
	c, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	var packs []method.Pack
	for _, ref := range c.Methods {
		p, err := method.Find(ref)
		if err != nil {
			t.Fatal(err)
		}
		packs = append(packs, p)
	}
	res := c.Account(packs, lib)
	if err := res.Err(); err != nil {
		t.Error(err)
	}
	if readme, err := os.ReadFile(filepath.Join(dir, "README.md")); err != nil || len(readme) < 200 {
		t.Errorf("README.md with clause, source and tolerance: %v, %d bytes", err, len(readme))
	}
	text, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want golden
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	if want.Tolerance > 0.01 || len(want.Methods) != len(res.Methods) {
		t.Errorf("tolerance %v, at most 1 %%; %d methods expected of %d", want.Tolerance, len(want.Methods), len(res.Methods))
	}
	for _, m := range res.Methods {
		want.Methods[m.Method].hold(t, m, want.Tolerance)
	}
}

// hold compares what is expected with what was made; an entry that is not expected is a
// fault where entries are expected at all.
func (w goldenMethod) hold(t *testing.T, got Report, tolerance float64) {
	t.Helper()
	if len(w.Totals) == 0 || len(w.Entries) == 0 {
		t.Errorf("%s: totals and entries are expected", got.Method)
	}
	equal := func(what string, have, want float64) {
		t.Helper()
		if math.Abs(have-want) > tolerance*math.Abs(want) {
			t.Errorf("%s %s: %v, expected %v", got.Method, what, have, want)
		}
	}
	made := map[string]bool{}
	apart := 0.0
	for _, e := range got.Entries {
		made[e.ID] = true
		if e.Apart != "" {
			apart += e.Emissions
		}
		want, there := w.Entries[e.ID]
		if !there {
			t.Errorf("%s: entry %s of %v %s is not expected (%s)", got.Method, e.ID, e.Emissions, e.Unit, e.Expression)
			continue
		}
		equal(e.ID, e.Emissions, want)
	}
	for id := range w.Entries {
		if !made[id] {
			t.Errorf("%s: no entry %s", got.Method, id)
		}
	}
	totals := map[string]float64{"scope1": got.Totals.Scope1, "scope2Location": got.Totals.Scope2Location, "scope2Market": got.Totals.Scope2Market, "scope3": got.Totals.Scope3, "apart": apart}
	for name, want := range w.Totals {
		have, known := totals[name]
		if !known {
			t.Errorf("%s: unknown total %q; known: %s", got.Method, name, strings.Join([]string{"scope1", "scope2Location", "scope2Market", "scope3", "apart"}, ", "))
		}
		equal(name, have, want)
	}
}
