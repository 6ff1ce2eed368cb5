package programfile

import (
	"math"

	"lingtan/lp"
)

// checked is the tolerance that the checks of an answer are made with.
const checked = 1e-6

// Answer is a solution as it is written. What there is no figure for is left out.
type Answer struct {
	Format    string   `json:"format"`
	Name      string   `json:"name"`
	Status    string   `json:"status"`
	Solver    string   `json:"solver"`
	Objective *float64 `json:"objective,omitempty"`
	Bound     *float64 `json:"bound,omitempty"`
	Gap       *float64 `json:"gap,omitempty"`
	Checks    *Checks  `json:"checks,omitempty"`
	Columns   []Figure `json:"columns,omitempty"`
	Rows      []Figure `json:"rows,omitempty"`
	Conflict  []string `json:"conflict,omitempty"` // soft rows that cannot all be kept
}

// Checks are what was computed again from the values, with nothing of the solver.
type Checks struct {
	Tolerance  float64  `json:"tolerance"`
	Violations []string `json:"violations"` // empty when the values keep all limits
	Objective  float64  `json:"objective"`
}

// Figure is a column's value with its reduced cost, or a row's sum with its dual.
type Figure struct {
	Name    string   `json:"name"`
	Value   float64  `json:"value"`
	Reduced *float64 `json:"reduced,omitempty"`
	Dual    *float64 `json:"dual,omitempty"`
}

// NewAnswer is the written form of a solution of f. The conflict is empty unless the
// program has no solution and it was asked for.
func NewAnswer(f *File, s *lp.Solution, relaxed bool, conflict []lp.Row) *Answer {
	p := f.Program
	a := &Answer{Format: AnswerFormat, Name: p.ProgramName(), Status: s.Status.String(), Solver: s.Solver}
	a.Objective, a.Bound, a.Gap = finite(s.Objective), finite(s.Bound), finite(s.Gap)
	for _, r := range conflict {
		a.Conflict = append(a.Conflict, p.RowName(r))
	}
	if s.Value == nil {
		return a
	}
	a.Checks = &Checks{Tolerance: checked, Violations: []string{}, Objective: p.Objective(s.Value)}
	check := lp.Check
	if relaxed {
		check = lp.CheckRelaxed
	}
	for _, v := range check(p, s.Value, checked) {
		a.Checks.Violations = append(a.Checks.Violations, v.String())
	}
	for j, v := range s.Value {
		c := Figure{Name: p.Name(lp.Column(j)), Value: v}
		if s.Reduced != nil {
			c.Reduced = finite(s.Reduced[j])
		}
		a.Columns = append(a.Columns, c)
	}
	for i := range p.Rows() {
		r := Figure{Name: p.RowName(lp.Row(i)), Value: p.Sum(lp.Row(i), s.Value)}
		if s.Dual != nil {
			r.Dual = finite(s.Dual[i])
		}
		a.Rows = append(a.Rows, r)
	}
	return a
}

func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	v += 0 // −0 is 0
	return &v
}
