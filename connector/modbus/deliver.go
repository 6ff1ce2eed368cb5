package modbus

import (
	"context"
	"time"

	"lingtan/connector"
)

const (
	queued    = 16               // polls of an address that wait for the sink
	farewell  = 2 * time.Second  // for what was polled when the driver is stopped
	firstWait = time.Second / 10 // after the sink was busy
	mostBatch = 5000             // samples of one call of the sink
)

// batch is the samples of one poll.
type batch struct {
	park    string
	samples []connector.Sample
}

// deliver hands polls on to the sink in the order they were made. What waits when ctx
// ends still has a moment.
func (k *link) deliver(ctx context.Context) {
	late, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(farewell, end) })
	defer stop()
	for {
		select {
		case b := <-k.polled:
			k.admit(late, k.gather(b))
			continue
		default:
		}
		select {
		case b := <-k.polled:
			k.admit(late, k.gather(b))
		case <-ctx.Done():
			return
		}
	}
}

// gather joins what waits in the queue, by park, in order.
func (k *link) gather(first batch) []batch {
	list, count := []batch{first}, len(first.samples)
	for count < mostBatch {
		select {
		case b := <-k.polled:
			count += len(b.samples)
			if last := &list[len(list)-1]; last.park == b.park {
				last.samples = append(last.samples, b.samples...)
			} else {
				list = append(list, b)
			}
		default:
			return list
		}
	}
	return list
}

// admit hands batches to the sink one after the other.
func (k *link) admit(ctx context.Context, list []batch) {
	for _, b := range list {
		k.insist(ctx, b)
	}
}

// insist repeats a batch until the sink takes it or ctx ends. Order is kept, since
// nothing overtakes.
func (k *link) insist(ctx context.Context, b batch) {
	for failures := 1; ; failures++ {
		receipt, err := k.env.Sink.Admit(ctx, b.park, b.samples)
		if err == nil {
			if receipt.Refused > 0 {
				k.log.Warn("samples refused", "park", b.park, "refused", receipt.Refused)
			}
			return
		}
		if failures == 1 {
			k.log.Warn("samples wait for the sink", "park", b.park, "samples", len(b.samples), "error", err)
		}
		if !sleep(ctx, backoff(failures, firstWait)) {
			k.log.Error("polled samples lost: stopped before the sink took them", "park", b.park, "samples", len(b.samples), "error", err)
			return
		}
	}
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
