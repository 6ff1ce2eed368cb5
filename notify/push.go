package notify

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Subscription is a browser that asked to be told: what PushSubscription.toJSON gives.
type Subscription struct {
	Endpoint string `json:"endpoint"`
	P256DH   string `json:"p256dh"` // its public key, base64url
	Auth     string `json:"auth"`   // its secret of 16 bytes, base64url
}

// pusher sends Web Push (RFC 8030) with VAPID (RFC 8292), encrypted by RFC 8291.
type pusher struct {
	setting Setting
	key     *ecdsa.PrivateKey
	public  string // base64url
	client  *http.Client
}

// VAPIDKey makes a key pair, both base64url: the private one is the secret of a setting,
// the public one is what a browser subscribes with.
func VAPIDKey() (private, public string, err error) {
	k, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return "", "", err
	}
	return encode(k.Bytes()), encode(k.PublicKey().Bytes()), nil
}

func openPush(s Setting) (Channel, error) {
	raw, err := decode(s.Secret)
	if err != nil {
		return nil, fmt.Errorf("%w %s: the secret is no VAPID key of 32 bytes in base64url", ErrSetting, s)
	}
	k, err := ecdh.P256().NewPrivateKey(raw)
	if err != nil {
		return nil, fmt.Errorf("%w %s: the secret is no VAPID key of 32 bytes in base64url", ErrSetting, s)
	}
	if u, err := url.Parse(s.User); err != nil || u.Scheme != "mailto" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w %s: user is the address of who sends: mailto:… or https://…", ErrSetting, s)
	}
	at := k.PublicKey().Bytes() // 4, x, y
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		return nil, fmt.Errorf("%w %s: the secret is no VAPID key of 32 bytes in base64url", ErrSetting, s)
	}
	return &pusher{s, key, encode(at), client(s.Private)}, nil
}

// Send sends to every browser of the message. It is delivered when one took it; those
// that are gone (404, 410) are named in the answer, so that they are forgotten.
func (p *pusher) Send(ctx context.Context, m Message) (Answer, error) {
	if err := m.check(); err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	body, err := json.Marshal(map[string]any{"id": m.ID, "title": m.Title, "text": cut(m.Text, 2500), "link": m.Link, "at": m.At})
	if err != nil || len(m.Subscriptions) == 0 {
		return Answer{}, fmt.Errorf("%w: %s: no browser has subscribed (%v)", ErrRefused, p.setting, err)
	}
	a := Answer{}
	taken, again := 0, error(nil)
	for i, s := range m.Subscriptions {
		status, err := p.one(ctx, s, m.ID, body)
		a.Status = status
		if err == nil {
			taken++
		} else if !errors.Is(err, ErrRefused) {
			again = err
		}
		a.Response += fmt.Sprintf("%d:%d ", i+1, status)
	}
	a.Response = clean(a.Response)
	switch {
	case taken > 0:
		return a, nil
	case again != nil:
		return a, again
	}
	return a, fmt.Errorf("%w: %s: no browser took it", ErrRefused, p.setting)
}

func (p *pusher) one(ctx context.Context, s Subscription, id string, body []byte) (int, error) {
	if err := checkURL(s.Endpoint, p.setting.Private, "https", "http"); err != nil {
		return 0, fmt.Errorf("%w: %s: endpoint: %w", ErrRefused, p.setting, err)
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails since Go 1.24
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return 0, err
	}
	sealed, err := seal(s, body, key, salt)
	if err != nil {
		return 0, fmt.Errorf("%w: %s: subscription: %w", ErrRefused, p.setting, err)
	}
	token, err := p.token(s.Endpoint, time.Now().Add(12*time.Hour))
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Endpoint, bytes.NewReader(sealed))
	if err != nil {
		return 0, fmt.Errorf("%w: %s: endpoint", ErrRefused, p.setting)
	}
	topic := sha256.Sum256([]byte(id)) // a later message of a topic replaces one that still waits
	for k, v := range map[string]string{"Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream", "TTL": "43200",
		"Urgency": "high", "Topic": encode(topic[:])[:32], "Authorization": "vapid t=" + token + ", k=" + p.public} {
		r.Header.Set(k, v)
	}
	status, _, err := do(p.client, r)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", p.setting, err)
	}
	return status, judgeStatus(p.setting, status)
}

// token is a JSON Web Token over the origin of the push service, signed by ES256
// (RFC 8292, 2).
func (p *pusher) token(endpoint string, until time.Time) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", fmt.Errorf("%w: endpoint", ErrRefused)
	}
	claims, err := json.Marshal(map[string]any{"aud": u.Scheme + "://" + u.Host, "exp": until.Unix(), "sub": p.setting.User})
	if err != nil {
		return "", err
	}
	text := encode([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + encode(claims)
	hash := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, hash[:])
	if err != nil {
		return "", err
	}
	return text + "." + encode(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)), nil
}

// seal encrypts for a browser: RFC 8291, 3.4, in one record of aes128gcm (RFC 8188).
func seal(s Subscription, text []byte, key *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	public, err := decode(s.P256DH)
	if err != nil {
		return nil, errors.New("p256dh is not base64url")
	}
	auth, err := decode(s.Auth)
	if err != nil || len(auth) != 16 {
		return nil, errors.New("auth is not 16 bytes in base64url")
	}
	browser, err := ecdh.P256().NewPublicKey(public)
	if err != nil {
		return nil, errors.New("p256dh is no key")
	}
	common, err := key.ECDH(browser)
	if err != nil {
		return nil, err
	}
	own := key.PublicKey().Bytes()
	input, err := hkdf.Key(sha256.New, common, auth, "WebPush: info\x00"+string(public)+string(own), 32)
	if err != nil {
		return nil, err
	}
	content, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(content)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	head := binary.BigEndian.AppendUint32(bytes.Clone(salt), 4096)
	head = append(append(head, byte(len(own))), own...)
	return gcm.Seal(head, nonce, append(bytes.Clone(text), 2), nil), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(s string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(s) }
