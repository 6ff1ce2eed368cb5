package uncertainty

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"lingtan/accounting"
	"lingtan/park"
	"lingtan/usage"
)

// assumed is an uncertainty that nobody stated, with where it is taken from; known says that
// it follows from what the park file states of a meter.
type assumed struct {
	uncertainty float64
	shape       Shape
	basis       park.Name
	known       bool
}

// classes are the largest errors, in percent of the value, that GB 17167-2006 (table 4) lets
// the meters of an energy user have; the weakest class that it allows for the carrier, where the
// park file states no accuracy of the register.
var classes = map[string]float64{
	"electricity": 2.0, // class of users IV and V, such as below 315 kVA
	"natural_gas": 2.0,
	"steam":       2.5,
	"heat":        2.5,
	"water":       2.5,
}

// weakest stands where the standard names no class of the carrier.
const weakest = 2.5

// The uncertainties of amounts that no meter gave, from the table of activity data of stationary
// combustion (2006 IPCC Guidelines, vol. 2, table 2.15, other industrial combustion, well
// developed statistics): surveys 3–5 %, extrapolations 5–10 %; the larger end.
const (
	surveyed     = 0.05
	extrapolated = 0.10
)

// ofShape is the distribution of an uncertainty: lognormal above 30 %, where a normal one
// would give negative quantities (2006 IPCC Guidelines, vol. 1, ch. 3, on choosing a distribution).
func ofShape(uncertainty float64) Shape {
	if uncertainty > 0.3 {
		return Lognormal
	}
	return Normal
}

// meterAssumed is what a register's total is assumed to be known to: its class for what was
// measured, a survey's uncertainty for what was edited and an extrapolation's for what was
// estimated, by their shares as independent parts (equation 3.2). Within the limits of error every
// error is as likely as another: sd = limit / √3 (JCGM 100:2008, 4.3.7).
func meterAssumed(r park.Register, t usage.Totals) assumed {
	a := accuracyOf(r)
	all := math.Abs(t.Measured) + math.Abs(t.Estimated) + math.Abs(t.Edited)
	if all == 0 || t.Estimated == 0 && t.Edited == 0 {
		return a
	}
	m, e, d := math.Abs(t.Measured)/all, math.Abs(t.Estimated)/all, math.Abs(t.Edited)/all
	a.uncertainty = math.Sqrt(square(m*a.uncertainty) + square(e*extrapolated) + square(d*surveyed))
	a.shape, a.known = Normal, false
	a.basis.ZH += fmt.Sprintf("；估计 %.2g %% 按 ±10 %%、人工修正 %.2g %% 按 ±5 %%（IPCC 2006 第 2 卷表 2.15）", 100*e, 100*d)
	a.basis.EN += fmt.Sprintf("; %.2g %% estimated at ±10 %%, %.2g %% edited at ±5 %% (2006 IPCC Guidelines, vol. 2, table 2.15)", 100*e, 100*d)
	return a
}

// accuracyOf is what follows from the limits of error of a register's meter: those that the park
// file states, else the weakest class that the carrier's meters may have.
func accuracyOf(r park.Register) assumed {
	a := assumed{shape: Uniform}
	limit, stated, err := r.ErrorLimit()
	if a.known = stated && err == nil; a.known {
		a.basis = park.Name{
			ZH: fmt.Sprintf("园区文件载明准确度 %s：误差限 ±%.4g %%，误差在限内均匀分布", r.Accuracy, limit),
			EN: fmt.Sprintf("accuracy %s in the park file: limits of error ±%.4g %%, any error within them as likely", r.Accuracy, limit)}
	} else {
		if limit = classes[r.Carrier]; limit == 0 {
			limit = weakest
		}
		a.basis = park.Name{
			ZH: fmt.Sprintf("未声明：按 GB 17167-2006 表 4 允许的最低准确度等级 %g，误差在等级内均匀分布", limit),
			EN: fmt.Sprintf("not stated: weakest class that GB 17167-2006, table 4, allows, %g, any error within it as likely", limit)}
	}
	a.uncertainty = limit / 100 / math.Sqrt(3) * coverage
	return a
}

// amountAssumed is what an amount without a meter is assumed to be known to.
func amountAssumed(t usage.Totals) assumed {
	all := math.Abs(t.Measured) + math.Abs(t.Estimated) + math.Abs(t.Edited)
	share := 0.0
	if all > 0 {
		share = math.Abs(t.Estimated) / all
	}
	u := math.Sqrt(square((1-share)*surveyed) + square(share*extrapolated))
	return assumed{uncertainty: u, shape: Normal, basis: park.Name{
		ZH: fmt.Sprintf("未声明：按 IPCC 2006 第 2 卷表 2.15（其他工业燃烧），调查数据 ±5 %%、估计 ±10 %%（占 %.2g %%）；非燃料类比采用", 100*share),
		EN: fmt.Sprintf("not stated: 2006 IPCC Guidelines, vol. 2, table 2.15, other industry: surveys ±5 %%, extrapolations ±10 %% (%.2g %% of it); other than fuels by analogy", 100*share)}}
}

// fuelBounds are the uncertainties of default net calorific values and carbon contents by
// group of fuels: the 95 % limits of a fuel of the group in the 2006 IPCC Guidelines, vol. 2,
// tables 1.2 and 1.3, rounded up.
var fuelBounds = map[string]struct {
	ncv, cc float64
	of      string
}{
	"gas":    {0.05, 0.04, "natural gas 46.5–50.4 TJ/Gg, 14.8–15.9 kgC/GJ"},
	"liquid": {0.04, 0.02, "gas/diesel oil 41.4–43.3 TJ/Gg, 19.8–20.4 kgC/GJ"},
	"solid":  {0.24, 0.06, "other bituminous coal 19.9–30.5 TJ/Gg, 24.4–27.2 kgC/GJ"},
}

var (
	gases   = []string{"natural_gas", "lng", "cog", "bfg", "ldg", "carbide_gas", "other_gas", "producer_gas", "refinery_gas", "semi_coke_gas"}
	liquids = []string{"benzol", "coal_tar", "crude", "diesel", "fuel_oil", "gasoline", "jet_kerosene", "kerosene", "lpg", "naphtha", "other_petro"}
)

// fuelGroup is the group of an item of the factor library; what is not known goes with the
// solids, whose bounds are the widest.
func fuelGroup(item string) string {
	switch {
	case slices.Contains(gases, item):
		return "gas"
	case slices.Contains(liquids, item):
		return "liquid"
	}
	return "solid"
}

// oxidized is half the width of what a share may be: for the oxidation of coal the Revised 1996
// IPCC Guidelines took 0.98 by default and the 2006 Guidelines take 1; other shares by analogy.
const oxidized = 0.02

// shares are the roles that cannot exceed 1.
var shares = []string{"of", "purity", "conversion", "share"}

// exact are the roles that are constants by convention or chemistry.
var exact = map[string]park.Name{
	"gwp":   {ZH: "全球变暖潜势是报告的约定值，视为精确", EN: "a warming potential is a convention of reporting, taken as exact"},
	"ratio": {ZH: "化学计量比，视为精确", EN: "a stoichiometric ratio, taken as exact"},
}

// factorAssumed is what a factor is assumed to be known to: a constant exactly, a fuel's value
// by the limits of the IPCC, a share by what it can still be, and anything else by its pedigree.
func factorAssumed(e accounting.Entry, f accounting.Applied, item string, scores []Score) assumed {
	if why, ok := exact[f.Role]; ok {
		return assumed{shape: Normal, basis: why}
	}
	b := fuelBounds[fuelGroup(item)]
	fuel := func(u float64) assumed {
		return assumed{uncertainty: u, shape: Normal, basis: park.Name{
			ZH: fmt.Sprintf("未声明：按 IPCC 2006 第 2 卷表 1.2、1.3 的 95 %% 界限（%s）", b.of),
			EN: fmt.Sprintf("not stated: 95 %% limits of the 2006 IPCC Guidelines, vol. 2, tables 1.2 and 1.3 (%s)", b.of)}}
	}
	switch {
	case f.Role == "ncv":
		return fuel(b.ncv)
	case f.Role == "cc" && e.Formula == "fuel_combustion":
		return fuel(b.cc)
	case slices.Contains(shares, f.Role):
		return shareAssumed(f)
	}
	u := pedigreeUncertainty(scores)
	var levels []string
	for _, s := range scores {
		levels = append(levels, fmt.Sprint(s.Level))
	}
	at := strings.Join(levels, ",")
	return assumed{uncertainty: u, shape: ofShape(u), basis: park.Name{
		ZH: fmt.Sprintf("未声明：按谱系（可靠性、时间、地域、技术 %s）及 ecoinvent 3 数据质量导则（Weidema 等 2013，第 10 章）的方差", at),
		EN: fmt.Sprintf("not stated: pedigree (reliability, time, geography, technology %s) with the variances of the ecoinvent 3 data quality guideline (Weidema et al. 2013, ch. 10)", at)}}
}

// shareAssumed lets a share vary by 2 points, and no further than 1.
func shareAssumed(f accounting.Applied) assumed {
	v := f.Value
	if f.Unit == "%" {
		v /= 100
	}
	width := 0.0
	if v > 0 && v < 1 {
		width = math.Min(oxidized, 1-v) / v
	}
	return assumed{uncertainty: width / math.Sqrt(6) * coverage, shape: Triangular, basis: park.Name{
		ZH: "未声明：份额在 ±2 个百分点且不超过 1 的三角分布（IPCC 1996 与 2006 对煤炭氧化率缺省值之差；等于 1 时视为精确）",
		EN: "not stated: triangular within ±2 points and up to 1 (the defaults of oxidation of coal in the 1996 and 2006 IPCC Guidelines differ by that; 1 is taken as exact)"}}
}

// pedigreeUncertainty is 1.96 standard deviations of a lognormal quantity with the basic variance
// of energy and carbon dioxide and the additional ones of its pedigree.
func pedigreeUncertainty(scores []Score) float64 {
	variance := basicVariance
	for _, s := range scores {
		variance += pedigreeVariance[s.Indicator][s.Level-1]
	}
	return coverage * math.Sqrt(math.Expm1(variance))
}

// basicVariance and pedigreeVariance are of the logarithm, by level 1 to 5: B. P. Weidema et al.,
// "Overview and methodology: data quality guideline for the ecoinvent database version 3",
// ecoinvent report 1 (v3), 2013, chapter 10.
const basicVariance = 0.0006

var pedigreeVariance = map[string][5]float64{
	reliability:  {0, 0.0006, 0.002, 0.008, 0.04},
	completeness: {0, 0.0001, 0.0006, 0.002, 0.008},
	timeliness:   {0, 0.0002, 0.002, 0.008, 0.04},
	geography:    {0, 0.000025, 0.0001, 0.0006, 0.002},
	technology:   {0, 0.0006, 0.008, 0.04, 0.12},
}

func square(x float64) float64 { return x * x }
