package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Attempt is the proof of one try to deliver a message by a channel.
type Attempt struct {
	Message  string    `json:"message"`
	Channel  string    `json:"channel"`
	Number   int       `json:"attempt"` // from 1
	At       time.Time `json:"at"`
	Outcome  string    `json:"outcome"` // delivered, retry, failed
	Status   int       `json:"status"`
	Response string    `json:"response"` // what the other side said, or the error
}

// Keeper keeps the proof of deliveries.
type Keeper interface {
	Keep(ctx context.Context, a Attempt) error
	Attempts(ctx context.Context, message string) ([]Attempt, error)
}

// Retry says when to try again: after First, then twice as long each time, at most Most,
// and Times tries in all. The zero value is 5 s, 10 min and 15 tries: about an hour and a
// half.
type Retry struct {
	First, Most time.Duration
	Times       int
}

// after is how long to wait after a try; false when there is none more.
func (r Retry) after(number int) (time.Duration, bool) {
	first, most, times := cmp.Or(r.First, 5*time.Second), cmp.Or(r.Most, 10*time.Minute), cmp.Or(r.Times, 15)
	if number >= times {
		return 0, false
	}
	d := first
	for i := 1; i < number && d < most; i++ {
		d *= 2
	}
	return min(d, most), true
}

// maxWaiting bounds the messages that wait for one channel.
const maxWaiting = 10_000

// Queue delivers messages by channels, each channel on its own, so that a dead one holds
// up no other. It is safe for concurrent use; Keeper, Retry and Lost are set before Run.
type Queue struct {
	Keeper Keeper
	Retry  Retry
	Lost   func(err error) // told of a proof that could not be kept; nil = nobody

	mu    sync.Mutex
	lines map[string]*line
}

// line is a channel with what waits for it.
type line struct {
	id      string
	channel Channel
	waiting []waiting // by due
	wake    chan struct{}
}

type waiting struct {
	message Message
	number  int // of the next try
	due     time.Time
}

// NewQueue is a queue over channels by id. Each is opened from its setting by Open.
func NewQueue(channels map[string]Channel, keeper Keeper) *Queue {
	q := &Queue{Keeper: keeper, lines: map[string]*line{}}
	for id, c := range channels {
		q.lines[id] = &line{id: id, channel: c, wake: make(chan struct{}, 1)}
	}
	return q
}

// Deliver lines a message up for channels. What was delivered or has failed by the kept
// proof is passed over, and what waits already too, so that it may be called again
// after a restart. Errors wrap ErrSetting (no such channel; the others get it), ErrFull
// or are the keeper's.
func (q *Queue) Deliver(ctx context.Context, m Message, channels []string) error {
	if err := m.check(); err != nil {
		return err
	}
	past, err := q.Keeper.Attempts(ctx, m.ID)
	if err != nil {
		return fmt.Errorf("notify: attempts of %s: %w", m.ID, err)
	}
	var faults []error
	for _, id := range channels {
		faults = append(faults, q.line(id, m, past))
	}
	return errors.Join(faults...)
}

func (q *Queue) line(id string, m Message, past []Attempt) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lines[id]
	if l == nil {
		return fmt.Errorf("%w: there is no channel %.80q for message %s", ErrSetting, id, m.ID)
	}
	number := 1
	for _, a := range past {
		if a.Channel != id {
			continue
		}
		if a.Outcome != "retry" {
			return nil
		}
		number = max(number, a.Number+1)
	}
	if slices.ContainsFunc(l.waiting, func(w waiting) bool { return w.message.ID == m.ID }) {
		return nil
	}
	if len(l.waiting) >= maxWaiting {
		return fmt.Errorf("%w: %d messages wait for channel %s", ErrFull, len(l.waiting), id)
	}
	l.add(waiting{m, number, time.Now()})
	return nil
}

// add lines up by time and wakes the line.
func (l *line) add(w waiting) {
	i, _ := slices.BinarySearchFunc(l.waiting, w, func(x, y waiting) int {
		if c := x.due.Compare(y.due); c != 0 {
			return c
		}
		return -1 // behind those of the same time
	})
	l.waiting = slices.Insert(l.waiting, i, w)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Waiting is how many messages wait for each channel.
func (q *Queue) Waiting() map[string]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := map[string]int{}
	for id, l := range q.lines {
		n[id] = len(l.waiting)
	}
	return n
}

// Run delivers until the context ends. What waits then is delivered after a restart.
func (q *Queue) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, l := range q.lines {
		all.Go(func() { q.run(ctx, l) })
	}
	all.Wait()
}

func (q *Queue) run(ctx context.Context, l *line) {
	for ctx.Err() == nil {
		w, wait, ok := q.next(l)
		if ok {
			q.try(ctx, l, w)
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-l.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// next is the message that is due, or how long to wait. It stays in the line while it is
// tried, so that Deliver does not line it up again.
func (q *Queue) next(l *line) (waiting, time.Duration, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(l.waiting) == 0 {
		return waiting{}, time.Hour, false
	}
	wait := time.Until(l.waiting[0].due)
	return l.waiting[0], wait, wait <= 0
}

func (q *Queue) try(ctx context.Context, l *line, w waiting) {
	limit, cancel := context.WithTimeout(ctx, 2*timeout)
	answer, err := l.channel.Send(limit, w.message)
	cancel()
	if ctx.Err() != nil && err != nil {
		return // we were stopped, not refused
	}
	a := Attempt{Message: w.message.ID, Channel: l.id, Number: w.number, At: time.Now().UTC(), Outcome: "delivered", Status: answer.Status, Response: answer.Response}
	wait, more := q.Retry.after(w.number)
	if err != nil {
		a.Outcome = "retry"
		if errors.Is(err, ErrRefused) || !more {
			a.Outcome = "failed"
		}
		if a.Response == "" {
			a.Response = clean(err.Error())
		}
	}
	if late := q.Keeper.Keep(context.WithoutCancel(ctx), a); late != nil && q.Lost != nil {
		q.Lost(fmt.Errorf("notify: the proof of %s by %s (%s) is not kept: %w", a.Message, a.Channel, a.Outcome, late))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	l.waiting = slices.DeleteFunc(l.waiting, func(x waiting) bool { return x.message.ID == w.message.ID })
	if a.Outcome == "retry" {
		l.add(waiting{w.message, w.number + 1, time.Now().Add(wait)})
	}
}
