package carbon

import (
	"math"
	"slices"
)

// maxIntensity is the footprint per unit beyond which a vertex counts as unsolved.
const maxIntensity = 1e60

// solver is what a worker needs to solve an interval beside the result itself.
type solver struct {
	*plan
	cycles *components
	local  []int32 // vertex → its row in the dense system, −1 outside
	dense  dense
}

func newSolver(p *plan) *solver {
	s := &solver{plan: p, cycles: newComponents(p.vertices), local: make([]int32, p.vertices)}
	for v := range s.local {
		s.local[v] = -1
	}
	return s
}

// solve finds the intensity of every vertex: directly where energy runs one way, by a
// small dense system where it circles in this interval.
//
// For every vertex v: whole(v) · e(v) = injected(v) + Σ carry(a) · e(from(a)) over the
// arcs a into v (Kang et al. 2015, with a converter as a vertex whose arcs carry the
// shares of its outputs).
func (s *solver) solve(r *Result) {
	for b := range len(s.start) - 1 {
		list := s.order[s.start[b]:s.start[b+1]]
		if len(list) == 1 {
			s.direct(r, list[0])
			continue
		}
		s.cycles.find(list, func(v int32) []int32 { return s.feed[v] }, func(a int32) int32 {
			if u := s.arcs[a].from; (r.carry[a] > 0 || r.arrive[a] > 0) && s.block[u] == int32(b) {
				return u
			}
			return -1
		})
		for k := range len(s.cycles.start) - 1 {
			if part := s.cycles.order[s.cycles.start[k]:s.cycles.start[k+1]]; len(part) == 1 {
				s.direct(r, part[0])
			} else {
				s.circle(r, part)
			}
		}
	}
}

// inflow is the carbon that enters v: what is injected and what the arcs from vertices
// already known bring. It leaves out arcs within the circle at work.
func (s *solver) inflow(r *Result, v int32, row []float64) {
	copy(row, s.row(r.injected, v))
	for _, a := range s.feed[v] {
		c, u := r.carry[a], s.arcs[a].from
		if c == 0 || s.local[u] >= 0 {
			continue
		}
		for k, x := range s.row(r.intensity, u) {
			row[k] += c * x
		}
	}
}

// direct solves a vertex whose feeders are all known.
func (s *solver) direct(r *Result, v int32) {
	row := s.row(r.intensity, v)
	s.inflow(r, v, row)
	whole := r.whole[v]
	if whole == 0 {
		s.arrivedNone(r, v, row)
		return
	}
	sound := true
	for k := range row {
		row[k] /= whole
		sound = sound && row[k] <= maxIntensity
	}
	if !sound {
		r.find(unsolved, s.vertexPlace(v), whole)
		s.assume(r, []int32{v})
	}
}

// arrivedNone books carbon that was sent to a place where nothing arrived.
func (s *solver) arrivedNone(r *Result, v int32, row []float64) {
	some := false
	for _, x := range row {
		some = some || x != 0
	}
	if some {
		r.find(arrivedNone, s.vertexPlace(v), 0)
		r.odd = append(r.odd, v)
	}
	clear(row)
}

// assume gives vertices the intensity of wholly unexplained energy. What this makes or
// strands is booked by Result.Each.
func (s *solver) assume(r *Result, list []int32) {
	for _, v := range list {
		row := s.row(r.intensity, v)
		clear(row)
		if r.whole[v] == 0 {
			continue
		}
		row[s.unexplained()] = 1
	}
	r.odd = append(r.odd, list...)
}

// circle solves vertices that energy circles through. Those that no energy from
// outside reaches have no source: their energy is unexplained. If the others have no
// sound solution as they stand, the deficits among them are taken as unexplained; if
// there is none even so, nothing lets the carbon out, and it is stranded.
func (s *solver) circle(r *Result, part []int32) {
	fed, unfed := s.reached(r, part)
	slices.Sort(fed) // so that edges on which nothing flows change no bit
	if len(unfed) > 0 {
		for _, v := range unfed {
			r.find(sourceless, s.vertexPlace(v), r.in[v])
		}
		s.assume(r, unfed)
	}
	if len(fed) == 0 || s.system(r, fed) {
		return
	}
	for _, v := range fed {
		if !s.isConverter(v) && r.whole[v] < r.out[v] {
			r.explainNot(v)
		}
	}
	if s.system(r, fed) {
		return
	}
	for _, v := range fed {
		r.find(unsolved, s.vertexPlace(v), r.in[v])
	}
	s.assume(r, fed)
}

// reached parts the vertices of a circle into those that energy from outside reaches
// and the others.
func (s *solver) reached(r *Result, part []int32) (fed, unfed []int32) {
	const waiting, reached = 0, 1
	for _, v := range part {
		s.local[v] = waiting
	}
	for _, v := range part {
		if s.entered(r, v) {
			s.local[v] = reached
			fed = append(fed, v)
		}
	}
	next := map[int32][]int32{}
	for _, v := range part {
		for _, a := range s.feed[v] {
			if u := s.arcs[a].from; s.local[u] >= 0 && r.arrive[a] > 0 {
				next[u] = append(next[u], v)
			}
		}
	}
	for k := 0; k < len(fed); k++ {
		for _, v := range next[fed[k]] {
			if s.local[v] == waiting {
				s.local[v] = reached
				fed = append(fed, v)
			}
		}
	}
	for _, v := range part {
		if s.local[v] == waiting {
			unfed = append(unfed, v)
		}
		s.local[v] = -1
	}
	return fed, unfed
}

// entered says whether energy from outside the circle enters v. While it is asked, the
// vertices of the circle are those with a place in local.
func (s *solver) entered(r *Result, v int32) bool {
	if r.fresh[v] > 0 || r.missed[v] > 0 {
		return true
	}
	for _, a := range s.feed[v] {
		if r.arrive[a] > 0 && s.local[s.arcs[a].from] < 0 {
			return true
		}
	}
	return false
}

// system solves the vertices by a dense linear system, rows divided by their whole. It
// says whether the solution is sound: finite, not negative, with a residual at rounding.
func (s *solver) system(r *Result, list []int32) bool {
	n := len(list)
	if n > maxCycle {
		return false
	}
	for i, v := range list {
		if r.whole[v] == 0 {
			return false
		}
		s.local[v] = int32(i)
	}
	defer func() {
		for _, v := range list {
			s.local[v] = -1
		}
	}()
	d := &s.dense
	d.reset(n, s.columns)
	for i, v := range list {
		whole := r.whole[v]
		d.a[i*n+i] = 1
		for _, a := range s.feed[v] {
			if j := s.local[s.arcs[a].from]; j >= 0 {
				d.a[i*n+int(j)] -= r.carry[a] / whole
			}
		}
		right := d.b[i*s.columns : (i+1)*s.columns]
		s.inflow(r, v, right)
		for k := range right {
			right[k] /= whole
		}
	}
	if !d.solve() {
		return false
	}
	for i, v := range list {
		for k, x := range d.x[i*s.columns : (i+1)*s.columns] {
			s.row(r.intensity, v)[k] = max(x, 0)
		}
	}
	return s.balanced(r, list)
}

// balanced says whether the vertices of a solved circle let out what they take in, to
// 1e-10 of it, the rounding of what goes round counted: where almost nothing leaves a
// circle, that can be larger than all that comes in.
func (s *solver) balanced(r *Result, list []int32) bool {
	gap, size := make([]float64, s.columns), make([]float64, s.columns)
	row := make([]float64, s.columns)
	for _, v := range list {
		s.inflow(r, v, row)
		for k, x := range row {
			size[k] += math.Abs(x)
		}
		for _, a := range s.feed[v] {
			u := s.arcs[a].from
			if r.carry[a] == 0 || s.local[u] < 0 {
				continue
			}
			for k, x := range s.row(r.intensity, u) {
				row[k] += r.carry[a] * x
			}
		}
		for k, x := range s.row(r.intensity, v) {
			gap[k] += math.Abs(r.whole[v]*x-row[k]) + r.whole[v]*x*0x1p-52
		}
	}
	for k := range gap {
		if !(gap[k] <= 1e-10*size[k]) {
			return false
		}
	}
	return true
}

// dense is a linear system a·x = b with several right-hand sides, solved by LU
// factorisation with partial pivoting and iterative refinement (Golub and Van Loan, Matrix
// Computations, 4th ed., 3.4 and 3.5.3). Its memory is used again.
type dense struct {
	n, m                int
	a, lu, b, x, r, top []float64
	pivot               []int
}

func (d *dense) reset(n, m int) {
	d.n, d.m = n, m
	for _, x := range []*[]float64{&d.a, &d.lu} {
		*x = sized(*x, n*n)
	}
	for _, x := range []*[]float64{&d.b, &d.x, &d.r} {
		*x = sized(*x, n*m)
	}
	d.top = sized(d.top, m)
	if cap(d.pivot) < n {
		d.pivot = make([]int, n)
	}
	d.pivot = d.pivot[:n]
	clear(d.a)
	clear(d.x)
}

func sized(x []float64, n int) []float64 {
	if cap(x) < n {
		return make([]float64, n)
	}
	return x[:n]
}

// solve sets x and says whether it is sound.
func (d *dense) solve() bool {
	copy(d.lu, d.a)
	if !d.factorise() {
		return false
	}
	const rounds, wanted, allowed = 5, 1e-15, 1e-12
	last := math.Inf(1)
	for range rounds {
		worst := d.residual()
		if worst <= wanted || worst >= last || math.IsNaN(worst) {
			break
		}
		last = worst
		d.substitute(d.r)
		for i, x := range d.r {
			d.x[i] += x
		}
	}
	return d.residual() <= allowed && d.sound()
}

// sound says whether x is finite and not negative beyond rounding.
func (d *dense) sound() bool {
	clear(d.top)
	for i, x := range d.x {
		d.top[i%d.m] = max(d.top[i%d.m], math.Abs(x))
	}
	for i, x := range d.x {
		if !(x <= maxIntensity) || x < -1e-11*d.top[i%d.m] {
			return false
		}
	}
	return true
}

// factorise turns lu into its factors; false where it is singular.
func (d *dense) factorise() bool {
	n := d.n
	for k := range n {
		p := k
		for i := k + 1; i < n; i++ {
			if math.Abs(d.lu[i*n+k]) > math.Abs(d.lu[p*n+k]) {
				p = i
			}
		}
		d.pivot[k] = p
		rowK, rowP := d.lu[k*n:(k+1)*n], d.lu[p*n:(p+1)*n]
		if p != k {
			for j := range rowK {
				rowK[j], rowP[j] = rowP[j], rowK[j]
			}
		}
		if !(math.Abs(rowK[k]) > 1e-14) { // rows have a diagonal of 1
			return false
		}
		for i := k + 1; i < n; i++ {
			d.eliminate(d.lu[i*n:(i+1)*n], rowK, k)
		}
	}
	return true
}

func (d *dense) eliminate(row, pivot []float64, k int) {
	if row[k] == 0 {
		return
	}
	f := row[k] / pivot[k]
	row[k] = f
	for j := k + 1; j < len(row); j++ {
		row[j] -= f * pivot[j]
	}
}

// substitute solves for the right-hand sides y in place.
func (d *dense) substitute(y []float64) {
	n, m := d.n, d.m
	at := func(i int) []float64 { return y[i*m : (i+1)*m] }
	for k, p := range d.pivot {
		if p != k {
			a, b := at(k), at(p)
			for j := range a {
				a[j], b[j] = b[j], a[j]
			}
		}
	}
	take := func(i, j int) {
		if f := d.lu[i*n+j]; f != 0 {
			a, b := at(i), at(j)
			for c := range a {
				a[c] -= f * b[c]
			}
		}
	}
	for i := range n {
		for j := range i {
			take(i, j)
		}
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			take(i, j)
		}
		f := d.lu[i*n+i]
		for c := range at(i) {
			at(i)[c] /= f
		}
	}
}

// residual sets r to b − a·x and returns its largest value against the terms of its row.
func (d *dense) residual() float64 {
	n, m := d.n, d.m
	var worst float64
	for i := range n {
		for c := range m {
			rest := d.b[i*m+c]
			size := math.Abs(rest)
			for j := range n {
				t := d.a[i*n+j] * d.x[j*m+c]
				rest -= t
				size += math.Abs(t)
			}
			d.r[i*m+c] = rest
			if size > 0 {
				worst = max(worst, math.Abs(rest)/size)
			}
		}
	}
	return worst
}
