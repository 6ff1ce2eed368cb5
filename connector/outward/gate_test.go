package outward

import (
	"context"
	"errors"
	"io"
	"log"
	"math"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	simulator "github.com/simonvetter/modbus"

	"lingtan/connector"
	"lingtan/connector/modbus"
	"lingtan/connector/profile"
)

// charger is a simulated device with one register, its limit.
type charger struct {
	mu    sync.Mutex
	limit uint16
	stuck bool
	delay time.Duration
}

func (c *charger) HandleHoldingRegisters(r *simulator.HoldingRegistersRequest) ([]uint16, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	time.Sleep(c.delay)
	if r.Addr != 10 || r.Quantity != 1 {
		return nil, simulator.ErrIllegalDataAddress
	}
	if r.IsWrite && !c.stuck {
		c.limit = r.Args[0]
	}
	return []uint16{c.limit}, nil
}

func (c *charger) HandleCoils(*simulator.CoilsRequest) ([]bool, error) {
	return nil, simulator.ErrIllegalFunction
}

func (c *charger) HandleDiscreteInputs(*simulator.DiscreteInputsRequest) ([]bool, error) {
	return nil, simulator.ErrIllegalFunction
}

func (c *charger) HandleInputRegisters(*simulator.InputRegistersRequest) ([]uint16, error) {
	return nil, simulator.ErrIllegalFunction
}

const wallbox = `format: lingtan.profile/v1
id: wallbox
kind: charger
maker: test
model: test
name: {en: test}
protocol: modbus
source:
  - {title: made for the test, where: this file, seen: "2026-11-22"}
values:
  - {name: limit, quantity: current, kind: state, unit: A, modbus: {function: holding, register: 10, type: uint16, scale: 0.1}}
writes:
  - {name: limit, unit: A, min: 0, max: 32, modbus: {function: holding, register: 10, type: uint16, scale: 0.1}}
`

// bench is a gate with a simulated charger behind it.
type bench struct {
	*Gate
	charger *charger
	now     time.Time
	records []Record
	deaf    bool // the audit fails
}

func newBench(t *testing.T, grants ...connector.Grant) *bench {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	b := &bench{charger: &charger{limit: 160}, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	server, err := simulator.NewServer(&simulator.ServerConfiguration{URL: "tcp://" + address, Logger: log.New(io.Discard, "", 0)}, b.charger)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/wallbox.yaml", []byte(wallbox), 0o600); err != nil {
		t.Fatal(err)
	}
	lib := &profile.Library{}
	if err := lib.Load(dir); err != nil {
		t.Fatal(err)
	}
	dev := connector.Device{ID: "wb1", Park: "p", Protocol: "modbus", Address: address, Profile: "wallbox", Write: grants}
	b.Gate = &Gate{
		Drivers: map[string]connector.Writer{"modbus": modbus.New(lib)},
		Devices: func(park, id string) (connector.Device, bool) { return dev, park == "p" && id == "wb1" },
		Audit: func(_ context.Context, r Record) error {
			if b.deaf {
				return errors.New("disk full")
			}
			b.records = append(b.records, r)
			return nil
		},
		Now: func() time.Time { return b.now },
	}
	return b
}

func order(value float64) Command {
	return Command{Park: "p", Device: "wb1", Name: "limit", Value: value, Who: "dispatch", Approval: "A-17"}
}

// trail is the outcomes in the audit, in order.
func (b *bench) trail() string {
	var words []string
	for _, r := range b.records {
		words = append(words, string(r.Outcome))
	}
	return strings.Join(words, " ")
}

func (b *bench) want(t *testing.T, c Command, sentinel error, says, trail string) {
	t.Helper()
	b.records = nil
	_, err := b.Set(context.Background(), c)
	if !errors.Is(err, sentinel) || sentinel != nil && !strings.Contains(err.Error(), says) {
		t.Errorf("%s: error %v; want %v with %q", c, err, sentinel, says)
	}
	if got := b.trail(); got != trail {
		t.Errorf("%s: audit %q, want %q", c, got, trail)
	}
	for _, r := range b.records {
		if r.Command != c || r.At != b.now || (r.Outcome == Refused || r.Outcome == Failed) != (r.Error != "") {
			t.Errorf("%s: record %+v", c, r)
		}
	}
}

var granted = connector.Grant{Name: "limit", Min: 6, Max: 16, Every: time.Minute}

func TestCommandIsSetAndReadBack(t *testing.T) {
	b := newBench(t, granted)
	back, err := b.Set(context.Background(), order(9.96))
	if err != nil || math.Abs(back-10) > 1e-9 {
		t.Errorf("read back %v, %v; want 10: the register holds tenths", back, err)
	}
	if b.charger.limit != 100 || b.trail() != "sent done" || *b.records[1].ReadBack != back {
		t.Errorf("register %d, audit %q", b.charger.limit, b.trail())
	}
}

// Nothing reaches the device of what is refused.
func TestRefusals(t *testing.T) {
	b := newBench(t, granted)
	refused := func(says string, change func(*Command)) {
		t.Helper()
		c := order(10)
		change(&c)
		b.want(t, c, connector.ErrRefused, says, "refused")
	}
	refused("granted is 6 to 16", func(c *Command) { c.Value = 16.1 })
	refused("granted is 6 to 16", func(c *Command) { c.Value = 5.9 })
	refused("grants no write", func(c *Command) { c.Name = "power" })
	refused("no such device", func(c *Command) { c.Device = "wb2" })
	refused("no such device", func(c *Command) { c.Park = "q" })
	refused("required", func(c *Command) { c.Who = "" })
	refused("required", func(c *Command) { c.Approval = "" })
	refused("required", func(c *Command) { c.Approval = strings.Repeat("x", 201) })
	if _, err := b.Set(context.Background(), order(math.NaN())); !errors.Is(err, connector.ErrRefused) {
		t.Errorf("not-a-number: %v", err)
	}
	if b.charger.limit != 160 {
		t.Errorf("the register holds %d; nothing should have been written", b.charger.limit)
	}
}

func TestNothingIsGrantedByDefault(t *testing.T) {
	newBench(t).want(t, order(10), connector.ErrRefused, "grants no write", "refused")
}

// The profile's range holds though the grant is wider.
func TestGrantBeyondTheDevice(t *testing.T) {
	b := newBench(t, connector.Grant{Name: "limit", Min: 0, Max: 100})
	b.want(t, order(33), connector.ErrRefused, "takes 0 to 32", "sent failed")
}

func TestRate(t *testing.T) {
	b := newBench(t, granted)
	b.want(t, order(10), nil, "", "sent done")
	b.now = b.now.Add(59 * time.Second)
	b.want(t, order(11), connector.ErrRefused, "next in 1s", "refused")
	b.now = b.now.Add(time.Second)
	b.want(t, order(11), nil, "", "sent done")
}

func TestReadBackDiffers(t *testing.T) {
	b := newBench(t, granted)
	b.charger.stuck = true
	b.want(t, order(10), connector.ErrProtocol, "reads back 16", "sent failed")
	if r := b.records[1]; r.ReadBack == nil || *r.ReadBack != 16 {
		t.Errorf("record %+v; want the 16 that was read", r)
	}
}

// A command may ask for more or less than 0.5 % of the range.
func TestTolerance(t *testing.T) {
	b := newBench(t, connector.Grant{Name: "limit", Min: 6, Max: 16})
	c := order(9.96)
	c.Tolerance = 0.03
	b.want(t, c, ErrDiffers, "reads back 10", "sent failed")
	c.Tolerance = 0.05
	b.want(t, c, nil, "", "sent done")
	c.Value = 20
	b.want(t, c, ErrNotSent, "granted is 6 to 16", "refused")
}

func TestTimeIsUp(t *testing.T) {
	g := granted
	g.Timeout = 50 * time.Millisecond
	b := newBench(t, g)
	b.charger.delay = 300 * time.Millisecond
	began := time.Now()
	b.want(t, order(10), connector.ErrUnreachable, "not known", "sent failed")
	if d := time.Since(began); d > 250*time.Millisecond {
		t.Errorf("took %s; want about 50 ms", d)
	}
}

func TestCommandThatCannotBeRecordedIsNotSent(t *testing.T) {
	b := newBench(t, granted)
	b.deaf = true
	b.want(t, order(10), connector.ErrRefused, "disk full", "")
	if b.charger.limit != 160 {
		t.Errorf("the register holds %d; nothing should have been written", b.charger.limit)
	}
}
