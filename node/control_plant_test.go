package node

import (
	"context"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopcua/opcua/id"
	uaserver "github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uasc"
	simulator "github.com/simonvetter/modbus"

	"lingtan/connector"
	"lingtan/connector/modbus"
	"lingtan/connector/opcua"
	"lingtan/connector/profile"
)

// plantProfile is a profile of one machine: its set point in register 10, what it does
// in 20, a state in 21.
const plantProfile = `format: lingtan.profile/v1
id: %s
kind: %s
maker: test
model: test
name: {en: test}
protocol: modbus
source:
  - {title: made for the test, where: this file, seen: "2026-11-22"}
values:
  - {name: setpoint, quantity: active_power, kind: state, unit: kW, modbus: {function: holding, register: 10, type: int16, scale: 0.1}}
  - {name: power, quantity: active_power, kind: state, unit: kW, modbus: {function: holding, register: 20, type: int16, scale: 0.1}}
  - {name: level, quantity: active_power, kind: state, unit: kW, modbus: {function: holding, register: 21, type: int16, scale: 0.1}}
writes:
  - {name: setpoint, unit: kW, min: -3000, max: 3000, modbus: {function: holding, register: 10, type: int16, scale: 0.1}}
`

// plant is a battery, a PV inverter and a gate meter behind a Modbus TCP server, and a
// chiller behind an OPC UA server. Its time is moved by step.
type plant struct {
	t       testing.TB
	modbus  string // address
	opcua   string
	server  *simulator.ModbusServer
	profile *profile.Library

	mu                   sync.Mutex
	battery, soc, wanted float64 // kW out, %, set point
	pv, limit, sun       float64 // kW, set point, kW that the sun gives
	supply, cold         float64 // °C, set point
	load                 float64 // kW without the chiller
	writes               map[string][]float64
	ignore               bool // the battery says it writes and does not
	wrong                bool // the battery takes the write and keeps another value
}

func newPlant(t testing.TB) *plant {
	t.Helper()
	p := &plant{t: t, soc: 60, sun: 400, limit: 500, supply: 9, cold: 9, load: 900, profile: &profile.Library{}, writes: map[string][]float64{}}
	dir := t.TempDir()
	for name, kind := range map[string]string{"bess": "battery", "inverter": "pv_inverter", "gate": "power_meter"} {
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), fmt.Appendf(nil, plantProfile, name, kind), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.profile.Load(dir); err != nil {
		t.Fatal(err)
	}
	p.modbus, p.opcua = free(t), free(t)
	p.start()
	t.Cleanup(func() { p.server.Stop() })
	return p
}

func free(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (p *plant) start() {
	p.t.Helper()
	server, err := simulator.NewServer(&simulator.ServerConfiguration{URL: "tcp://" + p.modbus, Timeout: time.Minute, MaxClients: 50, Logger: log.New(io.Discard, "", 0)}, p)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.server = server
}

// step moves the plant on: each machine goes to its set point with its own time
// constant, the battery until it is empty or full.
func (p *plant) step(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range int(d / time.Second) {
		lag := func(x *float64, to, seconds float64) { *x += (to - *x) * (1 - math.Exp(-1/seconds)) }
		want := p.wanted
		if p.soc <= 0 && want > 0 || p.soc >= 100 && want < 0 {
			want = 0
		}
		lag(&p.battery, want, 3)
		p.soc -= p.battery / 1000 / 3600 * 100 // 1 MWh
		lag(&p.pv, min(p.sun, p.limit), 2)
		lag(&p.supply, p.cold, 60)
	}
}

func (p *plant) imported() float64 {
	chiller := 200 - 15*(p.supply-7) // warmer water takes less power
	return p.load + chiller - p.battery - p.pv
}

func (p *plant) HandleHoldingRegisters(r *simulator.HoldingRegistersRequest) ([]uint16, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.IsWrite {
		p.take(r)
	}
	tenths := func(x float64) uint16 { return uint16(int16(math.Round(10 * x))) }
	units := map[uint8]map[uint16]float64{
		1: {10: p.wanted, 20: p.battery, 21: p.soc},
		2: {10: p.limit, 20: p.pv, 21: 0},
		3: {10: 0, 20: p.imported(), 21: 0},
	}
	var words []uint16
	for i := range r.Quantity {
		x, ok := units[r.UnitId][r.Addr+i]
		if !ok {
			return nil, simulator.ErrIllegalDataAddress
		}
		words = append(words, tenths(x))
	}
	return words, nil
}

func (p *plant) take(r *simulator.HoldingRegistersRequest) {
	if r.Addr != 10 || len(r.Args) != 1 {
		return
	}
	x := float64(int16(r.Args[0])) / 10
	switch r.UnitId {
	case 1:
		p.writes["bess"] = append(p.writes["bess"], x)
		if p.wrong {
			x = 2 * x
		}
		if !p.ignore {
			p.wanted = x
		}
	case 2:
		p.writes["pv"] = append(p.writes["pv"], x)
		p.limit = x
	}
}

func (p *plant) HandleCoils(*simulator.CoilsRequest) ([]bool, error) {
	return nil, simulator.ErrIllegalFunction
}

func (p *plant) HandleDiscreteInputs(*simulator.DiscreteInputsRequest) ([]bool, error) {
	return nil, simulator.ErrIllegalFunction
}

func (p *plant) HandleInputRegisters(*simulator.InputRegistersRequest) ([]uint16, error) {
	return nil, simulator.ErrIllegalFunction
}

// startChiller shows the chiller by the OPC UA server of the library.
func (p *plant) startChiller() {
	p.t.Helper()
	host, port, _ := net.SplitHostPort(p.opcua)
	n, _ := net.LookupPort("tcp", port)
	srv := uaserver.New(uaserver.EnableSecurity("None", ua.MessageSecurityModeNone), uaserver.EnableAuthMode(ua.UserTokenTypeAnonymous),
		uaserver.ServerName("chiller"), uaserver.EndPoint(host, n))
	space := uaserver.NewNodeNameSpace(srv, "urn:chiller")
	objects, err := srv.Namespace(0)
	if err != nil {
		p.t.Fatal(err)
	}
	folder := space.Objects()
	objects.Objects().AddRef(folder, id.HasComponent, true)
	for name, value := range map[string]*float64{"setpoint": &p.cold, "supply": &p.supply} {
		node := uaserver.NewVariableNode(ua.NewStringNodeID(space.ID(), name), name, func() *ua.DataValue {
			p.mu.Lock()
			defer p.mu.Unlock()
			return &ua.DataValue{EncodingMask: ua.DataValueValue | ua.DataValueStatusCode | ua.DataValueSourceTimestamp, Status: ua.StatusGood,
				Value: ua.MustVariant(*value), SourceTimestamp: time.Now()}
		})
		space.AddNode(node)
		folder.AddRef(node, id.HasComponent, true)
	}
	srv.RegisterHandler(id.WriteRequest_Encoding_DefaultBinary, func(_ *uasc.SecureChannel, r ua.Request, _ uint32) (ua.Response, error) {
		return p.setChiller(r), nil
	})
	ctx, cancel := context.WithCancel(context.Background())
	if err := srv.Start(ctx); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { srv.Close(); cancel() })
}

func (p *plant) setChiller(r ua.Request) *ua.WriteResponse {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := &ua.WriteResponse{ResponseHeader: &ua.ResponseHeader{Timestamp: time.Now(), RequestHandle: r.Header().RequestHandle,
		ServiceDiagnostics: &ua.DiagnosticInfo{}, AdditionalHeader: ua.NewExtensionObject(nil)}}
	for _, w := range r.(*ua.WriteRequest).NodesToWrite {
		x, ok := w.Value.Value.Value().(float64)
		if !ok || w.NodeID.StringID() != "setpoint" {
			answer.Results = append(answer.Results, ua.StatusBadNotWritable)
			continue
		}
		p.cold = x
		p.writes["chiller"] = append(p.writes["chiller"], x)
		answer.Results = append(answer.Results, ua.StatusGood)
	}
	return answer
}

// devices is the device list of the plant.
func (p *plant) devices(park, device string) (connector.Device, bool) {
	d := connector.Device{ID: device, Park: park, Protocol: "modbus", Address: p.modbus, Interval: time.Second}
	grant := connector.Grant{Name: "setpoint", Timeout: 2 * time.Second}
	switch device {
	case "bess":
		grant.Min, grant.Max = -500, 500
		d.Profile, d.Options = "bess", map[string]string{"unit": "1"}
	case "pv":
		grant.Min, grant.Max = 0, 500
		d.Profile, d.Options = "inverter", map[string]string{"unit": "2"}
	case "gate":
		d.Profile, d.Options = "gate", map[string]string{"unit": "3"}
		return d, true
	case "chiller":
		grant.Min, grant.Max = 5, 12
		d.Protocol, d.Address = "opcua", "opc.tcp://"+p.opcua
		d.Options = map[string]string{"policy": "None", "node.setpoint": "ns=1;s=setpoint", "node.supply": "ns=1;s=supply"}
	default:
		return d, false
	}
	d.Write = []connector.Grant{grant}
	return d, park == "test"
}

func (p *plant) drivers() map[string]connector.Driver {
	return map[string]connector.Driver{"modbus": modbus.New(p.profile), "opcua": opcua.New()}
}

// within wants every value that a machine was ever told to lie in its range, and no
// further from the one before than the ramp lets it.
func (p *plant) within(machine string, low, high, jump float64) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.writes[machine]
	for i, x := range list {
		if x < low || x > high || i > 0 && math.Abs(x-list[i-1]) > jump+0.11 {
			p.t.Errorf("%s was told %s", machine, strings.Trim(fmt.Sprint(list), "[]"))
			return
		}
	}
}
