package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/connector"
	"lingtan/connector/gatewaydoor"
	"lingtan/connector/ocpp"
	"lingtan/ingest"
	"lingtan/park"
	"lingtan/store/record"
)

// DeviceSource keeps the device lists of parks and what came of no known register.
type DeviceSource interface {
	// Devices is the list in use and the last status of each device that gave one, by id.
	Devices(park string) (ingest.List, map[string]connector.Status)
	// ImportDevices records a list as the park's newest; its error is ingest.Faults
	// when the list is not sound.
	ImportDevices(ctx context.Context, act record.Act, park string, data []byte) (record.DeviceVersion, error)
	Unmapped(ctx context.Context, park string) ([]ingest.Unmapped, error)
	// MapPoint gives a device's value its register; what was kept of it becomes readings.
	MapPoint(ctx context.Context, act record.Act, park, device, name, register string) (record.DeviceVersion, error)
	// Metrics are the sums of the admission since its start, over all parks.
	Metrics() ingest.Metrics
	// Doors is what each door counted since its start, by protocol and name of the event.
	Doors() map[string]map[string]int64
	// Sessions are the charging sessions of a charger of the park, the newest first.
	Sessions(park, device string) []ocpp.Session
	// Gateways are the gateways of all parks that spoke or are listed, by park and id.
	Gateways(now time.Time) []gatewaydoor.State
}

// deviceView is a device as it shows: without its credential and its options, which
// may hold passwords.
type deviceView struct {
	ID              string            `json:"id"`
	Protocol        string            `json:"protocol"`
	Address         string            `json:"address,omitempty" doc:"Without a login or password"`
	Profile         string            `json:"profile,omitempty"`
	IntervalSeconds float64           `json:"intervalSeconds,omitempty" doc:"Between polls"`
	Map             map[string]string `json:"map" doc:"Name of a value at the device → register of the park"`
	Disabled        bool              `json:"disabled"`
	Status          *statusView       `json:"status,omitempty" doc:"Absent while its driver has reported nothing since the server started"`
}

// statusView is how a device does, as its driver last saw it.
type statusView struct {
	OK             bool      `json:"ok"`
	Error          string    `json:"error,omitempty" doc:"What is wrong and what to do"`
	At             time.Time `json:"at"`
	LatencySeconds *float64  `json:"latencySeconds,omitempty" doc:"Absent where it was not measured"`
	LagSeconds     *float64  `json:"lagSeconds,omitempty" doc:"Of the device's clock or newest sample behind the server's; absent where a failing device told none"`
	Samples        int64     `json:"samples"`
}

type devicesOutput struct {
	Body struct {
		Devices  []deviceView     `json:"devices" nullable:"false"`
		Mappings []ingest.Mapping `json:"mappings" nullable:"false" doc:"Of devices that are not in the list, such as those behind a gateway"`
	}
}

type deviceListIn struct {
	Park    string `path:"park" maxLength:"40"`
	RawBody []byte `contentType:"application/yaml" doc:"lingtan.devices/v1, YAML or JSON"`
}

// deviceVersionView is a recorded version of a park's device list.
type deviceVersionView struct {
	Number     int64     `json:"number" doc:"From 1, without gaps"`
	Hash       string    `json:"hash" doc:"SHA-256 of the recorded text"`
	RecordedAt time.Time `json:"recordedAt"`
	Devices    int       `json:"devices"`
}

type deviceVersionOutput struct{ Body deviceVersionView }

type unmappedOutput struct {
	Body struct {
		Unmapped []ingest.Unmapped `json:"unmapped" nullable:"false"`
	}
}

type mapIn struct {
	Park string `path:"park" maxLength:"40"`
	Body struct {
		Device   string `json:"device" minLength:"1" maxLength:"120"`
		Name     string `json:"name" minLength:"1" maxLength:"120" doc:"Of the value at the device"`
		Register string `json:"register" maxLength:"129" doc:"point.register"`
	}
}

// registerView is a register that a device's value may be mapped to.
type registerView struct {
	Register string    `json:"register"`
	Name     park.Name `json:"name" doc:"Of its point"`
	Unit     string    `json:"unit"`
}

type registersOutput struct {
	Body struct {
		Registers []registerView `json:"registers" nullable:"false"`
	}
}

type ingestOutput struct {
	Body struct {
		ingest.Metrics
		Doors map[string]map[string]int64 `json:"doors" doc:"What each door counted: protocol → event → times"`
	}
}

func (s *Server) deviceRoutes() {
	read, edit := Rule{Action: "device.read", Resource: s.parkPlace}, Rule{Action: "device.edit", Resource: s.parkPlace}
	route(s, huma.Operation{OperationID: "listDevices", Method: "GET", Path: "/api/v1/parks/{park}/devices", Tags: []string{"devices"},
		Summary: "Devices of a park and how they do"}, read, s.listDevices)
	route(s, huma.Operation{OperationID: "putDevices", Method: "PUT", Path: "/api/v1/parks/{park}/devices", Tags: []string{"devices"},
		Summary:      "Record a device list as the park's newest and take it into use",
		Description:  "A list that is not sound is refused whole; fields names each fault as line:column: path: what is wrong.",
		MaxBodyBytes: 8 << 20}, edit, s.putDevices)
	route(s, huma.Operation{OperationID: "listSessions", Method: "GET", Path: "/api/v1/parks/{park}/devices/{device}/sessions", Tags: []string{"devices"},
		Summary: "Charging sessions of a charger, the newest first"}, read, s.listSessions)
	route(s, huma.Operation{OperationID: "listUnmapped", Method: "GET", Path: "/api/v1/parks/{park}/unmapped", Tags: []string{"devices"},
		Summary: "Values that came and are of no known register"}, read, s.listUnmapped)
	route(s, huma.Operation{OperationID: "mapValue", Method: "POST", Path: "/api/v1/parks/{park}/unmapped/map", Tags: []string{"devices"},
		Summary: "Give a device's value its register; what was kept of it becomes readings"}, edit, s.mapValue)
	route(s, huma.Operation{OperationID: "listRegisters", Method: "GET", Path: "/api/v1/parks/{park}/registers", Tags: []string{"devices"},
		Summary: "Registers that a device's value may be mapped to"}, read, s.listRegisters)
	route(s, huma.Operation{OperationID: "getIngest", Method: "GET", Path: "/api/v1/parks/{park}/ingest", Tags: []string{"devices"},
		Summary: "What became of samples since the server started: sums over all parks of this server"}, read, s.getIngest)
}

func (s *Server) listDevices(_ context.Context, in *parkIn) (*devicesOutput, error) {
	list, statuses := s.Devices.Devices(in.Park)
	out := &devicesOutput{}
	out.Body.Devices = make([]deviceView, 0, len(list.Devices))
	out.Body.Mappings = append([]ingest.Mapping{}, list.Mappings...)
	for _, d := range list.Devices {
		v := deviceView{ID: d.ID, Protocol: d.Protocol, Address: withoutLogin(d.Address), Profile: d.Profile,
			IntervalSeconds: d.Interval.Seconds(), Map: d.Map, Disabled: d.Disabled}
		if v.Map == nil {
			v.Map = map[string]string{}
		}
		if x, told := statuses[d.ID]; told {
			v.Status = &statusView{OK: x.OK, Error: strings.ReplaceAll(x.Error, d.Address, v.Address), At: x.At.UTC(),
				LatencySeconds: known(x.Latency, x.Latency != 0), LagSeconds: known(x.Lag, x.OK || x.Lag != 0), Samples: x.Samples}
		}
		out.Body.Devices = append(out.Body.Devices, v)
	}
	return out, nil
}

// known is a length of time in seconds, nil where nobody knows it.
func known(d time.Duration, is bool) *float64 {
	if !is {
		return nil
	}
	seconds := d.Seconds()
	return &seconds
}

// withoutLogin cuts a login and password out of an address.
func withoutLogin(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	scheme := 0
	if i := strings.Index(address, "://"); i >= 0 && i < at {
		scheme = i + len("://")
	}
	return address[:scheme] + address[at+1:]
}

func (s *Server) putDevices(ctx context.Context, in *deviceListIn) (*deviceVersionOutput, error) {
	v, err := s.Devices.ImportDevices(ctx, s.act(ctx), in.Park, in.RawBody)
	if err != nil {
		return nil, listProblem(err, traceOf(ctx).language)
	}
	return s.deviceVersion(v), nil
}

func (s *Server) deviceVersion(v record.DeviceVersion) *deviceVersionOutput {
	list, _ := s.Devices.Devices(v.Park)
	return &deviceVersionOutput{Body: deviceVersionView{Number: v.Number, Hash: v.Hash, RecordedAt: v.RecordedAt.UTC(), Devices: len(list.Devices)}}
}

// listProblem names the faults of a device list in the caller's language; other
// errors stay as they are.
func listProblem(err error, language string) error {
	var faults ingest.Faults
	if !errors.As(err, &faults) {
		return err
	}
	detail := name{fmt.Sprintf("设备清单有 %d 处错误；什么也没有改变。", len(faults)), fmt.Sprintf("The device list has %d faults; nothing was changed.", len(faults))}
	p := problemOf(connector.ErrConfig, language, "")
	p.Detail = detail.in(language)
	for _, f := range faults {
		text := name{f.ZH, f.EN}.in(language)
		if f.Path != "" {
			text = f.Path + ": " + text
		}
		p.Fields = append(p.Fields, fmt.Sprintf("%d:%d: %s", f.Line, f.Column, text))
	}
	return p
}

func (s *Server) listUnmapped(ctx context.Context, in *parkIn) (*unmappedOutput, error) {
	list, err := s.Devices.Unmapped(ctx, in.Park)
	out := &unmappedOutput{}
	out.Body.Unmapped = append([]ingest.Unmapped{}, list...)
	return out, err
}

func (s *Server) mapValue(ctx context.Context, in *mapIn) (*deviceVersionOutput, error) {
	v, err := s.Devices.MapPoint(ctx, s.act(ctx), in.Park, in.Body.Device, in.Body.Name, in.Body.Register)
	if err != nil {
		return nil, listProblem(err, traceOf(ctx).language)
	}
	return s.deviceVersion(v), nil
}

func (s *Server) listRegisters(ctx context.Context, in *parkIn) (*registersOutput, error) {
	l, err := s.Parks.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	out := &registersOutput{}
	out.Body.Registers = make([]registerView, 0, len(l.Registers()))
	for _, r := range l.Registers() {
		point, _ := l.PointOf(r.Key)
		out.Body.Registers = append(out.Body.Registers, registerView{Register: r.Key, Name: point.Name, Unit: r.Unit})
	}
	return out, nil
}

type sessionsIn struct {
	Park   string `path:"park" maxLength:"40"`
	Device string `path:"device" maxLength:"64"`
	Limit  int    `query:"limit" minimum:"1" maximum:"10000" default:"200"`
}

type sessionsOutput struct {
	Body struct {
		Sessions []ocpp.Session `json:"sessions" nullable:"false"`
	}
}

func (s *Server) listSessions(_ context.Context, in *sessionsIn) (*sessionsOutput, error) {
	out := &sessionsOutput{}
	list := s.Devices.Sessions(in.Park, in.Device)
	out.Body.Sessions = append([]ocpp.Session{}, list[:min(len(list), in.Limit)]...)
	return out, nil
}

func (s *Server) getIngest(context.Context, *parkIn) (*ingestOutput, error) {
	out := &ingestOutput{}
	out.Body.Metrics, out.Body.Doors = s.Devices.Metrics(), s.Devices.Doors()
	return out, nil
}
