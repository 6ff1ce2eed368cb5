package pull

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// stamp reads the times of an answer.
type stamp struct {
	unit   time.Duration // of numbers since 1970 UTC; 0: the times are texts
	layout string        // Go layout; empty: ISO 8601
	zone   *time.Location
	last   time.Time // the time before, to tell the two hours apart that a clock shows twice
}

// isoLayouts are the forms of ISO 8601 that are read; a fraction of a second may follow
// the seconds. Those with an offset come first.
var isoLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z0700",
	"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02",
}

const offsetForms = 4 // of isoLayouts

var (
	errZone = errors.New("it has no offset: set the option zone")
	errGap  = errors.New("the clock of the zone is put forward over it")
)

func newStamp(layout string, zone *time.Location) (stamp, error) {
	s := stamp{zone: zone}
	switch layout {
	case "", "iso8601":
	case "unix":
		s.unit = time.Second
	case "unix_ms":
		s.unit = time.Millisecond
	default:
		if len(layout) > 64 || !strings.Contains(layout, "2006") && !strings.Contains(layout, "06") {
			return s, fmt.Errorf("%.80q; say iso8601, unix, unix_ms or a Go layout such as 02.01.2006 15:04", layout)
		}
		s.layout = layout
	}
	return s, nil
}

// openZone reads an IANA name, or a fixed offset such as +08:00.
func openZone(name string) (*time.Location, error) {
	if t, err := time.Parse("-07:00", name); err == nil {
		_, offset := t.Zone()
		return time.FixedZone(name, offset), nil
	}
	if name == "Local" {
		return nil, fmt.Errorf("%q depends on the machine; write a name such as Asia/Shanghai", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%.60q is no zone; write a name such as Asia/Shanghai, or an offset such as +08:00", name)
	}
	return zone, nil
}

// read is the time of a JSON value or a cell. Times come in the order of the answer.
func (s *stamp) read(v any) (time.Time, error) {
	var text string
	switch v := v.(type) {
	case string:
		text = strings.TrimSpace(v)
	case json.Number:
		text = v.String()
	default:
		return time.Time{}, fmt.Errorf("no time: %.40s", show(v))
	}
	t, err := s.parse(text)
	if err != nil {
		return t, fmt.Errorf("the time %.40q cannot be read: %w", text, err)
	}
	if t.Year() < 2000 || t.Year() > 2199 {
		return t, fmt.Errorf("the time %.40q is not within 2000 to 2199", text)
	}
	s.last = t
	return t, nil
}

func (s *stamp) parse(text string) (time.Time, error) {
	if s.unit != 0 {
		return s.number(text)
	}
	if s.layout != "" {
		if t, err := time.Parse(s.layout, text); err != nil || hasOffset(s.layout) {
			return t, plainTime(err, s.layout)
		}
		return s.local(s.layout, text)
	}
	if len(text) > 10 && text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	for i, layout := range isoLayouts {
		t, err := time.Parse(layout, text)
		switch {
		case err != nil:
		case i < offsetForms:
			return t, nil
		default:
			return s.local(layout, text)
		}
	}
	return time.Time{}, plainTime(errZone, "iso8601")
}

func plainTime(err error, layout string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("it is not of the layout %s", layout)
}

func hasOffset(layout string) bool {
	return strings.Contains(layout, "Z07") || strings.Contains(layout, "-07") || strings.Contains(layout, "MST")
}

// number is a time as a number of units since 1970 UTC, which may have a fraction.
func (s *stamp) number(text string) (time.Time, error) {
	n, err := strconv.ParseFloat(text, 64)
	ms := n * float64(s.unit/time.Millisecond)
	if err != nil || math.IsNaN(ms) || math.Abs(ms) > 1e15 {
		return time.Time{}, errors.New("it is no number of seconds or milliseconds since 1970")
	}
	return time.UnixMilli(int64(math.Round(ms))).UTC(), nil
}

// local is a time of the zone's clock. Where the clock shows it twice, it is the first
// unless the time before it in the answer is that already.
func (s *stamp) local(layout, text string) (time.Time, error) {
	wall, err := time.Parse(layout, text)
	if err != nil {
		return wall, err
	}
	if s.zone == nil {
		return wall, errZone
	}
	var found []time.Time
	for _, away := range []time.Duration{-26 * time.Hour, 26 * time.Hour} {
		_, offset := wall.Add(away).In(s.zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second)
		if _, there := t.In(s.zone).Zone(); there == offset {
			found = append(found, t)
		}
	}
	switch {
	case len(found) == 0:
		return wall, errGap
	case len(found) == 1 || found[0].Equal(found[1]):
		return found[0], nil
	}
	if found[1].Before(found[0]) {
		found[0], found[1] = found[1], found[0]
	}
	if !s.last.IsZero() && !s.last.Before(found[0]) {
		return found[1], nil
	}
	return found[0], nil
}

// show is a JSON value as a person sees it, shortened.
func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil || len(text) > 40 {
		return fmt.Sprintf("a long %T", v)
	}
	return string(text)
}
