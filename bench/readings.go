package main

import (
	"math"
	"time"

	"lingtan/meter"
	"lingtan/period"
)

const (
	stepMS    = 15 * 60 * 1000
	daySlots  = 96
	counterAt = 1_000_000 // a six-digit display
)

// noise is 64 bits that follow from a seed and two numbers (SplitMix64, Steele,
// Lea and Flood 2014): any reading can be made without those before it.
func noise(seed, a, b uint64) uint64 {
	x := seed + a*0x9e3779b97f4a7c15 + b*0xd1342543de82ef95
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit maps bits to [0, 1).
func unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }

// shapes are days of load, hour by hour, on working days: one, two and three
// shifts, offices.
var shapes = [4][24]float64{
	{.3, .3, .3, .3, .3, .35, .5, .9, 1.3, 1.5, 1.5, 1.4, 1.1, 1.4, 1.5, 1.5, 1.4, 1.1, .7, .5, .4, .3, .3, .3},
	{.4, .4, .4, .4, .5, .8, 1.2, 1.4, 1.4, 1.4, 1.4, 1.2, 1.3, 1.4, 1.4, 1.4, 1.4, 1.3, 1.3, 1.3, 1.2, 1.1, .7, .4},
	{1, 1, 1, 1, 1, 1, 1, 1.1, 1.1, 1.1, 1.1, 1, 1.1, 1.1, 1.1, 1.1, 1, 1, 1, 1, 1, 1, 1, 1},
	{.2, .2, .2, .2, .2, .25, .4, .9, 1.5, 1.8, 1.8, 1.7, 1.4, 1.7, 1.8, 1.7, 1.5, 1, .6, .4, .3, .25, .2, .2},
}

// weekend is what is left of each shape on Saturday and Sunday.
var weekend = [4][2]float64{{.6, .3}, {.8, .5}, {1, 1}, {.3, .2}}

// generator makes the synthetic readings in the order of time: daily and weekly
// profiles, a season, noise, two decimals, 0.3 % gaps, resets and rollovers.
type generator struct {
	seed   uint64
	points []point
	start  time.Time
	zone   *time.Location
	slot   int
	counts []int64   // counter → hundredths of a unit
	silent []int     // point → first slot at which it speaks again
	sum    []float64 // enterprise → kWh in the interval at work
	whole  bool      // no gaps: every reading is there
}

func newGenerator(points []point, seed uint64, first period.Day, zone *time.Location) *generator {
	g := &generator{seed: seed, points: points, start: first.Start(zone), zone: zone, counts: make([]int64, len(points)), silent: make([]int, len(points)),
		sum: make([]float64, points[len(points)-1].enterprise+1)}
	for i := range g.counts {
		g.counts[i] = int64(noise(seed, uint64(i), 1<<42) % (counterAt * 100))
	}
	return g
}

// next appends the readings of one interval, in the order of points.
func (g *generator) next(b *meter.Batch) {
	at := g.start.UnixMilli() + int64(g.slot+1)*stepMS
	local := g.start.Add(time.Duration(g.slot) * 15 * time.Minute).In(g.zone)
	season := 1 + 0.15*math.Cos(2*math.Pi*float64(local.YearDay()-20)/365)
	sun := g.sun(local)
	clear(g.sum)
	for i := len(g.points) - 1; i >= 0; i-- { // uses before the main meter that sums them
		g.point(b, i, at, g.energy(i, local, season, sun))
	}
	g.slot++
}

// sun is the output of PV as a share of its rating.
func (g *generator) sun(t time.Time) float64 {
	hour := float64(t.Hour()) + float64(t.Minute())/60
	season := math.Cos(2 * math.Pi * float64(t.YearDay()-172) / 365)
	length := 6 + season
	if math.Abs(hour-12.2) >= length {
		return 0
	}
	cloud := 0.35 + 0.65*unit(noise(g.seed, uint64(t.YearDay()), 1<<43))
	return (0.75 + 0.2*season) * math.Cos((hour-12.2)/length*math.Pi/2) * cloud
}

// energy is the kWh of point i in the interval.
func (g *generator) energy(i int, t time.Time, season, sun float64) float64 {
	p := &g.points[i]
	u := unit(noise(g.seed, uint64(i), uint64(g.slot)))
	switch p.role {
	case roleMain:
		return max(0, g.sum[p.enterprise]) * 1.015 // losses of its network
	case rolePV:
		x := p.base / 4 * sun * (0.9 + 0.2*u)
		g.sum[p.enterprise] -= x
		return x
	}
	x := p.base / 4 * shapes[p.shape][t.Hour()] * season * (0.85 + 0.3*u)
	if day := t.Weekday(); day == time.Saturday {
		x *= weekend[p.shape][0]
	} else if day == time.Sunday {
		x *= weekend[p.shape][1]
	}
	if p.role == roleUse {
		g.sum[p.enterprise] += x
	}
	return x
}

// point appends the reading of point i unless it is silent.
func (g *generator) point(b *meter.Batch, i int, at int64, kwh float64) {
	p := &g.points[i]
	u := noise(g.seed, uint64(i), uint64(g.slot)|1<<44)
	if p.kind == meter.Counter {
		g.counts[i] = (g.counts[i] + int64(math.Round(kwh*100))) % (counterAt * 100)
		if u%60_000 == 7 { // once in some twenty months a display starts again
			g.counts[i] = 0
		}
	}
	if !g.whole && g.gap(i, u) {
		return
	}
	switch p.kind {
	case meter.Counter:
		b.Append(uint32(i), at, 0, float64(g.counts[i])/100)
	case meter.MeanPower:
		b.Append(uint32(i), at, 900, math.Round(kwh*400)/100)
	default:
		b.Append(uint32(i), at, 900, math.Round(kwh*100)/100)
	}
}

// gap says whether a reading is missing: one in a thousand alone, and one in
// 33,000 begins a silence of one to 32 hours.
func (g *generator) gap(i int, u uint64) bool {
	if g.slot < g.silent[i] {
		return true
	}
	if u%33_000 == 3 {
		g.silent[i] = g.slot + 4 + int(u>>32%124)
		return true
	}
	return u%1000 == 5
}

func keysOf(points []point) []string {
	keys := make([]string, len(points))
	for i, p := range points {
		keys[i] = p.key()
	}
	return keys
}
