package node

import (
	"context"
	"errors"
	"math"
	"testing"

	"lingtan/accounting"
	"lingtan/inventory/carbonflow"
	"lingtan/method"
)

// The carbon that members take, lose and send out is the park's inventory of energy, and
// every interval conserves.
func TestCarbonFlowIsTheInventory(t *testing.T) {
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	if _, err := n.Settle(context.Background(), "test", SettleOptions{}); err != nil {
		t.Fatal(err)
	}
	got, err := n.CarbonFlow(context.Background(), "test", "2023-05", "day")
	if err != nil {
		t.Fatal(err)
	}
	view, err := n.View(context.Background(), "test", "2023-05")
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Times) != 31 || got.Intervals != 31*96 || got.Gap > 1e-9 {
		t.Errorf("%d steps, %d intervals, gap %v", len(got.Times), got.Intervals, got.Gap)
	}
	for k, basis := range []method.Basis{method.Location, method.Market} {
		want := view.Emissions(basis, 0, func(accounting.Entry) bool { return true })
		sum := 0.0
		for _, o := range got.Owners {
			sum += o.Used[k] + o.Lost[k]
		}
		if want == 0 || math.Abs(sum-want) > 1e-9*want {
			t.Errorf("%s: traced %v tCO2, the inventory has %v", basis, sum, want)
		}
	}
	for _, x := range got.Nodes {
		for day, v := range x.Intensity[0] {
			if v != nil && (*v < 0 || math.IsNaN(*v)) {
				t.Errorf("%s on day %d: %v", x.Node, day, *v)
			}
		}
	}
	if _, err := n.CarbonFlow(context.Background(), "test", "2023-05", "week"); !errors.Is(err, carbonflow.ErrStep) {
		t.Error(err)
	}
}
