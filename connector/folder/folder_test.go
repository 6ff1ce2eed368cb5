package folder

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lingtan/connector"
)

const day = "time,kwh,pf\n2026-03-01 00:30,2,0.9\n2026-03-01 00:15,1,0.8\n"

func is(t testing.TB, p *park, want ...string) {
	t.Helper()
	var got []string
	for k, v := range p.stored() {
		got = append(got, fmt.Sprintf("%s = %g", k, v))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("stored\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

var dayValues = []string{
	"billing energy 2026-02-28T16:15:00Z 15m0s = 1", "billing energy 2026-02-28T16:30:00Z 15m0s = 2",
	"billing pf 2026-02-28T16:15:00Z 15m0s = 0.8", "billing pf 2026-02-28T16:30:00Z 15m0s = 0.9",
}

func TestImport(t *testing.T) {
	dir, p := t.TempDir(), newPark()
	write(t, dir, "a.csv", day)
	w := watchOf(t, p, device(dir), t.TempDir())
	pass(t, w)
	is(t, p, dayValues...)
	if !slices.IsSortedFunc(p.order, time.Time.Compare) {
		t.Errorf("not in the order of time: %v", p.order)
	}
	if got := listing(t, dir) + "; " + listing(t, filepath.Join(dir, "done")); got != "done; a.csv a.csv.receipt.json" {
		t.Error(got)
	}
	r := receiptAt(t, dir, "a.csv")
	if r.Rows != 2 || r.Readings != 4 || r.Stored != 4 || r.Duplicates != 0 || r.Repeated || r.File != "a.csv" || r.Device != "billing" || r.Park != "p" ||
		r.SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte(day))) || time.Since(r.At) > time.Minute {
		t.Errorf("%+v", r)
	}
	if listing(t, w.spool) != "" {
		t.Error("a copy is left in the spool")
	}
}

// The same bytes under another name are told as repeated and not read again; a corrected
// file is read, and what it changes is a correction.
func TestRepeated(t *testing.T) {
	dir, home, p := t.TempDir(), t.TempDir(), newPark()
	write(t, dir, "a.csv", day)
	pass(t, watchOf(t, p, device(dir), home))
	calls := p.calls
	write(t, dir, "b.csv", day)
	write(t, dir, "a.csv", day)
	pass(t, watchOf(t, p, device(dir), home)) // of a process that began later
	if p.calls != calls {
		t.Error("it was read again")
	}
	r := receiptAt(t, dir, "b.csv")
	if !r.Repeated || r.First != "a.csv" || r.Stored != 0 || r.Rows != 2 || r.FirstAt.IsZero() {
		t.Errorf("%+v", r)
	}
	if r := receiptAt(t, dir, "a~2.csv"); !r.Repeated {
		t.Errorf("%+v", r)
	}
	write(t, dir, "c.csv", strings.Replace(day, ",2,", ",3,", 1))
	w := watchOf(t, p, device(dir), home)
	pass(t, w)
	if r := receiptAt(t, dir, "c.csv"); r.Repeated || r.Corrected != 1 || r.Duplicates != 3 || r.Stored != 0 {
		t.Errorf("%+v", r)
	}
	if c := w.counts.all(); c["files"] != 1 || c["corrected"] != 1 || c["duplicates"] != 3 || c["samples"] != 4 {
		t.Error(c)
	}
}

// A bad file goes to failed with its faults and does not hold up the others.
func TestFailed(t *testing.T) {
	fails := func(name, text, zh, en string, options ...string) {
		t.Helper()
		dir, p := t.TempDir(), newPark()
		write(t, dir, "1-"+name, text)
		write(t, dir, "2-good.csv", day)
		w := watchOf(t, p, device(dir, options...), t.TempDir())
		pass(t, w)
		told, err := os.ReadFile(filepath.Join(dir, "failed", "1-"+name+faultEnd))
		if err != nil || !strings.Contains(string(told), zh) || !strings.Contains(string(told), en) || strings.Contains(string(told), w.spool) {
			t.Errorf("%s: %v\n%s", name, err, told)
		}
		if got := listing(t, dir); got != "done failed" {
			t.Errorf("%s: %s", name, got)
		}
		is(t, p, dayValues...)
		if c := w.counts.all(); c["failed"] != 1 || c["files"] != 1 {
			t.Errorf("%s: %v", name, c)
		}
	}
	fails("empty.csv", "", "文件无法读取", "cannot be read")
	fails("columns.csv", "time,kw\n2026-03-01 00:15,1\n", "缺少映射所指的列", `no column "kwh"`)
	fails("broken.gz", "\x1f\x8b\x08\x00", "文件不完整", "cut short")
	fails("cut.csv", "time,kwh,pf\n2026-03-01 00:45,1,1\n2026-03-01 01:00,", "文件不完整", "cut short")
	fails("large.csv", day+strings.Repeat("#", 200), "超出限制", "max_bytes is 150", "max_bytes", "150")
	fails("rows.csv", day+"2026-03-01 00:45,1,1\n", "超出限制", "limits.rows", "max_rows", "2")
	fails("nonsense.csv", "time,kwh,pf\n1 March,1,1\nx,2,2\n", "没有可读取的数值", "3 time \"x\" LT-3001")
	fails("old.xlsx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls", "save it as .xlsx")
}

// A failed file is read when it comes again, with a mapping that has become right.
func TestMendedMapping(t *testing.T) {
	dir, p := t.TempDir(), newPark()
	mapping := filepath.Join(t.TempDir(), "m.yaml")
	write(t, filepath.Dir(mapping), "m.yaml", strings.Replace(wide, "column: kwh", "column: kw", 1))
	w := watchOf(t, p, device(dir, "mapping", mapping), t.TempDir())
	write(t, dir, "a.csv", day)
	pass(t, w)
	if !strings.Contains(w.trouble, "a.csv") {
		t.Error(w.trouble)
	}
	write(t, filepath.Dir(mapping), "m.yaml", "format: nonsense\n")
	write(t, dir, "a.csv", day)
	if _, err := w.pass(t.Context()); !errors.Is(err, connector.ErrConfig) || listing(t, dir) != "a.csv failed" {
		t.Errorf("a wrong mapping leaves the files: %v, %s", err, listing(t, dir))
	}
	write(t, filepath.Dir(mapping), "m.yaml", wide)
	pass(t, w)
	is(t, p, dayValues...)
	if w.trouble != "" {
		t.Error(w.trouble)
	}
}

// Rejects are counted and listed with their lines; the rest of the file counts.
func TestRejects(t *testing.T) {
	dir, p := t.TempDir(), newPark()
	text := day
	for n := range 300 {
		text += fmt.Sprintf("2026-03-01 01:00,x%d,\n", n)
	}
	write(t, dir, "a.csv", text)
	pass(t, watchOf(t, p, device(dir), t.TempDir()))
	r := receiptAt(t, dir, "a.csv")
	if r.Rejected != 300 || len(r.Rejects) != listedRejects || r.Stored != 4 || r.Rows != 302 {
		t.Fatalf("%d rejected, %d listed, %d stored", r.Rejected, len(r.Rejects), r.Stored)
	}
	if x := r.Rejects[0]; x.Line != 4 || x.Column != "kwh" || x.Value != "x0" || x.Code != "LT-3005" || x.ZH != "不是数字" || x.EN != "not a number" {
		t.Errorf("%+v", x)
	}
	is(t, p, dayValues...)
}

// What counts of a file that the admission refuses or cannot map stands in the receipt.
func TestUnmappedAndRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.csv", day)
	w := watchOf(t, newPark(), device(dir), t.TempDir())
	w.sink = sinkOf(func([]connector.Sample) (connector.Receipt, error) {
		return connector.Receipt{Stored: 1, Unmapped: 2, Refused: 1}, nil
	})
	pass(t, w)
	if r := receiptAt(t, dir, "a.csv"); r.Stored != 1 || r.Unmapped != 2 || r.Refused != 1 {
		t.Errorf("%+v", r)
	}
}

type sinkOf func([]connector.Sample) (connector.Receipt, error)

func (f sinkOf) Admit(_ context.Context, _ string, list []connector.Sample) (connector.Receipt, error) {
	return f(list)
}

func TestKindsOfFiles(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(day)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	book := excelize.NewFile()
	for i, row := range [][]any{{"time", "kwh", "pf"}, {"2026-03-01 00:30", 2, 0.9}, {"2026-03-01 00:15", 1, 0.8}} {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	sheet, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	read := func(name, text string) {
		t.Helper()
		dir, p := t.TempDir(), newPark()
		write(t, dir, name, text)
		pass(t, watchOf(t, p, device(dir), t.TempDir()))
		is(t, p, dayValues...)
	}
	read("a.csv.gz", zipped.String())
	read("a.xlsx", sheet.String())
	read("3月.CSV", day)
}

// Values of which the label is the time itself have no span.
func TestInstants(t *testing.T) {
	dir, p := t.TempDir(), newPark()
	write(t, dir, "a.csv", "time,kwh,pf\n2026-03-01 00:15,1,0.8\n")
	pass(t, watchOf(t, p, device(dir, "instants", "pf", "mapping", strings.Replace(wide, "label: end", "label: start", 1)), t.TempDir()))
	is(t, p, "billing energy 2026-02-28T16:30:00Z 15m0s = 1", "billing pf 2026-02-28T16:15:00Z 0s = 0.8")
}

// A name that no register is known by goes on as it is: the admission lists it as unmapped.
func TestLongNames(t *testing.T) {
	dir, p := t.TempDir(), newPark()
	long := "format: lingtan.mapping/v1\nlayout: long\ntime: {column: t, layout: unix}\nlong: {value_column: v, template: \"{meter}\"}\n"
	write(t, dir, "a.csv", "t,meter,v\n1767225600,3号楼总表,5\n1767225600,"+strings.Repeat("n", 121)+",5\n")
	pass(t, watchOf(t, p, device(dir, "mapping", long), t.TempDir()))
	is(t, p, "billing 3号楼总表 2026-01-01T00:00:00Z 0s = 5")
	if r := receiptAt(t, dir, "a.csv"); r.Rejected != 1 || r.Rejects[0].Code != "LT-3012" {
		t.Errorf("%+v", r)
	}
}

// When a file is taken: at rest, when it has its name, when its twin is there.
func TestComplete(t *testing.T) {
	dir, p := t.TempDir(), newPark()
	now := time.Now()
	w := watchOf(t, p, device(dir, "complete", "rest", "rest", "10s"), t.TempDir())
	w.now = func() time.Time { return now }
	write(t, dir, "a.csv", "time,kwh,pf\n")
	pass(t, w)
	now = now.Add(9 * time.Second)
	write(t, dir, "a.csv", day)
	pass(t, w)
	now = now.Add(9 * time.Second)
	pass(t, w)
	is(t, p)
	now = now.Add(time.Second)
	pass(t, w)
	is(t, p, dayValues...)

	dir, p = t.TempDir(), newPark()
	w = watchOf(t, p, device(dir, "complete", "done"), t.TempDir())
	write(t, dir, "a.csv.done", "")
	time.Sleep(20 * time.Millisecond)
	write(t, dir, "a.csv", day)
	pass(t, w)
	is(t, p) // the twin is of an earlier file
	time.Sleep(20 * time.Millisecond)
	write(t, dir, "a.csv.done", "done")
	pass(t, w)
	is(t, p, dayValues...)
	if got := listing(t, dir); got != "done" {
		t.Errorf("the twin stays: %s", got)
	}

	dir, p = t.TempDir(), newPark()
	w = watchOf(t, p, device(dir), t.TempDir())
	for _, name := range []string{"a.csv.tmp", ".a.csv", "a.csv~", "a.csv.part", "notes.doc"} {
		write(t, dir, name, day)
	}
	pass(t, w)
	is(t, p)
}

// Nothing outside the folder is read or written, whatever lies in it.
func TestLinks(t *testing.T) {
	dir, out, p := t.TempDir(), t.TempDir(), newPark()
	write(t, out, "secret.csv", day)
	for name, to := range map[string]string{"a.csv": filepath.Join(out, "secret.csv"), "done": out, "failed": out} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "b.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "c.csv", day)
	write(t, dir, "d.csv", "")
	write(t, dir, strings.Repeat("n", 200)+".csv", day)
	w := watchOf(t, p, device(dir), t.TempDir())
	notes := strings.Join(pass(t, w), "\n")
	notes += strings.Join(pass(t, w), "\n")
	for _, want := range []string{`"a.csv" is a link`, `"b.csv" is no plain file`, `longer than 180`, `done is no folder`} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q is not in the notes:\n%s", want, notes)
		}
	}
	if got := listing(t, out); got != "secret.csv" {
		t.Errorf("outside: %s", got)
	}
	if n := w.counts.all()["skipped"]; n != 3 {
		t.Errorf("%d skipped", n)
	}
	is(t, p, dayValues...) // of c.csv, which stays where it is until it can be put away
}

// A file that changes after it was read stays and is read anew.
func TestChangedMeanwhile(t *testing.T) {
	dir, p := t.TempDir(), newPark()
	write(t, dir, "a.csv", day)
	w := watchOf(t, p, device(dir), t.TempDir())
	p.fail = func(call int) (bool, error) {
		if call == 1 {
			write(t, dir, "a.csv", day+"2026-03-01 00:45,3,1\n")
		}
		return true, nil
	}
	pass(t, w)
	if got := listing(t, dir); got != "a.csv done" {
		t.Fatal(got)
	}
	pass(t, w)
	if r := receiptAt(t, dir, "a~2.csv"); r.Stored != 2 || r.Duplicates != 4 || len(p.stored()) != 6 {
		t.Errorf("%+v", r)
	}
}

// Files that cannot be put away or taken are tried less and less often.
func TestPutOff(t *testing.T) {
	w := &watch{settings: settings{interval: time.Second}, now: time.Now}
	x := &sight{}
	for range 20 {
		w.putOff(x)
	}
	if pause := time.Until(x.retry); pause > maxPause || pause < maxPause-time.Second {
		t.Error(pause)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	d := New(Options{})
	if _, err := d.Read(t.Context(), device(dir)); !errors.Is(err, connector.ErrUnreachable) {
		t.Errorf("an empty folder: %v", err)
	}
	write(t, dir, "a.csv", day)
	list, err := d.Read(t.Context(), device(dir, "complete", "rest"))
	if err != nil || len(list) != 4 || list[0].Device != "billing" || list[0].Value != 1 || list[0].Span != 15*time.Minute {
		t.Errorf("%v, %v", list, err)
	}
	long := strings.Builder{}
	long.WriteString("time,kwh,pf\n")
	for n := range 3000 {
		fmt.Fprintf(&long, "%s,1,1\n", time.UnixMilli(0).Add(time.Duration(n)*15*time.Minute).Format("2006-01-02 15:04"))
	}
	write(t, dir, "a.csv", long.String())
	if list, err = d.Read(t.Context(), device(dir)); err != nil || len(list) != readRows {
		t.Errorf("%d values, %v", len(list), err)
	}
	if got := listing(t, dir); got != "a.csv" {
		t.Errorf("reading changed the folder: %s", got)
	}
	write(t, dir, "a.csv", "a,b\n1,2\n")
	if _, err = d.Read(t.Context(), device(dir)); err == nil || !strings.Contains(err.Error(), "no column") || strings.Contains(err.Error(), "lingtan-read") {
		t.Error(err)
	}
	if _, err = d.Read(t.Context(), device(filepath.Join(dir, "nowhere"))); !errors.Is(err, connector.ErrUnreachable) {
		t.Error(err)
	}
}

func TestConfig(t *testing.T) {
	d := New(Options{Inbox: "/in", Mappings: "/maps"})
	bad := func(want string, change func(*connector.Device)) {
		t.Helper()
		x := device("/x")
		change(&x)
		if _, err := d.settings(x); !errors.Is(err, connector.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", x, err)
		}
	}
	bad("address", func(x *connector.Device) { x.Address = "" })
	bad("leads out", func(x *connector.Device) { x.Address = "../x" })
	bad("leads out", func(x *connector.Device) { x.Address = "a/../.." })
	bad("leads out", func(x *connector.Device) { x.Address = "." })
	bad("mapping", func(x *connector.Device) { x.Options["mapping"] = "" })
	bad("leads out", func(x *connector.Device) { x.Options["mapping"] = "../../etc/passwd" })
	bad("layout", func(x *connector.Device) { x.Options["mapping"] = "format: lingtan.mapping/v1\nlayout: x\n" })
	bad("no name of a value", func(x *connector.Device) {
		x.Options["mapping"] = strings.Replace(wide, "register: pf", "register: "+strings.Repeat("p", 121), 1)
	})
	bad("complete", func(x *connector.Device) { x.Options["complete"] = "soon" })
	bad("rest", func(x *connector.Device) { x.Options["rest"] = "2h" })
	bad("match", func(x *connector.Device) { x.Options["match"] = "[" })
	bad("match", func(x *connector.Device) { x.Options["match"] = "../*.csv" })
	bad("max_bytes", func(x *connector.Device) { x.Options["max_bytes"] = "0" })
	bad("max_rows", func(x *connector.Device) { x.Options["max_rows"] = "1000000000" })
	bad("no option", func(x *connector.Device) { x.Options["maping"] = "x" })
	x := device("plant/a")
	x.Options["mapping"] = "a.yaml"
	s, err := d.settings(x)
	if err != nil || s.dir != "/in/plant/a" || s.mapping != "/maps/a.yaml" || !s.own {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := New(Options{}).settings(x); err == nil {
		t.Error("a relative address without an inbox")
	}
}

func FuzzSettings(f *testing.F) {
	f.Add("plant", wide, "*.csv", "10s", "100", "pf, kwh")
	f.Add("/a/../..", "../x", "[a-", "-1s", "-1", ",,")
	f.Add("a\x00b", "format: x\n", "", "", "", "")
	f.Fuzz(func(t *testing.T, address, mapping, match, rest, rows, instants string) {
		x := connector.Device{ID: "d", Address: address, Options: map[string]string{"mapping": mapping, "match": match, "rest": rest, "max_rows": rows, "instants": instants}}
		s, err := New(Options{Inbox: "/in", Mappings: "/maps"}).settings(x)
		if err != nil {
			if !errors.Is(err, connector.ErrConfig) {
				t.Errorf("%v", err)
			}
			return
		}
		if !filepath.IsAbs(s.dir) || s.own && !strings.HasPrefix(s.dir, "/in/") || s.rest < 0 || s.rows < 1 || s.matches(".hidden") || s.matches("a.csv.tmp") {
			t.Errorf("%+v", s)
		}
	})
}

func FuzzRejects(f *testing.F) {
	f.Add("\xef\xbb\xbfline,column,value,code,reason_zh,reason_en,right_zh,right_en\n4,kwh,x,LT-3005,不是数字,not a number,,\n")
	f.Add("1\n2,\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		if list := listRejects([]byte(text)); list == nil || len(list) > listedRejects {
			t.Errorf("%v", list)
		}
	})
}
