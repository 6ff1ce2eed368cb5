// Package control turns an approved plan into set points: within range and ramp, held
// against interlocks and live values, and into a safe state when anything is amiss.
//
// It is a state machine without clock or wires. Tick is told the time and the live
// values and says what to write; Answer is told what came of it; Decide is told what
// people decided. DESIGN.md tells the states and what is guaranteed.
package control

import (
	"errors"
	"fmt"
	"time"
)

// Formats of the files.
const (
	SetupFormat = "lingtan.control/v1"
	PlanFormat  = "lingtan.control-plan/v1"
)

// Errors of this package; test with errors.Is.
var (
	ErrSetup    = errors.New("control: the setup cannot be used")
	ErrPlan     = errors.New("control: the plan cannot be used")
	ErrDecision = errors.New("control: not allowed now")
)

// Duration is a length of time that is written like 30s, 15m or 1h30m.
type Duration time.Duration

// MarshalText writes the duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no duration: write 30s, 15m or 1h", text)
	}
	*d = Duration(v)
	return nil
}

// Setup says what of a park may be controlled, and how. A live value is named
// device/name, as the device gives it.
type Setup struct {
	Format     string      `yaml:"format" json:"format"`
	Assets     []Asset     `yaml:"assets" json:"assets"`                             // 1 to 500
	Interlocks []Interlock `yaml:"interlocks,omitempty" json:"interlocks,omitempty"` // at most 500
	Trims      []Trim      `yaml:"trims,omitempty" json:"trims,omitempty"`           // at most one an asset
	Tick       Duration    `yaml:"tick,omitempty" json:"tick"`                       // between two looks, 1 s to 5 min; 0 = 5 s
	Heartbeat  Duration    `yaml:"heartbeat,omitempty" json:"heartbeat"`             // a server silent for longer loses the plan until a person confirms it; 0 = 5 min
	Recover    Duration    `yaml:"recover,omitempty" json:"recover"`                 // all must be well for so long before a plan is taken up again; 0 = 1 min
}

// Asset is one set point of one device. Value, ramp and tolerances are in Unit.
type Asset struct {
	ID        string   `yaml:"id" json:"id"`
	Device    string   `yaml:"device" json:"device"` // id in the device list, which must grant the write as well
	Write     string   `yaml:"write" json:"write"`   // name of the value that is set
	Unit      string   `yaml:"unit" json:"unit"`
	Min       float64  `yaml:"min" json:"min"`
	Max       float64  `yaml:"max" json:"max"`
	Ramp      float64  `yaml:"ramp" json:"ramp"`                       // most change a minute, above 0
	Every     Duration `yaml:"every,omitempty" json:"every"`           // least time between two writes; 0 = the tick
	Repeat    Duration `yaml:"repeat,omitempty" json:"repeat"`         // an unchanged set point is written again after; 0 = 1 min
	Deadband  float64  `yaml:"deadband,omitempty" json:"deadband"`     // smaller changes are not written; at least the step of the register; 0 = 0.1 % of the range
	Feedback  string   `yaml:"feedback" json:"feedback"`               // live value that shows what the asset does, in Unit
	MaxAge    Duration `yaml:"max_age,omitempty" json:"max_age"`       // an older feedback is stale; 0 = 1 min
	ReadBack  float64  `yaml:"read_back,omitempty" json:"read_back"`   // by which a read-back may differ; 0 = 0.5 % of the range
	Failures  int      `yaml:"failures,omitempty" json:"failures"`     // writes in a row that may fail; 0 = 3
	Safe      Safe     `yaml:"safe" json:"safe"`                       // what to do when in doubt
	Deviation float64  `yaml:"deviation,omitempty" json:"deviation"`   // of feedback from plan where a step says none; 0 = none
	After     Duration `yaml:"deviation_after,omitempty" json:"after"` // how long it may last before a new plan is asked for; 0 = 5 min
}

// Safe is the safe state of an asset: a set point, or the device's own control, to
// which it is left without a further write.
type Safe struct {
	Local bool     `yaml:"local,omitempty" json:"local,omitempty"`
	Value *float64 `yaml:"value,omitempty" json:"value,omitempty"` // where Local is false
}

// Interlock trips assets to their safe state while its condition holds.
type Interlock struct {
	ID     string    `yaml:"id" json:"id"`
	Assets []string  `yaml:"assets,omitempty" json:"assets,omitempty"` // empty = all
	When   Condition `yaml:"when" json:"when"`
	For    Duration  `yaml:"for,omitempty" json:"for"`     // how long it must hold before it trips
	Latch  bool      `yaml:"latch,omitempty" json:"latch"` // once tripped it stays until a person releases the asset
}

// Condition is over one live value; exactly one of Above, Below, Equals and Stale is
// given. A value that is stale fulfils every condition: nothing moves blind.
type Condition struct {
	Value  string   `yaml:"value" json:"value"` // device/name
	Above  *float64 `yaml:"above,omitempty" json:"above,omitempty"`
	Below  *float64 `yaml:"below,omitempty" json:"below,omitempty"`
	Equals *float64 `yaml:"equals,omitempty" json:"equals,omitempty"`
	Stale  bool     `yaml:"stale,omitempty" json:"stale,omitempty"`
	MaxAge Duration `yaml:"max_age,omitempty" json:"max_age"` // 0 = 1 min
}

// Trim corrects an asset's planned set point by a PI controller so that a live value
// holds a target. Gains are in units of the asset per unit of the value (Kp) and per
// unit and second (Ki); their sign says which way the asset moves the value. With bounds on one side
// of 0 alone the target is a limit: 0 to 200 for a battery that may only discharge more.
type Trim struct {
	ID     string   `yaml:"id" json:"id"`
	Asset  string   `yaml:"asset" json:"asset"`
	Value  string   `yaml:"value" json:"value"` // device/name
	Target float64  `yaml:"target" json:"target"`
	Kp     float64  `yaml:"kp,omitempty" json:"kp"`
	Ki     float64  `yaml:"ki,omitempty" json:"ki"`
	Min    float64  `yaml:"min" json:"min"` // of the correction, at most 0
	Max    float64  `yaml:"max" json:"max"` // at least 0
	MaxAge Duration `yaml:"max_age,omitempty" json:"max_age"`
}

// Plan is what is to be done: set points of assets over time.
type Plan struct {
	Format  string    `yaml:"format" json:"format"`
	ID      string    `yaml:"id" json:"id"`
	Title   string    `yaml:"title,omitempty" json:"title,omitempty"`
	Expires time.Time `yaml:"expires,omitempty" json:"expires"` // no approval from then on; zero = the beginning of the first step
	Confirm Duration  `yaml:"confirm,omitempty" json:"confirm"` // a person must confirm it so often while it runs; 0 = need not
	Steps   []Step    `yaml:"steps" json:"steps"`               // 1 to 50,000; those of one asset do not overlap
}

// Step is a set point of an asset in [From, To).
type Step struct {
	Asset     string    `yaml:"asset" json:"asset"`
	From      time.Time `yaml:"from" json:"from"`
	To        time.Time `yaml:"to" json:"to"`
	Value     float64   `yaml:"value" json:"value"`
	Unit      string    `yaml:"unit" json:"unit"`                     // that of the asset; nothing is converted
	Tolerance float64   `yaml:"tolerance,omitempty" json:"tolerance"` // of the measured value; 0 = the asset's deviation
}

// Reading is a live value and when the device gave it.
type Reading struct {
	Value float64
	At    time.Time
}
