package node

import (
	"bytes"
	"context"
	"testing"
	"time"

	"lingtan/inventory"
)

// A restatement out of kept days is the inventory of all days read again, byte for byte, and
// enterprises out of one pass have the inventories that they have by themselves.
func TestRestatementOfKeptDays(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	before := shut(t, n, c)
	load(t, n, c, "late.csv", func(write func(time.Time, string, float64)) {
		write(start.Add(40*time.Hour), "bakery.kwh", 90)
	})
	if got := settled(t, n, SettleOptions{}); got.Revised != 1 {
		t.Fatalf("%d days revised", got.Revised)
	}
	after := shut(t, n, c)
	if after.Inventory.Revision != before.Inventory.Revision+1 || after.Inventory.Root == before.Inventory.Root {
		t.Fatalf("not restated: %+v", after.Inventory.Revision)
	}
	in, err := n.inputs(ctx, "test", "2023-05", time.UnixMilli(after.Inventory.AsKnownAt))
	if err != nil {
		t.Fatal(err)
	}
	in.ID, in.Revision, in.Parts = after.Inventory.ID, after.Inventory.Revision, nil
	whole, err := inventory.Compile(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	a, errA := after.Inventory.Canonical()
	b, errB := whole.Canonical()
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Error("of kept days it differs from that of all days", errA, errB)
	}
	members, err := n.CompileEnterprises(ctx, "test", "2023-05", "ndrc-general-2015", time.Time{})
	if err != nil || len(members) < 2 {
		t.Fatalf("%v, %d members", err, len(members))
	}
	for _, m := range members {
		one, err := n.CompileEnterprise(ctx, "test", m.Organization, "2023-05", "ndrc-general-2015", time.Time{})
		if err != nil || m.Why != nil || one.Total("") != m.Inventory.Total("") || one.Root != m.Inventory.Root {
			t.Errorf("%s: %v, %v", m.Organization, err, m.Why)
		}
	}
	if list, err := n.CompileEnterprises(ctx, "test", "2023-05", "", time.Time{}); err != nil || list[0].Why == nil {
		t.Errorf("no enterprise has a method: %v %+v", err, list)
	}
}
