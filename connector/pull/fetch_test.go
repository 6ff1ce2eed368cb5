package pull

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lingtan/connector"
)

var single = []string{"rows", "$[*]", "time", "$.t", "value.v", "$.v"}

const one = `[{"t":"2026-03-01T00:15Z","v":2}]`

func TestRead(t *testing.T) {
	s := newSite(t, says(`[{"t":"2026-03-01T00:15Z","v":2},{"t":"2126-03-01T00:15Z","v":3},{"t":"x","v":3}]`))
	list, err := New(Options{}).Read(t.Context(), feed(s.URL+"/a?d={today}", single...))
	if err == nil || !strings.Contains(err.Error(), "1 values left out") || len(list) != 2 || list[1].At.Year() != 2126 {
		t.Errorf("%v, %v", list, err)
	}
	r := s.requests()[0]
	if r.Method != "GET" || r.URL.RawQuery != "d="+time.Now().UTC().Format(time.DateOnly) || r.Header.Get("Accept") != "application/json" || r.Header.Get("User-Agent") != agent {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
}

// What a server may answer instead.
func TestAnswers(t *testing.T) {
	fails := func(want error, part string, answer http.HandlerFunc, options ...string) {
		t.Helper()
		s := newSite(t, answer)
		_, err := New(Options{}).Read(t.Context(), feed(s.URL+"/?key=open", append(single, options...)...))
		if !errors.Is(err, want) || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "key=") {
			t.Errorf("%v", err)
		}
	}
	status := func(n int) http.HandlerFunc { return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) } }
	fails(connector.ErrRefused, "headers_file", status(401))
	fails(connector.ErrProtocol, "404 Not Found; check the address", status(404))
	fails(connector.ErrUnreachable, "ask less often", status(429))
	fails(connector.ErrUnreachable, "503", status(503))
	fails(connector.ErrProtocol, "204", status(204))
	fails(connector.ErrProtocol, "more than 10 bytes", says(one), "limit", "10")
	fails(connector.ErrProtocol, "more than 1000 bytes", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(make([]byte, 1<<20)) // a megabyte of zeros is a thousand bytes on the wire
		_ = z.Close()
	}, "limit", "1000")
	fails(connector.ErrUnreachable, "does not answer", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("[")) // and hangs up
	})
	fails(connector.ErrUnreachable, "does not answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "timeout", "100ms")
	_, err := New(Options{}).Read(t.Context(), feed("http://127.0.0.1:1/", single...))
	if !errors.Is(err, connector.ErrUnreachable) {
		t.Error(err)
	}
}

func TestGzip(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("gzip is not asked for")
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte(one))
		_ = z.Close()
	})
	if list, err := New(Options{}).Read(t.Context(), feed(s.URL, single...)); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

// Redirects are followed to the host that was asked, five of them, and nowhere else.
func TestRedirects(t *testing.T) {
	other := newSite(t, says(one))
	hops, to := 0, ""
	s := newSite(t, nil)
	s.set(func(w http.ResponseWriter, r *http.Request) {
		if hops--; hops >= 0 {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		if r.Header.Get("X-Key") != "k" {
			t.Error("the header is not sent on to the same host")
		}
		says(one)(w, r)
	})
	secrets := t.TempDir()
	if err := os.WriteFile(filepath.Join(secrets, "key"), []byte("X-Key: k\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	follow := func(n int, target string, want error) {
		t.Helper()
		hops, to = n, target
		list, err := New(Options{Secrets: secrets}).Read(t.Context(), feed(s.URL, append(single, "headers_file", "key")...))
		if want == nil && (err != nil || len(list) != 1) || want != nil && !errors.Is(err, want) {
			t.Errorf("%d redirects to %s: %v", n, target, err)
		}
	}
	follow(maxRedirects, "/b", nil)
	follow(maxRedirects+1, "/b", connector.ErrProtocol)
	follow(1, other.URL, connector.ErrRefused)
	follow(1, strings.Replace(s.URL, "127.0.0.1", "localhost", 1), connector.ErrRefused)
	follow(1, "file:///etc/passwd", connector.ErrRefused)
	if n := len(other.requests()); n != 0 {
		t.Errorf("another host was asked %d times", n)
	}
}

// Without the option private, addresses inside are refused, however they are written.
func TestPrivate(t *testing.T) {
	s := newSite(t, says(one))
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
		x := feed(strings.Replace(s.URL, "127.0.0.1", host, 1), append(single, "private", "refuse")...)
		if _, err := New(Options{}).Read(t.Context(), x); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "private: allow") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("it was asked %d times", n)
	}
	public := func(want bool, list ...string) {
		t.Helper()
		for _, a := range list {
			if isPublic(netip.MustParseAddr(a)) != want {
				t.Errorf("%s: public is %v", a, !want)
			}
		}
	}
	public(true, "8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8")
	public(false, "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1",
		"255.255.255.255", "::", "::1", "::7f00:1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "fc00::1", "fd00:ec2::254", "fe80::1%eth0", "ff02::1", "2001:db8::1", "fec0::1")
}

// No proxy of the process's environment is asked.
func TestNoProxy(t *testing.T) {
	d := New(Options{})
	for _, c := range []*http.Client{d.public, d.private} {
		if c.Transport.(*http.Transport).Proxy != nil {
			t.Error("a client asks for a proxy")
		}
	}
}

// Secrets stand in files of one folder and are not told in errors.
func TestSecrets(t *testing.T) {
	secrets := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(secrets, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("headers", "Authorization: Bearer t0p\n")
	put("key", "k3y&\n")
	put("wrong", "t0p secret\n")
	put("large", strings.Repeat("a", maxSecret+1))
	s := newSite(t, says(one))
	d := New(Options{Secrets: secrets})
	if _, err := d.Read(t.Context(), feed(s.URL+"/?k={secret}", append(single, "headers_file", "headers", "secret_file", "key")...)); err != nil {
		t.Error(err)
	}
	if r := s.requests()[0]; r.Header.Get("Authorization") != "Bearer t0p" || r.URL.Query().Get("k") != "k3y&" {
		t.Errorf("%v %s", r.Header, r.URL)
	}
	for _, name := range []string{"wrong", "large", "none"} {
		_, err := d.Read(t.Context(), feed(s.URL, append(single, "headers_file", name)...))
		if !errors.Is(err, connector.ErrConfig) || strings.Contains(err.Error(), "t0p") {
			t.Errorf("%s: %v", name, err)
		}
	}
	x := feed("http://127.0.0.1:1/?k={secret}", append(single, "secret_file", "key")...)
	if _, err := d.Read(t.Context(), x); err == nil || strings.Contains(err.Error(), "k3y") {
		t.Error(err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	is := func(text string, want time.Duration) {
		t.Helper()
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	is("", 0)
	is("120", 2*time.Minute)
	is(" 0 ", 0)
	is("-5", 0)
	is("99999999999", maxRetryAfter)
	is("Sun, 01 Mar 2026 00:30:00 GMT", 30*time.Minute)
	is("Sat, 28 Feb 2026 00:30:00 GMT", 0)
	is("Sun, 01 Mar 2036 00:30:00 GMT", maxRetryAfter)
	is("soon", 0)
}

// Each answer is taken whole, whatever the number of devices.
func TestManyDevices(t *testing.T) {
	s := newSite(t, says(one))
	var devices []connector.Device
	for n := range 30 {
		x := feed(s.URL, single...)
		x.ID = fmt.Sprintf("d%d", n)
		devices = append(devices, x)
	}
	p := newPark(devices...)
	d := New(Options{})
	run(t, d, p, t.TempDir())
	eventually(t, "all are fetched", func() bool { return len(p.stored()) == 30 })
}
