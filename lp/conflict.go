package lp

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// maxSoft is how many rows Conflict looks through, each at the cost of a solve.
const maxSoft = 5000

// Conflict finds rows among soft that cannot all be kept: an irreducible set, without any
// one of which the others, and all rows that are not soft, can be. It is empty when p has
// a solution. When p has none even without the soft rows, the error wraps ErrProgram.
//
// The deletion filter (Chinneck and Dravnieks 1991, ORSA Journal on Computing 3, 157):
// rows are left out, in halves and then one by one; where still no solution appears they
// stay out.
func Conflict(ctx context.Context, s Solver, p *Program, soft []Row) ([]Row, error) {
	if err := p.Err(); err != nil {
		return nil, err
	}
	soft = slices.Compact(slices.Sorted(slices.Values(soft)))
	for _, r := range soft {
		if r < 0 || int(r) >= len(p.rows) {
			return nil, fmt.Errorf("%w %q: there is no row %d", ErrProgram, p.name, r)
		}
	}
	if len(soft) > maxSoft {
		return nil, fmt.Errorf("%w %q: %d rows to look for a conflict in, at most %d; group them", ErrProgram, p.name, len(soft), maxSoft)
	}
	f := filter{s: s, p: p.Clone(), keep: soft}
	for j := range f.p.columns {
		f.p.columns[j].cost = 0
	}
	if ok, err := f.solvable(ctx); ok || err != nil {
		return nil, err
	}
	if ok, err := f.without(ctx, soft); err != nil {
		return nil, err
	} else if !ok {
		return nil, fmt.Errorf("%w %q: it has no solution even without the rows that may be given up", ErrProgram, p.name)
	}
	for size := max(1, len(soft)/2); ; size /= 2 { // halves first, then single rows
		if err := f.sweep(ctx, size); err != nil {
			return nil, err
		}
		if size <= 1 {
			return f.keep, nil
		}
	}
}

// filter is a program without costs in which the rows of keep still conflict.
type filter struct {
	s    Solver
	p    *Program
	keep []Row
}

// sweep leaves out each group of size rows without which there is still no solution.
func (f *filter) sweep(ctx context.Context, size int) error {
	var needed []Row
	for group := range slices.Chunk(slices.Clone(f.keep), size) {
		ok, err := f.without(ctx, group)
		if err != nil {
			return err
		}
		if ok {
			needed = append(needed, group...)
			continue
		}
		for _, r := range group {
			f.p.SetRow(r, math.Inf(-1), math.Inf(1))
		}
	}
	f.keep = needed
	return nil
}

// without tells whether there is a solution when some rows are left out.
func (f *filter) without(ctx context.Context, rows []Row) (bool, error) {
	sides := make([]row, len(rows))
	for i, r := range rows {
		sides[i] = f.p.rows[r]
		f.p.SetRow(r, math.Inf(-1), math.Inf(1))
	}
	defer func() {
		for i, r := range rows {
			f.p.SetRow(r, sides[i].lower, sides[i].upper)
		}
	}()
	return f.solvable(ctx)
}

func (f *filter) solvable(ctx context.Context) (bool, error) {
	got, err := f.s.Solve(ctx, f.p, Options{})
	if err != nil {
		return false, err
	}
	switch got.Status {
	case Optimal, Feasible:
		return true, nil
	case Infeasible:
		return false, nil
	}
	return false, fmt.Errorf("%w: %s answers %v to a program without costs", ErrSolver, f.s.Name(), got.Status)
}
