package reconcile

import (
	"math"

	"lingtan/park"
)

// ResultFormat is what "format" says in a result as JSON.
const ResultFormat = "lingtan.reconcile.result/v1"

// The classes of a flow: what the balances can say about it.
const (
	Redundant    = "redundant"    // metered, and held against others: it is adjusted
	NotRedundant = "nonredundant" // metered, and nothing speaks for or against it
	Observable   = "observable"   // not metered, and worked out from others
	Unobservable = "unobservable" // not metered, and nothing gives it
)

// Result holds every flow as it was metered and as it was reconciled.
type Result struct {
	Format   string    `json:"format"`
	Title    string    `json:"title,omitempty"`
	Global   Global    `json:"global"`
	Critical float64   `json:"critical"` // of the statistics of flows: two-sided, by Šidák over all redundant meters
	Flows    []Metered `json:"flows"`
	Balances []Balance `json:"balances"`
	Suspects []Suspect `json:"suspects"` // the log of what was set aside, in its order
	Findings []Finding `json:"findings"`
}

// Global is the global test: J = Σ (adjustment/sd)² is chi-square where nothing is wrong
// (Narasimhan and Jordache 2000, 7.2).
type Global struct {
	Objective   float64 `json:"objective"` // J with all meters, without bounds
	Degrees     int     `json:"degrees"`   // redundant balances
	Confidence  float64 `json:"confidence"`
	Critical    float64 `json:"critical"` // 0 where Degrees is 0
	Probability float64 `json:"probability"`
	Tested      bool    `json:"tested"`    // there was something to test: Degrees is above 0
	Passed      bool    `json:"passed"`    // nothing speaks against the meters
	Corrected   float64 `json:"corrected"` // J with the suspects set aside
}

// Metered is a flow, raw and reconciled side by side. What is not known is nil.
type Metered struct {
	ID           string    `json:"id"`
	Name         park.Name `json:"name,omitzero"`
	From         string    `json:"from,omitempty"`
	To           string    `json:"to,omitempty"`
	Unit         string    `json:"unit,omitempty"`
	Class        string    `json:"class"`
	Raw          *float64  `json:"raw"` // as metered
	SD           *float64  `json:"sd"`
	Reconciled   *float64  `json:"reconciled"` // with all meters
	ReconciledSD *float64  `json:"reconciledSD"`
	Adjustment   *float64  `json:"adjustment"` // reconciled − raw
	InSigma      *float64  `json:"inSigma"`    // adjustment / sd
	Statistic    *float64  `json:"statistic"`  // of the measurement test
	Exceeds      bool      `json:"exceeds"`    // the statistic is above Result.Critical
	Corrected    *float64  `json:"corrected"`  // with the suspects set aside; as reconciled where there are none
	CorrectedSD  *float64  `json:"correctedSD"`
	Suspect      bool      `json:"suspect"` // its meter was set aside
}

// Balance is a node or relation: what its meters leave over.
type Balance struct {
	Place         string    `json:"place"`
	Name          park.Name `json:"name,omitzero"`
	Carrier       string    `json:"carrier,omitempty"`
	Unit          string    `json:"unit,omitempty"`
	Residual      *float64  `json:"residual"`      // in − out − stored of the raw values; nil where a flow is not metered
	Statistic     *float64  `json:"statistic"`     // of the nodal test: |residual| / its deviation
	Critical      float64   `json:"critical"`      // by Šidák over the balances that can be tested
	Exceeds       bool      `json:"exceeds"`       // the statistic is above Critical
	Loss          *float64  `json:"loss"`          // the most likely loss if there is one here and no other error
	LossStatistic *float64  `json:"lossStatistic"` // root of its likelihood ratio
}

// Reconcile reconciles the problem and looks for gross errors.
func (p *Problem) Reconcile() (*Result, error) {
	m, err := p.compile()
	if err != nil {
		return nil, err
	}
	m.shape()
	all, err := m.solve(free{flows: make([]bool, len(m.Flows))})
	if err != nil {
		return nil, err
	}
	cleared, suspects, err := m.eliminate(all)
	if err != nil {
		return nil, err
	}
	r := &Result{Format: ResultFormat, Title: p.Title, Suspects: append([]Suspect{}, suspects...)}
	r.test(all)
	r.Global.Corrected = cleared.objective
	r.balances(all)
	if len(suspects) == maxSuspects {
		m.find(Finding{Kind: "too_many_suspect", Place: suspects[0].Place})
	}
	m.hidden(all)
	shown, corrected := all, cleared
	if m.NonNegative {
		if shown, err = m.bounded(all); err != nil {
			return nil, err
		}
		if corrected = shown; len(suspects) > 0 {
			if corrected, err = m.bounded(cleared); err != nil {
				return nil, err
			}
		}
	}
	r.flows(all, cleared, shown, corrected)
	m.signs(shown, all)
	if !r.Global.Passed {
		m.find(Finding{Kind: "global_test", Place: "network", Amount: r.Global.Objective})
	}
	if r.Global.Degrees == 0 {
		m.find(Finding{Kind: "not_redundant", Place: "network"})
	}
	r.Findings = append([]Finding{}, sorted(m.findings)...)
	return r, nil
}

// signs finds flows below 0, and those that were held at 0.
func (m *model) signs(shown, all *solution) {
	size, usual := m.largest(), m.usualDeviation()
	for i, x := range all.x {
		sd := m.sd[i]
		if sd == 0 {
			sd = usual
		}
		tiny := 1e-9*size + 1e-6*sd // far above what bounded leaves open
		switch {
		case m.NonNegative && math.Abs(shown.x[i]) <= tiny && math.Abs(x) > tiny:
			m.find(Finding{Kind: "held_at_zero", Place: "flow " + m.Flows[i].ID, Amount: x})
		case !m.NonNegative && x < -tiny:
			m.find(Finding{Kind: "below_zero", Place: "flow " + m.Flows[i].ID, Amount: x})
		}
	}
}

// test makes the global test.
func (r *Result) test(s *solution) {
	g := &r.Global
	g.Objective, g.Degrees, g.Confidence, g.Passed = s.objective, s.degrees(), s.m.level, true
	g.Probability = exceeded(g.Objective, g.Degrees)
	if g.Tested = g.Degrees > 0; g.Tested {
		g.Critical = chiSquare(s.m.level, g.Degrees)
		g.Passed = g.Objective <= g.Critical
	}
}

// given is a pointer to x, nil for what is not a number.
func given(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

// flows puts raw, reconciled and corrected side by side.
func (r *Result) flows(all, cleared, shown, corrected *solution) {
	m := all.m
	redundant := 0
	share, adjust := make([]float64, len(m.Flows)), make([]float64, len(m.Flows))
	for j, i := range all.metered {
		share[i], adjust[i] = all.share[j], all.adjust[j]
		if all.share[j] > 0 {
			redundant++
		}
	}
	if redundant > 0 {
		r.Critical = sidak(m.level, redundant)
	}
	sd := all.deviations()
	correctedSD := sd
	if cleared != all {
		correctedSD = cleared.deviations()
	}
	for i, f := range m.Flows {
		x := Metered{ID: f.ID, Name: f.Name, From: f.From, To: f.To, Unit: m.unitOf(i), Class: Unobservable, Suspect: corrected.free.flows[i],
			Reconciled: given(shown.x[i]), Corrected: given(corrected.x[i])}
		if x.Reconciled != nil {
			x.Class, x.ReconciledSD = Observable, given(sd[i])
		}
		if x.Corrected != nil {
			x.CorrectedSD = given(correctedSD[i])
		}
		if m.metered[i] {
			a := shown.x[i] - m.value[i]
			x.Class, x.Raw, x.SD, x.Adjustment, x.InSigma = NotRedundant, given(m.value[i]), given(m.sd[i]), given(a), given(a/m.sd[i])
		}
		if share[i] > 0 {
			x.Class = Redundant
			x.Statistic = given(math.Abs(adjust[i]) / (m.sd[i] * math.Sqrt(share[i])))
			x.Exceeds = *x.Statistic > r.Critical
		}
		r.Flows = append(r.Flows, x)
	}
}

// balances makes the nodal test (Mah, Stanley and Downing 1976) and tells the loss that
// each place would explain.
func (r *Result) balances(s *solution) {
	_, losses := s.hypotheses()
	at := map[int]hypothesis{}
	for _, h := range losses {
		at[h.equation] = h
	}
	tested := 0
	for e, q := range s.m.equations {
		b := Balance{Place: q.place}
		if q.node >= 0 {
			n := s.m.Nodes[q.node]
			b.Name, b.Carrier, b.Unit = n.Name, n.Carrier, n.Unit
		} else {
			b.Name = s.m.Relations[e-len(s.m.Nodes)].Name
		}
		if residual, deviation := s.m.residual(q); deviation > 0 {
			b.Residual, b.Statistic = given(residual), given(math.Abs(residual)/deviation)
			tested++
		}
		if h, ok := at[e]; ok {
			b.Loss, b.LossStatistic = given(h.estimate), given(h.statistic)
		}
		r.Balances = append(r.Balances, b)
	}
	critical := 0.0
	if tested > 0 {
		critical = sidak(s.m.level, tested)
	}
	for i := range r.Balances {
		b := &r.Balances[i]
		b.Critical = critical
		b.Exceeds = b.Statistic != nil && *b.Statistic > critical
	}
}

// residual is what the raw values leave over at a balance, and its deviation; NaN where
// a flow is not metered.
func (m *model) residual(q equation) (residual, deviation float64) {
	residual = -q.constant
	for _, t := range q.terms {
		if !m.metered[t.flow] {
			return math.NaN(), math.NaN()
		}
		residual += t.c * m.value[t.flow]
		deviation += t.c * t.c * m.sd[t.flow] * m.sd[t.flow]
	}
	return residual * q.scale, math.Sqrt(deviation) * q.scale
}
