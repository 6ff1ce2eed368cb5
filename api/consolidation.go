package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/inventory/consolidation"
)

// ConsolidationSource consolidates the members of a park.
type ConsolidationSource interface {
	Consolidation(ctx context.Context, park, period string) (*consolidation.Result, error)
}

type consolidationIn struct {
	Park   string `path:"park" maxLength:"40"`
	Period string `query:"period" maxLength:"30" required:"true" doc:"2018, 2018-03, 2018-03-05 or 2018-03-05/2018-03-11"`
}

type consolidationOutput struct{ Body *consolidation.Result }

func (s *Server) consolidationRoutes() {
	route(s, huma.Operation{OperationID: "getConsolidation", Method: "GET", Path: "/api/v1/parks/{park}/consolidation", Tags: []string{"carbon"},
		Summary:     "The park consolidated out of its members: what is counted twice, taken off, and held against the sources",
		Description: "As the park is shown it: its own total, its members' and the transfers among them, on both bases."},
		Rule{Action: "usage.read", Resource: s.parkPlace}, s.getConsolidation)
}

func (s *Server) getConsolidation(ctx context.Context, in *consolidationIn) (*consolidationOutput, error) {
	r, err := s.Parks.Consolidation(ctx, in.Park, in.Period)
	if err != nil {
		return nil, err
	}
	organization, err := s.Records.ParkOrganization(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	seen, err := r.Seen(string(organization.Path))
	if err != nil {
		return nil, err
	}
	return &consolidationOutput{Body: seen}, nil
}
