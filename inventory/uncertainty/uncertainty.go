// Package uncertainty tells how well an inventory is known: the 95 % interval of its
// totals by error propagation and by Monte Carlo, which terms make it, how good the data
// are and what is missing.
//
// It follows the 2006 IPCC Guidelines for National Greenhouse Gas Inventories, volume 1,
// chapter 3: approach 1 is error propagation (equations 3.1 and 3.2), approach 2 is Monte
// Carlo. What neither a declarer nor a meter states is assumed by a documented default, and
// every assumption is listed with its source.
package uncertainty

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"lingtan/inventory"
	"lingtan/method"
	"lingtan/park"
)

// Sentinels of this package.
var (
	ErrModel   = errors.New("uncertainty: model")
	ErrOptions = errors.New("uncertainty: options")
)

// Format is the format of a report.
const Format = "lingtan.uncertainty/v1"

// coverage is the ratio of the half of a 95 % interval to the standard deviation of a normal
// distribution; an uncertainty here is always that many standard deviations.
const coverage = 1.959963984540054

// The limits of a simulation.
const (
	leastDraws = 100
	mostDraws  = 1_000_000
	mostKept   = 40_000_000 // groups × draws held in memory, 8 bytes each
)

// rounding is the relative half below which an interval is rounding alone.
const rounding = 1e-12

// Options say how to draw.
type Options struct {
	Draws int    // from 100 to 1,000,000
	Seed  uint64 // the same seed gives the same figures, however many workers draw
}

// Check says what keeps the options from being used.
func (o Options) Check() error {
	if o.Draws < leastDraws || o.Draws > mostDraws {
		return fmt.Errorf("%w: %d draws; %d to %d", ErrOptions, o.Draws, leastDraws, mostDraws)
	}
	return nil
}

// Interval is a 95 % interval in tonnes. Relative is Half over the size of the emissions, 0
// where these are 0.
type Interval struct {
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Half     float64 `json:"half"`
	Relative float64 `json:"relative"`
}

// Simulated is what Monte Carlo gives: mean, standard deviation and the interval from the
// 2.5th to the 97.5th percentile, in tonnes.
type Simulated struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
	Interval
}

// Result is a sum of emissions with its interval by both approaches. Difference is by how much
// the half of the simulated interval is wider than that of approach 1, as a share of it.
type Result struct {
	Group      string       `json:"group"` // total, scope, category, organization
	Key        string       `json:"key"`   // scope, category or organization; empty for the total
	Basis      method.Basis `json:"basis"` // location or market; both where they are one
	Emissions  float64      `json:"emissions"`
	Approach1  Interval     `json:"approach1"`
	MonteCarlo Simulated    `json:"monteCarlo"`
	Difference float64      `json:"difference"`
}

// Contribution is what a term adds to the variance of the location-based total by approach
// 1. The shares add up to 1.
type Contribution struct {
	Term        string    `json:"term"`
	Name        park.Name `json:"name"`
	Kind        string    `json:"kind"`
	Uncertainty float64   `json:"uncertainty"` // of the term, relative
	Half        float64   `json:"half"`        // half the 95 % interval that the term alone would make, tonnes
	Share       float64   `json:"share"`       // of the variance
	Assumed     bool      `json:"assumed"`
}

// Convergence is how far the simulated location-based total would move with another seed:
// standard errors in tonnes out of batches of the draws (JCGM 101:2008, 7.9).
type Convergence struct {
	Batches int     `json:"batches"`
	Mean    float64 `json:"mean"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
}

// Report is how well an inventory is known.
type Report struct {
	Format        string         `json:"format"`
	Inventory     string         `json:"inventory"`
	Park          string         `json:"park"`
	Period        string         `json:"period"`
	Draws         int            `json:"draws"`
	Seed          uint64         `json:"seed"`
	Results       []Result       `json:"results"`
	Contributions []Contribution `json:"contributions"` // the largest first
	AssumedShare  float64        `json:"assumedShare"`  // of the variance: made by assumed uncertainties
	Convergence   Convergence    `json:"convergence"`
	Terms         []Term         `json:"terms"`
	Quality       *Quality       `json:"quality,omitempty"`
	Completeness  *Completeness  `json:"completeness,omitempty"`
	Notes         []park.Name    `json:"notes"`
}

// Analyse tells how well an inventory is known. Errors: ErrOptions; ErrModel where the
// inventory's figures cannot be analysed or are too many; that of ctx.
func Analyse(ctx context.Context, v *inventory.Inventory, o Options) (*Report, error) {
	m := NewModel(v)
	r, err := m.Analyse(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("inventory %s: %w", v.ID, err)
	}
	r.Inventory, r.Park, r.Period = v.ID, v.Structure.Park.ID, v.Period.Text
	if r.Quality, err = qualityOf(v); err != nil {
		return nil, fmt.Errorf("inventory %s: %w", v.ID, err)
	}
	if r.Completeness, err = completenessOf(v); err != nil {
		return nil, fmt.Errorf("inventory %s: %w", v.ID, err)
	}
	r.Notes = notes(r)
	return r, nil
}

// Analyse runs both approaches over a model.
func (m *Model) Analyse(ctx context.Context, o Options) (*Report, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	c, err := m.compile()
	if err != nil {
		return nil, err
	}
	r := &Report{Format: Format, Draws: o.Draws, Seed: o.Seed, Terms: m.Terms, Results: []Result{}, Contributions: []Contribution{}, Notes: []park.Name{}}
	if r.Terms == nil {
		r.Terms = []Term{}
	}
	samples, err := c.simulate(ctx, o)
	if err != nil {
		return nil, err
	}
	for g := range c.groups {
		x := c.groups[g].Result
		x.Approach1 = c.propagate(g)
		if c.groups[g].total() {
			r.Convergence = convergence(samples[g])
		}
		x.MonteCarlo = simulated(samples[g], x.Emissions)
		if !finite(x.MonteCarlo.SD) || !finite(x.MonteCarlo.Relative) || !finite(x.Approach1.Relative) {
			return nil, fmt.Errorf("%w: the %s %s is drawn beyond all numbers; check weights and uncertainties", ErrModel, x.Group, x.Key)
		}
		if x.Approach1.Relative > rounding {
			x.Difference = x.MonteCarlo.Half/x.Approach1.Half - 1
		}
		r.Results = append(r.Results, x)
	}
	r.contribute(m, c)
	return r, nil
}

// contribute ranks the terms by what they add to the variance of the location-based total.
func (r *Report) contribute(m *Model, c *compiled) {
	g := slices.IndexFunc(c.groups, group.total)
	if g < 0 {
		return
	}
	sensitivity := c.sensitivities(g)
	var all float64
	for t, x := range sensitivity {
		half := math.Abs(x) * m.Terms[t].Uncertainty
		if half == 0 {
			continue
		}
		all += half * half
		r.Contributions = append(r.Contributions, Contribution{Term: m.Terms[t].ID, Name: m.Terms[t].Name, Kind: m.Terms[t].Kind,
			Uncertainty: m.Terms[t].Uncertainty, Half: half, Assumed: m.Terms[t].Assumed})
	}
	r.Contributions = slices.DeleteFunc(r.Contributions, func(x Contribution) bool { // a meter that cancels
		return all == 0 || x.Half <= rounding*math.Sqrt(all)
	})
	for i := range r.Contributions {
		x := &r.Contributions[i]
		x.Share = x.Half * x.Half / all
		if x.Assumed {
			r.AssumedShare += x.Share
		}
	}
	slices.SortFunc(r.Contributions, func(a, b Contribution) int {
		return cmp.Or(-cmp.Compare(a.Half, b.Half), cmp.Compare(a.Term, b.Term))
	})
}

// notes are what a reader of the report must know.
func notes(r *Report) []park.Name {
	list := []park.Name{{
		ZH: "区间只含随机误差：缺失时段、方法本身和碳流分摊的误差不在其中。",
		EN: "The intervals hold random errors alone: missing intervals, the method itself and the shares of the carbon flow are not in them."}}
	if r.AssumedShare > 0 {
		list = append(list, park.Name{
			ZH: fmt.Sprintf("方差的 %.0f %% 来自未声明而采用默认值的不确定度；每项默认值及出处见 terms。", 100*r.AssumedShare),
			EN: fmt.Sprintf("%.0f %% of the variance is of uncertainties that nobody stated and that were assumed; each stands in terms with its source.", 100*r.AssumedShare)})
	}
	if c := r.Completeness; c != nil && c.MissingShare > 0 {
		list = append(list, park.Name{
			ZH: fmt.Sprintf("%.2f %% 的计量时段缺失，其排放未知，未计为零。", 100*c.MissingShare),
			EN: fmt.Sprintf("%.2f %% of the metered intervals are missing; their emissions are unknown, not zero.", 100*c.MissingShare)})
	}
	return list
}
