package node

import (
	"context"
	"fmt"

	"lingtan/inventory/carbonflow"
)

// CarbonFlow traces the carbon of a park's energy over a period, as known now, by steps
// of an hour, a day or a month.
func (n *Node) CarbonFlow(ctx context.Context, park, text, step string) (*carbonflow.Flow, error) {
	view, err := n.View(ctx, park, text)
	if err != nil {
		return nil, err
	}
	l, err := n.Layout(ctx, park)
	if err != nil {
		return nil, err
	}
	f, err := carbonflow.Trace(ctx, l.Document, view, n.Series, step, n.workers)
	if err != nil {
		return nil, fmt.Errorf("park %s: %w", park, err)
	}
	return f, nil
}
