package node

import (
	"context"
	"fmt"
	"strings"
	"time"

	"lingtan/accounting"
	"lingtan/inventory"
	"lingtan/inventory/carbonflow"
	"lingtan/inventory/consolidation"
	"lingtan/park"
	"lingtan/park/layout"
	"lingtan/store/record"
)

// Consolidation consolidates the members of a park over a period, as known now: the lines
// of the park's inventory by member, what members handed to one another by the carbon flow,
// held against what each brought in.
func (n *Node) Consolidation(ctx context.Context, park, text string) (*consolidation.Result, error) {
	c, err := n.ConsolidationCase(ctx, park, text)
	if err != nil {
		return nil, err
	}
	return consolidation.Consolidate(c)
}

// ConsolidationCase is the case that Consolidation consolidates, in the format of lingtan
// consolidate FILE.
func (n *Node) ConsolidationCase(ctx context.Context, park, text string) (*consolidation.Case, error) {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return nil, err
	}
	v, err := n.Compile(ctx, park, text, time.Time{})
	if err != nil {
		return nil, err
	}
	f, err := n.carbonFlow(ctx, park, text, "month", carbonflow.Apart)
	if err != nil {
		return nil, err
	}
	b, err := newMembers(l)
	if err != nil {
		return nil, fmt.Errorf("park %s: %w", park, err)
	}
	b.c.Period = text
	b.entries(v)
	b.flow(f)
	b.handed(l.Document, v)
	return b.c, nil
}

// members gathers a park's members into a case.
type members struct {
	c    *consolidation.Case
	path map[string]string // organization → path
	at   map[string]int    // organization → place
}

// newMembers places the park's organizations: daughters under their mothers, the operator
// beside the enterprises, since these are not its parts.
func newMembers(l *layout.Layout) (*members, error) {
	tree, err := record.PlaceOrganizations(l.Document)
	if err != nil {
		return nil, err
	}
	p := l.Document.Park
	top := string(tree.Park)
	region := top[:strings.LastIndexByte(top, '/')]
	b := &members{path: map[string]string{}, at: map[string]int{}, c: &consolidation.Case{Format: consolidation.Format, Title: p.Name.ZH + " " + p.Name.EN,
		Places: []consolidation.Place{{Path: region, Level: "province", Name: named(p.Region)}, {Path: top, Level: "park", Name: p.Name}}}}
	for _, o := range l.Document.Organizations {
		if o.Kind != "operator" && o.Kind != "enterprise" {
			continue
		}
		b.at[o.ID] = len(b.c.Places)
		b.path[o.ID] = top + below(l, o)
		b.c.Places = append(b.c.Places, consolidation.Place{Path: b.path[o.ID], Level: "enterprise", Name: o.Name, Sector: o.Sector})
	}
	return b, nil
}

// below is the path of an organization under its park, through the enterprises it is part of.
func below(l *layout.Layout, o park.Organization) string {
	path := "/" + o.ID
	for range l.Document.Organizations {
		up, there := l.Organization(o.Parent)
		if !there || up.Kind != "enterprise" {
			break
		}
		path, o = "/"+up.ID+path, *up
	}
	return path
}

func named(region string) park.Name { return park.Name{ZH: region, EN: region} }

// entries takes the lines of scopes 1 and 2 that are in the totals. What was declared is a
// source by itself: no meter of the network saw it.
func (b *members) entries(v *inventory.Inventory) {
	for _, e := range v.Entries {
		i, there := b.at[e.Activity.Organization]
		if !there || e.Apart != "" || e.Scope != 1 && e.Scope != 2 {
			continue
		}
		b.c.Places[i].Entries = append(b.c.Places[i].Entries, consolidation.Entry{ID: e.ID, Scope: e.Scope, Basis: e.Basis, Carrier: e.Activity.Carrier, Emissions: e.Emissions})
		if e.Activity.Record != "" {
			b.c.Sources = append(b.c.Sources, consolidation.Source{ID: "declared " + e.ID, Place: b.path[e.Activity.Organization], Carbon: declaredOn(e)})
		}
	}
}

// declaredOn are an entry's emissions on the bases that it counts on.
func declaredOn(e accounting.Entry) consolidation.Tonnes {
	var t consolidation.Tonnes
	if e.Basis != "market" {
		t.Location = e.Emissions
	}
	if e.Basis != "location" {
		t.Market = e.Emissions
	}
	return t
}

// flow takes what members brought in and what they handed to one another. The lines follow
// the same trace, so each tonne is at who used the energy.
func (b *members) flow(f *carbonflow.Flow) {
	for _, o := range f.Owners {
		path, there := b.path[o.Organization]
		if !there {
			continue
		}
		net := func(k int) float64 { return o.Sourced[k] - o.Exported[k] - o.Stored[k] }
		b.c.Sources = append(b.c.Sources, consolidation.Source{ID: "metered " + o.Organization, Place: path, Carbon: consolidation.Tonnes{Location: net(0), Market: net(1)}})
	}
	units := map[string]string{}
	for _, x := range f.Nodes {
		units[x.Carrier] = x.Unit
	}
	for _, x := range f.Transfers {
		if b.path[x.From] == "" || b.path[x.To] == "" {
			continue
		}
		t := consolidation.Transfer{ID: x.From + " → " + x.To + ", " + x.Carrier, From: b.path[x.From], To: b.path[x.To], Carrier: x.Carrier, Amount: x.Amount, Unit: units[x.Carrier],
			Carbon: consolidation.Tonnes{Location: x.Carbon[0], Market: x.Carbon[1]}, Treatment: consolidation.Traced}
		for _, e := range b.c.Places[b.at[x.To]].Entries {
			if e.Carrier == x.Carrier {
				t.Buyer = append(t.Buyer, consolidation.Part{Entry: e.ID})
			}
		}
		b.c.Transfers = append(b.c.Transfers, t)
	}
}
