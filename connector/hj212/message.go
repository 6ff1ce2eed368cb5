package hj212

import (
	"fmt"
	"strconv"
	"strings"

	"lingtan/connector"
)

// Message is a data segment taken apart.
type Message struct {
	QN   string // time stamp of the request, yyyyMMddHHmmssfff; empty when the sender gave none
	ST   string // kind of system
	CN   int    // command
	PW   string
	MN   string // the device's number
	Flag int    // V5..V0 edition, bit 1 packets, bit 0 acknowledgement wanted
	PNUM int    // packets of the message; 0 = whole
	PNO  int    // number of this packet, from 1
	CP   []Group
}

// Group is a part of the data area between semicolons: fields that belong together.
type Group []Field

// Field is a name and its value as text.
type Field struct{ Key, Value string }

// Edition is the number of the standard's edition: 0 = 2005, 1 = 2017, 2 = 2025.
func (m Message) Edition() int { return m.Flag >> 2 }

// WantsAck says whether the sender waits for an acknowledgement.
func (m Message) WantsAck() bool { return m.Flag&1 != 0 }

// packets says whether the message carries PNUM and PNO.
func (m Message) packets() bool { return m.Flag&2 != 0 }

// Get is the first field of the data area by this name, or "".
func (m Message) Get(key string) string {
	for _, g := range m.CP {
		for _, f := range g {
			if f.Key == key {
				return f.Value
			}
		}
	}
	return ""
}

// Parse takes a data segment apart. What is against the standard gives
// connector.ErrProtocol: fields without "=", no CN or MN, numbers out of range, an edition
// that is not known, a data area without its &&.
func Parse(segment []byte) (Message, error) {
	var m Message
	if len(segment) > maxSegment {
		return m, wrong("segment of %d bytes, at most %d", len(segment), maxSegment)
	}
	head, area, ok := strings.Cut(string(segment), "CP=&&")
	if !ok {
		return m, wrong("no data area (CP=&&)")
	}
	area, ok = strings.CutSuffix(area, "&&")
	if !ok || strings.Contains(area, "&&") {
		return m, wrong("the data area does not end with one &&")
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(head, ";"), ";") {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return m, wrong("%.40q has no value", part)
		}
		if err := m.set(key, value); err != nil {
			return m, err
		}
	}
	if err := m.check(); err != nil {
		return m, err
	}
	m.CP, ok = groups(area)
	if !ok {
		return m, wrong("a field of the data area has no value")
	}
	return m, nil
}

// set keeps a field of the head. Names that are not known are passed over: editions add some.
func (m *Message) set(key, value string) error {
	switch key {
	case "QN":
		m.QN = value
	case "ST":
		m.ST = value
	case "PW":
		m.PW = value
	case "MN":
		m.MN = value
	case "CN":
		return number(&m.CN, key, value, 4)
	case "Flag":
		return number(&m.Flag, key, value, 3)
	case "PNUM":
		return number(&m.PNUM, key, value, 5)
	case "PNO":
		return number(&m.PNO, key, value, 5)
	}
	return nil
}

func (m Message) check() error {
	if m.CN == 0 || m.MN == "" {
		return wrong("CN or MN is missing")
	}
	if m.Flag > 255 || !plain(m.QN) || !plain(m.ST) || !plain(m.MN) || !plain(m.PW) {
		return wrong("Flag, QN, ST, MN or PW is out of range")
	}
	e, ok := editions[m.Edition()]
	if !ok {
		return wrong("edition %d (of Flag) is not known", m.Edition())
	}
	if !m.packets() {
		return nil
	}
	if m.PNO < 1 || m.PNO > m.PNUM || len(strconv.Itoa(m.PNUM)) > e.packet {
		return wrong("packet %d of %d cannot be in %s", m.PNO, m.PNUM, e.name)
	}
	return nil
}

// groups takes the data area apart.
func groups(area string) ([]Group, bool) {
	var list []Group
	for part := range strings.SplitSeq(area, ";") {
		if part == "" {
			continue
		}
		var g Group
		for field := range strings.SplitSeq(part, ",") {
			key, value, ok := strings.Cut(field, "=")
			if !ok {
				return nil, false
			}
			g = append(g, Field{strings.TrimSpace(key), strings.TrimSpace(value)})
		}
		list = append(list, g)
	}
	return list, true
}

// plain says whether a field of the head is short printable text that may be sent back.
func plain(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || c == '&' {
			return false
		}
	}
	return len(s) <= 40
}

func number(to *int, key, value string, digits int) error {
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil || len(value) > digits {
		return wrong("%s=%.20q is no number of up to %d digits", key, value, digits)
	}
	*to = int(n)
	return nil
}

func wrong(format string, args ...any) error {
	return fmt.Errorf("hj212: "+format+": %w", append(args, connector.ErrProtocol)...)
}
