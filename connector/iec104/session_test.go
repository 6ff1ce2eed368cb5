package iec104

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/connector"
)

func TestInterrogation(t *testing.T) {
	acknowledged := make(chan uint16, 1)
	address := serve(t, func(_ int, s *rtu) {
		ok := s.start(func() {
			s.scaled(20, 1, 230)
			s.unit(1, 0x83, 20, 0, 1, 0, 16, 0, 0, 1, 0, 1)                                           // three single points in sequence
			s.unit(37, 1, 37, 0, 1, 0, 1, 0x64, 0, 0x40, 0xE2, 1, 0, 3, 0, 0, 15, 12, 0x16, 11, 0x1A) // 22 Nov 2026 12:15
		})
		if !ok {
			return
		}
		s.stay(func(heard) bool { return s.said == s.sent })
		acknowledged <- s.said
		s.stay(never)
	})
	p := &park{devices: []connector.Device{device(address, "t2", "50ms")}}
	run(t, hasty(), p)
	select {
	case n := <-acknowledged:
		if n != 5 { // three with values, confirmation and end
			t.Errorf("%d frames acknowledged, not 5", n)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("not acknowledged: ", p.failure())
	}
	want := map[string]float64{"ioa:1": 230, "ioa:16": 1, "ioa:17": 0, "ioa:18": 1, "ioa:25601": 123456}
	got := p.values()
	for name, v := range want {
		if !slices.Equal(got[name], []float64{v}) {
			t.Errorf("%s: %v, want %v", name, got[name], v)
		}
	}
	for _, s := range p.samples {
		if at := time.Date(2026, 11, 22, 4, 15, 0, 0, time.UTC); s.Name == "ioa:25601" && !s.At.Equal(at) {
			t.Errorf("the total is of %s, want %s", s.At, at)
		}
		if s.Name == "ioa:1" && time.Since(s.At).Abs() > time.Minute {
			t.Errorf("a value without tag is of %s", s.At)
		}
	}
	eventually(t, "status is good", func() bool { s := p.last(); return s.OK && s.Error == "" })
}

// TestAcknowledgedMeansDurable blocks the sink: for as long as it is blocked neither an
// S frame nor the N(R) of an interrogation acknowledges a value, while tests are
// answered; then everything is acknowledged.
func TestAcknowledgedMeansDurable(t *testing.T) {
	gate := make(chan struct{})
	verdict := make(chan string, 1)
	address := serve(t, func(n int, s *rtu) {
		verdict <- func() string {
			if !s.start(func() {}) {
				return "no start"
			}
			s.stay(func(heard) bool { return s.said == 2 }) // confirmation and end hold nothing
			for i := range byte(10) {
				s.scaled(3, i+1, int16(i))
			}
			commands, tests := 0, 0
			for commands < 2 || tests < 2 {
				s.function(0x43)
				h, err := s.next(3 * time.Second)
				if err != nil {
					return "nothing: " + err.Error()
				}
				if s.said != 2 {
					return "acknowledged while the sink was blocked"
				}
				switch {
				case len(h.unit) > 0:
					commands++
				case h.function == 0x83:
					tests++
				case h.function == 0:
					return "an S frame while the sink was blocked"
				}
			}
			close(gate)
			if !s.stay(func(heard) bool { return s.said == 12 }) {
				return "not acknowledged after the sink took it"
			}
			return ""
		}()
		s.stay(never)
	})
	d := device(address, "t2", "20ms", "counters", "1s")
	d.Interval = time.Second
	p := &park{devices: []connector.Device{d}, gate: gate}
	run(t, hasty(), p)
	select {
	case v := <-verdict:
		if v != "" {
			t.Error(v, "; ", p.failure())
		}
	case <-time.After(10 * time.Second):
		t.Error("no verdict: ", p.failure())
	}
	if got := len(p.values()); got != 10 {
		t.Errorf("%d values", got)
	}
}

func TestBusySinkIsAskedAgain(t *testing.T) {
	done := make(chan struct{})
	address := serve(t, func(_ int, s *rtu) {
		s.start(func() { s.scaled(20, 1, 7) })
		if s.stay(func(heard) bool { return s.said == s.sent }) {
			close(done)
		}
		s.stay(never)
	})
	p := &park{devices: []connector.Device{device(address, "t2", "20ms")}, refusals: 2}
	run(t, hasty(), p)
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Error("not acknowledged: ", p.failure())
	}
	if got := p.values()["ioa:1"]; !slices.Equal(got, []float64{7}) {
		t.Errorf("%v", got)
	}
}

// TestAcknowledgement: w frames at once, fewer within t2.
func TestAcknowledgement(t *testing.T) {
	verdict := make(chan string, 1)
	address := serve(t, func(_ int, s *rtu) {
		verdict <- func() string {
			s.start(func() { s.scaled(20, 1, 1) })
			began := time.Now()
			if !s.stay(func(heard) bool { return s.said == 3 }) || time.Since(began) > 300*time.Millisecond {
				return "w frames were not acknowledged at once"
			}
			s.scaled(3, 1, 2)
			if err := s.quietFor(300 * time.Millisecond); err != nil {
				return "before t2: " + err.Error()
			}
			if !s.stay(func(heard) bool { return s.said == 4 }) {
				return "one frame was not acknowledged"
			}
			return ""
		}()
		s.stay(never)
	})
	run(t, hasty(), &park{devices: []connector.Device{device(address, "t2", "500ms", "w", "3")}})
	select {
	case v := <-verdict:
		if v != "" {
			t.Error(v)
		}
	case <-time.After(5 * time.Second):
		t.Error("no verdict")
	}
}

// TestLeftOut: what is not admitted is counted and acknowledged, and what follows is
// admitted.
func TestLeftOut(t *testing.T) {
	address := serve(t, func(_ int, s *rtu) {
		s.start(func() {
			s.unit(125, 1, 3, 0, 1, 0, 1, 0, 0, 9)         // unknown type
			s.unit(11, 2, 3, 0, 1, 0, 1, 0, 0, 1)          // truncated
			s.unit(11, 1, 3, 0, 2, 0, 1, 0, 0, 1, 0, 0)    // another common address
			s.unit(11, 1, 0x83, 0, 1, 0, 1, 0, 0, 1, 0, 0) // test
			s.unit(11, 5, 3, 0, 1, 0, 1, 0, 0, 1, 0, 0x80, 2, 0, 0, 1, 0, 0x40, 3, 0, 0, 1, 0, 0x20, 4, 0, 0, 1, 0, 0x10, 5, 0, 0, 1, 0, 1)
			s.unit(13, 1, 3, 0, 1, 0, 6, 0, 0, 0, 0, 0xC0, 0x7F, 0)                          // NaN
			s.unit(30, 1, 3, 0, 1, 0, 7, 0, 0, 1, 0, 0, 0x80, 0, 1, 1, 0x1A)                 // invalid time
			s.unit(15, 2, 37, 0, 1, 0, 8, 0, 0, 1, 0, 0, 0, 0x60, 9, 0, 0, 1, 0, 0, 0, 0x80) // carried and adjusted; invalid
			s.scaled(3, 10, 10)
		})
		s.stay(never)
	})
	d := hasty()
	p := &park{devices: []connector.Device{device(address, "t2", "20ms", "accept", "SB")}}
	run(t, d, p)
	eventually(t, "the last value", func() bool { return p.values()["ioa:10"] != nil })
	want := map[string]int64{"invalid": 2, "overflow": 1, "blocked": 1, "substituted": 1, "not_topical": 1, "not_number": 1, "test": 1,
		"unclear": 1, "carried": 1, "adjusted": 1, "unknown": 1, "stray": 1, "malformed": 1}
	if got := d.Counts(); !maps.Equal(got, want) {
		t.Errorf("counts %+v", got)
	}
	if got := p.values(); len(got) != 4 || got["ioa:3"] == nil || got["ioa:7"] == nil || got["ioa:8"] == nil {
		t.Errorf("values %v", got)
	}
	if s := p.last(); !s.OK || s.Error == "" {
		t.Errorf("status %+v: should say what is left out", s)
	}
}

// TestSlowSink: frames that came while the sink was busy with others are acknowledged
// t2 after they came, not t2 after those others were acknowledged.
func TestSlowSink(t *testing.T) {
	gate := make(chan struct{})
	verdict := make(chan time.Duration, 1)
	address := serve(t, func(_ int, s *rtu) {
		s.start(func() {})
		s.stay(func(heard) bool { return s.said == 2 })
		s.scaled(3, 1, 1)
		time.Sleep(100 * time.Millisecond) // the first is with the sink
		s.scaled(3, 1, 2)
		time.Sleep(1200 * time.Millisecond) // t2 has passed for both
		close(gate)
		opened := time.Now()
		s.stay(func(heard) bool { return s.said == 4 })
		verdict <- time.Since(opened)
		s.stay(never)
	})
	run(t, hasty(), &park{devices: []connector.Device{device(address, "t2", "1s")}, gate: gate})
	if took := <-verdict; took > 500*time.Millisecond {
		t.Errorf("acknowledged %s after they were durable, though t2 had passed", took)
	}
}

// TestUnanswered: a station that does not answer interrogations is said to be so, and
// the connection stands.
func TestUnanswered(t *testing.T) {
	address := serve(t, func(n int, s *rtu) {
		s.next(time.Second)
		s.function(0x0B)
		s.stay(func(h heard) bool {
			if len(h.unit) > 0 {
				s.octets(0x68, 4, 1, 0, byte(s.took<<1), 0)
			}
			return false
		})
	})
	d := device(address, "ca", "7")
	d.Interval = time.Second
	p := &park{devices: []connector.Device{d}}
	run(t, hasty(), p)
	eventually(t, "says so", func() bool {
		s := p.last()
		return s.OK && strings.Contains(s.Error, "did not finish the last interrogation")
	})
	if got := p.failure(); got != "" {
		t.Error(got)
	}
}

func TestSeveralCommonAddresses(t *testing.T) {
	var asked atomic.Int32
	address := serve(t, func(_ int, s *rtu) {
		s.next(time.Second)
		s.function(0x0B)
		s.stay(func(h heard) bool {
			if len(h.unit) > 0 && h.unit[0] == 100 {
				asked.Add(1)
				common := h.unit[4]
				s.confirm(h.unit, 7)
				s.unit(11, 1, 20, 0, common, 0, 1, 0, 0, common, 0, 0)
				s.confirm(h.unit, 10)
			}
			return false
		})
	})
	p := &park{devices: []connector.Device{device(address, "t2", "20ms", "ca", "3, 4"), {ID: "second", Park: "q", Address: address}}}
	run(t, hasty(), p)
	eventually(t, "both", func() bool {
		v := p.values()
		return slices.Equal(v["ca:3/ioa:1"], []float64{3}) && slices.Equal(v["ca:4/ioa:1"], []float64{4})
	})
	if asked.Load() != 2 || !strings.Contains(p.failure(), "address of device rtu") {
		t.Errorf("%d interrogations; %s", asked.Load(), p.failure())
	}
}

// TestStop: a driver that is stopped, or a device that leaves the list, acknowledges
// what is stored and ends the transfer.
func TestStop(t *testing.T) {
	stops := make(chan uint16, 2)
	address := serve(t, func(_ int, s *rtu) {
		s.start(func() { s.scaled(20, 1, 5) })
		s.stay(func(h heard) bool { return h.function == 0x13 })
		stops <- s.said
	})
	d := device(address)
	p := &park{devices: []connector.Device{d}}
	stop := run(t, hasty(), p)
	stopped := func(what string) {
		t.Helper()
		select {
		case n := <-stops:
			if n != 3 {
				t.Errorf("%s: %d frames acknowledged, not 3", what, n)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s: not stopped", what)
		}
	}
	eventually(t, "first", func() bool { return len(p.values()["ioa:1"]) == 1 })
	p.set(with(d, "t3", "30s"))
	stopped("changed")
	eventually(t, "again", func() bool { return len(p.values()["ioa:1"]) == 2 })
	stop()
	stopped("stopped")
}

func TestRead(t *testing.T) {
	told := make(chan uint16, 4)
	address := serve(t, func(_ int, s *rtu) {
		s.next(time.Second)
		s.function(0x0B)
		s.stay(func(h heard) bool {
			if len(h.unit) > 0 && h.unit[0] == 100 {
				s.confirm(h.unit, 7)
				s.scaled(20, 1, 41)
				s.scaled(3, 2, 42) // spontaneous
				s.confirm(h.unit, 10)
			}
			return h.function == 0x13
		})
		told <- s.said
	})
	dev := device(address, "t2", "20ms")
	check := func(d *Driver) {
		t.Helper()
		list, err := d.Read(t.Context(), dev)
		if err != nil || len(list) != 2 || list[0].Name != "ioa:1" || list[0].Value != 41 || list[1].Value != 42 {
			t.Fatalf("%+v, %v", list, err)
		}
	}
	check(New())
	if n := <-told; n != 2 { // confirmation and the interrogated value; not the spontaneous one
		t.Errorf("%d frames acknowledged without a store, not 2", n)
	}
	d := hasty()
	p := &park{devices: []connector.Device{dev}}
	stop := run(t, d, p)
	eventually(t, "runs", func() bool { return len(p.values()["ioa:1"]) == 1 })
	check(d)
	eventually(t, "what a question brings is stored too", func() bool { return len(p.values()["ioa:1"]) == 2 })
	stop()
	if n := <-told; n != 8 {
		t.Errorf("%d frames acknowledged, not 8", n)
	}
	if len(told) != 0 {
		t.Error("Read made a connection of its own beside that of Run")
	}
}

func TestReadFails(t *testing.T) {
	failed := func(what string, want error, dev connector.Device) {
		t.Helper()
		if list, err := New().Read(t.Context(), dev); !errors.Is(err, want) || len(list) > 0 {
			t.Errorf("%s: %v, %v", what, list, err)
		}
	}
	mute := serve(t, func(_ int, s *rtu) {
		s.next(time.Second)
		s.function(0x0B)
		s.stay(func(heard) bool { s.octets(0x68, 4, 1, 0, 2, 0); return false })
	})
	failed("no answer", connector.ErrUnreachable, device(mute, "t1", "200ms", "t2", "20ms"))
	failed("wrong", connector.ErrProtocol, device(serve(t, func(_ int, s *rtu) { s.octets('E', 'R', 'R'); s.stay(never) })))
	failed("nobody", connector.ErrUnreachable, device("127.0.0.1:1"))
	failed("settings", connector.ErrConfig, device("127.0.0.1", "ca", "0"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New().Read(ctx, device(mute)); err == nil {
		t.Error("read though cancelled")
	}
}

func TestSettings(t *testing.T) {
	wrong := func(d connector.Device, want string) {
		t.Helper()
		if _, err := understand(d); !errors.Is(err, connector.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", d, err)
		}
	}
	wrong(device(""), "address")
	wrong(device("h:0"), "address")
	wrong(connector.Device{Address: "h", Interval: time.Millisecond}, "interval")
	for _, o := range [][2]string{{"ca", "65535"}, {"ca", "1,1"}, {"ca", ""}, {"origin", "256"}, {"k", "0"}, {"k", "1025"}, {"w", "13"}, {"t0", "0s"},
		{"t1", "x"}, {"t2", "15s"}, {"t3", "49h"}, {"counters", "1ms"}, {"zone", "Nowhere"}, {"summer", "perhaps"}, {"accept", "IV"}, {"nonsense", "1"}} {
		wrong(device("h", o[0], o[1]), "")
	}
	s, err := understand(device("station", "ca", "1,65534", "k", "20", "w", "13", "accept", "NT, OV", "counters", "15m", "zone", "UTC"))
	if err != nil || s.address != "station:2404" || !slices.Equal(s.common, []uint16{1, 65534}) || s.accept != notTopical|overflow || s.interval != 15*time.Minute {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestWindow plays a station that keeps to k against a sink of any speed, over the
// wrap of the numbers: nothing right is refused, and never is more acknowledged than
// durable.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 40).Draw(t, "k")
		begin := uint16(rapid.SampledFrom([]int{0, 1000, modulus - 5}).Draw(t, "begin"))
		w := window{k: k, w: k, received: begin, durable: begin, acknowledged: begin, sent: begin, confirmed: begin}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				full := distance(w.acknowledged, w.received) >= k
				if err := w.take(w.received); (err != nil) != full {
					t.Fatalf("%+v: %v, full %v", w, err, full)
				}
			case 1:
				if w.durable != w.received {
					w.durable = (w.durable + 1) % modulus
				}
			case 2:
				w.acknowledged = w.durable
			case 3:
				w.sent = (w.sent + 1) % modulus
				if w.confirm((w.sent+1)%modulus) == nil {
					t.Fatalf("%+v: acknowledged what was not sent", w)
				}
				if err := w.confirm(w.sent); err != nil {
					t.Fatal(err)
				}
			}
			if w.take((w.received+1)%modulus) == nil || w.owed() > distance(w.acknowledged, w.received) {
				t.Fatalf("%+v", w)
			}
		}
	})
}
