package health

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Trend is the drift of a series: the median of all slopes with its interval, and whether
// it rises or falls at all.
type Trend struct {
	Slope        float64 `json:"slopePerYear"` // Theil–Sen: median of pairwise slopes
	Low          float64 `json:"low"`          // 95 % interval by Sen (1968)
	High         float64 `json:"high"`
	Tau          float64 `json:"tau"` // Kendall's
	Z            float64 `json:"z"`
	P            float64 `json:"p"` // Mann–Kendall, two-sided, ties and autocorrelation of ranks corrected
	Observations int     `json:"observations"`
	Factor       float64 `json:"varianceFactor"` // of Hamed and Rao (1998), at least 1
}

const maxTrend = 2000 // points; more are averaged first

// trendOf needs eight points; x in years, rising. ok is false with fewer or when all x are
// the same.
func trendOf(x, y []float64) (Trend, bool) {
	x, y = thin(x, y)
	n := len(x)
	if n < 8 {
		return Trend{}, false
	}
	slopes := make([]float64, 0, n*(n-1)/2)
	s := 0.0
	for i := range n {
		for j := i + 1; j < n; j++ {
			if x[j] > x[i] {
				slopes = append(slopes, (y[j]-y[i])/(x[j]-x[i]))
			}
			s += sign(y[j] - y[i])
		}
	}
	if len(slopes) == 0 {
		return Trend{}, false
	}
	slices.Sort(slopes)
	variance := float64(n*(n-1)*(2*n+5)) / 18
	for _, t := range ties(y) {
		variance -= t * (t - 1) * (2*t + 5) / 18
	}
	t := Trend{Slope: quantile(slopes, 0.5), Observations: n, Tau: s / (float64(n*(n-1)) / 2), Factor: 1, P: 1}
	t.Factor = hamedRao(y, x, t.Slope)
	sd := math.Sqrt(math.Max(variance*t.Factor, 0))
	if sd > 0 && s != 0 {
		t.Z = (s - sign(s)) / sd // continuity correction
		t.P = 2 * distuv.UnitNormal.Survival(math.Abs(t.Z))
	}
	c := 1.959963984540054 * sd
	m := float64(len(slopes))
	t.Low, t.High = quantileAt(slopes, (m-c)/2), quantileAt(slopes, (m+c)/2+1)
	return t, true
}

// hamedRao widens the variance for the autocorrelation of the ranks of what the trend leaves
// (Hamed and Rao 1998, Journal of Hydrology 204), significant lags alone.
func hamedRao(y, x []float64, slope float64) float64 {
	n := len(y)
	r := make([]float64, n)
	for i := range y {
		r[i] = y[i] - slope*x[i]
	}
	r = ranks(r)
	mean, all := float64(n+1)/2, 0.0
	for _, v := range r {
		all += (v - mean) * (v - mean)
	}
	if all == 0 {
		return 1
	}
	sum, f := 0.0, float64(n)
	for k := 1; k < min(n-2, 60); k++ {
		c := 0.0
		for i := k; i < n; i++ {
			c += (r[i] - mean) * (r[i-k] - mean)
		}
		c /= all
		if math.Abs(c) < 1.96/math.Sqrt(f) {
			continue
		}
		d := f - float64(k)
		sum += d * (d - 1) * (d - 2) * c
	}
	return math.Max(1, 1+2/(f*(f-1)*(f-2))*sum)
}

func ranks(v []float64) []float64 {
	at := make([]int, len(v))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int {
		if v[a] < v[b] {
			return -1
		} else if v[a] > v[b] {
			return 1
		}
		return 0
	})
	out := make([]float64, len(v))
	for i := 0; i < len(at); {
		e := i
		for e+1 < len(at) && v[at[e+1]] == v[at[i]] {
			e++
		}
		for k := i; k <= e; k++ {
			out[at[k]] = float64(i+e)/2 + 1
		}
		i = e + 1
	}
	return out
}

// ties are the sizes of groups of equal values.
func ties(v []float64) []float64 {
	s := slices.Sorted(slices.Values(v))
	var list []float64
	for i := 0; i < len(s); {
		e := i
		for e+1 < len(s) && s[e+1] == s[i] {
			e++
		}
		if e > i {
			list = append(list, float64(e-i+1))
		}
		i = e + 1
	}
	return list
}

// thin averages neighbours until at most maxTrend points are left.
func thin(x, y []float64) ([]float64, []float64) {
	k := (len(x) + maxTrend - 1) / maxTrend
	if k <= 1 {
		return x, y
	}
	var a, b []float64
	for i := 0; i < len(x); i += k {
		e := min(i+k, len(x))
		a, b = append(a, average(x[i:e])), append(b, average(y[i:e]))
	}
	return a, b
}

func average(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

func sign(x float64) float64 {
	if x > 0 {
		return 1
	} else if x < 0 {
		return -1
	}
	return 0
}

// quantile of sorted values, between neighbours.
func quantile(v []float64, q float64) float64 { return quantileAt(v, q*float64(len(v)-1)+1) }

// quantileAt is the value of rank r, from 1, between neighbours.
func quantileAt(v []float64, r float64) float64 {
	r = math.Min(math.Max(r, 1), float64(len(v)))
	i := int(r)
	if i >= len(v) {
		return v[len(v)-1]
	}
	return v[i-1] + (r-float64(i))*(v[i]-v[i-1])
}
