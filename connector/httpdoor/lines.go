package httpdoor

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// Kinds of a field's value in line protocol.
const (
	kindFloat = iota
	kindInt
	kindUint
	kindBool
	kindString
)

// field is one field of an entry. raw is its value as written: without the suffix of
// an integer, without the quotes of a string and not unescaped.
type field struct {
	name  string // of the sample; "" when the name would be too long
	key   []byte // as written, escaped
	kind  int
	value float64
	raw   []byte
}

// entry is one line: its slices are good until the next one is read.
type entry struct {
	series []byte // measurement and tags as written
	device string // that the tags name; "" = none
	fields []field
	timed  bool
	stamp  int64 // in the unit of the writer, when timed
}

// lineFault is a line that is not line protocol.
type lineFault struct {
	Line, Column int // from 1; the column counts bytes
	Text         string
}

func (f *lineFault) Error() string { return fmt.Sprintf("line %d:%d: %s", f.Line, f.Column, f.Text) }

// Bytes that end a token unless a backslash stands before one that may be escaped.
var (
	endsMeasurement = byteSet(", ", true)
	endsKey         = byteSet(",= ", true) // of tags and fields, and tag values
	endsValue       = byteSet(", \r\n", false)
)

func byteSet(list string, unprintable bool) (set [256]bool) {
	for i := range len(list) {
		set[list[i]] = true
	}
	for i := 0; unprintable && i < 32; i++ {
		set[i] = true
	}
	set[0x7f] = set[0x7f] || unprintable
	return set
}

// lineParser reads line protocol out of a buffer. It takes and refuses the same lines
// as github.com/influxdata/line-protocol/v2, against which it is tested, and knows a
// series that it has seen by the bytes as they were written, so that a known series is
// neither checked nor unescaped again.
type lineParser struct {
	buf   []byte
	pos   int
	line  int // of buf[pos], from 1
	start int // where the current line starts, for columns
	names *nameCache
	entry entry
	known *series // of the entry
}

// reset begins a buffer.
func (p *lineParser) reset(buf []byte, names *nameCache) {
	p.buf, p.pos, p.line, p.start, p.names = buf, 0, 1, 0, names
}

// next reads the next entry; the entry is nil at the end. A faulty line is given back
// once and passed over.
func (p *lineParser) next() (*entry, *lineFault) {
	fault := p.skipEmpty()
	if fault == nil {
		if p.pos >= len(p.buf) {
			return nil, nil
		}
		fault = p.readEntry()
	}
	if fault == nil {
		return &p.entry, nil
	}
	if i := bytes.IndexByte(p.buf[p.pos:], '\n'); i >= 0 {
		p.pos += i
		p.newline()
	} else {
		p.pos = len(p.buf)
	}
	return &p.entry, fault
}

// faultf is a fault at a position of the current line.
func (p *lineParser) faultf(at int, format string, args ...any) *lineFault {
	return &lineFault{Line: p.line, Column: at - p.start + 1, Text: fmt.Sprintf(format, args...)}
}

// newline steps over the newline at pos.
func (p *lineParser) newline() {
	p.pos++
	p.line++
	p.start = p.pos
}

func (p *lineParser) at(i int) byte {
	if i < len(p.buf) {
		return p.buf[i]
	}
	return 0
}

// spaces steps over spaces.
func (p *lineParser) spaces() {
	for p.pos < len(p.buf) && p.buf[p.pos] == ' ' {
		p.pos++
	}
}

// endOfLine steps over the end of a line or of the buffer, and says whether it is there.
func (p *lineParser) endOfLine() bool {
	switch {
	case p.pos >= len(p.buf):
		return true
	case p.buf[p.pos] == '\n':
		p.newline()
		return true
	case p.buf[p.pos] == '\r' && p.pos+1 == len(p.buf):
		p.pos++
		return true
	case p.buf[p.pos] == '\r' && p.buf[p.pos+1] == '\n':
		p.pos++
		p.newline()
		return true
	}
	return false
}

// skipEmpty steps over empty lines and comments.
func (p *lineParser) skipEmpty() *lineFault {
	for {
		p.spaces()
		switch p.at(p.pos) {
		case '\n', '\r':
			if !p.endOfLine() {
				return p.faultf(p.pos, "a carriage return without a newline")
			}
		case '#':
			begin := p.pos
			for p.pos < len(p.buf) && p.buf[p.pos] >= ' ' && p.buf[p.pos] != 0x7f {
				p.pos++
			}
			if !p.endOfLine() {
				return p.faultf(begin, "a comment with an unprintable character")
			}
		default:
			return nil
		}
	}
}

// readEntry reads the line at pos.
func (p *lineParser) readEntry() *lineFault {
	p.entry.fields, p.entry.timed = p.entry.fields[:0], false
	if fault := p.readSeries(); fault != nil {
		return fault
	}
	p.spaces()
	for {
		fault := p.readField()
		if fault != nil {
			return fault
		}
		if p.at(p.pos) == ',' {
			p.pos++
			continue
		}
		if c := p.at(p.pos); p.pos < len(p.buf) && c != ' ' && c != '\r' && c != '\n' {
			return p.faultf(p.pos, "unexpected character %q after a field", c)
		}
		p.spaces()
		if p.endOfLine() {
			return nil
		}
		return p.readTime()
	}
}

// readSeries finds the measurement and tags, which end at the first space that is not
// escaped, and checks them when they are not known.
func (p *lineParser) readSeries() *lineFault {
	rest := p.buf[p.pos:]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	end := 0
	for {
		i := bytes.IndexByte(rest[end:], ' ')
		if i < 0 {
			end = len(rest)
			break
		}
		end += i
		if end == 0 || rest[end-1] != '\\' {
			break
		}
		end++
	}
	raw := rest[:end]
	p.entry.series = raw
	if p.known = p.names.find(raw); p.known == nil {
		head, device, offset, err := readHead(raw, p.names.pick)
		if err != nil {
			return p.faultf(p.pos+offset, "%s", err.Error())
		}
		p.known = p.names.add(raw, head, device)
	}
	p.entry.device = p.known.device
	p.pos += end
	return nil
}

// readField reads one field, up to the character after its value.
func (p *lineParser) readField() *lineFault {
	f := field{}
	at := len(p.entry.fields)
	if known := p.known.at(at); known != nil && bytes.HasPrefix(p.buf[p.pos:], known.raw) {
		f.name, f.key = known.name, known.raw[:len(known.raw)-1]
		p.pos += len(known.raw)
	} else if fault := p.readKey(&f); fault != nil {
		return fault
	}
	if p.pos >= len(p.buf) {
		return p.faultf(p.pos, "a field value is missing")
	}
	if fault := p.readValue(&f); fault != nil {
		return fault
	}
	p.entry.fields = append(p.entry.fields, f)
	return nil
}

// readKey reads the key of a field that is not the expected one.
func (p *lineParser) readKey(f *field) *lineFault {
	n, err := token(p.buf[p.pos:], &endsKey, ",= ")
	switch {
	case err != nil:
		return p.faultf(p.pos, "field key: %s", err.Error())
	case n == 0:
		return p.faultf(p.pos, "a field key is missing")
	case p.at(p.pos+n) != '=':
		return p.faultf(p.pos+n, "no \"=\" after field key %q", short(p.buf[p.pos:p.pos+n]))
	}
	f.key = p.buf[p.pos : p.pos+n]
	f.name = p.names.field(p.known, p.buf[p.pos:p.pos+n+1])
	p.pos += n + 1
	return nil
}

// readValue reads a field's value by its first character.
func (p *lineParser) readValue(f *field) *lineFault {
	switch c := p.buf[p.pos]; {
	case c == '"':
		return p.readString(f)
	case c == 't' || c == 'T' || c == 'f' || c == 'F':
		return p.readBool(f)
	case c >= '0' && c <= '9' || c == '-' || c == '.':
		return p.readNumber(f)
	default:
		return p.faultf(p.pos, "a field value starts with %q: neither number, boolean nor string", c)
	}
}

func (p *lineParser) readString(f *field) *lineFault {
	begin := p.pos + 1
	i := begin
	for i < len(p.buf) && p.buf[i] != '"' {
		if p.buf[i] == '\\' && i+1 < len(p.buf) && bytes.IndexByte(stringEscapes, p.buf[i+1]) >= 0 {
			i++
		}
		i++
	}
	f.kind, f.raw = kindString, p.buf[begin:min(i, len(p.buf))]
	p.pos = min(i, len(p.buf))
	var fault *lineFault
	if !utf8.Valid(f.raw) {
		fault = p.faultf(begin, "a string is not UTF-8")
	} else if i >= len(p.buf) {
		fault = p.faultf(begin-1, "a string has no closing quote")
	} else {
		p.pos++
	}
	p.countLines(f.raw, begin)
	return fault
}

var stringEscapes = []byte("\\\"nrt")

// countLines counts the newlines inside a string that begins at the position.
func (p *lineParser) countLines(raw []byte, begin int) {
	if n := bytes.Count(raw, []byte{'\n'}); n > 0 {
		p.line += n
		p.start = begin + bytes.LastIndexByte(raw, '\n') + 1
	}
}

// word is the text of a value that is not a string.
func (p *lineParser) word() []byte {
	begin := p.pos
	for p.pos < len(p.buf) && !endsValue[p.buf[p.pos]] {
		p.pos++
	}
	return p.buf[begin:p.pos]
}

func (p *lineParser) readBool(f *field) *lineFault {
	begin := p.pos
	f.kind, f.raw = kindBool, p.word()
	switch string(f.raw) {
	case "t", "T", "true", "True", "TRUE":
		f.value = 1
	case "f", "F", "false", "False", "FALSE":
	default:
		return p.faultf(begin, "%q is no boolean", short(f.raw))
	}
	return nil
}

func (p *lineParser) readNumber(f *field) *lineFault {
	begin := p.pos
	if value, n := plainNumber(p.buf[begin:]); n > 0 && (begin+n == len(p.buf) || endsValue[p.buf[begin+n]]) {
		f.kind, f.value, f.raw = kindFloat, value, p.buf[begin:begin+n]
		p.pos += n
		return nil
	}
	f.raw = p.word()
	var err error
	switch last := len(f.raw) - 1; f.raw[last] {
	case 'i':
		var x int64
		f.kind, f.raw = kindInt, f.raw[:last]
		x, err = strconv.ParseInt(string(f.raw), 10, 64)
		f.value = float64(x)
	case 'u':
		var x uint64
		f.kind, f.raw = kindUint, f.raw[:last]
		x, err = strconv.ParseUint(string(f.raw), 10, 64)
		f.value = float64(x)
	default:
		f.kind = kindFloat
		f.value, err = strconv.ParseFloat(string(f.raw), 64)
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return p.faultf(begin, "number %q is out of range", short(f.raw))
	case err != nil || math.IsInf(f.value, 0) || math.IsNaN(f.value):
		return p.faultf(begin, "%q is no number", short(f.raw))
	}
	return nil
}

// readTime reads the timestamp and the end of the line.
func (p *lineParser) readTime() *lineFault {
	begin := p.pos
	for c := p.at(p.pos); c == '-' || c >= '0' && c <= '9'; c = p.at(p.pos) {
		p.pos++
	}
	text := p.buf[begin:p.pos]
	if c := p.at(p.pos); p.pos < len(p.buf) && c != ' ' && c != '\r' && c != '\n' {
		return p.faultf(begin, "invalid timestamp")
	}
	stamp, err := parseStamp(text)
	if err != nil && len(text) > 0 {
		return p.faultf(begin, "timestamp %q is no 64-bit integer", short(text))
	}
	p.entry.stamp, p.entry.timed = stamp, len(text) > 0
	p.spaces()
	extra := p.pos
	if !p.endOfLine() {
		return p.faultf(extra, "unexpected text after the timestamp")
	}
	return nil
}

// token is the length of the token at the start of b. A backslash before a character
// of escapable takes it into the token.
func token(b []byte, ends *[256]bool, escapable string) (int, error) {
	i := 0
	for i < len(b) && !ends[b[i]] {
		if b[i] == '\\' && i+1 < len(b) && indexByte(escapable, b[i+1]) {
			i++
		}
		i++
	}
	if !utf8.Valid(b[:i]) {
		return i, errors.New("not UTF-8")
	}
	return i, nil
}

func indexByte(list string, c byte) bool {
	for i := range len(list) {
		if list[i] == c {
			return true
		}
	}
	return false
}

// unescape takes the backslashes before the escapable characters away.
func unescape(raw []byte, escapable string) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' && i+1 < len(raw) && indexByte(escapable, raw[i+1]) {
			i++
		}
		out = append(out, raw[i])
	}
	return string(out)
}

// short is the start of a text, for messages.
func short(b []byte) string {
	if len(b) > 40 {
		return string(b[:40]) + "…"
	}
	return string(b)
}
