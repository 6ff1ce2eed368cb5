package opcua

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uacp"
	"github.com/gopcua/opcua/uasc"
)

// front puts security before a plant. The server of the library lists secured
// endpoints and cannot open one (v0.8.0: it takes every request for a channel as
// plain), so the secure channel of the library is set up here; it checks every
// signature and every password. All other services are those of the plant's server,
// asked over a channel without security.
type front struct {
	p              *plant
	own            identity
	user, password string // that are let in; empty = without a name
	listener       *uacp.Listener
	work           sync.WaitGroup

	mu    sync.Mutex
	conns []io.Closer
	opens int // channels that were opened or renewed
}

// secure makes the plant show certificates and take secured connections.
func secure(t testing.TB, p *plant, user, password string) *front {
	t.Helper()
	l, err := uacp.Listen(context.Background(), "opc.tcp://127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{p: p, listener: l, user: user, password: password}
	f.renew(t)
	p.choose = func(policy string) string {
		if policy == ua.SecurityPolicyURINone {
			return ""
		}
		return l.Addr().String()
	}
	f.work.Go(f.accept)
	t.Cleanup(func() {
		l.Close()
		f.mu.Lock()
		for _, c := range f.conns {
			c.Close()
		}
		f.mu.Unlock()
		f.work.Wait()
	})
	return f
}

// renew gives the plant another certificate; it holds from the next start.
func (f *front) renew(t testing.TB) {
	t.Helper()
	f.p.options, f.own = secured(t)
}

func (f *front) accept() {
	for {
		conn, err := f.listener.Accept(context.Background())
		if err != nil {
			if _, ended := err.(*net.OpError); ended {
				return
			}
			continue
		}
		f.mu.Lock()
		f.conns = append(f.conns, conn)
		f.mu.Unlock()
		f.work.Go(func() { f.serve(conn) })
	}
}

// fronted is one connection.
type fronted struct {
	*front
	sc          *uasc.SecureChannel
	link        *link // to the plant
	nonce       []byte
	certificate []byte
}

func (f *front) serve(conn *uacp.Conn) {
	defer conn.Close()
	cfg := &uasc.Config{SecurityPolicyURI: ua.SecurityPolicyURIBasic256Sha256, SecurityMode: ua.MessageSecurityModeSignAndEncrypt,
		Certificate: f.own.certificate, LocalKey: f.own.key, Lifetime: 3600000, RequestTimeout: time.Second}
	sc, err := uasc.NewServerSecureChannel("", conn, cfg, make(chan error, 1), 17, 1, 23)
	if err != nil {
		return
	}
	d := New()
	a := account{address: f.p.listener.Addr().String(), policy: ua.SecurityPolicyURINone, mode: ua.MessageSecurityModeNone, timeout: 5 * time.Second}
	l, err := enter(context.Background(), a, &d.trust, time.Hour)
	if err != nil {
		return
	}
	defer l.hangUp()
	one := &fronted{front: f, sc: sc, link: l}
	var answers sync.WaitGroup
	defer answers.Wait()
	defer l.hangUp() // ends what waits
	for {
		msg := sc.Receive(context.Background())
		if msg.Err != nil {
			return
		}
		req := msg.Request()
		if req == nil {
			f.mu.Lock()
			f.opens++
			f.mu.Unlock()
			continue
		}
		answers.Go(func() {
			handle := req.Header().RequestHandle
			resp := one.answer(req)
			resp.Header().RequestHandle = handle
			sc.SendResponseWithContext(context.Background(), msg.RequestID, resp)
		})
	}
}

// answer handles the session and passes everything else on.
func (f *fronted) answer(req ua.Request) ua.Response {
	fault := func(code ua.StatusCode) ua.Response {
		h := okHeader(req)
		h.ServiceResult = code
		return &ua.ServiceFault{ResponseHeader: h}
	}
	switch r := req.(type) {
	case *ua.CreateSessionRequest:
		f.nonce, f.certificate = make([]byte, 32), r.ClientCertificate
		rand.Read(f.nonce)
		mark, algorithm, err := f.sc.NewSessionSignature(r.ClientCertificate, r.ClientNonce)
		if err != nil {
			return fault(ua.StatusBadSecurityChecksFailed)
		}
		return &ua.CreateSessionResponse{ResponseHeader: okHeader(req), SessionID: ua.NewNumericNodeID(1, 1), AuthenticationToken: ua.NewNumericNodeID(0, 4711),
			RevisedSessionTimeout: r.RequestedSessionTimeout, ServerNonce: f.nonce, ServerCertificate: f.own.certificate,
			ServerSignature: &ua.SignatureData{Signature: mark, Algorithm: algorithm}}
	case *ua.ActivateSessionRequest:
		if f.sc.VerifySessionSignature(f.certificate, f.nonce, r.ClientSignature.Signature) != nil {
			return fault(ua.StatusBadSecurityChecksFailed)
		}
		if !f.admits(r.UserIdentityToken.Value) {
			return fault(ua.StatusBadUserAccessDenied)
		}
		return &ua.ActivateSessionResponse{ResponseHeader: okHeader(req), ServerNonce: f.nonce}
	case *ua.CloseSessionRequest:
		return &ua.CloseSessionResponse{ResponseHeader: okHeader(req)}
	}
	if t := req.Header().AuthenticationToken; t == nil || t.IntID() != 4711 {
		return fault(ua.StatusBadSessionIDInvalid)
	}
	resp, err := f.link.channel.call(context.Background(), req, f.link.auth, time.Minute)
	if err == nil {
		return resp
	}
	code, ok := err.(ua.StatusCode)
	if !ok {
		code = ua.StatusBadCommunicationError
	}
	return fault(code)
}

// admits checks the user.
func (f *fronted) admits(token any) bool {
	if f.user == "" {
		_, ok := token.(*ua.AnonymousIdentityToken)
		return ok
	}
	t, ok := token.(*ua.UserNameIdentityToken)
	if !ok || t.UserName != f.user {
		return false
	}
	plain, err := decrypt(f.own.key, t.Password)
	return err == nil && len(plain) >= 36 && int(binary.LittleEndian.Uint32(plain)) == len(plain)-4 && string(plain[4:len(plain)-32]) == f.password &&
		string(plain[len(plain)-32:]) == string(f.nonce)
}
