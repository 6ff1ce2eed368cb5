package node

import (
	"errors"
	"testing"
	"time"

	"lingtan/control"
	"lingtan/dispatch"
)

func TestSetPointsOfAPlan(t *testing.T) {
	begins := time.Date(2023, 6, 1, 0, 0, 0, 0, time.UTC)
	p := &dispatch.Problem{Storages: []dispatch.Storage{{ID: "battery"}}}
	plan := &dispatch.Plan{Hours: dispatch.Series{1, 0.5, 0.5}, Outcomes: []dispatch.Outcome{{Schedule: dispatch.Schedule{
		"battery": {"charge": {0, 0, 50}, "discharge": {100, 100, 0}, "level": {1, 2, 3}}, "boiler": {"level": {10, 20, 20}}}}}}
	made := func(a ...control.Asset) (*control.Plan, error) {
		return controlPlan(plan, p, &control.Setup{Assets: a}, "run-1", begins)
	}
	got, err := made(control.Asset{ID: "battery", Unit: "kW", Min: -100, Max: 100}, control.Asset{ID: "boiler", Unit: "MW", Max: 1}, control.Asset{ID: "pump", Unit: "kW"})
	if err != nil || len(got.Steps) != 4 {
		t.Fatalf("%+v, %v", got, err)
	}
	if s := got.Steps[0]; s.Value != 100 || !s.To.Equal(begins.Add(90*time.Minute)) {
		t.Errorf("%+v", s)
	}
	if s := got.Steps[1]; s.Value != -50 || !s.From.Equal(begins.Add(90*time.Minute)) || !s.To.Equal(begins.Add(2*time.Hour)) {
		t.Errorf("%+v", s)
	}
	if s := got.Steps[2]; s.Asset != "boiler" || s.Value != 0.01 || s.Unit != "MW" {
		t.Errorf("%+v", s)
	}
	if _, err := made(control.Asset{ID: "battery", Unit: "kW", Min: 0, Max: 100}); !errors.Is(err, control.ErrPlan) {
		t.Errorf("%v", err)
	}
	if _, err := made(control.Asset{ID: "pump", Unit: "kW"}); !errors.Is(err, control.ErrPlan) {
		t.Errorf("%v", err)
	}
}
