package api_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lingtan/access"
	"lingtan/api"
	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/meter"
	"lingtan/node"
	"lingtan/store/record"
	"lingtan/test/parktest"
)

// live is a server over a real node with a settled and closed park.
type live struct {
	t      *testing.T
	node   *node.Node
	server *httptest.Server
	closed *evidence.Export
}

func newLive(t *testing.T) *live {
	t.Helper()
	ctx := context.Background()
	n, err := node.Open(ctx, node.Options{Dir: t.TempDir(), Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	act := record.Act{Who: "system", Name: "test", From: "test", At: time.Now()}
	if _, err := n.ImportPark(ctx, act, parktest.New().Enterprise("mill").Enterprise("bakery").PV().Check(t).Document.YAML()); err != nil {
		t.Fatal(err)
	}
	b := &meter.Batch{Keys: []string{"mill.kwh", "bakery.kwh", "pv.kwh"}}
	start := time.Date(2023, 4, 30, 16, 0, 0, 0, time.UTC)
	for i := range 31 * 96 {
		at := start.Add(time.Duration(i+1) * 15 * time.Minute).UnixMilli()
		b.Append(0, at, 900, 20+float64(i%96)/10)
		if i < 96 || i >= 100 { // an hour of the bakery is missing
			b.Append(1, at, 900, 5+float64(i%7))
		}
		b.Append(2, at, 900, math.Max(0, 12-math.Abs(float64(i%96-48))))
	}
	if _, err := n.Admit(ctx, act, "test", b); err != nil {
		t.Fatal(err)
	}
	x, err := n.Shut(ctx, act, "test", "2023-05")
	if err != nil {
		t.Fatal(err)
	}
	s, err := api.New(api.Options{Records: n.Records, Parks: n, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l := &live{t: t, node: n, server: httptest.NewServer(s.Handler()), closed: x}
	t.Cleanup(l.server.Close)
	t.Cleanup(s.Live.Close)
	return l
}

// token is a service token with a role at a place.
func (l *live) token(role access.Role, at access.Path) string {
	l.t.Helper()
	secret, err := access.NewSecret(rand.Reader, "lt_")
	if err != nil {
		l.t.Fatal(err)
	}
	_, err = l.node.Records.AddToken(context.Background(), record.Act{Who: "system", At: time.Now()}, access.ServiceToken{Name: "t", Hash: access.HashSecret(secret), ExpiresAt: time.Now().Add(time.Hour),
		Grants: []access.Grant{{Role: role, Organization: at}}})
	if err != nil {
		l.t.Fatal(err)
	}
	return secret
}

// get asks and decodes; it fails unless the status is as wanted.
func (l *live) send(token, method, path, body string, status int, into any) {
	l.t.Helper()
	r, err := http.NewRequest(method, l.server.URL+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer got.Body.Close()
	if got.StatusCode != status {
		said, _ := io.ReadAll(io.LimitReader(got.Body, 2000)) // as far as it goes
		l.t.Fatalf("%s %s: %s, want %d: %s", method, path, got.Status, status, said)
	}
	if into != nil {
		if err := json.NewDecoder(got.Body).Decode(into); err != nil {
			l.t.Fatal(err)
		}
	}
}

// page is what the test reads of an overview.
type page struct {
	Inventory  struct{ ID string }
	Indicators []struct {
		ID      string
		Value   *float64
		Entries []string
	}
	Sankey struct {
		Links []struct {
			From, To string
			Value    float64
		}
	}
	Carbon struct {
		StepSeconds int
		Series      []struct{ Values []*float64 }
		Estimated   []bool
	}
	Enterprises []struct {
		Organization    string
		EmissionsScope2 *float64
	}
}

func (p page) indicator(id string) float64 {
	for _, i := range p.Indicators {
		if i.ID == id && i.Value != nil {
			return *i.Value
		}
	}
	return math.NaN()
}

func TestOverviewIsTheInventory(t *testing.T) {
	l := newLive(t)
	all := l.token("park_manager", "/江苏/test")
	var p page
	l.send(all, "GET", "/api/v1/parks/test/overview?period=2023-05", "", 200, &p)
	want := l.closed.Inventory.Total("")
	near := func(what string, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) <= 1e-9*math.Max(1, want)) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	near("emissions", p.indicator("emissions"), want.Scope2Location)
	near("energy", p.indicator("energy"), want.StandardCoal)
	var sum float64
	for _, s := range p.Carbon.Series {
		for _, v := range s.Values {
			if v != nil {
				sum += *v
			}
		}
	}
	near("sum of the hours", sum, want.Scope2Location)
	var members float64
	for _, e := range p.Enterprises {
		members += *e.EmissionsScope2
	}
	near("sum of the members", members, want.Scope2Location)
	balance := map[string]float64{}
	for _, x := range p.Sankey.Links {
		balance[x.To] += x.Value
		balance[x.From] -= x.Value
	}
	near("what enters the bus leaves it", balance["bus"], 0)
	estimated := 0
	for _, e := range p.Carbon.Estimated {
		if e {
			estimated++
		}
	}
	if p.Carbon.StepSeconds != 3600 || len(p.Carbon.Estimated) != 31*24 || estimated != 1 || p.Inventory.ID != l.closed.Inventory.ID {
		t.Errorf("%d s, %d hours, %d estimated, inventory %q", p.Carbon.StepSeconds, len(p.Carbon.Estimated), estimated, p.Inventory.ID)
	}
	l.send(all, "GET", "/api/v1/parks/test/overview?period=nonsense", "", 422, nil)
	var none page
	l.send(all, "GET", "/api/v1/parks/test/overview?period=1999-01", "", 200, &none)
	for _, i := range none.Indicators {
		if i.Value != nil {
			t.Errorf("%s of a period of which nothing is known is %v", i.ID, *i.Value)
		}
	}
	var u struct{ Values []*float64 }
	l.send(all, "GET", "/api/v1/parks/test/usage/mill.kwh?period=2023-04-29..2023-05-01", "", 200, &u)
	if len(u.Values) != 3 || u.Values[0] != nil || u.Values[1] != nil || u.Values[2] == nil {
		t.Errorf("days that were not settled are gaps: %v", u.Values)
	}
}

// An enterprise sees itself and nothing of its neighbour.
func TestEnterpriseSeesItself(t *testing.T) {
	l := newLive(t)
	own := l.token("enterprise_manager", "/江苏/test/mill")
	l.send(own, "GET", "/api/v1/parks/test/overview?period=2023-05", "", 403, nil)
	var p page
	l.send(own, "GET", "/api/v1/parks/test/overview?period=2023-05&organization=mill", "", 200, &p)
	if len(p.Enterprises) != 1 || p.Enterprises[0].Organization != "mill" || math.Abs(p.indicator("emissions")-l.closed.Inventory.Total("mill").Scope2Location) > 1e-9 {
		t.Errorf("own overview: %+v", p.Enterprises)
	}
	for _, x := range p.Sankey.Links {
		if strings.Contains(x.To, "bakery") {
			t.Errorf("the neighbour shows: %+v", x)
		}
	}
	l.send(own, "GET", "/api/v1/parks/test/overview?period=2023-05&organization=bakery", "", 404, nil)
	l.send(own, "GET", "/api/v1/parks/test/usage/mill.kwh?period=2023-05", "", 200, nil)
	l.send(own, "GET", "/api/v1/parks/test/usage/bakery.kwh?period=2023-05", "", 404, nil)
	l.send(own, "GET", "/api/v1/parks/test/usage/bakery.kwh/days/2023-05-02", "", 404, nil)
	l.send(own, "GET", "/api/v1/inventories/"+l.closed.Inventory.ID, "", 403, nil)
	for _, e := range l.closed.Inventory.Entries {
		status := map[bool]int{true: 200, false: 404}[e.Activity.Organization == "mill"]
		l.send(own, "GET", "/api/v1/entries/"+e.ID, "", status, nil)
	}
	l.send(own, "POST", "/api/v1/parks/test/readings", reading("bakery.kwh", 1), 404, nil)
	l.send(own, "POST", "/api/v1/parks/test/inventories", `{"period":"2023-05"}`, 403, nil)
}

func reading(register string, value float64) string {
	return fmt.Sprintf(`{"readings":[{"register":%q,"at":"2023-05-02T00:15:00+08:00","span":900,"value":%g}]}`, register, value)
}

// From a tonne down to a reading, and back by proof.
func TestTonneToReading(t *testing.T) {
	l := newLive(t)
	token := l.token("verifier", "/江苏/test")
	var entry struct {
		Entry struct{ Emissions float64 }
		Tree  inventory.Explanation
	}
	id := l.closed.Inventory.Entries[0].ID
	l.send(token, "GET", "/api/v1/entries/"+id, "", 200, &entry)
	act := entry.Tree.Children[slices.IndexFunc(entry.Tree.Children, func(x inventory.Explanation) bool { return x.Kind == "activity" })]
	if entry.Entry.Emissions != entry.Tree.Value || len(act.Children) == 0 || act.Children[0].Kind != "register" {
		t.Fatalf("%+v", entry)
	}
	var day inventory.Explanation
	l.send(token, "GET", "/api/v1/parks/test/usage/"+act.Children[0].Ref+"/days/2023-05-02", "", 200, &day)
	readings := day.Children[len(day.Children)-1]
	if len(day.Children) != 97 || readings.Kind != "readings" || len(readings.Children) == 0 {
		t.Errorf("%d children, %+v", len(day.Children), readings.Kind)
	}
	var proof evidence.ReadingProof
	l.send(token, "GET", "/api/v1/inventories/"+l.closed.Inventory.ID+"/proof?register=mill.kwh&at=2023-05-02T00:15:00%2B08:00", "", 200, &proof)
	if _, err := proof.Verify(); err != nil || proof.InRecords.Root != l.closed.Inventory.Root {
		t.Errorf("proof: %v", err)
	}
	l.send(token, "GET", "/api/v1/entries/e0000000000000000", "", 404, nil)
	for _, format := range []string{"json", "csv", "xlsx"} {
		l.send(token, "GET", "/api/v1/inventories/"+l.closed.Inventory.ID+"?format="+format, "", 200, nil)
	}
}

// An overview that was drawn before is not shown once something has changed.
func TestOverviewFollowsChanges(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	emissions := func() float64 {
		var p page
		l.send(token, "GET", "/api/v1/parks/test/overview?period=2023-05", "", 200, &p)
		return p.indicator("emissions")
	}
	before := emissions()
	if again := emissions(); again != before {
		t.Errorf("%v, then %v", before, again)
	}
	l.send(token, "POST", "/api/v1/parks/test/readings", reading("mill.kwh", 500), 200, nil)
	if after := emissions(); !(after > before) {
		t.Errorf("after a correction upward: %v, before %v", after, before)
	}
}

// A correction that is sent is stored, settled, told to who follows, and restated.
func TestSentReadingIsSettledAndTold(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", l.server.URL+"/api/v1/parks/test/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	stream, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	lines.Scan() // the stream is open
	var got meter.Admission
	l.send(token, "POST", "/api/v1/parks/test/readings", reading("mill.kwh", 77), 200, &got)
	if got.Corrected != 1 {
		t.Errorf("admission %+v", got)
	}
	l.send(token, "POST", "/api/v1/parks/test/readings", reading("mill.kwh", 77), 200, &got)
	if got.Duplicates != 1 {
		t.Errorf("the same again: %+v", got)
	}
	told := ""
	for lines.Scan() && !strings.Contains(told, "2023-05-02..") {
		told += lines.Text() + "\n"
	}
	if !strings.Contains(told, `"register":"mill.kwh"`) || !strings.Contains(told, "event: settled") {
		t.Errorf("told %q", told)
	}
	var u struct{ Values []*float64 }
	l.send(token, "GET", "/api/v1/parks/test/usage/mill.kwh?period=2023-05-02&step=interval", "", 200, &u)
	if len(u.Values) != 96 || *u.Values[0] != 77 {
		t.Errorf("settled %v", u.Values)
	}
	var v struct {
		ID       string
		Revision int
	}
	l.send(token, "POST", "/api/v1/parks/test/inventories", `{"period":"2023-05"}`, 201, &v)
	if v.Revision != 2 {
		t.Errorf("restated as %+v", v)
	}
	var d inventory.Difference
	l.send(token, "GET", "/api/v1/inventories/"+l.closed.Inventory.ID+"/difference?with="+v.ID, "", 200, &d)
	if len(d.Usage) != 1 || d.Usage[0].Register != "mill.kwh" {
		t.Errorf("difference %+v", d)
	}
	l.send(token, "POST", "/api/v1/parks/test/readings", reading("nowhere.kwh", 1), 422, nil)
}
