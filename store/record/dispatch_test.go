package record

import (
	"context"
	"testing"
	"time"
)

func TestDispatch(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		for i, text := range []string{"a", "a", "b"} {
			x, err := s.SaveDispatchDocument(ctx, at(time.Hour), "/江苏/demo", "demo", []byte(text))
			ok(t, err)
			if want := []int64{1, 1, 2}[i]; x.Number != want {
				t.Errorf("version %d, want %d", x.Number, want)
			}
		}
		if x, err := s.DispatchDocument(ctx, "demo"); err != nil || x.Text != "b" {
			t.Errorf("%+v, %v", x, err)
		}
		if x, err := s.DispatchDocument(ctx, "other"); err != nil || x.Number != 0 {
			t.Errorf("%+v, %v", x, err)
		}
		x, err := s.SaveDispatchRun(ctx, at(0), "/江苏/demo", DispatchRun{Park: "demo", Begins: start, Ends: start.Add(24 * time.Hour), Status: "optimal", Total: 5, Saving: new(2.5)}, []byte(`{"a":1}`))
		if err != nil || x.Number != 1 {
			t.Fatalf("%+v, %v", x, err)
		}
		list, err := s.DispatchRuns(ctx, "demo", 10)
		if err != nil || len(list) != 1 || list[0].Packed != nil || *list[0].Saving != 2.5 {
			t.Errorf("%+v, %v", list, err)
		}
		if _, body, decided, err := s.DispatchRun(ctx, "demo", 1); err != nil || string(body) != `{"a":1}` || len(decided) != 0 {
			t.Errorf("%s, %v, %v", body, decided, err)
		}
		_, _, _, err = s.DispatchRun(ctx, "demo", 2)
		is(t, err, ErrNotFound)
		for _, table := range []string{"dispatch_document", "dispatch_run"} {
			stays(t, s, table)
		}
	})
}

func TestDispatchTakesTwoPeople(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		decide := func(who, kind string) error {
			act := at(0)
			act.Who = who
			_, err := s.DecideDispatch(ctx, act, "/江苏/demo", DispatchDecision{Park: "demo", Run: 1, Kind: kind})
			return err
		}
		is(t, decide("li", "approve"), ErrConflict)
		ok(t, decide("li", "propose"))
		is(t, decide("wang", "propose"), ErrConflict)
		is(t, decide("li", "approve"), ErrConflict)
		ok(t, decide("wang", "approve"))
		is(t, decide("wang", "reject"), ErrConflict)
		ok(t, decide("li", "withdraw"))
		ok(t, decide("li", "propose"))
		ok(t, decide("wang", "reject"))
		is(t, decide("wang", "adopt"), ErrConflict)
		if list, err := dispatchDecisions(ctx, s.db, "demo", 1); err != nil || len(list) != 5 || list[4].Kind != "reject" {
			t.Errorf("%+v, %v", list, err)
		}
		stays(t, s, "dispatch_decision")
	})
}
