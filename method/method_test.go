package method

import (
	"errors"
	"strings"
	"testing"
)

func TestShippedPacksAreSound(t *testing.T) {
	list, err := Shipped()
	if err != nil || len(list) == 0 {
		t.Fatalf("%d packs: %v", len(list), err)
	}
	for _, p := range list {
		if p.Hash == "" || p.Citation == "" || len(p.Rules) == 0 {
			t.Errorf("%+v", p)
		}
	}
}

func TestFind(t *testing.T) {
	if p, err := Find("park-energy-cn"); err != nil || p.Ref() != "park-energy-cn@1" {
		t.Errorf("%s: %v", p.Ref(), err)
	}
	if _, err := Find("park-energy-cn@9"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "park-energy-cn@1") {
		t.Errorf("got %v", err)
	}
}

const sound = "format: lingtan.method/v1\nid: m\nversion: \"1\"\nrules:\n  - {id: r, activity: a, scope: 2, basis: both, formula: activity_factor, unit: kWh, clause: c, factors: {ef: {parameter: p}}}\n"

func TestParseRefuses(t *testing.T) {
	if _, err := Parse([]byte(sound)); err != nil {
		t.Fatal(err)
	}
	refuses := func(old, bad string) {
		t.Helper()
		if _, err := Parse([]byte(strings.Replace(sound, old, bad, 1))); !errors.Is(err, ErrPack) {
			t.Errorf("%q for %q: %v", bad, old, err)
		}
	}
	refuses("lingtan.method/v1", "lingtan.method/v9")
	refuses("activity_factor", "eval")
	refuses("scope: 2", "scope: 4")
	refuses("basis: both", "basis: none")
	refuses("scope: 2, basis: both", "scope: 1, basis: location")
	refuses("scope: 2, basis: both", "scope: 3, basis: market")
	refuses("ef:", "gh:")
	refuses("unit: kWh", "unit: \"\"")
	refuses("rules:", "tariffs:")
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sound))
	f.Add([]byte("rules: [{}]"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		if p, err := Parse(data); err == nil && (p.ID == "" || p.Version == "") {
			panic("a pack without a name")
		}
	})
}
