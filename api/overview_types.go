package api

import (
	"time"

	"lingtan/park"
)

// overview is what the overview page shows.
type overview struct {
	Park        parkHeading     `json:"park"`
	Period      span            `json:"period"`
	Basis       string          `json:"basis" enum:"location,market"`
	DataUntil   *time.Time      `json:"dataUntil" nullable:"true"`
	Inventory   *inventoryState `json:"inventory,omitempty" doc:"The inventory that the figures can be traced to"`
	Indicators  []indicator     `json:"indicators"`
	Sankey      sankey          `json:"sankey"`
	Carbon      carbon          `json:"carbon"`
	Enterprises []enterpriseRow `json:"enterprises"`
	Quality     quality         `json:"quality"`
	Factors     []factorUsed    `json:"factors"`
}

type parkHeading struct {
	ID        string      `json:"id"`
	Name      park.Name   `json:"name"`
	Region    string      `json:"region"`
	Zone      string      `json:"zone"`
	Interval  string      `json:"interval"`
	Assembled bool        `json:"assembled"`
	Demo      bool        `json:"demo"`
	Assembly  []assembled `json:"assembly"`
}

type assembled struct {
	Dataset string     `json:"dataset"`
	Source  string     `json:"source"`
	Licence string     `json:"licence"`
	Shift   park.Name  `json:"shift"`
	Scale   float64    `json:"scale" doc:"Factor on the values; 1 = none"`
	Why     *park.Name `json:"why,omitempty"`
}

type span struct {
	Text     string    `json:"text"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	FirstDay string    `json:"firstDay"`
	LastDay  string    `json:"lastDay"`
}

type inventoryState struct {
	ID       string     `json:"id"`
	Period   string     `json:"period"`
	State    string     `json:"state" enum:"open,closed"`
	ClosedAt *time.Time `json:"closedAt" nullable:"true"`
}

type indicator struct {
	ID               string     `json:"id" enum:"emissions,energy,carbon_per_energy,green_share,carbon_per_kwh,peak_demand"`
	Name             park.Name  `json:"name"`
	Value            *float64   `json:"value" nullable:"true"`
	Unit             string     `json:"unit"`
	MeasuredShare    float64    `json:"measuredShare" doc:"0 to 1, by amount"`
	EstimatedShare   float64    `json:"estimatedShare"`
	EditedShare      float64    `json:"editedShare"`
	MissingIntervals int        `json:"missingIntervals"`
	Entries          []string   `json:"entries" nullable:"false" doc:"Entries that the value can be traced to, the largest first; at most 50"`
	Spark            []*float64 `json:"spark" nullable:"false"`
	Note             *park.Name `json:"note,omitempty"`
	Limit            *float64   `json:"limit,omitempty" nullable:"true"`
}

type sankey struct {
	Unit  string       `json:"unit"`
	Nodes []sankeyNode `json:"nodes" nullable:"false"`
	Links []sankeyLink `json:"links" nullable:"false"`
}

type sankeyNode struct {
	ID           string    `json:"id"`
	Name         park.Name `json:"name"`
	Kind         string    `json:"kind" enum:"source,bus,use,storage,export,conversion,unmetered"`
	Carrier      string    `json:"carrier"`
	Organization string    `json:"organization"`
	Value        float64   `json:"value"`
	Emissions    *float64  `json:"emissions" nullable:"true" doc:"tCO2"`
}

type sankeyLink struct {
	From          string   `json:"from"`
	To            string   `json:"to"`
	Carrier       string   `json:"carrier"`
	Value         float64  `json:"value"`
	Emissions     *float64 `json:"emissions" nullable:"true"`
	MeasuredShare float64  `json:"measuredShare"`
}

type carbon struct {
	From        time.Time      `json:"from"`
	StepSeconds int            `json:"stepSeconds" doc:"3600, or 86400 beyond 31 days: then each value is a civil day"`
	Unit        string         `json:"unit"`
	Series      []carbonSeries `json:"series" nullable:"false"`
	Intensity   intensity      `json:"intensity"`
	Estimated   []bool         `json:"estimated" nullable:"false" doc:"Steps in which a part was estimated or missing"`
}

type carbonSeries struct {
	ID     string     `json:"id"`
	Name   park.Name  `json:"name"`
	Scope  int        `json:"scope"`
	Color  string     `json:"color"`
	Values []*float64 `json:"values" nullable:"false"`
}

type intensity struct {
	Unit   string     `json:"unit"`
	Values []*float64 `json:"values" nullable:"false"`
}

type enterpriseRow struct {
	Organization    string    `json:"organization"`
	Name            park.Name `json:"name"`
	EnergyMWh       *float64  `json:"energyMWh" nullable:"true"`
	EmissionsScope1 *float64  `json:"emissionsScope1" nullable:"true"`
	EmissionsScope2 *float64  `json:"emissionsScope2" nullable:"true"`
	MeasuredShare   float64   `json:"measuredShare" doc:"Of metered intervals"`
	Entries         []string  `json:"entries" nullable:"false"`
}

type quality struct {
	Measured  float64        `json:"measured"`
	Estimated float64        `json:"estimated"`
	Edited    float64        `json:"edited"`
	Missing   float64        `json:"missing"`
	Findings  []findingCount `json:"findings" nullable:"false"`
}

type findingCount struct {
	Rule      string    `json:"rule"`
	Name      park.Name `json:"name"`
	Count     int       `json:"count"`
	Registers int       `json:"registers"`
	Treatment string    `json:"treatment"`
}

type factorUsed struct {
	ID      string    `json:"id"`
	Version string    `json:"version"`
	Name    park.Name `json:"name"`
	Value   float64   `json:"value"`
	Unit    string    `json:"unit"`
	Region  string    `json:"region"`
	Year    int       `json:"year" doc:"Data year; 0 where the factor names none"`
	Grade   string    `json:"grade"`
	Source  string    `json:"source"`
}
