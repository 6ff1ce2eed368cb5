//go:build !linux

package mqtt

import (
	"errors"
	"net"
	"time"
)

// limitUnread does nothing here: a peer that takes nothing is cut off once the buffers are full.
func limitUnread(uintptr, time.Duration) {}

var errWait = errors.New("mqtt: the socket is not ready")

// watch is Linux's; here the Go runtime reads all connections.
type watch struct{}

func newWatch() (*watch, error) { return nil, errors.ErrUnsupported }

func (*watch) adopt(*net.TCPConn, *wire) *socket { return nil }

func (*watch) stop() {}

// socket is Linux's too.
type socket struct{ net.Conn }

func (*socket) lend() error { return nil }

func (*socket) readNow([]byte) (int, error) { return 0, errWait }

func (*socket) writeNow([]byte) (int, error) { return 0, errWait }
