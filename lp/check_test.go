package lp_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lingtan/lp"
)

// drawn is a random program that x solves: each row is laid around its sum at x.
func drawn(r *rapid.T, whole bool) (p *lp.Program, x []float64) {
	p = lp.New("drawn")
	n, m := rapid.IntRange(1, 12).Draw(r, "columns"), rapid.IntRange(0, 10).Draw(r, "rows")
	number := rapid.Custom(func(r *rapid.T) float64 { return float64(rapid.IntRange(-40, 40).Draw(r, "n")) / 4 })
	for j := range n {
		x = append(x, float64(rapid.IntRange(-8, 8).Draw(r, "x")))
		lower, upper := x[j]-float64(rapid.IntRange(0, 9).Draw(r, "below")), x[j]+float64(rapid.IntRange(0, 9).Draw(r, "above"))
		name, cost := fmt.Sprint("x", j), number.Draw(r, "cost")
		if whole && j%2 == 0 {
			p.Integer(name, lower, upper, cost)
		} else {
			p.Column(name, lower, upper, cost)
		}
	}
	for i := range m {
		var terms []lp.Term
		var sum float64
		for j := range n {
			if f := number.Draw(r, "factor"); rapid.Bool().Draw(r, "there") {
				terms, sum = append(terms, term(lp.Column(j), f)), sum+f*x[j]
			}
		}
		below := rapid.SampledFrom([]float64{0, 1, 7.5, inf}).Draw(r, "slack below")
		above := rapid.SampledFrom([]float64{0, 1, 7.5, inf}).Draw(r, "slack above")
		p.Row(fmt.Sprint("r", i), sum-below, sum+above, terms...)
	}
	return p, x
}

// Any program that has a solution is solved, and no better than by the other solver. The
// draws are the same each time, and fewer with whole numbers, which take HiGHS longer.
func TestSolversAgree(t *testing.T) {
	one, two := lp.Verified(usual(t)), lp.Verified(second(t))
	agree := func(whole bool, seed int) {
		t.Helper()
		type made struct {
			p *lp.Program
			x []float64
		}
		m := rapid.Custom(func(r *rapid.T) made { p, x := drawn(r, whole); return made{p, x} }).Example(seed)
		a, b := solved(t, one, m.p, lp.Options{}, lp.Optimal), solved(t, two, m.p, lp.Options{}, lp.Optimal)
		near(t, "objective of the second", b.Objective, a.Objective, 1e-6)
		if known := m.p.Objective(m.x); a.Objective > known+1e-6*math.Max(1, math.Abs(known)) {
			t.Errorf("seed %d: %v, a solution costs %v", seed, a.Objective, known)
		}
	}
	for seed := range 60 {
		agree(false, seed)
	}
	for seed := range 12 {
		agree(true, seed)
	}
}

// Check finds a value planted outside a bound, off whole, or that breaks a row.
func TestCheckFindsWhatIsPlanted(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p, x := drawn(r, true)
		if bad := lp.Check(p, x, 1e-9); len(bad) > 0 {
			r.Fatalf("%v where nothing is wrong", bad)
		}
		m := p.Matrix()
		j := rapid.IntRange(0, p.Columns()-1).Draw(r, "where")
		by := rapid.Float64Range(1e-3, 0.4).Draw(r, "by")
		planted := slices.Clone(x)
		planted[j] = m.Upper[j] + by
		if !names(lp.Check(p, planted, 1e-6), p.Name(lp.Column(j))) {
			r.Fatalf("column %d at %v above %v is not found", j, planted[j], m.Upper[j])
		}
		if m.Integer[j] && m.Upper[j] > m.Lower[j] {
			planted[j] = m.Lower[j] + by
			if !names(lp.Check(p, planted, 1e-6), p.Name(lp.Column(j))) {
				r.Fatalf("column %d at %v is not found to be off whole", j, planted[j])
			}
		}
		var terms []lp.Term
		var sum float64
		for k, v := range x {
			terms, sum = append(terms, term(lp.Column(k), 1)), sum+v
		}
		p.Row("planted", sum+by+0.01*math.Abs(sum), inf, terms...)
		if !names(lp.Check(p, x, 1e-6), "planted") {
			r.Fatal("a broken row is not found")
		}
	})
}

func names(list []lp.Violation, name string) bool {
	return slices.ContainsFunc(list, func(v lp.Violation) bool { return v.Name == name && v.By > 0 && strings.Contains(v.String(), name) })
}

func TestCheckOfNoNumbers(t *testing.T) {
	p := lp.New("two")
	p.Column("x", 0, 1, 1)
	p.Column("y", 0, 1, 1)
	if n := len(lp.Check(p, []float64{math.NaN(), inf}, 1e-6)); n != 2 {
		t.Errorf("%d violations, want 2", n)
	}
	if n := len(lp.Check(p, []float64{1}, 1e-6)); n != 2 {
		t.Errorf("%d violations of a short solution, want 2", n)
	}
}

func TestFaults(t *testing.T) {
	bad := func(want string, build func(p *lp.Program)) {
		t.Helper()
		p := lp.New("test")
		p.Column("x", 0, 1, 1)
		build(p)
		err := p.Err()
		if !errors.Is(err, lp.ErrProgram) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if _, err := lp.Verified(usual(t)).Solve(context.Background(), p, lp.Options{}); !errors.Is(err, lp.ErrProgram) {
			t.Errorf("a program with a fault is solved: %v", err)
		}
	}
	nan := math.NaN()
	bad(`column "y": lower bound 2 is above upper bound 1`, func(p *lp.Program) { p.Column("y", 2, 1, 0) })
	bad(`column "y": cost NaN`, func(p *lp.Program) { p.Column("y", 0, 1, nan) })
	bad(`column "y": no whole number`, func(p *lp.Program) { p.Integer("y", 0.2, 0.8, 0) })
	bad(`row "r": bounds NaN`, func(p *lp.Program) { p.Row("r", nan, 1) })
	bad(`row "r": there is no column 7`, func(p *lp.Program) { p.Row("r", 0, 1, term(7, 1)) })
	bad(`row "r": the factor of column "x" is +Inf`, func(p *lp.Program) { p.Row("r", 0, 1, term(0, inf)) })
	bad("there is no column 9", func(p *lp.Program) { p.SetBounds(9, 0, 1) })
	bad("there is no column -1", func(p *lp.Program) { p.SetCost(-1, 0) })
	bad("there is no row 3", func(p *lp.Program) { p.SetRow(3, 0, 1) })
	bad("constant cost NaN", func(p *lp.Program) { p.AddCost(nan) })
	bad("leave no value", func(p *lp.Program) { p.SetBounds(0, inf, inf) })
}
