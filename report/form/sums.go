package form

import (
	"fmt"

	"lingtan/accounting"
	"lingtan/inventory"
	"lingtan/method"
	"lingtan/park"
)

// byCategory sums emissions by category and gas; the sum is the park's total.
func (d *draft) byCategory() {
	t := table("emissions", "排放量汇总", "Emissions", words("category", "类别", "Category"), figure("scope", "范围", "Scope", "", 0), code("gas", "气体", "Gas"), summed("emissions", "排放量", "Emissions", "tCO2e", 3), figure("share", "占比", "Share", "%", 1))
	list := d.where(counted)
	all := emissions(list)
	for _, g := range grouped(list, func(e accounting.Entry) string { return fmt.Sprint(e.Scope, category(e), gas(e)) }) {
		e, sum := g.entries[0], emissions(g.entries)
		t.row(ids(g.entries), categories[category(e)], e.Scope, gas(e), sum, portion(sum, all))
	}
	t.sum(0, "合计", "Total")
	d.end(t)
}

// portion is part of whole in percent; nil where there is no whole.
func portion(part, whole float64) any {
	if whole == 0 {
		return nil
	}
	return 100 * part / whole
}

// of are the entries of an organization; "" is all.
func of(list []accounting.Entry, organization string) []accounting.Entry {
	if organization == "" {
		return list
	}
	var out []accounting.Entry
	for _, e := range list {
		if e.Activity.Organization == organization {
			out = append(out, e)
		}
	}
	return out
}

// reported are the organizations that the inventory has totals of.
func (d *draft) reported() []inventory.Total {
	var list []inventory.Total
	for _, t := range d.export.Inventory.Totals {
		if t.Organization != "" {
			list = append(list, t)
		}
	}
	return list
}

// byOrganization are the emissions of each organization on both bases.
func (d *draft) byOrganization() {
	t := table("members", "各组织排放量", "Emissions by organization", words("organization", "组织", "Organization"), summed("scope1", "范围一", "Scope 1", "tCO2e", 3), summed("scope2l", "范围二（位置法）", "Scope 2 location", "tCO2e", 3),
		summed("scope2m", "范围二（市场法）", "Scope 2 market", "tCO2e", 3), summed("scope3", "范围三", "Scope 3", "tCO2e", 3), summed("total", "合计（位置法，范围一、二）", "Total (location, scopes 1, 2)", "tCO2e", 3))
	list := d.where(func(e accounting.Entry) bool { return e.Apart == "" })
	for _, o := range d.reported() {
		mine := of(list, o.Organization)
		if len(mine) == 0 {
			continue // nothing was accounted to it
		}
		t.row(ids(mine), named(d.organizations, o.Organization), known(mine, 1, o.Scope1), known(mine, 2, o.Scope2Location), known(mine, 2, o.Scope2Market), known(mine, 3, o.Scope3), o.Scope1+o.Scope2Location)
	}
	t.sum(0, "合计", "Total")
	d.end(t)
}

// known is the emission of a scope where entries are of it; else nil: what nobody
// accounted is not 0.
func known(list []accounting.Entry, scope int, v float64) any {
	for _, e := range list {
		if e.Scope == scope {
			return v
		}
	}
	return nil
}

// purchased is the energy that was bought and sold, with what it brought.
func (d *draft) purchased() {
	t := table("purchased", "购入与输出的电力、热力", "Purchased and exported electricity and heat", words("category", "类别", "Category"), words("source", "来源", "Source"), words("carrier", "能源品种", "Carrier"),
		summed("data", "数量", "Amount", "", 3), code("unit", "单位", "Unit"), code("factor", "因子", "Factor"), summed("emissions", "排放量", "Emissions", "tCO2e", 3))
	list := d.where(func(e accounting.Entry) bool {
		c := category(e)
		return e.Basis != method.Market && (c == "purchased_power" || c == "purchased_heat" || c == "exported_power" || c == "exported_heat" || c == "own_power")
	})
	for _, g := range grouped(list, func(e accounting.Entry) string {
		return category(e) + e.Activity.Source + "|" + e.DataUnit + "|" + factorRef(e)
	}) {
		e := g.entries[0]
		var data float64
		for _, x := range g.entries {
			data += x.Data
		}
		t.row(ids(g.entries), categories[category(e)], named(d.nodes, e.Activity.Source), named(d.carriers, e.Activity.Carrier), data, e.DataUnit, factorRef(e), emissions(g.entries))
	}
	d.end(t)
}

// factorRef is the emission factor of an entry, in short.
func factorRef(e accounting.Entry) string {
	for _, f := range e.Factors {
		if f.Role == "ef" {
			return fmt.Sprintf("%v %s", f.Value, f.Unit)
		}
	}
	return ""
}

// apart is what stands beside the totals.
func (d *draft) apart() {
	t := table("apart", "另列（不计入总量）", "Told apart (in no total)", words("what", "性质", "What"), words("category", "类别", "Category"), code("gas", "气体", "Gas"), figure("emissions", "排放量", "Emissions", "tCO2e", 3))
	for _, g := range grouped(d.where(func(e accounting.Entry) bool { return e.Apart != "" && e.Basis != method.Market }), func(e accounting.Entry) string { return e.Apart + category(e) + gas(e) }) {
		e := g.entries[0]
		t.row(ids(g.entries), term(e.Apart), categories[category(e)], gas(e), emissions(g.entries))
	}
	if len(t.Rows) == 0 {
		t.noted("清单中没有生物质等另列的排放。", "The inventory holds nothing that is told apart, such as biogenic emissions.")
	}
	d.end(t)
}

// quality says how much of the emissions was measured.
func (d *draft) quality() {
	t := table("quality", "数据质量", "Data quality", words("organization", "组织", "Organization"), figure("measured", "实测", "Measured", "%", 1), figure("estimated", "估算", "Estimated", "%", 1), figure("edited", "人工修改", "Edited", "%", 1),
		figure("missing", "缺失时段", "Missing intervals", "", 0), figure("intervals", "结算时段", "Settlement intervals", "", 0))
	t.noted("占比按位置法排放量加权；缺失时段的用量未知，未按零计。", "Shares are weighted by location-based emissions; the amounts of missing intervals are unknown, not zero.")
	list := d.where(counted)
	for _, o := range append(d.reported(), d.export.Inventory.Total("")) {
		name := say("合计", "Total")
		if o.Organization != "" {
			name = named(d.organizations, o.Organization)
		}
		from := ids(of(list, o.Organization))
		if len(from) == 0 {
			from = d.registersOf(o.Organization)
		}
		if len(from) == 0 {
			continue
		}
		t.row(from, name, 100*o.MeasuredShare, 100*o.EstimatedShare, 100*o.EditedShare, o.Missing, o.Intervals)
	}
	d.end(t)
}

// registersOf are the registers of an organization's points.
func (d *draft) registersOf(organization string) []string {
	var list []string
	for _, p := range d.export.Inventory.Structure.Points {
		for _, r := range p.Registers {
			if p.Organization == organization {
				list = append(list, "register/"+p.ID+"."+r.ID)
			}
		}
	}
	return list
}

// byISO sums by the six categories of ISO 14064-1; a category without entries is told.
func (d *draft) byISO() {
	t := table("categories", "六类排放量", "Emissions by category", words("category", "类别", "Category"), summed("emissions", "排放量", "Emissions", "tCO2e", 3), figure("share", "占比", "Share", "%", 1), words("state", "说明", "Remark"))
	list := d.where(counted)
	all := emissions(list)
	for i, name := range isoCategories {
		var mine []accounting.Entry
		for _, e := range list {
			if isoOf(e) == i+1 {
				mine = append(mine, e)
			}
		}
		if len(mine) == 0 {
			t.row(nil, name, nil, nil, say("清单中没有条目：未量化", "no entry in the inventory: not quantified"))
			continue
		}
		t.row(ids(mine), name, emissions(mine), portion(emissions(mine), all), say("已量化", "quantified"))
	}
	t.sum(0, "合计（位置法）", "Total (location-based)")
	d.end(t)
}

// byGas sums by gas.
func (d *draft) byGas(keep func(accounting.Entry) bool) {
	t := table("gases", "按气体", "By gas", code("gas", "气体", "Gas"), figure("scope", "范围", "Scope", "", 0), summed("emissions", "排放量", "Emissions", "tCO2e", 3))
	for _, g := range grouped(d.where(keep), func(e accounting.Entry) string { return gas(e) + fmt.Sprint(e.Scope) }) {
		t.row(ids(g.entries), gas(g.entries[0]), g.entries[0].Scope, emissions(g.entries))
	}
	t.sum(0, "合计", "Total")
	d.end(t)
}

// byScope are the totals of the inventory by scope, and on both bases.
func (d *draft) byScope() {
	v := d.export.Inventory.Total("")
	t := table("scopes", "各范围排放量", "Emissions by scope", words("scope", "范围", "Scope"), figure("emissions", "排放量", "Emissions", "tCO2e", 3))
	in := func(keep func(e accounting.Entry) bool) []string {
		return ids(d.where(func(e accounting.Entry) bool { return e.Apart == "" && keep(e) }))
	}
	s1 := in(func(e accounting.Entry) bool { return e.Scope == 1 })
	l2 := in(func(e accounting.Entry) bool { return e.Scope == 2 && e.Basis != method.Market })
	m2 := in(func(e accounting.Entry) bool { return e.Scope == 2 && e.Basis != method.Location })
	all := d.where(func(e accounting.Entry) bool { return e.Apart == "" })
	t.noted("空格：清单中没有该范围的条目，未核算。", "An empty cell: the inventory holds no entry of the scope; it was not accounted.")
	t.row(s1, say("范围一 直接排放", "Scope 1 direct"), known(all, 1, v.Scope1))
	t.row(l2, say("范围二（位置法）", "Scope 2 (location-based)"), known(all, 2, v.Scope2Location))
	t.row(m2, say("范围二（市场法）", "Scope 2 (market-based)"), known(all, 2, v.Scope2Market))
	t.row(in(func(e accounting.Entry) bool { return e.Scope == 3 }), say("范围三", "Scope 3"), known(all, 3, v.Scope3))
	t.row(append(append([]string{}, s1...), l2...), say("范围一＋二（位置法）", "Scopes 1 and 2 (location-based)"), v.Scope1+v.Scope2Location)
	t.row(append(append([]string{}, s1...), m2...), say("范围一＋二（市场法）", "Scopes 1 and 2 (market-based)"), v.Scope1+v.Scope2Market)
	d.end(t)
}

// scope2 is scope 2 on both bases, by source.
func (d *draft) scope2() {
	t := table("scope2", "范围二双口径", "Scope 2 on both bases", words("basis", "口径", "Basis"), words("source", "来源", "Source"), figure("data", "活动数据", "Activity data", "", 3), code("unit", "单位", "Unit"),
		code("factor", "因子", "Factor"), code("instrument", "合同凭证", "Instrument"), figure("emissions", "排放量", "Emissions", "tCO2e", 3))
	for _, b := range []method.Basis{method.Location, method.Market} {
		list := d.where(func(e accounting.Entry) bool {
			return e.Scope == 2 && e.Apart == "" && (e.Basis == b || e.Basis == method.Both)
		})
		for _, g := range grouped(list, func(e accounting.Entry) string {
			return e.Activity.Source + "|" + factorRef(e) + "|" + e.Instrument + "|" + e.DataUnit
		}) {
			e := g.entries[0]
			var data float64
			for _, x := range g.entries {
				data += x.Data
			}
			t.row(ids(g.entries), term(string(b)), named(d.nodes, e.Activity.Source), data, e.DataUnit, factorRef(e), e.Instrument, emissions(g.entries))
		}
	}
	d.end(t)
}

// scope3 are the categories of scope 3.
func (d *draft) scope3() {
	t := table("scope3", "范围三各类", "Scope 3 by category", words("category", "类别", "Category"), summed("emissions", "排放量", "Emissions", "tCO2e", 3))
	for _, g := range grouped(d.where(func(e accounting.Entry) bool { return e.Scope == 3 && e.Apart == "" }), func(e accounting.Entry) string { return category(e) }) {
		t.row(ids(g.entries), categories[g.key], emissions(g.entries))
	}
	if len(t.Rows) == 0 {
		t.noted("清单中没有范围三条目。", "The inventory holds no entry of scope 3.")
	} else {
		t.sum(0, "合计", "Total")
	}
	d.end(t)
}

// instruments are the contracts and certificates that cover electricity.
func (d *draft) instruments() {
	t := table("instruments", "合同凭证（市场法）", "Contractual instruments (market basis)", code("id", "标识", "Id"), words("organization", "组织", "Organization"), code("kind", "类型", "Kind"), code("period", "期间", "Period"),
		figure("mwh", "电量", "Energy", "MWh", 3), summed("used", "本期用于", "Used here", "MWh", 3), code("evidence", "凭证", "Evidence"))
	for _, i := range d.export.Inventory.Structure.Instruments {
		list := d.where(func(e accounting.Entry) bool { return e.Instrument == i.ID })
		if len(list) == 0 {
			continue
		}
		var used float64
		for _, e := range list {
			used += covered(e)
		}
		t.row(ids(list), i.ID, named(d.organizations, i.Organization), i.Kind, i.Period, i.MWh, used, i.Evidence)
	}
	if len(t.Rows) == 0 {
		t.noted("本期没有使用合同凭证。", "No instrument covers energy of the period.")
	}
	d.end(t)
}

// covered is the electricity of an entry in MWh; 0 where it is in another unit.
func covered(e accounting.Entry) float64 {
	switch e.DataUnit {
	case "kWh":
		return e.Data / 1000
	case "MWh":
		return e.Data
	}
	return 0
}

// organization is the name of an organization, or that it is the park.
func (d *draft) organization(id string) park.Name {
	if id == "" {
		return say("园区", "Park")
	}
	return named(d.organizations, id)
}
