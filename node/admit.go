package node

import (
	"context"
	"fmt"

	"lingtan/access"
	"lingtan/meter"
	"lingtan/store/record"
)

// Admit stores readings that were sent and settles the days they touch. It returns
// when the readings are durable and settled. Unknown registers refuse the batch.
func (n *Node) Admit(ctx context.Context, act record.Act, park string, b *meter.Batch) (meter.Admission, error) {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return meter.Admission{}, err
	}
	for _, k := range b.Keys {
		if _, ok := l.Register(k); !ok {
			return meter.Admission{}, fmt.Errorf("%w: %q of park %s", meter.ErrRegister, k, park)
		}
	}
	got, err := n.Series.Append(ctx, park, b)
	if err != nil {
		return got, err
	}
	place, err := n.Records.ParkOrganization(ctx, park)
	if err != nil {
		return got, err
	}
	detail := fmt.Sprintf("%d stored, %d duplicates, %d corrections", got.Stored, got.Duplicates, got.Corrected)
	if err := n.Records.Note(ctx, act, access.Action("readings.import"), place.Path, "park/"+park, "done", detail); err != nil {
		return got, err
	}
	_, err = n.Settle(ctx, park, SettleOptions{})
	return got, err
}
