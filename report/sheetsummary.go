package report

import (
	"strconv"

	"lingtan/inventory"
	"lingtan/method"
	"lingtan/park"
)

// summaryColumns are the columns of the totals, which give the sheet its widths.
var summaryColumns = []column{
	{park.Name{ZH: "组织代码", EN: "Organization id"}, 24, code},
	{park.Name{ZH: "组织", EN: "Organization"}, 26, text},
	{park.Name{ZH: "范围一 tCO2", EN: "Scope 1 tCO2"}, 17, amount},
	{park.Name{ZH: "范围二（位置法）tCO2", EN: "Scope 2 location tCO2"}, 19, amount},
	{park.Name{ZH: "范围二（市场法）tCO2", EN: "Scope 2 market tCO2"}, 19, amount},
	{park.Name{ZH: "合计（位置法）tCO2", EN: "Total location tCO2"}, 19, amount},
	{park.Name{ZH: "合计（市场法）tCO2", EN: "Total market tCO2"}, 19, amount},
	{park.Name{ZH: "标准煤 tce", EN: "Standard coal tce"}, 16, amount},
	{park.Name{ZH: "实测占比", EN: "Measured"}, 12, share},
	{park.Name{ZH: "估算占比", EN: "Estimated"}, 12, share},
	{park.Name{ZH: "人工修正占比", EN: "Edited"}, 12, share},
	{park.Name{ZH: "缺失时段", EN: "Missing intervals"}, 12, count},
	{park.Name{ZH: "总时段", EN: "Intervals"}, 12, count},
}

// wide is a row of one text that runs over the cells beside it.
var wide = []column{{kind: code}}

// summary is the sheet that a reader opens first.
func (b *book) summary(s *sheet) error {
	for i, c := range summaryColumns {
		if err := s.w.SetColWidth(i+1, i+1, c.width); err != nil {
			return err
		}
	}
	for _, part := range []func(*sheet) error{b.head, b.assembly, b.totals, b.notes} {
		if err := part(s); err != nil {
			return err
		}
		s.skip()
	}
	return nil
}

// head is what the inventory is of and hangs on.
func (b *book) head(s *sheet) error {
	l, doc := b.lang, b.Structure
	if err := s.add(title, wide, l.of(doc.Park.Name)+"  "+b.Period.Text+"  "+l.say("温室气体清单", "greenhouse-gas inventory")); err != nil {
		return err
	}
	if len(doc.Assembly) > 0 {
		if err := s.add(notice, wide, l.of(assembled)); err != nil {
			return err
		}
	}
	pair := []column{{kind: text}, {kind: code}}
	for _, row := range [][2]string{
		{l.say("园区", "Park"), l.of(doc.Park.Name) + " (" + doc.Park.ID + ")"},
		{l.say("地区", "Region"), doc.Park.Region},
		{l.say("期间", "Period"), b.Period.Text + " (" + b.Period.First + " – " + b.Period.Last + ")"},
		{l.say("清单编号", "Inventory"), b.ID},
		{l.say("版次", "Revision"), strconv.Itoa(b.Revision)},
		{l.say("状态", "State"), b.term(b.export.State)},
		{l.say("关账人", "Closed by"), b.export.ClosedBy},
		{l.say("关账时间", "Closed at"), b.moment(b.export.ClosedAt)},
		{l.say("数据截至", "As known at"), b.moment(b.AsKnownAt)},
		{l.say("核算方法", "Method"), b.Method.Ref() + "  " + l.of(park.Name(b.Method.Name)) + "  #" + b.Method.Hash},
		{l.say("方法依据", "Method rests on"), b.Method.Citation},
		{"GWP", doc.Park.GWP},
		{l.say("内容哈希 SHA-256", "Content hash SHA-256"), b.export.Hash},
		{l.say("证据根", "Evidence root"), b.Root},
	} {
		if row[1] == "" {
			continue
		}
		if err := s.add(body, pair, row[0], row[1]); err != nil {
			return err
		}
	}
	return nil
}

// assembly says of an assembled park where each of its data sets is from.
func (b *book) assembly(s *sheet) error {
	list := b.Structure.Assembly
	if len(list) == 0 {
		return nil
	}
	l := b.lang
	if n := b.Structure.Park.Note; n != nil {
		if err := s.add(body, wide, l.of(*n)); err != nil {
			return err
		}
	}
	columns := []column{{park.Name{ZH: "数据集", EN: "Data set"}, 0, code}, {park.Name{ZH: "许可", EN: "Licence"}, 0, code}, {park.Name{ZH: "倍数", EN: "Scale"}, 0, exact},
		{park.Name{ZH: "来源；时间处理；缩放原因", EN: "Source; time shift; why scaled"}, 0, code}}
	if err := s.heads(columns); err != nil {
		return err
	}
	for _, a := range list {
		scale := a.Scale
		if scale == 0 {
			scale = 1
		}
		said := a.Source + "; " + l.of(a.Shift)
		if a.Why != nil {
			said += "; " + l.of(*a.Why)
		}
		if err := s.add(body, columns, a.Dataset, a.Licence, scale, said); err != nil {
			return err
		}
	}
	return nil
}

// totals are the sums by organization, as formulas over the other sheets, and the
// park's over those.
func (b *book) totals(s *sheet) error {
	if err := s.heads(summaryColumns); err != nil {
		return err
	}
	first := s.row + 1
	for _, t := range b.members() {
		cell := "$A" + strconv.Itoa(s.row+1)
		energy := func(column string) string { return b.on(energySheet, cells(column, 2, max(len(b.Energy), 1)+1)) }
		coal := "SUMIFS(" + energy(energyCoal) + "," + energy("A") + "," + cell + ")"
		sums := [4]string{b.sumEntries(cell, 1, method.Both), b.sumEntries(cell, 2, method.Location), b.sumEntries(cell, 2, method.Market), coal}
		if err := b.total(s, body, t, t.Organization, b.named(b.organizations, t.Organization), sums); err != nil {
			return err
		}
	}
	of := func(column string) string {
		return "SUM(" + cells(column, first, max(s.row, first)) + ")"
	}
	if s.row < first {
		of = func(string) string { return "0" }
	}
	return b.total(s, total, b.Total(""), b.lang.say("合计", "Total"), b.lang.say("全园区", "Park"), [4]string{of("C"), of("D"), of("E"), of("H")})
}

// total is one row of them: sums are the formulas of scope 1, of scope 2 on both
// bases and of standard coal.
func (b *book) total(s *sheet, r role, t inventory.Total, id, name string, sums [4]string) error {
	row := strconv.Itoa(s.row + 1)
	return s.add(r, summaryColumns, id, name, formula{sums[0], t.Scope1}, formula{sums[1], t.Scope2Location}, formula{sums[2], t.Scope2Market},
		formula{"C" + row + "+D" + row, t.Scope1 + t.Scope2Location}, formula{"C" + row + "+E" + row, t.Scope1 + t.Scope2Market},
		formula{sums[3], t.StandardCoal}, t.MeasuredShare, t.EstimatedShare, t.EditedShare, t.Missing, t.Intervals)
}

// notes are what a reader must know.
func (b *book) notes(s *sheet) error {
	for i, n := range b.Notes {
		if i == 0 {
			if err := s.add(title, wide, b.lang.say("说明", "Notes")); err != nil {
				return err
			}
		}
		if err := s.add(body, wide, b.lang.of(n)); err != nil {
			return err
		}
	}
	return nil
}
