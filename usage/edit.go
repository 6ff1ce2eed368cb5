package usage

// Edit is a person's replacement of what the readings say (or do not say) over a
// span: Amount is spread evenly over the settlement intervals in [From, To).
type Edit struct {
	Key        string  `json:"register"`
	From       int64   `json:"from"`   // Unix milliseconds UTC, on a settlement boundary
	To         int64   `json:"to"`     // exclusive
	Amount     float64 `json:"amount"` // total over the span, in the register's settle unit
	Who        string  `json:"who"`    // the person who edits; never empty
	Reason     string  `json:"reason"` // why; never empty
	RecordedAt int64   `json:"recordedAt"`
}
