package lp_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lingtan/lp"
	"lingtan/lp/cbc"
	"lingtan/lp/highs"
)

// each runs a test with every solver that this build has.
func each(t *testing.T, f func(t *testing.T, s lp.Solver)) {
	t.Helper()
	for _, made := range []func() (lp.Solver, error){cbc.New, highs.New} {
		s, err := made()
		if errors.Is(err, lp.ErrAbsent) {
			t.Log(err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Run(s.Name(), func(t *testing.T) { f(t, lp.Verified(s)) })
	}
}

// usual is the solver that this build uses first.
func usual(t testing.TB) lp.Solver {
	t.Helper()
	if s, err := cbc.New(); err == nil {
		return s
	}
	return second(t)
}

// second is HiGHS, which every build has.
func second(t testing.TB) lp.Solver {
	t.Helper()
	s, err := highs.New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// golden reads a file of a published case.
func golden(t testing.TB, name, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "test", "golden", name, file))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s/%s: %v", name, file, err)
	}
}

// solved solves, and fails the test unless the answer has the status.
func solved(t testing.TB, s lp.Solver, p *lp.Program, o lp.Options, want lp.Status) *lp.Solution {
	t.Helper()
	got, err := s.Solve(context.Background(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != want {
		t.Fatalf("%s is %v, want %v", s.Name(), got.Status, want)
	}
	t.Logf("%s: %.12g, bound %.12g, %v", got.Solver, got.Objective, got.Bound, got.Elapsed.Round(time.Millisecond))
	return got
}

func near(t testing.TB, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Max(1, math.Abs(want))) {
		t.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

var inf = math.Inf(1)

func term(c lp.Column, factor float64) lp.Term { return lp.Term{Column: c, Factor: factor} }
