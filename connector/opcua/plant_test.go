package opcua

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gopcua/opcua/id"
	uaserver "github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

// plant is a real OPC UA server in this process, behind an address that stays when it
// is stopped and started.
type plant struct {
	t        testing.TB
	options  []uaserver.Option
	prepare  func(*uaserver.Server) // before it starts
	listener net.Listener
	choose   func(policy string) string // where a connection with a policy goes; empty = to the server

	mu      sync.Mutex
	backend string
	conns   []net.Conn
	srv     *uaserver.Server
	space   *uaserver.NodeNameSpace
	folder  *uaserver.Node
	cancel  context.CancelFunc
	values  map[string]*ua.DataValue
}

func newPlant(t testing.TB, options ...uaserver.Option) *plant {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &plant{t: t, options: options, listener: l, values: make(map[string]*ua.DataValue)}
	var work sync.WaitGroup
	work.Go(func() { p.relay(&work) })
	t.Cleanup(func() { l.Close(); p.stop(); work.Wait() })
	return p
}

func (p *plant) address() string { return "opc.tcp://" + p.listener.Addr().String() }

func (p *plant) relay(work *sync.WaitGroup) {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		backend := p.backend
		p.mu.Unlock()
		if backend == "" {
			in.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, in)
		p.mu.Unlock()
		work.Go(func() { p.pass(in, backend) })
	}
}

// pass relays a connection. It waits for the request for a channel, which names the
// security policy, to choose where the connection goes.
func (p *plant) pass(in net.Conn, backend string) {
	defer in.Close()
	hello, err := oneChunk(in)
	if err != nil {
		return
	}
	ack := binary.LittleEndian.AppendUint32([]byte("ACKF"), 28)
	for _, n := range []uint32{0, 65535, 65535, 2 << 20, 512} {
		ack = binary.LittleEndian.AppendUint32(ack, n)
	}
	in.Write(ack)
	opening, err := oneChunk(in)
	if err != nil || len(opening) < 16 {
		return
	}
	n := int(binary.LittleEndian.Uint32(opening[12:]))
	if p.choose != nil && n >= 0 && len(opening) >= 16+n {
		if to := p.choose(string(opening[16 : 16+n])); to != "" {
			backend = to
		}
	}
	out, err := net.Dial("tcp", backend)
	if err != nil {
		return
	}
	defer out.Close()
	p.mu.Lock()
	p.conns = append(p.conns, out)
	p.mu.Unlock()
	out.Write(hello)
	if _, err := oneChunk(out); err != nil {
		return
	}
	out.Write(opening)
	var back sync.WaitGroup
	back.Go(func() { io.Copy(in, out); in.Close() })
	io.Copy(out, in)
	out.Close()
	back.Wait()
}

// oneChunk reads one chunk with its header.
func oneChunk(r io.Reader) ([]byte, error) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	body := make([]byte, min(binary.LittleEndian.Uint32(head[4:]), 1<<20)-8)
	_, err := io.ReadFull(r, body)
	return append(head, body...), err
}

// cut ends all connections; the server goes on.
func (p *plant) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

func (p *plant) stop() {
	p.mu.Lock()
	p.backend = ""
	srv, cancel := p.srv, p.cancel
	p.srv = nil
	p.mu.Unlock()
	p.cut()
	if srv != nil {
		srv.Close()
		cancel()
	}
}

// start makes a server with the values of the plant.
func (p *plant) start() {
	p.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	srv := uaserver.New(append(slices.Clone(p.options), uaserver.EndPoint("127.0.0.1", port),
		uaserver.EndPoint("127.0.0.1", p.listener.Addr().(*net.TCPAddr).Port))...)
	ctx, cancel := context.WithCancel(context.Background())
	space := uaserver.NewNodeNameSpace(srv, "urn:plant")
	objects, err := srv.Namespace(0)
	if err != nil {
		p.t.Fatal(err)
	}
	folder := space.Objects()
	objects.Objects().AddRef(folder, id.HasComponent, true)
	p.mu.Lock()
	p.srv, p.space, p.folder, p.cancel, p.backend = srv, space, folder, cancel, fmt.Sprintf("127.0.0.1:%d", port)
	names := make([]string, 0, len(p.values))
	for name := range p.values {
		names = append(names, name)
	}
	p.mu.Unlock()
	slices.Sort(names)
	for _, name := range names {
		p.node(name)
	}
	if p.prepare != nil {
		p.prepare(srv)
	}
	if err := srv.Start(ctx); err != nil {
		p.t.Fatal(err)
	}
}

// node shows a value at the server.
func (p *plant) node(name string) {
	n := uaserver.NewVariableNode(ua.NewStringNodeID(p.space.ID(), name), name, func() *ua.DataValue {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.values[name]
	})
	p.space.AddNode(n)
	p.folder.AddRef(n, id.HasComponent, true)
}

// value sets a value before the server starts.
func (p *plant) value(name string, x any) {
	p.put(name, x, ua.StatusGood, time.Now())
}

func (p *plant) put(name string, x any, code ua.StatusCode, at time.Time) {
	v := &ua.DataValue{EncodingMask: ua.DataValueStatusCode | ua.DataValueSourceTimestamp, Status: code, SourceTimestamp: at}
	if x != nil {
		v.EncodingMask |= ua.DataValueValue
		v.Value = ua.MustVariant(x)
	}
	p.mu.Lock()
	p.values[name] = v
	p.mu.Unlock()
}

// change sets a value while the server runs, and the server tells its subscribers.
func (p *plant) change(name string, x any, code ua.StatusCode, at time.Time) {
	p.put(name, x, code, at)
	p.mu.Lock()
	srv, space := p.srv, p.space
	p.mu.Unlock()
	if srv != nil {
		srv.ChangeNotification(ua.NewStringNodeID(space.ID(), name))
	}
}

// open lets anyone in without security.
func open() []uaserver.Option {
	return []uaserver.Option{uaserver.EnableSecurity("None", ua.MessageSecurityModeNone), uaserver.EnableAuthMode(ua.UserTokenTypeAnonymous), uaserver.ServerName("plant")}
}

// secured has a certificate, and asks for names too.
func secured(t testing.TB) ([]uaserver.Option, identity) {
	t.Helper()
	own, _, err := makeIdentity()
	if err != nil {
		t.Fatal(err)
	}
	list := []uaserver.Option{uaserver.Certificate(own.certificate), uaserver.PrivateKey(own.key),
		uaserver.EnableAuthMode(ua.UserTokenTypeAnonymous), uaserver.EnableAuthMode(ua.UserTokenTypeUserName)}
	for _, policy := range []string{"Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"} {
		list = append(list, uaserver.EnableSecurity(policy, ua.MessageSecurityModeSign), uaserver.EnableSecurity(policy, ua.MessageSecurityModeSignAndEncrypt))
	}
	return append(list, uaserver.EnableSecurity("None", ua.MessageSecurityModeNone)), own
}

// park is what the driver runs in.
type park struct {
	mu       sync.Mutex
	devices  []connector.Device
	changed  chan struct{}
	samples  []connector.Sample
	statuses []connector.Status
	busy     bool // calls of Admit are refused
	refused  int
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

func (p *park) hold(busy bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy = busy
}

func (p *park) Admit(_ context.Context, _ string, list []connector.Sample) (connector.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy {
		p.refused++
		return connector.Receipt{}, fmt.Errorf("full: %w", connector.ErrBusy)
	}
	p.samples = append(p.samples, list...)
	return connector.Receipt{Stored: len(list)}, nil
}

func (p *park) report(s connector.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.statuses = append(p.statuses, s)
}

func (p *park) of(device, name string) (list []connector.Sample) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.samples {
		if s.Device == device && (name == "" || s.Name == name) {
			list = append(list, s)
		}
	}
	return list
}

// has says whether a value came.
func (p *park) has(device, name string, x float64) bool {
	return slices.ContainsFunc(p.of(device, name), func(s connector.Sample) bool { return s.Value == x })
}

func (p *park) last(device string) (status connector.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.statuses {
		if s.Device == device {
			status = s
		}
	}
	return status
}

// run lets a driver serve the devices until the test ends.
func run(t testing.TB, d *Driver, devices ...connector.Device) *park {
	t.Helper()
	return runIn(t, d, t.TempDir(), devices...)
}

func runIn(t testing.TB, d *Driver, dir string, devices ...connector.Device) *park {
	t.Helper()
	p := &park{devices: devices, changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- d.Run(ctx, connector.Environment{Devices: p, Sink: p, Report: p.report,
			Log: slog.New(slog.DiscardHandler), Now: time.Now, Dir: dir})
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("Run does not end")
		}
	})
	return p
}

// quick is a driver that tries again soon.
func quick() *Driver {
	d := New()
	d.first = 50 * time.Millisecond
	return d
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 1500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("not so after 15 s: %s", what)
}

// device is one of the list, without security, whose options are pairs.
func listed(name, address string, pairs ...string) connector.Device {
	options := map[string]string{"policy": "None"}
	for i := 0; i < len(pairs); i += 2 {
		options[pairs[i]] = pairs[i+1]
	}
	return connector.Device{ID: name, Park: "demo", Protocol: Protocol, Address: address, Interval: 100 * time.Millisecond, Options: options}
}
