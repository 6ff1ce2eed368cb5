// Package hj212 is the door of pollutant monitors: the server side of HJ 212, to which
// data loggers of waste gas, waste water and air stations send real-time, minute, hour
// and day values over TCP.
package hj212

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"lingtan/connector"
)

// maxSegment is the longest data segment that the standard allows, bytes.
const maxSegment = 1024

// CRC is the checksum of a data segment by the algorithm of the standard (HJ 212-2017,
// annex A). It is not CRC-16/MODBUS: the register's high byte is shifted down before
// each byte is mixed in.
func CRC(segment []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, b := range segment {
		crc = crc>>8 ^ uint16(b)
		for range 8 {
			low := crc & 1
			crc >>= 1
			if low == 1 {
				crc ^= 0xA001
			}
		}
	}
	return crc
}

// Frame wraps a data segment for the wire: ##, length, segment, checksum, CR LF.
// A segment is at most 1024 bytes; a longer one gives connector.ErrProtocol.
func Frame(segment string) ([]byte, error) {
	if len(segment) > maxSegment {
		return nil, fmt.Errorf("hj212: segment of %d bytes, at most %d: %w", len(segment), maxSegment, connector.ErrProtocol)
	}
	return fmt.Appendf(nil, "##%04d%s%04X\r\n", len(segment), segment, CRC([]byte(segment))), nil
}

// scanner finds frames in a stream that may hold rubbish, cut frames and wrong
// checksums. It holds one frame at most.
type scanner struct {
	r *bufio.Reader
	// wait is called before the scanner waits for bytes, with whether a frame has begun.
	wait func(begun bool)
	// count is called for each byte that belongs to no frame (rubbish), each frame with
	// a wrong checksum (checksum) and each that claims more than maxSegment (oversized).
	count func(reason string)

	run int // bytes skipped since the last good frame
}

func newScanner(r io.Reader, wait func(begun bool), count func(reason string)) *scanner {
	return &scanner{r: bufio.NewReaderSize(r, 2*maxSegment), wait: wait, count: count}
}

// next is the next data segment whose checksum fits, valid until the call after it. A
// frame that does not fit is passed over byte by byte, so that a good frame that begins
// inside a cut one is still found. It gives the reader's error when nothing is left.
func (s *scanner) next() ([]byte, error) {
	for {
		segment, size, err := s.try()
		if err != nil {
			return nil, err
		}
		if segment != nil {
			out := append([]byte(nil), segment...)
			_, err = s.r.Discard(size)
			s.run = 0
			return out, err
		}
		if err := s.skip(); err != nil {
			return nil, err
		}
	}
}

// skip passes over one byte. The line end after a frame is not counted.
func (s *scanner) skip() error {
	b, err := s.r.ReadByte()
	if err == nil && b != '\r' && b != '\n' {
		s.count("rubbish")
		s.run++
	}
	if s.run > maxRubbish {
		return errRubbish
	}
	return err
}

// try looks for a frame at the first unread byte: its segment and the size of the frame
// without its line end, or nil when no frame begins here.
func (s *scanner) try() ([]byte, int, error) {
	const head, tail = 6, 4
	b, err := s.peek(1)
	if b == nil || b[0] != '#' {
		return nil, 0, err
	}
	b, err = s.peek(head)
	if b == nil || b[1] != '#' {
		return nil, 0, err
	}
	n, ok := length(b[2:head])
	if !ok {
		return nil, 0, nil
	}
	if n > maxSegment {
		s.count("oversized")
		return nil, 0, nil
	}
	b, err = s.peek(head + n + tail)
	if b == nil {
		return nil, 0, err
	}
	sum, bad := strconv.ParseUint(string(b[head+n:]), 16, 16)
	if bad != nil || uint16(sum) != CRC(b[head:head+n]) {
		s.count("checksum")
		return nil, 0, nil
	}
	return b[head : head+n], head + n + tail, nil
}

// peek is the next n bytes. It gives nil without an error when the stream ended or
// went silent within a frame: the caller then looks for a frame further on.
func (s *scanner) peek(n int) ([]byte, error) {
	if s.r.Buffered() < n {
		s.wait(s.r.Buffered() > 0)
	}
	b, err := s.r.Peek(n)
	if err == nil {
		return b, nil
	}
	var late net.Error
	silent := errors.Is(err, io.EOF) || errors.As(err, &late) && late.Timeout()
	if silent && s.r.Buffered() > 0 {
		return nil, nil
	}
	return nil, err
}

// length reads the four digits of the length field.
func length(digits []byte) (int, bool) {
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int(d-'0')
	}
	return n, true
}
