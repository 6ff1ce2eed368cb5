package parkfile

import "maps"

// rule describes a key: its meaning in both languages and the limits that a JSON
// Schema can state.
type rule struct {
	en, zh string
	limits map[string]any
}

func plainly(en, zh string) rule { return rule{en: en, zh: zh} }

func spelled(pattern, en, zh string) rule {
	return rule{en, zh, map[string]any{"pattern": pattern}}
}

func oneOf(words []string, en, zh string) rule {
	return rule{en, zh, map[string]any{"enum": words}}
}

func atLeast(low float64, en, zh string) rule {
	return rule{en, zh, map[string]any{"minimum": low}}
}

func filled(en, zh string) rule { return rule{en, zh, map[string]any{"minLength": 1}} }

var aboutType = map[string]string{
	"Document":     "A park: who is in it, what is metered, and how energy runs. 园区：有谁，计量什么，能量怎样流动。",
	"Park":         "The park itself. 园区本身。",
	"Assembled":    "Where a data set of an assembled park is from. 拼装园区中一个数据集的来源。",
	"Organization": "A legal person in or over the park. 园区内或对园区负责的法人。",
	"Valid":        "A span of civil days in the park's zone; an open side is left out. 园区时区内的起止日；不限的一侧不写。",
	"Site":         "A place of an organization. 组织的场所。",
	"Building":     "A building of a site. 场所内的建筑。",
	"Equipment":    "A machine or plant. 设备。",
	"Measure":      "A value with its unit. 带单位的值。",
	"Carrier":      "An energy carrier and the unit it is settled in. 能源品种及其结算单位。",
	"Point":        "A place where something is metered. 计量点。",
	"Register":     "One value series of a point. 计量点的一个量（寄存器）。",
	"Exchange":     "The replacement of a meter. 一次换表。",
	"Network":      "The energy network. 能源网络。",
	"Node":         "A place where one carrier is brought in, shared out, stored, used or sent out, or where carriers are converted into others. 一种能源输入、分配、储存、使用或输出之处，或能源转换之处。",
	"Conversion":   "How a node turns carriers into others: the edges into it are its inputs, those out of it its outputs. 节点如何将能源转换为另一种：流入的边为输入，流出的边为输出。",
	"Output":       "What is known of an output of a conversion beside its meter. 转换的一个输出在计量之外的参数。",
	"Edge":         "Carries energy of one carrier from a node to another. 一种能源从一节点到另一节点。",
	"Product":      "A product and the amounts made. 产品及产量。",
	"Production":   "The amount made in a period. 一个时段的产量。",
	"Tariff":       "Which energy price applies to whom. 谁适用哪种能源价格。",
	"Instrument":   "A contractual instrument for purchased electricity (market-based scope 2). 购入电力的合同凭证（范围二，基于市场）。",
	"Name":         "A name in Chinese and English; at least one of them. 中英文名称，至少一种。",
}

// about describes every key, by type and key.
var about = merge(aboutPlaces, aboutMetering)

func merge(a, b map[string]rule) map[string]rule {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

var aboutPlaces = map[string]rule{
	"Document.format":        spelled(formatPattern, "the format of this file, lingtan.park/v1", "文件格式，lingtan.park/v1"),
	"Document.park":          plainly("the park", "园区"),
	"Document.assembly":      plainly("sources of the data sets, when the park is put together from several", "各数据集的来源（园区由多个数据集拼装时）"),
	"Document.organizations": plainly("operator, enterprises and authorities; exactly one operator", "运营方、企业与主管机构；运营方恰有一个"),
	"Document.sites":         plainly("sites with their buildings", "场所与建筑"),
	"Document.equipment":     plainly("machines, transformers, PV, batteries, …", "设备：变压器、光伏、储能等"),
	"Document.carriers":      plainly("energy carriers", "能源品种"),
	"Document.points":        plainly("metering points; at most 200,000", "计量点；至多 200000 个"),
	"Document.network":       plainly("the energy network", "能源网络"),
	"Document.products":      plainly("products with amounts made", "产品与产量"),
	"Document.tariffs":       plainly("energy prices", "能源价格"),
	"Document.instruments":   plainly("green certificates and contracts", "绿证与合同"),

	"Name.zh": {"in Chinese; at most 200 characters (notes 2,000)", "中文；至多 200 字（说明 2000 字）", map[string]any{"maxLength": maxNote}},
	"Name.en": {"in English; as long", "英文；长度同上", map[string]any{"maxLength": maxNote}},

	"Park.id":       spelled(parkIDPattern, "lower-case letters, digits, hyphen; 2 to 40", "小写字母、数字、连字符；2 至 40 个"),
	"Park.name":     plainly("its name", "名称"),
	"Park.region":   filled("province in Chinese, for factors, tariffs and holidays: 江苏", "省级行政区，用于因子、电价、节假日：江苏"),
	"Park.country":  spelled(countryPattern, "ISO 3166-1 alpha-2: CN", "ISO 3166-1 两字母：CN"),
	"Park.zone":     filled("IANA time zone: Asia/Shanghai", "IANA 时区：Asia/Shanghai"),
	"Park.interval": filled("settlement interval, divides the hour: 1m, 5m, 10m, 15m, 30m, 1h", "结算间隔，整分一小时：1m、5m、10m、15m、30m、1h"),
	"Park.method":   spelled(methodPattern, "accounting method pack, id@version", "核算方法包，id@version"),
	"Park.gwp":      oneOf(gwpSets, "set of global warming potentials of the IPCC", "IPCC 全球增温潜势取值"),
	"Park.note":     plainly("a note", "说明"),

	"Assembled.dataset": spelled(idPattern, "identifier of the data set", "数据集标识"),
	"Assembled.source":  filled("where it is from: citation or address", "出处：引文或地址"),
	"Assembled.licence": filled("its licence", "许可"),
	"Assembled.shift":   plainly("what was done to its time stamps, in words", "对时间戳做了什么，用文字说明"),
	"Assembled.scale":   atLeast(0, "factor on its values; 0 or 1 = none", "数值的缩放系数；0 或 1 表示不缩放"),
	"Assembled.why":     plainly("why it was scaled", "为何缩放"),

	"Organization.id":     spelled(idPattern, "letters, digits, - and _; at most 64", "字母、数字、- 与 _；至多 64 个"),
	"Organization.kind":   oneOf(organizationKinds, "its part in the park", "在园区中的身份"),
	"Organization.name":   plainly("its name", "名称"),
	"Organization.parent": plainly("the organization above it", "上级组织"),
	"Organization.sector": spelled(sectorPattern, "GB/T 4754 code: C3120 or 3120", "GB/T 4754 代码：C3120 或 3120"),
	"Organization.valid":  plainly("days on which it is in the park", "在园区的起止日"),

	"Valid.from": spelled(dayPattern, "first day, YYYY-MM-DD", "首日，YYYY-MM-DD"),
	"Valid.to":   spelled(dayPattern, "first day no more included, YYYY-MM-DD", "终止日（不含），YYYY-MM-DD"),

	"Site.id":           spelled(idPattern, "identifier", "标识"),
	"Site.organization": filled("whose it is", "所属组织"),
	"Site.name":         plainly("its name", "名称"),
	"Site.buildings":    plainly("its buildings", "建筑"),
	"Building.id":       spelled(idPattern, "identifier, unique in its site", "标识，场所内唯一"),
	"Building.name":     plainly("its name", "名称"),
	"Building.area_m2":  atLeast(0, "floor area, m²", "建筑面积，m²"),

	"Equipment.id":       spelled(idPattern, "identifier", "标识"),
	"Equipment.kind":     oneOf(equipmentKinds, "what it is", "类别"),
	"Equipment.site":     filled("where it stands", "所在场所"),
	"Equipment.building": plainly("in which building of the site", "所在建筑"),
	"Equipment.name":     plainly("its name", "名称"),
	"Equipment.rating":   plainly("rated power: kW, kVA, or t/h of steam, m3/h", "额定功率：kW、kVA，或 t/h、m3/h"),
	"Equipment.capacity": plainly("amount it stores: kWh, t, m3", "储存容量：kWh、t、m3"),
	"Equipment.valid":    plainly("days in service", "在用的起止日"),
	"Equipment.note":     plainly("a note", "说明"),

	"Measure.value": atLeast(0, "the value", "数值"),
	"Measure.unit":  filled("its unit", "单位"),

	"Carrier.id":   spelled(wordPattern, "electricity, natural_gas, steam, heat, cooling, compressed_air, hydrogen, water, or a word of your own such as diesel", "electricity、natural_gas、steam、heat、cooling、compressed_air、hydrogen、water，或自定如 diesel"),
	"Carrier.name": plainly("its name", "名称"),
	"Carrier.unit": filled("unit of settled amounts: kWh, GJ, m3, Nm3, t", "结算单位：kWh、GJ、m3、Nm3、t"),

	"Carrier.energy_content": plainly("energy of a settled unit, for conversions of what is not settled in energy: 38.93 MJ/m3 (lower heating value), 2.75 GJ/t (enthalpy)", "每结算单位的能量，供非能量结算的品种转换时使用：38.93 MJ/m3（低位热值）、2.75 GJ/t（焓）"),
}
