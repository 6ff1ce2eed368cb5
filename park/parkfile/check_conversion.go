package parkfile

import (
	"fmt"
	"math"
	"strings"

	"lingtan/park"
)

// conversion is the kind of node that turns carriers into others.
const conversion = "conversion"

// makes are the known carriers that a kind of conversion can give out. Carriers of a park's
// own names are not held against them.
var makes = map[string][]string{
	"chp":            {"electricity", "steam", "heat", "cooling"},
	"boiler":         {"steam", "heat"},
	"heat_pump":      {"heat", "steam", "cooling"},
	"chiller":        {"cooling", "heat"},
	"compressor":     {"compressed_air", "natural_gas", "hydrogen"},
	"electrolyser":   {"hydrogen", "heat"},
	"heat_exchanger": {"heat", "steam", "cooling"},
}

// highestYield is the energy that a kind can give out for the energy it takes: a loss-free
// machine gives as much, one that lifts heat from its surroundings more. Ideal heat pumps and
// chillers (Carnot) at a lift of 10 K reach about 30; beyond it a figure is a slip of the pen.
var highestYield = map[string]float64{"heat_pump": 30, "chiller": 30}

// coldLimit and hotLimit bound the temperatures of a park file, °C.
const (
	coldLimit = -273.15
	hotLimit  = 3000
)

func (c *check) nodeByID(id string) (park.Node, bool) {
	i := c.node.find(id)
	if i < 0 {
		return park.Node{}, false
	}
	return c.doc.Network.Nodes[i], true
}

func (c *check) kindOf(id string) string {
	n, _ := c.nodeByID(id)
	return n.Kind
}

// carrierOf checks that a node names its one carrier, and a conversion none.
func (c *check) carrierOf(n park.Node, at *path) {
	switch {
	case n.Kind == conversion && n.Carrier != "":
		c.fault(at.field("carrier"), codeCarrier, "转换没有单一的能源品种；请删去 carrier，品种由两侧的边给出", "a conversion has no one carrier; remove it, its edges have theirs")
	case n.Kind == conversion && n.Conversion == nil:
		c.fault(at.field("conversion"), codeConversion, "转换「"+clip(n.ID)+"」缺少 conversion；请写明其类别", "conversion "+quote(n.ID)+" has no key conversion; write its kind there")
	case n.Kind != conversion && n.Conversion != nil:
		c.fault(at.field("conversion"), codeConversion, "conversion 只用于 kind: conversion 的节点", "the key conversion goes with nodes of kind conversion only")
	case n.Kind != conversion && n.Carrier == "":
		c.fault(at.field("carrier"), codeMissing, "缺少「carrier」", `"carrier" is missing`)
	default:
		c.refer(n.Carrier, c.carrier, nounCarrier, at.field("carrier"))
	}
}

// rated checks an edge whose amounts come from a rated yield.
func (c *check) rated(e park.Edge, here *path) {
	if e.Register != "" || e.Closing {
		c.fault(here.field("rated"), codeMetered, "边已计量或为平衡边，不能再按额定产出率估算；删去其一", "the edge is metered or closing, and cannot be estimated by a rated yield too; remove one of the two")
	}
	n, ok := c.nodeByID(e.From)
	if !ok {
		return
	}
	if n.Kind == conversion && n.Conversion != nil {
		for _, o := range n.Conversion.Outputs {
			if o.Edge == e.ID && o.Rated != nil {
				return
			}
		}
	}
	c.fault(here.field("rated"), codeConversion, "rated 只用于转换的输出，且须在 conversion.outputs 中给出该边的 rated 产出率", "rated goes with an output of a conversion only, and needs the rated yield of this edge in conversion.outputs")
}

// converting is a conversion under check, with its edges.
type converting struct {
	*check
	node    park.Node
	at      *path // network.nodes[i].conversion
	in, out []park.Edge
}

// conversions checks the nodes that turn carriers into others.
func (c *check) conversions() {
	in, out := make(map[string][]park.Edge), make(map[string][]park.Edge)
	for _, e := range c.doc.Network.Edges {
		in[e.To], out[e.From] = append(in[e.To], e), append(out[e.From], e)
	}
	for i, n := range c.doc.Network.Nodes {
		if n.Kind != conversion || n.Conversion == nil {
			continue
		}
		at := (*path)(nil).field("network").field("nodes").item(i)
		x := converting{check: c, node: n, at: at.field("conversion"), in: in[n.ID], out: out[n.ID]}
		if len(x.in) == 0 || len(x.out) == 0 {
			c.fault(at, codeConversion, fmt.Sprintf("转换「%s」有 %d 条输入、%d 条输出的边；至少各一条", clip(n.ID), len(x.in), len(x.out)),
				fmt.Sprintf("conversion %s has %d edges in and %d out; at least one of each", quote(n.ID), len(x.in), len(x.out)))
		}
		if c.word(n.Conversion.Kind, conversionKinds, x.at.field("kind")) {
			x.carriers()
		}
		known := x.outputs()
		x.perCarrier()
		x.allocation(known)
		x.yields()
	}
}

// carrier is the carrier of an edge with its settle unit.
func (x *converting) carrier(e park.Edge) (park.Carrier, bool) {
	i := x.check.carrier.find(e.CarrierOf(x.nodeByID))
	if i < 0 {
		return park.Carrier{}, false
	}
	return x.doc.Carriers[i], true
}

// carriers checks what the conversion gives out against its kind.
func (x *converting) carriers() {
	kind, can := x.node.Conversion.Kind, makes[x.node.Conversion.Kind]
	given := make(map[string]bool)
	for _, e := range x.out {
		id := e.CarrierOf(x.nodeByID)
		given[id] = true
		if contains(carrierWords, id) && !contains(can, id) {
			x.fault(x.at.field("kind"), codeConversion, fmt.Sprintf("%s 不产出 %s（边「%s」）；可产出：%s", kind, id, clip(e.ID), strings.Join(can, ", ")),
				fmt.Sprintf("a %s does not give out %s (edge %s); it can give %s", kind, id, quote(e.ID), strings.Join(can, ", ")))
		}
	}
	if kind == "chp" && len(x.out) > 0 && (!given["electricity"] || len(given) < 2) {
		x.fault(x.at.field("kind"), codeConversion, "热电联产须既产出电力又产出热；请补上缺少的输出边", "a chp gives out electricity and heat; add the edge of the other output")
	}
}

// outputs checks what is written of single outputs and returns it by edge.
func (x *converting) outputs() map[string]park.Output {
	known := make(map[string]park.Output)
	for k, o := range x.node.Conversion.Outputs {
		at := x.at.field("outputs").item(k)
		mine := false
		for _, e := range x.out {
			mine = mine || e.ID == o.Edge
		}
		if _, twice := known[o.Edge]; twice {
			x.fault(at.field("edge"), codeDuplicate, "边「"+clip(o.Edge)+"」写了两次", "edge "+quote(o.Edge)+" stands twice")
		} else if !mine && o.Edge != "" {
			x.fault(at.field("edge"), codeReference, "「"+clip(o.Edge)+"」不是由「"+clip(x.node.ID)+"」流出的边", quote(o.Edge)+" is no edge that runs out of "+quote(x.node.ID))
		}
		known[o.Edge] = o
		x.within(o.Share, 0, 1, at.field("share"))
		if x.within(o.Reference, 0, 1, at.field("reference")) && o.Reference != nil && *o.Reference == 0 {
			x.fault(at.field("reference"), codeNumber, "参考效率须大于 0", "a reference efficiency is above 0")
		}
		x.within(o.Supply, coldLimit, hotLimit, at.field("supply_c"))
		x.within(o.Return, coldLimit, hotLimit, at.field("return_c"))
		if o.Rated != nil {
			x.unit(o.Rated.Unit, at.field("rated").field("unit"))
		}
	}
	x.within(x.node.Conversion.Ambient, coldLimit, hotLimit, x.at.field("ambient_c"))
	return known
}

func (c *check) within(v *float64, low, high float64, at *path) bool {
	if v != nil && !(*v >= low && *v <= high) {
		c.fault(at, codeNumber, fmt.Sprintf("%g 超出范围；应在 %g 至 %g 之间", *v, low, high), fmt.Sprintf("%g is out of range; from %g to %g", *v, low, high))
		return false
	}
	return true
}

// perCarrier checks of which input the rated yields are.
func (x *converting) perCarrier() {
	rated, inputs := false, make(map[string]bool)
	for _, o := range x.node.Conversion.Outputs {
		rated = rated || o.Rated != nil
	}
	for _, e := range x.in {
		inputs[e.CarrierOf(x.nodeByID)] = true
	}
	per := x.node.Conversion.Per
	switch {
	case per != "" && !inputs[per] && len(x.in) > 0:
		x.fault(x.at.field("per"), codeReference, "「"+clip(per)+"」不是该转换的输入品种", quote(per)+" is no input carrier of this conversion")
	case per == "" && rated && len(inputs) > 1:
		x.fault(x.at.field("per"), codeConversion, "输入有多种能源；请以 per 写明额定产出率对应的输入品种", "inputs are of several carriers; write under per which one the rated yields are of")
	}
}

// allocation checks that several outputs have what their division needs.
func (x *converting) allocation(known map[string]park.Output) {
	v := x.node.Conversion
	at := x.at.field("allocation")
	if v.Allocation == "" {
		if len(x.out) > 1 {
			x.fault(at, codeAllocation, "转换有多个输出；请写 allocation：energy、exergy、ratio 或 efficiency", "the conversion has several outputs; write its allocation: energy, exergy, ratio or efficiency")
		}
		return
	}
	if !x.word(v.Allocation, allocations, at) {
		return
	}
	if v.Allocation == "exergy" && v.Ambient == nil {
		x.fault(x.at.field("ambient_c"), codeAllocation, "按㶲分摊需要环境温度 ambient_c，℃", "allocation by exergy needs the ambient temperature ambient_c, °C")
	}
	sum := 0.0
	for _, e := range x.out {
		o := known[e.ID]
		if o.Share != nil {
			sum += *o.Share
		}
		x.parameters(v.Allocation, e, o)
	}
	if v.Allocation == "ratio" && len(x.out) > 0 && math.Abs(sum-1) > 1e-9 {
		x.fault(at, codeAllocation, fmt.Sprintf("各输出的 share 之和为 %g，应为 1", sum), fmt.Sprintf("the shares of the outputs sum to %g, not to 1", sum))
	}
}

// parameters checks what a division needs of one output.
func (x *converting) parameters(allocation string, e park.Edge, o park.Output) {
	lacks := func(key, zh, en string) {
		x.fault(x.at.field("outputs"), codeAllocation, "输出「"+clip(e.ID)+"」缺少 "+key+"："+zh, "output "+quote(e.ID)+" lacks "+key+": "+en)
	}
	carrier, ok := x.carrier(e)
	switch {
	case allocation == "ratio" && o.Share == nil:
		lacks("share", "按固定比例分摊，请写它的份额", "allocation by ratio needs its share of the carbon")
	case allocation == "efficiency" && o.Reference == nil:
		lacks("reference", "效率法需要单独生产的参考效率", "the efficiency method needs the efficiency of separate generation")
	case allocation == "exergy" && o.Supply == nil && carrier.ID != "electricity":
		lacks("supply_c", "按㶲分摊需要供应温度，℃", "allocation by exergy needs its supply temperature, °C")
	}
	if _, energy := carrier.Energy(); ok && !energy && allocation != "ratio" && len(x.out) > 1 {
		x.fault(x.at.field("allocation"), codeAllocation, fmt.Sprintf("「%s」以 %s 结算，不是能量单位；请在该能源品种写 energy_content，或按 ratio 分摊", clip(carrier.ID), clip(carrier.Unit)),
			fmt.Sprintf("%s is settled in %s, no unit of energy; give the carrier an energy_content, or allocate by ratio", quote(carrier.ID), clip(carrier.Unit)))
	}
}

// yields checks rated yields: their units, and that no more energy comes out than can.
func (x *converting) yields() {
	var in park.Carrier
	found := false
	for _, e := range x.in {
		if id := e.CarrierOf(x.nodeByID); !found && (x.node.Conversion.Per == "" || id == x.node.Conversion.Per) {
			in, found = x.carrier(e)
		}
	}
	if !found {
		return
	}
	whole := 0.0
	for k, o := range x.node.Conversion.Outputs {
		for _, e := range x.out {
			if e.ID == o.Edge && o.Rated != nil {
				whole += x.yield(o, in, e, x.at.field("outputs").item(k).field("rated"))
			}
		}
	}
	most := highestYield[x.node.Conversion.Kind]
	if most == 0 {
		most = 1
	}
	if whole > most*(1+1e-9) {
		x.fault(x.at.field("outputs"), codeYield, fmt.Sprintf("额定产出合计为输入能量的 %.4g 倍；%s 至多 %g", whole, x.node.Conversion.Kind, most),
			fmt.Sprintf("rated outputs are %.4g of the energy put in; a %s gives at most %g", whole, x.node.Conversion.Kind, most))
	}
}

// yield is the rated energy of an output by the energy of the input; 0 where their energies
// cannot be compared.
func (x *converting) yield(o park.Output, in park.Carrier, e park.Edge, at *path) float64 {
	out, ok := x.carrier(e)
	if !ok || o.Rated.Unit == "" {
		return 0
	}
	if o.Rated.Value == 0 {
		x.fault(at.field("value"), codeYield, "额定产出率须大于 0", "a rated yield is above 0")
		return 0
	}
	y, ok := o.Rated.Yield(in, out)
	if !ok {
		x.fault(at.field("unit"), codeDimension, fmt.Sprintf("「%s」不是 %s 对 %s 的产出率；写作 %s/%s，或两者都有能量单位（或 energy_content）时写 1", clip(o.Rated.Unit), clip(out.ID), clip(in.ID), clip(out.Unit), clip(in.Unit)),
			fmt.Sprintf("%s is no yield of %s from %s; write it in %s/%s, or in 1 where both are energy or have an energy_content", quote(o.Rated.Unit), clip(out.ID), clip(in.ID), clip(out.Unit), clip(in.Unit)))
		return 0
	}
	a, aok := in.Energy()
	b, bok := out.Energy()
	if !aok || !bok {
		return 0
	}
	return y * b / a
}
