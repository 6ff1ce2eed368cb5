package flowfile

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const golden = "../../../test/golden/"

// expected is what a published case gives; what it does not name is not compared.
type expected struct {
	Tolerance float64                          `json:"tolerance"` // relative
	In        map[string]float64               `json:"in"`
	Out       map[string]float64               `json:"out"`
	Intensity map[string]map[string][]*float64 `json:"intensity"`
	Uses      map[string]map[string]float64    `json:"uses"`
	Lost      map[string]float64               `json:"lost"`
	Held      map[string]float64               `json:"held"`
	Owners    map[string]map[string]float64    `json:"owners"`
	Transfers map[string]float64               `json:"transfers"`
	Findings  []string                         `json:"findings"`
}

func (w expected) near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= w.Tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestGoldenCases(t *testing.T) {
	for _, name := range []string{"c08-ieee14", "c08-bialek4", "flow-multicarrier"} {
		t.Run(name, func(t *testing.T) { compare(t, name) })
	}
}

func compare(t *testing.T, name string) {
	data, err := os.ReadFile(filepath.Join(golden, name, "input.json"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(golden, name, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want expected
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	c, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Trace(2)
	if err != nil {
		t.Fatal(err)
	}
	if a.Gap > 1e-12 {
		t.Errorf("gap %v", a.Gap)
	}
	found := []string{}
	for _, f := range a.Findings {
		found = append(found, f.Kind+" "+f.Place)
	}
	if !slices.Equal(found, want.Findings) {
		t.Errorf("findings %q, want %q", found, want.Findings)
	}
	for k, x := range want.In {
		want.near(t, "in "+k, a.In.Carbon[k], x)
	}
	for k, x := range want.Out {
		want.near(t, "out "+k, a.Out.Carbon[k], x)
	}
	compareNodes(t, a, want)
	compareLines(t, a, want)
	compareOwners(t, a, want)
}

func compareNodes(t *testing.T, a *Answer, want expected) {
	seen := 0
	for _, n := range a.Nodes {
		for k, series := range want.Intensity[n.ID] {
			seen++
			compareSeries(t, n.ID+" "+k, n.Intensity[k], series, want)
		}
	}
	if seen != len(want.Intensity) {
		t.Errorf("%d nodes compared of %d", seen, len(want.Intensity))
	}
}

func compareSeries(t *testing.T, what string, got, series []*float64, want expected) {
	t.Helper()
	for i, x := range series {
		switch {
		case (got[i] == nil) != (x == nil):
			t.Errorf("%s[%d]: %v, want %v", what, i, got[i], x)
		case x != nil:
			want.near(t, what, *got[i], *x)
		}
	}
}

func compareLines(t *testing.T, a *Answer, want expected) {
	seen := 0
	for _, l := range a.Bookings {
		switch l.Kind {
		case "use", "export":
			for k, x := range want.Uses[l.ID] {
				want.near(t, l.ID+" "+k, l.Carbon[k], x)
			}
			if want.Uses[l.ID] != nil {
				seen++
			}
		case "loss":
			if x, ok := want.Lost[l.Place+" "+l.ID]; ok {
				seen++
				want.near(t, "lost at "+l.ID, l.Carbon["carbon"], x)
			}
		case "held":
			if x, ok := want.Held[l.ID]; ok {
				seen++
				want.near(t, "held by "+l.ID, l.Carbon["carbon"], x)
			}
		}
	}
	if seen != len(want.Uses)+len(want.Lost)+len(want.Held) {
		t.Errorf("%d lines compared of %d", seen, len(want.Uses)+len(want.Lost)+len(want.Held))
	}
}

func compareOwners(t *testing.T, a *Answer, want expected) {
	seen := 0
	for _, o := range a.Owners {
		for k, x := range want.Owners[o.Owner] {
			part := map[string]*sums{"used": o.Used, "lost": o.Lost, "exported": o.Exported, "stored": o.Stored, "direct": o.Direct}[k]
			want.near(t, o.Owner+" "+k, part.Carbon["carbon"], x)
		}
		if want.Owners[o.Owner] != nil {
			seen++
		}
	}
	for _, p := range a.Transfers {
		if x, ok := want.Transfers[p.From+" "+p.To+" "+p.Carrier]; ok {
			seen++
			want.near(t, p.From+" to "+p.To, p.Carbon["carbon"], x)
		}
	}
	if seen != len(want.Owners)+len(want.Transfers) {
		t.Errorf("%d owners and transfers compared of %d", seen, len(want.Owners)+len(want.Transfers))
	}
}

// small is a file of one bus, with a part of its text replaced.
func small(change ...string) []byte {
	text := `{"format": "lingtan.flow/v1", "intervals": 2, "footprints": ["co2"],
"nodes": [{"id": "bus", "carrier": "electricity"}, {"id": "hall", "carrier": "electricity"}, {"id": "hot", "carrier": "heat"}],
"edges": [{"id": "e", "from": "bus", "to": "hall", "sent": [4, null]}],
"sources": [{"id": "grid", "node": "bus", "amount": [9, 5], "factor": {"co2": 0.5}}],
"uses": [{"id": "u", "node": "hall", "owner": "a/b", "amount": [4, 0]}],
"converters": [{"id": "c", "allocation": "exergy", "ambient_c": 20, "inputs": [{"node": "bus", "amount": 5}], "outputs": [{"node": "hot", "amount": 5, "supply_c": 90}]}]}`
	return []byte(strings.NewReplacer(change...).Replace(text))
}

// A fault is told with its path.
func TestFaultsOfAFile(t *testing.T) {
	refused := func(path string, change ...string) {
		t.Helper()
		_, err := Parse(small(change...))
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v, want %s", change, err, path)
		}
	}
	if _, err := Parse(small()); err != nil {
		t.Fatal(err)
	}
	refused("format:", "flow/v1", "flow/v9")
	refused("intervals:", `"intervals": 2`, `"intervals": 0`)
	refused("edges[0].to: there is no node", `"to": "hall"`, `"to": "hell"`)
	refused("edges[0].sent: 3 values", "[4, null]", "[4, null, 1]")
	refused("nodes[1].id:", `"id": "hall"`, `"id": "bus"`)
	refused("nodes[2].carrier:", `"carrier": "heat"`, `"carrier": ""`)
	refused("sources[0].factor.co2: 0 values", `{"co2": 0.5}`, `{}`)
	refused("sources[0].factor: there is no footprint", `{"co2": 0.5}`, `{"co2": 0.5, "ch4": 1}`)
	refused("uses[0].owner:", `"a/b"`, `"a//b"`)
	refused("converters[0].ambient_c:", `"ambient_c": 20,`, "")
	refused("converters[0].outputs[0].supply_c:", `, "supply_c": 90`, "")
	refused("converters[0].outputs[0].share:", `"exergy"`, `"ratio"`)
	refused("converters[0]", `"exergy"`, `"luck"`)
	refused("edges[0]", `"to": "hall"`, `"to": "hot"`)
	refused("edges[0].sent: a number", `"sent": [4, null]`, `"sent": "much"`)
	refused("edges[0].sent: a number", `"sent": [4, null]`, `"sent": [4, "much"]`)
	refused("line 3: ", `"to": "hall"`, `"to": 7`)
	refused("line 3: ", `"sent": [4, null]`, `"send": 4`)
	refused("line 6: more text", `"supply_c": 90}]}]}`, `"supply_c": 90}]}]} {}`)
	refused("footprints: none", `["co2"]`, `[]`)
}

// Whatever the text, reading it ends without a panic, and what is taken is traced without
// NaN.
func FuzzParse(f *testing.F) {
	f.Add(small())
	for _, name := range []string{"c08-ieee14", "c08-bialek4", "flow-multicarrier"} {
		data, err := os.ReadFile(filepath.Join(golden, name, "input.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(small("[9, 5]", "[-1e300, null]"))
	f.Add(small("[4, 0]", "[1e15, 1e15]", "0.5", "1e9"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err != nil || c.Intervals > 1000 || len(data) > 1<<16 {
			return
		}
		a, err := c.Trace(1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(a); err != nil { // refuses NaN and infinity
			t.Fatal(err)
		}
	})
}
