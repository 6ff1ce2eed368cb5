package mqtt

import (
	"context"
	"fmt"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"lingtan/connector"
)

var _ connector.Reader = (*Driver)(nil)

const (
	readWithin = 30 * time.Second // until a first message
	readMore   = 2 * time.Second  // after it, for others
)

// Read shows what a device at another broker publishes: the newest of each value, of the
// messages that come within 2 s of the first. It acknowledges nothing away from the
// door's own session, and asks Sparkplug nodes for nothing. A device that pushes to the
// broker here has nothing to be read (ErrRefused).
func (d *Driver) Read(ctx context.Context, device connector.Device) ([]connector.Sample, error) {
	if device.Address == "" {
		return nil, fmt.Errorf("mqtt: device %s: %w: it pushes by itself; see its status and the unmapped values", device.ID, connector.ErrRefused)
	}
	s, err := parseSource(device)
	if err != nil {
		return nil, err
	}
	o, err := s.options()
	if err != nil {
		return nil, err
	}
	s.rebirth = false
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	var seen counts
	look := &glance{fetch: &fetch{source: s, nodes: map[string]*node{}, fetcher: &fetcher{
		counts: &seen, roster: newRoster(connector.Environment{}, &seen), env: connector.Environment{Now: time.Now}}},
		newest: map[valueOf]connector.Sample{}, first: make(chan struct{}, 1)}
	o.SetClientID(fmt.Sprint("lingtan-read-", time.Now().UnixNano())).SetCleanSession(true)
	o.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { look.message(m) })
	look.client = paho.NewClient(o)
	defer look.client.Disconnect(250)
	if err := wait(ctx, look.client.Connect(), connectTime); err != nil {
		return nil, fmt.Errorf("%w: %s: %v; check the address, the credentials and the certificate", connector.ErrUnreachable, device.Address, err)
	}
	if err := look.subscribe(ctx); err != nil {
		return nil, err
	}
	select {
	case <-look.first:
	case <-ctx.Done():
		return nil, fmt.Errorf("mqtt: device %s: %w: nothing came on %v in time; check the topics", device.ID, connector.ErrUnreachable, s.topics)
	}
	select {
	case <-time.After(readMore):
	case <-ctx.Done():
	}
	return look.result()
}

// glance collects the newest of each value.
type glance struct {
	*fetch
	first chan struct{}

	mu     sync.Mutex
	newest map[valueOf]connector.Sample
	order  []valueOf
	err    error
}

func (g *glance) message(m paho.Message) {
	t, err := g.read(m.Topic(), m.Payload())
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		g.err = err
	}
	for _, s := range t.samples {
		of := valueOf{s.Device, s.Name}
		_, known := g.newest[of]
		if !known && len(g.order) >= maxMessageValues {
			continue
		}
		if !known {
			g.order = append(g.order, of)
		}
		g.newest[of] = s
	}
	if err == nil && len(t.samples) == 0 {
		return // a state or a text: go on waiting
	}
	select {
	case g.first <- struct{}{}:
	default:
	}
}

func (g *glance) result() ([]connector.Sample, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var list []connector.Sample
	for _, of := range g.order {
		list = append(list, g.newest[of])
	}
	if len(list) == 0 && g.err != nil {
		return nil, fmt.Errorf("%w: %w", connector.ErrProtocol, g.err)
	}
	return list, nil
}
