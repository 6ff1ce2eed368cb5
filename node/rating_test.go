package node

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"lingtan/rating"
	"lingtan/store/record"
)

func quantityOf(t *testing.T, c *rating.Case, id string) rating.Quantity {
	t.Helper()
	for _, q := range c.Quantities {
		if q.ID == id {
			return q
		}
	}
	t.Fatalf("no quantity %s", id)
	return rating.Quantity{}
}

// A park's quantities are its inventory's, name its entries, and count what is declared.
func TestRatingIsOfTheInventory(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	before, err := n.RatingCase(ctx, Rated{Park: "test", Period: "2023-05"})
	if err != nil {
		t.Fatal(err)
	}
	declare(t, n, c, boiler("100"), 0)
	v := shut(t, n, c).Inventory
	got, err := n.RatingCase(ctx, Rated{Park: "test", Period: "2023-05"})
	if err != nil {
		t.Fatal(err)
	}
	total := v.Total("")
	e := quantityOf(t, got, "emissions")
	if want := total.Scope1 + total.Scope2Location; math.Abs(e.Value-want) > 1e-9 || e.Measured == nil {
		t.Errorf("%+v, want %v", e, want)
	}
	for _, id := range e.From {
		if _, err := v.Entry(id); err != nil {
			t.Error(err)
		}
	}
	if tce := quantityOf(t, got, "energy"); math.Abs(tce.Value-total.StandardCoal) > 1e-9 {
		t.Errorf("%+v, want %v", tce, total.StandardCoal)
	}
	gas := 100 * 0.0153 * 0.99 * 44 / 12
	if more := quantityOf(t, got, "emissions_zero_carbon_park").Value - quantityOf(t, before, "emissions_zero_carbon_park").Value; math.Abs(more-gas) > 1e-9 {
		t.Errorf("declared gas adds %v, want %v", more, gas)
	}
	r, err := n.Rate(ctx, Rated{Park: "test", Period: "2023-05", Declared: []rating.Quantity{{ID: "energy", Value: 0, Unit: "tce", From: []string{"test"}}}})
	if err != nil || r.ZeroCarbonPark.Indicators[0].Value != nil || r.ZeroCarbonPark.Indicators[0].Faults[0].Kind != "zero" {
		t.Errorf("%+v %v", r, err)
	}
}

// The members' quantities add up to the park's.
func TestRatingOfMembersAddsUp(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	whole, err := n.RatingCase(ctx, Rated{Park: "test", Period: "2023-05"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := n.Layout(ctx, "test")
	if err != nil {
		t.Fatal(err)
	}
	all, err := n.RatingCase(ctx, Rated{Park: "test", Period: "2023-05", Organization: l.Operator()})
	if err != nil {
		t.Fatal(err)
	}
	var parts float64
	for _, o := range l.Document.Organizations {
		if o.ID == l.Operator() {
			continue
		}
		x, err := n.RatingCase(ctx, Rated{Park: "test", Period: "2023-05", Organization: o.ID})
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(x.Quantities, func(q rating.Quantity) bool { return q.ID == "energy" }); i >= 0 {
			parts += x.Quantities[i].Value
		}
	}
	want := quantityOf(t, whole, "energy").Value
	if over := quantityOf(t, all, "energy").Value; math.Abs(over-want) > 1e-9*want || parts > want*(1+1e-9) || parts == 0 {
		t.Errorf("park %v, operator and below %v, members %v", want, over, parts)
	}
	if _, err := n.RatingCase(ctx, Rated{Park: "test", Period: "2023-05", Organization: "nobody"}); !errors.Is(err, record.ErrNotFound) {
		t.Error(err)
	}
}

func TestDiagnoseLimits(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	bad := func(in Diagnosed) {
		t.Helper()
		in.Park = "test"
		if _, err := n.Diagnose(ctx, in); !errors.Is(err, rating.ErrCase) {
			t.Error(err)
		}
	}
	bad(Diagnosed{Period: "2023-05", Price: -1})
	bad(Diagnosed{Period: "2023-05", Demand: math.NaN()})
	bad(Diagnosed{Period: "2022..2024"})
	r, err := n.Diagnose(ctx, Diagnosed{Park: "test", Period: "2023-05"})
	if err != nil || len(r.Notes) == 0 {
		t.Errorf("%+v %v", r, err)
	}
}
