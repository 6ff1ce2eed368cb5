package main

import (
	"math"
	"testing"

	"lingtan/balance/reconcile"
	"lingtan/flow/carbon"
	"lingtan/park/parkfile"
)

// The synthetic networks lack nothing and leave nothing over.
func TestFlowsMeet(t *testing.T) {
	for _, nodes := range []int{50, 200, 2000} {
		n := flowNetwork(nodes)
		tr, err := carbon.NewTracer(n)
		if err != nil {
			t.Fatal(err)
		}
		read := func(i int, f *carbon.Flows) error { fillFlows(&n, 17*i, f); return nil }
		if err := tr.Trace(20, 1, read, func(*carbon.Result) error { return nil }); err != nil {
			t.Fatal(err)
		}
		for _, f := range tr.Findings() {
			if f.Broken() {
				t.Errorf("%d nodes: %v", nodes, f)
			}
		}
	}
}

// The peers of the flow and the reconciliation give what is reckoned by hand.
func TestPeersByHand(t *testing.T) {
	n := carbon.Network{Footprints: []string{"location"}, Nodes: []carbon.Node{{ID: "a"}, {ID: "b"}}, Edges: []carbon.Edge{{From: 0, To: 1}},
		Sources: []carbon.Source{{Node: 0}, {Node: 1}}, Uses: []carbon.Use{{Node: 1}}}
	f := carbon.NewFlows(&n)
	f.Sent[0], f.Received[0], f.Use[0] = 30, 30, 40
	f.Source[0], f.Factor[0][0], f.Source[1], f.Factor[1][0] = 30, 0.6, 10, 0.2
	w, err := denseIntensity(&n, f)
	if err != nil || math.Abs(w.At(0, 0)-0.6) > 1e-12 || math.Abs(w.At(1, 0)-0.5) > 1e-12 { // (30 × 0.6 + 10 × 0.2) / 40
		t.Errorf("%v %v", w, err)
	}
	in, out := 10.0, 13.0
	p := &reconcile.Problem{Nodes: []reconcile.Node{{ID: "a"}}, Flows: []reconcile.Flow{{ID: "in", To: "a", Value: &in, SD: 1}, {ID: "out", From: "a", Value: &out, SD: math.Sqrt2}}}
	x, err := denseReconcile(p) // the lack of 3 is divided 1 : 2 by variance
	if err != nil || math.Abs(x.AtVec(0)-11) > 1e-12 || math.Abs(x.AtVec(1)-11) > 1e-12 {
		t.Errorf("%v %v", x, err)
	}
}

func TestMeshIsSound(t *testing.T) {
	p := meshOf(560)
	got, err := p.Reconcile()
	if err != nil {
		t.Fatal(err)
	}
	moved := 0
	for _, f := range got.Flows {
		if *f.Adjustment != 0 {
			moved++
		}
	}
	if len(p.Flows) < 500 || moved < len(p.Flows)*9/10 {
		t.Errorf("%d flows, %d of them moved", len(p.Flows), moved)
	}
}

func TestEnterpriseParkIsSound(t *testing.T) {
	points := layEnterprises(40, 1)
	doc, faults := parkfile.Parse(enterprisePark(points).YAML())
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	if len(doc.Organizations) != 41 || len(doc.Points) != 124 { // three each and four plants
		t.Errorf("%d organizations, %d points", len(doc.Organizations), len(doc.Points))
	}
}
