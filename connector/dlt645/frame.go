// Package dlt645 is the door of electricity meters that speak DL/T 645-2007 behind TCP
// serial servers: it asks each meter in turn and hands on registers and instant values.
package dlt645

import (
	"bufio"
	"fmt"
	"strings"

	"lingtan/connector"
)

// Control codes of DL/T 645-2007. An answer has bit 7 set, an error bit 6 too, and bit 5
// says that more frames follow.
const (
	readData    = 0x11
	readMore    = 0x12
	readAddress = 0x13

	answered = 0x80
	failed   = 0x40
	followed = 0x20
	function = 0x1F
)

const (
	offset    = 0x33 // added to each byte of the data field on the wire
	maxData   = 200  // bytes of the data field of a read answer, at most
	anyMeter  = "AAAAAAAAAAAA"
	maxPieces = 64 // frames of one answer
)

// Frame is a frame of the protocol; its data without the offset of 33H.
type Frame struct {
	Address string // 12 digits, as printed on the meter
	Control byte
	Data    []byte
}

// Encode writes a frame with count bytes FEH before it. An address that is not of 12
// digits (or A, the wildcard), or data of over 200 bytes, gives connector.ErrConfig.
func (f Frame) Encode(count int) ([]byte, error) {
	if len(f.Address) != 12 || strings.Trim(f.Address, "0123456789A") != "" {
		return nil, fmt.Errorf("dlt645: address %.20q is not of 12 digits: %w", f.Address, connector.ErrConfig)
	}
	if len(f.Data) > maxData {
		return nil, fmt.Errorf("dlt645: %d bytes of data, at most %d: %w", len(f.Data), maxData, connector.ErrConfig)
	}
	var b []byte
	for range count {
		b = append(b, 0xFE)
	}
	b = append(b, 0x68)
	for i := 10; i >= 0; i -= 2 {
		b = append(b, nibble(f.Address[i])<<4|nibble(f.Address[i+1]))
	}
	b = append(b, 0x68, f.Control, byte(len(f.Data)))
	for _, d := range f.Data {
		b = append(b, d+offset)
	}
	return append(b, sum(b[count:]), 0x16), nil
}

func nibble(c byte) byte {
	if c == 'A' {
		return 0xA
	}
	return c - '0'
}

// sum is the check byte: the sum of all bytes from the first 68H on, modulo 256.
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

// try reads a frame at the first byte and gives its size, 0 when none begins there. An
// error within what looked like a frame is kept for the byte after it.
func try(r *bufio.Reader, damaged func()) (Frame, int, error) {
	const head, tail = 10, 2
	b, err := r.Peek(1)
	if err != nil || b[0] != 0x68 {
		return Frame{}, 0, err
	}
	if b, err = r.Peek(head); err != nil {
		return Frame{}, 0, within(r)
	}
	n := int(b[9])
	if b[7] != 0x68 || n > maxData || !addressed(b[1:7]) {
		return Frame{}, 0, nil
	}
	if b, err = r.Peek(head + n + tail); err != nil {
		return Frame{}, 0, within(r)
	}
	if b[head+n] != sum(b[:head+n]) || b[head+n+1] != 0x16 {
		damaged()
		return Frame{}, 0, nil
	}
	f := Frame{Control: b[8], Data: make([]byte, n)}
	for i := 6; i > 0; i-- {
		f.Address += fmt.Sprintf("%02X", b[i])
	}
	for i := range f.Data {
		f.Data[i] = b[head+i] - offset
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

// addressed says whether six bytes are BCD digits, or the wildcard.
func addressed(b []byte) bool {
	for _, c := range b {
		if c != 0xAA && (c>>4 > 9 || c&15 > 9) {
			return false
		}
	}
	return true
}

// digits reads BCD, low byte first, as a number with decimals; with signed the top bit
// is the sign. Bytes that are no digits give connector.ErrProtocol: FF stands for "no
// value" in many meters.
func digits(b []byte, decimals int, signed bool) (float64, error) {
	negative := signed && b[len(b)-1]&0x80 != 0
	n := 0.0
	for i := len(b) - 1; i >= 0; i-- {
		c := b[i]
		if i == len(b)-1 && signed {
			c &= 0x7F
		}
		if c>>4 > 9 || c&15 > 9 {
			return 0, fmt.Errorf("dlt645: % X is no number; the meter has no such value: %w", b, connector.ErrProtocol)
		}
		n = n*100 + float64(c>>4)*10 + float64(c&15)
	}
	scale := 1.0
	for range decimals {
		scale *= 10
	}
	if negative {
		n = -n
	}
	return n / scale, nil
}

// errorBits are the bits of the error byte of an answer (D1H), from bit 0.
// They are to be confirmed against the standard's text (待核实).
var errorBits = [8]string{
	"other error 其他错误",
	"no such data 无请求数据",
	"wrong password or not authorized 密码错或未授权",
	"rate cannot be changed 通信速率不能更改",
	"too many yearly zones 年时区数超",
	"too many daily periods 日时段数超",
	"too many tariffs 费率数超",
	"reserved 保留",
}

// refusal says what an error answer means.
func refusal(data []byte) error {
	var names []string
	for bit, name := range errorBits {
		if len(data) > 0 && data[0]>>bit&1 == 1 {
			names = append(names, name)
		}
	}
	if names == nil {
		names = []string{"no reason given"}
	}
	return fmt.Errorf("dlt645: the meter refuses: %s: %w", strings.Join(names, ", "), connector.ErrRefused)
}
