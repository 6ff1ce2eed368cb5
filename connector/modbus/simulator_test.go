package modbus

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/simonvetter/modbus"

	"lingtan/connector"
	"lingtan/connector/profile"
)

// plant is a simulated address with devices behind it, on the server of the library.
type plant struct {
	address string
	server  *modbus.ModbusServer

	mu       sync.Mutex
	units    map[uint8]*device
	requests int
	most     uint16        // largest request seen
	delay    time.Duration // before each answer
}

// device is what stands at a unit. A register that is not in the map is not there.
type device struct {
	holding, input map[uint16]uint16
	coils          map[uint16]bool
	locked         bool // refuses writes
	stuck          bool // takes writes and keeps its value
}

func listen(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func newPlant(t testing.TB, units map[uint8]*device) *plant {
	t.Helper()
	p := &plant{address: listen(t), units: units}
	p.start(t)
	t.Cleanup(func() { p.server.Stop() })
	return p
}

func (p *plant) start(t testing.TB) {
	t.Helper()
	server, err := modbus.NewServer(&modbus.ServerConfiguration{
		URL: "tcp://" + p.address, Timeout: time.Minute, MaxClients: 50, Logger: log.New(io.Discard, "", 0)}, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	p.server = server
}

func (p *plant) asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

// set changes a holding register.
func (p *plant) set(unit uint8, register, word uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.units[unit].holding[register] = word
}

func (p *plant) holding(unit uint8, register uint16) uint16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.units[unit].holding[register]
}

func (p *plant) unit(id uint8, count uint16) (*device, error) {
	time.Sleep(p.delay)
	p.requests++
	p.most = max(p.most, count)
	if u := p.units[id]; u != nil {
		return u, nil
	}
	return nil, modbus.ErrGWTargetFailedToRespond
}

func words(from map[uint16]uint16, first, count uint16) ([]uint16, error) {
	list := make([]uint16, count)
	for i := range list {
		w, ok := from[first+uint16(i)]
		if !ok {
			return nil, modbus.ErrIllegalDataAddress
		}
		list[i] = w
	}
	return list, nil
}

func (p *plant) HandleHoldingRegisters(r *modbus.HoldingRegistersRequest) ([]uint16, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, err := p.unit(r.UnitId, r.Quantity)
	if err != nil {
		return nil, err
	}
	if r.IsWrite && u.locked {
		return nil, modbus.ErrServerDeviceFailure
	}
	if r.IsWrite && !u.stuck {
		for i, w := range r.Args {
			u.holding[r.Addr+uint16(i)] = w
		}
	}
	return words(u.holding, r.Addr, r.Quantity)
}

func (p *plant) HandleInputRegisters(r *modbus.InputRegistersRequest) ([]uint16, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, err := p.unit(r.UnitId, r.Quantity)
	if err != nil {
		return nil, err
	}
	return words(u.input, r.Addr, r.Quantity)
}

func (p *plant) HandleCoils(r *modbus.CoilsRequest) ([]bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, err := p.unit(r.UnitId, r.Quantity)
	if err != nil {
		return nil, err
	}
	if r.IsWrite {
		u.coils[r.Addr] = r.Args[0]
	}
	list := make([]bool, r.Quantity)
	for i := range list {
		list[i] = u.coils[r.Addr+uint16(i)]
	}
	return list, nil
}

func (p *plant) HandleDiscreteInputs(*modbus.DiscreteInputsRequest) ([]bool, error) {
	return nil, modbus.ErrIllegalFunction
}

// lists is a device list that can change.
type lists struct {
	mu      sync.Mutex
	devices []connector.Device
	changed chan struct{}
}

func newLists(devices ...connector.Device) *lists {
	return &lists{devices: devices, changed: make(chan struct{})}
}

func (l *lists) List(protocol string) []connector.Device {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.devices
}

func (l *lists) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *lists) change(devices ...connector.Device) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.devices = devices
	close(l.changed)
	l.changed = make(chan struct{})
}

// sink keeps what it admits; it is busy for the first calls.
type sink struct {
	mu    sync.Mutex
	busy  int
	calls int
	got   []connector.Sample
}

func (s *sink) Admit(_ context.Context, _ string, samples []connector.Sample) (connector.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.calls <= s.busy {
		return connector.Receipt{}, connector.ErrBusy
	}
	s.got = append(s.got, samples...)
	return connector.Receipt{Stored: len(samples)}, nil
}

// of is what came of a device, in order.
func (s *sink) of(id string) []connector.Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []connector.Sample
	for _, one := range s.got {
		if one.Device == id {
			list = append(list, one)
		}
	}
	return list
}

// desk keeps the last status of each device and how many there were.
type desk struct {
	mu   sync.Mutex
	last map[string]connector.Status
	bad  map[string]int
}

func (d *desk) report(s connector.Status) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last[s.Device] = s
	if !s.OK {
		d.bad[s.Device]++
	}
}

func (d *desk) of(id string) connector.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last[id]
}

func (d *desk) failures(id string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bad[id]
}

// library holds profiles of a test, each "id: lines of values".
func library(t testing.TB, profiles map[string]string) *profile.Library {
	t.Helper()
	dir := t.TempDir()
	for id, body := range profiles {
		write(t, dir+"/"+id+".yaml", "format: lingtan.profile/v1\nid: "+id+"\nkind: power_meter\nmaker: test\nmodel: test\nname: {en: test}\nprotocol: modbus\n"+
			"source:\n  - {title: made for the test, where: this file, seen: \"2026-11-22\"}\n"+body)
	}
	l := &profile.Library{}
	if err := l.Load(dir); err != nil {
		t.Fatal(err)
	}
	return l
}

// run starts a driver and stops it with the test.
func run(t testing.TB, d *Driver, l *lists, s connector.Sink) *desk {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	seen := &desk{last: make(map[string]connector.Status), bad: make(map[string]int)}
	done := make(chan error)
	go func() {
		done <- d.Run(ctx, connector.Environment{Devices: l, Sink: s, Report: seen.report, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("Run did not end")
		}
	})
	return seen
}

// soon waits until a condition holds, up to 10 s.
func soon(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("after 10 s still not: %s", what)
}
