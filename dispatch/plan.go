package dispatch

// Schedule is what runs: asset or carrier → quantity → a value a step. Power is the mean
// over the step in kW, a storage's level is in kWh at the step's end.
type Schedule map[string]map[string][]float64

// Plan is what to do, what it costs, and why.
type Plan struct {
	Format   string             `json:"format"`
	Title    string             `json:"title"`
	Currency string             `json:"currency"`
	Status   string             `json:"status"` // optimal, feasible, relaxed, fallback
	Reason   *words             `json:"reason,omitempty"`
	Solver   string             `json:"solver,omitempty"`
	Hours    Series             `json:"hours"`
	Total    float64            `json:"total"`                   // expected money
	Risk     *float64           `json:"mean_and_tail,omitempty"` // what was minimised where the tail has a weight
	Bound    *float64           `json:"bound,omitempty"`         // no plan is better in what was minimised last
	Gap      *float64           `json:"gap,omitempty"`           // relative, of what was minimised last
	Carbon   float64            `json:"carbon"`                  // expected kg
	Outcomes []Outcome          `json:"outcomes"`                // one a scenario
	Today    *Outcome           `json:"today,omitempty"`         // the same horizon run by rules
	Saving   *float64           `json:"saving,omitempty"`        // today's money less this plan's
	Avoided  *float64           `json:"avoided,omitempty"`       // today's kg less this plan's
	Prices   map[string]Series  `json:"prices,omitempty"`        // carrier → money per kWh that one more costs in each step
	Binding  []Finding          `json:"binding,omitempty"`
	Conflict []Finding          `json:"conflict,omitempty"` // demands that cannot hold together
	start    map[string]float64 // to begin the next plan from
}

// planFormat is the format that a written plan names.
const planFormat = "lingtan.dispatch-plan/v1"

// words is a sentence in Chinese and English.
type words struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Outcome is a plan in one scenario.
type Outcome struct {
	Scenario    string             `json:"scenario,omitempty"`
	Probability float64            `json:"probability"`
	Total       float64            `json:"total"`  // money
	Cost        map[string]float64 `json:"cost"`   // money by kind; they sum to Total
	Assets      map[string]float64 `json:"assets"` // the same by asset
	Carbon      float64            `json:"carbon"` // kg
	CarbonBy    map[string]float64 `json:"carbon_by,omitempty"`
	Green       *float64           `json:"green,omitempty"` // share of what Limits.GreenOf names
	Violations  []Finding          `json:"violations,omitempty"`
	Schedule    Schedule           `json:"schedule"`
}

// Finding is a demand that a plan misses, a limit that it stands against, or a demand that
// conflicts with others.
type Finding struct {
	limit
	Steps []int    `json:"steps,omitempty"` // of a limit: those that it binds in
	By    float64  `json:"by,omitempty"`    // what a missed demand is missed by
	Price *float64 `json:"price,omitempty"` // money that missing it costs; nil where it was not to be missed
	Worth *float64 `json:"worth,omitempty"` // money that one more unit of a limit saves over the horizon, with all that is on or off left so
	Unit  string   `json:"unit,omitempty"`
	words
}

// Peak is the highest import of a supply, kW.
func (o *Outcome) Peak(supply string) float64 {
	var most float64
	for _, kw := range o.Schedule[supply]["import"] {
		most = max(most, kw)
	}
	return most
}

// of is a quantity of the schedule in a step, 0 where it has none.
func (s Schedule) of(id, quantity string, t int) float64 {
	if values := s[id][quantity]; t < len(values) && t >= 0 {
		return values[t]
	}
	return 0
}

// put sets a quantity.
func (s Schedule) put(id, quantity string, values []float64) {
	if s[id] == nil {
		s[id] = map[string][]float64{}
	}
	s[id][quantity] = values
}
