package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"lingtan/meter"
	"lingtan/store/series"
	"lingtan/usage"
)

var bg = context.Background()

// freePorts are addresses on loopback that nobody listens at.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		out = append(out, l.Addr().String())
	}
	return out
}

// node is one node of a cluster under test.
type node struct {
	o       Options
	dir     string
	cluster *Cluster
	store   *Store
}

// threeNodes starts a cluster of three in this process.
func threeNodes(t testing.TB, change func(*Options)) []*node {
	t.Helper()
	var peers []Peer
	for i, address := range freePorts(t, 3) {
		peers = append(peers, Peer{Name: fmt.Sprintf("n%d", i+1), Address: address})
	}
	var nodes []*node
	for _, p := range peers {
		dir := t.TempDir()
		o := &Options{Name: p.Name, Dir: filepath.Join(dir, "stream"), Peers: peers, ClusterListen: p.Address}
		if change != nil {
			change(o)
		}
		nodes = append(nodes, &node{o: *o, dir: dir})
	}
	for _, n := range nodes {
		n.start(t)
	}
	t.Cleanup(func() {
		for _, n := range nodes {
			n.stop(t)
		}
	})
	for _, n := range nodes {
		n.ready(t)
	}
	return nodes
}

func (n *node) start(t testing.TB) {
	t.Helper()
	var err error
	if n.cluster, err = Start(n.o); err != nil {
		t.Fatal(err)
	}
	n.open(t)
}

func (n *node) open(t testing.TB) {
	t.Helper()
	local, err := series.Open(filepath.Join(n.dir, "series"), series.Options{Memory: 128 << 20, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if n.store, err = n.cluster.Open(bg, local); err != nil {
		t.Fatal(err)
	}
}

func (n *node) stop(t testing.TB) {
	t.Helper()
	if n.store != nil {
		if err := n.store.Close(); err != nil {
			t.Error(err)
		}
		n.store = nil
	}
	if n.cluster != nil {
		n.cluster.Close()
		n.cluster = nil
	}
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(bg, d)
	t.Cleanup(cancel)
	return ctx
}

func (n *node) ready(t testing.TB) {
	t.Helper()
	if err := n.store.Ready(within(t, 60*time.Second)); err != nil {
		t.Fatalf("node %s: %v", n.o.Name, err)
	}
}

// leader is the node that leads the stream.
func leader(t testing.TB, nodes []*node) *node {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for _, n := range nodes {
			if n.cluster != nil && n.cluster.leads() {
				return n
			}
		}
	}
	t.Fatal("no node leads the stream")
	return nil
}

const noon = 1772366400000 // 2026-03-01T12:00:00Z

// oneRow is a batch of one reading.
func oneRow(key string, at int64, value float64) *meter.Batch {
	b := &meter.Batch{Keys: []string{key}}
	b.Append(0, at, 0, value)
	return b
}

// add appends with a minute's patience and expects what becomes of the batch.
func (n *node) add(t testing.TB, want meter.Admission, b *meter.Batch, marks ...meter.Mark) {
	t.Helper()
	got, err := n.store.Append(within(t, time.Minute), "p", b, marks...)
	if err != nil {
		t.Fatalf("node %s: %v", n.o.Name, err)
	}
	if got != want {
		t.Fatalf("node %s: %+v, want %+v", n.o.Name, got, want)
	}
}

// revisions is all that a node has of a register.
func (n *node) revisions(t testing.TB, key string) []series.Reading {
	t.Helper()
	out, err := n.store.Revisions(bg, "p", key, 0, 1<<45)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// barrier makes the node current with all that was acknowledged.
func (n *node) barrier(t testing.TB) int64 {
	t.Helper()
	n.ready(t)
	at, err := n.store.Barrier(within(t, time.Minute))
	if err != nil {
		t.Fatalf("node %s: %v", n.o.Name, err)
	}
	return at
}

// alike fails unless all nodes have the same revisions at the same recorded times.
func alike(t testing.TB, nodes []*node, key string, want int) {
	t.Helper()
	var first []series.Reading
	for i, n := range nodes {
		n.barrier(t)
		got := n.revisions(t, key)
		if len(got) != want {
			t.Fatalf("node %s has %d revisions of %s, want %d", n.o.Name, len(got), key, want)
		}
		if i == 0 {
			first = got
		}
		for k := range got {
			if got[k] != first[k] {
				t.Fatalf("nodes differ: %s has %+v, %s has %+v", nodes[0].o.Name, first[k], n.o.Name, got[k])
			}
		}
	}
}

func TestThreeNodesAgree(t *testing.T) {
	nodes := threeNodes(t, nil)
	nodes[0].add(t, meter.Admission{Stored: 1}, oneRow("a", noon, 1))
	nodes[1].add(t, meter.Admission{Duplicates: 1}, oneRow("a", noon, 1))
	nodes[2].add(t, meter.Admission{Corrected: 1}, oneRow("a", noon, 2), meter.Mark{Name: "import/x", Value: []byte("7")})
	nodes[0].add(t, meter.Admission{Stored: 1}, oneRow("b", noon, 3))
	before := nodes[1].barrier(t)
	nodes[1].add(t, meter.Admission{Corrected: 1}, oneRow("a", noon, 5))
	alike(t, nodes, "a", 3)
	alike(t, nodes, "b", 1)
	for _, n := range nodes {
		mark, err := n.store.Mark(bg, "import/x")
		if err != nil || string(mark) != "7" {
			t.Errorf("node %s: mark %q, %v", n.o.Name, mark, err)
		}
		q := meter.Query{Park: "p", Keys: []string{"a"}, From: 0, To: 1 << 45, AsKnownAt: before}
		if err := n.store.Readings(bg, q, func(tr meter.Track) error {
			if tr.Len() != 1 || tr.Value[0] != 2 {
				t.Errorf("node %s: as known before the last correction: %+v", n.o.Name, tr)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAppliedIsTold(t *testing.T) {
	var mu sync.Mutex
	told := map[string]int{}
	nodes := threeNodes(t, func(o *Options) {
		o.Applied = func(park string, b *meter.Batch) {
			mu.Lock()
			defer mu.Unlock()
			told[o.Name+" "+park] += b.Len()
		}
	})
	nodes[1].add(t, meter.Admission{Stored: 1}, oneRow("a", noon, 1))
	nodes[2].add(t, meter.Admission{Stored: 1}, oneRow("b", noon, 1))
	for _, n := range nodes {
		n.barrier(t)
		mu.Lock()
		if told[n.o.Name+" p"] != 2 {
			t.Errorf("told %v", told)
		}
		mu.Unlock()
	}
}

func TestEditsReachEveryNode(t *testing.T) {
	nodes := threeNodes(t, nil)
	e := usage.Edit{Key: "a", From: noon, To: noon + 900000, Amount: 3, Who: "li", Reason: "misread"}
	put, err := nodes[2].store.PutEdit(within(t, time.Minute), "p", e)
	if err != nil || put.RecordedAt == 0 {
		t.Fatalf("%+v, %v", put, err)
	}
	for _, n := range nodes {
		n.barrier(t)
		got, err := n.store.Edits(bg, "p", nil, 0, 1<<45, 0)
		if err != nil || len(got) != 1 || got[0] != put {
			t.Errorf("node %s: %+v, %v", n.o.Name, got, err)
		}
	}
	e.Who = ""
	if _, err := nodes[0].store.PutEdit(bg, "p", e); !errors.Is(err, series.ErrInput) {
		t.Errorf("an edit without a person: %v", err)
	}
}

func TestWritesPastTheClusterAreRefused(t *testing.T) {
	nodes := threeNodes(t, nil)
	if _, err := nodes[0].store.AppendAll(bg, nil); !errors.Is(err, series.ErrInput) {
		t.Errorf("got %v", err)
	}
	if _, err := nodes[0].store.Append(bg, "", oneRow("a", noon, 1)); !errors.Is(err, series.ErrInput) {
		t.Errorf("got %v", err)
	}
	n := nodes[0]
	n.add(t, meter.Admission{Stored: 1}, oneRow("a", noon, 1))
	n.stop(t)
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
		t.Errorf("a copy that was written to alone: %v", err)
	}
	if err := n.store.Readings(bg, meter.Query{Park: "p", To: 1 << 45}, nil); !errors.Is(err, ErrIncomplete) {
		t.Errorf("its readings: %v", err)
	}
	if _, err := n.store.Append(bg, "p", oneRow("a", noon, 10)); !errors.Is(err, ErrIncomplete) {
		t.Errorf("its append: %v", err)
	}
	nodes[1].add(t, meter.Admission{Stored: 1}, oneRow("a", noon+1, 1))
}

func TestLargeBatchInParts(t *testing.T) {
	nodes := threeNodes(t, nil)
	b := &meter.Batch{}
	for k := range 1000 {
		b.Keys = append(b.Keys, fmt.Sprintf("point%04d.kwh", k))
	}
	for i := range 1_200_000 {
		b.Append(uint32(i%1000), noon+int64(i/1000)*900000, 900, float64(i)/7)
	}
	nodes[1].add(t, meter.Admission{Stored: 1_200_000}, b)
	alike(t, nodes, "point0999.kwh", 1200)
	nodes[2].add(t, meter.Admission{Duplicates: 1_200_000}, b)
}

func TestNoQuorumNoAcknowledgement(t *testing.T) {
	nodes := threeNodes(t, nil)
	nodes[0].add(t, meter.Admission{Stored: 1}, oneRow("a", noon, 1))
	nodes[1].stop(t)
	nodes[2].stop(t)
	begun := time.Now()
	if _, err := nodes[0].store.Append(within(t, 3*time.Second), "p", oneRow("a", noon+1, 1)); !errors.Is(err, ErrNoQuorum) {
		t.Fatalf("with two of three down: %v", err)
	}
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("it took %v with a ctx of 3 s", took)
	}
	begun = time.Now()
	if _, err := nodes[0].store.Append(bg, "p", oneRow("a", noon+2, 1)); !errors.Is(err, ErrNoQuorum) || time.Since(begun) > 100*time.Millisecond {
		t.Errorf("a moment later: %v after %v", err, time.Since(begun))
	}
	if got := nodes[0].revisions(t, "a"); len(got) != 1 {
		t.Errorf("without a quorum the node has %+v", got)
	}
	nodes[1].start(t)
	nodes[1].ready(t)
	time.Sleep(silence)
	nodes[0].add(t, meter.Admission{Stored: 1}, oneRow("b", noon, 1))
	nodes[2].start(t)
	alike(t, nodes, "b", 1)
}

func TestPartition(t *testing.T) {
	nodes := threeNodes(t, nil)
	cut := leader(t, nodes)
	var rest []*node
	for _, n := range nodes {
		if n != cut {
			rest = append(rest, n)
		}
	}
	// The leader is alone from here: its server goes, its store and clients stay.
	cut.cluster.server.Shutdown()
	cut.cluster.server.WaitForShutdown()
	if _, err := cut.store.Append(within(t, 2*time.Second), "p", oneRow("cut", noon, 1)); err == nil {
		t.Error("a node that is cut off acknowledged")
	}
	for i := range 50 {
		rest[i%2].add(t, meter.Admission{Stored: 1}, oneRow("a", noon+int64(i), 1))
	}
	cut.stop(t)
	cut.start(t)
	alike(t, nodes, "a", 50)
}

func TestAwayForLong(t *testing.T) {
	nodes := threeNodes(t, nil)
	nodes[0].add(t, meter.Admission{Stored: 1}, oneRow("a", noon, 1))
	nodes[2].stop(t)
	for i := range 600 {
		nodes[i%2].add(t, meter.Admission{Stored: 1}, oneRow("a", noon+1+int64(i), float64(i)))
	}
	nodes[2].start(t)
	begun := time.Now()
	alike(t, nodes, "a", 601)
	t.Logf("600 messages caught up in %v", time.Since(begun))
}
