package httpdoor

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/connector"
)

// namingHouse has senders that name devices by the tag meter.
func namingHouse(t *testing.T) *house {
	h := newHouse(t, Limits{})
	h.list.set(device("east", "gw", "secret-east", "device_tag", "meter"), device("east", "short", "secret-short", "device_tag", "meter", "name_tags", "none"))
	return h
}

// TestDevicesByTag: the tag of the option device_tag names the device that the sender
// hands a sample on for, and is no part of the name. Without it, and where it names the
// sender itself, the sample is the sender's own.
func TestDevicesByTag(t *testing.T) {
	h := namingHouse(t)
	short := []string{"Authorization", "Token secret-short"}
	lines := func(auth []string, body string, want ...string) {
		t.Helper()
		h.is(h.push("/api/v2/write?precision=s", body, auth...), 204, "east", want...)
	}
	for range 2 { // the second time the series are known
		lines(east, "m,host=a,meter=m1 f=1 1782907200\nm,host=a f=2 1782907200\nm,host=a,meter=gw f=3 1782907200",
			"gw/m1 m,host=a.f 12:00:00 0s 1", "gw m,host=a.f 12:00:00 0s 2", "gw m,host=a.f 12:00:00 0s 3")
		lines(short, "m,host=a,meter=表\\ 7 f=1 1782907200", "short/表 7 m.f 12:00:00 0s 1")
	}
	h.is(h.push("/api/v2/write", "m,meter="+strings.Repeat("x", 121)+" f=1", east...), 422, "east")
	for range 2 {
		body := `{"timeseries":[{"labels":[{"name":"__name__","value":"power"},{"name":"meter","value":"m3"}],"samples":[{"value":4,"timestamp":"1782907200000"}]},` +
			`{"labels":[{"name":"__name__","value":"power"}],"samples":[{"value":5,"timestamp":"1782907200000"}]}]}`
		h.is(h.push("/api/v1/prom/write", promBody(t, body), with(east, promHeaders...)...), 204, "east", "gw/m3 power 12:00:00 0s 4", "gw power 12:00:00 0s 5")
	}
	otlp := func(auth []string, want string) {
		t.Helper()
		body := `{"resourceMetrics":[{"resource":{"attributes":[{"key":"meter","value":{"stringValue":"m2"}}]},"scopeMetrics":[{"metrics":[` +
			`{"name":"power","gauge":{"dataPoints":[{"timeUnixNano":"1782907200000000000","asDouble":5}]}}]}]}]}`
		h.is(h.push("/v1/metrics", body, with(auth, "Content-Type", "application/json")...), 200, "east", want)
	}
	otlp(east, "gw/m2 power 12:00:00 0s 5")
	otlp(short, "short/m2 power 12:00:00 0s 5")
}

// TestDeviceTagChanges: a change of the option counts for series that are known by heart.
func TestDeviceTagChanges(t *testing.T) {
	h := namingHouse(t)
	is := func(want string) {
		t.Helper()
		h.is(h.push("/api/v2/write?precision=s", "m,meter=m1 f=1 1782907200", east...), 204, "east", want)
	}
	is("gw/m1 m.f 12:00:00 0s 1")
	h.list.set(device("east", "gw", "secret-east"))
	is("gw m,meter=m1.f 12:00:00 0s 1")
	h.list.set(device("east", "gw", "secret-east", "device_tag", "meter"))
	is("gw/m1 m.f 12:00:00 0s 1")
}

// TestDevicesOfGateway: the gateway form of ThingsBoard, own JSON and CSV name devices.
func TestDevicesOfGateway(t *testing.T) {
	h := newHouse(t, Limits{})
	board := func(body string, want ...string) {
		t.Helper()
		h.is(h.push("/api/v1/secret-east/telemetry", body), 200, "east", want...)
	}
	board(`{"m1":[{"ts":1782907200000,"values":{"a":1,"b":2}},{"c":true}],"m2":[{"a":4}],"own":5}`,
		"telegraf/m1 a 12:00:00 0s 1", "telegraf/m1 b 12:00:00 0s 2", "telegraf/m1 c 12:00:01.5 0s 1", "telegraf/m2 a 12:00:01.5 0s 4", "telegraf own 12:00:01.5 0s 5")
	board(`{"telegraf":[{"a":1}]}`, "telegraf a 12:00:01.5 0s 1")
	board(`{"m1":[1,2],"m2":[],"m3":[{"x":[{"deep":1}]}],"m4":[{},{"a":1},3]}`)
	if n := h.door.Forms()["thingsboard"].Ignored; n != 4 {
		t.Errorf("%d ignored", n)
	}
	h.is(h.push("/api/v1/secret-east/telemetry", `{"m1":[{"ts":"x","values":{"a":1}}]}`), 400, "east")
	h.is(h.push("/api/v1/samples", `{"samples":[{"device":"m1","name":"e","at":1782907200000,"value":1},{"name":"e","at":1782907200000,"value":2}]}`, east...),
		200, "east", "telegraf/m1 e 12:00:00 0s 1", "telegraf e 12:00:00 0s 2")
	h.is(h.push("/api/v1/samples.csv", "device,time,name,value\nm1,1782907200000,e,1\n,1782907200000,e,2\n", east...),
		200, "east", "telegraf/m1 e 12:00:00 0s 1", "telegraf e 12:00:00 0s 2")
}

// TestStatus: after every request the door tells how the device does.
func TestStatus(t *testing.T) {
	h := newHouse(t, Limits{})
	var mu sync.Mutex
	var told []connector.Status
	h.door.Report = func(s connector.Status) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, s)
	}
	last := func(ok bool, trouble string, samples int64, lag time.Duration) {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if len(told) != 1 {
			t.Fatalf("told %d times", len(told))
		}
		s := told[0]
		told = nil
		if s.Park != "east" || s.Device != "telegraf" || s.OK != ok || !strings.Contains(s.Error, trouble) || (trouble == "") != (s.Error == "") ||
			s.Samples != samples || s.Lag != lag || s.Latency <= 0 || !s.At.Equal(noon.Add(1500*time.Millisecond)) {
			t.Errorf("%+v", s)
		}
	}
	write := func(body string) { h.push("/api/v2/write?precision=s", body, east...) }
	write("m f=1,g=2 1782907199")
	last(true, "", 2, 2500*time.Millisecond)
	write("m f=1 1782907190") // older than what came before
	last(true, "", 3, 2500*time.Millisecond)
	write("m f=1 1782907260\nm f=")
	last(false, "line 2", 4, 0)
	h.push("/v1/metrics", `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"","gauge":{"dataPoints":[{"asDouble":5}]}}]}]}]}`, with(east, "Content-Type", "application/json")...)
	last(false, "faulty", 4, 0)
	h.store.fail = connector.ErrBusy
	write("m f=1")
	last(false, "send again", 4, 0)
	h.push("/api/v2/write", "m f=1", "Authorization", "Token wrong")
	mu.Lock()
	defer mu.Unlock()
	if len(told) != 0 {
		t.Errorf("a wrong credential is of no device: %+v", told)
	}
}

// TestCounts: metrics get the counts of each form by name.
func TestCounts(t *testing.T) {
	h := newHouse(t, Limits{})
	h.push("/api/v2/write", "m f=1,s=\"x\"\nbroken", east...)
	h.push("/api/v2/write", "m f=1")
	n := h.door.Counts()
	is := func(name string, want int64) {
		t.Helper()
		if n[name] != want {
			t.Errorf("%s is %d, want %d", name, n[name], want)
		}
	}
	is("influx_requests", 1)
	is("influx_unauthorized", 1)
	is("influx_rejected", 1)
	is("influx_admitted", 1)
	is("influx_faulty", 1)
	is("influx_ignored", 1)
	is("csv_requests", 0)
	if len(n) != 6*8 {
		t.Errorf("%d counts", len(n))
	}
	for name := range n {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			t.Errorf("%q", name)
		}
	}
}

// TestSeriesInAnyOrder: which series came next the last time never changes what a name is.
func TestSeriesInAnyOrder(t *testing.T) {
	var p lineParser
	names := newNameCache(picking{})
	read := func(series ...string) {
		t.Helper()
		var got []string
		p.reset([]byte(strings.Join(series, " f=1\n")+" f=1\n"), names)
		for e, fault := p.next(); e != nil; e, fault = p.next() {
			if fault != nil {
				t.Fatal(fault)
			}
			got = append(got, strings.TrimSuffix(e.fields[0].name, ".f"))
		}
		if !slices.Equal(got, series) {
			t.Errorf("%q, want %q", got, series)
		}
	}
	read("a", "b", "c")
	read("a", "b", "c")
	read("c", "b", "a", "a", "d", "b")
	read("b", "b,x=1", "c", "a", "d")
	names.size = cacheBytes
	read("e", "a", "b", "e", "a")
	read("a", "b", "c", "e", "f", "a")
}
