package report

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lingtan/park"
)

func TestText(t *testing.T) {
	x := compiled(t, nil)
	v := x.Inventory
	all := v.Total("")
	written := func(lang string, parts ...string) {
		t.Helper()
		var b bytes.Buffer
		if err := Text(&b, x, lang); err != nil {
			t.Fatal(err)
		}
		contains(t, b.String(), v.ID, v.Root, x.Hash, "CC BY 4.0", grouped(all.Scope1, 3), grouped(all.Scope2Location, 3), grouped(all.Scope2Market, 3),
			grouped(all.StandardCoal, 3), percent(all.MeasuredShare), "gec-7", strconv.Itoa(all.Missing)+" / "+strconv.Itoa(all.Intervals))
		contains(t, b.String(), parts...)
		for _, s := range v.Factors {
			contains(t, b.String(), s.Factor.Ref(), number(s.Factor.Value))
		}
		if strings.Contains(b.String(), "\x1b") {
			t.Error("the text is coloured")
		}
	}
	written("zh", "真实读数，组合园区", "已关账", "面粉厂", "位置法", "A 已核实", "2023", v.Notes[0].ZH)
	written("en", "Real readings, assembled park", "closed", "Flour mill", "location", "A confirmed", "2023", v.Notes[0].EN)
	written("both", "面粉厂 Flour mill", "范围一 Scope 1")
	var b bytes.Buffer
	if err := Text(&b, x, "en"); err != nil {
		t.Fatal(err)
	}
	for _, total := range v.Totals {
		name := map[string]string{"": "Park", "bakery": "Bakery", "mill": "Flour mill", "operator": "Park operator"}[total.Organization]
		want := strings.Fields(name + " " + strings.Join([]string{grouped(total.Scope1, 3), grouped(total.Scope2Location, 3), grouped(total.Scope2Market, 3),
			grouped(total.Scope1+total.Scope2Location, 3), grouped(total.Scope1+total.Scope2Market, 3), grouped(total.StandardCoal, 3),
			percent(total.MeasuredShare), strconv.Itoa(total.Missing)}, " "))
		var rows []string
		for _, l := range strings.Split(b.String(), "\n") {
			rows = append(rows, strings.Join(strings.Fields(l), " "))
		}
		if !slices.Contains(rows, strings.Join(want, " ")) {
			t.Errorf("no row %v in:\n%s", want, b.String())
		}
	}
}

// A name from a park file cannot drive the terminal.
func TestTextHoldsNoControls(t *testing.T) {
	x := compiled(t, func(d *park.Document) { d.Organizations[1].Name.ZH = "磨\x1b[2J坊\n" })
	for what, form := range map[string]func(*bytes.Buffer) error{
		"text":    func(b *bytes.Buffer) error { return Text(b, x, "zh") },
		"summary": func(b *bytes.Buffer) error { return TextSummary(b, Summarize(x), "zh") },
	} {
		var b bytes.Buffer
		if err := form(&b); err != nil {
			t.Fatal(err)
		}
		contains(t, b.String(), "磨 [2J坊")
		if strings.ContainsAny(b.String(), "\x1b\a\x00\r") {
			t.Errorf("the %s holds control characters", what)
		}
	}
}

func TestSpan(t *testing.T) {
	is := func(s string, want int) {
		t.Helper()
		if got := span(s); got != want {
			t.Errorf("%q takes %d columns, want %d", s, got, want)
		}
	}
	is("", 0)
	is("kWh", 3)
	is("零碳", 4)
	is("（位置）", 8)
	is("10 kV 母线", 10)
	is("e\u0301", 1)
	is("ｶﾅ", 2)
}

// Every row of a table has its cells at the same columns of the terminal.
func TestTableIsAligned(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab1 -，零碳（ é")), 0, 12, -1)
		tb := columns("组织 o", ">t", "z")
		n := rapid.IntRange(0, 6).Draw(r, "rows")
		for range n {
			tb.add(text.Draw(r, "a"), text.Draw(r, "b"), "|")
		}
		var p page
		tb.write(&p)
		lines := strings.Split(strings.TrimSuffix(p.String(), "\n"), "\n")
		if len(lines) != n+1 {
			r.Fatalf("%d lines of %d rows", len(lines), n+1)
		}
		at := span(strings.TrimSuffix(lines[0], "z"))
		for _, l := range lines[1:] {
			if span(strings.TrimSuffix(l, "|")) != at {
				r.Fatalf("the last column wanders:\n%s", p.String())
			}
		}
	})
}

func TestGrouped(t *testing.T) {
	is := func(v float64, digits int, want string) {
		t.Helper()
		if got := grouped(v, digits); got != want {
			t.Errorf("grouped(%v, %d) = %q, want %q", v, digits, got, want)
		}
	}
	is(0, 3, "0.000")
	is(-0.0001, 3, "0.000")
	is(999.9996, 3, "1,000.000")
	is(-1234567.5, 1, "-1,234,567.5")
	is(123456, 0, "123,456")
	is(1e15, 2, "1,000,000,000,000,000.00")
	is(math.Inf(1), 2, "+Inf")
	rapid.Check(t, func(r *rapid.T) {
		v := rapid.Float64Range(-1e12, 1e12).Draw(r, "v")
		got, err := strconv.ParseFloat(strings.ReplaceAll(grouped(v, 3), ",", ""), 64)
		if err != nil || math.Abs(got-v) > 5.1e-4 {
			r.Fatalf("grouped(%v) = %q", v, grouped(v, 3))
		}
	})
}
