package hj212

import (
	"fmt"
	"slices"
	"sync"

	"lingtan/connector"
)

// unfinished is a message that comes in packets. A packet with the message's DataTime is
// admitted and acknowledged by itself, since many monitors send the next only then; one
// without waits until the time is known, and is not acknowledged before.
type unfinished struct {
	qn       string
	cn, pnum int
	dataTime string
	waiting  []Message
}

// packets are the unfinished messages of each device, oldest first. They outlive a
// connection: a monitor sends the rest over the next one.
type packets struct {
	mu   sync.Mutex
	open map[string][]*unfinished // by park and device
}

// gather gives the packets that can be admitted now, with the DataTime of their message.
func (p *packets) gather(d connector.Device, m Message) ([]Message, string, error) {
	t := m.Get("DataTime")
	if !m.packets() || m.PNUM == 1 || m.QN == "" && t != "" {
		return []Message{m}, t, nil
	}
	if m.QN == "" {
		return nil, "", fmt.Errorf("hj212: packet %d of %d has neither QN nor DataTime: %w", m.PNO, m.PNUM, connector.ErrProtocol)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.find(d.Park+"/"+d.ID, m)
	if t != "" {
		u.dataTime = t
	}
	if u.dataTime == "" {
		return nil, "", u.hold(m)
	}
	ready := append(u.waiting, m)
	u.waiting = nil
	return ready, u.dataTime, nil
}

// find is the message that a packet belongs to. The oldest goes when a device has too
// many; its packets that waited were never acknowledged.
func (p *packets) find(device string, m Message) *unfinished {
	list := p.open[device]
	for _, u := range list {
		if u.qn == m.QN && u.cn == m.CN && u.pnum == m.PNUM {
			return u
		}
	}
	if len(list) == maxUnfinished {
		list = slices.Delete(list, 0, 1)
	}
	u := &unfinished{qn: m.QN, cn: m.CN, pnum: m.PNUM}
	if p.open == nil {
		p.open = map[string][]*unfinished{}
	}
	p.open[device] = append(list, u)
	return u
}

// keep forgets the devices that are not in the list any more.
func (p *packets) keep(list stations) {
	known := map[string]bool{}
	for _, group := range list {
		for _, s := range group {
			known[s.device.Park+"/"+s.device.ID] = true
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for device := range p.open {
		if !known[device] {
			delete(p.open, device)
		}
	}
}

// hold keeps a packet until the time of its message is known. One sent again replaces
// the earlier.
func (u *unfinished) hold(m Message) error {
	for i, w := range u.waiting {
		if w.PNO == m.PNO {
			u.waiting[i] = m
			return nil
		}
	}
	if len(u.waiting) == maxWaiting {
		return fmt.Errorf("hj212: %d packets of message %s came without a DataTime: %w", maxWaiting+1, u.qn, connector.ErrProtocol)
	}
	u.waiting = append(u.waiting, m)
	return nil
}
