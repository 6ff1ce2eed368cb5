package reconcile

import (
	"math"
	"slices"
	"strings"
)

// contradiction is the share of what stands in a balance by which balances without any
// freedom may part.
const contradiction = 1e-7

// free says what is to be worked out and not held to a meter: flows, and balances that
// may lose.
type free struct {
	flows  []bool
	losing []int // equations
	zero   []int // flows held at 0
}

// solution is a network reconciled under one choice of what is free.
type solution struct {
	m         *model
	free      free
	equations []equation // those of the model and of flows held at 0
	unknown   []int      // column → flow; −1−equation for a loss
	metered   []int      // column → flow
	first     *factored  // the projection: what is not metered is taken out of the balances
	unscale   []float64  // unknown column → its length before it was made 1
	second    *factored  // of the balances that remain, in units of sd
	kept      []int      // column of second → row of first
	length    []float64  // column of second → its length before it was made 1
	sparse    [][]entry  // metered column → its elements in the columns of second, by step
	t         []float64  // R⁻ᵀ × what the balances lack, by step of second
	adjust    []float64  // metered column → adjustment
	share     []float64  // metered column → part of its variance that the balances take away, 0 to 1
	x         []float64  // flow → value; NaN where nothing gives it
	loss      map[int]float64
	objective float64 // Σ (adjustment / sd)²
	meters    []hypothesis
	losses    []hypothesis
}

// solve reconciles the model: minimise Σ (a/sd)² subject to A(y + a) + B·u = c.
//
// What is not metered, u, is projected out by an orthogonal factorisation of B (Crowe,
// Garcia Campos and Hrymak 1983; by QR: Swartz 1989, Sánchez and Romagnoli 1996); what
// remains is the shortest z = a/sd with (A·S)·z = c − A·y, by a factorisation of (A·S)ᵀ.
func (m *model) solve(fr free) (*solution, error) {
	s := &solution{m: m, free: fr, equations: m.equations, loss: map[int]float64{}}
	for _, i := range fr.zero {
		s.equations = append(s.equations[:len(s.equations):len(s.equations)], equation{place: "flow " + m.Flows[i].ID, node: -1, terms: []term{{i, 1}}, scale: 1})
	}
	s.project()
	if err := s.shortest(); err != nil {
		return nil, err
	}
	s.work()
	return s, nil
}

// project takes what is not metered out of the balances.
func (s *solution) project() {
	m, rows := s.m, len(s.equations)
	column := make([]int, len(m.Flows))
	for i := range m.Flows {
		if m.metered[i] && !s.free.flows[i] {
			column[i] = len(s.metered)
			s.metered = append(s.metered, i)
		} else {
			column[i] = -1 - len(s.unknown)
			s.unknown = append(s.unknown, i)
		}
	}
	for _, e := range s.free.losing {
		s.unknown = append(s.unknown, -1-e)
	}
	u := len(s.unknown)
	width := u + len(s.metered) + 1
	all := make([]float64, width*rows)
	columns := make([][]float64, width)
	for j := range columns {
		columns[j] = all[j*rows : (j+1)*rows : (j+1)*rows]
	}
	lacks := columns[width-1]
	for r, e := range s.equations {
		lacks[r] = e.constant
		for _, t := range e.terms {
			if k := column[t.flow]; k >= 0 {
				columns[u+k][r] += t.c
				lacks[r] -= t.c * m.value[t.flow]
			} else {
				columns[-1-k][r] += t.c
			}
		}
	}
	for k, e := range s.free.losing {
		columns[u-len(s.free.losing)+k][e] = -1 / s.equations[e].scale
	}
	s.unscale = make([]float64, u)
	for j := range u {
		s.unscale[j] = unit(columns[j])
	}
	s.first = factor(rows, columns, u, rankless)
	s.first.index()
}

// unit makes a column one of length 1 and returns the length it had.
func unit(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	length := math.Sqrt(sum)
	if length > 0 {
		for i := range x {
			x[i] /= length
		}
	}
	return length
}

// shortest finds the adjustments.
func (s *solution) shortest() error {
	u, n := len(s.unknown), len(s.metered)
	s.sparse = make([][]entry, n)
	var columns [][]float64
	var lack []float64
	for r, open := range s.first.open {
		if !open {
			continue
		}
		x := make([]float64, n)
		var plain float64
		for j := range n {
			c := s.first.columns[u+j][r]
			if math.Abs(c) < 1e-12 { // what a cancellation left over
				continue
			}
			plain = math.Max(plain, math.Abs(c))
			x[j] = c * s.m.sd[s.metered[j]]
		}
		missing := s.first.columns[u+n][r]
		if plain < rankless {
			if math.Abs(missing) > contradiction*s.size(r) {
				return s.contradicted(r, missing)
			}
			continue
		}
		length := unit(x)
		columns, lack = append(columns, x), append(lack, missing/length)
		s.kept, s.length = append(s.kept, r), append(s.length, length)
	}
	original := make([][]entry, n)
	for k, x := range columns {
		for j, v := range x {
			if v != 0 {
				original[j] = append(original[j], entry{k, v})
			}
		}
	}
	s.second = factor(n, columns, len(columns), ranklessScaled)
	s.second.index()
	step := make([]int, len(columns))
	for k := range step {
		step[k] = -1
	}
	for k, p := range s.second.pivots {
		step[p.column] = k
	}
	for j, list := range original {
		for _, e := range list {
			if k := step[e.step]; k >= 0 {
				s.sparse[j] = append(s.sparse[j], entry{k, e.x})
			}
		}
	}
	return s.forward(lack, step)
}

// forward finds z from what the balances lack, and holds dependent balances against it.
func (s *solution) forward(lack []float64, step []int) error {
	s.t = make([]float64, len(s.second.pivots))
	for k, p := range s.second.pivots {
		s.t[k] = lack[p.column]
	}
	s.second.solve(s.t)
	for j, k := range step {
		if k >= 0 {
			continue
		}
		got := 0.0
		for l, p := range s.second.pivots {
			got += s.second.columns[j][p.row] * s.t[l]
		}
		if off := (got - lack[j]) * s.length[j]; math.Abs(off) > contradiction*s.size(s.kept[j]) {
			return s.contradicted(s.kept[j], off)
		}
	}
	for _, v := range s.t {
		s.objective += v * v
	}
	s.adjust, s.share = make([]float64, len(s.metered)), make([]float64, len(s.metered))
	s.move(s.t)
	if rest := s.rest(lack); rest != nil { // rounding, where deviations lie far apart
		s.second.solve(rest)
		s.move(rest)
		for k, v := range rest {
			s.t[k] += v
		}
	}
	return nil
}

// move adds Q·t to the adjustments. Row j of Q is R⁻ᵀ × the elements of flow j.
func (s *solution) move(t []float64) {
	w := make([]float64, len(t))
	for j := range s.metered {
		clear(w)
		for _, e := range s.sparse[j] {
			w[e.step] = e.x
		}
		s.second.solve(w)
		s.adjust[j] += dot(w, t) * s.m.sd[s.metered[j]]
		s.share[j] = math.Min(1, squared(w))
	}
}

// rest is what the balances still lack after the adjustments, by step; nil where that is
// no more than the last digits.
func (s *solution) rest(lack []float64) []float64 {
	rest, size := make([]float64, len(s.t)), make([]float64, len(s.t))
	for k, p := range s.second.pivots {
		rest[k] = lack[p.column]
	}
	for j, list := range s.sparse {
		z := s.adjust[j] / s.m.sd[s.metered[j]]
		for _, e := range list {
			rest[e.step] -= e.x * z
			size[e.step] = math.Max(size[e.step], math.Abs(e.x*z))
		}
	}
	for k := range rest {
		if math.Abs(rest[k]) > 1e-13*size[k] {
			return rest
		}
	}
	return nil
}

func squared(x []float64) float64 { return dot(x, x) }

func dot(x, y []float64) float64 {
	var sum float64
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// together are the equations that hang together with equation r over flows.
func (s *solution) together(r int) []int {
	at := make([][]int, len(s.m.Flows))
	for i, e := range s.equations {
		for _, t := range e.terms {
			at[t.flow] = append(at[t.flow], i)
		}
	}
	seen := map[int]bool{r: true}
	list := []int{r}
	take := func(equations []int) {
		for _, i := range equations {
			if !seen[i] {
				seen[i] = true
				list = append(list, i)
			}
		}
	}
	for k := 0; k < len(list); k++ {
		for _, t := range s.equations[list[k]].terms {
			take(at[t.flow])
		}
	}
	return list
}

// size is the largest amount in the equations that hang together with equation r.
func (s *solution) size(r int) float64 {
	var most float64
	for _, i := range s.together(r) {
		most = math.Max(most, math.Abs(s.equations[i].constant))
		for _, t := range s.equations[i].terms {
			most = math.Max(most, math.Abs(t.c*s.m.value[t.flow]))
		}
	}
	return most
}

// contradicted is the error of balances that no flow can meet.
func (s *solution) contradicted(r int, off float64) error {
	var places []string
	for _, i := range s.together(r) {
		if places = append(places, s.equations[i].place); len(places) == 8 {
			break
		}
	}
	slices.Sort(places)
	return fault("%s cannot hold together: whatever flows, %.6g is left over; look at what is stored, at constants and at relations there", strings.Join(places, ", "), math.Abs(off))
}

// work finds what is not metered from the adjusted flows, where the balances give it.
func (s *solution) work() {
	f, u := s.first, len(s.unknown)
	s.x = make([]float64, len(s.m.Flows))
	for j, i := range s.metered {
		s.x[i] = s.m.value[i] + s.adjust[j]
	}
	b := make([]float64, len(f.pivots))
	for k, p := range f.pivots {
		b[k] = f.columns[u+len(s.metered)][p.row]
		for j, a := range s.adjust {
			if a != 0 {
				b[k] -= f.columns[u+j][p.row] * a
			}
		}
	}
	f.back(b)
	value := make([]float64, u)
	for j := range value {
		value[j] = math.NaN()
	}
	known := s.observable()
	for k, p := range f.pivots {
		if known[k] {
			value[p.column] = b[k] / s.unscale[p.column]
		}
	}
	for j, i := range s.unknown {
		if i >= 0 {
			s.x[i] = value[j]
		} else {
			s.loss[-1-i] = value[j]
		}
	}
}

// back makes R⁻¹·b of b, by step, in place.
func (f *factored) back(b []float64) {
	for k := len(b) - 1; k >= 0; k-- {
		for _, e := range f.above[k] {
			b[k] -= e.x * b[e.step]
		}
		b[k] /= f.diagonal(k)
	}
}

// observable says of each step of the projection whether the balances give its flow:
// they do unless it moves with one that has no pivot.
func (s *solution) observable() []bool {
	f := s.first
	known := make([]bool, len(f.pivots))
	pivoted := make([]bool, len(s.unknown))
	for k, p := range f.pivots {
		known[k], pivoted[p.column] = true, true
	}
	d := make([]float64, len(f.pivots))
	for j := range s.unknown {
		if pivoted[j] {
			continue
		}
		for k, p := range f.pivots {
			d[k] = f.columns[j][p.row]
		}
		f.back(d)
		for k := range d {
			known[k] = known[k] && math.Abs(d[k]) < 1e-7
		}
	}
	return known
}

// deviations are the standard deviations of the reconciled flows; 0 where nothing
// gives a flow.
func (s *solution) deviations() []float64 {
	sd := make([]float64, len(s.m.Flows))
	for j, i := range s.metered {
		sd[i] = s.m.sd[i] * math.Sqrt(1-s.share[j])
	}
	known := s.observable()
	for k, p := range s.first.pivots {
		if i := s.unknown[p.column]; i >= 0 && known[k] {
			sd[i] = s.deviation(k)
		}
	}
	return sd
}

// deviation is that of the flow of step k of the projection: it is w·(y + a)/σ plus a
// constant, where (y + a)/σ has the covariance I − Q·Qᵀ.
func (s *solution) deviation(k int) float64 {
	f, u := s.first, len(s.unknown)
	e := make([]float64, len(f.pivots))
	e[k] = 1
	f.solve(e)
	w := make([]float64, len(s.metered))
	for l, q := range f.pivots {
		if e[l] == 0 {
			continue
		}
		for j := range w {
			w[j] -= e[l] * f.columns[u+j][q.row]
		}
	}
	g := make([]float64, len(s.second.pivots))
	for j, list := range s.sparse {
		w[j] *= s.m.sd[s.metered[j]] / s.unscale[f.pivots[k].column]
		for _, x := range list {
			g[x.step] += x.x * w[j]
		}
	}
	s.second.solve(g)
	return math.Sqrt(math.Max(0, squared(w)-squared(g)))
}

// degrees is how many balances can be held against meters.
func (s *solution) degrees() int { return len(s.t) }
