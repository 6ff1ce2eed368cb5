package record

import (
	"context"
	"testing"
	"time"

	"lingtan/control"
)

func TestControl(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		keep := func(revision, number int64, who string) error {
			turn := ControlTurn{Park: "demo", Organization: "/江苏/demo", Revision: revision, State: control.State{Next: number + 1},
				Lines: []control.Line{{Number: number, At: start, Who: who, Event: "override", Asset: "battery", After: new(1.5)}}}
			got, err := s.SaveControl(ctx, at(0), turn)
			if err == nil && got != revision+1 {
				t.Errorf("revision %d after %d", got, revision)
			}
			return err
		}
		if _, revision, err := s.ControlState(ctx, "demo"); err != nil || revision != 0 {
			t.Errorf("%d, %v", revision, err)
		}
		ok(t, keep(0, 1, "control"))
		ok(t, keep(1, 2, "li"))
		is(t, keep(1, 3, "li"), ErrConflict) // another went on meanwhile
		is(t, keep(0, 3, "li"), ErrConflict)
		is(t, keep(2, 2, "li"), ErrConflict) // a line is not written twice, and nothing of the turn is kept
		state, revision, err := s.ControlState(ctx, "demo")
		if err != nil || revision != 2 || state.Next != 3 {
			t.Errorf("%+v, %d, %v", state, revision, err)
		}
		lines, err := s.ControlLines(ctx, "demo", "battery", "", 0, 10)
		if err != nil || len(lines) != 2 || lines[0].Number != 2 || *lines[1].After != 1.5 {
			t.Errorf("%+v, %v", lines, err)
		}
		if lines, err := s.ControlLines(ctx, "demo", "", "p", 0, 10); err != nil || len(lines) != 0 {
			t.Errorf("%+v, %v", lines, err)
		}
		if n, _, err := s.VerifyAudit(ctx); err != nil || n != 1 {
			t.Errorf("%d audit lines, want one for what a person did: %v", n, err)
		}
		stays(t, s, "control_line")
	})
}

func TestControlSetupAndCommands(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		for i, yaml := range []string{"a", "a", "b"} {
			x, err := s.SaveControlSetup(ctx, at(time.Hour), "/江苏/demo", "demo", []byte(yaml))
			ok(t, err)
			if want := []int64{1, 1, 2}[i]; x.Number != want {
				t.Errorf("version %d, want %d", x.Number, want)
			}
		}
		x, err := s.ControlSetup(ctx, "demo")
		if err != nil || x.YAML != "b" || x.Number != 2 {
			t.Errorf("%+v, %v", x, err)
		}
		parks, err := s.ControlledParks(ctx)
		if err != nil || len(parks) != 1 || parks[0] != "demo" {
			t.Errorf("%v, %v", parks, err)
		}
		stays(t, s, "control_setup")
		ok(t, s.SaveCommand(ctx, CommandRecord{Park: "demo", At: start, Device: "bess", Name: "power", Value: 10, Who: "control", Approval: "p1", Outcome: "sent"}))
		ok(t, s.SaveCommand(ctx, CommandRecord{Park: "demo", At: start, Device: "bess", Name: "power", Value: 10, Who: "control", Approval: "p1", Outcome: "done", ReadBack: new(10.0)}))
		list, err := s.Commands(ctx, "demo", 10)
		if err != nil || len(list) != 2 || list[0].Number != 2 || *list[0].ReadBack != 10 || list[1].ReadBack != nil {
			t.Errorf("%+v, %v", list, err)
		}
		stays(t, s, "command")
	})
}
