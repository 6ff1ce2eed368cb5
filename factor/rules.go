package factor

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"lingtan/quantity"
)

// dimensions is the rule table: what a parameter's unit must be compatible with. It is the check
// that no tC is taken for tCO2 and no GJ/t for kgce/kg.
var dimensions = map[string][]string{
	// fuels
	"ncv":             {"GJ/t", "GJ/10^4Nm3", "GJ/10^4m3"},
	"carbon_per_heat": {"tC/GJ"},
	"carbon_content":  {"tC/t", "tC/10^4Nm3"},
	"oxidation_rate":  {"%"},
	"co2_per_unit":    {"tCO2/t", "tCO2/10^4Nm3", "kgCO2/m3", "kgCO2e/t", "kgCO2e/m3", "kgCO2e/Nm3"},
	"co2_per_heat":    {"kgCO2/TJ"},
	"ch4_per_heat":    {"kgCH4/TJ"},
	"n2o_per_heat":    {"kgN2O/TJ"},
	// electricity and heat
	"co2_per_kwh":  {"kgCO2/kWh"},
	"co2_per_mwh":  {"tCO2/MWh"},
	"co2e_per_kwh": {"kgCO2e/kWh"},
	"co2_per_gj":   {"tCO2/GJ"},
	"co2e_per_gj":  {"tCO2e/GJ"},
	// standard coal
	"to_kgce": {"kgce/kg", "kgce/m3", "kgce/Nm3", "kgce/kWh"},
	"lhv":     {"kJ/kg", "kJ/m3", "kJ/Nm3"},
	// greenhouse gases
	"gwp100": {"kgCO2e/kg", "kgCO2e/kgCO2", "kgCO2e/kgCH4", "kgCO2e/kgN2O"},
	// processes
	"co2_factor":        {"tCO2/t"},
	"carbonate_content": {"%"},
	"conversion":        {"%"},
	"k1":                {"1"},
	"anode":             {"tC/t"},
	"anode_s":           {"%"},
	"anode_ash":         {"%"},
	"anode_loss":        {"%"},
	"cf4":               {"kg/t"},
	"c2f6":              {"kg/t"},
	"lime":              {"tCO2/t"},
	// product footprints
	"carbon_footprint": {"kgCO2e/kg", "kgCO2e/m3", "kgCO2e/Nm3", "kgCO2e/t.km", "kgCO2e/kWh", "kgCO2e/piece"},
	// emission trading
	"electricity_benchmark": {"tCO2/MWh"},
	"heat_benchmark":        {"tCO2/GJ"},
	"prealloc_share":        {"%"},
	"offset_cap":            {"%"},
	"carryover_base":        {"t"},
	"carryover_multiple":    {"1"},
	"open":                  {"CNY/t"},
	"close":                 {"CNY/t"},
	"high":                  {"CNY/t"},
	"low":                   {"CNY/t"},
	"average":               {"CNY/t"},
	"volume":                {"t"},
	"cumulative_volume":     {"t"},
	"turnover":              {"CNY"},
	// benchmarks and thresholds
	"advanced": {"kgce/t", "kgce/m2", "kWh/t"},
	"baseline": {"kgce/t", "kgce/m2", "kWh/t"},
	"above":    {"1", "tCO2/10^4CNY", "tce/10^4CNY", "tCO2/tce"},
	"at_most":  {"1", "tCO2/10^4CNY", "tce/10^4CNY", "tCO2/tce"},
	"at_least": {"1", "tCO2/10^4CNY", "tce/10^4CNY", "tCO2/tce"},
	// steam tables
	"enthalpy": {"kJ/kg"},
}

// printed maps units as sources print them to units; the material after the unit is in the item.
var printed = map[string]string{
	"TJ/Gg (= GJ/t)":                   "TJ/Gg",
	"tCO2/t CaO":                       "tCO2/t",
	"tCO2/t clinker":                   "tCO2/t",
	"tC/t Al":                          "tC/t",
	"kg/t Al":                          "kg/t",
	"% of verified emissions":          "%",
	"own intensity / industry average": "1",
	"x":                                "1",
}

// species names the gas where a table prints plain kg.
var species = map[string]string{
	"co2_per_heat kg/TJ":          "kgCO2/TJ",
	"ch4_per_heat kg/TJ":          "kgCH4/TJ",
	"n2o_per_heat kg/TJ":          "kgN2O/TJ",
	"gwp100 CO2 kgCO2e/kg":        "kgCO2e/kgCO2",
	"gwp100 CH4 kgCO2e/kg":        "kgCO2e/kgCH4",
	"gwp100 N2O kgCO2e/kg":        "kgCO2e/kgN2O",
	"gwp100 CH4_fossil kgCO2e/kg": "kgCO2e/kgCH4",
}

// units caches parsed units: the shipped tables name about 60 different ones 1500 times.
var units sync.Map

// unitOf reads the unit of a parameter as printed and checks its dimension by the rule table.
func unitOf(parameter, item, text string) (quantity.Unit, error) {
	allowed, ok := dimensions[parameter]
	if !ok {
		return quantity.Unit{}, fmt.Errorf("%w: parameter %q is not one of %s", ErrInvalid, parameter, parameterList())
	}
	spelled := text
	for _, key := range []string{parameter + " " + text, parameter + " " + item + " " + text} {
		if s, ok := species[key]; ok {
			spelled = s
		}
	}
	if s, ok := printed[text]; ok {
		spelled = s
	}
	key := parameter + " " + spelled
	if u, ok := units.Load(key); ok {
		return u.(quantity.Unit), nil
	}
	u, err := quantity.Parse(spelled)
	if err != nil {
		return quantity.Unit{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	for _, a := range allowed {
		if u.Compatible(quantity.MustParse(a)) {
			units.Store(key, u)
			return u, nil
		}
	}
	return quantity.Unit{}, fmt.Errorf("%w: parameter %s is measured in %s, not in %q", ErrInvalid, parameter, strings.Join(allowed, " or "), text)
}

func parameterList() string {
	names := make([]string, 0, len(dimensions))
	for name := range dimensions {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
