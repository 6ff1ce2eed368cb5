package inventory_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"lingtan/factor"
	"lingtan/inventory"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/park"
	"lingtan/period"
	"lingtan/test/parktest"
	"lingtan/usage"
)

// notebook keeps parts by day.
type notebook map[period.Day]*inventory.Part

func (n notebook) Part(d period.Day) *inventory.Part { return n[d] }
func (n notebook) Keep(p *inventory.Part)            { n[p.Day()] = p }

// workshop is a park with photovoltaics, a bus of its own behind a meter and, if asked for, a battery.
func workshop(battery bool) (*parktest.Park, []string) {
	p := parktest.New().Enterprise("mill").Enterprise("bakery").PV().Gas("bakery")
	keys := []string{"mill.kwh", "bakery.kwh", "pv.kwh", "bakery-gas.kwh"}
	net := &p.Document.Network
	node := func(id, kind, organization string) {
		net.Nodes = append(net.Nodes, park.Node{ID: id, Kind: kind, Carrier: "electricity", Organization: organization, Name: park.Name{ZH: id, EN: id}})
	}
	edge := func(id, from, to string) {
		p.Document.Points = append(p.Document.Points, park.Point{ID: id, Organization: "operator", Name: park.Name{ZH: id, EN: id},
			Registers: []park.Register{{ID: "kwh", Quantity: "active_energy", Kind: "amount", Carrier: "electricity", Unit: "kWh", Step: "15m"}}})
		net.Edges = append(net.Edges, park.Edge{ID: id, From: from, To: to, Register: id + ".kwh"})
		keys = append(keys, id+".kwh")
	}
	node("hall", "bus", "mill")
	node("press", "use", "mill")
	edge("hall-in", "bus", "hall")
	edge("press-in", "hall", "press")
	if battery {
		node("battery", "storage", "operator")
		edge("charge", "bus", "battery")
		edge("discharge", "battery", "bus")
	}
	return p, keys
}

// drawDay is a settled day: amounts with idle hours, qualities of every kind.
func drawDay(r *rapid.T, key string, d period.Day, revision uint16) usage.Day {
	u := usage.Day{Key: key, Day: d, Revision: revision, Amount: make([]float64, 96), Readings: 96}
	level := rapid.Float64Range(0, 100).Draw(r, key)
	idle := rapid.IntRange(0, 96).Draw(r, "idle until")
	for i := idle; i < 96; i++ {
		u.Amount[i] = level * float64(1+i%7) / 3
	}
	if rapid.Bool().Draw(r, "all measured") {
		return u
	}
	u.Quality = make([]meter.Quality, 96)
	doubt := rapid.SampledFrom([]meter.Quality{meter.Estimated, meter.Edited, meter.Missing}).Draw(r, "quality")
	for i := range u.Quality {
		u.Quality[i] = meter.Measured
		if i%5 == 0 {
			u.Quality[i] = doubt
			if doubt == meter.Missing {
				u.Amount[i] = 0
			}
		}
	}
	return u
}

func compiledText(t rapid.TB, in inventory.Inputs) []byte {
	t.Helper()
	v, err := inventory.Compile(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Whatever day is corrected, in a park with or without a battery: an inventory made of kept
// parts and of the days that changed is the inventory made of all days, to the last bit.
func TestRestatementByTouchedDaysIsTheFullCompile(t *testing.T) {
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	first, err := period.ParseDay("2023-05-01")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		p, keys := workshop(rapid.Bool().Draw(r, "battery"))
		pack, err := method.Find(p.Document.Park.Method)
		if err != nil {
			r.Fatal(err)
		}
		settled := map[string]usage.Day{}
		for d := first; d < first+6; d++ {
			for _, k := range keys {
				if rapid.IntRange(0, 9).Draw(r, "silent") > 0 {
					settled[fmt.Sprint(k, d)] = drawDay(r, k, d, 0)
				}
			}
		}
		in := inventory.Inputs{ID: "test", Structure: p.Document, Method: pack, Factors: lib, Period: "2023-05-01..2023-05-06", AsKnownAt: asKnownAt.UnixMilli()}
		parts := notebook{}
		for revision := range uint16(2) {
			source := usageOf(settled)
			if len(settled) == 0 {
				return
			}
			in.Usage, in.Parts = source, nil
			whole := compiledText(r, in)
			in.Parts = parts
			if !bytes.Equal(whole, compiledText(r, in)) {
				r.Fatalf("after %d corrections the inventory of kept parts differs", revision)
			}
			if source.asked = 0; !bytes.Equal(whole, compiledText(r, in)) || source.asked > 0 {
				r.Fatalf("nothing changed, and %d days were read again", source.asked)
			}
			d, k := first+period.Day(rapid.IntRange(0, 5).Draw(r, "corrected")), rapid.SampledFrom(keys).Draw(r, "register")
			settled[fmt.Sprint(k, d)] = drawDay(r, k, d, revision+1)
			delete(parts, d)
		}
	})
}

// days is a source of settled days that counts how often it is asked.
type days struct {
	*parktest.Park
	asked int
}

func (d *days) UsageByDay(ctx context.Context, q usage.Query, fn func(usage.Day) error) error {
	d.asked += int(q.Last-q.First) + 1
	return d.Park.UsageByDay(ctx, q, fn)
}

func usageOf(settled map[string]usage.Day) *days {
	p := parktest.New()
	for _, u := range settled {
		p.Day(u)
	}
	return &days{Park: p}
}

// The park's inventory and those of its members out of one pass are those made one by one.
func TestOneGatheringServesAll(t *testing.T) {
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p := millAndBakery().PV().Settled("pv.kwh", day, 8, meter.Measured)
	in := inventory.Inputs{ID: "test", Structure: p.Check(t).Document, Method: sector(t), Factors: lib, Usage: p, Period: day, AsKnownAt: asKnownAt.UnixMilli(), Declared: declarations()}
	g, err := inventory.Gather(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, organization := range []string{"mill", "bakery", "operator"} {
		in.Organization = organization
		v, err := g.Compile(in)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(v)
		if err != nil || !bytes.Equal(text, compiledText(t, in)) {
			t.Errorf("%s differs (%v)", organization, err)
		}
	}
	in.Engine = "4"
	if _, err := inventory.Gather(context.Background(), in); err == nil {
		t.Errorf("an engine to come: %v", err)
	}
}
