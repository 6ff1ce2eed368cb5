package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lingtan/node"
	"lingtan/rating/diagnosis"
)

func (a *app) ratingDiagnoseCommand() *cobra.Command {
	var in node.Diagnosed
	var output string
	c := &cobra.Command{Use: "diagnose", Short: "节能诊断：按节约排序的发现，附证据 · energy-saving diagnosis: ranked findings with evidence", Args: cobra.NoArgs,
		Example: "  lingtan rating diagnose --park demo --period 2018 --price 0.42 --fixed 0.24 --demand-price 48",
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			return a.with(c.Context(), func(n *node.Node) error {
				r, err := n.Diagnose(c.Context(), in)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(r)
				}
				a.printDiagnosis(r)
				return nil
			})
		}}
	c.Flags().StringVar(&in.Park, "park", "", "the park (required)")
	c.Flags().StringVar(&in.Period, "period", "", "2018, 2018-03, … up to a year (required)")
	c.Flags().StringVar(&in.Organization, "organization", "", "one organization and those below it 仅某企业")
	c.Flags().Float64Var(&in.Price, "price", 0, "CNY/kWh of the part that floats with the tariff; without it no money is told 随分时浮动的电价")
	c.Flags().Float64Var(&in.Fixed, "fixed", 0, "CNY/kWh of the rest 不浮动的电价")
	c.Flags().Float64Var(&in.Demand, "demand-price", 0, "CNY per kW and month 需量电价")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	must(c.MarkFlagRequired("park"), c.MarkFlagRequired("period"))
	return c
}

func (a *app) printDiagnosis(r *diagnosis.Result) {
	amount := func(v *float64, unit string) string {
		if v == nil {
			return "– " + unit
		}
		return fmt.Sprintf("%.4g %s", *v, unit)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(a.stdout, "\n%d. %s  %s (%s)\n   %s · %s · %s", f.Rank, a.name(f.Title), a.name(f.Name), f.Register, amount(f.KWh, "kWh"), amount(f.CNY, "CNY"), amount(f.Tonnes, "tCO2"))
		if f.TCE != nil {
			fmt.Fprintf(a.stdout, " · %s", amount(f.TCE, "tce"))
		}
		fmt.Fprintln(a.stdout)
		for _, x := range f.Facts {
			fmt.Fprintf(a.stdout, "     %s %.4g %s\n", a.name(x.Name), x.Value, x.Unit)
		}
		for _, e := range f.Evidence {
			fmt.Fprintf(a.stdout, "     %s … %s  %.4g %s  %s\n", e.From.Format("2006-01-02 15:04"), e.To.Format("2006-01-02 15:04"), e.Value, e.Unit, a.name(e.What))
		}
		for _, x := range f.Assumptions {
			fmt.Fprintf(a.stdout, "   · %s\n", a.name(x))
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(a.stdout, "! %s\n", a.name(n))
	}
}
