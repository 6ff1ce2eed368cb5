package readingfile

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"lingtan/meter"
)

// longFile is a long file of some meters over the day on which the clock is put
// back, with a few rejects.
func longFile() string {
	var b strings.Builder
	b.WriteString("meter,time,kwh\n")
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2018, 10, 27, 0, 0, 0, 0, zone)
	for i := range 300 {
		for m := range 3 {
			fmt.Fprintf(&b, "%d,%s,%.3f\n", m, at.Add(time.Duration(i)*15*time.Minute).Format("2006-01-02 15:04"), random.Float64()*100)
		}
		if i%40 == 7 {
			b.WriteString("1,2018-99-99 00:00,1\n9,2018-10-27 00:00,1\n")
		}
	}
	return b.String()
}

const longMapping = `layout: long
time: {column: time, layout: iso8601, zone: Europe/Berlin, step: 15m, label: start}
long: {value_column: kwh, template: "m{meter}.kwh"}
`

func longBench(t *testing.T) *bench {
	b := newBench(t, longMapping, park(meter.Amount, "m0.kwh", "m1.kwh", "m2.kwh"))
	b.batch = 100
	return b
}

// A crash at any batch, before or after the store kept it, and the next run must
// leave each reading in the store exactly once, and the same report.
func TestResume(t *testing.T) {
	whole := longBench(t)
	path := whole.write(longFile())
	run := func(b *bench) (Report, error) {
		f, err := b.open(path)
		if err != nil {
			t.Fatal(err)
		}
		return f.Run(context.Background(), b.store)
	}
	want, err := run(whole)
	if err != nil || want.Readings != 900 || want.Rejected != 16 || whole.store.appends != 10 {
		t.Fatalf("%d appends, %+v %v", whole.store.appends, want, err)
	}
	for breakAt := 1; breakAt <= 10; breakAt++ {
		for _, keep := range []bool{false, true} {
			b := longBench(t)
			b.store.breakAt, b.store.keepLast = breakAt, keep
			if r, err := run(b); !errors.Is(err, errBreak) || r.Complete {
				t.Fatalf("break at %d: %v", breakAt, err)
			}
			got, err := run(b)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(b.store.readings, whole.store.readings) {
				t.Fatalf("break at %d, kept %v: other readings are stored", breakAt, keep)
			}
			if !got.Already && (got.Admission.Stored+got.AdmissionUnknown != 900 || got.Rejected != 16 || !reflect.DeepEqual(got.Registers, want.Registers) || b.rejects.String() != whole.rejects.String()) {
				t.Fatalf("break at %d, kept %v: report %+v", breakAt, keep, got)
			}
			if breakAt > 1 && got.ResumedAt == 0 && !got.Already {
				t.Fatalf("break at %d: not resumed", breakAt)
			}
		}
	}
}

func TestTwiceIsOnce(t *testing.T) {
	b := longBench(t)
	first := b.run(longFile())
	appends := b.store.appends
	second := b.run(longFile())
	if !second.Already || second.Rows != first.Rows || second.Readings != 900 || second.Admission != first.Admission || b.store.appends != appends || finding(second, "LT-3110") == 0 {
		t.Errorf("second run: %+v", second)
	}
	b.park["m9.kwh"] = meter.Register{Key: "m9.kwh", Kind: meter.Amount}
	if third := b.run(longFile()); third.Already || third.Readings != 908 || len(b.store.readings["m9.kwh"]) != 8 {
		t.Errorf("after the park learned m9.kwh: %+v", third)
	}
}

func TestCheckStoresNothing(t *testing.T) {
	b := longBench(t)
	f, err := b.open(b.write(longFile()))
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Check(context.Background())
	if err != nil || !r.Complete || r.Readings != 900 || r.Rejected != 16 || r.Admission != (meter.Admission{}) || b.store.appends != 0 {
		t.Errorf("%+v %v", r, err)
	}
	run, err := f.Run(context.Background(), b.store)
	if err != nil || run.Readings != r.Readings || !reflect.DeepEqual(run.Findings, r.Findings) {
		t.Errorf("run after check: %+v %v", run, err)
	}
}

func TestCutFiles(t *testing.T) {
	cut := func(content string, readings, row int) {
		t.Helper()
		b := longBench(t)
		f, err := b.open(b.write(content))
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.Run(context.Background(), b.store)
		stored := 0
		for _, list := range b.store.readings {
			stored += len(list)
		}
		if !errors.Is(err, ErrCut) || !strings.Contains(err.Error(), fmt.Sprintf("in the middle of row %d;", row)) || r.Complete || stored != readings && readings >= 0 {
			t.Errorf("%d stored, %v", stored, err)
		}
		if stored != int(r.Readings) {
			t.Errorf("%d stored, the report says %d", stored, r.Readings)
		}
	}
	cut("meter,time,kwh\n0,2018-10-27 00:00,1\n0,2018-10-27 0", 1, 2)
	cut("meter,time,kwh\n0,2018-10-27 00:00,1\n0,\"2018-10-27 0\n\n", 1, 2)
	whole := zipped(t, longFile())
	b := longBench(t)
	f, err := b.open(b.write(whole[:len(whole)/2]))
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Run(context.Background(), b.store)
	if !errors.Is(err, ErrCut) || r.Complete || r.Readings == 0 || r.Readings == 900 || !strings.Contains(err.Error(), "in the middle of row") {
		t.Errorf("gzip cut in half: %+v %v", r, err)
	}
	if r := b.run(whole); !r.Complete || r.Readings != 900 {
		t.Errorf("the whole file after the cut one: %+v", r)
	}
	damaged := []byte(whole)
	damaged[len(damaged)-6] ^= 0xff // of the checksum
	f, err = longBench(t).open(b.write(string(damaged)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Check(context.Background()); !errors.Is(err, ErrFormat) {
		t.Errorf("damaged gzip: %v", err)
	}
}

func TestCancel(t *testing.T) {
	b := longBench(t)
	f, err := b.open(b.write(longFile()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if r, err := f.Run(ctx, b.store); !errors.Is(err, context.Canceled) || r.Complete {
		t.Errorf("%+v %v", r, err)
	}
}

func TestLimits(t *testing.T) {
	limited := func(limits, content string) {
		t.Helper()
		b := newBench(t, wideMapping+"limits: "+limits+"\n", park(meter.Amount, "m.kwh"))
		f, err := b.open(b.write(content))
		if err == nil {
			_, err = f.Check(context.Background())
		}
		if !errors.Is(err, ErrLimit) {
			t.Errorf("%s: %v", limits, err)
		}
	}
	row := "2018-01-01 00:15,1\n"
	limited("{rows: 1}", "time,kwh\n"+row+row)
	limited("{columns: 1}", "time,kwh\n"+row)
	limited("{bytes: 20}", "time,kwh\n"+row+row)
	limited("{row_bytes: 1024}", "time,kwh\n2018-01-01 00:15,"+strings.Repeat("1", 5000))
}

func TestProgress(t *testing.T) {
	b := longBench(t)
	now := time.Unix(0, 0)
	var seen []Progress
	m, err := ParseMapping("m.yaml", []byte(b.mapping))
	if err != nil {
		t.Fatal(err)
	}
	path := b.write("meter,time,kwh\n" + strings.Repeat("0,2018-10-27 00:00,1\n", 20_000))
	f, err := Open(path, m, Options{Park: "p", Registers: b.park, Progress: func(p Progress) { seen = append(seen, p) }, Clock: func() time.Time {
		now = now.Add(60 * time.Millisecond)
		return now
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	last := seen[len(seen)-1]
	if len(seen) < 5 || len(seen) > 15 || last.Rows != 20_000 || last.Bytes != last.TotalBytes || last.RowsPerSecond <= 0 || last.Left != 0 || seen[0].Left <= 0 {
		t.Errorf("%d calls, the last %+v", len(seen), last)
	}
}

// A file of nothing but unknown registers must not outgrow the mark.
func TestMarkStaysSmall(t *testing.T) {
	b := longBench(t)
	var text strings.Builder
	text.WriteString("meter,time,kwh\n0,2018-10-27 00:00,1\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "%d\x01\x02<&\xff,2018-10-27 00:00,1\n", i)
	}
	r := b.run(text.String())
	if r.RejectedBy["LT-3012"] != 5000 || len(b.store.marks) != 1 {
		t.Errorf("report %+v", r)
	}
	for name, value := range b.store.marks {
		if len(value) > 64<<10 || len(value) < maxUnknown/2 {
			t.Errorf("mark %s has %d bytes", name, len(value))
		}
	}
}
