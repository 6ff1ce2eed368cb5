package node

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/inventory/evidence"
	"lingtan/store/record"
	"lingtan/usage/statement"
)

// A child meter whose statement has not come is no difference between a parent and its
// children.
func TestUnstatedDayIsNoDifference(t *testing.T) {
	ctx := context.Background()
	file, err := os.ReadFile("../test/script/mill/mill.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file = []byte(strings.Replace(strings.Replace(string(file), "id: mill\n", "id: test\n", 1), "kind: counter, carrier: electricity, unit: kWh, step: 15m, digits: 6", "kind: amount, carrier: electricity, unit: kWh, step: 15m", 1))
	c := &clock{now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	at := func(before func(*Node), keys ...string) *Node {
		n := reopened(t, t.TempDir(), c)
		if _, err := n.ImportPark(ctx, act(c), file); err != nil {
			t.Fatal(err)
		}
		before(n)
		load(t, n, c, "a.csv", func(write func(time.Time, string, float64)) {
			for i := range 3 * 96 {
				for _, k := range keys {
					write(start.Add(time.Duration(i+1)*15*time.Minute), k, map[string]float64{"feeder.kwh": 15, "mill.kwh": 10, "bakery.kwh": 5}[k])
				}
			}
		})
		settled(t, n, SettleOptions{})
		return n
	}
	home := at(func(*Node) {}, "mill.kwh")
	park := at(func(n *Node) { trusts(t, n, c, home, Trust{Gateway: "mill-1", Organization: "mill"}) }, "feeder.kwh", "bakery.kwh")
	differences := func(n *Node) int {
		found, err := n.Findings(ctx, "test", "2023-05", nil, []string{"sum"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if n := differences(park); n != 0 {
		t.Errorf("%d differences though the mill's days have not come", n)
	}
	accepts(t, park, c, "mill-1", states(t, home, c, Stating{Park: "test", Gateway: "mill-1", Organization: "mill", Last: "2023-05-02"})...)
	if n := differences(park); n != 0 {
		t.Errorf("%d differences where the children make the parent", n)
	}
	load(t, home, c, "wrong.csv", func(write func(time.Time, string, float64)) {
		for i := range 96 {
			write(start.Add(time.Duration(i+1)*15*time.Minute), "mill.kwh", 3)
		}
	})
	settled(t, home, SettleOptions{})
	accepts(t, park, c, "mill-1", states(t, home, c, Stating{Park: "test"})...)
	if n := differences(park); n != 1 {
		t.Errorf("%d differences where one day's children do not make the parent", n)
	}
}

func TestPendingStatements(t *testing.T) {
	ctx := context.Background()
	n, c, dir := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	if p, err := n.PendingStatement(ctx, "test"); err != nil || p != nil {
		t.Errorf("before any: %+v, %v", p, err)
	}
	o := Stating{Park: "test", Gateway: "mill-1", Organization: "mill", Last: "2023-05-10"}
	first := states(t, n, c, o)[0]
	second := states(t, n, c, Stating{Park: "test"})[0]
	pending := func(number int, doc []byte) {
		t.Helper()
		p, err := n.PendingStatement(ctx, "test")
		if err != nil || (p == nil) != (doc == nil) || p != nil && (p.Head.Number != number || string(p.Document) != string(doc)) {
			t.Fatalf("pending %+v, %v", p, err)
		}
	}
	pending(1, first)
	pending(1, first)
	if err := n.AcknowledgeStatement(ctx, "test", 1); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = reopened(t, dir, c)
	pending(2, second)
	if err := n.AcknowledgeStatement(ctx, "test", 3); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("acknowledged what was not issued: %v", err)
	}
	if err := errors.Join(n.AcknowledgeStatement(ctx, "test", 2), n.AcknowledgeStatement(ctx, "test", 1)); err != nil {
		t.Fatal(err)
	}
	pending(0, nil)
	list, err := n.IssuedStatements(ctx, "test")
	if err != nil || len(list) != 2 || !list[0].Acknowledged || !list[1].Acknowledged {
		t.Errorf("%+v: %v", list, err)
	}
}

func TestInstallationKey(t *testing.T) {
	n, _, dir := opened(t)
	first, err := n.InstallationKey()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "statement.key")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	if again, err := n.InstallationKey(); err != nil || !again.Equal(first) {
		t.Errorf("another key: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := n.InstallationKey(); runtime.GOOS != "windows" && !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a key that others can read: %v", err)
	}
	if err := errors.Join(os.WriteFile(path, []byte("x"), 0o600), os.Chmod(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := n.InstallationKey(); !errors.Is(err, statement.ErrFormat) {
		t.Errorf("no key: %v", err)
	}
}

// The same statement from many senders at once is stored once.
func TestAcceptAtOnce(t *testing.T) {
	home, hc := site(t)
	park, c, _ := opened(t)
	trusts(t, park, c, home, Trust{Gateway: "mill-1", Organization: "mill"})
	doc := states(t, home, hc, Stating{Park: "test", Gateway: "mill-1", Organization: "mill"})[0]
	park.now = func() time.Time { return later }
	by := act(c)
	var wg sync.WaitGroup
	var mu sync.Mutex
	first := 0
	for range 8 {
		wg.Go(func() {
			got, err := park.AcceptStatement(context.Background(), by, "test", "mill-1", doc)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			} else if !got.Repeated {
				first++
			}
		})
	}
	wg.Wait()
	if first != 1 {
		t.Errorf("accepted %d times", first)
	}
}

// An installation that lost its data is replaced: the new one begins its own chain, and
// what the old one stated stays proved.
func TestReplacedGateway(t *testing.T) {
	ctx := context.Background()
	old, oc := site(t)
	park, c, _ := opened(t)
	trusts(t, park, c, old, Trust{Gateway: "home-1", Organization: "operator"})
	accepts(t, park, c, "home-1", states(t, old, oc, Stating{Park: "test", Gateway: "home-1", Organization: "operator", Last: "2023-05-20"})...)
	rest := states(t, old, oc, Stating{Park: "test"})[0]
	first := shut(t, park, c)
	known := time.UnixMilli(park.Series.Recorded()).UTC()
	was := bytesOf(t, park, known)

	fresh, fc := site(t)
	if x := trusts(t, park, c, fresh, Trust{Gateway: "home-2", Organization: "operator", Replaces: "home-1"}); len(x.Registers) != 3 || x.Registers[0].After != 1 {
		t.Fatalf("%+v", x)
	}
	refuses(t, park, c, "home-1", rest, ErrUntrusted, "not one that gateway home-1 states")
	got := accepts(t, park, c, "home-2", states(t, fresh, fc, Stating{Park: "test", Gateway: "home-2", Organization: "operator", First: "2023-05-15"})...)
	if got.Number != 1 || got.Stored != 3*47 || got.Revised != 3*6 {
		t.Errorf("%+v", got)
	}
	second := shut(t, park, c)
	for _, x := range []*evidence.Export{first, second} {
		if err := park.Pack(ctx, x); err != nil {
			t.Fatal(err)
		}
		if checks, err := evidence.Verify(ctx, x); err != nil {
			t.Errorf("%v: %s", err, text(checks))
		}
		tree, err := park.Explain(ctx, x.Inventory.Entries[0].ID)
		if err != nil || strings.Contains(text(tree), "home-2") != (x == second) || !strings.Contains(text(tree), "home-1") {
			t.Errorf("%v: %s", err, text(tree))
		}
	}
	if len(second.Stated) != 2 || len(first.Stated) != 1 {
		t.Errorf("stated by %d and %d gateways", len(first.Stated), len(second.Stated))
	}
	if bytesOf(t, park, known) != was {
		t.Error("what was closed before is not reproduced")
	}
	key, err := fresh.InstallationKey()
	if err != nil {
		t.Fatal(err)
	}
	o := Trust{Park: "test", Gateway: "home-3", Organization: "operator", Replaces: "home-9", Key: key.Public().(ed25519.PublicKey)}
	if _, err := park.TrustIssuer(ctx, act(c), o); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("in the place of none: %v", err)
	}
}
