package httpdoor

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/connector"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// store is a sink in memory. It refuses times that are more than a year from noon.
type store struct {
	sync.Mutex
	parks   map[string][]connector.Sample
	fail    error
	entered chan struct{} // told when a call has come, where it is there
	open    chan struct{} // a call waits for it, where it is there
}

func (s *store) Admit(ctx context.Context, park string, samples []connector.Sample) (connector.Receipt, error) {
	if s.open != nil {
		s.entered <- struct{}{}
		select {
		case <-s.open:
		case <-ctx.Done():
			return connector.Receipt{}, ctx.Err()
		}
	}
	s.Lock()
	defer s.Unlock()
	if s.fail != nil {
		return connector.Receipt{}, s.fail
	}
	var receipt connector.Receipt
	for _, x := range samples {
		if x.At.Sub(noon).Abs() > 366*24*time.Hour {
			receipt.Refused++
			continue
		}
		s.parks[park] = append(s.parks[park], x)
		receipt.Stored++
	}
	return receipt, nil
}

// take is what a park has got, as lines "device name at span value", with via/device
// where one was handed on, and empties it.
func (s *store) take(park string) []string {
	s.Lock()
	defer s.Unlock()
	out := []string{}
	for _, x := range s.parks[park] {
		device := x.Device
		if x.Via != "" {
			device = x.Via + "/" + device
		}
		out = append(out, fmt.Sprintf("%s %s %s %s %v", device, x.Name, x.At.UTC().Format("15:04:05.999999999"), x.Span, x.Value))
	}
	delete(s.parks, park)
	return out
}

// list is a device list that can change.
type list struct {
	sync.Mutex
	devices []connector.Device
	changed chan struct{}
}

func (l *list) List(protocol string) []connector.Device {
	l.Lock()
	defer l.Unlock()
	return slices.DeleteFunc(slices.Clone(l.devices), func(d connector.Device) bool { return d.Protocol != protocol })
}

func (l *list) Changed() <-chan struct{} {
	l.Lock()
	defer l.Unlock()
	return l.changed
}

func (l *list) set(devices ...connector.Device) {
	l.Lock()
	defer l.Unlock()
	l.devices = devices
	close(l.changed)
	l.changed = make(chan struct{})
}

func device(park, id, secret string, options ...string) connector.Device {
	hash := sha256.Sum256([]byte(secret))
	d := connector.Device{ID: id, Park: park, Protocol: "http", Token: hex.EncodeToString(hash[:]), Options: map[string]string{}}
	for i := 0; i+1 < len(options); i += 2 {
		d.Options[options[i]] = options[i+1]
	}
	return d
}

// house is a door on a server, with two parks.
type house struct {
	testing.TB
	door  *Door
	store *store
	list  *list
	url   string
}

func newHouse(t testing.TB, limits Limits) *house {
	t.Helper()
	h := &house{TB: t, store: &store{parks: map[string][]connector.Sample{}}, list: &list{changed: make(chan struct{})}}
	h.list.devices = []connector.Device{
		device("east", "telegraf", "secret-east"),
		device("west", "box", "secret-west", "name_tags", "none"),
		device("west", "some", "secret-some", "name_tags", "host, room"),
	}
	door, err := New(Options{Sink: h.store, Devices: h.list, Limits: limits, Now: func() time.Time { return noon.Add(1500 * time.Millisecond) },
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	h.door = door
	server := httptest.NewServer(door.Handler(http.NotFoundHandler()))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// push sends a body; headers are pairs.
func (h *house) push(path, body string, headers ...string) answer {
	h.Helper()
	request, err := http.NewRequest("POST", h.url+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		h.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		h.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// is asserts an answer's status and what a park has got.
func (h *house) is(a answer, status int, park string, want ...string) {
	h.Helper()
	got := h.store.take(park)
	if a.status != status || !slices.Equal(got, append([]string{}, want...)) {
		h.Errorf("status %d, want %d: %s\n got  %q\n want %q", a.status, status, a.body, got, want)
	}
}

// says asserts that the answer's body has the texts in it.
func (h *house) says(a answer, texts ...string) {
	h.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			h.Errorf("the answer %q has no %q", a.body, text)
		}
	}
}

var (
	east = []string{"Authorization", "Token secret-east"}
	west = []string{"Authorization", "Bearer secret-west"}
	some = []string{"Authorization", "Bearer secret-some"}
)

func with(auth []string, more ...string) []string { return append(slices.Clone(auth), more...) }

func zipped(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := io.WriteString(w, text)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestCredentials(t *testing.T) {
	h := newHouse(t, Limits{})
	ok := func(path string, headers ...string) {
		t.Helper()
		h.is(h.push(path, `{"t":1}`, headers...), 200, "east", "telegraf t 12:00:01.5 0s 1")
	}
	no := func(path string, headers ...string) {
		t.Helper()
		a := h.push(path, `{"t":1}`, headers...)
		h.is(a, 401, "east")
		h.says(a, `"code":"unauthorized"`, `"message":"`)
	}
	ok("/api/v1/secret-east/telemetry")
	no("/api/v1/secret-eas/telemetry")
	write := func(status int, headers ...string) {
		t.Helper()
		if a := h.push("/api/v2/write", "m f=1", headers...); a.status != status {
			t.Errorf("%q: %d %s", headers, a.status, a.body)
		}
	}
	write(204, "Authorization", "Token secret-east")
	write(204, "Authorization", "token secret-east")
	write(204, "Authorization", "Bearer secret-east")
	write(204, "Authorization", "Basic YW55b25lOnNlY3JldC1lYXN0") // anyone:secret-east
	write(204, "Authorization", "Basic c2VjcmV0LWVhc3Q6")         // secret-east:
	write(401)
	write(401, "Authorization", "Token")
	write(401, "Authorization", "Token secret-east2")
	write(401, "Authorization", "Digest secret-east")
	write(401, "Authorization", "Token "+h.list.devices[0].Token) // the hash is no credential
	if n := h.door.Forms()["influx"]; n.Unauthorized != 5 || n.Requests != 5 {
		t.Errorf("%+v", n)
	}
}

func TestListChanges(t *testing.T) {
	h := newHouse(t, Limits{})
	status := func(want int, secret string) {
		t.Helper()
		if a := h.push("/api/v2/write", "m f=1", "Authorization", "Token "+secret); a.status != want {
			t.Errorf("%s: %d, want %d", secret, a.status, want)
		}
	}
	status(204, "secret-east")
	h.list.set(device("east", "telegraf", "another"))
	status(401, "secret-east")
	status(204, "another")
	h.list.set(device("east", "telegraf", "shared"), device("west", "box", "shared"), device("east", "x", "mine"))
	status(401, "shared")
	status(204, "mine")
	short := device("east", "x", "mine")
	short.Token = short.Token[:40]
	h.list.set(short, device("east", "telegraf", "another"))
	status(401, "mine")
	status(204, "another")
	if n := h.door.caches.bytes; n == 0 || n > 300 { // a series and its field
		t.Errorf("%d bytes of names are kept for one device", n)
	}
}

func TestInfluxClientsAsk(t *testing.T) {
	h := newHouse(t, Limits{})
	get := func(path string, status int, text string) {
		t.Helper()
		response, err := http.Get(h.url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != status || !strings.Contains(string(body), text) {
			t.Errorf("%s: %d %s %v", path, response.StatusCode, body, err)
		}
	}
	get("/ping", 204, "")
	get("/health", 200, `"status":"pass"`)
	get("/elsewhere", 404, "")
	get("/api/v1/secret-east/telemetry", 404, "") // only POST is the door's
}

func TestTooLarge(t *testing.T) {
	h := newHouse(t, Limits{Body: 100_000})
	large := func(path, body string, headers ...string) {
		t.Helper()
		h.is(h.push(path, body, with(east, headers...)...), 413, "east")
	}
	line := "m f=1 1\n"
	large("/api/v2/write", strings.Repeat(line, 20_000))
	large("/api/v2/write", zipped(t, strings.Repeat(line, 1_000_000)), "Content-Encoding", "gzip") // a bomb: 8 MB in 8 kB
	large("/v1/metrics", zipped(t, strings.Repeat(" ", 10_000_000)), "Content-Encoding", "gzip", "Content-Type", "application/json")
	// A block of snappy that promises 4 GiB.
	large("/api/v1/prom/write", "\xff\xff\xff\xff\x0f\x00", "Content-Encoding", "snappy", "Content-Type", "application/x-protobuf")
	h.is(h.push("/api/v2/write", zipped(t, "m f=1")[:20], with(east, "Content-Encoding", "gzip")...), 400, "east")
	h.is(h.push("/api/v2/write", "no gzip", with(east, "Content-Encoding", "gzip")...), 400, "east")
	h.is(h.push("/api/v2/write", "m f=1", with(east, "Content-Encoding", "br")...), 415, "east")
	h.is(h.push("/api/v2/write", strings.Repeat(line, 12_500)[:99_999]+"\n", east...), 422, "east") // 100,000 bytes are taken; 1970 is refused
	if left := h.door.memory.Load(); left != 0 {
		t.Errorf("%d bytes are still held", left)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	h := newHouse(t, Limits{Memory: 1 << 20})
	a := h.push("/api/v2/write", strings.Repeat("m f=1\n", 400_000), east...)
	h.is(a, 503, "east")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.is(h.push("/api/v2/write", "m f=1", east...), 204, "east", "telegraf m.f 12:00:01.5 0s 1")
}

// A small body is not charged with the large buffer that it happens to get.
func TestSmallBodiesAreCheap(t *testing.T) {
	h := newHouse(t, Limits{Memory: 3 << 20})
	for range 5 {
		h.is(h.push("/api/v2/write", strings.Repeat("# comment\n", 100_000), east...), 204, "east")
		h.is(h.push("/api/v1/secret-east/telemetry", `{"t":1}`), 200, "east", "telegraf t 12:00:01.5 0s 1")
	}
	h.is(h.push("/api/v1/secret-east/telemetry", "["+strings.Repeat(`{"t":1},`, 50_000)+`{"t":1}]`), 503, "east") // 400 kB, 3.6 MB when parsed
}

func TestSinkIsBusyOrBroken(t *testing.T) {
	h := newHouse(t, Limits{})
	h.store.fail = fmt.Errorf("series store: %w", connector.ErrBusy)
	for _, path := range []string{"/api/v2/write", "/api/v1/secret-east/telemetry", "/api/v1/samples.csv"} {
		body := map[string]string{"/api/v2/write": "m f=1", "/api/v1/samples.csv": "time,name,value\n1782907200000,a,1"}[path]
		if body == "" {
			body = `{"a":1}`
		}
		a := h.push(path, body, east...)
		h.is(a, 503, "east")
		h.says(a, `"code":"unavailable"`)
		if a.header.Get("Retry-After") != "1" {
			t.Error(path, "no Retry-After")
		}
	}
	h.store.fail = errors.New("disk /var/x is full")
	a := h.push("/api/v2/write", "m f=1", east...)
	h.is(a, 500, "east")
	if strings.Contains(a.body, "disk") {
		t.Error("the answer tells what is inside:", a.body)
	}
	if n := h.door.Forms()["influx"]; n.Busy != 1 || n.Rejected != 0 || n.Admitted != 0 {
		t.Errorf("%+v", n)
	}
}

// A sink that does not come to an end is given up in time, and nothing is acknowledged.
func TestSinkIsSlow(t *testing.T) {
	h := newHouse(t, Limits{Admit: 30 * time.Millisecond})
	h.store.open, h.store.entered = make(chan struct{}), make(chan struct{}, 10)
	h.is(h.push("/api/v2/write", "m f=1", east...), 503, "east")
}

// The answer comes after Admit has returned, not before.
func TestAcknowledgedIsAdmitted(t *testing.T) {
	h := newHouse(t, Limits{})
	h.store.open, h.store.entered = make(chan struct{}), make(chan struct{}, 1)
	done := make(chan answer, 1)
	go func() { done <- h.push("/api/v2/write", "m f=1", east...) }()
	<-h.store.entered
	select {
	case a := <-done:
		t.Fatal("answered before the sink had it:", a)
	case <-time.After(50 * time.Millisecond):
	}
	close(h.store.open)
	h.is(<-done, 204, "east", "telegraf m.f 12:00:01.5 0s 1")
}

// One device that floods is sent away, others are served.
func TestFlood(t *testing.T) {
	h := newHouse(t, Limits{Concurrent: 5, PerDevice: 4})
	h.store.open, h.store.entered = make(chan struct{}), make(chan struct{}, 100)
	done := make(chan answer, 100)
	for range 4 {
		go func() { done <- h.push("/api/v2/write", "m f=1", east...) }()
		<-h.store.entered
	}
	for range 20 {
		if a := h.push("/api/v2/write", "m f=1", east...); a.status != 503 || a.header.Get("Retry-After") == "" {
			t.Fatal(a)
		}
	}
	go func() { done <- h.push("/api/v2/write", "m f=1", west...) }()
	<-h.store.entered
	if a := h.push("/api/v2/write", "m f=1", some...); a.status != 503 { // no place is left altogether
		t.Fatal(a)
	}
	close(h.store.open)
	for range 5 {
		if a := <-done; a.status != 204 {
			t.Error(a)
		}
	}
	h.store.open = nil
	h.is(h.push("/api/v2/write", "m f=2", some...), 204, "west", "box m.f 12:00:01.5 0s 1", "some m.f 12:00:01.5 0s 2")
}

// A sender that stops in the middle of a body is ended, while others are served.
func TestSlowSender(t *testing.T) {
	h := newHouse(t, Limits{Read: 100 * time.Millisecond})
	slow, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	fmt.Fprintf(slow, "POST /api/v2/write HTTP/1.1\r\nHost: x\r\nAuthorization: Token secret-east\r\nContent-Length: 1000\r\n\r\nm f=1\nm")
	h.is(h.push("/api/v2/write", "m f=2", west...), 204, "west", "box m.f 12:00:01.5 0s 2")
	_ = slow.SetReadDeadline(time.Now().Add(5 * time.Second))
	text, err := io.ReadAll(slow)
	if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 408") {
		t.Errorf("%q %v", text, err)
	}
	h.is(answer{}, 0, "east")
}

// A sink that takes longer than the body's deadline is not cut off by it.
func TestDeadlineOfTheBodyEndsWithIt(t *testing.T) {
	h := newHouse(t, Limits{Read: 50 * time.Millisecond})
	h.store.open, h.store.entered = make(chan struct{}), make(chan struct{}, 1)
	time.AfterFunc(200*time.Millisecond, func() { close(h.store.open) })
	h.is(h.push("/api/v2/write", "m f=1", east...), 204, "east", "telegraf m.f 12:00:01.5 0s 1")
}

// Many senders of all forms at once: every sample of an acknowledged request is there.
func TestManySenders(t *testing.T) {
	h := newHouse(t, Limits{Batch: 16})
	const senders, rounds = 8, 25
	var group sync.WaitGroup
	for i := range senders {
		group.Go(func() {
			for n := range rounds {
				var lines strings.Builder
				for k := range 20 {
					fmt.Fprintf(&lines, "m%d,k=%d a=%d,b=%d\n", i, k, n, k)
				}
				for _, a := range []answer{
					h.push("/api/v2/write", lines.String(), east...),
					h.push("/api/v1/secret-east/telemetry", fmt.Sprintf(`{"tb%d":%d}`, i, n)),
					h.push("/api/v1/samples", fmt.Sprintf(`{"samples":[{"name":"own%d","value":%d}]}`, i, n), east...),
				} {
					if a.status/100 != 2 {
						t.Error(a)
					}
				}
				if n == rounds/2 {
					h.list.set(h.list.List("http")...)
				}
			}
		})
	}
	group.Wait()
	got := map[string]int{}
	for _, line := range h.store.take("east") {
		got[strings.Fields(line)[1]]++
	}
	if len(got) != senders*(20*2+2) {
		t.Errorf("%d names", len(got))
	}
	for name, n := range got {
		if n != rounds {
			t.Errorf("%s: %d samples, want %d", name, n, rounds)
		}
	}
}

func TestNeedsSinkAndDevices(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a door without a sink")
	}
}

// receiptOf reads the receipt in an answer of the own forms.
func receiptOf(t testing.TB, a answer) connector.Receipt {
	t.Helper()
	var r connector.Receipt
	if err := json.Unmarshal([]byte(a.body), &r); err != nil {
		t.Fatal(err, a.body)
	}
	return r
}
