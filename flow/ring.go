package flow

import (
	"math"

	"lingtan/balance"
)

// blendRing sets the mixtures of the buses of a ring in an interval. With P_n what enters
// bus n, x_e what edge e carries and m the mixtures,
//
//	P_n·m_n − Σ_{e from the ring} x_e·m_from = Σ_{e from outside} x_e·m_from
//
// (Bialek 1996, in matrix form), solved by Gaussian elimination with partial pivoting. Where
// a bus is not fed its mixture stays, as does all of a ring that nothing from outside feeds.
// Buses of a ring are reached by the same sources, since each feeds the others.
func (t *Tracer) blendRing(b *balance.Day, ring []int, slot int) {
	width := t.width(ring[0])
	k := len(ring)
	system := make([][]float64, k) // k coefficients, then a right side for every source
	at := make(map[int]int, k)
	for i, n := range ring {
		at[n] = i
	}
	fed, size := make([]bool, k), 0.0
	for i, n := range ring {
		row := make([]float64, k+width)
		for _, e := range t.Network.In[n] {
			if b.Edge[e] == nil || b.Edge[e][slot] == 0 {
				continue
			}
			x, from := b.Edge[e][slot], t.Network.From[e]
			row[i] += x
			if j, inside := at[from]; inside {
				row[j] -= x
				continue
			}
			for c, share := range t.row(from, slot-t.first+1) {
				row[k+t.into[e][c]] += float64(x * share)
			}
		}
		through := row[i]
		if through == 0 { // not fed: a bus that only its own ring could feed, or none
			row = t.stays(row, i, n, slot)
		}
		fed[i] = through != 0
		size = max(size, row[i])
		system[i] = row
	}
	solved := eliminate(system, 1e-12*size)
	if !solved { // energy runs round without a source
		for i, n := range ring {
			clear(system[i])
			t.stays(system[i], i, n, slot)
		}
	}
	for i, n := range ring {
		copy(t.row(n, slot-t.first+1), system[i][k:])
		t.fed[n] = t.fed[n] || solved && fed[i]
	}
}

// stays lets bus n keep its last mixture.
func (t *Tracer) stays(row []float64, i, n, slot int) []float64 {
	width := t.width(n)
	t.carried[n] = t.carried[n] || !t.fed[n]
	row[i] = 1
	before := t.row(n, slot-t.first)
	known := 0.0
	for _, share := range before {
		known += share
	}
	copy(row[len(row)-width:], before)
	if known == 0 && width > 0 { // before the first: the first source that can reach it
		row[len(row)-width] = 1
	}
	return row
}

// eliminate solves a square system with its right sides behind it; false where it is
// singular to the tolerance. The solution stands where the right sides stood.
func eliminate(system [][]float64, tolerance float64) bool {
	k := len(system)
	for c := range k {
		pivot := c
		for i := c + 1; i < k; i++ {
			if math.Abs(system[i][c]) > math.Abs(system[pivot][c]) {
				pivot = i
			}
		}
		if math.Abs(system[pivot][c]) <= tolerance {
			return false
		}
		system[c], system[pivot] = system[pivot], system[c]
		for i := range k {
			if i != c {
				reduce(system[i], system[c], c)
			}
		}
	}
	for c, row := range system {
		p := row[c]
		for j := c; j < len(row); j++ {
			row[j] /= p
		}
	}
	return true
}

// reduce takes a row's column c off by a pivot row.
func reduce(row, pivot []float64, c int) {
	f := row[c] / pivot[c]
	if f == 0 {
		return
	}
	for j := c; j < len(row); j++ {
		row[j] -= float64(f * pivot[j])
	}
}
