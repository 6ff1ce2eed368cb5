package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lingtan/inventory/evidence"
	"lingtan/node"
	"lingtan/store/record"
)

func (a *app) activityCommand() *cobra.Command {
	c := &cobra.Command{Use: "activity", Short: "申报的活动数据：列出、申报、导入、撤回；企业的核算方法 · declared activity data and the methods that enterprises report by",
		Long: `What no meter tells is declared: fuels by invoice, raw materials, products, gases.
A record is never overwritten: a change is its next revision, and so is its withdrawal.
Records count in every inventory whose period they touch (docs/formats/activities.md).`}
	c.AddCommand(a.activityListCommand(), a.activityAddCommand(), a.activityImportCommand(), a.activityExportCommand(), a.activityWithdrawCommand(), a.activityMethodCommand())
	return c
}

// activityQuery says which records, as known when.
type activityQuery struct {
	park, period, organization, known string
}

func (q *activityQuery) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&q.park, "park", "", "the park (required)")
	f.StringVar(&q.period, "period", "", "that touch this period: 2018, 2018-03, …")
	f.StringVar(&q.organization, "organization", "", "of this organization and those below it")
	f.StringVar(&q.known, "as-known-at", "", "as known at this time (RFC 3339)")
	must(c.MarkFlagRequired("park"))
}

// knownAt reads a time of knowledge; "" is now.
func knownAt(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("%w: --as-known-at %q is not a time such as 2026-01-31T12:00:00+08:00", errUsage, text)
	}
	return at, nil
}

func (q *activityQuery) rows(c *cobra.Command, n *node.Node) ([]record.Activity, error) {
	at, err := knownAt(q.known)
	if err != nil {
		return nil, err
	}
	rows, err := n.Activities(c.Context(), q.park, q.period, at)
	if err != nil || q.organization == "" {
		return rows, err
	}
	l, err := n.Layout(c.Context(), q.park)
	if err != nil {
		return nil, err
	}
	own := map[string]bool{}
	for _, id := range l.OrganizationsOf(q.organization) {
		own[id] = true
	}
	kept := rows[:0]
	for _, x := range rows {
		if own[x.Member] {
			kept = append(kept, x)
		}
	}
	return kept, nil
}

func (a *app) activityListCommand() *cobra.Command {
	var q activityQuery
	var output, id string
	c := &cobra.Command{Use: "list", Short: "列出申报记录；--id 列出一条记录的全部版本 · list the records, or with --id all revisions of one", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				rows, err := q.rows(c, n)
				if id != "" && err == nil {
					rows, err = n.ActivityRevisions(c.Context(), q.park, id)
				}
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(rows)
				}
				for _, x := range rows {
					a.printActivity(x)
				}
				return nil
			})
		}}
	q.register(c)
	c.Flags().StringVar(&id, "id", "", "all revisions of this record")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func (a *app) printActivity(x record.Activity) {
	state := ""
	if x.Withdrawn {
		state = "\t" + a.say("已撤回", "withdrawn")
	}
	fmt.Fprintf(a.stdout, "%s@%d\t%s\t%s %s\t%s..%s\t%s %s\t%s%s\n", x.ID, x.Revision, x.Member, x.Kind, x.Carrier, x.First, x.Last, x.Amount, x.Unit, x.Evidence, state)
}

func (a *app) activityAddCommand() *cobra.Command {
	var x record.Activity
	c := &cobra.Command{Use: "add", Short: "申报一条记录；同一编号再次申报即为新版本 · declare a record, or with a known id its next revision", Args: cobra.NoArgs,
		Example: `  lingtan activity add --park demo --id coal-2018 --organization steel --kind fuel_combustion --carrier anthracite \
    --first 2018-01-01 --last 2018-12-31 --amount 1200 --unit t --evidence "weighbridge list" \
    --given '{"ncv":{"value":26.7,"unit":"GJ/t","source":"laboratory report 7"}}'`,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				done, err := n.ImportActivities(c.Context(), a.act("activity add"), x.Park, []record.Activity{x})
				if err != nil {
					return err
				}
				if done.Same > 0 {
					fmt.Fprintln(a.stdout, a.say("该记录已存在且内容相同，未做更改。", "The record is there as it is; nothing was changed."))
				}
				saved, err := n.Activity(c.Context(), x.Park, x.ID)
				if err == nil {
					a.printActivity(saved)
				}
				return err
			})
		}}
	f := c.Flags()
	for _, t := range []struct {
		to        *string
		name, say string
		need      bool
	}{
		{&x.Park, "park", "the park", true}, {&x.ID, "id", "of the record, unique in the park", true}, {&x.Member, "organization", "whose it is", true},
		{&x.Kind, "kind", "the activity of a method's rules", true}, {&x.Carrier, "carrier", "where the rules ask for one", false},
		{&x.First, "first", "first day YYYY-MM-DD", true}, {&x.Last, "last", "last day, included", true}, {&x.Amount, "amount", "decimal number", true}, {&x.Unit, "unit", "of the amount", true},
		{&x.Evidence, "evidence", "invoice, weighbridge list, laboratory report; without it the amount counts as estimated", false},
		{&x.Uncertainty, "uncertainty", "half the 95 % interval as a share of the amount", false}, {&x.Note, "note", "a note", false},
		{&x.Given, "given", "JSON: role → value, unit, source of one's own", false}, {&x.Choose, "choose", "JSON: role → alternative of the method", false},
	} {
		f.StringVar(t.to, t.name, "", t.say)
		if t.need {
			must(c.MarkFlagRequired(t.name))
		}
	}
	return c
}

func (a *app) activityImportCommand() *cobra.Command {
	var park string
	c := &cobra.Command{Use: "import FILE.csv", Short: "从 CSV 导入申报记录，全部或全不 · declare the records of a CSV file, all or none", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer file.Close()
			list, err := readActivities(file)
			if err != nil {
				return err
			}
			return a.with(c.Context(), func(n *node.Node) error {
				done, err := n.ImportActivities(c.Context(), a.act("activity import"), park, list)
				if err != nil {
					return err
				}
				fmt.Fprintln(a.stdout, a.say(fmt.Sprintf("新申报 %d，修订 %d，未变 %d。", done.Declared, done.Revised, done.Same),
					fmt.Sprintf("%d declared, %d revised, %d as they were.", done.Declared, done.Revised, done.Same)))
				return nil
			})
		}}
	c.Flags().StringVar(&park, "park", "", "the park (required)")
	must(c.MarkFlagRequired("park"))
	return c
}

func (a *app) activityExportCommand() *cobra.Command {
	var q activityQuery
	var out string
	c := &cobra.Command{Use: "export", Short: "导出为 CSV，可再导入 · write the records as CSV that import reads", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				rows, err := q.rows(c, n)
				if err != nil {
					return err
				}
				var w io.Writer = a.stdout
				if out == "" {
					return writeActivities(w, rows)
				}
				var b strings.Builder
				if err := writeActivities(&b, rows); err != nil {
					return err
				}
				return os.WriteFile(out, []byte(b.String()), 0o644)
			})
		}}
	q.register(c)
	c.Flags().StringVar(&out, "out", "", "write to this file instead of standard output")
	return c
}

func (a *app) activityWithdrawCommand() *cobra.Command {
	var park, why string
	c := &cobra.Command{Use: "withdraw ID", Short: "撤回一条记录；历史保留 · let a record count no more; its history stays", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				x, err := n.Activity(c.Context(), park, args[0])
				if err != nil {
					return err
				}
				if x, err = n.Withdraw(c.Context(), a.act("activity withdraw"), park, x.ID, why, x.Revision); err != nil {
					return err
				}
				a.printActivity(x)
				return nil
			})
		}}
	c.Flags().StringVar(&park, "park", "", "the park (required)")
	c.Flags().StringVar(&why, "reason", "", "why (required)")
	must(c.MarkFlagRequired("park"), c.MarkFlagRequired("reason"))
	return c
}

func (a *app) activityMethodCommand() *cobra.Command {
	var park, organization, output, known string
	var year int64
	c := &cobra.Command{Use: "method [METHOD]", Short: "企业按哪种方法核算哪一年：登记或列出 · by which method an organization reports which year: record or list", Args: cobra.MaximumNArgs(1),
		Example: "  lingtan activity method gbt32151.5-2015@1 --park demo --organization steel --year 2018\n  lingtan activity method --park demo",
		RunE: func(c *cobra.Command, args []string) error {
			at, err := knownAt(known)
			if err != nil {
				return err
			}
			return a.with(c.Context(), func(n *node.Node) error {
				if len(args) > 0 {
					if _, err := n.SetMethod(c.Context(), a.act("activity method"), park, organization, year, args[0]); err != nil {
						return err
					}
				}
				list, err := n.Methods(c.Context(), park, at)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(list)
				}
				for _, x := range list {
					fmt.Fprintf(a.stdout, "%s\t%d\t%s\n", x.Member, x.Year, x.Method)
				}
				return nil
			})
		}}
	f := c.Flags()
	f.StringVar(&park, "park", "", "the park (required)")
	f.StringVar(&organization, "organization", "", "whose method")
	f.Int64Var(&year, "year", 0, "of which year")
	f.StringVar(&known, "as-known-at", "", "as known at this time (RFC 3339)")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	must(c.MarkFlagRequired("park"))
	return c
}

// enterpriseInventory compiles the inventory of one organization by its method; nil
// where none is asked for.
func (a *app) enterpriseInventory(ctx context.Context, n *node.Node, park, organization, period, method, known string) (*evidence.Export, error) {
	if organization == "" {
		if method != "" {
			return nil, fmt.Errorf("%w: --method is of an --organization; the park's stands in its park file", errUsage)
		}
		return nil, nil
	}
	at, err := knownAt(known)
	if err != nil {
		return nil, err
	}
	v, err := n.CompileEnterprise(ctx, park, organization, period, method, at)
	if err != nil {
		return nil, err
	}
	return evidence.NewExport(v)
}
