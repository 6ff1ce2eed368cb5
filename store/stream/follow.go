package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"lingtan/meter"
	"lingtan/store/series"
)

// How the stream is followed.
const (
	fetchMessages = 512                    // at a time
	fetchBytes    = 16 << 20               // at a time, and one message more
	fetchWait     = time.Second            // for an answer of a node that may just have died
	idle          = 100 * time.Millisecond // between looks when nobody says that there is more
	publishTry    = 2 * time.Second        // for an acknowledgement, before the same message is sent again
	patience      = 5 * time.Second        // without an answer before a node counts as not current
	silence       = time.Second            // for which writes fail at once after one found no quorum
	shortFor      = 10 * time.Second       // for which a stream may end too early, as while it elects a leader
)

// entry is a message of the stream as it was fetched.
type entry struct {
	sequence uint64
	at       time.Time // when the stream's leader took it; the same on every node
	id       string
	data     []byte
}

// publish gives a message to the stream and returns when a quorum has it. It is sent
// again under the same id until ctx ends; the stream takes it once.
func (s *Store) publish(ctx context.Context, id string, message []byte) error {
	s.mu.Lock()
	silent := time.Now().Before(s.silent)
	s.mu.Unlock()
	if silent {
		return fmt.Errorf("%w: a write found none a moment ago; send it again later", ErrNoQuorum)
	}
	var last error
	for ctx.Err() == nil {
		try, cancel := context.WithTimeout(ctx, publishTry)
		m := &nats.Msg{Subject: s.c.subject(), Data: message}
		_, err := s.c.js.PublishMsg(try, m, jetstream.WithMsgID(id), jetstream.WithExpectStream(s.c.streamName()))
		cancel()
		if err == nil {
			s.awake(nil)
			_ = s.c.conn.Publish(s.c.wakeSubject(), nil) // the others look by themselves too
			return nil
		}
		if errors.Is(err, nats.ErrConnectionClosed) {
			return fmt.Errorf("%w: this node has left the cluster", ErrClosed)
		}
		last = err
		pause(ctx, 50*time.Millisecond)
	}
	s.mu.Lock()
	s.silent = time.Now().Add(silence)
	s.mu.Unlock()
	return fmt.Errorf("%w in time: %d of %v must be up and reachable, with room on disk (%v); send it again", ErrNoQuorum,
		s.c.o.Replicas/2+1, s.c.o.names(), last)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// awake says that the stream may have more.
func (s *Store) awake(*nats.Msg) {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run follows the stream until ctx ends or this copy proves incomplete.
func (s *Store) run(ctx context.Context) {
	wait := 50 * time.Millisecond
	for ctx.Err() == nil {
		begun := time.Now()
		err := s.follow(ctx)
		if errors.Is(err, ErrIncomplete) {
			s.c.o.Log.Error("this node's copy is incomplete; it refuses to answer", "node", s.c.o.Name, "error", err.Error())
			s.condemn(err)
			return
		}
		if ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		s.trouble = err
		s.mu.Unlock()
		if wait = min(2*wait, 2*time.Second); time.Since(begun) > time.Minute {
			wait = 100 * time.Millisecond
		}
		s.c.o.Log.Warn("the stream is not applied; it is tried again", "node", s.c.o.Name, "error", err.Error())
		pause(ctx, wait)
	}
}

// follow finds the stream and applies what comes until an error.
func (s *Store) follow(ctx context.Context) error {
	if err := s.join(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		next := s.position().Sequence + 1
		entries, err := s.fetch(ctx, next)
		if err != nil {
			return err
		}
		if len(entries) > 0 && entries[0].sequence != next {
			if err := s.gap(ctx, next, entries[0].sequence); err != nil {
				return err
			}
			continue
		}
		if len(entries) > 0 {
			err = s.apply(context.WithoutCancel(ctx), entries)
		} else {
			s.rest(ctx)
		}
		if errors.Is(err, ErrIncomplete) {
			return err
		}
		if err != nil {
			return errors.Join(fmt.Errorf("%w: %w", errLocal, err), s.load(context.WithoutCancel(ctx))) // the commit may have come through
		}
		s.settle()
	}
	return ctx.Err()
}

// rest waits until there may be more. An acknowledged message reaches this node's
// replica a moment after the leader's, so who is waited for is looked for at once.
func (s *Store) rest(ctx context.Context) {
	s.mu.Lock()
	waited := len(s.waits) > 0
	s.mu.Unlock()
	if waited {
		pause(ctx, time.Millisecond)
		return
	}
	t := time.NewTimer(idle)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-s.wake:
	case <-t.C:
	}
}

func (s *Store) position() position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// settle notes that all goes well, and whether this node is current.
func (s *Store) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble, s.fine = nil, time.Now()
	if s.verdict == nil && !s.current && s.at.Sequence >= s.target {
		s.current = true
		s.c.o.Log.Info("this node is current", "node", s.c.o.Name, "sequence", s.at.Sequence)
	}
}

// Keys of the stream's metadata.
const (
	metaStream   = "lingtan-stream"   // which stream this is
	metaHolds    = "lingtan-holds"    // what a copy must hold to begin with
	metaRecorded = "lingtan-recorded" // recorded time after which messages are recorded
)

// join finds or makes the stream and holds this copy against it.
func (s *Store) join(ctx context.Context) error {
	newest, readings, err := s.Newest(ctx)
	if err != nil {
		return err
	}
	holds := fmt.Sprintf("%d readings, recorded to %d", readings, newest)
	stream, err := s.find(ctx)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = s.create(ctx, holds)
	}
	if err != nil {
		return fmt.Errorf("stream %s: %w", s.c.streamName(), err)
	}
	info := stream.CachedInfo()
	at, meta := s.position(), info.Config.Metadata
	switch {
	case at.Stream == meta[metaStream]:
		if newest > at.Recorded {
			return s.incomplete("it was written to outside of the cluster")
		}
	case at.Stream != "" && !s.c.o.Begin:
		return s.incomplete("it followed another stream (" + at.Stream + ") than the cluster has now (" + meta[metaStream] + ")")
	case holds != meta[metaHolds]:
		return s.incomplete("it holds " + holds + ", while the cluster began with " + meta[metaHolds])
	default:
		recorded, err := strconv.ParseInt(meta[metaRecorded], 10, 64)
		if err != nil {
			return fmt.Errorf("stream %s: recorded time in its metadata: %w", s.c.streamName(), err)
		}
		at = position{Stream: meta[metaStream], Recorded: recorded}
	}
	if err := s.compare(ctx, at, info.State); err != nil {
		return err
	}
	s.mu.Lock()
	s.at, s.joined, s.target = at, true, info.State.LastSeq
	s.current = s.verdict == nil && at.Sequence >= s.target
	s.mu.Unlock()
	return nil
}

// incomplete says that this copy cannot go on, and what to do.
func (s *Store) incomplete(why string) error {
	return fmt.Errorf("%w: node %s: %s; stop it, replace its folder of readings by a copy of a current node's (made while that node is stopped), and start it", ErrIncomplete, s.c.o.Name, why)
}

// find asks for the stream. While no leader is known nobody answers at all.
func (s *Store) find(ctx context.Context) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return s.c.js.Stream(ctx, s.c.streamName())
}

func (s *Store) create(ctx context.Context, holds string) (jetstream.Stream, error) {
	if at := s.position(); at.Stream != "" && !s.c.o.Begin {
		if s.tooShort() {
			return nil, fmt.Errorf("the cluster knows no stream, this node has followed one")
		}
		return nil, s.incomplete("the stream that it followed is gone from the cluster (or begin a new one, with the same readings on every node)")
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	o := s.c.o
	stream, err := s.c.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: s.c.streamName(), Subjects: []string{s.c.subject()}, Storage: jetstream.FileStorage, Replicas: o.Replicas,
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, MaxAge: o.MaxAge, MaxBytes: o.MaxBytes,
		Duplicates: 2 * time.Minute, AllowDirect: true, DenyDelete: true,
		Metadata: map[string]string{metaStream: nuid.Next(), metaHolds: holds, metaRecorded: strconv.FormatInt(s.Store.Recorded(), 10)},
	})
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another node was faster
		return s.find(ctx)
	}
	return stream, err
}

// compare holds what is applied here against what the stream has.
func (s *Store) compare(ctx context.Context, at position, has jetstream.StreamState) error {
	if has.FirstSeq > at.Sequence+1 {
		return s.incomplete(fmt.Sprintf("it has applied up to message %d, and the cluster keeps none before %d: it was away for too long, or is new", at.Sequence, has.FirstSeq))
	}
	if has.LastSeq < at.Sequence {
		if s.tooShort() {
			return fmt.Errorf("the stream ends at %d, this node has applied %d already", has.LastSeq, at.Sequence)
		}
		return s.incomplete(fmt.Sprintf("it has applied message %d, and the stream ends at %d: the cluster lost messages that this node has", at.Sequence, has.LastSeq))
	}
	s.short = time.Time{}
	if at.Sequence == 0 || has.FirstSeq > at.Sequence {
		return nil
	}
	entries, err := s.fetchSome(ctx, at.Sequence, 1)
	if err != nil {
		return err
	}
	if len(entries) == 1 && entries[0].sequence == at.Sequence && entries[0].id != at.Message {
		return s.incomplete(fmt.Sprintf("message %d of the stream is another than the one that it applied", at.Sequence))
	}
	return nil
}

// tooShort is whether the stream has ended before what is applied here for a short
// time only: a leader just elected may still be applying its log.
func (s *Store) tooShort() bool {
	if s.short.IsZero() {
		s.short = time.Now()
	}
	return time.Since(s.short) < shortFor
}

// gap deals with a stream that goes on at found though next is due: a replica may have
// a hole that the leader has not. What the leader no longer has is gone.
func (s *Store) gap(ctx context.Context, next, found uint64) error {
	stream, err := s.find(ctx)
	if err != nil {
		return fmt.Errorf("stream %s: %w", s.c.streamName(), err)
	}
	state := stream.CachedInfo().State
	if state.LastSeq < next {
		return fmt.Errorf("the stream ends at %d, message %d is due", state.LastSeq, next)
	}
	e, err := s.ofLeader(ctx, next)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return s.incomplete(fmt.Sprintf("the cluster no longer has messages %d to %d", next, found-1))
	}
	if err != nil {
		return err
	}
	return s.apply(context.WithoutCancel(ctx), []entry{e})
}

// ofLeader asks the stream's leader, and no replica, for a message.
func (s *Store) ofLeader(ctx context.Context, sequence uint64) (entry, error) {
	ctx, cancel := context.WithTimeout(ctx, publishTry)
	defer cancel()
	m, err := s.c.conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+s.c.streamName(), fmt.Appendf(nil, `{"seq":%d}`, sequence))
	if err != nil {
		return entry{}, fmt.Errorf("message %d: %w", sequence, err)
	}
	var got struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Header []byte    `json:"hdrs"`
			Data   []byte    `json:"data"`
			Time   time.Time `json:"time"`
		} `json:"message"`
	}
	if err := json.Unmarshal(m.Data, &got); err != nil {
		return entry{}, fmt.Errorf("message %d: %w", sequence, err)
	}
	if got.Error != nil && got.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound {
		return entry{}, jetstream.ErrMsgNotFound
	}
	if got.Error != nil {
		return entry{}, fmt.Errorf("message %d: %w", sequence, got.Error)
	}
	header, err := nats.DecodeHeadersMsg(got.Message.Header)
	if err != nil {
		return entry{}, fmt.Errorf("message %d: %w", sequence, err)
	}
	return entry{sequence: sequence, at: got.Message.Time, id: header.Get("Nats-Msg-Id"), data: got.Message.Data}, nil
}

// fetch gets what the stream has from next on, in order; nothing when that is all.
func (s *Store) fetch(ctx context.Context, next uint64) ([]entry, error) {
	return s.fetchSome(ctx, next, fetchMessages)
}

// fetchSome asks for messages by a batched direct get, which the nearest replica
// answers: this node's own when it has one.
func (s *Store) fetchSome(ctx context.Context, next uint64, count int) ([]entry, error) {
	inbox := s.c.conn.NewInbox()
	sub, err := s.c.conn.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer sub.Unsubscribe()
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return nil, err
	}
	request := fmt.Sprintf(`{"seq":%d,"batch":%d,"max_bytes":%d}`, next, count, fetchBytes)
	if err := s.c.conn.PublishRequest("$JS.API.DIRECT.GET."+s.c.streamName(), inbox, []byte(request)); err != nil {
		return nil, err
	}
	var entries []entry
	for {
		wait, cancel := context.WithTimeout(ctx, fetchWait)
		m, err := sub.NextMsgWithContext(wait)
		cancel()
		if err != nil {
			return entries, short(entries, fmt.Errorf("no replica of the stream answers: %w", err))
		}
		switch status := m.Header.Get("Status"); status {
		case "":
			e, err := parseEntry(m)
			if err != nil {
				return nil, err
			}
			if n := len(entries); n > 0 && e.sequence != entries[n-1].sequence+1 {
				return entries, nil // the gap is looked at once those before it are applied
			}
			entries = append(entries, e)
		case "204", "404": // the end; nothing
			return entries, nil
		default:
			return entries, short(entries, fmt.Errorf("no replica of the stream answers: %s %s", status, m.Header.Get("Description")))
		}
	}
}

// short lets what came be applied before an error is looked at.
func short(entries []entry, err error) error {
	if len(entries) > 0 {
		return nil
	}
	return err
}

func parseEntry(m *nats.Msg) (entry, error) {
	sequence, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil {
		return entry{}, fmt.Errorf("stream: message without a sequence: %w", err)
	}
	at, err := time.Parse(time.RFC3339Nano, m.Header.Get("Nats-Time-Stamp"))
	if err != nil {
		return entry{}, fmt.Errorf("stream: message %d without a time: %w", sequence, err)
	}
	return entry{sequence: sequence, at: at, id: m.Header.Get("Nats-Msg-Id"), data: m.Data}, nil
}

// apply stores messages and the position after them in one transaction. One that the
// store refuses for what it says is refused on every node: it is passed over, and its
// sender gets the error.
func (s *Store) apply(ctx context.Context, entries []entry) error {
	arrivals := make([]series.Arrival, len(entries))
	at := s.position()
	for i, e := range entries {
		a, err := decode(e.data)
		if err == nil {
			err = a.Check()
		}
		if err != nil {
			if i > 0 {
				return s.apply(ctx, entries[:i])
			}
			return s.incomplete(fmt.Sprintf("message %d cannot be applied: %v", e.sequence, err))
		}
		a.RecordedAt = max(at.Recorded+1, e.at.UnixMilli())
		arrivals[i] = *a
		at = position{Stream: at.Stream, Sequence: e.sequence, Recorded: a.RecordedAt, Message: e.id}
	}
	admissions, err := s.commit(ctx, arrivals, at)
	if err != nil && errors.Is(err, series.ErrInput) {
		return s.applyRefused(ctx, entries, arrivals[0], err)
	}
	if err != nil {
		return err
	}
	for i, e := range entries {
		if b := arrivals[i].Batch; b != nil && s.c.o.Applied != nil {
			s.c.o.Applied(arrivals[i].Park, b)
		}
		s.tell(e.id, fate{admission: admissions[i], recorded: arrivals[i].RecordedAt})
	}
	return nil
}

// applyRefused applies messages one by one, of which the store refused some.
func (s *Store) applyRefused(ctx context.Context, entries []entry, first series.Arrival, why error) error {
	if len(entries) > 1 {
		for i := range entries {
			if err := s.apply(ctx, entries[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	e := entries[0]
	at := position{Stream: s.position().Stream, Sequence: e.sequence, Recorded: first.RecordedAt, Message: e.id}
	if _, err := s.commit(ctx, nil, at); err != nil {
		return err
	}
	s.c.o.Log.Error("a message is passed over: the readings' store refuses it", "sequence", e.sequence, "error", why.Error())
	s.tell(e.id, fate{err: why})
	return nil
}

// commit stores arrivals together with the position after them.
func (s *Store) commit(ctx context.Context, arrivals []series.Arrival, at position) ([]meter.Admission, error) {
	text, err := json.Marshal(at)
	if err != nil {
		return nil, err
	}
	admissions, err := s.local.AppendAll(ctx, arrivals, meter.Mark{Name: s.markName(), Value: text})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.at = at
	s.mu.Unlock()
	return admissions, nil
}
