package quantity

import "strings"

// The dimensions. Length, area and volume are kept as three, since nothing here multiplies lengths
// to volumes; a species of matter, a currency and the kinds of electric power are each their own.
const (
	dimEnergy = iota
	dimTime
	dimMass
	dimCO2
	dimCO2e
	dimCarbon
	dimCoal
	dimCH4
	dimN2O
	dimVolume
	dimNormal // volume at 0 degC and 101.325 kPa
	dimLength
	dimArea
	dimTemperature
	dimPressure
	dimVoltage
	dimCurrent
	dimReactive
	dimApparent
	dimYuan
	dimEuro
	dimDollar
	dimPiece
	dimYear // a calendar year, which is no fixed number of seconds
	dimOil  // oil equivalent
	dims
)

type dimension [dims]int8

// scale is a ratio to the SI unit as exponents of 2, 3 and 5.
type scale [3]int16

// zeroCelsius is 0 degC in K (SI definition).
const zeroCelsius = 273.15

type atom struct {
	name    string
	dim     dimension
	scale   scale
	aliases []string
}

// catalogue is the table of named units with its two indexes.
type catalogue struct {
	atoms  []atom
	byName map[string]uint8
	byFold map[string]uint8 // by foldKey; 0 where two names share it
}

// table is built once at start: about 110 names, 0.1 ms.
var table = buildTable()

func one(d int) dimension {
	var v dimension
	v[d] = 1
	return v
}

func per(d, by int) dimension {
	v := one(d)
	v[by]--
	return v
}

func with(d, by int) dimension {
	v := one(d)
	v[by]++
	return v
}

// ten is a power of ten.
func ten(n int16) scale { return scale{n, 0, n} }

// times is 3600·10^n: an hour's worth.
func hours(n int16) scale { return scale{4 + n, 2, 2 + n} }

func (c *catalogue) add(name string, d dimension, s scale, aliases ...string) {
	c.atoms = append(c.atoms, atom{name, d, s, aliases})
}

// addMass adds g, kg, t, 10^4t and Mt of a species; zh is its name for the Chinese spellings.
func (c *catalogue) addMass(tag string, d int, zh string) {
	list := []struct {
		name, zh string
		power    int16
	}{{"g", "克", -3}, {"kg", "千克", 0}, {"t", "吨", 3}, {"10^4t", "万吨", 7}, {"Mt", "百万吨", 9}, {"mg", "毫克", -6}}
	for _, m := range list {
		aliases := []string{m.zh + zh}
		if m.name == "kg" {
			aliases = append(aliases, "公斤"+zh)
		}
		if m.name == "10^4t" {
			aliases = append(aliases, "万t"+tag)
		}
		if tag != "" {
			aliases = append(aliases, m.name+" "+tag, m.zh+tag)
		}
		c.add(m.name+tag, one(d), ten(m.power), aliases...)
	}
}

func (c *catalogue) addMasses() {
	c.addMass("", dimMass, "")
	c.addMass("CO2", dimCO2, "二氧化碳")
	c.addMass("CO2e", dimCO2e, "二氧化碳当量")
	c.addMass("C", dimCarbon, "碳")
	c.addMass("ce", dimCoal, "标准煤")
	c.addMass("CH4", dimCH4, "甲烷")
	c.addMass("N2O", dimN2O, "氧化亚氮")
	c.add("Gg", one(dimMass), ten(6))
	c.add("kgoe", one(dimOil), ten(0), "千克标准油")
	c.add("toe", one(dimOil), ten(3), "吨标准油")
	for name, other := range map[string]string{
		"kgce": "千克标煤", "tce": "吨标煤", "10^4tce": "万吨标煤", "kgCO2e": "kgCO2eq", "tCO2e": "tCO2eq", "gCO2e": "gCO2eq",
	} {
		for i := range c.atoms {
			if c.atoms[i].name == name {
				c.atoms[i].aliases = append(c.atoms[i].aliases, other)
			}
		}
	}
}

func (c *catalogue) addEnergy() {
	energy, power := one(dimEnergy), per(dimEnergy, dimTime)
	c.add("J", energy, ten(0), "焦", "焦耳")
	c.add("kJ", energy, ten(3), "千焦")
	c.add("MJ", energy, ten(6), "兆焦")
	c.add("GJ", energy, ten(9), "吉焦", "百万千焦")
	c.add("TJ", energy, ten(12), "太焦")
	c.add("PJ", energy, ten(15))
	c.add("Wh", energy, hours(0), "瓦时")
	c.add("kWh", energy, hours(3), "千瓦时", "度")
	c.add("MWh", energy, hours(6), "兆瓦时")
	c.add("10^4kWh", energy, hours(7), "万kWh", "万千瓦时", "万度")
	c.add("GWh", energy, hours(9), "吉瓦时")
	c.add("TWh", energy, hours(12))
	c.add("W", power, ten(0), "瓦")
	c.add("kW", power, ten(3), "千瓦")
	c.add("MW", power, ten(6), "兆瓦")
	c.add("GW", power, ten(9), "吉瓦")
	c.add("kWp", power, ten(3))
	c.add("var", one(dimReactive), ten(0), "乏")
	c.add("kvar", one(dimReactive), ten(3), "千乏")
	c.add("Mvar", one(dimReactive), ten(6), "兆乏")
	c.add("varh", with(dimReactive, dimTime), hours(0), "乏时")
	c.add("kvarh", with(dimReactive, dimTime), hours(3), "千乏时")
	c.add("Mvarh", with(dimReactive, dimTime), hours(6), "兆乏时")
	c.add("VA", one(dimApparent), ten(0), "伏安")
	c.add("kVA", one(dimApparent), ten(3), "千伏安")
	c.add("MVA", one(dimApparent), ten(6), "兆伏安")
	c.add("kVAh", with(dimApparent, dimTime), hours(3), "千伏安时")
	c.add("V", one(dimVoltage), ten(0), "伏")
	c.add("kV", one(dimVoltage), ten(3), "千伏")
	c.add("A", one(dimCurrent), ten(0), "安")
	c.add("kA", one(dimCurrent), ten(3), "千安")
	hertz := dimension{}
	hertz[dimTime] = -1
	c.add("Hz", hertz, ten(0), "赫兹")
}

func (c *catalogue) addOthers() {
	c.add("m3", one(dimVolume), ten(0), "立方米", "方", "m^3")
	c.add("L", one(dimVolume), ten(-3), "l", "升")
	c.add("10^4m3", one(dimVolume), ten(4), "万m3", "万立方米")
	c.add("Nm3", one(dimNormal), ten(0), "标立方米", "标方", "标准立方米", "m3(n)")
	c.add("10^4Nm3", one(dimNormal), ten(4), "万Nm3", "万标立方米", "万标方", "万标准立方米")
	c.add("m", one(dimLength), ten(0), "米")
	c.add("km", one(dimLength), ten(3), "千米", "公里")
	c.add("m2", one(dimArea), ten(0), "平方米", "m^2")
	c.add("10^4m2", one(dimArea), ten(4), "万m2", "万平方米", "公顷", "ha")
	c.add("s", one(dimTime), ten(0), "秒")
	c.add("min", one(dimTime), scale{2, 1, 1}, "分钟")
	c.add("h", one(dimTime), hours(0), "小时", "时")
	c.add("d", one(dimTime), scale{7, 3, 2}, "天", "日")
	c.add("a", one(dimYear), ten(0), "年")
	c.add("K", one(dimTemperature), ten(0), "开")
	c.add("degC", one(dimTemperature), ten(0), "°C", "℃", "摄氏度")
	c.add("Pa", one(dimPressure), ten(0), "帕")
	c.add("kPa", one(dimPressure), ten(3), "千帕")
	c.add("MPa", one(dimPressure), ten(6), "兆帕")
	c.add("bar", one(dimPressure), ten(5))
	c.add("%", dimension{}, ten(-2), "百分比")
	c.add("‰", dimension{}, ten(-3))
	c.add("ppm", dimension{}, ten(-6))
	c.add("CNY", one(dimYuan), ten(0), "元", "RMB", "人民币", "¥")
	c.add("10^4CNY", one(dimYuan), ten(4), "万元", "万CNY")
	c.add("10^8CNY", one(dimYuan), ten(8), "亿元", "亿CNY")
	c.add("EUR", one(dimEuro), ten(0), "€", "欧元")
	c.add("USD", one(dimDollar), ten(0), "美元")
	c.add("piece", one(dimPiece), ten(0), "pieces", "pcs", "pc", "个", "件", "台")
}

func buildTable() catalogue {
	c := catalogue{byName: map[string]uint8{}, byFold: map[string]uint8{}}
	c.addMasses()
	c.addEnergy()
	c.addOthers()
	for i, a := range c.atoms {
		id := uint8(i + 1)
		for _, s := range append([]string{a.name}, a.aliases...) {
			s = strings.ReplaceAll(tidy.Replace(s), " ", "")
			if other, taken := c.byName[s]; taken && other != id {
				panic("quantity: two units are spelled " + s)
			}
			c.byName[s] = id
		}
	}
	for s, id := range c.byName {
		key := foldKey(s)
		if other, seen := c.byFold[key]; seen && other != id {
			id = 0
		}
		c.byFold[key] = id
	}
	return c
}

// foldKey forgives letter case, except for a leading m or M (mW is no MW) and for megatonnes (MT is
// as likely a metric tonne).
func foldKey(s string) string {
	if strings.HasPrefix(s, "MT") {
		return s
	}
	if s[0] == 'm' || s[0] == 'M' {
		return s[:1] + strings.ToLower(s[1:])
	}
	return strings.ToLower(s)
}
