// Package accounting multiplies settled activity data by factors as a method says,
// and keeps with every tonne what it came from.
package accounting

import (
	"errors"

	"lingtan/factor"
	"lingtan/method"
	"lingtan/usage"
)

// Sentinels of this package.
var (
	ErrNoRule = errors.New("accounting: no rule for the activity")
	ErrGiven  = errors.New("accounting: a value of the declarer's own")
	ErrUnit   = errors.New("accounting: units do not make an emission")
	ErrAmount = errors.New("accounting: an amount that cannot be")
	ErrRecord = errors.New("accounting: a record that cannot be")
)

// Place says what an activity is to the one it is accounted to.
type Place string

// The places.
const (
	Consumed Place = "use"    // used at a use node
	Lost     Place = "loss"   // left over at a bus: losses and what is not metered
	Exported Place = "export" // sent out of the park
)

// Activity is the settled amount of a carrier that one place took from one source
// over the period: the activity data.
type Activity struct {
	Organization string       `json:"organization"`
	Place        Place        `json:"place"`
	Node         string       `json:"node"`
	Source       string       `json:"source"` // source node
	Kind         string       `json:"kind"`   // the source's activity: purchased_electricity, own_pv, natural_gas
	Carrier      string       `json:"carrier"`
	Unit         string       `json:"unit"` // the carrier's settle unit
	Amount       usage.Totals `json:"amount"`
	Registers    []string     `json:"registers"` // what was metered at the node

	Record      string            `json:"record,omitempty"`      // id of the declared record that the amount is of; empty = metered
	Evidence    string            `json:"evidence,omitempty"`    // of a declared amount: invoice, weighbridge list, laboratory report
	Given       map[string]Given  `json:"given,omitempty"`       // role → value that the declarer brings in place of the method's default
	Choose      map[string]string `json:"choose,omitempty"`      // role → name of an alternative that the method keeps
	Uncertainty float64           `json:"uncertainty,omitempty"` // of the amount: half the 95 % interval, relative; 0 = not stated
}

// Given is a value that a declarer brings for a role of a formula. Pressure and
// temperature in place of a value are a state of steam, for the role enthalpy.
type Given struct {
	Value       float64 `json:"value"`
	Unit        string  `json:"unit"`
	Source      string  `json:"source"`                // measurement, supplier, laboratory report; never empty
	Pressure    float64 `json:"pressure,omitempty"`    // MPa, absolute
	Temperature float64 `json:"temperature,omitempty"` // degC; 0 = saturated
	Uncertainty float64 `json:"uncertainty,omitempty"` // half the 95 % interval, relative; 0 = not stated
}

// Applied is a factor as an entry used it.
type Applied struct {
	Role      string       `json:"role"`
	Factor    string       `json:"factor"` // id@version
	Name      factor.Name  `json:"name"`
	Value     float64      `json:"value"`
	Unit      string       `json:"unit"`
	Region    string       `json:"region"`
	DataYear  int          `json:"dataYear,omitempty"` // the year that the factor describes, 0 when it names none
	Grade     factor.Grade `json:"grade"`
	Source    string       `json:"source"`
	Guideline string       `json:"guideline,omitempty"`

	Uncertainty float64 `json:"uncertainty,omitempty"` // of a given value: half the 95 % interval, relative
}

// Entry is one line of an inventory: an emission with everything it came from.
type Entry struct {
	ID         string         `json:"id"`
	Scope      int            `json:"scope"`
	Basis      method.Basis   `json:"basis"`
	Rule       string         `json:"rule"`
	Clause     string         `json:"clause"`
	Activity   Activity       `json:"activity"`
	Data       float64        `json:"data"` // activity data in DataUnit
	DataUnit   string         `json:"dataUnit"`
	Formula    method.Formula `json:"formula"`
	Expression string         `json:"expression"` // the formula with its numbers, for reading
	Factors    []Applied      `json:"factors"`
	Instrument string         `json:"instrument,omitempty"` // contractual instrument that covers the data
	Emissions  float64        `json:"emissions"`            // in Unit
	Unit       string         `json:"unit"`                 // tCO2, or tCO2e where the gas is another
	Category   string         `json:"category,omitempty"`   // of the method's report
	Gas        string         `json:"gas,omitempty"`        // empty = CO2
	Sign       int            `json:"sign,omitempty"`       // −1: subtracted
	Apart      string         `json:"apart,omitempty"`      // biogenic, information: beside the totals, in none of them
}

// MeasuredShare is the share of the entry's activity data that was measured; 1
// where there is none.
func (e Entry) MeasuredShare() float64 {
	if t := e.Activity.Amount.Total(); t != 0 {
		return e.Activity.Amount.Measured / t
	}
	return 1
}

// Energy is an organization's use of a carrier in standard coal.
type Energy struct {
	Organization string       `json:"organization"`
	Carrier      string       `json:"carrier"`
	Amount       usage.Totals `json:"amount"`
	Unit         string       `json:"unit"`
	Factor       Applied      `json:"factor"`
	Clause       string       `json:"clause"`
	StandardCoal float64      `json:"tce"` // tonnes of coal equivalent
}
