package mqtt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unicode/utf8"
)

const (
	frontBuffer = 2 << 10 // bytes of a connection that are read at once
	frameHeader = 5       // bytes of a fixed header at most (MQTT 5, section 2.1.4)
)

// publication is a PUBLISH of QoS 0 or 1 without properties, as most that devices send.
// Its bytes are of the connection's buffer and good until the next one.
type publication struct {
	topic, payload []byte
	id             uint16
	qos            byte
	dup            bool
}

// front reads the frames of a connection before the library does. What a device sends
// most, a plain PUBLISH of QoS 0 or 1, it hands to take in place; every other frame goes
// on to the library, byte by byte as it came, one frame a Read, so that the order of all
// is kept: the library asks for more only when it has done with the frame before.
type front struct {
	take    func(p publication, patient bool) outcome // nil until the session stands: CONNECT is the library's
	version byte

	buffer     []byte
	start, end int          // of what was read and not handed on
	rest       int          // bytes of a frame that are the library's
	held       bool         // the next frame waits for its reader
	ended      error        // of the connection, once what came before is handed on
	heard      atomic.Int64 // when the last frame came, nanoseconds since 1970
}

// outcome is what became of a publication.
type outcome int

const (
	taken    outcome = iota
	declined         // it is the library's
	held             // it cannot be taken without waiting; not where patient was given
)

// Read gives the library its frames.
func (w *wire) Read(p []byte) (int, error) {
	f := &w.front
	for {
		if f.rest > 0 && f.start < f.end {
			n := copy(p[:min(len(p), f.rest)], f.buffer[f.start:f.end])
			f.start += n
			f.rest -= n
			return n, nil
		}
		if f.rest > 0 {
			n, err := w.receive(p[:min(len(p), f.rest)])
			f.rest -= n
			return n, err
		}
		if f.frame(true) {
			continue
		}
		if err := w.fill(); err != nil {
			return 0, err
		}
	}
}

// serve reads what came on a lent socket and takes what can be taken at once, until
// nothing is left or the reader is needed. After a hangup it reads until the end.
func (w *wire) serve(hangup bool) (needed bool) {
	f := &w.front
	for {
		for f.frame(false) {
			if f.rest > 0 {
				return true
			}
		}
		if f.held || f.ended != nil {
			return true
		}
		room := f.room()
		n, err := w.socket.readNow(room)
		f.end += n
		switch {
		case err == errWait:
			return false
		case err != nil:
			f.ended = w.fault(err)
			return true
		}
		if n < len(room) && !hangup {
			for f.frame(false) && f.rest == 0 {
			}
			return f.rest > 0 || f.held
		}
	}
}

// frame deals with the next frame of the buffer: it takes it, or marks its bytes as the
// library's. It gives false where more bytes are needed, or the frame is held.
func (f *front) frame(patient bool) bool {
	f.held = false
	in := f.buffer[f.start:f.end]
	header, length := frameLength(in)
	size := header + length
	switch {
	case header == 0:
		return false
	case header < 0: // malformed: the rest is the library's, which says so and closes
		f.rest = math.MaxInt
		return true
	case f.take == nil || in[0]>>4 != 3 || size > frontBuffer:
		f.rest = size
		return true
	case size > len(in):
		return false
	}
	p, plain := parsePublication(in[0], in[header:size], f.version)
	became := declined
	if plain {
		became = f.take(p, patient)
	}
	switch became {
	case declined:
		f.rest = size
	case held:
		f.held = true
		return false
	case taken:
		f.start += size
		f.heard.Store(time.Now().UnixNano())
	}
	return true
}

// frameLength reads a fixed header: its bytes and the length that it tells. 0 bytes: more
// are needed; -1: malformed.
func frameLength(in []byte) (header, length int) {
	for i := 1; i < len(in) && i < frameHeader; i++ {
		length |= int(in[i]&0x7f) << (7 * (i - 1))
		if in[i] < 0x80 {
			return i + 1, length
		}
	}
	if len(in) >= frameHeader {
		return -1, 0
	}
	return 0, 0
}

// parsePublication takes a PUBLISH apart (MQTT 3.1.1 and 5, section 3.3). Whatever is not
// plain, or against the protocol, is left to the library: QoS 2, properties, packet id 0,
// a topic that is empty, has wildcards or is no text.
func parsePublication(first byte, body []byte, version byte) (publication, bool) {
	p := publication{qos: first >> 1 & 3, dup: first&8 != 0}
	if p.qos > 1 || len(body) < 2 {
		return p, false
	}
	n := 2 + int(binary.BigEndian.Uint16(body))
	if len(body) < n {
		return p, false
	}
	p.topic, body = body[2:n], body[n:]
	if p.qos == 1 {
		if len(body) < 2 {
			return p, false
		}
		p.id, body = binary.BigEndian.Uint16(body), body[2:]
		if p.id == 0 {
			return p, false
		}
	}
	if version >= 5 {
		if len(body) == 0 || body[0] != 0 {
			return p, false
		}
		body = body[1:]
	}
	p.payload = body
	plain := len(p.topic) > 0 && p.topic[0] != '$' && !bytes.ContainsAny(p.topic, "+#\x00") && utf8.Valid(p.topic)
	return p, plain
}

// room is the free end of the buffer, behind the bytes that wait.
func (f *front) room() []byte {
	if f.buffer == nil {
		f.buffer = make([]byte, frontBuffer)
	}
	if f.start > 0 {
		f.end = copy(f.buffer, f.buffer[f.start:f.end])
		f.start = 0
	}
	return f.buffer[f.end:]
}

// fill reads more bytes behind those that wait. Once the session stands, a socket is lent
// until its reader is needed.
func (w *wire) fill() error {
	f := &w.front
	if f.ended != nil {
		return f.ended
	}
	if w.socket != nil && f.take != nil {
		for {
			err := w.socket.lend()
			if !errors.Is(err, os.ErrDeadlineExceeded) || !w.prolong() {
				return err
			}
		}
	}
	n, err := w.receive(f.room())
	f.end += n
	if n > 0 {
		return nil
	}
	return err
}

// receive reads from the connection. The keep-alive runs from the last frame, also from
// one that was taken without the library, which sets the deadline.
func (w *wire) receive(p []byte) (int, error) {
	for {
		n, err := w.Conn.Read(p)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || !w.prolong() {
			return n, w.fault(err)
		}
	}
}

// fault says of an error of the reader what it means.
func (w *wire) fault(err error) error {
	if errors.Is(err, syscall.ETIMEDOUT) {
		w.gate.counts.add(slowReaders, 1)
		return errSlow
	}
	return err
}

// prolong moves the deadline of the reader to where the keep-alive ends, if that is ahead.
func (w *wire) prolong() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := time.Unix(0, w.front.heard.Load()).Add(w.allowed)
	return !w.closing && w.err == nil && w.allowed > 0 && end.After(time.Now()) && w.Conn.SetReadDeadline(end) == nil
}
