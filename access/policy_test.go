package access

import (
	"slices"
	"strings"
	"testing"
)

func mustAuthorizer(t *testing.T) *Authorizer {
	t.Helper()
	authorizer, err := NewAuthorizer()
	if err != nil {
		t.Fatal(err)
	}
	return authorizer
}

func holder(role Role, at Path) Principal {
	return Principal{Kind: "person", ID: "x", Grants: []Grant{{Role: role, Organization: at}}}
}

func TestDecide(t *testing.T) {
	authorizer := mustAuthorizer(t)
	decide := func(role Role, at Path, action Action, on Path, want bool) {
		t.Helper()
		if got := authorizer.Decide(holder(role, at), action, on); got.Allowed != want {
			t.Errorf("%s at %s: %s on %s = %v", role, at, action, on, got.Allowed)
		}
	}
	const region, park, works, site = "/江苏", "/江苏/demo", "/江苏/demo/works", "/江苏/demo/works/east"

	decide("enterprise_manager", works, "usage.read", site, true)
	decide("enterprise_manager", works, "usage.read", "/江苏/demo/mill", false)
	decide("enterprise_manager", works, "park.see", park, true)
	decide("enterprise_manager", works, "park.read", park, false)
	decide("enterprise_manager", works, "park.read", works, true)
	decide("enterprise_manager", works, "inventory.close", works, false)

	decide("park_manager", park, "inventory.close", park, true)
	decide("park_manager", park, "usage.read", site, true)
	decide("park_manager", park, "access.manage", park, false)
	decide("park_manager", park, "park.read", "/江苏/demo2", false)
	decide("park_manager", park, "park.read", region, false)

	decide("regulator", region, "inventory.read", works, true)
	decide("regulator", region, "readings.edit", works, false)
	decide("regulator", region, "park.read", "/浙江/other", false)

	decide("verifier", works, "inventory.read", site, true)
	decide("verifier", works, "inventory.close", works, false)

	decide("installer", park, "device.edit", site, true)
	decide("installer", park, "usage.read", park, false)
	decide("installer", park, "park.see", park, true)

	decide("administrator", park, "access.manage", works, true)
	decide("administrator", park, "access.manage", "/", false)
	decide("administrator", "/", "settings.manage", "/", true)
	decide("administrator", "/", "park.read", park, true)

	decide("public", park, "park.see", park, false)
	decide("public", park, "public.read", park, true)
}

func TestDecideRefusesWhatIsNone(t *testing.T) {
	authorizer := mustAuthorizer(t)
	if got := authorizer.Decide(holder(Administrator, "/"), "usage.read", "no path"); got.Allowed {
		t.Error("a path that is none was allowed")
	}
	if got := authorizer.Decide(holder("emperor", "/"), "usage.read", "/"); got.Allowed {
		t.Error("a role that is none was allowed")
	}
	if got := authorizer.Decide(Principal{}, "session.own", "/"); got.Allowed {
		t.Error("nobody owns a session")
	}
	if got := authorizer.Decide(Principal{}, "public.read", "/"); !got.Allowed {
		t.Error("nobody may read what is public")
	}
	if got := authorizer.Decide(Principal{}, "factor.read", "/"); got.Allowed {
		t.Error("nobody read a factor")
	}
}

func TestDecisionNamesTheRoles(t *testing.T) {
	authorizer := mustAuthorizer(t)
	got := authorizer.Decide(holder("verifier", "/江苏/demo"), "inventory.close", "/江苏/demo")
	if !slices.Equal(got.Needs, []Role{Administrator, "park_manager"}) || !got.Visible {
		t.Errorf("%+v", got)
	}
	got = authorizer.Decide(holder("verifier", "/江苏/demo"), "park.read", "/江苏/other")
	if got.Visible {
		t.Error("another organization's park is visible")
	}
}

func TestPasswordComesFirst(t *testing.T) {
	authorizer := mustAuthorizer(t)
	principal := holder(Administrator, "/")
	principal.MustSetPassword = true
	for _, action := range Actions() {
		want := action == "session.own" || action == "public.read"
		if got := authorizer.Decide(principal, action, "/").Allowed; got != want {
			t.Errorf("%s before a password is set = %v", action, got)
		}
	}
}

// Every action of the policy text is listed, and every listed action can be done
// by somebody.
func TestActionsAndPoliciesAgree(t *testing.T) {
	authorizer := mustAuthorizer(t)
	for _, action := range Actions() {
		if !authorizer.Decide(holder(Administrator, "/"), action, "/").Allowed {
			t.Errorf("an administrator may not %s", action)
		}
	}
	for _, piece := range strings.Split(string(policyText), `Action::"`)[1:] {
		name, _, _ := strings.Cut(piece, `"`)
		if !Action(name).Known() {
			t.Errorf("policy.cedar names %q, which is not in Actions", name)
		}
	}
	for _, role := range Roles() {
		if !strings.Contains(string(policyText), "principal."+string(role)+".") && role != "public" {
			t.Errorf("no policy reads role %s", role)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	authorizer, err := NewAuthorizer()
	if err != nil {
		b.Fatal(err)
	}
	principal := holder("park_manager", "/江苏/demo")
	for b.Loop() {
		if !authorizer.Decide(principal, "usage.read", "/江苏/demo/works/east").Allowed {
			b.Fatal("refused")
		}
	}
}
