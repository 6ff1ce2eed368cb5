package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// published is what the tests read of a publication.
type published struct {
	Code *struct {
		Token, Period string
		Grade         int
		Declared      []string
		Marks         []struct{ ID string }
	}
}

// A code is public while its owner says so: who has no account sees the marks and not
// what they were made of; withdrawn, its address is as one that never was.
func TestPublishedCode(t *testing.T) {
	l := newLive(t)
	manager := l.token("park_manager", "/江苏/test")
	const path = "/api/v1/parks/test/rating/publication"
	var p published
	l.send(manager, "GET", path, "", 200, &p)
	if p.Code != nil {
		t.Fatalf("%+v", p.Code)
	}
	l.send(manager, "PUT", path, `{"period":"2023-05"}`, 422, nil) // no value added: no grade
	l.send(l.token("verifier", "/江苏/test"), "PUT", path, `{"period":"2023-05"}`, 403, nil)
	body := `{"period":"2023-05","declare":["value_added=100","sector_intensity=1"]}`
	l.send(manager, "PUT", path, body, 200, &p)
	if p.Code == nil || p.Code.Grade == 0 || len(p.Code.Marks) != 3 || strings.Join(p.Code.Declared, " ") != "value_added sector_intensity" {
		t.Fatalf("%+v", p.Code)
	}
	first := p.Code.Token
	var shown struct {
		Grade  int
		Period string
	}
	l.send("", "GET", "/api/v1/codes/"+first, "", 200, &shown)
	if shown.Grade != p.Code.Grade || shown.Period != "2023-05" {
		t.Errorf("%+v", shown)
	}
	l.send(manager, "PUT", path, body, 200, &p) // the address on a printed code stays
	if p.Code.Token != first {
		t.Errorf("%s became %s", first, p.Code.Token)
	}
	l.send(manager, "DELETE", path, "", 200, nil)
	l.send("", "GET", "/api/v1/codes/"+first, "", 404, nil)
	l.send("", "GET", "/api/v1/codes/none", "", 404, nil)
	l.send(manager, "DELETE", path, "", 404, nil)
	l.send(manager, "PUT", path, body, 200, &p)
	if p.Code.Token == first {
		t.Error("a withdrawn address came back")
	}
}

// A member publishes its own code, and nobody else's.
func TestPublishedCodeOfAMember(t *testing.T) {
	l := newLive(t)
	mill := l.token("enterprise_manager", "/江苏/test/mill")
	body := `{"period":"2023-05","declare":["value_added=100","sector_intensity=1"]}`
	var p published
	l.send(mill, "PUT", "/api/v1/parks/test/rating/publication?organization=mill", body, 200, &p)
	l.send(mill, "PUT", "/api/v1/parks/test/rating/publication?organization=bakery", body, 404, nil)
	l.send(mill, "PUT", "/api/v1/parks/test/rating/publication", body, 403, nil)
	r, err := http.Get(l.server.URL + "/api/v1/codes/" + p.Code.Token)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != 200 || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s, %q", r.Status, r.Header.Get("Cache-Control"))
	}
	var log struct {
		Lines []struct{ Action, Organization, Resource, Detail string }
	}
	l.send(l.token("park_manager", "/江苏/test"), "GET", "/api/v1/audit", "", 200, &log)
	for _, line := range log.Lines {
		if line.Resource == "rating/test/mill" && line.Organization == "/江苏/test/mill" && strings.HasPrefix(line.Detail, "published grade") {
			return
		}
	}
	t.Errorf("no audit line among %+v", log.Lines)
}
