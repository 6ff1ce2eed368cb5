package readingfile

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// label is a time as a file writes it: a wall clock, with its offset when the
// text bears one.
type label struct {
	wall   int64 // milliseconds from 1970-01-01 00:00 on the wall clock itself
	offset int64 // milliseconds east of UTC, when fixed
	fixed  bool  // the text says which instant it is
	next   bool  // written 24:00: the wall clock is already on the next day
}

const (
	secondMs = int64(1000)
	minuteMs = 60 * secondMs
	hourMs   = 60 * minuteMs
	dayMs    = 24 * hourMs
	firstY   = 1970
	lastY    = 2199
)

// stamp reads labels of one layout.
type stamp struct {
	name    string
	kind    stampKind
	tokens  []token
	yearAdd int
	dated   bool // workbook that counts days from 1904
}

type stampKind uint8

const (
	stampISO stampKind = iota
	stampUnix
	stampUnixMs
	stampExcel
	stampPattern
	stampGo
)

// token is a part of a pattern: a field (y, m, d, h, i for minute, s) or literal text.
type token struct {
	field byte
	width int
	text  string
	loose bool // the field may be written with one digit
}

// newStamp reads a layout's name, pattern or Go form.
func newStamp(layout string, yearAdd int) (*stamp, error) {
	s := &stamp{name: layout, yearAdd: yearAdd}
	switch strings.ToLower(layout) {
	case "iso8601":
		return s, nil
	case "unix":
		s.kind = stampUnix
		return s, nil
	case "unix_ms":
		s.kind = stampUnixMs
		return s, nil
	case "excel":
		s.kind = stampExcel
		return s, nil
	}
	if strings.Contains(layout, "2006") {
		s.kind = stampGo
		return s, nil
	}
	s.kind = stampPattern
	var err error
	s.tokens, err = patternTokens(strings.ToLower(layout))
	return s, err
}

// instants says whether every label of the layout is an instant by itself.
func (s *stamp) instants() bool { return s.kind == stampUnix || s.kind == stampUnixMs }

// mayOffset says whether labels of the layout can bear their offset.
func (s *stamp) mayOffset() bool {
	return s.kind == stampISO || s.instants() || s.kind == stampGo && (strings.Contains(s.name, "07") || strings.Contains(s.name, "MST"))
}

func patternTokens(layout string) ([]token, error) {
	var tokens []token
	last := byte(0)
	for p := layout; p != ""; {
		field, width := byte(0), 2
		switch {
		case strings.HasPrefix(p, "yyyy"):
			field, width = 'y', 4
		case strings.HasPrefix(p, "yy"):
			field = 'y'
		case strings.HasPrefix(p, "mm") && last == 'h':
			field = 'i'
		case strings.HasPrefix(p, "mm"):
			field = 'm'
		case strings.HasPrefix(p, "dd"):
			field = 'd'
		case strings.HasPrefix(p, "hh"):
			field = 'h'
		case strings.HasPrefix(p, "ss"):
			field = 's'
		}
		if field != 0 {
			tokens = append(tokens, token{field: field, width: width})
			last, p = field, p[width:]
			continue
		}
		if p[0] >= 'a' && p[0] <= 'z' && p[0] != 't' || p[0] >= '0' && p[0] <= '9' {
			return nil, fmt.Errorf("%q is not a time layout: %q is not known; write iso8601, unix, unix_ms, excel, a pattern of yyyy mm dd hh mm ss such as dd/mm/yyyy hh:mm, or a Go layout such as 2006-01-02 15:04", layout, p)
		}
		tokens, p = append(tokens, token{text: p[:1]}), p[1:]
	}
	return tokens, checkTokens(layout, tokens)
}

func checkTokens(layout string, tokens []token) error {
	count := map[byte]int{}
	for i := range tokens {
		count[tokens[i].field]++
		alone := (i == 0 || tokens[i-1].field == 0) && (i+1 == len(tokens) || tokens[i+1].field == 0)
		tokens[i].loose = tokens[i].field != 0 && tokens[i].width == 2 && alone
	}
	for _, field := range []byte("ymdhis") {
		if count[field] > 1 {
			return fmt.Errorf("%q is not a time layout: a field stands in it twice; mm right after hh is the minute, else the month", layout)
		}
	}
	if count['y'] == 0 || count['m'] == 0 || count['d'] == 0 {
		return fmt.Errorf("%q is not a time layout: it needs yyyy, mm and dd", layout)
	}
	return nil
}

// read gives the label that the text says, or the reason why it says none.
func (s *stamp) read(t string) (label, code) {
	switch s.kind {
	case stampISO:
		return s.readISO(t)
	case stampPattern:
		return s.readPattern(t)
	case stampUnix, stampUnixMs, stampExcel:
		return s.readNumber(t)
	}
	at, err := time.Parse(s.name, t)
	if err != nil {
		return label{}, codeTime
	}
	_, offset := at.Zone()
	f := fields{y: at.Year(), m: int(at.Month()), d: at.Day(), h: at.Hour(), i: at.Minute(), s: at.Second(), ms: int64(at.Nanosecond() / 1e6)}
	l, why := f.label(s.yearAdd)
	if why == 0 && s.mayOffset() {
		l.fixed, l.offset = true, int64(offset)*secondMs
	}
	return l, why
}

// readNumber reads seconds or milliseconds since 1970 UTC, and the day numbers
// of workbooks (day 1 = 1900-01-01 with the 1900 leap-year fault, so that day
// 25569 is 1970-01-01; or day 0 = 1904-01-01).
func (s *stamp) readNumber(t string) (label, code) {
	v, why := readFloat(t, '.')
	if why != 0 {
		return label{}, codeTime
	}
	switch s.kind {
	case stampUnix:
		v *= 1000
	case stampExcel:
		epoch := 25569.0
		if s.dated {
			epoch = 24107
		}
		v = (v - epoch) * float64(dayMs)
	}
	v = math.Round(v)
	if v < 0 || v > 7.26e12 {
		return label{}, codeYear
	}
	return label{wall: int64(v), fixed: s.instants()}, 0
}

// fields are the parts of a civil time; hour 24 is midnight at the day's end.
type fields struct {
	y, m, d, h, i, s int
	ms               int64
}

var monthDays = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func (f fields) label(yearAdd int) (label, code) {
	y := f.y + yearAdd
	if f.m < 1 || f.m > 12 || f.d < 1 || f.h < 0 || f.i < 0 || f.i > 59 || f.s < 0 || f.s > 59 {
		return label{}, codeTime
	}
	days := monthDays[f.m]
	if f.m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		days = 29
	}
	if f.d > days || f.h > 24 || f.h == 24 && (f.i != 0 || f.s != 0 || f.ms != 0) {
		return label{}, codeTime
	}
	if y < firstY || y > lastY {
		return label{}, codeYear
	}
	wall := civilDay(y, f.m, f.d)*dayMs + int64(f.h)*hourMs + int64(f.i)*minuteMs + int64(f.s)*secondMs + f.ms
	return label{wall: wall, next: f.h == 24}, 0
}

// civilDay counts days from 1970-01-01 in the Gregorian calendar
// (H. Hinnant, chrono-compatible low-level date algorithms, days_from_civil).
func civilDay(y, m, d int) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era*146097 + doe - 719468)
}

// digits reads n digits at the start of t; ok is false when one is none.
func digits(t string, n int) (v int, ok bool) {
	if len(t) < n {
		return 0, false
	}
	for i := range n {
		c := t[i] - '0'
		if c > 9 {
			return 0, false
		}
		v = v*10 + int(c)
	}
	return v, true
}

// readISO reads 2018-01-31, 2018-01-31T00:15, with :ss, .fff, and Z, +01:00,
// +0100 or +01; a blank may stand for the T.
func (s *stamp) readISO(t string) (label, code) {
	var f fields
	var a, b, c bool
	if len(t) < 10 || t[4] != '-' || t[7] != '-' {
		return label{}, codeTime
	}
	f.y, a = digits(t, 4)
	f.m, b = digits(t[5:], 2)
	f.d, c = digits(t[8:], 2)
	if !a || !b || !c {
		return label{}, codeTime
	}
	t = t[10:]
	if t == "" {
		return f.label(s.yearAdd)
	}
	if len(t) < 6 || t[0] != 'T' && t[0] != ' ' && t[0] != 't' || t[3] != ':' {
		return label{}, codeTime
	}
	f.h, a = digits(t[1:], 2)
	f.i, b = digits(t[4:], 2)
	t, c = f.seconds(t[6:])
	if !a || !b || !c {
		return label{}, codeTime
	}
	offset, fixed, ok := readOffset(t)
	if !ok {
		return label{}, codeTime
	}
	l, why := f.label(s.yearAdd)
	l.offset, l.fixed = offset, fixed
	return l, why
}

// seconds takes an optional :ss and fraction off t.
func (f *fields) seconds(t string) (rest string, ok bool) {
	if t == "" || t[0] != ':' {
		return t, true
	}
	if f.s, ok = digits(t[1:], 2); !ok {
		return t, false
	}
	t = t[3:]
	if t == "" || t[0] != '.' && t[0] != ',' {
		return t, true
	}
	n, scale := 1, int64(100)
	for ; n < len(t) && t[n]-'0' <= 9; n++ {
		f.ms += int64(t[n]-'0') * scale
		scale /= 10
	}
	return t[n:], n > 1
}

// readOffset reads an optional Z, ±hh:mm, ±hhmm or ±hh that fills t.
func readOffset(t string) (ms int64, fixed, ok bool) {
	switch {
	case t == "":
		return 0, false, true
	case t == "Z" || t == "z":
		return 0, true, true
	case len(t) < 3 || t[0] != '+' && t[0] != '-':
		return 0, false, false
	}
	h, ok := digits(t[1:], 2)
	rest, m := t[3:], 0
	if ok && rest != "" {
		rest = strings.TrimPrefix(rest, ":")
		m, ok = digits(rest, 2)
		ok = ok && len(rest) == 2
	}
	if !ok || h > 15 || m > 59 {
		return 0, false, false
	}
	ms = int64(h)*hourMs + int64(m)*minuteMs
	if t[0] == '-' {
		ms = -ms
	}
	return ms, true, true
}

// readPattern follows the tokens; a two-digit field before a separator may be
// written with one digit, and seconds may follow a pattern that ends in minutes.
func (s *stamp) readPattern(t string) (label, code) {
	var f fields
	last := byte(0)
	for k := range s.tokens {
		tok := &s.tokens[k]
		if tok.field == 0 {
			if t == "" || t[0] != tok.text[0] && (t[0] != 'T' || tok.text[0] != 't') {
				return label{}, codeTime
			}
			t = t[1:]
			continue
		}
		n := tok.width
		if tok.loose && (len(t) < 2 || t[1]-'0' > 9) {
			n = 1
		}
		v, ok := digits(t, n)
		if !ok {
			return label{}, codeTime
		}
		t = t[n:]
		last = tok.field
		f.set(tok, v)
	}
	if last == 'i' {
		var ok bool
		if t, ok = f.seconds(t); !ok {
			return label{}, codeTime
		}
	}
	if t != "" {
		return label{}, codeTime
	}
	return f.label(s.yearAdd)
}

func (f *fields) set(tok *token, v int) {
	switch tok.field {
	case 'y':
		if tok.width == 2 {
			v += 2000
		}
		f.y = v
	case 'm':
		f.m = v
	case 'd':
		f.d = v
	case 'h':
		f.h = v
	case 'i':
		f.i = v
	case 's':
		f.s = v
	}
}

// wholeNumber reads a part of a label that stands in a column of its own; some
// programs write whole numbers as "2014.0".
func wholeNumber(t string) (int, bool) {
	t = strings.TrimSpace(t)
	if i := strings.IndexByte(t, '.'); i > 0 && strings.Trim(t[i+1:], "0") == "" {
		t = t[:i]
	}
	v, err := strconv.Atoi(t)
	return v, err == nil && len(t) <= 6
}
