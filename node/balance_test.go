package node

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"lingtan/balance"
	"lingtan/balance/reconcile"
	"lingtan/inventory"
	"lingtan/park"
	"lingtan/period"
	"lingtan/test/parktest"
)

// metered is a node with a park whose import is metered too, a day of it settled: 30 in,
// 20 and 8 out each quarter hour; for an hour the bakery says nothing of its second day.
func metered(t *testing.T, bakery float64) *Node {
	t.Helper()
	c := &clock{now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	n := reopened(t, t.TempDir(), c)
	p := parktest.New().Enterprise("mill").Enterprise("bakery")
	p.Document.Points = append(p.Document.Points, park.Point{ID: "main", Organization: "operator", Name: park.Name{ZH: "总表", EN: "main"},
		Registers: []park.Register{{ID: "kwh", Quantity: "active_energy", Kind: "amount", Carrier: "electricity", Unit: "kWh", Step: "15m"}}})
	edges := p.Document.Network.Edges
	edges[0].Closing, edges[0].Register = false, "main.kwh"
	p.Document.Network.Edges = append(edges[:1:1], edges[2:]...)
	p.Document.Network.Nodes = append(p.Document.Network.Nodes[:2:2], p.Document.Network.Nodes[3:]...)
	if _, err := n.ImportPark(context.Background(), act(c), p.Check(t).Document.YAML()); err != nil {
		t.Fatal(err)
	}
	load(t, n, c, "may.csv", func(write func(time.Time, string, float64)) {
		for i := range 96 {
			at := start.Add(time.Duration(i+1) * 15 * time.Minute)
			write(at, "main.kwh", 30)
			write(at, "mill.kwh", 20)
			write(at, "bakery.kwh", bakery)
		}
	})
	settled(t, n, SettleOptions{})
	return n
}

func TestBalanceOfAPark(t *testing.T) {
	n := metered(t, 8)
	s, err := n.Balance(context.Background(), "test", "2023-05-01", balance.ByHour)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Starts) != 24 || !s.Starts[0].Equal(start) {
		t.Fatalf("%v", s.Starts)
	}
	total := s.Totals("electricity")[5]
	if total.Supplied != 120 || total.Used != 112 || total.Lost != 8 {
		t.Errorf("%+v", total)
	}
	list := s.Imbalances(0)
	if len(list) != 24 || math.Abs(list[0].Share-2.0/30) > 1e-12 || !list[0].Over {
		t.Errorf("%+v", list)
	}
	for text, want := range map[string]error{"nonsense": period.ErrSyntax, "2020-01": inventory.ErrUnsettled, "1990-01-01..2020-01-01": period.ErrSyntax} {
		if _, err := n.Balance(context.Background(), "test", text, balance.ByDay); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := n.Balance(context.Background(), "nowhere", "2023-05", balance.ByDay); !errors.Is(err, ErrNoPark) {
		t.Errorf("%v", err)
	}
}

// By hand: class 2 means sd = 2 %/√3 of each total; the three share what is left over by
// their variances.
func TestReconciledPark(t *testing.T) {
	r, err := metered(t, 9.9).Reconcile(context.Background(), "test", "2023-05-01")
	if err != nil {
		t.Fatal(err)
	}
	in, mill, bakery := 96*30.0, 96*20.0, 96*9.9
	left := in - mill - bakery
	variances := in*in + mill*mill + bakery*bakery
	got := map[string]reconcile.Metered{}
	for _, f := range r.Result.Flows {
		got[f.ID] = f
	}
	near := func(id string, want float64) {
		t.Helper()
		if f := got[id]; f.Reconciled == nil || math.Abs(*f.Reconciled-want) > 1e-9*want {
			t.Errorf("%s: %+v, want %v", id, f, want)
		}
	}
	near("import", in-left*in*in/variances)
	near("to-mill", mill+left*mill*mill/variances)
	near("to-bakery", bakery+left*bakery*bakery/variances)
	if *got["import"].Raw != in || math.Abs(*got["import"].SD-0.02*in/math.Sqrt(3)) > 1e-9 || !r.Result.Global.Passed || len(r.Result.Suspects) != 0 || len(r.Meters) != 3 || r.Meters[0].Register != "main.kwh" || r.Meters[0].Accuracy != 2 {
		t.Errorf("%+v, %+v, %+v", got["import"], r.Result.Global, r.Meters)
	}
	lost, err := metered(t, 5).Reconcile(context.Background(), "test", "2023-05-01")
	if err != nil {
		t.Fatal(err)
	}
	if s := lost.Result.Suspects; len(s) != 1 || len(s[0].Alike) == 0 {
		t.Errorf("a sixth is lost, and nobody is suspected: %+v", s)
	}
}

// A day without readings leaves the flow without a value: it is worked out of the others.
func TestReconcileWithAGap(t *testing.T) {
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	r, err := n.Reconcile(context.Background(), "test", "2023-05")
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range r.Result.Flows {
		if m := r.Meters[i]; m.Flow != f.ID || (m.Register == "" || m.Missing > 0) != (f.Raw == nil) {
			t.Errorf("%+v of %+v", m, f)
		}
	}
	if r.Result.Global.Degrees != 0 {
		t.Errorf("closing edges leave nothing to hold meters against: %+v", r.Result.Global)
	}
}
