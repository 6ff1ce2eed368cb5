package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/accounting"
	"lingtan/store/record"
)

// ActivitySource keeps activity data that members of a park declare.
type ActivitySource interface {
	// Activities are the records of a period ("" = all) as known at a recorded time (zero = now).
	Activities(ctx context.Context, park, period string, at time.Time) ([]record.Activity, error)
	ActivityRevisions(ctx context.Context, park, id string) ([]record.Activity, error)
	// Declare records the revision after x.Revision, 0 for a new record.
	Declare(ctx context.Context, act record.Act, x record.Activity) (record.Activity, error)
	Withdraw(ctx context.Context, act record.Act, park, id, why string, after int64) (record.Activity, error)
}

// ActivityBody is what a member declares. It is exported for its fields to be part of the
// documents that it is embedded in.
type ActivityBody struct {
	Kind        string                      `json:"kind" maxLength:"200" doc:"The activity of a method's rules"`
	Carrier     string                      `json:"carrier,omitempty" maxLength:"200"`
	First       string                      `json:"first" maxLength:"10" doc:"First day, YYYY-MM-DD in the park's zone"`
	Last        string                      `json:"last" maxLength:"10" doc:"Last day, included"`
	Amount      string                      `json:"amount" maxLength:"30" doc:"Decimal number from 0, in the unit"`
	Unit        string                      `json:"unit" maxLength:"100"`
	Given       map[string]accounting.Given `json:"given,omitempty" doc:"Role of the formula → a value of one's own, with its source"`
	Choose      map[string]string           `json:"choose,omitempty" doc:"Role of the formula → name of an alternative that the method keeps"`
	Evidence    string                      `json:"evidence,omitempty" maxLength:"8000" doc:"Invoice, weighbridge list, laboratory report; without it the amount counts as estimated"`
	Uncertainty float64                     `json:"uncertainty,omitempty" minimum:"0" maximum:"10" doc:"Half the 95 % interval as a share of the amount; 0 = not stated"`
	Note        string                      `json:"note,omitempty" maxLength:"8000"`
}

// activityView is a revision of a declared record.
type activityView struct {
	ID           string `json:"id"`
	Revision     int64  `json:"revision"`
	Organization string `json:"organization"`
	ActivityBody
	Withdrawn  bool      `json:"withdrawn" doc:"It counts no more; note says why"`
	RecordedAt time.Time `json:"recordedAt"`
	Author     string    `json:"author"`
}

type activitiesIn struct {
	Park         string    `path:"park" maxLength:"40"`
	Organization string    `query:"organization" maxLength:"64" doc:"This one and those below it"`
	Period       string    `query:"period" maxLength:"30"`
	AsKnownAt    time.Time `query:"asKnownAt"`
}

type activitiesOutput struct {
	Body struct {
		Activities []activityView `json:"activities" nullable:"false"`
	}
}

type activityPath struct {
	Park     string `path:"park" maxLength:"40"`
	Activity string `path:"activity" maxLength:"100"`
}

type declareIn struct {
	Park string `path:"park" maxLength:"40"`
	Body struct {
		ID           string `json:"id" maxLength:"100" doc:"Of the record, unique in the park"`
		Organization string `json:"organization" maxLength:"64" doc:"Id of the member in the park file"`
		ActivityBody
	}
}

type reviseIn struct {
	Park     string `path:"park" maxLength:"40"`
	Activity string `path:"activity" maxLength:"100"`
	Body     struct {
		Revision int64 `json:"revision" minimum:"1" doc:"The revision that the change was made from"`
		ActivityBody
	}
}

type withdrawIn struct {
	Park     string `path:"park" maxLength:"40"`
	Activity string `path:"activity" maxLength:"100"`
	Revision int64  `query:"revision" minimum:"1" required:"true" doc:"The revision that is withdrawn"`
	Reason   string `query:"reason" maxLength:"2000" required:"true"`
}

type activityOutput struct{ Body activityView }

func (s *Server) activityRoutes() {
	const path = "/api/v1/parks/{park}/activities"
	tags := []string{"activities"}
	one := Rule{Action: "readings.edit", Resource: s.activityPlace}
	route(s, huma.Operation{OperationID: "listActivities", Method: "GET", Path: path, Tags: tags,
		Summary:     "Declared activity data",
		Description: "Of a period, or all, as known now or at a recorded time. An enterprise names itself with organization and sees its own."},
		Rule{Action: "usage.read", Resource: s.ownPlace}, s.listActivities)
	route(s, huma.Operation{OperationID: "declareActivity", Method: "POST", Path: path, Tags: tags, DefaultStatus: 201, Errors: []int{409},
		Summary:     "Declare activity data that no meter tells",
		Description: "It is refused unless the park's method, or the one that the member reports by, can account it."},
		Rule{Action: "readings.edit", Anywhere: true}, s.declareActivity)
	route(s, huma.Operation{OperationID: "getActivity", Method: "GET", Path: path + "/{activity}", Tags: tags,
		Summary: "All revisions of a record, the newest first"}, Rule{Action: "usage.read", Resource: s.activityPlace}, s.getActivity)
	route(s, huma.Operation{OperationID: "reviseActivity", Method: "PUT", Path: path + "/{activity}", Tags: tags, Errors: []int{409},
		Summary: "Record the next revision of a record; earlier ones stay"}, one, s.reviseActivity)
	route(s, huma.Operation{OperationID: "withdrawActivity", Method: "DELETE", Path: path + "/{activity}", Tags: tags, Errors: []int{409},
		Summary: "Record that a record counts no more; it stays, with the reason"}, one, s.withdrawActivity)
}

// activityPlace finds the organization that declared {activity}.
func (s *Server) activityPlace(ctx context.Context, in Request) ([]access.Path, error) {
	x, err := s.Records.Activity(ctx, in.Param("park"), in.Param("activity"))
	return []access.Path{x.Organization}, err
}

func (s *Server) listActivities(ctx context.Context, in *activitiesIn) (*activitiesOutput, error) {
	rows, err := s.Parks.Activities(ctx, in.Park, in.Period, in.AsKnownAt)
	if err != nil {
		return nil, err
	}
	var members []string
	if in.Organization != "" {
		l, err := s.Parks.Layout(ctx, in.Park)
		if err != nil {
			return nil, err
		}
		members = l.OrganizationsOf(in.Organization)
	}
	out := &activitiesOutput{}
	out.Body.Activities = []activityView{}
	for _, x := range rows {
		if in.Organization != "" && !slices.Contains(members, x.Member) {
			continue
		}
		v, err := viewOf(x)
		if err != nil {
			return nil, err
		}
		out.Body.Activities = append(out.Body.Activities, v)
	}
	return out, nil
}

func (s *Server) getActivity(ctx context.Context, in *activityPath) (*activitiesOutput, error) {
	rows, err := s.Parks.ActivityRevisions(ctx, in.Park, in.Activity)
	out := &activitiesOutput{}
	out.Body.Activities = []activityView{}
	for _, x := range rows {
		v, err := viewOf(x)
		if err != nil {
			return nil, err
		}
		out.Body.Activities = append(out.Body.Activities, v)
	}
	return out, err
}

// declareActivity takes a record of an organization that the caller may declare for.
func (s *Server) declareActivity(ctx context.Context, in *declareIn) (*activityOutput, error) {
	places, err := s.organizationPlace(ctx, in.Park, in.Body.Organization)
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return nil, err
	}
	if err != nil { // who may not act in the park does not learn who is in it
		place, err := s.Records.ParkOrganization(ctx, in.Park)
		if err != nil {
			return nil, err
		}
		if err := s.allow(ctx, "readings.edit", place.Path); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %q is no organization of the park", accounting.ErrRecord, in.Body.Organization)
	}
	if err := s.allow(ctx, "readings.edit", places[0]); err != nil {
		return nil, err
	}
	x, err := in.Body.record(in.Park, in.Body.ID, in.Body.Organization, 0)
	if err != nil {
		return nil, err
	}
	return s.declared(s.Parks.Declare(ctx, s.act(ctx), x))
}

func (s *Server) reviseActivity(ctx context.Context, in *reviseIn) (*activityOutput, error) {
	old, err := s.Records.Activity(ctx, in.Park, in.Activity)
	if err != nil {
		return nil, err
	}
	x, err := in.Body.record(in.Park, in.Activity, old.Member, in.Body.Revision)
	if err != nil {
		return nil, err
	}
	return s.declared(s.Parks.Declare(ctx, s.act(ctx), x))
}

func (s *Server) withdrawActivity(ctx context.Context, in *withdrawIn) (*activityOutput, error) {
	return s.declared(s.Parks.Withdraw(ctx, s.act(ctx), in.Park, in.Activity, in.Reason, in.Revision))
}

func (s *Server) declared(x record.Activity, err error) (*activityOutput, error) {
	if err != nil {
		return nil, err
	}
	v, err := viewOf(x)
	return &activityOutput{Body: v}, err
}

// record is the body as a revision after one.
func (b ActivityBody) record(park, id, member string, after int64) (record.Activity, error) {
	x := record.Activity{Park: park, ID: id, Revision: after, Member: member, Kind: b.Kind, Carrier: b.Carrier, First: b.First, Last: b.Last,
		Amount: b.Amount, Unit: b.Unit, Evidence: b.Evidence, Note: b.Note}
	if b.Uncertainty != 0 {
		x.Uncertainty = strconv.FormatFloat(b.Uncertainty, 'f', -1, 64)
	}
	given, err := json.Marshal(b.Given)
	if err != nil {
		return x, fmt.Errorf("%w: %w", accounting.ErrRecord, err)
	}
	choose, err := json.Marshal(b.Choose)
	x.Given, x.Choose = string(given), string(choose)
	return x, err
}

func viewOf(x record.Activity) (activityView, error) {
	v := activityView{ID: x.ID, Revision: x.Revision, Organization: x.Member, Withdrawn: x.Withdrawn, RecordedAt: x.RecordedAt.UTC(), Author: x.Author,
		ActivityBody: ActivityBody{Kind: x.Kind, Carrier: x.Carrier, First: x.First, Last: x.Last, Amount: x.Amount, Unit: x.Unit, Evidence: x.Evidence, Note: x.Note}}
	err := json.Unmarshal([]byte(x.Given), &v.Given)
	if err == nil {
		err = json.Unmarshal([]byte(x.Choose), &v.Choose)
	}
	if err == nil && x.Uncertainty != "" {
		v.Uncertainty, err = strconv.ParseFloat(x.Uncertainty, 64)
	}
	if err != nil {
		return v, fmt.Errorf("activity %s@%d: %w", x.ID, x.Revision, err)
	}
	return v, nil
}
