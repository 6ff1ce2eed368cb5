package form

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"lingtan/park"
)

// look is how a cell looks.
type look struct {
	rank   rank
	kind   Kind
	digits int
}

// rank is what a row is.
type rank int

const (
	body rank = iota
	header
	total
	title
	remark
)

const green = "1F6B4F"

// style is the workbook's style of a look, made at first use.
func (b *book) style(l look) (int, error) {
	if l.rank == header || l.rank == title || l.rank == remark {
		l.kind, l.digits = textKind, 0
	}
	if id, ok := b.styles[l]; ok {
		return id, nil
	}
	s := &excelize.Style{Font: &excelize.Font{Family: "Microsoft YaHei", Size: 10}, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}}
	if l.kind == figureKind {
		s.Alignment = &excelize.Alignment{Vertical: "top", Horizontal: "right", Indent: 1}
		format := numberFormat(l.digits)
		s.CustomNumFmt = &format
	}
	switch l.rank {
	case header:
		s.Font.Bold, s.Font.Color = true, "FFFFFF"
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{green}}
		s.Alignment.Vertical = "center"
	case total:
		s.Font.Bold = true
		s.Border = []excelize.Border{{Type: "top", Color: green, Style: 1}}
	case title:
		s.Font.Bold, s.Font.Size, s.Font.Color = true, 14, green
		s.Alignment.WrapText = false
	case remark:
		s.Font.Color, s.Font.Italic = "595959", true
		s.Alignment.WrapText = false
	}
	id, err := b.file.NewStyle(s)
	b.styles[l] = id
	return id, err
}

// numberFormat is the format of a figure with so many decimals; all of them for -1.
func numberFormat(digits int) string {
	switch {
	case digits < 0:
		return "General"
	case digits == 0:
		return "#,##0"
	}
	return "#,##0." + strings.Repeat("0", digits)
}

// sheet is a sheet written from the top.
type sheet struct {
	*book
	w   *excelize.StreamWriter
	row int // last written
}

// line writes a row of one role, each cell of its kind.
func (s *sheet) line(r rank, looks []look, values []any, opts ...excelize.RowOpts) error {
	s.row++
	cells := make([]any, len(values))
	for i, v := range values {
		l := look{rank: r}
		if i < len(looks) {
			l = looks[i]
			l.rank = r
		}
		id, err := s.style(l)
		if err != nil {
			return err
		}
		cell := excelize.Cell{StyleID: id, Value: v}
		if f, ok := v.(excelize.Cell); ok {
			cell.Formula, cell.Value = f.Formula, f.Value
		}
		cells[i] = cell
	}
	return s.w.SetRow(fmt.Sprintf("A%d", s.row), cells, opts...)
}

// headRow is the row of a table's head: title, note and an empty row stand above it.
const headRow = 4

// entriesHead is the head of the column of entries.
var entriesHead = park.Name{ZH: "清单条目", EN: "Entries"}

// head is a column's name with its unit.
func (c Column) head(lang string) string {
	n := in(c.Name, lang)
	if c.Unit != "" {
		n += " (" + c.Unit + ")"
	}
	return n
}

// table writes a table: its title, its note, its head, its rows.
func (s *sheet) table(t Table) error {
	looks := make([]look, len(t.Columns)+1)
	heads := make([]any, len(t.Columns)+1)
	widths := make([]float64, len(t.Columns)+1)
	for i, c := range t.Columns {
		looks[i] = look{kind: c.Kind, digits: c.Digits}
		heads[i] = c.head(s.lang)
		widths[i] = columnWidth(t, i, s.lang)
	}
	looks[len(t.Columns)], heads[len(t.Columns)], widths[len(t.Columns)] = look{kind: codeKind}, in(entriesHead, s.lang), 40
	for i, w := range widths {
		if err := s.w.SetColWidth(i+1, i+1, w); err != nil {
			return err
		}
	}
	if err := s.w.SetPanes(&excelize.Panes{Freeze: true, YSplit: headRow, TopLeftCell: fmt.Sprintf("A%d", headRow+1), ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for _, x := range []struct {
		rank rank
		text string
	}{{title, in(t.Title, s.lang)}, {remark, in(t.Note, s.lang)}, {remark, ""}} {
		if err := s.line(x.rank, nil, []any{x.text}); err != nil {
			return err
		}
	}
	if err := s.line(header, looks, heads, excelize.RowOpts{Height: 32}); err != nil {
		return err
	}
	for _, row := range t.Rows {
		r := body
		if row.Sum != nil {
			r = total
		}
		values := s.values(t, row)
		if err := s.line(r, looks, values, excelize.RowOpts{Height: rowHeight(values, widths)}); err != nil {
			return err
		}
	}
	return nil
}

// values are the cells of a row: figures as numbers, sums as formulas.
func (s *sheet) values(t Table, row Row) []any {
	values := make([]any, len(t.Columns)+1)
	for i, c := range row.Cells {
		column, err := excelize.ColumnNumberToName(i + 1)
		switch {
		case c.Value == nil && c.shown(s.lang) != "":
			values[i] = c.shown(s.lang)
		case c.Value != nil && row.Sum != nil && t.Columns[i].Sum && err == nil && row.Sum.To > row.Sum.From:
			values[i] = excelize.Cell{Value: *c.Value, Formula: fmt.Sprintf("SUBTOTAL(9,%s%d:%s%d)", column, headRow+1+row.Sum.From, column, headRow+row.Sum.To)}
		case c.Value != nil:
			values[i] = *c.Value
		}
	}
	values[len(t.Columns)] = entryList(row.Entries, cellEntries)
	return values
}

// cellEntries is how many entries a cell names; the machine form names them all.
const cellEntries = 500

// entryList names the first most entries and says how many more there are.
func entryList(entries []string, most int) string {
	if len(entries) <= most {
		return strings.Join(entries, " ")
	}
	return strings.Join(entries[:most], " ") + fmt.Sprintf(" +%d", len(entries)-most)
}

// rowHeight is as high, in points, as the texts of a row need when they wrap; at most
// eight lines, so that a long list of entries does not fill the page.
func rowHeight(values []any, widths []float64) float64 {
	lines := 1
	for i, v := range values {
		if text, ok := v.(string); ok && i < len(widths) {
			lines = max(lines, int(float64(cellWidth(text))*1.08/widths[i])+1)
		}
	}
	return 14 * float64(min(lines, 8))
}

// columnWidth is as wide as the column's widest text, from 9 to 40 characters.
func columnWidth(t Table, i int, lang string) float64 {
	wide := float64(cellWidth(t.Columns[i].head(lang)))
	if wide > 16 {
		wide = 16 // a head wraps
	}
	for _, r := range t.Rows {
		if n := float64(cellWidth(r.Cells[i].shown(lang))); n > wide {
			wide = n
		}
	}
	if t.Columns[i].Kind == figureKind {
		wide += 3 // thousands
	}
	return min(max(wide+2, 9), 40)
}

// cellWidth is the width of a text in characters; those of Chinese count two.
func cellWidth(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x2E80 {
			n++
		}
	}
	return n
}

// cover says what the report is, what it rests on and what a reader must know.
func (s *sheet) cover(sheets []string) error {
	widths := []float64{30, 110}
	for i, w := range widths {
		if err := s.w.SetColWidth(i+1, i+1, w); err != nil {
			return err
		}
	}
	if err := s.line(title, nil, []any{in(s.Title, s.lang)}, excelize.RowOpts{Height: 24}); err != nil {
		return err
	}
	for _, p := range s.facts() {
		values := []any{in(p[0], s.lang), in(p[1], s.lang)}
		if err := s.line(body, nil, values, excelize.RowOpts{Height: rowHeight(values, widths)}); err != nil {
			return err
		}
	}
	if err := s.line(header, nil, []any{in(say("工作表", "Sheets"), s.lang), ""}); err != nil {
		return err
	}
	for i, n := range sheets {
		if err := s.line(body, nil, []any{n, in(s.Tables[i].Note, s.lang)}); err != nil {
			return err
		}
	}
	if err := s.line(header, nil, []any{in(say("说明", "Notes"), s.lang), ""}); err != nil {
		return err
	}
	for i, n := range s.Notes {
		values := []any{strconv.Itoa(i + 1), in(n, s.lang)}
		if err := s.line(body, nil, values, excelize.RowOpts{Height: rowHeight(values, widths)}); err != nil {
			return err
		}
	}
	return nil
}

// facts are what every form of the report says first.
func (r *Report) facts() [][2]park.Name {
	same := func(s string) park.Name { return say(s, s) }
	closed := same("")
	if r.Inventory.ClosedAt != 0 {
		closed = same(time.UnixMilli(r.Inventory.ClosedAt).UTC().Format(time.RFC3339) + " " + r.Inventory.ClosedBy)
	}
	list := [][2]park.Name{
		{say("园区", "Park"), r.Park},
		{say("报告期", "Period"), say(r.Period.First+" 至 "+r.Period.Last, r.Period.First+" to "+r.Period.Last)},
		{say("编制依据", "Basis"), r.Standard},
		{say("清单", "Inventory"), same(fmt.Sprintf("%s r%d", r.Inventory.ID, r.Inventory.Revision))},
		{say("状态", "State"), term(r.Inventory.State)},
		{say("关账", "Closed"), closed},
		{say("清单哈希", "Inventory hash"), same(r.Inventory.Hash)},
		{say("计量证据根", "Merkle root"), same(r.Inventory.Root)},
		{say("核验", "Verification"), say("lingtan verify 本文件：由清单重算每个数值，比对至所印末位。", "lingtan verify FILE makes every figure again out of the inventory and compares it to the last digit printed.")},
	}
	return list
}
