package node

import (
	"context"
	"fmt"

	"lingtan/inventory"
	"lingtan/inventory/carbonflow"
	"lingtan/park"
)

// CarbonFlow traces the carbon of a park's energy over a period, as known now, by steps
// of an hour, a day or a month.
func (n *Node) CarbonFlow(ctx context.Context, park, text, step string) (*carbonflow.Flow, error) {
	return n.carbonFlow(ctx, park, text, step, carbonflow.Trace)
}

// tracing is a way to trace: through conversions, or apart from them.
type tracing func(context.Context, *park.Document, *inventory.View, inventory.UsageSource, string, int) (*carbonflow.Flow, error)

func (n *Node) carbonFlow(ctx context.Context, park, text, step string, trace tracing) (*carbonflow.Flow, error) {
	view, err := n.View(ctx, park, text)
	if err != nil {
		return nil, err
	}
	l, err := n.Layout(ctx, park)
	if err != nil {
		return nil, err
	}
	f, err := trace(ctx, l.Document, view, n.Series, step, n.workers)
	if err != nil {
		return nil, fmt.Errorf("park %s: %w", park, err)
	}
	return f, nil
}
