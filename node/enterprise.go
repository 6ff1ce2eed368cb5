package node

import (
	"context"
	"fmt"
	"time"

	"lingtan/accounting"
	"lingtan/inventory"
	"lingtan/method"
	"lingtan/period"
	"lingtan/store/record"
)

// SetMethod records by which method a member of a park reports a year; "" is by none.
// Errors wrap method.ErrUnknown, accounting.ErrRecord (no such member, year) or record's.
func (n *Node) SetMethod(ctx context.Context, act record.Act, park, member string, year int64, ref string) (record.ReportingMethod, error) {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return record.ReportingMethod{}, err
	}
	tree, err := record.PlaceOrganizations(l.Document)
	if err != nil {
		return record.ReportingMethod{}, err
	}
	path, there := tree.Paths[member]
	if !there || year < 1990 || year > 2200 {
		return record.ReportingMethod{}, fmt.Errorf("%w: organization %q of park %s, year %d", accounting.ErrRecord, member, park, year)
	}
	if ref != "" {
		pack, err := method.Find(ref)
		if err != nil {
			return record.ReportingMethod{}, err
		}
		ref = pack.Ref()
	}
	x, err := n.Records.SaveReportingMethod(ctx, act, record.ReportingMethod{Park: park, Member: member, Year: year, Organization: path, Method: ref})
	if err == nil {
		n.changed(park)
	}
	return x, err
}

// Methods are the methods by which members of a park report, as known at a recorded
// time; the zero time is now.
func (n *Node) Methods(ctx context.Context, park string, at time.Time) ([]record.ReportingMethod, error) {
	if at.IsZero() {
		at = n.Now()
	}
	return n.Records.ReportingMethods(ctx, park, at)
}

// CompileEnterprise assembles the inventory of one organization of a park, and of those
// below it, by a method; "" is the one by which it reports the year in which the
// period begins. It stores nothing. at is the recorded time; the zero time is now.
func (n *Node) CompileEnterprise(ctx context.Context, park, organization, text, ref string, at time.Time) (*inventory.Inventory, error) {
	id := fmt.Sprintf("%s-%s-%s-open", park, organization, text)
	if !at.IsZero() {
		id = fmt.Sprintf("%s-%s-%s-at-%d", park, organization, text, at.UnixMilli())
	} else {
		at = n.known()
	}
	l, err := n.LayoutAsKnownAt(ctx, park, at)
	if err != nil {
		return nil, err
	}
	if _, there := l.Organization(organization); !there {
		return nil, fmt.Errorf("%w: organization %q of park %s", record.ErrNotFound, organization, park)
	}
	span, err := period.Parse(text, l.Zone)
	if err != nil {
		return nil, err
	}
	if ref == "" {
		first, _ := l.Grid.Days(span)
		if ref, err = n.methodOf(ctx, park, organization, int64(first.Civil().Year()), at); err != nil {
			return nil, err
		}
	}
	pack, err := method.Find(ref)
	if err != nil {
		return nil, err
	}
	declared, err := n.declared(ctx, park, text, at)
	if err != nil {
		return nil, err
	}
	return inventory.Compile(ctx, inventory.Inputs{ID: id, Structure: l.Document, Method: pack, Factors: n.Factors, Usage: n.Series, Period: text,
		AsKnownAt: at.UnixMilli(), Declared: declared, Organization: organization})
}

// known is the recorded time that stands for now: nothing that is stored is later.
func (n *Node) known() time.Time {
	return time.UnixMilli(max(n.Now().UnixMilli(), n.Series.Recorded())).UTC()
}

// methodOf is the method by which an organization reports a year.
func (n *Node) methodOf(ctx context.Context, park, organization string, year int64, at time.Time) (string, error) {
	list, err := n.Records.ReportingMethods(ctx, park, at)
	if err != nil {
		return "", err
	}
	for _, m := range list {
		if m.Member == organization && m.Year == year {
			return m.Method, nil
		}
	}
	return "", fmt.Errorf("%w: by which %s of park %s reports %d; name one, or record it with lingtan activity method", record.ErrNotFound, organization, park, year)
}
