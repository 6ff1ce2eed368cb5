package diagnosis

import "slices"

// states are the two states that amounts fall into.
type states struct {
	threshold, low, high float64 // amounts an interval
	explained            float64 // share of the variance between the two
}

// bins of the histogram from which the states are told.
const bins = 256

// twoStates parts amounts at the threshold that explains most of their variance.
//
// Otsu, A threshold selection method from gray-level histograms, IEEE Transactions on
// Systems, Man and Cybernetics 9 (1979).
func twoStates(values []float64) states {
	low, high := slices.Min(values), slices.Max(values)
	if high <= low {
		return states{threshold: low}
	}
	var count, sum [bins]float64
	var total, squares float64
	for _, v := range values {
		b := min(int((v-low)/(high-low)*bins), bins-1)
		count[b]++
		sum[b] += v
		total += v
		squares += v * v
	}
	n := float64(len(values))
	variance := squares/n - total/n*total/n
	best := states{threshold: low}
	var below, under float64
	for b := range bins - 1 {
		below += count[b]
		under += sum[b]
		if below == 0 || below == n {
			continue
		}
		m0, m1 := under/below, (total-under)/(n-below)
		between := below / n * (1 - below/n) * (m1 - m0) * (m1 - m0)
		if variance > 0 && between/variance > best.explained {
			best = states{threshold: low + (high-low)*float64(b+1)/bins, low: m0, high: m1, explained: between / variance}
		}
	}
	return best
}

// quantile is the value below which a share q of the values lies, linear between two.
func quantile(values []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(values))
	if len(s) == 0 {
		return 0
	}
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}

func mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}
