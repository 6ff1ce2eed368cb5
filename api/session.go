package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/store/record"
)

// Me is who is signed in.
type Me struct {
	Login           string     `json:"login"`
	Name            string     `json:"name"`
	Kind            string     `json:"kind" enum:"person,token"`
	Locale          string     `json:"locale,omitempty"`
	Roles           []roleHeld `json:"roles"`
	MustSetPassword bool       `json:"mustSetPassword" doc:"Nothing else is allowed before a password is set"`
}

// roleHeld is a role in an organization.
type roleHeld struct {
	Role             access.Role `json:"role"`
	Organization     access.Path `json:"organization"`
	OrganizationName name        `json:"organizationName"`
}

type meOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Me
}

type onlyMe struct{ Body Me }

type ended struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

type signIn struct {
	Body struct {
		Login    string `json:"login" minLength:"1" maxLength:"64"`
		Password string `json:"password" minLength:"1" maxLength:"512"`
	}
}

type linkIn struct {
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"128" doc:"The last part of /setup/…"`
	}
}

type passwordIn struct {
	Body struct {
		Current  string `json:"current,omitempty" maxLength:"512" doc:"Not needed after a one-time link"`
		Password string `json:"password" minLength:"1" maxLength:"512"`
	}
}

type nothing struct{}

func (s *Server) sessionRoutes() {
	const path = "/api/v1/session"
	tags := []string{"session"}
	open := Rule{Action: "public.read", Resource: root}
	own := Rule{Action: "session.own", Resource: root}
	route(s, huma.Operation{OperationID: "signIn", Method: "POST", Path: path, Tags: tags, Errors: []int{401},
		Summary: "Sign in with login and password"}, open, s.signIn)
	route(s, huma.Operation{OperationID: "useLink", Method: "POST", Path: path + "/link", Tags: tags, Errors: []int{401},
		Summary: "Sign in by a one-time link, to set a password"}, open, s.useLink)
	route(s, huma.Operation{OperationID: "setPassword", Method: "PUT", Path: path + "/password", Tags: tags,
		Summary: "Set one's password; all other sessions end"}, own, s.setPassword)
	route(s, huma.Operation{OperationID: "signOut", Method: "DELETE", Path: path, Tags: tags, DefaultStatus: 204,
		Summary: "Sign out"}, own, s.signOut)
	route(s, huma.Operation{OperationID: "me", Method: "GET", Path: path, Tags: tags,
		Summary: "Who is signed in"}, own, func(ctx context.Context, _ *nothing) (*onlyMe, error) {
		me, err := s.me(ctx, callerOf(ctx))
		return &onlyMe{me}, err
	})
}

// limits are how many failed sign-ins are free under each kind of key.
var limits = []struct {
	kind string
	free int
}{{"login and address", 5}, {"address", 20}, {"login", 100}}

// attemptKeys are the keys of a sign-in, in the order of limits. An IPv6 caller
// counts by his /64.
func attemptKeys(login, address string) []string {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			address = prefix.String()
		}
	}
	return []string{"both:" + login + " " + address, "address:" + address, "login:" + login}
}

// signIn checks a password. The lock-out is asked, the password hashed and a
// failure counted in one slot, so that guesses at the same time cannot pass it.
func (s *Server) signIn(ctx context.Context, in *signIn) (*meOutput, error) {
	release, err := s.slot(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	login := strings.ToLower(strings.TrimSpace(in.Body.Login))
	keys := attemptKeys(login, traceOf(ctx).address)
	if err := s.lockedOut(ctx, keys); err != nil {
		return nil, err
	}
	person, err := s.Records.PersonByLogin(ctx, login)
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return nil, err
	}
	ok, err := s.verify(ctx, person, in.Body.Password)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, s.failed(ctx, person, keys)
	}
	if err := s.Records.ClearAttempts(ctx, keys[0]); err != nil {
		return nil, err
	}
	return s.open(ctx, person.ID, false)
}

// slot waits for leave to hash a password.
func (s *Server) slot(ctx context.Context) (release func(), err error) {
	select {
	case s.signing <- struct{}{}:
		return func() { <-s.signing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// verify takes as long for a login that is not there. A hash of an old cost is
// made anew.
func (s *Server) verify(ctx context.Context, person access.Person, password string) (bool, error) {
	usable := person.PasswordHash != "" && person.DisabledAt.IsZero()
	hash := person.PasswordHash
	if !usable {
		hash = s.nobody
	}
	ok, outdated, err := access.VerifyPassword(hash, password)
	if err != nil || !ok || !usable {
		return false, err
	}
	if outdated {
		if hash, err = access.HashPassword(rand.Reader, password); err != nil {
			return false, err
		}
		return true, s.Records.RenewHash(ctx, person.ID, hash)
	}
	return true, nil
}

func (s *Server) lockedOut(ctx context.Context, keys []string) error {
	var until time.Time
	for i, key := range keys {
		attempts, err := s.Records.Attempts(ctx, key)
		if err != nil {
			return err
		}
		if locked := attempts.LockedUntil(limits[i].free); locked.After(until) {
			until = locked
		}
	}
	wait := until.Sub(s.Now())
	if wait <= 0 {
		return nil
	}
	seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	problem := s.refuse(ctx, fmt.Errorf("%w: wait %s s", errLockedOut, seconds))
	problem.header = http.Header{"Retry-After": {seconds}}
	return problem
}

// failed counts a failed sign-in and notes it.
func (s *Server) failed(ctx context.Context, person access.Person, keys []string) error {
	if err := s.Records.FailAttempts(ctx, s.Now(), keys); err != nil {
		return err
	}
	act := record.Act{Who: person.ID, Name: person.Name, From: traceOf(ctx).address, At: s.Now()}
	if err := s.Records.Note(ctx, act, "session.own", "/", "session", "refused", "wrong login or password"); err != nil {
		return err
	}
	return errWrongPassword
}

// open starts a session with a fresh secret.
func (s *Server) open(ctx context.Context, person string, fromLink bool) (*meOutput, error) {
	secret, err := access.NewSecret(rand.Reader, "")
	if err != nil {
		return nil, err
	}
	session := access.NewSession(person, access.HashSecret(secret), s.Now())
	session.FromLink = fromLink
	c := s.person(ctx, session)
	if c.failed != nil {
		return nil, c.failed
	}
	if !c.SignedIn() {
		return nil, errWrongPassword
	}
	act := record.Act{Who: c.ID, Name: c.Name, From: traceOf(ctx).address, At: s.Now()}
	if err := s.Records.AddSession(ctx, act, session); err != nil {
		return nil, err
	}
	me, err := s.me(ctx, c)
	return &meOutput{SetCookie: *s.cookie(secret, session.ExpiresAt), Body: me}, err
}

func (s *Server) useLink(ctx context.Context, in *linkIn) (*meOutput, error) {
	act := record.Act{From: traceOf(ctx).address, At: s.Now()}
	person, err := s.Records.UseLink(ctx, act, access.HashSecret(in.Body.Token))
	if errors.Is(err, record.ErrNotFound) {
		return nil, errLink
	}
	if err != nil {
		return nil, err
	}
	return s.open(ctx, person, true)
}

func (s *Server) setPassword(ctx context.Context, in *passwordIn) (*meOutput, error) {
	c := callerOf(ctx)
	if c.Kind != "person" {
		return nil, fmt.Errorf("%w: a service token has no password", errForbidden)
	}
	if !c.MustSetPassword {
		if err := s.confirm(ctx, c, in.Body.Current); err != nil {
			return nil, err
		}
	}
	if err := access.CheckPassword(c.login, in.Body.Password); err != nil {
		return nil, err
	}
	release, err := s.slot(ctx)
	if err != nil {
		return nil, err
	}
	hash, err := access.HashPassword(rand.Reader, in.Body.Password)
	release()
	if err != nil {
		return nil, err
	}
	if err := s.Records.SetPassword(ctx, s.act(ctx), c.ID, hash); err != nil {
		return nil, err
	}
	return s.open(ctx, c.ID, false)
}

// confirm asks for the current password, under the same lock-out as sign-in.
func (s *Server) confirm(ctx context.Context, c caller, current string) error {
	release, err := s.slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	keys := attemptKeys(c.login, traceOf(ctx).address)
	if err := s.lockedOut(ctx, keys); err != nil {
		return err
	}
	person, err := s.Records.Person(ctx, c.ID)
	if err != nil {
		return err
	}
	ok, err := s.verify(ctx, person, current)
	if err == nil && !ok {
		err = s.failed(ctx, person, keys)
	}
	return err
}

func (s *Server) signOut(ctx context.Context, _ *nothing) (*ended, error) {
	c := callerOf(ctx)
	if c.Kind != "person" {
		return nil, fmt.Errorf("%w: a service token is revoked, not signed out", errForbidden)
	}
	if err := s.Records.EndSession(ctx, s.act(ctx), c.session.Hash); err != nil {
		return nil, err
	}
	return &ended{*s.cookie("", time.Unix(0, 0))}, nil
}

func (s *Server) me(ctx context.Context, c caller) (Me, error) {
	me := Me{Login: c.login, Name: c.Name, Kind: c.Kind, Locale: c.locale, Roles: []roleHeld{}, MustSetPassword: c.MustSetPassword}
	for _, grant := range c.Grants {
		held := roleHeld{Role: grant.Role, Organization: grant.Organization}
		organization, err := s.Records.Organization(ctx, grant.Organization)
		if err != nil && !errors.Is(err, record.ErrNotFound) {
			return Me{}, err
		}
		held.OrganizationName = name{organization.NameZH, organization.NameEN}
		me.Roles = append(me.Roles, held)
	}
	return me, nil
}

// FirstRun makes the first administrator where there is none with a password, and
// returns the path of his one-time link (SetupPath + secret, 30 minutes). The path
// is empty once an administrator has set a password.
func FirstRun(ctx context.Context, records *record.Store, now time.Time) (path string, err error) {
	secret, err := access.NewSecret(rand.Reader, "")
	if err != nil {
		return "", err
	}
	act := record.Act{Who: "system", Name: "Lingtan", From: "first run", At: now}
	needed, err := records.FirstRun(ctx, act, access.HashSecret(secret))
	if err != nil || !needed {
		return "", err
	}
	return SetupPath + secret, nil
}
