// Package cjt188 is the door of water, heat and gas meters that speak CJ/T 188 behind TCP
// serial servers: it asks each meter in turn for its current metering data.
package cjt188

import (
	"bufio"
	"fmt"
	"strings"

	"lingtan/connector"
)

// Control codes. An answer has bit 7 set, an abnormal one bit 6 too.
const (
	readData    = 0x01
	readAddress = 0x03

	answered = 0x80
	failed   = 0x40
	function = 0x3F
)

const (
	maxData  = 100 // bytes of the data field of a read answer, at most (64H)
	anyType  = 0xAA
	anyMeter = "AAAAAAAAAAAAAA"
)

// Frame is a frame of the protocol.
type Frame struct {
	Type    byte   // kind of meter, 10H cold water, 20H heat, 30H gas …
	Address string // 14 digits: four of the maker, ten of the meter
	Control byte
	Data    []byte
}

// Encode writes a frame with count bytes FEH before it. An address that is not of 14
// digits (or A, the wildcard), or data of over 100 bytes, gives connector.ErrConfig.
func (f Frame) Encode(count int) ([]byte, error) {
	if len(f.Address) != 14 || strings.Trim(f.Address, "0123456789A") != "" {
		return nil, fmt.Errorf("cjt188: address %.20q is not of 14 digits: %w", f.Address, connector.ErrConfig)
	}
	if len(f.Data) > maxData {
		return nil, fmt.Errorf("cjt188: %d bytes of data, at most %d: %w", len(f.Data), maxData, connector.ErrConfig)
	}
	var b []byte
	for range count {
		b = append(b, 0xFE)
	}
	b = append(b, 0x68, f.Type)
	for i := 12; i >= 0; i -= 2 {
		b = append(b, nibble(f.Address[i])<<4|nibble(f.Address[i+1]))
	}
	b = append(b, f.Control, byte(len(f.Data)))
	b = append(b, f.Data...)
	return append(b, sum(b[count:]), 0x16), nil
}

func nibble(c byte) byte {
	if c == 'A' {
		return 0xA
	}
	return c - '0'
}

// sum is the check byte: the sum of all bytes from 68H on, modulo 256.
func sum(b []byte) byte {
	var s byte
	for _, c := range b {
		s += c
	}
	return s
}

// Next finds the next frame in a stream. Bytes before it, cut frames and frames whose
// check byte is wrong are passed over; of the last damaged tells. The reader must hold
// 256 bytes at least. It gives the reader's error.
func Next(r *bufio.Reader, damaged func()) (Frame, error) {
	for {
		f, size, err := try(r, damaged)
		if err != nil {
			return f, err
		}
		if size == 0 {
			size = 1
		}
		if _, err := r.Discard(size); err != nil || size > 1 {
			return f, err
		}
	}
}

// try reads a frame at the first byte and gives its size, 0 when none begins there.
func try(r *bufio.Reader, damaged func()) (Frame, int, error) {
	const head, tail = 11, 2
	b, err := r.Peek(1)
	if err != nil || b[0] != 0x68 {
		return Frame{}, 0, err
	}
	if b, err = r.Peek(head); err != nil {
		return Frame{}, 0, within(r)
	}
	n := int(b[10])
	if n > maxData || !addressed(b[2:9]) || b[1] != anyType && (b[1] < 0x10 || b[1] > 0x49) {
		return Frame{}, 0, nil
	}
	if b, err = r.Peek(head + n + tail); err != nil {
		return Frame{}, 0, within(r)
	}
	if b[head+n] != sum(b[:head+n]) || b[head+n+1] != 0x16 {
		damaged()
		return Frame{}, 0, nil
	}
	f := Frame{Type: b[1], Control: b[9], Data: append([]byte{}, b[head:head+n]...)}
	for i := 8; i > 1; i-- {
		f.Address += fmt.Sprintf("%02X", b[i])
	}
	return f, head + n + tail, nil
}

// within is no error while unread bytes may hold a frame further on.
func within(r *bufio.Reader) error {
	if r.Buffered() > 0 {
		return nil
	}
	_, err := r.Peek(1)
	return err
}

// addressed says whether bytes are BCD digits, or the wildcard.
func addressed(b []byte) bool {
	for _, c := range b {
		if c != 0xAA && (c>>4 > 9 || c&15 > 9) {
			return false
		}
	}
	return true
}

// digits reads BCD, low byte first, as a number with decimals. Bytes that are no digits
// give connector.ErrProtocol.
func digits(b []byte, decimals int) (float64, error) {
	n := 0.0
	for i := len(b) - 1; i >= 0; i-- {
		if b[i]>>4 > 9 || b[i]&15 > 9 {
			return 0, fmt.Errorf("cjt188: % X is no number: %w", b, connector.ErrProtocol)
		}
		n = n*100 + float64(b[i]>>4)*10 + float64(b[i]&15)
	}
	scale := 1.0
	for range decimals {
		scale *= 10
	}
	return n / scale, nil
}
