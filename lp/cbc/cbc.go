//go:build cbc && cgo

package cbc

// The libraries are linked statically: the binary runs where CBC is not installed.

/*
#cgo CXXFLAGS: -std=c++17 -O2 -w -I/usr/include/coin
#cgo CFLAGS: -O2
#cgo LDFLAGS: -l:libCbcSolver.a -l:libCbc.a -l:libCgl.a -l:libOsiClp.a -l:libClp.a -l:libOsi.a -l:libCoinUtils.a -l:libbz2.a -l:libz.a -lstdc++ -lm -lpthread
#include <stdlib.h>
#include "cbc.h"
*/
import "C"

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"lingtan/lp"
)

const (
	name     = "CBC 2.10"
	infinite = math.MaxFloat64       // no bound, COIN_DBL_MAX
	look     = 20 * time.Millisecond // how often a running solve is looked at
)

// searching holds one branch-and-cut at a time: CBC reads its settings through state that
// the whole process shares. Programs without whole numbers are solved side by side.
var searching = make(chan struct{}, 1)

// New is CBC, ready to solve. Each solve runs on one processor. Mixed-integer programs
// wait for one another; the wait is part of Elapsed, and no part of Options.Time.
func New() (lp.Solver, error) { return lp.NewSolver(name, solve), nil }

// job is one solve, with what C reads and writes. The slices are pinned while it runs.
type job struct {
	program              C.struct_cbc_program
	limits               C.struct_cbc_limits
	shared               *C.struct_cbc_shared
	value, dual, reduced []float64
	bound                C.double
	code                 C.int
}

func solve(ctx context.Context, p *lp.Program, o lp.Options) (*lp.Solution, error) {
	begin := time.Now()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	shared := (*C.struct_cbc_shared)(C.calloc(1, C.size_t(unsafe.Sizeof(C.struct_cbc_shared{}))))
	defer C.free(unsafe.Pointer(shared))
	shared.incumbent, shared.bound = C.double(math.Inf(1)), C.double(math.Inf(-1))
	j := &job{shared: shared, value: make([]float64, p.Columns()), dual: make([]float64, p.Rows()), reduced: make([]float64, p.Columns()), bound: C.double(math.Inf(-1))}
	if p.Integers() > 0 && !o.Relax {
		select {
		case searching <- struct{}{}:
			defer func() { <-searching }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	j.fill(&pin, p, o)
	done := make(chan struct{})
	go func() {
		defer close(done)
		j.code = C.cbc_solve(&j.program, &j.limits, j.shared, at(&pin, j.value), at(&pin, j.dual), at(&pin, j.reduced), &j.bound)
	}()
	j.follow(ctx, done, begin, o)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, err := j.answer()
	if err != nil {
		return nil, err
	}
	s.Elapsed = time.Since(begin)
	return s, nil
}

// fill states the program for C.
func (j *job) fill(pin *runtime.Pinner, p *lp.Program, o lp.Options) {
	m := p.Matrix()
	for _, bounds := range [][]float64{m.Lower, m.Upper, m.RowLower, m.RowUpper} {
		for i, v := range bounds {
			if math.IsInf(v, 0) {
				bounds[i] = math.Copysign(infinite, v)
			}
		}
	}
	c := &j.program
	c.columns, c.rows, c.constant = C.int(len(m.Lower)), C.int(len(m.RowLower)), C.double(m.Constant)
	c.lower, c.upper, c.cost = at(pin, m.Lower), at(pin, m.Upper), at(pin, m.Cost)
	c.row_lower, c.row_upper, c.factor = at(pin, m.RowLower), at(pin, m.RowUpper), at(pin, m.Factor)
	c.start, c.index = ints(pin, m.Start), ints(pin, m.Index)
	if p.Integers() > 0 && !o.Relax {
		kinds := make([]byte, len(m.Integer))
		for i, whole := range m.Integer {
			if whole {
				kinds[i] = 1
			}
		}
		pin.Pin(&kinds[0])
		c.integer = (*C.char)(unsafe.Pointer(&kinds[0]))
		if o.Start != nil {
			c.begin = at(pin, o.Start)
		}
	}
	j.limits.gap, j.limits.seconds = C.double(o.Gap), C.double(o.Time.Seconds())
}

// at is where C finds numbers; nil when there are none.
func at(pin *runtime.Pinner, v []float64) *C.double {
	if len(v) == 0 {
		return nil
	}
	pin.Pin(&v[0])
	return (*C.double)(unsafe.Pointer(&v[0]))
}

func ints(pin *runtime.Pinner, v []int32) *C.int {
	if len(v) == 0 {
		return nil
	}
	pin.Pin(&v[0])
	return (*C.int)(unsafe.Pointer(&v[0]))
}

// follow waits for the solve's end, tells how far it has come, and stops it with ctx or
// well past its time: CBC looks at the clock between its steps alone.
func (j *job) follow(ctx context.Context, done <-chan struct{}, begin time.Time, o lp.Options) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	told := lp.Progress{Incumbent: math.Inf(1), Bound: math.Inf(-1)}
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			atomic.StoreInt32((*int32)(unsafe.Pointer(&j.shared.stop)), 1)
			<-done
			return
		case <-tick.C:
		}
		if o.Time > 0 && time.Since(begin) > o.Time+o.Time/4+time.Second {
			atomic.StoreInt32((*int32)(unsafe.Pointer(&j.shared.stop)), 1)
		}
		now := lp.Progress{Incumbent: load(&j.shared.incumbent), Bound: load(&j.shared.bound)}
		if o.Progress != nil && now != told {
			told = now
			now.Elapsed = time.Since(begin)
			o.Progress(now)
		}
	}
}

func load(v *C.double) float64 {
	return math.Float64frombits(atomic.LoadUint64((*uint64)(unsafe.Pointer(v))))
}

// answer is what CBC found.
func (j *job) answer() (*lp.Solution, error) {
	s := &lp.Solution{Bound: math.Inf(-1)}
	whole := j.program.integer != nil
	if b := float64(j.bound); whole && math.Abs(b) < 1e49 {
		s.Bound = b
	}
	switch j.code {
	case C.cbc_optimal:
		s.Status, s.Value = lp.Optimal, j.value
		if !whole {
			s.Dual, s.Reduced = j.dual, j.reduced
		}
	case C.cbc_feasible:
		s.Status, s.Value = lp.Feasible, j.value
	case C.cbc_infeasible:
		s.Status, s.Bound = lp.Infeasible, math.Inf(1)
	case C.cbc_undecided:
		s.Status = lp.Undecided
	case C.cbc_stopped:
		s.Status = lp.Stopped
	default:
		return nil, fmt.Errorf("%w: CBC ended without an answer", lp.ErrSolver)
	}
	return s, nil
}
