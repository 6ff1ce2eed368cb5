package doorkill

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/mochi-mqtt/server/v2/packets"
	"google.golang.org/protobuf/encoding/protowire"

	"lingtan/connector"
)

// mqttSenders publish in every form that has acknowledgements.
func mqttSenders(h *household, s *server) (list []*sender) {
	const telemetryTopic = "v1/devices/me/telemetry"
	add := func(device, client, key string, dial func(l *ledger) func(context.Context) (session, error)) {
		l := newLedger("mqtt", client, key, time.Millisecond)
		list = append(list, &sender{l, 20, 20 * time.Millisecond, dial(l)})
	}
	plain := func(id string, qos byte, topic string, payload func(*ledger, int) string) func(*ledger) func(context.Context) (session, error) {
		return func(l *ledger) func(context.Context) (session, error) {
			return func(ctx context.Context) (session, error) {
				return dialPaho(ctx, s.mqtt, id, &publisher{ledger: l, qos: qos, topic: topic, payload: func(l *ledger, n int) []byte { return []byte(payload(l, n)) }})
			}
		}
	}
	key := h.add(pusher("mqtt", "paho1"), "v")
	add("paho1", "3.1.1 QoS 1, paho", key, plain("paho1", 1, telemetryTopic, telemetry))
	key = h.add(pusher("mqtt", "paho2"), "v")
	add("paho2", "3.1.1 QoS 2, paho", key, plain("paho2", 2, telemetryTopic, telemetry))
	h.plain(pusher("mqtt", "tbgw", "gateway", "true"))
	key = h.add(connector.Device{ID: "behind", Protocol: "mqtt", Gateway: "tbgw"}, "v")
	add("tbgw", "ThingsBoard gateway, paho", key, plain("tbgw", 1, "v1/gateway/telemetry", func(l *ledger, n int) string { return `{"behind":[` + telemetry(l, n) + `]}` }))
	key = h.add(pusher("mqtt", "edge", "sparkplug", "plant/edge"), "v")
	add("edge", "Sparkplug B, paho", key, func(l *ledger) func(context.Context) (session, error) {
		return func(ctx context.Context) (session, error) { return dialEdge(ctx, s.mqtt, "edge", l) }
	})
	key = h.add(pusher("mqtt", "five"), "v")
	add("five", "5 QoS 1, raw", key, func(l *ledger) func(context.Context) (session, error) {
		return func(ctx context.Context) (session, error) { return dialFive(ctx, s.mqtt, "five", l) }
	})
	return list
}

// publisher publishes by a client of the library, one message a sample.
type publisher struct {
	ledger  *ledger
	client  paho.Client
	qos     byte
	topic   string
	payload func(l *ledger, n int) []byte
}

func dialPaho(_ context.Context, address, id string, p *publisher) (session, error) {
	o := paho.NewClientOptions().AddBroker("tcp://" + address).SetUsername(credential(id)).SetClientID(id).SetCleanSession(true)
	o.SetAutoReconnect(false).SetConnectTimeout(5 * time.Second).SetWriteTimeout(5 * time.Second).SetProtocolVersion(4)
	p.client = paho.NewClient(o)
	if t := p.client.Connect(); !t.WaitTimeout(5*time.Second) || t.Error() != nil {
		return nil, fmt.Errorf("connect: %w", t.Error())
	}
	return p, nil
}

func (p *publisher) close() { p.client.Disconnect(0) }

func (p *publisher) send(_ context.Context, list []int, acked func(...int)) (err error) {
	tokens := make([]paho.Token, len(list))
	for i, n := range list {
		tokens[i] = p.client.Publish(p.topic, p.qos, false, p.payload(p.ledger, n))
	}
	for i, t := range tokens {
		switch {
		case !t.WaitTimeout(5 * time.Second):
			err = errors.Join(err, errors.New("no acknowledgement in 5 s"))
		case t.Error() != nil:
			err = t.Error()
		default:
			acked(list[i])
		}
	}
	return err
}

// edge is a Sparkplug edge node. It publishes at QoS 1, so that its data are acknowledged.
type edge struct {
	*publisher
	sequence uint64
}

func dialEdge(ctx context.Context, address, id string, l *ledger) (session, error) {
	e := &edge{publisher: &publisher{ledger: l, qos: 1, topic: "spBv1.0/plant/NDATA/edge"}}
	e.payload = func(l *ledger, n int) []byte {
		e.sequence = (e.sequence + 1) % 256
		return sparkplug(l.millis(n), e.sequence, doubleMetric("v", l.millis(n), l.value(n)))
	}
	if _, err := dialPaho(ctx, address, id, e.publisher); err != nil {
		return nil, err
	}
	// a birth without a value: the value is of the data alone
	birth := e.client.Publish("spBv1.0/plant/NBIRTH/edge", 1, false, sparkplug(time.Now().UnixMilli(), 0, bdSeq()))
	if !birth.WaitTimeout(5*time.Second) || birth.Error() != nil {
		e.close()
		return nil, fmt.Errorf("birth: %w", birth.Error())
	}
	return e, nil
}

// sparkplug is a payload by sparkplug_b.proto (Eclipse Tahu).
func sparkplug(at int64, sequence uint64, metric []byte) []byte {
	p := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(at))
	p = protowire.AppendBytes(protowire.AppendTag(p, 2, protowire.BytesType), metric)
	return protowire.AppendVarint(protowire.AppendTag(p, 3, protowire.VarintType), sequence)
}

func doubleMetric(name string, at int64, v float64) []byte {
	m := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), name)
	m = protowire.AppendVarint(protowire.AppendTag(m, 3, protowire.VarintType), uint64(at))
	m = protowire.AppendVarint(protowire.AppendTag(m, 4, protowire.VarintType), 10) // Double
	return protowire.AppendFixed64(protowire.AppendTag(m, 13, protowire.Fixed64Type), math.Float64bits(v))
}

func bdSeq() []byte {
	m := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "bdSeq")
	m = protowire.AppendVarint(protowire.AppendTag(m, 4, protowire.VarintType), 8) // UInt64
	return protowire.AppendVarint(protowire.AppendTag(m, 11, protowire.VarintType), 1)
}

// five is a client of MQTT 5 by packets.
type five struct {
	ledger *ledger
	conn   net.Conn
	in     *bufio.Reader
	next   uint16
}

func dialFive(ctx context.Context, address, id string, l *ledger) (session, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	f := &five{ledger: l, conn: conn, in: bufio.NewReader(conn)}
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connect}, ProtocolVersion: 5}
	pk.Connect = packets.ConnectParams{ProtocolName: []byte("MQTT"), Clean: true, ClientIdentifier: id, Keepalive: 60, UsernameFlag: true, Username: []byte(credential(id))}
	var b bytes.Buffer
	if err = pk.ConnectEncode(&b); err == nil {
		_, err = conn.Write(b.Bytes())
	}
	var answer packets.Packet
	if err == nil {
		answer, err = f.receive(ctx)
	}
	if err == nil && (answer.FixedHeader.Type != packets.Connack || answer.ReasonCode != 0) {
		err = fmt.Errorf("%w: CONNACK 0x%02x", errRefused, answer.ReasonCode)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return f, nil
}

func (f *five) close() { f.conn.Close() }

// receive reads the next CONNACK or PUBACK; others are passed over but for DISCONNECT.
func (f *five) receive(ctx context.Context) (packets.Packet, error) {
	pk := packets.Packet{ProtocolVersion: 5}
	if until, ok := ctx.Deadline(); ok {
		if err := f.conn.SetReadDeadline(until); err != nil {
			return pk, err
		}
	}
	first, err := f.in.ReadByte()
	if err == nil {
		err = pk.FixedHeader.Decode(first)
	}
	if err != nil {
		return pk, err
	}
	size, _, err := packets.DecodeLength(f.in)
	body := make([]byte, size)
	if err == nil {
		_, err = io.ReadFull(f.in, body)
	}
	if err != nil {
		return pk, err
	}
	pk.FixedHeader.Remaining = size
	switch pk.FixedHeader.Type {
	case packets.Connack:
		err = pk.ConnackDecode(body)
	case packets.Puback:
		err = pk.PubackDecode(body)
	case packets.Disconnect:
		err = errors.New("the server disconnects")
	}
	return pk, err
}

func (f *five) send(ctx context.Context, list []int, acked func(...int)) error {
	open := map[uint16]int{}
	var b bytes.Buffer
	for _, n := range list {
		f.next = f.next%60_000 + 1
		open[f.next] = n
		payload := fmt.Sprintf(`{"samples":[{"name":"v","at":%d,"value":%v}]}`, f.ledger.millis(n), f.ledger.value(n))
		pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, ProtocolVersion: 5, PacketID: f.next,
			TopicName: "lingtan/" + parkID + "/five", Payload: []byte(payload)}
		if err := pk.PublishEncode(&b); err != nil {
			return err
		}
	}
	if _, err := f.conn.Write(b.Bytes()); err != nil {
		return err
	}
	for len(open) > 0 {
		pk, err := f.receive(ctx)
		if err != nil {
			return err
		}
		n, ours := open[pk.PacketID]
		if pk.FixedHeader.Type != packets.Puback || !ours {
			continue
		}
		if pk.ReasonCode >= 0x80 {
			return fmt.Errorf("%w: PUBACK 0x%02x", errRefused, pk.ReasonCode)
		}
		delete(open, pk.PacketID)
		acked(n)
	}
	return nil
}
