package factor

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// checkRead asserts what every reader promises: an ErrInvalid and nothing, or factors that a
// library takes.
func checkRead(t *testing.T, read func(io.Reader) ([]Factor, error), s string) {
	t.Helper()
	list, err := read(strings.NewReader(s))
	if err != nil {
		if !errors.Is(err, ErrInvalid) || list != nil {
			t.Fatalf("%v with %d factors", err, len(list))
		}
		return
	}
	var l Library
	for _, f := range list {
		if err := l.Add(f); err != nil && !errors.Is(err, ErrConflict) {
			t.Fatal(err)
		}
		if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
			t.Fatalf("%s = %v", f.ID, f.Value)
		}
	}
}

func TestSteam(t *testing.T) {
	l := builtin(t)
	near := func(f Factor, err error, want float64) {
		t.Helper()
		if err != nil || math.Abs(f.Value-want) > 0.05 || f.Unit.String() != "kJ/kg" || f.Version == "" {
			t.Errorf("%s = %v %s, %v; want %v", f.ID, f.Value, f.Unit, err, want)
		}
	}
	sat := func(p, want float64) { t.Helper(); f, err := l.SaturatedSteam(p); near(f, err, want) }
	sup := func(p, c, want float64) { t.Helper(); f, err := l.SuperheatedSteam(p, c); near(f, err, want) }
	sat(0.001, 2513.8)
	sat(0.8, 2768.4)
	sat(0.85, 2770.7) // halfway between 2768.4 and 2773.0
	sat(1.5, 2790.3)  // the row of 1.5 MPa is missing between 1.4 and 1.6
	sat(22, 2192.5)
	sup(1, 200, 2827.5)
	sup(1, 210, 2851.2)      // halfway between 2827.5 and 2874.9
	sup(2, 300, 3022.75)     // halfway between 1 and 3 MPa
	sup(0.5, 400, 3272.0286) // the printed 3217.8 is a misprint: bridged from 350 and 420 degC
	sup(1, 179.88, 2777)     // at boiling it is the saturated state
	sup(0.8, 175, 2779.3098)
	missing := func(f Factor, err error) {
		t.Helper()
		if !errors.Is(err, ErrMissing) || f != (Factor{}) {
			t.Errorf("%v %v, want ErrMissing", f, err)
		}
	}
	for _, p := range []float64{0, -1, 22.1, math.NaN(), math.Inf(1)} {
		missing(l.SaturatedSteam(p))
	}
	for _, s := range [][2]float64{{1, 179}, {0.5, 20}, {31, 500}, {1, 601}, {0.001, 100}, {math.NaN(), 300}, {1, math.NaN()}, {25, 380}} {
		missing(l.SuperheatedSteam(s[0], s[1]))
	}
}

// Hotter steam holds more heat, and no interpolation crosses boiling.
func TestSteamProperties(t *testing.T) {
	l := builtin(t)
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(0.01, 20).Draw(t, "p")
		sat, err := l.SaturatedSteam(p)
		if err != nil {
			t.Fatal(err)
		}
		a := rapid.Float64Range(45, 600).Draw(t, "a")
		b := rapid.Float64Range(a, 600).Draw(t, "b")
		fa, errA := l.SuperheatedSteam(p, a)
		fb, errB := l.SuperheatedSteam(p, b)
		if errA != nil {
			return // water, or no row around it
		}
		if errB != nil {
			t.Fatalf("%g MPa: steam at %g degC but not at %g: %v", p, a, b, errB)
		}
		if fb.Value < fa.Value-1e-9 || fa.Value < sat.Value-1 {
			t.Fatalf("%g MPa: %g at %g degC, %g at %g, saturated %g", p, fa.Value, a, fb.Value, b, sat.Value)
		}
	})
}
