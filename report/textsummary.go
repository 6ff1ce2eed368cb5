package report

import (
	"fmt"
	"io"
	"strconv"

	"lingtan/park"
)

// TextSummary writes a summary as tables for a terminal in a language (zh, en or
// both). Errors: ErrLanguage, or what w gives.
func TextSummary(w io.Writer, s Summary, lang string) error {
	l, err := parseLanguage(lang)
	if err != nil {
		return err
	}
	p := &page{}
	p.line(l.of(s.Name) + " (" + s.Park + ")  " + s.Period)
	if s.Assembled {
		p.line(l.of(assembled))
	}
	s.Energy.text(p, l)
	s.Emissions.text(p, l)
	q := s.Quality
	p.heading(l.say("数据质量", "Data quality"))
	p.line("  " + l.say("实测", "measured") + " " + percent(q.MeasuredShare) + "  " + l.say("估算", "estimated") + " " + percent(q.EstimatedShare) +
		"  " + l.say("人工修正", "edited") + " " + percent(q.EditedShare) + "  " + l.say("缺失时段", "missing intervals") + " " + fmt.Sprintf("%d / %d", q.Missing, q.Intervals))
	p.heading(l.say("合并平衡", "Consolidation"))
	t := columns(l.say("来源", "Source"), ">"+l.say("供给", "Given"), l.say("单位", "Unit"), ">"+l.say("差额", "Difference"))
	for _, c := range s.Consolidation {
		t.add(c.Source, grouped(c.Given, 3), c.Unit, strconv.FormatFloat(c.Difference, 'e', 1, 64))
	}
	t.write(p)
	p.heading(l.say("清单", "Inventory"))
	state := s.Inventory.State
	if n, ok := terms[state]; ok {
		state = l.of(n)
	}
	p.pairs([][2]string{
		{l.say("编号", "Id"), s.Inventory.ID}, {l.say("状态", "State"), state}, {l.say("条目", "Entries"), strconv.Itoa(len(s.Inventory.Entries))},
		{l.say("内容哈希", "Content hash"), s.Inventory.Hash}, {l.say("证据根", "Evidence root"), s.Inventory.Root}}...)
	_, err = io.WriteString(w, p.String())
	return err
}

func (e EnergySummary) text(p *page, l language) {
	name := func(n park.Name, id string) string {
		if s := l.of(n); s != "" {
			return s
		}
		return id
	}
	carriers := map[string]string{}
	p.heading(l.say("能源（按品种）", "Energy by carrier"))
	t := columns(l.say("能源品种", "Carrier"), ">"+l.say("用量", "Amount"), l.say("单位", "Unit"), ">tce")
	for _, c := range e.ByCarrier {
		carriers[c.Carrier] = name(c.Name, c.Carrier)
		t.add(carriers[c.Carrier], grouped(c.Amount, 3), c.Unit, grouped(c.StandardCoal, 3))
	}
	t.write(p)
	p.heading(l.say("能源（按组织）", "Energy by organization"))
	t = columns(l.say("组织", "Organization"), l.say("能源品种", "Carrier"), ">"+l.say("用量", "Amount"), l.say("单位", "Unit"), ">tce")
	for _, o := range e.ByOrganization {
		t.add(name(o.Name, o.Organization), carriers[o.Carrier], grouped(o.Amount, 3), o.Unit, grouped(o.StandardCoal, 3))
	}
	t.write(p)
	p.heading(l.say("计量（按表计）", "Metered, by register"))
	t = columns(l.say("表计", "Register"), l.say("名称", "Name"), ">"+l.say("计量值", "Amount"), l.say("单位", "Unit"), ">"+l.say("其中估算", "Of it estimated"),
		">"+l.say("其中修正", "Of it edited"), ">"+l.say("缺失时段", "Missing"), ">"+l.say("读数", "Readings"))
	for _, r := range e.ByPoint {
		t.add(r.Register, name(r.Name, ""), grouped(r.Amount, 3), r.Unit, grouped(r.Estimated, 3), grouped(r.Edited, 3), strconv.Itoa(r.Missing), strconv.Itoa(r.Readings))
	}
	t.write(p)
}

func (e EmissionSummary) text(p *page, l language) {
	p.heading(l.say("排放（tCO2）", "Emissions (tCO2)"))
	t := columns(l.say("组织", "Organization"), ">"+l.say("范围一", "Scope 1"), ">"+l.say("范围二·位置", "Scope 2 location"), ">"+l.say("范围二·市场", "Scope 2 market"),
		">"+l.say("合计·位置", "Total location"), ">"+l.say("合计·市场", "Total market"), ">"+l.say("实测", "Measured"))
	row := func(name string, x Emissions, measured string) {
		t.add(name, grouped(x.Scope1, 3), grouped(x.Scope2Location, 3), grouped(x.Scope2Market, 3), grouped(x.TotalLocation, 3), grouped(x.TotalMarket, 3), measured)
	}
	for _, o := range e.ByOrganization {
		name := l.of(o.Name)
		if name == "" {
			name = o.Organization
		}
		row(name, o.Emissions, percent(o.MeasuredShare))
	}
	row(l.say("全园区", "Park"), e.Emissions, "")
	t.write(p)
}
