package node

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/period"
	"lingtan/store/record"
	"lingtan/test/parktest"
	"lingtan/usage"
)

// clock is a test's clock.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { c.now = c.now.Add(time.Millisecond); return c.now }

// opened is a node in a fresh directory with a park of a mill and a bakery.
func opened(t *testing.T) (*Node, *clock, string) {
	t.Helper()
	c := &clock{now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	n := reopened(t, dir, c)
	p := parktest.New().Enterprise("mill").Enterprise("bakery").PV().Check(t)
	if _, err := n.ImportPark(context.Background(), act(c), p.Document.YAML()); err != nil {
		t.Fatal(err)
	}
	return n, c, dir
}

func reopened(t *testing.T, dir string, c *clock) *Node {
	t.Helper()
	n, err := Open(context.Background(), Options{Dir: dir, Workers: 2, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func act(c *clock) record.Act {
	return record.Act{Who: "system", Name: "test", From: "test", At: c.Now()}
}

// load imports a CSV of two months of quarter hours, value(i) for each register.
func load(t *testing.T, n *Node, c *clock, name string, rows func(write func(at time.Time, key string, v float64))) {
	t.Helper()
	var b strings.Builder
	b.WriteString("time,register,value\n")
	rows(func(at time.Time, key string, v float64) {
		fmt.Fprintf(&b, "%s,%s,%g\n", at.UTC().Format(time.RFC3339), key, v)
	})
	dir := t.TempDir()
	file, mapping := filepath.Join(dir, name), filepath.Join(dir, "m.yaml")
	text := "format: lingtan.mapping/v1\nlayout: long\ntime: {column: time, layout: iso8601, label: end, step: 15m}\nlong: {value_column: value, template: \"{register}\"}\n"
	for path, data := range map[string]string{file: b.String(), mapping: text} {
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := n.ImportReadings(context.Background(), act(c), ReadingFile{Park: "test", Path: file, Mapping: mapping})
	if err != nil || r.Rejected > 0 {
		t.Fatalf("%+v: %v", r, err)
	}
}

var start = time.Date(2023, 4, 30, 16, 0, 0, 0, time.UTC) // 1 May in Shanghai

// twoMonths loads May and June 2023 with a gap of a day in the mill's readings.
func twoMonths(t *testing.T, n *Node, c *clock) {
	load(t, n, c, "may.csv", func(write func(time.Time, string, float64)) {
		for i := range 61 * 96 {
			at := start.Add(time.Duration(i+1) * 15 * time.Minute)
			if day := i / 96; day != 20 {
				write(at, "mill.kwh", 20+float64(i%96)/10)
			}
			write(at, "bakery.kwh", 5+float64(i%7))
			write(at, "pv.kwh", math.Max(0, 12-math.Abs(float64(i%96-48))))
		}
	})
}

func settled(t *testing.T, n *Node, o SettleOptions) usage.Settled {
	t.Helper()
	s, err := n.Settle(context.Background(), "test", o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func shut(t *testing.T, n *Node, c *clock) *evidence.Export {
	t.Helper()
	x, err := n.Shut(context.Background(), act(c), "test", "2023-05")
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// A late correction settles only what it touches, gives the very days that settling
// everything gives, and restates the inventory; the closed one stays reproducible.
func TestLateCorrectionRestates(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	if s := settled(t, n, SettleOptions{}); s.Revised != 3*61 {
		t.Fatalf("first settlement: %+v", s)
	}
	if s := settled(t, n, SettleOptions{All: true}); s.Revised != 0 {
		t.Fatalf("settling again revised: %+v", s)
	}
	first := shut(t, n, c)
	if again := shut(t, n, c); again.Inventory.ID != first.Inventory.ID {
		t.Errorf("closing again made %s", again.Inventory.ID)
	}
	known := time.UnixMilli(n.Series.Recorded()).UTC()
	load(t, n, c, "late.csv", func(write func(time.Time, string, float64)) {
		write(start.Add(15*time.Minute), "mill.kwh", 99)
	})
	s := settled(t, n, SettleOptions{})
	if s.Registers != 1 || s.Revised != 1 {
		t.Errorf("a late correction of one reading settled %+v", s)
	}
	if all := settled(t, n, SettleOptions{All: true}); all.Revised != 0 {
		t.Errorf("settling everything after it revised %+v", all)
	}
	if late, err := n.Findings(ctx, "test", "2023-05", []string{"mill.kwh"}, []string{"late"}, 0); err != nil || len(late) != 1 || late[0].Treatment != "restated" {
		t.Errorf("late findings %+v: %v", late, err)
	}
	second := shut(t, n, c)
	if second.Inventory.Revision != 2 || second.Inventory.ID != "test-2023-05-r2" {
		t.Errorf("restated as %s", second.Inventory.ID)
	}
	d := inventory.Compare(first.Inventory, second.Inventory)
	if len(d.Usage) != 1 || d.Usage[0].Register != "mill.kwh" || math.Abs(d.Usage[0].After-d.Usage[0].Before-79) > 1e-9 {
		t.Errorf("difference %+v", d.Usage)
	}
	old, err := n.Compile(ctx, "test", "2023-05", known)
	if err != nil || old.Root != first.Inventory.Root || old.Total("") != first.Inventory.Total("") {
		t.Errorf("as known before the correction: %v, %+v", err, old)
	}
	row, err := n.Inventory(ctx, first.Inventory.ID)
	if err != nil || row.State != "superseded" || row.Hash != first.Hash {
		t.Errorf("the first inventory is %+v (%v)", row.State, err)
	}
}

func TestExportVerifiesAndReadingIsProved(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	x := shut(t, n, c)
	if err := n.Pack(ctx, x); err != nil {
		t.Fatal(err)
	}
	if checks, err := evidence.Verify(ctx, x); err != nil {
		t.Errorf("%v: %+v", err, checks)
	}
	p, err := n.Prove(ctx, x.Inventory.ID, "mill.kwh", start.Add(24*time.Hour)) // closes 1 May
	if err != nil {
		t.Fatal(err)
	}
	if checks, err := p.Verify(); err != nil || p.InRecords.Root != x.Inventory.Root || p.Value != 20+9.5 {
		t.Errorf("%v: %+v, value %v", err, checks, p.Value)
	}
	p.Value++
	if _, err := p.Verify(); err == nil {
		t.Error("a changed reading is proved")
	}
	if _, err := n.Prove(ctx, x.Inventory.ID, "mill.kwh", start.Add(time.Second)); !errors.Is(err, evidence.ErrNoReading) {
		t.Errorf("no reading: %v", err)
	}
}

// A correction beyond the period of an inventory leaves what it proves alone.
func TestEditIsRecordedWithNameAndReason(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	day := period.Date(2023, 5, 21) // the day without readings
	zone := time.FixedZone("CST", 8*3600)
	e := usage.Edit{Key: "mill.kwh", From: day.Start(zone).UnixMilli(), To: (day + 1).Start(zone).UnixMilli(), Amount: 960, Who: "王工", Reason: "抄表"}
	if s, err := n.Edit(ctx, act(c), "test", e); err != nil || s.Revised != 1 {
		t.Fatalf("%+v: %v", s, err)
	}
	var got usage.Totals
	if err := n.Days(ctx, "test", "mill.kwh", "2023-05-21", func(d usage.Day) error { got = d.Totals(); return nil }); err != nil || math.Abs(got.Edited-960) > 1e-9 {
		t.Errorf("%+v: %v", got, err)
	}
	for name, bad := range map[string]usage.Edit{"no name": {Key: e.Key, From: e.From, To: e.To, Reason: "x"}, "no reason": {Key: e.Key, From: e.From, To: e.To, Who: "x"},
		"off the grid": {Key: e.Key, From: e.From + 1, To: e.To, Who: "x", Reason: "x"}} {
		if _, err := n.Edit(ctx, act(c), "test", bad); !errors.Is(err, usage.ErrEdit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if edits, err := n.Series.Edits(ctx, "test", []string{"mill.kwh"}, e.From, e.To, 0); err != nil || len(edits) != 1 {
		t.Errorf("recorded edits %+v: %v", edits, err)
	}
}

// Both clocks of the structure: an inventory as known before a change of the park
// has the structure of then.
func TestStructureAsKnownThen(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	known := c.Now()
	p := parktest.New().Enterprise("mill").Enterprise("bakery").PV().Certificate("mill", "2023-05", 20).Check(t)
	got, err := n.ImportPark(ctx, act(c), p.Document.YAML())
	if err != nil || got.Version != 2 || len(got.Changes) == 0 {
		t.Fatalf("%+v: %v", got, err)
	}
	if same, err := n.ImportPark(ctx, act(c), p.Document.YAML()); err != nil || !same.Same {
		t.Errorf("the same file again: %+v, %v", same, err)
	}
	before, err := n.Compile(ctx, "test", "2023-05", known)
	if err != nil {
		t.Fatal(err)
	}
	after, err := n.Compile(ctx, "test", "2023-05", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := before.Total("mill"), after.Total("mill"); len(before.Structure.Instruments) != 0 || a.Scope2Market <= b.Scope2Market || a.Scope2Location != b.Scope2Location {
		t.Errorf("before %+v, after %+v", a, b)
	}
}

// The page's view has the figures of the inventory of the same period.
func TestViewIsTheInventory(t *testing.T) {
	ctx := context.Background()
	n, c, dir := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	x := shut(t, n, c)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = reopened(t, dir, c)
	v, err := n.View(ctx, "test", "2023-05")
	if err != nil {
		t.Fatal(err)
	}
	var location, coal float64
	for _, e := range v.Entries {
		if e.Basis != "market" {
			location += e.Emissions
		}
	}
	for _, e := range v.Energy {
		coal += e.StandardCoal
	}
	want := x.Inventory.Total("")
	if math.Abs(location-want.Scope2Location) > 1e-9 || math.Abs(coal-want.StandardCoal) > 1e-9 {
		t.Errorf("view %v tCO2 %v tce, inventory %+v", location, coal, want)
	}
}

func TestUnknownPark(t *testing.T) {
	n, _, _ := opened(t)
	if _, err := n.Layout(context.Background(), "nowhere"); !errors.Is(err, ErrNoPark) {
		t.Errorf("got %v", err)
	}
}
