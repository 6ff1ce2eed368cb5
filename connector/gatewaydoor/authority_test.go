package gatewaydoor

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"lingtan/connector"
	"lingtan/gateway/frame"
	"lingtan/ingest"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func authority(t *testing.T, dir string) *Authority {
	t.Helper()
	a, err := OpenAuthority(dir, noon)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Processes that begin at the same time come to the same authority; it is kept.
func TestAuthorityIsMadeOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gateways")
	var all sync.WaitGroup
	list := make([]*Authority, 8)
	for i := range list {
		all.Go(func() { list[i], _ = OpenAuthority(dir, noon) })
	}
	all.Wait()
	for _, a := range list {
		if a == nil || !a.certificate.Equal(list[0].certificate) || !a.key.Equal(list[0].key) {
			t.Fatal("two authorities")
		}
	}
	path := filepath.Join(dir, "authority.pem")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Error(files)
	}
	if err := os.WriteFile(path, []byte("gone"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenAuthority(dir, noon); !errors.Is(err, connector.ErrConfig) {
		t.Error(err)
	}
}

// The server's certificate is good at any time, and for servers alone.
func TestServerCertificate(t *testing.T) {
	a := authority(t, t.TempDir())
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	last := ""
	for day := range 400 {
		now := noon.Add(time.Duration(day) * 24 * time.Hour)
		c, err := a.serverCertificate(now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: frame.ServerName, CurrentTime: now}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err == nil {
			t.Fatal("the server's certificate would pass for a gateway's")
		}
		if f := fingerprintOf(c.Leaf.Raw); f != last && last != "" && day%60 != 0 {
			t.Errorf("made anew on day %d", day)
		} else {
			last = f
		}
	}
}

func TestEnrol(t *testing.T) {
	a := authority(t, t.TempDir())
	for _, id := range []frame.Identity{{Park: "", Gateway: "a"}, {Park: "a/b", Gateway: "a"}, {Park: "a", Gateway: "ä"}} {
		if _, _, err := a.Enrol(id, noon, time.Hour); !errors.Is(err, connector.ErrConfig) {
			t.Errorf("%+v: %v", id, err)
		}
	}
	if _, _, err := a.Enrol(frame.Identity{Park: "a", Gateway: "b"}, noon, 11*366*24*time.Hour); !errors.Is(err, connector.ErrConfig) {
		t.Error(err)
	}
	_, one, err := a.Enrol(frame.Identity{Park: "a", Gateway: "b"}, noon, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, two, err := a.Enrol(frame.Identity{Park: "a", Gateway: "b"}, noon, time.Hour); err != nil || one == two || len(one) != 64 {
		t.Error(one, two, err)
	}
}

// A gateway speaks for what the list puts behind it, and no further.
func TestBehind(t *testing.T) {
	of := gatewaysOf([]connector.Device{{ID: "gw"}, {ID: "hub", Gateway: "gw"}, {ID: "m", Gateway: "hub"}, {ID: "x", Gateway: "other"}, {ID: "r1", Gateway: "r2"}, {ID: "r2", Gateway: "r1"}})
	check := func(device string, want bool) {
		t.Helper()
		if isBehind(of, device, "gw") != want {
			t.Errorf("%s behind gw: %v", device, !want)
		}
	}
	check("hub", true)
	check("m", true)
	check("gw", false)
	check("x", false)
	check("r1", false)
	check("unknown", false)
	h := &handler{driver: New(Options{List: func(string) []connector.Device {
		return []connector.Device{{ID: "gw"}, {ID: "hub", Gateway: "gw"}, {ID: "x", Gateway: "other"}}
	}})}
	samples := []connector.Sample{{Device: "a"}, {Device: "a", Via: "a"}, {Device: "a", Via: "hub"}, {Device: "a", Via: "x"}, {Device: "a", Via: "gw"}}
	h.attribute(frame.Identity{Park: "p", Gateway: "gw"}, samples)
	for i, want := range [][2]string{{"a", "gw"}, {"a", "gw"}, {"a", "hub"}, {"x/a", "gw"}, {"a", "gw"}} {
		if samples[i].Device != want[0] || samples[i].Via != want[1] {
			t.Errorf("%d: %+v", i, samples[i])
		}
	}
}

// What a gateway's status says as time goes by.
func TestStatus(t *testing.T) {
	s, id := &session{}, frame.Identity{Park: "p", Gateway: "gw"}
	check := func(after time.Duration, ok bool, lag time.Duration) {
		t.Helper()
		if got := s.status(id, noon.Add(after), noon); got.OK != ok || got.Lag != lag || got.OK != (got.Error == "") || got.Device != "gw" || got.Park != "p" {
			t.Errorf("after %s: %+v", after, got)
		}
	}
	check(0, false, 0)
	s.note(noon)
	check(time.Second, true, 0)
	s.beat, s.beats = frame.Heartbeat{Oldest: noon.Add(-time.Hour), Every: 10 * time.Second}, 1
	check(time.Second, true, time.Hour+time.Second)
	s.beat.Oldest = time.Time{}
	check(45*time.Second, true, 0)
	check(46*time.Second, false, 46*time.Second)
	s.beat.Every = time.Minute
	check(3*time.Minute, true, 0)
	s.beat.Bytes, s.beat.Limit = 100, 100
	check(time.Second, false, 0)
}

// The sample list is sound.
func TestSampleList(t *testing.T) {
	text, err := os.ReadFile("devices.yaml")
	if err != nil {
		t.Fatal(err)
	}
	list, err := ingest.ParseList(append([]byte("format: lingtan.devices/v1\ndevices:\n"), text...), nil)
	if err != nil || len(list.Devices) != 4 {
		t.Fatal(err)
	}
	of := gatewaysOf(list.Devices)
	for _, d := range list.Devices[1:] {
		if !isBehind(of, d.ID, list.Devices[0].ID) {
			t.Errorf("%s is not behind the gateway", d.ID)
		}
	}
}
