package iec104

import (
	"context"
	"fmt"
	"sync"
	"time"

	"lingtan/connector"
)

// question is a Read that waits for the answers to an interrogation.
type question struct {
	done chan struct{}
	once sync.Once
	err  error // set before done is closed

	mu      sync.Mutex
	samples []connector.Sample
}

func (q *question) add(list []connector.Sample) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.samples = append(q.samples, list...)
}

func (q *question) taken() []connector.Sample {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.samples
	q.samples = nil
	return list
}

func (q *question) close(err error) {
	q.once.Do(func() {
		q.err = err
		close(q.done)
	})
}

// put asks a session of Run and waits for its answer.
func (k *session) put(ctx context.Context, q *question) error {
	select {
	case k.asks <- q:
	case <-k.gone:
		return fmt.Errorf("%w: the connection ended", connector.ErrUnreachable)
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-q.done:
		return q.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// interrogate has both interrogations sent now.
func (k *session) interrogate() {
	k.general = time.Now()
	if k.st.counters > 0 {
		k.counters = k.general
	}
}

// schedule queues the interrogations that are due. The next ones follow the clock, so
// that counters are read at the ends of settlement intervals.
func (k *session) schedule(now time.Time) {
	if !k.general.IsZero() && !now.Before(k.general) {
		k.general = now.Add(k.untilNext(k.st.interval))
		k.st.trouble = ""
		if len(k.open) > 0 {
			k.st.complain("did not finish the last interrogation; check option ca")
			clear(k.open)
		}
		k.queueUp(typeGeneral, qualifierGeneral)
	}
	if !k.counters.IsZero() && !now.Before(k.counters) {
		k.counters = now.Add(k.untilNext(k.st.counters))
		k.queueUp(typeCounter, qualifierCounter)
	}
}

func (k *session) untilNext(every time.Duration) time.Duration {
	now := k.st.env.Now()
	return now.Truncate(every).Add(every).Sub(now)
}

// queueUp has a command sent to every common address, unless many wait already.
func (k *session) queueUp(kind, qualifier byte) {
	if len(k.commands) > 2*mostCommon {
		return
	}
	for _, common := range k.st.common {
		k.open[[2]uint16{uint16(kind), common}] = true
		k.commands = append(k.commands, interrogation(kind, qualifier, k.st.origin, common))
	}
}

// answer takes a confirmation or the end of an interrogation.
func (k *session) answer(u asdu) {
	refused := u.negative || u.cause >= causeUnknown && u.cause <= causeUnknownLast
	if refused {
		k.st.complain(fmt.Sprintf("refuses interrogation %d of common address %d (cause %d); check option ca", u.kind, u.common, u.cause))
	}
	if refused || u.cause == causeActTerm {
		delete(k.open, [2]uint16{uint16(u.kind), u.common})
	}
}

// finished answers the questions when no interrogation is open.
func (k *session) finished() {
	if len(k.questions) == 0 || len(k.open) > 0 || len(k.commands) > 0 || k.general.IsZero() || !k.general.After(time.Now()) {
		return
	}
	for _, q := range k.questions {
		q.close(nil)
	}
	k.questions = nil
}
