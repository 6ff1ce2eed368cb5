package form

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"lingtan/accounting"
	"lingtan/method"
	"lingtan/park"
)

var gbt32150 = Form{ID: "gbt32150",
	Title: say("温室气体排放报告（GB/T 32150）", "GHG emission report by GB/T 32150"),
	Standard: say("按 GB/T 32150《工业企业温室气体排放核算和报告通则》报告内容编排：报告主体、排放源、活动数据及来源、排放因子及来源、排放量、生物质另列、数据质量。未见标准附录中的报告格式原文。",
		"In the order of the contents that GB/T 32150 asks of a report: reporter, sources, activity data and factors with their origins, emissions, biogenic apart, data quality. The report layout of its annex was not read."),
	fill: func(d *draft) error {
		d.reporter("responsible", "boundary", "exclusions")
		d.members()
		d.sources(counted)
		d.activityData(counted)
		d.factors(counted)
		d.byCategory()
		d.byOrganization()
		d.purchased()
		d.apart()
		d.quality()
		d.entries(counted)
		if slices.ContainsFunc(d.export.Inventory.Entries, func(e accounting.Entry) bool { return e.Basis == method.Market }) {
			d.note("本报告按位置法计购入能源；市场法结果见 GHG Protocol 报告。", "Purchased energy is on the location basis here; the market basis is in the GHG Protocol form.")
		}
		return nil
	}}

var iso14064 = Form{ID: "iso14064-1",
	Title: say("温室气体清单报告（ISO 14064-1:2018）", "GHG inventory report by ISO 14064-1:2018"),
	Standard: say("按 ISO 14064-1:2018 第 5.2.4 条六类和第 9.3 条报告内容编排；条文为通行转述，未见原文。",
		"Six categories by clause 5.2.4 and the contents of a report by clause 9.3 of ISO 14064-1:2018, as commonly told; the text was not read."),
	fill: func(d *draft) error {
		d.reporter("responsible", "purpose", "boundary", "base_year", "significance", "exclusions", "verification")
		d.members()
		d.byISO()
		d.byGas(counted)
		d.apart()
		d.activityData(counted)
		d.factors(counted)
		d.quality()
		d.entries(counted)
		return nil
	}}

var ghgProtocol = Form{ID: "ghg-protocol",
	Title: say("温室气体排放报告（GHG Protocol）", "GHG emission report by the GHG Protocol"),
	Standard: say("按 WRI/WBCSD《企业核算与报告标准（修订版）》第 9 章和《范围二指南》（2015）双口径披露编排。",
		"By chapter 9 of the Corporate Accounting and Reporting Standard (revised edition) and the dual reporting of the Scope 2 Guidance (2015), WRI/WBCSD."),
	fill: func(d *draft) error {
		d.reporter("responsible", "boundary", "base_year", "exclusions")
		d.members()
		d.byScope()
		d.byGas(func(e accounting.Entry) bool { return e.Apart == "" && e.Scope == 1 })
		d.scope2()
		d.scope3()
		d.byOrganization()
		d.apart()
		d.instruments()
		d.factors(func(accounting.Entry) bool { return true })
		d.quality()
		d.entries(func(e accounting.Entry) bool { return true })
		return nil
	}}

// reporter is the table of who reports what, with the statements that the form asks for.
func (d *draft) reporter(statements ...string) {
	v, s := d.export.Inventory, d.export.Inventory.Structure
	t := table("reporter", "报告主体与边界", "Reporter and boundary", words("item", "项目", "Item"), words("content", "内容", "Content"))
	same := func(text string) park.Name { return say(text, text) }
	t.row(nil, say("园区", "Park"), s.Park.Name)
	whole := say("整个园区（含全部成员）", "the whole park with all its members")
	if v.Organization != "" {
		whole = named(d.organizations, v.Organization)
	}
	t.row(nil, say("报告主体", "Reporting entity"), whole)
	t.row(nil, say("地区", "Region"), same(s.Park.Region+" "+s.Park.Country))
	t.row(nil, say("报告期", "Reporting period"), say(v.Period.First+" 至 "+v.Period.Last, v.Period.First+" to "+v.Period.Last))
	t.row(nil, say("核算方法", "Accounting method"), say(v.Method.Name.ZH+"（"+v.Method.Ref()+"）", v.Method.Name.EN+" ("+v.Method.Ref()+")"))
	t.row(nil, say("方法依据", "Basis of the method"), same(v.Method.Citation))
	t.row(nil, say("全球增温潜势", "Global warming potentials"), same("IPCC "+s.Park.GWP))
	t.row(nil, say("清单", "Inventory"), same(fmt.Sprintf("%s r%d", v.ID, v.Revision)))
	t.row(nil, say("状态", "State"), term(d.export.State))
	t.row(nil, say("数据截至", "As known at"), same(time.UnixMilli(v.AsKnownAt).UTC().Format(time.RFC3339)))
	t.row(nil, say("清单哈希（SHA-256）", "Inventory hash (SHA-256)"), same(d.export.Hash))
	t.row(nil, say("计量证据根", "Merkle root over registers"), same(v.Root))
	for _, id := range statements {
		t.row([]string{"input/" + id}, asked[id], d.in.stated(id))
	}
	if len(s.Assembly) > 0 {
		t.row(nil, say("数据性质", "Nature of the data"), say("真实读数，组合园区", "Real readings, assembled park"))
	}
	d.end(t)
}

// asked are the statements that standards ask of the reporter.
var asked = map[string]park.Name{
	"responsible":  {ZH: "报告负责人", EN: "Responsible for the report"},
	"purpose":      {ZH: "报告目的与预期用户", EN: "Purpose and intended users"},
	"boundary":     {ZH: "组织边界的确定方法", EN: "Approach to the organizational boundary"},
	"base_year":    {ZH: "基准年", EN: "Base year"},
	"significance": {ZH: "间接排放的重要性准则", EN: "Criteria of significance of indirect emissions"},
	"exclusions":   {ZH: "排除的排放源及理由", EN: "Sources left out, and why"},
	"verification": {ZH: "核查情况", EN: "Verification"},
}

// members are the organizations of the boundary.
func (d *draft) members() {
	t := table("organizations", "边界内的组织", "Organizations in the boundary", words("name", "名称", "Name"), code("id", "标识", "Id"), words("kind", "类型", "Kind"), code("sector", "行业（GB/T 4754）", "Sector (GB/T 4754)"))
	for _, o := range d.export.Inventory.Structure.Organizations {
		if o.Kind == "operator" || o.Kind == "enterprise" {
			t.row(nil, o.Name, o.ID, term(o.Kind), o.Sector)
		}
	}
	d.end(t)
}

// sources are the emission sources that were identified.
func (d *draft) sources(keep func(accounting.Entry) bool) {
	t := table("sources", "排放源识别", "Emission sources", words("category", "类别", "Category"), words("activity", "活动", "Activity"), words("carrier", "能源品种", "Carrier"),
		words("organization", "组织", "Organization"), words("source", "来源", "Source"), code("gas", "气体", "Gas"), code("clause", "方法条款", "Clause"))
	for _, g := range grouped(d.where(keep), func(e accounting.Entry) string {
		return category(e) + "|" + e.Activity.Organization + "|" + e.Activity.Kind + "|" + e.Activity.Source + "|" + gas(e) + "|" + e.Rule
	}) {
		e := g.entries[0]
		t.row(ids(g.entries), categories[category(e)], activity(e.Activity.Kind), named(d.carriers, e.Activity.Carrier), named(d.organizations, e.Activity.Organization), named(d.nodes, e.Activity.Source), gas(e), e.Clause)
	}
	d.end(t)
}

// activityData are the activity data with where they are from and how good they are.
func (d *draft) activityData(keep func(accounting.Entry) bool) {
	t := table("activity", "活动数据", "Activity data", words("organization", "组织", "Organization"), words("category", "类别", "Category"), words("use", "用能点", "Used at"), words("source", "来源", "Source"),
		figure("data", "活动数据", "Activity data", "", 3), code("unit", "单位", "Unit"), figure("measured", "实测占比", "Measured", "%", 1), figure("missing", "缺失时段", "Missing intervals", "", 0), code("origin", "数据来源", "Origin"))
	t.noted("数据来源为计量表计，或申报记录及其凭证。", "The origin is the metered registers, or a declared record with its evidence.")
	for _, g := range grouped(d.where(keep), func(e accounting.Entry) string {
		a := e.Activity
		return a.Organization + "|" + category(e) + "|" + a.Node + "|" + a.Source + "|" + string(a.Place) + "|" + e.DataUnit + "|" + a.Record + "|" + strconv.FormatFloat(e.Data, 'g', -1, 64)
	}) {
		e := g.entries[0]
		t.row(ids(g.entries), named(d.organizations, e.Activity.Organization), categories[category(e)], d.usedAt(e), named(d.nodes, e.Activity.Source), e.Data, e.DataUnit, 100*e.MeasuredShare(), e.Activity.Amount.Missing, origin(e))
	}
	d.end(t)
}

// usedAt is the node of an entry, and that it lost the energy or sent it out.
func (d *draft) usedAt(e accounting.Entry) park.Name {
	n := named(d.nodes, e.Activity.Node)
	if e.Activity.Place == accounting.Consumed || e.Activity.Place == "" {
		return n
	}
	p := term(string(e.Activity.Place))
	return say(n.In("zh")+"（"+p.ZH+"）", n.In("en")+" ("+p.EN+")")
}

// origin says where activity data are from.
func origin(e accounting.Entry) string {
	if e.Activity.Record != "" {
		return e.Activity.Record + ": " + cmp.Or(e.Activity.Evidence, "-")
	}
	list := slices.Clone(e.Activity.Registers)
	more := ""
	if len(list) > 4 {
		more = fmt.Sprintf(" +%d", len(list)-4)
		list = list[:4]
	}
	text := ""
	for i, r := range list {
		if i > 0 {
			text += " "
		}
		text += r
	}
	return text + more
}

// factors are the factors that were applied.
func (d *draft) factors(keep func(accounting.Entry) bool) {
	t := table("factors", "排放因子与参数", "Emission factors and parameters", words("name", "名称", "Name"), code("role", "参数", "Role"), figure("value", "数值", "Value", "", -1), code("unit", "单位", "Unit"),
		code("region", "地区", "Region"), code("year", "数据年", "Data year"), code("grade", "来源级别", "Grade"), code("ref", "因子标识@版本", "Factor id@version"), code("source", "来源", "Source"))
	type key struct{ role, ref string }
	var order []key
	first, used := map[key]accounting.Applied{}, map[key][]string{}
	for _, e := range d.where(keep) {
		for _, f := range e.Factors {
			k := key{f.Role, f.Factor}
			if _, seen := first[k]; !seen {
				first[k], order = f, append(order, k)
			}
			used[k] = append(used[k], e.ID)
		}
	}
	for _, k := range order {
		f := first[k]
		year := ""
		if f.DataYear != 0 {
			year = strconv.Itoa(f.DataYear)
		}
		t.row(used[k], park.Name(f.Name), f.Role, f.Value, f.Unit, f.Region, year, string(f.Grade), f.Factor, f.Source)
	}
	d.end(t)
}

// entries are the lines of the inventory that the report rests on.
func (d *draft) entries(keep func(accounting.Entry) bool) {
	t := table("entries", "逐条排放量", "Emissions entry by entry", words("organization", "组织", "Organization"), figure("scope", "范围", "Scope", "", 0), words("basis", "口径", "Basis"), words("category", "类别", "Category"),
		code("gas", "气体", "Gas"), figure("data", "活动数据", "Activity data", "", 3), code("unit", "单位", "Unit"), code("expression", "算式", "Expression"), figure("emissions", "排放量", "Emissions", "tCO2e", 3))
	for _, e := range d.where(keep) {
		t.row([]string{e.ID}, named(d.organizations, e.Activity.Organization), e.Scope, term(string(e.Basis)), categories[category(e)], gas(e), e.Data, e.DataUnit, e.Expression, e.Emissions)
	}
	d.end(t)
}
