package parkfile

import (
	"regexp"

	"lingtan/meter"
	"lingtan/quantity"
)

// The words that a park file may use. The schema and the documentation are made
// from the same lists.
var (
	organizationKinds = []string{"operator", "enterprise", "regulator", "verifier"}
	equipmentKinds    = []string{"transformer", "pv", "wind", "battery", "charger", "machine", "boiler", "chp", "heat_pump", "chiller", "compressor", "building_services"}
	nodeKinds         = []string{"source", "bus", "use", "storage", "export", conversion}
	conversionKinds   = []string{"chp", "boiler", "heat_pump", "chiller", "compressor", "electrolyser", "heat_exchanger"}
	allocations       = []string{"energy", "exergy", "ratio", "efficiency"}
	instrumentKinds   = []string{"green_certificate", "contract"}
	gwpSets           = []string{"SAR", "AR4", "AR5", "AR6"}
	tariffCategories  = []string{"两部制", "单一制"}
	registerKinds     = kindWords()
)

func kindWords() []string {
	words := make([]string, len(meter.Kinds))
	for i, k := range meter.Kinds {
		words[i] = string(k)
	}
	return words
}

// The spellings of identifiers and periods.
const (
	parkIDPattern   = `^[a-z0-9][a-z0-9-]{1,39}$`
	idPattern       = `^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`
	wordPattern     = `^[a-z][a-z0-9_]{0,39}$`
	keyPattern      = `^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`
	methodPattern   = `^[^\s@]+@[^\s@]+$`
	countryPattern  = `^[A-Z]{2}$`
	sectorPattern   = `^([A-T]|[A-T]?[0-9]{2,4})$`
	periodPattern   = `^[0-9]{4}(-(0[1-9]|1[0-2]))?$`
	dayPattern      = `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	ratioPattern    = `^[0-9]+(\.[0-9]+)?/[0-9]+(\.[0-9]+)?$`
	accuracyPattern = `^([0-9]{1,3}(\.[0-9]{1,4})?[S%]?|[A-E])$`
	formatPattern   = `^lingtan\.park/v1$`
)

var (
	parkIDSyntax  = regexp.MustCompile(parkIDPattern)
	idSyntax      = regexp.MustCompile(idPattern)
	wordSyntax    = regexp.MustCompile(wordPattern)
	methodSyntax  = regexp.MustCompile(methodPattern)
	countrySyntax = regexp.MustCompile(countryPattern)
	sectorSyntax  = regexp.MustCompile(sectorPattern)
	periodSyntax  = regexp.MustCompile(periodPattern)
)

// role says how a quantity can be metered.
type role uint8

const (
	settled role = iota // an amount: counted, or given per interval, or as a rate that is integrated
	rate                // the rate of an amount: integrated, or only watched
	watched             // a state or property: never an amount
)

// metered is a quantity that a register can hold.
type metered struct {
	word  string
	role  role
	units []string // an amount's unit for settled and rate, the value's own for watched
	own   bool     // not an amount of a carrier (reactive energy): settled in units[0]
}

var quantities = []metered{
	{"active_energy", settled, []string{"kWh"}, false},
	{"active_energy_export", settled, []string{"kWh"}, false},
	{"thermal_energy", settled, []string{"GJ"}, false},
	{"fuel_energy", settled, []string{"GJ"}, false},
	{"volume", settled, []string{"m3", "Nm3"}, false},
	{"mass", settled, []string{"t"}, false},
	{"reactive_energy_lagging", settled, []string{"kvarh"}, true},
	{"reactive_energy_leading", settled, []string{"kvarh"}, true},
	{"apparent_energy", settled, []string{"kVAh"}, true},
	{"count", settled, []string{"piece"}, true},
	{"active_power", rate, []string{"kWh"}, false},
	{"thermal_power", rate, []string{"GJ"}, false},
	{"volume_flow", rate, []string{"m3", "Nm3"}, false},
	{"mass_flow", rate, []string{"t"}, false},
	{"reactive_power", rate, []string{"kvarh"}, true},
	{"apparent_power", rate, []string{"kVAh"}, true},
	{"power_factor", watched, []string{"1"}, false},
	{"voltage", watched, []string{"V"}, false},
	{"current", watched, []string{"A"}, false},
	{"frequency", watched, []string{"Hz"}, false},
	{"temperature", watched, []string{"degC"}, false},
	{"humidity", watched, []string{"%"}, false},
	{"pressure", watched, []string{"kPa"}, false},
	{"state_of_charge", watched, []string{"%"}, false},
	{"irradiance", watched, []string{"W/m2"}, false},
	{"wind_speed", watched, []string{"m/s"}, false},
	{"status", watched, []string{"1"}, false},
}

var quantityWords, quantityByWord = indexQuantities()

func indexQuantities() ([]string, map[string]*metered) {
	words := make([]string, len(quantities))
	byWord := make(map[string]*metered, len(quantities))
	for i := range quantities {
		words[i] = quantities[i].word
		byWord[quantities[i].word] = &quantities[i]
	}
	return words, byWord
}

// fits says whether u is compatible with one of the units.
func fits(u quantity.Unit, units []string) bool {
	for _, s := range units {
		if u.Compatible(quantity.MustParse(s)) {
			return true
		}
	}
	return false
}

// carrierUnits are the units in which the known carriers can be settled. A park may
// have carriers of other names (diesel, coke_oven_gas): those take any amount.
var carrierUnits = map[string][]string{
	"electricity":    {"kWh"},
	"natural_gas":    {"m3", "Nm3", "t", "GJ"},
	"steam":          {"t", "GJ"},
	"heat":           {"GJ"},
	"cooling":        {"GJ"},
	"compressed_air": {"m3", "Nm3"},
	"hydrogen":       {"t", "m3", "Nm3", "GJ"},
	"water":          {"m3", "t"},
}

var carrierWords = []string{"electricity", "natural_gas", "steam", "heat", "cooling", "compressed_air", "hydrogen", "water"}

// amountUnits are the units of any carrier's amount.
var amountUnits = []string{"kWh", "t", "m3", "Nm3", "piece"}

// commonUnits are offered when a unit is not known.
var commonUnits = []string{"W", "kW", "MW", "Wh", "kWh", "MWh", "kJ", "MJ", "GJ", "m3", "Nm3", "m3/h", "Nm3/h", "L", "kg", "t", "t/h", "kg/h",
	"kvar", "kvarh", "kVA", "kVAh", "V", "kV", "A", "Hz", "degC", "kPa", "MPa", "bar", "%", "1", "W/m2", "m/s", "piece"}

// Limits on the number of elements.
const (
	maxPoints        = 200_000
	maxElements      = 400_000 // of any other list of the document
	maxPerElement    = 1_000   // registers of a point, exchanges of a register, buildings of a site, …
	maxText          = 200     // characters of a name or an identifier
	maxNote          = 2_000   // characters of a note, a shift, a reason
	maxCarriers      = 100
	maxOrganizations = 20_000
)
