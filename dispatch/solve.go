package dispatch

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"lingtan/lp"
)

// Options say how far to plan. The zero value plans to the optimum.
type Options struct {
	Time     time.Duration // at most this long in solvers; 0 is no limit
	Gap      float64       // a plan within this share of the best will do, ≥ 0
	Progress func(lp.Progress)
	From     *Plan // a plan to begin from, of an overlapping horizon; nil for none
	Shift    int   // steps that From began earlier
}

// Solve plans a problem. What cannot be stated is refused with ErrProblem. A problem whose
// demands cannot all hold comes back as a plan that misses as little as can be, with the
// smallest set of demands that conflict. Where no solver gives a plan that holds, the plan
// is the park run by rules as today, and says so: Status is fallback. The context ends it.
func Solve(ctx context.Context, s lp.Solver, p *Problem, o Options) (*Plan, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	d := &dispatcher{ctx: ctx, solver: s, p: p, o: o, today: p.rules()}
	found, err := d.plan(false)
	if err == nil && found.infeasible {
		found, err = d.explained()
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return d.fallback(err), nil
	}
	return d.written(found), nil
}

// dispatcher is one Solve.
type dispatcher struct {
	ctx    context.Context
	solver lp.Solver
	p      *Problem
	o      Options
	spent  time.Duration
	today  []Outcome
}

// found is what a program came to.
type found struct {
	model      *model
	solution   *lp.Solution
	outcomes   []Outcome
	infeasible bool
	conflict   []Finding
}

// plan solves, and again with those storages and connections kept apart that the plan
// before would have run both ways at once. Most never would, and a program without their
// yes-or-no columns is solved many times faster; its optimum, where it keeps them apart
// by itself, is the optimum.
func (d *dispatcher) plan(relaxed bool) (*found, error) {
	apart := map[string]bool{}
	for {
		m := build(d.p, relaxed, apart)
		sol, err := d.solve(m)
		if err != nil {
			return nil, err
		}
		switch sol.Status {
		case lp.Infeasible:
			return &found{infeasible: true}, nil
		case lp.Unbounded:
			return nil, fmt.Errorf("%w: money without end: a price below 0, or a sale above the price, has no limit in kW", ErrProblem)
		case lp.Stopped:
			return nil, fmt.Errorf("%w: no plan within the time limit", errUnverified)
		}
		f := &found{model: m, solution: sol}
		mixed, err := f.read(d.p)
		if err != nil {
			return nil, err
		}
		added := false
		for id := range mixed {
			added = added || !apart[id]
			apart[id] = true
		}
		if !added {
			return f, f.agrees()
		}
	}
}

// solve minimises the stages one after the other, each held within its tolerance while
// the next is minimised.
func (d *dispatcher) solve(m *model) (*lp.Solution, error) {
	stages := m.stages()
	var sol *lp.Solution
	for i, stage := range stages {
		m.minimise(stage)
		m.prog.AddCost(stage.constant - m.constant)
		m.constant = stage.constant
		o := lp.Options{Gap: d.o.Gap, Progress: d.o.Progress, Start: m.startFrom(d.o, sol)}
		if d.o.Time > 0 {
			o.Time = max(d.o.Time-d.spent, time.Second)
		}
		next, err := d.solver.Solve(d.ctx, m.prog, o)
		if err != nil {
			return nil, err
		}
		d.spent += next.Elapsed
		if next.Status != lp.Optimal && next.Status != lp.Feasible {
			if sol != nil && next.Status == lp.Stopped {
				return sol, nil
			}
			return next, nil
		}
		sol = next
		if i < len(stages)-1 {
			give := d.p.Objective.Tolerance*math.Abs(sol.Objective) + 1e-9*math.Max(1, math.Abs(sol.Objective))
			m.held = append(m.held, m.prog.Row("stage", math.Inf(-1), sol.Objective-stage.constant+give, stage.terms...))
		}
	}
	return sol, nil
}

// startFrom is a start for the solver: the stage before, or a plan before.
func (m *model) startFrom(o Options, last *lp.Solution) []float64 {
	if last != nil {
		return last.Value
	}
	if o.From == nil || len(o.From.start) == 0 {
		return nil
	}
	start := make([]float64, m.prog.Columns())
	for j := range start {
		start[j] = o.From.start[shifted(m.prog.Name(lp.Column(j)), o.Shift)]
	}
	return start
}

// shifted is a column's name so many steps later.
func shifted(name string, steps int) string {
	open := strings.LastIndexByte(name, '[')
	var t int
	if _, err := fmt.Sscanf(name[max(open, 0):], "[%d]", &t); err != nil {
		return name
	}
	return fmt.Sprintf("%s[%d]", name[:open], t+steps)
}

// read makes schedules of a solution and simulates them. It returns what would run both
// ways at once.
func (f *found) read(p *Problem) (map[string]bool, error) {
	x := append([]float64{}, f.solution.Value...)
	for _, c := range f.model.whole {
		x[c] = math.Round(x[c])
	}
	mixed := map[string]bool{}
	for _, b := range f.model.blocks {
		s := Schedule{}
		for _, q := range b.kept {
			values := make([]float64, len(q.values))
			for t, v := range q.values {
				values[t] = clean(v.value(x))
			}
			s.put(q.id, q.name, values)
		}
		a := simulate(b.p, s)
		if len(a.faults) > 0 {
			return nil, fmt.Errorf("%w: %s", errUnverified, strings.Join(a.faults, "; "))
		}
		for id := range a.mixed {
			mixed[id] = true
		}
		f.outcomes = append(f.outcomes, a.outcome(b.way))
	}
	return mixed, nil
}

// clean takes away the last digits that a solver leaves at 0.
func clean(v float64) float64 {
	if math.Abs(v) < 1e-7 {
		return 0
	}
	return v
}

// agrees holds the simulation's money and carbon against the program's, and says what
// demands were missed that must not be.
func (f *found) agrees() error {
	m := f.model
	var money, kg float64
	for _, o := range f.outcomes {
		money += o.Probability * o.Total
		kg += o.Probability * o.Carbon
		for _, v := range o.Violations {
			if v.Price == nil && !m.relaxed {
				return fmt.Errorf("%w: %s", errUnverified, v.EN)
			}
		}
	}
	var want sum
	for _, b := range m.blocks {
		want.plus(b.cost, b.way.Probability)
	}
	x := f.solution.Value
	if v := want.value(x); math.Abs(v-money) > 1e-5*math.Max(1, math.Abs(v)) {
		return fmt.Errorf("%w: the solver says %.9g %s, the simulation %.9g", errUnverified, v, m.p.Currency, money)
	}
	if v := m.carbon.value(x); math.Abs(v-kg) > 1e-5*math.Max(1, math.Abs(v)) {
		return fmt.Errorf("%w: the solver says %.9g kg, the simulation %.9g", errUnverified, v, kg)
	}
	return nil
}

// fallback is today's way of running, told as such.
func (d *dispatcher) fallback(why error) *Plan {
	p := d.p
	plan := &Plan{Format: planFormat, Title: p.Title, Currency: p.Currency, Status: "fallback", Hours: p.Hours, Outcomes: d.today,
		Reason: &words{"没有得到可信的优化计划，以下为按规则照常运行的保底计划：" + why.Error(), "No optimised plan that holds; this is the fall-back, the park run by rules as today: " + why.Error()}}
	for _, o := range plan.Outcomes {
		plan.Total += o.Probability * o.Total
		plan.Carbon += o.Probability * o.Carbon
	}
	return plan
}

// written is the plan with what it is held against.
func (d *dispatcher) written(f *found) *Plan {
	p := d.p
	plan := &Plan{Format: planFormat, Title: p.Title, Currency: p.Currency, Status: f.solution.Status.String(), Solver: f.solution.Solver,
		Hours: p.Hours, Outcomes: f.outcomes, Conflict: f.conflict, start: map[string]float64{}}
	today := Outcome{Probability: 1}
	for i, o := range f.outcomes {
		plan.Total += o.Probability * o.Total
		plan.Carbon += o.Probability * o.Carbon
		today.Total += o.Probability * d.today[i].Total
		today.Carbon += o.Probability * d.today[i].Carbon
	}
	if len(f.outcomes) == 1 {
		today = d.today[0]
	}
	saving, avoided := today.Total-plan.Total, today.Carbon-plan.Carbon
	plan.Today, plan.Saving, plan.Avoided = &today, &saving, &avoided
	if p.Objective.Tail > 0 {
		risk := f.model.cost.value(f.solution.Value)
		plan.Risk = &risk
	}
	if b := f.solution.Bound; !math.IsInf(b, 0) && !math.IsNaN(b) {
		gap := f.solution.Gap
		plan.Bound, plan.Gap = &b, &gap
	}
	for j, v := range f.solution.Value {
		plan.start[f.model.prog.Name(lp.Column(j))] = v
	}
	if f.model.relaxed {
		plan.Status = "relaxed"
		plan.Reason = &words{"并非所有要求都能同时满足；本计划缺口最小。", "Not all demands can hold together; this plan misses as little as can be."}
	}
	d.values(plan, f)
	return plan
}
