package layout

import (
	"errors"
	"os"
	"reflect"
	"testing"
	"time"

	"lingtan/meter"
	"lingtan/park"
	"lingtan/park/parkfile"
	"lingtan/period"
)

func example(t testing.TB) *park.Document {
	t.Helper()
	data, err := os.ReadFile("../testdata/park-minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, faults := parkfile.Parse(data)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return doc
}

func compiled(t testing.TB, doc *park.Document) *Layout {
	t.Helper()
	l, err := Compile(doc)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestRegistersAreReadyToSettle(t *testing.T) {
	l := compiled(t, example(t))
	register := func(key string, kind meter.Kind, carrier, unit, settle string, multiplier float64, step time.Duration) {
		t.Helper()
		r, ok := l.Register(key)
		if !ok {
			t.Errorf("no register %s", key)
			return
		}
		have := []any{r.Kind, r.Carrier, r.Unit, r.SettleUnit, r.Multiplier, r.Step}
		if want := []any{kind, carrier, unit, settle, multiplier, step}; !reflect.DeepEqual(have, want) {
			t.Errorf("%s is %v, want %v", key, have, want)
		}
	}
	register("incoming.import", meter.Counter, "electricity", "kWh", "kWh", 8000, 15*time.Minute) // 400/5 × 10000/100
	register("incoming.lagging", meter.Counter, "", "kvarh", "kvarh", 8000, 15*time.Minute)
	register("incoming.pf", meter.State, "", "1", "", 1, 15*time.Minute)
	register("pv.yield", meter.MeanPower, "electricity", "W", "kWh", 1, 5*time.Minute)
	register("gas.use", meter.Counter, "natural_gas", "Nm3", "Nm3", 1, time.Hour)
	if n := len(l.Registers()); n != 8 {
		t.Errorf("%d registers, want 8", n)
	}
	r, _ := l.Register("incoming.import")
	if want := time.Date(2018, 6, 1, 1, 30, 0, 0, time.UTC); len(r.Exchanges) != 1 || !r.Exchanges[0].At.Equal(want) || r.Exchanges[0].Last != 812345.6 {
		t.Errorf("exchanges %v", r.Exchanges)
	}
}

func TestValidDaysAreTheZonesDays(t *testing.T) {
	doc := example(t)
	doc.Points[4].Registers[0].Valid = park.Valid{From: "2018-03-01", To: "2018-06-01"}
	r, _ := compiled(t, doc).Register("gas.use")
	from, to := time.Date(2018, 2, 28, 16, 0, 0, 0, time.UTC), time.Date(2018, 5, 31, 16, 0, 0, 0, time.UTC)
	if !r.ValidFrom.Equal(from) || !r.ValidTo.Equal(to) {
		t.Errorf("valid %v to %v, want %v to %v", r.ValidFrom, r.ValidTo, from, to)
	}
}

func TestNetwork(t *testing.T) {
	l := compiled(t, example(t))
	bus, _ := l.Node("busbar")
	if n := l.Network.Nodes[bus]; !reflect.DeepEqual(n.In, []int{0, 1, 3}) || !reflect.DeepEqual(n.Out, []int{2, 4, 5}) {
		t.Errorf("busbar in %v, out %v", n.In, n.Out)
	}
	place := make(map[int]int)
	for k, i := range l.Network.Order {
		place[i] = k
	}
	for _, e := range l.Network.Edges {
		if l.Network.Nodes[e.To].Kind != "storage" && place[e.From] >= place[e.To] {
			t.Errorf("edge %s runs against the order", e.ID)
		}
	}
	if i, ok := l.EdgeOf("hall.use"); !ok || l.Network.Edges[i].ID != "e-hall" {
		t.Errorf("hall.use meters edge %d, %v", i, ok)
	}
	if _, ok := l.EdgeOf("incoming.pf"); ok {
		t.Error("a power factor meters an edge")
	}
	if p, ok := l.PointOf("battery.charge"); !ok || p.ID != "battery" {
		t.Error("battery.charge is not of point battery")
	}
}

func TestEdgesOnADay(t *testing.T) {
	doc := example(t)
	doc.Network.Edges[1].Valid = park.Valid{From: "2018-03-01", To: "2018-03-03"}
	l := compiled(t, doc)
	on := func(date string, want int) {
		t.Helper()
		day, err := period.ParseDay(date)
		if err != nil {
			t.Fatal(err)
		}
		if have := len(l.EdgesOn(day)); have != want {
			t.Errorf("%s: %d edges, want %d", date, have, want)
		}
	}
	on("2018-02-28", 6)
	on("2018-03-01", 7)
	on("2018-03-02", 7)
	on("2018-03-03", 6)
}

func TestOrganizations(t *testing.T) {
	doc := example(t)
	doc.Organizations = append(doc.Organizations,
		park.Organization{ID: "forge", Kind: "enterprise", Name: park.Name{ZH: "锻造分厂"}, Parent: "lantian"},
		park.Organization{ID: "press", Kind: "enterprise", Name: park.Name{ZH: "压机班"}, Parent: "forge"})
	l := compiled(t, doc)
	if l.Operator() != "operator" {
		t.Errorf("operator %s", l.Operator())
	}
	if have := l.Children("lantian"); !reflect.DeepEqual(have, []string{"forge"}) {
		t.Errorf("children %v", have)
	}
	if have := l.OrganizationsOf("lantian"); !reflect.DeepEqual(have, []string{"lantian", "forge", "press"}) {
		t.Errorf("organizations %v", have)
	}
	if l.OrganizationsOf("nobody") != nil {
		t.Error("an unknown organization has members")
	}
}

func TestUnsoundDocumentDoesNotCompile(t *testing.T) {
	doc := example(t)
	doc.Network.Edges[0].Register = "nowhere.use"
	_, err := Compile(doc)
	var faults parkfile.Faults
	if !errors.As(err, &faults) || faults[0].Path != "network.edges[0].register" {
		t.Errorf("have %v", err)
	}
}
