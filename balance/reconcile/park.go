package reconcile

import "time"

// OfPark is the network of a park with its metered flows of a period raw and reconciled,
// and what was assumed of each meter.
type OfPark struct {
	Park   string          `json:"park"`
	Period string          `json:"period"`
	From   time.Time       `json:"from"`
	To     time.Time       `json:"to"`
	Result *Result         `json:"result"`
	Meters []MeterAccuracy `json:"meters"` // in the order of Result.Flows
}

// MeterAccuracy is how well the amount of a flow is taken to be known.
type MeterAccuracy struct {
	Flow      string  `json:"flow"`
	Register  string  `json:"register,omitempty"` // empty: a closing edge, which no meter reads
	Accuracy  float64 `json:"accuracy"`           // limit of error, percent
	Assumed   bool    `json:"assumed"`            // the park file states none: assumed by carrier
	Estimated float64 `json:"estimated"`          // share of the amount that was estimated or edited, 0 to 1
	Missing   int     `json:"missing"`            // intervals without an amount: then the flow counts as not metered
}
