package dlt645

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

// Frames of public articles: hwhale.com/article/138066 and the npm package dlt645.
const (
	askForward = "68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16"
	gotForward = "68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16"
	gotReverse = "68 61 01 00 00 00 00 68 91 08 33 33 35 33 59 34 33 33 8C 16"
	gotReact1  = "68 61 01 00 00 00 00 68 91 08 33 33 36 33 59 33 34 33 8D 16"
	gotReact2  = "68 61 01 00 00 00 00 68 91 08 33 33 37 33 56 33 34 33 8B 16"
	askVoltage = "68 61 01 00 00 00 00 68 11 04 33 34 34 35 17 16"
	gotVoltage = "68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16"
	askCurrent = "68 61 01 00 00 00 00 68 11 04 33 34 35 35 18 16"
	gotBlock   = "68 60 64 02 09 22 04 68 91 0a 33 32 34 35 47 56 33 33 33 33 97 16"
	askExample = "68 01 00 00 00 00 00 68 11 04 33 33 34 33 B3 16"
)

func TestEncode(t *testing.T) {
	is := func(address string, di uint32, want string) {
		t.Helper()
		data := []byte{byte(di), byte(di >> 8), byte(di >> 16), byte(di >> 24)}
		got, err := Frame{address, readData, data}.Encode(4)
		if err != nil || !bytes.Equal(got, append([]byte{0xFE, 0xFE, 0xFE, 0xFE}, raw(t, want)...)) {
			t.Errorf("% X, %v; want %s", got, err, want)
		}
	}
	is("000000000161", 0x00010000, askForward)
	is("000000000161", 0x02010100, askVoltage)
	is("000000000161", 0x02020100, askCurrent)
	is("000000000001", 0x00010000, askExample)
	got, err := Frame{anyMeter, readAddress, nil}.Encode(0)
	if err != nil || !bytes.Equal(got, raw(t, "68 AA AA AA AA AA AA 68 13 00 DF 16")) {
		t.Errorf("% X, %v", got, err)
	}
	bad := func(f Frame) {
		t.Helper()
		if _, err := f.Encode(0); !errors.Is(err, connector.ErrConfig) {
			t.Errorf("%+v: %v", f, err)
		}
	}
	bad(Frame{Address: "161"})
	bad(Frame{Address: "00000000016X"})
	bad(Frame{Address: anyMeter, Data: make([]byte, 201)})
}

func TestValuesOfFrames(t *testing.T) {
	is := func(text, address string, want ...float64) {
		t.Helper()
		f, err := Next(bufio.NewReader(bytes.NewReader(raw(t, text))), func() { t.Error("damaged") })
		if err != nil || f.Address != address || f.Control != 0x91 {
			t.Fatalf("%+v, %v", f, err)
		}
		item, err := readItem(fmt.Sprintf("%02X%02X%02X%02X", f.Data[3], f.Data[2], f.Data[1], f.Data[0]))
		if err != nil {
			t.Fatal(err)
		}
		got, err := item.values(f.Data[4:])
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, %v; want %v", item.name(), got, err, want)
		}
	}
	is(gotForward, "000000000161", 0.26)
	is(gotReverse, "000000000161", 1.26)
	is(gotReact1, "000000000161", 100.26)
	is(gotReact2, "000000000161", 100.23)
	is(gotVoltage, "000000000161", 100.1)
	is(gotBlock, "042209026460", 231.4, 0, 0)
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
	good := raw(t, gotForward)
	finds := func(name string, want, wrong int, parts ...[]byte) {
		t.Helper()
		got, damaged, err := frames(bytes.Join(parts, nil))
		if len(got) != want || damaged != wrong || err != io.EOF {
			t.Errorf("%s: %d frames, %d damaged, %v", name, len(got), damaged, err)
		}
	}
	flip := bytes.Clone(good)
	flip[12] ^= 1
	finds("two", 2, 0, good, good)
	finds("preamble", 1, 0, []byte{0xFE, 0xFE, 0xFE}, good)
	finds("garbage", 1, 0, []byte{0x00, 0x68, 0xFF, 0x16, 0x68}, good)
	finds("wrong check byte", 1, 1, flip, good)
	finds("wrong end", 0, 1, good[:len(good)-1], []byte{0x17})
	finds("cut, then whole", 1, 2, good[:14], good) // its second 68H looks like a start too
	finds("cut at the end", 1, 0, good, good[:15])
	finds("cut in the head", 1, 0, good, good[:5])
	finds("cut last but holding a frame", 1, 0, raw(t, "68 61 01 00 00 00 00 68 91 C8"), good)
	finds("too long", 0, 0, raw(t, "68 61 01 00 00 00 00 68 91 C9"))
	finds("no address", 0, 0, raw(t, "68 6F 01 00 00 00 00 68 91 00 C8 16"))
}

func TestDigits(t *testing.T) {
	is := func(text string, decimals int, signed bool, want float64) {
		t.Helper()
		got, err := digits(raw(t, text), decimals, signed)
		if err != nil || got != want {
			t.Errorf("%s = %v, %v; want %v", text, got, err, want)
		}
	}
	is("78 56 34 12", 2, false, 123456.78)
	is("56 34 12", 3, true, 123.456)
	is("56 34 92", 3, true, -123.456)
	is("99 99 79", 4, true, 79.9999)
	is("00 80", 3, true, 0)
	for _, text := range []string{"FF FF", "0A 00", "A0 00", "FF FF FF FF"} {
		if v, err := digits(raw(t, text), 1, true); !errors.Is(err, connector.ErrProtocol) {
			t.Errorf("%s = %v, %v", text, v, err)
		}
	}
}

func TestReadList(t *testing.T) {
	list, err := readList("energy.forward, 02030000,voltages,total=00010500/4/2,own=02031234/3/4/signed")
	if err != nil || len(list) != 5 || list[0].DI != 0x00010000 || list[1].Names[0] != "power" || len(list[2].Names) != 3 || list[3].DI != 0x00010500 || !list[4].Signed {
		t.Errorf("%+v, %v", list, err)
	}
	bad := func(text string) {
		t.Helper()
		if _, err := readList(text); !errors.Is(err, connector.ErrConfig) {
			t.Errorf("%q: %v", text, err)
		}
	}
	bad("")
	bad("energy")
	bad("0203000")
	bad("0203FFFF")
	bad("x=0001/4/2")
	bad("x=00010000/9/2")
	bad("x=00010000/4/2/unsigned")
	bad("=00010000/4/2")
	bad("x=00010000/4")
	bad(strings.Repeat("power,", 64) + "power")
}

func TestItems(t *testing.T) {
	seen := map[uint32]bool{}
	for _, i := range Items() {
		if seen[i.DI] || i.Bytes < 1 || len(i.Names) < 1 {
			t.Errorf("%+v", i)
		}
		seen[i.DI] = true
	}
}

func TestRefusal(t *testing.T) {
	if err := refusal([]byte{0x02}); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "no such data") {
		t.Error(err)
	}
	if err := refusal(nil); !errors.Is(err, connector.ErrRefused) {
		t.Error(err)
	}
}

// What is encoded is found again, in any stream without a start byte around it.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Frame{
			Address: rapid.StringMatching(`[0-9]{12}`).Draw(t, "address"),
			Control: rapid.Byte().Draw(t, "control"),
			Data:    rapid.SliceOfN(rapid.Byte(), 0, maxData).Draw(t, "data"),
		}
		b, err := f.Encode(rapid.IntRange(0, 4).Draw(t, "preamble"))
		if err != nil {
			t.Fatal(err)
		}
		around := rapid.SliceOfN(rapid.ByteRange(0x69, 0xFF), 0, 20)
		got, damaged, err := frames(bytes.Join([][]byte{around.Draw(t, "before"), b, around.Draw(t, "after")}, nil))
		if len(got) != 1 || damaged != 0 || err != io.EOF || got[0].Address != f.Address || got[0].Control != f.Control || !bytes.Equal(got[0].Data, f.Data) {
			t.Fatalf("%+v came back as %+v, %v", f, got, err)
		}
	})
}

func FuzzNext(f *testing.F) {
	for _, text := range []string{gotForward, gotBlock, gotVoltage + "68", "68 " + gotReact1, "68 61 01 00 00 00 00 68 D1 01 35 D1 16"} {
		f.Add(raw(f, text))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		list, _, err := frames(stream)
		if err != io.EOF {
			t.Fatal(err)
		}
		for _, x := range list {
			b, err := x.Encode(0)
			if strings.Trim(x.Address, "0123456789A") == "" && (err != nil || !bytes.Contains(stream, b)) {
				t.Fatalf("%+v was not sent: % X, %v", x, b, err)
			}
		}
	})
}

func FuzzValues(f *testing.F) {
	f.Add(uint8(1), []byte{0x26, 0, 0, 0})
	f.Add(uint8(12), []byte{0x14, 0x23, 0, 0, 0, 0})
	f.Add(uint8(17), []byte{0x56, 0x34, 0x92})
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		i := items[int(which)%len(items)]
		list, err := i.values(data)
		if err != nil && !errors.Is(err, connector.ErrProtocol) {
			t.Fatal(err)
		}
		for _, v := range list {
			if math.IsNaN(v) || math.Abs(v) >= 1e8 {
				t.Fatalf("% X is %v", data, v)
			}
		}
	})
}

func FuzzReadList(f *testing.F) {
	f.Add("energy.forward,voltages")
	f.Add("x=00010000/4/2/signed,02030000")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := readList(text)
		if err != nil && !errors.Is(err, connector.ErrConfig) {
			t.Fatal(err)
		}
		for _, i := range list {
			if i.Bytes < 1 || i.Bytes > 7 || len(i.Names) == 0 {
				t.Fatalf("%+v", i)
			}
		}
	})
}
