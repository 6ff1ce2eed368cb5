package form

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"lingtan/inventory/evidence"
)

// machineSheet is the hidden sheet that holds the machine form: its format, the
// workbook's language, then the JSON, packed (gzip, base64) in pieces, a cell each.
const machineSheet = "lingtan.report"

// piece is how many characters of the machine form a cell holds; a cell takes 32,767.
const piece = 32000

// pack is the machine form, packed.
func (r *Report) pack() ([]byte, error) {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if err := r.WriteJSON(z, false); err != nil {
		return nil, err
	}
	err = z.Close()
	return packed.Bytes(), err
}

// unpack reads a packed machine form.
func unpack(packed []byte) (*Report, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%w: its machine form: %w", ErrFormat, err)
	}
	data, err := io.ReadAll(io.LimitReader(z, reportLimit+1))
	if err != nil {
		return nil, fmt.Errorf("%w: its machine form: %w", ErrFormat, err)
	}
	r, ok, err := readJSON(data)
	if err == nil && !ok {
		err = fmt.Errorf("%w: its machine form is of another format than %s", ErrFormat, Format)
	}
	return r, err
}

// hide writes the hidden sheet.
func (b *book) hide() error {
	packed, err := b.pack()
	if err != nil {
		return err
	}
	if _, err := b.file.NewSheet(machineSheet); err != nil {
		return err
	}
	w, err := b.file.NewStreamWriter(machineSheet)
	if err != nil {
		return err
	}
	lines := []string{Format, b.lang}
	for text := base64.StdEncoding.EncodeToString(packed); text != ""; {
		n := min(piece, len(text))
		lines, text = append(lines, text[:n]), text[n:]
	}
	for i, l := range lines {
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), []any{l}); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return b.file.SetSheetVisible(machineSheet, false, true)
}

// workbookLimit bounds a workbook that is read, packed; unpackLimit what it unpacks to.
const (
	workbookLimit = 1 << 28
	unpackLimit   = 1 << 30
)

// readWorkbook reads the machine form out of a workbook and holds every cell that a
// reader sees against it. ok is false when data are no workbook. Errors: ErrFormat where
// the workbook holds no report, evidence.ErrDifferent where a cell says something else
// than the machine form.
func readWorkbook(data []byte) (r *Report, ok bool, err error) {
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return nil, false, nil
	}
	if len(data) > workbookLimit {
		return nil, true, fmt.Errorf("%w: larger than %d bytes", ErrFormat, workbookLimit)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: unpackLimit, UnzipXMLSizeLimit: unpackLimit})
	if err != nil {
		return nil, true, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	defer f.Close()
	rows, err := f.GetRows(machineSheet, excelize.Options{RawCellValue: true})
	if err != nil || len(rows) < 3 || len(rows[0]) == 0 || rows[0][0] != Format || len(rows[1]) == 0 {
		return nil, true, fmt.Errorf("%w: the workbook has no sheet %s; write it again with lingtan report build", ErrFormat, machineSheet)
	}
	var text strings.Builder
	for _, row := range rows[2:] {
		if len(row) > 0 {
			text.WriteString(row[0])
		}
	}
	packed, err := base64.StdEncoding.DecodeString(text.String())
	if err != nil {
		return nil, true, fmt.Errorf("%w: its machine form: %w", ErrFormat, err)
	}
	if r, err = unpack(packed); err != nil {
		return nil, true, err
	}
	return r, true, r.compare(f, rows[1][0])
}

// compare holds the cells of a workbook against the report.
func (r *Report) compare(f *excelize.File, lang string) error {
	names := (&book{Report: r, lang: lang}).sheetNames()
	for i, t := range r.Tables {
		rows, err := f.GetRows(names[i+1], excelize.Options{RawCellValue: true})
		if err != nil {
			return fmt.Errorf("%w: sheet %q: %w", evidence.ErrDifferent, names[i+1], err)
		}
		if len(rows) != headRow+len(t.Rows) {
			return fmt.Errorf("%w: sheet %q has %d rows, the report's table has %d", evidence.ErrDifferent, names[i+1], len(rows)-headRow, len(t.Rows))
		}
		for j, row := range t.Rows {
			if err := sameRow(t, row, rows[headRow+j], lang); err != nil {
				return fmt.Errorf("%w: sheet %q, row %d: %w", evidence.ErrDifferent, names[i+1], headRow+j+1, err)
			}
		}
	}
	return nil
}

// errCell says that a cell is not what the report says.
var errCell = errors.New("a cell differs")

func sameRow(t Table, row Row, cells []string, lang string) error {
	at := func(i int) string {
		if i < len(cells) {
			return cells[i]
		}
		return ""
	}
	for i, c := range row.Cells {
		seen := at(i)
		if c.Value != nil {
			seen = reprinted(seen, t.Columns[i].Digits)
		}
		want := c.shown(lang)
		if c.Value != nil {
			want = reprinted(strconv.FormatFloat(*c.Value, 'g', -1, 64), t.Columns[i].Digits)
		}
		if seen != want {
			return fmt.Errorf("%w: %s is %q, the report says %q", errCell, t.Columns[i].ID, at(i), want)
		}
	}
	if seen, want := at(len(t.Columns)), entryList(row.Entries, cellEntries); seen != want {
		return fmt.Errorf("%w: its entries are %q, the report names %q", errCell, seen, want)
	}
	return nil
}

// reprinted is a cell's number as its column prints it. A spreadsheet that saves a
// workbook again keeps 15 digits of a number: where all digits are printed, these count.
func reprinted(cell string, digits int) string {
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return cell
	}
	if digits < 0 {
		return strconv.FormatFloat(v, 'g', 15, 64)
	}
	if v, err = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64); err != nil {
		return cell
	}
	return printed(v, digits)
}
