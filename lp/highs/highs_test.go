package highs

import (
	"context"
	"math"
	"testing"
	"time"

	"lingtan/lp"
)

func TestTiny(t *testing.T) {
	b := time.Now()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Log("compile", time.Since(b))
	p := lp.New("tiny")
	x := p.Integer("x", 0, math.Inf(1), -30)
	y := p.Integer("y", 0, math.Inf(1), -50)
	p.Row("a", math.Inf(-1), 40, lp.Term{Column: x, Factor: 1}, lp.Term{Column: y, Factor: 2})
	p.Row("b", math.Inf(-1), 50, lp.Term{Column: x, Factor: 2}, lp.Term{Column: y, Factor: 1})
	b = time.Now()
	got, err := s.Solve(context.Background(), p, lp.Options{Progress: func(p lp.Progress) { t.Log(p) }})
	t.Log(got, err, time.Since(b))
	b = time.Now()
	got, err = s.Solve(context.Background(), p, lp.Options{Relax: true})
	t.Log(got, err, time.Since(b))
}

func TestProf(t *testing.T) {
	s, _ := New()
	p := lp.New("tiny")
	x := p.Integer("x", 0, math.Inf(1), -30)
	y := p.Integer("y", 0, math.Inf(1), -50)
	p.Row("a", math.Inf(-1), 40, lp.Term{Column: x, Factor: 1}, lp.Term{Column: y, Factor: 2})
	p.Row("b", math.Inf(-1), 50, lp.Term{Column: x, Factor: 2}, lp.Term{Column: y, Factor: 1})
	for range 15 {
		b := time.Now()
		_, err := s.Solve(context.Background(), p, lp.Options{})
		t.Log(err, time.Since(b))
	}
}
