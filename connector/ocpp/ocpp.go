// Package ocpp is the central system of EV chargers: charge points of OCPP 1.6J and 2.0.1
// connect to it, and their meter values, states and charging sessions become samples.
package ocpp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"lingtan/connector"
)

// Protocol is the word of the device list.
const Protocol = "ocpp"

// Options are the settings of the door.
type Options struct {
	Listen         string        // plain WebSocket, "host:port"; empty = none
	ListenTLS      string        // WebSocket over TLS, "host:port"; empty = none; needs TLS
	TLS            *tls.Config   // certificate of the central system, and client CAs where chargers have certificates
	MaxConnections int           // at once over both listeners; 0 = 10,000
	MaxMessage     int           // bytes of a message; 0 = 131,072
	AdmitTimeout   time.Duration // how long a message may wait for admission until its sender is told to send again; 0 = 20 s
}

func (o Options) withDefaults() Options {
	if o.MaxConnections <= 0 {
		o.MaxConnections = 10_000
	}
	if o.MaxMessage <= 0 {
		o.MaxMessage = 128 << 10
	}
	if o.AdmitTimeout <= 0 {
		o.AdmitTimeout = 20 * time.Second
	}
	return o
}

// limits are times and rates of a connection; tests make them short.
type limits struct {
	ping  time.Duration // between our pings
	idle  time.Duration // without a byte from the charger, pongs too
	write time.Duration // for a charger that reads slowly
	call  time.Duration // for the answer to a request of ours
	rate  float64       // messages a second that a charger may send for long
	burst float64       // messages that it may send at once
	bad   int           // frames in a row that are no OCPP until it is cut off
}

// Driver is the OCPP door. One Run at a time.
type Driver struct {
	options Options
	limits  limits
	counts  counts

	mu        sync.Mutex
	addresses []string
	door      *door // while Run runs
}

var (
	_ connector.Driver  = (*Driver)(nil)
	_ connector.Reader  = (*Driver)(nil)
	_ connector.Writer  = (*Driver)(nil)
	_ connector.Counter = (*Driver)(nil)
)

// New makes the door; Run opens it.
func New(o Options) *Driver {
	return &Driver{options: o.withDefaults(), limits: limits{
		ping: time.Minute, idle: 3 * time.Minute, write: 10 * time.Second, call: 30 * time.Second,
		rate: 10, burst: 200, bad: 20,
	}}
}

// Protocol is the word of the device list.
func (d *Driver) Protocol() string { return Protocol }

// Addresses are where the door listens, plain before TLS; none before Run.
func (d *Driver) Addresses() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.addresses...)
}

// Counts are what the door has seen since it was made, by the names in the README.
func (d *Driver) Counts() map[string]int64 { return d.counts.all() }

// Sessions are the charging sessions of a charger that are kept, the newest first: at
// most 500. None when the door does not run or the charger never charged.
func (d *Driver) Sessions(park, device string) []Session {
	door, err := d.running()
	if err != nil {
		return nil
	}
	return door.journal.of(place{park, device})
}

func (d *Driver) running() (*door, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.door == nil {
		return nil, fmt.Errorf("ocpp: %w: chargers connect to the process that listens for them, and this one does not; ask the running server", connector.ErrUnreachable)
	}
	return d.door, nil
}

// Run serves the chargers until ctx ends. It fails when an address cannot be listened
// at, or what it must remember cannot be read.
func (d *Driver) Run(ctx context.Context, env connector.Environment) error {
	j, err := openJournal(env.Dir)
	if err != nil {
		return err
	}
	defer j.close()
	listeners, err := d.listen()
	if err != nil {
		return err
	}
	o := newDoor(ctx, d, env, j)
	o.refresh() // before the first connection
	d.set(o)
	defer d.set(nil)
	o.serve(listeners)
	again := time.NewTicker(30 * time.Second) // for files of tags that changed
	defer again.Stop()
	for ctx.Err() == nil {
		changed := env.Devices.Changed() // before the list, so that no change between is missed
		o.refresh()
		select {
		case <-changed:
		case <-again.C:
		case <-ctx.Done():
		}
	}
	o.close()
	return nil
}

func (d *Driver) set(o *door) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.door = o
}

// listen opens the addresses of the options.
func (d *Driver) listen() ([]net.Listener, error) {
	if d.options.ListenTLS != "" && d.options.TLS == nil {
		return nil, fmt.Errorf("ocpp: %w: a TLS address without a certificate; give one or leave the address out", connector.ErrConfig)
	}
	var list []net.Listener
	var errs []error
	gate := &gate{limit: d.options.MaxConnections, counts: &d.counts}
	open := func(address string, config *tls.Config) {
		if address == "" {
			return
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			errs = append(errs, fmt.Errorf("ocpp: cannot listen at %s: %w; is the port in use? choose another address or stop who uses it", address, err))
			return
		}
		l = &limited{Listener: l, gate: gate}
		if config != nil {
			config = config.Clone()
			config.NextProtos = []string{"http/1.1"} // a WebSocket begins with HTTP/1.1
			l = tls.NewListener(l, config)
		}
		list = append(list, l)
	}
	open(d.options.Listen, nil)
	open(d.options.ListenTLS, d.options.TLS)
	if err := errors.Join(errs...); err != nil {
		for _, l := range list {
			_ = l.Close()
		}
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.addresses = nil
	for _, l := range list {
		d.addresses = append(d.addresses, l.Addr().String())
	}
	return list, nil
}
