package tree

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// table is n rows of three columns and what is to be learnt: a step times the sign of the second
// column; the third is noise, and the first is missing in every tenth row.
func table(n int) (x, y []float64) {
	d := draws(7)
	for i := range n {
		a, b, c := d.next()*10, d.next()-0.5, d.next()
		v := 3.0
		if a > 4 {
			v = 8
		}
		if b > 0 {
			v = -v
		}
		if i%10 == 0 {
			a, v = math.NaN(), 20
		}
		x, y = append(x, a, b, c), append(y, v)
	}
	return x, y
}

func fitted(t testing.TB, x, y []float64, o Options) *Forest {
	t.Helper()
	f, err := Fit(x, 3, y, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestStepsAreLearnt(t *testing.T) {
	x, y := table(3000)
	f := fitted(t, x, y, Options{Rounds: 300, Columns: 1})
	bins := make([]uint8, 3)
	is := func(want float64, row ...float64) {
		t.Helper()
		if got := f.Predict(row, bins); math.Abs(got-want) > 0.5 {
			t.Errorf("%v: %g, want %g", row, got, want)
		}
	}
	is(3, 1, -0.3, 0.5)
	is(8, 9, -0.3, 0.5)
	is(-3, 1, 0.3, 0.5)
	is(-8, 9, 0.3, 0.5)
	is(20, math.NaN(), 0.3, 0.5)
	is(8, 1e9, -0.3, math.NaN())
}

// Weights count as rows: a row of no weight teaches nothing.
func TestWeights(t *testing.T) {
	x, y := table(1000)
	w := make([]float64, len(y))
	for i := range w {
		if w[i] = 1; i%10 == 0 {
			w[i], y[i] = 0, 1e6
		}
	}
	f, err := Fit(x, 3, y, w, Options{Rounds: 30})
	if err != nil {
		t.Fatal(err)
	}
	if v := f.Predict([]float64{math.NaN(), 0, 0}, make([]uint8, 3)); math.Abs(v) > 20 {
		t.Errorf("%g", v)
	}
}

// An explanation sums to the prediction, a kept forest predicts the same, and values stay within
// what was learnt.
func TestAnyRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "rows")
		value := rapid.OneOf(rapid.Float64Range(-1e6, 1e6), rapid.Just(math.NaN()), rapid.SampledFrom([]float64{0, 1, 2}))
		x := rapid.SliceOfN(value, 2*n, 2*n).Draw(t, "x")
		y := rapid.SliceOfN(rapid.Float64Range(-1e3, 1e3), n, n).Draw(t, "y")
		f, err := Fit(x, 2, y, nil, Options{Rounds: 20, MinLeaf: 1, Shrink: 1, Seed: rapid.Uint64().Draw(t, "seed")})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var kept Forest
		if err := json.Unmarshal(text, &kept); err != nil {
			t.Fatal(err)
		}
		bins := make([]uint8, 2)
		for i := range n {
			row, parts := x[2*i:2*i+2], make([]float64, 2)
			want := f.Predict(row, bins)
			if got := kept.Predict(row, bins); got != want {
				t.Fatalf("kept: %g, want %g", got, want)
			}
			if sum := f.Explain(row, parts, bins) + parts[0] + parts[1]; math.Abs(sum-want) > 1e-9*1e3 {
				t.Fatalf("parts sum to %g, want %g", sum, want)
			}
			if math.Abs(want) > 2e3 {
				t.Fatalf("%g lies far outside what was learnt", want)
			}
		}
	})
}

func TestRefused(t *testing.T) {
	x, y := table(100)
	refused := func(n int, y, w []float64, o Options) {
		t.Helper()
		if _, err := Fit(x, n, y, w, o); !errors.Is(err, ErrRows) {
			t.Errorf("%v", err)
		}
	}
	refused(2, y, nil, Options{})
	refused(0, y, nil, Options{})
	refused(3, y[:50], nil, Options{})
	refused(3, y, y[:50], Options{})
	refused(3, y, nil, Options{Leaves: 1})
	refused(3, y, nil, Options{Rate: 2})
	refused(3, append([]float64{math.NaN()}, y[1:]...), nil, Options{})
	refused(3, y, append([]float64{-1}, y[1:]...), Options{})
	if f := fitted(t, x[:3], y[:1], Options{}); f.Trees() != 0 || f.Columns() != 3 {
		t.Errorf("one row grows %d trees", f.Trees())
	}
}

// Whatever the text, reading it ends without a panic, and what is taken predicts and ends.
func FuzzKept(f *testing.F) {
	x, y := table(60)
	text, err := json.Marshal(fitted(f, x, y, Options{Rounds: 3, MinLeaf: 5}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"base": 1, "edges": [[1, 2]], "trees": "AQAAAAAAAADwPwAAAAAAAAA="}`))
	f.Add([]byte(`{"base": 1, "edges": [[2, 1]], "trees": ""}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var kept Forest
		if err := json.Unmarshal(text, &kept); err != nil {
			return
		}
		row := make([]float64, kept.Columns())
		kept.Predict(row, make([]uint8, len(row)))
		row[0] = math.NaN()
		kept.Predict(row, make([]uint8, len(row)))
	})
}
