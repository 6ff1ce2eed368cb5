package stream

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Leases say which node owns a park: it alone settles, closes and publishes there.
//
// A lease is an entry of a replicated bucket that its holder writes anew every third
// of its term. Who wants it watches the entry: when it has not changed for a term by
// the watcher's own clock, the watcher puts its own name in its place, if the entry is
// still the one that it watched. No two clocks are compared. The token is the entry's
// revision when it was taken, so it rises from holder to holder.
type Leases struct {
	c    *Cluster
	kv   jetstream.KeyValue
	term time.Duration
}

// Leases opens the leases of the cluster. term is how long a park has no owner when
// one dies, 3 s to 10 min; 0 = 15 s. All nodes must give the same.
func (c *Cluster) Leases(ctx context.Context, term time.Duration) (*Leases, error) {
	if term == 0 {
		term = 15 * time.Second
	}
	if term < 3*time.Second || term > 10*time.Minute {
		return nil, fmt.Errorf("%w: leases of %v; give 3 s to 10 min", ErrConfig, term)
	}
	return c.leases(ctx, term)
}

func (c *Cluster) leases(ctx context.Context, term time.Duration) (*Leases, error) {
	var last error
	for ctx.Err() == nil {
		try, cancel := context.WithTimeout(ctx, 3*time.Second)
		kv, err := c.js.CreateOrUpdateKeyValue(try, jetstream.KeyValueConfig{Bucket: c.leaseBucket(), Replicas: c.o.Replicas, History: 1})
		cancel()
		if err == nil {
			return &Leases{c: c, kv: kv, term: term}, nil
		}
		last = err
		pause(ctx, 100*time.Millisecond)
	}
	return nil, fmt.Errorf("%w: leases: %w (%w)", ErrNoQuorum, last, ctx.Err())
}

// claim is the content of a lease's entry.
type claim struct {
	Holder string `json:"holder"`
	Token  uint64 `json:"token,omitempty"` // 0: the revision of this entry
}

// held is an entry as it was read.
type held struct {
	claim
	revision uint64
}

// Lease is a park held by this node.
type Lease struct {
	l        *Leases
	park     string
	token    uint64
	lost     chan struct{}
	cancel   context.CancelFunc
	ended    sync.WaitGroup
	mu       sync.Mutex
	revision uint64
	good     time.Time // until when the last renewal holds
}

func leaseKey(park string) string { return hex.EncodeToString([]byte(park)) }

// Acquire waits until the park is this node's. It gives ErrNoQuorum when ctx ends
// before. Release the lease when it is no longer needed.
func (l *Leases) Acquire(ctx context.Context, park string) (*Lease, error) {
	if park == "" || len(park) > 512 {
		return nil, fmt.Errorf("%w: lease of a park name of %d bytes; give 1 to 512", ErrConfig, len(park))
	}
	var watched held
	var since time.Time
	var last error
	for ctx.Err() == nil {
		begun := time.Now()
		now, err := l.read(ctx, park)
		switch {
		case err != nil:
			last = err
		case since.IsZero() || now.revision != watched.revision:
			watched, since = now, begun
		}
		if err == nil && (now.Holder == "" || time.Since(since) > l.term) {
			revision, err := l.put(ctx, park, claim{Holder: l.c.o.Name}, now.revision)
			if err == nil {
				return l.hold(park, revision, begun), nil
			}
			last = err
		}
		if err == nil && now.Holder != "" {
			last = fmt.Errorf("node %s holds it", now.Holder)
		}
		pause(ctx, min(l.term/10, time.Second))
	}
	return nil, fmt.Errorf("%w: lease of park %s: %w (%v)", ErrNoQuorum, park, ctx.Err(), last)
}

// read is the entry of a park as some replica has it, which may be out of date: every
// write says which revision it is based on.
func (l *Leases) read(ctx context.Context, park string) (held, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	e, err := l.kv.Get(ctx, leaseKey(park))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return held{}, nil
	}
	if err != nil {
		return held{}, err
	}
	h := held{revision: e.Revision()}
	if err := json.Unmarshal(e.Value(), &h.claim); err != nil {
		return held{}, fmt.Errorf("lease of park %s: %w", park, err)
	}
	if h.Token == 0 && h.Holder != "" {
		h.Token = h.revision
	}
	return h, nil
}

// put writes the entry of a park if its revision is still the one given, through a
// quorum. Revision 0 means that there is none.
func (l *Leases) put(ctx context.Context, park string, c claim, revision uint64) (uint64, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return l.kv.Update(ctx, leaseKey(park), text, revision)
}

// hold makes a lease of an entry that was taken, and keeps it.
func (l *Leases) hold(park string, revision uint64, begun time.Time) *Lease {
	ctx, cancel := context.WithCancel(context.Background())
	x := &Lease{l: l, park: park, token: revision, revision: revision, lost: make(chan struct{}), cancel: cancel, good: begun.Add(l.margin())}
	x.ended.Go(func() { x.keep(ctx) })
	return x
}

// margin is how long a renewal holds: a tenth less than the term, for clocks that do
// not run at quite the same speed and processes that are held up.
func (l *Leases) margin() time.Duration { return l.term - l.term/10 }

// keep renews the lease until it is released or lost.
func (x *Lease) keep(ctx context.Context) {
	t := time.NewTicker(x.l.term / 3)
	defer t.Stop()
	defer close(x.lost)
	for {
		x.mu.Lock()
		end := time.NewTimer(time.Until(x.good))
		x.mu.Unlock()
		select {
		case <-ctx.Done():
			end.Stop()
			return
		case <-end.C:
			return
		case <-t.C:
			end.Stop()
		}
		x.mu.Lock()
		good := x.good
		x.mu.Unlock()
		try, cancel := context.WithDeadline(ctx, good)
		err := x.Renew(try)
		cancel()
		if errors.Is(err, ErrLeaseLost) {
			return
		}
	}
}

// Token is the number of this ownership; every later one has a greater number. What
// is written under a lease should carry it, and who stores that should refuse a token
// below the greatest one seen.
func (x *Lease) Token() uint64 { return x.token }

// Lost is closed when this node may no longer act as the owner: another one may be
// from then on.
func (x *Lease) Lost() <-chan struct{} { return x.lost }

// Renew holds the lease for another term, through a quorum. It is done by itself;
// call it to be sure before a step that cannot be undone. ErrLeaseLost means that the
// park is another node's, ErrNoQuorum that nobody can tell: the lease may still hold.
func (x *Lease) Renew(ctx context.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	begun := time.Now()
	if !begun.Before(x.good) {
		return fmt.Errorf("%w: park %s: it was not renewed in time", ErrLeaseLost, x.park)
	}
	revision, err := x.l.put(ctx, x.park, claim{Holder: x.l.c.o.Name, Token: x.token}, x.revision)
	if mismatch(err) {
		// Another holder, or a renewal of ours whose acknowledgement got lost.
		now, readErr := x.l.read(ctx, x.park)
		if readErr == nil && now.Token == x.token && now.revision > x.revision {
			x.revision = now.revision
			revision, err = x.l.put(ctx, x.park, claim{Holder: x.l.c.o.Name, Token: x.token}, x.revision)
		} else if readErr == nil && now.revision > x.revision {
			x.good = begun
			return fmt.Errorf("%w: park %s is now node %q's with token %d", ErrLeaseLost, x.park, now.Holder, now.Token)
		}
	}
	if err != nil {
		return fmt.Errorf("%w: lease of park %s is not renewed: %w", ErrNoQuorum, x.park, err)
	}
	x.revision, x.good = revision, begun.Add(x.l.margin())
	return nil
}

func mismatch(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// Release gives the park free at once. End what is done under the lease before.
func (x *Lease) Release(ctx context.Context) error {
	x.cancel()
	x.ended.Wait()
	x.mu.Lock()
	defer x.mu.Unlock()
	if !time.Now().Before(x.good) {
		return nil // it has run out, or is another node's
	}
	x.good = time.Now()
	if _, err := x.l.put(ctx, x.park, claim{}, x.revision); err != nil && !mismatch(err) {
		return fmt.Errorf("%w: lease of park %s is not released and runs out by itself: %w", ErrNoQuorum, x.park, err)
	}
	return nil
}

// Check is nil when token is the newest of the park's at a moment between call and
// return, as a quorum confirms: who stores for others asks it before it takes a
// holder's write. ErrLeaseLost means that there is a newer holder or none,
// ErrNoQuorum that nobody can tell: refuse then too.
func (l *Leases) Check(ctx context.Context, park string, token uint64) error {
	var last error
	for try := range 10 {
		if try > 0 { // a renewal was under way, or a replica is a moment behind
			pause(ctx, time.Duration(20*try)*time.Millisecond)
		}
		now, err := l.read(ctx, park)
		if err != nil {
			return fmt.Errorf("%w: lease of park %s: %w", ErrNoQuorum, park, err)
		}
		if now.Token != token || now.Holder == "" {
			// Tokens only rise, so a replica that is behind may not have this one yet.
			if last = fmt.Errorf("%w: park %s: token %d is not the newest, which is %d of node %q", ErrLeaseLost, park, token, now.Token, now.Holder); now.Token > token {
				return last
			}
			continue
		}
		// A write beside the entry that a quorum takes only while the entry is this one.
		bounded, cancel := context.WithTimeout(ctx, 2*time.Second)
		key := leaseKey(park)
		m := nats.NewMsg("$KV." + l.c.leaseBucket() + ".check." + key)
		_, err = l.c.js.PublishMsg(bounded, m, jetstream.WithExpectLastSequenceForSubject(now.revision, "$KV."+l.c.leaseBucket()+"."+key))
		cancel()
		if err == nil {
			return nil
		}
		if last = fmt.Errorf("%w: lease of park %s: %w", ErrNoQuorum, park, err); !mismatch(err) {
			return last
		}
	}
	return last
}
