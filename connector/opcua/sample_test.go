package opcua

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"lingtan/connector"
)

// The sample list of the README is one that the driver takes.
func TestSampleList(t *testing.T) {
	text, err := os.ReadFile("devices.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list []connector.Device
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil || len(list) < 2 {
		t.Fatalf("%d devices, %v", len(list), err)
	}
	accounts := make(map[account]bool)
	for _, d := range list {
		s, err := understand(d)
		if err != nil || d.Protocol != New().Protocol() {
			t.Errorf("%s: %v", d.ID, err)
		}
		accounts[s.account] = true
	}
	if len(accounts) != 2 {
		t.Errorf("%d sessions for devices of two servers", len(accounts))
	}
}

func TestSettings(t *testing.T) {
	wrong := func(want string, pairs ...string) {
		t.Helper()
		_, err := understand(listed("x", "10.0.0.1", pairs...))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, wanted %q", pairs, err, want)
		}
	}
	wrong("no nodes")
	wrong("unknown; one of", "node.a", "i=1", "colour", "red")
	wrong("two nodes of the name a", "node.a", "i=1", "nodes", "a=i=2")
	wrong("write it as ns=2;s=Plant.P", "node.a", "Plant")
	wrong("1 to 120 bytes", "node."+strings.Repeat("x", 121), "i=1")
	wrong("a password without option user", "node.a", "i=1", "password_file", "x")
	wrong("needs password_file or password_env", "node.a", "i=1", "user", "u")
	wrong("in the driver's folder", "node.a", "i=1", "user", "u", "password_file", "../x")
	wrong("begins with LINGTAN_OPCUA_", "node.a", "i=1", "user", "u", "password_env", "HOME")
	wrong("one of Basic256Sha256", "node.a", "i=1", "policy", "Basic128Rsa15")
	wrong("Sign or SignAndEncrypt", "node.a", "i=1", "security", "None")
	wrong("from 1 to 10000", "node.a", "i=1", "queue", "0")
	wrong("such as 0.5", "node.a", "i=1", "deadband", "-1")
	wrong("such as 0.5", "node.a", "i=1", "deadband", "101%")
	wrong("not 0", "node.a", "i=1", "scale.a", "0")
	if _, err := understand(listed("x", "http://10.0.0.1/x", "node.a", "i=1")); err == nil {
		t.Error("an address of another protocol is taken")
	}
	s, err := understand(listed("x", "opc.tcp://[::1]:48010/", "nodes", "b = ns=2;s=b=c\na = i=2258", "deadband", "2%"))
	if err != nil || s.account.address != "[::1]:48010" || !s.percent || s.deadband != 2 || len(s.nodes) != 2 || s.nodes[1].text != "ns=2;s=b=c" {
		t.Errorf("%+v, %v", s, err)
	}
	safe, err := understand(connector.Device{ID: "x", Address: "h", Options: map[string]string{"node.a": "i=1"}})
	if err != nil || !strings.HasSuffix(safe.account.policy, "#Basic256Sha256") || modes[safe.account.mode] != "SignAndEncrypt" {
		t.Errorf("without options: %+v, %v", safe.account, err)
	}
}

func TestPasswordFile(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := put("good", "secret\n")
	for _, a := range []account{{user: "u", file: "good"}, {user: "u", file: path}} {
		if got, err := a.password(dir); err != nil || got != "secret" {
			t.Errorf("%q, %v", got, err)
		}
	}
	put("two", "a\nb\n")
	put("none", "")
	put("long", strings.Repeat("x", longPassword+1))
	for _, name := range []string{"two", "none", "long", "absent"} {
		if got, err := (account{user: "u", file: name}).password(dir); err == nil || got != "" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := (account{user: "u", file: "good"}).password(""); err == nil {
		t.Error("a relative path without a folder")
	}
}

// Walks stop at their limits, whatever a server shows.
func TestWalkLimits(t *testing.T) {
	p := newPlant(t, open()...)
	for _, name := range []string{"a", "b", "c", "d", "text"} {
		p.value(name, 1.0)
	}
	p.value("text", "x")
	p.start()
	d := New()
	s, err := understand(listed("x", p.address(), "browse", "i=85"))
	if err != nil {
		t.Fatal(err)
	}
	l, done, err := d.borrow(t.Context(), s.account)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	items, _, err := l.find(t.Context(), &s)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, it := range items {
		names = append(names, it.name)
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "urn:plant/a urn:plant/b urn:plant/c urn:plant/d" {
		t.Errorf("found %s", got)
	}
	root, err := nodeID("i=85", nil)
	if err != nil {
		t.Fatal(err)
	}
	if list, more, err := l.walk(t.Context(), root, 8, 2); err != nil || len(list) != 2 || !more {
		t.Errorf("%d of two, more: %v, %v", len(list), more, err)
	}
	if list, _, err := l.walk(t.Context(), root, 1, 100); err != nil || len(list) != 0 {
		t.Errorf("%d at depth 1, %v", len(list), err)
	}
}
