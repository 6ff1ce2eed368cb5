package cjt188

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lingtan/connector"
	"lingtan/connector/serialline"
)

// Driver polls water, heat and gas meters behind TCP serial servers.
type Driver struct{ serialline.Poller }

// New makes a driver of protocol "cjt188".
func New() *Driver {
	return &Driver{serialline.Poller{Word: "cjt188", Open: func(x connector.Device) (serialline.Meter, error) {
		m, err := newMeter(x)
		return &m, err
	}}}
}

// Counts are what was counted since the start: answers, and what went wrong: silent,
// damaged (frames with a wrong check byte), refused (abnormal answers), wrong, busy.
func (d *Driver) Counts() map[string]int64 { return d.Poller.Counts() }

// Detect asks for the address of the meter behind a serial server, in both orders of the
// data identifier. It works with one meter on the wire: several would answer at once.
func (d *Driver) Detect(ctx context.Context, address string) ([]connector.Found, error) {
	m := meter{address: anyMeter, timeout: 2 * time.Second, preamble: 4}
	m.form.kind = anyType
	var f Frame
	var err error
	for _, order := range []string{"low", "high"} {
		m.high = order == "high"
		err = d.With(address, func(n *serialline.Line) (err error) {
			f, err = m.ask(ctx, n, readAddress, 0x810A, d.Count)
			return err
		})
		if err == nil {
			kind := fmt.Sprintf("%02X", f.Type)
			return []connector.Found{{
				Address: address, Options: map[string]string{"meter": f.Address, "type": kind, "order": order},
				Detail: fmt.Sprintf("CJ/T 188, meter %s, type %sH %s", f.Address, kind, kinds[f.Type].name),
			}}, nil
		}
	}
	return nil, err
}

// meter is a device of the list, its options read.
type meter struct {
	device   connector.Device
	address  string
	form     form
	high     bool // the identifier's high byte goes first
	serial   byte // number of the last question
	timeout  time.Duration
	preamble int
	lag      time.Duration // of the meter's clock behind ours, as last read
}

// Lag is how far the meter's clock is behind ours, as last read.
func (m *meter) Lag() time.Duration { return m.lag }

// newMeter reads the options of a device; what is wrong gives connector.ErrConfig.
func newMeter(x connector.Device) (meter, error) {
	m := meter{device: x, timeout: 2 * time.Second, preamble: 4}
	fail := func(what string) (meter, error) {
		return m, fmt.Errorf("cjt188: device %s: %s: %w", x.ID, what, connector.ErrConfig)
	}
	if x.Address == "" {
		return fail("no address: give host:port of the serial server")
	}
	number := x.Options["meter"]
	if number == "" || len(number) > 14 || strings.Trim(number, "0123456789") != "" {
		return fail("option meter: give the meter's number, up to 14 digits, the maker's four before the ten of the meter")
	}
	m.address = strings.Repeat("0", 14-len(number)) + number
	kind, err := strconv.ParseUint(x.Options["type"], 16, 8)
	if _, ok := kinds[byte(kind)]; err != nil || !ok {
		return fail("option type: say 10, 11, 12, 13 (water), 20 (heat), 21 (cold) or 30 (gas)")
	}
	m.form = form{kind: byte(kind), decimals: -1}
	if err := m.form.options(x.Options); err != nil {
		return fail(err.Error())
	}
	switch x.Options["order"] {
	case "", "low":
	case "high":
		m.high = true
	default:
		return fail("option order: say low (1F 90) or high (90 1F)")
	}
	if v := x.Options["timeout"]; v != "" {
		m.timeout, err = time.ParseDuration(v)
		if err != nil || m.timeout < 50*time.Millisecond || m.timeout > 30*time.Second {
			return fail("option timeout: say 50ms to 30s")
		}
	}
	if v := x.Options["preamble"]; v != "" {
		m.preamble, err = strconv.Atoi(v)
		if err != nil || m.preamble < 0 || m.preamble > 16 {
			return fail("option preamble: say 0 to 16")
		}
	}
	return m, nil
}

// options reads how the meter writes its payload.
func (f *form) options(o map[string]string) error {
	var err error
	if f.zone, err = zone(o["zone"]); err != nil {
		return fmt.Errorf("option zone: %w", err)
	}
	switch o["unit"] {
	case "", "last":
	case "first":
		f.unitFirst = true
	default:
		return fmt.Errorf("option unit: say last or first")
	}
	switch o["units"] {
	case "":
	case "all":
		f.allUnits = true
	default:
		return fmt.Errorf("option units: say all, or leave it out")
	}
	if v := o["flow_decimals"]; v != "" {
		if f.decimals, err = strconv.Atoi(v); err != nil || f.decimals < 0 || f.decimals > 6 {
			return fmt.Errorf("option flow_decimals: say 0 to 6")
		}
	}
	read := o["read"]
	if read == "" {
		read = "volume,heat,power,temperature,hours"
		if f.decimals >= 0 {
			read += ",flow"
		}
	}
	f.read = map[string]bool{}
	for g := range strings.SplitSeq(read, ",") {
		f.read[strings.TrimSpace(g)] = true
	}
	return f.checkRead()
}

// checkRead says what is wrong with the groups to be read.
func (f form) checkRead() error {
	groups := map[string]bool{}
	for _, x := range heatLayout {
		groups[x.group] = true
	}
	for g := range f.read {
		if !groups[g] {
			return fmt.Errorf("option read: %.40q is none of volume, settled, heat, power, flow, temperature, hours", g)
		}
	}
	if f.read["flow"] && f.decimals < 0 {
		return fmt.Errorf("option read names flow: say its decimals in option flow_decimals, for makers differ")
	}
	return nil
}

// zone is a time zone by name, Beijing time where none is given.
func zone(name string) (*time.Location, error) {
	if name != "" && name != "Asia/Shanghai" {
		return time.LoadLocation(name)
	}
	z, err := time.LoadLocation("Asia/Shanghai")
	if err != nil { // no zone data on this machine
		return time.FixedZone("CST", 8*3600), nil
	}
	return z, nil
}

// Read asks for the current metering data (901F).
func (m *meter) Read(ctx context.Context, n *serialline.Line, now func() time.Time, count func(string)) ([]connector.Sample, error) {
	f, err := m.ask(ctx, n, readData, 0x901F, count)
	if err != nil {
		return nil, err
	}
	names, values, clock, err := m.form.values(f.Data[3:])
	if err != nil {
		count("wrong")
		return nil, err
	}
	at := now()
	m.lag = 0
	if !clock.IsZero() {
		m.lag = at.Truncate(time.Second).Sub(clock)
	}
	var list []connector.Sample
	for i, name := range names {
		list = append(list, connector.Sample{Device: m.device.ID, Name: name, At: at, Value: values[i]})
	}
	return list, nil
}

// ask puts a question about an identifier, twice if the first is not answered.
func (m *meter) ask(ctx context.Context, n *serialline.Line, control byte, di uint16, count func(string)) (Frame, error) {
	var got Frame
	m.serial++
	data := []byte{byte(di), byte(di >> 8), m.serial}
	if m.high {
		data[0], data[1] = data[1], data[0]
	}
	question, err := Frame{m.form.kind, m.address, control, data}.Encode(m.preamble)
	if err != nil {
		return got, err
	}
	for try := 0; try < 2; try++ {
		damaged := false
		err = n.Ask(ctx, question, m.timeout, func(r *bufio.Reader) (bool, error) {
			f, err := Next(r, func() { damaged = true; count("damaged") })
			got = f
			return err == nil && m.answers(f, control, di), err
		})
		if err == nil || ctx.Err() != nil {
			break
		}
		count("silent")
		if damaged {
			err = fmt.Errorf("cjt188: only damaged answers came (%v); check wiring and line settings: %w", err, connector.ErrProtocol)
		}
	}
	if err != nil {
		return got, err
	}
	if got.Control&failed != 0 {
		count("refused")
		return got, fmt.Errorf("cjt188: the meter answers abnormally (% X): %w", got.Data, connector.ErrRefused)
	}
	count("answers")
	return got, nil
}

// answers says whether a frame answers a question: of the meter, of the function and
// about the same identifier. The identifier may come in either order.
func (m *meter) answers(f Frame, control byte, di uint16) bool {
	if f.Control&answered == 0 || f.Control&function != control {
		return false
	}
	if m.address != anyMeter && (f.Address != m.address || f.Type != m.form.kind) {
		return false
	}
	if f.Control&failed != 0 {
		return true
	}
	if len(f.Data) < 3 {
		return false
	}
	low, high := byte(di), byte(di>>8)
	return f.Data[0] == low && f.Data[1] == high || f.Data[0] == high && f.Data[1] == low
}
