package report

import (
	"strconv"

	"lingtan/park"
)

// energyCoal is the letter of the standard coal on the energy sheet.
const energyCoal = "D"

var energyColumns = []column{
	{park.Name{ZH: "组织代码", EN: "Organization id"}, 16, code},
	{park.Name{ZH: "组织", EN: "Organization"}, 22, text},
	{park.Name{ZH: "能源品种", EN: "Carrier"}, 16, text},
	{park.Name{ZH: "标准煤 tce", EN: "Standard coal tce"}, 16, amount},
	{park.Name{ZH: "消费量", EN: "Amount"}, 18, amount},
	{park.Name{ZH: "单位", EN: "Unit"}, 8, code},
	{park.Name{ZH: "其中实测", EN: "Of it measured"}, 16, amount},
	{park.Name{ZH: "其中估算", EN: "Of it estimated"}, 16, amount},
	{park.Name{ZH: "其中人工修正", EN: "Of it edited"}, 16, amount},
	{park.Name{ZH: "折标系数", EN: "Coefficient"}, 44, text},
	{park.Name{ZH: "系数值", EN: "Value"}, 12, exact},
	{park.Name{ZH: "系数单位", EN: "Coefficient unit"}, 14, code},
	{park.Name{ZH: "等级", EN: "Grade"}, 18, text},
	{park.Name{ZH: "条款", EN: "Clause"}, 44, text},
}

// energy is the use of every organization and carrier in standard coal.
func (b *book) energy(s *sheet) error {
	n := len(b.Energy)
	if err := s.list(energyColumns, n); err != nil {
		return err
	}
	for i, e := range b.Energy {
		row, f := strconv.Itoa(i+2), e.Factor
		if err := s.add(body, energyColumns, e.Organization, b.named(b.organizations, e.Organization), b.named(b.carriers, e.Carrier), e.StandardCoal,
			formula{"SUM(G" + row + ":I" + row + ")", e.Amount.Total()}, e.Unit, e.Amount.Measured, e.Amount.Estimated, e.Amount.Edited,
			f.Factor, f.Value, f.Unit, b.grade(f.Grade), e.Clause); err != nil {
			return err
		}
	}
	s.skip()
	return s.add(total, energyColumns, b.lang.say("合计", "Total"), nil, nil, formula{"SUM(" + cells(energyCoal, 2, max(n, 1)+1) + ")", b.Total("").StandardCoal})
}

var consolidationColumns = []column{
	{park.Name{ZH: "来源代码", EN: "Source id"}, 20, code},
	{park.Name{ZH: "来源", EN: "Source"}, 24, text},
	{park.Name{ZH: "能源品种", EN: "Carrier"}, 16, text},
	{park.Name{ZH: "单位", EN: "Unit"}, 8, code},
	{park.Name{ZH: "供给", EN: "Given"}, 18, amount},
	{park.Name{ZH: "使用", EN: "Used"}, 18, amount},
	{park.Name{ZH: "损耗与未计量", EN: "Lost and unmetered"}, 18, amount},
	{park.Name{ZH: "外送", EN: "Exported"}, 18, amount},
	{park.Name{ZH: "储存", EN: "Stored"}, 18, amount},
	{park.Name{ZH: "差额", EN: "Difference"}, 14, tiny},
}

// consolidation shows of every source that what it gave is what became of it.
func (b *book) consolidation(s *sheet) error {
	if err := s.list(consolidationColumns, len(b.Consolidation)); err != nil {
		return err
	}
	for i, c := range b.Consolidation {
		r := strconv.Itoa(i + 2)
		if err := s.add(body, consolidationColumns, c.Source, b.named(b.nodes, c.Source), b.named(b.carriers, c.Carrier), c.Unit,
			c.Given, c.Used, c.Lost, c.Exported, c.Stored, formula{"E" + r + "-F" + r + "-G" + r + "-H" + r + "-I" + r, c.Difference}); err != nil {
			return err
		}
	}
	return nil
}

var factorColumns = []column{
	{park.Name{ZH: "因子", EN: "Factor id"}, 40, code},
	{park.Name{ZH: "版本", EN: "Version"}, 20, code},
	{park.Name{ZH: "名称", EN: "Name"}, 40, text},
	{park.Name{ZH: "数值", EN: "Value"}, 14, exact},
	{park.Name{ZH: "单位", EN: "Unit"}, 14, code},
	{park.Name{ZH: "地区", EN: "Region"}, 10, code},
	{park.Name{ZH: "有效期起", EN: "Valid from"}, 13, date},
	{park.Name{ZH: "有效期止（不含）", EN: "Valid to (exclusive)"}, 15, date},
	{park.Name{ZH: "公布日期", EN: "Published"}, 13, date},
	{park.Name{ZH: "录入日期", EN: "Recorded"}, 13, date},
	{park.Name{ZH: "等级", EN: "Grade"}, 20, text},
	{park.Name{ZH: "来源", EN: "Source"}, 60, text},
	{park.Name{ZH: "指南", EN: "Guideline"}, 16, code},
	{park.Name{ZH: "参数", EN: "Parameter"}, 18, code},
	{park.Name{ZH: "备注", EN: "Note"}, 50, text},
	{park.Name{ZH: "查询", EN: "Looked up by"}, 60, text},
}

// factors is every factor as it was found, with the query that found it.
func (b *book) factors(s *sheet) error {
	if err := s.list(factorColumns, len(b.Factors)); err != nil {
		return err
	}
	for _, x := range b.Factors {
		f := x.Factor
		if err := s.add(body, factorColumns, f.ID, f.Version, b.lang.of(park.Name(f.Name)), f.Value, f.Unit.String(), f.Region,
			civil(f.ValidFrom), civil(f.ValidTo), civil(f.PublishedAt), civil(f.RecordedAt), b.grade(f.Grade), f.Source, f.Guideline, f.Parameter, f.Note, x.Query); err != nil {
			return err
		}
	}
	return nil
}

var registerColumns = []column{
	{park.Name{ZH: "表计", EN: "Register"}, 26, code},
	{park.Name{ZH: "计量点", EN: "Point"}, 24, text},
	{park.Name{ZH: "组织", EN: "Organization"}, 22, text},
	{park.Name{ZH: "能源品种", EN: "Carrier"}, 16, text},
	{park.Name{ZH: "计量值", EN: "Amount"}, 18, amount},
	{park.Name{ZH: "单位", EN: "Unit"}, 8, code},
	{park.Name{ZH: "其中实测", EN: "Of it measured"}, 16, amount},
	{park.Name{ZH: "其中估算", EN: "Of it estimated"}, 16, amount},
	{park.Name{ZH: "其中人工修正", EN: "Of it edited"}, 16, amount},
	{park.Name{ZH: "缺失时段", EN: "Missing intervals"}, 12, count},
	{park.Name{ZH: "总时段", EN: "Intervals"}, 12, count},
	{park.Name{ZH: "读数", EN: "Readings"}, 12, count},
	{park.Name{ZH: "天数", EN: "Days"}, 8, count},
	{park.Name{ZH: "证据根", EN: "Evidence root"}, 68, code},
}

// meters is the evidence: every register's period and the root of its days. Amounts
// are not summed: a register may meter what others meter again.
func (b *book) meters(s *sheet) error {
	if err := s.list(registerColumns, len(b.Registers)); err != nil {
		return err
	}
	var readings int
	for i, r := range b.Registers {
		at, t, row := b.registers[r.Register], r.Totals, strconv.Itoa(i+2)
		readings += r.Readings
		if err := s.add(body, registerColumns, r.Register, b.lang.of(at.point), b.named(b.organizations, at.organization), b.named(b.carriers, at.carrier),
			formula{"SUM(G" + row + ":I" + row + ")", t.Total()}, r.Unit, t.Measured, t.Estimated, t.Edited, t.Missing, t.Intervals, r.Readings, r.Days, r.Root); err != nil {
			return err
		}
	}
	s.skip()
	sum := make([]any, 12)
	sum[0] = b.lang.say("读数合计", "Readings in all")
	sum[11] = formula{"SUM(" + cells("L", 2, max(len(b.Registers), 1)+1) + ")", readings}
	return s.add(total, registerColumns, sum...)
}
