package dispatch

import "math"

func (a *account) unit(x Unit) {
	size := 1.0
	if x.Size != nil {
		size = a.size(x.ID, "size", *x.Size)
	}
	for t, h := range a.p.Hours {
		level, on := a.s.of(x.ID, "level", t), 1.0
		if x.commits() {
			on = a.s.of(x.ID, "on", t)
		}
		if on != 0 && on != 1 {
			a.fault(x.ID, t, "on is %.9g, neither 0 nor 1", on)
		}
		a.between(x.ID, "level", t, x.Min*on, level, x.Max*x.Available.at(t, 1)*size*on)
		a.pay(x.ID, "operation", h*level*x.Operation)
		for _, p := range x.Ports {
			a.port(x, p, t, level, on)
		}
		for _, e := range x.Region {
			a.between(x.ID, "operating region", t, math.Inf(-1), e.Level*level+e.Flow*a.s.of(x.ID, "flow."+e.Carrier, t)-e.NoLoad*on, tolerance*x.Max)
		}
		a.ramp(x, t, level)
	}
	if x.Commitment != nil {
		a.commitment(x)
	}
}

func (a *account) port(x Unit, p Port, t int, level, on float64) {
	flow := a.s.of(x.ID, "flow."+p.Carrier, t)
	want := p.Factor.at(t, 0)*level + p.NoLoad*on
	if len(p.Curve) > 0 {
		want = on * along(p.Curve, level)
	}
	for _, k := range sorted(p.Mix) {
		want += p.Mix[k] * a.s.of(x.ID, "flow."+k, t)
	}
	least := want
	if p.AtMost {
		least = 0
	}
	a.between(x.ID, p.Carrier, t, least, flow, want)
	a.flow[p.Carrier][t] += flow
	if p.Carrier == a.p.Limits.GreenOf && p.Factor.at(t, 0) > 0 {
		a.all += a.p.Hours[t] * flow
	}
}

// along is a curve's flow at a level, straight between its points.
func along(curve [][2]float64, level float64) float64 {
	for k := 1; k < len(curve); k++ {
		from, to := curve[k-1], curve[k]
		if level <= to[0] || k == len(curve)-1 {
			return from[1] + (to[1]-from[1])*(level-from[0])/(to[0]-from[0])
		}
	}
	return 0
}

// was is whether a unit was on in the step before.
func (a *account) was(x Unit, t int) bool {
	if t > 0 {
		return a.s.of(x.ID, "on", t-1) == 1
	}
	return x.Commitment != nil && x.Commitment.On
}

func (a *account) ramp(x Unit, t int, level float64) {
	if t == 0 && x.Level == nil || x.RampUp == 0 && x.RampDown == 0 {
		return
	}
	last := 0.0
	if t > 0 {
		last = a.s.of(x.ID, "level", t-1)
	} else {
		last = *x.Level
	}
	up, down := x.RampUp*a.p.between(t), x.RampDown*a.p.between(t)
	if x.Commitment != nil && !a.was(x, t) {
		up = x.startTo(a.p, t, x.RampUp)
	}
	if x.Commitment != nil && a.s.of(x.ID, "on", t) == 0 {
		down = x.startTo(a.p, t, x.RampDown)
	}
	if x.RampUp > 0 {
		a.between(x.ID, "rise", t, math.Inf(-1), level-last, up+tolerance*x.Max)
	}
	if x.RampDown > 0 {
		a.between(x.ID, "fall", t, math.Inf(-1), last-level, down+tolerance*x.Max)
	}
}

// commitment checks times up and down, and pays for starts.
func (a *account) commitment(x Unit) {
	k := x.Commitment
	on, since := k.On, k.Since.at(0, math.Inf(1))
	starts := 0
	for t, h := range a.p.Hours {
		now := a.s.of(x.ID, "on", t) == 1
		if state, held := x.held(a.p, t); held && now != (state == 1) {
			a.fault(x.ID, t, "on is %v, and it is bound to be %v", now, state == 1)
		}
		if now == on {
			since += h
			continue
		}
		least := k.MinDown
		if on {
			least = k.MinUp
		} else {
			starts++
			a.pay(x.ID, "start", k.Start)
		}
		if since < least-1e-9 {
			a.fault(x.ID, t, "switched after %.9g h; at least %.9g h", since, least)
		}
		on, since = now, h
	}
	if k.Starts > 0 {
		a.miss("starts", x.ID, -1, float64(starts-k.Starts), float64(k.Starts), "starts", nil)
	}
}

func (a *account) storage(x Storage) {
	energy, power := x.Energy, 1.0
	if x.EnergySize != nil {
		energy = a.size(x.ID, "energy", *x.EnergySize)
	}
	if x.PowerSize != nil {
		power = a.size(x.ID, "power", *x.PowerSize)
	}
	level := x.Level.Start * energy
	for t, h := range a.p.Hours {
		c, d := a.s.of(x.ID, "charge", t), a.s.of(x.ID, "discharge", t)
		most := power * x.Available.at(t, 1)
		a.between(x.ID, "charge", t, 0, c, x.Charge*most)
		a.between(x.ID, "discharge", t, 0, d, x.Discharge*most)
		if !x.Mixed && math.Min(c, d) > tolerance*math.Max(1, math.Max(c, d)) {
			a.mixed[x.ID] = true
		}
		a.least(x, t, c, d)
		level = level*math.Pow(1-x.Loss, h) + h*(x.Efficiency.Charge*c-d/x.Efficiency.Discharge-x.Drain.at(t, 0))
		a.between(x.ID, "level told", t, level, a.s.of(x.ID, "level", t), level)
		level = a.s.of(x.ID, "level", t) // so that rounding does not add up over a year
		a.inside(x, t, level, energy)
		a.flow[x.Carrier][t] += d - c
		a.pay(x.ID, "wear", h*d*x.Wear)
		a.request(x, t, c, level)
	}
	a.targets(x, energy, level)
}

// least checks the least power, and that a storage that may not trade does not. The last
// of a request may be charged with less.
func (a *account) least(x Storage, t int, c, d float64) {
	small := tolerance * math.Max(1, math.Max(x.Charge, x.Discharge))
	near := x.Request.asked(t) > 0 && a.s.of(x.ID, "level", t) >= x.Level.Max*x.Energy-a.p.Hours[t]*x.Least.Charge-small
	if c > small && c < x.Least.Charge-small && !near || d > small && d < x.Least.Discharge-small {
		a.fault(x.ID, t, "runs at %.9g and %.9g kW, below its least power", c, d)
	}
	for _, s := range a.p.Supplies {
		if s.Carrier != x.Carrier {
			continue
		}
		if x.NoImport && c > small && a.s.of(s.ID, "import", t) > small {
			a.fault(x.ID, t, "charges while %s buys", s.ID)
		}
		if x.NoExport && d > small && a.s.of(s.ID, "export", t) > small {
			a.fault(x.ID, t, "discharges while %s sells", s.ID)
		}
	}
}

func (a *account) inside(x Storage, t int, level, energy float64) {
	lower, upper := x.Level.Min*energy, x.Level.Max*energy
	if x.Level.Outside > 0 {
		price := x.Level.Outside
		a.miss("level", x.ID, t, math.Max(lower-level, level-upper), energy, "kWh", &price)
		lower, upper = 0, math.Max(energy, x.Level.Start*energy)
	}
	a.between(x.ID, "level", t, lower, level, upper)
}

func (r *Request) asked(t int) float64 {
	if r == nil {
		return 0
	}
	return r.Power.at(t, 0)
}

func (a *account) request(x Storage, t int, c, level float64) {
	ask := math.Min(x.Request.asked(t), x.Charge)
	top := x.Level.Max * x.Energy
	if ask <= 0 || level >= top-tolerance*math.Max(1, top) {
		return
	}
	price := x.Request.Short.at(t, 0) * a.p.Hours[t]
	a.miss("request", x.ID, t, ask-c, ask, "kW", &price)
}

func (a *account) targets(x Storage, energy, last float64) {
	for _, g := range x.Goals {
		a.miss("goal", x.ID, g.Step, g.Energy-a.s.of(x.ID, "level", g.Step), g.Energy, "kWh", g.Short)
	}
	a.pay(x.ID, "held", -last*x.Level.Value)
	if x.Level.End == nil {
		return
	}
	short := *x.Level.End*energy - last
	if x.Level.Exact {
		short = math.Abs(short)
	}
	a.miss("end", x.ID, a.p.steps()-1, short, energy, "kWh", nil)
}

func (a *account) reserve(x Reserve) {
	for t, h := range a.p.Hours {
		need, ready := a.p.critical(x, t), 0.0
		for _, u := range a.p.Units {
			ready += a.ready(x, u, t)
		}
		for _, s := range a.p.Storages {
			if s.Carrier == x.Carrier {
				ready += a.standby(x, s, t)
			}
		}
		var price *float64
		if x.Short > 0 {
			price = hourly(&x.Short, h)
		}
		a.miss(x.kind(), x.Carrier, t, need-ready, need, "kW", price)
	}
}

// ready is what a unit could give at once: above what it gives, or at all in an island.
func (a *account) ready(x Reserve, u Unit, t int) float64 {
	on := 1.0
	if u.commits() {
		on = a.s.of(u.ID, "on", t)
	}
	var sum float64
	for _, p := range u.Ports {
		most := p.Factor.at(t, 0)*u.Max*u.Available.at(t, 1) + p.NoLoad
		if n := len(p.Curve); n > 0 {
			most = p.Curve[n-1][1]
		}
		if p.Carrier != x.Carrier || most <= 0 || len(p.Mix) > 0 {
			continue
		}
		sum += most * on
		if x.Island == 0 {
			sum -= a.s.of(u.ID, "flow."+p.Carrier, t)
		}
	}
	return sum
}

func (a *account) standby(x Reserve, s Storage, t int) float64 {
	power, hours := s.Discharge*s.Available.at(t, 1), x.Hours
	if s.PowerSize != nil {
		power *= a.s.of(s.ID, "power", 0)
	}
	if x.Island > 0 {
		hours = x.Island
	} else {
		power += a.s.of(s.ID, "charge", t) - a.s.of(s.ID, "discharge", t)
	}
	if hours > 0 {
		power = math.Min(power, (a.s.of(s.ID, "level", t)-s.Level.Min*s.Energy)*s.Efficiency.Discharge/hours)
	}
	return math.Max(0, power)
}
