package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/node"
	"lingtan/report"
)

func (a *app) inventoryCommand() *cobra.Command {
	var park, period, known, output, out, organization, method string
	var bare, all bool
	c := &cobra.Command{Use: "inventory", Short: "温室气体清单：编制、关账、重述、比较 · the inventory: compile, close, restate, compare", Args: cobra.NoArgs,
		Long: `Shows the inventory of a park and period: the closed one, else the open one as
known now. With --as-known-at it is compiled as it was known at that time.
JSON carries the evidence that lingtan verify needs; --bare leaves it out.
With --all-enterprises it shows the totals of every enterprise's own inventory, by
the method that each reports the year by; with --out DIR it also writes each as JSON
without evidence.`,
		Example: "  lingtan inventory --park demo --period 2018\n  lingtan inventory --park demo --period 2018 -o xlsx --out demo-2018.xlsx",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				if all {
					return a.allEnterprises(c.Context(), n, enterprisesAsked{park, organization, period, method, known, output, out})
				}
				x, err := a.enterpriseInventory(c.Context(), n, park, organization, period, method, known)
				if organization == "" && err == nil {
					x, err = a.findInventory(c.Context(), n, park, period, known)
				}
				if err != nil {
					return err
				}
				return a.writeInventory(c.Context(), n, x, output, out, bare)
			})
		}}
	flags := c.Flags()
	flags.StringVar(&park, "park", "", "the park (required)")
	flags.StringVar(&period, "period", "", "2018, 2018-03, 2018-03-05 or from..to (required)")
	flags.StringVar(&known, "as-known-at", "", "compile as known at this time (RFC 3339)")
	flags.StringVar(&organization, "organization", "", "of this organization alone, by the method of its sector 单个企业")
	flags.BoolVar(&all, "all-enterprises", false, "of every enterprise, each by itself, out of one pass 全部企业")
	flags.StringVar(&method, "method", "", "the organization's method; without it the one that it reports the year by")
	flags.StringVarP(&output, "output", "o", "text", "text, json, csv or xlsx")
	flags.StringVar(&out, "out", "", "write to this file instead of standard output")
	flags.BoolVar(&bare, "bare", false, "JSON without usage evidence 不含用量证据")
	must(c.MarkFlagRequired("park"), c.MarkFlagRequired("period"))
	c.AddCommand(a.inventoryCloseCommand(), a.inventoryListCommand(), a.inventoryCompareCommand())
	return c
}

func (a *app) findInventory(ctx context.Context, n *node.Node, park, period, known string) (*evidence.Export, error) {
	if known != "" {
		at, err := time.Parse(time.RFC3339, known)
		if err != nil {
			return nil, fmt.Errorf("%w: --as-known-at %q is not a time such as 2026-01-31T12:00:00+08:00", errUsage, known)
		}
		v, err := n.Compile(ctx, park, period, at)
		if err != nil {
			return nil, err
		}
		return evidence.NewExport(v)
	}
	if x, err := n.Closed(ctx, park, period); err != nil || x != nil {
		return x, err
	}
	return n.Open(ctx, a.act("inventory"), park, period)
}

func (a *app) writeInventory(ctx context.Context, n *node.Node, x *evidence.Export, output, out string, bare bool) (err error) {
	if !slices.Contains([]string{"text", "json", "csv", "xlsx"}, output) {
		return wrongFormat(output, "text", "json", "csv", "xlsx")
	}
	w := a.stdout
	if out != "" {
		f, e := os.Create(out)
		if e != nil {
			return e
		}
		defer func() {
			if e := f.Close(); err == nil {
				err = e
			}
		}()
		w = f
	}
	switch output {
	case "text":
		return report.Text(w, x, a.language)
	case "csv":
		return report.CSV(w, x)
	case "xlsx":
		return report.Workbook(w, x, "both")
	case "json":
		if !bare {
			if err := n.Pack(ctx, x); err != nil {
				return err
			}
		}
		return report.JSON(w, x)
	}
	return wrongFormat(output, "text", "json", "csv", "xlsx")
}

func (a *app) inventoryCloseCommand() *cobra.Command {
	var park, period string
	c := &cobra.Command{Use: "close", Short: "清单关账；已关账的则重述 · close the inventory, or restate a closed one", Args: cobra.NoArgs,
		Long: `Closes the inventory of a period under its content hash and Merkle root. Where one
is closed already, a new revision restates it and says what changed; when nothing
changed, nothing is done.`,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			return a.with(ctx, func(n *node.Node) error {
				before, err := n.Closed(ctx, park, period)
				if err != nil {
					return err
				}
				x, err := n.Shut(ctx, a.act("inventory close"), park, period)
				if err != nil {
					return err
				}
				if before != nil && before.Inventory.ID == x.Inventory.ID {
					fmt.Fprintf(a.stdout, "%s %s\n", x.Inventory.ID, a.say("已关账，且没有变化。", "is closed and nothing changed."))
					return nil
				}
				fmt.Fprintf(a.stdout, "%s %s\n  hash %s\n  root %s\n", x.Inventory.ID, a.say("已关账", "closed"), x.Hash, x.Inventory.Root)
				if before != nil {
					a.printDifference(inventory.Compare(before.Inventory, x.Inventory))
				}
				return nil
			})
		}}
	c.Flags().StringVar(&park, "park", "", "the park (required)")
	c.Flags().StringVar(&period, "period", "", "2018, 2018-03, … (required)")
	must(c.MarkFlagRequired("park"), c.MarkFlagRequired("period"))
	return c
}

func (a *app) inventoryListCommand() *cobra.Command {
	var park, output string
	c := &cobra.Command{Use: "list", Short: "列出清单 · list a park's inventories", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				rows, err := n.Records.InventoriesOf(c.Context(), park)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(rows)
				}
				for _, r := range rows {
					fmt.Fprintf(a.stdout, "%s\t%s\tr%d\t%s\t%.3f tCO2 (%s)\t%.3f tCO2 (%s)\t%s\n", r.ID, r.Period, r.Revision, r.State, r.Location, a.say("位置", "location"), r.Market, a.say("市场", "market"), r.Hash)
				}
				return nil
			})
		}}
	c.Flags().StringVar(&park, "park", "", "the park (required)")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	must(c.MarkFlagRequired("park"))
	return c
}

func (a *app) inventoryCompareCommand() *cobra.Command {
	var output string
	c := &cobra.Command{Use: "compare BEFORE AFTER", Short: "比较两个版本 · what changed between two inventories and why", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				x, err := n.Inventory(c.Context(), args[0])
				if err != nil {
					return err
				}
				y, err := n.Inventory(c.Context(), args[1])
				if err != nil {
					return err
				}
				d := inventory.Compare(x.Inventory, y.Inventory)
				if output == "json" {
					return a.printJSON(d)
				}
				a.printDifference(d)
				return nil
			})
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func (a *app) printDifference(d inventory.Difference) {
	for _, u := range d.Usage {
		fmt.Fprintf(a.stdout, "  %s %s: %.6g → %.6g %s\n", a.say("用量", "usage"), u.Register, u.Before, u.After, u.Unit)
	}
	for _, e := range d.Entries {
		fmt.Fprintf(a.stdout, "  %s %s %s %s: %.9g → %.9g tCO2 (%s)\n", e.ID, e.Organization, e.Node, e.Rule, e.Before, e.After, e.Why)
	}
	for _, t := range d.Totals {
		name := t.After.Organization
		if name == "" {
			name = a.say("园区", "park")
		}
		fmt.Fprintf(a.stdout, "  %s: %s %.9g → %.9g, %s %.9g → %.9g tCO2\n", name, a.say("位置法", "location"), t.Before.Scope1+t.Before.Scope2Location, t.After.Scope1+t.After.Scope2Location,
			a.say("市场法", "market"), t.Before.Scope1+t.Before.Scope2Market, t.After.Scope1+t.After.Scope2Market)
	}
}
