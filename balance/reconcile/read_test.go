package reconcile

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"format":"lingtan.reconcile/v1","nodes":[{"id":"a"}],"flows":[{"id":"x","to":"a","value":1,"sd":1}]}`))
	f.Add([]byte(`{"format":"lingtan.reconcile/v1","nodes":[{"id":"a","unit":"kWh"}],"flows":[{"id":"x","to":"a","value":1,"accuracy":2,"unit":"MWh"},{"id":"y","from":"a"}],"nonNegative":true}`))
	f.Add([]byte(`{"flows":[{"id":"x","id":"y"}]}`))
	f.Add([]byte(`{"format":`))
	f.Add([]byte(`[[[[[[[[[[[[`))
	f.Add([]byte(`{"format":"lingtan.reconcile/v1","relations":[{"id":"r","terms":[{"flow":"x","coefficient":1e308}]}],"flows":[{"id":"x","value":1e15,"sd":1e-15}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		if err == nil {
			_, err = p.Reconcile()
		}
		if err != nil && !errors.Is(err, ErrCase) {
			t.Fatal(err)
		}
	})
}

func TestParseNamesThePlace(t *testing.T) {
	for text, want := range map[string]string{
		"{\n \"flows\": [{\"id\": 3}]}":                   "2:",
		`{"format":"lingtan.reconcile/v1","flow":[]}`:     `unknown field "flow"`,
		`{"title":"a","title":"b"}`:                       `"title" stands twice`,
		`{"format":"lingtan.reconcile/v2"}`:               "lingtan.reconcile/v1",
		`{"format":"lingtan.reconcile/v1"} {}`:            "follows",
		`{"format":"lingtan.reconcile/v1"`:                "ends too early",
		"\xff":                                            "UTF-8",
		strings.Repeat("[", 20) + strings.Repeat("]", 20): "deeper",
	} {
		if _, err := Parse([]byte(text)); !errors.Is(err, ErrCase) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// large is a connected network of about n metered flows, some of them not metered.
func large(n int, unmeteredEach int) *Problem {
	p := &Problem{}
	side := int(math.Sqrt(float64(n) / 2))
	id := func(i, j int) string { return fmt.Sprint("n", i, ".", j) }
	noise := uint32(1)
	add := func(from, to string, truth float64) {
		noise = noise*1664525 + 1013904223
		f := metered(fmt.Sprint("f", len(p.Flows)), from, to, truth*(1+0.01*(float64(noise)/(1<<31)-1)), 0.01*truth+0.001)
		if unmeteredEach > 0 && len(p.Flows)%unmeteredEach == 0 {
			f.Value, f.SD = nil, 0
		}
		p.Flows = append(p.Flows, f)
	}
	for i := range side {
		for j := range side {
			p.Nodes = append(p.Nodes, Node{ID: id(i, j)})
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

func BenchmarkReconcile500(b *testing.B) {
	p := large(560, 0)
	b.ReportMetric(float64(len(p.Flows)), "flows")
	for b.Loop() {
		if _, err := p.Reconcile(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReconcile500Unmetered(b *testing.B) {
	p := large(680, 6)
	b.ReportMetric(float64(len(p.Flows)), "flows")
	for b.Loop() {
		if _, err := p.Reconcile(); err != nil {
			b.Fatal(err)
		}
	}
}
