package tariff

import (
	"errors"
	"fmt"
	"math"
)

// ErrBill says that a bill cannot be computed from what is given.
var ErrBill = errors.New("bill")

// Ratchet says how a month's billed demand follows the demand of other months.
type Ratchet struct {
	Share  float64 // of the highest demand looked back at, [0, 1]
	Months []int   // calendar months (1 to 12) of the year looked at; nil with Back 0: no ratchet
	Back   int     // instead: so many months before each, round the year; 0 to 12
}

// BilledDemand is the demand in kW that each month of a year is billed for: its own peak,
// or the ratchet's share of the highest peak looked back at, whichever is more.
//
//	billed_m = max(peak_m, share · max peak_k over the months k looked back at)
//
// Source: REopt.jl (NREL), src/core/electric_tariff.jl: demand lookback months, range and
// percent.
func (r Ratchet) BilledDemand(peaks [12]float64) ([12]float64, error) {
	if !(r.Share >= 0 && r.Share <= 1) || r.Back < 0 || r.Back > 12 || r.Back > 0 && len(r.Months) > 0 {
		return peaks, fmt.Errorf("%w: ratchet of %g over %d months back or the months %v; a share from 0 to 1, and either of the two", ErrBill, r.Share, r.Back, r.Months)
	}
	for m, kw := range peaks {
		if !(kw >= 0) || math.IsInf(kw, 0) {
			return peaks, fmt.Errorf("%w: the peak of month %d is %g kW; it must be known and not below 0", ErrBill, m+1, kw)
		}
	}
	billed := peaks
	for m := range billed {
		for _, k := range r.looked(m) {
			if k < 0 || k > 11 {
				return peaks, fmt.Errorf("%w: ratchet looks at month %d; from 1 to 12", ErrBill, k+1)
			}
			billed[m] = math.Max(billed[m], r.Share*peaks[k])
		}
	}
	return billed, nil
}

// looked are the months, from 0, that month m looks at.
func (r Ratchet) looked(m int) []int {
	var list []int
	for _, k := range r.Months {
		list = append(list, k-1)
	}
	for b := 1; b <= r.Back; b++ {
		list = append(list, (m-b+24)%12)
	}
	return list
}

// Tiers are the prices of a quantity by how much of it there is: what lies in tier i, up to
// its Limit, costs its Price.
type Tiers []struct {
	Limit float64 // upper end of the tier, rising; the last may be +Inf
	Price float64 // money per unit
}

// Cost is Σ price · (part of the amount in the tier). An amount above the last limit has no
// price: ErrBill.
func (t Tiers) Cost(amount float64) (float64, error) {
	if !(amount >= 0) {
		return 0, fmt.Errorf("%w: amount %g; it must be known and not below 0", ErrBill, amount)
	}
	var sum, from float64
	for i, tier := range t {
		if !(tier.Limit > from) {
			return 0, fmt.Errorf("%w: tier %d ends at %g, not above %g", ErrBill, i, tier.Limit, from)
		}
		if amount <= from {
			break
		}
		sum += tier.Price * (math.Min(amount, tier.Limit) - from)
		from = tier.Limit
	}
	if amount > from && (len(t) == 0 || !math.IsInf(from, 1)) {
		return 0, fmt.Errorf("%w: %g lies above the last tier, which ends at %g; add a tier", ErrBill, amount, from)
	}
	return sum, nil
}

// CoincidentCost is the cost of the highest load within the steps that a grid's own peak
// fell in, counted from 0. ErrBill names a step without a load.
func (t Tiers) CoincidentCost(load []float64, steps []int) (float64, error) {
	var peak float64
	for _, k := range steps {
		if k < 0 || k >= len(load) || !(load[k] >= 0) {
			return 0, fmt.Errorf("%w: coincident peak: there is no load in step %d", ErrBill, k)
		}
		peak = math.Max(peak, load[k])
	}
	return t.Cost(peak)
}
