package access

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/cedar-policy/cedar-go"
)

//go:embed policy.cedar
var policyText []byte

// Action is what someone does to a resource: "park.read". Actions lists them all.
type Action string

// Actions lists every action; a route declares one of them.
func Actions() []Action {
	return []Action{
		"public.read", "session.own",
		"park.see", "park.read", "park.edit",
		"usage.read", "readings.import", "readings.edit",
		"inventory.read", "inventory.close",
		"factor.read", "factor.edit",
		"device.read", "device.edit",
		"rating.publish",
		"alarm.read", "alarm.act", "alarm.edit",
		"forecast.read",
		"dispatch.read", "dispatch.run", "dispatch.approve",
		"control.read", "control.act",
		"saving.read", "saving.edit",
		"access.read", "access.manage", "audit.read", "settings.manage",
	}
}

// Known reports whether a is one of Actions.
func (a Action) Known() bool { return slices.Contains(Actions(), a) }

// Principal is who asks: a person, a service token, or nobody (the zero value).
type Principal struct {
	Kind            string // person, token; empty when nobody is signed in
	ID              string
	Name            string
	Grants          []Grant
	MustSetPassword bool
}

// SignedIn reports whether somebody is there.
func (p Principal) SignedIn() bool { return p.Kind != "" }

// Decision is the answer of the policies.
type Decision struct {
	Allowed bool
	Visible bool   // the principal may at least know that the organization exists
	Needs   []Role // when refused: the roles that may do it there
}

// Authorizer decides by the policies of this package. It is safe for concurrent use.
type Authorizer struct {
	policies *cedar.PolicySet
}

// NewAuthorizer reads the policies; it fails only when they do not parse.
func NewAuthorizer() (*Authorizer, error) {
	list, err := cedar.NewPolicyListFromBytes("policy.cedar", policyText)
	if err != nil {
		return nil, fmt.Errorf("access: policies: %w", err)
	}
	set := cedar.NewPolicySet()
	for _, policy := range list {
		id := policy.Annotations()["id"]
		if id == "" || !set.Add(cedar.PolicyID(id), policy) {
			return nil, fmt.Errorf("access: policies: %q: every policy needs an @id of its own", id)
		}
	}
	return &Authorizer{policies: set}, nil
}

// Decide says whether principal may do action to what belongs to organization. An
// action or path that is none is refused, and so is all that a policy fails on.
func (a *Authorizer) Decide(principal Principal, action Action, organization Path) Decision {
	if _, err := ParsePath(string(organization)); err != nil {
		return Decision{}
	}
	if a.permits(principal, action, organization) {
		return Decision{Allowed: true, Visible: true}
	}
	return Decision{
		Visible: a.permits(principal, "park.see", organization),
		Needs:   a.needs(action, organization),
	}
}

// Reach is where principal may do action: the highest organizations of its grants
// that allow it. Everything beneath them is in reach too.
func (a *Authorizer) Reach(principal Principal, action Action) []Path {
	var reach []Path
	for _, grant := range principal.Grants {
		if a.permits(principal, action, grant.Organization) {
			reach = append(reach, grant.Organization)
		}
	}
	slices.Sort(reach)
	var highest []Path
	for _, path := range reach {
		covered := slices.ContainsFunc(highest, func(over Path) bool { return over.Contains(path) })
		if !covered {
			highest = append(highest, path)
		}
	}
	return highest
}

// needs asks the policies for each role in turn.
func (a *Authorizer) needs(action Action, organization Path) []Role {
	var needs []Role
	for _, role := range Roles() {
		holder := Principal{Kind: "person", Grants: []Grant{{Role: role, Organization: organization}}}
		if a.permits(holder, action, organization) {
			needs = append(needs, role)
		}
	}
	return needs
}

func (a *Authorizer) permits(principal Principal, action Action, organization Path) bool {
	who := cedar.NewEntityUID("Principal", cedar.String(principal.Kind+":"+principal.ID))
	what := cedar.NewEntityUID("Organization", cedar.String(organization))
	entities := cedar.EntityMap{
		who:  {UID: who, Attributes: principal.attributes()},
		what: {UID: what, Attributes: organization.attributes()},
	}
	request := cedar.Request{
		Principal: who,
		Action:    cedar.NewEntityUID("Action", cedar.String(action)),
		Resource:  what,
		Context:   cedar.NewRecord(nil),
	}
	decision, diagnostic := cedar.Authorize(a.policies, entities, request)
	return decision == cedar.Allow && len(diagnostic.Errors) == 0
}

// attributes are what the policies read of a principal.
func (p Principal) attributes() cedar.Record {
	granted := map[Role][]Path{}
	var over []Path
	for _, grant := range p.Grants {
		granted[grant.Role] = append(granted[grant.Role], grant.Organization)
		// Role public shows nothing beyond what everybody sees.
		if grant.Role != "public" {
			over = append(over, grant.Organization.line()...)
		}
	}
	attributes := cedar.RecordMap{
		"over":              pathSet(over),
		"signed_in":         cedar.Boolean(p.SignedIn()),
		"must_set_password": cedar.Boolean(p.MustSetPassword),
	}
	for _, role := range Roles() {
		attributes[cedar.String(role)] = pathSet(granted[role])
	}
	return cedar.NewRecord(attributes)
}

// attributes are what the policies read of an organization.
func (p Path) attributes() cedar.Record {
	return cedar.NewRecord(cedar.RecordMap{
		"organization": cedar.String(p),
		"within":       pathSet(p.line()),
	})
}

func pathSet(paths []Path) cedar.Set {
	values := make([]cedar.Value, len(paths))
	for i, path := range paths {
		values[i] = cedar.String(path)
	}
	return cedar.NewSet(values...)
}
