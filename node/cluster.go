package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lingtan/connector"
	"lingtan/meter"
	"lingtan/period"
	"lingtan/store/series"
	"lingtan/store/stream"
	"lingtan/usage"
)

// ErrCluster says that a node cannot be one of a cluster as it is configured.
var ErrCluster = errors.New("node: cluster")

// Series is what a node keeps readings and usage in: the series store of one machine,
// or a full copy among those of a cluster. Each method is as *series.Store documents it.
type Series interface {
	Append(ctx context.Context, park string, b *meter.Batch, marks ...meter.Mark) (meter.Admission, error)
	Readings(ctx context.Context, q meter.Query, fn func(meter.Track) error) error
	Last(ctx context.Context, park string) ([]series.Reading, error)
	Touched(ctx context.Context, park string, since int64) ([]series.Touch, error)
	Recorded() int64

	Mark(ctx context.Context, name string) ([]byte, error)
	PutUsage(ctx context.Context, park string, days []usage.Day, marks ...meter.Mark) error
	Usage(ctx context.Context, q usage.Query, fn func(usage.Day) error) error
	UsageByDay(ctx context.Context, q usage.Query, fn func(usage.Day) error) error
	DayTotals(ctx context.Context, q usage.Query, fn func(key string, day period.Day, t usage.Totals) error) error
	DaySums(ctx context.Context, q usage.Query) (map[period.Day]series.DaySum, error)

	PutEdit(ctx context.Context, park string, e usage.Edit) (usage.Edit, error)
	Edits(ctx context.Context, park string, keys []string, from, to, asKnownAt int64) ([]usage.Edit, error)
	PutFindings(ctx context.Context, park string, keys []string, from, to int64, findings []usage.Finding) error
	Findings(ctx context.Context, park string, filter series.FindingFilter) ([]usage.Finding, error)
	FindingCounts(ctx context.Context, park string, filter series.FindingFilter) ([]usage.FindingCount, error)

	CompactAll(ctx context.Context, progress func(park, month string, readings int64)) error
	Stats(ctx context.Context) (series.Stats, error)
	Close() error
}

var (
	_ Series = (*series.Store)(nil)
	_ Series = (*stream.Store)(nil)
)

// readyTime is how long a node of a cluster waits to be current before it serves what
// it has.
const readyTime = 30 * time.Second

// member is this node's part of a cluster.
type member struct {
	cluster *stream.Cluster
	store   *stream.Store
	leases  *stream.Leases
}

// join puts the cluster before a series store.
func (n *Node) join(ctx context.Context, local *series.Store, o stream.Options) error {
	o.Applied = func(park string, b *meter.Batch) {
		if g := n.taking.Load(); g != nil {
			g.committed(park, b) // what other nodes took in is settled and shown here too
		}
	}
	c, err := stream.Start(o)
	if err != nil {
		return err
	}
	store, err := c.Open(ctx, local)
	if err != nil {
		c.Close()
		return err
	}
	n.Series, n.member = store, &member{cluster: c, store: store}
	wait, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	err = store.Ready(wait)
	if errors.Is(err, stream.ErrIncomplete) || ctx.Err() != nil {
		return err // a copy with holes serves nobody; the others may be down for a while
	}
	return nil
}

// alone makes this node the only one that closes inventories of the park until release
// is called, with all that any node acknowledged before. On one machine it is so anyway.
func (n *Node) alone(ctx context.Context, park string) (release func(), err error) {
	if n.member == nil {
		return func() {}, nil
	}
	n.mu.Lock()
	leases := n.member.leases
	n.mu.Unlock()
	if leases == nil {
		if leases, err = n.member.cluster.Leases(ctx, 0); err != nil {
			return nil, fmt.Errorf("leases of the cluster: %w", err)
		}
		n.mu.Lock()
		n.member.leases = leases
		n.mu.Unlock()
	}
	lease, err := leases.Acquire(ctx, park)
	if err != nil {
		return nil, fmt.Errorf("lease of park %s: %w", park, err)
	}
	free := func() {
		later, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = lease.Release(later) // it runs out by itself otherwise
	}
	if _, err = n.member.store.Barrier(ctx); err == nil {
		_, err = n.Settle(ctx, park, SettleOptions{})
	}
	if err == nil {
		err = lease.Renew(ctx)
	}
	if err != nil {
		free()
		return nil, fmt.Errorf("park %s: %w", park, err)
	}
	return free, nil
}

// Cluster is how this node sees its cluster; false where it stands alone.
func (n *Node) Cluster() (stream.Status, bool) {
	if n.member == nil {
		return stream.Status{}, false
	}
	return n.member.store.Status(), true
}

// admitting is the store of a cluster as the admission sees it: without a quorum, or
// behind, it is busy, and senders send again.
type admitting struct{ *stream.Store }

// Append stores the batch on the cluster.
func (a admitting) Append(ctx context.Context, park string, b *meter.Batch, marks ...meter.Mark) (meter.Admission, error) {
	got, err := a.Store.Append(ctx, park, b, marks...)
	if errors.Is(err, stream.ErrNoQuorum) || errors.Is(err, stream.ErrBehind) {
		err = fmt.Errorf("%w: %w", connector.ErrBusy, err)
	}
	return got, err
}
