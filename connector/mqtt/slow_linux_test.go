package mqtt

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// slowReader is a connection that publishes and never reads, with a small window.
func slowReader(t *testing.T, address string) *rawClient {
	t.Helper()
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.(*net.TCPConn).SetReadBuffer(4096)
	c, err := handshake(t, conn, 4, "tok-1", "slow", nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var oneQuiet = string(encode(packets.Packet{ProtocolVersion: 4, FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, PacketID: 1,
	TopicName: "v1/devices/me/attributes", Payload: []byte("{}")}))

// cutWithin waits until the broker has cut a slow reader off, while another device of its
// list goes on.
func cutWithin(t *testing.T, d *door, limit time.Duration, cut func() bool) {
	t.Helper()
	other := dial(t, d.driver.Addresses()[0], 4, "tok-2", "other", nil)
	end := time.Now().Add(limit)
	for i := 0; d.driver.Counts()["slow_readers"] == 0 || !cut(); i++ {
		id := uint16(i%60_000 + 1)
		other.publish(id, 1, "v1/devices/me/telemetry", `{"k":1}`)
		if pk, ok := other.receive(20 * time.Second); !ok || pk.PacketID != id {
			t.Fatalf("the other device waits: %+v, %v", pk.FixedHeader, ok)
		}
		if time.Now().After(end) {
			t.Fatalf("after %v the slow reader is still connected: %v", limit, d.driver.Counts())
		}
		time.Sleep(5 * time.Millisecond)
	}
	d.count("connections", 1)
}

// TestSlowReader floods the broker without ever reading an acknowledgement: whether its
// buffer fills first or the kernel's, the broker cuts it off.
func TestSlowReader(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1"), pusher("m2", "tok-2")), "")
	c := slowReader(t, d.driver.Addresses()[0])
	cut := make(chan struct{})
	go func() {
		defer close(cut)
		for many := []byte(strings.Repeat(oneQuiet, 100)); ; {
			if _, err := c.conn.Write(many); err != nil {
				return
			}
		}
	}()
	cutWithin(t, d, time.Minute, func() bool {
		select {
		case <-cut:
			return true
		default:
			return false
		}
	})
}

// TestSilentSlowReader leaves a few thousand acknowledgements unread, which the kernel
// holds, and then sends nothing more: only the kernel can tell that it takes nothing.
func TestSilentSlowReader(t *testing.T) {
	t.Parallel()
	d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1"), pusher("m2", "tok-2")), "")
	c := slowReader(t, d.driver.Addresses()[0])
	c.conn.SetWriteDeadline(time.Now().Add(time.Minute))
	if _, err := c.conn.Write([]byte(strings.Repeat(oneQuiet, 8_000))); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Logf("cut off while it sent: %v", err)
	}
	cutWithin(t, d, time.Minute, func() bool { return true })
}
