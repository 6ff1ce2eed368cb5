// Package rating rates a park or an enterprise: indicators with their formula, source
// and levels, the carbon-efficiency code, the national zero-carbon-park indicators, the
// green-factory score, and the least change that would lift a grade.
//
// Nothing is guessed. A quantity that is not there, a denominator of zero or a level
// that no source gives is a Fault that names its place, and the figure stays empty.
package rating

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"lingtan/factor"
	"lingtan/park"
)

// ErrCase says that a case cannot be rated as it is written; the text says where.
var ErrCase = errors.New("rating: case")

// Benchmarks gives levels and thresholds by id; an empty version is the newest. The
// factor library is one. Errors wrap factor.ErrMissing.
type Benchmarks interface {
	Get(id, version string) (factor.Factor, error)
}

// Quantity is one named amount of the period, in the unit that the catalogue of
// quantities gives it, with what it came from.
type Quantity struct {
	ID       string   `json:"id"`
	Value    float64  `json:"value"` // finite; not below zero, but for emissions with credits
	Unit     string   `json:"unit"`
	From     []string `json:"from"`                    // entries, registers, records or factors that it came from
	Measured *float64 `json:"measuredShare,omitempty"` // share of it that was measured, 0 to 1; absent = not stated
	Declared bool     `json:"declared,omitempty"`      // a person declared it; no meter tells it
}

// Defined is a quantity of the catalogue: what it is, its unit and how to supply it.
type Defined struct {
	ID     string    `json:"id" yaml:"id"`
	Unit   string    `json:"unit" yaml:"unit"`
	Name   park.Name `json:"name" yaml:"name"`
	Supply park.Name `json:"supply" yaml:"supply"`
}

// Fault is why a figure is empty or not to be trusted, and where.
type Fault struct {
	Kind  string `json:"kind"` // missing, zero, invalid, level, setting, unit
	Place string `json:"place"`
	ZH    string `json:"zh"`
	EN    string `json:"en"`
}

// sound is an error unless v can be an amount: finite and not below zero.
func sound(place string, v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 || v > maxAmount {
		return fmt.Errorf("%w: %s is %v; write a finite amount from 0 to %g", ErrCase, place, v, maxAmount)
	}
	return nil
}

// ReadDeclared reads quantities of the form id=number, in the units of the catalogue; from
// is who declared them. Errors wrap ErrCase.
func ReadDeclared(texts []string, from string) ([]Quantity, error) {
	catalogue, err := Shipped()
	if err != nil {
		return nil, err
	}
	known := catalogue.units()
	var list []Quantity
	for _, t := range texts {
		id, number, _ := strings.Cut(t, "=")
		v, err := strconv.ParseFloat(number, 64)
		d, ok := known[id]
		if err != nil || !ok {
			return nil, fmt.Errorf("%w: %.100q is no quantity=number such as value_added=1200; the quantities are those of docs/formats/rating.md", ErrCase, t)
		}
		q := Quantity{ID: id, Value: v, Unit: d.Unit, From: []string{from}, Declared: true}
		if err := q.check(known); err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	return list, nil
}

// The limits of a case.
const (
	maxAmount     = 1e15
	maxQuantities = 500
	maxProducts   = 1000
	maxIndicators = 500
	maxFrom       = 1000 // entries, registers or records that one quantity names
	// MaxSize is the most bytes that a case file may have.
	MaxSize = 8 << 20
)

// amounts are the quantities of a case by id.
type amounts map[string]Quantity

// with is a copy in which the amounts have changed by the lever, x units of it.
func (a amounts) with(l Lever, x float64) amounts {
	b := make(amounts, len(a))
	for id, q := range a {
		before := q.Value
		if q.Value += x * l.Change[id]; q.Value < 0 && before >= 0 {
			q.Value = 0 // rounding, or credits in the accounts; there is no less than nothing
		}
		b[id] = q
	}
	return b
}
