package httpdoor

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"
	attribute "go.opentelemetry.io/proto/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// promSchema is the schema of remote write 1.0 (prompb/types.proto, remote.proto) as
// the specification prints it, so that messages are made by the protobuf library and
// not by this package's own idea of the numbers.
func promSchema(t testing.TB) protoreflect.FileDescriptor {
	t.Helper()
	const (
		text    = descriptorpb.FieldDescriptorProto_TYPE_STRING
		double  = descriptorpb.FieldDescriptorProto_TYPE_DOUBLE
		integer = descriptorpb.FieldDescriptorProto_TYPE_INT64
		message = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE
	)
	field := func(name string, number int32, kind descriptorpb.FieldDescriptorProto_Type, of string) *descriptorpb.FieldDescriptorProto {
		f := &descriptorpb.FieldDescriptorProto{Name: &name, Number: &number, Type: &kind, Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
		if of != "" {
			f.TypeName, f.Label = proto.String(".prometheus."+of), descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
		}
		return f
	}
	kind := func(name string, fields ...*descriptorpb.FieldDescriptorProto) *descriptorpb.DescriptorProto {
		return &descriptorpb.DescriptorProto{Name: &name, Field: fields}
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("prometheus.proto"), Package: proto.String("prometheus"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{
			kind("WriteRequest", field("timeseries", 1, message, "TimeSeries"), field("metadata", 3, message, "MetricMetadata")),
			kind("TimeSeries", field("labels", 1, message, "Label"), field("samples", 2, message, "Sample"),
				field("exemplars", 3, message, "Exemplar"), field("histograms", 4, message, "Histogram")),
			kind("Label", field("name", 1, text, ""), field("value", 2, text, "")),
			kind("Sample", field("value", 1, double, ""), field("timestamp", 2, integer, "")),
			kind("Exemplar", field("labels", 1, message, "Label"), field("value", 2, double, ""), field("timestamp", 3, integer, "")),
			kind("Histogram", field("sum", 3, double, ""), field("timestamp", 15, integer, "")),
			kind("MetricMetadata", field("metric_family_name", 2, text, ""), field("help", 4, text, "")),
		},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// promBody is a WriteRequest out of its JSON form, packed with snappy.
func promBody(t testing.TB, text string) string {
	t.Helper()
	request := dynamicpb.NewMessage(promSchema(t).Messages().ByName("WriteRequest"))
	if err := protojson.Unmarshal([]byte(text), request); err != nil {
		t.Fatal(err)
	}
	wire, err := proto.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	return string(s2.EncodeSnappy(nil, wire))
}

var promHeaders = []string{"Content-Type", "application/x-protobuf", "Content-Encoding", "snappy", "X-Prometheus-Remote-Write-Version", "0.1.0"}

func TestRemoteWrite(t *testing.T) {
	h := newHouse(t, Limits{})
	send := func(text string, auth []string) answer {
		t.Helper()
		return h.push("/api/v1/prom/write", promBody(t, text), with(auth, promHeaders...)...)
	}
	const first = `{"timeseries":[
		{"labels":[{"name":"__name__","value":"power"},{"name":"host","value":"a"},{"name":"room","value":"b"}],
		 "samples":[{"value":1.5,"timestamp":"1782907200001"},{"value":"NaN","timestamp":"1782907201000"},{"value":2,"timestamp":"1782907202000"}],
		 "exemplars":[{"value":3}],"histograms":[{"sum":1}]},
		{"labels":[{"name":"__name__","value":"up"}],"samples":[{"timestamp":"1782907200000"}]}],
		"metadata":[{"metricFamilyName":"power","help":"W"}]}`
	for range 2 { // unknown names, then known ones
		a := send(first, east)
		h.is(a, 204, "east", "telegraf power,host=a,room=b 12:00:00.001 0s 1.5", "telegraf power,host=a,room=b 12:00:02 0s 2", "telegraf up 12:00:00 0s 0")
		if a.header.Get("X-Prometheus-Remote-Write-Samples-Written") != "3" || a.header.Get("X-Prometheus-Remote-Write-Histograms-Written") != "0" {
			t.Error(a.header)
		}
	}
	if n := h.door.Forms()["remotewrite"]; n.Ignored != 4 {
		t.Errorf("%+v", n)
	}
	h.is(send(first, west), 204, "west", "box power 12:00:00.001 0s 1.5", "box power 12:00:02 0s 2", "box up 12:00:00 0s 0")
	a := send(`{"timeseries":[{"labels":[{"name":"a","value":"b"}],"samples":[{"value":1,"timestamp":"1782907200000"}]},
		{"labels":[{"name":"__name__","value":"m"},{"name":"a","value":"b"},{"name":"a","value":"c"}],"samples":[{"value":1,"timestamp":"1782907200000"}]},
		{"labels":[{"name":"__name__","value":"m"}],"samples":[{"value":1,"timestamp":"1782907200000"}]}]}`, east)
	h.is(a, 400, "east", "telegraf m 12:00:00 0s 1")
	h.says(a, "__name__", "twice")
	h.is(send(`{"timeseries":[{"labels":[{"name":"__name__","value":"m"}],"samples":[{"value":1,"timestamp":"5"}]}]}`, east), 422, "east")
	h.is(h.push("/api/v1/prom/write", promBody(t, first), with(east, "Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request", "Content-Encoding", "snappy")...), 415, "east")
	h.is(h.push("/api/v1/prom/write", "x", with(east, "Content-Type", "application/x-protobuf")...), 415, "east")
	h.is(h.push("/api/v1/prom/write", "not snappy", with(east, promHeaders...)...), 400, "east")
	h.is(h.push("/api/v1/prom/write", string(s2.EncodeSnappy(nil, []byte("not protobuf"))), with(east, promHeaders...)...), 400, "east")
	h.is(h.push("/api/v1/prom/write", promBody(t, first)[:30], with(east, promHeaders...)...), 400, "east")
}

// The staleness marker of Prometheus is a NaN with these bits (model/value).
func TestStaleMarker(t *testing.T) {
	h := newHouse(t, Limits{})
	sample := protowire.AppendFixed64(protowire.AppendTag(nil, 1, protowire.Fixed64Type), 0x7ff0000000000002)
	name := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "__name__")
	name = protowire.AppendString(protowire.AppendTag(name, 2, protowire.BytesType), "m")
	series := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), name)
	series = protowire.AppendBytes(protowire.AppendTag(series, 2, protowire.BytesType), sample)
	body := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), series)
	h.is(h.push("/api/v1/prom/write", string(s2.EncodeSnappy(nil, body)), with(east, promHeaders...)...), 204, "east")
}

func text(key, value string) *attribute.KeyValue {
	return &attribute.KeyValue{Key: key, Value: &attribute.AnyValue{Value: &attribute.AnyValue_StringValue{StringValue: value}}}
}

func number(at time.Time, value float64, attributes ...*attribute.KeyValue) *metrics.NumberDataPoint {
	return &metrics.NumberDataPoint{TimeUnixNano: uint64(at.UnixNano()), StartTimeUnixNano: uint64(at.Add(-59_900 * time.Millisecond).UnixNano()),
		Value: &metrics.NumberDataPoint_AsDouble{AsDouble: value}, Attributes: attributes}
}

func gauge(name string, points ...*metrics.NumberDataPoint) *metrics.Metric {
	return &metrics.Metric{Name: name, Data: &metrics.Metric_Gauge{Gauge: &metrics.Gauge{DataPoints: points}}}
}

func sum(name string, how metrics.AggregationTemporality, points ...*metrics.NumberDataPoint) *metrics.Metric {
	return &metrics.Metric{Name: name, Data: &metrics.Metric_Sum{Sum: &metrics.Sum{DataPoints: points, AggregationTemporality: how, IsMonotonic: true}}}
}

func exported(list ...*metrics.Metric) *metrics.MetricsData {
	return &metrics.MetricsData{ResourceMetrics: []*metrics.ResourceMetrics{{
		Resource:     &resource.Resource{Attributes: []*attribute.KeyValue{text("service.name", "bms"), text("room", "r"), text("telemetry.sdk.name", "go")}},
		ScopeMetrics: []*metrics.ScopeMetrics{{Metrics: list}},
	}}}
}

const (
	running = metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
	amounts = metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA
)

// export sends as protobuf and as JSON and wants the same of both.
func (h *house) export(data *metrics.MetricsData, auth []string, park string, want ...string) {
	h.Helper()
	wire, err := proto.Marshal(data)
	if err != nil {
		h.Fatal(err)
	}
	a := h.push("/v1/metrics", string(wire), with(auth, "Content-Type", "application/x-protobuf")...)
	h.is(a, 200, park, want...)
	if a.body != "" || a.header.Get("Content-Type") != "application/x-protobuf" {
		h.Errorf("%q %v", a.body, a.header)
	}
	text, err := protojson.MarshalOptions{UseEnumNumbers: true}.Marshal(data)
	if err != nil {
		h.Fatal(err)
	}
	a = h.push("/v1/metrics", zipped(h, string(text)), with(auth, "Content-Type", "application/json", "Content-Encoding", "gzip")...)
	h.is(a, 200, park, want...)
	if a.body != "{}" {
		h.Error(a.body)
	}
}

func TestOTLP(t *testing.T) {
	h := newHouse(t, Limits{})
	at := noon.Add(100 * time.Millisecond)
	data := exported(
		gauge("temperature", number(at, 21.5, text("zone", "n"))),
		sum("energy", running, number(at, 7)),
		sum("pulses", amounts, number(at, 3), number(at.Add(59_900*time.Millisecond), 4)),
		gauge("whole", &metrics.NumberDataPoint{TimeUnixNano: uint64(at.UnixNano()), Value: &metrics.NumberDataPoint_AsInt{AsInt: -5}}),
		gauge("untimed", &metrics.NumberDataPoint{Value: &metrics.NumberDataPoint_AsInt{AsInt: 5}}),
		gauge("none", &metrics.NumberDataPoint{Flags: 1}),
	)
	h.export(data, east, "east",
		"telegraf temperature,service.name=bms,zone=n 12:00:00.1 0s 21.5", "telegraf energy,service.name=bms 12:00:00.1 0s 7",
		"telegraf pulses,service.name=bms 12:00:00 1m0s 3", "telegraf pulses,service.name=bms 12:01:00 1m0s 4",
		"telegraf whole,service.name=bms 12:00:00.1 0s -5", "telegraf untimed,service.name=bms 12:00:01.5 0s 5")
	h.export(exported(gauge("g", number(at, 1, text("zone", "n")))), west, "west", "box g 12:00:00.1 0s 1")
	h.export(exported(gauge("g", number(at, 1, text("host", "h")))), some, "west", "some g,host=h,room=r 12:00:00.1 0s 1")
	h.export(exported(gauge("g", number(at, 1, text("service.name", "own")))), east, "east", "telegraf g,service.name=own 12:00:00.1 0s 1")
}

func TestOTLPAttributeKinds(t *testing.T) {
	h := newHouse(t, Limits{})
	attr := func(v *attribute.AnyValue) *attribute.KeyValue { return &attribute.KeyValue{Key: "k", Value: v} }
	list := &attribute.AnyValue{Value: &attribute.AnyValue_ArrayValue{ArrayValue: &attribute.ArrayValue{Values: []*attribute.AnyValue{
		{Value: &attribute.AnyValue_IntValue{IntValue: 1}}, {Value: &attribute.AnyValue_DoubleValue{DoubleValue: 2.5}}}}}}
	pairs := &attribute.AnyValue{Value: &attribute.AnyValue_KvlistValue{KvlistValue: &attribute.KeyValueList{Values: []*attribute.KeyValue{text("b", "x"), text("a", "y")}}}}
	h.export(exported(gauge("g", number(noon, 1, attr(list)), number(noon, 2, attr(pairs)),
		number(noon, 3, attr(&attribute.AnyValue{Value: &attribute.AnyValue_BoolValue{BoolValue: true}})),
		number(noon, 4, attr(&attribute.AnyValue{Value: &attribute.AnyValue_BytesValue{BytesValue: []byte{1, 255}}})))), east, "east",
		`telegraf g,k=["1"\,"2.5"],service.name=bms 12:00:00 0s 1`, `telegraf g,k={"a":"y"\,"b":"x"},service.name=bms 12:00:00 0s 2`,
		`telegraf g,k=true,service.name=bms 12:00:00 0s 3`, `telegraf g,k=01ff,service.name=bms 12:00:00 0s 4`)
}

// What is not taken is told in partial_success, in the sender's form.
func TestOTLPPartialSuccess(t *testing.T) {
	h := newHouse(t, Limits{})
	data := exported(
		gauge("g", number(noon, 1), number(noon, math.NaN()), number(noon.AddDate(-9, 0, 0), 1), number(noon, 1, text("a", "b"), text("a", "c"))),
		gauge("", number(noon, 1)),
		sum("brief", amounts, &metrics.NumberDataPoint{TimeUnixNano: 2e18, StartTimeUnixNano: 2e18 - 1, Value: &metrics.NumberDataPoint_AsInt{AsInt: 5}}),
		sum("unbegun", amounts, &metrics.NumberDataPoint{TimeUnixNano: 2e18, Value: &metrics.NumberDataPoint_AsInt{AsInt: 5}}),
		gauge("never", &metrics.NumberDataPoint{TimeUnixNano: math.MaxUint64, Value: &metrics.NumberDataPoint_AsInt{AsInt: 5}}),
		gauge("empty", &metrics.NumberDataPoint{}),
		&metrics.Metric{Name: "h", Data: &metrics.Metric_Histogram{Histogram: &metrics.Histogram{DataPoints: []*metrics.HistogramDataPoint{{}, {}}}}},
		&metrics.Metric{Name: "e", Data: &metrics.Metric_ExponentialHistogram{ExponentialHistogram: &metrics.ExponentialHistogram{DataPoints: []*metrics.ExponentialHistogramDataPoint{{}}}}},
		&metrics.Metric{Name: "s", Data: &metrics.Metric_Summary{Summary: &metrics.Summary{DataPoints: []*metrics.SummaryDataPoint{{}}}}},
	)
	wire, err := proto.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	a := h.push("/v1/metrics", string(wire), with(east, "Content-Type", "application/x-protobuf")...)
	h.is(a, 200, "east", "telegraf g,service.name=bms 12:00:00 0s 1")
	var rejected uint64
	err = eachField([]byte(a.body), func(f wireField) error {
		return eachField(f.text, func(f wireField) error {
			if f.number == 1 {
				rejected = f.bits
			}
			return nil
		})
	})
	if err != nil || rejected != 12 {
		t.Errorf("%d rejected, want 12: %q %v", rejected, a.body, err)
	}
	h.says(a, "4 points of histograms", "7 faulty", "1 refused")
	body, err := protojson.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	a = h.push("/v1/metrics", string(body), with(east, "Content-Type", "application/json")...)
	h.is(a, 200, "east", "telegraf g,service.name=bms 12:00:00 0s 1")
	var told struct {
		PartialSuccess struct{ RejectedDataPoints, ErrorMessage string }
	}
	if err := json.Unmarshal([]byte(a.body), &told); err != nil || told.PartialSuccess.RejectedDataPoints != "12" {
		t.Error(a.body, err)
	}
}

// Failures are google.rpc.Status.
func TestOTLPFailures(t *testing.T) {
	h := newHouse(t, Limits{})
	a := h.push("/v1/metrics", "{}", "Content-Type", "application/json")
	h.is(a, 401, "east")
	h.says(a, `"code":16`)
	a = h.push("/v1/metrics", "{", with(east, "Content-Type", "application/json")...)
	h.is(a, 400, "east")
	h.says(a, `"code":3`)
	a = h.push("/v1/metrics", "\xff", with(east, "Content-Type", "application/x-protobuf")...)
	h.is(a, 400, "east")
	if !strings.HasPrefix(a.body, "\x08\x03\x12") {
		t.Errorf("%q", a.body)
	}
	h.is(h.push("/v1/metrics", "{}", with(east, "Content-Type", "text/plain")...), 415, "east")
}
