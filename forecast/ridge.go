package forecast

import "math"

// ridge is a regularised linear regression for every time of day (A. E. Hoerl, R. W. Kennard,
// "Ridge regression", Technometrics 12 (1970)) of the distance to the anchor, on the inputs that
// are differences of values and on the type of the day. A missing input counts as its mean.
type ridge struct {
	Columns []int       `json:"columns"` // of the inputs
	Mean    [][]float64 `json:"mean"`    // of a column, by slot
	Slope   [][]float64 `json:"slope"`
	Base    []float64   `json:"base"`
}

// dummies are the columns of a regression beside the inputs: the day's type.
const dummies = 4

// dummy fills in from a row whether the day is a Saturday, is rested, follows or precedes a day
// that is not worked.
func dummy(row []float64, at int, x []float64) {
	x[0] = flag(row[at+2] == saturday)
	x[1] = flag(row[at+2] == resting)
	x[2] = flag(row[at+2] == working && row[at+4] != working)
	x[3] = flag(row[at+2] == working && row[at+5] != working)
}

// slotColumn is the input that tells the slot; those of the calendar follow it.
func slotColumn(names []feature) int {
	for i, n := range names {
		if n.name == "slot" {
			return i
		}
	}
	return -1
}

// vector is a row as the regression takes it.
func (r *ridge) vector(row []float64, cal int, x []float64) {
	for k, c := range r.Columns {
		x[k] = row[c]
	}
	dummy(row, cal, x[len(r.Columns):])
}

func (r *ridge) value(row []float64, cal int, x []float64) float64 {
	r.vector(row, cal, x)
	s := int(row[cal])
	sum := r.Base[s]
	for k, b := range r.Slope[s] {
		if v := x[k] - r.Mean[s][k]; !math.IsNaN(v) {
			sum += b * v
		}
	}
	return sum
}

// fitRidge fits the rows' distances to their anchors.
func fitRidge(f *frame, rows *rows, columns []int, penalty float64) *ridge {
	cal := f.clock
	k := len(columns) + dummies
	r := &ridge{Columns: columns, Mean: make([][]float64, f.slots), Slope: make([][]float64, f.slots), Base: make([]float64, f.slots)}
	bySlot := make([][]int, f.slots)
	for i := range rows.y {
		s := int(rows.row(i)[cal])
		bySlot[s] = append(bySlot[s], i)
	}
	x := make([]float64, k*len(rows.y)/max(1, f.slots)*2+k*len(rows.y))
	for s, list := range bySlot {
		for j, i := range list {
			r.vector(rows.row(i), cal, x[j*k:(j+1)*k])
		}
		y := make([]float64, len(list))
		for j, i := range list {
			y[j] = rows.y[i]
		}
		r.Mean[s], r.Slope[s], r.Base[s] = solveRidge(x[:k*len(list)], k, y, penalty)
	}
	return r
}

// solveRidge fits y on the centred and scaled columns of x with a penalty, three times, the rows
// weighed down by their last error (least absolute distances by reweighting, E. J. Schlossmacher,
// JASA 68 (1973)), so that single events do not bend the slopes.
func solveRidge(x []float64, k int, y []float64, penalty float64) (mean, slope []float64, base float64) {
	n := len(y)
	mean, slope = make([]float64, k), make([]float64, k)
	if n == 0 {
		return mean, slope, 0
	}
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
	}
	scale := make([]float64, k)
	columnsScale(x, k, mean, scale)
	z := make([]float64, len(x))
	for i := range n {
		for c := range k {
			if v := (x[i*k+c] - mean[c]) / scale[c]; !math.IsNaN(v) && scale[c] > 0 {
				z[i*k+c] = v
			}
		}
	}
	for range 3 {
		b := weighted(z, k, y, w, penalty, slope)
		base = b
		var total float64
		for i := range n {
			e := y[i] - b
			for c := range k {
				e -= slope[c] * z[i*k+c]
			}
			w[i] = math.Abs(e)
			total += w[i]
		}
		typical := total / float64(n)
		if typical == 0 {
			break
		}
		for i := range w {
			w[i] = typical / (w[i] + typical)
		}
	}
	for c := range k {
		if scale[c] > 0 {
			slope[c] /= scale[c]
		}
	}
	return mean, slope, base
}

// columnsScale are mean and standard deviation of the columns, gaps left out.
func columnsScale(x []float64, k int, mean, scale []float64) {
	for c := range k {
		var s, q, n float64
		for i := c; i < len(x); i += k {
			if !math.IsNaN(x[i]) {
				s += x[i]
				n++
			}
		}
		if n == 0 {
			continue
		}
		mean[c] = s / n
		for i := c; i < len(x); i += k {
			if !math.IsNaN(x[i]) {
				q += (x[i] - mean[c]) * (x[i] - mean[c])
			}
		}
		if scale[c] = math.Sqrt(q / n); scale[c] < 1e-9*math.Abs(mean[c]) {
			scale[c] = 0
		}
	}
}

// weighted solves the penalised normal equations by Cholesky; slope is filled in.
func weighted(z []float64, k int, y, w []float64, penalty float64, slope []float64) (base float64) {
	m := k + 1
	a := make([]float64, m*m)
	b := make([]float64, m)
	row := make([]float64, m)
	row[k] = 1
	for i := range y {
		copy(row, z[i*k:(i+1)*k])
		for p, v := range row {
			if v == 0 {
				continue
			}
			v *= w[i]
			b[p] += v * y[i]
			line := a[p*m : p*m+p+1]
			for q := range line {
				line[q] += v * row[q]
			}
		}
	}
	for p := range k {
		a[p*m+p] += penalty
	}
	a[k*m+k] += 1e-9
	cholesky(a, m, b)
	copy(slope, b[:k])
	return b[k]
}

// cholesky solves a·x = b for a symmetric positive definite a, of which the lower half
// is read; b becomes x.
func cholesky(a []float64, m int, b []float64) {
	for i := range m {
		for j := range i + 1 {
			s := a[i*m+j]
			for k := range j {
				s -= a[i*m+k] * a[j*m+k]
			}
			if i == j {
				a[i*m+i] = math.Sqrt(max(s, 1e-12))
			} else {
				a[i*m+j] = s / a[j*m+j]
			}
		}
	}
	for i := range m {
		for k := range i {
			b[i] -= a[i*m+k] * b[k]
		}
		b[i] /= a[i*m+i]
	}
	for i := m - 1; i >= 0; i-- {
		for k := i + 1; k < m; k++ {
			b[i] -= a[k*m+i] * b[k]
		}
		b[i] /= a[i*m+i]
	}
}
