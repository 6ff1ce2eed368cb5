package mqtt

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

const (
	pubackType     = packets.Puback
	pubrecType     = packets.Pubrec
	disconnectType = packets.Disconnect
)

func ackType(qos byte) byte { return map[byte]byte{1: pubackType, 2: pubrecType}[qos] }

// rawClient speaks MQTT packet by packet, so that a test sees each of them.
type rawClient struct {
	t       testing.TB
	conn    net.Conn
	in      *bufio.Reader
	version byte
	connack packets.Packet
}

// dial connects; change may alter CONNECT.
func dial(t testing.TB, address string, version byte, user, id string, change func(*packets.Packet)) *rawClient {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c, err := handshake(t, conn, version, user, id, change)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return c
}

func dialTLS(t testing.TB, address string, config *tls.Config, user string) (*rawClient, error) {
	conn, err := tls.Dial("tcp", address, config)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	return handshake(t, conn, 5, user, "tls", nil)
}

func handshake(t testing.TB, conn net.Conn, version byte, user, id string, change func(*packets.Packet)) (*rawClient, error) {
	c := &rawClient{t: t, conn: conn, in: bufio.NewReader(conn), version: version}
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connect}, ProtocolVersion: version}
	pk.Connect = packets.ConnectParams{ProtocolName: []byte("MQTT"), Clean: true, ClientIdentifier: id, Keepalive: 60, UsernameFlag: true, Username: []byte(user)}
	if change != nil {
		change(&pk)
	}
	c.send(pk)
	ack, ok := c.receive(5 * time.Second)
	if !ok || ack.FixedHeader.Type != packets.Connack {
		return nil, errors.New("no CONNACK")
	}
	c.connack = ack
	if ack.ReasonCode != 0 {
		return c, errors.New("refused")
	}
	return c, nil
}

func encode(pk packets.Packet) []byte {
	var b bytes.Buffer
	switch pk.FixedHeader.Type {
	case packets.Connect:
		pk.ConnectEncode(&b)
	case packets.Publish:
		pk.PublishEncode(&b)
	case packets.Pubrel:
		pk.PubrelEncode(&b)
	case packets.Subscribe:
		pk.SubscribeEncode(&b)
	case packets.Disconnect:
		pk.DisconnectEncode(&b)
	}
	return b.Bytes()
}

func (c *rawClient) send(pk packets.Packet) {
	pk.ProtocolVersion = c.version
	c.conn.Write(encode(pk))
}

func (c *rawClient) publish(id uint16, qos byte, topic, payload string) {
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos}, PacketID: id, TopicName: topic, Payload: []byte(payload)})
}

func (c *rawClient) release(id uint16) {
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrel, Qos: 1}, PacketID: id})
}

func (c *rawClient) subscribe(id uint16, filter string) {
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: id, Filters: packets.Subscriptions{{Filter: filter}}})
}

// receive gives the next packet, if one comes in time.
func (c *rawClient) receive(within time.Duration) (packets.Packet, bool) {
	c.conn.SetReadDeadline(time.Now().Add(within))
	first, err := c.in.ReadByte()
	if err != nil {
		return packets.Packet{}, false
	}
	pk := packets.Packet{ProtocolVersion: c.version}
	if pk.FixedHeader.Decode(first) != nil {
		return pk, false
	}
	n, _, err := packets.DecodeLength(c.in)
	if err != nil {
		return pk, false
	}
	pk.FixedHeader.Remaining = n
	body := make([]byte, n)
	if _, err := io.ReadFull(c.in, body); err != nil {
		return pk, false
	}
	switch pk.FixedHeader.Type {
	case packets.Connack:
		err = pk.ConnackDecode(body)
	case packets.Publish:
		err = pk.PublishDecode(body)
	case packets.Puback:
		err = pk.PubackDecode(body)
	case packets.Pubrec:
		err = pk.PubrecDecode(body)
	case packets.Pubcomp:
		err = pk.PubcompDecode(body)
	case packets.Suback:
		err = pk.SubackDecode(body)
	case packets.Disconnect:
		err = pk.DisconnectDecode(body)
	}
	if err != nil {
		c.t.Errorf("packet type %d: %v", pk.FixedHeader.Type, err)
	}
	return pk, true
}

var _ mochi.Hook = (*broker)(nil)
