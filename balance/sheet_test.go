package balance

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/meter"
	"lingtan/park"
	"lingtan/period"
	"lingtan/usage"
)

// works is gas burnt in a boiler, its steam over a header to a dryer and a battery-like
// accumulator; every edge is metered by a register of its name.
func works(t testing.TB) *Network {
	t.Helper()
	edge := func(id, from, to string) park.Edge { return park.Edge{ID: id, From: from, To: to, Register: id} }
	w, err := NewNetwork(park.Network{
		Nodes: []park.Node{
			{ID: "main", Kind: Source, Carrier: "gas"}, {ID: "fire", Kind: Use, Carrier: "gas", Equipment: "boiler"},
			{ID: "boiler", Kind: Source, Carrier: "steam", Equipment: "boiler"}, {ID: "header", Kind: Bus, Carrier: "steam"},
			{ID: "dryer", Kind: Use, Carrier: "steam", Equipment: "dryer"}, {ID: "accumulator", Kind: Storage, Carrier: "steam"}, {ID: "sold", Kind: Export, Carrier: "steam"},
		},
		Edges: []park.Edge{edge("gas", "main", "fire"), edge("steam", "boiler", "header"), edge("dry", "header", "dryer"),
			edge("charge", "header", "accumulator"), edge("discharge", "accumulator", "header"), edge("out", "header", "sold")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func shanghai(t testing.TB, step time.Duration) period.Grid {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	g, err := period.NewGrid(step, zone)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func sheet(t testing.TB, w *Network, g period.Grid, first, last period.Day, step Step) *Sheet {
	t.Helper()
	s, err := NewSheet(w, map[string]string{"gas": "GJ", "steam": "t"}, g, first, last, step)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// even is a day on which every register takes the same amount in each of n intervals.
func even(n int, amounts map[string]float64) map[string]usage.Day {
	m := map[string]usage.Day{}
	for k, x := range amounts {
		u := usage.Day{Key: k, Amount: make([]float64, n)}
		for t := range u.Amount {
			u.Amount[t] = x
		}
		m[k] = u
	}
	return m
}

func fill(t testing.TB, s *Sheet, w *Network, day period.Day, settled map[string]usage.Day) {
	t.Helper()
	d, err := w.Close(day, 24, settled)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(d); err != nil {
		t.Fatal(err)
	}
}

var amounts = map[string]float64{"gas": 30, "steam": 10, "dry": 7, "charge": 2, "discharge": 1, "out": 1}

// By hand, 24 intervals of an hour: 10 + 1 t enter the header, 7 + 2 + 1 leave, 1 is lost.
func TestSheetByHand(t *testing.T) {
	w, g, day := works(t), shanghai(t, time.Hour), period.Date(2024, 1, 31)
	s := sheet(t, w, g, day, day+1, ByMonth)
	fill(t, s, w, day, even(24, amounts))
	settled := even(24, amounts)
	dry := settled["dry"]
	dry.Quality = make([]meter.Quality, 24)
	for i := range dry.Quality {
		dry.Quality[i] = meter.Measured
	}
	dry.Quality[3] = meter.Missing // its amount of 7 is not known
	dry.Amount[3] = 0
	settled["dry"] = dry
	fill(t, s, w, day+1, settled)
	if len(s.Starts) != 2 || s.Starts[1].In(g.Zone).Month() != time.February {
		t.Fatalf("%v", s.Starts)
	}
	header := s.Lines[3][0]
	if header.In != 24*11 || header.Out != 24*10 || header.Lost != 24 || header.Judged != 24*11 || header.Unjudged != 0 || header.Grades.Measured != 24*5 {
		t.Errorf("%+v", header)
	}
	if x := s.Lines[3][1]; x.Lost != 23 || x.Unjudged != 8 || x.Judged != 23*11 || x.Grades.Missing != 1 {
		t.Errorf("the hour without a reading is not judged: %+v", x)
	}
	if got := s.Totals("steam")[0]; got.Made != 240 || got.Supplied != 0 || got.Used != 168 || got.Stored != 24 || got.Exported != 24 || got.Lost != 24 {
		t.Errorf("%+v", got)
	}
	if got := s.Totals("gas")[0]; got.Supplied != 720 || got.Converted != 720 || got.Used != 0 {
		t.Errorf("%+v", got)
	}
	if s.Places[1].Unit != "GJ" || !s.Places[1].Converts || s.Places[4].Converts {
		t.Errorf("%+v", s.Places)
	}
	list := s.Imbalances(0)
	if len(list) != 2 || list[0].Place != 3 || math.Abs(list[0].Share-1.0/11) > 1e-12 || !list[0].Over || s.Imbalances(0.2)[0].Over {
		t.Errorf("%+v", list)
	}
}

func TestStepsOfASheet(t *testing.T) {
	w, g, day := works(t), shanghai(t, time.Hour), period.Date(2024, 2, 28)
	for step, n := range map[Step]int{ByInterval: 72, ByHour: 72, ByDay: 3, ByMonth: 2, Whole: 1} {
		s := sheet(t, w, g, day, day+2, step)
		for d := day; d <= day+2; d++ {
			fill(t, s, w, d, even(24, amounts))
		}
		var lost float64
		for _, l := range s.Lines[3] {
			lost += l.Lost
		}
		if len(s.Starts) != n || lost != 72 {
			t.Errorf("%s: %d steps, %v lost", step, len(s.Starts), lost)
		}
	}
}

// On the day that a clock goes back there are 25 hours.
func TestSheetOverTheEndOfSummer(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	g, err := period.NewGrid(15*time.Minute, zone)
	if err != nil {
		t.Fatal(err)
	}
	w, day := works(t), period.Date(2024, 10, 27)
	s := sheet(t, w, g, day, day, ByHour)
	d, err := w.Close(day, 100, even(100, amounts))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(d); err != nil || len(s.Starts) != 25 || s.Lines[4][24].In != 28 {
		t.Errorf("%v, %d hours", err, len(s.Starts))
	}
}

func TestSheetsThatCannotBe(t *testing.T) {
	w, g, day := works(t), shanghai(t, time.Minute), period.Date(2024, 1, 1)
	for _, c := range []struct {
		first, last period.Day
		step        Step
	}{{day, day - 1, ByDay}, {day, day, "week"}, {day, day + 3000, ByInterval}, {-2_000_000_000, 2_000_000_000, ByDay}} {
		if _, err := NewSheet(w, nil, g, c.first, c.last, c.step); !errors.Is(err, ErrNetwork) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	s := sheet(t, w, shanghai(t, time.Hour), day, day, ByDay)
	if err := s.Add(&Day{Day: day + 1, Slots: 24}); !errors.Is(err, ErrNetwork) {
		t.Errorf("a day beyond: %v", err)
	}
}

// Whatever was metered or not, a carrier's balance closes, and nothing is NaN.
func TestTotalsClose(t *testing.T) {
	w, g, day := works(t), shanghai(t, time.Hour), period.Date(2024, 1, 1)
	rapid.Check(t, func(r *rapid.T) {
		settled := map[string]usage.Day{}
		for _, e := range w.Edges {
			if rapid.IntRange(0, 5).Draw(r, "silent") == 0 {
				continue
			}
			u := usage.Day{Key: e.ID, Amount: rapid.SliceOfN(rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(-10, 1e6)), 24, 24).Draw(r, e.ID)}
			if rapid.Bool().Draw(r, "graded") {
				u.Quality = rapid.SliceOfN(rapid.SampledFrom([]meter.Quality{meter.Missing, meter.Measured, meter.Estimated, meter.Edited, meter.Measured | meter.Suspect}), 24, 24).Draw(r, "quality")
			}
			settled[e.ID] = u
		}
		s, err := NewSheet(w, nil, g, day, day, rapid.SampledFrom([]Step{ByInterval, ByHour, ByDay, ByMonth, Whole}).Draw(r, "step"))
		if err != nil {
			r.Fatal(err)
		}
		d, err := w.Close(day, 24, settled)
		if err == nil {
			err = s.Add(d)
		}
		if err != nil {
			r.Fatal(err)
		}
		for k, x := range s.Totals("steam") {
			given, taken := x.Supplied+x.Made, x.Used+x.Converted+x.Exported+x.Stored+x.Lost+x.Unjudged
			if !(math.Abs(given-taken) <= 1e-9*1e8) {
				r.Fatalf("step %d: %v given, %v taken", k, given, taken)
			}
		}
		for _, x := range s.Imbalances(0) {
			if math.IsNaN(x.Share) || math.IsInf(x.Share, 0) {
				r.Fatalf("%+v", x)
			}
		}
	})
}

// What is not known is nil in a table, and not 0.
func TestTableShowsGaps(t *testing.T) {
	w, g, day := works(t), shanghai(t, time.Hour), period.Date(2024, 1, 1)
	s := sheet(t, w, g, day, day+1, ByDay)
	fill(t, s, w, day, even(24, amounts))
	fill(t, s, w, day+1, nil)
	doc := &park.Document{Park: park.Park{ID: "works"}, Carriers: []park.Carrier{{ID: "gas", Unit: "GJ"}, {ID: "steam", Unit: "t"}, {ID: "water", Unit: "m3"}}}
	x := s.Table(doc, 0)
	if len(x.Carriers) != 2 || len(x.Places) != 7 || x.Limit != usage.SumShare {
		t.Fatalf("%+v", x)
	}
	header, steam := x.Places[3].Steps, x.Carriers[1].Steps
	if *header[0].In != 264 || *header[0].Lost != 24 || header[0].Unjudged != nil || !header[0].Over || math.Abs(*header[0].Share-1.0/11) > 1e-12 {
		t.Errorf("%+v", header[0])
	}
	if header[1].In != nil || header[1].Lost != nil || header[1].Share != nil || header[1].Quality.Missing != 120 || steam[1].Used != nil {
		t.Errorf("%+v, %+v", header[1], steam[1])
	}
	if *steam[0].Made != 240 || *steam[0].Lost != 24 || *x.Places[5].Steps[0].Stored != 24 || x.Places[4].Steps[0].Out != nil {
		t.Errorf("%+v", steam[0])
	}
}
