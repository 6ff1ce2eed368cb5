package mandv

import (
	"math"
	"slices"
	"time"
)

// Segment is the model of one calendar month: that month with weight 1 and its neighbours
// with weight 0.5 (CalTRACK 2, hourly methods: three-month weighted segments).
type Segment struct {
	Month      int       `json:"month"`
	Hours      int       `json:"hours"`
	Occupied   int       `json:"occupiedHoursOfWeek"`
	Occ        []float64 `json:"occupiedBins"` // endpoints in the temperature's unit
	Unocc      []float64 `json:"unoccupiedBins"`
	R2Adjusted float64   `json:"r2Adjusted"`
}

const (
	hoursOfWeek      = 168
	occupancyShare   = 0.65 // CalTRACK 2: of the hours over the weather-only model
	minBinHours      = 20   // CalTRACK 2: a bin of fewer hours is joined to its neighbour
	occupancyCooling = 65.0 // °F
	occupancyHeating = 50.0 // °F
)

// binEndpoints are those of CalTRACK 2, °F.
var binEndpoints = [...]float64{30, 45, 55, 65, 75, 90}

type month struct {
	fit        ols
	occupied   [hoursOfWeek]bool
	occ, unocc []float64
	drivers    []string
	ok         bool
}

type hourlyModel struct{ months [12]month }

func hourOfWeek(t time.Time) int { return (int(t.Weekday())+6)%7*24 + t.Hour() }

// fahrenheit is a limit of the method in the case's unit.
func (c *Case) fahrenheit(f float64) float64 {
	if c.Fahrenheit {
		return f
	}
	return (f - 32) / 1.8
}

// fitHourly fits the time-of-week and temperature model of CalTRACK 2, a month at a time;
// drivers join it. nil when no month can be fitted.
func (c *Case) fitHourly(s *Span, skip map[string]bool) *Fit {
	x := c.usable(s, skip)
	h := &hourlyModel{}
	f := &Fit{Model: "hourly", Terms: []Term{}, hourly: h}
	slopes, constants := 0, 0
	for m := range 12 {
		h.months[m] = c.fitMonth(s, x, m)
		if !h.months[m].ok {
			continue
		}
		f.Tried, f.Qualified = f.Tried+1, f.Qualified+1
		g := h.months[m].segment(m, s, x)
		f.Segments = append(f.Segments, g)
		slopes, constants = max(slopes, len(h.months[m].fit.beta)), hoursOfWeek
	}
	if f.Qualified == 0 {
		return nil
	}
	if len(x.names) > 0 {
		f.Model = "hourly+drivers"
	}
	f.Statistics = statistics(s.Energy, h.predict(c, s), slopes, constants)
	n := float64(f.Statistics.Observations)
	if free := n - float64(slopes+constants); free > 0 {
		f.Statistics.R2Adjusted = 1 - (1-f.Statistics.R2)*(n-1)/free
	}
	return f
}

func (m *month) segment(number int, s *Span, x sample) Segment {
	g := Segment{Month: number + 1, Occ: m.occ, Unocc: m.unocc, R2Adjusted: m.fit.adj}
	for i, w := range x.w {
		if w > 0 && int(s.At(i).Month()) == number+1 {
			g.Hours++
		}
	}
	for _, o := range m.occupied {
		if o {
			g.Occupied++
		}
	}
	return g
}

// fitMonth fits one segment.
func (c *Case) fitMonth(s *Span, x sample, number int) month {
	var m month
	w, group := make([]float64, len(x.y)), make([]int, len(x.y))
	own := 0
	for i := range x.y {
		t := s.At(i)
		group[i] = hourOfWeek(t)
		switch away := (int(t.Month()) - 1 - number + 12) % 12; {
		case x.w[i] == 0:
		case away == 0:
			w[i] = 1
			own++
		case away == 1 || away == 11:
			w[i] = 0.5
		}
	}
	if own < hoursOfWeek { // less than a week of the month itself
		return m
	}
	m.occupied = c.occupancy(s, x.y, w, group)
	temps := [2][]float64{}
	for i, v := range w {
		if v > 0 {
			k := 0
			if m.occupied[group[i]] {
				k = 1
			}
			temps[k] = append(temps[k], s.Temperature[i])
		}
	}
	m.unocc, m.occ = c.bins(temps[0]), c.bins(temps[1])
	columns := m.columns(s.Temperature, group, w)
	columns = append(columns, x.columns...)
	for _, d := range x.names {
		m.drivers = append(m.drivers, d.Name)
	}
	m.fit, m.ok = fit(x.y, columns, w, group, hoursOfWeek)
	return m
}

// occupancy finds the hours of the week in which more is used than weather alone explains
// in over 65 % of the weeks (CalTRACK 2, occupancy).
func (c *Case) occupancy(s *Span, y, w []float64, group []int) (occupied [hoursOfWeek]bool) {
	hot, cold := make([]float64, len(y)), make([]float64, len(y))
	for i, t := range s.Temperature {
		if w[i] > 0 {
			hot[i], cold[i] = positive(t-c.fahrenheit(occupancyCooling)), positive(c.fahrenheit(occupancyHeating)-t)
		}
	}
	one := make([]int, len(y))
	slopes := [2]float64{} // of hot and cold; a season has one of them alone
	m, ok := fit(y, [][]float64{hot, cold}, w, one, 1)
	if ok {
		slopes = [2]float64{m.beta[0], m.beta[1]}
	} else if m, ok = fit(y, [][]float64{hot}, w, one, 1); ok {
		slopes[0] = m.beta[0]
	} else if m, ok = fit(y, [][]float64{cold}, w, one, 1); ok {
		slopes[1] = m.beta[0]
	} else {
		m, _ = fit(y, nil, w, one, 1)
	}
	var above, all [hoursOfWeek]float64
	for i, v := range y {
		if w[i] > 0 {
			all[group[i]]++
			if v > m.alpha[0]+slopes[0]*hot[i]+slopes[1]*cold[i] {
				above[group[i]]++
			}
		}
	}
	for h := range occupied {
		occupied[h] = all[h] > 0 && above[h]/all[h] > occupancyShare
	}
	return occupied
}

// bins are the endpoints that leave every bin its 20 hours.
func (c *Case) bins(temps []float64) []float64 {
	ends := []float64{}
	for _, e := range binEndpoints {
		ends = append(ends, c.fahrenheit(e))
	}
	for len(ends) > 0 {
		counts := make([]int, len(ends)+1)
		for _, t := range temps {
			k := 0
			for k < len(ends) && t > ends[k] {
				k++
			}
			counts[k]++
		}
		thin := -1
		for k, n := range counts {
			if n < minBinHours {
				thin = k
				break
			}
		}
		if thin < 0 {
			break
		}
		at := min(thin, len(ends)-1) // join it to the bin above, the last to the one below
		ends = append(ends[:at:at], ends[at+1:]...)
	}
	return ends
}

// binned is how much of a temperature lies in bin k.
func binned(t float64, ends []float64, k int) float64 {
	switch {
	case len(ends) == 0:
		return t
	case k == 0:
		return math.Min(t, ends[0])
	case k == len(ends):
		return positive(t - ends[k-1])
	}
	return positive(math.Min(t, ends[k]) - ends[k-1])
}

// columns are the temperature's parts by bin, apart for occupied and unoccupied hours.
func (m *month) columns(t []float64, group []int, w []float64) [][]float64 {
	var list [][]float64
	for _, occupied := range []bool{true, false} {
		ends := m.unocc
		if occupied {
			ends = m.occ
		}
		in := func(i int) bool { return w[i] > 0 && m.occupied[group[i]] == occupied }
		if !slices.ContainsFunc(positions(len(t)), in) {
			continue
		}
		for k := range len(ends) + 1 {
			list = append(list, part(t, ends, k, in))
		}
	}
	return list
}

// positions are 0 to n-1.
func positions(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// part is the bin's part of the temperatures that are in.
func part(t, ends []float64, bin int, in func(int) bool) []float64 {
	x := make([]float64, len(t))
	for i := range t {
		if in(i) {
			x[i] = binned(t[i], ends, bin)
		}
	}
	return x
}

// predict takes each hour by the model of its month; NaN where the month or the hour of
// the week was not in the baseline.
func (h *hourlyModel) predict(c *Case, s *Span) []float64 {
	out := make([]float64, s.Len())
	drivers := map[string][]float64{}
	for _, d := range c.drivers(s) {
		drivers[d.Name] = d.Values
	}
	for i := range out {
		t := s.At(i)
		m := &h.months[t.Month()-1]
		if !m.ok {
			out[i] = math.NaN()
			continue
		}
		out[i] = m.at(hourOfWeek(t), s.Temperature[i])
		for j, name := range m.drivers {
			out[i] += m.fit.beta[len(m.fit.beta)-len(m.drivers)+j] * drivers[name][i]
		}
	}
	return out
}

// at is the model without its drivers.
func (m *month) at(hour int, temperature float64) float64 {
	ends, from := m.unocc, 0
	anyOccupied := false
	for _, o := range m.occupied {
		anyOccupied = anyOccupied || o
	}
	if m.occupied[hour] {
		ends = m.occ
	} else if anyOccupied {
		from = len(m.occ) + 1
	}
	v := m.fit.alpha[hour]
	for k := range len(ends) + 1 {
		v += m.fit.beta[from+k] * binned(temperature, ends, k)
	}
	return v
}
