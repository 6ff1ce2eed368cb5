package park

import (
	"math"

	"lingtan/quantity"
)

// Conversion is how a node of kind conversion turns carriers into others: the edges
// that run into it are its inputs, those that run out of it its outputs.
type Conversion struct {
	Kind       string   `json:"kind" yaml:"kind"`                                 // chp, boiler, heat_pump, chiller, compressor, electrolyser, heat_exchanger
	Allocation string   `json:"allocation,omitempty" yaml:"allocation,omitempty"` // energy, exergy, ratio, efficiency: how its carbon is divided among several outputs
	Per        string   `json:"per,omitempty" yaml:"per,omitempty"`               // input carrier that yields are of; needed where inputs are of several carriers
	Ambient    *float64 `json:"ambient_c,omitempty" yaml:"ambient_c,omitempty"`   // exergy: temperature of the surroundings, °C
	Outputs    []Output `json:"outputs,omitempty" yaml:"outputs,omitempty"`
}

// Output is what is known of an output of a conversion beside its meter.
type Output struct {
	Edge      string   `json:"edge" yaml:"edge"`
	Rated     *Measure `json:"rated,omitempty" yaml:"rated,omitempty"`         // rated yield: output by input; unit 1 where both are energy (efficiency, COP), else such as m3/kWh
	Share     *float64 `json:"share,omitempty" yaml:"share,omitempty"`         // allocation ratio: share of the carbon, 0 to 1
	Reference *float64 `json:"reference,omitempty" yaml:"reference,omitempty"` // allocation efficiency: efficiency of separate generation, above 0 to 1
	Supply    *float64 `json:"supply_c,omitempty" yaml:"supply_c,omitempty"`   // allocation exergy: supply temperature, °C
	Return    *float64 `json:"return_c,omitempty" yaml:"return_c,omitempty"`   // return temperature, °C; left out where the heat is given at one temperature
}

// energyUnit is the unit in which amounts of different carriers are compared.
var energyUnit = quantity.MustParse("GJ")

// Energy is the energy of one settle unit of the carrier in GJ; ok is false where the
// unit is none of energy and no energy content is given, or units are unknown.
func (c Carrier) Energy() (gj float64, ok bool) {
	u, err := quantity.Parse(c.Unit)
	if err != nil {
		return 0, false
	}
	gj = 1.0
	if m := c.EnergyContent; m != nil && !u.Compatible(energyUnit) {
		content, err := quantity.Parse(m.Unit)
		if err != nil {
			return 0, false
		}
		u, gj = u.Mul(content), m.Value
	}
	gj, err = quantity.Convert(gj, u, energyUnit)
	return gj, err == nil && gj > 0 && !math.IsInf(gj, 0)
}

// Yield is a rated yield in settle units of the output by settle units of the input.
// A unit of 1 (or %) compares their energies. ok is false where units do not go together.
func (m Measure) Yield(in, out Carrier) (yield float64, ok bool) {
	u, err := quantity.Parse(m.Unit)
	if err != nil || !(m.Value > 0) || math.IsInf(m.Value, 0) {
		return 0, false
	}
	if share, err := quantity.Convert(m.Value, u, quantity.Unit{}); err == nil {
		a, aok := in.Energy()
		b, bok := out.Energy()
		return share * a / b, aok && bok
	}
	a, err1 := quantity.Parse(in.Unit)
	b, err2 := quantity.Parse(out.Unit)
	if err1 != nil || err2 != nil {
		return 0, false
	}
	yield, err = quantity.Convert(m.Value, u.Mul(a), b)
	return yield, err == nil && yield > 0 && !math.IsInf(yield, 0)
}

// CarrierOf is the carrier that an edge carries: that of an end that is no conversion;
// nodes tells the network's nodes by identifier. It is empty between two conversions.
func (e Edge) CarrierOf(nodes func(id string) (Node, bool)) string {
	for _, id := range [2]string{e.From, e.To} {
		if n, ok := nodes(id); ok && n.Kind != "conversion" {
			return n.Carrier
		}
	}
	return ""
}
