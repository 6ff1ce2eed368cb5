//go:build !race

package ingest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lingtan/connector"
)

// benchSenders admits calls of size samples from so many senders into a store on disk
// and tells samples a second and how long acknowledgements took. Every call is sent so
// many times, as by senders that did not hear the first acknowledgement.
func benchSenders(b *testing.B, senders, size, times int) {
	r := NewRegistry()
	var keys []string
	for i := range senders * 10 {
		keys = append(keys, fmt.Sprintf("m%d.v%d", i/10, i%10))
	}
	var list List
	for i := range senders {
		list.Devices = append(list.Devices, connector.Device{ID: fmt.Sprintf("m%d", i), Protocol: "http"})
	}
	r.Set("p", list, keys)
	a := New(openStore(b, b.TempDir()), r, Options{Ahead: 1e6 * time.Hour})
	var calls atomic.Int64
	took := make([][]time.Duration, senders)
	var all sync.WaitGroup
	b.ResetTimer()
	for s := range senders {
		all.Go(func() {
			device, samples := fmt.Sprintf("m%d", s), make([]connector.Sample, size)
			for n := 0; calls.Add(1) <= int64(b.N); n++ {
				for i := range samples {
					k := n/times*size + i
					samples[i] = connector.Sample{Device: device, Name: valueNames[i%10], At: noon.Add(time.Duration(k/10) * time.Second), Value: float64(k%1000) / 100}
				}
				begun := time.Now()
				if got, err := a.Admit(ctx, "p", samples); err != nil || got.Stored+got.Duplicates != size {
					b.Errorf("%+v, %v", got, err)
					return
				}
				took[s] = append(took[s], time.Since(begun))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	each := slices.Sorted(slices.Values(slices.Concat(took...)))
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "samples/s")
	b.ReportMetric(float64(each[len(each)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(each[len(each)*99/100].Microseconds())/1000, "p99-ms")
	m := a.Metrics()
	b.ReportMetric(float64(m.Samples)/float64(m.Commits), "samples/commit")
}

var valueNames = []string{"v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9"}

func BenchmarkFewLargeSenders(b *testing.B)      { benchSenders(b, 8, 5000, 1) }
func BenchmarkManySmallSenders(b *testing.B)     { benchSenders(b, 1000, 10, 1) }
func BenchmarkOneSender(b *testing.B)            { benchSenders(b, 1, 10, 1) }
func BenchmarkRepeatingSenders(b *testing.B)     { benchSenders(b, 8, 5000, 2) }
func BenchmarkManyRepeatingSenders(b *testing.B) { benchSenders(b, 1000, 10, 2) }
