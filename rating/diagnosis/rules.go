package diagnosis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"lingtan/park"
	"lingtan/period"
	"lingtan/tariff"
)

// doctor looks at one series.
type doctor struct {
	in      *Input
	s       *Series
	classes map[period.Day]tariff.Pattern
}

// span is a run of intervals on one day.
type span struct {
	day      int // index of Series.Days
	from, to int
	kWh      float64
	excess   float64
}

func (d doctor) instant(day, i int) time.Time {
	return d.s.Days[day].Start.Add(time.Duration(i) * d.in.Step).In(d.in.Zone)
}

// hour is the civil hour in which an interval begins.
func (d doctor) hour(day, i int) int { return d.instant(day, i).Hour() }

// night finds nights without work whose load lies above what the same meter reached in
// the quietest tenth of such nights of the same month: weather and season are then alike.
func (d doctor) night() *Finding {
	l := d.in.Limits
	work := d.workingLoad()
	var idle []span
	for day := range d.s.Days {
		n, ok := d.nightOf(day)
		if ok && d.load(n) < l.NightShare*work {
			idle = append(idle, n)
		}
	}
	if idle = d.ordinary(idle, l.Band); len(idle) < l.LeastNights {
		return nil
	}
	saved, quiet := d.excess(idle)
	f := d.finding(NightBase, park.Name{ZH: "夜间基荷偏高", EN: "High night base load"}, saved, idle)
	if f == nil {
		return nil
	}
	loads := make([]float64, len(idle))
	for i, n := range idle {
		loads[i] = d.load(n)
	}
	f.Facts = append(f.Facts, Fact{park.Name{ZH: "工作时段平均负荷", EN: "mean load of working hours"}, work, "kW"}, Fact{park.Name{ZH: "夜间平均负荷", EN: "mean night load"}, mean(loads), "kW"},
		Fact{park.Name{ZH: "各月自身最安静十分之一夜晚的平均负荷", EN: "load of the quietest tenth of nights of each month, mean"}, quiet, "kW"}, Fact{park.Name{ZH: "停工夜晚数", EN: "nights without work"}, float64(len(idle)), "1"})
	f.Assumptions = append(f.Assumptions, park.Name{ZH: fmt.Sprintf("只看 %d–%d 时、低于工作负荷 %.0f %% 且不超过中位数 %v 倍的夜晚；可降至同月自身最安静十分之一夜晚的水平", l.NightFrom, l.NightTo, 100*l.NightShare, l.Band),
		EN: fmt.Sprintf("Nights from %d to %d o'clock below %.0f %% of the working load and within %v times their median alone; they can come down to the quietest tenth of the same month", l.NightFrom, l.NightTo, 100*l.NightShare, l.Band)})
	return f
}

// load is the mean load of a span in kW.
func (d doctor) load(s span) float64 { return s.kWh / d.hours(s) }

// ordinary leaves out the spans whose load is above band times their median: something
// was at work in them.
func (d doctor) ordinary(list []span, band float64) []span {
	loads := make([]float64, len(list))
	for i, s := range list {
		loads[i] = d.load(s)
	}
	limit := band * quantile(loads, 0.5)
	return slices.DeleteFunc(list, func(s span) bool { return d.load(s) > limit })
}

// excess fills in what each span has above the load of the quietest tenth of the same
// month, and returns their sum and the mean of those loads. Months with fewer than five
// spans claim nothing.
func (d doctor) excess(list []span) (saved, quiet float64) {
	by := map[int][]float64{}
	month := func(s span) int {
		c := d.s.Days[s.day].Day.Civil()
		return c.Year()*12 + int(c.Month())
	}
	for _, s := range list {
		by[month(s)] = append(by[month(s)], d.load(s))
	}
	floor := map[int]float64{}
	for m, loads := range by {
		if len(loads) >= 5 {
			floor[m] = quantile(loads, 0.1)
		}
	}
	var levels []float64
	for i := range list {
		least, ok := floor[month(list[i])]
		if !ok {
			continue
		}
		levels = append(levels, least)
		list[i].excess = max(0, list[i].kWh-least*d.hours(list[i]))
		saved += list[i].excess
	}
	return saved, mean(levels)
}

// nightOf is the night hours of a day, where all of them were measured.
func (d doctor) nightOf(day int) (span, bool) {
	x := d.s.Days[day]
	n := span{day: day, from: -1}
	for i := range x.Amount {
		if h := d.hour(day, i); h < d.in.Limits.NightFrom || h >= d.in.Limits.NightTo {
			continue
		}
		if !x.Measured[i] {
			return n, false
		}
		if n.from < 0 {
			n.from = i
		}
		n.to, n.kWh = i+1, n.kWh+x.Amount[i]
	}
	return n, n.from >= 0
}

func (d doctor) hours(s span) float64 { return float64(s.to-s.from) * d.in.Step.Hours() }

// workingLoad is the mean load in kW over measured working hours of working days.
func (d doctor) workingLoad() float64 {
	var sum float64
	var n int
	for day, x := range d.s.Days {
		if !d.in.Working(x.Day) {
			continue
		}
		for i, v := range x.Amount {
			if h := d.hour(day, i); x.Measured[i] && h >= d.in.Limits.WorkFrom && h < d.in.Limits.WorkTo {
				sum += v
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n) / d.in.Step.Hours()
}

// measured are all measured amounts.
func (d doctor) measured() (list []float64, sum float64) {
	for _, x := range d.s.Days {
		for i, v := range x.Amount {
			if x.Measured[i] {
				list = append(list, v)
				sum += v
			}
		}
	}
	return list, sum
}

// idle finds machines that stand in a low state, apart from the running one, for long
// outside the night (which night looks at).
func (d doctor) idle() *Finding {
	l := d.in.Limits
	values, _ := d.measured()
	if !d.s.Machine || len(values) < 1000 {
		return nil
	}
	two := twoStates(values)
	if two.explained < l.IdleVariance || two.low <= 0 || two.high < l.IdleRatio*two.low {
		return nil
	}
	runs := d.ordinary(d.runs(two.threshold), l.Band)
	if len(runs) == 0 {
		return nil
	}
	saved, quiet := d.excess(runs)
	f := d.finding(Idle, park.Name{ZH: "停机时段待机负荷", EN: "Standing load while machines do not run"}, saved, runs)
	if f == nil {
		return nil
	}
	h := d.in.Step.Hours()
	f.Facts = append(f.Facts, Fact{park.Name{ZH: "运行状态平均负荷", EN: "mean load running"}, two.high / h, "kW"}, Fact{park.Name{ZH: "空载状态平均负荷", EN: "mean load idling"}, two.low / h, "kW"},
		Fact{park.Name{ZH: "两状态分界", EN: "threshold of the two states"}, two.threshold / h, "kW"}, Fact{park.Name{ZH: "各月自身最安静十分之一空载时段的平均负荷", EN: "load of the quietest tenth of idle stretches of each month, mean"}, quiet, "kW"},
		Fact{park.Name{ZH: "两状态可解释的方差", EN: "variance that two states explain"}, 100 * two.explained, "%"})
	f.Assumptions = append(f.Assumptions, park.Name{ZH: fmt.Sprintf("连续空载不少于 %v 且不超过中位数 %v 倍，不含夜间（已在夜间基荷中）；可降至同月自身最安静十分之一空载时段的水平", l.IdleRun, l.Band), EN: fmt.Sprintf("Idle for %v on end or more and within %v times their median, without the night (see night base load); they can come down to the quietest tenth of the same month", l.IdleRun, l.Band)})
	return f
}

// runs are the stretches below a threshold that last, outside the night.
func (d doctor) runs(threshold float64) []span {
	var list []span
	least := int(d.in.Limits.IdleRun / d.in.Step)
	for day, x := range d.s.Days {
		run := span{day: day}
		flush := func() {
			if run.to-run.from >= least && run.to > run.from {
				list = append(list, run)
			}
		}
		for i, v := range x.Amount {
			h := d.hour(day, i)
			if x.Measured[i] && v < threshold && (h < d.in.Limits.NightFrom || h >= d.in.Limits.NightTo) {
				run.to, run.kWh = i+1, run.kWh+v
				continue
			}
			flush()
			run = span{day: day, from: i + 1, to: i + 1}
		}
		flush()
	}
	return list
}

// factor finds months whose power factor is poor: cosφ = P ÷ √(P² + Q²) over the month's
// active and lagging reactive energy.
func (d doctor) factor() *Finding {
	l := d.in.Limits
	months := d.months()
	f := &Finding{Kind: PowerFactor, Title: park.Name{ZH: "功率因数偏低", EN: "Poor power factor"}, Facts: []Fact{}, Evidence: []Evidence{}}
	worst, kvar := 1.0, 0.0
	for _, m := range months {
		if m.lagging == 0 || m.reactiveHours < 100 || m.active == 0 {
			continue
		}
		cos := m.active / math.Hypot(m.active, m.lagging)
		if cos >= l.PowerFactor {
			continue
		}
		need := (m.lagging - m.active*math.Tan(math.Acos(l.PowerFactor))) / m.reactiveHours
		f.Evidence = append(f.Evidence, Evidence{From: m.from, To: m.to, Value: cos, Unit: "cosφ", What: park.Name{ZH: fmt.Sprintf("当月 cosφ，平均需补偿 %.1f kvar", need), EN: fmt.Sprintf("cosφ of the month; %.1f kvar of compensation on average", need)}})
		worst, kvar = min(worst, cos), max(kvar, need)
	}
	if len(f.Evidence) == 0 {
		return nil
	}
	d.sign(f)
	f.Facts = append(f.Facts, Fact{park.Name{ZH: "最低月功率因数", EN: "lowest monthly power factor"}, worst, "1"}, Fact{park.Name{ZH: "低于目标的月数", EN: "months below the target"}, float64(len(f.Evidence)), "1"},
		Fact{park.Name{ZH: "所需补偿（最差月平均）", EN: "compensation wanted (mean of the worst month)"}, kvar, "kvar"})
	f.Assumptions = []park.Name{{ZH: fmt.Sprintf("目标 cosφ %.2f 为设定值；力率调整电费表未在资料库中，金额不估算；只计感性无功", l.PowerFactor), EN: fmt.Sprintf("The target cosφ %.2f is a setting; the table of power-factor charges is not in the library, so no money is told; lagging reactive energy alone", l.PowerFactor)}}
	return f
}

// month is a calendar month of a series.
type month struct {
	from, to                       time.Time
	active, lagging, reactiveHours float64
	loads                          []point
}

// point is an interval with its load in kW.
type point struct {
	at time.Time
	kW float64
}

// months gathers the series by calendar month.
func (d doctor) months() []month {
	var list []month
	h := d.in.Step.Hours()
	for day, x := range d.s.Days {
		first := x.Day.Civil().Day() == 1
		if first || len(list) == 0 {
			list = append(list, month{from: x.Start})
		}
		m := &list[len(list)-1]
		m.to = d.instant(day, len(x.Amount))
		for i, v := range x.Amount {
			if !x.Measured[i] {
				continue
			}
			m.loads = append(m.loads, point{d.instant(day, i), v / h})
			if i < len(x.Lagging) {
				m.active, m.lagging, m.reactiveHours = m.active+v, m.lagging+x.Lagging[i], m.reactiveHours+h
			}
		}
	}
	return list
}

// shift finds machines' use at peak prices and what moving a part of it to the valley is worth.
func (d doctor) shift() *Finding {
	if d.classes == nil || !d.s.Machine {
		return nil // what people use by the clock, light and chargers of visitors, does not move
	}
	by := map[tariff.Class]float64{}
	days := []span{}
	for day, x := range d.s.Days {
		p := d.classes[x.Day]
		one := span{day: day, to: len(x.Amount)}
		for i, v := range x.Amount {
			if !x.Measured[i] {
				continue
			}
			c := p.At(d.instant(day, i))
			by[c] += v
			if c == tariff.Peak || c == tariff.Sharp {
				one.kWh += v
			}
		}
		one.excess = one.kWh
		days = append(days, one)
	}
	dear := by[tariff.Peak] + by[tariff.Sharp]
	moved := dear * d.in.Limits.ShiftShare
	if _, all := d.measured(); moved < d.in.Limits.LeastKWh || moved < d.in.Limits.LeastShare*all {
		return nil
	}
	f := &Finding{Kind: PeakUse, Title: park.Name{ZH: "峰时用电可移至谷时", EN: "Peak-price use that could move to the valley"}, Facts: []Fact{}, Evidence: []Evidence{}, Assumptions: []park.Name{}}
	d.sign(f)
	for _, c := range tariff.Classes() {
		if by[c] > 0 {
			f.Facts = append(f.Facts, Fact{park.Name{ZH: c.Name().ZH + "时用电", EN: c.Name().EN + " use"}, by[c], "kWh"})
		}
	}
	f.Facts = append(f.Facts, Fact{park.Name{ZH: "可移电量", EN: "use that could move"}, moved, "kWh"})
	f.Evidence = d.evidence(days, park.Name{ZH: "当日峰时用电", EN: "peak-price use of the day"})
	valley, known := d.in.Price[tariff.Valley]
	if known && dear > 0 {
		var money float64
		for _, c := range []tariff.Class{tariff.Sharp, tariff.Peak} {
			money += by[c] * d.in.Limits.ShiftShare * (d.in.Price[c] - valley)
		}
		f.CNY = &money
	}
	f.Assumptions = append(f.Assumptions, park.Name{ZH: fmt.Sprintf("假设峰时用电的 %.0f %% 可移；哪些工序可移需现场确认；不节电，不计减排", 100*d.in.Limits.ShiftShare), EN: fmt.Sprintf("%.0f %% of peak-price use is taken to be movable; which processes are is to be seen on site; no energy and no tonnes are saved", 100*d.in.Limits.ShiftShare)})
	return f
}

// peak finds months whose demand rests on a few intervals.
func (d doctor) peak() *Finding {
	var over, charged float64
	f := &Finding{Kind: DemandPeak, Title: park.Name{ZH: "需量尖峰", EN: "Demand peaks"}, Facts: []Fact{}, Evidence: []Evidence{}}
	months := 0
	for _, m := range d.months() {
		if len(m.loads) < int(20*24*time.Hour/d.in.Step) {
			continue
		}
		values := make([]float64, len(m.loads))
		top := m.loads[0]
		for i, p := range m.loads {
			values[i] = p.kW
			if p.kW > top.kW {
				top = p
			}
		}
		level := quantile(values, 1-d.in.Limits.PeakShare)
		if top.kW-level < 0.1*top.kW {
			continue
		}
		months++
		over, charged = max(over, top.kW-level), charged+top.kW-level
		f.Evidence = append(f.Evidence, Evidence{From: top.at, To: top.at.Add(d.in.Step), Value: top.kW, Unit: "kW", What: park.Name{ZH: fmt.Sprintf("当月最大需量，其余 %.1f %% 时段不超过 %.0f kW", 100*(1-d.in.Limits.PeakShare), level), EN: fmt.Sprintf("largest demand of the month; %.1f %% of it stays within %.0f kW", 100*(1-d.in.Limits.PeakShare), level)}})
	}
	if _, all := d.measured(); months == 0 || all < d.in.Limits.LeastKWh/d.in.Limits.LeastShare {
		return nil
	}
	d.sign(f)
	slices.SortStableFunc(f.Evidence, func(a, b Evidence) int { return cmp.Compare(b.Value, a.Value) })
	f.Evidence = f.Evidence[:min(len(f.Evidence), evidenceMost)]
	f.Facts = append(f.Facts, Fact{park.Name{ZH: "尖峰月数", EN: "months with such a peak"}, float64(months), "1"}, Fact{park.Name{ZH: "单月可削最大值", EN: "most that could be shaved in a month"}, over, "kW"}, Fact{park.Name{ZH: "各月可削合计", EN: "what could be shaved, over the months"}, charged, "kW·month"})
	if d.in.Demand > 0 {
		money := charged * d.in.Demand
		f.CNY = &money
	}
	f.Assumptions = []park.Name{{ZH: fmt.Sprintf("削去每月最高的 %.1f %% 时段；该表即计费点，需量以结算时段平均功率计；未给需量电价则不估金额", 100*d.in.Limits.PeakShare), EN: fmt.Sprintf("The highest %.1f %% of a month's intervals are shaved; this meter is the billing point and demand is the mean of a settlement interval; no money without a demand price", 100*d.in.Limits.PeakShare)}}
	return f
}

// sign writes whose finding it is.
func (d doctor) sign(f *Finding) {
	f.Register, f.Node, f.Organization, f.Name = d.s.Register, d.s.Node, d.s.Organization, d.s.Name
}

// finding is one that saves energy; nil where it is not worth a look.
func (d doctor) finding(kind Kind, title park.Name, saved float64, spans []span) *Finding {
	_, all := d.measured()
	if saved < d.in.Limits.LeastKWh || saved < d.in.Limits.LeastShare*all {
		return nil
	}
	f := &Finding{Kind: kind, Title: title, KWh: &saved, Assumptions: []park.Name{}}
	d.sign(f)
	f.Facts = []Fact{{park.Name{ZH: "占该表实测用电", EN: "share of the meter's measured use"}, 100 * saved / all, "%"}}
	f.Evidence = d.evidence(spans, park.Name{ZH: "高于目标的电量", EN: "energy above the target"})
	if d.in.Factor > 0 {
		tonnes := saved * d.in.Factor / 1000
		f.Tonnes = &tonnes
		f.Assumptions = append(f.Assumptions, park.Name{ZH: "减排按外购电力平均因子 " + d.in.From, EN: "Tonnes by the mean factor of purchased power " + d.in.From})
	}
	f.CNY = d.worth(spans)
	return f
}

// worth is the price of what spans have in excess, spread over their intervals; nil
// without prices.
func (d doctor) worth(spans []span) *float64 {
	if d.classes == nil || len(d.in.Price) == 0 {
		return nil
	}
	var money float64
	for _, s := range spans {
		for i := s.from; i < s.to; i++ {
			price, ok := d.in.Price[d.classes[d.s.Days[s.day].Day].At(d.instant(s.day, i))]
			if !ok {
				return nil
			}
			money += s.excess / float64(s.to-s.from) * price
		}
	}
	return &money
}

// evidence are the spans with the largest excess.
func (d doctor) evidence(spans []span, what park.Name) []Evidence {
	list := slices.Clone(spans)
	slices.SortStableFunc(list, func(a, b span) int { return cmp.Compare(b.excess, a.excess) })
	out := []Evidence{}
	for _, s := range list[:min(len(list), evidenceMost)] {
		if s.excess > 0 {
			out = append(out, Evidence{From: d.instant(s.day, s.from), To: d.instant(s.day, s.to), Value: s.excess, Unit: "kWh", What: what})
		}
	}
	return out
}
