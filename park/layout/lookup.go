package layout

import (
	"lingtan/meter"
	"lingtan/park"
	"lingtan/period"
)

// Registers are all registers in the order of the document; the slice is shared and
// must not be changed.
func (l *Layout) Registers() []meter.Register { return l.registers }

// Register finds a register by its key, "point.register".
func (l *Layout) Register(key string) (meter.Register, bool) {
	i, ok := l.register[key]
	if !ok {
		return meter.Register{}, false
	}
	return l.registers[i], true
}

// Accuracy is the limit of error of a register's meter, ± percent of the amount (see
// park.Register.ErrorLimit); ok is false where the park states none.
func (l *Layout) Accuracy(key string) (percent float64, ok bool) {
	percent, ok = l.accuracy[key]
	return percent, ok
}

// PointOf finds the point that a register belongs to.
func (l *Layout) PointOf(key string) (*park.Point, bool) {
	return found(l.Document.Points, l.pointOf, key)
}

// EdgeOf finds the edge that a register meters, as an index of Network.Edges.
func (l *Layout) EdgeOf(key string) (int, bool) {
	i, ok := l.edgeOf[key]
	return i, ok
}

// Point finds a point by its identifier.
func (l *Layout) Point(id string) (*park.Point, bool) {
	return found(l.Document.Points, l.point, id)
}

// Carrier finds a carrier by its identifier.
func (l *Layout) Carrier(id string) (*park.Carrier, bool) {
	return found(l.Document.Carriers, l.carrier, id)
}

// Organization finds an organization by its identifier.
func (l *Layout) Organization(id string) (*park.Organization, bool) {
	return found(l.Document.Organizations, l.person, id)
}

// Node finds a node by its identifier, as an index of Network.Nodes.
func (l *Layout) Node(id string) (int, bool) {
	i, ok := l.node[id]
	return i, ok
}

func found[E any](list []E, at map[string]int, id string) (*E, bool) {
	i, ok := at[id]
	if !ok {
		return nil, false
	}
	return &list[i], true
}

// Operator is the identifier of the organization that runs the park.
func (l *Layout) Operator() string { return l.operator }

// Children are the organizations directly under one, in the order of the document.
func (l *Layout) Children(id string) []string { return l.children[id] }

// OrganizationsOf are an organization and all below it, parents first; none when
// there is no such organization.
func (l *Layout) OrganizationsOf(id string) []string {
	if _, ok := l.person[id]; !ok {
		return nil
	}
	all := []string{id}
	for i := 0; i < len(all); i++ {
		all = append(all, l.children[all[i]]...)
	}
	return all
}

// EdgesOn are the edges in service on a day, as indices of Network.Edges in their order.
func (l *Layout) EdgesOn(day period.Day) []int {
	list := make([]int, 0, len(l.Network.Edges))
	for i, e := range l.Network.Edges {
		if e.ValidFrom <= day && day < e.ValidTo {
			list = append(list, i)
		}
	}
	return list
}
