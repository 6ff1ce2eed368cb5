package iec104

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"lingtan/connector"
)

// rtu is the controlled side of one connection, written from the standard and
// without the driver's own code, so that both cannot be wrong in the same way.
type rtu struct {
	conn net.Conn
	in   *bufio.Reader
	sent uint16 // of its I frames
	took uint16 // of the driver's I frames
	said uint16 // N(R) that the driver sent last
}

// octets sends what is given, right or wrong.
func (s *rtu) octets(b ...byte) { s.conn.Write(b) } // a driver that has gone is seen at reading

func (s *rtu) function(f byte) { s.octets(0x68, 4, f, 0, 0, 0) }

// numbered sends an I frame with any number.
func (s *rtu) numbered(n uint16, unit ...byte) {
	head := []byte{0x68, byte(4 + len(unit)), 0, 0, 0, 0}
	binary.LittleEndian.PutUint16(head[2:], n<<1)
	binary.LittleEndian.PutUint16(head[4:], s.took<<1)
	s.octets(append(head, unit...)...)
}

// unit sends an I frame.
func (s *rtu) unit(unit ...byte) {
	s.numbered(s.sent, unit...)
	s.sent = (s.sent + 1) & 0x7FFF
}

// scaled sends M_ME_NB_1 of common address 1.
func (s *rtu) scaled(cause, ioa byte, v int16) {
	s.unit(11, 1, cause, 0, 1, 0, ioa, 0, 0, byte(v), byte(v>>8), 0)
}

// heard is a frame of the driver: U with its function, I with its unit, S else.
type heard struct {
	function byte
	unit     []byte
}

// next reads a frame and keeps N(R) in mind.
func (s *rtu) next(wait time.Duration) (heard, error) {
	s.conn.SetReadDeadline(time.Now().Add(wait))
	head := make([]byte, 6)
	if _, err := io.ReadFull(s.in, head); err != nil {
		return heard{}, err
	}
	unit := make([]byte, int(head[1])-4)
	if _, err := io.ReadFull(s.in, unit); err != nil {
		return heard{}, err
	}
	if head[2]&3 == 3 {
		return heard{function: head[2]}, nil
	}
	s.said = binary.LittleEndian.Uint16(head[4:]) >> 1
	if head[2]&1 == 0 {
		s.took++
	}
	return heard{unit: unit}, nil
}

// start confirms STARTDT and answers the first general interrogation with what the
// function sends.
func (s *rtu) start(answer func()) bool {
	if h, err := s.next(3 * time.Second); err != nil || h.function != 0x07 {
		return false
	}
	s.function(0x0B)
	h, err := s.next(3 * time.Second)
	if err != nil || len(h.unit) != 10 || h.unit[0] != 100 {
		return false
	}
	s.confirm(h.unit, 7)
	answer()
	s.confirm(h.unit, 10)
	return true
}

// confirm mirrors a command with another cause.
func (s *rtu) confirm(unit []byte, cause byte) {
	mirror := slices.Clone(unit)
	mirror[2] = cause
	s.unit(mirror...)
}

// stay answers tests until the driver goes or a frame has been heard that fits.
func (s *rtu) stay(fits func(heard) bool) bool {
	for {
		h, err := s.next(5 * time.Second)
		if err != nil {
			return false
		}
		if h.function == 0x43 {
			s.function(0x83)
		}
		if fits(h) {
			return true
		}
	}
}

func never(heard) bool { return false }

// serve is a station: each connection, from number 0, until the test ends.
func serve(t *testing.T, handle func(n int, s *rtu)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	t.Cleanup(func() { l.Close(); work.Wait() })
	work.Go(func() {
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				stop := context.AfterFunc(t.Context(), func() { time.Sleep(100 * time.Millisecond); conn.Close() })
				defer stop()
				defer conn.Close()
				handle(n, &rtu{conn: conn, in: bufio.NewReader(conn)})
			})
		}
	})
	return l.Addr().String()
}

// park is what the driver runs in. While gate is not nil, the sink is blocked.
type park struct {
	mu       sync.Mutex
	devices  []connector.Device
	changed  chan struct{}
	samples  []connector.Sample
	statuses []connector.Status
	gate     chan struct{}
	refusals int // calls of Admit that give ErrBusy
}

func (p *park) List(string) []connector.Device {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.devices)
}

func (p *park) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

func (p *park) set(devices ...connector.Device) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.devices = devices
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *park) Admit(ctx context.Context, _ string, list []connector.Sample) (connector.Receipt, error) {
	p.mu.Lock()
	gate := p.gate
	if p.refusals > 0 {
		p.refusals--
		p.mu.Unlock()
		return connector.Receipt{}, fmt.Errorf("full: %w", connector.ErrBusy)
	}
	p.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return connector.Receipt{}, connector.ErrBusy
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.samples = append(p.samples, list...)
	return connector.Receipt{Stored: len(list)}, nil
}

func (p *park) report(s connector.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.statuses = append(p.statuses, s)
}

// values are those admitted, by name, in order.
func (p *park) values() map[string][]float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make(map[string][]float64)
	for _, s := range p.samples {
		all[s.Name] = append(all[s.Name], s.Value)
	}
	return all
}

// failure is the first status that is not OK.
func (p *park) failure() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.statuses {
		if !s.OK {
			return s.Error
		}
	}
	return ""
}

func (p *park) last() (s connector.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.statuses); n > 0 {
		s = p.statuses[n-1]
	}
	return s
}

// run lets a driver work until the test ends or the returned function is called.
func run(t *testing.T, d *Driver, p *park) (stop func()) {
	t.Helper()
	p.changed = make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- d.Run(ctx, connector.Environment{Devices: p, Sink: p, Report: p.report, Log: slog.New(slog.DiscardHandler)})
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(4 * time.Second):
			t.Error("Run does not end")
		}
	})
	t.Cleanup(stop)
	return stop
}

// hasty is a driver that tries again soon.
func hasty() *Driver {
	d := New()
	d.first = 20 * time.Millisecond
	return d
}

// device is a station of the list; options as key, value, key, value.
func device(address string, options ...string) connector.Device {
	d := connector.Device{ID: "rtu", Park: "p", Protocol: Protocol, Address: address, Options: make(map[string]string)}
	for i := 0; i < len(options); i += 2 {
		d.Options[options[i]] = options[i+1]
	}
	return d
}

// with is a device with further options.
func with(d connector.Device, key, text string) connector.Device {
	d.Options = maps.Clone(d.Options)
	d.Options[key] = text
	return d
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("not so after 5 s: %s", what)
}

// quietFor says whether nothing comes from the driver for a time, but for tests.
func (s *rtu) quietFor(d time.Duration) error {
	h, err := s.next(d)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return nil
	}
	return fmt.Errorf("heard %+v, %v", h, err)
}
