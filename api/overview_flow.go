package api

import (
	"slices"

	"lingtan/accounting"
	"lingtan/balance"
	"lingtan/inventory"
	"lingtan/park"
)

// toMWh is what a settle unit is in MWh; 0 for what is no energy.
var toMWh = map[string]float64{"kWh": 1.0 / 1000, "MWh": 1, "GJ": 1 / 3.6, "MJ": 1.0 / 3600}

// sankey is the energy flow: along the metered edges for the park, from the sources
// to the uses for one organization.
func (sc *scene) sankey() sankey {
	out := sankey{Unit: "MWh", Nodes: []sankeyNode{}, Links: []sankeyLink{}}
	if sc.own == nil {
		out.Links = sc.edgeLinks()
	} else {
		out.Links = sc.originLinks()
	}
	into, from := map[string]float64{}, map[string]float64{}
	for _, l := range out.Links {
		into[l.To] += l.Value
		from[l.From] += l.Value
	}
	for i, n := range sc.layout.Document.Network.Nodes {
		value := max(into[n.ID], from[n.ID])
		if value == 0 {
			continue
		}
		node := sankeyNode{ID: n.ID, Name: n.Name, Kind: n.Kind, Carrier: n.Carrier, Organization: n.Organization, Value: value}
		switch n.Kind {
		case balance.Use, balance.Source:
			e := sc.emissionsAt(i, n.Kind)
			node.Emissions = &e
		case conversionNode:
			e := sc.emissionsInto(n.ID)
			node.Emissions = &e
		}
		out.Nodes = append(out.Nodes, node)
		if v := into["unmetered:"+n.ID]; v > 0 {
			e := sc.emissionsAt(i, n.Kind)
			out.Nodes = append(out.Nodes, sankeyNode{ID: "unmetered:" + n.ID, Name: park.Name{ZH: "未计量与损耗", EN: "Unmetered and losses"}, Kind: "unmetered", Carrier: n.Carrier, Organization: n.Organization, Value: v, Emissions: &e})
		}
	}
	return out
}

// emissionsAt is what node i answers for: a use or bus what it takes, a source what it gives.
func (sc *scene) emissionsAt(i int, kind string) float64 {
	p := sc.view.Profile
	var sum float64
	if kind != balance.Source {
		for s := range p.Sources {
			sum += sc.carbonAt(i, s)
		}
		return sum
	}
	id := p.Places[i].Node
	for s, src := range p.Sources {
		if src.Node != id {
			continue
		}
		for place, x := range p.Places {
			if (x.Kind == balance.Use || x.Kind == balance.Bus) && sc.shown(x.Organization) {
				sum += sc.carbonAt(place, s)
			}
		}
	}
	return sum
}

// carbonAt is the carbon of what place i took of source s: of an output of a conversion, what
// went into it.
func (sc *scene) carbonAt(i, s int) float64 {
	p := sc.view.Profile
	if p.Sources[s].Runner == "" {
		return p.Sum(i, s, sc.from, sc.to) * sc.view.Rate[sc.basis][s]
	}
	sum := 0.0
	for _, x := range sc.view.Embodied(sc.basis, i, s) {
		sum += x
	}
	return sum
}

// emissionsInto is what all inputs of a conversion bring.
func (sc *scene) emissionsInto(conversion string) float64 {
	sum := 0.0
	for i, x := range sc.view.Profile.Places {
		if x.Kind == balance.Use && sc.conversion(x.Node) == conversion {
			sum += sc.emissionsAt(i, balance.Use)
		}
	}
	return sum
}

// placeOf is the place of the profile that an edge runs to: of a conversion, the input.
func (sc *scene) placeOf(edge park.Edge) int {
	for i, x := range sc.view.Profile.Places {
		if x.Node == edge.To+"."+edge.ID {
			return i
		}
	}
	i, _ := sc.layout.Node(edge.To)
	return i
}

// edgeLinks are the network's edges, parallel ones together, and what buses leave over.
func (sc *scene) edgeLinks() []sankeyLink {
	p := sc.view.Profile
	net := sc.layout.Document.Network
	at := map[[2]string]int{}
	links := []sankeyLink{}
	for e, edge := range net.Edges {
		var sum float64
		for _, x := range p.Edges[e][sc.from : sc.to+1] {
			sum += x
		}
		i := sc.placeOf(edge)
		sum *= toMWh[p.Places[i].Unit]
		if sum <= 0 {
			continue
		}
		key := [2]string{edge.From, edge.To}
		if k, ok := at[key]; ok {
			links[k].Value += sum
			continue
		}
		at[key] = len(links)
		l := sankeyLink{From: edge.From, To: edge.To, Carrier: p.Places[i].Carrier, Value: sum, MeasuredShare: sc.measuredAt(i)}
		if p.Places[i].Kind == balance.Use {
			v := sc.emissionsAt(i, balance.Use)
			l.Emissions = &v
		}
		links = append(links, l)
	}
	for i, x := range p.Places {
		var rest float64
		for s := range p.Sources {
			rest += p.Sum(i, s, sc.from, sc.to)
		}
		if rest *= toMWh[x.Unit]; x.Kind == balance.Bus && rest > 1e-9 {
			links = append(links, sankeyLink{From: x.Node, To: "unmetered:" + x.Node, Carrier: x.Carrier, Value: rest, MeasuredShare: sc.measuredAt(i)})
		}
	}
	return links
}

// originLinks run from each source straight to the uses of the organization, by way of the
// conversions whose outputs these take.
func (sc *scene) originLinks() []sankeyLink {
	p := sc.view.Profile
	links := []sankeyLink{}
	for i, x := range p.Places {
		if x.Kind != balance.Use || !sc.shown(x.Organization) {
			continue
		}
		for s, src := range p.Sources {
			amount := p.Sum(i, s, sc.from, sc.to)
			if amount <= 0 {
				continue
			}
			value := amount * toMWh[x.Unit]
			from, to := sc.conversion(src.Node), sc.conversion(x.Node)
			if value == 0 || from == to { // no energy in its unit, or a plant's own need
				continue
			}
			e := sc.carbonAt(i, s)
			links = append(links, sankeyLink{From: from, To: to, Carrier: x.Carrier, Value: value, Emissions: &e, MeasuredShare: sc.measuredAt(i)})
		}
	}
	return links
}

// measuredAt is the measured share of the intervals of the meters that feed place i;
// of all meters where none does.
func (sc *scene) measuredAt(i int) float64 {
	p := sc.view.Profile
	sum := add(p.PlaceDays[i][sc.from : sc.to+1])
	if sum.All() == 0 {
		sum = add(p.Quality[sc.from : sc.to+1])
	}
	return share(sum.Measured, sum.All())
}

func add(days []inventory.Shares) inventory.Shares {
	var sum inventory.Shares
	for _, d := range days {
		sum.Add(d)
	}
	return sum
}

func share(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}

// enterprises is a row for each organization with a use.
func (sc *scene) enterprises() []enterpriseRow {
	rows := []enterpriseRow{}
	p := sc.view.Profile
	for _, o := range sc.layout.Document.Organizations {
		if !slices.Contains(p.Owners, o.ID) || !sc.shown(o.ID) {
			continue
		}
		own := func(e accounting.Entry) bool { return e.Activity.Organization == o.ID }
		one, two := sc.view.Emissions(sc.basis, 1, own), sc.view.Emissions(sc.basis, 2, own)
		var energy float64
		var graded inventory.Shares
		for i, x := range p.Places {
			if x.Organization != o.ID || x.Kind != balance.Use && x.Kind != balance.Bus {
				continue
			}
			for s := range p.Sources {
				energy += p.Sum(i, s, sc.from, sc.to) * toMWh[x.Unit]
			}
			if x.Kind == balance.Use {
				graded.Add(add(p.PlaceDays[i][sc.from : sc.to+1]))
			}
		}
		row := enterpriseRow{Organization: o.ID, Name: o.Name, MeasuredShare: share(graded.Measured, graded.All()), Entries: sc.entries(own)}
		if graded.All() == 0 || graded.Missing < graded.All() { // null where nothing is known, which is not zero
			row.EnergyMWh, row.EmissionsScope1, row.EmissionsScope2 = &energy, &one, &two
		}
		rows = append(rows, row)
	}
	return rows
}
