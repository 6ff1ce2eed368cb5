package health

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %v, want %v ± %v", what, got, want, tolerance)
	}
}

func noise(seed uint64) func() float64 {
	return func() float64 {
		seed = seed*6364136223846793005 + 1442695040888963407
		return float64(seed>>11)/(1<<52) - 1
	}
}

func read(t *testing.T, into any, parts ...string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"..", "test", "golden"}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func TestRainflowASTM(t *testing.T) {
	var in struct{ Series []float64 }
	var want struct{ Counts map[string]float64 }
	read(t, &in, "health-astm-e1049", "input.json")
	read(t, &want, "health-astm-e1049", "expected.json")
	got := map[string]float64{}
	for _, c := range Rainflow(in.Series) {
		got[strconv.FormatFloat(c.Range, 'f', -1, 64)] += c.Count
	}
	if len(got) != len(want.Counts) {
		t.Errorf("%v", got)
	}
	for k, w := range want.Counts {
		near(t, "range "+k, got[k], w, 0)
	}
}

// Whatever is counted, Σ range × count is half the way between the turning points.
func TestRainflowWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(rapid.Float64Range(-100, 100), 0, 60).Draw(t, "v")
		way, sum := 0.0, 0.0
		for i := 1; i < len(v); i++ {
			way += math.Abs(v[i]-v[i-1]) / 2
		}
		for _, c := range Rainflow(v) {
			sum += c.Range * c.Count
		}
		if math.Abs(sum-way) > 1e-9*(1+way) {
			t.Errorf("%v, want %v", sum, way)
		}
	})
}

func some(v float64) *float64 { return &v }

// bank is a battery of 100 Ah rated that holds ah, cycled between rests with noise on the
// state of charge and 2 mΩ of resistance.
func bank(ah float64, cycles int) Battery {
	b := Battery{ID: "b1", RatedAh: 100, RestMinutes: 10, Track: Track{Start: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), Step: 60}}
	e := noise(5)
	soc := 0.2
	put := func(a float64, minutes int) {
		for range minutes {
			soc += a / 60 / ah
			b.Current = append(b.Current, some(a))
			b.Charge = append(b.Charge, some(math.Min(math.Max(soc+0.01*e(), 0), 1)))
			b.Voltage = append(b.Voltage, some(50+0.05*a))
		}
	}
	put(0, 15)
	for range cycles {
		put(50, int(0.6*ah/50*60))
		put(0, 15)
		put(-50, int(0.6*ah/50*60))
		put(0, 15)
	}
	return b
}

func TestBattery(t *testing.T) {
	b := bank(76, 10)
	b.Grades = []Grade{{MinSOH: 0.6}, {MinSOH: 0.7}, {MinSOH: 0.8}}
	s, err := b.State()
	if err != nil {
		t.Fatal(err)
	}
	c := s.Capacity
	if c == nil || c.Pairs != 20 || c.Low == nil || *c.Low > 76 || *c.High < 76 {
		t.Fatalf("%+v", c)
	}
	near(t, "capacity", c.Ah, 76, 1)
	near(t, "state of health", c.SOH, 0.76, 0.01)
	near(t, "equivalent full cycles", s.Equivalent, 6, 0.2)
	near(t, "round trip", *s.RoundTrip, 47.5/52.5, 0.005)
	near(t, "energy", *s.EnergyKWh, 3.8, 0.06)
	if s.Grade != &b.Grades[1].Name || s.Resistance != nil {
		t.Errorf("%+v", s)
	}
	missing := 0
	for _, f := range s.Passport {
		if f.Origin == "missing" {
			missing++
		}
	}
	if missing != 7 || s.Diagnoses[0].Code != "end_of_first_life" {
		t.Errorf("%d missing of %+v; %+v", missing, s.Passport, s.Diagnoses)
	}
}

// Without rests, or with holes in the current, no capacity is told.
func TestBatteryUntold(t *testing.T) {
	b := bank(76, 3)
	for i := 20; i < len(b.Current); i += 10 {
		b.Current[i] = nil
	}
	s, err := b.State()
	if err != nil {
		t.Fatal(err)
	}
	if s.Capacity != nil || s.RoundTrip != nil || s.Unknown == 0 || s.Diagnoses[0].Code != "no_capacity" {
		t.Errorf("%+v", s)
	}
	b.Charge[0] = some(55)
	if _, err := b.State(); !errors.Is(err, ErrCase) {
		t.Error(err)
	}
}

func TestTrend(t *testing.T) {
	x, y := []float64{}, []float64{}
	e := noise(9)
	for i := range 300 {
		x, y = append(x, float64(i)/365), append(y, -0.05*float64(i)/365+0.01*e())
	}
	y[100] = 5 // an outlier moves a median little
	got, ok := trendOf(x, y)
	if !ok || got.Low > -0.05 || got.High < -0.05 || got.High > 0 || got.P > 1e-6 {
		t.Errorf("%+v", got)
	}
	// 1, 2, 3, … 10: S = 45, no ties, variance 125, z = 44/√125.
	x, y = x[:10], []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	got, _ = trendOf(x, y)
	near(t, "tau", got.Tau, 1, 0)
	near(t, "z", got.Z*math.Sqrt(got.Factor), 44/math.Sqrt(125), 1e-9)
	if _, ok := trendOf(x[:5], y[:5]); ok {
		t.Error("five points make no trend")
	}
}

// A transformer by hand: K = 0.81 in the steady state, Δθor 45 K, R 8, ONAF, Δθhr 35 K, 30.3 °C:
// oil 30.3 + 45·((1+8·0.81²)/9)^0.8 = 63.9, hot spot oil + 35·0.81^1.3 = 90.5.
func TestThermal(t *testing.T) {
	x := thermal{cooling: coolings["ONAF"], rise: 45, gradient: 35, ratio: 8}
	x.begin(0.81, 30.3)
	near(t, "oil", x.oilTemp, 63.9, 0.05)
	near(t, "h1", x.h1, 53.2, 0.05)
	near(t, "h2", x.h2, 26.6, 0.05)
	near(t, "hot spot", x.hotSpot(), 90.5, 0.06)
	x.advance(0.81, 30.3, 3)
	near(t, "steady", x.hotSpot(), 90.5, 0.06)
	for range 2000 {
		x.advance(1, 20, 3)
	}
	near(t, "rated", x.hotSpot(), 20+45+35, 1e-6)
	near(t, "designed ageing", ageing(98, false), 1, 0)
	near(t, "designed ageing, upgraded", ageing(110, true), 1, 1e-12)
	near(t, "six degrees double", ageing(104, false), 2, 1e-12)
}

func TestTransformer(t *testing.T) {
	x := Transformer{ID: "t1", Rated: 1000, NoLoad: 1, LoadLoss: 9, Cooling: "distribution", TopOilRise: 60, HotSpot: 23,
		Track: Track{Start: time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC), Step: 900}}
	for i := range 96 * 3 {
		load := 500.0
		if i%96 > 40 && i%96 < 60 {
			load = 1400
		}
		x.Load, x.Ambient = append(x.Load, some(load)), append(x.Ambient, some(35))
	}
	x.Load[5] = nil
	s, err := x.State()
	if err != nil {
		t.Fatal(err)
	}
	near(t, "unknown", s.Unknown, 0.25, 0)
	near(t, "no-load loss", s.NoLoadLoss, 71.75, 1e-9)
	near(t, "economic load", *s.BestLoad, 1.0/3, 1e-12)
	if s.HotSpot == nil || *s.HotSpot < 120 || *s.HotSpot > 170 || s.Diagnoses[0].Code != "hot_spot" {
		t.Errorf("%+v", s)
	}
	x.Ambient = nil
	if s, err = x.State(); err != nil || s.HotSpot != nil || s.Diagnoses[0].Code != "no_hot_spot" {
		t.Errorf("%+v %v", s, err)
	}
}

func TestMachine(t *testing.T) {
	m := Machine{ID: "c1", Kind: "chiller", InputUnit: "kW", OutputUnit: "kW", RatedOutput: 1000, On: 5, MaxStarts: some(0.5),
		Track: Track{Start: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), Step: 3600}}
	e := noise(1)
	for i := range 24 * 200 {
		in, out := 0.0, 0.0
		if h := i % 24; h >= 7 && h < 19 {
			out = 500 + 300*e()
			in = out / (5 - 0.5*float64(i)/8766) // COP 5 falls by a tenth a year
		} else if h == 6 {
			in = 30
		}
		m.Input, m.Output = append(m.Input, some(in)), append(m.Output, some(out))
	}
	m.Input[2000] = nil
	s, err := m.State()
	if err != nil {
		t.Fatal(err)
	}
	near(t, "run hours", s.RunHours, 13*200-1, 1)
	near(t, "idle hours", *s.IdleHours, 200, 0)
	near(t, "trend", s.Trend.Slope, -0.1, 0.02)
	codes := map[string]bool{}
	for _, d := range s.Diagnoses {
		codes[d.Code] = true
	}
	if s.Starts != 200 && s.Starts != 199 || !codes["degrading"] || !codes["short_cycling"] || len(s.Curve) < 4 {
		t.Errorf("%d starts %+v %+v", s.Starts, s.Curve, s.Diagnoses)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"format":"lingtan.health/v1","batteries":[{"id":"b","ratedAh":10,"restMinutes":1,"minSwing":0.1,"start":"2024-01-01T00:00:00Z","stepSeconds":60,"currentA":[0,5,5,0,-5,0],"soc":[0.1,0.3,0.6,0.6,0.3,0.3],"voltageV":[3,3,3,3,3,3]}]}`))
	f.Add([]byte(`{"format":"lingtan.health/v1","machines":[{"id":"m","kind":"boiler","inputUnit":"kW","outputUnit":"kW","onAbove":1,"start":"2024-01-01T00:00:00Z","stepSeconds":86400,"input":[1,2,3,4,5,6,7,8,9,null],"output":[1,2,3,4,5,6,7,8,9,1]}]}`))
	f.Add([]byte(`{"format":"lingtan.health/v1","transformers":[{"id":"t","ratedKVA":100,"noLoadLossKW":1,"loadLossKW":2,"cooling":"ONAN","topOilRiseK":50,"hotSpotGradientK":20,"start":"2024-01-01T00:00:00Z","stepSeconds":900,"loadKVA":[50,null,60],"ambientC":[20,20,20]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse(data)
		if err != nil || len(data) > 3000 {
			return
		}
		for i := range d.Transformers { // a long step is many of the solver's
			d.Transformers[i].Step = min(d.Transformers[i].Step, 3600)
		}
		r, err := d.Evaluate()
		if err != nil {
			return
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	})
}
