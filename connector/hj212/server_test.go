package hj212

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"lingtan/connector"
)

// clock stands still, so that drift can be told exactly.
var clock = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC) // 16:00 in Beijing

// serve runs a driver at a free port until the test ends.
func serve(t *testing.T, change func(*Driver), devices ...connector.Device) (*park, *Driver, string) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	d := New(address)
	d.times.frame = 100 * time.Millisecond
	d.times.busy = 300 * time.Millisecond
	if change != nil {
		change(d)
	}
	p := &park{devices: devices, changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- d.Run(ctx, connector.Environment{Devices: p, Sink: p, Report: p.report,
			Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return clock }})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return p, d, address
}

// monitor is a data logger at the other end of a real connection.
type monitor struct {
	t    *testing.T
	conn net.Conn
	scan *scanner
}

func dial(t *testing.T, address string) *monitor {
	t.Helper()
	var conn net.Conn
	var err error
	for range 100 {
		if conn, err = net.Dial("tcp", address); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &monitor{t, conn, newScanner(conn, func(bool) {}, func(string) {})}
}

func (m *monitor) write(raw string) {
	m.t.Helper()
	if _, err := m.conn.Write([]byte(raw)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *monitor) send(segment string) {
	m.t.Helper()
	m.write(frame(m.t, segment))
}

// hears waits for a message with a command number.
func (m *monitor) hears(cn int) Message {
	m.t.Helper()
	_ = m.conn.SetReadDeadline(time.Now().Add(3 * time.Second))
	for {
		b, err := m.scan.next()
		if err != nil {
			m.t.Fatalf("waiting for CN %d: %v", cn, err)
		}
		got, err := Parse(b)
		if err != nil {
			m.t.Fatalf("the server sent %q: %v", b, err)
		}
		if got.CN == cn {
			return got
		}
	}
}

// deaf is when nothing but the question for the clock comes for a while.
func (m *monitor) deaf(d time.Duration) {
	m.t.Helper()
	_ = m.conn.SetReadDeadline(time.Now().Add(d))
	for {
		b, err := m.scan.next()
		if err != nil {
			return
		}
		if got, _ := Parse(b); got.CN != 1011 {
			m.t.Errorf("the server sent %q", b)
		}
	}
}

// closed waits until the server has closed the connection.
func (m *monitor) closed() {
	m.t.Helper()
	_ = m.conn.SetReadDeadline(time.Now().Add(3 * time.Second))
	_, err := bufio.NewReader(m.conn).ReadString(0)
	var late net.Error
	if err == nil || errors.As(err, &late) && late.Timeout() {
		m.t.Errorf("the connection is still open: %v", err)
	}
}

// hour is a message of hour values with an acknowledgement wanted.
func hour(mn, pw, value string) string {
	return "QN=20261122160000000;ST=32;CN=2061;PW=" + pw + ";MN=" + mn + ";Flag=5;CP=&&DataTime=20261122150000;w01018-Avg=" + value + ",w01018-Flag=N&&"
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 300 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("not so after 3 s: %s", what)
}

func TestAcknowledgedMeansAdmitted(t *testing.T) {
	p, _, address := serve(t, func(d *Driver) { d.times.busy = 3 * time.Second }, device("M1"))
	gate := make(chan struct{})
	p.hold(gate, 0)
	m := dial(t, address)
	m.send(hour("M1", "123456", "40.5"))
	m.deaf(150 * time.Millisecond)
	close(gate)
	ack := m.hears(9014)
	if ack.QN != "20261122160000000" || ack.ST != "91" || ack.MN != "M1" || ack.Flag != 4 {
		t.Errorf("acknowledged with %+v", ack)
	}
	if got := p.admitted(); !slices.Equal(got, []string{"M1 w01018.hour.avg=40.5"}) {
		t.Errorf("admitted %q", got)
	}
	s := p.samples[0]
	if s.Span != time.Hour || !s.At.Equal(clock) {
		t.Errorf("%+v", s)
	}
	eventually(t, "the status is good", func() bool { s := p.last("M1"); return s.OK && s.Samples == 1 && s.Park == "p" })
}

func TestNoAckUnlessAsked(t *testing.T) {
	p, _, address := serve(t, nil, device("M1"))
	m := dial(t, address)
	m.send(strings.Replace(hour("M1", "123456", "1"), "Flag=5", "Flag=4", 1))
	m.deaf(150 * time.Millisecond)
	if len(p.admitted()) != 1 {
		t.Errorf("admitted %q", p.admitted())
	}
}

// A busy sink: first tried again, then left to the monitor, which sends again.
func TestBusySink(t *testing.T) {
	p, d, address := serve(t, nil, device("M1"))
	p.hold(nil, 1)
	m := dial(t, address)
	m.send(hour("M1", "123456", "1"))
	m.hears(9014)
	p.hold(nil, 1000)
	m.send(hour("M1", "123456", "2"))
	m.deaf(500 * time.Millisecond)
	if d.Counts()["busy"] != 1 || p.last("M1").OK {
		t.Errorf("counts %v, status %+v", d.Counts(), p.last("M1"))
	}
	p.hold(nil, 0)
	m.send(hour("M1", "123456", "2"))
	m.hears(9014)
	if got := p.admitted(); len(got) != 2 {
		t.Errorf("admitted %q", got)
	}
}

// Whatever is wrong is counted and not acknowledged, and the same and other connections
// go on.
func TestFaults(t *testing.T) {
	p, d, address := serve(t, nil, device("M1"), device("M2"))
	other := dial(t, address)
	m := dial(t, address)
	good := frame(t, hour("M1", "123456", "1"))
	wrong := func(reason, raw string) {
		t.Helper()
		before := d.Counts()[reason]
		m.write(raw)
		m.deaf(150 * time.Millisecond)
		if got := d.Counts()[reason]; got <= before {
			t.Errorf("%s: not counted: %v", reason, d.Counts())
		}
		m.write(good)
		m.hears(9014)
		other.send(hour("M2", "123456", "2"))
		other.hears(9014)
	}
	wrong("checksum", good[:len(good)-6]+"0000\r\n")
	wrong("checksum", good[:80]+good[:60]) // cut twice
	wrong("oversized", "##9999")
	wrong("rubbish", "\x00\x01GET / HTTP/1.1\r\n\r\n")
	wrong("mn", frame(t, hour("M9", "123456", "1")))
	wrong("password", frame(t, hour("M1", "654321", "1")))
	wrong("segment", frame(t, "CN=1;CP=&&&&"))
	wrong("command", frame(t, strings.Replace(hour("M1", "123456", "1"), "2061", "3099", 1)))
	wrong("time", frame(t, strings.Replace(hour("M1", "123456", "1"), "DataTime=2026", "DataTime=20x6", 1)))
	wrong("rubbish", good[:30]) // cut, then silence
	for _, s := range p.admitted() {
		if s != "M1 w01018.hour.avg=1" && s != "M2 w01018.hour.avg=2" {
			t.Errorf("admitted %q", s)
		}
	}
}

func TestStubbornSenderIsCutOff(t *testing.T) {
	_, d, address := serve(t, nil, device("M1"))
	m := dial(t, address)
	for range maxRefused {
		m.send(hour("M1", "000000", "1"))
	}
	m.closed()
	flood := dial(t, address)
	_, _ = flood.conn.Write(make([]byte, 2*maxRubbish))
	flood.closed()
	if n := d.Counts(); n["password"] != maxRefused || n["rubbish"] < maxRubbish {
		t.Errorf("%v", n)
	}
	good := dial(t, address)
	good.send(hour("M1", "123456", "1"))
	good.hears(9014)
}

// A monitor that never reads loses its connection when the buffers are full; another
// works on.
func TestSlowReader(t *testing.T) {
	_, d, address := serve(t, func(d *Driver) { d.times.write = 100 * time.Millisecond }, device("M1"), device("M2"))
	slow := dial(t, address)
	_ = slow.conn.(*net.TCPConn).SetReadBuffer(32 << 10)
	raw := []byte(strings.Repeat(frame(t, "QN=1;ST=32;CN=9015;PW=123456;MN=M1;Flag=9;CP=&&&&"), 1000))
	_ = slow.conn.SetWriteDeadline(time.Now().Add(20 * time.Second))
	go func() {
		for {
			if _, err := slow.conn.Write(raw); err != nil {
				return
			}
		}
	}()
	quick := dial(t, address)
	quick.send(hour("M2", "123456", "1"))
	quick.hears(9014)
	for range 1500 {
		if d.Counts()["write"] > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the slow reader still holds its connection: %v", d.Counts())
}

func TestPackets(t *testing.T) {
	p, d, address := serve(t, nil, device("M1"))
	m := dial(t, address)
	packet := func(qn string, n, no int, area string) {
		t.Helper()
		m.send(fmt.Sprintf("QN=%s;ST=31;CN=2051;PW=123456;MN=M1;Flag=7;PNUM=%d;PNO=%d;CP=&&%s&&", qn, n, no, area))
	}
	acked := func(no int) {
		t.Helper()
		if a := m.hears(9014); a.PNO != no || a.Flag != 6 {
			t.Errorf("acknowledged %+v, want packet %d", a, no)
		}
	}
	packet("20261122160000001", 2, 1, "DataTime=20261122155000;a-Avg=1")
	acked(1)
	packet("20261122160000001", 2, 2, "b-Avg=2") // without its time: that of the first
	acked(2)
	packet("20261122160000002", 3, 3, "e-Avg=5") // before its time is known
	packet("20261122160000002", 3, 3, "e-Avg=5")
	packet("20261122160000002", 3, 2, "d-Avg=4")
	m.deaf(150 * time.Millisecond)
	packet("20261122160000002", 3, 1, "DataTime=20261122155000;c-Avg=3")
	acked(3)
	acked(2)
	acked(1)
	want := []string{"M1 a.minute.avg=1", "M1 b.minute.avg=2", "M1 e.minute.avg=5", "M1 d.minute.avg=4", "M1 c.minute.avg=3"}
	if got := p.admitted(); !slices.Equal(got, want) {
		t.Errorf("admitted %q", got)
	}
	packet("20261122160000004", 2, 1, "DataTime=20261122155000")
	acked(1)
	m = dial(t, address) // the monitor calls again in the middle of a message
	packet("20261122160000004", 2, 2, "i-Avg=6")
	acked(2)
	packet("", 2, 2, "f-Avg=6") // of which message?
	for i := range maxWaiting + 1 {
		packet("20261122160000003", 99, i+2, "g-Avg=7")
	}
	eventually(t, "packets over the limits are counted", func() bool { return d.Counts()["parts"] == 2 })
	for i := range 10 * maxUnfinished {
		packet(fmt.Sprintf("2026112217000%04d", i), 2, 2, "h-Avg=8")
	}
	m.send(hour("M1", "123456", "9"))
	m.hears(9014)
	if n := len(p.admitted()); n != 7 {
		t.Errorf("%d admitted", n)
	}
}

func TestClock(t *testing.T) {
	p, _, address := serve(t, nil, device("M1", "clock", "set"))
	m := dial(t, address)
	m.send("QN=20261122155930000;ST=32;CN=9015;PW=123456;MN=M1;Flag=5;CP=&&&&")
	ask := m.hears(1011)
	if ask.QN != "20261122160000000" || ask.ST != "32" || ask.PW != "123456" || ask.Flag != 5 {
		t.Errorf("asked with %+v", ask)
	}
	m.hears(9013)
	m.send("QN=" + ask.QN + ";ST=91;CN=9011;PW=123456;MN=M1;Flag=4;CP=&&QnRtn=1&&")
	m.send("QN=" + ask.QN + ";ST=32;CN=1011;PW=123456;MN=M1;Flag=4;CP=&&PolId=w01018;SystemTime=20261122155800&&")
	eventually(t, "the clock is two minutes slow", func() bool { return p.last("M1").Lag == 2*time.Minute })
	m.send("QN=20261122155930000;ST=32;CN=1013;PW=123456;MN=M1;Flag=5;CP=&&&&")
	m.hears(9013)
	if set := m.hears(1012); set.Get("SystemTime") != "20261122160000" {
		t.Errorf("the clock is set with %+v", set)
	}
}

func TestClockIsLeftAlone(t *testing.T) {
	p, _, address := serve(t, nil, device("M1", "clock", "off"))
	m := dial(t, address)
	m.send(strings.Replace(hour("M1", "123456", "1"), "QN=20261122160000000", "QN=20261122155900000", 1))
	m.hears(9014)
	m.send("QN=20261122155930000;ST=32;CN=1013;PW=123456;MN=M1;Flag=5;CP=&&&&")
	m.hears(9013)
	m.deaf(100 * time.Millisecond)
	if lag := p.last("M1").Lag; lag != time.Minute {
		t.Errorf("by its time stamps the clock is %v behind", lag)
	}
}

func TestHotList(t *testing.T) {
	p, d, address := serve(t, nil)
	m := dial(t, address)
	m.send(hour("M1", "123456", "1"))
	eventually(t, "an unknown MN is counted", func() bool { return d.Counts()["mn"] == 1 })
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	second := free.Addr().String()
	broken := device("M2")
	broken.Token = ""
	p.set(device("dev-1", "mn", "M1", "listen", second), broken)
	eventually(t, "an address in use is a fault", func() bool { return strings.Contains(p.last("dev-1").Error, "cannot listen") })
	eventually(t, "a device without token is a fault", func() bool { return strings.Contains(p.last("M2").Error, "no token") })
	m.send(hour("M1", "123456", "1"))
	m.hears(9014)
	free.Close()
	p.set(device("dev-1", "mn", "M1", "listen", second))
	m2 := dial(t, second)
	m2.send(hour("M1", "123456", "2"))
	m2.hears(9014)
	if got := p.admitted(); !slices.Equal(got, []string{"dev-1 w01018.hour.avg=1", "dev-1 w01018.hour.avg=2"}) {
		t.Errorf("admitted %q", got)
	}
	p.set()
	eventually(t, "the second address is closed", func() bool {
		c, err := net.Dial("tcp", second)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
}

func TestTooManyConnections(t *testing.T) {
	_, d, address := serve(t, nil, device("M1"))
	first := dial(t, address)
	first.send(hour("M1", "123456", "1"))
	first.hears(9014)
	for range maxPerHost - 1 {
		dial(t, address)
	}
	dial(t, address).closed()
	if d.Counts()["connections"] == 0 {
		t.Errorf("%v", d.Counts())
	}
	first.send(hour("M1", "123456", "2"))
	first.hears(9014)
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := &park{changed: make(chan struct{})}
	err = New(l.Addr().String()).Run(t.Context(), connector.Environment{Devices: p, Sink: p, Report: p.report,
		Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err == nil {
		t.Error("Run gives no error")
	}
}
