// Package diagnosis finds where a park wastes energy or money: night base load, idle
// machines, poor power factor, peak-price use, demand peaks and products off their
// benchmark, each with its evidence and with savings in kWh, money and tonnes.
//
// Only measured intervals are looked at. A finding claims what a meter itself showed to
// be possible, such as the quietest tenth of its own nights; what cannot be told, such
// as money without a price, stays empty with the reason.
package diagnosis

import (
	"cmp"
	"slices"
	"time"

	"lingtan/park"
	"lingtan/period"
	"lingtan/tariff"
)

// Kind is what a finding is of.
type Kind string

// The kinds of findings.
const (
	NightBase    Kind = "night_base_load"
	Idle         Kind = "idle_load"
	PowerFactor  Kind = "power_factor"
	PeakUse      Kind = "peak_price_use"
	DemandPeak   Kind = "demand_peak"
	OffBenchmark Kind = "off_benchmark"
)

// Day is a register's civil day in settlement intervals.
type Day struct {
	Day      period.Day
	Start    time.Time
	Amount   []float64 // kWh
	Measured []bool    // one an interval; what is not measured is not looked at
	Lagging  []float64 // kvarh; nil where no register tells it
	Leading  []float64 // kvarh; nil as well
}

// Series is what one electricity meter measured.
type Series struct {
	Register     string
	Node         string
	Organization string
	Name         park.Name
	Machine      bool // it meters machines, so that a low state of them is idling
	Days         []Day
}

// Product is a product that uses more than its benchmark.
type Product struct {
	ID      string
	Name    park.Name
	Saving  float64 // tce that the benchmark would save
	Tonnes  *float64
	Against string // id@version of the benchmark
}

// Input is what is diagnosed.
type Input struct {
	Zone     *time.Location
	Step     time.Duration
	Series   []Series
	Products []Product
	Factor   float64 // kgCO2/kWh of purchased power; 0 = not known
	From     string  // id@version of that factor
	// Working says whether a day is worked; nil: Monday to Friday.
	Working func(period.Day) bool
	// Classes is the tariff's day pattern; nil where the park has none.
	Classes func(period.Day) (tariff.Pattern, error)
	Price   map[tariff.Class]float64 // CNY/kWh; nil = not known
	Demand  float64                  // CNY/(kW·month); 0 = not known
	Limits  Limits
}

// Limits are the thresholds of the rules. They are settings, chosen so that a finding is
// worth a look; none is from a standard.
type Limits struct {
	NightFrom, NightTo int     // hours of the night [from, to)
	WorkFrom, WorkTo   int     // hours of a working day [from, to)
	NightShare         float64 // an idle night is below this share of the mean working load
	Band               float64 // spans above this multiple of their median are at work, not idle
	LeastNights        int     // fewer measured idle nights make no finding
	LeastShare         float64 // a saving below this share of the meter's use is left out
	LeastKWh           float64 // so is one below this amount
	IdleVariance       float64 // share of the variance that two states must explain
	IdleRatio          float64 // the running state is at least this multiple of the idle one
	IdleRun            time.Duration
	PowerFactor        float64 // cosφ a month should have
	ShiftShare         float64 // share of peak-price use that is taken to be shiftable
	PeakShare          float64 // share of a month's intervals that make its demand peak
}

// Standard are the limits used unless others are given.
func Standard() Limits {
	return Limits{NightFrom: 0, NightTo: 5, WorkFrom: 9, WorkTo: 17, NightShare: 0.5, Band: 2, LeastNights: 20, LeastShare: 0.005, LeastKWh: 100,
		IdleVariance: 0.75, IdleRatio: 3, IdleRun: 2 * time.Hour, PowerFactor: 0.90, ShiftShare: 0.10, PeakShare: 0.005}
}

// Fact is a figure that a finding rests on.
type Fact struct {
	Name  park.Name `json:"name"`
	Value float64   `json:"value"`
	Unit  string    `json:"unit"`
}

// Evidence is a span of intervals that shows the finding.
type Evidence struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Value float64   `json:"value"`
	Unit  string    `json:"unit"`
	What  park.Name `json:"what"`
}

// Finding is one opportunity.
type Finding struct {
	Rank         int         `json:"rank"`
	Kind         Kind        `json:"kind"`
	Title        park.Name   `json:"title"`
	Register     string      `json:"register"`
	Node         string      `json:"node"`
	Organization string      `json:"organization"`
	Name         park.Name   `json:"name"`
	KWh          *float64    `json:"savingKWh" nullable:"true"`
	TCE          *float64    `json:"savingTCE,omitempty"`
	CNY          *float64    `json:"savingCNY" nullable:"true"`
	Tonnes       *float64    `json:"savingTonnes" nullable:"true"` // tCO2
	Facts        []Fact      `json:"facts" nullable:"false"`
	Evidence     []Evidence  `json:"evidence" nullable:"false"`
	Assumptions  []park.Name `json:"assumptions" nullable:"false"`
}

// Result is what was found, the largest first, and what was not looked at and why.
type Result struct {
	Findings []Finding   `json:"findings" nullable:"false"`
	Notes    []park.Name `json:"notes" nullable:"false"`
}

// evidenceMost is how many spans a finding shows.
const evidenceMost = 5

// Diagnose looks at every series and product. Findings are ranked by money where it is
// known, then by energy, then the rest; each stands for itself and savings of one meter
// overlap only as their assumptions say.
func Diagnose(in Input) Result {
	r := Result{Findings: []Finding{}, Notes: []park.Name{}}
	if in.Working == nil {
		in.Working = func(d period.Day) bool { return d.Weekday() != time.Saturday && d.Weekday() != time.Sunday }
	}
	if in.Limits == (Limits{}) {
		in.Limits = Standard()
	}
	classes, why := in.classify()
	if why != nil {
		r.Notes = append(r.Notes, *why)
	}
	if len(in.Price) == 0 {
		r.Notes = append(r.Notes, park.Name{ZH: "未提供电价，节约金额不估算；请提供电价", EN: "No price was given, so no money is told; give the price of power"})
	}
	if in.Factor == 0 {
		r.Notes = append(r.Notes, park.Name{ZH: "没有电力排放因子，减排量不估算", EN: "No emission factor of power, so no tonnes are told"})
	}
	for i := range in.Series {
		d := doctor{in: &in, s: &in.Series[i], classes: classes}
		for _, rule := range []func() *Finding{d.night, d.idle, d.factor, d.shift, d.peak} {
			if f := rule(); f != nil {
				r.Findings = append(r.Findings, *f)
			}
		}
	}
	for _, p := range in.Products {
		r.Findings = append(r.Findings, offBenchmark(p))
	}
	rank(r.Findings)
	return r
}

// rank sorts by money where it is known, then by energy.
func rank(list []Finding) {
	value := func(p *float64) float64 {
		if p == nil {
			return -1
		}
		return *p
	}
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(value(b.CNY), value(a.CNY)), cmp.Compare(value(b.TCE), value(a.TCE)), cmp.Compare(value(b.KWh), value(a.KWh)))
	})
	for i := range list {
		list[i].Rank = i + 1
	}
}

// classify looks the tariff's classes up day by day; why says what is missing.
func (in *Input) classify() (map[period.Day]tariff.Pattern, *park.Name) {
	if in.Classes == nil {
		return nil, &park.Name{ZH: "园区没有分时电价，峰时用电未诊断", EN: "The park has no time-of-use tariff; peak-price use was not looked at"}
	}
	all := map[period.Day]tariff.Pattern{}
	for _, s := range in.Series {
		for _, d := range s.Days {
			if _, ok := all[d.Day]; ok {
				continue
			}
			p, err := in.Classes(d.Day)
			if err != nil {
				return nil, &park.Name{ZH: "分时电价缺 " + d.Day.String() + "，峰时用电未诊断：" + err.Error(), EN: "No day pattern of the tariff for " + d.Day.String() + "; peak-price use was not looked at: " + err.Error()}
			}
			all[d.Day] = p
		}
	}
	return all, nil
}

// offBenchmark is a product that uses more than its benchmark.
func offBenchmark(p Product) Finding {
	saving := p.Saving
	return Finding{Kind: OffBenchmark, Title: park.Name{ZH: "单位产品能耗高于标杆水平", EN: "Specific use above the benchmark"}, Name: p.Name, TCE: &saving, Tonnes: p.Tonnes,
		Facts: []Fact{}, Evidence: []Evidence{}, Assumptions: []park.Name{{ZH: "产量不变，降至标杆 " + p.Against, EN: "Same output at the benchmark " + p.Against}}}
}
