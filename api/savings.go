package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/mandv"
	"lingtan/mandv/baselinefile"
	"lingtan/store/record"
)

// savingSource measures what projects saved and keeps their baselines. An error that wraps
// mandv.ErrCase is the question's fault.
type savingSource interface {
	MeasureSaving(ctx context.Context, park string, q baselinefile.Question) (*mandv.Result, error)
	KeepSaving(ctx context.Context, act record.Act, park, id string, q baselinefile.Question, after int64) (record.Saving, error)
	KeptSaving(ctx context.Context, park, id, reporting string) (*mandv.Result, error)
	KeptSavings(ctx context.Context, park, measure string) ([]record.Saving, error)
}

type savingMeasureIn struct {
	Park string `path:"park" maxLength:"40"`
	Body baselinefile.Question
}

type savingPath struct {
	Park      string `path:"park" maxLength:"40"`
	Project   string `path:"project" maxLength:"120"`
	Reporting string `query:"reporting" maxLength:"30" doc:"Another reporting period than the project's own"`
}

type savingKeepIn struct {
	Park    string `path:"park" maxLength:"40"`
	Project string `path:"project" maxLength:"120" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]*$"`
	After   int64  `query:"after" minimum:"0" doc:"The revision that the change was made from, 0 for a new project"`
	Body    baselinefile.Question
}

type savingsIn struct {
	Park    string `path:"park" maxLength:"40"`
	Measure string `query:"measure" maxLength:"120" doc:"Of this measure or dispatch alone"`
}

type savingOutput struct{ Body *mandv.Result }

// savingView is a kept project.
type savingView struct {
	record.Saving
	Question baselinefile.Question `json:"question"`
}

type savingKeptOutput struct{ Body savingView }

type savingsOutput struct {
	Body struct {
		Savings []savingView `json:"savings" nullable:"false"`
	}
}

func (s *Server) savingRoutes() {
	const path = "/api/v1/parks/{park}/savings"
	tags := []string{"savings"}
	route(s, huma.Operation{OperationID: "listSavings", Method: "GET", Path: path, Tags: tags,
		Summary: "Projects whose saving is measured", Description: "Those of the organizations that the caller may read."},
		Rule{Action: "usage.read", Anywhere: true}, s.listSavings)
	route(s, huma.Operation{OperationID: "measureSaving", Method: "POST", Path: path + "/measure", Tags: tags,
		Summary:     "Measure a saving from settled usage, keeping nothing",
		Description: "Baseline, avoided energy and its uncertainty, indicators, CUSUM. What is missing or weak is told in findings; change points are offered, never applied."},
		Rule{Action: "usage.read", Anywhere: true}, s.measureSaving)
	route(s, huma.Operation{OperationID: "getSaving", Method: "GET", Path: path + "/{project}", Tags: tags,
		Summary: "Measure a kept project against its agreed baseline"},
		Rule{Action: "usage.read", Resource: s.savingPlace}, s.getSaving)
	route(s, huma.Operation{OperationID: "keepSaving", Method: "PUT", Path: path + "/{project}", Tags: tags, Errors: []int{409},
		Summary:     "Keep a project with its baseline as it is known now",
		Description: "Every revision stays. Refused where no model fits the baseline."},
		Rule{Action: "readings.edit", Anywhere: true}, s.keepSaving)
}

// savingPlace finds the organization that {project} belongs to.
func (s *Server) savingPlace(ctx context.Context, in Request) ([]access.Path, error) {
	x, err := s.Records.Saving(ctx, in.Param("park"), in.Param("project"))
	return []access.Path{x.Organization}, err
}

// allowRegisters fails unless the caller may do an action with every register of a question.
func (s *Server) allowRegisters(ctx context.Context, action access.Action, park string, q baselinefile.Question) error {
	l, err := s.Parks.Layout(ctx, park)
	if err != nil {
		return err
	}
	paths, err := pathsOf(l)
	if err != nil {
		return err
	}
	list := append(append(append([]string{}, q.Registers...), q.Minus...), q.Drivers...)
	if q.Temperature != "" {
		list = append(list, q.Temperature)
	}
	for _, key := range list {
		p, ok := l.PointOf(key)
		if !ok {
			return fmt.Errorf("%w: register %q", record.ErrNotFound, key)
		}
		if err := s.allow(ctx, action, paths[p.Organization]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) measureSaving(ctx context.Context, in *savingMeasureIn) (*savingOutput, error) {
	if err := s.allowRegisters(ctx, "usage.read", in.Park, in.Body); err != nil {
		return nil, err
	}
	r, err := s.Parks.MeasureSaving(ctx, in.Park, in.Body)
	return &savingOutput{Body: r}, unmeasured(err)
}

func (s *Server) getSaving(ctx context.Context, in *savingPath) (*savingOutput, error) {
	r, err := s.Parks.KeptSaving(ctx, in.Park, in.Project, in.Reporting)
	return &savingOutput{Body: r}, unmeasured(err)
}

// keepSaving takes a project of registers that the caller may edit; a project that is
// there must be of an organization where he may too.
func (s *Server) keepSaving(ctx context.Context, in *savingKeepIn) (*savingKeptOutput, error) {
	if err := s.allowRegisters(ctx, "readings.edit", in.Park, in.Body); err != nil {
		return nil, err
	}
	old, err := s.Records.Saving(ctx, in.Park, in.Project)
	if err == nil {
		err = s.allow(ctx, "readings.edit", old.Organization)
	}
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return nil, err
	}
	x, err := s.Parks.KeepSaving(ctx, s.act(ctx), in.Park, in.Project, in.Body, in.After)
	if err != nil {
		return nil, unmeasured(err)
	}
	return &savingKeptOutput{Body: savingView{Saving: x, Question: in.Body}}, nil
}

func (s *Server) listSavings(ctx context.Context, in *savingsIn) (*savingsOutput, error) {
	rows, err := s.Parks.KeptSavings(ctx, in.Park, in.Measure)
	if err != nil {
		return nil, err
	}
	out := &savingsOutput{}
	out.Body.Savings = []savingView{}
	for _, x := range rows {
		if !s.authorizer.Decide(callerOf(ctx).Principal, "usage.read", x.Organization).Allowed {
			continue
		}
		v := savingView{Saving: x}
		if err := json.Unmarshal([]byte(x.Question), &v.Question); err != nil {
			return nil, fmt.Errorf("project %s: %w", x.ID, err)
		}
		out.Body.Savings = append(out.Body.Savings, v)
	}
	return out, nil
}

// unmeasured makes a case that cannot be measured the caller's fault.
func unmeasured(err error) error {
	if errors.Is(err, mandv.ErrCase) || errors.Is(err, baselinefile.ErrFormat) {
		return fmt.Errorf("%w: %w", errInput, err)
	}
	return err
}
