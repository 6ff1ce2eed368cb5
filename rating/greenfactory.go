package rating

import (
	"fmt"
	"math"
	"slices"

	"lingtan/park"
)

// Scored is an indicator of a green-factory evaluation, as a sector standard gives it.
type Scored struct {
	ID       string    `json:"id"`
	Group    string    `json:"group"` // energy, resources, production, products, land
	Name     park.Name `json:"name"`
	Unit     string    `json:"unit"`
	Weight   float64   `json:"weight"` // of 100
	Baseline float64   `json:"baseline"`
	Leading  float64   `json:"leading"`
	Value    *float64  `json:"value"`
	From     []string  `json:"from"`
}

// Factory is a factory to be scored by GB/T 36132-2025 and its sector's standard.
type Factory struct {
	Standard   string   `json:"standard"`             // sector standard or notice that the weights and values are of
	AtBaseline float64  `json:"atBaseline,omitempty"` // share of an indicator's points that the baseline value earns, 0 to 1
	Indicators []Scored `json:"indicators"`
}

// FactoryScore is the score of a factory: five groups, each indicator between its
// baseline value (基准值) and its leading value (引领值).
type FactoryScore struct {
	Standard string       `json:"standard"`
	Score    *float64     `json:"score" nullable:"true"` // of 100; empty while indicators have no value
	Least    float64      `json:"least"`                 // what is certain: indicators without a value earn nothing
	Most     float64      `json:"most"`                  // indicators without a value earn all
	Groups   []groupScore `json:"groups" nullable:"false"`
	Points   []points     `json:"points" nullable:"false"`
	Faults   []Fault      `json:"faults" nullable:"false"`
	Source   string       `json:"source"`
	Notes    []park.Name  `json:"notes" nullable:"false"`
}

// groupScore is one of the five groups.
type groupScore struct {
	ID     string    `json:"id"`
	Name   park.Name `json:"name"`
	Weight float64   `json:"weight"`
	Score  float64   `json:"score"` // of Weight, indicators without a value earning nothing
}

// points is what an indicator earns of its weight.
type points struct {
	Scored
	Points *float64 `json:"points" nullable:"true"`
	Gain   float64  `json:"gain"` // what the leading value would add
}

var factoryGroups = []groupScore{{ID: "energy", Name: park.Name{ZH: "能源低碳化", EN: "low-carbon energy"}}, {ID: "resources", Name: park.Name{ZH: "资源高效化", EN: "efficient resources"}},
	{ID: "production", Name: park.Name{ZH: "生产洁净化", EN: "clean production"}}, {ID: "products", Name: park.Name{ZH: "产品绿色化", EN: "green products"}}, {ID: "land", Name: park.Name{ZH: "用地集约化", EN: "intensive land use"}}}

// coreWeight is the weight of energy-carbon and resources together, in percent
// (GB/T 36132-2025, as MIIT's notice of 2026-01 describes it).
const coreWeight = 60

// check fails on a factory whose weights or values cannot be scored.
func (f *Factory) check() error {
	if f.Standard == "" || f.AtBaseline < 0 || f.AtBaseline >= 1 || len(f.Indicators) == 0 || len(f.Indicators) > maxIndicators {
		return fmt.Errorf("%w: greenFactory needs the sector standard, 1 to %d indicators, and atBaseline from 0 to below 1", ErrCase, maxIndicators)
	}
	var all float64
	for i, x := range f.Indicators {
		place := fmt.Sprintf("greenFactory.indicators[%d] %q", i, x.ID)
		if !slices.ContainsFunc(factoryGroups, func(g groupScore) bool { return g.ID == x.Group }) {
			return fmt.Errorf("%w: %s: group %q is none of energy, resources, production, products, land", ErrCase, place, x.Group)
		}
		values := []float64{x.Weight, x.Baseline, x.Leading}
		if x.Value != nil {
			values = append(values, *x.Value)
		}
		for _, v := range values {
			if math.IsNaN(v) || math.Abs(v) > maxAmount {
				return fmt.Errorf("%w: %s: %v is out of range", ErrCase, place, v)
			}
		}
		if x.ID == "" || x.Weight <= 0 || x.Baseline == x.Leading {
			return fmt.Errorf("%w: %s needs an id, a weight above 0, and baseline and leading values that differ", ErrCase, place)
		}
		all += x.Weight
	}
	if math.Abs(all-100) > 1e-6 {
		return fmt.Errorf("%w: greenFactory: the weights add up to %v; they must make 100", ErrCase, all)
	}
	return nil
}

// score scores the factory. An indicator earns weight × (b + (1 − b) × s), where s is how
// far its value lies from baseline (0) to leading (1), and b is AtBaseline; below the
// baseline it earns nothing.
func (f *Factory) score() *FactoryScore {
	r := &FactoryScore{Standard: f.Standard, Groups: slices.Clone(factoryGroups), Points: []points{}, Faults: []Fault{},
		Source: "GB/T 36132-2025 绿色工厂评价通则: five groups, baseline and leading values, energy-carbon and resources 60 %",
		Notes:  []park.Name{{ZH: "评分在基准值与引领值之间按线性插值；通则的评分式未读到，行业标准另有规定的以其为准。", EN: "Scores are linear between the baseline and the leading value; the standard's own rule was not read, and a sector standard may set another."}}}
	whole := true
	for _, x := range f.Indicators {
		p := points{Scored: x, Gain: x.Weight}
		if x.Value == nil {
			whole = false
			r.Most += x.Weight
			r.Faults = append(r.Faults, Fault{Kind: "missing", Place: "greenFactory." + x.ID, ZH: "缺少指标值：" + x.Name.ZH, EN: "no value of " + x.Name.EN})
		} else {
			earned := x.Weight * f.share(x)
			p.Points, p.Gain = &earned, x.Weight-earned
			r.Least += earned
			r.Most += earned
		}
		r.Points = append(r.Points, p)
		for i := range r.Groups {
			if r.Groups[i].ID != x.Group {
				continue
			}
			r.Groups[i].Weight += x.Weight
			if p.Points != nil {
				r.Groups[i].Score += *p.Points
			}
		}
	}
	if whole {
		score := r.Least
		r.Score = &score
	}
	if w := r.Groups[0].Weight + r.Groups[1].Weight; math.Abs(w-coreWeight) > 1e-6 {
		r.Faults = append(r.Faults, Fault{Kind: "invalid", Place: "greenFactory.weights", ZH: fmt.Sprintf("能源低碳化与资源高效化权重合计 %v %%，通则为 %d %%", w, coreWeight), EN: fmt.Sprintf("energy and resources weigh %v %% together; the standard has %d %%", w, coreWeight)})
	}
	return r
}

// share is the part of its points that an indicator earns.
func (f *Factory) share(x Scored) float64 {
	s := (*x.Value - x.Baseline) / (x.Leading - x.Baseline)
	if s < 0 {
		return 0
	}
	return f.AtBaseline + (1-f.AtBaseline)*min(s, 1)
}
