package doorkill

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/s2"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// form is one way to push samples by HTTP.
type form struct {
	id     string // of the device
	name   string // of its value
	path   string // TOKEN stands for the credential
	header []string
	good   int // status of success
	body   func(l *ledger, list []int) ([]byte, error)
}

var forms = []form{
	{"influx", "m.v", "/api/v2/write?precision=ms", []string{"Content-Encoding", "gzip"}, http.StatusNoContent, influxBody},
	{"thingsboard", "v", "/api/v1/TOKEN/telemetry", nil, http.StatusOK, thingsboardBody},
	{"remotewrite", "m", "/api/v1/prom/write", []string{"Content-Type", "application/x-protobuf", "Content-Encoding", "snappy",
		"X-Prometheus-Remote-Write-Version", "0.1.0"}, http.StatusNoContent, remoteWriteBody},
	{"otlp", "m", "/v1/metrics", []string{"Content-Type", "application/x-protobuf"}, http.StatusOK, otlpBody},
	{"json", "v", "/api/v1/samples", []string{"Content-Type", "application/json"}, http.StatusOK, jsonBody},
	{"csv", "v", "/api/v1/samples.csv", []string{"Content-Type", "text/csv"}, http.StatusOK, csvBody},
}

func influxBody(l *ledger, list []int) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for _, n := range list {
		fmt.Fprintf(w, "m v=%v %d\n", l.value(n), l.millis(n))
	}
	err := w.Close()
	return b.Bytes(), err
}

func thingsboardBody(l *ledger, list []int) ([]byte, error) {
	var parts []string
	for _, n := range list {
		parts = append(parts, telemetry(l, n))
	}
	return []byte("[" + strings.Join(parts, ",") + "]"), nil
}

// telemetry is a sample in ThingsBoard's form.
func telemetry(l *ledger, n int) string {
	return fmt.Sprintf(`{"ts":%d,"values":{"v":%v}}`, l.millis(n), l.value(n))
}

// remoteWriteBody is a WriteRequest of Prometheus remote write 1.0 with one series.
func remoteWriteBody(l *ledger, list []int) ([]byte, error) {
	text := func(to []byte, number protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag(to, number, protowire.BytesType), s)
	}
	message := func(to []byte, number protowire.Number, m []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), m)
	}
	series := message(nil, 1, text(text(nil, 1, "__name__"), 2, "m"))
	for _, n := range list {
		sample := protowire.AppendFixed64(protowire.AppendTag(nil, 1, protowire.Fixed64Type), math.Float64bits(l.value(n)))
		sample = protowire.AppendVarint(protowire.AppendTag(sample, 2, protowire.VarintType), uint64(l.millis(n)))
		series = message(series, 2, sample)
	}
	return s2.EncodeSnappy(nil, message(nil, 1, series)), nil
}

func otlpBody(l *ledger, list []int) ([]byte, error) {
	gauge := &metrics.Gauge{}
	for _, n := range list {
		gauge.DataPoints = append(gauge.DataPoints, &metrics.NumberDataPoint{TimeUnixNano: uint64(l.at(n).UnixNano()), Value: &metrics.NumberDataPoint_AsDouble{AsDouble: l.value(n)}})
	}
	// on the wire MetricsData is the same as the request
	return proto.Marshal(&metrics.MetricsData{ResourceMetrics: []*metrics.ResourceMetrics{{ScopeMetrics: []*metrics.ScopeMetrics{{
		Metrics: []*metrics.Metric{{Name: "m", Data: &metrics.Metric_Gauge{Gauge: gauge}}}}}}}})
}

func jsonBody(l *ledger, list []int) ([]byte, error) {
	var parts []string
	for _, n := range list {
		parts = append(parts, fmt.Sprintf(`{"name":"v","at":%d,"value":%v}`, l.millis(n), l.value(n)))
	}
	return []byte(`{"samples":[` + strings.Join(parts, ",") + "]}"), nil
}

func csvBody(l *ledger, list []int) ([]byte, error) {
	b := bytes.NewBufferString("time,name,value\n")
	for _, n := range list {
		fmt.Fprintf(b, "%s,v,%v\n", l.at(n).UTC().Format(time.RFC3339Nano), l.value(n))
	}
	return b.Bytes(), nil
}

// httpSenders push by every form.
func httpSenders(h *household, s *server) (list []*sender) {
	for _, f := range forms {
		key := h.add(pusher("http", f.id), f.name)
		l := newLedger("http", f.id, key, time.Millisecond)
		list = append(list, &sender{l, 20, 20 * time.Millisecond, func(ctx context.Context) (session, error) {
			probe, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.http) // nothing is sent to a server that is dead
			if err != nil {
				return nil, err
			}
			probe.Close()
			return &poster{f, l, "http://" + s.http, &http.Client{Transport: &http.Transport{}}}, nil
		}})
	}
	return list
}

// poster is a connection by which a form is pushed.
type poster struct {
	form
	ledger *ledger
	base   string
	client *http.Client
}

func (p *poster) close() { p.client.CloseIdleConnections() }

func (p *poster) send(ctx context.Context, list []int, acked func(...int)) error {
	body, err := p.body(p.ledger, list)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+strings.ReplaceAll(p.path, "TOKEN", credential(p.id)), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+credential(p.id))
	for i := 0; i < len(p.header); i += 2 {
		r.Header.Set(p.header[i], p.header[i+1])
	}
	answer, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	switch {
	case answer.StatusCode == p.good: // the status is the answer, even where the rest of it was cut off
		acked(list...)
		return err
	case answer.StatusCode < http.StatusInternalServerError:
		return fmt.Errorf("%w: %s: %s", errRefused, answer.Status, text)
	}
	return fmt.Errorf("%s: %s", answer.Status, text)
}
