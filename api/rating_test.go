package api_test

import (
	"math"
	"testing"

	"lingtan/rating"
	"lingtan/rating/diagnosis"
)

func TestRatingOverHTTP(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	var r rating.Result
	l.send(token, "GET", "/api/v1/parks/test/rating?period=2023-05&declare=value_added=100&declare=sector_intensity=1", "", 200, &r)
	v := r.ZeroCarbonPark.Indicators[0]
	if v.Indicator.ID != "zcp.carbon_per_energy" || v.Value == nil || len(v.Inputs) != 2 || len(v.Inputs[0].From) == 0 {
		t.Fatalf("%+v", v)
	}
	// Power alone: tonnes a tonne of coal equivalent is the grid factor over 0.1229 kgce/kWh,
	// less what own PV gives.
	var grid float64
	for _, x := range r.WhatIf {
		if x.Lever.ID == "clean_power" {
			grid = -1000 * x.Lever.Change["emissions"]
		}
	}
	value := map[string]float64{}
	for _, x := range r.Indicators {
		if x.Value != nil {
			value[x.Indicator.ID] = *x.Value
		}
	}
	want := grid / 0.1229 * (1 - value["nonfossil_power_share"]/100)
	if got := value["carbon_per_energy"]; grid < 0.3 || math.Abs(got-want) > 1e-9*want {
		t.Errorf("%v, want %v of %v kgCO2/kWh", got, want, grid)
	}
	if r.Code.Grade == 0 || r.Code.Regional || len(r.Code.Neutrality.Faults) != 1 {
		t.Errorf("%+v", r.Code)
	}
	var d diagnosis.Result
	l.send(token, "GET", "/api/v1/parks/test/diagnosis?period=2023-05&price=0.4&fixed=0.2", "", 200, &d)
	if d.Findings == nil || d.Notes == nil {
		t.Errorf("%+v", d)
	}
	l.send(token, "GET", "/api/v1/parks/test/rating", "", 422, nil)
	l.send(token, "GET", "/api/v1/parks/test/rating?period=2023-05&declare=value_added=-1", "", 422, nil)
	l.send(token, "GET", "/api/v1/parks/test/rating?period=2023-05&declare=love=1", "", 422, nil)
	l.send(token, "GET", "/api/v1/parks/test/rating?period=2023-05&organization=nobody", "", 404, nil)
	l.send(token, "GET", "/api/v1/parks/test/diagnosis?period=2023-05&price=-1", "", 422, nil)
	l.send(token, "GET", "/api/v1/parks/test/diagnosis?period=2021..2023", "", 422, nil)
}
