package stream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"lingtan/meter"
	"lingtan/store/series"
	"lingtan/usage"
)

// A message of the stream, all integers as varints of encoding/binary:
//
//	kind     1 byte: 1 readings, 2 an edit, 3 nothing (a barrier)
//	park     length, bytes
//	readings number of registers; each: length, bytes
//	         number of rows
//	         register of each row, as the difference from the row before
//	         time of each row, Unix milliseconds, as the difference from the row before
//	         spans in runs: number of rows, seconds
//	         values, 8 bytes each, IEEE 754, little-endian
//	edit     register, from, to, 8 bytes of amount, who, reason
//	marks    number; each: name, value
//	check    4 bytes, CRC-32C of all before, little-endian
//
// A change of the form takes new kinds, for nodes of two versions run side by side
// while a cluster is brought up to date.
const (
	kindReadings = 1
	kindEdit     = 2
	kindBarrier  = 3
)

// errMessage marks a message that cannot be read.
var errMessage = errors.New("stream: message")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode writes what the arrival holds but its recorded time, which the stream gives.
func encode(a *series.Arrival) []byte {
	size := 64 + len(a.Park)
	if a.Batch != nil {
		size += 14 * a.Batch.Len()
		for _, k := range a.Batch.Keys {
			size += len(k) + 2
		}
	}
	for _, m := range a.Marks {
		size += len(m.Name) + len(m.Value) + 8
	}
	out := make([]byte, 0, size)
	switch {
	case a.Batch != nil:
		out = appendBatch(appendText(append(out, kindReadings), a.Park), a.Batch)
	case a.Edit != nil:
		out = appendEdit(appendText(append(out, kindEdit), a.Park), a.Edit)
	default:
		out = appendText(append(out, kindBarrier), a.Park)
	}
	out = binary.AppendUvarint(out, uint64(len(a.Marks)))
	for _, m := range a.Marks {
		out = appendText(appendText(out, m.Name), string(m.Value))
	}
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
}

func appendText(out []byte, s string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(s))), s...)
}

func appendBatch(out []byte, b *meter.Batch) []byte {
	out = binary.AppendUvarint(out, uint64(len(b.Keys)))
	for _, k := range b.Keys {
		out = appendText(out, k)
	}
	n := b.Len()
	out = binary.AppendUvarint(out, uint64(n))
	var ref, at int64
	for _, r := range b.Ref {
		out = binary.AppendVarint(out, int64(r)-ref)
		ref = int64(r)
	}
	for _, t := range b.At {
		out = binary.AppendVarint(out, t-at)
		at = t
	}
	for i := 0; i < n; {
		j := i + 1
		for j < n && b.Span[j] == b.Span[i] {
			j++
		}
		out = binary.AppendUvarint(out, uint64(j-i))
		out = binary.AppendUvarint(out, uint64(b.Span[i]))
		i = j
	}
	for _, v := range b.Value {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	return out
}

func appendEdit(out []byte, e *usage.Edit) []byte {
	out = appendText(out, e.Key)
	out = binary.AppendVarint(binary.AppendVarint(out, e.From), e.To)
	out = binary.LittleEndian.AppendUint64(out, math.Float64bits(e.Amount))
	return appendText(appendText(out, e.Who), e.Reason)
}

// decode reads a message. What it allocates is bounded by the message's length. The
// arrival still has to be checked: decode looks at the form alone.
func decode(message []byte) (*series.Arrival, error) {
	if len(message) < 5 || len(message) > maxMessage {
		return nil, fmt.Errorf("%w of %d bytes", errMessage, len(message))
	}
	body := message[:len(message)-4]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(message[len(body):]) {
		return nil, fmt.Errorf("%w: its checksum is wrong", errMessage)
	}
	r := &reader{rest: body[1:]}
	a := &series.Arrival{Park: r.text()}
	switch body[0] {
	case kindReadings:
		a.Batch = r.batch()
	case kindEdit:
		a.Edit = r.edit()
	case kindBarrier:
	default:
		return nil, fmt.Errorf("%w of kind %d, which a newer version wrote; update this node", errMessage, body[0])
	}
	for range r.count(2) {
		a.Marks = append(a.Marks, meter.Mark{Name: r.text(), Value: []byte(r.text())})
	}
	if r.bad || len(r.rest) > 0 {
		return nil, fmt.Errorf("%w: it ends too early or too late", errMessage)
	}
	return a, nil
}

// reader takes a message apart; after the first fault it gives zeros.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) fail() {
	r.bad, r.rest = true, nil
}

func (r *reader) unsigned() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) signed() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count is a number of things that take at least size bytes each.
func (r *reader) count(size int) int {
	n := r.unsigned()
	if n > uint64(len(r.rest)/size) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.count(1)
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

func (r *reader) number() float64 {
	if len(r.rest) < 8 {
		r.fail()
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(r.rest))
	r.rest = r.rest[8:]
	return v
}

func (r *reader) batch() *meter.Batch {
	b := &meter.Batch{Keys: make([]string, r.count(1))}
	for i := range b.Keys {
		b.Keys[i] = r.text()
	}
	n := r.count(10) // a register, a time and a value
	b.Ref, b.At = make([]uint32, n), make([]int64, n)
	b.Span, b.Value = make([]int32, n), make([]float64, n)
	var ref, at int64
	for i := range b.Ref {
		if ref += r.signed(); ref < 0 || ref >= int64(len(b.Keys)) {
			r.fail()
			return b
		}
		b.Ref[i] = uint32(ref)
	}
	for i := range b.At {
		at += r.signed()
		b.At[i] = at
	}
	for i := 0; i < n; {
		run, span := r.unsigned(), r.unsigned()
		if run == 0 || run > uint64(n-i) || span > math.MaxInt32 {
			r.fail()
			return b
		}
		for end := i + int(run); i < end; i++ {
			b.Span[i] = int32(span)
		}
	}
	for i := range b.Value {
		b.Value[i] = r.number()
	}
	return b
}

func (r *reader) edit() *usage.Edit {
	return &usage.Edit{Key: r.text(), From: r.signed(), To: r.signed(), Amount: r.number(), Who: r.text(), Reason: r.text()}
}

// parts is the messages of an arrival: one, unless it is larger than limit. Rows stay
// in their order, and the marks go with the last of them.
func parts(a *series.Arrival, limit int) ([][]byte, error) {
	message := encode(a)
	if len(message) <= limit {
		return [][]byte{message}, nil
	}
	if a.Batch == nil || a.Batch.Len() < 2 {
		return nil, fmt.Errorf("%w: one row with its marks takes %d bytes; at most %d", series.ErrInput, len(message), limit)
	}
	half := a.Batch.Len() / 2
	first, err := parts(&series.Arrival{Park: a.Park, Batch: rows(a.Batch, 0, half)}, limit)
	if err != nil {
		return nil, err
	}
	second, err := parts(&series.Arrival{Park: a.Park, Batch: rows(a.Batch, half, a.Batch.Len()), Marks: a.Marks}, limit)
	return append(first, second...), err
}

// rows is rows [i, j) of b with the registers that they name.
func rows(b *meter.Batch, i, j int) *meter.Batch {
	out := &meter.Batch{At: b.At[i:j], Span: b.Span[i:j], Value: b.Value[i:j], Ref: make([]uint32, j-i)}
	place := make([]uint32, len(b.Keys)) // index into out.Keys + 1
	for n, r := range b.Ref[i:j] {
		if place[r] == 0 {
			out.Keys = append(out.Keys, b.Keys[r])
			place[r] = uint32(len(out.Keys))
		}
		out.Ref[n] = place[r] - 1
	}
	return out
}
