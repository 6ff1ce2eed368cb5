package httpdoor

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/influxdata/line-protocol/v2/lineprotocol"
	"pgregory.net/rapid"
)

// point is a line as both decoders understand it.
type point struct {
	Name   string
	Tags   []label
	Fields []pointField
	Time   int64 // nanoseconds
}

type pointField struct {
	Key, Kind, Value string
}

var units = map[string]lineprotocol.Precision{
	"1ns": lineprotocol.Nanosecond, "1µs": lineprotocol.Microsecond, "1ms": lineprotocol.Millisecond, "1s": lineprotocol.Second,
}

// ours decodes with the parser of this package; a faulty line is a nil.
func ours(text []byte, unit time.Duration, now int64) []*point {
	var p lineParser
	var list []*point
	p.reset(text, newNameCache(picking{}))
	for {
		e, err := p.next()
		if e == nil {
			return list
		}
		if err != nil {
			list = append(list, nil)
			continue
		}
		list = append(list, ourPoint(e, unit, now))
	}
}

func ourPoint(e *entry, unit time.Duration, now int64) *point {
	name, tags, _, err := readLabels(e.series)
	if err != nil {
		panic("a series that was taken is faulty: " + err.Error())
	}
	slices.SortFunc(tags, func(a, b label) int { return strings.Compare(a.key, b.key) })
	out := &point{Name: name, Tags: tags, Time: time.Unix(0, now).Truncate(unit).UnixNano()}
	if e.timed {
		at, ok := nanoseconds(e.stamp, unit)
		if !ok {
			return nil
		}
		out.Time = at
	}
	for _, f := range e.fields {
		out.Fields = append(out.Fields, ourField(f))
	}
	return out
}

func ourField(f field) pointField {
	g := pointField{Key: unescape(f.key, ",= ")}
	switch f.kind {
	case kindFloat:
		g.Kind, g.Value = "float", strconv.FormatFloat(f.value, 'g', -1, 64)
	case kindInt:
		x, err := strconv.ParseInt(string(f.raw), 10, 64)
		g.Kind, g.Value = "int", fmt.Sprint(x, err, float64(x) == f.value)
	case kindUint:
		x, err := strconv.ParseUint(string(f.raw), 10, 64)
		g.Kind, g.Value = "uint", fmt.Sprint(x, err, float64(x) == f.value)
	case kindBool:
		g.Kind, g.Value = "bool", fmt.Sprint(f.value)
	case kindString:
		g.Kind, g.Value = "string", unquote(f.raw)
	}
	return g
}

// unquote undoes the escapes of a string value.
func unquote(raw []byte) string {
	var out []byte
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' && i+1 < len(raw) {
			if j := bytes.IndexByte(stringEscapes, raw[i+1]); j >= 0 {
				out = append(out, "\\\"\n\r\t"[j])
				i++
				continue
			}
		}
		out = append(out, raw[i])
	}
	return string(out)
}

// theirs decodes with the library of InfluxData. It reports some faulty lines twice,
// so faults that follow each other are told as one.
func theirs(text []byte, precision lineprotocol.Precision, now int64) []*point {
	d := lineprotocol.NewDecoderWithBytes(slices.Clone(text))
	var list []*point
	for d.Next() {
		list = append(list, theirPoint(d, precision, now))
	}
	return list
}

func theirPoint(d *lineprotocol.Decoder, precision lineprotocol.Precision, now int64) *point {
	name, err := d.Measurement()
	if err != nil {
		return nil
	}
	out := &point{Name: string(name)}
	for {
		key, value, err := d.NextTag()
		if err != nil {
			return nil
		}
		if key == nil {
			break
		}
		out.Tags = append(out.Tags, label{string(key), string(value)})
	}
	for {
		key, value, err := d.NextField()
		if err != nil {
			return nil
		}
		if key == nil {
			break
		}
		out.Fields = append(out.Fields, theirField(string(key), value.Interface()))
	}
	at, err := d.Time(precision, time.Unix(0, now))
	if err != nil {
		return nil
	}
	out.Time = at.UnixNano()
	slices.SortFunc(out.Tags, func(a, b label) int { return strings.Compare(a.key, b.key) })
	for i := range out.Tags {
		if i > 0 && out.Tags[i-1].key == out.Tags[i].key {
			return nil
		}
	}
	return out
}

func theirField(key string, value any) pointField {
	f := pointField{Key: key}
	switch x := value.(type) {
	case float64:
		f.Kind, f.Value = "float", strconv.FormatFloat(x, 'g', -1, 64)
	case int64:
		f.Kind, f.Value = "int", fmt.Sprint(x, nil, true)
	case uint64:
		f.Kind, f.Value = "uint", fmt.Sprint(x, nil, true)
	case bool:
		f.Kind, f.Value = "bool", map[bool]string{true: "1", false: "0"}[x]
	case string:
		f.Kind, f.Value = "string", x
	}
	return f
}

// oneFault tells faults that follow each other as one.
func oneFault(list []*point) []*point {
	return slices.CompactFunc(list, func(a, b *point) bool { return a == nil && b == nil })
}

func compare(t interface {
	Helper()
	Fatalf(string, ...any)
}, text []byte, precision lineprotocol.Precision, now int64) {
	t.Helper()
	got := oneFault(ours(text, precision.Duration(), now))
	want := oneFault(theirs(text, precision, now))
	if !samePoints(got, want) {
		t.Fatalf("%q:\n ours   %s\n theirs %s", text, show(got), show(want))
	}
}

func samePoints(a, b []*point) bool {
	return slices.EqualFunc(a, b, func(x, y *point) bool {
		if x == nil || y == nil {
			return x == y
		}
		return x.Name == y.Name && x.Time == y.Time && slices.Equal(x.Tags, y.Tags) && slices.Equal(x.Fields, y.Fields)
	})
}

func show(list []*point) string {
	var out strings.Builder
	for _, p := range list {
		if p == nil {
			out.WriteString("[fault] ")
			continue
		}
		fmt.Fprintf(&out, "%+v ", *p)
	}
	return out.String()
}

// corpusCase is a case of the public corpus of influxdata/line-protocol-corpus.
type corpusCase struct {
	Input struct {
		Key         string
		Text        corpusText
		DefaultTime int64
		Precision   string
	}
	Output struct {
		Error  string
		Result []struct {
			Time   int64
			Name   corpusText
			Tags   []struct{ Key, Value corpusText }
			Fields []struct {
				Key   corpusText
				Value map[string]json.RawMessage
			}
		}
	}
}

// corpusText is a text, or an object with base64 where it is not UTF-8.
type corpusText string

func (c *corpusText) UnmarshalJSON(b []byte) error {
	var binary struct{ Binary string }
	if json.Unmarshal(b, &binary) == nil {
		text, err := base64.StdEncoding.DecodeString(binary.Binary)
		*c = corpusText(text)
		return err
	}
	return json.Unmarshal(b, (*string)(c))
}

func corpus(t testing.TB) map[string]corpusCase {
	t.Helper()
	file, err := os.Open("testdata/linecorpus.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Decode map[string]corpusCase }
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all.Decode
}

// The public corpus: what its cases take is taken with the same values, what they
// refuse is refused.
func TestPublicCorpus(t *testing.T) {
	cases := corpus(t)
	if len(cases) != 6615 {
		t.Fatalf("%d cases, want 6615", len(cases))
	}
	passed, faulty := 0, 0
	for key, c := range cases {
		got := ours([]byte(c.Input.Text), units[c.Input.Precision].Duration(), c.Input.DefaultTime)
		failed := slices.Contains(got, nil)
		for _, p := range got {
			unsigned(p)
		}
		if c.Output.Error != "" {
			faulty++
		}
		if failed != (c.Output.Error != "") || !failed && !samePoints(got, wanted(t, c)) {
			t.Errorf("%s: %q: got %s, want error %q %s", key, c.Input.Text, show(got), c.Output.Error, show(wanted(t, c)))
			continue
		}
		passed++
	}
	t.Logf("%d of %d cases, %d of them refusals", passed, len(cases), faulty)
}

// unsigned writes minus zero as zero: the corpus does not keep its sign.
func unsigned(p *point) {
	for i := range p.fieldsOrNone() {
		if p.Fields[i].Kind == "float" && p.Fields[i].Value == "-0" {
			p.Fields[i].Value = "0"
		}
	}
}

func (p *point) fieldsOrNone() []pointField {
	if p == nil {
		return nil
	}
	return p.Fields
}

func wanted(t testing.TB, c corpusCase) []*point {
	t.Helper()
	var list []*point
	for _, r := range c.Output.Result {
		p := &point{Name: string(r.Name), Time: r.Time}
		for _, tag := range r.Tags {
			p.Tags = append(p.Tags, label{string(tag.Key), string(tag.Value)})
		}
		for _, f := range r.Fields {
			for kind, raw := range f.Value {
				p.Fields = append(p.Fields, corpusField(t, string(f.Key), kind, raw))
			}
		}
		list = append(list, p)
	}
	return list
}

func corpusField(t testing.TB, key, kind string, raw json.RawMessage) pointField {
	t.Helper()
	var value any
	var err error
	switch kind {
	case "float":
		value, err = strconv.ParseFloat(string(raw), 64)
	case "int":
		value, err = strconv.ParseInt(string(raw), 10, 64)
	case "uint":
		value, err = strconv.ParseUint(string(raw), 10, 64)
	case "bool":
		value, err = strconv.ParseBool(string(raw))
	case "string":
		var text corpusText
		err = json.Unmarshal(raw, &text)
		value = string(text)
	}
	if err != nil {
		t.Fatalf("%s %s: %v", kind, raw, err)
	}
	return theirField(key, value)
}

// Each line of the corpus again, all in one body: faults in a line leave the next alone.
func TestCorpusAsOneBody(t *testing.T) {
	var body []byte
	for _, c := range corpus(t) {
		body = append(append(body, c.Input.Text...), '\n')
		if len(body) > 1<<14 {
			compare(t, body, lineprotocol.Nanosecond, 7)
			body = body[:0]
		}
	}
	compare(t, body, lineprotocol.Nanosecond, 7)
}

// Texts out of the pieces of the grammar, in any order.
func TestPiecesLikeTheLibrary(t *testing.T) {
	pieces := []string{"m", "cpu", ",", "=", " ", "\\", "\"", "\n", "\r", "\r\n", "#", "1", "-", ".", "i", "u", "e5", "t", "true", "F",
		"\t", "\x00", "\x7f", "é", "\xff", "n", "9223372036854775807", "m f=1", " 1465839830100400200", "a=b", "f=\"x\"", "0x1p-2", "1_0", "inf", "NaN", "\\ ", "\\,", "\\="}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 24).Draw(t, "parts")
		unit := rapid.SampledFrom([]lineprotocol.Precision{lineprotocol.Nanosecond, lineprotocol.Microsecond, lineprotocol.Millisecond, lineprotocol.Second}).Draw(t, "unit")
		compare(t, []byte(strings.Join(parts, "")), unit, 1_465_839_830_123_456_789)
	})
}

// Numbers are the same to the last bit, the quick way and the slow way.
func TestNumbersToTheLastBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{0,18}(\.[0-9]{0,18})?(e-?[0-9]{1,3})?`).Draw(t, "number")
		got, n := plainNumber([]byte(text))
		want, err := strconv.ParseFloat(text, 64)
		if n == len(text) && n > 0 && (err != nil || math.Float64bits(got) != math.Float64bits(want)) {
			t.Fatalf("%q: %v, want %v %v", text, got, want, err)
		}
		compare(t, []byte("m f="+text), lineprotocol.Nanosecond, 0)
	})
}

// What the library's own encoder writes is read back.
func TestEncoderOfTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var e lineprotocol.Encoder
		for range rapid.IntRange(1, 5).Draw(t, "lines") {
			e.StartLine(rapid.StringMatching(`[a-zé ,=\\]{1,8}[a-z]`).Draw(t, "measurement"))
			for i, v := range rapid.SliceOfN(rapid.StringMatching(`[a-z ,=é\\]{1,6}[a-z]`), 0, 3).Draw(t, "tags") {
				e.AddTag(string(rune('a'+i)), v)
			}
			for i, v := range rapid.SliceOfN(rapid.Float64Range(-1e300, 1e300), 1, 4).Draw(t, "fields") {
				e.AddField("f "+strconv.Itoa(i), lineprotocol.MustNewValue(v))
			}
			e.AddField("s", lineprotocol.MustNewValue(rapid.String().Draw(t, "string")))
			e.EndLine(time.Unix(0, rapid.Int64().Draw(t, "time")))
		}
		compare(t, e.Bytes(), lineprotocol.Nanosecond, 0)
		if e.Err() == nil && slices.Contains(ours(e.Bytes(), time.Nanosecond, 0), nil) {
			t.Fatalf("refused: %q", e.Bytes())
		}
	})
}

func FuzzLines(f *testing.F) {
	for _, seed := range []string{
		"cpu,host=a usage=1.5,idle=2i 1465839830100400200\ncpu,host=a usage=1.6,idle=3i 1465839831100400200",
		"m,t=\\ x f=\"a\nb\\\"\",g=t\r\n#c\n\nm f=1u 5\n", "m f=1 \r\nm f=1 \r x\n", "m f=\"", "m,a=b,a=c f=1", "\\ f=1", "m f=1-\nm f=2 -", " # x\x00\nm f=1",
		"m f=-.5,g=5.,h=.5,i=1e400 1", "m f=1 99999999999999999999", "a\\ b,c\\,d=e\\=f g\\=h=1",
	} {
		f.Add([]byte(seed), byte(0))
	}
	f.Fuzz(func(t *testing.T, text []byte, unit byte) {
		compare(t, text, lineprotocol.Precision(unit%4), 1_465_839_830_123_456_789)
	})
}

func TestFaultsSayWhere(t *testing.T) {
	is := func(text string, line, column int) {
		t.Helper()
		var p lineParser
		p.reset([]byte(text), newNameCache(picking{}))
		for e, fault := p.next(); e != nil; e, fault = p.next() {
			if fault != nil {
				if fault.Line != line || fault.Column != column {
					t.Errorf("%q: %v, want %d:%d", text, fault, line, column)
				}
				return
			}
		}
		t.Errorf("%q: no fault", text)
	}
	is("m f=1\nm f=x\nm f=2", 2, 5)
	is("m f=\"a\nb\"\n\n# c\nm,a f=2", 5, 3)
	is("m f=1 12x", 1, 7)
	is("m f=1 12 x", 1, 10)
	is("m f=\"a\n\nb", 1, 5)
	is("m f=1\nm f=\"a\n\nb\"x", 4, 3)
	is("\n\n,a=b f=1", 3, 1)
}

func TestCacheStartsAnew(t *testing.T) {
	c := newNameCache(picking{})
	var p lineParser
	many := 2 * cacheBytes / 128
	for i := range many {
		p.reset(fmt.Appendf(nil, "m,id=%d f=1", i), c)
		if e, err := p.next(); err != nil || e.fields[0].name != fmt.Sprintf("m,id=%d.f", i) {
			t.Fatal(e, err)
		}
	}
	if c.size > cacheBytes+1000 || len(c.known) > many/2 {
		t.Errorf("%d bytes, %d series are kept", c.size, len(c.known))
	}
	if !reflect.DeepEqual(c.find([]byte("m,id=0")), (*series)(nil)) {
		t.Error("the first series is still known")
	}
}
