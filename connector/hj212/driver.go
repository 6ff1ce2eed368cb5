package hj212

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lingtan/connector"
)

// Limits of the server. They bound its memory: a connection holds two frames of text
// and one batch of samples, a device its unfinished messages.
const (
	maxConnections = 1024
	maxPerHost     = 256
	maxRefused     = 5        // refused messages before a connection is closed
	maxRubbish     = 64 << 10 // bytes without a good frame before it is closed
	maxUnfinished  = 16       // messages in packets that a connection may leave open
	maxWaiting     = 16       // packets of one that wait for its time
	logEvery       = time.Minute
)

// Driver is the server of all monitors. One Run at a time.
type Driver struct {
	listen string
	times  times
	counts counts
}

// times are what the server waits for; tests make them short.
type times struct {
	hello time.Duration // for the first good message of a connection
	idle  time.Duration // for the next message
	frame time.Duration // for the rest of a frame
	write time.Duration // for a monitor that reads slowly
	busy  time.Duration // for the sink, until the monitor is left to send again
}

// New makes a server that listens at address, host:port, besides the addresses that
// devices name in their option listen. An empty address: only at those.
func New(address string) *Driver {
	return &Driver{listen: address, times: times{
		hello: time.Minute, idle: 2 * time.Hour, frame: 5 * time.Second, write: 5 * time.Second, busy: 10 * time.Second,
	}}
}

// Protocol is "hj212".
func (d *Driver) Protocol() string { return "hj212" }

// Counts are what was counted since the start, by reason: messages, samples, and what
// was turned away: checksum, oversized, rubbish (bytes), segment, command, mn, password,
// time, value, flagged, parts, busy, sink, write, connections.
func (d *Driver) Counts() map[string]int64 { return d.counts.all() }

// Run serves until ctx ends. It gives an error when the address of New cannot be had.
func (d *Driver) Run(ctx context.Context, env connector.Environment) error {
	s := &server{driver: d, env: env, doors: map[string]net.Listener{}, hosts: map[string]int{}, said: map[string]time.Time{}}
	s.list.Store(&stations{})
	if d.listen != "" {
		if err := s.open(ctx, d.listen); err != nil {
			return fmt.Errorf("hj212: cannot listen at %s (is the port in use?): %w", d.listen, err)
		}
	}
	defer s.work.Wait()
	defer s.close()
	again := time.NewTicker(30 * time.Second) // for an address that could not be had
	defer again.Stop()
	for {
		changed := env.Devices.Changed()
		s.refresh(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-again.C:
		}
	}
}

// server is one Run.
type server struct {
	driver *Driver
	env    connector.Environment
	list   atomic.Pointer[stations]
	work   sync.WaitGroup

	packets packets

	doors map[string]net.Listener // by address; only Run's goroutine uses it

	mu    sync.Mutex
	total int
	hosts map[string]int // connections by host
	said  map[string]time.Time
}

// refresh follows the device list: its stations and the addresses that they name.
func (s *server) refresh(ctx context.Context) {
	list := stations{}
	wanted := map[string][]connector.Device{s.driver.listen: nil}
	for _, d := range s.env.Devices.List("hj212") {
		if a := d.Options["listen"]; a != "" {
			wanted[a] = append(wanted[a], d)
		}
		st, err := newStation(d)
		if err != nil {
			s.fault(d, err)
			continue
		}
		list[st.mn] = append(list[st.mn], st)
	}
	s.list.Store(&list)
	s.packets.keep(list)
	for a, door := range s.doors {
		if _, ok := wanted[a]; !ok {
			_ = door.Close()
			delete(s.doors, a)
		}
	}
	for _, a := range slices.Sorted(maps.Keys(wanted)) {
		if a == "" || s.doors[a] != nil {
			continue
		}
		if err := s.open(ctx, a); err != nil {
			for _, d := range wanted[a] {
				s.fault(d, fmt.Errorf("hj212: cannot listen at %s: %v: %w", a, err, connector.ErrConfig))
			}
		}
	}
}

func (s *server) fault(d connector.Device, err error) {
	s.env.Report(connector.Status{Park: d.Park, Device: d.ID, At: s.env.Now(), Error: err.Error()})
}

// open listens at an address and serves who comes.
func (s *server) open(ctx context.Context, address string) error {
	door, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	s.doors[address] = door
	s.work.Go(func() {
		for {
			conn, err := door.Accept()
			if err != nil && ctx.Err() == nil && !isClosed(err) {
				s.say("accept", "hj212: a connection could not be taken", err)
				time.Sleep(100 * time.Millisecond) // out of file handles: let some go
				continue
			}
			if err != nil {
				return
			}
			s.take(ctx, conn)
		}
	})
	return nil
}

func (s *server) close() {
	for _, door := range s.doors {
		_ = door.Close()
	}
}

// take serves a connection unless there are too many.
func (s *server) take(ctx context.Context, conn net.Conn) {
	host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
	s.mu.Lock()
	full := s.total >= maxConnections || s.hosts[host] >= maxPerHost
	if !full {
		s.total++
		s.hosts[host]++
	}
	s.mu.Unlock()
	if full {
		s.driver.counts.add("connections", 1)
		s.say("connections", "hj212: too many connections", fmt.Errorf("from %s: %w", host, connector.ErrRefused))
		_ = conn.Close()
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok { // our answers are short: keep the kernel's memory small too
		_ = tcp.SetWriteBuffer(16 << 10)
	}
	s.work.Go(func() {
		defer s.leave(host)
		newSession(s, conn).run(ctx)
	})
}

func (s *server) leave(host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	s.hosts[host]--
	if s.hosts[host] == 0 {
		delete(s.hosts, host)
	}
}

// say logs a fault, at most one of a kind in logEvery; the counts tell how many.
func (s *server) say(kind, message string, err error) {
	s.mu.Lock()
	now := s.env.Now()
	quiet := now.Sub(s.said[kind]) < logEvery && !s.said[kind].IsZero()
	if !quiet {
		s.said[kind] = now
	}
	s.mu.Unlock()
	if !quiet {
		s.env.Log.Warn(message, "error", err, "kind", kind)
	}
}

// counts are numbers by reason. The reasons are constants of this package.
type counts struct {
	mu sync.Mutex
	n  map[string]int64
}

func (c *counts) add(reason string, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int64{}
	}
	c.n[reason] += n
}

func (c *counts) all() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.n)
}
