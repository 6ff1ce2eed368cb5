package series

import (
	"testing"

	"lingtan/usage"
)

// The sum of a day changes with a revision of it, and with nothing else.
func TestDaySums(t *testing.T) {
	s := openTest(t, t.TempDir())
	putDays(t, s, dayOf("a", 100, 0, 96, 1), dayOf("b", 100, 0, 96, 2), dayOf("c", 100, 0, 96, 3), dayOf("a", 101, 0, 96, 4))
	known := s.Recorded()
	q := usage.Query{Park: "p", Keys: []string{"c", "a"}, First: 99, Last: 102}
	before, err := s.DaySums(ctx, q)
	if err != nil || len(before) != 2 || before[100].Rows != 2 || before[101].Rows != 1 {
		t.Fatalf("%v %+v", err, before)
	}
	putDays(t, s, dayOf("a", 101, 1, 96, 5), dayOf("b", 100, 1, 96, 6), dayOf("a", 105, 0, 96, 7))
	after, err := s.DaySums(ctx, q)
	if err != nil || after[100] != before[100] || after[101] == before[101] || len(after) != 2 {
		t.Errorf("%v %+v, before %+v", err, after, before)
	}
	q.AsKnownAt = known
	if then, err := s.DaySums(ctx, q); err != nil || then[100] != before[100] || then[101] != before[101] {
		t.Errorf("as known before: %v %+v", err, then)
	}
	q.Park = "nowhere"
	if none, err := s.DaySums(ctx, q); err != nil || len(none) != 0 {
		t.Errorf("another park: %v %+v", err, none)
	}
}
