// Package profile holds devices as data: which values a type of device has, in which
// register each stands, and where that is written down, so that a new device needs a
// file and no program.
package profile

import (
	"lingtan/meter"
	"lingtan/park"
)

// Format is the format word of a profile file.
const Format = "lingtan.profile/v1"

// Profile describes a type of device.
type Profile struct {
	Format   string    `yaml:"format" json:"format"`
	ID       string    `yaml:"id" json:"id"`     // lower-case letters, digits, hyphens; 2 to 64
	Kind     string    `yaml:"kind" json:"kind"` // power_meter, pv_inverter, battery, …: see Kinds
	Maker    string    `yaml:"maker" json:"maker"`
	Model    string    `yaml:"model" json:"model"`
	Name     park.Name `yaml:"name" json:"name"`
	Protocol string    `yaml:"protocol" json:"protocol"`             // modbus, dlt645, cjt188
	Source   []Source  `yaml:"source" json:"source"`                 // at least one
	Identity *Identity `yaml:"identity,omitempty" json:"identity"`   // how a detector knows the device
	Interval string    `yaml:"interval,omitempty" json:"interval"`   // between polls when the device list says nothing: 10s
	Options  Options   `yaml:"options,omitempty" json:"options"`     // what the maker asks of a reader
	Values   []Value   `yaml:"values" json:"values"`                 // at least one, names unique
	Writes   []Write   `yaml:"writes,omitempty" json:"writes"`       // what can be set at all; a device list must also grant it
	Note     park.Name `yaml:"note,omitempty" json:"note,omitempty"` // what to know before use
}

// Source says where the registers of a profile can be looked up.
type Source struct {
	Title   string `yaml:"title" json:"title"`
	Version string `yaml:"version,omitempty" json:"version"`
	Where   string `yaml:"where" json:"where"` // page, table, address or path in a public repository
	Seen    string `yaml:"seen" json:"seen"`   // day on which it was read, YYYY-MM-DD
}

// Options are limits of the device that a reader keeps.
type Options struct {
	Block int `yaml:"block,omitempty" json:"block"` // most registers in one request, 1 to 125; 0 = 125
	Gap   int `yaml:"gap,omitempty" json:"gap"`     // unused registers read along to save a request; −1 = none, 0 = the reader's choice
}

// Identity is what a device of this type answers, and others do not.
type Identity struct {
	Modbus *Modbus   `yaml:"modbus,omitempty" json:"modbus"` // the register to look at
	Equals []float64 `yaml:"equals,omitempty" json:"equals"` // its value is one of these
	Text   string    `yaml:"text,omitempty" json:"text"`     // or: the characters that begin at the register
}

// Value is one value that a device gives.
type Value struct {
	Name     string     `yaml:"name" json:"name"`         // lower-case letters, digits, "_"; at most 40
	Quantity string     `yaml:"quantity" json:"quantity"` // word of a park file: active_energy, voltage, …
	Kind     meter.Kind `yaml:"kind" json:"kind"`
	Unit     string     `yaml:"unit" json:"unit"`               // of the value after scale and offset
	Digits   int        `yaml:"digits,omitempty" json:"digits"` // counter: digits before the point; rolls over at 10^digits; 0 = never
	Modbus   *Modbus    `yaml:"modbus,omitempty" json:"modbus,omitempty"`
	SunSpec  *SunSpec   `yaml:"sunspec,omitempty" json:"sunspec,omitempty"`
	DLT645   *DLT645    `yaml:"dlt645,omitempty" json:"dlt645,omitempty"`
	CJT188   *CJT188    `yaml:"cjt188,omitempty" json:"cjt188,omitempty"`
}

// Write is a value that can be set, with the range that the device bears.
type Write struct {
	Name     string  `yaml:"name" json:"name"`
	Unit     string  `yaml:"unit" json:"unit"`
	Min      float64 `yaml:"min" json:"min"`
	Max      float64 `yaml:"max" json:"max"`
	Multiple bool    `yaml:"multiple,omitempty" json:"multiple"` // function 16 even for one register
	Modbus   *Modbus `yaml:"modbus,omitempty" json:"modbus,omitempty"`
}

// DLT645 is a data item of DL/T 645-2007.
type DLT645 struct {
	DI string `yaml:"di" json:"di"` // data identifier, 8 hexadecimal digits, DI3 first: 00010000
	// Part is which field of an answer of several fields, from 0.
	Part     int  `yaml:"part,omitempty" json:"part"`
	Bytes    int  `yaml:"bytes" json:"bytes"`                 // length of the field in bytes, 1 to 8
	Decimals int  `yaml:"decimals,omitempty" json:"decimals"` // digits after the point, 0 to 8
	Signed   bool `yaml:"signed,omitempty" json:"signed"`     // the highest bit is the sign
}

// CJT188 is a field of the data of a CJ/T 188 meter.
type CJT188 struct {
	DI       string `yaml:"di" json:"di"`         // data identifier, 4 hexadecimal digits: 901F
	Offset   int    `yaml:"offset" json:"offset"` // byte of the data after the serial number at which the field begins
	Bytes    int    `yaml:"bytes" json:"bytes"`   // length in bytes, BCD, low byte first
	Decimals int    `yaml:"decimals,omitempty" json:"decimals"`
	UnitAt   int    `yaml:"unit_at,omitempty" json:"unit_at"` // byte that holds the unit code; 0 = none
}

// Kinds are the kinds of device.
var Kinds = []string{"power_meter", "pv_inverter", "battery", "water_meter", "heat_meter", "gas_meter", "flow_computer",
	"chiller", "boiler", "heat_pump", "compressor", "charger", "gateway", "sensor"}

// Value finds a value by its name; nil when there is none.
func (p *Profile) Value(name string) *Value {
	for i := range p.Values {
		if p.Values[i].Name == name {
			return &p.Values[i]
		}
	}
	return nil
}

// Write finds what can be set by its name; nil when there is none.
func (p *Profile) Write(name string) *Write {
	for i := range p.Writes {
		if p.Writes[i].Name == name {
			return &p.Writes[i]
		}
	}
	return nil
}
