package doorkill

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// window is w of IEC 60870-5-104: frames after which the server acknowledges, within the
// k = 12 that the station may send without it.
const window = 8

// substation is the controlled side of IEC 60870-5-104. It keeps each value until N(R)
// of the server says that it was taken, and sends it again over the next connection.
type substation struct {
	*ledger
	listener net.Listener
	work     sync.WaitGroup
}

func newSubstation(t *testing.T, h *household) *substation {
	t.Helper()
	l, err := net.Listen("tcp", port(t))
	if err != nil {
		t.Fatal(err)
	}
	key := h.add(asked("iec104", "rtu", l.Addr().String(), time.Hour, "ca", "1", "t2", "1s", "t1", "3s", "t3", "2s"), "ioa:7")
	s := &substation{ledger: newLedger("iec104", "own station, M_IT_TB_1", key, time.Millisecond), listener: l}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); l.Close(); s.work.Wait() })
	s.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.note(s.serve(ctx, conn)) // one connection at a time, as a station has
		}
	})
	return s
}

// line is one connection of the station.
type line struct {
	*substation
	conn     net.Conn
	in       *bufio.Reader
	next     uint16 // N(S)
	took     uint16 // N(R)
	said     uint16 // N(R) of the server
	begun    bool   // STARTDT and the interrogation were answered
	awaiting []int  // samples of the frames from said on; 0 is a frame without one
}

// serve speaks over a connection until it ends.
func (s *substation) serve(ctx context.Context, conn net.Conn) error {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	l := &line{substation: s, conn: conn, in: bufio.NewReader(conn)}
	for {
		if err := l.hear(); err != nil {
			return err
		}
		if !l.begun || len(l.awaiting) > 0 {
			continue
		}
		time.Sleep(5 * time.Millisecond)
		for _, n := range s.take(window) {
			if err := l.unit(n, l.total(n)...); err != nil {
				return err
			}
		}
	}
}

// unit sends an I frame with the sample n, or none.
func (l *line) unit(n int, unit ...byte) error {
	head := []byte{0x68, byte(4 + len(unit)), 0, 0, 0, 0}
	binary.LittleEndian.PutUint16(head[2:], l.next<<1)
	binary.LittleEndian.PutUint16(head[4:], l.took<<1)
	l.next = (l.next + 1) & 0x7FFF
	l.awaiting = append(l.awaiting, n)
	_, err := l.conn.Write(append(head, unit...))
	return err
}

// total is M_IT_TB_1, spontaneous: an integrated total with CP56Time2a at object 7.
func (l *line) total(n int) []byte {
	at := l.at(n).In(beijing)
	b := []byte{37, 1, 3, 0, 1, 0, 7, 0, 0}
	b = binary.LittleEndian.AppendUint32(b, uint32(n))
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(at.Second()*1000+at.Nanosecond()/1e6))
	return append(b, byte(at.Minute()), byte(at.Hour()), byte(at.Day()), byte(at.Month()), byte(at.Year()-2000))
}

// hear reads a frame of the server and does what it asks.
func (l *line) hear() error {
	if err := l.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	head := make([]byte, 6)
	if _, err := io.ReadFull(l.in, head); err != nil {
		return err
	}
	if head[0] != 0x68 || head[1] < 4 {
		return fmt.Errorf("%w: frame % x", errRefused, head)
	}
	unit := make([]byte, int(head[1])-4)
	if _, err := io.ReadFull(l.in, unit); err != nil {
		return err
	}
	if head[2]&3 == 3 {
		return l.function(head[2])
	}
	if err := l.taken(binary.LittleEndian.Uint16(head[4:]) >> 1); err != nil || head[2]&1 == 1 {
		return err
	}
	l.took = (l.took + 1) & 0x7FFF
	return l.command(unit)
}

// function confirms STARTDT and TESTFR.
func (l *line) function(f byte) error {
	switch f {
	case 0x07, 0x43:
		_, err := l.conn.Write([]byte{0x68, 4, f<<1&0xF8 | 3, 0, 0, 0})
		return err
	case 0x13:
		return errors.New("the server stops")
	}
	return nil
}

// command confirms a general interrogation and ends it at once: the station has nothing
// but what it sends by itself.
func (l *line) command(unit []byte) error {
	if len(unit) != 10 || unit[0] != 100 {
		return fmt.Errorf("%w: unit % x", errRefused, unit)
	}
	for _, cause := range []byte{7, 10} {
		mirror := append([]byte{}, unit...)
		mirror[2] = cause
		if err := l.unit(0, mirror...); err != nil {
			return err
		}
	}
	l.begun = true
	return nil
}

// taken notes N(R): all frames before it are acknowledged.
func (l *line) taken(number uint16) error {
	count := int((number - l.said) & 0x7FFF)
	if count > len(l.awaiting) {
		return fmt.Errorf("%w: N(R) %d of frames that were not sent", errRefused, number)
	}
	for _, n := range l.awaiting[:count] {
		if n > 0 {
			l.ack(n)
		}
	}
	l.awaiting, l.said = l.awaiting[count:], number
	return nil
}
