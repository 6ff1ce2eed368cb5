package pull

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"lingtan/connector"
)

func TestTemplate(t *testing.T) {
	now := time.Date(2026, 3, 28, 23, 30, 5, 0, time.UTC) // 29 March in Berlin, the day of 23 hours
	berlin, _ := openZone("Europe/Berlin")
	becomes := func(text string, zone *time.Location, want string) {
		t.Helper()
		x, err := parseTemplate(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		if u, err := x.expand(now, zone, "a&b=c"); err != nil || u.String() != want {
			t.Errorf("%v, %v, want %s", u, err, want)
		}
	}
	becomes("https://h/p", nil, "https://h/p")
	becomes("https://h/{yesterday}/{today}?to={tomorrow}", nil, "https://h/2026-03-27/2026-03-28?to=2026-03-29")
	becomes("https://h/{yesterday}/{today}?to={tomorrow}", berlin, "https://h/2026-03-28/2026-03-29?to=2026-03-30")
	becomes("https://h/?t={now:2006-01-02T15:04:05Z07:00}", berlin, "https://h/?t=2026-03-29T00%3A30%3A05%2B01%3A00")
	becomes("https://h/?t={now}", nil, "https://h/?t=2026-03-28T23%3A30%3A05Z")
	becomes("https://h/?f={today:200601021504}&t={tomorrow:200601021504}", berlin, "https://h/?f=202603290000&t=202603300000")
	becomes("https://h/?key={secret}", nil, "https://h/?key=a%26b%3Dc")
	becomes("https://h/a{now:2006/01}", nil, "https://h/a2026%2F03")
	fails := func(text string) {
		t.Helper()
		if _, err := parseTemplate(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
	for _, text := range []string{"", "h/p", "ftp://h/p", "file:///etc/passwd", "https:///p", "https://u:p@h/", "https://h/#a", "https://h/{",
		"https://h/}", "https://h/{day}", "https://h/{now:}", "https://{today}/", "https://h{today}/", "{today}://h/", "https://h/{secret}",
		"https://h/?{secret:x}", "https://h/?a={today:" + strings.Repeat("2", 65) + "}", "https://h/" + strings.Repeat("a", maxURL), "http://h:x/"} {
		fails(text)
	}
	// In Santiago the clock was put forward over the midnight of 8 September 2024.
	santiago, _ := openZone("America/Santiago")
	x, _ := parseTemplate("https://h/?{tomorrow:2006-01-02T15:04}")
	if u, _ := x.expand(time.Date(2024, 9, 7, 18, 0, 0, 0, time.UTC), santiago, ""); u.RawQuery != "2024-09-08T01%3A00" {
		t.Error(u)
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add("https://h/{today}?t={now:15:04}&k={secret}", int64(1772323200))
	f.Add("https://h{today}/", int64(0))
	f.Add("https://h/?{tomorrow:2006-01-02}{", int64(-1))
	f.Fuzz(func(t *testing.T, text string, at int64) {
		x, err := parseTemplate(text)
		if err != nil {
			return
		}
		first, err := x.expand(time.Unix(0, 0), time.UTC, "k")
		if err != nil {
			t.Fatalf("%q is taken and cannot be expanded: %v", text, err)
		}
		// Whatever the time and the secret, the host is the one that is written.
		u, err := x.expand(time.Unix(at%4e9, 0), time.FixedZone("", 8*3600), "@evil/?#&\r\n")
		if err != nil || u.Host != first.Host || u.Scheme != first.Scheme || u.User != nil {
			t.Errorf("%q: %v, %v", text, u, err)
		}
	})
}

func TestStamp(t *testing.T) {
	reads := func(layout, zone string, v any, want string) {
		t.Helper()
		var loc *time.Location
		if zone != "" {
			var err error
			if loc, err = openZone(zone); err != nil {
				t.Fatal(err)
			}
		}
		s, err := newStamp(layout, loc)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.read(v)
		text := got.UTC().Format(time.RFC3339Nano)
		if err != nil {
			text = "error " + err.Error()
		}
		if text != want && !(strings.HasPrefix(want, "error") && strings.Contains(text, strings.TrimPrefix(want, "error ")) && err != nil) {
			t.Errorf("%v: %s, want %s", v, text, want)
		}
	}
	reads("", "", "2026-03-01T08:15Z", "2026-03-01T08:15:00Z")
	reads("", "", "2026-03-01 08:15:30.25+08:00", "2026-03-01T00:15:30.25Z")
	reads("iso8601", "", "2026-03-01T08:15:00+0800", "2026-03-01T00:15:00Z")
	reads("", "Asia/Shanghai", "2026-03-01T08:15", "2026-03-01T00:15:00Z")
	reads("", "+08:00", "2026-03-01", "2026-02-28T16:00:00Z")
	reads("", "", "2026-03-01T08:15", "error set the option zone")
	reads("", "", "1 March", "error cannot be read")
	reads("", "", nil, "error no time")
	reads("", "", true, "error no time: true")
	reads("", "", "1999-12-31T00:00Z", "error not within 2000")
	reads("unix", "", "1733785200", "2024-12-09T23:00:00Z")
	reads("unix", "", "1733785200.5", "2024-12-09T23:00:00.5Z")
	reads("unix_ms", "", "1733785200123", "2024-12-09T23:00:00.123Z")
	reads("unix", "", "x", "error no number of seconds")
	reads("unix", "", "1e300", "error no number of seconds")
	reads("02.01.2006 15:04", "Europe/Berlin", "01.07.2026 08:15", "2026-07-01T06:15:00Z")
	reads("02.01.2006 15:04", "", "01.07.2026 08:15", "error set the option zone")
	reads("02.01.2006 15:04 -07:00", "", "01.07.2026 08:15 +02:00", "2026-07-01T06:15:00Z")
	reads("02.01.2006 15:04", "Europe/Berlin", "2026-07-01", "error not of the layout")
	reads("", "Europe/Berlin", "2026-03-29T02:30", "error put forward over it")
	if _, err := newStamp("nonsense", nil); err == nil {
		t.Error("a layout without a year")
	}
	for _, zone := range []string{"Local", "Atlantis", "../etc/passwd"} {
		if _, err := openZone(zone); err == nil {
			t.Error(zone)
		}
	}
}

// The hour that an autumn clock shows twice: the first is the earlier.
func TestDoubledHour(t *testing.T) {
	berlin, _ := openZone("Europe/Berlin")
	s, _ := newStamp("", berlin)
	want := time.Date(2026, 10, 24, 23, 0, 0, 0, time.UTC)
	for _, text := range []string{"01:00", "02:00", "02:00", "03:00"} {
		got, err := s.read("2026-10-25T" + text)
		if err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
		want = want.Add(time.Hour)
	}
}

func FuzzStamp(f *testing.F) {
	f.Add("iso8601", "2026-10-25T02:30")
	f.Add("unix", "1e9")
	f.Add("02.01.06 15:04", "01.01.26 00:00")
	f.Fuzz(func(t *testing.T, layout, text string) {
		zone, _ := openZone("Europe/Berlin")
		s, err := newStamp(layout, zone)
		if err != nil {
			return
		}
		if at, err := s.read(text); err == nil && (at.Year() < 2000 || at.Year() > 2199) {
			t.Errorf("%q by %q is %v", text, layout, at)
		}
	})
}

func TestPath(t *testing.T) {
	for _, text := range []string{"$.data[*]", "$", "$..price", "$.a[?@.kind == 'a,b,c,d,e,f..$']", "$['a','b']", `$["x\"y"][0]`} {
		if _, err := parsePath(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", "data", "$.", "$..a..b", "$..[?@.a]", "$[?$.a]", "$[*,*,*][*,*,*][*,*]", "$." + strings.Repeat("a", maxPath)} {
		if _, err := parsePath(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func FuzzPath(f *testing.F) {
	f.Add("$.data[*].v", `{"data":[{"v":1}]}`)
	f.Add("$..['a','b'][?@.c > 1]", `[[1,[2,[3]]]]`)
	f.Add("$[*,*,*,*][*]", `[[1,2],[3,4]]`)
	f.Fuzz(func(t *testing.T, path, doc string) {
		x := feed("https://h/", "rows", path, "time", "$.t", "value.v", path)
		d := New(Options{})
		s, err := d.settings(x)
		if err != nil {
			return
		}
		if len(doc) > 4096 {
			return
		}
		list, _, err := d.read(s, []byte(doc), time.Now())
		if err == nil && len(list) > 5*len(doc) {
			t.Errorf("%d values of %d bytes", len(list), len(doc))
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add("t,v\n2026-03-01T00:00Z,1\n", 0)
	f.Add("\xef\xbb\xbfx\n\"t\";v\n2026,\"1,5\"\n", 1)
	f.Fuzz(func(t *testing.T, body string, skip int) {
		d := New(Options{})
		s, err := d.settings(feed("https://h/", "format", "csv", "time", "t", "value.v", "v"))
		if err != nil {
			t.Fatal(err)
		}
		s.csv.skip = max(0, skip%5)
		list, left, err := d.read(s, []byte(body), time.Now())
		if err != nil && !errors.Is(err, connector.ErrProtocol) || left.count > len(body) {
			t.Errorf("%v, %v, %v", list, left, err)
		}
	})
}

func TestHeaders(t *testing.T) {
	h, err := parseHeaders([]byte("Authorization: Bearer x\nX-Key: 1\n\n"))
	if err != nil || h.Get("Authorization") != "Bearer x" || len(h) != 2 {
		t.Errorf("%v, %v", h, err)
	}
	for _, text := range []string{"root:x:0\nno header", "Host: other", "Accept-Encoding: identity", "If-None-Match: 1", strings.Repeat("a: b\n", 3) + "c"} {
		if _, err := parseHeaders([]byte(text)); err == nil || strings.Contains(err.Error(), "no header") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add([]byte("A: b\nC: d"))
	f.Add([]byte("Host: x\r\n\r\nbody"))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := parseHeaders(text)
		if err == nil && (h.Get("Host") != "" || len(h) > 50) {
			t.Errorf("%v", h)
		}
	})
}

func FuzzSettings(f *testing.F) {
	f.Add("https://h/{today}", "$.data[*]", "$.t", "$.v", "csv", "15m", "tab")
	f.Add("https://h/", "", "t", "#2", "json", "0s", ";;")
	f.Fuzz(func(t *testing.T, address, rows, at, value, format, span, delimiter string) {
		x := connector.Device{ID: "d", Address: address, Options: map[string]string{"rows": rows, "time": at, "value.v": value, "format": format, "span": span, "delimiter": delimiter}}
		s, err := New(Options{}).settings(x)
		switch {
		case err != nil && !errors.Is(err, connector.ErrConfig):
			t.Error(err)
		case err == nil && (s.private || len(s.values) != 1 || s.step < 0):
			t.Errorf("%+v", s)
		}
	})
}

func TestConfig(t *testing.T) {
	d := New(Options{Secrets: "/run/secrets"})
	bad := func(want string, options ...string) {
		t.Helper()
		x := feed("https://h/", append([]string{"rows", "$.d[*]", "time", "$.t", "value.v", "$.v"}, options...)...)
		if options[0] == "address" {
			x.Address = options[1]
			delete(x.Options, "address")
		}
		for k, v := range x.Options {
			if v == "-" {
				delete(x.Options, k)
			}
		}
		if _, err := d.settings(x); !errors.Is(err, connector.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", options, err)
		}
	}
	bad("address", "address", "https://h/{x}")
	bad("no option", "adress", "x")
	bad("no values", "value.v", "-")
	bad("is empty", "value.w", "")
	bad("value's name", "value.", "$.v")
	bad("value's name", "value."+strings.Repeat("x", 121), "$.v")
	bad("JSONPath", "value.v", "v")
	bad("JSONPath", "rows", "d[")
	bad("JSONPath", "time", "t[")
	bad("format", "format", "xml")
	bad("rows is a path of JSON", "format", "csv")
	bad("time is missing", "time", "-")
	bad("time is missing", "format", "csv", "rows", "-", "time", "-")
	bad("zone", "zone", "Mars")
	bad("time_layout", "time_layout", "rfc")
	bad("label", "label", "middle")
	bad("needs the option span", "label", "start")
	bad("span", "span", "1.5s")
	bad("leave out", "start", "$.f", "span", "1h")
	bad("leave out", "start", "$.f", "time", "-")
	bad("timeout", "timeout", "1h")
	bad("limit", "limit", "1000000000")
	bad("future", "future", "take")
	bad("private", "private", "yes")
	bad("headers_file", "headers_file", "../key")
	bad("headers_file", "headers_file", "/etc/passwd")
	bad("secret_file", "secret_file", "key")
	bad("go together", "address", "https://h/?k={secret}")
	bad("delimiter", "format", "csv", "rows", "-", "delimiter", "x")
	bad("decimal", "format", "csv", "rows", "-", "decimal", "'")
	bad("skip", "format", "csv", "rows", "-", "skip", "-1")
	d = New(Options{})
	bad("no folder of secrets", "headers_file", "key")
}

// What an answer holds: rows, arrays side by side, single values, CSV; and what is wrong.
func TestReadForms(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	read := func(body, want string, options ...string) {
		t.Helper()
		d := New(Options{})
		s, err := d.settings(feed("https://h/", options...))
		if err != nil {
			t.Error(err)
			return
		}
		list, left, err := d.read(s, []byte(body), now)
		got := lines(list)
		if left.first != nil {
			got += left.first.Error() + "\n"
		}
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want && !(strings.HasPrefix(want, "error: ") && strings.Contains(got, strings.TrimPrefix(want, "error: "))) {
			t.Errorf("%s\n%s\nwant\n%s", body, got, want)
		}
	}
	rows := []string{"rows", "$[*]", "time", "$.t", "value.v", "$.v"}
	read(`[{"t":"2026-03-01T00:15Z","v":2},{"t":"2026-03-01T00:00Z","v":"1.5"}]`, "spot v 2026-03-01T00:00:00Z 0s = 1.5\nspot v 2026-03-01T00:15:00Z 0s = 2\n", rows...)
	read(`[{"t":"2026-03-01T00:15Z","v":true},{"t":"2026-03-01T00:00Z","v":null},{"t":"2026-03-01T00:30Z"}]`, "spot v 2026-03-01T00:15:00Z 0s = 1\n", rows...)
	read(`[{"t":"2026-03-01T00:15Z","v":1},{"t":"2026-03-01T00:15Z","v":2}]`, "spot v 2026-03-01T00:15:00Z 0s = 2\n", rows...)
	read(`[{"t":"x","v":1},{"t":"2026-03-01T00:15Z","v":2}]`, "spot v 2026-03-01T00:15:00Z 0s = 2\nrow 1: the time \"x\" cannot be read: it is not of the layout iso8601\n", rows...)
	read(`[{"t":"2026-03-01T00:15Z","v":"n/a"}]`, "row 1: v: no number: \"n/a\"\n", rows...)
	read(`[{"t":"2026-03-01T00:15Z","v":"n/a"}]`, "", append(rows, "nulls", "-, n/a")...)
	read(`[{"t":"2026-03-01T00:15Z","v":1e999}]`, "row 1: v: no number: \"1e999\"\n", rows...)
	read(`[{"t":"2026-03-01T00:15Z","v":"0x10"}]`, "row 1: v: no number: \"0x10\"\n", rows...)
	read(`[{"t":"2026-03-01T00:15Z","v":[1]}]`, "row 1: v: no number: [1]\n", rows...)
	read(`{"t":`, "error: no JSON", rows...)
	read(`<html>`, "error: no JSON", rows...)
	read(`[] []`, "error: more follows", rows...)
	read(strings.Repeat("[", 20000), "error: no JSON", rows...)
	read(`[{"t":"2026-03-01T00:15Z","v":{"a":1,"b":2}}]`, "error: selects 2 things", "rows", "$[*]", "time", "$.t", "value.v", "$.v.*")

	read(`{"now":{"v":7}}`, "spot v 2026-03-01T00:00:00Z 0s = 7\n", "value.v", "$.now.v")
	read(`{"now":{}}`, "", "value.v", "$.now.v")
	read(`{"t":1767225600,"v":7}`, "spot v 2026-01-01T00:00:00Z 15m0s = 7\n", "value.v", "$.v", "time", "$.t", "time_layout", "unix", "span", "15m")
	side := []string{"time", "$.t", "time_layout", "unix", "value.v", "$.v", "value.w", "$.w"}
	read(`{"t":[1767225600,1767229200],"v":[1,2],"w":[null,4]}`, "spot v 2026-01-01T00:00:00Z 0s = 1\nspot v 2026-01-01T01:00:00Z 0s = 2\nspot w 2026-01-01T01:00:00Z 0s = 4\n", side...)
	read(`{"t":[1767225600,1767229200],"v":[1],"w":[null,4]}`, "error: v has 1 entries, the times have 2", side...)
	read(`{"t":[1767225600],"v":[1],"w":5}`, "error: w is no array", side...)
	read(`{"t":5,"v":[1]}`, "error: time is none", side...)
	read(`{"t":[],"v":[]}`, "", side...)
	read(`{"f":[1767225600],"t":[1767226500],"v":[1]}`, "spot v 2026-01-01T00:15:00Z 15m0s = 1\n", "time", "$.t", "start", "$.f", "time_layout", "unix", "value.v", "$.v")
	read(`{"f":[1767226500],"t":[1767226500],"v":[1]}`, "row 1: its interval of 0s is no whole number of seconds up to 366 days\n", "time", "$.t", "start", "$.f", "time_layout", "unix", "value.v", "$.v")

	table := []string{"format", "csv", "time", "at", "value.v", "price", "zone", "Europe/Berlin"}
	read("\xef\xbb\xbfat,price\n2026-03-01 00:15,1.5\n2026-03-01 00:30,\n2026-03-01 00:45\n", "spot v 2026-02-28T23:15:00Z 0s = 1.5\n", table...)
	read("# of today\nat;price\n2026-03-01 00:15;1,5\n2026-03-01 00:30;1.5\n", "spot v 2026-02-28T23:15:00Z 0s = 1.5\nrow 2: v: no number with a decimal comma: \"1.5\"\n", append(table, "delimiter", ";", "decimal", ",", "skip", "1")...)
	read("at,eur\n2026-03-01 00:15,1.5\n", "spot v 2026-02-28T23:15:00Z 0s = 1.5\n", append(table, "value.v", "#2")...)
	read("at,eur\n", `error: no column "price"; the columns are ["at" "eur"]`, table...)
	read("at,price,price\n", "error: there twice", table...)
	read("", "error: no line of column names", table...)
	read("at,price\n\"x", "error: the CSV of the answer", table...)
}

func TestBounds(t *testing.T) {
	d := New(Options{})
	s, err := d.settings(feed("https://h/", "rows", "$[*]", "time", "$.t", "value.v", "$.v"))
	if err != nil {
		t.Fatal(err)
	}
	body := "[" + strings.Repeat("0,", maxRows) + "0]"
	if _, _, err := d.read(s, []byte(body), time.Now()); !errors.Is(err, connector.ErrProtocol) || !strings.Contains(err.Error(), "at most 100000 rows") {
		t.Error(err)
	}
}

func TestUnreachableHidesTheURL(t *testing.T) {
	s := settings{device: connector.Device{ID: "d"}}
	u := &url.URL{Scheme: "https", Host: "h", RawQuery: "key=secret"}
	if err := s.unreachable(u, &url.Error{Op: "Get", URL: u.String(), Err: errors.New("reset")}); strings.Contains(err.Error(), "secret") || !errors.Is(err, connector.ErrUnreachable) {
		t.Error(err)
	}
}
