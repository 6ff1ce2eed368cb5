package form

import (
	"bytes"
	"context"
	"fmt"

	"lingtan/inventory/evidence"
	"lingtan/park"
	"lingtan/proof"
)

// Verify makes a report again and compares every figure to the last digit: the
// inventory in it is verified from its own evidence, then the form is filled anew out
// of it. x is the inventory's own file where the report was written without one, else
// nil. The error wraps evidence.ErrDifferent where something differs.
func Verify(ctx context.Context, r *Report, x *evidence.Export) ([]evidence.Check, error) {
	if x == nil {
		x = r.Source
	}
	if x == nil {
		return nil, fmt.Errorf("%w: the report was written without its inventory %s; verify it with --inventory and the inventory's JSON", ErrFormat, r.Inventory.ID)
	}
	checks, err := evidence.Verify(ctx, x)
	if err != nil {
		return checks, err
	}
	steps := []struct {
		zh, en string
		err    error
	}{
		{"报告所引清单即此清单", "the report is of this inventory", r.refers(x)},
		{"报告逐项重算", "every figure of the report made again", r.again(x)},
	}
	for _, s := range steps {
		c := evidence.Check{Name: park.Name{ZH: s.zh, EN: s.en}, Equal: s.err == nil}
		if s.err != nil {
			c.Detail = s.err.Error()
		}
		checks = append(checks, c)
		if s.err != nil && err == nil {
			err = fmt.Errorf("%w: %s: %w", evidence.ErrDifferent, s.en, s.err)
		}
	}
	return checks, err
}

// refers holds the report's reference against the inventory.
func (r *Report) refers(x *evidence.Export) error {
	if r.Inventory.Hash != x.Hash || r.Inventory.Root != x.Inventory.Root || r.Inventory.ID != x.Inventory.ID {
		return fmt.Errorf("it names %s with hash %s, the inventory is %s with %s", r.Inventory.ID, r.Inventory.Hash, x.Inventory.ID, x.Hash)
	}
	return nil
}

// again fills the form anew and names the first figure that differs.
func (r *Report) again(x *evidence.Export) error {
	made, err := Build(r.Form, x, r.Inputs)
	if err != nil {
		return err
	}
	for i := range min(len(r.Tables), len(made.Tables)) {
		if err := sameTable(r.Tables[i], made.Tables[i]); err != nil {
			return err
		}
	}
	mine, other := *r, *made
	mine.Source, other.Source = nil, nil
	a, err := proof.Canonical(mine)
	if err != nil {
		return err
	}
	b, err := proof.Canonical(other)
	if err != nil {
		return err
	}
	if !bytes.Equal(a, b) {
		return fmt.Errorf("the reports differ outside of their figures (titles, tables, notes)")
	}
	return nil
}

// sameTable names the first cell in which two tables differ.
func sameTable(got, want Table) error {
	if got.ID != want.ID || len(got.Rows) != len(want.Rows) || len(got.Columns) != len(want.Columns) {
		return fmt.Errorf("table %s of %d rows stands where %s of %d belongs", got.ID, len(got.Rows), want.ID, len(want.Rows))
	}
	for i := range want.Rows {
		for j, w := range want.Rows[i].Cells {
			g := got.Rows[i].Cells[j]
			if g.Printed != w.Printed || g.Text != w.Text || g.Code != w.Code || (g.Value == nil) != (w.Value == nil) || g.Value != nil && *g.Value != *w.Value {
				return fmt.Errorf("table %s, row %d, column %s: the report says %q, made again it is %q", want.ID, i+1, want.Columns[j].ID, g.shown("en"), w.shown("en"))
			}
		}
	}
	return nil
}

// shown is a cell as it is printed.
func (c Cell) shown(lang string) string {
	switch {
	case c.Value != nil:
		return c.Printed
	case c.Code != "":
		return c.Code
	}
	return in(c.Text, lang)
}

// in is a name in a language; in both, Chinese first.
func in(n park.Name, lang string) string {
	if lang == "both" && n.ZH != "" && n.EN != "" && n.ZH != n.EN {
		return n.ZH + " " + n.EN
	}
	return n.In(lang)
}
