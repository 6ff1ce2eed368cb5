package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/store/record"
)

// personView is a person as an administrator sees him.
type personView struct {
	ID          string      `json:"id"`
	Login       string      `json:"login"`
	Name        string      `json:"name"`
	Locale      string      `json:"locale,omitempty"`
	HasPassword bool        `json:"hasPassword" doc:"A password was set"`
	CreatedAt   time.Time   `json:"createdAt"`
	DisabledAt  *time.Time  `json:"disabledAt,omitempty"`
	Grants      []grantView `json:"grants"`
}

// grantView is a role held in an organization.
type grantView struct {
	ID           string      `json:"id,omitempty"`
	Role         access.Role `json:"role"`
	Organization access.Path `json:"organization"`
}

// Link is a one-time link, said once.
type Link struct {
	Path      string    `json:"path" doc:"Open it on this server; it serves once" example:"/setup/…"`
	ExpiresAt time.Time `json:"expiresAt"`
}

type peopleOutput struct {
	Body struct {
		People []personView `json:"people"`
	}
}

type personIn struct {
	Body struct {
		Login        string `json:"login" minLength:"2" maxLength:"64" doc:"Letters, digits, and . _ @ - between them"`
		Name         string `json:"name" minLength:"1" maxLength:"100"`
		Locale       string `json:"locale,omitempty" enum:"zh,en"`
		Role         string `json:"role"`
		Organization string `json:"organization" maxLength:"800"`
	}
}

type personOutput struct {
	Body struct {
		Person personView `json:"person"`
		Link   Link       `json:"link"`
	}
}

type grantIn struct {
	Person string `path:"person" maxLength:"64"`
	Body   struct {
		Role         string `json:"role"`
		Organization string `json:"organization" maxLength:"800"`
	}
}

type grantOutput struct{ Body grantView }

type linkOutput struct{ Body Link }

type personPath struct {
	Person string `path:"person" maxLength:"64"`
}

type grantPath struct {
	Grant string `path:"grant" maxLength:"64"`
}

func (s *Server) peopleRoutes() {
	const path = "/api/v1/people"
	tags := []string{"access"}
	manage := Rule{Action: "access.manage", Anywhere: true}
	person := Rule{Action: "access.manage", Resource: s.personPlaces}
	route(s, huma.Operation{OperationID: "listPeople", Method: "GET", Path: path, Tags: tags,
		Summary: "People with a grant where the caller may see them"}, Rule{Action: "access.read", Anywhere: true}, s.listPeople)
	route(s, huma.Operation{OperationID: "addPerson", Method: "POST", Path: path, Tags: tags, DefaultStatus: 201, Errors: []int{409},
		Summary: "Add a person with a first role, and a one-time link to sign in"}, manage, s.addPerson)
	route(s, huma.Operation{OperationID: "disablePerson", Method: "DELETE", Path: path + "/{person}", Tags: tags, DefaultStatus: 204,
		Summary: "Let a person in no more; sessions and tokens end"}, person, s.disablePerson)
	route(s, huma.Operation{OperationID: "layLink", Method: "POST", Path: path + "/{person}/link", Tags: tags, DefaultStatus: 201,
		Summary: "A one-time link to set a new password"}, person, s.layLink)
	route(s, huma.Operation{OperationID: "addGrant", Method: "POST", Path: path + "/{person}/grants", Tags: tags, DefaultStatus: 201, Errors: []int{409},
		Summary: "Give a person a role in an organization"}, manage, s.addGrant)
	route(s, huma.Operation{OperationID: "revokeGrant", Method: "DELETE", Path: "/api/v1/grants/{grant}", Tags: tags, DefaultStatus: 204,
		Summary: "Take a role back"}, Rule{Action: "access.manage", Resource: s.grantPlace}, s.revokeGrant)
}

// personPlaces are all organizations where a person has a role: who acts on the
// person must manage every one of them, else a link would let him take over rights
// that are not his to give.
func (s *Server) personPlaces(ctx context.Context, in Request) ([]access.Path, error) {
	person, err := s.Records.Person(ctx, in.Param("person"))
	if err != nil {
		return nil, err
	}
	grants, err := s.Records.GrantsOf(ctx, person.ID)
	if err != nil || len(grants) == 0 {
		return []access.Path{"/"}, err
	}
	places := make([]access.Path, len(grants))
	for i, grant := range grants {
		places[i] = grant.Organization
	}
	return places, nil
}

func (s *Server) grantPlace(ctx context.Context, in Request) ([]access.Path, error) {
	_, grant, err := s.Records.Grant(ctx, in.Param("grant"))
	return []access.Path{grant.Organization}, err
}

func (s *Server) listPeople(ctx context.Context, _ *nothing) (*peopleOutput, error) {
	people, err := s.Records.People(ctx, s.reach(ctx, "access.read"))
	if err != nil {
		return nil, err
	}
	out := &peopleOutput{}
	out.Body.People = make([]personView, len(people))
	for i, person := range people {
		out.Body.People[i] = viewPerson(person.Person, person.Grants)
	}
	return out, nil
}

var loginSyntax = regexp.MustCompile(`^[a-z0-9\p{Han}]([a-z0-9\p{Han}._@-]*[a-z0-9\p{Han}])?$`)

func (s *Server) addPerson(ctx context.Context, in *personIn) (*personOutput, error) {
	if !loginSyntax.MatchString(in.Body.Login) {
		return nil, fmt.Errorf("%w: login %.64q: lower-case letters, digits, and . _ @ - between them", errInput, in.Body.Login)
	}
	grant, err := s.grantOf(ctx, in.Body.Role, in.Body.Organization)
	if err != nil {
		return nil, err
	}
	person, err := s.Records.AddPerson(ctx, s.act(ctx),
		access.Person{Login: in.Body.Login, Name: in.Body.Name, Locale: in.Body.Locale}, grant)
	if err != nil {
		return nil, err
	}
	link, err := s.newLink(ctx, person.ID)
	out := &personOutput{}
	out.Body.Person, out.Body.Link = viewPerson(person, []access.Grant{grant}), link
	return out, err
}

// grantOf checks role and organization of a new grant: the caller must manage
// access there, and the organization must exist.
func (s *Server) grantOf(ctx context.Context, role, organization string) (access.Grant, error) {
	if !access.Role(role).Known() {
		return access.Grant{}, fmt.Errorf("%w: role %.40q: one of %v", errInput, role, access.Roles())
	}
	path, err := access.ParsePath(organization)
	if err != nil {
		return access.Grant{}, err
	}
	if err := s.allow(ctx, "access.manage", path); err != nil {
		return access.Grant{}, err
	}
	if _, err := s.Records.Organization(ctx, path); err != nil {
		return access.Grant{}, err
	}
	return access.Grant{Role: access.Role(role), Organization: path}, nil
}

func (s *Server) disablePerson(ctx context.Context, in *personPath) (*nothing, error) {
	return nil, s.Records.DisablePerson(ctx, s.act(ctx), in.Person)
}

func (s *Server) layLink(ctx context.Context, in *personPath) (*linkOutput, error) {
	link, err := s.newLink(ctx, in.Person)
	return &linkOutput{link}, err
}

func (s *Server) newLink(ctx context.Context, person string) (Link, error) {
	secret, err := access.NewSecret(rand.Reader, "")
	if err != nil {
		return Link{}, err
	}
	act := s.act(ctx)
	if err := s.Records.AddLink(ctx, act, person, access.HashSecret(secret)); err != nil {
		return Link{}, err
	}
	return Link{Path: SetupPath + secret, ExpiresAt: act.At.Add(access.LinkLife).UTC()}, nil
}

// addGrant takes a person that the caller can see: to bring in somebody from
// elsewhere is for whoever manages both.
func (s *Server) addGrant(ctx context.Context, in *grantIn) (*grantOutput, error) {
	grant, err := s.grantOf(ctx, in.Body.Role, in.Body.Organization)
	if err != nil {
		return nil, err
	}
	if err := s.seesPerson(ctx, in.Person); err != nil {
		return nil, err
	}
	grant, err = s.Records.AddGrant(ctx, s.act(ctx), in.Person, grant)
	return &grantOutput{viewGrant(grant)}, err
}

func (s *Server) seesPerson(ctx context.Context, person string) error {
	reach := s.reach(ctx, "access.manage")
	if within(reach, "/") {
		return nil
	}
	grants, err := s.Records.GrantsOf(ctx, person)
	if err != nil {
		return err
	}
	for _, grant := range grants {
		if within(reach, grant.Organization) {
			return nil
		}
	}
	return fmt.Errorf("%w: person %.64q", record.ErrNotFound, person)
}

func (s *Server) revokeGrant(ctx context.Context, in *grantPath) (*nothing, error) {
	return nil, s.Records.RevokeGrant(ctx, s.act(ctx), in.Grant)
}

func viewPerson(person access.Person, grants []access.Grant) personView {
	view := personView{
		ID: person.ID, Login: person.Login, Name: person.Name, Locale: person.Locale,
		HasPassword: person.PasswordHash != "", CreatedAt: person.CreatedAt.UTC(),
		DisabledAt: whenSet(person.DisabledAt), Grants: viewGrants(grants),
	}
	return view
}

func viewGrants(grants []access.Grant) []grantView {
	views := make([]grantView, len(grants))
	for i, grant := range grants {
		views[i] = viewGrant(grant)
	}
	return views
}

func viewGrant(grant access.Grant) grantView {
	return grantView{ID: grant.ID, Role: grant.Role, Organization: grant.Organization}
}

// whenSet is nil for a time that has not come.
func whenSet(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
