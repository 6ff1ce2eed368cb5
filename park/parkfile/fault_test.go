package parkfile

import (
	"fmt"
	"strings"
	"testing"

	"lingtan/park"
)

func TestFaultsOfText(t *testing.T) {
	faultAt(t, "region: 江苏", "region: [江苏", "[江苏", codeSyntax)
	faultAt(t, "closing: true}", "closing: true", "{id: e-feed-in", codeSyntax)
	faultAt(t, "  gwp: AR6", "   gwp: AR6", "gbt32150@2015", codeSyntax)
	faultAt(t, "evidence: GEC-2018-000417", "evidence: \"GEC", "\"GEC", codeSyntax)
	faultAt(t, "gwp: AR6", "gwp AR6", "gwp AR6", codeSyntax)
	faultAt(t, "region: 江苏", "region: &r 江苏", "&r", codeFeature)
	faultAt(t, "region: 江苏", "region: *r", "*r", codeFeature)
	faultAt(t, "region: 江苏", "region: !!str 江苏", "!!str", codeFeature)
	faultAt(t, "region: 江苏", "region: 江\x00苏", "\x00", codeText)
	faultAt(t, "region: 江苏", "region: 江\xff苏", "\xff", codeText)
	faultAt(t, "region: 江苏", "region: "+strings.Repeat("[", 32)+"{[", "{[", codeDepth)
	faultAt(t, "    evidence: GEC", "---\nformat: x\n#", "format: x", codeDocuments)
}

func TestFaultsOfShape(t *testing.T) {
	faultAt(t, "    sector: C3411", "    sektor: C3411", "sektor", codeKey)
	faultAt(t, "    unit: Nm3\npoints", "    unit: Nm3\n    unit: m3\npoints", "unit: m3\npoints", codeTwice)
	faultAt(t, "organizations:\n  - id: operator\n    kind: operator", "organizations:\n  - operator\n  - kind: operator", "operator\n  - kind", codeShape)
	faultAt(t, "name: {zh: 总装车间, en: Assembly hall}", "name: Assembly", "Assembly\n", codeShape)
	faultAt(t, "organizations: [lantian]", "organizations: lantian", "lantian\n    pattern", codeShape)
	faultAt(t, "area_m2: 5200", `area_m2: "5200"`, `"5200"`, codeScalar)
	faultAt(t, "area_m2: 5200", "area_m2: 5,200", "5,200", codeScalar)
	faultAt(t, "area_m2: 5200", "area_m2: 0x10", "0x10", codeScalar)
	faultAt(t, "area_m2: 5200", "area_m2: .inf", ".inf", codeScalar)
	faultAt(t, "area_m2: 5200", "area_m2: 1e999", "1e999", codeScalar)
	faultAt(t, "digits: 8", "digits: 7.5", "7.5", codeScalar)
	faultAt(t, "closing: true", "closing: yes", "yes", codeScalar)
	faultAt(t, "at: 2018-06-01T09:30:00+08:00", "at: 2018-06-01", "2018-06-01, last", codeScalar)
	faultAt(t, "  zone: Asia/Shanghai\n", "", "id: east-lake", codeMissing)
	faultAt(t, "  zone: Asia/Shanghai\n", "  zone:\n", "zone:", codeMissing)
	faultAt(t, "  zone: Asia/Shanghai\n", "  zone: \"\"\n", `""`, codeMissing)
	faultAt(t, "zh: 减速机, en: Gearbox", "zh: '', en: ", "{zh: '', en:", codeMissing)
	faultAt(t, "zh: 减速机", "zh: "+strings.Repeat("减", 201), "减减", codeLong)
	faultAt(t, "zh: 减速机", `zh: "减\n速机"`, `"减\n`, codeText)
	faultAt(t, "format: lingtan.park/v1", "format: lingtan.park/v2", "lingtan.park/v2", codeFormat)
}

func TestFaultsOfElements(t *testing.T) {
	faultAt(t, "id: east-lake", "id: East_Lake", "East_Lake", codeID)
	faultAt(t, "id: gas-main", "id: gas.main", "gas.main", codeID)
	faultAt(t, "  - id: hall\n    name: {zh: 总装车间总表", "  - id: pv\n    name: {zh: 总装车间总表", "pv\n    name: {zh: 总装车间总表", codeDuplicate)
	faultAt(t, "{id: discharge,", "{id: charge,", "charge, quantity: active_energy, kind: amount, carrier: electricity, unit: kWh, step: 15m}\n  - id: hall", codeDuplicate)
	faultAt(t, "site: works\n    building", "site: work\n    building", "work\n    building", codeReference)
	faultAt(t, "building: hall", "building: hull", "hull", codeReference)
	faultAt(t, "equipment: roof-pv\n    registers", "equipment: roof\n    registers", "roof\n    registers", codeReference)
	faultAt(t, "parent: incoming.import", "parent: incoming.imports", "incoming.imports", codeReference)
	faultAt(t, "organizations: [lantian]", "organizations: [lantian, nobody]", "nobody", codeReference)
	faultAt(t, "kind: pv", "kind: solar", "solar", codeWord)
	faultAt(t, "gwp: AR6", "gwp: AR7", "AR7", codeWord)
	faultAt(t, "method: gbt32150@2015", "method: gbt32150", "gbt32150", codeWord)
	faultAt(t, "country: CN", "country: China", "China", codeWord)
	faultAt(t, "zone: Asia/Shanghai", "zone: Asia/Shangai", "Asia/Shangai", codeZone)
	faultAt(t, "interval: 15m", "interval: 25m", "25m", codeInterval)
	faultAt(t, `valid: {from: "2017-01-01"}`, "valid: {from: 2018-02-30}", "2018-02-30", codeValid)
	faultAt(t, `valid: {from: "2017-01-01"}`, "valid: {from: 2017-01-01, to: 2017-01-01}", "{from: 2017", codeValid)
	faultAt(t, "    kind: enterprise", "    kind: operator", "operator\n    name: {zh: 蓝天", codeOperator)
	faultAt(t, "    kind: operator", "    kind: enterprise", "- id: operator", codeOperator)
	faultAt(t, "    sector: C3411", "    parent: lantian", "lantian\n    valid", codeAncestry)
	faultAt(t, "mwh: 200", "mwh: -200", "-200", codeNumber)
	faultAt(t, "factor: 0", "factor: -0.1", "-0.1", codeNumber)
	faultAt(t, `period: "2018-02"`, `period: "2018-13"`, `"2018-13"`, codePeriod)
	faultAt(t, `period: "2018-02"`, "period: 2018", "2018, amount", codePeriod)
	faultAt(t, `period: "2018-02"`, "period: 2018-01", "2018-01, amount: 950", codePeriod)
	faultAt(t, "category: 两部制", "category: 三部制", "三部制", codeWord)
	faultAt(t, "rating: {value: 400, unit: kW}", "rating: {value: 400, unit: kWh}", "kWh}", codeDimension)
}

func TestFaultsOfRegisters(t *testing.T) {
	faultAt(t, "unit: W\n", "unit: Watt\n", "Watt", codeUnit)
	faultAt(t, "unit: W\n", "unit: kWh\n", "kWh\n        step: 5m", codeDimension)
	faultAt(t, "unit: kvarh", "unit: kWh", "kWh\n        step: 15m\n        ct: 400/5\n        pt: 10000/100\n        digits: 6\n      - id: pf", codeDimension)
	faultAt(t, "carrier: natural_gas, unit: Nm3", "carrier: natural_gas, unit: m3", "m3, step: 1h", codeDimension)
	faultAt(t, "    unit: Nm3\npoints", "    unit: kV\npoints", "kV", codeDimension)
	faultAt(t, "id: natural_gas", "id: natural_gass", "natural_gass", codeWord)
	faultAt(t, "kind: mean_power", "kind: mean_pwer", "mean_pwer", codeWord)
	faultAt(t, "kind: mean_power", "kind: state", "state\n        carrier", codeWord)
	faultAt(t, "quantity: power_factor", "quantity: cos_phi", "cos_phi", codeWord)
	faultAt(t, "        carrier: electricity\n        unit: W", "        unit: W", "id: yield", codeCarrier)
	faultAt(t, "        unit: \"1\"", "        unit: \"1\"\n        carrier: electricity", "electricity\n        step: 15m\n  - id: pv", codeCarrier)
	faultAt(t, "ct: 400/5", "ct: 400:5", "400:5", codeRatio)
	faultAt(t, "pt: 10000/100", "pt: 10000/0", "10000/0", codeRatio)
	faultAt(t, "step: 5m", "step: 5m\n        multiplier: 0", "0\n        min", codeRatio)
	faultAt(t, "step: 5m", "step: 5m\n        digits: 5", "5\n        min", codeDigits)
	faultAt(t, "min: 0", "min: 500", "500", codeRange)
	faultAt(t, "step: 5m", "step: 5 minutes", "5 minutes", codeInterval)
	faultAt(t, "step: 5m", "step: 5m\n        events: true", "true", codeWord)
	faultAt(t, "last: 812345.6, first: 0}", "last: 812345.6, first: 0}\n          - {at: 2018-06-01T01:30:00Z, last: 1, first: 0}", "2018-06-01T01:30:00Z", codeExchange)
	faultAt(t, "unit: kWh, step: 15m, parent: incoming.import", "unit: kWh, step: 15m, parent: gas.use", "gas.use}", codeMeter)
	faultAt(t, "parent: incoming.import", "parent: hall.use", "hall.use", codeAncestry)
}

func TestFaultsOfNetwork(t *testing.T) {
	edge := "    - {id: e-gas, from: gas-main, to: boiler, register: gas.use}"
	faultAt(t, "from: grid, to: busbar", "from: grid, to: boiler", "boiler, register: incoming", codeEdgeEnds)
	faultAt(t, "from: grid, to: busbar", "from: busbar, to: busbar", "busbar, register: incoming", codeEdgeEnds)
	faultAt(t, "from: grid, to: busbar", "from: grid, to: roof", "roof, register: incoming", codeEdgeWay)
	faultAt(t, "from: grid, to: busbar", "from: hall-use, to: busbar", "hall-use, to: busbar", codeEdgeWay)
	faultAt(t, "to: busbar, register: incoming.import", "to: busbar", "{id: e-grid", codeMetered)
	faultAt(t, "register: incoming.import", "register: incoming.import, closing: true", "true}\n    - {id: e-roof", codeMetered)
	faultAt(t, "to: hall-use, register: hall.use", "to: hall-use, closing: true", "true}\n    - {id: e-feed-in", codeClosing)
	faultAt(t, edge, edge+"\n    - {id: e-more, from: busbar, to: feed-in, closing: true}", "true}\nproducts", codeClosing)
	faultAt(t, edge, "", "id: boiler", codeIslanded)
	faultAt(t, "    - {id: e-discharge, from: store, to: busbar, register: battery.discharge}\n", "", "id: store", codeStorage)
	faultAt(t, "register: hall.use", "register: incoming.import", "incoming.import}\n    - {id: e-feed-in", codeShared)
	faultAt(t, "register: hall.use", "register: incoming.pf", "incoming.pf}", codeMeter)
	faultAt(t, "register: hall.use", "register: gas.use", "gas.use}\n    - {id: e-feed-in", codeMeter)
	faultAt(t, "to: hall-use, register", "to: hall-us, register", "hall-us, register", codeReference)
	ring := `    - {id: bus2, kind: bus, carrier: electricity, organization: operator, name: {zh: 二段母线, en: Bus 2}}
  edges:
    - {id: e-12, from: busbar, to: bus2, register: battery.charge}
    - {id: e-21, from: bus2, to: busbar}`
	faultAt(t, "  edges:", ring, "{id: e-21", codeCycle)
}

func TestFaultsTellTheWayOut(t *testing.T) {
	says(t, "unit: W\n", "unit: KWW\n", "points[1].registers[0].unit", `did you mean "kW"?`)
	says(t, "kind: mean_power", "kind: mean-power", "points[1].registers[0].kind", `did you mean "mean_power"?`)
	says(t, "carrier: natural_gas, unit: Nm3", "carrier: natural_gaz, unit: Nm3", "points[4].registers[0].carrier", `did you mean "natural_gas"?`)
	says(t, "to: hall-use, register", "to: hall-us, register", "network.edges[4].to", `did you mean "hall-use"?`)
	says(t, "    sector: C3411", "    sektor: C3411", "organizations[1].sektor", `did you mean "sector"?`)
	says(t, "interval: 15m", "interval: 25m", "park.interval", "use 1m, 5m, 10m, 15m, 30m or 1h")
	ring := `    - {id: bus2, kind: bus, carrier: electricity, organization: operator, name: {zh: 二段母线, en: Bus 2}}
  edges:
    - {id: e-12, from: busbar, to: bus2, register: battery.charge}
    - {id: e-21, from: bus2, to: busbar}`
	says(t, "  edges:", ring, "network.edges[1]", "bus2 → busbar → bus2")
}

// says changes the example by one replacement and wants a fault at the path whose
// English message holds a text.
func says(t *testing.T, old, new, at, text string) {
	t.Helper()
	_, faults := Parse([]byte(strings.Replace(example(t), old, new, 1)))
	for _, f := range faults {
		if f.Path == at && strings.Contains(f.Message.EN, text) {
			return
		}
	}
	t.Errorf("want %q at %s, have\n%v", text, at, faults)
}

func TestAllFaultsInOnePassInOrder(t *testing.T) {
	text := example(t)
	for _, r := range [][2]string{{"gwp: AR6", "gwp: AR9"}, {"kind: pv", "kind: sun"}, {"mwh: 200", "mwh: lots"}, {"unit: W\n", "unti: W\n"}, {"to: hall-use,", "to: nowhere,"}} {
		text = strings.Replace(text, r[0], r[1], 1)
	}
	_, faults := Parse([]byte(text))
	var have []string
	for _, f := range faults {
		have = append(have, f.Code+" "+f.Path)
	}
	want := "[LT-2024 park.gwp LT-2024 equipment[0].kind LT-2014 points[1].registers[0].unit LT-2010 points[1].registers[0].unti LT-2023 network.edges[4].to LT-2013 instruments[0].mwh]"
	if fmt.Sprint(have) != want {
		t.Errorf("have %v\nwant %s", have, want)
	}
}

func TestFileTooLarge(t *testing.T) {
	_, faults := Parse([]byte(strings.Repeat("#", MaxSize+1)))
	if len(faults) != 1 || faults[0].Code != codeSize {
		t.Errorf("have %v, want one %s", faults, codeSize)
	}
}

// A YAML reader that goes one call deeper for each key, dash or bracket would run
// out of stack on these, which nothing recovers from.
func TestDeepFilesAreRefused(t *testing.T) {
	deep := func(unit, code string) {
		t.Helper()
		_, faults := Parse([]byte(strings.Repeat(unit, 200_000/len(unit))))
		if len(faults) != 1 || faults[0].Code != code {
			t.Errorf("%q again and again: %v, want %s", unit, faults, code)
		}
	}
	deep("[", codeDepth)
	deep("{a: ", codeDepth)
	deep("- ", codeDepth)
	deep("? ", codeFeature)
	deep("a: b\n", codeMany)
	deep("'a': b\n", codeMany)
	deep("!a ", codeFeature)
	deep("&a ", codeFeature)
	deep("a: ", codeDepth)
	deep("[a: b\n", codeDepth)
	deep("[x, {y: z}, a: ", codeDepth)
}

func TestTooManyElements(t *testing.T) {
	faults := Check(&park.Document{Carriers: make([]park.Carrier, maxCarriers+1)})
	for _, f := range faults {
		if f.Code == codeMany && f.Path == "carriers" {
			return
		}
	}
	t.Errorf("no %s at carriers among %d faults", codeMany, len(faults))
}

func TestEmptyInputs(t *testing.T) {
	for _, text := range []string{"", "#\n", "---\n", "[]", "3", "format:", "? a", "a: b: c", "- - - - - - - -"} {
		if doc, faults := Parse([]byte(text)); doc != nil || len(faults) == 0 {
			t.Errorf("%q was read as a park", text)
		}
	}
}
