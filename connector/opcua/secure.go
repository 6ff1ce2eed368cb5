package opcua

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uapolicy"

	"lingtan/connector"
)

// security is how a channel is secured.
type security struct {
	policy   string // URI
	mode     ua.MessageSecurityMode
	own      identity
	server   []byte        // certificate of the server that is trusted, DER
	lifetime time.Duration // of a key, as asked for
}

func (s security) secured() bool { return s.policy != ua.SecurityPolicyURINone }

// identity is what Lingtan shows to servers.
type identity struct {
	certificate []byte // DER
	key         *rsa.PrivateKey
	uri         string // application URI, in the certificate too
}

// token is a key of a channel. (OPC UA Part 4, 5.5.2)
type token struct {
	channel, id uint32
	algorithm   *uapolicy.EncryptionAlgorithm
	encrypted   bool
	lifetime    time.Duration
}

// overhead is what signature and padding add to a chunk at most, in bytes.
func (k *token) overhead() int {
	return k.algorithm.SignatureLength() + 2*max(k.algorithm.BlockSize(), 1)
}

// lock makes a chunk of a message.
func (k *token) lock(s security, kind string, sequence, request uint32, body []byte) ([]byte, error) {
	head := binary.LittleEndian.AppendUint32(append([]byte(kind), 0, 0, 0, 0), k.channel)
	head = binary.LittleEndian.AppendUint32(head, k.id)
	return protect(k.algorithm, head, plain(sequence, request, body), s.secured(), k.encrypted)
}

func plain(sequence, request uint32, body []byte) []byte {
	b := make([]byte, 0, 8+len(body)+64)
	b = binary.LittleEndian.AppendUint32(b, sequence)
	b = binary.LittleEndian.AppendUint32(b, request)
	return append(b, body...)
}

// protect pads, signs and encrypts what follows a header. (OPC UA Part 6, 6.7.2.5 and
// 6.7.2.6)
func protect(a *uapolicy.EncryptionAlgorithm, head, body []byte, sign, encrypt bool) ([]byte, error) {
	signature := 0
	if sign {
		signature = a.SignatureLength()
	}
	size := len(body) + signature
	if encrypt {
		block, extra := a.PlaintextBlockSize(), 1
		if a.BlockSize() > 256 {
			extra = 2
		}
		padding := (block - (len(body)+signature+extra)%block) % block
		for range padding + 1 {
			body = append(body, byte(padding))
		}
		if extra == 2 {
			body = append(body, byte(padding>>8))
		}
		size = (len(body) + signature) / block * a.BlockSize()
	}
	chunk := append(bytes.Clone(head), body...)
	binary.LittleEndian.PutUint32(chunk[4:], uint32(len(head)+size))
	if sign {
		mark, err := a.Signature(chunk)
		if err != nil {
			return nil, fmt.Errorf("%w: a message cannot be signed: %w", connector.ErrConfig, err)
		}
		chunk = append(chunk, mark...)
	}
	if encrypt {
		secret, err := a.Encrypt(chunk[len(head):])
		if err != nil {
			return nil, fmt.Errorf("%w: a message cannot be encrypted: %w", connector.ErrConfig, err)
		}
		chunk = append(chunk[:len(head)], secret...)
	}
	return chunk, nil
}

// reveal decrypts and verifies what follows a header, and takes the padding off.
// large says that the padding has two bytes of length: the key is longer than 2048
// bits.
func reveal(a *uapolicy.EncryptionAlgorithm, head, body []byte, signed, encrypted, large bool) ([]byte, error) {
	wrong := func(what string) error {
		return fmt.Errorf("%w: a message of the server %s; another program may stand between", connector.ErrProtocol, what)
	}
	if encrypted {
		plain, err := a.Decrypt(body)
		if err != nil {
			return nil, wrong("cannot be decrypted")
		}
		body = plain
	}
	if signed {
		n := a.RemoteSignatureLength()
		if len(body) < n {
			return nil, wrong("is too short for its signature")
		}
		mark := body[len(body)-n:]
		body = body[:len(body)-n]
		if a.VerifySignature(append(bytes.Clone(head), body...), mark) != nil {
			return nil, wrong("has a wrong signature")
		}
	}
	if !encrypted {
		return body, nil
	}
	extra := 1
	if large {
		extra = 2
	}
	if len(body) < extra {
		return nil, wrong("has no padding")
	}
	padding := int(body[len(body)-extra])
	if large {
		padding |= int(body[len(body)-1]) << 8
	}
	if padding+extra > len(body) {
		return nil, wrong("has a wrong padding")
	}
	return body[:len(body)-padding-extra], nil
}

// header gives a chunk its header back: what is signed includes it.
func header(kind string, body []byte, upTo int) []byte {
	head := binary.LittleEndian.AppendUint32([]byte(kind), uint32(8+len(body)))
	return append(head, body[:upTo]...)
}

// unlock verifies and decrypts a chunk of a message.
func (c *channel) unlock(kind string, body []byte) ([]byte, error) {
	if len(body) < 8 {
		return nil, fmt.Errorf("%w: a chunk of %d bytes", connector.ErrProtocol, len(body)+8)
	}
	number := binary.LittleEndian.Uint32(body[4:])
	c.mu.Lock()
	keys := []*token{c.key, c.before}
	c.mu.Unlock()
	err := fmt.Errorf("%w: a message with a key that was never agreed on", connector.ErrProtocol)
	for _, k := range keys {
		if k == nil || k.id != number {
			continue
		}
		var b []byte
		if b, err = reveal(k.algorithm, header(kind, body, 8), body[8:], c.security.secured(), k.encrypted, false); err == nil {
			return b, nil
		}
	}
	return nil, err
}

// opening is a request for a key that waits for its answer.
type opening struct {
	algorithm *uapolicy.EncryptionAlgorithm
	nonce     []byte
}

// open asks for a key: the first one, or a new one before the old one ends.
func (c *channel) open(ctx context.Context, kind ua.SecurityTokenRequestType) error {
	var remote *rsa.PublicKey
	var err error
	if c.security.secured() {
		if remote, err = keyOf(c.security.server); err != nil {
			return err
		}
	}
	a, err := uapolicy.Asymmetric(c.security.policy, c.security.own.key, remote)
	if err != nil {
		return fmt.Errorf("%w: %w", connector.ErrConfig, err)
	}
	nonce, err := a.MakeNonce()
	if err != nil {
		return err
	}
	number, to, err := c.await()
	if err != nil {
		return err
	}
	defer c.forget(number)
	c.sending.Lock() // a server may not read the old key any more once it has sent the new one
	defer c.sending.Unlock()
	c.mu.Lock()
	c.opening = &opening{a, nonce}
	held := uint32(0)
	if c.key != nil {
		held = c.key.channel
	}
	c.mu.Unlock()
	req := &ua.OpenSecureChannelRequest{RequestType: kind, SecurityMode: c.security.mode, ClientNonce: nonce,
		RequestedLifetime: uint32(c.security.lifetime / time.Millisecond)}
	if err := c.sendOpening(req, a, held, number); err != nil {
		return err
	}
	_, err = c.answer(ctx, to, c.timeout)
	return err
}

// sendOpening writes the request for a key. It is signed and encrypted with the
// certificates in both secured modes. (OPC UA Part 6, 6.7.2.3)
func (c *channel) sendOpening(req *ua.OpenSecureChannelRequest, a *uapolicy.EncryptionAlgorithm, held, number uint32) error {
	body, err := encode(req, number, nil, c.timeout)
	if err != nil {
		return err
	}
	head := binary.LittleEndian.AppendUint32([]byte("OPNF\x00\x00\x00\x00"), held)
	head = appendBytes(head, []byte(c.security.policy))
	if c.security.secured() {
		print := sha1.Sum(c.security.server) // as the specification has it; it names, it does not protect
		head = appendBytes(appendBytes(head, c.security.own.certificate), print[:])
	} else {
		head = appendBytes(appendBytes(head, nil), nil)
	}
	chunk, err := protect(a, head, plain(c.next(), number, body), c.security.secured(), c.security.secured())
	if err != nil {
		return err
	}
	c.conn.SetWriteDeadline(time.Now().Add(c.timeout))
	if _, err := c.conn.Write(chunk); err != nil {
		return fmt.Errorf("%w: %w", connector.ErrUnreachable, err)
	}
	return nil
}

// appendBytes appends a ByteString; nil is null.
func appendBytes(b, text []byte) []byte {
	if text == nil {
		return binary.LittleEndian.AppendUint32(b, 1<<32-1)
	}
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(text))), text...)
}

// unlockOpening verifies and decrypts the answer to a request for a key. Policy and
// certificate must be the ones that were agreed on: an answer cannot lower them.
func (c *channel) unlockOpening(kind string, body []byte) ([]byte, error) {
	c.mu.Lock()
	o := c.opening
	c.mu.Unlock()
	if o == nil || kind != "OPNF" {
		return nil, fmt.Errorf("%w: an answer to a request for a key that was not made", connector.ErrProtocol)
	}
	s := shape{b: body, pos: 4}
	var fields [3][]byte
	for i := range fields {
		from := s.pos + 4
		if err := s.text(); err != nil {
			return nil, fmt.Errorf("%w: %w", connector.ErrProtocol, err)
		}
		if s.pos > from {
			fields[i] = body[from:s.pos]
		}
	}
	if string(fields[0]) != c.security.policy {
		return nil, fmt.Errorf("%w: the server answers with security policy %.100q, not with %s", connector.ErrRefused, fields[0], c.security.policy)
	}
	secured := c.security.secured()
	if secured && !sameCertificate(fields[1], c.security.server) {
		return nil, fmt.Errorf("%w: the server answers with another certificate than the one that is trusted", connector.ErrRefused)
	}
	return reveal(o.algorithm, header(kind, body, s.pos), body[s.pos:], secured, secured, o.algorithm.SignatureLength() > 256)
}

// opened takes the new key.
func (c *channel) opened(r *ua.OpenSecureChannelResponse) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.opening
	c.opening = nil
	if o == nil || r.SecurityToken == nil {
		return fmt.Errorf("%w: an answer to a request for a key that was not made", connector.ErrProtocol)
	}
	if severity(r.ResponseHeader.ServiceResult) == bad {
		return nil // the one who asked is told
	}
	if c.security.secured() && len(r.ServerNonce) != len(o.nonce) {
		return fmt.Errorf("%w: a nonce of %d bytes instead of %d", connector.ErrProtocol, len(r.ServerNonce), len(o.nonce))
	}
	a, err := uapolicy.Symmetric(c.security.policy, o.nonce, r.ServerNonce)
	if err != nil {
		return fmt.Errorf("%w: %w", connector.ErrProtocol, err)
	}
	lifetime := min(time.Duration(r.SecurityToken.RevisedLifetime)*time.Millisecond, c.security.lifetime)
	if lifetime < time.Second {
		return fmt.Errorf("%w: keys that hold for %s", connector.ErrProtocol, lifetime)
	}
	c.before = c.key
	c.key = &token{channel: r.SecurityToken.ChannelID, id: r.SecurityToken.TokenID, algorithm: a, lifetime: lifetime,
		encrypted: c.security.mode == ua.MessageSecurityModeSignAndEncrypt}
	return nil
}

// renew asks for a new key when three quarters of the old one's time are over, until
// ctx or the channel ends. (OPC UA Part 4, 5.5.2.1)
func (c *channel) renew(ctx context.Context) {
	for {
		c.mu.Lock()
		wait := c.key.lifetime * 3 / 4
		c.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-c.gone:
			return
		case <-time.After(wait):
		}
		if err := c.open(ctx, ua.SecurityTokenRequestTypeRenew); err != nil {
			c.close(fmt.Errorf("the key cannot be renewed: %w", err))
			return
		}
	}
}
