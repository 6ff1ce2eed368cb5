package folder

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"lingtan/connector"
)

// The whole door: two folders, one in the inbox, one wrongly configured, a change of the
// list, and no folder watched by two.
func TestRun(t *testing.T) {
	inbox, abs, home := t.TempDir(), t.TempDir(), t.TempDir()
	one, two, wrong := device("plant"), device(abs), device(abs)
	one.Interval, two.Interval, wrong.Interval = time.Second, time.Second, time.Second
	two.ID, wrong.ID = "two", "zwei"
	p := newPark(one, two, wrong)
	d := New(Options{Inbox: inbox})
	run(t, d, p, home)
	eventually(t, "the inbox is made", func() bool { return listing(t, inbox) == "plant" })
	eventually(t, "two cannot watch one folder", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, s := range p.statuses {
			if s.Device == "zwei" && strings.Contains(s.Error, "watched by p~two") {
				return true
			}
		}
		return false
	})
	write(t, abs, "b.csv", day)
	write(t, filepath.Join(inbox, "plant"), "a.csv", day)
	eventually(t, "both files are read", func() bool { return len(p.stored()) == 8 })
	eventually(t, "the status tells", func() bool {
		s := p.last()
		return s.OK && s.Samples == 4 && s.Lag > time.Hour && s.Error == ""
	})
	p.set(one, wrong)
	write(t, abs, "c.csv", "time,kwh,pf\n2026-03-02 00:15,1,1\n")
	eventually(t, "the third takes over the folder", func() bool { return len(p.stored()) == 10 })
	eventually(t, "all is counted", func() bool { c := d.Counts(); return c["files"] == 3 && c["samples"] == 10 })
}

// A folder that is not there, such as a share that is not mounted, is not made.
func TestMissingFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "share")
	p := newPark()
	w := watchOf(t, p, device(dir), t.TempDir())
	w.look(t.Context())
	if s := p.last(); s.OK || !strings.Contains(s.Error, "cannot be opened") {
		t.Errorf("%+v", s)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "a.csv", day)
	w.look(t.Context())
	is(t, p, dayValues...)
}

// A busy sink is waited for; one that fails leaves the file where it is.
func TestSinkFails(t *testing.T) {
	dir, p := t.TempDir(), newPark()
	write(t, dir, "a.csv", day)
	w := watchOf(t, p, device(dir), t.TempDir())
	p.fail = func(call int) (bool, error) {
		switch call {
		case 1, 2:
			return false, connector.ErrBusy
		case 3:
			return false, errors.New("disk full")
		}
		return true, nil
	}
	w.look(t.Context())
	if s := p.last(); s.OK || !strings.Contains(s.Error, "disk full") || listing(t, dir) != "a.csv" {
		t.Errorf("%+v, %s", s, listing(t, dir))
	}
	w.look(t.Context())
	is(t, p, dayValues...)
	if c := w.counts.all(); c["busy"] != 2 {
		t.Error(c)
	}
}

// The kills between the last admission and the moving of the file: the receipt tells of
// the first reading all the same, once.
func TestKilledBeforeMoved(t *testing.T) {
	dir, home, p := t.TempDir(), t.TempDir(), newPark()
	write(t, dir, "a.csv", day)
	w := watchOf(t, p, device(dir), home)
	pass(t, w)
	first := receiptAt(t, dir, "a.csv")
	calls := p.calls
	back := func(receiptToo bool) {
		t.Helper()
		if err := os.Rename(filepath.Join(dir, "done", "a.csv"), filepath.Join(dir, "a.csv")); err != nil {
			t.Fatal(err)
		}
		if receiptToo {
			if err := os.Remove(filepath.Join(dir, "done", "a.csv"+receiptEnd)); err != nil {
				t.Fatal(err)
			}
		}
		mark := "import/" + strings.TrimSuffix(listing(t, w.ledger.dir), ".json")
		e, err := w.ledger.load(mark)
		if err != nil || e.Receipt == nil || !e.Moved {
			t.Fatalf("%+v, %v", e, err)
		}
		e.Moved = false
		if err := w.ledger.save(mark, e); err != nil {
			t.Fatal(err)
		}
	}
	for _, receiptToo := range []bool{true, false} {
		back(receiptToo)
		pass(t, watchOf(t, p, device(dir), home))
		if r := receiptAt(t, dir, "a.csv"); r.Repeated || r.Stored != 4 || !r.At.Equal(first.At) || p.calls != calls {
			t.Errorf("%+v", r)
		}
		if got := listing(t, filepath.Join(dir, "done")); got != "a.csv a.csv.receipt.json" {
			t.Error(got)
		}
	}
	// A kill after the move, before it was noted.
	back(false)
	write(t, filepath.Join(dir, "done"), "a.csv", day)
	pass(t, watchOf(t, p, device(dir), home))
	if r := receiptAt(t, dir, "a~2.csv"); !r.Repeated {
		t.Errorf("%+v", r)
	}
}

// Wherever the process is killed, every value of every file is in the store exactly once
// in the end, and the receipts of the files add up.
func TestKills(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir, home := tempDir(r), tempDir(r)
		p, want := newPark(), map[string]float64{}
		files := rapid.IntRange(1, 3).Draw(r, "files")
		for f := range files {
			text := "time,kwh,pf\n"
			rows := rapid.SampledFrom([]int{1, 3, 10, 40}).Draw(r, "rows")
			start := time.Date(2024, 1, 1, f, 0, 0, 0, time.UTC).Add(time.Duration(f) * time.Second)
			lines := make([]string, rows)
			for n := range rows {
				at := start.Add(time.Duration(n) * 15 * time.Minute)
				lines[n] = fmt.Sprintf("%s,%d,%d\n", at.Format("2006-01-02T15:04:05Z"), n, f)
				want[keyOf(connector.Sample{Device: "billing", Name: "energy", At: at, Span: 15 * time.Minute})] = float64(n)
				want[keyOf(connector.Sample{Device: "billing", Name: "pf", At: at, Span: 15 * time.Minute})] = float64(f)
			}
			write(t, dir, fmt.Sprintf("%d.csv", f), text+strings.Join(lines, ""))
		}
		killed := 0
		p.fail = func(int) (bool, error) {
			if killed < 12 && rapid.IntRange(0, 2).Draw(r, "kill") == 0 {
				killed++
				return rapid.Bool().Draw(r, "taken"), errors.New("killed")
			}
			return true, nil
		}
		for range 30 {
			w := watchOf(t, p, device(dir), home)
			w.batch = 7
			_, err := w.pass(context.Background())
			if err == nil {
				break
			}
			if rapid.IntRange(0, 3).Draw(r, "ledger torn") == 0 {
				tear(t, filepath.Join(home, "file", "p~billing", "ledger"))
			}
		}
		if got := p.stored(); !maps.Equal(got, want) {
			r.Fatalf("%d values stored, %d sent", len(got), len(want))
		}
		if got := listing(t, dir); got != "done" {
			r.Fatal(got)
		}
		for f := range files {
			x := receiptAt(t, dir, fmt.Sprintf("%d.csv", f))
			if x.Repeated || x.Rows*2 != int64(x.Stored+x.Duplicates) {
				r.Fatalf("%+v", x)
			}
		}
	})
}

// tear leaves what a loss of power may leave where the file system does not keep its word:
// an entry of which nothing is there.
func tear(t *testing.T, dir string) {
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		write(t, dir, e.Name(), "")
	}
}

func tempDir(r *rapid.T) string {
	dir, err := os.MkdirTemp("", "folder-test-")
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// The ledger forgets the oldest entries beyond its limit, and what was half written.
func TestLedgerTrims(t *testing.T) {
	l := &ledger{dir: t.TempDir()}
	for n := range 5 {
		if err := l.save(fmt.Sprintf("import/%d", n), entry{Moved: true}); err != nil {
			t.Fatal(err)
		}
	}
	write(t, l.dir, "9.json.new", "{")
	if err := l.trim(); err != nil || listing(t, l.dir) != "0.json 1.json 2.json 3.json 4.json" {
		t.Errorf("%v, %s", err, listing(t, l.dir))
	}
	if e, err := l.load("import/3"); err != nil || !e.Moved {
		t.Errorf("%+v, %v", e, err)
	}
}

// The sample list of the README is one that the driver takes.
func TestSampleList(t *testing.T) {
	text, err := os.ReadFile("devices.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list []connector.Device
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil || len(list) < 2 {
		t.Fatalf("%d devices, %v", len(list), err)
	}
	d := New(Options{Inbox: "/in", Mappings: "/maps"})
	for _, x := range list {
		if _, err := d.settings(x); err != nil || x.Protocol != d.Protocol() {
			t.Errorf("%s: %v", x.ID, err)
		}
	}
}
