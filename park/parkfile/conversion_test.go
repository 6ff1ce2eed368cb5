package parkfile

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"lingtan/park"
)

// steam is the example park with conversions.
func steam(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("../../examples/steam-park/park.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// steamFault changes the park with conversions by one replacement and wants one fault of a
// code where the new text holds a mark.
func steamFault(t *testing.T, old, new, want, code string) {
	t.Helper()
	if !strings.Contains(steam(t), old) {
		t.Fatalf("the park does not hold %q", old)
	}
	text := strings.Replace(steam(t), old, new, 1)
	at := strings.Index(text, want)
	if at < 0 {
		t.Fatalf("the changed park does not hold %q", want)
	}
	line, column := 1+strings.Count(text[:at], "\n"), 1+len([]rune(text[strings.LastIndex(text[:at], "\n")+1:at]))
	_, faults := Parse([]byte(text))
	for _, f := range faults {
		if f.Code == code && f.Line == line && f.Column == column && f.Message.ZH != "" && f.Message.EN != "" {
			return
		}
	}
	t.Errorf("want %s at %d:%d for %q, have\n%v", code, line, column, new, faults)
}

func TestFaultsOfConversions(t *testing.T) {
	steamFault(t, "to: steam-header, register: boiler-steam.gj}", "to: steam-header}", "{id: boiler-out", codeMetered)
	steamFault(t, "to: steam-header, register: boiler-steam.gj}", "to: steam-header, register: boiler-steam.gj, rated: true}", "true}\n    - {id: chp-in", codeMetered)
	steamFault(t, "register: boiler-gas.gj}", "rated: true}", "true}\n    - {id: boiler-out", codeConversion)
	steamFault(t, "to: chp, register: chp-gas.gj}", "to: boiler, register: chp-gas.gj}", "id: chp\n", codeConversion)
	steamFault(t, "register: boiler-gas.gj}", "register: dye-power.kwh}", "dye-power.kwh}", codeMeter)
	steamFault(t, "from: boiler, to: steam-header", "from: boiler, to: chiller", "chiller, register: boiler-steam", codeEdgeEnds)
	steamFault(t, "      kind: conversion\n", "      kind: conversion\n      carrier: steam\n", "steam\n      organization: heat-works", codeCarrier)
	steamFault(t, "{id: steam-header, kind: bus, carrier: steam,", "{id: steam-header, kind: bus,", "{id: steam-header", codeMissing)
	steamFault(t, "{id: steam-header, kind: bus, carrier: steam,", "{id: steam-header, kind: bus, carrier: steam, conversion: {kind: boiler},", "{kind: boiler}", codeConversion)
	steamFault(t, "        kind: boiler\n", "        kind: boyler\n", "boyler", codeWord)
	steamFault(t, "        kind: boiler\n", "        kind: chiller\n", "chiller\n        outputs:\n          - {edge: boiler-out", codeConversion)
	steamFault(t, "        kind: boiler\n", "        kind: chp\n", "chp\n        outputs:\n          - {edge: boiler-out", codeConversion)
	steamFault(t, "edge: boiler-out", "edge: boiler-in", "boiler-in, rated", codeReference)
	steamFault(t, "value: 0.93", "value: 1.05", "- {edge: boiler-out", codeYield)
	steamFault(t, "value: 0.41", "value: 0.61", "- {edge: chp-to-busbar", codeYield)
	steamFault(t, "value: 5.6", "value: 56", "- {edge: chiller-out", codeYield)
	steamFault(t, "value: 0.93, unit: \"1\"", "value: 0.93, unit: t/GJ", "t/GJ", codeDimension)
	steamFault(t, "value: 9.1, unit: Nm3/kWh", "value: 9.1, unit: \"1\"", "\"1\"}}\n    - {id: steam-header", codeDimension)
}

func TestFaultsOfAllocation(t *testing.T) {
	steamFault(t, "        allocation: exergy\n", "", "kind: chp\n        ambient_c", codeAllocation)
	steamFault(t, "        ambient_c: 15\n", "", "kind: chp\n        allocation: exergy", codeAllocation)
	steamFault(t, ", supply_c: 90, return_c: 65", "", "- {edge: chp-to-busbar", codeAllocation)
	steamFault(t, "supply_c: 90", "supply_c: -300", "-300", codeNumber)
	steamFault(t, "allocation: exergy", "allocation: ratio", "- {edge: chp-to-busbar", codeAllocation)
	steamFault(t, "allocation: exergy", "allocation: efficiency", "- {edge: chp-to-busbar", codeAllocation)
	steamFault(t, "allocation: exergy", "allocation: guess", "guess", codeWord)
	steamFault(t, "{id: heat, name: {zh: 热水, en: Hot water}, unit: GJ}", "{id: heat, name: {zh: 热水, en: Hot water}, unit: GJ, energy_content: {value: 1, unit: GJ/t}}", "{value: 1, unit: GJ/t}", codeDimension)
	steamFault(t, "accuracy: 0.5S", "accuracy: 0.5X", "0.5X", codeAccuracy)
	steamFault(t, "accuracy: \"2\"", "accuracy: 0.5S", "0.5S}]\n  - id: chp-gas", codeAccuracy)
}

// A ring of which every edge is metered is sound; one of estimated outputs is not.
func TestRings(t *testing.T) {
	ring := strings.Replace(steam(t), "    - {id: power-dye, from: busbar, to: dye-power, register: dye-power.kwh}",
		"    - {id: over, from: busbar, to: second, register: dye-power.kwh}\n    - {id: back, from: second, to: busbar, register: food-power.kwh}", 1)
	ring = strings.Replace(ring, "    - {id: power-food, from: busbar, to: food-power, register: food-power.kwh}\n", "", 1)
	ring = strings.Replace(ring, "  edges:\n", "    - {id: second, kind: bus, carrier: electricity, organization: operator, name: {zh: 二段, en: Second}}\n  edges:\n", 1)
	ring = strings.NewReplacer("    - {id: dye-power, kind: use, carrier: electricity, organization: dye-works, name: {zh: 印染企业用电, en: Dye works' power}}\n", "",
		"    - {id: food-power, kind: use, carrier: electricity, organization: food-works, name: {zh: 食品企业用电, en: Food works' power}}\n", "").Replace(ring)
	if _, faults := Parse([]byte(ring)); len(faults) > 0 {
		t.Errorf("a metered ring: %v", faults)
	}
	_, faults := Parse([]byte(strings.Replace(ring, "to: busbar, register: food-power.kwh}", "to: busbar}", 1)))
	for _, f := range faults {
		if f.Code == codeCycle && strings.Contains(f.Message.EN, "second → busbar → second") && strings.Contains(f.Message.EN, `"back"`) {
			return
		}
	}
	t.Errorf("an unmetered ring: %v", faults)
}

func TestConversionsSurviveExport(t *testing.T) {
	doc, faults := Parse([]byte(steam(t)))
	if faults != nil {
		t.Fatal(faults)
	}
	again, faults := Parse(doc.YAML())
	if faults != nil || !reflect.DeepEqual(doc, again) || string(again.YAML()) != string(doc.YAML()) {
		t.Fatalf("export does not read back: %v\n%s", faults, doc.YAML())
	}
	if err := validate(t, schema(t), doc.YAML()); err != nil {
		t.Error(err)
	}
	again.Network.Nodes[4].Conversion.Outputs[1].Supply = nil
	again.Network.Nodes[3].Conversion.Outputs[0].Rated.Value = 0.9
	again.Network.Nodes[5].Conversion = nil
	var have []string
	for _, c := range park.Difference(doc, again) {
		have = append(have, c.Path)
	}
	want := []string{"network.nodes[boiler].conversion.outputs[boiler-out].rated", "network.nodes[chp].conversion.outputs[chp-to-heat].supply_c", "network.nodes[chiller].conversion"}
	if !reflect.DeepEqual(have, want) {
		t.Errorf("differs in %v, want %v", have, want)
	}
}
