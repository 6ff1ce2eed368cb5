package parkfile

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/park"
)

// TestExportIsIdentity: import → export → import gives the same document, and
// export the same bytes, for any sound document.
func TestExportIsIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := anyPark(t)
		text := doc.YAML()
		again, faults := Parse(text)
		if faults != nil {
			t.Fatalf("%v\n%s", faults, text)
		}
		if !reflect.DeepEqual(doc, again) {
			t.Fatalf("differs after export and import:\n%s\nhave %+v\nwant %+v", text, again, doc)
		}
		if !bytes.Equal(text, again.YAML()) {
			t.Fatalf("second export differs:\n%s", text)
		}
		if doc.Hash() != again.Hash() {
			t.Fatal("hash differs")
		}
	})
}

// anyPark makes a sound park: every carrier has a star of one source, one bus and
// its uses.
func anyPark(t *rapid.T) *park.Document {
	d := &park.Document{Format: park.Format, Park: park.Park{
		ID: rapid.StringMatching(parkIDPattern).Draw(t, "park"), Name: anyName(t), Region: anyText(t), Country: "CN",
		Zone: rapid.SampledFrom([]string{"Asia/Shanghai", "UTC", "Europe/Lisbon"}).Draw(t, "zone"), Interval: rapid.SampledFrom([]string{"1m", "15m", "1h"}).Draw(t, "interval"),
		Method: "m@" + rapid.StringMatching(`[0-9.]{1,5}`).Draw(t, "method"), GWP: rapid.SampledFrom(gwpSets).Draw(t, "gwp"), Note: maybeName(t)}}
	if rapid.Bool().Draw(t, "assembled") {
		d.Assembly = []park.Assembled{{Dataset: "set", Source: anyText(t), Licence: anyText(t), Shift: anyName(t), Scale: anyAmount(t), Why: maybeName(t)}}
	}
	for i, kind := range []string{"operator", "enterprise", "regulator"} {
		d.Organizations = append(d.Organizations, park.Organization{ID: fmt.Sprint("o", i), Kind: kind, Name: anyName(t), Valid: anyValid(t)})
	}
	d.Organizations[1].Parent = "o0"
	anySites(t, d)
	for _, c := range []string{"electricity", "water"} {
		anyStar(t, d, c)
	}
	anyConversion(t, d)
	anyGoods(t, d)
	return d
}

func anySites(t *rapid.T, d *park.Document) {
	d.Sites = []park.Site{{ID: "s", Organization: "o1", Name: anyName(t), Buildings: []park.Building{{ID: "b", Name: anyName(t), Area: anyAmount(t)}}}, {ID: "1e5", Organization: "o0", Name: anyName(t)}}
	e := park.Equipment{ID: "null", Kind: rapid.SampledFrom(equipmentKinds).Draw(t, "kind"), Site: "s", Building: "b", Name: anyName(t), Valid: anyValid(t), Note: maybeName(t)}
	if rapid.Bool().Draw(t, "rated") {
		e.Rating = &park.Measure{Value: anyAmount(t), Unit: "kW"}
		e.Capacity = &park.Measure{Value: anyAmount(t), Unit: "kWh"}
	}
	d.Equipment = []park.Equipment{e}
}

func anyStar(t *rapid.T, d *park.Document, carrier string) {
	unit, quantity := "kWh", "active_energy"
	if carrier == "water" {
		unit, quantity = "m3", "volume"
	}
	node := func(kind string) string {
		id := carrier + "-" + fmt.Sprint(len(d.Network.Nodes))
		d.Network.Nodes = append(d.Network.Nodes, park.Node{ID: id, Kind: kind, Carrier: carrier, Organization: "o1", Name: anyName(t)})
		return id
	}
	d.Carriers = append(d.Carriers, park.Carrier{ID: carrier, Name: anyName(t), Unit: unit})
	source, bus := node("source"), node("bus")
	d.Network.Edges = append(d.Network.Edges, park.Edge{ID: carrier + "-in", From: source, To: bus, Closing: true})
	for i := range rapid.IntRange(0, 4).Draw(t, "uses") {
		point := park.Point{ID: fmt.Sprint(carrier, i), Name: anyName(t), Organization: "o1", Site: "s"}
		r := anyRegister(t)
		r.Quantity, r.Unit, r.Carrier = quantity, unit, carrier
		point.Registers = []park.Register{r, {ID: "temp", Quantity: "temperature", Kind: "state", Unit: "℃", Step: "90s"}}
		d.Points = append(d.Points, point)
		d.Network.Edges = append(d.Network.Edges, park.Edge{ID: point.ID, From: bus, To: node("use"), Register: point.ID + "." + r.ID, Valid: anyValid(t)})
	}
}

// anyConversion lets a chp burn gas for electricity and heat, by any of the allocations.
func anyConversion(t *rapid.T, d *park.Document) {
	d.Carriers = append(d.Carriers,
		park.Carrier{ID: "natural_gas", Name: anyName(t), Unit: "m3", EnergyContent: &park.Measure{Value: 36, Unit: "MJ/m3"}},
		park.Carrier{ID: "heat", Name: anyName(t), Unit: "GJ"})
	n := func(id, kind, carrier string) park.Node {
		return park.Node{ID: id, Kind: kind, Carrier: carrier, Organization: "o1", Name: anyName(t)}
	}
	chp := n("chp", "conversion", "")
	share := rapid.Float64Range(0, 1).Draw(t, "share")
	rest, reference, hot, ambient := 1-share, rapid.Float64Range(0.01, 1).Draw(t, "reference"), 90.0, rapid.Float64Range(-40, 50).Draw(t, "ambient")
	chp.Conversion = &park.Conversion{Kind: "chp", Allocation: rapid.SampledFrom(allocations).Draw(t, "allocation"), Ambient: &ambient, Outputs: []park.Output{
		{Edge: "chp-power", Share: &share, Reference: &reference, Rated: &park.Measure{Value: 0.4, Unit: "1"}},
		{Edge: "chp-heat", Share: &rest, Reference: &reference, Supply: &hot, Rated: &park.Measure{Value: 45, Unit: "%"}}}}
	d.Network.Nodes = append(d.Network.Nodes, n("gas", "source", "natural_gas"), chp, n("heat", "bus", "heat"))
	d.Points = append(d.Points, park.Point{ID: "chp", Name: anyName(t), Organization: "o1", Registers: []park.Register{
		{ID: "gas", Quantity: "volume", Kind: "amount", Carrier: "natural_gas", Unit: "m3", Accuracy: rapid.SampledFrom([]string{"", "1.5", "2%"}).Draw(t, "accuracy")},
		{ID: "power", Quantity: "active_energy", Kind: "amount", Carrier: "electricity", Unit: "kWh", Accuracy: "0.5S"}}})
	d.Network.Edges = append(d.Network.Edges, park.Edge{ID: "chp-gas", From: "gas", To: "chp", Register: "chp.gas"},
		park.Edge{ID: "chp-power", From: "chp", To: d.Network.Nodes[1].ID, Register: "chp.power"}, park.Edge{ID: "chp-heat", From: "chp", To: "heat", Rated: true})
}

func anyRegister(t *rapid.T) park.Register {
	r := park.Register{ID: rapid.SampledFrom([]string{"0x1F", "yes", "12", "e", "1_0"}).Draw(t, "register"), Valid: anyValid(t)}
	if rapid.Bool().Draw(t, "amount") {
		r.Kind, r.Events = "amount", rapid.Bool().Draw(t, "events")
		return r
	}
	r.Kind, r.Step, r.CT, r.PT = "counter", "15m", "400/5", rapid.SampledFrom([]string{"", "10000/100"}).Draw(t, "pt")
	r.Digits = rapid.IntRange(0, 15).Draw(t, "digits")
	low, high := anyAmount(t), anyAmount(t)
	if low <= high {
		r.Min, r.Max = &low, &high
	}
	if rapid.Bool().Draw(t, "scaled") {
		m := anyAmount(t) + 1e-9
		r.Multiplier = &m
	}
	at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	for i := range rapid.IntRange(0, 2).Draw(t, "exchanges") {
		r.Exchanges = append(r.Exchanges, park.Exchange{At: at.Add(time.Duration(i) * time.Hour), Last: anyAmount(t), First: anyAmount(t)})
	}
	return r
}

func anyGoods(t *rapid.T, d *park.Document) {
	p := park.Product{ID: "p", Organization: "o1", Name: anyName(t), Unit: anyText(t)}
	for m := range rapid.IntRange(0, 3).Draw(t, "months") {
		p.Output = append(p.Output, park.Production{Period: fmt.Sprintf("2018-%02d", m+1), Amount: anyAmount(t)})
	}
	d.Products = []park.Product{p}
	d.Tariffs = []park.Tariff{{ID: "t", Carrier: "electricity", Organizations: []string{"o1", "o0"}, Pattern: "江苏", Category: "单一制", ContractKW: anyAmount(t), Valid: anyValid(t), Note: maybeName(t)}}
	d.Instruments = []park.Instrument{{ID: "i", Organization: "o1", Kind: "contract", Period: "2018", MWh: anyAmount(t), Factor: anyAmount(t), Evidence: anyText(t)}}
}

func anyAmount(t *rapid.T) float64 {
	return rapid.OneOf(rapid.Float64Range(0, 1e300), rapid.Float64Range(0, 1e-5), rapid.Just(0.0), rapid.Just(1e15)).Draw(t, "amount")
}

// anyText is a text that tempts a YAML reader: numbers, words, signs, any letters.
func anyText(t *rapid.T) string {
	s := rapid.OneOf(
		rapid.SampledFrom([]string{"true", "No", "~", "null", "1e3", "0o17", "2018-01-01", "a: b", "a #b", "- x", "[", "}", "&a", "*a", "!x", "|", ">", "%", "@", "`", "'", "\"", "\\", "a'b\"c", "…", "零碳", "a, b", "=", "<<", "1:30", "x:", "? k", ".5", "+1", "0x_1"}),
		rapid.StringN(1, 40, 120), rapid.StringMatching(`[ -~]{1,30}`)).Draw(t, "text")
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if control(r) {
			return 'x'
		}
		return r
	}, s))
	if s == "" {
		return "x"
	}
	return s
}

func anyName(t *rapid.T) park.Name {
	n := park.Name{ZH: anyText(t)}
	if rapid.Bool().Draw(t, "english") {
		n.EN = anyText(t)
	}
	return n
}

func maybeName(t *rapid.T) *park.Name {
	if rapid.Bool().Draw(t, "noted") {
		n := anyName(t)
		return &n
	}
	return nil
}

func anyValid(t *rapid.T) park.Valid {
	return rapid.SampledFrom([]park.Valid{{}, {From: "2017-01-01"}, {To: "2030-12-31"}, {From: "2018-02-28", To: "2018-03-01"}}).Draw(t, "valid")
}

// FuzzParse: whatever the bytes, Parse returns a document or faults, in order of
// position, and a document survives export.
func FuzzParse(f *testing.F) {
	f.Add([]byte(example(f)))
	f.Add([]byte(steam(f)))
	for _, s := range []string{"", "a: b: c", "[[[[", "{a: {b: [1, 2}}", "a: &x b\nc: *x", "? a\n: b", "- - - -", "a: |\n  x\n y", "\"\\u12", "a:\n\tb", "--- \n...\n---", "%YAML 1.2", "format: lingtan.park/v1\npark:\n  - id", "points: [{registers: [{exchanges: [{at: x}]}]}]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, faults := Parse(data)
		if (doc == nil) == (len(faults) == 0) {
			t.Fatalf("document %v beside faults %v", doc != nil, faults)
		}
		for i, one := range faults {
			if one.Line < 1 || one.Column < 1 || one.Code == "" || i > 0 && one.Line < faults[i-1].Line {
				t.Fatalf("fault %d has no place or stands out of order: %+v", i, one)
			}
		}
		if doc == nil {
			return
		}
		if again, faults := Parse(doc.YAML()); faults != nil || !reflect.DeepEqual(doc, again) {
			t.Fatalf("export does not read back: %v", faults)
		}
	})
}
