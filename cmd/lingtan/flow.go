package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lingtan/flow/carbon/flowfile"
)

func (a *app) flowCommand() *cobra.Command {
	c := &cobra.Command{Use: "flow", Short: "碳流：沿能源网络追踪碳 · carbon flow: trace carbon through an energy network"}
	c.AddCommand(a.flowTraceCommand(), a.flowShowCommand(), a.flowExportCommand())
	return c
}

func (a *app) flowTraceCommand() *cobra.Command {
	var output string
	var strict bool
	c := &cobra.Command{Use: "trace FILE", Short: "追踪一个碳流文件（- 为标准输入） · trace a flow file (- is standard input)", Args: cobra.ExactArgs(1),
		Long: `Traces the carbon of every source through the network of a flow file, interval by
interval, by proportional sharing (docs/formats/flow.md).
按比例分摊原则，逐时段追踪碳流文件中各来源的碳（docs/formats/flow.md）。

Exit codes / 退出码: 3 the file is invalid 文件无效 · 7 with --strict, findings of broken data 有数据缺陷`,
		Example: "  lingtan flow trace test/golden/c08-ieee14/input.json -o json",
		RunE: func(_ *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			data, err := readFlowFile(args[0])
			if err != nil {
				return err
			}
			file, err := flowfile.Parse(data)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			got, err := file.Trace(runtime.GOMAXPROCS(0))
			if err != nil {
				return err
			}
			if output == "json" {
				err = a.printJSON(got)
			} else {
				err = a.printTrace(got)
			}
			if err == nil && strict && got.Broken() > 0 {
				err = fmt.Errorf("%w: %s: %d findings of broken data", errQuality, args[0], got.Broken())
			}
			return err
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	c.Flags().BoolVar(&strict, "strict", false, "exit 7 where data are broken 数据有缺陷时以 7 退出")
	return c
}

// readFlowFile reads a file, or standard input for "-", no more of it than a flow file
// may hold and one byte.
func readFlowFile(name string) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, flowfile.MaxBytes+1))
}

// printTrace prints a trace for a person: nodes, consumers, owners, findings.
func (a *app) printTrace(t *flowfile.Answer) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { fmt.Fprintln(w, strings.Join(cells, "\t")) }
	columns := append(append([]string{}, t.Footprints...), "unexplained")
	carbon := func(m map[string]float64, cells ...string) {
		for _, k := range columns {
			cells = append(cells, fmt.Sprintf("%.6g", m[k]))
		}
		row(cells...)
	}
	row(t.Title)
	row(append([]string{a.say("节点", "node"), a.say("品种", "carrier"), a.say("通过量 ", "through ") + t.Units.Energy}, perUnit(columns, t.Units.Carbon, t.Units.Energy)...)...)
	for _, n := range t.Nodes {
		var through float64
		for _, x := range n.Through {
			through += x
		}
		cells := []string{n.ID, n.Carrier, fmt.Sprintf("%.6g", through)}
		for _, k := range columns {
			if m := n.Mean[k]; m != nil {
				cells = append(cells, fmt.Sprintf("%.6g", *m))
			} else {
				cells = append(cells, "–")
			}
		}
		row(cells...)
	}
	row("")
	row(append([]string{a.say("分录", "booking"), a.say("元素", "element"), t.Units.Energy}, columns...)...)
	for _, l := range t.Bookings {
		carbon(l.Carbon, a.booking(l.Kind), l.ID, fmt.Sprintf("%.6g", l.Amount))
	}
	carbon(t.In.Carbon, a.say("流入合计", "all in"), "", "")
	carbon(t.Out.Carbon, a.say("流出合计", "all out"), "", "")
	row("")
	row(append([]string{a.say("归属", "owner"), a.say("用能", "used"), t.Units.Energy}, columns...)...)
	for _, o := range t.Owners {
		if o.Used != nil {
			carbon(o.Used.Carbon, o.Owner, "", fmt.Sprintf("%.6g", o.Used.Amount))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range t.Findings {
		fmt.Fprintf(a.stdout, "%s: %s, %s\n", f.Place, a.finding(f.Kind), a.say(fmt.Sprintf("自第 %d 时段起 %d 次，能量 %.6g %s", f.Interval, f.Count, f.Amount, t.Units.Energy),
			fmt.Sprintf("from interval %d, %d times, %.6g %s", f.Interval, f.Count, f.Amount, t.Units.Energy)))
	}
	_, err := fmt.Fprintf(a.stdout, "%s\n", a.say(fmt.Sprintf("守恒：流入与流出最大相对差 %.1e", t.Gap), fmt.Sprintf("conserved: in and out differ by %.1e at most", t.Gap)))
	return err
}

func perUnit(columns []string, mass, energy string) []string {
	var list []string
	for _, k := range columns {
		if k == "unexplained" {
			list = append(list, k)
		} else {
			list = append(list, k+" "+mass+"/"+energy)
		}
	}
	return list
}

// booking is a kind of booking in words.
func (a *app) booking(kind string) string {
	zh := map[string]string{"source": "来源", "direct": "直接排放", "opening": "期初储存", "unexplained": "来源不明", "use": "用能", "export": "外送",
		"loss": "损耗", "remainder": "未计量余量", "stranded": "滞留", "held": "期末储存"}[kind]
	return a.say(zh, kind)
}

// finding is a kind of finding in words.
func (a *app) finding(kind string) string {
	words, ok := findingWords[kind]
	if !ok {
		return kind
	}
	return a.say(words[0], words[1])
}

var findingWords = map[string][2]string{
	"missing":         {"数值缺失或超出范围，按无流量处理", "a value is missing or out of range; taken as no flow"},
	"negative":        {"数值为负，按无流量处理", "a value is negative; taken as no flow"},
	"contrary":        {"两端方向相反，按无流量处理", "its ends disagree on the direction; taken as no flow"},
	"gain":            {"受端多于送端，按全部送达处理", "it delivers more than it was sent; taken as sent in full"},
	"factor":          {"因子缺失或无效，其能量按来源不明处理", "it has no usable factor; its energy is unexplained"},
	"deficit":         {"流出多于流入", "more leaves than enters"},
	"island":          {"有流出而无来源，按来源不明处理", "energy leaves and none enters; it is unexplained"},
	"overdrawn":       {"放出多于所储", "it gave more than it held"},
	"level":           {"所储多于充入", "it holds more than it was charged with"},
	"sourceless_loop": {"能量循环而无来源，按来源不明处理", "energy circles without a source; it is unexplained"},
	"no_input":        {"有产出而无投入，产出按来源不明处理", "it gives without taking; its outputs are unexplained"},
	"no_output":       {"有投入而无产出，其碳计为损耗", "it takes without giving; its carbon is a loss"},
	"stranded":        {"碳送达而能量未达，计为滞留", "carbon was sent there and no energy arrived; it is stranded"},
	"unsolved_loop":   {"循环只进不出，碳计为滞留，能量按来源不明处理", "a circle lets nothing out; its carbon is stranded and its energy unexplained"},
	"idle":            {"无流量，故无碳强度", "nothing flows, so there is no intensity"},
}
