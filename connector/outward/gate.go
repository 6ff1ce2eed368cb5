// Package outward is the gate through which a command leaves for a device: it lets
// pass what the device list grants, within range and rate, reads back what came of
// it, and records every attempt.
//
// Nothing passes by default: a device without grants takes no command.
package outward

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"lingtan/connector"
)

const (
	defaultTimeout = 5 * time.Second
	longestTimeout = time.Minute
	// share of the granted range by which a read-back may differ: registers are
	// coarser than numbers (1 % or 0.1 kW a step is common).
	tolerance = 0.005
	maxText   = 200 // bytes of each text of a command
)

// What became of a command, beside the sentinels of connector; test with errors.Is.
var (
	ErrNotSent = errors.New("outward: nothing was sent")
	ErrDiffers = errors.New("outward: the device reads back another value") // which Set returns
)

// Command asks to set a value of a device.
type Command struct {
	Park   string  `json:"park"`
	Device string  `json:"device"`
	Name   string  `json:"name"`  // of the value, as the profile's writes spell it
	Value  float64 `json:"value"` // in the unit of the profile
	Who    string  `json:"who"`   // the person or service that asks; required
	// Tolerance is by which the read-back may differ, in the unit; 0 = 0.5 % of the
	// granted range.
	Tolerance float64 `json:"tolerance,omitempty"`
	Approval  string  `json:"approval"`
	// Approval is the number of the approval that covers the command; required. That
	// it exists and covers it is for the caller to know.
}

// Outcome is what became of a command.
type Outcome string

// The outcomes. A command that is let pass is recorded twice: when it is sent and
// with what came of it.
const (
	Refused Outcome = "refused" // not sent
	Sent    Outcome = "sent"    // about to be sent
	Done    Outcome = "done"    // set, and read back so
	Failed  Outcome = "failed"  // sent; the device did not take it, or it is not known
)

// Record is an entry of the audit.
type Record struct {
	At       time.Time `json:"at"`
	Command  Command   `json:"command"`
	Outcome  Outcome   `json:"outcome"`
	ReadBack *float64  `json:"read_back,omitempty"` // nil when nothing was read
	Error    string    `json:"error,omitempty"`
}

// Gate lets commands out. All fields are required and not changed after first use.
type Gate struct {
	Drivers map[string]connector.Writer // by protocol
	Devices func(park, device string) (connector.Device, bool)
	// Audit keeps a record for good. A command that cannot be recorded is not sent.
	Audit func(ctx context.Context, r Record) error
	Now   func() time.Time

	mu   sync.Mutex
	last map[[3]string]time.Time // park, device, name → when it was last sent
}

// Set sends a command and returns what the device reads back. Errors wrap
// connector.ErrRefused and ErrNotSent when nothing was sent, and otherwise the driver's sentinel, or
// connector.ErrProtocol and ErrDiffers when the read-back differs by more than the tolerance. The rate counts from sending, whatever came of it; it is kept in memory and
// starts anew with the process.
func (g *Gate) Set(ctx context.Context, c Command) (readBack float64, err error) {
	device, grant, err := g.allowed(c)
	if err != nil {
		return 0, g.refuse(ctx, c, err)
	}
	if err := g.Audit(ctx, Record{At: g.Now(), Command: c, Outcome: Sent}); err != nil {
		return 0, fmt.Errorf("%w: %w: %s: the audit does not take it: %w", connector.ErrRefused, ErrNotSent, c, err)
	}
	readBack, known, err := g.send(ctx, device, grant, c)
	r := Record{At: g.Now(), Command: c, Outcome: Done}
	if known {
		r.ReadBack = &readBack
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", c, err)
		r.Outcome, r.Error = Failed, err.Error()
	}
	// The command is out: its outcome is recorded though the caller has gone away.
	if late := g.Audit(context.WithoutCancel(ctx), r); late != nil {
		err = errors.Join(err, fmt.Errorf("%s: its outcome (%s) is not in the audit: %w", c, r.Outcome, late))
	}
	return readBack, err
}

// String is the command in short, for messages.
func (c Command) String() string {
	return fmt.Sprintf("command %.60q = %v to device %.60q of park %.60q", c.Name, c.Value, c.Device, c.Park)
}

// bears is by how much the read-back may differ.
func (c Command) bears(grant connector.Grant) float64 {
	bears := tolerance * (grant.Max - grant.Min)
	if c.Tolerance > 0 {
		bears = c.Tolerance
	}
	return max(bears, 1e-6*math.Abs(c.Value))
}

// refuse records a refusal.
func (g *Gate) refuse(ctx context.Context, c Command, why error) error {
	err := fmt.Errorf("%w: %w: %s: %w", connector.ErrRefused, ErrNotSent, c, why)
	if late := g.Audit(ctx, Record{At: g.Now(), Command: c, Outcome: Refused, Error: err.Error()}); late != nil {
		err = errors.Join(err, fmt.Errorf("the refusal is not in the audit: %w", late))
	}
	return err
}

// allowed checks a command against the grants and takes its place in the rate.
func (g *Gate) allowed(c Command) (connector.Device, connector.Grant, error) {
	none := func(format string, a ...any) (connector.Device, connector.Grant, error) {
		return connector.Device{}, connector.Grant{}, fmt.Errorf(format, a...)
	}
	for _, text := range []string{c.Park, c.Device, c.Name, c.Who, c.Approval} {
		if text == "" || len(text) > maxText {
			return none("park, device, name, who and approval are required, each at most %d bytes", maxText)
		}
	}
	device, ok := g.Devices(c.Park, c.Device)
	if !ok || device.Disabled {
		return none("there is no such device in service")
	}
	i := slices.IndexFunc(device.Write, func(w connector.Grant) bool { return w.Name == c.Name })
	if i < 0 {
		return none("the device list grants no write of it; add it under write of the device")
	}
	grant := device.Write[i]
	if !(c.Value >= grant.Min && c.Value <= grant.Max) { // false for not-a-number too
		return none("granted is %v to %v", grant.Min, grant.Max)
	}
	if g.Drivers[device.Protocol] == nil {
		return none("protocol %s cannot write", device.Protocol)
	}
	if wait := g.reserve(c, grant.Every); wait > 0 {
		return none("at most one write in %s; next in %s", grant.Every, wait.Round(time.Second/10))
	}
	return device, grant, nil
}

// reserve takes the place of a command in its rate, or says how long to wait.
func (g *Gate) reserve(c Command, every time.Duration) (wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key, now := [3]string{c.Park, c.Device, c.Name}, g.Now()
	if last, sent := g.last[key]; sent && now.Sub(last) < every {
		return every - now.Sub(last)
	}
	if g.last == nil {
		g.last = make(map[[3]string]time.Time)
	}
	g.last[key] = now
	return 0
}

// send runs the driver within the grant's time and compares what it reads back.
func (g *Gate) send(ctx context.Context, device connector.Device, grant connector.Grant, c Command) (readBack float64, known bool, err error) {
	timeout := grant.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, min(timeout, longestTimeout))
	defer cancel()
	type answer struct {
		value float64
		err   error
	}
	answers := make(chan answer, 1) // a driver that comes late still ends
	go func() {
		v, err := g.Drivers[device.Protocol].Write(ctx, device, c.Name, c.Value)
		answers <- answer{v, err}
	}()
	select {
	case <-ctx.Done():
		return 0, false, fmt.Errorf("%w: not answered within %s; whether it was set is not known, read the device", connector.ErrUnreachable, timeout)
	case a := <-answers:
		if a.err != nil {
			return 0, false, a.err
		}
		if math.Abs(a.value-c.Value) > c.bears(grant) {
			return a.value, true, fmt.Errorf("%w: %w: it reads back %v", connector.ErrProtocol, ErrDiffers, a.value)
		}
		return a.value, true, nil
	}
}
