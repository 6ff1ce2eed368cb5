package api_test

import (
	"fmt"
	"math"
	"testing"

	"lingtan/rating"
)

// whatIf is what the tests read of a what-if.
type whatIf struct {
	Levers        []rating.Lever
	Before, After rating.Result
}

// Pulled by the amount that the engine calls the least, a lever reaches the grade that the
// engine says it does.
func TestWhatIf(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	const path = "/api/v1/parks/test/rating/what-if?period=2023-05&declare=value_added=4&declare=sector_intensity=1"
	var w whatIf
	l.send(token, "GET", path, "", 200, &w)
	if len(w.Levers) < 2 || w.Before.Code.Grade < 2 || w.After.Code.Grade != w.Before.Code.Grade {
		t.Fatalf("%d levers, grades %d and %d", len(w.Levers), w.Before.Code.Grade, w.After.Code.Grade)
	}
	tried := 0
	for _, x := range w.Before.WhatIf {
		if x.Indicator != "code.efficiency" || !x.Reached {
			continue
		}
		tried++
		var after whatIf
		l.send(token, "GET", fmt.Sprintf("%s&lever=%s=%v", path, x.Lever.ID, x.Amount), "", 200, &after)
		got := after.After.Code.Efficiency.Value.Value
		if got == nil || math.Abs(*got-x.Limit) > 1e-9*x.Limit || after.After.Code.Grade != w.Before.Code.Grade-1 {
			t.Errorf("%s: %v and grade %d, want %v and %d", x.Lever.ID, got, after.After.Code.Grade, x.Limit, w.Before.Code.Grade-1)
		}
	}
	if tried == 0 {
		t.Error("no lever reaches the next grade")
	}
	most := w.Levers[0].Most
	l.send(token, "GET", fmt.Sprintf("%s&lever=clean_power=%v", path, most*1.01), "", 422, nil)
	l.send(token, "GET", fmt.Sprintf("%s&lever=clean_power=%v&lever=power_saving=%v", path, most*0.9, most*0.9), "", 422, nil)
	l.send(token, "GET", path+"&lever=love=1", "", 422, nil)
	l.send(token, "GET", path+"&lever=clean_power=-1", "", 422, nil)
	l.send(token, "GET", path+"&lever=clean_power=NaN", "", 422, nil)
}
