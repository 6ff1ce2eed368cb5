package carbon

import (
	"fmt"
	"math"
	"runtime"
	"testing"
)

// parkOf is a park of the given number of nodes in five carriers: electricity in a mesh of
// rings, heat, cooling, compressed air and hydrogen in trees, with sources, a use at every
// node, converters between the carriers, and storages when wanted.
func parkOf(nodes int, storages bool) Network {
	n := Network{Footprints: []string{"location", "market"}}
	carriers := []string{"electricity", "heat", "cooling", "compressed_air", "hydrogen"}
	each := nodes / len(carriers)
	for c, carrier := range carriers {
		for i := range each {
			n.Nodes = append(n.Nodes, Node{ID: fmt.Sprint(carrier, i), Carrier: carrier, Owner: fmt.Sprint("m", i%20)})
			n.Uses = append(n.Uses, Use{ID: fmt.Sprint("u", len(n.Uses)), Node: c*each + i, Owner: fmt.Sprintf("m%d/w%d", i%20, i)})
			if i > 0 {
				n.Edges = append(n.Edges, Edge{ID: fmt.Sprint("e", len(n.Edges)), From: c*each + (i-1)/2, To: c*each + i})
			}
		}
	}
	for i := 2; i+7 < each; i += 4 { // rings of the electricity network, either way
		n.Edges = append(n.Edges, Edge{ID: fmt.Sprint("ring", i), From: i, To: i + 7, TwoWay: true})
	}
	for i := range max(1, each/10) {
		n.Sources = append(n.Sources, Source{ID: fmt.Sprint("grid", i), Node: 0}, Source{ID: fmt.Sprint("pv", i), Node: i * 7 % each})
	}
	electric := Port{Supply: math.NaN(), Return: math.NaN()}
	for c := 1; c < len(carriers); c++ {
		n.Converters = append(n.Converters, Converter{ID: "to " + carriers[c], Inputs: []Port{electric}, Outputs: []Port{{Node: c * each}}})
	}
	n.Converters = append(n.Converters, Converter{ID: "fuel cell", Inputs: []Port{{Node: 5*each - 1}}, // hydrogen back: a circle through carriers
		Outputs: []Port{electric, {Node: each, Supply: 80, Return: 60}}, Allocation: AllocateExergy, Ambient: 20})
	if storages {
		for i := range max(1, each/10) {
			n.Storages = append(n.Storages, Storage{ID: fmt.Sprint("battery", i), Node: i * 3 % each, ChargeEfficiency: 0.95, DischargeEfficiency: 0.95})
		}
	}
	return n
}

// fill sets flows that meet at every node, uses first: edges of the trees carry what is
// below them, the rings run this way and that.
func fill(n *Network, each, interval int, f *Flows) {
	for i := range f.Use {
		f.Use[i] = 1 + 0.5*math.Sin(float64(interval+i)/15)
	}
	need := make([]float64, len(n.Nodes))
	copy(need, f.Use)
	tree := 5 * (each - 1)
	for e := tree; e < len(n.Edges); e++ {
		x := 0.2 * math.Sin(float64(interval)/48+float64(e))
		f.Sent[e], f.Received[e] = x, x
		need[n.Edges[e].From] += x
		need[n.Edges[e].To] -= x
	}
	for i := range n.Storages {
		f.Charge[i], f.Discharge[i] = 0, 0
		if interval%96 < 48 {
			f.Charge[i] = 0.5
		} else {
			f.Discharge[i] = 0.3
		}
		need[n.Storages[i].Node] += f.Charge[i] - f.Discharge[i]
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
		f.Source[i] = 2 * need[0] / float64(len(f.Source)) / 2
		f.Factor[i][0], f.Factor[i][1] = 0.5+0.1*math.Sin(float64(interval)/96), 0.4
		if i%2 == 1 {
			f.Factor[i][0], f.Factor[i][1] = 0, 0
		}
	}
}

// year traces a year of quarter hours.
func year(b *testing.B, nodes int, storages bool) {
	const quarters = 35040
	n := parkOf(nodes, storages)
	for b.Loop() {
		tr, err := NewTracer(n)
		if err != nil {
			b.Fatal(err)
		}
		var sum float64
		err = tr.Trace(quarters, runtime.GOMAXPROCS(0), func(i int, f *Flows) error { fill(&n, nodes/5, i, f); return nil },
			func(r *Result) error { x, _ := r.Node(1); sum += x[0]; return nil })
		if err != nil || !(sum > 0) {
			b.Fatal(sum, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/quarters, "ns/interval")
}

func BenchmarkYear200x5(b *testing.B)         { year(b, 200, false) }
func BenchmarkYear200x5Storages(b *testing.B) { year(b, 200, true) }
func BenchmarkYear2000(b *testing.B)          { year(b, 2000, false) }
func BenchmarkYear2000Storages(b *testing.B)  { year(b, 2000, true) }

// The benchmark's park is sound: nothing is found in it but places at rest.
func TestBenchmarkParkIsSound(t *testing.T) {
	n := parkOf(200, false)
	tr, err := NewTracer(n)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Trace(200, 2, func(i int, f *Flows) error { fill(&n, 40, i, f); return nil }, func(*Result) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, f := range tr.Findings() {
		if f.Broken() && f.Kind != "deficit" {
			t.Errorf("%v", f)
		}
	}
}
