package node

import (
	"context"
	"sync"

	"lingtan/inventory"
	"lingtan/period"
)

// cachedProfile is a park's profile of a calendar year, traced once and kept until
// its usage is revised.
type cachedProfile struct {
	once    sync.Once
	profile *inventory.Profile
	err     error
}

// Profile is the traced energy of a park over the calendar years that touch
// [first, last], kept in memory: pages ask for parts of it many times.
func (n *Node) Profile(ctx context.Context, park string, first, last period.Day) (*inventory.Profile, error) {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return nil, err
	}
	from := period.Date(first.Civil().Year(), 1, 1)
	to := period.Date(last.Civil().Year()+1, 1, 1) - 1
	key := park + "/" + from.String() + "/" + to.String()
	n.mu.Lock()
	c := n.traces[key]
	if c == nil {
		c = &cachedProfile{}
		n.traces[key] = c
	}
	n.mu.Unlock()
	c.once.Do(func() {
		// Not the caller's context: another caller may wait for the same trace.
		c.profile, c.err = inventory.NewProfile(context.WithoutCancel(ctx), l.Document, n.Series, from, to, 0)
	})
	if c.err != nil {
		n.forgetTraces(park)
	}
	return c.profile, c.err
}

// Warm traces every park's last settled year, so that the first page finds it. A
// park that cannot be traced is left to the page that asks for it.
func (n *Node) Warm(ctx context.Context) {
	parks, err := n.Records.Parks(ctx)
	if err != nil {
		return
	}
	for id := range parks {
		if _, last, ok, err := n.Extent(ctx, id); err == nil && ok && ctx.Err() == nil {
			_, _ = n.Profile(ctx, id, last, last) // the page will meet the same error and tell it
		}
	}
}

// forgetTraces drops a park's profiles after its usage or structure changed.
func (n *Node) forgetTraces(park string) {
	n.changed(park)
	n.mu.Lock()
	defer n.mu.Unlock()
	for key := range n.traces {
		if len(key) > len(park) && key[:len(park)+1] == park+"/" {
			delete(n.traces, key)
		}
	}
}

// Generation is a number that changes whenever something that a park's pages show
// has changed since the node was opened: usage, structure, inventories, imports.
func (n *Node) Generation(park string) uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.changes[park]
}

func (n *Node) changed(park string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.changes[park]++
}

// forget drops everything compiled of a park.
func (n *Node) forget(park string) {
	n.forgetTraces(park)
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.layouts, park)
}
