package api

import (
	"context"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/accounting"
	"lingtan/inventory"
	"lingtan/park"
	"lingtan/store/record"
)

// EnterpriseSource tells by which method members report, and compiles their inventories.
type EnterpriseSource interface {
	Methods(ctx context.Context, park string, at time.Time) ([]record.ReportingMethod, error)
	SetMethod(ctx context.Context, act record.Act, park, member string, year int64, method string) (record.ReportingMethod, error)
	CompileEnterprise(ctx context.Context, park, organization, period, method string, at time.Time) (*inventory.Inventory, error)
}

// methodView is the method by which a member reports a year.
type methodView struct {
	Organization string    `json:"organization"`
	Year         int64     `json:"year"`
	Method       string    `json:"method" doc:"id@version; empty: it reports by none"`
	Revision     int64     `json:"revision"`
	RecordedAt   time.Time `json:"recordedAt"`
	Author       string    `json:"author"`
}

type methodsIn struct {
	Park         string    `path:"park" maxLength:"40"`
	Organization string    `query:"organization" maxLength:"64" doc:"This one and those below it"`
	AsKnownAt    time.Time `query:"asKnownAt"`
}

type methodsOutput struct {
	Body struct {
		Methods []methodView `json:"methods" nullable:"false"`
	}
}

type setMethodIn struct {
	Park         string `path:"park" maxLength:"40"`
	Organization string `path:"organization" maxLength:"64"`
	Year         int64  `path:"year" minimum:"1990" maximum:"2200"`
	Body         struct {
		Method string `json:"method" maxLength:"100" doc:"id@version, or id for the newest; empty: by none"`
	}
}

type methodOutput struct{ Body methodView }

type enterpriseIn struct {
	Park         string    `path:"park" maxLength:"40"`
	Organization string    `path:"organization" maxLength:"64"`
	Period       string    `query:"period" maxLength:"30" required:"true"`
	Method       string    `query:"method" maxLength:"100" doc:"id@version; without it the one that the organization reports the year by"`
	AsKnownAt    time.Time `query:"asKnownAt"`
}

// enterpriseView is the inventory of one organization: its own entries alone. What
// others used, and the evidence of the whole park, stays out of it.
type enterpriseView struct {
	Organization string              `json:"organization"`
	Method       string              `json:"method"`
	Period       inventory.Period    `json:"period"`
	AsKnownAt    time.Time           `json:"asKnownAt"`
	Totals       []inventory.Total   `json:"totals" nullable:"false" doc:"The organization with those below it first (organization empty), then each"`
	Sums         []accounting.Sum    `json:"sums" nullable:"false" doc:"By scope, basis, category and gas"`
	Entries      []accounting.Entry  `json:"entries" nullable:"false"`
	Energy       []accounting.Energy `json:"energy" nullable:"false"`
	Notes        []park.Name         `json:"notes" nullable:"false"`
}

type enterpriseOutput struct{ Body enterpriseView }

func (s *Server) methodRoutes() {
	const member = "/api/v1/parks/{park}/organizations/{organization}"
	tags := []string{"activities"}
	route(s, huma.Operation{OperationID: "listMethods", Method: "GET", Path: "/api/v1/parks/{park}/methods", Tags: tags,
		Summary: "By which method members report which year"}, Rule{Action: "usage.read", Resource: s.ownPlace}, s.listMethods)
	route(s, huma.Operation{OperationID: "setMethod", Method: "PUT", Path: member + "/methods/{year}", Tags: tags,
		Summary: "Record by which method a member reports a year"}, Rule{Action: "readings.edit", Resource: s.memberPlace}, s.setMethod)
	route(s, huma.Operation{OperationID: "getEnterpriseInventory", Method: "GET", Path: member + "/inventory", Tags: tags, Errors: []int{409},
		Summary:     "The inventory of one organization by the method of its sector, compiled as known now or at a recorded time",
		Description: "What it took of each source by the trace over the park, and what it declared. Nothing is stored."},
		Rule{Action: "inventory.read", Resource: s.memberPlace}, s.getEnterpriseInventory)
}

// memberPlace finds the place of {organization} in {park}.
func (s *Server) memberPlace(ctx context.Context, in Request) ([]access.Path, error) {
	return s.organizationPlace(ctx, in.Param("park"), in.Param("organization"))
}

func (s *Server) listMethods(ctx context.Context, in *methodsIn) (*methodsOutput, error) {
	l, err := s.Parks.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	rows, err := s.Parks.Methods(ctx, in.Park, in.AsKnownAt)
	out := &methodsOutput{}
	out.Body.Methods = []methodView{}
	for _, x := range rows {
		if in.Organization == "" || slices.Contains(l.OrganizationsOf(in.Organization), x.Member) {
			out.Body.Methods = append(out.Body.Methods, methodOf(x))
		}
	}
	return out, err
}

func methodOf(x record.ReportingMethod) methodView {
	return methodView{Organization: x.Member, Year: x.Year, Method: x.Method, Revision: x.Revision, RecordedAt: x.RecordedAt.UTC(), Author: x.Author}
}

func (s *Server) setMethod(ctx context.Context, in *setMethodIn) (*methodOutput, error) {
	x, err := s.Parks.SetMethod(ctx, s.act(ctx), in.Park, in.Organization, in.Year, in.Body.Method)
	return &methodOutput{Body: methodOf(x)}, err
}

func (s *Server) getEnterpriseInventory(ctx context.Context, in *enterpriseIn) (*enterpriseOutput, error) {
	v, err := s.Parks.CompileEnterprise(ctx, in.Park, in.Organization, in.Period, in.Method, in.AsKnownAt)
	if err != nil {
		return nil, err
	}
	return &enterpriseOutput{Body: enterpriseView{Organization: v.Organization, Method: v.Method.Ref(), Period: v.Period, AsKnownAt: time.UnixMilli(v.AsKnownAt).UTC(),
		Totals: v.Totals, Sums: accounting.Sums(v.Entries), Entries: v.Entries, Energy: append([]accounting.Energy{}, v.Energy...), Notes: v.Notes}}, nil
}
