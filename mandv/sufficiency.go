package mandv

import (
	"fmt"
	"math"
	"slices"
	"time"

	"lingtan/park"
)

// The rules of data of CalTRACK 2 (Methods, data sufficiency) and limits of ASHRAE Guideline 14.
const (
	baselineDays   = 365
	coverage       = 0.90
	maxCV          = 0.25 // whole-building path, 12 to 60 months of reporting
	deadIntervals  = 3.0  // days at the end without a change
	stuckDays      = 7.0
	wholeShare     = 0.10 // IPMVP core concepts, option C: smaller savings drown in the noise
	rangeTolerance = 0.10 // Guideline 14: within 90 % to 110 % of what the baseline saw
)

func (w *work) add(f Finding) { w.r.Findings = append(w.r.Findings, f) }

// prepare copies a span with zeros and stated adjustments taken care of, and tells what is
// wrong with its data.
func (w *work) prepare(period string, s *Span) *Span {
	x := *s
	x.Energy = slices.Clone(s.Energy)
	w.zeros(period, &x)
	w.stuck(period, &x)
	w.holes(period, "energy", &x, x.Energy, "能耗", "energy")
	if x.Temperature != nil {
		w.holes(period, "temperature", &x, x.Temperature, "气温", "temperature")
	}
	for _, d := range x.Drivers {
		w.holes(period, "driver", &x, d.Values, "变量 "+d.Name, "driver "+d.Name)
	}
	if period == "baseline" {
		w.length(&x)
		for i, a := range w.adjust("baseline", &x) {
			x.Energy[i] -= a
		}
	}
	return &x
}

// zeros makes zeros holes where the case says that they are, and tells of them and of
// energy below zero.
func (w *work) zeros(period string, x *Span) {
	var zero, below []int
	for i, v := range x.Energy {
		switch {
		case v == 0:
			zero = append(zero, i)
			if w.ZeroMissing {
				x.Energy[i] = math.NaN()
			}
		case v < 0:
			below = append(below, i)
		}
	}
	if len(zero) > 0 {
		v := float64(len(zero))
		text := park.Name{ZH: fmt.Sprintf("%d 个时段能耗为零，按实际值保留", len(zero)), EN: fmt.Sprintf("%d intervals of no energy at all, kept as metered", len(zero))}
		level, source := "tells", ""
		if w.ZeroMissing {
			text = park.Name{ZH: fmt.Sprintf("%d 个时段能耗为零，按缺数处理", len(zero)), EN: fmt.Sprintf("%d intervals of no energy at all are taken as holes", len(zero))}
			level, source = "warns", "CalTRACK 2, data quality: a zero of a whole building's electricity is a hole"
		}
		w.add(Finding{Code: "zero", Level: level, Period: period, Value: &v, Where: runs(x, zero), Text: text, Source: source})
	}
	if len(below) > 0 {
		v := float64(len(below))
		w.add(Finding{Code: "negative", Level: "blocks", Period: period, Value: &v, Where: runs(x, below), Source: "CalTRACK 2, data quality: net metering is not modelled",
			Text: park.Name{ZH: fmt.Sprintf("%d 个时段能耗为负：请用用电量，不用与光伏抵消后的净值", len(below)), EN: fmt.Sprintf("%d intervals below zero: give what was used, not the net of own generation", len(below))}})
	}
}

// stuck tells of a register that no longer moves, and of one that died.
func (w *work) stuck(period string, x *Span) {
	per := x.perDay()
	n := len(x.Energy)
	last := n - 1
	for last >= 0 && math.IsNaN(x.Energy[last]) {
		last--
	}
	if gone := float64(n-1-last) / per; gone >= deadIntervals {
		w.add(Finding{Code: "meter_dead", Level: "warns", Period: period, Value: &gone, Where: []string{x.At(last + 1).Format("2006-01-02")},
			Text: park.Name{ZH: fmt.Sprintf("期末 %.0f 天无数据：表计可能已停", gone), EN: fmt.Sprintf("no data for the last %.0f days: the meter may have died", gone)}})
	}
	run := 0
	var flat []int
	for i := 1; i <= n; i++ {
		if i < n && x.Energy[i] == x.Energy[i-1] && x.Energy[i] != 0 {
			run++
			continue
		}
		if float64(run+1) >= stuckDays*per {
			for k := i - 1 - run; k < i; k++ {
				flat = append(flat, k)
			}
		}
		run = 0
	}
	if len(flat) > 0 {
		v := float64(len(flat)) / per
		w.add(Finding{Code: "stuck", Level: "warns", Period: period, Value: &v, Where: runs(x, flat),
			Text: park.Name{ZH: fmt.Sprintf("%.0f 天读数完全不变：请检查表计", v), EN: fmt.Sprintf("%.0f days of exactly one figure: check the meter", v)}})
	}
}

// holes tells what is missing of a series: 90 % of the days, of every month where it is
// hourly.
func (w *work) holes(period, code string, x *Span, v []float64, zh, en string) {
	var missing []int
	months := map[string][2]float64{}
	for i, y := range v {
		m := x.At(i).Format("2006-01")
		c := months[m]
		c[1]++
		if math.IsNaN(y) {
			missing = append(missing, i)
		} else {
			c[0]++
		}
		months[m] = c
	}
	if len(missing) == 0 {
		return
	}
	have := 1 - float64(len(missing))/float64(len(v))
	limit, level := coverage, "tells"
	if have < coverage {
		level = "blocks"
		if period != "baseline" {
			level = "warns"
		}
	}
	w.add(Finding{Code: code + "_missing", Level: level, Period: period, Value: &have, Limit: &limit, Where: runs(x, missing), Source: "CalTRACK 2, data sufficiency: 90 % coverage",
		Text: park.Name{ZH: fmt.Sprintf("%s缺 %d 个时段，覆盖率 %.1f %%", zh, len(missing), 100*have), EN: fmt.Sprintf("%s: %d intervals are missing, coverage %.1f %%", en, len(missing), 100*have)}})
	if !x.Hourly {
		return
	}
	var thin []string
	for m, c := range months {
		if c[0] < coverage*c[1] {
			thin = append(thin, m)
		}
	}
	slices.Sort(thin)
	if len(thin) > 0 && period == "baseline" {
		w.add(Finding{Code: code + "_month", Level: "blocks", Period: period, Where: thin, Limit: &limit, Source: "CalTRACK 2, data sufficiency: hourly methods, 90 % of every month",
			Text: park.Name{ZH: fmt.Sprintf("%d 个月的%s覆盖率不足 90 %%", len(thin), zh), EN: fmt.Sprintf("%s: %d months have less than 90 %%", en, len(thin))}})
	}
}

// length holds the baseline against 365 days of which 90 % are known.
func (w *work) length(x *Span) {
	days := float64(x.Len()) / x.perDay()
	limit := float64(baselineDays)
	switch {
	case days < coverage*baselineDays:
		w.add(Finding{Code: "baseline_short", Level: "blocks", Period: "baseline", Value: &days, Limit: &limit, Source: "CalTRACK 2, data sufficiency: 365 days",
			Text: park.Name{ZH: fmt.Sprintf("基准期 %.0f 天，少于 365 天：未见全部季节，还需 %.0f 天", days, limit-days), EN: fmt.Sprintf("a baseline of %.0f days, less than 365: not all seasons were seen, %.0f days more are needed", days, limit-days)}})
	case math.Abs(days-limit) > 1:
		w.add(Finding{Code: "baseline_length", Level: "tells", Period: "baseline", Value: &days, Limit: &limit, Source: "CalTRACK 2, data sufficiency: 365 days",
			Text: park.Name{ZH: fmt.Sprintf("基准期 %.0f 天，不是 365 天：各季节权重不等", days), EN: fmt.Sprintf("a baseline of %.0f days, not 365: seasons do not weigh the same", days)}})
	}
}

// adjust lays the stated adjustments on the intervals of a span, and notes what each came to.
func (w *work) adjust(period string, x *Span) []float64 {
	out := make([]float64, x.Len())
	for k := range w.r.Adjustments {
		a := &w.r.Adjustments[k]
		if a.Period != period {
			continue
		}
		first, last := a.First.Format("2006-01-02"), a.Last.Format("2006-01-02")
		seen := map[string]bool{}
		for i := range out {
			if day := x.At(i).Format("2006-01-02"); day >= first && day <= last {
				out[i] += a.Amount / x.perDay()
				a.Total += a.Amount / x.perDay()
				seen[day] = true
			}
		}
		if a.Days = len(seen); a.Days == 0 {
			w.add(Finding{Code: "adjustment_outside", Level: "warns", Period: period, Where: []string{first + ".." + last}, Text: park.Name{ZH: "非常规调整不在该期内，未生效", EN: "a stated adjustment lies outside the period and had no effect"}})
		}
	}
	return out
}

// constant are the drivers that never change: nothing can be learnt of them.
func (w *work) constant(x *Span) map[string]bool {
	skip := map[string]bool{}
	for _, d := range x.Drivers {
		low, high := bounds(d.Values)
		if low < high {
			continue
		}
		skip[d.Name] = true
		text := park.Name{ZH: "变量 " + d.Name + " 在基准期内不变，未进入模型", EN: "driver " + d.Name + " never changes in the baseline and is left out of the model"}
		if high == 0 {
			text = park.Name{ZH: "变量 " + d.Name + " 在基准期内全为零，未进入模型", EN: "driver " + d.Name + " is zero all through the baseline and is left out of the model"}
		}
		w.add(Finding{Code: "driver_constant", Level: "warns", Period: "baseline", Text: text})
	}
	return skip
}

func bounds(v []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, x := range v {
		if !math.IsNaN(x) {
			low, high = math.Min(low, x), math.Max(high, x)
		}
	}
	return low, high
}

// modelFindings holds a model against the limits of Guideline 14.
func (w *work) modelFindings(period string, f *Fit) {
	if cv, limit := f.Statistics.CVRMSEAshrae, maxCV; cv > limit {
		w.add(Finding{Code: "model_weak", Level: "warns", Period: period, Value: &cv, Limit: &limit, Source: "ASHRAE Guideline 14-2014, whole-building path",
			Text: park.Name{ZH: fmt.Sprintf("模型 CV(RMSE) 为 %.1f %%，高于 25 %%", 100*cv), EN: fmt.Sprintf("CV(RMSE) of the model is %.1f %%, over 25 %%", 100*cv)}})
	}
	for _, t := range f.Terms[len(f.Terms)-len(f.names):] {
		if v, limit := t.T, 2.0; math.Abs(v) < limit {
			w.add(Finding{Code: "driver_weak", Level: "warns", Period: period, Value: &v, Limit: &limit, Source: "IPMVP: t of a coefficient above 2",
				Text: park.Name{ZH: "变量 " + t.Name + " 的影响不显著（|t| < 2）", EN: "driver " + t.Name + " has no proved effect (|t| < 2)"}})
		}
	}
	if f.hourly == nil {
		return
	}
	var without []string
	for m := range f.hourly.months {
		if !f.hourly.months[m].ok {
			without = append(without, time.Month(m+1).String())
		}
	}
	if len(without) > 0 {
		w.add(Finding{Code: "months_without_model", Level: "blocks", Period: period, Where: without, Text: park.Name{ZH: "部分月份没有模型，这些月份无法计算预期能耗", EN: "some months have no model; what they should have used cannot be told"}})
	}
}

// extrapolation tells how much of the reporting period is outside what the baseline saw.
func (w *work) extrapolation() {
	look := func(name string, before, after []float64) {
		low, high := bounds(before)
		margin := rangeTolerance * (high - low)
		var out []int
		for i, v := range after {
			if v < low-margin || v > high+margin {
				out = append(out, i)
			}
		}
		if len(out) == 0 {
			return
		}
		share := float64(len(out)) / float64(len(after))
		w.add(Finding{Code: "extrapolated", Level: "warns", Period: "reporting", Value: &share, Where: runs(w.now, out), Source: "ASHRAE Guideline 14-2014: within 10 % of the range of the baseline",
			Text: park.Name{ZH: fmt.Sprintf("%s 有 %.1f %% 的时段超出基准期范围 %.4g … %.4g", name, 100*share, low, high), EN: fmt.Sprintf("%s is outside the baseline's range %.4g … %.4g in %.1f %% of the intervals", name, low, high, 100*share)}})
	}
	if w.base.Temperature != nil {
		look("temperature", w.base.Temperature, w.now.Temperature)
	}
	for i, d := range w.base.Drivers {
		look(d.Name, d.Values, w.now.Drivers[i].Values)
	}
}

func (w *work) smallShare(s *Saving) {
	limit := wholeShare
	if w.Option != "C" || s.Share == nil || math.Abs(*s.Share) >= limit {
		return
	}
	w.add(Finding{Code: "small_for_option_c", Level: "warns", Value: s.Share, Limit: &limit, Source: "IPMVP core concepts, option C",
		Text: park.Name{ZH: "节能量不足整体能耗的 10 %：宜改用 B 选项（隔离计量）", EN: "the saving is under 10 % of the whole facility's energy: retrofit isolation (option B) fits better"}})
}

// runs are the days of intervals as at most 40 runs.
func runs(x *Span, at []int) []string {
	var list []string
	for k := 0; k < len(at); {
		e := k
		for e+1 < len(at) && at[e+1] == at[e]+1 {
			e++
		}
		from, to := x.At(at[k]).Format("2006-01-02"), x.At(at[e]).Format("2006-01-02")
		if from != to {
			from += ".." + to
		}
		if len(list) == 40 {
			return append(list[:39], "…")
		}
		if len(list) == 0 || list[len(list)-1] != from {
			list = append(list, from)
		}
		k = e + 1
	}
	return list
}
