package api

import (
	"context"
	"time"

	"lingtan/access"
	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/record"
	"lingtan/usage"
)

// ParkSource tells what a park is and what was settled of it.
type ParkSource interface {
	Layout(ctx context.Context, park string) (*layout.Layout, error)
	View(ctx context.Context, park, period string) (*inventory.View, error)
	Extent(ctx context.Context, park string) (first, last period.Day, ok bool, err error)
	// Generation changes whenever something that the park's pages show has changed.
	Generation(park string) uint64
}

// UsageSource tells settled usage and what validation found, and takes readings.
type UsageSource interface {
	Days(ctx context.Context, park, register, period string, fn func(usage.Day) error) error
	FindingCounts(ctx context.Context, park, period string, keys []string) ([]usage.FindingCount, error)
	Findings(ctx context.Context, park, period string, keys, rules []string, limit int) ([]usage.Finding, error)
	Admit(ctx context.Context, act record.Act, park string, b *meter.Batch) (meter.Admission, error)
}

// InventorySource keeps inventories.
type InventorySource interface {
	Inventory(ctx context.Context, id string) (*evidence.Export, error)
	Shut(ctx context.Context, act record.Act, park, period string) (*evidence.Export, error)
	Pack(ctx context.Context, x *evidence.Export) error
}

// Explainer walks an entry down to its readings and proves a reading.
type Explainer interface {
	Explain(ctx context.Context, entry string) (inventory.Explanation, error)
	ExplainDay(ctx context.Context, park, register string, day period.Day, asKnownAt int64) (inventory.Explanation, error)
	Prove(ctx context.Context, inventory, register string, at time.Time) (*evidence.ReadingProof, error)
}

// Sources is all that the nouns of parks are made of; a node is one.
type Sources interface {
	ParkSource
	UsageSource
	InventorySource
	Explainer
	BalanceSource
	CarbonFlowSource
	ConsolidationSource
	UncertaintySource
	RatingSource
	savingSource
	healthSource
	dispatchSource
	forecastSource
	tariffSource
	ActivitySource
	EnterpriseSource
}

// pathsOf are the places of a park's organizations in the tree, by id of the park file.
func pathsOf(l *layout.Layout) (map[string]access.Path, error) {
	tree, err := record.PlaceOrganizations(l.Document)
	return tree.Paths, err
}

// ownPlace finds the organization of {park}, or of ?organization= within it.
func (s *Server) ownPlace(ctx context.Context, in Request) ([]access.Path, error) {
	places, err := s.parkPlace(ctx, in)
	organization := in.Query("organization")
	if err != nil || organization == "" {
		return places, err
	}
	return s.organizationPlace(ctx, in.Param("park"), organization)
}

// organizationPlace finds the place of an organization of a park file.
func (s *Server) organizationPlace(ctx context.Context, park, organization string) ([]access.Path, error) {
	l, err := s.Parks.Layout(ctx, park)
	if err != nil {
		return nil, err
	}
	paths, err := pathsOf(l)
	if err != nil {
		return nil, err
	}
	path, ok := paths[organization]
	if !ok {
		return nil, record.ErrNotFound
	}
	return []access.Path{path}, nil
}

// registerPlace finds the organization that the point of {register} belongs to.
func (s *Server) registerPlace(ctx context.Context, in Request) ([]access.Path, error) {
	l, err := s.Parks.Layout(ctx, in.Param("park"))
	if err != nil {
		return nil, err
	}
	point, ok := l.PointOf(in.Param("register"))
	if !ok {
		return nil, record.ErrNotFound
	}
	return s.organizationPlace(ctx, in.Param("park"), point.Organization)
}
