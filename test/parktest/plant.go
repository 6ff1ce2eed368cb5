package parktest

import (
	"context"

	"lingtan/park"
	"lingtan/period"
	"lingtan/usage"
)

// Boiler lets an organization run a boiler that burns natural gas metered at "boiler-gas.kwh" and
// gives steam metered at "boiler-steam.kwh", both in GJ, to a header of its own.
func (p *Park) Boiler(organization string) *Park {
	p.Document.Carriers = append(p.Document.Carriers, park.Carrier{ID: "steam", Name: park.Name{ZH: "蒸汽", EN: "steam"}, Unit: "GJ"})
	p.point("boiler-gas", organization, "natural_gas", "fuel_energy", "GJ")
	p.point("boiler-steam", organization, "steam", "thermal_energy", "GJ")
	net := &p.Document.Network
	net.Nodes = append(net.Nodes,
		park.Node{ID: "gas-main", Kind: "source", Carrier: "natural_gas", Organization: organization, Name: park.Name{ZH: "燃气管", EN: "gas main"}, Activity: "natural_gas"},
		park.Node{ID: "boiler", Kind: "conversion", Organization: organization, Name: park.Name{ZH: "锅炉", EN: "boiler"}, Conversion: &park.Conversion{Kind: "boiler"}},
		park.Node{ID: "header", Kind: "bus", Carrier: "steam", Organization: organization, Name: park.Name{ZH: "分汽缸", EN: "header"}})
	net.Edges = append(net.Edges, park.Edge{ID: "boiler-in", From: "gas-main", To: "boiler", Register: "boiler-gas.kwh"},
		park.Edge{ID: "boiler-out", From: "boiler", To: "header", Register: "boiler-steam.kwh"})
	return p
}

// Steam lets an organization take steam of the header at a meter "organization-steam.kwh", in GJ.
func (p *Park) Steam(organization string) *Park {
	return p.use(organization+"-steam", organization, "steam", "header", "thermal_energy", "GJ")
}

// Ring adds two enterprises at a metered ring main: the bus feeds a's end at "ring-in.kwh", own
// photovoltaics feed b's at "ring-pv.kwh", and "ring-ab.kwh" and "ring-ba.kwh" meter what runs
// between the ends.
func (p *Park) Ring(a, b string) *Park {
	net := &p.Document.Network
	for _, id := range []string{"ring-in", "ring-pv", "ring-ab", "ring-ba"} {
		p.point(id, "operator", "electricity", "active_energy", "kWh")
	}
	name := func(s string) park.Name { return park.Name{ZH: s, EN: s} }
	net.Nodes = append(net.Nodes,
		park.Node{ID: "ring-a", Kind: "bus", Carrier: "electricity", Organization: "operator", Name: name("ring a")},
		park.Node{ID: "ring-b", Kind: "bus", Carrier: "electricity", Organization: "operator", Name: name("ring b")},
		park.Node{ID: "ring-sun", Kind: "source", Carrier: "electricity", Organization: "operator", Name: name("ring PV"), Activity: "own_pv"})
	net.Edges = append(net.Edges, park.Edge{ID: "ring-in", From: "bus", To: "ring-a", Register: "ring-in.kwh"},
		park.Edge{ID: "ring-pv", From: "ring-sun", To: "ring-b", Register: "ring-pv.kwh"},
		park.Edge{ID: "ring-ab", From: "ring-a", To: "ring-b", Register: "ring-ab.kwh"}, park.Edge{ID: "ring-ba", From: "ring-b", To: "ring-a", Register: "ring-ba.kwh"})
	for _, x := range [][2]string{{a, "ring-a"}, {b, "ring-b"}} {
		p.Document.Organizations = append(p.Document.Organizations, park.Organization{ID: x[0], Kind: "enterprise", Name: name(x[0]), Parent: "operator"})
		p.use(x[0], x[0], "electricity", x[1], "active_energy", "kWh")
	}
	return p
}

// DayTotals hands on the totals of the settled days, in order.
func (p *Park) DayTotals(ctx context.Context, q usage.Query, fn func(key string, day period.Day, t usage.Totals) error) error {
	return p.UsageByDay(ctx, q, func(d usage.Day) error { return fn(d.Key, d.Day, d.Totals()) })
}
