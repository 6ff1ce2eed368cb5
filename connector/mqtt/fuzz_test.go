package mqtt

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lingtan/connector"
)

// sound holds what every parser owes: its error is of the payload, and its samples are finite
// numbers with names, of times that can be written.
func sound(t *testing.T, got take, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, errPayload) {
		t.Errorf("error of another kind: %v", err)
	}
	if len(got.samples)+got.skipped > 2*maxMessageValues {
		t.Errorf("%d samples", len(got.samples))
	}
	for _, s := range got.samples {
		if s.Name == "" || len(s.Name) > maxValueName || math.IsNaN(s.Value) || math.IsInf(s.Value, 0) || s.Span < 0 {
			t.Errorf("%+v", s)
		}
		if _, err := s.At.MarshalJSON(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// seeds are the files of a folder of testdata.
func seeds(f *testing.F, pattern string) [][]byte {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds at %s: %v", pattern, err)
	}
	var list [][]byte
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		list = append(list, raw)
	}
	return list
}

func FuzzJSONPayloads(f *testing.F) {
	for _, raw := range seeds(f, "*.json") {
		f.Add(raw)
	}
	for _, text := range []string{"", "null", "[]", "[null]", `{"ts":1e400,"values":{}}`, `{"ts":1,"values":null}`, `{"":1}`, ` { "a" : 1.5e-3 , "b":true,"c" :-0 } `, `{"ts":1700000000000,"values":{"k":1,"l":2}}`, `{"ts":5,"values":{"k":1},"ts":6}`,
		`{"a":{"b":1}}`, `{"a":1}{`, `{"a":01}`, `{"a":1.}`, `{"a":1e}`, `{"a":-}`, `{"a\u0062":1}`, `{"k":1e999}`, `{"k":"0x10"}`, `{"k":"1_0"}`,
		strings.Repeat("[", 20_000), `{"samples":[{"name":"k","at":"9999-99-99","value":1}]}`, `{"samples":[{"name":"k","span":-1,"value":1}]}`} {
		f.Add([]byte(text))
	}
	m, err := parseMapping("a=x.0.y, b", "t")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		read := func(f func(*take) error) {
			var got take
			err := f(&got)
			sound(t, got, err)
		}
		read(func(k *take) error { return k.telemetry("d", raw) })
		alike(t, raw)
		read(func(k *take) error { return k.gatewayTelemetry(raw) })
		read(func(k *take) error { return k.own("d", raw) })
		read(func(k *take) error { return k.mapped("d", "a/b", raw, m) })
		read(func(k *take) error { return k.mapped("d", "a/b", raw, mapping{}) })
	})
}

func FuzzSparkplug(f *testing.F) {
	f.Add(spPayload(0, spMetric("bdSeq", 0, 0, 8, uint64(4)), spMetric("power", 1, 1700000000001, 9, float32(1.5))), "NBIRTH")
	f.Add(spPayload(1, spMetric("", 1, math.MaxUint64, 0, 2.0)), "NDATA")
	f.Add(spPayload(300, spMetric("x", 1, 0, 3, uint32(5)), spMetric("s", 0, 0, 12, "text")), "DDATA")
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f}, "DBIRTH")
	f.Add([]byte{}, "NDEATH")
	f.Fuzz(func(t *testing.T, raw []byte, what string) {
		p, err := decodeSparkplug(raw)
		sound(t, take{}, err)
		if err != nil {
			return
		}
		n := &node{}
		for _, r := range []route{{type_: "NBIRTH"}, {type_: what, device: "d"}, {type_: "NDATA"}} {
			h, err := n.hear(r, p, "d", "e")
			sound(t, h.take, err)
		}
		if len(n.aliases) > len(p.metrics)*3 || len(n.names) > maxNodeMetrics {
			t.Errorf("%d aliases, %d names", len(n.aliases), len(n.names))
		}
	})
}

func FuzzTopic(f *testing.F) {
	for line := range strings.Lines(string(seeds(f, "topics.txt")[0])) {
		f.Add(strings.TrimSpace(line))
	}
	f.Fuzz(func(t *testing.T, topic string) {
		r := parseTopic(topic)
		if r.kind == sparkplugTopic && (r.group == "" || r.node == "" || (r.device == "") != strings.HasPrefix(r.type_, "N")) {
			t.Errorf("%q is %+v", topic, r)
		}
		if r.kind == ownTopic && "lingtan/"+r.park+"/"+r.device != topic {
			t.Errorf("%q is %+v", topic, r)
		}
		d := connector.Device{ID: "d", Park: "p"}
		if r.kind == ownTopic && allowed(d, r) && topic != "lingtan/p/d" {
			t.Errorf("d may publish to %q", topic)
		}
		if mayRead(topic, "", "d") && strings.Contains(topic, "telemetry") && !strings.HasPrefix(topic, "STATE/") && !strings.HasPrefix(topic, "spBv1.0/") {
			t.Errorf("d may read %q", topic)
		}
	})
}

// alike holds the quick way of reading telemetry to the long one: what it takes at all it
// takes with the same outcome.
func alike(t *testing.T, raw []byte) {
	t.Helper()
	var quick, long take
	plain, quickErr := quick.plainTelemetry("d", raw)
	if !plain {
		if len(quick.samples) > 0 || quickErr != nil {
			t.Errorf("%q: not plain, and yet %d samples, %v", raw, len(quick.samples), quickErr)
		}
		return
	}
	longErr := long.telemetryObject("d", bytes.TrimSpace(raw))
	if (quickErr == nil) != (longErr == nil) {
		t.Fatalf("%q: %v the quick way, %v the long way", raw, quickErr, longErr)
	}
	if quickErr == nil && (quick.skipped != long.skipped || !slices.Equal(values(quick.samples), values(long.samples))) {
		t.Errorf("%q: %q the quick way, %q the long way", raw, values(quick.samples), values(long.samples))
	}
}
