package form

import (
	"lingtan/accounting"
)

var energyStatement = Form{ID: "energy",
	Title: say("综合能耗报表（吨标准煤）", "Energy statement in tonnes of coal equivalent"),
	Standard: say("按 GB/T 2589-2020《综合能耗计算通则》，电力、热力按当量值折标准煤；未列等价值。",
		"By GB/T 2589-2020, electricity and heat at their calorific (equivalent) values; values by primary energy are not told."),
	fill: func(d *draft) error {
		d.reporter("responsible", "exclusions")
		d.energyByCarrier()
		d.energyByOrganization()
		d.energyLines()
		d.coefficients()
		d.registers()
		return nil
	}}

// energyID names a line of the inventory's energy.
func energyID(e accounting.Energy) string { return "energy/" + e.Organization + "/" + e.Carrier }

// energyOf are the inventory's lines of energy by a key, in the order of their first.
func (d *draft) energyOf(key func(accounting.Energy) string) (keys []string, of map[string][]accounting.Energy) {
	of = map[string][]accounting.Energy{}
	for _, e := range d.export.Inventory.Energy {
		k := key(e)
		if of[k] == nil {
			keys = append(keys, k)
		}
		of[k] = append(of[k], e)
	}
	return keys, of
}

// lines are the ids of lines of energy, their amounts and their standard coal.
func lines(list []accounting.Energy) (ids []string, amount, coal float64) {
	for _, e := range list {
		ids = append(ids, energyID(e))
		amount += e.Amount.Total()
		coal += e.StandardCoal
	}
	return ids, amount, coal
}

func (d *draft) energyByCarrier() {
	t := table("carriers", "按能源品种", "By carrier", words("carrier", "能源品种", "Carrier"), figure("amount", "实物量", "Amount", "", 3), code("unit", "单位", "Unit"), summed("tce", "综合能耗", "Energy", "tce", 3), figure("share", "占比", "Share", "%", 1))
	keys, of := d.energyOf(func(e accounting.Energy) string { return e.Carrier + "|" + e.Unit })
	_, _, all := lines(d.export.Inventory.Energy)
	for _, k := range keys {
		ids, amount, coal := lines(of[k])
		t.row(ids, named(d.carriers, of[k][0].Carrier), amount, of[k][0].Unit, coal, portion(coal, all))
	}
	t.sum(0, "合计", "Total")
	d.end(t)
}

func (d *draft) energyByOrganization() {
	t := table("members", "按组织", "By organization", words("organization", "组织", "Organization"), summed("tce", "综合能耗", "Energy", "tce", 3), figure("share", "占比", "Share", "%", 1))
	keys, of := d.energyOf(func(e accounting.Energy) string { return e.Organization })
	_, _, all := lines(d.export.Inventory.Energy)
	for _, k := range keys {
		ids, _, coal := lines(of[k])
		t.row(ids, d.organization(k), coal, portion(coal, all))
	}
	t.sum(0, "合计", "Total")
	d.end(t)
}

func (d *draft) energyLines() {
	t := table("lines", "分组织分品种", "By organization and carrier", words("organization", "组织", "Organization"), words("carrier", "能源品种", "Carrier"), figure("measured", "实测", "Measured", "", 3), figure("estimated", "估算", "Estimated", "", 3),
		figure("edited", "人工修改", "Edited", "", 3), figure("amount", "实物量", "Amount", "", 3), code("unit", "单位", "Unit"), figure("missing", "缺失时段", "Missing intervals", "", 0), figure("factor", "折标系数", "Coefficient", "", -1), code("per", "系数单位", "Its unit"), summed("tce", "综合能耗", "Energy", "tce", 3))
	for _, e := range d.export.Inventory.Energy {
		a := e.Amount
		t.row([]string{energyID(e)}, d.organization(e.Organization), named(d.carriers, e.Carrier), a.Measured, a.Estimated, a.Edited, a.Total(), e.Unit, a.Missing, e.Factor.Value, e.Factor.Unit, e.StandardCoal)
	}
	t.sum(0, "合计", "Total")
	d.end(t)
}

func (d *draft) coefficients() {
	t := table("coefficients", "折标准煤系数", "Coefficients to standard coal", words("carrier", "能源品种", "Carrier"), figure("value", "系数", "Coefficient", "", -1), code("unit", "单位", "Unit"), code("grade", "来源级别", "Grade"), code("ref", "因子标识@版本", "Factor id@version"), code("clause", "条款", "Clause"), code("source", "来源", "Source"))
	keys, of := d.energyOf(func(e accounting.Energy) string { return e.Carrier + "|" + e.Factor.Factor })
	for _, k := range keys {
		ids, _, _ := lines(of[k])
		e := of[k][0]
		t.row(ids, named(d.carriers, e.Carrier), e.Factor.Value, e.Factor.Unit, string(e.Factor.Grade), e.Factor.Factor, e.Clause, e.Factor.Source)
	}
	d.end(t)
}

// registers are what was metered, with its quality.
func (d *draft) registers() {
	t := table("registers", "计量数据", "Metered data", code("register", "表计", "Register"), figure("amount", "用量", "Amount", "", 3), code("unit", "单位", "Unit"), figure("measured", "实测", "Measured", "", 3), figure("estimated", "估算", "Estimated", "", 3),
		figure("edited", "人工修改", "Edited", "", 3), figure("missing", "缺失时段", "Missing intervals", "", 0), figure("readings", "读数", "Readings", "", 0))
	for _, r := range d.export.Inventory.Registers {
		a := r.Totals
		t.row([]string{"register/" + r.Register}, r.Register, a.Total(), r.Unit, a.Measured, a.Estimated, a.Edited, a.Missing, r.Readings)
	}
	d.end(t)
}
