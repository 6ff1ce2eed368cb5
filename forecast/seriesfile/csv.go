package seriesfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lingtan/forecast"
)

// ahead marks the header of a covariate that is known over the horizon.
const ahead = "(ahead)"

// table is a CSV file being read.
type table struct {
	opt    Options
	zone   *time.Location
	clock  int   // column of the times
	column []int // of the value, then of the covariates
	names  []string
	units  []string
	ahead  []bool
	times  []time.Time
	lines  []int
	cells  [][]float64 // by column, then row
}

func parseCSV(data []byte, opt Options) (forecast.Data, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.ReuseRecord = true
	t := &table{opt: opt, zone: opt.Zone}
	if t.zone == nil {
		t.zone = time.UTC
	}
	header, err := r.Read()
	if err != nil {
		return forecast.Data{}, fmt.Errorf("%w: the header: %w", ErrFormat, err)
	}
	if err := t.head(header); err != nil {
		return forecast.Data{}, err
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return forecast.Data{}, fmt.Errorf("%w: %w", ErrFormat, err)
		}
		line, _ := r.FieldPos(0)
		if err := t.row(line, row); err != nil {
			return forecast.Data{}, err
		}
	}
	d, err := t.lay()
	if err != nil {
		return d, err
	}
	return d, opt.days(&d)
}

// head finds the columns.
func (t *table) head(header []string) error {
	names := make([]string, len(header))
	units := make([]string, len(header))
	marked := make([]bool, len(header))
	for i, h := range header {
		h = strings.TrimSpace(h)
		if x, ok := strings.CutSuffix(h, ahead); ok {
			h, marked[i] = strings.TrimSpace(x), true
		}
		if k := strings.LastIndex(h, " ["); k >= 0 && strings.HasSuffix(h, "]") {
			h, units[i] = h[:k], h[k+2:len(h)-1]
		}
		names[i] = h
	}
	find := func(name string, def int) (int, error) {
		if name == "" && def < len(names) {
			return def, nil
		}
		if i := slices.Index(names, name); i >= 0 && name != "" {
			return i, nil
		}
		return 0, fmt.Errorf("%w: line 1: there is no column %q; there are %q", ErrFormat, name, names)
	}
	clock, err := find(t.opt.Time, 0)
	if err != nil {
		return err
	}
	value, err := find(t.opt.Value, 1)
	if err != nil {
		return err
	}
	t.clock, t.column = clock, []int{value}
	for i := range names {
		if t.opt.Columns == nil && i != clock && i != value {
			t.column = append(t.column, i)
		}
	}
	for _, name := range t.opt.Columns {
		i, err := find(name, len(names))
		if err != nil {
			return err
		}
		t.column = append(t.column, i)
	}
	return t.take(names, units, marked, find)
}

// take keeps names, units and marks of the columns that are read.
func (t *table) take(names, units []string, marked []bool, find func(string, int) (int, error)) error {
	if len(t.column)-1 > forecast.MaxCovariates {
		return fmt.Errorf("%w: line 1: %d covariates; at most %d, name those to take", ErrFormat, len(t.column)-1, forecast.MaxCovariates)
	}
	for _, name := range t.opt.Ahead {
		i, err := find(name, len(names))
		if err != nil {
			return err
		}
		marked[i] = true
	}
	for _, c := range t.column {
		t.names, t.units, t.ahead = append(t.names, names[c]), append(t.units, units[c]), append(t.ahead, marked[c])
	}
	t.cells = make([][]float64, len(t.column))
	return nil
}

// layouts are the forms of a time; those without an offset are in the zone.
var layouts = []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly}

func (t *table) row(line int, row []string) error {
	text := strings.TrimSpace(row[t.clock])
	var at time.Time
	err := errors.New("none")
	for _, l := range layouts {
		if at, err = time.ParseInLocation(l, text, t.zone); err == nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("%w: line %d: %q is no time, as 2018-01-01 00:15 or 2018-01-01T00:15:00+08:00", ErrFormat, line, text)
	}
	if n := len(t.times); n > 0 && !at.After(t.times[n-1]) {
		return fmt.Errorf("%w: line %d: %s does not come after the row before it; times rise, give an offset where the clock is set back", ErrFormat, line, text)
	}
	t.times, t.lines = append(t.times, at), append(t.lines, line)
	for k, c := range t.column {
		v, err := number(row[c])
		if err != nil {
			return fmt.Errorf("%w: line %d: %s: %q is no number; leave the cell empty where there is no value", ErrFormat, line, t.names[k], row[c])
		}
		t.cells[k] = append(t.cells[k], v)
	}
	return nil
}

// number reads a cell; empty is a gap.
func number(cell string) (float64, error) {
	switch cell = strings.TrimSpace(cell); cell {
	case "", "NaN", "nan", "null", "NA":
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = strconv.ErrRange
	}
	return v, err
}

// lay puts the rows on a grid; rows that are not there are gaps. Rows at the end without a value
// only carry covariates: they are what is known ahead.
func (t *table) lay() (forecast.Data, error) {
	var d forecast.Data
	if len(t.times) < 2 {
		return d, fmt.Errorf("%w: %d rows; at least two", ErrFormat, len(t.times))
	}
	step := t.times[1].Sub(t.times[0])
	for i := 1; i < len(t.times); i++ {
		step = min(step, t.times[i].Sub(t.times[i-1]))
	}
	start := t.times[0]
	n := int(t.times[len(t.times)-1].Sub(start)/step) + 1
	if n > forecast.MaxValues {
		return d, fmt.Errorf("%w: %d steps of %s; at most %d", ErrFormat, n, step, forecast.MaxValues)
	}
	grid := make([][]float64, len(t.cells))
	for k := range grid {
		grid[k] = slices.Repeat([]float64{math.NaN()}, n)
	}
	last := 0
	for i, at := range t.times {
		since := at.Sub(start)
		if since%step != 0 {
			return d, fmt.Errorf("%w: line %d: %s does not lie on the grid of %s from %s", ErrFormat, t.lines[i], at.Format(time.RFC3339), step, start.Format(time.RFC3339))
		}
		for k := range grid {
			grid[k][since/step] = t.cells[k][i]
		}
		if !math.IsNaN(t.cells[0][i]) {
			last = int(since/step) + 1
		}
	}
	d.Series = forecast.Series{Name: t.names[0], Unit: t.units[0], Start: start, Step: step, Values: grid[0][:last]}
	for k := 1; k < len(grid); k++ {
		d.Covariates = append(d.Covariates, forecast.Covariate{Name: t.names[k], Unit: t.units[k], Ahead: t.ahead[k], Values: grid[k]})
	}
	return d, nil
}
