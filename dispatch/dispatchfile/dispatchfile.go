// Package dispatchfile reads a dispatch problem from a JSON file and writes its plan as a
// table; docs/formats/dispatch.md describes both forms.
package dispatchfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"lingtan/dispatch"
)

// ErrFormat marks a dispatch file that cannot be read; the error tells where.
var ErrFormat = errors.New("dispatch file")

// Format is the format of a dispatch file.
const Format = "lingtan.dispatch/v1"

// MaxBytes is the size that a dispatch file may have.
const MaxBytes = 64 << 20

// maxSteps is how many steps a single length may be repeated for.
const maxSteps = 40_000

// file is the written form: a problem, with plants in the words of their nameplates.
type file struct {
	Format string `json:"format"`
	Steps  int    `json:"steps"` // with one value in hours: how many steps of that length
	dispatch.Problem
	Converters []converter `json:"converters"`
	Combined   []combined  `json:"combined"`
}

// converter is a plant with one carrier in and one out: boiler, heat pump, chiller, heat
// exchanger, electrolyser, compressor.
type converter struct {
	ID         string               `json:"id"`
	Kind       string               `json:"kind"`
	From       string               `json:"from"`
	To         string               `json:"to"`
	Rated      string               `json:"rated"`      // output (usual) or input: what min and max are of
	Min        float64              `json:"min"`        // kW
	Max        float64              `json:"max"`        // kW
	Efficiency dispatch.Series      `json:"efficiency"` // kWh out per kWh in; a heat pump's and a chiller's COP
	Available  dispatch.Series      `json:"available"`
	Commitment *dispatch.Commitment `json:"commitment"`
	RampUp     float64              `json:"ramp_up"`
	RampDown   float64              `json:"ramp_down"`
	Level      *float64             `json:"level"`
	Operation  float64              `json:"operation"` // money per kWh of what it is rated by
	Size       *dispatch.Sizing     `json:"size"`
}

// combined is combined heat and power: fuel = slope·P + no_load·on, heat ≤ the same.
type combined struct {
	ID         string               `json:"id"`
	Fuel       string               `json:"fuel"`
	Power      string               `json:"power"` // carrier; electricity where left out
	Min        float64              `json:"min"`   // kW of power
	Max        float64              `json:"max"`
	FuelSlope  float64              `json:"fuel_slope"`
	FuelNoLoad float64              `json:"fuel_no_load"`
	FuelCurve  [][2]float64         `json:"fuel_curve"` // (kW of power, kW of fuel), instead of slope and no_load
	Heat       []heat               `json:"heat"`
	Extraction *extraction          `json:"extraction"`
	Available  dispatch.Series      `json:"available"`
	Commitment *dispatch.Commitment `json:"commitment"`
	RampUp     float64              `json:"ramp_up"`
	RampDown   float64              `json:"ramp_down"`
	Level      *float64             `json:"level"`
	Operation  float64              `json:"operation"`
}

type heat struct {
	Carrier string  `json:"carrier"`
	Slope   float64 `json:"slope"`
	NoLoad  float64 `json:"no_load"`
}

// extraction is the region of an extraction-condensing turbine with power P and heat h:
// P ≥ back_pressure·h, P + power_loss·h ≤ max, and fuel grows with P + power_loss·h.
type extraction struct {
	Carrier      string  `json:"carrier"`
	Max          float64 `json:"max"`           // kW of heat
	BackPressure float64 `json:"back_pressure"` // kW of power per kW of heat, at least
	PowerLoss    float64 `json:"power_loss"`    // kW of power lost per kW of heat taken out
}

// Parse reads a dispatch file. ErrFormat tells what cannot be read with its line,
// dispatch.ErrProblem every value that cannot be planned with its path.
func Parse(data []byte) (*dispatch.Problem, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, more than %d; make later steps longer or divide the horizon", ErrFormat, len(data), MaxBytes)
	}
	var f file
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: line %d: %s", ErrFormat, line(data, err, d.InputOffset()), strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: line %d: more text after the end of the object", ErrFormat, 1+bytes.Count(data[:d.InputOffset()], []byte("\n")))
	}
	if f.Format != Format {
		return nil, fmt.Errorf("%w: format: %q; this program reads %q", ErrFormat, f.Format, Format)
	}
	p := &f.Problem
	if f.Steps != 0 {
		if len(p.Hours) != 1 || f.Steps < 1 || f.Steps > maxSteps {
			return nil, fmt.Errorf("%w: steps: %d with %d values in hours; from 1 to %d with one length, or leave it out and give the length of each step", ErrFormat, f.Steps, len(p.Hours), maxSteps)
		}
		h := p.Hours[0]
		p.Hours = make(dispatch.Series, f.Steps)
		for t := range p.Hours {
			p.Hours[t] = h
		}
	}
	if err := f.plants(); err != nil {
		return nil, err
	}
	return p, p.Check()
}

// plants writes converters and combined heat and power as units, after those of the file.
func (f *file) plants() error {
	for i, x := range f.Converters {
		u, err := x.unit()
		if err != nil {
			return fmt.Errorf("%w: converters[%d] (%.40q): %w", ErrFormat, i, x.ID, err)
		}
		f.Units = append(f.Units, u)
	}
	for i, x := range f.Combined {
		u, err := x.unit()
		if err != nil {
			return fmt.Errorf("%w: combined[%d] (%.40q): %w", ErrFormat, i, x.ID, err)
		}
		f.Units = append(f.Units, u)
	}
	return nil
}

// unit has what it is rated by as its level.
func (x converter) unit() (dispatch.Unit, error) {
	u := dispatch.Unit{ID: x.ID, Kind: x.Kind, Min: x.Min, Max: x.Max, Available: x.Available, Commitment: x.Commitment,
		RampUp: x.RampUp, RampDown: x.RampDown, Level: x.Level, Operation: x.Operation, Size: x.Size}
	if len(x.Efficiency) == 0 {
		return u, errors.New("efficiency: left out; kWh out per kWh in")
	}
	in, out := dispatch.Series{-1}, x.Efficiency
	for t, v := range x.Efficiency {
		if !(v > 0 && v <= 100) {
			return u, fmt.Errorf("efficiency[%d]: %g; above 0, up to 100", t, v)
		}
	}
	switch x.Rated {
	case "", "output":
		in, out = make(dispatch.Series, len(x.Efficiency)), dispatch.Series{1}
		for t, v := range x.Efficiency {
			in[t] = -1 / v
		}
	case "input":
	default:
		return u, fmt.Errorf("rated: %.40q; output or input", x.Rated)
	}
	u.Ports = []dispatch.Port{{Carrier: x.To, Factor: out}, {Carrier: x.From, Factor: in}}
	return u, nil
}

func (x combined) unit() (dispatch.Unit, error) {
	u := dispatch.Unit{ID: x.ID, Kind: "combined heat and power", Min: x.Min, Max: x.Max, Available: x.Available, Commitment: x.Commitment,
		RampUp: x.RampUp, RampDown: x.RampDown, Level: x.Level, Operation: x.Operation}
	power := x.Power
	if power == "" {
		power = "electricity"
	}
	fuel := dispatch.Port{Carrier: x.Fuel, Factor: dispatch.Series{-x.FuelSlope}, NoLoad: -x.FuelNoLoad}
	if len(x.FuelCurve) > 0 {
		fuel = dispatch.Port{Carrier: x.Fuel}
		for _, point := range x.FuelCurve {
			fuel.Curve = append(fuel.Curve, [2]float64{point[0], -point[1]})
		}
	}
	for _, h := range x.Heat {
		u.Ports = append(u.Ports, dispatch.Port{Carrier: h.Carrier, Factor: dispatch.Series{h.Slope}, NoLoad: h.NoLoad, AtMost: true})
	}
	if e := x.Extraction; e != nil {
		if len(x.FuelCurve) > 0 {
			return u, errors.New("extraction: not together with fuel_curve; give fuel_slope and fuel_no_load")
		}
		fuel.Mix = map[string]float64{e.Carrier: -x.FuelSlope * e.PowerLoss}
		u.Ports = append(u.Ports, dispatch.Port{Carrier: e.Carrier, NoLoad: e.Max, AtMost: true})
		u.Region = []dispatch.Edge{{Level: -1, Flow: e.BackPressure, Carrier: e.Carrier}, {Level: 1, Flow: e.PowerLoss, Carrier: e.Carrier, NoLoad: x.Max}}
	}
	u.Ports = append(u.Ports, dispatch.Port{Carrier: power, Factor: dispatch.Series{1}}, fuel)
	return u, nil
}

// line is where in the text reading stopped.
func line(data []byte, err error, offset int64) int {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	if errors.As(err, &syntax) {
		offset = syntax.Offset
	} else if errors.As(err, &kind) {
		offset = kind.Offset
	} else if _, key, ok := strings.Cut(err.Error(), "unknown field "); ok {
		offset = int64(max(0, bytes.Index(data, []byte(key))))
	}
	return 1 + bytes.Count(data[:max(0, min(int(offset), len(data)))], []byte("\n"))
}
