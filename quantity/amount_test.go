package quantity

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestCoalEquivalent(t *testing.T) {
	is := func(v float64, unit string, want float64) {
		t.Helper()
		got, err := CoalEquivalent(v, MustParse(unit))
		if err != nil || math.Abs(got-want) > want*1e-3 {
			t.Errorf("%v %s = %v kgce, %v; want %v", v, unit, got, err, want)
		}
	}
	is(29307, "kJ", 1)
	is(1, "kWh", 0.1229) // GB/T 2589-2020 table A.2 prints 0.1229
	is(1, "MJ", 0.03412)
	if _, err := CoalEquivalent(1, MustParse("kg")); !errors.Is(err, ErrDimension) {
		t.Errorf("mass is no energy: %v", err)
	}
	kj, err := CoalEnergy(1, MustParse("tce"))
	if err != nil || kj != 29307000 {
		t.Errorf("1 tce = %v kJ, %v", kj, err)
	}
}

func TestNormalVolume(t *testing.T) {
	got, err := NormalVolume(100, 101.325, 20)
	if err != nil || math.Abs(got-93.1776) > 1e-3 {
		t.Errorf("100 m3 at 20 degC = %v Nm3, %v; want 93.178", got, err)
	}
	for _, bad := range [][2]float64{{0, 20}, {101, -273.15}, {math.NaN(), 0}, {math.Inf(1), 0}} {
		if _, err := NormalVolume(1, bad[0], bad[1]); err == nil {
			t.Errorf("pressure %v kPa at %v degC was accepted", bad[0], bad[1])
		}
	}
}

func TestAccumulatorKeepsWhatAPlainSumLoses(t *testing.T) {
	var a Accumulator
	for _, x := range []float64{1, 1e100, 1, -1e100} {
		a.Add(x)
	}
	if a.Value() != 2 {
		t.Errorf("got %v, want 2", a.Value())
	}
	var inf Accumulator
	inf.Add(math.Inf(1))
	if !math.IsInf(inf.Value(), 1) {
		t.Errorf("got %v, want +Inf", inf.Value())
	}
}

func TestAccumulatorBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(rapid.Float64Range(-1e9, 1e9), 0, 200).Draw(t, "xs")
		var a Accumulator
		exact, size := new(big.Rat), 0.0
		for _, x := range xs {
			a.Add(x)
			exact.Add(exact, new(big.Rat).SetFloat64(x))
			size += math.Abs(x)
		}
		want, _ := exact.Float64()
		const u = 0x1p-53
		n := float64(len(xs))
		// 2u: the reference is itself rounded once.
		if bound := 2*u*math.Abs(want) + 2*n*n*u*u*size; math.Abs(a.Value()-want) > bound {
			t.Fatalf("sum %v, exact %v, off by more than %v", a.Value(), want, bound)
		}
	})
}
