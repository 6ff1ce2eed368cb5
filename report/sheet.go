package report

import (
	"strconv"

	"github.com/xuri/excelize/v2"

	"lingtan/park"
)

// look is how a cell looks: its number format and its weight.
type look struct {
	kind kind
	role role
}

// kind is what a column holds.
type kind int

const (
	text   kind = iota // wrapped
	code               // text on one line: ids, units, hashes
	amount             // of energy or of tCO2: thousands and three digits
	count              // whole number
	share              // 0 to 1 as percent
	exact              // a factor's value: all digits
	tiny               // a difference: exponent
	date               // civil day
)

// formats are the number formats of the kinds.
var formats = map[kind]string{amount: "#,##0.000", count: "#,##0", share: "0.0%", exact: "General", tiny: "0.00E+00", date: "yyyy-mm-dd"}

// role is what a row is.
type role int

const (
	body role = iota
	header
	total
	title
	notice // what a reader must not miss
)

// style is the workbook's style of a look, made at first use.
func (b *book) style(l look) (int, error) {
	if id, ok := b.styles[l]; ok {
		return id, nil
	}
	s := &excelize.Style{Font: &excelize.Font{Family: "Microsoft YaHei", Size: 10}, Alignment: &excelize.Alignment{Vertical: "top", WrapText: l.kind == text}}
	if f, ok := formats[l.kind]; ok && l.role != header {
		s.CustomNumFmt = &f
	}
	switch l.role {
	case header:
		s.Font.Bold, s.Font.Color = true, "FFFFFF"
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"1F6B4F"}}
		s.Alignment = &excelize.Alignment{Vertical: "center", WrapText: true}
	case total:
		s.Font.Bold = true
		s.Border = []excelize.Border{{Type: "top", Color: "1F6B4F", Style: 1}}
	case title:
		s.Font.Bold, s.Font.Size = true, 14
		s.Alignment.WrapText = false
	case notice:
		s.Font.Bold, s.Font.Color = true, "9C5700"
		s.Alignment.WrapText = false
	}
	id, err := b.file.NewStyle(s)
	b.styles[l] = id
	return id, err
}

// sheet is a sheet written from the top.
type sheet struct {
	book *book
	w    *excelize.StreamWriter
	name string
	row  int // last written
}

func (b *book) open(name string) (*sheet, error) {
	w, err := b.file.NewStreamWriter(name)
	return &sheet{book: b, w: w, name: name}, err
}

// column is a column of a list.
type column struct {
	head  park.Name
	width float64 // characters
	kind  kind
}

// formula is a cell's formula with the value that the inventory says it has.
type formula struct {
	text  string
	value any
}

// list begins a sheet that is one list: widths, a header that stays in sight and
// can be filtered over n rows.
func (s *sheet) list(columns []column, n int) error {
	for i, c := range columns {
		if err := s.w.SetColWidth(i+1, i+1, c.width); err != nil {
			return err
		}
	}
	if err := s.w.SetPanes(&excelize.Panes{Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight"}); err != nil {
		return err
	}
	end, err := excelize.CoordinatesToCellName(len(columns), n+1)
	if err != nil {
		return err
	}
	if err := s.book.file.AutoFilter(s.name, "A1:"+end, nil); err != nil {
		return err
	}
	return s.heads(columns)
}

// heads writes a row of headers.
func (s *sheet) heads(columns []column) error {
	names := make([]any, len(columns))
	for i, c := range columns {
		names[i] = s.book.lang.of(c.head)
	}
	return s.write(header, columns, names, excelize.RowOpts{Height: 32})
}

// add writes a row under columns; a nil leaves its cell empty.
func (s *sheet) add(r role, columns []column, values ...any) error {
	return s.write(r, columns, values)
}

func (s *sheet) write(r role, columns []column, values []any, opts ...excelize.RowOpts) error {
	s.row++
	cells := make([]any, len(values))
	for i, v := range values {
		id, err := s.book.style(look{columns[i].kind, r})
		if err != nil {
			return err
		}
		c := excelize.Cell{StyleID: id, Value: v}
		switch v := v.(type) {
		case formula:
			c.Formula, c.Value = v.text, v.value
		case string:
			if v == "" {
				c.Value = nil
			}
		}
		cells[i] = c
	}
	return s.w.SetRow("A"+strconv.Itoa(s.row), cells, opts...)
}

// skip leaves a row empty.
func (s *sheet) skip() { s.row++ }

// cells is the range of a column from a row to another, on this sheet.
func cells(column string, from, to int) string {
	return "$" + column + "$" + strconv.Itoa(from) + ":$" + column + "$" + strconv.Itoa(to)
}

// on is a range on another sheet.
func (b *book) on(name park.Name, ref string) string { return "'" + b.lang.of(name) + "'!" + ref }
