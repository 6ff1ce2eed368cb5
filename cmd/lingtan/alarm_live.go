package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lingtan/alarm/picture"
	"lingtan/alarm/rulefile"
	"lingtan/node"
)

// alarmLiveCommands are those on the alarms of a park in the data directory.
func (a *app) alarmLiveCommands() []*cobra.Command {
	return []*cobra.Command{a.alarmListCommand(), a.alarmShowCommand(), a.alarmRulesCommand(), a.alarmReplayCommand(),
		a.alarmActCommand("ack", "acknowledge", "确认报警 · acknowledge an alarm"),
		a.alarmActCommand("assign", "assign", "指派报警 · hand an alarm to somebody"),
		a.alarmActCommand("shelve", "shelve", "暂时搁置报警 · set an alarm aside for a time"),
		a.alarmActCommand("unshelve", "unshelve", "取消搁置 · end shelving"),
		a.alarmActCommand("comment", "comment", "为报警加备注 · comment on an alarm"),
		a.alarmActCommand("remove", "remove", "停用报警 · take an alarm out of service"),
		a.alarmActCommand("restore", "restore", "恢复停用的报警 · put an alarm back into service")}
}

// withAlarms runs fn on the alarms of the opened data directory as they stand, brought up
// to what was read since.
func (a *app) withAlarms(ctx context.Context, fn func(*node.Node, *node.Alarms) error) error {
	return a.with(ctx, func(n *node.Node) error {
		w, err := n.OpenAlarms(ctx, node.AlarmOptions{})
		if err != nil {
			return err
		}
		return fn(n, w)
	})
}

func (a *app) alarmListCommand() *cobra.Command {
	var park, output string
	var all bool
	c := parkFlag(&cobra.Command{Use: "list", Short: "园区的报警 · alarms of a park", Args: cobra.NoArgs,
		Example: "  lingtan alarm list --park demo",
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			return a.withAlarms(c.Context(), func(_ *node.Node, w *node.Alarms) error {
				p, err := w.Picture(c.Context(), park, all)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(p)
				}
				return a.printAlarms(p)
			})
		}}, &park)
	c.Flags().BoolVar(&all, "all", false, "those of all rules 包括正常的")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

const alarmTime = "2006-01-02 15:04:05Z07:00"

func (a *app) printAlarms(p *picture.Park) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join([]string{a.say("规则", "rule"), a.say("状态", "state"), a.say("级别", "priority"), a.say("起始", "since"), a.say("值", "value"), a.say("限值", "limit"), a.say("单位", "unit"), "kWh", "tCO2e", a.say("名称", "name")}, "\t"))
	for _, x := range p.Alarms {
		state := string(x.State)
		if x.Blind {
			state += " (" + a.say("未判定", "blind") + ")"
		}
		since := "–"
		if !x.Onset.IsZero() {
			since = x.Onset.UTC().Format(alarmTime)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.Rule, state, x.Priority, since, orDash(x.Value), orDash(x.Limit), x.Unit, orDash(x.Energy), orDash(x.Tonnes), a.name(x.Name))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	c := p.Counts
	fmt.Fprintln(a.stdout, a.say(fmt.Sprintf("%d 条规则：%d 个活动（%d 个未确认），%d 个已恢复待确认，%d 个搁置，%d 个未判定；截至 %s", p.Rules, c.Active, c.Unacknowledged, c.Returned, c.Aside, c.Blind, p.Clock.UTC().Format(alarmTime)),
		fmt.Sprintf("%d rules: %d active (%d unacknowledged), %d over and not acknowledged, %d set aside, %d blind; at %s", p.Rules, c.Active, c.Unacknowledged, c.Returned, c.Aside, c.Blind, p.Clock.UTC().Format(alarmTime))))
	if p.Replay != nil {
		fmt.Fprintln(a.stdout, a.say("这是对已存读数的回放。", "This is a replay over stored readings."))
	}
	return nil
}

func (a *app) alarmShowCommand() *cobra.Command {
	var park, output string
	c := parkFlag(&cobra.Command{Use: "show RULE", Short: "一个报警的详情 · one alarm with its journal", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			return a.withAlarms(c.Context(), func(_ *node.Node, w *node.Alarms) error {
				d, err := w.Detail(c.Context(), park, args[0])
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(d)
				}
				return a.printAlarm(d)
			})
		}}, &park)
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func (a *app) printAlarm(d *picture.Detail) error {
	fmt.Fprintf(a.stdout, "%s  [%s] %s\n%s\n", a.name(d.Name), d.Priority, d.State, a.name(d.Advice))
	fmt.Fprintf(a.stdout, "%s %s  %s %s  %s  kWh %s  tCO2e %s\n", a.say("值", "value"), orDash(d.Value), a.say("限值", "limit"), orDash(d.Limit), d.Unit, orDash(d.Energy), orDash(d.Tonnes))
	if d.Assignee != "" {
		fmt.Fprintf(a.stdout, "%s %s\n", a.say("处理人", "assigned to"), d.Assignee)
	}
	if d.CauseRule != "" {
		fmt.Fprintf(a.stdout, "%s %s\n", a.say("根因", "cause"), d.CauseRule)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, x := range d.Journal {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", x.At.UTC().Format(alarmTime), x.Event, x.To, orDash(x.Value), x.Who, strings.ReplaceAll(x.Note, "\n", " "))
	}
	return w.Flush()
}

func (a *app) alarmActCommand(use, event, short string) *cobra.Command {
	var park string
	x := picture.Act{Event: event}
	c := parkFlag(&cobra.Command{Use: use + " RULE", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withAlarms(c.Context(), func(_ *node.Node, w *node.Alarms) error {
				if err := w.Act(c.Context(), a.act("alarm "+use), park, args[0], x); err != nil {
					return err
				}
				d, err := w.Detail(c.Context(), park, args[0])
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "%s %s\n", args[0], d.State)
				return nil
			})
		}}, &park)
	c.Flags().StringVar(&x.Note, "note", "", "why 说明")
	switch event {
	case "shelve":
		c.Flags().DurationVar(&x.For, "for", time.Hour, "how long, at most 720h 搁置时长")
	case "assign":
		c.Flags().StringVar(&x.Assignee, "to", "", "who (required) 处理人")
		must(c.MarkFlagRequired("to"))
	}
	return c
}

func (a *app) alarmRulesCommand() *cobra.Command {
	var park, file string
	var propose bool
	c := parkFlag(&cobra.Command{Use: "rules", Short: "导出、建议或导入园区的规则 · export, propose or import a park's rules", Args: cobra.NoArgs,
		Example: "  lingtan alarm rules --park demo > rules.yaml\n  lingtan alarm rules --park demo --propose > rules.yaml\n  lingtan alarm rules --park demo --import rules.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case propose && file != "":
				return fmt.Errorf("%w: --propose prints rules, --import records them; give one", errUsage)
			case propose:
				return a.with(c.Context(), func(n *node.Node) error { return a.proposeRules(c.Context(), n, park) })
			case file != "":
				return a.importRules(c.Context(), park, file)
			}
			return a.with(c.Context(), func(n *node.Node) error {
				if _, err := n.Layout(c.Context(), park); err != nil {
					return err
				}
				v, err := n.Records.AlarmRules(c.Context(), park)
				if err == nil {
					_, err = fmt.Fprint(a.stdout, v.YAML)
				}
				return err
			})
		}}, &park)
	c.Flags().BoolVar(&propose, "propose", false, "propose rules out of the park's history 按历史建议规则")
	c.Flags().StringVar(&file, "import", "", "a rule file to record as the park's newest 导入规则文件")
	return c
}

func (a *app) proposeRules(ctx context.Context, n *node.Node, park string) error {
	p, err := n.ProposeAlarms(ctx, park)
	if err != nil {
		return err
	}
	for _, x := range p.Left {
		fmt.Fprintf(a.stderr, "%s %s %s: %s\n", a.say("未建议", "not proposed:"), x.Kind, x.Object, a.name(x.Reason))
	}
	_, err = fmt.Fprint(a.stdout, p.YAML)
	return err
}

func (a *app) importRules(ctx context.Context, park, file string) error {
	data, err := readLimited(file, rulefile.MaxSize)
	if err != nil {
		return err
	}
	set, err := a.readRules(file)
	if err != nil {
		return err
	}
	return a.withAlarms(ctx, func(_ *node.Node, w *node.Alarms) error {
		before, err := w.Rules(ctx, park)
		if err != nil {
			return err
		}
		unknown, err := w.UnknownSignals(ctx, park, set)
		if err != nil {
			return err
		}
		for _, signal := range unknown {
			fmt.Fprintf(a.stderr, "%s %s\n", a.say("园区没有此信号，规则将不判定：", "nothing in the park feeds this signal, its rules stay blind:"), signal)
		}
		v, err := w.PutRules(ctx, a.act("alarm rules"), park, data, before.Number)
		if err == nil {
			fmt.Fprintln(a.stdout, a.say(fmt.Sprintf("园区 %s 报警规则第 %d 版，%d 条，哈希 %s", park, v.Number, len(set.Rules), v.Hash),
				fmt.Sprintf("Alarm rules of park %s version %d, %d rules, hash %s", park, v.Number, len(set.Rules), v.Hash)))
		}
		return err
	})
}

func (a *app) alarmReplayCommand() *cobra.Command {
	var park string
	var days int
	c := parkFlag(&cobra.Command{Use: "replay", Short: "在已存读数上回放规则 · run the rules over stored readings", Args: cobra.NoArgs,
		Long: `For a park whose readings lie in the past: the rules run over its last settled days,
and its alarms stand by the time of its newest reading from then on. Without rules it
adopts those that history proposes. Not possible where alarms were watched already.
用于读数都在过去的园区：在最后若干天上运行规则，此后报警以最新读数时间为准。`,
		RunE: func(c *cobra.Command, _ []string) error {
			if days < 1 || days > 366 {
				return fmt.Errorf("%w: --days is from 1 to 366", errUsage)
			}
			return a.with(c.Context(), func(n *node.Node) error {
				r, err := n.ReplayAlarms(c.Context(), a.act("alarm replay"), park, days)
				if err != nil {
					return err
				}
				if r == nil {
					return fmt.Errorf("%w: the alarms of park %s are watched already; a replay would contradict their journal", os.ErrExist, park)
				}
				fmt.Fprintf(a.stdout, "%s %s – %s\n", a.say("已回放", "replayed"), r.From.UTC().Format(alarmTime), r.To.UTC().Format(alarmTime))
				return nil
			})
		}}, &park)
	c.Flags().IntVar(&days, "days", 56, "how many days 天数")
	return c
}
