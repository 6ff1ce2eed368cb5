package health

import (
	"math"
	"slices"

	"lingtan/park"
)

// Field is a line of a battery's passport: a value with where it came from, or to be
// supplied.
type Field struct {
	ID     string    `json:"id"`
	Name   park.Name `json:"name"`
	Value  *float64  `json:"value,omitempty"`
	Text   string    `json:"text,omitempty"`
	Unit   string    `json:"unit,omitempty"`
	Origin string    `json:"origin"` // measured, supplied or missing
	Source string    `json:"source"`
}

// cycles counts the cycles of charge by rainflow, holes closed up, and sums them to tenths
// of depth. An equivalent full cycle is depth × count.
func (b *Battery) cycles(s *BatteryState) {
	full := b.RatedAh
	if s.Capacity != nil {
		full = s.Capacity.Ah
	}
	level, h := 0.0, b.hours()
	series := []float64{0}
	for _, a := range b.Current {
		if a != nil {
			level += *a * h / full
			series = append(series, level)
		}
	}
	by := map[int]*Cycle{}
	for _, c := range Rainflow(series) {
		s.Equivalent += c.Range * c.Count
		k := int(math.Min(math.Floor(c.Range*10), 10))
		if by[k] == nil {
			by[k] = &Cycle{}
		}
		x := by[k]
		x.Range = (x.Range*x.Count + c.Range*c.Count) / (x.Count + c.Count)
		x.Mean = (x.Mean*x.Count + c.Mean*c.Count) / (x.Count + c.Count)
		x.Count += c.Count
	}
	for k := range 11 {
		if c := by[k]; c != nil && c.Range > 0.005 { // below half a percent is noise of the sensor
			s.Cycles = append(s.Cycles, *c)
		}
	}
}

// resistance is the median of ΔV/ΔI over jumps of a fifth of rated; it needs steps of at
// most 10 s, since slower ones show polarisation too.
func (b *Battery) resistance(s *BatteryState) {
	if b.Step > 10 || len(b.Voltage) == 0 {
		return
	}
	var list []float64
	for i := 1; i < len(b.Current); i++ {
		p, q, u, v := b.Current[i-1], b.Current[i], b.Voltage[i-1], b.Voltage[i]
		if p == nil || q == nil || u == nil || v == nil || math.Abs(*q-*p) < b.RatedAh/5 {
			continue
		}
		if r := (*v - *u) / (*q - *p); r > 0 {
			list = append(list, 1000*r)
		}
	}
	if len(list) >= 5 {
		slices.Sort(list)
		s.Resistance = number(quantile(list, 0.5))
	}
}

// extremes counts what the Regulation calls harmful events, within limits that the maker
// states; without limits they are not told.
func (b *Battery) extremes(s *BatteryState) {
	if b.DeepBelow != nil && len(b.Charge) > 0 {
		n, below := 0, false
		for _, x := range b.Charge {
			if x == nil {
				continue
			}
			if *x < *b.DeepBelow && !below {
				n++
			}
			below = *x < *b.DeepBelow
		}
		s.Deep = &n
	}
	if (b.HotAbove == nil && b.ColdBelow == nil) || len(b.Temperature) == 0 {
		return
	}
	h := 0.0
	for _, t := range b.Temperature {
		if t != nil && (b.HotAbove != nil && *t > *b.HotAbove || b.ColdBelow != nil && *t < *b.ColdBelow) {
			h += b.hours()
		}
	}
	s.ExtremeHour = &h
}

// grade is the best class whose limit the state of health reaches, by the low end of its
// interval where there is one. No limits are shipped: GB/T 34015 describes the test, and the
// buyer of used batteries sets the classes.
func (b *Battery) grade(s *BatteryState) {
	if len(b.Grades) == 0 || s.Capacity == nil {
		s.Diagnoses = append(s.Diagnoses, Diagnosis{Code: "no_grade", Level: "tells", Text: park.Name{
			ZH: "未分级：需要剩余容量与分级限值（grades）", EN: "no grade: it needs the remaining capacity and the limits of the classes (grades)"}})
		return
	}
	soh := s.Capacity.SOH
	if s.Capacity.Low != nil {
		soh = *s.Capacity.Low / b.RatedAh
	}
	best := math.Inf(-1)
	for i, g := range b.Grades {
		if soh >= g.MinSOH && g.MinSOH > best {
			best, s.Grade = g.MinSOH, &b.Grades[i].Name
		}
	}
	if s.Grade == nil {
		s.Diagnoses = append(s.Diagnoses, Diagnosis{Code: "below_grades", Level: "warns", Value: &soh,
			Text: park.Name{ZH: "低于全部分级限值：不宜梯次利用，应回收", EN: "below the limits of all classes: for recycling, not for second use"}})
	}
}

// passport are the parameters of Regulation (EU) 2023/1542, annex VII: A of the state of
// health, B of the expected lifetime. What was measured here is filled in, the rest is taken
// from what is supplied or named as missing.
func (b *Battery) passport(s *BatteryState) []Field {
	const a, life = "Regulation (EU) 2023/1542, annex VII, part A", "Regulation (EU) 2023/1542, annex VII, part B"
	var remaining, throughput, charge, deep *float64
	if s.Capacity != nil {
		remaining = &s.Capacity.Ah
	}
	if s.ChargedKWh != nil {
		throughput = number(*s.ChargedKWh + *s.Delivered)
	}
	charge = number(s.ChargedAh + s.Discharged)
	if s.Deep != nil {
		deep = number(float64(*s.Deep))
	}
	list := []Field{
		{ID: "remaining_capacity", Name: park.Name{ZH: "剩余容量", EN: "remaining capacity"}, Value: remaining, Unit: "Ah", Source: a},
		{ID: "remaining_power_capability", Name: park.Name{ZH: "剩余功率能力", EN: "remaining power capability"}, Unit: "kW", Source: a},
		{ID: "remaining_round_trip_efficiency", Name: park.Name{ZH: "剩余往返效率", EN: "remaining round-trip efficiency"}, Value: s.RoundTrip, Unit: "1", Source: a},
		{ID: "self_discharge", Name: park.Name{ZH: "自放电率变化", EN: "evolution of self-discharging rates"}, Source: a},
		{ID: "ohmic_resistance", Name: park.Name{ZH: "欧姆内阻", EN: "ohmic resistance"}, Value: s.Resistance, Unit: "mΩ", Source: a},
		{ID: "date_of_manufacture", Name: park.Name{ZH: "制造日期", EN: "date of manufacturing"}, Source: life},
		{ID: "date_of_service", Name: park.Name{ZH: "投用日期", EN: "date of putting into service"}, Source: life},
		{ID: "energy_throughput", Name: park.Name{ZH: "累计能量吞吐（本记录期内）", EN: "energy throughput (within this record)"}, Value: throughput, Unit: "kWh", Source: life},
		{ID: "capacity_throughput", Name: park.Name{ZH: "累计容量吞吐（本记录期内）", EN: "capacity throughput (within this record)"}, Value: charge, Unit: "Ah", Source: life},
		{ID: "deep_discharges", Name: park.Name{ZH: "深度放电次数", EN: "deep discharge events"}, Value: deep, Unit: "1", Source: life},
		{ID: "extreme_temperature_time", Name: park.Name{ZH: "极端温度时长", EN: "time in extreme temperatures"}, Value: s.ExtremeHour, Unit: "h", Source: life},
		{ID: "full_equivalent_cycles", Name: park.Name{ZH: "等效全循环次数（本记录期内）", EN: "full equivalent charge-discharge cycles (within this record)"}, Value: &s.Equivalent, Unit: "1", Source: life},
	}
	for i := range list {
		f := &list[i]
		f.Origin = "missing"
		if f.Value != nil {
			f.Origin = "measured"
			continue
		}
		for _, x := range b.Supplied {
			if x.ID == f.ID && (x.Value != nil || x.Text != "") {
				f.Value, f.Text, f.Origin = x.Value, x.Text, "supplied"
			}
		}
	}
	return list
}
