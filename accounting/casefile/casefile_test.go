package casefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/method"
)

func example(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("../../examples/account.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func pack(t testing.TB, ref string) method.Pack {
	t.Helper()
	p, err := method.Find(ref)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func library(t testing.TB) *factor.Library {
	t.Helper()
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

func TestFaultsNameLineAndPath(t *testing.T) {
	text := example(t)
	refused := func(old, new, where string) {
		t.Helper()
		if !strings.Contains(text, old) {
			t.Fatalf("the example has no %q", old)
		}
		c, err := Parse([]byte(strings.Replace(text, old, new, 1)))
		if !errors.Is(err, ErrCase) || c != nil || !strings.Contains(err.Error(), where) {
			t.Errorf("%q in place of %q: %v; want %q", new, old, err, where)
		}
	}
	refused(`"title"`, `"titel"`, `3:3 titel: unknown key "titel"`)
	refused(`"title"`, `"Title"`, "unknown key")
	refused(`"region": "江苏"`, `"title": "again"`, "5:3 title: the key stands twice")
	refused(`account/v1`, `account/v2`, "2:13 format")
	refused(`"2023"`, `"2023-13"`, "6:13 period")
	refused(`"2023"`, `2023`, "6:13 period: a number where a text belongs")
	refused(`"2026-03-01"`, `"yesterday"`, "asKnownAt")
	refused(`"江苏"`, `""`, "region: empty")
	refused(`["park-energy-cn@1"]`, `[]`, "methods: 0 methods")
	refused(`["park-energy-cn@1"]`, `["a","a"]`, "methods[1]")
	refused(`["park-energy-cn@1"]`, `"a"`, "a text where a list belongs")
	refused(`"region"`, `"gwp": "AR7", "region"`, "gwp")
	refused(`"region"`, `"zone": "Asia/Atlantis", "region"`, "zone")
	refused(`"region"`, `"zone": "Local", "region"`, "zone")
	refused(`"id": "mill"`, `"id": "a b"`, "organizations[0].id")
	refused(`"organization": "mill"`, `"organization": "works"`, `activities[0].organization: "works" is none`)
	refused(`"id": "gas-2023"`, `"id": "grid-2023"`, `activities[1].id: "grid-2023" is there twice`)
	refused(`1250000`, `-1`, "activities[0].amount: -1 is below zero")
	refused(`1250000`, `1e999`, "too large")
	refused(`1250000`, `null`, "null")
	refused(`1250000`, `true`, "true and false")
	refused(`1250000`, `"1250000"`, "a text where a number belongs")
	refused(`1250000`, `NaN`, "invalid character")
	refused(`"kWh"`, `"kwx"`, `10:`)
	refused(`"kind": "natural_gas"`, `"kind": ""`, "activities[1].kind")
	refused(`"source": "laboratory report 2023-117"`, `"source": ""`, "activities[1].given.cc: no source")
	refused(`"source": "laboratory report 2023-117"`, `"source": "a", "uncertainty": 11`, "activities[1].given.cc.uncertainty")
	refused(`"evidence": "invoices 2023-01 to 2023-12"`, `"evidence": "`+strings.Repeat("证", maxText+1)+`"`, "activities[0].evidence")
	refused(`"given": {`, `"given": {"x": [[[[[[[[[[[[[[]]]]]]]]]]]]]], `, "deeper")
	for _, bad := range []string{"", "[]", "{", "null", text + "{}", text[:len(text)/2], "\xff"} {
		if _, err := Parse([]byte(bad)); !errors.Is(err, ErrCase) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	if _, err := Parse(bytes.Repeat([]byte(" "), MaxSize+1)); !errors.Is(err, ErrCase) {
		t.Error("a file that is too large was read")
	}
}

func TestAccountOfACase(t *testing.T) {
	c, err := Parse([]byte(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	res := c.Account([]method.Pack{pack(t, "park-energy-cn@1")}, library(t))
	if err := res.Err(); err != nil {
		t.Fatal(err)
	}
	m := res.Methods[0]
	if math.Abs(m.Totals.Scope1-3893.1*0.0154*0.99*44/12) > 1e-9 || math.Abs(m.Totals.Scope2Location-728.375) > 1e-9 || math.Abs(m.Totals.Scope2Market-762) > 1e-9 {
		t.Errorf("%+v", m.Totals)
	}
	if m.Organizations["mill"] != m.Totals || len(m.Sums) != 3 {
		t.Errorf("%+v, %+v", m.Organizations, m.Sums)
	}
	kinds := map[string]int{}
	for _, n := range m.Notes {
		kinds[n.Kind]++
	}
	if kinds["given"] != 1 || kinds["method"] != 2 {
		t.Errorf("notes %+v", m.Notes)
	}
	again, err := json.Marshal(c.Account([]method.Pack{pack(t, "park-energy-cn@1")}, library(t)))
	first, err2 := json.Marshal(res)
	if err != nil || err2 != nil || !bytes.Equal(first, again) {
		t.Error("the same case gives other bytes")
	}
}

// By two methods side by side: what only one knows is told, and leaves the result whole.
func TestTwoMethods(t *testing.T) {
	c, err := Parse([]byte(strings.Replace(example(t), `["park-energy-cn@1"]`, `["park-energy-cn@1", "flat"]`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	flat, err := method.Parse([]byte(`{format: lingtan.method/v1, id: flat, version: "1", rules: [{id: r, activity: purchased_electricity, scope: 2, basis: both, formula: activity_factor, unit: kWh, clause: "1",
  factors: {ef: {parameter: ef, value: 1, unit: kgCO2/kWh, source: a, grade: B}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	res := c.Account([]method.Pack{pack(t, "park-energy-cn@1"), flat}, library(t))
	if err := res.Err(); err != nil {
		t.Error(err)
	}
	m := res.Methods[1]
	if len(m.Refused) != 1 || !m.Refused[0].NoRule || m.Totals.Scope2Location != 1250 || m.Totals.Scope2Market != 1250 || m.Notes[0].Kind != "unconfirmed" {
		t.Errorf("%+v", m)
	}
	if err := c.Account([]method.Pack{flat}, library(t)).Err(); !errors.Is(err, accounting.ErrNoRule) {
		t.Errorf("by the one that does not know it alone: %v", err)
	}
}

// FuzzParse: whatever comes, it is refused with its place or accounted without a panic,
// and no figure is NaN or infinite.
func FuzzParse(f *testing.F) {
	f.Add([]byte(example(f)))
	f.Add([]byte(strings.Replace(example(f), `"value": 0.0154, "unit": "tC/GJ"`, `"pressure": 1`, 1)))
	f.Add([]byte(strings.Replace(example(f), `1250000`, `1e308`, 1)))
	f.Add([]byte(`{"format":"lingtan.account/v1","activities":[{"given":{"":{}}}]}`))
	packs := []method.Pack{pack(f, "park-energy-cn@1")}
	lib := library(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrCase) {
				t.Errorf("%v", err)
			}
			return
		}
		for _, e := range c.Account(packs, lib).Methods[0].Entries {
			if math.IsNaN(e.Emissions) || math.IsInf(e.Emissions, 0) {
				t.Errorf("%s: %v", e.ID, e.Emissions)
			}
		}
	})
}
