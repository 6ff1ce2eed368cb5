package mqtt

import (
	"math"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"lingtan/connector"
)

// metric is a metric of a Sparkplug B payload. Field numbers here are of sparkplug_b.proto
// (Eclipse Tahu; Eclipse Sparkplug specification 3.0.0, section 6.4.1).
type metric struct {
	name     string
	alias    uint64
	aliased  bool
	at       uint64 // ms since 1970; 0 = not told
	datatype uint64
	null     bool
	form     wireForm
	bits     uint64
}

// wireForm is the member of the value's oneof that was sent.
type wireForm byte

const (
	noForm wireForm = iota
	intForm
	longForm
	floatForm
	doubleForm
	boolForm
	otherForm
)

// sparkplugPayload is a Sparkplug B payload.
type sparkplugPayload struct {
	at      uint64
	seq     uint64
	hasSeq  bool
	metrics []metric
}

// fields calls f with each field of a protobuf message: v holds a varint or fixed value, b bytes.
func fields(raw []byte, f func(num protowire.Number, typ protowire.Type, v uint64, b []byte) error) error {
	for len(raw) > 0 {
		num, typ, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return payloadFault("%v", protowire.ParseError(n))
		}
		raw = raw[n:]
		var v uint64
		var b []byte
		switch typ {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(raw)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(raw)
		case protowire.Fixed32Type:
			var v32 uint32
			v32, n = protowire.ConsumeFixed32(raw)
			v = uint64(v32)
		case protowire.BytesType:
			b, n = protowire.ConsumeBytes(raw)
		default:
			n = protowire.ConsumeFieldValue(num, typ, raw)
		}
		if n < 0 {
			return payloadFault("%v", protowire.ParseError(n))
		}
		raw = raw[n:]
		if err := f(num, typ, v, b); err != nil {
			return err
		}
	}
	return nil
}

func decodeSparkplug(raw []byte) (sparkplugPayload, error) {
	var p sparkplugPayload
	err := fields(raw, func(num protowire.Number, typ protowire.Type, v uint64, b []byte) error {
		switch {
		case num == 1 && typ == protowire.VarintType:
			p.at = v
		case num == 2 && typ == protowire.BytesType:
			if len(p.metrics) >= maxMessageValues {
				return payloadFault("more than %d metrics in one message; send several", maxMessageValues)
			}
			m, err := decodeMetric(b)
			if err != nil {
				return err
			}
			p.metrics = append(p.metrics, m)
		case num == 3 && typ == protowire.VarintType:
			p.seq, p.hasSeq = v, true
		}
		return nil
	})
	return p, err
}

func decodeMetric(raw []byte) (metric, error) {
	var m metric
	err := fields(raw, func(num protowire.Number, typ protowire.Type, v uint64, b []byte) error {
		switch {
		case num == 1 && typ == protowire.BytesType:
			m.name = strings.ToValidUTF8(string(b), "\uFFFD")
		case num == 2 && typ == protowire.VarintType:
			m.alias, m.aliased = v, true
		case num == 3 && typ == protowire.VarintType:
			m.at = v
		case num == 4 && typ == protowire.VarintType:
			m.datatype = v
		case num == 7 && typ == protowire.VarintType:
			m.null = v != 0
		case num >= 10 && num <= 19:
			m.form, m.bits = formOf(num, typ), v
		}
		return nil
	})
	return m, err
}

func formOf(num protowire.Number, typ protowire.Type) wireForm {
	switch {
	case num == 10 && typ == protowire.VarintType:
		return intForm
	case num == 11 && typ == protowire.VarintType:
		return longForm
	case num == 12 && typ == protowire.Fixed32Type:
		return floatForm
	case num == 13 && typ == protowire.Fixed64Type:
		return doubleForm
	case num == 14 && typ == protowire.VarintType:
		return boolForm
	}
	return otherForm
}

// number is the value as the datatype says it (specification 6.4.16: Int8 1, Int16 2, Int32 3,
// Int64 4, UInt8 5, UInt16 6, UInt32 7, UInt64 8, Float 9, Double 10, Boolean 11). Signed values
// come as two's complement. Integers beyond 2^53 are rounded to the nearest double.
func (m metric) number(datatype uint64) (float64, bool) {
	v := math.NaN()
	whole := m.form == intForm || m.form == longForm
	switch {
	case m.null:
		return 0, false
	case datatype == 1 && whole:
		v = float64(int8(m.bits))
	case datatype == 2 && whole:
		v = float64(int16(m.bits))
	case datatype == 3 && whole:
		v = float64(int32(m.bits))
	case datatype == 4 && whole:
		v = float64(int64(m.bits))
	case datatype == 5 && whole:
		v = float64(uint8(m.bits))
	case datatype == 6 && whole:
		v = float64(uint16(m.bits))
	case datatype == 7 && whole:
		v = float64(uint32(m.bits))
	case datatype == 8 && whole:
		v = float64(m.bits)
	case datatype == 9 && m.form == floatForm:
		v = float64(math.Float32frombits(uint32(m.bits)))
	case datatype == 10 && m.form == doubleForm:
		v = math.Float64frombits(m.bits)
	case datatype == 11 && m.form == boolForm:
		v = min(float64(m.bits), 1)
	}
	return v, !math.IsNaN(v) && !math.IsInf(v, 0)
}

// valueOf names a metric of a node (device "") or of a device behind it.
type valueOf struct{ device, name string }

// told is what a birth told of a metric.
type told struct {
	of       valueOf
	datatype uint64
}

// node follows one Sparkplug edge node: the aliases of its birth, and the sequence of its messages.
type node struct {
	born    bool
	next    uint64 // sequence number that is due, 0 to 255
	birth   uint64 // bdSeq of the birth
	aliases map[uint64]told
	names   map[valueOf]uint64
	asked   time.Time // when a rebirth was last asked for
}

const (
	maxNodeMetrics = 50_000
	rebirthEvery   = 5 * time.Second // a rebirth is asked for at most this often
)

// heard is what a message of a node brought.
type heard struct {
	take
	unknown int  // metrics by an alias that is not known
	rebirth bool // the node must tell its birth again
}

// hear takes a message of the node. Sequence and aliases are of specification 6.4.3 and
// 6.4.6: numbers run 0 to 255 from the node's birth on, over the node and its devices.
// After a gap an alias may mean something else, so that only metrics with names are taken
// until the node is born again. The samples are of device, handed on by via.
func (n *node) hear(r route, p sparkplugPayload, device, via string) (heard, error) {
	h := heard{take: take{via: via}}
	birth := r.type_ == "NBIRTH" || r.type_ == "DBIRTH"
	switch {
	case r.type_ == "NDEATH":
		if bd, ok := p.bdSeq(); !ok || bd == n.birth {
			n.born = false // the will of an older connection is none of this one's
		}
		return h, nil
	case r.type_ == "NBIRTH":
		bd, _ := p.bdSeq()
		*n = node{born: true, birth: bd, asked: n.asked, aliases: map[uint64]told{}, names: map[valueOf]uint64{}}
	case !n.born || !p.hasSeq || p.seq != n.next:
		n.born = false
		h.rebirth = true
	}
	n.next = (p.seq + 1) % 256
	if r.type_ == "DDEATH" {
		return h, nil
	}
	for _, m := range p.metrics {
		if err := n.metric(&h, r.device, device, m, p.at, birth); err != nil {
			return h, err
		}
	}
	return h, nil
}

// metric adds a metric to what was heard. behind is the Sparkplug device, device whose samples they are.
func (n *node) metric(h *heard, behind, device string, m metric, at uint64, birth bool) error {
	of := valueOf{behind, m.name}
	datatype := m.datatype
	switch {
	case birth && n.born && m.name != "":
		if len(n.names) >= maxNodeMetrics {
			return payloadFault("more than %d metrics of one node", maxNodeMetrics)
		}
		n.names[of] = datatype
		if m.aliased {
			n.aliases[m.alias] = told{of, datatype}
		}
	case m.name == "" && m.aliased:
		t, ok := n.aliases[m.alias]
		if !ok || !n.born || t.of.device != behind {
			h.unknown++
			h.rebirth = true
			return nil
		}
		of, datatype = t.of, t.datatype
	case datatype == 0:
		datatype = n.names[of]
	}
	if of.name == "bdSeq" || strings.HasPrefix(of.name, "Node Control/") || strings.HasPrefix(of.name, "Device Control/") {
		return nil
	}
	v, ok := m.number(datatype)
	if !ok {
		h.skipped++
		return nil
	}
	if m.at != 0 {
		at = m.at
	}
	if at > lastMillisecond {
		return payloadFault("timestamp %d; give milliseconds since 1970", at)
	}
	s := connector.Sample{Device: device, Name: of.name, Value: v}
	if at != 0 {
		s.At = time.UnixMilli(int64(at)).UTC()
	}
	return h.add(s)
}

// bdSeq ties a death to its birth (specification 6.4.18).
func (p sparkplugPayload) bdSeq() (uint64, bool) {
	for _, m := range p.metrics {
		if m.name == "bdSeq" {
			return m.bits, true
		}
	}
	return 0, false
}

// rebirthCommand is the NCMD payload that makes a node tell its birth again: the metric
// "Node Control/Rebirth", Boolean, true (specification 6.4.20).
func rebirthCommand(now time.Time) []byte {
	var m []byte
	m = protowire.AppendTag(m, 1, protowire.BytesType)
	m = protowire.AppendString(m, "Node Control/Rebirth")
	m = protowire.AppendTag(m, 4, protowire.VarintType)
	m = protowire.AppendVarint(m, 11)
	m = protowire.AppendTag(m, 14, protowire.VarintType)
	m = protowire.AppendVarint(m, 1)
	var p []byte
	p = protowire.AppendTag(p, 1, protowire.VarintType)
	p = protowire.AppendVarint(p, uint64(now.UnixMilli()))
	p = protowire.AppendTag(p, 2, protowire.BytesType)
	return protowire.AppendBytes(p, m)
}
