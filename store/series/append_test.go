package series

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"lingtan/meter"
	"pgregory.net/rapid"
)

func TestAppendIsIdempotent(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	put(t, s, 3, 0, 0, row{"a", 1000, 1}, row{"a", 2000, 2}, row{"b", 1000, 3})
	put(t, s, 0, 3, 0, row{"b", 1000, 3}, row{"a", 2000, 2}, row{"a", 1000, 1})
	put(t, s, 1, 1, 0, row{"a", 3000, 4}, row{"a", 2000, 2})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, dir)
	put(t, s, 0, 1, 0, row{"a", 3000, 4})
	expect(t, ask(t, s, 0), "a 1000=1 2000=2 3000=4; b 1000=3")
	expect(t, ask(t, s, 0, "b", "none", "a"), "b 1000=3; none; a 1000=1 2000=2 3000=4")
}

func TestDuplicatesInABatch(t *testing.T) {
	s := openTest(t, t.TempDir())
	put(t, s, 2, 1, 2, row{"a", 2000, 1}, row{"a", 1000, 5}, row{"a", 2000, 1}, row{"a", 2000, 2}, row{"a", 2000, 3})
	expect(t, ask(t, s, 0), "a 1000=5 2000=3'2")
	// The value before is another value again: a third revision, not a duplicate.
	put(t, s, 0, 0, 1, row{"a", 2000, 1})
	expect(t, ask(t, s, 0), "a 1000=5 2000=1'3")
}

func TestSameKeyTwiceInABatch(t *testing.T) {
	s := openTest(t, t.TempDir())
	b := &meter.Batch{Keys: []string{"a", "b", "a"}}
	b.Append(2, 2000, 900, 2)
	b.Append(1, 1000, 900, 7)
	b.Append(0, 1000, 900, 1)
	b.Append(0, 2000, 900, 2)
	got, err := s.Append(ctx, "p", b)
	if want := (meter.Admission{Stored: 3, Duplicates: 1}); err != nil || got != want {
		t.Fatalf("%+v, %v", got, err)
	}
	expect(t, ask(t, s, 0), "a 1000=1 2000=2; b 1000=7")
}

func TestAnotherSpanIsACorrection(t *testing.T) {
	s := openTest(t, t.TempDir())
	put(t, s, 1, 0, 0, row{"a", 1000, 1})
	b := batchOf(row{"a", 1000, 1})
	b.Span[0] = 1800
	if got, err := s.Append(ctx, "p", b); err != nil || got.Corrected != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestAsKnownAt(t *testing.T) {
	s := openTest(t, t.TempDir())
	put(t, s, 1, 0, 0, row{"a", 2000, 1})
	first := s.Recorded()
	put(t, s, 1, 0, 1, row{"a", 2000, 2}, row{"a", 1000, 9})
	second := s.Recorded()
	put(t, s, 0, 0, 1, row{"a", 2000, 3})
	if first >= second || second >= s.Recorded() {
		t.Fatalf("recorded times %d, %d, %d do not rise", first, second, s.Recorded())
	}
	check := func(when string) {
		t.Helper()
		expect(t, ask(t, s, first-1, "a"), "a")
		expect(t, ask(t, s, first), "a 2000=1")
		expect(t, ask(t, s, second), "a 1000=9 2000=2'1")
		expect(t, ask(t, s, 0), "a 1000=9 2000=3'2")
		revisions, err := s.Revisions(ctx, "p", "a", 1500, 2500)
		if err != nil || len(revisions) != 3 || revisions[1] != (Reading{"a", 2000, 900, 2, 1, second}) {
			t.Errorf("%s: Revisions = %+v, %v", when, revisions, err)
		}
	}
	check("hot")
	if n, err := s.Compact(ctx, "p", "1970-01"); err != nil || n != 4 {
		t.Fatal(n, err)
	}
	check("in the month file")
}

func TestRefused(t *testing.T) {
	s := openTest(t, t.TempDir())
	refuse := func(why string, change func(b *meter.Batch)) {
		t.Helper()
		b := batchOf(row{"a", 1000, 1}, row{"a", 2000, 2})
		change(b)
		if _, err := s.Append(ctx, "p", b); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", why, err)
		}
	}
	refuse("NaN", func(b *meter.Batch) { b.Value[1] = math.NaN() })
	refuse("infinity", func(b *meter.Batch) { b.Value[1] = math.Inf(-1) })
	refuse("no key", func(b *meter.Batch) { b.Ref[1] = 1 })
	refuse("empty key", func(b *meter.Batch) { b.Keys[0] = "" })
	refuse("short column", func(b *meter.Batch) { b.Span = b.Span[:1] })
	refuse("year 10000", func(b *meter.Batch) { b.At[1] = maxTime })
	refuse("negative span", func(b *meter.Batch) { b.Span[1] = -1 })
	expect(t, ask(t, s, 0), "")
}

func TestMarksAreOfTheTransaction(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	mark := func(value string) meter.Mark { return meter.Mark{Name: "import/1", Value: []byte(value)} }
	check := func(want string) {
		t.Helper()
		if got, err := s.Mark(ctx, "import/1"); err != nil || string(got) != want {
			t.Errorf("mark %q, %v; want %q", got, err, want)
		}
	}
	if got, err := s.Mark(ctx, "import/1"); got != nil || err != nil {
		t.Errorf("mark before any: %q, %v", got, err)
	}
	if _, err := s.Append(ctx, "p", batchOf(row{"a", 1000, 1}), mark("one")); err != nil {
		t.Fatal(err)
	}
	check("one")
	// The second mark is refused after rows, register and first mark were written.
	long := meter.Mark{Name: "long", Value: make([]byte, maxMark+1)}
	if _, err := s.Append(ctx, "p", batchOf(row{"new", 1000, 1}), mark("two"), long); !errors.Is(err, ErrInput) {
		t.Fatal(err)
	}
	check("one")
	expect(t, ask(t, s, 0), "a 1000=1")
	put(t, s, 1, 0, 0, row{"other", 1000, 2})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, dir)
	check("one")
	expect(t, ask(t, s, 0), "a 1000=1; other 1000=2")
}

func TestCompactLeavesOneFile(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	put(t, s, 2, 0, 0, row{"a", 1000, 1}, row{"b", 40 * 86400000, 2})
	compact := func(want int64) {
		t.Helper()
		if n, err := s.Compact(ctx, "p", "1970-01"); err != nil || n != want {
			t.Fatalf("Compact = %d, %v; want %d", n, err, want)
		}
	}
	compact(1)
	compact(0)
	put(t, s, 1, 1, 1, row{"a", 1000, 1}, row{"a", 500, 4}, row{"a", 1000, 3})
	compact(2)
	files, _ := filepath.Glob(filepath.Join(s.dir, "readings", "p", "*"))
	if len(files) != 1 || filepath.Base(files[0]) != "1970-01.1.parquet" {
		t.Errorf("month files %v", files)
	}
	var told []string
	err := s.CompactAll(ctx, func(park, month string, n int64) { told = append(told, fmt.Sprint(park, month, n)) })
	if err != nil || !slices.Equal(told, []string{"p1970-021"}) {
		t.Errorf("CompactAll told %v, %v", told, err)
	}
	expect(t, ask(t, s, 0), "a 500=4 1000=3'1; b 3456000000=2")
	stats, err := s.Stats(ctx)
	if err != nil || stats.Hot != 0 || stats.Readings != 4 || stats.Months != 2 || stats.MonthBytes == 0 {
		t.Errorf("%+v, %v", stats, err)
	}
}

// model is the store as a plain map: every revision of every reading.
type model map[string]map[int64][]Reading

func (m model) put(b *meter.Batch, recorded int64) {
	for i, ref := range b.Ref {
		key := b.Keys[ref]
		if m[key] == nil {
			m[key] = map[int64][]Reading{}
		}
		known := m[key][b.At[i]]
		if n := len(known); n > 0 && known[n-1].Value == b.Value[i] {
			continue
		}
		m[key][b.At[i]] = append(known, Reading{key, b.At[i], 900, b.Value[i], uint16(len(known)), recorded})
	}
}

// answer is what Readings must give, in the words of ask.
func (m model) answer(known int64) []Reading {
	var out []Reading
	for _, times := range m {
		for _, revisions := range times {
			later := slices.IndexFunc(revisions, func(r Reading) bool { return r.RecordedAt > known })
			if later < 0 {
				later = len(revisions)
			}
			out = append(out, revisions[max(0, later-1):later]...)
		}
	}
	slices.SortFunc(out, func(a, b Reading) int {
		if c := compareText(a.Key, b.Key); c != 0 {
			return c
		}
		return compareTime(a.At, b.At)
	})
	for i := range out {
		out[i].RecordedAt = 0 // a track does not tell it
	}
	return out
}

// TestAgainstModel appends and compacts at random and asks as known at every
// recorded time there was: compacted or not, late or not, the answers are the model's.
func TestAgainstModel(t *testing.T) {
	s, park := openTest(t, t.TempDir()), 0
	rapid.Check(t, func(t *rapid.T) {
		park++
		name, m, recorded := fmt.Sprintf("88.1/%d", park), model{}, []int64(nil)
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			b := &meter.Batch{Keys: []string{"c", "a", "b"}}
			for range rapid.IntRange(0, 12).Draw(t, "rows") {
				// Five times in each of two months.
				at := int64(rapid.IntRange(0, 1).Draw(t, "month"))*40*86400000 + int64(rapid.IntRange(0, 4).Draw(t, "slot"))
				b.Append(rapid.Uint32Range(0, 2).Draw(t, "key"), at, 900, float64(rapid.IntRange(0, 2).Draw(t, "value")))
			}
			if _, err := s.Append(ctx, name, b); err != nil {
				t.Fatal(err)
			}
			recorded = append(recorded, s.Recorded())
			m.put(b, s.Recorded())
			for _, month := range rapid.SampledFrom([][]string{nil, nil, {"1970-01"}, {"1970-02", "1970-01"}}).Draw(t, "compact") {
				if _, err := s.Compact(ctx, name, month); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, known := range recorded {
			if got, want := all(t, s, name, known), m.answer(known); !slices.Equal(got, want) {
				t.Fatalf("as known at %d:\ngot  %+v\nwant %+v", known, got, want)
			}
		}
	})
}

// all is the park's readings as known at a time.
func all(t *rapid.T, s *Store, park string, known int64) []Reading {
	var out []Reading
	err := s.Readings(ctx, meter.Query{Park: park, From: 0, To: 50 * 86400000, AsKnownAt: known}, func(tr meter.Track) error {
		for i := range tr.At {
			r := Reading{Key: tr.Key, At: tr.At[i], Span: tr.Span[i], Value: tr.Value[i]}
			if tr.Revision != nil {
				r.Revision = tr.Revision[i]
			}
			out = append(out, r)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLast(t *testing.T) {
	s := openTest(t, t.TempDir())
	put(t, s, 3, 0, 0, row{"a", 1000, 1}, row{"a", 2000, 2}, row{"b", 1500, 3})
	if _, err := s.Compact(ctx, "p", "1970-01"); err != nil {
		t.Fatal(err)
	}
	check := func(want string) {
		t.Helper()
		last, err := s.Last(ctx, "p")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range last {
			got += fmt.Sprintf("%s %d=%g'%d;", r.Key, r.At, r.Value, r.Revision)
		}
		expect(t, got, want)
	}
	check("a 2000=2'0;b 1500=3'0;")
	put(t, s, 2, 0, 1, row{"a", 2000, 5}, row{"a", 500, 7}, row{"b", 3000, 8})
	check("a 2000=5'1;b 3000=8'0;")
	s.last.parks = nil // as after Open
	check("a 2000=5'1;b 3000=8'0;")
}

func TestTouched(t *testing.T) {
	const day = 86400000
	s := openTest(t, t.TempDir())
	put(t, s, 2, 0, 0, row{"a", 1000, 1}, row{"b", 1000, 1})
	before := s.Recorded()
	put(t, s, 3, 0, 1, row{"a", 1000, 2}, row{"a", day + 5, 1}, row{"a", 9*day + 5, 1}, row{"a", 40 * day, 1})
	check := func() {
		t.Helper()
		got, err := s.Touched(ctx, "p", before)
		want := []Touch{{"a", 1000, day + 6}, {"a", 9*day + 5, 9*day + 6}, {"a", 40 * day, 40*day + 1}}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Touched = %v, %v", got, err)
		}
	}
	check()
	if _, err := s.Compact(ctx, "p", "1970-01"); err != nil {
		t.Fatal(err)
	}
	check()
	if got, err := s.Touched(ctx, "p", s.Recorded()); err != nil || len(got) != 0 {
		t.Errorf("touched since now: %v, %v", got, err)
	}
}

func TestRevisionsRunOut(t *testing.T) {
	s := openTest(t, t.TempDir())
	b := &meter.Batch{Keys: []string{"a"}}
	for i := range 1 << 16 {
		b.Append(0, 1000, 900, float64(i))
	}
	if got, err := s.Append(ctx, "p", b); err != nil || got.Corrected != math.MaxUint16 {
		t.Fatal(got, err)
	}
	put(t, s, 0, 1, 0, row{"a", 1000, 1<<16 - 1})
	if _, err := s.Append(ctx, "p", batchOf(row{"a", 1000, -1})); !errors.Is(err, ErrInput) {
		t.Errorf("correction 65,536: %v", err)
	}
	expect(t, ask(t, s, 0), "a 1000=65535'65535")
}
