package report

import (
	"sort"

	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/park"
)

// Summary is an inventory on a page: energy by carrier, organization and point,
// emissions by scope and basis, how much of it was measured, and what it hangs on.
type Summary struct {
	Park          string                    `json:"park"`
	Name          park.Name                 `json:"name"`
	Period        string                    `json:"period"`
	Assembled     bool                      `json:"assembled"` // real readings put together as one park
	Energy        EnergySummary             `json:"energy"`
	Emissions     EmissionSummary           `json:"emissions"`
	Quality       QualitySummary            `json:"quality"`
	Consolidation []inventory.Consolidation `json:"consolidation"`
	Inventory     Reference                 `json:"inventory"`
}

// EnergySummary is the energy of a period; amounts are in settle units.
type EnergySummary struct {
	ByCarrier      []CarrierEnergy      `json:"byCarrier"`
	ByOrganization []OrganizationEnergy `json:"byOrganization"`
	ByPoint        []PointEnergy        `json:"byPoint"`
}

// CarrierEnergy is what the park used and lost of a carrier.
type CarrierEnergy struct {
	Carrier      string    `json:"carrier"`
	Name         park.Name `json:"name"`
	Unit         string    `json:"unit"`
	Amount       float64   `json:"amount"`
	StandardCoal float64   `json:"tce"` // tonnes of coal equivalent
}

// OrganizationEnergy is what an organization used and lost of a carrier.
type OrganizationEnergy struct {
	Organization string    `json:"organization"`
	Name         park.Name `json:"name"`
	Carrier      string    `json:"carrier"`
	Unit         string    `json:"unit"`
	Amount       float64   `json:"amount"`
	StandardCoal float64   `json:"tce"`
}

// PointEnergy is what a register metered; Amount is the sum of the three after it
// and says nothing of the missing intervals.
type PointEnergy struct {
	Register     string    `json:"register"`
	Name         park.Name `json:"name"` // of its point
	Organization string    `json:"organization"`
	Carrier      string    `json:"carrier"`
	Unit         string    `json:"unit"`
	Amount       float64   `json:"amount"`
	Measured     float64   `json:"measured"`
	Estimated    float64   `json:"estimated"`
	Edited       float64   `json:"edited"`
	Missing      int       `json:"missingIntervals"`
	Intervals    int       `json:"intervals"`
	Readings     int       `json:"readings"`
}

// Emissions are sums in tCO2; a total is scope 1 with scope 2 on that basis.
type Emissions struct {
	Scope1         float64 `json:"scope1"`
	Scope2Location float64 `json:"scope2Location"`
	Scope2Market   float64 `json:"scope2Market"`
	TotalLocation  float64 `json:"totalLocation"`
	TotalMarket    float64 `json:"totalMarket"`
}

// EmissionSummary are the park's emissions and its organizations'.
type EmissionSummary struct {
	Unit string `json:"unit"` // tCO2
	Emissions
	ByOrganization []OrganizationEmissions `json:"byOrganization"`
}

// OrganizationEmissions are an organization's emissions.
type OrganizationEmissions struct {
	Organization string    `json:"organization"`
	Name         park.Name `json:"name"`
	Emissions
	MeasuredShare float64 `json:"measuredShare"`
	Missing       int     `json:"missingIntervals"`
}

// QualitySummary says how much of the emissions rests on measured activity data.
// Shares are from 0 to 1.
type QualitySummary struct {
	MeasuredShare  float64 `json:"measuredShare"`
	EstimatedShare float64 `json:"estimatedShare"`
	EditedShare    float64 `json:"editedShare"`
	Missing        int     `json:"missingIntervals"`
	Intervals      int     `json:"intervals"`
}

// Reference names an inventory, its content and its entries.
type Reference struct {
	ID      string   `json:"id"`
	State   string   `json:"state"`
	Hash    string   `json:"hash"`
	Root    string   `json:"root"`
	Entries []string `json:"entries"`
}

// Summarize is the summary of an exported inventory; x holds an inventory with its
// park (evidence.ReadExport and the node see to that).
func Summarize(x *evidence.Export) Summary {
	d := &document{Inventory: x.Inventory, export: x}
	d.index()
	t := d.Total("")
	s := Summary{Park: d.Structure.Park.ID, Name: d.Structure.Park.Name, Period: d.Period.Text, Assembled: len(d.Structure.Assembly) > 0,
		Energy:    d.energySummary(),
		Emissions: EmissionSummary{Unit: "tCO2", Emissions: emissionsOf(t), ByOrganization: []OrganizationEmissions{}},
		Quality: QualitySummary{MeasuredShare: t.MeasuredShare, EstimatedShare: t.EstimatedShare, EditedShare: t.EditedShare,
			Missing: t.Missing, Intervals: t.Intervals},
		Consolidation: append([]inventory.Consolidation{}, d.Consolidation...),
		Inventory:     Reference{ID: d.ID, State: x.State, Hash: x.Hash, Root: d.Root, Entries: []string{}}}
	for _, m := range d.members() {
		s.Emissions.ByOrganization = append(s.Emissions.ByOrganization, OrganizationEmissions{Organization: m.Organization,
			Name: d.organizations[m.Organization], Emissions: emissionsOf(m), MeasuredShare: m.MeasuredShare, Missing: m.Missing})
	}
	for _, e := range d.Entries {
		s.Inventory.Entries = append(s.Inventory.Entries, e.ID)
	}
	return s
}

func emissionsOf(t inventory.Total) Emissions {
	return Emissions{Scope1: t.Scope1, Scope2Location: t.Scope2Location, Scope2Market: t.Scope2Market,
		TotalLocation: t.Scope1 + t.Scope2Location, TotalMarket: t.Scope1 + t.Scope2Market}
}

func (d *document) energySummary() EnergySummary {
	s := EnergySummary{ByCarrier: []CarrierEnergy{}, ByOrganization: []OrganizationEnergy{}, ByPoint: []PointEnergy{}}
	sums := map[string]*CarrierEnergy{}
	for _, e := range d.Energy {
		amount := e.Amount.Total()
		s.ByOrganization = append(s.ByOrganization, OrganizationEnergy{Organization: e.Organization, Name: d.organizations[e.Organization],
			Carrier: e.Carrier, Unit: e.Unit, Amount: amount, StandardCoal: e.StandardCoal})
		if sums[e.Carrier] == nil {
			sums[e.Carrier] = &CarrierEnergy{Carrier: e.Carrier, Name: d.carriers[e.Carrier], Unit: e.Unit}
		}
		sums[e.Carrier].Amount += amount
		sums[e.Carrier].StandardCoal += e.StandardCoal
	}
	for _, c := range sums {
		s.ByCarrier = append(s.ByCarrier, *c)
	}
	sort.Slice(s.ByCarrier, func(i, j int) bool { return s.ByCarrier[i].Carrier < s.ByCarrier[j].Carrier })
	for _, r := range d.Registers {
		at := d.registers[r.Register]
		s.ByPoint = append(s.ByPoint, PointEnergy{Register: r.Register, Name: at.point, Organization: at.organization, Carrier: at.carrier, Unit: r.Unit,
			Amount: r.Totals.Total(), Measured: r.Totals.Measured, Estimated: r.Totals.Estimated, Edited: r.Totals.Edited,
			Missing: r.Totals.Missing, Intervals: r.Totals.Intervals, Readings: r.Readings})
	}
	return s
}
