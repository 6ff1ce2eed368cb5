package stream

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"lingtan/meter"
)

// BenchmarkAppend appends from senders spread over three nodes of this machine. Every
// sender has registers of its own and writes forward in time.
func BenchmarkAppend(b *testing.B) {
	for _, sync := range []struct {
		name  string
		every time.Duration
	}{{"synced", 0}, {"every-2m", 2 * time.Minute}} {
		for _, c := range []struct{ senders, samples int }{{1, 10}, {8, 10}, {3, 5000}, {8, 5000}, {3, 100_000}} {
			b.Run(fmt.Sprintf("%s/%dx%d", sync.name, c.senders, c.samples), func(b *testing.B) {
				benchAppend(b, sync.every, c.senders, c.samples)
			})
		}
	}
}

func benchAppend(b *testing.B, every time.Duration, senders, samples int) {
	nodes := threeNodes(b, func(o *Options) { o.SyncEvery = every })
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	left := make(chan int, b.N)
	for i := range b.N {
		left <- i
	}
	close(left)
	b.ResetTimer()
	for k := range senders {
		n := nodes[k%3]
		all.Go(func() {
			at := int64(noon)
			for range left {
				batch := benchBatch(k, samples, &at)
				begun := time.Now()
				if _, err := n.store.Append(within(b, time.Minute), "p", batch); err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(begun))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N*samples)/b.Elapsed().Seconds(), "samples/s")
	b.Log(spread(took))
}

// benchBatch is a batch of up to 1,000 registers of sender k at following times.
func benchBatch(k, samples int, at *int64) *meter.Batch {
	batch := &meter.Batch{}
	registers := min(samples, 1000)
	for r := range registers {
		batch.Keys = append(batch.Keys, fmt.Sprintf("s%d.point%04d.kwh", k, r))
	}
	for i := range samples {
		if i%registers == 0 {
			*at += 900000
		}
		batch.Append(uint32(i%registers), *at, 900, float64(*at%1000000)/100+float64(i))
	}
	return batch
}
