package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/rating"
	"lingtan/rating/diagnosis"
)

// RatingSource rates a park or one of its organizations and looks for waste in it.
type RatingSource interface {
	Rating(ctx context.Context, park, period, organization string, declared []rating.Quantity) (*rating.Result, error)
	Diagnosis(ctx context.Context, park, period, organization string, prices [3]float64) (*diagnosis.Result, error)
}

type ratingIn struct {
	Park         string   `path:"park" maxLength:"40"`
	Period       string   `query:"period" required:"true" maxLength:"30" doc:"2018 or 2018-03"`
	Organization string   `query:"organization" maxLength:"64" doc:"This organization of the park and those below it"`
	Declare      []string `query:"declare,explode" maxItems:"100" doc:"What no meter tells, as quantity=number in the unit of the catalogue, such as value_added=1200"`
}

type ratingOutput struct{ Body *rating.Result }

type diagnosisIn struct {
	Park         string  `path:"park" maxLength:"40"`
	Period       string  `query:"period" required:"true" maxLength:"30" doc:"2018 or 2018-03; at most 366 days"`
	Organization string  `query:"organization" maxLength:"64" doc:"This organization of the park and those below it"`
	Price        float64 `query:"price" minimum:"0" maximum:"100" doc:"CNY/kWh of the part that floats with the tariff's class; without it no money is told"`
	Fixed        float64 `query:"fixed" minimum:"0" maximum:"100" doc:"CNY/kWh of the rest"`
	Demand       float64 `query:"demand" minimum:"0" maximum:"10000" doc:"CNY per kW of demand and month"`
}

type diagnosisOutput struct{ Body *diagnosis.Result }

func (s *Server) ratingRoutes() {
	tags := []string{"rating"}
	route(s, huma.Operation{OperationID: "getRating", Method: "GET", Path: "/api/v1/parks/{park}/rating", Tags: tags,
		Summary: "Indicators, carbon-efficiency code and zero-carbon-park gap of a park or an organization",
		Description: "Every figure names the quantities that it was made of and the entries, records and factors that they came from. " +
			"What cannot be computed is null and says what to supply. What-ifs tell the least change that reaches a target or the next grade."},
		Rule{Action: "inventory.read", Resource: s.ownPlace}, s.getRating)
	route(s, huma.Operation{OperationID: "getDiagnosis", Method: "GET", Path: "/api/v1/parks/{park}/diagnosis", Tags: tags,
		Summary:     "Energy-saving findings of a park or an organization, the largest first",
		Description: "Night base load, standing load of machines, power factor, peak-price use, demand peaks and products off their benchmark, each with the intervals that show it."},
		Rule{Action: "usage.read", Resource: s.ownPlace}, s.getDiagnosis)
}

func (s *Server) getRating(ctx context.Context, in *ratingIn) (*ratingOutput, error) {
	declared, err := rating.ReadDeclared(in.Declare, "declared in the request")
	if err != nil {
		return nil, unrated(err)
	}
	r, err := s.Parks.Rating(ctx, in.Park, in.Period, in.Organization, declared)
	return &ratingOutput{Body: r}, unrated(err)
}

func (s *Server) getDiagnosis(ctx context.Context, in *diagnosisIn) (*diagnosisOutput, error) {
	r, err := s.Parks.Diagnosis(ctx, in.Park, in.Period, in.Organization, [3]float64{in.Price, in.Fixed, in.Demand})
	return &diagnosisOutput{Body: r}, unrated(err)
}

// unrated makes a case that cannot be rated the caller's fault.
func unrated(err error) error {
	if errors.Is(err, rating.ErrCase) {
		return fmt.Errorf("%w: %w", errInput, err)
	}
	return err
}
