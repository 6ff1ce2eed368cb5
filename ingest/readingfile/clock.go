package readingfile

import (
	"fmt"
	"strings"
	"time"
)

// clock turns labels into instants: midnight rule and zone.
type clock struct {
	zone     *time.Location // nil: the offset is in the data
	zoneName string
	dayEnds  bool

	// wall clock times in [lo, hi) have this offset and no other
	lo, hi, offset int64
	moved          int64 // labels moved by the midnight rule
	ambiguous      int64 // labels that the zone's clock shows twice
}

// openZone reads an IANA name or a fixed offset such as +08:00.
func openZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, nil
	}
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		ms, _, ok := readOffset(name)
		if !ok {
			return nil, fmt.Errorf("%q is not an offset; write +08:00", name)
		}
		return time.FixedZone(name, int(ms/secondMs)), nil
	}
	if name == "Local" {
		return nil, fmt.Errorf("%q depends on the machine; write an IANA name such as Asia/Shanghai", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone; write an IANA name such as Asia/Shanghai, or an offset such as +08:00", name)
	}
	return zone, nil
}

// midnight applies the midnight rule to a label.
func (c *clock) midnight(l *label) {
	if c.dayEnds && !l.next && l.wall%dayMs == 0 {
		l.wall += dayMs
		c.moved++
	}
}

// instant is the UTC millisecond of a label that follows others of the track.
func (c *clock) instant(l label, t *track) (int64, code) {
	if l.fixed {
		return l.wall - l.offset, 0
	}
	if l.wall >= c.lo && l.wall < c.hi {
		return l.wall - c.offset, 0
	}
	if c.zone == nil {
		return 0, codeOffset
	}
	before, after := c.offsetAt(l.wall-dayMs-hourMs*2), c.offsetAt(l.wall+dayMs+hourMs*2)
	first, second := l.wall-before, l.wall-after
	isFirst, isSecond := c.offsetAt(first) == before, c.offsetAt(second) == after
	switch {
	case isFirst && isSecond && first != second:
		c.ambiguous++
		return t.choose(l.wall, min(first, second), max(first, second)), 0
	case isFirst:
		c.remember(first)
		return first, 0
	case isSecond:
		c.remember(second)
		return second, 0
	}
	return 0, codeGap
}

func (c *clock) offsetAt(at int64) int64 {
	_, offset := time.UnixMilli(at).In(c.zone).Zone()
	return int64(offset) * secondMs
}

// remember notes the wall clock times around an instant that its offset alone explains.
func (c *clock) remember(at int64) {
	start, end := time.UnixMilli(at).In(c.zone).ZoneBounds()
	c.offset = c.offsetAt(at)
	c.lo, c.hi = -1<<62, 1<<62
	if !start.IsZero() {
		from := start.UnixMilli()
		c.lo = from + max(c.offset, c.offsetAt(from-1))
	}
	if !end.IsZero() {
		to := end.UnixMilli()
		c.hi = to + min(c.offset, c.offsetAt(to))
	}
}
