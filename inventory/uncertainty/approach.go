package uncertainty

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"lingtan/method"
)

// compareGroups puts the totals first, then scopes, categories and organizations.
func compareGroups(a, b group) int {
	order := []string{"total", "scope", "category", "organization"}
	return cmp.Or(cmp.Compare(slices.Index(order, a.Group), slices.Index(order, b.Group)), cmp.Compare(a.Key, b.Key),
		cmp.Compare(basisOrder(a.Basis), basisOrder(b.Basis)))
}

func basisOrder(b method.Basis) int {
	return slices.Index([]method.Basis{method.Both, method.Location, method.Market}, b)
}

// sensitivities are the tonnes by which a group's sum moves when a term moves by its own size:
// Σ emissions × weight over the lines that name the term. Summing before squaring is what keeps
// lines that share a term fully correlated; a negative line takes off.
func (c *compiled) sensitivities(g int) []float64 {
	sum := make([]float64, len(c.model.Terms))
	for _, i := range c.groups[g].lines {
		for _, link := range c.links[i] {
			for _, p := range link {
				sum[p.term] += c.model.Lines[i].Emissions * p.weight
			}
		}
	}
	return sum
}

// propagate is approach 1 (2006 IPCC Guidelines, vol. 1, ch. 3): within a line the relative
// uncertainties of a product add up by their squares,
//
//	U = √(U1² + … + Un²)            (equation 3.1)
//
// and over independent lines the absolute ones do,
//
//	U = √((U1·x1)² + … + (Un·xn)²) / |x1 + … + xn|   (equation 3.2).
//
// Taken together by term, the half of the interval in tonnes is √(Σ (s·U)²) over the terms, s
// being the term's sensitivity. Without shared terms these are the same.
func (c *compiled) propagate(g int) Interval {
	var squares float64
	for t, s := range c.sensitivities(g) {
		x := s * c.model.Terms[t].Uncertainty
		squares += x * x
	}
	e, half := c.groups[g].Emissions, math.Sqrt(squares)
	return Interval{Low: e - half, High: e + half, Half: half, Relative: relative(half, e)}
}

func relative(half, emissions float64) float64 {
	if emissions == 0 {
		return 0
	}
	return half / math.Abs(emissions)
}

// block is how many draws are made together.
const block = 64

// simulate is approach 2: every draw takes all terms once and evaluates every line with them.
// It gives the sums of each group by draw.
func (c *compiled) simulate(ctx context.Context, o Options) ([][]float64, error) {
	if len(c.groups)*o.Draws > mostKept {
		return nil, fmt.Errorf("%w: %d sums × %d draws; at most %d together: draw less often", ErrOptions, len(c.groups), o.Draws, mostKept)
	}
	samples := make([][]float64, len(c.groups))
	for g := range samples {
		samples[g] = make([]float64, o.Draws)
	}
	used := c.used()
	sources := make([]source, len(c.model.Terms))
	for _, t := range used {
		sources[t] = newSource(o.Seed, c.model.Terms[t])
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			w := &worker{compiled: c, sources: sources, used: used, deviation: make([]float64, len(sources)*block)}
			for ctx.Err() == nil {
				first := int(next.Add(block)) - block
				if first >= o.Draws {
					return
				}
				w.draw(samples, first, min(block, o.Draws-first))
			}
		})
	}
	wait.Wait()
	return samples, ctx.Err()
}

// used are the terms that some line hangs on, each once.
func (c *compiled) used() []int {
	seen := map[int]bool{}
	for _, links := range c.links {
		for _, p := range slices.Concat(links...) {
			seen[p.term] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// worker draws one block after another.
type worker struct {
	*compiled
	sources   []source
	used      []int
	deviation []float64 // term × block
	line      [block]float64
	link      [block]float64
}

// draw evaluates n draws from the first on.
func (w *worker) draw(samples [][]float64, first, n int) {
	for _, t := range w.used {
		w.sources[t].fill(w.deviation[t*block:t*block+n], first)
	}
	for i, links := range w.links {
		line := w.line[:n]
		for b := range line {
			line[b] = w.model.Lines[i].Emissions
		}
		for _, link := range links {
			w.multiply(line, link)
		}
		for _, g := range w.member[i] {
			sum := samples[g][first : first+n]
			for b, x := range line {
				sum[b] += x
			}
		}
	}
}

// multiply takes a link into the product.
func (w *worker) multiply(line []float64, link []part) {
	k := w.link[:len(line)]
	for b := range k {
		k[b] = 1
	}
	for _, p := range link {
		d := w.deviation[p.term*block : p.term*block+len(k)]
		for b, x := range d {
			k[b] += p.weight * x
		}
	}
	for b, x := range k {
		line[b] *= x
	}
}

// simulated sums up the draws of a group; it sorts them.
func simulated(draws []float64, emissions float64) Simulated {
	var s Simulated
	s.Mean, s.SD = moments(draws)
	slices.Sort(draws)
	s.Low, s.High = percentile(draws, 0.025), percentile(draws, 0.975)
	s.Half = (s.High - s.Low) / 2
	s.Relative = relative(s.Half, emissions)
	return s
}

// moments are the mean and the standard deviation with n−1.
func moments(draws []float64) (mean, sd float64) {
	for _, x := range draws {
		mean += x
	}
	mean /= float64(len(draws))
	for _, x := range draws {
		sd += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(sd / float64(len(draws)-1))
}

// percentile interpolates between the ordered draws (R. J. Hyndman and Y. Fan, "Sample quantiles
// in statistical packages", The American Statistician 50 (1996), definition 7).
func percentile(ordered []float64, p float64) float64 {
	h := p * float64(len(ordered)-1)
	i := int(h)
	if i+1 >= len(ordered) {
		return ordered[len(ordered)-1]
	}
	return ordered[i] + (h-float64(i))*(ordered[i+1]-ordered[i])
}

// batches are the parts that convergence is judged by.
const batches = 10

// convergence is the standard error of the mean and of both limits out of batches of the draws,
// which are in the order in which they were drawn.
func convergence(draws []float64) Convergence {
	size := len(draws) / batches
	var mean, low, high [batches]float64
	for i := range batches {
		part := slices.Clone(draws[i*size : (i+1)*size])
		slices.Sort(part)
		mean[i], _ = moments(part)
		low[i], high[i] = percentile(part, 0.025), percentile(part, 0.975)
	}
	of := func(x []float64) float64 {
		_, sd := moments(x)
		return sd / math.Sqrt(batches)
	}
	return Convergence{Batches: batches, Mean: of(mean[:]), Low: of(low[:]), High: of(high[:])}
}
