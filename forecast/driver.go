package forecast

import (
	"math"
	"strings"
)

// Driver is a reason of a forecast: what it adds to each step.
type Driver struct {
	Name string   `json:"name"` // level, calendar, recent, days, weeks, similar_days, trend, limit or covariate:<name>
	Zh   string   `json:"zh"`
	En   string   `json:"en"`
	Mean *float64 `json:"mean"` // over the steps with a figure, in the series' unit
}

// The drivers beside those of inputs.
const (
	driverLevel     = "level"
	driverTrend     = "trend"
	driverLimit     = "limit"
	driverCovariate = "covariate:"
)

// say are a driver's words.
func sayDriver(name string) (zh, en string) {
	if c, ok := strings.CutPrefix(name, driverCovariate); ok {
		return "协变量 " + c, "covariate " + c
	}
	words := map[string][2]string{
		driverLevel:    {"近期同类日同一时刻的平均水平", "the usual level at this time on recent days of this type"},
		driverCalendar: {"日历：时刻、星期、节假日", "calendar: time of day, weekday, holidays"},
		driverRecent:   {"最近几小时至一周与此前一周之差", "the last hours to week against the week before"},
		driverDays:     {"前几日同一时刻", "the same time on the last days"},
		driverWeeks:    {"前几周同一时刻", "the same time in the last weeks"},
		driverSimilar:  {"最近同类日之间的差别", "differences among recent days of this type"},
		driverTrend:    {"趋势", "trend"},
		driverLimit:    {"不为负的限制", "kept from being negative"},
	}
	w := words[name]
	return w[0], w[1]
}

// driverOrder are the drivers that a model with these inputs may have, level first.
func driverOrder(f *frame) []string {
	list := []string{driverLevel, driverCalendar, driverSimilar, driverWeeks, driverDays, driverRecent, driverTrend}
	for _, c := range f.covariates {
		list = append(list, driverCovariate+c.Name)
	}
	return append(list, driverLimit)
}

// explain adds a regression's contributions to the row in b, by driver; their sum is what
// regress returns, but for rounding.
func (l *learner) explain(f *frame, b *scratch, anchor, weight float64, parts map[string]float64) {
	clear(b.parts)
	parts[driverLevel] += weight * anchor
	if l.Kind == kindTrees {
		parts[driverLevel] += weight * l.Trees.Explain(b.row, b.parts, b.bins)
		for i, n := range f.names {
			parts[n.driver] += weight * b.parts[i]
		}
		return
	}
	r := l.Ridge
	s := int(b.row[f.clock])
	r.vector(b.row, f.clock, b.x)
	parts[driverLevel] += weight * r.Base[s]
	for k, slope := range r.Slope[s] {
		v := slope * (b.x[k] - r.Mean[s][k])
		if math.IsNaN(v) {
			continue
		}
		driver := driverCalendar
		if k < len(r.Columns) {
			driver = f.names[r.Columns[k]].driver
		}
		parts[driver] += weight * v
	}
}

// whole are the parts of a forecast by a model that looks at no rows; nil where it has no figure.
func (l *learner) whole(f *frame, o, n int) []map[string]float64 {
	if l.Kind == kindSmoothing {
		return l.Smoothing.explain(f, o, n)
	}
	driver := driverDays
	if l.Kind == naiveWeek {
		driver = driverWeeks
	}
	v := make([]float64, n)
	l.values(f, o, n, v)
	parts := make([]map[string]float64, n)
	for i, x := range v {
		if !math.IsNaN(x) {
			parts[i] = map[string]float64{driver: x}
		}
	}
	return parts
}

// explain are the parts of a smoothing at each step from origin o.
func (m *smoothing) explain(f *frame, o, n int) []map[string]float64 {
	parts := make([]map[string]float64, n)
	s := m.state(f, o)
	level, trend, last := s.level, s.trend, s.last
	for i := range n {
		trend *= s.damp
		level += trend
		last *= m.Error
		parts[i] = map[string]float64{driverLevel: s.level, driverTrend: level - s.level, driverRecent: last,
			driverCalendar: s.day[f.slot[o+i]] + s.week[f.place(o+i)]}
	}
	return parts
}
