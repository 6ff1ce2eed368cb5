package inventory

import (
	"fmt"
	"sort"

	"lingtan/accounting"
	"lingtan/balance"
	"lingtan/method"
	"lingtan/park"
)

// totals sums entries by organization and for the park.
func (c *compiler) totals() {
	sums := map[string]*sum{"": {}}
	of := func(org string) *sum {
		if sums[org] == nil {
			sums[org] = &sum{}
		}
		return sums[org]
	}
	for _, e := range c.inv.Entries {
		of("").entry(e)
		if e.Activity.Organization != "" { // what is taken off within the park is nobody's
			of(e.Activity.Organization).entry(e)
		}
	}
	for _, e := range c.inv.Energy {
		of("").StandardCoal += e.StandardCoal
		of(e.Organization).StandardCoal += e.StandardCoal
	}
	for n, node := range c.g.pass.Network.Nodes {
		if node.Kind != balance.Use && node.Kind != balance.Bus {
			continue // every user and every owner of a bus has a row, also one of whom nothing is known
		}
		if !c.owns(node.Organization) {
			continue
		}
		for _, s := range []*sum{of(""), of(node.Organization)} {
			s.Intervals += c.g.counts[n].intervals
			s.Missing += c.g.counts[n].missing
		}
	}
	var names []string
	for org := range sums {
		names = append(names, org)
	}
	sort.Strings(names)
	for _, org := range names {
		t := sums[org].total(org)
		c.inv.Totals = append(c.inv.Totals, t)
		if t.Missing > 0 && org != "" {
			c.inv.Notes = append(c.inv.Notes, c.inv.missingNote(t))
		}
	}
}

// sumOf is an organization's total ("" = the park's) from the entries alone.
func (c *compiler) sumOf(org string) Total {
	s := &sum{}
	for _, e := range c.inv.Entries {
		if org == "" || e.Activity.Organization == org {
			s.entry(e)
		}
	}
	for _, e := range c.inv.Energy {
		if org == "" || e.Organization == org {
			s.StandardCoal += e.StandardCoal
		}
	}
	return s.total(org)
}

// missingNote says that a total leaves out what is not known.
func (v *Inventory) missingNote(t Total) park.Name {
	n := v.organization(t.Organization)
	return park.Name{
		ZH: fmt.Sprintf("%s 有 %d 个结算时段缺失（共 %d 个）：其用量未知，未计为零，合计不含这部分；若母线有总表，则其能量计入母线所有者的未计量差额。", n.ZH, t.Missing, t.Intervals),
		EN: fmt.Sprintf("%s: %d of %d settlement intervals are missing: their amounts are unknown, not zero, and not in the total; behind a metered bus their energy stands with the bus's owner as not metered.", n.EN, t.Missing, t.Intervals)}
}

// sum gathers a total; its quality shares are weighted by emissions, and by energy
// where there are no emissions.
type sum struct {
	Total
	byQuality [3]float64 // tCO2 measured, estimated, edited
	byEnergy  [3]float64 // the same of activity data
}

func (s *sum) entry(e accounting.Entry) {
	switch {
	case e.Apart != "":
		return // told beside the totals
	case e.Scope == 1:
		s.Scope1 += e.Emissions
	case e.Scope == 3:
		s.Scope3 += e.Emissions
	case e.Basis == method.Market:
		s.Scope2Market += e.Emissions
		return
	case e.Basis == method.Location:
		s.Scope2Location += e.Emissions
	default:
		s.Scope2Location += e.Emissions
		s.Scope2Market += e.Emissions
	}
	a := e.Activity.Amount
	all := a.Total()
	if all == 0 {
		return
	}
	weight := e.Emissions
	if e.Sign < 0 { // what is taken off weighs by its size
		weight = -weight
	}
	for i, part := range [3]float64{a.Measured, a.Estimated, a.Edited} {
		s.byQuality[i] += weight * part / all
		s.byEnergy[i] += part
	}
}

func (s *sum) total(org string) Total {
	t := s.Total
	t.Organization = org
	weights := s.byQuality
	if weights[0]+weights[1]+weights[2] == 0 {
		weights = s.byEnergy
	}
	if all := weights[0] + weights[1] + weights[2]; all != 0 {
		t.MeasuredShare, t.EstimatedShare, t.EditedShare = weights[0]/all, weights[1]/all, weights[2]/all
	}
	return t
}

// dataYears notes factors that describe another year than the period.
func dataYears(v *Inventory) []park.Name {
	var notes []park.Name
	seen := map[string]bool{}
	for _, e := range v.Entries {
		for _, f := range e.Factors {
			if f.DataYear == 0 || seen[f.Factor] || fmt.Sprint(f.DataYear) == v.Period.First[:4] {
				continue
			}
			seen[f.Factor] = true
			notes = append(notes, park.Name{
				ZH: fmt.Sprintf("核算期 %s 采用 %d 年数据的因子 %s（%g %s，%s）：按“采用最新公布因子”的规则。", v.Period.Text, f.DataYear, f.Name.ZH, f.Value, f.Unit, f.Region),
				EN: fmt.Sprintf("Period %s takes the factor of data year %d: %s (%g %s, %s), by the rule \"newest published\".", v.Period.Text, f.DataYear, f.Name.EN, f.Value, f.Unit, f.Region)})
		}
	}
	return notes
}
