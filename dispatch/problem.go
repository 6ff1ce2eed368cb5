// Package dispatch plans how an industrial park runs its energy plant over the next
// hours or days: what to buy and sell, which units run, when storage, vehicles and
// batches charge and start, at the least cost or the least carbon, with a check of the
// plan by its own simulation and the worth of every limit that binds.
package dispatch

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
)

var (
	// ErrProblem says that a problem cannot be planned as it is stated; the error tells
	// every fault with its path.
	ErrProblem = errors.New("dispatch problem")
	// errUnverified says that a solver's plan did not hold in the simulation.
	errUnverified = errors.New("dispatch plan does not hold")
)

// Series is one value a step; a single value holds for all steps. NaN is a missing value
// and refused.
type Series []float64

// UnmarshalJSON reads a number, null, or a list of them. What is none of these is kept as
// a missing value, so that Check tells its path.
func (s *Series) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] != '[' {
		text = slices.Concat([]byte("["), text, []byte("]"))
	}
	var list []*float64
	if err := json.Unmarshal(text, &list); err != nil {
		*s = Series{math.NaN()}
		return nil
	}
	*s = make(Series, len(list))
	for i, x := range list {
		(*s)[i] = math.NaN()
		if x != nil {
			(*s)[i] = *x
		}
	}
	return nil
}

// at is the value of step t, usual where the series is left out.
func (s Series) at(t int, usual float64) float64 {
	switch len(s) {
	case 0:
		return usual
	case 1:
		return s[0]
	}
	return s[t]
}

// Problem is a park over a horizon. Power is in kW, energy in kWh, carbon in kg CO2e,
// money in Currency. Each balance of each carrier holds in each step.
type Problem struct {
	Title       string      `json:"title"`
	Currency    string      `json:"currency"`
	Hours       Series      `json:"hours"` // length of each step, h; they may differ
	Carriers    []Carrier   `json:"carriers"`
	Supplies    []Supply    `json:"supplies,omitempty"`
	Renewables  []Renewable `json:"renewables,omitempty"`
	Units       []Unit      `json:"units,omitempty"`
	Storages    []Storage   `json:"storages,omitempty"`
	Charging    []Charging  `json:"charging,omitempty"`
	Batches     []Batch     `json:"batches,omitempty"`
	Loads       []Load      `json:"loads,omitempty"`
	Reserves    []Reserve   `json:"reserves,omitempty"`
	Limits      Limits      `json:"limits,omitzero"`
	CarbonPrice float64     `json:"carbon_price,omitempty"` // money per kg, ≥ 0
	Objective   Objective   `json:"objective,omitzero"`
	Scenarios   []Scenario  `json:"scenarios,omitempty"`
}

// steps is the number of steps.
func (p *Problem) steps() int { return len(p.Hours) }

// Carrier is a form of energy with one balance for the whole park.
type Carrier struct {
	ID       string   `json:"id"`
	Dump     bool     `json:"dump,omitempty"`     // what is too much may be let off, as heat may
	Unserved *float64 `json:"unserved,omitempty"` // money per kWh of demand not served; nil: it must be served
}

// Supply is a connection that a carrier is bought through, and may be sold through: the
// grid, the gas main, a heat network.
type Supply struct {
	ID          string         `json:"id"`
	Carrier     string         `json:"carrier"`
	Price       Series         `json:"price"`                  // money per kWh bought
	Sale        Series         `json:"sale,omitempty"`         // money per kWh sold; left out: nothing is sold
	ImportLimit Series         `json:"import_limit,omitempty"` // kW; left out: none
	ExportLimit Series         `json:"export_limit,omitempty"` // kW; left out: none
	Intensity   Series         `json:"intensity,omitempty"`    // kg CO2e per kWh bought; what is sold earns none
	Overrun     *float64       `json:"overrun,omitempty"`      // money per kWh above ImportLimit; nil: the limit holds
	Demand      []DemandCharge `json:"demand,omitempty"`
	Nominated   bool           `json:"nominated,omitempty"` // the import of each step is told in advance, one for all scenarios
	Deviation   float64        `json:"deviation,omitempty"` // money per kWh of import off the nomination, > 0 where nominated
	OneWay      bool           `json:"one_way,omitempty"`   // never both directions in a step, even where it costs nothing
}

// DemandCharge is a charge on the highest import of a supply in a window of steps.
type DemandCharge struct {
	ID         string  `json:"id"`
	Rate       float64 `json:"rate"`                 // money per kW and billing period
	Weight     float64 `json:"weight,omitempty"`     // share of the charge that this horizon bears, (0, 1]; 0 means 1
	Previous   float64 `json:"previous,omitempty"`   // kW billed already: the period's peak so far or the ratchet's floor
	Free       float64 `json:"free,omitempty"`       // kW that cost nothing
	Steps      []int   `json:"steps,omitempty"`      // the window, counted from 0; left out: all steps
	Contracted bool    `json:"contracted,omitempty"` // the peak is told in advance, one for all scenarios; it may not be passed
}

// Sizing lets the size of an asset be chosen.
type Sizing struct {
	Min  float64 `json:"min,omitempty"`
	Max  float64 `json:"max"`
	Cost float64 `json:"cost"` // money per kW or kWh over the horizon
}

// Renewable is a source that gives up to what wind or sun allow.
type Renewable struct {
	ID          string  `json:"id"`
	Carrier     string  `json:"carrier"`
	Available   Series  `json:"available"`             // kW, or kW per kW of size where Size is given
	Curtailment float64 `json:"curtailment,omitempty"` // money per kWh not taken, ≥ 0
	MustTake    bool    `json:"must_take,omitempty"`   // all that is available is taken
	Operation   float64 `json:"operation,omitempty"`   // money per kWh
	Size        *Sizing `json:"size,omitempty"`        // kW
	Fossil      bool    `json:"fossil,omitempty"`      // does not count as green
}

// Unit is a plant that turns carriers into others: boiler, heat pump, chiller,
// electrolyser, combined heat and power. Its level x [kW] moves all its ports.
type Unit struct {
	ID         string      `json:"id"`
	Kind       string      `json:"kind,omitempty"`      // in words
	Min        float64     `json:"min,omitempty"`       // kW of level when on
	Max        float64     `json:"max"`                 // kW of level; 1 where Size is given means "per kW"
	Available  Series      `json:"available,omitempty"` // share of Max, [0, 1]; 1 where left out
	Ports      []Port      `json:"ports"`
	Region     []Edge      `json:"region,omitempty"` // edges of the operating region
	Commitment *Commitment `json:"commitment,omitempty"`
	RampUp     float64     `json:"ramp_up,omitempty"`   // kW per h; 0: none
	RampDown   float64     `json:"ramp_down,omitempty"` // kW per h; 0: none
	Level      *float64    `json:"level,omitempty"`     // kW before the horizon, for the first ramp; nil: not known, the first step is free
	Operation  float64     `json:"operation,omitempty"` // money per kWh of level
	Size       *Sizing     `json:"size,omitempty"`      // kW of level
}

// Port is a carrier that a unit takes (Factor < 0) or gives (Factor > 0):
// flow = Factor·x + NoLoad·on + Σ Mix[k]·flow(k), or at most that where AtMost is set.
type Port struct {
	Carrier string             `json:"carrier"`
	Factor  Series             `json:"factor,omitempty"`
	NoLoad  float64            `json:"no_load,omitempty"` // kW when on
	AtMost  bool               `json:"at_most,omitempty"` // less may be given, as heat let off
	Mix     map[string]float64 `json:"mix,omitempty"`     // by carrier of a port of this unit that is AtMost
	Curve   [][2]float64       `json:"curve,omitempty"`   // (level, flow) from Min to Max, instead of Factor and NoLoad
}

// Edge is an edge of the region in which a unit runs: Level·x + Flow·flow(Carrier) ≤
// NoLoad·on. Extraction turbine: back pressure P ≥ c_b·h is {-1, c_b, h, 0}.
type Edge struct {
	Level   float64 `json:"level"`
	Flow    float64 `json:"flow"`
	Carrier string  `json:"carrier"`
	NoLoad  float64 `json:"no_load"`
}

// Commitment says that a unit is on or off, and what follows from it.
type Commitment struct {
	MinUp   float64 `json:"min_up,omitempty"`   // h
	MinDown float64 `json:"min_down,omitempty"` // h
	Start   float64 `json:"start,omitempty"`    // money per start
	On      bool    `json:"on,omitempty"`       // before the horizon
	Since   Series  `json:"since,omitempty"`    // h that it is so, one value; left out: long enough
	Starts  int     `json:"starts,omitempty"`   // at most so many in the horizon; 0: any
	StartTo float64 `json:"start_to,omitempty"` // kW that a start may reach at most; 0: max(Min, RampUp over a step)
	Fixed   Series  `json:"fixed,omitempty"`    // 1 on, 0 off, -1 free, a value a step
}

// Storage is a store of a carrier. Shares are of Energy, [0, 1].
type Storage struct {
	ID         string   `json:"id"`
	Carrier    string   `json:"carrier"`
	Energy     float64  `json:"energy"`    // kWh
	Charge     float64  `json:"charge"`    // kW, at its terminals
	Discharge  float64  `json:"discharge"` // kW, at its terminals
	Efficiency Pair     `json:"efficiency"`
	Loss       float64  `json:"loss,omitempty"` // share of the level lost in an hour, [0, 1)
	Level      Levels   `json:"level"`
	Wear       float64  `json:"wear,omitempty"`        // money per kWh discharged
	Least      Pair     `json:"least,omitzero"`        // kW that it charges or discharges at least, if it does
	NoImport   bool     `json:"no_import,omitempty"`   // no charging while its carrier is bought
	NoExport   bool     `json:"no_export,omitempty"`   // no discharging while its carrier is sold
	Goals      []Goal   `json:"goals,omitempty"`       // kWh that must be there at the end of a step
	Available  Series   `json:"available,omitempty"`   // share of the power, [0, 1]; a vehicle that is away has 0
	Drain      Series   `json:"drain,omitempty"`       // kW taken from the store beside the network, as by driving
	Request    *Request `json:"request,omitempty"`     // charging that is asked for until the store is full
	Mixed      bool     `json:"mixed,omitempty"`       // may charge and discharge in one step, as several machines may
	EnergySize *Sizing  `json:"energy_size,omitempty"` // kWh
	PowerSize  *Sizing  `json:"power_size,omitempty"`  // kW, of Charge and Discharge alike
}

// Pair is a value for charging and one for discharging.
type Pair struct {
	Charge    float64 `json:"charge"`
	Discharge float64 `json:"discharge"`
}

// Levels bound what a storage holds, as shares of its energy.
type Levels struct {
	Min     float64  `json:"min,omitempty"`
	Max     float64  `json:"max"`
	Start   float64  `json:"start"`             // may lie outside Min and Max: it is brought inside at the price Outside
	Outside float64  `json:"outside,omitempty"` // money per kWh and step outside Min and Max; > 0 where Start is outside
	End     *float64 `json:"end,omitempty"`     // at least so much at the end
	Exact   bool     `json:"exact,omitempty"`   // exactly End
	Value   float64  `json:"value,omitempty"`   // money per kWh held at the end
}

// Goal is an energy that must be reached by the end of a step.
type Goal struct {
	Step   int      `json:"step"`            // counted from 0
	Energy float64  `json:"energy"`          // kWh
	Short  *float64 `json:"short,omitempty"` // money per kWh short; nil: it must be reached
}

// Request is charging power asked for in each step until a store is full.
type Request struct {
	Power Series `json:"power"` // kW
	Short Series `json:"short"` // money per kWh not charged, > 0
}
