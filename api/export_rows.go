package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lingtan/accounting"
	"lingtan/balance"
	"lingtan/inventory/carbonflow"
	"lingtan/method"
	"lingtan/park"
	"lingtan/report"
)

// drawing is an overview that becomes a listing.
type drawing struct {
	overview
	entries map[string]accounting.Entry // of the inventory that the overview leads to
	zone    *time.Location
}

// listOverview lists a block of the overview.
func (s *Server) listOverview(ctx context.Context, in *exportIn) (*report.Listing, error) {
	drawn, err := s.getOverview(ctx, &overviewIn{Park: in.Park, Period: in.Period, Basis: in.Basis, Organization: in.Organization})
	if err != nil {
		return nil, err
	}
	d := &drawing{overview: drawn.Body, entries: map[string]accounting.Entry{}}
	layout, err := s.Parks.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	d.zone = layout.Zone
	out := &report.Listing{Basis: in.Basis}
	if d.Inventory != nil {
		out.Inventory = d.Inventory.ID
		x, err := s.Parks.Inventory(ctx, d.Inventory.ID)
		if err != nil {
			return nil, err
		}
		for _, e := range x.Inventory.Entries {
			d.entries[e.ID] = e
		}
	}
	out.Figures = map[string]func() []report.Figure{
		"indicators": d.indicatorFigures, "flow": d.flowFigures, "carbon": d.carbonFigures,
		"enterprises": d.enterpriseFigures, "quality": d.qualityFigures, "factors": d.factorFigures,
	}[in.Table]()
	return out, nil
}

// versions are the factors that entries applied, each once, in their order.
func (d *drawing) versions(entries []string) []string {
	var refs []string
	for _, id := range entries {
		for _, f := range d.entries[id].Factors {
			if !slices.Contains(refs, f.Factor) {
				refs = append(refs, f.Factor)
			}
		}
	}
	slices.Sort(refs)
	return refs
}

func (d *drawing) indicatorFigures() []report.Figure {
	var list []report.Figure
	for _, x := range d.Indicators {
		list = append(list, report.Figure{Item: x.ID, Name: x.Name, Quantity: "value", Value: x.Value, Unit: x.Unit, Measured: &x.MeasuredShare, Factors: d.versions(x.Entries), Entries: x.Entries})
	}
	return list
}

func (d *drawing) flowFigures() []report.Figure {
	var list []report.Figure
	for _, n := range d.Sankey.Nodes {
		list = append(list, report.Figure{Item: n.ID, Name: n.Name, Quantity: "energy", Value: &n.Value, Unit: d.Sankey.Unit})
		if n.Emissions != nil {
			list = append(list, report.Figure{Item: n.ID, Name: n.Name, Quantity: "emissions", Value: n.Emissions, Unit: "tCO2"})
		}
	}
	for _, l := range d.Sankey.Links {
		item := l.From + ">" + l.To
		list = append(list, report.Figure{Item: item, Quantity: "energy", Value: &l.Value, Unit: d.Sankey.Unit, Measured: &l.MeasuredShare})
		if l.Emissions != nil {
			list = append(list, report.Figure{Item: item, Quantity: "emissions", Value: l.Emissions, Unit: "tCO2", Measured: &l.MeasuredShare})
		}
	}
	return list
}

// at is the beginning of step i; days are civil ones.
func (d *drawing) at(i int) string {
	if d.Carbon.StepSeconds >= 86400 {
		return d.Carbon.From.In(d.zone).AddDate(0, 0, i).Format(time.RFC3339)
	}
	return d.Carbon.From.Add(time.Duration(i*d.Carbon.StepSeconds) * time.Second).In(d.zone).Format(time.RFC3339)
}

// graded is how sure a step is, a gap above all.
func (d *drawing) graded(i int, value *float64) string {
	switch {
	case value == nil:
		return "missing"
	case d.Carbon.Estimated[i]:
		return "estimated"
	}
	return "measured"
}

func (d *drawing) carbonFigures() []report.Figure {
	var list []report.Figure
	for _, series := range d.Carbon.Series {
		entries := d.ofSource(series.ID)
		refs := d.versions(entries)
		for i, v := range series.Values {
			list = append(list, report.Figure{Item: series.ID, Name: series.Name, Quantity: fmt.Sprintf("emissions, scope %d", series.Scope), From: d.at(i), Step: d.Carbon.StepSeconds,
				Value: v, Unit: d.Carbon.Unit, Quality: d.graded(i, v), Factors: refs, Entries: entries})
		}
	}
	for i, v := range d.Carbon.Intensity.Values {
		list = append(list, report.Figure{Item: "electricity", Name: park.Name{ZH: "用电碳强度", EN: "Carbon intensity of electricity"}, Quantity: "intensity", From: d.at(i), Step: d.Carbon.StepSeconds,
			Value: v, Unit: d.Carbon.Intensity.Unit, Quality: d.graded(i, v)})
	}
	return list
}

// ofSource are the entries that a source node led to among those of the organizations shown,
// on the basis shown.
func (d *drawing) ofSource(node string) []string {
	shown := map[string]bool{}
	for _, row := range d.Enterprises {
		shown[row.Organization] = true
	}
	var ids []string
	for id, e := range d.entries {
		if e.Activity.Source == node && shown[e.Activity.Organization] && (string(e.Basis) == d.Basis || e.Basis == method.Both) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (d *drawing) enterpriseFigures() []report.Figure {
	var list []report.Figure
	for _, row := range d.Enterprises {
		refs := d.versions(row.Entries)
		add := func(quantity, unit string, v *float64) {
			list = append(list, report.Figure{Item: row.Organization, Name: row.Name, Quantity: quantity, Value: v, Unit: unit, Measured: &row.MeasuredShare, Factors: refs, Entries: row.Entries})
		}
		add("energy", "MWh", row.EnergyMWh)
		add("emissions, scope 1", "tCO2", row.EmissionsScope1)
		add("emissions, scope 2", "tCO2", row.EmissionsScope2)
	}
	return list
}

func (d *drawing) qualityFigures() []report.Figure {
	q := d.Quality
	var list []report.Figure
	for _, x := range []struct {
		id    string
		name  park.Name
		share float64
	}{{"measured", park.Name{ZH: "实测", EN: "Measured"}, q.Measured}, {"estimated", park.Name{ZH: "估算", EN: "Estimated"}, q.Estimated},
		{"edited", park.Name{ZH: "修正", EN: "Edited"}, q.Edited}, {"missing", park.Name{ZH: "缺失", EN: "Missing"}, q.Missing}} {
		list = append(list, report.Figure{Item: x.id, Name: x.name, Quantity: "share of intervals", Value: &x.share, Unit: "1"})
	}
	for _, f := range q.Findings {
		n := float64(f.Count)
		list = append(list, report.Figure{Item: f.Rule, Name: f.Name, Quantity: "findings, " + f.Treatment, Value: &n, Unit: "1"})
	}
	return list
}

func (d *drawing) factorFigures() []report.Figure {
	var list []report.Figure
	for _, f := range d.Factors {
		list = append(list, report.Figure{Item: f.ID, Name: f.Name, Quantity: "factor", Value: &f.Value, Unit: f.Unit, Factors: []string{f.ID + "@" + f.Version}})
	}
	return list
}

// listFound lists what validation found.
func (s *Server) listFound(ctx context.Context, in *exportIn) (*report.Listing, error) {
	l, err := s.Parks.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	found, err := s.listFindings(ctx, &findingsIn{Park: in.Park, Organization: in.Organization, Period: in.Period, Limit: 10_000})
	if err != nil {
		return nil, err
	}
	out := &report.Listing{}
	for _, f := range found.Body.Findings {
		from, to := time.UnixMilli(f.From).In(l.Zone), time.UnixMilli(f.To)
		n := float64(f.Count)
		out.Figures = append(out.Figures, report.Figure{Item: f.Key, Quantity: "intervals, " + f.Rule, From: from.Format(time.RFC3339), Step: int(to.Sub(from).Seconds()), Value: &n, Unit: "1", Quality: f.Treatment})
	}
	return out, nil
}

// listCarbonFlow lists the trace of carbon through the network.
func (s *Server) listCarbonFlow(ctx context.Context, in *exportIn) (*report.Listing, error) {
	l, err := s.Parks.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	f, err := s.Parks.CarbonFlow(ctx, in.Park, in.Period, in.Step)
	if err != nil {
		return nil, err
	}
	at := slices.Index(f.Footprints, in.Basis)
	if at < 0 {
		return nil, fmt.Errorf("%w: the trace has no basis %s", errInput, in.Basis)
	}
	units := map[string]string{}
	for _, c := range l.Document.Carriers {
		units[c.ID] = c.Unit
	}
	out := &report.Listing{Basis: in.Basis}
	switch in.Table {
	case "intensity":
		out.Figures = intensityFigures(f, at, l.Zone)
	case "members":
		out.Figures = memberFigures(f, at)
	default:
		for _, x := range f.Transfers {
			item := x.From + ">" + x.To
			out.Figures = append(out.Figures, report.Figure{Item: item, Quantity: "energy, " + x.Carrier, Value: &x.Amount, Unit: units[x.Carrier]},
				report.Figure{Item: item, Quantity: "emissions, " + x.Carrier, Value: &x.Carbon[at], Unit: "tCO2"})
		}
	}
	return out, nil
}

func intensityFigures(f *carbonflow.Flow, basis int, zone *time.Location) []report.Figure {
	var list []report.Figure
	for _, n := range f.Nodes {
		for i, v := range n.Intensity[basis] {
			list = append(list, report.Figure{Item: n.Node, Name: n.Name, Quantity: "intensity", From: f.Times[i].In(zone).Format(time.RFC3339), Value: v, Unit: "kgCO2/" + n.Unit})
		}
	}
	return list
}

func memberFigures(f *carbonflow.Flow, basis int) []report.Figure {
	var list []report.Figure
	for _, m := range f.Owners {
		for _, x := range []struct {
			quantity string
			values   []float64
		}{{"used", m.Used}, {"lost", m.Lost}, {"exported", m.Exported}, {"stored", m.Stored}, {"sourced", m.Sourced}} {
			list = append(list, report.Figure{Item: m.Organization, Quantity: "emissions, " + x.quantity, Value: &x.values[basis], Unit: "tCO2"})
		}
	}
	return list
}

// listBalance lists the energy balance by carrier or by node.
func (s *Server) listBalance(ctx context.Context, in *exportIn) (*report.Listing, error) {
	drawn, err := s.getBalance(ctx, &balanceIn{Park: in.Park, Period: in.Period, Step: in.Step})
	if err != nil {
		return nil, err
	}
	l, err := s.Parks.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	t := drawn.Body
	out := &report.Listing{}
	add := func(step int, item string, name park.Name, unit string, list []told) {
		for _, y := range list {
			out.Figures = append(out.Figures, report.Figure{Item: item, Name: name, Quantity: y.quantity, From: t.Steps[step].In(l.Zone).Format(time.RFC3339), Value: y.value, Unit: unit})
		}
	}
	if in.Table == "carriers" {
		for _, c := range t.Carriers {
			for i, x := range c.Steps {
				add(i, c.Carrier, c.Name, c.Unit, carrierFigures(x))
			}
		}
		return out, nil
	}
	for _, p := range t.Places {
		for i, x := range p.Steps {
			add(i, p.Node, p.Name, p.Unit, placeFigures(x))
		}
	}
	return out, nil
}

type told struct {
	quantity string
	value    *float64
}

func carrierFigures(x balance.CarrierStep) []told {
	return []told{{"supplied", x.Supplied}, {"made", x.Made}, {"used", x.Used}, {"converted", x.Converted}, {"exported", x.Exported}, {"stored", x.Stored}, {"lost", x.Lost}, {"unjudged", x.Unjudged}}
}

func placeFigures(x balance.PlaceStep) []told {
	return []told{{"in", x.In}, {"out", x.Out}, {"converted", x.Converted}, {"stored", x.Stored}, {"lost", x.Lost}, {"unjudged", x.Unjudged}, {"unmetered", x.Unmetered}}
}
