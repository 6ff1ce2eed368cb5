// Package parktest builds a small park for a test in one readable expression, with
// settled usage in memory beside it.
package parktest

import (
	"context"
	"slices"
	"testing"

	"lingtan/meter"
	"lingtan/park"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/usage"
)

// Park is a park under construction: one electricity bus, fed by the grid over a
// closing edge, that sends its surplus out.
type Park struct {
	Document *park.Document
	days     []usage.Day
}

// New is a park in Jiangsu without users.
func New() *Park {
	n := func(s string) park.Name { return park.Name{ZH: s, EN: s} }
	return &Park{Document: &park.Document{
		Format:        park.Format,
		Park:          park.Park{ID: "test", Name: n("test park"), Region: "江苏", Country: "CN", Zone: "Asia/Shanghai", Interval: "15m", Method: "park-energy-cn@1", GWP: "AR6"},
		Organizations: []park.Organization{{ID: "operator", Kind: "operator", Name: n("operator")}},
		Carriers:      []park.Carrier{{ID: "electricity", Name: n("electricity"), Unit: "kWh"}, {ID: "natural_gas", Name: n("gas"), Unit: "GJ"}},
		Network: park.Network{
			Nodes: []park.Node{
				{ID: "grid", Kind: "source", Carrier: "electricity", Organization: "operator", Name: n("grid"), Activity: "purchased_electricity"},
				{ID: "bus", Kind: "bus", Carrier: "electricity", Organization: "operator", Name: n("bus")},
				{ID: "out", Kind: "export", Carrier: "electricity", Organization: "operator", Name: n("export")},
			},
			Edges: []park.Edge{{ID: "import", From: "grid", To: "bus", Closing: true}, {ID: "export", From: "bus", To: "out", Closing: true}},
		},
	}}
}

// Enterprise adds an organization that uses electricity at a meter "id.kwh".
func (p *Park) Enterprise(id string) *Park {
	n := park.Name{ZH: id, EN: id}
	p.Document.Organizations = append(p.Document.Organizations, park.Organization{ID: id, Kind: "enterprise", Name: n, Parent: "operator"})
	return p.use(id, id, "electricity", "bus", "active_energy", "kWh")
}

// PV adds own photovoltaics at a meter "pv.kwh".
func (p *Park) PV() *Park {
	n := park.Name{ZH: "光伏", EN: "PV"}
	p.point("pv", "operator", "electricity", "active_energy", "kWh")
	p.Document.Network.Nodes = append(p.Document.Network.Nodes, park.Node{ID: "pv", Kind: "source", Carrier: "electricity", Organization: "operator", Name: n, Activity: "own_pv"})
	p.Document.Network.Edges = append(p.Document.Network.Edges, park.Edge{ID: "pv-in", From: "pv", To: "bus", Register: "pv.kwh"})
	return p
}

// Gas lets an organization burn natural gas at a meter "organization-gas.kwh", in GJ.
func (p *Park) Gas(organization string) *Park {
	n := park.Name{ZH: "天然气", EN: "gas"}
	source := organization + "-gas-supply"
	p.Document.Network.Nodes = append(p.Document.Network.Nodes, park.Node{ID: source, Kind: "source", Carrier: "natural_gas", Organization: organization, Name: n, Activity: "natural_gas"})
	return p.use(organization+"-gas", organization, "natural_gas", source, "fuel_energy", "GJ")
}

func (p *Park) use(id, organization, carrier, from, quantity, unit string) *Park {
	p.point(id, organization, carrier, quantity, unit)
	p.Document.Network.Nodes = append(p.Document.Network.Nodes, park.Node{ID: id + "-use", Kind: "use", Carrier: carrier, Organization: organization, Name: park.Name{ZH: id, EN: id}})
	p.Document.Network.Edges = append(p.Document.Network.Edges, park.Edge{ID: "to-" + id, From: from, To: id + "-use", Register: id + ".kwh"})
	return p
}

func (p *Park) point(id, organization, carrier, quantity, unit string) {
	p.Document.Points = append(p.Document.Points, park.Point{ID: id, Organization: organization, Name: park.Name{ZH: id, EN: id},
		Registers: []park.Register{{ID: "kwh", Quantity: quantity, Kind: "amount", Carrier: carrier, Unit: unit, Step: "15m"}}})
}

// Certificate gives an organization a green certificate of MWh in a period.
func (p *Park) Certificate(organization, period string, mwh float64) *Park {
	p.Document.Instruments = append(p.Document.Instruments, park.Instrument{ID: "gec-" + organization + "-" + period, Organization: organization, Kind: "green_certificate", Period: period, MWh: mwh, Evidence: "test"})
	return p
}

// Settled adds a settled day of a register: every quarter hour the same amount, of
// one quality.
func (p *Park) Settled(key, day string, each float64, q meter.Quality) *Park {
	d, err := period.ParseDay(day)
	if err != nil {
		panic(err)
	}
	u := usage.Day{Key: key, Day: d, Amount: make([]float64, 96), Readings: 96}
	for i := range u.Amount {
		u.Amount[i] = each
	}
	if q != meter.Measured {
		u.Quality = slices.Repeat([]meter.Quality{q}, 96)
	}
	p.days = append(p.days, u)
	return p
}

// Day adds a settled day as it is.
func (p *Park) Day(d usage.Day) *Park {
	p.days = append(p.days, d)
	return p
}

// Check fails the test when the park is not sound.
func (p *Park) Check(t testing.TB) *Park {
	t.Helper()
	if _, err := layout.Compile(p.Document); err != nil {
		t.Fatal(err)
	}
	return p
}

// UsageByDay hands on the settled days in order; it makes the park a usage source.
func (p *Park) UsageByDay(_ context.Context, q usage.Query, fn func(usage.Day) error) error {
	slices.SortStableFunc(p.days, func(a, b usage.Day) int { return int(a.Day - b.Day) })
	for _, d := range p.days {
		if d.Day < q.First || d.Day > q.Last || !slices.Contains(q.Keys, d.Key) {
			continue
		}
		if err := fn(d); err != nil {
			return err
		}
	}
	return nil
}
