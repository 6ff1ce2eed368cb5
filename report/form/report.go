// Package form writes reports by standard out of an inventory: tables whose every
// figure names the entries that it comes from, as workbook, PDF, JSON and XML.
//
// A report is made of an exported inventory, and of what people state beside it, and of
// nothing else: the same inputs give the same bytes, and Verify makes it again.
package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/park"
	"lingtan/proof"
)

// Sentinels of this package.
var (
	ErrForm   = errors.New("form: no such form")               // the text names those that there are
	ErrFormat = errors.New("form: not a report")               // of this format, or cut
	ErrInputs = errors.New("form: stated inputs")              // what is wrong with them, and where
	ErrWrite  = errors.New("form: cannot be written this way") // a language or file format that the form has not
)

// Format is the format of a report in machine form.
const Format = "lingtan.report/v1"

// Report is a report in machine form: what all its other forms are made of.
type Report struct {
	Format    string           `json:"format"`
	Form      string           `json:"form"` // gbt32150, iso14064-1, …
	Title     park.Name        `json:"title"`
	Standard  park.Name        `json:"standard"` // what it follows, and what of that was not read
	Park      park.Name        `json:"park"`
	Period    inventory.Period `json:"period"`
	Inventory Reference        `json:"inventory"`
	Tables    []Table          `json:"tables"`
	Notes     []park.Name      `json:"notes"`
	Inputs    *Inputs          `json:"inputs,omitempty"`
	// Source is the inventory that the report is of. A report without it is verified
	// against the inventory's own file.
	Source *evidence.Export `json:"source,omitempty"`
}

// Reference names the inventory that a report is of.
type Reference struct {
	ID        string `json:"id"`
	Revision  int    `json:"revision"`
	Hash      string `json:"hash"` // SHA-256 of the inventory's RFC 8785 form, hexadecimal
	Root      string `json:"root"` // Merkle root over its registers
	State     string `json:"state"`
	ClosedAt  int64  `json:"closedAt,omitempty"` // Unix milliseconds
	ClosedBy  string `json:"closedBy,omitempty"`
	AsKnownAt int64  `json:"asKnownAt"` // Unix milliseconds
	Method    string `json:"method"`
}

// Table is one table of a report.
type Table struct {
	ID      string    `json:"id"`
	Title   park.Name `json:"title"`
	Note    park.Name `json:"note,omitzero"`
	Columns []Column  `json:"columns"`
	Rows    []Row     `json:"rows"`
}

// Kind is what a column holds.
type Kind string

// The kinds.
const (
	textKind   Kind = "words"  // a text in both languages
	codeKind   Kind = "code"   // an id, a unit, a hash: the same in both
	figureKind Kind = "figure" // a number, printed with Digits decimals
)

// Column is a column of a table.
type Column struct {
	ID     string    `json:"id"`
	Name   park.Name `json:"name"`
	Kind   Kind      `json:"kind"`
	Unit   string    `json:"unit,omitempty"`
	Digits int       `json:"digits,omitempty"` // decimals of a figure; -1: all that there are
	Sum    bool      `json:"sum,omitempty"`    // a sum row adds it up
}

// Row is a row of a table. Entries are where its figures come from: ids of the
// inventory's entries, "energy/ORGANIZATION/CARRIER" for its energy, "register/KEY" for a
// register, "input/ID" for what was stated beside it. A sum row adds up the columns that
// are summed over the rows [From, To) that are no sum rows themselves.
type Row struct {
	Cells   []Cell   `json:"cells"`
	Entries []string `json:"entries,omitempty"`
	Sum     *Span    `json:"sum,omitempty"`
}

// Span are the rows [From, To) of a table.
type Span struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Cell is a text, a code or a figure by its column; all empty is an empty cell.
type Cell struct {
	Text    park.Name `json:"text,omitzero"`
	Code    string    `json:"code,omitempty"`
	Value   *float64  `json:"value,omitempty"`
	Printed string    `json:"printed,omitempty"` // Value with the column's decimals
}

// reportLimit bounds a report that is read: what an exported inventory may hold, and its tables.
const reportLimit = 1 << 30

// WriteJSON writes the machine form. With bare the inventory is left out: then the
// report is verified with the inventory's own file beside it.
func (r *Report) WriteJSON(w io.Writer, bare bool) error {
	out := *r
	if bare {
		out.Source = nil
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// readJSON reads the machine form. ok is false when data are of another format; errors:
// ErrFormat, evidence.ErrFormat of the inventory in it.
func readJSON(data []byte) (r *Report, ok bool, err error) {
	var head struct {
		Format string `json:"format"`
	}
	if json.Unmarshal(data, &head) != nil || head.Format != Format {
		return nil, false, nil
	}
	if len(data) > reportLimit {
		return nil, true, fmt.Errorf("%w: larger than %d bytes", ErrFormat, reportLimit)
	}
	r = &Report{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields() // what is not known could not be made again
	if err := d.Decode(r); err != nil {
		return nil, true, fmt.Errorf("%w: %w; write it again with lingtan report build", ErrFormat, err)
	}
	if err := r.sound(); err != nil {
		return nil, true, err
	}
	return r, true, nil
}

// sound refuses tables whose rows are of another length than their columns.
func (r *Report) sound() error {
	for _, t := range r.Tables {
		for i, row := range t.Rows {
			if len(row.Cells) != len(t.Columns) {
				return fmt.Errorf("%w: table %s, row %d has %d cells under %d columns", ErrFormat, t.ID, i+1, len(row.Cells), len(t.Columns))
			}
			if s := row.Sum; s != nil && (s.From < 0 || s.To > i || s.From > s.To) {
				return fmt.Errorf("%w: table %s, row %d sums the rows %d to %d", ErrFormat, t.ID, i+1, s.From+1, s.To)
			}
		}
	}
	if x := r.Source; x != nil && (x.Inventory == nil || x.Inventory.Structure == nil || x.Inventory.Format != inventory.Format) {
		return fmt.Errorf("%w: no inventory in it", evidence.ErrFormat)
	}
	return nil
}

// Hash is the SHA-256 of the report's RFC 8785 form without the inventory in it, which
// the report names by its own hash.
func (r *Report) Hash() (string, error) {
	bare := *r
	bare.Source = nil
	return proof.Hash(bare)
}

// printed is v with a column's decimals.
func printed(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if zero, err := strconv.ParseFloat(s, 64); err == nil && zero == 0 && s[0] == '-' {
		return s[1:] // no minus before what rounds to zero
	}
	return s
}
