package mqtt

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

const (
	connectWithin = 10 * time.Second // from the TCP connection to the end of CONNECT
	writeWithin   = 10 * time.Second // one write to a peer that reads
	unreadLimit   = 128 << 10        // bytes that a peer may leave unread beyond what the kernel holds
	kernelUnread  = 64 << 10         // bytes that the kernel may hold for it
)

var errSlow = errors.New("mqtt: the peer does not read; cut off")

// gate is a listener with a limit of connections that are open at once. Its connections
// have a time limit for CONNECT and never hold up who writes to them.
type gate struct {
	net.Listener
	limit  int
	counts *counts

	mu     sync.Mutex
	open   map[*wire]struct{}
	closed bool
	watch  *watch // of plain connections; nil = none yet, or none on this system
}

func newGate(l net.Listener, config *tls.Config, limit int, c *counts) *gate {
	if config != nil {
		l = tls.NewListener(l, config)
	}
	return &gate{Listener: l, limit: limit, counts: c, open: map[*wire]struct{}{}}
}

// Accept waits for a connection within the limit; one over it is closed at once.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if g.pauses(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		w := &wire{Conn: c, gate: g}
		if !g.admit(w) {
			g.counts.add(refusedConnections, 1)
			c.Close()
			continue
		}
		limitKernel(c)
		g.follow(w)
		w.Conn.SetDeadline(time.Now().Add(connectWithin)) // also of the writes of a handshake
		if w.socket != nil {
			w.socket.SetWriteDeadline(time.Time{})
		}
		return w, nil
	}
}

// follow puts a plain connection under the watch of the gate, where the system has one.
func (g *gate) follow(w *wire) {
	plain, ok := w.Conn.(*net.TCPConn)
	if !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.watch == nil && !g.closed {
		g.watch, _ = newWatch() // without one the connection is read by the runtime
	}
	if g.watch == nil {
		return
	}
	if s := g.watch.adopt(plain, w); s != nil {
		w.Conn, w.socket = s, s
	}
}

// limitKernel keeps the kernel from holding megabytes for a peer that does not read, and
// anything for long: what it holds it does not tell, so that it must end the wait itself.
func limitKernel(c net.Conn) {
	if secure, encrypted := c.(*tls.Conn); encrypted {
		c = secure.NetConn()
	}
	plain, ok := c.(*net.TCPConn)
	if !ok {
		return
	}
	plain.SetWriteBuffer(kernelUnread)
	if raw, err := plain.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { limitUnread(fd, writeWithin) })
	}
}

// pauses says whether Accept failed for the time being, as when the process has too many
// open files, and waits a little.
func (g *gate) pauses(err error) bool {
	if err == nil || errors.Is(err, net.ErrClosed) {
		return false
	}
	g.mu.Lock()
	closed := g.closed
	g.mu.Unlock()
	if !closed {
		time.Sleep(50 * time.Millisecond)
	}
	return !closed
}

func (g *gate) admit(w *wire) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || len(g.open) >= g.limit {
		return false
	}
	g.open[w] = struct{}{}
	g.counts.add(connections, 1)
	return true
}

func (g *gate) forget(w *wire) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.open[w]; ok {
		delete(g.open, w)
		g.counts.add(connections, -1)
	}
	g.rest()
}

// rest ends the watch once nothing is left to follow. The lock is held.
func (g *gate) rest() {
	if g.closed && len(g.open) == 0 && g.watch != nil {
		g.watch.stop()
	}
}

// Close closes the listener and what is open on it, also connections that never sent CONNECT.
func (g *gate) Close() error {
	g.mu.Lock()
	g.closed = true
	open := make([]*wire, 0, len(g.open))
	for w := range g.open {
		open = append(open, w)
	}
	g.rest()
	g.mu.Unlock()
	err := g.Listener.Close()
	for _, w := range open {
		w.Close()
	}
	return err
}

// wire is a connection whose writes are collected and sent beside the writer, so that
// one peer that does not read holds up nobody, and many acknowledgements go in one packet.
type wire struct {
	net.Conn
	gate   *gate
	socket *socket // Conn, where it is plain TCP under the gate's watch; nil = it is not
	front  front   // of the reader, or of the watch while the socket is lent to it

	mu      sync.Mutex
	buffer  []byte
	sending bool // a goroutine writes what is in the buffer
	closing bool
	err     error
	allowed time.Duration // until the reader's deadline, from the last frame; 0 = no end
}

// Write takes the bytes or fails; it never waits for the peer.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.collect(p); err != nil {
		return 0, err
	}
	w.begin()
	return len(p), nil
}

// acknowledge takes the bytes or fails, as Write does; they leave with flush.
func (w *wire) acknowledge(p []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.collect(p)
}

// collect puts bytes into the buffer. The lock is held.
func (w *wire) collect(p []byte) error {
	switch {
	case w.err != nil:
		return w.err
	case w.closing:
		return net.ErrClosed
	case len(w.buffer)+len(p) > unreadLimit:
		w.giveUp(errSlow)
		return errSlow
	}
	w.buffer = append(w.buffer, p...)
	return nil
}

// flush sends what was collected: at once what the kernel takes without waiting, the rest
// beside the caller.
func (w *wire) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sending || w.err != nil || len(w.buffer) == 0 {
		return
	}
	if w.socket != nil {
		n, _ := w.socket.writeNow(w.buffer) // an error comes again with the next write, which tells it
		w.buffer = w.buffer[:copy(w.buffer, w.buffer[n:])]
	}
	w.begin()
}

// begin starts to send the buffer beside the caller. The lock is held.
func (w *wire) begin() {
	if !w.sending && len(w.buffer) > 0 {
		w.sending = true
		go w.send()
	}
}

// giveUp ends the connection for a peer that does not read. The lock is held.
func (w *wire) giveUp(err error) {
	if w.err == nil {
		w.err = err
		w.gate.counts.add(slowReaders, 1)
		go w.shut()
	}
}

// send writes what was collected until nothing is left, then closes if that was asked.
func (w *wire) send() {
	var spare []byte
	for {
		w.mu.Lock()
		out := w.buffer
		if len(out) == 0 || w.err != nil {
			w.sending = false
			shut := w.closing || w.err != nil
			w.mu.Unlock()
			if shut {
				w.shut()
			}
			return
		}
		w.buffer = spare[:0]
		w.mu.Unlock()
		w.Conn.SetWriteDeadline(time.Now().Add(writeWithin))
		_, err := w.Conn.Write(out)
		w.Conn.SetWriteDeadline(time.Time{}) // one that is over would keep flush from writing
		spare = out
		if err != nil {
			w.fail(err)
		}
	}
}

func (w *wire) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		w.gate.counts.add(slowReaders, 1)
		err = errSlow
	}
	w.err = err
}

// Close sends what was written before, then closes.
func (w *wire) Close() error {
	w.mu.Lock()
	w.closing = true
	if w.err == nil {
		w.begin()
	}
	sending := w.sending
	w.mu.Unlock()
	if !sending {
		return w.shut()
	}
	return w.Conn.SetReadDeadline(time.Unix(1, 0)) // end the reader now; send closes
}

func (w *wire) shut() error {
	w.gate.forget(w)
	return w.Conn.Close()
}

// SetDeadline is the keep-alive of the reader. Writes have their own deadline.
func (w *wire) SetDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing {
		return net.ErrClosed
	}
	if w.allowed = 0; !t.IsZero() {
		w.allowed = time.Until(t)
	}
	return w.Conn.SetReadDeadline(t)
}
