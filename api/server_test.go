package api

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"lingtan/access"
	"lingtan/node"
	"lingtan/park"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/record"
)

// compiled are the parks of a world, without readings. Beyond their layout there
// is no engine: to reach one panics, so that a refusal that comes too late is seen.
type compiled struct {
	Sources
	layouts map[string]*layout.Layout
}

// Layout is the compiled park file.
func (c compiled) Layout(_ context.Context, id string) (*layout.Layout, error) {
	if l := c.layouts[id]; l != nil {
		return l, nil
	}
	return nil, record.ErrNotFound
}

// Extent is none: nothing was read in.
func (c compiled) Extent(context.Context, string) (first, last period.Day, ok bool, err error) {
	return first, last, false, nil
}

// noDevices is no device list: to reach one panics as with compiled.
type noDevices struct{ DeviceSource }

// noAlarms is no watch: to reach one panics as with compiled.
type noAlarms struct{ AlarmSource }

// world is a server over a real store with two parks in two regions.
type world struct {
	*Server
	t        *testing.T
	now      time.Time
	records  *record.Store
	compiled compiled
}

var console = fstest.MapFS{
	"index.html":           {Data: []byte("<!doctype html><title>console</title>")},
	"assets/main-abc.js":   {Data: []byte("export {}")},
	"assets/style-abc.css": {Data: []byte("body{}")},
}

func newWorld(t *testing.T) *world {
	t.Helper()
	records, err := record.Open(context.Background(), filepath.Join(t.TempDir(), "lingtan.db"))
	ok(t, err)
	t.Cleanup(func() { records.Close() })
	w := &world{t: t, now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), records: records,
		compiled: compiled{layouts: map[string]*layout.Layout{}}}
	w.Server, err = New(Options{
		Records: records, Parks: w.compiled, Devices: noDevices{}, Alarms: noAlarms{}, Console: console, Version: "test",
		Control: node.ControlDesk{Records: records, Now: func() time.Time { return w.now }},
		Log:     slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return w.now },
	})
	ok(t, err)
	w.savePark("江苏", "demo", "示范园区")
	w.savePark("浙江", "other", "别的园区")
	return w
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) by(who string) record.Act { return record.Act{Who: who, From: "test", At: w.now} }

func (w *world) savePark(region, id, name string) {
	w.t.Helper()
	doc := &park.Document{
		Format: "lingtan.park/v1",
		Park: park.Park{ID: id, Region: region, Name: park.Name{ZH: name, EN: name}, Country: "CN",
			Zone: "Asia/Shanghai", Interval: "15m", Method: "park-energy-cn@1", GWP: "AR6"},
		Organizations: []park.Organization{
			{ID: "operator", Kind: "operator", Name: park.Name{ZH: name + "公司", EN: name + " operator"}},
			{ID: "works", Kind: "enterprise", Name: park.Name{ZH: name + "工厂", EN: name + " works"}},
		},
		Carriers: []park.Carrier{{ID: "electricity", Name: park.Name{ZH: "电", EN: "Electricity"}, Unit: "kWh"}},
		Points: []park.Point{{ID: "m1", Name: park.Name{ZH: "表一", EN: "Meter 1"}, Organization: "works", Registers: []park.Register{
			{ID: "kwh", Quantity: "active_energy", Kind: "counter", Carrier: "electricity", Unit: "kWh", Step: "15m"}}}},
	}
	var err error
	w.compiled.layouts[id], err = layout.Compile(doc)
	ok(w.t, err)
	tree, err := record.PlaceOrganizations(doc)
	ok(w.t, err)
	_, err = w.records.SaveParkVersion(context.Background(), w.by("system"), id, []byte("park: "+name), tree)
	ok(w.t, err)
}

// person adds a person with a role and no password.
func (w *world) person(login string, role access.Role, at access.Path) access.Person {
	w.t.Helper()
	person, err := w.records.AddPerson(context.Background(), w.by("system"),
		access.Person{Login: login, Name: "Name of " + login}, access.Grant{Role: role, Organization: at})
	ok(w.t, err)
	return person
}

const password = "seven green turbines"

var passwordHash string // of password; hashing takes a while

// withPassword gives a person the password.
func (w *world) withPassword(person access.Person) access.Person {
	w.t.Helper()
	if passwordHash == "" {
		hash, err := access.HashPassword(rand.Reader, password)
		ok(w.t, err)
		passwordHash = hash
	}
	ok(w.t, w.records.SetPassword(context.Background(), w.by(person.ID), person.ID, passwordHash))
	person.PasswordHash = passwordHash
	return person
}

// client is a browser or a program.
type client struct {
	w      *world
	cookie string
	token  string
	header map[string]string
}

func (w *world) anyone() *client { return &client{w: w} }

// signedIn is a browser with a session of person.
func (w *world) signedIn(person access.Person) *client {
	w.t.Helper()
	secret, err := access.NewSecret(rand.Reader, "")
	ok(w.t, err)
	session := access.NewSession(person.ID, access.HashSecret(secret), w.now)
	ok(w.t, w.records.AddSession(context.Background(), w.by(person.ID), session))
	return &client{w: w, cookie: secret, header: map[string]string{csrfHeader: "1"}}
}

// program has a service token with one grant.
func (w *world) program(role access.Role, at access.Path) *client {
	w.t.Helper()
	secret, err := access.NewSecret(rand.Reader, tokenPrefix)
	ok(w.t, err)
	_, err = w.records.AddToken(context.Background(), w.by("system"), access.ServiceToken{
		Name: "program", Hash: access.HashSecret(secret), ExpiresAt: w.now.Add(time.Hour),
		Grants: []access.Grant{{Role: role, Organization: at}},
	})
	ok(w.t, err)
	return &client{w: w, token: secret}
}

// answer is what a client got.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (c *client) request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.cookie != "" {
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: c.cookie})
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for key, value := range c.header {
		r.Header.Set(key, value)
	}
	return r
}

// do sends a request and keeps the session cookie as a browser does.
func (c *client) do(method, path, body string) answer {
	c.w.t.Helper()
	recorder := httptest.NewRecorder()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // a stream let in by mistake ends too
	defer cancel()
	c.w.Handler().ServeHTTP(recorder, c.request(method, path, body).WithContext(ctx))
	for _, cookie := range recorder.Result().Cookies() {
		if cookie.Name == sessionCookie {
			c.cookie = cookie.Value
		}
	}
	return answer{c.w.t, recorder.Code, recorder.Header(), recorder.Body.String()}
}

// is fails unless the status is as wanted.
func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// code fails unless the answer is a problem of the code.
func (a answer) code(code string) answer {
	a.t.Helper()
	var problem Problem
	if err := json.Unmarshal([]byte(a.body), &problem); err != nil || problem.Code != code {
		a.t.Fatalf("code %q, want %s: %s", problem.Code, code, a.body)
	}
	if a.header.Get("Content-Type") != "application/problem+json" || problem.Status != a.status || problem.Title == "" || problem.Next == "" {
		a.t.Fatalf("not a whole problem: %s %s", a.header.Get("Content-Type"), a.body)
	}
	return a
}

// into reads the body.
func (a answer) into(value any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), value); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
}
