package api_test

import (
	"testing"
)

func TestCarbonFlow(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	var got struct {
		Times  []string
		Gap    float64
		Nodes  []struct{ Intensity [][]*float64 }
		Owners []struct{ Used []float64 }
	}
	l.send(token, "GET", "/api/v1/parks/test/carbon-flow?period=2023-05&step=day", "", 200, &got)
	if len(got.Times) == 0 || len(got.Nodes) == 0 || len(got.Owners) == 0 || got.Gap > 1e-9 || len(got.Nodes[0].Intensity) != 2 {
		t.Errorf("%+v", got)
	}
	l.send(token, "GET", "/api/v1/parks/test/carbon-flow?period=2023-05&step=week", "", 422, nil)
	l.send(token, "GET", "/api/v1/parks/test/carbon-flow?period=2023-13", "", 422, nil)
	l.send(l.token("enterprise_manager", "/江苏/test/operator/mill"), "GET", "/api/v1/parks/test/carbon-flow?period=2023-05", "", 403, nil)
	l.send("", "GET", "/api/v1/parks/test/carbon-flow?period=2023-05", "", 401, nil)
}
