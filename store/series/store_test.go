package series

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"lingtan/meter"
)

// The test binary plays a second process when this variable names its part.
const partVariable = "LINGTAN_SERIES_PART"

func TestMain(m *testing.M) {
	switch os.Getenv(partVariable) {
	case "open":
		_, err := Open(os.Args[1], Options{})
		fmt.Println(err)
		if !errors.Is(err, ErrLocked) {
			os.Exit(1)
		}
	case "append":
		appendForEver(os.Args[1])
	default:
		os.Exit(m.Run())
	}
}

func openTest(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, Options{Memory: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var ctx = context.Background()

// row is one row of a batch in a test.
type row struct {
	key   string
	at    int64
	value float64
}

// put appends rows of 900 s and expects their fate.
func put(t *testing.T, s *Store, stored, duplicates, corrected int64, rows ...row) {
	t.Helper()
	got, err := s.Append(ctx, "p", batchOf(rows...))
	if want := (meter.Admission{Stored: stored, Duplicates: duplicates, Corrected: corrected}); err != nil || got != want {
		t.Fatalf("Append = %+v, %v; want %+v", got, err, want)
	}
}

func batchOf(rows ...row) *meter.Batch {
	b, refs := &meter.Batch{}, map[string]uint32{}
	for _, r := range rows {
		if _, ok := refs[r.key]; !ok {
			refs[r.key] = uint32(len(b.Keys))
			b.Keys = append(b.Keys, r.key)
		}
		b.Append(refs[r.key], r.at, 900, r.value)
	}
	return b
}

// ask prints the park's readings as known at a time: "a 1=2 3=4'1; b …", with the
// revision after a prime where it is not 0.
func ask(t *testing.T, s *Store, known int64, keys ...string) string {
	t.Helper()
	var out []string
	q := meter.Query{Park: "p", Keys: keys, From: minTime, To: maxTime, AsKnownAt: known}
	err := s.Readings(ctx, q, func(tr meter.Track) error {
		line := tr.Key
		for i := range tr.At {
			line += fmt.Sprintf(" %d=%g", tr.At[i], tr.Value[i])
			if tr.Revision != nil && tr.Revision[i] > 0 {
				line += fmt.Sprintf("'%d", tr.Revision[i])
			}
			if tr.Span[i] != 900 || i > 0 && tr.At[i] <= tr.At[i-1] {
				t.Errorf("%s: span %d at %d after %v", tr.Key, tr.Span[i], tr.At[i], tr.At[:i])
			}
		}
		out = append(out, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "; ")
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestOpenTwice(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("second Open in the process: %v", err)
	}
	other := second("open", dir)
	if out, err := other.CombinedOutput(); err != nil || !strings.Contains(string(out), dir) {
		t.Errorf("second Open in another process: %v: %s", err, out)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Readings(ctx, meter.Query{Park: "p"}, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Readings of a closed store: %v", err)
	}
	again := openTest(t, dir)
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func second(part string, args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), partVariable+"="+part)
	return c
}

// killBatch is what the helper process appends as its batch n: 300 rows of three
// registers, one of them a correction of the batch before.
func killBatch(n int64) *meter.Batch {
	b := &meter.Batch{Keys: []string{"a", "b", "fix"}}
	for i := range int64(150) {
		b.Append(uint32(i%2), (n*150+i)*quarter, 900, float64(n))
	}
	b.Append(2, n*quarter, 900, float64(n))
	if n > 0 {
		b.Append(2, (n-1)*quarter, 900, float64(n))
	}
	return b
}

// appendForEver appends numbered batches from where the mark stands, compacts now
// and then, and prints each number once it is acknowledged.
func appendForEver(dir string) {
	s, err := Open(dir, Options{Memory: 256 << 20})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	value, err := s.Mark(ctx, "kill")
	next := int64(0)
	if value != nil {
		next = int64(binary.BigEndian.Uint64(value)) + 1
	}
	for ; err == nil; next++ {
		mark := meter.Mark{Name: "kill", Value: binary.BigEndian.AppendUint64(nil, uint64(next))}
		if _, err = s.Append(ctx, "p", killBatch(next), mark); err != nil {
			break
		}
		fmt.Println(next)
		if next%7 == 6 {
			_, err = s.Compact(ctx, "p", monthName(monthOf(next*150*quarter)))
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// TestKill kills a process that appends and compacts, at random moments, and finds
// every acknowledged batch exactly once.
func TestKill(t *testing.T) {
	dir, acked := t.TempDir(), int64(-1)
	random := rand.New(rand.NewPCG(5, 6))
	for range 30 {
		c := second("append", dir)
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		acked = max(acked, killSoon(c, out, random))
		if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("the helper ended by itself: %v", err)
		}
		acked = checkKilled(t, dir, acked)
	}
	if acked < 50 {
		t.Errorf("only %d batches in all; the test says little", acked)
	}
	t.Logf("%d batches over 30 kills", acked+1)
}

// killSoon kills the process some time after its first acknowledgement, or one
// time in six some time after its start, and gives the last number acknowledged.
// A line that was cut short does not count.
func killSoon(c *exec.Cmd, out io.Reader, random *rand.Rand) int64 {
	kill := func() {
		time.AfterFunc(time.Duration(random.IntN(250))*time.Millisecond, func() { c.Process.Kill() })
	}
	early := random.IntN(6) == 0
	if early {
		kill()
	}
	last, lines := int64(-1), bufio.NewReader(out)
	for n := 0; ; n++ {
		line, err := lines.ReadString('\n')
		if err != nil {
			return last
		}
		if fmt.Sscan(line, &last); n == 0 && !early {
			kill()
		}
	}
}

// checkKilled opens the store and holds it against what batches 0..mark make; it
// gives the mark.
func checkKilled(t *testing.T, dir string, acked int64) int64 {
	t.Helper()
	s, err := Open(dir, Options{Memory: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	value, err := s.Mark(ctx, "kill")
	if err != nil {
		t.Fatal(err)
	}
	if value == nil {
		if acked >= 0 {
			t.Fatalf("batch %d was acknowledged; no mark is stored", acked)
		}
		return acked
	}
	mark := int64(binary.BigEndian.Uint64(value))
	if mark < acked || mark > acked+1 {
		t.Fatalf("batch %d was acknowledged; the mark is %d", acked, mark)
	}
	n := 0
	err = s.Readings(ctx, meter.Query{Park: "p", From: minTime, To: maxTime}, func(tr meter.Track) error {
		n += tr.Len()
		for i, at := range tr.At {
			place := at / quarter
			want := float64(place / 150)
			if tr.Key == "fix" {
				want = float64(min(place+1, mark))
			}
			if i > 0 && tr.At[i-1] >= at || tr.Value[i] != want {
				t.Fatalf("%s at %d is %g; want %g", tr.Key, place, tr.Value[i], want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := int((mark + 1) * 151); n != want {
		t.Fatalf("%d readings after batch %d; want %d", n, mark, want)
	}
	checkStored(t, s, mark)
	return mark
}

// checkStored counts rows with every revision, so that a row stored twice shows.
func checkStored(t *testing.T, s *Store, mark int64) {
	t.Helper()
	stats, err := s.Stats(ctx)
	if want := (mark+1)*152 - 1; err != nil || stats.Readings != want {
		t.Fatalf("%d rows stored after batch %d; want %d (%v)", stats.Readings, mark, want, err)
	}
}
