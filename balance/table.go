package balance

import (
	"math"
	"time"

	"lingtan/park"
	"lingtan/usage"
)

// Table is a sheet as it is shown: what is not known is nil, never 0.
type Table struct {
	Format   string         `json:"format"` // lingtan.balance/v1
	Park     string         `json:"park"`
	Name     park.Name      `json:"name"`
	Step     Step           `json:"step"`
	Steps    []time.Time    `json:"steps"` // their beginnings
	To       time.Time      `json:"to"`    // end of the last step
	Limit    float64        `json:"limit"` // share of what came in above which a bus is out of balance
	Columns  []Column       `json:"columns"`
	Carriers []CarrierTable `json:"carriers"`
	Places   []PlaceTable   `json:"places"`
	Findings []finding      `json:"findings"`
}

// Column says what a figure is.
type Column struct {
	ID   string    `json:"id"`
	Name park.Name `json:"name"`
}

// CarrierTable is a carrier's balance by step. In each step supplied + made = used +
// converted + exported + stored + lost + unjudged.
type CarrierTable struct {
	Carrier string        `json:"carrier"`
	Name    park.Name     `json:"name"`
	Unit    string        `json:"unit"`
	Steps   []CarrierStep `json:"steps"`
}

// CarrierStep is a carrier in a step.
type CarrierStep struct {
	Supplied  *float64 `json:"supplied"`
	Made      *float64 `json:"made"`
	Used      *float64 `json:"used"`
	Converted *float64 `json:"converted"`
	Exported  *float64 `json:"exported"`
	Stored    *float64 `json:"stored"`
	Lost      *float64 `json:"lost"`
	Unjudged  *float64 `json:"unjudged"`
	Quality   Grades   `json:"quality"` // intervals of the meters at its nodes
}

// PlaceTable is a node's balance by step.
type PlaceTable struct {
	Node         string      `json:"node"`
	Name         park.Name   `json:"name"`
	Kind         string      `json:"kind"`
	Organization string      `json:"organization"`
	Carrier      string      `json:"carrier"`
	Unit         string      `json:"unit"`
	Converts     bool        `json:"converts"`             // its equipment turns one carrier into another
	Conversion   string      `json:"conversion,omitempty"` // the conversion that it is an input or output of
	Rated        *float64    `json:"rated,omitempty"`      // output: rated yield in settle units by settle units of the input
	Closing      bool        `json:"closing"`              // a closing edge takes what is left over: no loss can show here
	Steps        []PlaceStep `json:"steps"`
}

// PlaceStep is a node in a step. Lost, Unjudged and Share are of buses, Stored of storages.
type PlaceStep struct {
	In        *float64 `json:"in"`
	Out       *float64 `json:"out"`
	Converted *float64 `json:"converted"`
	Stored    *float64 `json:"stored"`
	Lost      *float64 `json:"lost"`
	Unjudged  *float64 `json:"unjudged"`
	Unmetered *float64 `json:"unmetered"`
	Share     *float64 `json:"share"` // lost / in of the intervals that can be judged; nil at a closing bus
	Over      bool     `json:"over"`  // the share is above the limit
	Quality   Grades   `json:"quality"`

	Yield      *float64 `json:"yield,omitempty"`      // output of a conversion: by its input, in settle units
	Efficiency *float64 `json:"efficiency,omitempty"` // the same in energy by all the energy put in; a COP of a heat pump
}

// columns are the figures in words.
var columns = []Column{
	{"supplied", park.Name{ZH: "供入", EN: "Supplied"}},
	{"made", park.Name{ZH: "转换产出", EN: "Made by conversion"}},
	{"used", park.Name{ZH: "使用", EN: "Used"}},
	{"exported", park.Name{ZH: "外供", EN: "Exported"}},
	{"in", park.Name{ZH: "流入", EN: "In"}},
	{"out", park.Name{ZH: "流出", EN: "Out"}},
	{"converted", park.Name{ZH: "转换", EN: "Converted"}},
	{"stored", park.Name{ZH: "储存变化", EN: "Stored"}},
	{"lost", park.Name{ZH: "损耗与未计量", EN: "Lost or unmetered"}},
	{"unjudged", park.Name{ZH: "缺表时段的差额", EN: "Left over while a meter was missing"}},
	{"unmetered", park.Name{ZH: "由平衡推出", EN: "Closed by the balance"}},
	{"share", park.Name{ZH: "不平衡率", EN: "Imbalance share"}},
	{"yield", park.Name{ZH: "产出率", EN: "Yield"}},
	{"efficiency", park.Name{ZH: "能量效率 / COP", EN: "Efficiency / COP"}},
	{"quality", park.Name{ZH: "数据质量（时段数）", EN: "Quality (intervals)"}},
}

// Table shows the sheet of a park. A limit of 0 is usage.SumShare.
func (s *Sheet) Table(doc *park.Document, limit float64) *Table {
	if limit <= 0 {
		limit = usage.SumShare
	}
	t := &Table{Format: "lingtan.balance/v1", Park: doc.Park.ID, Name: doc.Park.Name, Step: s.Step, Steps: s.Starts, To: s.To, Limit: limit, Columns: columns,
		Carriers: []CarrierTable{}, Places: []PlaceTable{}, Findings: []finding{}}
	used := map[string]bool{}
	for n, p := range s.Places {
		used[p.Carrier] = true
		x := PlaceTable{Node: p.ID, Name: p.Name, Kind: p.Kind, Organization: p.Organization, Carrier: p.Carrier, Unit: p.Unit, Converts: p.Converts, Closing: p.Closing, Steps: make([]PlaceStep, len(s.Starts))}
		for k, l := range s.Lines[n] {
			x.Steps[k] = l.show(p)
		}
		t.Places = append(t.Places, x)
	}
	for _, i := range s.Imbalances(limit) {
		x := &t.Places[i.Place].Steps[i.Step]
		x.Share, x.Over = &i.Share, i.Over
	}
	s.showConversions(t)
	s.find(t)
	for _, c := range doc.Carriers {
		if used[c.ID] {
			t.Carriers = append(t.Carriers, s.carrier(c))
		}
	}
	return t
}

// known says whether anything of a line was metered, or closed by the balance.
func (l Line) known() bool {
	return l.Grades.All() > l.Grades.Missing || l.Unmetered != 0
}

// show is the line with nil for what is not known or not of its kind of place.
func (l Line) show(p Place) PlaceStep {
	x := PlaceStep{Quality: l.Grades}
	if !l.known() && !p.Closing || l.Grades.All() > 0 && l.Grades.Missing == l.Grades.All() {
		return x
	}
	amount := func(v float64, of bool) *float64 {
		if !of || math.IsNaN(v) {
			return nil
		}
		return &v
	}
	x.In = amount(l.In, p.Kind != Source)
	x.Out = amount(l.Out, p.Kind != Use && p.Kind != Export)
	x.Converted = amount(l.Converted, p.Converts)
	x.Stored = amount(l.Stored, p.Kind == Storage)
	x.Lost = amount(l.Lost, p.Kind == Bus && (l.Judged != 0 || l.Lost != 0 || l.Grades.Missing == 0))
	x.Unjudged = amount(l.Unjudged, p.Kind == Bus && l.Grades.Missing > 0)
	x.Unmetered = amount(l.Unmetered, p.Closing)
	return x
}

// carrier is the balance of a carrier.
func (s *Sheet) carrier(c park.Carrier) CarrierTable {
	x := CarrierTable{Carrier: c.ID, Name: c.Name, Unit: c.Unit, Steps: make([]CarrierStep, len(s.Starts))}
	for k, t := range s.Totals(c.ID) {
		x.Steps[k] = CarrierStep{Quality: t.Grades}
		if t.Grades.All() == t.Grades.Missing {
			continue // no meter said anything
		}
		x.Steps[k] = CarrierStep{&t.Supplied, &t.Made, &t.Used, &t.Converted, &t.Exported, &t.Stored, &t.Lost, &t.Unjudged, t.Grades}
	}
	return x
}
