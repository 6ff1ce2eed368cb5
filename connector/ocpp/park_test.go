package ocpp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	protocol "github.com/lorenzodonini/ocpp-go/ocpp"

	"lingtan/connector"
)

// clock stands still, so that drift can be told exactly.
var clock = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// park is what the driver runs in: a device list that can change and a sink that can be
// held back.
type park struct {
	mu       sync.Mutex
	devices  []connector.Device
	changed  chan struct{}
	samples  []connector.Sample
	statuses []connector.Status
	refusals []error       // of the next calls of Admit
	gate     chan struct{} // Admit waits for it when not nil
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

func (p *park) Admit(ctx context.Context, name string, list []connector.Sample) (connector.Receipt, error) {
	p.mu.Lock()
	gate := p.gate
	var refusal error
	if len(p.refusals) > 0 {
		refusal, p.refusals = p.refusals[0], p.refusals[1:]
	}
	p.mu.Unlock()
	if refusal != nil {
		return connector.Receipt{}, refusal
	}
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return connector.Receipt{}, fmt.Errorf("full: %w", connector.ErrBusy)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.samples = append(p.samples, list...)
	return connector.Receipt{Stored: len(list)}, nil
}

// refuse lets the next calls of Admit fail.
func (p *park) refuse(errs ...error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusals = errs
}

func (p *park) hold(gate chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gate = gate
}

func (p *park) report(s connector.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.statuses = append(p.statuses, s)
}

// admitted are the samples as text, each once, in their order: the sink finds repeats.
func (p *park) admitted() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for _, s := range p.samples {
		text := fmt.Sprintf("%s %s %s=%g", s.Device, s.At.UTC().Format("15:04:05"), s.Name, s.Value)
		if s.Span != 0 {
			text += " over " + s.Span.String()
		}
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

func (p *park) wants(t *testing.T, want ...string) {
	t.Helper()
	if got := p.admitted(); !slices.Equal(got, want) {
		t.Errorf("admitted\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func (p *park) last(device string) connector.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range slices.Backward(p.statuses) {
		if s.Device == device {
			return s
		}
	}
	return connector.Status{}
}

// says waits until a report of a device has a text.
func (p *park) says(t *testing.T, device, text string) {
	t.Helper()
	eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return slices.ContainsFunc(p.statuses, func(s connector.Status) bool { return s.Device == device && strings.Contains(s.Error, text) })
	}, fmt.Sprintf("no report of %s with %q; the last is %+v", device, text, p.last(device)))
}

func eventually(t *testing.T, ok func() bool, otherwise string) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(otherwise)
}

const password = "0123456789abcdef"

func token(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

func device(id string, options ...string) connector.Device {
	d := connector.Device{ID: id, Park: "demo", Protocol: Protocol, Token: token(password), Options: map[string]string{}}
	for i := 0; i < len(options); i += 2 {
		d.Options[options[i]] = options[i+1]
	}
	return d
}

// running is a door that runs until the test ends or stop.
type running struct {
	*park
	driver *Driver
	url    string
	stop   func()
}

// serve runs a door with a folder of its own.
func serve(t *testing.T, dir string, change func(*Driver), devices ...connector.Device) *running {
	t.Helper()
	d := New(Options{Listen: "127.0.0.1:0", AdmitTimeout: 300 * time.Millisecond})
	if change != nil {
		change(d)
	}
	p := &park{devices: devices, changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- d.Run(ctx, connector.Environment{Devices: p, Sink: p, Report: p.report, Dir: dir,
			Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return clock }})
	}()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	eventually(t, func() bool { _, err := d.running(); return err == nil && len(d.Addresses()) > 0 }, "the door does not open")
	return &running{p, d, "ws://" + d.Addresses()[0], stop}
}

func (r *running) counts(t *testing.T, reason string, atLeast int64) {
	t.Helper()
	eventually(t, func() bool { return r.driver.Counts()[reason] >= atLeast }, fmt.Sprintf("%s is not %d: %v", reason, atLeast, r.driver.Counts()))
}

// raw is a charger that may send anything.
type raw struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(t *testing.T, url, user, password string, protocols ...string) (*raw, *http.Response, error) {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: protocols, HandshakeTimeout: 5 * time.Second}
	request := http.Request{Header: http.Header{}}
	if user != "" {
		request.SetBasicAuth(user, password)
	}
	conn, response, err := dialer.Dial(url, request.Header)
	if err != nil {
		return nil, response, err
	}
	t.Cleanup(func() { conn.Close() })
	return &raw{t, conn}, response, nil
}

// connect is a raw charger with the right password that was heard.
func (r *running) connect(t *testing.T, id string, v version) *raw {
	t.Helper()
	c, _, err := dial(t, r.url+"/"+id, id, password, string(v))
	if err != nil {
		t.Fatal(err)
	}
	c.send(`[2,"hello","Heartbeat",{}]`)
	c.hears(`[3,"hello",`)
	return c
}

func (c *raw) send(text string) {
	c.t.Helper()
	if err := c.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// hears waits for a message that contains a text.
func (c *raw) hears(text string) string {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, got, err := c.conn.ReadMessage()
	if err != nil || !strings.Contains(string(got), text) {
		c.t.Fatalf("heard %s, %v; want %s", got, err, text)
	}
	return string(got)
}

// closed waits until the connection is closed with a code.
func (c *raw) closed(code int) {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		_, _, err := c.conn.ReadMessage()
		if err != nil && !websocket.IsCloseError(err, code) {
			c.t.Fatalf("the connection ended with %v, want code %d", err, code)
		}
		if err != nil {
			return
		}
	}
}

// code is the error code of an answer.
func code(err error) protocol.ErrorCode {
	if e, ok := err.(*protocol.Error); ok {
		return e.Code
	}
	return ""
}
