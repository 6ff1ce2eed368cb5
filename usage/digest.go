package usage

import (
	"crypto/sha256"
	"encoding/binary"
	"math"

	"lingtan/meter"
)

// readingBytes is the length of one reading in canonical form.
const readingBytes = 20

// CanonicalReadings is the byte form that a day's digest is made of: for each
// reading with start of day < At ≤ end of day, in time order, 20 bytes big-endian:
// At as int64 (Unix milliseconds), Span as int32 (seconds), Value as IEEE 754
// binary64 (negative zero as zero).
func CanonicalReadings(dst []byte, t meter.Track) []byte {
	for i := range t.Len() {
		dst = binary.BigEndian.AppendUint64(dst, uint64(t.At[i]))
		dst = binary.BigEndian.AppendUint32(dst, uint32(t.Span[i]))
		v := t.Value[i]
		if v == 0 {
			v = 0 // −0 and 0 are one value
		}
		dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(v))
	}
	return dst
}

// ReadingDigest is the SHA-256 of CanonicalReadings.
func ReadingDigest(t meter.Track) [32]byte {
	return sha256.Sum256(CanonicalReadings(make([]byte, 0, t.Len()*readingBytes), t))
}

// digest is ReadingDigest with the window's own memory.
func (w *window) digest(t meter.Track) [32]byte {
	w.buf = CanonicalReadings(w.buf[:0], t)
	return sha256.Sum256(w.buf)
}

// contentDigest is the SHA-256 of a day's block without its revision: two days of
// one digest say the same.
func contentDigest(d Day) [32]byte {
	d.Revision = 0
	return sha256.Sum256(Block(make([]byte, 0, 64+len(d.Key)+10*len(d.Amount)), d))
}
