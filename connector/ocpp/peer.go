package ocpp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/lorenzodonini/ocpp-go/ocppj"

	"lingtan/connector"
)

const (
	waiting     = 8                // messages of a charger that wait for the one before; OCPP allows none
	reportEvery = 10 * time.Second // how often a charger that does well is reported
)

// peer is the connection of a charger.
type peer struct {
	door    *door
	conn    *websocket.Conn
	version version
	charger atomic.Pointer[charger]
	inbox   chan frame
	done    chan struct{} // closed when nothing of it is handled any more

	writing sync.Mutex
	asking  chan struct{} // holds one: OCPP allows one request of ours at a time

	mu       sync.Mutex
	cutOff   bool
	asked    int
	question string     // id of the request of ours that is open
	reply    chan frame // of it
	taps     map[chan []connector.Sample]bool
	state    state
}

// state is how a charger does.
type state struct {
	newest   time.Time     // newest time stamp of the charger
	lag      time.Duration // of its clock behind ours at that time stamp
	samples  int64
	fault    string
	reported time.Time
}

func newPeer(o *door, conn *websocket.Conn, v version, c *charger) *peer {
	p := &peer{door: o, conn: conn, version: v, inbox: make(chan frame, waiting), done: make(chan struct{}),
		asking: make(chan struct{}, 1), taps: map[chan []connector.Sample]bool{}}
	p.charger.Store(c)
	return p
}

func (p *peer) count(reason string) { p.door.driver.counts.add(reason, 1) }

// run serves the connection until it ends.
func (p *peer) run(ctx context.Context) {
	defer close(p.done)
	ctx, cancel := context.WithCancel(ctx)
	p.count("connected")
	p.report("", true)
	var handling sync.WaitGroup
	handling.Go(func() { p.handleAll(ctx) })
	err := p.read(ctx)
	stopped := ctx.Err() != nil
	cancel()
	_ = p.conn.Close()
	handling.Wait()
	if !stopped && p.door.listed(p.charger.Load()) {
		p.report(fmt.Sprintf("the connection ended (%v); the charger should connect again: %v", err, connector.ErrUnreachable), true)
	}
}

// read takes messages off the connection. It slows a charger down that sends too many.
func (p *peer) read(ctx context.Context) error {
	l := p.door.driver.limits
	p.conn.SetReadLimit(int64(p.door.driver.options.MaxMessage))
	alive := func() { _ = p.conn.SetReadDeadline(time.Now().Add(l.idle)) }
	p.conn.SetPongHandler(func(string) error { alive(); return nil })
	ping := p.conn.PingHandler()
	p.conn.SetPingHandler(func(data string) error { alive(); return ping(data) })
	bucket := bucket{rate: l.rate, burst: l.burst, level: l.burst, at: time.Now()}
	for bad := 0; ; {
		alive()
		kind, text, err := p.conn.ReadMessage()
		if errors.Is(err, websocket.ErrReadLimit) {
			p.count("oversized")
			return fmt.Errorf("a message is larger than %d bytes", p.door.driver.options.MaxMessage)
		}
		if err != nil {
			return err
		}
		if !bucket.take(ctx, func() { p.count("slowed") }) {
			return ctx.Err()
		}
		if kind == websocket.TextMessage && p.message(ctx, text) {
			bad = 0
			continue
		}
		if bad++; bad >= l.bad {
			p.count("garbage_cut")
			p.cut(websocket.CloseUnsupportedData, "too many messages that are no OCPP")
			return errors.New("too many messages that are no OCPP")
		}
	}
}

// message hands one message on; false when it is no OCPP.
func (p *peer) message(ctx context.Context, text []byte) bool {
	f, err := parseFrame(p.version, text)
	if err != nil {
		p.count("garbage")
		if f.kind != ocppj.CALL_RESULT && f.kind != ocppj.CALL_ERROR { // an answer is not answered
			p.send(answer(p.version, f.id, nil, err))
		}
		return false
	}
	if f.kind != ocppj.CALL {
		p.answered(f)
		return true
	}
	select {
	case p.inbox <- f:
	case <-ctx.Done():
	}
	return true
}

// answered hands an answer to who asked. One that nobody waits for any more is counted.
func (p *peer) answered(f frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reply == nil || f.id != p.question {
		p.count("late_answers")
		return
	}
	p.reply <- f
	p.reply = nil
}

// handleAll handles the requests of the charger one after the other, in their order.
func (p *peer) handleAll(ctx context.Context) {
	ping := time.NewTicker(p.door.driver.limits.ping)
	defer ping.Stop()
	for {
		select {
		case f := <-p.inbox:
			p.handle(ctx, f)
		case <-ping.C:
			if p.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(p.door.driver.limits.write)) != nil {
				_ = p.conn.Close()
			}
		case <-ctx.Done():
			return
		}
	}
}

func (p *peer) handle(ctx context.Context, f frame) {
	p.count("messages")
	handlers := actions16
	if p.version == v201 {
		handlers = actions201
	}
	h := handlers[f.action]
	if h == nil {
		p.count("unknown_action")
		p.send(answer(p.version, f.id, nil, refuse(ocppj.NotImplemented, "%s is not known here", f.action)))
		return
	}
	payload, err := h(ctx, p, f.payload)
	var r *refusal
	switch {
	case ctx.Err() != nil && err != nil:
		return // not admitted: the charger sends it again when it is connected again
	case errors.As(err, &r):
		p.count("refused_messages")
		p.door.say("refused "+f.action, "ocpp: a message was refused", fmt.Errorf("%s of charger %s: %w", f.action, p.charger.Load().device.ID, err))
	case err != nil:
		p.count("not_stored")
		p.report(fmt.Sprintf("a %s was not stored and is to be sent again: %v", f.action, err), true)
	}
	p.send(answer(p.version, f.id, payload, err))
}

// send writes a message; a charger that does not read in time loses its connection.
func (p *peer) send(text []byte) {
	p.writing.Lock()
	defer p.writing.Unlock()
	_ = p.conn.SetWriteDeadline(time.Now().Add(p.door.driver.limits.write))
	if err := p.conn.WriteMessage(websocket.TextMessage, text); err != nil {
		p.count("write_failed")
		_ = p.conn.Close()
	}
}

// cut closes the connection with a reason.
func (p *peer) cut(code int, why string) {
	p.mu.Lock()
	again := p.cutOff
	p.cutOff = true
	p.mu.Unlock()
	if again {
		return
	}
	_ = p.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), time.Now().Add(time.Second))
	_ = p.conn.Close()
}

// ask sends a request and reads its answer into reply. Errors wrap
// connector.ErrUnreachable when no answer came, connector.ErrRefused when the charger
// answers with an error.
func (p *peer) ask(ctx context.Context, action string, request, reply any) error {
	ctx, cancel := context.WithTimeout(ctx, p.door.driver.limits.call)
	defer cancel()
	silent := func() error {
		return fmt.Errorf("ocpp: charger %s does not answer %s in time: %w", p.charger.Load().device.ID, action, connector.ErrUnreachable)
	}
	select {
	case p.asking <- struct{}{}:
		defer func() { <-p.asking }()
	case <-ctx.Done():
		return silent()
	case <-p.done:
		return silent()
	}
	answers := make(chan frame, 1)
	p.mu.Lock()
	p.asked++
	id := "lingtan-" + strconv.Itoa(p.asked)
	p.question, p.reply = id, answers
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.reply = nil
		p.mu.Unlock()
	}()
	text, err := json.Marshal([]any{ocppj.CALL, id, action, request})
	if err != nil {
		return fmt.Errorf("ocpp: %w", err)
	}
	p.send(text)
	select {
	case f := <-answers:
		return p.understand(f, action, reply)
	case <-ctx.Done():
		return silent()
	case <-p.done:
		return silent()
	}
}

// understand reads an answer.
func (p *peer) understand(f frame, action string, reply any) error {
	id := p.charger.Load().device.ID
	if f.kind == ocppj.CALL_ERROR {
		return fmt.Errorf("ocpp: charger %s refuses %s: %s %s: %w", id, action, clip(string(f.code)), clip(f.text), connector.ErrRefused)
	}
	if err := decode(p.version, f.payload, reply); err != nil {
		return fmt.Errorf("ocpp: charger %s answers %s with what cannot be read: %w: %w", id, action, err, connector.ErrProtocol)
	}
	return nil
}

// admit hands samples on and returns when they are durable.
func (p *peer) admit(ctx context.Context, list []connector.Sample) error {
	if len(list) == 0 {
		return nil
	}
	at := p.charger.Load().place
	for i := range list {
		list[i].Device = at.device
	}
	limit, cancel := context.WithTimeout(ctx, p.door.driver.options.AdmitTimeout)
	defer cancel()
	receipt, err := p.door.env.Sink.Admit(limit, at.park, list)
	if err != nil {
		return err
	}
	if receipt.Refused > 0 {
		p.door.driver.counts.add("refused_samples", int64(receipt.Refused))
	}
	p.door.driver.counts.add("samples", int64(len(list)))
	p.mu.Lock()
	p.state.samples += int64(len(list))
	for tap := range p.taps {
		select {
		case tap <- list:
		default: // who reads is behind; it has its limit
		}
	}
	p.mu.Unlock()
	p.report("", false)
	return nil
}

// stamped notes a time stamp that the charger put on a message: the newest one tells how
// its clock goes; older ones come from its queue.
func (p *peer) stamped(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.door.env.Now()
	if at.After(p.state.newest) || p.state.newest.After(now) { // a clock that was ahead may be set back
		p.state.newest, p.state.lag = at, now.Sub(at)
	}
}

// report tells how the charger does: at once when that changed, else now and then.
func (p *peer) report(fault string, now bool) {
	p.mu.Lock()
	at := p.door.env.Now()
	if !now && fault == p.state.fault && at.Sub(p.state.reported) < reportEvery {
		p.mu.Unlock()
		return
	}
	p.state.fault, p.state.reported = fault, at
	c := p.charger.Load().place
	s := connector.Status{Park: c.park, Device: c.device, At: at, OK: fault == "", Error: fault, Lag: p.state.lag, Samples: p.state.samples}
	p.mu.Unlock()
	p.door.env.Report(s)
}

// bucket lets a rate of messages pass, and a burst at once.
type bucket struct {
	rate, burst, level float64
	at                 time.Time
}

// take waits until a message may pass; false when ctx ends before.
func (b *bucket) take(ctx context.Context, slowed func()) bool {
	now := time.Now()
	b.level = min(b.burst, b.level+now.Sub(b.at).Seconds()*b.rate) - 1
	b.at = now
	if b.level >= 0 {
		return true
	}
	slowed()
	select {
	case <-time.After(time.Duration(-b.level / b.rate * float64(time.Second))):
		return true
	case <-ctx.Done():
		return false
	}
}
