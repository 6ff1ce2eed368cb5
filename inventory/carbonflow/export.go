package carbonflow

import (
	"context"
	"time"

	"lingtan/balance"
	"lingtan/flow/carbon"
	"lingtan/inventory"
	"lingtan/inventory/traced"
	"lingtan/park"
	"lingtan/usage"
)

// Recorded is a park's network with what ran through it in the settlement intervals of a period,
// as Trace traces it: amounts in the carriers' settle units, footprints in kgCO2 a unit.
type Recorded struct {
	Network   carbon.Network
	Intervals int
	Begins    time.Time
	Read      func(i int, f *carbon.Flows) error // fills in interval i; in order, once
}

// Record lays out the days of a view, with each source's footprint as the view accounts it.
// Errors: those of the balance and of the trace.
func Record(ctx context.Context, doc *park.Document, view *inventory.View, src inventory.UsageSource) (*Recorded, error) {
	pass, err := inventory.NewPass(doc)
	if err != nil {
		return nil, err
	}
	c := newTrace(pass.Network, view, doc, traced.New)
	if _, err := pass.Run(ctx, src, view.First, view.Last, 0, func(b *balance.Day, _ map[string]usage.Day) error {
		c.net.Take(b)
		return nil
	}); err != nil {
		return nil, err
	}
	if err := c.net.Open(c.rate); err != nil {
		return nil, err
	}
	return &Recorded{Network: c.net.Carbon, Intervals: c.net.Intervals(), Begins: view.First.Start(view.Profile.Zone), Read: c.net.Reader(c.rate)}, nil
}
