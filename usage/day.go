// Package usage settles readings into amounts per settlement interval: it
// validates what meters said, estimates what they did not say within stated
// limits, applies what a person edited, and never lets a gap become a zero.
package usage

import (
	"lingtan/meter"
	"lingtan/period"
)

// Day is the settled usage of one register over one civil day of the park's
// zone: the unit of storage, of restatement and of evidence. A late sample makes
// a new revision of the days it touches and of no others.
type Day struct {
	Key        string
	Day        period.Day
	Revision   uint16          // 0 as first settled, then 1, 2, …
	RecordedAt int64           // Unix milliseconds UTC at which this revision became known
	Amount     []float64       // one per settlement interval (92, 96 or 100 for quarter hours); NaN never; 0 where Missing
	Quality    []meter.Quality // one per interval; nil when all are Measured
	Coverage   []uint8         // percent of the interval covered by readings; nil when all are 100
	Readings   uint32          // number of readings that the day was settled from
	Digest     [32]byte        // SHA-256 of those readings in their canonical form (see ReadingDigest)
}

// At is the quality of interval i.
func (d Day) At(i int) meter.Quality {
	if d.Quality == nil {
		return meter.Measured
	}
	return d.Quality[i]
}

// Totals are a day's or a period's amounts by quality, in the register's settle unit.
type Totals struct {
	Measured  float64 `json:"measured"`
	Estimated float64 `json:"estimated"`
	Edited    float64 `json:"edited"`
	Intervals int     `json:"intervals"` // settlement intervals in the period
	Missing   int     `json:"missing"`   // of them without any amount
}

// Total is the known amount; it says nothing of the Missing intervals.
func (t Totals) Total() float64 { return t.Measured + t.Estimated + t.Edited }

// Add sums o into t.
func (t *Totals) Add(o Totals) {
	t.Measured += o.Measured
	t.Estimated += o.Estimated
	t.Edited += o.Edited
	t.Intervals += o.Intervals
	t.Missing += o.Missing
}

// Totals sums the day by quality, in the order of the intervals.
func (d Day) Totals() Totals {
	t := Totals{Intervals: len(d.Amount)}
	if d.Quality == nil {
		for _, a := range d.Amount {
			t.Measured += a
		}
		return t
	}
	for i, a := range d.Amount {
		switch d.Quality[i].Base() {
		case meter.Measured:
			t.Measured += a
		case meter.Estimated:
			t.Estimated += a
		case meter.Edited:
			t.Edited += a
		default:
			t.Missing++
		}
	}
	return t
}

// Finding is what validation found at a register and what was done about it.
type Finding struct {
	Key       string  `json:"register"`
	Rule      string  `json:"rule"` // range, spike, flat, sum, negative, drift, duplicate, order, late, gap, rollover, reset, exchange, overlap
	From      int64   `json:"from"` // Unix milliseconds UTC, inclusive
	To        int64   `json:"to"`   // exclusive
	Count     int     `json:"count"`
	Value     float64 `json:"value"`     // the offending value, or the largest of them
	Limit     float64 `json:"limit"`     // what it was held against
	Treatment string  `json:"treatment"` // kept, flagged, estimated, dropped, missing
	Detail    string  `json:"detail"`
}

// Query asks for settled days [First, Last] of registers of a park as known at a
// recorded time: of each day the highest revision recorded at or before it.
type Query struct {
	Park        string
	Keys        []string // empty: all of the park
	First, Last period.Day
	AsKnownAt   int64 // Unix milliseconds; 0 = now
}

// FindingCount is how many findings of a rule there are that were treated in one way,
// and at how many registers.
type FindingCount struct {
	Rule      string
	Treatment string
	Findings  int
	Registers int
}
