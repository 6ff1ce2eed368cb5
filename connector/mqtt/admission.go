package mqtt

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"lingtan/connector"
)

const (
	parkLanes   = 2                     // calls of Admit under way for a park; a sender keeps to one lane, so its order is kept
	laneSamples = 50_000                // samples that wait in a lane before its senders are held up
	callSamples = 20_000                // samples of one call of Admit, more only where one message holds more
	laneEvery   = 30 * time.Millisecond // between two calls of a lane's Admit where several send: a call costs as much as thousands of samples, and TCP acknowledges by itself after 40 ms
)

// message is a publish on its way to the store; its samples are beside it in the lane.
type message struct {
	from    *sender
	samples int
	newest  time.Time // of the samples; zero where none tells a time
	mark    any       // of the sender's outlet
	id      uint16    // packet id
	qos     byte
	code    byte // reason code of the acknowledgement, of MQTT 5
}

// outlet is where the outcome of messages goes. A lane settles a sender's messages one
// after the other in their order, and flushes once behind a group of them.
type outlet interface {
	settle(m message, err error) // acknowledges, or cuts the sender off
	flush()
}

// sender is a connection whose messages keep their order. Its lane guards waiting, and
// only the lane's settling goroutine touches unflushed.
type sender struct {
	lane      *lane
	to        outlet
	waiting   int
	unflushed bool
}

// admission hands samples to the sink in groups and settles each message after the call
// that held its samples: acknowledged means durable.
type admission struct {
	sink    connector.Sink
	options Options
	counts  *counts
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	seed  maphash.Seed
	mu    sync.Mutex
	lanes map[laneKey]*lane
}

type laneKey struct {
	park string
	n    uint64
}

func newAdmission(sink connector.Sink, o Options, c *counts) *admission {
	a := &admission{sink: sink, options: o, counts: c, seed: maphash.MakeSeed(), lanes: map[laneKey]*lane{}}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a
}

// sender gives a connection its place; who tells connections of a park apart.
func (a *admission) sender(park, who string, to outlet) *sender {
	key := laneKey{park, maphash.String(a.seed, who) % parkLanes}
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lanes[key]
	if l == nil {
		l = &lane{park: park, owner: a, admitted: make(chan group), spare: make(chan group, 2)}
		l.work.L, l.room.L = &l.mu, &l.mu
		a.lanes[key] = l
		if a.ctx.Err() != nil {
			l.stopped = true
		} else {
			a.running.Go(l.run)
			a.running.Go(l.settle)
		}
	}
	return &sender{lane: l, to: to}
}

// put queues a message and copies its samples. It waits while the lane or the sender's
// window is full, which holds up the sender's connection, and gives false when the door
// closes.
func (a *admission) put(m message, samples []connector.Sample) bool {
	l := m.from.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.stopped && l.full(m.from, a.options.Window) {
		l.room.Wait()
	}
	if l.stopped {
		return false
	}
	l.queue(m, samples)
	return true
}

// offer is put that does not wait: it gives false, too, where put would.
func (a *admission) offer(m message, samples []connector.Sample) bool {
	l := m.from.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped || l.full(m.from, a.options.Window) {
		return false
	}
	l.queue(m, samples)
	return true
}

// full says whether the lane, or the window of the sender, has no room. The lock is held.
func (l *lane) full(from *sender, window int) bool {
	return l.held >= laneSamples || from.waiting >= window
}

// queue puts a message and a copy of its samples behind the others. The lock is held.
func (l *lane) queue(m message, samples []connector.Sample) {
	m.samples = len(samples)
	for i := range samples {
		if samples[i].At.After(m.newest) {
			m.newest = samples[i].At
		}
	}
	l.next.messages = append(l.next.messages, m)
	l.next.samples = append(l.next.samples, samples...)
	l.held += len(samples)
	m.from.waiting++
	if len(l.next.messages) == 1 {
		l.work.Signal()
	}
}

// stop ends the lanes; what still waits is not acknowledged.
func (a *admission) stop() {
	a.cancel()
	a.mu.Lock()
	for _, l := range a.lanes {
		l.mu.Lock()
		l.stopped = true
		l.work.Broadcast()
		l.room.Broadcast()
		l.mu.Unlock()
	}
	a.mu.Unlock()
	a.running.Wait()
}

// group is messages and their samples, in order, and what became of them.
type group struct {
	messages []message
	samples  []connector.Sample
	err      error
}

// several says whether more than one sender's messages are in the group.
func (g group) several() bool {
	for _, m := range g.messages {
		if m.from != g.messages[0].from {
			return true
		}
	}
	return false
}

// lane is one line of messages of a park: while one group is being stored and the one
// before is being acknowledged, the next comes together.
type lane struct {
	park  string
	owner *admission

	mu      sync.Mutex
	work    sync.Cond // the first message came
	room    sync.Cond // messages were settled
	next    group     // what waits
	held    int       // samples that wait or are being admitted
	stopped bool

	admitted chan group // to be settled
	spare    chan group // memory of settled groups
}

// run admits one group after the other.
func (l *lane) run() {
	defer close(l.admitted)
	for {
		g, ok := l.take()
		if !ok {
			return
		}
		began, several := time.Now(), g.several() // one that waits for its acknowledgements is not made to wait longer
		g.err = l.admit(g)
		l.admitted <- g
		if rest := laneEvery - time.Since(began); several && rest > 0 {
			l.pause(rest)
		}
	}
}

// pause lets messages come together.
func (l *lane) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.owner.ctx.Done():
	}
}

// take waits for messages and takes as many as one call may hold; false when the door closes.
func (l *lane) take() (group, bool) {
	var empty group
	select {
	case empty = <-l.spare:
	default:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.next.messages) == 0 && !l.stopped {
		l.work.Wait()
	}
	if l.stopped {
		return group{}, false
	}
	g := l.next
	n, samples := 0, 0
	for n < len(g.messages) && (n == 0 || samples+g.messages[n].samples <= callSamples) {
		samples += g.messages[n].samples
		n++
	}
	empty.messages = append(empty.messages, g.messages[n:]...)
	empty.samples = append(empty.samples, g.samples[samples:]...)
	clear(g.messages[n:])
	clear(g.samples[samples:])
	l.next = empty
	return group{messages: g.messages[:n], samples: g.samples[:samples]}, true
}

// settle tells the outlet of each message of the admitted groups, in order, and flushes
// each outlet once a group.
func (l *lane) settle() {
	var dirty []*sender
	for g := range l.admitted {
		for _, m := range g.messages {
			m.from.to.settle(m, g.err)
			if !m.from.unflushed {
				m.from.unflushed = true
				dirty = append(dirty, m.from)
			}
		}
		for _, s := range dirty {
			s.unflushed = false
			s.to.flush()
		}
		clear(dirty)
		dirty = dirty[:0]
		l.release(g)
	}
}

// release frees the room of settled messages, and keeps their memory for the next ones.
func (l *lane) release(g group) {
	l.mu.Lock()
	for _, m := range g.messages {
		l.held -= m.samples
		m.from.waiting--
	}
	l.room.Broadcast()
	l.mu.Unlock()
	clear(g.messages)
	clear(g.samples)
	if cap(g.samples) > 2*laneSamples {
		return
	}
	select {
	case l.spare <- group{messages: g.messages[:0], samples: g.samples[:0]}:
	default:
	}
}

func (l *lane) admit(g group) error {
	n := len(g.samples)
	if n == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(l.owner.ctx, l.owner.options.AdmitTimeout)
	defer cancel()
	receipt, err := l.owner.sink.Admit(ctx, l.park, g.samples)
	if err != nil {
		l.owner.counts.add(refusedAdmission, len(g.messages))
		return err
	}
	l.owner.counts.add(samplesIn, n)
	l.owner.counts.add(refusedSamples, receipt.Refused)
	return nil
}
