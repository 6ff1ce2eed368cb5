package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"lingtan/connector"
	"lingtan/connector/gatewaydoor"
	"lingtan/gateway/frame"
)

// list is a device list that can be changed.
type list struct {
	mu      sync.Mutex
	devices []connector.Device
	changed chan struct{}
}

func newList(devices ...connector.Device) *list {
	return &list{devices: devices, changed: make(chan struct{})}
}

func (l *list) List(protocol string) (out []connector.Device) {
	for _, d := range l.of("p") {
		if d.Protocol == protocol && !d.Disabled {
			out = append(out, d)
		}
	}
	return out
}

func (l *list) of(string) []connector.Device {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]connector.Device(nil), l.devices...)
}

func (l *list) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *list) set(devices ...connector.Device) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range devices {
		devices[i].Park = "p"
	}
	l.devices = devices
	close(l.changed)
	l.changed = make(chan struct{})
}

// store is a sink that keeps samples once, in the order of their first coming.
type store struct {
	mu       sync.Mutex
	samples  []connector.Sample
	known    map[connector.Sample]bool
	repeated int
	refuse   error
}

func (s *store) Admit(_ context.Context, park string, samples []connector.Sample) (connector.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if park != "p" {
		return connector.Receipt{}, fmt.Errorf("%w: park %s", connector.ErrRefused, park)
	}
	if s.refuse != nil {
		return connector.Receipt{}, s.refuse
	}
	var r connector.Receipt
	for _, x := range samples {
		if s.known[x] {
			s.repeated++
			r.Duplicates++
			continue
		}
		s.known[x] = true
		s.samples = append(s.samples, x)
		r.Stored++
	}
	return r, nil
}

func (s *store) all() []connector.Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]connector.Sample(nil), s.samples...)
}

// central is the server: its door can be closed and opened again at the same address.
type central struct {
	t       testing.TB
	dir     string
	address string
	list    *list
	store   *store
	accept  gatewaydoor.Acceptor
	door    *gatewaydoor.Driver
	end     func()

	mu       sync.Mutex
	statuses map[string]connector.Status
}

func newCentral(t testing.TB) *central {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := &central{t: t, dir: t.TempDir(), address: l.Addr().String(), list: newList(), store: &store{known: map[connector.Sample]bool{}}, end: func() {},
		statuses: map[string]connector.Status{}}
	t.Cleanup(func() { c.end() })
	return c
}

// enrol makes a gateway and lists it, with devices behind it.
func (c *central) enrol(id string, devices ...connector.Device) []byte {
	c.t.Helper()
	pem, token := c.issue(frame.Identity{Park: "p", Gateway: id}, time.Now(), time.Hour)
	c.list.set(append([]connector.Device{{ID: id, Protocol: "gateway", Token: token}}, devices...)...)
	return pem
}

func (c *central) issue(id frame.Identity, now time.Time, valid time.Duration) (pem []byte, token string) {
	c.t.Helper()
	a, err := gatewaydoor.OpenAuthority(c.dir, time.Now())
	if err != nil {
		c.t.Fatal(err)
	}
	if pem, token, err = a.Enrol(id, now, valid); err != nil {
		c.t.Fatal(err)
	}
	return pem, token
}

func (c *central) start() {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c.door = gatewaydoor.New(gatewaydoor.Options{Listen: c.address, CertDir: c.dir, List: c.list.of, Accept: c.accept})
	done := make(chan error, 1)
	door := c.door
	env := connector.Environment{Devices: c.list, Sink: c.store, Log: slog.New(slog.DiscardHandler), Now: time.Now, Report: c.report}
	go func() { done <- door.Run(ctx, env) }()
	c.end = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			c.t.Error(err)
		}
	})
	until(c.t, "the door is open", func() bool { return door.Address() != "" })
}

func (c *central) report(s connector.Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statuses[s.Device] = s
}

func (c *central) status(device string) connector.Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.statuses[device]
}

// feeder is a driver that hands on what a test gives it.
type feeder struct {
	env  connector.Environment
	open chan struct{}
}

func (f *feeder) Protocol() string { return "modbus" }

func (f *feeder) Run(ctx context.Context, env connector.Environment) error {
	f.env = env
	close(f.open)
	<-ctx.Done()
	return nil
}

// machine is a gateway that runs.
type machine struct {
	*Gateway
	feeder *feeder
	end    func()
}

func config(t testing.TB, c *central) *Config {
	t.Helper()
	conf, err := ParseConfig([]byte("format: lingtan.gateway/v1\nserver: "+c.address+"\nbundle: b\nstate: s\n"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	conf.Spool.Linger, conf.Link.Every, conf.Link.Heartbeat, conf.Link.Backoff = time.Millisecond, 10*time.Millisecond, 50*time.Millisecond, 100*time.Millisecond
	return conf
}

func run(t testing.TB, pem []byte, o Options) *machine {
	t.Helper()
	b, err := ParseBundle(pem)
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{feeder: &feeder{open: make(chan struct{})}}
	o.Bundle, o.Parse, o.Drivers = b, parseList, []connector.Driver{m.feeder}
	if m.Gateway, err = Open(o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	<-m.feeder.open
	m.end = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(m.end)
	return m
}

// feed admits samples, which must be taken.
func (m *machine) feed(t testing.TB, samples ...connector.Sample) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := m.Admit(ctx, "p", samples)
	if err != nil || r.Stored != len(samples) {
		t.Fatalf("%+v, %v", r, err)
	}
}

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
