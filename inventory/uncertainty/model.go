package uncertainty

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"lingtan/method"
	"lingtan/park"
)

// Limits of a model.
const (
	maxLines       = 200_000
	maxTerms       = 200_000
	maxParts       = 2_000_000
	maxUncertainty = 10   // ten times the value
	maxEmissions   = 1e15 // tonnes of a line, and of a line × a weight: squares stay finite
)

// Model is emissions as products of uncertain terms. Lines that name the same term are fully
// correlated by it; different terms are independent.
type Model struct {
	Terms []Term `json:"terms"`
	Lines []Line `json:"lines"`
}

// Term is an uncertain quantity: the reading of a register, a declared amount, a factor.
type Term struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind"` // activity or factor
	Name        park.Name `json:"name,omitzero"`
	Uncertainty float64   `json:"uncertainty"`        // 1.96 standard deviations, relative, 0 to 10: half the 95 % interval of a normal one
	Shape       Shape     `json:"shape"`              // of its distribution
	Most        float64   `json:"most,omitempty"`     // largest possible value as a multiple of the mean, from 1; 0 = none
	Assumed     bool      `json:"assumed,omitempty"`  // nobody stated the uncertainty
	Basis       park.Name `json:"basis,omitzero"`     // where the uncertainty is from
	Original    string    `json:"original,omitempty"` // the factor id@version, register or record that it is of
}

// Line is an emission: Emissions × the product of its links.
type Line struct {
	ID           string       `json:"id"`
	Organization string       `json:"organization,omitempty"`
	Scope        int          `json:"scope"` // 1, 2 or 3
	Basis        method.Basis `json:"basis"`
	Category     string       `json:"category,omitempty"`
	Emissions    float64      `json:"emissions"` // tCO2 or tCO2e; below 0 where carbon goes out
	Links        []Link       `json:"links"`
}

// Link is a factor of the product, 1 + Σ weight × the relative deviation of the term. A plain
// factor is one part of weight 1; a sum or difference has a part for each of its members,
// weighted by the member over the whole.
type Link []Part

// Part is a term in a link.
type Part struct {
	Term   string  `json:"term"`
	Weight float64 `json:"weight"`
}

// group is a sum of lines.
type group struct {
	Result
	lines []int
}

// total reports whether the group is the location-based total.
func (g group) total() bool { return g.Group == "total" && g.Basis == method.Location }

// part is a Part with the number of its term.
type part struct {
	term   int
	weight float64
}

// compiled is a model ready to be propagated and drawn.
type compiled struct {
	model  *Model
	links  [][][]part // line → link → parts whose term is uncertain
	groups []group
	member [][]int // line → groups
}

// compile checks a model and groups its lines.
func (m *Model) compile() (*compiled, error) {
	if len(m.Lines) > maxLines || len(m.Terms) > maxTerms {
		return nil, fmt.Errorf("%w: %d lines, %d terms; at most %d and %d", ErrModel, len(m.Lines), len(m.Terms), maxLines, maxTerms)
	}
	number := make(map[string]int, len(m.Terms))
	for i, t := range m.Terms {
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("%w: term %d (%.60q): %w", ErrModel, i, t.ID, err)
		}
		if _, twice := number[t.ID]; twice {
			return nil, fmt.Errorf("%w: term %.60q is there twice", ErrModel, t.ID)
		}
		number[t.ID] = i
	}
	c := &compiled{model: m, links: make([][][]part, len(m.Lines)), member: make([][]int, len(m.Lines))}
	parts := 0
	for i, l := range m.Lines {
		var err error
		if c.links[i], err = l.resolve(number, m.Terms); err != nil {
			return nil, fmt.Errorf("%w: line %d (%.60q): %w", ErrModel, i, l.ID, err)
		}
		for _, k := range l.Links {
			parts += len(k)
		}
	}
	if parts > maxParts {
		return nil, fmt.Errorf("%w: %d parts of links; at most %d", ErrModel, parts, maxParts)
	}
	c.group()
	return c, nil
}

func (t Term) check() error {
	if !(t.Uncertainty >= 0 && t.Uncertainty <= maxUncertainty) {
		return fmt.Errorf("uncertainty %v; a share of the value, 0 to %d", t.Uncertainty, maxUncertainty)
	}
	if !slices.Contains([]Shape{Normal, Lognormal, Uniform, Triangular}, t.Shape) {
		return fmt.Errorf("shape %.20q; normal, lognormal, uniform or triangular", t.Shape)
	}
	if t.Most != 0 && !(t.Most >= 1) {
		return fmt.Errorf("most %v; a multiple of the mean from 1, or 0 for none", t.Most)
	}
	return nil
}

// resolve checks a line and numbers the terms of its links; parts without uncertainty fall away.
func (l Line) resolve(number map[string]int, terms []Term) ([][]part, error) {
	if !(math.Abs(l.Emissions) <= maxEmissions) {
		return nil, fmt.Errorf("emissions %v; at most %g t in size", l.Emissions, maxEmissions)
	}
	if l.Scope < 1 || l.Scope > 3 || !slices.Contains([]method.Basis{method.Location, method.Market, method.Both}, l.Basis) {
		return nil, fmt.Errorf("scope %d, basis %.20q; scope 1 to 3, basis location, market or both", l.Scope, l.Basis)
	}
	var links [][]part
	for _, link := range l.Links {
		var parts []part
		for _, p := range link {
			t, known := number[p.Term]
			if !known || !finite(p.Weight) || !(math.Abs(p.Weight*l.Emissions) <= maxEmissions) {
				return nil, fmt.Errorf("term %.60q with weight %v; a term of the model, and at most %g t × weight", p.Term, p.Weight, maxEmissions)
			}
			if terms[t].Uncertainty > 0 && p.Weight != 0 {
				parts = append(parts, part{t, p.Weight})
			}
		}
		if len(parts) > 0 {
			links = append(links, parts)
		}
	}
	return links, nil
}

// group sums the lines: the totals, the scopes, the categories and the organizations. A
// market-based group that has the lines of the location-based one is left out, but for the total.
func (c *compiled) group() {
	type key struct {
		group, key string
		basis      method.Basis
	}
	at := map[key]int{}
	add := func(line int, k key) {
		g, ok := at[k]
		if !ok {
			g = len(c.groups)
			at[k] = g
			c.groups = append(c.groups, group{Result: Result{Group: k.group, Key: k.key, Basis: k.basis}})
		}
		c.groups[g].lines = append(c.groups[g].lines, line)
		c.groups[g].Emissions += c.model.Lines[line].Emissions
	}
	for i, l := range c.model.Lines {
		if l.Scope != 2 {
			add(i, key{"scope", strconv.Itoa(l.Scope), method.Both})
		}
		for _, b := range []method.Basis{method.Location, method.Market} {
			if l.Scope == 2 && l.Basis != method.Both && l.Basis != b {
				continue
			}
			add(i, key{"total", "", b})
			add(i, key{"category", l.Category, b})
			add(i, key{"organization", l.Organization, b})
			if l.Scope == 2 {
				add(i, key{"scope", "2", b})
			}
		}
	}
	c.groups = slices.DeleteFunc(c.groups, func(g group) bool {
		if g.Group == "total" || g.Basis != method.Market || g.Group == "scope" {
			return false
		}
		other, ok := at[key{g.Group, g.Key, method.Location}]
		return ok && slices.Equal(c.groups[other].lines, g.lines)
	})
	slices.SortStableFunc(c.groups, compareGroups)
	for g, x := range c.groups {
		for _, i := range x.lines {
			c.member[i] = append(c.member[i], g)
		}
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
