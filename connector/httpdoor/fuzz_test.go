package httpdoor

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/proto"

	"lingtan/connector"
)

// strict is a sink that fails a test at a sample that no door may hand on.
type strict struct {
	testing.TB
	n int
}

func (s *strict) Admit(_ context.Context, park string, samples []connector.Sample) (connector.Receipt, error) {
	for _, x := range samples {
		if park != "east" || x.Device != "telegraf" || x.Name == "" || len(x.Name) > longestName || x.At.IsZero() || x.Span < 0 ||
			math.IsNaN(x.Value) || math.IsInf(x.Value, 0) {
			s.Errorf("park %q: %+v", park, x)
		}
	}
	s.n += len(samples)
	return connector.Receipt{Stored: len(samples)}, nil
}

// fuzzForm sends arbitrary bodies in a form: the answer is always one that the form
// knows, samples are whole, and what came is the same when it comes again.
func fuzzForm(f *testing.F, path string, headers ...string) {
	f.Helper()
	devices := &list{changed: make(chan struct{}), devices: []connector.Device{device("east", "telegraf", "secret")}}
	f.Fuzz(func(t *testing.T, body []byte) {
		sink := &strict{TB: t}
		door, err := New(Options{Sink: sink, Devices: devices, Limits: Limits{Body: 1 << 20, Batch: 3}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		handler := door.Handler(http.NotFoundHandler())
		var came []int
		for range 2 {
			sink.n = 0
			r := httptest.NewRequest("POST", path, strings.NewReader(string(body)))
			r.Header.Set("Authorization", "Token secret")
			for i := 0; i+1 < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if !slices.Contains([]int{200, 204, 400, 413, 422}, w.Code) {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			came = append(came, w.Code, sink.n)
		}
		if came[0] != came[2] || came[1] != came[3] || door.memory.Load() != 0 {
			t.Fatalf("status and samples %v, %d bytes held", came, door.memory.Load())
		}
	})
}

func FuzzInflux(f *testing.F) {
	f.Add([]byte("cpu,host=a usage=1.5,idle=2i,up=t,s=\"x\ny\" 1782907200000000000\n\n# c\ncpu,host=a usage=1.5,idle=2i\nbad\r\n"))
	f.Add([]byte("m f=1 9223372036854775807\nm f=1,f=2,g=3\nm,t=\\ \\, f=1"))
	fuzzForm(f, "/api/v2/write?precision=s")
}

func FuzzThingsboard(f *testing.F) {
	f.Add([]byte(`{"a":1.5,"b":true,"c":"x","d":{"e":[1]}}`))
	f.Add([]byte(`[{"ts":1782907200000,"values":{"a":1e400,"b":-0}},{"":1},{"ts":1}]`))
	fuzzForm(f, "/api/v1/secret/telemetry")
}

func FuzzOwnJSON(f *testing.F) {
	f.Add([]byte(`{"samples":[{"name":"a","at":"2026-07-01T20:00:00+08:00","span":900,"value":1.5},{"name":"b","at":1,"value":true},{"name":"c","value":null}]}`))
	f.Add([]byte(`{"samples":[{"name":"a","at":"2026-07-01 20:00:00","span":-1,"value":1}],"x":1}`))
	fuzzForm(f, "/api/v1/samples")
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("time,name,value,span\n2026-07-01T12:00:00Z,a,1,900\n1782907200000,\"b,c\",2,\n2026-07-01 12:00,d,3,0\n\"x\"y,,\n"))
	f.Add([]byte("\xef\xbb\xbfvalue,name,time\r\nNaN,a,1\r\ntrue,a,1"))
	fuzzForm(f, "/api/v1/samples.csv?tz=Asia/Shanghai")
}

func FuzzOTLPProtobuf(f *testing.F) {
	wire, err := proto.Marshal(exported(gauge("g", number(noon, 1, text("a", "b"))), sum("s", amounts, number(noon, 3))))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire)
	f.Add([]byte("\x0a\x00\x0a\x02\x12\x00"))
	fuzzForm(f, "/v1/metrics", "Content-Type", "application/x-protobuf")
}

func FuzzOTLPJSON(f *testing.F) {
	f.Add([]byte(`{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"x"}}]},"scopeMetrics":[{"metrics":[
		{"name":"g","gauge":{"dataPoints":[{"timeUnixNano":"1782907200000000000","asDouble":1.5},{"asInt":"3"},{"asDouble":"NaN"}]}},
		{"name":"s","sum":{"aggregationTemporality":1,"dataPoints":[{"startTimeUnixNano":"1","timeUnixNano":"1782907200000000000","asInt":3}]}}]}]}],"more":1}`))
	f.Add([]byte(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"h","histogram":{"dataPoints":[{"count":"1"}]}}]}]}]}`))
	fuzzForm(f, "/v1/metrics", "Content-Type", "application/json")
}

// FuzzRemoteWrite packs the fuzzed message, so that it is the message that varies.
func FuzzRemoteWrite(f *testing.F) {
	seed, err := s2.Decode(nil, []byte(promBody(f, `{"timeseries":[{"labels":[{"name":"__name__","value":"m"},{"name":"a","value":"b"}],
		"samples":[{"value":1,"timestamp":"1782907200000"}],"histograms":[{"sum":1}]}]}`)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	devices := &list{changed: make(chan struct{}), devices: []connector.Device{device("east", "telegraf", "secret")}}
	f.Fuzz(func(t *testing.T, body []byte) {
		sink := &strict{TB: t}
		door, err := New(Options{Sink: sink, Devices: devices, Limits: Limits{Body: 1 << 20, Batch: 3}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		for _, packed := range [][]byte{s2.EncodeSnappy(nil, body), body} {
			r := httptest.NewRequest("POST", "/api/v1/prom/write", strings.NewReader(string(packed)))
			for i := 0; i+1 < len(promHeaders); i += 2 {
				r.Header.Set(promHeaders[i], promHeaders[i+1])
			}
			r.Header.Set("Authorization", "Token secret")
			w := httptest.NewRecorder()
			door.Handler(http.NotFoundHandler()).ServeHTTP(w, r)
			if !slices.Contains([]int{204, 400, 413, 422}, w.Code) {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
		}
	})
}
