package park_test

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"testing"

	"lingtan/park"
	"lingtan/park/parkfile"
	"lingtan/period"
)

func read(t *testing.T) *park.Document {
	t.Helper()
	data, err := os.ReadFile("testdata/park-minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, faults := parkfile.Parse(data)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return doc
}

// differs wants the changes that edit makes, each as "path: old → new".
func differs(t *testing.T, edit func(d *park.Document), want ...string) {
	t.Helper()
	a, b := read(t), read(t)
	edit(b)
	var have []string
	for _, c := range park.Difference(a, b) {
		have = append(have, fmt.Sprintf("%s: %s → %s", c.Path, c.Old, c.New))
	}
	if !reflect.DeepEqual(have, want) {
		t.Errorf("have %q\nwant %q", have, want)
	}
	if same := a.Hash() == b.Hash(); same != (len(want) == 0) {
		t.Error("the hash does not tell the two apart")
	}
}

func TestDifference(t *testing.T) {
	differs(t, func(*park.Document) {})
	differs(t, func(d *park.Document) { d.Park.GWP = "AR5" }, "park.gwp: AR6 → AR5")
	differs(t, func(d *park.Document) { d.Points[0].Registers[0].CT = "600/5" }, "points[incoming].registers[import].ct: 400/5 → 600/5")
	differs(t, func(d *park.Document) { d.Points[1].Registers[0].Min = nil }, "points[pv].registers[yield].min: 0 → ")
	differs(t, func(d *park.Document) { d.Network.Edges[0].Valid.To = "2020-01-01" }, `network.edges[e-grid].valid:  → {to: "2020-01-01"}`)
	differs(t, func(d *park.Document) { d.Products[0].Output[1].Amount = 960 },
		`products[gearbox].output[2018-02]: {period: "2018-02", amount: 950} → {period: "2018-02", amount: 960}`)
	differs(t, func(d *park.Document) { d.Points = d.Points[:4] },
		"points[gas]: id: gas\nname: {zh: 燃气表, en: Gas meter}\norganization: lantian\nregisters:\n  - id: use\n    quantity: volume\n    kind: counter\n    carrier: natural_gas\n    unit: Nm3\n    step: 1h\n    digits: 8 → ")
	differs(t, func(d *park.Document) {
		d.Carriers = append(d.Carriers, park.Carrier{ID: "water", Name: park.Name{ZH: "水"}, Unit: "m3"})
	}, "carriers[water]:  → id: water\nname: {zh: 水, en: \"\"}\nunit: m3")
	differs(t, func(d *park.Document) { d.Tariffs[0].Organizations = []string{"lantian", "operator"} }, "tariffs[industry].organizations: [lantian] → [lantian, operator]")
}

func TestMovingAnElementIsNoChange(t *testing.T) {
	a, b := read(t), read(t)
	b.Points[0], b.Points[3] = b.Points[3], b.Points[0]
	if c := park.Difference(a, b); len(c) != 0 {
		t.Errorf("have %v", c)
	}
}

func TestAtKeepsWhatIsValidOnTheDay(t *testing.T) {
	doc := read(t)
	doc.Points[4].Registers[0].Valid = park.Valid{From: "2018-03-01", To: "2018-06-01"}
	doc.Network.Edges[1].Valid = park.Valid{To: "2018-03-01"}
	before := doc.Hash()
	holds := func(date string, organizations, points, edges int) {
		t.Helper()
		day, err := period.ParseDay(date)
		if err != nil {
			t.Fatal(err)
		}
		at := doc.At(day)
		if len(at.Organizations) != organizations || len(at.Points) != points || len(at.Network.Edges) != edges {
			t.Errorf("%s: %d organizations, %d points, %d edges; want %d, %d, %d", date,
				len(at.Organizations), len(at.Points), len(at.Network.Edges), organizations, points, edges)
		}
	}
	holds("2016-12-31", 1, 4, 6)
	holds("2017-01-01", 2, 4, 6)
	holds("2018-02-28", 2, 4, 6)
	holds("2018-03-01", 2, 5, 6)
	holds("2018-06-01", 2, 4, 5)
	if doc.Hash() != before {
		t.Error("At changed the document")
	}
}

func TestOrder(t *testing.T) {
	order, rings := read(t).Network.Order()
	if rings != nil {
		t.Fatalf("rings %v", rings)
	}
	// grid, roof, store (its charge does not count), gas-main, then what they feed.
	if want := []int{0, 1, 3, 6, 2, 7, 4, 5}; !reflect.DeepEqual(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	circle := park.Network{
		Nodes: []park.Node{{ID: "s", Kind: "source"}, {ID: "a", Kind: "bus"}, {ID: "b", Kind: "bus"}, {ID: "c", Kind: "bus"}, {ID: "u", Kind: "use"}},
		Edges: []park.Edge{{From: "s", To: "a"}, {From: "a", To: "c"}, {From: "c", To: "b"}, {From: "b", To: "a"}, {From: "b", To: "u"}},
	}
	order, rings = circle.Order()
	if !reflect.DeepEqual(order, []int{0, 1, 2, 3, 4}) || !reflect.DeepEqual(rings, [][]int{{1, 2, 3}}) {
		t.Errorf("order %v, rings %v; want the ring of a, b, c between source and use", order, rings)
	}
}

func TestRatio(t *testing.T) {
	ratio := func(s string, want float64, ok bool) {
		t.Helper()
		have, err := park.ParseRatio(s)
		if have != want || (err == nil) != ok || err != nil && !errors.Is(err, park.ErrRatio) {
			t.Errorf("%q is %v, %v; want %v", s, have, err, want)
		}
	}
	ratio("", 1, true)
	ratio("400/5", 80, true)
	ratio("10000/100", 100, true)
	ratio("1/3", 1.0/3, true)
	ratio("10.5/0.1", 105, true)
	ratio("400:5", 0, false)
	ratio("400/0", 0, false)
	ratio("-400/5", 0, false)
	ratio("1e3/5", 0, false)
	m := 0.001
	f, err := park.Register{CT: "400/5", PT: "10000/100", Multiplier: &m}.Factor()
	if err != nil || f != 0.001*80*100 {
		t.Errorf("factor %v, %v; want 8", f, err)
	}
}

func TestNameInALanguage(t *testing.T) {
	for _, c := range [][3]string{{"zh", "电", "Electricity"}, {"en", "Electricity", "Electricity"}} {
		if have := (park.Name{ZH: "电", EN: "Electricity"}).In(c[0]); have != c[1] {
			t.Errorf("%s: %s", c[0], have)
		}
	}
	if have := (park.Name{ZH: "电"}).In("en"); have != "电" {
		t.Errorf("a name without English reads %q in English, want its Chinese", have)
	}
	if have := (park.Name{EN: "Heat"}).In("zh"); have != "Heat" {
		t.Errorf("a name without Chinese reads %q in Chinese, want its English", have)
	}
}
