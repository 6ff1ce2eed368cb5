package api_test

import (
	"strings"
	"testing"
	"time"

	"lingtan/store/record"
)

const dispatchDay = `{"format": "lingtan.dispatch/v1", "title": "battery", "currency": "CNY", "steps": 2, "hours": 1, "carriers": [{"id": "electricity"}],
 "supplies": [{"id": "grid", "carrier": "electricity", "price": [0.3, 1.3]}],
 "storages": [{"id": "battery", "carrier": "electricity", "energy": 100, "charge": 100, "discharge": 100, "efficiency": {"charge": 1, "discharge": 1}, "level": {"min": 0, "max": 1, "start": 0}}],
 "loads": [{"id": "works", "carrier": "electricity", "demand": 200}]}`

type dispatchBody struct {
	Document *record.DispatchDocument
	Runs     []record.DispatchRun
	Planning *record.DispatchPlanning
}

func TestDispatchOverHTTP(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	const at = "/api/v1/parks/test/dispatch"
	var b dispatchBody
	l.send(token, "GET", at, "", 200, &b)
	if b.Document != nil || b.Planning != nil || len(b.Runs) != 0 {
		t.Errorf("%+v", b)
	}
	l.send(token, "PUT", at+"/document", `{"text": "{}"}`, 422, nil)
	quoted := strings.ReplaceAll(strings.ReplaceAll(dispatchDay, "\n", ""), `"`, `\"`)
	l.send(token, "PUT", at+"/document", `{"text": "`+quoted+`"}`, 200, nil)
	l.send(token, "POST", at+"/runs", `{"day": "yesterday"}`, 422, nil)
	l.send(token, "POST", at+"/runs", `{"day": "2023-06-01"}`, 202, nil)
	for range 200 {
		l.send(token, "GET", at, "", 200, &b)
		if b.Planning != nil && !b.Planning.Running {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if len(b.Runs) != 1 || b.Runs[0].Status != "optimal" || b.Planning.Run != 1 {
		t.Fatalf("%+v %+v", b.Runs, b.Planning)
	}
	var one struct {
		Plan struct{ Total float64 }
	}
	l.send(token, "GET", at+"/runs/1", "", 200, &one)
	if one.Plan.Total < 219 || one.Plan.Total > 221 {
		t.Errorf("%+v", one)
	}
	l.send(token, "POST", at+"/runs/1/decisions", `{"kind": "approve"}`, 422, nil)
	l.send(token, "POST", at+"/runs/1/decisions", `{"kind": "propose"}`, 200, nil)
	l.send(token, "POST", at+"/runs/1/approval", `{}`, 409, nil) // the same person
	l.send(token, "GET", at+"/runs/2", "", 404, nil)
	l.send(token, "DELETE", at+"/planning", "", 404, nil)
	l.send(token, "GET", at+"/template", "", 200, nil)
}
