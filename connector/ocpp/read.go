package ocpp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lingtan/connector"
)

const (
	readWithin = 10 * time.Second // where the caller sets no limit
	quietAfter = time.Second      // nothing more came for this long: all is there
)

// Read asks a connected charger for its meter values and states and returns what came;
// they are admitted too, as the charger sends them as any others. A charger that is not
// connected to this process is connector.ErrUnreachable; one that sends nothing on
// request is connector.ErrRefused.
func (d *Driver) Read(ctx context.Context, device connector.Device) ([]connector.Sample, error) {
	p, err := d.peer(device)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	tap := p.tap()
	defer p.untap(tap)
	var faults []error
	wanted := 0
	for _, message := range []string{"MeterValues", "StatusNotification"} {
		if err := p.trigger(ctx, message); err != nil {
			faults = append(faults, err)
			continue
		}
		wanted++
	}
	if wanted == 0 {
		return nil, errors.Join(faults...)
	}
	list := gather(ctx, tap, wanted)
	if len(list) == 0 {
		return nil, fmt.Errorf("ocpp: charger %s agreed to send its values and sent none: %w", device.ID, connector.ErrUnreachable)
	}
	return list, nil
}

// trigger asks for a message. OCPP 2.0.1 has charger-wide triggers too, so no connector is named.
func (p *peer) trigger(ctx context.Context, message string) error {
	var reply verdict
	if err := p.ask(ctx, "TriggerMessage", map[string]string{"requestedMessage": message}, &reply); err != nil {
		return err
	}
	return reply.accepted(p, "TriggerMessage "+message)
}

// gather collects what comes until the charger is quiet after at least wanted messages,
// or the time is over.
func gather(ctx context.Context, tap chan []connector.Sample, wanted int) []connector.Sample {
	var list []connector.Sample
	quiet := time.NewTimer(readWithin)
	defer quiet.Stop()
	for came := 0; ; {
		select {
		case more := <-tap:
			list = append(list, more...)
			if came++; came >= wanted {
				quiet.Reset(quietAfter)
			}
		case <-quiet.C:
			return list
		case <-ctx.Done():
			return list
		}
	}
}

// tap is a channel of what the charger sends from now on.
func (p *peer) tap() chan []connector.Sample {
	tap := make(chan []connector.Sample, 256)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taps[tap] = true
	return tap
}

func (p *peer) untap(tap chan []connector.Sample) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taps, tap)
}
