package main

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"time"

	"lingtan/dispatch"
	"lingtan/lp"
	"lingtan/lp/cbc"
	"lingtan/lp/highs"
)

const (
	dispatchParks = 3
	dispatchGap   = 0.003
	dispatchTime  = 30 * time.Second // in solvers for one park: what is not proven then is told by its gap
)

// planned measures the plan of a day of a park of 50 assets: with units on or off to a
// proven gap of 0.3 %, without, and again a quarter of an hour later.
func planned(ctx context.Context, o options, r *result) error {
	s, err := dispatchSolver()
	if err != nil {
		return err
	}
	var whole, wall, gaps, plain, again []float64
	for i := range dispatchParks {
		p := dispatchPark(o.Seed + uint64(i))
		plan, took, spent, err := plannedIn(ctx, s, p, dispatch.Options{Gap: dispatchGap, Time: dispatchTime})
		if err != nil {
			return err
		}
		if plan.Gap == nil {
			return fmt.Errorf("%s: %s, no gap is known", p.Title, plan.Status)
		}
		whole, wall, gaps = append(whole, spent), append(wall, took), append(gaps, 100**plan.Gap)
		if _, _, spent, err = plannedIn(ctx, s, alwaysOn(p), dispatch.Options{Time: dispatchTime}); err != nil {
			return err
		}
		plain = append(plain, spent)
		if _, _, spent, err = plannedIn(ctx, s, fixed(p.After(plan, 1), plan, 1), dispatch.Options{Time: dispatchTime}); err != nil {
			return err
		}
		again = append(again, spent)
	}
	r.limit("units on or off, 2,400 binaries, to 0.3 %: median, processor", median(whole), "s", 2, false)
	r.add("the same, wall", median(wall), "s")
	r.add("the slowest, processor", slices.Max(whole), "s")
	r.limit("the largest gap proven in 30 s", slices.Max(gaps), "%", 100*dispatchGap, false)
	r.limit("no unit on or off: median, processor", median(plain), "s", 0.3, false)
	r.limit("again a step later with what is on held: median, processor", median(again), "s", 0.2, false)
	return nil
}

// dispatchSolver is the solver that the program uses.
func dispatchSolver() (lp.Solver, error) {
	second, err := highs.New()
	if err != nil {
		return nil, err
	}
	first, err := cbc.New()
	if err != nil {
		return nil, fmt.Errorf("build the benchmark with -tags cbc: %w", err)
	}
	return lp.Verified(first, second), nil
}

// plannedIn plans and tells the seconds on the clock and of the processor.
func plannedIn(ctx context.Context, s lp.Solver, p *dispatch.Problem, o dispatch.Options) (*dispatch.Plan, float64, float64, error) {
	began, before := time.Now(), processor()
	plan, err := dispatch.Solve(ctx, s, p, o)
	if err == nil && plan.Status == "fallback" {
		err = fmt.Errorf("%s: %s", p.Title, plan.Reason.EN)
	}
	return plan, time.Since(began).Seconds(), processor() - before, err
}

// processor is what the process took of the processor, s.
func processor() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// alwaysOn is the park with units that may run at any level.
func alwaysOn(p *dispatch.Problem) *dispatch.Problem {
	q := *p
	q.Units = slices.Clone(p.Units)
	for i := range q.Units {
		u := &q.Units[i]
		u.Min, u.Commitment = 0, nil
		u.Ports = slices.Clone(u.Ports)
		for k := range u.Ports {
			u.Ports[k].NoLoad = 0
		}
	}
	return &q
}

// fixed holds every unit on or off as a plan has it from a step on.
func fixed(p *dispatch.Problem, plan *dispatch.Plan, from int) *dispatch.Problem {
	q := *p
	q.Units = slices.Clone(p.Units)
	for i := range q.Units {
		u := &q.Units[i]
		if u.Commitment == nil {
			continue
		}
		k := *u.Commitment
		k.Fixed = plan.Outcomes[0].Schedule[u.ID]["on"][from:]
		u.Commitment = &k
	}
	return &q
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
