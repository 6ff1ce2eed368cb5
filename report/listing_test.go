package report

import (
	"bytes"
	"encoding/csv"
	"math"
	"testing"

	"github.com/xuri/excelize/v2"

	"lingtan/park"
)

func sampleListing() *Listing {
	value, measured := math.Nextafter(0.3, 1), 0.5
	return &Listing{Park: "p", Period: "2023", Basis: "market", Table: "carbon", Inventory: "i", Notice: "demo", Figures: []Figure{
		{Item: "grid", Name: park.Name{ZH: "=1+1", EN: "Grid"}, Quantity: "emissions", From: "2023-01-01T00:00:00+08:00", Step: 86400, Value: &value, Unit: "tCO2",
			Quality: "estimated", Measured: &measured, Factors: []string{"f@1", "g@2"}, Entries: []string{"e1", "e2"}},
		{Item: "pv", Quantity: "emissions", Unit: "tCO2", Quality: "missing"},
	}}
}

func TestListingKeepsDigitsGapsAndNotice(t *testing.T) {
	var out bytes.Buffer
	if err := ListingCSV(&out, sampleListing()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(out.Bytes(), []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) != 3 || len(rows[0]) != len(listingHeader) {
		t.Fatalf("%v %v", rows, err)
	}
	full, gap := rows[1], rows[2]
	if full[10] != "0.30000000000000004" || full[5] != "'=1+1" || full[14] != "f@1;g@2" || full[16] != "e1;e2" {
		t.Errorf("row of a figure: %q", full)
	}
	if gap[10] != "" || gap[9] != "" || gap[17] != "demo" {
		t.Errorf("row of a gap: %q", gap)
	}
}

func TestListingWorkbookIsSteadyAndTyped(t *testing.T) {
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := ListingWorkbook(out, sampleListing()); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same listing gave other bytes")
	}
	file, err := excelize.OpenReader(&first)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for cell, want := range map[string]excelize.CellType{"K2": excelize.CellTypeUnset, "F2": excelize.CellTypeInlineString} {
		if got, err := file.GetCellType("figures", cell); err != nil || got != want {
			t.Errorf("%s is of type %v, want %v (%v)", cell, got, want, err)
		}
	}
	if formula, err := file.GetCellFormula("figures", "F2"); err != nil || formula != "" {
		t.Errorf("a text became the formula %q (%v)", formula, err)
	}
	if got, err := file.GetCellValue("figures", "K3"); err != nil || got != "" {
		t.Errorf("a gap is %q (%v)", got, err)
	}
}
