package mandv

import (
	"math"
	"slices"

	"lingtan/park"
)

// Change is a lasting change of level that the model does not explain. It is offered as a
// non-routine adjustment: a person states it with a reason, or leaves it.
type Change struct {
	Period    string    `json:"period"`
	From      string    `json:"from"`        // first day of the new level
	Shift     float64   `json:"shiftPerDay"` // energy a day, after less before
	Statistic float64   `json:"statistic"`   // of the CUSUM test
	P         float64   `json:"p"`
	Text      park.Name `json:"text"`
}

const (
	minChangeDays = 14
	maxChanges    = 8
	significance  = 0.01
)

// changes looks for change points in what the model leaves over, a day a value.
func (w *work) changes(period string, s *Span, r []float64) {
	day := daily(s, r)
	var at []int
	var v []float64
	for i, x := range day {
		if !math.IsNaN(x) {
			at, v = append(at, i), append(v, x)
		}
	}
	alpha := w.Significance
	if alpha == 0 {
		alpha = significance
	}
	var found []int
	split(v, 0, alpha, &found)
	found = proved(v, found, alpha)
	for k, i := range found {
		from, to := 0, len(v)
		if k > 0 {
			from = found[k-1]
		}
		if k+1 < len(found) {
			to = found[k+1]
		}
		_, stat := bridge(v[from:to])
		c := Change{Period: period, From: dayOf(s, at[i]), Shift: mean(v[i:to]) - mean(v[from:i]), Statistic: stat, P: kolmogorov(stat)}
		c.Text = park.Name{ZH: "此日起能耗水平持续改变而模型不能解释；若为扩建、停产等非常规事件，请以理由声明调整。未自动调整",
			EN: "from this day the level of use is another one that the model does not explain; if it is an event such as an extension or a closed line, state an adjustment with its reason. Nothing was adjusted"}
		w.r.Offered = append(w.r.Offered, c)
	}
}

// proved drops change points, the weakest first, that do not hold between their neighbours.
func proved(v []float64, found []int, alpha float64) []int {
	slices.Sort(found)
	for len(found) > 0 {
		worst, p := 0, -1.0
		ends := slices.Concat([]int{0}, found, []int{len(v)})
		for k := range found {
			_, stat := bridge(v[ends[k]:ends[k+2]])
			if q := kolmogorov(stat); q > p {
				worst, p = k, q
			}
		}
		if p < alpha {
			break
		}
		found = slices.Delete(found, worst, worst+1)
	}
	return found
}

// dayOf is the civil day number i of a span.
func dayOf(s *Span, i int) string { return s.Start.AddDate(0, 0, i).Format("2006-01-02") }

// split is binary segmentation by the CUSUM test.
func split(v []float64, offset int, alpha float64, found *[]int) {
	if len(v) < 2*minChangeDays || len(*found) >= maxChanges {
		return
	}
	k, stat := bridge(v)
	if k == 0 || kolmogorov(stat) >= alpha {
		return
	}
	*found = append(*found, offset+k)
	split(v[:k], offset, alpha, found)
	split(v[k:], offset+k, alpha, found)
}

// bridge is the greatest distance of the cumulated series from its chord, over the long-run
// standard deviation estimated with the two sides' own means, and where it is (Ploberger and
// Krämer 1992; long-run variance of an AR(1): σ²(1+ρ)/(1−ρ)).
func bridge(v []float64) (at int, stat float64) {
	n := len(v)
	all := mean(v)
	sum, most := 0.0, 0.0
	for i := range n - minChangeDays {
		sum += v[i] - all
		if i+1 >= minChangeDays && math.Abs(sum) > most {
			at, most = i+1, math.Abs(sum)
		}
	}
	if at == 0 {
		return 0, 0
	}
	left, right := mean(v[:at]), mean(v[at:])
	r := make([]float64, n)
	square := 0.0
	for i, x := range v {
		r[i] = x - left
		if i >= at {
			r[i] = x - right
		}
		square += r[i] * r[i]
	}
	rho := math.Min(math.Max(lag1(r), 0), 0.95)
	long := math.Sqrt(square / float64(n-2) * (1 + rho) / (1 - rho))
	if long <= 1e-12*math.Abs(all) || long == 0 {
		return 0, 0
	}
	return at, most / (long * math.Sqrt(float64(n)))
}

func mean(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

// kolmogorov is P(sup |Brownian bridge| > x) = 2 Σ (−1)^(k+1) e^(−2k²x²).
func kolmogorov(x float64) float64 {
	if x < 0.2 {
		return 1
	}
	p := 0.0
	for k := 1; k <= 100; k++ {
		p += 2 * math.Pow(-1, float64(k+1)) * math.Exp(-2*float64(k*k)*x*x)
	}
	return math.Min(math.Max(p, 0), 1)
}
