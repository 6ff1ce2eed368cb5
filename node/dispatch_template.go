package node

import (
	"context"
	"encoding/json"
	"fmt"

	"lingtan/dispatch/dispatchfile"
	"lingtan/park"
	"lingtan/park/layout"
)

// DispatchTemplate is a document to begin with, made of the park file, and the paths of
// what the park file does not say. Nothing is guessed: those are null.
func (n *Node) DispatchTemplate(ctx context.Context, park string) ([]byte, []string, error) {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return nil, nil, err
	}
	t := &dispatchTemplate{l: l, missing: []string{}}
	grid := map[string]any{"id": "grid", "carrier": "electricity", "price": t.price(), "intensity": map[string]any{"$ref": "forecast", "of": "carbon"}}
	d := map[string]any{
		"format": dispatchfile.Format, "title": l.Document.Park.Name.ZH + " " + l.Document.Park.Name.EN, "currency": "CNY", "steps": 24, "hours": 1,
		"carriers": []any{map[string]any{"id": "electricity"}},
		"supplies": []any{grid},
		"loads":    []any{map[string]any{"id": "park", "carrier": "electricity", "demand": map[string]any{"$ref": "forecast", "of": "load"}}},
	}
	if list := t.equipment("pv", t.sun); len(list) > 0 {
		d["renewables"] = list[:1] // the forecast is of all of them
	}
	if list := t.equipment("battery", t.battery); len(list) > 0 {
		d["storages"] = list
	}
	text, err := json.MarshalIndent(d, "", "  ")
	return text, t.missing, err
}

type dispatchTemplate struct {
	l       *layout.Layout
	missing []string
}

// equipment are the assets made of a kind of the park file's equipment.
func (t *dispatchTemplate) equipment(kind string, made func(path string, e park.Equipment) any) []any {
	var list []any
	for _, e := range t.l.Document.Equipment {
		if e.Kind == kind {
			list = append(list, made(fmt.Sprintf("storages[%d]", len(list)), e))
		}
	}
	return list
}

func (t *dispatchTemplate) price() any {
	for _, x := range t.l.Document.Tariffs {
		if x.Carrier == "electricity" && x.Pattern != "" {
			t.missing = append(t.missing, "supplies[0].price.floating")
			return map[string]any{"$ref": "tariff", "tariff": x.ID, "floating": nil, "fixed": 0}
		}
	}
	t.missing = append(t.missing, "supplies[0].price")
	return nil
}

func (t *dispatchTemplate) sun(_ string, e park.Equipment) any {
	return map[string]any{"id": e.ID, "carrier": "electricity", "available": map[string]any{"$ref": "forecast", "of": "pv"}}
}

func (t *dispatchTemplate) battery(path string, e park.Equipment) any {
	kW, kWh := t.rated(path+".charge", e.Rating, "kW"), t.rated(path+".energy", e.Capacity, "kWh")
	for _, k := range []string{".efficiency.charge", ".efficiency.discharge", ".level.min", ".level.max", ".level.start"} {
		t.missing = append(t.missing, path+k)
	}
	return map[string]any{"id": e.ID, "carrier": "electricity", "energy": kWh, "charge": kW, "discharge": kW,
		"efficiency": map[string]any{"charge": nil, "discharge": nil}, "level": map[string]any{"min": nil, "max": nil, "start": nil}}
}

// rated is a nameplate value in the unit that a document has; null where there is none.
func (t *dispatchTemplate) rated(path string, m *park.Measure, unit string) any {
	if m != nil && m.Unit == unit {
		return m.Value
	}
	if m != nil && m.Unit == "M"+unit[1:] {
		return 1000 * m.Value
	}
	t.missing = append(t.missing, path)
	return nil
}
