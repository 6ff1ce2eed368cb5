package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lingtan/mandv"
	"lingtan/mandv/baselinefile"
	"lingtan/node"
)

// savingsFlags say what is measured.
type savingsFlags struct {
	park, id, output string
	after            int64
	keep             bool
	question         baselinefile.Question
}

func (f *savingsFlags) register(c *cobra.Command) {
	s := c.Flags()
	s.StringVarP(&f.output, "output", "o", "table", "table or json")
	s.StringVar(&f.park, "park", "", "measure from the settled usage of this park 园区")
	s.StringSliceVar(&f.question.Registers, "point", nil, "point.register in the boundary (repeatable) 计量点")
	s.StringSliceVar(&f.question.Minus, "minus", nil, "point.register of what leaves it 扣除的计量点")
	s.StringVar(&f.question.Baseline, "baseline", "", "baseline period, 2018-01..2018-06 基准期")
	s.StringVar(&f.question.Reporting, "reporting", "", "reporting period, 2018-07..2018-12 报告期")
	s.StringVar(&f.question.Temperature, "temperature", "", "register of the outdoor temperature, °C 室外气温")
	s.StringSliceVar(&f.question.Drivers, "driver", nil, "registers of production and the like 产量等变量")
	s.StringVar(&f.question.Option, "option", "", "IPMVP option B or C 选项")
	s.StringVar(&f.question.Model, "model", "", "daily, hourly or drivers 模型")
	s.Float64Var(&f.question.Confidence, "confidence", 0, "of the uncertainty, default 0.9 置信度")
	s.BoolVar(&f.question.Weekends, "weekends", false, "weekends are a driver 周末作为变量")
	s.StringVar(&f.question.Measure, "measure", "", "id of the measure or dispatch that is followed 措施或调度编号")
	s.StringVar(&f.id, "project", "", "a kept project of the park; with --keep the id to keep it under 项目编号")
	s.BoolVar(&f.keep, "keep", false, "keep the project and its baseline as they are known now 保存项目与基准")
	s.Int64Var(&f.after, "after", 0, "with --keep: the revision that is changed, 0 = new 修订基于的版本")
}

func (a *app) savingsCommand() *cobra.Command {
	var f savingsFlags
	c := &cobra.Command{Use: "savings [FILE]", Short: "节能量测量与验证 · measured savings: baseline, uncertainty, indicators", Args: cobra.MaximumNArgs(1),
		Long: `Measures what a measure saved, from a file (docs/formats/savings.md, - is standard
input) or from a park's settled usage: the baseline by CalTRACK 2 or by production, the
energy avoided with its uncertainty, normal-year savings, indicators by ISO 50006, CUSUM.
What is missing or weak is told; nothing is filled or adjusted silently.
由文件或园区已结算用量测量节能量：基准模型、不确定度、标准年、能效指标与累积和控制图。`,
		Example: "  lingtan savings test/golden/mandv-caltrack-year/input.json\n" +
			"  lingtan savings --park demo --point steel-main.kwh --baseline 2018-01..2018-06 --reporting 2018-07..2018-12",
		RunE: func(c *cobra.Command, args []string) error {
			if f.output != "table" && f.output != "json" {
				return wrongFormat(f.output, "table", "json")
			}
			r, err := f.measure(c, a, args)
			if err != nil {
				return err
			}
			if f.output == "json" {
				return a.printJSON(r)
			}
			return a.printSavings(r)
		}}
	f.register(c)
	return c
}

// measure measures the file, the kept project or the points asked for.
func (f *savingsFlags) measure(c *cobra.Command, a *app, args []string) (r *mandv.Result, err error) {
	switch {
	case len(args) == 1 && f.park != "":
		return nil, fmt.Errorf("%w: give FILE or --park", errUsage)
	case len(args) == 1:
		return measureFile(args[0], c.InOrStdin())
	case f.park == "":
		return nil, fmt.Errorf("%w: give FILE, or --park with --point and --baseline, or --park with --project", errUsage)
	case f.keep && f.id == "":
		return nil, fmt.Errorf("%w: --keep needs the id of the project: --project", errUsage)
	case (f.keep || f.id == "") && (len(f.question.Registers) == 0 || f.question.Baseline == ""):
		return nil, fmt.Errorf("%w: --point and --baseline say what is measured", errUsage)
	}
	err = a.with(c.Context(), func(n *node.Node) error {
		if f.keep {
			x, err := n.KeepSaving(c.Context(), a.act("savings"), f.park, f.id, f.question, f.after)
			if err != nil {
				return err
			}
			fmt.Fprintln(a.stderr, a.say(fmt.Sprintf("已保存项目 %s 第 %d 版", x.ID, x.Revision), fmt.Sprintf("kept project %s, revision %d", x.ID, x.Revision)))
		}
		if f.id != "" {
			r, err = n.KeptSaving(c.Context(), f.park, f.id, f.question.Reporting)
			return err
		}
		r, err = n.MeasureSaving(c.Context(), f.park, f.question)
		return err
	})
	return r, err
}

func measureFile(name string, stdin io.Reader) (*mandv.Result, error) {
	data, err := readEngineFile(name, stdin, baselinefile.MaxSize)
	if err != nil {
		return nil, err
	}
	c, err := baselinefile.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r, err := c.Evaluate()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// readEngineFile reads a file or standard input ("-"), at most size and one byte.
func readEngineFile(name string, in io.Reader, size int64) ([]byte, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, size+1))
}

func (a *app) printSavings(r *mandv.Result) error {
	if t := r.Title.In(a.language); t != "" || r.ID != "" {
		fmt.Fprintln(a.stdout, strings.TrimSpace(r.ID+"  "+t))
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	a.printFit(w, a.say("基准模型", "baseline"), r.Baseline)
	if r.Reporting != nil {
		a.printFit(w, a.say("报告期模型", "reporting"), r.Reporting)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.printSaving(r)
	for _, x := range r.Indicators {
		fmt.Fprintf(a.stdout, "%s  %s → %s %s", a.name(x.Name), forecastFigure(x.Baseline, 1, "%.6g"), forecastFigure(x.Reporting, 1, "%.6g"), x.Unit)
		if x.Change != nil {
			fmt.Fprintf(a.stdout, "  %+.1f %%", 100**x.Change)
		}
		fmt.Fprintln(a.stdout)
	}
	for _, x := range r.Adjustments {
		fmt.Fprintf(a.stdout, "%s %s..%s %+.6g %s/d × %d = %+.6g  (%s, %s)\n", a.say("已声明调整", "stated adjustment"), x.From, x.To, x.Amount, r.Unit, x.Days, x.Total, x.Reason, x.By)
	}
	for _, x := range r.Offered {
		fmt.Fprintf(a.stdout, "? %s %s %+.6g %s/d (p = %.2g): %s\n", x.From, a.say("水平改变", "change of level"), x.Shift, r.Unit, x.P, a.name(x.Text))
	}
	if r.Chart != nil && len(r.Chart.Signals) > 0 {
		fmt.Fprintf(a.stdout, "CUSUM %s: %s\n", a.say("越限日", "limit passed on"), strings.Join(r.Chart.Signals, ", "))
	}
	for _, x := range r.Findings {
		mark := map[string]string{"blocks": "!!", "warns": "!"}[x.Level]
		fmt.Fprintf(a.stdout, "%-2s %s", mark, a.name(x.Text))
		if x.Period != "" {
			fmt.Fprintf(a.stdout, "  [%s]", x.Period)
		}
		if len(x.Where) > 0 {
			fmt.Fprintf(a.stdout, "  %s", strings.Join(x.Where[:min(len(x.Where), 6)], ", "))
		}
		fmt.Fprintln(a.stdout)
	}
	if !r.Qualifies {
		fmt.Fprintln(a.stdout, a.say("不符合要求：以上标 !! 的问题解决前，数值仅供参考。", "Does not qualify: until what is marked !! is put right the figures are for orientation."))
	}
	return nil
}

func (a *app) printFit(w io.Writer, title string, f *mandv.Fit) {
	fmt.Fprintf(w, "%s\t%s\tn = %d\tR² %.3f\tCV(RMSE) %.1f %%\tρ %.2f\n", title, f.Model, f.Statistics.Observations, f.Statistics.R2, 100*f.Statistics.CVRMSEAshrae, f.Statistics.Autocorrelation)
	if f.Heating != nil {
		fmt.Fprintf(w, "  %s\t%.4g\n", a.say("采暖平衡点", "heating balance point"), *f.Heating)
	}
	if f.Cooling != nil {
		fmt.Fprintf(w, "  %s\t%.4g\n", a.say("制冷平衡点", "cooling balance point"), *f.Cooling)
	}
	if f.Intercept != nil {
		fmt.Fprintf(w, "  %s\t%.6g\n", a.say("常数", "constant"), *f.Intercept)
	}
	for _, t := range f.Terms {
		fmt.Fprintf(w, "  %s\t%.6g %s\t± %.3g\tt = %.1f\n", t.Name, t.Value, t.Unit, t.Error, t.T)
	}
}

func (a *app) printSaving(r *mandv.Result) {
	if s := r.Saving; s != nil {
		fmt.Fprintf(a.stdout, "%s %.2f %s", a.say("节能量", "saved"), s.Saved, r.Unit)
		if s.Share != nil {
			fmt.Fprintf(a.stdout, " (%.1f %%)", 100**s.Share)
		}
		fmt.Fprintf(a.stdout, "  = %.2f − %.2f  %s\n", s.Expected, s.Metered, a.say(fmt.Sprintf("%.4g 天，未知 %.4g 天", s.Days, s.Unknown), fmt.Sprintf("%.4g days, %.4g unknown", s.Days, s.Unknown)))
		for _, u := range s.Uncertainty {
			fmt.Fprintf(a.stdout, "  ± %.2f %s  %s", u.Half, r.Unit, u.Method)
			if u.Fractional != nil {
				fmt.Fprintf(a.stdout, "  %s %.1f %%", a.say("相对节能量", "of the saving"), 100**u.Fractional)
			}
			fmt.Fprintf(a.stdout, "  %s %.0f %%\n", a.say("置信度", "at"), 100*r.Confidence)
		}
	}
	if x := r.Normalised; x != nil {
		fmt.Fprintf(a.stdout, "%s %.2f %s  = %.2f − %.2f  %.4g %s\n", a.say("标准年节能量", "normal-year saving"), x.Saved, r.Unit, x.Baseline, x.Reporting, x.Days, a.say("天", "days"))
	}
}
