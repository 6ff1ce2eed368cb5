package lp_test

import (
	"context"
	"math"
	"os"
	"strconv"
	"testing"

	"lingtan/lp"
)

// thermal is a unit of the case lp-ten-units: fuel a + b·P + c·P², hours on (before > 0)
// or off (before < 0) when the day begins.
type thermal struct {
	Most, Least, A, B, C float64
	MinUp, MinDown       int
	Hot, Cold            float64
	ColdHours, Before    int
}

type tenUnits struct {
	Units    []thermal
	Load     []float64
	Reserve  float64
	Tangents int
}

// tenDay is the program of a day and its blocks of three hours.
type tenDay struct {
	*lp.Program
	in     tenUnits
	on     [][]lp.Column // by unit and hour
	blocks [][]lp.Column // of three hours
	power  [][]lp.Term   // by hour
	ready  [][]lp.Term
}

func newTenDay(in tenUnits) *tenDay {
	hours := len(in.Load)
	d := &tenDay{Program: lp.New("ten units"), in: in, blocks: make([][]lp.Column, (hours+2)/3), power: make([][]lp.Term, hours), ready: make([][]lp.Term, hours)}
	for i, u := range in.Units {
		d.add(strconv.Itoa(i+1), u)
	}
	for t, load := range in.Load {
		d.Row("load@"+strconv.Itoa(t), load, load, d.power[t]...)
		d.Row("reserve@"+strconv.Itoa(t), in.Reserve*load, inf, d.ready[t]...)
	}
	return d
}

func (d *tenDay) add(name string, u thermal) {
	on, start, stop := []lp.Column{}, []lp.Column{}, []lp.Column{}
	for t := range d.in.Load {
		at := name + "@" + strconv.Itoa(t)
		on, start, stop = append(on, d.Binary(at+" on", 0)), append(start, d.Binary(at+" starts", 0)), append(stop, d.Binary(at+" stops", 0))
		d.blocks[t/3] = append(d.blocks[t/3], on[t], start[t], stop[t])
		d.fuel(at, u, on[t], t)
		before := []lp.Term{term(on[t], 1), term(start[t], -1), term(stop[t], 1)}
		was := u.was(-1)
		if t > 0 {
			before, was = append(before, term(on[t-1], -1)), 0
		}
		d.Row(at+" changes", was, was, before...)
		d.Row(at+" up", -inf, 0, within(on[t], -1, start, t, u.MinUp)...)
		d.Row(at+" down", -inf, 1, within(on[t], 1, stop, t, u.MinDown)...)
		d.starts(at, u, on, start[t], t)
		if u.Before > 0 && t < u.MinUp-u.Before {
			d.SetBounds(on[t], 1, 1)
		}
		if u.Before < 0 && t < u.MinDown+u.Before {
			d.SetBounds(on[t], 0, 0)
		}
	}
	d.on = append(d.on, on)
}

// fuel is bounded from below by tangents of the parabola.
func (d *tenDay) fuel(at string, u thermal, on lp.Column, t int) {
	power, fuel := d.Column(at, 0, u.Most, 0), d.Column(at+" fuel", 0, inf, 1)
	d.Row(at+" most", -inf, 0, term(power, 1), term(on, -u.Most))
	d.Row(at+" least", 0, inf, term(power, 1), term(on, -u.Least))
	for k := range d.in.Tangents {
		touch := u.Least + (u.Most-u.Least)*float64(k)/float64(d.in.Tangents-1)
		d.Row(at+" tangent "+strconv.Itoa(k), 0, inf, term(fuel, 1), term(power, -u.B-2*u.C*touch), term(on, -u.A+u.C*touch*touch))
	}
	d.power[t] = append(d.power[t], term(power, 1))
	d.ready[t] = append(d.ready[t], term(on, u.Most))
}

// starts costs a start: cold when the unit was off for more than MinDown + ColdHours.
func (d *tenDay) starts(at string, u thermal, on []lp.Column, start lp.Column, t int) {
	cost := d.Column(at+" start cost", 0, inf, 1)
	d.Row(at+" hot", 0, inf, term(cost, 1), term(start, -u.Hot))
	warm, was := []lp.Term{term(cost, 1), term(on[t], -u.Cold)}, 0.0
	for k := t - 1; k >= t-u.MinDown-u.ColdHours-1; k-- {
		if k >= 0 {
			warm = append(warm, term(on[k], u.Cold))
		} else {
			was = math.Max(was, u.was(k))
		}
	}
	d.Row(at+" cold", -u.Cold*was, inf, warm...)
}

// was tells whether the unit was on in hour t < 0.
func (u thermal) was(t int) float64 {
	if (u.Before > 0 && t >= -u.Before) || (u.Before < 0 && t < u.Before) {
		return 1
	}
	return 0
}

// total is the exact cost of a schedule: starts from the solution, fuel by the parabolas
// with the load shared at equal incremental cost.
func (d *tenDay) total(x []float64) (total float64, schedule []string) {
	for i := range d.in.Units {
		row := make([]byte, len(d.in.Load))
		for t, c := range d.on[i] {
			row[t] = '0' + byte(math.Round(x[c]))
		}
		schedule = append(schedule, string(row))
	}
	for j, v := range x {
		if name := d.Name(lp.Column(j)); len(name) > 11 && name[len(name)-11:] == " start cost" {
			total += v
		}
	}
	for t, load := range d.in.Load {
		total += d.in.cheapest(schedule, t, load)
	}
	return total, schedule
}

func (in tenUnits) cheapest(schedule []string, t int, load float64) float64 {
	low, high := 0.0, 100.0
	var fuel float64
	for range 200 {
		price, power := (low+high)/2, 0.0
		fuel = 0
		for i, u := range in.Units {
			if schedule[i][t] == '1' {
				p := math.Min(math.Max((price-u.B)/(2*u.C), u.Least), u.Most)
				power += p
				fuel += u.A + u.B*p + u.C*p*p
			}
		}
		if power < load {
			low = price
		} else {
			high = price
		}
	}
	return fuel
}

type tenExpected struct {
	Total, TangentBound float64
	On                  []string
}

// needsCBC leaves a test out where HiGHS alone would take minutes.
func needsCBC(t *testing.T) {
	t.Helper()
	if usual(t).Name() == second(t).Name() && os.Getenv("LINGTAN_SLOW") == "" {
		t.Skip("without CBC this takes minutes: LINGTAN_SLOW=1 runs it")
	}
}

func TestTenUnits(t *testing.T) {
	needsCBC(t)
	var in tenUnits
	var want tenExpected
	golden(t, "lp-ten-units", "input.json", &in)
	golden(t, "lp-ten-units", "expected.json", &want)
	d := newTenDay(in)
	got := solved(t, lp.Verified(usual(t)), d.Program, lp.Options{}, lp.Optimal)
	near(t, "cost with tangents", got.Objective, want.TangentBound, 1e-4)
	total, schedule := d.total(got.Value)
	near(t, "cost", total, want.Total, 1e-6)
	for i, row := range schedule {
		if row != want.On[i] {
			t.Logf("unit %d: %s, published %s", i+1, row, want.On[i])
		}
	}
	t.Logf("cost with tangents %.3f, exact %.3f", got.Objective, total)
}

func TestTenUnitsByRelaxAndFix(t *testing.T) {
	needsCBC(t)
	var in tenUnits
	var want tenExpected
	golden(t, "lp-ten-units", "input.json", &in)
	golden(t, "lp-ten-units", "expected.json", &want)
	in.Tangents = 5
	d := newTenDay(in)
	got, err := lp.RelaxAndFix(context.Background(), lp.Verified(usual(t)), d.Program, d.blocks, lp.Options{Gap: 2e-3})
	if err != nil {
		t.Fatal(err)
	}
	total, _ := d.total(got.Value)
	t.Logf("%s: %v %.3f, bound %.3f, gap %.5f, exact %.3f, %v", got.Solver, got.Status, got.Objective, got.Bound, got.Gap, total, got.Elapsed)
	if bad := lp.Check(d.Program, got.Value, 1e-6); len(bad) > 0 {
		t.Errorf("%d limits broken, the first: %v", len(bad), bad[0])
	}
	if got.Gap > 0.012 || got.Bound > want.Total || total < want.Total*(1-1e-6) || total > want.Total*1.01 {
		t.Errorf("gap %.5f, bound %.3f, cost %.3f; the best known is %.3f", got.Gap, got.Bound, total, want.Total)
	}
}
