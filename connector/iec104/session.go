package iec104

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"lingtan/connector"
)

const (
	farewell  = 2 * time.Second // for what came before the end of a connection
	mostBatch = 5000            // samples of one call of the sink
	firstWait = time.Second / 10
)

// session is one connection. Its fields belong to the goroutine of run.
type session struct {
	st   *station
	conn net.Conn
	window

	started  bool
	heard    time.Time   // the last frame came
	began    time.Time   // STARTDT act was sent
	tested   time.Time   // TESTFR act was sent and is not confirmed; else zero
	since    time.Time   // the oldest durable frame came that is not acknowledged
	sentAt   []time.Time // of our I frames that are not confirmed
	commands [][]byte    // interrogations that wait to be sent

	general, counters time.Time          // the next interrogations
	open              map[[2]uint16]bool // interrogations that are not done: type and common address
	queue             []held             // received, not yet with the sink
	done              chan admission     // from the sink; buffered
	busy              bool               // the sink has something of us
	peek              bool               // nothing is stored: acknowledge no spontaneous value
	questions         []*question
	asks              chan *question
	gone              chan struct{} // closed when run has ended
}

// held is a received I frame and its samples.
type held struct {
	samples []connector.Sample
	came    time.Time
	keep    bool // not to be acknowledged by who only peeks
}

// admission is what became of the oldest frames of the queue.
type admission struct {
	frames  int
	samples []connector.Sample
	err     error
}

// arrival is a frame, or why there are no more.
type arrival struct {
	apdu apdu
	err  error
}

func newSession(st *station, conn net.Conn) *session {
	return &session{st: st, conn: conn, window: window{k: st.k, w: st.w}, open: make(map[[2]uint16]bool),
		done: make(chan admission, 1), asks: make(chan *question), gone: make(chan struct{})}
}

// run starts the data transfer and keeps it up until ctx ends (nil) or the connection
// does. What was received is still handed to the sink then.
func (k *session) run(ctx context.Context) error {
	arrivals := make(chan arrival)
	over := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() { k.listen(arrivals, over) })
	jobs, cancel := context.WithCancel(context.WithoutCancel(ctx))
	err := k.start()
	if err == nil {
		err = k.loop(ctx, jobs, arrivals)
	}
	k.finish(jobs, cancel)
	k.conn.Close() // it has nothing more to say
	close(over)
	reader.Wait()
	for _, q := range k.questions {
		q.close(fmt.Errorf("%w: the connection ended", connector.ErrUnreachable))
	}
	close(k.gone)
	return err
}

// listen hands frames on, one at a time: what is not taken stays with TCP.
func (k *session) listen(arrivals chan<- arrival, over <-chan struct{}) {
	r := bufio.NewReaderSize(k.conn, 4096)
	for {
		a, err := readAPDU(r)
		select {
		case arrivals <- arrival{a, err}:
		case <-over:
			return
		}
		if err != nil {
			return
		}
	}
}

func (k *session) start() error {
	k.began = time.Now()
	k.heard = k.began
	return k.send(apdu{format: unnumbered, function: startAct})
}

func (k *session) loop(ctx, jobs context.Context, arrivals <-chan arrival) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if err := k.turn(jobs, time.Now()); err != nil {
			return err
		}
		timer.Reset(max(0, time.Until(k.due())))
		select {
		case <-ctx.Done():
			return nil
		case a := <-arrivals:
			if a.err != nil {
				return a.err
			}
			if err := k.receive(a.apdu); err != nil {
				return err
			}
		case a := <-k.done:
			k.settle(a)
		case q := <-k.asks:
			k.questions = append(k.questions, q)
			k.interrogate()
		case <-timer.C:
		}
	}
}

// turn does what is due: time-outs first, then tests, interrogations, the sink and
// the acknowledgement.
func (k *session) turn(jobs context.Context, now time.Time) error {
	late := func(t time.Time) bool { return !t.IsZero() && now.Sub(t) >= k.st.t1 }
	switch {
	case !k.started && late(k.began):
		return fmt.Errorf("%w: STARTDT was not confirmed within t1 = %s; is another controlling station connected?", connector.ErrUnreachable, k.st.t1)
	case late(k.tested):
		return fmt.Errorf("%w: TESTFR was not confirmed within t1 = %s", connector.ErrUnreachable, k.st.t1)
	case len(k.sentAt) > 0 && late(k.sentAt[0]):
		return fmt.Errorf("%w: an interrogation was not acknowledged within t1 = %s", connector.ErrUnreachable, k.st.t1)
	}
	if k.tested.IsZero() && now.Sub(k.heard) >= k.st.t3 {
		k.tested = now
		if err := k.send(apdu{format: unnumbered, function: testAct}); err != nil {
			return err
		}
	}
	if !k.started {
		return nil
	}
	k.schedule(now)
	for len(k.commands) > 0 && k.unconfirmed() < k.k {
		if err := k.command(k.commands[0], now); err != nil {
			return err
		}
		k.commands = k.commands[1:]
	}
	k.submit(jobs)
	if n := k.owed(); n > 0 && (n >= k.w || now.Sub(k.since) >= k.st.t2) {
		return k.acknowledge()
	}
	return nil
}

// due is when turn has something to do next.
func (k *session) due() time.Time {
	next := k.heard.Add(k.st.t3)
	sooner := func(t time.Time, after time.Duration) {
		if !t.IsZero() && t.Add(after).Before(next) {
			next = t.Add(after)
		}
	}
	if !k.tested.IsZero() {
		next = k.tested.Add(k.st.t1)
	}
	if len(k.sentAt) > 0 {
		sooner(k.sentAt[0], k.st.t1)
	}
	if !k.started {
		sooner(k.began, k.st.t1)
		return next
	}
	if k.owed() > 0 {
		sooner(k.since, k.st.t2)
	}
	sooner(k.general, 0)
	sooner(k.counters, 0)
	return next
}

// send writes a frame.
func (k *session) send(a apdu) error {
	k.conn.SetWriteDeadline(time.Now().Add(k.st.t1)) // a closed connection fails at Write
	if _, err := k.conn.Write(a.bytes()); err != nil {
		return fmt.Errorf("%w: %w", connector.ErrUnreachable, err)
	}
	return nil
}

// acknowledge tells the station of all durable frames.
func (k *session) acknowledge() error {
	k.told()
	return k.send(apdu{format: supervisory, receive: k.durable})
}

// told takes note that a frame with N(R) = durable goes out.
func (k *session) told() { k.acknowledged = k.durable }

// command sends an I frame. Its N(R) acknowledges too, so it is the durable number.
func (k *session) command(unit []byte, now time.Time) error {
	k.told()
	a := apdu{format: information, send: k.sent, receive: k.durable, asdu: unit}
	k.sent = (k.sent + 1) % modulus
	k.sentAt = append(k.sentAt, now)
	return k.send(a)
}

// receive takes a frame of the station.
func (k *session) receive(a apdu) error {
	k.heard, k.tested = time.Now(), time.Time{} // any frame shows that it lives
	if a.format == unnumbered {
		return k.function(a.function)
	}
	if err := k.confirm(a.receive); err != nil {
		return err
	}
	k.sentAt = k.sentAt[len(k.sentAt)-k.unconfirmed():]
	if a.format == supervisory {
		return nil
	}
	if !k.started {
		return fmt.Errorf("%w: values before STARTDT was confirmed", connector.ErrProtocol)
	}
	if err := k.take(a.send); err != nil {
		return err
	}
	k.unit(a.asdu)
	return nil
}

func (k *session) function(f byte) error {
	switch f {
	case testAct:
		return k.send(apdu{format: unnumbered, function: testCon})
	case testCon:
		return nil
	case startCon:
		if !k.started {
			k.started, k.st.latency = true, time.Since(k.began)
			k.st.report(true, "")
			k.general = time.Now()
			if k.st.counters > 0 {
				k.counters = k.general
			}
		}
		return nil
	}
	return fmt.Errorf("%w: function %02X from a controlled station; is there another controlling station at the address?", connector.ErrProtocol, f)
}

// unit puts an I frame into the queue to the sink. One that cannot be read is counted
// and acknowledged like others: it would come again for ever.
func (k *session) unit(b []byte) {
	now := k.st.env.Now()
	u, err := parseASDU(b, clock{zone: k.st.zone, summer: k.st.summer, now: now})
	var samples []connector.Sample
	switch {
	case errors.Is(err, errMalformed):
		k.st.driver.count(func(c *tally) { c.Malformed++ })
		k.st.complain("sends broken data units: " + err.Error())
	case u.kind == typeGeneral || u.kind == typeCounter:
		k.answer(u)
	case u.kind == typeEnd:
		k.general = time.Now() // it began anew (60870-5-5, 6.1.5)
	default:
		samples = k.st.unit(u, now)
	}
	for _, q := range k.questions {
		q.add(samples)
	}
	k.queue = append(k.queue, held{samples, k.heard, u.known && u.cause == causeSpontaneous})
	k.finished()
}

// submit hands the queue to the sink, when it has nothing of us: many frames at once,
// in order.
func (k *session) submit(jobs context.Context) {
	if k.busy || len(k.queue) == 0 {
		return
	}
	var a admission
	for _, h := range k.queue {
		if k.peek && h.keep || a.frames > 0 && len(a.samples)+len(h.samples) > mostBatch {
			break
		}
		a.frames++
		a.samples = append(a.samples, h.samples...)
	}
	if a.frames == 0 {
		return
	}
	k.busy = true
	if k.peek || len(a.samples) == 0 {
		k.done <- a
		return
	}
	go func() {
		a.err = k.st.admit(jobs, a.samples)
		k.done <- a
	}()
}

// settle takes what the sink said.
func (k *session) settle(a admission) {
	k.busy = false
	if a.err != nil {
		return // only at the end of the session: nothing becomes durable
	}
	if k.owed() == 0 {
		k.since = k.queue[0].came
	}
	k.queue = k.queue[a.frames:]
	k.durable = (k.durable + uint16(a.frames)) % modulus
	k.st.admitted(a.samples)
}

// finish hands the sink what came, acknowledges it and ends the transfer in good
// order, where the connection still stands.
func (k *session) finish(jobs context.Context, cancel context.CancelFunc) {
	defer cancel()
	defer time.AfterFunc(farewell, cancel).Stop()
	for jobs.Err() == nil {
		k.submit(jobs)
		if !k.busy {
			break
		}
		k.settle(<-k.done)
	}
	if k.busy {
		k.settle(<-k.done)
	}
	k.conn.SetWriteDeadline(time.Now().Add(farewell))
	if k.owed() > 0 && k.acknowledge() != nil {
		return
	}
	if k.started {
		k.send(apdu{format: unnumbered, function: stopAct}) // the connection ends in any case
	}
}

// admit gives samples to the sink, again and again while it is busy.
func (st *station) admit(ctx context.Context, samples []connector.Sample) error {
	for failures := 1; ; failures++ {
		receipt, err := st.env.Sink.Admit(ctx, st.device.Park, samples)
		if err == nil {
			if receipt.Refused > 0 {
				st.env.Log.Warn("samples refused", "protocol", Protocol, "device", st.device.ID, "refused", receipt.Refused)
			}
			return nil
		}
		if failures == 1 {
			st.env.Log.Warn("samples wait for the sink", "protocol", Protocol, "device", st.device.ID, "samples", len(samples), "error", err)
		}
		if !sleep(ctx, backoff(failures, firstWait)) {
			return err
		}
	}
}
