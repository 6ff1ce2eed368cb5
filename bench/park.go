package main

import (
	"fmt"
	"strconv"

	"lingtan/meter"
	"lingtan/park"
)

// benchPark is the id of the synthetic park and perEnterprise the points of each of
// its enterprises.
const (
	benchPark     = "bench"
	perEnterprise = 50
)

// role is what a point meters.
type role int

const (
	roleMain role = iota // the enterprise's feeder from the park's bus
	rolePV
	roleGas
	roleUse
)

// point is a synthetic metering point with its one register.
type point struct {
	id         string
	enterprise int
	role       role
	kind       meter.Kind
	base       float64 // mean power, kW
	shape      int     // of shapes
}

func (p point) key() string { return p.id + ".r" }

// layPoints makes the points: enterprises of perEnterprise points, each with a main
// meter, a PV plant, a gas meter and uses; of all points 70 % give amounts, 20 %
// counters, 10 % mean power.
func layPoints(n int, seed uint64) []point {
	points := make([]point, n)
	kinds := [10]meter.Kind{meter.Amount, meter.Amount, meter.Counter, meter.Amount, meter.Amount, meter.MeanPower, meter.Amount, meter.Counter, meter.Amount, meter.Amount}
	for i := range points {
		r := role(min(i%perEnterprise, int(roleUse)))
		p := point{id: fmt.Sprintf("p%04d", i), enterprise: i / perEnterprise, role: r, kind: kinds[i%10]}
		u := unit(noise(seed, uint64(i), 1<<40))
		p.base, p.shape = 2+60*u*u, int(noise(seed, uint64(i), 1<<41)%uint64(len(shapes)))
		switch r {
		case roleMain:
			p.base = 0 // the sum of the others
		case rolePV:
			p.base = 180
		}
		points[i] = p
	}
	return points
}

// document is the park file of the points.
func document(points []point) *park.Document {
	d := &park.Document{Format: park.Format, Park: park.Park{ID: benchPark, Name: both("合成基准园区", "Synthetic benchmark park"), Region: "江苏", Country: "CN",
		Zone: "Asia/Shanghai", Interval: "15m", Method: "park-energy-cn@1", GWP: "AR6"},
		Organizations: []park.Organization{{ID: "operator", Kind: "operator", Name: both("园区运营方", "Park operator")}},
		Carriers:      []park.Carrier{{ID: "electricity", Name: both("电力", "Electricity"), Unit: "kWh"}, {ID: "natural_gas", Name: both("天然气", "Natural gas"), Unit: "GJ"}},
	}
	net := &d.Network
	net.Nodes = []park.Node{
		{ID: "grid", Kind: "source", Carrier: "electricity", Organization: "operator", Name: both("外购电网", "Public grid"), Activity: "purchased_electricity"},
		{ID: "gas", Kind: "source", Carrier: "natural_gas", Organization: "operator", Name: both("天然气", "Natural gas"), Activity: "natural_gas"},
		{ID: "bus", Kind: "bus", Carrier: "electricity", Organization: "operator", Name: both("园区母线", "Park bus")},
		{ID: "export", Kind: "export", Carrier: "electricity", Organization: "operator", Name: both("上网", "Export")},
	}
	net.Edges = []park.Edge{{ID: "import", From: "grid", To: "bus", Closing: true}, {ID: "out", From: "bus", To: "export", Closing: true}}
	for i, p := range points {
		org := "e" + strconv.Itoa(p.enterprise)
		if i%perEnterprise == 0 {
			d.Organizations = append(d.Organizations, park.Organization{ID: org, Kind: "enterprise", Parent: "operator", Name: both("企业 "+org, "Enterprise "+org)})
			net.Nodes = append(net.Nodes, park.Node{ID: org + "-bus", Kind: "bus", Carrier: "electricity", Organization: org, Name: both(org+" 母线", org+" bus")})
		}
		d.Points = append(d.Points, park.Point{ID: p.id, Name: both("测点 "+p.id, "Point "+p.id), Organization: org, Registers: []park.Register{register(p)}})
		connect(net, p, org)
	}
	return d
}

// connect sets the point's node and edge.
func connect(net *park.Network, p point, org string) {
	node := park.Node{ID: p.id, Kind: "use", Carrier: "electricity", Organization: org, Name: both("用能 "+p.id, "Use "+p.id)}
	edge := park.Edge{ID: "to-" + p.id, From: org + "-bus", To: p.id, Register: p.key()}
	switch p.role {
	case roleMain:
		edge.From, edge.To = "bus", org+"-bus"
		net.Edges = append(net.Edges, edge)
		return
	case rolePV:
		node.Kind, node.Activity = "source", "own_pv"
		edge.From, edge.To = p.id, org+"-bus"
	case roleGas:
		node.Carrier, edge.From = "natural_gas", "gas"
	}
	net.Nodes, net.Edges = append(net.Nodes, node), append(net.Edges, edge)
}

func register(p point) park.Register {
	lo, hi := 0.0, 20000.0 // an amount per hour; above every enterprise
	r := park.Register{ID: "r", Quantity: "active_energy", Kind: string(p.kind), Carrier: "electricity", Unit: "kWh", Step: "15m", Min: &lo, Max: &hi}
	switch {
	case p.role == roleGas:
		r.Quantity, r.Carrier = "fuel_energy", "natural_gas"
	case p.kind == meter.MeanPower:
		r.Quantity, r.Unit = "active_power", "kW"
	case p.kind == meter.Counter:
		r.Digits = 6
	}
	return r
}

func both(zh, en string) park.Name { return park.Name{ZH: zh, EN: en} }
