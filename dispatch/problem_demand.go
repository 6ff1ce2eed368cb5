package dispatch

// Charging is a group of vehicles, or any load, that takes energy when it is there and
// needs a given amount by given steps. One that gives back is a Storage.
type Charging struct {
	ID         string  `json:"id"`
	Carrier    string  `json:"carrier"`
	Power      float64 `json:"power"`               // kW, all plugged in
	Available  Series  `json:"available,omitempty"` // share plugged in, [0, 1]; 1 where left out
	Efficiency float64 `json:"efficiency"`          // (0, 1]
	Needs      []Goal  `json:"needs"`               // kWh in the vehicles since the horizon's start
}

// Batch is a production run that starts once within a window and then follows its
// profile on every carrier.
type Batch struct {
	ID       string            `json:"id"`
	Earliest int               `json:"earliest"`        // first step it may start in, counted from 0
	Latest   int               `json:"latest"`          // last step it may start in
	Interval float64           `json:"interval"`        // h of one value of its profile
	Profile  map[string]Series `json:"profile"`         // carrier → kW from its start on
	Fixed    *int              `json:"fixed,omitempty"` // the step it starts in, decided already
	Value    *float64          `json:"value,omitempty"` // money it earns; nil: it must run
}

// Load is a demand. Part of it may be shed at a price, part moved within the horizon.
type Load struct {
	ID       string  `json:"id"`
	Carrier  string  `json:"carrier"`
	Demand   Series  `json:"demand"`              // kW, ≥ 0
	Shed     float64 `json:"shed,omitempty"`      // share that may be shed, [0, 1]
	ShedCost float64 `json:"shed_cost,omitempty"` // money per kWh shed
	Shift    float64 `json:"shift,omitempty"`     // kW that it may run above or below demand; moved energy sums to 0
	Window   int     `json:"window,omitempty"`    // steps within which what is moved sums to 0; 0: the horizon
	Critical float64 `json:"critical,omitempty"`  // share that must be served in an island, [0, 1]
}

// Reserve is power that must stand ready above what is produced.
type Reserve struct {
	Carrier string  `json:"carrier"`
	Share   float64 `json:"share"`            // of the carrier's demand in each step
	Hours   float64 `json:"hours,omitempty"`  // for which a storage must hold what it stands ready with
	Short   float64 `json:"short,omitempty"`  // money per kWh short; 0: none may be short
	Island  float64 `json:"island,omitempty"` // h that critical loads must be served without any supply; Share is then not used
}

// Limits hold over the horizon.
type Limits struct {
	Carbon      *float64 `json:"carbon,omitempty"`       // kg CO2e at most
	CarbonShort *float64 `json:"carbon_short,omitempty"` // money per kg above; nil: it must hold
	Green       *float64 `json:"green,omitempty"`        // share [0, 1] of GreenOf put into the park's network that is renewable and not sold
	GreenOf     string   `json:"green_of,omitempty"`     // carrier
	GreenShort  *float64 `json:"green_short,omitempty"`  // money per kWh short; nil: it must hold
}

// Objective says what is best. The zero value is the least cost.
type Objective struct {
	Kind      string  `json:"kind,omitempty"`      // cost, carbon, weighted, lexicographic
	Carbon    float64 `json:"carbon,omitempty"`    // weighted: money per kg beside CarbonPrice
	First     string  `json:"first,omitempty"`     // lexicographic: cost or carbon
	Tolerance float64 `json:"tolerance,omitempty"` // lexicographic: share of the first that may be given up for the second, ≥ 0
	Tail      float64 `json:"tail,omitempty"`      // λ in [0, 1]: weight of the mean of the dearest scenarios
	TailFrom  float64 `json:"tail_from,omitempty"` // α in [0, 1): the dearest 1−α count as the tail
}

// Scenario is one way the horizon may go: series that replace the problem's.
type Scenario struct {
	ID          string            `json:"id"`
	Probability float64           `json:"probability"` // (0, 1]; they sum to 1
	Loads       map[string]Series `json:"loads,omitempty"`
	Available   map[string]Series `json:"available,omitempty"` // of renewables
	Prices      map[string]Series `json:"prices,omitempty"`    // of supplies
	Intensities map[string]Series `json:"intensities,omitempty"`
}

// in is the problem as it is in a scenario.
func (p *Problem) in(s Scenario) *Problem {
	q := *p
	q.Loads = replaced(p.Loads, func(x *Load) { x.Demand = chosen(s.Loads, x.ID, x.Demand) })
	q.Renewables = replaced(p.Renewables, func(x *Renewable) { x.Available = chosen(s.Available, x.ID, x.Available) })
	q.Supplies = replaced(p.Supplies, func(x *Supply) {
		x.Price = chosen(s.Prices, x.ID, x.Price)
		x.Intensity = chosen(s.Intensities, x.ID, x.Intensity)
	})
	return &q
}

func replaced[T any](list []T, change func(*T)) []T {
	out := append([]T{}, list...)
	for i := range out {
		change(&out[i])
	}
	return out
}

func chosen(by map[string]Series, id string, usual Series) Series {
	if s, ok := by[id]; ok {
		return s
	}
	return usual
}

// ways are the scenarios, or the one certain way.
func (p *Problem) ways() []Scenario {
	if len(p.Scenarios) == 0 {
		return []Scenario{{Probability: 1}}
	}
	return p.Scenarios
}
