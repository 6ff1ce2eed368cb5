package lp_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/lp"
)

// mix is 2·x + 3·y ≥ 12 and x ≤ 4 at costs 3 and 5: x = 4, y = 4/3.
func mix() *lp.Program {
	p := lp.New("mix")
	x, y := p.Column("x", 0, 4, 3), p.Column("y", 0, inf, 5)
	p.Row("need", 12, inf, term(x, 1), term(y, 3), term(x, 1))
	p.AddCost(100)
	return p
}

func TestDuals(t *testing.T) {
	each(t, func(t *testing.T, s lp.Solver) {
		got := solved(t, s, mix(), lp.Options{}, lp.Optimal)
		near(t, "objective", got.Objective, 100+12+20.0/3, 1e-9)
		near(t, "dual", got.Dual[0], 5.0/3, 1e-9)
		near(t, "reduced cost", got.Reduced[0], 3-10.0/3, 1e-9)
		more := mix()
		more.SetRow(0, 13, inf)
		near(t, "one unit more", solved(t, s, more, lp.Options{}, lp.Optimal).Objective-got.Objective, got.Dual[0], 1e-9)
	})
}

func TestNoAnswer(t *testing.T) {
	each(t, func(t *testing.T, s lp.Solver) {
		p := mix()
		p.Row("too little", -inf, 1, term(1, 1))
		p.SetBounds(0, 0, 1)
		solved(t, s, p, lp.Options{}, lp.Infeasible)
		endless := lp.New("endless")
		x := endless.Column("x", 0, inf, -1)
		endless.Row("free", 0, inf, term(x, 1))
		solved(t, s, endless, lp.Options{}, lp.Unbounded)
		between := lp.New("between") // the relaxation has a solution
		a, b := between.Integer("a", 0, 5, 1), between.Integer("b", 0, 5, 1)
		between.Row("odd", 3, 3, term(a, 2), term(b, 2))
		solved(t, s, between, lp.Options{}, lp.Infeasible)
		solved(t, s, between, lp.Options{Relax: true}, lp.Optimal)
		whole := lp.New("endless whole")
		whole.Integer("n", 0, inf, -1)
		solved(t, s, whole, lp.Options{}, lp.Unbounded)
		solved(t, s, lp.New("empty"), lp.Options{}, lp.Optimal)
		bare := lp.New("no rows")
		bare.Column("x", -2, 3, 2)
		near(t, "objective", solved(t, s, bare, lp.Options{}, lp.Optimal).Objective, -4, 1e-9)
	})
}

// hard is a market split program (Cornuéjols and Dawande 1998): small, and beyond
// branching in the time of a test.
func hard() *lp.Program {
	p := lp.New("market split")
	seed := uint64(7)
	for i := range 5 {
		var terms []lp.Term
		var half float64
		for j := range 40 {
			if i == 0 {
				p.Binary("x"+strconv.Itoa(j), 0)
			}
			seed = seed*6364136223846793005 + 1442695040888963407
			f := float64(seed >> 33 % 100)
			terms, half = append(terms, term(lp.Column(j), f)), half+f
		}
		less := p.Column("less"+strconv.Itoa(i), 0, inf, 1)
		more := p.Column("more"+strconv.Itoa(i), 0, inf, 1)
		d := math.Floor(half / 2)
		p.Row("split"+strconv.Itoa(i), d, d, append(terms, term(less, 1), term(more, -1))...)
	}
	return p
}

func TestTimeIsKept(t *testing.T) {
	p := hard()
	each(t, func(t *testing.T, s lp.Solver) {
		solved(t, s, mix(), lp.Options{}, lp.Optimal) // HiGHS is compiled
		var told []lp.Progress
		got, err := s.Solve(context.Background(), p, lp.Options{Time: 700 * time.Millisecond, Progress: func(p lp.Progress) { told = append(told, p) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: %v, bound %v, gap %v, after %v, told %d times", got.Status, got.Objective, got.Bound, got.Gap, got.Elapsed, len(told))
		if got.Status != lp.Feasible || got.Gap <= 0 || got.Bound > got.Objective || len(lp.Check(p, got.Value, 1e-6)) > 0 {
			t.Error("want a solution with a gap")
		}
		if len(told) == 0 {
			t.Error("no progress was told")
		}
	})
}

func TestContextEnds(t *testing.T) {
	p := hard()
	each(t, func(t *testing.T, s lp.Solver) {
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		defer cancel()
		got, err := s.Solve(ctx, p, lp.Options{})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	var in struct{ Cases []commitment }
	golden(t, "lp-commitment", "input.json", &in)
	var want struct{ Objectives map[string]float64 }
	golden(t, "lp-commitment", "expected.json", &want)
	each(t, func(t *testing.T, s lp.Solver) {
		var wait sync.WaitGroup
		for _, c := range in.Cases {
			wait.Go(func() {
				got, err := s.Solve(context.Background(), c.program(), lp.Options{})
				if err != nil {
					t.Error(err)
				} else {
					near(t, c.Name, got.Objective, want.Objectives[c.Name], 1e-6)
				}
			})
		}
		wait.Wait()
	})
}

// skewed is a real solver that is given another program than it is asked about, and so
// answers wrongly, as solvers with faults in their presolve have done.
type skewed struct {
	lp.Solver
	skew func(p *lp.Program)
}

func (s skewed) Name() string { return "skewed " + s.Solver.Name() }

func (s skewed) Solve(ctx context.Context, p *lp.Program, o lp.Options) (*lp.Solution, error) {
	p = p.Clone()
	s.skew(p)
	return s.Solver.Solve(ctx, p, o)
}

func TestWrongAnswers(t *testing.T) {
	wrong := func(what string, p *lp.Program, skew func(p *lp.Program)) {
		t.Helper()
		bad := skewed{usual(t), skew}
		_, err := lp.Verified(bad).Solve(context.Background(), p, lp.Options{})
		if !errors.Is(err, lp.ErrWrongAnswer) || !strings.Contains(err.Error(), bad.Name()) {
			t.Errorf("%s: %v", what, err)
		}
		_, err = lp.Verified(bad, bad).Solve(context.Background(), p, lp.Options{})
		if err == nil || strings.Count(err.Error(), bad.Name()) != 2 {
			t.Errorf("%s: both are to be named: %v", what, err)
		}
		got := solved(t, lp.Verified(bad, second(t)), p, lp.Options{}, lp.Optimal)
		near(t, what, got.Objective, solved(t, usual(t), p, lp.Options{}, lp.Optimal).Objective, 1e-9)
	}
	wrong("a row left out", mix(), func(p *lp.Program) { p.SetRow(0, -inf, inf) })
	wrong("a worse point", mix(), func(p *lp.Program) { p.SetBounds(0, 0, 3) })
	wrong("another cost", mix(), func(p *lp.Program) { p.SetCost(1, 4) })
	whole := lp.New("whole")
	x, y := whole.Integer("x", 0, 9, 2), whole.Column("y", 0, 9, 3)
	whole.Row("need", 7.5, inf, term(x, 2), term(y, 1))
	wrong("whole numbers with another cost", whole, func(p *lp.Program) { p.SetCost(0, 1) })
	wrong("a worse continuous part", whole, func(p *lp.Program) { p.SetBounds(1, 6, 9) }) // with x = 1 held, y = 5.5 is better than 6
}

// A false "infeasible" is put right by the second solver; and a mixed-integer optimum
// that is none only when it is confirmed, for nothing in the answer betrays it.
func TestClaims(t *testing.T) {
	p := mix()
	none := skewed{usual(t), func(p *lp.Program) { p.SetRow(0, 1000, inf); p.SetBounds(1, 0, 1) }}
	near(t, "objective", solved(t, lp.Verified(none, second(t)), p, lp.Options{}, lp.Optimal).Objective, 100+12+20.0/3, 1e-9)
	solved(t, lp.Verified(none), p, lp.Options{}, lp.Infeasible)
	p.SetBounds(0, 0, 1)
	p.SetBounds(1, 0, 1)
	solved(t, lp.Verified(usual(t), second(t)), p, lp.Options{}, lp.Infeasible)

	whole := lp.New("whole")
	x, y := whole.Integer("x", 0, 9, 2), whole.Integer("y", 0, 9, 3)
	whole.Row("need", 7, inf, term(x, 2), term(y, 4))
	worse := skewed{usual(t), func(p *lp.Program) { p.SetBounds(1, 0, 0) }}
	got := solved(t, lp.Verified(worse, second(t)), whole, lp.Options{Confirm: true}, lp.Optimal)
	near(t, "confirmed", got.Objective, 6, 1e-9)
	got = solved(t, lp.Verified(usual(t), second(t)), whole, lp.Options{Confirm: true}, lp.Optimal)
	near(t, "confirmed", got.Objective, 6, 1e-9)
}

func TestConflict(t *testing.T) {
	each(t, func(t *testing.T, s lp.Solver) {
		p := lp.New("heat")
		heat, power := p.Column("heat", 0, 100, 1), p.Column("power", 0, 100, 1)
		soft := []lp.Row{
			p.Row("heat demand", 80, inf, term(heat, 1)),
			p.Row("power demand", 10, inf, term(power, 1)),
			p.Row("gas limit", -inf, 100, term(heat, 1), term(power, 2)),
			p.Row("steam turbine", 0, inf, term(power, 1), term(heat, -0.25)),
			p.Row("idle", -inf, 90, term(power, 1)),
		}
		got, err := lp.Conflict(context.Background(), s, p, soft)
		if err != nil || !slices.Equal(got, []lp.Row{soft[0], soft[2], soft[3]}) {
			t.Fatalf("%v, %v", got, err)
		}
		for _, r := range got { // irreducible: without any one there is a solution
			q := p.Clone()
			q.SetRow(r, -inf, inf)
			solved(t, s, q, lp.Options{}, lp.Optimal)
		}
		if none, err := lp.Conflict(context.Background(), s, mix(), []lp.Row{0}); err != nil || none != nil {
			t.Errorf("a program with a solution: %v, %v", none, err)
		}
		if _, err := lp.Conflict(context.Background(), s, p, soft[:1]); err != nil {
			t.Errorf("one of the conflict is soft: %v", err)
		}
		if _, err := lp.Conflict(context.Background(), s, p, soft[4:]); !errors.Is(err, lp.ErrProgram) {
			t.Errorf("the conflict is not among the soft rows: %v", err)
		}
	})
}
