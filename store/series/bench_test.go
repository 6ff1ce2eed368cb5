package series

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"lingtan/meter"
	"lingtan/period"
	"lingtan/usage"
)

const quarter = 15 * 60 * 1000

var start2018 = time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// registers is the scale of the benchmarks: LINGTAN_BENCH_REGISTERS, each with a
// year of quarter hours.
func registers() int {
	if n, err := strconv.Atoi(os.Getenv("LINGTAN_BENCH_REGISTERS")); err == nil {
		return n
	}
	return 50
}

func keysOf(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("meter-%04d.kwh", i)
	}
	return keys
}

// fillYear appends the year of n registers, days steps at a time, as an import in
// time order does, with loads of two decimals. It gives rows appended a second.
func fillYear(b *testing.B, s *Store, n int) float64 {
	took := time.Duration(0)
	random := rand.New(rand.NewPCG(1, 2))
	batch := &meter.Batch{Keys: keysOf(n)}
	for step := range 35040 {
		at := start2018 + int64(step+1)*quarter
		shape := 1 + 0.6*math.Sin(float64(step%96)/96*2*math.Pi)
		for k := range n {
			load := float64(5+k%97) * shape * (0.9 + 0.2*random.Float64())
			batch.Append(uint32(k), at, 900, math.Round(load*100)/100)
		}
		if batch.Len() >= 1_000_000 || step == 35039 {
			begin := time.Now()
			if _, err := s.Append(context.Background(), "88.1", batch); err != nil {
				b.Fatal(err)
			}
			took += time.Since(begin)
			batch.Reset()
		}
	}
	return float64(n*35040) / took.Seconds()
}

func openBench(b *testing.B) *Store {
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func scanAll(b *testing.B, s *Store) int {
	n, sum := 0, 0.0
	q := meter.Query{Park: "88.1", From: start2018, To: start2018 + 366*86400000}
	err := s.Readings(context.Background(), q, func(t meter.Track) error {
		n += t.Len()
		for _, v := range t.Value {
			sum += v
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func BenchmarkAppend(b *testing.B) {
	n := registers()
	for b.Loop() {
		s := openBench(b)
		b.ReportMetric(fillYear(b, s, n), "stored/s")
		b.ReportMetric(fillYear(b, s, n), "duplicates/s")
		s.Close()
	}
}

func BenchmarkHot(b *testing.B) {
	s, n := openBench(b), registers()
	fillYear(b, s, n)
	rows := 0
	for b.Loop() {
		rows += scanAll(b, s)
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "readings/s")
}

func BenchmarkMonthFiles(b *testing.B) {
	s, n := openBench(b), registers()
	fillYear(b, s, n)
	begin := time.Now()
	if err := s.CompactAll(context.Background(), nil); err != nil {
		b.Fatal(err)
	}
	took := time.Since(begin)
	b.Run("scan", func(b *testing.B) {
		rows := 0
		for b.Loop() {
			rows += scanAll(b, s)
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "readings/s")
		b.ReportMetric(float64(n*35040)/took.Seconds(), "compacted/s")
		bytes, _ := s.writer.number(context.Background(), "SELECT sum(bytes)::BIGINT FROM months")
		b.ReportMetric(float64(bytes)/float64(n*35040), "B/reading")
	})
	b.Run("one", func(b *testing.B) {
		q := meter.Query{Park: "88.1", Keys: keysOf(n)[n/2:][:1], From: start2018, To: start2018 + 366*86400000}
		for b.Loop() {
			err := s.Readings(context.Background(), q, func(t meter.Track) error {
				if t.Len() != 35040 {
					b.Fatal(t.Len())
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// fillUsage settles a year of n registers, 40 registers a call.
func fillUsage(b *testing.B, s *Store, n int) {
	random := rand.New(rand.NewPCG(3, 4))
	keys := keysOf(n)
	first := period.Date(2018, 1, 1)
	var days []usage.Day
	took := time.Duration(0)
	for k, key := range keys {
		for d := range 365 {
			day := usage.Day{Key: key, Day: first + period.Day(d), Amount: make([]float64, 96), Readings: 96}
			for i := range day.Amount {
				day.Amount[i] = math.Round(random.Float64()*5000) / 100
			}
			for i := range day.Digest {
				day.Digest[i] = byte(random.Uint32())
			}
			if d%10 == 0 {
				day.Quality, day.Coverage = make([]meter.Quality, 96), make([]uint8, 96)
			}
			days = append(days, day)
		}
		if k%40 == 39 || k == n-1 {
			begin := time.Now()
			if err := s.PutUsage(context.Background(), "88.1", days); err != nil {
				b.Fatal(err)
			}
			took += time.Since(begin)
			days = days[:0]
		}
	}
	b.ReportMetric(float64(n*365)/took.Seconds(), "put-days/s")
	b.Logf("PutUsage: %.0f days/s", float64(n*365)/took.Seconds())
}

func BenchmarkUsage(b *testing.B) {
	s, n := openBench(b), registers()
	fillUsage(b, s, n)
	ctx := context.Background()
	q := usage.Query{Park: "88.1", First: period.Date(2018, 1, 1), Last: period.Date(2018, 12, 31)}
	count := func(into *int) func(usage.Day) error {
		return func(d usage.Day) error { *into++; return nil }
	}
	b.Run("by-key", func(b *testing.B) {
		days := 0
		for b.Loop() {
			if err := s.Usage(ctx, q, count(&days)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(days)/b.Elapsed().Seconds(), "days/s")
	})
	b.Run("by-day", func(b *testing.B) {
		days := 0
		for b.Loop() {
			if err := s.UsageByDay(ctx, q, count(&days)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(days)/b.Elapsed().Seconds(), "days/s")
	})
	b.Run("totals", func(b *testing.B) {
		for b.Loop() {
			if t, err := s.UsageTotals(ctx, q); err != nil || len(t) != n {
				b.Fatal(len(t), err)
			}
		}
	})
}
