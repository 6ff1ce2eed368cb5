package report

import (
	"fmt"
	"io"
	"strconv"

	"lingtan/accounting"
	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/method"
)

// Text writes the inventory as tables for a terminal, without colour, in a language
// (zh, en or both). Errors: ErrLanguage, evidence.ErrFormat, or what w gives.
func Text(w io.Writer, x *evidence.Export, lang string) error {
	l, err := parseLanguage(lang)
	if err != nil {
		return err
	}
	d, err := open(x, l)
	if err != nil {
		return err
	}
	p := &page{}
	d.textHead(p)
	d.textTotals(p)
	d.textRules(p)
	d.textFactors(p)
	d.textEnergy(p)
	d.textQuality(p)
	d.textConsolidation(p)
	d.textNotes(p)
	_, err = io.WriteString(w, p.String())
	return err
}

func (d *document) textHead(p *page) {
	l, doc := d.lang, d.Structure
	p.line(l.of(doc.Park.Name) + " (" + doc.Park.ID + ")  " + d.Period.Text)
	p.pairs([][2]string{
		{l.say("清单", "Inventory"), d.ID},
		{l.say("期间", "Period"), d.Period.First + " – " + d.Period.Last},
		{l.say("版次", "Revision"), strconv.Itoa(d.Revision)},
		{l.say("状态", "State"), d.term(d.export.State)},
		{l.say("关账", "Closed"), d.closed()},
		{l.say("数据截至", "As known at"), d.moment(d.AsKnownAt)},
		{l.say("核算方法", "Method"), d.Method.Ref()},
		{"GWP", doc.Park.GWP},
		{l.say("内容哈希", "Content hash"), d.export.Hash},
		{l.say("证据根", "Evidence root"), d.Root},
	}...)
	if len(doc.Assembly) == 0 {
		return
	}
	p.heading(l.of(assembled))
	t := columns(l.say("数据集", "Data set"), l.say("许可", "Licence"), ">"+l.say("倍数", "Scale"), l.say("时间处理", "Time shift"))
	for _, a := range doc.Assembly {
		scale := ""
		if a.Scale != 0 && a.Scale != 1 {
			scale = number(a.Scale)
		}
		t.add(a.Dataset, a.Licence, scale, l.of(a.Shift))
	}
	t.write(p)
}

// closed is when and by whom the inventory was closed.
func (d *document) closed() string {
	if d.export.ClosedAt == 0 {
		return d.export.ClosedBy
	}
	return d.moment(d.export.ClosedAt) + "  " + d.export.ClosedBy
}

func (d *document) textTotals(p *page) {
	l := d.lang
	p.heading(l.say("按组织合计（tCO2）", "Totals by organization (tCO2)"))
	t := columns(l.say("组织", "Organization"), ">"+l.say("范围一", "Scope 1"), ">"+l.say("范围二·位置", "Scope 2 location"), ">"+l.say("范围二·市场", "Scope 2 market"),
		">"+l.say("合计·位置", "Total location"), ">"+l.say("合计·市场", "Total market"), ">tce", ">"+l.say("实测", "Measured"), ">"+l.say("缺失时段", "Missing"))
	row := func(name string, x inventory.Total) {
		t.add(name, grouped(x.Scope1, 3), grouped(x.Scope2Location, 3), grouped(x.Scope2Market, 3), grouped(x.Scope1+x.Scope2Location, 3),
			grouped(x.Scope1+x.Scope2Market, 3), grouped(x.StandardCoal, 3), percent(x.MeasuredShare), strconv.Itoa(x.Missing))
	}
	for _, x := range d.members() {
		row(d.named(d.organizations, x.Organization), x)
	}
	row(l.say("全园区", "Park"), d.Total(""))
	t.write(p)
}

// ruleSum is what the entries of one rule come to.
type ruleSum struct {
	entry     accounting.Entry // the first of them
	data      float64
	emissions float64
}

// byRule sums entries by rule, basis and instrument, in the order they stand.
func (d *document) byRule() []*ruleSum {
	var list []*ruleSum
	found := map[string]*ruleSum{}
	for _, e := range d.Entries {
		k := fmt.Sprint(e.Scope, "|", e.Basis, "|", e.Rule, "|", e.Instrument, "|", e.DataUnit)
		s := found[k]
		if s == nil {
			s = &ruleSum{entry: e}
			found[k] = s
			list = append(list, s)
		}
		s.data += e.Data
		s.emissions += e.Emissions
	}
	return list
}

func (d *document) textRules(p *page) {
	l := d.lang
	p.heading(l.say("按范围与口径", "By scope and basis"))
	t := columns(l.say("范围", "Scope"), l.say("口径", "Basis"), l.say("规则", "Rule"), l.say("合同工具", "Instrument"),
		">"+l.say("活动数据", "Activity data"), l.say("单位", "Unit"), ">tCO2", l.say("条款", "Clause"))
	for _, s := range d.byRule() {
		e := s.entry
		t.add(strconv.Itoa(e.Scope), d.basis(e.Basis), e.Rule, e.Instrument, grouped(s.data, 3), e.DataUnit, grouped(s.emissions, 3), e.Clause)
	}
	t.write(p)
}

func (d *document) basis(b method.Basis) string { return d.term(string(b)) }

func (d *document) textFactors(p *page) {
	l := d.lang
	p.heading(l.say("采用的因子", "Factors used"))
	t := columns(l.say("因子", "Factor"), l.say("用途", "Role"), ">"+l.say("数值", "Value"), l.say("单位", "Unit"), l.say("地区", "Region"), l.say("数据年份", "Data year"), l.say("等级", "Grade"), l.say("名称", "Name"))
	for _, f := range d.applied() {
		year := "–"
		if f.DataYear != 0 {
			year = strconv.Itoa(f.DataYear)
		}
		t.add(f.Factor, f.Role, number(f.Value), f.Unit, f.Region, year, d.grade(f.Grade), d.factorName(f))
	}
	t.write(p)
}

// applied are the factors of entries and of energy, each once in its role, as they first stand.
func (d *document) applied() []accounting.Applied {
	var list []accounting.Applied
	seen := map[string]bool{}
	take := func(f accounting.Applied) {
		if k := f.Factor + " " + f.Role; !seen[k] {
			seen[k] = true
			list = append(list, f)
		}
	}
	for _, e := range d.Entries {
		for _, f := range e.Factors {
			take(f)
		}
	}
	for _, e := range d.Energy {
		take(e.Factor)
	}
	return list
}

func (d *document) textEnergy(p *page) {
	l := d.lang
	p.heading(l.say("能源消费", "Energy"))
	t := columns(l.say("组织", "Organization"), l.say("能源品种", "Carrier"), ">"+l.say("用量", "Amount"), l.say("单位", "Unit"), ">tce")
	for _, e := range d.Energy {
		t.add(d.named(d.organizations, e.Organization), d.named(d.carriers, e.Carrier), grouped(e.Amount.Total(), 3), e.Unit, grouped(e.StandardCoal, 3))
	}
	t.write(p)
}

func (d *document) textQuality(p *page) {
	l, t := d.lang, d.Total("")
	p.heading(l.say("数据质量（按位置法排放加权）", "Data quality (weighted by location-based emissions)"))
	p.line("  " + l.say("实测", "measured") + " " + percent(t.MeasuredShare) + "  " + l.say("估算", "estimated") + " " + percent(t.EstimatedShare) +
		"  " + l.say("人工修正", "edited") + " " + percent(t.EditedShare) + "  " + l.say("缺失时段", "missing intervals") + " " + fmt.Sprintf("%d / %d", t.Missing, t.Intervals))
}

func (d *document) textConsolidation(p *page) {
	l := d.lang
	p.heading(l.say("合并平衡：来源供给 = 使用 + 损耗 + 外送 + 储存", "Consolidation: given = used + lost + exported + stored"))
	t := columns(l.say("来源", "Source"), ">"+l.say("供给", "Given"), ">"+l.say("使用", "Used"), ">"+l.say("损耗", "Lost"), ">"+l.say("外送", "Exported"),
		">"+l.say("储存", "Stored"), l.say("单位", "Unit"), ">"+l.say("差额", "Difference"))
	for _, c := range d.Consolidation {
		t.add(d.named(d.nodes, c.Source), grouped(c.Given, 3), grouped(c.Used, 3), grouped(c.Lost, 3), grouped(c.Exported, 3), grouped(c.Stored, 3), c.Unit,
			strconv.FormatFloat(c.Difference, 'e', 1, 64))
	}
	t.write(p)
}

func (d *document) textNotes(p *page) {
	if len(d.Notes) == 0 {
		return
	}
	p.heading(d.lang.say("说明", "Notes"))
	for _, n := range d.Notes {
		p.line("  · " + d.lang.of(n))
	}
}
