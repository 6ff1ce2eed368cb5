package consolidation_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"lingtan/inventory/consolidation"
)

// A fault is told with its path.
func TestFaults(t *testing.T) {
	_, data := steamPark(t)
	fault := func(old, with, want string) {
		t.Helper()
		if !strings.Contains(string(data), old) {
			t.Fatalf("%q is not in the file", old)
		}
		_, err := consolidation.Parse([]byte(strings.Replace(string(data), old, with, 1)))
		if !errors.Is(err, consolidation.ErrCase) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q for %q: %v, want %q", with, old, err, want)
		}
	}
	fault("lingtan.consolidation/v1", "lingtan.consolidation/v9", "this version reads")
	fault(`"title"`, `"titel"`, "titel")
	fault(`"level": "province"`, `"level": "planet"`, "places[0].level")
	fault(`"path": "/江苏/steam-park/dye"`, `"path": "江苏/dye"`, "places[3].path")
	fault(`"path": "/江苏/steam-park/dye"`, `"path": "/江苏/steam-park/heat"`, "stands twice")
	fault(`"id": "dye-steam"`, `"id": "heat-coal"`, "is an entry of /江苏/steam-park/heat")
	fault(`"scope": 2`, `"scope": 3`, "entries[1].scope")
	fault(`"basis": "both"`, `"basis": "all"`, "entries[0].basis")
	fault(`"emissions": 12000`, `"emissions": 1e16`, "entries[0].emissions")
	fault(`"place": "/江苏/steam-park/dye"`, `"place": "/江苏/steam-park/ink"`, "sources[1].place")
	fault(`"treatment": "kept"`, `"treatment": "hidden"`, "transfers[0].treatment")
	fault(`"share": 0.4166666666666667`, `"share": 1.1`, "transfers[0].supplier[0].share")
	fault(`{"entry": "dye-steam"}`, `{"entry": "food-steam"}`, "transfers[0].buyer[0].entry")
	fault(`{"entry": "food-power-market"}`, `{"entry": "food-steam"}`, "transfers[3].buyer[1].share")
	fault(`"amount": 50000`, `"amount": -1`, "not below zero")
	fault(`, "supplier": [{"entry": "heat-sold-paper"}]`, ``, "transfers[1].supplier")
	fault(`"to": "/江苏/steam-park/dye"`, `"to": "/江苏/steam-park/heat"`, "hands to itself")
	if _, err := consolidation.Parse(append(data, "{}"...)); !errors.Is(err, consolidation.ErrCase) {
		t.Error(err)
	}
	if _, err := consolidation.Parse(make([]byte, consolidation.MaxBytes+1)); !errors.Is(err, consolidation.ErrCase) {
		t.Error(err)
	}
}

// The example of docs/formats/consolidation.md, with the figures that the page tells.
func TestDocumentedExample(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/consolidation.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "<!-- example -->\n```json\n")
	text, _, found := strings.Cut(text, "```")
	if !found {
		t.Fatal("no example in the page")
	}
	c, err := consolidation.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v := consolidated(t, c).Views[0]
	near(t, "reported", v.Reported.Total, tonnes{Location: 144, Market: 144})
	near(t, "eliminated", v.Eliminated.Total, tonnes{Location: 44, Market: 44})
	near(t, "consolidated", v.Consolidated.Total, tonnes{Location: 100, Market: 100})
	if !*v.Closes {
		t.Errorf("residual %v", *v.Residual)
	}
}

// What is read is consolidated without a fault into finite figures, and read again from
// what is written.
func FuzzParse(f *testing.F) {
	_, data := steamPark(f)
	f.Add(data)
	f.Add([]byte(`{"format":"lingtan.consolidation/v1","period":"2023","places":[{"path":"/a","level":"park","name":{"en":"a","zh":""},"entries":[{"id":"e","scope":1,"basis":"both","emissions":1}]},
{"path":"/a/b","level":"enterprise","name":{"zh":"乙","en":""}}],"transfers":[{"id":"t","from":"/a","to":"/a/b","carrier":"steam","amount":1,"unit":"GJ","carbon":{"location":1,"market":1},"treatment":"left_out"},
{"id":"u","from":"/a/b","to":"/a","carrier":"steam","amount":1,"unit":"GJ","carbon":{"location":1,"market":1},"treatment":"left_out"}]}`))
	f.Add([]byte(`{"format":"lingtan.consolidation/v1","places":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := consolidation.Parse(data)
		if err != nil {
			if !errors.Is(err, consolidation.ErrCase) {
				t.Fatal(err)
			}
			return
		}
		r, err := consolidation.Consolidate(c)
		if errors.Is(err, consolidation.ErrCase) {
			return // figures too far apart
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range r.Views {
			if x := v.Reported.Total; math.IsNaN(x.Location) || math.IsInf(x.Market, 0) {
				t.Fatalf("%s: %v", v.Path, x)
			}
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := consolidation.Parse(again); err != nil {
			t.Fatalf("%v in %s", err, again)
		}
	})
}
