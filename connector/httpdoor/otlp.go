package httpdoor

import (
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	attribute "go.opentelemetry.io/proto/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// identifying are the attributes of a resource that become part of a name unless the
// device says which (name_tags). They tell sources apart by the semantic conventions
// of OpenTelemetry; the others describe them.
var identifying = []string{"service.namespace", "service.name", "service.instance.id", "host.name"}

func isProtobuf(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-protobuf")
}

// otlp takes OTLP/HTTP metrics (specification 1.x) as protobuf or JSON: gauges and
// sums. Histograms and summaries, and points that are faulty or refused, are told back
// in partial_success.
func (c *call) otlp() error {
	c.weight = 10 // of the parsed message
	if !isProtobuf(c.r) && !strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/json") {
		return refuse(http.StatusUnsupportedMediaType, "Content-Type is application/x-protobuf or application/json")
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	// MetricsData has the wire form of ExportMetricsServiceRequest.
	var data metrics.MetricsData
	if isProtobuf(c.r) {
		err = proto.Unmarshal(body, &data)
	} else {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, &data)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "the body is no ExportMetricsServiceRequest: %v", err)
	}
	o := otlpReader{call: c}
	if err := o.read(&data); err != nil {
		return err
	}
	if err := c.flush(); err != nil {
		return err
	}
	c.tally.faulty.Add(o.faulty)
	o.answer()
	return nil
}

type otlpReader struct {
	*call
	source []label // attributes of resource and scope that may go into names
	kinds  int64   // points of kinds that are not taken
	faulty int64
	why    string // the first fault
}

func (o *otlpReader) read(data *metrics.MetricsData) error {
	for _, resource := range data.GetResourceMetrics() {
		ofResource := o.chosen(resource.GetResource().GetAttributes())
		for _, scope := range resource.GetScopeMetrics() {
			o.source = ofResource
			if o.names.pick.some {
				o.source = append(slices.Clone(ofResource), labels(scope.GetScope().GetAttributes())...)
			}
			if err := o.metrics(scope.GetMetrics()); err != nil {
				return err
			}
		}
	}
	return nil
}

// chosen are the attributes of a resource that may go into names.
func (o *otlpReader) chosen(list []*attribute.KeyValue) []label {
	all := labels(list)
	if o.names.pick.some {
		return all
	}
	return slices.DeleteFunc(all, func(l label) bool { return l.key != o.names.pick.device && !slices.Contains(identifying, l.key) })
}

func labels(list []*attribute.KeyValue) []label {
	out := make([]label, 0, len(list))
	for _, a := range list {
		out = append(out, label{a.GetKey(), attributeText(a.GetValue())})
	}
	return out
}

// attributeText writes an attribute's value so that different ones stay different.
func attributeText(v *attribute.AnyValue) string {
	switch x := v.GetValue().(type) {
	case *attribute.AnyValue_StringValue:
		return x.StringValue
	case *attribute.AnyValue_BoolValue:
		return strconv.FormatBool(x.BoolValue)
	case *attribute.AnyValue_IntValue:
		return strconv.FormatInt(x.IntValue, 10)
	case *attribute.AnyValue_DoubleValue:
		return strconv.FormatFloat(x.DoubleValue, 'g', -1, 64)
	case *attribute.AnyValue_BytesValue:
		return hex.EncodeToString(x.BytesValue)
	case *attribute.AnyValue_ArrayValue:
		parts := make([]string, 0, len(x.ArrayValue.GetValues()))
		for _, item := range x.ArrayValue.GetValues() {
			parts = append(parts, strconv.Quote(attributeText(item)))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case *attribute.AnyValue_KvlistValue:
		parts := make([]string, 0, len(x.KvlistValue.GetValues()))
		for _, item := range x.KvlistValue.GetValues() {
			parts = append(parts, strconv.Quote(item.GetKey())+":"+strconv.Quote(attributeText(item.GetValue())))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ",") + "}"
	}
	return ""
}

func (o *otlpReader) metrics(list []*metrics.Metric) error {
	for _, m := range list {
		var points []*metrics.NumberDataPoint
		delta := false
		switch data := m.GetData().(type) {
		case *metrics.Metric_Gauge:
			points = data.Gauge.GetDataPoints()
		case *metrics.Metric_Sum:
			points = data.Sum.GetDataPoints()
			delta = data.Sum.GetAggregationTemporality() == metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA
		case *metrics.Metric_Histogram:
			o.kinds += int64(len(data.Histogram.GetDataPoints()))
		case *metrics.Metric_ExponentialHistogram:
			o.kinds += int64(len(data.ExponentialHistogram.GetDataPoints()))
		case *metrics.Metric_Summary:
			o.kinds += int64(len(data.Summary.GetDataPoints()))
		}
		for _, p := range points {
			if err := o.point(m.GetName(), p, delta); err != nil {
				return err
			}
		}
	}
	return nil
}

// point hands a number on: the reading of a gauge or a running sum, or, where delta,
// an amount over its interval.
func (o *otlpReader) point(metric string, p *metrics.NumberDataPoint, delta bool) error {
	if p.GetFlags()&uint32(metrics.DataPointFlags_DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK) != 0 {
		o.ignored++
		return nil
	}
	value := p.GetAsDouble()
	if x, ok := p.GetValue().(*metrics.NumberDataPoint_AsInt); ok {
		value = float64(x.AsInt)
	}
	name, device, err := o.name(metric, p)
	at, span, intervalErr := o.interval(p, delta)
	switch {
	case err == nil && intervalErr != nil:
		err = intervalErr
	case err == nil && (math.IsNaN(value) || math.IsInf(value, 0)):
		err = fmt.Errorf("%s is no finite number", name)
	case err == nil && p.GetValue() == nil:
		err = fmt.Errorf("%s has no value", name)
	}
	if err != nil {
		o.fault(err)
		return nil
	}
	return o.add(device, name, at, span, value)
}

func (o *otlpReader) fault(err error) {
	o.faulty++
	if o.why == "" {
		o.why = err.Error()
	}
}

// name is that of the metric with the attributes of its point and its source, and the
// device that one of them names; one of the point stands before one of the source with
// the same key.
func (o *otlpReader) name(metric string, p *metrics.NumberDataPoint) (name, device string, err error) {
	all := labels(p.GetAttributes())
	own := len(all)
	for _, l := range o.source {
		if !slices.ContainsFunc(all[:own], func(k label) bool { return k.key == l.key }) {
			all = append(all, l)
		}
	}
	name, device, err = seriesName(metric, all, o.names.pick)
	switch {
	case metric == "":
		return "", "", fmt.Errorf("a metric has no name")
	case err == nil && !(utf8.ValidString(name) && utf8.ValidString(device)):
		return "", "", fmt.Errorf("metric %q has an attribute that is not UTF-8", metric)
	}
	return name, device, err
}

// interval is the end and the length of a point. Amounts (delta) have both ends
// rounded to whole seconds, so that intervals which follow each other still do.
func (o *otlpReader) interval(p *metrics.NumberDataPoint, delta bool) (time.Time, time.Duration, error) {
	if p.GetTimeUnixNano() > math.MaxInt64 || p.GetStartTimeUnixNano() > math.MaxInt64 {
		return time.Time{}, 0, fmt.Errorf("a time is after 2262")
	}
	at := o.now.UTC()
	if p.GetTimeUnixNano() > 0 {
		at = time.Unix(0, int64(p.GetTimeUnixNano())).UTC()
	}
	if !delta {
		return at, 0, nil
	}
	if p.GetStartTimeUnixNano() == 0 {
		return at, 0, fmt.Errorf("an amount (delta sum) needs start_time_unix_nano")
	}
	at = at.Round(time.Second)
	span := at.Sub(time.Unix(0, int64(p.GetStartTimeUnixNano())).Round(time.Second))
	if span <= 0 {
		return at, 0, fmt.Errorf("an amount (delta sum) is over less than a second")
	}
	return at, span, nil
}

// answer is ExportMetricsServiceResponse.
func (o *otlpReader) answer() {
	rejected := o.kinds + o.faulty + int64(o.receipt.Refused)
	var why []string
	if o.kinds > 0 {
		why = append(why, fmt.Sprintf("%d points of histograms or summaries: only gauges and sums are taken", o.kinds))
	}
	if o.faulty > 0 {
		why = append(why, fmt.Sprintf("%d faulty points (%s)", o.faulty, o.why))
	}
	if o.receipt.Refused > 0 {
		why = append(why, fmt.Sprintf("%d refused points: %s", o.receipt.Refused, whyRefused(o.receipt.Refused, o.long)))
	}
	message := strings.ToValidUTF8(strings.Join(why, "; "), "�")
	o.ignored += int(o.kinds)
	if o.faulty > 0 || o.receipt.Refused > 0 {
		o.trouble = message
	}
	o.w.Header().Set(receiptHeader, o.receiptText())
	if !isProtobuf(o.r) {
		body := map[string]any{}
		if rejected > 0 {
			body["partialSuccess"] = map[string]any{"rejectedDataPoints": strconv.FormatInt(rejected, 10), "errorMessage": message}
		}
		writeJSON(o.w, http.StatusOK, body)
		return
	}
	var body []byte
	if rejected > 0 {
		part := protowire.AppendTag(nil, 1, protowire.VarintType)
		part = protowire.AppendVarint(part, uint64(rejected))
		part = protowire.AppendTag(part, 2, protowire.BytesType)
		part = protowire.AppendString(part, message)
		body = protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), part)
	}
	o.w.Header().Set("Content-Type", "application/x-protobuf")
	o.w.WriteHeader(http.StatusOK)
	_, _ = o.w.Write(body) // a caller that went away is no failure
}
