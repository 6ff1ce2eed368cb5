package carbon

import "math"

// The range of amounts and factors: what is larger is a finding, what is smaller than
// tiny is nothing.
const (
	maxAmount = 1e15
	maxFactor = 1e9
	tiny      = 1e-30
	// rounding is the share of a place's throughput that may leave it unseen to enter
	// without a finding: sums of meters never meet exactly.
	rounding = 1e-9
)

// Flows are the amounts of one interval, in the order of the network's elements. NaN
// means missing and is a finding, except in Level.
type Flows struct {
	Sent, Received    []float64   // edge: at its From end and at its To end; equal where one meter stands for both
	Source            []float64   // source: energy brought in, ≥ 0
	Factor            [][]float64 // source: footprints per unit of energy, ≥ 0
	Use               []float64   // use: energy taken, ≥ 0
	Charge, Discharge []float64   // storage: at its node, ≥ 0
	Level             []float64   // storage: energy held at the end, where metered; NaN where not
	Input, Output     [][]float64 // converter: by port, ≥ 0
}

// NewFlows makes flows of the network's size: zeros, levels not metered.
func NewFlows(n *Network) *Flows {
	f := &Flows{
		Sent: make([]float64, len(n.Edges)), Received: make([]float64, len(n.Edges)),
		Source: make([]float64, len(n.Sources)), Factor: make([][]float64, len(n.Sources)), Use: make([]float64, len(n.Uses)),
		Charge: make([]float64, len(n.Storages)), Discharge: make([]float64, len(n.Storages)), Level: make([]float64, len(n.Storages)),
	}
	for i := range f.Factor {
		f.Factor[i] = make([]float64, len(n.Footprints))
	}
	for i := range f.Level {
		f.Level[i] = math.NaN()
	}
	for _, c := range n.Converters {
		f.Input = append(f.Input, make([]float64, len(c.Inputs)))
		f.Output = append(f.Output, make([]float64, len(c.Outputs)))
	}
	return f
}

// amount is x where it can be taken as it is; else it is a finding and nothing flows.
func (r *Result) amount(x float64, what uint8, index int) float64 {
	if x >= tiny && x <= maxAmount {
		return x
	}
	return r.oddAmount(x, what, index)
}

func (r *Result) oddAmount(x float64, what uint8, index int) float64 {
	switch {
	case x > -tiny && x < tiny:
	case x < 0 && x >= -maxAmount:
		r.find(negative, place{what, int32(index)}, -x)
	default:
		r.find(missing, place{what, int32(index)}, 0)
	}
	return 0
}

// find notes a finding, a kind once a place and interval; those of one place come
// together.
func (r *Result) find(k kind, at place, amount float64) {
	for i := len(r.found) - 1; i >= 0 && r.found[i].at == at; i-- {
		if r.found[i].kind == k {
			r.found[i].amount += amount
			return
		}
	}
	r.found = append(r.found, found{k, at, amount})
}

// load takes the flows of an interval in: what enters and leaves each vertex, what each
// arc carries, what is brought in. held and carbon are what the storages hold.
func (r *Result) load(f *Flows, held, carbon []float64) {
	r.found = r.found[:0]
	r.odd = r.odd[:0]
	clear(r.in)
	clear(r.out)
	clear(r.carry)
	clear(r.arrive)
	clear(r.injected)
	clear(r.fresh)
	clear(r.missed)
	r.sources(f)
	for i, u := range r.net.Uses {
		x := r.amount(f.Use[i], atUse, i)
		r.taken[i] = x
		r.out[u.Node] += x
	}
	for e := range r.net.Edges {
		r.edge(f, e)
	}
	for i := range r.net.Storages {
		r.storages(f, i, held[i], r.row(carbon, int32(i)))
	}
	for i := range r.net.Converters {
		r.convert(f, i)
	}
	for v := range int32(r.vertices) {
		r.through(v)
	}
}

func (r *Result) sources(f *Flows) {
	for i, s := range r.net.Sources {
		x := r.amount(f.Source[i], atSource, i)
		r.brought[i] = x
		if x == 0 {
			continue
		}
		r.in[s.Node] += x
		r.fresh[s.Node] += x
		row := r.row(r.injected, int32(s.Node))
		sound := len(f.Factor[i]) == r.footprints
		for _, k := range f.Factor[i] {
			sound = sound && k >= 0 && k <= maxFactor
		}
		if r.sound[i] = sound; !sound {
			r.find(factor, place{atSource, int32(i)}, x)
			row[r.unexplained()] += x
			continue
		}
		for k, y := range f.Factor[i] {
			if y < tiny {
				y = 0
			}
			row[k] += x * y
			r.factor[i*r.footprints+k] = y
		}
		if r.split >= 0 {
			row[r.originSource(i)] += x * r.factor[i*r.footprints+r.split]
		}
	}
}

// edge sets what edge e carries: at most one of its two arcs.
func (r *Result) edge(f *Flows, e int) {
	sent, received := f.Sent[e], f.Received[e]
	at, carrying := place{atEdge, int32(e)}, int32(e)
	r.sent[e], r.via[e] = 0, carrying
	if (sent < 0 || received < 0) && r.back[e] >= 0 {
		if sent > 0 || received > 0 {
			r.find(contrary, at, math.Abs(sent))
			return
		}
		carrying, sent, received = r.back[e], -received, -sent
	}
	sent, received = r.amount(sent, atEdge, e), r.amount(received, atEdge, e)
	if received > sent {
		if received > sent*(1+rounding) {
			r.find(gain, at, received-sent)
		}
		sent = received // the carbon of what arrives is taken from the sender, never from nowhere
	}
	if sent == 0 {
		return
	}
	a := r.arcs[carrying]
	r.out[a.from] += sent
	r.in[a.to] += received
	r.sent[e], r.via[e], r.arrive[carrying] = sent, carrying, received
	if r.carry[carrying] = sent; r.net.Loss == LossApart {
		r.carry[carrying] = received
	}
}

func (r *Result) storages(f *Flows, i int, held float64, carbon []float64) {
	s, v := r.net.Storages[i], r.storage(i)
	in, out := efficiency(s.ChargeEfficiency), efficiency(s.DischargeEfficiency)
	charge, discharge := r.amount(f.Charge[i], atStorage, i), r.amount(f.Discharge[i], atStorage, i)
	r.opening[i], r.fresh[v] = held, held
	copy(r.row(r.injected, v), carbon)
	r.standing[i] = held * s.Standing
	r.in[v] += held + charge*in
	r.out[v] += discharge/out + r.standing[i]
	r.out[s.Node] += charge
	r.in[s.Node] += discharge
	r.carry[r.charge[i]], r.arrive[r.charge[i]] = charge*in, charge*in
	r.carry[r.discharge[i]], r.arrive[r.discharge[i]] = discharge, discharge
	r.level[i] = f.Level[i]
	if x := f.Level[i]; x < 0 || x > maxAmount {
		r.find(missing, place{atStorage, int32(i)}, 0)
		r.level[i] = math.NaN()
	}
}

func efficiency(x float64) float64 {
	if x == 0 {
		return 1
	}
	return x
}

// convert sets what a converter takes and how its carbon is divided: its intensity is
// per unit of input, and each output's arc carries its share of the inputs.
func (r *Result) convert(f *Flows, i int) {
	c, v := r.net.Converters[i], r.converter(i)
	injected := r.row(r.injected, v)
	for j, p := range c.Inputs {
		x := r.amount(f.Input[i][j], atConverter, i)
		a := r.input[i] + int32(j)
		r.carry[a], r.arrive[a] = x, x
		r.in[v] += x
		r.out[p.Node] += x
		for k, y := range p.Direct {
			injected[k] += x * y
		}
		if r.split >= 0 && p.Direct != nil {
			injected[r.originConverter(i)] += x * p.Direct[r.split]
		}
	}
	var sum float64
	for j, p := range c.Outputs {
		x := r.amount(f.Output[i][j], atConverter, i)
		a := r.output[i] + int32(j)
		r.arrive[a] = x
		r.in[p.Node] += x
		r.out[v] += x
		if r.carry[a] = x * r.weights[i][j]; c.Allocation == AllocateRatio && x > 0 {
			r.carry[a] = r.weights[i][j]
		}
		sum += r.carry[a]
	}
	whole := r.in[v]
	if whole == 0 {
		whole = r.out[v]
	}
	r.whole[v] = whole
	for j := range c.Outputs {
		if sum > 0 {
			r.carry[r.output[i]+int32(j)] *= whole / sum
		}
	}
	at := place{atConverter, int32(i)}
	switch {
	case r.in[v] == 0 && r.out[v] > 0:
		r.find(noInput, at, r.out[v])
		r.miss(v, r.out[v])
	case r.in[v] > 0 && sum == 0:
		r.find(noOutput, at, r.in[v])
	}
}

// through sets what the carbon of a node or storage is divided by: all energy that enters
// it, 0 where nothing flows. Energy that leaves without having
// entered is a finding.
func (r *Result) through(v int32) {
	in, out := r.in[v], r.out[v]
	at := r.vertexPlace(v)
	if at.what == atConverter {
		return
	}
	r.whole[v] = in
	switch {
	case in == 0 && out > 0:
		r.find(island, at, out)
		r.explainNot(v)
	case out > in*(1+rounding):
		what := deficit
		if at.what == atStorage {
			what = overdrawn
		}
		r.find(what, at, out-in)
		if r.net.Deficit == DeficitUnexplained {
			r.explainNot(v)
		}
	case out > in:
		r.whole[v] = out
	}
	if at.what == atStorage {
		r.charged(v, at)
	}
	if r.whole[v] == 0 {
		r.find(idle, at, 0)
	}
}

// charged sets what a storage holds at the end: what is left, or what was metered. A
// storage that holds more than it can is a finding.
func (r *Result) charged(v int32, at place) {
	i := at.index
	rest := max(r.whole[v]-r.out[v], 0)
	if math.IsNaN(r.level[i]) {
		r.level[i] = rest
		return
	}
	if more := r.level[i] - rest; more > rounding*(rest+r.out[v])+tiny {
		r.find(level, at, more)
		if r.net.Deficit == DeficitUnexplained || r.whole[v] == 0 {
			r.miss(v, more)
			r.whole[v] += more
		}
	}
}

// explainNot brings what leaves v and did not enter it in as unexplained energy.
func (r *Result) explainNot(v int32) {
	r.miss(v, r.out[v]-r.whole[v])
	r.whole[v] = r.out[v]
}

func (r *Result) miss(v int32, energy float64) {
	r.missed[v] += energy
	r.row(r.injected, v)[r.unexplained()] += energy
}
