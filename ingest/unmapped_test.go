package ingest

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/connector"
)

// A million unknown names are refused beyond the limit, counted, and take no memory.
func TestMillionUnknownNames(t *testing.T) {
	m := newMemory()
	a := New(m, registry(), Options{Now: clock, Names: 1000})
	heap := func() uint64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	flood := func(from, to int) (sum connector.Receipt) {
		samples := make([]connector.Sample, 0, 10_000)
		for n := from; n < to; n += cap(samples) {
			samples = samples[:0]
			for i := n; i < n+cap(samples); i++ {
				samples = append(samples, sample("flood", fmt.Sprint("n", i), i%60, 1))
			}
			got, err := a.Admit(ctx, "p", append(samples[:len(samples)-1], sample("d", "v", n/10_000, 1)))
			if err != nil {
				t.Fatal(err)
			}
			sum.Unmapped, sum.Refused, sum.Stored = sum.Unmapped+got.Unmapped, sum.Refused+got.Refused, sum.Stored+got.Stored
		}
		return sum
	}
	if got, want := flood(0, 100_000), (connector.Receipt{Stored: 10, Unmapped: 1000, Refused: 98_990}); got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
	before := heap()
	if got, want := flood(100_000, 1_000_000), (connector.Receipt{Stored: 90, Refused: 899_910}); got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
	if grown := int64(heap()) - int64(before); grown > 4<<20 {
		t.Errorf("memory grew by %d bytes", grown)
	}
	if n := a.Metrics().Refused["too many unknown names"]; n != 998_900 {
		t.Errorf("%d refused", n)
	}
	list, err := a.Unmapped(ctx, "p")
	if err != nil || len(list) != 1000 {
		t.Errorf("%d names listed, %v", len(list), err)
	}
}

// A change of the list is seen by the next sample; samples kept before and those on
// their way while it changes all reach the register.
func TestHotChange(t *testing.T) {
	m, r := newMemory(), registry()
	a := New(m, r, Options{Now: clock, Names: 1, Ahead: time.Hour})
	var sent sync.WaitGroup
	begun := make(chan struct{})
	for s := range 4 {
		sent.Go(func() {
			for n := range 500 {
				if n == 100 && s == 0 {
					close(begun)
				}
				got, err := a.Admit(ctx, "p", []connector.Sample{sample("new", "k", n*4+s, float64(n*4+s))})
				if err != nil || got.Stored+got.Unmapped != 1 {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
	<-begun
	r.Set("p", List{Mappings: []Mapping{{"new", "k", "b.x"}}}, []string{"a.x", "b.x"})
	moved, err := a.Adopt(ctx, "p")
	if err != nil || moved.Names != 1 || moved.Samples < 100 {
		t.Errorf("%+v, %v", moved, err)
	}
	sent.Wait()
	for i := range 2000 {
		if got := m.rows["p"]["b.x"][noon.UnixMilli()+int64(i)*1000]; !slices.Equal(got, []float64{float64(i)}) {
			t.Fatalf("sample %d is %v in the register", i, got)
		}
	}
	// A name that is mapped makes room for another.
	admit(t, a, connector.Receipt{Unmapped: 1, Refused: 1}, sample("other", "k", 0, 1), sample("third", "k", 0, 1))
	// Taken out of the list again it is unmapped, with what came before.
	r.Set("p", List{}, []string{"a.x", "b.x"})
	list, err := a.Unmapped(ctx, "p")
	if err != nil || len(list) != 2 || list[0].Device != "new" || list[0].Count < 100 {
		t.Errorf("%+v, %v", list, err)
	}
}

// An Adopt that is interrupted between register and mark, or repeated, moves nothing twice
// and leaves later corrections alone.
func TestAdoptAgain(t *testing.T) {
	m, r := newMemory(), registry()
	a := New(m, r, Options{Now: clock})
	admit(t, a, connector.Receipt{Unmapped: 2}, sample("new", "k", 0, 1), sample("new", "k", 1, 2))
	r.Set("p", List{Mappings: []Mapping{{"new", "k", "b.x"}}}, []string{"a.x", "b.x"})
	adopt := func(want Adopted) {
		t.Helper()
		if got, err := a.Adopt(ctx, "p"); err != nil || got != want {
			t.Errorf("Adopt = %+v, %v; want %+v", got, err, want)
		}
	}
	adopt(Adopted{Names: 1, Samples: 2})
	admit(t, a, connector.Receipt{Corrected: 1}, sample("new", "k", 1, 5))
	clear(m.marks) // as if the store had lost it
	adopt(Adopted{Names: 1, Known: 2})
	expect(t, m.say("p"), "b.x 0=1 1=5")
	r.Set("p", List{}, []string{"a.x", "b.x"})
	admit(t, a, connector.Receipt{Unmapped: 1}, sample("new", "k", 2, 3))
	r.Set("p", List{Mappings: []Mapping{{"new", "k", "b.x"}}}, []string{"a.x", "b.x"})
	adopt(Adopted{Names: 1, Samples: 1, Known: 2})
	expect(t, m.say("p"), "b.x 0=1 1=5 2=3")
}

func TestUnknownKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := source{rapid.String().Draw(t, "device"), rapid.String().Draw(t, "name")}
		if back := unknownSource(unknownKey(from)); back != from {
			t.Fatalf("%q became %q", from, back)
		}
	})
}

// Receipts add up to what was sent, the store holds of every time the value of some
// sender, and the metrics are the sums.
func TestReceiptsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMemory()
		a := New(m, registry(), Options{Now: clock, Queue: 64, Commit: rapid.IntRange(1, 64).Draw(t, "commit"), Names: 2, Kept: 3})
		calls := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(anySample), 1, 12), 1, 30).Draw(t, "calls")
		var sum connector.Receipt
		var mu sync.Mutex
		var all sync.WaitGroup
		total := 0
		for part := range slices.Chunk(calls, 8) {
			for _, samples := range part {
				total += len(samples)
			}
			all.Go(func() {
				for _, samples := range part {
					got, err := a.Admit(ctx, "p", samples)
					if n := got.Stored + got.Duplicates + got.Corrected + got.Unmapped + got.Refused; err != nil || n != len(samples) {
						t.Errorf("%+v of %d samples, %v", got, len(samples), err)
					}
					mu.Lock()
					sum.Unmapped, sum.Refused = sum.Unmapped+got.Unmapped, sum.Refused+got.Refused
					mu.Unlock()
				}
			})
		}
		all.Wait()
		x, refused, rows, known := a.Metrics(), int64(0), int64(0), int64(0)
		for _, n := range x.Refused {
			refused += n
		}
		for _, times := range m.rows["p"] {
			for _, values := range times {
				known++
				rows += int64(len(values))
			}
		}
		if x.Samples != int64(total) || x.Stored+x.Duplicates+x.Corrected+x.Unmapped+refused != x.Samples ||
			x.Unmapped != int64(sum.Unmapped) || refused != int64(sum.Refused) || x.Stored != known || x.Stored+x.Corrected != rows || x.Queue != 0 {
			t.Errorf("%d samples, receipts %+v, %d times, %d rows: %+v", total, sum, known, rows, x)
		}
	})
}

func anySample(t *rapid.T) connector.Sample {
	device := rapid.SampledFrom([]string{"d", "b", "", "u"}).Draw(t, "device")
	name := rapid.SampledFrom([]string{"v", "x", "a.x", "one", "two", "three"}).Draw(t, "name")
	second := rapid.SampledFrom([]int{0, 1, 2, 3, -900_000_000, 700}).Draw(t, "second")
	return sample(device, name, second, float64(rapid.IntRange(0, 2).Draw(t, "value"))*1e15)
}

// While a flood fills the queue, other senders keep being served.
func TestOthersAreServed(t *testing.T) {
	a := New(newMemory(), registry(), Options{Now: clock, Queue: 1000})
	stop := make(chan struct{})
	var flood, others sync.WaitGroup
	for range 4 {
		flood.Go(func() {
			samples := make([]connector.Sample, 1000)
			for i := range samples {
				samples[i] = sample("b", "x", i, 1)
			}
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := a.Admit(ctx, "p", samples); err != nil && !errors.Is(err, connector.ErrBusy) {
					t.Error(err)
				}
			}
		})
	}
	for n := range 200 {
		others.Go(func() { admit(t, a, connector.Receipt{Stored: 1}, sample("d", "v", n, 1)) })
	}
	others.Wait()
	close(stop)
	flood.Wait()
}
