package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"lingtan/access"
)

func login(name, word string) string {
	return fmt.Sprintf(`{"login":%q,"password":%q}`, name, word)
}

const sessionPath = "/api/v1/session"

func TestFirstRunToSignedIn(t *testing.T) {
	w := newWorld(t)
	path, err := FirstRun(context.Background(), w.records, w.now)
	ok(t, err)
	secret := strings.TrimPrefix(path, SetupPath)
	if len(secret) != 43 {
		t.Fatalf("path %q", path)
	}
	browser := w.anyone()
	browser.do("GET", path, "").is(200) // the console's page

	var me Me
	browser.do("POST", sessionPath+"/link", `{"token":"`+secret+`"}`).is(200).into(&me)
	if me.Login != "admin" || !me.MustSetPassword || len(me.Roles) != 1 || me.Roles[0].OrganizationName.ZH != "全部" {
		t.Fatalf("%+v", me)
	}
	// Nothing but setting a password is allowed.
	browser.header = map[string]string{csrfHeader: "1"}
	browser.do("GET", "/api/v1/people", "").is(403).code("LT-1006")
	browser.do("PUT", sessionPath+"/password", `{"password":"admin123456"}`).is(422).code("LT-1004")
	before := browser.cookie
	browser.do("PUT", sessionPath+"/password", `{"password":"`+password+`"}`).is(200)
	if browser.cookie == before {
		t.Error("the session's secret stays the same over a new password")
	}
	browser.do("GET", "/api/v1/people", "").is(200)
	(&client{w: w, cookie: before}).do("GET", sessionPath, "").is(401)

	// The link is used up, and there is no other.
	w.anyone().do("POST", sessionPath+"/link", `{"token":"`+secret+`"}`).is(401).code("LT-1003")
	if path, err = FirstRun(context.Background(), w.records, w.now); err != nil || path != "" {
		t.Errorf("a second first run: %q, %v", path, err)
	}
	other := w.anyone()
	other.do("POST", sessionPath, login("Admin ", password)).is(200).into(&me)
	if me.MustSetPassword {
		t.Error("signed in by password, and must set one")
	}
	other.header = map[string]string{csrfHeader: "1"}
	other.do("DELETE", sessionPath, "").is(204)
	other.do("GET", sessionPath, "").is(401).code("LT-0401")
}

func TestLinkExpires(t *testing.T) {
	w := newWorld(t)
	path, err := FirstRun(context.Background(), w.records, w.now)
	ok(t, err)
	w.now = w.now.Add(access.LinkLife)
	w.anyone().do("POST", sessionPath+"/link", `{"token":"`+strings.TrimPrefix(path, SetupPath)+`"}`).is(401).code("LT-1003")
	w.anyone().do("POST", sessionPath+"/link", `{"token":"guess"}`).is(401).code("LT-1003")
}

// Who has a password and comes by a link must set a new one, and needs not know
// the old one; the old one then serves no more.
func TestLinkResetsPassword(t *testing.T) {
	w := newWorld(t)
	wang := w.withPassword(w.person("wang", "verifier", "/江苏"))
	var link Link
	w.program(access.Administrator, "/").do("POST", "/api/v1/people/"+wang.ID+"/link", "").is(201).into(&link)
	browser := w.anyone()
	var me Me
	browser.do("POST", sessionPath+"/link", `{"token":"`+strings.TrimPrefix(link.Path, SetupPath)+`"}`).is(200).into(&me)
	if !me.MustSetPassword {
		t.Error("signed in by a link, and need not set a password")
	}
	browser.header = map[string]string{csrfHeader: "1"}
	browser.do("GET", "/api/v1/organizations", "").is(403).code("LT-1006")
	browser.do("PUT", sessionPath+"/password", `{"password":"eight blue turbines"}`).is(200)
	browser.do("GET", "/api/v1/organizations", "").is(200)
	w.anyone().do("POST", sessionPath, login("wang", password)).is(401)
}

func TestCookie(t *testing.T) {
	w := newWorld(t)
	w.withPassword(w.person("wang", "verifier", "/江苏"))
	check := func(secure bool) {
		t.Helper()
		w.Secure = secure
		got := w.anyone().do("POST", sessionPath, login("wang", password)).is(200).header
		cookie := got.Get("Set-Cookie")
		for _, part := range []string{sessionCookie + "=", "HttpOnly", "SameSite=Strict", "Path=/"} {
			if !strings.Contains(cookie, part) {
				t.Errorf("cookie %q lacks %s", cookie, part)
			}
		}
		if strings.Contains(cookie, "Secure") != secure || (got.Get("Strict-Transport-Security") != "") != secure {
			t.Errorf("secure %v: %v", secure, got)
		}
	}
	check(false)
	check(true)
}

func TestLockOut(t *testing.T) {
	w := newWorld(t)
	w.withPassword(w.person("wang", "verifier", "/江苏"))
	browser := w.anyone()
	for range 5 {
		browser.do("POST", sessionPath, login("wang", "wrong password")).is(401).code("LT-1001")
	}
	// Locked: even the right password is not heard.
	got := browser.do("POST", sessionPath, login("wang", password)).is(429).code("LT-1002")
	if wait := got.header.Get("Retry-After"); wait != "30" {
		t.Errorf("Retry-After %q", wait)
	}
	w.now = w.now.Add(31 * time.Second)
	browser.do("POST", sessionPath, login("wang", "wrong password")).is(401)
	if wait := browser.do("POST", sessionPath, login("wang", password)).is(429).header.Get("Retry-After"); wait != "60" {
		t.Errorf("Retry-After %q", wait)
	}
	w.now = w.now.Add(61 * time.Second)
	browser.do("POST", sessionPath, login("wang", password)).is(200)
	w.anyone().do("POST", sessionPath, login("nobody", "wrong password")).is(401).code("LT-1001")
	lines, err := w.records.Audit(context.Background(), []access.Path{"/"}, 0, 100)
	ok(t, err)
	refused := 0
	for _, line := range lines {
		if line.Outcome == "refused" {
			refused++
		}
	}
	if refused != 7 {
		t.Errorf("%d failed sign-ins in the audit log, want 7", refused)
	}
}

func TestAttemptKeys(t *testing.T) {
	keys := func(address, want string) {
		t.Helper()
		if got := attemptKeys("wang", address)[1]; got != want {
			t.Errorf("%s counts as %s", address, got)
		}
	}
	keys("10.0.0.7", "address:10.0.0.7")
	keys("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::/64")
	if len(attemptKeys("", "")) != len(limits) {
		t.Error("keys and limits differ in number")
	}
}

func TestSessionEnds(t *testing.T) {
	w := newWorld(t)
	wang := w.withPassword(w.person("wang", "verifier", "/江苏"))
	browser := w.signedIn(wang)
	w.now = w.now.Add(11 * time.Hour)
	browser.do("GET", sessionPath, "").is(200)
	w.now = w.now.Add(12*time.Hour + time.Second)
	browser.do("GET", sessionPath, "").is(401) // idle

	browser = w.signedIn(wang)
	for range 16 {
		w.now = w.now.Add(10 * time.Hour)
		browser.do("GET", sessionPath, "").is(200)
	}
	w.now = w.now.Add(9 * time.Hour)
	browser.do("GET", sessionPath, "").is(401) // seven days are over
}

func TestSessionRotates(t *testing.T) {
	w := newWorld(t)
	browser := w.signedIn(w.withPassword(w.person("wang", "verifier", "/江苏")))
	first := browser.cookie
	browser.do("GET", sessionPath, "").is(200)
	if browser.cookie != first {
		t.Fatal("rotated at once")
	}
	w.now = w.now.Add(61 * time.Minute)
	browser.do("GET", sessionPath, "").is(200)
	if browser.cookie == first {
		t.Fatal("not rotated after an hour")
	}
	old := &client{w: w, cookie: first}
	w.now = w.now.Add(30 * time.Second)
	old.do("GET", sessionPath, "").is(200) // a request that was under way
	if old.cookie != first {
		t.Error("a replaced secret was rotated again")
	}
	w.now = w.now.Add(31 * time.Second)
	old.do("GET", sessionPath, "").is(401)
	browser.do("GET", sessionPath, "").is(200)
}

func TestCrossSite(t *testing.T) {
	w := newWorld(t)
	wang := w.withPassword(w.person("wang", "verifier", "/江苏"))
	refused := func(change func(*client)) {
		t.Helper()
		browser := w.signedIn(wang)
		change(browser)
		browser.do("DELETE", sessionPath, "").is(403).code("LT-1005")
	}
	refused(func(c *client) { c.header = nil })
	refused(func(c *client) { c.header[csrfHeader] = "0" })
	refused(func(c *client) { c.header["Sec-Fetch-Site"] = "cross-site" })
	refused(func(c *client) { c.header["Origin"] = "https://elsewhere.example" })
	w.signedIn(wang).do("DELETE", sessionPath, "").is(204)

	// Nobody is signed in from another site either.
	stranger := w.anyone()
	stranger.header = map[string]string{"Sec-Fetch-Site": "cross-site"}
	stranger.do("POST", sessionPath, login("wang", password)).is(403).code("LT-1005")

	// A token is no cookie: no browser sends it by itself.
	w.program(access.Administrator, "/").do("DELETE", "/api/v1/people/nobody", "").is(404)
}

func TestChangePassword(t *testing.T) {
	w := newWorld(t)
	wang := w.withPassword(w.person("wang", "verifier", "/江苏"))
	browser, elsewhere := w.signedIn(wang), w.signedIn(wang)
	set := func(current string) answer {
		t.Helper()
		return browser.do("PUT", sessionPath+"/password", `{"current":"`+current+`","password":"eight blue turbines"}`)
	}
	set("wrong password").is(401).code("LT-1001")
	set(password).is(200)
	browser.do("GET", sessionPath, "").is(200)
	elsewhere.do("GET", sessionPath, "").is(401)
	w.anyone().do("POST", sessionPath, login("wang", password)).is(401)
	w.anyone().do("POST", sessionPath, login("wang", "eight blue turbines")).is(200)
	w.program("verifier", "/江苏").do("PUT", sessionPath+"/password", `{"password":"eight blue turbines"}`).is(403)
}

func TestDisabledPersonIsOut(t *testing.T) {
	w := newWorld(t)
	w.withPassword(w.person("root", access.Administrator, "/"))
	wang := w.withPassword(w.person("wang", "verifier", "/江苏"))
	browser := w.signedIn(wang)
	w.program(access.Administrator, "/").do("DELETE", "/api/v1/people/"+wang.ID, "").is(204)
	browser.do("GET", sessionPath, "").is(401)
	w.anyone().do("POST", sessionPath, login("wang", password)).is(401).code("LT-1001")
}

func TestOldHashIsRenewed(t *testing.T) {
	w := newWorld(t)
	wang := w.person("wang", "verifier", "/江苏")
	// argon2 test vector: "password" at a lower cost.
	old := "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	ok(t, w.records.SetPassword(context.Background(), w.by(wang.ID), wang.ID, old))
	w.anyone().do("POST", sessionPath, login("wang", "password")).is(200)
	person, err := w.records.Person(context.Background(), wang.ID)
	ok(t, err)
	if !strings.Contains(person.PasswordHash, "t=3,p=4") {
		t.Errorf("hash %s", person.PasswordHash)
	}
	w.anyone().do("POST", sessionPath, login("wang", "password")).is(200)
}

func TestAddressBehindProxy(t *testing.T) {
	w := newWorld(t)
	address := func(trust bool, forwarded, want string) {
		t.Helper()
		w.TrustProxy = trust
		r, _ := http.NewRequest("GET", "/", nil)
		r.RemoteAddr = "127.0.0.1:5000"
		r.Header.Set("X-Forwarded-For", forwarded)
		if got := w.address(r); got != want {
			t.Errorf("address %s, want %s", got, want)
		}
	}
	address(false, "6.6.6.6", "127.0.0.1")
	address(true, "6.6.6.6, 7.7.7.7", "7.7.7.7")
	address(true, "nonsense", "127.0.0.1")
}
