package lp_test

import (
	"context"
	"strconv"
	"testing"

	"lingtan/lp"
)

// unit is a generator that is on or off, in the case lp-commitment.
type unit struct {
	Name                  string
	Greatest, Least, Cost float64
	Start, Stop           float64
	MinUp, MinDown        int
	UpBefore, DownBefore  int
}

type commitment struct {
	Name  string
	Load  []float64
	Units []unit
}

// program states a unit commitment in the form of Rajan and Takriti (2005): on, started
// and stopped are 0 or 1, and a unit started within its least time up is on.
func (c commitment) program() *lp.Program {
	p := lp.New(c.Name)
	balance := make([][]lp.Term, len(c.Load))
	for _, u := range c.Units {
		u.add(p, balance)
	}
	for t, load := range c.Load {
		p.Row("load@"+strconv.Itoa(t), load, load, balance[t]...)
	}
	return p
}

func (u unit) add(p *lp.Program, balance [][]lp.Term) {
	on, start, stop := make([]lp.Column, len(balance)), make([]lp.Column, len(balance)), make([]lp.Column, len(balance))
	before := 0.0
	if u.UpBefore > 0 {
		before = 1
	}
	for t := range balance {
		at := u.Name + "@" + strconv.Itoa(t)
		power := p.Column(at, 0, u.Greatest, u.Cost)
		on[t], start[t], stop[t] = p.Binary(at+" on", 0), p.Binary(at+" starts", u.Start), p.Binary(at+" stops", u.Stop)
		p.Row(at+" most", -inf, 0, term(power, 1), term(on[t], -u.Greatest))
		p.Row(at+" least", 0, inf, term(power, 1), term(on[t], -u.Least))
		balance[t] = append(balance[t], term(power, 1))
		if t == 0 {
			p.Row(at+" changes", before, before, term(on[t], 1), term(start[t], -1), term(stop[t], 1))
		} else {
			p.Row(at+" changes", 0, 0, term(on[t], 1), term(on[t-1], -1), term(start[t], -1), term(stop[t], 1))
		}
		p.Row(at+" up", -inf, 0, within(on[t], -1, start, t, u.MinUp)...)
		p.Row(at+" down", -inf, 1, within(on[t], 1, stop, t, u.MinDown)...)
		if before == 1 && t < u.MinUp-u.UpBefore {
			p.SetBounds(on[t], 1, 1)
		}
		if before == 0 && t < u.MinDown-u.DownBefore {
			p.SetBounds(on[t], 0, 0)
		}
	}
}

// within is the sum of changes in the n steps up to t, and on with a factor.
func within(on lp.Column, factor float64, changes []lp.Column, t, n int) []lp.Term {
	terms := []lp.Term{term(on, factor)}
	for k := max(0, t-max(n, 1)+1); k <= t; k++ {
		terms = append(terms, term(changes[k], 1))
	}
	return terms
}

func TestCommitment(t *testing.T) {
	var in struct{ Cases []commitment }
	golden(t, "lp-commitment", "input.json", &in)
	var want struct{ Objectives map[string]float64 }
	golden(t, "lp-commitment", "expected.json", &want)
	each(t, func(t *testing.T, s lp.Solver) {
		for _, c := range in.Cases {
			t.Run(c.Name, func(t *testing.T) {
				p := c.program()
				got := solved(t, s, p, lp.Options{}, lp.Optimal)
				near(t, "cost", got.Objective, want.Objectives[c.Name], 1e-6)
				if len(got.Dual) != p.Rows() || got.Gap > 1e-9 {
					t.Errorf("%d duals, gap %g", len(got.Dual), got.Gap)
				}
			})
		}
	})
}

// A start from the optimum is taken, and one that is no solution does no harm.
func TestStart(t *testing.T) {
	var in struct{ Cases []commitment }
	golden(t, "lp-commitment", "input.json", &in)
	p := in.Cases[0].program()
	each(t, func(t *testing.T, s lp.Solver) {
		first := solved(t, s, p, lp.Options{}, lp.Optimal)
		for _, start := range [][]float64{first.Value, make([]float64, p.Columns())} {
			again := solved(t, s, p, lp.Options{Start: start}, lp.Optimal)
			near(t, "cost", again.Objective, first.Objective, 1e-9)
		}
		if _, err := s.Solve(context.Background(), p, lp.Options{Start: []float64{1}}); err == nil {
			t.Error("a start of the wrong length is taken")
		}
	})
}
