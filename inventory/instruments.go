package inventory

import (
	"fmt"
	"math"
	"time"

	"lingtan/accounting"
	"lingtan/park"
	"lingtan/period"
)

// purchased is the source activity that contractual instruments cover.
const purchased = "purchased_electricity"

// instruments shares each organization's instruments of the period over what it
// took from the grid. An instrument counts when its own period lies within the
// inventory's; what exceeds the electricity taken is not used and is noted.
func instruments(doc *park.Document, p Period, acts []accounting.Activity) (map[string][]accounting.Cover, []park.Name, error) {
	first, err := period.ParseDay(p.First)
	if err != nil {
		return nil, nil, err
	}
	last, err := period.ParseDay(p.Last)
	if err != nil {
		return nil, nil, err
	}
	left := map[string]float64{} // kWh not yet covered
	taken := map[string]float64{}
	for _, a := range acts {
		if a.Kind == purchased && a.Place != accounting.Exported {
			taken[a.Organization] += a.Amount.Total()
			left[a.Organization] += a.Amount.Total()
		}
	}
	covers := map[string][]accounting.Cover{}
	var notes []park.Name
	for _, x := range doc.Instruments {
		span, err := period.Parse(x.Period, time.UTC)
		if err != nil {
			return nil, nil, fmt.Errorf("instrument %s: %w", x.ID, err)
		}
		from, to := period.DayOf(span.From, time.UTC), period.DayOf(span.To.Add(-1), time.UTC)
		if from < first || to > last {
			if from <= last && to >= first {
				notes = append(notes, park.Name{ZH: fmt.Sprintf("合同工具 %s 的期间 %s 超出本清单，未计入；它计入覆盖该期间的清单。", x.ID, x.Period), EN: fmt.Sprintf("Instrument %s is of %s, beyond this inventory, and not used here; it counts in an inventory that holds its whole period.", x.ID, x.Period)})
			}
			continue
		}
		used := math.Min(x.MWh*1000, left[x.Organization])
		if rest := x.MWh*1000 - used; rest > 0 {
			notes = append(notes, park.Name{ZH: fmt.Sprintf("合同工具 %s 有 %.3f MWh 超出用电量，未计入。", x.ID, rest/1000), EN: fmt.Sprintf("Instrument %s: %.3f MWh exceed the electricity taken and are not used.", x.ID, rest/1000)})
		}
		if used <= 0 {
			continue
		}
		left[x.Organization] -= used
		covers[x.Organization] = append(covers[x.Organization], accounting.Cover{Instrument: x.ID, Share: used / taken[x.Organization], Factor: x.Factor, Evidence: x.Evidence})
	}
	return covers, notes, nil
}
