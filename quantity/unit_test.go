package quantity

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	reads := func(s, want string) {
		t.Helper()
		u, err := Parse(s)
		if err != nil {
			t.Errorf("Parse(%q): %v", s, err)
			return
		}
		if u.String() != want {
			t.Errorf("Parse(%q) = %s, want %s", s, u, want)
		}
	}
	for _, s := range []string{
		"kWh", "MWh", "GWh", "Wh", "kJ", "MJ", "GJ", "TJ", "W", "kW", "MW", "kvar", "kvarh", "Mvarh", "kVA", "V", "A",
		"m3", "Nm3", "10^4Nm3", "L", "t", "kg", "g", "Gg", "kgce", "tce", "degC", "%", "h", "s", "min", "CNY", "EUR", "piece",
		"kgCO2/kWh", "tCO2/MWh", "gCO2/kWh", "tC/GJ", "GJ/t", "kgce/kWh", "kgce/MJ", "tCO2/GJ", "kgCO2e/kg", "CNY/kWh",
		"GJ/10^4Nm3", "tCO2/10^4Nm3", "kgCO2/L", "kgCO2e/m3", "tCO2/tce", "tCO2/10^4CNY", "kJ/kgce", "tCO2e/a", "tCO2/tC",
	} {
		reads(s, s)
	}
	reads("m³", "m3")
	reads("Nm³", "Nm3")
	reads("万Nm3", "10^4Nm3")
	reads("10^4 Nm3", "10^4Nm3")
	reads("10⁴Nm³", "10^4Nm3")
	reads("万标方", "10^4Nm3")
	reads("万立方米", "10^4m3") // water is metered so too: not normal volume
	reads("千瓦时", "kWh")
	reads("度", "kWh")
	reads("kW·h", "kWh")
	reads("KWH", "kWh")
	reads("MWH", "MWh")
	reads("kgCO₂/kWh", "kgCO2/kWh")
	reads("tCO2/10^4 CNY", "tCO2/10^4CNY")
	reads("kgCO2e/t.km", "kgCO2e/t.km")
	reads("kgCO2e/(t·km)", "kgCO2e/t.km")
	reads("吨二氧化碳/兆瓦时", "tCO2/MWh")
	reads("元/千瓦时", "CNY/kWh")
	reads("℃", "degC")
	reads("°C", "degC")
	reads("pcs", "piece")
	reads("1/h", "1/h")
	reads("m^2", "m2")
	reads("-", "1")
	reads("t/t", "1")
}

func TestParseRefuses(t *testing.T) {
	refuses := func(s string) {
		t.Helper()
		if u, err := Parse(s); !errors.Is(err, ErrUnit) {
			t.Errorf("Parse(%q) = %s, %v; want ErrUnit", s, u, err)
		}
	}
	refuses("")
	refuses("kWh/")
	refuses("/kWh")
	refuses("furlong")
	refuses("mW")  // a milliwatt is not in the table and must not become a megawatt
	refuses("MT")  // metric tonne or megatonne?
	refuses("mwh") // milli or mega?
	refuses("kg^0")
	refuses("kg^10")
	refuses("t clinker")
	refuses("own intensity / industry average")
	refuses(string(make([]byte, 101)))
	refuses("g.J.W.s.m.K.V.A.L")
}

func TestSpeciesStayApart(t *testing.T) {
	apart := func(a, b string) {
		t.Helper()
		if MustParse(a).Compatible(MustParse(b)) {
			t.Errorf("%s and %s must not be compatible", a, b)
		}
		if _, err := Convert(1, MustParse(a), MustParse(b)); !errors.Is(err, ErrDimension) {
			t.Errorf("Convert %s to %s: %v, want ErrDimension", a, b, err)
		}
	}
	apart("kgCO2", "kg")
	apart("kgCO2", "kgCO2e")
	apart("tC", "tCO2")
	apart("kgce", "kg")
	apart("kgce", "kWh")
	apart("kWh", "kvarh")
	apart("kW", "kVA")
	apart("kW", "kWh")
	apart("m3", "Nm3")
	apart("CNY", "EUR")
	apart("kgCH4", "kgCO2e")
	apart("a", "h")
}

func TestConvertExactly(t *testing.T) {
	is := func(v float64, from, to string, want float64) {
		t.Helper()
		got, err := Convert(v, MustParse(from), MustParse(to))
		if err != nil || got != want {
			t.Errorf("Convert %v %s to %s = %v, %v; want %v", v, from, to, got, err, want)
		}
	}
	is(0.1, "kWh", "MWh", 0.1/1000)
	is(3, "kWh", "MWh", 0.003)
	is(7, "MWh", "kWh", 7000)
	is(1, "MWh", "GJ", 3.6)
	is(1, "10^4kWh", "MWh", 10)
	is(0.5827, "kgCO2/kWh", "tCO2/MWh", 0.5827)
	is(582.7, "gCO2/kWh", "kgCO2/kWh", 0.5827)
	is(1, "kW.h", "MJ", 3.6)
	is(90, "%", "1", 0.9)
	is(1, "10^4Nm3", "Nm3", 10000)
	is(389.31, "GJ/10^4Nm3", "MJ/Nm3", 38.931)
	is(26.7, "TJ/Gg", "GJ/t", 26.7)
	is(25, "degC", "K", 298.15)
	is(0, "K", "degC", -273.15)
	is(4.2, "kJ/kg.K", "kJ/kg.degC", 4.2)
	is(2.5, "h", "min", 150)
	is(1, "d", "h", 24)
	is(1, "PJ", "J", 1e15)
}

// FC×NCV×CC×OF×44/12 of 10^4 Nm3 natural gas by GB/T 32151.34-2024 table C.1.
func TestChainHasTheDimensionOfItsResult(t *testing.T) {
	u := MustParse("10^4Nm3").Mul(MustParse("GJ/10^4Nm3")).Mul(MustParse("tC/GJ")).Mul(MustParse("%"))
	if u.Compatible(MustParse("tCO2")) {
		t.Error("without 44/12 the chain must stay carbon")
	}
	u = u.Mul(MustParse("tCO2/tC"))
	got, err := Convert(1*389.31*0.0153*99*CarbonToCO2, u, MustParse("tCO2"))
	if err != nil || math.Abs(got-21.6219) > 1e-4 {
		t.Errorf("got %v %v, want 21.6219 tCO2", got, err)
	}
}

func TestProductPastTheLimitIsNeverUsed(t *testing.T) {
	u := MustParse("g.J.W.s").Mul(MustParse("m.K.V.A")).Mul(MustParse("L"))
	if u.Compatible(u) {
		t.Error("an invalid unit is compatible with nothing")
	}
	if _, err := Convert(1, u, u); !errors.Is(err, ErrUnit) {
		t.Errorf("got %v, want ErrUnit", err)
	}
	if _, err := u.MarshalText(); !errors.Is(err, ErrUnit) {
		t.Errorf("got %v, want ErrUnit", err)
	}
}

func anyUnit() *rapid.Generator[Unit] {
	return rapid.Custom(func(t *rapid.T) Unit {
		var u Unit
		for range rapid.IntRange(0, 4).Draw(t, "n") {
			a := table.atoms[rapid.IntRange(0, len(table.atoms)-1).Draw(t, "atom")]
			one := MustParse(a.name)
			if rapid.Bool().Draw(t, "over") {
				u = u.Mul(one)
			} else {
				u = u.Div(one)
			}
		}
		return u
	})
}

func TestUnitProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, v := anyUnit().Draw(t, "u"), anyUnit().Draw(t, "v")
		back, err := Parse(u.String())
		if err != nil || back != u {
			t.Fatalf("Parse(%s) = %s, %v", u, back, err)
		}
		if u.Mul(v) != v.Mul(u) {
			t.Fatalf("%s × %s depends on the order", u, v)
		}
		if u.Mul(v).Div(v) != u {
			t.Fatalf("%s × %s / %s = %s", u, v, v, u.Mul(v).Div(v))
		}
		if u.Compatible(v) != v.Compatible(u) {
			t.Fatalf("compatibility of %s and %s is one-sided", u, v)
		}
	})
}

// A conversion is the true ratio, to one unit in the last place, and back again to two.
func TestConvertProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom(table.atoms).Draw(t, "from")
		to := rapid.SampledFrom(table.atoms).Filter(func(a atom) bool { return a.dim == from.dim }).Draw(t, "to")
		if from.dim == one(dimTemperature) {
			return // an offset, checked above
		}
		v := rapid.Float64Range(-1e12, 1e12).Draw(t, "v")
		got, err := Convert(v, MustParse(from.name), MustParse(to.name))
		if err != nil {
			t.Fatal(err)
		}
		want := ratio(from.scale, to.scale)
		exact, _ := want.Mul(want, new(big.Rat).SetFloat64(v)).Float64()
		if math.Abs(got-exact) > 1.5*math.Abs(math.Nextafter(exact, math.Inf(1))-exact) {
			t.Fatalf("%v %s = %v %s, want %v", v, from.name, got, to.name, exact)
		}
	})
}

func ratio(a, b scale) *big.Rat {
	r := big.NewRat(1, 1)
	for i, p := range []int64{2, 3, 5} {
		for e := a[i] - b[i]; e > 0; e-- {
			r.Mul(r, big.NewRat(p, 1))
		}
		for e := a[i] - b[i]; e < 0; e++ {
			r.Mul(r, big.NewRat(1, p))
		}
	}
	return r
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"kWh", "10^4 Nm3", "kgCO2/kWh", "kJ/(kg.K)", "1/h", "kg^-2", "万立方米", "m^2/m^2", "//", "^", ".", "-", "1", "10^4", "°C", "(", "Ｋ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := Parse(s)
		if err != nil {
			if !errors.Is(err, ErrUnit) {
				t.Fatalf("Parse(%q): %v does not wrap ErrUnit", s, err)
			}
			return
		}
		back, err := Parse(u.String())
		if err != nil || back != u {
			t.Fatalf("Parse(%q) = %s, which reads back as %s, %v", s, u, back, err)
		}
	})
}

func BenchmarkConvert(b *testing.B) {
	from, to := MustParse("kgCO2/kWh"), MustParse("tCO2/GJ")
	for b.Loop() {
		if _, err := Convert(1, from, to); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse("kgCO2/kWh"); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleConvert() {
	v, err := Convert(0.5827, MustParse("kgCO2/kWh"), MustParse("tCO2/GJ"))
	fmt.Printf("%.6f %v\n", v, err)
	// Output: 0.161861 <nil>
}
