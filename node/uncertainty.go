package node

import (
	"context"
	"fmt"

	"lingtan/inventory/uncertainty"
	"lingtan/store/record"
)

// Uncertainty tells how well a stored inventory of a park is known. Errors:
// record.ErrNotFound where the park has no such inventory; uncertainty.ErrOptions.
func (n *Node) Uncertainty(ctx context.Context, park, inventory string, o uncertainty.Options) (*uncertainty.Report, error) {
	x, err := n.Inventory(ctx, inventory)
	if err != nil {
		return nil, err
	}
	if x.Inventory.Structure.Park.ID != park {
		return nil, fmt.Errorf("%w: inventory %q of park %s", record.ErrNotFound, inventory, park)
	}
	return uncertainty.Analyse(ctx, x.Inventory, o)
}
