package dispatch

import (
	"math"
	"slices"

	"lingtan/lp"
)

// standing is what of a unit can be called on at once: room is the power that it could
// give more, all what it can give when it runs.
type standing struct{ room, all sum }

// plant are the columns of a unit while it is written.
type plant struct {
	Unit
	level []lp.Column
	on    []sum // 1 where it is on; the constant 1 where it is never off
	flows []map[string]sum
	start []lp.Column
	stop  []lp.Column
}

// commits tells whether a unit has to be on or off: where it says so, or where its level
// cannot fall to 0 or costs something at 0.
func (x Unit) commits() bool {
	return x.Commitment != nil || x.Min > 0 || slices.ContainsFunc(x.Ports, func(p Port) bool { return p.NoLoad != 0 || len(p.Curve) > 0 })
}

// unit adds a plant: Min·on ≤ level ≤ Max·available·on, its ports, its region, its
// commitment and its ramps.
func (b *block) unit(x Unit) {
	u := &plant{Unit: x}
	size := sum{constant: 1}
	if x.Size != nil {
		size = b.size(x.ID, "size", *x.Size)
	}
	var levels []sum
	for t := range b.p.steps() {
		most := x.Max * x.Available.at(t, 1)
		c := b.column(x.ID, "level", t, 0, most*x.Size.most(1))
		u.level = append(u.level, c)
		levels = append(levels, of(c))
		b.pay(c, b.p.Hours[t]*x.Operation)
		if x.commits() {
			on := of(b.once(x.ID, "on", t, 0, 1, true))
			u.on = append(u.on, on)
			b.bindsRow("capacity", x.ID, t, b.below(x.ID, "level_most", t, c, on, most), "kW", x.Available.at(t, 1), on)
			least := of(c)
			least.plus(on, -x.Min)
			b.row(x.ID, "level_least", t, 0, least, math.Inf(1))
		} else {
			u.on = append(u.on, sum{constant: 1})
			b.binds("capacity", x.ID, t, c, "kW", x.Available.at(t, 1))
		}
		if x.Size != nil {
			b.below(x.ID, "level_size", t, c, size, most)
		}
		b.ports(u, t)
	}
	b.keep(x.ID, "level", levels)
	b.keepPorts(u)
	if x.Commitment != nil {
		b.commitment(u)
	}
	b.ramps(u)
	if x.commits() {
		b.keep(x.ID, "on", u.on)
	}
}

// keepPorts tells the flow of each carrier in the schedule.
func (b *block) keepPorts(u *plant) {
	for _, p := range u.Ports {
		var flows []sum
		for t := range b.p.steps() {
			flows = append(flows, u.flows[t][p.Carrier])
		}
		b.keep(u.ID, "flow."+p.Carrier, flows)
	}
}

// ports adds the flows of a step; first those that may give less, since others may hang
// on them.
func (b *block) ports(u *plant, t int) {
	flows := map[string]sum{}
	for _, free := range []bool{true, false} {
		for _, p := range u.Ports {
			if p.AtMost != free {
				continue
			}
			f := b.port(u, p, t, flows)
			if p.AtMost {
				c := b.column(u.ID, "flow."+p.Carrier, t, 0, math.Inf(1))
				b.below(u.ID, "port."+p.Carrier, t, c, f, 1)
				f = of(c)
			}
			flows[p.Carrier] = f
			b.balance[p.Carrier][t].plus(f, 1)
			if p.Carrier == b.p.Limits.GreenOf && p.Factor.at(t, 0) > 0 {
				b.all.plus(f, b.p.Hours[t])
			}
			b.stand(u, p, t, f)
		}
	}
	for _, e := range u.Region {
		row := sum{}
		row.add(u.level[t], e.Level)
		row.plus(flows[e.Carrier], e.Flow)
		row.plus(u.on[t], -e.NoLoad)
		b.row(u.ID, "region", t, math.Inf(-1), row, 0)
	}
	u.flows = append(u.flows, flows)
}

// port is flow = factor·level + noload·on + Σ mix·flow(other), or a curve.
func (b *block) port(u *plant, p Port, t int, flows map[string]sum) sum {
	if len(p.Curve) > 0 {
		return b.curve(u, p, t)
	}
	var f sum
	f.add(u.level[t], p.Factor.at(t, 0))
	f.plus(u.on[t], p.NoLoad)
	for _, k := range sorted(p.Mix) {
		f.plus(flows[k], p.Mix[k])
	}
	return f
}

// curve is a flow through the points (level, flow), straight between neighbours:
//
//	level = Σ λ_k·level_k, flow = Σ λ_k·flow_k, Σ λ = on, λ_k ≤ z_{k−1} + z_k, Σ z = on
//
// with one z ∈ {0, 1} a segment, so that it holds for a curve of any shape. Source:
// Williams, "Model Building in Mathematical Programming", 5th edition, 2013, section 9.3.
func (b *block) curve(u *plant, p Port, t int) sum {
	var level, flow, weights, segments sum
	var z []lp.Column
	for range p.Curve[1:] {
		c := b.binary(u.ID, "segment."+p.Carrier, t)
		z = append(z, c)
		segments.add(c, 1)
	}
	for k, point := range p.Curve {
		w := b.column(u.ID, "weight."+p.Carrier, t, 0, 1)
		weights.add(w, 1)
		level.add(w, point[0])
		flow.add(w, point[1])
		beside := sum{}
		if k > 0 {
			beside.add(z[k-1], 1)
		}
		if k < len(z) {
			beside.add(z[k], 1)
		}
		b.below(u.ID, "beside."+p.Carrier, t, w, beside, 1)
	}
	weights.plus(u.on[t], -1)
	segments.plus(u.on[t], -1)
	level.add(u.level[t], -1)
	b.row(u.ID, "weights."+p.Carrier, t, 0, weights, 0)
	b.row(u.ID, "segments."+p.Carrier, t, 0, segments, 0)
	b.row(u.ID, "curve."+p.Carrier, t, 0, level, 0)
	return flow
}

// stand notes what a unit that gives a carrier can be called on for.
func (b *block) stand(u *plant, p Port, t int, flow sum) {
	most := u.Max * u.Available.at(t, 1)
	factor, constant := p.Factor.at(t, 0), p.NoLoad
	if len(p.Curve) > 0 {
		constant, factor = p.Curve[len(p.Curve)-1][1], 0
	}
	if factor*most+constant <= 0 || len(p.Mix) > 0 {
		return
	}
	var s standing
	s.all.plus(u.on[t], factor*most+constant)
	s.room.plus(s.all, 1)
	s.room.plus(flow, -1)
	if b.stands[p.Carrier] == nil {
		b.stands[p.Carrier] = make([][]standing, b.p.steps())
	}
	b.stands[p.Carrier][t] = append(b.stands[p.Carrier][t], s)
}

// swing is at most what a unit takes and gives of a carrier.
func (x Unit) swing(carrier string, t int) (takes, gives float64) {
	most := x.Max * x.Size.most(1) * x.Available.at(t, 1)
	for _, p := range x.Ports {
		if p.Carrier != carrier {
			continue
		}
		ends := []float64{p.NoLoad, p.NoLoad + p.Factor.at(t, 0)*most}
		for _, k := range sorted(p.Mix) {
			_, other := x.swing(k, t)
			ends = append(ends, ends[0]+p.Mix[k]*other, ends[1]+p.Mix[k]*other)
		}
		for _, point := range p.Curve {
			ends = append(ends, point[1])
		}
		takes, gives = math.Max(takes, -slices.Min(ends)), math.Max(gives, slices.Max(ends))
	}
	return takes, gives
}

// commitment adds starts and stops: on_t − on_{t−1} = start_t − stop_t, and for the hours
// of the least time up and down
//
//	Σ starts within the last MinUp ≤ on_t,  Σ stops within the last MinDown ≤ 1 − on_t
//
// Source: Rajan and Takriti, "Minimum up/down polytopes of the unit commitment problem
// with start-up costs", IBM Research Report RC23628, 2005.
func (b *block) commitment(u *plant) {
	k := u.Commitment
	var starts []sum
	var all sum
	for t := range b.p.steps() {
		start, stop := b.once(u.ID, "start", t, 0, 1, false), b.once(u.ID, "stop", t, 0, 1, false)
		u.start, u.stop = append(u.start, start), append(u.stop, stop)
		b.pay(start, k.Start)
		row := sum{}
		row.plus(u.on[t], 1)
		row.plus(b.before(u, t), -1)
		row.add(start, -1)
		row.add(stop, 1)
		b.row(u.ID, "switch", t, 0, row, 0)
		starts = append(starts, of(start))
		all.add(start, 1)
		b.hold(u, t)
	}
	if k.Starts > 0 {
		b.demand("starts", u.ID, -1, math.Inf(-1), all, float64(k.Starts), nil)
	}
	b.keep(u.ID, "start", starts)
}

// before is whether the unit was on in the step before.
func (b *block) before(u *plant, t int) sum {
	if t > 0 {
		return u.on[t-1]
	}
	if u.Commitment != nil && u.Commitment.On {
		return sum{constant: 1}
	}
	return sum{}
}

// hold adds the least times up and down, what is left of them from before the horizon,
// and what is fixed.
func (b *block) hold(u *plant, t int) {
	k := u.Commitment
	up, down := sum{}, sum{constant: -1}
	up.plus(u.on[t], -1)
	down.plus(u.on[t], 1)
	for s, ago := t, 0.0; s >= 0; s-- {
		if s < t {
			ago += b.p.Hours[s]
		}
		if s == t || ago < k.MinUp-1e-9 {
			up.add(u.start[s], 1)
		}
		if s == t || ago < k.MinDown-1e-9 {
			down.add(u.stop[s], 1)
		}
		if ago >= math.Max(k.MinUp, k.MinDown) {
			break
		}
	}
	b.row(u.ID, "up", t, math.Inf(-1), up, 0)
	b.row(u.ID, "down", t, math.Inf(-1), down, 0)
	if state, held := u.held(b.p, t); held {
		b.prog.SetBounds(u.on[t].terms[0].Column, state, state)
	}
}

// held tells whether a unit is bound to be on (1) or off (0) in a step: by decision, or
// because its least time is not over.
func (x Unit) held(p *Problem, t int) (state float64, held bool) {
	k := x.Commitment
	if f := k.Fixed.at(t, -1); f == 0 || f == 1 {
		return f, true
	}
	var ahead float64
	for s := range t {
		ahead += p.Hours[s]
	}
	since := k.Since.at(0, math.Inf(1))
	if k.On && since+ahead < k.MinUp-1e-9 {
		return 1, true
	}
	return 0, !k.On && since+ahead < k.MinDown-1e-9
}

// ramps adds, where a unit has them, with the hours Δ between the middles of two steps,
//
//	x_t − x_{t−1} ≤ up·Δ·on_{t−1} + to·start_t,  x_{t−1} − x_t ≤ down·Δ·on_t + to·stop_t
func (b *block) ramps(u *plant) {
	for t := range b.p.steps() {
		if t == 0 && u.Level == nil || u.RampUp == 0 && u.RampDown == 0 {
			continue
		}
		last, now, wasOn := sum{}, of(u.level[t]), sum{constant: 1}
		if t > 0 {
			last = of(u.level[t-1])
		} else {
			last.constant = *u.Level
		}
		if u.commits() {
			wasOn = b.before(u, t)
		}
		if u.RampUp > 0 {
			row := sum{}
			row.plus(now, 1)
			row.plus(last, -1)
			row.plus(wasOn, -u.RampUp*b.p.between(t))
			if u.start != nil {
				row.add(u.start[t], -u.startTo(b.p, t, u.RampUp))
			}
			b.row(u.ID, "ramp_up", t, math.Inf(-1), row, 0)
		}
		if u.RampDown > 0 {
			row := sum{}
			row.plus(last, 1)
			row.plus(now, -1)
			row.plus(u.on[t], -u.RampDown*b.p.between(t))
			if u.stop != nil {
				row.add(u.stop[t], -u.startTo(b.p, t, u.RampDown))
			}
			b.row(u.ID, "ramp_down", t, math.Inf(-1), row, 0)
		}
	}
}

// between is the time from the middle of the step before to the middle of step t, h.
func (p *Problem) between(t int) float64 {
	if t == 0 {
		return p.Hours[0]
	}
	return (p.Hours[t-1] + p.Hours[t]) / 2
}

// startTo is the level that a start may reach, or a stop may fall from.
func (x Unit) startTo(p *Problem, t int, ramp float64) float64 {
	if x.Commitment.StartTo > 0 {
		return x.Commitment.StartTo
	}
	return math.Max(x.Min, ramp*p.between(t))
}
