package report

import (
	"strconv"
	"strings"

	"lingtan/accounting"
	"lingtan/method"
	"lingtan/park"
)

// The letters of the entries sheet that sums refer to.
const (
	entryOrganization = "B"
	entryScope        = "D"
	entryBasis        = "E"
	entryEmissions    = "F"
)

var entryColumns = []column{
	{park.Name{ZH: "条目编号", EN: "Entry"}, 20, code},
	{park.Name{ZH: "组织代码", EN: "Organization id"}, 16, code},
	{park.Name{ZH: "组织", EN: "Organization"}, 22, text},
	{park.Name{ZH: "范围", EN: "Scope"}, 8, count},
	{park.Name{ZH: "口径", EN: "Basis"}, 17, code},
	{park.Name{ZH: "排放量 tCO2", EN: "Emissions tCO2"}, 16, amount},
	{park.Name{ZH: "规则", EN: "Rule"}, 24, code},
	{park.Name{ZH: "条款", EN: "Clause"}, 36, text},
	{park.Name{ZH: "性质", EN: "Place"}, 18, text},
	{park.Name{ZH: "节点", EN: "Node"}, 24, text},
	{park.Name{ZH: "来源", EN: "Source"}, 24, text},
	{park.Name{ZH: "能源品种", EN: "Carrier"}, 16, text},
	{park.Name{ZH: "活动数据", EN: "Activity data"}, 16, amount},
	{park.Name{ZH: "单位", EN: "Unit"}, 8, code},
	{park.Name{ZH: "其中实测", EN: "Of it measured"}, 16, amount},
	{park.Name{ZH: "其中估算", EN: "Of it estimated"}, 16, amount},
	{park.Name{ZH: "其中人工修正", EN: "Of it edited"}, 16, amount},
	{park.Name{ZH: "计量单位", EN: "Metered unit"}, 10, code},
	{park.Name{ZH: "缺失时段", EN: "Missing intervals"}, 12, count},
	{park.Name{ZH: "总时段", EN: "Intervals"}, 12, count},
	{park.Name{ZH: "算式", EN: "Formula"}, 44, text},
	{park.Name{ZH: "因子", EN: "Factors"}, 60, text},
	{park.Name{ZH: "待核实因子", EN: "Factors to confirm"}, 14, text},
	{park.Name{ZH: "合同工具", EN: "Instrument"}, 16, code},
	{park.Name{ZH: "表计", EN: "Registers"}, 28, text},
}

// entries is one row an entry and, below, the sums by scope and basis.
func (b *book) entries(s *sheet) error {
	n := len(b.Entries)
	if err := s.list(entryColumns, n); err != nil {
		return err
	}
	for _, e := range b.Entries {
		if err := s.add(body, entryColumns, b.entry(e)...); err != nil {
			return err
		}
	}
	s.skip()
	t := b.Total("")
	for _, x := range []struct {
		name  park.Name
		sum   string
		value float64
	}{
		{park.Name{ZH: "范围一合计", EN: "Scope 1"}, b.sumEntries("", 1, method.Both), t.Scope1},
		{park.Name{ZH: "范围二合计（位置法）", EN: "Scope 2, location-based"}, b.sumEntries("", 2, method.Location), t.Scope2Location},
		{park.Name{ZH: "范围二合计（市场法）", EN: "Scope 2, market-based"}, b.sumEntries("", 2, method.Market), t.Scope2Market},
	} {
		row := make([]any, 6)
		row[0], row[5] = b.lang.of(x.name), formula{x.sum, x.value}
		if err := s.add(total, entryColumns, row...); err != nil {
			return err
		}
	}
	return nil
}

func (b *book) entry(e accounting.Entry) []any {
	a := e.Activity
	var factors, unsure []string
	for _, f := range e.Factors {
		factors = append(factors, b.factorLine(f))
		if !f.Grade.Confirmed() {
			unsure = append(unsure, b.lang.of(park.Name(f.Grade.Label()))+": "+f.Role)
		}
	}
	return []any{e.ID, a.Organization, b.named(b.organizations, a.Organization), e.Scope, b.term(string(e.Basis)), e.Emissions,
		e.Rule, e.Clause, b.term(string(a.Place)), b.named(b.nodes, a.Node), b.named(b.nodes, a.Source), b.named(b.carriers, a.Carrier),
		e.Data, e.DataUnit, a.Amount.Measured, a.Amount.Estimated, a.Amount.Edited, a.Unit, a.Amount.Missing, a.Amount.Intervals,
		e.Expression, strings.Join(factors, "\n"), strings.Join(unsure, "\n"), e.Instrument, strings.Join(a.Registers, "\n")}
}

// sumEntries is the formula that sums emissions of a scope, of a basis together
// with what counts on both, and of the organization that cell names (empty: all).
// It stands on any sheet.
func (b *book) sumEntries(cell string, scope int, basis method.Basis) string {
	last := max(len(b.Entries), 1) + 1
	of := func(column string) string { return b.on(entriesSheet, cells(column, 2, last)) }
	sum := func(basis method.Basis) string {
		f := "SUMIFS(" + of(entryEmissions)
		if cell != "" {
			f += "," + of(entryOrganization) + "," + cell
		}
		f += "," + of(entryScope) + "," + strconv.Itoa(scope)
		if scope != 1 {
			f += "," + of(entryBasis) + `,"` + b.term(string(basis)) + `"`
		}
		return f + ")"
	}
	if scope == 1 {
		return sum(method.Both)
	}
	return sum(basis) + "+" + sum(method.Both)
}
