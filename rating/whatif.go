package rating

import (
	"fmt"
	"math"

	"lingtan/park"
)

// LeverSettings are what a what-if cannot know of itself.
type LeverSettings struct {
	HeatPumpCOP      float64 `json:"heatPumpCOP,omitempty"`      // heat made ÷ electricity taken, above 1
	BoilerEfficiency float64 `json:"boilerEfficiency,omitempty"` // heat made ÷ heat of the fuel, above 0 to 1
}

// Lever is a change that a park could make: each unit of it changes quantities by fixed
// amounts. Most is as much as there is to change.
type Lever struct {
	ID     string             `json:"id"` // clean_power, power_saving, energy_saving, fuel_switch
	Name   park.Name          `json:"name"`
	Unit   string             `json:"unit"`
	Most   float64            `json:"most"`
	Change map[string]float64 `json:"change"`
	Why    park.Name          `json:"why"` // what is assumed
}

// WhatIf is the least use of a lever that brings an indicator to a limit.
type WhatIf struct {
	Indicator string       `json:"indicator"`
	Goal      park.Name    `json:"goal"`
	Limit     float64      `json:"limit"`
	Lever     Lever        `json:"lever"`
	Reached   bool         `json:"reached"` // false: the lever alone does not; Amount is then Lever.Most
	Amount    float64      `json:"amount"`  // in Lever.Unit
	Effects   []comparison `json:"effects" nullable:"false"`
}

// comparison is an indicator before and after.
type comparison struct {
	Indicator string  `json:"indicator"`
	Unit      string  `json:"unit"`
	Before    float64 `json:"before"`
	After     float64 `json:"after"`
}

// levers are the changes for which the case holds all that is needed.
func levers(a amounts, s LeverSettings) []Lever {
	var list []Lever
	bought, hasBought := a["purchased_power"]
	ef, hasEF := a["grid_factor"]
	coal, hasCoal := a["power_coefficient"]
	if hasBought && hasEF && hasCoal && bought.Value > 0 {
		tonnes, tce := ef.Value/1000, coal.Value/1000 // per kWh
		most := bought.Value
		power, hasPower := a["power"]
		if clean, ok := a["clean_power"]; ok && hasPower { // contracts cover purchased power: it is clean already
			most = max(0, min(most, power.Value-clean.Value))
		}
		list = append(list, Lever{ID: "clean_power", Unit: "kWh", Most: most, Name: park.Name{ZH: "以非化石电力替代外购电力", EN: "non-fossil power in place of purchased power"},
			Change: map[string]float64{"purchased_power": -1, "clean_power": 1, "clean_energy": tce, "emissions": -tonnes, "emissions_zero_carbon_park": -tonnes, "carbon_reduction": tonnes},
			Why:    park.Name{ZH: "自发自用、绿电直连或认定为 0 的合同电量；用电量不变", EN: "own generation, a direct line, or contracts that count 0; the use of power stays"}})
		list = append(list, Lever{ID: "power_saving", Unit: "kWh", Most: bought.Value, Name: park.Name{ZH: "节约外购电力（同样产出）", EN: "less purchased power at the same output"},
			Change: map[string]float64{"purchased_power": -1, "power": -1, "energy": -tce, "energy_annual": -tce, "emissions": -tonnes, "emissions_zero_carbon_park": -tonnes},
			Why:    park.Name{ZH: "单位产品能耗下降，产出与增加值不变", EN: "specific use falls; output and value added stay"}})
	}
	heat, hasHeat := a["fuel_heat"]
	burnt, hasBurnt := a["fuel_emissions"]
	if hasHeat && hasBurnt && hasEF && hasCoal && heat.Value > 0 && s.HeatPumpCOP > 0 {
		// A GJ of fuel made BoilerEfficiency GJ of heat; a heat pump takes that ÷ COP as power.
		kwh := s.BoilerEfficiency / s.HeatPumpCOP / 0.0036
		tonnes := burnt.Value/heat.Value - kwh*ef.Value/1000
		tce := 1/29.307 - kwh*coal.Value/1000
		list = append(list, Lever{ID: "fuel_switch", Unit: "GJ", Most: heat.Value, Name: park.Name{ZH: "以热泵替代燃料", EN: "heat pumps in place of fuel"},
			Change: map[string]float64{"fuel_heat": -1, "fuel_emissions": -burnt.Value / heat.Value, "purchased_power": kwh, "power": kwh, "energy": -tce, "energy_annual": -tce, "emissions": -tonnes, "emissions_zero_carbon_park": -tonnes},
			Why:    park.Name{ZH: fmt.Sprintf("热泵性能系数 %v、锅炉效率 %v，由填报给出", s.HeatPumpCOP, s.BoilerEfficiency), EN: fmt.Sprintf("COP %v and boiler efficiency %v as given", s.HeatPumpCOP, s.BoilerEfficiency)}})
	}
	return list
}

// check fails on settings that no machine has.
func (s LeverSettings) check() error {
	if s.HeatPumpCOP == 0 && s.BoilerEfficiency == 0 {
		return nil
	}
	if !(s.HeatPumpCOP > 1 && s.HeatPumpCOP <= 20) || !(s.BoilerEfficiency > 0 && s.BoilerEfficiency <= 1.1) {
		return fmt.Errorf("%w: levers: heatPumpCOP %v must be above 1 to 20 and boilerEfficiency %v above 0 to 1.1 (net calorific value); give both or none", ErrCase, s.HeatPumpCOP, s.BoilerEfficiency)
	}
	return nil
}

// least is the smallest use of a lever that brings an indicator to the limit, by
// bisection: a quotient of two amounts that change in proportion rises or falls all the
// way, so there is one crossing.
func least(x Indicator, l Lever, a amounts, limit float64) (amount float64, reached bool) {
	meets := func(u float64) bool {
		v, zero := x.parsed.eval(a.with(l, u))
		return zero == "" && (x.Direction == "lower" && v <= limit || x.Direction == "higher" && v >= limit)
	}
	if !meets(l.Most) {
		return l.Most, false
	}
	low, high := 0.0, l.Most
	for range 200 {
		mid := low + (high-low)/2
		if mid == low || mid == high {
			break
		}
		if meets(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high, true
}

// whatIf tries every lever on an indicator that misses a limit. Levers that do not move
// it the right way are left out.
func whatIf(x Indicator, goal park.Name, limit float64, ls []Lever, a amounts, shown []Indicator) []WhatIf {
	list := []WhatIf{}
	before, zero := x.parsed.eval(a)
	if zero != "" {
		return list
	}
	for _, l := range ls {
		amount, reached := least(x, l, a, limit)
		after, zero := x.parsed.eval(a.with(l, amount))
		better := x.Direction == "lower" && after < before || x.Direction == "higher" && after > before
		if zero != "" || !better {
			continue
		}
		w := WhatIf{Indicator: x.ID, Goal: goal, Limit: limit, Lever: l, Reached: reached, Amount: amount, Effects: []comparison{}}
		changed := a.with(l, amount)
		for _, y := range shown {
			b, z1 := y.parsed.eval(a)
			n, z2 := y.parsed.eval(changed)
			if z1 == "" && z2 == "" && math.Abs(n-b) > 1e-12*math.Abs(b) {
				w.Effects = append(w.Effects, comparison{Indicator: y.ID, Unit: y.Unit, Before: b, After: n})
			}
		}
		list = append(list, w)
	}
	return list
}
