package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/connector"
	"lingtan/gateway/frame"
	"lingtan/ingest"
)

func parseList(data []byte) ([]connector.Device, error) {
	l, err := ingest.ParseList(data, nil)
	return l.Devices, err
}

// papers are documents that wait, and the acceptor of a server.
type papers struct {
	mu       sync.Mutex
	waiting  []Document
	accepted []string
}

func (p *papers) Next(context.Context) (Document, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		return Document{}, false, nil
	}
	return p.waiting[0], true, nil
}

func (p *papers) Sent(_ context.Context, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting[0].ID != id {
		return errors.New("sent another one: " + id)
	}
	p.waiting = p.waiting[1:]
	return nil
}

func (p *papers) Accept(_ context.Context, park, gateway, kind string, doc []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted = append(p.accepted, park+" "+gateway+" "+kind+" "+string(doc))
	return nil
}

// From the driver to the server's store, with the device list, documents and statuses.
func TestForward(t *testing.T) {
	c := newCentral(t)
	all := &papers{waiting: []Document{{"1", "statement 结算单", []byte("first")}, {"2", "statement 结算单", []byte("second")}}}
	c.accept = all
	pem := c.enrol("gw", connector.Device{ID: "m1", Protocol: "modbus", Address: "10.0.0.1:502", Interval: 15 * time.Second, Gateway: "gw", Map: map[string]string{"kwh": "a.b"}},
		connector.Device{ID: "hub", Protocol: "mqtt", Gateway: "gw"}, connector.Device{ID: "m2", Protocol: "mqtt", Gateway: "hub"},
		connector.Device{ID: "foreign", Protocol: "modbus"})
	c.start()
	m := run(t, pem, Options{Config: config(t, c), Documents: all})
	until(t, "the list is here", func() bool { return len(m.roster.List("modbus")) == 1 && len(m.roster.List("mqtt")) == 2 })
	if d := m.roster.List("modbus")[0]; d.ID != "m1" || d.Address != "10.0.0.1:502" || d.Interval != 15*time.Second || d.Gateway != "" || d.Map != nil || d.Park != "p" {
		t.Errorf("%+v", d)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	x := connector.Sample{Device: "m1", Name: "kwh", At: now, Span: time.Minute, Value: 1.25}
	m.feed(t, x, connector.Sample{Device: "m2", Via: "hub", Name: "v", At: now, Value: 2}, connector.Sample{Device: "m1", Via: "foreign", Name: "v", At: now, Value: 3})
	until(t, "all is stored", func() bool { return len(c.store.all()) == 3 })
	got := c.store.all()
	x.Via = "gw"
	if got[0] != x || got[1].Via != "hub" || got[1].Device != "m2" || got[2].Via != "gw" || got[2].Device != "foreign/m1" {
		t.Errorf("%+v", got)
	}
	m.feeder.env.Report(connector.Status{Park: "p", Device: "m1", OK: false, Error: "no answer"})
	m.feeder.env.Report(connector.Status{Park: "p", Device: "foreign", OK: false, Error: "a lie"})
	until(t, "the status is here", func() bool { return c.status("m1").Error == "no answer" && c.status("gw").Samples == 3 })
	if s := c.status("foreign"); s.Device != "" {
		t.Errorf("%+v of a device that is not behind the gateway", s)
	}
	if s := c.status("gw"); !s.OK || s.Lag > time.Second || s.Park != "p" {
		t.Errorf("%+v", s)
	}
	until(t, "the documents are accepted", func() bool { all.mu.Lock(); defer all.mu.Unlock(); return len(all.waiting) == 0 })
	if got := strings.Join(all.accepted, "|"); got != "p gw statement 结算单 first|p gw statement 结算单 second" {
		t.Error(got)
	}
	// A change of the list counts at once, without a restart.
	devices := c.list.of("p")
	c.list.set(append(devices, connector.Device{ID: "m3", Protocol: "modbus", Gateway: "gw"})...)
	until(t, "the new device is here", func() bool { return len(m.roster.List("modbus")) == 2 })
	if s, err := AskStatus(context.Background(), m.o.Config.State); err != nil || !s.Linked || s.Behind != 4 || s.State.Counts["sent"] != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	m.end()
	c.end()
	// It starts with the list that it had while the server is away.
	m = run(t, pem, Options{Config: m.o.Config})
	if len(m.roster.List("modbus")) != 2 {
		t.Error("the list on disk is not used")
	}
}

// While the server is away everything is kept, over a restart of the gateway; then it
// comes in order and once.
func TestBrokenLink(t *testing.T) {
	c := newCentral(t)
	pem := c.enrol("gw")
	conf := config(t, c)
	m := run(t, pem, Options{Config: conf})
	next := 1
	for range 40 {
		m.feed(t, count(next, 500)...)
		next += 500
	}
	m.end()
	m = run(t, pem, Options{Config: conf})
	if d := m.intake.spool.depth(); d.waiting != uint64(next-1) {
		t.Fatalf("%+v", d)
	}
	c.start()
	for range 10 { // the server comes and goes while both old and new samples are sent
		m.feed(t, count(next, 500)...)
		next += 500
		time.Sleep(30 * time.Millisecond)
		c.end()
		c.start()
	}
	until(t, "all has come", func() bool { return m.intake.spool.depth().waiting == 0 })
	got := c.store.all()
	if len(got) != next-1 {
		t.Fatalf("%d samples of %d", len(got), next-1)
	}
	for i, x := range got {
		if x.Value != float64(i+1) || x.Via != "gw" {
			t.Fatalf("sample %d is %+v", i, x)
		}
	}
	t.Logf("%d repeated", c.store.repeated)
}

// While the store refuses, nothing is acknowledged, and the status says how far behind it is.
func TestStoreRefuses(t *testing.T) {
	c := newCentral(t)
	c.store.refuse = connector.ErrBusy
	pem := c.enrol("gw")
	c.start()
	m := run(t, pem, Options{Config: config(t, c)})
	m.feed(t, count(1, 10)...)
	until(t, "the lag is told", func() bool { return c.status("gw").Lag > 300*time.Millisecond })
	if n := m.intake.spool.depth().waiting; n != 10 || len(c.store.all()) != 0 {
		t.Errorf("%d wait", n)
	}
	c.store.mu.Lock()
	c.store.refuse = nil
	c.store.mu.Unlock()
	until(t, "all has come", func() bool { return len(c.store.all()) == 10 && c.status("gw").Lag == 0 })
}

// Only the certificate that the list pins gets in. Nothing of the others is stored, and
// nothing that they hold is lost.
func TestCertificates(t *testing.T) {
	c := newCentral(t)
	good := c.enrol("gw")
	c.start()
	refused := func(what string, pem []byte, fault string) {
		t.Helper()
		m := run(t, pem, Options{Config: config(t, c)})
		defer m.end()
		m.feed(t, count(1, 5)...)
		until(t, what+" is refused", func() bool { return strings.Contains(m.Status().Fault, fault) })
		time.Sleep(100 * time.Millisecond)
		if n := len(c.store.all()); n != 0 || m.intake.spool.depth().waiting != 5 {
			t.Errorf("%s: %d samples were stored, %d wait", what, n, m.intake.spool.depth().waiting)
		}
	}
	other, _ := c.issue(frame.Identity{Park: "p", Gateway: "gw"}, time.Now(), time.Hour)
	expired, old := c.issue(frame.Identity{Park: "p", Gateway: "late"}, time.Now().Add(-2*time.Hour), time.Hour)
	c.list.set(append(c.list.of("p"), connector.Device{ID: "late", Protocol: "gateway", Token: old}, connector.Device{ID: "bare", Protocol: "gateway"})...)
	stranger := newCentral(t).enrol("gw")
	bare, _ := c.issue(frame.Identity{Park: "p", Gateway: "bare"}, time.Now(), time.Hour)
	refused("a certificate that is not pinned", other, "403")
	refused("a certificate without a token in the list", bare, "403")
	refused("an expired certificate", expired, "expired certificate")
	refused("a gateway of another authority", stranger, "not the server of the bundle")
	m := run(t, good, Options{Config: config(t, c)})
	m.feed(t, count(1, 5)...)
	until(t, "the good one gets in", func() bool { return len(c.store.all()) == 5 })
	// Revoked while it is connected.
	c.list.set(connector.Device{ID: "gw", Protocol: "gateway", Token: old})
	m.feed(t, count(6, 5)...)
	until(t, "the revoked one is refused", func() bool { return strings.Contains(m.Status().Fault, "403") })
	if n := len(c.store.all()); n != 5 {
		t.Errorf("%d samples", n)
	}
}

// A certificate of another park is not of a gateway of this one, though the same
// authority made it and the name is the same.
func TestAnotherPark(t *testing.T) {
	c := newCentral(t)
	c.enrol("gw")
	c.start()
	pem, token := c.issue(frame.Identity{Park: "q", Gateway: "gw"}, time.Now(), time.Hour)
	c.list.set(connector.Device{ID: "gw", Protocol: "gateway", Token: token})
	m := run(t, pem, Options{Config: config(t, c)})
	if r, err := m.Admit(context.Background(), "q", count(1, 5)); err != nil || r.Stored != 5 {
		t.Fatal(r, err)
	}
	if _, err := m.Admit(context.Background(), "p", count(1, 5)); !errors.Is(err, connector.ErrRefused) {
		t.Error(err)
	}
	until(t, "it is refused", func() bool { return strings.Contains(m.Status().Fault, "park q is not in the device list") })
	if n := len(c.store.all()); n != 0 {
		t.Errorf("%d samples", n)
	}
}

// Samples have the right time though the machine's clock is off, also those that came
// before the server could be asked, over a restart; and both clocks are told.
func TestClockOff(t *testing.T) {
	check := func(ahead time.Duration, corrected bool) {
		t.Helper()
		c := newCentral(t)
		pem := c.enrol("gw")
		conf := config(t, c)
		wall := func() time.Time { return time.Now().Add(ahead) }
		m := run(t, pem, Options{Config: conf, Wall: wall})
		m.feed(t, connector.Sample{Device: "m1", Name: "before", Value: 1}, connector.Sample{Device: "m1", Name: "own", At: at(0), Value: 2})
		c.start()
		until(t, "the first have come", func() bool { return len(c.store.all()) == 2 })
		m.feed(t, connector.Sample{Device: "m1", Name: "after", Value: 3})
		until(t, "the third has come", func() bool { return len(c.store.all()) == 3 })
		for _, x := range c.store.all() {
			off := time.Since(x.At)
			if !corrected {
				off += ahead
			}
			if x.Name == "own" && !x.At.Equal(at(0)) || x.Name != "own" && (off < -time.Second || off > 15*time.Second || off.Abs() > ahead.Abs()/2+4*time.Second) {
				t.Errorf("%s ahead: %s is off by %s", ahead, x.Name, off)
			}
		}
		until(t, "the heartbeat tells it", func() bool {
			list := c.door.Gateways(time.Now())
			return len(list) == 1 && list[0].Heartbeat.Synced
		})
		h := c.door.Gateways(time.Now())[0].Heartbeat
		if (h.Offset+ahead).Abs() > 500*time.Millisecond || h.Corrected != corrected || time.Until(h.Local.Add(-ahead)).Abs() > 5*time.Second {
			t.Errorf("%s ahead: %+v", ahead, h)
		}
		if s := c.status("gw"); corrected != strings.Contains(s.Error, "clock is off") {
			t.Errorf("%+v", s)
		}
		m.end()
	}
	check(0, false)
	check(400*time.Millisecond, false)
	check(5*time.Second, true)
	check(-5*time.Second, true)
	check(365*24*time.Hour, true)
	check(-365*24*time.Hour, true)
}

// A full spool holds the drivers up, loses nothing, and goes on when the link does.
func TestFullSpool(t *testing.T) {
	c := newCentral(t)
	pem := c.enrol("gw")
	conf := config(t, c)
	conf.Spool.Limit = 600 << 10
	m := run(t, pem, Options{Config: conf})
	taken := 0
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		_, err := m.Admit(ctx, "p", noise(taken+1, 2000))
		cancel()
		if errors.Is(err, connector.ErrBusy) {
			break
		}
		if err != nil || taken > 1e6 {
			t.Fatal(taken, err)
		}
		taken += 2000
	}
	if d := m.intake.spool.depth(); d.bytes > int64(conf.Spool.Limit)+100<<10 || int(d.waiting) != taken {
		t.Errorf("%+v of %d", d, taken)
	}
	c.start()
	m.feed(t, noise(taken+1, 2000)...)
	taken += 2000
	until(t, "all has come", func() bool { return len(c.store.all()) == taken })
}

// With full: thin, it goes on with what is newest whole, and the oldest thinned out.
func TestThinWhenFull(t *testing.T) {
	c := newCentral(t)
	pem := c.enrol("gw")
	conf := config(t, c)
	conf.Spool.Limit, conf.Spool.Full = 1200<<10, FullThin
	m := run(t, pem, Options{Config: conf})
	taken := 0
	for m.intake.spool.depth().thinned < 100_000 {
		m.feed(t, noise(taken+1, 2000)...)
		taken += 2000
	}
	thinned := int(m.intake.spool.depth().thinned)
	c.start()
	until(t, "all has come", func() bool { return m.intake.spool.depth().waiting == 0 })
	got := c.store.all()
	if len(got) != taken-thinned {
		t.Errorf("%d samples of %d, %d thinned out", len(got), taken, thinned)
	}
	want := noise(taken-1999, 2000)
	for i, x := range got[len(got)-2000:] {
		if x.Value != want[i].Value {
			t.Fatalf("of the newest, %d is %+v", i, x)
		}
	}
}

// What a stranger or a gateway gone mad sends does no harm.
func TestGarbage(t *testing.T) {
	c := newCentral(t)
	pem := c.enrol("gw")
	c.start()
	noisy := make([]byte, 64<<10)
	if _, err := rand.Read(noisy); err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{noisy, []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), {0x16, 3, 1, 0xff, 0xff}} {
		conn, err := net.Dial("tcp", c.address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(data) // the door may close it before all is written
		_ = conn.Close()
	}
	plain := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, Timeout: 5 * time.Second}
	if r, err := plain.Get("https://" + c.address + frame.PathDevices); err == nil {
		t.Errorf("without a certificate: %s", r.Status)
		_ = r.Body.Close()
	}
	b, err := ParseBundle(pem)
	if err != nil {
		t.Fatal(err)
	}
	known := newLink(c.address, b, newClock(time.Second, nil)).client
	post := func(path string, body io.Reader, want int) {
		t.Helper()
		r, err := known.Post("https://"+c.address+path, "x", body)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r.Body)
		if err := r.Body.Close(); err != nil || r.StatusCode != want {
			t.Errorf("%s: %s %s, %v", path, r.Status, text, err)
		}
	}
	for _, path := range []string{frame.PathBatch, frame.PathClock, frame.PathHeartbeat, frame.PathDocument} {
		post(path, bytes.NewReader(noisy), http.StatusUnprocessableEntity)
	}
	post(frame.PathBatch, bytes.NewReader(make([]byte, frame.MaxBatch+1)), http.StatusUnprocessableEntity)
	post("/other", nil, http.StatusNotFound)
	m := run(t, pem, Options{Config: config(t, c)})
	m.feed(t, count(1, 5)...)
	until(t, "others are served", func() bool { return len(c.store.all()) == 5 })
	if n := c.door.Counts(); n["handshakes"] < 3 || n["refused_batches"] != 1 || n["samples"] != 5 {
		t.Errorf("%v", n)
	}
}

// Windows outlive a stop: what they hold is told in parts that do not overlap, and rules
// that changed begin anew.
func TestWindowsOverRestart(t *testing.T) {
	c := newCentral(t)
	pem := c.enrol("gw")
	conf := config(t, c)
	conf.Filter = []Rule{{Match: "*", Every: time.Hour, Aggregates: []Aggregate{Sum}}}
	m := run(t, pem, Options{Config: conf})
	now := time.Now().Truncate(time.Hour)
	feed := func(seconds int, value float64) {
		t.Helper()
		m.feed(t, connector.Sample{Device: "m1", Name: "v", At: now.Add(time.Duration(seconds) * time.Second), Value: value})
	}
	feed(10, 1)
	feed(20, 2)
	m.end()
	m = run(t, pem, Options{Config: conf})
	feed(30, 4)
	// As if killed: the files as they are now.
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(conf.State, "spool"))); err != nil {
		t.Fatal(err)
	}
	m.end()
	copied := *conf
	copied.State = filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(filepath.Join(copied.State, "spool"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	m = run(t, pem, Options{Config: &copied})
	feed(40, 8)
	m.end()
	copied.Filter = nil
	m = run(t, pem, Options{Config: &copied})
	feed(50, 16)
	c.start()
	until(t, "all has come", func() bool { return len(c.store.all()) == 3 })
	want := []connector.Sample{
		{Device: "m1", Via: "gw", Name: "v.sum", At: now.Add(20 * time.Second).UTC(), Span: 20 * time.Second, Value: 3},
		{Device: "m1", Via: "gw", Name: "v.sum", At: now.Add(40 * time.Second).UTC(), Span: 20 * time.Second, Value: 12},
		{Device: "m1", Via: "gw", Name: "v", At: now.Add(50 * time.Second).UTC(), Value: 16}}
	for i, x := range c.store.all() {
		if x != want[i] {
			t.Errorf("%+v\nwant %+v", x, want[i])
		}
	}
}

func TestBundle(t *testing.T) {
	refuse := func(data []byte) {
		t.Helper()
		if _, err := ParseBundle(data); !errors.Is(err, ErrBundle) {
			t.Error(err)
		}
	}
	c := newCentral(t)
	one, two := c.enrol("gw"), c.enrol("gw")
	refuse(nil)
	refuse([]byte("no PEM"))
	refuse(make([]byte, maxBundle+1))
	refuse(one[:len(one)/2])
	cut := bytes.Index(one, []byte("-----BEGIN CERT"))
	other := bytes.Index(two, []byte("-----BEGIN CERT"))
	refuse(append(one[:cut:cut], two[other:]...)) // a key of another certificate
}
