// Package bill says what the electricity of a meter costs: energy by the classes of its
// time-of-use tariff, demand by the month's highest settlement interval, and the power factor.
package bill

import (
	"fmt"
	"math"
	"slices"
	"time"

	"lingtan/period"
	"lingtan/tariff"
)

// Rates are prices; 0 is not known, and what needs it is then not told in money.
type Rates struct {
	Base     float64 `json:"base"`     // CNY/kWh, the part that floats with the class
	Fixed    float64 `json:"fixed"`    // CNY/kWh, the rest
	Demand   float64 `json:"demand"`   // CNY per kW of billed demand and month
	Contract float64 `json:"contract"` // kW of demand agreed on
}

// Input is a meter over a period: values of settlement intervals from Start on, NaN where
// nothing is known.
type Input struct {
	Zone    *time.Location
	Start   time.Time // the beginning of a civil day
	Step    time.Duration
	KWh     []float64
	Lagging []float64 // kvarh drawn, beside KWh; nil where there is no meter of it
	Book    *tariff.Book
	Query   tariff.Query // its day is set for each interval
	Rates   Rates
}

// Line is the energy of a class in a month.
type Line struct {
	Month string      `json:"month"`
	Class string      `json:"class" enum:"S,P,F,V,D"`
	Name  tariff.Name `json:"name"`
	KWh   float64     `json:"kwh"`
	Price *float64    `json:"price"` // CNY/kWh; null where a rate is not known
	Cost  *float64    `json:"cost"`  // CNY
}

// Month is the demand and the power factor of a month.
type Month struct {
	Month       string     `json:"month"`
	Gaps        int        `json:"gaps"` // settlement intervals without a value: they are not in the bill
	Peak        *float64   `json:"peak"` // kW, mean of the highest settlement interval
	PeakAt      *time.Time `json:"peak_at"`
	Contract    *float64   `json:"contract"`
	Over        *float64   `json:"over"`   // kW above the contract
	Billed      *float64   `json:"billed"` // kW
	DemandCost  *float64   `json:"demand_cost"`
	PowerFactor *float64   `json:"power_factor"`
	Adjustment  *float64   `json:"adjustment"` // share added to the bill for the power factor, against 0.90
	AdjustCost  *float64   `json:"adjust_cost"`
}

// Note is something that a reader of the bill should know.
type Note struct {
	Code string `json:"code"`
	Zh   string `json:"zh"`
	En   string `json:"en"`
}

// Bill is a bill with what it was made by.
type Bill struct {
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	Source     string    `json:"source"` // of the day pattern
	Grade      string    `json:"grade"`
	Rates      Rates     `json:"rates"`
	Lines      []Line    `json:"lines"`
	Months     []Month   `json:"months"`
	KWh        float64   `json:"kwh"`
	EnergyCost *float64  `json:"energy_cost"`
	DemandCost *float64  `json:"demand_cost"`
	AdjustCost *float64  `json:"adjust_cost"`
	Total      *float64  `json:"total"` // of the parts that are told
	Notes      []Note    `json:"notes"`
}

const maxIntervals = 366 * 24 * 60

// Check says what is wrong with the rates. Errors wrap tariff.ErrBill.
func (r Rates) Check() error {
	for _, x := range []struct {
		name     string
		v, limit float64
	}{{"base", r.Base, 100}, {"fixed", r.Fixed, 100}, {"demand", r.Demand, 10_000}, {"contract", r.Contract, 1e7}} {
		if !(x.v >= 0 && x.v <= x.limit) {
			return fmt.Errorf("%w: %s is %g; from 0 to %g", tariff.ErrBill, x.name, x.v, x.limit)
		}
	}
	return nil
}

// Compute makes the bill. Each month of the input is billed by its own peak: a part of a
// month is told as if it were the whole. Errors wrap tariff.ErrBill, or what the tariff's
// book says of a day without a pattern.
func Compute(in Input) (*Bill, error) {
	if err := in.Rates.Check(); err != nil {
		return nil, err
	}
	if in.Step <= 0 || (30*time.Minute)%in.Step != 0 || len(in.KWh) > maxIntervals || in.Lagging != nil && len(in.Lagging) != len(in.KWh) {
		return nil, fmt.Errorf("%w: %d values by %s; the step divides half an hour, at most %d values, as many of reactive energy as of active", tariff.ErrBill, len(in.KWh), in.Step, maxIntervals)
	}
	b := &Bill{From: in.Start, To: in.Start.Add(time.Duration(len(in.KWh)) * in.Step), Rates: in.Rates, Lines: []Line{}, Months: []Month{}, Notes: []Note{}}
	classes, err := in.Classes(b)
	if err != nil {
		return nil, err
	}
	for from := 0; from < len(in.KWh); {
		to := from + 1
		month := in.month(from)
		for to < len(in.KWh) && in.month(to) == month {
			to++
		}
		if err := in.bill(b, month, classes, from, to); err != nil {
			return nil, err
		}
		from = to
	}
	b.sum(in)
	return b, nil
}

func (in *Input) at(i int) time.Time { return in.Start.Add(time.Duration(i) * in.Step) }
func (in *Input) month(i int) string { return in.at(i).In(in.Zone).Format("2006-01") }

// Classes are the tariff's class of each interval. The first pattern's source goes into b.
func (in *Input) Classes(b *Bill) ([]tariff.Class, error) {
	list := make([]tariff.Class, len(in.KWh))
	var pattern tariff.Pattern
	var have bool
	for i := range list {
		t := in.at(i)
		q := in.Query.On(t)
		if !have || pattern.Day != q.Day {
			p, err := in.Book.Pattern(q)
			if err != nil {
				return nil, err
			}
			if !have {
				b.Source, b.Grade = p.Source, p.Grade
				b.say(!p.InForce, "study", "该分时电价在此时段尚未实施，仅作测算", "That tariff was not yet in force in the period; it is taken for study")
			}
			pattern, have = p, true
		}
		list[i] = pattern.At(t)
	}
	return list, nil
}

func (b *Bill) say(when bool, code, zh, en string) {
	if when && !slices.ContainsFunc(b.Notes, func(n Note) bool { return n.Code == code }) {
		b.Notes = append(b.Notes, Note{code, zh, en})
	}
}

// bill adds a month of intervals [from, to).
func (in *Input) bill(b *Bill, month string, classes []tariff.Class, from, to int) error {
	m := Month{Month: month}
	energy := map[tariff.Class]float64{}
	for i := from; i < to; i++ {
		v := in.KWh[i]
		if math.IsNaN(v) {
			m.Gaps++
			continue
		}
		energy[classes[i]] += v
		if kw := v / in.Step.Hours(); m.Peak == nil || kw > *m.Peak {
			at := in.at(i)
			m.Peak, m.PeakAt = &kw, &at
		}
	}
	cost, whole := 0.0, in.Rates.Base > 0
	for _, c := range tariff.Classes() {
		kwh, ok := energy[c]
		if !ok {
			continue
		}
		line := Line{Month: month, Class: string(rune(c)), Name: c.Name(), KWh: kwh}
		if p := in.Price(b, c, in.at(from)); p != nil {
			x := *p * kwh
			line.Price, line.Cost = p, &x
			cost += x
		} else {
			whole = false
		}
		b.Lines = append(b.Lines, line)
		b.KWh += kwh
	}
	in.demand(&m)
	if m.DemandCost != nil {
		cost += *m.DemandCost
	}
	in.factor(&m, from, to)
	if m.Adjustment != nil && whole {
		x := *m.Adjustment * cost
		m.AdjustCost = &x
	}
	b.Months = append(b.Months, m)
	return nil
}

// Price is what a class costs, CNY/kWh; nil where the base price or the ratio is not known.
func (in *Input) Price(b *Bill, c tariff.Class, at time.Time) *float64 {
	if in.Rates.Base == 0 {
		return nil
	}
	r, err := in.Book.Ratio(in.Query.On(at), c)
	if err != nil {
		b.say(true, "ratio_"+c.String(), c.Name().ZH+"时没有浮动比例："+err.Error(), "No ratio of the class "+c.Name().EN+": "+err.Error())
		return nil
	}
	p := r.Price(in.Rates.Base, in.Rates.Fixed)
	return &p
}

// demand bills the peak of a month; with a contract 1.05 times it is free of surcharge, and
// what is above that is billed twice.
//
// Source: National Development and Reform Commission, notice 1345 of 2009 and the provinces'
// catalogues of prices: the contracted maximum demand is billed by its value; what exceeds
// 105 % of it is charged double.
func (in *Input) demand(m *Month) {
	if m.Peak == nil {
		return
	}
	billed := *m.Peak
	if c := in.Rates.Contract; c > 0 {
		over := math.Max(0, *m.Peak-c)
		m.Contract, m.Over = &c, &over
		billed = c + 2*math.Max(0, *m.Peak-1.05*c)
	}
	m.Billed = &billed
	if in.Rates.Demand > 0 {
		x := billed * in.Rates.Demand
		m.DemandCost = &x
	}
}

// factor is the power factor of a month, P/√(P²+Q²), where all of its reactive energy is known.
func (in *Input) factor(m *Month, from, to int) {
	if in.Lagging == nil {
		return
	}
	var p, q float64
	for i := from; i < to; i++ {
		if v, r := in.KWh[i], in.Lagging[i]; !math.IsNaN(v) && !math.IsNaN(r) {
			p, q = p+v, q+r
		}
	}
	if p <= 0 {
		return
	}
	f := p / math.Hypot(p, q)
	a := Adjustment(f)
	m.PowerFactor, m.Adjustment = &f, &a
}

// Adjustment is the share that is added to a bill for the power factor of a month against
// the standard of 0.90; below 0 it is taken off. The factor is rounded to hundredths: −0.15 %
// a hundredth up to 0.94 and −0.75 % from 0.95 on; +0.5 % a hundredth down to 0.70, +1 %
// down to 0.65, +2 % below.
//
// Source: Ministry of Water Resources and Electric Power and State Price Bureau, notice
// 水电财字第215号 of 1983, table 1.
func Adjustment(factor float64) float64 {
	n := int(math.Round(factor * 100))
	switch {
	case n >= 95:
		return -0.0075
	case n >= 90:
		return -0.0015 * float64(n-90)
	case n >= 70:
		return 0.005 * float64(90-n)
	case n >= 65:
		return 0.10 + 0.01*float64(70-n)
	}
	return 0.15 + 0.02*float64(65-n)
}

// sum adds up the parts that are told in money.
func (b *Bill) sum(in Input) {
	gaps := 0
	add := func(to **float64, x *float64) {
		if x == nil {
			return
		}
		if *to == nil {
			*to = new(float64)
		}
		**to += *x
	}
	whole := true
	for _, l := range b.Lines {
		add(&b.EnergyCost, l.Cost)
		whole = whole && l.Cost != nil
	}
	if !whole {
		b.EnergyCost = nil
	}
	for _, m := range b.Months {
		add(&b.DemandCost, m.DemandCost)
		add(&b.AdjustCost, m.AdjustCost)
		gaps += m.Gaps
	}
	if b.EnergyCost != nil {
		for _, x := range []*float64{b.EnergyCost, b.DemandCost, b.AdjustCost} {
			add(&b.Total, x)
		}
	}
	b.say(in.Rates.Base == 0, "no_price", "未给电价：仅列各时段电量，不列金额", "No price is given: energy by class is told, no money")
	b.say(in.Rates.Demand == 0, "no_demand_price", "未给需量电价：不计需量电费", "No price of demand is given: the demand charge is left out")
	b.say(in.Rates.Contract == 0, "no_contract", "未登记合同需量：按实际最大需量计", "No contract demand is recorded: the actual peak counts")
	b.say(gaps > 0, "gaps", fmt.Sprintf("%d 个结算时段没有数据，未计入", gaps), fmt.Sprintf("%d settlement intervals have no value and are not in the bill", gaps))
}

// Hour is when electricity is cheap or clean: an hour of a day.
type Hour struct {
	At        time.Time `json:"at"`
	Class     string    `json:"class" enum:"S,P,F,V,D"`
	Price     *float64  `json:"price"`     // CNY/kWh
	Intensity *float64  `json:"intensity"` // gCO2/kWh, location basis
}

// Sheet is a bill with the demand that it was made of and the hours of its period.
type Sheet struct {
	Park         string      `json:"park"`
	Organization string      `json:"organization"`
	Name         tariff.Name `json:"name"`
	Zone         string      `json:"zone"`
	Tariff       string      `json:"tariff"` // of the park file
	StepSeconds  int         `json:"step_seconds"`
	Bill         *Bill       `json:"bill"`
	Demand       []*float64  `json:"demand"` // kW of each settlement interval from the bill's start; none for more than 31 days
	Hours        []Hour      `json:"hours"`  // none for more than 31 days
}

// Days is how many civil days a bill has.
func (b *Bill) Days(zone *time.Location) int {
	return int(period.DayOf(b.To, zone) - period.DayOf(b.From, zone))
}
