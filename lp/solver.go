package lp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

var (
	// ErrAbsent says that a solver is not part of this build.
	ErrAbsent = errors.New("solver is not in this build")
	// ErrSolver says that a solver failed without an answer about the program.
	ErrSolver = errors.New("solver failed")
	// ErrWrongAnswer says that no solver asked gave an answer that holds.
	ErrWrongAnswer = errors.New("solver's answer is wrong")
)

// Options say how far to solve. The zero value solves to the end.
type Options struct {
	Time     time.Duration  // at most this long; 0 is no limit
	Gap      float64        // stop when (incumbent − bound)/|incumbent| is at most this, ≥ 0; 0 asks for the optimum
	Start    []float64      // a solution to begin with, a value per column; nil for none. A hint: it may be infeasible
	Relax    bool           // let whole numbers be any number
	Confirm  bool           // Verified asks its second solver, too, whether there is anything better than a mixed-integer optimum
	Progress func(Progress) // called now and then while solving, from the goroutine that solves; may be nil
}

// Progress is how far a solver has come.
type Progress struct {
	Elapsed   time.Duration
	Incumbent float64 // objective of the best solution so far; +Inf where there is none
	Bound     float64 // no solution is below this; −Inf where nothing is proven
}

// Status is what a solver found.
type Status int

// What a solver may find.
const (
	Optimal    Status = iota + 1 // the best solution, within the gap asked for
	Feasible                     // stopped before the end, with a solution
	Infeasible                   // no solution exists
	Unbounded                    // the objective falls without end
	Stopped                      // stopped before the end, without a solution
)

func (s Status) String() string {
	switch s {
	case Optimal:
		return "optimal"
	case Feasible:
		return "feasible"
	case Infeasible:
		return "infeasible"
	case Unbounded:
		return "unbounded"
	case Stopped:
		return "stopped"
	}
	return fmt.Sprintf("status %d", int(s))
}

// Solution is the answer to a program. Where Status is neither Optimal nor Feasible
// there is no Value, and Objective is +Inf.
type Solution struct {
	Status    Status
	Objective float64       // of Value, with the constant
	Bound     float64       // no solution is below this; −Inf where nothing is proven
	Gap       float64       // (Objective − Bound)/max(|Objective|, 1e-10); +Inf without a solution or a bound
	Value     []float64     // per column
	Dual      []float64     // per row: ∂Objective/∂side, of the program with whole numbers held at Value; nil when none
	Reduced   []float64     // per column: ∂Objective/∂bound, likewise; nil when none
	Solver    string        // who answered
	Elapsed   time.Duration // how long it took
}

// Solver solves programs. It is safe for concurrent use, and ends when ctx does, with
// ctx's error. An infeasible or unbounded program is an answer and no error.
type Solver interface {
	Name() string
	Solve(ctx context.Context, p *Program, o Options) (*Solution, error)
}

// Ready is what every solver asks before it begins: that the program has no fault, and
// that the options fit it. Its errors wrap ErrProgram.
func (p *Program) Ready(o Options) error {
	switch {
	case p.Err() != nil:
		return p.Err()
	case o.Start != nil && len(o.Start) != p.Columns():
		return fmt.Errorf("%w %q: a start of %d values for %d columns; give one for each", ErrProgram, p.name, len(o.Start), p.Columns())
	case math.IsNaN(o.Gap) || o.Gap < 0:
		return fmt.Errorf("%w %q: the gap %v must be 0 or above", ErrProgram, p.name, o.Gap)
	case o.Time < 0:
		return fmt.Errorf("%w %q: the time limit %v is below 0", ErrProgram, p.name, o.Time)
	}
	return nil
}

// gap is how far an objective may be from the optimum, relative to itself.
func gap(objective, bound float64) float64 {
	if math.IsInf(objective, 0) || math.IsInf(bound, 0) {
		return math.Inf(1)
	}
	return math.Max(0, objective-bound) / math.Max(math.Abs(objective), 1e-10)
}
