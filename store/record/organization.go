package record

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"lingtan/access"
	"lingtan/park"
)

type organizationRow struct {
	bun.BaseModel `bun:"table:organization"`
	Path          access.Path
	Kind          string
	NameZH        string `bun:"name_zh"`
	NameEN        string `bun:"name_en"`
	Park          string
}

// Tree places the organizations of a park file in the tree.
type Tree struct {
	Park  access.Path            // the park itself, and its operator
	Nodes []access.Organization  // from the region down
	Paths map[string]access.Path // by organization id of the park file
}

// PlaceOrganizations builds the tree of a park file: /region/park, its enterprises
// (under their parent where that is an enterprise) and the sites. The operator is
// the park itself; regulators and verifiers stand outside, by grants. Errors wrap
// access.ErrPath, or ErrConflict when two nodes fall on one place.
func PlaceOrganizations(doc *park.Document) (Tree, error) {
	region, err := access.Path("/").Join(strings.ReplaceAll(strings.ToLower(doc.Park.Region), " ", "-"))
	if err != nil {
		return Tree{}, fmt.Errorf("record: region of park %q: %w", doc.Park.ID, err)
	}
	top, err := region.Join(doc.Park.ID)
	if err != nil {
		return Tree{}, fmt.Errorf("record: park %q: %w", doc.Park.ID, err)
	}
	tree := Tree{Park: top, Paths: map[string]access.Path{}}
	tree.Nodes = []access.Organization{
		{Path: region, Kind: "region", NameZH: doc.Park.Region, NameEN: doc.Park.Region},
		{Path: top, Kind: "park", NameZH: doc.Park.Name.ZH, NameEN: doc.Park.Name.EN, Park: doc.Park.ID},
	}
	byID := map[string]park.Organization{}
	for _, organization := range doc.Organizations {
		byID[organization.ID] = organization
	}
	for _, organization := range doc.Organizations {
		path, err := tree.place(byID, organization, 0)
		if err != nil {
			return Tree{}, err
		}
		if organization.Kind == "enterprise" {
			tree.add(path, "enterprise", organization.Name, doc.Park.ID)
		}
	}
	for _, site := range doc.Sites {
		path, err := tree.site(site)
		if err != nil {
			return Tree{}, err
		}
		tree.add(path, "site", site.Name, doc.Park.ID)
	}
	return tree, tree.distinct()
}

// place finds the path of an organization through its parents.
func (t *Tree) place(byID map[string]park.Organization, organization park.Organization, depth int) (access.Path, error) {
	if path, ok := t.Paths[organization.ID]; ok {
		return path, nil
	}
	if depth > len(byID) {
		return "", fmt.Errorf("%w: organization %q is its own ancestor", ErrConflict, organization.ID)
	}
	path := t.Park
	if organization.Kind == "enterprise" {
		over := t.Park
		if parent, ok := byID[organization.Parent]; ok {
			var err error
			if over, err = t.place(byID, parent, depth+1); err != nil {
				return "", err
			}
		}
		var err error
		if path, err = over.Join(organization.ID); err != nil {
			return "", fmt.Errorf("record: organization %q: %w", organization.ID, err)
		}
	}
	t.Paths[organization.ID] = path
	return path, nil
}

func (t *Tree) site(site park.Site) (access.Path, error) {
	over, ok := t.Paths[site.Organization]
	if !ok {
		return "", fmt.Errorf("%w: site %q: organization %q", ErrNotFound, site.ID, site.Organization)
	}
	path, err := over.Join(site.ID)
	if err != nil {
		return "", fmt.Errorf("record: site %q: %w", site.ID, err)
	}
	return path, nil
}

func (t *Tree) add(path access.Path, kind string, name park.Name, parkID string) {
	t.Nodes = append(t.Nodes, access.Organization{Path: path, Kind: kind, NameZH: name.ZH, NameEN: name.EN, Park: parkID})
}

func (t *Tree) distinct() error {
	seen := map[access.Path]bool{}
	for _, node := range t.Nodes {
		if seen[node.Path] {
			return fmt.Errorf("%w: two organizations or sites at %s: rename one", ErrConflict, node.Path)
		}
		seen[node.Path] = true
	}
	return nil
}

// saveOrganizations adds the nodes and renews the names of those that are there.
// Nodes that a park file no longer has stay, for their grants and history.
func saveOrganizations(ctx context.Context, tx bun.Tx, nodes []access.Organization) error {
	rows := make([]organizationRow, len(nodes))
	for i, node := range nodes {
		rows[i] = organizationRow{Path: node.Path, Kind: node.Kind, NameZH: node.NameZH, NameEN: node.NameEN, Park: node.Park}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&rows).
		On("CONFLICT (path) DO UPDATE").
		Set("kind = EXCLUDED.kind, name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en, park = EXCLUDED.park").
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("record: organizations: %w", err)
	}
	return nil
}

// SaveOrganizations adds organizations that no park file holds, such as regions,
// and renews their names.
func (s *Store) SaveOrganizations(ctx context.Context, act Act, nodes []access.Organization) error {
	return s.write(ctx, func(tx bun.Tx) error {
		if err := saveOrganizations(ctx, tx, nodes); err != nil {
			return err
		}
		for _, node := range nodes {
			e := event{action: "park.edit", organization: node.Path, resource: "organization" + string(node.Path)}
			if err := s.audit(ctx, tx, act, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// Organizations lists the organizations within, from the top down.
func (s *Store) Organizations(ctx context.Context, within []access.Path) ([]access.Organization, error) {
	var rows []organizationRow
	err := beneath(s.db.NewSelect().Model(&rows), "path", within).OrderExpr("path").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: organizations: %w", err)
	}
	nodes := make([]access.Organization, len(rows))
	for i, row := range rows {
		nodes[i] = row.organization()
	}
	return nodes, nil
}

// Organization finds the organization at path; ErrNotFound. The root is always there.
func (s *Store) Organization(ctx context.Context, path access.Path) (access.Organization, error) {
	if path == "/" {
		return access.Organization{Path: "/", Kind: "root", NameZH: "全部", NameEN: "All"}, nil
	}
	var row organizationRow
	err := s.db.NewSelect().Model(&row).Where("path = ?", string(path)).Scan(ctx)
	return row.organization(), found(err, "organization", string(path))
}

// ParkOrganization finds the place of a park in the tree; ErrNotFound.
func (s *Store) ParkOrganization(ctx context.Context, parkID string) (access.Organization, error) {
	var row organizationRow
	err := s.db.NewSelect().Model(&row).Where("park = ? AND kind = 'park'", parkID).Limit(1).Scan(ctx)
	return row.organization(), found(err, "park", parkID)
}

func (r organizationRow) organization() access.Organization {
	return access.Organization{Path: r.Path, Kind: r.Kind, NameZH: r.NameZH, NameEN: r.NameEN, Park: r.Park}
}
