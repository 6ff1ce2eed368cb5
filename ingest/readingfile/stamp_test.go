package readingfile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestStamp(t *testing.T) {
	read := func(layout, text, want string) {
		t.Helper()
		s, err := newStamp(layout, 0)
		if err != nil {
			t.Errorf("layout %s: %v", layout, err)
			return
		}
		l, why := s.read(text)
		got := rulings[why].name
		if why == 0 {
			got = time.UnixMilli(l.wall).UTC().Format("2006-01-02 15:04:05.000")
			if l.fixed {
				got += fmt.Sprint(" ", l.offset/minuteMs)
			}
		}
		if got != want {
			t.Errorf("%s by %s: %s, want %s", text, layout, got, want)
		}
	}
	read("iso8601", "2018-03-25", "2018-03-25 00:00:00.000")
	read("iso8601", "2018-03-25 00:15", "2018-03-25 00:15:00.000")
	read("iso8601", "2018-03-25T00:15:30.25Z", "2018-03-25 00:15:30.250 0")
	read("iso8601", "2018-03-25 00:15:00+01:00", "2018-03-25 00:15:00.000 60")
	read("iso8601", "2018-03-25 00:15:00-0730", "2018-03-25 00:15:00.000 -450")
	read("iso8601", "2018-03-25 24:00", "2018-03-26 00:00:00.000")
	read("iso8601", "2018-03-25 24:01", "LT-3001")
	read("iso8601", "2018-02-29 00:00", "LT-3001")
	read("iso8601", "2018-03-25T00", "LT-3001")
	read("iso8601", "2018-03-25 00:15 PM", "LT-3001")
	read("iso8601", "0014-11-18 15:40:26", "LT-3002")
	read("dd/mm/yyyy hh:mm", "01/12/2018 00:15", "2018-12-01 00:15:00.000")
	read("dd/mm/yyyy hh:mm", "1/12/2018 0:15", "2018-12-01 00:15:00.000")
	read("dd/mm/yyyy hh:mm", "1/12/2018 0:15:30", "2018-12-01 00:15:30.000")
	read("dd/mm/yyyy hh:mm", "13/13/2018 00:15", "LT-3001")
	read("mm/dd/yyyy hh:mm", "12/31/2018 24:00", "2019-01-01 00:00:00.000")
	read("yyyy年mm月dd日 hh:mm", "2018年3月5日 7:30", "2018-03-05 07:30:00.000")
	read("YYYY/MM/DD HH:mm:ss", "2018/3/5 7:30:05", "2018-03-05 07:30:05.000")
	read("yyyymmddhhmm", "201803050730", "2018-03-05 07:30:00.000")
	read("yyyymmddhhmm", "20180305073", "LT-3001")
	read("dd.mm.yy hh:mm", "05.03.18 07:30", "2018-03-05 07:30:00.000")
	read("02.01.2006 03:04 PM", "05.03.2018 07:30 PM", "2018-03-05 19:30:00.000")
	read("2006-01-02T15:04Z07:00", "2018-03-05T07:30+08:00", "2018-03-05 07:30:00.000 480")
	read("unix", "1520234000", "2018-03-05 07:13:20.000 0")
	read("unix_ms", "1520234000123", "2018-03-05 07:13:20.123 0")
	read("unix", "yesterday", "LT-3001")
	read("excel", "43101.0104166667", "2018-01-01 00:15:00.000")
	read("excel", "-3", "LT-3002")
}

func TestStampLayoutFaults(t *testing.T) {
	for _, layout := range []string{"dd/mm hh:mm", "yyyy-mm-dd mm", "yyyy-mm-dd xx", "q"} {
		if _, err := newStamp(layout, 0); err == nil {
			t.Errorf("layout %q is taken", layout)
		}
	}
}

func TestYearAdd(t *testing.T) {
	s, err := newStamp("iso8601", 2000)
	if err != nil {
		t.Fatal(err)
	}
	l, why := s.read("0016-02-29 15:40:26")
	if got := time.UnixMilli(l.wall).UTC().Format(time.DateTime); why != 0 || got != "2016-02-29 15:40:26" {
		t.Errorf("%s %v", got, why)
	}
}

// Every layout must agree with the time package on what it wrote.
func TestStampAgreesWithTime(t *testing.T) {
	layouts := map[string]string{"iso8601": "2006-01-02T15:04:05Z07:00", "dd/mm/yyyy hh:mm": "02/01/2006 15:04", "yyyymmddhhmmss": "20060102150405", "mm/dd/yy hh:mm": "1/2/06 15:04"}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(946771200, 3124137600).Draw(t, "at"), 0).In(time.FixedZone("", rapid.IntRange(-56, 56).Draw(t, "quarters")*900))
		for name, layout := range layouts {
			s, err := newStamp(name, 0)
			if err != nil {
				t.Fatal(err)
			}
			text := at.Format(layout)
			want, err := time.Parse(layout, text)
			if err != nil {
				t.Fatal(err)
			}
			l, why := s.read(text)
			if why != 0 || l.wall-l.offset != want.UnixMilli() {
				t.Fatalf("%s by %s: %d %v, want %d", text, name, l.wall-l.offset, why, want.UnixMilli())
			}
		}
	})
}

func FuzzStamp(f *testing.F) {
	for _, s := range []string{"2018-03-25 00:15:00+01:00", "01/01/2018 00:15", "2018-02-30", "43101.01", "1e9", "201801010015", "2018-01-01T24:00", "2018-01-01 00:00:00.", "年"} {
		f.Add("iso8601", s)
		f.Add("dd/mm/yyyy hh:mm", s)
		f.Add("excel", s)
		f.Add("yyyymmddhhmm", s)
		f.Add("2006-01-02 15:04:05.999Z0700", s)
	}
	f.Fuzz(func(t *testing.T, layout, text string) {
		s, err := newStamp(layout, 0)
		if err != nil {
			return
		}
		l, why := s.read(text)
		if why != 0 {
			return
		}
		if y := time.UnixMilli(l.wall).UTC().Year(); y < firstY || y > lastY+1 {
			t.Fatalf("%q by %q gives year %d", text, layout, y)
		}
		if s.kind != stampISO || strings.ContainsAny(text, ",") {
			return
		}
		for _, form := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
			want, err := time.Parse(form, text)
			if err == nil && l.wall-l.offset != want.UnixMilli() {
				t.Fatalf("%q: %d, the time package says %d", text, l.wall-l.offset, want.UnixMilli())
			}
		}
	})
}

// An instant written as a wall clock must come back as that instant, except that
// the doubled hour is told apart by the order in the file.
func TestClockReturns(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "Asia/Seoul", "Africa/Casablanca", "America/Sao_Paulo"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.Int64Range(0, 2_200_000_000/900).Draw(t, "quarter") * 900
		step := rapid.SampledFrom([]int64{900, 1800, 3600}).Draw(t, "step")
		down := rapid.Bool().Draw(t, "new to old")
		c := clock{zone: zone, hi: -1}
		var tr track
		budget := runBudget
		for i := range int64(300) {
			want := at + i*step
			if down {
				want = at - i*step
			}
			if want < 0 {
				return
			}
			_, offset := time.Unix(want, 0).In(zone).Zone()
			wall := (want + int64(offset)) * 1000
			got, why := c.instant(label{wall: wall}, &tr)
			tr.observe(wall, got, i, &budget)
			if i < 10 {
				continue // a file that begins inside the doubled hour cannot be told
			}
			if why != 0 || got != want*1000 {
				t.Fatalf("%s %s: got %s (%s)", zone, time.Unix(want, 0).In(zone), time.UnixMilli(got).In(zone), rulings[why].name)
			}
		}
		if tr.twice.n > 5 {
			t.Fatalf("%d of 300 different instants are called repeats", tr.twice.n)
		}
	})
}

func TestRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s runs
		budget := 1000
		seen := map[int64]bool{}
		for range 200 {
			at := rapid.Int64Range(0, 150).Draw(t, "at")
			if got := s.add(at, &budget); got != seen[at] {
				t.Fatalf("%d: seen %v, want %v in %v", at, got, seen[at], s.list)
			}
			seen[at] = true
		}
	})
}

func TestReadFloat(t *testing.T) {
	read := func(text string, decimal byte, want float64, why string) {
		t.Helper()
		v, got := readFloat(text, decimal)
		if v != want || rulings[got].name != why {
			t.Errorf("%q: %v %s, want %v %s", text, v, rulings[got].name, want, why)
		}
	}
	read("3.17", '.', 3.17, "")
	read(" -1.5e3 ", '.', -1500, "")
	read("3,17", ',', 3.17, "")
	read("1.234,5", ',', 0, "LT-3005")
	read("3,17", '.', 0, "LT-3005")
	read("1,2,3", ',', 0, "LT-3005")
	read("0x10", '.', 0, "LT-3005")
	read("abc", '.', 0, "LT-3005")
	read("-", '.', 0, "LT-3005")
	read("NaN", '.', 0, "LT-3006")
	read("-Infinity", '.', 0, "LT-3006")
	read("1e15", '.', 0, "LT-3007")
	read("1e999", '.', 0, "LT-3007")
	read("999999999999999", '.', 999999999999999, "")
}
