// Package connector is the contract of the doors by which devices reach Lingtan:
// what a driver gets, what it hands on, and what it may do besides.
//
// A driver turns a protocol into samples and knows nothing of parks, points or
// stores. It hands samples to a Sink, and may acknowledge them to their sender only
// when Admit has returned without error: acknowledged means durable.
package connector

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Sentinels that drivers wrap, so that commands, metrics and the console tell them apart.
var (
	ErrConfig      = errors.New("connector: the device is configured wrongly")
	ErrUnreachable = errors.New("connector: the device does not answer")
	ErrProtocol    = errors.New("connector: the device answers against its protocol")
	ErrRefused     = errors.New("connector: refused") // credentials, allow-list, range, limit
	ErrBusy        = errors.New("connector: too much at once; send again later")
)

// Sample is one value as a device sent it.
type Sample struct {
	Device string        // the device's id in the list, or the name that it gave itself
	Via    string        // id of the listed device that handed it on and names Device, such as a gateway; empty = Device itself
	Name   string        // name of the value at the device: of its profile, or its telemetry key
	At     time.Time     // end of the interval or instant of the value; zero = when it came
	Span   time.Duration // interval that ends at At, whole seconds; 0 for counters and instants
	Value  float64
}

// Receipt says what became of samples that were admitted.
type Receipt struct {
	Stored     int `json:"stored"`
	Duplicates int `json:"duplicates"` // exactly as stored already
	Corrected  int `json:"corrected"`  // another value for a known time
	Unmapped   int `json:"unmapped"`   // of no known point: kept in the list to be mapped
	Refused    int `json:"refused"`    // no number, impossible time, over a limit; counted by reason
}

// Sink admits samples of a park. Admit returns when they are durable. It waits when
// there is too much (back-pressure) as long as ctx allows, then gives ErrBusy and
// nothing of the call was taken. A sample that is wrong in itself is counted as
// Refused and does not hold up the others.
type Sink interface {
	Admit(ctx context.Context, park string, samples []Sample) (Receipt, error)
}

// Device is a device of a park's list.
type Device struct {
	ID       string            `yaml:"id" json:"id"`             // of letters, digits, "_", "-", "."; unique in the park
	Park     string            `yaml:"-" json:"park"`            // whose list it is in
	Protocol string            `yaml:"protocol" json:"protocol"` // modbus, dlt645, cjt188, hj212, opcua, iec104, mqtt, http, ocpp, file, pull, gateway
	Address  string            `yaml:"address,omitempty" json:"address,omitempty"`
	Profile  string            `yaml:"profile,omitempty" json:"profile,omitempty"`   // id of a device profile
	Interval time.Duration     `yaml:"interval,omitempty" json:"interval,omitempty"` // between polls
	Options  map[string]string `yaml:"options,omitempty" json:"options,omitempty"`   // of the protocol, documented in its README
	Token    string            `yaml:"token,omitempty" json:"-"`                     // SHA-256, hexadecimal, of the credential it pushes with
	Map      map[string]string `yaml:"map,omitempty" json:"map,omitempty"`           // name of a value → register key of the park
	Write    []Grant           `yaml:"write,omitempty" json:"write,omitempty"`       // what may be set at it; empty = nothing
	Gateway  string            `yaml:"gateway,omitempty" json:"gateway,omitempty"`   // id of the listed device that alone may hand its samples on
	Disabled bool              `yaml:"disabled,omitempty" json:"disabled,omitempty"`
}

// Grant allows a value of a device to be set, within a range and not too often.
type Grant struct {
	Name    string        `yaml:"name" json:"name"`
	Min     float64       `yaml:"min" json:"min"`
	Max     float64       `yaml:"max" json:"max"`
	Every   time.Duration `yaml:"every" json:"every"`     // at most one write in this time
	Timeout time.Duration `yaml:"timeout" json:"timeout"` // for write and read-back together; 0 = 5 s
}

// Devices tells a driver its devices and when they change.
type Devices interface {
	// List is the enabled devices of a protocol, of all parks.
	List(protocol string) []Device
	// Changed is closed at the next change of any list; ask for a new one after.
	Changed() <-chan struct{}
}

// Status is how a device does, as its driver last saw it.
type Status struct {
	Park    string        `json:"park"`
	Device  string        `json:"device"`
	At      time.Time     `json:"at"`
	OK      bool          `json:"ok"`
	Error   string        `json:"error,omitempty"` // what is wrong and what to do
	Latency time.Duration `json:"latency"`
	Lag     time.Duration `json:"lag"` // of the device's clock or of its newest sample behind ours
	Samples int64         `json:"samples"`
}

// Environment is what a driver runs in.
type Environment struct {
	Devices Devices
	Sink    Sink
	Report  func(Status) // never nil
	Log     *slog.Logger // never nil
	Now     func() time.Time
	Dir     string // a folder of the driver's own for what it must remember; may be empty in tests
}

// Driver speaks one protocol with all its devices in one process.
type Driver interface {
	// Protocol is the word of the device list.
	Protocol() string
	// Run serves the devices until ctx ends, follows changes of the list without a
	// restart, and backs off from a device that fails without holding up others. It
	// returns nil when ctx ends, or an error when it cannot run at all (a port in use).
	Run(ctx context.Context, env Environment) error
}

// Reader is a driver that can read a device once, before anything is stored.
type Reader interface {
	Read(ctx context.Context, d Device) ([]Sample, error)
}

// Counter is a driver that counts what it did, for metrics and the console.
type Counter interface {
	// Counts are sums since the driver was made, by what is counted: a name of lower-case
	// letters, digits and "_", such as frames_refused.
	Counts() map[string]int64
}

// Found is a device that was detected at an address.
type Found struct {
	Address string            `json:"address"`
	Options map[string]string `json:"options,omitempty"`
	Profile string            `json:"profile,omitempty"` // that fits, where one was recognised
	Detail  string            `json:"detail"`
}

// Detector is a driver that can look for devices at an address.
type Detector interface {
	Detect(ctx context.Context, address string) ([]Found, error)
}

// Writer is a driver that can set a value of a device. It writes and reads back;
// what it read back is returned also with an error. It checks nothing but its own
// protocol: allow-list, range and rate are checked before it (see Outward).
type Writer interface {
	Write(ctx context.Context, d Device, name string, value float64) (readBack float64, err error)
}
