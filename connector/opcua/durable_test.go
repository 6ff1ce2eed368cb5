package opcua

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopcua/opcua/id"
	uaserver "github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uasc"
)

// keeper is the subscription service of a server that keeps notifications until they
// are acknowledged, repeats them and lets subscriptions move to another session, as
// OPC UA Part 4, 5.14 has it. The server of the library does none of this.
type keeper struct {
	mu      sync.Mutex
	number  uint32
	next    uint32
	kept    map[uint32]*ua.NotificationMessage
	acked   []uint32
	unsent  []*ua.NotificationMessage
	waiting []waiting
	fitted  bool
}

type waiting struct {
	sc      *uasc.SecureChannel
	request uint32
	header  *ua.ResponseHeader
}

func keep(p *plant) *keeper {
	k := &keeper{kept: make(map[uint32]*ua.NotificationMessage)}
	p.prepare = func(srv *uaserver.Server) {
		handle := func(number uint16, answer func(*uasc.SecureChannel, ua.Request, uint32) ua.Response) {
			srv.RegisterHandler(number, func(sc *uasc.SecureChannel, r ua.Request, request uint32) (ua.Response, error) {
				k.mu.Lock()
				defer k.mu.Unlock()
				if a := answer(sc, r, request); a != nil {
					return a, nil
				}
				return nil, nil
			})
		}
		handle(id.CreateSubscriptionRequest_Encoding_DefaultBinary, k.create)
		handle(id.CreateMonitoredItemsRequest_Encoding_DefaultBinary, k.items)
		handle(id.PublishRequest_Encoding_DefaultBinary, k.publish)
		handle(id.RepublishRequest_Encoding_DefaultBinary, k.republish)
		handle(id.TransferSubscriptionsRequest_Encoding_DefaultBinary, k.transfer)
	}
	return k
}

func (k *keeper) create(_ *uasc.SecureChannel, r ua.Request, _ uint32) ua.Response {
	req := r.(*ua.CreateSubscriptionRequest)
	k.number++
	k.next = 1
	return &ua.CreateSubscriptionResponse{ResponseHeader: okHeader(r), SubscriptionID: k.number, RevisedPublishingInterval: req.RequestedPublishingInterval,
		RevisedLifetimeCount: req.RequestedLifetimeCount, RevisedMaxKeepAliveCount: req.RequestedMaxKeepAliveCount}
}

func (k *keeper) items(_ *uasc.SecureChannel, r ua.Request, _ uint32) ua.Response {
	a := &ua.CreateMonitoredItemsResponse{ResponseHeader: okHeader(r)}
	for i, item := range r.(*ua.CreateMonitoredItemsRequest).ItemsToCreate {
		code := ua.StatusGood
		if item.RequestedParameters.Filter.Value != nil && !k.fitted {
			code = ua.StatusBadMonitoredItemFilterUnsupported
		}
		a.Results = append(a.Results, &ua.MonitoredItemCreateResult{StatusCode: code, MonitoredItemID: uint32(i + 1), FilterResult: ua.NewExtensionObject(nil)})
	}
	return a
}

func (k *keeper) publish(sc *uasc.SecureChannel, r ua.Request, request uint32) ua.Response {
	header := okHeader(r)
	for _, a := range r.(*ua.PublishRequest).SubscriptionAcknowledgements {
		delete(k.kept, a.SequenceNumber)
		k.acked = append(k.acked, a.SequenceNumber)
	}
	k.waiting = append(k.waiting, waiting{sc, request, header})
	k.send()
	return nil
}

// send puts what is to be sent to the requests that wait.
func (k *keeper) send() {
	for len(k.unsent) > 0 && len(k.waiting) > 0 {
		m, w := k.unsent[0], k.waiting[0]
		k.unsent, k.waiting = k.unsent[1:], k.waiting[1:]
		a := &ua.PublishResponse{ResponseHeader: w.header, SubscriptionID: k.number, NotificationMessage: m}
		go w.sc.SendResponseWithContext(context.Background(), w.request, a)
	}
}

func (k *keeper) republish(_ *uasc.SecureChannel, r ua.Request, _ uint32) ua.Response {
	m := k.kept[r.(*ua.RepublishRequest).RetransmitSequenceNumber]
	if m == nil {
		h := okHeader(r)
		h.ServiceResult = ua.StatusBadMessageNotAvailable
		return &ua.ServiceFault{ResponseHeader: h}
	}
	return &ua.RepublishResponse{ResponseHeader: okHeader(r), NotificationMessage: m}
}

func (k *keeper) transfer(_ *uasc.SecureChannel, r ua.Request, _ uint32) ua.Response {
	k.waiting = nil // of the lost session
	var have []uint32
	for n := range k.kept {
		have = append(have, n)
	}
	slices.Sort(have)
	return &ua.TransferSubscriptionsResponse{ResponseHeader: okHeader(r), Results: []*ua.TransferResult{{AvailableSequenceNumbers: have}}}
}

// notify has the next notification: of a value, which may get lost on the way.
func (k *keeper) notify(x float64, lost bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v := &ua.DataValue{EncodingMask: ua.DataValueValue | ua.DataValueSourceTimestamp, Value: ua.MustVariant(x), SourceTimestamp: time.Now()}
	data := ua.NewExtensionObject(&ua.DataChangeNotification{MonitoredItems: []*ua.MonitoredItemNotification{{ClientHandle: 1, Value: v}}})
	m := &ua.NotificationMessage{SequenceNumber: k.next, PublishTime: time.Now(), NotificationData: []*ua.ExtensionObject{data}}
	k.kept[k.next] = m
	k.next++
	if !lost {
		k.unsent = append(k.unsent, m)
		k.send()
	}
}

func (k *keeper) acknowledged() []uint32 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Sorted(slices.Values(k.acked))
}

// Nothing is acknowledged before the sink has it, and what was not is taken again over
// the next connection.
func TestAcknowledgedIsDurable(t *testing.T) {
	p := newPlant(t, open()...)
	s := keep(p)
	p.start()
	d := quick()
	k := run(t, d, listed("plc", p.address(), "node.a", "ns=1;s=a", "refresh", "off"))
	eventually(t, "the subscription", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.waiting) == 2 })
	s.notify(1, false)
	eventually(t, "the first acknowledgement", func() bool { return slices.Equal(s.acknowledged(), []uint32{1}) })

	k.hold(true)
	s.notify(2, false)
	s.notify(3, false)
	s.notify(4, false)
	eventually(t, "refusals", func() bool { k.mu.Lock(); defer k.mu.Unlock(); return k.refused > 2 })
	s.mu.Lock()
	held := len(s.unsent) == 1 && len(s.waiting) == 0
	s.mu.Unlock()
	if got := s.acknowledged(); !slices.Equal(got, []uint32{1}) || !held {
		t.Errorf("acknowledged %v while the sink was full; the server is held back: %v", got, held)
	}
	p.cut()
	eventually(t, "the next connection", func() bool { return d.Counts()["connections"] == 2 })
	time.Sleep(300 * time.Millisecond)
	if got := s.acknowledged(); !slices.Equal(got, []uint32{1}) {
		t.Errorf("acknowledged %v while the sink was full", got)
	}
	k.hold(false)
	eventually(t, "the values", func() bool { return k.has("plc", "a", 2) && k.has("plc", "a", 3) && k.has("plc", "a", 4) })
	eventually(t, "publish requests", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.waiting) == 2 })
	s.notify(5, false) // acknowledgements go out with the next publish request
	eventually(t, "all acknowledged", func() bool {
		got := slices.Compact(s.acknowledged())
		return slices.Equal(got, []uint32{1, 2, 3, 4, 5})
	})
	for x := 1.0; x <= 5; x++ {
		if !k.has("plc", "a", x) {
			t.Errorf("%v is missing", x)
		}
	}
	if c := d.Counts(); c["notifications_lost"] != 0 || c["notifications_repeated"] < 2 {
		t.Errorf("counts %v", c)
	}
}

// A notification that is skipped is asked for again; one that the server has not got
// any more is counted and told.
func TestMissingNotifications(t *testing.T) {
	p := newPlant(t, open()...)
	s := keep(p)
	p.start()
	d := quick()
	k := run(t, d, listed("plc", p.address(), "node.a", "ns=1;s=a", "refresh", "off", "deadband", "0.5"))
	eventually(t, "the subscription", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.waiting) == 2 })
	s.notify(1, true)
	s.notify(2, true)
	s.mu.Lock()
	delete(s.kept, 2)
	s.mu.Unlock()
	s.notify(3, false)
	eventually(t, "the skipped value", func() bool { return k.has("plc", "a", 1) && k.has("plc", "a", 3) })
	eventually(t, "the loss told", func() bool { return strings.Contains(k.last("plc").Error, "1 notifications were lost") })
	s.notify(4, false) // acknowledgements go out with the next publish request
	eventually(t, "the acknowledgements", func() bool { return slices.Equal(s.acknowledged(), []uint32{1, 3, 4}) })
	if c := d.Counts(); c["notifications_lost"] != 1 || c["notifications_repeated"] != 1 || c["connections"] != 1 {
		t.Errorf("counts %v", c)
	}
}
