package dispatchfile

import (
	"context"
	"math"
	"os"
	"testing"

	"lingtan/dispatch"
	"lingtan/lp"
	"lingtan/lp/cbc"
	"lingtan/lp/highs"
)

// solver is CBC where it is linked, HiGHS elsewhere, each answer checked.
func solver(t *testing.T) lp.Solver {
	t.Helper()
	second, err := highs.New()
	if err != nil {
		t.Fatal(err)
	}
	first, err := cbc.New()
	if err != nil {
		return lp.Verified(second)
	}
	return lp.Verified(first, second)
}

func golden(t *testing.T, name string) *dispatch.Problem {
	t.Helper()
	data, err := os.ReadFile("../../test/golden/" + name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func solved(t *testing.T, p *dispatch.Problem, gap float64) *dispatch.Plan {
	t.Helper()
	plan, err := dispatch.Solve(context.Background(), solver(t), p, dispatch.Options{Gap: gap})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Status != "optimal" {
		t.Fatalf("status %s: %+v", plan.Status, plan.Reason)
	}
	return plan
}

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if math.Abs(got-want) > relative*math.Max(1, math.Abs(want)) {
		t.Errorf("%s = %.10g, want %.10g", what, got, want)
	}
}

func TestParkDayAhead(t *testing.T) {
	plan := solved(t, golden(t, "dispatch-c12-park-day-ahead/input.json"), 1e-6)
	near(t, "cost", plan.Total, 105211.8992, 1e-4)
}
