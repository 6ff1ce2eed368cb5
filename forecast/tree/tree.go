// Package tree fits gradient-boosted regression trees on histograms of binned inputs.
//
// The method is that of J. H. Friedman, "Greedy function approximation: a gradient boosting
// machine", Annals of Statistics 29 (2001), with trees grown best leaf first on histograms
// of at most 64 bins an input, as in G. Ke et al., "LightGBM: a highly efficient gradient
// boosting decision tree", NIPS 2017. Equal rows and options give equal trees.
package tree

import (
	"errors"
	"fmt"
	"math"
)

// ErrRows marks rows or options that no forest can be grown on.
var ErrRows = errors.New("rows for trees")

// Limits of what is fitted.
const (
	MaxColumns = 250
	maxRows    = 5_000_000
	maxLeaves  = 128
	maxRounds  = 2000
)

// Options say how a forest grows. The zero value of a field takes its default.
type Options struct {
	Rounds  int     // trees; default 150, at most 2000
	Leaves  int     // of a tree; default 24, 2 to 128
	MinLeaf int     // weight of a leaf's rows at least; default 20
	Rate    float64 // of learning, in (0, 1]; default 0.08
	Shrink  float64 // added to the rows of a leaf, pulls its value to 0; default 5
	Columns float64 // share of the columns that a tree looks at, in (0, 1]; default 0.6
	Rows    float64 // share of the rows that a tree is grown on, in (0, 1]; default 0.7
	Seed    uint64  // of the draws of rows and columns
}

func (o Options) filled() (Options, error) {
	def := func(x *float64, v float64) {
		if *x == 0 {
			*x = v
		}
	}
	count := func(x *int, v int) {
		if *x == 0 {
			*x = v
		}
	}
	count(&o.Rounds, 150)
	count(&o.Leaves, 24)
	count(&o.MinLeaf, 20)
	def(&o.Rate, 0.08)
	def(&o.Shrink, 5)
	def(&o.Columns, 0.6)
	def(&o.Rows, 0.7)
	share := func(x float64) bool { return x > 0 && x <= 1 }
	if o.Rounds < 1 || o.Rounds > maxRounds || o.Leaves < 2 || o.Leaves > maxLeaves || o.MinLeaf < 1 ||
		!share(o.Rate) || !share(o.Columns) || !share(o.Rows) || !(o.Shrink >= 0) || math.IsInf(o.Shrink, 0) {
		return o, fmt.Errorf("%w: options %+v: 1 to %d rounds, 2 to %d leaves, rate, columns and rows in (0, 1]", ErrRows, o, maxRounds, maxLeaves)
	}
	return o, nil
}

// Forest is a sum of trees over binned inputs. It is safe for concurrent use.
type Forest struct {
	edges [][]float64 // upper edges of the bins of each column, rising
	base  float64     // the mean of what was fitted
	trees [][]node
}

// node splits on a column's bin, or is a leaf (left 0). A value of a node is the
// mean step of the rows under it, so that the way down explains a leaf as a sum.
type node struct {
	value       float64
	left, right int32
	column      uint8
	bin         uint8 // rows with a bin of at most this go left
	lost        bool  // rows without a value go left
}

// Columns is the number of inputs of a row.
func (f *Forest) Columns() int { return len(f.edges) }

// Trees is the number of trees.
func (f *Forest) Trees() int { return len(f.trees) }

// Predict is the forest's value for a row of Columns() inputs; NaN marks an input without
// a value. bins is a buffer of at least Columns() bytes.
func (f *Forest) Predict(row []float64, bins []uint8) float64 {
	f.bin(row, bins)
	sum := f.base
	for _, t := range f.trees {
		sum += t[leaf(t, bins)].value
	}
	return sum
}

func leaf(t []node, bins []uint8) int32 {
	i := int32(0)
	for t[i].left != 0 {
		i = t[i].next(bins[t[i].column])
	}
	return i
}

func (n *node) next(bin uint8) int32 {
	if bin <= n.bin || bin == missing && n.lost {
		return n.left
	}
	return n.right
}

// Explain adds to parts, one a column, what each input contributes: the change of the
// node's value at every split on it (path attribution after A. Saabas, 2014). It
// returns the base: base + Σ parts is Predict(row), but for rounding.
func (f *Forest) Explain(row, parts []float64, bins []uint8) float64 {
	f.bin(row, bins)
	base := f.base
	for _, t := range f.trees {
		base += t[0].value
		i := int32(0)
		for t[i].left != 0 {
			j := t[i].next(bins[t[i].column])
			parts[t[i].column] += t[j].value - t[i].value
			i = j
		}
	}
	return base
}
