// Package health tells the state of equipment from what was measured of it: a battery's
// remaining capacity and cycles, a machine's hours, starts, efficiency and wear, a
// transformer's losses, hot spot and ageing.
package health

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"lingtan/park"
)

// Format is what a document says that it is.
const Format = "lingtan.health/v1"

// The limits of a document.
const (
	MaxSize    = 64 << 20
	maxSamples = 2_000_000
	maxThings  = 1000
)

// ErrCase is wrapped by errors of a document that cannot be read or evaluated.
var ErrCase = errors.New("equipment health case")

// Document is equipment with its measurements. null is a hole.
type Document struct {
	Format       string        `json:"format"`
	Title        park.Name     `json:"title"`
	Batteries    []Battery     `json:"batteries,omitempty"`
	Machines     []Machine     `json:"machines,omitempty"`
	Transformers []Transformer `json:"transformers,omitempty"`
}

// Report is the state of a document's equipment.
type Report struct {
	Format       string             `json:"format"`
	Title        park.Name          `json:"title"`
	Batteries    []BatteryState     `json:"batteries"`
	Machines     []MachineState     `json:"machines"`
	Transformers []TransformerState `json:"transformers"`
}

// Diagnosis is what a reader should know or do, with its evidence. Level is alert, warns
// or tells.
type Diagnosis struct {
	Code   string    `json:"code"`
	Level  string    `json:"level"`
	Text   park.Name `json:"text"`
	Value  *float64  `json:"value,omitempty"`
	Limit  *float64  `json:"limit,omitempty"`
	From   string    `json:"from,omitempty"` // interval that shows it
	To     string    `json:"to,omitempty"`
	Source string    `json:"source,omitempty"`
}

// Parse reads a document; errors wrap ErrCase.
func Parse(data []byte) (*Document, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: more than %d MiB", ErrCase, MaxSize>>20)
	}
	var d Document
	r := json.NewDecoder(bytes.NewReader(data))
	r.DisallowUnknownFields()
	if err := r.Decode(&d); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCase, err)
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: there is more after the document", ErrCase)
	}
	if d.Format != Format {
		return nil, fmt.Errorf("%w: format %q, want %q", ErrCase, d.Format, Format)
	}
	if n := len(d.Batteries) + len(d.Machines) + len(d.Transformers); n == 0 || n > maxThings {
		return nil, fmt.Errorf("%w: %d batteries, machines and transformers; from 1 to %d", ErrCase, n, maxThings)
	}
	return &d, nil
}

// Evaluate tells the state of all equipment of a document; errors wrap ErrCase.
func (d *Document) Evaluate() (*Report, error) {
	r := &Report{Format: "lingtan.health-result/v1", Title: d.Title, Batteries: []BatteryState{}, Machines: []MachineState{}, Transformers: []TransformerState{}}
	for i := range d.Batteries {
		x, err := d.Batteries[i].State()
		if err != nil {
			return nil, fmt.Errorf("battery %q: %w", d.Batteries[i].ID, err)
		}
		r.Batteries = append(r.Batteries, *x)
	}
	for i := range d.Machines {
		x, err := d.Machines[i].State()
		if err != nil {
			return nil, fmt.Errorf("machine %q: %w", d.Machines[i].ID, err)
		}
		r.Machines = append(r.Machines, *x)
	}
	for i := range d.Transformers {
		x, err := d.Transformers[i].State()
		if err != nil {
			return nil, fmt.Errorf("transformer %q: %w", d.Transformers[i].ID, err)
		}
		r.Transformers = append(r.Transformers, *x)
	}
	return r, nil
}

// Track is equal steps of measurements from a start.
type Track struct {
	Start time.Time `json:"start"`
	Step  int       `json:"stepSeconds"`
}

func (t Track) at(i int) time.Time {
	return t.Start.Add(time.Duration(i) * time.Duration(t.Step) * time.Second)
}

func (t Track) hours() float64 { return float64(t.Step) / 3600 }

// check holds series against a track: one length, a sensible step, figures that can be.
func (t Track) check(series map[string][]*float64, need ...string) (n int, err error) {
	if t.Start.IsZero() || t.Step < 1 || t.Step > 31*86400 {
		return 0, fmt.Errorf("%w: start and stepSeconds (1 to %d) are needed", ErrCase, 31*86400)
	}
	for _, name := range need {
		n = max(n, len(series[name]))
		if len(series[name]) == 0 {
			return 0, fmt.Errorf("%w: %s is missing", ErrCase, name)
		}
	}
	for name, v := range series {
		if len(v) != 0 && len(v) != n || n > maxSamples {
			return 0, fmt.Errorf("%w: %s has %d values, %s has %d; every series has one a step, at most %d", ErrCase, name, len(v), need[0], n, maxSamples)
		}
		for i, x := range v {
			if x != nil && math.Abs(*x) > 1e12 {
				return 0, fmt.Errorf("%w: %s: the value %g at %s cannot be", ErrCase, name, *x, t.at(i).Format(time.RFC3339))
			}
		}
	}
	return n, nil
}

func number(x float64) *float64 { return &x }
