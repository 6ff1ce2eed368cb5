package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lingtan/node"
	"lingtan/tariff/bill"
)

func (a *app) tariffCommand() *cobra.Command {
	c := &cobra.Command{Use: "tariff", Short: "电价：分时电费、需量、功率因数 · tariffs: time-of-use bill, demand, power factor"}
	var park, period, organization, output string
	var rates bill.Rates
	b := &cobra.Command{Use: "bill", Short: "一段时间的电费 · the bill of a period", Args: cobra.NoArgs,
		Example: "  lingtan tariff bill --park demo --period 2018-07 --base 0.4 --fixed 0.25 --demand 40 --contract 600",
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			return a.with(c.Context(), func(n *node.Node) error {
				s, err := n.Tariff(c.Context(), park, period, organization, rates)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(s)
				}
				return a.printBill(s)
			})
		}}
	f := b.Flags()
	f.StringVar(&park, "park", "", "the park (required)")
	f.StringVar(&period, "period", "", "2018, 2018-07, … (required)")
	f.StringVar(&organization, "enterprise", "", "one organization and those below it 仅某企业")
	f.Float64Var(&rates.Base, "base", 0, "CNY/kWh of the part that floats with the class 浮动部分电价")
	f.Float64Var(&rates.Fixed, "fixed", 0, "CNY/kWh of the rest 不浮动部分电价")
	f.Float64Var(&rates.Demand, "demand", 0, "CNY per kW of demand and month 需量电价")
	f.Float64Var(&rates.Contract, "contract", 0, "kW agreed on; default that of the park file 合同需量")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	must(b.MarkFlagRequired("park"), b.MarkFlagRequired("period"))
	c.AddCommand(b)
	return c
}

// printBill prints energy by class and the demand of each month.
func (a *app) printBill(s *bill.Sheet) error {
	b := s.Bill
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s  %s  %s\n", s.Park, a.say(s.Name.ZH, s.Name.EN), s.Tariff)
	fmt.Fprintln(a.stdout, a.say("分时时段：", "day pattern: ")+b.Source+a.say("（"+b.Grade+" 级，待核实）", " (grade "+b.Grade+", to be confirmed)"))
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...string) { fmt.Fprintln(w, strings.Join(cells, "\t")+"\t") }
	row(a.say("月份", "month"), a.say("时段", "class"), "kWh", "CNY/kWh", "CNY")
	for _, l := range b.Lines {
		row(l.Month, a.say(l.Name.ZH, l.Name.EN), fmt.Sprintf("%.1f", l.KWh), forecastFigure(l.Price, 1, "%.4f"), forecastFigure(l.Cost, 1, "%.2f"))
	}
	row(a.say("合计", "total"), "", fmt.Sprintf("%.1f", b.KWh), "", forecastFigure(b.EnergyCost, 1, "%.2f"))
	if err := w.Flush(); err != nil {
		return err
	}
	row(a.say("月份", "month"), a.say("最大需量 kW", "peak kW"), a.say("时刻", "at"), a.say("合同 kW", "contract kW"), a.say("计费 kW", "billed kW"), "CNY", a.say("功率因数", "power factor"), a.say("调整 %", "adjustment %"), "CNY", a.say("缺", "gaps"))
	for _, m := range b.Months {
		at := "–"
		if m.PeakAt != nil {
			at = m.PeakAt.In(zone).Format("2006-01-02 15:04")
		}
		row(m.Month, forecastFigure(m.Peak, 1, "%.1f"), at, forecastFigure(m.Contract, 1, "%.4g"), forecastFigure(m.Billed, 1, "%.1f"), forecastFigure(m.DemandCost, 1, "%.2f"),
			forecastFigure(m.PowerFactor, 1, "%.3f"), forecastFigure(m.Adjustment, 100, "%+.2f"), forecastFigure(m.AdjustCost, 1, "%.2f"), fmt.Sprint(m.Gaps))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s %s CNY\n", a.say("电费合计", "bill"), forecastFigure(b.Total, 1, "%.2f"))
	for _, n := range b.Notes {
		fmt.Fprintln(a.stdout, a.say("注：", "note: ")+a.say(n.Zh, n.En))
	}
	return nil
}
