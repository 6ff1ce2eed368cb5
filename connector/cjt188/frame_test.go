package cjt188

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/connector"
)

func raw(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Frames of public articles; the numbers are those of README.md. The check bytes of two
// answers of sources 1 and 3 are misprinted there and are computed here.
const (
	askWater1 = "68 10 44 33 22 11 00 33 78 01 03 1F 90 00 80 16"                                                                         // 1
	gotWater1 = "68 10 44 33 22 11 00 33 78 81 16 1F 90 00 00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 21 84 13 16"                // 1
	askWater2 = "68 10 18 02 12 20 20 00 00 01 03 90 1F 00 97 16"                                                                         // 2
	gotWater2 = "68 10 18 02 12 20 20 00 00 81 16 90 1F 00 00 02 00 00 2C 00 02 00 00 2C 00 00 00 00 00 00 00 00 FF 85 16"                // 2
	askNumber = "68 AA AA AA AA AA AA AA AA 03 03 81 0A 00 49 16"                                                                         // 2
	gotNumber = "68 10 18 02 12 20 20 00 00 83 03 81 0A 00 F5 16"                                                                         // 2
	askHeat   = "68 20 44 33 22 11 00 33 78 01 03 1F 90 01 91 16"                                                                         // 3
	gotHeat   = "68 20 44 33 22 11 00 33 78 81 2E 1F 90 01 78 56 34 12 05 78 56 34 12 05 78 56 34 12 17 78 56 34 12 35 78 56 34 12 2C " + // 3
		"56 34 12 56 34 12 56 34 12 20 14 03 18 12 56 59 00 00 06 16"
	gotHeat4 = "68 20 32 41 31 40 00 00 00 81 2E 90 1F 01 08 02 00 00 00 08 02 00 00 00 17 00 00 00 00 35 00 00 00 00 2C 34 10 00 00 " + // 4
		"35 25 00 66 25 00 00 00 00 53 00 12 10 07 15 20 00 00 31 16"
)

func TestEncode(t *testing.T) {
	is := func(f Frame, want string) {
		t.Helper()
		got, err := f.Encode(2)
		if err != nil || !bytes.Equal(got, append([]byte{0xFE, 0xFE}, raw(t, want)...)) {
			t.Errorf("% X, %v; want %s", got, err, want)
		}
	}
	is(Frame{0x10, "78330011223344", readData, []byte{0x1F, 0x90, 0}}, askWater1)
	is(Frame{0x10, "00002020120218", readData, []byte{0x90, 0x1F, 0}}, askWater2)
	is(Frame{0x20, "78330011223344", readData, []byte{0x1F, 0x90, 1}}, askHeat)
	is(Frame{anyType, anyMeter, readAddress, []byte{0x81, 0x0A, 0}}, askNumber)
	bad := func(f Frame) {
		t.Helper()
		if _, err := f.Encode(0); !errors.Is(err, connector.ErrConfig) {
			t.Errorf("%+v: %v", f, err)
		}
	}
	bad(Frame{Address: "161"})
	bad(Frame{Address: "0000000000016X"})
	bad(Frame{Address: anyMeter, Data: make([]byte, 101)})
}

func frames(stream []byte) (list []Frame, damaged int, err error) {
	r := bufio.NewReaderSize(bytes.NewReader(stream), 512)
	for {
		f, err := Next(r, func() { damaged++ })
		if err != nil {
			return list, damaged, err
		}
		list = append(list, f)
	}
}

func TestNext(t *testing.T) {
	good := raw(t, gotWater1)
	finds := func(name string, want, wrong int, parts ...[]byte) {
		t.Helper()
		got, damaged, err := frames(bytes.Join(parts, nil))
		if len(got) != want || damaged != wrong || err != io.EOF {
			t.Errorf("%s: %d frames, %d damaged, %v", name, len(got), damaged, err)
		}
	}
	flip := bytes.Clone(good)
	flip[15] ^= 1
	finds("two kinds", 2, 0, good, raw(t, gotHeat))
	finds("preamble", 1, 0, []byte{0xFE, 0xFE, 0xFE, 0xFE}, good)
	finds("garbage", 1, 0, []byte{0x00, 0x68, 0xFF, 0x16, 0x68}, good)
	finds("wrong check byte", 1, 1, flip, good)
	finds("as printed in the article", 0, 1, good[:len(good)-2], []byte{0x08, 0x16})
	finds("wrong end", 0, 1, good[:len(good)-1], []byte{0x17})
	finds("cut, then whole", 1, 1, good[:20], good)
	finds("cut at the end", 1, 0, good, good[:20])
	finds("cut in the head", 1, 0, good, good[:7])
	finds("a long claim that never comes", 1, 0, raw(t, "68 10 44 33 22 11 00 33 78 81 64"), good)
	finds("too long", 0, 0, raw(t, "68 10 44 33 22 11 00 33 78 81 65"))
	finds("no such type", 0, 0, raw(t, "68 50 44 33 22 11 00 33 78 81 00 F6 16"))
}

func formOf(t testing.TB, kind byte, options ...string) form {
	t.Helper()
	f := form{kind: kind, decimals: -1}
	o := map[string]string{}
	for i := 0; i < len(options); i += 2 {
		o[options[i]] = options[i+1]
	}
	if err := f.options(o); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPayload(t *testing.T) {
	is := func(text, clock, want string, options ...string) {
		t.Helper()
		list, _, _ := frames(raw(t, text))
		if len(list) != 1 {
			t.Fatalf("%d frames", len(list))
		}
		names, values, at, err := formOf(t, list[0].Type, options...).values(list[0].Data[3:])
		var got []string
		for i, n := range names {
			got = append(got, fmt.Sprintf("%s=%g", n, values[i]))
		}
		read := ""
		if !at.IsZero() {
			read = at.Format("2006-01-02 15:04:05")
		}
		if err != nil || strings.Join(got, " ") != want || read != clock {
			t.Errorf("%q at %q, %v; want %q at %q", strings.Join(got, " "), read, err, want, clock)
		}
	}
	is(gotWater1, "2015-05-11 22:01:31", "volume=556677")
	is(gotWater1, "2015-05-11 22:01:31", "volume=556677 volume.settled=556677", "read", "settled,volume")
	is(gotWater2, "", "volume=2")
	is(gotHeat, "", "heat.kwh=123456.78 power=123456.78 volume=123456.78 temperature.supply=1234.56 temperature.return=1234.56 hours=123456")
	is(gotHeat, "", "flow=12345.678", "read", "flow", "flow_decimals", "3")
	is(gotHeat4, "2015-07-10 12:00:53", "heat.kwh=20 power=0 volume=10.34 temperature.supply=25.35 temperature.return=25.66 hours=0", "unit", "first")
	is(gotHeat4, "2015-07-10 12:00:53", "heat.settled.kwh=20 flow=0", "unit", "first", "read", "flow,settled", "flow_decimals", "2")
}

func TestUnits(t *testing.T) {
	water := raw(t, "00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 21 84")
	heat := func(code byte) []byte {
		list, _, _ := frames(raw(t, gotHeat))
		b := bytes.Clone(list[0].Data[3:])
		b[9] = code
		return b
	}
	is := func(code byte, want string, options ...string) {
		t.Helper()
		names, values, _, err := formOf(t, 0x20, append(options, "read", "heat")...).values(heat(code))
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprintf("%s=%g", names[0], values[0])
		}
		if !strings.Contains(got, want) || err != nil && !errors.Is(err, connector.ErrProtocol) {
			t.Errorf("unit %02X: %s, want %s", code, got, want)
		}
	}
	is(0x05, "heat.kwh=123456.78")
	is(0x08, "heat.kwh=1.2345678e+08")
	is(0x11, "to be confirmed")
	is(0x11, "heat.gj=123456.78", "units", "all")
	is(0x0E, "heat.gj=123.45678", "units", "all")
	is(0x02, "heat.kwh=123.45678", "units", "all")
	is(0x2C, "none of kWh")
	is(0xFF, "none of kWh", "units", "all")
	for _, n := range []int{0, 18, 20, 43} {
		if _, _, _, err := formOf(t, 0x10).values(append(water, make([]byte, 30)...)[:n]); !errors.Is(err, connector.ErrProtocol) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	water[2] = 0xFF
	if _, _, _, err := formOf(t, 0x10).values(water); !errors.Is(err, connector.ErrProtocol) {
		t.Errorf("no digits: %v", err)
	}
	names, _, _, err := formOf(t, 0x21, "read", "heat").values(heat(0x05))
	if err != nil || names[0] != "cold.kwh" {
		t.Errorf("a meter of cold: %v, %v", names, err)
	}
}

func TestConfig(t *testing.T) {
	bad := func(change func(*connector.Device)) {
		t.Helper()
		x := meterAt("m1", "127.0.0.1:1", "10", "1")
		change(&x)
		if _, err := New().Read(t.Context(), x); !errors.Is(err, connector.ErrConfig) {
			t.Errorf("%+v: %v", x, err)
		}
	}
	set := func(option, value string) {
		t.Helper()
		bad(func(x *connector.Device) { x.Options[option] = value })
	}
	bad(func(x *connector.Device) { x.Address = "" })
	set("meter", "")
	set("meter", "12X")
	set("meter", "123456789012345")
	set("type", "")
	set("type", "22") // heat and cold: its payload is not known
	set("type", "40")
	set("read", "energy")
	set("read", "flow")
	set("flow_decimals", "x")
	set("order", "both")
	set("unit", "none")
	set("units", "some")
	set("zone", "Nowhere/At-all")
	set("timeout", "1h")
	set("preamble", "99")
}

// What is encoded is found again, in any stream without a start byte around it.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Frame{
			Type:    rapid.ByteRange(0x10, 0x49).Draw(t, "type"),
			Address: rapid.StringMatching(`[0-9]{14}`).Draw(t, "address"),
			Control: rapid.Byte().Draw(t, "control"),
			Data:    rapid.SliceOfN(rapid.Byte(), 0, maxData).Draw(t, "data"),
		}
		b, err := f.Encode(rapid.IntRange(0, 4).Draw(t, "preamble"))
		if err != nil {
			t.Fatal(err)
		}
		around := rapid.SliceOfN(rapid.ByteRange(0x69, 0xFF), 0, 20)
		got, damaged, err := frames(bytes.Join([][]byte{around.Draw(t, "before"), b, around.Draw(t, "after")}, nil))
		if len(got) != 1 || damaged != 0 || err != io.EOF || got[0].Type != f.Type || got[0].Address != f.Address || got[0].Control != f.Control || !bytes.Equal(got[0].Data, f.Data) {
			t.Fatalf("%+v came back as %+v, %v", f, got, err)
		}
	})
}

func FuzzNext(f *testing.F) {
	for _, text := range []string{gotWater1, gotWater2, gotHeat + "68", "68 " + gotNumber, gotHeat4} {
		f.Add(raw(f, text))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		list, _, err := frames(stream)
		if err != io.EOF {
			t.Fatal(err)
		}
		for _, x := range list {
			b, err := x.Encode(0)
			if err != nil || !bytes.Contains(stream, b) {
				t.Fatalf("%+v was not sent: % X, %v", x, b, err)
			}
		}
	})
}

func FuzzPayload(f *testing.F) {
	for _, text := range []string{gotWater1, gotWater2, gotHeat, gotHeat4} {
		list, _, _ := frames(raw(f, text))
		f.Add(list[0].Type, false, list[0].Data[3:])
		f.Add(list[0].Type, true, list[0].Data[3:])
	}
	f.Fuzz(func(t *testing.T, kind byte, first bool, data []byte) {
		o := form{kind: kind, unitFirst: first, allUnits: true, decimals: 2, zone: time.UTC,
			read: map[string]bool{"volume": true, "settled": true, "heat": true, "power": true, "flow": true, "temperature": true, "hours": true}}
		names, values, _, err := o.values(data)
		if err != nil && !errors.Is(err, connector.ErrProtocol) {
			t.Fatal(err)
		}
		if len(names) != len(values) || err == nil && len(data) < 9 {
			t.Fatalf("%q, %v", names, values)
		}
		for _, v := range values {
			if math.IsNaN(v) || v < 0 || v >= 1e9 {
				t.Fatalf("% X is %v", data, v)
			}
		}
	})
}
