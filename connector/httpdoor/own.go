package httpdoor

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ownSample is a sample in Lingtan's own JSON.
type ownSample struct {
	Device string          `json:"device"` // that the sender hands it on for; none: the sender itself
	Name   string          `json:"name"`
	At     json.RawMessage `json:"at"`    // RFC 3339 text, or milliseconds since 1970; none: when it came
	Span   int64           `json:"span"`  // seconds of the interval that ends at At; 0 for counters and instants
	Value  json.RawMessage `json:"value"` // number or boolean
}

// json takes {"samples":[…]}. It answers 200 with the receipt; 400 with the faulty
// samples when the others were taken.
func (c *call) json() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	var faults partial
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := c.document(d, &faults); err != nil {
		return err
	}
	return c.answerReceipt(&faults)
}

// answerReceipt admits the rest and tells the receipt.
func (c *call) answerReceipt(faults *partial) error {
	if err := c.flush(); err != nil {
		return err
	}
	c.tally.faulty.Add(int64(faults.total))
	if err := faults.outcome(c); err != nil {
		return err
	}
	writeJSON(c.w, http.StatusOK, c.receipt)
	return nil
}

// document reads the samples one by one.
func (c *call) document(d *json.Decoder, faults *partial) error {
	for _, want := range []any{json.Delim('{'), "samples", json.Delim('[')} {
		if got, err := d.Token(); err != nil || got != want {
			return refuse(http.StatusBadRequest, `the body is {"samples":[{"name":…,"at":…,"span":…,"value":…}]}`)
		}
	}
	for n := 1; d.More(); n++ {
		var s ownSample
		if err := d.Decode(&s); err != nil {
			return c.broken("sample %d: %v", n, err)
		}
		if err := c.own(s, n, faults); err != nil {
			return err
		}
	}
	for _, want := range []any{json.Delim(']'), json.Delim('}')} {
		if got, err := d.Token(); err != nil || got != want {
			return c.broken("the body does not end with the list of samples")
		}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return c.broken("there is something after the samples")
	}
	return nil
}

// broken refuses a body in whose middle something is wrong. Full batches before it
// are stored, and are duplicates when they come again.
func (c *call) broken(format string, args ...any) error {
	return refuse(http.StatusBadRequest, format+" (%s)", append(args, c.receiptText())...)
}

func (c *call) own(s ownSample, n int, faults *partial) error {
	at, value := c.now.UTC(), 0.0
	err := checkOwn(s.Name, s.Span)
	if err == nil && len(s.At) > 0 && string(s.At) != "null" {
		at, err = parseTime(strings.Trim(string(s.At), `"`), nil)
	}
	if err == nil {
		value, err = parseValue(string(s.Value))
	}
	if err != nil {
		faults.note(&lineFault{n, 1, err.Error()})
		return nil
	}
	return c.add(s.Device, s.Name, at, time.Duration(s.Span)*time.Second, value)
}

const longestSpan = 366 * 24 * 60 * 60 // seconds

func checkOwn(name string, span int64) error {
	switch {
	case name == "":
		return errors.New("the name is missing")
	case span < 0 || span > longestSpan:
		return fmt.Errorf("span %d is not between 0 and %d seconds", span, longestSpan)
	}
	return nil
}

// parseValue reads a number or boolean.
func parseValue(text string) (float64, error) {
	switch text {
	case "true":
		return 1, nil
	case "false":
		return 0, nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, fmt.Errorf("value %q is no number", short([]byte(text)))
	}
	return value, nil
}

// localTimes are times without an offset, as table programs write them.
var localTimes = []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006/01/02 15:04:05", "2006/01/02 15:04"}

// parseTime reads RFC 3339, milliseconds since 1970, or, where a zone is known, a
// local time.
func parseTime(text string, zone *time.Location) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at.UTC(), nil
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms).UTC(), nil
	}
	for _, form := range localTimes {
		at, err := time.ParseInLocation(form, text, time.UTC)
		if err != nil {
			continue
		}
		if zone == nil {
			return at, fmt.Errorf("time %q has no offset; write it as 2026-01-02T15:04:05+08:00", text)
		}
		return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), zone).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("time %q is neither RFC 3339 nor milliseconds since 1970", short([]byte(text)))
}

// csv takes a table with the columns time, name, value and, if wanted, span and device,
// named in its first row, in any order. The parameter tz (Asia/Shanghai) says the zone of times
// without an offset. It answers like json.
func (c *call) csv() error {
	var zone *time.Location
	if name := c.r.URL.Query().Get("tz"); name != "" {
		var err error
		if zone, err = time.LoadLocation(name); err != nil {
			return refuse(http.StatusBadRequest, "tz %q is no time zone; write it as Asia/Shanghai", short([]byte(name)))
		}
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	rows.ReuseRecord, rows.FieldsPerRecord = true, -1
	columns, err := readColumns(rows)
	if err != nil {
		return err
	}
	var faults partial
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return c.answerReceipt(&faults)
		}
		if err := c.row(rows, columns, row, err, zone, &faults); err != nil {
			return err
		}
	}
}

// readColumns finds time, name, value, span and device in the first row; -1 for none.
func readColumns(rows *csv.Reader) ([5]int, error) {
	head, err := rows.Read()
	if err != nil {
		return [5]int{}, refuse(http.StatusBadRequest, "the table has no first row with the columns time, name, value: %v", err)
	}
	var at [5]int
	for i, name := range [5]string{"time", "name", "value", "span", "device"} {
		at[i] = slices.IndexFunc(head, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), name) })
		if at[i] < 0 && i < 3 {
			return at, refuse(http.StatusBadRequest, "the first row of the table has no column %q", name)
		}
	}
	return at, nil
}

// row hands a row on, or notes its fault.
func (c *call) row(rows *csv.Reader, columns [5]int, row []string, err error, zone *time.Location, faults *partial) error {
	line := 0
	var faulty *csv.ParseError
	if errors.As(err, &faulty) {
		faults.note(&lineFault{faulty.Line, faulty.Column, faulty.Err.Error()})
		return nil
	}
	if len(row) > 0 {
		line, _ = rows.FieldPos(0)
	}
	cell := func(i int) string {
		if columns[i] < 0 || columns[i] >= len(row) {
			return ""
		}
		return strings.TrimSpace(row[columns[i]])
	}
	var span int64
	if text := cell(3); text != "" {
		span, err = strconv.ParseInt(text, 10, 64)
	}
	name := strings.Clone(cell(1)) // a row is one string, which the name would keep alive
	var at time.Time
	var value float64
	if err == nil {
		err = checkOwn(name, span)
	}
	if err == nil {
		at, err = parseTime(cell(0), zone)
	}
	if err == nil {
		value, err = parseValue(cell(2))
	}
	if err != nil {
		faults.note(&lineFault{line, 1, err.Error()})
		return nil
	}
	return c.add(strings.Clone(cell(4)), name, at, time.Duration(span)*time.Second, value)
}
