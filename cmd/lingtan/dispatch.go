package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lingtan/dispatch"
	"lingtan/dispatch/dispatchfile"
	"lingtan/lp"
)

func (a *app) dispatchCommand() *cobra.Command {
	c := &cobra.Command{Use: "dispatch", Short: "调度：未来数小时至数日的最优运行 · dispatch: plan the next hours or days"}
	c.AddCommand(a.dispatchSolveCommand(), a.dispatchTemplateCommand(), a.dispatchImportCommand(), a.dispatchRunCommand(), a.dispatchListCommand(), a.dispatchShowCommand())
	return c
}

// dispatchFlags say how far to plan and how to print.
type dispatchFlags struct {
	output, solver string
	time           time.Duration
	gap            float64
	quiet, strict  bool
}

func (a *app) dispatchSolveCommand() *cobra.Command {
	var f dispatchFlags
	c := &cobra.Command{Use: "solve FILE", Short: "求解一个调度文件（- 为标准输入） · plan a dispatch file (- is standard input)", Args: cobra.ExactArgs(1),
		Long: `Plans a dispatch file (docs/formats/dispatch.md) at the least cost or carbon, simulates
the plan before it is told, and says what every limit that binds is worth. Where not all
demands can hold, it names those that conflict and misses as little as can be.
求解调度文件：成本或碳最低，先经仿真核对再输出，并给出每个约束的价值；要求互相矛盾时
指出矛盾之处，并给出缺口最小的计划。

Exit codes / 退出码: 3 the file is invalid 文件无效 · 7 with --strict, a plan that misses demands or is the fall-back 计划有缺口或为保底计划`,
		Example: "  lingtan dispatch solve test/golden/dispatch-c12-park-day-ahead/input.json --gap 0.001\n  lingtan dispatch solve day.json -o csv > plan.csv",
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains([]string{"table", "json", "csv"}, f.output) {
				return wrongFormat(f.output, "table", "json", "csv")
			}
			if f.time < 0 || !(f.gap >= 0 && f.gap <= 1) {
				return fmt.Errorf("%w: --time must not be below 0, --gap from 0 to 1", errUsage)
			}
			if !slices.Contains([]string{"", "cbc", "highs"}, f.solver) {
				return fmt.Errorf("%w: --solver %.40q; cbc or highs", errUsage, f.solver)
			}
			return a.solveDispatch(c.Context(), args[0], f)
		}}
	c.Flags().StringVarP(&f.output, "output", "o", "table", "table, json or csv (a row a step)")
	c.Flags().StringVar(&f.solver, "solver", "", "cbc or highs; both, each checked, where left out 求解器")
	c.Flags().DurationVar(&f.time, "time", 2*time.Minute, "at most this long in solvers; 0 is no limit 求解时限")
	c.Flags().Float64Var(&f.gap, "gap", 1e-4, "a plan within this share of the best will do 允许的相对差距")
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "no progress 不显示进度")
	c.Flags().BoolVar(&f.strict, "strict", false, "exit 7 where demands are missed 有缺口时以 7 退出")
	return c
}

func (a *app) solveDispatch(ctx context.Context, name string, f dispatchFlags) error {
	data, err := readDispatchFile(name)
	if err != nil {
		return err
	}
	p, err := dispatchfile.Parse(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s, err := newSolver(f.solver)
	if err != nil {
		return err
	}
	o := dispatch.Options{Time: f.time, Gap: f.gap}
	if !f.quiet {
		o.Progress = a.dispatchProgress()
	}
	plan, err := dispatch.Solve(ctx, s, p, o)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	switch f.output {
	case "json":
		err = a.printJSON(plan)
	case "csv":
		err = csv.NewWriter(a.stdout).WriteAll(dispatchfile.Table(plan))
	default:
		err = a.printDispatch(plan)
	}
	if err == nil && f.strict && (plan.Status == "relaxed" || plan.Status == "fallback") {
		err = fmt.Errorf("%w: %s: %s", errQuality, name, a.say(plan.Reason.ZH, plan.Reason.EN))
	}
	return err
}

// readDispatchFile reads a file, or standard input for "-", no more of it than a dispatch
// file may hold and one byte.
func readDispatchFile(name string) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, dispatchfile.MaxBytes+1))
}

// dispatchProgress tells how far a solver is, a line every two seconds.
func (a *app) dispatchProgress() func(lp.Progress) {
	last := time.Now()
	return func(p lp.Progress) {
		if time.Since(last) < 2*time.Second {
			return
		}
		last = time.Now()
		best, bound := a.say("尚无计划", "no plan yet"), "–"
		if !math.IsInf(p.Incumbent, 0) {
			best = fmt.Sprintf("%.8g", p.Incumbent)
		}
		if !math.IsInf(p.Bound, 0) {
			bound = fmt.Sprintf("%.8g", p.Bound)
		}
		fmt.Fprintln(a.stderr, a.say(fmt.Sprintf("求解 %v：当前最好 %s，下界 %s", p.Elapsed.Round(time.Second), best, bound), fmt.Sprintf("solving %v: best %s, bound %s", p.Elapsed.Round(time.Second), best, bound)))
	}
}

// printDispatch prints a plan for a person.
func (a *app) printDispatch(p *dispatch.Plan) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { fmt.Fprintln(w, strings.Join(cells, "\t")) }
	row(p.Title)
	row(a.say("状态", "status"), a.dispatchStatus(p))
	row(a.say("费用 ", "cost ")+p.Currency, fmt.Sprintf("%.2f", p.Total))
	row(a.say("碳 kg", "carbon kg"), fmt.Sprintf("%.1f", p.Carbon))
	if p.Saving != nil {
		row(a.say("比照常运行节省 ", "saved against today ")+p.Currency, fmt.Sprintf("%.2f", *p.Saving))
		row(a.say("比照常运行减碳 kg", "avoided against today kg"), fmt.Sprintf("%.1f", *p.Avoided))
	}
	for _, o := range p.Outcomes {
		a.printOutcome(row, p, o)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	list := func(zh, en string, sentences []string) {
		if len(sentences) > 0 {
			fmt.Fprintf(a.stdout, "\n%s\n  %s\n", a.say(zh, en), strings.Join(sentences, "\n  "))
		}
	}
	said := func(list []dispatch.Finding) []string {
		var out []string
		for _, b := range list {
			out = append(out, a.say(b.ZH, b.EN))
		}
		return out
	}
	if p.Reason != nil {
		list("说明", "note", []string{a.say(p.Reason.ZH, p.Reason.EN)})
	}
	list("互相矛盾的要求", "demands that cannot hold together", said(p.Conflict))
	list("约束与其价值", "limits and what they are worth", said(p.Binding))
	return nil
}

func (a *app) dispatchStatus(p *dispatch.Plan) string {
	words := map[string][2]string{"optimal": {"最优", "optimal"}, "feasible": {"可行（未到最优即停）", "feasible, stopped before the optimum"},
		"relaxed": {"有缺口", "misses demands"}, "fallback": {"保底（按规则运行）", "fall-back: run by rules"}}[p.Status]
	text := a.say(words[0], words[1])
	if p.Gap != nil {
		text += fmt.Sprintf(", %s ≤ %.2g %%", a.say("差距", "gap"), 100**p.Gap)
	}
	if p.Solver != "" {
		text += ", " + p.Solver
	}
	return text
}

// printOutcome prints what a scenario costs and what runs in it.
func (a *app) printOutcome(row func(...string), p *dispatch.Plan, o dispatch.Outcome) {
	row("")
	if o.Scenario != "" {
		row(a.say("情景 ", "scenario ")+o.Scenario, fmt.Sprintf("p=%.4g", o.Probability), fmt.Sprintf("%.2f", o.Total))
	}
	for _, k := range slices.Sorted(maps.Keys(o.Cost)) {
		row("  "+a.dispatchCost(k), fmt.Sprintf("%.2f", o.Cost[k]))
	}
	row(a.say("资产", "asset"), a.say("量", "quantity"), a.say("合计 kWh", "sum kWh"), a.say("最高", "highest"), a.say("运行步数", "steps"))
	for _, id := range slices.Sorted(maps.Keys(o.Schedule)) {
		for _, k := range slices.Sorted(maps.Keys(o.Schedule[id])) {
			row(append([]string{id, k}, dispatchSummary(p.Hours, o.Schedule[id][k], k)...)...)
		}
	}
	for i, v := range o.Violations {
		if i == 20 {
			row("", fmt.Sprintf(a.say("另有 %d 处", "and %d more"), len(o.Violations)-i))
			break
		}
		row(a.say("缺口", "missed"), a.say(v.ZH, v.EN))
	}
}

// dispatchSummary is the energy, the highest value and the steps that are not 0; levels
// and switches have no energy.
func dispatchSummary(hours dispatch.Series, values []float64, quantity string) []string {
	var sum, most float64
	steps := 0
	for t, v := range values {
		if len(values) == len(hours) {
			sum += v * hours[t]
		}
		if math.Abs(v) > math.Abs(most) {
			most = v
		}
		if v != 0 {
			steps++
		}
	}
	energy := fmt.Sprintf("%.1f", sum)
	if quantity == "level" && len(values) > 0 || quantity == "on" || quantity == "start" || len(values) != len(hours) {
		energy = "–"
	}
	return []string{energy, fmt.Sprintf("%.6g", most), fmt.Sprint(steps)}
}

// dispatchCost is a kind of cost in words.
func (a *app) dispatchCost(kind string) string {
	zh := map[string]string{"purchase": "购能", "sale": "售能", "carbon": "碳", "demand": "需量电费", "deviation": "偏差", "operation": "运维", "curtailment": "弃风弃光", "start": "启动",
		"wear": "损耗", "shed": "切负荷", "held": "期末存量价值", "value": "生产收益", "size": "投资"}[kind]
	if k, ok := strings.CutPrefix(kind, "missed."); ok {
		return a.say("缺口："+k, "missed: "+k)
	}
	if zh == "" {
		zh = kind
	}
	return a.say(zh, kind)
}
