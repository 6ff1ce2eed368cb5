package record

import (
	"context"
	"strings"
	"testing"
	"time"
)

func gas(amount string) Activity {
	return Activity{Park: "demo", ID: "gas", Organization: "/江苏/demo/works", Member: "works", Kind: "natural_gas", Carrier: "natural_gas",
		First: "2018-01-01", Last: "2018-12-31", Amount: amount, Unit: "GJ", Given: "{}", Choose: "{}", Evidence: "invoices"}
}

func TestActivities(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		save := func(x Activity, after int64, minute int) (Activity, error) {
			return s.SaveActivity(ctx, at(time.Duration(minute)*time.Minute), x, after)
		}
		first, err := save(gas("100"), 0, 1)
		ok(t, err)
		_, err = save(gas("110"), 0, 2)
		is(t, err, ErrConflict) // the id is taken
		_, err = save(gas("110"), 1, 0)
		is(t, err, ErrConflict) // before the latest
		second, err := save(gas("110.5"), 1, 3)
		ok(t, err)
		_, err = save(gas("120"), 1, 4)
		is(t, err, ErrConflict) // made from what is no longer the newest
		gone := gas("110.5")
		gone.Withdrawn, gone.Note = true, "booked twice"
		_, err = save(gone, 2, 5)
		ok(t, err)
		stranger := gas("1")
		stranger.ID = "coal"
		_, err = save(stranger, 3, 6)
		is(t, err, ErrNotFound)
		stranger.Note = strings.Repeat("a", maxActivityText)
		_, err = save(stranger, 0, 6)
		is(t, err, ErrTooLarge)

		known := func(minute int, first, last string, want ...string) {
			t.Helper()
			amountsKnown(t, s, minute, first, last, want...)
		}
		known(0, "2018-01-01", "2018-12-31")
		known(1, "2018-01-01", "2018-12-31", "100")
		known(3, "2018-12-31", "2019-12-31", "110.5")
		known(3, "2019-01-01", "2019-12-31")
		known(5, "2018-01-01", "2018-12-31") // withdrawn
		x, err := s.Activity(ctx, "demo", "gas")
		ok(t, err)
		if first.Revision != 1 || second.Revision != 2 || x.Revision != 3 || !x.Withdrawn || x.Note != "booked twice" || x.Author != "system" {
			t.Errorf("%+v", x)
		}
		all, err := s.ActivityRevisions(ctx, "demo", "gas")
		ok(t, err)
		if len(all) != 3 || all[2].Amount != "100" || all[2].Organization != "/江苏/demo/works" {
			t.Errorf("%+v", all)
		}
		_, err = s.Activity(ctx, "demo", "coal")
		is(t, err, ErrNotFound)
		if lines, _, err := s.VerifyAudit(ctx); err != nil || lines != 3 {
			t.Errorf("%d audit lines for 3 revisions: %v", lines, err)
		}
		for _, change := range []string{"DELETE FROM activity", "UPDATE activity SET amount = '0'"} {
			if _, err := s.db.ExecContext(ctx, change); err == nil {
				t.Errorf("%s went through", change)
			}
		}
	})
}

// amountsKnown wants the amounts of the records that touch days, as known at a minute.
func amountsKnown(t *testing.T, s *Store, minute int, first, last string, want ...string) {
	t.Helper()
	list, err := s.ActivitiesAsKnownAt(context.Background(), "demo", first, last, at(time.Duration(minute)*time.Minute).At)
	ok(t, err)
	var got []string
	for _, x := range list {
		got = append(got, x.Amount)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("at minute %d, %s to %s: %v, want %v", minute, first, last, got, want)
	}
}

func TestReportingMethods(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		save := func(method string, year int64, minute int) ReportingMethod {
			t.Helper()
			x, err := s.SaveReportingMethod(ctx, at(time.Duration(minute)*time.Minute), ReportingMethod{Park: "demo", Member: "works", Year: year, Organization: "/江苏/demo/works", Method: method})
			ok(t, err)
			return x
		}
		if x := save("a@1", 2018, 1); x.Revision != 1 {
			t.Errorf("%+v", x)
		}
		if x := save("a@1", 2018, 2); x.Revision != 1 {
			t.Errorf("the same again: %+v", x)
		}
		save("b@1", 2018, 3)
		save("c@1", 2019, 4)
		if x := save("", 2018, 5); x.Revision != 3 {
			t.Errorf("%+v", x)
		}
		known := func(minute int, want string) {
			t.Helper()
			list, err := s.ReportingMethods(ctx, "demo", at(time.Duration(minute)*time.Minute).At)
			ok(t, err)
			got := ""
			for _, x := range list {
				got += x.Method + " "
			}
			if strings.TrimSpace(got) != want {
				t.Errorf("at minute %d: %q, want %q", minute, got, want)
			}
		}
		known(0, "")
		known(2, "a@1")
		known(4, "b@1 c@1")
		known(5, "c@1")
		if _, err := s.db.ExecContext(ctx, "DELETE FROM reporting_method"); err == nil {
			t.Error("a method was deleted")
		}
	})
}
