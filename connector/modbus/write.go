package modbus

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/simonvetter/modbus"

	"lingtan/connector"
	"lingtan/connector/profile"
)

// Write sets a value that the device's profile lists under writes, and reads it back:
// function 6 for one register, 16 for more or where the profile asks for it, 5 for a
// coil. A value beyond the profile's range is refused. A write is not repeated when
// its answer is lost; the read-back shows what came of it. Errors wrap
// connector.ErrConfig, ErrRefused, ErrUnreachable or ErrProtocol.
func (d *Driver) Write(ctx context.Context, dev connector.Device, name string, value float64) (readBack float64, err error) {
	s, err := d.settings(dev)
	if err != nil {
		return 0, err
	}
	w := s.profile.Write(name)
	if w == nil {
		return 0, fmt.Errorf("%w: device %s: profile %s has no value %q that can be set", connector.ErrRefused, dev.ID, s.profile.ID, name)
	}
	if !(value >= w.Min && value <= w.Max) {
		return 0, fmt.Errorf("%w: device %s: %s takes %v to %v %s, not %v", connector.ErrRefused, dev.ID, name, w.Min, w.Max, w.Unit, value)
	}
	wire, err := w.Modbus.Encode(value)
	if err != nil {
		return 0, fmt.Errorf("%w: device %s: %s: %w", connector.ErrRefused, dev.ID, name, err)
	}
	l, free, err := d.hold(ctx, s.url)
	if err != nil {
		return 0, err
	}
	defer free()
	l.next = l.next.Add(-longestWait) // a command does not wait for the back-off
	once := s
	once.retries = 0
	sent := l.request(ctx, d, &once, func(c *modbus.ModbusClient) error { return writeOnce(c, w, wire) })
	if sent != nil && answered(sent) {
		return 0, fmt.Errorf("device %s: %s: %w", dev.ID, name, sent)
	}
	back, err := l.read(ctx, d, &s, w.Modbus.Function, w.Modbus.Register, w.Modbus.Width())
	if err == nil {
		readBack, err = w.Modbus.Decode(back)
	}
	if sent != nil {
		return readBack, fmt.Errorf("device %s: %s: %w", dev.ID, name, sent)
	}
	if err != nil {
		return 0, fmt.Errorf("%w: device %s: %s was sent and cannot be read back: %w", connector.ErrProtocol, dev.ID, name, err)
	}
	return readBack, nil
}

func writeOnce(c *modbus.ModbusClient, w *profile.Write, wire []byte) error {
	at := uint16(w.Modbus.Register)
	switch {
	case w.Modbus.Bits():
		return c.WriteCoil(at, wire[1] != 0)
	case len(wire) == 2 && !w.Multiple:
		return c.WriteRegister(at, binary.BigEndian.Uint16(wire))
	}
	return c.WriteRawBytes(at, wire)
}
