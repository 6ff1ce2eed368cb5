// Package access says who may do what in which organization: people, roles,
// grants, sessions, one-time links, service tokens and the policies over them.
package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Errors of this package; test with errors.Is.
var (
	ErrPath     = errors.New("access: not an organization path")
	ErrPassword = errors.New("access: password too weak")
	ErrHash     = errors.New("access: not an argon2id password hash")
)

// Path is the place of an organization in the tree, from the root down:
// "/江苏/demo/chemical-works/east" is a site of an enterprise of a park of a
// region. "/" is the whole installation.
type Path string

const (
	maxPathParts = 12
	maxPathPart  = 64
)

// ParsePath checks the syntax of a path: "/" or parts of 1 to 64 letters (of any
// script, no upper case), digits, '-', '_' or '.', at most 12 of them. Errors
// wrap ErrPath.
func ParsePath(text string) (Path, error) {
	if text == "/" {
		return "/", nil
	}
	if !strings.HasPrefix(text, "/") || strings.HasSuffix(text, "/") {
		return "", fmt.Errorf("%w: %.80q: write it like /region/park/enterprise", ErrPath, text)
	}
	parts := strings.Split(text[1:], "/")
	if len(parts) > maxPathParts {
		return "", fmt.Errorf("%w: %d parts, at most %d", ErrPath, len(parts), maxPathParts)
	}
	for _, part := range parts {
		if !partOK(part) {
			return "", fmt.Errorf("%w: part %.80q: 1 to %d lower-case letters, digits, '-', '_' or '.'", ErrPath, part, maxPathPart)
		}
	}
	return Path(text), nil
}

// partOK reports whether part can stand between two slashes; "." and ".." cannot.
func partOK(part string) bool {
	if part == "" || strings.Trim(part, ".") == "" || len([]rune(part)) > maxPathPart {
		return false
	}
	for _, r := range part {
		letter := unicode.IsLetter(r) && !unicode.IsUpper(r) && !unicode.IsTitle(r)
		if !letter && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r) {
			return false
		}
	}
	return true
}

// Join is the organization id under p; it fails as ParsePath does.
func (p Path) Join(id string) (Path, error) {
	if !partOK(id) {
		return "", fmt.Errorf("%w: %.80q cannot be an organization's id", ErrPath, id)
	}
	if p == "/" {
		return ParsePath("/" + id)
	}
	return ParsePath(string(p) + "/" + id)
}

// Parent is the organization over p; the root is its own parent.
func (p Path) Parent() Path {
	cut := strings.LastIndexByte(string(p), '/')
	if cut <= 0 {
		return "/"
	}
	return p[:cut]
}

// Contains reports whether other is p or lies beneath it.
func (p Path) Contains(other Path) bool {
	return p == "/" || p == other || strings.HasPrefix(string(other), string(p)+"/")
}

// line is p and everything over it, up to the root.
func (p Path) line() []Path {
	line := []Path{p}
	for p != "/" && p != "" {
		p = p.Parent()
		line = append(line, p)
	}
	return line
}

// Organization is a node of the tree.
type Organization struct {
	Path   Path
	Kind   string // root, region, park, enterprise, site
	NameZH string
	NameEN string
	Park   string // id of the park it belongs to; empty for a region
}

// Role is what a grant lets a person be in an organization.
type Role string

// Administrator is the role that may do everything beneath its organization.
const Administrator Role = "administrator"

// Roles lists every role, the strongest first.
func Roles() []Role {
	return []Role{
		Administrator, "park_manager", "enterprise_manager",
		"regulator", "verifier", "installer", "public",
	}
}

// Known reports whether r is one of Roles.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }

// Grant gives a role in an organization and all beneath it.
type Grant struct {
	ID           string
	Role         Role
	Organization Path
}

// Person is someone who may sign in.
type Person struct {
	ID           string
	Login        string // lower case, unique
	Name         string
	Locale       string // zh, en or empty
	PasswordHash string // PHC string; empty until a password is set
	CreatedAt    time.Time
	DisabledAt   time.Time // zero while the person may sign in
}

// Session is a signed-in browser.
type Session struct {
	Hash      string // SHA-256 of the secret in the cookie, hexadecimal
	Person    string
	FromLink  bool // opened by a one-time link: a password may be set without the current one
	CreatedAt time.Time
	IssuedAt  time.Time // when the secret was last changed
	SeenAt    time.Time
	ExpiresAt time.Time
	Replaced  bool // its secret was changed; valid for a short while for requests under way
}

// Spans of a session.
const (
	sessionLife   = 7 * 24 * time.Hour // from sign-in, whatever happens
	sessionIdle   = 12 * time.Hour     // without a request
	sessionRotate = time.Hour          // age of a secret after which it is changed
	sessionGrace  = time.Minute        // how long a changed secret still serves requests under way
)

// NewSession is a session of person from now, under the hash of its secret. It
// ends after 7 days, or 12 hours without a request.
func NewSession(person, hash string, now time.Time) Session {
	return Session{
		Hash: hash, Person: person,
		CreatedAt: now, IssuedAt: now, SeenAt: now, ExpiresAt: now.Add(sessionLife),
	}
}

// Live reports whether the session may be used at now.
func (s Session) Live(now time.Time) bool {
	return now.Before(s.ExpiresAt) && now.Before(s.SeenAt.Add(sessionIdle))
}

// Stale reports whether the secret is due to be changed at now.
func (s Session) Stale(now time.Time) bool {
	return !s.Replaced && !now.Before(s.IssuedAt.Add(sessionRotate))
}

// Rotate changes the secret of a session: the old row, which serves one minute
// more, and the fresh one, which ends when the session would have.
func (s Session) Rotate(hash string, now time.Time) (old, fresh Session) {
	old, fresh = s, s
	old.Replaced = true
	if grace := now.Add(sessionGrace); grace.Before(old.ExpiresAt) {
		old.ExpiresAt = grace
	}
	fresh.Hash, fresh.IssuedAt, fresh.SeenAt = hash, now, now
	return old, fresh
}

// LinkLife is how long a one-time link serves.
const LinkLife = 30 * time.Minute

// OneTimeLink lets a person sign in once without a password, to set one.
type OneTimeLink struct {
	Hash      string // SHA-256 of the secret in the link, hexadecimal
	Person    string
	ExpiresAt time.Time
	UsedAt    time.Time // zero while unused
}

// ServiceToken lets a program act with its own grants.
type ServiceToken struct {
	ID        string
	Name      string
	Hash      string // SHA-256 of the secret, hexadecimal
	Grants    []Grant
	CreatedBy string
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero while it serves
}

// Live reports whether the token may be used at now.
func (t ServiceToken) Live(now time.Time) bool {
	return t.RevokedAt.IsZero() && now.Before(t.ExpiresAt)
}
