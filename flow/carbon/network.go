// Package carbon traces carbon with energy through a park's network across carriers:
// from sources over buses, lines, storages and converters to every consumer, interval
// by interval, by proportional sharing, so that no gram is lost or counted twice.
//
// DESIGN.md beside this file explains the rules and the algorithm.
package carbon

import (
	"errors"
	"fmt"
	"math"
)

// Sentinels of the package.
var (
	// ErrNetwork marks a network that cannot be traced; the error names the element.
	ErrNetwork = errors.New("carbon: network")
	// ErrConservation marks an interval whose carbon out differs from its carbon in by
	// more than 1e-9 of what flowed. It is a fault of this package, never of the data.
	ErrConservation = errors.New("carbon: not conserved")
)

// Who bears the loss of a line.
const (
	LossReceiver = "receiver" // the receiver: all carbon sent arrives, with less energy (Bialek's gross flow)
	LossApart    = "apart"    // the line's owner: the carbon of the loss is booked on its own
)

// What is assumed of energy that leaves a place and was not seen to enter it.
const (
	DeficitMixture     = "mixture"     // it has the mixture of the place; its carbon is a negative remainder
	DeficitUnexplained = "unexplained" // it has no known carbon: it is traced on as unexplained energy
)

// How a converter's carbon is divided among its outputs.
const (
	AllocateEnergy     = "energy"     // by energy
	AllocateExergy     = "exergy"     // by exergy: energy × quality, from temperatures (Carnot)
	AllocateRatio      = "ratio"      // by fixed shares
	AllocateEfficiency = "efficiency" // by output ÷ efficiency of separate generation
)

// Node is a place where one carrier mixes: a busbar, a steam header, a hydrogen line.
type Node struct {
	ID, Carrier string
	Owner       string // bears what the node leaves over; a path "enterprise/workshop/line"
}

// Edge carries one carrier from a node to another.
type Edge struct {
	ID       string
	From, To int    // nodes
	Owner    string // bears the loss under LossApart
	TwoWay   bool   // negative amounts mean flow from To to From; otherwise they are a finding
}

// Source brings energy in at a node with a footprint per unit.
type Source struct {
	ID    string
	Node  int
	Owner string
}

// Use takes energy out at a node: a consumer, or what is sent out of the park.
type Use struct {
	ID     string
	Node   int
	Owner  string
	Export bool
}

// Storage stands at a node, takes energy in and gives it back with the mixture of
// what it holds and what it is charged with in the same interval. Its losses are
// written off to its owner.
type Storage struct {
	ID     string
	Node   int
	Owner  string
	Held   float64   // energy held before the first interval, ≥ 0
	Carbon []float64 // its footprints per unit; nil where unknown: it is unexplained then
	// Efficiencies in (0, 1], 0 means 1: stored ÷ charged, and delivered ÷ drawn.
	ChargeEfficiency, DischargeEfficiency float64
	Standing                              float64 // share of what is held that is lost in an interval, [0, 1)
}

// Port joins a converter to a node.
type Port struct {
	Node int
	// Direct are the footprints emitted at the converter for each unit of an input,
	// as by combustion (scope 1 of its owner); nil means none.
	Direct []float64
	// Weight of an output in the division: under AllocateRatio its share of the
	// converter's carbon, under AllocateEfficiency the efficiency at which a separate
	// plant would make it; not used otherwise.
	Weight float64
	// Supply and Return are the temperatures of an output of heat or cold, °C, under
	// AllocateExergy; both NaN for electricity or work, whose quality is 1. Return may be
	// NaN where the heat is delivered at one temperature.
	Supply, Return float64
}

// Converter turns carriers into others: CHP, boiler, heat pump, chiller, electrolyser,
// compressor, transformer.
type Converter struct {
	ID, Kind, Owner string
	Inputs, Outputs []Port
	Allocation      string  // AllocateEnergy when empty
	Ambient         float64 // °C, the dead state of AllocateExergy
}

// Network is what carbon is traced through. Amounts are in one unit of energy
// throughout (or each carrier in its own unit, where no conversion depends on it), and
// footprints in one unit of mass each.
type Network struct {
	Footprints []string // what is traced side by side: "location", "market", or gases
	Nodes      []Node
	Edges      []Edge
	Sources    []Source
	Uses       []Use
	Storages   []Storage
	Converters []Converter
	Loss       string // LossReceiver when empty
	Deficit    string // DeficitMixture when empty
	// Split names the footprint that is also told by origin: by source, by converter's
	// direct emission and by what each storage held at the start. Empty means none.
	Split string
}

// Limits of a network.
const (
	maxElements = 200_000 // of each kind
	maxColumns  = 2_000
	maxValues   = 50_000_000 // vertices × columns
	maxCycle    = 2_000      // vertices that energy circles through within one interval
)

// check finds the first thing in the network that cannot be traced.
func (n *Network) check() error {
	if len(n.Footprints) == 0 {
		return fmt.Errorf("%w: footprints: none; name at least one", ErrNetwork)
	}
	if len(n.Nodes) == 0 {
		return fmt.Errorf("%w: nodes: none; name at least one", ErrNetwork)
	}
	for i, count := range []int{len(n.Nodes), len(n.Edges), len(n.Sources), len(n.Uses), len(n.Storages), len(n.Converters)} {
		if count > maxElements {
			what := []string{"nodes", "edges", "sources", "uses", "storages", "converters"}[i]
			return fmt.Errorf("%w: %s: %d, more than %d; divide the network", ErrNetwork, what, count, maxElements)
		}
	}
	if n.Loss != LossReceiver && n.Loss != LossApart {
		return fmt.Errorf("%w: loss: %q; receiver or apart", ErrNetwork, n.Loss)
	}
	if n.Deficit != DeficitMixture && n.Deficit != DeficitUnexplained {
		return fmt.Errorf("%w: deficit: %q; mixture or unexplained", ErrNetwork, n.Deficit)
	}
	return errors.Join(n.checkPlaces(), n.checkStorages(), n.checkConverters())
}

func (n *Network) checkPlaces() error {
	at := func(path string, node int) error {
		if node < 0 || node >= len(n.Nodes) {
			return fmt.Errorf("%w: %s: node %d of %d", ErrNetwork, path, node, len(n.Nodes))
		}
		return nil
	}
	for i, e := range n.Edges {
		if err := errors.Join(at(fmt.Sprintf("edges[%d].from", i), e.From), at(fmt.Sprintf("edges[%d].to", i), e.To)); err != nil {
			return err
		}
		if e.From == e.To {
			return fmt.Errorf("%w: edges[%d]: %s runs from node %s to itself", ErrNetwork, i, e.ID, n.Nodes[e.From].ID)
		}
		if a, b := n.Nodes[e.From], n.Nodes[e.To]; a.Carrier != b.Carrier {
			return fmt.Errorf("%w: edges[%d]: %s joins %s (%s) with %s (%s); only a converter changes the carrier", ErrNetwork, i, e.ID, a.ID, a.Carrier, b.ID, b.Carrier)
		}
	}
	for i, s := range n.Sources {
		if err := at(fmt.Sprintf("sources[%d].node", i), s.Node); err != nil {
			return err
		}
	}
	for i, u := range n.Uses {
		if err := at(fmt.Sprintf("uses[%d].node", i), u.Node); err != nil {
			return err
		}
	}
	for i, s := range n.Storages {
		if err := at(fmt.Sprintf("storages[%d].node", i), s.Node); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) checkStorages() error {
	share := func(x float64) bool { return x >= 0 && x <= 1 } // false for NaN
	for i, s := range n.Storages {
		path := fmt.Sprintf("storages[%d]", i)
		if !(s.Held >= 0 && s.Held <= maxAmount) {
			return fmt.Errorf("%w: %s.held: %v at %s; from 0 to %g", ErrNetwork, path, s.Held, s.ID, maxAmount)
		}
		if !share(s.ChargeEfficiency) || !share(s.DischargeEfficiency) || (s.ChargeEfficiency != 0 && s.ChargeEfficiency < 0.01) || (s.DischargeEfficiency != 0 && s.DischargeEfficiency < 0.01) {
			return fmt.Errorf("%w: %s: efficiencies %v, %v of %s; from 0.01 to 1", ErrNetwork, path, s.ChargeEfficiency, s.DischargeEfficiency, s.ID)
		}
		if !share(s.Standing) || s.Standing == 1 {
			return fmt.Errorf("%w: %s.standing: %v of %s; from 0 to below 1", ErrNetwork, path, s.Standing, s.ID)
		}
		if err := n.checkFootprint(path+".carbon", s.Carbon); err != nil {
			return err
		}
	}
	return nil
}

// checkFootprint refuses a footprint per unit that is not one value a footprint.
func (n *Network) checkFootprint(path string, f []float64) error {
	if f == nil {
		return nil
	}
	if len(f) != len(n.Footprints) {
		return fmt.Errorf("%w: %s: %d values for %d footprints", ErrNetwork, path, len(f), len(n.Footprints))
	}
	for k, x := range f {
		if !(x >= 0 && x <= maxFactor) {
			return fmt.Errorf("%w: %s.%s: %v; from 0 to %g", ErrNetwork, path, n.Footprints[k], x, maxFactor)
		}
	}
	return nil
}

func (n *Network) checkConverters() error {
	for i, c := range n.Converters {
		path := fmt.Sprintf("converters[%d]", i)
		if len(c.Inputs) == 0 || len(c.Outputs) == 0 {
			return fmt.Errorf("%w: %s: %s has %d inputs and %d outputs; at least one of each", ErrNetwork, path, c.ID, len(c.Inputs), len(c.Outputs))
		}
		if _, err := weights(c); err != nil {
			return fmt.Errorf("%w: %s: %s: %w", ErrNetwork, path, c.ID, err)
		}
		if err := errors.Join(n.checkPorts(path+".inputs", c.Inputs, false), n.checkPorts(path+".outputs", c.Outputs, true)); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) checkPorts(path string, ports []Port, output bool) error {
	for j, p := range ports {
		if p.Node < 0 || p.Node >= len(n.Nodes) {
			return fmt.Errorf("%w: %s[%d].node: %d of %d", ErrNetwork, path, j, p.Node, len(n.Nodes))
		}
		if err := n.checkFootprint(fmt.Sprintf("%s[%d].direct", path, j), p.Direct); err != nil {
			return err
		}
		if output && p.Direct != nil {
			return fmt.Errorf("%w: %s[%d].direct: direct emissions belong to an input", ErrNetwork, path, j)
		}
	}
	return nil
}

// weights are what a unit of each output counts in the division of the converter's
// carbon; under AllocateRatio the shares themselves.
//
//   - energy: 1.
//   - exergy: the quality of the output, see quality.
//   - efficiency: 1 ÷ efficiency of separate generation (GHG Protocol, Allocation of GHG
//     Emissions from a Combined Heat and Power Plant, 2006, efficiency method).
func weights(c Converter) ([]float64, error) {
	w := make([]float64, len(c.Outputs))
	var sum float64
	for i, p := range c.Outputs {
		var err error
		switch c.Allocation {
		case "", AllocateEnergy:
			w[i] = 1
		case AllocateExergy:
			w[i], err = quality(p.Supply, p.Return, c.Ambient)
		case AllocateRatio:
			w[i] = p.Weight
		case AllocateEfficiency:
			w[i] = 1 / p.Weight
		default:
			err = fmt.Errorf("allocation %q; energy, exergy, ratio or efficiency", c.Allocation)
		}
		if err != nil {
			return nil, fmt.Errorf("outputs[%d]: %w", i, err)
		}
		if !(w[i] >= 0 && w[i] <= 1e6) {
			return nil, fmt.Errorf("outputs[%d]: weight %v; ratio takes shares from 0 to 1, efficiency values above 0", i, p.Weight)
		}
		sum += w[i]
	}
	if c.Allocation == AllocateRatio && math.Abs(sum-1) > 1e-9 {
		return nil, fmt.Errorf("the shares of the outputs sum to %v, not to 1", sum)
	}
	if sum == 0 {
		return nil, errors.New("no output has a weight: at ambient temperature heat has no exergy")
	}
	return w, nil
}

// quality is the exergy of a unit of an output: 1 for electricity and work (supply
// NaN), |1 − T₀/T| for heat or cold at the temperature T, where T is the mean
// thermodynamic temperature (Tₛ−Tᵣ)/ln(Tₛ/Tᵣ) when the heat is given between supply and
// return (all in K; EN 15316-4-5:2017, Carnot method for CHP; Kotas, The Exergy Method of
// Thermal Plant Analysis, 1985).
func quality(supply, back, ambient float64) (float64, error) {
	if math.IsNaN(supply) {
		return 1, nil
	}
	const zero = 273.15
	ts, t0 := supply+zero, ambient+zero
	tr := ts
	if !math.IsNaN(back) {
		tr = back + zero
	}
	if !(ts > 0 && tr > 0 && t0 > 0 && ts < 1e4 && tr < 1e4 && t0 < 1e4) {
		return 0, fmt.Errorf("temperatures %v °C supply, %v °C return, %v °C ambient; above absolute zero and below 10,000 K", supply, back, ambient)
	}
	mean := ts
	if math.Abs(ts-tr) > 1e-9*ts {
		mean = (ts - tr) / math.Log(ts/tr)
	}
	return math.Abs(1 - t0/mean), nil // cold far below ambient may have more exergy than energy
}
