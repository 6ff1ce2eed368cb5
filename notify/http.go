package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	timeout     = 15 * time.Second
	maxResponse = 300 // bytes of an answer that are kept
)

var errPrivate = errors.New("the address is private; the setting must allow it")

// public says whether an address is of the Internet: not private, of this machine,
// link-local, multicast or unspecified.
func public(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsGlobalUnicast() && !a.IsPrivate() && !a.IsLoopback() &&
		!slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}

// special are further addresses that are not of the Internet, or lead to others (IANA
// special-purpose registries): this network, between carrier and customer, protocol
// assignments, benchmarks, reserved, NAT64, 6to4.
var special = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")

func prefixes(list ...string) (out []netip.Prefix) {
	for _, text := range list {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// checkURL refuses what is no address of a scheme. Names are looked at again when they
// are resolved, on every connection.
func checkURL(raw string, private bool, schemes ...string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || len(raw) > 2000:
		return fmt.Errorf("not an address; write %s://host/…", schemes[0])
	case !slices.Contains(schemes, u.Scheme):
		return fmt.Errorf("scheme %.20q; %s belongs here", u.Scheme, strings.Join(schemes, " or "))
	case u.User != nil || u.Fragment != "":
		return errors.New("no user and no fragment belong in the address")
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && !private && !public(a) {
		return errPrivate
	}
	return nil
}

// dialer connects to public addresses alone, unless private ones are allowed. The check
// is on what a name resolved to, so that a name cannot point inside.
func dialer(private bool) *net.Dialer {
	d := &net.Dialer{Timeout: timeout}
	if !private {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			a, err := netip.ParseAddrPort(address)
			if err != nil || !public(a.Addr()) {
				return errPrivate
			}
			return nil
		}
	}
	return d
}

// client follows no redirects and uses no proxy: both would go around the check.
func client(private bool) *http.Client {
	return &http.Client{Timeout: timeout,
		Transport:     &http.Transport{DialContext: dialer(private).DialContext, MaxIdleConns: 4, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// form is how a kind wants its request: the address, headers and body, and what its
// answer means.
type form struct {
	request func(s Setting, m Message, now time.Time) (address string, header map[string]string, body any)
	judge   func(body []byte) (refusal string, again bool)
}

// forms are the kinds that take a POST with JSON.
var forms = map[string]form{
	"webhook":  {webhookRequest, nil},
	"wecom":    {weComRequest, code("errcode", "errmsg", 45009, -1)},
	"dingtalk": {dingTalkRequest, code("errcode", "errmsg", 130101, 410100, -1)},
	"feishu":   {feishuRequest, code("code", "msg", 9499, 11232)},
}

// post is a channel that posts JSON.
type post struct {
	setting Setting
	form    form
	client  *http.Client
}

// Send posts the message. 2xx is delivered; 408, 425, 429 and 5xx are worth trying again;
// the rest is refused. A robot answers 200 and says in the body what became of it.
func (p *post) Send(ctx context.Context, m Message) (Answer, error) {
	if err := m.check(); err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	address, header, content := p.form.request(p.setting, m, time.Now())
	body, err := json.Marshal(content)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if p.setting.Kind == "webhook" {
		sign(header, p.setting.Secret, body)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %s: the request cannot be made", ErrRefused, p.setting)
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	for k, v := range header {
		r.Header.Set(k, v)
	}
	status, answer, err := do(p.client, r)
	a := Answer{status, p.clean(answer)}
	switch {
	case err != nil:
		return a, fmt.Errorf("%s: %w", p.setting, err)
	case p.form.judge == nil || status != http.StatusOK:
		return a, judgeStatus(p.setting, status)
	}
	if refusal, again := p.form.judge(answer); refusal != "" {
		err := fmt.Errorf("%s: %s", p.setting, p.clean([]byte(refusal)))
		if !again {
			err = fmt.Errorf("%w: %w", ErrRefused, err)
		}
		return a, err
	}
	return a, nil
}

// do makes a request. Errors of net/http name the address, which has secrets in it: what
// is behind them is handed on alone.
func do(c *http.Client, r *http.Request) (status int, body []byte, err error) {
	resp, err := c.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, body, err
}

func judgeStatus(s Setting, status int) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == 408 || status == 425 || status == 429 || status >= 500:
		return fmt.Errorf("%s: status %d", s, status)
	}
	return fmt.Errorf("%w: %s: status %d", ErrRefused, s, status)
}

// clean shortens an answer and takes the secrets out of it.
func (p *post) clean(text []byte) string { return clean(string(text), p.secrets()...) }

func (p *post) secrets() []string {
	list := []string{p.setting.Secret}
	if u, err := url.Parse(p.setting.URL); err == nil {
		for _, values := range u.Query() {
			list = append(list, values...)
		}
		if p.setting.Kind == "feishu" {
			list = append(list, u.Path[strings.LastIndexByte(u.Path, '/')+1:])
		}
	}
	return list
}

func clean(text string, secrets ...string) string {
	for _, s := range secrets {
		if len(s) >= 4 {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxResponse {
		text = text[:maxResponse]
	}
	return strings.ToValidUTF8(text, "")
}

// webhookRequest is a notice as JSON, signed over time and body.
func webhookRequest(s Setting, m Message, now time.Time) (string, map[string]string, any) {
	return s.URL, map[string]string{"Idempotency-Key": m.ID, "Lingtan-Timestamp": strconv.FormatInt(now.Unix(), 10)}, m
}

// sign is HMAC-SHA256 over timestamp, a point and the body: a receiver computes the same
// and refuses old timestamps.
func sign(header map[string]string, secret string, body []byte) {
	h := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(h, "%s.", header["Lingtan-Timestamp"])
	h.Write(body)
	header["Lingtan-Signature"] = "v1=" + hex.EncodeToString(h.Sum(nil))
}

// weComRequest is a text of a WeCom group robot: at most 2048 bytes, with the mobiles
// to mention (developer.work.weixin.qq.com/document/path/91770).
func weComRequest(s Setting, m Message, _ time.Time) (string, map[string]string, any) {
	text := map[string]any{"content": cut(m.plain(), 2048)}
	if len(m.Mobiles) > 0 {
		text["mentioned_mobile_list"] = m.Mobiles
	}
	return s.URL, nil, map[string]any{"msgtype": "text", "text": text}
}

// dingTalkRequest is a markdown message of a DingTalk group robot. With a secret, the
// address is signed by base64(HMAC-SHA256(secret, timestamp "\n" secret)), the timestamp
// in milliseconds (open.dingtalk.com/document/robots/customize-robot-security-settings).
func dingTalkRequest(s Setting, m Message, now time.Time) (string, map[string]string, any) {
	address := s.URL
	if s.Secret != "" {
		stamp := strconv.FormatInt(now.UnixMilli(), 10)
		q := url.Values{"timestamp": {stamp}, "sign": {mac(s.Secret, stamp+"\n"+s.Secret)}}.Encode()
		address += map[bool]string{true: "&", false: "?"}[strings.Contains(address, "?")] + q
	}
	text := "### " + m.Title + "\n\n" + strings.ReplaceAll(m.Text, "\n", "\n\n")
	if m.Link != "" {
		text += "\n\n[" + m.Link + "](" + m.Link + ")"
	}
	for _, mobile := range m.Mobiles {
		text += " @" + mobile
	}
	return address, nil, map[string]any{"msgtype": "markdown", "markdown": map[string]string{"title": m.Title, "text": text},
		"at": map[string]any{"atMobiles": append([]string{}, m.Mobiles...), "isAtAll": false}}
}

// feishuRequest is a text of a Feishu group robot. With a secret, the body carries
// base64(HMAC-SHA256 of nothing under the key timestamp "\n" secret), the timestamp in
// seconds (open.feishu.cn/document/client-docs/bot-v3/add-custom-bot).
func feishuRequest(s Setting, m Message, now time.Time) (string, map[string]string, any) {
	body := map[string]any{"msg_type": "text", "content": map[string]string{"text": m.plain()}}
	if s.Secret != "" {
		stamp := strconv.FormatInt(now.Unix(), 10)
		body["timestamp"], body["sign"] = stamp, mac(stamp+"\n"+s.Secret, "")
	}
	return s.URL, nil, body
}

func mac(key, text string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// plain is the message as text.
func (m *Message) plain() string {
	text := m.Title
	if m.Text != "" {
		text += "\n" + m.Text
	}
	if m.Link != "" {
		text += "\n" + m.Link
	}
	return text
}

func cut(text string, most int) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most-3], "") + "…"
	}
	return text
}

// code reads the answer of a robot: 0 is delivered, some codes are worth trying again.
func code(key, words string, again ...int) func([]byte) (string, bool) {
	return func(body []byte) (string, bool) {
		var answer map[string]any
		if err := json.Unmarshal(body, &answer); err != nil {
			return "the answer is not JSON", true
		}
		n, ok := answer[key].(float64)
		if !ok {
			return "the answer has no " + key, true
		}
		if n == 0 {
			return "", false
		}
		return fmt.Sprintf("%s %v: %.200v", key, n, answer[words]), slices.Contains(again, int(n))
	}
}
