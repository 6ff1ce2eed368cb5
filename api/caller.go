package api

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"lingtan/access"
	"lingtan/store/record"
)

const (
	sessionCookie = "lingtan_session"
	csrfHeader    = "X-Lingtan-Csrf"
	tokenPrefix   = "lt_"
	seenEvery     = time.Minute // how exactly the last use of a session is kept
)

// caller is who sent a request, and by what.
type caller struct {
	access.Principal
	login     string
	locale    string
	session   access.Session // zero for a token
	crossSite bool           // an unsafe request that did not show it is from our own pages
	failed    error          // why it could not be told who it is
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

var crossOrigin = http.NewCrossOriginProtection()

// identified finds out who sends a request of the API.
func (s *Server) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := s.identify(w, r)
		traceOf(r.Context()).who = c.ID
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

// identify tells by token, then by cookie. Credentials that do not serve are as
// none.
func (s *Server) identify(w http.ResponseWriter, r *http.Request) caller {
	if secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return s.byToken(r.Context(), secret)
	}
	c := caller{}
	cookie, err := r.Cookie(sessionCookie)
	if err == nil && len(cookie.Value) < 100 {
		c = s.bySession(w, r, cookie.Value)
	}
	unsafe := r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
	c.crossSite = unsafe && (crossOrigin.Check(r) != nil || c.SignedIn() && r.Header.Get(csrfHeader) != "1")
	return c
}

func (s *Server) byToken(ctx context.Context, secret string) caller {
	token, err := s.Records.TokenByHash(ctx, access.HashSecret(secret))
	if errors.Is(err, record.ErrNotFound) {
		return caller{}
	}
	if err != nil {
		return caller{failed: err}
	}
	if !token.Live(s.Now()) {
		return caller{}
	}
	return caller{
		Principal: access.Principal{Kind: "token", ID: token.ID, Name: token.Name, Grants: token.Grants},
		login:     token.Name,
	}
}

func (s *Server) bySession(w http.ResponseWriter, r *http.Request, secret string) caller {
	now := s.Now()
	session, err := s.Records.Session(r.Context(), access.HashSecret(secret))
	if errors.Is(err, record.ErrNotFound) || err == nil && !session.Live(now) {
		return caller{}
	}
	if err != nil {
		return caller{failed: err}
	}
	c := s.person(r.Context(), session)
	if c.failed != nil || !c.SignedIn() {
		return c
	}
	if session.Stale(now) {
		c.session, err = s.rotate(w, r, session)
	} else if now.Sub(session.SeenAt) >= seenEvery {
		err = s.Records.SeeSession(r.Context(), session.Hash, now)
	}
	if err != nil {
		return caller{failed: err}
	}
	return c
}

// person is the caller that a session is of; nobody when he was disabled.
func (s *Server) person(ctx context.Context, session access.Session) caller {
	person, err := s.Records.Person(ctx, session.Person)
	if err != nil {
		return caller{failed: err}
	}
	if !person.DisabledAt.IsZero() {
		return caller{}
	}
	grants, err := s.Records.GrantsOf(ctx, person.ID)
	if err != nil {
		return caller{failed: err}
	}
	return caller{
		Principal: access.Principal{
			Kind: "person", ID: person.ID, Name: person.Name, Grants: grants,
			MustSetPassword: person.PasswordHash == "" || session.FromLink,
		},
		login: person.Login, locale: person.Locale, session: session,
	}
}

// rotate changes the secret of a session; of requests at the same time one does.
func (s *Server) rotate(w http.ResponseWriter, r *http.Request, session access.Session) (access.Session, error) {
	secret, err := access.NewSecret(rand.Reader, "")
	if err != nil {
		return session, err
	}
	old, fresh := session.Rotate(access.HashSecret(secret), s.Now())
	if err := s.Records.RotateSession(r.Context(), old, fresh); err != nil {
		if errors.Is(err, record.ErrConflict) {
			return session, nil
		}
		return session, err
	}
	http.SetCookie(w, s.cookie(secret, fresh.ExpiresAt))
	return fresh, nil
}

// cookie carries the secret of a session; an empty one takes it away.
func (s *Server) cookie(secret string, expires time.Time) *http.Cookie {
	cookie := &http.Cookie{
		Name: sessionCookie, Value: secret, Path: "/", Expires: expires.UTC(),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.Secure,
	}
	if secret == "" {
		cookie.MaxAge = -1
	}
	return cookie
}

// liveSeen is how often a stream that goes on counts as use of its session.
const liveSeen = 10 * time.Minute

// still reports whether the credentials of a stream serve as they did: the session
// or token lives, and its grants are the same. A session whose secret was changed
// does not: the browser comes back with the new one.
func (s *Server) still(ctx context.Context, r *http.Request) bool {
	before := callerOf(ctx)
	var now caller
	if before.Kind == "token" {
		now = s.byToken(ctx, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	} else {
		session, err := s.Records.Session(ctx, before.session.Hash)
		if err != nil || !session.Live(s.Now()) {
			return false
		}
		if s.Now().Sub(session.SeenAt) >= liveSeen {
			err = s.Records.SeeSession(ctx, session.Hash, s.Now())
		}
		if err != nil {
			return false
		}
		now = s.person(ctx, session)
	}
	return now.failed == nil && now.ID == before.ID && slices.Equal(now.Grants, before.Grants)
}
