package alarm

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// sample is a value of an input with its time, milliseconds since 1970; At 0 is none.
type sample struct {
	At int64
	V  float64
}

// verdict is what a watch comes to at a moment: a value held against a limit.
type verdict struct {
	known        bool
	value, limit float64
	excess       float64 // kWh that came newly by what the rule watches
	excessKnown  bool
}

// watch is what a rule remembers of its inputs. Its exported fields are its memory and
// are stored as JSON.
type watch interface {
	// see takes a sample of an input, in the order of time. before is the one before it.
	see(input int, before, now sample)
	// judge is asked after all samples of a moment; latest are the newest of each input.
	judge(at int64, latest []sample) verdict
}

// timed is a watch whose value changes while nothing comes in: due is when it would
// reach its limit.
type timed interface {
	due(latest []sample) int64
}

// parameter is a number that a kind takes.
type parameter struct {
	Name     string  `json:"name"`
	Unit     string  `json:"unit"`
	Min      float64 `json:"min"`
	Max      float64 `json:"max"`
	Default  float64 `json:"default"`
	Required bool    `json:"required"`
}

// kind is a kind of rule.
type kind struct {
	inputs, optional []string
	parameters       []parameter
	below            bool // the alarm is a value below the limit
	unit             string
	instant          bool // judges the newest samples alone: they must be of about one time
	ageless          bool // watches for silence: old inputs do not blind it
	check            func(r *Rule, n numbers) (zh, en string)
	make             func(p numbers, place calendar) watch
}

// numbers are a rule's parameters with the defaults filled in.
type numbers map[string]float64

func (k kind) parameterNames() string {
	names := make([]string, len(k.parameters))
	for i, p := range k.parameters {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

func (k kind) numbers(given map[string]float64) numbers {
	n := numbers{}
	for _, p := range k.parameters {
		if v, ok := given[p.Name]; ok {
			n[p.Name] = v
		} else {
			n[p.Name] = p.Default
		}
	}
	return n
}

// KindOf describes a kind of rule for those who write one.
type KindOf struct {
	Kind       string      `json:"kind"`
	Inputs     []string    `json:"inputs"`
	Optional   []string    `json:"optional" nullable:"false"`
	Parameters []parameter `json:"parameters" nullable:"false"`
	Below      bool        `json:"below"` // the alarm is a value below the limit
	Unit       string      `json:"unit"`  // of value and limit
}

// Kinds are all kinds, by name.
func Kinds() []KindOf {
	var list []KindOf
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		k := kinds[name]
		list = append(list, KindOf{name, slices.Clone(k.inputs), append([]string{}, k.optional...), slices.Clone(k.parameters), k.below, k.unit})
	}
	return list
}

const huge = 1e15

func need(name, unit string, low, high float64) parameter {
	return parameter{Name: name, Unit: unit, Min: low, Max: high, Required: true}
}

func may(name, unit string, low, high, usual float64) parameter {
	return parameter{Name: name, Unit: unit, Min: low, Max: high, Default: usual}
}

func list[T any](x ...T) []T { return x }

var tiny = math.SmallestNonzeroFloat64

// kinds are all kinds that this version knows; docs/formats/alarm.md tells them in words.
var kinds = map[string]kind{
	"over_limit": {inputs: list("value"), unit: "as value", instant: true,
		parameters: list(need("limit", "as value", -huge, huge), may("excess_kwh", "kWh per unit over the limit and hour", 0, huge, 0)),
		make:       func(p numbers, _ calendar) watch { return &threshold{limit: p["limit"], rate: p["excess_kwh"]} }},
	"under_limit": {inputs: list("value"), unit: "as value", instant: true, below: true,
		parameters: list(need("limit", "as value", -huge, huge)),
		make:       func(p numbers, _ calendar) watch { return &threshold{limit: p["limit"]} }},
	"forecast_over": {inputs: list("forecast"), unit: "as forecast", instant: true,
		parameters: list(need("limit", "as forecast", -huge, huge)),
		make:       func(p numbers, _ calendar) watch { return &threshold{limit: p["limit"]} }},
	"pollutant": {inputs: list("concentration"), unit: "mg/m3",
		parameters: list(need("limit", "mg/m3", 0, huge), may("hours", "h", 1, 24, 1), may("coverage", "share", 0.01, 1, 0.75)),
		make: func(p numbers, c calendar) watch {
			return &average{calendar: c, step: hours(p["hours"]), cover: p["coverage"], limit: p["limit"]}
		}},
	"hourly_use": {inputs: list("usage"), unit: "kWh",
		parameters: list(need("limit", "kWh in a clock hour", tiny, huge)),
		make:       func(p numbers, c calendar) watch { return &accumulated{calendar: c, step: hour, limit: p["limit"]} }},
	"day_difference": {inputs: list("usage"), unit: "share",
		parameters: list(need("rate", "share of the day compared", tiny, 1000), may("days_back", "days", 1, 7, 1),
			may("floor", "kWh a day below which days are not compared", 0, huge, 0), may("coverage", "share", 0.5, 1, 0.95)),
		make: func(p numbers, c calendar) watch {
			return &days{calendar: c, back: int(p["days_back"]), floor: p["floor"], cover: p["coverage"], limit: p["rate"]}
		}},
	"demand": {inputs: list("power"), unit: "kW",
		parameters: list(need("contract", "kW", tiny, huge), may("share", "share of the contract", 0.1, 2, 1),
			may("window", "min", 1, 60, 15), may("after", "share of the window", 0, 1, 0.2)),
		check: func(r *Rule, n numbers) (zh, en string) {
			if w := n["window"]; !(w >= 1) || w != math.Trunc(w) || 60%int(w) != 0 {
				return "需量窗口应能整除 60 分钟", "a demand window divides 60 minutes"
			}
			return "", ""
		},
		make: func(p numbers, c calendar) watch {
			return &demand{calendar: c, step: int64(p["window"]) * 60_000, after: p["after"], limit: p["contract"] * p["share"]}
		}},
	"carbon_budget": {inputs: list("carbon"), optional: list("spent"), unit: "projected share of the budget",
		parameters: list(need("budget", "t in a period", tiny, huge), may("months", "months of a period: 1, 3, 6 or 12", 1, 12, 12),
			may("lookback", "h over which the burn rate is taken", 24, 744, 168), may("share", "projected share of the budget", 0.01, 100, 1)),
		check: func(r *Rule, n numbers) (zh, en string) {
			if !slices.Contains(list(1.0, 3, 6, 12), n["months"]) {
				return "预算周期应为 1、3、6 或 12 个月", "a budget's period is 1, 3, 6 or 12 months"
			}
			return "", ""
		},
		make: func(p numbers, c calendar) watch {
			return &budget{calendar: c, months: int(p["months"]), back: int64(p["lookback"]), budget: p["budget"], limit: p["share"]}
		}},
	"imbalance": {inputs: list("balance", "through"), unit: "share", instant: true,
		parameters: list(need("limit", "share of what goes through", tiny, 1), may("floor", "what must go through at least", 0, huge, 0)),
		make: func(p numbers, _ calendar) watch {
			return &relation{limit: p["limit"], of: func(v []sample) (float64, bool) { return math.Abs(v[0].V) / v[1].V, v[1].V > p["floor"] }}
		}},
	"stale": {inputs: list("value"), unit: "s", ageless: true,
		parameters: list(need("after", "s without a sample", 1, 30*86400)),
		make:       func(p numbers, _ calendar) watch { return &silence{limit: p["after"]} }},
	"gateway_lost": {inputs: list("heartbeat"), unit: "s", ageless: true,
		parameters: list(need("after", "s without a sign of life", 1, 30*86400)),
		make:       func(p numbers, _ calendar) watch { return &silence{limit: p["after"]} }},
	"flat_line": {inputs: list("value"), unit: "s",
		parameters: list(need("for", "s", 1, 30*86400), may("band", "as value: change that counts as none", 0, huge, 0),
			may("ignore_below", "as value: level that may stand still, such as zero at night", -huge, huge, -huge)),
		make: func(p numbers, _ calendar) watch {
			return &flat{limit: p["for"], band: p["band"], below: p["ignore_below"]}
		}},
	"spike": {inputs: list("value"), unit: "robust deviations",
		parameters: list(may("k", "robust deviations from the median", 2, 1000, 6), may("samples", "samples", 5, 301, 31), need("floor", "as value: the smallest deviation", tiny, huge)),
		make: func(p numbers, _ calendar) watch {
			return &spike{limit: p["k"], size: int(p["samples"]), floor: p["floor"]}
		}},
	"drift": {inputs: list("value", "reference"), unit: "cumulated deviations", instant: true,
		parameters: list(need("deviation", "as value: standard deviation of value less reference", tiny, huge),
			may("slack", "deviations", 0.1, 5, 0.5), may("limit", "cumulated deviations", 1, 100, 5)),
		make: func(p numbers, _ calendar) watch {
			return &drift{sigma: p["deviation"], slack: p["slack"], limit: p["limit"]}
		}},
	"specific_energy": {inputs: list("energy", "output"), optional: list("baseline"), unit: "share over the baseline",
		parameters: list(may("baseline", "kWh per unit of output; 0 = the input baseline", 0, huge, 0), need("rate", "share over the baseline", tiny, 100),
			may("hours", "h", 1, 24, 1), may("floor", "output below which an interval is not judged", 0, huge, 0)),
		check: func(r *Rule, n numbers) (zh, en string) {
			if r.Parameters["baseline"] <= 0 && r.Inputs["baseline"] == "" {
				return "须以参数或输入给出 baseline", "a baseline is needed, as parameter or as input"
			}
			return "", ""
		},
		make: func(p numbers, c calendar) watch {
			return &specific{calendar: c, step: hours(p["hours"]), base: p["baseline"], floor: p["floor"], limit: p["rate"]}
		}},
	"boiler_efficiency": efficiency("heat", "fuel", "share", "kWh of fuel in the interval judged", 1.2, 1),
	"chiller_cop":       efficiency("cooling", "power", "kWh of cooling per kWh", "kWh of power in the interval judged", 30, 1),
	"air_leak": {inputs: list("flow"), unit: "share of the day's mean",
		parameters: list(need("limit", "share of the mean flow outside the quiet hours", tiny, 1), may("from", "h", 0, 23, 1), may("to", "h", 1, 24, 5),
			may("specific", "kWh per m3 of air", 0, 10, 0)),
		check: func(r *Rule, n numbers) (zh, en string) {
			if n["from"] >= n["to"] {
				return "安静时段的 from 应早于 to", "the quiet hours begin before they end"
			}
			return "", ""
		},
		make: func(p numbers, c calendar) watch {
			return &leak{calendar: c, from: int(p["from"]), to: int(p["to"]), specific: p["specific"], limit: p["limit"]}
		}},
	"transformer_load": {inputs: list("active", "reactive"), unit: "share of the rating", instant: true,
		parameters: list(need("rating", "kVA", tiny, huge), may("limit", "share of the rating", 0.1, 2, 0.85)),
		make: func(p numbers, _ calendar) watch {
			return &relation{limit: p["limit"], of: func(v []sample) (float64, bool) { return math.Hypot(v[0].V, v[1].V) / p["rating"], true }}
		}},
	"power_factor": {inputs: list("active", "reactive"), unit: "1", instant: true, below: true,
		parameters: list(may("limit", "1", 0.1, 1, 0.9), may("floor", "kW below which it is not judged", 0, huge, 0)),
		make: func(p numbers, _ calendar) watch {
			return &relation{limit: p["limit"], of: func(v []sample) (float64, bool) {
				s := math.Hypot(v[0].V, v[1].V)
				return math.Abs(v[0].V) / s, s > 0 && math.Abs(v[0].V) >= p["floor"]
			}}
		}},
	"phase_imbalance": {inputs: list("a", "b", "c"), unit: "share of the mean", instant: true,
		parameters: list(need("limit", "share of the mean", tiny, 3), may("floor", "mean below which it is not judged", 0, huge, 0)),
		make: func(p numbers, _ calendar) watch {
			return &relation{limit: p["limit"], of: func(v []sample) (float64, bool) { return phaseDeviation(v, p["floor"]) }}
		}},
	"voltage_unbalance": {inputs: list("ab", "bc", "ca"), unit: "share", instant: true,
		parameters: list(may("limit", "share: negative over positive sequence", 0.001, 1, 0.02)),
		make: func(p numbers, _ calendar) watch {
			return &relation{limit: p["limit"], of: sequenceRatio}
		}},
	"expression": {unit: "as the expression gives", instant: true,
		parameters: list(may("limit", "as the expression gives", -huge, huge, 0.5)),
		make:       func(p numbers, _ calendar) watch { return &formula{limit: p["limit"]} }},
}

// efficiency is a kind that holds what comes out over what goes in against a floor.
func efficiency(out, in, unit, floorUnit string, most, usualHours float64) kind {
	return kind{inputs: list(out, in), unit: unit, below: true,
		parameters: list(need("limit", unit, tiny, most), may("hours", "h", 1, 24, usualHours), may("floor", floorUnit, 0, huge, 0)),
		make: func(p numbers, c calendar) watch {
			return &yield{calendar: c, step: hours(p["hours"]), floor: p["floor"], limit: p["limit"]}
		}}
}
