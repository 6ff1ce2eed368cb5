package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"lingtan/connector"
	"lingtan/ingest"
	"lingtan/park"
)

const (
	fleetPark     = "fleet"
	fleetGateways = 8     // senders, each with a connection of its own
	requestLines  = 2_000 // in one request: some rounds of all meters of a gateway
)

// fleetFields are the values of a meter: their names in line protocol, and the
// registers of the park that they are mapped to.
var fleetFields = []park.Register{
	{ID: "kwh", Quantity: "active_energy", Kind: "counter", Carrier: "electricity", Unit: "kWh", Digits: 8},
	{ID: "kw", Quantity: "active_power", Kind: "power", Carrier: "electricity", Unit: "kW"},
	{ID: "v", Quantity: "voltage", Kind: "state", Unit: "V"},
	{ID: "a", Quantity: "current", Kind: "state", Unit: "A"},
	{ID: "pf", Quantity: "power_factor", Kind: "state", Unit: "1"},
}

// fleetStart is the midnight in the park with which 5 March 2018, a Monday, begins.
var fleetStart = time.Date(2018, 3, 4, 16, 0, 0, 0, time.UTC)

// lineFleet is a synthetic fleet of meters behind gateways. Each gateway sends the values
// of its meters, two decimals each, in the order of time, a line a meter.
type lineFleet struct {
	seed     uint64
	meters   int // of one gateway; divides requestLines
	step     time.Duration
	requests int // of one gateway
}

func (f lineFleet) samples() int { return fleetGateways * f.requests * requestLines * len(fleetFields) }
func (f lineFleet) rounds() int  { return requestLines / f.meters } // in one request

// sent are the samples in n requests.
func sent(n int) float64 { return float64(n * requestLines * len(fleetFields)) }

func meterName(gateway, meter int) string { return fmt.Sprintf("g%dm%03d", gateway, meter) }
func gatewayName(gateway int) string      { return fmt.Sprintf("gateway-%d", gateway) }
func gatewaySecret(gateway int) string    { return fmt.Sprintf("synthetic-credential-%d", gateway) }

// head is measurement and tags of a meter's lines.
func head(gateway, meter int) string {
	return fmt.Sprintf("power_meter,hall=h%02d,host=%s,meter=%s", meter%20, gatewayName(gateway), meterName(gateway, meter))
}

// document is the park file of the fleet: a point a meter, a register a value.
func (f lineFleet) document() *park.Document {
	d := document(layPoints(perEnterprise, f.seed))
	d.Park.ID = fleetPark
	for g := range fleetGateways {
		for m := range f.meters {
			name := meterName(g, m)
			p := park.Point{ID: name, Name: both("电表 "+name, "Meter "+name), Organization: "e0", Registers: append([]park.Register(nil), fleetFields...)}
			for i := range p.Registers {
				p.Registers[i].Step = f.step.String()
			}
			d.Points = append(d.Points, p)
		}
	}
	return d
}

// devices is the device list of the fleet: each gateway with its credential and map.
func (f lineFleet) devices() ingest.List {
	list := ingest.List{Format: ingest.ListFormat}
	for g := range fleetGateways {
		hash := sha256.Sum256([]byte(gatewaySecret(g)))
		d := connector.Device{ID: gatewayName(g), Protocol: "http", Token: hex.EncodeToString(hash[:]), Map: map[string]string{}}
		for m := range f.meters {
			for _, r := range fleetFields {
				d.Map[head(g, m)+"."+r.ID] = meterName(g, m) + "." + r.ID
			}
		}
		list.Devices = append(list.Devices, d)
	}
	return list
}

// stream is what one gateway sends: its requests one after the other in a file.
type stream struct {
	file    *os.File
	ends    []int64 // request → where it ends in the file
	gateway int
	packed  bool
}

// payload is the body of request i; buf is used again.
func (l *stream) payload(i int, buf []byte) ([]byte, error) {
	from := int64(0)
	if i > 0 {
		from = l.ends[i-1]
	}
	n := int(l.ends[i] - from)
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	_, err := l.file.ReadAt(buf[:n], from)
	return buf[:n], err
}

// payloads writes what all gateways send, plain and packed with gzip, into dir.
func (f lineFleet) payloads(dir string) (plain, packed []*stream, err error) {
	plain, packed = make([]*stream, fleetGateways), make([]*stream, fleetGateways)
	failed := make([]error, fleetGateways)
	var all sync.WaitGroup
	for g := range fleetGateways {
		all.Go(func() { plain[g], packed[g], failed[g] = f.payload(dir, g) })
	}
	all.Wait()
	return plain, packed, errors.Join(failed...)
}

func (f lineFleet) payload(dir string, gateway int) (plain, packed *stream, err error) {
	open := func(ending string, zip bool) (*stream, *bufio.Writer) {
		file, e := os.Create(filepath.Join(dir, gatewayName(gateway)+ending))
		err = errors.Join(err, e)
		return &stream{file: file, gateway: gateway, packed: zip}, bufio.NewWriterSize(file, 1<<20)
	}
	plain, out := open(".lp", false)
	packed, zipOut := open(".lp.gz", true)
	if err != nil {
		return nil, nil, err
	}
	g := f.gatewayMeters(gateway)
	var text []byte
	var zipped bytes.Buffer
	zip, err := gzip.NewWriterLevel(&zipped, gzip.BestSpeed)
	if err != nil {
		return nil, nil, err
	}
	var size, zipSize int64
	for range f.requests {
		text = g.request(text[:0])
		zipped.Reset()
		zip.Reset(&zipped)
		_, writeErr := zip.Write(text)
		_, outErr := out.Write(text)
		err = errors.Join(err, writeErr, zip.Close(), outErr)
		size, zipSize = size+int64(len(text)), zipSize+int64(zipped.Len())
		plain.ends, packed.ends = append(plain.ends, size), append(packed.ends, zipSize)
		_, outErr = zipped.WriteTo(zipOut)
		err = errors.Join(err, outErr)
	}
	return plain, packed, errors.Join(err, out.Flush(), zipOut.Flush())
}

// gatewayMeters makes the values of a gateway's meters, round by round.
type gatewayMeters struct {
	lineFleet
	gateway int
	heads   [][]byte
	base    []float64 // mean power, kW
	counts  []int64   // hundredths of a kWh
	round   int
}

func (f lineFleet) gatewayMeters(gateway int) *gatewayMeters {
	g := &gatewayMeters{lineFleet: f, gateway: gateway}
	for m := range f.meters {
		u := noise(f.seed, uint64(gateway*f.meters+m), 1<<45)
		g.heads = append(g.heads, []byte(head(gateway, m)+" "))
		g.base = append(g.base, 2+60*unit(u)*unit(u))
		g.counts = append(g.counts, int64(u%100_000_000))
	}
	return g
}

// request appends the lines of some rounds.
func (g *gatewayMeters) request(text []byte) []byte {
	for range g.rounds() {
		at := fleetStart.Add(time.Duration(g.round+1) * g.step)
		day := 1 + 0.6*math.Sin(2*math.Pi*float64(at.Unix()%86400)/86400-2)
		for m := range g.meters {
			text = g.line(text, m, day, at.Unix())
		}
		g.round++
	}
	return text
}

// line appends the line of a meter: energy, power, voltage, current, power factor.
func (g *gatewayMeters) line(text []byte, m int, day float64, at int64) []byte {
	u := noise(g.seed, uint64(g.gateway*g.meters+m), uint64(g.round)|1<<46)
	kw := g.base[m] * day * (0.85 + 0.3*unit(u))
	volt := 228 + 6*unit(u<<11)
	pf := 0.85 + 0.14*unit(u<<22)
	g.counts[m] += int64(math.Round(kw * g.step.Hours() * 100))
	text = append(text, g.heads[m]...)
	for i, x := range [5]int64{g.counts[m], int64(kw * 100), int64(volt * 100), int64(kw / volt / pf / 3 * 1e5), int64(pf * 100)} {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(text, fleetFields[i].ID...), '=')
		text = strconv.AppendInt(text, x/100, 10)
		text = append(text, '.', byte('0'+x/10%10), byte('0'+x%10))
	}
	text = strconv.AppendInt(append(text, ' '), at, 10)
	return append(text, '\n')
}
