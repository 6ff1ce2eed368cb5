package iec104

import (
	"encoding/binary"
	"time"
)

// clock is how the time tags of a station are to be understood.
type clock struct {
	zone   *time.Location // of the station's wall clock
	summer bool           // the SU bit says whether the tag is in summer time
	now    time.Time      // when the frame came
}

// long is a CP56Time2a (IEC 60870-5-4, 6.8; 60870-5-101, 7.2.6.18): milliseconds 0 to
// 59999, minute with IV, hour with SU, day, month, year of the century. It is false
// for a time that is marked invalid or does not exist.
func (c clock) long(b []byte) (time.Time, bool) {
	ms, minute, hour := int(binary.LittleEndian.Uint16(b)), int(b[2]&0x3F), int(b[3]&0x1F)
	day, month, year := int(b[4]&0x1F), time.Month(b[5]&0x0F), 2000+int(b[6]&0x7F)
	if b[2]&0x80 != 0 || ms > 59999 || minute > 59 || hour > 23 || month < 1 || month > 12 || year > 2099 {
		return time.Time{}, false
	}
	wall := time.Date(year, month, day, hour, minute, 0, ms*int(time.Millisecond), time.UTC)
	if day == 0 || wall.Day() != day {
		return time.Time{}, false
	}
	if !c.summer {
		return time.Date(year, month, day, hour, minute, 0, ms*int(time.Millisecond), c.zone).UTC(), true
	}
	if b[3]&0x80 != 0 {
		wall = wall.Add(-time.Hour) // summer time is an hour ahead of standard time
	}
	return wall.Add(-c.standard(wall)), true
}

// standard is the offset of the zone's standard time about a wall time.
func (c clock) standard(wall time.Time) time.Duration {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), 0, 0, c.zone)
	if t.IsDST() {
		begin, _ := t.ZoneBounds()
		t = begin.Add(-time.Second)
	}
	_, offset := t.Zone()
	return time.Duration(offset) * time.Second
}

// short is a CP24Time2a (7.2.6.19): milliseconds and minute of an hour that is not
// said; it is taken from the arrival, the one that puts the tag within half an hour.
func (c clock) short(b []byte) (time.Time, bool) {
	ms, minute := int(binary.LittleEndian.Uint16(b)), int(b[2]&0x3F)
	if b[2]&0x80 != 0 || ms > 59999 || minute > 59 {
		return time.Time{}, false
	}
	local := c.now.In(c.zone)
	past := time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	t := c.now.Add(-past).Add(time.Duration(minute)*time.Minute + time.Duration(ms)*time.Millisecond)
	switch off := t.Sub(c.now); {
	case off > 30*time.Minute:
		t = t.Add(-time.Hour)
	case off < -30*time.Minute:
		t = t.Add(time.Hour)
	}
	return t.UTC(), true
}
