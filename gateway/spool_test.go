package gateway

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/connector"
)

func opened(t testing.TB, dir string, limit int64) *spool {
	t.Helper()
	s, err := openSpool(dir, limit, func(*entry) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() }) // a test may have closed it
	if s.due() {
		begin(t, s)
	}
	return s
}

func begin(t testing.TB, s *spool) {
	t.Helper()
	if err := s.rotate(&entry{state: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
}

// count is n samples from a number, each with the number as its value.
func count(from, n int) []connector.Sample {
	var out []connector.Sample
	for i := range n {
		out = append(out, connector.Sample{Device: "m1", Name: "v", At: at(float64(from + i)), Value: float64(from + i)})
	}
	return out
}

func put(t testing.TB, s *spool, samples []connector.Sample) {
	t.Helper()
	if s.due() {
		begin(t, s)
	}
	if err := s.append(&entry{forward: samples, at: noon.UnixMilli()}); err != nil {
		t.Fatal(err)
	}
}

// drain reads and acknowledges everything and gives the values.
func drain(t testing.TB, s *spool, most int) []float64 {
	t.Helper()
	var out []float64
	for s.depth().waiting > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		p, err := s.read(ctx, most, func(*entry) {})
		cancel()
		if err != nil {
			t.Fatalf("%v after %d values, depth %+v", err, len(out), s.depth())
		}
		for _, x := range p.samples {
			out = append(out, x.Value)
		}
		if err := s.acknowledge(p.last); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func inOrder(t testing.TB, got []float64, from, to int) {
	t.Helper()
	if len(got) != to-from+1 {
		t.Fatalf("%d values, want %d", len(got), to-from+1)
	}
	for i, v := range got {
		if v != float64(from+i) {
			t.Fatalf("value %d is %v, want %d", i, v, from+i)
		}
	}
}

func TestSpool(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, 8<<20)
	next := 1
	for range 50 {
		put(t, s, count(next, 100))
		next += 100
	}
	if d := s.depth(); d.waiting != 5000 || d.oldest != noon.UnixMilli() {
		t.Errorf("%+v", d)
	}
	p, err := s.read(context.Background(), 250, func(*entry) {})
	if err != nil || p.first != 1 || p.last != 300 || len(p.samples) != 300 {
		t.Fatalf("%+v, %v", p, err)
	}
	if err := s.acknowledge(p.last); err != nil {
		t.Fatal(err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, dir, 8<<20)
	inOrder(t, drain(t, s, 1000), 301, 5000)
	put(t, s, count(5001, 10))
	inOrder(t, drain(t, s, 1000), 5001, 5010)
	if d := s.depth(); d.waiting != 0 || d.oldest != 0 {
		t.Errorf("%+v", d)
	}
	if _, err := openSpool(dir, 8<<20, func(*entry) error { return nil }); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
}

// Acknowledged segments leave the disk; numbers go on when all is acknowledged.
func TestSpoolIsBounded(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, 8<<20)
	next := 1
	for len(s.segments) < 5 {
		put(t, s, noise(next, 8000))
		next += 8000
	}
	if got := drain(t, s, 40_000); len(got) != next-1 {
		t.Fatalf("%d of %d", len(got), next-1)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*.seg")); len(files) != 1 || s.depth().bytes > 2*s.perFile {
		t.Errorf("%v, %+v", files, s.depth())
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, dir, 8<<20)
	if s.next != uint64(next) || s.acked != uint64(next-1) {
		t.Errorf("next %d, acknowledged %d", s.next, s.acked)
	}
}

// noise is samples that cannot be packed well.
func noise(from, n int) []connector.Sample {
	out := count(from, n)
	for i := range out {
		x := uint64(from+i) * 0x9E3779B97F4A7C15
		out[i].Value = float64(x>>11) / (1 << 53) * 1.0000001
		out[i].Name = fmt.Sprintf("v%d", i%10)
	}
	return out
}

// Whatever the end of the newest file looks like, what was appended before is read, in
// order, and the next append works.
func TestTornTail(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "spool")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		s, err := openSpool(dir, 8<<20, func(*entry) error { return nil })
		if err != nil {
			rt.Fatal(err)
		}
		begin(t, s)
		n := rapid.IntRange(1, 6).Draw(rt, "records")
		var ends []int64
		for i := range n {
			put(t, s, count(1+10*i, 10))
			ends = append(ends, s.segments[0].size)
		}
		path := s.segments[0].path
		if err := s.close(); err != nil {
			rt.Fatal(err)
		}
		cut := rapid.Int64Range(int64(segmentHead), ends[n-1]).Draw(rt, "cut")
		tail := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(rt, "tail")
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, append(data[:cut:cut], tail...), 0o600)
		}
		if err != nil {
			rt.Fatal(err)
		}
		whole := 0
		for whole < n && ends[whole] <= cut {
			whole++
		}
		if s, err = openSpool(dir, 8<<20, func(*entry) error { return nil }); err != nil {
			rt.Fatal(err)
		}
		defer s.close()
		put(t, s, count(whole*10+1, 10))
		inOrder(t, drain(t, s, 15), 1, whole*10+10)
	})
}

// A byte that the disk lost costs its record, and it is counted.
func TestDamagedRecord(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, 8<<20)
	put(t, s, count(1, 10))
	before := s.segments[0].size
	put(t, s, count(11, 10))
	put(t, s, count(21, 10))
	path := s.segments[0].path
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[before+recordHead+3] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s = opened(t, dir, 8<<20)
	got := drain(t, s, 100)
	inOrder(t, got[:10], 1, 10)
	inOrder(t, got[10:], 21, 30)
	if s.depth().damaged != 10 {
		t.Errorf("%+v", s.depth())
	}
}

// A segment that vanished or lost its head does not keep the rest from being sent.
func TestDamagedHead(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, 8<<20)
	next := 1
	for len(s.segments) < 4 {
		put(t, s, noise(next, 8000))
		next += 8000
	}
	lost, after := s.segments[1].path, s.segments[2].first
	rest := s.segments[1].first - 1
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lost, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = opened(t, dir, 8<<20)
	if got := drain(t, s, 40_000); len(got) != int(rest)+next-int(after) {
		t.Errorf("%d values, want %d and %d", len(got), rest, next-int(after))
	}
	if _, err := os.Stat(lost + ".damaged"); err != nil {
		t.Error(err)
	}
}

// Thinning halves what is oldest and keeps amounts, numbers and order.
func TestThin(t *testing.T) {
	s := opened(t, t.TempDir(), 8<<20)
	next := 1
	for len(s.segments) < 6 {
		list := noise(next, 4000)
		for i := range list {
			if i%4 == 0 {
				list[i].Name, list[i].Span = "kWh", time.Minute
			}
		}
		put(t, s, list)
		next += 4000
	}
	before := s.depth()
	for range 3 {
		if ok, err := s.thin(); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	after := s.depth()
	if after.bytes >= before.bytes || after.thinned == 0 || after.waiting != before.waiting {
		t.Errorf("%+v became %+v", before, after)
	}
	levels := []uint32{}
	for _, seg := range s.segments {
		levels = append(levels, seg.level)
	}
	if !slices.Equal(levels, []uint32{1, 1, 1, 0, 0, 0}) {
		t.Error("thinned:", levels)
	}
	amounts, others := kinds(t, s)
	if amounts != (next-1)/4 || amounts+others+int(after.thinned) != next-1 {
		t.Errorf("%d amounts, %d others, %d thinned of %d", amounts, others, after.thinned, next-1)
	}
	for ok := true; ok; { // in the end nothing is left to thin
		var err error
		if ok, err = s.thin(); err != nil {
			t.Fatal(err)
		}
	}
}

// kinds reads everything, which must be in order, and counts amounts and others.
func kinds(t *testing.T, s *spool) (amounts, others int) {
	t.Helper()
	last := time.Time{}
	for s.depth().waiting > 0 {
		p, err := s.read(context.Background(), 20_000, func(*entry) {})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range p.samples {
			if x.Span > 0 {
				amounts++
			} else {
				others++
			}
			if !x.At.After(last) {
				t.Fatalf("%s after %s", x.At, last)
			}
			last = x.At
		}
		if err := s.acknowledge(p.last); err != nil {
			t.Fatal(err)
		}
	}
	return amounts, others
}

// A disk that cannot be written fails the append and loses nothing that was before.
func TestSpoolFails(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, 8<<20)
	put(t, s, count(1, 10))
	good := s.active
	broken, err := os.Open(s.segments[0].path) // for reading alone
	if err != nil {
		t.Fatal(err)
	}
	s.active = broken
	if err := s.append(&entry{forward: count(11, 10)}); !errors.Is(err, ErrSpool) {
		t.Fatal(err)
	}
	if err := s.append(&entry{forward: count(11, 10)}); !errors.Is(err, ErrSpool) || !s.due() {
		t.Fatal(err)
	}
	put(t, s, count(11, 10))
	inOrder(t, drain(t, s, 5), 1, 20)
	if err := good.Close(); err != nil {
		t.Fatal(err)
	}
}

func FuzzReadEntry(f *testing.F) {
	e := entry{first: 1, last: 10, forward: count(1, 10), held: count(3, 2), tick: 5}
	data, err := e.appendTo(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)-1])
	f.Add([]byte(segmentMark))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for offset := int64(0); ; {
			_, next, err := readEntry(file, offset, int64(len(data)))
			if next == 0 {
				return
			}
			if next <= offset || err != nil && !errors.Is(err, errDamaged) {
				t.Fatal(next, offset, err)
			}
			offset = next
		}
	})
}

// BenchmarkSpoolAppend writes a site of 2,000 values, of which a commit has some.
func BenchmarkSpoolAppend(b *testing.B) {
	for _, size := range []int{20, 400, 2000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := opened(b, b.TempDir(), 1<<40)
			before, next := s.depth().bytes, 0
			random := rand.New(rand.NewPCG(1, 2))
			for b.Loop() {
				var list []connector.Sample
				for range size {
					v := next % 2000
					x := connector.Sample{Device: fmt.Sprintf("meter-%03d", v/10), Name: fmt.Sprintf("value_%d", v%10), At: at(float64(next / 2000)), Value: 200 + random.Float64()*20}
					if x.Value = float64(float32(x.Value)); v%2 == 0 {
						x.Value = math.Round(x.Value*10) / 10
					}
					list = append(list, x)
					next++
				}
				put(b, s, list)
			}
			b.ReportMetric(float64(s.depth().bytes-before)/float64(next), "B/sample")
		})
	}
}
