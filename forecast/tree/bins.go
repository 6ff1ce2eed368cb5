package tree

import (
	"math"
	"slices"
)

// maxBins is the number of bins of a column; missing is the bin of a row without a value.
const (
	maxBins = 64
	missing = 255
	sampled = 5000 // values of a column that its edges are drawn from
)

// edgesOf are the upper edges of bins that hold about equally many of the values.
// The last bin is open.
func edgesOf(column func(int) float64, rows int) []float64 {
	step := max(1, rows/sampled)
	values := make([]float64, 0, rows/step+1)
	for i := 0; i < rows; i += step {
		if x := column(i); !math.IsNaN(x) {
			values = append(values, x)
		}
	}
	slices.Sort(values)
	distinct := slices.Compact(slices.Clone(values))
	if len(distinct) <= maxBins {
		edges := make([]float64, 0, len(distinct))
		for i := 1; i < len(distinct); i++ {
			edges = append(edges, between(distinct[i-1], distinct[i]))
		}
		return edges
	}
	var edges []float64
	for k := 1; k < maxBins; k++ {
		i := k * len(values) / maxBins
		e := between(values[i-1], values[i])
		if len(edges) == 0 || e > edges[len(edges)-1] {
			edges = append(edges, e)
		}
	}
	return edges
}

// between is a number that parts a from b: a ≤ it < b, or both are equal.
func between(a, b float64) float64 {
	if m := a + (b-a)/2; m < b {
		return m
	}
	return a
}

// binOf is the first bin whose upper edge is not below x.
func binOf(edges []float64, x float64) uint8 {
	if math.IsNaN(x) {
		return missing
	}
	lo, hi := 0, len(edges)
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if edges[m] < x {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return uint8(lo)
}

func (f *Forest) bin(row []float64, bins []uint8) {
	for c, e := range f.edges {
		bins[c] = binOf(e, row[c])
	}
}
