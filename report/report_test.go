package report

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"lingtan/factor"
	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/park"
	"lingtan/park/parkfile"
	"lingtan/period"
	"lingtan/proof"
	"lingtan/usage"
)

// days serves settled days as a usage source, day by day.
type days struct {
	keys []string
	make func(key string, d period.Day) (usage.Day, bool)
}

func (s days) UsageByDay(_ context.Context, q usage.Query, fn func(usage.Day) error) error {
	for d := q.First; d <= q.Last; d++ {
		for _, k := range s.keys {
			u, ok := s.make(k, d)
			if !ok {
				continue
			}
			if err := fn(u); err != nil {
				return err
			}
		}
	}
	return nil
}

// load is an hour-of-day curve per register, in settle units an interval.
func load(key string, slot int) float64 {
	h := float64(slot) / 4
	sun := math.Max(0, math.Sin((h-6)/12*math.Pi))
	mill, bakery := 40+25*math.Sin(h/24*2*math.Pi), 12+3*math.Cos(h/24*2*math.Pi)
	switch key {
	case "mill.kwh":
		return mill
	case "bakery.kwh":
		return bakery
	case "roof.yield":
		return 20 * sun
	case "gas.heat":
		return 0.05 + 0.01*sun
	default: // incoming.import: what the others leave, and 1.5 % lost
		return 1.015*(mill+bakery) - 20*sun
	}
}

// settled is a synthetic day: on the third day of the month the bakery's morning is
// estimated, on the fourth the mill's noon is edited, on the fifth gas has a gap.
func settled(key string, d period.Day) (usage.Day, bool) {
	u := usage.Day{Key: key, Day: d, Amount: make([]float64, 96), Readings: 96}
	for i := range u.Amount {
		u.Amount[i] = load(key, i)
	}
	mark := func(from, to int, q meter.Quality) {
		u.Quality = make([]meter.Quality, 96)
		for i := range u.Quality {
			u.Quality[i] = meter.Measured
			if i >= from && i < to {
				u.Quality[i] = q
			}
			if i >= from && i < to && q == meter.Missing {
				u.Amount[i] = 0
			}
		}
	}
	switch day := d.Civil().Day(); {
	case day == 3 && key == "bakery.kwh":
		mark(24, 40, meter.Estimated)
	case day == 4 && key == "mill.kwh":
		mark(44, 52, meter.Edited)
	case day == 5 && key == "gas.heat":
		mark(8, 16, meter.Missing)
	}
	return u, true
}

// compiled is the inventory of the test park for March 2018 with its evidence, as
// the node exports one; edit changes the park first.
func compiled(t *testing.T, edit func(*park.Document)) *evidence.Export {
	t.Helper()
	data, err := os.ReadFile("testdata/park.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, faults := parkfile.Parse(data)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(doc)
	}
	pack, err := method.Find(doc.Park.Method)
	if err != nil {
		t.Fatal(err)
	}
	library, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	src := days{keys: []string{"bakery.kwh", "gas.heat", "incoming.import", "mill.kwh", "roof.yield"}, make: settled}
	v, err := inventory.Compile(context.Background(), inventory.Inputs{ID: "west-lake-2018-03-r1", Revision: 1, Structure: doc, Method: pack, Factors: library,
		Usage: src, Period: "2018-03", AsKnownAt: 1767225600000}) // 2026-01-01T00:00:00Z
	if err != nil {
		t.Fatal(err)
	}
	x := &evidence.Export{Inventory: v, State: "closed", ClosedAt: 1767229200000, ClosedBy: "李工"}
	if x.Hash, err = proof.Hash(v); err != nil {
		t.Fatal(err)
	}
	if x.Evidence, err = evidence.Pack(context.Background(), v, src); err != nil {
		t.Fatal(err)
	}
	return x
}

func TestJSONIsReadAgainAndVerified(t *testing.T) {
	x := compiled(t, nil)
	var b, again bytes.Buffer
	if err := JSON(&b, x); err != nil {
		t.Fatal(err)
	}
	y, err := evidence.ReadExport(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := JSON(&again, y); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("what was read again is written differently")
	}
	if h, err := proof.Hash(y); err != nil || h != must(proof.Hash(x))(t) {
		t.Errorf("the export read again differs: %s, %v", h, err)
	}
	checks, err := evidence.Verify(context.Background(), y)
	if err != nil || len(checks) != 6 {
		t.Errorf("%d checks: %v", len(checks), err)
	}
	y.Inventory.Entries[0].Emissions += 1e-9
	if _, err := evidence.Verify(context.Background(), y); !errors.Is(err, evidence.ErrDifferent) {
		t.Errorf("a changed entry is verified: %v", err)
	}
}

// must is the value, the test having failed on an error.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestFormsRefuse(t *testing.T) {
	refuses := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	var b bytes.Buffer
	x := compiled(t, nil)
	refuses("JSON of nothing", JSON(&b, nil), evidence.ErrFormat)
	refuses("CSV of nothing", CSV(&b, &evidence.Export{}), evidence.ErrFormat)
	refuses("text of no park", Text(&b, &evidence.Export{Inventory: &inventory.Inventory{}}, "zh"), evidence.ErrFormat)
	refuses("text in French", Text(&b, x, "fr"), ErrLanguage)
	refuses("summary in French", TextSummary(&b, Summarize(x), "fr"), ErrLanguage)
	refuses("workbook in French", Workbook(&b, x, "fr"), ErrLanguage)
	refuses("workbook of nothing", Workbook(&b, nil, "zh"), evidence.ErrFormat)
	if b.Len() != 0 {
		t.Errorf("%d bytes were written all the same", b.Len())
	}
	full := errors.New("full")
	for what, form := range map[string]func() error{
		"JSON": func() error { return JSON(closedDoor{full}, x) },
		"CSV":  func() error { return CSV(closedDoor{full}, x) },
		"text": func() error { return Text(closedDoor{full}, x, "en") },
		"book": func() error { return Workbook(closedDoor{full}, x, "en") },
	} {
		refuses(what+" on a full disk", form(), full)
	}
}

type closedDoor struct{ err error }

func (c closedDoor) Write([]byte) (int, error) { return 0, c.err }

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is not in:\n%s", p, text)
		}
	}
}
