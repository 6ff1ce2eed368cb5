package hj212

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/connector"
)

// The example of HJ 212-2017, annex A, and one of a public library's tests.
const (
	annexA = "QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
	noise  = "QN=20160801085857223;ST=23;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&DataTime=20160801085857; LA-Rtd=50.1&&"
)

func TestCRC(t *testing.T) {
	is := func(segment string, want uint16) {
		t.Helper()
		if got := CRC([]byte(segment)); got != want {
			t.Errorf("CRC = %04X, want %04X", got, want)
		}
	}
	is(annexA, 0x1C80)
	is(noise, 0x1E00)
	is("", 0xFFFF)
}

func TestFrame(t *testing.T) {
	got, err := Frame(annexA)
	if want := "##0101" + annexA + "1C80\r\n"; err != nil || string(got) != want {
		t.Errorf("Frame = %q, %v", got, err)
	}
	if _, err := Frame(strings.Repeat("x", maxSegment+1)); !errors.Is(err, connector.ErrProtocol) {
		t.Errorf("a long segment gives %v", err)
	}
}

func frame(t testing.TB, segment string) string {
	t.Helper()
	f, err := Frame(segment)
	if err != nil {
		t.Fatal(err)
	}
	return string(f)
}

// segments are what a scanner finds in a stream.
func segments(r io.Reader) (list []string, faults map[string]int, err error) {
	faults = map[string]int{}
	s := newScanner(r, func(bool) {}, func(reason string) { faults[reason]++ })
	for {
		b, err := s.next()
		if err != nil {
			return list, faults, err
		}
		list = append(list, string(b))
	}
}

func TestScanner(t *testing.T) {
	good := frame(t, annexA)
	finds := func(name, stream string, want, checksums, oversized int) {
		t.Helper()
		got, n, err := segments(strings.NewReader(stream))
		if len(got) != want || err != io.EOF || n["checksum"] != checksums || n["oversized"] != oversized {
			t.Errorf("%s: %d segments, %v, %v", name, len(got), n, err)
		}
		for _, g := range got {
			if g != annexA {
				t.Errorf("%s: %q", name, g)
			}
		}
	}
	finds("one", good, 1, 0, 0)
	finds("two", good+good, 2, 0, 0)
	finds("without line end", strings.TrimRight(good, "\r\n")+good, 2, 0, 0)
	finds("small letters", strings.Replace(good, "1C80", "1c80", 1), 1, 0, 0)
	finds("rubbish before", "\x00\xff#%#\r\n"+good, 1, 0, 0)
	finds("a third #", "#"+good, 1, 0, 0)
	finds("wrong checksum", strings.Replace(good, "1C80", "1C81", 1)+good, 1, 1, 0)
	finds("checksum of MODBUS", strings.Replace(good, "1C80", "0759", 1), 0, 1, 0)
	finds("cut, then whole", good[:60]+good, 1, 1, 0)
	finds("cut at the end", good+good[:60], 1, 0, 0)
	finds("a long claim, then whole", "##1024"+good, 1, 0, 0)
	finds("oversized", "##1025"+good, 1, 0, 1)
	finds("no digits", "##01x1"+good, 1, 0, 0)
	finds("nothing", "", 0, 0, 0)
}

func TestScannerStopsAtRubbish(t *testing.T) {
	_, n, err := segments(io.LimitReader(zeroes{}, 1<<30))
	if !errors.Is(err, errRubbish) || n["rubbish"] != maxRubbish+1 {
		t.Errorf("%v until %v", n, err)
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Whatever stands between frames, every whole frame is found, and nothing else.
func TestScannerFindsAll(t *testing.T) {
	text := rapid.StringMatching(`[A-Za-z0-9=;,&-]{0,80}`)
	between := rapid.StringMatching(`[^#]{0,40}`)
	rapid.Check(t, func(t *rapid.T) {
		var want []string
		var stream bytes.Buffer
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			s := text.Draw(t, "segment")
			f, _ := Frame(s)
			stream.WriteString(between.Draw(t, "between"))
			stream.Write(f)
			want = append(want, s)
		}
		got, _, err := segments(&stream)
		if !slices.Equal(got, want) || err != io.EOF {
			t.Fatalf("found %q, want %q: %v", got, want, err)
		}
	})
}

func TestParse(t *testing.T) {
	m, err := Parse([]byte("QN=20201029122005355;ST=31;CN=2051;PW=123456;MN=M1;Flag=7;PNUM=2;PNO=1;CP=&&DataTime=20201029121000;a00000-Avg=1.5,a00000-Flag=B;;a01011-Cou=2&&"))
	if err != nil {
		t.Fatal(err)
	}
	if m.QN != "20201029122005355" || m.ST != "31" || m.CN != 2051 || m.PW != "123456" || m.MN != "M1" {
		t.Errorf("head: %+v", m)
	}
	if m.Edition() != 1 || !m.WantsAck() || !m.packets() || m.PNUM != 2 || m.PNO != 1 {
		t.Errorf("flag: %+v", m)
	}
	if len(m.CP) != 3 || m.Get("a00000-Flag") != "B" || m.Get("a01011-Cou") != "2" || m.Get("none") != "" {
		t.Errorf("area: %+v", m.CP)
	}
}

func TestParseEditions(t *testing.T) {
	reads := func(flag int, packets string, ok bool) {
		t.Helper()
		_, err := Parse(fmt.Appendf(nil, "QN=1;ST=32;CN=2011;PW=1;MN=M;Flag=%d;%sCP=&&&&", flag, packets))
		if (err == nil) != ok || err != nil && !errors.Is(err, connector.ErrProtocol) {
			t.Errorf("Flag %d with %q: %v", flag, packets, err)
		}
	}
	reads(0, "", true)
	reads(5, "", true)
	reads(9, "", true)
	reads(11, "PNUM=12345;PNO=12345;", true)
	reads(7, "PNUM=12345;PNO=1;", false) // four digits before 2025
	reads(7, "PNUM=2;PNO=3;", false)
	reads(7, "PNUM=2;PNO=0;", false)
	reads(7, "", false)
	reads(13, "", false) // edition 3 does not exist
	reads(256, "", false)
}

func TestParseRefuses(t *testing.T) {
	bad := func(segment string) {
		t.Helper()
		if m, err := Parse([]byte(segment)); !errors.Is(err, connector.ErrProtocol) {
			t.Errorf("%.60q is read as %+v, %v", segment, m, err)
		}
	}
	bad("")
	bad("CN=2011;MN=M")
	bad("CN=2011;MN=M;CP=&&")
	bad("CN=2011;MN=M;CP=&&a&&b&&")
	bad("CN=2011;MN=M;CP=&&a&&")
	bad("CN=2011;CP=&&&&")
	bad("MN=M;CP=&&&&")
	bad("CN=20111;MN=M;CP=&&&&")
	bad("CN=-1;MN=M;CP=&&&&")
	bad("CN;MN=M;CP=&&&&")
	bad("CN=2011;MN=M\r\n;CP=&&&&")
	bad("CN=2011;MN=" + strings.Repeat("M", 41) + ";CP=&&&&")
	bad("CN=2011;MN=M;CP=&&" + strings.Repeat("a=1;", 300) + "&&")
}

// device is a monitor of the list, its password 123456.
func device(id string, options ...string) connector.Device {
	d := connector.Device{ID: id, Park: "p", Protocol: "hj212", Options: map[string]string{},
		Token: "8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92"}
	for i := 0; i < len(options); i += 2 {
		d.Options[options[i]] = options[i+1]
	}
	return d
}

func mustStation(t testing.TB, d connector.Device) station {
	t.Helper()
	s, err := newStation(d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStation(t *testing.T) {
	s := mustStation(t, device("a", "mn", "M1", "minute", "1m", "flags", "D,M", "stamp", "end", "clock", "set", "zone", "UTC"))
	if s.mn != "M1" || s.minute != time.Minute || s.flags != "NDM" || !s.stampEnd || s.clock != "set" || s.zone != time.UTC {
		t.Errorf("%+v", s)
	}
	if !s.lets("123456") || s.lets("123457") || s.lets("") {
		t.Error("the password is not compared")
	}
	bad := func(options ...string) {
		t.Helper()
		if _, err := newStation(device("a", options...)); !errors.Is(err, connector.ErrConfig) {
			t.Errorf("%q: %v", options, err)
		}
	}
	bad("minute", "7")
	bad("minute", "2h")
	bad("stamp", "middle")
	bad("clock", "yes")
	bad("flags", "X")
	bad("zone", "Nowhere/At-all")
	d := device("a")
	d.Token = ""
	if _, err := newStation(d); !errors.Is(err, connector.ErrConfig) {
		t.Errorf("without a token: %v", err)
	}
}

func TestInterval(t *testing.T) {
	is := func(cn int, dataTime, end string, span time.Duration, options ...string) {
		t.Helper()
		at, got, err := mustStation(t, device("a", options...)).interval(commands[cn], dataTime)
		if err != nil || got != span || at.Format(time.RFC3339) != end {
			t.Errorf("CN %d, %s: %s over %v, %v", cn, dataTime, at.Format(time.RFC3339), got, err)
		}
	}
	is(2011, "20160801085857", "2016-08-01T08:58:57+08:00", 0)
	is(2021, "20160801085857", "2016-08-01T08:58:57+08:00", 0)
	is(2051, "20160801084000", "2016-08-01T08:50:00+08:00", 10*time.Minute)
	is(2051, "20160801084000", "2016-08-01T08:41:00+08:00", time.Minute, "minute", "1m")
	is(2061, "20160801080000", "2016-08-01T09:00:00+08:00", time.Hour)
	is(2061, "20160801080000", "2016-08-01T08:00:00+08:00", time.Hour, "stamp", "end")
	is(2031, "20160801000000", "2016-08-02T00:00:00+08:00", 24*time.Hour)
	is(2031, "20240310000000", "2024-03-11T00:00:00-04:00", 23*time.Hour, "zone", "America/New_York")
	for _, text := range []string{"", "2016", "20161301000000", "2016080108585x"} {
		if _, _, err := mustStation(t, device("a")).interval(commands[2011], text); !errors.Is(err, connector.ErrProtocol) {
			t.Errorf("DataTime %q: %v", text, err)
		}
	}
}

func TestValues(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	gives := func(cn int, area, want string, options ...string) {
		t.Helper()
		m, err := Parse(fmt.Appendf(nil, "CN=%d;MN=a;CP=&&%s&&", cn, area))
		if err != nil {
			t.Fatal(err)
		}
		reasons := map[string]int{}
		var got []string
		for _, s := range mustStation(t, device("a", options...)).values(m, commands[cn], at, time.Hour, func(r string) { reasons[r]++ }) {
			if s.Device != "a" || !s.At.Equal(at) || s.Span != time.Hour {
				t.Errorf("%+v", s)
			}
			got = append(got, fmt.Sprintf("%s=%g", s.Name, s.Value))
		}
		for _, r := range []string{"flagged", "value"} {
			if n := reasons[r]; n > 0 {
				got = append(got, fmt.Sprintf("%d %s", n, r))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s gives %q, want %q", area, got, want)
		}
	}
	gives(2011, "DataTime=20260102030000;w01018-Rtd=40.1,w01018-Flag=N", "w01018.rtd=40.1")
	gives(2011, "a21026-Rtd=1,a21026-ZsRtd=2.5,a21026-Flag=N,a21026-EFlag=0", "a21026.rtd=1 a21026.zsrtd=2.5")
	gives(2061, "w00000-Cou=10.5,w00000-Min=16.4,w00000-Avg=17.5,w00000-Max=20.1,w00000-Flag=N", "w00000.hour.cou=10.5 w00000.hour.min=16.4 w00000.hour.avg=17.5 w00000.hour.max=20.1")
	gives(2051, "a01011-Avg=0,a01011-Flag=B", "a01011.minute.avg.B=0 1 flagged")
	gives(2051, "a01011-Avg=0,a01011-Flag=B", "a01011.minute.avg=0", "flags", "B")
	gives(2031, "a-Avg=3;a-flag=d", "a.day.avg.D=3 1 flagged") // in a group of its own
	gives(2031, "a-Avg=3,a-Flag=../x", "a.day.avg.other=3 1 flagged")
	gives(2031, "a-Avg=-0.5", "a.day.avg=-0.5")
	gives(2021, "SB1-RS=1;SB2-RS=0", "SB1.state.rs=1 SB2.state.rs=0")
	gives(2011, "a-Rtd=NaN;b-Rtd=0x1p4;c-Rtd=1e999;d-Rtd=;e e-Rtd=1;f-Rtd=7", "f.rtd=7 5 value")
	gives(2011, "a=1;-Rtd=2;b-Other=3", "")
}

func FuzzScanner(f *testing.F) {
	f.Add([]byte(frame(f, annexA)))
	f.Add([]byte("##1024" + frame(f, noise)))
	f.Add([]byte("###0000FFFF\r\n##0000FFFF"))
	f.Add([]byte(frame(f, annexA)[:50] + frame(f, noise)))
	f.Fuzz(func(t *testing.T, stream []byte) {
		list, _, err := segments(bytes.NewReader(stream))
		if err == nil {
			t.Fatal("a stream that ends has an end")
		}
		for _, s := range list {
			if len(s) > maxSegment || !bytes.Contains(stream, []byte(s)) {
				t.Fatalf("%q was not sent", s)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(annexA))
	f.Add([]byte(noise))
	f.Add([]byte("QN=1;ST=31;CN=2051;PW=1;MN=M;Flag=11;PNUM=12345;PNO=2;CP=&&DataTime=20201029121000;a-Avg=1,a-Flag=B;;b-Cou=&&"))
	f.Add([]byte("CN=2031;MN=M;CP=&&--=;=-;-Rtd=1e308;a--Rtd=1&&"))
	st := mustStation(f, device("a"))
	f.Fuzz(func(t *testing.T, segment []byte) {
		m, err := Parse(segment)
		if err != nil {
			if !errors.Is(err, connector.ErrProtocol) {
				t.Fatal(err)
			}
			return
		}
		for _, s := range st.values(m, commands[2061], time.Time{}, time.Hour, func(string) {}) {
			if s.Name == "" || len(s.Name) > 64 || s.Value != s.Value {
				t.Fatalf("%+v", s)
			}
		}
	})
}
