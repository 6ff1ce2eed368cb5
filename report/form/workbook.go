package form

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"lingtan/park"
)

// Workbook writes the report as an Office Open XML workbook in a language (zh, en or
// both): a cover, a sheet a table with its units and the entries of each row, sums as
// formulas with the report's figure as their stored value, and the machine form in a
// hidden sheet, so that readWorkbook reads it back. The same report gives the same bytes.
// Errors: ErrWrite, a table too long for the format, or what w gives.
func (r *Report) Workbook(w io.Writer, lang string) error {
	if !slices.Contains([]string{"zh", "en", "both"}, lang) {
		return fmt.Errorf("%w: language %q; write zh, en or both", ErrWrite, lang)
	}
	b := &book{Report: r, lang: lang, file: excelize.NewFile(), styles: map[look]int{}}
	defer b.file.Close()
	b.file.SetZipWriter(func(w io.Writer) excelize.ZipWriter { return &ordered{w: w} })
	if err := b.fill(); err != nil {
		return fmt.Errorf("workbook of %s: %w", r.Inventory.ID, err)
	}
	return b.file.Write(w)
}

// book is a workbook in the making.
type book struct {
	*Report
	lang   string
	file   *excelize.File
	styles map[look]int
}

// coverSheet is the first sheet.
var coverSheet = park.Name{ZH: "报告", EN: "Report"}

func (b *book) fill() error {
	if err := b.properties(); err != nil {
		return err
	}
	names := b.sheetNames()
	if err := b.file.SetSheetName("Sheet1", names[0]); err != nil {
		return err
	}
	for _, n := range names[1:] {
		if _, err := b.file.NewSheet(n); err != nil {
			return err
		}
	}
	for i, n := range names {
		if err := b.page(n); err != nil {
			return err
		}
		w, err := b.file.NewStreamWriter(n)
		if err != nil {
			return err
		}
		s := &sheet{book: b, w: w}
		if i == 0 {
			err = s.cover(names[1:])
		} else {
			err = s.table(b.Tables[i-1])
		}
		if err != nil {
			return fmt.Errorf("sheet %s: %w", n, err)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return b.hide()
}

// sheetNames are the names of the cover and of the tables: unique, at most 31 characters
// and without those that a sheet's name may not have.
func (b *book) sheetNames() []string {
	lang := b.lang
	if lang == "both" {
		lang = "zh"
	}
	names := []string{in(coverSheet, lang)}
	for i, t := range b.Tables {
		n := strings.Map(func(r rune) rune {
			if strings.ContainsRune(`[]:*?/\'`, r) {
				return ' '
			}
			return r
		}, in(t.Title, lang))
		if runes := []rune(n); len(runes) > 26 {
			n = strings.TrimSpace(string(runes[:26]))
		}
		names = append(names, fmt.Sprintf("%d %s", i+1, n))
	}
	return names
}

// properties says what the file is; its times are the inventory's own.
func (b *book) properties() error {
	at := cmp.Or(b.Inventory.ClosedAt, b.Inventory.AsKnownAt)
	stamp := time.UnixMilli(at).UTC().Format(time.RFC3339)
	if err := b.file.SetAppProps(&excelize.AppProperties{Application: "Lingtan"}); err != nil {
		return err
	}
	language := map[string]string{"zh": "zh-CN", "en": "en", "both": "zh-CN"}[b.lang]
	err := b.file.SetDocProps(&excelize.DocProperties{Title: in(b.Title, b.lang), Subject: in(b.Park, b.lang) + " " + b.Period.Text,
		Creator: "Lingtan", LastModifiedBy: "Lingtan", Created: stamp, Modified: stamp, Identifier: b.Inventory.Hash, Language: language})
	if err != nil {
		return err
	}
	full := true
	return b.file.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: &full})
}

// page sets a sheet for print: A4 on its side, as wide as one page.
func (b *book) page(name string) error {
	fit, a4, landscape, one, free := true, 9, "landscape", 1, 0
	if err := b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	return b.file.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &landscape, FitToWidth: &one, FitToHeight: &free})
}

// ordered is a zip archive whose files stand in the order of their names and bear no
// times; the workbook's writer hands its sheets over in the order of a map.
type ordered struct {
	w     io.Writer
	names []string
	files map[string]*bytes.Buffer
}

// Create begins a file.
func (o *ordered) Create(name string) (io.Writer, error) {
	if o.files == nil {
		o.files = map[string]*bytes.Buffer{}
	}
	o.names = append(o.names, name)
	o.files[name] = &bytes.Buffer{}
	return o.files[name], nil
}

// AddFS is not needed: a workbook holds no folders of other files.
func (o *ordered) AddFS(fs.FS) error { return errors.ErrUnsupported }

// Close writes the archive.
func (o *ordered) Close() error {
	slices.Sort(o.names)
	z := zip.NewWriter(o.w)
	for _, n := range o.names {
		f, err := z.Create(n)
		if err != nil {
			return err
		}
		if _, err := f.Write(o.files[n].Bytes()); err != nil {
			return err
		}
	}
	return z.Close()
}
