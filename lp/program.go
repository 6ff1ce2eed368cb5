// Package lp states linear and mixed-integer programs, has them solved, checks the
// answers on its own, and explains why a program has none.
package lp

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Limits of a program. They bound memory to about 2 GB.
const (
	maxColumns = 5_000_000
	maxRows    = 5_000_000
	maxTerms   = 50_000_000
)

// ErrProgram is wrapped by every fault of a program as it was stated.
var ErrProgram = errors.New("linear program")

// Column is a variable of a program, counted from 0.
type Column int

// Row is a constraint of a program, counted from 0.
type Row int

// Term is a factor times a column, in a row.
type Term struct {
	Column Column
	Factor float64
}

// Program is a linear program, minimised:
//
//	min  k + Σ cⱼ·xⱼ   with   lᵢ ≤ Σ aᵢⱼ·xⱼ ≤ uᵢ   and   lⱼ ≤ xⱼ ≤ uⱼ,
//
// where some xⱼ may have to be whole numbers. To maximise, negate the costs. Make it
// with New; a zero Program is not usable. It is not safe for concurrent changes.
type Program struct {
	name     string
	constant float64
	columns  []column
	rows     []row
	terms    []Term // of all rows, one after another
	place    []int  // by column: where the row being stated has it in terms, +1
	integers int
	fault    error
}

type column struct {
	name               string
	lower, upper, cost float64
	integer            bool
}

type row struct {
	name         string
	lower, upper float64
	first, next  int // its terms are terms[first:next]
}

// New is an empty program. The name is told in errors.
func New(name string) *Program { return &Program{name: name} }

// Column adds a continuous variable with its bounds (±Inf where there is none) and its
// cost per unit in the objective.
func (p *Program) Column(name string, lower, upper, cost float64) Column {
	return p.add(column{name: name, lower: lower, upper: upper, cost: cost})
}

// Integer adds a variable that is a whole number within its bounds.
func (p *Program) Integer(name string, lower, upper, cost float64) Column {
	return p.add(column{name: name, lower: lower, upper: upper, cost: cost, integer: true})
}

// Binary adds a variable that is 0 or 1.
func (p *Program) Binary(name string, cost float64) Column { return p.Integer(name, 0, 1, cost) }

func (p *Program) add(c column) Column {
	if len(p.columns) >= maxColumns {
		p.blame("more than %d columns at %q", maxColumns, c.name)
	} else if what := p.wrongColumn(c); what != "" {
		p.blame("column %q: %s", c.name, what)
	}
	if c.integer {
		p.integers++
	}
	p.columns = append(p.columns, c)
	p.place = append(p.place, 0)
	return Column(len(p.columns) - 1)
}

// Row adds lower ≤ Σ factor·column ≤ upper; −Inf or +Inf leaves a side out, equal sides
// make an equation. Terms of one column are summed.
func (p *Program) Row(name string, lower, upper float64, terms ...Term) Row {
	r := row{name: name, lower: lower, upper: upper, first: len(p.terms)}
	if what := wrongBounds(lower, upper); what != "" {
		p.blame("row %q: %s", name, what)
	}
	if len(p.rows) >= maxRows || len(p.terms)+len(terms) > maxTerms {
		p.blame("more than %d rows or %d terms at %q", maxRows, maxTerms, name)
		terms = nil
	}
	for _, t := range terms {
		p.addTerm(r, t)
	}
	r.next = len(p.terms)
	for _, t := range p.terms[r.first:] {
		p.place[t.Column] = 0
	}
	p.rows = append(p.rows, r)
	return Row(len(p.rows) - 1)
}

func (p *Program) addTerm(r row, t Term) {
	switch {
	case t.Column < 0 || int(t.Column) >= len(p.columns):
		p.blame("row %q: there is no column %d", r.name, t.Column)
	case math.IsNaN(t.Factor) || math.IsInf(t.Factor, 0):
		p.blame("row %q: the factor of column %q is %v; it must be finite", r.name, p.Name(t.Column), t.Factor)
	case p.place[t.Column] > 0:
		p.terms[p.place[t.Column]-1].Factor += t.Factor
	default:
		p.terms = append(p.terms, t)
		p.place[t.Column] = len(p.terms)
	}
}

// SetBounds gives a column other bounds.
func (p *Program) SetBounds(c Column, lower, upper float64) {
	if p.has(c) {
		with := p.columns[c]
		with.lower, with.upper = lower, upper
		p.change(c, with)
	}
}

// SetCost gives a column another cost.
func (p *Program) SetCost(c Column, cost float64) {
	if p.has(c) {
		with := p.columns[c]
		with.cost = cost
		p.change(c, with)
	}
}

func (p *Program) has(c Column) bool {
	if c < 0 || int(c) >= len(p.columns) {
		p.blame("there is no column %d", c)
		return false
	}
	return true
}

func (p *Program) change(c Column, with column) {
	if what := p.wrongColumn(with); what != "" {
		p.blame("column %q: %s", with.name, what)
	}
	p.columns[c] = with
}

// SetRow gives a row other sides.
func (p *Program) SetRow(r Row, lower, upper float64) {
	if r < 0 || int(r) >= len(p.rows) {
		p.blame("there is no row %d", r)
		return
	}
	if what := wrongBounds(lower, upper); what != "" {
		p.blame("row %q: %s", p.rows[r].name, what)
	}
	p.rows[r].lower, p.rows[r].upper = lower, upper
}

// AddCost adds a constant to the objective.
func (p *Program) AddCost(constant float64) {
	if math.IsNaN(constant) || math.IsInf(constant, 0) {
		p.blame("the constant cost %v is not finite", constant)
	}
	p.constant += constant
}

// Columns is how many columns there are.
func (p *Program) Columns() int { return len(p.columns) }

// Rows is how many rows there are.
func (p *Program) Rows() int { return len(p.rows) }

// Integers is how many columns must be whole numbers.
func (p *Program) Integers() int { return p.integers }

// Name is a column's name.
func (p *Program) Name(c Column) string {
	if c < 0 || int(c) >= len(p.columns) {
		return fmt.Sprintf("column %d", c)
	}
	return p.columns[c].name
}

// RowName is a row's name.
func (p *Program) RowName(r Row) string {
	if r < 0 || int(r) >= len(p.rows) {
		return fmt.Sprintf("row %d", r)
	}
	return p.rows[r].name
}

// Err is the first fault in what was stated, wrapping ErrProgram and naming the column
// or row; nil when there is none. No solver takes a program with a fault.
func (p *Program) Err() error { return p.fault }

// Clone is a copy that can be changed without changing p.
func (p *Program) Clone() *Program {
	c := *p
	c.columns, c.rows = slices.Clone(p.columns), slices.Clone(p.rows)
	c.terms, c.place = slices.Clone(p.terms), slices.Clone(p.place)
	return &c
}

func (p *Program) blame(format string, args ...any) {
	if p.fault == nil {
		p.fault = fmt.Errorf("%w %q: %s", ErrProgram, p.name, fmt.Sprintf(format, args...))
	}
}

func (p *Program) wrongColumn(c column) string {
	if math.IsNaN(c.cost) || math.IsInf(c.cost, 0) {
		return fmt.Sprintf("cost %v is not finite", c.cost)
	}
	what := wrongBounds(c.lower, c.upper)
	if what == "" && c.integer && math.Floor(c.upper) < math.Ceil(c.lower) {
		return fmt.Sprintf("no whole number lies between %v and %v", c.lower, c.upper)
	}
	return what
}

// wrongBounds is what is wrong with two bounds, empty when nothing is.
func wrongBounds(lower, upper float64) string {
	switch {
	case math.IsNaN(lower) || math.IsNaN(upper):
		return fmt.Sprintf("bounds %v and %v: NaN is no bound; leave a side out with ±Inf", lower, upper)
	case lower > upper:
		return fmt.Sprintf("lower bound %v is above upper bound %v", lower, upper)
	case math.IsInf(lower, 1) || math.IsInf(upper, -1):
		return fmt.Sprintf("bounds %v and %v leave no value", lower, upper)
	}
	return ""
}

// Matrix is a program as arrays, for those who solve it: rows compressed, row i's terms
// at Start[i] to Start[i+1] of Index (columns) and Factor.
type Matrix struct {
	Constant           float64
	Lower, Upper, Cost []float64 // by column, ±Inf where there is no bound
	Integer            []bool    // by column
	RowLower, RowUpper []float64 // by row
	Start, Index       []int32
	Factor             []float64
}

// Matrix is the program as arrays. They are copies; terms of factor 0 are left out.
func (p *Program) Matrix() Matrix {
	m := Matrix{Constant: p.constant, Start: make([]int32, 1, len(p.rows)+1)}
	for _, c := range p.columns {
		m.Lower, m.Upper, m.Cost = append(m.Lower, c.lower), append(m.Upper, c.upper), append(m.Cost, c.cost)
		m.Integer = append(m.Integer, c.integer)
	}
	for _, r := range p.rows {
		m.RowLower, m.RowUpper = append(m.RowLower, r.lower), append(m.RowUpper, r.upper)
		for _, t := range p.terms[r.first:r.next] {
			if t.Factor != 0 {
				m.Index, m.Factor = append(m.Index, int32(t.Column)), append(m.Factor, t.Factor)
			}
		}
		m.Start = append(m.Start, int32(len(m.Index)))
	}
	return m
}

// ProgramName is the name that the program was made with.
func (p *Program) ProgramName() string { return p.name }
