package opcua

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uapolicy"

	"lingtan/connector"
)

const (
	sessionTimeout = 2 * time.Minute
	mostAtOnce     = 1000 // nodes of one request, where the server names no limit
	farewell       = 2 * time.Second
)

// link is a session with a server. (OPC UA Part 4, 5.6)
type link struct {
	channel    *channel
	timeout    time.Duration
	auth       *ua.NodeID
	namespaces []string
	limits     limits
}

// limits are how many nodes the server takes in one request. (OPC UA Part 5, 6.3.11)
type limits struct{ read, write, browse, items int }

// ask sends a request in the session and waits for its answer.
func ask[T ua.Response](ctx context.Context, l *link, req ua.Request, timeout time.Duration) (T, error) {
	var none T
	a, err := l.channel.call(ctx, req, l.auth, timeout)
	if err != nil {
		return none, err
	}
	answer, ok := a.(T)
	if !ok {
		return none, fmt.Errorf("%w: %T is answered with %T", connector.ErrProtocol, req, a)
	}
	return answer, nil
}

// endpointsOf asks a server, without security, how it can be reached. What it says is
// not believed further than its certificate is trusted.
func endpointsOf(ctx context.Context, address string, timeout time.Duration) ([]*ua.EndpointDescription, error) {
	plain := security{policy: ua.SecurityPolicyURINone, mode: ua.MessageSecurityModeNone, lifetime: keyLifetime}
	c, err := dialChannel(ctx, address, plain, timeout)
	if err != nil {
		return nil, err
	}
	l := &link{channel: c, timeout: timeout}
	defer l.hangUp()
	r, err := ask[*ua.GetEndpointsResponse](ctx, l, &ua.GetEndpointsRequest{EndpointURL: "opc.tcp://" + address}, timeout)
	if err != nil {
		return nil, fmt.Errorf("%w: the server does not tell its endpoints: %w", connector.ErrUnreachable, err)
	}
	return r.Endpoints, nil
}

// endpoint finds the way into the server that the device list asks for. Another one
// is never taken instead.
func endpoint(list []*ua.EndpointDescription, a account) (*ua.EndpointDescription, error) {
	var offered []string
	for _, e := range list {
		binary := e.TransportProfileURI == "" || strings.HasSuffix(e.TransportProfileURI, "/uatcp-uasc-uabinary")
		if binary && e.SecurityPolicyURI == a.policy && e.SecurityMode == a.mode {
			return e, nil
		}
		if o := wayIn(e); binary && !slices.Contains(offered, o) && len(offered) < 20 {
			offered = append(offered, o)
		}
	}
	return nil, fmt.Errorf("%w: the server does not offer %s; it offers %s: set options policy and security",
		connector.ErrRefused, wayIn(&ua.EndpointDescription{SecurityPolicyURI: a.policy, SecurityMode: a.mode}), strings.Join(offered, ", "))
}

func wayIn(e *ua.EndpointDescription) string {
	_, policy, _ := strings.Cut(e.SecurityPolicyURI, "#")
	return fmt.Sprintf("%.40s %s", policy, modes[min(int(e.SecurityMode), len(modes)-1)])
}

var modes = []string{"Invalid", "None", "Sign", "SignAndEncrypt", "Invalid"}

// enter connects to a server and opens a session.
func enter(ctx context.Context, a account, t *trust, lifetime time.Duration) (*link, error) {
	list, err := endpointsOf(ctx, a.address, a.timeout)
	if err != nil {
		return nil, err
	}
	e, err := endpoint(list, a)
	if err != nil {
		return nil, err
	}
	s := security{policy: a.policy, mode: a.mode, lifetime: lifetime, own: identity{uri: "urn:lingtan:opcua"}}
	if s.secured() || a.user != "" && len(e.ServerCertificate) > 0 {
		if s.server, err = t.certify(a.address, e.ServerCertificate); err != nil {
			return nil, err
		}
	}
	if s.secured() {
		if s.own, err = t.identity(); err != nil {
			return nil, err
		}
	}
	c, err := dialChannel(ctx, a.address, s, a.timeout)
	if err != nil {
		return nil, err
	}
	l := &link{channel: c, timeout: a.timeout, limits: limits{mostAtOnce, mostAtOnce, mostAtOnce, mostAtOnce}}
	if err := l.signIn(ctx, a, e, t.folder()); err != nil {
		l.hangUp()
		return nil, err
	}
	return l, l.learn(ctx)
}

// signIn creates the session and activates it.
func (l *link) signIn(ctx context.Context, a account, e *ua.EndpointDescription, dir string) error {
	s := l.channel.security
	nonce := make([]byte, 32)
	rand.Read(nonce) // never fails
	req := &ua.CreateSessionRequest{EndpointURL: "opc.tcp://" + a.address, SessionName: "Lingtan", ClientNonce: nonce, ClientCertificate: s.own.certificate,
		RequestedSessionTimeout: float64(sessionTimeout / time.Millisecond), MaxResponseMessageSize: largestMessage,
		ClientDescription: &ua.ApplicationDescription{ApplicationURI: s.own.uri, ProductURI: "urn:lingtan",
			ApplicationName: &ua.LocalizedText{EncodingMask: ua.LocalizedTextText, Text: "Lingtan"}, ApplicationType: ua.ApplicationTypeClient}}
	r, err := ask[*ua.CreateSessionResponse](ctx, l, req, l.timeout)
	if err != nil {
		return refusal("a session", err)
	}
	proof := &ua.SignatureData{}
	if s.secured() {
		if proof, err = s.prove(r, nonce); err != nil {
			return err
		}
	}
	user, err := identify(a, e, s, r.ServerNonce, dir)
	if err != nil {
		return err
	}
	l.auth = r.AuthenticationToken
	_, err = ask[*ua.ActivateSessionResponse](ctx, l, &ua.ActivateSessionRequest{ClientSignature: proof, LocaleIDs: []string{"en"},
		UserIdentityToken: ua.NewExtensionObject(user), UserTokenSignature: &ua.SignatureData{}}, l.timeout)
	return refusal("the sign-in", err)
}

// refusal says what to do where a server refuses.
func refusal(what string, err error) error {
	var code ua.StatusCode
	if !errors.As(err, &code) {
		return err
	}
	hint := ""
	switch code {
	case ua.StatusBadUserAccessDenied, ua.StatusBadIdentityTokenRejected, ua.StatusBadIdentityTokenInvalid:
		hint = "; check option user and its password"
	case ua.StatusBadCertificateUntrusted, ua.StatusBadSecurityChecksFailed, ua.StatusBadCertificateInvalid:
		hint = "; have the server trust the certificate in " + ownFile
	case ua.StatusBadTooManySessions:
		hint = "; the server has too many sessions: close others"
	}
	return fmt.Errorf("%w: the server refuses %s: %w%s", connector.ErrRefused, what, code, hint)
}

// prove verifies the signature of the server and makes ours.
func (s security) prove(r *ua.CreateSessionResponse, nonce []byte) (*ua.SignatureData, error) {
	if !sameCertificate(r.ServerCertificate, s.server) || r.ServerSignature == nil {
		return nil, fmt.Errorf("%w: the session shows another certificate than the one that is trusted", connector.ErrRefused)
	}
	key, err := keyOf(s.server)
	if err != nil {
		return nil, err
	}
	a, err := uapolicy.Asymmetric(s.policy, s.own.key, key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", connector.ErrConfig, err)
	}
	if a.VerifySignature(slices.Concat(s.own.certificate, nonce), r.ServerSignature.Signature) != nil {
		return nil, fmt.Errorf("%w: the server cannot prove that the certificate is its own", connector.ErrRefused)
	}
	mark, err := a.Signature(slices.Concat(s.server, r.ServerNonce))
	return &ua.SignatureData{Algorithm: a.SignatureURI(), Signature: mark}, err
}

// identify makes the token of the user. A password is encrypted with the certificate
// that is trusted, or goes through an encrypted channel; otherwise it is not sent.
func identify(a account, e *ua.EndpointDescription, s security, nonce []byte, dir string) (any, error) {
	if a.user == "" {
		t := &ua.AnonymousIdentityToken{PolicyID: "anonymous"}
		for _, p := range e.UserIdentityTokens {
			if p.TokenType == ua.UserTokenTypeAnonymous {
				t.PolicyID = p.PolicyID
				return t, nil
			}
		}
		if len(e.UserIdentityTokens) > 0 {
			return nil, fmt.Errorf("%w: the server lets nobody in without a name; set option user", connector.ErrRefused)
		}
		return t, nil
	}
	password, err := a.password(dir)
	if err != nil {
		return nil, err
	}
	policy, uri := passwordPolicy(e, s)
	t := &ua.UserNameIdentityToken{PolicyID: policy, UserName: a.user, Password: []byte(password)}
	switch {
	case uri == "":
		return nil, fmt.Errorf("%w: the server takes no user name here that could be sent safely; choose another policy", connector.ErrRefused)
	case uri == ua.SecurityPolicyURINone:
		return t, nil
	case s.server == nil:
		return nil, fmt.Errorf("%w: the server has no certificate to encrypt the password with", connector.ErrRefused)
	}
	key, err := keyOf(s.server)
	if err != nil {
		return nil, err
	}
	algorithm, err := uapolicy.Asymmetric(uri, nil, key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", connector.ErrConfig, err)
	}
	secret := binary.LittleEndian.AppendUint32(nil, uint32(len(password)+len(nonce)))
	t.Password, err = algorithm.Encrypt(slices.Concat(secret, []byte(password), nonce))
	t.EncryptionAlgorithm = algorithm.EncryptionURI()
	return t, err
}

// passwordPolicy chooses how a password is encrypted: as the channel is, where the
// server allows it. The URI is empty where there is no safe way.
func passwordPolicy(e *ua.EndpointDescription, s security) (policy, uri string) {
	for _, p := range e.UserIdentityTokens {
		way := p.SecurityPolicyURI
		if way == "" {
			way = e.SecurityPolicyURI
		}
		known := false
		for _, u := range policies {
			known = known || u == way
		}
		safe := way != ua.SecurityPolicyURINone || s.mode == ua.MessageSecurityModeSignAndEncrypt
		if p.TokenType != ua.UserTokenTypeUserName || !known || !safe {
			continue
		}
		if uri == "" || way == s.policy {
			policy, uri = p.PolicyID, way
		}
	}
	return policy, uri
}

// learn asks for the namespaces and the limits of the server. One that does not tell
// them is asked for little at once.
func (l *link) learn(ctx context.Context) error {
	numbers := []uint32{id.Server_NamespaceArray, id.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
		id.Server_ServerCapabilities_OperationLimits_MaxNodesPerWrite, id.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse,
		id.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall}
	var wanted []*ua.ReadValueID
	for _, n := range numbers {
		wanted = append(wanted, valueOf(ua.NewNumericNodeID(0, n), -1))
	}
	values, err := l.read(ctx, wanted, ua.TimestampsToReturnNeither)
	if err != nil {
		l.hangUp()
		return refusal("reading", err)
	}
	if list, ok := values[0].Value.Value().([]string); ok {
		l.namespaces = list
	}
	for i, limit := range []*int{&l.limits.read, &l.limits.write, &l.limits.browse, &l.limits.items} {
		if x, err := number(values[i+1].Value, -1); err == nil && severity(values[i+1].Status) != bad && x >= 1 {
			*limit = int(min(x, mostAtOnce))
		}
	}
	return nil
}

// valueOf asks for the value of a node, or of one element of it.
func valueOf(n *ua.NodeID, index int) *ua.ReadValueID {
	r := &ua.ReadValueID{NodeID: n, AttributeID: ua.AttributeIDValue, DataEncoding: &ua.QualifiedName{}}
	if index >= 0 {
		r.IndexRange = fmt.Sprint(index)
	}
	return r
}

// read reads attributes in as many requests as the server's limit needs.
func (l *link) read(ctx context.Context, wanted []*ua.ReadValueID, stamps ua.TimestampsToReturn) ([]*ua.DataValue, error) {
	all := make([]*ua.DataValue, 0, len(wanted))
	for part := range slices.Chunk(wanted, l.limits.readAtOnce()) {
		r, err := ask[*ua.ReadResponse](ctx, l, &ua.ReadRequest{TimestampsToReturn: stamps, NodesToRead: part}, l.timeout)
		if err != nil {
			return nil, err
		}
		if len(r.Results) != len(part) {
			return nil, fmt.Errorf("%w: %d values read, %d answered", connector.ErrProtocol, len(part), len(r.Results))
		}
		all = append(all, r.Results...)
	}
	return all, nil
}

func (m limits) readAtOnce() int { return max(m.read, 1) }

// leave closes the session in good order.
func (l *link) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if l.auth != nil && l.channel.fault() == nil {
		_, err := ask[*ua.CloseSessionResponse](ctx, l, &ua.CloseSessionRequest{DeleteSubscriptions: true}, farewell)
		_ = err // the connection ends in any case
	}
	l.hangUp()
}

// hangUp closes the channel and the connection.
func (l *link) hangUp() {
	c := l.channel
	if number, _, err := c.await(); err == nil {
		c.sending.Lock()
		err = c.send(&ua.CloseSecureChannelRequest{}, number, l.auth, farewell)
		c.sending.Unlock()
		_ = err // the connection ends in any case
	}
	c.close(errClosed)
}

var errClosed = fmt.Errorf("%w: the connection was closed", connector.ErrUnreachable)

// broken says whether an error means that the connection is of no use any more, and not
// only that one service was refused.
func broken(err error) bool {
	var code ua.StatusCode
	if !errors.As(err, &code) {
		return err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, connector.ErrConfig) && !errors.Is(err, connector.ErrBusy)
	}
	switch code {
	case ua.StatusBadSessionIDInvalid, ua.StatusBadSessionClosed, ua.StatusBadSessionNotActivated, ua.StatusBadSecureChannelIDInvalid,
		ua.StatusBadSecureChannelClosed, ua.StatusBadSecureChannelTokenUnknown, ua.StatusBadServerHalted, ua.StatusBadShutdown,
		ua.StatusBadConnectionClosed, ua.StatusBadCommunicationError:
		return true
	}
	return false
}
