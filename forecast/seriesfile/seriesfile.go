// Package seriesfile reads a series with its covariates from CSV or JSON, to be forecast;
// docs/formats/forecast.md describes both forms.
package seriesfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"lingtan/forecast"
	"lingtan/period"
)

// ErrFormat marks a series file that cannot be read; the error tells the line or the path of
// the fault.
var ErrFormat = errors.New("series file")

// Format names the JSON form.
const Format = "lingtan.forecast/v1"

// MaxBytes is the size that a series file may have, unpacked.
const MaxBytes = 128 << 20

// Options say what the columns of a CSV file are, and what it does not tell itself. Fields that
// are set override what a JSON file says.
type Options struct {
	Time     string         // column of the times; default the first
	Value    string         // column to forecast; default the second
	Columns  []string       // covariates; default all others. A name that is not there is an error
	Ahead    []string       // covariates known over the horizon, beside those marked "(ahead)"
	Zone     *time.Location // of times without an offset, and of the calendar; default UTC
	Calendar string         // "china" or "week"; default week
	Holidays []period.Day   // days off besides the calendar's
}

// Parse reads a series file: JSON when its first character is a brace, else CSV. Errors wrap
// ErrFormat.
func Parse(data []byte, opt Options) (forecast.Data, error) {
	if len(data) > MaxBytes {
		return forecast.Data{}, fmt.Errorf("%w: more than %d bytes", ErrFormat, MaxBytes)
	}
	if text := bytes.TrimLeft(data, " \t\r\n"); len(text) > 0 && text[0] == '{' {
		return parseJSON(data, opt)
	}
	return parseCSV(data, opt)
}

type file struct {
	Format     string      `json:"format"`
	Zone       string      `json:"zone"`
	Calendar   string      `json:"calendar"`
	Holidays   []string    `json:"holidays"`
	Series     fileSeries  `json:"series"`
	Covariates []covariate `json:"covariates"`
}

type fileSeries struct {
	Name   string     `json:"name"`
	Unit   string     `json:"unit"`
	Start  string     `json:"start"`
	Step   int        `json:"step_seconds"`
	Values []*float64 `json:"values"`
}

type covariate struct {
	Name   string     `json:"name"`
	Unit   string     `json:"unit"`
	Ahead  bool       `json:"ahead"`
	Values []*float64 `json:"values"`
}

func parseJSON(data []byte, opt Options) (forecast.Data, error) {
	var f file
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		line := 1 + bytes.Count(data[:min(int(d.InputOffset()), len(data))], []byte("\n"))
		return forecast.Data{}, fmt.Errorf("%w: after line %d: %w", ErrFormat, line, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return forecast.Data{}, fmt.Errorf("%w: more text after the file's object", ErrFormat)
	}
	if f.Format != Format {
		return forecast.Data{}, fmt.Errorf("%w: format: %q; this is %s", ErrFormat, f.Format, Format)
	}
	start, err := time.Parse(time.RFC3339, f.Series.Start)
	if err != nil {
		return forecast.Data{}, fmt.Errorf("%w: series.start: %q is no time with an offset, as 2018-01-01T00:00:00+08:00", ErrFormat, f.Series.Start)
	}
	if err := f.settle(&opt); err != nil {
		return forecast.Data{}, err
	}
	out := forecast.Data{Series: forecast.Series{Name: f.Series.Name, Unit: f.Series.Unit, Start: start, Step: time.Duration(f.Series.Step) * time.Second, Values: values(f.Series.Values)}}
	for _, c := range f.Covariates {
		out.Covariates = append(out.Covariates, forecast.Covariate{Name: c.Name, Unit: c.Unit, Ahead: c.Ahead, Values: values(c.Values)})
	}
	return out, opt.days(&out)
}

// settle takes over what the file says and the options do not.
func (f *file) settle(opt *Options) error {
	if opt.Zone == nil && f.Zone != "" {
		zone, err := time.LoadLocation(f.Zone)
		if err != nil {
			return fmt.Errorf("%w: zone: %w", ErrFormat, err)
		}
		opt.Zone = zone
	}
	if opt.Calendar == "" {
		opt.Calendar = f.Calendar
	}
	for i, h := range f.Holidays {
		day, err := period.ParseDay(h)
		if err != nil {
			return fmt.Errorf("%w: holidays[%d]: %w", ErrFormat, i, err)
		}
		opt.Holidays = append(opt.Holidays, day)
	}
	return nil
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

// days puts zone and calendar on the data.
func (o *Options) days(d *forecast.Data) error {
	d.Zone = o.Zone
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	listed := forecast.Listed{}
	for _, day := range o.Holidays {
		listed[day] = true
	}
	switch o.Calendar {
	case "", "week":
		d.Calendar = listed
	case "china":
		d.Calendar = both{listed}
	default:
		return fmt.Errorf("%w: calendar: there is no %q; china or week", ErrFormat, o.Calendar)
	}
	return nil
}

// both is China's calendar with days off of one's own.
type both struct{ own forecast.Listed }

// Rests implements forecast.Calendar.
func (b both) Rests(day period.Day) (rests, known bool) {
	if rests, known = b.own.Rests(day); known {
		return rests, known
	}
	return forecast.China{}.Rests(day)
}
