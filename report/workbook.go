package report

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sort"
	"time"

	"github.com/xuri/excelize/v2"

	"lingtan/inventory/evidence"
	"lingtan/park"
)

// Workbook writes the inventory as an Office Open XML workbook of six sheets:
// summary, entries, energy, consolidation, factors and registers, in a language
// (zh, en or both). Totals are formulas over the rows that they sum, with the
// inventory's figure as their stored value. The same export gives the same bytes.
// Errors: ErrLanguage, evidence.ErrFormat, a sheet too long for the format
// (1,048,576 rows), or what w gives.
func Workbook(w io.Writer, x *evidence.Export, lang string) error {
	l, err := parseLanguage(lang)
	if err != nil {
		return err
	}
	d, err := open(x, l)
	if err != nil {
		return err
	}
	b := &book{document: d, file: excelize.NewFile(), styles: map[look]int{}}
	defer b.file.Close()
	b.file.SetZipWriter(func(w io.Writer) excelize.ZipWriter { return &ordered{w: w} })
	if err := b.fill(); err != nil {
		return fmt.Errorf("workbook of %s: %w", d.ID, err)
	}
	return b.file.Write(w)
}

// book is a workbook in the making.
type book struct {
	*document
	file   *excelize.File
	styles map[look]int
}

// The sheets, in their order.
var (
	summarySheet       = park.Name{ZH: "概要", EN: "Summary"}
	entriesSheet       = park.Name{ZH: "条目", EN: "Entries"}
	energySheet        = park.Name{ZH: "能源", EN: "Energy"}
	consolidationSheet = park.Name{ZH: "平衡", EN: "Consolidation"}
	factorsSheet       = park.Name{ZH: "因子", EN: "Factors"}
	registersSheet     = park.Name{ZH: "表计", EN: "Registers"}
)

func (b *book) fill() error {
	if err := b.properties(); err != nil {
		return err
	}
	sheets := []struct {
		name park.Name
		fill func(*sheet) error
	}{
		{summarySheet, b.summary}, {entriesSheet, b.entries}, {energySheet, b.energy},
		{consolidationSheet, b.consolidation}, {factorsSheet, b.factors}, {registersSheet, b.meters},
	}
	for i, s := range sheets {
		name := b.lang.of(s.name)
		if i == 0 {
			if err := b.file.SetSheetName("Sheet1", name); err != nil {
				return err
			}
		} else if _, err := b.file.NewSheet(name); err != nil {
			return err
		}
		if err := b.layout(name); err != nil {
			return err
		}
	}
	for _, s := range sheets {
		sh, err := b.open(b.lang.of(s.name))
		if err != nil {
			return err
		}
		if err := s.fill(sh); err != nil {
			return fmt.Errorf("sheet %s: %w", sh.name, err)
		}
		if err := sh.w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// properties says what the file is; its times are the inventory's own.
func (b *book) properties() error {
	at := b.export.ClosedAt
	if at == 0 {
		at = b.AsKnownAt
	}
	stamp := time.UnixMilli(at).UTC().Format(time.RFC3339)
	language := map[string]string{"zh": "zh-CN", "en": "en", "both": "zh-CN"}[string(b.lang)]
	if err := b.file.SetAppProps(&excelize.AppProperties{Application: "Lingtan"}); err != nil {
		return err
	}
	err := b.file.SetDocProps(&excelize.DocProperties{Title: b.lang.of(b.Structure.Park.Name) + " " + b.Period.Text, Subject: b.ID,
		Creator: "Lingtan", LastModifiedBy: "Lingtan", Created: stamp, Modified: stamp, Identifier: b.export.Hash, Language: language})
	if err != nil {
		return err
	}
	full := true
	return b.file.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: &full})
}

// layout sets a sheet for print: A4 on its side, as wide as one page.
func (b *book) layout(name string) error {
	fit, a4, landscape, one, free := true, 9, "landscape", 1, 0
	if err := b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	return b.file.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &landscape, FitToWidth: &one, FitToHeight: &free})
}

// ordered is a zip archive whose files stand in the order of their names; the
// workbook's writer hands its sheets over in the order of a map.
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

// Close writes the archive, with no time stamps in it.
func (o *ordered) Close() error {
	sort.Strings(o.names)
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
