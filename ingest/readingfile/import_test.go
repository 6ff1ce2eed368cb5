package readingfile

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"lingtan/meter"
)

// registers is a park's registers by key.
type registers map[string]meter.Register

func (r registers) Register(key string) (meter.Register, bool) {
	reg, ok := r[key]
	return reg, ok
}

func park(kind meter.Kind, keys ...string) registers {
	r := registers{}
	for _, key := range keys {
		r[key] = meter.Register{Key: key, Kind: kind, Unit: "kWh", Multiplier: 1}
	}
	return r
}

// recorder keeps what an import hands over, batch and marks as one, and breaks
// once after a number of batches, before or after it has kept the last of them.
type recorder struct {
	readings map[string][]string
	marks    map[string][]byte
	appends  int
	breakAt  int  // this append fails; 0 = none
	keepLast bool // … though its batch was kept
}

var errBreak = errors.New("the store is gone")

func (r *recorder) Append(_ context.Context, _ string, b *meter.Batch, marks ...meter.Mark) (meter.Admission, error) {
	r.appends++
	if r.appends == r.breakAt && !r.keepLast {
		return meter.Admission{}, errBreak
	}
	for i := range b.Len() {
		key := b.Keys[b.Ref[i]]
		r.readings[key] = append(r.readings[key], fmt.Sprintf("%s %ds %v", time.UnixMilli(b.At[i]).UTC().Format("01-02T15:04"), b.Span[i], b.Value[i]))
	}
	for _, m := range marks {
		r.marks[m.Name] = m.Value
	}
	if r.appends == r.breakAt {
		return meter.Admission{}, errBreak
	}
	return meter.Admission{Stored: int64(b.Len())}, nil
}

func (r *recorder) Mark(_ context.Context, name string) ([]byte, error) { return r.marks[name], nil }

func newRecorder() *recorder {
	return &recorder{readings: map[string][]string{}, marks: map[string][]byte{}}
}

// bench is one import in a test.
type bench struct {
	t       *testing.T
	mapping string
	park    registers
	store   *recorder
	rejects strings.Builder
	batch   int
}

func newBench(t *testing.T, mapping string, park registers) *bench {
	return &bench{t: t, mapping: "format: lingtan.mapping/v1\n" + mapping, park: park, store: newRecorder()}
}

func (b *bench) open(path string) (*File, error) {
	m, err := ParseMapping("m.yaml", []byte(b.mapping))
	if err != nil {
		b.t.Fatal(err)
	}
	b.rejects.Reset()
	return Open(path, m, Options{Park: "park", Registers: b.park, Rejects: &b.rejects, BatchRows: b.batch})
}

func (b *bench) write(content string) string {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "readings.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

func (b *bench) run(content string) Report {
	b.t.Helper()
	f, err := b.open(b.write(content))
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := f.Run(context.Background(), b.store)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// rejected is line, column and code of every reject listed.
func (b *bench) rejected() []string {
	b.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.rejects.String(), "\ufeff"))).ReadAll()
	if err != nil || len(rows) == 0 || !slices.Equal(rows[0], rejectsHeader) {
		b.t.Fatalf("rejects file: %v %v", rows, err)
	}
	var out []string
	for _, row := range rows[1:] {
		if slices.Contains(row[3:], "") {
			b.t.Errorf("reject %v leaves a reason empty", row)
		}
		out = append(out, strings.Join([]string{row[0], row[1], row[2], row[3]}, "|"))
	}
	return out
}

func (b *bench) want(key string, want ...string) {
	b.t.Helper()
	if got := b.store.readings[key]; !slices.Equal(got, want) {
		b.t.Errorf("%s holds\n  %s\nwant\n  %s", key, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func finding(r Report, code string) int64 {
	for _, f := range r.Findings {
		if f.Code == code && f.ZH != "" && f.EN != "" && !strings.Contains(f.ZH+f.EN, "%!") {
			return f.Count
		}
	}
	return 0
}

const wideMapping = `layout: wide
time: {column: time, layout: iso8601, zone: Asia/Shanghai, step: 15m}
values: [{column: kwh, register: m.kwh}]
`

func TestWide(t *testing.T) {
	b := newBench(t, wideMapping, park(meter.Amount, "m.kwh"))
	r := b.run("\ufefftime,kwh\r\n2018-01-01 08:15,1.5\r\n2018-01-01 08:30,\r\n2018-01-01 08:45,\"2\"")
	b.want("m.kwh", "01-01T00:15 900s 1.5", "01-01T00:45 900s 2")
	if !r.Complete || r.Rows != 3 || r.Readings != 2 || r.Gaps != 1 || r.Rejected != 0 || r.Admission.Stored != 2 {
		t.Errorf("report %+v", r)
	}
	if g := r.Registers[0]; g.Key != "m.kwh" || g.Sum != 3.5 || g.Count != 2 || g.Unit != "kWh" || g.First.Minute() != 15 || g.Last.Minute() != 45 {
		t.Errorf("register %+v", g)
	}
}

func TestKindsAndLabels(t *testing.T) {
	kinds := registers{}
	maps.Copy(kinds, park(meter.Amount, "m.amount"))
	maps.Copy(kinds, park(meter.Counter, "m.counter"))
	maps.Copy(kinds, park(meter.Power, "m.power"))
	b := newBench(t, `layout: wide
delimiter: ";"
time: {column: time, layout: dd.mm.yyyy hh:mm, zone: UTC, step: 15m, label: start, shift: {days: 1, hours: 1}}
values: [{column: a, register: m.amount, decimal: ","}, {column: c, register: m.counter}, {column: p, register: m.power}]
`, kinds)
	b.run("time;a;c;p\n01.01.2018 00:00;1,5;100;-7\n")
	b.want("m.amount", "01-02T01:15 900s 1.5")
	b.want("m.counter", "01-02T01:00 0s 100")
	b.want("m.power", "01-02T01:00 0s -7")
}

func TestRejects(t *testing.T) {
	kinds := park(meter.Amount, "m.kwh")
	maps.Copy(kinds, park(meter.Counter, "m.count"))
	b := newBench(t, `layout: wide
nulls: [NA]
time: {column: time, layout: iso8601, zone: Europe/Berlin, step: 15m}
values: [{column: kwh, register: m.kwh, empty: reject}, {column: count, register: m.count}]
`, kinds)
	r := b.run(`time,kwh,count
2018-01-01 00:15,n/a,1
2018-01-01 00:30,1,-1
2018-13-01 00:30,1,1
2018-03-25 02:15,1,1
2018-01-01 00:45,NA,NA
2018-01-01 01:00,1
2018-01-01 01:15,1,5,1
2018-01-01 01:30,1,1,,
2018-01-01 01:45,"1"2,1
2018-01-01 02:00,inf,1e16
2018-01-01 02:15,"=1+1",1
0018-01-01 02:15,1,1
2018-01-01 02:30,7,8
`)
	want := []string{"2|kwh|n/a|LT-3005", "3|count|-1|LT-3008", "4|time|2018-13-01 00:30|LT-3001", "5|time|2018-03-25 02:15|LT-3003",
		"6|kwh|NA|LT-3015", "7||2018-01-01 01:00,1|LT-3009", "8||2018-01-01 01:15,1,5,1|LT-3010", "10|||LT-3011",
		"11|kwh|inf|LT-3006", "11|count|1e16|LT-3007", "12|kwh|'=1+1|LT-3005", "13|time|0018-01-01 02:15|LT-3002"}
	if got := b.rejected(); !slices.Equal(got, want) {
		t.Errorf("rejects\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	if r.Rejected != int64(len(want)) || r.RejectedBy["LT-3005"] != 2 || r.Gaps != 1 || finding(r, "LT-3109") != 12 || r.Rows != 13 {
		t.Errorf("report %+v", r)
	}
	b.want("m.kwh", "12-31T23:30 900s 1", "01-01T00:30 900s 1", "01-01T01:30 900s 7")
}

func TestRejectsAreCountedBeyondTheList(t *testing.T) {
	b := newBench(t, wideMapping+"limits: {rejects: 2}\n", park(meter.Amount, "m.kwh"))
	r := b.run("time,kwh\n" + strings.Repeat("x,1\n", 5))
	if len(b.rejected()) != 2 || r.Listed != 2 || r.Rejected != 5 {
		t.Errorf("listed %v, report %+v", b.rejected(), r)
	}
}

func TestRefusedUpFront(t *testing.T) {
	refused := func(mapping, content string, want error, says ...string) {
		t.Helper()
		b := newBench(t, mapping, park(meter.Amount, "m.kwh"))
		path := b.write(content)
		_, err := b.open(path)
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", content, err, want)
			return
		}
		for _, s := range append(says, path) {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%q says %q without %q", content, err, s)
			}
		}
	}
	refused(wideMapping, "time,KWH\n1,2\n", ErrColumn, "line 1", `"kwh"`, `did you mean "KWH"`)
	refused(wideMapping, "time;kwh\n1;2\n", ErrColumn, `delimiter: ";"`)
	refused(wideMapping, "time,kwh,kwh\n1,2,3\n", ErrColumn, "#2 and #3")
	refused(wideMapping+"skip: 1\n", "x\nzeit,kwh\n", ErrColumn, "line 2", "zeit")
	refused(wideMapping, "\n\n", ErrFormat, "header")
	refused(wideMapping, "", ErrFormat, "empty")
	refused(wideMapping, "\xd0\xcf\x11\xe0 old", ErrFormat, ".xlsx")
	refused(wideMapping, "\xff\xfet\x00", ErrFormat, "encoding: utf-16")
	refused(wideMapping, "PAR1 and no more", ErrCut, "index")
	refused(wideMapping, "PK\x03\x04 and no more", ErrCut)
	refused(wideMapping, "\x1f\x8bx", ErrCut)
	refused(wideMapping, "时间,电量\n"[:4]+"\xff,kwh\n", ErrColumn, "encoding: gbk")
	b := newBench(t, wideMapping, park(meter.Amount, "other.kwh"))
	if _, err := b.open(b.write("time,kwh\n")); !errors.Is(err, ErrRegister) || !strings.Contains(err.Error(), "m.kwh") {
		t.Errorf("unknown register: %v", err)
	}
	b = newBench(t, strings.Replace(wideMapping, ", step: 15m", "", 1), park(meter.Amount, "m.kwh"))
	if _, err := b.open(b.write("time,kwh\n")); !errors.Is(err, ErrMapping) || !strings.Contains(err.Error(), "time.step") {
		t.Errorf("amount without step: %v", err)
	}
}

func TestMidnight(t *testing.T) {
	file := "time,kwh\n" + day("2018-01-01", "00:00") + day("2018-01-02", "00:00")
	b := newBench(t, wideMapping, park(meter.Amount, "m.kwh"))
	if r := b.run(file); finding(r, "LT-3101") != 2 || r.Moved != 0 {
		t.Errorf("without the rule: %+v", r.Findings)
	}
	rule := strings.Replace(wideMapping, "step: 15m", "step: 15m, midnight: day-ends", 1)
	b = newBench(t, rule, park(meter.Amount, "m.kwh"))
	r := b.run(file)
	if finding(r, "LT-3101") != 0 || finding(r, "LT-3102") != 2 || r.Moved != 2 || finding(r, "LT-3106") != 0 || finding(r, "LT-3104") != 0 {
		t.Errorf("with the rule: %+v", r.Findings)
	}
	got := b.store.readings["m.kwh"]
	if len(got) != 192 || got[95] != "01-01T16:00 900s 1" || got[191] != "01-02T16:00 900s 1" {
		t.Errorf("%d readings, midnight %s", len(got), got[95])
	}
	b = newBench(t, rule, park(meter.Amount, "m.kwh"))
	right := "time,kwh\n2018-01-01 23:45,1\n2018-01-02 00:00,1\n2018-01-02 00:15,1\n2018-01-02 00:30,1\n"
	if r := b.run(right); finding(r, "LT-3103") == 0 {
		t.Errorf("the rule on a file that does not need it: %+v", r.Findings)
	}
	b = newBench(t, rule, park(meter.Amount, "m.kwh"))
	if r := b.run("time,kwh\n" + day("2018-01-01", "24:00")); r.Moved != 0 || len(r.Findings) != 0 {
		t.Errorf("24:00 needs no move: %+v", r)
	}
}

// day is a day of quarter hours labelled by their ends, the last one as given.
func day(date, last string) string {
	var b strings.Builder
	for i := 1; i < 96; i++ {
		fmt.Fprintf(&b, "%s %02d:%02d,1\n", date, i/4, i%4*15)
	}
	fmt.Fprintf(&b, "%s %s,1\n", date, last)
	return b.String()
}

func TestDoubledHour(t *testing.T) {
	b := newBench(t, `layout: long
time: {column: time, layout: iso8601, zone: Europe/Berlin, step: 30m, label: start}
long: {register_column: meter, value_column: kwh, registers: {A: a.kwh, B: b.kwh}}
`, park(meter.Amount, "a.kwh", "b.kwh"))
	text := "meter,time,kwh\n"
	for i, clock := range []string{"01:30", "02:00", "02:30", "02:00", "02:30", "03:00"} {
		text += fmt.Sprintf("A,2018-10-28 %s,%d\nB,2018-10-28 %s,%d\n", clock, i, clock, i)
	}
	r := b.run(text)
	want := []string{"10-28T00:00 1800s 0", "10-28T00:30 1800s 1", "10-28T01:00 1800s 2", "10-28T01:30 1800s 3", "10-28T02:00 1800s 4", "10-28T02:30 1800s 5"}
	b.want("a.kwh", want...)
	b.want("b.kwh", want...)
	if finding(r, "LT-3107") != 8 || finding(r, "LT-3105") != 0 || finding(r, "LT-3106") != 0 {
		t.Errorf("findings %+v", r.Findings)
	}
}

func TestDaysOfTheCalendar(t *testing.T) {
	b := newBench(t, `layout: wide
time: {column: day, layout: yyyy-mm-dd, zone: Europe/Berlin, step: 24h, label: start}
values: [{column: kwh, register: m.kwh}]
`, park(meter.Amount, "m.kwh"))
	r := b.run("day,kwh\n2018-03-24,1\n2018-03-25,2\n2018-03-26,3\n")
	b.want("m.kwh", "03-24T23:00 86400s 1", "03-25T22:00 82800s 2", "03-26T22:00 86400s 3")
	if len(r.Findings) != 0 {
		t.Errorf("findings %+v", r.Findings)
	}
}

func TestOrderAndRepeats(t *testing.T) {
	b := newBench(t, wideMapping, park(meter.Amount, "m.kwh"))
	r := b.run("time,kwh\n2018-01-01 01:00,1\n2018-01-01 01:15,1\n2018-01-01 01:45,1\n2018-01-01 01:30,1\n2018-01-01 01:15,9\n2018-01-01 03:00,1\n")
	if finding(r, "LT-3104") != 2 || finding(r, "LT-3105") != 1 || finding(r, "LT-3106") == 0 {
		t.Errorf("findings %+v", r.Findings)
	}
}

func TestLong(t *testing.T) {
	b := newBench(t, `layout: long
time: {columns: {date: 日期, clock: 时间}, layout: yyyy/mm/dd hh:mm, zone: Asia/Shanghai, step: 15m}
long: {value_column: 电量, template: "{楼}-{表}.kwh"}
encoding: gb18030
`, park(meter.Amount, "一号-7.kwh", "一号-8.kwh"))
	text, err := simplifiedchinese.GB18030.NewEncoder().String("楼,表,日期,时间,电量\n一号,7,2018/1/1,8:15,1.5\n一号,8,2018/1/1,8:15,2.5\n二号,7,2018/1/1,8:15,3\n,7,2018/1/1,8:15,3\n")
	if err != nil {
		t.Fatal(err)
	}
	r := b.run(text)
	b.want("一号-7.kwh", "01-01T00:15 900s 1.5")
	b.want("一号-8.kwh", "01-01T00:15 900s 2.5")
	if r.RejectedBy["LT-3012"] != 1 || r.RejectedBy["LT-3016"] != 1 || r.Readings != 2 {
		t.Errorf("report %+v", r)
	}
}

func TestSession(t *testing.T) {
	b := newBench(t, `layout: session
time: {layout: iso8601, zone: America/New_York, year_add: 2000}
session: {start_column: created, end_column: ended, energy_column: kwh, register: "ev-{station}.kwh"}
`, park(meter.Amount, "ev-5.kwh"))
	r := b.run("station,created,ended,kwh\n5,0014-11-18 15:40:26,0014-11-18 17:11:04,7.78\n5,0014-11-18 15:40:26,0014-11-18 15:40:26,1\n9,0014-11-18 15:40:26,0014-11-18 17:40:26,1\n")
	b.want("ev-5.kwh", "11-18T22:11 5438s 7.78")
	if got := b.rejected(); !slices.Equal(got, []string{"3|ended|0014-11-18 15:40:26|LT-3014", "4||9|LT-3012"}) {
		t.Errorf("rejects %v", got)
	}
	if r.Registers[0].First.Year() != 2014 {
		t.Errorf("report %+v", r)
	}
}

func TestClip(t *testing.T) {
	b := newBench(t, strings.Replace(wideMapping, "step: 15m", "step: 15m, from: 2018-01-02, to: \"2018-01-01T16:30:00Z\"", 1), park(meter.Amount, "m.kwh"))
	r := b.run("time,kwh\n2018-01-02 00:00,1\n2018-01-02 00:15,2\n2018-01-02 00:30,3\n2018-01-02 00:45,4\n")
	b.want("m.kwh", "01-01T16:15 900s 2", "01-01T16:30 900s 3")
	if r.Clipped != 2 || r.Rejected != 0 || finding(r, "LT-3108") != 2 {
		t.Errorf("report %+v", r)
	}
}

func TestPartsAndNoHeader(t *testing.T) {
	b := newBench(t, `layout: wide
header_rows: 0
skip: 1
time: {columns: {year: "#1", month: "#2", day: "#3", hour: "#4"}, zone: UTC, step: 1h}
values: [{column: "#5", register: m.kwh}]
`, park(meter.Amount, "m.kwh"))
	r := b.run("some station\n2014.0,1.0,1.0,24,7\n2014,1,x,2,7\n")
	b.want("m.kwh", "01-02T00:00 3600s 7")
	if r.Rows != 2 || r.RejectedBy["LT-3001"] != 1 {
		t.Errorf("report %+v", r)
	}
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
