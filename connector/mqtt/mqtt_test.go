package mqtt

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"lingtan/connector"
)

// list is a device list that can change.
type list struct {
	mu      sync.Mutex
	devices []connector.Device
	changed chan struct{}
}

func newList(devices ...connector.Device) *list {
	return &list{devices: devices, changed: make(chan struct{})}
}

func (l *list) List(protocol string) []connector.Device {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.devices), func(d connector.Device) bool { return d.Protocol != protocol })
}

func (l *list) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *list) set(devices ...connector.Device) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.devices = devices
	close(l.changed)
	l.changed = make(chan struct{})
}

// record is a sink that keeps what it admitted and drops exact repeats, as the store does.
// before, where it is set, is called ahead of each admission and may block or refuse.
type record struct {
	mu      sync.Mutex
	before  func(ctx context.Context) error
	kept    map[string][]connector.Sample // by park
	seen    map[connector.Sample]bool
	repeats int
}

func newRecord() *record {
	return &record{kept: map[string][]connector.Sample{}, seen: map[connector.Sample]bool{}}
}

func (r *record) Admit(ctx context.Context, park string, samples []connector.Sample) (connector.Receipt, error) {
	r.mu.Lock()
	before := r.before
	r.mu.Unlock()
	if before != nil {
		if err := before(ctx); err != nil {
			return connector.Receipt{}, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var receipt connector.Receipt
	for _, s := range samples {
		if !s.At.IsZero() && r.seen[s] {
			r.repeats++
			receipt.Duplicates++
			continue
		}
		r.seen[s] = true
		r.kept[park] = append(r.kept[park], s)
		receipt.Stored++
	}
	return receipt, nil
}

func (r *record) set(before func(context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = before
}

func (r *record) of(park string) []connector.Sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.kept[park])
}

// door is a running driver.
type door struct {
	t      *testing.T
	driver *Driver
	sink   *record
	list   *list
	dir    string
	stop   func()

	mu       sync.Mutex
	statuses map[string]connector.Status
}

func (d *door) report(s connector.Status) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.statuses[s.Park+"/"+s.Device] = s
}

func (d *door) status(name string) connector.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.statuses[name]
}

// open starts a door; it ends with the test.
func open(t *testing.T, o Options, sink *record, devices *list, dir string) *door {
	t.Helper()
	d := &door{t: t, driver: New(o), sink: sink, list: devices, dir: dir, statuses: map[string]connector.Status{}}
	d.start()
	t.Cleanup(func() { d.stop() })
	return d
}

func (d *door) start() {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	env := connector.Environment{Devices: d.list, Sink: d.sink, Report: d.report, Log: slog.New(slog.DiscardHandler), Now: time.Now, Dir: d.dir}
	go func() { ended <- d.driver.Run(ctx, env) }()
	d.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				d.t.Errorf("Run: %v", err)
			}
		case <-time.After(20 * time.Second):
			d.t.Error("Run does not end")
		}
	})
	if d.driver.options.Listen == "" && d.driver.options.ListenTLS == "" {
		return
	}
	until(d.t, "the broker to listen", func() bool {
		for _, a := range d.driver.Addresses() {
			c, err := net.Dial("tcp", a)
			if err != nil {
				return false
			}
			c.Close()
		}
		return len(d.driver.Addresses()) > 0
	})
}

// restart stops the broker and starts it again at the same address.
func (d *door) restart() {
	d.stop()
	address := d.driver.Addresses()[0]
	d.driver = New(d.driver.options)
	d.driver.options.Listen = address
	d.start()
}

func (d *door) address() string { return "tcp://" + d.driver.Addresses()[0] }

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

// count waits until the door has counted so many.
func (d *door) count(name string, n int64) {
	d.t.Helper()
	until(d.t, fmt.Sprintf("%s = %d", name, n), func() bool { return d.driver.Counts()[name] == n })
}

func pusher(id, token string, options ...string) connector.Device {
	d := connector.Device{ID: id, Park: "p1", Protocol: Protocol, Token: digest(token), Options: map[string]string{}}
	for i := 0; i+1 < len(options); i += 2 {
		d.Options[options[i]] = options[i+1]
	}
	return d
}

// connect is a paho client that is connected.
func connect(t *testing.T, address, user, password string, change func(*paho.ClientOptions)) paho.Client {
	t.Helper()
	c := pahoClient(address, user, password, change)
	token := c.Connect()
	if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatalf("connect: %v", token.Error())
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

func pahoClient(address, user, password string, change func(*paho.ClientOptions)) paho.Client {
	o := paho.NewClientOptions().AddBroker(address).SetClientID("c").SetUsername(user).SetPassword(password).
		SetConnectTimeout(5 * time.Second).SetMaxReconnectInterval(100 * time.Millisecond).SetAutoReconnect(true)
	o.SetTLSConfig(&tls.Config{InsecureSkipVerify: true})
	if change != nil {
		change(o)
	}
	return paho.NewClient(o)
}

func publish(t *testing.T, c paho.Client, topic string, qos byte, payload any) {
	t.Helper()
	token := c.Publish(topic, qos, false, payload)
	if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatalf("publish to %s at QoS %d: not acknowledged: %v", topic, qos, token.Error())
	}
}

// values are samples as "device name=value@ms", the device behind who handed it on.
func values(samples []connector.Sample) []string {
	var list []string
	for _, s := range samples {
		text := fmt.Sprintf("%s %s=%g", s.Device, s.Name, s.Value)
		if s.Via != "" {
			text = s.Via + ">" + text
		}
		if !s.At.IsZero() {
			text += fmt.Sprint("@", s.At.UnixMilli())
		}
		if s.Span != 0 {
			text += fmt.Sprint("/", s.Span)
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

var quietLogger = slog.New(slog.DiscardHandler)

func loopback() Options { return Options{Listen: "127.0.0.1:0"} }

func TestThingsBoardAndOwnForms(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1"), pusher("gw", "tok-gw", "gateway", "true")), t.TempDir())
	device := connect(t, d.address(), "tok-1", "", nil)
	gw := connect(t, d.address(), "gw", "tok-gw", nil)
	for qos := byte(0); qos <= 2; qos++ {
		q := fmt.Sprint(qos)
		publish(t, device, "v1/devices/me/telemetry", qos, `{"plain`+q+`":1.5,"on`+q+`":true,"text":"abc"}`)
		publish(t, device, "v1/devices/me/telemetry", qos, `{"ts":170000000000`+q+`,"values":{"kWh":2}}`)
		publish(t, device, "v1/devices/me/telemetry", qos, `[{"a`+q+`":3},{"ts":1700000001000,"values":{"b`+q+`":"4.25"}}]`)
		publish(t, gw, "v1/gateway/connect", qos, `{"device":"Device A"}`)
		publish(t, gw, "v1/gateway/telemetry", qos, `{"Device A":[{"ts":1700000002000,"values":{"c`+q+`":5}},{"d`+q+`":6}]}`)
		publish(t, device, "lingtan/p1/m1", qos, `{"samples":[{"name":"e`+q+`","at":"2023-11-14T22:13:20Z","span":900,"value":7}]}`)
		publish(t, device, "v1/devices/me/attributes", qos, `{"firmware":"1.0"}`)
	}
	d.count("messages", 21)
	until(t, "all samples", func() bool { return len(d.sink.of("p1")) == 24 })
	var want []string
	for q := range 3 {
		want = append(want, fmt.Sprintf("m1 plain%d=1.5", q), fmt.Sprintf("m1 on%d=1", q), fmt.Sprintf("m1 kWh=2@170000000000%d", q),
			fmt.Sprintf("m1 a%d=3", q), fmt.Sprintf("m1 b%d=4.25@1700000001000", q), fmt.Sprintf("gw>Device A c%d=5@1700000002000", q),
			fmt.Sprintf("gw>Device A d%d=6", q), fmt.Sprintf("m1 e%d=7@1700000000000/15m0s", q))
	}
	same(t, "samples", values(d.sink.of("p1")), want)
	d.count("not_numeric", 3)
	d.count("quiet", 6)
	d.count("acknowledged", 14)
	until(t, "a status", func() bool { return d.status("p1/m1").OK })
}

// TestAcknowledgedMeansDurable holds admission up and sees that no acknowledgement leaves.
func TestAcknowledgedMeansDurable(t *testing.T) {
	for qos := byte(1); qos <= 2; qos++ {
		t.Run(fmt.Sprint("QoS ", qos), func(t *testing.T) {
			sink, admitted := newRecord(), make(chan struct{})
			release := make(chan struct{})
			sink.set(func(context.Context) error { admitted <- struct{}{}; <-release; return nil })
			d := open(t, loopback(), sink, newList(pusher("m1", "tok-1")), "")
			for _, version := range []byte{4, 5} {
				c := dial(t, d.driver.Addresses()[0], version, "tok-1", fmt.Sprint("v", version), nil)
				c.publish(1, qos, "v1/devices/me/telemetry", fmt.Sprintf(`{"ts":170000000000%d,"values":{"k":1}}`, version))
				<-admitted
				if pk, ok := c.receive(300 * time.Millisecond); ok {
					t.Fatalf("MQTT %d: packet type %d left before Admit returned", version, pk.FixedHeader.Type)
				}
				release <- struct{}{}
				pk, ok := c.receive(5 * time.Second)
				if !ok || pk.PacketID != 1 || pk.FixedHeader.Type != ackType(qos) || pk.ReasonCode != 0 {
					t.Fatalf("MQTT %d: %+v, %v in place of the acknowledgement", version, pk.FixedHeader, ok)
				}
			}
			if n := len(sink.of("p1")); n != 2 {
				t.Errorf("%d samples, want 2", n)
			}
		})
	}
}

// TestRestart stops the broker again and again under a client that goes on: each message
// is there in the end, and once.
func TestRestart(t *testing.T) {
	for qos := byte(1); qos <= 2; qos++ {
		t.Run(fmt.Sprint("QoS ", qos), func(t *testing.T) {
			sink := newRecord()
			sink.set(func(context.Context) error { time.Sleep(2 * time.Millisecond); return nil })
			d := open(t, loopback(), sink, newList(pusher("m1", "tok-1")), t.TempDir())
			c := connect(t, d.address(), "tok-1", "", func(o *paho.ClientOptions) { o.SetCleanSession(false) })
			const n = 600
			for i := range n {
				c.Publish("v1/devices/me/telemetry", qos, false, fmt.Sprintf(`{"ts":%d,"values":{"k":%d}}`, 1700000000000+i, i))
				if i%200 == 120 {
					d.restart()
				}
				time.Sleep(time.Millisecond)
			}
			// paho calls a token complete when it sends the message again, so that only the sink tells.
			until(t, "all messages", func() bool { return len(sink.of("p1")) >= n })
			got := map[int64]int{}
			for _, s := range sink.of("p1") {
				got[s.At.UnixMilli()-1700000000000]++
			}
			once := slices.Collect(maps.Values(got))
			if len(got) != n || slices.Max(once) != 1 {
				t.Errorf("%d of %d messages are there, one of them %d times", len(got), n, slices.Max(once))
			}
			t.Logf("repeats dropped by the sink: %d", sink.repeats)
		})
	}
}

func TestNotAdmittedIsNotAcknowledged(t *testing.T) {
	sink := newRecord()
	sink.set(func(context.Context) error { return fmt.Errorf("disk: %w", connector.ErrBusy) })
	d := open(t, loopback(), sink, newList(pusher("m1", "tok-1")), t.TempDir())
	five := dial(t, d.driver.Addresses()[0], 5, "tok-1", "five", nil)
	five.publish(1, 1, "v1/devices/me/telemetry", `{"ts":1700000000000,"values":{"k":1}}`)
	if pk, ok := five.receive(5 * time.Second); !ok || pk.FixedHeader.Type != disconnectType || pk.ReasonCode != 0x97 {
		t.Errorf("MQTT 5: %+v %x, %v; want DISCONNECT 0x97", pk.FixedHeader, pk.ReasonCode, ok)
	}
	four := dial(t, d.driver.Addresses()[0], 4, "tok-1", "four", nil)
	four.publish(1, 1, "v1/devices/me/telemetry", `{"ts":1700000000000,"values":{"k":1}}`)
	if pk, ok := four.receive(5 * time.Second); ok {
		t.Errorf("MQTT 3.1.1: packet type %d; want the connection closed", pk.FixedHeader.Type)
	}
	c := connect(t, d.address(), "tok-1", "", func(o *paho.ClientOptions) { o.SetCleanSession(false) })
	c.Publish("v1/devices/me/telemetry", 1, false, `{"ts":1700000000001,"values":{"k":2}}`)
	until(t, "two attempts", func() bool { return d.driver.Counts()["refused_admission"] >= 4 })
	if n := d.driver.Counts()["acknowledged"]; n != 0 {
		t.Errorf("%d acknowledged though nothing was admitted", n)
	}
	sink.set(nil)
	d.count("acknowledged", 1)
	same(t, "samples", values(sink.of("p1")), []string{"m1 k=2@1700000000001"})
}
