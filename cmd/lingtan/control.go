package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lingtan/connector"
	"lingtan/control"
	"lingtan/node"
	"lingtan/store/record"
)

func (a *app) controlCommand() *cobra.Command {
	c := &cobra.Command{Use: "control", Short: "反馈控制：方案下达、审批、人工接管、审计 · feedback control: plans, approval, overrides, audit",
		Long: `Decides about the control of a park (docs/guides/control.md). The records alone are
opened, so a server may run meanwhile: it takes the decision up at its next tick. Nothing
is written without a server that runs with --control.
对园区控制作出决定；可与服务同时运行，服务在下一周期执行；未启用 --control 时绝不下发。`}
	c.AddCommand(a.controlSetupCommand(), a.controlStateCommand(), a.controlProposeCommand(),
		a.controlPlanCommand("approve", "批准他人提出的方案 · approve a plan that another person proposed"),
		a.controlPlanCommand("reject", "驳回提案 · reject a proposal"),
		a.controlPlanCommand("revoke", "撤销已批准的方案 · take an approved plan back"),
		a.controlPlanCommand("confirm", "确认运行中的方案，或恢复已暂停的方案 · confirm a running plan, or take a suspended one up again"),
		a.controlOverrideCommand(), a.controlReleaseCommand(), a.controlAuditCommand())
	return c
}

// desk opens the records alone and decides.
func (a *app) desk(ctx context.Context, do func(node.ControlDesk) error) (err error) {
	place := a.database
	if place == "" {
		place = filepath.Join(a.dir, "records.db")
		if _, err := os.Stat(place); err != nil {
			return fmt.Errorf("%w: no data in %s: %w", node.ErrNoPark, a.dir, err)
		}
	}
	records, err := record.Open(ctx, place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	return do(node.ControlDesk{Records: records, Now: time.Now})
}

// decide carries a decision of whoever is signed in to this machine out.
func (a *app) decide(c *cobra.Command, park string, x control.Decision) error {
	act := a.act("control " + x.Kind)
	act.Who = "shell:" + act.Name
	x.Who = act.Who
	err := a.desk(c.Context(), func(d node.ControlDesk) error { return d.DecideControl(c.Context(), act, park, x) })
	if err == nil {
		fmt.Fprintf(a.stdout, "%s: %s\n", x.Kind, a.say("已记录；服务在下一周期执行。", "recorded; the server takes it up at its next tick."))
	}
	return err
}

func controlPark(c *cobra.Command, park *string) *cobra.Command {
	c.Flags().StringVar(park, "park", "", "the park (required)")
	must(c.MarkFlagRequired("park"))
	return c
}

// readControlFile reads a file of at most 16 MiB; - is standard input.
func readControlFile(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(stdin, 16<<20+1))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 16<<20+1))
}

func (a *app) controlSetupCommand() *cobra.Command {
	var park string
	var check bool
	c := &cobra.Command{Use: "setup FILE", Short: "记录可控设备及其限值 · record what may be controlled and within which limits", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			data, err := readControlFile(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			s, err := control.ParseSetup(data)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if check {
				fmt.Fprintf(a.stdout, a.say("有效：%d 个受控设备，%d 个联锁，%d 个修正\n", "valid: %d assets, %d interlocks, %d trims\n"), len(s.Assets), len(s.Interlocks), len(s.Trims))
				return nil
			}
			return a.desk(c.Context(), func(d node.ControlDesk) error {
				act := a.act("control setup")
				act.Who = "shell:" + act.Name
				v, err := d.SaveControlSetup(c.Context(), act, park, data)
				if err == nil {
					fmt.Fprintf(a.stdout, a.say("第 %d 版已记录\n", "version %d recorded\n"), v.Number)
				}
				return err
			})
		}}
	c.Flags().BoolVar(&check, "check", false, "check the file only 仅检查")
	return controlPark(c, &park)
}

func (a *app) controlStateCommand() *cobra.Command {
	var park, output string
	c := &cobra.Command{Use: "state", Short: "受控设备与方案的现状 · how assets and plans stand", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			return a.desk(c.Context(), func(d node.ControlDesk) error {
				v, err := d.ControlView(c.Context(), park)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(v)
				}
				a.printControl(v)
				return nil
			})
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return controlPark(c, &park)
}

func (a *app) printControl(v node.ControlView) {
	running := a.say("没有服务在控制：不下发任何指令", "no server controls it: nothing is written")
	if v.Running {
		running = a.say("控制运行中", "control runs")
	}
	fmt.Fprintf(a.stdout, "%s  %s %d  %s\n", v.Park, a.say("配置第", "setup"), v.Setup, running)
	show := func(x *float64) string {
		if x == nil {
			return "–"
		}
		return fmt.Sprintf("%.6g", *x)
	}
	for _, s := range v.Limits.Assets {
		x := v.State.Assets[s.ID]
		if x == nil {
			continue
		}
		why := strings.Join(x.Causes, ", ")
		if x.Plan != "" {
			why = x.Plan
		}
		fmt.Fprintf(a.stdout, "  %s\t%s\t%s %s → %s  %s %s %s\t%s\n", s.ID, x.Mode, a.say("设定", "set"), show(x.Sent), show(x.Want), a.say("实测", "measured"), show(x.Measured), s.Unit, why)
		if o := x.Override; o != nil {
			fmt.Fprintf(a.stdout, "    %s %.6g  %s  %s  %s\n", a.say("人工接管", "override"), o.Value, o.Who, o.Until.Format(time.RFC3339), o.Reason)
		}
	}
	for _, h := range v.State.Plans {
		fmt.Fprintf(a.stdout, "  %s %s\t%s\t%s %s  %s %s  %s\n", a.say("方案", "plan"), h.Plan.ID, h.State, a.say("提出", "proposed by"), h.Proposer, a.say("批准", "approved by"), h.Approver, h.Why)
	}
}

func (a *app) controlProposeCommand() *cobra.Command {
	var park, reason string
	c := &cobra.Command{Use: "propose FILE", Short: "提出方案（- 为标准输入）· propose a plan (- is standard input)", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			data, err := readControlFile(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			p, err := control.ParsePlan(data)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			return a.decide(c, park, control.Decision{Kind: "propose", Plan: p, Reason: reason})
		}}
	c.Flags().StringVar(&reason, "reason", "", "why 理由")
	return controlPark(c, &park)
}

// controlPlanCommand decides about a plan that is held.
func (a *app) controlPlanCommand(kind, short string) *cobra.Command {
	var park, reason string
	c := &cobra.Command{Use: kind + " PLAN", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.decide(c, park, control.Decision{Kind: kind, ID: args[0], Reason: reason})
		}}
	c.Flags().StringVar(&reason, "reason", "", "why 理由")
	return controlPark(c, &park)
}

func (a *app) controlOverrideCommand() *cobra.Command {
	var park, reason string
	var value float64
	var length time.Duration
	c := &cobra.Command{Use: "override ASSET", Short: "人工接管：给定值、理由与期限 · set an asset by hand, with a reason and for a time", Args: cobra.ExactArgs(1),
		Example: `  lingtan control override battery --park demo --value 0 --for 2h --reason "works on the feeder"`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.decide(c, park, control.Decision{Kind: "override", Asset: args[0], Value: value, Reason: reason, Until: time.Now().Add(length)})
		}}
	c.Flags().Float64Var(&value, "value", 0, "set point in the asset's unit (required) 设定值")
	c.Flags().StringVar(&reason, "reason", "", "why (required) 理由")
	c.Flags().DurationVar(&length, "for", 0, "how long, such as 2h (required) 期限")
	must(c.MarkFlagRequired("value"), c.MarkFlagRequired("reason"), c.MarkFlagRequired("for"))
	return controlPark(c, &park)
}

func (a *app) controlReleaseCommand() *cobra.Command {
	var park, reason string
	c := &cobra.Command{Use: "release ASSET", Short: "结束人工接管并解除闭锁 · end an override and clear what is latched", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.decide(c, park, control.Decision{Kind: "release", Asset: args[0], Reason: reason})
		}}
	c.Flags().StringVar(&reason, "reason", "", "why 理由")
	return controlPark(c, &park)
}

func (a *app) controlAuditCommand() *cobra.Command {
	var park, asset, plan, output string
	var limit int
	c := &cobra.Command{Use: "audit", Short: "控制日志：每一决定、转换与下发 · the journal: every decision, transition and write", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			return a.desk(c.Context(), func(d node.ControlDesk) error {
				lines, err := d.ControlLines(c.Context(), park, asset, plan, 0, limit)
				if err != nil || output == "json" {
					return errors.Join(err, a.printJSON(lines))
				}
				for _, l := range lines {
					a.printControlLine(l)
				}
				return nil
			})
		}}
	c.Flags().StringVar(&asset, "asset", "", "of this asset only")
	c.Flags().StringVar(&plan, "plan", "", "of this plan only")
	c.Flags().IntVar(&limit, "limit", 100, "lines, at most 1000; the newest first")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return controlPark(c, &park)
}

func (a *app) printControlLine(l control.Line) {
	text := []string{fmt.Sprint(l.Number), l.At.UTC().Format(time.RFC3339), l.Who, l.Event}
	for _, s := range []string{l.Plan, l.Asset} {
		if s != "" {
			text = append(text, s)
		}
	}
	if l.From != "" || l.To != "" {
		text = append(text, l.From+"→"+l.To)
	}
	if l.After != nil {
		text = append(text, fmt.Sprintf("%.6g", *l.After))
	}
	if l.Reason != "" {
		text = append(text, l.Reason)
	}
	fmt.Fprintln(a.stdout, strings.Join(text, "  "))
}

// runControl runs the control of all parks beside the server where the setting control
// is on; the returned function waits until it has ended.
func (a *app) runControl(ctx context.Context, n *node.Node, d *doors) (wait func(), err error) {
	switch a.config.value["control"] {
	case "", "off":
		return func() {}, nil
	case "on":
	default:
		return nil, fmt.Errorf("%w: control %q; on or off", errConfig, a.config.value["control"])
	}
	drivers := map[string]connector.Driver{}
	for _, x := range d.drivers {
		drivers[x.Protocol()] = x
	}
	listed := func(park, device string) (connector.Device, bool) {
		list := d.ingest.Registry.Of(park).Devices
		i := slices.IndexFunc(list, func(x connector.Device) bool { return x.ID == device })
		if i < 0 {
			return connector.Device{}, false
		}
		found := list[i]
		found.Park = park
		return found, true
	}
	c := n.OpenControl(node.ControlOptions{Drivers: drivers, Devices: listed, Log: d.log})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := c.Run(ctx); err != nil {
			d.log.Error("control ended", "error", err.Error())
		}
	}()
	return func() { <-done }, nil
}
