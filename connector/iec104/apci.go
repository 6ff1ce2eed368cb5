package iec104

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"lingtan/connector"
)

// Framing of IEC 60870-5-104:2006, 5: start octet, length, four control octets, ASDU.
const (
	startOctet = 0x68
	control    = 4   // control octets, counted by the length
	mostAPDU   = 253 // of the length octet: 255 less start and length
	modulus    = 1 << 15
)

// Unnumbered functions: the first control octet.
const (
	startAct = 0x07 // STARTDT act
	startCon = 0x0B
	stopAct  = 0x13 // STOPDT act
	testAct  = 0x43 // TESTFR act
	testCon  = 0x83
)

// format is one of the three kinds of APDU.
type format byte

const (
	information format = iota // I: numbered, with an ASDU
	supervisory               // S: acknowledges
	unnumbered                // U: start, stop, test
)

// apdu is one APDU. Its asdu is a copy of its own.
type apdu struct {
	format   format
	function byte   // of an unnumbered one
	send     uint16 // N(S)
	receive  uint16 // N(R)
	asdu     []byte
}

// errEnded marks that the other side closed the connection between two frames.
var errEnded = errors.New("the station closed the connection")

// readAPDU reads the next APDU. What is not framed as the standard says is
// connector.ErrProtocol: after it nothing can be trusted to begin where it seems to.
func readAPDU(r *bufio.Reader) (apdu, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		if errors.Is(err, io.EOF) {
			err = errEnded
		}
		return apdu{}, fmt.Errorf("%w: %w", connector.ErrUnreachable, err)
	}
	if head[0] != startOctet {
		return apdu{}, fmt.Errorf("%w: a frame begins with %02X, not 68; is there an IEC 60870-5-104 station at the address?", connector.ErrProtocol, head[0])
	}
	if _, err := io.ReadFull(r, head[1:]); err != nil {
		return apdu{}, fmt.Errorf("%w: ended within a frame: %w", connector.ErrUnreachable, err)
	}
	if head[1] < control || head[1] > mostAPDU {
		return apdu{}, fmt.Errorf("%w: frame of length %d; 4 to 253 are possible", connector.ErrProtocol, head[1])
	}
	body := make([]byte, head[1])
	if _, err := io.ReadFull(r, body); err != nil {
		return apdu{}, fmt.Errorf("%w: ended within a frame: %w", connector.ErrUnreachable, err)
	}
	return parseControl(body)
}

// parseControl understands what follows the length octet.
func parseControl(body []byte) (apdu, error) {
	first, third := binary.LittleEndian.Uint16(body), binary.LittleEndian.Uint16(body[2:])
	switch {
	case first&1 == 0 && third&1 == 0 && len(body) > control:
		return apdu{format: information, send: first >> 1, receive: third >> 1, asdu: body[control:]}, nil
	case first == 1 && third&1 == 0 && len(body) == control:
		return apdu{format: supervisory, receive: third >> 1}, nil
	case first&3 == 3 && first < 0x100 && third == 0 && len(body) == control:
		return apdu{format: unnumbered, function: byte(first)}, nil
	}
	return apdu{}, fmt.Errorf("%w: control field % X with %d octets after it is neither I, S nor U format", connector.ErrProtocol, body[:control], len(body)-control)
}

// bytes is the frame as it goes over the wire.
func (a apdu) bytes() []byte {
	b := make([]byte, 2+control, 2+control+len(a.asdu))
	b[0], b[1] = startOctet, byte(control+len(a.asdu))
	switch a.format {
	case information:
		binary.LittleEndian.PutUint16(b[2:], a.send<<1)
		binary.LittleEndian.PutUint16(b[4:], a.receive<<1)
	case supervisory:
		b[2] = 1
		binary.LittleEndian.PutUint16(b[4:], a.receive<<1)
	case unnumbered:
		b[2] = a.function
	}
	return append(b, a.asdu...)
}

// window is the state of the sequence numbers of a connection (5.1): what was sent
// and received, and the one thing that is ours, what of it is durable.
type window struct {
	k, w         int
	sent         uint16 // V(S): number of the next I frame to send
	confirmed    uint16 // of ours, what the station acknowledged
	received     uint16 // V(R): number of the next I frame to come
	durable      uint16 // of the received, what the sink has admitted
	acknowledged uint16 // of the durable, what the station was told
}

// distance is how many frames lie between two sequence numbers, modulo 2^15.
func distance(from, to uint16) int { return int((to - from) % modulus) }

// take admits the number of an I frame: the one expected, and not more than k that
// are not acknowledged.
func (w *window) take(send uint16) error {
	if send != w.received {
		return fmt.Errorf("%w: I frame %d came where %d was due: frames were lost or repeated", connector.ErrProtocol, send, w.received)
	}
	if distance(w.acknowledged, w.received) >= w.k {
		return fmt.Errorf("%w: the station sent more than k = %d frames without an acknowledgement; set option k as at the station", connector.ErrProtocol, w.k)
	}
	w.received = (w.received + 1) % modulus
	return nil
}

// confirm takes the station's N(R): it cannot acknowledge what was not sent.
func (w *window) confirm(receive uint16) error {
	if distance(w.confirmed, receive) > distance(w.confirmed, w.sent) {
		return fmt.Errorf("%w: the station acknowledges frame %d; %d to %d were sent", connector.ErrProtocol, receive, w.confirmed, w.sent)
	}
	w.confirmed = receive
	return nil
}

// unconfirmed is how many of our I frames the station has not acknowledged.
func (w *window) unconfirmed() int { return distance(w.confirmed, w.sent) }

// owed is how many durable I frames the station has not been told of.
func (w *window) owed() int { return distance(w.acknowledged, w.durable) }
