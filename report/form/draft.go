package form

import (
	"fmt"
	"slices"
	"strings"

	"lingtan/accounting"
	"lingtan/inventory/evidence"
	"lingtan/park"
)

// Form is one form of report.
type Form struct {
	ID       string    `json:"id"`
	Title    park.Name `json:"title"`
	Standard park.Name `json:"standard"`
	Formats  []string  `json:"formats"`
	fill     func(*draft) error
}

// Forms are the forms that there are, in their order.
func Forms() []Form {
	list := []Form{gbt32150, iso14064, ghgProtocol, etsMRV, energyStatement, parkInventory, zeroCarbonPark, cbam}
	for i := range list {
		list[i].Formats = []string{"xlsx", "pdf", "json"}
		if list[i].ID == cbam.ID {
			list[i].Formats = append(list[i].Formats, "xml")
		}
	}
	return list
}

// find is the form with the id.
func find(id string) (Form, error) {
	var ids []string
	for _, f := range Forms() {
		if f.ID == id {
			return f, nil
		}
		ids = append(ids, f.ID)
	}
	return Form{}, fmt.Errorf("%w: %q; there are %s", ErrForm, id, strings.Join(ids, ", "))
}

// Build makes a report of an exported inventory by a form. in may be nil where the form
// asks for nothing beside the inventory. Errors: ErrForm, ErrInputs, evidence.ErrFormat
// when x holds no inventory.
func Build(id string, x *evidence.Export, in *Inputs) (*Report, error) {
	f, err := find(id)
	if err != nil {
		return nil, err
	}
	if x == nil || x.Inventory == nil || x.Inventory.Structure == nil {
		return nil, fmt.Errorf("%w: there is no inventory or no park in it", evidence.ErrFormat)
	}
	if err := in.check(x); err != nil {
		return nil, err
	}
	v := x.Inventory
	d := &draft{export: x, in: in, Report: &Report{Format: Format, Form: id, Title: f.Title, Standard: f.Standard, Park: v.Structure.Park.Name, Period: v.Period,
		Inventory: Reference{ID: v.ID, Revision: v.Revision, Hash: x.Hash, Root: v.Root, State: x.State, ClosedAt: x.ClosedAt, ClosedBy: x.ClosedBy, AsKnownAt: v.AsKnownAt, Method: v.Method.Ref()},
		Tables:    []Table{}, Notes: []park.Name{}, Inputs: in, Source: x}}
	if d.in == nil {
		d.in = &Inputs{}
	}
	d.index()
	if err := f.fill(d); err != nil {
		return nil, fmt.Errorf("report %s of %s: %w", id, v.ID, err)
	}
	d.Notes = append(d.Notes, v.Notes...)
	return d.Report, nil
}

// draft is a report in the making.
type draft struct {
	*Report
	export        *evidence.Export
	in            *Inputs
	organizations map[string]park.Name
	nodes         map[string]park.Name
	carriers      map[string]park.Name
}

func (d *draft) index() {
	s := d.export.Inventory.Structure
	d.organizations, d.nodes, d.carriers = map[string]park.Name{}, map[string]park.Name{}, map[string]park.Name{}
	for _, o := range s.Organizations {
		d.organizations[o.ID] = o.Name
	}
	for _, n := range s.Network.Nodes {
		d.nodes[n.ID] = n.Name
	}
	for _, c := range s.Carriers {
		d.carriers[c.ID] = c.Name
	}
}

// named is the name of an id, the id itself where it has none.
func named(names map[string]park.Name, id string) park.Name {
	if n := names[id]; n != (park.Name{}) {
		return n
	}
	return park.Name{ZH: id, EN: id}
}

// note adds a note.
func (d *draft) note(zh, en string) { d.Notes = append(d.Notes, park.Name{ZH: zh, EN: en}) }

// table begins a table; end adds it to the report.
func table(id, zh, en string, columns ...Column) *Table {
	return &Table{ID: id, Title: park.Name{ZH: zh, EN: en}, Columns: columns, Rows: []Row{}}
}

func (t *Table) noted(zh, en string) *Table {
	t.Note = park.Name{ZH: zh, EN: en}
	return t
}

func (d *draft) end(t *Table) { d.Tables = append(d.Tables, *t) }

func words(id, zh, en string) Column {
	return Column{ID: id, Name: park.Name{ZH: zh, EN: en}, Kind: textKind}
}
func code(id, zh, en string) Column {
	return Column{ID: id, Name: park.Name{ZH: zh, EN: en}, Kind: codeKind}
}
func figure(id, zh, en, unit string, digits int) Column {
	return Column{ID: id, Name: park.Name{ZH: zh, EN: en}, Kind: figureKind, Unit: unit, Digits: digits}
}
func summed(id, zh, en, unit string, digits int) Column {
	c := figure(id, zh, en, unit, digits)
	c.Sum = true
	return c
}

// say is a text in both languages.
func say(zh, en string) park.Name { return park.Name{ZH: zh, EN: en} }

// row adds a row: a park.Name under words, a string under code, a number under figures;
// nil leaves a cell empty.
func (t *Table) row(entries []string, cells ...any) {
	row := Row{Entries: entries, Cells: make([]Cell, len(t.Columns))}
	for i, c := range cells {
		digits := t.Columns[i].Digits
		switch v := c.(type) {
		case park.Name:
			row.Cells[i].Text = v
		case string:
			row.Cells[i].Code = v
		case int:
			f := float64(v)
			row.Cells[i].Value, row.Cells[i].Printed = &f, printed(f, digits)
		case float64:
			row.Cells[i].Value, row.Cells[i].Printed = &v, printed(v, digits)
		}
	}
	t.Rows = append(t.Rows, row)
}

// sum adds a row that sums the rows from from on; under the first column stands what it is.
func (t *Table) sum(from int, zh, en string) {
	if len(t.Rows) == from {
		return
	}
	sums, filled := make([]float64, len(t.Columns)), make([]bool, len(t.Columns))
	var entries []string
	seen := map[string]bool{}
	for _, r := range t.Rows[from:] {
		if r.Sum != nil {
			continue
		}
		for i, c := range r.Cells {
			if t.Columns[i].Sum && c.Value != nil {
				sums[i] += *c.Value
				filled[i] = true
			}
		}
		for _, e := range r.Entries {
			if !seen[e] {
				seen[e] = true
				entries = append(entries, e)
			}
		}
	}
	cells := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		if c.Sum && filled[i] { // the sum of nothing is not 0
			cells[i] = sums[i]
		}
	}
	cells[0] = say(zh, en)
	to := len(t.Rows)
	t.row(entries, cells...)
	t.Rows[to].Sum = &Span{From: from, To: to}
}

// ids are the ids of entries.
func ids(entries []accounting.Entry) []string {
	list := make([]string, len(entries))
	for i, e := range entries {
		list[i] = e.ID
	}
	return list
}

// group are entries that agree in a key, in the order of their first.
type group struct {
	key     string
	entries []accounting.Entry
}

// grouped sorts entries into groups.
func grouped(entries []accounting.Entry, key func(accounting.Entry) string) []group {
	var list []group
	at := map[string]int{}
	for _, e := range entries {
		k := key(e)
		i, seen := at[k]
		if !seen {
			i = len(list)
			at[k], list = i, append(list, group{key: k})
		}
		list[i].entries = append(list[i].entries, e)
	}
	return list
}

// emissions is the sum of entries, as they come.
func emissions(entries []accounting.Entry) float64 {
	var sum float64
	for _, e := range entries {
		sum += e.Emissions
	}
	return sum
}

// where are the inventory's entries that keep accepts.
func (d *draft) where(keep func(accounting.Entry) bool) []accounting.Entry {
	return slices.DeleteFunc(slices.Clone(d.export.Inventory.Entries), func(e accounting.Entry) bool { return !keep(e) })
}
