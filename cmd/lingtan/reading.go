package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lingtan/node"
	"lingtan/store/series"
	"lingtan/usage"
)

func (a *app) readingCommand() *cobra.Command {
	c := &cobra.Command{Use: "usage", Short: "用量：人工修正与核验发现 · usage: edits by a person, findings of validation"}
	c.AddCommand(a.editCommand(), a.findingsCommand())
	return c
}

func (a *app) editCommand() *cobra.Command {
	var park, who, from, to string
	var e usage.Edit
	c := &cobra.Command{Use: "edit", Short: "以姓名和理由修正一段用量 · set the amount of a span, with name and reason", Args: cobra.NoArgs,
		Example: `  lingtan usage edit --park demo --register furniture-main.power --from 2018-12-28T00:00:00+08:00 --to 2018-12-29T00:00:00+08:00 --amount 900 --who 王工 --reason "人工抄表"`,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, x := range []struct {
				text string
				to   *int64
			}{{from, &e.From}, {to, &e.To}} {
				t, err := time.Parse(time.RFC3339, x.text)
				if err != nil {
					return fmt.Errorf("%w: %q is not a time such as 2018-03-05T10:15:00+08:00", errUsage, x.text)
				}
				*x.to = t.UnixMilli()
			}
			e.Who = strings.TrimSpace(who)
			return a.with(c.Context(), func(n *node.Node) error {
				got, err := n.Edit(c.Context(), a.act("usage edit"), park, e)
				if err != nil {
					return err
				}
				fmt.Fprintln(a.stdout, a.say(fmt.Sprintf("已记录修正，%d 个日用量成为新版本。", got.Revised), fmt.Sprintf("Edit recorded; %d register-days revised.", got.Revised)))
				return nil
			})
		}}
	f := c.Flags()
	f.StringVar(&park, "park", "", "the park (required)")
	f.StringVar(&e.Key, "register", "", "register (required)")
	f.StringVar(&from, "from", "", "begin, on a settlement boundary, RFC 3339 (required)")
	f.StringVar(&to, "to", "", "end, exclusive (required)")
	f.Float64Var(&e.Amount, "amount", 0, "total over the span, in the register's settle unit (required)")
	f.StringVar(&who, "who", "", "who edits (required)")
	f.StringVar(&e.Reason, "reason", "", "why (required)")
	for _, name := range []string{"park", "register", "from", "to", "amount", "who", "reason"} {
		must(c.MarkFlagRequired(name))
	}
	return c
}

func (a *app) findingsCommand() *cobra.Command {
	var park, output string
	var filter series.FindingFilter
	c := &cobra.Command{Use: "findings", Short: "列出核验发现及处理 · what validation found and what was done about it", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				list, err := n.Series.Findings(c.Context(), park, filter)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(list)
				}
				for _, f := range list {
					fmt.Fprintf(a.stdout, "%s\t%s\t%s\t%s\t× %d\t%v / %v\t%s\t%s\n", f.Key, f.Rule, stamp(f.From), stamp(f.To), f.Count, f.Value, f.Limit, f.Treatment, f.Detail)
				}
				return nil
			})
		}}
	c.Flags().StringVar(&park, "park", "", "the park (required)")
	c.Flags().StringSliceVar(&filter.Keys, "register", nil, "only these registers")
	c.Flags().StringSliceVar(&filter.Rules, "rule", nil, "only these rules: range, spike, flat, gap, drift, …")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	must(c.MarkFlagRequired("park"))
	return c
}

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }
