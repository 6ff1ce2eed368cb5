package api_test

import (
	"slices"
	"testing"

	"lingtan/method"
)

func TestShippedMethods(t *testing.T) {
	l := newLive(t)
	token := l.token("verifier", "/江苏/test")
	var got struct {
		Methods []struct {
			Ref, Standard string
			Year, Rules   int
			Sector        struct{ ZH, EN string }
			Scopes        []int
			Inputs        []struct {
				Activity                    string
				Carriers, Units, Must, Kept []string
			}
		}
	}
	l.send(token, "GET", "/api/v1/methods", "", 200, &got)
	packs, err := method.Shipped()
	if err != nil || len(got.Methods) != len(packs) {
		t.Fatalf("%d of %d methods, %v", len(got.Methods), len(packs), err)
	}
	for i, m := range got.Methods {
		if m.Ref != packs[i].Ref() || m.Rules != len(packs[i].Rules) || len(m.Inputs) == 0 || len(m.Scopes) == 0 {
			t.Errorf("%+v", m)
		}
		if m.Ref == "gbt32151.5-2015@1" && (m.Standard != "GB/T 32151.5-2015" || m.Year != 2015 || m.Sector.ZH != "钢铁生产企业" || m.Sector.EN != "iron and steel") {
			t.Errorf("%+v", m)
		}
		if m.Ref == "ets-power@1" {
			at := slices.IndexFunc(m.Inputs, func(x struct {
				Activity                    string
				Carriers, Units, Must, Kept []string
			}) bool {
				return x.Activity == "fuel_combustion"
			})
			if at < 0 || !slices.Contains(m.Inputs[at].Must, "cc") || !slices.Contains(m.Inputs[at].Carriers, "coal") {
				t.Errorf("%+v", m.Inputs)
			}
		}
	}
	var one struct{ Rules []struct{ ID, Clause string } }
	l.send(token, "GET", "/api/v1/methods/rules?method=park-energy-cn", "", 200, &one)
	if len(one.Rules) != 4 || one.Rules[0].Clause == "" {
		t.Errorf("%+v", one)
	}
	l.send(token, "GET", "/api/v1/methods/rules?method=love", "", 422, nil)
	l.send("", "GET", "/api/v1/methods", "", 401, nil)
}

func TestFactorLibrary(t *testing.T) {
	l := newLive(t)
	token := l.token("enterprise_manager", "/江苏/test/mill")
	var list struct {
		Factors    []struct{ ID, Region, Grade, Source, Unit, ValidFrom string }
		Found      int
		Categories []string
	}
	l.send(token, "GET", "/api/v1/factors?search=%E6%B1%9F%E8%8B%8F&category=grid_provincial&limit=50", "", 200, &list)
	if list.Found == 0 || list.Found != len(list.Factors) || list.Factors[0].Region != "江苏" || list.Factors[0].Source == "" || len(list.Categories) < 5 {
		t.Fatalf("%+v", list)
	}
	id := list.Factors[0].ID
	l.send(token, "GET", "/api/v1/factors?limit=1", "", 200, &list)
	if len(list.Factors) != 1 || list.Found < 1000 {
		t.Errorf("%d of %d", len(list.Factors), list.Found)
	}
	var versions struct {
		Versions []struct{ ID, Version string }
	}
	l.send(token, "GET", "/api/v1/factors/versions?id="+id, "", 200, &versions)
	if len(versions.Versions) == 0 || versions.Versions[0].ID != id {
		t.Errorf("%+v", versions)
	}
	l.send(token, "GET", "/api/v1/factors/versions?id=love", "", 404, nil)
	var found struct {
		Factor  *struct{ Region string }
		Regions []string
		Why     string
	}
	l.send(token, "GET", "/api/v1/factors/lookup?category=grid_provincial&place=320500&policy=latest_published", "", 200, &found)
	if found.Factor == nil || found.Factor.Region != "江苏" || len(found.Regions) != 3 {
		t.Errorf("%+v", found)
	}
	found.Factor = nil
	l.send(token, "GET", "/api/v1/factors/lookup?item=unobtainium&policy=latest_published", "", 200, &found)
	if found.Factor != nil || found.Why == "" {
		t.Errorf("%+v", found)
	}
	l.send(token, "GET", "/api/v1/factors/lookup?item=natural_gas", "", 422, nil)
	l.send(token, "GET", "/api/v1/factors/lookup?item=natural_gas&at=1.1.2020", "", 422, nil)
	l.send(token, "GET", "/api/v1/factors/lookup?item=natural_gas&place=Atlantis&policy=latest_published", "", 422, nil)
}
