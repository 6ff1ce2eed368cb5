package traced

import (
	"errors"
	"math"
	"slices"

	"lingtan/balance"
	"lingtan/flow/carbon"
	"lingtan/park"
)

// trace is what a storage is thought to hold when it is empty, as a share of the least that is
// ever taken out of it: enough to carry a mixture on, too little to count.
const trace = 1e-10

// Open lets every storage begin as package flow begins: holding of the first source of its
// carrier. What it gives before it was charged, or beyond what it was charged with, has the
// mixture that it last held, so that amounts and carbon tell the same; the carbon trace tells such
// energy as overdrawn and books it against the storage's owner. rate is a footprint a unit
// for each of Sources; where the first source is the output of a conversion it begins with the
// intensity that the output has when it first flows. Call it when all days are taken, before
// the trace.
func (n *Network) Open(rate [][]float64) error {
	if len(n.Carbon.Storages) == 0 || n.slots == 0 {
		return nil
	}
	w := n.Balance
	n.level = make([]float64, len(n.Carbon.Storages))
	outputs := map[int][]float64{} // node of the park → intensity; nil until it is known
	for node, s := range n.storage {
		if s < 0 {
			continue
		}
		n.level[s] = n.residue(node)
		n.Carbon.Storages[s].Held = n.level[s]
		n.Carbon.Storages[s].Carbon = make([]float64, len(n.Carbon.Footprints))
		first := n.assumed(w.Nodes[node].Carrier)
		if k := slices.Index(n.Sources, first); k >= 0 {
			copy(n.Carbon.Storages[s].Carbon, rate[k])
		} else if first >= 0 {
			outputs[first] = nil
		}
	}
	if len(outputs) == 0 {
		return nil
	}
	if err := n.firstIntensities(rate, outputs); err != nil {
		return err
	}
	for node, s := range n.storage {
		if s >= 0 {
			if x := outputs[n.assumed(w.Nodes[node].Carrier)]; x != nil {
				copy(n.Carbon.Storages[s].Carbon, x)
			}
		}
	}
	return nil
}

// assumed is the node of the first source of a carrier, an output of a conversion included; −1
// where there is none.
func (n *Network) assumed(carrier string) int {
	return slices.IndexFunc(n.Balance.Nodes, func(x park.Node) bool { return x.Kind == balance.Source && x.Carrier == carrier })
}

// residue is what a storage is thought to hold when it is empty.
func (n *Network) residue(node int) float64 {
	least := math.Inf(1)
	for i := range n.days {
		for slot := range n.days[i].slots {
			if x := n.moved(&n.days[i], n.Balance.Out[node], slot); x > 0 {
				least = min(least, x)
			}
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return trace * least
}

// moved is what edges carried in a slot; what is missing counts as nothing.
func (n *Network) moved(d *kept, edges []int, slot int) float64 {
	sum := 0.0
	for _, e := range edges {
		if x := d.amount(e, slot); x > 0 {
			sum += x
		}
	}
	return sum
}

// errKnown ends a trace that has told what was asked.
var errKnown = errors.New("traced: known")

// firstIntensities finds the intensity that outputs of conversions have when they first flow.
func (n *Network) firstIntensities(rate [][]float64, outputs map[int][]float64) error {
	tracer, err := carbon.NewTracer(n.Carbon)
	if err != nil {
		return err
	}
	err = tracer.Trace(n.slots, 1, n.Reader(rate), func(r *carbon.Result) error {
		open := false
		for node, x := range outputs {
			if x != nil {
				continue
			}
			if at, flows := r.Node(n.at[node]); flows {
				outputs[node] = slices.Clone(at[:len(n.Carbon.Footprints)])
			} else {
				open = true
			}
		}
		if open {
			return nil
		}
		return errKnown
	})
	if errors.Is(err, errKnown) {
		return nil
	}
	return err
}
