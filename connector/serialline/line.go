package serialline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"lingtan/connector"
)

// lines are the connections to serial servers, one an address: many take one only, and
// on the wire behind it one meter speaks at a time.
type lines struct {
	mu   sync.Mutex
	list map[string]*Line
}

// Line is the connection to one serial server.
type Line struct {
	address string
	users   int           // of lines.mu
	turn    chan struct{} // whoever could put something in may speak
	conn    net.Conn      // nil while not connected
	r       *bufio.Reader
	silent  int // questions without an answer since the last answer
}

const (
	dialTime  = 5 * time.Second
	maxSilent = 3 // unanswered questions after which the connection is made anew
)

// use gives the line of an address; leave it when done.
func (l *lines) use(address string) *Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.list == nil {
		l.list = map[string]*Line{}
	}
	n := l.list[address]
	if n == nil {
		n = &Line{address: address, turn: make(chan struct{}, 1)}
		l.list[address] = n
	}
	n.users++
	return n
}

func (l *lines) leave(n *Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n.users--
	if n.users == 0 {
		delete(l.list, n.address)
		n.hangUp() // nobody else can hold the turn
	}
}

func (n *Line) hangUp() {
	if n.conn != nil {
		_ = n.conn.Close()
		n.conn = nil
	}
}

// Ask sends a question and lets answer read frames until it says that one was the answer,
// or the time is over. Silence and a broken connection give connector.ErrUnreachable.
func (n *Line) Ask(ctx context.Context, question []byte, limit time.Duration, answer func(*bufio.Reader) (bool, error)) error {
	select {
	case n.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-n.turn }()
	if err := n.connect(ctx); err != nil {
		return err
	}
	conn := n.conn
	_ = conn.SetDeadline(time.Now().Add(limit))
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	_, _ = n.r.Discard(n.r.Buffered()) // late answers to earlier questions
	_, err := conn.Write(question)
	for done := false; err == nil && !done; {
		done, err = answer(n.r)
	}
	return n.judge(ctx, err)
}

// judge keeps or ends the connection after a question.
func (n *Line) judge(ctx context.Context, err error) error {
	if err == nil {
		n.silent = 0
		return nil
	}
	var late net.Error
	n.silent++
	if !errors.As(err, &late) || !late.Timeout() || n.silent >= maxSilent || ctx.Err() != nil {
		n.hangUp()
		n.silent = 0
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("no answer at %s (%v); check power, wiring, address and the serial server's settings: %w", n.address, err, connector.ErrUnreachable)
}

func (n *Line) connect(ctx context.Context) error {
	if n.conn != nil {
		return nil
	}
	conn, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", n.address)
	if err != nil {
		return fmt.Errorf("the serial server %s cannot be reached (%v): %w", n.address, err, connector.ErrUnreachable)
	}
	n.conn, n.r = conn, bufio.NewReaderSize(conn, 512)
	return nil
}
