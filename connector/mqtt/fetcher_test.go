package mqtt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"gopkg.in/yaml.v3"

	"lingtan/connector"
)

// foreign is somebody else's broker: plain mochi with persistent sessions in memory.
type foreign struct {
	server  *mochi.Server
	address string
}

func startForeign(t *testing.T, config listeners.Config, ledger *auth.Ledger) *foreign {
	t.Helper()
	server := mochi.New(&mochi.Options{InlineClient: true, Logger: quietLogger})
	var hook mochi.Hook = new(auth.AllowHook)
	var options any
	if ledger != nil {
		hook, options = new(auth.Hook), &auth.Options{Ledger: ledger}
	}
	if err := server.AddHook(hook, options); err != nil {
		t.Fatal(err)
	}
	config.ID, config.Address = "f", "127.0.0.1:0"
	l := listeners.NewTCP(config)
	if err := server.AddListener(l); err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return &foreign{server, l.Address()}
}

// waits until the door has subscribed.
func (f *foreign) subscribed(t *testing.T, n int) {
	t.Helper()
	until(t, "the door to subscribe", func() bool {
		return f.server.Topics.Subscribers("probe") != nil && int(f.server.Info.Clone().Subscriptions) >= n
	})
}

func (f *foreign) publish(t *testing.T, topic string, qos byte, payload string) {
	t.Helper()
	if err := f.server.Publish(topic, []byte(payload), false, qos); err != nil {
		t.Fatal(err)
	}
}

func puller(id, address string, options ...string) connector.Device {
	d := pusher(id, "", options...)
	d.Token, d.Address = "", address
	return d
}

func TestOtherBrokersForms(t *testing.T) {
	f := startForeign(t, listeners.Config{}, nil)
	at := "tcp://" + f.address
	d := open(t, Options{}, newRecord(), newList(
		puller("tb", at, "topics", "v1/devices/me/telemetry, v1/gateway/telemetry"),
		puller("sp", at, "topics", "spBv1.0/#", "form", "sparkplug", "qos", "0"),
		puller("own", at, "topics", "lingtan/+/+", "form", "lingtan", "device_level", "3"),
		puller("tele", at, "topics", "tele/+/SENSOR", "form", "json", "device_level", "2", "value", "kWh=ENERGY.Total, ENERGY.Power.1", "time", "at"),
		puller("bare", at, "topics", "bare/#", "form", "json", "qos", "2"),
	), "")
	f.subscribed(t, 6)
	f.publish(t, "v1/devices/me/telemetry", 1, `{"ts":1700000000000,"values":{"k":1}}`)
	f.publish(t, "v1/gateway/telemetry", 1, `{"A":[{"ts":1700000000000,"values":{"k":2}}]}`)
	f.publish(t, "spBv1.0/g/NBIRTH/n1", 0, string(spPayload(0, spMetric("power", 5, 0, 10, 3.0))))
	f.publish(t, "spBv1.0/g/DBIRTH/n1/dev", 0, string(spPayload(1, spMetric("flow", 6, 0, 10, 4.0))))
	f.publish(t, "lingtan/x/meter-9", 1, `{"samples":[{"name":"k","at":1700000000000,"value":5}]}`)
	f.publish(t, "tele/plug1/SENSOR", 1, `{"at":"2023-11-14T22:13:20Z","ENERGY":{"Total":6.5,"Power":[0,7]}}`)
	f.publish(t, "bare/room/temp", 2, `21.5`)
	until(t, "samples", func() bool { return len(d.sink.of("p1")) >= 8 })
	same(t, "samples", values(d.sink.of("p1")), []string{"tb k=1@1700000000000", "tb>A k=2@1700000000000", "sp>n1 power=3@1700000000000", "sp>dev flow=4@1700000000000",
		"own>meter-9 k=5@1700000000000", "tele>plug1 kWh=6.5@1700000000000", "tele>plug1 1=7@1700000000000", "bare temp=21.5"})

	heard := make(chan string, 4)
	if err := f.server.Subscribe("spBv1.0/+/NCMD/#", 1, func(_ *mochi.Client, _ packets.Subscription, pk packets.Packet) { heard <- pk.TopicName }); err != nil {
		t.Fatal(err)
	}
	f.publish(t, "spBv1.0/g/NDATA/n1", 0, string(spPayload(9, spMetric("", 5, 0, 0, 3.0))))
	select {
	case topic := <-heard:
		if topic != "spBv1.0/g/NCMD/n1" {
			t.Errorf("the rebirth is asked for on %s", topic)
		}
	case <-time.After(5 * time.Second):
		t.Error("no rebirth is asked for")
	}
	f.publish(t, "v1/devices/me/telemetry", 1, `{"k":`)
	d.count("refused_payload", 1)
}

// TestOtherBrokerLosesNothing refuses admission for a while: the message comes again.
func TestOtherBrokerLosesNothing(t *testing.T) {
	f := startForeign(t, listeners.Config{}, nil)
	sink := newRecord()
	d := open(t, Options{}, sink, newList(puller("tb", "tcp://"+f.address, "topics", "t/#")), "")
	f.subscribed(t, 1)
	sink.set(func(context.Context) error { return errors.New("disk full") })
	for i := range 3 {
		f.publish(t, "t/1", 1, fmt.Sprintf(`{"ts":170000000000%d,"values":{"k":1}}`, i))
	}
	until(t, "a refusal", func() bool { return d.driver.Counts()["refused_admission"] > 0 })
	if n := d.driver.Counts()["acknowledged"]; n != 0 {
		t.Errorf("%d acknowledged", n)
	}
	sink.set(nil)
	until(t, "all messages", func() bool { return len(sink.of("p1")) == 3 })
	until(t, "a good status", func() bool { return d.status("p1/tb").OK })
	f.publish(t, "t/1", 1, `{"ts":1700000000009,"values":{"k":1}}`)
	until(t, "the next one", func() bool { return len(sink.of("p1")) == 4 })
}

func TestOtherBrokerWithTLSAndPassword(t *testing.T) {
	config, ca := selfSigned(t)
	f := startForeign(t, listeners.Config{TLSConfig: config}, &auth.Ledger{Auth: auth.AuthRules{{Username: "reader", Password: "pw", Allow: true}}})
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("pw\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("no"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := puller("tb", "ssl://"+f.address, "topics", "t/#", "username", "reader", "password_file", secret, "ca", ca)
	wrong := puller("w", "ssl://"+f.address, "topics", "t/#", "username", "reader", "password_file", bad, "ca", ca)
	strange := puller("s", "ssl://"+f.address, "topics", "t/#", "username", "reader", "password_file", secret)
	down := puller("down", "tcp://127.0.0.1:1", "topics", "t/#")
	d := open(t, Options{}, newRecord(), newList(good, wrong, strange, down), "")
	f.subscribed(t, 1)
	f.publish(t, "t/1", 1, `{"ts":1700000000000,"values":{"k":1}}`)
	until(t, "a sample", func() bool { return len(d.sink.of("p1")) == 1 })
	for _, name := range []string{"p1/w", "p1/s", "p1/down"} {
		until(t, name+" to fail", func() bool { s := d.status(name); return !s.OK && s.Error != "" })
	}
	d.list.set(good) // the others end
	f.publish(t, "t/1", 1, `{"ts":1700000000001,"values":{"k":1}}`)
	until(t, "a sample", func() bool { return len(d.sink.of("p1")) == 2 })
}

func TestReadOnce(t *testing.T) {
	f := startForeign(t, listeners.Config{}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for i := 0; ctx.Err() == nil; i++ {
			f.server.Publish("t/a", fmt.Appendf(nil, `{"ts":%d,"values":{"k":%d,"l":2}}`, 1700000000000+i, i), false, 1)
			f.server.Publish("bad/a", []byte(`{"k":`), false, 1)
			time.Sleep(50 * time.Millisecond)
		}
	}()
	d := New(Options{})
	samples, err := d.Read(t.Context(), puller("x", "tcp://"+f.address, "topics", "t/#"))
	if err != nil || len(samples) != 2 || samples[0].Name != "k" || samples[0].Value < 10 || samples[1].Name != "l" {
		t.Errorf("%+v, %v", samples, err)
	}
	if _, err := d.Read(t.Context(), puller("x", "tcp://"+f.address, "topics", "bad/#")); !errors.Is(err, connector.ErrProtocol) {
		t.Errorf("malformed: %v", err)
	}
	if _, err := d.Read(t.Context(), puller("x", "tcp://127.0.0.1:1", "topics", "t/#")); !errors.Is(err, connector.ErrUnreachable) {
		t.Errorf("nobody there: %v", err)
	}
	if _, err := d.Read(t.Context(), pusher("x", "tok")); !errors.Is(err, connector.ErrRefused) {
		t.Errorf("a device that pushes: %v", err)
	}
	short, end := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer end()
	if _, err := d.Read(short, puller("x", "tcp://"+f.address, "topics", "silent/#")); !errors.Is(err, connector.ErrUnreachable) {
		t.Errorf("silence: %v", err)
	}
}

// TestSampleConfiguration holds the sample device list.
func TestSampleConfiguration(t *testing.T) {
	raw, err := os.ReadFile("devices.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Format  string
		Devices []connector.Device
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil || len(file.Devices) == 0 {
		t.Fatalf("%d devices, %v", len(file.Devices), err)
	}
	for _, d := range file.Devices {
		if d.Protocol != Protocol || (d.Token == "" && fingerprint(d) == "") == (d.Address == "") {
			t.Errorf("%s: protocol %q, address %q, token %q", d.ID, d.Protocol, d.Address, d.Token)
		}
		if d.Address == "" {
			continue
		}
		if _, err := parseSource(d); err != nil {
			t.Error(err)
		}
	}
}

func TestSourceFaults(t *testing.T) {
	try := func(address string, options ...string) {
		t.Helper()
		if _, err := parseSource(puller("x", address, options...)); !errors.Is(err, connector.ErrConfig) {
			t.Errorf("%s %v: %v", address, options, err)
		}
	}
	try("127.0.0.1:1883", "topics", "t")
	try("http://h", "topics", "t")
	try("tcp://h:1")
	try("tcp://h:1", "topics", " , ")
	try("tcp://h:1", "topics", "t", "form", "xml")
	try("tcp://h:1", "topics", "t", "qos", "3")
	try("tcp://h:1", "topics", "t", "device_level", "0")
	try("tcp://h:1", "topics", "t", "form", "json", "value", "=x")
	try("tcp://h:1", "topics", "t", "form", "json", "value", "x=")
}
