package api_test

import (
	"math"
	"testing"

	"lingtan/balance"
	"lingtan/balance/reconcile"
)

func TestBalanceOverHTTP(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	var b balance.Table
	l.send(token, "GET", "/api/v1/parks/test/balance?period=2023-05&step=day", "", 200, &b)
	if b.Format != "lingtan.balance/v1" || len(b.Steps) != 31 || len(b.Carriers) != 1 || b.Carriers[0].Unit != "kWh" || len(b.Places) != 6 || len(b.Columns) == 0 {
		t.Fatalf("%+v", b)
	}
	mill := 0.0
	for i := range 96 {
		mill += 20 + float64(i)/10
	}
	for _, p := range b.Places {
		if p.Node == "mill-use" && (p.Steps[3].In == nil || math.Abs(*p.Steps[3].In-mill) > 1e-9*mill || p.Steps[3].Out != nil) {
			t.Errorf("%+v", p.Steps[3])
		}
		if p.Node == "bus" && (!p.Closing || p.Steps[3].Unmetered == nil || p.Steps[3].Share != nil) {
			t.Errorf("%+v", p.Steps[3])
		}
	}
	var same balance.Table
	l.send(token, "GET", "/api/v1/parks/test/balance?from=2023-05-01&to=2023-05-31&step=period", "", 200, &same)
	var days float64
	for _, s := range b.Carriers[0].Steps {
		days += *s.Used
	}
	if whole := *same.Carriers[0].Steps[0].Used; len(same.Steps) != 1 || math.Abs(whole-days) > 1e-9*days {
		t.Errorf("the month used %v, its days %v", whole, days)
	}
	l.send(token, "GET", "/api/v1/parks/test/balance", "", 422, nil)
	l.send(token, "GET", "/api/v1/parks/test/balance?period=2023-05&from=2023-05-01", "", 422, nil)
	l.send(token, "GET", "/api/v1/parks/test/balance?period=nonsense", "", 422, nil)
	l.send(token, "GET", "/api/v1/parks/test/balance?period=2019-05", "", 409, nil)
	l.send(token, "GET", "/api/v1/parks/test/balance?period=2022..2024&step=interval", "", 422, nil)
}

func TestReconciliationOverHTTP(t *testing.T) {
	l := newLive(t)
	var r reconcile.OfPark
	l.send(l.token("park_manager", "/江苏/test"), "GET", "/api/v1/parks/test/reconciliation?period=2023-05", "", 200, &r)
	if r.Park != "test" || len(r.Result.Flows) != 4 || len(r.Meters) != 4 || r.Result.Global.Degrees != 0 {
		t.Fatalf("%+v", r)
	}
	for _, f := range r.Result.Flows {
		if f.ID == "to-mill" && (f.Class != reconcile.NotRedundant || f.Raw == nil || *f.Raw != *f.Reconciled || f.Name.ZH == "") {
			t.Errorf("%+v", f)
		}
	}
	l.send(l.token("park_manager", "/江苏/test"), "GET", "/api/v1/parks/test/reconciliation", "", 422, nil)
}

// The balance shows every member of the park: one of them may not see it.
func TestBalanceIsTheParks(t *testing.T) {
	l := newLive(t)
	own := l.token("enterprise_manager", "/江苏/test/mill")
	l.send(own, "GET", "/api/v1/parks/test/balance?period=2023-05", "", 403, nil)
	l.send(own, "GET", "/api/v1/parks/test/reconciliation?period=2023-05", "", 403, nil)
}
