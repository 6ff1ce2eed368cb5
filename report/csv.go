package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"lingtan/accounting"
	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/park"
)

// csvHeader are the columns of CSV; docs/formats/inventory.md explains them.
var csvHeader = []string{
	"inventory", "revision", "park", "period", "entry",
	"organization", "organization_zh", "organization_en",
	"scope", "basis", "rule", "clause", "place", "node", "source", "activity", "carrier",
	"data", "data_unit", "measured", "estimated", "edited", "amount_unit", "intervals", "missing_intervals",
	"formula", "expression",
	"factor_roles", "factors", "factor_values", "factor_units", "factor_regions", "factor_years", "factor_grades",
	"instrument", "emissions", "emissions_unit", "registers",
}

// CSV writes one row an entry by RFC 4180: UTF-8 with a byte order mark, commas,
// CRLF, a header row, numbers with all their digits and a decimal point. Lists
// within a cell are separated by semicolons. A text that a spreadsheet would take
// for a formula is written with an apostrophe before it. Errors: evidence.ErrFormat
// when x is no inventory, or what w gives.
func CSV(w io.Writer, x *evidence.Export) error {
	if err := whole(x); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	names := map[string]park.Name{}
	for _, o := range x.Inventory.Structure.Organizations {
		names[o.ID] = o.Name
	}
	for _, e := range x.Inventory.Entries {
		if err := out.Write(csvRow(x.Inventory, e, names[e.Activity.Organization])); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func csvRow(v *inventory.Inventory, e accounting.Entry, name park.Name) []string {
	a := e.Activity
	var roles, refs, values, units, regions, years, grades []string
	for _, f := range e.Factors {
		roles, refs, values = append(roles, f.Role), append(refs, f.Factor), append(values, number(f.Value))
		units, regions = append(units, f.Unit), append(regions, f.Region)
		year := ""
		if f.DataYear != 0 {
			year = strconv.Itoa(f.DataYear)
		}
		years, grades = append(years, year), append(grades, string(f.Grade))
	}
	list := func(s []string) string { return inert(strings.Join(s, ";")) }
	return []string{
		inert(v.ID), strconv.Itoa(v.Revision), inert(v.Structure.Park.ID), inert(v.Period.Text), inert(e.ID),
		inert(a.Organization), inert(name.ZH), inert(name.EN),
		strconv.Itoa(e.Scope), inert(string(e.Basis)), inert(e.Rule), inert(e.Clause), inert(string(a.Place)), inert(a.Node), inert(a.Source), inert(a.Kind), inert(a.Carrier),
		number(e.Data), inert(e.DataUnit), number(a.Amount.Measured), number(a.Amount.Estimated), number(a.Amount.Edited), inert(a.Unit),
		strconv.Itoa(a.Amount.Intervals), strconv.Itoa(a.Amount.Missing),
		inert(string(e.Formula)), inert(e.Expression),
		list(roles), list(refs), strings.Join(values, ";"), list(units), list(regions), strings.Join(years, ";"), list(grades),
		inert(e.Instrument), number(e.Emissions), inert(e.Unit), list(a.Registers),
	}
}

// inert is s with an apostrophe before it where a spreadsheet would run it as a
// formula (OWASP, CSV Injection): = + - @, their full-width forms, tab, return, line feed.
func inert(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune("=+-@＝＋－＠\t\r\n", first) {
		return "'" + s
	}
	return s
}
