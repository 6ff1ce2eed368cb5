package node

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"lingtan/inventory"
	"lingtan/inventory/consolidation"
)

// The park's consolidated total is its inventory's, and both are what its sources gave;
// what the operator hands on is counted once.
func TestConsolidationIsTheInventory(t *testing.T) {
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	ctx := context.Background()
	got, err := n.Consolidation(ctx, "test", "2023-05")
	if err != nil {
		t.Fatal(err)
	}
	v, err := n.Compile(ctx, "test", "2023-05", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	park, err := got.At("/江苏/test")
	if err != nil {
		t.Fatal(err)
	}
	want := v.Total("")
	near := func(what string, got, want float64) {
		t.Helper()
		if want == 0 || math.Abs(got-want) > 1e-9*want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	near("location", park.Consolidated.Total.Location, want.Scope1+want.Scope2Location)
	near("market", park.Consolidated.Total.Market, want.Scope1+want.Scope2Market)
	if park.Closes == nil || !*park.Closes {
		t.Errorf("residual %v", park.Residual)
	}
	if len(got.Countings) == 0 || park.Members < 2 {
		t.Fatalf("%d members, %d transfers", park.Members, len(got.Countings))
	}
	for _, k := range got.Countings {
		if k.Kind != consolidation.Once || k.Amount <= 0 || len(k.Taken.Entries) == 0 {
			t.Errorf("%+v", k)
		}
	}
	if _, err := n.Consolidation(ctx, "test", "2019-05"); !errors.Is(err, inventory.ErrUnsettled) {
		t.Error(err)
	}
}
