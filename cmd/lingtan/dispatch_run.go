package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lingtan/dispatch"
	"lingtan/lp"
	"lingtan/node"
	"lingtan/period"
	"lingtan/store/record"
)

func (a *app) dispatchImportCommand() *cobra.Command {
	var park string
	c := &cobra.Command{Use: "import FILE", Short: "登记园区的调度文件（新版本） · record what a park can dispatch, as its newest version", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			return a.with(c.Context(), func(n *node.Node) error {
				d, err := n.SaveDispatchDocument(c.Context(), a.act("dispatch import"), park, text)
				if err != nil {
					return fmt.Errorf("%s: %w", args[0], err)
				}
				fmt.Fprintf(a.stdout, "%s@%d  %s\n", d.Park, d.Number, d.Hash)
				return nil
			})
		}}
	c.Flags().StringVar(&park, "park", "", "park 园区")
	_ = c.MarkFlagRequired("park")
	return c
}

func (a *app) dispatchTemplateCommand() *cobra.Command {
	var park string
	c := &cobra.Command{Use: "template", Short: "由园区文件生成调度文件的起点 · a document to begin with, made of the park file", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				text, missing, err := n.DispatchTemplate(c.Context(), park)
				if err != nil {
					return err
				}
				for _, m := range missing {
					fmt.Fprintln(a.stderr, a.say("缺：", "missing: ")+m)
				}
				fmt.Fprintf(a.stdout, "%s\n", text)
				return nil
			})
		}}
	c.Flags().StringVar(&park, "park", "", "park 园区")
	_ = c.MarkFlagRequired("park")
	return c
}

func (a *app) dispatchRunCommand() *cobra.Command {
	var q node.DispatchAsked
	var day, output string
	var quiet bool
	c := &cobra.Command{Use: "run", Short: "为园区的一天制定计划并保存 · plan a day of a park and keep it", Args: cobra.NoArgs,
		Example: "  lingtan dispatch run --park demo --day 2018-12-27 --example",
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "table" && output != "json" {
				return wrongFormat(output, "table", "json")
			}
			var err error
			if q.Day, err = period.ParseDay(day); err != nil {
				return err
			}
			return a.with(c.Context(), func(n *node.Node) error {
				var tell func(lp.Progress)
				if !quiet {
					tell = a.dispatchProgress()
				}
				run, err := n.Dispatch(c.Context(), a.act("dispatch run"), q, tell)
				if err != nil {
					return err
				}
				return a.showDispatch(c, n, run.Park, run.Number, output)
			})
		}}
	f := c.Flags()
	f.StringVar(&q.Park, "park", "", "park 园区")
	f.StringVar(&day, "day", "", "YYYY-MM-DD; the first step begins at its midnight 日期")
	f.BoolVar(&q.Example, "example", false, "plan the shipped example, which is no plant of the park 随附示例")
	f.DurationVar(&q.Time, "time", time.Minute, "at most this long in solvers, up to 10m 求解时限")
	f.Float64Var(&q.Gap, "gap", 1e-3, "a plan within this share of the best will do 允许的相对差距")
	f.StringVarP(&output, "output", "o", "table", "table or json")
	f.BoolVarP(&quiet, "quiet", "q", false, "no progress 不显示进度")
	_ = c.MarkFlagRequired("park")
	_ = c.MarkFlagRequired("day")
	return c
}

func (a *app) dispatchListCommand() *cobra.Command {
	var park, output string
	c := &cobra.Command{Use: "list", Short: "已保存的计划 · planned days", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "table" && output != "json" {
				return wrongFormat(output, "table", "json")
			}
			return a.with(c.Context(), func(n *node.Node) error {
				list, err := n.Records.DispatchRuns(c.Context(), park, 100)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(list)
				}
				w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
				for _, x := range list {
					fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%.2f %s\t%s\n", x.Number, x.Begins.Format(time.RFC3339), x.Status, a.documentOf(x), x.Total, x.Currency, x.Title)
				}
				return w.Flush()
			})
		}}
	c.Flags().StringVar(&park, "park", "", "park 园区")
	c.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	_ = c.MarkFlagRequired("park")
	return c
}

// documentOf says what a run was planned from.
func (a *app) documentOf(x record.DispatchRun) string {
	if x.Document == 0 {
		return a.say("示例", "example")
	}
	return "@" + strconv.FormatInt(x.Document, 10)
}

func (a *app) dispatchShowCommand() *cobra.Command {
	var park, output string
	c := &cobra.Command{Use: "show NUMBER", Short: "显示一个计划 · a planned day", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if output != "table" && output != "json" {
				return wrongFormat(output, "table", "json")
			}
			number, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return fmt.Errorf("%w: %.40q is no number of a run", errUsage, args[0])
			}
			return a.with(c.Context(), func(n *node.Node) error { return a.showDispatch(c, n, park, number, output) })
		}}
	c.Flags().StringVar(&park, "park", "", "park 园区")
	c.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	_ = c.MarkFlagRequired("park")
	return c
}

func (a *app) showDispatch(c *cobra.Command, n *node.Node, park string, number int64, output string) error {
	run, body, decisions, err := n.Records.DispatchRun(c.Context(), park, number)
	if err != nil {
		return err
	}
	if output == "json" {
		return a.printJSON(struct {
			Run       record.DispatchRun        `json:"run"`
			Body      json.RawMessage           `json:"body"`
			Decisions []record.DispatchDecision `json:"decisions"`
		}{run, body, decisions})
	}
	var b struct {
		Inputs []struct{ Path, ZH, EN string } `json:"inputs"`
		Plan   *dispatch.Plan                  `json:"plan"`
	}
	if err := json.Unmarshal(body, &b); err != nil {
		return fmt.Errorf("dispatch run %s %d: %w", park, number, err)
	}
	fmt.Fprintf(a.stdout, "%d  %s – %s  %s\n", run.Number, run.Begins.Format(time.RFC3339), run.Ends.Format(time.RFC3339), a.documentOf(run))
	for _, in := range b.Inputs {
		fmt.Fprintf(a.stdout, "%s  %s\n", in.Path, a.say(in.ZH, in.EN))
	}
	for _, d := range decisions {
		fmt.Fprintf(a.stdout, "%s  %s  %s  %s\n", d.At.Format(time.RFC3339), d.Kind, d.Name, d.Note)
	}
	return a.printDispatch(b.Plan)
}
