package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/balance"
	"lingtan/balance/reconcile"
)

// BalanceSource draws the energy balance of a park and holds its meters against it.
type BalanceSource interface {
	Balance(ctx context.Context, park, period string, step balance.Step) (*balance.Sheet, error)
	Reconcile(ctx context.Context, park, period string) (*reconcile.OfPark, error)
}

// maxBalanceCells bounds an answer: lines of places and steps.
const maxBalanceCells = 100_000

type balanceIn struct {
	Park   string  `path:"park" maxLength:"40"`
	Period string  `query:"period" maxLength:"30" doc:"2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-11; or give from and to"`
	From   string  `query:"from" maxLength:"10" doc:"First day, where period is left out"`
	To     string  `query:"to" maxLength:"10" doc:"Last day"`
	Step   string  `query:"step" enum:"interval,hour,day,month,period" default:"day"`
	Limit  float64 `query:"limit" minimum:"0" maximum:"1" doc:"Share of what came in that a bus may leave over; 0 = 0.05"`
}

type balanceOutput struct{ Body *balance.Table }

type reconciliationIn struct {
	Park   string `path:"park" maxLength:"40"`
	Period string `query:"period" maxLength:"30" doc:"2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-11; or give from and to"`
	From   string `query:"from" maxLength:"10" doc:"First day, where period is left out"`
	To     string `query:"to" maxLength:"10" doc:"Last day"`
}

type reconciliationOutput struct{ Body *reconcile.OfPark }

func (s *Server) balanceRoutes() {
	route(s, huma.Operation{OperationID: "getBalance", Method: "GET", Path: "/api/v1/parks/{park}/balance", Tags: []string{"balance"},
		Summary: "Energy balance of a park by carrier, node and step",
		Description: "What came in, went out, was converted, stored, lost or not metered, with the quality of its meters. " +
			"What is not known is null, never 0. A bus is over where more than the limit of what came in is left over."},
		Rule{Action: "park.read", Resource: s.parkPlace}, s.getBalance)
	route(s, huma.Operation{OperationID: "getReconciliation", Method: "GET", Path: "/api/v1/parks/{park}/reconciliation", Tags: []string{"balance"},
		Summary: "Metered flows of a park's network, raw and reconciled side by side",
		Description: "Weighted least squares over the balances of all buses, with the global, nodal and measurement tests and a log of " +
			"suspected meters and losses. Nothing that is stored changes. Method: balance/reconcile/DESIGN.md."},
		Rule{Action: "park.read", Resource: s.parkPlace}, s.getReconciliation)
}

// asked is the period of a request: period, or from and to.
func asked(period, from, to string) (string, error) {
	switch {
	case period != "" && from == "" && to == "":
		return period, nil
	case period == "" && from != "" && to != "":
		return from + ".." + to, nil
	}
	return "", fmt.Errorf("%w: give period, or from and to", errInput)
}

func (s *Server) getBalance(ctx context.Context, in *balanceIn) (*balanceOutput, error) {
	text, err := asked(in.Period, in.From, in.To)
	if err != nil {
		return nil, err
	}
	l, err := s.Parks.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	sheet, err := s.Parks.Balance(ctx, in.Park, text, balance.Step(in.Step))
	if err != nil {
		return nil, unbalanced(err)
	}
	if n := len(sheet.Starts) * len(sheet.Places); n > maxBalanceCells {
		return nil, fmt.Errorf("%w: %d steps of %d nodes; at most %d lines: choose a longer step or a shorter period", errInput, len(sheet.Starts), len(sheet.Places), maxBalanceCells)
	}
	return &balanceOutput{Body: sheet.Table(l.Document, in.Limit)}, nil
}

func (s *Server) getReconciliation(ctx context.Context, in *reconciliationIn) (*reconciliationOutput, error) {
	text, err := asked(in.Period, in.From, in.To)
	if err != nil {
		return nil, err
	}
	r, err := s.Parks.Reconcile(ctx, in.Park, text)
	if err != nil {
		return nil, unbalanced(err)
	}
	return &reconciliationOutput{Body: r}, nil
}

// unbalanced makes what cannot be balanced as asked the caller's wrong input.
func unbalanced(err error) error {
	if errors.Is(err, balance.ErrNetwork) || errors.Is(err, reconcile.ErrCase) {
		return fmt.Errorf("%w: %w", errInput, err)
	}
	return err
}
