package api

import (
	"context"
	"errors"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/park"
	"lingtan/park/layout"
	"lingtan/store/record"
)

// parkView is a park in the list of parks.
type parkView struct {
	ID        string    `json:"id"`
	Name      park.Name `json:"name"`
	Region    string    `json:"region"`
	Zone      string    `json:"zone"`
	Interval  string    `json:"interval"`
	FirstDay  *string   `json:"firstDay" nullable:"true" doc:"First settled day"`
	LastDay   *string   `json:"lastDay" nullable:"true"`
	Assembled bool      `json:"assembled" doc:"Real readings of several places put together"`
	Demo      bool      `json:"demo"`
}

type parksOutput struct {
	Body struct {
		Parks []parkView `json:"parks"`
	}
}

type parkIn struct {
	Park string `path:"park" maxLength:"40"`
}

type structureOutput struct {
	Body *park.Document
}

func (s *Server) parkRoutes() {
	route(s, huma.Operation{OperationID: "listParks", Method: "GET", Path: "/api/v1/parks", Tags: []string{"parks"}, Summary: "Parks that the caller sees"},
		Rule{Action: "park.see", Anywhere: true}, s.listParks)
	route(s, huma.Operation{OperationID: "getStructure", Method: "GET", Path: "/api/v1/parks/{park}/structure", Tags: []string{"parks"},
		Summary: "The park's document: organizations, sites, equipment, points, network"},
		Rule{Action: "park.read", Resource: s.parkPlace}, s.getStructure)
	route(s, huma.Operation{OperationID: "getOverview", Method: "GET", Path: "/api/v1/parks/{park}/overview", Tags: []string{"parks"},
		Summary: "Overview of a park, or of one organization in it, over a period",
		Description: "Indicators, energy flow, carbon by hour (to 31 days) or day, organizations, quality and factors. " +
			"A gap is null, never 0."},
		Rule{Action: "park.read", Resource: s.ownPlace}, s.getOverview)
}

func (s *Server) listParks(ctx context.Context, _ *nothing) (*parksOutput, error) {
	parks, err := s.Records.Parks(ctx)
	if err != nil {
		return nil, err
	}
	reach := s.reach(ctx, "park.see")
	out := &parksOutput{}
	out.Body.Parks = []parkView{}
	for id, path := range parks {
		if !within(reach, path) && !slices.ContainsFunc(reach, func(p access.Path) bool { return path.Contains(p) }) {
			continue
		}
		l, err := s.Parks.Layout(ctx, id)
		if err != nil {
			return nil, err
		}
		v, err := s.parkView(ctx, l)
		if err != nil {
			return nil, err
		}
		out.Body.Parks = append(out.Body.Parks, v)
	}
	slices.SortFunc(out.Body.Parks, func(a, b parkView) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return out, nil
}

func (s *Server) parkView(ctx context.Context, l *layout.Layout) (parkView, error) {
	p := l.Document.Park
	v := parkView{ID: p.ID, Name: p.Name, Region: p.Region, Zone: p.Zone, Interval: p.Interval, Assembled: len(l.Document.Assembly) > 0, Demo: s.Demo}
	first, last, ok, err := s.Parks.Extent(ctx, p.ID)
	if ok {
		a, b := first.String(), last.String()
		v.FirstDay, v.LastDay = &a, &b
	}
	return v, err
}

func (s *Server) getStructure(ctx context.Context, in *parkIn) (*structureOutput, error) {
	l, err := s.Parks.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	return &structureOutput{Body: l.Document}, nil
}

// stored is the inventory to which a period's figures can be traced: the one of the
// very period, else the closed one of the year around it; nil when there is none.
func (s *Server) stored(ctx context.Context, parkID, text string) (*record.Inventory, error) {
	rows, err := s.Records.InventoriesOf(ctx, parkID)
	if err != nil {
		return nil, err
	}
	var best *record.Inventory
	for i, r := range rows {
		if r.State == "superseded" {
			continue
		}
		if r.Period == text {
			return &rows[i], nil
		}
		if len(text) > len(r.Period) && text[:len(r.Period)] == r.Period {
			best = &rows[i]
		}
	}
	return best, nil
}

// errNoSettled says that a park has nothing settled in a period.
var errNoSettled = errors.New("nothing settled in the period")
