package health

import (
	"fmt"
	"math"
	"time"

	"lingtan/park"
)

// Transformer is an oil-immersed transformer with its plate figures, and its load and the
// air around it over time.
type Transformer struct {
	ID         string    `json:"id"`
	Name       park.Name `json:"name"`
	Rated      float64   `json:"ratedKVA"`
	NoLoad     float64   `json:"noLoadLossKW"`
	LoadLoss   float64   `json:"loadLossKW"` // at rated current, 75 °C
	Cooling    string    `json:"cooling"`    // distribution, ONAN, ONAF, OF, OD
	TopOilRise float64   `json:"topOilRiseK"`
	HotSpot    float64   `json:"hotSpotGradientK"` // H·gr: hot spot over top oil at rated current
	Upgraded   bool      `json:"thermallyUpgraded"`
	Track
	Load    []*float64 `json:"loadKVA"`
	Ambient []*float64 `json:"ambientC,omitempty"`
}

// TransformerState is a transformer's losses, temperatures and ageing.
type TransformerState struct {
	ID          string      `json:"id"`
	Name        park.Name   `json:"name"`
	Hours       float64     `json:"hours"`
	Unknown     float64     `json:"unknownHours"`
	MeanLoad    float64     `json:"meanLoad"` // of rated
	PeakLoad    float64     `json:"peakLoad"`
	NoLoadLoss  float64     `json:"noLoadLossKWh"`
	LoadLoss    float64     `json:"loadLossKWh"`
	BestLoad    *float64    `json:"economicLoad,omitempty"` // √(P0/Pk)
	HotSpot     *float64    `json:"peakHotSpotC,omitempty"`
	HotSpotAt   string      `json:"peakHotSpotAt,omitempty"`
	TopOil      *float64    `json:"peakTopOilC,omitempty"`
	Ageing      *float64    `json:"relativeAgeing,omitempty"` // mean of V; 1 = designed
	LifeHours   *float64    `json:"lifeUsedHours,omitempty"`
	Diagnoses   []Diagnosis `json:"diagnoses"`
	HotSpotStep int         `json:"solverStepSeconds,omitempty"`
}

// cooling are the constants of IEC 60076-7:2005, table 5 (GB/T 1094.7-2008): oil exponent x,
// winding exponent y, k11, k21, k22, time constants of oil and winding in minutes.
type cooling struct{ x, y, k11, k21, k22, oil, winding float64 }

var coolings = map[string]cooling{
	"distribution": {0.8, 1.6, 1.0, 1.0, 2.0, 180, 4},
	"ONAN":         {0.8, 1.3, 0.5, 2.0, 2.0, 210, 10},
	"ONAF":         {0.8, 1.3, 0.5, 2.0, 2.0, 150, 7},
	"OF":           {1.0, 1.3, 1.0, 1.3, 1.0, 90, 7},
	"OD":           {1.0, 2.0, 1.0, 1.0, 1.0, 90, 7},
}

// thermal is the state of the differential equations of IEC 60076-7, 8.2.3.
type thermal struct {
	cooling
	rise, gradient, ratio float64 // Δθor, Δθhr, R = Pk/P0
	oilTemp, h1, h2       float64
}

// steady is the top-oil rise at load factor k: Δθor((1+Rk²)/(1+R))^x.
func (s *thermal) steady(k float64) float64 {
	return s.rise * math.Pow((1+s.ratio*k*k)/(1+s.ratio), s.x)
}

// begin is the steady state at load k and ambient a.
func (s *thermal) begin(k, a float64) {
	g := s.gradient * math.Pow(k, s.y)
	s.oilTemp, s.h1, s.h2 = a+s.steady(k), s.k21*g, (s.k21-1)*g
}

// advance goes on by minutes at load k and ambient a:
// Dθo = Dt/(k11·τo)·[steady − (θo−θa)], DΔθh1 = Dt/(k22·τw)·[k21·Δθhr·K^y − Δθh1],
// DΔθh2 = Dt/(τo/k22)·[(k21−1)·Δθhr·K^y − Δθh2]; θh = θo + Δθh1 − Δθh2.
func (s *thermal) advance(k, a, minutes float64) {
	g := s.gradient * math.Pow(k, s.y)
	s.oilTemp += minutes / (s.k11 * s.oil) * (s.steady(k) - (s.oilTemp - a))
	s.h1 += minutes / (s.k22 * s.winding) * (s.k21*g - s.h1)
	s.h2 += minutes * s.k22 / s.oil * ((s.k21-1)*g - s.h2)
}

func (s *thermal) hotSpot() float64 { return s.oilTemp + s.h1 - s.h2 }

// ageing is the relative rate V of IEC 60076-7, 6.2: 2^((θh−98)/6), of thermally upgraded
// paper exp(15000/(110+273) − 15000/(θh+273)).
func ageing(hot float64, upgraded bool) float64 {
	if upgraded {
		return math.Exp(15000.0/383 - 15000/(hot+273))
	}
	return math.Exp2((hot - 98) / 6)
}

func (t *Transformer) check() (int, error) {
	n, err := t.Track.check(map[string][]*float64{"loadKVA": t.Load, "ambientC": t.Ambient}, "loadKVA")
	switch {
	case err != nil:
		return 0, err
	case !(t.Rated >= 1 && t.Rated <= 1e7) || !(t.NoLoad >= 0 && t.NoLoad < t.Rated) || !(t.LoadLoss >= 0 && t.LoadLoss < t.Rated) || t.TopOilRise > 200 || t.HotSpot > 200:
		return 0, fmt.Errorf("%w: ratedKVA from 1 to 1e7, noLoadLossKW and loadLossKW from 0 to below it are needed, from the plate or the test report; rises are at most 200 K", ErrCase)
	}
	if _, ok := coolings[t.Cooling]; !ok && t.Ambient != nil {
		return 0, fmt.Errorf("%w: cooling %q: distribution, ONAN, ONAF, OF or OD", ErrCase, t.Cooling)
	}
	return n, nil
}

// State tells losses, temperatures and ageing. The hot spot needs the ambient temperature
// and the rises of the temperature-rise test; without them it is not told.
func (t *Transformer) State() (*TransformerState, error) {
	n, err := t.check()
	if err != nil {
		return nil, err
	}
	s := &TransformerState{ID: t.ID, Name: t.Name, Diagnoses: []Diagnosis{}}
	h := t.hours()
	peak := 0
	for i, v := range t.Load {
		if v == nil || *v < 0 {
			s.Unknown += h
			continue
		}
		k := *v / t.Rated
		s.Hours += h
		s.MeanLoad += k * h
		s.LoadLoss += t.LoadLoss * k * k * h
		if k > s.PeakLoad {
			s.PeakLoad, peak = k, i
		}
	}
	if s.Hours == 0 {
		return nil, fmt.Errorf("%w: no load is known in %d steps", ErrCase, n)
	}
	s.MeanLoad /= s.Hours
	s.NoLoadLoss = t.NoLoad * s.Hours
	if t.LoadLoss > 0 {
		s.BestLoad = number(math.Sqrt(t.NoLoad / t.LoadLoss))
	}
	t.heat(s)
	t.diagnose(s, peak)
	return s, nil
}

// heat runs the thermal model; after a hole it begins again in the steady state, and the
// hours of holes are not counted.
func (t *Transformer) heat(s *TransformerState) {
	if len(t.Ambient) == 0 || t.TopOilRise <= 0 || t.HotSpot <= 0 || t.NoLoad <= 0 {
		s.Diagnoses = append(s.Diagnoses, Diagnosis{Code: "no_hot_spot", Level: "tells", Source: "IEC 60076-7, GB/T 1094.7",
			Text: park.Name{ZH: "缺环境温度、顶层油温升或热点温升，无法计算热点温度；请由温升试验报告补充", EN: "ambient temperature, top-oil rise or hot-spot gradient is missing: the hot spot is not told; take them from the temperature-rise test"}})
		return
	}
	x := thermal{cooling: coolings[t.Cooling], rise: t.TopOilRise, gradient: t.HotSpot, ratio: t.LoadLoss / t.NoLoad}
	step := math.Min(float64(t.Step)/60, x.winding/2) // the standard: at most half the smallest time constant
	parts := int(math.Ceil(float64(t.Step) / 60 / step))
	step = float64(t.Step) / 60 / float64(parts)
	s.HotSpotStep = int(math.Round(step * 60))
	var hot, oil, life, hours float64
	hot, oil = math.Inf(-1), math.Inf(-1)
	running, at := false, 0
	for i, v := range t.Load {
		if v == nil || *v < 0 || t.Ambient[i] == nil {
			running = false
			continue
		}
		k, a := *v/t.Rated, *t.Ambient[i]
		if !running {
			x.begin(k, a)
			running = true
		}
		for range parts {
			x.advance(k, a, step)
			life += ageing(x.hotSpot(), t.Upgraded) * step / 60
			if x.hotSpot() > hot {
				hot, at = x.hotSpot(), i
			}
		}
		oil = math.Max(oil, x.oilTemp)
		hours += t.hours()
	}
	if hours > 0 && !math.IsInf(life, 0) && !math.IsNaN(life) && !math.IsInf(hot, 0) && !math.IsNaN(hot) {
		s.HotSpot, s.TopOil, s.Ageing, s.LifeHours = &hot, &oil, number(life/hours), &life
		s.HotSpotAt = t.at(at).Format(time.RFC3339)
	}
}

// The limits of normal cyclic loading of IEC 60076-7:2005, table 4.
const (
	hotSpotLimit = 120.0
	topOilLimit  = 105.0
)

func (t *Transformer) diagnose(s *TransformerState, peak int) {
	add := func(code, level string, value, limit float64, at, source string, text park.Name) {
		s.Diagnoses = append(s.Diagnoses, Diagnosis{Code: code, Level: level, Value: &value, Limit: &limit, From: at, Source: source, Text: text})
	}
	if s.HotSpot != nil && *s.HotSpot > hotSpotLimit {
		add("hot_spot", "alert", *s.HotSpot, hotSpotLimit, s.HotSpotAt, "IEC 60076-7, normal cyclic loading",
			park.Name{ZH: "热点温度超过 120 ℃：请减载或加强冷却，并做油色谱", EN: "hot spot over 120 °C: take load off or cool better, and have the oil's gases analysed"})
	}
	if s.TopOil != nil && *s.TopOil > topOilLimit {
		add("top_oil", "alert", *s.TopOil, topOilLimit, "", "IEC 60076-7, normal cyclic loading", park.Name{ZH: "顶层油温超过 105 ℃", EN: "top oil over 105 °C"})
	}
	if s.Ageing != nil && *s.Ageing > 1 {
		add("ageing", "warns", *s.Ageing, 1, "", "IEC 60076-7, relative ageing rate", park.Name{ZH: "绝缘老化快于设计寿命", EN: "the insulation ages faster than designed"})
	}
	if s.PeakLoad > 1 {
		add("overload", "warns", s.PeakLoad, 1, t.at(peak).Format(time.RFC3339), "", park.Name{ZH: "负载超过额定容量", EN: "load over the rated power"})
	}
	if s.BestLoad != nil && s.MeanLoad < 0.3 && s.MeanLoad < *s.BestLoad/2 {
		add("underloaded", "tells", s.MeanLoad, *s.BestLoad, "", "", park.Name{ZH: "平均负载率低，空载损耗占主：可考虑并列运行停用一台、更换小容量或更高能效等级",
			EN: "low load, most of the loss is without load: consider switching off one of two, a smaller or a better one"})
	}
}
