package balance

import (
	"fmt"
	"math"

	"lingtan/meter"
	"lingtan/period"
	"lingtan/usage"
)

// Day is the balance of every edge and node over the settlement intervals of one
// civil day, in each carrier's settle unit.
type Day struct {
	Day      period.Day
	Slots    int
	Edge     [][]float64       // edge → amount per interval; nil when not in service
	Quality  [][]meter.Quality // edge → quality per interval; nil when all measured
	Unsure   [][]bool          // bus → intervals in which an edge at it, or at a bus that feeds it, is not measured; nil when none
	Residual [][]float64       // node → in − out per interval, of buses: losses and what is not metered; nil elsewhere
}

// Close draws the balance of a day from the settled usage of its registers. A
// metered edge without settled usage is missing for the whole day: its amount is
// unknown, not zero, and its quality says so.
//
// An edge marked closing takes what the balance of its bus leaves over: the edge
// from a source takes a deficit (import), the edge to an export a surplus. Its
// quality is Measured where all others are, else Estimated. An edge marked rated is its
// conversion's input times the rated yield, and Estimated.
func (w *Network) Close(d period.Day, slots int, settled map[string]usage.Day) (*Day, error) {
	b := &Day{Day: d, Slots: slots, Edge: make([][]float64, len(w.Edges)), Quality: make([][]meter.Quality, len(w.Edges)),
		Unsure: make([][]bool, len(w.Nodes)), Residual: make([][]float64, len(w.Nodes))}
	for e := range w.Edges {
		switch {
		case !w.InService(e, d):
		case w.Edges[e].Closing:
			b.Edge[e] = make([]float64, slots)
		case w.Edges[e].Rated:
			continue
		default:
			if err := b.take(w, e, settled); err != nil {
				return nil, err
			}
		}
	}
	for e := range w.rated {
		if w.InService(e, d) {
			b.estimate(w, e)
		}
	}
	for _, n := range w.Order {
		if w.Nodes[n].Kind == Bus {
			b.closeBus(w, n)
		}
	}
	b.share(w)
	return b, nil
}

// share lets the doubt at one bus of a ring be that of all: what goes round mixes there.
func (b *Day) share(w *Network) {
	for _, ring := range w.Rings {
		for _, from := range ring {
			for _, n := range ring {
				b.inherit(n, from)
			}
		}
	}
	if len(w.Rings) == 0 {
		return
	}
	for _, n := range w.Order { // and of what the rings feed
		for _, e := range w.In[n] {
			if w.Nodes[n].Kind == Bus && !w.Edges[e].Closing {
				b.inherit(n, w.From[e])
			}
		}
	}
}

// take sets a metered edge from its register's usage.
func (b *Day) take(w *Network, e int, settled map[string]usage.Day) error {
	u, ok := settled[w.Edges[e].Register]
	if !ok {
		b.Edge[e], b.Quality[e] = make([]float64, b.Slots), make([]meter.Quality, b.Slots)
		return nil
	}
	if len(u.Amount) != b.Slots {
		return fmt.Errorf("%w: %s has %d intervals on %s and the park's grid %d; settle it again", ErrNetwork, u.Key, len(u.Amount), b.Day, b.Slots)
	}
	b.Edge[e], b.Quality[e] = u.Amount, u.Quality
	return nil
}

// closeBus solves the closing edges of a bus and its residual.
func (b *Day) closeBus(w *Network, n int) {
	left := make([]float64, b.Slots)
	imports, exports := -1, -1
	for _, e := range w.In[n] {
		if w.Edges[e].Closing {
			imports = e
			continue
		}
		addTo(left, b.Edge[e], 1)
		b.note(n, b.Quality[e])
		b.inherit(n, w.From[e])
	}
	for _, e := range w.Out[n] {
		if w.Edges[e].Closing {
			exports = e
			continue
		}
		addTo(left, b.Edge[e], -1)
		b.note(n, b.Quality[e])
	}
	b.settleClosing(imports, exports, left)
	if b.Unsure[n] != nil {
		b.doubt(imports, b.Unsure[n])
		b.doubt(exports, b.Unsure[n])
	}
	b.Residual[n] = left
}

// note marks the intervals of bus n in which an edge at it is not measured.
func (b *Day) note(n int, quality []meter.Quality) {
	for t, q := range quality {
		if q.Base() == meter.Measured {
			continue
		}
		if b.Unsure[n] == nil {
			b.Unsure[n] = make([]bool, b.Slots)
		}
		b.Unsure[n][t] = true
	}
}

// inherit marks the intervals in which the node that feeds bus n is unsure.
func (b *Day) inherit(n, from int) {
	for t, unsure := range b.Unsure[from] {
		if !unsure {
			continue
		}
		if b.Unsure[n] == nil {
			b.Unsure[n] = make([]bool, b.Slots)
		}
		b.Unsure[n][t] = true
	}
}

// Sure says whether what is taken from node n in interval t has a mixture of sources
// that rests on measurement alone.
func (b *Day) Sure(n, t int) bool { return b.Unsure[n] == nil || !b.Unsure[n][t] }

// settleClosing moves deficits to the import edge and surpluses to the export edge,
// and leaves in left what neither takes.
func (b *Day) settleClosing(imports, exports int, left []float64) {
	for t, x := range left {
		switch {
		case x < 0 && imports >= 0 && b.Edge[imports] != nil:
			b.Edge[imports][t], left[t] = -x, 0
		case x > 0 && exports >= 0 && b.Edge[exports] != nil:
			b.Edge[exports][t], left[t] = x, 0
		}
	}
}

// doubt marks a closing edge Estimated where its bus is not wholly measured.
func (b *Day) doubt(e int, unsure []bool) {
	if e < 0 || b.Edge[e] == nil {
		return
	}
	q := make([]meter.Quality, b.Slots)
	for t := range q {
		q[t] = meter.Measured
		if unsure[t] {
			q[t] = meter.Estimated
		}
	}
	b.Quality[e] = q
}

func addTo(sum, x []float64, sign float64) {
	for t, v := range x {
		sum[t] += sign * v
	}
}

// At is the quality of edge e in interval t.
func (b *Day) At(e, t int) meter.Quality {
	if b.Quality[e] == nil {
		return meter.Measured
	}
	return b.Quality[e][t]
}

// Check verifies that at every bus and interval in − out is the residual, to
// tolerance tol relative to the throughput. It guards the engine, not the data.
func (b *Day) Check(w *Network, tol float64) error {
	for n, r := range b.Residual {
		if r == nil {
			continue
		}
		for t := range b.Slots {
			var in, out float64
			for _, e := range w.In[n] {
				in += at(b.Edge[e], t)
			}
			for _, e := range w.Out[n] {
				out += at(b.Edge[e], t)
			}
			if math.Abs(in-out-r[t]) > tol*math.Max(1, in+out) {
				return fmt.Errorf("%w: node %s on %s interval %d: in %g, out %g, left %g", ErrNetwork, w.Nodes[n].ID, b.Day, t, in, out, r[t])
			}
		}
	}
	return nil
}

func at(x []float64, t int) float64 {
	if x == nil {
		return 0
	}
	return x[t]
}
