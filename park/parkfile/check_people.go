package parkfile

import (
	"fmt"
	"regexp"
	"time"

	"lingtan/park"
	"lingtan/period"
)

var (
	nounDataset      = park.Name{ZH: "数据集", EN: "data set"}
	nounOrganization = park.Name{ZH: "组织", EN: "organization"}
	nounSite         = park.Name{ZH: "场所", EN: "site"}
	nounEquipment    = park.Name{ZH: "设备", EN: "equipment"}
	nounCarrier      = park.Name{ZH: "能源品种", EN: "carrier"}
	nounNode         = park.Name{ZH: "节点", EN: "node"}
	nounRegister     = park.Name{ZH: "寄存器", EN: "register"}
	nounBuilding     = park.Name{ZH: "建筑", EN: "building"}
)

// index gathers the identifiers of every list and finds those that are malformed
// or used twice.
func (c *check) index() {
	d := c.doc
	c.datasets = identify(c, d.Assembly, "assembly", "dataset", idSyntax, func(e park.Assembled) string { return e.Dataset })
	c.organization = identify(c, d.Organizations, "organizations", "id", idSyntax, func(e park.Organization) string { return e.ID })
	c.site = identify(c, d.Sites, "sites", "id", idSyntax, func(e park.Site) string { return e.ID })
	c.equipment = identify(c, d.Equipment, "equipment", "id", idSyntax, func(e park.Equipment) string { return e.ID })
	c.carrier = identify(c, d.Carriers, "carriers", "id", wordSyntax, func(e park.Carrier) string { return e.ID })
	identify(c, d.Points, "points", "id", idSyntax, func(e park.Point) string { return e.ID })
	identify(c, d.Products, "products", "id", idSyntax, func(e park.Product) string { return e.ID })
	identify(c, d.Tariffs, "tariffs", "id", idSyntax, func(e park.Tariff) string { return e.ID })
	identify(c, d.Instruments, "instruments", "id", idSyntax, func(e park.Instrument) string { return e.ID })
	c.register = names{at: make(map[string]int)}
	for i := range d.Points {
		p := &d.Points[i]
		at := (*path)(nil).field("points").item(i).field("registers")
		identifyIn(c, p.Registers, at, "id", idSyntax, func(e park.Register) string { return e.ID })
		for j := range p.Registers {
			key := p.ID + "." + p.Registers[j].ID
			if _, taken := c.register.at[key]; !taken {
				c.register.at[key] = len(c.registers)
			}
			c.register.list = append(c.register.list, key)
			c.registers = append(c.registers, registerAt{&p.Registers[j], key, at.item(j)})
		}
	}
}

func identify[E any](c *check, list []E, key, field string, syntax *regexp.Regexp, id func(E) string) names {
	return identifyIn(c, list, (*path)(nil).field(key), field, syntax, id)
}

func identifyIn[E any](c *check, list []E, at *path, field string, syntax *regexp.Regexp, id func(E) string) names {
	n := names{at: make(map[string]int, len(list)), list: make([]string, 0, len(list))}
	for i, e := range list {
		s := id(e)
		if s == "" { // found by plain
			continue
		}
		if !syntax.MatchString(s) {
			hint := "字母、数字、- 与 _，首字符为字母或数字，最多 64 个"
			hintEN := "letters, digits, - and _, beginning with a letter or digit, at most 64"
			if syntax == wordSyntax {
				hint, hintEN = "小写字母、数字与 _，首字符为字母，最多 40 个", "lower-case letters, digits and _, beginning with a letter, at most 40"
			}
			c.fault(at.item(i).field(field), codeID, "「"+clip(s)+"」不是标识；可用"+hint, quote(s)+" is not an identifier; use "+hintEN)
		}
		if first, taken := n.at[s]; taken {
			c.fault(at.item(i).field(field), codeDuplicate, fmt.Sprintf("标识「%s」已被第 %d 项使用；请改为唯一", clip(s), first+1),
				fmt.Sprintf("identifier %s is already used by entry %d; make it unique", quote(s), first+1))
			continue
		}
		n.at[s] = i
		n.list = append(n.list, s)
	}
	return n
}

func (c *check) park() {
	p, at := c.doc.Park, (*path)(nil).field("park")
	if f := c.doc.Format; f != "" && f != park.Format {
		c.fault((*path)(nil).field("format"), codeFormat, "格式「"+clip(f)+"」不可读；应为 "+park.Format, "format "+quote(f)+" cannot be read; must be "+park.Format)
	}
	c.matches(p.ID, parkIDSyntax, at.field("id"), codeID, "小写字母、数字与 -，2 至 40 个", "lower-case letters, digits and -, 2 to 40")
	c.matches(p.Country, countrySyntax, at.field("country"), codeWord, "ISO 3166-1 两字母代码，如 CN", "the two letters of ISO 3166-1, such as CN")
	c.matches(p.Method, methodSyntax, at.field("method"), codeWord, "核算方法包 id@version", "a method pack, id@version")
	c.word(p.GWP, gwpSets, at.field("gwp"))
	zone, err := time.LoadLocation(p.Zone)
	if p.Zone != "" && (err != nil || p.Zone == "Local") {
		zh, en := c.meant(p.Zone, []string{"Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Seoul", "Asia/Tokyo", "Asia/Singapore", "UTC", "Europe/Berlin", "Europe/Lisbon"})
		c.fault(at.field("zone"), codeZone, "未知的时区「"+clip(p.Zone)+"」"+zh, "unknown time zone "+quote(p.Zone)+en)
		zone = nil
	}
	c.zone = zone
	if p.Interval == "" {
		return
	}
	step, err := time.ParseDuration(p.Interval)
	if err == nil && step >= time.Minute {
		_, err = period.NewGrid(step, time.UTC)
	}
	if err != nil || step < time.Minute {
		c.fault(at.field("interval"), codeInterval, "结算间隔「"+clip(p.Interval)+"」不能整分一小时；可用 1m、5m、10m、15m、30m 或 1h",
			"settlement interval "+quote(p.Interval)+" does not divide the hour; use 1m, 5m, 10m, 15m, 30m or 1h")
	}
}

// matches checks a text that is not empty against a spelling.
func (c *check) matches(s string, syntax *regexp.Regexp, at *path, code, zh, en string) {
	if s != "" && !syntax.MatchString(s) {
		c.fault(at, code, "「"+clip(s)+"」写法不对；应为"+zh, quote(s)+" is not spelled right; write "+en)
	}
}

func (c *check) assembly() {
	for i, a := range c.doc.Assembly {
		c.amount(a.Scale, (*path)(nil).field("assembly").item(i).field("scale"))
	}
}

func (c *check) organizations() {
	list := (*path)(nil).field("organizations")
	operators := 0
	for i, o := range c.doc.Organizations {
		at := list.item(i)
		c.word(o.Kind, organizationKinds, at.field("kind"))
		c.matches(o.Sector, sectorSyntax, at.field("sector"), codeWord, " GB/T 4754 代码，如 C3120 或 3120", "a GB/T 4754 code, such as C3120 or 3120")
		if o.Kind == "operator" {
			if operators++; operators == 2 {
				c.fault(at.field("kind"), codeOperator, "已有一个运营方；应恰有一个 operator", "there is an operator already; exactly one organization is the operator")
			}
		}
		c.refer(o.Parent, c.organization, nounOrganization, at.field("parent"))
	}
	for _, i := range circles(len(c.doc.Organizations), func(i int) int { return c.organization.find(c.doc.Organizations[i].Parent) }) {
		id := c.doc.Organizations[i].ID
		c.fault(list.item(i).field("parent"), codeAncestry, "组织「"+clip(id)+"」是自己的上级；请改正上级关系", "organization "+quote(id)+" is its own parent; mend the chain of parents")
	}
	if operators == 0 {
		c.fault(list, codeOperator, "没有运营方；应恰有一个组织的 kind 为 operator", "no operator; exactly one organization has kind operator")
	}
}

// circles are the elements that come back to themselves by following next, which
// is −1 where the way ends; of each circle it names the first element.
func circles(n int, next func(int) int) []int {
	var found []int
	trail := make([]int, n) // the walk that passed here, from 1
	for start := range n {
		i := start
		for i >= 0 && trail[i] == 0 {
			trail[i] = start + 1
			i = next(i)
		}
		if i >= 0 && trail[i] == start+1 {
			found = append(found, i)
		}
	}
	return found
}

func (c *check) sites() {
	root := (*path)(nil)
	for i, s := range c.doc.Sites {
		at := root.field("sites").item(i)
		c.refer(s.Organization, c.organization, nounOrganization, at.field("organization"))
		identifyIn(c, s.Buildings, at.field("buildings"), "id", idSyntax, func(b park.Building) string { return b.ID })
		for j, b := range s.Buildings {
			c.amount(b.Area, at.field("buildings").item(j).field("area_m2"))
		}
	}
	for i, e := range c.doc.Equipment {
		at := root.field("equipment").item(i)
		c.word(e.Kind, equipmentKinds, at.field("kind"))
		if c.refer(e.Site, c.site, nounSite, at.field("site")) {
			c.refer(e.Building, buildingsOf(c.doc.Sites[c.site.at[e.Site]]), nounBuilding, at.field("building"))
		}
		c.measure(e.Rating, []string{"kW", "kVA", "t/h", "m3/h", "Nm3/h"}, at.field("rating"))
		c.measure(e.Capacity, []string{"kWh", "t", "m3", "Nm3"}, at.field("capacity"))
	}
}

func buildingsOf(s park.Site) names {
	n := names{at: make(map[string]int, len(s.Buildings))}
	for i, b := range s.Buildings {
		n.at[b.ID] = i
		n.list = append(n.list, b.ID)
	}
	return n
}

func (c *check) measure(m *park.Measure, units []string, at *path) {
	if m == nil {
		return
	}
	c.amount(m.Value, at.field("value"))
	if u, ok := c.unit(m.Unit, at.field("unit")); ok && !fits(u, units) {
		c.fault(at.field("unit"), codeDimension, fmt.Sprintf("单位「%s」不适用；应为 %v 之类", clip(m.Unit), units), fmt.Sprintf("unit %s does not fit; use one like %v", quote(m.Unit), units))
	}
}
