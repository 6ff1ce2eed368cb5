package gatewaydoor

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"lingtan/connector"
	"lingtan/gateway/frame"
)

const (
	maxChain = 8 // gateways behind gateways
	maxKind  = 100
)

// handler answers the gateways of one Run.
type handler struct {
	driver *Driver
	env    connector.Environment

	mu      sync.Mutex
	pins    map[frame.Identity]string // of the listed gateways, as of changed
	changed <-chan struct{}
}

// pin is the fingerprint that the list has for a gateway.
func (h *handler) pin(id frame.Identity) (fingerprint string, listed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.changed:
		h.pins = nil
	default:
	}
	if h.pins == nil {
		h.changed = h.env.Devices.Changed() // asked before the list, so that no change is missed
		h.pins = map[frame.Identity]string{}
		for _, d := range h.env.Devices.List(Protocol) {
			h.pins[frame.Identity{Park: d.Park, Gateway: d.ID}] = d.Token
		}
	}
	fingerprint, listed = h.pins[id]
	return fingerprint, listed
}

func (h *handler) routes() http.Handler {
	mux := http.NewServeMux()
	for path, answer := range map[string]func(http.ResponseWriter, *http.Request, frame.Identity) error{
		"POST " + frame.PathBatch: h.batch, "POST " + frame.PathDocument: h.document, "POST " + frame.PathHeartbeat: h.heartbeat,
		"POST " + frame.PathClock: h.clock, "GET " + frame.PathDevices: h.devices,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			id, err := h.identify(r)
			if err == nil {
				h.driver.session(id).note(h.env.Now())
				err = answer(w, r, id)
			}
			if err != nil {
				h.refuse(w, err)
			}
		})
	}
	return mux
}

// identify says which listed gateway speaks: its certificate is of our authority, of
// now, and the one that the list pins. It is asked with every request, so that a change
// of the list counts at once.
func (h *handler) identify(r *http.Request) (frame.Identity, error) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return frame.Identity{}, fmt.Errorf("%w: no certificate", connector.ErrRefused)
	}
	c := r.TLS.PeerCertificates[0]
	id, err := frame.IdentityOf(c.URIs)
	if err == nil {
		err = h.pinned(id, fingerprintOf(c.Raw))
	}
	if err == nil && h.env.Now().After(c.NotAfter) {
		err = fmt.Errorf("the certificate ended at %s; enrol the gateway again", c.NotAfter.Format(time.RFC3339))
	}
	if err != nil {
		h.driver.count("refused_certificates", 1)
		return id, fmt.Errorf("%w: %w", connector.ErrRefused, err)
	}
	return id, nil
}

func (h *handler) pinned(id frame.Identity, fingerprint string) error {
	pin, listed := h.pin(id)
	if !listed {
		return fmt.Errorf("gateway %s of park %s is not in the device list, or disabled", id.Gateway, id.Park)
	}
	if subtle.ConstantTimeCompare([]byte(pin), []byte(fingerprint)) != 1 {
		return fmt.Errorf("the list pins another certificate for gateway %s of park %s; enrol it again", id.Gateway, id.Park)
	}
	return nil
}

// errMalformed marks what a gateway sent against its format.
var errMalformed = errors.New("gatewaydoor: malformed")

// refuse answers with what is wrong, for the gateway's log.
func (h *handler) refuse(w http.ResponseWriter, err error) {
	status := http.StatusServiceUnavailable // the store's trouble, or too much at once: send again
	switch {
	case errors.Is(err, errMalformed), errors.Is(err, frame.ErrFormat), errors.Is(err, frame.ErrLimit):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, connector.ErrRefused):
		status = http.StatusForbidden
	default:
		h.driver.count("busy", 1)
		w.Header().Set("Retry-After", "5")
	}
	http.Error(w, err.Error(), status)
}

func answer(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

// body reads up to limit bytes, when there is room for them and what they become.
func (h *handler) body(w http.ResponseWriter, r *http.Request, limit int64) (data []byte, done func(), err error) {
	size := limit
	if r.ContentLength >= 0 {
		size = min(size, max(r.ContentLength, 64<<10))
	}
	size *= unpacks
	if err := h.driver.bodies.Acquire(r.Context(), size); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", connector.ErrBusy, err)
	}
	data, err = io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		h.driver.bodies.Release(size)
		return nil, nil, fmt.Errorf("%w: the body: %w", errMalformed, err)
	}
	return data, func() { h.driver.bodies.Release(size) }, nil
}

// batch admits samples; its number is acknowledged when they are durable.
func (h *handler) batch(w http.ResponseWriter, r *http.Request, id frame.Identity) error {
	data, done, err := h.body(w, r, frame.MaxBatch)
	if err != nil {
		return err
	}
	defer done()
	b, err := frame.ParseBatch(data)
	if err != nil {
		h.driver.count("refused_batches", 1)
		return err
	}
	s := h.driver.session(id)
	s.taking.Lock()
	defer s.taking.Unlock()
	known, missing := s.knows(b)
	if known {
		h.driver.count("repeats", 1)
		return answer(w, frame.Answer{Acknowledged: b.Last})
	}
	h.attribute(id, b.Samples)
	ctx, cancel := context.WithTimeout(r.Context(), admitTime)
	defer cancel()
	receipt, err := h.env.Sink.Admit(ctx, id.Park, b.Samples)
	if err != nil {
		return err
	}
	s.admitted(b)
	for what, n := range map[string]int64{"batches": 1, "samples": int64(len(b.Samples)), "bytes": int64(len(data)), "gaps": missing, "refused_samples": int64(receipt.Refused)} {
		h.driver.count(what, n)
	}
	return answer(w, frame.Answer{Acknowledged: b.Last, Refused: receipt.Refused})
}

// attribute says of each sample who handed it on. A gateway speaks for devices of the
// list that have it as their gateway; a device among them that is a gateway itself, such
// as an MQTT one, speaks for those that have it as theirs.
func (h *handler) attribute(id frame.Identity, samples []connector.Sample) {
	var of map[string]string
	behind := map[string]bool{}
	for i := range samples {
		x := &samples[i]
		if x.Via == "" || x.Via == x.Device || x.Via == id.Gateway {
			x.Via = id.Gateway
			continue
		}
		ok, known := behind[x.Via]
		if !known {
			if of == nil {
				of = gatewaysOf(h.driver.o.List(id.Park))
			}
			ok = isBehind(of, x.Via, id.Gateway)
			behind[x.Via] = ok
		}
		if !ok {
			x.Device, x.Via = x.Via+"/"+x.Device, id.Gateway
		}
	}
}

// gatewaysOf is the gateway of each device that has one.
func gatewaysOf(list []connector.Device) map[string]string {
	of := map[string]string{}
	for i := range list {
		if list[i].Gateway != "" {
			of[list[i].ID] = list[i].Gateway
		}
	}
	return of
}

// isBehind says whether a device is behind a gateway, directly or by others.
func isBehind(of map[string]string, device, gateway string) bool {
	for range maxChain {
		if device = of[device]; device == gateway || device == "" {
			return device == gateway
		}
	}
	return false
}

func (h *handler) document(w http.ResponseWriter, r *http.Request, id frame.Identity) error {
	kind, err := url.QueryUnescape(r.Header.Get(frame.HeaderKind))
	if err != nil || kind == "" || len(kind) > maxKind {
		return fmt.Errorf("%w: header %s must name the kind, in 1 to %d bytes", errMalformed, frame.HeaderKind, maxKind)
	}
	data, done, err := h.body(w, r, frame.MaxDocument)
	if err != nil {
		return err
	}
	defer done()
	if h.driver.o.Accept == nil {
		return fmt.Errorf("%w: this server takes no documents", connector.ErrRefused)
	}
	if err := h.driver.o.Accept.Accept(r.Context(), id.Park, id.Gateway, kind, data); err != nil {
		h.driver.count("refused_documents", 1)
		return err
	}
	h.driver.count("documents", 1)
	return answer(w, struct{}{})
}

func (h *handler) heartbeat(w http.ResponseWriter, r *http.Request, id frame.Identity) error {
	var b frame.Heartbeat
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, frame.MaxMessage)).Decode(&b); err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	h.driver.count("heartbeats", 1)
	h.relay(id, b.Devices)
	b.Devices = nil
	s, now := h.driver.session(id), h.env.Now()
	s.mu.Lock()
	s.beat = b
	s.beats++
	s.mu.Unlock()
	h.env.Report(s.status(id, now, now))
	return answer(w, struct{}{})
}

// relay reports the devices behind a gateway as it sees them.
func (h *handler) relay(id frame.Identity, statuses []connector.Status) {
	if len(statuses) == 0 {
		return
	}
	of := gatewaysOf(h.driver.o.List(id.Park))
	for _, st := range statuses {
		if !isBehind(of, st.Device, id.Gateway) {
			continue // not given to this gateway
		}
		st.Park = id.Park
		h.env.Report(st)
	}
}

// clock answers with the time; t2 is taken before the question is read.
func (h *handler) clock(w http.ResponseWriter, r *http.Request, _ frame.Identity) error {
	t2 := h.env.Now().UnixNano()
	var q frame.ClockAnswer
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&q); err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	return answer(w, frame.ClockAnswer{T1: q.T1, T2: t2, T3: h.env.Now().UnixNano()})
}

// devices gives the list of the devices behind the gateway. When it has this list, the
// answer waits for another one.
func (h *handler) devices(w http.ResponseWriter, r *http.Request, id frame.Identity) error {
	end := time.NewTimer(frame.LongPoll)
	defer end.Stop()
	for {
		changed := h.env.Devices.Changed() // asked before the list, so that no change is missed
		if _, err := h.identify(r); err != nil {
			return err
		}
		data, err := h.listFor(id)
		if err != nil {
			return err
		}
		tag := `"` + fingerprintOf(data) + `"`
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") != tag {
			w.Header().Set("Content-Type", "application/yaml")
			_, err := w.Write(data)
			return err
		}
		select {
		case <-changed:
		case <-end.C:
			w.WriteHeader(http.StatusNotModified)
			return nil
		case <-r.Context().Done():
			return r.Context().Err()
		}
	}
}

// listFor is the device list of the devices behind a gateway. What only the server needs
// is left out: registers, and what may be set.
func (h *handler) listFor(id frame.Identity) ([]byte, error) {
	list := struct {
		Format  string             `yaml:"format"`
		Devices []connector.Device `yaml:"devices"`
	}{Format: "lingtan.devices/v1", Devices: []connector.Device{}}
	all := h.driver.o.List(id.Park)
	of := gatewaysOf(all)
	for _, d := range all {
		if !isBehind(of, d.ID, id.Gateway) {
			continue
		}
		if d.Map, d.Write = nil, nil; d.Gateway == id.Gateway {
			d.Gateway = ""
		}
		list.Devices = append(list.Devices, d)
	}
	data, err := yaml.Marshal(list)
	if err == nil && len(data) > frame.MaxList {
		err = fmt.Errorf("%w: the list of gateway %s has %d bytes, at most %d", errMalformed, id.Gateway, len(data), frame.MaxList)
	}
	return data, err
}
