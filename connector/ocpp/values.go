package ocpp

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	types16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/types"
	types201 "github.com/lorenzodonini/ocpp-go/ocpp2.0.1/types"

	"lingtan/connector"
)

// dimension is a kind of quantity: the units that chargers use for it, each with the
// power of ten that makes it Lingtan's unit, and the unit where a value names none.
type dimension struct {
	otherwise string
	units     map[string]int
}

var (
	energy      = dimension{"wh", map[string]int{"wh": -3, "kwh": 0, "mwh": 3}}                                      // kWh
	reactive    = dimension{"varh", map[string]int{"varh": -3, "kvarh": 0}}                                          // kvarh
	apparent    = dimension{"vah", map[string]int{"vah": -3, "kvah": 0}}                                             // kVAh
	power       = dimension{"w", map[string]int{"w": -3, "kw": 0, "va": -3, "kva": 0}}                               // kW
	varPower    = dimension{"var", map[string]int{"var": -3, "kvar": 0}}                                             // kvar
	current     = dimension{"a", map[string]int{"a": 0}}                                                             // A
	voltage     = dimension{"v", map[string]int{"v": 0, "kv": 3}}                                                    // V
	share       = dimension{"percent", map[string]int{"percent": 0, "%": 0}}                                         // %
	ratio       = dimension{"", map[string]int{"": 0, "percent": -2, "%": -2}}                                       // 1
	frequency   = dimension{"hz", map[string]int{"hz": 0}}                                                           // Hz
	speed       = dimension{"", map[string]int{"": 0, "rpm": 0}}                                                     // 1/min
	temperature = dimension{"celsius", map[string]int{"celsius": 0, "celcius": 0, "°c": 0, "k": 0, "fahrenheit": 0}} // °C
)

// celsius is a temperature in °C.
func celsius(value float64, unit string) float64 {
	switch unit {
	case "k":
		return value - 273.15
	case "fahrenheit":
		return (value - 32) * 5 / 9
	}
	return value
}

// measurand is what a measurand of OCPP is called at Lingtan.
type measurand struct {
	name string
	dimension
	interval bool // an amount of an interval, not a register
}

// measurands are those of OCPP 1.6 (7.31) and 2.0.1 part 2 (MeasurandEnumType), in lower case.
var measurands = map[string]measurand{
	"energy.active.import.register":   {"energy", energy, false},
	"energy.active.export.register":   {"energy_export", energy, false},
	"energy.active.net":               {"energy_net", energy, false},
	"energy.active.import.interval":   {"energy_interval", energy, true},
	"energy.active.export.interval":   {"energy_export_interval", energy, true},
	"energy.reactive.import.register": {"reactive_energy", reactive, false},
	"energy.reactive.export.register": {"reactive_energy_export", reactive, false},
	"energy.reactive.net":             {"reactive_energy_net", reactive, false},
	"energy.reactive.import.interval": {"reactive_energy_interval", reactive, true},
	"energy.reactive.export.interval": {"reactive_energy_export_interval", reactive, true},
	"energy.apparent.import":          {"apparent_energy", apparent, false},
	"energy.apparent.export":          {"apparent_energy_export", apparent, false},
	"energy.apparent.net":             {"apparent_energy_net", apparent, false},
	"power.active.import":             {"power", power, false},
	"power.active.export":             {"power_export", power, false},
	"power.offered":                   {"power_offered", power, false},
	"power.reactive.import":           {"reactive_power", varPower, false},
	"power.reactive.export":           {"reactive_power_export", varPower, false},
	"power.factor":                    {"power_factor", ratio, false},
	"current.import":                  {"current", current, false},
	"current.export":                  {"current_export", current, false},
	"current.offered":                 {"current_offered", current, false},
	"voltage":                         {"voltage", voltage, false},
	"frequency":                       {"frequency", frequency, false},
	"temperature":                     {"temperature", temperature, false},
	"soc":                             {"soc", share, false},
	"rpm":                             {"rpm", speed, false},
}

// defaultMeasurand is that of a value that names none (OCPP 1.6, 7.43).
const defaultMeasurand = "Energy.Active.Import.Register"

// sampled is a sampled value of either version.
type sampled struct {
	at                                        time.Time
	measurand, phase, location, context, unit string
	value                                     float64
}

// sample turns a sampled value into a sample. prefix is that of the connector. Reasons of
// an error are those of Counts.
func (v sampled) sample(prefix string, interval time.Duration) (connector.Sample, string) {
	word := v.measurand
	if word == "" {
		word = defaultMeasurand
	}
	m, known := measurands[strings.ToLower(word)]
	if !known {
		return connector.Sample{}, "unknown_measurand"
	}
	unit := strings.ToLower(strings.TrimSpace(v.unit))
	if unit == "" {
		unit = m.otherwise
	}
	ten, known := m.units[unit]
	if !known {
		return connector.Sample{}, "unknown_unit"
	}
	value := scaled(celsius(v.value, unit), ten)
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return connector.Sample{}, "not_numeric"
	}
	suffix, ok := phaseSuffix(v.phase)
	if !ok {
		return connector.Sample{}, "unknown_phase"
	}
	place, ok := locationSuffix(v.location, m.name)
	if !ok {
		return connector.Sample{}, "unknown_location"
	}
	s := connector.Sample{Name: prefix + m.name + place + suffix, At: v.at, Value: value}
	if m.interval {
		s.Span = interval
	}
	return s, ""
}

// phaseSuffix is ".l1" for the phase L1, ".l1n" for L1-N, and nothing for all together.
func phaseSuffix(phase string) (string, bool) {
	switch phase {
	case "":
		return "", true
	case "L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1":
		return "." + strings.ToLower(strings.ReplaceAll(phase, "-", "")), true
	}
	return "", false
}

// locationSuffix tells places other than the outlet apart. The state of charge is always
// of the vehicle.
func locationSuffix(location, name string) (string, bool) {
	switch location {
	case "", "Outlet":
		return "", true
	case "EV":
		if name == "soc" {
			return "", true
		}
		return ".ev", true
	case "Body", "Cable", "Inlet", "Upstream":
		return "." + strings.ToLower(location), true
	}
	return "", false
}

// prefix is how values of a connector begin. Connector 0 is the charger as a whole.
func prefix(connector int) string {
	if connector == 0 {
		return ""
	}
	return fmt.Sprintf("connector%d.", connector)
}

// read16 reads the meter values of OCPP 1.6. skip hears the reason of each that is left out.
func read16(list []types16.MeterValue, skip func(reason string)) ([]sampled, error) {
	var out []sampled
	for _, m := range list {
		if m.Timestamp == nil || m.Timestamp.IsZero() {
			return nil, missing("timestamp of meterValue")
		}
		for _, s := range m.SampledValue {
			if s.Format == types16.ValueFormatSignedData {
				skip("signed_data")
				continue
			}
			value, err := number(s.Value)
			if err != nil {
				skip("not_numeric")
				continue
			}
			out = append(out, sampled{m.Timestamp.Time, string(s.Measurand), string(s.Phase), string(s.Location), string(s.Context), string(s.Unit), value})
		}
	}
	return out, nil
}

// number reads a decimal number.
func number(text string) (float64, error) {
	text = strings.TrimSpace(text)
	if len(text) > 64 || strings.ContainsAny(text, "xXpP_") {
		return 0, strconv.ErrSyntax
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, strconv.ErrSyntax
	}
	return f, nil
}

// read201 reads the meter values of OCPP 2.0.1, with their multipliers.
func read201(list []types201.MeterValue, skip func(reason string)) ([]sampled, error) {
	var out []sampled
	for _, m := range list {
		if m.Timestamp.IsZero() {
			return nil, missing("timestamp of meterValue")
		}
		for _, s := range m.SampledValue {
			v := sampled{m.Timestamp.Time, string(s.Measurand), string(s.Phase), string(s.Location), string(s.Context), "", s.Value}
			ten, ok := v.measuredIn(s.UnitOfMeasure)
			if !ok {
				skip("unknown_unit")
				continue
			}
			v.value = scaled(v.value, ten)
			out = append(out, v)
		}
	}
	return out, nil
}

// measuredIn takes the unit of a value and gives its power of ten.
func (v *sampled) measuredIn(u *types201.UnitOfMeasure) (ten int, ok bool) {
	if u == nil {
		return 0, true
	}
	v.unit = u.Unit
	if u.Multiplier != nil {
		ten = *u.Multiplier
	}
	return ten, ten >= -18 && ten <= 18
}

// scaled is value × 10^power, exact where that is.
func scaled(value float64, power int) float64 {
	if power < 0 {
		return value / math.Pow10(-power)
	}
	return value * math.Pow10(power)
}

// register is the kWh of the import register among values: the one at a context such as
// Transaction.Begin, else that of the time at, else nil.
func register(list []sampled, context string, at time.Time) *float64 {
	var otherwise *float64
	for _, v := range list {
		s, fault := v.sample("", 0)
		if fault != "" || s.Name != "energy" {
			continue
		}
		if v.context == context {
			return &s.Value
		}
		if v.at.Equal(at) {
			otherwise = &s.Value
		}
	}
	return otherwise
}

// statusCodes are numbers for the states of a connector: those of OCPP 1.6 in the order of
// its 7.7, then those that 2.0.1 adds.
var statusCodes = map[string]float64{
	"Available": 0, "Preparing": 1, "Charging": 2, "SuspendedEVSE": 3, "SuspendedEV": 4,
	"Finishing": 5, "Reserved": 6, "Unavailable": 7, "Faulted": 8, "Occupied": 9,
}

// chargingStates are numbers for the states that OCPP 2.0.1 tells within a transaction,
// those of statusCodes where the two mean the same.
var chargingStates = map[string]float64{
	"Idle": 0, "EVConnected": 1, "Charging": 2, "SuspendedEVSE": 3, "SuspendedEV": 4,
}
