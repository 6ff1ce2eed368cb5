package consolidation_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lingtan/inventory/consolidation"
)

const golden = "../../test/golden/consolidation-steam-park"

func steamPark(t testing.TB) (*consolidation.Case, []byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(golden, "input.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := consolidation.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return c, data
}

func near(t testing.TB, what string, got, want tonnes) {
	t.Helper()
	if !close9(got, want, math.Abs(want.Location)) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// The figures worked by hand in the golden's README.
func TestSteamPark(t *testing.T) {
	c, _ := steamPark(t)
	var want struct {
		Views     map[string]struct{ Reported, Eliminated, Consolidated, Sources tonnes }
		Countings map[string]struct {
			Kind                     consolidation.Kind
			Given, Taken, Eliminated tonnes
		}
	}
	data, err := os.ReadFile(filepath.Join(golden, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	r := consolidated(t, c)
	if len(r.Views) != len(want.Views) || len(r.Countings) != len(want.Countings) {
		t.Fatalf("%d views, %d countings", len(r.Views), len(r.Countings))
	}
	for _, v := range r.Views {
		w := want.Views[v.Path]
		near(t, v.Path+" reported", v.Reported.Total, w.Reported)
		near(t, v.Path+" eliminated", v.Eliminated.Total, w.Eliminated)
		near(t, v.Path+" consolidated", v.Consolidated.Total, w.Consolidated)
		near(t, v.Path+" sources", *v.Sources, w.Sources)
		if !*v.Closes {
			t.Errorf("%s: residual %v", v.Path, *v.Residual)
		}
	}
	for _, k := range r.Countings {
		w := want.Countings[k.Transfer]
		if k.Kind != w.Kind {
			t.Errorf("%s is counted %q, want %q", k.Transfer, k.Kind, w.Kind)
		}
		near(t, k.Transfer+" given", k.Given.Tonnes, w.Given)
		near(t, k.Transfer+" taken", k.Taken.Tonnes, w.Taken)
		near(t, k.Transfer+" eliminated", k.Eliminated, w.Eliminated)
	}
}

// A counting says in which scope and entries of both the carbon stands.
func TestDoubleCountingIsShown(t *testing.T) {
	c, _ := steamPark(t)
	r := consolidated(t, c)
	i := slices.IndexFunc(r.Countings, func(k consolidation.Counting) bool { return k.Transfer == "heat-dye" })
	k := r.Countings[i]
	if !slices.Equal(k.Given.Scopes, []int{1}) || !slices.Equal(k.Taken.Scopes, []int{2}) || !slices.Equal(k.Given.Entries, []string{"heat-coal"}) ||
		!slices.Equal(k.Taken.Entries, []string{"dye-steam"}) || k.At != "/江苏/steam-park" {
		t.Errorf("%+v", k)
	}
}

// A residual is told where entries and sources differ.
func TestResidualIsTold(t *testing.T) {
	c, _ := steamPark(t)
	c.Sources[0].Carbon.Market += 5
	r := consolidated(t, c)
	if v := r.Views[0]; *v.Closes || math.Abs(v.Residual.Market+5) > 1e-6 || math.Abs(v.Residual.Location) > 1e-6 {
		t.Errorf("residual %v, closes %v", *v.Residual, *v.Closes)
	}
	c.Sources = nil
	if r := consolidated(t, c); r.Views[0].Sources != nil || r.Views[0].Closes != nil {
		t.Error("held against sources that are not there")
	}
}

// Each level sees its own: a province no enterprise and no entry, a park its members, an
// enterprise its own entries.
func TestEachLevelSeesItsOwn(t *testing.T) {
	c, _ := steamPark(t)
	r := consolidated(t, c)
	seen := func(path string) (*consolidation.Result, string) {
		t.Helper()
		x, err := r.Seen(path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		return x, string(text)
	}
	province, text := seen("/江苏")
	if len(province.Views) != 3 || len(province.Countings) != 1 || province.Countings[0].Supplier != "/江苏/steam-park" || strings.Contains(text, "/dye") || strings.Contains(text, "heat-coal") {
		t.Errorf("province: %s", text)
	}
	works, text := seen("/江苏/steam-park")
	if len(works.Views) != 5 || len(works.Countings) != 5 || !strings.Contains(text, "heat-coal") || strings.Contains(text, "mill-steam") {
		t.Errorf("park: %s", text)
	}
	dye, text := seen("/江苏/steam-park/dye")
	if len(dye.Views) != 1 || len(dye.Countings) != 3 || strings.Contains(text, "heat-coal") || !strings.Contains(text, "dye-steam") || strings.Contains(text, `["food-steam"`) {
		t.Errorf("enterprise: %s", text)
	}
	if _, err := r.Seen("/江苏/nowhere"); !errors.Is(err, consolidation.ErrCase) {
		t.Error(err)
	}
}
