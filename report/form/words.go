package form

import (
	"cmp"
	"strings"

	"lingtan/accounting"
	"lingtan/method"
	"lingtan/park"
)

// categories are the words of the categories of methods.
var categories = map[string]park.Name{
	"fuel":            {ZH: "化石燃料燃烧", EN: "Fossil fuel combustion"},
	"process":         {ZH: "工业生产过程", EN: "Industrial processes"},
	"transport":       {ZH: "交通运输", EN: "Transport"},
	"mobile":          {ZH: "移动源燃烧", EN: "Mobile combustion"},
	"waste":           {ZH: "废弃物处理", EN: "Waste treatment"},
	"waste_water":     {ZH: "废水处理", EN: "Waste water treatment"},
	"recovered":       {ZH: "回收利用（扣除）", EN: "Recovered (subtracted)"},
	"sequestered":     {ZH: "固碳产品隐含（扣除）", EN: "Stored in products (subtracted)"},
	"purchased_power": {ZH: "购入电力", EN: "Purchased electricity"},
	"purchased_heat":  {ZH: "购入热力", EN: "Purchased heat"},
	"own_power":       {ZH: "自发自用非化石电力", EN: "Own non-fossil electricity"},
	"exported_power":  {ZH: "输出电力", EN: "Exported electricity"},
	"exported_heat":   {ZH: "输出热力", EN: "Exported heat"},
	"biogenic":        {ZH: "生物质", EN: "Biogenic"},
	"sink":            {ZH: "碳汇", EN: "Sinks"},
	"other":           {ZH: "其他", EN: "Other"},

	"3.1":  {ZH: "3.1 外购商品和服务", EN: "3.1 Purchased goods and services"},
	"3.2":  {ZH: "3.2 资本货物", EN: "3.2 Capital goods"},
	"3.3":  {ZH: "3.3 燃料和能源相关活动", EN: "3.3 Fuel- and energy-related activities"},
	"3.4":  {ZH: "3.4 上游运输和配送", EN: "3.4 Upstream transportation and distribution"},
	"3.5":  {ZH: "3.5 运营中产生的废弃物", EN: "3.5 Waste generated in operations"},
	"3.6":  {ZH: "3.6 商务旅行", EN: "3.6 Business travel"},
	"3.7":  {ZH: "3.7 员工通勤", EN: "3.7 Employee commuting"},
	"3.8":  {ZH: "3.8 上游租赁资产", EN: "3.8 Upstream leased assets"},
	"3.9":  {ZH: "3.9 下游运输和配送", EN: "3.9 Downstream transportation and distribution"},
	"3.10": {ZH: "3.10 售出产品的加工", EN: "3.10 Processing of sold products"},
	"3.11": {ZH: "3.11 售出产品的使用", EN: "3.11 Use of sold products"},
	"3.12": {ZH: "3.12 售出产品的报废处理", EN: "3.12 End-of-life treatment of sold products"},
	"3.13": {ZH: "3.13 下游租赁资产", EN: "3.13 Downstream leased assets"},
	"3.14": {ZH: "3.14 特许经营", EN: "3.14 Franchises"},
	"3.15": {ZH: "3.15 投资", EN: "3.15 Investments"},
}

// terms are the words of codes.
var terms = map[string]park.Name{
	string(method.Location):     {ZH: "位置法", EN: "location-based"},
	string(method.Market):       {ZH: "市场法", EN: "market-based"},
	string(method.Both):         {ZH: "两种口径", EN: "both bases"},
	string(accounting.Consumed): {ZH: "使用", EN: "use"},
	string(accounting.Lost):     {ZH: "损耗与未计量", EN: "loss and unmetered"},
	string(accounting.Exported): {ZH: "外送", EN: "export"},
	"open":                      {ZH: "未关账", EN: "open"},
	"closed":                    {ZH: "已关账", EN: "closed"},
	"superseded":                {ZH: "已被更正取代", EN: "superseded"},
	"operator":                  {ZH: "园区运营方", EN: "park operator"},
	"enterprise":                {ZH: "企业", EN: "enterprise"},
	"regulator":                 {ZH: "主管部门", EN: "regulator"},
	"verifier":                  {ZH: "核查机构", EN: "verifier"},
	"biogenic":                  {ZH: "生物质（不计入总量）", EN: "biogenic (in no total)"},
	"information":               {ZH: "备查（不计入总量）", EN: "for information (in no total)"},
	"outside":                   {ZH: "边界外（不计入总量）", EN: "outside of the boundary (in no total)"},
	"sink":                      {ZH: "碳汇（不计入总量）", EN: "sinks (in no total)"},
}

// term is a code in words, or the code where there are none.
func term(c string) park.Name {
	if n, ok := terms[c]; ok {
		return n
	}
	return say(c, c)
}

// activities are the words of activities; a method's own activity that is not here is
// told by its code.
var activities = map[string]park.Name{
	"purchased_electricity": {ZH: "购入电力", EN: "purchased electricity"},
	"purchased_heat":        {ZH: "购入热力", EN: "purchased heat"},
	"purchased_steam":       {ZH: "购入蒸汽", EN: "purchased steam"},
	"own_pv":                {ZH: "自有光伏", EN: "own photovoltaics"},
	"own_wind":              {ZH: "自有风电", EN: "own wind power"},
	"natural_gas":           {ZH: "天然气燃烧", EN: "natural gas combustion"},
	"fuel_combustion":       {ZH: "燃料燃烧", EN: "fuel combustion"},
}

func activity(c string) park.Name {
	if n, ok := activities[c]; ok {
		return n
	}
	return say(c, c)
}

// category is the entry's category in the words of Chinese reporting: the method's own,
// or what its scope and carrier make it.
func category(e accounting.Entry) string {
	if _, ok := categories[e.Category]; ok {
		return e.Category
	}
	heat := e.Activity.Carrier != "electricity"
	switch {
	case e.Formula == method.Zero:
		return "own_power"
	case e.Scope == 2 && heat:
		return "purchased_heat"
	case e.Scope == 2:
		return "purchased_power"
	case e.Formula == method.FuelCombustion:
		return "fuel"
	}
	return "other"
}

// gas is the gas of an entry.
func gas(e accounting.Entry) string { return cmp.Or(e.Gas, "CO2") }

// counted says whether an entry is in a total on the location basis.
func counted(e accounting.Entry) bool { return e.Apart == "" && e.Basis != method.Market }

// isoCategories are the categories of ISO 14064-1:2018, clause 5.2.4.
var isoCategories = []park.Name{
	{ZH: "类别 1 直接温室气体排放和清除", EN: "Category 1 Direct GHG emissions and removals"},
	{ZH: "类别 2 输入能源的间接排放", EN: "Category 2 Indirect emissions from imported energy"},
	{ZH: "类别 3 运输的间接排放", EN: "Category 3 Indirect emissions from transportation"},
	{ZH: "类别 4 组织使用的产品的间接排放", EN: "Category 4 Indirect emissions from products used by the organization"},
	{ZH: "类别 5 与使用组织产品有关的间接排放", EN: "Category 5 Indirect emissions associated with the use of products from the organization"},
	{ZH: "类别 6 其他来源的间接排放", EN: "Category 6 Indirect emissions from other sources"},
}

// isoOf is the ISO 14064-1 category, 1 to 6, of an entry: the method's own where its
// categories are those; else scope 1 and 2 are categories 1 and 2, and the categories of
// scope 3 go where ISO/TR 14069 and annex B of the standard are commonly read to put them.
func isoOf(e accounting.Entry) int {
	if len(e.Category) == 1 && e.Category >= "1" && e.Category <= "6" {
		return int(e.Category[0] - '0')
	}
	if e.Scope != 3 {
		return e.Scope
	}
	switch strings.TrimPrefix(e.Category, "3.") {
	case "4", "6", "7", "9":
		return 3
	case "1", "2", "3", "5", "8":
		return 4
	case "10", "11", "12", "13", "14", "15":
		return 5
	}
	return 6
}
