package form

import (
	"bytes"
	"compress/zlib"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"lingtan/inventory/evidence"
)

// opened is a workbook of a report.
func opened(t *testing.T, data []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Every cell of every sheet is what the JSON says, and every sum is computed by its
// formula to what the JSON says.
func TestWorkbookSaysWhatTheJSONSays(t *testing.T) {
	for _, id := range []string{"gbt32150", "energy", "cbam"} {
		r := built(t, id)
		f := opened(t, written(t, r, "xlsx", "en"))
		sheets := map[string]string{}
		for i, table := range r.Tables {
			sheets[table.ID] = f.GetSheetList()[i+1]
		}
		sums := 0
		for _, p := range r.cells() {
			name, err := excelize.CoordinatesToCellName(p.j+1, headRow+1+p.i)
			if err != nil {
				t.Fatal(err)
			}
			sameCell(t, f, sheets[p.table.ID], name, p.cell())
			if p.row.Sum != nil && p.column.Sum && p.cell().Value != nil {
				computes(t, f, sheets[p.table.ID], name, *p.cell().Value)
				sums++
			}
		}
		if sums == 0 {
			t.Errorf("%s has no sum", id)
		}
	}
}

// sameCell holds a workbook's cell against the report's, to the last bit.
func sameCell(t *testing.T, f *excelize.File, sheet, name string, c Cell) {
	t.Helper()
	raw, err := f.GetCellValue(sheet, name, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	if c.Value == nil {
		if raw != c.shown("en") {
			t.Errorf("%s!%s is %q, want %q", sheet, name, raw, c.shown("en"))
		}
		return
	}
	if got, err := strconv.ParseFloat(raw, 64); err != nil || got != *c.Value {
		t.Errorf("%s!%s is %q, want %v", sheet, name, raw, *c.Value)
	}
}

// computes holds what a cell's formula computes against the report's sum. excelize knows
// no SUBTOTAL; over one block of rows it is their SUM.
func computes(t *testing.T, f *excelize.File, sheet, name string, want float64) {
	t.Helper()
	formula, err := f.GetCellFormula(sheet, name)
	if err != nil || !strings.HasPrefix(formula, "SUBTOTAL(9,") {
		t.Errorf("%s!%s has the formula %q (%v)", sheet, name, formula, err)
	}
	if err := f.SetCellFormula(sheet, name, strings.Replace(formula, "SUBTOTAL(9,", "SUM(", 1)); err != nil {
		t.Fatal(err)
	}
	text, err := f.CalcCellValue(sheet, name, excelize.Options{RawCellValue: true})
	got, e := strconv.ParseFloat(text, 64)
	if err != nil || e != nil || math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
		t.Errorf("%s!%s computes to %q, want %v (%v)", sheet, name, text, want, err)
	}
}

func TestTamperedWorkbookIsRefused(t *testing.T) {
	data := written(t, built(t, "energy"), "xlsx", "zh")
	forged := func(what string, change func(f *excelize.File, sheet string) error, want error) {
		t.Helper()
		f := opened(t, data)
		if err := change(f, f.GetSheetList()[2]); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := readWorkbook(b.Bytes()); !ok || !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	forged("nothing", func(*excelize.File, string) error { return nil }, nil)
	forged("a figure", func(f *excelize.File, s string) error { return f.SetCellValue(s, "B5", 1.0) }, evidence.ErrDifferent)
	forged("a name", func(f *excelize.File, s string) error { return f.SetCellValue(s, "A5", "绿电") }, evidence.ErrDifferent)
	forged("the entries", func(f *excelize.File, s string) error { return f.SetCellValue(s, "F5", "energy/mill/none") }, evidence.ErrDifferent)
	forged("a row more", func(f *excelize.File, s string) error { return f.SetCellValue(s, "A99", "x") }, evidence.ErrDifferent)
	forged("no machine form", func(f *excelize.File, _ string) error { return f.DeleteSheet(machineSheet) }, ErrFormat)
}

// What a spreadsheet program keeps of a number when it saves is enough to verify it.
func TestReprintedNumbers(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		v := rapid.Float64Range(-1e9, 1e9).Draw(r, "v")
		digits := rapid.IntRange(-1, 7).Draw(r, "digits")
		whole := strconv.FormatFloat(v, 'g', -1, 64)
		kept := strconv.FormatFloat(v, 'g', 15, 64)
		if reprinted(whole, digits) != reprinted(kept, digits) {
			r.Fatalf("%s and %s print as %s and %s", whole, kept, reprinted(whole, digits), reprinted(kept, digits))
		}
	})
}

var shown = regexp.MustCompile(`(?s)\((.*?[^\\])\) ?Tj`)

// escaped are the characters that a PDF's strings write with a backslash.
var escaped = regexp.MustCompile(`(?s)\\.`)

// pdfText is the text of a PDF's pages: its strings are UTF-16 in the page's streams.
func pdfText(t *testing.T, data []byte) string {
	t.Helper()
	var text strings.Builder
	for rest := data; ; {
		_, after, found := bytes.Cut(rest, []byte("stream\n"))
		if !found {
			return text.String()
		}
		rest = after
		z, err := zlib.NewReader(bytes.NewReader(after))
		if err != nil {
			continue
		}
		page, err := io.ReadAll(z)
		if err != nil || !bytes.Contains(page, []byte("Tj")) {
			continue
		}
		for _, m := range shown.FindAllSubmatch(page, -1) {
			s := escaped.ReplaceAllFunc(m[1], func(e []byte) []byte {
				if e[1] == 'r' {
					return []byte{'\r'}
				}
				return e[1:]
			})
			var units []uint16
			for i := 0; i+1 < len(s); i += 2 {
				units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
			}
			text.WriteString(string(utf16.Decode(units)) + "\n")
		}
	}
}

func TestPDFPrintsEveryFigure(t *testing.T) {
	for _, lang := range []string{"zh", "en"} {
		r := built(t, "gbt32150")
		text := pdfText(t, written(t, r, "pdf", lang))
		want := []string{r.Inventory.Hash}
		for _, table := range r.Tables {
			want = append(want, in(table.Title, lang))
		}
		for _, p := range r.cells() {
			if p.cell().Value != nil {
				want = append(want, thousands(p.cell().Printed), p.row.Entries[0])
			}
		}
		if len(want) < 100 {
			t.Errorf("%s: %d texts only", lang, len(want))
		}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q is not printed", lang, w)
			}
		}
	}
}

func TestTamperedPDFIsRefused(t *testing.T) {
	data := written(t, built(t, "energy"), "pdf", "zh")
	last := bytes.LastIndex(data, []byte("/CreationDate"))
	changed := slices.Clone(data)
	changed[last+20] ^= 1
	if _, ok, err := Open(changed); !ok || !errors.Is(err, evidence.ErrDifferent) {
		t.Errorf("%v", err)
	}
	if _, ok, err := Open([]byte("%PDF-1.3\n")); !ok || !errors.Is(err, ErrFormat) {
		t.Errorf("%v", err)
	}
}

// Lines lose nothing but the spaces at which they break, and fit.
func TestWrap(t *testing.T) {
	p := &paper{runes: map[string]map[rune]float64{"": {}}, size: 1}
	for r := range rune(0x10000) {
		p.runes[""][r] = 1
		if r >= 0x2E80 {
			p.runes[""][r] = 2
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		text := strings.Join(strings.Fields(rapid.StringMatching(`[a-z0-9 ,.，。园区碳（）]{0,60}`).Draw(r, "text")), " ")
		width := float64(rapid.IntRange(6, 40).Draw(r, "width"))
		lines := p.wrap(text, width)
		bare := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if bare(strings.Join(lines, "")) != bare(text) {
			r.Fatalf("%q became %q", text, lines)
		}
		for _, l := range lines {
			if p.width(l) > width {
				r.Fatalf("%q is wider than %v", l, width)
			}
		}
	})
}

func TestThousands(t *testing.T) {
	is := func(s, want string) {
		t.Helper()
		if got := thousands(s); got != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
	is("0", "0")
	is("999.5", "999.5")
	is("1000", "1,000")
	is("-1234567.125", "-1,234,567.125")
	is("100000", "100,000")
}

// order is the order of elements in the registry's schema (QReport version 23.00), of
// those that a communication has.
var order = []string{"ImportedGood", "ItemNumber", "CommodityCode", "HsCode", "CnCode", "CommodityDetails", "Description", "OriginCountry", "Country", "GoodsEmissions", "SequenceNumber", "ProductionCountry",
	"InstallationOperator", "OperatorId", "OperatorName", "OperatorAddress", "Country", "City", "ContactDetails", "Name", "Phone", "Email",
	"Installation", "InstallationId", "InstallationName", "Address", "EstablishmentCountry", "City", "ProducedMeasure", "NetMass", "MeasurementUnit",
	"DirectEmissions", "DeterminationType", "ApplicableReportingTypeMethodology", "SpecificEmbeddedEmissions", "MeasurementUnit",
	"IndirectEmissions", "DeterminationType", "SpecificEmbeddedEmissions", "MeasurementUnit", "ElectricityConsumed", "ElectricitySource",
	"ProdMethodQualifyingParams", "SequenceNumber", "MethodId", "RemarksEmissions", "SequenceNumber", "AdditionalInformation"}

func TestXML(t *testing.T) {
	r := built(t, "cbam")
	data := written(t, r, "xml", "en")
	var names []string
	values := map[string]string{}
	for d, name := xml.NewDecoder(bytes.NewReader(data)), ""; ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			name = x.Name.Local
			if x.Name.Space == cbamNamespace {
				names = append(names, name)
			} else if name != "Communication" {
				t.Errorf("%s is in the namespace %q", name, x.Name.Space)
			}
		case xml.CharData:
			if s := strings.TrimSpace(string(x)); s != "" && values[name] == "" {
				values[name] = s
			}
		}
	}
	if !slices.Equal(names, order) {
		t.Errorf("elements %v", names)
	}
	see, err := strconv.ParseFloat(values["SpecificEmbeddedEmissions"], 64)
	if want := r.table(t, "goods").figure(t, "Bun", "direct"); err != nil || math.Abs(see-want) > 5e-8 {
		t.Errorf("%v, want %v", see, want)
	}
	if values["OperatorName"] != "Mill & Sons" || values["HsCode"] != "721631" {
		t.Errorf("%v", values)
	}
}

func TestXMLAsksForWhatTheSchemaAsksFor(t *testing.T) {
	without := func(what string, change func(in *Inputs)) {
		t.Helper()
		in := stated(t)
		change(in)
		r, err := Build("cbam", compiled(t), in)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Write(io.Discard, "xml", "en"); !errors.Is(err, ErrInputs) {
			t.Errorf("%s: %v", what, err)
		}
	}
	without("codes", func(in *Inputs) { in.Codes = nil })
	without("operators", func(in *Inputs) { in.Operators = nil })
	without("a contact", func(in *Inputs) { in.Operators[0].Email = "" })
	without("a CN code", func(in *Inputs) { in.Products[0].CN = "" })
	without("goods", func(in *Inputs) { in.Products = nil })
}

func TestInputsRefused(t *testing.T) {
	refused := func(what string, change func(in *Inputs)) {
		t.Helper()
		in := stated(t)
		change(in)
		if _, err := Build("cbam", compiled(t), in); !errors.Is(err, ErrInputs) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("format", func(in *Inputs) { in.Format = "" })
	refused("another organization", func(in *Inputs) { in.Products[0].Organization = "steel" })
	refused("no quantity", func(in *Inputs) { in.Products[0].Quantity = 0 })
	refused("NaN", func(in *Inputs) { in.Products[0].Quantity = math.NaN() })
	refused("unit", func(in *Inputs) { in.Products[0].Unit = "kg" })
	refused("kind", func(in *Inputs) { in.Products[0].Kind = "bun" })
	refused("evidence", func(in *Inputs) { in.Products[0].Evidence = "" })
	refused("CN", func(in *Inputs) { in.Products[0].CN = "7216" })
	refused("share", func(in *Inputs) { in.Products[0].DirectShare = 1.5 })
	refused("shares that add up to more than all", func(in *Inputs) { in.Products[0].PowerShare, in.Products[1].PowerShare = 0.6, 0.6 })
	refused("an id twice", func(in *Inputs) { in.Products[1].ID = "bun" })
	refused("a precursor without source", func(in *Inputs) { in.Products[0].Precursors[0].Source = "" })
	refused("a precursor below zero", func(in *Inputs) { in.Products[0].Precursors[0].Direct = -1 })
	refused("an indicator of nothing", func(in *Inputs) { in.Assessment = &Assessment{Indicators: []Indicator{{ID: "a"}}} })
}

func FuzzReadInputs(f *testing.F) {
	f.Add([]byte("format: lingtan.report-inputs/v1\nproducts: [{id: a, quantity: .nan}]\n"))
	f.Add([]byte("format: x"))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := ReadInputs(data)
		if err != nil && !errors.Is(err, ErrInputs) {
			t.Fatal(err)
		}
		if err == nil && in.Format != InputsFormat {
			t.Fatal(in.Format)
		}
	})
}
