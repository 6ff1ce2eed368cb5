package httpdoor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestInflux(t *testing.T) {
	h := newHouse(t, Limits{})
	const at = "1782907200" // noon
	ok := func(query, body string, want ...string) {
		t.Helper()
		h.is(h.push("/api/v2/write?org=o&bucket=b"+query, body, east...), 204, "east", want...)
	}
	ok("", "m,host=a f=1.5 "+at+"000000001", "telegraf m,host=a.f 12:00:00.000000001 0s 1.5")
	ok("&precision=ns", "m f=1 "+at+"000000001", "telegraf m.f 12:00:00.000000001 0s 1")
	ok("&precision=us", "m f=1 "+at+"000001", "telegraf m.f 12:00:00.000001 0s 1")
	ok("&precision=ms", "m f=1 "+at+"001", "telegraf m.f 12:00:00.001 0s 1")
	ok("&precision=s", "m f=1 "+at, "telegraf m.f 12:00:00 0s 1")
	ok("&precision=s", "m f=1", "telegraf m.f 12:00:01 0s 1") // now, in the unit of the writer
	ok("", "m,z=1,a=2 f=-3i,g=4u,h=t,i=F,s=\"text\"",
		"telegraf m,a=2,z=1.f 12:00:01.5 0s -3", "telegraf m,a=2,z=1.g 12:00:01.5 0s 4",
		"telegraf m,a=2,z=1.h 12:00:01.5 0s 1", "telegraf m,a=2,z=1.i 12:00:01.5 0s 0")
	ok("", "m s=\"only text\"")
	ok("", "")
	ok("", "# comment\n\n")
	ok("", `a\,b,k\==v\ w f.g=1`, `telegraf a\,b,k\==v w.f\.g 12:00:01.5 0s 1`)
	if n := h.door.Forms()["influx"]; n.Ignored != 2 || n.Admitted != 11 {
		t.Errorf("%+v", n)
	}
	h.is(h.push("/api/v2/write?precision=h", "m f=1", east...), 400, "east")
	h.is(h.push("/api/v2/write", zipped(t, "m f=1\nm f=2"), with(east, "Content-Encoding", "gzip")...), 204, "east",
		"telegraf m.f 12:00:01.5 0s 1", "telegraf m.f 12:00:01.5 0s 2")
}

func TestInfluxPartialWrite(t *testing.T) {
	h := newHouse(t, Limits{})
	a := h.push("/api/v2/write", "m f=1\nm f=\nm f=3 1x\nm f=4", east...)
	h.is(a, 400, "east", "telegraf m.f 12:00:01.5 0s 1", "telegraf m.f 12:00:01.5 0s 4")
	h.says(a, `"code":"invalid"`, "partial write: 2 lines", `"line":2`, `"line":3`, `"stored":2`)

	a = h.push("/api/v2/write?precision=s", "m f=1 9223372036854775807\nm f=2 1782907200", east...)
	h.is(a, 400, "east", "telegraf m.f 12:00:00 0s 2")
	h.says(a, "does not fit")

	// A clock that is years off: the sink refuses, the sender is told.
	a = h.push("/api/v2/write?precision=s", "m f=1 1582907200\nm f=2 1782907200", east...)
	h.is(a, 422, "east", "telegraf m.f 12:00:00 0s 2")
	h.says(a, `"code":"unprocessable entity"`, "dropped=1", `"refused":1`)

	a = h.push("/api/v2/write", "m,t="+strings.Repeat("x", 600)+" f=1", east...)
	h.is(a, 422, "east")
	h.says(a, "name_tags")

	a = h.push("/api/v2/write", strings.Repeat("bad\n", 1000)+"m f=1", east...)
	h.is(a, 400, "east", "telegraf m.f 12:00:01.5 0s 1")
	h.says(a, "1000 lines")
	if len(a.body) > 10_000 {
		t.Errorf("an answer of %d bytes", len(a.body))
	}
	if n := h.door.Forms()["influx"]; n.Faulty != 1003 || n.Refused != 2 {
		t.Errorf("%+v", n)
	}
}

func TestNameTags(t *testing.T) {
	h := newHouse(t, Limits{})
	h.is(h.push("/api/v2/write", "m,host=a,room=b,os=c f=1", west...), 204, "west", "box m.f 12:00:01.5 0s 1")
	h.is(h.push("/api/v2/write", "m,os="+strings.Repeat("x", 500)+" f=1", west...), 204, "west", "box m.f 12:00:01.5 0s 1")
	h.is(h.push("/api/v2/write", "m,room=b,host=a,os=c f=1", some...), 204, "west", "some m,host=a,room=b.f 12:00:01.5 0s 1")
}

// Series that differ have names that differ, whatever characters they are made of.
func TestNamesStayApart(t *testing.T) {
	text := rapid.StringMatching(`[ab.,=\\]{1,4}`)
	type line struct {
		name, key, value, field string
		tagged                  bool
	}
	draw := func(t *rapid.T, what string) (line, string) {
		l := line{name: text.Draw(t, what+" name"), tagged: rapid.Bool().Draw(t, what+" tagged"), field: text.Draw(t, what+" field")}
		var labels []label
		if l.tagged {
			l.key, l.value = text.Draw(t, what+" key"), text.Draw(t, what+" value")
			labels = []label{{l.key, l.value}}
		}
		head, _, err := seriesName(l.name, labels, picking{})
		if err != nil {
			t.Fatal(err)
		}
		return l, fieldName(head, l.field)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, nameA := draw(t, "a")
		b, nameB := draw(t, "b")
		if (a == b) != (nameA == nameB) {
			t.Fatalf("%+v %q\n%+v %q", a, nameA, b, nameB)
		}
	})
}

func TestThingsboard(t *testing.T) {
	h := newHouse(t, Limits{})
	const path = "/api/v1/secret-east/telemetry"
	ok := func(body string, want ...string) {
		t.Helper()
		h.is(h.push(path, body, "Content-Type", "application/json"), 200, "east", want...)
	}
	ok(`{"b":1,"a":2.5}`, "telegraf a 12:00:01.5 0s 2.5", "telegraf b 12:00:01.5 0s 1")
	ok(` [{"a":1},{"a":2}]`, "telegraf a 12:00:01.5 0s 1", "telegraf a 12:00:01.5 0s 2")
	ok(`{"ts":1782907200123,"values":{"a":1,"on":true,"off":false}}`,
		"telegraf a 12:00:00.123 0s 1", "telegraf off 12:00:00.123 0s 0", "telegraf on 12:00:00.123 0s 1")
	ok(`[{"ts":1782907200000,"values":{"a":1}},{"ts":1782907201000,"values":{"a":2}}]`,
		"telegraf a 12:00:00 0s 1", "telegraf a 12:00:01 0s 2")
	ok(`{"text":"x","number":"22.5","object":{"a":1},"list":[1],"nothing":null,"a":1}`, "telegraf a 12:00:01.5 0s 1")
	ok(`{"ts":5}`, "telegraf ts 12:00:01.5 0s 5") // without values, ts is a key as any other
	ok(`[]`)
	bad := func(body string) {
		t.Helper()
		a := h.push(path, body)
		h.is(a, 400, "east")
		h.says(a, `"code":"invalid"`)
	}
	bad(``)
	bad(`5`)
	bad(`null`)
	bad(`{"a":1`)
	bad(`[1]`)
	bad(`{"ts":"yesterday","values":{"a":1}}`)
	bad(`{"ts":1,"values":[]}`)
	bad(strings.Repeat("[", 100_000))
	a := h.push(path, `[{"ts":1,"values":{"a":1}},{"a":2}]`)
	h.is(a, 422, "east", "telegraf a 12:00:01.5 0s 2")
	h.says(a, "dropped=1")
}

func TestOwnJSON(t *testing.T) {
	h := newHouse(t, Limits{})
	a := h.push("/api/v1/samples", `{"samples":[
		{"name":"a","at":"2026-07-01T20:00:00+08:00","value":1.5},
		{"name":"b","at":1782907200001,"span":900,"value":-2e3},
		{"name":"c","value":true}]}`, east...)
	if r := receiptOf(t, a); r.Stored != 3 {
		t.Errorf("%+v", r)
	}
	h.is(a, 200, "east", "telegraf a 12:00:00 0s 1.5", "telegraf b 12:00:00.001 15m0s -2000", "telegraf c 12:00:01.5 0s 1")
	h.is(h.push("/api/v1/samples", `{"samples":[]}`, east...), 200, "east")

	a = h.push("/api/v1/samples", `{"samples":[{"name":"","value":1},{"name":"a","value":"1"},{"name":"a","value":2,"span":-1},
		{"name":"a","at":"2026-07-01 12:00:00","value":3},{"name":"a","value":4},{"name":"a"}]}`, east...)
	h.is(a, 400, "east", "telegraf a 12:00:01.5 0s 4")
	h.says(a, "5 lines", `"line":1`, `"line":2`, `"line":3`, "no offset", `"line":6`)
	bad := func(body string) {
		t.Helper()
		h.is(h.push("/api/v1/samples", body, east...), 400, "east")
	}
	bad(``)
	bad(`[]`)
	bad(`{"samples":{}}`)
	bad(`{"samples":[{"name":"a","value":1}]`)
	bad(`{"samples":[{"name":"a","value":1}]}x`)
	bad(`{"samples":[{"name":"a","valeu":1}]}`)
	bad(`{"samples":[5]}`)
	h.is(h.push("/api/v1/samples", `{"samples":[{"name":"a","at":1,"value":1}]}`, east...), 422, "east")
}

func TestCSV(t *testing.T) {
	h := newHouse(t, Limits{})
	send := func(query, body string) answer { return h.push("/api/v1/samples.csv"+query, body, east...) }
	h.is(send("", "time,name,value\n2026-07-01T12:00:00Z,a,1\n1782907200001,b,2.5\n"), 200, "east", "telegraf a 12:00:00 0s 1", "telegraf b 12:00:00.001 0s 2.5")
	h.is(send("", "\xef\xbb\xbfValue, Span ,NAME,other,Time\r\n3,900,\"a,b\",x,2026-07-01T12:00:00Z\r\n"), 200, "east", "telegraf a,b 12:00:00 15m0s 3")
	h.is(send("?tz=Asia/Shanghai", "time,name,value\n2026-07-01 20:00:00,a,1\n2026/07/01 20:15,a,2\n"), 200, "east", "telegraf a 12:00:00 0s 1", "telegraf a 12:15:00 0s 2")
	a := send("", "time,name,value\n2026-07-01 20:00:00,a,1\n2026-07-01T12:00:00Z,a,x\n\"2026-07-01T12:00:00Z\"x,a,1\n2026-07-01T12:00:00Z,,4\n2026-07-01T12:00:00Z\n2026-07-01T12:00:00Z,a,5\n")
	h.is(a, 400, "east", "telegraf a 12:00:00 0s 5")
	h.says(a, "5 lines", `"line":2`, `"line":3`, `"line":4`, `"line":5`, `"line":6`)
	h.is(send("", ""), 400, "east")
	h.is(send("", "a,b\n1,2"), 400, "east")
	h.is(send("?tz=Moon", "time,name,value\n"), 400, "east")
	h.is(send("", "time,name,value\n2020-07-01T12:00:00Z,a,1\n"), 422, "east")
}

// More samples than a batch come all, in their order.
func TestBatches(t *testing.T) {
	h := newHouse(t, Limits{Batch: 7})
	var body strings.Builder
	var want []string
	for i := range 50 {
		at := noon.Add(time.Duration(i) * time.Second)
		fmt.Fprintf(&body, "m f=%d %d\n", i, at.UnixNano())
		want = append(want, fmt.Sprintf("telegraf m.f %s 0s %d", at.Format("15:04:05"), i))
	}
	a := h.push("/api/v2/write", body.String(), east...)
	h.is(a, 204, "east", want...)
	if got := a.header.Get("Lingtan-Receipt"); !strings.HasPrefix(got, "stored=50,") {
		t.Error(got)
	}
}
