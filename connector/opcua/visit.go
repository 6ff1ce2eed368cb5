package opcua

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

const (
	keepalive    = 10 * time.Second // of silence, until the server says that it lives
	mostPublish  = 8                // requests that wait at the server for notifications
	mostAcks     = 1000             // acknowledgements of one request
	pulseEvery   = 500 * time.Millisecond
	missingAfter = 2 * time.Second // a notification that did not come is asked for again
)

// visit is one connection with a server: the devices that are attended over it, and
// the requests by which the server publishes.
type visit struct {
	server  *server
	link    *link
	lost    chan error   // one place: why the connection is of no use
	latency atomic.Int64 // of the last request, ns
	blocked atomic.Int64 // notifications that wait for the sink

	mu      sync.Mutex
	subs    map[uint32]*device
	acks    []*ua.SubscriptionAcknowledgement
	workers int
	room    int // publish requests that the server takes at once; 0 = not known
}

// run attends the devices until ctx ends (nil) or the connection does.
func (v *visit) run(ctx context.Context) error {
	inner, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	work.Go(func() { v.link.channel.renew(inner) })
	work.Go(func() { v.pulse(inner) })
	work.Go(func() {
		select {
		case <-inner.Done():
		case <-v.link.channel.gone:
			v.fail(v.link.channel.fault())
		}
	})
	attended := make(map[*device]attendance)
	for {
		devices, changed := v.server.list()
		v.fit(inner, &work, attended, devices)
		select {
		case <-ctx.Done():
			return nil
		case err := <-v.lost:
			return err
		case <-changed:
		}
	}
}

// attendance is a device that is attended: how to end it, and when it has.
type attendance struct {
	end   context.CancelFunc
	ended chan struct{}
}

// fit attends the devices that are wanted and no others.
func (v *visit) fit(ctx context.Context, work *sync.WaitGroup, attended map[*device]attendance, devices map[[2]string]*device) {
	wanted := make(map[*device]bool, len(devices))
	for _, dev := range devices {
		wanted[dev] = true
	}
	for dev, a := range attended {
		if !wanted[dev] {
			a.end()
			<-a.ended // before another takes over its place
			delete(attended, dev)
		}
	}
	for dev := range wanted {
		if _, there := attended[dev]; there {
			continue
		}
		one, end := context.WithCancel(ctx)
		a := attendance{end, make(chan struct{})}
		attended[dev] = a
		work.Go(func() {
			defer close(a.ended)
			v.attend(one, ctx, dev)
		})
		v.hire(ctx, work, dev)
	}
}

// fail ends the visit; the first reason stands.
func (v *visit) fail(err error) {
	select {
	case v.lost <- err:
	default:
	}
}

// hire starts another publish request for a device with a subscription.
func (v *visit) hire(ctx context.Context, work *sync.WaitGroup, dev *device) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if dev.settings.poll || v.workers >= mostPublish || v.room > 0 && v.workers >= v.room {
		return
	}
	v.workers++
	work.Go(func() { v.publish(ctx) })
	if v.workers == 1 { // two at least: one is under way while the other waits at the server
		v.workers++
		work.Go(func() { v.publish(ctx) })
	}
}

// attend serves one device until ctx ends. With the device taken off the list, but the
// visit not over, its subscription is deleted.
func (v *visit) attend(ctx, whole context.Context, dev *device) {
	for failures := 1; ctx.Err() == nil; failures++ {
		err := dev.attend(ctx, v)
		if ctx.Err() != nil {
			break
		}
		if broken(err) {
			v.fail(err)
			break
		}
		dev.fail(kind(err))
		if !sleep(ctx, backoff(failures, v.server.driver.first)) {
			break
		}
	}
	number := v.strike(dev)
	if number == 0 || whole.Err() != nil || ctx.Err() == nil {
		return
	}
	if _, err := ask[*ua.DeleteSubscriptionsResponse](whole, v.link, &ua.DeleteSubscriptionsRequest{SubscriptionIDs: []uint32{number}}, v.link.timeout); err != nil && broken(err) {
		v.fail(err)
	}
}

// enrol makes the notifications of a subscription go to a device.
func (v *visit) enrol(number uint32, dev *device) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.subs[number] = dev
}

// strike takes a device off and returns its subscription, 0 = none.
func (v *visit) strike(dev *device) uint32 {
	v.mu.Lock()
	defer v.mu.Unlock()
	for number, d := range v.subs {
		if d == dev {
			delete(v.subs, number)
			return number
		}
	}
	return 0
}

func (v *visit) device(number uint32) *device {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.subs[number]
}

// enrolled are the subscriptions.
func (v *visit) enrolled() map[uint32]*device {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := make(map[uint32]*device, len(v.subs))
	for number, dev := range v.subs {
		all[number] = dev
	}
	return all
}

// settle takes note that a notification is durable.
func (v *visit) settle(list ...*ua.SubscriptionAcknowledgement) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.acks = append(v.acks, list...)
}

func (v *visit) due() []*ua.SubscriptionAcknowledgement {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := min(len(v.acks), mostAcks)
	list := v.acks[:n:n]
	v.acks = v.acks[n:]
	return list
}

// publish keeps one publish request at the server, acknowledging with it what is
// durable. The next one goes out only when the sink has taken what the last one
// brought: this is what holds the server back.
func (v *visit) publish(ctx context.Context) {
	for ctx.Err() == nil {
		devices := v.enrolled()
		if len(devices) == 0 {
			sleep(ctx, pulseEvery/5)
			continue
		}
		patience := 4*keepalive + v.link.timeout
		for _, dev := range devices {
			patience = max(patience, 4*dev.settings.interval)
		}
		acks := v.due()
		if acks == nil {
			acks = []*ua.SubscriptionAcknowledgement{}
		}
		r, err := ask[*ua.PublishResponse](ctx, v.link, &ua.PublishRequest{SubscriptionAcknowledgements: acks}, patience)
		switch {
		case err == nil && r.NotificationMessage != nil:
			v.published(ctx, r)
		case ctx.Err() != nil:
			return
		case errors.Is(err, ua.StatusBadTooManyPublishRequests):
			v.settle(acks...)
			if v.dismissed() {
				return
			}
			sleep(ctx, time.Second)
		case err != nil && !broken(err):
			v.settle(acks...)
			sleep(ctx, pulseEvery) // such as no subscription yet
		default:
			v.fail(err)
			return
		}
	}
}

// dismissed ends a worker that is one too many for the server; one stays.
func (v *visit) dismissed() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.workers <= 1 {
		return false
	}
	v.workers--
	v.room = v.workers
	return true
}

// published hands on what the server sent, and acknowledges it when it is durable.
func (v *visit) published(ctx context.Context, r *ua.PublishResponse) {
	dev := v.device(r.SubscriptionID)
	if dev == nil {
		return // of a subscription that was deleted
	}
	m := r.NotificationMessage
	dev.hear(m.SequenceNumber, len(m.NotificationData) == 0)
	if len(m.NotificationData) == 0 {
		return // it only says that it lives
	}
	v.blocked.Add(1)
	err := dev.take(ctx, r.SubscriptionID, m)
	v.blocked.Add(-1)
	if err == nil {
		v.settle(&ua.SubscriptionAcknowledgement{SubscriptionID: r.SubscriptionID, SequenceNumber: m.SequenceNumber})
	}
}

// pulse reports the devices, asks again for notifications that did not come, and tests
// the connection, until ctx ends.
func (v *visit) pulse(ctx context.Context) {
	tested := time.Now()
	for sleep(ctx, pulseEvery) {
		latency := time.Duration(v.latency.Load())
		devices, _ := v.server.list()
		for _, dev := range devices {
			dev.tell(latency)
		}
		for number, dev := range v.enrolled() {
			if v.blocked.Load() > 0 {
				dev.alive()
			}
			if quiet := dev.silence(); quiet > 3*max(keepalive, dev.settings.interval)+v.link.timeout {
				v.fail(fmt.Errorf("%w: nothing was published for %s", connector.ErrUnreachable, quiet.Round(time.Second)))
			}
			v.repeat(ctx, number, dev)
		}
		if time.Since(tested) >= keepalive {
			v.test(ctx)
			tested = time.Now()
		}
	}
}

// test reads the state of the server, which also keeps the session alive.
func (v *visit) test(ctx context.Context) {
	began := time.Now()
	_, err := v.link.read(ctx, []*ua.ReadValueID{valueOf(ua.NewNumericNodeID(0, id.Server_ServerStatus_State), -1)}, ua.TimestampsToReturnNeither)
	if err != nil && ctx.Err() == nil {
		v.fail(err)
		return
	}
	v.latency.Store(int64(time.Since(began)))
}

// repeat asks for notifications that did not come. What the server has not got any
// more is counted as lost.
func (v *visit) repeat(ctx context.Context, number uint32, dev *device) {
	for _, n := range dev.overdue() {
		err := v.again(ctx, number, n, dev)
		if err == nil {
			continue
		}
		if ctx.Err() != nil || broken(err) {
			return
		}
		dev.lose(1)
	}
}

// again takes one notification that the server kept.
func (v *visit) again(ctx context.Context, number, n uint32, dev *device) error {
	r, err := ask[*ua.RepublishResponse](ctx, v.link, &ua.RepublishRequest{SubscriptionID: number, RetransmitSequenceNumber: n}, v.link.timeout)
	if err != nil {
		return err
	}
	if r.NotificationMessage == nil {
		return fmt.Errorf("%w: nothing is repeated", connector.ErrProtocol)
	}
	v.server.driver.count("notifications_repeated", 1)
	v.blocked.Add(1)
	err = dev.take(ctx, number, r.NotificationMessage)
	v.blocked.Add(-1)
	if err == nil {
		v.settle(&ua.SubscriptionAcknowledgement{SubscriptionID: number, SequenceNumber: n})
	}
	return err
}

// inherit brings a subscription of a lost session into this one, with the notifications
// that were not acknowledged; next is the first that never came. (OPC UA Part 4, 5.14.7 and 5.14.6)
func (v *visit) inherit(ctx context.Context, number, next uint32, dev *device) error {
	r, err := ask[*ua.TransferSubscriptionsResponse](ctx, v.link, &ua.TransferSubscriptionsRequest{SubscriptionIDs: []uint32{number}, SendInitialValues: true}, v.link.timeout)
	if err != nil {
		return err
	}
	if len(r.Results) != 1 {
		return fmt.Errorf("%w: one subscription is transferred, %d answered", connector.ErrProtocol, len(r.Results))
	}
	if code := r.Results[0].StatusCode; severity(code) == bad {
		return code
	}
	for i, n := range r.Results[0].AvailableSequenceNumbers {
		if i >= mostAcks {
			break
		}
		err := v.again(ctx, number, n, dev)
		switch {
		case err == nil:
			dev.hear(n, false)
		case ctx.Err() != nil || broken(err):
			return err
		case n < next || !dev.heardOf(n): // otherwise it came by a publish request meanwhile
			dev.lose(1)
		}
	}
	return nil
}
