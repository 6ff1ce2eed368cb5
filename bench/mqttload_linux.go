package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

const (
	inFlightMost = 1000                 // messages of a device that wait; below what the broker tells as its Receive Maximum
	sendMost     = 64                   // messages that are sent before acknowledgements are looked for
	lookEvery    = 2 * time.Millisecond // between two looks for what is due and what came; what it adds to an acknowledgement is measured with it
	drainWithin  = time.Minute
	telemetry    = "v1/devices/me/telemetry"
)

// pushers are devices that publish ThingsBoard telemetry at QoS 1 over MQTT 3.1.1 on a
// socket each: one goroutine serves them all, with packets made beforehand, so that the
// load takes as little of the machine as it can.
type pushers struct {
	epoll   int
	events  []syscall.EpollEvent
	devices []publisher
	byFD    map[int32]*publisher
	every   time.Duration // between two messages of a device
	begun   time.Time     // when the first message was due

	room               [4 * (inFlightMost + 1)]byte // of acknowledgements
	sent, acknowledged int64
	waits              []uint32 // µs of each acknowledgement from the time its message was due; of the last window
}

// publisher is a device: its socket, its packet and how far it is.
type publisher struct {
	fd                 int
	number             int // in the pushers
	packet             []byte
	id, stamp, value   []byte // places in the packet
	sent, acknowledged int64
	partial            []byte // an acknowledgement of which a part came
}

// connectPushers connects so many devices; the token of device i is token(i).
func connectPushers(address string, count int, every time.Duration, token func(i int) string) (*pushers, error) {
	to, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return nil, err
	}
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	f := &pushers{epoll: epoll, events: make([]syscall.EpollEvent, 512), devices: make([]publisher, count), byFD: make(map[int32]*publisher, count), every: every}
	for i := range f.devices {
		f.devices[i].fd = -1
	}
	for i := range f.devices {
		p := &f.devices[i]
		p.number = i
		if err := p.connect(to, token(i)); err != nil {
			return nil, errors.Join(fmt.Errorf("device %d of %d does not connect to %s: %w", i, count, address, err), f.close())
		}
		p.prepare()
		f.byFD[int32(p.fd)] = p
		const edge = 1 << 31 // EPOLLET, which package syscall has as a negative number
		event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | edge, Fd: int32(p.fd)}
		if err := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, p.fd, &event); err != nil {
			return nil, errors.Join(err, f.close())
		}
	}
	return f, nil
}

func (f *pushers) close() error {
	for _, p := range f.devices {
		if p.fd >= 0 {
			syscall.Close(p.fd)
		}
	}
	return syscall.Close(f.epoll)
}

// connect opens the socket and says CONNECT with the token as the user name, a clean
// session and 120 s of keep-alive (MQTT 3.1.1, section 3.1).
func (p *publisher) connect(to *net.TCPAddr, token string) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	p.fd = fd
	at := &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}
	wait := syscall.Timeval{Sec: 20}
	if err := errors.Join(syscall.Connect(fd, at), syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1),
		syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait)); err != nil {
		return err
	}
	body := []byte("\x00\x04MQTT\x04\x82\x00\x78")
	body = text(text(body, "bench-"+strconv.Itoa(p.number)), token)
	if _, err := syscall.Write(fd, append([]byte{0x10, byte(len(body))}, body...)); err != nil {
		return err
	}
	answer := make([]byte, 4)
	n, err := syscall.Read(fd, answer)
	for errors.Is(err, syscall.EINTR) { // the runtime's own signals
		n, err = syscall.Read(fd, answer)
	}
	if err != nil || n != 4 || answer[0] != 0x20 || answer[3] != 0 {
		return fmt.Errorf("% x in place of CONNACK: %w", answer[:max(n, 0)], err)
	}
	return syscall.SetNonblock(fd, true)
}

func text(to []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(s))), s...)
}

// prepare makes the packet, in which each message changes the packet id, the time and
// the value.
func (p *publisher) prepare() {
	body := text(nil, telemetry)
	id := len(body)
	body = append(body, 0, 0)
	body = append(body, `{"ts":`...)
	stamp := len(body)
	body = append(body, `1700000000000,"values":{"kw":`...)
	value := len(body)
	body = append(body, `1000.5}}`...)
	p.packet = append([]byte{0x32, byte(len(body))}, body...)
	p.id, p.stamp, p.value = p.packet[2+id:][:2], p.packet[2+stamp:][:13], p.packet[2+value:][:4]
}

// send publishes the next message.
func (p *publisher) send(now time.Time) error {
	if p.sent-p.acknowledged >= inFlightMost {
		return fmt.Errorf("device %d: %d messages wait for their acknowledgement", p.number, inFlightMost)
	}
	binary.BigEndian.PutUint16(p.id, uint16(p.sent%65535+1))
	strconv.AppendInt(p.stamp[:0], now.UnixMilli(), 10)
	strconv.AppendInt(p.value[:0], 1000+(p.sent+int64(p.number))%9000, 10)
	p.sent++
	n, errno := transfer(syscall.SYS_WRITE, p.fd, p.packet)
	if n != len(p.packet) {
		return fmt.Errorf("device %d: %d bytes of message %d were taken: %w", p.number, n, p.sent, errno)
	}
	return nil
}

// due is when message k of a device is to be sent: the devices take turns.
func (f *pushers) due(device int, k int64) time.Duration {
	return f.every*time.Duration(k) + f.every*time.Duration(device)/time.Duration(len(f.devices))
}

// run publishes at the pace of every, for so long, and measures each acknowledgement
// from the time at which its message was due, so that a late sender hides nothing.
func (f *pushers) run(length time.Duration) error {
	if f.begun.IsZero() {
		f.begun = time.Now()
	}
	f.waits = slices.Grow(f.waits[:0], int(length/f.every)*len(f.devices)+len(f.devices))
	device := int(f.sent % int64(len(f.devices)))
	for end := time.Now().Add(length); ; {
		now := time.Now()
		if now.After(end) {
			return nil
		}
		sent := 0
		for ; sent < sendMost && f.due(device, f.devices[device].sent) <= now.Sub(f.begun); sent++ {
			if err := f.devices[device].send(now); err != nil {
				return err
			}
			f.sent++
			device = (device + 1) % len(f.devices)
		}
		if err := f.receive(); err != nil {
			return err
		}
		if sent < sendMost {
			rest()
		}
	}
}

// rest sleeps until the next look, so that no acknowledgement wakes the load.
func rest() {
	length := syscall.NsecToTimespec(int64(lookEvery))
	syscall.Nanosleep(&length, nil) // cut short by a signal it is an early look
}

// transfer is one read or write of a socket that does not wait.
func transfer(call uintptr, fd int, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// drain waits for the acknowledgements that are not there yet.
func (f *pushers) drain() error {
	for end := time.Now().Add(drainWithin); f.acknowledged < f.sent; {
		if err := f.receive(); err != nil {
			return err
		}
		rest()
		if time.Now().After(end) {
			return fmt.Errorf("%d of %d messages were not acknowledged within %v", f.sent-f.acknowledged, f.sent, drainWithin)
		}
	}
	return nil
}

// receive takes all acknowledgements that came.
func (f *pushers) receive() error {
	for {
		n, err := syscall.EpollWait(f.epoll, f.events, 0)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return err
		}
		for _, e := range f.events[:max(n, 0)] {
			if err := f.acknowledge(f.byFD[e.Fd], e.Events&syscall.EPOLLRDHUP != 0); err != nil {
				return err
			}
		}
		if n < len(f.events) {
			return nil
		}
	}
}

// acknowledge reads PUBACKs (section 3.4), which come in the order of the messages. All
// are read, for what is left is not told again.
func (f *pushers) acknowledge(p *publisher, closed bool) error {
	if closed {
		return fmt.Errorf("device %d: the broker closed the connection", p.number)
	}
	room := f.room[:]
	for {
		had := copy(room, p.partial)
		n, errno := transfer(syscall.SYS_READ, p.fd, room[had:])
		if errno == syscall.EAGAIN {
			return nil
		}
		if n == 0 {
			return fmt.Errorf("device %d: reading acknowledgements: %w", p.number, errno)
		}
		if err := f.count(p, room[:had+n]); err != nil || had+n < len(room) {
			return err
		}
	}
}

// count notes the PUBACKs of a device in bytes that just came.
func (f *pushers) count(p *publisher, in []byte) error {
	late := time.Since(f.begun)
	for ; len(in) >= 4; in = in[4:] {
		want := uint16(p.acknowledged%65535 + 1)
		if in[0] != 0x40 || in[1] != 2 || binary.BigEndian.Uint16(in[2:]) != want {
			return fmt.Errorf("device %d: % x in place of PUBACK %d", p.number, in[:4], want)
		}
		f.waits = append(f.waits, uint32((late - f.due(p.number, p.acknowledged)).Microseconds()))
		p.acknowledged++
		f.acknowledged++
	}
	p.partial = append(p.partial[:0], in...)
	return nil
}
