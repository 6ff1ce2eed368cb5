package iec104

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"lingtan/connector"
)

// octets are those written in hexadecimal.
func octets(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func shanghai(t testing.TB) *time.Location { return zone(t, "Asia/Shanghai") }

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// decoded is the data unit of one whole frame, in the zone of Shanghai.
func decoded(t *testing.T, text string) (apdu, asdu) {
	t.Helper()
	a, err := readAPDU(bufio.NewReader(bytes.NewReader(octets(t, text))))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if !bytes.Equal(a.bytes(), octets(t, text)) {
		t.Errorf("%s: is % X when written again", text, a.bytes())
	}
	u, err := parseASDU(a.asdu, clock{zone: shanghai(t), summer: true})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return a, u
}

type value struct {
	address uint32
	value   float64
	quality quality
	at      string // wall time in Shanghai
}

// TestFrames decodes frames that others published; README.md names the sources by
// the number in the name. Values of source 1 and 2 follow from the standard's coding,
// those of 3 are said by the source.
func TestFrames(t *testing.T) {
	frame := func(name, text string, kind byte, cause byte, common uint16, want ...value) {
		t.Run(name, func(t *testing.T) {
			_, u := decoded(t, text)
			if u.kind != kind || u.cause != cause || u.common != common || len(u.objects) != len(want) {
				t.Fatalf("%+v", u)
			}
			for i, w := range want {
				at := ""
				if !u.objects[i].at.IsZero() {
					at = u.objects[i].at.In(shanghai(t)).Format("2006-01-02 15:04:05.000")
				}
				if got := (value{u.objects[i].address, u.objects[i].value, u.objects[i].quality, at}); got != w {
					t.Errorf("object %d: %+v, want %+v", i, got, w)
				}
			}
		})
	}
	frame("1 M_SP_NA_1 sequence", "68 0F A6 44 04 02 01 82 14 00 73 00 FB 01 00 00 01", 1, 20, 115, value{507, 0, 0, ""}, value{508, 1, 0, ""})
	frame("1 M_SP_NA_1", "68 12 A8 44 04 02 01 02 14 00 73 00 CC 14 00 01 E4 14 00 00", 1, 20, 115, value{5324, 1, 0, ""}, value{5348, 0, 0, ""})
	frame("1 M_DP_NA_1", "68 12 12 44 00 02 03 02 14 00 73 00 5A 02 00 02 EB 03 00 00", 3, 20, 115, value{602, 2, 0, ""}, value{1003, 0, 0, ""})
	frame("1 M_ME_NA_1 sequence", "68 13 14 44 00 02 09 82 14 00 73 00 89 02 00 00 00 00 EF 01 00", 9, 20, 115, value{649, 0, 0, ""}, value{650, 495.0 / 32768, 0, ""})
	frame("1 M_ME_NC_1", "68 17 A8 00 04 00 0D 82 01 57 57 00 E7 0B 00 0A D7 A3 BB 00 7F 6A BC 3C 00", 13, 1, 87, value{3047, float64(float32(-0.005)), 0, ""}, value{3048, float64(float32(0.023)), 0, ""})
	frame("1 M_SP_TB_1", "68 15 42 EB D2 01 1E 01 03 00 80 00 B0 36 00 01 AF E1 1D 14 70 06 15", 30, 3, 128, value{14000, 1, 0, "2021-06-16 20:29:57.775"})
	frame("1 M_ME_TD_1", "68 17 BA 8C F2 00 22 01 01 00 03 00 01 00 00 01 00 00 08 7F 0E 09 96 04 15", 34, 1, 3, value{1, 1.0 / 32768, 0, "2021-04-22 09:14:32.520"})
	frame("1 M_ME_TF_1", "68 19 FE 08 30 01 24 01 03 51 51 00 EE 03 00 4B E7 47 42 00 91 05 32 0A 69 06 15", 36, 3, 81, value{1006, float64(math.Float32frombits(0x4247E74B)), 0, "2021-06-09 10:50:01.425"})
	frame("2 M_ME_NB_1", "68 34 5A 14 7C 00 0B 07 03 00 0C 00 10 30 00 BE 09 00 11 30 00 90 09 00 0E 30 00 75 00 00 28 30 00 25 09 00 29 30 00 75 00 00 0F 30 00 0F 0A 00 2E 30 00 AE 05 00", 11, 3, 12,
		value{12304, 2494, 0, ""}, value{12305, 2448, 0, ""}, value{12302, 117, 0, ""}, value{12328, 2341, 0, ""}, value{12329, 117, 0, ""}, value{12303, 2575, 0, ""}, value{12334, 1454, 0, ""})
	frame("3 M_SP_NA_1", "68 1A 02 00 02 00 01 04 14 00 01 00 03 00 00 00 05 00 00 00 08 00 00 01 09 00 00 00", 1, 20, 1,
		value{3, 0, 0, ""}, value{5, 0, 0, ""}, value{8, 1, 0, ""}, value{9, 0, 0, ""})
}

// TestSystemFrames holds the frames of control against what others published: source
// 1 for the interrogation, 3 and 4 for start, stop and test.
func TestSystemFrames(t *testing.T) {
	a := apdu{format: information, receive: 2, asdu: interrogation(typeGeneral, qualifierGeneral, 0, 0x71)}
	if want := octets(t, "68 0E 00 00 04 00 64 01 06 00 71 00 00 00 00 14"); !bytes.Equal(a.bytes(), want) {
		t.Errorf("general interrogation % X", a.bytes())
	}
	if _, u := decoded(t, "68 0E 04 00 02 00 64 01 07 71 71 00 00 00 00 14"); u.kind != 100 || u.cause != causeActCon || u.negative || u.common != 0x71 || u.qualifier != 20 {
		t.Errorf("confirmation %+v", u)
	}
	if a := (apdu{format: supervisory, receive: 1}); !bytes.Equal(a.bytes(), octets(t, "68 04 01 00 02 00")) {
		t.Errorf("S frame % X", a.bytes())
	}
	function := func(f byte, text string) {
		if a := (apdu{format: unnumbered, function: f}); !bytes.Equal(a.bytes(), octets(t, text)) {
			t.Errorf("%s: % X", text, a.bytes())
		}
	}
	function(startAct, "68 04 07 00 00 00")
	function(startCon, "68 04 0B 00 00 00")
	function(stopAct, "68 04 13 00 00 00")
	function(testAct, "68 04 43 00 00 00")
	function(testCon, "68 04 83 00 00 00")
}

// element decodes one object at address 0x010203, its element and its tag, alone and
// as a sequence, by the coding of the standard.
func element(t *testing.T, kind byte, text string, want float64, q quality) {
	t.Helper()
	tag := map[int]string{0: "", 3: "98 3A 05", 7: "98 3A 05 0C 56 0B 1A"}[forms[kind].tag]
	for _, sq := range []byte{0, 0x80} {
		b := append([]byte{kind, sq | 1, 3, 0, 1, 0, 3, 2, 1}, octets(t, text+tag)...)
		u, err := parseASDU(b, clock{zone: time.UTC, summer: true, now: time.Date(2026, 11, 22, 12, 6, 0, 0, time.UTC)})
		if err != nil {
			t.Errorf("type %d: %v", kind, err)
			continue
		}
		at := time.Date(2026, 11, 22, 12, 5, 15, 0, time.UTC)
		if tag == "" {
			at = time.Time{}
		}
		if o := u.objects[0]; o.address != 0x010203 || o.value != want || o.quality != q || !o.at.Equal(at) || o.unclear {
			t.Errorf("type %d: %+v, want %v with quality %X at %s", kind, o, want, q, at)
		}
	}
}

// TestElements goes through every type.
func TestElements(t *testing.T) {
	for _, kind := range []byte{1, 2, 30} {
		element(t, kind, "01", 1, 0)
		element(t, kind, "80", 0, invalid)
		element(t, kind, "71", 1, notTopical|substituted|blocked)
	}
	for _, kind := range []byte{3, 4, 31} {
		element(t, kind, "01", 1, 0)
		element(t, kind, "42", 2, notTopical)
		element(t, kind, "93", 3, invalid|blocked)
	}
	for _, kind := range []byte{5, 6, 32} {
		element(t, kind, "3F 00", 63, 0)
		element(t, kind, "40 00", -64, 0)
		element(t, kind, "FF 01", -1, overflow) // in transition
	}
	for _, kind := range []byte{7, 8, 33} {
		element(t, kind, "01 00 00 80 00", 1<<31+1, 0)
		element(t, kind, "FF FF FF FF 20", 1<<32-1, substituted)
	}
	for _, kind := range []byte{9, 10, 34} {
		element(t, kind, "00 80 00", -1, 0)
		element(t, kind, "FF 7F 01", 32767.0/32768, overflow)
		element(t, kind, "00 40 0E", 0.5, 0) // reserved bits are not looked at
	}
	element(t, 21, "00 C0", -0.5, 0)
	for _, kind := range []byte{11, 12, 35} {
		element(t, kind, "FF FF 00", -1, 0)
		element(t, kind, "10 27 80", 10000, invalid)
	}
	for _, kind := range []byte{13, 14, 36} {
		element(t, kind, "00 00 48 41 00", 12.5, 0)
		element(t, kind, "00 00 C0 7F 00", 0, notNumber)
		element(t, kind, "00 00 80 FF 80", 0, notNumber|invalid)
	}
	for _, kind := range []byte{15, 16, 37} {
		element(t, kind, "40 E2 01 00 00", 123456, 0)
		element(t, kind, "FF FF FF FF 1F", -1, 0) // sequence number 31
		element(t, kind, "01 00 00 00 25", 1, carried)
		element(t, kind, "00 00 00 00 40", 0, adjusted)
		element(t, kind, "07 00 00 00 E0", 7, invalid|carried|adjusted)
	}
}

func TestMalformedUnits(t *testing.T) {
	wrong := func(name, text string) {
		if u, err := parseASDU(octets(t, text), clock{zone: time.UTC}); !errors.Is(err, errMalformed) {
			t.Errorf("%s: %+v, %v", name, u, err)
		}
	}
	wrong("no head", "01 01 03 00 01")
	wrong("no objects", "01 00 03 00 01 00")
	wrong("truncated", "0D 01 03 00 01 00 01 00 00 00 00 48")
	wrong("one object too few", "01 02 03 00 01 00 01 00 00 01")
	wrong("left over", "01 01 03 00 01 00 01 00 00 01 02 00 00")
	wrong("sequence truncated", "01 83 03 00 01 00 01 00 00 01 01")
	wrong("sequence beyond the last address", "01 82 03 00 01 00 FF FF FF 01 01")
	if u, err := parseASDU(octets(t, "7D 01 03 00 01 00 01"), clock{}); err != nil || u.known {
		t.Errorf("unknown type: %+v, %v", u, err)
	}
}

func TestFraming(t *testing.T) {
	wrong := func(name, text string, want error) {
		if a, err := readAPDU(bufio.NewReader(bytes.NewReader(octets(t, text)))); !errors.Is(err, want) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
	wrong("start", "16 04 07 00 00 00", connector.ErrProtocol)
	wrong("length 3", "68 03 07 00 00", connector.ErrProtocol)
	wrong("length 254", "68 FE 00 00 00 00", connector.ErrProtocol)
	wrong("I without unit", "68 04 00 00 00 00", connector.ErrProtocol)
	wrong("S with unit", "68 05 01 00 00 00 01", connector.ErrProtocol)
	wrong("U with number", "68 04 43 00 02 00", connector.ErrProtocol)
	wrong("odd N(R)", "68 05 00 00 01 00 01", connector.ErrProtocol)
	wrong("truncated", "68 0E 00 00 00 00 64", connector.ErrUnreachable)
	wrong("nothing", "", errEnded)
}

func TestTimeTags(t *testing.T) {
	long := func(zoneName string, summer bool, text, want string) {
		t.Helper()
		at, ok := clock{zone: zone(t, zoneName), summer: summer}.long(octets(t, text))
		got := ""
		if ok {
			got = at.Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%s %s: %s, want %s", zoneName, text, got, want)
		}
	}
	long("Asia/Shanghai", true, "00 00 00 08 01 01 1A", "2026-01-01T00:00:00Z")
	long("Asia/Shanghai", true, "5F EA 3B 17 1F 0C 1A", "2026-12-31T15:59:59.999Z")
	long("Asia/Shanghai", true, "00 00 00 89 01 01 1A", "2026-01-01T00:00:00Z") // SU: an hour ahead
	long("Europe/Berlin", true, "00 00 00 8C 01 07 1A", "2026-07-01T10:00:00Z")
	long("Europe/Berlin", true, "00 00 00 0C 01 07 1A", "2026-07-01T11:00:00Z")  // keeps standard time
	long("Europe/Berlin", false, "00 00 00 0C 01 07 1A", "2026-07-01T10:00:00Z") // does not set SU
	long("Europe/Berlin", true, "00 00 1E 82 19 0A 1A", "2026-10-25T00:30:00Z")  // the hour that comes twice
	long("Europe/Berlin", true, "00 00 1E 02 19 0A 1A", "2026-10-25T01:30:00Z")
	long("UTC", true, "00 00 00 00 1D 02 18", "2024-02-29T00:00:00Z")
	long("UTC", true, "00 00 00 00 1D 02 1A", "") // no such day
	long("UTC", true, "00 00 80 00 01 01 1A", "") // IV
	long("UTC", true, "60 EA 00 00 01 01 1A", "") // 60000 ms
	long("UTC", true, "00 00 3C 00 01 01 1A", "")
	long("UTC", true, "00 00 00 18 01 01 1A", "")
	long("UTC", true, "00 00 00 00 00 01 1A", "")
	long("UTC", true, "00 00 00 00 01 0D 1A", "")
	long("UTC", true, "00 00 00 00 01 01 64", "")

	short := func(now, text, want string) {
		t.Helper()
		came, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		at, ok := clock{zone: zone(t, "Asia/Kolkata"), now: came}.short(octets(t, text)) // half an hour off UTC
		if got := at.Format(time.RFC3339); ok != (want != "") || ok && got != want {
			t.Errorf("%s at %s: %s, want %s", text, now, got, want)
		}
	}
	short("2026-01-01T10:31:00Z", "88 13 00", "2026-01-01T10:30:05Z") // 16:01 there
	short("2026-01-01T10:31:00Z", "88 13 3B", "2026-01-01T10:29:05Z") // the hour before
	short("2026-01-01T10:29:00Z", "88 13 00", "2026-01-01T10:30:05Z") // its clock is ahead
	short("2026-01-01T10:31:00Z", "88 13 80", "")
	short("2026-01-01T10:31:00Z", "88 13 3F", "")
}

// FuzzStream reads any octets as a stream of frames: every frame is one of the input,
// octet for octet, and every object is of its length.
func FuzzStream(f *testing.F) {
	for _, text := range []string{
		"68 04 07 00 00 00 68 04 0B 00 00 00 68 04 43 00 00 00",
		"68 0E 04 00 02 00 64 01 07 71 71 00 00 00 00 14",
		"68 13 14 44 00 02 09 82 14 00 73 00 89 02 00 00 00 00 EF 01 00",
		"68 19 FE 08 30 01 24 01 03 51 51 00 EE 03 00 4B E7 47 42 00 91 05 32 0A 69 06 15",
		"68 15 00 00 00 00 0F 01 25 00 01 00 01 64 00 40 E2 01 00 E0 68 04 01 00 02 00",
		"68 15 00 00 00 00 10 01 03 00 01 00 01 64 00 40 E2 01 00 00 98 3A 05",
		"68 FF 00", "68 03 00 00 00", "16",
	} {
		f.Add(octets(f, text))
	}
	utc := clock{zone: time.UTC, summer: true, now: time.Unix(1_800_000_000, 0)}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, at := bufio.NewReader(bytes.NewReader(b)), 0
		for {
			a, err := readAPDU(r)
			if err != nil {
				return
			}
			again := a.bytes()
			if !bytes.Equal(again, b[at:at+len(again)]) {
				t.Fatalf("frame % X read as % X", b[at:], again)
			}
			at += len(again)
			if a.format != information {
				continue
			}
			u, err := parseASDU(a.asdu, utc)
			if err != nil && !errors.Is(err, errMalformed) {
				t.Fatal(err)
			}
			if len(u.objects) > 127 || u.known && len(u.objects) == 0 {
				t.Fatalf("%d objects", len(u.objects))
			}
			for _, o := range u.objects {
				if o.address > mostAddress || math.IsNaN(o.value) || math.IsInf(o.value, 0) || o.unclear && !o.at.IsZero() {
					t.Fatalf("%+v", o)
				}
			}
		}
	})
}
