package mqtt

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
	"google.golang.org/protobuf/encoding/protowire"
)

// spMetric writes one metric of a Sparkplug payload; name, alias, at and datatype are left
// out where they are zero.
func spMetric(name string, alias, at, datatype uint64, value any) []byte {
	var m []byte
	varint := func(num protowire.Number, v uint64) {
		m = protowire.AppendVarint(protowire.AppendTag(m, num, protowire.VarintType), v)
	}
	if name != "" {
		m = protowire.AppendString(protowire.AppendTag(m, 1, protowire.BytesType), name)
	}
	for num, v := range map[protowire.Number]uint64{2: alias, 3: at, 4: datatype} {
		if v != 0 {
			varint(num, v)
		}
	}
	switch v := value.(type) {
	case nil:
		varint(7, 1)
	case uint32:
		varint(10, uint64(v))
	case uint64:
		varint(11, v)
	case float32:
		m = protowire.AppendFixed32(protowire.AppendTag(m, 12, protowire.Fixed32Type), math.Float32bits(v))
	case float64:
		m = protowire.AppendFixed64(protowire.AppendTag(m, 13, protowire.Fixed64Type), math.Float64bits(v))
	case bool:
		varint(14, protowire.EncodeBool(v))
	case string:
		m = protowire.AppendString(protowire.AppendTag(m, 15, protowire.BytesType), v)
	}
	return m
}

func spPayload(seq uint64, metrics ...[]byte) []byte {
	p := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1700000000000)
	for _, m := range metrics {
		p = protowire.AppendBytes(protowire.AppendTag(p, 2, protowire.BytesType), m)
	}
	return protowire.AppendVarint(protowire.AppendTag(p, 3, protowire.VarintType), seq)
}

// edge is a small Sparkplug edge node: it counts its sequence and answers rebirth commands.
type edge struct {
	*rawClient
	seq uint64
}

func newEdge(d *door, token, id string) *edge {
	e := &edge{rawClient: dial(d.t, d.driver.Addresses()[0], 4, token, id, func(pk *packets.Packet) {
		pk.Connect.WillFlag, pk.Connect.WillTopic, pk.Connect.WillPayload = true, "spBv1.0/plant/NDEATH/edge1", spPayload(0, spMetric("bdSeq", 0, 0, 8, uint64(4)))
	})}
	e.subscribe(1, "spBv1.0/plant/NCMD/edge1")
	e.receive(5 * time.Second)
	return e
}

func (e *edge) say(what, device string, metrics ...[]byte) {
	topic := "spBv1.0/plant/" + what + "/edge1"
	if device != "" {
		topic += "/" + device
	}
	if what == "NBIRTH" {
		e.seq = 0
	}
	e.publish(0, 0, topic, string(spPayload(e.seq, metrics...)))
	e.seq = (e.seq + 1) % 256
}

func (e *edge) birth() {
	e.say("NBIRTH", "", spMetric("bdSeq", 0, 0, 8, uint64(4)), spMetric("Node Control/Rebirth", 0, 0, 11, false),
		spMetric("power", 1, 1700000000001, 9, float32(1.5)), spMetric("count", 2, 0, 3, uint32(math.MaxUint32)))
	e.say("DBIRTH", "pump", spMetric("flow", 3, 0, 10, 2.5), spMetric("state", 4, 0, 12, "run"))
}

func TestSparkplug(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("e1", "tok-1", "gateway", "true", "sparkplug", "plant/edge1")), "")
	e := newEdge(d, "tok-1", "edge")
	arrived := func(want ...string) {
		t.Helper()
		until(t, "samples", func() bool { return len(d.sink.of("p1")) >= len(want) })
		same(t, "samples", values(d.sink.of("p1")), want)
	}
	want := []string{"e1 power=1.5@1700000000001", "e1 count=-1@1700000000000", "e1>pump flow=2.5@1700000000000"}
	e.birth()
	arrived(want...)
	d.count("not_numeric", 1)

	e.say("NDATA", "", spMetric("", 1, 1700000000010, 0, float32(2.5)), spMetric("", 2, 1700000000010, 0, uint32(7)))
	e.say("DDATA", "pump", spMetric("", 3, 1700000000011, 0, 3.5))
	want = append(want, "e1 power=2.5@1700000000010", "e1 count=7@1700000000010", "e1>pump flow=3.5@1700000000011")
	arrived(want...)

	e.seq++ // a message that was lost
	e.say("NDATA", "", spMetric("", 1, 1700000000020, 0, float32(9)), spMetric("named", 0, 1700000000020, 10, 4.5))
	want = append(want, "e1 named=4.5@1700000000020")
	arrived(want...)
	d.count("rebirths", 1)
	d.count("unknown_alias", 1)
	pk, ok := e.receive(5 * time.Second)
	if !ok || pk.TopicName != "spBv1.0/plant/NCMD/edge1" {
		t.Fatalf("no rebirth command: %+v %v", pk.FixedHeader, ok)
	}
	command, err := decodeSparkplug(pk.Payload)
	if err != nil || len(command.metrics) != 1 || command.metrics[0].name != "Node Control/Rebirth" || command.metrics[0].bits != 1 || command.metrics[0].form != boolForm {
		t.Errorf("the command is %+v, %v", command, err)
	}
	e.birth() // the same values at the same times are repeats
	e.say("NDATA", "", spMetric("", 1, 1700000000030, 0, float32(3)))
	want = append(want, "e1 power=3@1700000000030")
	arrived(want...)

	e.say("NDATA", "", spMetric("", 77, 1700000000040, 0, float32(3))) // an alias of no birth; asked for within 5 s: once only
	d.count("unknown_alias", 2)
	d.count("rebirths", 1)
}

// TestNodeFollowsBirths holds what a node is heard to say, message by message.
func TestNodeFollowsBirths(t *testing.T) {
	n := &node{}
	hear := func(what, device string, seq uint64, samples, unknown int, rebirth bool, metrics ...[]byte) {
		t.Helper()
		p, err := decodeSparkplug(spPayload(seq, metrics...))
		if err != nil {
			t.Fatal(err)
		}
		h, err := n.hear(route{kind: sparkplugTopic, group: "g", type_: what, node: "n", device: device}, p, "x", "x")
		if err != nil || len(h.samples) != samples || h.unknown != unknown || h.rebirth != rebirth {
			t.Errorf("%s %s %d: %d samples, %d unknown, rebirth %v, %v; want %d, %d, %v", what, device, seq, len(h.samples), h.unknown, h.rebirth, err, samples, unknown, rebirth)
		}
	}
	bd := func(v uint64) []byte { return spMetric("bdSeq", 0, 0, 8, v) }
	one := spMetric("", 1, 0, 0, 1.0)
	hear("NDATA", "", 5, 0, 1, true, one) // before any birth
	hear("NBIRTH", "", 0, 1, 0, false, bd(1), spMetric("a", 1, 0, 10, 1.0))
	hear("DBIRTH", "d", 1, 1, 0, false, spMetric("b", 2, 0, 10, 1.0))
	hear("DDATA", "d", 2, 1, 0, false, spMetric("b", 0, 0, 0, 2.0)) // by name, its datatype from the birth
	hear("DDATA", "d", 3, 0, 1, true, one)                          // an alias of the node, not of the device
	hear("NDEATH", "", 0, 0, 0, false, bd(0))                       // of an older connection
	hear("NDATA", "", 4, 1, 0, false, one)
	hear("DDEATH", "d", 5, 0, 0, false)
	hear("NDEATH", "", 0, 0, 0, false, bd(1))
	hear("NDATA", "", 6, 0, 1, true, one)
	hear("NBIRTH", "", 255, 1, 0, false, bd(2), spMetric("c", 1, 0, 10, 1.0))
	hear("NDATA", "", 0, 1, 0, false, one) // 255 is followed by 0
	hear("NDATA", "", 0, 0, 1, true, one)  // the same number again
}

func TestSparkplugNumbers(t *testing.T) {
	try := func(datatype uint64, value any, want float64, ok bool) {
		t.Helper()
		m, err := decodeMetric(spMetric("x", 0, 0, datatype, value))
		if err != nil {
			t.Fatal(err)
		}
		if got, is := m.number(datatype); is != ok || ok && got != want {
			t.Errorf("datatype %d, %v: %v %v, want %v %v", datatype, value, got, is, want, ok)
		}
	}
	try(1, uint32(0xFFFFFF80), -128, true)
	try(1, uint32(0x80), -128, true)
	try(2, uint32(0xFFFF8000), -32768, true)
	try(3, uint32(0x80000000), -2147483648, true)
	try(4, uint64(math.MaxUint64), -1, true)
	try(5, uint32(255), 255, true)
	try(6, uint32(65535), 65535, true)
	try(7, uint32(math.MaxUint32), 4294967295, true)
	try(7, uint64(math.MaxUint32), 4294967295, true)
	try(8, uint64(1)<<63, 9223372036854775808, true)
	try(9, float32(0.5), 0.5, true)
	try(9, float32(math.Inf(1)), 0, false)
	try(10, math.NaN(), 0, false)
	try(10, -0.25, -0.25, true)
	try(11, true, 1, true)
	try(11, false, 0, true)
	try(12, "text", 0, false)
	try(13, uint64(1700000000000), 0, false)
	try(10, nil, 0, false)
	try(10, uint32(1), 0, false)
	try(0, uint32(1), 0, false)
}

// TestDeathByWill breaks the connection of a node: its will is heard, and its next data
// before a birth are no data.
func TestDeathByWill(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("e1", "tok-1", "gateway", "true", "sparkplug", "plant/edge1")), "")
	e := newEdge(d, "tok-1", "edge")
	e.birth()
	until(t, "the birth", func() bool { return len(d.sink.of("p1")) == 3 })
	e.conn.Close()
	until(t, "the loss to be told", func() bool { s := d.status("p1/e1"); return !s.OK && s.Error != "" })
	again := newEdge(d, "tok-1", "edge")
	again.say("NDATA", "", spMetric("", 1, 1700000000050, 0, float32(2)))
	d.count("unknown_alias", 1)
	if pk, ok := again.receive(5 * time.Second); !ok || pk.TopicName != "spBv1.0/plant/NCMD/edge1" {
		t.Errorf("no rebirth command: %v", ok)
	}
}

func ExampleDriver_Counts() {
	d := New(Options{})
	fmt.Println(d.Protocol(), d.Counts()["messages"], len(d.Addresses()))
	// Output: mqtt 0 0
}
