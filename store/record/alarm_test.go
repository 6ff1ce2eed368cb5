package record

import (
	"context"
	"strings"
	"testing"
	"time"

	"lingtan/alarm"
)

func raised(number int64, event, who string) alarm.Transition {
	v := 12.5
	return alarm.Transition{Rule: "r", Number: number, Occurrence: "abc", Event: event, From: alarm.Normal, To: alarm.Unacknowledged,
		At: start.Add(time.Duration(number) * time.Minute), Who: who, Value: &v}
}

func TestAlarms(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		save := func(state string, list ...alarm.Transition) error {
			tick := AlarmTick{Park: "demo", Organization: "/江苏/demo", Outcome: alarm.Outcome{Transitions: list}}
			if state != "" {
				tick.State = []byte(state)
			}
			return s.SaveAlarms(ctx, at(time.Hour), tick)
		}
		state := func(want string) {
			t.Helper()
			got, _, err := s.AlarmState(ctx, "demo")
			ok(t, err)
			if string(got) != want {
				t.Errorf("state %q, want %q", got, want)
			}
		}
		state("")
		ok(t, save("one", raised(1, "raise", "")))
		ok(t, save("one", raised(1, "raise", ""))) // the same tick again
		ok(t, save("two", raised(2, "acknowledge", "li")))
		is(t, save("three", raised(3, "return", ""), raised(2, "return", "")), ErrConflict)
		state("two") // nothing of that tick was kept
		ok(t, save("", raised(3, "return", "")))
		state("two")
		count := func(q AlarmQuery, want int) {
			t.Helper()
			q.Park = "demo"
			list, err := s.AlarmTransitions(ctx, q)
			ok(t, err)
			if len(list) != want {
				t.Errorf("%+v: %d lines, want %d", q, len(list), want)
			}
		}
		count(AlarmQuery{}, 3)
		count(AlarmQuery{Rule: "other"}, 0)
		count(AlarmQuery{Occurrence: "abc", Limit: 2}, 2)
		count(AlarmQuery{From: start.Add(2 * time.Minute), To: start.Add(3 * time.Minute)}, 1)
		list, err := s.AlarmTransitions(ctx, AlarmQuery{Park: "demo", Limit: 1})
		ok(t, err)
		if x := list[0]; x.Number != 3 || x.Value == nil || *x.Value != 12.5 || !x.At.Equal(start.Add(3*time.Minute)) {
			t.Errorf("%+v", x)
		}
		if lines, _, err := s.VerifyAudit(ctx); err != nil || lines != 1 {
			t.Errorf("%d audit lines, want one for what a person did: %v", lines, err)
		}
		stays(t, s, "alarm_transition")
	})
}

// stays wants a table to refuse changes.
func stays(t *testing.T, s *Store, table string) {
	t.Helper()
	for _, change := range []string{"DELETE FROM " + table, "UPDATE " + table + " SET park = 'x'"} {
		if _, err := s.db.ExecContext(context.Background(), change); err == nil {
			t.Errorf("%s went through", change)
		}
	}
}

func TestAlarmDeliveries(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		n := alarm.Notice{ID: "abc:raised:1:0", Kind: "raised", At: start, Channels: []string{"mail", "wecom"}}
		ok(t, s.SaveAlarms(ctx, at(0), AlarmTick{Park: "demo", Outcome: alarm.Outcome{Notices: []alarm.Notice{n}}}))
		open := func(want int) {
			t.Helper()
			list, err := s.UndeliveredAlarms(ctx, "demo", start.Add(-time.Hour))
			ok(t, err)
			if len(list) != want {
				t.Errorf("%d undelivered, want %d", len(list), want)
			}
		}
		attempt := func(channel string, number int64, outcome string) {
			t.Helper()
			ok(t, s.SaveAlarmDelivery(ctx, AlarmDelivery{Park: "demo", Notice: n.ID, Channel: channel, Attempt: number, At: start, Outcome: outcome, Status: 200, Response: "ok"}))
		}
		open(1)
		attempt("mail", 1, "delivered")
		attempt("mail", 1, "delivered")
		open(1)
		attempt("wecom", 1, "retry")
		open(1)
		attempt("wecom", 2, "failed")
		open(0)
		list, err := s.AlarmDeliveries(ctx, "demo", n.ID)
		ok(t, err)
		if len(list) != 3 || list[2].Attempt != 2 || list[2].Outcome != "failed" {
			t.Errorf("%+v", list)
		}
		stays(t, s, "alarm_delivery")
		stays(t, s, "alarm_notice")
	})
}

func TestAlarmRules(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		none, err := s.AlarmRules(ctx, "demo")
		ok(t, err)
		one, err := s.SaveAlarmRules(ctx, at(0), "/江苏/demo", "demo", []byte("a"), none.Number)
		ok(t, err)
		same, err := s.SaveAlarmRules(ctx, at(time.Minute), "/江苏/demo", "demo", []byte("a"), 0)
		ok(t, err)
		if one.Number != 1 || same.Number != 1 {
			t.Errorf("%+v %+v", one, same)
		}
		_, err = s.SaveAlarmRules(ctx, at(time.Minute), "/江苏/demo", "demo", []byte("b"), 0)
		is(t, err, ErrConflict)
		_, err = s.SaveAlarmRules(ctx, at(time.Minute), "/江苏/demo", "demo", []byte(strings.Repeat("b", maxAlarmRules+1)), 1)
		is(t, err, ErrTooLarge)
		stays(t, s, "alarm_rules")
	})
}
