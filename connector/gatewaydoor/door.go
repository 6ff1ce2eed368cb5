// Package gatewaydoor is the server's side of the gateways at the sites: it takes
// their batches over mutual TLS, gives them the list of the devices behind them and the
// time, and tells how far behind each one is.
//
// A batch is acknowledged only when its samples are durable in the sink. Who a gateway
// is, its certificate says; which certificate is good, the token of its device in the
// list says.
package gatewaydoor

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"lingtan/connector"
	"lingtan/gateway/frame"
)

// Protocol is the word of the device list.
const Protocol = "gateway"

// Limits of the server. They bound its memory.
const (
	maxConnections = 2048
	maxStreams     = 16        // requests at once on one connection
	maxBodies      = 256 << 20 // bytes of batches and documents at once, as they become in memory
	unpacks        = 8         // bytes that a byte of them becomes, about
	headerTime     = 10 * time.Second
	bodyTime       = 3 * time.Minute
	admitTime      = time.Minute
	reportEvery    = 10 * time.Second
	quietAfter     = 45 * time.Second // without a word, or three heartbeats
	farewell       = 5 * time.Second
)

// Acceptor takes the documents of gateways. Accept returns nil when the document is
// durable; it may come again. Errors that wrap connector.ErrRefused say that it will
// never be accepted as it is.
type Acceptor interface {
	Accept(ctx context.Context, park, gateway string, kind string, doc []byte) error
}

// Options are what the door needs beside its environment.
type Options struct {
	Listen  string                               // host:port
	CertDir string                               // folder of the authority
	List    func(park string) []connector.Device // the whole device list of a park
	Accept  Acceptor                             // nil: no documents are taken
}

// Driver is the door of all gateways. Make it with New; one Run at a time.
type Driver struct {
	o      Options
	bodies *semaphore.Weighted

	mu       sync.Mutex
	counts   map[string]int64
	sessions map[frame.Identity]*session
	address  string
}

var (
	_ connector.Driver  = (*Driver)(nil)
	_ connector.Counter = (*Driver)(nil)
)

// New makes the door; it opens when it is run.
func New(o Options) *Driver {
	return &Driver{o: o, bodies: semaphore.NewWeighted(maxBodies), counts: map[string]int64{}, sessions: map[frame.Identity]*session{}}
}

// Protocol is "gateway".
func (d *Driver) Protocol() string { return Protocol }

// Counts are sums since the driver was made: batches, samples, bytes, repeats (batches
// that were known), gaps (numbers that never came), heartbeats, documents, and what was
// turned away: handshakes, refused_certificates, refused_batches, refused_samples,
// refused_documents, busy, connections_over.
func (d *Driver) Counts() map[string]int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.counts)
}

func (d *Driver) count(what string, n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[what] += n
}

// Address is where the door listens; empty while it does not.
func (d *Driver) Address() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.address
}

// Run serves until ctx ends. It gives an error when the authority cannot be read or the
// address cannot be had.
func (d *Driver) Run(ctx context.Context, env connector.Environment) error {
	if env.Now == nil {
		env.Now = time.Now
	}
	authority, err := OpenAuthority(d.o.CertDir, env.Now())
	if err != nil {
		return fmt.Errorf("gatewaydoor: the authority for gateways: %w", err)
	}
	door, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.o.Listen)
	if err != nil {
		return fmt.Errorf("gatewaydoor: cannot listen at %s (is the port in use?): %w", d.o.Listen, err)
	}
	h := &handler{driver: d, env: env}
	server := &http.Server{Handler: h.routes(), TLSConfig: authority.serverTLS(env.Now), ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: bodyTime,
		IdleTimeout: bodyTime, MaxHeaderBytes: 16 << 10, HTTP2: &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		BaseContext: func(net.Listener) context.Context { return ctx }, ErrorLog: log.New(complaints{d, env.Log}, "", 0)}
	d.setAddress(door.Addr().String())
	defer d.setAddress("")
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { d.watch(ctx, env) })
	work.Go(func() {
		<-ctx.Done()
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		if server.Shutdown(limited) != nil {
			_ = server.Close()
		}
	})
	err = server.ServeTLS(&limited{Listener: door, driver: d, places: make(chan struct{}, maxConnections)}, "", "")
	if errors.Is(err, http.ErrServerClosed) || ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("gatewaydoor: %w", err)
}

func (d *Driver) setAddress(a string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.address = a
}

// watch reports all gateways again and again, also those that say nothing.
func (d *Driver) watch(ctx context.Context, env connector.Environment) {
	again := time.NewTicker(reportEvery)
	defer again.Stop()
	began := env.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		listed := map[frame.Identity]bool{}
		for _, dev := range env.Devices.List(Protocol) {
			id := frame.Identity{Park: dev.Park, Gateway: dev.ID}
			listed[id] = true
			env.Report(d.session(id).status(id, env.Now(), began))
		}
		d.forget(listed)
	}
}

// session is what is known of a gateway.
func (d *Driver) session(id frame.Identity) *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sessions[id]
	if s == nil {
		s = &session{}
		d.sessions[id] = s
	}
	return s
}

// forget drops what is known of gateways that are not in the list any more.
func (d *Driver) forget(listed map[frame.Identity]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.sessions, func(id frame.Identity, _ *session) bool { return !listed[id] })
}

// complaints counts what the HTTP server complains about: failed handshakes above all.
type complaints struct {
	driver *Driver
	log    *slog.Logger
}

// Write takes one line.
func (c complaints) Write(line []byte) (int, error) {
	c.driver.count("handshakes", 1)
	if c.log != nil {
		c.log.Debug("gatewaydoor: a connection failed", "error", string(line))
	}
	return len(line), nil
}

// limited is a listener that closes connections beyond a number at once.
type limited struct {
	net.Listener
	driver *Driver
	places chan struct{}
}

// Accept waits for the next connection.
func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.places <- struct{}{}:
			return &counted{Conn: conn, leave: sync.OnceFunc(func() { <-l.places })}, nil
		default:
			l.driver.count("connections_over", 1)
			_ = conn.Close()
		}
	}
}

// counted is a connection that gives its place back.
type counted struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}
