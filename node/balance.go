package node

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lingtan/balance"
	"lingtan/balance/reconcile"
	"lingtan/inventory"
	"lingtan/meter"
	"lingtan/park"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/usage"
)

// maxBalanceDays bounds a balance, as inventory.NewProfile bounds a profile.
const maxBalanceDays = 366 * 3

// Balance is the energy balance of a park over a period (2018, 2018-03, 2018-03-05 or
// from..to), as known now.
func (n *Node) Balance(ctx context.Context, park, text string, step balance.Step) (*balance.Sheet, error) {
	b, err := n.balancing(ctx, park, text)
	if err != nil {
		return nil, err
	}
	units := map[string]string{}
	for _, c := range b.layout.Document.Carriers {
		units[c.ID] = c.Unit
	}
	s, err := balance.NewSheet(b.pass.Network, units, b.pass.Grid, b.first, b.last, step)
	if err != nil {
		return nil, err
	}
	return s, b.run(ctx, n, s.Add)
}

// balancing is a pass over the balanced days of a park.
type balancing struct {
	layout      *layout.Layout
	pass        *inventory.Pass
	first, last period.Day
	text        string
}

func (n *Node) balancing(ctx context.Context, park, text string) (*balancing, error) {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return nil, err
	}
	span, err := period.Parse(text, l.Zone)
	if err != nil {
		return nil, err
	}
	b := &balancing{layout: l, text: text}
	if b.first, b.last = l.Grid.Days(span); int(b.last)-int(b.first) >= maxBalanceDays {
		return nil, fmt.Errorf("%w: %q has more than %d days; ask for at most three years", period.ErrSyntax, text, maxBalanceDays)
	}
	b.pass, err = inventory.NewPass(l.Document)
	return b, err
}

// run hands the balanced days to fn. A period of which nothing was settled is an error.
func (b *balancing) run(ctx context.Context, n *Node, fn func(*balance.Day) error) error {
	count, err := b.pass.Run(ctx, n.Series, b.first, b.last, 0, func(d *balance.Day, _ map[string]usage.Day) error { return fn(d) })
	if err == nil && count == 0 {
		err = fmt.Errorf("%w: park %s in %s", inventory.ErrUnsettled, b.layout.Document.Park.ID, b.text)
	}
	return err
}

// The accuracy class of a meter, in percent, where the park file states none. Assumed after the loosest classes that GB 17167-2006, table 4, lets be used
// for the carrier; the standard's text was not at hand, so the figures are to be
// confirmed. It is told with every result.
var assumedClass = map[string]float64{"electricity": 2, "natural_gas": 2}

const (
	assumedClassOfOthers = 2.5
	// estimatedError is the standard deviation of what was estimated or edited, as a share
	// of it: an assumption.
	estimatedError = 0.2
)

// metering is what an edge carried over a period.
type metering struct {
	total, estimated float64
	missing          int
	inService        bool
}

// Reconcile holds the meters of a park against the balances of its buses over a period.
// Closing edges (import and export of a bus as one, net), and edges of which an interval
// is missing, count as not metered. What is stored is taken as metered by charge and discharge.
func (n *Node) Reconcile(ctx context.Context, park, text string) (*reconcile.OfPark, error) {
	b, err := n.balancing(ctx, park, text)
	if err != nil {
		return nil, err
	}
	sums := make([]metering, len(b.pass.Network.Edges))
	err = b.run(ctx, n, func(d *balance.Day) error {
		for e := range sums {
			sums[e].add(d, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r := &reconcile.OfPark{Park: park, Period: text, From: b.first.Start(b.layout.Zone), To: (b.last + 1).Start(b.layout.Zone)}
	network := problem(r, b, sums)
	if r.Result, err = network.Reconcile(); err != nil {
		return nil, fmt.Errorf("park %s, %s: %w", park, text, err)
	}
	return r, nil
}

func (m *metering) add(d *balance.Day, e int) {
	m.inService = m.inService || d.Edge[e] != nil
	for t, x := range d.Edge[e] {
		switch d.At(e, t).Base() {
		case meter.Missing:
			m.missing++
			continue
		case meter.Estimated, meter.Edited:
			m.estimated += math.Abs(x)
		}
		m.total += x
	}
}

// problem is the network of the period. Buses are its nodes; sources, uses, exports and
// storages lie outside.
func problem(r *reconcile.OfPark, b *balancing, sums []metering) *reconcile.Problem {
	w := b.pass.Network
	p := &reconcile.Problem{Title: r.Park + " " + r.Period}
	inside := map[string]bool{}
	for _, node := range w.Nodes {
		if node.Kind != balance.Bus {
			continue
		}
		inside[node.ID] = true
		c, _ := b.layout.Carrier(node.Carrier) // a compiled park has it
		p.Nodes = append(p.Nodes, reconcile.Node{ID: node.ID, Name: node.Name, Carrier: node.Carrier, Unit: c.Unit})
	}
	for e, edge := range w.Edges {
		if !sums[e].inService || edge.Closing && b.imported(w.From[e]) {
			continue
		}
		from, to := w.Nodes[w.From[e]], w.Nodes[w.To[e]]
		c, _ := b.layout.Carrier(to.Carrier)
		f := reconcile.Flow{ID: edge.ID, Unit: c.Unit, Name: park.Name{ZH: from.Name.In("zh") + " → " + to.Name.In("zh"), EN: from.Name.In("en") + " → " + to.Name.In("en")}}
		if inside[from.ID] {
			f.From = from.ID
		}
		if inside[to.ID] {
			f.To = to.ID
		}
		if edge.Closing && b.imported(w.To[e]) {
			f.Name = park.Name{ZH: f.Name.ZH + "（净）", EN: f.Name.EN + " (net)"}
		}
		limit, stated := b.layout.Accuracy(edge.Register)
		if !stated {
			if limit = assumedClass[to.Carrier]; limit == 0 {
				limit = assumedClassOfOthers
			}
		}
		r.Meters = append(r.Meters, sums[e].accuracy(edge, reconcile.MeterAccuracy{Accuracy: limit, Assumed: !stated}, &f))
		p.Flows = append(p.Flows, f)
	}
	return p
}

// imported says whether a closing edge brings into node i what its balance lacks. Where
// another takes away what is over, the first stands for both, net: of two flows without
// a meter at one bus neither could be known.
func (b *balancing) imported(i int) bool {
	w := b.pass.Network
	return slices.ContainsFunc(w.In[i], func(e int) bool { return w.Edges[e].Closing })
}

// accuracy gives a flow its value and how well it is known; a is the meter's limit of error.
func (m metering) accuracy(edge park.Edge, a reconcile.MeterAccuracy, f *reconcile.Flow) reconcile.MeterAccuracy {
	if edge.Closing {
		return reconcile.MeterAccuracy{Flow: edge.ID, Register: edge.Register}
	}
	a.Flow, a.Register = edge.ID, edge.Register
	a.Missing = m.missing
	if m.total != 0 {
		a.Estimated = math.Min(1, m.estimated/math.Abs(m.total))
	}
	if m.missing > 0 {
		return a
	}
	f.Value, f.Accuracy = &m.total, a.Accuracy
	if m.estimated > 0 {
		f.SD = math.Hypot(a.Accuracy/100*math.Abs(m.total)/math.Sqrt(3), estimatedError*m.estimated)
	}
	return a
}
