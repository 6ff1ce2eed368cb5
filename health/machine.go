package health

import (
	"fmt"
	"math"
	"time"

	"lingtan/park"
)

// Machine is a boiler, compressor, chiller, pump or other machine with what goes in and what
// comes out over time. Input and output are rates, as kW or m3/h.
type Machine struct {
	ID          string    `json:"id"`
	Name        park.Name `json:"name"`
	Kind        string    `json:"kind"` // boiler, compressor, chiller, pump, other
	InputUnit   string    `json:"inputUnit"`
	OutputUnit  string    `json:"outputUnit,omitempty"`
	RatedOutput float64   `json:"ratedOutput,omitempty"`
	RatedInput  float64   `json:"ratedInput,omitempty"`
	On          float64   `json:"onAbove"` // input above which it runs
	MaxStarts   *float64  `json:"maxStartsPerDay,omitempty"`
	Track
	Input  []*float64 `json:"input"`
	Output []*float64 `json:"output,omitempty"`
}

// Bin is a tenth of the load range of an efficiency curve.
type Bin struct {
	Load  float64 `json:"load"` // mean output of rated, or of the highest seen
	Ratio float64 `json:"ratio"`
	Hours float64 `json:"hours"`
}

// MachineState is a machine's duty and wear.
type MachineState struct {
	ID          string      `json:"id"`
	Name        park.Name   `json:"name"`
	Kind        string      `json:"kind"`
	Hours       float64     `json:"hours"`
	Unknown     float64     `json:"unknownHours"`
	RunHours    float64     `json:"runHours"`
	Starts      int         `json:"starts"`
	StartsADay  float64     `json:"startsPerDay"`
	IdleHours   *float64    `json:"idleHours,omitempty"` // running without output
	MeanInput   *float64    `json:"meanInputRunning,omitempty"`
	LoadFactor  *float64    `json:"loadFactor,omitempty"` // mean running input of rated
	Ratio       *float64    `json:"ratio,omitempty"`      // output over input, running
	RatioUnit   string      `json:"ratioUnit,omitempty"`
	Curve       []Bin       `json:"curve"`
	Trend       *Trend      `json:"trend,omitempty"` // of the ratio at the same load, relative
	Diagnoses   []Diagnosis `json:"diagnoses"`
	first, last int
}

func (m *Machine) check() (int, error) {
	n, err := m.Track.check(map[string][]*float64{"input": m.Input, "output": m.Output}, "input")
	switch {
	case err != nil:
		return 0, err
	case m.InputUnit == "" || len(m.Output) > 0 && m.OutputUnit == "":
		return 0, fmt.Errorf("%w: inputUnit, and outputUnit of the output, are needed", ErrCase)
	case !(m.On >= 0) || m.RatedOutput < 0 || m.RatedInput < 0:
		return 0, fmt.Errorf("%w: onAbove and rated figures are from 0", ErrCase)
	}
	return n, nil
}

// State tells run hours, starts, the efficiency curve and how it drifts.
func (m *Machine) State() (*MachineState, error) {
	if _, err := m.check(); err != nil {
		return nil, err
	}
	s := &MachineState{ID: m.ID, Name: m.Name, Kind: m.Kind, Curve: []Bin{}, Diagnoses: []Diagnosis{}}
	m.duty(s)
	if s.Hours == 0 {
		return nil, fmt.Errorf("%w: no input is known in %d steps", ErrCase, len(m.Input))
	}
	if len(m.Output) > 0 {
		m.efficiency(s)
	}
	m.diagnose(s)
	return s, nil
}

func (m *Machine) runs(i int) bool { return m.Input[i] != nil && *m.Input[i] > m.On }

// duty counts hours and starts; a start is a running step after one known to stand.
func (m *Machine) duty(s *MachineState) {
	h, sum := m.hours(), 0.0
	for i, x := range m.Input {
		if x == nil {
			s.Unknown += h
			continue
		}
		s.Hours += h
		if !m.runs(i) {
			continue
		}
		s.RunHours += h
		sum += *x * h
		if i > 0 && m.Input[i-1] != nil && !m.runs(i-1) {
			s.Starts++
		}
	}
	if s.Hours > 0 {
		s.StartsADay = float64(s.Starts) / (s.Hours / 24)
	}
	if s.RunHours > 0 {
		s.MeanInput = number(sum / s.RunHours)
		if m.RatedInput > 0 {
			s.LoadFactor = number(*s.MeanInput / m.RatedInput)
		}
	}
}

// full is the output that loads are related to.
func (m *Machine) full() float64 {
	if m.RatedOutput > 0 {
		return m.RatedOutput
	}
	top := 0.0
	for _, x := range m.Output {
		if x != nil {
			top = math.Max(top, *x)
		}
	}
	return top
}

const idleShare = 0.02 // of full output: below it a running machine delivers nothing

// efficiency makes the curve of output over input by load, and the drift of a day's output
// against what the curve expects of its input.
func (m *Machine) efficiency(s *MachineState) {
	full, h := m.full(), m.hours()
	s.RatioUnit = m.OutputUnit + "/" + m.InputUnit
	var in, out, load, hours [10]float64
	idle := 0.0
	use := func(do func(i, bin int, x, y float64)) {
		for i, y := range m.Output {
			if y == nil || !m.runs(i) || full <= 0 || *m.Input[i] <= 0 {
				continue
			}
			do(i, int(math.Min(math.Max(*y/full*10, 0), 9)), *m.Input[i], *y)
		}
	}
	use(func(_, b int, x, y float64) {
		if y < idleShare*full {
			idle += h
			return
		}
		in[b], out[b], load[b], hours[b] = in[b]+x, out[b]+y, load[b]+y/full*h, hours[b]+h
	})
	s.IdleHours = &idle
	var all, given float64
	for b := range in {
		if in[b] > 0 {
			s.Curve = append(s.Curve, Bin{Load: load[b] / hours[b], Ratio: out[b] / in[b], Hours: hours[b]})
			all, given = all+in[b], given+out[b]
		}
	}
	if all == 0 {
		return
	}
	s.Ratio = number(given / all)
	expected, got := map[int]float64{}, map[int]float64{}
	days := []int{}
	use(func(i, b int, x, y float64) {
		if y < idleShare*full {
			return
		}
		d := i * m.Step / 86400
		if _, ok := got[d]; !ok {
			days = append(days, d)
		}
		expected[d] += x * out[b] / in[b]
		got[d] += y
	})
	var at, drift []float64
	for _, d := range days {
		at, drift = append(at, float64(d)/365.25), append(drift, got[d]/expected[d]-1)
	}
	if t, ok := trendOf(at, drift); ok {
		s.Trend, s.first, s.last = &t, days[0], days[len(days)-1]
	}
}

// causes are what usually stands behind a falling ratio; a person checks them.
var causes = map[string]park.Name{
	"boiler":     {ZH: "锅炉效率下降：检查排烟温度与含氧量、受热面积灰结垢、排污与疏水", EN: "boiler efficiency falls: look at flue-gas temperature and oxygen, fouling and scale, blow-down and traps"},
	"compressor": {ZH: "空压机比功率恶化：检查进气过滤、冷却器、泄漏与卸载控制", EN: "specific power of the compressor worsens: look at inlet filter, coolers, leaks and unloading"},
	"chiller":    {ZH: "冷机性能系数下降：检查冷凝器结垢、冷却水温、制冷剂充注量与流量", EN: "the chiller's COP falls: look at condenser fouling, cooling-water temperature, refrigerant charge and flows"},
	"pump":       {ZH: "泵效率下降：检查叶轮与口环磨损、阀门节流", EN: "pump efficiency falls: look at wear of impeller and rings, throttled valves"},
	"other":      {ZH: "单位输入的产出下降：检查设备与计量", EN: "output of an input falls: look at machine and meters"},
}

func (m *Machine) diagnose(s *MachineState) {
	day := func(d int) string { return m.at(d * 86400 / max(m.Step, 1)).Format(time.DateOnly) }
	if t := s.Trend; t != nil && t.P < 0.05 && t.High < 0 {
		text, ok := causes[m.Kind]
		if !ok {
			text = causes["other"]
		}
		s.Diagnoses = append(s.Diagnoses, Diagnosis{Code: "degrading", Level: "warns", Value: number(t.Slope), Limit: number(0), From: day(s.first), To: day(s.last),
			Source: "Theil-Sen slope a year with its 95 % interval below 0; Mann-Kendall p < 0.05", Text: text})
	}
	if m.MaxStarts != nil && s.StartsADay > *m.MaxStarts {
		s.Diagnoses = append(s.Diagnoses, Diagnosis{Code: "short_cycling", Level: "warns", Value: number(s.StartsADay), Limit: m.MaxStarts,
			Text: park.Name{ZH: "启停过于频繁：检查控制死区、储罐容量与机组配置", EN: "it starts too often: look at dead band, buffer volume and how machines share the load"}})
	}
	if s.IdleHours != nil && s.RunHours > 0 && *s.IdleHours > 0.1*s.RunHours {
		share := *s.IdleHours / s.RunHours
		s.Diagnoses = append(s.Diagnoses, Diagnosis{Code: "idling", Level: "warns", Value: &share, Limit: number(0.1),
			Text: park.Name{ZH: "运行时间中超过 10 % 没有产出：空载运行，可联锁停机", EN: "over 10 % of the running time without output: it idles and could be switched off"}})
	}
	if s.Unknown > 0.1*(s.Hours+s.Unknown) {
		share := s.Unknown / (s.Hours + s.Unknown)
		s.Diagnoses = append(s.Diagnoses, Diagnosis{Code: "holes", Level: "warns", Value: &share, Limit: number(0.1),
			Text: park.Name{ZH: "超过 10 % 的时间无数据，运行小时与启停次数偏少", EN: "no data for over 10 % of the time: hours and starts are too few"}})
	}
}
