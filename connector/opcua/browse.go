package opcua

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

const (
	mostVisited    = 50_000 // nodes of one walk
	mostReferences = 1000   // of a node in one answer; more are asked for
	mostPages      = 100    // answers for one node
	classObject    = 1
	classVariable  = 2
)

// place is a node on the way of a walk.
type place struct {
	id       *ua.NodeID
	path     string
	variable bool
}

// walk takes every variable under a node, named by its path of browse names, down to a
// depth and up to a number of variables. more says that there were more.
func (l *link) walk(ctx context.Context, root *ua.NodeID, depth, most int) (list []place, more bool, err error) {
	seen := map[string]bool{root.String(): true}
	level := []place{{id: root}}
	for ; depth > 0 && len(level) > 0; depth-- {
		var below []place
		for part := range slices.Chunk(level, max(min(l.limits.browse, 100), 1)) {
			refs, err := l.references(ctx, part)
			if err != nil {
				return nil, false, err
			}
			below = append(below, fresh(part, refs, seen)...)
			if len(seen) > mostVisited {
				return list, true, nil
			}
		}
		for _, p := range below {
			if p.variable {
				list = append(list, p)
			}
		}
		level = below
		if len(list) > most {
			return list[:most], true, nil
		}
	}
	return list, false, nil
}

// fresh are the nodes behind references that were not met yet.
func fresh(from []place, refs [][]*ua.ReferenceDescription, seen map[string]bool) (list []place) {
	for i, p := range from {
		for _, r := range refs[i] {
			if r.NodeID == nil || r.NodeID.NodeID == nil || r.NodeID.HasServerIndex() || r.NodeID.HasNamespaceURI() || r.BrowseName == nil ||
				r.ReferenceTypeID != nil && r.ReferenceTypeID.Namespace() == 0 && r.ReferenceTypeID.IntID() == id.HasProperty {
				continue
			}
			key := r.NodeID.NodeID.String()
			if seen[key] || key == "i=2253" { // the server describes itself there
				continue
			}
			seen[key] = true
			path := strings.TrimPrefix(p.path+"/"+r.BrowseName.Name, "/")
			list = append(list, place{r.NodeID.NodeID, path, r.NodeClass == classVariable})
		}
	}
	return list
}

// references are the objects and variables that nodes lead to.
func (l *link) references(ctx context.Context, from []place) ([][]*ua.ReferenceDescription, error) {
	req := &ua.BrowseRequest{View: &ua.ViewDescription{ViewID: ua.NewTwoByteNodeID(0)}, RequestedMaxReferencesPerNode: mostReferences}
	for _, p := range from {
		req.NodesToBrowse = append(req.NodesToBrowse, &ua.BrowseDescription{NodeID: p.id, BrowseDirection: ua.BrowseDirectionForward,
			ReferenceTypeID: ua.NewNumericNodeID(0, id.HierarchicalReferences), IncludeSubtypes: true,
			NodeClassMask: classObject | classVariable, ResultMask: 0x3F})
	}
	r, err := ask[*ua.BrowseResponse](ctx, l, req, l.timeout)
	if err != nil {
		return nil, err
	}
	if len(r.Results) != len(from) {
		return nil, fmt.Errorf("%w: %d nodes browsed, %d answered", connector.ErrProtocol, len(from), len(r.Results))
	}
	list := make([][]*ua.ReferenceDescription, len(from))
	for i, result := range r.Results {
		if severity(result.StatusCode) == bad {
			if len(from) == 1 && from[0].path == "" {
				return nil, fmt.Errorf("%w: node %s cannot be browsed: %s", connector.ErrConfig, from[0].id, named(result.StatusCode))
			}
			continue
		}
		if list[i], err = l.further(ctx, result); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// further asks for the references that did not fit into the first answer.
func (l *link) further(ctx context.Context, first *ua.BrowseResult) ([]*ua.ReferenceDescription, error) {
	list, point := first.References, first.ContinuationPoint
	for page := 0; len(point) > 0; page++ {
		req := &ua.BrowseNextRequest{ContinuationPoints: [][]byte{point}, ReleaseContinuationPoints: page >= mostPages || len(list) > mostVisited}
		r, err := ask[*ua.BrowseNextResponse](ctx, l, req, l.timeout)
		if err != nil {
			return nil, err
		}
		if req.ReleaseContinuationPoints || len(r.Results) != 1 || severity(r.Results[0].StatusCode) == bad {
			break
		}
		list, point = append(list, r.Results[0].References...), r.Results[0].ContinuationPoint
	}
	return list, nil
}

// item is a node of a device at a server that is connected.
type item struct {
	node
	id *ua.NodeID
}

// find looks up what a device is to read: its named nodes, and the variables under the
// node that it is to browse. notes are what was left out and why.
func (l *link) find(ctx context.Context, s *settings) (items []item, notes []string, err error) {
	for _, n := range s.nodes {
		at, err := nodeID(n.text, l.names())
		if err != nil {
			return nil, nil, fmt.Errorf("%w: node %s: %w", connector.ErrConfig, n.name, err)
		}
		items = append(items, item{n, at})
	}
	if err := l.elements(ctx, items); err != nil {
		return nil, nil, err
	}
	if s.browse == "" {
		return items, nil, nil
	}
	root, err := nodeID(s.browse, l.names())
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", connector.ErrConfig, err)
	}
	places, more, err := l.walk(ctx, root, s.depth, mostNodes-len(items))
	if err != nil {
		return nil, nil, err
	}
	if more {
		notes = append(notes, fmt.Sprintf("more than %d variables under %s: the others are left out", mostNodes, s.browse))
	}
	places, err = l.numeric(ctx, places)
	if err != nil {
		return nil, nil, err
	}
	items, left := join(items, places, s.scales)
	if left > 0 {
		notes = append(notes, fmt.Sprintf("%d variables under %s left out: their path is longer than %d bytes or not unique", left, s.browse, longName))
	}
	if len(items) == 0 {
		return nil, nil, fmt.Errorf("%w: there is no number under %s", connector.ErrConfig, s.browse)
	}
	return items, notes, nil
}

// names are the namespaces of the server, never nil: an unknown one is an error here.
func (l *link) names() []string {
	if l.namespaces == nil {
		return []string{}
	}
	return l.namespaces
}

// join adds variables that were found to those that are named.
func join(items []item, places []place, scales map[string]float64) (all []item, left int) {
	taken := make(map[string]bool)
	for _, it := range items {
		taken[it.name] = true
	}
	for _, p := range places {
		n, err := parseNode(p.path, "i=1")
		if err != nil || taken[p.path] {
			left++
			continue
		}
		taken[p.path] = true
		if x, ok := scales[p.path]; ok {
			n.scale = x
		}
		n.text = p.id.String()
		items = append(items, item{n, p.id})
	}
	return items, left
}

// elements finds out which nodes with brackets are elements of arrays: some servers
// have nodes whose name ends so.
func (l *link) elements(ctx context.Context, items []item) error {
	var which []int
	var wanted []*ua.ReadValueID
	for i := range items {
		if items[i].index < 0 {
			continue
		}
		whole, err := nodeID(fmt.Sprintf("%s[%d]", items[i].text, items[i].index), l.names())
		if err != nil {
			continue // of a kind that has no brackets
		}
		which, wanted = append(which, i), append(wanted, &ua.ReadValueID{NodeID: whole, AttributeID: ua.AttributeIDNodeClass, DataEncoding: &ua.QualifiedName{}})
	}
	values, err := l.read(ctx, wanted, ua.TimestampsToReturnNeither)
	if err != nil {
		return err
	}
	for k, v := range values {
		if severity(v.Status) != bad {
			items[which[k]].id, items[which[k]].index = wanted[k].NodeID, -1
		}
	}
	return nil
}

// numeric leaves out the variables whose value is known and is no number.
func (l *link) numeric(ctx context.Context, places []place) ([]place, error) {
	var wanted []*ua.ReadValueID
	for _, p := range places {
		wanted = append(wanted, valueOf(p.id, -1))
	}
	values, err := l.read(ctx, wanted, ua.TimestampsToReturnNeither)
	if err != nil {
		return nil, err
	}
	var list []place
	for i, v := range values {
		if v.Value != nil && v.Value.Value() != nil {
			if _, err := number(v.Value, -1); err != nil && !strings.HasPrefix(err.Error(), "not a number") {
				continue
			}
		}
		list = append(list, places[i])
	}
	return list, nil
}
