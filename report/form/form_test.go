package form

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lingtan/factor"
	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/park"
	"lingtan/proof"
	"lingtan/rating"
	"lingtan/test/parktest"
)

var update = flag.Bool("update", false, "write the goldens")

// compiled is the closed inventory, with its evidence, of three days of a small park:
// a mill that burns gas, a bakery with a green certificate, photovoltaics on the roof.
func compiled(t testing.TB) *evidence.Export {
	t.Helper()
	p := parktest.New().Enterprise("mill").Enterprise("bakery").PV().Gas("mill").Certificate("bakery", "2018", 0.2).Check(t)
	for _, day := range []string{"2018-03-05", "2018-03-06", "2018-03-07"} {
		quality := meter.Measured
		if day == "2018-03-07" {
			quality = meter.Estimated
		}
		p.Settled("mill.kwh", day, 10, meter.Measured).Settled("bakery.kwh", day, 5.25, quality).Settled("pv.kwh", day, 2, meter.Measured).Settled("mill-gas.kwh", day, 0.5, meter.Measured)
	}
	pack, err := method.Find(p.Document.Park.Method)
	if err != nil {
		t.Fatal(err)
	}
	library, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	v, err := inventory.Compile(ctx, inventory.Inputs{ID: "test-2018-03-r1", Revision: 1, Structure: p.Document, Method: pack, Factors: library, Usage: p, Period: "2018-03-05..2018-03-07", AsKnownAt: 1767225600000})
	if err != nil {
		t.Fatal(err)
	}
	x := &evidence.Export{Inventory: v, State: "closed", ClosedAt: 1767229200000, ClosedBy: "李工"}
	if x.Hash, err = proof.Hash(v); err != nil {
		t.Fatal(err)
	}
	if x.Evidence, err = evidence.Pack(ctx, v, p); err != nil {
		t.Fatal(err)
	}
	return x
}

// stated are the inputs of the test park.
func stated(t testing.TB) *Inputs {
	t.Helper()
	data, err := os.ReadFile("testdata/inputs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	in, err := ReadInputs(data)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func built(t testing.TB, id string) *Report {
	t.Helper()
	r, err := Build(id, compiled(t), stated(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// written is a report in a format.
func written(t testing.TB, r *Report, format, lang string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, format, lang); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for _, f := range Forms() {
		var got bytes.Buffer
		if err := built(t, f.ID).WriteJSON(&got, true); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", f.ID+".json")
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s differs from its golden; look at the difference, then go test ./report/form -run Golden -update", f.ID)
		}
	}
}

// Every form is accepted in every file that carries its machine form, and writes the same
// bytes twice.
func TestVerified(t *testing.T) {
	for _, f := range Forms() {
		r := built(t, f.ID)
		for _, format := range []string{"json", "xlsx", "pdf"} {
			data := written(t, r, format, "both")
			if !bytes.Equal(data, written(t, r, format, "both")) {
				t.Errorf("%s as %s: other bytes the second time", f.ID, format)
			}
			back, ok, err := Open(data)
			if err != nil || !ok {
				t.Fatalf("%s as %s: %v, %v", f.ID, format, ok, err)
			}
			checks, err := Verify(context.Background(), back, nil)
			if err != nil || len(checks) < 6 {
				t.Errorf("%s as %s: %v of %d checks", f.ID, format, err, len(checks))
			}
		}
	}
}

func TestBareReportNeedsItsInventory(t *testing.T) {
	var b bytes.Buffer
	if err := built(t, "gbt32150").WriteJSON(&b, true); err != nil {
		t.Fatal(err)
	}
	r, ok, err := readJSON(b.Bytes())
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, err := Verify(context.Background(), r, nil); !errors.Is(err, ErrFormat) {
		t.Errorf("without an inventory: %v", err)
	}
	x := compiled(t)
	if _, err := Verify(context.Background(), r, x); err != nil {
		t.Errorf("with its inventory: %v", err)
	}
	x.Inventory.ID = "another"
	if x.Hash, err = proof.Hash(x.Inventory); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(context.Background(), r, x); !errors.Is(err, evidence.ErrDifferent) {
		t.Errorf("with another inventory: %v", err)
	}
}

func TestTamperedReportIsRefused(t *testing.T) {
	plain := written(t, built(t, "cbam"), "json", "zh")
	forged := func(what string, change func(r *Report)) {
		t.Helper()
		r, _, err := readJSON(plain)
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		if _, err := Verify(context.Background(), r, nil); !errors.Is(err, evidence.ErrDifferent) {
			t.Errorf("%s: %v", what, err)
		}
	}
	goods := func(r *Report) *Table { return r.table(t, "goods") }
	forged("a figure", func(r *Report) { *goods(r).Rows[0].Cells[4].Value *= 0.5 })
	forged("a printed figure", func(r *Report) { goods(r).Rows[0].Cells[4].Printed = "0.0000001" })
	forged("a name", func(r *Report) { goods(r).Rows[0].Cells[0].Text.ZH = "绿色面粉" })
	forged("the entries of a row", func(r *Report) { goods(r).Rows[0].Entries = nil })
	forged("a note", func(r *Report) { r.Notes = nil })
	forged("a row left out", func(r *Report) { goods(r).Rows = nil })
	forged("what was stated", func(r *Report) { r.Inputs.Products[0].Quantity *= 2 })
	forged("the hash", func(r *Report) { r.Inventory.Hash = strings.Repeat("0", 64) })
	forged("the inventory", func(r *Report) { r.Source.Inventory.Entries[0].Emissions /= 2 })
	forged("the evidence", func(r *Report) { r.Source.Evidence = r.Source.Evidence[1:] })
}

// table is the report's table with the id.
func (r *Report) table(t testing.TB, id string) *Table {
	t.Helper()
	for i := range r.Tables {
		if r.Tables[i].ID == id {
			return &r.Tables[i]
		}
	}
	t.Fatalf("no table %s in %s", id, r.Form)
	return nil
}

// figure is the value of a column in the row whose first cell says so.
func (t *Table) figure(tb testing.TB, first, column string) float64 {
	tb.Helper()
	for _, r := range t.Rows {
		if r.Cells[0].shown("en") != first {
			continue
		}
		for i, c := range t.Columns {
			if c.ID == column && r.Cells[i].Value != nil {
				return *r.Cells[i].Value
			}
		}
	}
	tb.Fatalf("no figure %s of %q in %s", column, first, t.ID)
	return 0
}

func TestTotalsAreTheInventorys(t *testing.T) {
	v := compiled(t).Inventory.Total("")
	near := func(id, table, row, column string, want float64) {
		t.Helper()
		if got := built(t, id).table(t, table).figure(t, row, column); math.Abs(got-want) > 1e-9*math.Max(1, want) || want == 0 {
			t.Errorf("%s, %s: %v, want %v", id, table, got, want)
		}
	}
	near("gbt32150", "emissions", "Total", "emissions", v.Scope1+v.Scope2Location)
	near("gbt32150", "members", "Total", "scope2l", v.Scope2Location)
	near("iso14064-1", "categories", "Total (location-based)", "emissions", v.Scope1+v.Scope2Location)
	near("iso14064-1", "categories", "Category 1 Direct GHG emissions and removals", "emissions", v.Scope1)
	near("ghg-protocol", "scopes", "Scope 2 (market-based)", "emissions", v.Scope2Market)
	near("ghg-protocol", "gases", "CO2", "emissions", v.Scope1)
	near("park-inventory", "members", "Total", "scope2m", v.Scope2Market)
	near("energy", "carriers", "Total", "tce", v.StandardCoal)
	near("energy", "lines", "Total", "tce", v.StandardCoal)
	near("ets-mrv", "fuels", "Total", "emissions", v.Scope1)
	near("zero-carbon-park", "core", "Emissions on each unit of energy", "value", (v.Scope1+v.Scope2Location)/v.StandardCoal)
}

// The mill burns 0.5 GJ × 96 × 3 = 144 GJ: 144 × 0.0153 × 0.99 × 44/12 = 7.997616 t direct.
// The bun takes half of that and 100 t of flour at 0.3 t/t: (3.998808 + 30) ÷ 400 t.
func TestEmbeddedEmissions(t *testing.T) {
	r := built(t, "cbam")
	if got := r.table(t, "goods").figure(t, "Bun", "direct"); math.Abs(got-(144*0.0153*0.99*44/12*0.5+100*0.3)/400) > 1e-12 {
		t.Errorf("direct %v", got)
	}
	ind := r.table(t, "attribution").Rows[1]
	attributed, precursors := *ind.Cells[4].Value, *ind.Cells[5].Value
	if got := r.table(t, "goods").figure(t, "Bun", "indirect"); attributed <= 0 || precursors != 10 || math.Abs(got-(attributed+10)/400) > 1e-12 {
		t.Errorf("indirect %v of %v attributed and %v of precursors", got, attributed, precursors)
	}
}

// place is a cell of a report.
type place struct {
	table  Table
	row    Row
	column Column
	i, j   int // row, column
}

// cells are all cells of a report.
func (r *Report) cells() []place {
	var list []place
	for _, t := range r.Tables {
		for i, row := range t.Rows {
			for j := range row.Cells {
				list = append(list, place{t, row, t.Columns[j], i, j})
			}
		}
	}
	return list
}

// cell is the cell at the place.
func (p place) cell() Cell { return p.row.Cells[p.j] }

// Every row with a figure says where it is from, and every entry that it names is there.
func TestEveryFigureNamesItsEntries(t *testing.T) {
	v := compiled(t).Inventory
	for _, f := range Forms() {
		for _, p := range built(t, f.ID).cells() {
			if p.cell().Value != nil && len(p.row.Entries) == 0 {
				t.Errorf("%s, %s, row %d: %s names no entry", f.ID, p.table.ID, p.i+1, p.column.ID)
			}
			if e, missing := unknown(v, p.row.Entries); missing {
				t.Errorf("%s, %s, row %d names %s", f.ID, p.table.ID, p.i+1, e)
			}
		}
	}
}

// unknown is the first of entries that the inventory has not.
func unknown(v *inventory.Inventory, entries []string) (string, bool) {
	for _, e := range entries {
		if _, err := v.Entry(e); err != nil && !strings.Contains(e, "/") {
			return e, true
		}
	}
	return "", false
}

func TestBothLanguagesEverywhere(t *testing.T) {
	for _, f := range Forms() {
		r := built(t, f.ID)
		texts := append([]park.Name{r.Title, r.Standard}, r.Notes...)
		for _, table := range r.Tables {
			texts = append(texts, table.Title, table.Note)
		}
		for _, p := range r.cells() {
			texts = append(texts, p.column.Name, p.cell().Text)
		}
		for _, n := range texts {
			if (n.ZH == "") != (n.EN == "") {
				t.Errorf("%s: %+v", f.ID, n)
			}
		}
	}
}

func TestRating(t *testing.T) {
	x := compiled(t)
	value, met := 91.5, true
	rated := func(entry string) *Inputs {
		t.Helper()
		data, err := json.Marshal(rating.Result{ZeroCarbonPark: rating.ZeroCarbonPark{Source: "910", Indicators: []rating.Value{
			{Indicator: rating.Indicator{ID: "zcp.clean_energy_share", Name: park.Name{ZH: "清洁能源消费占比", EN: "Clean energy share"}, Unit: "%"}, Value: &value,
				Inputs: []rating.Quantity{{ID: "clean_energy", From: []string{entry, "register/pv.kwh", entry}}}, Levels: []rating.Held{{Value: 90, Applies: true, Met: &met}}},
			{Indicator: rating.Indicator{ID: "zcp.water", Name: park.Name{ZH: "水", EN: "Water"}}, Missing: []rating.Defined{{ID: "water_reused"}}}}}})
		if err != nil {
			t.Fatal(err)
		}
		in, err := Rated(nil, data)
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	r, err := Build("zero-carbon-park", x, rated(x.Inventory.Entries[0].ID))
	if err != nil {
		t.Fatal(err)
	}
	rows := r.table(t, "indicators").Rows
	if *rows[0].Cells[1].Value != 91.5 || rows[0].Cells[3].Code != "90" || rows[0].Cells[4].Text.EN != "met" || len(rows[0].Entries) != 1 || rows[0].Entries[0] != x.Inventory.Entries[0].ID {
		t.Errorf("%+v", rows[0])
	}
	if rows[1].Cells[1].Value != nil || rows[1].Cells[4].Text.EN != "cannot be told" || !strings.Contains(rows[1].Cells[5].Code, "water_reused") {
		t.Errorf("%+v", rows[1])
	}
	if _, err := Verify(context.Background(), r, nil); err != nil {
		t.Error(err)
	}
	if _, err := Build("zero-carbon-park", x, rated("e0000000000000000")); !errors.Is(err, ErrInputs) || !errors.Is(err, inventory.ErrNoEntry) {
		t.Errorf("an entry that is not there: %v", err)
	}
	if _, err := Rated(nil, []byte("{}")); !errors.Is(err, ErrInputs) {
		t.Errorf("no rating: %v", err)
	}
}

func TestNoSuchForm(t *testing.T) {
	if _, err := Build("gri", compiled(t), nil); !errors.Is(err, ErrForm) || !strings.Contains(err.Error(), "gbt32150") {
		t.Errorf("%v", err)
	}
	if _, err := Build("cbam", &evidence.Export{}, nil); !errors.Is(err, evidence.ErrFormat) {
		t.Errorf("%v", err)
	}
	r := built(t, "energy")
	if err := r.Write(&bytes.Buffer{}, "docx", "zh"); !errors.Is(err, ErrWrite) {
		t.Errorf("%v", err)
	}
	if err := r.Write(&bytes.Buffer{}, "pdf", "fr"); !errors.Is(err, ErrWrite) {
		t.Errorf("%v", err)
	}
	if err := r.Write(&bytes.Buffer{}, "xml", "en"); !errors.Is(err, ErrWrite) {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"format":"lingtan.report/v1","form":"energy","tables":[{"id":"a","columns":[{"id":"x"}],"rows":[{"cells":[{}],"sum":{"from":0,"to":0}}]}]}`))
	f.Add([]byte(`{"format":"lingtan.report/v1","tables":[{"columns":[{}],"rows":[{"cells":[{}],"sum":{"from":5,"to":9}}]}]}`))
	f.Add([]byte(`{"format":"lingtan.report/v1","source":{"inventory":null,"hash":"","state":""}}`))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("%PDF-1.3\n/Type /EmbeddedFile\nstream\nx"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, ok, err := Open(data)
		if !ok || err != nil {
			return
		}
		if _, err := Verify(context.Background(), r, nil); err == nil {
			t.Fatalf("a report of nothing verifies: %s", data)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
	})
}
