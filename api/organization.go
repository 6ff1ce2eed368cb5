package api

import (
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
)

// organizationView is a node of the organization tree.
type organizationView struct {
	Path access.Path `json:"path"`
	Kind string      `json:"kind" enum:"region,park,enterprise,site"`
	Name name        `json:"name"`
	Park string      `json:"park,omitempty" doc:"Id of the park it belongs to"`
}

type organizationsOutput struct {
	Body struct {
		Organizations []organizationView `json:"organizations"`
	}
}

func (s *Server) organizationRoutes() {
	route(s, huma.Operation{OperationID: "listOrganizations", Method: "GET", Path: "/api/v1/organizations", Tags: []string{"access"},
		Summary: "Organizations that the caller sees, from the top down"},
		Rule{Action: "park.see", Anywhere: true}, s.listOrganizations)
}

func (s *Server) listOrganizations(ctx context.Context, _ *nothing) (*organizationsOutput, error) {
	all, err := s.Records.Organizations(ctx, []access.Path{"/"})
	if err != nil {
		return nil, err
	}
	reach := s.reach(ctx, "park.see")
	out := &organizationsOutput{}
	out.Body.Organizations = []organizationView{}
	for _, node := range all {
		over := slices.ContainsFunc(reach, node.Path.Contains)
		if over || within(reach, node.Path) {
			out.Body.Organizations = append(out.Body.Organizations,
				organizationView{Path: node.Path, Kind: node.Kind, Name: name{node.NameZH, node.NameEN}, Park: node.Park})
		}
	}
	return out, nil
}

// The resolvers below find whose a resource is, for the rules of the nouns that
// have it in their path.

// parkPlace finds the organization of {park}.
func (s *Server) parkPlace(ctx context.Context, in Request) ([]access.Path, error) {
	organization, err := s.Records.ParkOrganization(ctx, in.Param("park"))
	return []access.Path{organization.Path}, err
}

// inventoryPlace finds the organization of {inventory}.
func (s *Server) inventoryPlace(ctx context.Context, in Request) ([]access.Path, error) {
	parkID, err := s.Records.InventoryPark(ctx, in.Param("inventory"))
	if err != nil {
		return nil, err
	}
	organization, err := s.Records.ParkOrganization(ctx, parkID)
	return []access.Path{organization.Path}, err
}

// entryPlace finds the park of {entry}. Handlers of enterprises hold the entry's
// own organization against s.allow.
func (s *Server) entryPlace(ctx context.Context, in Request) ([]access.Path, error) {
	_, parkID, err := s.Records.EntryInventory(ctx, in.Param("entry"))
	if err != nil {
		return nil, err
	}
	organization, err := s.Records.ParkOrganization(ctx, parkID)
	return []access.Path{organization.Path}, err
}
