package access

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func TestParsePath(t *testing.T) {
	good := func(text string) {
		t.Helper()
		if path, err := ParsePath(text); err != nil || string(path) != text {
			t.Errorf("ParsePath(%q) = %q, %v", text, path, err)
		}
	}
	bad := func(text string) {
		t.Helper()
		if _, err := ParsePath(text); !errors.Is(err, ErrPath) {
			t.Errorf("ParsePath(%q) = %v, want ErrPath", text, err)
		}
	}
	good("/")
	good("/江苏")
	good("/江苏/demo/chemical-works/east_2")
	bad("")
	bad("demo")
	bad("/demo/")
	bad("//demo")
	bad("/demo/../other")
	bad("/demo/.")
	bad("/Demo")
	bad("/demo/a b")
	bad("/demo/*")
	bad("/" + strings.Repeat("a", 65))
	bad(strings.Repeat("/a", 13))
}

func FuzzParsePath(f *testing.F) {
	f.Add("/")
	f.Add("/江苏/demo/e1")
	f.Add("/a//b")
	f.Fuzz(func(t *testing.T, text string) {
		path, err := ParsePath(text)
		if err != nil {
			return
		}
		if !path.Contains(path) || !Path("/").Contains(path) || !path.Parent().Contains(path) {
			t.Errorf("%q is not within itself, its parent and the root", path)
		}
	})
}

func TestPathContains(t *testing.T) {
	contains := func(over, under Path, want bool) {
		t.Helper()
		if got := over.Contains(under); got != want {
			t.Errorf("%q contains %q = %v", over, under, got)
		}
	}
	contains("/", "/江苏/demo", true)
	contains("/江苏/demo", "/江苏/demo", true)
	contains("/江苏/demo", "/江苏/demo/e1", true)
	contains("/江苏/demo", "/江苏/demo2", false)
	contains("/江苏/demo/e1", "/江苏/demo", false)
}

func TestSession(t *testing.T) {
	s := NewSession("p1", "h1", start)
	live := func(s Session, after time.Duration, want bool) {
		t.Helper()
		if got := s.Live(start.Add(after)); got != want {
			t.Errorf("live after %v = %v", after, got)
		}
	}
	live(s, 0, true)
	live(s, 12*time.Hour-1, true)
	live(s, 12*time.Hour, false)
	s.SeenAt = start.Add(7*24*time.Hour - time.Minute)
	live(s, 7*24*time.Hour-1, true)
	live(s, 7*24*time.Hour, false)

	if s.Stale(start.Add(time.Hour-1)) || !s.Stale(start.Add(time.Hour)) {
		t.Error("a secret is due after one hour, not before")
	}
	old, fresh := s.Rotate("h2", start.Add(time.Hour))
	old.SeenAt = start.Add(time.Hour)
	live(old, time.Hour+time.Minute-1, true)
	live(old, time.Hour+time.Minute, false)
	if old.Stale(start.Add(5*time.Hour)) || fresh.Hash != "h2" || !fresh.ExpiresAt.Equal(s.ExpiresAt) {
		t.Errorf("rotation: old %+v fresh %+v", old, fresh)
	}
}

func TestTokenLive(t *testing.T) {
	token := ServiceToken{ExpiresAt: start.Add(time.Hour)}
	if !token.Live(start) || token.Live(start.Add(time.Hour)) {
		t.Error("a token serves until it expires")
	}
	token.RevokedAt = start
	if token.Live(start) {
		t.Error("a revoked token serves")
	}
}

func TestLockOut(t *testing.T) {
	var a Attempts
	locked := func(failures int, want time.Duration) {
		t.Helper()
		for a.Failures < failures {
			a = a.Fail(start)
		}
		got := a.LockedUntil(5)
		if want == 0 && !got.IsZero() || want > 0 && !got.Equal(start.Add(want)) {
			t.Errorf("after %d failures locked until %v", failures, got)
		}
	}
	locked(4, 0)
	locked(5, 30*time.Second)
	locked(6, time.Minute)
	locked(9, 8*time.Minute)
	locked(10, 15*time.Minute)
	locked(1000, 15*time.Minute)
	if a = a.Fail(start.Add(time.Hour + 1)); a.Failures != 1 {
		t.Errorf("failures an hour apart add up to %d", a.Failures)
	}
}

func TestLockNeverShrinks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		free := rapid.IntRange(1, 50).Draw(t, "free")
		failures := rapid.IntRange(0, 200).Draw(t, "failures")
		a := Attempts{Failures: failures, Last: start}
		if b := a.Fail(start); b.LockedUntil(free).Before(a.LockedUntil(free)) {
			t.Fatalf("failure %d shortens the lock", b.Failures)
		}
	})
}

func TestReachIsWhereDecideAllows(t *testing.T) {
	authorizer := mustAuthorizer(t)
	paths := []Path{"/", "/a", "/a/p", "/a/p/e1", "/a/p/e2", "/a/q", "/a/q/e1", "/b", "/b/r"}
	rapid.Check(t, func(t *rapid.T) {
		var principal Principal
		principal.Kind = "person"
		for range rapid.IntRange(0, 3).Draw(t, "grants") {
			principal.Grants = append(principal.Grants, Grant{
				Role:         rapid.SampledFrom(Roles()).Draw(t, "role"),
				Organization: rapid.SampledFrom(paths).Draw(t, "at"),
			})
		}
		action := rapid.SampledFrom([]Action{"usage.read", "park.edit", "access.manage", "device.edit"}).Draw(t, "action")
		reach := authorizer.Reach(principal, action)
		for _, path := range paths {
			within := slices.ContainsFunc(reach, func(over Path) bool { return over.Contains(path) })
			if allowed := authorizer.Decide(principal, action, path).Allowed; allowed != within {
				t.Fatalf("%s at %s: allowed %v, in reach %v of %v", action, path, allowed, within, reach)
			}
		}
	})
}
