package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lingtan/api"
	"lingtan/connector"
	"lingtan/connector/gatewaydoor"
	"lingtan/connector/ocpp"
	"lingtan/gateway/frame"
	"lingtan/ingest"
	"lingtan/meter"
	"lingtan/node"
)

// deviceList has a secret in each place where one can stand.
const deviceList = `format: lingtan.devices/v1
devices:
  - id: gw-1
    protocol: http
    token: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    map: {energy.kwh: mill.kwh}
  - id: broker
    protocol: mqtt
    address: mqtt://reader:secret-word@192.0.2.7:1883
    interval: 1500ms
    options: {password: secret-word}
mappings:
  - {device: hall-2, name: kwh, register: bakery.kwh}
`

// told gives the ingest of a node with statuses that a driver would have told.
type told struct {
	*node.Ingest
	statuses map[string]connector.Status
}

func (d told) Devices(park string) (ingest.List, map[string]connector.Status) {
	return d.Registry.Of(park), d.statuses
}

func (d told) Metrics() ingest.Metrics { return d.Admission.Metrics() }

func (d told) Sessions(park, device string) []ocpp.Session {
	if park != "test" || device != "charger" {
		return nil
	}
	return []ocpp.Session{{Park: park, Device: device, ID: "2"}, {Park: park, Device: device, ID: "1"}}
}

// A gateway that told everything, one that only sent, one that has not spoken.
func (d told) Gateways(now time.Time) []gatewaydoor.State {
	beat := frame.Heartbeat{Version: "1.2", Local: now.Add(-3 * time.Second), Offset: 3 * time.Second, RoundTrip: 40 * time.Millisecond,
		Synced: true, Corrected: true, Waiting: 120, Bytes: 4096, Limit: 1 << 30, Newest: now}
	return []gatewaydoor.State{
		{Identity: frame.Identity{Park: "other", Gateway: "elsewhere"}, Heard: now},
		{Identity: frame.Identity{Park: "test", Gateway: "gw-1"}, Heard: now, Lag: 90 * time.Second, Samples: 7, Heartbeat: beat},
		{Identity: frame.Identity{Park: "test", Gateway: "gw-2"}, Heard: now, Samples: 1},
		{Identity: frame.Identity{Park: "test", Gateway: "gw-3"}},
	}
}

func TestGateways(t *testing.T) {
	l, _ := newDevices(t)
	type gateway struct {
		ID                        string
		LagSeconds, OffsetSeconds *float64
		Waiting                   *uint64
		HeardAt                   *time.Time
		Corrected                 bool
	}
	var got struct{ Gateways []gateway }
	l.send(l.token("installer", "/江苏/test"), "GET", "/api/v1/parks/test/gateways", "", 200, &got)
	if len(got.Gateways) != 3 {
		t.Fatalf("%+v", got)
	}
	a, b, c := got.Gateways[0], got.Gateways[1], got.Gateways[2]
	if a.ID != "gw-1" || *a.LagSeconds != 90 || *a.OffsetSeconds != 3 || *a.Waiting != 120 || !a.Corrected {
		t.Errorf("told everything: %+v", a)
	}
	if b.HeardAt == nil || b.LagSeconds == nil || b.OffsetSeconds != nil || b.Waiting != nil {
		t.Errorf("only sent: %+v", b)
	}
	if c.HeardAt != nil || c.LagSeconds != nil || c.Waiting != nil {
		t.Errorf("has not spoken: %+v", c)
	}
}

func TestChargingSessions(t *testing.T) {
	l, _ := newDevices(t)
	token := l.token("installer", "/江苏/test")
	listed := func(path string, want int) {
		t.Helper()
		var got struct{ Sessions []struct{ ID string } }
		l.send(token, "GET", "/api/v1/parks/test/devices/"+path, "", 200, &got)
		if len(got.Sessions) != want || got.Sessions == nil {
			t.Errorf("%s: %+v", path, got)
		}
	}
	listed("charger/sessions", 2)
	listed("charger/sessions?limit=1", 1)
	listed("other/sessions", 0)
}

func (d told) Doors() map[string]map[string]int64 {
	return map[string]map[string]int64{"hj212": {"damaged": 2}}
}

// newDevices is a live park whose server has the way in for samples.
func newDevices(t *testing.T) (*live, told) {
	t.Helper()
	l := newLive(t)
	in, err := l.node.OpenIngest(context.Background(), node.IngestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d := told{in, map[string]connector.Status{}}
	s, err := api.New(api.Options{Records: l.node.Records, Parks: l.node, Devices: d, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l.server = httptest.NewServer(s.Handler())
	t.Cleanup(l.server.Close)
	t.Cleanup(s.Live.Close)
	return l, d
}

type devicesPage struct {
	Devices []struct {
		ID, Protocol, Address string
		IntervalSeconds       float64
		Map                   map[string]string
		Status                *struct {
			OK                         bool
			Error                      string
			LatencySeconds, LagSeconds *float64
			Samples                    int64
		}
	}
	Mappings []ingest.Mapping
}

func TestDeviceListShowsWithoutSecrets(t *testing.T) {
	l, d := newDevices(t)
	token := l.token("installer", "/江苏/test")
	var got devicesPage
	l.send(token, "GET", "/api/v1/parks/test/devices", "", 200, &got)
	if len(got.Devices) != 0 || got.Devices == nil || got.Mappings == nil {
		t.Errorf("a park without devices: %+v", got)
	}
	var v struct{ Number, Devices int }
	l.send(token, "PUT", "/api/v1/parks/test/devices", deviceList, 200, &v)
	if v.Number != 1 || v.Devices != 2 {
		t.Errorf("recorded %+v", v)
	}
	d.statuses["broker"] = connector.Status{At: time.Now(), Error: "mqtt://reader:secret-word@192.0.2.7:1883 does not answer", Latency: 250 * time.Millisecond, Lag: 3 * time.Second, Samples: 7}
	var raw json.RawMessage
	l.send(token, "GET", "/api/v1/parks/test/devices", "", 200, &raw)
	for _, secret := range []string{"aaaaaaaa", "secret-word", "reader", "token"} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("%q shows: %s", secret, raw)
		}
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Devices) != 2 || got.Devices[0].Map["energy.kwh"] != "mill.kwh" || got.Devices[0].Status != nil ||
		!slices.Equal(got.Mappings, []ingest.Mapping{{Device: "hall-2", Name: "kwh", Register: "bakery.kwh"}}) {
		t.Fatalf("%s", raw)
	}
	b := got.Devices[1]
	if b.Address != "mqtt://192.0.2.7:1883" || b.IntervalSeconds != 1.5 || b.Status == nil || b.Status.OK || b.Status.Samples != 7 ||
		*b.Status.LatencySeconds != 0.25 || *b.Status.LagSeconds != 3 || b.Status.Error != "mqtt://192.0.2.7:1883 does not answer" {
		t.Errorf("%s", raw)
	}
	d.statuses["broker"] = connector.Status{At: time.Now(), Error: "does not answer"}
	d.statuses["gw-1"] = connector.Status{At: time.Now(), OK: true}
	got = devicesPage{}
	l.send(token, "GET", "/api/v1/parks/test/devices", "", 200, &got)
	if g, b := got.Devices[0].Status, got.Devices[1].Status; g.LatencySeconds != nil || *g.LagSeconds != 0 || b.LatencySeconds != nil || b.LagSeconds != nil {
		t.Errorf("what was not measured shows: %+v, %+v", g, b)
	}
}

// A list that is not sound changes nothing, and each fault has its place.
func TestFaultyDeviceList(t *testing.T) {
	l, _ := newDevices(t)
	token := l.token("park_manager", "/江苏/test")
	l.send(token, "PUT", "/api/v1/parks/test/devices", deviceList, 200, nil)
	var p struct {
		Code   string
		Fields []string
	}
	bad := strings.Replace(strings.Replace(deviceList, "protocol: mqtt", "protocol: smoke", 1), "mill.kwh", "moon.kwh", 1)
	l.send(token, "PUT", "/api/v1/parks/test/devices", bad, 422, &p)
	if p.Code != "LT-3001" || len(p.Fields) != 2 || !strings.HasPrefix(p.Fields[0], "6:11: devices[0].map.energy.kwh: ") || !strings.HasPrefix(p.Fields[1], "8:5: devices[1].protocol: ") {
		t.Errorf("%+v", p)
	}
	var got devicesPage
	l.send(token, "GET", "/api/v1/parks/test/devices", "", 200, &got)
	if len(got.Devices) != 2 || got.Devices[1].Protocol != "mqtt" {
		t.Errorf("the list changed: %+v", got)
	}
}

// What came before its register was known is shown, mapped, and read from then on.
func TestMapMovesKeptSamples(t *testing.T) {
	l, d := newDevices(t)
	token := l.token("installer", "/江苏/test")
	at := time.Date(2023, 6, 1, 0, 15, 0, 0, time.UTC)
	var samples []connector.Sample
	for i := range 3 {
		samples = append(samples, connector.Sample{Device: "hall-9", Name: "kwh", At: at.Add(time.Duration(i) * 15 * time.Minute), Span: 15 * time.Minute, Value: float64(i) + 0.5})
	}
	if _, err := d.Admission.Admit(context.Background(), "test", samples); err != nil {
		t.Fatal(err)
	}
	var waiting struct{ Unmapped []ingest.Unmapped }
	l.send(token, "GET", "/api/v1/parks/test/unmapped", "", 200, &waiting)
	want := ingest.Unmapped{Device: "hall-9", Name: "kwh", First: at, Last: at.Add(30 * time.Minute), Value: 2.5, Count: 3, Kept: 3}
	if !slices.Equal(waiting.Unmapped, []ingest.Unmapped{want}) {
		t.Fatalf("%+v", waiting)
	}
	var registers struct {
		Registers []struct {
			Register, Unit string
			Name           struct{ ZH, EN string }
		}
	}
	l.send(token, "GET", "/api/v1/parks/test/registers", "", 200, &registers)
	if i := slices.IndexFunc(registers.Registers, func(r struct {
		Register, Unit string
		Name           struct{ ZH, EN string }
	}) bool {
		return r.Register == "mill.kwh"
	}); i < 0 || registers.Registers[i].Unit != "kWh" || registers.Registers[i].Name.ZH == "" {
		t.Errorf("%+v", registers)
	}
	l.send(token, "POST", "/api/v1/parks/test/unmapped/map", `{"device":"hall-9","name":"kwh","register":"moon.kwh"}`, 422, nil)
	l.send(token, "POST", "/api/v1/parks/test/unmapped/map", `{"device":"hall-9","name":"kwh","register":"mill.kwh"}`, 200, nil)
	l.send(token, "GET", "/api/v1/parks/test/unmapped", "", 200, &waiting)
	if len(waiting.Unmapped) != 0 {
		t.Errorf("still waiting: %+v", waiting)
	}
	var values []float64
	q := meter.Query{Park: "test", Keys: []string{"mill.kwh"}, From: at.UnixMilli(), To: at.Add(time.Hour).UnixMilli()}
	if err := l.node.Series.Readings(context.Background(), q, func(x meter.Track) error { values = append(values, x.Value...); return nil }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(values, []float64{0.5, 1.5, 2.5}) {
		t.Errorf("readings of the register: %v", values)
	}
	var m struct {
		ingest.Metrics
		Doors map[string]map[string]int64
	}
	l.send(token, "GET", "/api/v1/parks/test/ingest", "", 200, &m)
	if m.Doors["hj212"]["damaged"] != 2 {
		t.Errorf("counts of the doors: %v", m.Doors)
	}
	if m.Samples != 3 || m.Unmapped != 3 || m.Commits < 1 || m.Refused == nil {
		t.Errorf("%+v", m)
	}
}

// Who may only read does not change; who has no part in the park's devices sees none.
func TestWhoMayWithDevices(t *testing.T) {
	l, d := newDevices(t)
	refused := func(token string, reads int) {
		t.Helper()
		for _, path := range []string{"devices", "unmapped", "registers", "ingest"} {
			l.send(token, "GET", "/api/v1/parks/test/"+path, "", reads, nil)
		}
		l.send(token, "PUT", "/api/v1/parks/test/devices", deviceList, 403, nil)
		l.send(token, "POST", "/api/v1/parks/test/unmapped/map", `{"device":"a","name":"b","register":"mill.kwh"}`, 403, nil)
	}
	refused(l.token("verifier", "/江苏/test"), http.StatusForbidden)
	refused(l.token("enterprise_manager", "/江苏/test"), http.StatusOK)
	refused(l.token("installer", "/江苏/test/mill"), http.StatusForbidden)
	if list := d.Registry.Of("test"); len(list.Devices)+len(list.Mappings) != 0 {
		t.Errorf("the list changed: %+v", list)
	}
}
