package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lingtan/access"
	"lingtan/node"
)

const controlFile = `
format: lingtan.control/v1
assets:
  - {id: battery, device: bess, write: power, unit: kW, min: -500, max: 500, ramp: 600, feedback: bess/power, deadband: 1, safe: {value: 0}}
`

func controlled(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	if _, there := w.rules["getControl"]; there {
		return w
	}
	w.controlRoutes(node.ControlDesk{Records: w.records, Now: func() time.Time { return w.now }})
	return w
}

func (w *world) proposal(id string) string {
	return fmt.Sprintf(`{"format":"lingtan.control-plan/v1","id":%q,"steps":[{"asset":"battery","from":%q,"to":%q,"value":100,"unit":"kW"}]}`,
		id, w.now.Add(time.Hour).Format(time.RFC3339), w.now.Add(2*time.Hour).Format(time.RFC3339))
}

func TestControlOverHTTP(t *testing.T) {
	w := controlled(t)
	const at = "/api/v1/parks/demo/control"
	li := w.signedIn(w.withPassword(w.person("li", "park_manager", "/江苏/demo")))
	wang := w.signedIn(w.withPassword(w.person("wang", "park_manager", "/江苏/demo")))
	li.do("GET", at, "").is(404).code("LT-0404") // there is no setup yet
	li.do("PUT", at+"/setup", "format: x").is(422)
	li.do("PUT", at+"/setup", controlFile).is(200)
	li.do("POST", at+"/plans", `{"format":"lingtan.control-plan/v1","id":"p"}`).is(422)
	li.do("POST", at+"/plans", w.proposal("p1")).is(200)
	li.do("POST", at+"/plans", w.proposal("p1")).is(409)
	li.do("POST", at+"/plans/p1/approve", "{}").is(409) // the proposer
	w.program("park_manager", "/江苏/demo").do("POST", at+"/plans/p1/approve", "{}").is(403)
	body := wang.do("POST", at+"/plans/p1/approve", "{}").is(200).body
	if !strings.Contains(body, `"state":"approved"`) || !strings.Contains(body, `"running":false`) {
		t.Errorf("%s", body)
	}
	until := w.now.Add(time.Hour).Format(time.RFC3339)
	li.do("POST", at+"/assets/battery/override", `{"value":501,"reason":"r","until":"`+until+`"}`).is(409)
	li.do("POST", at+"/assets/battery/override", `{"value":5,"until":"`+until+`"}`).is(422)
	li.do("POST", at+"/assets/battery/override", `{"value":5,"reason":"r","until":"`+until+`"}`).is(200)
	li.do("POST", at+"/assets/battery/release", "{}").is(200)
	li.do("POST", at+"/plans/p1/revoke", `{"reason":"works"}`).is(200)
	li.do("POST", at+"/plans/p1/revoke", "{}").is(409)
	body = li.do("GET", at+"/audit?plan=p1&limit=10", "").is(200).body
	if strings.Count(body, `"event":"plan"`) != 3 || !strings.Contains(body, `"reason":"works"`) {
		t.Errorf("%s", body)
	}
}

// Managers of the park decide; who may read the park sees; others find nothing.
func TestWhoMayControl(t *testing.T) {
	w := controlled(t)
	const at = "/api/v1/parks/demo/control"
	manager := w.signedIn(w.withPassword(w.person("li", "park_manager", "/江苏/demo")))
	manager.do("PUT", at+"/setup", controlFile).is(200)
	manager.do("POST", at+"/plans", w.proposal("p1")).is(200)
	for _, role := range []access.Role{"regulator", "verifier"} {
		c := w.signedIn(w.withPassword(w.person(string(role), role, "/江苏/demo")))
		c.do("GET", at, "").is(200)
		c.do("GET", at+"/audit", "").is(200)
		c.do("POST", at+"/plans", w.proposal("p2")).is(403)
		c.do("POST", at+"/plans/p1/approve", "{}").is(403)
		c.do("POST", at+"/assets/battery/release", "{}").is(403)
		c.do("PUT", at+"/setup", controlFile).is(403)
	}
	installer := w.signedIn(w.withPassword(w.person("installer", "installer", "/江苏/demo")))
	installer.do("POST", at+"/plans", w.proposal("p2")).is(403)
	other := w.signedIn(w.withPassword(w.person("other", "park_manager", "/浙江/other")))
	other.do("GET", at, "").is(404)
	other.do("POST", at+"/plans/p1/revoke", "{}").is(404)
	w.anyone().do("GET", at, "").is(401)
}
