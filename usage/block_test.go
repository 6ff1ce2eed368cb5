package usage

import (
	"bytes"
	"reflect"
	"testing"

	"lingtan/meter"
)

func FuzzParseBlock(f *testing.F) {
	f.Add(Block(nil, Day{Key: "a.kwh", Day: 17532, Revision: 2, Amount: []float64{1, 2.5, 0}, Readings: 3}))
	f.Add(Block(nil, Day{Key: "b", Day: -5, Amount: []float64{1, 0}, Quality: []meter.Quality{meter.Measured, meter.Missing}, Coverage: []uint8{100, 0}}))
	f.Add([]byte("LTU1\x00\x05ab"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, rest, err := ParseBlock(data)
		if err != nil {
			return
		}
		again := Block(nil, d)
		if !bytes.Equal(again, data[:len(data)-len(rest)]) {
			t.Fatalf("block %x written again is %x", data, again)
		}
		back, _, err := ParseBlock(again)
		if err != nil || !reflect.DeepEqual(back, d) {
			t.Fatalf("%+v read again is %+v (%v)", d, back, err)
		}
	})
}
