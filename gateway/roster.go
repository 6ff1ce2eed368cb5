package gateway

import (
	"sync"

	"lingtan/connector"
)

// roster is the devices behind the gateway, as the drivers ask for them.
type roster struct {
	mu      sync.Mutex
	devices []connector.Device
	changed chan struct{}
}

var _ connector.Devices = (*roster)(nil)

func newRoster() *roster { return &roster{changed: make(chan struct{})} }

// List is the enabled devices of a protocol.
func (r *roster) List(protocol string) []connector.Device {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []connector.Device
	for _, d := range r.devices {
		if d.Protocol == protocol && !d.Disabled {
			out = append(out, d)
		}
	}
	return out
}

// Changed is closed at the next change.
func (r *roster) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// set replaces the devices.
func (r *roster) set(park string, devices []connector.Device) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range devices {
		devices[i].Park = park
	}
	r.devices = devices
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *roster) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.devices)
}
