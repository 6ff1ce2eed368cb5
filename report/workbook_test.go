package report

import (
	"bytes"
	"math"
	"strconv"
	"testing"

	"github.com/xuri/excelize/v2"

	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/park"
)

func workbook(t *testing.T, x *evidence.Export, lang string) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := Workbook(&b, x, lang); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// find is the row of a sheet whose first cell is text, from 1.
func find(t *testing.T, f *excelize.File, sheet, text string) int {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if len(r) > 0 && r[0] == text {
			return i + 1
		}
	}
	t.Fatalf("%s has no row %q in %v", sheet, text, rows)
	return 0
}

// is wants a formula in a cell that evaluates to the inventory's figure, which is
// also the value stored for readers that do not calculate.
func is(t *testing.T, f *excelize.File, sheet, column string, row int, want float64) {
	t.Helper()
	cell := column + strconv.Itoa(row)
	text, err := f.GetCellFormula(sheet, cell)
	if err != nil || text == "" {
		t.Errorf("%s!%s holds no formula (%v)", sheet, cell, err)
	}
	for what, read := range map[string]func(string, string, ...excelize.Options) (string, error){"evaluates to": f.CalcCellValue, "stores": f.GetCellValue} {
		s, err := read(sheet, cell, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Errorf("%s!%s =%s: %v", sheet, cell, text, err)
			continue
		}
		if got, err := strconv.ParseFloat(s, 64); err != nil || math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
			t.Errorf("%s!%s =%s %s %q, the inventory says %v", sheet, cell, text, what, s, want)
		}
	}
}

func TestWorkbookTotalsAreTheInventorys(t *testing.T) {
	x := compiled(t, nil)
	v := x.Inventory
	totals := func(lang, summary, entries, energy, consolidation, park, scope1 string) {
		t.Helper()
		f := workbook(t, x, lang)
		for _, total := range v.Totals {
			first := total.Organization
			if first == "" {
				first = park
			}
			row := find(t, f, summary, first)
			for column, want := range map[string]float64{"C": total.Scope1, "D": total.Scope2Location, "E": total.Scope2Market,
				"F": total.Scope1 + total.Scope2Location, "G": total.Scope1 + total.Scope2Market, "H": total.StandardCoal} {
				is(t, f, summary, column, row, want)
			}
		}
		row := find(t, f, entries, scope1)
		all := v.Total("")
		is(t, f, entries, "F", row, all.Scope1)
		is(t, f, entries, "F", row+1, all.Scope2Location)
		is(t, f, entries, "F", row+2, all.Scope2Market)
		is(t, f, energy, "D", find(t, f, energy, park), all.StandardCoal)
		for i, e := range v.Energy {
			is(t, f, energy, "E", i+2, e.Amount.Total())
		}
		for _, c := range v.Consolidation {
			is(t, f, consolidation, "J", find(t, f, consolidation, c.Source), c.Difference)
		}
	}
	if len(v.Totals) != 4 || v.Total("").Scope1 == 0 || v.Total("mill").Scope2Market == v.Total("mill").Scope2Location {
		t.Fatalf("the test park shows too little: %+v", v.Totals)
	}
	totals("en", "Summary", "Entries", "Energy", "Consolidation", "Total", "Scope 1")
	totals("zh", "概要", "条目", "能源", "平衡", "合计", "范围一合计")
	totals("both", "概要 Summary", "条目 Entries", "能源 Energy", "平衡 Consolidation", "合计 Total", "范围一合计 Scope 1")
}

// cell wants the raw text of a cell.
func cell(t *testing.T, f *excelize.File, sheet, at, want string) {
	t.Helper()
	if got, err := f.GetCellValue(sheet, at, excelize.Options{RawCellValue: true}); err != nil || got != want {
		t.Errorf("%s!%s is %q (%v), want %q", sheet, at, got, err, want)
	}
}

func TestWorkbookHoldsEveryLine(t *testing.T) {
	x := compiled(t, nil)
	v := x.Inventory
	f := workbook(t, x, "both")
	for i, e := range v.Entries {
		r := strconv.Itoa(i + 2)
		cell(t, f, "条目 Entries", "A"+r, e.ID)
		cell(t, f, "条目 Entries", "F"+r, number(e.Emissions))
		cell(t, f, "条目 Entries", "M"+r, number(e.Data))
		cell(t, f, "条目 Entries", "U"+r, e.Expression)
	}
	for i, s := range v.Factors {
		r := strconv.Itoa(i + 2)
		cell(t, f, "因子 Factors", "A"+r, s.Factor.ID)
		cell(t, f, "因子 Factors", "B"+r, s.Factor.Version)
		cell(t, f, "因子 Factors", "D"+r, number(s.Factor.Value))
	}
	for i, reg := range v.Registers {
		r := strconv.Itoa(i + 2)
		cell(t, f, "表计 Registers", "A"+r, reg.Register)
		cell(t, f, "表计 Registers", "J"+r, strconv.Itoa(reg.Totals.Missing))
		cell(t, f, "表计 Registers", "N"+r, reg.Root)
		is(t, f, "表计 Registers", "E", i+2, reg.Totals.Total())
	}
	summary := "概要 Summary"
	cell(t, f, summary, "A2", "真实读数，组合园区 Real readings, assembled park")
	cell(t, f, summary, "B"+strconv.Itoa(find(t, f, summary, "内容哈希 SHA-256 Content hash SHA-256")), x.Hash)
	cell(t, f, summary, "B"+strconv.Itoa(find(t, f, summary, "证据根 Evidence root")), v.Root)
	cell(t, f, summary, "B"+strconv.Itoa(find(t, f, summary, "关账人 Closed by")), "李工")
	cell(t, f, summary, "B"+strconv.Itoa(find(t, f, summary, "关账时间 Closed at")), "2026-01-01T09:00:00.000+08:00")
	row := strconv.Itoa(find(t, f, summary, "mill-2018"))
	cell(t, f, summary, "B"+row, "CC BY 4.0")
	cell(t, f, summary, "C"+row, "250")
	cell(t, f, summary, "D"+row, "Published mill readings, 2018; 原值 as it was; 原数据已归一 published normalised")
	for _, n := range v.Notes {
		find(t, f, summary, n.ZH+" "+n.EN)
	}
}

// A name cannot become a formula, whatever it begins with.
func TestWorkbookTextStaysText(t *testing.T) {
	x := compiled(t, func(d *park.Document) { d.Organizations[1].Name = park.Name{ZH: `=HYPERLINK("http://x")`} })
	f := workbook(t, x, "zh")
	row := find(t, f, "概要", "mill")
	cell(t, f, "概要", "B"+strconv.Itoa(row), `=HYPERLINK("http://x")`)
	if s, err := f.GetCellFormula("概要", "B"+strconv.Itoa(row)); err != nil || s != "" {
		t.Errorf("the name runs as a formula: %q, %v", s, err)
	}
}

// Scope 2 on either basis takes in what counts on both.
func TestWorkbookCountsBothBases(t *testing.T) {
	x := compiled(t, nil)
	v := x.Inventory
	for i := range v.Entries {
		if e := &v.Entries[i]; e.Rule == "own-non-fossil" && e.Activity.Organization == "mill" {
			e.Emissions = 3
		}
	}
	for i := range v.Totals {
		if o := v.Totals[i].Organization; o == "" || o == "mill" {
			v.Totals[i].Scope2Location += 3
			v.Totals[i].Scope2Market += 3
		}
	}
	f := workbook(t, x, "en")
	for first, organization := range map[string]string{"Total": "", "mill": "mill"} {
		row := find(t, f, "Summary", first)
		is(t, f, "Summary", "D", row, v.Total(organization).Scope2Location)
		is(t, f, "Summary", "E", row, v.Total(organization).Scope2Market)
	}
	is(t, f, "Entries", "F", find(t, f, "Entries", "Scope 2, market-based"), v.Total("").Scope2Market)
}

// An inventory without entries has its workbook too, and its sums are 0.
func TestWorkbookOfLittle(t *testing.T) {
	x := compiled(t, nil)
	x.Inventory.Entries, x.Inventory.Energy, x.Inventory.Registers = nil, nil, nil
	x.Inventory.Totals = []inventory.Total{{}}
	f := workbook(t, x, "en")
	row := find(t, f, "Summary", "Total")
	for _, column := range []string{"C", "D", "E", "F", "G", "H"} {
		is(t, f, "Summary", column, row, 0)
	}
	is(t, f, "Entries", "F", find(t, f, "Entries", "Scope 1"), 0)
	is(t, f, "Energy", "D", find(t, f, "Energy", "Total"), 0)
}

func TestWorkbookIsTheSameBytes(t *testing.T) {
	x := compiled(t, nil)
	var first bytes.Buffer
	if err := Workbook(&first, x, "both"); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		var b bytes.Buffer
		if err := Workbook(&b, x, "both"); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), b.Bytes()) {
			t.Fatal("the same inventory gives other bytes")
		}
	}
}

func TestWorkbookIsWellLaidOut(t *testing.T) {
	f := workbook(t, compiled(t, nil), "en")
	for _, sheet := range f.GetSheetList()[1:] {
		p, err := f.GetPanes(sheet)
		if err != nil || !p.Freeze || p.YSplit != 1 {
			t.Errorf("%s: its header moves away: %+v, %v", sheet, p, err)
		}
		var filtered bool
		for _, n := range f.GetDefinedName() {
			filtered = filtered || n.Name == "_xlnm._FilterDatabase" && n.Scope == sheet
		}
		if !filtered {
			t.Errorf("%s has no filter", sheet)
		}
		if w, err := f.GetColWidth(sheet, "A"); err != nil || w < 12 {
			t.Errorf("%s: column A is %v wide, %v", sheet, w, err)
		}
	}
	id, err := f.GetCellStyle("Entries", "F2")
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.GetStyle(id)
	if err != nil || s.CustomNumFmt == nil || *s.CustomNumFmt != "#,##0.000" {
		t.Errorf("emissions are not set as numbers: %+v, %v", s, err)
	}
	if kind, err := f.GetCellType("Entries", "F2"); err != nil || kind != excelize.CellTypeNumber && kind != excelize.CellTypeUnset {
		t.Errorf("emissions are of type %v, %v", kind, err)
	}
}
