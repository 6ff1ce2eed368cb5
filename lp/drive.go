package lp

import (
	"context"
	"fmt"
	"math"
)

// Undecided is a solver's word that a program is infeasible or unbounded, without saying
// which. NewSolver asks again, so that no caller sees it.
const Undecided Status = -1

// NewSolver makes a Solver out of one that fills in Status, Value, Bound, Elapsed and,
// for programs without whole numbers, Dual and Reduced. It adds what every answer needs:
// the program is checked before; the objective is computed from the values; an undecided
// answer is settled by solving without costs; and the values that are no whole numbers
// are made optimal, with their duals, with the whole numbers held.
func NewSolver(name string, solve func(context.Context, *Program, Options) (*Solution, error)) Solver {
	return &driven{name, solve}
}

type driven struct {
	name  string
	solve func(context.Context, *Program, Options) (*Solution, error)
}

func (d *driven) Name() string { return d.name }

func (d *driven) Solve(ctx context.Context, p *Program, o Options) (*Solution, error) {
	if err := p.Ready(o); err != nil {
		return nil, err
	}
	whole := p.integers > 0 && !o.Relax
	s, err := d.ask(ctx, p, o)
	if err == nil && s.Status == Undecided {
		err = d.decide(ctx, p, o, s)
	}
	if err != nil {
		return nil, fmt.Errorf("%s on %q: %w", d.name, p.name, err)
	}
	s.Solver, s.Objective = d.name, math.Inf(1)
	if s.Status != Optimal && s.Status != Feasible {
		s.Value, s.Dual, s.Reduced = nil, nil, nil
	} else if whole {
		if err := d.polish(ctx, p, s); err != nil {
			return nil, fmt.Errorf("%s on %q: %w", d.name, p.name, err)
		}
	}
	s.finish(p, whole)
	return s, nil
}

// ask answers a program without columns itself: solvers differ in what they say of it.
func (d *driven) ask(ctx context.Context, p *Program, o Options) (*Solution, error) {
	if len(p.columns) > 0 {
		return d.solve(ctx, p, o)
	}
	if len(Check(p, []float64{}, 1e-9)) > 0 {
		return &Solution{Status: Infeasible, Bound: math.Inf(1)}, nil
	}
	return &Solution{Status: Optimal, Value: []float64{}, Dual: make([]float64, len(p.rows)), Reduced: []float64{}, Bound: p.constant}, nil
}

// decide tells unbounded from infeasible: without costs a program can only be the latter.
func (d *driven) decide(ctx context.Context, p *Program, o Options, s *Solution) error {
	free := p.Clone()
	for j := range free.columns {
		free.columns[j].cost = 0
	}
	second, err := d.solve(ctx, free, Options{Time: o.Time, Relax: o.Relax})
	if err != nil {
		return err
	}
	s.Elapsed += second.Elapsed
	switch second.Status {
	case Optimal, Feasible:
		s.Status, s.Bound = Unbounded, math.Inf(-1)
	case Infeasible:
		s.Status, s.Bound = Infeasible, math.Inf(1)
	default:
		s.Status, s.Bound = Stopped, math.Inf(-1)
	}
	return nil
}

// polish solves with the whole numbers held. Where that fails, which numbers just off
// whole may bring about, the solver's own values stay and there are no duals.
func (d *driven) polish(ctx context.Context, p *Program, s *Solution) error {
	s.Dual, s.Reduced = nil, nil
	if len(s.Value) != len(p.columns) {
		return fmt.Errorf("%w: %d values for %d columns", ErrSolver, len(s.Value), len(p.columns))
	}
	held, err := d.solve(ctx, p.hold(s.Value), Options{})
	if err != nil {
		return err
	}
	s.Elapsed += held.Elapsed
	if held.Status != Optimal || p.Objective(held.Value) > p.Objective(s.Value)+1e-7*math.Max(1, math.Abs(p.Objective(s.Value))) {
		return nil
	}
	s.Value, s.Dual, s.Reduced = held.Value, held.Dual, held.Reduced
	for j, c := range p.columns {
		if c.integer {
			s.Value[j] = math.Round(s.Value[j])
		}
	}
	return nil
}

// hold is the program with its whole numbers fixed at those nearest to x.
func (p *Program) hold(x []float64) *Program {
	held := p.Clone()
	for j := range held.columns {
		c := &held.columns[j]
		if c.integer {
			v := math.Min(math.Max(math.Round(x[j]), math.Ceil(c.lower)), math.Floor(c.upper))
			c.lower, c.upper, c.integer = v, v, false
		}
	}
	held.integers = 0
	return held
}

// finish computes objective and gap. The bound of a program without whole numbers is its
// optimum; a bound above the objective by rounding is brought down to it, one further
// above is left for Verified to see.
func (s *Solution) finish(p *Program, whole bool) {
	if s.Value != nil {
		s.Objective = p.Objective(s.Value)
		if s.Status == Optimal && !whole {
			s.Bound = s.Objective
		}
		if s.Bound > s.Objective && s.Bound-s.Objective <= 1e-9*math.Max(1, math.Abs(s.Objective)) {
			s.Bound = s.Objective
		}
	}
	if math.IsNaN(s.Bound) {
		s.Bound = math.Inf(-1)
	}
	s.Gap = gap(s.Objective, s.Bound)
}
