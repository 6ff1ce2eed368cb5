package ingest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"lingtan/connector"
)

const listText = `format: lingtan.devices/v1
devices:
  - id: meter-1
    protocol: modbus
    address: 10.0.0.7:502
    profile: acrel-adl400
    interval: 15s
    options: {unit: "3"}
    map:
      kwh: a.x
  - id: charger
    protocol: ocpp
    token: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    disabled: true
    write:
      - {name: limit, min: 6, max: 32, every: 1m, timeout: 5s}
mappings:
  - {device: 表 1, name: 有功, register: b.x}
`

func registered(key string) bool { return key == "a.x" || key == "b.x" }

func TestParseList(t *testing.T) {
	list, err := ParseList([]byte(listText), registered)
	if err != nil {
		t.Fatal(err)
	}
	want := []connector.Device{
		{ID: "meter-1", Protocol: "modbus", Address: "10.0.0.7:502", Profile: "acrel-adl400", Interval: 15 * time.Second,
			Options: map[string]string{"unit": "3"}, Map: map[string]string{"kwh": "a.x"}},
		{ID: "charger", Protocol: "ocpp", Token: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Disabled: true,
			Write: []connector.Grant{{Name: "limit", Min: 6, Max: 32, Every: time.Minute, Timeout: 5 * time.Second}}},
	}
	if !reflect.DeepEqual(list.Devices, want) || len(list.Mappings) != 1 || list.Mappings[0] != (Mapping{"表 1", "有功", "b.x"}) {
		t.Errorf("%+v", list)
	}
	text, err := list.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseList(text, registered)
	if err != nil || !reflect.DeepEqual(again, list) {
		t.Errorf("written and read again: %+v, %v\n%s", again, err, text)
	}
}

// The list of the document is one that works.
func TestDocumentedList(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "formats", "devices.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	text, _, _ := strings.Cut(rest, "```")
	list, err := ParseList([]byte(text), nil)
	if err != nil || len(list.Devices) < 3 {
		t.Errorf("%d devices, %v", len(list.Devices), err)
	}
}

func TestFaults(t *testing.T) {
	fault := func(old, new, want string) {
		t.Helper()
		text := strings.Replace(listText, old, new, 1)
		_, err := ParseList([]byte(text), registered)
		if err == nil || !errors.Is(err, connector.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q → %q: %v; want %s", old, new, err, want)
		}
	}
	fault("protocol: modbus", "protocol: modbuss", "4:5: devices[0].protocol: ")
	fault("id: charger", "id: meter-1", `11:5: devices[1].id: 设备编号重复：meter-1 · device "meter-1" is in the list twice`)
	fault("kwh: a.x", "kwh: c.x", "10:7: devices[0].map.kwh: ")
	fault("interval: 15s", "interval: 99ms", "7:5: devices[0].interval: ")
	fault("interval: 15s", "interval: 25h", "7:5: devices[0].interval: ")
	fault("interval: 15s", "interval: soon", "7:15: ")
	fault("min: 6", "min: 33", "devices[1].write[0].min: min 大于 max · min 33 is above max 32")
	fault("every: 1m", "every: -1m", "devices[1].write[0].every: ")
	fault("timeout: 5s", "timeout: 6m", "devices[1].write[0].timeout: ")
	fault("9f86", "9F86", "13:5: devices[1].token: ")
	fault("id: meter-1", "id: meter 1", "3:5: devices[0].id: ")
	fault("/v1", "/v2", "1:1: format: ")
	fault("device: 表 1", "device: charger", "mappings[0].device: ")
	fault("register: b.x", "register: y", "mappings[0].register: ")
	fault("    profile:", "    profil:", "6:5: ")
	fault("address:", "protocol:", "5:5: ")
	fault("map:\n      kwh: a.x", "map: &m\n      kwh: a.x", "9:10: ")
	fault("options: {unit: \"3\"}", "options: "+strings.Repeat("[", 5000), "nested too deep")
	fault("format: lingtan.devices/v1", strings.Repeat("- ", 5000), "nested too deep")
	fault(listText, "", "the file is empty")
	fault(listText, listText+"---\n"+listText, "several YAML documents")
	fault(listText, "format: \xff", "UTF-8")
	fault(listText, strings.Repeat(" ", maxListSize+1), "at most 8 MiB")
	fault(listText, strings.Repeat("b: 1\n", maxBeside+1), "2001:2: ")
	fault(listText, "devices: ["+strings.Repeat("1,", maxEntries+1)+"]", "5000 entries")
	fault(listText, "devices:\n"+strings.Repeat("- a: 1\n", maxKeys+1), "300000 in all")
	fault(listText, "devices:\n"+strings.Repeat(" ", maxIndent+1)+"- a: 1\n", "columns of indent")
}

// All faults of a file are told in one pass, by their place.
func TestAllFaults(t *testing.T) {
	text := strings.NewReplacer("modbus", "x", "a.x", "y", "min: 6", "min: 60").Replace(listText)
	_, err := ParseList([]byte(text), registered)
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != 3 || faults[0].Line != 4 || faults[1].Line != 10 || faults[2].Line != 16 {
		t.Errorf("%v", err)
	}
}

func FuzzParseList(f *testing.F) {
	f.Add([]byte(listText))
	f.Add([]byte(`{"format": "lingtan.devices/v1", "devices": [{"id": "a", "protocol": "http"}]}`))
	f.Add([]byte("format: lingtan.devices/v1\ndevices:\n- {id: a, protocol: file, map: {? x : y}}\n"))
	f.Add([]byte("format: lingtan.devices/v1\ndevices: [a: {b: [{c: d}]}]\nmappings: 3"))
	f.Add([]byte("devices:\n - id: [\n"))
	f.Add([]byte("- - - - -\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseList(data, nil)
		if err != nil {
			if !errors.Is(err, connector.ErrConfig) {
				t.Fatalf("%v is no ErrConfig", err)
			}
			return
		}
		text, err := list.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseList(text, nil)
		if err != nil || len(again.Devices) != len(list.Devices) || len(again.Mappings) != len(list.Mappings) {
			t.Fatalf("written and read again: %v\n%s", err, text)
		}
	})
}

// Drivers see a change of the list at once.
func TestRegistryChanges(t *testing.T) {
	r := NewRegistry()
	changed := r.Changed()
	if len(r.List("mqtt")) != 0 || r.Knows("p") {
		t.Error("an empty registry has devices")
	}
	r.Set("p", List{Devices: []connector.Device{{ID: "a", Protocol: "mqtt"}, {ID: "b", Protocol: "mqtt", Disabled: true}, {ID: "c", Protocol: "http"}}}, nil)
	select {
	case <-changed:
	default:
		t.Error("Changed was not closed")
	}
	r.Set("o", List{Devices: []connector.Device{{ID: "z", Protocol: "mqtt"}}}, nil)
	if got := r.List("mqtt"); len(got) != 2 || got[0].Park+got[0].ID+got[1].Park+got[1].ID != "ozpa" {
		t.Errorf("%+v", got)
	}
	select {
	case <-r.Changed():
		t.Error("Changed is closed without a change")
	default:
	}
}

// A register that the park lost routes nowhere.
func TestRouteOfLostRegister(t *testing.T) {
	r := registry()
	if register, ok := r.Route("p", "d", "v"); !ok || register != "a.x" {
		t.Error(register, ok)
	}
	r.Set("p", r.Of("p"), []string{"b.x"})
	if _, ok := r.Route("p", "d", "v"); ok {
		t.Error("a lost register is routed to")
	}
}

func BenchmarkParseList(b *testing.B) {
	var text strings.Builder
	text.WriteString("format: lingtan.devices/v1\ndevices:\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "  - id: m%d\n    protocol: modbus\n    address: 10.0.0.7:502\n    profile: x\n    map: {kwh: a.x, kw: b.x}\n", i)
	}
	for b.Loop() {
		if _, err := ParseList([]byte(text.String()), registered); err != nil {
			b.Fatal(err)
		}
	}
}
