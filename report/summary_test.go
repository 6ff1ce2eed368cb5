package report

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
)

func TestSummaryAgreesWithTheInventory(t *testing.T) {
	x := compiled(t, nil)
	v := x.Inventory
	s := Summarize(x)
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	var coal, location, market float64
	for _, c := range s.Energy.ByCarrier {
		coal += c.StandardCoal
		var amount float64
		for _, o := range s.Energy.ByOrganization {
			if o.Carrier == c.Carrier {
				amount += o.Amount
			}
		}
		near(c.Carrier, c.Amount, amount)
	}
	near("tce", coal, v.Total("").StandardCoal)
	for _, o := range s.Emissions.ByOrganization {
		location += o.TotalLocation
		market += o.TotalMarket
	}
	near("location", location, s.Emissions.TotalLocation)
	near("market", market, s.Emissions.TotalMarket)
	near("location total", s.Emissions.TotalLocation, v.Total("").Scope1+v.Total("").Scope2Location)
	near("shares", s.Quality.MeasuredShare+s.Quality.EstimatedShare+s.Quality.EditedShare, 1)
	if len(s.Inventory.Entries) != len(v.Entries) || s.Inventory.Entries[0] != v.Entries[0].ID || s.Inventory.Hash != x.Hash || s.Inventory.Root != v.Root {
		t.Errorf("the reference is wrong: %+v", s.Inventory)
	}
	for _, p := range s.Energy.ByPoint {
		near(p.Register, p.Amount, p.Measured+p.Estimated+p.Edited)
		if p.Organization == "" || p.Carrier == "" || p.Readings != 31*96 {
			t.Errorf("point %+v", p)
		}
		if want := map[string]int{"gas.heat": 8}[p.Register]; p.Missing != want {
			t.Errorf("%s misses %d intervals, want %d", p.Register, p.Missing, want)
		}
	}
}

// The keys that scripts read stay where they are.
func TestSummaryJSON(t *testing.T) {
	b, err := json.Marshal(Summarize(compiled(t, nil)))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	has := func(path ...string) {
		t.Helper()
		var at any = m
		for _, k := range path {
			if list, ok := at.([]any); ok && len(list) > 0 {
				at = list[0]
			}
			o, _ := at.(map[string]any)
			if _, ok := o[k]; !ok {
				t.Errorf("no %q of %v in %v", k, path, o)
				return
			}
			at = o[k]
		}
	}
	has("park")
	has("period")
	for _, k := range []string{"carrier", "unit", "amount", "tce"} {
		has("energy", "byCarrier", k)
		has("energy", "byOrganization", k)
	}
	for _, k := range []string{"register", "organization", "carrier", "unit", "amount", "measured", "estimated", "edited", "missingIntervals", "readings"} {
		has("energy", "byPoint", k)
	}
	for _, k := range []string{"unit", "scope1", "scope2Location", "scope2Market", "totalLocation", "totalMarket"} {
		has("emissions", k)
	}
	has("emissions", "byOrganization", "totalMarket")
	for _, k := range []string{"measuredShare", "estimatedShare", "editedShare", "missingIntervals", "intervals"} {
		has("quality", k)
	}
	has("consolidation", "difference")
	for _, k := range []string{"id", "state", "hash", "root", "entries"} {
		has("inventory", k)
	}
}

func TestTextSummary(t *testing.T) {
	x := compiled(t, nil)
	s := Summarize(x)
	written := func(lang string, parts ...string) {
		t.Helper()
		var b bytes.Buffer
		if err := TextSummary(&b, s, lang); err != nil {
			t.Fatal(err)
		}
		contains(t, b.String(), x.Hash, "mill.kwh", grouped(s.Emissions.TotalLocation, 3), grouped(s.Energy.ByCarrier[0].Amount, 3))
		contains(t, b.String(), parts...)
	}
	written("zh", "西湖园区", "真实读数，组合园区", "天然气", "已关账")
	written("en", "West Lake park", "Real readings, assembled park", "Natural gas", "closed")
	written("both", "面粉厂 Flour mill")
}
