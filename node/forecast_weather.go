package node

import (
	"context"

	"lingtan/park/layout"
)

// weather adds the weather points of the park as inputs.
func (n *Node) weather(ctx context.Context, t *forecastTarget, l *layout.Layout) error { return nil }
