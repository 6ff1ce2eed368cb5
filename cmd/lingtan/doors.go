package main

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lingtan/api"
	"lingtan/connector"
	"lingtan/connector/cjt188"
	"lingtan/connector/dlt645"
	"lingtan/connector/folder"
	"lingtan/connector/gatewaydoor"
	"lingtan/connector/hj212"
	"lingtan/connector/httpdoor"
	"lingtan/connector/iec104"
	"lingtan/connector/modbus"
	"lingtan/connector/mqtt"
	"lingtan/connector/ocpp"
	"lingtan/connector/opcua"
	"lingtan/connector/profile"
	"lingtan/connector/pull"
	"lingtan/ingest"
	"lingtan/node"
	"lingtan/store/record"
)

// doors are the ways by which devices reach the node.
type doors struct {
	ingest  *node.Ingest
	board   *statusBoard
	http    *httpdoor.Door
	drivers []connector.Driver
	watch   *profileWatch
	env     connector.Environment
	alarms  atomic.Pointer[node.Alarms] // told of devices that give a sign of life; nil until they are watched
	log     *slog.Logger
}

// openDoors opens the way in for samples and makes the drivers. Those that listen
// are made only where an address is set.
func (a *app) openDoors(ctx context.Context, n *node.Node, hub *api.Hub, log *slog.Logger) (*doors, error) {
	in, err := n.OpenIngest(ctx, node.IngestOptions{Log: log, OnAdmitted: func(park string, latest []node.LatestSample) {
		if err := publish(ctx, n, hub, park, latest); err != nil {
			log.Warn("live values were not told", "park", park, "error", err.Error())
		}
	}})
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(a.dir, "doors") // where drivers keep what they must remember
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	board := &statusBoard{}
	d := &doors{ingest: in, board: board, log: log}
	d.env = connector.Environment{Devices: in.Registry, Sink: in.Admission, Log: log, Now: n.Now, Dir: dir,
		Report: func(s connector.Status) {
			board.note(s)
			d.heard(s)
			if !s.OK {
				log.Info("device fails", "park", s.Park, "device", s.Device, "error", s.Error)
			}
		}}
	if d.http, err = httpdoor.New(httpdoor.Options{Sink: in.Admission, Devices: in.Registry, Log: log, Now: n.Now, Report: d.env.Report}); err != nil {
		return nil, err
	}
	library := &profile.Library{}
	d.watch = &profileWatch{library: library, folder: filepath.Join(a.dir, "profiles"), changed: in.Registry.Poke, log: log}
	d.watch.look()
	if d.drivers, err = a.drivers(n, in, library); err != nil {
		return nil, err
	}
	return d, nil
}

// drivers are those of all protocols. Those that listen are made only where an address
// is set.
func (a *app) drivers(n *node.Node, in *node.Ingest, library *profile.Library) ([]connector.Driver, error) {
	secure, err := a.ports.tls()
	if err != nil {
		return nil, err
	}
	list := []connector.Driver{
		modbus.New(library), dlt645.New(), cjt188.New(), iec104.New(), opcua.New(),
		mqtt.New(mqtt.Options{Listen: a.ports.mqtt, ListenTLS: a.ports.mqtts, Certificate: a.ports.certificate, Key: a.ports.key}),
		folder.New(folder.Options{Inbox: filepath.Join(a.dir, "inbox"), Mappings: filepath.Join(a.dir, "mappings")}),
		pull.New(pull.Options{Secrets: filepath.Join(a.dir, "secrets")}),
	}
	if a.ports.ocpp != "" || a.ports.ocpps != "" {
		list = append(list, ocpp.New(ocpp.Options{Listen: a.ports.ocpp, ListenTLS: a.ports.ocpps, TLS: secure}))
	}
	if a.ports.hj212 != "" {
		list = append(list, hj212.New(a.ports.hj212))
	}
	if a.ports.gateway != "" {
		behind := func(park string) []connector.Device { return in.Registry.Of(park).Devices }
		list = append(list, gatewaydoor.New(gatewaydoor.Options{Listen: a.ports.gateway, CertDir: a.authorityDir(), List: behind, Accept: acceptor{n}}))
	}
	return list, nil
}

// run starts everything; the returned function waits until all has ended. A driver
// that cannot run, because its port is taken, does not keep the others from it.
func (d *doors) run(ctx context.Context) (wait func()) {
	var all sync.WaitGroup
	all.Go(func() {
		if err := d.ingest.Run(ctx); err != nil {
			d.log.Error("ingest ended", "error", err.Error())
		}
	})
	all.Go(func() { d.watch.run(ctx) })
	for _, x := range d.drivers {
		env := d.env
		env.Dir = filepath.Join(d.env.Dir, x.Protocol())
		if err := os.MkdirAll(env.Dir, 0o750); err != nil {
			d.log.Error("a door has no folder", "protocol", x.Protocol(), "error", err.Error())
			continue
		}
		all.Go(func() {
			if err := x.Run(ctx, env); err != nil {
				d.log.Error("a door did not open", "protocol", x.Protocol(), "error", err.Error())
			}
		})
	}
	return all.Wait
}

// publish tells the newest values to who follows the park, each under the
// organization that its register belongs to.
func publish(ctx context.Context, n *node.Node, hub *api.Hub, park string, latest []node.LatestSample) error {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return err
	}
	tree, err := record.PlaceOrganizations(l.Document)
	if err != nil {
		return err
	}
	for _, x := range latest {
		point, ok := l.PointOf(x.Register)
		if !ok {
			continue
		}
		reg, _ := l.Register(x.Register)
		event := api.Event{Kind: "reading", Organization: tree.Paths[point.Organization], Data: map[string]any{"register": x.Register, "at": x.At, "value": x.Value, "unit": reg.Unit}}
		if err := hub.Publish(park, event); err != nil {
			return err
		}
	}
	return nil
}

// statusBoard holds the last status of each device that reported one, until the
// server ends. It may be used from many goroutines.
type statusBoard struct {
	mu    sync.Mutex
	parks map[string]map[string]connector.Status // by device
}

// note keeps a status in the place of the device's last.
func (b *statusBoard) note(s connector.Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.parks == nil {
		b.parks = map[string]map[string]connector.Status{}
	}
	if b.parks[s.Park] == nil {
		b.parks[s.Park] = map[string]connector.Status{}
	}
	b.parks[s.Park][s.Device] = s
}

// all are the last statuses of all devices, by park and device.
func (b *statusBoard) all() []connector.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []connector.Status
	for _, park := range slices.Sorted(maps.Keys(b.parks)) {
		for _, device := range slices.Sorted(maps.Keys(b.parks[park])) {
			list = append(list, b.parks[park][device])
		}
	}
	return list
}

// of gives the last statuses of the devices of a list, and forgets devices that are
// not in it any more.
func (b *statusBoard) of(park string, devices []connector.Device) map[string]connector.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := map[string]connector.Status{}
	for _, d := range devices {
		if s, ok := b.parks[park][d.ID]; ok && !d.Disabled {
			kept[d.ID] = s
		}
	}
	if b.parks != nil {
		b.parks[park] = maps.Clone(kept)
	}
	return kept
}

// deviceSource is the ingest of a node with the statuses of its devices, as the API
// asks for them.
type deviceSource struct {
	*node.Ingest
	board *statusBoard
	doors *doors
}

var _ api.DeviceSource = deviceSource{}

// Devices is the park's list in use and the last status of its devices.
func (d deviceSource) Devices(park string) (ingest.List, map[string]connector.Status) {
	list := d.Registry.Of(park)
	return list, d.board.of(park, list.Devices)
}

// Metrics are the sums of the admission since the server started.
func (d deviceSource) Metrics() ingest.Metrics { return d.Admission.Metrics() }

// Doors is what each door counted since the server started.
func (d deviceSource) Doors() map[string]map[string]int64 {
	all := map[string]map[string]int64{}
	for protocol, c := range d.doors.counters() {
		all[protocol] = map[string]int64{}
		maps.Copy(all[protocol], c.Counts())
	}
	return all
}

// Sessions are the charging sessions of a charger; none where no charger may connect.
func (d deviceSource) Sessions(park, device string) []ocpp.Session {
	for _, x := range d.doors.drivers {
		if c, ok := x.(*ocpp.Driver); ok {
			return c.Sessions(park, device)
		}
	}
	return nil
}

// Gateways are the gateways that spoke or are listed; none where the door is not open.
func (d deviceSource) Gateways(now time.Time) []gatewaydoor.State {
	for _, x := range d.doors.drivers {
		if c, ok := x.(*gatewaydoor.Driver); ok {
			return c.Gateways(now)
		}
	}
	return nil
}
