package httpdoor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"

	"lingtan/connector"
)

// call is one request of a known client.
type call struct {
	door    *Door
	client  *client
	tally   *tally
	w       http.ResponseWriter
	r       *http.Request
	now     time.Time
	names   *nameCache
	samples []connector.Sample
	receipt connector.Receipt
	long    int       // refused because of their names
	ignored int       // values that are no number, or of a kind that is not taken
	newest  time.Time // of the samples
	trouble string    // what was not taken of a body that is answered with success
	buffer  []byte
	used    int   // of samples, at most so far
	held    int64 // bytes that the door's memory is charged with
	weight  int64 // what a byte of the body is charged with besides, for what is made of it
}

// refusal is a request that cannot be served as it is.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return connector.ErrRefused }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// form is the handler of one form: who is it, is there room, serve it, answer.
func (d *Door) form(form string, serve func(*call) error, fail func(http.ResponseWriter, *http.Request, error)) http.Handler {
	t := d.forms[form]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The deadline holds for the rest of a body that is not read, too. A writer that
		// cannot set one (a recorder in a test) has no connection either.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d.Limits.Read))
		client := d.client(r)
		if client == nil {
			t.unauthorized.Add(1)
			w.Header().Set("WWW-Authenticate", `Token realm="lingtan"`)
			fail(w, r, refuse(http.StatusUnauthorized,
				"unauthorized access: the credential is missing or of no enabled device; look at the device list of the park"))
			return
		}
		t.requests.Add(1)
		began, trouble := time.Now(), ""
		err := d.within(client, func() error {
			c := &call{door: d, client: client, tally: t, w: w, r: r, now: d.Now()}
			defer c.close()
			err := c.serve(serve)
			trouble = c.trouble
			return err
		})
		d.report(client, time.Since(began), trouble, err)
		if err == nil {
			return
		}
		switch status := statusOf(err); {
		case status == http.StatusServiceUnavailable:
			t.busy.Add(1)
			w.Header().Set("Retry-After", "1")
		case status < 500:
			t.rejected.Add(1)
		default:
			d.Log.Error("httpdoor: samples were not admitted", "form", form, "park", client.park, "device", client.device, "error", err)
		}
		fail(w, r, err)
	})
}

// within serves when there is a place, for the client and altogether. It does not
// wait: those who wait would take what the places are there to keep.
func (d *Door) within(c *client, serve func() error) error {
	for _, slots := range []chan struct{}{c.slots, d.slots} {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			return fmt.Errorf("too many requests are under way: %w", connector.ErrBusy)
		}
	}
	return serve()
}

// serve gets ready what the form needs, and runs it.
func (c *call) serve(form func(*call) error) error {
	limits := c.door.Limits
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, limits.Body)
	c.names = c.door.caches.take(c.client)
	if batch, ok := c.door.batches.Get().(*[]connector.Sample); ok {
		c.samples = *batch
	} else {
		c.samples = make([]connector.Sample, 0, limits.Batch)
	}
	return form(c)
}

// bodyRead takes the deadline of a body that was read back: else it would end the
// request while the sink works. The answer has one of its own, for those who do not
// read it.
func (c *call) bodyRead() {
	control := http.NewResponseController(c.w)
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Now().Add(c.door.Limits.Admit + c.door.Limits.Read))
}

func (c *call) close() {
	c.tally.ignored.Add(int64(c.ignored))
	c.tally.refused.Add(int64(c.receipt.Refused))
	c.door.memory.Add(-c.held)
	if n := cap(c.buffer); n > 0 && n <= keepBody {
		bodies.Put(&c.buffer)
	}
	if c.names != nil {
		c.door.caches.put(c.client, c.names)
	}
	if c.samples != nil {
		clear(c.samples[:max(c.used, len(c.samples))]) // names must not be kept alive
		c.samples = c.samples[:0]
		c.door.batches.Put(&c.samples)
	}
}

// add hands a sample on: of the device that the sender names, or of the sender itself
// where device is "". A name that is too long comes as "" and counts as refused.
func (c *call) add(device, name string, at time.Time, span time.Duration, value float64) error {
	if name == "" || len(name) > longestName || len(device) > longestName {
		c.receipt.Refused++
		c.long++
		return nil
	}
	via := c.client.device
	if device == "" || device == via {
		device, via = via, ""
	}
	if at.After(c.newest) {
		c.newest = at
	}
	c.samples = append(c.samples, connector.Sample{Device: device, Via: via, Name: name, At: at, Span: span, Value: value})
	if len(c.samples) >= c.door.Limits.Batch {
		return c.flush()
	}
	return nil
}

// flush admits what is there.
func (c *call) flush() error {
	if len(c.samples) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), c.door.Limits.Admit)
	defer cancel()
	receipt, err := c.door.Sink.Admit(ctx, c.client.park, c.samples)
	if err != nil {
		c.samples = nil // a sink that gave up may still read it
		if ctx.Err() != nil && !errors.Is(err, connector.ErrBusy) {
			err = fmt.Errorf("%w: %w", connector.ErrBusy, err)
		}
		return fmt.Errorf("not stored, send again: %w", err)
	}
	c.tally.admitted.Add(int64(len(c.samples)))
	c.client.state.saw(c.newest, len(c.samples))
	c.receipt.Stored += receipt.Stored
	c.receipt.Duplicates += receipt.Duplicates
	c.receipt.Corrected += receipt.Corrected
	c.receipt.Unmapped += receipt.Unmapped
	c.receipt.Refused += receipt.Refused
	c.used = max(c.used, len(c.samples))
	c.samples = c.samples[:0]
	return nil
}

// charge takes memory for bytes of body.
func (c *call) charge(bytes int64) error {
	c.held += bytes
	if c.door.memory.Add(bytes) > c.door.Limits.Memory {
		return fmt.Errorf("too many large bodies are under way: %w", connector.ErrBusy)
	}
	return nil
}

var unzippers sync.Pool // *gzip.Reader

// body reads and unpacks the body: gzip where it says so.
func (c *call) body() ([]byte, error) {
	switch encoding := strings.ToLower(c.r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		return c.readAll(c.r.Body, int(min(max(c.r.ContentLength, 0), c.door.Limits.Body)))
	case "gzip":
		zip, ok := unzippers.Get().(*gzip.Reader)
		if !ok {
			zip = new(gzip.Reader)
		}
		defer unzippers.Put(zip)
		if err := zip.Reset(c.r.Body); err != nil {
			return nil, c.readFailure(err)
		}
		return c.readAll(zip, 0)
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "Content-Encoding %q is not taken here; send gzip or none", encoding)
	}
}

// snappyBody reads a body that is one block of snappy, as remote write sends it.
func (c *call) snappyBody() ([]byte, error) {
	if encoding := c.r.Header.Get("Content-Encoding"); !strings.EqualFold(encoding, "snappy") {
		return nil, refuse(http.StatusUnsupportedMediaType, "Content-Encoding %q: remote write is packed with snappy", encoding)
	}
	packed, err := c.readAll(c.r.Body, int(min(max(c.r.ContentLength, 0), c.door.Limits.Body)))
	if err != nil {
		return nil, err
	}
	size, err := s2.DecodedLen(packed)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the body is not snappy: %v", err)
	}
	if int64(size) > c.door.Limits.Body {
		return nil, c.tooLarge()
	}
	if err := c.charge(int64(size)); err != nil {
		return nil, err
	}
	text, err := s2.Decode(make([]byte, size), packed)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the body is not snappy: %v", err)
	}
	return text, nil
}

var bodies sync.Pool // *[]byte, up to keepBody

const keepBody = 2 << 20

// readAll reads up to the limit of a body. What was promised is only a hint, and
// believed up to the size that is kept. The buffer is used again after the call.
func (c *call) readAll(from io.Reader, promised int) ([]byte, error) {
	const first = 64 << 10
	limit := int(c.door.Limits.Body)
	buf := []byte(nil)
	if kept, ok := bodies.Get().(*[]byte); ok {
		buf = (*kept)[:0]
		if err := c.charge(int64(cap(buf))); err != nil {
			return nil, err
		}
	}
	for {
		if len(buf) == cap(buf) {
			size := min(max(2*cap(buf), min(promised+1, keepBody), first), limit+1)
			if err := c.charge(int64(size - cap(buf))); err != nil {
				return nil, err
			}
			buf = append(make([]byte, 0, size), buf...)
		}
		n, err := from.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case len(buf) > limit:
			return nil, c.tooLarge()
		case errors.Is(err, io.EOF):
			c.buffer = buf
			c.bodyRead()
			return buf, c.charge(int64(len(buf)) * c.weight)
		case err != nil:
			return nil, c.readFailure(err)
		}
	}
}

func (c *call) tooLarge() error {
	return refuse(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes (unpacked); send less at once", c.door.Limits.Body)
}

// readFailure says why a body could not be read.
func (c *call) readFailure(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return c.tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, "the body did not come within %v", c.door.Limits.Read)
	}
	return refuse(http.StatusBadRequest, "the body cannot be read: %v", err)
}
