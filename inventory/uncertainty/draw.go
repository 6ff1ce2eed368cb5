package uncertainty

import (
	"hash/fnv"
	"math"
)

// Shape is the form of a distribution. All have mean 1 and a standard deviation of the
// term's uncertainty / 1.96.
type Shape string

// The shapes.
const (
	Normal     Shape = "normal"
	Lognormal  Shape = "lognormal"  // where the uncertainty is large and the quantity cannot be negative
	Uniform    Shape = "uniform"    // between the limits of an accuracy class
	Triangular Shape = "triangular" // an expert's least, likeliest and most
)

// stream is a stream of draws that belongs to a seed and a term. A draw follows from its
// number alone, so that the figures do not depend on who draws first, on the number of
// workers or on the other terms.
//
// The generator is SplitMix64, whose state is a counter: G. L. Steele, D. Lea and C. H.
// Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
type stream uint64

func newStream(seed uint64, term string) stream {
	h := fnv.New64a()
	_, _ = h.Write([]byte(term)) // never fails
	return stream(mix(mix(seed+gamma) ^ h.Sum64()))
}

// gamma is 2^64 over the golden ratio, odd.
const gamma = 0x9e3779b97f4a7c15

// mix is the finalizer of SplitMix64.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// uniform is draw i, in the middle of one of 2^53 equal parts of (0, 1): never 0 or 1.
func (s stream) uniform(i uint64) float64 {
	return (float64(mix(uint64(s)+(i+1)*gamma)>>11) + 0.5) / (1 << 53)
}

// source draws the relative deviation of a term from its mean.
type source struct {
	stream stream
	shape  Shape
	sd     float64
	scale  float64 // of the shape's own parameter
	most   float64 // largest deviation; +Inf where there is none
}

func newSource(seed uint64, t Term) source {
	s := source{stream: newStream(seed, t.ID), shape: t.Shape, sd: t.Uncertainty / coverage, most: math.Inf(1)}
	if t.Most > 0 {
		s.most = t.Most - 1
	}
	switch t.Shape {
	case Uniform:
		s.scale = s.sd * math.Sqrt(3)
	case Triangular:
		s.scale = s.sd * math.Sqrt(6)
	case Lognormal: // mean 1: σ² = ln(1 + sd²), μ = −σ²/2
		s.scale = math.Sqrt(math.Log1p(s.sd * s.sd))
	default:
		s.scale = s.sd
	}
	return s
}

// fill draws the deviations of draws first, first+1, …, each by the inverse of the
// distribution function.
func (s source) fill(into []float64, first int) {
	for b := range into {
		u := s.stream.uniform(uint64(first + b))
		into[b] = math.Min(s.quantile(u), s.most)
	}
}

// quantile is the deviation that is exceeded with probability 1−u.
func (s source) quantile(u float64) float64 {
	switch s.shape {
	case Uniform:
		return s.scale * (2*u - 1)
	case Triangular:
		if u < 0.5 {
			return s.scale * (math.Sqrt(2*u) - 1)
		}
		return s.scale * (1 - math.Sqrt(2*(1-u)))
	case Lognormal:
		return math.Expm1(s.scale*standard(u) - s.scale*s.scale/2)
	default:
		return s.scale * standard(u)
	}
}

// standard is the quantile of the standard normal distribution.
func standard(u float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*u) }
