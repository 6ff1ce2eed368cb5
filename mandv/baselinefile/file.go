// Package baselinefile is the written form of a measurement and verification case:
// lingtan.savings/v1, a JSON document of a baseline, a reporting period and a normal year.
package baselinefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"lingtan/mandv"
	"lingtan/park"
	"lingtan/period"
	"lingtan/quantity"
)

// Format is what a document says that it is.
const Format = "lingtan.savings/v1"

// MaxSize is the most bytes of a document.
const MaxSize = 32 << 20

// ErrFormat is wrapped by errors of a document that cannot be read.
var ErrFormat = errors.New("savings file")

// Document is a case as it is written. null is a hole.
type Document struct {
	Format      string       `json:"format"`
	ID          string       `json:"id,omitempty"`
	Measure     string       `json:"measure,omitempty"` // id of the measure or dispatch that is followed
	Title       park.Name    `json:"title"`
	Option      string       `json:"option"` // IPMVP: B or C
	Model       string       `json:"model,omitempty"`
	Carrier     string       `json:"carrier,omitempty"`
	Unit        string       `json:"unit"`
	Temperature string       `json:"temperatureUnit,omitempty"` // °C (default) or °F
	Zone        string       `json:"zone,omitempty"`            // default UTC
	Confidence  float64      `json:"confidence,omitempty"`      // default 0.9
	Weekends    bool         `json:"weekends,omitempty"`
	ZeroMissing *bool        `json:"zeroIsMissing,omitempty"` // default: option C and electricity
	Baseline    Span         `json:"baseline"`
	Reporting   *Span        `json:"reporting,omitempty"`
	Normal      *Span        `json:"normal,omitempty"`
	Adjustments []Adjustment `json:"adjustments,omitempty"`
}

// Span is equal intervals from a first day, or hour by hour from a start.
type Span struct {
	Start       string     `json:"start"` // YYYY-MM-DD of civil days; RFC 3339 or YYYY-MM-DD of hours
	Step        string     `json:"step"`  // day or hour
	Energy      []*float64 `json:"energy,omitempty"`
	Meters      []Meter    `json:"meters,omitempty"` // of option B: their sum is the energy
	Temperature []*float64 `json:"temperature,omitempty"`
	Drivers     []Driver   `json:"drivers,omitempty"`
}

// Meter is one of several that measure the boundary.
type Meter struct {
	ID     string     `json:"id"`
	Unit   string     `json:"unit"`
	Sign   float64    `json:"sign,omitempty"` // 1 (default) in, -1 out of the boundary
	Values []*float64 `json:"values"`
}

// Driver is a relevant variable besides weather.
type Driver struct {
	Name   string     `json:"name"`
	Unit   string     `json:"unit"`
	Values []*float64 `json:"values"`
}

// Adjustment is a non-routine adjustment that a person states.
type Adjustment struct {
	Period   string  `json:"period"`
	First    string  `json:"first"`
	Last     string  `json:"last"`
	Amount   float64 `json:"amountPerDay"`
	Reason   string  `json:"reason"`
	By       string  `json:"by"`
	Evidence string  `json:"evidence,omitempty"`
}

// Parse reads a document. Errors wrap ErrFormat or mandv.ErrCase.
func Parse(data []byte) (*mandv.Case, error) {
	d, err := Read(data)
	if err != nil {
		return nil, err
	}
	return d.Case()
}

// Read reads a document as it is written. Errors wrap ErrFormat.
func Read(data []byte) (*Document, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: more than %d MiB", ErrFormat, MaxSize>>20)
	}
	var d Document
	r := json.NewDecoder(bytes.NewReader(data))
	r.DisallowUnknownFields()
	if err := r.Decode(&d); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: there is more after the document", ErrFormat)
	}
	if d.Format != Format {
		return nil, fmt.Errorf("%w: format %q, want %q", ErrFormat, d.Format, Format)
	}
	return &d, nil
}

// Case is the case that a document describes.
func (d *Document) Case() (*mandv.Case, error) {
	c := &mandv.Case{ID: d.ID, Measure: d.Measure, Title: d.Title, Option: d.Option, Model: d.Model, Carrier: d.Carrier, Unit: d.Unit,
		Confidence: d.Confidence, Weekends: d.Weekends, ZeroMissing: d.Option == "C" && d.Carrier == "electricity"}
	if d.ZeroMissing != nil {
		c.ZeroMissing = *d.ZeroMissing
	}
	switch d.Temperature {
	case "", "°C", "degC", "℃":
	case "°F", "degF", "℉":
		c.Fahrenheit = true
	default:
		return nil, fmt.Errorf("%w: temperatureUnit %q: °C or °F", ErrFormat, d.Temperature)
	}
	if d.Unit == "" {
		return nil, fmt.Errorf("%w: the unit of energy is missing, as kWh", ErrFormat)
	}
	zone, err := time.LoadLocation(d.Zone)
	if err != nil || d.Zone == "Local" {
		return nil, fmt.Errorf("%w: zone %q is no time zone, as Asia/Shanghai", ErrFormat, d.Zone)
	}
	base, err := d.Baseline.span("baseline", d.Unit, zone)
	if err != nil {
		return nil, err
	}
	c.Baseline = *base
	if c.Reporting, err = d.Reporting.span("reporting", d.Unit, zone); err != nil {
		return nil, err
	}
	if c.Normal, err = d.Normal.span("normal", d.Unit, zone); err != nil {
		return nil, err
	}
	for i, a := range d.Adjustments {
		x, err := a.adjustment(zone)
		if err != nil {
			return nil, fmt.Errorf("%w: adjustment %d: %w", ErrFormat, i+1, err)
		}
		c.Adjustments = append(c.Adjustments, x)
	}
	return c, nil
}

func (a Adjustment) adjustment(zone *time.Location) (mandv.Adjustment, error) {
	x := mandv.Adjustment{Period: a.Period, From: a.First, To: a.Last, Amount: a.Amount, Reason: a.Reason, By: a.By, Evidence: a.Evidence}
	first, err := period.ParseDay(a.First)
	if err != nil {
		return x, err
	}
	last, err := period.ParseDay(a.Last)
	if err != nil {
		return x, err
	}
	x.First, x.Last = first.Start(zone), last.Start(zone)
	return x, nil
}

// span reads a span; nil stays nil.
func (s *Span) span(name, unit string, zone *time.Location) (*mandv.Span, error) {
	if s == nil {
		return nil, nil
	}
	x := &mandv.Span{}
	switch s.Step {
	case "day":
	case "hour":
		x.Hourly = true
	default:
		return nil, fmt.Errorf("%w: %s: step %q: day or hour", ErrFormat, name, s.Step)
	}
	at, err := time.ParseInLocation(time.DateOnly, s.Start, zone)
	if err != nil && x.Hourly {
		at, err = time.Parse(time.RFC3339, s.Start)
	}
	if err != nil || at.Year() < 1900 || at.Year() > 2200 {
		return nil, fmt.Errorf("%w: %s: start %.40q: a day as 2018-01-01, of hours also a time as 2018-01-01T08:00:00+08:00", ErrFormat, name, s.Start)
	}
	x.Start = at.In(zone)
	if x.Energy, err = s.energy(name, unit); err != nil {
		return nil, err
	}
	if s.Temperature != nil {
		x.Temperature = values(s.Temperature)
	}
	for _, d := range s.Drivers {
		x.Drivers = append(x.Drivers, mandv.Driver{Name: d.Name, Unit: d.Unit, Values: values(d.Values)})
	}
	return x, nil
}

// energy is the energy of a boundary, or the sum of its meters; a hole in one is a hole.
func (s *Span) energy(name, unit string) ([]float64, error) {
	if len(s.Meters) == 0 {
		return values(s.Energy), nil
	}
	if len(s.Energy) > 0 || len(s.Meters) > 200 {
		return nil, fmt.Errorf("%w: %s: give energy or meters, at most 200 of them", ErrFormat, name)
	}
	to, err := quantity.Parse(unit)
	if err != nil {
		return nil, fmt.Errorf("%w: unit: %w", ErrFormat, err)
	}
	sum := make([]float64, len(s.Meters[0].Values))
	for _, m := range s.Meters {
		if len(m.Values) != len(sum) {
			return nil, fmt.Errorf("%w: %s: meter %q has %d values, the first meter %d", ErrFormat, name, m.ID, len(m.Values), len(sum))
		}
		sign := m.Sign
		if sign == 0 {
			sign = 1
		}
		if sign != 1 && sign != -1 {
			return nil, fmt.Errorf("%w: %s: meter %q: sign %g: 1 or -1", ErrFormat, name, m.ID, m.Sign)
		}
		from, err := quantity.Parse(m.Unit)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: meter %q: %w", ErrFormat, name, m.ID, err)
		}
		factor, err := quantity.Convert(1, from, to)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: meter %q: %w", ErrFormat, name, m.ID, err)
		}
		for i, v := range values(m.Values) {
			sum[i] += sign * factor * v
		}
	}
	return sum, nil
}

func values(list []*float64) []float64 {
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = math.NaN()
		if v != nil {
			out[i] = *v
		}
	}
	return out
}

// Values are figures as they are written: NaN is null.
func Values(list []float64) []*float64 {
	out := make([]*float64, len(list))
	for i, v := range list {
		if !math.IsNaN(v) {
			out[i] = &v
		}
	}
	return out
}
