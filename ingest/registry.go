package ingest

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"lingtan/connector"
)

// Registry holds the device lists of all parks in memory: it tells drivers their
// devices (connector.Devices) and Admission the register of a value (Router). A
// change is seen by all at once, without a restart. What it hands out is shared and
// must not be changed.
type Registry struct {
	mu      sync.Mutex
	changed chan struct{}
	parks   atomic.Pointer[map[string]*parkRoutes]
}

// parkRoutes is a park in the registry; it does not change.
type parkRoutes struct {
	list      List
	routes    map[source]string
	registers map[string]bool
	gateways  map[string]string // of the devices in the list: their gateway, or empty
	remote    map[string]bool   // devices that a gateway of ours reads
}

var (
	_ connector.Devices = (*Registry)(nil)
	_ Router            = (*Registry)(nil)
)

// NewRegistry makes a registry without parks.
func NewRegistry() *Registry {
	r := &Registry{changed: make(chan struct{})}
	r.parks.Store(&map[string]*parkRoutes{})
	return r
}

// Set replaces the device list and the register keys of a park, and closes Changed.
func (r *Registry) Set(park string, list List, registers []string) {
	p := &parkRoutes{routes: map[source]string{}, registers: make(map[string]bool, len(registers)), gateways: map[string]string{}, remote: map[string]bool{}}
	for _, key := range registers {
		p.registers[key] = true
	}
	list.Devices = slices.Clone(list.Devices)
	for i := range list.Devices {
		d := &list.Devices[i]
		d.Park = park
		p.gateways[d.ID] = d.Gateway
		for name, register := range d.Map {
			p.routes[source{d.ID, name}] = register
		}
	}
	ours := map[string]bool{}
	for _, d := range list.Devices {
		ours[d.ID] = d.Protocol == "gateway"
	}
	for _, d := range list.Devices {
		p.remote[d.ID] = ours[d.Gateway]
	}
	for _, m := range list.Mappings {
		p.routes[source{m.Device, m.Name}] = m.Register
	}
	p.list = list
	r.mu.Lock()
	defer r.mu.Unlock()
	next := maps.Clone(*r.parks.Load())
	next[park] = p
	r.parks.Store(&next)
	close(r.changed)
	r.changed = make(chan struct{})
}

// Poke closes Changed though no list changed, because something that lists refer to
// did, such as a device profile.
func (r *Registry) Poke() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.changed)
	r.changed = make(chan struct{})
}

// List is the enabled devices of a protocol, of all parks, by park and id. Those behind
// a gateway of ours are left out: it reads them, in its own network.
func (r *Registry) List(protocol string) []connector.Device {
	parks := *r.parks.Load()
	var out []connector.Device
	for _, park := range slices.Sorted(maps.Keys(parks)) {
		for _, d := range parks[park].list.Devices {
			if d.Protocol == protocol && !d.Disabled && !parks[park].remote[d.ID] {
				out = append(out, d)
			}
		}
	}
	return out
}

// Changed is closed at the next change of any list. Ask for it before List, so that
// no change falls between the two.
func (r *Registry) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// Of is the device list of a park; empty when it has none.
func (r *Registry) Of(park string) List {
	if p := (*r.parks.Load())[park]; p != nil {
		return p.list
	}
	return List{}
}

// Knows says whether there is such a park.
func (r *Registry) Knows(park string) bool { return (*r.parks.Load())[park] != nil }

// Sender is the name under which a device goes that the device via handed on: its own
// where the list says that via is its gateway, and via/device otherwise. So a gateway
// cannot speak in the name of a device that it was not given.
func (r *Registry) Sender(park, via, device string) string {
	if p := (*r.parks.Load())[park]; p != nil {
		if of, listed := p.gateways[device]; listed && of == via {
			return device
		}
	}
	return via + "/" + device
}

// Route is the register of a device's value: as mapped, or else the park's register
// "device.name" of a device in the list. Nothing else: who gave a device its id in the
// list decides which point it may write, and no name that a device or a gateway makes
// up reaches a register of somebody else.
func (r *Registry) Route(park, device, name string) (register string, ok bool) {
	p := (*r.parks.Load())[park]
	if p == nil {
		return "", false
	}
	if register, ok := p.routes[source{device, name}]; ok {
		return register, p.registers[register] // the park may have lost the register since
	}
	register = device + "." + name
	_, listed := p.gateways[device]
	return register, listed && p.registers[register]
}
