package mandv

import "math"

// ols is a weighted least-squares fit of y = α(group) + Σ β x. Rows of weight 0 are left out.
type ols struct {
	alpha  []float64 // by group; NaN where a group has no row
	beta   []float64
	spread []float64 // standard error of beta
	sse    float64
	sst    float64
	n      int
	adj    float64 // R² adjusted
}

// within takes each group's weighted mean off a column (Frisch–Waugh–Lovell), so that a
// constant a group costs no column.
func within(x, w []float64, group []int, groups int) (centred, mean []float64) {
	sum, weight := make([]float64, groups), make([]float64, groups)
	for i, v := range x {
		if w[i] > 0 {
			sum[group[i]] += w[i] * v
			weight[group[i]] += w[i]
		}
	}
	for g := range sum {
		sum[g] /= weight[g] // NaN where a group has no row
	}
	centred = make([]float64, len(x))
	for i, v := range x {
		if w[i] > 0 {
			centred[i] = v - sum[group[i]]
		}
	}
	return centred, sum
}

// fit solves the normal equations of centred columns by Cholesky's factors; ok is false
// when the columns depend on each other.
func fit(y []float64, columns [][]float64, w []float64, group []int, groups int) (m ols, ok bool) {
	k := len(columns)
	yc, ym := within(y, w, group, groups)
	xc, xm := make([][]float64, k), make([][]float64, k)
	for j, c := range columns {
		xc[j], xm[j] = within(c, w, group, groups)
	}
	a, b := make([][]float64, k), make([]float64, k)
	for j := range a {
		a[j] = make([]float64, k)
		b[j] = dot(xc[j], yc, w)
		for l := range j + 1 {
			a[j][l] = dot(xc[j], xc[l], w)
		}
	}
	if !factorise(a) {
		return m, false
	}
	m.beta = solve(a, b)
	m.alpha = ym
	for g := range ym {
		for j := range xm {
			m.alpha[g] -= m.beta[j] * xm[j][g]
		}
	}
	used := 0
	for i, v := range yc {
		if w[i] <= 0 {
			continue
		}
		r := v
		for j := range xc {
			r -= m.beta[j] * xc[j][i]
		}
		m.n++
		m.sse += w[i] * r * r
		m.sst += w[i] * v * v
	}
	for _, v := range ym {
		if !math.IsNaN(v) {
			used++
		}
	}
	free := float64(m.n - k - used)
	if free <= 0 {
		return m, false
	}
	if m.sst > 0 {
		m.adj = 1 - (m.sse/free)/(m.sst/float64(m.n-used))
	}
	m.spread = errorsOf(a, m.sse/free)
	return m, true
}

func dot(a, b, w []float64) float64 {
	var s float64
	for i := range a {
		s += w[i] * a[i] * b[i]
	}
	return s
}

// factorise turns the lower half of a into Cholesky's factor; false when it is singular to
// one part in 1e10.
func factorise(a [][]float64) bool {
	for j := range a {
		d := a[j][j]
		whole := d
		for l := range j {
			d -= a[j][l] * a[j][l]
		}
		if !(d > 1e-10*whole) || whole <= 0 {
			return false
		}
		a[j][j] = math.Sqrt(d)
		for i := j + 1; i < len(a); i++ {
			for l := range j {
				a[i][j] -= a[i][l] * a[j][l]
			}
			a[i][j] /= a[j][j]
		}
	}
	return true
}

func solve(a [][]float64, b []float64) []float64 {
	x := append([]float64(nil), b...)
	for i := range x {
		for j := range i {
			x[i] -= a[i][j] * x[j]
		}
		x[i] /= a[i][i]
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := i + 1; j < len(x); j++ {
			x[i] -= a[j][i] * x[j]
		}
		x[i] /= a[i][i]
	}
	return x
}

// errorsOf are the standard errors: √(σ² diag((XᵀWX)⁻¹)).
func errorsOf(a [][]float64, variance float64) []float64 {
	out := make([]float64, len(a))
	for j := range a {
		e := make([]float64, len(a))
		e[j] = 1
		out[j] = math.Sqrt(variance * solve(a, e)[j])
	}
	return out
}

// lag1 is the correlation of a series with itself one interval on, over the pairs that are
// both known; 0 where there are fewer than three or nothing varies.
func lag1(r []float64) float64 {
	var n, sx, sy float64
	pairs := func(do func(x, y float64)) {
		for i := 1; i < len(r); i++ {
			if !math.IsNaN(r[i]) && !math.IsNaN(r[i-1]) {
				do(r[i-1], r[i])
			}
		}
	}
	pairs(func(x, y float64) { n, sx, sy = n+1, sx+x, sy+y })
	if n < 3 {
		return 0
	}
	var xx, xy, yy float64
	pairs(func(x, y float64) {
		dx, dy := x-sx/n, y-sy/n
		xx, xy, yy = xx+dx*dx, xy+dx*dy, yy+dy*dy
	})
	if xx <= 0 || yy <= 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}
