package lp

import (
	"fmt"
	"math"
)

// Violation is a bound, a row or an integrality that a solution does not keep.
type Violation struct {
	Column Column  // −1 for a row
	Row    Row     // −1 for a column
	Name   string  // of the column or the row
	Value  float64 // of the column, or of the row's sum
	Limit  float64 // the bound or side, or the nearest whole number
	By     float64 // |Value − Limit|
}

func (v Violation) String() string {
	what := "column"
	if v.Column < 0 {
		what = "row"
	}
	return fmt.Sprintf("%s %q is %g and may not pass %g (by %.3g)", what, v.Name, v.Value, v.Limit, v.By)
}

// Check finds what x, a value per column, does not keep: bounds, rows and whole numbers.
// A side may be passed by tolerance · max(1, |side|, the row's largest |factor·x|), since
// a sum is no more exact than its largest term; whole numbers by tolerance alone. It uses
// nothing of any solver. A NaN violates; an x of another length violates every column.
func Check(p *Program, x []float64, tolerance float64) []Violation {
	return p.check(x, tolerance, true)
}

func (p *Program) check(x []float64, tolerance float64, whole bool) []Violation {
	var found []Violation
	for j, c := range p.columns {
		v := math.NaN()
		if len(x) == len(p.columns) {
			v = x[j]
		}
		if limit, bad := passes(v, c.lower, c.upper, tolerance, 1); bad {
			found = append(found, Violation{Column(j), -1, c.name, v, limit, math.Abs(v - limit)})
		} else if n := math.Round(v); whole && c.integer && math.Abs(v-n) > tolerance {
			found = append(found, Violation{Column(j), -1, c.name, v, n, math.Abs(v - n)})
		}
	}
	if len(x) != len(p.columns) {
		return found
	}
	for i, r := range p.rows {
		sum, largest := p.sum(r, x)
		if limit, bad := passes(sum, r.lower, r.upper, tolerance, math.Max(1, largest)); bad {
			found = append(found, Violation{-1, Row(i), r.name, sum, limit, math.Abs(sum - limit)})
		}
	}
	return found
}

// passes tells the side that v passes by more than tolerance · max(scale, |side|).
func passes(v, lower, upper, tolerance, scale float64) (float64, bool) {
	room := func(side float64) float64 {
		if math.IsInf(side, 0) {
			return 0
		}
		return tolerance * math.Max(scale, math.Abs(side))
	}
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return lower, true
	case v < lower-room(lower):
		return lower, true
	case v > upper+room(upper):
		return upper, true
	}
	return 0, false
}

// sum is a row's Σ factor·x and the largest |factor·x| in it.
func (p *Program) sum(r row, x []float64) (sum, largest float64) {
	var lost float64 // compensated, as Neumaier 1974
	for _, t := range p.terms[r.first:r.next] {
		v := t.Factor * x[t.Column]
		largest = math.Max(largest, math.Abs(v))
		next := sum + v
		if math.Abs(sum) >= math.Abs(v) {
			lost += (sum - next) + v
		} else {
			lost += (v - next) + sum
		}
		sum = next
	}
	return sum + lost, largest
}

// Objective is the objective of x, a value per column, with the constant.
func (p *Program) Objective(x []float64) float64 {
	if len(x) != len(p.columns) {
		return math.NaN()
	}
	total, lost := p.constant, 0.0
	for j, c := range p.columns {
		v := c.cost * x[j]
		next := total + v
		if math.Abs(total) >= math.Abs(v) {
			lost += (total - next) + v
		} else {
			lost += (v - next) + total
		}
		total = next
	}
	return total + lost
}

// CheckRelaxed is Check with whole numbers that may be any number.
func CheckRelaxed(p *Program, x []float64, tolerance float64) []Violation {
	return p.check(x, tolerance, false)
}

// Sum is Σ factor·x of a row; NaN where there is no such row or x has another length.
func (p *Program) Sum(r Row, x []float64) float64 {
	if r < 0 || int(r) >= len(p.rows) || len(x) != len(p.columns) {
		return math.NaN()
	}
	sum, _ := p.sum(p.rows[r], x)
	return sum
}
