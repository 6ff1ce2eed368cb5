package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"lingtan/factor"
	"lingtan/node"
	"lingtan/park"
	"lingtan/rating"
)

// ratingFlags say what is rated.
type ratingFlags struct {
	park, period, organization, output string
	declared                           []string
}

func (f *ratingFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.park, "park", "", "the park (required)")
	c.Flags().StringVar(&f.period, "period", "", "2018, 2018-03, … (required)")
	c.Flags().StringVar(&f.organization, "organization", "", "one organization and those below it 仅某企业")
	c.Flags().StringVarP(&f.output, "output", "o", "text", "text or json")
	c.Flags().StringArrayVar(&f.declared, "declare", nil, "a quantity that no meter tells, such as value_added=1200 (repeatable) 填报计量之外的量")
	must(c.MarkFlagRequired("park"), c.MarkFlagRequired("period"))
}

func (a *app) ratingCommand() *cobra.Command {
	c := &cobra.Command{Use: "rating", Short: "评价：指标、碳效码、零碳园区、节能诊断 · ratings: indicators, carbon-efficiency code, zero-carbon park, diagnosis",
		Long: `Rates a park or an enterprise by indicators with their formula, source and levels
(docs/formats/rating.md). What cannot be computed says what to supply; nothing is
taken as zero. 按指标评价园区或企业；算不出的说明缺什么，绝不按零处理。`}
	c.AddCommand(
		a.ratingPart("indicators", "全部指标及其来源 · all indicators with their lineage", func(r *rating.Result) { a.printIndicators(r.Indicators); a.printProducts(r.Products) }),
		a.ratingPart("grade", "碳效码：一码三标识与提级测算 · the carbon-efficiency code, its three marks and what would lift it", a.printCode),
		a.ratingPart("zero-carbon-park", "国家级零碳园区指标与差距 · the national zero-carbon-park indicators and the gap", a.printZeroCarbon),
		a.ratingDiagnoseCommand(), a.ratingEvaluateCommand())
	return c
}

// ratingPart is a command that rates and prints one part.
func (a *app) ratingPart(use, short string, show func(*rating.Result)) *cobra.Command {
	var f ratingFlags
	c := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs,
		Example: "  lingtan rating " + use + " --park demo --period 2018 --declare value_added=1200 --declare sector_intensity=2.1",
		RunE: func(c *cobra.Command, _ []string) error {
			if f.output != "text" && f.output != "json" {
				return wrongFormat(f.output, "text", "json")
			}
			return a.with(c.Context(), func(n *node.Node) error {
				r, err := f.rate(c.Context(), n)
				if err != nil {
					return err
				}
				if f.output == "json" {
					return a.printJSON(r)
				}
				fmt.Fprintf(a.stdout, "%s  %s  %s\n", r.Title, r.Period, r.Region)
				show(r)
				return nil
			})
		}}
	f.register(c)
	return c
}

func (f *ratingFlags) rate(ctx context.Context, n *node.Node) (*rating.Result, error) {
	declared, err := rating.ReadDeclared(f.declared, "declared on the command line")
	if err != nil {
		return nil, err
	}
	return n.Rate(ctx, node.Rated{Park: f.park, Period: f.period, Organization: f.organization, Declared: declared})
}

func (a *app) ratingEvaluateCommand() *cobra.Command {
	var output string
	c := &cobra.Command{Use: "evaluate FILE", Short: "评价一个文件，不需要服务器（- 为标准输入）· rate a file, without a server (- is standard input)", Args: cobra.ExactArgs(1),
		Example: "  lingtan rating evaluate test/golden/rating-carbon-code/input.json -o json",
		RunE: func(c *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			data, err := readRatingFile(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			return a.library(c.Context(), func(lib *factor.Library) error { return a.evaluateRating(args[0], data, lib, output) })
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func readRatingFile(name string, stdin io.Reader) ([]byte, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		stdin = f
	}
	return io.ReadAll(io.LimitReader(stdin, rating.MaxSize+1))
}

func (a *app) evaluateRating(name string, data []byte, lib *factor.Library, output string) error {
	c, err := rating.Parse(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	r, err := c.Evaluate(lib)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if output == "json" {
		return a.printJSON(r)
	}
	fmt.Fprintf(a.stdout, "%s  %s  %s\n", r.Title, r.Period, r.Region)
	a.printIndicators(r.Indicators)
	a.printProducts(r.Products)
	a.printCode(r)
	a.printZeroCarbon(r)
	a.printFactory(r.GreenFactory)
	return nil
}

func (a *app) name(n park.Name) string { return n.In(a.language) }

func (a *app) printIndicators(list []rating.Value) {
	for _, v := range list {
		a.printValue(v)
	}
}

// printValue prints an indicator with its formula, levels and faults.
func (a *app) printValue(v rating.Value) {
	text := "–"
	if v.Value != nil {
		text = fmt.Sprintf("%.6g %s", *v.Value, v.Indicator.Unit)
	}
	fmt.Fprintf(a.stdout, "\n%s  %s\n  = %s\n", a.name(v.Indicator.Name), text, v.Expression)
	if v.Measured != nil {
		fmt.Fprintf(a.stdout, "  %s %.1f %%\n", a.say("其中实测", "of it measured"), 100**v.Measured)
	}
	for _, h := range v.Levels {
		a.printHeld(h, v.Indicator.Unit)
	}
	a.printFaults(v.Faults)
	if n := a.name(v.Indicator.Note); n != "" {
		fmt.Fprintf(a.stdout, "  · %s\n", n)
	}
}

func (a *app) printHeld(h rating.Held, unit string) {
	state := a.say("无法判定", "cannot be told")
	if h.Met != nil && *h.Met {
		state = "✓ " + a.say("达到", "met")
	} else if h.Met != nil {
		state = "✗ " + a.say("未达到，差 ", "not met, off by ") + fmt.Sprintf("%.6g %s", *h.Gap, unit)
		if h.Short != nil {
			state += fmt.Sprintf(" (%+.6g %s)", h.Short.Value, h.Short.Unit)
		}
	}
	if !h.Applies {
		state += a.say("（不适用于本园区，仅供参考）", " (not for this park, for orientation)")
	}
	fmt.Fprintf(a.stdout, "  %s %.6g %s  %s  [%s, %s]\n", a.name(h.Name), h.Value, unit, state, h.Factor, h.Grade)
}

func (a *app) printFaults(list []rating.Fault) {
	for _, f := range list {
		fmt.Fprintf(a.stdout, "  ! %s\n", a.say(f.ZH, f.EN))
	}
}

func (a *app) printProducts(list []rating.ProductValue) {
	for _, v := range list {
		text := "–"
		if v.Specific != nil {
			text = fmt.Sprintf("%.6g kgce/t", *v.Specific)
		}
		fmt.Fprintf(a.stdout, "\n%s  %s  %s\n", a.name(v.Product.Name), text, v.Class)
		for _, h := range v.Levels {
			a.printHeld(h, "kgce/t")
		}
		if v.Saving != nil {
			fmt.Fprintf(a.stdout, "  %s %.6g tce\n", a.say("达到标杆可节约", "reaching the benchmark saves"), *v.Saving)
		}
		a.printFaults(v.Faults)
	}
}

func (a *app) printCode(r *rating.Result) {
	fmt.Fprintf(a.stdout, "\n%s  %s\n", a.say("碳效码", "Carbon-efficiency code"), r.Code.Source)
	for _, m := range []rating.Mark{r.Code.Efficiency, r.Code.Level, r.Code.Neutrality} {
		class := a.say("未定级", "no grade")
		if m.Class > 0 {
			class = a.name(m.Name)
		}
		fmt.Fprintf(a.stdout, "\n[%s]", class)
		v := m.Value
		v.Levels = nil // the limits of classes are no targets
		a.printValue(v)
		fmt.Fprintf(a.stdout, "  %s %v\n", a.say("分级限值", "limits"), m.Limits)
	}
	for _, n := range r.Code.Notes {
		fmt.Fprintf(a.stdout, "· %s\n", a.name(n))
	}
	a.printWhatIf(r.WhatIf, "code.")
}

func (a *app) printZeroCarbon(r *rating.Result) {
	z := r.ZeroCarbonPark
	state := a.say("无法判定", "cannot be told")
	if z.Met != nil {
		state = map[bool]string{true: a.say("全部达到", "all met"), false: a.say("未达到", "not met")}[*z.Met]
	}
	fmt.Fprintf(a.stdout, "\n%s  %s  (%s %d · %s %d · %s %d)\n", z.Source, state, a.say("达到", "met"), z.Reached, a.say("未达到", "not met"), z.Unmet, a.say("无法判定", "cannot be told"), z.Unknown)
	a.printIndicators(z.Indicators)
	a.printWhatIf(r.WhatIf, "zcp.")
}

// printWhatIf prints what would lift the indicators whose ids begin so.
func (a *app) printWhatIf(list []rating.WhatIf, prefix string) {
	for _, w := range list {
		if !strings.HasPrefix(w.Indicator, prefix) {
			continue
		}
		state := a.say("可达到", "reaches")
		if !w.Reached {
			state = a.say("用尽仍达不到", "all of it does not reach")
		}
		fmt.Fprintf(a.stdout, "\n→ %s: %s %.6g: %s %.6g %s (%.1f %%)  %s\n", w.Indicator, a.name(w.Goal), w.Limit, a.name(w.Lever.Name), w.Amount, w.Lever.Unit, 100*w.Amount/w.Lever.Most, state)
		for _, e := range w.Effects {
			fmt.Fprintf(a.stdout, "    %s  %.6g → %.6g %s\n", e.Indicator, e.Before, e.After, e.Unit)
		}
	}
}

func (a *app) printFactory(f *rating.FactoryScore) {
	if f == nil {
		return
	}
	text := fmt.Sprintf("%.2f … %.2f", f.Least, f.Most)
	if f.Score != nil {
		text = fmt.Sprintf("%.2f", *f.Score)
	}
	fmt.Fprintf(a.stdout, "\n%s  %s  %s\n", f.Source, f.Standard, text)
	for _, g := range f.Groups {
		fmt.Fprintf(a.stdout, "  %s  %.2f / %.4g\n", a.name(g.Name), g.Score, g.Weight)
	}
	a.printFaults(f.Faults)
}
