package usage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"lingtan/meter"
	"lingtan/period"
)

// ErrBlock marks bytes that are no usage block.
var ErrBlock = errors.New("usage: block")

const blockMagic = "LTU1"

// Block is the canonical byte form of a settled day, the leaf of the evidence tree:
//
//	"LTU1", key length uint16, key, day int32, revision uint16, intervals uint16,
//	amounts binary64 each, qualities uint8 each, coverages uint8 each,
//	readings uint32, digest 32 bytes
//
// all big-endian. RecordedAt is not part of it: it is when we knew, not what was.
func Block(dst []byte, d Day) []byte {
	be := binary.BigEndian
	dst = append(dst, blockMagic...)
	dst = be.AppendUint16(dst, uint16(len(d.Key)))
	dst = append(dst, d.Key...)
	dst = be.AppendUint32(dst, uint32(d.Day))
	dst = be.AppendUint16(dst, d.Revision)
	dst = be.AppendUint16(dst, uint16(len(d.Amount)))
	for _, a := range d.Amount {
		dst = be.AppendUint64(dst, math.Float64bits(a))
	}
	for i := range d.Amount {
		dst = append(dst, byte(d.At(i)))
	}
	for i := range d.Amount {
		c := uint8(100)
		if d.Coverage != nil {
			c = d.Coverage[i]
		}
		dst = append(dst, c)
	}
	dst = be.AppendUint32(dst, d.Readings)
	return append(dst, d.Digest[:]...)
}

// ParseBlock reads one block from the front of data and returns what follows it.
func ParseBlock(data []byte) (Day, []byte, error) {
	var d Day
	be := binary.BigEndian
	if len(data) < 6 || string(data[:4]) != blockMagic {
		return d, data, fmt.Errorf("%w: it does not begin with %s", ErrBlock, blockMagic)
	}
	k := int(be.Uint16(data[4:]))
	if len(data) < 6+k+8 {
		return d, data, fmt.Errorf("%w: cut off in its head", ErrBlock)
	}
	d.Key = string(data[6 : 6+k])
	rest := data[6+k:]
	d.Day = period.Day(int32(be.Uint32(rest)))
	d.Revision = be.Uint16(rest[4:])
	n := int(be.Uint16(rest[6:]))
	rest = rest[8:]
	if len(rest) < 10*n+36 {
		return d, data, fmt.Errorf("%w of %s on %s: cut off after %d bytes", ErrBlock, d.Key, d.Day, len(data))
	}
	d.Amount = make([]float64, n)
	for i := range d.Amount {
		d.Amount[i] = math.Float64frombits(be.Uint64(rest[8*i:]))
		if math.IsNaN(d.Amount[i]) || math.IsInf(d.Amount[i], 0) {
			return d, data, fmt.Errorf("%w of %s on %s: interval %d is not a number", ErrBlock, d.Key, d.Day, i)
		}
	}
	d.Quality = columnOf(rest[8*n:9*n], meter.Measured)
	d.Coverage = columnOf(rest[9*n:10*n], uint8(100))
	d.Readings = be.Uint32(rest[10*n:])
	copy(d.Digest[:], rest[10*n+4:])
	return d, rest[10*n+36:], nil
}

// columnOf copies a byte column, nil where every byte is the usual one.
func columnOf[T ~uint8](b []byte, usual T) []T {
	same := true
	out := make([]T, len(b))
	for i, x := range b {
		out[i] = T(x)
		same = same && T(x) == usual
	}
	if same {
		return nil
	}
	return out
}
