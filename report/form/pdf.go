package form

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"compress/zlib"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"lingtan/inventory/evidence"
)

//go:embed font/*.gz
var fontFiles embed.FS

// fonts are the faces by style, unpacked once.
var fonts = sync.OnceValues(func() (map[string][]byte, error) {
	faces := map[string][]byte{}
	for style, name := range map[string]string{"": "font/regular.ttf.gz", "B": "font/bold.ttf.gz"} {
		packed, err := fontFiles.Open(name)
		if err != nil {
			return nil, err
		}
		z, err := gzip.NewReader(packed)
		if err != nil {
			return nil, err
		}
		if faces[style], err = io.ReadAll(z); err != nil {
			return nil, err
		}
	}
	return faces, nil
})

const (
	pageWidth  = 297.0 // A4 on its side, mm
	pageHeight = 210.0
	margin     = 12.0
	lineHeight = 4.0
	padding    = 1.0
	textSize   = 7.5 // points
)

// pdfRows bounds the rows of a table in a PDF; the workbook and the JSON hold them all.
const pdfRows = 2000

// PDF writes the report as PDF/1.7 on A4 in a language (zh, en or both), its fonts cut
// down to what it prints and embedded, and the machine form as an attached file. The
// same report gives the same bytes. Errors: ErrWrite, or what w gives.
func (r *Report) PDF(w io.Writer, lang string) error {
	if !slices.Contains([]string{"zh", "en", "both"}, lang) {
		return fmt.Errorf("%w: language %q; write zh, en or both", ErrWrite, lang)
	}
	faces, err := fonts()
	if err != nil {
		return err
	}
	packed, err := r.pack()
	if err != nil {
		return err
	}
	p := &paper{Report: r, lang: lang, Fpdf: fpdf.New("L", "mm", "A4", ""), runes: map[string]map[rune]float64{"": {}, "B": {}}}
	p.SetCatalogSort(true)
	at := time.UnixMilli(cmp.Or(r.Inventory.ClosedAt, r.Inventory.AsKnownAt)).UTC()
	p.SetCreationDate(at)
	p.SetModificationDate(at)
	p.SetTitle(in(r.Title, lang), true)
	p.SetSubject(r.Inventory.ID, true)
	p.SetCreator("Lingtan", true)
	p.SetProducer("Lingtan", true)
	p.SetKeywords(Format+" "+lang, true)
	p.SetLang(map[string]string{"zh": "zh-CN", "en": "en", "both": "zh-CN"}[lang])
	p.AddUTF8FontFromBytes("sans", "", faces[""])
	p.AddUTF8FontFromBytes("sans", "B", faces["B"])
	p.SetAttachments([]fpdf.Attachment{{Content: packed, Filename: machineFile, Description: Format + " " + lang}})
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(false, margin)
	p.AliasNbPages("{nb}")
	p.SetFooterFunc(p.foot)
	p.AddPage()
	p.front()
	for _, t := range r.Tables {
		p.table(t)
	}
	p.closing()
	return p.Output(w)
}

// machineFile is the attached file that holds the machine form.
const machineFile = "lingtan-report.json.gz"

// paper is a PDF in the making.
type paper struct {
	*fpdf.Fpdf
	*Report
	lang  string
	style string
	size  float64
	runes map[string]map[rune]float64 // width of a character by style, at 1 point
}

// face sets the font; size in points.
func (p *paper) face(style string, size float64) {
	p.style, p.size = style, size
	p.SetFont("sans", style, size)
}

func (p *paper) foot() {
	p.SetY(pageHeight - 9)
	p.face("", 6.5)
	p.SetTextColor(110, 110, 110)
	p.CellFormat(220, 4, in(p.Title, p.lang)+" · "+p.Inventory.ID+" · "+p.Inventory.Hash, "", 0, "L", false, 0, "")
	p.CellFormat(pageWidth-2*margin-220, 4, fmt.Sprintf("%d / {nb}", p.PageNo()), "", 0, "R", false, 0, "")
	p.SetTextColor(0, 0, 0)
}

// front is the head of the report.
func (p *paper) front() {
	p.SetTextColor(0x1F, 0x6B, 0x4F)
	p.face("B", 17)
	p.MultiCell(0, 8, in(p.Title, p.lang), "", "L", false)
	p.SetTextColor(0, 0, 0)
	p.Ln(1)
	for _, f := range p.facts() {
		if text := in(f[1], p.lang); text != "" {
			p.pair(in(f[0], p.lang), text)
		}
	}
	p.Ln(3)
}

// pair is a label with its text beside it.
func (p *paper) pair(label, text string) {
	p.face("", 8)
	lines := p.wrap(text, pageWidth-2*margin-40)
	p.room(4.4 * float64(len(lines)))
	p.face("B", 8)
	p.CellFormat(38, 4.4, label, "", 0, "L", false, 0, "")
	p.face("", 8)
	for i, l := range lines {
		if i > 0 {
			p.SetX(margin + 38)
		}
		p.CellFormat(0, 4.4, l, "", 1, "L", false, 0, "")
	}
}

// room begins a page when h mm do not fit on this one, and says whether it did.
func (p *paper) room(h float64) bool {
	if p.GetY()+h <= pageHeight-margin-2 {
		return false
	}
	p.AddPage()
	return true
}

// table prints a table: title, note, head, rows; the head again on every page.
func (p *paper) table(t Table) {
	p.room(24)
	p.face("B", 11)
	p.SetTextColor(0x1F, 0x6B, 0x4F)
	p.CellFormat(0, 6, in(t.Title, p.lang), "", 1, "L", false, 0, "")
	p.SetTextColor(90, 90, 90)
	if note := in(t.Note, p.lang); note != "" {
		p.face("", textSize)
		for _, l := range p.wrap(note, pageWidth-2*margin-2) {
			p.CellFormat(0, lineHeight, l, "", 1, "L", false, 0, "")
		}
	}
	p.SetTextColor(0, 0, 0)
	if len(t.Rows) == 0 {
		p.Ln(3)
		return
	}
	widths := p.widths(t)
	p.head(t, widths)
	for i, row := range t.Rows {
		if i == pdfRows {
			p.face("", textSize)
			p.CellFormat(0, 5, fmt.Sprintf(in(say("另有 %d 行见工作簿和 JSON", "%d more rows in the workbook and the JSON"), p.lang), len(t.Rows)-pdfRows), "", 1, "L", false, 0, "")
			break
		}
		p.row(t, row, widths, i%2 == 1)
	}
	p.Ln(4)
}

// head prints the heads of the columns.
func (p *paper) head(t Table, widths []float64) {
	cells, right := p.heads(t), make([]bool, len(widths))
	for i, c := range t.Columns {
		right[i] = c.Kind == figureKind
	}
	p.SetFillColor(0x1F, 0x6B, 0x4F)
	p.SetTextColor(255, 255, 255)
	p.face("B", textSize)
	p.cells(cells, widths, right, true)
	p.SetTextColor(0, 0, 0)
}

// row prints a row; bold and ruled when it is a sum.
func (p *paper) row(t Table, row Row, widths []float64, shaded bool) {
	style := ""
	if row.Sum != nil {
		style = "B"
	}
	p.face(style, textSize)
	cells, right := p.texts(t, row), make([]bool, len(widths))
	for i, c := range t.Columns {
		right[i] = c.Kind == figureKind
	}
	if p.room(p.height(cells, widths)) {
		p.head(t, widths)
		p.face(style, textSize)
	}
	p.SetFillColor(0xF1, 0xF6, 0xF3)
	if row.Sum != nil {
		p.SetDrawColor(0x1F, 0x6B, 0x4F)
		p.Line(margin, p.GetY(), pageWidth-margin, p.GetY())
	}
	p.cells(cells, widths, right, shaded && row.Sum == nil)
}

// pdfEntries is how many entries a row of a PDF names.
const pdfEntries = 3

// texts are the cells of a row as they are printed.
func (p *paper) texts(t Table, row Row) []string {
	cells := make([]string, 0, len(t.Columns)+1)
	for _, c := range row.Cells {
		text := c.shown(p.lang)
		if c.Value != nil {
			text = thousands(text)
		}
		cells = append(cells, text)
	}
	if t.sourced() {
		cells = append(cells, entryList(row.Entries, pdfEntries))
	}
	return cells
}

// thousands sets commas into the whole part of a number.
func thousands(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, rest := s, ""
	if i := strings.IndexByte(s, '.'); i >= 0 {
		whole, rest = s[:i], s[i:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + rest
}

func (p *paper) height(cells []string, widths []float64) float64 {
	most := 1
	for i, c := range cells {
		most = max(most, len(p.wrap(c, widths[i]-2*padding)))
	}
	return lineHeight*float64(most) + padding
}

// cells prints cells beside each other, as high as the highest.
func (p *paper) cells(cells []string, widths []float64, right []bool, fill bool) {
	h := p.height(cells, widths)
	x, y := margin, p.GetY()
	if fill {
		p.Rect(margin, y, pageWidth-2*margin, h, "F")
	}
	for i, c := range cells {
		align, gap := "L", 0.0
		if right[i] {
			align, gap = "R", 1.5 // from the text beside it
		}
		for j, line := range p.wrap(c, widths[i]-2*padding) {
			p.SetXY(x, y+padding/2+lineHeight*float64(j))
			p.CellFormat(widths[i]-gap, lineHeight, line, "", 0, align, false, 0, "")
		}
		x += widths[i]
	}
	p.SetXY(margin, y+h)
}

// closing are the notes.
func (p *paper) closing() {
	if len(p.Notes) == 0 {
		return
	}
	p.room(16)
	p.face("B", 11)
	p.SetTextColor(0x1F, 0x6B, 0x4F)
	p.CellFormat(0, 6, in(say("说明", "Notes"), p.lang), "", 1, "L", false, 0, "")
	p.SetTextColor(0, 0, 0)
	for i, n := range p.Notes {
		p.face("", textSize)
		lines := p.wrap(fmt.Sprintf("%d. %s", i+1, in(n, p.lang)), pageWidth-2*margin-2)
		p.room(lineHeight * float64(len(lines)))
		for _, l := range lines {
			p.CellFormat(0, lineHeight, l, "", 1, "L", false, 0, "")
		}
	}
}

// readPDF reads the machine form out of a PDF that Report.PDF wrote, writes it again and
// compares the bytes: what a reader sees is what the machine form says.
func readPDF(data []byte) (r *Report, ok bool, err error) {
	if !bytes.HasPrefix(data, []byte("%PDF-")) {
		return nil, false, nil
	}
	none := fmt.Errorf("%w: the PDF carries no %s; write it again with lingtan report build", ErrFormat, machineFile)
	_, rest, found := bytes.Cut(data, []byte("/Type /EmbeddedFile"))
	if !found {
		return nil, true, none
	}
	_, rest, found = bytes.Cut(rest, []byte("stream\n"))
	if !found {
		return nil, true, none
	}
	z, err := zlib.NewReader(bytes.NewReader(rest))
	if err != nil {
		return nil, true, fmt.Errorf("%w: %w", none, err)
	}
	packed, err := io.ReadAll(io.LimitReader(z, workbookLimit))
	if err != nil {
		return nil, true, fmt.Errorf("%w: %w", none, err)
	}
	if r, err = unpack(packed); err != nil {
		return nil, true, err
	}
	for _, lang := range []string{"zh", "en", "both"} {
		var again bytes.Buffer
		if err := r.PDF(&again, lang); err != nil {
			return nil, true, err
		}
		if bytes.Equal(again.Bytes(), data) {
			return r, true, nil
		}
	}
	return r, true, fmt.Errorf("%w: the PDF is not what its machine form gives; it was changed, or another release wrote it", evidence.ErrDifferent)
}
