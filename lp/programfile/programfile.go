// Package programfile reads a linear or mixed-integer program from JSON and writes its
// solution, with the checks that were made of it.
package programfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"lingtan/lp"
)

// Format and AnswerFormat name the two documents; docs/formats/lp.md describes them.
const (
	Format       = "lingtan.program/v1"
	AnswerFormat = "lingtan.solution/v1"
)

// Limits of a file.
const (
	MaxSize    = 64 << 20 // bytes
	maxColumns = 200_000
	maxRows    = 200_000
	maxTerms   = 2_000_000
	maxName    = 200 // bytes
)

// ErrFormat is wrapped by every fault of a program file. The place is named.
var ErrFormat = errors.New("program file")

// File is a program as it was read.
type File struct {
	Program *lp.Program
	Soft    []lp.Row // that may be given up to explain why there is no solution
}

type document struct {
	Format   string   `json:"format"`
	Name     string   `json:"name"`
	Constant float64  `json:"constant"`
	Columns  []column `json:"columns"`
	Rows     []row    `json:"rows"`
}

type column struct {
	Name    string   `json:"name"`
	Lower   *float64 `json:"lower"`
	Upper   *float64 `json:"upper"`
	Cost    float64  `json:"cost"`
	Integer bool     `json:"integer"`
}

type row struct {
	Name  string   `json:"name"`
	Lower *float64 `json:"lower"`
	Upper *float64 `json:"upper"`
	Soft  bool     `json:"soft"`
	Terms []term   `json:"terms"`
}

type term struct {
	Column string   `json:"column"`
	Factor *float64 `json:"factor"`
}

// Parse reads a program file of at most MaxSize bytes.
func Parse(data []byte) (*File, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: more than %d MB; divide the program", ErrFormat, MaxSize>>20)
	}
	var d document
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("%w: at byte %d: %w", ErrFormat, dec.InputOffset(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: at byte %d: something follows the document", ErrFormat, dec.InputOffset())
	}
	switch {
	case d.Format != Format:
		return nil, fmt.Errorf("%w: format is %q; it must be %q", ErrFormat, d.Format, Format)
	case len(d.Columns) > maxColumns || len(d.Rows) > maxRows:
		return nil, fmt.Errorf("%w: %d columns and %d rows; at most %d and %d", ErrFormat, len(d.Columns), len(d.Rows), maxColumns, maxRows)
	}
	return d.build()
}

func (d *document) build() (*File, error) {
	f := &File{Program: lp.New(d.Name)}
	f.Program.AddCost(d.Constant)
	columns := map[string]lp.Column{}
	for i, c := range d.Columns {
		at := fmt.Sprintf("columns[%d] %q", i, c.Name)
		if _, twice := columns[c.Name]; twice || wrongName(c.Name) {
			return nil, fmt.Errorf("%w: %s: a column needs a name of its own, of 1 to %d bytes", ErrFormat, at, maxName)
		}
		add := f.Program.Column
		if c.Integer {
			add = f.Program.Integer
		}
		columns[c.Name] = add(c.Name, orElse(c.Lower, math.Inf(-1)), orElse(c.Upper, math.Inf(1)), c.Cost)
		if err := f.Program.Err(); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrFormat, at, err)
		}
	}
	return f, d.buildRows(f, columns)
}

func (d *document) buildRows(f *File, columns map[string]lp.Column) error {
	seen, total := map[string]bool{}, 0
	for i, r := range d.Rows {
		at := fmt.Sprintf("rows[%d] %q", i, r.Name)
		total += len(r.Terms)
		switch {
		case seen[r.Name] || wrongName(r.Name):
			return fmt.Errorf("%w: %s: a row needs a name of its own, of 1 to %d bytes", ErrFormat, at, maxName)
		case total > maxTerms:
			return fmt.Errorf("%w: %s: more than %d terms up to here", ErrFormat, at, maxTerms)
		}
		seen[r.Name] = true
		terms := make([]lp.Term, len(r.Terms))
		for k, t := range r.Terms {
			c, ok := columns[t.Column]
			if !ok {
				return fmt.Errorf("%w: %s: terms[%d]: there is no column %q", ErrFormat, at, k, t.Column)
			}
			if t.Factor == nil {
				return fmt.Errorf("%w: %s: terms[%d] of column %q has no factor", ErrFormat, at, k, t.Column)
			}
			terms[k] = lp.Term{Column: c, Factor: *t.Factor}
		}
		n := f.Program.Row(r.Name, orElse(r.Lower, math.Inf(-1)), orElse(r.Upper, math.Inf(1)), terms...)
		if err := f.Program.Err(); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrFormat, at, err)
		}
		if r.Soft {
			f.Soft = append(f.Soft, n)
		}
	}
	return nil
}

func wrongName(name string) bool { return name == "" || len(name) > maxName }

func orElse(v *float64, without float64) float64 {
	if v == nil {
		return without
	}
	return *v
}
