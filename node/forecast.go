package node

import (
	"context"
	"fmt"
	"time"

	"lingtan/forecast"
	"lingtan/forecast/outlook"
)

// Outlook forecasts a load, PV, the demand or the carbon intensity of a park out of its
// settled usage, by a kept model that is fitted on the first question and renewed each day.
// Where the data end before the clock, the forecast starts at their end and says so. Errors
// wrap forecast.ErrOptions for a question that cannot be and forecast.ErrHistory for less
// than three weeks of data.
func (n *Node) Outlook(ctx context.Context, q outlook.Question) (*outlook.Outlook, error) {
	t, err := n.forecastTarget(ctx, q)
	if err != nil {
		return nil, err
	}
	origin, err := t.history.Origin(t.question.Origin)
	if err != nil {
		return nil, err
	}
	kept, err := n.forecasts.model(ctx, t, origin, n.Now())
	if err != nil {
		return nil, err
	}
	d := t.data
	d.Series = t.history.Until(origin)
	f, err := kept.Model.Predict(d, origin, t.question.Horizon)
	if err != nil {
		return nil, err
	}
	o := &outlook.Outlook{Park: t.question.Park, Of: t.question.Of, Organization: t.question.Organization, Point: t.question.Point, Name: t.name,
		Registers: t.registers, Zone: t.data.Zone.String(), DataEnd: t.history.End(), FittedAt: kept.FittedAt, Forecast: f, Notes: t.notes}
	o.Late = n.Now().Sub(o.DataEnd) > late
	if o.Late && t.question.Origin.IsZero() {
		text := o.DataEnd.In(t.data.Zone).Format("2006-01-02 15:04")
		o.Notes = append(o.Notes, forecast.Note{Code: "data_end", Zh: "数据止于 " + text + "，以此为“现在”", En: "The data end at " + text + ", which is taken as now"})
	}
	o.Beside(t.history)
	return o, nil
}

// late is how long after the end of the data the clock may be before the forecast says so.
const late = 2 * time.Hour

// backtested is how much of the past a model card looks at.
const backtested = 56 * 24 * time.Hour

// ForecastCard holds all models against the last eight weeks of data, beside the naive ones.
// Errors as Outlook's.
func (n *Node) ForecastCard(ctx context.Context, q outlook.Question) (*outlook.Card, error) {
	q.Origin = time.Time{}
	t, err := n.forecastTarget(ctx, q)
	if err != nil {
		return nil, err
	}
	kept, err := n.forecasts.model(ctx, t, t.history.End(), n.Now())
	if err != nil {
		return nil, err
	}
	table, err := n.forecasts.table(ctx, t, kept)
	if err != nil {
		return nil, err
	}
	from, to := kept.Model.Trained()
	return &outlook.Card{Park: q.Park, Of: t.question.Of, Organization: q.Organization, Point: q.Point, Name: t.name, Model: kept.Model.Kind(),
		TrainedFrom: from, TrainedTo: to, FittedAt: kept.FittedAt, Table: table, Notes: t.notes}, nil
}

// backtest is the table of a model card.
func (t *forecastTarget) backtest() (*forecast.Table, error) {
	s := t.history.Series
	from := t.history.End().Add(-backtested)
	if half := s.Start.Add(t.history.End().Sub(s.Start) / 2); from.Before(half) {
		from = half
	}
	opt := t.options()
	opt.Every = 24 * time.Hour
	local := from.In(t.data.Zone)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, t.data.Zone)
	table, err := forecast.Backtest(t.data, midnight, opt)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	table.From, table.To = table.From.In(t.data.Zone), table.To.In(t.data.Zone)
	return table, nil
}
