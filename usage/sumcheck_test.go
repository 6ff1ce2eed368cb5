package usage

import (
	"testing"
	"time"
)

// judged is the number of findings of a parent of 100 a day against its children.
func judged(t *testing.T, parent Totals, children ...Totals) []Finding {
	t.Helper()
	s := SumCheck{Parent: "p", Zone: time.UTC}
	if err := s.Take("p", 17532, parent); err != nil {
		t.Fatal(err)
	}
	for _, c := range children {
		if err := s.Take("c", 17532, c); err != nil {
			t.Fatal(err)
		}
	}
	return s.Findings()
}

func TestSumCheck(t *testing.T) {
	is := func(name string, want int, found []Finding) {
		t.Helper()
		if len(found) != want {
			t.Errorf("%s: %+v", name, found)
		}
	}
	kWh := func(v float64) Totals { return Totals{Measured: v, Intervals: 96} }
	is("equal", 0, judged(t, kWh(100), kWh(60), kWh(40)))
	is("losses of 4 %", 0, judged(t, kWh(100), kWh(96)))
	is("a fifth is missing", 1, judged(t, kWh(100), kWh(80)))
	is("children above the parent", 1, judged(t, kWh(100), kWh(80), kWh(40)))
	is("small amounts", 0, judged(t, kWh(1), kWh(0.2)))
	is("an estimated child counts", 0, judged(t, kWh(100), Totals{Measured: 50, Estimated: 50, Intervals: 96}))
	is("a child that is not known is not judged", 0, judged(t, kWh(100), kWh(60), Totals{Missing: 4, Intervals: 96}))
	is("a parent that is not known is not judged", 0, judged(t, Totals{Missing: 96, Intervals: 96}, kWh(60)))
	if f := judged(t, kWh(100), kWh(80))[0]; f.Rule != "sum" || f.Value != 20 || f.To-f.From != 86_400_000 || f.Key != "p" {
		t.Errorf("%+v", f)
	}
}
