package dispatch

import (
	"fmt"
	"math"
	"slices"

	"lingtan/lp"
)

// most demands that are tried one by one for a conflict when no weights narrow them down.
const mostTried = 150

// explained plans with every demand allowed to be missed, and names the smallest set of
// demands that conflict.
func (d *dispatcher) explained() (*found, error) {
	conflict, err := d.conflict()
	if err != nil {
		return nil, err
	}
	f, err := d.plan(true)
	if err != nil {
		return nil, err
	}
	if f.infeasible {
		return nil, fmt.Errorf("%w: no plan even with every demand missed; look at least times, ramps and what is fixed%s", errUnverified, told(conflict))
	}
	f.conflict = conflict
	return f, nil
}

func told(list []Finding) string {
	text := ""
	for _, b := range list {
		text += "; " + b.EN
	}
	return text
}

// conflict narrows the demands to those with a weight in the proof that they cannot hold
// together (the duals of the program that misses as little as can be: Farkas' lemma), and
// filters these down to a set of which none can be left out.
func (d *dispatcher) conflict() ([]Finding, error) {
	elastic := build(d.p, true, map[string]bool{})
	elastic.minimise(elastic.slack)
	sol, err := d.solver.Solve(d.ctx, elastic.prog, lp.Options{Relax: true, Time: d.o.Time})
	if err != nil {
		return nil, err
	}
	m := build(d.p, false, map[string]bool{})
	weighs := func(i int) bool {
		r := elastic.demands[i].row
		return sol.Status == lp.Optimal && sol.Objective > 1e-6 && int(r) < len(sol.Dual) && math.Abs(sol.Dual[r]) > 1e-9
	}
	var soft []lp.Row
	for i, x := range m.demands {
		if weighs(i) {
			soft = append(soft, x.row)
		}
	}
	if len(soft) == 0 {
		for _, x := range m.demands {
			soft = append(soft, x.row)
		}
	}
	if len(soft) > mostTried {
		return nil, nil // the plan still says what it misses
	}
	for _, x := range m.demands {
		if !slices.Contains(soft, x.row) {
			m.prog.SetRow(x.row, math.Inf(-1), math.Inf(1))
		}
	}
	rows, err := lp.Conflict(d.ctx, d.solver, m.prog, soft)
	if err != nil {
		return nil, err
	}
	return m.named(rows), nil
}

// named tells rows as demands in words, steps of one demand together.
func (m *model) named(rows []lp.Row) []Finding {
	var list []Finding
	for _, x := range m.demands {
		if !slices.Contains(rows, x.row) {
			continue
		}
		l := x.limit
		l.Step = -1
		i := slices.IndexFunc(list, func(b Finding) bool { return b.limit == l })
		if i < 0 {
			i = len(list)
			list = append(list, Finding{limit: l})
		}
		if x.limit.Step >= 0 {
			list[i].Steps = append(list[i].Steps, x.limit.Step)
		}
	}
	for i := range list {
		w, at := list[i].said(), m.p.when(-1)
		if len(list[i].Steps) > 0 {
			at = m.p.when(list[i].Steps[0])
		}
		if n := len(list[i].Steps); n > 1 {
			at.ZH, at.EN = fmt.Sprintf("%s等 %d 步", at.ZH, n), fmt.Sprintf("%s and %d more", at.EN, n-1)
		}
		list[i].words = words{w.ZH + "（" + at.ZH + "）", w.EN + ", " + at.EN}
	}
	return list
}
