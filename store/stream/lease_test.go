package stream

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

const shortTerm = 4 * time.Second

func leasesOf(t *testing.T, n *node) *Leases {
	t.Helper()
	l, err := n.cluster.leases(within(t, 30*time.Second), shortTerm)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func acquire(t *testing.T, l *Leases, park string) *Lease {
	t.Helper()
	x, err := l.Acquire(within(t, 30*time.Second), park)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestLease(t *testing.T) {
	nodes := threeNodes(t, nil)
	a, b := leasesOf(t, nodes[0]), leasesOf(t, nodes[1])
	one := acquire(t, a, "park/1")
	if _, err := b.Acquire(within(t, 2*shortTerm), "park/1"); !errors.Is(err, ErrNoQuorum) {
		t.Fatalf("a second holder: %v", err)
	}
	if err := b.Check(bg, "park/1", one.Token()); err != nil {
		t.Errorf("the holder's token: %v", err)
	}
	if err := b.Check(bg, "park/2", one.Token()); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("its token for another park: %v", err)
	}
	if err := one.Renew(bg); err != nil {
		t.Error(err)
	}
	if err := one.Release(bg); err != nil {
		t.Fatal(err)
	}
	if err := b.Check(bg, "park/1", one.Token()); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("a released token: %v", err)
	}
	two := acquire(t, b, "park/1")
	if two.Token() <= one.Token() {
		t.Errorf("token %d after %d", two.Token(), one.Token())
	}
	if err := one.Renew(bg); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("renewal after release: %v", err)
	}
	if err := two.Release(bg); err != nil {
		t.Error(err)
	}
}

// TestLeaseOfADeadNode: the holder's server is gone; it must know before another holds.
func TestLeaseOfADeadNode(t *testing.T) {
	nodes := threeNodes(t, nil)
	a, b := leasesOf(t, nodes[0]), leasesOf(t, nodes[1])
	one := acquire(t, a, "p")
	var lost time.Time
	var heard sync.WaitGroup
	heard.Go(func() { <-one.Lost(); lost = time.Now() })
	nodes[0].cluster.server.Shutdown()
	two := acquire(t, b, "p")
	held := time.Now()
	heard.Wait()
	if lost.After(held) {
		t.Errorf("the old holder heard of it %v after the new one held", lost.Sub(held))
	}
	if err := one.Renew(within(t, 5*time.Second)); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("renewal by the old holder: %v", err)
	}
	if err := b.Check(bg, "p", one.Token()); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("the old token: %v", err)
	}
	if err := b.Check(bg, "p", two.Token()); err != nil {
		t.Errorf("the new token: %v", err)
	}
}

// TestOneHolderAtATime: many holders come and go, some without a word. Whoever is
// told by Check that its token is the newest, is the one with the greatest token.
func TestOneHolderAtATime(t *testing.T) {
	nodes := threeNodes(t, nil)
	var mu sync.Mutex
	holder, greatest, turns := "", uint64(0), 0
	var all sync.WaitGroup
	end := time.Now().Add(12 * time.Second)
	for i := range 6 {
		name := fmt.Sprintf("h%d", i)
		l := leasesOf(t, nodes[i%3])
		all.Go(func() {
			for time.Now().Before(end) {
				x, err := l.Acquire(within(t, 30*time.Second), "p")
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if holder != "" {
					t.Errorf("%s holds with token %d while %s does", name, x.Token(), holder)
				}
				if x.Token() <= greatest {
					t.Errorf("token %d after %d", x.Token(), greatest)
				}
				holder, greatest, turns = name, x.Token(), turns+1
				mu.Unlock()
				if err := l.Check(bg, "p", x.Token()); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
				silent := rand.IntN(4) == 0
				if silent { // as if its process stood still
					x.cancel()
					x.ended.Wait()
				}
				mu.Lock()
				holder = ""
				mu.Unlock()
				if !silent {
					if err := x.Release(bg); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d turns", turns)
	if turns < 5 {
		t.Errorf("%d turns in 12 s", turns)
	}
}
