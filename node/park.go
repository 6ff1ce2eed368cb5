package node

import (
	"context"
	"fmt"
	"slices"

	"lingtan/park"
	"lingtan/park/parkfile"
	"lingtan/store/record"
)

// ImportedPark is what an import of a park file did.
type ImportedPark struct {
	Park    string        `json:"park"`
	Version int64         `json:"version"`
	Hash    string        `json:"hash"`
	Same    bool          `json:"same"` // the file says what the newest version says: nothing changed
	Changes []park.Change `json:"changes"`
}

// ImportPark records a park file as the newest version of its park. A file that is
// not sound is refused whole with parkfile.Faults.
func (n *Node) ImportPark(ctx context.Context, act record.Act, data []byte) (ImportedPark, error) {
	doc, faults := parkfile.Parse(data)
	if err := faults.Err(); err != nil {
		return ImportedPark{}, err
	}
	text := doc.YAML()
	out := ImportedPark{Park: doc.Park.ID, Changes: []park.Change{}}
	if old, err := n.newest(ctx, doc.Park.ID); err != nil {
		return out, err
	} else if old != nil {
		before, faults := parkfile.Parse([]byte(old.YAML))
		if err := faults.Err(); err != nil {
			return out, fmt.Errorf("park %s version %d: %w", doc.Park.ID, old.Number, err)
		}
		out.Changes = park.Difference(before, doc)
		if old.YAML == string(text) {
			out.Version, out.Hash, out.Same = old.Number, old.Hash, true
			return out, nil
		}
	}
	tree, err := record.PlaceOrganizations(doc)
	if err != nil {
		return out, err
	}
	v, err := n.Records.SaveParkVersion(ctx, act, doc.Park.ID, text, tree)
	if err != nil {
		return out, err
	}
	n.forget(doc.Park.ID)
	out.Version, out.Hash = v.Number, v.Hash
	return out, nil
}

// newest is the park's newest version, nil when there is none.
func (n *Node) newest(ctx context.Context, id string) (*record.ParkVersion, error) {
	versions, err := n.Records.ParkVersions(ctx, id)
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	v := slices.MaxFunc(versions, func(a, b record.ParkVersion) int { return int(a.Number - b.Number) })
	full, err := n.Records.ParkVersion(ctx, id, v.Number)
	return &full, err
}

// ParkYAML is the newest version of a park as a park file.
func (n *Node) ParkYAML(ctx context.Context, id string) ([]byte, error) {
	v, err := n.newest(ctx, id)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoPark, id)
	}
	return []byte(v.YAML), nil
}
