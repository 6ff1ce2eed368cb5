package node

import (
	"context"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"testing"
	"time"

	"lingtan/meter"
	"lingtan/period"
	"lingtan/usage"
)

// newest is the newest state of every settled day, without its revision and times.
func newest(t *testing.T, n *Node, keys []string, first, last period.Day) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := n.Series.UsageByDay(context.Background(), usage.Query{Park: "test", Keys: keys, First: first, Last: last}, func(d usage.Day) error {
		out[d.Key+" "+d.Day.String()] = fmt.Sprint(d.Amount, d.Quality, d.Digest)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// someDay is quarter hours of a day of every register, some hours of some missing.
func someDay(r *rand.Rand, keys []string, day int) *meter.Batch {
	b := &meter.Batch{Keys: keys}
	for k := range keys {
		hole := -100
		if r.Intn(3) == 0 {
			hole = r.Intn(60)
		}
		for slot := range 96 {
			if slot < hole || slot >= hole+30 {
				at := start.Add(time.Duration(day)*24*time.Hour + time.Duration(slot+1)*15*time.Minute)
				b.Append(uint32(k), at.UnixMilli(), 900, 5+float64(slot%24)+float64(r.Intn(20))/10)
			}
		}
	}
	return b
}

// Settling little by little, as readings come late, early, in pieces and corrected,
// ends where settling all at once does.
func TestSettledAsTheyCome(t *testing.T) {
	settledAsTheyCome(t, 0)
	settledAsTheyCome(t, 1)
}

func settledAsTheyCome(t *testing.T, seed int64) {
	t.Helper()
	n, _, _ := opened(t)
	l, err := n.Layout(context.Background(), "test")
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for _, r := range l.Registers() {
		keys = append(keys, r.Key)
	}
	r := rand.New(rand.NewSource(seed))
	settle := func(all bool) {
		t.Helper()
		if _, err := n.Settle(context.Background(), "test", SettleOptions{All: all}); err != nil {
			t.Fatal(err)
		}
	}
	days := r.Perm(70) // in which days come: mostly onward, some late
	slices.SortFunc(days, func(a, b int) int { return a/12 - b/12 })
	for step, day := range days {
		b := someDay(r, keys, day)
		if step%4 == 0 { // a correction of something, known or not yet
			at := start.Add(time.Duration(r.Intn(70))*24*time.Hour + time.Duration(r.Intn(96))*15*time.Minute)
			b.Append(uint32(r.Intn(len(keys))), at.UnixMilli(), 900, float64(r.Intn(1000))/10)
		}
		if _, err := n.Series.Append(context.Background(), "test", b); err != nil {
			t.Fatal(err)
		}
		if r.Intn(3) > 0 {
			settle(false)
		}
	}
	settle(false)
	mark, err := n.settledUpTo(context.Background(), "test")
	if err != nil {
		t.Fatal(err)
	}
	bit := newest(t, n, keys, mark.First, mark.Last)
	settle(true)
	whole := newest(t, n, keys, mark.First, mark.Last)
	if len(whole) < 60 {
		t.Fatalf("seed %d: %d days only", seed, len(whole))
	}
	for _, k := range slices.Sorted(maps.Keys(whole)) {
		if bit[k] != whole[k] {
			t.Errorf("seed %d: %s\n little by little %s\n at once          %s", seed, k, bit[k], whole[k])
		}
	}
}
