package profile

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
)

// ErrNoValue says that a register holds no number now: not-a-number, a pattern that
// stands for "not available", or a digit that is none.
var ErrNoValue = errors.New("profile: the register holds no value")

// ErrValue says that a number cannot be written into a register.
var ErrValue = errors.New("profile: the value does not fit the register")

// Modbus is where a value stands in the registers of a device.
type Modbus struct {
	Function string   `yaml:"function" json:"function"`                   // holding, input, coil or discrete
	Register int      `yaml:"register" json:"register"`                   // address on the wire, from 0
	Type     string   `yaml:"type,omitempty" json:"type"`                 // uint16, …, bcd64, bit; a coil has none
	Order    string   `yaml:"order,omitempty" json:"order"`               // of the bytes of 32 bits: ABCD (default), CDAB, BADC, DCBA
	Scale    float64  `yaml:"scale,omitempty" json:"scale"`               // value = raw × scale + offset; 0 or left out = 1
	Offset   float64  `yaml:"offset,omitempty" json:"offset"`             // in the unit of the value
	Invalid  []string `yaml:"invalid,omitempty" json:"invalid,omitempty"` // raw bits that mean "not available": 0xFFFF
	Bit      int      `yaml:"bit,omitempty" json:"bit"`                   // of type bit: 0 is the lowest
}

// SunSpec is a point of a SunSpec information model. Where the model begins is found
// by walking the models of the device.
type SunSpec struct {
	Model []int  `yaml:"model" json:"model"` // model numbers that share this layout: 101, 102, 103
	Point string `yaml:"point" json:"point"` // name of the point in the model: W
	At    int    `yaml:"at" json:"at"`       // register of the point from the beginning of the model (its ID is 0)
	Type  string `yaml:"type" json:"type"`   // int16, uint16, acc32, float32, …
	// ScaleAt is the register of the scale factor (sunssf) from the beginning of the
	// model; 0 = none. ScalePoint is its name.
	ScaleAt    int     `yaml:"scale_at,omitempty" json:"scale_at"`
	ScalePoint string  `yaml:"scale_point,omitempty" json:"scale_point"`
	Scale      float64 `yaml:"scale,omitempty" json:"scale"` // besides the scale factor, for another unit; 0 = 1
}

// widths are the register types and how many registers each takes.
var widths = map[string]int{
	"uint16": 1, "int16": 1, "bcd16": 1, "bit": 1,
	"uint32": 2, "int32": 2, "float32": 2, "bcd32": 2,
	"uint64": 4, "int64": 4, "float64": 4, "bcd64": 4,
}

// sunspecTypes are the types of SunSpec points as register types with the pattern
// that stands for "not implemented" (SunSpec Device Information Model Specification,
// table of data types). An acc of 0 is such a pattern too, but also the count of a
// new device: it is kept.
var sunspecTypes = map[string]Modbus{
	"int16":   {Type: "int16", Invalid: []string{"0x8000"}},
	"uint16":  {Type: "uint16", Invalid: []string{"0xFFFF"}},
	"enum16":  {Type: "uint16", Invalid: []string{"0xFFFF"}},
	"sunssf":  {Type: "int16", Invalid: []string{"0x8000"}},
	"acc16":   {Type: "uint16"},
	"int32":   {Type: "int32", Invalid: []string{"0x80000000"}},
	"uint32":  {Type: "uint32", Invalid: []string{"0xFFFFFFFF"}},
	"acc32":   {Type: "uint32"},
	"int64":   {Type: "int64", Invalid: []string{"0x8000000000000000"}},
	"uint64":  {Type: "uint64", Invalid: []string{"0xFFFFFFFFFFFFFFFF"}},
	"acc64":   {Type: "uint64"},
	"float32": {Type: "float32"},
	"float64": {Type: "float64"},
}

// Registers are the holding registers of the point, and of its scale factor when it
// has one, in a model that begins at a register.
func (s SunSpec) Registers(base int) (value Modbus, scale *Modbus) {
	value = sunspecTypes[s.Type]
	value.Function, value.Register, value.Scale = "holding", base+s.At, s.Scale
	if s.ScaleAt > 0 {
		sf := sunspecTypes["sunssf"]
		sf.Function, sf.Register = "holding", base+s.ScaleAt
		scale = &sf
	}
	return value, scale
}

// Bits says whether the register is a coil or discrete input: one bit, no words.
func (m Modbus) Bits() bool { return m.Function == "coil" || m.Function == "discrete" }

// Width is how many registers the value takes; 1 for a coil or discrete input, 0 for
// an unknown type.
func (m Modbus) Width() int {
	if m.Bits() {
		return 1
	}
	return widths[m.Type]
}

// Decode turns the bytes of the registers, as they came on the wire, into the value:
// raw × scale + offset. It wants twice Width bytes. Errors wrap ErrNoValue.
func (m Modbus) Decode(wire []byte) (float64, error) {
	if m.Width() == 0 || len(wire) != 2*m.Width() {
		return 0, fmt.Errorf("%w: type %q wants %d bytes, not %d", ErrNoValue, m.Type, 2*m.Width(), len(wire))
	}
	raw := m.gather(wire)
	if slices.ContainsFunc(m.Invalid, func(s string) bool { n, err := pattern(s); return err == nil && n == raw }) {
		return 0, fmt.Errorf("%w: 0x%X stands for not available", ErrNoValue, raw)
	}
	v, err := m.number(raw)
	if err != nil {
		return 0, err
	}
	v = v*m.scale() + m.Offset
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%w: not a finite number", ErrNoValue)
	}
	return v, nil
}

// Encode turns a value into the bytes of the registers: (value − offset) / scale,
// rounded to the nearest whole number for whole types. Errors wrap ErrValue.
func (m Modbus) Encode(value float64) ([]byte, error) {
	raw := (value - m.Offset) / m.scale()
	if math.IsNaN(raw) || math.IsInf(raw, 0) {
		return nil, fmt.Errorf("%w: %v is not a finite number", ErrValue, value)
	}
	n, err := m.bits(raw)
	if err != nil {
		return nil, err
	}
	return m.scatter(n), nil
}

func (m Modbus) scale() float64 {
	if m.Scale == 0 {
		return 1
	}
	return m.Scale
}

// pattern reads the bits of an invalid value: 0x8000 or 65535.
func pattern(s string) (uint64, error) { return strconv.ParseUint(s, 0, 64) }

// gather puts the bytes into their order, most significant first.
func (m Modbus) gather(wire []byte) uint64 {
	words := len(wire) / 2
	var n uint64
	for i := range words {
		j := i
		if m.Order == "CDAB" || m.Order == "DCBA" {
			j = words - 1 - i
		}
		w := uint16(wire[2*j])<<8 | uint16(wire[2*j+1])
		if m.Order == "BADC" || m.Order == "DCBA" {
			w = bits.ReverseBytes16(w)
		}
		n = n<<16 | uint64(w)
	}
	return n
}

// scatter is the inverse of gather.
func (m Modbus) scatter(n uint64) []byte {
	words := m.Width()
	wire := make([]byte, 2*words)
	for i := range words {
		w := uint16(n >> (16 * (words - 1 - i)))
		j := i
		if m.Order == "CDAB" || m.Order == "DCBA" {
			j = words - 1 - i
		}
		if m.Order == "BADC" || m.Order == "DCBA" {
			w = bits.ReverseBytes16(w)
		}
		wire[2*j], wire[2*j+1] = byte(w>>8), byte(w)
	}
	return wire
}

// number reads raw bits by the type.
func (m Modbus) number(raw uint64) (float64, error) {
	switch m.Type {
	case "int16":
		return float64(int16(raw)), nil
	case "int32":
		return float64(int32(raw)), nil
	case "int64":
		return float64(int64(raw)), nil
	case "float32":
		return float64(math.Float32frombits(uint32(raw))), nil
	case "float64":
		return math.Float64frombits(raw), nil
	case "bcd16", "bcd32", "bcd64":
		return fromBCD(raw)
	case "bit":
		return float64(raw >> m.Bit & 1), nil
	}
	return float64(raw), nil
}

// bits is the inverse of number.
func (m Modbus) bits(raw float64) (uint64, error) {
	switch m.Type {
	case "float32":
		if f := float32(raw); !math.IsInf(float64(f), 0) {
			return uint64(math.Float32bits(f)), nil
		}
		return 0, fmt.Errorf("%w: %v is beyond float32", ErrValue, raw)
	case "float64":
		return math.Float64bits(raw), nil
	case "bit":
		if m.Bits() && (raw == 0 || raw == 1) {
			return uint64(raw), nil
		}
		if m.Bits() {
			return 0, fmt.Errorf("%w: a coil is 0 or 1, not %v", ErrValue, raw)
		}
		return 0, fmt.Errorf("%w: a single bit of a register is not written, since its neighbours would be", ErrValue)
	}
	whole := math.Round(raw)
	low, high := m.span()
	if whole < low || whole > high {
		return 0, fmt.Errorf("%w: %v is outside of %v to %v of type %s", ErrValue, whole, low, high, m.Type)
	}
	switch m.Type {
	case "bcd16", "bcd32", "bcd64":
		return strconv.ParseUint(strconv.FormatUint(uint64(whole), 10), 16, 64)
	case "int16", "int32", "int64":
		return uint64(int64(whole)), nil
	}
	return uint64(whole), nil
}

// span is the range of a whole type, within what a float64 holds exactly.
func (m Modbus) span() (low, high float64) {
	width := 16 * m.Width()
	switch m.Type {
	case "int16", "int32":
		return -math.Ldexp(1, width-1), math.Ldexp(1, width-1) - 1
	case "int64":
		return -(1 << 53), 1 << 53
	case "uint64":
		return 0, 1 << 53
	case "bcd16", "bcd32":
		return 0, math.Pow10(width/4) - 1
	case "bcd64":
		return 0, 1e15
	}
	return 0, math.Ldexp(1, width) - 1
}

func fromBCD(raw uint64) (float64, error) {
	n, err := strconv.ParseUint(strconv.FormatUint(raw, 16), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: 0x%X is not decimal digits", ErrNoValue, raw)
	}
	return float64(n), nil
}
