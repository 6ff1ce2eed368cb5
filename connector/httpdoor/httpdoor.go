// Package httpdoor takes measurements that devices and existing tools push over HTTP:
// InfluxDB line protocol, ThingsBoard telemetry, Prometheus remote write, OTLP metrics
// and Lingtan's own JSON and CSV.
//
// A sender is known by the credential of a device of the list. It is answered with
// success only when the sink has its samples durably.
package httpdoor

import (
	"cmp"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"lingtan/connector"
)

// Protocol is the word of the device list for devices that push over HTTP.
const Protocol = "http"

// Options is what a door is made of.
type Options struct {
	Sink    connector.Sink
	Devices connector.Devices
	Log     *slog.Logger     // nil: slog.Default
	Now     func() time.Time // stamps samples that come without a time; nil: time.Now
	Limits  Limits           // zero values stand for the defaults

	// Report is told how a device does after each of its requests; it must be quick and
	// safe for concurrent use. nil: nobody is told.
	Report func(connector.Status)
}

// Limits bound what senders may take of the machine.
type Limits struct {
	Body       int64         // bytes of a body once unpacked; 25 MiB
	Memory     int64         // bytes of all bodies under way; 256 MiB
	Concurrent int           // requests under way; 64
	PerDevice  int           // of them from one device; 16
	Batch      int           // samples handed to the sink at once; 32,768
	Read       time.Duration // in which a body must have come; 30 s
	Admit      time.Duration // in which the sink must have a batch; 10 s
}

func (l Limits) filled() Limits {
	return Limits{
		Body: cmp.Or(l.Body, 25<<20), Memory: cmp.Or(l.Memory, 256<<20),
		Concurrent: cmp.Or(l.Concurrent, 64), PerDevice: cmp.Or(l.PerDevice, 16), Batch: cmp.Or(l.Batch, 32_768),
		Read: cmp.Or(l.Read, 30*time.Second), Admit: cmp.Or(l.Admit, 10*time.Second),
	}
}

// Door serves the forms. It is safe for concurrent use.
type Door struct {
	Options
	slots   chan struct{} // one is taken by each request under way
	memory  atomic.Int64  // bytes of bodies under way
	list    atomic.Pointer[directory]
	listing sync.Mutex // of making a new directory
	caches  shelf
	batches sync.Pool // *[]connector.Sample
	forms   map[string]*tally
}

// New makes a door. It holds no goroutine and no file; there is nothing to close.
func New(options Options) (*Door, error) {
	if options.Sink == nil || options.Devices == nil {
		return nil, errors.New("httpdoor: a sink and a device list are needed")
	}
	options.Limits = options.Limits.filled()
	if options.Log == nil {
		options.Log = slog.Default()
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Report == nil {
		options.Report = func(connector.Status) {}
	}
	d := &Door{Options: options, slots: make(chan struct{}, options.Limits.Concurrent), forms: map[string]*tally{}}
	for _, form := range []string{"influx", "thingsboard", "remotewrite", "otlp", "json", "csv"} {
		d.forms[form] = &tally{}
	}
	d.directory()
	return d, nil
}

// Routes are the door's handlers by their patterns of http.ServeMux.
func (d *Door) Routes() map[string]http.Handler {
	return map[string]http.Handler{
		"POST /api/v2/write":             d.form("influx", (*call).influx, answerError),
		"GET /ping":                      http.HandlerFunc(ping),
		"GET /health":                    http.HandlerFunc(health),
		"POST /api/v1/{token}/telemetry": d.form("thingsboard", (*call).thingsboard, answerError),
		"POST /api/v1/prom/write":        d.form("remotewrite", (*call).remoteWrite, answerError),
		"POST /v1/metrics":               d.form("otlp", (*call).otlp, answerStatus),
		"POST /api/v1/samples":           d.form("json", (*call).json, answerError),
		"POST /api/v1/samples.csv":       d.form("csv", (*call).csv, answerError),
	}
}

// Handler serves the door's routes, and hands every other request to next. It keeps
// the path of ThingsBoard, which has a credential in it, out of next and its log.
func (d *Door) Handler(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	for pattern, handler := range d.Routes() {
		mux.Handle(pattern, handler)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ping answers as InfluxDB does to who asks whether it is there.
func ping(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Influxdb-Build", "Lingtan")
	w.WriteHeader(http.StatusNoContent)
}

// health answers clients of InfluxDB 2, which ask before they write.
func health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"name": "lingtan", "message": "ready for writes", "status": "pass", "checks": []string{},
	})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	text, err := json.Marshal(value)
	if err != nil { // only values of this package are written, and none of them fails
		status, text = http.StatusInternalServerError, []byte(`{"code":"internal error"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(text) // a caller that went away is no failure
}
