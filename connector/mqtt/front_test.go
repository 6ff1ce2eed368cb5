package mqtt

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// pieces is a connection from which the bytes come in pieces of a size.
type pieces struct {
	net.Conn
	in   []byte
	size int
}

func (p *pieces) Read(to []byte) (int, error) {
	if len(p.in) == 0 {
		return 0, io.EOF
	}
	n := copy(to[:min(len(to), p.size)], p.in)
	p.in = p.in[n:]
	return n, nil
}

// throughFront gives what the front takes of a stream, and the bytes that the library gets.
func throughFront(in []byte, size int, version byte) (got []string, left []byte) {
	w := &wire{Conn: &pieces{in: in, size: size}, gate: &gate{counts: &counts{}}}
	w.front.version = version
	w.front.take = func(p publication, patient bool) outcome {
		if string(p.payload) == "decline" {
			return declined
		}
		got = append(got, fmt.Sprintf("%d %q %q %d %v after %d", p.qos, p.topic, p.payload, p.id, p.dup, len(left)))
		return taken
	}
	room := make([]byte, 100)
	for {
		n, err := w.Read(room)
		left = append(left, room[:n]...)
		if err != nil {
			return got, left
		}
	}
}

// asTheLibrary takes the stream apart with the library's own decoder.
func asTheLibrary(in []byte, version byte) (taken []string, left []byte) {
	for len(in) > 0 {
		body := bufio.NewReader(bytes.NewReader(in[1:]))
		length, bytesOfLength, err := packets.DecodeLength(body)
		if err != nil {
			return taken, append(left, in...) // malformed, or cut short
		}
		size := 1 + bytesOfLength + length
		whole := size <= len(in)
		frame := in[:min(size, len(in))]
		in = in[len(frame):]
		pk := packets.Packet{ProtocolVersion: version, FixedHeader: packets.FixedHeader{Type: frame[0] >> 4, Qos: frame[0] >> 1 & 3, Dup: frame[0]&8 != 0}}
		publish := frame[0]>>4 == packets.Publish && size <= frontBuffer
		if publish && !whole {
			return taken, left // the rest never comes
		}
		if !publish || !isPlain(&pk, frame[1+bytesOfLength:]) {
			left = append(left, frame...)
			continue
		}
		taken = append(taken, fmt.Sprintf("%d %q %q %d %v after %d", pk.FixedHeader.Qos, pk.TopicName, pk.Payload, pk.PacketID, pk.FixedHeader.Dup, len(left)))
	}
	return taken, left
}

func isPlain(pk *packets.Packet, body []byte) bool {
	if pk.FixedHeader.Qos > 1 || pk.PublishDecode(body) != nil || pk.PublishValidate(0) != packets.CodeSuccess {
		return false
	}
	bare := len(body) == 2+len(pk.TopicName)+2*int(pk.FixedHeader.Qos)+len(pk.Payload)
	if pk.ProtocolVersion >= 5 { // no properties: their length is one byte, 0
		at := 2 + len(pk.TopicName) + 2*int(pk.FixedHeader.Qos)
		bare = body[at] == 0
	}
	return bare && pk.TopicName[0] != '$' && string(pk.Payload) != "decline"
}

func FuzzFrames(f *testing.F) {
	plain := func(version, qos byte, payload string) []byte {
		return encode(packets.Packet{ProtocolVersion: version, FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos}, PacketID: uint16(qos) * 7, TopicName: "v1/devices/me/telemetry", Payload: []byte(payload)})
	}
	ping := []byte{packets.Pingreq << 4, 0}
	for _, version := range []byte{4, 5} {
		f.Add(slices.Concat(plain(version, 1, "{}"), ping, plain(version, 0, "x"), plain(version, 2, "y"), plain(version, 1, "decline"), plain(version, 1, "")), 3, version == 5)
		f.Add(slices.Concat(plain(version, 1, string(make([]byte, 3000))), plain(version, 1, "z")), 700, version == 5)
		f.Add(append(plain(version, 1, "{}"), plain(version, 1, "cut short")[:20]...), 1, version == 5)
	}
	f.Add([]byte{0x32, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, 2, false)
	f.Add([]byte{0x32, 0x84, 0x00, 0, 2, 'a', 'b', 0, 1}, 2, false)
	f.Fuzz(func(t *testing.T, in []byte, size int, five bool) {
		if len(in) > 20_000 || size < 1 || size > 4096 {
			return
		}
		version := byte(4)
		if five {
			version = 5
		}
		taken, left := throughFront(bytes.Clone(in), size, version)
		wantTaken, wantLeft := asTheLibrary(in, version)
		if !slices.Equal(taken, wantTaken) || !bytes.HasPrefix(wantLeft, left) || len(wantLeft)-len(left) > frameHeader {
			t.Errorf("pieces of %d: taken\n%q, want\n%q; left % x, want % x", size, taken, wantTaken, left, wantLeft)
		}
	})
}

// TestWhatGoesThroughTheLibrary sends publishes that are not plain between others: all are
// acknowledged in their order.
func TestWhatGoesThroughTheLibrary(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1")), "")
	c := dial(t, d.driver.Addresses()[0], 5, "tok-1", "a", nil)
	told := func(id uint16, kind byte) {
		t.Helper()
		if pk, ok := c.receive(5 * time.Second); !ok || pk.FixedHeader.Type != kind || pk.PacketID != id || pk.ReasonCode != 0 {
			t.Fatalf("%+v %d reason %x, %v; want type %d of %d", pk.FixedHeader, pk.PacketID, pk.ReasonCode, ok, kind, id)
		}
	}
	c.publish(1, 1, "v1/devices/me/telemetry", string(telemetryOf(1)))
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, PacketID: 2, TopicName: "v1/devices/me/telemetry", Payload: telemetryOf(2)}
	pk.Properties.User = []packets.UserProperty{{Key: "a", Val: "b"}}
	c.send(pk)
	c.publish(3, 2, "v1/devices/me/telemetry", string(telemetryOf(3)))
	c.publish(4, 1, "v1/devices/me/telemetry", string(telemetryOf(4)))
	for id := uint16(1); id <= 4; id++ {
		told(id, map[bool]byte{false: packets.Puback, true: packets.Pubrec}[id == 3])
	}
	c.publish(5, 1, "v1/devices/me/telemetry", string(telemetryOf(5))) // while 3 is open
	told(5, packets.Puback)
	c.publish(3, 2, "v1/devices/me/telemetry", string(telemetryOf(3)))
	told(3, packets.Pubrec)
	c.release(3)
	told(3, packets.Pubcomp)
	if n := len(d.sink.of("p1")); n != 5 {
		t.Errorf("%d samples, want 5", n)
	}
}

// TestKeepAlive publishes past the keep-alive of 2 s, then falls silent: the broker closes
// after one and a half of it (section 3.1.2.10), not before.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1")), "")
	c := dial(t, d.driver.Addresses()[0], 4, "tok-1", "a", func(pk *packets.Packet) { pk.Connect.Keepalive = 2 })
	last := time.Now()
	for id := uint16(1); id <= 6; id++ {
		time.Sleep(800 * time.Millisecond)
		last = time.Now()
		c.publish(id, 1, "v1/devices/me/telemetry", string(telemetryOf(id)))
		if pk, ok := c.receive(5 * time.Second); !ok || pk.PacketID != id {
			t.Fatalf("message %d: %+v, %v", id, pk.FixedHeader, ok)
		}
	}
	if pk, ok := c.receive(20 * time.Second); ok {
		t.Fatalf("%+v of a silent connection", pk.FixedHeader)
	}
	if silent := time.Since(last); silent < 2900*time.Millisecond || silent > 15*time.Second {
		t.Errorf("closed after %v of silence, want 3 s", silent)
	}
	d.count("connections", 0)
}
