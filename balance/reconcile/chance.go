package reconcile

import "math"

// exceeded is the probability that a chi-square variable with n degrees of freedom
// exceeds x ≥ 0: the regularised upper incomplete gamma function Q(n/2, x/2).
//
// Abramowitz and Stegun 1964, 26.4.19; the series 6.5.29 below the mean, the continued
// fraction 6.5.31 (by Lentz) above it.
func exceeded(x float64, n int) float64 {
	if x <= 0 || n <= 0 {
		return 1
	}
	a, h := float64(n)/2, x/2
	lg, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(h) - h - lg)
	if h < a+1 {
		sum, term := 1/a, 1/a
		for k := 1.0; k < 10_000 && term > sum*1e-16; k++ {
			term *= h / (a + k)
			sum += term
		}
		return math.Max(0, 1-front*sum)
	}
	const tiny = 1e-300
	b := h + 1 - a
	c, d := 1/tiny, 1/b
	f := d
	for k := 1.0; k < 10_000; k++ {
		an := -k * (k - a)
		b += 2
		d = 1 / math.Max(tiny, an*d+b)
		c = math.Max(tiny, b+an/c)
		f *= c * d
		if math.Abs(c*d-1) < 1e-15 {
			break
		}
	}
	return front * f
}

// chiSquare is the value that a chi-square variable with n ≥ 1 degrees of freedom
// exceeds with probability 1 − level.
func chiSquare(level float64, n int) float64 {
	low, high := 0.0, float64(n)+10
	for exceeded(high, n) > 1-level {
		high *= 2
	}
	for range 200 {
		mid := (low + high) / 2
		if exceeded(mid, n) > 1-level {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// sidak is the two-sided critical value of n tests of a standard normal variable that
// together err with probability 1 − level (Šidák 1967; Mah and Tamhane 1982).
func sidak(level float64, n int) float64 {
	each := -math.Expm1(math.Log(level) / float64(max(1, n)))
	return math.Sqrt2 * math.Erfcinv(each)
}
