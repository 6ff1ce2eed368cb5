package api_test

import (
	"context"
	"log/slog"
	"math"
	"net/http/httptest"
	"testing"
	"time"

	"lingtan/api"
	"lingtan/meter"
	"lingtan/node"
	"lingtan/store/record"
	"lingtan/test/parktest"
)

// steamServer serves a park whose mill runs a boiler: a day of 10 GJ of gas a quarter hour in, 9 of
// steam out, of which the bakery takes 3; nothing else in the night.
func steamServer(t *testing.T) *live {
	t.Helper()
	ctx := context.Background()
	n, err := node.Open(ctx, node.Options{Dir: t.TempDir(), Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	act := record.Act{Who: "system", Name: "test", From: "test", At: time.Now()}
	p := parktest.New().Enterprise("mill").Enterprise("bakery").Boiler("mill").Steam("mill").Steam("bakery").Check(t)
	if _, err := n.ImportPark(ctx, act, p.Document.YAML()); err != nil {
		t.Fatal(err)
	}
	b := &meter.Batch{Keys: []string{"mill.kwh", "bakery.kwh", "boiler-gas.kwh", "boiler-steam.kwh", "mill-steam.kwh", "bakery-steam.kwh"}}
	start := time.Date(2023, 5, 9, 16, 0, 0, 0, time.UTC)
	for i := range 96 {
		for k, x := range []float64{30, 10, 10, 9, 6, 3} {
			if k >= 2 && i < 48 {
				x = 0
			}
			b.Append(uint32(k), start.Add(time.Duration(i+1)*15*time.Minute).UnixMilli(), 900, x)
		}
	}
	if _, err := n.Admit(ctx, act, "test", b); err != nil {
		t.Fatal(err)
	}
	s, err := api.New(api.Options{Records: n.Records, Parks: n, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l := &live{t: t, node: n, server: httptest.NewServer(s.Handler())}
	t.Cleanup(l.server.Close)
	t.Cleanup(s.Live.Close)
	return l
}

// plantPage is what the test reads of an overview.
type plantPage struct {
	Indicators []struct {
		ID    string
		Value *float64
	}
	Sankey struct {
		Nodes []struct {
			ID, Kind  string
			Name      struct{ ZH, EN string }
			Value     float64
			Emissions *float64
		}
		Links []struct {
			From, To  string
			Value     float64
			Emissions *float64
		}
	}
	Carbon struct {
		Series []struct {
			ID     string
			Scope  int
			Values []*float64
		}
	}
}

// check holds the hours against the key figure, and hands back the series of a source.
func (p plantPage) check(t *testing.T, source string) []*float64 {
	t.Helper()
	var of []*float64
	sum := 0.0
	for _, s := range p.Carbon.Series {
		for _, v := range s.Values {
			if v != nil {
				sum += *v
			}
		}
		if s.ID == source {
			of = s.Values
		}
	}
	for _, i := range p.Indicators {
		if i.ID == "emissions" && (i.Value == nil || math.Abs(*i.Value-sum) > 1e-9*sum) {
			t.Errorf("the hours sum to %v, the key figure is %v", sum, *i.Value)
		}
	}
	return of
}

func TestOverviewOfConversions(t *testing.T) {
	const gas = 48 * 10 * 0.0153 * 0.99 * 44 / 12 // tCO2 of the half day
	l := steamServer(t)
	token := l.token("park_manager", "/江苏/test")
	var all, bakery, mill plantPage
	l.send(token, "GET", "/api/v1/parks/test/overview?period=2023-05-10", "", 200, &all)
	l.send(token, "GET", "/api/v1/parks/test/overview?period=2023-05-10&organization=bakery", "", 200, &bakery)
	l.send(token, "GET", "/api/v1/parks/test/overview?period=2023-05-10&organization=mill", "", 200, &mill)
	if all.check(t, "boiler.boiler-out") != nil || mill.check(t, "boiler.boiler-out") != nil {
		t.Error("steam is counted beside the gas that it is made of")
	}
	steam := bakery.check(t, "boiler.boiler-out")
	if len(steam) != 24 || *steam[3] != 0 || math.Abs(*steam[20]-gas/3/12) > 1e-9 {
		t.Fatalf("the hours of the bakery's steam: %v", steam)
	}
	kinds, names := map[string]string{}, map[string]string{}
	for _, n := range all.Sankey.Nodes {
		kinds[n.ID], names[n.ID] = n.Kind, n.Name.EN
		if n.ID == "boiler" && (math.Abs(n.Value-48*10/3.6) > 1e-9 || n.Emissions == nil || math.Abs(*n.Emissions-gas) > 1e-9) {
			t.Errorf("boiler: %+v", n)
		}
	}
	if kinds["boiler"] != "conversion" || names["boiler"] != "boiler" {
		t.Errorf("nodes: %v, %v", kinds, names)
	}
	for _, x := range bakery.Sankey.Links {
		if kinds[x.From] == "" || kinds[x.To] == "" {
			t.Errorf("a link of no node: %+v", x)
		}
		if x.From == "boiler" && (x.To != "bakery-steam-use" || math.Abs(x.Value-48*3/3.6) > 1e-9 || math.Abs(*x.Emissions-gas/3) > 1e-9) {
			t.Errorf("steam of the bakery: %+v", x)
		}
	}
	if len(bakery.Sankey.Links) != 2 || len(mill.Sankey.Links) != 3 {
		t.Errorf("links of the bakery %+v, of the mill %+v", bakery.Sankey.Links, mill.Sankey.Links)
	}
}
