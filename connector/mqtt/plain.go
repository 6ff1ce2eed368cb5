package mqtt

import (
	"math"
	"strconv"
	"time"

	"lingtan/connector"
)

const (
	plainMembers = 16 // of an object; more are read the long way
	keptNames    = 64 // names of values that are kept of a sender
)

// names are those of a sender's values, so that each message need not make them anew,
// with room for taking a message apart.
type names struct {
	known        map[string]string
	outer, inner [plainMembers]member
}

func (n *names) of(raw []byte) string {
	if name, ok := n.known[string(raw)]; ok {
		return name
	}
	name := string(raw)
	if n.known == nil {
		n.known = map[string]string{}
	}
	if len(n.known) < keptNames {
		n.known[name] = name
	}
	return name
}

// plainTelemetry reads telemetry of the plainest form without building anything: one
// object, or one with ts and values, whose values are numbers or truth values and whose
// names are ASCII without escapes, none twice. Anything else is plain = false, nothing of
// it was taken, and the long way says what is wrong with it.
func (t *take) plainTelemetry(device string, raw []byte) (plain bool, err error) {
	if t.names == nil {
		t.names = &names{}
	}
	in := scanner{raw: raw}
	top, ok := in.object(t.names.outer[:0], t.names.inner[:0])
	if in.space(); !ok || in.at != len(raw) {
		return false, nil
	}
	var at time.Time
	for _, m := range top {
		if m.object == nil {
			continue
		}
		ts, stamped := find(top, "ts")
		if string(m.name) != "values" || !stamped || !ts.time() {
			return false, nil
		}
		at, top = time.UnixMilli(int64(ts.value)).UTC(), m.object
		break
	}
	for _, m := range top {
		if err := t.add(connector.Sample{Device: device, Name: t.names.of(m.name), At: at, Value: m.value}); err != nil {
			return true, err
		}
	}
	return true, nil
}

// member is a member of a JSON object: a number, or the members of an inner object.
type member struct {
	name   []byte
	value  float64
	object []member // nil = a number
}

func find(list []member, name string) (member, bool) {
	for _, m := range list {
		if string(m.name) == name {
			return m, true
		}
	}
	return member{}, false
}

// time says whether a number is a whole count of milliseconds that is a time.
func (m member) time() bool {
	return m.object == nil && m.value >= 1 && m.value <= lastMillisecond && m.value == math.Trunc(m.value)
}

// scanner reads a subset of JSON (RFC 8259) in place.
type scanner struct {
	raw []byte
	at  int
}

func (s *scanner) space() {
	for s.at < len(s.raw) && (s.raw[s.at] == ' ' || s.raw[s.at] == '\n' || s.raw[s.at] == '\t' || s.raw[s.at] == '\r') {
		s.at++
	}
}

// sign passes over white space and one byte, if it is that.
func (s *scanner) sign(c byte) bool {
	s.space()
	if s.at >= len(s.raw) || s.raw[s.at] != c {
		return false
	}
	s.at++
	return true
}

// object reads an object into list; one object in it may go into inner, none where that
// is nil. An object without members is not plain.
func (s *scanner) object(list, inner []member) ([]member, bool) {
	if !s.sign('{') {
		return nil, false
	}
	for {
		m, ok := s.member(inner)
		if _, twice := find(list, string(m.name)); !ok || twice || len(list) == cap(list) {
			return nil, false
		}
		if m.object != nil {
			inner = nil
		}
		list = append(list, m)
		if s.sign(',') {
			continue
		}
		return list, s.sign('}')
	}
}

func (s *scanner) member(inner []member) (m member, ok bool) {
	if m.name, ok = s.name(); !ok || !s.sign(':') {
		return m, false
	}
	if s.space(); s.at < len(s.raw) && s.raw[s.at] == '{' {
		if inner == nil {
			return m, false
		}
		m.object, ok = s.object(inner, nil)
		return m, ok
	}
	m.value, ok = s.number()
	return m, ok
}

// name reads a text of printable ASCII without escapes, not empty.
func (s *scanner) name() ([]byte, bool) {
	if !s.sign('"') {
		return nil, false
	}
	for i := s.at; i < len(s.raw); i++ {
		switch c := s.raw[i]; {
		case c == '"':
			name := s.raw[s.at:i]
			s.at = i + 1
			return name, len(name) > 0
		case c < ' ' || c > '~' || c == '\\':
			return nil, false
		}
	}
	return nil, false
}

// number reads a number of RFC 8259, section 6, or a truth value as 1 or 0.
func (s *scanner) number() (float64, bool) {
	from := s.at
	for s.at < len(s.raw) && s.raw[s.at] != ',' && s.raw[s.at] != '}' && s.raw[s.at] > ' ' {
		s.at++
	}
	text := s.raw[from:s.at]
	switch {
	case string(text) == "true":
		return 1, true
	case string(text) == "false":
		return 0, true
	}
	if v, exact := shortDecimal(text); exact {
		return v, true
	}
	if !isNumber(text) {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(text), 64)
	return v, err == nil
}

// powers are the powers of ten up to the digits of a shortDecimal, exact as float64.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// shortDecimal reads a number of at most 15 digits without an exponent. Both its digits,
// as a whole number below 2^53, and the power of ten are exact, so that their quotient is
// the nearest float64 (W. D. Clinger, How to Read Floating Point Numbers Accurately, 1990).
func shortDecimal(text []byte) (float64, bool) {
	digits, minus := text, len(text) > 0 && text[0] == '-'
	if minus {
		digits = text[1:]
	}
	whole, count, point := int64(0), 0, -1
	for i, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			whole = whole*10 + int64(c-'0')
			count++
		case c == '.' && point < 0 && i > 0:
			point = count
		default:
			return 0, false
		}
		if count >= len(powers) {
			return 0, false
		}
	}
	if point < 0 {
		point = count
	}
	if point == 0 || len(digits) != count && point == count || point > 1 && digits[0] == '0' {
		return 0, false
	}
	v := float64(whole) / powers[count-point]
	if minus {
		v = -v
	}
	return v, true
}

// isNumber says whether text is a number as JSON writes it.
func isNumber(text []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(text) && text[n] >= '0' && text[n] <= '9' {
			n++
		}
		text = text[n:]
		return n > 0
	}
	if len(text) > 0 && text[0] == '-' {
		text = text[1:]
	}
	if len(text) > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9' || !digits() {
		return false
	}
	if len(text) > 0 && text[0] == '.' {
		if text = text[1:]; !digits() {
			return false
		}
	}
	if len(text) > 0 && (text[0] == 'e' || text[0] == 'E') {
		if text = text[1:]; len(text) > 0 && (text[0] == '+' || text[0] == '-') {
			text = text[1:]
		}
		return digits() && len(text) == 0
	}
	return len(text) == 0
}
