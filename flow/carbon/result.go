package carbon

import (
	"fmt"
	"math"
)

// Result is one traced interval. It is valid until the function that it was given to
// returns.
type Result struct {
	*plan
	moved
	Interval  int
	in, out   []float64 // vertex: energy that enters and leaves
	whole     []float64 // vertex: what its carbon is divided by, see through
	fresh     []float64 // vertex: energy that enters from sources and from what was held
	missed    []float64 // vertex: energy brought in as unexplained
	injected  []float64 // vertex × column: carbon that enters there first
	intensity []float64 // vertex × column: the solution
	carry     []float64 // arc: how much of the intensity of its start it carries
	arrive    []float64 // arc: energy that arrives
	found     []found
	odd       []int32 // vertices whose intensity was assumed
	scratch   []float64
	gap       float64
}

// moved are the amounts as they were taken.
type moved struct {
	sent, brought, taken     []float64
	via                      []int32 // edge → the arc that it flows by
	factor                   []float64
	sound                    []bool    // source: its factor can be used
	opening, standing, level []float64 // storage: held before, lost by standing, held after
}

func newResult(p *plan) *Result {
	n := p.net
	v := func() []float64 { return make([]float64, p.vertices) }
	return &Result{
		plan: p, in: v(), out: v(), whole: v(), fresh: v(), missed: v(),
		injected: make([]float64, p.vertices*p.columns), intensity: make([]float64, p.vertices*p.columns),
		carry: make([]float64, len(p.arcs)), arrive: make([]float64, len(p.arcs)), scratch: make([]float64, p.columns),
		moved: moved{
			sent: make([]float64, len(n.Edges)), via: make([]int32, len(n.Edges)), brought: make([]float64, len(n.Sources)),
			taken: make([]float64, len(n.Uses)), factor: make([]float64, len(n.Sources)*p.footprints), sound: make([]bool, len(n.Sources)),
			opening: make([]float64, len(n.Storages)), standing: make([]float64, len(n.Storages)), level: make([]float64, len(n.Storages)),
		},
	}
}

// Node is the intensity of a node, per unit of energy: a value a footprint, the share of
// unexplained energy, and where the network is split a value an origin: sources,
// converters, storages. It is false where no energy flows: there is no intensity, not one
// of zero.
func (r *Result) Node(i int) ([]float64, bool) {
	return r.row(r.intensity, int32(i)), r.whole[i] > 0
}

// Through is the energy that passes a node.
func (r *Result) Through(i int) float64 { return r.whole[i] }

// Storage is the intensity of what a storage holds, see Node, and the energy held at
// the end of the interval.
func (r *Result) Storage(i int) (intensity []float64, held float64, ok bool) {
	v := r.storage(i)
	return r.row(r.intensity, v), r.level[i], r.whole[v] > 0
}

// Edge is the energy that the edge was sent and its node of departure.
func (r *Result) Edge(i int) (sent float64, from int) {
	return r.sent[i], int(r.arcs[r.via[i]].from)
}

// The kinds of booking, see Booking. Carbon comes in by the first four and goes out by
// the others.
const (
	bookSource      = "source"      // brought in from outside
	bookDirect      = "direct"      // emitted at a converter
	bookOpening     = "opening"     // held by a storage before the interval
	bookUnexplained = "unexplained" // energy that was not seen to enter; it is no footprint
	bookUse         = "use"         // taken by a consumer
	bookExport      = "export"      // sent out of the park
	bookLoss        = "loss"        // lost on a line, in a storage or in a converter without output
	bookRemainder   = "remainder"   // what a node leaves over: unmetered; negative where more leaves than enters
	bookStranded    = "stranded"    // reached a place that nothing leaves by
	bookHeld        = "held"        // held by a storage after the interval
)

// Booking is one line of an interval's account. Its kind is "source", "direct" (emitted
// at a converter), "opening" (held by a storage before), "unexplained" (energy that was not
// seen to enter), by which carbon comes in, or "use", "export", "loss" (on a line, in a
// storage, in a converter without output), "remainder" (what a node leaves over),
// "stranded" (sent to where nothing leaves), "held" (by a storage after), by which it goes
// out. Carbon is valid until the function that it was given to returns.
type Booking struct {
	Kind, Place, ID string    // Place: source, use, export, node, edge, storage, converter
	Index           int       // in the network's list of the place
	Owner           string    // who answers for it
	Amount          float64   // energy
	Carbon          []float64 // columns as in Result.Node, times amount
}

// Each hands on every booking of the interval. The sums of what comes in and of what
// goes out are equal in each column.
func (r *Result) Each(fn func(Booking)) {
	r.eachSource(fn)
	for i, u := range r.net.Uses {
		if r.taken[i] > 0 {
			what := bookUse
			if u.Export {
				what = bookExport
			}
			fn(Booking{what, what, u.ID, i, u.Owner, r.taken[i], r.times(int32(u.Node), r.taken[i])})
		}
	}
	for i, e := range r.net.Edges {
		a := r.via[i]
		if lost := r.sent[i] - r.carry[a]; r.sent[i] > 0 && lost > 0 {
			fn(Booking{bookLoss, "edge", e.ID, i, e.Owner, lost, r.times(r.arcs[a].from, lost)})
		}
	}
	r.eachStorage(fn)
	for i, n := range r.net.Nodes {
		if rest := r.whole[i] - r.out[i]; rest != 0 {
			fn(Booking{bookRemainder, "node", n.ID, i, n.Owner, rest, r.times(int32(i), rest)})
		}
	}
	r.eachConverter(fn)
	for _, v := range r.odd {
		r.eachOdd(v, fn)
	}
}

// times is the carbon of an amount at the intensity of a vertex.
func (r *Result) times(v int32, amount float64) []float64 {
	for k, x := range r.row(r.intensity, v) {
		r.scratch[k] = x * amount
	}
	return r.scratch
}

func (r *Result) eachSource(fn func(Booking)) {
	for i, s := range r.net.Sources {
		x := r.brought[i]
		if x == 0 {
			continue
		}
		clear(r.scratch)
		if !r.sound[i] {
			r.scratch[r.unexplained()] = x
		} else {
			for k := range r.footprints {
				r.scratch[k] = x * r.factor[i*r.footprints+k]
			}
			if r.split >= 0 {
				r.scratch[r.originSource(i)] = r.scratch[r.split]
			}
		}
		fn(Booking{bookSource, "source", s.ID, i, s.Owner, x, r.scratch})
	}
	for v := range int32(r.vertices) { // what load brought in as unexplained
		if x := r.missed[v]; x > 0 {
			clear(r.scratch)
			r.scratch[r.unexplained()] = x
			fn(r.booked(bookUnexplained, v, x))
		}
	}
}

// booked is a booking at the element of a vertex, of the carbon in scratch.
func (r *Result) booked(what string, v int32, amount float64) Booking {
	p, n := r.vertexPlace(v), r.net
	b := Booking{Kind: what, Index: int(p.index), Amount: amount, Carbon: r.scratch}
	switch p.what {
	case atNode:
		b.Place, b.ID, b.Owner = "node", n.Nodes[p.index].ID, n.Nodes[p.index].Owner
	case atStorage:
		b.Place, b.ID, b.Owner = "storage", n.Storages[p.index].ID, n.Storages[p.index].Owner
	default:
		b.Place, b.ID, b.Owner = "converter", n.Converters[p.index].ID, n.Converters[p.index].Owner
	}
	return b
}

func (r *Result) eachStorage(fn func(Booking)) {
	for i, s := range r.net.Storages {
		v := r.storage(i)
		if r.opening[i] > 0 {
			copy(r.scratch, r.row(r.injected, v))
			r.scratch[r.unexplained()] -= r.missed[v]
			fn(r.booked(bookOpening, v, r.opening[i]))
		}
		if x := r.level[i]; x > 0 {
			r.times(v, x)
			fn(r.booked(bookHeld, v, x))
		}
		delivered := r.carry[r.discharge[i]]
		if x := r.whole[v] - delivered - r.level[i]; x != 0 { // standing, discharging, and to what level was metered
			r.times(v, x)
			fn(r.booked(bookLoss, v, x))
		}
		if x := r.carry[r.charge[i]]; x > 0 && efficiency(s.ChargeEfficiency) < 1 {
			lost := x/efficiency(s.ChargeEfficiency) - x
			r.times(int32(s.Node), lost)
			fn(r.booked(bookLoss, v, lost))
		}
	}
}

func (r *Result) eachConverter(fn func(Booking)) {
	for i := range r.net.Converters {
		v := r.converter(i)
		c := r.net.Converters[i]
		copy(r.scratch, r.row(r.injected, v))
		r.scratch[r.unexplained()] = 0
		for _, x := range r.scratch {
			if x != 0 {
				fn(r.booked(bookDirect, v, 0))
				break
			}
		}
		given := false
		for j := range c.Outputs {
			given = given || r.carry[r.output[i]+int32(j)] > 0
		}
		if r.whole[v] > 0 && !given {
			r.times(v, r.whole[v])
			fn(r.booked(bookLoss, v, r.in[v]))
		}
	}
}

// eachOdd books what assuming an intensity made or stranded at v: the difference of what
// leaves it and what enters it.
func (r *Result) eachOdd(v int32, fn func(Booking)) {
	enter := make([]float64, r.columns)
	copy(enter, r.row(r.injected, v))
	for _, a := range r.feed[v] {
		for k, x := range r.row(r.intensity, r.arcs[a].from) {
			enter[k] += r.carry[a] * x
		}
	}
	made := make([]float64, r.columns)
	some, lost := false, false
	for k, x := range r.row(r.intensity, v) {
		d := x*r.whole[v] - enter[k]
		made[k], enter[k] = max(d, 0), max(-d, 0)
		some, lost = some || d > 0, lost || d < 0
	}
	if some {
		copy(r.scratch, made)
		fn(r.booked(bookUnexplained, v, made[r.unexplained()]))
	}
	if lost {
		copy(r.scratch, enter)
		fn(r.booked(bookStranded, v, 0))
	}
}

// nothing is an amount of carbon below which figures lose their digits: what a storage
// was once charged with thins out without end.
const nothing = 1e-100

// Incoming says whether the booking brings carbon in.
func (b Booking) Incoming() bool { return incoming(b.Kind) }

func incoming(what string) bool {
	return what == bookSource || what == bookDirect || what == bookOpening || what == bookUnexplained
}

// Gap is the largest difference, over the columns, of carbon in and carbon out, against
// the sum of all bookings; at most 1e-9.
func (r *Result) Gap() float64 { return r.gap }

func (r *Result) measure() float64 {
	diff, size := make([]float64, r.columns), make([]float64, r.columns)
	r.Each(func(b Booking) {
		sign := -1.0
		if incoming(b.Kind) {
			sign = 1
		}
		for k, x := range b.Carbon {
			diff[k] += sign * x
			size[k] += math.Abs(x)
		}
	})
	for _, v := range r.odd { // what goes round in a circle without a solution counts as flowing
		for k, x := range r.row(r.intensity, v) {
			size[k] += r.whole[v] * x
		}
	}
	var worst float64
	for k, x := range diff {
		if size[k] > nothing {
			worst = max(worst, math.Abs(x)/(size[k]/2))
		}
		if math.IsNaN(x) {
			return x
		}
	}
	return worst
}

// conserved is an error where the interval's carbon does not meet.
func (r *Result) conserved() error {
	if r.gap = r.measure(); !(r.gap <= 1e-9) {
		return fmt.Errorf("%w: interval %d: carbon in and out differ by %g of what flowed; please report it with the file", ErrConservation, r.Interval, r.gap)
	}
	return nil
}
