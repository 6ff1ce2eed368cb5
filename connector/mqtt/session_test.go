package mqtt

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

func persistent(pk *packets.Packet) {
	pk.Connect.Clean = false
	if pk.ProtocolVersion == 5 {
		pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
	}
}

// TestSessionsOutliveTheBroker restarts the broker: a client with a session finds it again,
// and its subscription with it, so that it sends again what was not acknowledged.
func TestSessionsOutliveTheBroker(t *testing.T) {
	for _, version := range []byte{4, 5} {
		t.Run(fmt.Sprint("MQTT ", version), func(t *testing.T) {
			dir := t.TempDir()
			d := open(t, loopback(), newRecord(), newList(pusher("e1", "tok-1", "sparkplug", "plant/edge1")), dir)
			c := dial(t, d.driver.Addresses()[0], version, "tok-1", "x", persistent)
			if c.connack.SessionPresent {
				t.Error("a session before the first connection")
			}
			c.subscribe(1, "spBv1.0/plant/NCMD/edge1")
			c.receive(5 * time.Second)
			dial(t, d.driver.Addresses()[0], version, "tok-1", "fleeting", nil)
			d.restart()
			again := dial(t, d.driver.Addresses()[0], version, "tok-1", "x", persistent)
			if !again.connack.SessionPresent {
				t.Error("the session is gone after a restart")
			}
			again.publish(0, 0, "spBv1.0/plant/NDATA/edge1", string(spPayload(3, spMetric("", 1, 0, 0, 1.0))))
			if pk, ok := again.receive(5 * time.Second); !ok || pk.TopicName != "spBv1.0/plant/NCMD/edge1" {
				t.Errorf("the subscription is gone after a restart: %+v %v", pk.FixedHeader, ok)
			}
			if fleeting := dial(t, d.driver.Addresses()[0], version, "tok-1", "fleeting", persistent); fleeting.connack.SessionPresent {
				t.Error("a session that was not to be kept was kept")
			}
			clean := dial(t, d.driver.Addresses()[0], version, "tok-1", "x", nil) // a clean start ends it
			clean.conn.Close()
			d.restart()
			if last := dial(t, d.driver.Addresses()[0], version, "tok-1", "x", persistent); last.connack.SessionPresent {
				t.Error("the session is there after a clean start")
			}
		})
	}
}

// TestSessionsOfADevice opens ever new client ids: a device keeps a few sessions only.
func TestSessionsOfADevice(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1"), pusher("m2", "tok-2")), "")
	for i := range sessionsOfADevice + 4 {
		for _, version := range []byte{4, 5} {
			c := dial(t, d.driver.Addresses()[0], version, fmt.Sprint("tok-", int(version)-3), fmt.Sprint(i), persistent)
			if told := c.connack.Properties.SessionExpiryIntervalFlag; told != (version == 5 && i >= sessionsOfADevice) {
				t.Errorf("client id %d of MQTT %d: told of another expiry %v", i, version, told)
			}
			c.conn.Close()
		}
	}
	d.count("connections", 0)
	for _, i := range []int{0, sessionsOfADevice - 1, sessionsOfADevice, sessionsOfADevice + 3} {
		for _, version := range []byte{4, 5} {
			c := dial(t, d.driver.Addresses()[0], version, fmt.Sprint("tok-", int(version)-3), fmt.Sprint(i), persistent)
			if c.connack.SessionPresent != (i < sessionsOfADevice) {
				t.Errorf("client id %d of MQTT %d: session present %v", i, version, c.connack.SessionPresent)
			}
		}
	}
}

func TestSessionFileCutShort(t *testing.T) {
	dir := t.TempDir()
	text := `{"id":"p1/a/x","version":4,"filters":{"v1/devices/me/attributes":{"qos":1}}}` + "\n" +
		`{"id":"p1/b/x","version":4}` + "\n" + `{"id":"p1/b/x","gone":true}` + "\n" + `{"id":"p1/c/x","ver`
	if err := os.WriteFile(filepath.Join(dir, "sessions.jsonl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := openSessions(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if list := f.clients(); len(list) != 1 || list[0].ID != "p1/a/x" {
		t.Errorf("clients %+v", list)
	}
	if list := f.subscriptions(); len(list) != 1 || list[0].Filter != "v1/devices/me/attributes" || list[0].Qos != 1 {
		t.Errorf("subscriptions %+v", list)
	}
}

// ledger is what a client knows of its messages: sent, and not acknowledged yet.
type ledger struct {
	qos    byte
	next   uint16
	open   map[uint16]bool
	resent int
}

// round sends again what is open, as the standard says with DUP, then 300 new messages,
// and reads so many answers.
func (l *ledger) round(c *rawClient, answers int) {
	for id := range l.open {
		l.resent++
		c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: l.qos, Dup: true}, PacketID: id, TopicName: "v1/devices/me/telemetry", Payload: telemetryOf(id)})
	}
	for range 300 {
		l.open[l.next] = true
		c.publish(l.next, l.qos, "v1/devices/me/telemetry", string(telemetryOf(l.next)))
		l.next++
	}
	for range answers {
		pk, ok := c.receive(5 * time.Second)
		if !ok {
			return
		}
		if pk.FixedHeader.Type == ackType(l.qos) {
			delete(l.open, pk.PacketID)
		}
		if pk.FixedHeader.Type == packets.Pubrec {
			c.release(pk.PacketID)
		}
	}
}

// TestEachAcknowledgedIsThere has a client that knows exactly what was acknowledged: the
// broker stops in mid-stream, and every acknowledged message is in the sink, once.
func TestEachAcknowledgedIsThere(t *testing.T) {
	for qos := byte(1); qos <= 2; qos++ {
		d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1")), t.TempDir())
		l := &ledger{qos: qos, next: 1, open: map[uint16]bool{}}
		for round := range 6 {
			l.round(dial(t, d.driver.Addresses()[0], 4, "tok-1", "x", persistent), 100+20*round)
			d.restart()
		}
		there := map[int64]int{}
		for _, s := range d.sink.of("p1") {
			there[s.At.UnixMilli()-1700000000000]++
		}
		for id := uint16(1); id < l.next; id++ {
			if n := there[int64(id)]; n > 1 || n == 0 && !l.open[id] {
				t.Errorf("QoS %d: message %d is there %d times, acknowledged %v", qos, id, n, !l.open[id])
			}
		}
		t.Logf("QoS %d: %d sent, %d not acknowledged, %d sent again, %d repeats dropped", qos, l.next-1, len(l.open), l.resent, d.sink.repeats)
	}
}

func telemetryOf(id uint16) []byte {
	return fmt.Appendf(nil, `{"ts":%d,"values":{"k":%d}}`, 1700000000000+int(id), id)
}

// TestExactlyOnce sends a QoS 2 message again before its release: it is acknowledged
// again, without an error, and admitted once, though it has no time of its own.
func TestExactlyOnce(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1")), "")
	for _, version := range []byte{4, 5} {
		c := dial(t, d.driver.Addresses()[0], version, "tok-1", fmt.Sprint(version), nil)
		for range 3 {
			c.publish(9, 2, "v1/devices/me/telemetry", `{"k":1}`)
			if pk, ok := c.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Pubrec || pk.ReasonCode != 0 {
				t.Errorf("MQTT %d: %+v reason %x, %v; want PUBREC", version, pk.FixedHeader, pk.ReasonCode, ok)
			}
		}
		c.release(9)
		if pk, ok := c.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Pubcomp || pk.ReasonCode != 0 {
			t.Errorf("MQTT %d: %+v, %v; want PUBCOMP", version, pk.FixedHeader, ok)
		}
		c.publish(9, 2, "v1/devices/me/telemetry", `{"k":2}`)
		c.receive(5 * time.Second)
	}
	same(t, "samples", values(d.sink.of("p1")), []string{"m1 k=1", "m1 k=2", "m1 k=1", "m1 k=2"})
}

// TestManyTopics publishes to ever new topics and devices: nothing of them is kept.
func TestManyTopics(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("gw", "tok-gw", "gateway", "true")), "")
	c := dial(t, d.driver.Addresses()[0], 5, "tok-gw", "x", nil)
	const n = 20_000
	go func() {
		for i := range n {
			c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Retain: true}, TopicName: fmt.Sprint("lingtan/p1/m", i), Payload: []byte(`{"samples":[]}`)})
		}
	}()
	d.count("messages", n)
	if kept := d.driver.Counts()["refused_topic"]; kept != 0 {
		t.Errorf("%d refused", kept)
	}
	again := dial(t, d.driver.Addresses()[0], 5, "tok-gw", "y", nil)
	again.publish(1, 1, "v1/gateway/telemetry", `{}`)
	if pk, ok := again.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Puback {
		t.Errorf("%+v, %v", pk.FixedHeader, ok)
	}
}

// TestBackPressure holds admission up while a device floods: its window fills, another
// device of the list still connects, and all is admitted in the end.
func TestBackPressure(t *testing.T) {
	o := loopback()
	o.Window = 10
	sink, release := newRecord(), make(chan struct{})
	sink.set(func(context.Context) error { <-release; return nil })
	d := open(t, o, sink, newList(pusher("m1", "tok-1"), pusher("m2", "tok-2")), "")
	c := dial(t, d.driver.Addresses()[0], 5, "tok-1", "x", nil)
	if c.connack.Properties.ReceiveMaximum != 10 {
		t.Errorf("CONNACK tells a receive maximum of %d", c.connack.Properties.ReceiveMaximum)
	}
	go func() {
		for id := uint16(1); id <= 500; id++ {
			c.publish(id, 1, "v1/devices/me/telemetry", string(telemetryOf(id)))
		}
	}()
	until(t, "the window to fill", func() bool { return d.driver.Counts()["messages"] >= 11 })
	time.Sleep(50 * time.Millisecond)
	if n := d.driver.Counts()["messages"]; n != 11 {
		t.Errorf("%d messages were read over a window of 10", n)
	}
	dial(t, d.driver.Addresses()[0], 4, "tok-2", "y", nil)
	close(release)
	for id := uint16(1); id <= 500; id++ {
		if pk, ok := c.receive(5 * time.Second); !ok || pk.PacketID != id {
			t.Fatalf("acknowledgement %d: %+v, %v", id, pk, ok)
		}
	}
	if n := len(sink.of("p1")); n != 500 {
		t.Errorf("%d samples", n)
	}
}

// TestStopWhileDevicesLeave ends the broker while its devices close their connections:
// neither waits for the other.
func TestStopWhileDevicesLeave(t *testing.T) {
	for range 8 {
		d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1")), "")
		var clients []*rawClient
		for i := range 200 {
			clients = append(clients, dial(t, d.driver.Addresses()[0], 4, "tok-1", fmt.Sprint(i), nil))
		}
		go func() {
			for _, c := range clients {
				c.conn.Close()
			}
		}()
		d.stop()
	}
}

// TestDevicesAreToldOfTheStop sees that a device of MQTT 5 is told why its connection ends.
func TestDevicesAreToldOfTheStop(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1")), "")
	five := dial(t, d.driver.Addresses()[0], 5, "tok-1", "a", nil)
	four := dial(t, d.driver.Addresses()[0], 4, "tok-1", "b", nil)
	d.stop()
	if pk, ok := five.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Disconnect || pk.ReasonCode != 0x8b {
		t.Errorf("MQTT 5: %+v %x, %v; want DISCONNECT 0x8b", pk.FixedHeader, pk.ReasonCode, ok)
	}
	if pk, ok := four.receive(5 * time.Second); ok {
		t.Errorf("MQTT 3.1.1: %+v; want the connection closed", pk.FixedHeader)
	}
}
