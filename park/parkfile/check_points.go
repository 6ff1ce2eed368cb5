package parkfile

import (
	"fmt"
	"strings"
	"time"

	"lingtan/meter"
	"lingtan/park"
	"lingtan/quantity"
)

func (c *check) carriers() {
	for i, e := range c.doc.Carriers {
		at := (*path)(nil).field("carriers").item(i)
		known, ok := carrierUnits[e.ID]
		if !ok {
			known = amountUnits
			if near := nearest(e.ID, carrierWords); near != "" {
				c.fault(at.field("id"), codeWord, "能源品种「"+clip(e.ID)+"」；是否应为「"+near+"」？", "carrier "+quote(e.ID)+"; did you mean "+quote(near)+"?")
			}
		}
		if u, ok := c.unit(e.Unit, at.field("unit")); ok && !fits(u, known) {
			c.fault(at.field("unit"), codeDimension, fmt.Sprintf("「%s」不能以 %s 结算；应为 %s 之类", clip(e.ID), clip(e.Unit), strings.Join(known, "、")),
				fmt.Sprintf("%s cannot be settled in %s; use a unit like %s", quote(e.ID), quote(e.Unit), strings.Join(known, ", ")))
		}
		c.content(e, at.field("energy_content"))
	}
}

// content checks the energy of a unit of a carrier.
func (c *check) content(e park.Carrier, at *path) {
	if e.EnergyContent == nil {
		return
	}
	if _, known := c.unit(e.EnergyContent.Unit, at.field("unit")); !known {
		return
	}
	settled, err := quantity.Parse(e.Unit)
	if err == nil && settled.Compatible(quantity.MustParse("GJ")) {
		c.fault(at, codeDimension, "「"+clip(e.ID)+"」以能量结算；请删去 energy_content", quote(e.ID)+" is settled in energy; remove its energy_content")
		return
	}
	if _, ok := e.Energy(); err == nil && !ok {
		c.fault(at, codeDimension, fmt.Sprintf("energy_content 须大于 0，单位如 MJ/%s", clip(e.Unit)), fmt.Sprintf("an energy_content is above 0, in a unit like MJ/%s", clip(e.Unit)))
	}
}

func (c *check) points() {
	for i, p := range c.doc.Points {
		at := (*path)(nil).field("points").item(i)
		c.refer(p.Organization, c.organization, nounOrganization, at.field("organization"))
		c.refer(p.Site, c.site, nounSite, at.field("site"))
		c.refer(p.Equipment, c.equipment, nounEquipment, at.field("equipment"))
		c.refer(p.Dataset, c.datasets, nounDataset, at.field("dataset"))
		if len(p.Registers) == 0 {
			c.fault(at.field("registers"), codeMissing, "计量点没有寄存器；至少写一个", "the point has no register; write at least one")
		}
	}
	for _, r := range c.registers {
		kin := [4]string{r.Quantity, r.Kind, r.Unit, r.Carrier}
		if known := len(c.faults); !c.makes[kin] { // thousands of registers are of few makes
			c.measured(r)
			c.makes[kin] = len(c.faults) == known
		}
		c.numbers(r)
		c.exchanges(r)
		c.parent(r)
	}
	for _, i := range circles(len(c.registers), func(i int) int { return c.register.find(c.registers[i].Parent) }) {
		r := c.registers[i]
		c.fault(r.at.field("parent"), codeAncestry, "寄存器「"+clip(r.key)+"」是自己的上级表；请改正上级关系", "register "+quote(r.key)+" is its own parent meter; mend the chain of parents")
	}
}

// kindsOf are the register kinds that suit a role of quantity.
var kindsOf = map[role][]string{
	settled: {string(meter.Counter), string(meter.Amount), string(meter.MeanPower), string(meter.Power)},
	rate:    {string(meter.MeanPower), string(meter.Power), string(meter.State)},
	watched: {string(meter.State)},
}

// measured checks that quantity, kind, unit and carrier of a register belong together.
func (c *check) measured(r registerAt) {
	kindOK := c.word(r.Kind, registerKinds, r.at.field("kind"))
	quantityOK := c.word(r.Quantity, quantityWords, r.at.field("quantity"))
	unit, unitOK := c.unit(r.Unit, r.at.field("unit"))
	carrierOK := c.refer(r.Carrier, c.carrier, nounCarrier, r.at.field("carrier"))
	if !kindOK || !quantityOK {
		return
	}
	q := quantityByWord[r.Quantity]
	if !contains(kindsOf[q.role], r.Kind) {
		list := strings.Join(kindsOf[q.role], ", ")
		c.fault(r.at.field("kind"), codeWord, "量「"+r.Quantity+"」不能以 "+r.Kind+" 计量；可用："+list, "quantity "+r.Quantity+" cannot be metered as "+r.Kind+"; one of: "+list)
		return
	}
	state := r.Kind == string(meter.State)
	c.carried(r, q, state)
	if !unitOK {
		return
	}
	amount := amountUnit(unit, r.Kind, q.role)
	if !fits(amount, q.units) {
		c.misfit(r, q)
		return
	}
	if carrierOK && !state && !q.own {
		c.settles(r, amount)
	}
}

// carried checks that what is settled names its carrier and what is not does not.
func (c *check) carried(r registerAt, q *metered, state bool) {
	switch {
	case state && r.Carrier != "":
		c.fault(r.at.field("carrier"), codeCarrier, "状态量不计入能源品种；请删去 carrier", "a state is not an amount of a carrier; remove the carrier")
	case !state && !q.own && r.Carrier == "":
		c.fault(r.at.field("carrier"), codeCarrier, "缺少能源品种；请写 carrier", "the carrier is missing; write which carrier this meters")
	}
}

// amountUnit is the unit of an hour's amount: a rate's unit times the hour.
func amountUnit(unit quantity.Unit, kind string, as role) quantity.Unit {
	if kind == string(meter.MeanPower) || kind == string(meter.Power) || as == rate {
		return unit.Mul(hour)
	}
	return unit
}

var hour = quantity.MustParse("h")

// misfit says that a unit does not measure its quantity, and which would.
func (c *check) misfit(r registerAt, q *metered) {
	want := strings.Join(q.units, ", ")
	if q.role == rate || r.Kind == string(meter.MeanPower) || r.Kind == string(meter.Power) {
		rates := map[string]string{"kWh": "kW", "GJ": "kW", "kvarh": "kvar", "kVAh": "kVA"}
		words := make([]string, len(q.units))
		for i, u := range q.units {
			if words[i] = rates[u]; words[i] == "" {
				words[i] = u + "/h"
			}
		}
		want = strings.Join(words, ", ")
	}
	c.fault(r.at.field("unit"), codeDimension, fmt.Sprintf("单位「%s」不能量 %s（%s）；应为 %s 之类", clip(r.Unit), r.Quantity, r.Kind, want),
		fmt.Sprintf("unit %s does not measure %s (%s); use one like %s", quote(r.Unit), r.Quantity, r.Kind, want))
}

// settles checks that the amounts of a register convert to its carrier's unit.
func (c *check) settles(r registerAt, amount quantity.Unit) {
	into := c.doc.Carriers[c.carrier.at[r.Carrier]].Unit
	u, err := quantity.Parse(into)
	if err == nil && !amount.Compatible(u) {
		c.fault(r.at.field("unit"), codeDimension, fmt.Sprintf("单位「%s」换算不成「%s」的结算单位 %s", clip(r.Unit), r.Carrier, clip(into)),
			fmt.Sprintf("unit %s does not convert to %s, in which %s is settled", quote(r.Unit), quote(into), r.Carrier))
	}
}

// numbers checks ratio, digits, bounds and step.
func (c *check) numbers(r registerAt) {
	for _, one := range [2]struct{ text, key string }{{r.CT, "ct"}, {r.PT, "pt"}} {
		if _, err := park.ParseRatio(one.text); err != nil {
			c.fault(r.at.field(one.key), codeRatio, "变比「"+clip(one.text)+"」写法不对；写作 400/5", "ratio "+quote(one.text)+" is not spelled right; write it like 400/5")
		}
	}
	if _, _, err := r.ErrorLimit(); err != nil {
		c.fault(r.at.field("accuracy"), codeAccuracy, "准确度「"+clip(r.Accuracy)+"」写法不对；写百分数如 1.5%，或表上的等级如 0.5S、B、2（热量表 1、2、3）", strings.TrimPrefix(err.Error(), park.ErrAccuracy.Error()+": "))
	}
	if r.Multiplier != nil && *r.Multiplier == 0 {
		c.fault(r.at.field("multiplier"), codeRatio, "倍率为 0，会使一切读数为零；无倍率时删去此键", "a multiplier of 0 makes every reading zero; leave the key out when there is none")
	}
	counter := r.Kind == string(meter.Counter)
	if r.Digits < 0 || r.Digits > 15 || r.Digits > 0 && !counter {
		c.fault(r.at.field("digits"), codeDigits, "位数只用于 counter，为 1 至 15；不翻转时删去", "digits go with kind counter only, 1 to 15; leave them out when it never rolls over")
	}
	if r.Min != nil && r.Max != nil && *r.Min > *r.Max {
		c.fault(r.at.field("min"), codeRange, fmt.Sprintf("下限 %g 大于上限 %g", *r.Min, *r.Max), fmt.Sprintf("min %g is above max %g", *r.Min, *r.Max))
	}
	if r.Events && r.Kind != string(meter.Amount) {
		c.fault(r.at.field("events"), codeWord, "events 只用于 kind: amount", "events go with kind amount only")
	}
	step, err := time.ParseDuration(r.Step)
	if r.Step != "" && (err != nil || step < time.Second || step > 744*time.Hour || step%time.Second != 0) {
		c.fault(r.at.field("step"), codeInterval, "步长「"+clip(r.Step)+"」写法不对；整秒，写作 15m、1h，最长 744h", "step "+quote(r.Step)+" is not spelled right; whole seconds like 15m or 1h, at most 744h")
	}
}

func (c *check) exchanges(r registerAt) {
	if len(r.Exchanges) > 0 && r.Kind != string(meter.Counter) {
		c.fault(r.at.field("exchanges"), codeExchange, "换表只用于 kind: counter", "meter exchanges go with kind counter only")
	}
	for i, e := range r.Exchanges {
		at := r.at.field("exchanges").item(i)
		if i > 0 && !e.At.After(r.Exchanges[i-1].At) {
			c.fault(at.field("at"), codeExchange, "换表时刻应依次递增", "meter exchanges stand in time order, each after the one before")
		}
		c.amount(e.Last, at.field("last"))
		c.amount(e.First, at.field("first"))
	}
}

func (c *check) parent(r registerAt) {
	if !c.refer(r.Parent, c.register, nounRegister, r.at.field("parent")) {
		return
	}
	if up := c.registers[c.register.at[r.Parent]]; up.Carrier != r.Carrier || up.Kind == string(meter.State) {
		c.fault(r.at.field("parent"), codeMeter, "上级表「"+clip(r.Parent)+"」计量的不是同一能源品种", "parent meter "+quote(r.Parent)+" does not meter the same carrier")
	}
}

func contains(words []string, w string) bool {
	for _, one := range words {
		if one == w {
			return true
		}
	}
	return false
}
