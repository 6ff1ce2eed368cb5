package api_test

import (
	"testing"
)

func TestConsolidation(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	var got struct {
		Views []struct {
			Path, Level string
			Closes      *bool
		}
		Countings []struct{ Kind, Supplier, Buyer string }
	}
	l.send(token, "GET", "/api/v1/parks/test/consolidation?period=2023-05", "", 200, &got)
	if len(got.Views) < 3 || got.Views[0].Path != "/江苏/test" || got.Views[0].Closes == nil || !*got.Views[0].Closes || len(got.Countings) == 0 || got.Countings[0].Kind != "once" {
		t.Errorf("%+v", got)
	}
	l.send(token, "GET", "/api/v1/parks/test/consolidation?period=2023-13", "", 422, nil)
	l.send(l.token("enterprise_manager", "/江苏/test/operator/mill"), "GET", "/api/v1/parks/test/consolidation?period=2023-05", "", 403, nil)
	l.send("", "GET", "/api/v1/parks/test/consolidation?period=2023-05", "", 401, nil)
}
