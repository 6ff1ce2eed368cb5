// Package park describes an industrial park: its organizations, sites, equipment,
// metering points, energy network, products and tariffs, in one document that
// people write (YAML) and that changes with both clocks.
package park

import "time"

// Format is the value of Document.Format that this version reads and writes.
const Format = "lingtan.park/v1"

// Name is a name in Chinese and English; at least one of them is there.
type Name struct {
	ZH string `json:"zh" yaml:"zh"`
	EN string `json:"en" yaml:"en"`
}

// In is the name in a language ("zh" or "en"), or in the other one when it is not known.
func (n Name) In(language string) string {
	if language == "en" && n.EN != "" || n.ZH == "" {
		return n.EN
	}
	return n.ZH
}

// Document is the park file: format lingtan.park/v1.
type Document struct {
	Format        string         `json:"format" yaml:"format"` // "lingtan.park/v1"
	Park          Park           `json:"park" yaml:"park"`
	Assembly      []Assembled    `json:"assembly,omitempty" yaml:"assembly,omitempty"`
	Organizations []Organization `json:"organizations" yaml:"organizations"`
	Sites         []Site         `json:"sites,omitempty" yaml:"sites,omitempty"`
	Equipment     []Equipment    `json:"equipment,omitempty" yaml:"equipment,omitempty"`
	Carriers      []Carrier      `json:"carriers" yaml:"carriers"`
	Points        []Point        `json:"points" yaml:"points"`
	Network       Network        `json:"network" yaml:"network"`
	Products      []Product      `json:"products,omitempty" yaml:"products,omitempty"`
	Tariffs       []Tariff       `json:"tariffs,omitempty" yaml:"tariffs,omitempty"`
	Instruments   []Instrument   `json:"instruments,omitempty" yaml:"instruments,omitempty"`
}

// Park is the park itself.
type Park struct {
	ID       string `json:"id" yaml:"id"` // lower-case letters, digits, hyphen; 2 to 40 characters
	Name     Name   `json:"name" yaml:"name"`
	Region   string `json:"region" yaml:"region"`     // province in Chinese, for factors, tariffs, holidays: 江苏
	Country  string `json:"country" yaml:"country"`   // ISO 3166-1 alpha-2: CN
	Zone     string `json:"zone" yaml:"zone"`         // IANA time zone: Asia/Shanghai
	Interval string `json:"interval" yaml:"interval"` // settlement interval: 15m
	Method   string `json:"method" yaml:"method"`     // accounting method pack id@version
	GWP      string `json:"gwp" yaml:"gwp"`           // SAR, AR4, AR5 or AR6
	Note     *Name  `json:"note,omitempty" yaml:"note,omitempty"`
}

// Assembled says of a data set of an assembled park where it is from and how it
// was placed on the park's calendar.
type Assembled struct {
	Dataset string  `json:"dataset" yaml:"dataset"`
	Source  string  `json:"source" yaml:"source"`
	Licence string  `json:"licence" yaml:"licence"`
	Shift   Name    `json:"shift" yaml:"shift"`                     // what was done to its time stamps, in words
	Scale   float64 `json:"scale,omitempty" yaml:"scale,omitempty"` // factor on its values; 0 or 1 = none
	Why     *Name   `json:"why,omitempty" yaml:"why,omitempty"`     // why scaled
}

// Organization is a legal person in or over the park.
type Organization struct {
	ID     string `json:"id" yaml:"id"`
	Kind   string `json:"kind" yaml:"kind"` // operator, enterprise, regulator, verifier
	Name   Name   `json:"name" yaml:"name"`
	Parent string `json:"parent,omitempty" yaml:"parent,omitempty"`
	Sector string `json:"sector,omitempty" yaml:"sector,omitempty"` // GB/T 4754 code
	Valid  Valid  `json:"valid,omitzero" yaml:"valid,omitempty"`
}

// Valid is a span of civil days [From, To) in the park's zone, YYYY-MM-DD; empty = open.
type Valid struct {
	From string `json:"from,omitempty" yaml:"from,omitempty"`
	To   string `json:"to,omitempty" yaml:"to,omitempty"`
}

// Site is a place of an organization, with its buildings.
type Site struct {
	ID           string     `json:"id" yaml:"id"`
	Organization string     `json:"organization" yaml:"organization"`
	Name         Name       `json:"name" yaml:"name"`
	Buildings    []Building `json:"buildings,omitempty" yaml:"buildings,omitempty"`
}

// Building is a building of a site.
type Building struct {
	ID   string  `json:"id" yaml:"id"`
	Name Name    `json:"name" yaml:"name"`
	Area float64 `json:"area_m2,omitempty" yaml:"area_m2,omitempty"`
}

// Equipment is a machine, transformer, PV plant, battery, charger, boiler, …
type Equipment struct {
	ID       string   `json:"id" yaml:"id"`
	Kind     string   `json:"kind" yaml:"kind"` // transformer, pv, wind, battery, charger, machine, boiler, chp, heat_pump, chiller, compressor, building_services
	Site     string   `json:"site" yaml:"site"`
	Building string   `json:"building,omitempty" yaml:"building,omitempty"`
	Name     Name     `json:"name" yaml:"name"`
	Rating   *Measure `json:"rating,omitempty" yaml:"rating,omitempty"`     // power
	Capacity *Measure `json:"capacity,omitempty" yaml:"capacity,omitempty"` // energy stored
	Valid    Valid    `json:"valid,omitzero" yaml:"valid,omitempty"`
	Note     *Name    `json:"note,omitempty" yaml:"note,omitempty"`
}

// Measure is a value with its unit.
type Measure struct {
	Value float64 `json:"value" yaml:"value"`
	Unit  string  `json:"unit" yaml:"unit"`
}

// Carrier is an energy carrier of the park and the unit it is settled in.
type Carrier struct {
	ID   string `json:"id" yaml:"id"` // electricity, natural_gas, steam, heat, cooling, compressed_air, hydrogen, water
	Name Name   `json:"name" yaml:"name"`
	Unit string `json:"unit" yaml:"unit"` // settle unit: kWh, GJ, m3, t
	// EnergyContent is the energy of a unit, such as 38.93 MJ/m3 (lower heating value) or
	// 2.75 GJ/t (enthalpy): what a conversion needs where the settle unit is none of energy.
	EnergyContent *Measure `json:"energy_content,omitempty" yaml:"energy_content,omitempty"`
}

// Point is a place where something is metered; it has one or more registers.
type Point struct {
	ID           string     `json:"id" yaml:"id"`
	Name         Name       `json:"name" yaml:"name"`
	Organization string     `json:"organization" yaml:"organization"`
	Site         string     `json:"site,omitempty" yaml:"site,omitempty"`
	Equipment    string     `json:"equipment,omitempty" yaml:"equipment,omitempty"`
	Dataset      string     `json:"dataset,omitempty" yaml:"dataset,omitempty"` // Assembled.Dataset it comes from
	Registers    []Register `json:"registers" yaml:"registers"`
}

// Register is one value series of a point as the park file writes it; Registers of
// the compiled park turn it into a meter.Register.
type Register struct {
	ID         string     `json:"id" yaml:"id"`
	Quantity   string     `json:"quantity" yaml:"quantity"` // active_energy, reactive_energy_lagging, …, power_factor, temperature
	Kind       string     `json:"kind" yaml:"kind"`         // meter.Kind
	Carrier    string     `json:"carrier,omitempty" yaml:"carrier,omitempty"`
	Unit       string     `json:"unit" yaml:"unit"`
	Step       string     `json:"step,omitempty" yaml:"step,omitempty"`             // 15m, 1h; empty for events
	Multiplier *float64   `json:"multiplier,omitempty" yaml:"multiplier,omitempty"` // scale on the value; default 1
	CT         string     `json:"ct,omitempty" yaml:"ct,omitempty"`                 // "400/5"
	PT         string     `json:"pt,omitempty" yaml:"pt,omitempty"`                 // "10000/100"
	Digits     int        `json:"digits,omitempty" yaml:"digits,omitempty"`
	Accuracy   string     `json:"accuracy,omitempty" yaml:"accuracy,omitempty"` // class or percent, see ErrorLimit: 0.5S, B, 2, 1.5%
	Min        *float64   `json:"min,omitempty" yaml:"min,omitempty"`           // plausible amount per hour in the carrier's unit
	Max        *float64   `json:"max,omitempty" yaml:"max,omitempty"`
	Events     bool       `json:"events,omitempty" yaml:"events,omitempty"`
	Parent     string     `json:"parent,omitempty" yaml:"parent,omitempty"` // point.register of the parent meter
	Exchanges  []Exchange `json:"exchanges,omitempty" yaml:"exchanges,omitempty"`
	Valid      Valid      `json:"valid,omitzero" yaml:"valid,omitempty"`
}

// Exchange is a meter exchange.
type Exchange struct {
	At    time.Time `json:"at" yaml:"at"`
	Last  float64   `json:"last" yaml:"last"`
	First float64   `json:"first" yaml:"first"`
}

// Network is the energy network: nodes and metered edges.
type Network struct {
	Nodes []Node `json:"nodes" yaml:"nodes"`
	Edges []Edge `json:"edges" yaml:"edges"`
}

// Node is a place of the network where one carrier is brought in, shared out,
// stored, used or sent out, or where carriers are converted into others.
type Node struct {
	ID           string      `json:"id" yaml:"id"`
	Kind         string      `json:"kind" yaml:"kind"`                           // source, bus, use, storage, export, conversion
	Carrier      string      `json:"carrier,omitempty" yaml:"carrier,omitempty"` // none at a conversion, whose edges have theirs
	Organization string      `json:"organization" yaml:"organization"`           // whose: a use's consumer, a bus's owner (losses are his), a source's holder, who runs a conversion
	Name         Name        `json:"name" yaml:"name"`
	Activity     string      `json:"activity,omitempty" yaml:"activity,omitempty"` // source: purchased_electricity, own_pv, …; use: stationary_combustion where fuel is burnt
	Equipment    string      `json:"equipment,omitempty" yaml:"equipment,omitempty"`
	Conversion   *Conversion `json:"conversion,omitempty" yaml:"conversion,omitempty"` // of a conversion
}

// Edge carries energy of one carrier from a node to another; its register meters
// it. At most one pair of unmetered edges, marked Closing, stands at a bus: it is
// what the balance of the bus leaves over (import when positive, export when not).
// An output of a conversion may be marked Rated in place of a meter.
type Edge struct {
	ID       string `json:"id" yaml:"id"`
	From     string `json:"from" yaml:"from"`
	To       string `json:"to" yaml:"to"`
	Register string `json:"register,omitempty" yaml:"register,omitempty"` // point.register
	Closing  bool   `json:"closing,omitempty" yaml:"closing,omitempty"`
	Rated    bool   `json:"rated,omitempty" yaml:"rated,omitempty"` // output of a conversion: estimated as input × rated yield, never measured
	Valid    Valid  `json:"valid,omitzero" yaml:"valid,omitempty"`
}

// Product is a product of an organization with the amounts made.
type Product struct {
	ID           string       `json:"id" yaml:"id"`
	Organization string       `json:"organization" yaml:"organization"`
	Name         Name         `json:"name" yaml:"name"`
	Unit         string       `json:"unit" yaml:"unit"`
	Output       []Production `json:"output,omitempty" yaml:"output,omitempty"`
}

// Production is the amount of a product made in a period ("2018", "2018-03").
type Production struct {
	Period string  `json:"period" yaml:"period"`
	Amount float64 `json:"amount" yaml:"amount"`
}

// Tariff says which energy price applies to whom.
type Tariff struct {
	ID            string   `json:"id" yaml:"id"`
	Carrier       string   `json:"carrier" yaml:"carrier"`
	Organizations []string `json:"organizations,omitempty" yaml:"organizations,omitempty"` // empty: all
	Pattern       string   `json:"pattern,omitempty" yaml:"pattern,omitempty"`             // region of the time-of-use day patterns: 江苏
	Category      string   `json:"category,omitempty" yaml:"category,omitempty"`           // 两部制, 单一制
	ContractKW    float64  `json:"contract_kw,omitempty" yaml:"contract_kw,omitempty"`
	Valid         Valid    `json:"valid,omitzero" yaml:"valid,omitempty"`
	Note          *Name    `json:"note,omitempty" yaml:"note,omitempty"`
}

// Instrument is a contractual instrument for purchased electricity (market-based
// scope 2): a green certificate, a power purchase agreement.
type Instrument struct {
	ID           string  `json:"id" yaml:"id"`
	Organization string  `json:"organization" yaml:"organization"`
	Kind         string  `json:"kind" yaml:"kind"`     // green_certificate, contract
	Period       string  `json:"period" yaml:"period"` // "2018" or "2018-03"
	MWh          float64 `json:"mwh" yaml:"mwh"`
	Factor       float64 `json:"factor" yaml:"factor"` // kgCO2/kWh, 0 for non-fossil
	Evidence     string  `json:"evidence" yaml:"evidence"`
}
