package httpdoor

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"lingtan/connector"
)

// counting is a sink that counts and stores nothing: the benchmarks measure the door.
// What is durable is measured where the store is.
type counting struct{ n atomic.Int64 }

func (c *counting) Admit(_ context.Context, _ string, samples []connector.Sample) (connector.Receipt, error) {
	c.n.Add(int64(len(samples)))
	return connector.Receipt{Stored: len(samples)}, nil
}

// telegrafLines are lines as Telegraf sends them: 10,000 of 200 series, with the given
// number of fields.
func telegrafLines(fields int) []byte {
	var out strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&out, "power_meter,host=gateway-%d,meter=hall-%03d,phase=total ", i%4, i%200)
		for k := range fields {
			if k > 0 {
				out.WriteByte(',')
			}
			fmt.Fprintf(&out, "value_%d=%d.%02d", k, 100+i%977, (i*k)%100)
		}
		fmt.Fprintf(&out, " %d\n", noon.UnixNano()+int64(i)*1e9)
	}
	return []byte(out.String())
}

// perSecond tells lines and samples a second.
func perSecond(b *testing.B, lines, fields int) {
	b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(float64(lines*fields)*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkDecode is the parser alone on one core, with the names of samples made.
func BenchmarkDecode(b *testing.B) {
	for _, fields := range []int{1, 5} {
		text := telegrafLines(fields)
		b.Run(fmt.Sprintf("fields=%d", fields), func(b *testing.B) {
			var p lineParser
			names := newNameCache(picking{})
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				p.reset(text, names)
				n := 0
				for e, err := p.next(); e != nil; e, err = p.next() {
					if err != nil {
						b.Fatal(err)
					}
					n += len(e.fields)
				}
				if n != 10_000*fields {
					b.Fatal(n)
				}
			}
			perSecond(b, 10_000, fields)
		})
	}
}

// BenchmarkDecodeOfTheLibrary is the decoder of InfluxData beside it, on the same
// lines, without names.
func BenchmarkDecodeOfTheLibrary(b *testing.B) {
	for _, fields := range []int{1, 5} {
		text := telegrafLines(fields)
		b.Run(fmt.Sprintf("fields=%d", fields), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if n := libraryFields(b, text); n != 10_000*fields {
					b.Fatal(n)
				}
			}
			perSecond(b, 10_000, fields)
		})
	}
}

func libraryFields(b *testing.B, text []byte) int {
	d := lineprotocol.NewDecoderWithBytes(text)
	n := 0
	for d.Next() {
		if _, err := d.Measurement(); err != nil {
			b.Fatal(err)
		}
		for {
			if key, _, err := d.NextTag(); err != nil || key == nil {
				break
			}
		}
		for {
			key, _, err := d.NextField()
			if err != nil || key == nil {
				break
			}
			n++
		}
		if _, err := d.Time(lineprotocol.Nanosecond, noon); err != nil {
			b.Fatal(err)
		}
	}
	return n
}

// BenchmarkWrite is the whole handler: credential, body, lines, samples, a sink that
// counts, answer.
func BenchmarkWrite(b *testing.B) {
	for _, fields := range []int{1, 5} {
		for _, packed := range []bool{false, true} {
			text := string(telegrafLines(fields))
			encoding := ""
			if packed {
				text, encoding = zipped(b, text), "gzip"
			}
			b.Run(fmt.Sprintf("fields=%d/gzip=%v", fields, packed), func(b *testing.B) {
				benchmarkWrite(b, text, encoding, fields)
			})
		}
	}
}

func benchmarkWrite(b *testing.B, text, encoding string, fields int) {
	sink := &counting{}
	door, err := New(Options{Sink: sink, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Devices: &list{changed: make(chan struct{}), devices: []connector.Device{device("east", "telegraf", "secret")}}})
	if err != nil {
		b.Fatal(err)
	}
	handler := door.Handler(http.NotFoundHandler())
	b.ReportAllocs()
	requests := 0
	for b.Loop() {
		r := httptest.NewRequest("POST", "/api/v2/write", strings.NewReader(text))
		r.Header.Set("Authorization", "Token secret")
		r.Header.Set("Content-Encoding", encoding)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != 204 {
			b.Fatal(w.Code, w.Body)
		}
		requests++
	}
	if want := int64(requests) * 10_000 * int64(fields); sink.n.Load() != want {
		b.Fatalf("%d samples, want %d", sink.n.Load(), want)
	}
	perSecond(b, 10_000, fields)
}
