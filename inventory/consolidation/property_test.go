package consolidation_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"lingtan/inventory/consolidation"
	"lingtan/method"
	"lingtan/park"
)

type tonnes = consolidation.Tonnes

var treatments = []consolidation.Treatment{consolidation.Kept, consolidation.Deducted, consolidation.LeftOut, consolidation.Traced}

// tree draws places: a province, parks, enterprises and some enterprises of enterprises.
func tree(t *rapid.T) (places []consolidation.Place, members []string) {
	add := func(path, level string) {
		places = append(places, consolidation.Place{Path: path, Level: level, Name: park.Name{EN: path}, Sector: rapid.SampledFrom([]string{"C26", "C31", ""}).Draw(t, "sector")})
	}
	add("/p", "province")
	for k := range rapid.IntRange(1, 3).Draw(t, "parks") {
		at := fmt.Sprintf("/p/park%d", k)
		add(at, "park")
		for m := range rapid.IntRange(1, 4).Draw(t, "members") {
			own := fmt.Sprintf("%s/m%d", at, m)
			add(own, "enterprise")
			members = append(members, own)
			if rapid.IntRange(0, 3).Draw(t, "daughter") == 0 {
				add(own+"/d", "enterprise")
				members = append(members, own+"/d")
			}
		}
	}
	order := rapid.Permutation(members).Draw(t, "order")
	return places, order
}

// world is a case in the making: it knows the carbon that came to every member.
type world struct {
	c    *consolidation.Case
	came map[string]map[string]tonnes // member → carrier → carbon
	left map[string]map[string]tonnes // member → pool ("" = all) → handed on and left out of its entries
	sum  tonnes                       // of all sources
}

func (w *world) book(m map[string]map[string]tonnes, who, what string, x tonnes) {
	if m[who] == nil {
		m[who] = map[string]tonnes{}
	}
	old := m[who][what]
	m[who][what] = tonnes{Location: old.Location + x.Location, Market: old.Market + x.Market}
}

// pool is what a member hands on a carrier out of.
func (w *world) pool(who, carrier string) (string, tonnes) {
	if x, there := w.came[who][carrier]; there {
		return carrier, x
	}
	var all tonnes
	for _, x := range w.came[who] {
		all.Location, all.Market = all.Location+x.Location, all.Market+x.Market
	}
	return "", all
}

// drawn is a case of which all carbon is known: members, in an order in which energy is
// handed on, bring in carbon and pass shares of it on by any treatment; each counts what it
// bought by a factor of its own, or not at all.
func drawn(t *rapid.T, kinds []consolidation.Treatment) *world {
	places, members := tree(t)
	w := &world{c: &consolidation.Case{Format: consolidation.Format, Period: "2023", Places: places}, came: map[string]map[string]tonnes{}, left: map[string]map[string]tonnes{}}
	carbon := rapid.Float64Range(0.1, 1000)
	for i, from := range members {
		for _, carrier := range []string{"electricity", "steam"} {
			if rapid.Bool().Draw(t, "source") {
				s := consolidation.Source{ID: "s/" + from + "/" + carrier, Place: from, Carrier: carrier, Carbon: tonnes{Location: carbon.Draw(t, "location"), Market: carbon.Draw(t, "market")}}
				w.c.Sources = append(w.c.Sources, s)
				w.book(w.came, from, carrier, s.Carbon)
				w.sum.Location, w.sum.Market = w.sum.Location+s.Carbon.Location, w.sum.Market+s.Carbon.Market
			}
		}
		if len(w.came[from]) == 0 || i == len(members)-1 {
			continue
		}
		for k := range rapid.IntRange(0, 3).Draw(t, "hands on") {
			w.hand(t, fmt.Sprintf("t/%s/%d", from, k), from, rapid.SampledFrom(members[i+1:]).Draw(t, "to"), kinds)
		}
	}
	w.count(t)
	return w
}

func (w *world) hand(t *rapid.T, id, from, to string, kinds []consolidation.Treatment) {
	carrier := rapid.SampledFrom([]string{"electricity", "steam", "heat"}).Draw(t, "carrier")
	name, have := w.pool(from, carrier)
	part := rapid.Float64Range(0.01, 0.15).Draw(t, "part")
	x := consolidation.Transfer{ID: id, From: from, To: to, Carrier: carrier, Amount: 1, Unit: "GJ", Carbon: tonnes{Location: part * have.Location, Market: part * have.Market},
		Treatment: rapid.SampledFrom(kinds).Draw(t, "treatment")}
	if x.Treatment == consolidation.LeftOut || x.Treatment == consolidation.Traced {
		w.book(w.left, from, name, x.Carbon)
	}
	w.book(w.came, to, carrier, x.Carbon)
	w.c.Transfers = append(w.c.Transfers, x)
}

// kept is the share of what came to a member of a carrier that its own entries hold.
func (w *world) kept(who, carrier string) tonnes {
	r := tonnes{Location: 1, Market: 1}
	for name, out := range w.left[who] {
		if name != "" && name != carrier {
			continue
		}
		_, all := w.pool(who, name)
		r.Location, r.Market = r.Location-out.Location/all.Location, r.Market-out.Market/all.Market
	}
	return r
}

// count writes every member's entries.
func (w *world) count(t *rapid.T) {
	at := map[string]int{}
	for i, p := range w.c.Places {
		at[p.Path] = i
	}
	add := func(who, id string, scope int, x tonnes) []consolidation.Part {
		p := &w.c.Places[at[who]]
		p.Entries = append(p.Entries,
			consolidation.Entry{ID: id + "/l", Scope: scope, Basis: method.Location, Emissions: x.Location},
			consolidation.Entry{ID: id + "/m", Scope: scope, Basis: method.Market, Emissions: x.Market})
		return []consolidation.Part{{Entry: id + "/l"}, {Entry: id + "/m", Share: 1}}
	}
	for _, s := range w.c.Sources {
		r := w.kept(s.Place, s.Carrier)
		add(s.Place, s.ID, rapid.IntRange(1, 2).Draw(t, "scope"), tonnes{Location: r.Location * s.Carbon.Location, Market: r.Market * s.Carbon.Market})
	}
	for i := range w.c.Transfers {
		x := &w.c.Transfers[i]
		r, f := w.kept(x.To, x.Carrier), 1.0
		if x.Treatment != consolidation.Traced {
			f = rapid.SampledFrom([]float64{0, 0.8, 1, 1.3}).Draw(t, "buyer's factor")
		}
		parts := add(x.To, x.ID+"/taken", 2, tonnes{Location: f * r.Location * x.Carbon.Location, Market: f * r.Market * x.Carbon.Market})
		if x.Treatment != consolidation.Traced {
			x.Buyer = parts
		}
		if x.Treatment == consolidation.Deducted {
			d := rapid.SampledFrom([]float64{-1, -0.7, -1.2}).Draw(t, "supplier's factor")
			x.Supplier = add(x.From, x.ID+"/sold", 2, tonnes{Location: d * x.Carbon.Location, Market: d * x.Carbon.Market})
		}
	}
}

func consolidated(t testing.TB, c *consolidation.Case) *consolidation.Result {
	t.Helper()
	r, err := consolidation.Consolidate(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func close9(a, b tonnes, size float64) bool {
	size = max(1, size)
	return math.Abs(a.Location-b.Location) <= 1e-9*size && math.Abs(a.Market-b.Market) <= 1e-9*size
}

// Whatever members count and leave out, the total of the highest place is what all of them
// brought in, every place closes, and its parts make its total.
func TestConsolidatedIsTheSources(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t, treatments)
		r, err := consolidation.Consolidate(w.c)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Views[0].Consolidated.Total; !close9(got, w.sum, w.sum.Location+w.sum.Market) {
			t.Fatalf("consolidated %v, sources %v", got, w.sum)
		}
		for _, v := range r.Views {
			if v.Closes != nil && !*v.Closes {
				t.Fatalf("%s: residual %v of %v", v.Path, *v.Residual, v.Consolidated.Total)
			}
			var sectors tonnes
			for _, s := range v.Sectors {
				sectors.Location += s.Reported.Total.Location - s.Eliminated.Total.Location
				sectors.Market += s.Reported.Total.Market - s.Eliminated.Total.Market
			}
			if !close9(sectors, v.Consolidated.Total, v.Reported.Total.Location+v.Reported.Total.Market) {
				t.Fatalf("%s: sectors make %v of %v", v.Path, sectors, v.Consolidated.Total)
			}
		}
	})
}

// The order of a file changes no bit.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t, treatments)
		first, err := consolidation.Consolidate(w.c)
		if err != nil {
			t.Fatal(err)
		}
		seed := rapid.Uint64().Draw(t, "seed")
		rnd := rand.New(rand.NewPCG(seed, 1))
		rnd.Shuffle(len(w.c.Places), func(i, j int) { w.c.Places[i], w.c.Places[j] = w.c.Places[j], w.c.Places[i] })
		rnd.Shuffle(len(w.c.Sources), func(i, j int) { w.c.Sources[i], w.c.Sources[j] = w.c.Sources[j], w.c.Sources[i] })
		rnd.Shuffle(len(w.c.Transfers), func(i, j int) { w.c.Transfers[i], w.c.Transfers[j] = w.c.Transfers[j], w.c.Transfers[i] })
		for _, p := range w.c.Places {
			rnd.Shuffle(len(p.Entries), func(i, j int) { p.Entries[i], p.Entries[j] = p.Entries[j], p.Entries[i] })
		}
		second, err := consolidation.Consolidate(w.c)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(first)
		b, _ := json.Marshal(second)
		if string(a) != string(b) {
			t.Fatalf("order matters:\n%s\n%s", a, b)
		}
	})
}

// Eliminating twice changes nothing: a park that hands up its consolidated entries (the
// members' less what was taken off) and its transfers with other parks gives the province
// the same total as its members do one by one.
func TestEliminatingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t, []consolidation.Treatment{consolidation.Kept, consolidation.Deducted})
		r, err := consolidation.Consolidate(w.c)
		if err != nil {
			t.Fatal(err)
		}
		up := handedUp(w.c, r)
		again, err := consolidation.Consolidate(up)
		if err != nil {
			t.Fatal(err)
		}
		size := r.Views[0].Reported.Total.Location + r.Views[0].Reported.Total.Market
		if a, b := r.Views[0].Consolidated.Total, again.Views[0].Consolidated.Total; !close9(a, b, size) {
			t.Fatalf("one by one %v, by parks %v", a, b)
		}
		third, err := consolidation.Consolidate(handedUp(up, again))
		if err != nil {
			t.Fatal(err)
		}
		if a, b := again.Views[0].Consolidated, third.Views[0].Consolidated; !close9(a.Total, b.Total, size) {
			t.Fatalf("handed up once %v, twice %v", a, b)
		}
	})
}

// Members that hand energy to each other in a loop: a and b both leave out what they pass
// on; c hands a 60 and keeps it in its entries.
func TestLoop(t *testing.T) {
	place := func(path string, entries ...consolidation.Entry) consolidation.Place {
		return consolidation.Place{Path: path, Level: "enterprise", Name: park.Name{EN: path}, Entries: entries}
	}
	entry := func(id string, x float64) consolidation.Entry {
		return consolidation.Entry{ID: id, Scope: 2, Basis: method.Both, Emissions: x}
	}
	pass := func(id, from, to string, x float64, how consolidation.Treatment, buyer string) consolidation.Transfer {
		return consolidation.Transfer{ID: id, From: from, To: to, Carrier: "steam", Amount: x, Unit: "GJ", Carbon: tonnes{Location: x, Market: x}, Treatment: how, Buyer: []consolidation.Part{{Entry: buyer}}}
	}
	// To a come 60 of c, 20 of b and 20 of its own; it hands 50 to b. To b come these 50 and
	// 30 of its own; it hands 20 back. a uses 50 of its 100, b 60 of its 80.
	c := &consolidation.Case{Format: consolidation.Format, Places: []consolidation.Place{
		{Path: "/p", Level: "park", Name: park.Name{EN: "p"}},
		place("/p/a", entry("a-c", 30), entry("a-b", 10), entry("a-own", 10)),
		place("/p/b", entry("b-a", 37.5), entry("b-own", 22.5)),
		place("/p/c", entry("c-own", 60))},
		Sources: []consolidation.Source{{ID: "a", Place: "/p/a", Carrier: "steam", Carbon: tonnes{Location: 20, Market: 20}},
			{ID: "b", Place: "/p/b", Carrier: "steam", Carbon: tonnes{Location: 30, Market: 30}}, {ID: "c", Place: "/p/c", Carrier: "steam", Carbon: tonnes{Location: 60, Market: 60}}},
		Transfers: []consolidation.Transfer{pass("1", "/p/c", "/p/a", 60, consolidation.Kept, "a-c"), pass("2", "/p/a", "/p/b", 50, consolidation.LeftOut, "b-a"),
			pass("3", "/p/b", "/p/a", 20, consolidation.LeftOut, "a-b")}}
	r := consolidated(t, c)
	if v := r.Views[0]; !*v.Closes || !close9(v.Consolidated.Total, tonnes{Location: 110, Market: 110}, 110) {
		t.Errorf("consolidated %v, residual %v", v.Consolidated.Total, *v.Residual)
	}
}

// handedUp is a case in which each park is one place with its consolidated entries.
func handedUp(c *consolidation.Case, r *consolidation.Result) *consolidation.Case {
	up := &consolidation.Case{Format: c.Format, Period: c.Period, Sources: slices.Clone(c.Sources)}
	of := func(path string) string {
		for _, p := range c.Places {
			if p.Level == "park" && (path == p.Path || len(path) > len(p.Path) && path[:len(p.Path)+1] == p.Path+"/") {
				return p.Path
			}
		}
		return path
	}
	at := map[string]int{}
	for _, p := range c.Places {
		if p.Level != "enterprise" {
			at[p.Path] = len(up.Places)
			p.Entries = slices.Clone(p.Entries)
			up.Places = append(up.Places, p)
		}
	}
	for _, p := range c.Places {
		if p.Level == "enterprise" {
			q := &up.Places[at[of(p.Path)]]
			q.Entries = append(q.Entries, p.Entries...)
		}
	}
	for i := range up.Sources {
		up.Sources[i].Place = of(up.Sources[i].Place)
	}
	off := map[string]tonnes{}
	for _, k := range r.Countings {
		off[k.Transfer] = k.Eliminated
	}
	for _, x := range c.Transfers {
		if x.From, x.To = of(x.From), of(x.To); x.From != x.To {
			up.Transfers = append(up.Transfers, x)
			continue
		}
		q := &up.Places[at[x.From]]
		q.Entries = append(q.Entries,
			consolidation.Entry{ID: "off/" + x.ID + "/l", Scope: 2, Basis: method.Location, Emissions: -off[x.ID].Location},
			consolidation.Entry{ID: "off/" + x.ID + "/m", Scope: 2, Basis: method.Market, Emissions: -off[x.ID].Market})
	}
	return up
}
