package accounting

import (
	"fmt"

	"lingtan/period"
	"lingtan/usage"
)

// Declared is a revision of a record by which a member declares an amount for a span of
// days, as it was known when it was accounted. Activity.Amount is of the whole span.
type Declared struct {
	Activity Activity `json:"activity"`
	Revision int64    `json:"revision"`
	First    string   `json:"first"` // civil days, both included
	Last     string   `json:"last"`
	Note     string   `json:"note,omitempty"`
}

// Within is what of the record belongs to the days [first, last]: the amount by the
// share of its days that lie there. days of all are those counts; days is 0 where none
// lies there. Errors: days that are none, or that end before they begin.
func (d Declared) Within(first, last period.Day) (act Activity, days, all int, err error) {
	from, err := period.ParseDay(d.First)
	if err != nil {
		return act, 0, 0, fmt.Errorf("record %s: %w", d.Activity.Record, err)
	}
	to, err := period.ParseDay(d.Last)
	if err != nil || to < from {
		return act, 0, 0, fmt.Errorf("record %s: %w: %s to %s", d.Activity.Record, period.ErrSyntax, d.First, d.Last)
	}
	all, days = int(to-from)+1, max(0, int(min(to, last)-max(from, first))+1)
	act = d.Activity
	if days != all {
		a, n := act.Amount, float64(all)
		act.Amount = usage.Totals{Measured: a.Measured * float64(days) / n, Estimated: a.Estimated * float64(days) / n, Edited: a.Edited * float64(days) / n}
	}
	return act, days, all, nil
}
