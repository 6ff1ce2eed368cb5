package pull

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/textproto"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lingtan/connector"
)

const (
	maxRedirects  = 5
	maxSecret     = 64 << 10
	maxRetryAfter = 24 * time.Hour
	agent         = "lingtan-pull/1"
)

// answer is what came of a request.
type answer struct {
	body      []byte
	unchanged bool // 304: as it was under the tags
	tags      tags
}

// tags are what a server calls the state of an answer.
type tags struct {
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
}

// refusal is an answer that is none, by its status.
type refusal struct {
	status int
	after  time.Duration // as the server asks
	is     error
}

func (r refusal) Error() string {
	text := fmt.Sprintf("the server answers %d %s", r.status, http.StatusText(r.status))
	switch r.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		text += "; check headers_file or secret_file"
	case http.StatusNotFound, http.StatusGone, http.StatusBadRequest:
		text += "; check the address, or wait until it publishes"
	case http.StatusTooManyRequests:
		text += "; ask less often"
	}
	return text
}

func (r refusal) Unwrap() error { return r.is }

// newClient makes a client that uses no proxy of the process's environment, since it would
// be asked for names that only it resolves, and follows few redirects, to the same host.
// allow is asked about each address that is to be connected to; nil allows all.
func newClient(allow func(network, address string, _ syscall.RawConn) error) *http.Client {
	dial := &net.Dialer{Timeout: 10 * time.Second, Control: allow}
	return &http.Client{
		Transport: &http.Transport{DialContext: dial.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: sameHost,
	}
}

// sameHost follows a redirect only to the host that was asked, and never from https to http.
func sameHost(next *http.Request, before []*http.Request) error {
	last := before[len(before)-1].URL
	if len(before) > maxRedirects {
		return fmt.Errorf("more than %d redirects: %w", maxRedirects, connector.ErrProtocol)
	}
	upgraded := last.Scheme == "http" && next.URL.Scheme == "https" && last.Port() == "" && next.URL.Port() == ""
	if !strings.EqualFold(last.Hostname(), next.URL.Hostname()) || !upgraded && (last.Scheme != next.URL.Scheme || last.Port() != next.URL.Port()) {
		return fmt.Errorf("it redirects to %s://%s, which is not asked: give that address if it is right: %w", next.URL.Scheme, next.URL.Host, connector.ErrRefused)
	}
	return nil
}

// reserved are addresses that no public service has, beside those that netip knows as
// private, loopback, link-local or multicast (IANA special-purpose address registries,
// RFC 6890). Those that stand for an IPv4 address could lead to a private one.
var reserved = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "fec0::/10", "::/96")

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// isPublic says whether an address may be asked without the option private.
func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// publicOnly looks at the address itself, after names were resolved and for each redirect.
func publicOnly(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(at.Addr()) {
		return fmt.Errorf("%s is not a public address; if the list means it, set the option private: allow: %w", address, connector.ErrRefused)
	}
	return nil
}

// get asks once.
func (d *Driver) get(ctx context.Context, s settings, now time.Time, known tags) (answer, error) {
	select {
	case d.fetches <- struct{}{}:
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
	defer func() { <-d.fetches }()
	u, err := s.url(now)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	request, err := s.request(ctx, u, known)
	if err != nil {
		return answer{}, err
	}
	client := d.public
	if s.private {
		client = d.private
	}
	response, err := client.Do(request)
	if err != nil {
		return answer{}, s.unreachable(u, err)
	}
	defer response.Body.Close()
	if response.Request.Response != nil {
		d.counts.add("redirects", 1)
	}
	return s.judge(u, response, now)
}

// judge reads an answer.
func (s *settings) judge(u *url.URL, response *http.Response, now time.Time) (answer, error) {
	switch {
	case response.StatusCode == http.StatusNotModified:
		return answer{unchanged: true}, nil
	case response.StatusCode != http.StatusOK:
		r := refusal{status: response.StatusCode, after: retryAfter(response.Header.Get("Retry-After"), now), is: connector.ErrProtocol}
		if r.status == http.StatusTooManyRequests || r.status >= 500 {
			r.is = connector.ErrUnreachable
		}
		if r.status == http.StatusUnauthorized || r.status == http.StatusForbidden {
			r.is = connector.ErrRefused
		}
		return answer{}, fmt.Errorf("pull: device %s: %s: %w", s.device.ID, u.Host, r)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, s.limit+1))
	if err != nil {
		return answer{}, s.unreachable(u, err)
	}
	if int64(len(body)) > s.limit {
		return answer{}, fmt.Errorf("pull: device %s: %s: %w: the answer has more than %d bytes; ask for less, or raise the option limit", s.device.ID, u.Host, connector.ErrProtocol, s.limit)
	}
	return answer{body: body, tags: tags{ETag: short(response.Header.Get("ETag")), Modified: short(response.Header.Get("Last-Modified"))}}, nil
}

// short leaves out a tag that is longer than any that is meant as one.
func short(tag string) string {
	if len(tag) > 1000 {
		return ""
	}
	return tag
}

// unreachable says that no answer came. The URL is left out, which may hold a secret.
func (s *settings) unreachable(u *url.URL, err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	for _, known := range []error{connector.ErrRefused, connector.ErrProtocol} {
		if errors.Is(err, known) {
			return fmt.Errorf("pull: device %s: %s: %w", s.device.ID, u.Host, err)
		}
	}
	return fmt.Errorf("pull: device %s: %s does not answer (%w); check the address, the network and the certificate: %w", s.device.ID, u.Host, err, connector.ErrUnreachable)
}

func (s *settings) url(now time.Time) (*url.URL, error) {
	secret := ""
	if s.secret != "" {
		text, err := s.readSecret(s.secret)
		if err != nil {
			return nil, err
		}
		secret = strings.TrimSpace(string(text))
	}
	u, err := s.address.expand(now, s.zone, secret)
	if err != nil {
		return nil, s.fault("address: %v", err)
	}
	return u, nil
}

func (s *settings) readSecret(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, s.fault("a file of secrets cannot be read: %v", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil || len(text) > maxSecret {
		return nil, s.fault("the file of secrets %s cannot be read, or has more than %d bytes", f.Name(), maxSecret)
	}
	return text, nil
}

// ownHeaders are set by the door or the connection, not by a list.
var ownHeaders = map[string]bool{"Host": true, "Accept-Encoding": true, "Content-Length": true, "Transfer-Encoding": true, "Connection": true,
	"If-None-Match": true, "If-Modified-Since": true, "Range": true, "Te": true, "Trailer": true, "Upgrade": true, "Proxy-Authorization": true}

// request is the GET with the headers of the secret file. The transport asks for gzip and
// unpacks it, so that the limit counts what is unpacked.
func (s *settings) request(ctx context.Context, u *url.URL, known tags) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, s.fault("address: it is no URL")
	}
	accept := "application/json"
	if s.csv != nil {
		accept = "text/csv, text/plain;q=0.9, */*;q=0.1"
	}
	r.Header.Set("Accept", accept)
	r.Header.Set("User-Agent", agent)
	if s.headers != "" {
		if err := s.addHeaders(r.Header); err != nil {
			return nil, err
		}
	}
	if known.ETag != "" {
		r.Header.Set("If-None-Match", known.ETag)
	}
	if known.Modified != "" {
		r.Header.Set("If-Modified-Since", known.Modified)
	}
	return r, nil
}

func (s *settings) addHeaders(to http.Header) error {
	text, err := s.readSecret(s.headers)
	if err != nil {
		return err
	}
	list, err := parseHeaders(text)
	if err != nil {
		return s.fault("headers_file: %v", err)
	}
	for name, values := range list {
		to[name] = values
	}
	return nil
}

// parseHeaders reads lines "Name: value". Its errors tell nothing of what stands there.
func parseHeaders(text []byte) (http.Header, error) {
	text = append(bytes.TrimSpace(text), "\r\n\r\n"...)
	list, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(text))).ReadMIMEHeader()
	if err != nil {
		return nil, errors.New("write lines of the form Name: value")
	}
	for name, values := range list {
		if ownHeaders[name] || len(list) > 50 {
			return nil, fmt.Errorf("the header %q is not a list's to set, or there are more than 50", name)
		}
		for _, v := range values {
			if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				return nil, fmt.Errorf("the value of %s has control signs", name)
			}
		}
	}
	return http.Header(list), nil
}

// retryAfter is how long a server asks to be left alone (RFC 9110, 10.2.3): seconds or a
// date; at most a day.
func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(max(0, min(n, int64(maxRetryAfter/time.Second)))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, min(at.Sub(now), maxRetryAfter))
	}
	return 0
}
