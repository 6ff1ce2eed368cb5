package lp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// tolerance is how far an answer may be off: rows and bounds, and objectives, relative.
// The solvers themselves work to 1e-6 or 1e-7, on scaled rows.
const tolerance = 2e-6

// Verified is a solver whose every answer is checked, with nothing of the solver's own:
// that the values keep bounds, rows and whole numbers, that the objective is what the
// values cost, that the bound is below it, and, for programs without whole numbers, that
// the duals prove the optimum; with whole numbers, that they do so once those are held.
// An answer that fails, and a claim that there is no
// solution or no end, which nothing proves, goes to the next solver. When none gives an
// answer that holds, the error wraps ErrWrongAnswer and names all asked.
//
// That a mixed-integer optimum is the best cannot be seen from it. With
// Options.Confirm the second solver is asked for anything better than it by more than
// the gap, and what it finds is returned instead; this may take as long as the first.
func Verified(s Solver, second ...Solver) Solver {
	return &verified{append([]Solver{s}, second...)}
}

type verified struct{ solvers []Solver }

func (v *verified) Name() string {
	names := make([]string, len(v.solvers))
	for i, s := range v.solvers {
		names[i] = s.Name()
	}
	return strings.Join(names, ", checked by ")
}

func (v *verified) Solve(ctx context.Context, p *Program, o Options) (*Solution, error) {
	if err := p.Ready(o); err != nil {
		return nil, err
	}
	var claim *Solution // that there is no answer, by a solver before
	var faults []error
	var spent time.Duration
	for i, s := range v.solvers {
		got, err := s.Solve(ctx, p, o)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			spent += got.Elapsed
			err = verify(p, o, got)
		}
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s: %w", s.Name(), err))
		case got.Value == nil && got.Status != Stopped && claim == nil && i+1 < len(v.solvers):
			claim = got
		case claim != nil && got.Status == Stopped:
			return claim, nil
		default:
			got.Elapsed = spent
			return v.confirm(ctx, p, o, got, i)
		}
	}
	if claim != nil { // the second could not say
		return claim, nil
	}
	return nil, fmt.Errorf("%w: program %q: %w; scale its rows to similar sizes, or report the program", ErrWrongAnswer, p.name, errors.Join(faults...))
}

// confirm asks the next solver whether anything is better than a mixed-integer optimum.
func (v *verified) confirm(ctx context.Context, p *Program, o Options, got *Solution, by int) (*Solution, error) {
	if !o.Confirm || got.Status != Optimal || p.integers == 0 || o.Relax || len(v.solvers) < 2 {
		return got, nil
	}
	second := v.solvers[(by+1)%len(v.solvers)]
	other, err := second.Solve(ctx, p.better(got.Objective, o.Gap), Options{Time: o.Time, Gap: o.Gap})
	if err != nil {
		return nil, err
	}
	got.Elapsed += other.Elapsed
	if other.Value == nil || len(Check(p, other.Value, tolerance)) > 0 {
		return got, nil
	}
	other.Elapsed = got.Elapsed
	other.Objective = p.Objective(other.Value)
	other.Gap = gap(other.Objective, other.Bound)
	other.Dual, other.Reduced = nil, nil
	return other, nil
}

// better is the program with a row that asks for less than objective by the gap.
func (p *Program) better(objective, gap float64) *Program {
	b := p.Clone()
	var terms []Term
	for j, c := range p.columns {
		if c.cost != 0 {
			terms = append(terms, Term{Column(j), c.cost})
		}
	}
	less := math.Max(gap, 10*tolerance) * math.Max(1, math.Abs(objective))
	b.Row("better than the optimum", math.Inf(-1), objective-less-p.constant, terms...)
	return b
}

// verify is what is wrong with an answer; nil when it holds as far as can be seen.
func verify(p *Program, o Options, s *Solution) error {
	whole := p.integers > 0 && !o.Relax
	switch s.Status {
	case Infeasible, Unbounded, Stopped:
		return nil
	case Optimal, Feasible:
	default:
		return fmt.Errorf("it answers %v", s.Status)
	}
	if bad := p.check(s.Value, tolerance, whole); len(bad) > 0 {
		return fmt.Errorf("%s answer breaks %d limits, the first: %v", s.Status, len(bad), bad[0])
	}
	objective := p.Objective(s.Value)
	room := tolerance * math.Max(1, math.Abs(objective))
	switch {
	case !(math.Abs(objective-s.Objective) <= room):
		return fmt.Errorf("its objective %v is %v when computed from its values", s.Objective, objective)
	case s.Bound > objective+room:
		return fmt.Errorf("its bound %v is above the objective %v of its own values", s.Bound, objective)
	case s.Status == Optimal && whole && !(objective-s.Bound <= room+2*o.Gap*math.Abs(objective)):
		return fmt.Errorf("it calls %v optimal and proves no more than %v", objective, s.Bound)
	case s.Status == Optimal && !whole:
		return p.proves(s.Value, s.Dual, objective)
	case s.Dual != nil:
		return p.hold(s.Value).proves(s.Value, s.Dual, objective)
	}
	return nil
}

// proves looks whether duals y prove that x is optimal: the Lagrangian bound
//
//	L(y) = k + Σᵢ (yᵢ>0 ? yᵢ·lᵢ : yᵢ·uᵢ) + Σⱼ min over lⱼ≤xⱼ≤uⱼ of (cⱼ − Σᵢ aᵢⱼ·yᵢ)·xⱼ
//
// is below every solution's objective (Dantzig and Thapa 1997, Linear Programming 1,
// 5.1), so the two may differ by rounding alone. A dual or a reduced cost that is wrong
// in sign by no more than rounding counts at x instead of at a side far away.
func (p *Program) proves(x, y []float64, objective float64) error {
	if len(y) != len(p.rows) {
		return fmt.Errorf("%d duals for %d rows", len(y), len(p.rows))
	}
	reduced, size := make([]float64, len(x)), make([]float64, len(x))
	for j, c := range p.columns {
		reduced[j], size[j] = c.cost, math.Max(1, math.Abs(c.cost))
	}
	bound, scale := p.constant, math.Max(1, math.Abs(objective))
	for i, r := range p.rows {
		sum, _ := p.sum(r, x)
		for _, t := range p.terms[r.first:r.next] {
			reduced[t.Column] -= y[i] * t.Factor
			size[t.Column] = math.Max(size[t.Column], math.Abs(y[i]*t.Factor))
		}
		bound += least(y[i], r.lower, r.upper, sum, math.Max(1, math.Abs(y[i]))*1e-9)
	}
	for j, c := range p.columns {
		bound += least(reduced[j], c.lower, c.upper, x[j], size[j]*tolerance)
	}
	if !(math.Abs(objective-bound) <= 5*tolerance*scale) {
		return fmt.Errorf("its duals prove %v, its values cost %v", bound, objective)
	}
	return nil
}

// least is the minimum of d·v over lower ≤ v ≤ upper; where |d| ≤ tiny, d·at.
func least(d, lower, upper, at, tiny float64) float64 {
	switch {
	case math.Abs(d) <= tiny:
		return d * at
	case d > 0:
		return d * lower
	}
	return d * upper
}
