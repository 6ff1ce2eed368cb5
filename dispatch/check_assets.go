package dispatch

import (
	"fmt"
	"slices"
)

func (c *checker) supply(path string, x Supply) {
	c.id(path, x.ID)
	c.carrier(path+".carrier", x.Carrier)
	c.series(path+".price", x.Price, -maxNumber, maxNumber, true)
	c.series(path+".sale", x.Sale, -maxNumber, maxNumber, false)
	c.series(path+".import_limit", x.ImportLimit, 0, maxNumber, false)
	c.series(path+".export_limit", x.ExportLimit, 0, maxNumber, false)
	c.series(path+".intensity", x.Intensity, 0, maxNumber, false)
	c.price(path+".overrun", x.Overrun)
	c.number(path+".deviation", x.Deviation, 0, maxNumber)
	if x.Nominated && x.Deviation == 0 {
		c.fault(path+".deviation", "0; a nomination means nothing where leaving it costs nothing")
	}
	for i, d := range x.Demand {
		at := fmt.Sprintf("%s.demand[%d]", path, i)
		if d.ID == "" || slices.ContainsFunc(x.Demand[:i], func(e DemandCharge) bool { return e.ID == d.ID }) {
			c.fault(at+".id", "%.40q is left out or stands twice", d.ID)
		}
		c.number(at+".rate", d.Rate, 0, maxNumber)
		c.number(at+".weight", d.Weight, 0, 1)
		c.number(at+".previous", d.Previous, 0, maxNumber)
		c.number(at+".free", d.Free, 0, maxNumber)
		for k, t := range d.Steps {
			c.step(fmt.Sprintf("%s.steps[%d]", at, k), t)
		}
	}
}

func (c *checker) renewable(path string, x Renewable) {
	c.id(path, x.ID)
	c.carrier(path+".carrier", x.Carrier)
	c.series(path+".available", x.Available, 0, maxNumber, true)
	c.number(path+".curtailment", x.Curtailment, 0, maxNumber)
	c.number(path+".operation", x.Operation, 0, maxNumber)
	c.sizing(path+".size", x.Size)
}

func (c *checker) unit(path string, x Unit) {
	c.id(path, x.ID)
	c.number(path+".max", x.Max, 0, maxNumber)
	c.number(path+".min", x.Min, 0, x.Max)
	c.series(path+".available", x.Available, 0, 1, false)
	c.number(path+".ramp_up", x.RampUp, 0, maxNumber)
	c.number(path+".ramp_down", x.RampDown, 0, maxNumber)
	c.number(path+".operation", x.Operation, 0, maxNumber)
	c.sizing(path+".size", x.Size)
	if x.Size != nil && x.commits() {
		c.fault(path+".size", "a unit whose size is chosen cannot be switched on and off, nor have a least level or a curve")
	}
	if x.Level != nil {
		c.number(path+".level", *x.Level, 0, maxNumber)
	}
	if len(x.Ports) == 0 {
		c.fault(path+".ports", "none; say what it takes and gives")
	}
	for i, p := range x.Ports {
		c.port(fmt.Sprintf("%s.ports[%d]", path, i), x, i, p)
	}
	for i, e := range x.Region {
		at := fmt.Sprintf("%s.region[%d]", path, i)
		if !slices.ContainsFunc(x.Ports, func(p Port) bool { return p.Carrier == e.Carrier }) {
			c.fault(at+".carrier", "%.40q is no port of this unit", e.Carrier)
		}
		for _, v := range []float64{e.Level, e.Flow, e.NoLoad} {
			c.number(at, v, -maxNumber, maxNumber)
		}
	}
	c.commitment(path+".commitment", x.Commitment)
}

func (c *checker) port(path string, x Unit, i int, p Port) {
	c.carrier(path+".carrier", p.Carrier)
	if slices.ContainsFunc(x.Ports[:i], func(q Port) bool { return q.Carrier == p.Carrier }) {
		c.fault(path+".carrier", "%.40q is a port of this unit already; give it once", p.Carrier)
	}
	least := -maxNumber
	if p.AtMost {
		least = 0
	}
	c.series(path+".factor", p.Factor, least, maxNumber, len(p.Curve) == 0 && p.NoLoad == 0 && len(p.Mix) == 0)
	c.number(path+".no_load", p.NoLoad, -maxNumber, maxNumber)
	for _, k := range sorted(p.Mix) {
		c.number(path+".mix."+k, p.Mix[k], -maxNumber, maxNumber)
		if p.AtMost || !slices.ContainsFunc(x.Ports, func(q Port) bool { return q.Carrier == k && q.AtMost }) {
			c.fault(path+".mix", "%.40q must be another port of this unit that is at_most, and this one must not be", k)
		}
	}
	if len(p.Curve) > 0 && (len(p.Factor) > 0 || p.NoLoad != 0 || len(p.Mix) > 0 || p.AtMost || len(p.Curve) < 2 || len(p.Curve) > 50) {
		c.fault(path+".curve", "2 to 50 points, and neither factor, no_load, mix nor at_most beside it")
	}
	for k, point := range p.Curve {
		at := fmt.Sprintf("%s.curve[%d]", path, k)
		c.number(at, point[0], 0, maxNumber)
		c.number(at, point[1], -maxNumber, maxNumber)
		if k > 0 && point[0] <= p.Curve[k-1][0] {
			c.fault(at, "its level %g does not rise above %g", point[0], p.Curve[k-1][0])
		}
	}
	if n := len(p.Curve); n > 1 && (p.Curve[0][0] > x.Min+1e-9 || p.Curve[n-1][0] < x.Max-1e-9) {
		c.fault(path+".curve", "from level %g to %g; it must reach from min %g to max %g", p.Curve[0][0], p.Curve[n-1][0], x.Min, x.Max)
	}
}

func (c *checker) commitment(path string, k *Commitment) {
	if k == nil {
		return
	}
	c.number(path+".min_up", k.MinUp, 0, 8784)
	c.number(path+".min_down", k.MinDown, 0, 8784)
	c.number(path+".start", k.Start, 0, maxNumber)
	c.number(path+".start_to", k.StartTo, 0, maxNumber)
	c.number(path+".starts", float64(k.Starts), 0, maxSteps)
	c.series(path+".fixed", k.Fixed, -1, 1, false)
	if len(k.Since) > 1 {
		c.fault(path+".since", "%d values; one", len(k.Since))
	} else if len(k.Since) == 1 {
		c.number(path+".since", k.Since[0], 0, maxNumber)
	}
	for t, v := range k.Fixed {
		if v != -1 && v != 0 && v != 1 {
			c.fault(fmt.Sprintf("%s.fixed[%d]", path, t), "%g; 1 is on, 0 off, -1 free", v)
		}
	}
}

func (c *checker) storage(path string, x Storage) {
	c.id(path, x.ID)
	c.carrier(path+".carrier", x.Carrier)
	c.number(path+".energy", x.Energy, 0, maxNumber)
	c.number(path+".charge", x.Charge, 0, maxNumber)
	c.number(path+".discharge", x.Discharge, 0, maxNumber)
	c.number(path+".efficiency.charge", x.Efficiency.Charge, 1e-3, 1)
	c.number(path+".efficiency.discharge", x.Efficiency.Discharge, 1e-3, 1)
	c.number(path+".loss", x.Loss, 0, 0.999)
	c.number(path+".wear", x.Wear, 0, maxNumber)
	c.number(path+".least.charge", x.Least.Charge, 0, x.Charge)
	c.number(path+".least.discharge", x.Least.Discharge, 0, x.Discharge)
	c.series(path+".available", x.Available, 0, 1, false)
	c.series(path+".drain", x.Drain, 0, maxNumber, false)
	c.sizing(path+".energy_size", x.EnergySize)
	c.sizing(path+".power_size", x.PowerSize)
	if x.EnergySize != nil && (x.Request != nil || x.Level.Outside > 0) || x.PowerSize != nil && x.Least != (Pair{}) {
		c.fault(path+".energy_size", "a storage whose size is chosen has no request, no least power and no price outside its levels")
	}
	c.levels(path+".level", x)
	for i, g := range x.Goals {
		c.goal(fmt.Sprintf("%s.goals[%d]", path, i), g)
	}
	if x.Request != nil {
		c.series(path+".request.power", x.Request.Power, 0, maxNumber, true)
		c.series(path+".request.short", x.Request.Short, 1e-12, maxNumber, true)
	}
	if x.NoImport || x.NoExport {
		c.oneSupply(path+".no_import", x.Carrier)
	}
}

func (c *checker) oneSupply(path, carrier string) {
	n := 0
	for _, s := range c.p.Supplies {
		if s.Carrier == carrier {
			n++
		}
	}
	if n != 1 {
		c.fault(path, "%d supplies of %s; it means something with exactly one", n, carrier)
	}
}

func (c *checker) levels(path string, x Storage) {
	l := x.Level
	c.number(path+".max", l.Max, 0, 1)
	c.number(path+".min", l.Min, 0, l.Max)
	c.number(path+".outside", l.Outside, 0, maxNumber)
	c.number(path+".value", l.Value, -maxNumber, maxNumber)
	if l.Outside == 0 {
		c.number(path+".start", l.Start, l.Min, l.Max)
	} else {
		c.number(path+".start", l.Start, 0, 10)
	}
	if l.End != nil {
		c.number(path+".end", *l.End, l.Min, l.Max)
	} else if l.Exact {
		c.fault(path+".exact", "without end; say what is to be held exactly")
	}
}

func (c *checker) goal(path string, g Goal) {
	c.step(path+".step", g.Step)
	c.number(path+".energy", g.Energy, 0, maxNumber)
	c.price(path+".short", g.Short)
}

func (c *checker) charging(path string, x Charging) {
	c.id(path, x.ID)
	c.carrier(path+".carrier", x.Carrier)
	c.number(path+".power", x.Power, 0, maxNumber)
	c.series(path+".available", x.Available, 0, 1, false)
	c.number(path+".efficiency", x.Efficiency, 1e-3, 1)
	for i, g := range x.Needs {
		c.goal(fmt.Sprintf("%s.needs[%d]", path, i), g)
	}
}

func (c *checker) batch(path string, x Batch) {
	c.id(path, x.ID)
	c.step(path+".earliest", x.Earliest)
	c.step(path+".latest", x.Latest)
	if x.Earliest > x.Latest {
		c.fault(path+".latest", "step %d is before the earliest, %d", x.Latest, x.Earliest)
	}
	if x.Fixed != nil && (*x.Fixed < x.Earliest || *x.Fixed > x.Latest) {
		c.fault(path+".fixed", "step %d; from %d to %d", *x.Fixed, x.Earliest, x.Latest)
	}
	c.number(path+".interval", x.Interval, 1e-3, 8784)
	c.price(path+".value", x.Value)
	if len(x.Profile) == 0 {
		c.fault(path+".profile", "left out; give kW by carrier")
	}
	for _, k := range sorted(x.Profile) {
		c.carrier(path+".profile", k)
		if n := len(x.Profile[k]); n == 0 || n > maxSteps {
			c.fault(path+".profile."+k, "%d values; from 1 to %d", n, maxSteps)
		}
		for i, v := range x.Profile[k] {
			c.number(fmt.Sprintf("%s.profile.%s[%d]", path, k, i), v, 0, maxNumber)
		}
	}
}

func (c *checker) load(path string, x Load) {
	c.id(path, x.ID)
	c.carrier(path+".carrier", x.Carrier)
	c.series(path+".demand", x.Demand, 0, maxNumber, true)
	c.number(path+".shed", x.Shed, 0, 1)
	c.number(path+".shed_cost", x.ShedCost, 0, maxNumber)
	c.number(path+".shift", x.Shift, 0, maxNumber)
	c.number(path+".window", float64(x.Window), 0, maxSteps)
	c.number(path+".critical", x.Critical, 0, 1)
}
