package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"lingtan/node"
	"lingtan/usage"
)

func (a *app) settleCommand() *cobra.Command {
	var park string
	var all bool
	c := &cobra.Command{Use: "settle", Short: "结算读数为用量 · settle readings into usage", Args: cobra.NoArgs,
		Long: `Settles what new and corrected readings touch. Validation and estimation leave
their findings; days that come out differently become new revisions.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				_, err := a.settle(c.Context(), n, park, all)
				return err
			})
		}}
	c.Flags().StringVar(&park, "park", "", "the park (required)")
	c.Flags().BoolVar(&all, "all", false, "settle every day again 全部重新结算")
	must(c.MarkFlagRequired("park"))
	return c
}

// settle settles a park and says what came of it.
func (a *app) settle(ctx context.Context, n *node.Node, park string, all bool) (usage.Settled, error) {
	bar := a.bar(a.say("结算", "settle") + " " + park)
	got, err := n.Settle(ctx, park, node.SettleOptions{All: all, Progress: bar.count})
	bar.done()
	if err != nil {
		return got, err
	}
	fmt.Fprintln(a.stderr, a.say(
		fmt.Sprintf("结算：%d 个表计，%d 个读数，%d 个日用量（新版本 %d，未变 %d），%d 条核验发现", got.Registers, got.Readings, got.Days, got.Revised, got.Unchanged, got.Findings),
		fmt.Sprintf("Settled %d registers, %d readings, %d register-days (%d revised, %d unchanged), %d findings", got.Registers, got.Readings, got.Days, got.Revised, got.Unchanged, got.Findings)))
	return got, nil
}

func (a *app) compactCommand() *cobra.Command {
	return &cobra.Command{Use: "compact", Short: "整理为月文件 · move settled months into month files (Parquet)", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				bar := a.bar(a.say("整理", "compact"))
				defer bar.done()
				done := 0
				err := n.Series.CompactAll(c.Context(), func(_, _ string, _ int64) { done++; bar.count(done, max(done, 12)) })
				if err != nil {
					return err
				}
				s, err := n.Series.Stats(c.Context())
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "%d %s, %d %s, %.2f %s\n", s.Readings, a.say("个读数", "readings"), s.Months, a.say("个月文件", "month files"), s.BytesPerReading, a.say("字节/读数", "bytes a reading"))
				return nil
			})
		}}
}
