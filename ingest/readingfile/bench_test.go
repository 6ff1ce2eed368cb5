package readingfile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lingtan/meter"
)

// benchmark reads a file of n rows again and again, with all of the import but
// the store, and reports rows a second.
func benchmark(b *testing.B, mapping string, park registers, header string, row func(out *bytes.Buffer, i int)) {
	const n = 200_000
	var text bytes.Buffer
	text.WriteString(header)
	for i := range n {
		row(&text, i)
	}
	path := filepath.Join(b.TempDir(), "readings.csv")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	m, err := ParseMapping("m.yaml", []byte("format: lingtan.mapping/v1\n"+mapping))
	if err != nil {
		b.Fatal(err)
	}
	f, err := Open(path, m, Options{Park: "park", Registers: park})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r, err := f.Check(context.Background())
		if err != nil || r.Rows != n || r.Rejected != 0 || len(r.Findings) != 0 {
			b.Fatalf("%+v %v", r, err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

var benchStart = time.Date(2018, 1, 1, 0, 15, 0, 0, time.UTC)

func BenchmarkCSVLong(b *testing.B) {
	keys := make([]string, 50)
	for i := range keys {
		keys[i] = fmt.Sprintf("meter-%d.kwh", i)
	}
	mapping := "layout: long\ntime: {column: time, layout: iso8601, zone: Asia/Shanghai, step: 15m}\nlong: {value_column: kwh, template: \"meter-{meter}.kwh\"}\n"
	benchmark(b, mapping, park(meter.Amount, keys...), "meter,time,kwh\n", func(out *bytes.Buffer, i int) {
		fmt.Fprintf(out, "%d,%s,%.3f\n", i%50, benchStart.Add(time.Duration(i/50)*15*time.Minute).Format("2006-01-02 15:04:05"), float64(i%9973)/7)
	})
}

func BenchmarkCSVWide(b *testing.B) {
	mapping := "layout: wide\ntime: {column: time, layout: dd/mm/yyyy hh:mm, zone: Asia/Seoul, step: 15m}\nvalues: [{column: a, register: a.kwh}, {column: b, register: b.kwh}, {column: c, register: c.kwh}, {column: d, register: d.kwh}]\n"
	zone, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, mapping, park(meter.Amount, "a.kwh", "b.kwh", "c.kwh", "d.kwh"), "time,a,b,c,d\n", func(out *bytes.Buffer, i int) {
		at := benchStart.Add(time.Duration(i) * 15 * time.Minute).In(zone)
		v := float64(i%9973) / 7
		fmt.Fprintf(out, "%s,%.2f,%.2f,%.3f,%.1f\n", at.Format("02/01/2006 15:04"), v, v*2, v/3, v*5)
	})
}
