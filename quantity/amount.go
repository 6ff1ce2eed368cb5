package quantity

import (
	"fmt"
	"math"
)

// CarbonToCO2 is the ratio of the molar masses of carbon dioxide and carbon as the Chinese
// guidelines and the IPCC use it, 44/12; its unit is tCO2/tC.
const CarbonToCO2 = 44.0 / 12.0

// kJPerKgce is the heat of one kilogram of standard coal: GB/T 2589-2020, 29 307 kJ (7000 kcal).
const kJPerKgce = 29307

// CoalEquivalent returns the standard coal, in kgce, that holds an amount of energy: E / 29 307 kJ
// (GB/T 2589-2020, calorific value). It is a function of its own because the result depends on the
// accounting rule: electricity may be counted by its calorific value (0.1229 kgce/kWh) or by the
// primary energy of a year. Errors wrap ErrDimension when unit is no energy.
func CoalEquivalent(v float64, unit Unit) (float64, error) {
	kj, err := Convert(v, unit, kilojoule)
	if err != nil {
		return 0, fmt.Errorf("coal equivalent: %w", err)
	}
	return kj / kJPerKgce, nil
}

// CoalEnergy returns the energy in kJ of an amount of standard coal given in a unit of coal
// equivalent (kgce, tce): the inverse of CoalEquivalent.
func CoalEnergy(v float64, unit Unit) (float64, error) {
	kg, err := Convert(v, unit, kilogramCoal)
	if err != nil {
		return 0, fmt.Errorf("coal energy: %w", err)
	}
	return kg * kJPerKgce, nil
}

// NormalVolume returns the volume in Nm3 (0 degC, 101.325 kPa) of v m3 of a gas metered at the
// absolute pressure kPa (> 0) and the temperature degC (> -273.15), by the ideal gas law:
// v × p/101.325 × 273.15/(273.15+t). It leaves out the compressibility of the gas, below 0.3 % for
// natural gas near atmospheric pressure; use the meter's own corrected volume above 500 kPa.
func NormalVolume(v, kPa, degC float64) (float64, error) {
	if !(kPa > 0) || !(degC > -zeroCelsius) || math.IsInf(kPa, 0) || math.IsInf(degC, 0) {
		return 0, fmt.Errorf("normal volume: pressure %g kPa and temperature %g degC must be above zero pressure and absolute zero: %w", kPa, degC, ErrUnit)
	}
	return v * (kPa / 101.325) * (zeroCelsius / (zeroCelsius + degC)), nil
}

var (
	kilojoule    = MustParse("kJ")
	kilogramCoal = MustParse("kgce")
	celsius      = MustParse("degC")
	kelvin       = MustParse("K")
)

// Accumulator adds many numbers with little rounding (Neumaier 1974, an improved Kahan sum). The
// error of Value is at most u·|Σx| + 2·n²·u²·Σ|x|, u = 2^-53: for a million 15-minute values of
// one sign the sum is right to the last bit or its neighbour. The same values in the same order
// give the same bits. The zero Accumulator is empty.
type Accumulator struct {
	sum, lost float64
}

// Add adds x. An infinite or not-a-number x makes Value not finite: a gap must be left out by the
// caller, never added as something.
func (a *Accumulator) Add(x float64) {
	t := a.sum + x
	if math.Abs(a.sum) >= math.Abs(x) {
		a.lost += (a.sum - t) + x
	} else {
		a.lost += (x - t) + a.sum
	}
	a.sum = t
}

// Value returns the sum so far; 0 when nothing was added.
func (a *Accumulator) Value() float64 {
	if math.IsInf(a.sum, 0) {
		return a.sum // the correction of an overflow is not a number
	}
	return a.sum + a.lost
}
