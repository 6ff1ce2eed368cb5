package opcua

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

const (
	subscriptionLife = time.Hour // that a server keeps a subscription nobody asks for; servers shorten it
	mostBatch        = 5000      // samples of one call of the sink
	firstWait        = 100 * time.Millisecond
	tellEvery        = time.Second
	tellAnyway       = time.Minute
	mostMissing      = 1000
)

// device is a device of the list that is served, over all connections of its server.
type device struct {
	settings settings
	driver   *Driver
	env      connector.Environment
	again    chan struct{} // its subscription ended at the server
	items    []item        // belongs to the goroutine that attends; set before anything arrives
	failed   []int         // of items, that the server does not monitor

	turn chan struct{} // one place: one notification at a time goes to the sink
	mu   sync.Mutex
	sub  subscription
	tale tale
}

// subscription is what a device knows of its subscription.
type subscription struct {
	number  uint32
	next    uint32               // sequence number that comes next
	missing map[uint32]time.Time // that did not come, and since when
	heard   time.Time
}

// tale is what a device has to tell.
type tale struct {
	samples   int64
	newest    time.Time
	bad       map[string]string // values that are no samples now, and why
	notes     []string
	overflows int64
	lost      int64
	doubtful  int64
	dirty     bool
	told      time.Time
}

// attend serves the device over a connection until ctx or the connection ends.
func (dev *device) attend(ctx context.Context, v *visit) error {
	if dev.resume(ctx, v) {
		return dev.follow(ctx, v)
	}
	items, notes, err := v.link.find(ctx, &dev.settings)
	if err != nil {
		return err
	}
	dev.begin(items, notes)
	if dev.settings.poll {
		return dev.keepPolling(ctx, v)
	}
	if err := dev.subscribe(ctx, v); err != nil {
		if number := v.strike(dev); number != 0 && !broken(err) {
			_, e := ask[*ua.DeleteSubscriptionsResponse](ctx, v.link, &ua.DeleteSubscriptionsRequest{SubscriptionIDs: []uint32{number}}, v.link.timeout)
			_ = e // err is the reason
		}
		dev.forget()
		return err
	}
	return dev.follow(ctx, v)
}

// begin takes what is to be read.
func (dev *device) begin(items []item, notes []string) {
	dev.mu.Lock()
	defer dev.mu.Unlock()
	dev.items, dev.failed = items, nil
	dev.tale.bad, dev.tale.notes, dev.tale.dirty = make(map[string]string), notes, true
}

func (dev *device) forget() {
	dev.mu.Lock()
	defer dev.mu.Unlock()
	dev.sub = subscription{}
}

// resume goes on with the subscription of a lost connection, where the server still
// has it.
func (dev *device) resume(ctx context.Context, v *visit) bool {
	dev.mu.Lock()
	number, next := dev.sub.number, dev.sub.next
	dev.sub.heard = time.Now()
	dev.mu.Unlock()
	if number == 0 {
		return false
	}
	v.enrol(number, dev)
	if err := v.inherit(ctx, number, next, dev); err != nil {
		v.strike(dev)
		dev.forget()
		return false
	}
	return true
}

// follow waits while the subscription brings values, and reads all of them at every
// multiple of refresh: a value that does not change is not sent.
func (dev *device) follow(ctx context.Context, v *visit) error {
	for {
		wait := 24 * time.Hour
		if every := dev.settings.refresh; every > 0 {
			now := dev.env.Now()
			wait = now.Truncate(every).Add(every).Sub(now)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-dev.again:
			timer.Stop()
			v.strike(dev)
			dev.forget()
			return errEnded
		case <-timer.C:
		}
		if dev.settings.refresh == 0 {
			continue
		}
		if err := dev.monitor(ctx, v, dev.failed); err != nil {
			return err
		}
		if err := dev.poll(ctx, v, ofServer); err != nil {
			return err
		}
	}
}

// subscribe makes a subscription and its monitored items. (OPC UA Part 4, 5.14.2 and
// 5.13.2)
func (dev *device) subscribe(ctx context.Context, v *visit) error {
	s := &dev.settings
	alive := max(1, uint32((keepalive+s.interval-1)/s.interval))
	r, err := ask[*ua.CreateSubscriptionResponse](ctx, v.link, &ua.CreateSubscriptionRequest{
		RequestedPublishingInterval: float64(s.interval) / float64(time.Millisecond), RequestedMaxKeepAliveCount: alive,
		RequestedLifetimeCount: max(10*alive, uint32(subscriptionLife/s.interval)), MaxNotificationsPerPublish: mostBatch, PublishingEnabled: true}, v.link.timeout)
	if err != nil {
		return refusal("a subscription", err)
	}
	dev.mu.Lock()
	dev.sub = subscription{number: r.SubscriptionID, next: 1, missing: make(map[uint32]time.Time), heard: time.Now()}
	dev.mu.Unlock()
	v.enrol(r.SubscriptionID, dev)
	all := make([]int, len(dev.items))
	for i := range all {
		all[i] = i
	}
	return dev.monitor(ctx, v, all)
}

// monitor makes monitored items, as many in a request as the server takes.
func (dev *device) monitor(ctx context.Context, v *visit, which []int) error {
	var failed, unfiltered []int
	for part := range slices.Chunk(which, max(v.link.limits.items, 1)) {
		results, err := dev.create(ctx, v, part, dev.settings.deadband > 0)
		if err != nil {
			return err
		}
		for k, code := range results {
			switch {
			case severity(code) != bad:
			case dev.settings.deadband > 0 && code != ua.StatusBadNodeIDUnknown && code != ua.StatusBadNodeIDInvalid:
				unfiltered = append(unfiltered, part[k])
			default:
				failed = append(failed, part[k])
				dev.blame(dev.items[part[k]].name, named(code))
			}
		}
	}
	for part := range slices.Chunk(unfiltered, max(v.link.limits.items, 1)) {
		results, err := dev.create(ctx, v, part, false)
		if err != nil {
			return err
		}
		for k, code := range results {
			if severity(code) == bad {
				failed = append(failed, part[k])
				dev.blame(dev.items[part[k]].name, named(code))
			}
		}
	}
	dev.failed = failed
	return nil
}

// create asks for monitored items and returns what became of each.
func (dev *device) create(ctx context.Context, v *visit, which []int, filtered bool) ([]ua.StatusCode, error) {
	s := &dev.settings
	dev.mu.Lock()
	req := &ua.CreateMonitoredItemsRequest{SubscriptionID: dev.sub.number, TimestampsToReturn: ua.TimestampsToReturnBoth}
	dev.mu.Unlock()
	sampling := float64(-1) // as published
	if s.sampling >= 0 {
		sampling = float64(s.sampling) / float64(time.Millisecond)
	}
	for _, i := range which {
		filter := ua.NewExtensionObject(nil)
		if filtered {
			kind := ua.DeadbandTypeAbsolute
			if s.percent {
				kind = ua.DeadbandTypePercent
			}
			filter = ua.NewExtensionObject(&ua.DataChangeFilter{Trigger: ua.DataChangeTriggerStatusValue, DeadbandType: uint32(kind), DeadbandValue: s.deadband})
		}
		req.ItemsToCreate = append(req.ItemsToCreate, &ua.MonitoredItemCreateRequest{ItemToMonitor: valueOf(dev.items[i].id, dev.items[i].index), MonitoringMode: ua.MonitoringModeReporting,
			RequestedParameters: &ua.MonitoringParameters{ClientHandle: uint32(i + 1), SamplingInterval: sampling, Filter: filter, QueueSize: uint32(s.queue), DiscardOldest: true}})
	}
	r, err := ask[*ua.CreateMonitoredItemsResponse](ctx, v.link, req, v.link.timeout)
	if err != nil {
		return nil, refusal("monitored items", err)
	}
	if len(r.Results) != len(which) {
		return nil, fmt.Errorf("%w: %d items asked for, %d answered", connector.ErrProtocol, len(which), len(r.Results))
	}
	codes := make([]ua.StatusCode, len(which))
	for k, result := range r.Results {
		codes[k] = result.StatusCode
	}
	return codes, nil
}

// keepPolling reads all values at every interval.
func (dev *device) keepPolling(ctx context.Context, v *visit) error {
	ticker := time.NewTicker(dev.settings.interval)
	defer ticker.Stop()
	for {
		if err := dev.poll(ctx, v, dev.settings.time); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// poll reads all values once and hands them on.
func (dev *device) poll(ctx context.Context, v *visit, by string) error {
	samples, err := dev.readAll(ctx, v.link, by)
	if err != nil {
		return err
	}
	if err := dev.queue(ctx); err != nil {
		return err
	}
	defer dev.done()
	return dev.admit(ctx, samples)
}

// queue waits until nothing else of the device goes to the sink; done must be called.
func (dev *device) queue(ctx context.Context) error {
	select {
	case dev.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (dev *device) done() { <-dev.turn }

func (dev *device) readAll(ctx context.Context, l *link, by string) ([]connector.Sample, error) {
	wanted := make([]*ua.ReadValueID, len(dev.items))
	for i, it := range dev.items {
		wanted[i] = valueOf(it.id, it.index)
	}
	values, err := l.read(ctx, wanted, ua.TimestampsToReturnBoth)
	if err != nil {
		return nil, err
	}
	dev.driver.count("reads", 1)
	samples := make([]connector.Sample, 0, len(values))
	for i, value := range values {
		if sample, ok := dev.sample(&dev.items[i], value, by); ok {
			samples = append(samples, sample)
		}
	}
	return samples, nil
}

// take hands the values of a notification of a subscription to the sink.
func (dev *device) take(ctx context.Context, number uint32, m *ua.NotificationMessage) error {
	if err := dev.queue(ctx); err != nil {
		return err
	}
	defer dev.done()
	dev.mu.Lock()
	items, mine := dev.items, dev.sub.number == number
	dev.mu.Unlock()
	if !mine {
		return errEnded // what its handles mean is not known any more
	}
	var samples []connector.Sample
	for _, data := range m.NotificationData {
		switch n := data.Value.(type) {
		case *ua.DataChangeNotification:
			samples = append(samples, dev.changes(items, n)...)
		case *ua.StatusChangeNotification:
			dev.ended(n.Status)
		}
	}
	return dev.admit(ctx, samples)
}

// ended has the subscription made again where the server says that it is over.
func (dev *device) ended(code ua.StatusCode) {
	if severity(code) != bad && code != ua.StatusGoodSubscriptionTransferred {
		return
	}
	select {
	case dev.again <- struct{}{}:
	default:
	}
}

func (dev *device) changes(items []item, n *ua.DataChangeNotification) (samples []connector.Sample) {
	for _, change := range n.MonitoredItems {
		i := int(change.ClientHandle) - 1
		if i < 0 || i >= len(items) || change.Value == nil {
			continue
		}
		if sample, ok := dev.sample(&items[i], change.Value, dev.settings.time); ok {
			samples = append(samples, sample)
		}
	}
	return samples
}

// admit gives samples to the sink, again and again while it is busy.
func (dev *device) admit(ctx context.Context, samples []connector.Sample) error {
	for part := range slices.Chunk(samples, mostBatch) {
		for failures := 1; ; failures++ {
			receipt, err := dev.env.Sink.Admit(ctx, dev.settings.device.Park, part)
			if err == nil {
				dev.admitted(part, receipt)
				break
			}
			if failures == 1 {
				dev.env.Log.Warn("samples wait for the sink", "protocol", Protocol, "device", dev.settings.device.ID, "samples", len(part), "error", err)
			}
			if !sleep(ctx, min(backoff(failures, firstWait), 5*time.Second)) {
				return err
			}
		}
	}
	dev.note(func(t *tale) { t.dirty = true })
	return nil
}

func (dev *device) admitted(samples []connector.Sample, receipt connector.Receipt) {
	if receipt.Refused > 0 {
		dev.env.Log.Warn("samples refused", "protocol", Protocol, "device", dev.settings.device.ID, "refused", receipt.Refused)
	}
	dev.driver.count("samples", int64(len(samples)))
	dev.note(func(t *tale) {
		t.samples += int64(len(samples))
		for i := range samples {
			if samples[i].At.After(t.newest) {
				t.newest = samples[i].At
			}
		}
	})
}

var errEnded = fmt.Errorf("%w: the server ended the subscription; it is made again", connector.ErrBusy)
