package mqtt

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"lingtan/connector"
)

// reportEvery is how often a device that only sends is reported.
const reportEvery = 10 * time.Second

// roster is the device list as the door uses it, with how each device does.
type roster struct {
	env    connector.Environment
	counts *counts

	mu            sync.Mutex
	byToken       map[string][]connector.Device
	byCertificate map[string][]connector.Device // by its SHA-256, which is never compared with what a password hashes to: certificates are public
	byPlace       map[place]connector.Device
	doing         map[place]*doing
}

// place is a device of a park.
type place struct{ park, device string }

func placeOf(d connector.Device) place { return place{d.Park, d.ID} }

// doing is how a device does since its last report.
type doing struct {
	newest  time.Time
	samples int64
	changed bool
	ok      bool
	fault   string
}

func newRoster(env connector.Environment, c *counts) *roster {
	return &roster{env: env, counts: c, byPlace: map[place]connector.Device{}, doing: map[place]*doing{}}
}

func (r *roster) load(list []connector.Device) {
	tokens, certificates := map[string][]connector.Device{}, map[string][]connector.Device{}
	places := make(map[place]connector.Device, len(list))
	for _, d := range list {
		if d.Disabled {
			continue
		}
		places[placeOf(d)] = d
		if d.Token != "" && d.Address == "" {
			token := strings.ToLower(d.Token)
			tokens[token] = append(tokens[token], d)
		}
		if print := fingerprint(d); print != "" && d.Address == "" {
			certificates[print] = append(certificates[print], d)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byToken, r.byCertificate, r.byPlace = tokens, certificates, places
	for p := range r.doing {
		if _, ok := places[p]; !ok {
			delete(r.doing, p)
		}
	}
}

// remote are the devices at other brokers.
func (r *roster) remote() map[place]connector.Device {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := map[place]connector.Device{}
	for p, d := range r.byPlace {
		if d.Address != "" {
			m[p] = d
		}
	}
	return m
}

// identify finds the device of a connection: the user name is the device's token, as with
// ThingsBoard, or it is the device's id, or park/id, and the password the token; or the
// device showed the certificate (shown) that its option certificate tells, and its user
// name is empty, its id or park/id. Only digests are compared, so that the time taken
// tells nothing of a token.
func (r *roster) identify(user, password, shown string) (connector.Device, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	owners := r.byCertificate[shown]
	if shown != "" && user == "" && len(owners) == 1 {
		return owners[0], true
	}
	if shown == "" {
		owners = nil
	}
	if password != "" {
		owners = append(owners[:len(owners):len(owners)], r.byToken[digest(password)]...)
	}
	for _, d := range owners {
		if user == d.ID || user == d.Park+"/"+d.ID {
			return d, true
		}
	}
	if owners := r.byToken[digest(user)]; user != "" && len(owners) == 1 {
		return owners[0], true // a token of two devices tells neither
	}
	return connector.Device{}, false
}

// fingerprint is a device's option certificate, the SHA-256 of its certificate, without
// the colons that openssl writes.
func fingerprint(d connector.Device) string {
	return strings.ToLower(strings.ReplaceAll(d.Options["certificate"], ":", ""))
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// current says whether a device still is in the list with the same credential.
func (r *roster) current(d connector.Device) (connector.Device, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, ok := r.byPlace[placeOf(d)]
	return now, ok && strings.EqualFold(now.Token, d.Token) && fingerprint(now) == fingerprint(d) && now.Address == ""
}

// stored notes samples of a device that are durable; newest is zero where none told a time.
func (r *roster) stored(p place, samples int, newest time.Time) {
	r.note(p, func(d *doing) {
		d.samples += int64(samples)
		d.ok, d.fault = true, ""
		if newest.IsZero() {
			newest = r.env.Now()
		}
		if newest.After(d.newest) {
			d.newest = newest
		}
	})
}

// is notes how a device does and reports it at once.
func (r *roster) is(p place, ok bool, fault string) {
	r.note(p, func(d *doing) { d.ok, d.fault = ok, fault })
	r.report(p)
}

// fault notes what is wrong with a device, to be reported with the next round.
func (r *roster) fault(p place, fault string) {
	r.note(p, func(d *doing) { d.ok, d.fault = false, fault })
}

func (r *roster) note(p place, f func(*doing)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.doing[p]
	if d == nil {
		d = &doing{}
		r.doing[p] = d
	}
	f(d)
	d.changed = true
}

func (r *roster) report(p place) {
	r.mu.Lock()
	d := r.doing[p]
	if d == nil || !d.changed {
		r.mu.Unlock()
		return
	}
	d.changed = false
	now := r.env.Now()
	s := connector.Status{Park: p.park, Device: p.device, At: now, OK: d.ok, Error: d.fault, Samples: d.samples}
	if !d.newest.IsZero() {
		s.Lag = now.Sub(d.newest)
	}
	r.mu.Unlock()
	r.env.Report(s)
}

// reportUntil reports what changed, every reportEvery and once at the end.
func (r *roster) reportUntil(ctx context.Context) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		r.mu.Lock()
		var list []place
		for p, d := range r.doing {
			if d.changed {
				list = append(list, p)
			}
		}
		r.mu.Unlock()
		for _, p := range list {
			r.report(p)
		}
	}
}
