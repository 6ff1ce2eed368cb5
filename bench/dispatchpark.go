package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"lingtan/dispatch"
)

// dispatchSteps are quarters of an hour of a day.
const dispatchSteps = 96

// dispatchPark draws a park of 50 assets over a day: two connections, five renewables, 25
// units that are on or off (2,400 yes-or-no decisions), eight storages, four groups of
// vehicles and six loads. Sizes follow the loads; every unit differs.
func dispatchPark(seed uint64) *dispatch.Problem {
	d := &dispatchDraw{rand.New(rand.NewPCG(seed, 96))}
	unserved := 50.0
	p := &dispatch.Problem{Title: fmt.Sprintf("benchmark park %d", seed), Currency: "CNY", Hours: d.series(func(float64) float64 { return 0.25 }), CarbonPrice: 0.09}
	for _, id := range []string{"electricity", "steam", "hot_water", "cooling", "hydrogen"} {
		p.Carriers = append(p.Carriers, dispatch.Carrier{ID: id, Unserved: &unserved, Dump: id == "steam" || id == "hot_water" || id == "cooling"})
	}
	p.Carriers = append(p.Carriers, dispatch.Carrier{ID: "gas"})
	d.supplies(p)
	d.units(p)
	d.storages(p)
	for i := range 4 {
		from := float64(6 * i)
		p.Charging = append(p.Charging, dispatch.Charging{ID: fmt.Sprintf("vehicles%d", i), Carrier: "electricity", Power: d.about(300), Efficiency: 0.93,
			Available: d.series(func(h float64) float64 {
				if h >= from && h < from+6 {
					return 1
				}
				return 0
			}),
			Needs: []dispatch.Goal{{Step: min(95, 24*i+23), Energy: d.about(900), Short: &unserved}}})
	}
	d.loads(p)
	return p
}

// dispatchDraw draws what differs from seed to seed.
type dispatchDraw struct{ *rand.Rand }

// about is a value within a quarter of v.
func (d *dispatchDraw) about(v float64) float64 { return v * (0.75 + 0.5*d.Float64()) }

// series is a value a quarter of an hour, by the hour of the day.
func (d *dispatchDraw) series(of func(hour float64) float64) dispatch.Series {
	s := make(dispatch.Series, dispatchSteps)
	for t := range s {
		s[t] = of(float64(t) / 4)
	}
	return s
}

// wave is a day's course with noise, highest at the hour top.
func (d *dispatchDraw) wave(mean, swing, top float64) dispatch.Series {
	return d.series(func(h float64) float64 {
		return mean * (1 + swing*math.Cos((h-top)*math.Pi/12)) * (0.97 + 0.06*d.Float64())
	})
}

func (d *dispatchDraw) supplies(p *dispatch.Problem) {
	price := func(h float64) float64 {
		switch {
		case h < 7 || h >= 23:
			return 0.33
		case h >= 8 && h < 11 || h >= 18 && h < 21:
			return 1.12
		}
		return 0.7
	}
	p.Supplies = []dispatch.Supply{
		{ID: "grid", Carrier: "electricity", Price: d.series(price), Sale: dispatch.Series{0.3}, ImportLimit: dispatch.Series{30000}, ExportLimit: dispatch.Series{8000},
			Intensity: d.wave(0.57, 0.12, 20), Demand: []dispatch.DemandCharge{{ID: "month", Rate: 38, Weight: 1.0 / 30, Previous: d.about(9000)}}},
		{ID: "gas_main", Carrier: "gas", Price: dispatch.Series{0.33}, Intensity: dispatch.Series{0.202}}}
	for i := range 3 {
		most := d.about(3000)
		p.Renewables = append(p.Renewables, dispatch.Renewable{ID: fmt.Sprintf("pv%d", i), Carrier: "electricity",
			Available: d.series(func(h float64) float64 {
				return most * math.Max(0, math.Sin((h-6)*math.Pi/12)) * (0.85 + 0.15*d.Float64())
			})})
	}
	for i := range 2 {
		p.Renewables = append(p.Renewables, dispatch.Renewable{ID: fmt.Sprintf("wind%d", i), Carrier: "electricity", Available: d.wave(d.about(1500), 0.5, 3)})
	}
}

// units are four sets of combined heat and power, and 21 plants with one carrier in and
// one out.
func (d *dispatchDraw) units(p *dispatch.Problem) {
	for i := range 4 {
		most := d.about(3000)
		heat := d.about(1.25)
		p.Units = append(p.Units, dispatch.Unit{ID: fmt.Sprintf("chp%d", i), Min: 0.45 * most, Max: most, Operation: 0.05,
			RampUp: most, RampDown: most,
			Ports: []dispatch.Port{{Carrier: "steam", Factor: dispatch.Series{heat}, AtMost: true}, {Carrier: "electricity", Factor: dispatch.Series{1}},
				{Carrier: "gas", Factor: dispatch.Series{-d.about(2.2)}, NoLoad: -0.25 * most}},
			Commitment: &dispatch.Commitment{MinUp: 4, MinDown: 2, Start: d.about(900), On: i%2 == 0}})
	}
	add := func(count int, id, from, to string, most, least, efficiency, start float64) {
		for i := range count {
			size := d.about(most)
			p.Units = append(p.Units, dispatch.Unit{ID: fmt.Sprintf("%s%d", id, i), Min: least * size, Max: size, Operation: 0.002,
				Ports:      []dispatch.Port{{Carrier: to, Factor: dispatch.Series{1}}, {Carrier: from, Factor: dispatch.Series{-1 / (efficiency * (0.94 + 0.12*d.Float64()))}, NoLoad: -0.02 * size / efficiency}},
				Commitment: &dispatch.Commitment{MinUp: 1, MinDown: 0.5, Start: d.about(start), On: i == 0}})
		}
	}
	add(6, "steam_boiler", "gas", "steam", 3000, 0.3, 0.9, 120)
	add(4, "hot_water_boiler", "gas", "hot_water", 1500, 0.25, 0.92, 50)
	add(3, "heat_pump", "electricity", "hot_water", 1500, 0.3, 3.1, 40)
	add(4, "chiller", "electricity", "cooling", 2000, 0.25, 5, 30)
	add(2, "absorption_chiller", "hot_water", "cooling", 1200, 0.25, 0.72, 30)
	add(2, "electrolyser", "electricity", "hydrogen", 500, 0.2, 0.62, 60)
}

func (d *dispatchDraw) storages(p *dispatch.Problem) {
	half := 0.4
	add := func(count int, id, carrier string, energy, power, loss, wear float64) {
		for i := range count {
			size := d.about(1)
			p.Storages = append(p.Storages, dispatch.Storage{ID: fmt.Sprintf("%s%d", id, i), Carrier: carrier, Energy: energy * size, Charge: power * size, Discharge: power * size,
				Efficiency: dispatch.Pair{Charge: 0.96, Discharge: 0.96}, Loss: loss, Wear: wear, Level: dispatch.Levels{Min: 0.1, Max: 0.95, Start: 0.4, End: &half}})
		}
	}
	add(4, "battery", "electricity", 3000, 1500, 0, 0.1)
	add(2, "heat_store", "hot_water", 6000, 1500, 0.005, 0)
	add(1, "cold_store", "cooling", 6000, 1800, 0.008, 0)
	add(1, "hydrogen_store", "hydrogen", 1500, 500, 0, 0)
}

func (d *dispatchDraw) loads(p *dispatch.Problem) {
	for _, x := range []struct {
		id, carrier      string
		mean, swing, top float64
	}{{"works", "electricity", 9000, 0.25, 12}, {"offices", "electricity", 3000, 0.5, 14}, {"steam_users", "steam", 9000, 0.15, 10},
		{"hot_water_users", "hot_water", 3500, 0.4, 6}, {"cooling_users", "cooling", 3500, 0.6, 15}, {"hydrogen_users", "hydrogen", 350, 0.3, 13}} {
		p.Loads = append(p.Loads, dispatch.Load{ID: x.id, Carrier: x.carrier, Demand: d.wave(d.about(x.mean), x.swing, x.top)})
	}
}
