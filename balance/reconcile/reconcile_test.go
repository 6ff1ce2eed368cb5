package reconcile

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// metered is a flow with a value and a standard deviation.
func metered(id, from, to string, value, sd float64) Flow {
	return Flow{ID: id, From: from, To: to, Value: &value, SD: sd}
}

func unmetered(id, from, to string) Flow { return Flow{ID: id, From: from, To: to} }

func nodes(ids ...string) []Node {
	var list []Node
	for _, id := range ids {
		list = append(list, Node{ID: id})
	}
	return list
}

func (r *Result) flow(id string) Metered {
	return r.Flows[slices.IndexFunc(r.Flows, func(f Metered) bool { return f.ID == id })]
}

func near(t testing.TB, what string, got *float64, want float64) {
	t.Helper()
	if got == nil || !(math.Abs(*got-want) <= 1e-9*math.Max(1, math.Abs(want))) {
		t.Errorf("%s: %v, want %v", what, value(got), want)
	}
}

func value(x *float64) any {
	if x == nil {
		return nil
	}
	return *x
}

func finding(t testing.TB, r *Result, kind, place string) {
	t.Helper()
	if !slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return f.Kind == kind && f.Place == place && f.Text.ZH != "" && f.Text.EN != ""
	}) {
		t.Errorf("no finding %s at %s with its words among %+v", kind, place, r.Findings)
	}
}

// By hand: a main of 100 ± 1 and two branches of 60 ± 1 and 37 ± 1 leave 3 over, a
// third for each. The bus → a flow is not metered and is worked out of what follows it.
func TestObservableByHand(t *testing.T) {
	p := &Problem{Nodes: nodes("bus", "hall"), Flows: []Flow{metered("main", "", "bus", 100, 1), metered("a", "bus", "", 60, 1), unmetered("b", "bus", "hall"), metered("b1", "hall", "", 37, 1)}}
	r := reconciled(t, p)
	near(t, "main", r.flow("main").Reconciled, 99)
	near(t, "a", r.flow("a").Reconciled, 61)
	near(t, "b", r.flow("b").Reconciled, 38)
	near(t, "b1", r.flow("b1").Reconciled, 38)
	near(t, "sd of b", r.flow("b").ReconciledSD, math.Sqrt(2.0/3))
	near(t, "main as metered", r.flow("main").Raw, 100)
	near(t, "in sigma", r.flow("main").InSigma, -1)
	if r.flow("b").Class != Observable || r.flow("b").Raw != nil || r.Global.Degrees != 1 || math.Abs(r.Global.Objective-3) > 1e-12 {
		t.Errorf("%+v, %+v", r.flow("b"), r.Global)
	}
	if b := r.Balances[0]; b.Residual != nil || b.Loss == nil {
		t.Errorf("the bus has a flow without a meter: no residual of its own, yet a loss can be told: %+v", b)
	}
}

// 100 Nm3/h of gas at 10 kWh/Nm3 and 0.9 makes 900 kWh of heat: metered 930 ± 10, the gas
// 100 ± 1. Scaled, 9·gas − heat lacks 30 of variance 81 + 100.
func TestConversionByHand(t *testing.T) {
	p := &Problem{Nodes: []Node{{ID: "boiler", Carrier: "heat", Unit: "kWh"}}, Flows: []Flow{metered("gas", "", "", 100, 1), unmetered("made", "", "boiler"), metered("heat", "boiler", "", 930, 10)},
		Relations: []Relation{{ID: "efficiency", Terms: []Term{{"gas", 9}, {"made", -1}}}}}
	r := reconciled(t, p)
	near(t, "gas", r.flow("gas").Reconciled, 100+30*9.0/181)
	near(t, "heat", r.flow("heat").Reconciled, 930-30*100.0/181)
	near(t, "made", r.flow("made").Reconciled, 930-30*100.0/181)
	near(t, "objective", &r.Global.Objective, 900.0/181)
}

func TestUnitsAreConverted(t *testing.T) {
	main := metered("main", "", "bus", 1, 0.001)
	main.Unit = "MWh"
	branch := metered("branch", "bus", "", 1001, 1)
	branch.Unit = "kWh"
	r := reconciled(t, &Problem{Nodes: []Node{{ID: "bus", Unit: "kWh"}}, Flows: []Flow{main, branch}})
	near(t, "main", r.flow("main").Reconciled, 1.0005)
	near(t, "branch", r.flow("branch").Reconciled, 1000.5)
}

func TestAccuracyClass(t *testing.T) {
	v, nothing := 1000.0, 0.0
	r := reconciled(t, &Problem{Nodes: nodes("bus"), Flows: []Flow{{ID: "a", To: "bus", Value: &v, Accuracy: 1}, {ID: "b", From: "bus", Value: &v, Accuracy: 2}, {ID: "c", From: "bus", Value: &nothing, Accuracy: 2}}})
	near(t, "sd of class 1", r.flow("a").SD, 10/math.Sqrt(3))
	near(t, "sd of nothing", r.flow("c").SD, 0.02*0.1/math.Sqrt(3))
	finding(t, r, "zero", "flow c")
}

// A steam network whose heater meter reads 20 % too much: the test names it, says by how
// much, and the other flows are reconciled without it.
func TestBiasedMeterIsNamed(t *testing.T) {
	p := bypass(t)
	*p.Flows[1].Value += 20
	r := reconciled(t, p)
	if len(r.Suspects) != 1 || r.Suspects[0].Place != "flow F2" || r.Suspects[0].Kind != "meter" || math.Abs(r.Suspects[0].Estimate-20) > 2 {
		t.Fatalf("%+v", r.Suspects)
	}
	if f := r.flow("F2"); !f.Suspect || !f.Exceeds || math.Abs(*f.Corrected-64.5) > 1 || *f.Raw != 84.45 {
		t.Errorf("%+v", f)
	}
	if s := r.Suspects[0]; !(s.After < s.Before) || s.Degrees != 3 || !strings.Contains(s.Why.EN, "statistic") || s.Why.ZH == "" || r.Global.Passed || !(r.Global.Corrected < r.Global.Critical) {
		t.Errorf("%+v, %+v", s, r.Global)
	}
	finding(t, r, "global_test", "network")
}

// 30 that leave the mixer without a meter show as a loss there, or as an error of the
// meter behind it: nothing tells them apart, and both are named.
func TestLossIsNamed(t *testing.T) {
	p := bypass(t)
	p.Nodes = append(p.Nodes, Node{ID: "end", Carrier: "water"})
	p.Flows[5].To = "end"
	p.Flows = append(p.Flows, metered("F7", "end", "", 98.9, 1))
	*p.Flows[5].Value -= 30
	*p.Flows[6].Value -= 30
	r := reconciled(t, p)
	if len(r.Suspects) != 1 || r.Suspects[0].Place != "node mixer" || r.Suspects[0].Kind != "loss" || math.Abs(r.Suspects[0].Estimate-30) > 3 {
		t.Fatalf("%+v", r.Suspects)
	}
	one := bypass(t)
	*one.Flows[5].Value -= 30
	if r := reconciled(t, one); len(r.Suspects) != 1 || r.Suspects[0].Place != "flow F6" || !slices.Contains(r.Suspects[0].Alike, "node mixer") {
		t.Errorf("%+v", r.Suspects)
	}
}

func bypass(t testing.TB) *Problem { return parsed(t, "../../test/golden/c09-bypass/input.json") }

func TestBounds(t *testing.T) {
	flows := []Flow{metered("in", "", "bus", 10, 1), metered("a", "bus", "", 12, 1), metered("b", "bus", "", 0.5, 1)}
	r := reconciled(t, &Problem{Nodes: nodes("bus"), Flows: flows, NonNegative: true})
	near(t, "in", r.flow("in").Reconciled, 11)
	near(t, "a", r.flow("a").Reconciled, 11)
	near(t, "b", r.flow("b").Reconciled, 0)
	finding(t, r, "held_at_zero", "flow b")
	near(t, "objective is without bounds", &r.Global.Objective, 2.5*2.5/3)
	open := reconciled(t, &Problem{Nodes: nodes("bus"), Flows: flows})
	near(t, "b without bounds", open.flow("b").Reconciled, 0.5-2.5/3)
	finding(t, open, "below_zero", "flow b")
}

// What is broken is told with its place, never a NaN.
func TestFindingsNameThePlace(t *testing.T) {
	island := reconciled(t, &Problem{Nodes: nodes("a", "b", "c", "lone"), Flows: []Flow{metered("x", "a", "b", 3, 1), metered("y", "b", "a", 4, 1), metered("z", "", "c", -2, 1)}})
	finding(t, island, "island", "node a")
	finding(t, island, "dead_end", "node c")
	finding(t, island, "idle", "node lone")
	finding(t, island, "negative", "flow z")
	near(t, "a dead end takes nothing", island.flow("z").Reconciled, 0)
	near(t, "round an island", island.flow("x").Reconciled, 3.5)

	loop := reconciled(t, &Problem{Nodes: nodes("a", "b"), Flows: []Flow{metered("in", "", "a", 5, 1), unmetered("x", "a", "b"), unmetered("y", "b", "a"), metered("out", "b", "", 5, 1)}})
	finding(t, loop, "unmetered_loop", "flow x")
	if f := loop.flow("x"); f.Class != Unobservable || f.Reconciled != nil {
		t.Errorf("%+v", f)
	}
	path := reconciled(t, &Problem{Nodes: nodes("a"), Flows: []Flow{metered("in", "", "a", 5, 1), unmetered("x", "a", ""), unmetered("y", "a", "")}})
	finding(t, path, "unobservable", "flow x")
	finding(t, path, "not_redundant", "network")
	if f := path.flow("in"); f.Class != NotRedundant || *f.Reconciled != 5 {
		t.Errorf("%+v", f)
	}
	stopped := reconciled(t, &Problem{Nodes: nodes("a"), Flows: []Flow{{ID: "in", To: "a", Value: new(float64), Accuracy: 1}, {ID: "out", From: "a", Value: new(float64), Accuracy: 1}}})
	finding(t, stopped, "zero", "flow in")
	near(t, "nothing is produced", stopped.flow("out").Reconciled, 0)
}

func TestWrongProblemsAreRefused(t *testing.T) {
	refused := func(text string, p *Problem) {
		t.Helper()
		if _, err := p.Reconcile(); !errors.Is(err, ErrCase) || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
	one := metered("x", "", "a", 1, 1)
	with := func(f func(*Flow)) *Problem {
		x := one
		f(&x)
		return &Problem{Nodes: []Node{{ID: "a", Unit: "kWh", Carrier: "electricity"}, {ID: "b", Carrier: "heat"}}, Flows: []Flow{x}}
	}
	nan := math.NaN()
	refused(`flow "x": its value NaN`, with(func(f *Flow) { f.Value = &nan }))
	refused(`node "nowhere"`[5:], with(func(f *Flow) { f.From = "nowhere" }))
	refused(`neither sd nor accuracy`, with(func(f *Flow) { f.SD = 0 }))
	refused(`flow "x" at node "a"`, with(func(f *Flow) { f.Unit = "t" }))
	refused(`unknown unit: "blob"`, with(func(f *Flow) { f.Unit = "blob" }))
	refused(`one carrier`, with(func(f *Flow) { f.From = "b" }))
	refused(`to itself`, with(func(f *Flow) { f.From = "a" }))
	refused(`sd -1`, with(func(f *Flow) { f.SD = -1 }))
	refused(`flow "x" is there twice`, &Problem{Nodes: nodes("a"), Flows: []Flow{one, one}})
	refused(`0 flows`, &Problem{Nodes: nodes("a")})
	refused(`confidence 2`, &Problem{Nodes: nodes("a"), Flows: []Flow{one}, Confidence: 2})
	refused(`relation "r"`, &Problem{Nodes: nodes("a"), Flows: []Flow{one}, Relations: []Relation{{ID: "r", Terms: []Term{{"y", 1}}}}})
	refused(`node a, relation one, relation two cannot hold together`, &Problem{Nodes: nodes("a"), Flows: []Flow{one, metered("z", "a", "", 1, 1)},
		Relations: []Relation{{ID: "one", Terms: []Term{{"x", 1}}, Constant: 3}, {ID: "two", Terms: []Term{{"x", 2}}, Constant: 4}}})
}

// draw makes a random network, often broken: without meters, islanded, with negative,
// tiny and huge values.
func draw(r *rapid.T) *Problem {
	p := &Problem{NonNegative: rapid.Bool().Draw(r, "nonNegative")}
	n := rapid.IntRange(1, 8).Draw(r, "nodes")
	for i := range n {
		p.Nodes = append(p.Nodes, Node{ID: fmt.Sprint("n", i)})
	}
	end := rapid.IntRange(-1, n-1)
	for i := range rapid.IntRange(1, 20).Draw(r, "flows") {
		f := Flow{ID: fmt.Sprint("f", i)}
		a, b := end.Draw(r, "from"), end.Draw(r, "to")
		if a == b {
			b = -1
		}
		if a >= 0 {
			f.From = p.Nodes[a].ID
		}
		if b >= 0 {
			f.To = p.Nodes[b].ID
		}
		if rapid.IntRange(0, 3).Draw(r, "metered") > 0 {
			v := rapid.OneOf(rapid.Float64Range(0, 100), rapid.Float64Range(-1e6, 1e6), rapid.Just(0.0)).Draw(r, "value")
			f.Value = &v
			if rapid.Bool().Draw(r, "class") {
				f.Accuracy = rapid.Float64Range(0.1, 10).Draw(r, "accuracy")
			} else {
				f.SD = rapid.Float64Range(0.01, 100).Draw(r, "sd")
			}
		}
		p.Flows = append(p.Flows, f)
	}
	return p
}

// Whatever the network: reconciled flows meet every balance that they give, nothing is
// NaN, raw values stay, and what comes out is told the same whatever the order.
func TestRandomBrokenNetworks(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := draw(r)
		res, err := p.Reconcile()
		if err != nil {
			if !errors.Is(err, ErrCase) {
				r.Fatal(err)
			}
			return
		}
		meets(r, p, res)
		q := &Problem{NonNegative: p.NonNegative, Nodes: rapid.Permutation(p.Nodes).Draw(r, "node order"), Flows: rapid.Permutation(p.Flows).Draw(r, "flow order")}
		other, err := q.Reconcile()
		if err != nil {
			r.Fatal(err)
		}
		for _, f := range res.Flows {
			g := other.flow(f.ID)
			if f.Class != g.Class || !alike(f.Reconciled, g.Reconciled, size(p)) || !alike(f.Raw, g.Raw, 0) {
				r.Fatalf("in another order: %+v, %+v: %v, %v", f, g, value(f.Reconciled), value(g.Reconciled))
			}
		}
		if len(res.Findings) != len(other.Findings) {
			r.Fatalf("findings %+v, in another order %+v", res.Findings, other.Findings)
		}
	})
}

func size(p *Problem) float64 {
	most := 1.0
	for _, f := range p.Flows {
		if f.Value != nil {
			most = math.Max(most, math.Abs(*f.Value))
		}
	}
	return most
}

func alike(a, b *float64, size float64) bool {
	return (a == nil) == (b == nil) && (a == nil || math.Abs(*a-*b) <= 1e-6*size)
}

// meets fails when a balance is not met, a number is none, or a raw value was changed.
func meets(r *rapid.T, p *Problem, res *Result) {
	for _, x := range []func(Metered) *float64{func(f Metered) *float64 { return f.Reconciled }, func(f Metered) *float64 { return f.Corrected }} {
		left, whole := map[string]float64{}, map[string]bool{}
		for _, n := range p.Nodes {
			whole[n.ID] = true
		}
		for i, f := range res.Flows {
			v := x(f)
			for _, end := range []string{p.Flows[i].From, p.Flows[i].To} {
				whole[end] = whole[end] && v != nil
			}
			if v == nil {
				continue
			}
			if math.IsNaN(*v) || math.IsInf(*v, 0) || p.NonNegative && *v < -1e-6*size(p) {
				r.Fatalf("%s is %v", f.ID, *v)
			}
			left[p.Flows[i].To] += *v
			left[p.Flows[i].From] -= *v
		}
		losing := slices.ContainsFunc(res.Suspects, func(s Suspect) bool { return s.Kind == "loss" })
		for _, n := range p.Nodes {
			if whole[n.ID] && math.Abs(left[n.ID]) > 1e-7*size(p) && !losing {
				r.Fatalf("node %s lacks %g of %g", n.ID, left[n.ID], size(p))
			}
		}
	}
	for i, f := range res.Flows {
		if (f.Raw == nil) != (p.Flows[i].Value == nil) || f.Raw != nil && *f.Raw != *p.Flows[i].Value {
			r.Fatalf("%s was metered as %v and is told as %v", f.ID, value(p.Flows[i].Value), value(f.Raw))
		}
		for _, v := range []*float64{f.SD, f.ReconciledSD, f.CorrectedSD, f.Statistic, f.InSigma} {
			if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
				r.Fatalf("%s: %v", f.ID, *v)
			}
		}
		if f.ReconciledSD != nil && f.SD != nil && *f.ReconciledSD > *f.SD*(1+1e-9) {
			r.Fatalf("%s is known less well than its meter", f.ID)
		}
	}
}

// Against the plain formula x̂ = y − ΣAᵀ(AΣAᵀ)⁻¹Ay on ladders where all is metered.
func TestAgainstThePlainFormula(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(r, "nodes")
		p := &Problem{}
		for i := range n {
			p.Nodes = append(p.Nodes, Node{ID: fmt.Sprint(i)})
		}
		add := func(from, to string) {
			v := rapid.Float64Range(1, 100).Draw(r, "value")
			p.Flows = append(p.Flows, metered(fmt.Sprint("f", len(p.Flows)), from, to, v, rapid.Float64Range(0.5, 5).Draw(r, "sd")))
		}
		for i := range n {
			from := ""
			if i > 0 {
				from = fmt.Sprint(i - 1)
			}
			add(from, fmt.Sprint(i))
			add(fmt.Sprint(i), "")
		}
		res, err := p.Reconcile()
		if err != nil {
			r.Fatal(err)
		}
		for i, want := range plain(p) {
			if math.Abs(*res.Flows[i].Reconciled-want) > 1e-9*100 {
				r.Fatalf("%s: %v, want %v", res.Flows[i].ID, *res.Flows[i].Reconciled, want)
			}
		}
	})
}

// plain solves (AΣAᵀ)·λ = A·y by Gauss and Jordan.
func plain(p *Problem) []float64 {
	n, m := len(p.Nodes), len(p.Flows)
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, m)
		for j, f := range p.Flows {
			if f.To == p.Nodes[i].ID {
				a[i][j] = 1
			} else if f.From == p.Nodes[i].ID {
				a[i][j] = -1
			}
		}
	}
	b := make([][]float64, n)
	for i := range b {
		b[i] = make([]float64, n+1)
		for j, f := range p.Flows {
			b[i][n] += a[i][j] * *f.Value
			for k := range n {
				b[i][k] += a[i][j] * f.SD * f.SD * a[k][j]
			}
		}
	}
	for i := range b {
		for k := range b {
			if k == i {
				continue
			}
			q := b[k][i] / b[i][i]
			for c := i; c <= n; c++ {
				b[k][c] -= q * b[i][c]
			}
		}
	}
	x := make([]float64, m)
	for j, f := range p.Flows {
		x[j] = *f.Value
		for i := range n {
			x[j] -= f.SD * f.SD * a[i][j] * b[i][n] / b[i][i]
		}
	}
	return x
}

// Critical values as printed: chi-square from Abramowitz and Stegun table 26.8, the
// normal of ten Šidák tests from 1 − 0.95^(1/10) = 0.005116.
func TestCriticalValues(t *testing.T) {
	for n, want := range map[int]float64{1: 3.84146, 4: 9.48773, 10: 18.3070, 30: 43.7729, 100: 124.342} {
		if got := chiSquare(0.95, n); math.Abs(got-want) > 6e-4 {
			t.Errorf("chi-square of %d: %v, want %v", n, got, want)
		}
	}
	if got := sidak(0.95, 1); math.Abs(got-1.959964) > 1e-6 {
		t.Errorf("one test: %v", got)
	}
	if got := sidak(0.95, 10); math.Abs(math.Erfc(got/math.Sqrt2)-0.0051162) > 1e-6 {
		t.Errorf("ten tests: %v", got)
	}
	if got := exceeded(3.84146, 1); math.Abs(got-0.05) > 1e-5 {
		t.Errorf("probability %v", got)
	}
}
