package forecast

import (
	"math"

	"lingtan/forecast/tree"
)

// learner is a fitted model of one kind; the field of its kind is set.
type learner struct {
	Kind      string       `json:"kind"`
	Smoothing *smoothing   `json:"smoothing,omitempty"`
	Ridge     *ridge       `json:"ridge,omitempty"`
	Trees     *tree.Forest `json:"trees,omitempty"`
}

// regresses says whether a kind looks at rows of inputs.
func regresses(kind string) bool { return kind == kindRidge || kind == kindTrees }

// leastRows is how many rows a regression is fitted on at least.
const leastRows = 100

// fitLearner fits a kind on what is known before step to; nil when there is too little.
func fitLearner(kind string, f *frame, p plan, r *rows, to int, seed uint64) (*learner, error) {
	l := &learner{Kind: kind}
	if regresses(kind) && len(r.y) < leastRows {
		return nil, nil
	}
	var err error
	switch kind {
	case kindSmoothing:
		l.Smoothing = fitSmoothing(f, to, p)
	case kindRidge:
		l.Ridge = fitRidge(f, r, sizes(f.names), ridgePenalty)
	case kindTrees:
		l.Trees, err = tree.Fit(r.x, r.n, r.y, nil, treeOptions(len(r.y), seed))
	}
	return l, err
}

// ridgePenalty is in rows: a slope on standardised inputs is halved where it is told by
// about as many rows.
const ridgePenalty = 20

// treeRows is how many rows a tree is grown on at most, on average.
const treeRows = 6000

func treeOptions(rows int, seed uint64) tree.Options {
	return tree.Options{Rounds: 110, Leaves: 20, MinLeaf: 20, Rate: 0.1, Rows: min(0.6, treeRows/float64(rows)), Columns: 0.5, Seed: seed}
}

// sizes are the columns that the regression looks at.
func sizes(names []feature) []int {
	var list []int
	for i, n := range names {
		if n.size {
			list = append(list, i)
		}
	}
	return list
}

// scratch are buffers of a forecast.
type scratch struct {
	row, x, parts []float64
	bins          []uint8
}

func newScratch(f *frame) *scratch {
	n := len(f.names)
	return &scratch{make([]float64, n), make([]float64, n+dummies), make([]float64, n+dummies), make([]uint8, n)}
}

// regress is the value of a regression for the row in b with its anchor.
func (l *learner) regress(f *frame, b *scratch, anchor float64) float64 {
	if l.Kind == kindRidge {
		return anchor + l.Ridge.value(b.row, f.clock, b.x)
	}
	return anchor + l.Trees.Predict(b.row, b.bins)
}

// values forecasts the n steps from origin o into out; NaN where there is no figure. A
// regression is asked step by step instead.
func (l *learner) values(f *frame, o, n int, out []float64) {
	switch l.Kind {
	case naiveDay:
		naive{}.values(f, o, n, out)
	case naiveWeek:
		naive{weekly: true}.values(f, o, n, out)
	case kindSmoothing:
		l.Smoothing.values(f, o, n, out)
	default:
		for i := range n {
			out[i] = math.NaN()
		}
	}
}

// mask tells which covariates are used, a bit each.
type mask uint32

func (f *frame) allCovariates() mask { return 1<<len(f.covariates) - 1 }

// knownCovariates are those that are known for a target from an origin.
func (f *frame) knownCovariates(o, t int) mask {
	var m mask
	for c, x := range f.covariates {
		i := t
		if !x.Ahead {
			i = o - 1
		}
		if !math.IsNaN(f.covariate(c, i)) || !x.Ahead && !math.IsNaN(f.covariateMean(c, o-f.slots, o)) {
			m |= 1 << c
		}
	}
	return m
}

// blank makes the inputs of covariates that are not in m missing.
func (f *frame) blank(row []float64, m mask) {
	if m == f.allCovariates() {
		return
	}
	k := len(f.names)
	for c := len(f.covariates) - 1; c >= 0; c-- {
		n := inputsPast
		if f.covariates[c].Ahead {
			n = inputsAhead
		}
		k -= n
		if m&(1<<c) == 0 {
			for i := k; i < k+n; i++ {
				row[i] = math.NaN()
			}
		}
	}
}

// without are rows without the covariates that are not in m.
func (r *rows) without(f *frame, m mask) *rows {
	if m == f.allCovariates() {
		return r
	}
	c := *r
	c.x = append([]float64(nil), r.x...)
	for i := range c.y {
		f.blank(c.row(i), m)
	}
	return &c
}
