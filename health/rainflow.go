package health

import (
	"cmp"
	"math"
	"slices"
)

// Cycle is a range that a series ran through, counted whole (1) or half (0.5).
type Cycle struct {
	Range float64 `json:"range"`
	Mean  float64 `json:"mean"`
	Count float64 `json:"count"`
}

// Rainflow counts the cycles of a series by ASTM E1049-85, 5.4.4: ranges of turning points,
// a half cycle where the range holds the first point or is left at the end. The cycles are
// in order of range and mean.
func Rainflow(series []float64) []Cycle {
	var stack []float64
	var list []Cycle
	add := func(a, b, count float64) { list = append(list, Cycle{math.Abs(a - b), (a + b) / 2, count}) }
	for _, p := range turningPoints(series) {
		stack = append(stack, p)
		for len(stack) >= 3 {
			n := len(stack)
			x, y := math.Abs(stack[n-1]-stack[n-2]), math.Abs(stack[n-2]-stack[n-3])
			if x < y {
				break
			}
			if n == 3 { // Y holds the start
				add(stack[0], stack[1], 0.5)
				stack = stack[1:]
				continue
			}
			add(stack[n-3], stack[n-2], 1)
			stack = append(stack[:n-3], stack[n-1])
		}
	}
	for i := 1; i < len(stack); i++ {
		add(stack[i-1], stack[i], 0.5)
	}
	slices.SortFunc(list, func(a, b Cycle) int {
		return cmp.Or(cmp.Compare(a.Range, b.Range), cmp.Compare(a.Mean, b.Mean), cmp.Compare(a.Count, b.Count))
	})
	return list
}

// turningPoints are the first value, the reversals and the last.
func turningPoints(v []float64) []float64 {
	var p []float64
	for _, x := range v {
		n := len(p)
		switch {
		case math.IsNaN(x) || n > 0 && x == p[n-1]:
		case n >= 2 && (p[n-1] > p[n-2]) == (x > p[n-1]): // the same way, whatever the step
			p[n-1] = x
		default:
			p = append(p, x)
		}
	}
	return p
}
