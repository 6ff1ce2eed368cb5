package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"lingtan/balance/reconcile"
	"lingtan/flow/carbon"
)

// flowNetwork is a synthetic network of the given number of nodes in five carriers, as
// the benchmarks of package carbon build it: electricity in a mesh of rings, the others
// in trees, a use at every node, sources, and converters in a circle through
// carriers; all of them divide their carbon by energy.
func flowNetwork(nodes int) carbon.Network {
	n := carbon.Network{Footprints: []string{"location", "market"}}
	carriers := []string{"electricity", "heat", "cooling", "compressed_air", "hydrogen"}
	each := nodes / len(carriers)
	for c, carrier := range carriers {
		for i := range each {
			n.Nodes = append(n.Nodes, carbon.Node{ID: fmt.Sprint(carrier, i), Carrier: carrier, Owner: fmt.Sprint("m", i%20)})
			n.Uses = append(n.Uses, carbon.Use{ID: fmt.Sprint("u", len(n.Uses)), Node: c*each + i, Owner: fmt.Sprintf("m%d/w%d", i%20, i)})
			if i > 0 {
				n.Edges = append(n.Edges, carbon.Edge{ID: fmt.Sprint("e", len(n.Edges)), From: c*each + (i-1)/2, To: c*each + i})
			}
		}
	}
	for i := 2; i+7 < each; i += 4 {
		n.Edges = append(n.Edges, carbon.Edge{ID: fmt.Sprint("ring", i), From: i, To: i + 7, TwoWay: true})
	}
	for i := range max(1, each/10) {
		n.Sources = append(n.Sources, carbon.Source{ID: fmt.Sprint("grid", i), Node: 0}, carbon.Source{ID: fmt.Sprint("pv", i), Node: i * 7 % each})
	}
	electric := carbon.Port{Supply: math.NaN(), Return: math.NaN()}
	for c := 1; c < len(carriers); c++ {
		n.Converters = append(n.Converters, carbon.Converter{ID: "to " + carriers[c], Inputs: []carbon.Port{electric}, Outputs: []carbon.Port{{Node: c * each}}})
	}
	n.Converters = append(n.Converters, carbon.Converter{ID: "fuel cell", Inputs: []carbon.Port{{Node: 5*each - 1}}, Outputs: []carbon.Port{electric, {Node: each}}})
	return n
}

// fillFlows sets the flows of an interval so that they meet at every node: uses first,
// edges of the trees carry what is below them, the rings run this way and that.
func fillFlows(n *carbon.Network, interval int, f *carbon.Flows) {
	each := len(n.Nodes) / 5
	for i := range f.Use {
		f.Use[i] = 1 + 0.5*math.Sin(float64(interval+i)/15)
	}
	need := slices.Clone(f.Use)
	for i := 1; i < len(n.Sources); i += 2 { // plants, less than any node needs
		f.Source[i] = 0.08
		need[n.Sources[i].Node] -= 0.08
	}
	tree := 5 * (each - 1)
	for e := tree; e < len(n.Edges); e++ {
		x := 0.2 * math.Sin(float64(interval)/48+float64(e))
		f.Sent[e], f.Received[e] = x, x
		need[n.Edges[e].From] += x
		need[n.Edges[e].To] -= x
	}
	last := len(n.Converters) - 1
	f.Input[last][0], f.Output[last][0], f.Output[last][1] = 0.5, 0.2, 0.2
	need[5*each-1] += 0.5
	need[0] -= 0.2
	need[each] -= 0.2
	for e := tree - 1; e >= 0; e-- { // children stand after their parents
		x := need[n.Edges[e].To]
		f.Sent[e], f.Received[e] = x, x
		need[n.Edges[e].From] += x
	}
	for c := range last {
		f.Output[c][0], f.Input[c][0] = need[(c+1)*each], need[(c+1)*each]*0.6
		need[0] += f.Input[c][0]
	}
	for i := range f.Source {
		f.Factor[i][0], f.Factor[i][1] = 0, 0
		if i%2 == 0 {
			f.Source[i] = 2 * need[0] / float64(len(f.Source))
			f.Factor[i][0], f.Factor[i][1] = 0.5+0.1*math.Sin(float64(interval)/96), 0.4
		}
	}
}

// traceFlows traces networks of two sizes over the run's days, and a few intervals
// again beside a dense solution of the same equations.
func traceFlows(_ context.Context, o options, r *result) error {
	for _, size := range []struct {
		nodes, beside int
		limit         float64
	}{{200, 200, 5}, {2000, 10, 60}} {
		n := flowNetwork(size.nodes)
		t, err := carbon.NewTracer(n)
		if err != nil {
			return err
		}
		var gap float64
		began := time.Now()
		err = t.Trace(o.Days*daySlots, runtime.NumCPU(), func(i int, f *carbon.Flows) error { fillFlows(&n, i, f); return nil },
			func(x *carbon.Result) error { gap = max(gap, x.Gap()); return nil })
		if err != nil {
			return err
		}
		took := time.Since(began).Seconds()
		r.limit(fmt.Sprintf("%d nodes in 5 carriers, %d days of quarter hours, two footprints", size.nodes, o.Days), took, "s", size.limit, false)
		if gap > 1e-9 {
			return fmt.Errorf("%d nodes: carbon in and out differ by %g of all", size.nodes, gap)
		}
		if err := traceBeside(n, size.beside, r); err != nil {
			return err
		}
	}
	r.Notes = append(r.Notes, "gonum builds and solves the dense equations of the nodes alone; Lingtan also books what every use, edge and owner takes. Both give the same intensities to 1e-9")
	return nil
}

// traceBeside traces some intervals with one worker and solves the same ones densely.
func traceBeside(n carbon.Network, intervals int, r *result) error {
	t, err := carbon.NewTracer(n)
	if err != nil {
		return err
	}
	got := make([][][]float64, intervals)
	began := time.Now()
	err = t.Trace(intervals, 1, func(i int, f *carbon.Flows) error { fillFlows(&n, i, f); return nil }, func(x *carbon.Result) error {
		for i := range n.Nodes {
			w, _ := x.Node(i)
			got[x.Interval] = append(got[x.Interval], slices.Clone(w))
		}
		return nil
	})
	if err != nil {
		return err
	}
	ours := time.Since(began)
	f := carbon.NewFlows(&n)
	began = time.Now()
	for k := range intervals {
		fillFlows(&n, k, f)
		w, err := denseIntensity(&n, f)
		if err != nil {
			return err
		}
		if err := sameIntensity(&n, got[k], w); err != nil {
			return fmt.Errorf("interval %d: %w", k, err)
		}
	}
	peer := time.Since(began)
	r.add(fmt.Sprintf("%d nodes, one worker, an interval", len(n.Nodes)), ours.Seconds()*1e6/float64(intervals), "µs")
	r.add(fmt.Sprintf("%d nodes, gonum's dense LU on all processors, an interval", len(n.Nodes)), peer.Seconds()*1e6/float64(intervals), "µs")
	return nil
}

// sameIntensity says at which node two solutions differ.
func sameIntensity(n *carbon.Network, ours [][]float64, peer *mat.Dense) error {
	for i, x := range n.Nodes {
		for c := range n.Footprints {
			if w := peer.At(i, c); !(math.Abs(w-ours[i][c]) <= 1e-9) {
				return fmt.Errorf("node %s: Lingtan %g, gonum %g", x.ID, ours[i][c], w)
			}
		}
	}
	return nil
}

// denseIntensity solves through·w − Σ entering·w(from) = carbon of sources for the
// intensities w of all nodes (Kang et al. 2015, carbon emission flow). Its
// flows meet at every node; converters divide their carbon by energy.
func denseIntensity(n *carbon.Network, f *carbon.Flows) (*mat.Dense, error) {
	size := len(n.Nodes)
	a, b := mat.NewDense(size, size, nil), mat.NewDense(size, len(n.Footprints), nil)
	through := make([]float64, size)
	pass := func(from, to int, carbon float64) { a.Set(to, from, a.At(to, from)-carbon) }
	for e, x := range n.Edges {
		from, to := x.From, x.To
		if f.Sent[e] < 0 {
			from, to = to, from
		}
		amount := math.Abs(f.Sent[e])
		through[to] += amount
		pass(from, to, amount)
	}
	for i, x := range n.Sources {
		through[x.Node] += f.Source[i]
		for c, factor := range f.Factor[i] {
			b.Set(x.Node, c, b.At(x.Node, c)+f.Source[i]*factor)
		}
	}
	for i, x := range n.Converters { // one input each
		var made float64
		for _, amount := range f.Output[i] {
			made += amount
		}
		for k, port := range x.Outputs {
			through[port.Node] += f.Output[i][k]
			pass(x.Inputs[0].Node, port.Node, f.Input[i][0]*f.Output[i][k]/made)
		}
	}
	for i := range size {
		a.Set(i, i, a.At(i, i)+through[i])
	}
	var w mat.Dense
	return &w, w.Solve(a, b)
}

// meshOf is a synthetic network of about n metered flows, as the benchmarks of package
// reconcile build it: a square of nodes, fed on one side, every meter within 1 %.
func meshOf(n int) *reconcile.Problem {
	p := &reconcile.Problem{Format: reconcile.Format}
	side := int(math.Sqrt(float64(n) / 2))
	id := func(i, j int) string { return fmt.Sprint("n", i, ".", j) }
	add := func(from, to string, truth float64) {
		error := 0.02*unit(noise(1, uint64(len(p.Flows)), 1<<45)) - 0.01
		value := truth * (1 + error)
		p.Flows = append(p.Flows, reconcile.Flow{ID: fmt.Sprint("f", len(p.Flows)), From: from, To: to, Value: &value, SD: 0.01*truth + 0.001})
	}
	for i := range side {
		for j := range side {
			p.Nodes = append(p.Nodes, reconcile.Node{ID: id(i, j)})
			on := 50.0 // the first row gives half a unit at each step, the last takes it
			if i == 0 {
				on -= 0.5 * float64(j+1)
			} else if i == side-1 {
				on += 0.5 * float64(j+1)
			}
			if j == 0 {
				add("", id(i, j), 50)
			}
			if j < side-1 {
				add(id(i, j), id(i, j+1), on)
			} else {
				add(id(i, j), "", on)
			}
			if i < side-1 {
				add(id(i, j), id(i+1, j), 0.5)
			}
		}
	}
	return p
}

// reconcileFlows reconciles a network again and again.
func reconcileFlows(_ context.Context, o options, r *result) error {
	p := meshOf(560)
	var ours, peer times
	var spent time.Duration
	for range o.Calls {
		began, used := time.Now(), cpu()
		got, err := p.Reconcile()
		if err != nil {
			return err
		}
		ours, spent = append(ours, time.Since(began).Seconds()*1000), spent+cpu()-used
		began = time.Now()
		x, err := denseReconcile(p)
		if err != nil {
			return err
		}
		peer = append(peer, time.Since(began).Seconds()*1000)
		for i, f := range got.Flows {
			if !(math.Abs(*f.Reconciled-x.AtVec(i)) <= 1e-7) {
				return fmt.Errorf("flow %s: Lingtan %g, gonum %g", f.ID, *f.Reconciled, x.AtVec(i))
			}
		}
	}
	r.limit(fmt.Sprintf("%d measured flows over %d nodes with tests and search for wrong meters, p50", len(p.Flows), len(p.Nodes)), ours.at(0.5), "ms", 10, false)
	r.add("the same, p95", ours.at(0.95), "ms")
	r.add("the same, processor time, mean", spent.Seconds()*1000/float64(o.Calls), "ms")
	r.add("gonum, dense Cholesky, reconciled values alone, p50", peer.at(0.5), "ms")
	return nil
}

// denseReconcile is the textbook's y − S·Aᵀ·(A·S·Aᵀ)⁻¹·A·y (Kuehn and Davidson 1961)
// with dense matrices: the values alone, without their deviations and tests.
func denseReconcile(p *reconcile.Problem) (*mat.VecDense, error) {
	at := map[string]int{}
	for i, n := range p.Nodes {
		at[n.ID] = i
	}
	a, sa := mat.NewDense(len(p.Nodes), len(p.Flows), nil), mat.NewDense(len(p.Flows), len(p.Nodes), nil)
	y := mat.NewVecDense(len(p.Flows), nil)
	for i, f := range p.Flows {
		y.SetVec(i, *f.Value)
		for end, sign := range map[string]float64{f.From: -1, f.To: 1} {
			if end != "" {
				a.Set(at[end], i, sign)
				sa.Set(i, at[end], sign*f.SD*f.SD)
			}
		}
	}
	var product mat.Dense
	product.Mul(a, sa)
	symmetric := mat.NewSymDense(len(p.Nodes), product.RawMatrix().Data)
	var factor mat.Cholesky
	if !factor.Factorize(symmetric) {
		return nil, errors.New("gonum: the balances depend on one another")
	}
	var lack, along, adjust mat.VecDense
	lack.MulVec(a, y)
	if err := factor.SolveVecTo(&along, &lack); err != nil {
		return nil, err
	}
	adjust.MulVec(sa, &along)
	y.SubVec(y, &adjust)
	return y, nil
}
