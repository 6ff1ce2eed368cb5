// Package reconcile makes metered flows of an energy network agree with its balances:
// each is moved as little as its meter's accuracy allows, meters that cannot be right
// are named, and what is not metered is worked out where the balances give it.
//
// Nothing is replaced: every flow is told as it was metered and as it was reconciled.
// DESIGN.md tells the method; docs/formats/reconcile.md the file.
package reconcile

import (
	"errors"
	"fmt"
	"math"

	"lingtan/park"
	"lingtan/quantity"
)

// Format is what "format" says in a file of a problem.
const Format = "lingtan.reconcile/v1"

// The limits of a problem.
const (
	MaxFlows     = 20_000  // flows
	MaxBalances  = 2_000   // nodes and relations
	maxElements  = 4 << 20 // flows × balances
	MaxAmount    = 1e15    // magnitude of a value, constant or standard deviation
	maxRatio     = 1e6     // between coefficients of one balance
	maxSpread    = 1e7     // between the standard deviations of one balance
	maxText      = 200     // bytes of an identifier
	defaultLevel = 0.95    // confidence
	zeroShare    = 1e-4    // of the largest flow beside it: the least that an accuracy class is taken of
	largestClass = 100.0   // percent
	leastLevel   = 0.5     // confidence
	mostLevel    = 0.99999 // confidence
)

// ErrCase marks a problem that cannot be reconciled; the text names the place.
var ErrCase = errors.New("reconcile: case")

// Problem is a network with metered flows.
type Problem struct {
	Format      string     `json:"format"`
	Title       string     `json:"title,omitempty"`
	Source      string     `json:"source,omitempty"`      // where the figures are from
	Confidence  float64    `json:"confidence,omitempty"`  // of the tests, 0.5 to 0.99999; 0 = 0.95
	NonNegative bool       `json:"nonNegative,omitempty"` // no reconciled flow may be below 0
	Nodes       []Node     `json:"nodes"`
	Flows       []Flow     `json:"flows"`
	Relations   []Relation `json:"relations,omitempty"`
}

// Node is a place at which in − out = stored.
type Node struct {
	ID      string    `json:"id"`
	Name    park.Name `json:"name,omitzero"`
	Carrier string    `json:"carrier,omitempty"`
	Unit    string    `json:"unit,omitempty"`   // of the balance; flows in other units are converted
	Stored  float64   `json:"stored,omitempty"` // change of what it holds, known exactly
}

// Flow runs from a node to another; an end that is empty lies outside the network.
type Flow struct {
	ID       string    `json:"id"`
	Name     park.Name `json:"name,omitzero"`
	From     string    `json:"from,omitempty"`
	To       string    `json:"to,omitempty"`
	Unit     string    `json:"unit,omitempty"`     // empty: that of its nodes
	Value    *float64  `json:"value,omitempty"`    // as metered; without it the flow is not metered
	SD       float64   `json:"sd,omitempty"`       // standard deviation of Value, > 0
	Accuracy float64   `json:"accuracy,omitempty"` // where SD is not given: class, the largest error in percent of Value, up to 100
}

// Relation is a linear equation between flows: the sum of coefficient × flow is the
// constant. Conversion with a known efficiency is one: 0.9 × gas − steam = 0.
type Relation struct {
	ID       string    `json:"id"`
	Name     park.Name `json:"name,omitzero"`
	Terms    []Term    `json:"terms"`
	Constant float64   `json:"constant,omitempty"`
}

// Term is a flow in a relation, in the flow's own unit.
type Term struct {
	Flow        string  `json:"flow"`
	Coefficient float64 `json:"coefficient"`
}

// term is a coefficient of an equation.
type term struct {
	flow int
	c    float64
}

// equation is a balance, divided by its largest coefficient.
type equation struct {
	place    string // as "node header"
	node     int    // −1 for a relation
	terms    []term
	constant float64
	scale    float64 // what it was divided by
}

// model is a problem whose names are resolved.
type model struct {
	*Problem
	equations []equation
	value     []float64 // 0 where not metered
	sd        []float64 // 0 where not metered
	metered   []bool
	findings  []Finding
	level     float64
}

func fault(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCase, fmt.Sprintf(format, args...))
}

// compile resolves names and units. The first thing that is wrong is the error.
func (p *Problem) compile() (*model, error) {
	m := &model{Problem: p, level: p.Confidence}
	if m.level == 0 {
		m.level = defaultLevel
	}
	switch {
	case !(m.level >= leastLevel && m.level <= mostLevel):
		return nil, fault("confidence %g; from %g to %g", p.Confidence, leastLevel, mostLevel)
	case len(p.Flows) == 0 || len(p.Flows) > MaxFlows:
		return nil, fault("%d flows; 1 to %d", len(p.Flows), MaxFlows)
	case len(p.Nodes)+len(p.Relations) > MaxBalances:
		return nil, fault("%d nodes and relations; at most %d", len(p.Nodes)+len(p.Relations), MaxBalances)
	case len(p.Flows)*(len(p.Nodes)+len(p.Relations)) > maxElements:
		return nil, fault("%d flows × %d balances; at most %d together: reconcile parts that do not hang together one by one", len(p.Flows), len(p.Nodes)+len(p.Relations), maxElements)
	}
	flows, err := m.readFlows()
	if err != nil {
		return nil, err
	}
	if err := m.balances(); err != nil {
		return nil, err
	}
	if err := m.relations(flows); err != nil {
		return nil, err
	}
	for i := range m.equations {
		if err := m.equations[i].normalise(); err != nil {
			return nil, err
		}
	}
	if err := m.deviations(); err != nil {
		return nil, err
	}
	return m, nil
}

// named notes an identifier and refuses an empty, long or taken one.
func named(taken map[string]int, what, id string, i int) error {
	if id == "" || len(id) > maxText {
		return fault("%s %d: its id %.20q is empty or longer than %d bytes", what, i, id, maxText)
	}
	if _, twice := taken[id]; twice {
		return fault("%s %q is there twice; give one of them another id", what, id)
	}
	taken[id] = i
	return nil
}

func within(x float64) bool { return math.Abs(x) <= MaxAmount } // false for NaN

// readFlows checks the flows and takes their values.
func (m *model) readFlows() (map[string]int, error) {
	taken := make(map[string]int, len(m.Flows))
	n := len(m.Flows)
	m.value, m.sd, m.metered = make([]float64, n), make([]float64, n), make([]bool, n)
	for i, f := range m.Flows {
		if err := named(taken, "flow", f.ID, i); err != nil {
			return nil, err
		}
		if !(f.SD >= 0 && f.SD <= MaxAmount) || !(f.Accuracy >= 0 && f.Accuracy <= largestClass) {
			return nil, fault("flow %q: sd %g or accuracy %g %%; sd is above 0, accuracy above 0 to %g", f.ID, f.SD, f.Accuracy, largestClass)
		}
		if f.Value == nil {
			continue
		}
		if !within(*f.Value) {
			return nil, fault("flow %q: its value %g is not a number within ±%g; leave it out where it is not known", f.ID, *f.Value, MaxAmount)
		}
		if f.SD == 0 && f.Accuracy == 0 {
			return nil, fault("flow %q has a value and neither sd nor accuracy; say how well it is known", f.ID)
		}
		m.value[i], m.sd[i], m.metered[i] = *f.Value, f.SD, true
		if *f.Value < 0 {
			m.find(Finding{Kind: "negative", Place: "flow " + f.ID, Amount: *f.Value})
		}
	}
	return taken, nil
}

// balances makes the equations of the nodes.
func (m *model) balances() error {
	taken := make(map[string]int, len(m.Nodes))
	for i, n := range m.Nodes {
		if err := named(taken, "node", n.ID, i); err != nil {
			return err
		}
		if !within(n.Stored) {
			return fault("node %q: stored %g is not a number within ±%g", n.ID, n.Stored, MaxAmount)
		}
		m.equations = append(m.equations, equation{place: "node " + n.ID, node: i, constant: n.Stored})
	}
	carrier := make([]string, len(m.Nodes))
	for i, n := range m.Nodes {
		carrier[i] = n.Carrier
	}
	units := make([]string, len(m.Nodes)) // of the node, or of its first flow that has one
	for i, n := range m.Nodes {
		units[i] = n.Unit
	}
	for i, f := range m.Flows {
		if f.From == f.To && f.From != "" {
			return fault("flow %q runs from %q to itself; give it two ends, or one", f.ID, f.From)
		}
		ends := []struct {
			id   string
			sign float64
		}{{f.From, -1}, {f.To, 1}}
		at := [2]int{-1, -1}
		for k, end := range ends {
			if end.id == "" {
				continue
			}
			node, ok := taken[end.id]
			if !ok {
				return fault("flow %q has an end at %q, and there is no such node; an end outside the network is left out", f.ID, end.id)
			}
			at[k] = node
			c, err := m.inUnitOf(f, node, units)
			if err != nil {
				return err
			}
			m.equations[node].terms = append(m.equations[node].terms, term{i, end.sign * c})
		}
		if a, b := at[0], at[1]; a >= 0 && b >= 0 && carrier[a] != carrier[b] {
			return fault("flow %q runs from node %q of %q to node %q of %q; a flow has one carrier: write a conversion as a relation", f.ID, f.From, carrier[a], f.To, carrier[b])
		}
	}
	return nil
}

// inUnitOf is what one unit of the flow is in the unit of the node's balance.
func (m *model) inUnitOf(f Flow, node int, units []string) (float64, error) {
	if f.Unit == "" || f.Unit == units[node] {
		return 1, nil
	}
	if units[node] == "" {
		units[node] = f.Unit
		if len(m.equations[node].terms) > 0 {
			return 0, fault("flow %q is in %s, and node %q and its other flows have no unit; give node %q its unit", f.ID, f.Unit, m.Nodes[node].ID, m.Nodes[node].ID)
		}
		return 1, nil
	}
	from, err := quantity.Parse(f.Unit)
	if err != nil {
		return 0, fault("flow %q: %v", f.ID, err)
	}
	to, err := quantity.Parse(units[node])
	if err != nil {
		return 0, fault("node %q: %v", m.Nodes[node].ID, err)
	}
	c, err := quantity.Convert(1, from, to)
	if err != nil {
		return 0, fault("flow %q at node %q: %v", f.ID, m.Nodes[node].ID, err)
	}
	return c, nil
}

// relations makes the equations of the relations.
func (m *model) relations(flows map[string]int) error {
	taken := make(map[string]int, len(m.Relations))
	for i, r := range m.Relations {
		if err := named(taken, "relation", r.ID, i); err != nil {
			return err
		}
		if len(r.Terms) == 0 || !within(r.Constant) {
			return fault("relation %q: %d terms, constant %g; at least one term, the constant within ±%g", r.ID, len(r.Terms), r.Constant, MaxAmount)
		}
		e := equation{place: "relation " + r.ID, node: -1, constant: r.Constant}
		in := map[string]bool{}
		for _, t := range r.Terms {
			f, ok := flows[t.Flow]
			if !ok || in[t.Flow] {
				return fault("relation %q names flow %q, which is not there or stands in it twice", r.ID, t.Flow)
			}
			in[t.Flow] = true
			if t.Coefficient == 0 || !within(t.Coefficient) {
				return fault("relation %q: coefficient %g of flow %q; a number other than 0", r.ID, t.Coefficient, t.Flow)
			}
			e.terms = append(e.terms, term{f, t.Coefficient})
		}
		m.equations = append(m.equations, e)
	}
	return nil
}

// normalise divides an equation by its largest coefficient.
func (e *equation) normalise() error {
	least := math.Inf(1)
	for _, t := range e.terms {
		e.scale = math.Max(e.scale, math.Abs(t.c))
		least = math.Min(least, math.Abs(t.c))
	}
	if len(e.terms) == 0 {
		e.scale = 1
		return nil
	}
	if e.scale > maxRatio*least {
		return fault("%s: coefficients from %g to %g; no more than %g apart, choose other units", e.place, least, e.scale, maxRatio)
	}
	for i := range e.terms {
		e.terms[i].c /= e.scale
	}
	e.constant /= e.scale
	return nil
}

// deviations makes standard deviations of accuracy classes. A class is the largest
// error in percent of the value; within it every error is as likely as another, so
// sd = class × value / √3 (JCGM 100:2008, 4.3.7). A value near 0 would be held for
// exact: the class is taken of at least zeroShare of the largest flow beside it.
func (m *model) deviations() error {
	beside := make([]float64, len(m.Flows))
	for _, e := range m.equations {
		var largest float64
		for _, t := range e.terms {
			largest = math.Max(largest, math.Abs(t.c*m.value[t.flow]))
		}
		for _, t := range e.terms {
			beside[t.flow] = math.Max(beside[t.flow], largest/math.Abs(t.c))
		}
	}
	for i, f := range m.Flows {
		if !m.metered[i] {
			continue
		}
		if f.SD == 0 {
			of := math.Abs(m.value[i])
			if floor := zeroShare * beside[i]; of < floor || of == 0 {
				of = floor
				m.find(Finding{Kind: "zero", Place: "flow " + f.ID, Amount: m.value[i]})
			}
			if of == 0 {
				of = 1 // nothing flows about it: any accuracy gives 0
			}
			m.sd[i] = f.Accuracy / 100 * of / math.Sqrt(3)
		}
		if m.sd[i] < 1e-150 {
			return fault("flow %q: standard deviation %g; too small to reckon with", f.ID, m.sd[i])
		}
	}
	return m.spread()
}

// spread refuses a balance in which one flow is known so much better than another that
// nothing could be reckoned with both.
func (m *model) spread() error {
	for _, e := range m.equations {
		low, high := -1, -1
		sd := func(k int) float64 { return math.Abs(e.terms[k].c) * m.sd[e.terms[k].flow] }
		for k, t := range e.terms {
			if !m.metered[t.flow] {
				continue
			}
			if low < 0 || sd(k) < sd(low) {
				low = k
			}
			if high < 0 || sd(k) > sd(high) {
				high = k
			}
		}
		if low >= 0 && sd(high) > maxSpread*sd(low) {
			return fault("%s: flow %q has a standard deviation of %g and flow %q one of %g; no more than %g apart: what is known so much better belongs into a constant",
				e.place, m.Flows[e.terms[low].flow].ID, m.sd[e.terms[low].flow], m.Flows[e.terms[high].flow].ID, m.sd[e.terms[high].flow], maxSpread)
		}
	}
	return nil
}
