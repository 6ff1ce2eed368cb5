package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/inventory/uncertainty"
)

// UncertaintySource tells how well an inventory is known. An error that wraps
// uncertainty.ErrOptions is the question's fault.
type UncertaintySource interface {
	Uncertainty(ctx context.Context, park, inventory string, o uncertainty.Options) (*uncertainty.Report, error)
}

type uncertaintyIn struct {
	Park      string `path:"park" maxLength:"40"`
	Inventory string `path:"inventory" maxLength:"120"`
	Draws     int    `query:"draws" minimum:"100" maximum:"100000" default:"10000" doc:"Draws of the Monte Carlo simulation"`
	Seed      uint64 `query:"seed" default:"1" doc:"The same seed gives the same figures"`
}

type uncertaintyOutput struct{ Body *uncertainty.Report }

func (s *Server) uncertaintyRoutes() {
	route(s, huma.Operation{OperationID: "getUncertainty", Method: "GET", Path: "/api/v1/parks/{park}/inventories/{inventory}/uncertainty", Tags: []string{"inventories"},
		Summary: "How well an inventory is known: intervals, contributions, data quality, completeness",
		Description: "95 % intervals by error propagation (2006 IPCC Guidelines, approach 1) and by Monte Carlo (approach 2). " +
			"What nobody stated is assumed by a documented default and listed as such."},
		Rule{Action: "inventory.read", Resource: s.inventoryPlace}, s.getUncertainty)
}

func (s *Server) getUncertainty(ctx context.Context, in *uncertaintyIn) (*uncertaintyOutput, error) {
	r, err := s.Parks.Uncertainty(ctx, in.Park, in.Inventory, uncertainty.Options{Draws: in.Draws, Seed: in.Seed})
	if errors.Is(err, uncertainty.ErrOptions) {
		err = fmt.Errorf("%w: %w", errInput, err)
	}
	return &uncertaintyOutput{Body: r}, err
}
