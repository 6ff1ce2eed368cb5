package reconcile

import "math"

// What is left of a column of length 1 below which it depends on the columns before it:
// of coefficients, and of coefficients × standard deviations, which may lie far apart.
const (
	rankless       = 1e-9
	ranklessScaled = 1e-12
)

// factored is an orthogonal factorisation Q·R of columns, made by Householder
// reflections. The columns of networks are nearly empty; a reflection is kept on the
// rows that it turns, and columns that it does not meet are passed over.
type factored struct {
	columns [][]float64 // after the reflections
	turns   []turn
	pivots  []pivot
	open    []bool // row → no pivot stands in it
	above   [][]entry
}

// turn is the reflection I − v·vᵀ on some rows, |v|² = 2.
type turn struct {
	rows []int
	v    []float64
}

// pivot is a step of the factorisation: columns[column][row] is the diagonal of R.
type pivot struct{ column, row int }

// entry is an element of a row of R, by the step of its column.
type entry struct {
	step int
	x    float64
}

// factor factorises the first n columns, of length 1 each, and takes the others along.
// In each step it takes the emptiest of the columns that are not nearly dependent
// (threshold pivoting); those that are dependent remain without a pivot.
//
// Golub and Van Loan, Matrix Computations, 4th edition 2013, 5.1 and 5.4.
func factor(rows int, columns [][]float64, n int, rankless float64) *factored {
	f := &factored{columns: columns, open: make([]bool, rows)}
	for i := range f.open {
		f.open[i] = true
	}
	length, filled, done := make([]float64, n), make([]int, n), make([]bool, n)
	for j := range n {
		length[j], filled[j] = f.measure(j)
	}
	for range min(n, rows) {
		best, most := -1, 0.0
		for j := range n {
			if !done[j] {
				most = math.Max(most, length[j])
			}
		}
		if most < rankless {
			break
		}
		for j := range n {
			if !done[j] && length[j] >= 0.1*most && (best < 0 || filled[j] < filled[best]) {
				best = j
			}
		}
		done[best] = true
		t := f.reflect(best)
		for j := range columns {
			if j < n && done[j] || !t.apply(columns[j], j < n) || j >= n {
				continue
			}
			length[j], filled[j] = f.measure(j)
		}
	}
	return f
}

// measure is the length of column j in the open rows and how many of them it fills.
func (f *factored) measure(j int) (float64, int) {
	var sum float64
	n := 0
	for i, x := range f.columns[j] {
		if x != 0 && f.open[i] {
			sum += x * x
			n++
		}
	}
	return math.Sqrt(sum), n
}

// reflect turns the open part of column j into its largest row, which it closes.
func (f *factored) reflect(j int) turn {
	column := f.columns[j]
	var t turn
	var sum float64
	at := -1
	for i, x := range column {
		if x == 0 || !f.open[i] {
			continue
		}
		t.rows, t.v = append(t.rows, i), append(t.v, x)
		sum += x * x
		if at < 0 || math.Abs(x) > math.Abs(t.v[at]) {
			at = len(t.v) - 1
		}
	}
	long := math.Copysign(math.Sqrt(sum), t.v[at])
	row := t.rows[at]
	t.v[at] += long
	sum += 2*long*column[row] + long*long // |v|² = |x|² + 2·long·x + long²
	for i := range t.v {
		t.v[i] *= math.Sqrt(2 / sum)
	}
	for _, i := range t.rows {
		column[i] = 0
	}
	column[row] = -long
	f.open[row] = false
	f.pivots, f.turns = append(f.pivots, pivot{j, row}), append(f.turns, t)
	return t
}

// apply turns x and says whether it met it. In columns of length 1 what is left of a
// cancellation is dropped, so that they stay empty.
func (t turn) apply(x []float64, drop bool) bool {
	var dot float64
	for k, i := range t.rows {
		dot += t.v[k] * x[i]
	}
	if dot == 0 {
		return false
	}
	for k, i := range t.rows {
		x[i] -= dot * t.v[k]
		if drop && math.Abs(x[i]) < 1e-15 {
			x[i] = 0
		}
	}
	return true
}

// index lists the rows of R, for solve.
func (f *factored) index() {
	f.above = make([][]entry, len(f.pivots))
	for k, p := range f.pivots {
		for l := range k {
			if x := f.columns[p.column][f.pivots[l].row]; x != 0 {
				f.above[l] = append(f.above[l], entry{k, x})
			}
		}
	}
}

// diagonal is R's element of step k.
func (f *factored) diagonal(k int) float64 {
	p := f.pivots[k]
	return f.columns[p.column][p.row]
}

// solve makes R⁻ᵀ·g of g, by step, in place.
func (f *factored) solve(g []float64) {
	for k := range g {
		if g[k] == 0 {
			continue
		}
		g[k] /= f.diagonal(k)
		for _, e := range f.above[k] {
			g[e.step] -= e.x * g[k]
		}
	}
}
