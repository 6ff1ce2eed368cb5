package lp

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// rounds is how often the local search goes through all blocks at most.
const rounds = 5

// RelaxAndFix finds a good solution of a program whose whole numbers come in blocks, as
// the hours of a schedule do, and says how far it may be from the best. Blocks are
// solved in order, with those before fixed and those after relaxed (Pochet and Wolsey
// 2006, Production Planning by Mixed Integer Programming, 3.6); then each pair of
// neighbouring blocks is freed again while that helps. Whole numbers in no block stay
// whole throughout.
//
// Bound is that of the relaxation with the first block whole, which no solution passes,
// so Gap is proven. Options.Gap is what each step is solved to, and ends the search when
// reached. Options.Time is shared by all steps; what is left of it in the end goes into
// the whole program, from the solution found, for a better bound. Options.Start is not
// used. A program
// with no solution is found Infeasible by its relaxation; where fixing leads into a dead
// end that one block back does not open, the whole program is solved in the time left.
func RelaxAndFix(ctx context.Context, s Solver, p *Program, blocks [][]Column, o Options) (*Solution, error) {
	if err := p.Ready(o); err != nil {
		return nil, err
	}
	r, err := newRoll(s, p, blocks, o)
	if err != nil {
		return nil, err
	}
	done, err := r.forward(ctx)
	if err != nil || done != nil {
		return done, err
	}
	if err := r.improve(ctx); err != nil {
		return nil, err
	}
	if err := r.prove(ctx); err != nil {
		return nil, err
	}
	return r.result(), nil
}

// roll is a relax-and-fix under way.
type roll struct {
	s      Solver
	p      *Program // as given
	blocks [][]Column
	o      Options
	bound  float64
	best   *Solution
	spent  time.Duration
}

func newRoll(s Solver, p *Program, blocks [][]Column, o Options) (*roll, error) {
	seen := make([]bool, len(p.columns))
	for i, b := range blocks {
		for _, c := range b {
			if c < 0 || int(c) >= len(seen) || !p.columns[c].integer || seen[c] {
				return nil, fmt.Errorf("%w %q: block %d names %s, which must be a whole number of the program and in one block", ErrProgram, p.name, i, p.Name(c))
			}
			seen[c] = true
		}
	}
	blocks = slices.DeleteFunc(slices.Clone(blocks), func(b []Column) bool { return len(b) == 0 })
	return &roll{s: s, p: p, blocks: blocks, o: o, bound: math.Inf(-1)}, nil
}

// forward fixes block after block. A solution returned ends the search.
func (r *roll) forward(ctx context.Context) (*Solution, error) {
	var x []float64
	for k := range r.blocks {
		got, err := r.step(ctx, x, k, k)
		if err == nil && got.Value == nil && k > 0 && got.Status != Stopped {
			got, err = r.step(ctx, x, k-1, k) // the block before was fixed wrongly
		}
		if err != nil {
			return nil, err
		}
		if k == 0 {
			r.bound = got.Bound
		}
		switch {
		case got.Value == nil && k == 0 && got.Status != Stopped:
			return got, nil
		case got.Value == nil:
			return r.whole(ctx)
		}
		x = got.Value
		if k == len(r.blocks)-1 {
			r.best = got
		}
	}
	if r.best == nil { // no blocks
		return r.whole(ctx)
	}
	return nil, nil
}

// step solves with blocks before from fixed at x, blocks from…to whole, the rest relaxed.
func (r *roll) step(ctx context.Context, x []float64, from, to int) (*Solution, error) {
	q := r.p.Clone()
	for i, b := range r.blocks {
		for _, c := range b {
			switch {
			case i < from:
				q.fix(c, x[c])
			case i > to:
				q.relax(c)
			}
		}
	}
	return r.solve(ctx, q, nil)
}

// solve solves a part in its share of the time. A solver that stops with a solution has
// answered.
func (r *roll) solve(ctx context.Context, q *Program, start []float64) (*Solution, error) {
	o := Options{Gap: r.o.Gap, Start: start}
	if r.o.Time > 0 {
		left := r.o.Time - r.spent
		if left <= 0 {
			return &Solution{Status: Stopped, Objective: math.Inf(1), Bound: math.Inf(-1), Gap: math.Inf(1)}, nil
		}
		o.Time = max(left/2, time.Millisecond)
	}
	got, err := r.s.Solve(ctx, q, o)
	if err != nil {
		return nil, err
	}
	r.spent += got.Elapsed
	if r.o.Progress != nil && r.best != nil {
		r.o.Progress(Progress{Elapsed: r.spent, Incumbent: r.best.Objective, Bound: r.bound})
	}
	return got, nil
}

// whole solves the program as it is.
func (r *roll) whole(ctx context.Context) (*Solution, error) {
	got, err := r.solve(ctx, r.p, nil)
	if err != nil {
		return nil, err
	}
	got.Bound = math.Max(got.Bound, r.bound)
	got.Gap, got.Elapsed = gap(got.Objective, got.Bound), r.spent
	return got, nil
}

// improve frees two neighbouring blocks at a time, all others fixed at the best.
func (r *roll) improve(ctx context.Context) error {
	for range rounds {
		before := r.best.Objective
		for k := range r.blocks {
			if r.closed() {
				return nil
			}
			if err := r.free(ctx, k); err != nil {
				return err
			}
		}
		if before-r.best.Objective <= 1e-9*math.Max(1, math.Abs(before)) {
			return nil
		}
	}
	return nil
}

func (r *roll) closed() bool { return gap(r.best.Objective, r.bound) <= math.Max(r.o.Gap, 1e-9) }

func (r *roll) free(ctx context.Context, k int) error {
	q := r.p.Clone()
	for i, b := range r.blocks {
		for _, c := range b {
			if i != k && i != k+1 {
				q.fix(c, r.best.Value[c])
			}
		}
	}
	got, err := r.solve(ctx, q, r.best.Value)
	if err == nil && got.Value != nil && got.Objective < r.best.Objective {
		r.best = got
	}
	return err
}

// prove spends the time left on the whole program.
func (r *roll) prove(ctx context.Context) error {
	if r.o.Time == 0 || r.closed() || r.spent >= r.o.Time {
		return nil
	}
	got, err := r.s.Solve(ctx, r.p, Options{Gap: r.o.Gap, Time: r.o.Time - r.spent, Start: r.best.Value})
	if err != nil {
		return err
	}
	r.spent += got.Elapsed
	r.bound = math.Max(r.bound, got.Bound)
	if got.Value != nil && got.Objective < r.best.Objective {
		r.best = got
	}
	return nil
}

func (r *roll) result() *Solution {
	s := *r.best
	s.Status, s.Bound, s.Elapsed = Feasible, math.Min(r.bound, s.Objective), r.spent
	s.Gap = gap(s.Objective, s.Bound)
	if r.closed() {
		s.Status = Optimal
	}
	return &s
}

// fix holds a column at the whole number nearest to v.
func (p *Program) fix(c Column, v float64) {
	at := &p.columns[c]
	v = math.Min(math.Max(math.Round(v), math.Ceil(at.lower)), math.Floor(at.upper))
	at.lower, at.upper = v, v
}

// relax lets a column be any number within its bounds.
func (p *Program) relax(c Column) {
	if p.columns[c].integer {
		p.columns[c].integer = false
		p.integers--
	}
}
