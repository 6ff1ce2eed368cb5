package node

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"lingtan/dispatch/dispatchfile"
	"lingtan/period"
	"lingtan/store/record"
)

// A battery that may move 100 kWh from 0.3 to 1.3: one full turn is worth 100 in a day.
const batteryDay = `{"format": "lingtan.dispatch/v1", "title": "battery", "currency": "CNY", "steps": 2, "hours": 1, "carriers": [{"id": "electricity"}],
 "supplies": [{"id": "grid", "carrier": "electricity", "price": [0.3, 1.3], "intensity": 0.5}],
 "storages": [{"id": "battery", "carrier": "electricity", "energy": 100, "charge": 100, "discharge": 100, "efficiency": {"charge": 1, "discharge": 1}, "level": {"min": 0, "max": 1, "start": 0}}],
 "loads": [{"id": "works", "carrier": "electricity", "demand": 200}]}`

func TestDispatchIsPlannedKeptAndDecidedByTwo(t *testing.T) {
	ctx := context.Background()
	n, _, _ := opened(t)
	act := record.Act{Who: "li", Name: "Li", From: "test", At: n.Now()}
	day := period.Date(2023, 6, 1)
	asked := DispatchAsked{Park: "test", Day: day}
	if _, err := n.Dispatch(ctx, act, asked, nil); !errors.Is(err, record.ErrNotFound) {
		t.Fatalf("without a document: %v", err)
	}
	if _, err := n.SaveDispatchDocument(ctx, act, "test", []byte(batteryDay)); err != nil {
		t.Fatal(err)
	}
	run, err := n.Dispatch(ctx, act, asked, nil)
	if err != nil {
		t.Fatal(err)
	}
	if run.Number != 1 || run.Document != 1 || run.Status != "optimal" || math.Abs(run.Total-220) > 1e-6 || run.Saving == nil || math.Abs(*run.Saving-100) > 1e-6 {
		t.Errorf("%+v", run)
	}
	if run.Ends.Sub(run.Begins) != 2*time.Hour {
		t.Errorf("%v to %v", run.Begins, run.Ends)
	}
	if _, err := n.DecideDispatch(ctx, act, "test", 1, "propose", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := n.DecideDispatch(ctx, act, "test", 1, "approve", ""); !errors.Is(err, record.ErrConflict) {
		t.Errorf("approved by the proposer: %v", err)
	}
	other := act
	other.Who = "wang"
	if list, err := n.DecideDispatch(ctx, other, "test", 1, "approve", "good"); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestDispatchGoesOnInTheBackground(t *testing.T) {
	ctx := context.Background()
	n, _, _ := opened(t)
	act := record.Act{Who: "li", Name: "Li", From: "test", At: n.Now()}
	if _, err := n.SaveDispatchDocument(ctx, act, "test", []byte(batteryDay)); err != nil {
		t.Fatal(err)
	}
	if err := n.PlanDispatch(act, "test", period.Date(2023, 6, 1), false, 0, 0); err != nil {
		t.Fatal(err)
	}
	<-n.planning.jobs["test"].done
	if p := n.DispatchPlanning("test"); p.Running || p.Run != 1 || p.Error != "" {
		t.Errorf("%+v", p)
	}
	if n.EndDispatch("test") || n.DispatchPlanning("other") != nil {
		t.Error("nothing is under way")
	}
}

func TestDispatchDocumentIsRefusedWhereFiguresAreMissing(t *testing.T) {
	ctx := context.Background()
	n, _, _ := opened(t)
	act := record.Act{Who: "li", Name: "Li", From: "test", At: n.Now()}
	refused := func(from, to, want string) {
		t.Helper()
		_, err := n.SaveDispatchDocument(ctx, act, "test", []byte(strings.Replace(batteryDay, from, to, 1)))
		if !errors.Is(err, dispatchfile.ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	refused(`"charge": 1,`, `"charge": null,`, "storages[0].efficiency.charge")
	refused(`[0.3, 1.3]`, `{"$ref": "tariff", "floating": null}`, "supplies[0].price.floating")
	refused(`[0.3, 1.3]`, `{"$ref": "weather"}`, "forecast or tariff")
	refused(`[0.3, 1.3]`, `{"$ref": "forecast", "of": "luck"}`, "luck")
	refused(`[0.3, 1.3]`, `{"$ref": "tariff", "floating": 1, "colour": 2}`, "colour")
	refused(`"steps": 2`, `"steps": 2, "steps": "x"`, "steps")
	text, missing, err := n.DispatchTemplate(ctx, "test")
	if err != nil || len(missing) == 0 {
		t.Fatalf("%s, %v, %v", text, missing, err)
	}
	if _, err := n.SaveDispatchDocument(ctx, act, "test", text); !errors.Is(err, dispatchfile.ErrFormat) || !strings.Contains(err.Error(), missing[0]) {
		t.Errorf("%v, want %s", err, missing[0])
	}
}
