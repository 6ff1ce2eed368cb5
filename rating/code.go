package rating

import (
	"errors"
	"fmt"

	"lingtan/factor"
	"lingtan/park"
)

// CodeSettings are what a region supplies for its carbon-efficiency code.
type CodeSettings struct {
	Sector     string    `json:"sector,omitempty"`     // GB/T 4754, whose mean the sector intensity is
	Source     string    `json:"source,omitempty"`     // of the region's own numbers; needed with any of them
	Levels     []float64 `json:"levels,omitempty"`     // two limits of low and middle carbon, tCO2/10^4 CNY, rising
	Grades     []float64 `json:"grades,omitempty"`     // four limits of grades 1 to 4, own ÷ sector mean, rising
	Neutrality string    `json:"neutrality,omitempty"` // formula of the neutrality share in percent; no source read gives one
}

// Code is the carbon-efficiency code: one code with three marks, as Huzhou made it and
// DB33/T 1347-2023 and the rules of Zhejiang describe it.
//
//	L = energy emissions ÷ value added, both of one period: low, middle or high carbon
//	K = L ÷ mean L of the sector: grade 1 (best) to 5
//	neutrality share: the third mark
type Code struct {
	Level      Mark        `json:"level"`
	Efficiency Mark        `json:"efficiency"`
	Neutrality Mark        `json:"neutrality"`
	Grade      int         `json:"grade"` // 1 to 5 by efficiency; 0 = not graded
	Sector     string      `json:"sector,omitempty"`
	Source     string      `json:"source"`
	Regional   bool        `json:"regional"` // the thresholds are the park's own region's
	Notes      []park.Name `json:"notes" nullable:"false"`
}

// Mark is one mark of the code.
type Mark struct {
	Value
	Class  int       `json:"class"` // from 1, the best; 0 = none
	Name   park.Name `json:"name"`
	Limits []float64 `json:"limits" nullable:"false"` // upper limits of the classes, the last class is open
}

const codeSource = "规上工业企业碳效等级评价方法（浙江）; DB33/T 1347-2023; 湖州工业碳效码“一码三标识”"

var levelNames = []park.Name{{ZH: "低碳", EN: "low carbon"}, {ZH: "中碳", EN: "middle carbon"}, {ZH: "高碳", EN: "high carbon"}}

var gradeNames = []park.Name{{ZH: "1 级：碳效率高", EN: "grade 1: high"}, {ZH: "2 级：碳效率较高", EN: "grade 2: fairly high"}, {ZH: "3 级：接近行业平均", EN: "grade 3: near the sector's mean"},
	{ZH: "4 级：碳效率较低", EN: "grade 4: fairly low"}, {ZH: "5 级：碳效率低", EN: "grade 5: low"}}

// the indicators that the marks are; their thresholds are classes, not levels.
var (
	levelIndicator = Indicator{ID: "code.level", Scheme: "carbon_code", Name: park.Name{ZH: "碳水平 L", EN: "carbon level L"}, Formula: "emissions / value_added", Unit: "tCO2/10^4 CNY", Direction: "lower", Short: "emissions", Source: codeSource,
		Note: park.Name{ZH: "按规则应核减自有零碳电力与碳汇；自发自用的非化石电力在核算中已计 0。", EN: "The rules deduct own zero-carbon power and sinks; own non-fossil power that is used counts 0 in the accounts already."}}
	gradeIndicator = Indicator{ID: "code.efficiency", Scheme: "carbon_code", Name: park.Name{ZH: "碳效值 K", EN: "carbon efficiency K"}, Formula: "emissions / value_added / sector_intensity", Unit: "1", Direction: "lower", Short: "emissions", Source: codeSource}
	shareIndicator = Indicator{ID: "code.neutrality", Scheme: "carbon_code", Name: park.Name{ZH: "碳中和率", EN: "neutrality share"}, Unit: "%", Direction: "higher", Source: codeSource}
)

// code makes the three marks.
func (e evaluator) code(s CodeSettings, a amounts) (*Code, error) {
	c := &Code{Sector: s.Sector, Source: codeSource, Notes: []park.Name{}}
	var err error
	if c.Level, err = e.mark(levelIndicator, a, s.Levels, levelNames, "L", 2); err != nil {
		return nil, err
	}
	if c.Efficiency, err = e.mark(gradeIndicator, a, s.Grades, gradeNames, "K", 4); err != nil {
		return nil, err
	}
	c.Grade = c.Efficiency.Class
	c.Regional = e.region == "浙江" || len(s.Grades) > 0 && len(s.Levels) > 0
	if s.Source != "" {
		c.Source = s.Source
	}
	if !c.Regional {
		c.Notes = append(c.Notes, park.Name{ZH: "等级限值取浙江公布的规则；" + e.region + "未提供自己的限值，等级仅供参考。", EN: "The limits are those of Zhejiang; none were supplied for " + e.region + ", so the grade is for orientation."})
	}
	return c, e.neutrality(c, s, a)
}

// mark evaluates an indicator and classes it by limits: the region's own, or those that
// the library holds under bench.tanxiao.
func (e evaluator) mark(x Indicator, a amounts, own []float64, names []park.Name, letter string, limits int) (Mark, error) {
	var err error
	if x.parsed, err = parseFormula(x.Formula); err != nil {
		return Mark{}, err
	}
	x.Levels = []Level{}
	for i := 1; i <= limits && len(own) == 0; i++ {
		x.Levels = append(x.Levels, Level{Kind: "reference", Factor: fmt.Sprintf("bench.tanxiao.%s%d.at_most", letter, i), Name: names[i-1]})
	}
	v, err := e.evaluate(x, a)
	if err != nil {
		return Mark{}, err
	}
	m := Mark{Value: v, Limits: own}
	if len(own) == 0 {
		m.Limits = []float64{}
		for _, h := range v.Levels {
			m.Limits = append(m.Limits, h.Value)
		}
	}
	if v.Value == nil || len(m.Limits) != limits {
		return m, nil // its faults say why
	}
	m.Class = 1
	for _, limit := range m.Limits {
		if *v.Value > limit {
			m.Class++
		}
	}
	m.Name = names[m.Class-1]
	return m, nil
}

// neutrality is the third mark: its formula is the region's to supply.
func (e evaluator) neutrality(c *Code, s CodeSettings, a amounts) error {
	x := shareIndicator
	if s.Neutrality == "" {
		x.Levels = []Level{}
		c.Neutrality = Mark{Limits: []float64{}, Value: Value{Indicator: x, Inputs: []Quantity{}, Levels: []Held{}, Missing: []Defined{}, Faults: []Fault{{Kind: "setting", Place: "code.neutrality",
			ZH: "所读来源没有给出碳中和率的公式与限值；请按所在地规则在 code.neutrality 填写公式", EN: "no source read gives the formula of the neutrality share; write your region's in code.neutrality"}}}}
		return nil
	}
	var err error
	if x.Formula = s.Neutrality; err == nil {
		x.parsed, err = parseFormula(s.Neutrality)
	}
	if err != nil {
		return err
	}
	for _, name := range x.parsed.names() {
		if _, ok := e.known[name]; !ok {
			return fmt.Errorf("%w: code.neutrality: no quantity %q; lingtan rating indicators lists them", ErrCase, name)
		}
	}
	v, err := e.evaluate(x, a)
	c.Neutrality = Mark{Value: v, Limits: []float64{}}
	return err
}

// check fails on settings that make no classes.
func (s CodeSettings) check() error {
	rising := func(place string, list []float64, n int) error {
		if len(list) == 0 {
			return nil
		}
		if len(list) != n || s.Source == "" {
			return fmt.Errorf("%w: %s needs %d limits, and code.source the place that gives them", ErrCase, place, n)
		}
		for i, v := range list {
			if err := sound(place, v); err != nil {
				return err
			}
			if i > 0 && v <= list[i-1] {
				return fmt.Errorf("%w: %s must rise: %v after %v", ErrCase, place, v, list[i-1])
			}
		}
		return nil
	}
	return errors.Join(rising("code.levels", s.Levels, 2), rising("code.grades", s.Grades, 4))
}

// benchmark is a level of the library, false when there is none.
func (e evaluator) benchmark(id string) (factor.Factor, bool, error) {
	f, err := e.levels.Get(id, "")
	if errors.Is(err, factor.ErrMissing) {
		return f, false, nil
	}
	return f, err == nil, err
}
