package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/dispatch"
	"lingtan/dispatch/dispatchfile"
	"lingtan/period"
	"lingtan/store/record"
)

// dispatchSource plans days of a park and keeps them.
type dispatchSource interface {
	DispatchTemplate(ctx context.Context, park string) ([]byte, []string, error)
	SaveDispatchDocument(ctx context.Context, act record.Act, park string, text []byte) (record.DispatchDocument, error)
	PlanDispatch(act record.Act, park string, day period.Day, example bool, limit time.Duration, gap float64) error
	DispatchPlanning(park string) *record.DispatchPlanning
	EndDispatch(park string) bool
	DecideDispatch(ctx context.Context, act record.Act, park string, run int64, kind, note string) ([]record.DispatchDecision, error)
}

type dispatchOutput struct {
	Body struct {
		Document *record.DispatchDocument `json:"document" doc:"The newest; null: none is recorded"`
		Runs     []record.DispatchRun     `json:"runs" nullable:"false"`
		Planning *record.DispatchPlanning `json:"planning" doc:"What is under way, or how the last one ended; null: none since the server started"`
	}
}

type dispatchTemplateOutput struct {
	Body struct {
		Text    string   `json:"text" doc:"A document made of the park file; figures that it does not have are null"`
		Missing []string `json:"missing" nullable:"false" doc:"Paths of what must be filled in"`
	}
}

type dispatchDocumentIn struct {
	Park string `path:"park" maxLength:"40"`
	Body struct {
		Text string `json:"text" maxLength:"4194304" doc:"A dispatch file, in which series may be references"`
	}
}

type dispatchDocumentOutput struct{ Body record.DispatchDocument }

type dispatchRunIn struct {
	Park string `path:"park" maxLength:"40"`
	Body struct {
		Day     string  `json:"day" maxLength:"10" doc:"YYYY-MM-DD; the first step begins at its midnight"`
		Example bool    `json:"example,omitempty" doc:"Plan the shipped example instead of the park's document"`
		Seconds float64 `json:"seconds,omitempty" minimum:"0" maximum:"600" doc:"For solvers; 0: a minute"`
		Gap     float64 `json:"gap,omitempty" minimum:"0" maximum:"1" doc:"A plan within this share of the best will do"`
	}
}

type dispatchOneIn struct {
	Park string `path:"park" maxLength:"40"`
	Run  int64  `path:"run" minimum:"1"`
}

type dispatchOneOutput struct {
	Body struct {
		Run       record.DispatchRun        `json:"run"`
		Inputs    json.RawMessage           `json:"inputs" doc:"Series that came from forecasts and tariffs"`
		Problem   json.RawMessage           `json:"problem" doc:"What was planned, as docs/formats/dispatch.md"`
		Plan      json.RawMessage           `json:"plan" doc:"The plan, as docs/formats/dispatch.md"`
		Decisions []record.DispatchDecision `json:"decisions" nullable:"false"`
	}
}

type dispatchDecisionIn struct {
	Park string `path:"park" maxLength:"40"`
	Run  int64  `path:"run" minimum:"1"`
	Body struct {
		Kind string `json:"kind" enum:"propose,reject,withdraw"`
		Note string `json:"note,omitempty" maxLength:"500"`
	}
}

type dispatchApprovalIn struct {
	Park string `path:"park" maxLength:"40"`
	Run  int64  `path:"run" minimum:"1"`
	Body struct {
		Note string `json:"note,omitempty" maxLength:"500"`
	}
}

type dispatchDecisionsOutput struct {
	Body struct {
		Decisions []record.DispatchDecision `json:"decisions" nullable:"false"`
	}
}

func (s *Server) dispatchRoutes() {
	tags := []string{"dispatch"}
	const at = "/api/v1/parks/{park}/dispatch"
	read, run, approve := access.Action("dispatch.read"), access.Action("dispatch.run"), access.Action("dispatch.approve")
	route(s, huma.Operation{OperationID: "getDispatch", Method: "GET", Path: at, Tags: tags, Summary: "The document, the planned days, and what is under way"},
		Rule{Action: read, Resource: s.parkPlace}, s.getDispatch)
	route(s, huma.Operation{OperationID: "getDispatchTemplate", Method: "GET", Path: at + "/template", Tags: tags, Summary: "A document to begin with, made of the park file"},
		Rule{Action: read, Resource: s.parkPlace}, s.getDispatchTemplate)
	route(s, huma.Operation{OperationID: "saveDispatchDocument", Method: "PUT", Path: at + "/document", Tags: tags, Summary: "Record a document as the park's newest",
		Description: "A document that cannot be read, or in which a figure is missing, is refused with the path of each fault."},
		Rule{Action: run, Resource: s.parkPlace}, s.saveDispatchDocument)
	route(s, huma.Operation{OperationID: "planDispatch", Method: "POST", Path: at + "/runs", Tags: tags, DefaultStatus: 202, Summary: "Begin to plan a day",
		Description: "It goes on in the server; GET " + at + " tells how far it is. One at a time for a park."},
		Rule{Action: run, Resource: s.parkPlace}, s.planDispatch)
	route(s, huma.Operation{OperationID: "endDispatch", Method: "DELETE", Path: at + "/planning", Tags: tags, DefaultStatus: 204, Summary: "End what is being planned"},
		Rule{Action: run, Resource: s.parkPlace}, s.endDispatch)
	route(s, huma.Operation{OperationID: "getDispatchRun", Method: "GET", Path: at + "/runs/{run}", Tags: tags, Summary: "A planned day with its inputs, its plan and what was decided"},
		Rule{Action: read, Resource: s.parkPlace}, s.getDispatchRun)
	route(s, huma.Operation{OperationID: "decideDispatch", Method: "POST", Path: at + "/runs/{run}/decisions", Tags: tags, Summary: "Propose, reject or withdraw a plan"},
		Rule{Action: run, Resource: s.parkPlace}, s.decideDispatch)
	route(s, huma.Operation{OperationID: "approveDispatch", Method: "POST", Path: at + "/runs/{run}/approval", Tags: tags, Summary: "Approve a proposed plan; another person than the proposer"},
		Rule{Action: approve, Resource: s.parkPlace}, s.approveDispatch)
}

func (s *Server) getDispatch(ctx context.Context, in *parkIn) (*dispatchOutput, error) {
	out := &dispatchOutput{}
	d, err := s.Records.DispatchDocument(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	if d.Number > 0 {
		out.Body.Document = &d
	}
	out.Body.Runs, err = s.Records.DispatchRuns(ctx, in.Park, 100)
	out.Body.Planning = s.Parks.DispatchPlanning(in.Park)
	return out, err
}

func (s *Server) getDispatchTemplate(ctx context.Context, in *parkIn) (*dispatchTemplateOutput, error) {
	text, missing, err := s.Parks.DispatchTemplate(ctx, in.Park)
	out := &dispatchTemplateOutput{}
	out.Body.Text, out.Body.Missing = string(text), missing
	return out, err
}

func (s *Server) saveDispatchDocument(ctx context.Context, in *dispatchDocumentIn) (*dispatchDocumentOutput, error) {
	d, err := s.Parks.SaveDispatchDocument(ctx, s.act(ctx), in.Park, []byte(in.Body.Text))
	return &dispatchDocumentOutput{Body: d}, undispatched(err)
}

func (s *Server) planDispatch(ctx context.Context, in *dispatchRunIn) (*dispatchOutput, error) {
	day, err := period.ParseDay(in.Body.Day)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errInput, err)
	}
	limit := time.Duration(in.Body.Seconds * float64(time.Second))
	if err := s.Parks.PlanDispatch(s.act(ctx), in.Park, day, in.Body.Example, limit, in.Body.Gap); err != nil {
		return nil, undispatched(err)
	}
	return s.getDispatch(ctx, &parkIn{Park: in.Park})
}

func (s *Server) endDispatch(_ context.Context, in *parkIn) (*struct{}, error) {
	if !s.Parks.EndDispatch(in.Park) {
		return nil, fmt.Errorf("%w: nothing is being planned for park %s", record.ErrNotFound, in.Park)
	}
	return nil, nil
}

func (s *Server) getDispatchRun(ctx context.Context, in *dispatchOneIn) (*dispatchOneOutput, error) {
	out := &dispatchOneOutput{}
	run, body, decisions, err := s.Records.DispatchRun(ctx, in.Park, in.Run)
	if err != nil {
		return nil, err
	}
	out.Body.Run, out.Body.Decisions = run, decisions
	var parts struct{ Inputs, Problem, Plan json.RawMessage }
	if err := json.Unmarshal(body, &parts); err != nil {
		return nil, fmt.Errorf("dispatch run %s %d: %w", in.Park, in.Run, err)
	}
	out.Body.Inputs, out.Body.Problem, out.Body.Plan = parts.Inputs, parts.Problem, parts.Plan
	return out, nil
}

func (s *Server) decideDispatch(ctx context.Context, in *dispatchDecisionIn) (*dispatchDecisionsOutput, error) {
	list, err := s.Parks.DecideDispatch(ctx, s.act(ctx), in.Park, in.Run, in.Body.Kind, in.Body.Note)
	out := &dispatchDecisionsOutput{}
	out.Body.Decisions = list
	return out, err
}

func (s *Server) approveDispatch(ctx context.Context, in *dispatchApprovalIn) (*dispatchDecisionsOutput, error) {
	list, err := s.Parks.DecideDispatch(ctx, s.act(ctx), in.Park, in.Run, "approve", in.Body.Note)
	out := &dispatchDecisionsOutput{}
	out.Body.Decisions = list
	return out, err
}

// undispatched makes a document that cannot be planned the caller's fault.
func undispatched(err error) error {
	if errors.Is(err, dispatch.ErrProblem) || errors.Is(err, dispatchfile.ErrFormat) {
		return fmt.Errorf("%w: %w", errInput, err)
	}
	return err
}
