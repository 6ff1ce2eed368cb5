package dispatch

import "fmt"

// when says a step in words, with the hours since the horizon's start.
func (p *Problem) when(t int) words {
	if t < 0 || t >= p.steps() {
		return words{"整个计划期", "over the horizon"}
	}
	var hours float64
	for s := range t {
		hours += p.Hours[s]
	}
	return words{fmt.Sprintf("第 %d 步（第 %.4g 小时起）", t, hours), fmt.Sprintf("in step %d (from hour %.4g)", t, hours)}
}

// limitWords name each kind of demand; %s is the asset or carrier.
var limitWords = map[string]words{
	"balance":      {"%s 的供需必须平衡", "supply and demand of %s must balance"},
	"unserved":     {"%s 的需求必须满足", "demand for %s must be served"},
	"import_limit": {"%s 的购入不得超过上限（合同容量）", "import through %s stays within its limit (the contract)"},
	"shift":        {"%s 移动的负荷须在窗口内补回", "what %s moves is made up for within its window"},
	"departure":    {"%s 离开前须充够电", "%s is charged before it departs"},
	"batch":        {"%s 须在窗口内开工一次", "%s runs once within its window"},
	"starts":       {"%s 的启动次数有上限", "%s starts no more often than allowed"},
	"end":          {"%s 期末须达到约定的存量", "%s holds what is asked for at the end"},
	"goal":         {"%s 须按时达到目标存量", "%s reaches its goal in time"},
	"request":      {"%s 要求的充电功率", "%s is charged with the power asked for"},
	"reserve":      {"%s 须留足备用", "%s keeps its reserve"},
	"island":       {"%s 孤岛时须保住关键负荷", "%s serves its critical loads as an island"},
	"carbon":       {"碳预算%s", "the carbon budget%s"},
	"green":        {"%s 的绿电比例", "the green share of %s"},
	"level":        {"%s 的存量须在上下限内", "%s holds a level within its bounds"},
	"import":       {"%s 的购入上限（合同容量）", "the import limit of %s (the contract)"},
	"export":       {"%s 的外送上限", "the export limit of %s"},
	"capacity":     {"%s 的容量", "the capacity of %s"},
	"full":         {"%s 的储能容量", "the energy that %s can hold"},
	"charge":       {"%s 的充入功率", "the charging power of %s"},
	"discharge":    {"%s 的放出功率", "the discharging power of %s"},
	"peak":         {"需量峰值 %s", "the demand peak %s"},
}

func (l limit) said() words {
	w, ok := limitWords[l.Kind]
	if !ok {
		return words{l.Kind + " " + l.ID, l.Kind + " " + l.ID}
	}
	return words{fmt.Sprintf(w.ZH, l.ID), fmt.Sprintf(w.EN, l.ID)}
}

// missed says what a plan misses.
func (p *Problem) missed(v Finding) words {
	w, at := v.said(), p.when(v.Step)
	return words{fmt.Sprintf("%s：%s差 %.6g %s", w.ZH, at.ZH, v.By, v.Unit), fmt.Sprintf("%s: missed %s by %.6g %s", w.EN, at.EN, v.By, v.Unit)}
}

// worth says what one more unit of a limit is worth.
func (p *Problem) worth(b Finding) words {
	w := b.said()
	if b.Worth == nil {
		return words{fmt.Sprintf("%s：%d 步达到极限", w.ZH, len(b.Steps)), fmt.Sprintf("%s: at its limit in %d steps", w.EN, len(b.Steps))}
	}
	much, unit := *b.Worth, b.Unit
	if unit == "kW" || unit == "kWh" {
		much, unit = 1000*much, map[string]string{"kW": "MW", "kWh": "MWh"}[unit]
	} else if unit == "kg" {
		much, unit = 1000*much, "t"
	}
	zh := fmt.Sprintf("%s：再多 1 %s，计划期内可省 %.6g %s", w.ZH, unit, much, p.Currency)
	en := fmt.Sprintf("%s: one more %s of it is worth %.6g %s over the horizon", w.EN, unit, much, p.Currency)
	if len(b.Steps) > 0 {
		zh += fmt.Sprintf("（%d 步达到极限）", len(b.Steps))
		en += fmt.Sprintf(" (at its limit in %d steps)", len(b.Steps))
	}
	return words{zh, en}
}
