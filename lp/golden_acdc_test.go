package lp_test

import (
	"slices"
	"strconv"
	"testing"

	"lingtan/lp"
)

// network is the input of the case lp-ac-dc.
type network struct {
	Buses      []string
	Generators []struct {
		Name, Bus                                 string
		Least, Capital, Marginal, Efficiency, CO2 float64
		Available                                 []float64
	}
	Lines []struct {
		Name, From, To string
		X, R, Capital  float64
	}
	Links []struct {
		Name, From, To string
		Share, Capital float64
	}
	Loads           map[string][]float64
	CO2Limit        float64
	ExistingCapital float64
	Cycles          []struct {
		Lines []string
		By    string
	}
}

// acdc is the program of a network under construction.
type acdc struct {
	*lp.Program
	in      network
	size    map[string]lp.Column // by generator, line and link
	balance map[string][]lp.Term // by bus, of the step being built
	flow    map[string]lp.Column // by line, likewise
	carbon  []lp.Term
	limit   lp.Row
}

func newACDC(in network) *acdc {
	a := &acdc{Program: lp.New("ac-dc"), in: in, size: map[string]lp.Column{}}
	for _, g := range in.Generators {
		a.size[g.Name] = a.Column(g.Name, g.Least, inf, g.Capital)
	}
	for _, l := range in.Lines {
		a.size[l.Name] = a.Column(l.Name, 0, inf, l.Capital)
	}
	for _, l := range in.Links {
		a.size[l.Name] = a.Column(l.Name, 0, inf, l.Capital)
	}
	for t := range in.Loads[in.Buses[0]] {
		a.step(t)
	}
	a.limit = a.Row("co2", -inf, in.CO2Limit, a.carbon...)
	return a
}

func (a *acdc) step(t int) {
	at := "@" + strconv.Itoa(t)
	a.balance, a.flow = map[string][]lp.Term{}, map[string]lp.Column{}
	for _, g := range a.in.Generators {
		share := 1.0
		if g.Available != nil {
			share = g.Available[t]
		}
		p := a.Column(g.Name+at, 0, inf, g.Marginal)
		a.Row(g.Name+at, -inf, 0, term(p, 1), term(a.size[g.Name], -share))
		a.balance[g.Bus] = append(a.balance[g.Bus], term(p, 1))
		a.carbon = append(a.carbon, term(p, g.CO2/g.Efficiency))
	}
	for _, l := range a.in.Lines {
		a.carry(l.Name, l.From, l.To, at, 1)
	}
	for _, l := range a.in.Links {
		a.carry(l.Name, l.From, l.To, at, l.Share)
	}
	a.kirchhoff(at)
	for _, b := range a.in.Buses {
		load := 0.0
		if series := a.in.Loads[b]; series != nil {
			load = series[t]
		}
		a.Row(b+at, load, load, a.balance[b]...)
	}
}

func (a *acdc) carry(name, from, to, at string, share float64) {
	f := a.Column(name+at, -inf, inf, 0)
	a.flow[name] = f
	a.Row(name+" forth"+at, -inf, 0, term(f, 1), term(a.size[name], -share))
	a.Row(name+" back"+at, 0, inf, term(f, 1), term(a.size[name], share))
	a.balance[from] = append(a.balance[from], term(f, -1))
	a.balance[to] = append(a.balance[to], term(f, 1))
}

// kirchhoff states the voltage law around each cycle of lines.
func (a *acdc) kirchhoff(at string) {
	for _, c := range a.in.Cycles {
		var around []lp.Term
		for _, l := range a.in.Lines {
			if slices.Contains(c.Lines, l.Name) {
				around = append(around, term(a.flow[l.Name], map[string]float64{"x": l.X, "r": l.R}[c.By]))
			}
		}
		a.Row("cycle "+c.By+at, 0, 0, around...)
	}
}

func TestACDC(t *testing.T) {
	var in network
	golden(t, "lp-ac-dc", "input.json", &in)
	var want struct {
		Total, Objective, CO2Price float64
		Generators, Lines, Links   map[string]float64
	}
	golden(t, "lp-ac-dc", "expected.json", &want)
	each(t, func(t *testing.T, s lp.Solver) {
		a := newACDC(in)
		got := solved(t, s, a.Program, lp.Options{}, lp.Optimal)
		near(t, "total cost", got.Objective, want.Total, 1e-6)
		near(t, "objective as PyPSA states it", got.Objective-in.ExistingCapital, want.Objective, 1e-6)
		near(t, "price of CO2", -got.Dual[a.limit], want.CO2Price, 1e-6)
		for _, sizes := range []map[string]float64{want.Generators, want.Lines, want.Links} {
			for name, size := range sizes {
				near(t, name, got.Value[a.size[name]], size, 1e-6)
			}
		}
	})
}
