package iec104

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lingtan/connector"
)

// fault breaks the first connection to a station. It is told in the status, and a
// second connection brings values.
func fault(t *testing.T, name, want string, first func(s *rtu)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		address := serve(t, func(n int, s *rtu) {
			if n == 0 {
				first(s)
				return
			}
			s.start(func() { s.scaled(20, 9, 99) })
			s.stay(never)
		})
		p := &park{devices: []connector.Device{device(address, "t1", "300ms", "t2", "50ms", "t3", "200ms")}}
		run(t, hasty(), p)
		eventually(t, "resumes", func() bool { return slices.Contains(p.values()["ioa:9"], 99) })
		if got := p.failure(); !strings.Contains(got, want) {
			t.Errorf("status %q, want %q", got, want)
		}
	})
}

func TestSilence(t *testing.T) {
	silent := func(s *rtu) { time.Sleep(800 * time.Millisecond) }
	fault(t, "silent from the start", "STARTDT was not confirmed", silent)
	fault(t, "silent later", "TESTFR was not confirmed", func(s *rtu) {
		s.start(func() {})
		s.octets(0x68, 4, 1, 0, 2, 0) // the interrogation is acknowledged
		silent(s)
	})
	fault(t, "interrogation not acknowledged", "interrogation was not acknowledged", func(s *rtu) {
		s.next(time.Second)
		s.function(0x0B)
		for range 20 {
			time.Sleep(50 * time.Millisecond)
			s.function(0x43) // it lives
		}
	})
}

func TestFaults(t *testing.T) {
	started := func(then func(s *rtu)) func(s *rtu) {
		return func(s *rtu) {
			s.start(func() {})
			then(s)
			s.stay(never)
		}
	}
	fault(t, "number left out", "frames were lost", started(func(s *rtu) { s.sent++; s.scaled(3, 1, 1) }))
	fault(t, "number repeated", "frames were lost", started(func(s *rtu) { s.scaled(3, 1, 1); s.sent--; s.scaled(3, 1, 1) }))
	fault(t, "acknowledges what was not sent", "acknowledges frame 5", started(func(s *rtu) { s.took = 5; s.scaled(3, 1, 1) }))
	fault(t, "oversized", "length 255", started(func(s *rtu) { s.octets(0x68, 255, 0, 0, 0, 0) }))
	fault(t, "too short", "length 2", started(func(s *rtu) { s.octets(0x68, 2, 0, 0) }))
	fault(t, "no frame", "begins with 48, not 68", func(s *rtu) { s.octets([]byte("HTTP/1.1 400\r\n\r\n")...); s.stay(never) })
	fault(t, "flood", "more than k = 12", started(func(s *rtu) {
		s.octets(slices.Repeat([]byte{0x68, 4, 0x43, 0, 0, 0}, 50)...) // a driver that is slow with tests
		for range 5000 {
			s.scaled(3, 1, 1)
		}
	}))
	fault(t, "within a unit", "within a frame", func(s *rtu) {
		s.start(func() {})
		s.octets(0x68, 16, 4, 0, 0, 0, 11, 1, 3)
	})
	fault(t, "closed", "closed the connection", func(s *rtu) { s.start(func() {}) })
	fault(t, "values before the start", "before STARTDT", func(s *rtu) { s.scaled(3, 1, 1); s.stay(never) })
	fault(t, "another controlling station", "function 07", started(func(s *rtu) { s.function(0x07) }))
	fault(t, "truncated unit, then closed", "closed the connection", func(s *rtu) {
		s.start(func() { s.unit(11, 2, 3, 0, 1, 0, 1, 0, 0, 1) })
	})
}

// TestFloodIsBounded: of 5,000 frames sent against k = 12 and a blocked sink no more
// than 12 are kept.
func TestFloodIsBounded(t *testing.T) {
	gate := make(chan struct{})
	address := serve(t, func(n int, s *rtu) {
		if n > 0 {
			s.stay(never)
			return
		}
		s.start(func() {})
		s.stay(func(heard) bool { return s.said == 2 })
		for range 5000 {
			s.scaled(3, 1, 1)
		}
		s.stay(never)
	})
	p := &park{devices: []connector.Device{device(address, "t2", "20ms")}, gate: gate}
	run(t, hasty(), p)
	eventually(t, "refused", func() bool { return p.failure() != "" })
	close(gate)
	time.Sleep(50 * time.Millisecond)
	if n := len(p.values()["ioa:1"]); n > 12 {
		t.Errorf("%d values of a flood were stored", n)
	}
	if got := p.failure(); !strings.Contains(got, "k = 12") {
		t.Errorf("status %q", got)
	}
}
