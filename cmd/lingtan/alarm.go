package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lingtan/alarm"
	"lingtan/alarm/anomaly"
	"lingtan/alarm/rulefile"
)

func (a *app) alarmCommand() *cobra.Command {
	c := &cobra.Command{Use: "alarm", Short: "报警：检查与试跑规则，查找异常 · alarms: check and try rules, find what is unusual",
		Long: `Checks a rule file, tries it on readings, and finds what is unusual in a series, all
without a server (docs/formats/alarm.md).
检查规则文件、用读数试跑、在序列中查找异常，均不需要服务器（docs/formats/alarm.md）。`}
	c.AddCommand(a.alarmLiveCommands()...)
	c.AddCommand(a.alarmCheckCommand(), a.alarmTestCommand(), a.alarmAnomaliesCommand(), a.alarmKindsCommand())
	return c
}

func (a *app) alarmCheckCommand() *cobra.Command {
	return &cobra.Command{Use: "check RULES.yaml", Short: "检查规则文件，指出行与列 · check a rule file, faults by line and column", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			set, err := a.readRules(args[0])
			if err != nil {
				return err
			}
			kinds := map[string]int{}
			for _, r := range set.Rules {
				kinds[r.Kind]++
			}
			fmt.Fprintf(a.stdout, "%s %d\n", a.say("规则", "rules"), len(set.Rules))
			for _, k := range slices.Sorted(maps.Keys(kinds)) {
				fmt.Fprintf(a.stdout, "  %s %d\n", k, kinds[k])
			}
			return nil
		}}
}

// readRules reads a rule file and tells its faults, one a line.
func (a *app) readRules(name string) (*alarm.Set, error) {
	data, err := readLimited(name, rulefile.MaxSize)
	if err != nil {
		return nil, err
	}
	set, err := rulefile.Parse(data)
	return set, a.alarmFaults(name, alarm.ErrRule, err)
}

// alarmFaults prints the faults of a file with their places and gives one short error.
func (a *app) alarmFaults(name string, kind, err error) error {
	var faults rulefile.Faults
	if !errors.As(err, &faults) {
		return err
	}
	for _, f := range faults {
		fmt.Fprintf(a.stderr, "%s:%d:%d: %s\n    %s\n", name, f.Line, f.Column, f.Path, f.Message.In(a.language))
	}
	return fmt.Errorf("%w: %s: %s", kind, name, a.say(fmt.Sprintf("%d 处错误", len(faults)), fmt.Sprintf("%d faults", len(faults))))
}

// readLimited reads a file, or standard input for "-", no more of it than a limit and
// one byte.
func readLimited(name string, limit int64) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, limit+1))
}

// alarmTrial is what a set of rules would have done.
type alarmTrial struct {
	Samples     int                `json:"samples"`
	Used        int                `json:"used"` // samples of signals that a rule reads
	From        time.Time          `json:"from"`
	To          time.Time          `json:"to"`
	Transitions []alarm.Transition `json:"transitions"`
	Notices     []alarm.Notice     `json:"notices"`
	Alarms      []alarm.Alarm      `json:"alarms"` // at the end
}

func (a *app) alarmTestCommand() *cobra.Command {
	var readings, output string
	c := &cobra.Command{Use: "test RULES.yaml --readings FILE.csv", Short: "用读数试跑规则：本会触发什么 · try rules on readings: what would have fired", Args: cobra.ExactArgs(1),
		Example: "  lingtan alarm test test/golden/alarm-park/rules.yaml --readings test/golden/alarm-park/input.csv",
		RunE: func(_ *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			set, err := a.readRules(args[0])
			if err != nil {
				return err
			}
			trial, err := a.tryRules(set, readings)
			if err != nil {
				return err
			}
			if output == "json" {
				return a.printJSON(trial)
			}
			return a.printTrial(set, trial)
		}}
	c.Flags().StringVar(&readings, "readings", "", "CSV: time and a column for each signal, or time,signal,value (required) 读数文件")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	must(c.MarkFlagRequired("readings"))
	return c
}

// tryRules feeds a file of samples to an engine, a tick at every time of it.
func (a *app) tryRules(set *alarm.Set, name string) (*alarmTrial, error) {
	zone, err := time.LoadLocation(set.Zone)
	if err != nil {
		return nil, fmt.Errorf("%w: zone: %w", alarm.ErrRule, err)
	}
	samples, err := a.readSamples(name, zone)
	if err != nil {
		return nil, err
	}
	engine, err := alarm.New(set, nil)
	if err != nil {
		return nil, err
	}
	trial := &alarmTrial{Samples: len(samples), Transitions: []alarm.Transition{}, Notices: []alarm.Notice{}, Alarms: []alarm.Alarm{}}
	if len(samples) == 0 {
		return trial, nil
	}
	trial.From, trial.To = samples[0].At, samples[len(samples)-1].At
	for i, s := range samples {
		if engine.Observe(s.At, s.Signal, s.At, s.Value) {
			trial.Used++
		}
		if i+1 == len(samples) || samples[i+1].At.After(s.At) {
			o := engine.Tick(s.At)
			trial.Transitions = append(trial.Transitions, o.Transitions...)
			trial.Notices = append(trial.Notices, o.Notices...)
		}
	}
	trial.Alarms = engine.Alarms(true)
	return trial, nil
}

func (a *app) readSamples(name string, zone *time.Location) ([]rulefile.Sample, error) {
	data, err := readLimited(name, rulefile.MaxSamplesSize)
	if err != nil {
		return nil, err
	}
	samples, err := rulefile.ParseSamples(data, zone)
	return samples, a.alarmFaults(name, anomaly.ErrSeries, err)
}

func orDash(x *float64) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf("%.6g", *x)
}

func (a *app) printTrial(set *alarm.Set, t *alarmTrial) error {
	zone, err := time.LoadLocation(set.Zone)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, r := range set.Rules {
		names[r.ID] = a.name(r.Name)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join([]string{a.say("时间", "time"), a.say("规则", "rule"), a.say("事件", "event"), a.say("状态", "state"), a.say("值", "value"), a.say("限值", "limit"), "kWh", "tCO2e", a.say("名称", "name")}, "\t"))
	for _, x := range t.Transitions {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.At.In(zone).Format("2006-01-02 15:04:05"), x.Rule, x.Event, x.To, orDash(x.Value), orDash(x.Limit), orDash(x.Energy), orDash(x.Tonnes), names[x.Rule])
	}
	for _, x := range t.Alarms {
		if x.Blind {
			fmt.Fprintf(w, "!\t%s\t%s %s\n", x.Rule, a.say("未判定：缺少输入", "blind: lacks"), x.BlindOf)
		}
	}
	fmt.Fprintf(w, "%s\n", a.say(fmt.Sprintf("%d 个样本（%d 个被规则使用），%d 次状态变化，%d 条通知", t.Samples, t.Used, len(t.Transitions), len(t.Notices)),
		fmt.Sprintf("%d samples (%d used by rules), %d transitions, %d notices", t.Samples, t.Used, len(t.Transitions), len(t.Notices))))
	return w.Flush()
}

func (a *app) alarmKindsCommand() *cobra.Command {
	var output string
	c := &cobra.Command{Use: "kinds", Short: "规则种类及其输入与参数 · kinds of rules with their inputs and parameters", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			switch output {
			case "json":
				return a.printJSON(alarm.Kinds())
			case "text":
			default:
				return wrongFormat(output, "text", "json")
			}
			for _, k := range alarm.Kinds() {
				fmt.Fprintf(a.stdout, "%s  %s [%s]\n", k.Kind, strings.Join(append(k.Inputs, k.Optional...), ", "), k.Unit)
				for _, p := range k.Parameters {
					usual := fmt.Sprintf("%v", p.Default)
					if p.Required {
						usual = a.say("必填", "required")
					}
					fmt.Fprintf(a.stdout, "  %s  %s  (%s)\n", p.Name, p.Unit, usual)
				}
			}
			return nil
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

// anomalyFlags say how to look.
type anomalyFlags struct {
	column, zone, output string
	kinds                []string
	threshold            float64
	still                time.Duration
	warmUp               int
}

func (a *app) alarmAnomaliesCommand() *cobra.Command {
	var f anomalyFlags
	c := &cobra.Command{Use: "anomalies FILE.csv", Short: "在一条序列中查找异常 · find what is unusual in a series", Args: cobra.ExactArgs(1),
		Example: "  lingtan alarm anomalies test/golden/anomaly-load/input.csv --column value --warm-up 1008",
		RunE: func(_ *cobra.Command, args []string) error {
			if f.output != "text" && f.output != "json" {
				return wrongFormat(f.output, "text", "json")
			}
			zone, err := time.LoadLocation(f.zone)
			if err != nil {
				return fmt.Errorf("%w: --zone: %w", errUsage, err)
			}
			samples, err := a.readSamples(args[0], zone)
			if err != nil {
				return err
			}
			report, err := f.detect(samples, zone)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if f.output == "json" {
				return a.printJSON(report.Events)
			}
			return a.printAnomalies(report, zone)
		}}
	c.Flags().StringVar(&f.column, "column", "", "the column, when there are several 列名")
	c.Flags().StringVar(&f.zone, "zone", "UTC", "IANA time zone of hours and days 时区")
	c.Flags().StringVarP(&f.output, "output", "o", "text", "text or json")
	c.Flags().StringSliceVar(&f.kinds, "kind", nil, "spike, stuck, high, low; all when not given 只查这些种类")
	c.Flags().Float64Var(&f.threshold, "threshold", 8, "robust standard deviations off the season 稳健标准差的倍数")
	c.Flags().DurationVar(&f.still, "still", 2*time.Hour, "how long a value may stand still 允许不变的时长")
	c.Flags().IntVar(&f.warmUp, "warm-up", 0, "values at the beginning without findings 开头只学习不判定的个数")
	return c
}

func (f *anomalyFlags) detect(samples []rulefile.Sample, zone *time.Location) (*anomaly.Report, error) {
	o := anomaly.Options{Threshold: f.threshold, Still: f.still, WarmUp: f.warmUp}
	for _, k := range f.kinds {
		if !slices.Contains([]anomaly.Kind{anomaly.Spike, anomaly.Stuck, anomaly.High, anomaly.Low}, anomaly.Kind(k)) {
			return nil, fmt.Errorf("%w: --kind %q; spike, stuck, high or low", errUsage, k)
		}
		o.Kinds = append(o.Kinds, anomaly.Kind(k))
	}
	s := anomaly.Series{Zone: zone}
	column := f.column
	for _, x := range samples {
		if column == "" {
			column = x.Signal
		}
		switch {
		case x.Signal == column:
			s.Times, s.Values = append(s.Times, x.At), append(s.Values, x.Value)
		case f.column == "":
			return nil, fmt.Errorf("%w: the columns %q and %q have values; name one by --column", errUsage, column, x.Signal)
		}
	}
	return anomaly.Detect(s, o)
}

func (a *app) printAnomalies(r *anomaly.Report, zone *time.Location) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join([]string{a.say("种类", "kind"), a.say("自", "from"), a.say("至", "to"), a.say("个数", "values"), a.say("强度", "score"), a.say("偏差合计", "excess")}, "\t"))
	for _, e := range r.Events {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%.1f\t%s\n", e.Kind, e.From.In(zone).Format("2006-01-02 15:04"), e.To.In(zone).Format("2006-01-02 15:04"), e.Values, e.Score, orDash(e.Excess))
	}
	fmt.Fprintln(w, a.say(fmt.Sprintf("%d 处异常，%d 个值，步长 %s", len(r.Events), len(r.Points), r.Step), fmt.Sprintf("%d findings in %d values, step %s", len(r.Events), len(r.Points), r.Step)))
	return w.Flush()
}
