package tree

import (
	"fmt"
	"math"
	"slices"
)

// Fit grows a forest on rows of n columns, laid one after another in x, towards y with
// squared loss, each row by its weight (nil: all 1). NaN in x is an input without a value;
// y is finite, a weight finite and not negative. Errors wrap ErrRows.
func Fit(x []float64, n int, y, weight []float64, opt Options) (*Forest, error) {
	opt, err := opt.filled()
	if err != nil {
		return nil, err
	}
	if n < 1 || n > MaxColumns || len(y) < 1 || len(y) > maxRows || len(x) != n*len(y) || weight != nil && len(weight) != len(y) {
		return nil, fmt.Errorf("%w: %d values for %d rows of %d columns, at most %d rows of %d columns", ErrRows, len(x), len(y), n, maxRows, MaxColumns)
	}
	for i, v := range y {
		if math.IsNaN(v) || math.IsInf(v, 0) || weight != nil && (!(weight[i] >= 0) || math.IsInf(weight[i], 0)) {
			return nil, fmt.Errorf("%w: row %d: what is fitted and its weight are finite numbers, the weight not negative", ErrRows, i)
		}
	}
	g := newGrower(x, n, y, weight, opt)
	f := &Forest{edges: g.edges, base: g.base}
	for range opt.Rounds {
		t := g.grow()
		if len(t) == 1 && t[0].value == 0 {
			break
		}
		f.trees = append(f.trees, t)
		g.step(t)
	}
	return f, nil
}

// cell is a bin of a histogram: the sum of weighted gradients, and the weight.
type cell struct{ sum, weight float64 }

// stride is the cells of a column: its bins and one for rows without a value.
const stride = maxBins + 1

// grower holds what all trees of a forest share.
type grower struct {
	opt     Options
	n, rows int
	edges   [][]float64
	bins    []uint8 // by row
	weight  []float64
	rest    []float64 // what is left to explain, by row
	base    float64
	draw    draws
	order   []int32 // rows of the tree, those of a leaf together
	spare   []int32
	columns []int // that the tree looks at
	free    [][]cell
}

func newGrower(x []float64, n int, y, weight []float64, opt Options) *grower {
	rows := len(y)
	g := &grower{opt: opt, n: n, rows: rows, draw: draws(opt.Seed), weight: weight, edges: make([][]float64, n),
		bins: make([]uint8, n*rows), rest: slices.Clone(y), order: make([]int32, 0, rows), spare: make([]int32, rows)}
	if weight == nil {
		g.weight = make([]float64, rows)
		for i := range g.weight {
			g.weight[i] = 1
		}
	}
	for c := range n {
		g.edges[c] = edgesOf(func(i int) float64 { return x[i*n+c] }, rows)
		for i := range rows {
			b := binOf(g.edges[c], x[i*n+c])
			if b == missing {
				b = maxBins
			}
			g.bins[i*n+c] = b
		}
	}
	var sum, all float64
	for i, v := range y {
		sum += v * g.weight[i]
		all += g.weight[i]
	}
	if all > 0 {
		g.base = sum / all
	}
	for i := range g.rest {
		g.rest[i] -= g.base
	}
	return g
}

// part is a leaf that may be split: its rows in order, its histogram and its best split.
type part struct {
	at       int32 // node
	from, to int
	total    cell
	cells    []cell
	best     split
}

type split struct {
	gain        float64
	column      int
	bin         uint8
	lost        bool
	left, right cell
}

// grow makes a tree, best leaf first.
func (g *grower) grow() []node {
	g.sample()
	root := part{to: len(g.order), cells: g.take()}
	root.total = g.fill(root.cells, g.order)
	g.search(&root)
	t := []node{{value: g.value(root.total)}}
	open := []part{root}
	for leaves := 1; leaves < g.opt.Leaves; leaves++ {
		k := 0
		for i := range open {
			if open[i].best.gain > open[k].best.gain {
				k = i
			}
		}
		p := open[k]
		if !(p.best.gain > 1e-12) {
			break
		}
		s := p.best
		left, right := part{at: int32(len(t)), total: s.left}, part{at: int32(len(t) + 1), total: s.right}
		t[p.at].left, t[p.at].right = left.at, right.at
		t[p.at].column, t[p.at].bin, t[p.at].lost = uint8(s.column), s.bin, s.lost
		t = append(t, node{value: g.value(s.left)}, node{value: g.value(s.right)})
		g.divide(p, &left, &right)
		open[k] = left
		open = append(open, right)
	}
	for _, p := range open {
		g.free = append(g.free, p.cells)
	}
	return t
}

// value is the step that a leaf takes: the shrunk mean, times the rate.
func (g *grower) value(c cell) float64 {
	if c.weight+g.opt.Shrink == 0 {
		return 0
	}
	return g.opt.Rate * c.sum / (c.weight + g.opt.Shrink)
}

// sample draws the rows and columns of the next tree.
func (g *grower) sample() {
	g.order = g.order[:0]
	for i := range g.rows {
		if g.opt.Rows >= 1 || g.draw.next() < g.opt.Rows {
			g.order = append(g.order, int32(i))
		}
	}
	g.columns = g.columns[:0]
	for c := range g.n {
		if g.opt.Columns >= 1 || g.draw.next() < g.opt.Columns {
			g.columns = append(g.columns, c)
		}
	}
}

func (g *grower) take() []cell {
	if k := len(g.free); k > 0 {
		c := g.free[k-1]
		g.free = g.free[:k-1]
		return c
	}
	return make([]cell, g.n*stride)
}

// fill makes the histograms of rows and returns their total.
func (g *grower) fill(cells []cell, rows []int32) cell {
	clear(cells)
	var total cell
	for _, i := range rows {
		w := g.weight[i]
		s := g.rest[i] * w
		total.sum += s
		total.weight += w
		bins := g.bins[int(i)*g.n : int(i)*g.n+g.n]
		for _, c := range g.columns {
			h := &cells[c*stride+int(bins[c])]
			h.sum += s
			h.weight += w
		}
	}
	return total
}

// divide parts the rows of p and gives both sides their histograms: the smaller one is
// counted, the other one is what remains of p.
func (g *grower) divide(p part, left, right *part) {
	s := p.best
	rows := g.order[p.from:p.to]
	spare := g.spare[:0]
	k := 0
	for _, i := range rows {
		b := g.bins[int(i)*g.n+s.column]
		if b <= s.bin || b == maxBins && s.lost {
			rows[k] = i
			k++
		} else {
			spare = append(spare, i)
		}
	}
	copy(rows[k:], spare)
	left.from, left.to, right.from, right.to = p.from, p.from+k, p.from+k, p.to
	small, large := left, right
	if right.to-right.from < left.to-left.from {
		small, large = right, left
	}
	small.cells, large.cells = g.take(), p.cells
	g.fill(small.cells, g.order[small.from:small.to])
	for _, c := range g.columns {
		a, b := large.cells[c*stride:(c+1)*stride], small.cells[c*stride:(c+1)*stride]
		for j := range a {
			a[j].sum -= b[j].sum
			a[j].weight -= b[j].weight
		}
	}
	g.search(left)
	g.search(right)
}

// search finds the best split of a part: the one that gains most of
// S²/(W+shrink), left and right, over the whole.
func (g *grower) search(p *part) {
	p.best = split{}
	if p.to-p.from < 2*g.opt.MinLeaf {
		return
	}
	whole := g.score(p.total)
	for _, c := range g.columns {
		cells := p.cells[c*stride : (c+1)*stride]
		lost := cells[maxBins]
		var left cell
		for b := range g.edges[c] {
			left = left.plus(cells[b])
			g.consider(p, whole, c, uint8(b), false, left)
			if lost.weight > 0 {
				g.consider(p, whole, c, uint8(b), true, left.plus(lost))
			}
		}
	}
}

func (g *grower) consider(p *part, whole float64, c int, b uint8, lost bool, left cell) {
	right := cell{p.total.sum - left.sum, p.total.weight - left.weight}
	least := float64(g.opt.MinLeaf)
	if left.weight < least || right.weight < least {
		return
	}
	if gain := g.score(left) + g.score(right) - whole; gain > p.best.gain {
		p.best = split{gain, c, b, lost, left, right}
	}
}

func (g *grower) score(c cell) float64 {
	if !(c.weight > 0) {
		return 0
	}
	return c.sum * c.sum / (c.weight + g.opt.Shrink)
}

func (c cell) plus(o cell) cell { return cell{c.sum + o.sum, c.weight + o.weight} }

// step takes what a tree explains off all rows, those it was not grown on too.
func (g *grower) step(t []node) {
	for i := range g.rows {
		bins := g.bins[i*g.n : (i+1)*g.n]
		k := int32(0)
		for t[k].left != 0 {
			n := &t[k]
			if b := bins[n.column]; b <= n.bin || b == maxBins && n.lost {
				k = n.left
			} else {
				k = n.right
			}
		}
		g.rest[i] -= t[k].value
	}
}

// draws is the SplitMix64 generator of G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014.
type draws uint64

// next is a number in [0, 1).
func (d *draws) next() float64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}
