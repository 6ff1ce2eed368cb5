package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/control"
	"lingtan/store/record"
)

// ControlSource is how people decide about the control of a park. What was decided is
// taken up at the server's next tick.
type ControlSource interface {
	ControlSetup(ctx context.Context, park string) (*control.Setup, error)
	ControlState(ctx context.Context, park string) (state control.State, running bool, err error)
	SaveControlSetup(ctx context.Context, act record.Act, park string, data []byte) (record.ControlSetup, error)
	DecideControl(ctx context.Context, act record.Act, park string, x control.Decision) error
	ControlLines(ctx context.Context, park, asset, plan string, before int64, limit int) ([]control.Line, error)
}

// controls are the routes of control.
type controls struct {
	*Server
	source ControlSource
}

// controlAssetView is how an asset stands.
type controlAssetView struct {
	ID       string     `json:"id"`
	Unit     string     `json:"unit"`
	Min      float64    `json:"min"`
	Max      float64    `json:"max"`
	Mode     string     `json:"mode" enum:"local,following,manual,safe"`
	Since    time.Time  `json:"since"`
	Causes   []string   `json:"causes" nullable:"false" doc:"Why it is safe: stale, unreachable, read-back, interlock ID, trim ID, no plan, plan suspended, recovering"`
	Latched  []string   `json:"latched" nullable:"false" doc:"Causes that stay until a person releases the asset"`
	Plan     string     `json:"plan,omitempty"`
	SetPoint *float64   `json:"setPoint" doc:"That it is moved to; null when nothing is written"`
	Sent     *float64   `json:"sent" doc:"That the device took last; null when it is not known"`
	Measured *float64   `json:"measured" doc:"null when it is stale"`
	Override *float64   `json:"override,omitempty"`
	By       string     `json:"by,omitempty" doc:"Who overrides"`
	Reason   string     `json:"reason,omitempty"`
	Until    *time.Time `json:"until,omitempty"`
}

// controlPlanView is a plan that is held.
type controlPlanView struct {
	ID          string         `json:"id"`
	Title       string         `json:"title,omitempty"`
	State       string         `json:"state" enum:"proposed,approved,running,suspended"`
	Why         string         `json:"why,omitempty" doc:"It is suspended"`
	Proposer    string         `json:"proposer"`
	ProposedAt  time.Time      `json:"proposedAt"`
	Expires     time.Time      `json:"expires" doc:"No approval from then on"`
	Approver    string         `json:"approver,omitempty"`
	ApprovedAt  *time.Time     `json:"approvedAt,omitempty"`
	ConfirmedAt *time.Time     `json:"confirmedAt,omitempty"`
	Steps       []control.Step `json:"steps" nullable:"false"`
}

type controlStateOutput struct {
	Body struct {
		Running bool               `json:"running" doc:"A server looks at the park; without it nothing is written"`
		At      *time.Time         `json:"at" doc:"When it looked last; null = never"`
		Assets  []controlAssetView `json:"assets" nullable:"false"`
		Plans   []controlPlanView  `json:"plans" nullable:"false"`
	}
}

type controlFileIn struct {
	Park    string `path:"park" maxLength:"40"`
	RawBody []byte `contentType:"application/yaml" doc:"YAML or JSON"`
}

type controlSetupOutput struct {
	Body struct {
		Number int64  `json:"number" doc:"Version, from 1"`
		Hash   string `json:"hash"`
	}
}

type controlReasonIn struct {
	Park   string `path:"park" maxLength:"40"`
	PlanID string `path:"plan" maxLength:"64"`
	Body   struct {
		Reason string `json:"reason,omitempty" maxLength:"1000"`
	}
}

type controlOverrideIn struct {
	Park  string `path:"park" maxLength:"40"`
	Asset string `path:"asset" maxLength:"64"`
	Body  struct {
		Value  float64   `json:"value" doc:"In the asset's unit"`
		Reason string    `json:"reason" minLength:"1" maxLength:"1000"`
		Until  time.Time `json:"until" doc:"At most seven days ahead"`
	}
}

type controlReleaseIn struct {
	Park  string `path:"park" maxLength:"40"`
	Asset string `path:"asset" maxLength:"64"`
	Body  struct {
		Reason string `json:"reason,omitempty" maxLength:"1000"`
	}
}

type controlAuditIn struct {
	Park   string `path:"park" maxLength:"40"`
	Asset  string `query:"asset" maxLength:"64"`
	Plan   string `query:"plan" maxLength:"64"`
	Before int64  `query:"before" minimum:"0" doc:"Lines numbered below; 0 = from the newest"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type controlAuditOutput struct {
	Body struct {
		Lines []control.Line `json:"lines" nullable:"false"`
	}
}

// controlRoutes registers control. Managers of the park decide; who may read the park
// sees how it stands.
func (s *Server) controlRoutes(source ControlSource) {
	c := controls{s, source}
	read, decide := Rule{Action: controlRead, Resource: s.parkPlace}, Rule{Action: controlDecide, Resource: s.parkPlace}
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/parks/{park}/control" + path, Tags: []string{"control"}, Summary: summary}
	}
	route(s, op("getControl", "GET", "", "How the control of a park stands: assets, plans, overrides"), read, c.state)
	route(s, op("listControlLines", "GET", "/audit", "The journal of control: every decision, transition and write, the newest first"), read, c.audit)
	big := op("putControlSetup", "PUT", "/setup", "Record what may be controlled and within which limits; approved plans lapse")
	big.MaxBodyBytes = 16 << 20
	route(s, big, decide, c.setup)
	big = op("proposePlan", "POST", "/plans", "Propose a plan of set points (lingtan.control-plan/v1)")
	big.MaxBodyBytes = 16 << 20
	route(s, big, decide, c.propose)
	for _, x := range []struct{ kind, summary string }{
		{"approve", "Approve a plan that another person proposed"}, {"reject", "Reject a proposal"},
		{"revoke", "Take an approved plan back; its assets go to their safe state"}, {"confirm", "Confirm a running plan, or take a suspended one up again"}} {
		route(s, op(x.kind+"Plan", "POST", "/plans/{plan}/"+x.kind, x.summary), decide, c.judge(x.kind))
	}
	route(s, op("overrideAsset", "POST", "/assets/{asset}/override", "Set an asset by hand until a time"), decide, c.override)
	route(s, op("releaseAsset", "POST", "/assets/{asset}/release", "End an override and clear what is latched"), decide, c.release)
}

// Who may read the park may see its control; who may change the park may control it:
// managers of the park and administrators.
const (
	controlRead   access.Action = "park.read"
	controlDecide access.Action = "park.edit"
)

func (c controls) state(ctx context.Context, in *parkIn) (*controlStateOutput, error) {
	setup, err := c.source.ControlSetup(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	state, running, err := c.source.ControlState(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	out := &controlStateOutput{}
	out.Body.Running, out.Body.Assets, out.Body.Plans = running, []controlAssetView{}, []controlPlanView{}
	if !state.At.IsZero() {
		out.Body.At = &state.At
	}
	for _, a := range setup.Assets {
		x := state.Assets[a.ID]
		if x == nil {
			continue // it is new; the next tick knows it
		}
		v := controlAssetView{ID: a.ID, Unit: a.Unit, Min: a.Min, Max: a.Max, Mode: string(x.Mode), Since: x.Since, Causes: append([]string{}, x.Causes...),
			Latched: append([]string{}, x.Latched...), Plan: x.Plan, SetPoint: x.Want, Sent: x.Sent, Measured: x.Measured}
		if o := x.Override; o != nil {
			v.Override, v.By, v.Reason, v.Until = &o.Value, o.Who, o.Reason, &o.Until
		}
		out.Body.Assets = append(out.Body.Assets, v)
	}
	for _, h := range state.Plans {
		out.Body.Plans = append(out.Body.Plans, controlPlanView{ID: h.Plan.ID, Title: h.Plan.Title, State: h.State, Why: h.Why, Proposer: h.Proposer, ProposedAt: h.ProposedAt,
			Expires: h.Expires, Approver: h.Approver, ApprovedAt: h.ApprovedAt, ConfirmedAt: h.ConfirmedAt, Steps: h.Plan.Steps})
	}
	return out, nil
}

func (c controls) audit(ctx context.Context, in *controlAuditIn) (*controlAuditOutput, error) {
	lines, err := c.source.ControlLines(ctx, in.Park, in.Asset, in.Plan, in.Before, in.Limit)
	out := &controlAuditOutput{}
	out.Body.Lines = append([]control.Line{}, lines...)
	return out, err
}

func (c controls) setup(ctx context.Context, in *controlFileIn) (*controlSetupOutput, error) {
	v, err := c.source.SaveControlSetup(ctx, c.act(ctx), in.Park, in.RawBody)
	if err != nil {
		return nil, undecided(err)
	}
	out := &controlSetupOutput{}
	out.Body.Number, out.Body.Hash = v.Number, v.Hash
	return out, nil
}

func (c controls) propose(ctx context.Context, in *controlFileIn) (*controlStateOutput, error) {
	p, err := control.ParsePlan(in.RawBody)
	if err != nil {
		return nil, undecided(err)
	}
	return c.decided(ctx, in.Park, control.Decision{Kind: "propose", Plan: p})
}

func (c controls) judge(kind string) func(context.Context, *controlReasonIn) (*controlStateOutput, error) {
	return func(ctx context.Context, in *controlReasonIn) (*controlStateOutput, error) {
		return c.decided(ctx, in.Park, control.Decision{Kind: kind, ID: in.PlanID, Reason: in.Body.Reason})
	}
}

func (c controls) override(ctx context.Context, in *controlOverrideIn) (*controlStateOutput, error) {
	return c.decided(ctx, in.Park, control.Decision{Kind: "override", Asset: in.Asset, Value: in.Body.Value, Reason: in.Body.Reason, Until: in.Body.Until})
}

func (c controls) release(ctx context.Context, in *controlReleaseIn) (*controlStateOutput, error) {
	return c.decided(ctx, in.Park, control.Decision{Kind: "release", Asset: in.Asset, Reason: in.Body.Reason})
}

// decided carries a decision of the caller out and tells how the park stands then.
func (c controls) decided(ctx context.Context, park string, x control.Decision) (*controlStateOutput, error) {
	act := c.act(ctx)
	x.Who = act.Who
	if (x.Kind == "approve" || x.Kind == "confirm") && callerOf(ctx).Kind != "person" {
		return nil, fmt.Errorf("%w: a plan is approved and confirmed by a person who is signed in, not by a program with a token", errForbidden)
	}
	if err := c.source.DecideControl(ctx, act, park, x); err != nil {
		return nil, undecided(err)
	}
	return c.state(ctx, &parkIn{Park: park})
}

// undecided makes a file or a decision that cannot be the caller's fault.
func undecided(err error) error {
	switch {
	case errors.Is(err, control.ErrSetup), errors.Is(err, control.ErrPlan):
		return fmt.Errorf("%w: %w", errInput, err)
	case errors.Is(err, control.ErrDecision):
		return fmt.Errorf("%w: %w", record.ErrConflict, err)
	}
	return err
}
