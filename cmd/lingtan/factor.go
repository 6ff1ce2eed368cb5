package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lingtan/factor"
	"lingtan/node"
)

func (a *app) factorCommand() *cobra.Command {
	c := &cobra.Command{Use: "factor", Short: "因子库：查找、列出、导入自有因子 · the factor library: find, list, import your own"}
	c.AddCommand(a.factorFindCommand(), a.factorListCommand(), a.factorImportCommand(), a.factorGWPCommand())
	return c
}

// queryFlags describe a factor query on the command line.
type queryFlags struct {
	category, item, parameter, guideline, region, at, known, policy, output string
}

func (q *queryFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&q.category, "category", "", "grid_provincial, fuel_default, …")
	f.StringVar(&q.item, "item", "", "natural_gas, electricity.equivalent, …")
	f.StringVar(&q.parameter, "parameter", "", "co2_per_kwh, ncv, carbon_per_heat, …")
	f.StringVar(&q.guideline, "guideline", "", "gbt32151_34, ndrc_other, …")
	f.StringVar(&q.region, "region", "", "江苏, CN, GLOBAL; several by commas, in order of preference")
	f.StringVar(&q.at, "at", "", "valid at this date YYYY-MM-DD")
	f.StringVar(&q.known, "as-known-at", "", "as published and recorded by this date YYYY-MM-DD")
	f.StringVar(&q.policy, "policy", "", "valid, latest_published or nearest_year")
	f.StringVarP(&q.output, "output", "o", "text", "text or json")
}

func (q *queryFlags) query() (factor.Query, error) {
	out := factor.Query{Category: q.category, Item: q.item, Parameter: q.parameter, Guideline: q.guideline, Policy: factor.Policy(q.policy)}
	if q.region != "" {
		out.Regions = strings.Split(q.region, ",")
	}
	for _, x := range []struct {
		text string
		to   *time.Time
	}{{q.at, &out.At}, {q.known, &out.AsKnownAt}} {
		if x.text == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, x.text)
		if err != nil {
			return out, fmt.Errorf("%w: %q is not a date YYYY-MM-DD", errUsage, x.text)
		}
		*x.to = t
	}
	return out, nil
}

// library hands on the factor library: with the user's own factors where there is a
// data directory, the shipped ones where there is none.
func (a *app) library(ctx context.Context, fn func(*factor.Library) error) error {
	if _, err := os.Stat(filepath.Join(a.dir, "records.db")); err != nil && a.database == "" {
		lib, err := factor.Builtin()
		if err != nil {
			return err
		}
		return fn(lib)
	}
	return a.with(ctx, func(n *node.Node) error { return fn(n.Factors) })
}

func (a *app) factorFindCommand() *cobra.Command {
	var q queryFlags
	c := &cobra.Command{Use: "find", Short: "查找一个因子；缺失即报错 · find one factor; a missing one is an error that names what is near", Args: cobra.NoArgs,
		Example: "  lingtan factor find --category grid_provincial --region 江苏 --policy latest_published",
		RunE: func(c *cobra.Command, _ []string) error {
			query, err := q.query()
			if err != nil {
				return err
			}
			return a.library(c.Context(), func(lib *factor.Library) error {
				f, err := lib.Lookup(query)
				if err != nil {
					return err
				}
				return a.printFactors(q.output, f)
			})
		}}
	q.register(c)
	return c
}

func (a *app) factorListCommand() *cobra.Command {
	var q queryFlags
	c := &cobra.Command{Use: "list", Short: "列出因子 · list factors", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			query, err := q.query()
			if err != nil {
				return err
			}
			return a.library(c.Context(), func(lib *factor.Library) error {
				return a.printFactors(q.output, lib.List(query)...)
			})
		}}
	q.register(c)
	return c
}

func (a *app) factorGWPCommand() *cobra.Command {
	var set, output string
	c := &cobra.Command{Use: "gwp GAS", Short: "全球变暖潜势 · a gas's global warming potential", Args: cobra.ExactArgs(1),
		Example: "  lingtan factor gwp CH4 --set AR5",
		RunE: func(_ *cobra.Command, args []string) error {
			lib, err := factor.Builtin()
			if err != nil {
				return err
			}
			f, err := lib.GWP(set, args[0])
			if err != nil {
				return err
			}
			return a.printFactors(output, f)
		}}
	c.Flags().StringVar(&set, "set", "AR6", "SAR, AR4, AR5 or AR6")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func (a *app) factorImportCommand() *cobra.Command {
	return &cobra.Command{Use: "import FILE", Short: "导入自有因子（YAML） · import your own factors from YAML", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer file.Close()
			return a.with(c.Context(), func(n *node.Node) error {
				list, err := n.ImportFactors(c.Context(), a.act("factor import"), file)
				if err != nil {
					return err
				}
				return a.printFactors("text", list...)
			})
		}}
}

func (a *app) printFactors(output string, list ...factor.Factor) error {
	if output == "json" {
		return a.printJSON(list)
	}
	for _, f := range list {
		name, label := f.Name.EN, f.Grade.Label().EN
		if a.language == "zh" {
			name, label = f.Name.ZH, f.Grade.Label().ZH
		}
		fmt.Fprintf(a.stdout, "%s\t%v %s\t%s\t%s\t%s\t%s\n", f.Ref(), f.Value, f.Unit, f.Region, name, label, f.Source)
	}
	return nil
}
