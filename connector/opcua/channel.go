package opcua

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

// Limits of a connection. A chunk may be larger than what we say we take: some servers
// send a message in one piece whatever was agreed.
const (
	receiveBuffer  = 256 << 10
	largestChunk   = 4 << 20
	largestMessage = 8 << 20
	mostChunks     = 1024
	leastBuffer    = 8192 // OPC UA Part 6, 7.1.2.3
	mostWaiting    = 256  // requests without an answer
)

// channel is a secure channel to a server (OPC UA Part 6, 6.7 and 7.1) over one TCP
// connection. It is written here, and not taken from the library, because the
// library's client takes over the security policy and the certificate that an answer
// names, and ends the program when a peer sends nonsense.
type channel struct {
	conn     net.Conn
	security security
	timeout  time.Duration

	sending  sync.Mutex // held while a message is written, and during a renewal
	sequence uint32
	buffer   int // largest chunk that the server takes

	mu      sync.Mutex
	request uint32
	waiting map[uint32]chan ua.Response
	key     *token // to send with
	before  *token // the one before it, still good for what is under way
	opening *opening
	err     error
	gone    chan struct{} // closed when the channel has ended
}

// dialChannel connects, says hello and opens a secure channel.
func dialChannel(ctx context.Context, address string, s security, timeout time.Duration) (*channel, error) {
	dialer := net.Dialer{Timeout: timeout}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; check address and port (4840 is usual)", connector.ErrUnreachable, err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	c := &channel{conn: conn, security: s, timeout: timeout, waiting: make(map[uint32]chan ua.Response), gone: make(chan struct{})}
	conn.SetDeadline(time.Now().Add(timeout))
	r := bufio.NewReaderSize(conn, 16<<10)
	if err := c.hello(r, "opc.tcp://"+address); err != nil {
		conn.Close()
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	go c.listen(r)
	if err := c.open(ctx, ua.SecurityTokenRequestTypeIssue); err != nil {
		c.close(err)
		return nil, err
	}
	return c, nil
}

// hello agrees on sizes. (OPC UA Part 6, 7.1.2.3)
func (c *channel) hello(r io.Reader, url string) error {
	b := binary.LittleEndian.AppendUint32([]byte("HELF"), uint32(32+len(url)))
	for _, n := range []uint32{0, receiveBuffer, 65535, largestMessage, mostChunks, uint32(len(url))} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	if _, err := c.conn.Write(append(b, url...)); err != nil {
		return fmt.Errorf("%w: %w", connector.ErrUnreachable, err)
	}
	kind, body, err := readChunk(r)
	if err != nil {
		return err
	}
	if kind != "ACKF" || len(body) < 20 {
		return fmt.Errorf("%w: no acknowledgement of the greeting; is it an OPC UA server (opc.tcp)?", connector.ErrProtocol)
	}
	limit := binary.LittleEndian.Uint32(body[4:])
	if limit < leastBuffer {
		return fmt.Errorf("%w: the server takes %d bytes at once, less than the %d of OPC UA", connector.ErrProtocol, limit, leastBuffer)
	}
	c.buffer = int(min(limit, 65535))
	return nil
}

// readChunk reads one chunk: its four letters and what follows the eight bytes of its
// header. An error message of the server is an error.
func readChunk(r io.Reader) (kind string, body []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", nil, fmt.Errorf("%w: %w", connector.ErrUnreachable, err)
	}
	size := binary.LittleEndian.Uint32(head[4:])
	if size < 8 || size > largestChunk {
		return "", nil, fmt.Errorf("%w: a chunk of %d bytes; 8 to %d can be read", connector.ErrProtocol, size, largestChunk)
	}
	var b bytes.Buffer // grows with what comes, not with what is claimed
	if _, err := io.CopyN(&b, r, int64(size-8)); err != nil {
		return "", nil, fmt.Errorf("%w: %w", connector.ErrUnreachable, err)
	}
	body = b.Bytes()
	if kind = string(head[:4]); kind == "ERRF" && len(body) >= 4 {
		return "", nil, fmt.Errorf("%w: the server ends the connection: %w", connector.ErrRefused, ua.StatusCode(binary.LittleEndian.Uint32(body)))
	}
	return kind, body, nil
}

// listen reads until the connection ends. What is wrong ends it: nothing that came
// after could be trusted.
func (c *channel) listen(r io.Reader) {
	parts := make(map[uint32]*pieces)
	last := uint32(0)
	for {
		kind, body, err := readChunk(r)
		if err == nil {
			err = c.chunk(kind, body, parts, &last)
		}
		if err != nil {
			c.close(err)
			return
		}
	}
}

// pieces are the chunks of a message that is not complete.
type pieces struct {
	data   []byte
	chunks int
}

// chunk takes one chunk: it is verified, decrypted and put to the others of its message.
func (c *channel) chunk(kind string, body []byte, parts map[uint32]*pieces, last *uint32) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: a chunk cannot be read: %v", connector.ErrProtocol, p)
		}
	}()
	if len(kind) != 4 || len(body) < 4 {
		return fmt.Errorf("%w: a chunk of kind %q", connector.ErrProtocol, kind)
	}
	var plain []byte
	switch kind[:3] {
	case "OPN":
		plain, err = c.unlockOpening(kind, body)
	case "MSG":
		plain, err = c.unlock(kind, body)
	case "CLO":
		return fmt.Errorf("%w: the server closed the secure channel", connector.ErrUnreachable)
	default:
		return fmt.Errorf("%w: a chunk of kind %q", connector.ErrProtocol, kind)
	}
	if err != nil {
		return err
	}
	if len(plain) < 8 {
		return fmt.Errorf("%w: a chunk without a sequence header", connector.ErrProtocol)
	}
	number, request := binary.LittleEndian.Uint32(plain), binary.LittleEndian.Uint32(plain[4:])
	if c.security.secured() && *last != 0 && number != *last+1 && number >= 1024 {
		return fmt.Errorf("%w: chunk %d after %d: something was left out or repeated", connector.ErrProtocol, number, *last)
	}
	*last = number
	return c.piece(kind[3], request, plain[8:], parts)
}

// piece puts a chunk to the message of its request.
func (c *channel) piece(final byte, request uint32, data []byte, parts map[uint32]*pieces) error {
	p := parts[request]
	if p == nil {
		p = &pieces{}
	}
	switch p.chunks++; {
	case final == 'A':
		delete(parts, request)
		return c.abort(request, data)
	case len(p.data)+len(data) > largestMessage || p.chunks > mostChunks:
		return fmt.Errorf("%w: a message of more than %d bytes or %d chunks", connector.ErrProtocol, largestMessage, mostChunks)
	case final == 'C':
		p.data = append(p.data, data...)
		parts[request] = p
		if len(parts) > mostWaiting {
			return fmt.Errorf("%w: more than %d messages begun and not ended", connector.ErrProtocol, mostWaiting)
		}
		return nil
	case final != 'F':
		return fmt.Errorf("%w: a chunk of kind %q", connector.ErrProtocol, final)
	}
	delete(parts, request)
	if p.data != nil {
		data = append(p.data, data...)
	}
	answer, err := decode(data)
	if err != nil {
		return err
	}
	if o, ok := answer.(*ua.OpenSecureChannelResponse); ok {
		if err := c.opened(o); err != nil {
			return err
		}
	}
	c.deliver(request, answer)
	return nil
}

// abort tells a request that the server gave its answer up. (OPC UA Part 6, 6.7.3)
func (c *channel) abort(request uint32, data []byte) error {
	if len(data) < 4 {
		return fmt.Errorf("%w: an abort without a reason", connector.ErrProtocol)
	}
	c.deliver(request, &ua.ServiceFault{ResponseHeader: &ua.ResponseHeader{ServiceResult: ua.StatusCode(binary.LittleEndian.Uint32(data))}})
	return nil
}

func (c *channel) deliver(request uint32, answer ua.Response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to := c.waiting[request]; to != nil {
		to <- answer // one place, used once
		delete(c.waiting, request)
	}
}

// close ends the channel; the first reason stands.
func (c *channel) close(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
		close(c.gone)
		c.conn.Close()
	}
}

// fault is why the channel has ended.
func (c *channel) fault() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// call sends a request and waits for its answer. A service fault, or an answer whose
// service result is bad, is returned as its status code.
func (c *channel) call(ctx context.Context, req ua.Request, auth *ua.NodeID, timeout time.Duration) (ua.Response, error) {
	number, to, err := c.await()
	if err != nil {
		return nil, err
	}
	defer c.forget(number)
	c.sending.Lock()
	err = c.send(req, number, auth, timeout)
	c.sending.Unlock()
	if err != nil {
		c.close(err)
		return nil, err
	}
	return c.answer(ctx, to, timeout)
}

func (c *channel) await() (uint32, chan ua.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, nil, c.err
	}
	if len(c.waiting) >= mostWaiting {
		return 0, nil, fmt.Errorf("%w: %d requests wait for an answer", connector.ErrBusy, len(c.waiting))
	}
	c.request++
	to := make(chan ua.Response, 1)
	c.waiting[c.request] = to
	return c.request, to, nil
}

func (c *channel) forget(number uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, number)
}

func (c *channel) answer(ctx context.Context, to chan ua.Response, timeout time.Duration) (ua.Response, error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case a := <-to:
		if code := a.Header().ServiceResult; severity(code) == bad {
			return nil, code
		}
		return a, nil
	case <-c.gone:
		return nil, c.fault()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, fmt.Errorf("%w: no answer within %s", connector.ErrUnreachable, timeout)
	}
}

// send writes a request in as many chunks as the server's buffer needs. The lock
// sending is held.
func (c *channel) send(req ua.Request, number uint32, auth *ua.NodeID, timeout time.Duration) error {
	body, err := encode(req, number, auth, timeout)
	if err != nil {
		return err
	}
	c.mu.Lock()
	key := c.key
	c.mu.Unlock()
	kind := "MSG"
	if _, ok := req.(*ua.CloseSecureChannelRequest); ok {
		kind = "CLO"
	}
	room := c.buffer - 24 - key.overhead()
	c.conn.SetWriteDeadline(time.Now().Add(c.timeout))
	for first := true; first || len(body) > 0; first = false {
		part := body[:min(room, len(body))]
		body = body[len(part):]
		final := byte('F')
		if len(body) > 0 {
			final = 'C'
		}
		chunk, err := key.lock(c.security, kind+string(final), c.next(), number, part)
		if err != nil {
			return err
		}
		if _, err := c.conn.Write(chunk); err != nil {
			return fmt.Errorf("%w: %w", connector.ErrUnreachable, err)
		}
	}
	return nil
}

// next is the next sequence number; it begins anew before it overflows. (OPC UA Part
// 6, 6.7.2.4)
func (c *channel) next() uint32 {
	if c.sequence++; c.sequence > 1<<32-1-1024 {
		c.sequence = 1
	}
	return c.sequence
}

func encode(req ua.Request, number uint32, auth *ua.NodeID, timeout time.Duration) ([]byte, error) {
	if auth == nil {
		auth = ua.NewTwoByteNodeID(0)
	}
	req.SetHeader(&ua.RequestHeader{AuthenticationToken: auth, Timestamp: time.Now(), RequestHandle: number,
		TimeoutHint: uint32(timeout / time.Millisecond), AdditionalHeader: ua.NewExtensionObject(nil)})
	kind, err := ua.Encode(ua.NewFourByteExpandedNodeID(0, ua.ServiceTypeID(req)))
	if err != nil {
		return nil, err
	}
	body, err := ua.Encode(req)
	if err != nil {
		return nil, fmt.Errorf("%w: a request cannot be encoded: %w", connector.ErrConfig, err)
	}
	return append(kind, body...), nil
}

// sameCertificate says whether a chain begins with the certificate that is trusted.
func sameCertificate(chain []byte, trusted []byte) bool {
	return len(trusted) > 0 && bytes.HasPrefix(chain, trusted)
}

// keyOf is the key of a certificate.
func keyOf(certificate []byte) (*rsa.PublicKey, error) {
	leaf, err := parseLeaf(certificate)
	if err != nil {
		return nil, err
	}
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: the certificate of the server has no RSA key", connector.ErrProtocol)
	}
	return key, nil
}
