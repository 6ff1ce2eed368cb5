package highs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/tetratelabs/wazero/api"

	"lingtan/lp"
)

// instance is one run of the module. Its first error stays, and later calls do nothing.
type instance struct {
	ctx    context.Context
	module api.Module
	model  uint64 // pointer to the Highs object
	err    error
}

func (c *instance) call(name string, args ...uint64) uint64 {
	if c.err != nil {
		return 0
	}
	out, err := c.module.ExportedFunction(name).Call(c.ctx, args...)
	if err != nil {
		c.err = err
	}
	if err != nil || len(out) == 0 {
		return 0
	}
	return out[0]
}

// must calls a function of HiGHS that returns −1 for an error.
func (c *instance) must(what, name string, args ...uint64) {
	if api.DecodeI32(c.call(name, append([]uint64{c.model}, args...)...)) == -1 && c.err == nil {
		c.err = fmt.Errorf("HiGHS refused %s", what)
	}
}

// put copies bytes into the module's memory; the instance is thrown away after its
// solve, so nothing is freed.
func (c *instance) put(b []byte) uint64 {
	at := c.space(len(b))
	if c.err == nil && !c.module.Memory().Write(uint32(at), b) {
		c.err = errors.New("no room for the model")
	}
	return at
}

func (c *instance) space(size int) uint64 {
	if size >= math.MaxInt32 {
		c.err = fmt.Errorf("%d bytes are more than the module's memory", size)
		return 0
	}
	at := c.call(fnMalloc, uint64(max(size, 8)))
	if at == 0 && c.err == nil {
		c.err = errors.New("no room for the model")
	}
	return at
}

func (c *instance) option(name string, value float64) {
	at := c.put(append([]byte(name), 0))
	c.must("option "+name, fnSetReal, at, api.EncodeF64(value))
}

func (c *instance) flag(name string, on int32) {
	at := c.put(append([]byte(name), 0))
	c.must("option "+name, fnSetBool, at, api.EncodeI32(on))
}

func (c *instance) number(name string, value int32) {
	at := c.put(append([]byte(name), 0))
	c.must("option "+name, fnSetInt, at, api.EncodeI32(value))
}

func (c *instance) floats(at uint64, n int) []float64 {
	if c.err != nil {
		return nil
	}
	b, ok := c.module.Memory().Read(uint32(at), uint32(8*n))
	if !ok {
		c.err = errors.New("an answer outside the module's memory")
		return nil
	}
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return v
}

func (c *instance) info(name string) float64 {
	key, at := c.put(append([]byte(name), 0)), c.space(8)
	c.must("information "+name, fnInfo, key, at)
	if v := c.floats(at, 1); len(v) == 1 {
		return v[0]
	}
	return math.NaN()
}

// infoInt is an information of integer type; 0 after an error.
func (c *instance) infoInt(name string) int32 {
	key, at := c.put(append([]byte(name), 0)), c.space(8)
	c.must("information "+name, fnInfoInt, key, at)
	if c.err != nil {
		return 0
	}
	v, _ := c.module.Memory().ReadUint32Le(uint32(at))
	return int32(v)
}

func (c *instance) solve(p *lp.Program, o lp.Options) *lp.Solution {
	whole := p.Integers() > 0 && !o.Relax
	c.model = c.call(fnCreate)
	c.options(o)
	c.pass(p.Matrix(), whole)
	if whole && o.Start != nil {
		at := c.put(bytesOf(o.Start))
		c.must("the start", fnBegin, at, 0, 0, 0)
	}
	c.must("to run", fnRun)
	return c.answer(p, whole)
}

func (c *instance) options(o lp.Options) {
	if o.Progress == nil {
		c.flag("output_flag", 0)
	}
	c.number("threads", 1)
	if o.Time > 0 {
		c.option("time_limit", o.Time.Seconds())
	}
	c.option("mip_rel_gap", o.Gap)
	c.option("mip_abs_gap", 0)
}

// pass hands the model over by rows (format 2), to be minimised (sense 1).
func (c *instance) pass(m lp.Matrix, whole bool) {
	kinds := make([]int32, len(m.Lower))
	for j, integer := range m.Integer {
		if integer && whole {
			kinds[j] = 1
		}
	}
	args := []uint64{uint64(len(m.Lower)), uint64(len(m.RowLower)), uint64(len(m.Index)), 2, 1, api.EncodeF64(m.Constant)}
	for _, v := range [][]float64{m.Cost, m.Lower, m.Upper, m.RowLower, m.RowUpper} {
		args = append(args, c.put(bytesOf(v)))
	}
	start := m.Start
	if len(m.RowLower) > 0 {
		start = start[:len(m.RowLower)]
	}
	args = append(args, c.put(bytesOfInts(start)), c.put(bytesOfInts(m.Index)), c.put(bytesOf(m.Factor)), c.put(bytesOfInts(kinds)))
	c.must("the model", fnPassMip, args...)
}

// answer reads status, values and duals. HiGHS's row duals are ∂objective/∂side of a
// program that is minimised.
func (c *instance) answer(p *lp.Program, whole bool) *lp.Solution {
	s := &lp.Solution{Bound: math.Inf(-1)}
	code := int(api.DecodeI32(c.call(fnStatus, c.model)))
	found := c.infoInt("primal_solution_status") == feasiblePoint
	s.Status = status(code, found)
	if c.err == nil && s.Status == 0 {
		c.err = fmt.Errorf("HiGHS ended with model status %d", code)
	}
	if whole && c.err == nil {
		s.Bound = c.info("mip_dual_bound")
	}
	if s.Status == lp.Infeasible {
		s.Bound = math.Inf(1)
	}
	if s.Status != lp.Optimal && s.Status != lp.Feasible {
		return s
	}
	x, reduced, activity, dual := c.space(8*p.Columns()), c.space(8*p.Columns()), c.space(8*p.Rows()), c.space(8*p.Rows())
	c.must("its solution", fnSolution, x, reduced, activity, dual)
	s.Value = c.floats(x, p.Columns())
	if !whole && s.Status == lp.Optimal {
		s.Dual, s.Reduced = c.floats(dual, p.Rows()), c.floats(reduced, p.Columns())
	}
	return s
}

// status is what a model status means; 0 is a failure.
func status(code int, found bool) lp.Status {
	switch code {
	case modelOptimal:
		return lp.Optimal
	case modelInfeasible:
		return lp.Infeasible
	case modelEither, modelUnbounded: // HiGHS calls some infeasible programs unbounded
		return lp.Undecided
	case modelTime, modelIterations, modelUnknown, modelSolutions, modelInterrupt:
		if found {
			return lp.Feasible
		}
		return lp.Stopped
	}
	return 0
}
