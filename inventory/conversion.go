package inventory

import (
	"context"
	"fmt"

	"lingtan/accounting"
	"lingtan/balance"
	"lingtan/factor"
	"lingtan/inventory/traced"
	"lingtan/method"
	"lingtan/period"
	"lingtan/usage"
)

// converted is the activity of what a conversion gives out: package balance lays conversions
// out as uses of what they take and sources of this activity.
const converted = "conversion"

// handed is what places took of the outputs of conversions, told by what had gone into these,
// so that a buyer of steam counts the carbon of the fuel that it was made of.
type handed struct {
	network *traced.Network
	list    []traced.Passed
	runner  map[string]string // output → who runs the conversion
}

// newHanded prepares to follow conversions; nil where the network has none.
func newHanded(w *balance.Network) *handed {
	if len(w.Conversions) == 0 {
		return nil
	}
	h := &handed{network: traced.New(w), runner: map[string]string{}}
	for _, v := range w.Conversions {
		for _, n := range v.Sources {
			h.runner[w.Nodes[n].ID] = v.Organization
		}
	}
	return h
}

// follow traces the days that were taken. One worker: the same sums to the last bit.
func (h *handed) follow() error {
	if h == nil {
		return nil
	}
	return h.network.Embodied(1, func(p traced.Passed) { h.list = append(h.list, p) })
}

// handedOver goes through the usage of a period for what conversions handed on.
func handedOver(ctx context.Context, p *Pass, src UsageSource, first, last period.Day, asKnownAt int64) (*handed, error) {
	h := newHanded(p.Network)
	if h == nil {
		return nil, nil
	}
	_, err := p.Run(ctx, src, first, last, asKnownAt, func(b *balance.Day, _ map[string]usage.Day) error {
		h.network.Take(b)
		return nil
	})
	if err == nil {
		err = h.follow()
	}
	return h, err
}

// rates are tCO2 a unit of each source, by basis.
type rates map[method.Basis]map[string]float64

// ratesOf divides what entries say of each source by what was taken of it.
func ratesOf(entries []accounting.Entry, acts []accounting.Activity) rates {
	taken := map[string]float64{}
	for _, a := range acts {
		if a.Place != accounting.Exported {
			taken[a.Source] += a.Amount.Total()
		}
	}
	r := rates{method.Location: {}, method.Market: {}}
	for _, e := range entries {
		if e.Apart != "" || e.Activity.Record != "" || taken[e.Activity.Source] == 0 {
			continue
		}
		for basis, of := range r {
			if e.Basis == basis || e.Basis == method.Both {
				of[e.Activity.Source] += e.Emissions / taken[e.Activity.Source]
			}
		}
	}
	return r
}

// sums add up the days [first, last] by place and output: under the node's identifier, and
// under its organization with what it does.
func (h *handed) sums(first, last period.Day) map[string][]float64 {
	w := h.network.Balance
	sums := map[string][]float64{}
	for _, p := range h.list {
		if p.Day < first || p.Day > last {
			continue
		}
		n, output := w.Nodes[p.Node], w.Nodes[p.Output].ID
		for _, key := range []string{"node|" + n.ID + "|" + output, n.Organization + "|" + string(place[n.Kind]) + "|" + output} {
			if sums[key] == nil {
				sums[key] = make([]float64, len(p.Embodied))
			}
			for s, x := range p.Embodied {
				sums[key][s] += x
			}
		}
	}
	return sums
}

// entries are scope 2 of who took of a conversion that another runs, at the intensity of what went
// into it; who runs it has counted that already, fuel in scope 1 and power in scope 2. Where
// inside says that both are in the inventory, an entry of no organization takes the same
// off, so that the total counts it once.
func (h *handed) entries(acts []accounting.Activity, r rates, first, last period.Day, inside func(organization string) bool) ([]accounting.Entry, error) {
	if h == nil {
		return nil, nil
	}
	var list []accounting.Entry
	sums := h.sums(first, last)
	for _, act := range acts {
		runner := h.runner[act.Source]
		if act.Kind != converted || act.Place == accounting.Exported || act.Organization == runner || act.Amount.Total() == 0 {
			continue
		}
		key := "node|" + act.Node + "|" + act.Source
		if act.Node == "" {
			key = act.Organization + "|" + string(act.Place) + "|" + act.Source
		}
		location, market := h.carbon(sums[key], r[method.Location]), h.carbon(sums[key], r[method.Market])
		bases := map[method.Basis]float64{method.Location: location, method.Market: market}
		order := []method.Basis{method.Location, method.Market}
		if location == market {
			bases, order = map[method.Basis]float64{method.Both: location}, []method.Basis{method.Both}
		}
		for _, basis := range order {
			pair, err := boughtEntries(act, basis, bases[basis], inside(runner))
			if err != nil {
				return nil, err
			}
			list = append(list, pair...)
		}
	}
	return list, nil
}

// carbon is what was embodied times the rates of its sources.
func (h *handed) carbon(embodied []float64, rate map[string]float64) float64 {
	sum := 0.0
	for s, x := range embodied {
		sum += x * rate[h.network.Balance.Nodes[h.network.Sources[s]].ID]
	}
	return sum
}

// boughtEntries is the buyer's entry of tonnes of carbon and, where the runner is inside, the
// one that takes it off.
func boughtEntries(act accounting.Activity, basis method.Basis, tonnes float64, inside bool) ([]accounting.Entry, error) {
	amount := act.Amount.Total()
	e := accounting.Entry{Scope: 2, Basis: basis, Rule: "conversion-bought", Activity: act, Data: amount, DataUnit: act.Unit, Formula: method.ActivityFactor, Unit: "tCO2",
		Clause: "GHG Protocol Scope 2 Guidance (2015): purchased energy at the intensity of the supplier's plant",
		Factors: []accounting.Applied{{Role: "ef", Factor: "flow:" + act.Source, Name: factor.Name{ZH: "经碳流追踪的供能强度 " + act.Source, EN: "intensity by the carbon flow, " + act.Source},
			Value: 1000 * tonnes / amount, Unit: "kgCO2/" + act.Unit, Grade: factor.GradeOwn, Source: "what went into the conversion, traced interval by interval · 逐时段追踪转换的投入"}}}
	if err := e.Evaluate(); err != nil {
		return nil, fmt.Errorf("%s taken by %s: %w", act.Source, act.Organization, err)
	}
	if !inside {
		return []accounting.Entry{e}, nil
	}
	off := e
	off.Rule, off.Sign, off.Activity.Organization = "conversion-within", -1, ""
	return []accounting.Entry{e, off}, off.Evaluate()
}

// netEnergy are activities with what conversions gave out taken off at who runs them, so that
// energy is counted once: GB/T 2589-2020 takes energy handed on off the supplier's.
func (h *handed) netEnergy(acts []accounting.Activity) []accounting.Activity {
	if h == nil {
		return acts
	}
	var list []accounting.Activity
	for _, a := range acts {
		list = append(list, a)
		if a.Kind != converted {
			continue
		}
		a.Organization, a.Place = h.runner[a.Source], accounting.Consumed
		a.Amount = usage.Totals{Measured: -a.Amount.Measured, Estimated: -a.Amount.Estimated, Edited: -a.Amount.Edited}
		list = append(list, a)
	}
	return list
}

// gives says whether a carrier is made by a conversion of the park.
func (h *handed) gives(carrier string) bool {
	if h == nil {
		return false
	}
	for _, v := range h.network.Balance.Conversions {
		for _, n := range v.Sources {
			if h.network.Balance.Nodes[n].Carrier == carrier {
				return true
			}
		}
	}
	return false
}
