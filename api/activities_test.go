package api_test

import (
	"math"
	"testing"

	"lingtan/access"
)

// declared is what the test reads of a record.
type declared struct {
	ID, Organization, Amount, Note, Author string
	Revision                               int64
	Withdrawn                              bool
}

const boiler = `{"id":"boiler","organization":"bakery","kind":"natural_gas","carrier":"natural_gas","first":"2023-05-01","last":"2023-05-31","amount":"100","unit":"GJ",` +
	`"evidence":"invoice","uncertainty":0.05,"given":{"cc":{"value":0.0154,"unit":"tC/GJ","source":"laboratory"}}}`

func TestActivities(t *testing.T) {
	l := newLive(t)
	const path = "/api/v1/parks/test/activities"
	bakery, mill := l.token("enterprise_manager", "/江苏/test/bakery"), l.token("enterprise_manager", "/江苏/test/mill")
	manager, verifier := l.token("park_manager", "/江苏/test"), l.token("verifier", "/江苏/test")

	var x declared
	l.send(mill, "POST", path, boiler, 404, nil)
	l.send(verifier, "POST", path, boiler, 403, nil)
	l.send(bakery, "POST", path, boiler, 201, &x)
	if x.Revision != 1 || x.Organization != "bakery" || x.Amount != "100" {
		t.Errorf("%+v", x)
	}
	l.send(bakery, "POST", path, boiler, 409, nil)
	l.send(bakery, "POST", path, `{"id":"b","organization":"nobody","kind":"natural_gas","first":"2023-05-01","last":"2023-05-31","amount":"1","unit":"GJ"}`, 403, nil)
	l.send(manager, "POST", path, `{"id":"b","organization":"nobody","kind":"natural_gas","first":"2023-05-01","last":"2023-05-31","amount":"1","unit":"GJ"}`, 422, nil)
	l.send(bakery, "POST", path, `{"id":"b","organization":"bakery","kind":"alchemy","first":"2023-05-01","last":"2023-05-31","amount":"1","unit":"GJ"}`, 422, nil)
	l.send(bakery, "POST", path, `{"id":"b","organization":"bakery","kind":"natural_gas","first":"2023-05-01","last":"2023-05-31","amount":"-1","unit":"GJ"}`, 422, nil)

	list := func(token, query string, want int) {
		t.Helper()
		var got struct{ Activities []declared }
		l.send(token, "GET", path+query, "", 200, &got)
		if len(got.Activities) != want {
			t.Errorf("%s: %d records, want %d", query, len(got.Activities), want)
		}
	}
	list(manager, "", 1)
	list(verifier, "?period=2023-05", 1)
	list(verifier, "?period=2022", 0)
	list(manager, "?asKnownAt=2020-01-01T00:00:00Z", 0)
	list(manager, "?organization=mill", 0)
	list(bakery, "?organization=bakery", 1)
	list(mill, "?organization=mill", 0)
	l.send(mill, "GET", path+"?organization=bakery", "", 404, nil)
	l.send(mill, "GET", path, "", 403, nil)
	l.send(mill, "GET", path+"/boiler", "", 404, nil)

	const revised = `{"revision":1,"kind":"natural_gas","carrier":"natural_gas","first":"2023-05-01","last":"2023-05-31","amount":"110","unit":"GJ","evidence":"invoice"}`
	l.send(mill, "PUT", path+"/boiler", revised, 404, nil)
	l.send(bakery, "PUT", path+"/boiler", revised, 200, &x)
	l.send(bakery, "PUT", path+"/boiler", revised, 409, nil)
	l.send(mill, "DELETE", path+"/boiler?revision=2&reason=no", "", 404, nil)
	l.send(bakery, "DELETE", path+"/boiler?revision=2", "", 422, nil)
	l.send(bakery, "DELETE", path+"/boiler?revision=2&reason=twice", "", 200, &x)
	if !x.Withdrawn || x.Note != "twice" || x.Revision != 3 {
		t.Errorf("%+v", x)
	}
	list(manager, "", 0)
	var all struct{ Activities []declared }
	l.send(bakery, "GET", path+"/boiler", "", 200, &all)
	if len(all.Activities) != 3 || all.Activities[2].Amount != "100" || all.Activities[2].Author == "" {
		t.Errorf("%+v", all)
	}
}

// An enterprise reports by a method of its own choice and sees its own inventory; others
// do not.
func TestEnterpriseInventory(t *testing.T) {
	l := newLive(t)
	const member = "/api/v1/parks/test/organizations/bakery"
	bakery, mill := l.token("enterprise_manager", "/江苏/test/bakery"), l.token("enterprise_manager", "/江苏/test/mill")
	l.send(bakery, "POST", "/api/v1/parks/test/activities", boiler, 201, nil)
	l.send(bakery, "GET", member+"/inventory?period=2023-05", "", 404, nil) // by which method?
	l.send(mill, "PUT", member+"/methods/2023", `{"method":"park-energy-cn@1"}`, 404, nil)
	l.send(bakery, "PUT", member+"/methods/2023", `{"method":"astrology"}`, 422, nil)
	l.send(bakery, "PUT", member+"/methods/2023", `{"method":"park-energy-cn"}`, 200, nil)
	var methods struct {
		Methods []struct{ Organization, Method string }
	}
	l.send(bakery, "GET", "/api/v1/parks/test/methods?organization=bakery", "", 200, &methods)
	if len(methods.Methods) != 1 || methods.Methods[0].Method != "park-energy-cn@1" {
		t.Errorf("%+v", methods)
	}
	var v struct {
		Totals  []struct{ Scope1, Scope2Location float64 }
		Entries []struct {
			Activity struct{ Organization, Record string }
		}
	}
	l.send(bakery, "GET", member+"/inventory?period=2023-05", "", 200, &v)
	if len(v.Totals) == 0 || math.Abs(v.Totals[0].Scope1-100*0.0154*0.99*44/12) > 1e-9 || v.Totals[0].Scope2Location <= 0 {
		t.Errorf("%+v", v.Totals)
	}
	for _, e := range v.Entries {
		if e.Activity.Organization != "bakery" {
			t.Errorf("an entry of %s", e.Activity.Organization)
		}
	}
	l.send(mill, "GET", member+"/inventory?period=2023-05", "", 404, nil)
	l.send(l.token(access.Administrator, "/浙江"), "GET", member+"/inventory?period=2023-05", "", 404, nil)
}
