package dispatch

import (
	"math"

	"lingtan/lp"
)

// supply adds a connection: 0 ≤ import ≤ limit, 0 ≤ export ≤ limit,
//
//	cost = Σ h·(price + carbon price·intensity)·import − Σ h·sale·export + demand charges
func (b *block) supply(x Supply) {
	T := b.p.steps()
	imports, exports := make([]lp.Column, T), make([]lp.Column, T)
	var in, out []sum
	way := b.oneWay(x)
	for t := range T {
		h := b.p.Hours[t]
		imports[t] = b.column(x.ID, "import", t, 0, math.Inf(1))
		b.pay(imports[t], h*(x.Price.at(t, 0)+b.p.CarbonPrice*x.Intensity.at(t, 0)))
		b.carbon.add(imports[t], h*x.Intensity.at(t, 0))
		b.balance[x.Carrier][t].add(imports[t], 1)
		in = append(in, of(imports[t]))
		if x.Carrier == b.p.Limits.GreenOf {
			b.all.add(imports[t], h)
		}
		b.importLimit(x, t, imports[t])
		if len(x.Sale) == 0 && !way {
			continue
		}
		exports[t] = b.column(x.ID, "export", t, 0, x.exportLimit(t))
		b.binds("export", x.ID, t, exports[t], "kW", 1)
		b.pay(exports[t], -h*x.Sale.at(t, 0))
		b.balance[x.Carrier][t].add(exports[t], -1)
		out = append(out, of(exports[t]))
		if x.Carrier == b.p.Limits.GreenOf {
			b.all.add(exports[t], -h)
			b.green.add(exports[t], -h)
		}
		if way || b.apart[x.ID] {
			b.turn(x, t, imports[t], exports[t])
		}
	}
	b.keep(x.ID, "import", in)
	b.keep(x.ID, "export", out)
	for _, d := range x.Demand {
		b.demandCharge(x, d, imports)
	}
	if x.Nominated {
		b.nomination(x, imports)
	}
}

// exportLimit is at most what may be sold in a step, kW.
func (x Supply) exportLimit(t int) float64 {
	if len(x.Sale) == 0 {
		return 0
	}
	return x.ExportLimit.at(t, math.Inf(1))
}

func (b *block) importLimit(x Supply, t int, column lp.Column) {
	if len(x.ImportLimit) == 0 {
		return
	}
	var price *float64
	if x.Overrun != nil {
		hourly := *x.Overrun * b.p.Hours[t]
		price = &hourly
	}
	b.demand("import_limit", x.ID, t, math.Inf(-1), of(column), x.ImportLimit.at(t, 0), price)
}

// oneWay tells whether a supply must never buy and sell in one step from the start: where
// it is said, and where a storage may not trade. Elsewhere it is enforced only when a plan
// would do both.
func (b *block) oneWay(x Supply) bool {
	way := x.OneWay
	for _, s := range b.p.Storages {
		way = way || s.Carrier == x.Carrier && (s.NoImport || s.NoExport)
	}
	return way
}

// turn keeps import and export apart: import ≤ M·(1 − y), export ≤ M·y, y ∈ {0, 1}.
func (b *block) turn(x Supply, t int, imported, exported lp.Column) {
	takes, gives := b.capacity(x.Carrier, t)
	if len(x.ImportLimit) > 0 && x.Overrun == nil && !b.relaxed {
		takes = math.Min(takes, x.ImportLimit.at(t, 0))
	}
	y := b.binary(x.ID, "sells", t)
	s := of(imported)
	s.add(y, takes)
	b.row(x.ID, "import_turn", t, math.Inf(-1), s, takes)
	s = of(exported)
	s.add(y, -math.Min(gives, x.exportLimit(t)))
	b.row(x.ID, "export_turn", t, math.Inf(-1), s, 0)
	b.direction[x.Carrier] = append(b.direction[x.Carrier], y)
}

// demandCharge: peak ≥ import in each step of the window, peak ≥ what is billed already;
// cost = weight·rate·(peak − free).
func (b *block) demandCharge(x Supply, d DemandCharge, imports []lp.Column) {
	least := math.Max(d.Previous, d.Free)
	name := "peak." + d.ID
	var peak lp.Column
	if d.Contracted {
		peak = b.once(x.ID, name, 0, least, math.Inf(1), false)
	} else {
		peak = b.column(x.ID, name, 0, least, math.Inf(1))
	}
	money := d.Rate * d.weight()
	b.pay(peak, money)
	b.cost.constant -= money * d.Free
	for _, t := range d.window(len(imports)) {
		s := of(peak)
		s.add(imports[t], -1)
		b.row(x.ID, name, t, 0, s, math.Inf(1))
	}
	b.keep(x.ID, name, []sum{of(peak)})
}

func (d DemandCharge) weight() float64 {
	if d.Weight == 0 {
		return 1
	}
	return d.Weight
}

func (d DemandCharge) window(steps int) []int {
	if len(d.Steps) > 0 {
		return d.Steps
	}
	all := make([]int, steps)
	for t := range all {
		all[t] = t
	}
	return all
}

// nomination: import − nominated = above − below; cost = h·deviation·(above + below).
func (b *block) nomination(x Supply, imports []lp.Column) {
	var told []sum
	for t, c := range imports {
		n := b.once(x.ID, "nominated", t, 0, math.Inf(1), false)
		above, below := b.column(x.ID, "above", t, 0, math.Inf(1)), b.column(x.ID, "below", t, 0, math.Inf(1))
		b.pay(above, x.Deviation*b.p.Hours[t])
		b.pay(below, x.Deviation*b.p.Hours[t])
		s := of(c)
		s.add(n, -1)
		s.add(above, -1)
		s.add(below, 1)
		b.row(x.ID, "nomination", t, 0, s, 0)
		told = append(told, of(n))
	}
	b.keep(x.ID, "nominated", told)
}

// capacity is at most how much power of a carrier the assets take and give in a step.
func (b *block) capacity(carrier string, t int) (takes, gives float64) {
	for _, x := range b.p.Loads {
		if x.Carrier == carrier {
			takes += x.Demand.at(t, 0) + x.Shift
		}
	}
	for _, x := range b.p.Storages {
		if x.Carrier == carrier {
			most := x.PowerSize.most(1)
			takes += x.Charge * most
			gives += x.Discharge * most
		}
	}
	for _, x := range b.p.Charging {
		if x.Carrier == carrier {
			takes += x.Power
		}
	}
	for _, x := range b.p.Batches {
		var most float64
		for _, kw := range x.Profile[carrier] {
			most = math.Max(most, kw)
		}
		takes += most
	}
	for _, x := range b.p.Renewables {
		if x.Carrier == carrier {
			gives += x.Available.at(t, 0) * x.Size.most(1)
		}
	}
	for _, x := range b.p.Units {
		down, up := x.swing(carrier, t)
		takes, gives = takes+down, gives+up
	}
	for _, c := range b.p.Carriers {
		if c.ID == carrier && c.Dump {
			takes += gives
		}
	}
	return takes, gives
}

// most is the largest size, usual where nothing is chosen.
func (s *Sizing) most(usual float64) float64 {
	if s == nil {
		return usual
	}
	return s.Max
}
