package frame

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"lingtan/connector"
)

// How the values of a series are written.
const (
	plainDouble = 255 // 8 bytes, XOR with the value before
	plainFloat  = 254 // the 4 bytes of a float32, XOR with the value before, as a varint
	mostDigits  = 9   // below: decimal places of a whole number, difference to the one before
)

const (
	blockVersion = 1
	maxExact     = 1 << 53           // whole numbers that a double holds exactly
	lastTime     = 253_402_300_800e3 // year 10000, in Unix milliseconds
	leastSample  = 4                 // bytes that a sample takes at least
)

var powers = [mostDigits + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// series is one value of one device within a block, and its last sample.
type series struct {
	device, via uint32 // device: index of names; via: index + 1, 0 = none
	name        string
	mode        byte
	at, step    int64 // Unix milliseconds
	span        int64 // seconds
	whole       int64
	bits        uint64
}

// seriesKey tells the series of a block apart.
type seriesKey struct{ device, via, name string }

// Check says what is wrong with a sample that cannot be sent: its names, time or span.
func Check(s *connector.Sample) error {
	switch {
	case s.Device == "" || s.Name == "" || len(s.Device) > MaxName || len(s.Via) > MaxName || len(s.Name) > MaxName:
		return fmt.Errorf("%w: device, sender and value must have names of 1 to %d bytes", ErrLimit, MaxName)
	case s.At.UnixMilli() < 0 || s.At.UnixMilli() >= lastTime:
		return fmt.Errorf("%w: time %s", ErrLimit, s.At)
	case s.Span < 0 || s.Span%time.Second != 0 || s.Span/time.Second > math.MaxInt32:
		return fmt.Errorf("%w: span %s is not of whole seconds", ErrLimit, s.Span)
	}
	return nil
}

// AppendBlock writes samples as columns: names once, then number of the series, time,
// span and value of each sample as differences within its series. Times are cut to
// milliseconds. Every sample must pass Check.
func AppendBlock(dst []byte, samples []connector.Sample) ([]byte, error) {
	if len(samples) > MaxSamples {
		return dst, fmt.Errorf("%w: %d samples, at most %d", ErrLimit, len(samples), MaxSamples)
	}
	w := writer{refs: make([]uint32, len(samples)), index: make(map[seriesKey]uint32), names: make(map[string]uint32)}
	for i := range samples {
		if err := Check(&samples[i]); err != nil {
			return dst, err
		}
		w.refs[i] = w.ref(&samples[i])
	}
	w.chooseModes(samples)
	begun := len(dst)
	dst = w.appendNames(append(dst, blockVersion), len(samples))
	dst = w.appendColumns(dst, samples)
	if n := len(dst) - begun; n > MaxBlock {
		return dst[:begun], fmt.Errorf("%w: a block of %d bytes, at most %d", ErrLimit, n, MaxBlock)
	}
	return dst, nil
}

// writer gathers the names of a block.
type writer struct {
	refs    []uint32
	series  []series
	index   map[seriesKey]uint32
	names   map[string]uint32
	ordered []string
}

func (w *writer) name(s string) uint32 {
	i, known := w.names[s]
	if !known {
		i = uint32(len(w.ordered))
		w.names[s] = i
		w.ordered = append(w.ordered, s)
	}
	return i
}

func (w *writer) ref(s *connector.Sample) uint32 {
	key := seriesKey{s.Device, s.Via, s.Name}
	i, known := w.index[key]
	if !known {
		i = uint32(len(w.series))
		w.index[key] = i
		x := series{device: w.name(s.Device), name: s.Name}
		if s.Via != "" {
			x.via = w.name(s.Via) + 1
		}
		w.series = append(w.series, x)
	}
	return i
}

// chooseModes finds the shortest way that gives every value of a series back exactly.
func (w *writer) chooseModes(samples []connector.Sample) {
	for i := range samples {
		s := &w.series[w.refs[i]]
		for s.mode <= mostDigits && !isDecimal(samples[i].Value, s.mode) {
			s.mode++
		}
	}
	doubles := make([]bool, len(w.series))
	for i := range samples {
		v := samples[i].Value
		if r := w.refs[i]; math.Float64bits(float64(float32(v))) != math.Float64bits(v) {
			doubles[r] = true
		}
	}
	for i := range w.series {
		switch s := &w.series[i]; {
		case s.mode <= mostDigits:
		case doubles[i]:
			s.mode = plainDouble
		default:
			s.mode = plainFloat
		}
	}
}

// isDecimal says whether v is a whole number over 10^digits, to the last bit.
func isDecimal(v float64, digits byte) bool {
	m := math.RoundToEven(v * powers[digits])
	return math.Abs(m) < maxExact && math.Float64bits(float64(int64(m))/powers[digits]) == math.Float64bits(v)
}

func (w *writer) appendNames(dst []byte, samples int) []byte {
	dst = binary.AppendUvarint(dst, uint64(samples))
	dst = binary.AppendUvarint(dst, uint64(len(w.ordered)))
	for _, s := range w.ordered {
		dst = append(binary.AppendUvarint(dst, uint64(len(s))), s...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(w.series)))
	for i := range w.series {
		s := &w.series[i]
		dst = binary.AppendUvarint(dst, uint64(s.device))
		dst = binary.AppendUvarint(dst, uint64(s.via))
		dst = append(binary.AppendUvarint(dst, uint64(len(s.name))), s.name...)
		dst = append(dst, s.mode)
	}
	return dst
}

func (w *writer) appendColumns(dst []byte, samples []connector.Sample) []byte {
	next := int64(0)
	for _, r := range w.refs {
		dst = binary.AppendVarint(dst, int64(r)-next)
		next = int64(r) + 1
	}
	for i := range samples {
		s, at := &w.series[w.refs[i]], samples[i].At.UnixMilli()
		dst = binary.AppendVarint(dst, at-s.at-s.step)
		s.at, s.step = at, at-s.at
	}
	for i := range samples {
		s, span := &w.series[w.refs[i]], int64(samples[i].Span/time.Second)
		dst = binary.AppendVarint(dst, span-s.span)
		s.span = span
	}
	for i := range samples {
		dst = w.series[w.refs[i]].appendValue(dst, samples[i].Value)
	}
	return dst
}

func (s *series) appendValue(dst []byte, v float64) []byte {
	switch s.mode {
	case plainDouble:
		bits := math.Float64bits(v)
		dst = binary.LittleEndian.AppendUint64(dst, bits^s.bits)
		s.bits = bits
	case plainFloat:
		bits := uint64(math.Float32bits(float32(v)))
		dst = binary.AppendUvarint(dst, bits^s.bits)
		s.bits = bits
	default:
		m := int64(math.RoundToEven(v * powers[s.mode]))
		dst = binary.AppendVarint(dst, m-s.whole)
		s.whole = m
	}
	return dst
}

// ParseBlock reads what AppendBlock wrote. Times are UTC. It gives ErrFormat or
// ErrLimit for anything else, and takes no more memory than its limits allow.
func ParseBlock(data []byte) ([]connector.Sample, error) {
	r := reader{data: data}
	if len(data) > MaxBlock {
		return nil, fmt.Errorf("%w: a block of %d bytes, at most %d", ErrLimit, len(data), MaxBlock)
	}
	if len(data) == 0 || data[0] != blockVersion {
		return nil, fmt.Errorf("%w: a block begins with its version, %d", ErrFormat, blockVersion)
	}
	r.data = data[1:]
	n := r.count(MaxSamples)
	if r.fault == nil && n > len(r.data)/leastSample {
		return nil, fmt.Errorf("%w: %d samples cannot be in %d bytes", ErrFormat, n, len(data))
	}
	names := r.names(n)
	list := r.seriesList(n, names)
	samples := make([]connector.Sample, n)
	r.columns(samples, list, names)
	if r.fault == nil && len(r.data) > 0 {
		r.fail("%d bytes too many", len(r.data))
	}
	if r.fault != nil {
		return nil, r.fault
	}
	return samples, nil
}

// reader takes a block apart; after its first fault it gives zeros.
type reader struct {
	data  []byte
	fault error
}

func (r *reader) fail(format string, args ...any) {
	if r.fault == nil {
		r.fault = fmt.Errorf("%w: "+format, append([]any{ErrFormat}, args...)...)
	}
	r.data = nil
}

func (r *reader) unsigned() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.fail("a number is cut or too long")
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *reader) signed() int64 {
	v, n := binary.Varint(r.data)
	if n <= 0 {
		r.fail("a number is cut or too long")
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.data) {
		r.fail("%d bytes wanted where %d are left", n, len(r.data))
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) count(limit int) int {
	n := r.unsigned()
	if n > uint64(limit) {
		r.fail("%d where at most %d are allowed", n, limit)
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	s := string(r.bytes(r.count(MaxName)))
	if s == "" {
		r.fail("an empty name")
	}
	return s
}

// names reads the names of devices: a sample names two at most.
func (r *reader) names(samples int) []string {
	n := r.count(2 * samples)
	list := make([]string, 0, min(n, len(r.data)))
	for range n {
		list = append(list, r.text())
		if r.fault != nil {
			return nil
		}
	}
	return list
}

func (r *reader) seriesList(samples int, names []string) []series {
	n := r.count(samples)
	list := make([]series, 0, min(n, len(r.data)))
	for range n {
		s := series{device: uint32(r.count(len(names))), via: uint32(r.count(len(names))), name: r.text()}
		if b := r.bytes(1); len(b) == 1 {
			s.mode = b[0]
		}
		if s.mode > mostDigits && s.mode < plainFloat {
			r.fail("mode %d of a series", s.mode)
		}
		if int(s.device) >= len(names) {
			r.fail("a series of no device")
		}
		if r.fault != nil {
			return nil
		}
		list = append(list, s)
	}
	return list
}

func (r *reader) columns(samples []connector.Sample, list []series, names []string) {
	refs := make([]uint32, len(samples))
	next := int64(0)
	for i := range refs {
		ref := next + r.signed()
		if ref < 0 || ref >= int64(len(list)) {
			r.fail("a sample of no series")
		}
		if r.fault != nil {
			return
		}
		refs[i], next = uint32(ref), ref+1
		s := &list[ref]
		samples[i].Device, samples[i].Name = names[s.device], s.name
		if s.via > 0 {
			samples[i].Via = names[s.via-1]
		}
	}
	for i, ref := range refs {
		s := &list[ref]
		at := s.at + s.step + r.signed()
		if at < 0 || at >= lastTime {
			r.fail("a time beyond the years 1970 to 9999")
		}
		s.at, s.step = at, at-s.at
		samples[i].At = time.UnixMilli(at).UTC()
	}
	for i, ref := range refs {
		s := &list[ref]
		s.span += r.signed()
		if s.span < 0 || s.span > math.MaxInt32 {
			r.fail("a span beyond its range")
		}
		samples[i].Span = time.Duration(s.span) * time.Second
	}
	for i, ref := range refs {
		samples[i].Value = r.value(&list[ref])
	}
}

func (r *reader) value(s *series) float64 {
	switch s.mode {
	case plainDouble:
		if b := r.bytes(8); b != nil {
			s.bits ^= binary.LittleEndian.Uint64(b)
		}
		return math.Float64frombits(s.bits)
	case plainFloat:
		s.bits ^= r.unsigned()
		if s.bits > math.MaxUint32 {
			r.fail("a float of more than 32 bits")
		}
		return float64(math.Float32frombits(uint32(s.bits)))
	}
	s.whole += r.signed()
	if s.whole <= -maxExact || s.whole >= maxExact {
		r.fail("a whole number beyond 2^53")
	}
	return float64(s.whole) / powers[s.mode]
}
