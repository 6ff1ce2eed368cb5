package folder

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lingtan/connector"
)

// A file of 100,000 rows of two values, checked, read and handed to a sink that takes all.
func BenchmarkImport(b *testing.B) {
	var text strings.Builder
	text.WriteString("time,kwh,pf\n")
	const rows = 100_000
	for n := range rows {
		fmt.Fprintf(&text, "%s,%d.25,0.9\n", time.Unix(int64(n)*900, 0).UTC().Format("2006-01-02T15:04:05Z"), n)
	}
	b.SetBytes(int64(text.Len()))
	for n := 0; b.Loop(); n++ {
		dir := b.TempDir()
		write(b, dir, "a.csv", text.String())
		w := watchOf(b, newPark(), device(dir), b.TempDir())
		w.sink = sinkOf(func(list []connector.Sample) (connector.Receipt, error) {
			return connector.Receipt{Stored: len(list)}, nil
		})
		pass(b, w)
		if r := receiptAt(b, dir, "a.csv"); r.Stored != 2*rows {
			b.Fatalf("%+v", r)
		}
	}
	b.ReportMetric(float64(2*rows*b.N)/b.Elapsed().Seconds(), "values/s")
}
