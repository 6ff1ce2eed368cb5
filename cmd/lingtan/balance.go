package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lingtan/balance"
	"lingtan/balance/reconcile"
	"lingtan/node"
)

func (a *app) balanceCommand() *cobra.Command {
	c := &cobra.Command{Use: "balance", Short: "能量平衡与数据协调 · energy balance and data reconciliation"}
	c.AddCommand(a.balanceShowCommand(), a.balanceReconcileCommand())
	return c
}

func (a *app) balanceShowCommand() *cobra.Command {
	var park, text, step, output string
	var limit float64
	c := &cobra.Command{Use: "show", Short: "园区能量平衡表 · the energy balance of a park", Args: cobra.NoArgs,
		Long: `For every carrier and node of the network: what came in, went out, was converted, stored
and lost or not metered. A bus is out of balance where more than the limit of what came in is
left over. A gap is a gap, never 0. 按能源品种与节点给出流入、流出、转换、储存、损耗与未计量。`,
		Example: "  lingtan balance show --park demo --period 2018-03\n  lingtan balance show --park demo --period 2018 --step month -o csv",
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "text" && output != "json" && output != "csv" {
				return wrongFormat(output, "text", "json", "csv")
			}
			return a.with(c.Context(), func(n *node.Node) error {
				s, err := n.Balance(c.Context(), park, text, balance.Step(step))
				if err != nil {
					return err
				}
				l, err := n.Layout(c.Context(), park)
				if err != nil {
					return err
				}
				t := s.Table(l.Document, limit)
				switch output {
				case "json":
					return a.printJSON(t)
				case "csv":
					return writeBalance(a.stdout, t, l.Zone)
				}
				a.printBalance(t, l.Zone)
				return nil
			})
		}}
	flags := c.Flags()
	flags.StringVar(&park, "park", "", "the park (required)")
	flags.StringVar(&text, "period", "", "2018, 2018-03, 2018-03-05 or from..to (required)")
	flags.StringVar(&step, "step", string(balance.Whole), "interval, hour, day, month or period")
	flags.Float64Var(&limit, "limit", 0, "share of what came in that a bus may leave over; 0 = 0.05 不平衡率限值")
	flags.StringVarP(&output, "output", "o", "text", "text, json or csv")
	must(c.MarkFlagRequired("park"), c.MarkFlagRequired("period"))
	return c
}

func (a *app) balanceReconcileCommand() *cobra.Command {
	var park, text, output string
	c := &cobra.Command{Use: "reconcile [FILE]", Short: "数据协调与粗差检验：文件或园区 · reconcile a file's or a park's flows, find gross errors", Args: cobra.MaximumNArgs(1),
		Long: `Makes metered flows agree with the balances of their network, each moved as little as its
meter's accuracy allows, and names meters and places that cannot be right. Raw and reconciled values
stand side by side; nothing is replaced. FILE is of the format lingtan.reconcile/v1
(docs/formats/reconcile.md), "-" is standard input; or name a park and a period.
按表计准确度最小调整各流量使平衡成立，并指出可疑表计；原值与协调值并列，不替换。`,
		Example: "  lingtan balance reconcile test/golden/c09-bypass/input.json\n  lingtan balance reconcile --park demo --period 2018-03 -o json",
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case output != "text" && output != "json" && output != "csv":
				return wrongFormat(output, "text", "json", "csv")
			case (len(args) == 1) == (park != "" || text != ""):
				return fmt.Errorf("%w: give a FILE, or --park and --period", errUsage)
			case len(args) == 1:
				return a.reconcileFile(args[0], c.InOrStdin(), output)
			case park == "" || text == "":
				return fmt.Errorf("%w: --park and --period go together", errUsage)
			}
			return a.with(c.Context(), func(n *node.Node) error {
				r, err := n.Reconcile(c.Context(), park, text)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(r)
				}
				return a.writeReconciled(r.Result, output)
			})
		}}
	flags := c.Flags()
	flags.StringVar(&park, "park", "", "the park")
	flags.StringVar(&text, "period", "", "2018, 2018-03, 2018-03-05 or from..to")
	flags.StringVarP(&output, "output", "o", "text", "text, json or csv")
	return c
}

// reconcileFile reconciles a file. A case that cannot be is a network that cannot be
// balanced, and ends with its code.
func (a *app) reconcileFile(name string, stdin io.Reader, output string) error {
	from := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		from = file
	}
	data, err := io.ReadAll(io.LimitReader(from, reconcile.MaxSize+1))
	if err != nil {
		return err
	}
	p, err := reconcile.Parse(data)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", balance.ErrNetwork, name, err)
	}
	r, err := p.Reconcile()
	if err != nil {
		return fmt.Errorf("%w: %s: %w", balance.ErrNetwork, name, err)
	}
	if output == "json" {
		return a.printJSON(r)
	}
	return a.writeReconciled(r, output)
}

func (a *app) writeReconciled(r *reconcile.Result, output string) error {
	if output == "csv" {
		return writeReconciledFlows(a.stdout, r)
	}
	a.printReconciled(r)
	return nil
}

// figure is a number that may be unknown.
func figure(x *float64, format string, gap string) string {
	if x == nil {
		return gap
	}
	if format == "" {
		return strconv.FormatFloat(*x, 'g', -1, 64)
	}
	return fmt.Sprintf(format, *x)
}

// writeBalance writes a row for every place and step; what is not known is empty.
func writeBalance(w io.Writer, t *balance.Table, zone *time.Location) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"step", "node", "kind", "carrier", "unit", "in", "out", "converted", "stored", "lost", "unjudged", "unmetered", "share", "over", "measured", "estimated", "edited", "missing", "suspect"}}
	for _, p := range t.Places {
		for k, s := range p.Steps {
			row := []string{t.Steps[k].In(zone).Format(time.RFC3339), p.Node, p.Kind, p.Carrier, p.Unit}
			for _, x := range []*float64{s.In, s.Out, s.Converted, s.Stored, s.Lost, s.Unjudged, s.Unmetered, s.Share} {
				row = append(row, figure(x, "", ""))
			}
			row = append(row, strconv.FormatBool(s.Over))
			for _, n := range []int{s.Quality.Measured, s.Quality.Estimated, s.Quality.Edited, s.Quality.Missing, s.Quality.Suspect} {
				row = append(row, strconv.Itoa(n))
			}
			rows = append(rows, row)
		}
	}
	if err := out.WriteAll(rows); err != nil {
		return err
	}
	return out.Error()
}

// printBalance shows carriers, then places, step by step.
func (a *app) printBalance(t *balance.Table, zone *time.Location) {
	names := map[string]string{}
	for _, c := range t.Columns {
		names[c.ID] = a.say(c.Name.ZH, c.Name.EN)
	}
	fmt.Fprintf(a.stdout, "%s  %s .. %s\n", t.Name.In(a.language), t.Steps[0].In(zone).Format(time.DateOnly), t.To.In(zone).Add(-time.Second).Format(time.DateOnly))
	for _, c := range t.Carriers {
		fmt.Fprintf(a.stdout, "\n%s (%s)\n", c.Name.In(a.language), c.Unit)
		for k, s := range c.Steps {
			fmt.Fprintf(a.stdout, "  %s", t.Steps[k].In(zone).Format("2006-01-02 15:04"))
			for _, x := range []struct {
				id string
				v  *float64
			}{{"supplied", s.Supplied}, {"made", s.Made}, {"used", s.Used}, {"converted", s.Converted}, {"exported", s.Exported}, {"stored", s.Stored}, {"lost", s.Lost}, {"unjudged", s.Unjudged}} {
				fmt.Fprintf(a.stdout, "  %s %s", names[x.id], figure(x.v, "%.3f", "—"))
			}
			fmt.Fprintf(a.stdout, "  %s\n", a.grades(s.Quality))
		}
	}
	for _, p := range t.Places {
		fmt.Fprintf(a.stdout, "\n%s  %s  %s (%s)\n", p.Node, p.Kind, p.Name.In(a.language), p.Unit)
		for k, s := range p.Steps {
			fmt.Fprintf(a.stdout, "  %s  %s\n", t.Steps[k].In(zone).Format("2006-01-02 15:04"), a.placeLine(s, names))
		}
	}
	for k, f := range t.Findings {
		if k == 0 {
			fmt.Fprintln(a.stdout)
		}
		fmt.Fprintf(a.stdout, "! %s %s: %s\n", f.Node, f.Code, f.Text.In(a.language))
	}
}

// placeLine tells what is known of a place in a step.
func (a *app) placeLine(s balance.PlaceStep, names map[string]string) string {
	var parts []string
	for _, x := range []struct {
		id string
		v  *float64
	}{{"in", s.In}, {"out", s.Out}, {"converted", s.Converted}, {"stored", s.Stored}, {"lost", s.Lost}, {"unjudged", s.Unjudged}, {"unmetered", s.Unmetered}} {
		if x.v != nil {
			parts = append(parts, names[x.id]+" "+figure(x.v, "%.3f", ""))
		}
	}
	if s.Yield != nil {
		parts = append(parts, names["yield"]+" "+figure(s.Yield, "%.4g", ""))
	}
	if s.Efficiency != nil {
		parts = append(parts, names["efficiency"]+" "+figure(s.Efficiency, "%.4g", ""))
	}
	if s.Share != nil {
		mark := ""
		if s.Over {
			mark = " ✗"
		}
		parts = append(parts, fmt.Sprintf("%s %.2f %%%s", names["share"], 100**s.Share, mark))
	}
	if len(parts) == 0 {
		parts = []string{"—"}
	}
	return strings.Join(append(parts, a.grades(s.Quality)), "  ")
}

// grades is the quality in words.
func (a *app) grades(g balance.Grades) string {
	if g.All() == 0 {
		return ""
	}
	return fmt.Sprintf("[%s %d/%d]", a.say("实测", "measured"), g.Measured, g.All())
}

// writeReconciledFlows writes a row for every flow.
func writeReconciledFlows(w io.Writer, r *reconcile.Result) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"flow", "from", "to", "unit", "class", "raw", "sd", "reconciled", "reconciled_sd", "adjustment", "in_sigma", "statistic", "exceeds", "corrected", "corrected_sd", "suspect"}}
	for _, f := range r.Flows {
		row := []string{f.ID, f.From, f.To, f.Unit, f.Class}
		for _, x := range []*float64{f.Raw, f.SD, f.Reconciled, f.ReconciledSD, f.Adjustment, f.InSigma, f.Statistic} {
			row = append(row, figure(x, "", ""))
		}
		row = append(row, strconv.FormatBool(f.Exceeds), figure(f.Corrected, "", ""), figure(f.CorrectedSD, "", ""), strconv.FormatBool(f.Suspect))
		rows = append(rows, row)
	}
	if err := out.WriteAll(rows); err != nil {
		return err
	}
	return out.Error()
}

// printReconciled shows raw and reconciled side by side, then what is suspected.
func (a *app) printReconciled(r *reconcile.Result) {
	g := r.Global
	verdict := a.say("通过", "passed")
	if !g.Passed {
		verdict = a.say("未通过", "failed")
	}
	if !g.Tested {
		verdict = a.say("无法检验", "nothing to test")
	}
	fmt.Fprintf(a.stdout, "%s\n%s J = %.4f, %s %d, %s %.4f: %s\n", r.Title, a.say("整体检验", "Global test"), g.Objective, a.say("自由度", "degrees of freedom"), g.Degrees, a.say("临界值", "critical value"), g.Critical, verdict)
	fmt.Fprintf(a.stdout, "  %-24s %14s %12s %14s %12s %9s %9s %14s  %s\n", a.say("流", "flow"), a.say("原值", "raw"), "sd", a.say("协调值", "reconciled"), "sd", a.say("调整/σ", "adj/σ"), a.say("统计量", "stat"), a.say("剔除后", "corrected"), a.say("类别", "class"))
	for _, f := range r.Flows {
		mark := ""
		if f.Suspect {
			mark = " ✗"
		}
		fmt.Fprintf(a.stdout, "  %-24s %14s %12s %14s %12s %9s %9s %14s  %s%s\n", f.ID, figure(f.Raw, "%.4f", "—"), figure(f.SD, "%.4f", "—"), figure(f.Reconciled, "%.4f", "—"), figure(f.ReconciledSD, "%.4f", "—"),
			figure(f.InSigma, "%+.2f", "—"), figure(f.Statistic, "%.2f", "—"), figure(f.Corrected, "%.4f", "—"), f.Class, mark)
	}
	for _, s := range r.Suspects {
		fmt.Fprintf(a.stdout, "  ✗ %s: %s", s.Place, s.Why.In(a.language))
		if len(s.Alike) > 0 {
			fmt.Fprintf(a.stdout, " %s %s", a.say("与之无法区分：", "It could as well be:"), strings.Join(s.Alike, ", "))
		}
		fmt.Fprintln(a.stdout)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(a.stdout, "  ! %s: %s\n", strings.Join(append([]string{f.Place}, f.Beside...), ", "), f.Text.In(a.language))
	}
}
