// Package quantity gives amounts their units: it reads the spellings that meters, standards and
// people use, keeps what must not be added apart (kWh from kvarh, kgCO2 from kg of coal, m3 from
// Nm3), and converts by exact powers.
//
// A [Unit] is a product of named units with whole exponents, such as kgCO2/kWh or GJ/10^4Nm3.
// It is comparable: == means the same spelling after clean-up, so tCO2/MWh and kgCO2/kWh differ,
// though they are compatible and convert with a factor of exactly 1.
//
// Species are dimensions of their own: CO2, CO2e, C, CH4, N2O and coal equivalent (ce). So a
// factor chain is checked by its units: FC [t] × NCV [GJ/t] × CC [tC/GJ] × OF [%] × 44/12
// [tCO2/tC] is compatible with tCO2, and forgetting 44/12 leaves tC, which is not.
package quantity

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

var (
	// ErrUnit says that a text is not a unit, or that a product of units has too many parts.
	ErrUnit = errors.New("unknown unit")
	// ErrDimension says that two units measure different things and do not convert.
	ErrDimension = errors.New("units measure different things")
)

const (
	maxTerms = 8   // distinct named units in one Unit
	maxExp   = 9   // largest exponent of one named unit
	maxText  = 100 // bytes of a unit's spelling
)

// term is one named unit with its exponent. The zero term is no term.
type term struct {
	atom uint8 // index into table.atoms, plus one
	exp  int8
}

// Unit is a product of named units. The zero Unit is the pure number 1. Compare with ==.
type Unit struct {
	terms [maxTerms]term // numerator first, then denominator, each in the order of the table
	bad   bool           // a product grew past the limits; every use reports ErrUnit
}

// Parse reads a unit: a name ("kWh", "千瓦时", "10^4 Nm3"), a product ("t.km", "kW·h"), a ratio
// ("kgCO2/kWh", "kJ/(kg.K)") or powers ("m^2"). All that follows the first slash divides. "1" and
// "-" are the pure number. Letter case matters where it decides (A ampere, a year) and is forgiven
// where it cannot ("KWH"). At most 100 bytes. Errors wrap ErrUnit.
func Parse(s string) (Unit, error) {
	if len(s) > maxText {
		return Unit{}, fmt.Errorf("%w: %d bytes is longer than the %d a unit may have", ErrUnit, len(s), maxText)
	}
	text := strings.TrimSpace(tidy.Replace(s))
	if text == "1" || text == "-" {
		return Unit{}, nil
	}
	parts := strings.Split(text, "/")
	exps := make(map[uint8]int, maxTerms)
	for i, part := range parts {
		sign := 1
		if i > 0 {
			sign = -1
		}
		if err := addProduct(exps, part, sign, i == 0 && len(parts) > 1); err != nil {
			return Unit{}, fmt.Errorf("unit %q: %w", s, err)
		}
	}
	u := fromExps(exps)
	if u.bad {
		return Unit{}, fmt.Errorf("unit %q: %w: more than %d names or an exponent beyond ±%d", s, ErrUnit, maxTerms, maxExp)
	}
	return u, nil
}

// MustParse is Parse for units written in the program; it panics on an error.
func MustParse(s string) Unit {
	u, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// tidy folds the typographic variants of a unit's text into one.
var tidy = strings.NewReplacer(
	"（", "(", "）", ")", "／", "/", "³", "3", "²", "2", "º", "°", "％", "%",
	"·", ".", "⋅", ".", "•", ".", "×", ".", "*", ".",
	"₂", "2", "₄", "4", "10⁴", "10^4",
)

// addProduct adds the names of one dot-separated product to exps; one says that a bare "1" is
// allowed, as in 1/h.
func addProduct(exps map[uint8]int, s string, sign int, one bool) error {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		s = s[1 : len(s)-1]
	}
	if one && strings.TrimSpace(s) == "1" {
		return nil
	}
	s = joined.Replace(s)
	for _, name := range strings.Split(s, ".") {
		id, exp, err := findTerm(strings.TrimSpace(name))
		if err != nil {
			return err
		}
		exps[id] += sign * exp
	}
	return nil
}

// joined reads kW.h, as the standards print it, as the one name kWh.
var joined = strings.NewReplacer("kW.h", "kWh", "MW.h", "MWh", "GW.h", "GWh", "kvar.h", "kvarh", "W.h", "Wh")

// findTerm reads one name with an optional power.
func findTerm(s string) (id uint8, exp int, err error) {
	if id, ok := findAtom(s); ok {
		return id, 1, nil
	}
	if i := strings.LastIndexByte(s, '^'); i > 0 {
		n, err := strconv.Atoi(s[i+1:])
		if id, ok := findAtom(s[:i]); ok && err == nil && n != 0 && n >= -maxExp && n <= maxExp {
			return id, n, nil
		}
	}
	return 0, 0, fmt.Errorf("%w: %q is not in the table of units; write it like kWh, GJ/t or kgCO2/kWh", ErrUnit, s)
}

func findAtom(s string) (uint8, bool) {
	s = strings.ReplaceAll(s, " ", "")
	if id, ok := table.byName[s]; ok {
		return id, true
	}
	if len(s) < 2 {
		return 0, false
	}
	id := table.byFold[foldKey(s)]
	return id, id != 0
}

// fromExps builds the canonical Unit of a product.
func fromExps(exps map[uint8]int) Unit {
	var u Unit
	n := 0
	for _, sign := range [2]int{1, -1} {
		for id := uint8(1); int(id) <= len(table.atoms); id++ {
			e := exps[id]
			if e*sign <= 0 {
				continue
			}
			if n == maxTerms || e*sign > maxExp {
				return Unit{bad: true}
			}
			u.terms[n] = term{atom: id, exp: int8(e)}
			n++
		}
	}
	return u
}

// String spells the unit so that Parse reads it back to the same Unit. The pure number is "1".
func (u Unit) String() string {
	if u.bad {
		return "invalid unit"
	}
	var over, under []string
	for _, t := range u.terms {
		if t.atom == 0 {
			continue
		}
		name, e := table.atoms[t.atom-1].name, int(t.exp)
		list := &over
		if e < 0 {
			list, e = &under, -e
		}
		if e > 1 {
			name += "^" + strconv.Itoa(e)
		}
		*list = append(*list, name)
	}
	s := strings.Join(over, ".")
	if s == "" {
		s = "1"
	}
	if len(under) > 0 {
		s += "/" + strings.Join(under, ".")
	}
	return s
}

// MarshalText spells the unit; UnmarshalText reads it. So a Unit is text in JSON and YAML.
func (u Unit) MarshalText() ([]byte, error) {
	if u.bad {
		return nil, fmt.Errorf("%w: a product of units grew past %d names", ErrUnit, maxTerms)
	}
	return []byte(u.String()), nil
}

// UnmarshalText reads what Parse reads.
func (u *Unit) UnmarshalText(b []byte) error {
	v, err := Parse(string(b))
	if err != nil {
		return err
	}
	*u = v
	return nil
}

// Mul returns the unit of a product. What is named above and below cancels. A product of more than
// 8 names cannot be held: it is a Unit that no other is compatible with, and Convert reports it.
func (u Unit) Mul(o Unit) Unit { return u.combine(o, 1) }

// Div returns the unit of a ratio; see Mul.
func (u Unit) Div(o Unit) Unit { return u.combine(o, -1) }

func (u Unit) combine(o Unit, sign int) Unit {
	if u.bad || o.bad {
		return Unit{bad: true}
	}
	exps := make(map[uint8]int, maxTerms)
	for _, t := range u.terms {
		exps[t.atom] += int(t.exp)
	}
	for _, t := range o.terms {
		exps[t.atom] += sign * int(t.exp)
	}
	delete(exps, 0)
	return fromExps(exps)
}

// measure adds up the dimension and the scale of a unit.
func (u Unit) measure() (d dimension, s scale) {
	for _, t := range u.terms {
		if t.atom == 0 {
			break
		}
		a := table.atoms[t.atom-1]
		for i, e := range a.dim {
			d[i] += e * t.exp
		}
		for i, e := range a.scale {
			s[i] += e * int16(t.exp)
		}
	}
	return d, s
}

// Compatible reports whether amounts in u and o can be added after conversion.
func (u Unit) Compatible(o Unit) bool {
	if u.bad || o.bad {
		return false
	}
	du, _ := u.measure()
	do, _ := o.measure()
	return du == do
}

// Convert returns v, given in from, as an amount in to. The ratio of two units is held as whole
// powers of 2, 3 and 5, so kWh to MWh is v/1000, rounded once, not v*0.001; a ratio that needs
// both a product and a quotient is rounded twice (error at most 1 unit in the last place).
// degC and K convert with the offset 273.15 when they stand alone. An infinite or not-a-number v
// stays so. Errors wrap ErrDimension or ErrUnit.
func Convert(v float64, from, to Unit) (float64, error) {
	if from == to && !from.bad {
		return v, nil
	}
	if from.bad || to.bad {
		return 0, fmt.Errorf("convert: %w: a product of units grew past %d names", ErrUnit, maxTerms)
	}
	df, sf := from.measure()
	dt, st := to.measure()
	if df != dt {
		return 0, fmt.Errorf("convert %s to %s: %w", from, to, ErrDimension)
	}
	switch {
	case from == celsius && to == kelvin:
		return v + zeroCelsius, nil
	case from == kelvin && to == celsius:
		return v - zeroCelsius, nil
	}
	var r scale
	for i := range r {
		r[i] = sf[i] - st[i]
	}
	return r.apply(v), nil
}

// apply multiplies v by the scale: powers of two exactly, the rest by one product and one quotient
// of whole numbers that a float64 holds exactly for every ratio met in practice (below 2^53).
func (s scale) apply(v float64) float64 {
	over, under := 1.0, 1.0
	for i, p := range [...]float64{3, 5} {
		e := s[i+1]
		for ; e > 0; e-- {
			over *= p
		}
		for ; e < 0; e++ {
			under *= p
		}
	}
	two := int(s[0])
	if over == 1 { // one rounding: divide by the whole power, such as 1000
		for ; two < 0 && under < 1<<50; two++ {
			under *= 2
		}
		return math.Ldexp(v/under, two)
	}
	for ; two > 0 && over < 1<<50; two-- {
		over *= 2
	}
	return math.Ldexp(v*over/under, two)
}
