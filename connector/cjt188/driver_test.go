package cjt188

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
	meters map[string][]byte // type and address as on the wire → payload of 901F
	damage func(n int, answer []byte) []byte
	asked  int
}

func (b *bus) serve(conn net.Conn) {
	one := make([]byte, 1)
	for {
		one[0] = 0xFE
		for one[0] == 0xFE {
			if _, err := io.ReadFull(conn, one); err != nil {
				return
			}
		}
		head := make([]byte, 10)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		rest := make([]byte, int(head[9])+2)
		if _, err := io.ReadFull(conn, rest); err != nil {
			return
		}
		b.mu.Lock()
		b.asked++
		answer := b.answer(head[:8], head[8], rest[:3])
		if b.damage != nil && answer != nil {
			answer = b.damage(b.asked, answer)
		}
		b.mu.Unlock()
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// answer is the frame for a question about an identifier; these meters know one order.
func (b *bus) answer(who []byte, control byte, data []byte) []byte {
	if control == 3 && bytes.Equal(who, bytes.Repeat([]byte{0xAA}, 8)) {
		for w := range b.meters {
			if data[0] != 0x81 {
				return nil
			}
			return frameOf([]byte(w), 0x83, data)
		}
	}
	payload, ok := b.meters[string(who)]
	switch {
	case !ok:
		return nil
	case !bytes.Equal(data[:2], []byte{0x1F, 0x90}):
		return frameOf(who, 0xC1, []byte{data[2], 0x01, 0x00})
	}
	return frameOf(who, 0x81, append(slices.Clone(data), payload...))
}

func frameOf(who []byte, control byte, data []byte) []byte {
	f := slices.Concat([]byte{0x68}, who, []byte{control, byte(len(data))}, data)
	var sum int
	for _, c := range f {
		sum += int(c)
	}
	return slices.Concat([]byte{0xFE, 0xFE, 0xFE}, f, []byte{byte(sum), 0x16})
}

const (
	water1 = "\x10\x44\x33\x22\x11\x00\x33\x78"
	heat1  = "\x20\x02\x00\x00\x00\x00\x00\x00"
)

func newBus(t *testing.T) (*bus, string) {
	now := time.Now().In(time.FixedZone("", 8*3600)).Add(-time.Hour)
	var clock []byte
	for _, n := range []int{now.Second(), now.Minute(), now.Hour(), now.Day(), int(now.Month()), now.Year() % 100, now.Year() / 100} {
		clock = append(clock, byte(n/10<<4|n%10))
	}
	b := &bus{meters: map[string][]byte{
		water1: slices.Concat([]byte{0x50, 0x77, 0x66, 0x55, 0x2C, 0, 0, 0, 0, 0x2C}, clock, []byte{0, 0}),
		heat1: slices.Concat([]byte{0, 0, 0, 0, 5, 0x25, 0x10, 0, 0, 5, 0x50, 0, 0, 0, 0x17, 0, 1, 0, 0, 0x35, 0, 2, 0, 0, 0x2C},
			[]byte{0x50, 0x60, 0, 0, 0x45, 0, 0x12, 0, 0}, clock, []byte{0, 0}),
	}}
	return b, listen(t, b.serve)
}

func (b *bus) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

func meterAt(id, address, kind, number string) connector.Device {
	return connector.Device{ID: id, Park: "p", Protocol: "cjt188", Address: address, Interval: time.Second,
		Options: map[string]string{"meter": number, "type": kind, "timeout": "100ms"}}
}

func TestRead(t *testing.T) {
	_, address := newBus(t)
	reads := func(x connector.Device, want map[string]float64) {
		t.Helper()
		list, err := New().Read(t.Context(), x)
		if err != nil || len(list) != len(want) {
			t.Errorf("%v, %v", list, err)
		}
		for _, s := range list {
			if s.Value != want[s.Name] || s.Device != x.ID || s.Span != 0 || time.Since(s.At) > time.Minute {
				t.Errorf("%+v, want %v", s, want[s.Name])
			}
		}
	}
	reads(meterAt("w", address, "10", "78330011223344"), map[string]float64{"volume": 556677.5})
	reads(meterAt("h", address, "20", "2"), map[string]float64{"heat.kwh": 10.25, "power": 0.5, "volume": 2,
		"temperature.supply": 60.5, "temperature.return": 45, "hours": 12})
}

func TestRefused(t *testing.T) {
	_, address := newBus(t)
	x := meterAt("w", address, "10", "78330011223344")
	x.Options["order"] = "high"
	if list, err := New().Read(t.Context(), x); !errors.Is(err, connector.ErrRefused) || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestDetect(t *testing.T) {
	b, address := newBus(t)
	b.set(func() { delete(b.meters, heat1) })
	d := New()
	found, err := d.Detect(t.Context(), address) // silent in the first order of the identifier
	if err != nil || len(found) != 1 || found[0].Options["meter"] != "78330011223344" || found[0].Options["type"] != "10" || found[0].Options["order"] != "high" {
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
		list, err := New().Read(t.Context(), meterAt("w", address, "10", "78330011223344"))
		if err != nil || len(list) != 1 || list[0].Value != 556677.5 {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	heals("cut", func(a []byte) []byte { return a[:len(a)-5] })
	heals("check byte", func(a []byte) []byte { a[len(a)-2]++; return a })
	heals("nothing", func([]byte) []byte { return nil })
	heals("garbage before", func(a []byte) []byte { return append([]byte{0x68, 0x00, 0x68, 0x16}, a...) })
	heals("a false start before", func(a []byte) []byte { return append([]byte("\x68"+water1+"\x81\x64"), a...) })
	heals("cut and whole", func(a []byte) []byte { return append(a[:9:9], a...) })
	heals("another meter's answer", func([]byte) []byte { return frameOf([]byte(heat1), 0x81, make([]byte, 46)) })
	heals("another item's answer", func([]byte) []byte { return frameOf([]byte(water1), 0x81, []byte{0x20, 0xD1, 0}) })
	heals("an echo of the question", func(a []byte) []byte { return append(frameOf([]byte(water1), 1, []byte{0x1F, 0x90, 1}), a...) })
}

func TestLastingFaults(t *testing.T) {
	fails := func(name string, want error, damage func([]byte) []byte) {
		t.Helper()
		b, address := newBus(t)
		b.set(func() { b.damage = func(_ int, a []byte) []byte { return damage(a) } })
		if list, err := New().Read(t.Context(), meterAt("w", address, "10", "78330011223344")); !errors.Is(err, want) || len(list) != 0 {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	fails("silence", connector.ErrUnreachable, func([]byte) []byte { return nil })
	fails("check byte", connector.ErrProtocol, func(a []byte) []byte { a[len(a)-2]++; return a })
	fails("too short", connector.ErrProtocol, func([]byte) []byte { return frameOf([]byte(water1), 0x81, []byte{0x1F, 0x90, 0, 1, 2}) })
	fails("no digits", connector.ErrProtocol, func([]byte) []byte {
		return frameOf([]byte(water1), 0x81, append([]byte{0x1F, 0x90, 0}, bytes.Repeat([]byte{0xFF}, 19)...))
	})
}

// Two meters on one wire, one of them dead: the good one is read every second, and how
// far its clock is behind is told.
func TestRun(t *testing.T) {
	b, address := newBus(t)
	d := New()
	p := run(t, d)
	p.mu.Lock()
	p.busy = 1
	p.mu.Unlock()
	p.set(meterAt("good", address, "10", "78330011223344"), meterAt("dead", address, "10", "999"), meterAt("wrong", address, "99", "1"))
	eventually(t, "the good meter is read thrice", func() bool { return len(p.of("good")) >= 3 })
	if s, _ := p.last("good"); !s.OK || s.Error != "" || s.Lag < time.Hour || s.Lag > time.Hour+time.Minute {
		t.Errorf("good: %+v", s)
	}
	if s, n := p.last("dead"); s.OK || !strings.Contains(s.Error, "no answer") || n > 3 {
		t.Errorf("dead, asked %d times: %+v", n, s)
	}
	if s, _ := p.last("wrong"); s.OK || !strings.Contains(s.Error, "option type") {
		t.Errorf("wrong: %+v", s)
	}
	if d.Counts()["busy"] != 1 {
		t.Errorf("%v", d.Counts())
	}
	b.set(func() { b.damage = func(_ int, a []byte) []byte { time.Sleep(200 * time.Millisecond); return a } })
	eventually(t, "late answers are a fault", func() bool { s, _ := p.last("good"); return !s.OK })
	b.set(func() { b.damage = nil })
	p.set(meterAt("h", address, "20", "2"))
	eventually(t, "another meter is read", func() bool { return len(p.of("h")) > 0 })
}
