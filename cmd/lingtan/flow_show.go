package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lingtan/inventory/carbonflow"
	"lingtan/node"
)

func (a *app) flowShowCommand() *cobra.Command {
	var park, period, step, output string
	c := &cobra.Command{Use: "show", Short: "园区一段时间的碳流 · the carbon flow of a park over a period", Args: cobra.NoArgs,
		Example: "  lingtan flow show --park demo --period 2018-03 --step day",
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			return a.with(c.Context(), func(n *node.Node) error {
				f, err := n.CarbonFlow(c.Context(), park, period, step)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(f)
				}
				a.printFlow(f)
				return nil
			})
		}}
	c.Flags().StringVar(&park, "park", "", "the park (required)")
	c.Flags().StringVar(&period, "period", "", "2018, 2018-03, 2018-03-05 (required)")
	c.Flags().StringVar(&step, "step", "month", "hour, day or month 步长")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	must(c.MarkFlagRequired("park"), c.MarkFlagRequired("period"))
	return c
}

// printFlow prints places with their mean intensity and members with what they answer for.
func (a *app) printFlow(f *carbonflow.Flow) {
	fmt.Fprintln(a.stdout, a.say(fmt.Sprintf("园区 %s，%s 至 %s，%d 个结算时段，最大不守恒 %.1g", f.Park, f.First, f.Last, f.Intervals, f.Gap),
		fmt.Sprintf("Park %s, %s to %s, %d settlement intervals, largest gap %.1g", f.Park, f.First, f.Last, f.Intervals, f.Gap)))
	for _, n := range f.Nodes {
		fmt.Fprintf(a.stdout, "%s\t%s", n.Node, a.say(n.Name.ZH, n.Name.EN))
		for k, basis := range f.Footprints {
			fmt.Fprintf(a.stdout, "\t%s %s", basis, a.meanIntensity(n, k))
		}
		fmt.Fprintln(a.stdout)
	}
	for _, o := range f.Owners {
		fmt.Fprintf(a.stdout, "%s\t%s", o.Organization, a.say("承担 tCO2", "answers for tCO2"))
		for k, basis := range f.Footprints {
			fmt.Fprintf(a.stdout, "\t%s %.3f", basis, o.Used[k]+o.Lost[k])
		}
		fmt.Fprintln(a.stdout)
	}
	for _, x := range f.Findings {
		fmt.Fprintf(a.stdout, "! %s (%s)\n", a.finding(x.Kind), x.String())
	}
}

// meanIntensity is a place's intensity over the period, in words.
func (a *app) meanIntensity(n carbonflow.Place, footprint int) string {
	through, carbon := 0.0, 0.0
	for t, v := range n.Intensity[footprint] {
		if v != nil {
			through, carbon = through+n.Through[t], carbon+*v*n.Through[t]
		}
	}
	if through <= 0 {
		return a.say("无流量", "nothing flows")
	}
	return fmt.Sprintf("%.4f kgCO2/%s", carbon/through, n.Unit)
}
