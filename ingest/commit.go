package ingest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"lingtan/connector"
	"lingtan/meter"
)

// call is what one Admit has to be stored, and its outcome once done is closed.
type call struct {
	park    string
	known   meter.Batch // by register
	unknown meter.Batch // by unknownKey
	refused [reasons]int32
	receipt connector.Receipt
	err     error
	done    chan struct{}
}

func (c *call) empty() bool { return c.size() == 0 }

func (c *call) size() int { return c.known.Len() + c.unknown.Len() }

// queue holds the calls that no commit has taken yet, in the order of arrival.
type queue struct {
	sync.Mutex
	calls   []*call
	running bool // a goroutine commits, and looks into the queue before it ends
}

// enqueue puts the call into the queue, and begins to commit when nobody does.
func (a *Admission) enqueue(c *call) {
	q := &a.queue
	q.Lock()
	defer q.Unlock()
	q.calls = append(q.calls, c)
	if !q.running {
		q.running = true
		go a.run()
	}
}

// withdraw takes the call back; false when a commit has taken it.
func (q *queue) withdraw(c *call) bool {
	q.Lock()
	defer q.Unlock()
	i := slices.Index(q.calls, c)
	if i < 0 {
		return false
	}
	q.calls = slices.Delete(q.calls, i, i+1)
	return true
}

// next takes calls of up to about limit samples, at least one; none ends the run.
func (q *queue) next(limit int) []*call {
	q.Lock()
	defer q.Unlock()
	n, samples := 0, 0
	for n < len(q.calls) && (n == 0 || samples+q.calls[n].size() <= limit) {
		samples += q.calls[n].size()
		n++
	}
	taken := slices.Clone(q.calls[:n])
	q.calls = slices.Delete(q.calls, 0, n)
	q.running = n > 0
	return taken
}

// run commits until the queue is empty. A commit begins as soon as the one before
// has ended: what came meanwhile is gathered without anyone having to wait for more.
func (a *Admission) run() {
	for {
		calls := a.queue.next(a.o.Commit)
		if len(calls) == 0 {
			return
		}
		for _, group := range byPark(calls) {
			a.commit(group)
		}
	}
}

// byPark parts calls by park; those of one park stay in their order.
func byPark(calls []*call) [][]*call {
	var groups [][]*call
	index := map[string]int{}
	for _, c := range calls {
		i, ok := index[c.park]
		if !ok {
			i = len(groups)
			index[c.park] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], c)
	}
	return groups
}

// commit stores the calls of a park together and answers them. When the store
// refuses, they are tried in halves, so that one call's fault does not fail the others.
func (a *Admission) commit(calls []*call) {
	begun := time.Now()
	got, err := a.put(calls)
	if err != nil && len(calls) > 1 {
		a.commit(calls[:len(calls)/2])
		a.commit(calls[len(calls)/2:])
		return
	}
	if !calls[0].empty() { // Drain's is empty
		a.counts.nanoseconds.Add(int64(time.Since(begun)))
		a.counts.commits.Add(1)
	}
	if err != nil {
		a.counts.failed.Add(int64(len(calls)))
	}
	a.counts.stored.Add(got.Stored)
	a.counts.duplicates.Add(got.Duplicates)
	a.counts.corrected.Add(got.Corrected)
	for _, c := range calls {
		c.err = err
		c.share(got, len(calls) == 1)
		a.counts.unmapped.Add(int64(c.receipt.Unmapped))
		close(c.done)
	}
	if err == nil && a.merge.batch.Len() > 0 && a.o.Committed != nil {
		a.o.Committed(calls[0].park, &a.merge.batch)
	}
}

// share is the call's part of what became of a commit.
func (c *call) share(got meter.Admission, alone bool) {
	n := c.known.Len()
	switch {
	case c.err != nil:
		return
	case alone:
		c.receipt = connector.Receipt{Stored: int(got.Stored), Duplicates: int(got.Duplicates), Corrected: int(got.Corrected)}
	case got.Stored == 0 && got.Corrected == 0:
		c.receipt.Duplicates = n
	case got.Stored == 0 && got.Duplicates == 0:
		c.receipt.Corrected = n
	default: // all are new, or the store cannot tell whose are not
		c.receipt.Stored = n
	}
	c.receipt.Unmapped = c.unknown.Len()
}

// put stores the calls: what is of no known register first, for a sender that has
// to repeat after a failure of the second does no harm.
func (a *Admission) put(calls []*call) (meter.Admission, error) {
	// The senders' contexts may end: their samples are stored all the same.
	ctx, park := context.Background(), calls[0].park
	a.merge.reset()
	for _, c := range calls {
		a.merge.add(&c.unknown)
	}
	if a.merge.batch.Len() > 0 {
		if err := a.unknown.put(ctx, park, &a.merge.batch); err != nil {
			return meter.Admission{}, fmt.Errorf("park %s: samples to be mapped are not stored: %w", park, err)
		}
	}
	a.merge.reset()
	for _, c := range calls {
		a.merge.add(&c.known)
	}
	if a.merge.batch.Len() == 0 {
		return meter.Admission{}, nil
	}
	got, err := a.store.Append(ctx, park, &a.merge.batch)
	if err != nil {
		return meter.Admission{}, fmt.Errorf("park %s: samples are not stored: %w", park, err)
	}
	return got, nil
}

// merger joins the batches of calls into one; its memory is used again.
type merger struct {
	batch meter.Batch
	index map[string]uint32
	refs  []uint32
}

// keptRows is how many rows of memory a merger holds on to between commits.
const keptRows = 1 << 18

func (m *merger) reset() {
	if cap(m.batch.At) > 2*keptRows {
		m.batch = meter.Batch{}
	}
	m.batch.Reset()
	m.batch.Keys = m.batch.Keys[:0]
	if m.index == nil || len(m.index) > keptRows {
		m.index = map[string]uint32{}
	}
	clear(m.index)
}

func (m *merger) add(b *meter.Batch) {
	if b.Len() == 0 {
		return
	}
	m.refs = m.refs[:0]
	for _, key := range b.Keys {
		ref, ok := m.index[key]
		if !ok {
			ref = uint32(len(m.batch.Keys))
			m.batch.Keys = append(m.batch.Keys, key)
			m.index[key] = ref
		}
		m.refs = append(m.refs, ref)
	}
	for _, r := range b.Ref {
		m.batch.Ref = append(m.batch.Ref, m.refs[r])
	}
	m.batch.At = append(m.batch.At, b.At...)
	m.batch.Span = append(m.batch.Span, b.Span...)
	m.batch.Value = append(m.batch.Value, b.Value...)
}
