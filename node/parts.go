package node

import (
	"container/list"
	"context"
	"sync"

	"lingtan/inventory"
	"lingtan/park"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/series"
	"lingtan/usage"
)

// partsMemory bounds the parts of days that are kept, bytes: three years of a park of 500
// enterprises.
const partsMemory = 256 << 20

// dayParts keeps what days add up to, of all parks, the longest unused forgotten first. An
// inventory that is made again then reads and traces only days that were settled anew.
type dayParts struct {
	mu   sync.Mutex
	at   map[partKey]*list.Element // → keptPart
	used list.List                 // the last used first
	size int
}

// partKey names a part. The structure is the parsed version of the park; where it has storages the
// trace of a day follows from the day that it began on.
type partKey struct {
	structure  *park.Document
	begins, of period.Day
}

type keptPart struct {
	key  partKey
	sum  series.DaySum
	part *inventory.Part
}

func (d *dayParts) find(key partKey, sum series.DaySum) *inventory.Part {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.at[key]
	if e == nil || e.Value.(keptPart).sum != sum {
		return nil
	}
	d.used.MoveToFront(e)
	return e.Value.(keptPart).part
}

func (d *dayParts) keep(x keptPart) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at == nil {
		d.at = map[partKey]*list.Element{}
	}
	d.drop(d.at[x.key])
	d.at[x.key] = d.used.PushFront(x)
	d.size += x.part.Size()
	for d.size > partsMemory {
		d.drop(d.used.Back())
	}
}

func (d *dayParts) drop(e *list.Element) {
	if e == nil {
		return
	}
	x := d.used.Remove(e).(keptPart)
	d.size -= x.part.Size()
	delete(d.at, x.key)
}

// periodParts are the parts of a park's days as their usage is known at a recorded time.
type periodParts struct {
	parts     *dayParts
	structure *park.Document
	begins    period.Day
	sums      map[period.Day]series.DaySum
}

// partsOf tells which usage of a park's days is known at a recorded time, before any of it is
// read: what is settled meanwhile is taken for changed the next time.
func (n *Node) partsOf(ctx context.Context, l *layout.Layout, span period.Interval, known int64) (*periodParts, error) {
	first, last := l.Grid.Days(span)
	var keys []string
	seen := map[string]bool{}
	for _, e := range l.Document.Network.Edges {
		if e.Register != "" && !seen[e.Register] {
			keys, seen[e.Register] = append(keys, e.Register), true
		}
	}
	p := &periodParts{parts: &n.parts, structure: l.Document}
	for _, x := range l.Document.Network.Nodes {
		if x.Kind == "storage" {
			p.begins = first
		}
	}
	if len(keys) == 0 {
		return p, nil
	}
	var err error
	p.sums, err = n.Series.DaySums(ctx, usage.Query{Park: l.Document.Park.ID, Keys: keys, First: first, Last: last, AsKnownAt: known})
	return p, err
}

func (p *periodParts) key(d period.Day) partKey { return partKey{p.structure, p.begins, d} }

// Part is the part kept of a day; nil when the day was settled anew since.
func (p *periodParts) Part(d period.Day) *inventory.Part { return p.parts.find(p.key(d), p.sums[d]) }

// Keep keeps a part.
func (p *periodParts) Keep(x *inventory.Part) {
	p.parts.keep(keptPart{p.key(x.Day()), p.sums[x.Day()], x})
}
