package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"lingtan/connector"
	"lingtan/gateway/frame"
)

const (
	dialTime    = 10 * time.Second
	answerTime  = 2 * time.Minute // for a batch on a slow line
	firstWait   = time.Second
	mostAnswer  = 64 << 10
	pingAfter   = 15 * time.Second // of silence on the connection
	firstAsks   = 4                // questions for the time when the link begins
	mostPending = 100              // documents sent at one heartbeat
)

// link speaks with the server.
type link struct {
	server string // https://host:port
	client *http.Client
	clock  *Clock

	mu    sync.Mutex
	fault string    // why the last exchange failed; empty = it did not
	since time.Time // of the present condition, by the machine's clock
}

func newLink(server string, b *Bundle, clock *Clock) *link {
	t := &http.Transport{TLSClientConfig: b.clientTLS(clock), ForceAttemptHTTP2: true, IdleConnTimeout: 2 * time.Minute, TLSHandshakeTimeout: dialTime,
		DialContext: (&net.Dialer{Timeout: dialTime}).DialContext, MaxResponseHeaderBytes: 16 << 10, MaxConnsPerHost: 4,
		HTTP2: &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter}}
	return &link{server: (&url.URL{Scheme: "https", Host: server}).String(), client: &http.Client{Transport: t}, clock: clock, since: time.Now()}
}

// request is one exchange with the server.
type request struct {
	method, path string
	body         []byte
	header       map[string]string
	timeout      time.Duration
	limit        int64 // of the answer's body
}

// do makes an exchange. Errors wrap connector.ErrUnreachable, ErrRefused, ErrBusy or
// ErrProtocol by what the server said.
func (l *link) do(ctx context.Context, q request) (status int, body []byte, etag string, err error) {
	limited, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(limited, q.method, l.server+q.path, bytes.NewReader(q.body))
	if err != nil {
		return 0, nil, "", err
	}
	for k, v := range q.header {
		r.Header.Set(k, v)
	}
	answer, err := l.client.Do(r)
	if err != nil {
		return 0, nil, "", l.note(ctx, fmt.Errorf("%w: %w", connector.ErrUnreachable, err))
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, q.limit+1))
	switch {
	case err != nil:
		err = fmt.Errorf("%w: %w", connector.ErrUnreachable, err)
	case int64(len(body)) > q.limit:
		err = fmt.Errorf("%w: an answer of more than %d bytes", connector.ErrProtocol, q.limit)
	case answer.StatusCode/100 == 2 || answer.StatusCode == http.StatusNotModified:
	default:
		err = fmt.Errorf("%w: %s: %s: %.300s", kindOf(answer.StatusCode), q.path, answer.Status, bytes.TrimSpace(body))
	}
	return answer.StatusCode, body, answer.Header.Get("ETag"), l.note(ctx, err)
}

func kindOf(status int) error {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return connector.ErrRefused
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return connector.ErrBusy
	}
	return connector.ErrProtocol
}

// note keeps how the last exchange went.
func (l *link) note(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if (text == "") != (l.fault == "") {
		l.since = time.Now()
	}
	l.fault = text
	return err
}

func (l *link) state() (fault string, since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fault, l.since
}

// exchange posts v as JSON and reads the answer into out, when there is one.
func (l *link) exchange(ctx context.Context, path string, v, out any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, body, _, err := l.do(ctx, request{method: http.MethodPost, path: path, body: data, timeout: answerTime, limit: mostAnswer,
		header: map[string]string{"Content-Type": "application/json"}})
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%w: %s: %w", connector.ErrProtocol, path, err)
	}
	return nil
}

// askTime compares the clock with the server's.
func (l *link) askTime(ctx context.Context) error {
	return l.clock.ask(func(t1 int64) (t2, t3 int64, err error) {
		var a frame.ClockAnswer
		err = l.exchange(ctx, frame.PathClock, frame.ClockAnswer{T1: t1}, &a)
		if err == nil && a.T1 != t1 {
			err = fmt.Errorf("%w: the time of another question", connector.ErrProtocol)
		}
		return a.T2, a.T3, err
	})
}

// send brings a batch to the server; nil: it is durable there.
func (l *link) send(ctx context.Context, data []byte, last uint64) (frame.Answer, error) {
	var a frame.Answer
	_, body, _, err := l.do(ctx, request{method: http.MethodPost, path: frame.PathBatch, body: data, timeout: answerTime, limit: mostAnswer,
		header: map[string]string{"Content-Type": "application/octet-stream"}})
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(body, &a); err != nil || a.Acknowledged != last {
		return a, fmt.Errorf("%w: the server acknowledged %d of a batch up to %d", connector.ErrProtocol, a.Acknowledged, last)
	}
	return a, nil
}

// document brings a document to the server; nil: it was accepted.
func (l *link) document(ctx context.Context, d Document) error {
	if len(d.Body) > frame.MaxDocument {
		return fmt.Errorf("%w: document %s has %d bytes, at most %d", connector.ErrRefused, d.ID, len(d.Body), frame.MaxDocument)
	}
	_, _, _, err := l.do(ctx, request{method: http.MethodPost, path: frame.PathDocument, body: d.Body, timeout: answerTime, limit: mostAnswer,
		header: map[string]string{"Content-Type": "application/octet-stream", frame.HeaderKind: url.QueryEscape(d.Kind)}})
	return err
}

// devices waits for a device list other than the one with a tag; nil: it is still the same.
func (l *link) devices(ctx context.Context, tag string) (list []byte, newTag string, err error) {
	status, body, newTag, err := l.do(ctx, request{method: http.MethodGet, path: frame.PathDevices, timeout: frame.LongPoll + dialTime, limit: frame.MaxList,
		header: map[string]string{"If-None-Match": tag}})
	if err != nil || status == http.StatusNotModified {
		return nil, tag, err
	}
	return body, newTag, nil
}

// backoff is how long to wait after failures in a row: a second doubled each time, at
// most most, give or take a third, so that gateways that failed together do not come
// back together.
func backoff(failures int, most time.Duration) time.Duration {
	d := min(firstWait, most)
	for n := 1; n < failures && d < most; n++ {
		d = min(2*d, most)
	}
	return time.Duration(float64(d) * (2 + 2*rand.Float64()) / 3)
}

// persist calls fn until it succeeds or ctx ends.
func persist(ctx context.Context, most time.Duration, fn func() error) error {
	for failures := 1; ; failures++ {
		err := fn()
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if !sleep(ctx, backoff(failures, most)) {
			return ctx.Err()
		}
	}
}
