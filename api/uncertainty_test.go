package api_test

import (
	"math"
	"reflect"
	"testing"

	"lingtan/inventory/uncertainty"
)

func TestUncertaintyOverHTTP(t *testing.T) {
	l := newLive(t)
	manager, verifier := l.token("park_manager", "/江苏/test"), l.token("verifier", "/江苏/test")
	path := "/api/v1/parks/test/inventories/" + l.closed.Inventory.ID + "/uncertainty"
	var r, again, other uncertainty.Report
	l.send(manager, "GET", path+"?draws=2000&seed=7", "", 200, &r)
	total := l.closed.Inventory.Total("")
	if r.Format != uncertainty.Format || r.Inventory != l.closed.Inventory.ID || r.Draws != 2000 || r.Seed != 7 || len(r.Results) == 0 || len(r.Contributions) == 0 || len(r.Terms) == 0 {
		t.Fatalf("%+v", r)
	}
	if x := r.Results[0]; x.Group != "total" || math.Abs(x.Emissions-total.Scope1-total.Scope2Location) > 1e-9*x.Emissions || !(x.MonteCarlo.Low < x.Emissions && x.MonteCarlo.High > x.Emissions) {
		t.Errorf("%+v", x)
	}
	if r.Quality == nil || r.Quality.Score < 1 || r.Completeness == nil || r.Completeness.MissingShare != 0 || r.Completeness.Registers[0].EstimatedShare == 0 { // an hour of the bakery was estimated
		t.Errorf("%+v %+v", r.Quality, r.Completeness)
	}
	l.send(verifier, "GET", path+"?draws=2000&seed=7", "", 200, &again)
	l.send(verifier, "GET", path+"?draws=2000&seed=8", "", 200, &other)
	if !reflect.DeepEqual(r, again) || reflect.DeepEqual(r.Results, other.Results) {
		t.Error("the figures do not follow from the seed")
	}
	l.send(manager, "GET", path, "", 200, &other)
	if other.Draws != 10_000 || other.Seed != 1 {
		t.Errorf("%d draws, seed %d", other.Draws, other.Seed)
	}
	l.send(manager, "GET", path+"?draws=10", "", 422, nil)
	l.send(manager, "GET", "/api/v1/parks/other/inventories/"+l.closed.Inventory.ID+"/uncertainty", "", 404, nil)
	l.send(manager, "GET", "/api/v1/parks/test/inventories/nothing/uncertainty", "", 404, nil)
	l.send(l.token("enterprise_manager", "/江苏/test/mill"), "GET", path, "", 403, nil)
}
