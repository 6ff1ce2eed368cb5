// Package mqtt lets devices push samples over MQTT 3.1.1 and 5 into a broker of
// Lingtan's own, and fetches what they publish at somebody else's broker.
package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"lingtan/connector"
)

// Protocol is the word of the device list.
const Protocol = "mqtt"

// Options are the settings of the door. Without an address to listen at, the door only
// fetches from other brokers.
type Options struct {
	Listen         string        // plain TCP, "host:port"; empty = none
	ListenTLS      string        // TLS 1.2 or 1.3, "host:port"; empty = none; needs Certificate and Key
	Certificate    string        // PEM file of the broker's certificate with its chain; read again when it changes
	Key            string        // PEM file of its private key; read again when it changes
	MaxConnections int           // at once over both listeners; 0 = 20,000
	MaxPacket      int           // bytes of a packet; 0 = 262,144
	Window         int           // messages of one connection that wait for admission; 0 = 1,024, at most 65,535
	AdmitTimeout   time.Duration // how long a message may wait for admission until its sender is cut off; 0 = 30 s
}

func (o Options) withDefaults() Options {
	set := func(v *int, otherwise int) {
		if *v <= 0 {
			*v = otherwise
		}
	}
	set(&o.MaxConnections, 20_000)
	set(&o.MaxPacket, 256<<10)
	set(&o.Window, 1024)
	o.Window = min(o.Window, 65_535)
	if o.AdmitTimeout <= 0 {
		o.AdmitTimeout = 30 * time.Second
	}
	return o
}

// Driver is the MQTT door.
type Driver struct {
	options Options
	counts  counts

	mu        sync.Mutex
	addresses []string
}

var (
	_ connector.Driver  = (*Driver)(nil)
	_ connector.Counter = (*Driver)(nil)
)

// New makes the door; Run opens it.
func New(o Options) *Driver { return &Driver{options: o.withDefaults()} }

// Protocol is the word of the device list.
func (d *Driver) Protocol() string { return Protocol }

// Addresses are where the broker listens, plain before TLS; none before Run and without a broker.
func (d *Driver) Addresses() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.addresses...)
}

// Counts are what the door has seen since it was made, by the names in the README
// ("messages", "samples", "refused_payload", …).
func (d *Driver) Counts() map[string]int64 { return d.counts.all() }

// Run serves the broker and the clients of other brokers until ctx ends. It fails when
// an address cannot be listened at.
func (d *Driver) Run(ctx context.Context, env connector.Environment) error {
	listeners, err := d.listen(env.Log)
	if err != nil {
		return err
	}
	r := newRoster(env, &d.counts)
	admit := newAdmission(env.Sink, d.options, &d.counts)
	var served sync.WaitGroup
	served.Go(func() { r.reportUntil(ctx) })
	f := newFetcher(env, r, admit, &d.counts)
	var b *broker
	if len(listeners) > 0 {
		if b, err = startBroker(d, env, r, admit, listeners); err != nil {
			admit.stop()
			return err
		}
	}
	for ctx.Err() == nil {
		changed := env.Devices.Changed() // before the list, so that no change between is missed
		r.load(env.Devices.List(Protocol))
		f.follow(r.remote())
		if b != nil {
			b.dropStrangers()
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	admit.stop() // first: it wakes who waits for admission, and nothing is acknowledged after
	f.close()
	if b != nil {
		b.close()
	}
	served.Wait()
	return nil
}

// listen opens the addresses of the options.
func (d *Driver) listen(log *slog.Logger) ([]net.Listener, error) {
	var list []net.Listener
	open := func(address string, config *tls.Config) error {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("mqtt: cannot listen at %s: %w; is the port in use by another broker? choose another address or stop it", address, err)
		}
		list = append(list, newGate(l, config, d.options.MaxConnections, &d.counts))
		return nil
	}
	var errs []error
	if d.options.Listen != "" {
		errs = append(errs, open(d.options.Listen, nil))
	}
	if d.options.ListenTLS != "" {
		c, err := openCertificate(d.options.Certificate, d.options.Key, log)
		if err == nil {
			err = open(d.options.ListenTLS, c.config())
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		for _, l := range list {
			l.Close()
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
