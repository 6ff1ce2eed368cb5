package profile

import (
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDecode(t *testing.T) {
	is := func(m Modbus, wire string, want float64) {
		t.Helper()
		b, err := hex.DecodeString(strings.ReplaceAll(wire, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.Decode(b); err != nil || math.Abs(got-want) > 1e-12*math.Max(1, math.Abs(want)) {
			t.Errorf("%+v of %s = %v, %v; want %v", m, wire, got, err, want)
		}
	}
	none := func(m Modbus, wire string) {
		t.Helper()
		b, err := hex.DecodeString(strings.ReplaceAll(wire, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.Decode(b); !errors.Is(err, ErrNoValue) {
			t.Errorf("%+v of %s = %v, %v; want no value", m, wire, got, err)
		}
	}
	is(Modbus{Type: "uint16"}, "FF85", 65413)
	is(Modbus{Type: "int16"}, "FF85", -123)
	is(Modbus{Type: "int16", Scale: 0.1}, "FF85", -12.3)
	is(Modbus{Type: "int16", Scale: 0.1, Offset: 40}, "FF85", 27.7)
	is(Modbus{Type: "uint32"}, "0001 0002", 65538)
	is(Modbus{Type: "uint32", Order: "CDAB"}, "0001 0002", 131073)
	is(Modbus{Type: "uint32", Order: "BADC"}, "0001 0002", 0x01000200)
	is(Modbus{Type: "uint32", Order: "DCBA"}, "0001 0002", 0x02000100)
	is(Modbus{Type: "int32"}, "FFFF FFFE", -2)
	is(Modbus{Type: "int64"}, "FFFF FFFF FFFF FFFE", -2)
	is(Modbus{Type: "uint64", Order: "CDAB"}, "0004 0003 0002 0001", 0x0001000200030004)
	is(Modbus{Type: "float32"}, "4148 0000", 12.5)
	is(Modbus{Type: "float32", Order: "CDAB"}, "806B 4212", float64(math.Float32frombits(0x4212806B)))
	is(Modbus{Type: "float64"}, "4029 0000 0000 0000", 12.5)
	is(Modbus{Type: "bcd16"}, "1234", 1234)
	is(Modbus{Type: "bcd32"}, "0012 3456", 123456)
	is(Modbus{Type: "bit", Bit: 3}, "0008", 1)
	is(Modbus{Type: "bit", Bit: 2}, "0008", 0)
	is(Modbus{Function: "coil", Type: "bit"}, "0001", 1)
	none(Modbus{Type: "bcd16"}, "12A4")
	none(Modbus{Type: "float32"}, "7FC0 0000")
	none(Modbus{Type: "float32"}, "7F80 0000")
	none(Modbus{Type: "float64", Scale: 1e300}, "7FE0 0000 0000 0000")
	none(Modbus{Type: "int16", Invalid: []string{"0x8000"}}, "8000")
	none(Modbus{Type: "uint32", Order: "CDAB", Invalid: []string{"5", "0xFFFF0000"}}, "0000 FFFF")
	none(Modbus{Type: "uint32"}, "0001")
	none(Modbus{Type: "nonsense"}, "0001")
}

func TestEncodeRefusesWhatDoesNotFit(t *testing.T) {
	no := func(m Modbus, value float64) {
		t.Helper()
		if b, err := m.Encode(value); !errors.Is(err, ErrValue) {
			t.Errorf("%+v: Encode(%v) = %X, %v", m, value, b, err)
		}
	}
	no(Modbus{Type: "uint16"}, -1)
	no(Modbus{Type: "uint16"}, 65536)
	no(Modbus{Type: "int16", Scale: 0.1}, 3276.8)
	no(Modbus{Type: "bcd16"}, 10000)
	no(Modbus{Type: "float32"}, 1e39)
	no(Modbus{Type: "uint64"}, 1e17)
	no(Modbus{Type: "float64"}, math.NaN())
	no(Modbus{Type: "bit", Function: "holding"}, 1)
	no(Modbus{Type: "bit", Function: "coil"}, 2)
}

// What is written is read back, to half a step of the register.
func TestEncodeDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Modbus{
			Function: "holding",
			Type:     rapid.SampledFrom([]string{"uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64", "bcd16", "bcd32", "bcd64"}).Draw(t, "type"),
			Order:    rapid.SampledFrom(orders).Draw(t, "order"),
			Scale:    rapid.SampledFrom([]float64{0, 1, 0.1, 0.001, 10}).Draw(t, "scale"),
			Offset:   rapid.SampledFrom([]float64{0, -40, 273.15}).Draw(t, "offset"),
		}
		raw := rapid.Float64Range(0, 9999).Draw(t, "raw")
		value := raw*m.scale() + m.Offset
		wire, err := m.Encode(value)
		if err != nil {
			t.Fatal(err)
		}
		back, err := m.Decode(wire)
		if err != nil {
			t.Fatal(err)
		}
		step := 0.5*m.scale() + 1e-6*math.Abs(value) + 1e-9
		if math.Abs(back-value) > step {
			t.Fatalf("%+v: %v was read back as %v", m, value, back)
		}
	})
}
