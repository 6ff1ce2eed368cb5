package node

import (
	"context"
	"fmt"
	"io"
	"strings"

	"lingtan/access"
	"lingtan/factor"
	"lingtan/store/record"
)

// addUserFactors puts the recorded user factors into the library, in the order of
// recording.
func (n *Node) addUserFactors(ctx context.Context) error {
	rows, err := n.Records.FactorsAsKnownAt(ctx, n.Now())
	if err != nil {
		return err
	}
	for _, r := range rows {
		list, err := factor.ReadYAML(strings.NewReader(r.Content))
		if err != nil {
			return fmt.Errorf("recorded factor %s@%s: %w", r.ID, r.Version, err)
		}
		if err := n.Factors.Record(r.RecordedAt, list...); err != nil {
			return fmt.Errorf("recorded factor %s@%s: %w", r.ID, r.Version, err)
		}
	}
	return nil
}

// ImportFactors records a user's own factors from a YAML file: every one or none
// enters the library.
func (n *Node) ImportFactors(ctx context.Context, act record.Act, r io.Reader) ([]factor.Factor, error) {
	data, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return nil, err
	}
	list, err := factor.ReadYAML(strings.NewReader(string(data)))
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, f := range list {
		_, err := n.Factors.Get(f.ID, f.Version)
		known[f.Ref()] = err == nil
	}
	if err := n.Factors.Record(act.At, list...); err != nil {
		return nil, err
	}
	for _, f := range list {
		if known[f.Ref()] { // the same content again changes nothing
			continue
		}
		row := record.UserFactor{ID: f.ID, Version: f.Version, Organization: access.Path("/"), Content: string(data)}
		if err := n.Records.SaveFactor(ctx, act, row); err != nil {
			return nil, err
		}
	}
	return list, nil
}
