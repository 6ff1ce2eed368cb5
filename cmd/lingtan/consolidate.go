package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lingtan/inventory/consolidation"
	"lingtan/node"
)

func (a *app) consolidateCommand() *cobra.Command {
	var park, period, place, output string
	c := &cobra.Command{Use: "consolidate [FILE]", Short: "合并：企业、园区、区域逐级汇总，内部转供不重复计算 · consolidate enterprises, parks and regions without counting twice", Args: cobra.MaximumNArgs(1),
		Long: `Adds the inventories of members up to parks and regions, takes off what is counted
twice because one supplied another, and holds each sum against its sources
(docs/formats/consolidation.md). - is standard input; without FILE it is a park's data.
逐级合并成员清单，扣除因内部转供而重复的部分，并与来源核对。

Exit codes / 退出码: 3 the file is invalid 文件无效 · 7 a sum differs from its sources 与来源不符`,
		Example: "  lingtan consolidate test/golden/consolidation-steam-park/input.json\n  lingtan consolidate --park demo --period 2018 -o json",
		RunE: func(c *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			if (len(args) == 1) == (park != "" || period != "") || (park == "") != (period == "") {
				return fmt.Errorf("%w: give FILE, or --park and --period", errUsage)
			}
			if len(args) == 1 {
				r, err := a.consolidateFile(args[0], c.InOrStdin())
				if err != nil {
					return err
				}
				return a.showConsolidation(r, place, output)
			}
			return a.with(c.Context(), func(n *node.Node) error {
				r, err := n.Consolidation(c.Context(), park, period)
				if err != nil {
					return err
				}
				return a.showConsolidation(r, place, output)
			})
		}}
	c.Flags().StringVar(&park, "park", "", "the park 园区")
	c.Flags().StringVar(&period, "period", "", "2018, 2018-03, …")
	c.Flags().StringVar(&place, "place", "", "what the keeper of this place is shown, such as /江苏 某一级所见")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func (a *app) consolidateFile(name string, stdin io.Reader) (*consolidation.Result, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		stdin = f
	}
	data, err := io.ReadAll(io.LimitReader(stdin, consolidation.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	c, err := consolidation.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return consolidation.Consolidate(c)
}

// showConsolidation prints a result, or what the keeper of a place is shown of it. A park
// or a region that differs from its sources fails.
func (a *app) showConsolidation(r *consolidation.Result, place, output string) error {
	if place != "" {
		var err error
		if r, err = r.Seen(strings.TrimSuffix(place, "/")); err != nil {
			return err
		}
	}
	if output == "json" {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else if err := a.printConsolidation(r); err != nil {
		return err
	}
	for _, v := range r.Views {
		if v.Closes != nil && !*v.Closes && v.Level != "enterprise" {
			return fmt.Errorf("%w: %s: consolidated and sources differ by %.6g tCO2 (location) and %.6g (market); a source, transfer or entry is missing or stated wrongly",
				errQuality, v.Path, v.Residual.Location, v.Residual.Market)
		}
	}
	return nil
}

// printConsolidation prints places, then transfers with how they are counted.
func (a *app) printConsolidation(r *consolidation.Result) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { fmt.Fprintln(w, strings.Join(cells, "\t")) }
	both := func(t consolidation.Tonnes) string { return fmt.Sprintf("%.3f / %.3f", t.Location, t.Market) }
	row(r.Title, r.Period, a.say("tCO2，位置法 / 市场法", "tCO2, location / market"))
	row(a.say("层级", "level"), a.say("单位", "place"), a.say("名称", "name"), a.say("成员", "members"), a.say("上报合计", "reported"), a.say("扣除", "taken off"), a.say("合并", "consolidated"), a.say("来源", "sources"), a.say("差额", "residual"))
	for _, v := range r.Views {
		sources, residual := "–", "–"
		if v.Sources != nil {
			sources, residual = both(*v.Sources), fmt.Sprintf("%.1e / %.1e", v.Residual.Location, v.Residual.Market)
		}
		row(a.level(v.Level), v.Path, a.name(v.Name), fmt.Sprint(v.Members), both(v.Reported.Total), both(v.Eliminated.Total), both(v.Consolidated.Total), sources, residual)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, k := range r.Countings {
		fmt.Fprintf(a.stdout, "\n%s → %s  %s  %.10g %s  (%s tCO2)\n  %s\n", k.Supplier, k.Buyer, k.Carrier, k.Amount, k.Unit, both(k.Carbon), a.counted(k))
		fmt.Fprintf(a.stdout, "  %s %s%s · %s %s%s · %s %s\n", a.say("供方", "supplier"), both(k.Given.Tonnes), a.legOf(k.Given), a.say("用方", "buyer"), both(k.Taken.Tonnes), a.legOf(k.Taken),
			a.say("扣除", "taken off"), both(k.Eliminated))
	}
	return nil
}

// counted says in words how a transfer is counted.
func (a *app) counted(k consolidation.Counting) string {
	switch k.Kind {
	case consolidation.Twice:
		if k.Treatment == consolidation.Kept {
			return a.say(fmt.Sprintf("重复：既在供方范围 %v，又在用方范围 %v", k.Given.Scopes, k.Taken.Scopes), fmt.Sprintf("twice: in the supplier's scope %v and in the buyer's scope %v", k.Given.Scopes, k.Taken.Scopes))
		}
		return a.say(fmt.Sprintf("重复：既在用方范围 %v，又在供方上游的清单中", k.Taken.Scopes), fmt.Sprintf("twice: in the buyer's scope %v and further up, where the supplier has it from", k.Taken.Scopes))
	case consolidation.Difference:
		return a.say("一次，但用方数值与供方或来源不同", "once, at another figure by the buyer than by the supplier or the sources")
	case consolidation.Nobody:
		return a.say("无人计入：供方已扣除，用方未计", "by nobody: the supplier took it off, the buyer does not count it")
	}
	return a.say("一次：随能源转移", "once: passed on with the energy")
}

// legOf names the entries of a leg, at most four.
func (a *app) legOf(l consolidation.Leg) string {
	if len(l.Entries) == 0 {
		return ""
	}
	list, more := l.Entries, ""
	if len(list) > 4 {
		list, more = list[:4], fmt.Sprintf(" +%d", len(l.Entries)-4)
	}
	return " [" + strings.Join(list, " ") + more + "]"
}

// level is a level of places in words.
func (a *app) level(level string) string {
	zh := map[string]string{"country": "国家", "province": "省", "city": "市", "district": "区县", "park": "园区", "enterprise": "企业"}[level]
	return a.say(zh, level)
}
