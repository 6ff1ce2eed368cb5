// Package meter holds points, registers, samples, readings and their quality:
// what a meter is and what it said, before anything is made of it.
package meter

import (
	"errors"
	"fmt"
	"time"
)

// ErrRegister marks a register whose description cannot be settled.
var ErrRegister = errors.New("meter: register")

// Kind says what a register's value means.
type Kind string

// The kinds of register.
const (
	// Counter is a cumulative count, such as a meter's kWh display.
	Counter Kind = "counter"
	// Amount is the amount of the interval [At−Span, At).
	Amount Kind = "amount"
	// MeanPower is the average rate over [At−Span, At); amount = value × Span.
	MeanPower Kind = "mean_power"
	// Power is an instantaneous rate, integrated by the trapezoidal rule.
	Power Kind = "power"
	// State is a state or a property (power factor, temperature, on/off): not settled into an amount.
	State Kind = "state"
)

// Kinds lists every kind in the order of documentation.
var Kinds = []Kind{Counter, Amount, MeanPower, Power, State}

// Quality says where a settled interval's amount comes from.
type Quality uint8

// The qualities of a usage, from none to best known.
const (
	Missing   Quality = 0 // no amount is known: a gap, never a zero
	Measured  Quality = 1 // from readings alone
	Estimated Quality = 2 // filled by a stated rule
	Edited    Quality = 3 // set by a person, with name and reason
)

// Suspect is a bit beside the quality: measured, yet a validation rule fired.
const Suspect Quality = 0x10

// Base strips the flags from q.
func (q Quality) Base() Quality { return q & 0x0f }

// String is the quality's word: measured, estimated, edited or missing.
func (q Quality) String() string {
	switch q.Base() {
	case Measured:
		return "measured"
	case Estimated:
		return "estimated"
	case Edited:
		return "edited"
	}
	return "missing"
}

// Register describes one value series of a point and how to settle it.
type Register struct {
	Key        string        // "point.register", unique in the park
	Kind       Kind          // what a value means
	Carrier    string        // electricity, natural_gas, …; empty for a State
	Unit       string        // unit of a value as read (kWh, W, m3, …)
	SettleUnit string        // unit of the settled amount (kWh for electricity, …)
	Multiplier float64       // CT × PT × scale; 1 when readings are in primary units
	Digits     int           // counter: digits before the decimal point; rolls over at 10^Digits
	Step       time.Duration // expected cadence; 0 when readings come as they come
	Min, Max   *float64      // plausible range of an amount per hour in SettleUnit; nil = unbounded
	Events     bool          // amounts of single events (charging sessions): no readings means no use
	ValidFrom  time.Time     // in service from (UTC); zero = always
	ValidTo    time.Time     // out of service from (UTC); zero = never
	Exchanges  []Exchange    // meter exchanges, in time order
	Parent     string        // key of the parent meter for the sum check; empty = none
}

// Exchange is the replacement of a meter: the old one's last display and the new
// one's first, both in the register's unit.
type Exchange struct {
	At    time.Time
	Last  float64
	First float64
}

// Check says what keeps the register from being settled.
func (r Register) Check() error {
	switch {
	case r.Key == "":
		return fmt.Errorf("%w: it has no key", ErrRegister)
	case r.Multiplier == 0 && r.Kind != State:
		return fmt.Errorf("%w %s: multiplier is 0; write 1 when readings are in primary units", ErrRegister, r.Key)
	case r.Kind == Counter && (r.Digits < 0 || r.Digits > 15):
		return fmt.Errorf("%w %s: %d digits; 1 to 15, or 0 when the counter never rolls over", ErrRegister, r.Key, r.Digits)
	}
	for _, k := range Kinds {
		if k == r.Kind {
			return nil
		}
	}
	return fmt.Errorf("%w %s: kind %q; one of %v", ErrRegister, r.Key, r.Kind, Kinds)
}

// Track is a run of one register's readings in time order, column by column, the
// form in which the series store keeps them and the usage engine settles them.
// All columns have the same length. A Track handed to a callback is only valid
// until the callback returns.
type Track struct {
	Key      string
	At       []int64   // end of the interval or instant of the value, Unix milliseconds UTC, strictly rising
	Span     []int32   // length of the interval that ends at At, seconds; 0 for instants and counters
	Value    []float64 // in the register's unit
	Revision []uint16  // 0 as first stored, 1.. for corrections; nil when all are 0
}

// Len is the number of readings.
func (t Track) Len() int { return len(t.At) }

// Slice is the part [i, j) of the track, sharing its memory.
func (t Track) Slice(i, j int) Track {
	t.At, t.Span, t.Value = t.At[i:j], t.Span[i:j], t.Value[i:j]
	if t.Revision != nil {
		t.Revision = t.Revision[i:j]
	}
	return t
}

// Query asks for the readings of registers of a park in [From, To), Unix
// milliseconds UTC of At, as they were known at a recorded time.
type Query struct {
	Park      string
	Keys      []string // empty: all of the park
	From, To  int64
	AsKnownAt int64 // Unix milliseconds; 0 = now
}
