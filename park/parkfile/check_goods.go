package parkfile

import (
	"fmt"

	"lingtan/park"
)

func (c *check) products() {
	for i, p := range c.doc.Products {
		at := (*path)(nil).field("products").item(i)
		c.refer(p.Organization, c.organization, nounOrganization, at.field("organization"))
		c.output(p.Output, at.field("output"))
	}
}

// output checks amounts made. A year stands beside no month of its own, or the
// month would count twice.
func (c *check) output(list []park.Production, at *path) {
	seen := make(map[string]int) // period, and the year of each month as "2018-"
	for i, o := range list {
		here := at.item(i)
		c.amount(o.Amount, here.field("amount"))
		if !c.period(o.Period, here.field("period")) {
			continue
		}
		year := o.Period[:4]
		clash, found := seen[o.Period]
		if !found && len(o.Period) > 4 {
			clash, found = seen[year]
		} else if !found {
			clash, found = seen[year+"-"]
		}
		if found {
			c.fault(here.field("period"), codePeriod, fmt.Sprintf("时段 %s 与第 %d 项重叠，产量会重复计入", o.Period, clash+1), fmt.Sprintf("period %s overlaps entry %d; the amount would count twice", o.Period, clash+1))
			continue
		}
		seen[o.Period] = i
		if len(o.Period) > 4 {
			seen[year+"-"] = i
		}
	}
}

func (c *check) period(s string, at *path) bool {
	ok := periodSyntax.MatchString(s)
	if s != "" && !ok {
		c.fault(at, codePeriod, "时段「"+clip(s)+"」写法不对；写作 2018 或 2018-03", "period "+quote(s)+" is not spelled right; write 2018 or 2018-03")
	}
	return ok
}

func (c *check) tariffs() {
	for i, t := range c.doc.Tariffs {
		at := (*path)(nil).field("tariffs").item(i)
		c.refer(t.Carrier, c.carrier, nounCarrier, at.field("carrier"))
		for j, o := range t.Organizations {
			c.refer(o, c.organization, nounOrganization, at.field("organizations").item(j))
		}
		c.word(t.Category, tariffCategories, at.field("category"))
		c.amount(t.ContractKW, at.field("contract_kw"))
	}
}

func (c *check) instruments() {
	for i, e := range c.doc.Instruments {
		at := (*path)(nil).field("instruments").item(i)
		c.refer(e.Organization, c.organization, nounOrganization, at.field("organization"))
		c.word(e.Kind, instrumentKinds, at.field("kind"))
		c.period(e.Period, at.field("period"))
		c.amount(e.MWh, at.field("mwh"))
		c.amount(e.Factor, at.field("factor"))
	}
}
