package health

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"lingtan/park"
)

// Battery is a storage battery with its plate figures and what was measured of it. Current
// is positive while it charges.
type Battery struct {
	ID          string    `json:"id"`
	Name        park.Name `json:"name"`
	RatedAh     float64   `json:"ratedAh"`
	RatedKWh    float64   `json:"ratedKWh,omitempty"`
	Curve       []OCV     `json:"openCircuitCurve,omitempty"` // rising; without it the charge shown at rest counts
	RestAmps    float64   `json:"restAmps,omitempty"`         // default a fiftieth of rated an hour
	RestMinutes float64   `json:"restMinutes,omitempty"`      // default 30
	Swing       float64   `json:"minSwing,omitempty"`         // of charge between rest points; default 0.3
	Coulombic   float64   `json:"coulombicEfficiency,omitempty"`
	Grades      []Grade   `json:"grades,omitempty"` // of the buyer or standard that the reader follows
	Supplied    []Field   `json:"supplied,omitempty"`
	DeepBelow   *float64  `json:"deepDischargeBelow,omitempty"` // share of charge
	HotAbove    *float64  `json:"hotAboveC,omitempty"`
	ColdBelow   *float64  `json:"coldBelowC,omitempty"`
	Track
	Current     []*float64 `json:"currentA"`
	Voltage     []*float64 `json:"voltageV,omitempty"`
	Charge      []*float64 `json:"soc,omitempty"` // share from 0 to 1, of the battery management system
	Temperature []*float64 `json:"temperatureC,omitempty"`
}

// OCV is a point of the open-circuit voltage curve.
type OCV struct {
	SOC     float64 `json:"soc"`
	Voltage float64 `json:"voltageV"`
}

// Grade is a class of second use: at least this state of health.
type Grade struct {
	Name   park.Name `json:"name"`
	MinSOH float64   `json:"minSoh"`
}

// Capacity is what a full battery still holds, by regression over partial cycles.
type Capacity struct {
	Ah     float64  `json:"ah"`
	Low    *float64 `json:"low,omitempty"` // 95 % by leaving one partial cycle out in turn; absent under three
	High   *float64 `json:"high,omitempty"`
	SOH    float64  `json:"stateOfHealth"` // of rated
	Pairs  int      `json:"partialCycles"`
	Method string   `json:"method"`
}

// BatteryState is a battery's state of health.
type BatteryState struct {
	ID          string      `json:"id"`
	Name        park.Name   `json:"name"`
	Hours       float64     `json:"hours"`
	Unknown     float64     `json:"unknownHours"`
	Capacity    *Capacity   `json:"capacity"`
	EnergyKWh   *float64    `json:"energyCapacityKWh"`
	ChargedAh   float64     `json:"chargedAh"`
	Discharged  float64     `json:"dischargedAh"`
	ChargedKWh  *float64    `json:"chargedKWh"`
	Delivered   *float64    `json:"dischargedKWh"`
	RoundTrip   *float64    `json:"roundTripEfficiency"`
	Resistance  *float64    `json:"ohmicResistanceMilliohm"`
	Cycles      []Cycle     `json:"cycles"` // of charge, ASTM E1049, summed by tenths of depth
	Equivalent  float64     `json:"equivalentFullCycles"`
	Deep        *int        `json:"deepDischarges"`
	ExtremeHour *float64    `json:"extremeTemperatureHours"`
	Grade       *park.Name  `json:"grade"`
	Passport    []Field     `json:"passport"`
	Diagnoses   []Diagnosis `json:"diagnoses"`
}

// pair is a stretch between two rests: charge counted and change of the state of charge.
type pair struct{ ah, soc, wh float64 }

func (b *Battery) check() (int, error) {
	n, err := b.Track.check(map[string][]*float64{"currentA": b.Current, "voltageV": b.Voltage, "soc": b.Charge, "temperatureC": b.Temperature}, "currentA")
	switch {
	case err != nil:
		return 0, err
	case !(b.RatedAh >= 1e-3 && b.RatedAh <= 1e9) || b.RatedKWh < 0:
		return 0, fmt.Errorf("%w: ratedAh from 0.001 is needed, from the plate", ErrCase)
	case b.Coulombic < 0 || b.Coulombic > 1 || b.Swing < 0 || b.Swing > 1 || b.RestAmps < 0 || b.RestMinutes < 0:
		return 0, fmt.Errorf("%w: coulombicEfficiency and minSwing are from 0 to 1, restAmps and restMinutes from 0", ErrCase)
	}
	for i := 1; i < len(b.Curve); i++ {
		if b.Curve[i].SOC <= b.Curve[i-1].SOC || b.Curve[i].Voltage <= b.Curve[i-1].Voltage {
			return 0, fmt.Errorf("%w: openCircuitCurve must rise in soc and voltage; point %d does not", ErrCase, i+1)
		}
	}
	for i, x := range b.Charge {
		if x != nil && (*x < -0.01 || *x > 1.01) {
			return 0, fmt.Errorf("%w: soc %g at %s: a share from 0 to 1, not percent", ErrCase, *x, b.at(i).Format(time.RFC3339))
		}
	}
	return n, nil
}

func or(x, def float64) float64 {
	if x == 0 {
		return def
	}
	return x
}

// State tells capacity, cycles and efficiency; what the measurements do not tell is absent
// and said in Diagnoses.
func (b *Battery) State() (*BatteryState, error) {
	if _, err := b.check(); err != nil {
		return nil, err
	}
	s := &BatteryState{ID: b.ID, Name: b.Name, Cycles: []Cycle{}, Diagnoses: []Diagnosis{}}
	b.throughput(s)
	pairs, method := b.pairs()
	b.capacity(s, pairs, method)
	b.cycles(s)
	b.resistance(s)
	b.extremes(s)
	b.grade(s)
	s.Passport = b.passport(s)
	return s, nil
}

// throughput counts charge and energy in and out.
func (b *Battery) throughput(s *BatteryState) {
	h := b.hours()
	var in, out float64
	whole := len(b.Voltage) > 0
	for i, a := range b.Current {
		if a == nil {
			s.Unknown += h
			continue
		}
		s.Hours += h
		s.ChargedAh += positive(*a) * h
		s.Discharged += positive(-*a) * h
		if !whole || b.Voltage[i] == nil {
			whole = whole && *a == 0
			continue
		}
		in += positive(*a) * *b.Voltage[i] * h / 1000
		out += positive(-*a) * *b.Voltage[i] * h / 1000
	}
	if whole {
		s.ChargedKWh, s.Delivered = &in, &out
	}
}

func positive(x float64) float64 { return math.Max(x, 0) }

// rests are the last steps of rests: little current for long enough.
func (b *Battery) rests() []int {
	limit, steps := or(b.RestAmps, b.RatedAh/50), int(math.Ceil(or(b.RestMinutes, 30)*60/float64(b.Step)))
	var list []int
	run := 0
	for i, a := range b.Current {
		if a != nil && math.Abs(*a) <= limit {
			run++
		} else {
			run = 0
		}
		last := i+1 == len(b.Current) || b.Current[i+1] == nil || math.Abs(*b.Current[i+1]) > limit
		if run >= steps && last {
			list = append(list, i)
		}
	}
	return list
}

// soc is the state of charge at a rest.
func (b *Battery) soc(i int) (float64, bool) {
	if len(b.Curve) >= 2 && len(b.Voltage) > 0 {
		v := b.Voltage[i]
		if v == nil || *v < b.Curve[0].Voltage || *v > b.Curve[len(b.Curve)-1].Voltage {
			return 0, false
		}
		k := 1
		for b.Curve[k].Voltage < *v {
			k++
		}
		p, q := b.Curve[k-1], b.Curve[k]
		return p.SOC + (*v-p.Voltage)/(q.Voltage-p.Voltage)*(q.SOC-p.SOC), true
	}
	if len(b.Charge) == 0 || b.Charge[i] == nil {
		return 0, false
	}
	return *b.Charge[i], true
}

// pairs are the partial cycles: from a rest to the next one that lies far enough away in
// charge. A hole in the current breaks one.
func (b *Battery) pairs() (list []pair, method string) {
	method = "coulomb counting between rests, open-circuit voltage"
	if len(b.Curve) < 2 || len(b.Voltage) == 0 {
		method = "coulomb counting between rests, state of charge of the battery management system"
	}
	swing, eta := or(b.Swing, 0.3), or(b.Coulombic, 1)
	from, start := -1, 0.0
	for _, i := range b.rests() {
		soc, ok := b.soc(i)
		if !ok {
			continue
		}
		if from < 0 {
			from, start = i, soc
			continue
		}
		p, ok := b.between(from, i, eta)
		if !ok {
			from, start = i, soc
			continue
		}
		if p.soc = soc - start; math.Abs(p.soc) >= swing {
			list = append(list, p)
			from, start = i, soc
		}
	}
	return list, method
}

// between integrates current from one rest to another; false over a hole.
func (b *Battery) between(from, to int, eta float64) (p pair, ok bool) {
	h := b.hours()
	for i := from + 1; i <= to; i++ {
		if b.Current[i] == nil {
			return p, false
		}
		a := *b.Current[i]
		if a > 0 {
			a *= eta
		}
		p.ah += a * h
		if len(b.Voltage) > 0 && b.Voltage[i] != nil {
			p.wh += a * h * *b.Voltage[i]
		} else {
			p.wh = math.NaN()
		}
	}
	return p, true
}

// regress is the slope through the origin with errors in both: the total least squares of
// Plett (2011, Journal of Power Sources 196), with constant variances; ratio is that of
// charge counted to state of charge.
func regress(list []pair, ratio float64) float64 {
	var qq, ss, qs float64
	for _, p := range list {
		qq, ss, qs = qq+p.ah*p.ah, ss+p.soc*p.soc, qs+p.ah*p.soc
	}
	if qs <= 0 {
		return 0
	}
	d := qq - ratio*ss
	return (d + math.Sqrt(d*d+4*ratio*qs*qs)) / (2 * qs)
}

// capacity fills in what a full battery holds.
func (b *Battery) capacity(s *BatteryState, list []pair, method string) {
	ratio := math.Pow(0.005*b.RatedAh/0.02, 2) // 0.5 % of rated in counting, 2 % in the state of charge
	q := regress(list, ratio)
	if q <= 0 {
		s.Diagnoses = append(s.Diagnoses, Diagnosis{Code: "no_capacity", Level: "warns", Value: number(float64(len(list))),
			Text: park.Name{ZH: fmt.Sprintf("没有静置点之间变化不小于 %.0f %% 的完整充放段，无法估计剩余容量", 100*or(b.Swing, 0.3)),
				EN: fmt.Sprintf("no stretch between two rests with a change of at least %.0f %% of charge: the remaining capacity cannot be told", 100*or(b.Swing, 0.3))}})
		return
	}
	c := &Capacity{Ah: q, SOH: q / b.RatedAh, Pairs: len(list), Method: method}
	if n := float64(len(list)); n >= 3 {
		left := make([]float64, len(list))
		for i := range list {
			left[i] = regress(append(slices.Clone(list[:i]), list[i+1:]...), ratio)
		}
		m, v := average(left), 0.0
		for _, x := range left {
			v += (x - m) * (x - m)
		}
		half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975) * math.Sqrt(2*v*(n-1)/n) // a rest ends one pair and begins the next: their errors move together, which at most doubles the variance
		c.Low, c.High = number(q-half), number(q+half)
	}
	s.Capacity = c
	b.energy(s, list)
	if c.SOH > 1.1 {
		s.Diagnoses = append(s.Diagnoses, Diagnosis{Code: "implausible", Level: "warns", Value: &c.SOH, Limit: number(1.1),
			Text: park.Name{ZH: "容量高于额定 10 % 以上：请核对电流方向、单位与额定值", EN: "more than 10 % over the rated capacity: check sign, unit and plate"}})
	}
	if c.SOH < 0.8 {
		s.Diagnoses = append(s.Diagnoses, Diagnosis{Code: "end_of_first_life", Level: "warns", Value: &c.SOH, Limit: number(0.8), Source: "GB/T 31484-2015: 80 % of initial capacity at the end of the cycle-life test",
			Text: park.Name{ZH: "剩余容量低于额定的 80 %：评估更换或梯次利用", EN: "under 80 % of rated capacity: consider a replacement or second use"}})
	}
}

// energy is the mean energy a unit of charge, and the round trip corrected by what is still
// in the battery.
func (b *Battery) energy(s *BatteryState, list []pair) {
	var wh, soc float64
	for _, p := range list {
		wh, soc = wh+math.Abs(p.wh), soc+math.Abs(p.soc)
	}
	if math.IsNaN(wh) || soc == 0 {
		return
	}
	s.EnergyKWh = number(wh / soc / 1000)
	r := b.rests()
	if s.Unknown > 0 || s.Delivered == nil || len(r) < 2 {
		return
	}
	var first, last float64
	var ok, too bool
	first, ok = b.soc(r[0])
	last, too = b.soc(r[len(r)-1])
	var in, out float64
	for i := r[0] + 1; i <= r[len(r)-1]; i++ {
		w := *b.Current[i] * *orZero(b.Voltage[i]) * b.hours() / 1000
		in, out = in+positive(w), out+positive(-w)
	}
	if stored := (last - first) * *s.EnergyKWh; ok && too && in > 2**s.EnergyKWh && in-stored > 0 {
		s.RoundTrip = number(out / (in - stored))
	}
}

func orZero(x *float64) *float64 {
	if x == nil {
		return new(float64)
	}
	return x
}
