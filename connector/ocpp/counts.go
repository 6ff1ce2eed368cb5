package ocpp

import (
	"maps"
	"net"
	"sync"
	"time"
)

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

// gate limits the connections that are open at once, over all listeners.
type gate struct {
	limit  int
	counts *counts

	mu   sync.Mutex
	open int
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= g.limit {
		return false
	}
	g.open++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
}

// limited is a listener behind a gate: a connection over the limit is closed at once.
type limited struct {
	net.Listener
	gate *gate
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if !l.gate.enter() {
			l.gate.counts.add("refused_connections", 1)
			_ = c.Close()
			continue
		}
		if tcp, ok := c.(*net.TCPConn); ok { // our messages are short: keep the kernel's memory small too
			_ = tcp.SetWriteBuffer(16 << 10)
			_ = tcp.SetKeepAlivePeriod(time.Minute)
		}
		return &counted{Conn: c, leave: sync.OnceFunc(l.gate.leave)}, nil
	}
}

// counted is a connection that gives its place back once.
type counted struct {
	net.Conn
	leave func()
}

func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}
