package cjt188

import (
	"fmt"
	"strings"
	"time"

	"lingtan/connector"
)

// unit is what a unit code means.
type unit struct {
	name  string // the unit that values are handed on in
	part  string // of the sample's name, where two units may come
	scale float64
	as    string // the unit of the code
	sure  bool   // seen in a public source; else to be confirmed (待核实)
}

// units are the unit codes. Those that are not sure are refused unless the device's
// option units says all.
var units = map[byte]unit{
	0x02: {"kWh", ".kwh", 1e-3, "Wh", false},
	0x05: {"kWh", ".kwh", 1, "kWh", true},
	0x08: {"kWh", ".kwh", 1e3, "MWh", true},
	0x0B: {"GJ", ".gj", 1e-6, "kJ", false},
	0x0E: {"GJ", ".gj", 1e-3, "MJ", false},
	0x11: {"GJ", ".gj", 1, "GJ", false},
	0x14: {"kW", "", 1e-3, "W", false},
	0x17: {"kW", "", 1, "kW", true},
	0x1A: {"kW", "", 1e3, "MW", false},
	0x29: {"m3", "", 1e-3, "L", false},
	0x2C: {"m3", "", 1, "m3", true},
	0x32: {"m3/h", "", 1e-3, "L/h", false},
	0x35: {"m3/h", "", 1, "m3/h", true},
}

// field is a part of a payload.
type field struct {
	name     string // of the sample; "heat" is cold in a meter of cold
	group    string // by which the option read names it
	bytes    int
	decimals int
	unit     string // of its code, which follows it; kWh stands for kWh and GJ; "" = no code
}

// layouts are the payloads of 901F after identifier and sequence number, without the
// clock (7 bytes) and the state (2 bytes) at their end. The sources are in README.md.
var (
	volumeLayout = []field{
		{"volume", "volume", 4, 2, "m3"},
		{"volume.settled", "settled", 4, 2, "m3"},
	}
	heatLayout = []field{
		{"heat.settled", "settled", 4, 2, "kWh"},
		{"heat", "heat", 4, 2, "kWh"},
		{"power", "power", 4, 2, "kW"},
		{"flow", "flow", 4, 2, "m3/h"},
		{"volume", "volume", 4, 2, "m3"},
		{"temperature.supply", "temperature", 3, 2, ""},
		{"temperature.return", "temperature", 3, 2, ""},
		{"hours", "hours", 3, 0, ""},
	}
)

// kinds are the types of meters whose payload is known.
var kinds = map[byte]struct {
	name   string
	layout []field
}{
	0x10: {"cold water 冷水", volumeLayout},
	0x11: {"hot water 生活热水", volumeLayout},
	0x12: {"drinking water 直饮水", volumeLayout},
	0x13: {"reclaimed water 中水", volumeLayout},
	0x20: {"heat 热量", heatLayout},
	0x21: {"cold 冷量", heatLayout},
	0x30: {"gas 燃气", volumeLayout},
}

// form is how a meter writes its payload.
type form struct {
	kind      byte
	unitFirst bool            // the unit code stands before its value
	allUnits  bool            // unit codes that are to be confirmed are taken too
	decimals  int             // of flow: makers differ, so that it is not read unless told; -1
	read      map[string]bool // groups that are wanted
	zone      *time.Location  // of the meter's clock
}

// values reads the payload of 901F: names and values, and the meter's clock, which is zero
// when it is not set. A payload of another length, digits that are none and units that are
// not known give connector.ErrProtocol.
func (f form) values(data []byte) (names []string, values []float64, clock time.Time, err error) {
	layout := kinds[f.kind].layout
	want := 9
	for _, x := range layout {
		want += x.size()
	}
	if len(data) != want {
		return nil, nil, clock, fmt.Errorf("cjt188: payload of %d bytes, a meter of %s has %d: %w", len(data), kinds[f.kind].name, want, connector.ErrProtocol)
	}
	for _, x := range layout {
		part := data[:x.size()]
		data = data[x.size():]
		if !f.read[x.group] {
			continue
		}
		name, v, err := f.value(x, part)
		if err != nil {
			return nil, nil, clock, err
		}
		names, values = append(names, name), append(values, v)
	}
	return names, values, readClock(data[:7], f.zone), nil
}

func (x field) size() int {
	if x.unit == "" {
		return x.bytes
	}
	return x.bytes + 1
}

// value reads a field.
func (f form) value(x field, b []byte) (string, float64, error) {
	name, decimals := x.name, x.decimals
	if f.kind == 0x21 {
		name = strings.Replace(name, "heat", "cold", 1)
	}
	if x.name == "flow" {
		decimals = f.decimals
	}
	if x.unit == "" {
		v, err := digits(b, decimals)
		return name, v, err
	}
	code, number := b[x.bytes], b[:x.bytes]
	if f.unitFirst {
		code, number = b[0], b[1:]
	}
	v, err := digits(number, decimals)
	if err != nil {
		return name, 0, err
	}
	u, ok := units[code]
	if !ok || u.name != x.unit && !(x.unit == "kWh" && u.name == "GJ") {
		return name, 0, fmt.Errorf("cjt188: %s has unit code %02XH, which is none of %s; see option unit: %w", name, code, x.unit, connector.ErrProtocol)
	}
	if !u.sure && !f.allUnits {
		return name, 0, fmt.Errorf("cjt188: %s has unit code %02XH, probably %s, which is to be confirmed 待核实: compare with the meter's display, then set option units: all: %w", name, code, u.as, connector.ErrProtocol)
	}
	if u.scale < 1 { // dividing by a power of ten is exact to the last digit
		return name + u.part, v / float64(int(1/u.scale+0.5)), nil
	}
	return name + u.part, v * u.scale, nil
}

// readClock reads second, minute, hour, day, month, year, century. It is zero when the
// meter has no clock, or writes it in another order.
func readClock(b []byte, zone *time.Location) time.Time {
	t, err := time.ParseInLocation("20060102150405", fmt.Sprintf("%02X%02X%02X%02X%02X%02X%02X", b[6], b[5], b[4], b[3], b[2], b[1], b[0]), zone)
	if err != nil || t.Year()/100 != 20 {
		return time.Time{}
	}
	return t
}
