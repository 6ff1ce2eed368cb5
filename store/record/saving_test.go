package record

import (
	"context"
	"testing"
	"time"
)

func TestSavings(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		save := func(id, measure string, after int64, withdrawn bool) (Saving, error) {
			return s.SaveSaving(ctx, at(time.Duration(after+1)*time.Minute), Saving{Park: "demo", ID: id, Organization: "/江苏/demo/works", Member: "works",
				Measure: measure, Question: "{}", Baseline: []byte(`{"format":"lingtan.savings/v1"}`), Withdrawn: withdrawn, Note: "n"}, after)
		}
		first, err := save("led", "m1", 0, false)
		ok(t, err)
		_, err = save("led", "m1", 0, false)
		is(t, err, ErrConflict)
		_, err = save("fan", "m1", 2, false)
		is(t, err, ErrNotFound)
		_, err = save("fan", "m2", 0, false)
		ok(t, err)
		second, err := save("led", "m3", 1, false)
		ok(t, err)
		if first.Revision != 1 || second.Revision != 2 || len(second.BaselineHash) != 64 {
			t.Errorf("%+v", second)
		}
		listed := func(measure string, want ...string) {
			t.Helper()
			list, err := s.Savings(ctx, "demo", measure)
			ok(t, err)
			if len(list) != len(want) {
				t.Fatalf("%+v, want %v", list, want)
			}
			for i, x := range list {
				if x.ID != want[i] {
					t.Errorf("%s, want %s", x.ID, want[i])
				}
			}
		}
		listed("", "fan", "led")
		listed("m1")
		listed("m3", "led")
		x, err := s.Saving(ctx, "demo", "led")
		ok(t, err)
		if x.Revision != 2 || string(x.Baseline) != `{"format":"lingtan.savings/v1"}` {
			t.Errorf("%+v", x)
		}
		_, err = save("led", "m3", 2, true)
		ok(t, err)
		listed("", "fan")
		_, err = s.Saving(ctx, "demo", "none")
		is(t, err, ErrNotFound)
	})
}
