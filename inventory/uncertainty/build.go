package uncertainty

import (
	"math"
	"strings"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/inventory"
	"lingtan/method"
	"lingtan/park"
	"lingtan/quantity"
)

// NewModel takes an inventory apart into lines and the terms that they hang on. Entries
// beside the totals (biogenic, information) are left out, as they are of the totals.
//
// Lines that are metered by the same register, made of the same declared record or
// multiplied by the same factor id@version share that term. What is left over at a bus moves
// with the meters of what enters it, and against those of what leaves it.
func NewModel(v *inventory.Inventory) *Model {
	b := newBuilder(v)
	for _, e := range v.Entries {
		if e.Apart != "" {
			continue
		}
		l := Line{ID: e.ID, Organization: e.Activity.Organization, Scope: e.Scope, Basis: e.Basis, Category: categoryOf(e), Emissions: e.Emissions, Links: []Link{}}
		if e.Formula != method.Zero && e.Emissions != 0 {
			l.Links = append(append(l.Links, b.activity(e)), b.factors(e)...)
		}
		b.model.Lines = append(b.model.Lines, l)
	}
	return b.model
}

// categoryOf is the category of an entry, and its activity where the method has no categories.
func categoryOf(e accounting.Entry) string {
	if e.Category != "" {
		return e.Category
	}
	return e.Activity.Kind
}

// builder gathers the terms of an inventory, none twice.
type builder struct {
	v         *inventory.Inventory
	model     *Model
	known     map[string]bool
	registers map[string]inventory.RegisterRecord
	meters    map[string]park.Register  // point.register → as the park file has it
	library   map[string]factor.Factor  // id@version → as the inventory carries it
	left      map[string]float64        // bus → amount left over, all sources
	edges     map[string][2][]park.Edge // node → in, out
}

func newBuilder(v *inventory.Inventory) *builder {
	b := &builder{v: v, model: &Model{Terms: []Term{}, Lines: []Line{}}, known: map[string]bool{}, registers: map[string]inventory.RegisterRecord{},
		meters: map[string]park.Register{}, library: map[string]factor.Factor{}, left: leftOver(v), edges: map[string][2][]park.Edge{}}
	for _, r := range v.Registers {
		b.registers[r.Register] = r
	}
	for _, s := range v.Factors {
		b.library[s.Factor.Ref()] = s.Factor
	}
	for _, p := range v.Structure.Points {
		for _, r := range p.Registers {
			b.meters[p.ID+"."+r.ID] = r
		}
	}
	for _, e := range v.Structure.Network.Edges {
		to, from := b.edges[e.To], b.edges[e.From]
		to[0], from[1] = append(to[0], e), append(from[1], e)
		b.edges[e.To], b.edges[e.From] = to, from
	}
	return b
}

// leftOver is what is left over at each bus, from all its sources, however many rules and
// instruments account it.
func leftOver(v *inventory.Inventory) map[string]float64 {
	type key struct{ node, source, rule string }
	parts := map[key]float64{}
	whole := map[[2]string]float64{}
	left := map[string]float64{}
	for _, e := range v.Entries {
		if a := e.Activity; a.Place == accounting.Lost && a.Record == "" {
			k, s := key{a.Node, a.Source, e.Rule}, [2]string{a.Node, a.Source}
			parts[k] += a.Amount.Total()
			if x := parts[k]; x > whole[s] {
				left[a.Node] += x - whole[s]
				whole[s] = x
			}
		}
	}
	return left
}

// add adds a term unless it is there.
func (b *builder) add(t Term) string {
	if !b.known[t.ID] {
		b.known[t.ID] = true
		if t.Shape == "" {
			t.Shape = ofShape(t.Uncertainty)
		}
		t.Uncertainty = math.Min(t.Uncertainty, maxUncertainty)
		b.model.Terms = append(b.model.Terms, t)
	}
	return t.ID
}

// take sets a term's uncertainty to what is assumed.
func (t Term) take(a assumed) Term {
	t.Uncertainty, t.Shape, t.Basis, t.Assumed = a.uncertainty, a.shape, a.basis, !a.known
	return t
}

// stated says that the declarer brought an uncertainty.
var stated = park.Name{ZH: "申报方声明", EN: "stated by the declarer"}

// activity is the link of an entry's activity data.
func (b *builder) activity(e accounting.Entry) Link {
	a := e.Activity
	if a.Record != "" {
		t := Term{ID: "record:" + a.Record, Kind: "activity", Name: park.Name{ZH: "申报记录 " + a.Record, EN: "declared record " + a.Record},
			Original: a.Record, Uncertainty: a.Uncertainty, Basis: stated}
		if a.Uncertainty == 0 {
			t = t.take(amountAssumed(a.Amount))
		}
		return Link{{b.add(t), 1}}
	}
	if whole := b.left[a.Node]; a.Place == accounting.Lost && whole > 0 {
		var link Link
		for side, sign := range [2]float64{1, -1} {
			for _, edge := range b.edges[a.Node][side] {
				link = b.metered(link, edge.Register, sign/whole)
			}
		}
		if len(link) > 0 {
			return link
		}
	}
	var sum float64
	for _, r := range a.Registers {
		sum += math.Abs(b.registers[r].Totals.Total())
	}
	var link Link
	for _, r := range a.Registers {
		if sum > 0 {
			link = b.metered(link, r, 1/sum)
		}
	}
	if len(link) > 0 {
		return link
	}
	t := Term{ID: "node:" + a.Node, Kind: "activity", Name: b.nameOf(a.Node), Original: a.Node}.take(amountAssumed(a.Amount))
	return Link{{b.add(t), 1}}
}

// metered adds a register's part to a link, its total × weight; nothing where the inventory
// has no settled usage of it.
func (b *builder) metered(link Link, register string, weight float64) Link {
	r, ok := b.registers[register]
	if !ok || r.Totals.Total() == 0 {
		return link
	}
	t := Term{ID: "register:" + register, Kind: "activity", Name: park.Name{ZH: "计量 " + register, EN: "register " + register},
		Original: register}.take(meterAssumed(b.meters[register], r.Totals))
	return append(link, Part{b.add(t), r.Totals.Total() * weight})
}

func (b *builder) nameOf(node string) park.Name {
	for _, n := range b.v.Structure.Network.Nodes {
		if n.ID == node {
			return n.Name
		}
	}
	return park.Name{ZH: node, EN: node}
}

// taken are the roles that are taken off another, and off which.
var taken = map[string]string{"uncarbonated": "content", "feedwater": "enthalpy"}

// factors are the links of an entry's factors. A factor that is taken off another stands in
// the other's link: (a − b) moves by a/(a−b) and −b/(a−b).
func (b *builder) factors(e accounting.Entry) []Link {
	var links []Link
	for _, f := range e.Factors {
		if taken[f.Role] != "" || f.Value == 0 {
			continue
		}
		link := Link{{b.factor(e, f), 1}}
		for _, less := range e.Factors {
			if taken[less.Role] != f.Role || less.Value == 0 {
				continue
			}
			x, err := converted(less.Value, less.Unit, f.Unit)
			if rest := f.Value - x; err == nil && rest > 0 {
				link = Link{{link[0].Term, f.Value / rest}, {b.factor(e, less), -x / rest}}
			}
		}
		links = append(links, link)
	}
	return links
}

func converted(v float64, from, to string) (float64, error) {
	a, err := quantity.Parse(from)
	if err != nil {
		return 0, err
	}
	u, err := quantity.Parse(to)
	if err != nil {
		return 0, err
	}
	return quantity.Convert(v, a, u)
}

// factor is the term of a factor. A library factor is one term wherever it is used; a number
// printed by the method is one for its rule, a declarer's own for its record.
func (b *builder) factor(e accounting.Entry, f accounting.Applied) string {
	t := Term{ID: "factor:" + f.Factor, Kind: "factor", Name: park.Name{ZH: f.Name.ZH, EN: f.Name.EN}, Original: f.Factor}
	switch {
	case strings.HasPrefix(f.Factor, "method:"):
		t.ID += ":" + e.Rule + ":" + f.Role
	case strings.HasPrefix(f.Factor, "record:"):
		t.ID += ":" + f.Role
	case f.Uncertainty > 0: // of a state of steam that a declarer measured
		t.ID += ":record:" + e.Activity.Record
	}
	t.Uncertainty, t.Basis = f.Uncertainty, stated
	if f.Uncertainty == 0 {
		t = t.take(factorAssumed(e, f, b.library[f.Factor].Item, b.pedigree(e, f)))
	}
	for _, share := range shares {
		if v, err := converted(f.Value, f.Unit, "1"); f.Role == share && err == nil && v > 0 && v <= 1 {
			t.Most = 1 / v
		}
	}
	return b.add(t)
}
