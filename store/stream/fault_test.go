package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"lingtan/meter"
	"lingtan/store/series"
)

// faulty is a node's copy whose disk is full, or slow, when the test says so.
type faulty struct {
	*series.Store
	full atomic.Bool
	slow atomic.Int64 // nanoseconds that a write takes more
}

func (f *faulty) AppendAll(ctx context.Context, a []series.Arrival, marks ...meter.Mark) ([]meter.Admission, error) {
	time.Sleep(time.Duration(f.slow.Load()))
	if f.full.Load() {
		return nil, fmt.Errorf("write of the log: %w", syscall.ENOSPC)
	}
	return f.Store.AppendAll(ctx, a, marks...)
}

// openFaulty opens the node's store again, with a copy that may fail.
func (n *node) openFaulty(t *testing.T) *faulty {
	t.Helper()
	if err := n.store.Close(); err != nil {
		t.Fatal(err)
	}
	local, err := series.Open(filepath.Join(n.dir, "series"), series.Options{Memory: 128 << 20, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{Store: local}
	if n.store, err = n.cluster.open(bg, local, f); err != nil {
		t.Fatal(err)
	}
	n.ready(t)
	return f
}

func TestDiskFull(t *testing.T) {
	nodes := threeNodes(t, nil)
	f := nodes[0].openFaulty(t)
	f.full.Store(true)
	_, err := nodes[0].store.Append(within(t, 2*time.Second), "p", oneRow("a", noon, 1))
	if !errors.Is(err, ErrBehind) || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("with a full disk: %v", err)
	}
	nodes[1].add(t, meter.Admission{Duplicates: 1}, oneRow("a", noon, 1)) // the cluster has it all the same
	nodes[1].add(t, meter.Admission{Stored: 1}, oneRow("a", noon+1, 1))
	f.full.Store(false)
	alike(t, nodes, "a", 2)
}

func TestSlowNodeHoldsUpNobody(t *testing.T) {
	nodes := threeNodes(t, nil)
	f := nodes[0].openFaulty(t)
	f.slow.Store(int64(3 * time.Second))
	begun := time.Now()
	for i := range 20 {
		nodes[1+i%2].add(t, meter.Admission{Stored: 1}, oneRow("a", noon+int64(i), 1))
	}
	if took := time.Since(begun); took > 6*time.Second {
		t.Errorf("20 writes beside a slow node took %v", took)
	}
	f.slow.Store(0)
	alike(t, nodes, "a", 20)
}

func TestClosed(t *testing.T) {
	nodes := threeNodes(t, nil)
	s := nodes[0].store
	nodes[0].stop(t)
	if _, err := s.Append(bg, "p", oneRow("a", noon, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("append: %v", err)
	}
	if err := s.Ready(bg); !errors.Is(err, ErrClosed) {
		t.Errorf("ready: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

// TestRefusedOnEveryNode: what only the state of the store refuses is passed over on
// every node alike, and its sender is told.
func TestRefusedOnEveryNode(t *testing.T) {
	nodes := threeNodes(t, nil)
	b := &meter.Batch{Keys: []string{"a"}}
	for i := range 1 << 16 {
		b.Append(0, noon, 0, float64(i))
	}
	nodes[0].add(t, meter.Admission{Stored: 1, Corrected: math.MaxUint16}, b)
	if _, err := nodes[1].store.Append(within(t, time.Minute), "p", oneRow("a", noon, -1)); !errors.Is(err, series.ErrInput) {
		t.Errorf("a correction too many: %v", err)
	}
	nodes[2].add(t, meter.Admission{Stored: 1}, oneRow("a", noon+1, 1))
	alike(t, nodes, "a", 1<<16+1)
}

// settleRetention waits until the stream has let go what all have.
func settleRetention(t *testing.T, s *Store, first uint64) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if st := s.Status(); st.First >= first {
			return
		} else if time.Now().After(end) {
			t.Fatalf("the stream still keeps messages from %d: %+v", st.First, st)
		}
	}
}

func TestRetention(t *testing.T) {
	nodes := threeNodes(t, nil)
	nodes[2].barrier(t)
	nodes[2].stop(t)
	for i := range 20 {
		nodes[0].add(t, meter.Admission{Stored: 1}, oneRow("a", noon+int64(i), 1))
	}
	time.Sleep(3 * keepEvery)
	if st := nodes[0].store.Status(); st.First > 1 {
		t.Fatalf("messages were removed that a node lacks: %+v", st)
	}
	nodes[2].start(t)
	alike(t, nodes, "a", 20)
	settleRetention(t, nodes[0].store, 20)

	// A node that is new, or comes back after too long, must not pass for whole.
	nodes[2].stop(t)
	clear(t, nodes[2].dir)
	nodes[2].start(t)
	if err := nodes[2].store.Ready(within(t, time.Minute)); !errors.Is(err, ErrIncomplete) {
		t.Fatalf("an empty node where the stream begins at 20: %v", err)
	}
	if _, err := nodes[2].store.Last(bg, "p"); !errors.Is(err, ErrIncomplete) {
		t.Errorf("its last values: %v", err)
	}

	// It counts for the quorum all the same once its replica is current, while the node
	// is stopped of which it gets a copy.
	replicaCurrent(t, nodes[0].store, "n3")
	nodes[1].stop(t)
	nodes[0].add(t, meter.Admission{Stored: 1}, oneRow("a", noon+20, 1))
	fresh := filepath.Join(nodes[2].dir, "copy")
	if err := os.CopyFS(fresh, os.DirFS(filepath.Join(nodes[1].dir, "series"))); err != nil {
		t.Fatal(err)
	}
	nodes[1].start(t)
	nodes[2].stop(t)
	clear(t, filepath.Join(nodes[2].dir, "series"))
	if err := os.Rename(fresh, filepath.Join(nodes[2].dir, "series")); err != nil {
		t.Fatal(err)
	}
	nodes[2].start(t)
	nodes[2].ready(t)
	nodes[2].add(t, meter.Admission{Stored: 1}, oneRow("a", noon+21, 1))
	alike(t, nodes, "a", 22)
}

// replicaCurrent waits until a node counts for the quorum, by two looks.
func replicaCurrent(t *testing.T, s *Store, name string) {
	t.Helper()
	for end, looks := time.Now().Add(time.Minute), 0; looks < 2; time.Sleep(keepEvery + 500*time.Millisecond) {
		looks++
		for _, m := range s.Status().Members {
			if m.Name == name && !m.Replica {
				looks = 0
			}
		}
		if time.Now().After(end) {
			t.Fatalf("the replica of %s does not become current: %+v", name, s.Status())
		}
	}
}

func clear(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}

// TestStreamIsGone: without their parts of the stream the nodes do not go on as if
// nothing had been, until they are told to begin a new one on what they all hold.
func TestStreamIsGone(t *testing.T) {
	nodes := threeNodes(t, nil)
	nodes[0].add(t, meter.Admission{Stored: 1}, oneRow("a", noon, 1))
	alike(t, nodes, "a", 1)
	anew := func(begin bool) {
		for _, n := range nodes {
			n.stop(t)
			clear(t, n.o.Dir)
			n.o.Begin = begin
		}
		for _, n := range nodes {
			n.start(t)
		}
	}
	anew(false)
	for _, n := range nodes {
		if err := n.store.Ready(within(t, time.Minute)); !errors.Is(err, ErrIncomplete) {
			t.Fatalf("node %s: %v", n.o.Name, err)
		}
	}
	anew(true)
	for _, n := range nodes {
		n.ready(t)
	}
	nodes[1].add(t, meter.Admission{Corrected: 1}, oneRow("a", noon, 2))
	alike(t, nodes, "a", 2)
}

// TestLeaderIsAsked: what the leader gives for a hole in a replica is the message that
// a replica gives, and what it does not have is known to be gone.
func TestLeaderIsAsked(t *testing.T) {
	nodes := threeNodes(t, nil)
	nodes[0].add(t, meter.Admission{Stored: 1}, oneRow("a", noon, 1))
	for _, n := range nodes {
		want, err := n.store.fetchSome(bg, 1, 1)
		if err != nil || len(want) != 1 {
			t.Fatalf("%+v, %v", want, err)
		}
		got, err := n.store.ofLeader(bg, 1)
		if err != nil || !reflect.DeepEqual(got, want[0]) {
			t.Errorf("%+v, want %+v, %v", got, want[0], err)
		}
		if _, err := n.store.ofLeader(bg, 99); !errors.Is(err, jetstream.ErrMsgNotFound) {
			t.Errorf("a message that is not there: %v", err)
		}
	}
}

func TestForeignData(t *testing.T) {
	nodes := threeNodes(t, nil)
	n := nodes[1]
	n.stop(t)
	clear(t, filepath.Join(n.dir, "series"))
	local, err := series.Open(filepath.Join(n.dir, "series"), series.Options{Memory: 128 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := local.Append(bg, "p", oneRow("a", noon, 9)); err != nil {
		t.Fatal(err)
	}
	if err := local.Close(); err != nil {
		t.Fatal(err)
	}
	n.start(t)
	if err := n.store.Ready(within(t, time.Minute)); !errors.Is(err, ErrIncomplete) {
		t.Errorf("a node with readings of its own: %v", err)
	}
}

// TestArrivalsAreAppends: a group of arrivals has the outcome of one Append each.
func TestArrivalsAreAppends(t *testing.T) {
	clock := time.UnixMilli(noon)
	open := func() *series.Store {
		s, err := series.Open(t.TempDir(), series.Options{Memory: 128 << 20, Threads: 1, Now: func() time.Time { return clock }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	one, group := open(), open()
	rapid.Check(t, func(t *rapid.T) {
		var arrivals []series.Arrival
		var want []meter.Admission
		for range rapid.IntRange(1, 6).Draw(t, "arrivals") {
			clock = clock.Add(time.Second)
			a := series.Arrival{Park: rapid.SampledFrom([]string{"p", "q"}).Draw(t, "park"), RecordedAt: clock.UnixMilli(), Batch: &meter.Batch{
				Keys: []string{rapid.StringMatching(`[a-c]`).Draw(t, "key"), "x", "x"}}}
			for range rapid.IntRange(0, 8).Draw(t, "rows") {
				a.Batch.Append(uint32(rapid.IntRange(0, 2).Draw(t, "ref")), noon+int64(rapid.IntRange(0, 9).Draw(t, "at"))*600_000_000, 0, float64(rapid.IntRange(0, 2).Draw(t, "value")))
			}
			got, err := one.Append(bg, a.Park, a.Batch)
			if err != nil {
				t.Fatal(err)
			}
			arrivals, want = append(arrivals, a), append(want, got)
		}
		got, err := group.AppendAll(bg, arrivals)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("arrival %d: %+v, want %+v", i, got[i], want[i])
			}
		}
		if rapid.Bool().Draw(t, "compact") {
			if _, err := group.Compact(bg, "p", "2026-03"); err != nil {
				t.Fatal(err)
			}
		}
		same(t, one, group)
	})
}

// same compares all revisions and last values of two stores.
func same(t *rapid.T, one, two *series.Store) {
	for _, park := range []string{"p", "q"} {
		for _, key := range []string{"a", "b", "c", "x"} {
			want, err1 := one.Revisions(bg, park, key, 0, 1<<45)
			got, err2 := two.Revisions(bg, park, key, 0, 1<<45)
			if err1 != nil || err2 != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%s %s: %v, want %v (%v, %v)", park, key, got, want, err1, err2)
			}
		}
		want, err1 := one.Last(bg, park)
		got, err2 := two.Last(bg, park)
		if err1 != nil || err2 != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("last of %s: %v, want %v (%v, %v)", park, got, want, err1, err2)
		}
	}
}

// network stands between nodes: one connection a pair of nodes can be cut and mended.
type network struct {
	sync.Mutex
	cut   map[string]bool
	conns map[string][]net.Conn
}

// between listens for node from, for connections to node to at address.
func (w *network) between(t *testing.T, from, to, address string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			a, err := l.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("tcp", address)
			w.Lock()
			if err != nil || w.cut[from] || w.cut[to] {
				w.Unlock()
				a.Close()
				if b != nil {
					b.Close()
				}
				continue
			}
			w.conns[from], w.conns[to] = append(w.conns[from], a, b), append(w.conns[to], a, b)
			w.Unlock()
			go func() { _, _ = io.Copy(a, b); a.Close() }() // ends when either is closed
			go func() { _, _ = io.Copy(b, a); b.Close() }()
		}
	}()
	return l.Addr().String()
}

// isolate cuts a node off from all others, or ends that.
func (w *network) isolate(name string, cut bool) {
	w.Lock()
	defer w.Unlock()
	w.cut[name] = cut
	for _, c := range w.conns[name] {
		c.Close()
	}
	w.conns[name] = nil
}

// insist sends a batch again as a sender does, until it is taken.
func (n *node) insist(t *testing.T, b *meter.Batch) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		_, err := n.store.Append(within(t, 20*time.Second), "p", b)
		if err == nil {
			return
		}
		if !errors.Is(err, ErrNoQuorum) && !errors.Is(err, ErrBehind) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestIsolatedLeader(t *testing.T) {
	w := &network{cut: map[string]bool{}, conns: map[string][]net.Conn{}}
	nodes := threeNodes(t, func(o *Options) {
		var through []Peer
		for _, p := range o.Peers {
			if p.Name != o.Name {
				p.Address = w.between(t, o.Name, p.Name, p.Address)
			}
			through = append(through, p)
		}
		o.Peers = through
	})
	for i := range 10 {
		nodes[i%3].add(t, meter.Admission{Stored: 1}, oneRow("a", noon+int64(i), 1))
	}
	lonely := leader(t, nodes)
	w.isolate(lonely.o.Name, true)
	if _, err := lonely.store.Append(within(t, 2*time.Second), "p", oneRow("lonely", noon, 1)); !errors.Is(err, ErrNoQuorum) {
		t.Fatalf("a leader without followers: %v", err)
	}
	var rest []*node
	for _, n := range nodes {
		if n != lonely {
			rest = append(rest, n)
		}
	}
	for i := range 30 {
		rest[i%2].insist(t, oneRow("a", noon+10+int64(i), 1))
	}
	w.isolate(lonely.o.Name, false)
	time.Sleep(time.Second)
	lonely.ready(t)
	for end := time.Now().Add(30 * time.Second); ; { // its routes come back
		if _, err := lonely.store.Barrier(within(t, 5*time.Second)); err == nil || time.Now().After(end) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	alike(t, nodes, "a", 40)
}
