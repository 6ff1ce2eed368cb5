package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"lingtan/flow/carbon/flowfile"
	"lingtan/inventory/carbonflow"
	"lingtan/node"
)

func (a *app) flowExportCommand() *cobra.Command {
	var park, period, out string
	c := &cobra.Command{Use: "export", Short: "把园区一段时间的能源网络写成碳流文件 · write a park's network and what ran through it as a flow file", Args: cobra.NoArgs,
		Long: `Writes a park's energy network with the settled usage of every interval of a period, and what each
source brings in on both bases, as a flow file (docs/formats/flow.md). lingtan flow trace reads it and
gives the same figures as lingtan flow show, without a server. Each carrier is in its settle unit.
把园区能源网络、各时段结算用量与各来源的碳写成碳流文件；lingtan flow trace 读之所得与 lingtan flow show 一致。`,
		Example: "  lingtan flow export --park demo --period 2018-03-05 --out flow.json\n  lingtan flow export --park demo --period 2018-03 | lingtan flow trace -",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				view, err := n.View(c.Context(), park, period)
				if err != nil {
					return err
				}
				l, err := n.Layout(c.Context(), park)
				if err != nil {
					return err
				}
				r, err := carbonflow.Record(c.Context(), l.Document, view, n.Series)
				if err != nil {
					return fmt.Errorf("park %s: %w", park, err)
				}
				data, err := flowfile.Write(flowfile.Case{Title: park + " " + period, Energy: "settle unit", Mass: "kgCO2", Intervals: r.Intervals, Network: r.Network}, r.Read)
				if err != nil {
					return fmt.Errorf("park %s, %s: %w", park, period, err)
				}
				if out == "" {
					_, err = a.stdout.Write(append(data, '\n'))
					return err
				}
				return os.WriteFile(out, append(data, '\n'), 0o600)
			})
		}}
	c.Flags().StringVar(&park, "park", "", "the park (required)")
	c.Flags().StringVar(&period, "period", "", "2018, 2018-03, 2018-03-05 (required)")
	c.Flags().StringVar(&out, "out", "", "file to write; standard output where left out 输出文件")
	must(c.MarkFlagRequired("park"), c.MarkFlagRequired("period"))
	return c
}
