package modbus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"lingtan/connector"
	"lingtan/connector/profile"
)

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const voltage = "values:\n  - {name: v, quantity: voltage, kind: state, unit: V, modbus: {function: holding, register: 0, type: uint16}}\n"

func at(p *plant, id, profile string, options map[string]string) connector.Device {
	return connector.Device{ID: id, Park: "p", Protocol: Protocol, Address: p.address, Profile: profile, Interval: 100 * time.Millisecond, Options: options}
}

func values(list []connector.Sample) map[string]float64 {
	m := make(map[string]float64)
	for _, s := range list {
		m[s.Name] = s.Value
	}
	return m
}

func wantValues(t *testing.T, got []connector.Sample, want map[string]float64) {
	t.Helper()
	m := values(got)
	if len(m) != len(want) {
		t.Errorf("values %v, want %v", m, want)
	}
	for name, v := range want {
		if math.Abs(m[name]-v) > 1e-9*max(1, math.Abs(v)) {
			t.Errorf("%s = %v, want %v", name, m[name], v)
		}
	}
}

// The four orders of the bytes of 0x43667333 (230.449…), coils and a scaled value.
func TestReadTypesAndOrders(t *testing.T) {
	line := func(name string, register int, order string) string {
		return fmt.Sprintf("  - {name: %s, quantity: voltage, kind: state, unit: V, modbus: {function: input, register: %d, type: float32, order: %s}}\n", name, register, order)
	}
	lib := library(t, map[string]string{"orders": "values:\n" + line("abcd", 0, "ABCD") + line("cdab", 2, "CDAB") + line("badc", 4, "BADC") + line("dcba", 6, "DCBA") +
		"  - {name: cold, quantity: temperature, kind: state, unit: degC, modbus: {function: holding, register: 9, type: int16, scale: 0.1}}\n" +
		"  - {name: open, quantity: status, kind: state, unit: \"1\", modbus: {function: coil, register: 3}}\n"})
	p := newPlant(t, map[uint8]*device{7: {
		input: map[uint16]uint16{0: 0x4366, 1: 0x7333, 2: 0x7333, 3: 0x4366, 4: 0x6643, 5: 0x3373, 6: 0x3373, 7: 0x6643}, holding: map[uint16]uint16{9: 0xFF85},
		coils: map[uint16]bool{3: true}}})
	got, err := New(lib).Read(context.Background(), at(p, "d", "orders", map[string]string{"unit": "7"}))
	if err != nil {
		t.Fatal(err)
	}
	v := float64(math.Float32frombits(0x43667333))
	wantValues(t, got, map[string]float64{"abcd": v, "cdab": v, "badc": v, "dcba": v, "cold": -12.3, "open": 1})
	if p.asked() != 3 {
		t.Errorf("%d requests, want 3: inputs together, one holding register, one coil", p.asked())
	}
}

// What holds no number is left out and counted, never zero.
func TestInvalidValuesAreLeftOut(t *testing.T) {
	lib := library(t, map[string]string{"gaps": voltage +
		"  - {name: nan, quantity: voltage, kind: state, unit: V, modbus: {function: holding, register: 1, type: float32}}\n" +
		"  - {name: none, quantity: voltage, kind: state, unit: V, modbus: {function: holding, register: 3, type: uint16, invalid: [\"0xFFFF\"]}}\n"})
	p := newPlant(t, map[uint8]*device{1: {holding: map[uint16]uint16{0: 230, 1: 0x7FC0, 2: 0, 3: 0xFFFF}}})
	d := New(lib)
	s := &sink{}
	seen := run(t, d, newLists(at(p, "d", "gaps", nil)), s)
	soon(t, "two polls", func() bool { return len(s.of("d")) >= 2 })
	wantValues(t, s.of("d"), map[string]float64{"v": 230})
	st := seen.of("d")
	if !st.OK || !strings.Contains(st.Error, "nan, none") || d.Counts()["not_available"] < 2 {
		t.Errorf("status %+v, skipped %d; want OK with both named, and counted", st, d.Counts()["not_available"])
	}
}

// A hole between registers is found by halving, and the register that is not there is
// named; all others still come.
func TestRegisterThatIsNotThere(t *testing.T) {
	body := "values:\n"
	regs := map[uint16]uint16{}
	for i := range 20 {
		body += fmt.Sprintf("  - {name: v%d, quantity: voltage, kind: state, unit: V, modbus: {function: holding, register: %d, type: uint16}}\n", i, 2*i)
		regs[uint16(2*i)], regs[uint16(2*i+1)] = uint16(i), 0
	}
	delete(regs, 11) // between two values
	delete(regs, 26) // v13
	p := newPlant(t, map[uint8]*device{1: {holding: regs}})
	got, err := New(library(t, map[string]string{"holes": body})).Read(context.Background(), at(p, "d", "holes", nil))
	if !errors.Is(err, connector.ErrProtocol) || !strings.Contains(err.Error(), "v13") {
		t.Errorf("error %v; want one of protocol that names v13", err)
	}
	if len(got) != 19 {
		t.Errorf("%d values, want 19", len(got))
	}
}

func TestBlocksKeepTheirLimit(t *testing.T) {
	body := "values:\n"
	regs := map[uint16]uint16{}
	for i := range 300 {
		body += fmt.Sprintf("  - {name: v%d, quantity: voltage, kind: state, unit: V, modbus: {function: holding, register: %d, type: uint16}}\n", i, i)
		regs[uint16(i)] = uint16(i)
	}
	p := newPlant(t, map[uint8]*device{1: {holding: regs}})
	d := New(library(t, map[string]string{"many": body}))
	check := func(options map[string]string, requests int, most uint16) {
		t.Helper()
		before := p.asked()
		p.most = 0
		got, err := d.Read(context.Background(), at(p, "d", "many", options))
		if err != nil || len(got) != 300 || got[299].Value != 299 {
			t.Fatalf("%d values: %v", len(got), err)
		}
		if p.asked()-before != requests || p.most != most {
			t.Errorf("%d requests of at most %d registers; want %d of %d", p.asked()-before, p.most, requests, most)
		}
	}
	check(nil, 3, 125)
	check(map[string]string{"block": "50"}, 6, 50)
}

func TestConfigurationFaults(t *testing.T) {
	d := New(library(t, map[string]string{"good": voltage}))
	bad := func(want string, dev connector.Device) {
		t.Helper()
		dev.ID = "d"
		if _, err := d.Read(context.Background(), dev); !errors.Is(err, connector.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want one of configuration with %q", err, want)
		}
	}
	bad("address", connector.Device{Address: "", Profile: "good"})
	bad("address", connector.Device{Address: "udp://h:1", Profile: "good"})
	bad("address", connector.Device{Address: "h:70000", Profile: "good"})
	bad("no profile", connector.Device{Address: "h"})
	bad("unknown", connector.Device{Address: "h", Profile: "nothing"})
	bad("interval", connector.Device{Address: "h", Profile: "good", Interval: time.Millisecond})
	bad("unknown option", connector.Device{Address: "h", Profile: "good", Options: map[string]string{"slave": "1"}})
	bad("option unit", connector.Device{Address: "h", Profile: "good", Options: map[string]string{"unit": "256"}})
	bad("option timeout", connector.Device{Address: "h", Profile: "good", Options: map[string]string{"timeout": "1"}})
	if got, err := address("meter7"); err != nil || got != "tcp://meter7:502" {
		t.Errorf("address %q, %v", got, err)
	}
	if got, err := address("rtuovertcp://[::1]:4001"); err != nil || got != "rtuovertcp://[::1]:4001" {
		t.Errorf("address %q, %v", got, err)
	}
}

// A silent unit backs off and its neighbour behind the same gateway keeps its pace.
func TestSilentUnitDoesNotHoldUpOthers(t *testing.T) {
	p := newPlant(t, map[uint8]*device{1: {holding: map[uint16]uint16{0: 230}}})
	s := &sink{}
	seen := run(t, New(library(t, map[string]string{"one": voltage})),
		newLists(at(p, "good", "one", nil), at(p, "gone", "one", map[string]string{"unit": "9"})), s)
	soon(t, "12 polls of the good one", func() bool { return len(s.of("good")) >= 12 })
	st := seen.of("gone")
	if st.OK || !strings.Contains(st.Error, "gateway") || seen.failures("gone") > 3 {
		t.Errorf("%d failures, %+v; want at most 3 in 1.2 s, since it backs off from 1 s", seen.failures("gone"), st)
	}
	if got := seen.of("good"); !got.OK || got.Samples < 11 {
		t.Errorf("status of the good one: %+v", got)
	}
}

func TestBackoffGrowsToItsLimit(t *testing.T) {
	within := func(failures int, first, want time.Duration) {
		t.Helper()
		for range 50 {
			if d := backoff(failures, first); d < want*8/10 || d > want*12/10 {
				t.Errorf("backoff(%d, %s) = %s, want %s ± 20 %%", failures, first, d, want)
			}
		}
	}
	within(1, time.Second, time.Second)
	within(4, time.Second, 8*time.Second)
	within(1000, time.Second, longestWait)
	within(3, 24*time.Hour, longestWait)
}

// The server goes away in the middle and comes back: the driver goes on by itself.
func TestDisconnectAndReturn(t *testing.T) {
	p := newPlant(t, map[uint8]*device{1: {holding: map[uint16]uint16{0: 1}}})
	s := &sink{}
	seen := run(t, New(library(t, map[string]string{"one": voltage})), newLists(at(p, "d", "one", nil)), s)
	soon(t, "first poll", func() bool { return len(s.of("d")) > 0 })
	p.server.Stop()
	soon(t, "a failure", func() bool { return !seen.of("d").OK })
	if st := seen.of("d"); !strings.Contains(st.Error, connector.ErrUnreachable.Error()) || st.Lag <= 0 {
		t.Errorf("status %+v; want unreachable, with a lag", st)
	}
	p.set(1, 0, 2)
	p.start(t)
	soon(t, "the new value", func() bool { got := s.of("d"); return got[len(got)-1].Value == 2 })
	if st := seen.of("d"); !st.OK || st.Error != "" {
		t.Errorf("status %+v", st)
	}
}

// A device that answers late is asked again, given up and reported.
func TestTimeout(t *testing.T) {
	p := newPlant(t, map[uint8]*device{1: {holding: map[uint16]uint16{0: 1}}})
	p.delay = 120 * time.Millisecond
	began := time.Now()
	_, err := New(library(t, map[string]string{"one": voltage})).Read(context.Background(), at(p, "d", "one", map[string]string{"timeout": "30ms", "retries": "2"}))
	if !errors.Is(err, connector.ErrUnreachable) || !strings.Contains(err.Error(), "timed out") {
		t.Errorf("error %v", err)
	}
	if d := time.Since(began); d < 90*time.Millisecond || d > 2*time.Second {
		t.Errorf("took %s; want three times 30 ms", d)
	}
}

// answerer answers each connection's requests with what a function makes of them.
func answerer(t *testing.T, answer func(request []byte) []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buf := make([]byte, 256)
				for {
					n, err := conn.Read(buf)
					if err != nil {
						return
					}
					out := answer(buf[:n])
					if out == nil {
						return
					}
					conn.Write(out)
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestAnswerOfAnotherUnit(t *testing.T) {
	address := answerer(t, func(q []byte) []byte {
		return append(slices.Clone(q[:4]), 0, 5, q[6]+1, q[7], 2, 0, 230)
	})
	dev := connector.Device{ID: "d", Address: address, Profile: "one"}
	_, err := New(library(t, map[string]string{"one": voltage})).Read(context.Background(), dev)
	if !errors.Is(err, connector.ErrProtocol) || !strings.Contains(err.Error(), "bad unit id") {
		t.Errorf("error %v", err)
	}
}

func TestDisconnectInMidPoll(t *testing.T) {
	address := answerer(t, func(q []byte) []byte { return nil })
	dev := connector.Device{ID: "d", Address: address, Profile: "one"}
	_, err := New(library(t, map[string]string{"one": voltage})).Read(context.Background(), dev)
	if !errors.Is(err, connector.ErrUnreachable) || !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("error %v", err)
	}
}

// crc16 is CRC-16/MODBUS (Modbus over Serial Line V1.02, 6.2.2).
func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			odd := crc & 1
			crc >>= 1
			if odd == 1 {
				crc ^= 0xA001
			}
		}
	}
	return crc
}

func TestRTUOverTCP(t *testing.T) {
	corrupt := false
	address := answerer(t, func(q []byte) []byte {
		if len(q) != 8 || binary.LittleEndian.Uint16(q[6:]) != crc16(q[:6]) {
			return nil
		}
		out := []byte{q[0], q[1], 2, 0, 231}
		out = binary.LittleEndian.AppendUint16(out, crc16(out))
		if corrupt {
			out[5] ^= 0xFF
		}
		return out
	})
	d := New(library(t, map[string]string{"one": voltage}))
	dev := connector.Device{ID: "d", Address: "rtuovertcp://" + address, Profile: "one", Options: map[string]string{"unit": "5"}}
	got, err := d.Read(context.Background(), dev)
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, got, map[string]float64{"v": 231})
	corrupt = true
	if _, err := d.Read(context.Background(), dev); !errors.Is(err, connector.ErrProtocol) || !strings.Contains(err.Error(), "bad crc") {
		t.Errorf("error %v", err)
	}
}

// A device is added, changed and removed while others go on.
func TestHotChange(t *testing.T) {
	p := newPlant(t, map[uint8]*device{1: {holding: map[uint16]uint16{0: 1}}, 2: {holding: map[uint16]uint16{0: 2}}})
	q := newPlant(t, map[uint8]*device{1: {holding: map[uint16]uint16{0: 3}}})
	l, s := newLists(at(p, "a", "one", nil)), &sink{}
	seen := run(t, New(library(t, map[string]string{"one": voltage})), l, s)
	soon(t, "a", func() bool { return len(s.of("a")) > 0 })
	wrong := at(q, "c", "no-such-profile", nil)
	l.change(at(p, "a", "one", nil), at(p, "b", "one", map[string]string{"unit": "2"}), wrong)
	soon(t, "b", func() bool { return len(s.of("b")) > 0 && seen.of("c").Error != "" })
	l.change(at(p, "b", "one", map[string]string{"unit": "1"}), at(q, "c", "one", nil))
	soon(t, "b at unit 1, c at its address", func() bool {
		b := s.of("b")
		return len(s.of("c")) > 0 && b[len(b)-1].Value == 1
	})
	was := len(s.of("a"))
	time.Sleep(300 * time.Millisecond)
	if n := len(s.of("a")); n > was+1 {
		t.Errorf("the removed device was polled %d more times", n-was)
	}
}

// A busy sink gets everything later, in order.
func TestBusySink(t *testing.T) {
	p := newPlant(t, map[uint8]*device{1: {holding: map[uint16]uint16{0: 1}}})
	s := &sink{busy: 3}
	run(t, New(library(t, map[string]string{"one": voltage})), newLists(at(p, "d", "one", nil)), s)
	soon(t, "ten polls", func() bool { return len(s.of("d")) >= 10 })
	asked, got := p.asked(), s.of("d")
	for i := 1; i < len(got); i++ {
		if !got[i].At.After(got[i-1].At) {
			t.Errorf("poll %d of %s came after that of %s", i, got[i].At, got[i-1].At)
		}
	}
	if asked-len(got) > 2 { // one under way, one on its way to the sink
		t.Errorf("%d polls, %d samples; none may be lost", asked, len(got))
	}
}

// However late a poll was, the next one is in another millisecond.
func TestPollsHaveTimesOfTheirOwn(t *testing.T) {
	due := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for late := time.Duration(0); late < 300*time.Millisecond; late += 70 * time.Microsecond {
		st := &station{due: due}
		st.interval = 100 * time.Millisecond
		began := due.Add(late)
		next := st.after(began.Add(20 * time.Microsecond))
		if later := max(next.Sub(began), 0); next.UnixMilli() == began.UnixMilli() || later > 100*time.Millisecond {
			t.Fatalf("a poll at %v, the next at %v", began, next)
		}
	}
}

func TestAlignedPolls(t *testing.T) {
	p := newPlant(t, map[uint8]*device{1: {holding: map[uint16]uint16{0: 1}}})
	s := &sink{}
	run(t, New(library(t, map[string]string{"one": voltage})), newLists(at(p, "d", "one", map[string]string{"align": "true"})), s)
	soon(t, "five polls", func() bool { return len(s.of("d")) >= 5 })
	for _, one := range s.of("d") {
		if !one.At.Equal(one.At.Truncate(100 * time.Millisecond)) {
			t.Errorf("at %s; want a multiple of 100 ms", one.At)
		}
	}
}

const switches = voltage + `writes:
  - {name: limit, unit: "%", min: 0, max: 100, modbus: {function: holding, register: 40, type: uint16, scale: 0.1}}
  - {name: power, unit: W, min: -5000, max: 5000, modbus: {function: holding, register: 50, type: float32}}
  - {name: on, unit: "1", min: 0, max: 1, modbus: {function: coil, register: 2}}
`

func TestWrite(t *testing.T) {
	u := &device{holding: map[uint16]uint16{0: 230, 40: 1000, 50: 0, 51: 0}, coils: map[uint16]bool{}}
	p := newPlant(t, map[uint8]*device{1: u})
	d := New(library(t, map[string]string{"switch": switches}))
	dev := at(p, "d", "switch", nil)
	set := func(name string, value, want float64) {
		t.Helper()
		if got, err := d.Write(context.Background(), dev, name, value); err != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("Write(%s, %v) = %v, %v; want %v", name, value, got, err, want)
		}
	}
	refused := func(name string, value float64, sentinel error) {
		t.Helper()
		if _, err := d.Write(context.Background(), dev, name, value); !errors.Is(err, sentinel) {
			t.Errorf("Write(%s, %v): %v; want %v", name, value, err, sentinel)
		}
	}
	set("limit", 60.04, 60)
	if p.holding(1, 40) != 600 {
		t.Errorf("register 40 holds %d, want 600", p.holding(1, 40))
	}
	set("power", -1234.5, -1234.5)
	set("on", 1, 1)
	refused("limit", 100.1, connector.ErrRefused)
	refused("limit", math.NaN(), connector.ErrRefused)
	refused("v", 1, connector.ErrRefused)
	u.locked = true
	refused("limit", 50, connector.ErrProtocol)
	u.locked, u.stuck = false, true
	set("limit", 20, 60) // the read-back says what it is, not what it should be
}

// The sample device list names profiles and options that there are.
func TestSample(t *testing.T) {
	data, err := os.ReadFile("sample.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Devices []connector.Device `yaml:"devices"`
	}
	if err := yaml.UnmarshalWithOptions(data, &list, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	d := New(&profile.Library{})
	for _, dev := range list.Devices {
		s, err := d.settings(dev)
		if err != nil {
			t.Error(err)
		}
		for name := range dev.Map {
			if s.profile.Value(name) == nil {
				t.Errorf("%s maps %s, which profile %s does not have", dev.ID, name, dev.Profile)
			}
		}
	}
	if len(list.Devices) < 5 {
		t.Errorf("%d devices", len(list.Devices))
	}
}
