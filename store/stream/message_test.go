package stream

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lingtan/meter"
	"lingtan/store/series"
	"lingtan/usage"
)

// sampleArrivals are one of every kind.
func sampleArrivals() []*series.Arrival {
	b := &meter.Batch{Keys: []string{"a.kwh", "b.kw"}}
	b.Append(0, 1772366400000, 900, 1.5)
	b.Append(1, 1772366400000, 0, -3)
	b.Append(0, 1772365500000, 900, 1.25)
	return []*series.Arrival{
		{Park: "p", Batch: b, Marks: []meter.Mark{{Name: "import/x", Value: []byte{1, 2}}, {Name: "y", Value: []byte{}}}},
		{Park: "p", Batch: &meter.Batch{Keys: []string{}, Ref: []uint32{}, At: []int64{}, Span: []int32{}, Value: []float64{}}},
		{Park: "园区", Edit: &usage.Edit{Key: "a.kwh", From: 0, To: 900000, Amount: 2, Who: "li", Reason: "misread"}},
		{},
	}
}

func TestMessageComesBack(t *testing.T) {
	for _, a := range sampleArrivals() {
		got, err := decode(encode(a))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, a) {
			t.Errorf("got %+v, want %+v", got, a)
		}
	}
}

func anyBatch(t *rapid.T) *meter.Batch {
	b := &meter.Batch{Keys: rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,20}`), 1, 5).Draw(t, "keys")}
	n := rapid.IntRange(0, 200).Draw(t, "rows")
	for range n {
		b.Append(uint32(rapid.IntRange(0, len(b.Keys)-1).Draw(t, "ref")), rapid.Int64Range(-62135596800000, 253402300799999).Draw(t, "at"),
			rapid.Int32Range(0, math.MaxInt32).Draw(t, "span"), rapid.Float64().Draw(t, "value"))
	}
	return b
}

// listed is the rows of batches, one after the other, with their registers' names.
func listed(batches ...*meter.Batch) []any {
	var out []any
	for _, b := range batches {
		for i := range b.At {
			out = append(out, [4]any{b.Keys[b.Ref[i]], b.At[i], b.Span[i], b.Value[i]})
		}
	}
	return out
}

// longestRow is enough for the longest message of one row that anyBatch can make: five
// names of 20 letters and their lengths, a row of at most 10+5+1+8 bytes, the marks, the
// park and the frame.
const longestRow = 5*21 + 24 + 40

func TestPartsAreTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &series.Arrival{Park: "p", Batch: anyBatch(t), Marks: []meter.Mark{{Name: "m", Value: []byte("v")}}}
		limit := rapid.IntRange(longestRow, 4000).Draw(t, "limit")
		messages, err := parts(a, limit)
		if err != nil {
			t.Fatal(err)
		}
		var batches []*meter.Batch
		for i, m := range messages {
			got, err := decode(m)
			if err != nil {
				t.Fatal(err)
			}
			if len(m) > limit {
				t.Fatalf("a part of %d bytes, limit %d", len(m), limit)
			}
			if (len(got.Marks) > 0) != (i == len(messages)-1) {
				t.Fatalf("marks %v with part %d of %d", got.Marks, i, len(messages))
			}
			batches = append(batches, got.Batch)
		}
		if !reflect.DeepEqual(listed(batches...), listed(a.Batch)) {
			t.Fatalf("%d parts are not the batch", len(messages))
		}
	})
}

func TestOneRowTooLarge(t *testing.T) {
	b := &meter.Batch{Keys: []string{strings.Repeat("k", 500)}}
	b.Append(0, 0, 0, 1)
	if _, err := parts(&series.Arrival{Park: "p", Batch: b}, 400); !errors.Is(err, series.ErrInput) {
		t.Errorf("got %v", err)
	}
}

func refusedMessage(t *testing.T, message []byte) {
	t.Helper()
	if a, err := decode(message); !errors.Is(err, errMessage) {
		t.Errorf("decoded %+v, %v", a, err)
	}
}

func TestDamagedMessages(t *testing.T) {
	whole := encode(sampleArrivals()[0])
	for n := range whole {
		refusedMessage(t, whole[:n])
		flipped := append([]byte{}, whole...)
		flipped[n] ^= 0x10
		refusedMessage(t, flipped)
	}
	refusedMessage(t, sealed([]byte{9, 0, 0}))
	refusedMessage(t, sealed([]byte{kindBarrier, 0, 0, 7}))
	refusedMessage(t, sealed([]byte{kindReadings, 0, 0xff, 0xff, 0xff, 0xff, 0x0f}))
}

func FuzzDecode(f *testing.F) {
	for _, a := range sampleArrivals() {
		m := encode(a)
		f.Add(m[:len(m)-4])
	}
	f.Add([]byte{kindReadings, 0, 1, 0, 1, 2})
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := decode(sealed(body))
		if err != nil {
			if !errors.Is(err, errMessage) {
				t.Fatal(err)
			}
			return
		}
		again := encode(a)
		b, err := decode(again)
		if err != nil || string(encode(b)) != string(again) {
			t.Fatalf("%+v becomes %+v, %v", a, b, err)
		}
	})
}

// sealed gives a body its checksum, so that what is behind it is tried too.
func sealed(body []byte) []byte {
	return binary.LittleEndian.AppendUint32(append([]byte{}, body...), crc32.Checksum(body, castagnoli))
}
