package dlt645

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lingtan/connector"
	"lingtan/connector/serialline"
)

// Driver polls electricity meters behind TCP serial servers.
type Driver struct{ serialline.Poller }

// New makes a driver of protocol "dlt645".
func New() *Driver {
	return &Driver{serialline.Poller{Word: "dlt645", Open: func(x connector.Device) (serialline.Meter, error) {
		m, err := newMeter(x)
		return &m, err
	}}}
}

// Counts are what was counted since the start: answers, and what went wrong: silent,
// damaged (frames with a wrong check byte), refused (error answers), wrong, busy.
func (d *Driver) Counts() map[string]int64 { return d.Poller.Counts() }

// Detect asks for the address of the meter behind a serial server. It works with one
// meter on the wire: several would answer at once.
func (d *Driver) Detect(ctx context.Context, address string) ([]connector.Found, error) {
	m := meter{device: connector.Device{ID: address}, address: anyMeter, timeout: 2 * time.Second, preamble: 4}
	var f Frame
	err := d.With(address, func(n *serialline.Line) (err error) {
		f, err = m.ask(ctx, n, readAddress, nil, d.Count)
		return err
	})
	if err != nil {
		return nil, err
	}
	return []connector.Found{{
		Address: address, Options: map[string]string{"meter": f.Address},
		Detail: "DL/T 645-2007, meter " + f.Address,
	}}, nil
}

// meter is a device of the list, its options read.
type meter struct {
	device   connector.Device
	address  string
	items    []Item
	timeout  time.Duration
	preamble int
}

// Lag is nothing: this door does not read the meter's clock.
func (m *meter) Lag() time.Duration { return 0 }

// newMeter reads the options of a device; what is wrong gives connector.ErrConfig.
func newMeter(x connector.Device) (meter, error) {
	m := meter{device: x, timeout: 2 * time.Second, preamble: 4}
	fail := func(what string, err error) (meter, error) {
		if err == nil {
			err = connector.ErrConfig
		}
		return m, fmt.Errorf("dlt645: device %s: %s: %w", x.ID, what, err)
	}
	if x.Address == "" {
		return fail("no address: give host:port of the serial server", nil)
	}
	number := x.Options["meter"]
	if number == "" || len(number) > 12 || strings.Trim(number, "0123456789") != "" {
		return fail("option meter: give the meter's number, up to 12 digits", nil)
	}
	m.address = strings.Repeat("0", 12-len(number)) + number
	read := x.Options["read"]
	if read == "" {
		read = "energy.forward"
	}
	var err error
	if m.items, err = readList(read); err != nil {
		return fail("items", err)
	}
	if v := x.Options["timeout"]; v != "" {
		m.timeout, err = time.ParseDuration(v)
		if err != nil || m.timeout < 50*time.Millisecond || m.timeout > 30*time.Second {
			return fail("option timeout: say 50ms to 30s", nil)
		}
	}
	if v := x.Options["preamble"]; v != "" {
		m.preamble, err = strconv.Atoi(v)
		if err != nil || m.preamble < 0 || m.preamble > 16 {
			return fail("option preamble: say 0 to 16", nil)
		}
	}
	return m, nil
}

// Read asks for each item. One that the meter refuses or answers wrongly does not hold up
// the others; a meter that is silent is not asked further.
func (m *meter) Read(ctx context.Context, n *serialline.Line, now func() time.Time, count func(string)) ([]connector.Sample, error) {
	var list []connector.Sample
	var faults []error
	for _, i := range m.items {
		values, err := m.item(ctx, n, i, count)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", i.name(), err))
		}
		if errors.Is(err, connector.ErrUnreachable) || ctx.Err() != nil {
			break
		}
		for k, v := range values {
			list = append(list, connector.Sample{Device: m.device.ID, Name: i.Names[k], At: now(), Value: v})
		}
	}
	return list, errors.Join(faults...)
}

// item reads the values of an item, with the frames that follow the first.
func (m meter) item(ctx context.Context, n *serialline.Line, i Item, count func(string)) ([]float64, error) {
	di := binary.LittleEndian.AppendUint32(nil, i.DI)
	f, err := m.ask(ctx, n, readData, di, count)
	if err != nil {
		return nil, err
	}
	data := f.Data[4:]
	for seq := byte(1); f.Control&followed != 0; seq++ {
		if seq > maxPieces {
			count("wrong")
			return nil, fmt.Errorf("dlt645: more than %d frames follow: %w", maxPieces, connector.ErrProtocol)
		}
		if f, err = m.ask(ctx, n, readMore, append(slices.Clone(di), seq), count); err != nil {
			return nil, err
		}
		data = append(data, f.Data[4:len(f.Data)-1]...)
	}
	values, err := i.values(data)
	if err != nil {
		count("wrong")
	}
	return values, err
}

// ask puts a question, twice if the first is not answered, and gives the answer.
func (m meter) ask(ctx context.Context, n *serialline.Line, control byte, data []byte, count func(string)) (Frame, error) {
	var got Frame
	question, err := Frame{m.address, control, data}.Encode(m.preamble)
	if err != nil {
		return got, err
	}
	for try := 0; try < 2; try++ {
		damaged := false
		err = n.Ask(ctx, question, m.timeout, func(r *bufio.Reader) (bool, error) {
			f, err := Next(r, func() { damaged = true; count("damaged") })
			got = f
			return err == nil && m.answers(f, control, data), err
		})
		if err == nil || ctx.Err() != nil {
			break
		}
		count("silent")
		if damaged {
			err = fmt.Errorf("dlt645: only damaged answers came (%v); check wiring and line settings: %w", err, connector.ErrProtocol)
		}
	}
	if err != nil {
		return got, err
	}
	if got.Control&failed != 0 {
		count("refused")
		return got, refusal(got.Data)
	}
	count("answers")
	return got, nil
}

// answers says whether a frame answers a question: of the meter, of the function, and
// about the same identifier and sequence number.
func (m meter) answers(f Frame, control byte, data []byte) bool {
	if f.Control&answered == 0 || f.Control&function != control || m.address != anyMeter && f.Address != m.address {
		return false
	}
	if f.Control&failed != 0 || control == readAddress {
		return true
	}
	if len(f.Data) < len(data) || string(f.Data[:4]) != string(data[:4]) {
		return false
	}
	return control != readMore || f.Data[len(f.Data)-1] == data[4]
}
