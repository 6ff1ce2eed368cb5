package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/health"
)

// healthSource tells the duty of the machine behind a register. An error that wraps
// health.ErrCase is the question's fault.
type healthSource interface {
	MachineHealth(ctx context.Context, park, input, output, period string, on, rated float64) (*health.MachineState, error)
}

type machineHealthIn struct {
	Park     string  `path:"park" maxLength:"40"`
	Register string  `path:"register" maxLength:"129" doc:"point.register of what goes in"`
	Period   string  `query:"period" required:"true" maxLength:"30"`
	Output   string  `query:"output" maxLength:"129" doc:"point.register of what comes out"`
	On       float64 `query:"on" minimum:"0" maximum:"1000000" doc:"kW above which the machine runs"`
	Rated    float64 `query:"rated" minimum:"0" maximum:"1000000" doc:"Rated kW"`
}

type machineHealthOutput struct{ Body *health.MachineState }

type equipmentIn struct {
	Park    string `path:"park" maxLength:"40"`
	RawBody []byte `contentType:"application/json"`
}

type equipmentOutput struct{ Body *health.Report }

func (s *Server) equipmentRoutes() {
	tags := []string{"health"}
	route(s, huma.Operation{OperationID: "getMachineHealth", Method: "GET", Path: "/api/v1/parks/{park}/health/{register}", Tags: tags,
		Summary: "Run hours, starts, load and efficiency of the machine behind a register"},
		Rule{Action: "usage.read", Resource: s.machinePlace}, s.getMachineHealth)
	route(s, huma.Operation{OperationID: "evaluateHealth", Method: "POST", Path: "/api/v1/parks/{park}/health", Tags: tags, MaxBodyBytes: 32 << 20, SkipValidateBody: true,
		Summary:     "State of batteries, machines and transformers by their measurements",
		Description: "Takes a document lingtan.health/v1 and keeps nothing."},
		Rule{Action: "usage.read", Resource: s.parkPlace}, s.evaluateHealth)
}

// machinePlace finds the organizations of what goes in and what comes out.
func (s *Server) machinePlace(ctx context.Context, in Request) ([]access.Path, error) {
	places, err := s.registerPlace(ctx, in)
	key := in.Query("output")
	if err != nil || key == "" {
		return places, err
	}
	more, err := s.registerPlace(ctx, another{in, key})
	return append(places, more...), err
}

// another is a request for another register.
type another struct {
	Request
	register string
}

func (a another) Param(name string) string {
	if name == "register" {
		return a.register
	}
	return a.Request.Param(name)
}

func (s *Server) getMachineHealth(ctx context.Context, in *machineHealthIn) (*machineHealthOutput, error) {
	r, err := s.Parks.MachineHealth(ctx, in.Park, in.Register, in.Output, in.Period, in.On, in.Rated)
	return &machineHealthOutput{Body: r}, unhealthy(err)
}

func (s *Server) evaluateHealth(_ context.Context, in *equipmentIn) (*equipmentOutput, error) {
	d, err := health.Parse(in.RawBody)
	if err != nil {
		return nil, unhealthy(err)
	}
	r, err := d.Evaluate()
	return &equipmentOutput{Body: r}, unhealthy(err)
}

// unhealthy makes a document that cannot be evaluated the caller's fault.
func unhealthy(err error) error {
	if errors.Is(err, health.ErrCase) {
		return fmt.Errorf("%w: %w", errInput, err)
	}
	return err
}
