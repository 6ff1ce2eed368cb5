package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/tariff/bill"
)

// tariffSource bills the electricity of a park or one of its organizations. Errors that wrap
// tariff.ErrBill are the question's fault.
type tariffSource interface {
	Tariff(ctx context.Context, park, period, organization string, rates bill.Rates) (*bill.Sheet, error)
}

type tariffIn struct {
	Park         string  `path:"park" maxLength:"40"`
	Period       string  `query:"period" required:"true" maxLength:"30" doc:"2018-07, 2018-07-05 or 2018; at most 366 days, demand and hours for at most 31"`
	Organization string  `query:"organization" maxLength:"64" doc:"This organization of the park and those below it"`
	Base         float64 `query:"base" minimum:"0" maximum:"100" doc:"CNY/kWh of the part that floats with the tariff's class; without it no money is told"`
	Fixed        float64 `query:"fixed" minimum:"0" maximum:"100" doc:"CNY/kWh of the rest"`
	Demand       float64 `query:"demand" minimum:"0" maximum:"10000" doc:"CNY per kW of demand and month"`
	Contract     float64 `query:"contract" minimum:"0" maximum:"10000000" doc:"kW agreed on; default that of the park file"`
}

type tariffOutput struct{ Body *bill.Sheet }

func (s *Server) tariffRoutes() {
	route(s, huma.Operation{OperationID: "getTariff", Method: "GET", Path: "/api/v1/parks/{park}/tariff", Tags: []string{"tariff"},
		Summary: "Electricity bill by time of use and demand, the demand of each settlement interval, and the class and carbon intensity of each hour",
		Description: "A park is billed by what it draws from the public grid, an organization by what it uses. Prices are given with the question; " +
			"what has no price is told in kWh and kW alone."},
		Rule{Action: "usage.read", Resource: s.ownPlace}, s.getTariff)
}

func (s *Server) getTariff(ctx context.Context, in *tariffIn) (*tariffOutput, error) {
	sheet, err := s.Parks.Tariff(ctx, in.Park, in.Period, in.Organization, bill.Rates{Base: in.Base, Fixed: in.Fixed, Demand: in.Demand, Contract: in.Contract})
	return &tariffOutput{Body: sheet}, err
}
