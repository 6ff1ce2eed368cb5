package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lingtan/health"
	"lingtan/node"
)

func (a *app) healthCommand() *cobra.Command {
	var output, park, input, made, text string
	var on, rated float64
	c := &cobra.Command{Use: "health [FILE]", Short: "设备与电池健康 · state of batteries, machines and transformers", Args: cobra.MaximumNArgs(1),
		Long: `Tells the state of equipment from its measurements (docs/formats/health.md, - is standard
input): a battery's remaining capacity, cycles, class and passport, a machine's hours, starts,
efficiency and wear, a transformer's losses, hot spot and ageing. With --park the duty of the
machine behind a register, from settled usage.
由测量数据判断设备状态：电池剩余容量与循环、机器启停与效率退化、变压器损耗与热点。`,
		Example: "  lingtan health equipment.json -o json\n  lingtan health --park demo --input steel-main.kwh --period 2018 --on 20",
		RunE: func(c *cobra.Command, args []string) error {
			if output != "table" && output != "json" {
				return wrongFormat(output, "table", "json")
			}
			r := &health.Report{Format: "lingtan.health-result/v1", Batteries: []health.BatteryState{}, Transformers: []health.TransformerState{}}
			var err error
			switch {
			case len(args) == 1 && park == "":
				var data []byte
				if data, err = readEngineFile(args[0], c.InOrStdin(), health.MaxSize); err != nil {
					return err
				}
				r, err = healthOf(args[0], data)
			case len(args) == 0 && park != "" && input != "" && text != "":
				err = a.with(c.Context(), func(n *node.Node) error {
					m, err := n.MachineHealth(c.Context(), park, input, made, text, on, rated)
					if err == nil {
						r.Machines = append(r.Machines, *m)
					}
					return err
				})
			default:
				err = fmt.Errorf("%w: give FILE, or --park with --input and --period", errUsage)
			}
			if err != nil {
				return err
			}
			if output == "json" {
				return a.printJSON(r)
			}
			a.printHealth(r)
			return nil
		}}
	s := c.Flags()
	s.StringVarP(&output, "output", "o", "table", "table or json")
	s.StringVar(&park, "park", "", "from the settled usage of this park 园区")
	s.StringVar(&input, "input", "", "point.register of what goes in 输入")
	s.StringVar(&made, "made", "", "point.register of what comes out 产出")
	s.StringVar(&text, "period", "", "2018 or 2018-03 期间")
	s.Float64Var(&on, "on", 0, "kW above which the machine runs 运行判据")
	s.Float64Var(&rated, "rated", 0, "rated kW 额定功率")
	return c
}

func healthOf(name string, data []byte) (*health.Report, error) {
	d, err := health.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r, err := d.Evaluate()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

func (a *app) printHealth(r *health.Report) {
	for _, b := range r.Batteries {
		fmt.Fprintf(a.stdout, "%s  %s\n", b.ID, a.name(b.Name))
		if c := b.Capacity; c != nil {
			fmt.Fprintf(a.stdout, "  %s %.4g Ah (%s … %s)  %s %.1f %%  %s %d\n", a.say("剩余容量", "remaining capacity"), c.Ah, forecastFigure(c.Low, 1, "%.4g"), forecastFigure(c.High, 1, "%.4g"),
				a.say("健康度", "state of health"), 100*c.SOH, a.say("充放段", "partial cycles"), c.Pairs)
		}
		fmt.Fprintf(a.stdout, "  %s %.2f  %s %s  %s %s mΩ\n", a.say("等效全循环", "equivalent full cycles"), b.Equivalent, a.say("往返效率", "round trip"), forecastFigure(b.RoundTrip, 100, "%.1f %%"), a.say("欧姆内阻", "resistance"), forecastFigure(b.Resistance, 1, "%.3g"))
		if b.Grade != nil {
			fmt.Fprintf(a.stdout, "  %s %s\n", a.say("分级", "class"), a.name(*b.Grade))
		}
		for _, f := range b.Passport {
			if f.Origin == "missing" {
				fmt.Fprintf(a.stdout, "  – %s  %s\n", a.name(f.Name), a.say("待补充", "to be supplied"))
			}
		}
		a.printDiagnoses(b.Diagnoses)
	}
	for _, m := range r.Machines {
		fmt.Fprintf(a.stdout, "%s  %s  %s\n", m.ID, a.name(m.Name), m.Kind)
		fmt.Fprintf(a.stdout, "  %s %.1f h / %.1f h  %s %d (%.2f/d)  %s %s\n", a.say("运行", "ran"), m.RunHours, m.Hours, a.say("启动", "starts"), m.Starts, m.StartsADay, a.say("平均输入", "mean input"), forecastFigure(m.MeanInput, 1, "%.5g"))
		for _, b := range m.Curve {
			fmt.Fprintf(a.stdout, "  %3.0f %%  %.4g %s  %.1f h\n", 100*b.Load, b.Ratio, m.RatioUnit, b.Hours)
		}
		if t := m.Trend; t != nil {
			fmt.Fprintf(a.stdout, "  %s %+.2f %%/a (%+.2f … %+.2f)  p = %.2g\n", a.say("效率变化", "drift of efficiency"), 100*t.Slope, 100*t.Low, 100*t.High, t.P)
		}
		a.printDiagnoses(m.Diagnoses)
	}
	for _, t := range r.Transformers {
		fmt.Fprintf(a.stdout, "%s  %s\n", t.ID, a.name(t.Name))
		fmt.Fprintf(a.stdout, "  %s %.1f %%, %s %.1f %%  %s %.1f + %.1f kWh\n", a.say("负载率", "load"), 100*t.MeanLoad, a.say("最高", "peak"), 100*t.PeakLoad, a.say("损耗（空载+负载）", "losses without + with load"), t.NoLoadLoss, t.LoadLoss)
		if t.HotSpot != nil {
			fmt.Fprintf(a.stdout, "  %s %.1f °C  %s  %s %.3g\n", a.say("最高热点温度", "hottest spot"), *t.HotSpot, t.HotSpotAt, a.say("相对老化", "relative ageing"), *t.Ageing)
		}
		a.printDiagnoses(t.Diagnoses)
	}
}

func (a *app) printDiagnoses(list []health.Diagnosis) {
	for _, d := range list {
		mark := map[string]string{"alert": "!!", "warns": "!"}[d.Level]
		fmt.Fprintf(a.stdout, "  %-2s %s", mark, a.name(d.Text))
		if d.Value != nil && d.Limit != nil {
			fmt.Fprintf(a.stdout, "  (%.4g, %s %.4g)", *d.Value, a.say("限值", "limit"), *d.Limit)
		}
		if d.From != "" {
			fmt.Fprintf(a.stdout, "  %s %s", d.From, d.To)
		}
		fmt.Fprintln(a.stdout)
	}
}
