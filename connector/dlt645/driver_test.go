package dlt645

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/connector"
)

// bus is a serial server with meters on its wire. It speaks the protocol from the
// standard's side and shares no code with the driver.
type bus struct {
	mu     sync.Mutex
	meters map[string]map[string][]byte // address and identifier as on the wire → value
	more   map[string][]byte            // identifiers of which the rest comes in a second frame
	damage func(n int, answer []byte) []byte
	asked  int
	open   int // connections now
	most   int // connections at once, at most
}

func (b *bus) serve(conn net.Conn) {
	b.mu.Lock()
	b.open++
	b.most = max(b.most, b.open)
	b.mu.Unlock()
	defer func() { b.mu.Lock(); b.open--; b.mu.Unlock() }()
	one := make([]byte, 1)
	for {
		one[0] = 0xFE
		for one[0] == 0xFE {
			if _, err := io.ReadFull(conn, one); err != nil {
				return
			}
		}
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		rest := make([]byte, int(head[8])+2)
		if _, err := io.ReadFull(conn, rest); err != nil {
			return
		}
		b.mu.Lock()
		b.asked++
		answer := b.answer(head[:6], head[7], rest[:len(rest)-2])
		if b.damage != nil && answer != nil {
			answer = b.damage(b.asked, answer)
		}
		b.mu.Unlock()
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// answer is the frame for a question; its data still have the offset.
func (b *bus) answer(address []byte, control byte, data []byte) []byte {
	if control == 0x13 && bytes.Equal(address, bytes.Repeat([]byte{0xAA}, 6)) {
		for a := range b.meters {
			return frameOf([]byte(a), 0x93, []byte(a))
		}
	}
	meter, ok := b.meters[string(address)]
	if !ok {
		return nil
	}
	di := string(shift(data[:4], -0x33))
	value, ok := meter[di]
	switch {
	case !ok:
		return frameOf(address, 0xD1, []byte{0x02})
	case control == 0x12:
		return frameOf(address, 0x92, slices.Concat([]byte(di), b.more[di], shift(data[4:5], -0x33)))
	case b.more[di] != nil:
		return frameOf(address, 0xB1, append([]byte(di), value...))
	}
	return frameOf(address, 0x91, append([]byte(di), value...))
}

func frameOf(address []byte, control byte, data []byte) []byte {
	f := slices.Concat([]byte{0x68}, address, []byte{0x68, control, byte(len(data))}, shift(data, 0x33))
	var sum int
	for _, c := range f {
		sum += int(c)
	}
	return slices.Concat([]byte{0xFE, 0xFE}, f, []byte{byte(sum), 0x16})
}

func shift(data []byte, by int) []byte {
	out := make([]byte, len(data))
	for i, c := range data {
		out[i] = byte(int(c) + by)
	}
	return out
}

const (
	address1 = "\x61\x01\x00\x00\x00\x00"
	address2 = "\x02\x00\x00\x00\x00\x00"
	forward  = "\x00\x00\x01\x00"
	power    = "\x00\x00\x03\x02"
	voltages = "\x00\xff\x01\x02"
)

func newBus(t *testing.T) (*bus, string) {
	b := &bus{meters: map[string]map[string][]byte{
		address1: {forward: {0x78, 0x56, 0x34, 0x12}, power: {0x56, 0x34, 0x92}, voltages: {0x14, 0x23, 0x00, 0x23, 0x99, 0x22}},
		address2: {forward: {0x00, 0x01, 0x00, 0x00}},
	}, more: map[string][]byte{}}
	return b, listen(t, b.serve)
}

func (b *bus) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

func meterAt(id, address, number, read string) connector.Device {
	return connector.Device{ID: id, Park: "p", Protocol: "dlt645", Address: address, Interval: time.Second,
		Options: map[string]string{"meter": number, "read": read, "timeout": "100ms"}}
}

func names(list []connector.Sample) map[string]float64 {
	m := map[string]float64{}
	for _, s := range list {
		m[s.Name] = s.Value
	}
	return m
}

func TestRead(t *testing.T) {
	_, address := newBus(t)
	d := New()
	list, err := d.Read(t.Context(), meterAt("m1", address, "161", "energy.forward,power,voltages"))
	got := names(list)
	if err != nil || len(list) != 5 || got["energy.forward"] != 123456.78 || got["power"] != -12.3456 || got["voltage.a"] != 231.4 || got["voltage.c"] != 229.9 {
		t.Errorf("%v, %v", got, err)
	}
	for _, s := range list {
		if s.Device != "m1" || s.Span != 0 || time.Since(s.At) > time.Minute {
			t.Errorf("%+v", s)
		}
	}
	if d.Servers() != 0 {
		t.Error("the line stays open")
	}
}

// A refused item does not hold up the others, and says why.
func TestRefusedItem(t *testing.T) {
	_, address := newBus(t)
	d := New()
	list, err := d.Read(t.Context(), meterAt("m1", address, "161", "pf,energy.forward"))
	if !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "02060000") || !strings.Contains(err.Error(), "no such data") {
		t.Error(err)
	}
	if len(list) != 1 || d.Counts()["refused"] != 1 {
		t.Errorf("%v, %v", list, d.Counts())
	}
}

func TestFollowingFrame(t *testing.T) {
	b, address := newBus(t)
	b.set(func() { b.more[voltages] = []byte{0x05, 0x22} })
	b.set(func() { b.meters[address1][voltages] = []byte{0x14, 0x23, 0x00, 0x23} })
	list, err := New().Read(t.Context(), meterAt("m1", address, "161", "voltages"))
	if got := names(list); err != nil || len(list) != 3 || got["voltage.b"] != 230 || got["voltage.c"] != 220.5 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestDetect(t *testing.T) {
	b, address := newBus(t)
	b.set(func() { delete(b.meters, address2) })
	found, err := New().Detect(t.Context(), address)
	if err != nil || len(found) != 1 || found[0].Options["meter"] != "000000000161" || found[0].Address != address {
		t.Errorf("%+v, %v", found, err)
	}
}

// Whatever happens to the first answer, the second is taken.
func TestOneFault(t *testing.T) {
	heals := func(name string, damage func([]byte) []byte) {
		t.Helper()
		b, address := newBus(t)
		b.set(func() {
			b.damage = func(n int, answer []byte) []byte {
				if n == 1 {
					return damage(answer)
				}
				return answer
			}
		})
		list, err := New().Read(t.Context(), meterAt("m1", address, "161", "energy.forward"))
		if err != nil || len(list) != 1 || list[0].Value != 123456.78 {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	heals("cut", func(a []byte) []byte { return a[:len(a)-5] })
	heals("check byte", func(a []byte) []byte { a[len(a)-2]++; return a })
	heals("nothing", func([]byte) []byte { return nil })
	heals("garbage before", func(a []byte) []byte { return append([]byte{0x68, 0x00, 0x68, 0x16}, a...) })
	heals("cut and whole", func(a []byte) []byte { return append(a[:9:9], a...) })
	heals("another meter's answer", func(a []byte) []byte { return frameOf([]byte(address2), 0x91, []byte(forward+"\x01\x00\x00\x00")) })
	heals("another item's answer", func(a []byte) []byte { return frameOf([]byte(address1), 0x91, []byte(power+"\x01\x00\x00")) })
	heals("an echo of the question", func(a []byte) []byte { return append(frameOf([]byte(address1), 0x11, []byte(forward)), a...) })
}

func TestLastingFaults(t *testing.T) {
	fails := func(name string, want error, damage func([]byte) []byte) {
		t.Helper()
		b, address := newBus(t)
		b.set(func() { b.damage = func(_ int, a []byte) []byte { return damage(a) } })
		if list, err := New().Read(t.Context(), meterAt("m1", address, "161", "energy.forward")); !errors.Is(err, want) || len(list) != 0 {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	fails("silence", connector.ErrUnreachable, func([]byte) []byte { return nil })
	fails("check byte", connector.ErrProtocol, func(a []byte) []byte { a[len(a)-2]++; return a })
	fails("no digits", connector.ErrProtocol, func([]byte) []byte { return frameOf([]byte(address1), 0x91, []byte(forward+"\xff\xff\xff\xff")) })
	fails("too short", connector.ErrProtocol, func([]byte) []byte { return frameOf([]byte(address1), 0x91, []byte(forward+"\x01")) })
	fails("frames without end", connector.ErrProtocol, func(a []byte) []byte {
		if a[2+8] == 0x92 {
			seq := a[len(a)-3] - 0x33
			return frameOf([]byte(address1), 0xB2, []byte(forward+"\x01"+string(seq)))
		}
		return frameOf([]byte(address1), 0xB1, []byte(forward+"\x01"))
	})
	_, err := New().Read(t.Context(), meterAt("m1", "127.0.0.1:1", "161", "energy.forward"))
	if !errors.Is(err, connector.ErrUnreachable) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestConfig(t *testing.T) {
	bad := func(change func(*connector.Device)) {
		t.Helper()
		x := meterAt("m1", "127.0.0.1:1", "161", "power")
		change(&x)
		if _, err := New().Read(t.Context(), x); !errors.Is(err, connector.ErrConfig) {
			t.Errorf("%+v: %v", x, err)
		}
	}
	bad(func(x *connector.Device) { x.Address = "" })
	bad(func(x *connector.Device) { x.Options["meter"] = "" })
	bad(func(x *connector.Device) { x.Options["meter"] = "12X" })
	bad(func(x *connector.Device) { x.Options["meter"] = "1234567890123" })
	bad(func(x *connector.Device) { x.Options["read"] = "volt" })
	bad(func(x *connector.Device) { x.Options["timeout"] = "1h" })
	bad(func(x *connector.Device) { x.Options["preamble"] = "99" })
}

// Two meters on one wire, one of them dead, one wrongly configured: the good one is read
// every second over a single connection.
func TestRun(t *testing.T) {
	b, address := newBus(t)
	d := New()
	p := run(t, d, meterAt("good", address, "161", "energy.forward"), meterAt("dead", address, "999", "energy.forward"),
		meterAt("wrong", address, "X", "power"))
	eventually(t, "the good meter is read thrice", func() bool { return len(p.of("good")) >= 3 })
	if s, _ := p.last("good"); !s.OK || s.Error != "" || s.Samples < 3 || s.Park != "p" {
		t.Errorf("good: %+v", s)
	}
	if s, n := p.last("dead"); s.OK || !strings.Contains(s.Error, "no answer") || n > 3 {
		t.Errorf("dead, asked %d times: %+v", n, s)
	}
	if s, _ := p.last("wrong"); s.OK || !strings.Contains(s.Error, "option meter") {
		t.Errorf("wrong: %+v", s)
	}
	if _, err := d.Read(t.Context(), meterAt("m2", address, "2", "energy.forward")); err != nil {
		t.Errorf("reading beside the polls: %v", err)
	}
	b.set(func() {
		if b.most != 1 {
			t.Errorf("%d connections at once", b.most)
		}
	})
}

func TestHotList(t *testing.T) {
	_, address := newBus(t)
	p := run(t, New())
	p.set(meterAt("m1", address, "161", "energy.forward"))
	eventually(t, "a new meter is read", func() bool { return len(p.of("m1")) > 0 })
	p.set(meterAt("m2", address, "2", "energy.forward"))
	eventually(t, "another is read", func() bool { return len(p.of("m2")) > 0 })
	n := len(p.of("m1"))
	time.Sleep(1200 * time.Millisecond)
	if len(p.of("m1")) != n {
		t.Error("a meter that left the list is still read")
	}
}

// A busy sink loses nothing: the values are kept and handed on later.
func TestBusySink(t *testing.T) {
	_, address := newBus(t)
	d := New()
	p := run(t, d)
	p.mu.Lock()
	p.busy = 3
	p.mu.Unlock()
	p.set(meterAt("m1", address, "161", "energy.forward"))
	eventually(t, "the values came in the end", func() bool { return len(p.of("m1")) > 0 })
	if d.Counts()["busy"] != 3 {
		t.Errorf("%v", d.Counts())
	}
}

// A serial server that drops the connection is called again.
func TestReconnect(t *testing.T) {
	b, address := newBus(t)
	p := run(t, New(), meterAt("m1", address, "161", "energy.forward"))
	eventually(t, "it is read", func() bool { return len(p.of("m1")) > 0 })
	b.set(func() {
		b.damage = func(int, []byte) []byte { return nil }
	})
	eventually(t, "it is silent", func() bool { s, _ := p.last("m1"); return s.At != (time.Time{}) && !s.OK })
	b.set(func() { b.damage = nil })
	n := len(p.of("m1"))
	eventually(t, "it is read again", func() bool { return len(p.of("m1")) > n })
}
