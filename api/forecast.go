package api

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/forecast/outlook"
)

// forecastSource forecasts a park's load, generation, demand and carbon intensity. Errors
// that wrap forecast.ErrOptions and forecast.ErrHistory are the question's fault.
type forecastSource interface {
	Outlook(ctx context.Context, q outlook.Question) (*outlook.Outlook, error)
	ForecastCard(ctx context.Context, q outlook.Question) (*outlook.Card, error)
}

// forecastIn says which series is forecast.
type forecastIn struct {
	Park         string    `path:"park" maxLength:"40"`
	Of           string    `query:"of" enum:"load,pv,demand,carbon" default:"load"`
	Organization string    `query:"organization" maxLength:"64" doc:"This organization of the park and those below it"`
	Point        string    `query:"point" maxLength:"129" doc:"A point, or one register of it: point.register"`
	Horizon      string    `query:"horizon" maxLength:"12" default:"24h" doc:"15m to 168h; beyond 24h by the hour"`
	Step         string    `query:"step" maxLength:"12" doc:"The settlement interval or 1h"`
	Origin       time.Time `query:"origin" doc:"As of this time, with nothing later looked at; default the end of the data"`
}

// forecastCardIn is forecastIn without an origin.
type forecastCardIn struct {
	Park         string `path:"park" maxLength:"40"`
	Of           string `query:"of" enum:"load,pv,demand,carbon" default:"load"`
	Organization string `query:"organization" maxLength:"64" doc:"This organization of the park and those below it"`
	Point        string `query:"point" maxLength:"129" doc:"A point, or one register of it: point.register"`
	Horizon      string `query:"horizon" maxLength:"12" default:"24h" doc:"15m to 168h; beyond 24h by the hour"`
	Step         string `query:"step" maxLength:"12" doc:"The settlement interval or 1h"`
}

type forecastOutput struct{ Body *outlook.Outlook }

type forecastCardOutput struct{ Body *outlook.Card }

func (s *Server) forecastRoutes() {
	route(s, huma.Operation{OperationID: "getForecast", Method: "GET", Path: "/api/v1/parks/{park}/forecast", Tags: []string{"forecast"},
		Summary: "Forecast of load, PV, demand or carbon intensity with quantiles and drivers, what was before and what came out",
		Description: "The model is fitted on the first question, kept, and renewed each day. Where the data end before the clock, their end is taken as now (late). " +
			"A step without history is null."},
		Rule{Action: "forecast.read", Resource: s.forecastPlace}, s.getForecast)
	route(s, huma.Operation{OperationID: "getForecastCard", Method: "GET", Path: "/api/v1/parks/{park}/forecast/backtest", Tags: []string{"forecast"},
		Summary:     "Model card: the kept model, and all models held against the last eight weeks beside the naive ones",
		Description: "Answers 503 while the backtest is under way; ask again."},
		Rule{Action: "forecast.read", Resource: s.forecastPlace}, s.getForecastCard)
}

// forecastPlace is the organization of the point asked for, else that of ownPlace. Both must
// let the caller in where both are asked for.
func (s *Server) forecastPlace(ctx context.Context, in Request) ([]access.Path, error) {
	places, err := s.ownPlace(ctx, in)
	point := in.Query("point")
	if err != nil || point == "" {
		return places, err
	}
	l, err := s.Parks.Layout(ctx, in.Param("park"))
	if err != nil {
		return nil, err
	}
	p, ok := l.Point(point)
	if !ok {
		p, ok = l.PointOf(point)
	}
	if !ok {
		return places, nil // the handler says that there is none, to whom may read here
	}
	own, err := s.organizationPlace(ctx, in.Param("park"), p.Organization)
	if in.Query("organization") == "" {
		return own, err
	}
	return append(places, own...), err
}

func (in *forecastIn) question() (outlook.Question, error) {
	q := outlook.Question{Park: in.Park, Of: in.Of, Organization: in.Organization, Point: in.Point}
	for _, x := range []struct {
		text string
		to   *time.Duration
	}{{in.Horizon, &q.Horizon}, {in.Step, &q.Step}} {
		if x.text == "" {
			continue
		}
		d, err := time.ParseDuration(x.text)
		if err != nil {
			return q, fmt.Errorf("%w: %q is no length of time; write 15m, 24h or 168h", errInput, x.text)
		}
		*x.to = d
	}
	return q, nil
}

func (s *Server) getForecast(ctx context.Context, in *forecastIn) (*forecastOutput, error) {
	q, err := in.question()
	if err != nil {
		return nil, err
	}
	q.Origin = in.Origin
	o, err := s.Parks.Outlook(ctx, q)
	return &forecastOutput{Body: o}, err
}

func (s *Server) getForecastCard(ctx context.Context, in *forecastCardIn) (*forecastCardOutput, error) {
	same := forecastIn{Park: in.Park, Of: in.Of, Organization: in.Organization, Point: in.Point, Horizon: in.Horizon, Step: in.Step}
	q, err := same.question()
	if err != nil {
		return nil, err
	}
	card, err := s.Parks.ForecastCard(ctx, q)
	return &forecastCardOutput{Body: card}, err
}
