package cbc

import (
	"context"
	"errors"
	"math"
	"os"
	"os/signal"
	"testing"
	"time"

	"lingtan/lp"
)

// Ctrl-C is Go's during and after a search, though CBC asks for it.
func TestInterruptStaysOurs(t *testing.T) {
	s, err := New()
	if errors.Is(err, lp.ErrAbsent) {
		t.Skip(err)
	}
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, os.Interrupt)
	defer signal.Stop(heard)
	p := lp.New("chairs and tables")
	x, y := p.Integer("chairs", 0, math.Inf(1), -30), p.Integer("tables", 0, math.Inf(1), -50)
	p.Row("wood", math.Inf(-1), 40, lp.Term{Column: x, Factor: 1}, lp.Term{Column: y, Factor: 2})
	p.Row("work", math.Inf(-1), 50, lp.Term{Column: x, Factor: 2}, lp.Term{Column: y, Factor: 1})
	got, err := s.Solve(context.Background(), p, lp.Options{})
	if err != nil || got.Status != lp.Optimal || math.Abs(got.Objective+1100) > 1e-6 {
		t.Fatalf("%+v, %v", got, err)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-heard:
	case <-time.After(5 * time.Second):
		t.Error("SIGINT no longer reaches Go")
	}
}
