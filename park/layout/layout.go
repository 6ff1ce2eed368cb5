// Package layout is a park's document made ready for the engines: its calendar, its
// registers as meters are settled, its organizations as a tree and its energy
// network as a graph.
package layout

import (
	"errors"
	"fmt"
	"time"

	"lingtan/meter"
	"lingtan/park"
	"lingtan/park/parkfile"
	"lingtan/period"
	"lingtan/quantity"
)

// Layout is a compiled document. It does not change; it may be read from many
// goroutines.
type Layout struct {
	Document  *park.Document // as it was given; not to be changed any more
	Zone      *time.Location
	Grid      period.Grid
	Network   Network
	operator  string
	registers []meter.Register
	register  map[string]int      // key → registers
	accuracy  map[string]float64  // key → limit of error of the meter, percent; stated ones
	pointOf   map[string]int      // key → Document.Points
	edgeOf    map[string]int      // key → Network.Edges
	point     map[string]int      // id → Document.Points
	carrier   map[string]int      // id → Document.Carriers
	person    map[string]int      // id → Document.Organizations
	node      map[string]int      // id → Network.Nodes
	children  map[string][]string // id → organizations directly under it
}

// Network is the energy network over all time. Indices are those of Nodes and Edges.
type Network struct {
	Nodes []Node
	Edges []Edge
	Order []int // nodes from sources to uses, see park.Network.Order
}

// Node is a node with the edges that run into it and out of it.
type Node struct {
	park.Node
	In, Out []int
}

// Edge is an edge between two nodes. Its register is empty when it closes the
// balance of its bus.
type Edge struct {
	ID        string
	From, To  int
	Register  string
	Closing   bool
	ValidFrom period.Day // first day
	ValidTo   period.Day // first day on which it is gone
}

// Compile checks a document and makes it ready. The error is the parkfile.Faults
// of a document that is not sound.
func Compile(doc *park.Document) (*Layout, error) {
	if err := parkfile.Check(doc).Err(); err != nil {
		return nil, fmt.Errorf("compile park %s: %w", doc.Park.ID, err)
	}
	l := &Layout{Document: doc}
	if err := l.calendar(); err != nil {
		return nil, fmt.Errorf("compile park %s: %w", doc.Park.ID, err)
	}
	l.people()
	if err := l.meters(); err != nil {
		return nil, fmt.Errorf("compile park %s: %w", doc.Park.ID, err)
	}
	l.wire()
	return l, nil
}

func (l *Layout) calendar() (err error) {
	if l.Zone, err = time.LoadLocation(l.Document.Park.Zone); err != nil {
		return fmt.Errorf("zone: %w", err)
	}
	step, err := time.ParseDuration(l.Document.Park.Interval)
	if err != nil {
		return fmt.Errorf("interval: %w", err)
	}
	l.Grid, err = period.NewGrid(step, l.Zone)
	return err
}

func (l *Layout) people() {
	l.person = make(map[string]int, len(l.Document.Organizations))
	l.children = make(map[string][]string)
	for i, o := range l.Document.Organizations {
		l.person[o.ID] = i
		if o.Kind == "operator" {
			l.operator = o.ID
		}
		if o.Parent != "" {
			l.children[o.Parent] = append(l.children[o.Parent], o.ID)
		}
	}
}

// meters turns the registers as a person writes them into registers as they are settled.
func (l *Layout) meters() error {
	l.carrier = make(map[string]int, len(l.Document.Carriers))
	for i, c := range l.Document.Carriers {
		l.carrier[c.ID] = i
	}
	l.point = make(map[string]int, len(l.Document.Points))
	l.register, l.pointOf, l.accuracy = make(map[string]int), make(map[string]int), make(map[string]float64)
	settled := make(map[[3]string]settlement) // thousands of registers are of few makes
	for i, p := range l.Document.Points {
		l.point[p.ID] = i
		for _, r := range p.Registers {
			kin := [3]string{r.Kind, r.Unit, r.Carrier}
			into, known := settled[kin]
			if !known {
				into = l.settles(r)
				settled[kin] = into
			}
			m, err := l.meter(p.ID+"."+r.ID, r)
			m.Carrier, m.SettleUnit = into.carrier, into.unit
			if err = errors.Join(err, into.err); err == nil {
				err = m.Check()
			}
			if err != nil {
				return fmt.Errorf("register %s.%s: %w", p.ID, r.ID, err)
			}
			if percent, stated, err := r.ErrorLimit(); err == nil && stated {
				l.accuracy[m.Key] = percent
			}
			l.register[m.Key], l.pointOf[m.Key] = len(l.registers), i
			l.registers = append(l.registers, m)
		}
	}
	return nil
}

func (l *Layout) meter(key string, r park.Register) (meter.Register, error) {
	m := meter.Register{Key: key, Kind: meter.Kind(r.Kind), Unit: r.Unit, Digits: r.Digits, Min: r.Min, Max: r.Max, Events: r.Events, Parent: r.Parent}
	var err error
	if m.Multiplier, err = r.Factor(); err != nil {
		return m, err
	}
	if r.Step != "" {
		if m.Step, err = time.ParseDuration(r.Step); err != nil {
			return m, fmt.Errorf("step: %w", err)
		}
	}
	m.ValidFrom, m.ValidTo = instants(r.Valid, l.Zone)
	for _, e := range r.Exchanges {
		m.Exchanges = append(m.Exchanges, meter.Exchange{At: e.At.UTC(), Last: e.Last, First: e.First})
	}
	return m, nil
}

// settlement is what the amounts of a register are settled as.
type settlement struct {
	carrier, unit string
	err           error
}

// settles is the carrier of a register and the unit its amounts are settled in:
// the carrier's. Reactive and apparent energy and counts of pieces are amounts of
// no carrier, so that nothing adds kvarh to kWh: they keep a unit of their own and
// no carrier. A state has neither.
func (l *Layout) settles(r park.Register) settlement {
	if r.Kind == string(meter.State) {
		return settlement{}
	}
	amount, err := quantity.Parse(r.Unit)
	if err != nil {
		return settlement{err: fmt.Errorf("unit: %w", err)}
	}
	if r.Kind == string(meter.MeanPower) || r.Kind == string(meter.Power) {
		amount = amount.Mul(hour)
	}
	for _, own := range []string{"kvarh", "kVAh", "piece"} {
		if amount.Compatible(quantity.MustParse(own)) {
			return settlement{unit: own}
		}
	}
	return settlement{carrier: r.Carrier, unit: l.Document.Carriers[l.carrier[r.Carrier]].Unit}
}

var hour = quantity.MustParse("h")

// instants is a span of civil days as instants in UTC; an open side is the zero time.
func instants(v park.Valid, zone *time.Location) (from, to time.Time) {
	first, last := v.Days()
	if v.From != "" {
		from = first.Start(zone)
	}
	if v.To != "" {
		to = last.Start(zone)
	}
	return from, to
}

// wire joins nodes and edges by index.
func (l *Layout) wire() {
	net := l.Document.Network
	l.node = make(map[string]int, len(net.Nodes))
	l.edgeOf = make(map[string]int, len(net.Edges))
	l.Network.Nodes = make([]Node, len(net.Nodes))
	l.Network.Edges = make([]Edge, len(net.Edges))
	for i, n := range net.Nodes {
		l.node[n.ID] = i
		l.Network.Nodes[i].Node = n
	}
	for i, e := range net.Edges {
		from, to := l.node[e.From], l.node[e.To]
		first, last := e.Valid.Days()
		l.Network.Edges[i] = Edge{ID: e.ID, From: from, To: to, Register: e.Register, Closing: e.Closing, ValidFrom: first, ValidTo: last}
		l.Network.Nodes[from].Out = append(l.Network.Nodes[from].Out, i)
		l.Network.Nodes[to].In = append(l.Network.Nodes[to].In, i)
		if e.Register != "" {
			l.edgeOf[e.Register] = i
		}
	}
	l.Network.Order, _ = net.Order()
}
