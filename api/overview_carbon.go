package api

import (
	"slices"

	"lingtan/accounting"
	"lingtan/inventory"
	"lingtan/method"
	"lingtan/park"
)

// hourlyUpTo is how many days a chart is drawn by the hour.
const hourlyUpTo = 31

// colours are the console's carrier tokens of source activities.
var colours = map[string]string{"purchased_electricity": "grid", "own_pv": "pv", "own_wind": "wind", "natural_gas": "chp", "purchased_heat": "heat", "coal": "coal"}

// steps are the chart's steps as runs of hours [from, to) of the profile.
func (sc *scene) steps() (runs [][2]int, seconds int) {
	a, b := sc.hours()
	if sc.to-sc.from < hourlyUpTo {
		for h := a; h < b; h++ {
			runs = append(runs, [2]int{h, h + 1})
		}
		return runs, 3600
	}
	p := sc.view.Profile
	for d := sc.view.First; d <= sc.view.Last; d++ {
		from, to := d.Start(p.Zone), (d + 1).Start(p.Zone)
		runs = append(runs, [2]int{int(from.Sub(p.From).Hours()), int(to.Sub(p.From).Hours())})
	}
	return runs, 86400
}

// taken is what the organizations shown took of source s in hours [from, to).
func (sc *scene) taken(s int, run [2]int) float64 {
	a, _ := sc.hours()
	var sum float64
	for _, x := range sc.bySource()[s][run[0]-a : run[1]-a] {
		sum += x
	}
	return sum
}

// bySource is what the organizations shown took of each source in each hour of the
// period; summed once.
func (sc *scene) bySource() [][]float64 {
	if sc.sums != nil {
		return sc.sums
	}
	p := sc.view.Profile
	a, b := sc.hours()
	sc.sums = make([][]float64, len(p.Sources))
	for s := range sc.sums {
		sc.sums[s] = make([]float64, b-a)
	}
	for o, owner := range p.Owners {
		if !sc.shown(owner) {
			continue
		}
		for s := range p.Sources {
			row := p.Hourly[o*len(p.Sources)+s]
			if len(row) == 0 {
				continue
			}
			for h, x := range row[a:b] {
				sc.sums[s][h] += x
			}
		}
	}
	return sc.sums
}

// carbon is the emissions of every source by step, and the intensity of electricity.
func (sc *scene) carbon() carbon {
	p := sc.view.Profile
	runs, seconds := sc.steps()
	out := carbon{From: sc.view.First.Start(p.Zone), StepSeconds: seconds, Unit: "tCO2", Series: []carbonSeries{},
		Intensity: intensity{Unit: "gCO2/kWh", Values: make([]*float64, len(runs))}, Estimated: make([]bool, len(runs))}
	for s, src := range p.Sources {
		if !sc.emits(s) {
			continue
		}
		series := carbonSeries{ID: src.Node, Name: src.Name, Scope: sc.scopeOf(src), Color: colours[src.Activity], Values: make([]*float64, len(runs))}
		for i, run := range runs {
			if v := sc.emitted(s, run); v != 0 || !sc.silent(run) {
				series.Values[i] = &v
			}
		}
		out.Series = append(out.Series, series)
	}
	for i, run := range runs {
		out.Intensity.Values[i] = sc.intensityOf(run)
		out.Estimated[i] = sc.doubtful(run)
	}
	return out
}

func (sc *scene) scopeOf(src inventory.Source) int {
	for _, e := range sc.view.Entries {
		if e.Activity.Source == src.Node {
			return e.Scope
		}
	}
	return 2
}

// emits says whether anything is counted of source s.
func (sc *scene) emits(s int) bool {
	a, b := sc.hours()
	return sc.view.Rate[sc.basis][s] != 0 || sc.emitted(s, [2]int{a, b}) != 0
}

// intensityOf is gCO2 a kWh of electricity taken in a step, by what went into it; nil where
// none was.
func (sc *scene) intensityOf(run [2]int) *float64 {
	var energy, emitted float64
	for s, src := range sc.view.Profile.Sources {
		if src.Carrier == "electricity" {
			energy += sc.taken(s, run)
			emitted += sc.carried(s, run)
		}
	}
	if energy <= 0 {
		return nil
	}
	v := emitted * 1e6 / energy
	return &v
}

// silent says whether nothing is known of a step.
func (sc *scene) silent(run [2]int) bool {
	p := sc.view.Profile
	for h := run[0]; h < run[1]; h++ {
		if !p.Gaps[h] {
			return false
		}
	}
	for s := range p.Sources {
		if sc.taken(s, run) != 0 {
			return false
		}
	}
	return true
}

// doubtful says whether a part of a step was estimated or is missing.
func (sc *scene) doubtful(run [2]int) bool {
	for h := run[0]; h < run[1]; h++ {
		if sc.view.Profile.Doubt[h] > 0 || sc.view.Profile.Gaps[h] {
			return true
		}
	}
	return false
}

// indicators are the page's key figures, in their order.
func (sc *scene) indicators() []indicator {
	all := func(accounting.Entry) bool { return true }
	shown := func(e accounting.Entry) bool { return sc.shown(e.Activity.Organization) }
	emissions := sc.view.Emissions(sc.basis, 0, shown)
	var coal float64
	for _, e := range sc.view.Energy {
		if sc.shown(e.Organization) {
			coal += e.StandardCoal
		}
	}
	runs := sc.sparkRuns()
	emitted, green, perKWh := sc.sparks(runs)
	burnt, perCoal := sc.coalSparks(runs)
	total, own := sc.electricity()
	list := []indicator{
		sc.indicator("emissions", park.Name{ZH: "碳排放", EN: "Carbon emissions"}, "tCO2", &emissions, emitted, sc.entries(all)),
		sc.indicator("energy", park.Name{ZH: "综合能耗", EN: "Energy in standard coal"}, "tce", &coal, burnt, sc.entries(all)),
		sc.indicator("carbon_per_energy", park.Name{ZH: "能耗碳强度", EN: "Carbon per unit energy"}, "tCO2/tce", quotient(emissions, coal), perCoal, sc.entries(all)),
		sc.indicator("green_share", park.Name{ZH: "绿电占比", EN: "Green share of electricity"}, "%", scaled(quotient(own, total), 100), green, sc.entries(func(e accounting.Entry) bool { return e.Formula == method.Zero })),
		sc.indicator("carbon_per_kwh", park.Name{ZH: "用电碳强度", EN: "Carbon per kWh"}, "gCO2/kWh", scaled(quotient(sc.electricEmissions(), total), 1e6), perKWh, sc.entries(func(e accounting.Entry) bool { return e.Activity.Carrier == "electricity" })),
	}
	list[3].Note = &park.Name{ZH: "自发自用的非化石电量占用电量之比；绿证另计。", EN: "Own non-fossil generation used, over electricity used; certificates apart."}
	if sc.own == nil {
		list = append(list, sc.peakDemand())
	}
	return list
}

// indicator fills the quality of a key figure: by amount over the period. Where
// nothing is known of the period the value is none, which is not zero.
func (sc *scene) indicator(id string, n park.Name, unit string, value *float64, spark []*float64, entries []string) indicator {
	measured := sc.measured()
	days := add(sc.view.Profile.Quality[sc.from : sc.to+1])
	if days.Missing == days.All() {
		return indicator{ID: id, Name: n, Unit: unit, MissingIntervals: days.Missing, Entries: []string{}, Spark: []*float64{}}
	}
	edited := share(days.Edited, days.All())
	if spark == nil {
		spark = []*float64{}
	}
	return indicator{ID: id, Name: n, Value: value, Unit: unit, MeasuredShare: measured, EstimatedShare: max(0, 1-measured-edited), EditedShare: edited,
		MissingIntervals: days.Missing, Entries: entries, Spark: spark}
}

// measured is the measured share of the amounts of the period; computed once.
func (sc *scene) measured() float64 {
	if sc.sure != nil {
		return *sc.sure
	}
	p := sc.view.Profile
	a, b := sc.hours()
	hourly := make([]float64, b-a)
	for _, row := range sc.bySource() {
		for h, x := range row {
			hourly[h] += x
		}
	}
	var all, doubt, share float64
	for h, x := range hourly {
		all += x
		doubt += x * p.Doubt[a+h]
	}
	if all != 0 {
		share = 1 - doubt/all
	}
	sc.sure = &share
	return share
}

// electricity is the electricity used, and how much of it was own non-fossil.
func (sc *scene) electricity() (total, own float64) {
	a, b := sc.hours()
	for s, src := range sc.view.Profile.Sources {
		if src.Carrier != "electricity" {
			continue
		}
		x := sc.taken(s, [2]int{a, b})
		total += x
		if nonFossil(src) {
			own += x
		}
	}
	return total, own
}

// nonFossil says whether a source is generation of the park's own that burns nothing; what a
// conversion gives carries what went in.
func nonFossil(src inventory.Source) bool {
	return src.Activity != "purchased_electricity" && src.Runner == ""
}

// electricEmissions is what went into the electricity taken.
func (sc *scene) electricEmissions() float64 {
	sum := sc.view.Emissions(sc.basis, 2, func(e accounting.Entry) bool {
		return e.Activity.Carrier == "electricity" && e.Activity.Record == "" && e.Activity.Kind != "conversion" && sc.shown(e.Activity.Organization) // the metered alone: what was declared has no energy here
	})
	a, b := sc.hours()
	for s, src := range sc.view.Profile.Sources {
		if src.Carrier == "electricity" && src.Runner != "" {
			sum += sc.carried(s, [2]int{a, b})
		}
	}
	return sum
}

// sparkRuns cut the period into at most 48 runs of hours.
func (sc *scene) sparkRuns() [][2]int {
	a, b := sc.hours()
	n := min(48, b-a)
	runs := make([][2]int, n)
	for i := range runs {
		runs[i] = [2]int{a + i*(b-a)/n, a + (i+1)*(b-a)/n}
	}
	return runs
}

// sparks are the small curves: tCO2 an hour, green share in percent, gCO2 a kWh.
func (sc *scene) sparks(runs [][2]int) (emitted, green, perKWh []*float64) {
	for _, run := range runs {
		var t, energy, own, electric float64
		for s, src := range sc.view.Profile.Sources {
			t += sc.emitted(s, run)
			if src.Carrier != "electricity" {
				continue
			}
			x := sc.taken(s, run)
			energy += x
			electric += sc.carried(s, run)
			if nonFossil(src) {
				own += x
			}
		}
		hours := float64(run[1] - run[0])
		emitted = append(emitted, quotient(t, hours))
		green = append(green, scaled(quotient(own, energy), 100))
		perKWh = append(perKWh, scaled(quotient(electric, energy), 1e6))
	}
	return emitted, green, perKWh
}

// coalSparks are the small curves of tce an hour and tCO2 a tce.
func (sc *scene) coalSparks(runs [][2]int) (burnt, perCoal []*float64) {
	p := sc.view.Profile
	coal := map[string]float64{} // carrier → tce a unit
	for _, e := range sc.view.Energy {
		if t := e.Amount.Total(); t != 0 {
			coal[e.Carrier] = e.StandardCoal / t
		}
	}
	for _, run := range runs {
		var emitted, sum float64
		for s, src := range p.Sources {
			emitted += sc.emitted(s, run)
			sum += sc.energy(s, run) * coal[src.Carrier]
		}
		burnt = append(burnt, quotient(sum, float64(run[1]-run[0])))
		perCoal = append(perCoal, quotient(emitted, sum))
	}
	return burnt, perCoal
}

// peakDemand is the largest mean power drawn from the grid in a settlement interval.
func (sc *scene) peakDemand() indicator {
	p := sc.view.Profile
	days := p.PeakPower[sc.from : sc.to+1]
	most := slices.Max(days)
	spark := []*float64{}
	for i, n := 0, min(48, len(days)); i < n; i++ {
		v := slices.Max(days[i*len(days)/n : (i+1)*len(days)/n])
		spark = append(spark, &v)
	}
	x := sc.indicator("peak_demand", park.Name{ZH: "最大需量", EN: "Peak demand"}, "kW", &most, spark, sc.entries(func(e accounting.Entry) bool { return e.Activity.Kind == "purchased_electricity" }))
	for _, t := range sc.layout.Document.Tariffs {
		if t.Carrier == "electricity" && t.ContractKW > 0 {
			limit := t.ContractKW
			x.Limit = &limit
		}
	}
	if x.Limit == nil {
		x.Note = &park.Name{ZH: "未填写合同容量。", EN: "No contracted demand in the park file."}
	}
	return x
}

func quotient(a, b float64) *float64 {
	if b == 0 {
		return nil
	}
	v := a / b
	return &v
}

func scaled(v *float64, by float64) *float64 {
	if v == nil {
		return nil
	}
	x := *v * by
	return &x
}
