package api

import (
	"context"
	"strings"
	"testing"
	"time"

	"lingtan/access"
)

const (
	peoplePath = "/api/v1/people"
	tokensPath = "/api/v1/tokens"
)

func TestAddPersonToSignedIn(t *testing.T) {
	w := newWorld(t)
	root := w.signedIn(w.withPassword(w.person("root", access.Administrator, "/")))
	var added struct {
		Person personView
		Link   Link
	}
	root.do("POST", peoplePath, `{"login":"li.na","name":"李娜","locale":"zh","role":"park_manager","organization":"/江苏/demo"}`).is(201).into(&added)
	if added.Person.HasPassword || len(added.Person.Grants) != 1 || !added.Link.ExpiresAt.Equal(w.now.Add(30*time.Minute)) {
		t.Fatalf("%+v", added)
	}
	li := w.anyone()
	li.do("POST", sessionPath+"/link", `{"token":"`+strings.TrimPrefix(added.Link.Path, SetupPath)+`"}`).is(200)
	li.header = map[string]string{csrfHeader: "1"}
	li.do("PUT", sessionPath+"/password", `{"password":"`+password+`"}`).is(200)
	var me Me
	li.do("GET", sessionPath, "").is(200).into(&me)
	if me.Locale != "zh" || me.Roles[0].OrganizationName.ZH != "示范园区" {
		t.Errorf("%+v", me)
	}
	li.do("POST", peoplePath, `{"login":"x1","name":"x","role":"verifier","organization":"/江苏/demo"}`).is(403).code("LT-0403")

	fails := func(status int, code, body string) {
		t.Helper()
		root.do("POST", peoplePath, body).is(status).code(code)
	}
	fails(409, "LT-0409", `{"login":"li.na","name":"x","role":"verifier","organization":"/"}`)
	fails(422, "LT-0422", `{"login":"x1","name":"x","role":"emperor","organization":"/"}`)
	fails(422, "LT-0422", `{"login":"x1","name":"x","role":"verifier","organization":"江苏"}`)
	fails(422, "LT-0422", `{"login":"X Y","name":"x","role":"verifier","organization":"/"}`)
	fails(422, "LT-0422", `{"login":"x1"}`)
	fails(404, "LT-0404", `{"login":"x1","name":"x","role":"verifier","organization":"/江苏/none"}`)
	fails(400, "LT-0400", `{"login":`)
}

// An administrator of a park manages his park and cannot climb out of it.
func TestParkAdministrator(t *testing.T) {
	w := newWorld(t)
	root := w.withPassword(w.person("root", access.Administrator, "/"))
	w.person("far", "verifier", "/浙江/other")
	near := w.person("near", "verifier", "/江苏/demo/works")
	both := w.person("both", "verifier", "/江苏/demo")
	_, err := w.records.AddGrant(context.Background(), w.by("system"), both.ID, access.Grant{Role: access.Administrator, Organization: "/浙江"})
	ok(t, err)
	local := w.program(access.Administrator, "/江苏/demo")

	var list struct{ People []personView }
	local.do("GET", peoplePath, "").is(200).into(&list)
	var logins []string
	for _, person := range list.People {
		logins = append(logins, person.Login)
		for _, grant := range person.Grants {
			if !access.Path("/江苏/demo").Contains(grant.Organization) {
				t.Errorf("shows a grant at %s", grant.Organization)
			}
		}
	}
	if strings.Join(logins, " ") != "both near" {
		t.Errorf("sees %v", logins)
	}
	grantTo := func(person access.Person, organization string, status int) answer {
		t.Helper()
		return local.do("POST", peoplePath+"/"+person.ID+"/grants", `{"role":"administrator","organization":"`+organization+`"}`).is(status)
	}
	grantTo(near, "/", 403)
	grantTo(near, "/浙江/other", 404)
	grantTo(root, "/江苏/demo", 404) // cannot see him
	var grant grantView
	grantTo(near, "/江苏/demo", 201).into(&grant)
	grantTo(near, "/江苏/demo", 409)
	local.do("DELETE", "/api/v1/grants/"+grant.ID, "").is(204)
	local.do("DELETE", "/api/v1/grants/"+grant.ID, "").is(404)

	// A link for somebody with rights elsewhere would hand those rights over.
	local.do("POST", peoplePath+"/"+both.ID+"/link", "").is(404)
	local.do("DELETE", peoplePath+"/"+both.ID, "").is(404)
	local.do("POST", peoplePath+"/"+root.ID+"/link", "").is(403)
	local.do("POST", peoplePath+"/"+near.ID+"/link", "").is(201)
	local.do("DELETE", peoplePath+"/"+near.ID, "").is(204)
}

func TestLastAdministratorStays(t *testing.T) {
	w := newWorld(t)
	root := w.withPassword(w.person("root", access.Administrator, "/"))
	w.signedIn(root).do("DELETE", peoplePath+"/"+root.ID, "").is(409).code("LT-0409")
	w.signedIn(root).do("GET", sessionPath, "").is(200)
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	root := w.signedIn(w.withPassword(w.person("root", access.Administrator, "/")))
	make := func(expires time.Time, organization string) answer {
		t.Helper()
		return root.do("POST", tokensPath, `{"name":"meter reader","expiresAt":"`+expires.Format(time.RFC3339)+
			`","grants":[{"role":"verifier","organization":"`+organization+`"}]}`)
	}
	make(w.now.Add(-time.Second), "/江苏").is(422)
	make(w.now.Add(3*366*24*time.Hour), "/江苏").is(422)
	make(w.now.Add(time.Hour), "/nowhere").is(404)
	var made struct {
		Token  tokenView
		Secret string
	}
	got := make(w.now.Add(time.Hour), "/江苏").is(201)
	got.into(&made)
	if got.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(made.Secret, "lt_") {
		t.Errorf("%v %+v", got.header, made)
	}
	program := &client{w: w, token: made.Secret}
	var me Me
	program.do("GET", sessionPath, "").is(200).into(&me)
	if me.Kind != "token" || me.Roles[0].Role != "verifier" {
		t.Errorf("%+v", me)
	}
	program.do("GET", tokensPath, "").is(403)
	list := root.do("GET", tokensPath, "").is(200)
	if !strings.Contains(list.body, "meter reader") || strings.Contains(list.body, made.Secret) || strings.Contains(list.body, access.HashSecret(made.Secret)) {
		t.Errorf("list %s", list.body)
	}
	w.now = w.now.Add(time.Hour)
	program.do("GET", sessionPath, "").is(401) // expired
	w.now = w.now.Add(-time.Minute)
	program.do("GET", sessionPath, "").is(200)
	root.do("DELETE", tokensPath+"/"+made.Token.ID, "").is(204)
	program.do("GET", sessionPath, "").is(401) // revoked
	root.do("DELETE", tokensPath+"/"+made.Token.ID, "").is(404)
}

func TestOrganizationsOfCaller(t *testing.T) {
	w := newWorld(t)
	sees := func(role access.Role, at access.Path, want string) {
		t.Helper()
		var list struct{ Organizations []organizationView }
		w.program(role, at).do("GET", "/api/v1/organizations", "").is(200).into(&list)
		var paths []string
		for _, node := range list.Organizations {
			paths = append(paths, string(node.Path))
		}
		if got := strings.Join(paths, " "); got != want {
			t.Errorf("%s at %s sees %s", role, at, got)
		}
	}
	sees("enterprise_manager", "/江苏/demo/works", "/江苏 /江苏/demo /江苏/demo/works")
	sees("regulator", "/浙江", "/浙江 /浙江/other /浙江/other/works")
	sees(access.Administrator, "/", "/江苏 /江苏/demo /江苏/demo/works /浙江 /浙江/other /浙江/other/works")
}

func TestAuditTellsWhoDidWhat(t *testing.T) {
	w := newWorld(t)
	root := w.withPassword(w.person("root", access.Administrator, "/"))
	browser := w.signedIn(root)
	browser.do("POST", peoplePath, `{"login":"li","name":"李","role":"verifier","organization":"/江苏/demo"}`).is(201)
	w.program("park_manager", "/江苏/demo").do("POST", peoplePath, `{"login":"no","name":"x","role":"verifier","organization":"/江苏/demo"}`).is(403)
	var log struct{ Lines []auditView }
	browser.do("GET", "/api/v1/audit?limit=500", "").is(200).into(&log)
	find := func(outcome, action, organization, detail string) auditView {
		t.Helper()
		for _, line := range log.Lines {
			if line.Outcome == outcome && line.Action == action && string(line.Organization) == organization && strings.Contains(line.Detail, detail) {
				return line
			}
		}
		t.Fatalf("no line %s %s %s %s", outcome, action, organization, detail)
		return auditView{}
	}
	if line := find("done", "access.manage", "/江苏/demo", "added li as verifier"); line.Who != root.ID || line.Address != "192.0.2.1" {
		t.Errorf("%+v", line)
	}
	if line := find("refused", "access.manage", "/", ""); line.Name != "program" {
		t.Errorf("%+v", line)
	}
	var page struct{ Lines []auditView }
	browser.do("GET", "/api/v1/audit?limit=2&before=3", "").is(200).into(&page)
	if len(page.Lines) != 2 || page.Lines[0].Number != 2 {
		t.Errorf("%+v", page)
	}
	browser.do("GET", "/api/v1/audit?limit=501", "").is(422).code("LT-0422")
	if _, _, err := w.records.VerifyAudit(context.Background()); err != nil {
		t.Error(err)
	}
}
