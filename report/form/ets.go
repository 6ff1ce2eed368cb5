package form

import (
	"fmt"
	"slices"

	"lingtan/accounting"
	"lingtan/park"
)

var etsMRV = Form{ID: "ets-mrv",
	Title: say("全国碳市场排放报告（发电设施 MRV 表）", "National carbon market: MRV tables of power facilities"),
	Standard: say("按生态环境部《企业温室气体排放核算与报告指南 发电设施》的数据项编排：燃料消耗量、低位发热量、元素碳含量、氧化率、购入电量、发电量、供热量、强度。未见附表原文，表号不引用；供热比和供电煤耗未计算。",
		"By the data items of the MEE guide for power facilities: fuel, net calorific value, carbon content, oxidation, purchased power, generation, heat supplied, intensity. Its annexed tables were not read and their numbers are not cited; the heat ratio and the coal per kWh are not computed."),
	fill: func(d *draft) error {
		d.reporter("responsible", "exclusions")
		d.fuels()
		d.byCategory()
		d.purchased()
		if err := d.months(); err != nil {
			return err
		}
		d.production()
		d.factors(counted)
		d.quality()
		return nil
	}}

// fuels are the fuels with the values that the guide asks for, by record.
func (d *draft) fuels() {
	t := table("fuels", "化石燃料燃烧", "Fossil fuel combustion", words("organization", "设施", "Facility"), words("carrier", "燃料", "Fuel"), code("first", "起", "From"), code("last", "止", "To"), figure("data", "消耗量", "Consumption", "", 3), code("unit", "单位", "Unit"),
		figure("ncv", "低位发热量", "NCV", "", -1), code("ncvunit", "单位", "Unit"), figure("cc", "碳含量", "Carbon content", "", -1), code("ccunit", "单位", "Unit"), figure("of", "碳氧化率", "Oxidation", "", -1), summed("emissions", "排放量", "Emissions", "tCO2", 3), code("origin", "数据来源", "Origin"))
	for _, e := range d.where(func(e accounting.Entry) bool { return counted(e) && e.Scope == 1 && category(e) == "fuel" }) {
		first, last := d.span(e)
		ncv, ncvUnit := role(e, "ncv")
		cc, ccUnit := role(e, "cc")
		of, _ := role(e, "of")
		t.row([]string{e.ID}, named(d.organizations, e.Activity.Organization), named(d.carriers, e.Activity.Carrier), first, last, e.Data, e.DataUnit, ncv, ncvUnit, cc, ccUnit, of, e.Emissions, origin(e))
	}
	t.sum(0, "合计", "Total")
	d.end(t)
}

// role is the value that an entry's formula took for a role, and its unit; nil where it took none.
func role(e accounting.Entry, name string) (any, string) {
	for _, f := range e.Factors {
		if f.Role == name {
			return f.Value, f.Unit
		}
	}
	return nil, ""
}

// span are the days of the entry's record, or of the period.
func (d *draft) span(e accounting.Entry) (first, last string) {
	for _, x := range d.export.Inventory.Declared {
		if e.Activity.Record != "" && x.Activity.Record == e.Activity.Record {
			return x.First, x.Last
		}
	}
	return d.Period.First, d.Period.Last
}

// months are the metered amounts by month, out of the evidence that the inventory brings.
func (d *draft) months() error {
	t := table("months", "分月计量", "Metered by month", code("register", "表计", "Register"), code("month", "月份", "Month"), figure("amount", "用量", "Amount", "", 3), code("unit", "单位", "Unit"), figure("measured", "实测", "Measured", "", 3), figure("missing", "缺失时段", "Missing intervals", "", 0))
	if len(d.export.Evidence) == 0 {
		t.noted("清单未附用量证据，无法分月；请用带证据的 JSON 导出。", "The inventory came without usage evidence and cannot be told by month; export it as JSON with evidence.")
	}
	var wanted []string
	for _, e := range d.where(counted) {
		wanted = append(wanted, e.Activity.Registers...)
	}
	units := map[string]string{}
	for _, r := range d.export.Inventory.Registers {
		units[r.Register] = r.Unit
	}
	for _, ev := range d.export.Evidence {
		if !slices.Contains(wanted, ev.Register) {
			continue
		}
		days, err := ev.Days()
		if err != nil {
			return err
		}
		for len(days) > 0 {
			month := days[0].Day.Civil().Format("2006-01")
			sum := days[0].Totals()
			n := 1
			for ; n < len(days) && days[n].Day.Civil().Format("2006-01") == month; n++ {
				sum.Add(days[n].Totals())
			}
			t.row([]string{"register/" + ev.Register}, ev.Register, month, sum.Total(), units[ev.Register], sum.Measured, sum.Missing)
			days = days[n:]
		}
	}
	d.end(t)
	return nil
}

// production is what the facilities made, as stated, and the emissions on each unit of it.
func (d *draft) production() {
	t := table("production", "生产数据与排放强度", "Production and intensity", words("organization", "设施", "Facility"), words("product", "产品", "Product"), code("kind", "类型", "Kind"), figure("quantity", "产量", "Quantity", "", 3), code("unit", "单位", "Unit"),
		figure("emissions", "设施排放量", "Emissions of the facility", "tCO2e", 3), figure("intensity", "排放强度", "Intensity", "", 6), code("per", "强度单位", "Its unit"), code("evidence", "凭证", "Evidence"))
	t.noted("产量为申报值。强度为设施全部排放量除以产量，未按供热比分摊。", "Quantities are as stated. The intensity is all emissions of the facility on each unit, not shared out between power and heat.")
	list := d.where(func(e accounting.Entry) bool { return counted(e) && e.Scope <= 2 })
	for _, p := range d.in.Products {
		mine := of(list, p.Organization)
		sum := emissions(mine)
		t.row(append([]string{"input/" + p.ID}, ids(mine)...), named(d.organizations, p.Organization), p.Name, p.Kind, p.Quantity, p.Unit, sum, sum/p.Quantity, "tCO2e/"+p.Unit, p.Evidence)
	}
	if len(t.Rows) == 0 {
		t.noted("没有申报产量（--inputs），未计算强度。", "No production was stated (--inputs); no intensity is computed.")
	}
	d.end(t)
}

var parkInventory = Form{ID: "park-inventory",
	Title: say("园区温室气体清单", "Park greenhouse-gas inventory"),
	Standard: say("园区边界内的能源、工业过程、废弃物、交通与购入能源；成员之间不重复计算，按能源网络合并。",
		"Energy, industrial processes, waste, transport and purchased energy in the park; consolidated over the energy network, nothing counted twice."),
	fill: func(d *draft) error {
		d.reporter("responsible", "boundary", "exclusions")
		d.members()
		d.byScope()
		d.byCategory()
		d.byOrganization()
		d.energyByCarrier()
		d.consolidation()
		d.purchased()
		d.apart()
		d.factors(counted)
		d.quality()
		d.entries(counted)
		return nil
	}}

// consolidation shows that what each source gave is what was used, lost, sent out and stored.
func (d *draft) consolidation() {
	t := table("consolidation", "合并：来源与去向", "Consolidation: given and gone", words("source", "来源", "Source"), words("carrier", "能源品种", "Carrier"), figure("given", "供入", "Given", "", 3), figure("used", "使用", "Used", "", 3),
		figure("lost", "损耗", "Lost", "", 3), figure("exported", "外送", "Exported", "", 3), figure("stored", "储存", "Stored", "", 3), figure("difference", "差额", "Difference", "", 6), code("unit", "单位", "Unit"))
	for _, c := range d.export.Inventory.Consolidation {
		list := d.where(func(e accounting.Entry) bool { return e.Activity.Source == c.Source })
		t.row(ids(list), named(d.nodes, c.Source), named(d.carriers, c.Carrier), c.Given, c.Used, c.Lost, c.Exported, c.Stored, c.Difference, c.Unit)
	}
	d.end(t)
}

var zeroCarbonPark = Form{ID: "zero-carbon-park",
	Title: say("零碳园区建设自评", "Zero-carbon park self-assessment"),
	Standard: say("按发改环资〔2025〕910号附件《国家级零碳园区建设指标体系（试行）》核心指标；引导性指标取自评级结果或申报。核算方法附件原文未见。",
		"By the core indicator of the annex to 发改环资〔2025〕910号; guiding indicators come from a rating or are stated. The annex of the accounting method was not read."),
	fill: func(d *draft) error {
		d.reporter("responsible", "boundary", "exclusions")
		d.coreIndicator()
		d.assessment()
		d.byCategory()
		d.energyByCarrier()
		d.byOrganization()
		d.factors(counted)
		d.quality()
		return nil
	}}

// coreIndicator is the emission on each unit of energy: E of energy activities and
// industrial processes ÷ energy use in tce. Thresholds: 0.2 tCO2/tce for parks of 0.2 to 1
// million tce a year, 0.3 from 1 million on (annex to 发改环资〔2025〕910号).
func (d *draft) coreIndicator() {
	t := table("core", "核心指标：单位能耗碳排放", "Core indicator: emissions on each unit of energy", words("item", "项目", "Item"), figure("value", "数值", "Value", "", 6), code("unit", "单位", "Unit"), words("remark", "说明", "Remark"))
	list := d.where(func(e accounting.Entry) bool { return counted(e) && e.Scope <= 2 && gas(e) == "CO2" })
	energy, _, coal := lines(d.export.Inventory.Energy)
	sum := emissions(list)
	t.row(ids(list), say("能源活动和工业过程 CO2", "CO2 of energy activities and industrial processes"), sum, "tCO2", say("位置法", "location-based"))
	t.row(energy, say("能源消费量", "Energy use"), coal, "tce", say("当量值", "calorific values"))
	var value any
	if coal > 0 {
		value = sum / coal
	}
	t.row(append(ids(list), energy...), say("单位能耗碳排放", "Emissions on each unit of energy"), value, "tCO2/tce", threshold(coal, value, d.wholeYear()))
	d.end(t)
}

// wholeYear says whether the period is a calendar year.
func (d *draft) wholeYear() bool {
	p := d.Period
	return len(p.First) == 10 && len(p.Last) == 10 && p.First[:4] == p.Last[:4] && p.First[4:] == "-01-01" && p.Last[4:] == "-12-31"
}

// threshold holds the core indicator against what the annex asks for.
func threshold(coal float64, value any, year bool) (remark park.Name) {
	v, known := value.(float64)
	limit := 0.2
	switch {
	case !known:
		remark.ZH, remark.EN = "没有能源消费量，未计算", "no energy use: not computed"
		return remark
	case !year:
		remark.ZH, remark.EN = "报告期不是日历年，不与阈值比较", "the period is no calendar year: not held against the threshold"
		return remark
	case coal < 200_000:
		remark.ZH, remark.EN = "年能耗低于 20 万吨标准煤：所见文件未给出阈值", "below 0.2 million tce a year: the sources seen give no threshold"
		return remark
	case coal >= 1_000_000:
		limit = 0.3
	}
	if v <= limit {
		remark.ZH, remark.EN = fmt.Sprintf("达到（≤%v）", limit), fmt.Sprintf("met (≤ %v)", limit)
		return remark
	}
	remark.ZH, remark.EN = fmt.Sprintf("未达到（≤%v）", limit), fmt.Sprintf("not met (≤ %v)", limit)
	return remark
}

// assessment are the indicators of a rating, or as stated.
func (d *draft) assessment() {
	t := table("indicators", "指标自评", "Indicators", words("indicator", "指标", "Indicator"), figure("value", "数值", "Value", "", 3), code("unit", "单位", "Unit"), code("target", "目标", "Target"), words("met", "结论", "Outcome"), code("evidence", "依据", "Evidence"))
	if d.in.Assessment == nil {
		t.noted("没有评级结果，也没有申报的指标（--inputs）。", "There is no rating and no stated indicator (--inputs).")
		d.end(t)
		return
	}
	t.Note = d.in.Assessment.Standard
	for _, i := range d.in.Assessment.Indicators {
		met := say("无法判断", "cannot be told")
		switch {
		case i.Met != nil && *i.Met:
			met = say("达到", "met")
		case i.Met != nil:
			met = say("未达到", "not met")
		}
		var value any
		if i.Value != nil {
			value = *i.Value
		}
		entries := i.Entries
		if len(entries) == 0 {
			entries = []string{"input/" + i.ID}
		}
		t.row(entries, i.Name, value, i.Unit, i.Target, met, i.Evidence)
	}
	d.end(t)
}
