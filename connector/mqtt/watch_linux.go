package mqtt

import (
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	watchedAtOnce = 512
	watchBusy     = 8                // sockets with news at once, from which on the watch lets news come together
	watchEvery    = time.Millisecond // between two looks when it is busy
)

// watch follows many sockets by one epoll instance (epoll(7)), edge-triggered: each change
// is told once. When much comes it looks once a millisecond, so that a message wakes nobody.
type watch struct {
	epoll int
	wake  int // eventfd(2) that ends the watch

	mu      sync.Mutex
	sockets []*socket // by file descriptor
	stopped bool
}

func newWatch() (*watch, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	wake, _, errno := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if errno != 0 {
		syscall.Close(epoll)
		return nil, errno
	}
	w := &watch{epoll: epoll, wake: int(wake)}
	if err := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, w.wake, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(w.wake)}); err != nil {
		syscall.Close(epoll)
		syscall.Close(w.wake)
		return nil, err
	}
	go w.run()
	return w, nil
}

// adopt takes a connection away from the Go runtime; nil where it cannot, and the
// connection is as it was.
func (w *watch) adopt(c *net.TCPConn, owner *wire) *socket {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	fd := -1
	raw.Control(func(of uintptr) {
		if copied, _, errno := syscall.Syscall(syscall.SYS_FCNTL, of, syscall.F_DUPFD_CLOEXEC, 0); errno == 0 {
			fd = int(copied)
		}
	})
	if fd < 0 {
		return nil
	}
	s := &socket{watch: w, owner: owner, fd: fd, local: c.LocalAddr(), remote: c.RemoteAddr(), ready: make(chan struct{}, 1), writable: make(chan struct{}, 1)}
	if !w.add(s) {
		syscall.Close(fd)
		return nil
	}
	c.Close() // of two descriptors of the connection: it stays open
	return s
}

func (w *watch) add(s *socket) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return false
	}
	for len(w.sockets) <= s.fd {
		w.sockets = append(w.sockets, nil)
	}
	const edge = 1 << 31 // EPOLLET, which package syscall has as a negative number
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | edge, Fd: int32(s.fd)}
	w.sockets[s.fd] = s
	if syscall.EpollCtl(w.epoll, syscall.EPOLL_CTL_ADD, s.fd, &event) != nil {
		w.sockets[s.fd] = nil
		return false
	}
	return true
}

// forget is called before the descriptor is closed, which may then be another socket's.
func (w *watch) forget(fd int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sockets[fd] = nil
}

// stop ends the watch; sockets that are open can still be written without waiting, and closed.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.stopped = true
		syscall.Write(w.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

func (w *watch) run() {
	defer syscall.Close(w.wake)
	defer syscall.Close(w.epoll)
	events, wait := make([]syscall.EpollEvent, watchedAtOnce), -1
	told := make([]*socket, watchedAtOnce)
	for {
		n, err := syscall.EpollWait(w.epoll, events, wait)
		if err != nil && err != syscall.EINTR {
			return // never of a valid instance
		}
		n = max(n, 0)
		if !w.find(events[:n], told) {
			return
		}
		for i, s := range told[:n] {
			if s != nil {
				s.event(events[i].Events)
			}
		}
		clear(told[:n])
		switch wait = -1; {
		case n == len(events):
			wait = 0
		case n >= watchBusy:
			time.Sleep(watchEvery)
			wait = 0
		}
	}
}

// find gives the sockets of events; false when the watch is to end.
func (w *watch) find(events []syscall.EpollEvent, told []*socket) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, e := range events {
		if fd := int(e.Fd); fd < len(w.sockets) {
			told[i] = w.sockets[fd]
		}
	}
	return !w.stopped
}
