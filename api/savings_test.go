package api_test

import (
	"testing"

	"lingtan/health"
	"lingtan/mandv"
)

func TestSavingsOverHTTP(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	const path = "/api/v1/parks/test/savings"
	question := `{"title":{"zh":"","en":"mill"},"measure":"m1","registers":["mill.kwh"],"baseline":"2023-05-01..2023-05-20","reporting":"2023-05-21..2023-05-31"}`
	var r mandv.Result
	l.send(token, "POST", path+"/measure", question, 200, &r)
	if r.Saving == nil || r.Saving.Days != 11 || r.Qualifies || r.Unit != "kWh" {
		t.Errorf("%+v", r)
	}
	l.send(token, "POST", path+"/measure", `{"title":{"zh":"","en":""},"registers":["mill.none"],"baseline":"2023-05"}`, 404, nil)
	l.send(token, "POST", path+"/measure", `{"title":{"zh":"","en":""},"registers":["mill.kwh"],"baseline":"2022-05"}`, 422, nil)
	l.send(token, "PUT", path+"/led", question, 200, nil)
	l.send(token, "PUT", path+"/led", question, 409, nil)
	l.send(token, "PUT", path+"/led?after=1", question, 200, nil)
	l.send(token, "GET", path+"/led?reporting=2023-05-25..2023-05-31", "", 200, &r)
	if r.ID != "led" || r.Measure != "m1" || r.Saving.Days != 7 {
		t.Errorf("%+v", r)
	}
	var list struct {
		Savings []struct{ ID, Measure string }
	}
	l.send(token, "GET", path+"?measure=m1", "", 200, &list)
	if len(list.Savings) != 1 || list.Savings[0].ID != "led" {
		t.Errorf("%+v", list)
	}
	l.send(token, "GET", path+"/none", "", 404, nil)
	// Another enterprise's manager neither measures nor finds it.
	other := l.token("enterprise_manager", "/江苏/test/bakery")
	l.send(other, "GET", path, "", 200, &list)
	if len(list.Savings) != 0 {
		t.Errorf("%+v", list)
	}
	l.send(other, "GET", path+"/led", "", 404, nil)
	l.send(other, "POST", path+"/measure", question, 404, nil)
	l.send(other, "PUT", path+"/led?after=2", question, 404, nil)
}

func TestEquipmentOverHTTP(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	var m health.MachineState
	l.send(token, "GET", "/api/v1/parks/test/health/mill.kwh?period=2023-05&on=100&rated=120", "", 200, &m)
	if m.Starts != 31 || m.Hours != 744 || m.LoadFactor == nil {
		t.Errorf("%+v", m)
	}
	l.send(token, "GET", "/api/v1/parks/test/health/mill.kwh?period=2022-05", "", 422, nil)
	l.send(token, "POST", "/api/v1/parks/test/health", `{"format":"lingtan.health/v1"}`, 422, nil)
	var r health.Report
	l.send(token, "POST", "/api/v1/parks/test/health", `{"format":"lingtan.health/v1","machines":[{"id":"m","kind":"pump","inputUnit":"kW","onAbove":1,"start":"2024-01-01T00:00:00Z","stepSeconds":3600,"input":[0,5,5,null]}]}`, 200, &r)
	if len(r.Machines) != 1 || r.Machines[0].Starts != 1 || r.Machines[0].Unknown != 1 {
		t.Errorf("%+v", r)
	}
}
