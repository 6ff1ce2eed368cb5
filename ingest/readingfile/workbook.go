package readingfile

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"github.com/xuri/excelize/v2"
)

// workbook is one sheet of an Excel file, read row by row with the raw values:
// a date cell is its day number (time.layout: excel).
type workbook struct {
	book  *excelize.File
	rows  *excelize.Rows
	width int
	row   int64
	dated bool
}

// maxWorkbook bounds the file, which is held in memory as it lies on disk.
const maxWorkbook = 1 << 30

func openWorkbook(f *os.File, m *Mapping, read *atomic.Int64) (src source, err error) {
	defer recovered(&err)
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if info.Size() > maxWorkbook {
		return nil, fmt.Errorf("%w: the workbook has %d bytes; at most %d: save the sheet as CSV", ErrLimit, info.Size(), maxWorkbook)
	}
	// A workbook's bytes are not read in the order of its rows: count them at once.
	read.Store(info.Size())
	book, err := excelize.OpenReader(f, excelize.Options{RawCellValue: true,
		UnzipSizeLimit: max(min(m.Limits.Bytes, 16<<30), 16<<20), UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return nil, fmt.Errorf("%w: the workbook cannot be opened, it may be cut short, damaged or locked by a password (%w); nothing was stored", ErrCut, err)
	}
	w := &workbook{book: book}
	if err := w.openSheet(m.Sheet); err != nil {
		return nil, errors.Join(err, book.Close())
	}
	return w, f.Close()
}

func (w *workbook) openSheet(name string) error {
	sheets := w.book.GetSheetList()
	if name == "" && len(sheets) > 0 {
		name = sheets[0]
	}
	if i, err := w.book.GetSheetIndex(name); err != nil || i < 0 {
		return fmt.Errorf("%w: the workbook has no sheet %q%s; its sheets are %s", ErrFormat, name, didYouMean(name, sheets), strings.Join(sheets, ", "))
	}
	props, err := w.book.GetWorkbookProps()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	w.dated = props.Date1904 != nil && *props.Date1904
	if w.rows, err = w.book.Rows(name); err != nil {
		return fmt.Errorf("%w: sheet %q: %w", ErrFormat, name, err)
	}
	return nil
}

// next passes over rows without a value.
func (w *workbook) next() (cells []string, err error) {
	defer recovered(&err)
	for w.rows.Next() {
		w.row++
		if cells, err = w.rows.Columns(); err != nil {
			return nil, fmt.Errorf("%w: row %d of the sheet: %w", ErrFormat, w.row, err)
		}
		if strings.Join(cells, "") == "" {
			continue
		}
		for len(cells) < w.width {
			cells = append(cells, "")
		}
		return cells, nil
	}
	if err := w.rows.Error(); err != nil {
		return nil, fmt.Errorf("%w: after row %d of the sheet: %w", ErrFormat, w.row, err)
	}
	return nil, errEnd
}

func (w *workbook) line() int64   { return w.row }
func (w *workbook) open() bool    { return false }
func (w *workbook) offset() int64 { return w.row }
func (w *workbook) widen(n int)   { w.width = n }

func (w *workbook) close() error { return errors.Join(w.rows.Close(), w.book.Close()) }

// recovered turns a panic of a file reader into an error: a damaged file must
// not bring the process down.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: it is damaged (%v)", ErrFormat, r)
	}
}
