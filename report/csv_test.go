package report

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lingtan/inventory/evidence"
	"lingtan/park"
)

// readCSV reads the CSV as rows by column name.
func readCSV(t *testing.T, x *evidence.Export) []map[string]string {
	t.Helper()
	var b bytes.Buffer
	if err := CSV(&b, x); err != nil {
		t.Fatal(err)
	}
	body, marked := strings.CutPrefix(b.String(), "\ufeff")
	if !marked {
		t.Error("no byte order mark")
	}
	if strings.Count(body, "\r\n") != len(x.Inventory.Entries)+1 {
		t.Errorf("%d lines end with CRLF, want %d", strings.Count(body, "\r\n"), len(x.Inventory.Entries)+1)
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll() // refuses rows of other lengths
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = r[i]
		}
		list = append(list, m)
	}
	return list
}

func TestCSVHoldsEveryEntryToTheBit(t *testing.T) {
	x := compiled(t, nil)
	rows := readCSV(t, x)
	if len(rows) != len(x.Inventory.Entries) {
		t.Fatalf("%d rows of %d entries", len(rows), len(x.Inventory.Entries))
	}
	same := func(row map[string]string, column string, want float64) {
		t.Helper()
		if got, err := strconv.ParseFloat(row[column], 64); err != nil || got != want {
			t.Errorf("entry %s: %s is %q, want %v", row["entry"], column, row[column], want)
		}
	}
	for i, e := range x.Inventory.Entries {
		r := rows[i]
		same(r, "emissions", e.Emissions)
		same(r, "data", e.Data)
		same(r, "measured", e.Activity.Amount.Measured)
		same(r, "estimated", e.Activity.Amount.Estimated)
		same(r, "edited", e.Activity.Amount.Edited)
		same(r, "scope", float64(e.Scope))
		same(r, "missing_intervals", float64(e.Activity.Amount.Missing))
		if r["entry"] != e.ID || r["organization"] != e.Activity.Organization || r["basis"] != string(e.Basis) || r["expression"] != e.Expression || r["instrument"] != e.Instrument {
			t.Errorf("row %d says %v", i+1, r)
		}
		lists := strings.Split(r["factors"], ";")
		if len(e.Factors) > 0 && (len(lists) != len(e.Factors) || lists[0] != e.Factors[0].Factor || len(strings.Split(r["factor_years"], ";")) != len(e.Factors)) {
			t.Errorf("entry %s: factors %q, years %q", e.ID, r["factors"], r["factor_years"])
		}
	}
}

func TestCSVTextIsNoFormula(t *testing.T) {
	x := compiled(t, func(d *park.Document) {
		d.Organizations[1].Name = park.Name{ZH: `=HYPERLINK("http://x","y")`, EN: "@SUM(1)"}
		d.Organizations[2].Name = park.Name{ZH: "-1+2", EN: "+cmd"}
	})
	for _, r := range readCSV(t, x) {
		switch r["organization"] {
		case "mill":
			if r["organization_zh"] != `'=HYPERLINK("http://x","y")` || r["organization_en"] != "'@SUM(1)" {
				t.Errorf("%q, %q", r["organization_zh"], r["organization_en"])
			}
		case "bakery":
			if r["organization_zh"] != "'-1+2" || r["organization_en"] != "'+cmd" {
				t.Errorf("%q, %q", r["organization_zh"], r["organization_en"])
			}
		}
	}
}

func TestInert(t *testing.T) {
	is := func(s, want string) {
		t.Helper()
		if got := inert(s); got != want {
			t.Errorf("inert(%q) = %q, want %q", s, got, want)
		}
	}
	is("", "")
	is("mill", "mill")
	is("a=b", "a=b")
	is("\t=1", "'\t=1")
	is("\r=1", "'\r=1")
	is("＝1", "'＝1")
	is("'=1", "'=1")
	rapid.Check(t, func(r *rapid.T) {
		s := rapid.String().Draw(r, "text")
		got := inert(s)
		if got != s && got != "'"+s {
			r.Fatalf("inert(%q) = %q", s, got)
		}
		if got != "" && strings.ContainsRune("=+-@\t\r", rune(got[0])) {
			r.Fatalf("inert(%q) = %q may run", s, got)
		}
	})
}
