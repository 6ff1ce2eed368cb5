package node

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"lingtan/dispatch"
	"lingtan/dispatch/dispatchfile"
	"lingtan/forecast/outlook"
	"lingtan/park"
	"lingtan/park/layout"
	"lingtan/tariff"
)

// dispatchRef stands in a document for a series: a forecast of what is metered, or the
// prices of the park's tariff. Docs: docs/guides/dispatch.md.
type dispatchRef struct {
	Ref          string   `json:"$ref"`         // forecast, tariff
	Of           string   `json:"of"`           // forecast: load, pv, demand, carbon
	Organization string   `json:"organization"` // forecast
	Point        string   `json:"point"`        // forecast
	Scale        *float64 `json:"scale"`        // forecast; left out: 1, and 0.001 for carbon, which is forecast in g/kWh
	Floating     *float64 `json:"floating"`     // tariff: money per kWh that floats with the class
	Fixed        float64  `json:"fixed"`        // tariff: money per kWh that does not
	Tariff       string   `json:"tariff"`       // tariff: its id in the park file; the first of electricity where left out
}

// check is what is wrong with a reference before anything is looked up.
func (r dispatchRef) check() error {
	switch {
	case r.Ref == "forecast" && !slices.Contains(outlook.Kinds(), r.Of):
		return fmt.Errorf("of: %.40q; one of %v", r.Of, outlook.Kinds())
	case r.Ref == "forecast" && r.Scale != nil && !(math.Abs(*r.Scale) <= 1e6):
		return fmt.Errorf("scale: %g; within a million", *r.Scale)
	case r.Ref == "tariff" && (r.Floating == nil || !(*r.Floating > 0 && *r.Floating <= 100) || !(r.Fixed >= 0 && r.Fixed <= 100)):
		return fmt.Errorf("floating: missing or out of range; the part of your price that floats with the class, above 0 per kWh, and fixed, from 0")
	case r.Ref != "forecast" && r.Ref != "tariff":
		return fmt.Errorf("$ref: %.40q; forecast or tariff", r.Ref)
	}
	return nil
}

// finder is the series of a reference, a value a step.
type finder func(r dispatchRef, steps int) ([]float64, dispatchInput, error)

// dispatchProblem is a document with its references filled in for a horizon.
func (n *Node) dispatchProblem(ctx context.Context, l *layout.Layout, text []byte, begin time.Time) (*dispatch.Problem, []dispatchInput, error) {
	times, err := dispatchTimes(text, begin)
	if err != nil {
		return nil, nil, err
	}
	filled, inputs, err := fillDispatch(text, func(r dispatchRef, _ int) ([]float64, dispatchInput, error) {
		if err := r.check(); err != nil {
			return nil, dispatchInput{}, err
		}
		if r.Ref == "tariff" {
			return tariffSeries(l, r, times)
		}
		return n.forecastSeries(ctx, l, r, times)
	})
	if err != nil {
		return nil, nil, err
	}
	p, err := dispatchfile.Parse(filled)
	return p, inputs, err
}

// dispatchTimes are the beginnings of the steps, and the end of the last.
func dispatchTimes(text []byte, begin time.Time) ([]time.Time, error) {
	var d struct {
		Steps int             `json:"steps"`
		Hours dispatch.Series `json:"hours"`
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("%w: %w", dispatchfile.ErrFormat, err)
	}
	if len(d.Hours) == 1 && d.Steps > 1 && d.Steps <= 40_000 {
		d.Hours = slices.Repeat(d.Hours, d.Steps)
	}
	times, at := []time.Time{begin}, 0.0
	for _, h := range d.Hours {
		if !(h > 0 && h <= 168) {
			return nil, fmt.Errorf("%w: hours: %g; above 0, up to 168", dispatchfile.ErrFormat, h)
		}
		at += h
		times = append(times, begin.Add(time.Duration(math.Round(at*3600))*time.Second))
	}
	return times, nil
}

// fillDispatch puts series in place of references, in the order of their paths.
func fillDispatch(text []byte, find finder) ([]byte, []dispatchInput, error) {
	var tree map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil || d.More() {
		return nil, nil, fmt.Errorf("%w: not one JSON object: %v", dispatchfile.ErrFormat, err)
	}
	times, err := dispatchTimes(text, time.Time{})
	if err != nil {
		return nil, nil, err
	}
	f := &filling{find: find, steps: len(times) - 1, inputs: []dispatchInput{}}
	out, err := f.value("", tree, 0)
	if err != nil {
		return nil, nil, err
	}
	if len(f.missing) > 0 {
		return nil, nil, fmt.Errorf("%w: missing: %s; fill them in, or leave the key out where it may be", dispatchfile.ErrFormat, strings.Join(f.missing, ", "))
	}
	if len(f.inputs) == 0 {
		return text, f.inputs, nil // as it was written, so that lines of faults are right
	}
	filled, err := json.MarshalIndent(out, "", " ")
	return filled, f.inputs, err
}

type filling struct {
	find    finder
	steps   int
	inputs  []dispatchInput
	missing []string // paths of what is null
}

func (f *filling) value(path string, v any, depth int) (any, error) {
	if depth > 20 {
		return nil, fmt.Errorf("%w: %s: nested too deeply", dispatchfile.ErrFormat, path)
	}
	switch x := v.(type) {
	case nil:
		f.missing = append(f.missing, strings.TrimPrefix(path, "."))
	case map[string]any:
		if _, ok := x["$ref"]; ok {
			return f.reference(path, x)
		}
		for _, k := range slices.Sorted(maps.Keys(x)) {
			if err := f.into(path+"."+k, x[k], depth, func(v any) { x[k] = v }); err != nil {
				return nil, err
			}
		}
	case []any:
		for i := range x {
			if err := f.into(fmt.Sprintf("%s[%d]", path, i), x[i], depth, func(v any) { x[i] = v }); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func (f *filling) into(path string, v any, depth int, set func(any)) error {
	out, err := f.value(path, v, depth+1)
	if err == nil {
		set(out)
	}
	return err
}

func (f *filling) reference(path string, x map[string]any) (any, error) {
	if len(f.inputs) >= 500 {
		return nil, fmt.Errorf("%w: more than 500 references", dispatchfile.ErrFormat)
	}
	path = strings.TrimPrefix(path, ".")
	for _, k := range slices.Sorted(maps.Keys(x)) {
		if x[k] == nil {
			f.missing = append(f.missing, path+"."+k)
		}
	}
	if len(f.missing) > 0 {
		return x, nil
	}
	written, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	var r dispatchRef
	d := json.NewDecoder(bytes.NewReader(written))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", dispatchfile.ErrFormat, path, err)
	}
	values, in, err := f.find(r, f.steps)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", dispatchfile.ErrFormat, path, err)
	}
	in.Path, in.From = path, r.Ref
	f.inputs = append(f.inputs, in)
	return values, nil
}

// tariffSeries is the price of the park's tariff at the beginning of each step.
func tariffSeries(l *layout.Layout, r dispatchRef, times []time.Time) ([]float64, dispatchInput, error) {
	var in dispatchInput
	i := slices.IndexFunc(l.Document.Tariffs, func(t park.Tariff) bool {
		return t.Carrier == "electricity" && t.Pattern != "" && (r.Tariff == "" || r.Tariff == t.ID)
	})
	if i < 0 {
		return nil, in, fmt.Errorf("the park file has no tariff %q of electricity with a day pattern", r.Tariff)
	}
	t := l.Document.Tariffs[i]
	book, err := tariff.Builtin()
	if err != nil {
		return nil, in, err
	}
	q := tariff.Query{Region: t.Pattern, Categories: []string{t.Category}, AnyYear: true}
	values := make([]float64, len(times)-1)
	for k := range values {
		if _, values[k], err = book.PriceAt(q, times[k].In(l.Zone), *r.Floating, r.Fixed); err != nil {
			return nil, in, err
		}
	}
	in.About = t.ID
	in.ZH = fmt.Sprintf("%s分时电价（%s），浮动部分 %g、固定部分 %g 每千瓦时；时段与比例待核实", t.Pattern, t.Category, *r.Floating, r.Fixed)
	in.EN = fmt.Sprintf("time-of-use tariff of %s (%s), floating %g and fixed %g per kWh; periods and ratios to be confirmed", t.Pattern, t.Category, *r.Floating, r.Fixed)
	return values, in, nil
}

// forecastSeries is the mean forecast over each step, kW or kg a kWh.
func (n *Node) forecastSeries(ctx context.Context, l *layout.Layout, r dispatchRef, times []time.Time) ([]float64, dispatchInput, error) {
	var in dispatchInput
	o, err := n.Outlook(ctx, outlook.Question{Park: l.Document.Park.ID, Of: r.Of, Organization: r.Organization, Point: r.Point,
		Horizon: times[len(times)-1].Sub(times[0]), Step: l.Grid.Step, Origin: times[0]})
	if err != nil {
		return nil, in, err
	}
	scale := 1.0
	if r.Of == outlook.Carbon {
		scale = 1e-3 // it is told in grams
	}
	if r.Scale != nil {
		scale = *r.Scale
	}
	values := make([]float64, len(times)-1)
	for k := range values {
		var sum, count float64
		for _, s := range o.Forecast.Steps {
			if !s.Time.Before(times[k]) && s.Time.Before(times[k+1]) && s.Mean != nil {
				sum += *s.Mean
				count++
			}
		}
		if count == 0 {
			return nil, in, fmt.Errorf("no forecast of %s at %s", r.Of, times[k].In(l.Zone).Format(time.RFC3339))
		}
		values[k] = scale * sum / count
		if r.Of == outlook.Load || r.Of == outlook.PV {
			values[k] = math.Max(0, values[k])
		}
	}
	in.About = r.Of
	at := o.DataEnd.In(l.Zone).Format("2006-01-02 15:04")
	in.ZH = fmt.Sprintf("预测 %s（%s），模型 %s，数据至 %s", o.Name.ZH, o.Forecast.Unit, o.Forecast.Model, at)
	in.EN = fmt.Sprintf("forecast of %s (%s) by %s, data up to %s", o.Name.EN, o.Forecast.Unit, o.Forecast.Model, at)
	return values, in, nil
}
