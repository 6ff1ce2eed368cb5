package dispatch

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Limits of a problem. They bound the program that it makes.
const (
	maxSteps     = 40_000
	maxAssets    = 500
	maxScenarios = 100
	maxCells     = 2_000_000 // assets × steps × scenarios
	maxNumber    = 1e12
	maxFaults    = 100
)

// checker gathers what is wrong with a problem.
type checker struct {
	p      *Problem
	faults []string
	more   int
	seen   map[string]string
}

// Check finds what cannot be planned: series of the wrong length or with holes, numbers
// out of range, names that stand for nothing. ErrProblem tells every fault with its path,
// up to a hundred.
func (p *Problem) Check() error {
	c := &checker{p: p, seen: map[string]string{}}
	if n := p.steps(); n < 1 || n > maxSteps {
		return fmt.Errorf("%w: hours: %d steps; from 1 to %d, the length of each in hours", ErrProblem, n, maxSteps)
	}
	c.sizes()
	if len(c.faults) == 0 {
		c.all()
	}
	if len(c.faults) == 0 {
		return nil
	}
	more := ""
	if c.more > 0 {
		more = fmt.Sprintf("\nand %d more", c.more)
	}
	return fmt.Errorf("%w: %s%s", ErrProblem, strings.Join(c.faults, "\n"), more)
}

func (c *checker) fault(path, format string, args ...any) {
	if len(c.faults) >= maxFaults {
		c.more++
		return
	}
	c.faults = append(c.faults, path+": "+fmt.Sprintf(format, args...))
}

func (c *checker) sizes() {
	p := c.p
	assets := len(p.Supplies) + len(p.Renewables) + len(p.Units) + len(p.Storages) + len(p.Charging) + len(p.Batches) + len(p.Loads) + len(p.Reserves) + len(p.Carriers)
	if assets > maxAssets {
		c.fault("problem", "%d carriers and assets; at most %d", assets, maxAssets)
	}
	if len(p.Scenarios) > maxScenarios {
		c.fault("scenarios", "%d; at most %d", len(p.Scenarios), maxScenarios)
	}
	if cells := assets * p.steps() * max(1, len(p.Scenarios)); cells > maxCells {
		c.fault("problem", "%d assets × steps × scenarios; at most %d: divide the horizon or make its later steps longer", cells, maxCells)
	}
	if len(p.Carriers) == 0 {
		c.fault("carriers", "none; name at least one, such as electricity")
	}
	for t, h := range p.Hours {
		c.number(fmt.Sprintf("hours[%d]", t), h, 1e-3, 8784)
	}
}

func (c *checker) all() {
	p := c.p
	for i, x := range p.Carriers {
		path := fmt.Sprintf("carriers[%d]", i)
		c.id(path, x.ID)
		c.price(path+".unserved", x.Unserved)
	}
	for i, x := range p.Supplies {
		c.supply(fmt.Sprintf("supplies[%d]", i), x)
	}
	for i, x := range p.Renewables {
		c.renewable(fmt.Sprintf("renewables[%d]", i), x)
	}
	for i, x := range p.Units {
		c.unit(fmt.Sprintf("units[%d]", i), x)
	}
	for i, x := range p.Storages {
		c.storage(fmt.Sprintf("storages[%d]", i), x)
	}
	for i, x := range p.Charging {
		c.charging(fmt.Sprintf("charging[%d]", i), x)
	}
	for i, x := range p.Batches {
		c.batch(fmt.Sprintf("batches[%d]", i), x)
	}
	for i, x := range p.Loads {
		c.load(fmt.Sprintf("loads[%d]", i), x)
	}
	for i, x := range p.Reserves {
		path := fmt.Sprintf("reserves[%d]", i)
		c.carrier(path+".carrier", x.Carrier)
		c.number(path+".share", x.Share, 0, 10)
		c.number(path+".hours", x.Hours, 0, 8784)
		c.number(path+".island", x.Island, 0, 8784)
		c.number(path+".short", x.Short, 0, maxNumber)
	}
	c.whole()
	c.scenarios()
}

// whole checks what holds over the horizon.
func (c *checker) whole() {
	p, o := c.p, c.p.Objective
	c.number("carbon_price", p.CarbonPrice, 0, 1e6)
	if o.Kind != "" && !slices.Contains([]string{"cost", "carbon", "weighted", "lexicographic"}, o.Kind) {
		c.fault("objective.kind", "%.40q; cost, carbon, weighted or lexicographic", o.Kind)
	}
	if o.First != "" && o.First != "cost" && o.First != "carbon" {
		c.fault("objective.first", "%.40q; cost or carbon", o.First)
	}
	c.number("objective.carbon", o.Carbon, 0, 1e6)
	c.number("objective.tolerance", o.Tolerance, 0, 1)
	c.number("objective.tail", o.Tail, 0, 1)
	c.number("objective.tail_from", o.TailFrom, 0, 0.9999)
	c.price("limits.carbon", p.Limits.Carbon)
	c.price("limits.carbon_short", p.Limits.CarbonShort)
	c.price("limits.green_short", p.Limits.GreenShort)
	if p.Limits.Green != nil {
		c.number("limits.green", *p.Limits.Green, 0, 1)
		c.carrier("limits.green_of", p.Limits.GreenOf)
	}
}

func (c *checker) scenarios() {
	var sum float64
	known := func(path string, by map[string]Series, has func(string) bool, least float64) {
		for _, id := range sorted(by) {
			if !has(id) {
				c.fault(path, "there is no %.40q of this kind", id)
			}
			c.series(path+"."+id, by[id], least, maxNumber, true)
		}
	}
	names := map[string]bool{}
	for i, s := range c.p.Scenarios {
		path := fmt.Sprintf("scenarios[%d]", i)
		if s.ID == "" || names[s.ID] {
			c.fault(path+".id", "%.40q is left out or stands twice", s.ID)
		}
		names[s.ID] = true
		c.number(path+".probability", s.Probability, 1e-9, 1)
		sum += s.Probability
		known(path+".loads", s.Loads, func(id string) bool { return slices.ContainsFunc(c.p.Loads, func(x Load) bool { return x.ID == id }) }, 0)
		known(path+".available", s.Available, func(id string) bool {
			return slices.ContainsFunc(c.p.Renewables, func(x Renewable) bool { return x.ID == id })
		}, 0)
		supply := func(id string) bool {
			return slices.ContainsFunc(c.p.Supplies, func(x Supply) bool { return x.ID == id })
		}
		known(path+".prices", s.Prices, supply, -maxNumber)
		known(path+".intensities", s.Intensities, supply, 0)
	}
	if len(c.p.Scenarios) > 0 && math.Abs(sum-1) > 1e-6 {
		c.fault("scenarios", "their probabilities sum to %.9g; they must sum to 1", sum)
	}
}

func (c *checker) id(path, id string) {
	if id == "" || len(id) > 200 || strings.ContainsAny(id, "|[]\n") {
		c.fault(path+".id", "%.40q; a name of up to 200 characters without | [ ]", id)
		return
	}
	if before, twice := c.seen[id]; twice {
		c.fault(path+".id", "%.40q is %s already; names are for one thing each", id, before)
	}
	c.seen[id] = path
}

func (c *checker) carrier(path, id string) {
	if !slices.ContainsFunc(c.p.Carriers, func(x Carrier) bool { return x.ID == id }) {
		c.fault(path, "there is no carrier %.40q; declare it in carriers", id)
	}
}

func (c *checker) number(path string, v, lower, upper float64) {
	if math.IsNaN(v) {
		c.fault(path, "missing; give a number from %g to %g", lower, upper)
	} else if v < lower || v > upper {
		c.fault(path, "%g; from %g to %g", v, lower, upper)
	}
}

func (c *checker) price(path string, v *float64) {
	if v != nil {
		c.number(path, *v, 0, maxNumber)
	}
}

// series checks a value for all steps or one a step, without holes.
func (c *checker) series(path string, s Series, lower, upper float64, needed bool) {
	switch {
	case len(s) == 0 && needed:
		c.fault(path, "left out; give one value, or %d, one a step", c.p.steps())
	case len(s) > 1 && len(s) != c.p.steps():
		c.fault(path, "%d values for %d steps; give one value, or one a step", len(s), c.p.steps())
	}
	for t, v := range s {
		switch {
		case math.IsNaN(v):
			c.fault(fmt.Sprintf("%s[%d]", path, t), "a hole in the series, or no number; fill it or forecast it first")
		case v < lower || v > upper:
			c.fault(fmt.Sprintf("%s[%d]", path, t), "%g; from %g to %g", v, lower, upper)
		}
	}
}

func (c *checker) step(path string, t int) {
	if t < 0 || t >= c.p.steps() {
		c.fault(path, "step %d; from 0 to %d", t, c.p.steps()-1)
	}
}

func (c *checker) sizing(path string, s *Sizing) {
	if s == nil {
		return
	}
	c.number(path+".min", s.Min, 0, maxNumber)
	c.number(path+".max", s.Max, s.Min, maxNumber)
	c.number(path+".cost", s.Cost, 0, maxNumber)
}
