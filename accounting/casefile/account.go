package casefile

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/method"
)

// ResultFormat is what "format" says in what Account made, as JSON.
const ResultFormat = "lingtan.account.result/v1"

// Result is a case accounted by its methods, side by side in the case's order.
type Result struct {
	Format    string   `json:"format"`
	Title     string   `json:"title,omitempty"`
	Region    string   `json:"region"`
	Period    string   `json:"period"`
	AsKnownAt string   `json:"asKnownAt"`
	GWP       string   `json:"gwp,omitempty"`
	Methods   []Report `json:"methods"`
}

// Report is what one method makes of a case.
type Report struct {
	Method        string                       `json:"method"` // id@version
	Name          method.Text                  `json:"name"`
	Citation      string                       `json:"citation"`
	Entries       []accounting.Entry           `json:"entries"`
	Sums          []accounting.Sum             `json:"sums"`
	Totals        accounting.Totals            `json:"totals"`
	Organizations map[string]accounting.Totals `json:"organizations"`
	Refused       []Refused                    `json:"refused"` // what the method could not account: in no total
	Notes         []Note                       `json:"notes"`
}

// Refused is an activity that a method could not account, and why.
type Refused struct {
	Record string `json:"record"`
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
	NoRule bool   `json:"noRule"` // the method knows no such activity; false: a value, unit or factor is wrong or missing

	err error
}

// Note says what a reader has to know of a figure.
type Note struct {
	Record string `json:"record,omitempty"`
	Rule   string `json:"rule,omitempty"`
	Role   string `json:"role,omitempty"`
	Kind   string `json:"kind"` // unconfirmed (grade B), given (the declarer's own), method (what the method's author says)
	ZH     string `json:"zh"`
	EN     string `json:"en"`
}

// Account accounts the case by each of its methods; packs are in the case's order.
// What a method cannot account is told in Refused and not in its totals; Err says
// whether that leaves the result short.
func (c *Case) Account(packs []method.Pack, factors accounting.FactorSource) *Result {
	res := &Result{Format: ResultFormat, Title: c.Title, Region: c.Region, Period: c.Period, AsKnownAt: c.AsKnownAt, GWP: c.GWP, Methods: []Report{}}
	for _, p := range packs {
		res.Methods = append(res.Methods, c.report(p, factors))
	}
	return res
}

func (c *Case) report(p method.Pack, factors accounting.FactorSource) Report {
	r := Report{Method: p.Ref(), Name: p.Name, Citation: p.Citation, Entries: []accounting.Entry{}, Refused: []Refused{}, Notes: []Note{}, Organizations: map[string]accounting.Totals{}}
	a := accounting.Accountant{Method: p, Factors: factors, Region: c.Region, At: c.span.From, AsKnownAt: c.known, GWP: c.GWP}
	told := map[string]bool{} // rules whose notes are there
	for _, x := range c.Activities {
		act := x.activity()
		list, err := a.Account(act, nil)
		if err != nil {
			r.Refused = append(r.Refused, Refused{Record: x.ID, Kind: x.Kind, Reason: err.Error(), NoRule: errors.Is(err, accounting.ErrNoRule), err: err})
			continue
		}
		for _, e := range list {
			e.ID = x.ID + "/" + e.Rule
			r.Entries = append(r.Entries, e)
			r.Notes = append(r.Notes, figures(e)...)
			if !told[e.Rule] {
				told[e.Rule] = true
				r.Notes = append(r.Notes, remarks(p, e.Rule)...)
			}
		}
	}
	r.Sums, r.Totals = accounting.Sums(r.Entries), accounting.Total(r.Entries)
	own := map[string][]accounting.Entry{}
	for _, e := range r.Entries {
		own[e.Activity.Organization] = append(own[e.Activity.Organization], e)
	}
	for _, o := range c.Organizations {
		r.Organizations[o.ID] = accounting.Total(own[o.ID])
	}
	return r
}

// Err is nil when every activity was accounted: by its only method, or by at least one
// of several where the others know no such activity.
func (r *Result) Err() error {
	accounted := map[string]bool{}
	for _, m := range r.Methods {
		for _, e := range m.Entries {
			accounted[e.Activity.Record] = true
		}
	}
	for _, m := range r.Methods {
		for _, x := range m.Refused {
			if !x.NoRule || !accounted[x.Record] {
				return fmt.Errorf("%d activities are in no total of %s; the first: %w", len(m.Refused), m.Method, x.err)
			}
		}
	}
	return nil
}

// figures are notes on the factors of an entry.
func figures(e accounting.Entry) []Note {
	var list []Note
	for _, f := range e.Factors {
		n := Note{Record: e.Activity.Record, Rule: e.Rule, Role: f.Role}
		switch {
		case f.Grade == factor.GradeOwn:
			n.Kind = "given"
			n.ZH = fmt.Sprintf("采用申报方自有数值 %v %s（%s）。", f.Value, f.Unit, f.Source)
			n.EN = fmt.Sprintf("The declarer's own value %v %s (%s).", f.Value, f.Unit, f.Source)
		case !f.Grade.Confirmed():
			n.Kind = "unconfirmed"
			n.ZH = fmt.Sprintf("%s %v %s 为二手来源，待核实（%s）。", f.Name.ZH, f.Value, f.Unit, f.Source)
			n.EN = fmt.Sprintf("%s %v %s was read in a secondary source and is to be confirmed (%s).", f.Name.EN, f.Value, f.Unit, f.Source)
		default:
			continue
		}
		list = append(list, n)
	}
	return list
}

// remarks are what the method's author says of a rule and of its factors.
func remarks(p method.Pack, id string) []Note {
	var list []Note
	at := slices.IndexFunc(p.Rules, func(r method.Rule) bool { return r.ID == id })
	if at < 0 {
		return nil
	}
	rule := p.Rules[at]
	if rule.Note != nil {
		list = append(list, Note{Rule: id, Kind: "method", ZH: rule.Note.ZH, EN: rule.Note.EN})
	}
	for _, role := range slices.Sorted(maps.Keys(rule.Factors)) {
		if n := rule.Factors[role].Note; n != nil {
			list = append(list, Note{Rule: id, Role: role, Kind: "method", ZH: n.ZH, EN: n.EN})
		}
	}
	return list
}
