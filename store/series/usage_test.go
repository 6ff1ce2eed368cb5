package series

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"lingtan/meter"
	"lingtan/period"
	"lingtan/usage"
)

// dayOf is a settled day of n intervals whose amounts are first, first+1, …
func dayOf(key string, day period.Day, revision uint16, n int, first float64) usage.Day {
	d := usage.Day{Key: key, Day: day, Revision: revision, Amount: make([]float64, n), Readings: uint32(n)}
	for i := range d.Amount {
		d.Amount[i] = first + float64(i)
	}
	for i := range d.Digest {
		d.Digest[i] = byte(first) + byte(i)
	}
	return d
}

func putDays(t *testing.T, s *Store, days ...usage.Day) {
	t.Helper()
	if err := s.PutUsage(ctx, "p", days); err != nil {
		t.Fatal(err)
	}
}

// listDays names days as key/day/revision/first amount in the order they come.
func listDays(t *testing.T, read func(func(usage.Day) error) error) string {
	t.Helper()
	out := ""
	err := read(func(d usage.Day) error {
		out += fmt.Sprintf("%s/%d/%d/%g ", d.Key, d.Day, d.Revision, d.Amount[0])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestUsageRoundTrip(t *testing.T) {
	s := openTest(t, t.TempDir())
	spring, autumn := dayOf("a", 100, 0, 92, 1), dayOf("a", 101, 0, 100, 2)
	plain := dayOf("b", 100, 0, 96, -3.25)
	autumn.Quality, autumn.Coverage = make([]meter.Quality, 100), make([]uint8, 100)
	for i := range 100 {
		autumn.Quality[i] = meter.Quality(i % 4)
		autumn.Coverage[i] = uint8(i)
	}
	autumn.Quality[1] |= meter.Suspect
	spring.Coverage = slices.Repeat([]uint8{99}, 92)
	sent := []usage.Day{autumn, plain, spring}
	putDays(t, s, sent...)
	want := []usage.Day{sent[2], sent[0], sent[1]}
	i := 0
	err := s.Usage(ctx, usage.Query{Park: "p", First: 0, Last: 200}, func(d usage.Day) error {
		w := want[i]
		if d.Key != w.Key || d.Day != w.Day || d.RecordedAt != w.RecordedAt || d.RecordedAt == 0 || !sameDay(d, w) {
			t.Errorf("got %+v\nwant %+v", d, w)
		}
		if d.Totals() != w.Totals() {
			t.Errorf("totals %+v; want %+v", d.Totals(), w.Totals())
		}
		i++
		return nil
	})
	if err != nil || i != 3 {
		t.Errorf("%d days, %v", i, err)
	}
}

func TestUsageOrderAndRevisions(t *testing.T) {
	s := openTest(t, t.TempDir())
	putDays(t, s, dayOf("b", 10, 0, 4, 1), dayOf("a", 11, 0, 4, 2), dayOf("a", 10, 0, 4, 3))
	first := s.Recorded()
	putDays(t, s, dayOf("a", 10, 1, 4, 4), dayOf("c", 50, 0, 4, 5))
	q := usage.Query{Park: "p", First: -1 << 31, Last: 1<<31 - 1}
	byKey := func(fn func(usage.Day) error) error { return s.Usage(ctx, q, fn) }
	byDay := func(fn func(usage.Day) error) error { return s.UsageByDay(ctx, q, fn) }
	expect(t, listDays(t, byKey), "a/10/1/4 a/11/0/2 b/10/0/1 c/50/0/5 ")
	expect(t, listDays(t, byDay), "a/10/1/4 b/10/0/1 a/11/0/2 c/50/0/5 ")
	q.AsKnownAt = first
	expect(t, listDays(t, byKey), "a/10/0/3 a/11/0/2 b/10/0/1 ")
	q.AsKnownAt, q.Keys = 0, []string{"c", "none", "a"}
	expect(t, listDays(t, byKey), "c/50/0/5 a/10/1/4 a/11/0/2 ")
	expect(t, listDays(t, byDay), "a/10/1/4 a/11/0/2 c/50/0/5 ")
	q.First, q.Last = 11, 20
	expect(t, listDays(t, byDay), "a/11/0/2 ")
	q.First, q.Last = 20, 11
	expect(t, listDays(t, byKey)+listDays(t, byDay), "")
}

func TestUsageIsPutOnce(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	putDays(t, s, dayOf("a", 10, 0, 96, 1), dayOf("a", 11, 0, 96, 1))
	recorded := s.Recorded()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, dir)
	putDays(t, s, dayOf("a", 11, 0, 96, 1), dayOf("a", 12, 0, 96, 1), dayOf("a", 12, 0, 96, 1))
	if stats, err := s.Stats(ctx); err != nil || stats.Days != 3 {
		t.Errorf("%+v, %v", stats, err)
	}
	// The repeat keeps its first recorded time.
	q := usage.Query{Park: "p", First: 0, Last: 20, AsKnownAt: recorded}
	expect(t, listDays(t, func(fn func(usage.Day) error) error { return s.Usage(ctx, q, fn) }), "a/10/0/1 a/11/0/1 ")

	other := dayOf("a", 12, 0, 96, 1)
	other.Amount[95] = 7
	err := s.PutUsage(ctx, "p", []usage.Day{dayOf("a", 13, 0, 96, 1), other})
	if !errors.Is(err, ErrRevision) {
		t.Errorf("other content for a stored revision: %v", err)
	}
	if stats, _ := s.Stats(ctx); stats.Days != 3 {
		t.Errorf("%d days after a refused call", stats.Days)
	}
}

func TestUsageRefused(t *testing.T) {
	s := openTest(t, t.TempDir())
	refuse := func(why string, change func(d *usage.Day)) {
		t.Helper()
		d := dayOf("a", 10, 0, 96, 1)
		change(&d)
		if err := s.PutUsage(ctx, "p", []usage.Day{dayOf("b", 10, 0, 96, 1), d}); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", why, err)
		}
	}
	refuse("no interval", func(d *usage.Day) { d.Amount = nil })
	refuse("NaN", func(d *usage.Day) { d.Amount[3] /= 0; d.Amount[3] -= d.Amount[3] })
	refuse("quality of another length", func(d *usage.Day) { d.Quality = make([]meter.Quality, 95) })
	refuse("coverage of another length", func(d *usage.Day) { d.Coverage = make([]uint8, 97) })
	refuse("recorded in the future", func(d *usage.Day) { d.RecordedAt = s.now().UnixMilli() + 1e9 })
	refuse("no key", func(d *usage.Day) { d.Key = "" })
	if stats, err := s.Stats(ctx); err != nil || stats.Days != 0 || stats.Registers != 0 {
		t.Errorf("%+v, %v", stats, err)
	}
}

func TestTotals(t *testing.T) {
	s := openTest(t, t.TempDir())
	mixed := dayOf("a", 10, 0, 4, 1)
	mixed.Quality = []meter.Quality{meter.Measured, meter.Estimated, meter.Edited, meter.Missing}
	mixed.Amount[3] = 0
	putDays(t, s, mixed, dayOf("a", 11, 0, 2, 10), dayOf("b", 11, 0, 2, 0.5))
	known := s.Recorded()
	putDays(t, s, dayOf("a", 11, 1, 2, 100))
	q := usage.Query{Park: "p", First: 0, Last: 20}
	totals := func(want ...KeyTotals) {
		t.Helper()
		if got, err := s.UsageTotals(ctx, q); err != nil || !slices.Equal(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
	}
	b := KeyTotals{"b", 1, usage.Totals{Measured: 2, Intervals: 2}}
	totals(KeyTotals{"a", 2, usage.Totals{Measured: 202, Estimated: 2, Edited: 3, Intervals: 6, Missing: 1}}, b)
	q.AsKnownAt = known
	totals(KeyTotals{"a", 2, usage.Totals{Measured: 22, Estimated: 2, Edited: 3, Intervals: 6, Missing: 1}}, b)
	q.Keys, q.First = []string{"none", "b", "a"}, 11
	totals(KeyTotals{Key: "none"}, b, KeyTotals{"a", 1, usage.Totals{Measured: 21, Intervals: 2}})
}

func TestUsageMarks(t *testing.T) {
	s := openTest(t, t.TempDir())
	mark := meter.Mark{Name: "settle", Value: []byte{}}
	if err := s.PutUsage(ctx, "p", []usage.Day{dayOf("a", 1, 0, 96, 1)}, mark); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Mark(ctx, "settle"); err != nil || got == nil || len(got) != 0 {
		t.Errorf("empty mark: %v, %v", got, err)
	}
}

func TestFindings(t *testing.T) {
	s := openTest(t, t.TempDir())
	finding := func(key, rule string, from int64) usage.Finding {
		return usage.Finding{Key: key, Rule: rule, From: from, To: from + 10, Count: 2, Value: 1.5, Limit: 1,
			Treatment: "flagged", Detail: "一个比十二字节更长的说明"}
	}
	put := func(keys []string, from, to int64, f ...usage.Finding) error {
		return s.PutFindings(ctx, "p", keys, from, to, f)
	}
	check := func(filter FindingFilter, want ...usage.Finding) {
		t.Helper()
		if got, err := s.Findings(ctx, "p", filter); err != nil || !slices.Equal(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
	}
	a, b, late := finding("a", "gap", 5), finding("b", "spike", 5), finding("a", "flat", 105)
	if err := put([]string{"a", "b"}, 0, 200, late, b, a); err != nil {
		t.Fatal(err)
	}
	check(FindingFilter{}, a, b, late)
	check(FindingFilter{Keys: []string{"a"}, Rules: []string{"flat", "spike"}}, late)
	check(FindingFilter{From: 14, To: 105}, a, b)
	check(FindingFilter{From: 15}, late)
	check(FindingFilter{Limit: 1}, a)
	// Settling a again over [0, 100) replaces a's finding there and no other.
	again := finding("a", "range", 50)
	if err := put([]string{"a"}, 0, 100, again); err != nil {
		t.Fatal(err)
	}
	check(FindingFilter{}, b, again, late)
	if err := put([]string{"a"}, 0, 100, b); !errors.Is(err, ErrInput) {
		t.Errorf("a finding of another register: %v", err)
	}
	if err := put([]string{"a"}, 0, 100, late); !errors.Is(err, ErrInput) {
		t.Errorf("a finding outside of the span: %v", err)
	}
	check(FindingFilter{}, b, again, late)
}

func TestEdits(t *testing.T) {
	s := openTest(t, t.TempDir())
	put := func(key string, from, to int64) usage.Edit {
		t.Helper()
		e, err := s.PutEdit(ctx, "p", usage.Edit{Key: key, From: from, To: to, Amount: 12.5, Who: "王敏", Reason: "meter exchanged by hand"})
		if err != nil || e.RecordedAt == 0 {
			t.Fatal(e, err)
		}
		return e
	}
	a, b := put("a", 0, 100), put("b", 50, 60)
	check := func(keys []string, from, to, known int64, want ...usage.Edit) {
		t.Helper()
		if got, err := s.Edits(ctx, "p", keys, from, to, known); err != nil || !slices.Equal(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
	}
	check(nil, 0, 1000, 0, a, b)
	check([]string{"b"}, 0, 1000, 0, b)
	check(nil, 60, 61, 0, a)
	check(nil, 100, 200, 0)
	check(nil, 0, 1000, a.RecordedAt, a)
	for _, bad := range []usage.Edit{{Key: "a", From: 0, To: 1, Who: "x"}, {Key: "a", From: 1, To: 1, Who: "x", Reason: "y"}} {
		if _, err := s.PutEdit(ctx, "p", bad); !errors.Is(err, ErrInput) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
