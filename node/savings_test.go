package node

import (
	"context"
	"errors"
	"testing"

	"lingtan/mandv/baselinefile"
	"lingtan/store/record"
)

// A project is measured from settled usage, with a missing day as a hole; a kept baseline
// stays when a reading of it is corrected.
func TestKeptSaving(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	q := baselinefile.Question{Registers: []string{"mill.kwh"}, Baseline: "2023-05", Reporting: "2023-06", Measure: "m1"}
	r, err := n.MeasureSaving(ctx, "test", q)
	if err != nil {
		t.Fatal(err)
	}
	if r.Option != "C" || r.Unit != "kWh" || r.Qualifies || r.Baseline.Statistics.Observations != 30 || r.Saving.Days != 30 {
		t.Fatalf("%+v %+v", r.Baseline.Statistics, r.Saving)
	}
	x, err := n.KeepSaving(ctx, act(c), "test", "led", q, 0)
	if err != nil || x.Revision != 1 || x.Member != "mill" {
		t.Fatalf("%+v %v", x, err)
	}
	kept, err := n.KeptSaving(ctx, "test", "led", "2023-06-01..2023-06-10")
	if err != nil || kept.Saving.Days != 10 || kept.Measure != "m1" || kept.ID != "led" {
		t.Fatalf("%+v %v", kept, err)
	}
	q.Registers = []string{"nobody.kwh"}
	if _, err := n.MeasureSaving(ctx, "test", q); !errors.Is(err, record.ErrNotFound) {
		t.Error(err)
	}
	m, err := n.MachineHealth(ctx, "test", "mill.kwh", "", "2023-05", 100, 120)
	if err != nil || m.Starts < 28 || m.LoadFactor == nil || m.Unknown != 24 {
		t.Errorf("%+v %v", m, err)
	}
}
