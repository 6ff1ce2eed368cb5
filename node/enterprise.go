package node

import (
	"context"
	"fmt"
	"time"

	"lingtan/accounting"
	"lingtan/inventory"
	"lingtan/method"
	"lingtan/park/layout"
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
	in, err := n.inputs(ctx, park, text, at)
	if err != nil {
		return nil, err
	}
	methods, err := n.methodsOf(ctx, l, text, ref, at)
	if err != nil {
		return nil, err
	}
	if in.Method, err = methods.of(organization); err != nil {
		return nil, err
	}
	in.ID, in.Organization = id, organization
	return inventory.Compile(ctx, in)
}

// Member is one organization's inventory among those of a park.
type Member struct {
	Organization string
	Inventory    *inventory.Inventory // nil where none can be made
	Why          error                // it cannot: no method (record.ErrNotFound), nothing settled or declared (inventory.ErrUnsettled), a missing factor
}

// CompileEnterprises assembles the inventory of every enterprise of a park out of one pass over its
// usage, each by the method ref; "" is the one by which it reports the year in which the period
// begins. It stores nothing. at is the recorded time; the zero time is now. The members come in the
// order of the park file. Errors: those of the park, the period, the usage, an unknown ref.
func (n *Node) CompileEnterprises(ctx context.Context, park, text, ref string, at time.Time) ([]Member, error) {
	name := fmt.Sprintf("at-%d", at.UnixMilli())
	if at.IsZero() {
		name, at = "open", n.known()
	}
	l, err := n.LayoutAsKnownAt(ctx, park, at)
	if err != nil {
		return nil, err
	}
	in, err := n.inputs(ctx, park, text, at)
	if err != nil {
		return nil, err
	}
	methods, err := n.methodsOf(ctx, l, text, ref, at)
	if err != nil {
		return nil, err
	}
	gathered, err := inventory.Gather(ctx, in)
	if err != nil {
		return nil, err
	}
	var members []Member
	for _, o := range l.Document.Organizations {
		if o.Kind != "enterprise" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m := Member{Organization: o.ID}
		in.ID, in.Organization = fmt.Sprintf("%s-%s-%s-%s", park, o.ID, text, name), o.ID
		if in.Method, m.Why = methods.of(o.ID); m.Why == nil {
			m.Inventory, m.Why = gathered.Compile(in)
		}
		members = append(members, m)
	}
	return members, nil
}

// known is the recorded time that stands for now: nothing that is stored is later.
func (n *Node) known() time.Time {
	return time.UnixMilli(max(n.Now().UnixMilli(), n.Series.Recorded())).UTC()
}

// methods tell by which method an organization's inventory of a year is made.
type methods struct {
	park string
	year int64
	all  *method.Pack      // by this one, whatever they report by
	ref  map[string]string // organization → the method that it reports the year by
}

// methodsOf are the methods for a period: ref for all, or what each reports by the year in which
// the period begins.
func (n *Node) methodsOf(ctx context.Context, l *layout.Layout, text, ref string, at time.Time) (methods, error) {
	m := methods{park: l.Document.Park.ID, ref: map[string]string{}}
	if ref != "" {
		pack, err := method.Find(ref)
		m.all = &pack
		return m, err
	}
	span, err := period.Parse(text, l.Zone)
	if err != nil {
		return m, err
	}
	first, _ := l.Grid.Days(span)
	m.year = int64(first.Civil().Year())
	list, err := n.Records.ReportingMethods(ctx, m.park, at)
	for _, x := range list {
		if x.Year == m.year {
			m.ref[x.Member] = x.Method
		}
	}
	return m, err
}

func (m methods) of(organization string) (method.Pack, error) {
	if m.all != nil {
		return *m.all, nil
	}
	ref, there := m.ref[organization]
	if !there {
		return method.Pack{}, fmt.Errorf("%w: by which %s of park %s reports %d; name one, or record it with lingtan activity method", record.ErrNotFound, organization, m.park, m.year)
	}
	return method.Find(ref)
}
