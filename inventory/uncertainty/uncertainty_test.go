package uncertainty

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lingtan/method"
)

func near(t testing.TB, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s: got %v, want %v ± %v", what, got, want, tolerance)
	}
}

// golden reads a published or worked case.
func golden(t testing.TB, name string, expected any) *Model {
	t.Helper()
	dir := filepath.Join("..", "..", "test", "golden", name)
	f, err := os.Open(filepath.Join(dir, "input.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, expected); err != nil {
		t.Fatal(err)
	}
	return m
}

func analysed(t testing.TB, m *Model, draws int, seed uint64) *Report {
	t.Helper()
	r, err := m.Analyse(context.Background(), Options{Draws: draws, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func result(t testing.TB, r *Report, group, key string, basis method.Basis) Result {
	t.Helper()
	for _, x := range r.Results {
		if x.Group == group && x.Key == key && x.Basis == basis {
			return x
		}
	}
	t.Fatalf("no %s %q %s", group, key, basis)
	return Result{}
}

func TestApproach1ByHand(t *testing.T) {
	var want []struct {
		Group, Key string
		Basis      method.Basis
		Emissions  float64
		Squares    float64
	}
	r := analysed(t, golden(t, "ipcc-approach1", &want), 200_000, 1)
	for _, w := range want {
		x := result(t, r, w.Group, w.Key, w.Basis)
		what := fmt.Sprint(w.Group, " ", w.Key, " ", w.Basis)
		half := math.Sqrt(w.Squares)
		near(t, what, x.Emissions, w.Emissions, 1e-9)
		near(t, what+", half", x.Approach1.Half, half, 1e-12*half)
		near(t, what+", relative", x.Approach1.Relative, half/math.Abs(w.Emissions), 1e-12)
		near(t, what+", drawn", x.MonteCarlo.Half, half, 0.015*half)
		near(t, what+", mean drawn", x.MonteCarlo.Mean, w.Emissions, 5*half/coverage/math.Sqrt(200_000))
	}
	if top := r.Contributions[0]; top.Term != "coal-factor" {
		t.Errorf("the largest contribution is %+v", top)
	}
	var shares float64
	for _, c := range r.Contributions {
		shares += c.Share
	}
	near(t, "shares of the variance", shares, 1, 1e-12)
	near(t, "share of the grid's factor", r.Contributions[2].Share+r.Contributions[1].Share, (144.0+144)/1030, 1e-12)
}

func TestAdditiveModelOfJCGM101(t *testing.T) {
	var want struct {
		Mean, SD, Half float64
		Normal         struct{ Half float64 }
		Wide           struct{ SD, Half float64 }
	}
	m := golden(t, "ipcc-approach2", &want)
	check := func(what string, sd, half, tolerance, first float64) {
		t.Helper()
		x := result(t, analysed(t, m, 200_000, 7), "total", "", method.Location)
		near(t, what+" mean", x.MonteCarlo.Mean, want.Mean, 5*sd/math.Sqrt(200_000))
		near(t, what+" sd", x.MonteCarlo.SD, sd, 0.01*sd)
		near(t, what+" half", x.MonteCarlo.Half, half, tolerance)
		near(t, what+" approach 1", x.Approach1.Half, first, 1e-9)
	}
	check("rectangular", want.SD, want.Half, 0.03, coverage*2)
	m.Terms[3].Uncertainty *= 10
	check("wide", want.Wide.SD, want.Wide.Half, 0.1, coverage*want.Wide.SD)
	m.Terms[3].Uncertainty /= 10
	for i := range m.Terms {
		m.Terms[i].Shape = Normal
	}
	check("normal", want.SD, want.Normal.Half, 0.03, coverage*2)
}

// The draws of every shape have the mean and the standard deviation that they claim; the normal
// quantile has the values of its tables.
func TestShapes(t *testing.T) {
	near(t, "97.5th percentile", standard(0.975), coverage, 1e-12)
	near(t, "median", standard(0.5), 0, 1e-15)
	near(t, "0.1st percentile", standard(0.001), -3.090232306167813, 1e-10)
	moment := func(shape Shape, uncertainty, third float64) {
		t.Helper()
		const n = 400_000
		s := newSource(3, Term{ID: "t", Shape: shape, Uncertainty: uncertainty})
		draws := make([]float64, n)
		s.fill(draws, 0)
		mean, sd := moments(draws)
		near(t, string(shape)+" mean", mean, 0, 5*s.sd/math.Sqrt(n))
		near(t, string(shape)+" sd", sd, s.sd, 0.02*s.sd)
		var skew float64
		for _, x := range draws {
			skew += math.Pow((x-mean)/sd, 3) / n
		}
		near(t, string(shape)+" skewness", skew, third, 0.05+0.1*third)
	}
	moment(Normal, 0.1, 0)
	moment(Uniform, 0.1, 0)
	moment(Triangular, 0.1, 0)
	// skewness of a lognormal: (e^σ²+2)·√(e^σ²−1), with e^σ²−1 = sd²
	sd := 0.5 / coverage
	moment(Lognormal, 0.5, (sd*sd+3)*sd)
	half := newSource(1, Term{ID: "class", Shape: Uniform, Uncertainty: 0.02 / math.Sqrt(3) * coverage}).scale
	near(t, "a meter of class 2 errs by at most", half, 0.02, 1e-15)
}

// The generator gives the known bits: these are the first of
// SplitMix64 from the state 0.
func TestSplitMix64(t *testing.T) {
	for i, want := range []uint64{0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f} {
		if got := mix(uint64(i+1) * gamma); got != want {
			t.Errorf("output %d of SplitMix64 from 0: %#x, not %#x", i+1, got, want)
		}
	}
	if newStream(1, "a") == newStream(2, "a") || newStream(1, "a") == newStream(1, "b") {
		t.Error("streams of different seeds or terms are the same")
	}
	for i := range uint64(1000) {
		if u := stream(i).uniform(i); u <= 0 || u >= 1 {
			t.Fatalf("draw %v", u)
		}
	}
}

// A share cannot be more than one.
func TestMost(t *testing.T) {
	m := &Model{Terms: []Term{{ID: "of", Shape: Normal, Uncertainty: 0.1, Most: 1 / 0.98}},
		Lines: []Line{{ID: "a", Scope: 1, Basis: method.Both, Emissions: 98, Links: []Link{{{"of", 1}}}}}}
	x := result(t, analysed(t, m, 10_000, 1), "total", "", method.Location)
	near(t, "97.5th percentile", x.MonteCarlo.High, 100, 1e-9)
}

// The figures do not depend on how many draw, nor on terms and lines added behind.
func TestReproducible(t *testing.T) {
	m := golden(t, "ipcc-approach1", new(any))
	before := analysed(t, m, 5000, 42)
	n := runtime.GOMAXPROCS(1)
	alone := analysed(t, m, 5000, 42)
	runtime.GOMAXPROCS(7)
	many := analysed(t, m, 5000, 42)
	runtime.GOMAXPROCS(n)
	if !reflect.DeepEqual(before, alone) || !reflect.DeepEqual(before, many) {
		t.Error("the number of workers changes the figures")
	}
	if other := analysed(t, m, 5000, 43); other.Results[0].MonteCarlo.Mean == before.Results[0].MonteCarlo.Mean {
		t.Error("another seed gives the same mean")
	}
	c := before.Convergence
	if x := before.Results[0].MonteCarlo; c.Batches != 10 || !(c.Mean > 0.2*x.SD/math.Sqrt(5000) && c.Mean < 3*x.SD/math.Sqrt(5000)) || !(c.Low > 0 && c.High > 0) {
		t.Errorf("standard errors %+v of sd %v", c, x.SD)
	}
}

// drawModel draws a model of lines that share some terms.
func drawModel(t *rapid.T, linear bool) *Model {
	m := &Model{}
	for i := range rapid.IntRange(1, 8).Draw(t, "terms") {
		shape := Normal
		if !linear {
			shape = rapid.SampledFrom([]Shape{Normal, Lognormal, Uniform, Triangular}).Draw(t, "shape")
		}
		m.Terms = append(m.Terms, Term{ID: fmt.Sprint("t", i), Kind: "factor", Shape: shape, Uncertainty: float64(rapid.IntRange(0, 50).Draw(t, "u")) / 100})
	}
	for i := range rapid.IntRange(1, 12).Draw(t, "lines") {
		l := Line{ID: fmt.Sprint("l", i), Organization: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "org"), Scope: rapid.IntRange(1, 3).Draw(t, "scope"),
			Basis: rapid.SampledFrom([]method.Basis{method.Both, method.Location, method.Market}).Draw(t, "basis"), Emissions: float64(rapid.IntRange(-50, 100).Draw(t, "e"))}
		for range rapid.IntRange(0, 1+2*toInt(!linear)).Draw(t, "links") {
			l.Links = append(l.Links, Link{{rapid.SampledFrom(m.Terms).Draw(t, "term").ID, 1}})
		}
		m.Lines = append(m.Lines, l)
	}
	return m
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// For sums of normal terms both approaches are exact: they differ by the sampling error.
func TestApproachesAgreeForLinearSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const n = 4000
		m := drawModel(t, true)
		r, err := m.Analyse(context.Background(), Options{Draws: n, Seed: rapid.Uint64().Draw(t, "seed")})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range r.Results {
			sd := x.Approach1.Half / coverage
			if math.Abs(x.MonteCarlo.Mean-x.Emissions) > 7*sd/math.Sqrt(n)+1e-9 {
				t.Errorf("%s %s: mean %v, emissions %v, sd %v", x.Group, x.Key, x.MonteCarlo.Mean, x.Emissions, sd)
			}
			if math.Abs(x.MonteCarlo.SD-sd) > 7*sd/math.Sqrt(2*n)+1e-9 || math.Abs(x.Difference) > 0.2 {
				t.Errorf("%s %s: sd %v drawn, %v propagated, difference %v", x.Group, x.Key, x.MonteCarlo.SD, sd, x.Difference)
			}
		}
	})
}

// A thousand times the emissions give a thousand times the intervals, and nothing is not a number.
func TestScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t, false)
		o := Options{Draws: 500, Seed: 1}
		a, err := m.Analyse(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range m.Lines {
			m.Lines[i].Emissions *= 1024
		}
		b, err := m.Analyse(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range a.Results {
			y := b.Results[i]
			if y.Approach1.Half != 1024*x.Approach1.Half || y.MonteCarlo.Low != 1024*x.MonteCarlo.Low || y.MonteCarlo.Relative != x.MonteCarlo.Relative {
				t.Errorf("%+v\n%+v", x, y)
			}
			if !(x.MonteCarlo.Low <= x.MonteCarlo.High) || !finite(x.Difference) || !finite(x.MonteCarlo.SD) || !finite(x.Approach1.Relative) {
				t.Errorf("%+v", x)
			}
		}
		if _, err := json.Marshal(a); err != nil {
			t.Error(err)
		}
	})
}

func TestRefused(t *testing.T) {
	bad := func(what string, want error, change func(*Model, *Options)) {
		t.Helper()
		m := &Model{Terms: []Term{{ID: "t", Shape: Normal, Uncertainty: 0.1}}, Lines: []Line{{ID: "l", Scope: 1, Basis: method.Both, Emissions: 1, Links: []Link{{{"t", 1}}}}}}
		o := Options{Draws: 100}
		change(m, &o)
		if _, err := m.Analyse(context.Background(), o); !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	bad("few draws", ErrOptions, func(_ *Model, o *Options) { o.Draws = 99 })
	bad("many draws", ErrOptions, func(_ *Model, o *Options) { o.Draws = 1_000_001 })
	bad("too much to keep", ErrOptions, func(m *Model, o *Options) {
		o.Draws = 1_000_000
		for i := range 50 {
			m.Lines = append(m.Lines, Line{Scope: 1, Basis: method.Both, Organization: fmt.Sprint(i)})
		}
	})
	bad("negative uncertainty", ErrModel, func(m *Model, _ *Options) { m.Terms[0].Uncertainty = -0.1 })
	bad("no number", ErrModel, func(m *Model, _ *Options) { m.Terms[0].Uncertainty = math.NaN() })
	bad("no shape", ErrModel, func(m *Model, _ *Options) { m.Terms[0].Shape = "" })
	bad("a most below the mean", ErrModel, func(m *Model, _ *Options) { m.Terms[0].Most = 0.5 })
	bad("a term twice", ErrModel, func(m *Model, _ *Options) { m.Terms = append(m.Terms, m.Terms[0]) })
	bad("an unknown term", ErrModel, func(m *Model, _ *Options) { m.Lines[0].Links[0][0].Term = "x" })
	bad("endless emissions", ErrModel, func(m *Model, _ *Options) { m.Lines[0].Emissions = math.Inf(1) })
	bad("more than there can be", ErrModel, func(m *Model, _ *Options) { m.Lines[0].Emissions = 1.1e15 })
	bad("a weight that makes it so", ErrModel, func(m *Model, _ *Options) { m.Lines[0].Links[0][0].Weight = 1.1e15 })
	bad("drawn beyond all numbers", ErrModel, func(m *Model, _ *Options) {
		m.Lines[0].Emissions = 1e-290
		m.Lines[0].Links = []Link{{{"t", 1e300}}, {{"t", 1e300}}, {{"t", 1e300}}}
	})
	bad("scope 4", ErrModel, func(m *Model, _ *Options) { m.Lines[0].Scope = 4 })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&Model{}).Analyse(ctx, Options{Draws: 100}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if r := analysed(t, &Model{}, 100, 0); len(r.Results) != 0 {
		t.Errorf("nothing gives %+v", r)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"ipcc-approach1", "ipcc-approach2"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "test", "golden", name, "input.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range []string{"", "{}", `{"format":"lingtan.uncertainty-case/v1"}`, `{"format":"lingtan.uncertainty-case/v1","term":[]}`,
		`{"format":"lingtan.uncertainty-case/v1","terms":[{"id":"a","uncertainty":11}]}`, `{"format":"lingtan.uncertainty-case/v1"} 1`,
		`{"format":"lingtan.uncertainty-case/v1","terms":[{"id":"a","uncertainty":0.5}],"lines":[{"id":"b","scope":1,"basis":"both","emissions":1e308,"links":[[{"term":"a","weight":1e308}]]}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(bytes.NewReader(data))
		if err != nil {
			if !errors.Is(err, ErrModel) {
				t.Errorf("%v", err)
			}
			return
		}
		r, err := m.Analyse(context.Background(), Options{Draws: 100})
		if err != nil {
			if !errors.Is(err, ErrModel) && !errors.Is(err, ErrOptions) {
				t.Error(err)
			}
			return
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
		for _, c := range r.Contributions {
			if math.IsNaN(c.Share) || c.Share < 0 || c.Share > 1+1e-9 {
				t.Errorf("%+v", c)
			}
		}
	})
}

func TestParse(t *testing.T) {
	m, err := Parse(strings.NewReader(`{"format":"lingtan.uncertainty-case/v1","terms":[{"id":"a","kind":"factor","uncertainty":0.5},{"id":"b","kind":"factor","uncertainty":0.1}],"lines":[]}`))
	if err != nil || m.Terms[0].Shape != Lognormal || m.Terms[1].Shape != Normal {
		t.Errorf("%+v %v", m, err)
	}
	tiny := &Model{Terms: []Term{{ID: "t", Shape: Normal, Uncertainty: 1e-200}}, Lines: []Line{{ID: "l", Scope: 1, Basis: method.Both, Emissions: 1e-100, Links: []Link{{{"t", 1}}}}}}
	if r := analysed(t, tiny, 100, 0); len(r.Contributions) != 0 {
		t.Errorf("what squares to 0 contributes %+v", r.Contributions)
	}
	if _, err := Parse(strings.NewReader(`{"format":"lingtan.uncertainty-case/v1","lines":[],"more":1}`)); !errors.Is(err, ErrModel) {
		t.Errorf("an unknown field: %v", err)
	}
}

// BenchmarkMonteCarlo is 10,000 draws over 1,000 entries of 200 organizations, each with a meter of
// its own and two factors out of twenty.
func BenchmarkMonteCarlo(b *testing.B) {
	m := &Model{}
	for i := range 20 {
		m.Terms = append(m.Terms, Term{ID: fmt.Sprint("f", i), Shape: Normal, Uncertainty: 0.1})
	}
	for i := range 1000 {
		id := fmt.Sprint("m", i)
		m.Terms = append(m.Terms, Term{ID: id, Shape: Normal, Uncertainty: 0.03})
		m.Lines = append(m.Lines, Line{ID: id, Organization: fmt.Sprint(i % 200), Scope: 1 + i%2, Basis: method.Both, Category: fmt.Sprint(i % 7), Emissions: float64(i),
			Links: []Link{{{id, 1}}, {{m.Terms[i%20].ID, 1}}, {{m.Terms[(i+7)%20].ID, 1}}}})
	}
	for b.Loop() {
		if _, err := m.Analyse(context.Background(), Options{Draws: 10_000, Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
}
