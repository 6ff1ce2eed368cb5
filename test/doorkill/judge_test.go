package doorkill

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// held makes a ledger of ten samples of which the first eight are acknowledged, and the
// track of a store that has nine.
func held() (*ledger, track) {
	l := newLedger("d", "c", "k", time.Second)
	l.reach(10)
	var k track
	for n := 1; n <= 9; n++ {
		if n <= 8 {
			l.ack(n)
		}
		k.at, k.value = append(k.at, l.millis(n)), append(k.value, l.value(n))
	}
	return l, k
}

// What the check must find, it finds: else a test that passes says nothing.
func TestJudge(t *testing.T) {
	check := func(what string, lost, extra int, change func(l *ledger, k *track)) {
		t.Helper()
		l, k := held()
		change(l, &k)
		o := l.judge(k)
		if o.lost != lost || o.extra != extra || (len(o.faults) > 0) != (lost+extra > 0) {
			t.Errorf("%s: lost %d, extra %d, %q", what, o.lost, o.extra, o.faults)
		}
	}
	remove := func(k *track, i int) {
		k.at, k.value = slices.Delete(k.at, i, i+1), slices.Delete(k.value, i, i+1)
	}
	check("all is well", 0, 0, func(*ledger, *track) {})
	check("unacknowledged and not there", 0, 0, func(_ *ledger, k *track) { remove(k, 8) })
	check("acknowledged and not there", 1, 0, func(_ *ledger, k *track) { remove(k, 3) })
	check("altered", 1, 1, func(_ *ledger, k *track) { k.value[3]++ })
	check("moved", 1, 1, func(_ *ledger, k *track) { k.at[3]++ })
	check("of another sample", 0, 1, func(l *ledger, k *track) {
		k.at, k.value = append(k.at, l.millis(11)), append(k.value, l.value(11))
	})
	check("twice", 0, 1, func(_ *ledger, k *track) {
		k.at, k.value = slices.Insert(k.at, 4, k.at[4]), slices.Insert(k.value, 4, k.value[4])
	})
	check("out of order", 0, 1, func(_ *ledger, k *track) {
		k.at[3], k.at[4], k.value[3], k.value[4] = k.at[4], k.at[3], k.value[4], k.value[3]
	})
	check("corrected", 0, 1, func(_ *ledger, k *track) { k.revision = []uint16{0, 0, 1, 0, 0, 0, 0, 0, 0} })
}

func TestJudgeCounter(t *testing.T) {
	now := time.Now().UnixMilli()
	check := func(what string, good bool, before int64, values ...float64) {
		t.Helper()
		c := &counter{scale: 100, served: 500}
		var k track
		for i, v := range values {
			k.at, k.value = append(k.at, now-1000+int64(i)), append(k.value, v)
		}
		if o := c.judge(k, before, time.Now().Add(-time.Minute)); good != (len(o.faults) == 0) {
			t.Errorf("%s: %q", what, o.faults)
		}
	}
	check("a part, in order", true, 400, 0.02, 0.03, 1.57, 4.01)
	check("nothing after the last kill", false, 401, 0.02, 0.03, 1.57, 4.01)
	check("nothing", false, 0)
	check("twice", false, 1, 0.02, 0.02)
	check("falling", false, 1, 0.03, 0.02)
	check("never served", false, 1, 0.03, 5.01)
	check("between two numbers", false, 1, 0.025, 0.03)
}

// Whatever is acknowledged in whatever order, the next samples are those that are open,
// the oldest first, then new ones.
func TestTake(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLedger("d", "c", "k", time.Millisecond)
		open := map[int]bool{}
		made := 0
		for range rapid.IntRange(1, 20).Draw(t, "rounds") {
			list := l.take(rapid.IntRange(1, 10).Draw(t, "count"))
			if !slices.IsSorted(list) {
				t.Fatalf("%v", list)
			}
			for _, n := range list {
				if n > made {
					made, open[n] = n, true
				}
				if !open[n] {
					t.Fatalf("%d is sent again after its acknowledgement", n)
				}
				if rapid.Bool().Draw(t, "acknowledged") {
					l.ack(n)
					delete(open, n)
				}
			}
		}
		if all, acked, _ := l.count(); all != made || acked != made-len(open) {
			t.Fatalf("%d of %d", acked, all)
		}
	})
}
