package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lingtan/forecast"
	"lingtan/forecast/seriesfile"
	"lingtan/period"
)

// forecastFlags say what is forecast.
type forecastFlags struct {
	file         seriesfile.Options
	zone         string
	holidays     []string
	options      forecast.Options
	issue        string
	from, origin string
	save, kept   string
	output       string
}

func (f *forecastFlags) register(c *cobra.Command) {
	s := c.Flags()
	s.StringVarP(&f.output, "output", "o", "table", "table or json")
	s.StringVar(&f.file.Time, "time", "", "CSV column of the times, default the first 时间列")
	s.StringVar(&f.file.Value, "value", "", "CSV column to forecast, default the second 预测列")
	s.StringSliceVar(&f.file.Columns, "covariate", nil, "CSV columns to take as inputs, default all others 协变量列")
	s.StringSliceVar(&f.file.Ahead, "ahead", nil, "inputs known over the horizon: weather forecast, production plan 预先可知的协变量")
	s.StringVar(&f.zone, "zone", "", "time zone of times without an offset and of the calendar, as Asia/Shanghai; default UTC 时区")
	s.StringVar(&f.file.Calendar, "calendar", "", "china (public holidays of the State Council) or week 节假日日历")
	s.StringSliceVar(&f.holidays, "holiday", nil, "a day off, YYYY-MM-DD (repeatable) 放假日")
	s.DurationVar(&f.options.Horizon, "horizon", 24*time.Hour, "how far ahead, at most 168h 预测时长")
	s.StringSliceVar(&f.options.Kinds, "model", nil, "models to choose from: "+strings.Join(forecast.Kinds(), ", ")+" 候选模型")
	s.Uint64Var(&f.options.Seed, "seed", 0, "of the draws of trees 随机种子")
}

func (a *app) forecastCommand() *cobra.Command {
	c := &cobra.Command{Use: "forecast", Short: "预测：负荷、光伏、风电、电价、碳强度 · forecast load, PV, wind, price and carbon intensity",
		Long: `Forecasts a series of a file (docs/formats/forecast.md) with calibrated intervals
and its drivers. It chooses among naive models, smoothing, regression, trees and their
mean by forecasting the past. 对文件中的序列作预测，给出经校准的区间与驱动因素；通过回测过去自动选择模型。

Exit codes / 退出码: 2 wrong options 选项有误 · 3 the file is invalid or too short 文件无效或历史过短`}
	c.AddCommand(a.forecastBacktestCommand(), a.forecastRunCommand(), a.forecastShowCommand())
	return c
}

func (a *app) forecastBacktestCommand() *cobra.Command {
	var f forecastFlags
	var of outlookFlags
	c := &cobra.Command{Use: "backtest FILE | --park PARK", Short: "回测：各模型与朴素预测并列 · forecast the past, each model beside the naive ones", Args: cobra.MaximumNArgs(1),
		Example: "  lingtan forecast backtest test/golden/forecast-hospital/input.csv.gz --from 2017-07-02\n  lingtan forecast backtest --park demo --of load --enterprise steel",
		RunE: func(c *cobra.Command, args []string) error {
			if of.question.Park != "" && len(args) == 0 {
				of.output, of.question.Horizon = f.output, f.options.Horizon
				return a.backtestPark(c.Context(), of)
			}
			if len(args) != 1 || of.question.Park != "" {
				return fmt.Errorf("%w: give a file, or a park with --park", errUsage)
			}
			d, err := f.read(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			from, err := f.instant(f.from, d, "--from", d.Series.Start.Add(time.Duration(len(d.Series.Values)/2)*d.Series.Step))
			if err != nil {
				return err
			}
			t, err := forecast.Backtest(d, from, f.options)
			if err != nil {
				return err
			}
			if f.output == "json" {
				return a.printJSON(t)
			}
			return a.printBacktest(t)
		}}
	f.register(c)
	of.register(c)
	c.Flags().StringVar(&f.from, "from", "", "first issue, YYYY-MM-DD or a time; default half way 首次发布时刻")
	c.Flags().DurationVar(&f.options.Every, "every", 24*time.Hour, "between two issues 发布间隔")
	c.Flags().StringVar(&f.issue, "issue", "00:00", "local time of day of an issue 发布时刻")
	c.Flags().DurationVar(&f.options.Refit, "refit", 28*24*time.Hour, "between two fits 重新拟合间隔")
	return c
}

func (a *app) forecastRunCommand() *cobra.Command {
	var f forecastFlags
	c := &cobra.Command{Use: "run FILE", Short: "预测序列之后的时段 · forecast what comes after the series", Args: cobra.ExactArgs(1),
		Example: "  lingtan forecast run load.csv --horizon 24h --zone Asia/Shanghai --calendar china -o json",
		RunE: func(c *cobra.Command, args []string) error {
			d, err := f.read(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			end := d.Series.Start.Add(time.Duration(len(d.Series.Values)) * d.Series.Step)
			origin, err := f.instant(f.origin, d, "--origin", end)
			if err != nil {
				return err
			}
			m, err := f.model(d, origin)
			if err != nil {
				return err
			}
			got, err := m.Predict(d, origin, f.options.Horizon)
			if err != nil {
				return err
			}
			if f.output == "json" {
				return a.printJSON(got)
			}
			return a.printForecast(got, d.Zone)
		}}
	f.register(c)
	c.Flags().StringVar(&f.origin, "origin", "", "forecast as of this time, with nothing later looked at; default the series' end 预测起点")
	c.Flags().StringVar(&f.save, "save", "", "keep the fitted model in this file 保存模型")
	c.Flags().StringVar(&f.kept, "with", "", "use the model kept in this file, without fitting 使用已保存的模型")
	return c
}

// read reads the file, packed by gzip or not, and settles the options.
func (f *forecastFlags) read(name string, stdin io.Reader) (forecast.Data, error) {
	var none forecast.Data
	if f.output != "table" && f.output != "json" {
		return none, wrongFormat(f.output, "table", "json")
	}
	if f.zone != "" {
		zone, err := time.LoadLocation(f.zone)
		if err != nil {
			return none, fmt.Errorf("%w: --zone: %w", errUsage, err)
		}
		f.file.Zone = zone
	}
	for _, h := range f.holidays {
		day, err := period.ParseDay(h)
		if err != nil {
			return none, fmt.Errorf("%w: --holiday: %w", errUsage, err)
		}
		f.file.Holidays = append(f.file.Holidays, day)
	}
	if f.issue != "" {
		at, err := time.Parse("15:04", f.issue)
		if err != nil {
			return none, fmt.Errorf("%w: --issue %q: a time of day, as 09:30", errUsage, f.issue)
		}
		f.options.Issue = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	}
	data, err := readUnpacked(name, stdin)
	if err != nil {
		return none, err
	}
	d, err := seriesfile.Parse(data, f.file)
	if err != nil {
		return none, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}

// readUnpacked reads a file or standard input ("-"), unpacking gzip, no more of it than a series
// file may hold and one byte.
func readUnpacked(name string, in io.Reader) ([]byte, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	r := bufio.NewReader(in)
	in = r
	if head, _ := r.Peek(2); string(head) == "\x1f\x8b" {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", seriesfile.ErrFormat, name, err)
		}
		in = z
	}
	data, err := io.ReadAll(io.LimitReader(in, seriesfile.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", seriesfile.ErrFormat, name, err)
	}
	return data, nil
}

// instant reads a time of a flag in the data's zone.
func (f *forecastFlags) instant(text string, d forecast.Data, flag string, def time.Time) (time.Time, error) {
	if text == "" {
		return def, nil
	}
	for _, l := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(l, text, d.Zone); err == nil {
			return t, nil
		}
	}
	return def, fmt.Errorf("%w: %s %q: a day or a time, as 2018-07-01 or 2018-07-01T09:00:00+08:00", errUsage, flag, text)
}

// model reads the kept model or fits one on what is before the origin, for issues at its time of day.
func (f *forecastFlags) model(d forecast.Data, origin time.Time) (*forecast.Model, error) {
	m := &forecast.Model{}
	if f.kept != "" {
		text, err := os.ReadFile(f.kept)
		if err != nil {
			return nil, err
		}
		if err := m.UnmarshalJSON(text); err != nil {
			return nil, fmt.Errorf("%s: %w", f.kept, err)
		}
		return m, nil
	}
	n := int(origin.Sub(d.Series.Start) / d.Series.Step)
	d.Series.Values = d.Series.Values[:max(0, min(n, len(d.Series.Values)))]
	local := origin.In(d.Zone)
	f.options.Issue = (time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute).Truncate(d.Series.Step)
	m, err := forecast.Fit(d, f.options)
	if err != nil || f.save == "" {
		return m, err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return m, os.WriteFile(f.save, text, 0o644)
}

// modelName is a model in words.
func (a *app) modelName(kind string) string {
	words := map[string][2]string{"naive_day": {"昨日同刻", "same time, last day"}, "naive_week": {"上周同刻", "same time, last week"}, "smoothing": {"指数平滑", "smoothing"},
		"ridge": {"岭回归", "ridge regression"}, "trees": {"梯度提升树", "boosted trees"}, "mean": {"组合平均", "mean of the best"}, "auto": {"自动（仅凭此前误差）", "auto, by past errors alone"}}
	w, ok := words[kind]
	if !ok {
		return kind
	}
	return a.say(w[0], w[1])
}

// forecastFigure prints a figure, times a scale; a dash where there is none.
func forecastFigure(x *float64, scale float64, form string) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf(form, *x*scale)
}

// printBacktest prints a table for a person.
func (a *app) printBacktest(t *forecast.Table) error {
	fmt.Fprintf(a.stdout, "%s  %s … %s\n", t.Series, t.From.Format("2006-01-02 15:04"), t.To.Format("2006-01-02 15:04"))
	fmt.Fprintln(a.stdout, a.say(fmt.Sprintf("%d 次发布，每次预测 %g 小时", t.Issues, t.Hours), fmt.Sprintf("%d issues, %g hours ahead", t.Issues, t.Hours)))
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { fmt.Fprintln(w, strings.Join(cells, "\t")) }
	unit := ""
	if t.Unit != "" {
		unit = " " + t.Unit
	}
	row(a.say("模型", "model"), "MAE"+unit, "RMSE", "MAPE %", "NMAE %", a.say("分位损失", "pinball"), a.say("覆盖率 %", "coverage %"), a.say("区间宽 %", "width %"), a.say("较朴素改进 %", "better %"), a.say("缺", "missing"))
	for _, m := range t.Models {
		row(a.modelName(m.Model), forecastFigure(m.MAE, 1, "%.5g"), forecastFigure(m.RMSE, 1, "%.5g"), forecastFigure(m.MAPE, 100, "%.3f"), forecastFigure(m.NMAE, 100, "%.3f"), forecastFigure(m.Pinball, 1, "%.4g"),
			forecastFigure(m.Coverage, 100, "%.1f"), forecastFigure(m.Width, 100, "%.1f"), forecastFigure(m.Skill, 100, "%.1f"), fmt.Sprint(m.Missing))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(t.Models) > 0 {
		fmt.Fprintln(a.stdout, a.say(fmt.Sprintf("区间名义覆盖率 %.0f %%；改进相对于 %s。", 100*t.Models[0].Nominal, a.modelName(t.Reference)),
			fmt.Sprintf("intervals are meant to cover %.0f %%; better than: %s", 100*t.Models[0].Nominal, a.modelName(t.Reference))))
	}
	fmt.Fprintln(a.stdout, a.say("选择：", "choice: ")+a.modelName(t.Choice))
	return a.printNotes(t.Notes)
}

func (a *app) printNotes(notes []forecast.Note) error {
	for _, n := range notes {
		if _, err := fmt.Fprintln(a.stdout, a.say("注：", "note: ")+a.say(n.Zh, n.En)); err != nil {
			return err
		}
	}
	return nil
}

// printForecast prints a forecast for a person.
func (a *app) printForecast(f *forecast.Forecast, zone *time.Location) error {
	fmt.Fprintln(a.stdout, a.say(fmt.Sprintf("%s  模型：%s，用 %s 至 %s 的数据拟合；起点 %s", f.Series, a.modelName(f.Model), f.TrainedFrom.In(zone).Format(time.DateOnly), f.TrainedTo.In(zone).Format(time.DateOnly), f.Origin.In(zone).Format("2006-01-02 15:04")),
		fmt.Sprintf("%s  model: %s, fitted on %s to %s; from %s", f.Series, a.modelName(f.Model), f.TrainedFrom.In(zone).Format(time.DateOnly), f.TrainedTo.In(zone).Format(time.DateOnly), f.Origin.In(zone).Format("2006-01-02 15:04"))))
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	head := []string{a.say("时段", "interval"), a.say("预测 ", "forecast ") + f.Unit}
	for _, q := range f.Levels {
		head = append(head, fmt.Sprintf("P%g", 100*q))
	}
	fmt.Fprintln(w, strings.Join(head, "\t")+"\t")
	for _, s := range f.Steps {
		row := []string{s.Time.In(zone).Format("2006-01-02 15:04"), forecastFigure(s.Mean, 1, "%.5g")}
		for k := range f.Levels {
			cell := "–"
			if k < len(s.Quantiles) {
				cell = fmt.Sprintf("%.5g", s.Quantiles[k])
			}
			row = append(row, cell)
		}
		fmt.Fprintln(w, strings.Join(row, "\t")+"\t")
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, a.say("驱动因素（各时段平均，合计为预测值）：", "drivers (mean over the steps; they sum to the forecast):"))
	for _, d := range f.Drivers {
		fmt.Fprintf(a.stdout, "  %+.5g  %s\n", *d.Mean, a.say(d.Zh, d.En))
	}
	return a.printNotes(f.Notes)
}
