package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lingtan/forecast/outlook"
	"lingtan/node"
)

// outlookFlags say which series of a park is forecast.
type outlookFlags struct {
	question outlook.Question
	origin   string
	output   string
}

func (f *outlookFlags) register(c *cobra.Command) {
	s := c.Flags()
	s.StringVar(&f.question.Park, "park", "", "the park 园区")
	s.StringVar(&f.question.Of, "of", outlook.Load, strings.Join(outlook.Kinds(), ", ")+" 预测对象")
	s.StringVar(&f.question.Organization, "enterprise", "", "one organization and those below it 仅某企业")
	s.StringVar(&f.question.Point, "point", "", "one point, or a register of it: point.register 仅某计量点")
	s.DurationVar(&f.question.Step, "step", 0, "default the settlement interval up to 24h ahead, else 1h 步长")
}

func (a *app) forecastShowCommand() *cobra.Command {
	var f outlookFlags
	c := &cobra.Command{Use: "show", Short: "园区预测：负荷、光伏、需量、碳强度 · a park's forecast: load, PV, demand, carbon intensity", Args: cobra.NoArgs,
		Example: "  lingtan forecast show --park demo --of load --enterprise steel --horizon 24h",
		RunE: func(c *cobra.Command, _ []string) error {
			if f.output != "table" && f.output != "json" {
				return wrongFormat(f.output, "table", "json")
			}
			return a.with(c.Context(), func(n *node.Node) error { return a.showForecast(c.Context(), n, f) })
		}}
	f.register(c)
	c.Flags().DurationVar(&f.question.Horizon, "horizon", 24*time.Hour, "how far ahead, at most 168h 预测时长")
	c.Flags().StringVar(&f.origin, "origin", "", "forecast as of this time, with nothing later looked at; default the end of the data 预测起点")
	c.Flags().StringVarP(&f.output, "output", "o", "table", "table or json")
	must(c.MarkFlagRequired("park"))
	return c
}

func (a *app) showForecast(ctx context.Context, n *node.Node, f outlookFlags) error {
	l, err := n.Layout(ctx, f.question.Park)
	if err != nil {
		return err
	}
	if f.question.Origin, err = outlookOrigin(f.origin, l.Zone); err != nil {
		return err
	}
	o, err := n.Outlook(ctx, f.question)
	if err != nil {
		return err
	}
	if f.output == "json" {
		return a.printJSON(o)
	}
	fmt.Fprintf(a.stdout, "%s  %s  %s\n", o.Park, a.name(o.Name), a.say(fmt.Sprintf("由 %d 个表计合计", len(o.Registers)), fmt.Sprintf("%d registers added up", len(o.Registers))))
	if err := a.printForecast(o.Forecast, l.Zone); err != nil {
		return err
	}
	return a.printNotes(o.Notes)
}

// outlookOrigin reads a time of a flag; empty is the zero time.
func outlookOrigin(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, l := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(l, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: --origin %q: a day or a time, as 2018-07-01 or 2018-07-01T09:00:00+08:00", errUsage, text)
}

// backtestPark backtests a series of a park on its last eight weeks.
func (a *app) backtestPark(ctx context.Context, f outlookFlags) error {
	return a.with(ctx, func(n *node.Node) error {
		card, err := n.ForecastCard(ctx, f.question)
		if err != nil {
			return err
		}
		if f.output == "json" {
			return a.printJSON(card)
		}
		fmt.Fprintf(a.stdout, "%s  %s  %s\n", card.Park, a.name(card.Name), a.say("现用模型：", "model kept: ")+a.modelName(card.Model))
		if err := a.printBacktest(card.Table); err != nil {
			return err
		}
		return a.printNotes(card.Notes)
	})
}
