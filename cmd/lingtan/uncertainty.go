package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lingtan/inventory/uncertainty"
)

// uncertaintyFlags say how to draw and what to print.
type uncertaintyFlags struct {
	draws  int
	seed   uint64
	top    int
	output string
}

func (f *uncertaintyFlags) declare(c *cobra.Command) {
	c.Flags().IntVar(&f.draws, "draws", 10_000, "draws of the Monte Carlo simulation, 100 to 1000000 抽样次数")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "the same seed gives the same figures 随机种子")
	c.Flags().IntVar(&f.top, "top", 10, "contributions and incomplete registers to print; 0 = all 打印前几项")
	c.Flags().StringVarP(&f.output, "output", "o", "text", "text or json")
}

// analyse runs an analysis and prints it.
func (f *uncertaintyFlags) analyse(a *app, run func(o uncertainty.Options) (*uncertainty.Report, error)) error {
	if f.output != "text" && f.output != "json" {
		return wrongFormat(f.output, "text", "json")
	}
	r, err := run(uncertainty.Options{Draws: f.draws, Seed: f.seed})
	switch {
	case errors.Is(err, uncertainty.ErrOptions):
		return fmt.Errorf("%w: %w", errUsage, err)
	case errors.Is(err, uncertainty.ErrModel):
		return fmt.Errorf("%w: %w", errConfig, err)
	case err != nil:
		return err
	}
	if f.output == "json" {
		return a.printJSON(r)
	}
	return a.printUncertainty(r, f.top)
}

func (a *app) uncertaintyCommand() *cobra.Command {
	var f uncertaintyFlags
	c := &cobra.Command{Use: "uncertainty INVENTORY", Short: "清单的不确定度、数据质量与完整性 · uncertainty, data quality and completeness of an inventory", Args: cobra.ExactArgs(1),
		Long: `Tells how well an inventory is known: the 95 % intervals of its totals by error
propagation (2006 IPCC Guidelines, approach 1) and by Monte Carlo (approach 2), what they come
from, the data quality and what is missing. INVENTORY is the JSON that lingtan inventory -o
json wrote, which needs no data directory, or the id of an inventory in the data directory.
What nobody stated is assumed by a default that is listed with its source
(docs/formats/uncertainty.md). 用误差传递与蒙特卡洛两种方法给出清单的 95 % 区间、贡献、数据质量与缺失。`,
		Example: "  lingtan uncertainty demo-2018-r1\n  lingtan uncertainty inventory.json --draws 10000 --seed 1 -o json",
		RunE: func(c *cobra.Command, args []string) error {
			return f.analyse(a, func(o uncertainty.Options) (*uncertainty.Report, error) {
				if err := o.Check(); err != nil {
					return nil, err
				}
				x, err := a.exported(c, args[0])
				if err != nil {
					return nil, err
				}
				return uncertainty.Analyse(c.Context(), x.Inventory, o)
			})
		}}
	f.declare(c)
	c.AddCommand(a.uncertaintyCaseCommand())
	return c
}

func (a *app) uncertaintyCaseCommand() *cobra.Command {
	var f uncertaintyFlags
	c := &cobra.Command{Use: "case FILE", Short: "分析一个算例文件，不需要清单 · analyse a file of lines and terms, without an inventory", Args: cobra.ExactArgs(1),
		Long: `Reads a case of the format lingtan.uncertainty-case/v1 (docs/formats/uncertainty.md), so that
the two approaches can be held against a published case.`,
		Example: "  lingtan uncertainty case test/golden/ipcc-approach1/input.json",
		RunE: func(c *cobra.Command, args []string) error {
			return f.analyse(a, func(o uncertainty.Options) (*uncertainty.Report, error) {
				return analyseCase(c.Context(), args[0], o)
			})
		}}
	f.declare(c)
	return c
}

func analyseCase(ctx context.Context, name string, o uncertainty.Options) (*uncertainty.Report, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	m, err := uncertainty.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m.Analyse(ctx, o)
}

// printUncertainty prints a report for a person.
func (a *app) printUncertainty(r *uncertainty.Report, top int) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { fmt.Fprintln(w, strings.Join(cells, "\t")) }
	t := func(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }
	row(a.say("合计", "sum"), a.say("口径", "basis"), a.say("排放 t", "emissions t"), a.say("方法一 ±t", "approach 1 ±t"), "±%",
		a.say("蒙特卡洛 均值", "Monte Carlo mean"), "2.5 %", "97.5 %", "±%", a.say("差异 %", "difference %"))
	for _, x := range r.Results {
		row(strings.TrimSpace(a.groupName(x.Group)+" "+x.Key), string(x.Basis), t(x.Emissions), t(x.Approach1.Half), fmt.Sprintf("%.2f", 100*x.Approach1.Relative),
			t(x.MonteCarlo.Mean), t(x.MonteCarlo.Low), t(x.MonteCarlo.High), fmt.Sprintf("%.2f", 100*x.MonteCarlo.Relative), fmt.Sprintf("%+.2f", 100*x.Difference))
	}
	fmt.Fprintf(w, "%s %d, %s %d; %s ±%s (2.5 %%), ±%s (97.5 %%) t\n", a.say("抽样", "draws"), r.Draws, a.say("种子", "seed"), r.Seed,
		a.say("总量区间两端的标准误", "standard errors of the limits of the total"), t(r.Convergence.Low), t(r.Convergence.High))
	if len(r.Contributions) > 0 {
		row("", "")
		row(a.say("对方差的贡献", "contribution to the variance"), "%", "±%", "±t", a.say("来源", "stated"))
	}
	for i, x := range r.Contributions {
		if top > 0 && i == top {
			break
		}
		stated := a.say("声明", "stated")
		if x.Assumed {
			stated = a.say("默认", "assumed")
		}
		row(x.Term, fmt.Sprintf("%.2f", 100*x.Share), fmt.Sprintf("%.2f", 100*x.Uncertainty), t(x.Half), stated)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.printQuality(r, top)
	return nil
}

// printQuality prints the scores, the gaps and the notes.
func (a *app) printQuality(r *uncertainty.Report, top int) {
	if q := r.Quality; q != nil {
		fmt.Fprintf(a.stdout, "%s %.2f (1–5)", a.say("数据质量", "data quality"), q.Score)
		for _, k := range []string{"reliability", "completeness", "time", "geography", "technology"} {
			fmt.Fprintf(a.stdout, "  %s %.2f", k, q.Indicators[k])
		}
		fmt.Fprintln(a.stdout)
	}
	if c := r.Completeness; c != nil {
		fmt.Fprintf(a.stdout, "%s %.2f %%\n", a.say("缺失的计量时段", "metered intervals missing"), 100*c.MissingShare)
		for _, x := range c.Categories {
			if x.Entries == 0 {
				fmt.Fprintf(a.stdout, "  %s %d %s: %s\n", a.say("范围", "scope"), x.Scope, x.Category, a.say("方法有规则，无数据", "the method has rules, there are no data"))
			}
		}
		for i, g := range c.Registers { // the most incomplete first
			if g.MissingShare == 0 || top > 0 && i == top {
				break
			}
			fmt.Fprintf(a.stdout, "  %s: %.2f %%\n", g.Register, 100*g.MissingShare)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(a.stdout, "%s\n", a.say(n.ZH, n.EN))
	}
}

// groupName is the word for a group of a report.
func (a *app) groupName(group string) string {
	switch group {
	case "total":
		return a.say("总量", "total")
	case "scope":
		return a.say("范围", "scope")
	case "category":
		return a.say("类别", "category")
	}
	return a.say("组织", "organization")
}
