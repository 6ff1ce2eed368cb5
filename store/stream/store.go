package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nuid"

	"lingtan/meter"
	"lingtan/store/series"
	"lingtan/usage"
)

// errLocal marks what is wrong with this node's own copy.
var errLocal = errors.New("this node cannot write")

// applied is what a node applies the stream to: its own series store.
type applied interface {
	AppendAll(ctx context.Context, arrivals []series.Arrival, marks ...meter.Mark) ([]meter.Admission, error)
	Mark(ctx context.Context, name string) ([]byte, error)
}

// Store is a series store that is a full copy among those of a cluster. Readings and
// people's edits go through the stream to every node; what is derived from them
// (usage, findings, month files) and its marks are this node's own, and all methods
// that are not named here are the series store's.
type Store struct {
	*series.Store
	c     *Cluster
	local applied

	cancel context.CancelFunc
	ended  sync.WaitGroup
	wake   chan struct{}        // something new may be in the stream
	dead   chan struct{}        // closed with the verdict
	waits  map[string]chan fate // message id → who waits for its application

	mu      sync.Mutex
	at      position
	joined  bool   // the stream is there and this copy is of it
	target  uint64 // all up to here must be applied before this node counts as current
	current bool
	trouble error     // why nothing is applied at the moment
	fine    time.Time // when the stream was last seen to be applied
	verdict error     // why nothing will ever be applied again
	silent  time.Time // until then a write fails at once: a moment ago no quorum answered
	short   time.Time // since when the stream ends before what is applied
	status  Status
}

// position is up to where the stream is applied; it is stored with the rows.
type position struct {
	Stream   string `json:"stream"`   // which stream: a new one begins a new history
	Sequence uint64 `json:"sequence"` // of the last message applied
	Recorded int64  `json:"recorded"` // recorded time of that message
	Message  string `json:"message"`  // id of that message
}

// fate is what became of a message on this node.
type fate struct {
	admission meter.Admission
	recorded  int64
	err       error
}

// Open puts the cluster before local and begins to apply the stream. It returns at
// once: Ready waits until this node is current. Nothing else may append to local.
// Close closes local too.
func (c *Cluster) Open(ctx context.Context, local *series.Store) (*Store, error) {
	return c.open(ctx, local, local)
}

func (c *Cluster) open(ctx context.Context, store *series.Store, local applied) (*Store, error) {
	s := &Store{Store: store, c: c, local: local, wake: make(chan struct{}, 1), dead: make(chan struct{}), waits: map[string]chan fate{}}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	if s.at.Stream == "" {
		newest, _, err := store.Newest(ctx)
		if err != nil {
			return nil, err
		}
		s.at.Recorded = newest
	}
	sub, err := c.conn.Subscribe(c.wakeSubject(), s.awake)
	if err != nil {
		return nil, fmt.Errorf("stream: node %s: %w", c.o.Name, err)
	}
	running, cancel := context.WithCancel(context.Background())
	s.cancel = func() { cancel(); _ = sub.Unsubscribe() } // the connection may be closed already
	s.ended.Go(func() { s.run(running) })
	s.ended.Go(func() { s.keep(running) })
	return s, nil
}

// markName is the mark under which the position is stored.
func (s *Store) markName() string { return "stream/" + s.c.o.Cluster }

// load reads the position as last committed.
func (s *Store) load(ctx context.Context) error {
	text, err := s.local.Mark(ctx, s.markName())
	if err != nil || len(text) == 0 {
		return err
	}
	var at position
	if err := json.Unmarshal(text, &at); err != nil {
		return fmt.Errorf("stream: mark %s: %w", s.markName(), err)
	}
	s.mu.Lock()
	s.at = at
	s.mu.Unlock()
	return nil
}

// Close ends the application of the stream and closes the series store.
func (s *Store) Close() error {
	s.condemn(ErrClosed)
	s.cancel()
	s.ended.Wait()
	return s.Store.Close()
}

// condemn ends what this store does, for good.
func (s *Store) condemn(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.verdict == nil {
		s.verdict, s.current = why, false
		close(s.dead)
	}
}

// Append stores the batch and marks on the cluster. It returns when a quorum has them
// on disk and this node has applied them, with what became of them, which is the same
// on every node. Of a batch of more than 8 MiB parts may be stored after an error;
// otherwise all or nothing is. After ErrNoQuorum and ErrBehind the batch may become
// stored later: send it again, a repeat does no harm. A ctx without an end is given
// Options.Wait.
func (s *Store) Append(ctx context.Context, park string, b *meter.Batch, marks ...meter.Mark) (meter.Admission, error) {
	got, err := s.write(ctx, &series.Arrival{Park: park, Batch: b, Marks: marks})
	return got.admission, err
}

// PutEdit stores a person's edit on every node and gives it back with its recorded
// time. Its errors are those of Append, and series.ErrInput.
func (s *Store) PutEdit(ctx context.Context, park string, e usage.Edit) (usage.Edit, error) {
	got, err := s.write(ctx, &series.Arrival{Park: park, Edit: &e})
	e.RecordedAt = got.recorded
	return e, err
}

// Barrier returns when this node has applied all that any node acknowledged before,
// and gives its recorded time: what comes later is recorded later, so a question for
// readings as known at it has the same answer on every node and for ever.
func (s *Store) Barrier(ctx context.Context) (int64, error) {
	got, err := s.write(ctx, &series.Arrival{})
	return got.recorded, err
}

// Recorded is the recorded time up to which readings and edits are applied here. What
// is derived on this node has recorded times of its own.
func (s *Store) Recorded() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at.Recorded
}

// Complete is nil when this node's copy may be taken as whole: it has applied all that
// it knows the cluster to have. Otherwise ErrIncomplete, ErrBehind or ErrNoQuorum.
func (s *Store) Complete() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.verdict != nil:
		return s.verdict
	case s.joined && s.stuck():
		return fmt.Errorf("%w: node %s applies nothing: %w", ErrBehind, s.c.o.Name, s.trouble)
	case !s.joined:
		return fmt.Errorf("%w: node %s has not found the stream yet (%v); are %d of %v up and reachable?",
			ErrNoQuorum, s.c.o.Name, s.trouble, s.c.o.Replicas/2+1, s.c.o.names())
	case !s.current:
		return fmt.Errorf("%w: node %s has applied %d of %d messages; it goes on", ErrBehind, s.c.o.Name, s.at.Sequence, s.target)
	}
	return nil
}

// stuck is whether the trouble is more than a message lost between two nodes: this
// node cannot write, or has had no answer for long. The caller holds mu.
func (s *Store) stuck() bool {
	return s.trouble != nil && (errors.Is(s.trouble, errLocal) || time.Since(s.fine) > patience)
}

// Ready waits until this node is current; it gives ErrIncomplete at once, and what
// Complete says when ctx ends.
func (s *Store) Ready(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.Complete()
		if err == nil || errors.Is(err, ErrIncomplete) || errors.Is(err, ErrClosed) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", err, ctx.Err())
		case <-tick.C:
		}
	}
}

// whole refuses to answer from a copy that is known to lack readings. Without the
// cluster a node answers from what it has applied.
func (s *Store) whole() error {
	s.mu.Lock()
	out := s.verdict != nil || s.joined && !s.current && s.at.Sequence < s.target
	s.mu.Unlock()
	if out {
		return s.Complete()
	}
	return nil
}

// Readings is the series store's, unless this copy is known to lack readings.
func (s *Store) Readings(ctx context.Context, q meter.Query, fn func(meter.Track) error) error {
	if err := s.whole(); err != nil {
		return err
	}
	return s.Store.Readings(ctx, q, fn)
}

// Touched is the series store's, unless this copy is known to lack readings: nothing
// is settled from it then.
func (s *Store) Touched(ctx context.Context, park string, since int64) ([]series.Touch, error) {
	if err := s.whole(); err != nil {
		return nil, err
	}
	return s.Store.Touched(ctx, park, since)
}

// Last is the series store's, unless this copy is known to lack readings.
func (s *Store) Last(ctx context.Context, park string) ([]series.Reading, error) {
	if err := s.whole(); err != nil {
		return nil, err
	}
	return s.Store.Last(ctx, park)
}

// AppendAll is refused: it would write past the cluster.
func (s *Store) AppendAll(context.Context, []series.Arrival, ...meter.Mark) ([]meter.Admission, error) {
	return nil, fmt.Errorf("%w: readings of a cluster are written by Append alone", series.ErrInput)
}

// open is why a write would be in vain; nil while it is worth waiting, as for the
// election of a leader.
func (s *Store) open() error {
	err := s.Complete()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.verdict == nil && s.joined && s.current && !errors.Is(s.trouble, errLocal) {
		return nil
	}
	return err
}

// write sends an arrival through the stream and waits until it is applied here.
func (s *Store) write(ctx context.Context, a *series.Arrival) (fate, error) {
	if err := a.Check(); err != nil {
		return fate{}, err
	}
	if err := s.open(); err != nil {
		return fate{}, err
	}
	messages, err := parts(a, maxMessage-4096)
	if err != nil {
		return fate{}, err
	}
	if _, ends := ctx.Deadline(); !ends {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.c.o.Wait)
		defer cancel()
	}
	var sum fate
	ids, waits := make([]string, len(messages)), make([]chan fate, len(messages))
	for i, m := range messages {
		ids[i], waits[i] = nuid.Next(), make(chan fate, 1)
		s.await(ids[i], waits[i])
		defer s.await(ids[i], nil)
		if err := s.publish(ctx, ids[i], m); err != nil {
			return sum, err
		}
	}
	for _, w := range waits {
		select {
		case f := <-w:
			if f.err != nil {
				return sum, f.err
			}
			sum.admission.Add(f.admission)
			sum.recorded = f.recorded
		case <-s.dead:
			return sum, s.Complete()
		case <-ctx.Done():
			return sum, s.unapplied(ctx)
		}
	}
	return sum, nil
}

// unapplied is the error of a write that the cluster has and this node does not.
func (s *Store) unapplied(ctx context.Context) error {
	err := s.Complete()
	if err == nil {
		err = ErrBehind
	}
	return fmt.Errorf("%w: the cluster has the write, node %s has not applied it in time (%w); send it again", err, s.c.o.Name, ctx.Err())
}

// await notes who waits for a message; nil ends that.
func (s *Store) await(id string, w chan fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w == nil {
		delete(s.waits, id)
		return
	}
	s.waits[id] = w
}

// tell hands the fate of a message to who waits for it.
func (s *Store) tell(id string, f fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.waits[id]; w != nil {
		delete(s.waits, id)
		w <- f
	}
}
