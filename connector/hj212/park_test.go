package hj212

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"lingtan/connector"
)

// park is what the driver runs in: a device list that can change and a sink that can be
// held back.
type park struct {
	mu       sync.Mutex
	devices  []connector.Device
	changed  chan struct{}
	samples  []connector.Sample
	statuses []connector.Status
	busy     int           // this many calls of Admit are refused
	gate     chan struct{} // Admit waits for it when not nil
}

func (p *park) List(string) []connector.Device {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.devices)
}

func (p *park) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

func (p *park) set(devices ...connector.Device) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.devices = devices
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *park) Admit(ctx context.Context, name string, list []connector.Sample) (connector.Receipt, error) {
	p.mu.Lock()
	gate := p.gate
	busy := p.busy > 0
	if busy {
		p.busy--
	}
	p.mu.Unlock()
	if busy {
		return connector.Receipt{}, fmt.Errorf("full: %w", connector.ErrBusy)
	}
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return connector.Receipt{}, fmt.Errorf("full: %w", connector.ErrBusy)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.samples = append(p.samples, list...)
	return connector.Receipt{Stored: len(list)}, nil
}

// hold lets Admit wait for a gate, or refuse some calls.
func (p *park) hold(gate chan struct{}, busy int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gate, p.busy = gate, busy
}

func (p *park) report(s connector.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.statuses = append(p.statuses, s)
}

func (p *park) admitted() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for _, s := range p.samples {
		list = append(list, fmt.Sprintf("%s %s=%g", s.Device, s.Name, s.Value))
	}
	return list
}

func (p *park) last(device string) connector.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range slices.Backward(p.statuses) {
		if s.Device == device {
			return s
		}
	}
	return connector.Status{}
}
