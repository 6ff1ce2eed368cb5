package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/inventory/carbonflow"
)

// CarbonFlowSource traces the carbon of a park's energy. An error that wraps
// carbonflow.ErrStep is the question's fault.
type CarbonFlowSource interface {
	CarbonFlow(ctx context.Context, park, period, step string) (*carbonflow.Flow, error)
}

type carbonFlowIn struct {
	Park   string `path:"park" maxLength:"40"`
	Period string `query:"period" maxLength:"30" required:"true" doc:"2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-11"`
	Step   string `query:"step" enum:"hour,day,month" default:"day"`
}

type carbonFlowOutput struct{ Body *carbonflow.Flow }

func (s *Server) carbonFlowRoutes() {
	route(s, huma.Operation{OperationID: "getCarbonFlow", Method: "GET", Path: "/api/v1/parks/{park}/carbon-flow", Tags: []string{"carbon"},
		Summary:     "Carbon traced through the park's network: intensity of every place by step, members' shares, transfers",
		Description: "Proportional sharing in every settlement interval, on both bases; what could not be taken as it stands is a finding."},
		Rule{Action: "usage.read", Resource: s.parkPlace}, s.getCarbonFlow)
}

func (s *Server) getCarbonFlow(ctx context.Context, in *carbonFlowIn) (*carbonFlowOutput, error) {
	f, err := s.Parks.CarbonFlow(ctx, in.Park, in.Period, in.Step)
	if err != nil {
		return nil, err
	}
	return &carbonFlowOutput{Body: f}, nil
}
