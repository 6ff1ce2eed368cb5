package factor

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// point is a state of saturated steam: MPa (absolute), degC, kJ/kg.
type point struct{ pressure, temperature, enthalpy float64 }

// steamTables are tables C.4 and C.5 of GB/T 32151.34-2024.
type steamTables struct {
	saturated  []point // by rising pressure
	pressures  []float64
	heats      []float64              // temperatures of the grid, rising
	grid       map[[2]float64]float64 // enthalpy at {temperature, pressure}
	versionSat string
	versionSup string
}

var steam = sync.OnceValues(func() (steamTables, error) {
	t := steamTables{grid: make(map[[2]float64]float64)}
	sat, version, err := readSteam("steam_saturated")
	if err != nil {
		return t, err
	}
	t.saturated, t.versionSat = sat, version
	sup, version, err := readSteam("steam_superheated")
	if err != nil {
		return t, err
	}
	t.versionSup = version
	for _, p := range sup {
		t.grid[[2]float64{p.temperature, p.pressure}] = p.enthalpy
		t.pressures = append(t.pressures, p.pressure)
		t.heats = append(t.heats, p.temperature)
	}
	slices.Sort(t.pressures)
	slices.Sort(t.heats)
	t.pressures, t.heats = slices.Compact(t.pressures), slices.Compact(t.heats)
	return t, nil
})

func readSteam(name string) ([]point, string, error) {
	data, err := files.ReadFile("data/" + name + ".csv")
	if err != nil {
		return nil, "", fmt.Errorf("steam table: %w", err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, "", fmt.Errorf("steam table %s: %w", name, err)
	}
	var list []point
	for _, r := range rows[1:] {
		var v [3]float64
		for i := range v {
			if v[i], err = strconv.ParseFloat(r[i], 64); err != nil {
				return nil, "", fmt.Errorf("steam table %s: %w", name, err)
			}
		}
		list = append(list, point{v[0], v[1], v[2]})
	}
	sum := sha256.Sum256(data)
	return list, "2024-" + hex.EncodeToString(sum[:])[:8], nil
}

// SaturatedSteam returns the enthalpy in kJ/kg of saturated steam at an absolute pressure in MPa,
// 0.001 to 22, by GB/T 32151.34-2024 table C.4 with linear interpolation between its rows. Errors
// wrap ErrMissing outside the table. The numbers are GradeB.
func (l *Library) SaturatedSteam(pressure float64) (Factor, error) {
	t, err := steam()
	if err != nil {
		return Factor{}, err
	}
	p, ok := t.saturation(pressure)
	if !ok {
		return Factor{}, fmt.Errorf("%w for saturated steam at %g MPa: GB/T 32151.34-2024 table C.4 covers %g to %g MPa absolute",
			ErrMissing, pressure, t.saturated[0].pressure, t.saturated[len(t.saturated)-1].pressure)
	}
	return steamFactor(fmt.Sprintf("steam.saturated(%g MPa)", pressure), t.versionSat, "C.4", p.enthalpy), nil
}

// SuperheatedSteam returns the enthalpy in kJ/kg of superheated steam at an absolute pressure in
// MPa, 0.01 to 30, and a temperature in degC, up to 600, by GB/T 32151.34-2024 table C.5 with linear
// interpolation, first over pressure, then over temperature. Where the next colder row is water, the
// saturated state of table C.4 takes its place, so that no interpolation crosses boiling. Six cells
// that are suspected misprints are left out and bridged by their neighbours. Errors wrap ErrMissing
// outside the table and for water. The numbers are GradeB; from 25 MPa on near 400 degC the table
// itself is several percent off IAPWS-IF97.
func (l *Library) SuperheatedSteam(pressure, temperature float64) (Factor, error) {
	t, err := steam()
	if err != nil {
		return Factor{}, err
	}
	first, last := t.pressures[0], t.pressures[len(t.pressures)-1]
	hottest := t.heats[len(t.heats)-1]
	if !(pressure >= first && pressure <= last) || !(temperature >= 0 && temperature <= hottest) {
		return Factor{}, fmt.Errorf("%w for steam at %g MPa and %g degC: GB/T 32151.34-2024 table C.5 covers %g to %g MPa absolute up to %g degC",
			ErrMissing, pressure, temperature, first, last, hottest)
	}
	boiling := t.boiling(pressure)
	if temperature < boiling {
		return Factor{}, fmt.Errorf("%w for steam at %g MPa and %g degC: it is water there (boiling at %.1f degC); check that the pressure is absolute, or use saturated steam",
			ErrMissing, pressure, temperature, boiling)
	}
	h, ok := t.superheated(pressure, temperature)
	if !ok {
		return Factor{}, fmt.Errorf("%w for steam at %g MPa and %g degC: table C.5 has no row of steam around it; use a measured enthalpy",
			ErrMissing, pressure, temperature)
	}
	return steamFactor(fmt.Sprintf("steam.superheated(%g MPa,%g degC)", pressure, temperature), t.versionSup, "C.5", h), nil
}

func steamFactor(id, version, table string, h float64) Factor {
	u, _ := unitOf("enthalpy", "steam", "kJ/kg") // in the rule table
	return Factor{
		ID: id, Version: version, Name: Name{ZH: "蒸汽热焓", EN: "steam enthalpy"},
		Category: "steam", Item: "steam", Parameter: "enthalpy", Guideline: "gbt32151_34",
		Value: h, Unit: u, UnitText: "kJ/kg", Region: "CN", Grade: GradeB,
		ValidFrom:   time.Date(2025, 3, 1, 0, 0, 0, 0, china),
		PublishedAt: time.Date(2024, 8, 23, 0, 0, 0, 0, china),
		Source:      "GB/T 32151.34-2024 附录C 表" + table,
		Note:        "linear interpolation; the version names the whole table",
	}
}

// saturation interpolates table C.4 over pressure.
func (t steamTables) saturation(pressure float64) (point, bool) {
	s := t.saturated
	if !(pressure >= s[0].pressure && pressure <= s[len(s)-1].pressure) {
		return point{}, false
	}
	i, exact := slices.BinarySearchFunc(s, pressure, func(p point, x float64) int {
		switch {
		case p.pressure < x:
			return -1
		case p.pressure > x:
			return 1
		}
		return 0
	})
	if exact {
		return s[i], true
	}
	a, b := s[i-1], s[i]
	x := (pressure - a.pressure) / (b.pressure - a.pressure)
	return point{pressure, mix(a.temperature, b.temperature, x), mix(a.enthalpy, b.enthalpy, x)}, true
}

// boiling is the saturation temperature; above the table, where water no longer boils, the highest
// of the table, 373.68 degC.
func (t steamTables) boiling(pressure float64) float64 {
	if p, ok := t.saturation(pressure); ok {
		return p.temperature
	}
	return t.saturated[len(t.saturated)-1].temperature
}

// superheated interpolates between the nearest colder and hotter rows of steam.
func (t steamTables) superheated(pressure, temperature float64) (float64, bool) {
	i, exact := slices.BinarySearch(t.heats, temperature)
	if exact {
		if h, ok := t.row(i, pressure); ok {
			return h, true
		}
	}
	hot, okHot, hotAt := 0.0, false, 0.0
	for j := i; j < len(t.heats) && !okHot; j++ {
		hot, okHot = t.row(j, pressure)
		hotAt = t.heats[j]
	}
	cold, okCold, coldAt := 0.0, false, 0.0
	for j := i - 1; j >= 0 && !okCold; j-- {
		cold, okCold = t.row(j, pressure)
		coldAt = t.heats[j]
	}
	if s, ok := t.saturation(pressure); ok && (!okCold || s.temperature > coldAt) {
		cold, okCold, coldAt = s.enthalpy, true, s.temperature
	}
	if !okHot || !okCold {
		return 0, false
	}
	if hotAt == coldAt {
		return hot, true
	}
	return mix(cold, hot, (temperature-coldAt)/(hotAt-coldAt)), true
}

// row interpolates a row of the grid over pressure; false when a cell it needs is water or missing.
func (t steamTables) row(i int, pressure float64) (float64, bool) {
	temperature := t.heats[i]
	j, exact := slices.BinarySearch(t.pressures, pressure)
	cell := func(p float64) (float64, bool) {
		h, ok := t.grid[[2]float64{temperature, p}]
		return h, ok && temperature >= t.boiling(p)
	}
	if exact {
		return cell(pressure)
	}
	a, b := t.pressures[j-1], t.pressures[j]
	ha, okA := cell(a)
	hb, okB := cell(b)
	return mix(ha, hb, (pressure-a)/(b-a)), okA && okB
}

func mix(a, b, x float64) float64 { return a + (b-a)*x }
