package forecast

import "math"

// Score tells how good forecasts were, over the targets whose value is known.
//
// MAE and RMSE are in the series' unit. NMAE is Σ|error| / Σ|value|, also called WAPE. MAPE is
// the mean of |error| / |value| over values that are at least a hundredth of the mean one, since it
// has no meaning near zero. Bias is Σ(forecast − value) / Σ|value|. Pinball is the mean pinball loss over
// the quantiles (R. Koenker, G. Bassett, Econometrica 46 (1978)). Coverage is the share of values
// within the interval from the first to the last quantile where there is one (at night a PV plant's
// is a point), Nominal what it ought to be, Width the interval's mean width over the mean |value|. A figure that cannot be computed is null.
type Score struct {
	Targets  int      `json:"targets"` // compared
	Missing  int      `json:"missing"` // values that were known and had no forecast
	MAE      *float64 `json:"mae"`
	RMSE     *float64 `json:"rmse"`
	MAPE     *float64 `json:"mape"`
	NMAE     *float64 `json:"nmae"`
	Bias     *float64 `json:"bias"`
	Pinball  *float64 `json:"pinball"`
	Coverage *float64 `json:"coverage"`
	Nominal  float64  `json:"nominal_coverage"`
	Width    *float64 `json:"width"`
	Skill    *float64 `json:"skill"` // 1 − MAE over that of the better naive model
	Leads    []lead   `json:"leads"` // the same by how far ahead
}

// lead is a part of a score: targets more than From and at most To hours ahead.
type lead struct {
	From     float64  `json:"from_hours"`
	To       float64  `json:"to_hours"`
	Targets  int      `json:"targets"`
	MAE      *float64 `json:"mae"`
	Coverage *float64 `json:"coverage"`
}

// tally sums what a score is made of.
type tally struct {
	n, missing, relative, told              int
	banded, inside                          int
	abs, square, error, size, ratio, losses float64
	width, bandedSize                       float64
	floor                                   float64 // of values in MAPE
}

func (s *tally) add(value, forecast float64, quantiles, levels []float64) {
	if math.IsNaN(value) {
		return
	}
	if math.IsNaN(forecast) {
		s.missing++
		return
	}
	e := forecast - value
	s.n++
	s.abs += math.Abs(e)
	s.square += e * e
	s.error += e
	s.size += math.Abs(value)
	if math.Abs(value) >= s.floor && value != 0 {
		s.ratio += math.Abs(e / value)
		s.relative++
	}
	if len(quantiles) == 0 {
		return
	}
	for k, q := range quantiles {
		s.losses += pinball(value, q, levels[k]) / float64(len(quantiles))
	}
	s.told++
	lo, hi := quantiles[0], quantiles[len(quantiles)-1]
	if !(hi > lo) {
		return
	}
	s.banded++
	if value >= lo && value <= hi {
		s.inside++
	}
	s.width += hi - lo
	s.bandedSize += math.Abs(value)
}

// pinball is the loss of quantile q of a level: level·(v−q) above it, (1−level)·(q−v) below.
func pinball(v, q, level float64) float64 {
	return max(level*(v-q), (level-1)*(v-q))
}

func (s *tally) score(levels []float64) Score {
	n := float64(s.n)
	c := Score{Targets: s.n, Missing: s.missing, MAE: over(s.abs, n), MAPE: over(s.ratio, float64(s.relative)), NMAE: over(s.abs, s.size), Bias: over(s.error, s.size),
		Pinball: over(s.losses, float64(s.told)), Coverage: over(float64(s.inside), float64(s.banded)), Width: over(s.width, s.bandedSize)}
	if s.n > 0 {
		r := math.Sqrt(s.square / n)
		c.RMSE = &r
	}
	if len(levels) > 1 {
		c.Nominal = levels[len(levels)-1] - levels[0]
	}
	return c
}

// over is a ratio, nil where there is none.
func over(a, b float64) *float64 {
	x := a / b
	if b == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
