package record

import (
	"context"
	"testing"
	"time"

	"lingtan/access"
)

func addPerson(t *testing.T, s *Store, login string, role access.Role, path access.Path) access.Person {
	t.Helper()
	person, err := s.AddPerson(context.Background(), at(0), access.Person{Login: login, Name: login},
		access.Grant{Role: role, Organization: path})
	ok(t, err)
	return person
}

func TestPeople(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		root := addPerson(t, s, "root", access.Administrator, "/")
		wang := addPerson(t, s, "wang", "park_manager", "/江苏/demo")
		_, err := s.AddPerson(ctx, at(0), access.Person{Login: "wang"}, access.Grant{Role: "verifier", Organization: "/"})
		is(t, err, ErrConflict)
		got, err := s.PersonByLogin(ctx, "wang")
		ok(t, err)
		if got.ID != wang.ID || !got.DisabledAt.IsZero() || !got.CreatedAt.Equal(start) {
			t.Errorf("%+v", got)
		}
		grant, err := s.AddGrant(ctx, at(0), wang.ID, access.Grant{Role: "verifier", Organization: "/浙江/other"})
		ok(t, err)
		_, err = s.AddGrant(ctx, at(0), wang.ID, access.Grant{Role: "verifier", Organization: "/浙江/other"})
		is(t, err, ErrConflict)
		_, err = s.AddGrant(ctx, at(0), "nobody", access.Grant{Role: "verifier", Organization: "/"})
		is(t, err, ErrNotFound)

		people, err := s.People(ctx, []access.Path{"/江苏"})
		ok(t, err)
		if len(people) != 1 || people[0].Login != "wang" || len(people[0].Grants) != 1 {
			t.Errorf("people of 江苏: %+v", people)
		}
		whose, _, err := s.Grant(ctx, grant.ID)
		ok(t, err)
		if whose != wang.ID {
			t.Errorf("grant of %s", whose)
		}
		ok(t, s.RevokeGrant(ctx, at(0), grant.ID))
		is(t, s.RevokeGrant(ctx, at(0), grant.ID), ErrNotFound)
		grants, err := s.GrantsOf(ctx, wang.ID)
		ok(t, err)
		if len(grants) != 1 || grants[0].Role != "park_manager" {
			t.Errorf("grants %+v", grants)
		}

		// The last administrator stays, and a refused change leaves nothing behind.
		rootGrants, err := s.GrantsOf(ctx, root.ID)
		ok(t, err)
		is(t, s.RevokeGrant(ctx, at(0), rootGrants[0].ID), ErrConflict)
		is(t, s.DisablePerson(ctx, at(0), root.ID), ErrConflict)
		if again, _ := s.GrantsOf(ctx, root.ID); len(again) != 1 {
			t.Errorf("grants of the last administrator: %v", again)
		}
		if _, _, err := s.VerifyAudit(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestDisableEndsAll(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		addPerson(t, s, "root", access.Administrator, "/")
		wang := addPerson(t, s, "wang", "park_manager", "/江苏/demo")
		ok(t, s.AddSession(ctx, at(0), access.NewSession(wang.ID, "h1", start)))
		act := at(0)
		act.Who = wang.ID
		token, err := s.AddToken(ctx, act, access.ServiceToken{Name: "meter", Hash: "t1", ExpiresAt: start.Add(time.Hour),
			Grants: []access.Grant{{Role: "installer", Organization: "/江苏/demo"}}})
		ok(t, err)
		ok(t, s.DisablePerson(ctx, at(time.Minute), wang.ID))
		_, err = s.Session(ctx, "h1")
		is(t, err, ErrNotFound)
		token, err = s.Token(ctx, token.ID)
		ok(t, err)
		if token.Live(start.Add(time.Minute)) {
			t.Error("the token of a disabled person serves")
		}
		is(t, s.DisablePerson(ctx, at(0), "nobody"), ErrNotFound)
	})
}

func TestSessions(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		wang := addPerson(t, s, "wang", access.Administrator, "/")
		session := access.NewSession(wang.ID, "h1", start)
		session.FromLink = true
		ok(t, s.AddSession(ctx, at(0), session))
		got, err := s.Session(ctx, "h1")
		ok(t, err)
		if !got.FromLink || got.Replaced || !got.ExpiresAt.Equal(session.ExpiresAt) {
			t.Errorf("%+v", got)
		}
		ok(t, s.SeeSession(ctx, "h1", start.Add(time.Hour)))
		old, fresh := got.Rotate("h2", start.Add(time.Hour))
		ok(t, s.RotateSession(ctx, old, fresh))
		_, other := got.Rotate("h3", start.Add(time.Hour))
		is(t, s.RotateSession(ctx, old, other), ErrConflict)
		got, err = s.Session(ctx, "h1")
		ok(t, err)
		if !got.Replaced || !got.ExpiresAt.Equal(start.Add(time.Hour+time.Minute)) {
			t.Errorf("the replaced session: %+v", got)
		}
		ok(t, s.SetPassword(ctx, at(time.Hour), wang.ID, "$argon2id$"))
		_, err = s.Session(ctx, "h2")
		is(t, err, ErrNotFound)

		ok(t, s.AddSession(ctx, at(0), access.NewSession(wang.ID, "h4", start)))
		ok(t, s.EndSession(ctx, at(0), "h4"))
		is(t, s.EndSession(ctx, at(0), "h4"), ErrNotFound)

		// What ended is swept when somebody signs in.
		ok(t, s.AddSession(ctx, at(0), access.NewSession(wang.ID, "h5", start)))
		ok(t, s.AddSession(ctx, at(8*24*time.Hour), access.NewSession(wang.ID, "h6", start.Add(8*24*time.Hour))))
		_, err = s.Session(ctx, "h5")
		is(t, err, ErrNotFound)
	})
}

func TestLinks(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		wang := addPerson(t, s, "wang", access.Administrator, "/")
		fails := func(after time.Duration, hash string) {
			t.Helper()
			_, err := s.UseLink(ctx, at(after), hash)
			is(t, err, ErrNotFound)
		}
		ok(t, s.AddLink(ctx, at(0), wang.ID, "l1"))
		fails(30*time.Minute, "l1") // expired
		person, err := s.UseLink(ctx, at(30*time.Minute-time.Second), "l1")
		ok(t, err)
		if person != wang.ID {
			t.Errorf("link of %q", person)
		}
		fails(time.Minute, "l1") // used
		fails(0, "none")
		ok(t, s.AddLink(ctx, at(0), wang.ID, "l2"))
		ok(t, s.AddLink(ctx, at(0), wang.ID, "l3"))
		fails(0, "l2") // voided by l3
		ok(t, s.SetPassword(ctx, at(0), wang.ID, "$argon2id$"))
		fails(0, "l3") // voided by the password
		is(t, s.AddLink(ctx, at(0), "nobody", "l4"), ErrNotFound)
	})
}

func TestFirstRun(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		run := func(hash string, want bool) {
			t.Helper()
			needed, err := s.FirstRun(ctx, at(0), hash)
			ok(t, err)
			if needed != want {
				t.Errorf("first run needed = %v", needed)
			}
		}
		run("l1", true)
		run("l2", true) // started again before the link was used
		_, err := s.UseLink(ctx, at(0), "l1")
		is(t, err, ErrNotFound)
		person, err := s.UseLink(ctx, at(0), "l2")
		ok(t, err)
		admin, err := s.Person(ctx, person)
		ok(t, err)
		if admin.Login != "admin" || admin.PasswordHash != "" {
			t.Errorf("%+v", admin)
		}
		grants, err := s.GrantsOf(ctx, person)
		ok(t, err)
		if len(grants) != 1 || grants[0].Role != access.Administrator || grants[0].Organization != "/" {
			t.Errorf("grants %+v", grants)
		}
		ok(t, s.SetPassword(ctx, at(0), person, "$argon2id$"))
		run("l3", false)
		_, err = s.UseLink(ctx, at(0), "l3")
		is(t, err, ErrNotFound)
		people, err := s.People(ctx, []access.Path{"/"})
		ok(t, err)
		if len(people) != 1 {
			t.Errorf("%d people after the first run", len(people))
		}
	})
}

func TestTokens(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		token, err := s.AddToken(ctx, at(0), access.ServiceToken{Name: "meter", Hash: "t1", ExpiresAt: start.Add(time.Hour),
			Grants: []access.Grant{{Role: "installer", Organization: "/江苏/demo"}, {Role: "verifier", Organization: "/江苏"}}})
		ok(t, err)
		got, err := s.TokenByHash(ctx, "t1")
		ok(t, err)
		if got.ID != token.ID || len(got.Grants) != 2 || got.Grants[1].Role != "verifier" || !got.Live(start) {
			t.Errorf("%+v", got)
		}
		count := func(within access.Path, want int) {
			t.Helper()
			tokens, err := s.Tokens(ctx, []access.Path{within})
			ok(t, err)
			if len(tokens) != want {
				t.Errorf("tokens within %s: %+v", within, tokens)
			}
		}
		count("/", 1)
		count("/江苏", 1)
		count("/江苏/demo", 0)
		ok(t, s.RevokeToken(ctx, at(0), token.ID))
		is(t, s.RevokeToken(ctx, at(0), token.ID), ErrNotFound)
		got, err = s.TokenByHash(ctx, "t1")
		ok(t, err)
		if got.Live(start) {
			t.Error("a revoked token serves")
		}
	})
}

func TestAttempts(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		for range 3 {
			ok(t, s.FailAttempts(ctx, start, []string{"login:wang", "address:1"}))
		}
		count := func(key string, want int) {
			t.Helper()
			attempts, err := s.Attempts(ctx, key)
			ok(t, err)
			if attempts.Failures != want {
				t.Errorf("%s failed %d times", key, attempts.Failures)
			}
		}
		count("login:wang", 3)
		count("login:li", 0)
		ok(t, s.ClearAttempts(ctx, "login:wang"))
		count("login:wang", 0)
		count("address:1", 3)
		ok(t, s.FailAttempts(ctx, start.Add(25*time.Hour), []string{"login:li"}))
		count("address:1", 0)
	})
}
