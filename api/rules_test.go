package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/store/record"
)

// openPages are the patterns outside the API that everybody may load: they hold
// nothing of any organization.
var openPages = []string{
	"GET /livez", "GET /readyz",
	"GET /api/openapi.json", "GET /api/errors.json",
	"GET /api/docs", "GET /api/docs/docs.js", "GET /api/docs/docs.css",
	"/api/", "/",
}

// operation is a registered operation with its rule.
type operation struct {
	*huma.Operation
	rule Rule
}

// operations lists what is in the OpenAPI document.
func (w *world) operations() []operation {
	var list []operation
	for _, item := range w.api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Patch, item.Head, item.Options, item.Trace} {
			if op != nil {
				list = append(list, operation{op, w.rules[op.OperationID]})
			}
		}
	}
	slices.SortFunc(list, func(a, b operation) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	return list
}

// Every pattern of the mux is an operation with a rule, or an open page.
func TestEveryRouteHasARule(t *testing.T) {
	w := newWorld(t)
	ruled := map[string]bool{}
	for _, op := range w.operations() {
		if err := op.rule.check(); err != nil {
			t.Errorf("%s %s: %v", op.Method, op.Path, err)
		}
		if op.Extensions["x-lingtan-action"] != string(op.rule.Action) {
			t.Errorf("%s %s: the document does not name its action", op.Method, op.Path)
		}
		ruled[op.Method+" "+op.Path] = true
	}
	for _, pattern := range w.mux.patterns {
		if !ruled[pattern] && !slices.Contains(openPages, pattern) {
			t.Errorf("%s has no rule: register it with route", pattern)
		}
	}
	if len(ruled) < 15 {
		t.Errorf("only %d operations", len(ruled))
	}
}

func TestRuleCheck(t *testing.T) {
	bad := func(rule Rule) {
		t.Helper()
		if rule.check() == nil {
			t.Errorf("%+v passes", rule)
		}
	}
	bad(Rule{})
	bad(Rule{Action: "park.read"})
	bad(Rule{Action: "park.dream", Resource: root})
	bad(Rule{Action: "park.read", Resource: root, Anywhere: true})
	bad(Rule{Resource: root})
}

// victim is what another organization must not get at. A noun with a new path
// parameter adds an id of the park "demo" to params.
type victim struct {
	params map[string]string
	secret []string // texts that must not show
}

func (w *world) victim() victim {
	w.t.Helper()
	ctx := context.Background()
	person := w.person("victim-login", "enterprise_manager", "/江苏/demo/works")
	grants, err := w.records.GrantsOf(ctx, person.ID)
	ok(w.t, err)
	token, err := w.records.AddToken(ctx, w.by("system"), access.ServiceToken{Name: "victim-token", Hash: "x",
		ExpiresAt: w.now.Add(time.Hour), Grants: []access.Grant{{Role: "verifier", Organization: "/江苏/demo"}}})
	ok(w.t, err)
	_, err = w.records.SaveInventory(ctx, w.by("system"), record.Inventory{
		ID: "inventory-1", Park: "demo", Period: "2018-03", State: "closed", Document: []byte(`{"a":"victim-document"}`),
	}, []string{"entry-1"})
	ok(w.t, err)
	file, err := w.records.StartImport(ctx, w.by("system"), record.Import{Park: "demo", File: "victim-file.csv"})
	ok(w.t, err)
	_, err = w.records.SaveActivity(ctx, w.by("system"), record.Activity{Park: "demo", ID: "activity-1", Organization: "/江苏/demo/works", Member: "works",
		Kind: "victim-kind", First: "2018-03-01", Last: "2018-03-31", Amount: "1", Unit: "t", Given: "{}", Choose: "{}"}, 0)
	ok(w.t, err)
	_, err = w.records.SaveSaving(ctx, w.by("system"), record.Saving{Park: "demo", ID: "saving-1", Organization: "/江苏/demo/works", Member: "works",
		Question: `{"title":"victim-saving"}`, Baseline: []byte("{}")}, 0)
	ok(w.t, err)
	return victim{
		params: map[string]string{
			"activity": "activity-1", "year": "2018",
			"device": "charger", "plan": "p1", "asset": "battery", "run": "1", "project": "saving-1", "rule": "over", "channel": "mail", "table": "flow",
			"park": "demo", "inventory": "inventory-1", "entry": "entry-1", "import": file.ID,
			"person": person.ID, "grant": grants[0].ID, "token": token.ID, "register": "m1.kwh", "organization": "works", "day": "2018-03-05",
		},
		secret: []string{"victim-", "示范园区", "江苏", person.ID, token.ID},
	}
}

// state is all that the store holds of the victim, to see that it stays.
func (w *world) state() string {
	w.t.Helper()
	ctx := context.Background()
	within := []access.Path{"/江苏"}
	people, err := w.records.People(ctx, within)
	ok(w.t, err)
	tokens, err := w.records.Tokens(ctx, within)
	ok(w.t, err)
	organizations, err := w.records.Organizations(ctx, within)
	ok(w.t, err)
	versions, err := w.records.ParkVersions(ctx, "demo")
	ok(w.t, err)
	inventories, err := w.records.InventoriesOf(ctx, "demo")
	ok(w.t, err)
	imports, err := w.records.Imports(ctx, "demo")
	ok(w.t, err)
	factors, err := w.records.FactorsAsKnownAt(ctx, w.now.Add(time.Hour))
	ok(w.t, err)
	activities, err := w.records.ActivityRevisions(ctx, "demo", "activity-1")
	ok(w.t, err)
	methods, err := w.records.ReportingMethods(ctx, "demo", w.now.Add(time.Hour))
	ok(w.t, err)
	text, err := json.Marshal([]any{people, tokens, organizations, versions, inventories, imports, factors, activities, methods})
	ok(w.t, err)
	return string(text)
}

// target fills the path parameters of an operation with the victim's ids.
func (v victim) target(t *testing.T, path string) string {
	t.Helper()
	for {
		start := strings.IndexByte(path, '{')
		if start < 0 {
			return path
		}
		end := strings.IndexByte(path, '}')
		id, known := v.params[path[start+1:end]]
		if !known {
			t.Fatalf("%s: add an id of the park demo for %s to victim.params", path, path[start:end+1])
		}
		path = path[:start] + id + path[end+1:]
	}
}

// body is a body that fits the operation's schema and aims at the victim.
func (w *world) body(op *huma.Operation) string {
	if op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil {
		return ""
	}
	text, err := json.Marshal(w.sample("", op.RequestBody.Content["application/json"].Schema))
	ok(w.t, err)
	return string(text)
}

func (w *world) sample(key string, schema *huma.Schema) any {
	if schema.Ref != "" {
		schema = w.api.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
	}
	switch {
	case key == "organization":
		return "/江苏/demo"
	case key == "register":
		return "m1.kwh"
	case key == "role":
		return "administrator"
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case schema.Format == "date-time":
		return w.now.Add(time.Hour).Format(time.RFC3339)
	case schema.Type == huma.TypeObject:
		object := map[string]any{}
		for name, part := range schema.Properties {
			if !part.ReadOnly {
				object[name] = w.sample(name, part)
			}
		}
		return object
	case schema.Type == huma.TypeArray:
		return []any{w.sample(key, schema.Items)}
	case schema.Type == huma.TypeBoolean:
		return true
	case schema.Maximum != nil && *schema.Maximum < 1:
		return *schema.Maximum
	case schema.Type == huma.TypeNumber || schema.Type == huma.TypeInteger:
		return 1
	}
	return "2018-03"
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

// A caller of another organization, of whatever role, reads and changes nothing.
func TestOtherOrganization(t *testing.T) {
	w := newWorld(t)
	v := w.victim()
	before := w.state()
	for _, role := range access.Roles() {
		person := w.withPassword(w.person("other-"+strings.ReplaceAll(string(role), "_", "-"), role, "/浙江/other"))
		program := w.program(role, "/浙江/other")
		for _, op := range w.operations() {
			browser := w.signedIn(person) // anew: one of the operations signs out
			for _, method := range methods {
				w.aim("person as "+string(role), browser, op, v, method)
				w.aim("token as "+string(role), program, op, v, method)
			}
		}
	}
	if after := w.state(); after != before {
		t.Errorf("another organization changed\n%s\nto\n%s", before, after)
	}
}

// aim calls an operation's path with a method as another organization's caller.
func (w *world) aim(name string, c *client, op operation, v victim, method string) {
	w.t.Helper()
	target, body := v.target(w.t, op.Path), w.body(op.Operation)
	got := c.do(method, target, body)
	for _, secret := range v.secret {
		// What the caller sent himself may be repeated to him.
		if strings.Contains(got.body, secret) && !strings.Contains(target+body, secret) {
			w.t.Errorf("%s %s %s: %d shows %q: %.300s", name, method, op.Path, got.status, secret, got.body)
		}
	}
	own := op.rule.public() || op.rule.Action == "session.own"
	reads := op.rule.Anywhere && (method == "GET" || method == "HEAD")
	shared := op.rule.Action == "factor.read" && method == "GET"
	if method != op.Method || own || reads || shared {
		return // a method that is none, one's own session, a list of what is one's own, or reference data
	}
	if got.status != 401 && got.status != 403 && got.status != 404 {
		w.t.Errorf("%s %s %s: %d %.300s", name, method, op.Path, got.status, got.body)
	}
}

// An enterprise of the same park gets no further: it may know the park, not what
// is its neighbour's. Routes that only ask for park.see hold each piece against
// the caller in their handler, and are tested with their noun.
func TestNeighbourEnterprise(t *testing.T) {
	w := newWorld(t)
	v := w.victim()
	program := w.program("enterprise_manager", "/江苏/demo/mill")
	before := w.state()
	refused := 0
	for _, op := range w.operations() {
		if op.rule.Action == "park.see" || op.rule.Action == "session.own" || op.rule.public() {
			continue
		}
		if op.rule.Anywhere && op.Method == "GET" {
			continue
		}
		got := program.do(op.Method, v.target(t, op.Path), w.body(op.Operation))
		if got.status != 403 && got.status != 404 {
			t.Errorf("%s %s: %d %.300s", op.Method, op.Path, got.status, got.body)
		}
		refused++
	}
	if w.state() != before || refused < 10 {
		t.Errorf("a neighbour changed something, or only %d routes were tried", refused)
	}
}

// Asked for findings of a register that is not theirs, an enterprise gets none of
// them, and not all of the park's.
func TestFindingsOfOthers(t *testing.T) {
	w := newWorld(t)
	works := w.program("enterprise_manager", "/江苏/demo/works")
	got := works.do("GET", "/api/v1/parks/demo/findings?period=2018-03&organization=works&register=m9.kwh", "").is(200)
	if strings.TrimSpace(got.body) != `{"findings":[]}` {
		t.Errorf("%s", got.body)
	}
}

// Who is not signed in gets 401, except where the rule is public.
func TestNotSignedIn(t *testing.T) {
	w := newWorld(t)
	v := w.victim()
	before := w.state()
	badToken := w.anyone()
	badToken.token = "lt_guess"
	badCookie := w.anyone()
	badCookie.cookie = "guess"
	badCookie.header = map[string]string{csrfHeader: "1"}
	for _, op := range w.operations() {
		for _, c := range []*client{w.anyone(), badToken, badCookie} {
			got := c.do(op.Method, v.target(t, op.Path), w.body(op.Operation))
			if !op.rule.public() && got.status != 401 {
				t.Errorf("%s %s: %d %.300s", op.Method, op.Path, got.status, got.body)
			}
			if strings.Contains(got.body, "victim-") {
				t.Errorf("%s %s shows %.300s", op.Method, op.Path, got.body)
			}
		}
	}
	if w.state() != before {
		t.Error("a stranger changed something")
	}
}

// A rule is worth something only if the right caller passes it.
func TestOwnOrganization(t *testing.T) {
	w := newWorld(t)
	v := w.victim()
	w.withPassword(w.person("root", access.Administrator, "/"))
	administrator := w.program(access.Administrator, "/江苏")
	for _, op := range w.operations() {
		if op.rule.Anywhere || op.rule.Action == "session.own" || op.rule.public() || op.Metadata[streams] != nil {
			continue
		}
		paths, err := op.rule.Resource(context.Background(), params(v.params))
		ok(t, err)
		ctx := context.WithValue(context.Background(), callerKey{}, w.byToken(context.Background(), administrator.token))
		if within([]access.Path{"/江苏"}, paths[0]) && w.permit(ctx, op.rule, params(v.params), http.MethodGet) != nil {
			t.Errorf("%s %s: its own administrator is refused at %v", op.Method, op.Path, paths)
		}
	}
}

// params is a Request of path parameters.
type params map[string]string

func (p params) Param(name string) string { return p[name] }
func (p params) Query(string) string      { return "" }
