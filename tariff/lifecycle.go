package tariff

import (
	"fmt"
	"math"
)

// Finance are the terms that an investment is judged by. Rates are shares a year.
type Finance struct {
	Years    int     // of the analysis, 1 to 100
	Discount float64 // nominal, after tax
	Tax      float64 // on income, [0, 1)
}

// PresentWorth is the worth today of one unit a year for n years that grows by the
// escalation and is discounted:
//
//	pwf = Σ_{y=1..n} ((1 + escalation) / (1 + discount))^y
//
// It is the annuity factor (x^n − 1)·x/(x − 1) with x = (1+e)/(1+d). Source: Short, Packey
// and Holt, "A Manual for the Economic Evaluation of Energy Efficiency and Renewable Energy
// Technologies", NREL/TP-462-5173, 1995, section 2.
func (f Finance) PresentWorth(escalation float64) float64 {
	x, sum, power := (1+escalation)/(1+f.Discount), 0.0, 1.0
	for range f.Years {
		power *= x
		sum += power
	}
	return sum
}

// Investment is what an asset costs over its life, per unit of size.
type Investment struct {
	Installed   float64   // money in year 0
	Rebate      float64   // money back in year 0
	Credit      float64   // investment tax credit, share of Installed, [0, 1]
	Schedule    []float64 // depreciation of each year, shares that sum to 1; nil: none
	Bonus       float64   // share depreciated at once in year 1, [0, 1]
	CreditBasis float64   // share of the credit that lessens what is depreciated, [0, 1]
	Replacement float64   // money in ReplaceYear
	ReplaceYear int       // 0: none
}

// NetPresentCost is what one unit of size costs today, after credit, depreciation and tax:
//
//	basis = installed·(1 − creditBasis·credit)
//	npc = installed − rebate − Σ_y tax·depreciation_y/(1+d)^y − credit·installed/(1+d)
//	      + (1 − tax)·replacement/(1+d)^year
//
// with bonus·basis more depreciated in year 1 and the schedule over the rest. Source: REopt.jl (NREL), src/core/utils.jl, effective_cost.
func (f Finance) NetPresentCost(x Investment) (float64, error) {
	if f.Years < 1 || f.Years > 100 || !(f.Discount > -1 && f.Tax >= 0 && f.Tax < 1) || x.ReplaceYear < 0 || x.ReplaceYear > f.Years {
		return 0, fmt.Errorf("%w: %d years at %g with tax %g, replaced in year %d; 1 to 100 years, tax from 0 to below 1, replaced within them", ErrBill, f.Years, f.Discount, f.Tax, x.ReplaceYear)
	}
	credit := x.Credit * x.Installed
	npc := x.Installed - x.Rebate - credit/(1+f.Discount)
	basis := x.Installed - x.CreditBasis*credit
	for y, share := range x.Schedule {
		written := share * basis * (1 - x.Bonus)
		if y == 0 {
			written += x.Bonus * basis
		}
		npc -= f.Tax * written / math.Pow(1+f.Discount, float64(y+1))
	}
	return npc + f.Replacement(x), nil
}

// Replacement is the worth today, after tax, of the replacement; 0 where there is none.
func (f Finance) Replacement(x Investment) float64 {
	if x.ReplaceYear == 0 {
		return 0
	}
	return (1 - f.Tax) * x.Replacement / math.Pow(1+f.Discount, float64(x.ReplaceYear))
}

// LifeCycle is the worth today, after tax, of a yearly bill over the analysis.
func (f Finance) LifeCycle(yearly, escalation float64) float64 {
	return yearly * f.PresentWorth(escalation) * (1 - f.Tax)
}
