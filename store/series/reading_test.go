package series

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"lingtan/meter"
)

// TestReadsSeeOneState reads all the while that batches are appended and months
// compacted: every batch adds one reading to each of 40 registers, so a read must
// find all registers with the same number, and never fewer than before.
func TestReadsSeeOneState(t *testing.T) {
	s := openTest(t, t.TempDir())
	keys, done := keysOf(40), make(chan struct{})
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			for most := -1; ; {
				select {
				case <-done:
					return
				default:
				}
				n := sameLength(t, s)
				if n < most {
					t.Errorf("%d readings after %d", n, most)
				}
				most = n
			}
		})
	}
	b := &meter.Batch{Keys: keys}
	for i := range int64(150) {
		b.Reset()
		for k := range keys {
			b.Append(uint32(k), i*8*3600000, 900, float64(i))
		}
		if _, err := s.Append(ctx, "p", b); err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 {
			if _, err := s.Compact(ctx, "p", monthName(monthOf(i*8*3600000))); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(done)
	wait.Wait()
	if n := sameLength(t, s); n != 150 {
		t.Errorf("%d readings a register; want 150", n)
	}
}

func sameLength(t *testing.T, s *Store) int {
	n, tracks := -1, 0
	err := s.Readings(ctx, meter.Query{Park: "p", From: minTime, To: maxTime}, func(tr meter.Track) error {
		if tracks++; n >= 0 && tr.Len() != n {
			t.Errorf("%s has %d readings, the others %d", tr.Key, tr.Len(), n)
		}
		n = tr.Len()
		return nil
	})
	if err != nil || n >= 0 && tracks != 40 {
		t.Errorf("%d tracks, %v", tracks, err)
	}
	return n
}

func TestManyGroups(t *testing.T) {
	s := openTest(t, t.TempDir())
	b := &meter.Batch{Keys: keysOf(300)}
	for i := range int64(20000) {
		for k := range uint32(300) {
			if k%100 == uint32(i%100) {
				b.Append(k, start2018+i*60000, 60, float64(i)+float64(k)/1000)
			}
		}
	}
	if _, err := s.Append(ctx, "p", b); err != nil {
		t.Fatal(err)
	}
	// Three registers a group: the budget of rows is for the test made small.
	s.groupRows = 600
	n := 0
	err := s.Readings(ctx, meter.Query{Park: "p", From: start2018, To: maxTime}, func(tr meter.Track) error {
		if want := b.Keys[n]; tr.Key != want || tr.Len() != 200 {
			t.Errorf("track %d is %s with %d readings; want %s with 200", n, tr.Key, tr.Len(), want)
		}
		for i, at := range tr.At {
			if want := float64((at-start2018)/60000) + float64(n)/1000; tr.Value[i] != want || tr.Span[i] != 60 {
				t.Fatalf("%s at %d: %g; want %g", tr.Key, at, tr.Value[i], want)
			}
		}
		n++
		return nil
	})
	if err != nil || n != 300 {
		t.Errorf("%d tracks, %v", n, err)
	}
}

func TestErrorsOfTheCaller(t *testing.T) {
	s := openTest(t, t.TempDir())
	put(t, s, 2, 0, 0, row{"a", 1000, 1}, row{"b", 1000, 1})
	q, stop := meter.Query{Park: "p", From: 0, To: 2000}, errors.New("stop")
	calls := 0
	err := s.Readings(ctx, q, func(meter.Track) error { calls++; return stop })
	if err != stop || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	done, cancel := context.WithTimeout(ctx, -time.Second)
	defer cancel()
	if err := s.Readings(done, q, func(meter.Track) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Readings after the deadline: %v", err)
	}
	if _, err := s.Append(done, "p", batchOf(row{"a", 3000, 1})); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Append after the deadline: %v", err)
	}
	q.Keys = []string{"a", "a"}
	if err := s.Readings(ctx, q, nil); !errors.Is(err, ErrInput) {
		t.Errorf("a key named twice: %v", err)
	}
	if _, err := s.Compact(ctx, "p", "1970-13"); !errors.Is(err, ErrInput) {
		t.Errorf("month 13: %v", err)
	}
	// A write from a read's callback is another call and waits for nothing.
	err = s.Readings(ctx, meter.Query{Park: "p", From: 0, To: 2000}, func(tr meter.Track) error {
		_, err := s.Append(ctx, "p", batchOf(row{tr.Key, 5000, 1}))
		return err
	})
	if err != nil {
		t.Error(err)
	}
	expect(t, ask(t, s, 0), "a 1000=1 5000=1; b 1000=1 5000=1")
}

func TestFolderNames(t *testing.T) {
	name := func(park, want string) {
		t.Helper()
		expect(t, folderName(park), want)
	}
	name("88.1.2/园区", "88.1.2%2F%E5%9B%AD%E5%8C%BA")
	name("../up", "%2E.%2Fup")
	name("it's *", "it%27s%20%2A")
	s := openTest(t, t.TempDir())
	for i, park := range []string{"../up", "it's *", "园区/一"} {
		if _, err := s.Append(ctx, park, batchOf(row{"a", 1000, float64(i)})); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Compact(ctx, park, "1970-01"); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		last, err := s.Last(ctx, park)
		if err != nil || fmt.Sprint(last[0].Value) != fmt.Sprint(i) {
			t.Error(last, err)
		}
	}
}
