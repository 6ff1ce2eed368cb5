package mqtt

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"lingtan/connector"
)

const (
	firstPause        = time.Second
	longPause         = 2 * time.Minute
	connectTime       = 15 * time.Second
	subscribeAttempts = 5
	ackQueue          = 8192 // acknowledgements that wait for the other broker
	maxFetched        = 4096 // Sparkplug nodes of one other broker
)

// fetcher keeps one client for each device at another broker.
type fetcher struct {
	env     connector.Environment
	roster  *roster
	admit   *admission
	counts  *counts
	running map[place]running
}

type running struct {
	device connector.Device
	cancel context.CancelFunc
	done   chan struct{}
}

func newFetcher(env connector.Environment, r *roster, a *admission, c *counts) *fetcher {
	return &fetcher{env: env, roster: r, admit: a, counts: c, running: map[place]running{}}
}

// follow starts, ends and restarts clients so that they fit the list.
func (f *fetcher) follow(list map[place]connector.Device) {
	for p, r := range maps.Clone(f.running) {
		if now, ok := list[p]; !ok || !reflect.DeepEqual(now, r.device) {
			r.cancel()
			<-r.done
			delete(f.running, p)
		}
	}
	for p, d := range list {
		if _, ok := f.running[p]; ok {
			continue
		}
		ctx, cancel := context.WithCancel(context.Background())
		r := running{d, cancel, make(chan struct{})}
		f.running[p] = r
		go func() {
			defer close(r.done)
			f.serve(ctx, d)
		}()
	}
}

func (f *fetcher) close() {
	for _, r := range f.running {
		r.cancel()
	}
	for _, r := range f.running {
		<-r.done
	}
}

// serve connects again and again, with a pause that grows while nothing comes.
func (f *fetcher) serve(ctx context.Context, d connector.Device) {
	s, err := parseSource(d)
	if err != nil {
		f.roster.is(placeOf(d), false, err.Error())
		return // the next change of the list tries again
	}
	pause := firstPause
	for ctx.Err() == nil {
		began := time.Now()
		err := f.once(ctx, s)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > longPause {
			pause = firstPause
		}
		f.roster.is(placeOf(d), false, err.Error())
		f.env.Log.Warn("mqtt: other broker", "park", d.Park, "device", d.ID, "error", err, "again", pause)
		select {
		case <-time.After(pause + rand.N(pause/2)):
		case <-ctx.Done():
		}
		pause = min(2*pause, longPause)
	}
}

// fetch is one connection to another broker.
type fetch struct {
	*fetcher
	*source
	client paho.Client
	sender *sender
	nodes  map[string]*node
	acks   chan paho.Message
	failed chan error // the first reason to give the connection up
}

// once connects, subscribes and takes messages until something fails.
func (f *fetcher) once(ctx context.Context, s *source) error {
	c := &fetch{fetcher: f, source: s, nodes: map[string]*node{}, acks: make(chan paho.Message, ackQueue), failed: make(chan error, 1)}
	c.sender = f.admit.sender(s.device.Park, "→"+s.device.ID, c)
	o, err := s.options()
	if err != nil {
		return err
	}
	o.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { c.message(m) })
	o.SetConnectionLostHandler(func(_ paho.Client, err error) {
		c.fail(fmt.Errorf("%w: the connection to %s was lost: %v; it is tried again", connector.ErrUnreachable, s.device.Address, err))
	})
	c.client = paho.NewClient(o)
	defer c.client.Disconnect(250)
	connected := c.client.Connect()
	if err := wait(ctx, connected, connectTime); err != nil {
		return fmt.Errorf("%w: %s: %v; check the address, the credentials and the certificate", connector.ErrUnreachable, s.device.Address, err)
	}
	resumed := connected.(*paho.ConnectToken).SessionPresent()
	for attempt := 1; ; attempt++ {
		err := c.subscribe(ctx)
		if err == nil {
			break
		}
		if !resumed || attempt == subscribeAttempts {
			return err
		}
		if err := c.acknowledge(ctx, time.After(time.Second)); err != nil {
			return err
		}
	}
	f.roster.is(placeOf(s.device), true, "")
	return c.acknowledge(ctx, nil)
}

// subscribe asks for the topics. In a session that goes on some brokers (mochi) refuse
// while messages of theirs are open under the same packet id; these are acknowledged and
// it is asked again.
func (c *fetch) subscribe(ctx context.Context) error {
	filters := map[string]byte{}
	for _, t := range c.topics {
		filters[t] = c.qos
	}
	token := c.client.SubscribeMultiple(filters, nil)
	if err := wait(ctx, token, connectTime); err != nil {
		return fmt.Errorf("%w: %s does not let us subscribe: %v", connector.ErrRefused, c.device.Address, err)
	}
	for topic, granted := range token.(*paho.SubscribeToken).Result() {
		if granted > 2 {
			return fmt.Errorf("%w: %s does not let us subscribe to %s; check the rights of the user", connector.ErrRefused, c.device.Address, topic)
		}
	}
	return nil
}

// acknowledge sends the acknowledgements of what is durable until the connection fails or
// the time is over.
func (c *fetch) acknowledge(ctx context.Context, over <-chan time.Time) error {
	for {
		select {
		case m := <-c.acks:
			m.Ack()
			c.counts.add(acknowledged, 1)
		case err := <-c.failed:
			return err
		case <-over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func wait(ctx context.Context, t paho.Token, limit time.Duration) error {
	select {
	case <-t.Done():
		return t.Error()
	case <-time.After(limit):
		return errors.New("no answer in time")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *fetch) fail(err error) {
	select {
	case c.failed <- err:
	default:
	}
}

// message takes one message; paho calls it in order, and is held up while admission is full.
func (c *fetch) message(m paho.Message) {
	c.counts.add(messages, 1)
	if m.Duplicate() {
		c.counts.add(duplicateFlag, 1)
	}
	at := placeOf(c.device)
	t, err := c.read(m.Topic(), m.Payload())
	c.counts.add(notNumeric, t.skipped)
	if err != nil {
		c.counts.add(refusedPayload, 1)
		c.roster.fault(at, "a payload on "+shorten(m.Topic())+" was refused: "+err.Error())
		t.samples = nil // acknowledged, or it would come for ever
	}
	if !c.admit.put(message{from: c.sender, mark: m}, t.samples) {
		c.fail(context.Canceled)
	}
}

// settle has a message acknowledged that is durable, or gives the connection up, after
// which the other broker sends it again.
func (c *fetch) settle(m message, err error) {
	if err != nil {
		c.fail(fmt.Errorf("not admitted: %w; the other broker is to send again", err))
		return
	}
	if m.samples > 0 {
		c.roster.stored(placeOf(c.device), m.samples, m.newest)
	}
	select {
	case c.acks <- m.mark.(paho.Message):
	default:
		c.fail(fmt.Errorf("%w: the other broker does not take our acknowledgements", connector.ErrUnreachable))
	}
}

// flush has nothing to do: acknowledge sends each by itself.
func (c *fetch) flush() {}

// read takes the samples out of a message.
func (c *fetch) read(topic string, payload []byte) (take, error) {
	t := take{via: c.device.ID}
	device, err := c.deviceOf(topic)
	if err != nil {
		return t, err
	}
	switch c.form {
	case formSparkplug:
		return c.sparkplug(topic, payload)
	case formLingtan:
		err = t.own(device, payload)
	case formJSON:
		err = t.mapped(device, topic, payload, c.mapping)
	default:
		if parseTopic(topic).kind == gatewayTopic {
			err = t.gatewayTelemetry(payload)
		} else {
			err = t.telemetry(device, payload)
		}
	}
	return t, err
}

// sparkplug follows the nodes of the other broker. Their samples are of the Sparkplug
// device, or of the node where there is none.
func (c *fetch) sparkplug(topic string, payload []byte) (take, error) {
	r := parseTopic(topic)
	if r.kind != sparkplugTopic {
		c.counts.add(quiet, 1) // commands and states
		return take{}, nil
	}
	p, err := decodeSparkplug(payload)
	if err != nil {
		return take{}, err
	}
	device := r.node
	if r.device != "" {
		device = r.device
	}
	n := c.nodes[r.group+"/"+r.node]
	if n == nil {
		if len(c.nodes) >= maxFetched {
			return take{}, payloadFault("more than %d Sparkplug nodes at one broker; divide the topics over two devices", maxFetched)
		}
		n = &node{}
		c.nodes[r.group+"/"+r.node] = n
	}
	h, err := n.hear(r, p, device, c.device.ID)
	c.counts.add(unknownAlias, h.unknown)
	if now := c.env.Now(); h.rebirth && c.rebirth && now.Sub(n.asked) >= rebirthEvery {
		n.asked = now
		c.counts.add(rebirths, 1)
		c.client.Publish("spBv1.0/"+r.group+"/NCMD/"+r.node, 0, false, rebirthCommand(now))
	}
	return h.take, err
}
