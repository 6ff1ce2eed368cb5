package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"lingtan/park"
)

// Listing is the figures behind a table or a chart as they leave the product.
type Listing struct {
	Park      string
	Period    string
	Basis     string // location or market; empty where the figures have none
	Table     string // what the figures are of
	Inventory string // the inventory that the entries are in; empty where there is none
	Notice    string // of a demo park, repeated on every row; empty otherwise
	Figures   []Figure
}

// Figure is one row of a listing: a value with all that says where it comes from.
type Figure struct {
	Item     string // identifier
	Name     park.Name
	Quantity string   // what is told of the item: energy, emissions, intensity
	From     string   // beginning of the step, RFC 3339 in the zone of the park; empty without steps
	Step     int      // seconds; 0 without steps
	Value    *float64 // nil: a gap
	Unit     string
	Quality  string   // measured, estimated, edited, missing; empty where it is not told by value
	Measured *float64 // share of what was measured, 0 to 1
	Factors  []string // id@version
	Entries  []string // identifiers of entries that the value can be traced to
}

var listingHeader = []string{
	"park", "period", "basis", "table", "item", "item_zh", "item_en", "quantity", "from", "step_seconds",
	"value", "unit", "quality", "measured_share", "factors", "inventory", "entries", "notice",
}

// Columns of numbers, where a workbook has numbers and not texts.
var listingNumbers = map[int]bool{9: true, 10: true, 13: true}

func (l *Listing) row(f Figure) []string {
	step := ""
	if f.Step > 0 {
		step = strconv.Itoa(f.Step)
	}
	return []string{
		l.Park, l.Period, l.Basis, l.Table, f.Item, f.Name.ZH, f.Name.EN, f.Quantity, f.From, step,
		known(f.Value), f.Unit, f.Quality, known(f.Measured), strings.Join(f.Factors, ";"), l.Inventory, strings.Join(f.Entries, ";"), l.Notice,
	}
}

// known is a number with all its digits; empty for a gap, which is not zero.
func known(v *float64) string {
	if v == nil {
		return ""
	}
	return number(*v)
}

// ListingCSV writes one row a figure by RFC 4180, in the manner of CSV.
func ListingCSV(w io.Writer, l *Listing) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(listingHeader); err != nil {
		return err
	}
	for _, f := range l.Figures {
		row := l.row(f)
		for i := range row {
			if !listingNumbers[i] {
				row[i] = inert(row[i])
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// ListingWorkbook writes the same rows as an Office Open XML workbook of one sheet, numbers
// as numbers. The same listing gives the same bytes. Errors: more rows than a sheet holds
// (1,048,576), or what w gives.
func ListingWorkbook(w io.Writer, l *Listing) error {
	file := excelize.NewFile()
	defer file.Close()
	file.SetZipWriter(func(w io.Writer) excelize.ZipWriter { return &ordered{w: w} })
	if err := fillListing(file, l); err != nil {
		return fmt.Errorf("workbook of %s of park %s: %w", l.Table, l.Park, err)
	}
	return file.Write(w)
}

func fillListing(file *excelize.File, l *Listing) error {
	const sheet = "figures"
	if err := file.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	out, err := file.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i := range len(l.Figures) + 1 {
		cells := listingHeader
		if i > 0 {
			cells = l.row(l.Figures[i-1])
		}
		if err := out.SetRow("A"+strconv.Itoa(i+1), workbookCells(cells, i > 0)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// workbookCells are texts as texts, which no spreadsheet takes for a formula, and numbers as
// numbers where the row is one of figures.
func workbookCells(texts []string, figures bool) []any {
	cells := make([]any, len(texts))
	for i, s := range texts {
		cells[i] = s
		if !figures || !listingNumbers[i] {
			continue
		}
		if v, err := strconv.ParseFloat(s, 64); err == nil {
			cells[i] = v
		} else {
			cells[i] = nil
		}
	}
	return cells
}
