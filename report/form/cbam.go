package form

import (
	"lingtan/accounting"
	"lingtan/method"
)

var cbam = Form{ID: "cbam",
	Title: say("CBAM 隐含排放沟通表", "CBAM communication of embedded emissions"),
	Standard: say("按（EU）2023/1773 附件三、四：直接、间接隐含排放强度与前体。归因份额和前体数值由经营者申报；监测计划与核查不在此。过渡期之后的规则未见原文。",
		"By annexes III and IV of Implementing Regulation (EU) 2023/1773: specific direct and indirect embedded emissions with precursors. Shares of attribution and values of precursors are the operator's; monitoring plan and verification are not here. The rules of the definitive period were not read."),
	fill: func(d *draft) error {
		d.reporter("responsible", "exclusions")
		d.goods()
		d.precursors()
		d.attribution()
		d.factors(counted)
		d.quality()
		makers := map[string]bool{}
		for _, g := range d.goodsMade() {
			makers[g.Organization] = true
		}
		d.entries(func(e accounting.Entry) bool { return makers[e.Activity.Organization] && (direct(e) || indirect(e)) })
		if len(d.goodsMade()) == 0 {
			d.note("没有申报 CBAM 产品（--inputs），隐含排放未计算。", "No good was stated (--inputs); no embedded emissions are computed.")
		}
		return nil
	}}

// direct says whether an entry is of the direct emissions of a production process: fuels
// and processes, and measurable heat that was bought (annex III attributes
// imported measurable heat to direct emissions).
func direct(e accounting.Entry) bool {
	return counted(e) && (e.Scope == 1 || e.Scope == 2 && e.Activity.Carrier != "electricity")
}

// indirect says whether an entry is of electricity that was used (annex III, section D),
// on the location basis; own non-fossil electricity is 0.
func indirect(e accounting.Entry) bool {
	return counted(e) && e.Scope == 2 && e.Activity.Carrier == "electricity" && e.Basis != method.Market
}

// embedded are the specific embedded emissions of a good.
type embedded struct {
	Product
	attributedDirect, attributedIndirect float64 // tCO2e
	precursorDirect, precursorIndirect   float64 // tCO2e
	power                                float64 // MWh
	entries                              []string
}

// SEE = (AttrEm + Σ M_i × SEE_i) ÷ AL (Implementing Regulation (EU) 2023/1773, annex III,
// section G: specific embedded emissions of complex goods), tCO2e/t.
func (g embedded) direct() float64 { return (g.attributedDirect + g.precursorDirect) / g.Quantity }
func (g embedded) indirect() float64 {
	return (g.attributedIndirect + g.precursorIndirect) / g.Quantity
}

// goodsMade are the goods that were stated, with what the inventory attributes to them.
func (d *draft) goodsMade() []embedded {
	var list []embedded
	for _, p := range d.in.Products {
		if p.Kind != "good" {
			continue
		}
		g := embedded{Product: p, entries: []string{"input/" + p.ID}}
		for _, e := range of(d.export.Inventory.Entries, p.Organization) {
			switch {
			case direct(e):
				g.attributedDirect += p.DirectShare * e.Emissions
			case indirect(e):
				g.attributedIndirect += p.PowerShare * e.Emissions
				g.power += p.PowerShare * covered(e)
			default:
				continue
			}
			g.entries = append(g.entries, e.ID)
		}
		for _, q := range p.Precursors {
			g.precursorDirect += q.Quantity * q.Direct
			g.precursorIndirect += q.Quantity * q.Indirect
			g.entries = append(g.entries, "input/"+p.ID+"/"+q.ID)
		}
		list = append(list, g)
	}
	return list
}

func (d *draft) goods() {
	t := table("goods", "产品隐含排放强度", "Specific embedded emissions", words("good", "产品", "Good"), code("cn", "CN 编码", "CN code"), words("operator", "经营者", "Operator"), figure("production", "产量", "Production", "t", 3),
		figure("direct", "直接", "Direct", "tCO2e/t", 7), figure("indirect", "间接", "Indirect", "tCO2e/t", 7), figure("total", "合计", "Total", "tCO2e/t", 7), figure("power", "耗电量", "Electricity used", "MWh", 5), code("evidence", "产量凭证", "Evidence"))
	for _, g := range d.goodsMade() {
		t.row(g.entries, g.Name, g.CN, named(d.organizations, g.Organization), g.Quantity, g.direct(), g.indirect(), g.direct()+g.indirect(), g.power, g.Evidence)
	}
	d.end(t)
}

func (d *draft) precursors() {
	t := table("precursors", "前体", "Precursors", words("good", "产品", "Good"), words("precursor", "前体", "Precursor"), code("cn", "CN 编码", "CN code"), code("country", "原产国", "Country"), figure("quantity", "用量", "Used", "t", 3), figure("sd", "直接强度", "Direct", "tCO2e/t", 7),
		figure("si", "间接强度", "Indirect", "tCO2e/t", 7), summed("direct", "直接", "Direct", "tCO2e", 3), summed("indirect", "间接", "Indirect", "tCO2e", 3), code("source", "来源", "Source"))
	for _, p := range d.in.Products {
		for _, q := range p.Precursors {
			t.row([]string{"input/" + p.ID + "/" + q.ID}, p.Name, q.Name, q.CN, q.Country, q.Quantity, q.Direct, q.Indirect, q.Quantity*q.Direct, q.Quantity*q.Indirect, q.Source)
		}
	}
	if len(t.Rows) == 0 {
		t.noted("没有申报前体。", "No precursor was stated.")
	} else {
		t.sum(0, "合计", "Total")
	}
	d.end(t)
}

// attribution shows how the emissions of the organizations come to the goods.
func (d *draft) attribution() {
	t := table("attribution", "排放归因", "Attribution of emissions", words("good", "产品", "Good"), words("kind", "类别", "Kind"), figure("all", "组织排放量", "Of the organization", "tCO2e", 3), figure("share", "份额", "Share", "%", 3), figure("attributed", "归因排放", "Attributed", "tCO2e", 3),
		figure("precursors", "前体", "Precursors", "tCO2e", 3), figure("specific", "强度", "Specific", "tCO2e/t", 7))
	t.noted("购入热力计入直接，电力按位置法计入间接；份额由经营者申报，依据应见监测方法文件。", "Heat that was bought is direct, electricity is indirect on the location basis; shares are stated by the operator and rest on its monitoring methodology.")
	for _, g := range d.goodsMade() {
		mine := of(d.export.Inventory.Entries, g.Organization)
		dir, ind := keep(mine, direct), keep(mine, indirect)
		t.row(append([]string{"input/" + g.ID}, ids(dir)...), g.Name, say("直接", "direct"), emissions(dir), 100*g.DirectShare, g.attributedDirect, g.precursorDirect, g.direct())
		t.row(append([]string{"input/" + g.ID}, ids(ind)...), g.Name, say("间接", "indirect"), emissions(ind), 100*g.PowerShare, g.attributedIndirect, g.precursorIndirect, g.indirect())
	}
	d.end(t)
}

// keep are the entries that fits accepts.
func keep(list []accounting.Entry, fits func(accounting.Entry) bool) []accounting.Entry {
	var out []accounting.Entry
	for _, e := range list {
		if fits(e) {
			out = append(out, e)
		}
	}
	return out
}
