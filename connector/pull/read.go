package pull

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lingtan/connector"
)

// record is a row of an answer.
type record struct {
	time, start any
	values      []any // in the order of the settings' values; nil: not there
}

// leftOut says how many values were left out and why the first was.
type leftOut struct {
	count int
	first error
}

func (l *leftOut) add(n int, row int, format string, args ...any) {
	if l.first == nil {
		l.first = fmt.Errorf("row %d: %w", row+1, fmt.Errorf(format, args...))
	}
	l.count += n
}

// read takes an answer apart: its values in the order of time. What is wrong with the
// answer as a whole, or with the mapping, is an error; rows and values that are wrong by
// themselves are left out and counted.
func (d *Driver) read(s settings, body []byte, now time.Time) ([]connector.Sample, leftOut, error) {
	d.parsing.Lock()
	defer d.parsing.Unlock()
	var rows []record
	var err error
	if s.csv != nil {
		rows, err = s.csvRows(body)
	} else {
		rows, err = s.jsonRows(body)
	}
	if err != nil {
		return nil, leftOut{}, fmt.Errorf("pull: device %s: %w: %w", s.device.ID, connector.ErrProtocol, err)
	}
	list, left := d.samples(s, rows, now)
	return list, left, nil
}

// jsonRows are the rows of a JSON answer.
func (s *settings) jsonRows(body []byte) ([]record, error) {
	from := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	from.UseNumber()
	var doc any
	if err := from.Decode(&doc); err != nil {
		return nil, fmt.Errorf("the answer is no JSON (%w); is format right, and does the address give data, no page for people?", err)
	}
	if _, err := from.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows behind the JSON of the answer")
	}
	if s.rows == nil {
		return s.columns(doc)
	}
	nodes := s.rows.Select(doc)
	if err := s.bounded(len(nodes)); err != nil {
		return nil, err
	}
	rows := make([]record, 0, len(nodes))
	for i, node := range nodes {
		r, err := s.record(node)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i+1, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (s *settings) bounded(rows int) error {
	if rows > maxRows || rows*len(s.values) > maxValues {
		return fmt.Errorf("the answer has %d rows of %d values; at most %d rows and %d values: ask for less", rows, len(s.values), maxRows, maxValues)
	}
	return nil
}

// record reads the fields of a row.
func (s *settings) record(node any) (r record, err error) {
	get := func(f field) (v any) {
		if f.path == nil || err != nil {
			return nil
		}
		v, _, err = f.path.one(node)
		return v
	}
	r.time, r.start = get(s.time), get(s.start)
	for _, f := range s.values {
		r.values = append(r.values, get(f))
	}
	return r, err
}

// columns are the rows of an answer that holds arrays side by side, or one row where it
// holds single things.
func (s *settings) columns(doc any) ([]record, error) {
	all, err := s.record(doc)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(all.values, isArray) && !isArray(all.time) {
		if !slices.ContainsFunc(all.values, func(v any) bool { return v != nil }) {
			return nil, nil
		}
		return []record{all}, nil
	}
	times, ok := all.time.([]any)
	if !ok {
		return nil, errors.New("values are arrays, time is none: give the path of the array of times")
	}
	if err := s.bounded(len(times)); err != nil {
		return nil, err
	}
	rows := make([]record, len(times))
	cells := make([]any, len(times)*len(s.values))
	for i := range rows {
		rows[i] = record{time: times[i], values: cells[i*len(s.values) : (i+1)*len(s.values)]}
	}
	if s.start.there() {
		list, err := column(s.start.name, all.start, len(times))
		if err != nil {
			return nil, err
		}
		for i := range list {
			rows[i].start = list[i]
		}
	}
	for k, f := range s.values {
		list, err := column(f.name, all.values[k], len(times))
		if err != nil {
			return nil, err
		}
		for i := range list {
			rows[i].values[k] = list[i]
		}
	}
	return rows, nil
}

func isArray(v any) bool {
	_, is := v.([]any)
	return is
}

// column is an array as long as that of the times; nothing there is a column of gaps.
func column(name string, v any, n int) ([]any, error) {
	list, ok := v.([]any)
	if v != nil && !ok {
		return nil, fmt.Errorf("%s is no array like the times", name)
	}
	if ok && len(list) != n {
		return nil, fmt.Errorf("%s has %d entries, the times have %d", name, len(list), n)
	}
	return list, nil
}

// csvRows are the rows of a CSV answer.
func (s *settings) csvRows(body []byte) ([]record, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	for range s.csv.skip {
		_, body, _ = bytes.Cut(body, []byte("\n"))
	}
	from := csv.NewReader(bytes.NewReader(body))
	from.Comma, from.FieldsPerRecord, from.ReuseRecord = s.csv.delimiter, -1, true
	header, err := from.Read()
	if err != nil {
		return nil, fmt.Errorf("the answer has no line of column names (%w)", err)
	}
	header = slices.Clone(header)
	places := make([]int, 2+len(s.values))
	for i, f := range append([]field{s.time, s.start}, s.values...) {
		if places[i], err = f.place(header); err != nil {
			return nil, err
		}
	}
	var rows []record
	for {
		cells, err := from.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the CSV of the answer: %w", err)
		}
		if err := s.bounded(len(rows) + 1); err != nil {
			return nil, err
		}
		at := func(i int) any {
			if places[i] < 0 || places[i] >= len(cells) {
				return nil
			}
			return strings.Clone(cells[places[i]])
		}
		r := record{time: at(0), start: at(1)}
		for k := range s.values {
			r.values = append(r.values, at(2+k))
		}
		rows = append(rows, r)
	}
}

// place is the index of a column by its name, or by its place as "#3"; −1: not given.
func (f field) place(header []string) (int, error) {
	if f.col == "" {
		return -1, nil
	}
	found := -1
	for i, name := range header {
		if strings.TrimSpace(name) != f.col {
			continue
		}
		if found >= 0 {
			return 0, fmt.Errorf("the column %q is there twice; name it by its place, such as #%d", f.col, i+1)
		}
		found = i
	}
	if n, ok := strings.CutPrefix(f.col, "#"); ok && found < 0 {
		if i, err := strconv.Atoi(n); err == nil && i >= 1 && i <= len(header) {
			return i - 1, nil
		}
	}
	if found < 0 {
		return 0, fmt.Errorf("no column %q; the columns are %.300q", f.col, header)
	}
	return found, nil
}

// samples are the values of the rows in the order of time. Of two for one name and time
// the last of the answer counts.
func (d *Driver) samples(s settings, rows []record, now time.Time) ([]connector.Sample, leftOut) {
	var left leftOut
	var list []connector.Sample
	type of struct {
		name string
		at   int64
	}
	index := map[of]int{}
	stamps := [2]stamp{s.stamp, s.stamp} // time and start each in their own order
	for i, r := range rows {
		at, span, err := s.when(&stamps, r, now)
		if err != nil {
			left.add(len(r.values), i, "%w", err)
			d.counts.add("no_time", int64(len(r.values)))
			continue
		}
		for k, v := range r.values {
			x, there, err := s.number(v)
			switch {
			case err != nil:
				left.add(1, i, "%s: %w", s.values[k].name, err)
				d.counts.add("no_number", 1)
				continue
			case !there:
				d.counts.add("gaps", 1)
				continue
			}
			sample := connector.Sample{Device: s.device.ID, Name: s.values[k].name, At: at, Span: span, Value: x}
			if at, known := index[of{sample.Name, at.UnixMilli()}]; known {
				d.counts.add("twice", 1)
				list[at] = sample
				continue
			}
			index[of{sample.Name, at.UnixMilli()}] = len(list)
			list = append(list, sample)
		}
	}
	slices.SortStableFunc(list, func(a, b connector.Sample) int { return a.At.Compare(b.At) })
	return list, left
}

// when is the end and length of what a row is about.
func (s *settings) when(stamps *[2]stamp, r record, now time.Time) (at time.Time, span time.Duration, err error) {
	if !s.time.there() {
		return now.UTC().Truncate(time.Millisecond), s.step, nil
	}
	if at, err = stamps[0].read(r.time); err != nil {
		return at, 0, err
	}
	if s.start.there() {
		start, err := stamps[1].read(r.start)
		if err != nil {
			return at, 0, fmt.Errorf("start: %w", err)
		}
		span = at.Sub(start)
		if span <= 0 || span > maxSpan || span%time.Second != 0 {
			return at, 0, fmt.Errorf("its interval of %s is no whole number of seconds up to 366 days", span)
		}
		return at, span, nil
	}
	if s.atStart {
		at = at.Add(s.step)
	}
	return at, s.step, nil
}

// number is the value of a cell; false where there is none.
func (s *settings) number(v any) (x float64, there bool, err error) {
	var text string
	switch v := v.(type) {
	case nil:
		return 0, false, nil
	case bool:
		if v {
			return 1, true, nil
		}
		return 0, true, nil
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
		if text == "" || slices.Contains(s.nulls, text) {
			return 0, false, nil
		}
		if s.csv != nil && s.csv.decimal == ',' {
			if strings.Contains(text, ".") {
				return 0, false, fmt.Errorf("no number with a decimal comma: %.40q", text)
			}
			text = strings.Replace(text, ",", ".", 1)
		}
	default:
		return 0, false, fmt.Errorf("no number: %.40s", show(v))
	}
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false, fmt.Errorf("no number: %.40q", text)
	}
	x, err = strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		return 0, false, fmt.Errorf("no number: %.40q", text)
	}
	return x, true, nil
}
