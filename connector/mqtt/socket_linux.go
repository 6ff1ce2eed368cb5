package mqtt

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// errWait says that the kernel has nothing, or takes nothing, for the time being.
var errWait = errors.New("mqtt: the socket is not ready")

// socket is a plain TCP connection that the door's watch follows in the place of the Go
// runtime's poller. While its reader has lent it, the watch reads it: a device's message
// then costs one read and wakes no goroutine.
type socket struct {
	watch         *watch
	owner         *wire // it serves while lent, with the lock held
	local, remote net.Addr
	ready         chan struct{} // 1: look again, as reader
	writable      chan struct{} // 1: look again, as writer
	blocked       atomic.Bool   // a writer waits

	mu                sync.Mutex
	fd                int // -1 = closed
	lent              bool
	readEnd, writeEnd time.Time // deadlines; zero = none
}

var _ net.Conn = (*socket)(nil)

// readNow reads what is there. The lock is held.
func (s *socket) readNow(p []byte) (int, error) {
	if s.fd < 0 {
		return 0, net.ErrClosed
	}
	n, err := transfer(syscall.SYS_READ, s.fd, p)
	if err == nil && n == 0 {
		return 0, io.EOF
	}
	return n, err
}

// writeNow writes what the kernel takes without waiting.
func (s *socket) writeNow(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return 0, net.ErrClosed
	}
	return transfer(syscall.SYS_WRITE, s.fd, p)
}

// transfer is one read or write that does not wait, and so need not be told to the scheduler.
func transfer(call uintptr, fd int, p []byte) (int, error) {
	for len(p) > 0 {
		n, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, errWait
		default:
			return 0, errno
		}
	}
	return 0, nil
}

// Read waits for bytes until the deadline.
func (s *socket) Read(p []byte) (int, error) {
	for {
		s.mu.Lock()
		end := s.readEnd
		n, err := 0, os.ErrDeadlineExceeded
		if !passed(end) {
			n, err = s.readNow(p)
		}
		s.mu.Unlock()
		if err != errWait {
			return n, err
		}
		await(s.ready, end)
	}
}

// lend has the watch read the connection until owner says that the reader is needed, the
// deadline passes or the connection is closed.
func (s *socket) lend() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd >= 0 && s.owner.serve(true) {
		return nil
	}
	s.lent = true
	for s.lent {
		end := s.readEnd
		switch {
		case s.fd < 0:
			s.lent = false
			return net.ErrClosed
		case passed(end):
			s.lent = false
			return os.ErrDeadlineExceeded
		}
		s.mu.Unlock()
		await(s.ready, end)
		s.mu.Lock()
	}
	return nil
}

// event takes what the kernel tells of the connection, each change once.
func (s *socket) event(flags uint32) {
	if flags&syscall.EPOLLOUT != 0 && s.blocked.Load() {
		nudge(s.writable)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lent && !s.owner.serve(flags&(syscall.EPOLLRDHUP|syscall.EPOLLHUP|syscall.EPOLLERR) != 0) {
		return
	}
	s.lent = false
	nudge(s.ready)
}

// Write waits until all is taken, or for the deadline.
func (s *socket) Write(p []byte) (sent int, err error) {
	defer s.blocked.Store(false)
	for sent < len(p) {
		s.mu.Lock()
		end := s.writeEnd
		s.mu.Unlock()
		if passed(end) {
			return sent, os.ErrDeadlineExceeded
		}
		n, err := s.writeNow(p[sent:])
		sent += n
		switch {
		case err == nil:
		case err != errWait:
			return sent, err
		case !s.blocked.Swap(true): // tries once more, since room may have come before the watch knew
		default:
			await(s.writable, end)
		}
	}
	return sent, nil
}

// Close closes the connection; who waits on it gets net.ErrClosed.
func (s *socket) Close() error {
	s.mu.Lock()
	fd := s.fd
	s.fd = -1
	if fd >= 0 {
		s.watch.forget(fd)
		syscall.Close(fd)
	}
	s.mu.Unlock()
	nudge(s.ready)
	nudge(s.writable)
	return nil
}

// LocalAddr is the listener's end.
func (s *socket) LocalAddr() net.Addr { return s.local }

// RemoteAddr is the device's end.
func (s *socket) RemoteAddr() net.Addr { return s.remote }

// SetDeadline sets both deadlines.
func (s *socket) SetDeadline(t time.Time) error {
	return errors.Join(s.SetReadDeadline(t), s.SetWriteDeadline(t))
}

// SetReadDeadline also holds for a Read under way.
func (s *socket) SetReadDeadline(t time.Time) error { return s.set(&s.readEnd, t, s.ready) }

// SetWriteDeadline also holds for a Write under way.
func (s *socket) SetWriteDeadline(t time.Time) error { return s.set(&s.writeEnd, t, s.writable) }

func (s *socket) set(end *time.Time, t time.Time, waiting chan struct{}) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return net.ErrClosed
	}
	*end = t
	nudge(waiting)
	return nil
}

func passed(end time.Time) bool { return !end.IsZero() && time.Until(end) <= 0 }

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// await waits for a nudge, until end where that is not zero.
func await(c chan struct{}, end time.Time) {
	if end.IsZero() {
		<-c
		return
	}
	timer := time.NewTimer(time.Until(end))
	defer timer.Stop()
	select {
	case <-c:
	case <-timer.C:
	}
}
